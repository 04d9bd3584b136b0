"""Side by side with a peer, in one run: medians and ratios. `python -m benchmarks` runs all; figures are written to benchmarks/results/."""
