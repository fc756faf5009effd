"""scikit-learn's linear models, which skl2onnx writes as one node: `Dense`, with a softmax or a sigmoid behind it."""

import numpy as np

from nn_layers import Sigmoid, Softmax
from nn_model.arrays import Array
from nn_model.formats.onnx.importing import sums
from nn_model.formats.onnx.importing.outputs import single
from nn_model.formats.onnx.importing.placing import by_constant
from nn_model.formats.onnx.importing.products import dense
from nn_model.formats.onnx.importing.site import Operator, Site
from nn_model.formats.onnx.importing.values import Made, Raw, Rows, Sum, Value

__all__ = ["OPERATORS"]


def _weights(site: Site, rows: Rows, targets: int) -> tuple[Array, Array]:
    """Give weights, one column for each score, and biases."""
    features = rows.shape[-1] if len(rows.shape) == 2 else 0
    w, b = (np.asarray(site.attributes.listed(name) or [], np.float64) for name in ("coefficients", "intercepts"))
    if not features or w.size != features * targets or b.size not in (0, targets):
        raise site.refuse(f"{w.size} coefficients and {b.size} intercepts do not make {targets} scores of its input")
    if not np.isfinite([*w, *b]).all():
        raise site.refuse("its coefficients and intercepts must be finite")
    return w.reshape(targets, features).T, b if b.size else np.zeros(targets)


def _scores(site: Site, rows: Rows, w: Array, b: Array) -> Rows:
    return by_constant(site, dense(site, rows, w), b, sums.plus)


def _regressor(site: Site) -> Rows:
    """Work out `x w + b`."""
    rows = site.rows()
    site.attributes.text("post_transform", "NONE")
    return _scores(site, rows, *_weights(site, rows, site.attributes.whole("targets", 1)))


def _classifier(site: Site) -> tuple[Value | None, ...]:
    """Work out the probabilities; labels are no layer's."""
    rows, a = site.rows(), site.attributes
    found = [a.listed(f"classlabels_{kind}") for kind in ("ints", "strings")]
    classes = site.builder.classes = found[0] or found[1]
    kind = a.text("post_transform", "NONE", "SOFTMAX", "LOGISTIC")
    a.whole("multi_class", 0)  # it says how the weights were found
    w, b = _weights(site, rows, len(classes or []))
    if kind != "LOGISTIC":
        scores = _scores(site, rows, w, b)
        return None, _behind(site, Softmax(), scores) if kind == "SOFTMAX" else scores
    if w.shape[1] != 2 or np.any(w[:, 0] + w[:, 1]) or b.sum():
        return None, site.like(Sigmoid(), _scores(site, rows, w, b))
    p = site.like(Sigmoid(), _scores(site, rows, w[:, 1:], b[1:]))
    rest = Sum(sums.minus(sums.constant(1.0), sums.terms_of(p.source)), p.shape, site.node)
    return None, Rows(Raw("Concat", (Rows(rest), p), (p.shape[0], 2), site.node))


def _behind(site: Site, layer: Softmax, rows: Rows) -> Rows:
    return site.layer(site.builder.made(layer, rows, rows.shape, site.node), rows)


def _normalizer(site: Site) -> Rows:
    """Pass probabilities through: their sum is 1 already."""
    rows = site.rows()
    norm = site.attributes.text("norm", "MAX", "L1", "L2")
    last = site.builder.layered(rows.source)
    sure = isinstance(last, Made) and isinstance(last.layer, Softmax) and rows.index is None
    if norm != "L1" or not (sure or single(rows, site.builder)):
        raise site.refuse("no layer divides rows by a norm; only that of probabilities by their sum can be left out")
    return rows


OPERATORS: dict[str, Operator] = {
    "ai.onnx.ml.LinearClassifier": _classifier,
    "ai.onnx.ml.LinearRegressor": _regressor,
    "ai.onnx.ml.Normalizer": _normalizer,
}
