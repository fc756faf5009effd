"""Training runs: the loop, its history, and callbacks."""
