"""What the tests of pictures share: runs to draw, and a look at whether all of it is inside the picture."""

from collections.abc import Callable
from typing import Any

import pytest

from nn_model.train.history import History, Row

Runs = Callable[..., History]


@pytest.fixture
def run() -> Runs:
    """Give a maker of histories whose numbers are all different."""

    def make(epochs: int, shift: float = 0.0, *, validated: bool = True) -> History:
        return History(
            [
                Row(
                    e,
                    2.0 / (e + 1) + shift,
                    0.5,
                    1.5 + shift + e / 100,
                    2.1 / (e + 1) + shift + e / 50 if validated else None,
                    1 - 1 / (e + 2) - shift / 10 if validated else None,
                    0.01,
                )
                for e in range(1, epochs + 1)
            ]
        )

    return make


@pytest.fixture
def assert_inside() -> Callable[[Any], None]:
    """Give a check that draws a figure and finds everything on it wholly inside."""

    def check(figure: Any) -> None:
        figure.canvas.draw()
        box = figure.get_tightbbox()
        width, height = figure.get_size_inches()
        assert min(box.x0, box.y0) > -0.01, f"cut off on the left or below: {box}"
        assert box.x1 < width + 0.01, f"cut off on the right: {box}"
        assert box.y1 < height + 0.01, f"cut off above: {box}"

    return check
