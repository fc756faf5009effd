"""ONNX's own checker, on a model without its weights: those were checked here, and are not copied again."""

from typing import Any

from nn_model.errors import OnnxError
from nn_model.extras import need

__all__ = ["check_by_onnx"]

SMALL = 1_000
"""Numbers up to which a tensor stays: sizes and axes."""


def check_by_onnx(model: Any) -> None:
    """Let onnx check a model. What it can look at is the model's structure; tensors are inputs to it.

    Raises
    ------
    OnnxError
        It found a fault.
    """
    onnx = need("onnx", "onnx")
    checker = need("onnx.checker", "onnx")
    try:
        checker.check_model(_lean(model, onnx), full_check=False)
    except checker.ValidationError as error:
        raise OnnxError(f"onnx's checker refuses the model: {' '.join(str(error).split())[:300]}") from None
    except Exception as error:  # noqa: BLE001  # what else comes out of its C++ has no class in common
        raise OnnxError(f"onnx's checker fails on the model ({type(error).__name__}); export it again") from None


def _lean(model: Any, onnx: Any) -> Any:
    """Copy a model with its large tensors as inputs, and versions no newer than the installed onnx knows."""
    lean = onnx.ModelProto(ir_version=min(model.ir_version, onnx.IR_VERSION))
    known = onnx.defs.onnx_opset_version()
    for entry in model.opset_import:
        version = min(entry.version, known) if entry.domain in ("", "ai.onnx") else entry.version
        lean.opset_import.add(domain=entry.domain, version=version)
    graph = model.graph
    lean.graph.name = graph.name
    for name in ("node", "input", "output"):
        getattr(lean.graph, name).extend(getattr(graph, name))
    inputs = {value.name for value in graph.input}
    for tensor in graph.initializer:
        if len(tensor.dims) <= 1 and tensor.ByteSize() <= SMALL:
            lean.graph.initializer.append(tensor)
        elif tensor.name not in inputs:
            made = onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tuple(tensor.dims))
            lean.graph.input.append(made)
    return lean
