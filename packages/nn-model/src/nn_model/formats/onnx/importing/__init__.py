"""ONNX models become networks.

The bytes are walked through (`wire`) and parsed (`parse`). Then every node is worked out (`table`) on values that stand
for arrays (`values`): constants, and what comes of the input, for a few rows. Reshapes, transpositions and slices only
move numbers, so a value says where each of its numbers stands in what was computed (`views`); arithmetic with constants
is a sum (`sums`). Both become layers where layers do the same (`build`), however a program wrote them. What all of it
may take is counted before it is taken (`budget`).
"""
