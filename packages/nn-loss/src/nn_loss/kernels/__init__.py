"""The arithmetic: pure functions over explicit arrays that write into their outputs and allocate nothing.

Notation: `share` is a row's weight over everything the loss is averaged over, so that a loss is a plain sum
of `share` times a term; `d` is scores minus targets. A kernel trusts its input; the border checks it.
"""
