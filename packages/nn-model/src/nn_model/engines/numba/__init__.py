"""The numba engine: a program's calls compiled into one driver. Imported only where numba runs."""
