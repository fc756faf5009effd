"""The layers: one spec a file, each a few lines of wiring around kernels."""
