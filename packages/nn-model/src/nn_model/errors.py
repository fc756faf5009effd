"""The errors that a network raises, its own and those of the parts it composes.

Each is a `ValueError` or a `RuntimeError`, with one sentence that says the rule, what came, and what to do. A bad
argument of a spec is pydantic's own `ValidationError`, a `ValueError` too.
"""

from nn_layers.errors import LayerError, ShapeError
from nn_loss.errors import TargetError
from nn_model.extras import MissingExtraError
from nn_optim.errors import RateError, VectorError

__all__ = [
    "CallbackError",
    "CheckpointError",
    "DataError",
    "DivergedError",
    "LayerError",
    "MissingExtraError",
    "OnnxError",
    "PartError",
    "RateError",
    "ShapeError",
    "TargetError",
    "VectorError",
]


class DataError(ValueError):
    """Data that cannot be used: a file, an array, or a division into parts."""


class DivergedError(RuntimeError):
    """Training left the finite numbers and was stopped."""


class CallbackError(RuntimeError):
    """A callback of training failed; its own error is the cause."""


class CheckpointError(ValueError):
    """A checkpoint that cannot be written, read or resumed from."""


class OnnxError(ValueError):
    """An ONNX model that cannot be read, or a network that ONNX cannot hold."""


class PartError(ValueError):
    """A part of a network that is none, or that does not go with the others."""
