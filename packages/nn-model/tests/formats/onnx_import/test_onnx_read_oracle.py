"""Models of PyTorch's two exporters and of scikit-learn's converter come in, and predict the same to 1e-5."""

import io
import warnings
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn_layers import Standardize
from nn_loss import MSE, BinaryCrossEntropy, CrossEntropy
from nn_model import NN
from nn_model.formats.onnx import read

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]


def torch_models(torch: Any) -> dict[str, tuple[Any, tuple[int, ...], list[str]]]:
    """Give PyTorch's modules, the shape of a row, and the layers that they become."""
    t = torch.nn
    torch.manual_seed(0)

    class Block(t.Module):  # type: ignore[misc,name-defined]  # PyTorch is not here when types are checked
        def __init__(self, *inside: Any) -> None:
            super().__init__()
            self.inside = t.Sequential(*inside)

        def forward(self, x: Any) -> Any:
            return x + self.inside(x)

    class Attention(t.Module):  # type: ignore[misc,name-defined]  # likewise
        def __init__(self, batch_first: bool) -> None:
            super().__init__()
            self.own = t.MultiheadAttention(8, 2, batch_first=batch_first)
            self.first = batch_first

        def forward(self, x: Any) -> Any:
            y = x if self.first else x.transpose(0, 1)
            y = self.own(y, y, y, need_weights=False)[0]
            return y if self.first else y.transpose(0, 1)

    class Tokens(t.Module):  # type: ignore[misc,name-defined]  # likewise
        def __init__(self, batch_first: bool) -> None:
            super().__init__()
            self.places = t.Parameter(torch.randn(5, 8))
            self.block = Block(t.LayerNorm(8), Attention(batch_first))
            self.mlp = Block(t.LayerNorm(8), t.Linear(8, 16), t.GELU(), t.Linear(16, 8))
            self.last = t.Linear(8, 3)

        def forward(self, x: Any) -> Any:
            return self.last(self.mlp(self.block(x + self.places)).mean(1))

    tokens = ["PositionalEncoding", "Residual", "Residual", "MeanTokens", "Dense"]
    return {
        "mlp": (
            t.Sequential(t.Linear(6, 9), t.ReLU(), t.Dropout(0.2), t.Linear(9, 3), t.Softmax(1)),
            (6,),
            ["Dense", "ReLU", "Dense", "Softmax"],
        ),
        "activations": (
            t.Sequential(t.Linear(6, 9), t.ELU(2.0), t.Linear(9, 9), t.SELU(), t.LeakyReLU(0.2), t.GELU(), t.Tanh()),
            (6,),
            ["Dense", "ELU", "Dense", "SELU", "LeakyReLU", "GELU", "Tanh"],
        ),
        "norms": (
            t.Sequential(t.BatchNorm1d(6), t.Linear(6, 4), t.LayerNorm(4), t.Linear(4, 1), t.Sigmoid()),
            (6,),
            ["BatchNorm", "Dense", "LayerNorm", "Dense", "Sigmoid"],
        ),
        "images": (
            t.Sequential(
                t.Conv2d(3, 4, 3, padding=1),
                t.ReLU(),
                t.MaxPool2d(2),
                t.Conv2d(4, 8, 3, stride=2, groups=2, dilation=1),
                t.GELU(approximate="tanh"),
                t.AvgPool2d(2),
                t.Flatten(),
                t.Linear(8, 5),
            ),
            (3, 12, 11),
            ["Conv2D", "ReLU", "MaxPool2D", "Conv2D", "GELU", "AvgPool2D", "Flatten", "Dense"],
        ),
        "pooled": (
            t.Sequential(
                t.Conv2d(3, 4, 2, padding="same"), t.ReLU(), t.BatchNorm2d(4), t.AdaptiveAvgPool2d(1), t.Flatten()
            ),
            (3, 8, 8),
            ["Conv2D", "ReLU", "BatchNorm", "GlobalAvgPool2D"],
        ),
        "ceil": (
            t.Sequential(
                t.Conv2d(3, 4, 2),
                t.MaxPool2d(2, ceil_mode=True),
                t.AvgPool2d(2, ceil_mode=True),
                t.Flatten(),
                t.Linear(64, 2),
            ),
            (3, 14, 14),
            ["Conv2D", "MaxPool2D", "AvgPool2D", "Flatten", "Dense"],
        ),
        "blocks": (
            t.Sequential(
                t.Conv2d(3, 4, 1),
                Block(t.Conv2d(4, 4, 3, padding=1), t.ReLU()),
                t.Flatten(),
                t.Linear(64, 6),
                Block(t.Linear(6, 6), t.Tanh(), Block(t.Linear(6, 6), t.GELU())),
            ),
            (3, 4, 4),
            ["Conv2D", "Residual", "Flatten", "Dense", "Residual"],
        ),
        "attention": (Tokens(True), (5, 8), tokens),
        "attention, tokens first": (Tokens(False), (5, 8), tokens),
    }


NAMES = ["mlp", "activations", "norms", "images", "pooled", "ceil", "blocks", "attention", "attention, tokens first"]


def exported(torch: Any, module: Any, x: Any, how: str, path: Path) -> bytes:
    """Write a model with one of PyTorch's exporters."""
    if how == "dynamo":
        batch = ({0: torch.export.Dim("batch")},)
        torch.onnx.export(
            module, (x,), str(path), dynamo=True, dynamic_shapes=batch, external_data=False, verbose=False
        )
        return path.read_bytes()
    buffer = io.BytesIO()
    axes = {} if how == "fixed" else {"dynamic_axes": {"x": {0: "batch"}, "y": {0: "batch"}}}
    opset = 14 if how == "14" else 17
    torch.onnx.export(
        module, (x,), buffer, dynamo=False, input_names=["x"], output_names=["y"], opset_version=opset, **axes
    )
    return buffer.getvalue()


def said(nn: NN, x: Any) -> Any:
    """Give what the network says, in the form of its last layer."""
    if nn.loss.link is None:
        return nn.core.inference.scores(x)
    shares = nn.predict_proba(x)
    return shares[:, 1:] if nn.core.layout.out_shape == (1,) else shares


@pytest.mark.parametrize("how", ["14", "17", "fixed", "dynamo"])
@pytest.mark.parametrize("name", NAMES)
def test_pytorch(name: str, how: str, tmp_path: Path) -> None:
    torch: Any = pytest.importorskip("torch")
    pytest.importorskip("onnxscript")
    module, shape, kinds = torch_models(torch)[name]
    with torch.no_grad():
        for part in module.modules():
            if hasattr(part, "running_var"):
                part.running_var.uniform_(0.5, 2.0)
                part.running_mean.normal_()
    module.eval()
    nn = read(exported(torch, module, torch.randn(4, *shape), how, tmp_path / "model.onnx"))
    assert [type(layer).__name__ for layer in nn.layers] == kinds
    x = torch.randn(7, *shape)
    with torch.no_grad():
        wanted = module(x).numpy()
    np.testing.assert_allclose(said(nn, x.numpy()), wanted, rtol=1e-5, atol=1e-5)


def scikit() -> dict[str, tuple[Callable[[], Any], Any, Any]]:
    """Give scikit-learn's networks, what they learn, and the loss that they become."""
    from sklearn.linear_model import LinearRegression, LogisticRegression  # noqa: PLC0415  # a peer
    from sklearn.neural_network import MLPClassifier, MLPRegressor  # noqa: PLC0415  # a peer
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415  # a peer
    from sklearn.preprocessing import MinMaxScaler, StandardScaler  # noqa: PLC0415  # a peer

    rng = np.random.default_rng(0)
    labels, pairs = np.array(["a", "b", "c"])[np.arange(90) % 3], np.arange(90) % 2 + 5
    values = rng.standard_normal(90)  # of several, skl2onnx puts each beneath the other: rows that are no rows

    def classifier(activation: str = "relu") -> Any:
        return MLPClassifier((7, 5), activation=activation, max_iter=5)

    def regressor(activation: str = "tanh") -> Any:
        return MLPRegressor(hidden_layer_sizes=(7,), activation=activation, max_iter=5)

    return {
        "three classes": (classifier, labels, CrossEntropy()),
        "two classes": (lambda: classifier("logistic"), pairs, BinaryCrossEntropy()),
        "several labels": (lambda: classifier("tanh"), np.eye(3, dtype=int)[np.arange(90) % 3], BinaryCrossEntropy()),
        "scaled": (lambda: make_pipeline(StandardScaler(), classifier()), labels, CrossEntropy()),
        "scaled otherwise": (lambda: make_pipeline(MinMaxScaler(), classifier()), labels, CrossEntropy()),
        "identity": (lambda: classifier("identity"), labels, CrossEntropy()),
        "values": (lambda: make_pipeline(StandardScaler(), regressor()), values, MSE()),
        "one value": (lambda: regressor("logistic"), values, MSE()),
        "linear, three classes": (LogisticRegression, labels, CrossEntropy()),
        "linear, two classes": (LogisticRegression, pairs, BinaryCrossEntropy()),
        "linear, values": (LinearRegression, np.c_[values, pairs], MSE()),
    }


CASES = [
    "three classes",
    "two classes",
    "several labels",
    "scaled",
    "scaled otherwise",
    "identity",
    "values",
    "one value",
]
LINEAR = ["linear, three classes", "linear, two classes", "linear, values"]
"""One node each in float32; in float64 they are formulas of other nodes."""


@pytest.mark.parametrize("mapped", [False, True])
@pytest.mark.parametrize(
    ("name", "dtype"), [*product(CASES, ["float32", "float64"]), *((name, "float32") for name in LINEAR)]
)
def test_scikit_learn(name: str, mapped: bool, dtype: str) -> None:
    skl2onnx: Any = pytest.importorskip("skl2onnx")
    make, y, loss = scikit()[name]
    x = np.random.default_rng(1).standard_normal((90, 4)).astype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # five epochs do not converge
        model = make().fit(x, y)
        last = model[-1] if hasattr(model, "steps") else model
        options = {id(last): {"zipmap": mapped}} if loss.link is not None else None
        data = skl2onnx.to_onnx(model, x[:1], options=options).SerializeToString()
    nn = read(data)
    assert nn.loss == loss
    assert nn.theta.dtype == dtype
    assert isinstance(nn.layers[0], Standardize) == ("scaled" in name or name == "values")
    if loss == MSE():
        np.testing.assert_allclose(nn.predict(x).reshape(len(x), -1), model.predict(x).reshape(len(x), -1), atol=1e-5)
        return
    wanted = model.predict_proba(x)
    np.testing.assert_allclose(nn.predict_proba(x), wanted, atol=1e-5)
    if wanted.ndim == 2 and name != "several labels":
        assert (nn.predict(x) == model.predict(x)).all()
        assert nn.classes == model.classes_.tolist()
