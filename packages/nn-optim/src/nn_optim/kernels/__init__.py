"""The arithmetic of the update rules: pure functions over explicit arrays, one file for each formula.

Notation: `theta` parameters, `grad` their gradient, `m` a mean of gradients, `v` a mean of their squares, `t` the
number of this update; inside a block `p` and `g` for the first two, and `s`, `r` for scratch. `lr` and `step` are
arrays of one number, so that the calls stay the same while the numbers change; every other number is fixed.
"""
