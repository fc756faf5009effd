"""Models of a few bytes that ask for all memory, or all time; and good ones, which need little more than their network.

The memory is that of a process of its own, ONNX's messages included: the most that it ever had in use.
"""

import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pytest
from onnx import helper, numpy_helper

from nn_layers import Residual
from nn_model import load
from nn_model.errors import OnnxError
from nn_model.formats.onnx import read

Make = Callable[..., Any]
node = helper.make_node
ONE = numpy_helper.from_array(np.ones(1, np.float32))
MB = 2**20
SMALL = 50_000
"""The most bytes of a hostile file here."""


def full(*sizes: int) -> tuple[Any, dict[str, Any]]:
    """Give the node that makes a constant `w` of these sizes, and what it reads."""
    return node("ConstantOfShape", ["s"], ["w"], value=ONE), {"s": np.array(sizes)}


def repeated(count: int, step: Callable[[str, str, int], list[Any]]) -> list[Any]:
    """Give nodes that follow each other from `x` to `y`, `count` times the same."""
    names = ["x", *(f"h{i}" for i in range(count - 1)), "y"]
    return [made for i in range(count) for made in step(names[i], names[i + 1], i)]


def constants_side_by_side() -> tuple[list[Any], list[int], dict[str, Any]]:
    """Double a constant forty times."""
    names = ["c", *(f"c{i}" for i in range(40))]
    nodes = [node("Concat", [a, a], [b], axis=0) for a, b in pairwise(names)]
    return [*nodes, node("Add", ["x", names[-1]], ["y"])], [4], {"c": np.ones(4, np.float32)}


def rows_side_by_side() -> tuple[list[Any], list[int], dict[str, Any]]:
    """Double the input forty times."""
    return repeated(40, lambda a, b, _: [node("Concat", [a, a], [b], axis=1)]), [4], {}


def one_matrix_read_often() -> tuple[list[Any], list[int], dict[str, Any]]:
    """Have a hundred layers of four million weights that a few bytes make."""
    first, arrays = full(2_000, 2_000)
    return [first, *repeated(100, lambda a, b, _: [node("MatMul", [a, "w"], [b])])], [2_000], arrays


def one_vector_read_often() -> tuple[list[Any], list[int], dict[str, Any]]:
    """Have three hundred layer normalisations of a million weights."""
    first, arrays = full(2**20)
    return [first, *repeated(300, lambda a, b, _: [node("LayerNormalization", [a, "w"], [b])])], [2**20], arrays


def sums_of_constants() -> tuple[list[Any], list[int], dict[str, Any]]:
    """Add a constant of four million numbers sixty times."""
    first, arrays = full(2**22)
    steps = repeated(60, lambda a, b, i: [node("Add", [a, "w"], [f"a{i}"]), node("Exp", [f"a{i}"], [b])])
    return [first, *steps], [2**22], arrays


def wide_padding() -> tuple[list[Any], list[int], dict[str, Any]]:
    """Widen weights by the padding of one side."""
    first, arrays = full(1, 1, 2_000, 2_000)
    return [first, node("Conv", ["x", "w"], ["y"], pads=[0, 0, 4_000, 4_000])], [1, 64, 64], arrays


def transpositions() -> tuple[list[Any], list[int], dict[str, Any]]:
    """Turn four million numbers over again and again."""
    steps = repeated(60, lambda a, b, _: [node("Transpose", [a], [b], perm=[0, 2, 1])])
    return steps, [1_448, 1_449], {}


def blocks_in_blocks() -> tuple[list[Any], list[int], dict[str, Any]]:
    """Put a thousand residual blocks into each other."""
    return repeated(1_000, lambda a, b, i: [node("Tanh", [a], [f"t{i}"]), node("Add", ["x", f"t{i}"], [b])]), [4], {}


def long_sum() -> tuple[list[Any], list[int], dict[str, Any]]:
    """Add a thousand things that no layer gives."""
    return repeated(500, lambda a, b, i: [node("Exp", ["x"], [f"e{i}"]), node("Add", [a, f"e{i}"], [b])]), [4], {}


def many_nodes() -> tuple[list[Any], list[int], dict[str, Any]]:
    """Have more nodes than any network."""
    return repeated(10_001, lambda a, b, _: [node("Relu", [a], [b])]), [4], {}


def layers_between_turns() -> tuple[list[Any], list[int], dict[str, Any]]:
    """Have a thousand layers that a transposition at the end goes through, up to the input."""
    steps = repeated(1_500, lambda a, b, _: [node("Tanh", [a], [b])])
    steps[-1].output[0] = "last"
    return (
        [
            *steps,
            node("Transpose", ["last"], ["t"], perm=[0, 3, 1, 2]),
            node("MaxPool", ["t"], ["y"], kernel_shape=[2, 2]),
        ],
        [4, 4, 3],
        {},
    )


HOSTILE: dict[str, tuple[Callable[[], tuple[list[Any], list[int], dict[str, Any]]], str]] = {
    "constants side by side": (constants_side_by_side, "asks for more memory than a file of its size may"),
    "rows side by side": (rows_side_by_side, "numbers is too large to follow its reshaping"),
    "one matrix read often": (one_matrix_read_often, "node 'h2' (MatMul): from here on the graph asks for more memory"),
    "one vector read often": (
        one_vector_read_often,
        "(LayerNormalization): from here on the graph asks for more memory",
    ),
    "sums of constants": (sums_of_constants, "(Add): from here on the graph asks for more memory"),
    "wide padding": (wide_padding, "(Conv): from here on the graph asks for more memory"),
    "transpositions": (transpositions, "(Transpose): from here on the graph asks for more memory"),
    "blocks in blocks": (blocks_in_blocks, "(Add): residual blocks lie more than 32 deep in each other"),
    "long sum": (long_sum, "(Add): it makes a sum of more than 32 terms, which no layer computes"),
}
WATCH = """
import re, sys
from nn_model.formats.onnx import read
from nn_optim import SGD

def most():
    try:
        return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) * 1024
    except OSError:  # a system that has another place for it
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

read(sys.argv[1])  # the first import of a model imports what all need
before = most()
try:
    read(sys.argv[2], optimizer=SGD())
except ValueError as error:
    print(type(error).__name__, error)
print(most() - before)
"""


def watched(tmp_path: Path, model: Any, small: Any) -> tuple[list[str], int, int]:
    """Read a model in a process of its own; give what it said, the memory that it took, and the file's size."""
    paths = [tmp_path / "small.onnx", tmp_path / "model.onnx"]
    for path, made in zip(paths, (small, model), strict=True):
        path.write_bytes(made.SerializeToString())
    done = subprocess.run(  # noqa: S603  # this interpreter, and files of ours
        [sys.executable, "-c", WATCH, *map(str, paths)], capture_output=True, text=True, check=True
    )
    *said, took = done.stdout.splitlines()
    return said, int(took), paths[1].stat().st_size


@pytest.mark.parametrize("case", HOSTILE)
def test_a_few_bytes_take_no_more_than_a_few_hundred_megabytes(
    model: Make, follow: Make, tmp_path: Path, case: str
) -> None:
    make, words = HOSTILE[case]
    nodes, shape, arrays = make()
    made = model(nodes, shape, arrays, output_shape=["n"])
    said, took, size = watched(tmp_path, made, model(follow(("Relu", [], {})), [3], {}))
    assert size < SMALL
    assert len(said) == 1
    assert said[0].startswith("OnnxError ")
    assert words in said[0]
    assert took < 300 * MB


@pytest.mark.parametrize("transposed", [False, True])
def test_a_good_file_takes_less_than_three_times_its_size(
    model: Make, follow: Make, weights: Make, tmp_path: Path, transposed: bool
) -> None:
    arrays = {"w": weights(3_000, 3_000), "v": weights(3_000, 3_000, seed=1)}
    flags = {"transB": int(transposed)}
    nodes = follow(("Gemm", ["w"], flags), ("Relu", [], {}), ("Gemm", ["v"], flags))
    made = model(nodes, [3_000], arrays, output_shape=[3_000])
    said, took, size = watched(tmp_path, made, model(follow(("Relu", [], {})), [3], {}))
    assert said == []
    assert size > 70_000_000
    assert took < 3 * size + 20 * MB, took / size


@pytest.mark.parametrize("case", HOSTILE)
def test_one_line_names_the_node_at_which_it_is_too_much(model: Make, case: str) -> None:
    make, words = HOSTILE[case]
    nodes, shape, arrays = make()
    with pytest.raises(OnnxError) as raised:
        read(model(nodes, shape, arrays, output_shape=["n"]).SerializeToString())
    assert str(raised.value).startswith("node '")
    assert words in str(raised.value)


def test_time_is_bounded_too(model: Make) -> None:
    for make in (many_nodes, blocks_in_blocks, long_sum):
        nodes, shape, arrays = make()
        data = model(nodes, shape, arrays, output_shape=["n"]).SerializeToString()
        start = perf_counter()
        with pytest.raises(OnnxError):
            read(data)
        assert perf_counter() - start < 10, make


def test_too_many_nodes_are_counted_before_they_are_worked_out(model: Make) -> None:
    nodes, shape, arrays = many_nodes()
    data = model(nodes, shape, arrays, output_shape=[4]).SerializeToString()
    with pytest.raises(OnnxError, match="the output 'y' comes of 10,001 nodes; at most 10,000 are possible"):
        read(data)


def test_layers_between_the_input_and_its_transposition_may_be_many(model: Make) -> None:
    nodes, shape, arrays = layers_between_turns()
    with pytest.warns(UserWarning, match="transpose the data"):
        nn = read(model(nodes, shape, arrays, output_shape=[3, 3, 3]).SerializeToString())
    assert len(nn.layers) == 1_501


def test_blocks_may_lie_as_deep_in_each_other_as_people_put_them(model: Make) -> None:
    steps = repeated(20, lambda a, b, i: [node("Tanh", [a], [f"t{i}"]), node("Add", ["x", f"t{i}"], [b])])
    (block,) = read(model(steps, [4], {}).SerializeToString()).layers
    for _ in range(19):
        assert isinstance(block, Residual)
        block = block.layers[0]


def test_one_array_may_be_several_layers(model: Make, weights: Make) -> None:
    """The budget grows with the file: ALBERT's twelve blocks have one set of weights."""
    w = weights(1_200, 1_200)
    steps = repeated(12, lambda a, b, i: [node("MatMul", [a, "w"], [f"m{i}"]), node("Tanh", [f"m{i}"], [b])])
    data = model(steps, [1_200], {"w": w}).SerializeToString()
    assert read(data).theta.size == 12 * (w.size + 1_200)


def test_a_cap_on_what_the_network_may_have(model: Make, follow: Make, weights: Make, tmp_path: Path) -> None:
    nodes = follow(("MatMul", ["w"], {}), ("Relu", [], {}), ("MatMul", ["w"], {}))
    made = model(nodes, [4], {"w": weights(4, 4)})
    (tmp_path / "a.onnx").write_bytes(made.SerializeToString())
    assert load(tmp_path / "a.onnx", max_parameters=32).theta.size == 40
    words = "has 32 numbers and at most 31 are allowed; pass max_parameters to allow more"
    with pytest.raises(OnnxError, match=words):
        read(tmp_path / "a.onnx", max_parameters=31)
    with pytest.raises(OnnxError, match=words):
        load(tmp_path / "a.onnx", max_parameters=31)
    with pytest.raises(ValueError, match="max_parameters must be"):
        read(tmp_path / "a.onnx", max_parameters=0)


def test_large_images_with_their_channels_last(model: Make, weights: Make) -> None:
    """They are worked out for two rows, whatever their sizes."""
    nodes = [
        node("Transpose", ["x"], ["t"], "turn", perm=[0, 3, 1, 2]),
        node("Conv", ["t", "w"], ["c"], "conv", strides=[64, 64]),
        node("Flatten", ["c"], ["f"]),
        node("MatMul", ["f", "v"], ["y"]),
    ]
    arrays = {"w": weights(2, 3, 8, 8), "v": weights(288, 2)}
    with pytest.warns(UserWarning, match=r"takes rows of shape \(3, 768, 768\): transpose the data"):
        nn = read(model(nodes, [768, 768, 3], arrays).SerializeToString())
    assert [type(layer).__name__ for layer in nn.layers] == ["Conv2D", "Flatten", "Dense"]
