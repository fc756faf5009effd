"""The bytes of a model as a graph, checked: what a hostile or damaged file could say is refused here."""

from typing import Any

from nn_model.errors import OnnxError
from nn_model.extras import need
from nn_model.formats.onnx.importing.checker import lean
from nn_model.formats.onnx.importing.graph import Graph, Input, Node, Output
from nn_model.formats.onnx.importing.tensors import Tensor, tensor_of
from nn_model.formats.onnx.importing.wire import check_wire

__all__ = ["parse"]

IR = range(3, 15)
OPSETS = {"": range(7, 29), "ai.onnx.ml": range(1, 6)}
"""The versions of operators that are understood, by domain."""
_VALUES = {1: "f", 2: "i", 3: "s", 4: "t", 6: "floats", 7: "ints", 8: "strings"}
"""Where attributes have their values, by their type."""


def parse(data: bytes) -> Graph:
    """Parse a model.

    Raises
    ------
    OnnxError
        The bytes are no model, or one that is not whole, not sound, or of a version that is not known.
    """
    onnx, size = need("onnx", "onnx"), len(data)
    if not data:
        raise OnnxError("the file is empty; export the model again")
    check_wire(data, onnx.ModelProto.DESCRIPTOR)
    try:
        model = onnx.ModelProto.FromString(data)
    except Exception as error:  # noqa: BLE001  # protobuf's own class of it is not public in all its versions
        raise OnnxError(f"not an ONNX model, or truncated or damaged ({type(error).__name__})") from None
    del data  # the message has its own copy, and the tensors are about to have theirs
    opset = _versions(model)
    graph = model.graph
    tensors = _tensors(graph)
    nodes = tuple(_node(number, node) for number, node in enumerate(graph.node))
    ends = _input(graph, tensors), tuple(_output(value) for value in graph.output)
    _check_order(nodes, {ends[0].name, *tensors}, ends[1])
    said = {entry.key: entry.value for entry in model.metadata_props}
    sizes = {value.name: _sizes(value) for value in graph.value_info if value.type.tensor_type.HasField("shape")}
    return Graph(nodes, tensors, *ends, opset, lean(model, onnx), said, sizes, size)


def _versions(model: Any) -> int:
    if model.ir_version not in IR:
        raise OnnxError(
            f"the file's version (IR) must be {IR[0]} to {IR[-1]}; found {model.ir_version}; export it again"
        )
    if not model.HasField("graph"):
        raise OnnxError("the model holds no graph; export it again")
    if not len(model.graph.node):
        raise OnnxError("the graph holds no nodes: it computes nothing; export the model again")
    if len(model.functions) or len(model.training_info) or len(model.graph.sparse_initializer):
        raise OnnxError("local functions, training graphs and sparse weights are not read; export a plain model")
    return _opset(model)


def _opset(model: Any) -> int:
    found: dict[str, int] = {}
    for entry in model.opset_import:
        domain = "" if entry.domain == "ai.onnx" else entry.domain
        if found.get(domain, entry.version) != entry.version:
            raise OnnxError(f"opset_import gives the domain {domain!r} two versions: {found[domain]}, {entry.version}")
        found[domain] = entry.version
        known = OPSETS.get(domain, range(2**63))
        if entry.version not in known:
            raise OnnxError(
                f"opset {entry.version} of {domain or 'ai.onnx'} is not known here; export the model for one of "
                f"{known[0]} to {known[-1]}"
            )
    if "" not in found:
        raise OnnxError("the model does not say which opset of ONNX's operators it uses; export it again")
    return found[""]


def _tensors(graph: Any) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    for tensor in graph.initializer:
        if not tensor.name or tensor.name in tensors:
            raise OnnxError(f"initializers must have names that differ; found {tensor.name!r} twice or none")
        tensors[tensor.name] = tensor_of(tensor, f"initializer {tensor.name!r}")
    return tensors


def _node(number: int, node: Any) -> Node:
    name = node.name or (node.output[0] if len(node.output) else "") or f"#{number}"
    title = f"node {name!r} ({node.op_type})"
    if not node.op_type:
        raise OnnxError(f"{title}: it names no operator")
    attributes: dict[str, Any] = {}
    for attribute in node.attribute:
        if attribute.name in attributes or not attribute.name:
            raise OnnxError(f"{title}: attributes must have names that differ; found {attribute.name!r} twice or none")
        attributes[attribute.name] = _value(attribute, title)
    domain = "" if node.domain == "ai.onnx" else node.domain
    return Node(node.op_type, domain, name, tuple(node.input), tuple(node.output), attributes)


def _value(attribute: Any, title: str) -> Any:
    place = f"{title}: attribute {attribute.name!r}"
    if attribute.ref_attr_name:
        raise OnnxError(f"{place}: it refers to a function's attribute; export a plain model")
    if attribute.type not in _VALUES:
        return None  # a graph, say, that no operator here takes: refused where it is asked for, or left over
    value = getattr(attribute, _VALUES[attribute.type])
    if attribute.type == 4:
        return tensor_of(value, place)
    try:
        if attribute.type in (3, 8):
            return value.decode() if attribute.type == 3 else [text.decode() for text in value]
    except UnicodeDecodeError:
        raise OnnxError(f"{place}: it is no text in UTF-8") from None
    return list(value) if attribute.type > 4 else value


def _input(graph: Any, tensors: dict[str, Tensor]) -> Input:
    names = [value.name for value in graph.input]
    given = [value for value in graph.input if value.name not in tensors]
    if len(given) != 1 or len(set(names)) != len(names):
        listed = ", ".join(repr(value.name) for value in given[:5])
        raise OnnxError(f"a network has one input; the graph has {len(given)} without values ({listed or 'none'})")
    value = given[0]
    if not value.name or not value.type.HasField("tensor_type"):
        raise OnnxError(f"the input {value.name!r} must be a tensor with a name")
    if not value.type.tensor_type.HasField("shape"):
        raise OnnxError(f"the input {value.name!r} does not say its sizes; export the model with them")
    return Input(value.name, value.type.tensor_type.elem_type, _sizes(value))


def _output(value: Any) -> Output:
    tensor = value.type.tensor_type
    shaped = value.type.HasField("tensor_type") and tensor.HasField("shape")
    return Output(value.name, tensor.elem_type, _sizes(value) if shaped else None)


def _sizes(value: Any) -> tuple[int | str | None, ...]:
    """Give the sizes of a value: numbers, names, or `None` where nothing is said."""
    dims = value.type.tensor_type.shape.dim
    sizes = tuple(d.dim_value if d.HasField("dim_value") else d.dim_param or None for d in dims)
    if any(isinstance(n, int) and n < 0 for n in sizes):
        raise OnnxError(f"{value.name!r}: sizes cannot be negative; found {list(sizes)}")
    return sizes


def _check_order(nodes: tuple[Node, ...], known: set[str], outputs: tuple[Output, ...]) -> None:
    """Check that every value is given once, and before it is read: then there is no cycle."""
    later = {name for node in nodes for name in node.outputs}
    for node in nodes:
        for name in filter(None, node.inputs):
            if name not in known:
                reason = "is given only later: a cycle, or nodes out of order" if name in later else "nothing gives"
                raise OnnxError(f"{node.title}: it reads {name!r}, which {reason}")
        for name in filter(None, node.outputs):
            if name in known:
                raise OnnxError(f"{node.title}: it gives {name!r}, which is there already; every value is given once")
            known.add(name)
    names = [output.name for output in outputs]
    if not names or len(set(names)) != len(names):
        raise OnnxError("a graph must have outputs, each named once")
    if missing := [name for name in names if name not in known]:
        raise OnnxError(f"the output {missing[0]!r} is given by no node")
