r"""Weights alone, to and from PyTorch and Keras, by name, in safetensors files; neither is imported.

Every array keeps its numbers exactly; only axes are exchanged:

| layer              | ours            | PyTorch               | Keras                                              |
|--------------------|-----------------|-----------------------|----------------------------------------------------|
| Dense              | w (in, out)     | weight = w.T          | kernel = w                                         |
|                    | b               | bias                  | bias                                               |
| Conv2D             | w (o, i, y, x)  | weight = w            | kernel = w.transpose(2, 3, 1, 0), (y, x, i, o)     |
|                    | b               | bias                  | bias                                               |
| BatchNorm          | w, b            | weight, bias          | gamma, beta                                        |
|                    | mean            | running_mean          | moving_mean                                        |
|                    | var             | running_var           | moving_variance                                    |
| LayerNorm          | w, b            | weight, bias          | gamma, beta                                        |
| SelfAttention,     | w (n, 3 n)      | in_proj_weight = w.T  | query/kernel, key/kernel, value/kernel: w[:, :n],  |
| of h heads, with   |                 |                       | w[:, n:2n] and w[:, 2n:], each as (n, h, n / h)    |
| projection         | b (3 n)         | in_proj_bias          | query/bias and so on, each (h, n / h)              |
|                    | w_out (n, n)    | out_proj.weight,      | attention_output/kernel,                           |
|                    |                 | which is w_out.T      | which is w_out as (h, n / h, n)                    |
|                    | b_out           | out_proj.bias         | attention_output/bias                              |
| PositionalEncoding | w               | weight                | embeddings                                         |
| Standardize        | mean, scale     | mean, scale           | mean, scale                                        |

PyTorch has no layer for the last two, and Keras none with a scale (its `Normalization` keeps the variance): modules of
one's own have these names. Keras has channels last: behind `Flatten` or `Patches` the features come in the order (y, x,
channel), and the rows of the next `w`, and whatever else is one for each feature, are put into that order.

A module is called by its number in PyTorch, as in `nn.Sequential` (`2.weight`, inside a `Residual` `2.0.weight`); in
Keras by its kind and count, as Keras itself does (`dense/kernel`, `dense_1/kernel`). `modules` gives other names, one
for each layer that has arrays; `prefix` is put in front of all (`model.`, `sequential/`).

In PyTorch: `module.load_state_dict(safetensors.torch.load_file("weights.safetensors"))` and
`safetensors.torch.save_file(module.state_dict(), "weights.safetensors")`. In Keras, with
`found = safetensors.numpy.load_file("weights.safetensors")`, `for v in model.weights: v.assign(found[v.path])`, and
`safetensors.numpy.save_file({v.path: numpy.asarray(v) for v in model.weights}, "weights.safetensors")`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from nn_model.arrays import Array
from nn_model.checkpoint.atomic import write_atomic
from nn_model.checkpoint.header import Tensor, read_header
from nn_model.checkpoint.places import MAX_NAME, check_numbers
from nn_model.checkpoint.source import PathLike, Source
from nn_model.checkpoint.strict_json import cut
from nn_model.errors import CheckpointError
from nn_model.formats.border import MAX_BYTES, as_dtype, naming, reading
from nn_model.formats.state_dict_names import Entry, entries
from nn_model.network import NN

__all__ = ["read", "to_dict", "write"]

Framework = Literal["torch", "keras"]
DTYPES = {name: np.dtype(text) for name, text in (("F16", "<f2"), ("F32", "<f4"), ("F64", "<f8"), ("I64", "<i8"))}
DTYPES |= {"I32": np.dtype("<i4"), "U32": np.dtype("<u4")}
UNUSED = ("num_batches_tracked", "seed_generator_state")
"""What the frameworks keep beside weights: counts of batches, and seeds of dropout."""


def to_dict(
    nn: NN, framework: Framework = "torch", *, modules: Sequence[str] | None = None, prefix: str = ""
) -> dict[str, Array]:
    """Give the weights by the framework's names, each an array of its own.

    Parameters
    ----------
    nn
        The network.
    framework
        `"torch"` or `"keras"`.
    modules
        The names of the modules, one for each layer that has arrays; `None`: their numbers, or Keras' own names.
    prefix
        Put in front of every name.

    Raises
    ------
    CheckpointError
        A layer that the framework has not, or another number of names than layers with arrays.

    Examples
    --------
    >>> from nn_layers import Dense, ReLU
    >>> from nn_loss import CrossEntropy
    >>> from nn_optim import Adam
    >>> nn = NN([Dense(4, 3), ReLU(), Dense(3, 2)], CrossEntropy(), Adam())
    >>> {name: array.shape for name, array in to_dict(nn).items()}
    {'0.weight': (3, 4), '0.bias': (3,), '2.weight': (2, 3), '2.bias': (2,)}
    >>> list(to_dict(nn, "keras"))
    ['dense/kernel', 'dense/bias', 'dense_1/kernel', 'dense_1/bias']
    """
    found = entries(nn, nn.weights(), framework, modules, prefix)
    return {entry.name: np.array(entry.view, order="C").reshape(entry.shape) for entry in found}


def write(
    nn: NN,
    path: PathLike,
    framework: Framework = "torch",
    *,
    modules: Sequence[str] | None = None,
    prefix: str = "",
) -> None:
    """Write the weights for a framework, whole or not at all; see `to_dict`.

    Raises
    ------
    CheckpointError
        As `to_dict`; numbers that are not finite; another suffix than `.safetensors`, or a path that cannot be written.
    """
    from safetensors.numpy import save  # noqa: PLC0415  # only who keeps a file pays for the import

    if Path(path).suffix.lower() != ".safetensors":
        raise CheckpointError(f"{path}: the suffix must be .safetensors; found {Path(path).suffix!r}")
    with naming(path):
        arrays = to_dict(nn, framework, modules=modules, prefix=prefix)
        for name, array in arrays.items():
            check_numbers(name, array, "any")
    raw = save(arrays, {"format": "pt"} if framework == "torch" else None)
    write_atomic(path, lambda file: file.write(raw))


def read(
    path: PathLike,
    nn: NN,
    framework: Framework = "torch",
    *,
    modules: Sequence[str] | None = None,
    prefix: str = "",
    max_bytes: int = MAX_BYTES,
) -> None:
    """Set a network's weights from a framework's, all or none; see `to_dict`.

    The file must have every array of the network and no other, but for counts of batches and seeds of dropout, which
    are left out. Half precision and other floats become the network's dtype.

    Raises
    ------
    CheckpointError
        Anything wrong with the file: names, shapes, numbers that are not finite. The network is as it was.
    """
    arrays = {name: np.empty_like(array) for name, array in nn.weights().items()}
    with naming(path):
        wanted = {entry.name: entry for entry in entries(nn, arrays, framework, modules, prefix)}
    with reading(path, max_bytes) as source:
        tensors = read_header(source, DTYPES, _check_name).tensors
        _check_names([name for name in tensors if not name.endswith(UNUSED)], list(wanted))
        for name, tensor in sorted(tensors.items(), key=lambda item: (item[1].start, item[1].stop)):
            if name in wanted:
                _take(source, tensor, wanted[name])
            else:
                source.file.seek(tensor.stop - tensor.start, 1)
    nn.set_weights(arrays)


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        raise CheckpointError(f"a name must have 1 to {MAX_NAME} letters that can be printed; found {cut(name)}")


def _check_names(found: Sequence[str], wanted: Sequence[str]) -> None:
    missing = [name for name in wanted if name not in set(found)]
    unknown = [name for name in found if name not in set(wanted)]
    for names, what in ((missing, "is missing"), (unknown, "belongs to no layer of the network")):
        if names:
            raise CheckpointError(
                f"{cut(names[0])} {what}; the network has {', '.join(wanted[:4])}..., the file "
                f"{cut(', '.join(found[:4]), 120)}...; say modules= and prefix= if names differ"
            )


def _take(source: Source, tensor: Tensor, entry: Entry) -> None:
    """Read one tensor into its place."""
    want = tensor.want
    if want.shape != entry.shape:
        raise CheckpointError(f"{entry.name} must have the shape {entry.shape}; found {cut(want.shape)}")
    if want.dtype.kind != "f":
        raise CheckpointError(f"{entry.name} must hold floats; found {want.dtype}")
    data = np.frombuffer(source.read(tensor.stop - tensor.start), want.dtype)
    check_numbers(entry.name, data, entry.sign)
    entry.view[...] = as_dtype(data, entry.view.dtype, entry.name).reshape(entry.view.shape)
