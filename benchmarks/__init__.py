"""What the packages promise about speed, measured beside their peers: `nox -s bench`, and docs/benchmarks.md."""
