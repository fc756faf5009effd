"""Activations, number by number."""

from collections.abc import Callable

from nn_layers import ELU, GELU, SELU, Dropout, Propagate, ReLU, Sigmoid, Tanh
from nn_model.formats.onnx.importing.choices import slope
from nn_model.formats.onnx.importing.site import Operator, Site
from nn_model.formats.onnx.importing.values import Raw, Rows

__all__ = ["OPERATORS"]


def layer(make: Callable[[Site], Propagate]) -> Operator:
    """Give the operator of a layer that treats every number alike."""

    def operate(site: Site) -> Rows:
        rows = site.rows()
        return site.like(make(site), rows)

    return operate


def _leaky(site: Site) -> Propagate:
    return slope(site, site.attributes.number("alpha", 0.01))


def _prelu(site: Site) -> Propagate:
    slopes = site.numbers(1, "slopes")
    if not slopes.size or (slopes != slopes.flat[0]).any():
        raise site.refuse("its slopes differ from channel to channel, and LeakyReLU has one")
    return slope(site, float(slopes.flat[0]))


def _elu(site: Site) -> Propagate:
    alpha = site.attributes.number("alpha", 1.0)
    _check_range(site, alpha=alpha)
    return ELU(alpha)


def _selu(site: Site) -> Propagate:
    alpha = site.attributes.number("alpha", 1.67326319217681884765625)
    gamma = site.attributes.number("gamma", 1.05070102214813232421875)
    _check_range(site, alpha=alpha, gamma=gamma)
    return SELU(alpha, gamma)


def _check_range(site: Site, **named: float) -> None:
    for name, value in named.items():
        if not (0.0 <= value <= 1e6 and (value or name == "alpha")):
            raise site.refuse(f"{name} must be from 0 to 1e6; found {value:g}")


def _gelu(site: Site) -> Propagate:
    return GELU("tanh" if site.attributes.text("approximate", "none", "tanh") == "tanh" else "none")


def _dropout(site: Site) -> Rows:
    """Give Dropout, as it is at inference."""
    rows = site.rows()
    site.attributes.whole("seed", 0)
    ratio = site.attributes.number("ratio", 0.5)
    if site.opset >= 12 and site.has(1):
        ratio = site.scalar(1, "ratio")
    if site.has(2) and site.known(2, "training_mode").any() and ratio:
        raise site.refuse("it drops numbers at inference too; export the model in evaluation mode")
    if not 0.0 <= ratio < 1.0:
        raise site.refuse(f"ratio must be at least 0 and below 1; found {ratio:g}")
    return site.like(Dropout(ratio), rows)


def raw(kind: str) -> Operator:
    """Give the operator that is only part of formulas."""

    def operate(site: Site) -> Rows:
        rows = site.rows()
        return Rows(Raw(kind, (Rows(rows.source),), rows.source.shape, site.node), rows.index)

    return operate


OPERATORS: dict[str, Operator] = {
    "Dropout": _dropout,
    "Elu": layer(_elu),
    "Erf": raw("Erf"),
    "Exp": raw("Exp"),
    "Gelu": layer(_gelu),
    "LeakyRelu": layer(_leaky),
    "PRelu": layer(_prelu),
    "Relu": layer(lambda site: ReLU()),  # noqa: ARG005  # one signature
    "Selu": layer(_selu),
    "Sigmoid": layer(lambda site: Sigmoid()),  # noqa: ARG005  # one signature
    "Sqrt": raw("Sqrt"),
    "Tanh": layer(lambda site: Tanh()),  # noqa: ARG005  # one signature
}
