"""The table that `Stack.summary` gives."""

import pytest

from nn_layers import GELU, Dense, Dropout, Flatten, ReLU, Stack, Standardize
from nn_layers.summary import bytes_text, shape_text

EXPECTED = """\
   layer                   in  out  parameters  memory a row
------------------------------------------------------------
0  Flatten()          28 x 28  784           0           0 B
1  Standardize()          784  784           0       3.1 KiB
2  Dense(784, 64)         784   64      50,240         256 B
3  GELU()                  64   64           0         512 B
4  Dropout(rate=0.2)       64   64           0         512 B
5  Dense(64, 10)           64   10         650          40 B
------------------------------------------------------------
50,890 parameters in 6 layers, 198.8 KiB as float32"""


def test_the_whole_table() -> None:
    stack = Stack([Flatten(), Standardize(), Dense(784, 64), GELU(), Dropout(0.2), Dense(64, 10)], (28, 28))
    assert stack.summary() == EXPECTED
    assert repr(stack.summary()) == EXPECTED


@pytest.mark.parametrize("sizes", [(1, 1), (7, 12345), (100_000, 3)])
def test_columns_are_aligned_at_any_size(sizes: tuple[int, int]) -> None:
    text = Stack([Dense(2, sizes[0]), ReLU(), Dense(sizes[0], 2), Dense(2, sizes[1])], rows=1).summary()
    header, rule, *body, end, _ = text.splitlines()
    assert rule == end == "-" * len(header)
    assert {len(line) for line in body} == {len(header)}
    stop = header.index("parameters") + len("parameters")
    assert all(line[stop - 1].isdigit() and line[stop] == " " for line in body)


def test_double_precision_takes_twice_the_memory() -> None:
    text = Stack([Dense(784, 64)], dtype="float64").summary()
    assert "512 B" in text
    assert text.endswith("50,240 parameters in 1 layer, 392.5 KiB as float64")


def test_sizes_and_shapes_in_words() -> None:
    sizes = [0, 1023, 1024, 1536, 1024**2, 5 * 1024**3, 2000 * 1024**3]
    words = ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "1.0 MiB", "5.0 GiB", "2000.0 GiB"]
    assert [bytes_text(size) for size in sizes] == words
    assert [shape_text(shape) for shape in ((), (3,), (1, 28, 28))] == ["1", "3", "1 x 28 x 28"]
