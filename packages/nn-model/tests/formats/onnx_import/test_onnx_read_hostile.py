"""Rows 108 to 113 of hostile and damaged models: one OnnxError each, and nothing else opened, imported or allocated."""

import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from nn_model.errors import OnnxError
from nn_model.formats.onnx import read

Make = Callable[..., Any]
Change = Callable[[Any], object]
MB = 2**20


@pytest.fixture
def good(model: Make, follow: Make, weights: Make) -> Any:
    """Give a model of MatMul, Add, Relu and Gemm."""
    nodes = follow(("MatMul", ["w"], {}), ("Add", ["b"], {}), ("Relu", [], {}), ("Gemm", ["v"], {}))
    return model(nodes, [4], {"w": weights(4, 3), "b": weights(3), "v": weights(3, 2)}, output_shape=[2])


def refused(data: bytes) -> str:
    """Give the one sentence with which bytes are refused."""
    with pytest.raises(OnnxError) as raised:
        read(data)
    text = str(raised.value)
    assert "\n" not in text
    assert len(text) < 600
    return text


def put(message: Any, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(message, name, value)


def weight(model: Any) -> Any:
    return model.graph.initializer[0]


def dims(*sizes: int) -> Change:
    def change(model: Any) -> None:
        del weight(model).dims[:]
        weight(model).dims.extend(sizes)

    return change


def sized(*sizes: Any) -> Change:
    def change(model: Any) -> None:
        made = helper.make_tensor_value_info("x", TensorProto.FLOAT, sizes)
        model.graph.input[0].CopyFrom(made)

    return change


def external(model: Any, location: str, declared: bool = True) -> None:
    tensor = weight(model)
    tensor.ClearField("raw_data")
    tensor.external_data.add(key="location", value=location)
    if declared:
        tensor.data_location = TensorProto.EXTERNAL


def not_finite(value: float) -> Change:
    return lambda m: weight(m).CopyFrom(numpy_helper.from_array(np.full((4, 3), value, np.float32), "w"))


def strings(model: Any) -> None:
    weight(model).CopyFrom(TensorProto(name="w", data_type=TensorProto.STRING, dims=[4, 3], string_data=[b"a"] * 12))


def halves(model: Any) -> None:
    weight(model).CopyFrom(numpy_helper.from_array(np.ones((4, 3), np.float16), "w"))


def graph_attribute(model: Any) -> None:
    other = helper.make_graph([], "inner", [], [])
    model.graph.node[2].attribute.append(helper.make_attribute("body", other))


ROWS: dict[str, tuple[Change, str]] = {
    "108 operator": (lambda m: put(m.graph.node[2], op_type="Foo"), "node 'n2' (Foo): no layer does this"),
    "108 no operator": (lambda m: put(m.graph.node[2], op_type=""), "it names no operator"),
    "108 domain": (
        lambda m: put(m.graph.node[2], domain="com.x"),
        "node 'n2' (com.x.Relu): no layer does this",
    ),
    "108 attribute": (
        lambda m: m.graph.node[2].attribute.append(helper.make_attribute("slope", 0.5)),
        "node 'n2' (Relu): its attribute 'slope' is not known here",
    ),
    "108 attribute twice": (
        lambda m: m.graph.node[3].attribute.extend([helper.make_attribute("transB", 0)] * 2),
        "attributes must have names that differ; found 'transB' twice",
    ),
    "108 graph in an attribute": (graph_attribute, "its attribute 'body' is not known here"),
    "108 attribute of a function": (
        lambda m: m.graph.node[2].attribute.append(onnx.AttributeProto(name="a", type="FLOAT", ref_attr_name="b")),
        "it refers to a function's attribute",
    ),
    "108 opset 0": (lambda m: put(m.opset_import[0], version=0), "opset 0 of ai.onnx is not known here"),
    "108 opset 6": (lambda m: put(m.opset_import[0], version=6), "export the model for one of 7 to 28"),
    "108 opset 999": (lambda m: put(m.opset_import[0], version=999), "opset 999 of ai.onnx is not known here"),
    "108 opset -1": (lambda m: put(m.opset_import[0], version=-1), "opset -1 of ai.onnx is not known here"),
    "108 two opsets": (
        lambda m: m.opset_import.add(domain="ai.onnx", version=18),
        "opset_import gives the domain '' two versions: 17, 18",
    ),
    "108 no opset": (lambda m: m.ClearField("opset_import"), "does not say which opset"),
    "108 ml opset": (lambda m: put(m.opset_import[1], version=77), "opset 77 of ai.onnx.ml is not known here"),
    "108 IR 999": (lambda m: put(m, ir_version=999), "the file's version (IR) must be 3 to 14; found 999"),
    "108 IR 0": (lambda m: put(m, ir_version=0), "the file's version (IR) must be 3 to 14; found 0"),
    "108 no IR": (lambda m: m.ClearField("ir_version"), "the file's version (IR) must be 3 to 14; found 0"),
    "108 functions": (lambda m: m.functions.add(name="f", domain="d"), "local functions, training graphs and sparse"),
    "108 sparse": (lambda m: m.graph.sparse_initializer.add(), "local functions, training graphs and sparse"),
    "109 cycle": (
        lambda m: m.graph.node[0].input.__setitem__(0, "h2"),
        "'n0' (MatMul): it reads 'h2', which is given only later",
    ),
    "109 itself": (
        lambda m: m.graph.node[2].input.__setitem__(0, "h2"),
        "'n2' (Relu): it reads 'h2', which is given only later",
    ),
    "109 dangling": (
        lambda m: m.graph.node[2].input.__setitem__(0, "q"),
        "node 'n2' (Relu): it reads 'q', which nothing gives",
    ),
    "109 output twice": (
        lambda m: m.graph.node[2].output.__setitem__(0, "h0"),
        "it gives 'h0', which is there already",
    ),
    "109 input again": (lambda m: m.graph.node[2].output.__setitem__(0, "x"), "it gives 'x', which is there already"),
    "109 weight again": (lambda m: m.graph.initializer.append(weight(m)), "initializers must have names that differ"),
    "109 no graph": (lambda m: m.ClearField("graph"), "the model holds no graph"),
    "109 no nodes": (lambda m: m.graph.ClearField("node"), "the graph holds no nodes: it computes nothing"),
    "109 no input": (lambda m: m.graph.ClearField("input"), "the graph has 0 without values (none)"),
    "109 two inputs": (
        lambda m: m.graph.input.append(helper.make_tensor_value_info("z", 1, [1])),
        "a network has one input; the graph has 2 without values ('x', 'z')",
    ),
    "109 no output": (lambda m: m.graph.ClearField("output"), "a graph must have outputs"),
    "109 output of nothing": (lambda m: put(m.graph.output[0], name="z"), "the output 'z' is given by no node"),
    "109 output is the input": (lambda m: put(m.graph.output[0], name="x"), "no node gives the output 'x'"),
    "109 output is a weight": (lambda m: put(m.graph.output[0], name="w"), "no node gives the output 'w'"),
    "110 above": (
        lambda m: external(m, "../w.bin"),
        "initializer 'w': weights in another file are never read",
    ),
    "110 absolute": (
        lambda m: external(m, "/etc/passwd"),
        "save the model as one file: torch.onnx.export(..., external_data=False), or onnx.save(onnx.load(",
    ),
    "110 winding": (lambda m: external(m, "x/../../w.bin"), "weights in another file are never read"),
    "110 device": (lambda m: external(m, "/dev/zero"), "weights in another file are never read"),
    "110 missing": (lambda m: external(m, "nowhere"), "weights in another file are never read"),
    "110 not declared": (lambda m: external(m, "w.bin", False), "weights in another file are never read"),
    "110 only declared": (
        lambda m: put(weight(m), data_location="EXTERNAL"),
        "initializer 'w': weights in another file",
    ),
    "110 in an attribute": (
        lambda m: m.graph.node[0].attribute.append(
            helper.make_attribute("value", TensorProto(name="t", data_type=1, dims=[1], data_location="EXTERNAL"))
        ),
        "tensor 't': weights in another file",
    ),
    "110 sparse": (
        lambda m: m.graph.sparse_initializer.append(
            onnx.SparseTensorProto(values=TensorProto(name="t", data_type=1, data_location="EXTERNAL"))
        ),
        "tensor 't': weights in another file",
    ),
    "111 more": (dims(4, 4), "initializer 'w': sizes [4, 4] make 16 values; the file holds 12"),
    "111 fewer": (dims(4, 2), "initializer 'w': sizes [4, 2] make 8 values; the file holds 12"),
    "111 negative": (dims(-4, -3), "initializer 'w': sizes cannot be negative; found [-4, -3]"),
    "111 2 GB": (dims(2**15, 2**14), "make 536,870,912 values; the file holds 12"),
    "111 2^62": (dims(2**31, 2**31), "declares 2147483648 x 2147483648 numbers, more than any model holds"),
    "111 overflow": (dims(2**62, 4, 0), "more than any model holds"),
    "111 many axes": (dims(*[1] * 40), "more than any model holds"),
    "111 cut": (lambda m: put(weight(m), raw_data=weight(m).raw_data[:-1]), "the file holds 11.75"),
    "111 strings": (strings, "initializer 'w': it holds text; weights must be float or double"),
    "111 halves": (halves, "initializer 'w': it holds numbers of ONNX's type 10; weights must be float or double"),
    "111 undefined": (lambda m: put(weight(m), data_type=0), "initializer 'w': its type is undefined"),
    "111 type 99": (lambda m: put(weight(m), data_type=99), "it holds numbers of ONNX's type 99"),
    "111 whole weights": (
        lambda m: weight(m).CopyFrom(numpy_helper.from_array(np.ones((4, 3), np.int32), "w")),
        "node 'n0' (MatMul): weights must be numbers; found int32 of shape (4, 3)",
    ),
    "111 two fields": (
        lambda m: weight(m).float_data.append(1),
        "its numbers are in float_data and raw_data, and one field",
    ),
    "111 other field": (
        lambda m: (weight(m).ClearField("raw_data"), weight(m).int64_data.extend([1] * 12)),
        "are in int64_data",
    ),
    "111 segment": (lambda m: put(weight(m).segment, begin=0, end=1), "it is a segment of a tensor"),
    "111 NaN": (not_finite(float("nan")), "initializer 'w': number 0 is nan; weights must be finite"),
    "111 infinity": (not_finite(float("-inf")), "initializer 'w': number 0 is -inf; weights must be finite"),
    "112 symbolic": (
        sized("batch", "n"),
        "the input 'x' leaves size 1 open ('n' of ['batch', 'n']), and only the number",
    ),
    "112 nameless": (sized("batch", None), "the input 'x' leaves size 1 open (None of ['batch', None])"),
    "112 zero": (sized("batch", 0), "the input 'x' leaves size 1 open (0 of ['batch', 0])"),
    "112 no rows": (sized(0, 4), "the input 'x' must have rows; found the sizes [0, 4]"),
    "112 negative": (sized("batch", -4), "'x': sizes cannot be negative"),
    "112 no axes": (sized(), "the input 'x' must have rows; found the sizes []"),
    "112 huge": (sized("batch", 10**12), "declares ['batch', 1000000000000]; at most 16,777,216 numbers a row"),
    "112 huge rows": (sized(10**12, 4), "declares [1000000000000, 4]; at most"),
    "112 text": (
        lambda m: put(m.graph.input[0].type.tensor_type, elem_type=8),
        "the input 'x' must be numbers, float or double; found ONNX's type 8",
    ),
    "112 no shape": (lambda m: m.graph.input[0].type.tensor_type.ClearField("shape"), "does not say its sizes"),
    "112 no tensor": (lambda m: m.graph.input[0].ClearField("type"), "the input 'x' must be a tensor with a name"),
    "112 whole": (
        lambda m: put(m.graph.input[0].type.tensor_type, elem_type=7),
        "node 'n0' (MatMul): it computes with whole numbers; cast the input to float first",
    ),
    "113 sizes that are not": (
        lambda m: m.graph.value_info.append(helper.make_tensor_value_info("h0", 1, ["batch", 7])),
        "node 'n0' (MatMul): the file says that 'h0' is of shape ['batch', 7]; it comes out as [",
    ),
    "113 graph without a name": (lambda m: put(m.graph, name=""), "onnx's checker refuses the model"),
}


@pytest.mark.parametrize("row", ROWS)
def test_rows_108_to_113(good: Any, row: str) -> None:
    change, words = ROWS[row]
    change(good)
    assert words in refused(good.SerializeToString())


def test_the_model_that_they_change_is_read(good: Any) -> None:
    assert read(good.SerializeToString()).predict(np.zeros((3, 4))).shape == (3, 2)


def test_row_112_any_number_of_rows(good: Any) -> None:
    for first in ("batch", "N", None, 1, 3):
        sized(first, 4)(good)
        assert read(good.SerializeToString()).predict(np.zeros((7, 4))).shape == (7, 2)
    sized("batch", "n")(good)
    assert read(good.SerializeToString(), input_shape=(4,)).predict(np.zeros((7, 4))).shape == (7, 2)
    with pytest.raises(OnnxError, match=r"input_shape \(4, 1\) is not one of the input 'x'"):
        read(good.SerializeToString(), input_shape=(4, 1))


def test_row_113_truncated_at_every_byte(good: Any) -> None:
    data = good.SerializeToString()
    whole = len(data) - len(b"\x42\x0e") - good.opset_import[1].ByteSize()  # without operators that it does not use
    for end in range(len(data)):
        if end != whole:
            refused(data[:end])
    assert read(data[:whole]).layers == read(data).layers


@pytest.mark.filterwarnings("ignore:the file says that the output")
def test_row_113_every_bit_flipped(good: Any) -> None:
    """What is still read is a whole model: with other weights or names, or with classes of its own."""
    data = good.SerializeToString()
    start = data.index(good.graph.initializer[0].raw_data)
    outside = [i for i in range(len(data)) if not start <= i < start + 48]
    said: set[str] = set()
    x = np.random.default_rng(0).standard_normal((3, 4))
    wanted = read(data).predict(x)
    others = 0
    for byte in outside:
        for bit in range(8):
            flipped = bytearray(data)
            flipped[byte] ^= 1 << bit
            try:
                nn = read(bytes(flipped))
            except OnnxError as error:
                said.add(str(error))
                continue
            others += not np.array_equal(nn.core.inference.scores(x.astype("float32")), wanted)
    assert len(said) > 100
    assert others < 40 * 8, "only the other weights' bits, 9 numbers of 32, may change what is predicted"


def test_repeated_and_unknown_fields_are_no_way_in(good: Any) -> None:
    data = good.SerializeToString()
    assert "ir_version stands twice" in refused(data + b"\x08\x08")
    assert "graph stands twice" in refused(data + b"\x3a\x00")
    assert "field 99 is none of ModelProto's" in refused(data + b"\x98\x06\x01")
    assert "field 0 is none of ModelProto's" in refused(data + b"\x00")
    assert "a number has more than ten bytes" in refused(b"\x08" + b"\xff" * 12)
    assert "it is written as kind 0 and should be 2" in refused(b"\x10\x01")
    assert "it is no text in UTF-8" in refused(b"\x12\x02\xff\xff")
    assert "it should end 5 bytes after its surroundings" in refused(b"\x12\x05")
    assert "data_location is 7, which ONNX does not know" in refused(b"\x3a\x04\x2a\x02\x70\x07")


def test_memory_is_bounded_whatever_is_declared(good: Any) -> None:
    greedy = {
        "nodes": b"\x3a\xc0\x84\x3d" + b"\x0a\x00" * 500_000,
        "names": b"\x3a\xc4\x84\x3d\x0a\xc0\x84\x3d" + b"\x0a\x00" * 500_000,
        "whole numbers": b"\x3a\xc4\x84\x3d\x2a\xc0\x84\x3d\x3a\xbc\x84\x3d" + b"\x01" * 999_996,
    }
    nested = b""
    for _ in range(2_000):
        inner = b"\x32" + bytes(helper_varint(len(nested))) + nested  # an attribute's graph, and its node, and so on
        nested = b"\x0a" + bytes(helper_varint(len(inner))) + inner
    greedy["depth"] = b"\x3a" + bytes(helper_varint(len(nested))) + nested
    for change in (dims(2**15, 2**14), dims(2**31, 2**31)):
        change(good)
        greedy[str(change)] = good.SerializeToString()
    for data in greedy.values():
        tracemalloc.start()
        try:
            refused(data)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 2 * len(data) + 20 * MB


def helper_varint(number: int) -> list[int]:
    """Write a number as Protocol Buffers do."""
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return [*parts, number]


def test_constants_that_would_be_huge_are_not_made(model: Make) -> None:
    node = helper.make_node
    for kind, arrays in (
        ("ConstantOfShape", {"s": np.array([2**15, 2**15])}),
        ("Expand", {"v": np.ones(1, np.float32), "s": np.array([2**15, 2**15])}),
        ("Add", {"v": np.ones((2**12, 1), np.float32), "s": np.ones((1, 2**12), np.float32)}),
    ):
        nodes = [node(kind, [*arrays], ["c"], "made"), node("Add", ["x", "c"], ["y"], "sum")]
        made = model(nodes, [4], arrays, output_shape=[4])
        assert "node 'made'" in (text := refused(made.SerializeToString()))
        assert "at most 4,194,304 are possible" in text


@pytest.mark.parametrize("name", ["n" * 2**20, "two\nlines", "\x1b[2J"])
def test_names_do_not_spoil_the_line(good: Any, name: str) -> None:
    changes: list[Change] = [
        lambda m: put(m.graph.node[2], name=name, op_type=name),
        lambda m: put(m.graph.node[2], name=name, domain=name),
        lambda m: m.graph.node[2].input.__setitem__(0, name),
        lambda m: put(m.graph.output[0], name=name),
        lambda m: put(m.graph.input[0], name=name),
    ]
    for change in changes:
        changed = onnx.ModelProto()
        changed.CopyFrom(good)
        change(changed)
        assert refused(changed.SerializeToString()).isprintable()


def test_a_whole_file_takes_little_more_than_its_network(model: Make, follow: Make, weights: Make) -> None:
    arrays = {"w": weights(1_000, 3_000), "v": weights(3_000, 10)}
    nodes = follow(("MatMul", ["w"], {}), ("Relu", [], {}), ("MatMul", ["v"], {}))
    data = model(nodes, [1_000], arrays, output_shape=[10]).SerializeToString()
    read(data)
    tracemalloc.start()
    try:
        nn = read(data)
        stays, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert stays < 4.1 * nn.theta.nbytes + MB, "parameters, gradient, and Adam's two moments"
    assert peak < stays + 2.5 * len(data) + MB


WATCH = """
import json, sys
from nn_model.errors import OnnxError
from nn_model.formats.onnx import read

good, *others = sys.argv[1:]
read(good)  # the first load imports what all loads need
seen, said = [], []
sys.addaudithook(lambda event, args: seen.append([event, str(args[0]) if event == "open" else repr(args)]))
for path in [good, *others]:
    try:
        said.append(len(read(path).layers))
    except OnnxError as error:
        said.append(str(error))
events, seen = seen, []
print(json.dumps({"events": events, "said": said}))
"""
HARMLESS = {"object.__getattr__", "object.__setattr__", "sys._getframe", "builtins.id", "code.__new__"}


def test_row_110_nothing_but_the_file_is_opened(good: Any, tmp_path: Path) -> None:
    paths = [tmp_path / "good.onnx"]
    paths[0].write_bytes(good.SerializeToString())
    for name in ("w.bin", "os.py", "Foo.py"):
        (tmp_path / name).write_bytes(bytes(48))
    changes: list[Change] = [change for row, (change, _) in ROWS.items() if row.startswith(("108", "110"))]
    changes.append(lambda model: external(model, "w.bin"))
    for i, change in enumerate(changes):
        changed = onnx.ModelProto()
        changed.CopyFrom(good)
        change(changed)
        paths.append(tmp_path / f"{i}.onnx")
        paths[-1].write_bytes(changed.SerializeToString())
    done = subprocess.run(  # noqa: S603  # this interpreter, and files of ours
        [sys.executable, "-c", WATCH, *map(str, paths)], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    assert found["said"][0] == 3
    assert all(isinstance(said, str) for said in found["said"][1:])
    opened = {args for event, args in found["events"] if event == "open"} - {str(n) for n in range(3, 9)}
    assert {path for path in opened if not path.startswith(("/proc/self/", "/sys/fs/"))} == set(map(str, paths))
    assert {event for event, _ in found["events"]} - HARMLESS == {"open"}
