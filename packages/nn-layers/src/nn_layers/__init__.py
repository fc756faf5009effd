"""Layers of small neural networks on NumPy.

A layer is a spec: a frozen value that owns no array, plans what arrays it needs, and yields the kernel calls of its
arithmetic. `Stack` gives the arrays and runs the calls.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nn_layers.errors import LayerError, ShapeError
    from nn_layers.initializers import Glorot, He, Initializer, LeCun, Normal, Uniform, Zeros
    from nn_layers.layers.alpha_dropout import AlphaDropout
    from nn_layers.layers.batch_norm import BatchNorm
    from nn_layers.layers.conv2d import Conv2D
    from nn_layers.layers.dense import Dense
    from nn_layers.layers.dropout import Dropout
    from nn_layers.layers.elu import ELU, SELU
    from nn_layers.layers.flatten import Flatten
    from nn_layers.layers.gelu import GELU
    from nn_layers.layers.global_avg_pool import GlobalAvgPool2D
    from nn_layers.layers.layer_norm import LayerNorm
    from nn_layers.layers.leaky_relu import LeakyReLU
    from nn_layers.layers.mean_tokens import MeanTokens
    from nn_layers.layers.patches import Patches
    from nn_layers.layers.pool2d import AvgPool2D, MaxPool2D
    from nn_layers.layers.positional_encoding import PositionalEncoding
    from nn_layers.layers.relu import ReLU
    from nn_layers.layers.residual import Residual
    from nn_layers.layers.self_attention import SelfAttention
    from nn_layers.layers.sigmoid import Sigmoid
    from nn_layers.layers.softmax import Softmax
    from nn_layers.layers.standardize import Standardize
    from nn_layers.layers.tanh import Tanh
    from nn_layers.protocol import Frame, Param, Plan, Propagate, Scratch, Settles, State
    from nn_layers.regularization import L1, L2, ElasticNet, Regularizer
    from nn_layers.stack import Stack

__version__ = "0.1.0"

_MODULES = {
    "errors": ["LayerError", "ShapeError"],
    "initializers": ["Glorot", "He", "Initializer", "LeCun", "Normal", "Uniform", "Zeros"],
    "layers.alpha_dropout": ["AlphaDropout"],
    "layers.batch_norm": ["BatchNorm"],
    "layers.conv2d": ["Conv2D"],
    "layers.dense": ["Dense"],
    "layers.dropout": ["Dropout"],
    "layers.elu": ["ELU", "SELU"],
    "layers.flatten": ["Flatten"],
    "layers.gelu": ["GELU"],
    "layers.global_avg_pool": ["GlobalAvgPool2D"],
    "layers.layer_norm": ["LayerNorm"],
    "layers.leaky_relu": ["LeakyReLU"],
    "layers.mean_tokens": ["MeanTokens"],
    "layers.patches": ["Patches"],
    "layers.pool2d": ["AvgPool2D", "MaxPool2D"],
    "layers.positional_encoding": ["PositionalEncoding"],
    "layers.relu": ["ReLU"],
    "layers.residual": ["Residual"],
    "layers.self_attention": ["SelfAttention"],
    "layers.sigmoid": ["Sigmoid"],
    "layers.softmax": ["Softmax"],
    "layers.standardize": ["Standardize"],
    "layers.tanh": ["Tanh"],
    "protocol": ["Frame", "Param", "Plan", "Propagate", "Scratch", "Settles", "State"],
    "regularization": ["ElasticNet", "L1", "L2", "Regularizer"],
    "stack": ["Stack"],
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "ELU",
    "GELU",
    "L1",
    "L2",
    "SELU",
    "AlphaDropout",
    "AvgPool2D",
    "BatchNorm",
    "Conv2D",
    "Dense",
    "Dropout",
    "ElasticNet",
    "Flatten",
    "Frame",
    "GlobalAvgPool2D",
    "Glorot",
    "He",
    "Initializer",
    "LayerError",
    "LayerNorm",
    "LeCun",
    "LeakyReLU",
    "MaxPool2D",
    "MeanTokens",
    "Normal",
    "Param",
    "Patches",
    "Plan",
    "PositionalEncoding",
    "Propagate",
    "ReLU",
    "Regularizer",
    "Residual",
    "Scratch",
    "SelfAttention",
    "Settles",
    "ShapeError",
    "Sigmoid",
    "Softmax",
    "Stack",
    "Standardize",
    "State",
    "Tanh",
    "Uniform",
    "Zeros",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
