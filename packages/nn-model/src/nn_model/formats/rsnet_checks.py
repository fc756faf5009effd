"""Whether rsnet has a network's layers."""

from nn_layers import Conv2D, Dense, MaxPool2D
from nn_layers.layers.sliding import pair
from nn_model.formats.rsnet_text import FLAT
from nn_model.formats.structure import Part, misfit

__all__ = ["HOLDER", "check"]

HOLDER = "rsnet holds Conv2D, ReLU, MaxPool2D, Flatten, Dense and a last Softmax"


def check(part: Part) -> None:
    """Refuse a layer that rsnet does not have, or not so."""
    match part.layer:
        case Conv2D() as conv:
            _check_conv(conv, part)
        case MaxPool2D() as pool:
            _check_pool(pool, part)
        case Dense() if len(part.in_shape) == 1:
            pass
        case layer if type(layer) not in FLAT:
            raise misfit(HOLDER, part, "rsnet has no such layer")


def _check_conv(conv: Conv2D, part: Part) -> None:
    plain = (pair(conv.stride), pair(conv.dilation), conv.groups, conv.bias) == ((1, 1), (1, 1), 1, True)
    if not plain or len({*pair(conv.kernel)}) > 1 or conv.padding not in (0, (0, 0)):
        raise misfit(HOLDER, part, "its kernel must be square, stride 1, no padding, with a bias, one group")
    if part.in_shape[1] != part.in_shape[2]:
        raise misfit(HOLDER, part, f"images must be square; it gets {part.in_shape}")


def _check_pool(pool: MaxPool2D, part: Part) -> None:
    kernel = pair(pool.kernel)
    if pair(pool.stride or pool.kernel) != kernel or pool.padding not in (0, (0, 0)):
        raise misfit(HOLDER, part, "its stride must be its size, without padding")
    if part.in_shape[1] % kernel[0] or part.in_shape[2] % kernel[1]:
        raise misfit(HOLDER, part, f"its windows must fit whole into {part.in_shape}")
