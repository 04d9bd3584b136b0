"""Real servers for tests, each wrapped in one file. A server on PATH is preferred, else the wheels' are used; none outlives the tests."""
