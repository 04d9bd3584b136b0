"""`make bench`: every benchmark that needs no samples from outside the repository."""

from benchmarks.queueing import main

main()
