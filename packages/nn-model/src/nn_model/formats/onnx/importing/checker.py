"""ONNX's own checker, on a model without its weights: those were checked here, and are not copied again."""

from typing import Any

from nn_model.errors import OnnxError
from nn_model.extras import need

__all__ = ["check_by_onnx", "lean"]

SMALL = 1_000
"""Numbers up to which a tensor stays: sizes and axes."""


def check_by_onnx(model: Any) -> None:
    """Let onnx check what `lean` gave: the model's structure.

    Raises
    ------
    OnnxError
        It found a fault.
    """
    checker = need("onnx.checker", "onnx")
    try:
        checker.check_model(model, full_check=False)
    except checker.ValidationError as error:
        raise OnnxError(f"onnx's checker refuses the model: {' '.join(str(error).split())[:300]}") from None
    except Exception as error:  # noqa: BLE001  # what else comes out of its C++ has no class in common
        raise OnnxError(f"onnx's checker fails on the model ({type(error).__name__}); export it again") from None


def lean(model: Any, onnx: Any) -> Any:
    """Copy a model with its large tensors as inputs, and versions no newer than the installed onnx knows."""
    made = onnx.ModelProto(ir_version=min(model.ir_version, onnx.IR_VERSION))
    known = onnx.defs.onnx_opset_version()
    for entry in model.opset_import:
        version = min(entry.version, known) if entry.domain in ("", "ai.onnx") else entry.version
        made.opset_import.add(domain=entry.domain, version=version)
    graph = model.graph
    made.graph.name = graph.name
    for name in ("input", "output"):
        getattr(made.graph, name).extend(getattr(graph, name))
    inputs = {value.name for value in graph.input}
    for tensor in graph.initializer:
        if len(tensor.dims) <= 1 and tensor.ByteSize() <= SMALL:
            made.graph.initializer.append(tensor)
        elif tensor.name not in inputs:
            _add_input(made, tensor.name, tensor, onnx)
    for node in graph.node:
        values = [a.t for a in node.attribute if a.name == "value" and node.op_type == "Constant"]
        if values and node.ByteSize() > SMALL and len(node.output) == 1:
            _add_input(made, node.output[0], values[0], onnx)
        else:
            made.graph.node.append(node)
    return made


def _add_input(made: Any, name: str, tensor: Any, onnx: Any) -> None:
    made.graph.input.append(onnx.helper.make_tensor_value_info(name, tensor.data_type, tuple(tensor.dims)))
