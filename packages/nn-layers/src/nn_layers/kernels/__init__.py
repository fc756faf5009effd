"""The arithmetic: pure functions over explicit arrays that write into their outputs and allocate nothing."""
