"""Plans, runs and keeps results: the one command line of the project (`python -m precompute`)."""
