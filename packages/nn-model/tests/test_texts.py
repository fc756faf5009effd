"""What a network says of itself: its table of layers, its program, its line."""

import re

import pytest

from nn_layers import ELU, Dense, Dropout, ElasticNet, Flatten, He, Propagate, Softmax, Standardize, Tanh
from nn_loss import MSE, CrossEntropy
from nn_model import NN
from nn_optim import SGD, AdamW, ClipNorm

DENSE = "Dense(16, 8, regularization=ElasticNet(0.01, 0.02))"


@pytest.fixture
def network() -> NN:
    """Give a network with one of everything that the texts show."""
    layers: list[Propagate] = [
        Flatten(),
        Standardize(),
        Dense(16, 8, He(), ElasticNet(0.01, 0.02)),
        ELU(),
        Dropout(0.2),
        Dense(8, 3),
        Softmax(),
    ]
    return NN(layers, CrossEntropy(), AdamW(0.01), clip=ClipNorm(1.0), input_shape=(4, 4))


SUMMARY = """\
   layer                                                   in  out  parameters  memory a row
--------------------------------------------------------------------------------------------
0  Flatten()                                            4 x 4   16           0           0 B
1  Standardize()                                           16   16           0          64 B
2  Dense(16, 8, regularization=ElasticNet(0.01, 0.02))     16    8         136          32 B
3  ELU()                                                    8    8           0          32 B
4  Dropout(rate=0.2)                                        8    8           0          64 B
5  Dense(8, 3)                                              8    3          27          12 B
6  Softmax()                                                3    3           0          12 B
--------------------------------------------------------------------------------------------
163 parameters in 7 layers, 652 B as float32"""


def test_summary(network: NN) -> None:
    assert network.summary() == SUMMARY
    assert repr(network.summary()) == SUMMARY  # a notebook's cell shows it as it is printed


def test_repr(network: NN) -> None:
    assert repr(network) == "NN(7 layers, 163 parameters, CrossEntropy(), AdamW(lr=0.01))"


def tables(text: str) -> list[list[tuple[str, str, str]]]:
    """Read owner, formula and shapes from the columns of both tables; they must stand one below the other."""
    found = []
    for table in re.split(r"\n\n[a-z :]+\n", text)[1:]:
        lines = table.splitlines()
        starts = {match.start(1) for line in lines if (match := re.search(r"  (\w+\.\w+)", line))}
        (start,) = starts
        rows = [(line[2:start].strip(), *re.split(" {2,}", line[start:])) for line in lines]
        assert len({line.index(row[2], start) for line, row in zip(lines, rows, strict=True)}) == 1
        found.append(rows)
    return found  # type: ignore[return-value]  # every row has three cells, as the indexing of row[2] has shown


def test_explain_names_every_call_of_a_step(network: NN) -> None:
    text = network.explain(5)
    assert text.startswith("one training step of 5 rows: 15 calls, then 5\n\ngradients\n")
    gradients, update = tables(text)
    assert [row[:2] for row in gradients] == [
        ("layers[1]: Standardize()", "standardize.forward"),
        (f"layers[2]: {DENSE}", "affine.forward"),
        ("layers[3]: ELU()", "elu.forward"),
        ("layers[4]: Dropout(rate=0.2)", "dropout.draw"),
        ("", "dropout.apply"),
        ("layers[5]: Dense(8, 3)", "affine.forward"),
        ("CrossEntropy()", "share.equal"),
        ("", "cross_entropy.value"),
        ("", "cross_entropy.grad"),
        ("layers[5]: Dense(8, 3)", "affine.parameter_grads"),
        ("", "affine.input_grad"),
        ("layers[4]: Dropout(rate=0.2)", "dropout.apply"),
        ("layers[3]: ELU()", "elu.backward"),
        (f"layers[2]: {DENSE}", "affine.parameter_grads"),
        ("penalty", "penalty.add_elastic_net"),
    ]
    assert gradients[1][2] == "[5 x 16], [16 x 8], [8], [5 x 8]"
    assert gradients[3][2] == "generator, 0.8, 1.25, [5 x 8]"
    assert gradients[14][2].startswith("[128], [128], 0.01, 0.02, ")
    assert [row[:2] for row in update] == [
        ("clock", "program.tick"),
        ("ClipNorm(1.0)", "clip.by_norm"),
        ("AdamW(lr=0.01)", "decay.shrink"),
        ("", "decay.shrink"),
        ("", "adam.update"),
    ]
    assert [row[2].split(",")[0] for row in update] == ["[1024]", "[163]", "[128]", "[24]", "[163]"]


def test_explain_shows_targets_and_leaves_training_as_it_was() -> None:
    nn = NN([Dense(2, 1)], MSE(), SGD(), task="classification")
    other = NN([Dense(2, 1)], MSE(), SGD(), task="classification")
    x, y = [[0, 1], [1, 0]], [0, 1]
    for step in range(3):
        assert nn.train_step(x, y) == other.train_step(x, y)
        text = nn.explain(10 ** (step + 1))
        assert ("targets", "kernels.column", f"[{10 ** (step + 1)}], [{10 ** (step + 1)} x 1]") in tables(text)[0]
    assert nn.theta.tobytes() == other.theta.tobytes()


def test_a_network_without_parameters_has_texts_too() -> None:
    nn = NN([Tanh()], MSE(), SGD(), input_shape=(3,))
    assert nn.summary().endswith("0 parameters in 1 layer, 0 B as float32")
    assert [row[1] for row in tables(nn.explain(2))[1]] == ["program.tick", "sgd.update"]
