"""A file of twins for every file of kernels, under its name."""
