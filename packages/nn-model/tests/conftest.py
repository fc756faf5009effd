"""What the tests of the network share: an optimizer that moves nothing, so that a step only gives loss and gradient."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from nn_optim import Schedule, Slot, by_hand
from nn_optim.protocol import OptimizerFrame


@dataclass(frozen=True)
class Still:
    """An optimizer of the protocol whose update does nothing."""

    lr: float | Schedule = 1.0
    slots: Mapping[str, Slot] = field(default_factory=dict)
    blocks: int = 0

    def calls(self, f: OptimizerFrame) -> Iterator[tuple[Any, ...]]:  # noqa: ARG002  # the protocol's argument
        """Yield nothing."""
        yield from ()

    init, update = by_hand.init, by_hand.update


@pytest.fixture
def still() -> Still:
    """Give the optimizer that moves nothing."""
    return Still()
