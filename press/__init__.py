"""A simulated press on loopback, for the demo, tests, benchmarks."""
