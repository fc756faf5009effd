r"""Rust-Neural-Networks' `.bin` files of its MLP, its CNN and its attention network; little-endian, without a mark.

They are told apart by their sizes: the numbers at the beginning must ask for exactly the bytes that are there.

MLP, `mnist_model.bin`: float32, or float64 as its first version and its digit recogniser have it.

| offset (f32) | offset (f64) | field                                  | count          |
|--------------|--------------|----------------------------------------|----------------|
| 0, 4, 8      | 0, 4, 8      | inputs, hidden, outputs (i32)          | 784, 512, 10   |
| 12           | 12           | hidden W, `[inputs][hidden]`           | 401,408        |
| 1,605,644    | 3,211,276    | hidden b                               | 512            |
| 1,607,692    | 3,215,372    | output W, `[hidden][outputs]`          | 5,120          |
| 1,628,172    | 3,256,332    | output b                               | 10             |
| 1,628,212    | 3,256,412    | end                                    |                |

CNN, `mnist_cnn_model.bin`, float32. Padding 1, stride 1 and pooling by 2 are its program's, and are not stored.

| offset           | field                                                      | count         |
|------------------|------------------------------------------------------------|---------------|
| 0, 4, 8, 12, 16  | output and input channels, kernel, height, width (i32)     | 8, 1, 3, 28, 28 |
| 20               | conv W, `[out][in][y][x]`                                  | 72            |
| 308              | conv b                                                     | 8             |
| 340, 344         | fc inputs (channel, y, x), outputs (i32)                   | 1,568, 10     |
| 348              | fc W, `[inputs][outputs]`                                  | 15,680        |
| 63,068           | fc b                                                       | 10            |
| 63,108           | end                                                        |               |

Attention, `mnist_attention_model.bin`, float32, without sizes; W are `[inputs][outputs]`.

| offset                     | field                                  | count                |
|----------------------------|----------------------------------------|----------------------|
| 0, 4,096                   | patches W, b                           | 16 x 64, 64          |
| 4,352                      | positions                              | 49 x 64              |
| 16,896, 33,280             | queries W, b                           | 64 x 64, 64          |
| 33,536, 49,920             | keys W, b                              | 64 x 64, 64          |
| 50,176, 66,560             | values W, b                            | 64 x 64, 64          |
| 66,816, 99,584             | first W, b behind the attention        | 64 x 128, 128        |
| 100,096, 132,864           | second W, b                            | 128 x 64, 64         |
| 133,120, 135,680           | classes W, b                           | 64 x 10, 10          |
| 135,720                    | end                                    |                      |

The networks are the presets `mnist_mlp`, `mnist_cnn` and `mnist_attention`, of whatever sizes the file says, with
`CrossEntropy()`, whose softmax their programs apply, and `SGD(0.01)`.
"""

import struct
from typing import Any

import numpy as np

from nn_layers import Conv2D, Patches
from nn_loss import CrossEntropy
from nn_model.checkpoint.atomic import write_atomic
from nn_model.checkpoint.source import PathLike
from nn_model.errors import CheckpointError
from nn_model.formats.border import (
    F32,
    F64,
    MAX_BYTES,
    MAX_PARAMETERS,
    as_dtype,
    building,
    check_count,
    fill,
    naming,
    reading,
)
from nn_model.formats.rust_nn_checks import CHECKS, HOLDERS
from nn_model.formats.rust_nn_kinds import ATTENTION, FIELDS, kind_of
from nn_model.formats.structure import check_link, parts_of, split_link
from nn_model.network import NN
from nn_optim import SGD

__all__ = ["read", "write"]


def read(path: PathLike, *, max_bytes: int = MAX_BYTES, max_parameters: int = MAX_PARAMETERS) -> NN:
    """Read an MLP, a CNN or an attention network of Rust-Neural-Networks.

    Parameters
    ----------
    path
        The file.
    max_bytes, max_parameters
        Refuse larger files and networks.

    Raises
    ------
    CheckpointError
        A file of no size that such a network has, or numbers that are not finite.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> content = struct.pack("<3i9f", 1, 2, 2, 1, -1, 0, 0, 1, 0, 0, 1, 0) + struct.pack("<f", 0.5)
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "mnist_model.bin").write_bytes(content)
    ...     nn = read(Path(folder, "mnist_model.bin"))
    >>> nn.layers[0], nn.predict([[3.0], [-3.0]]).tolist()
    (Dense(1, 2, init=Glorot(distribution='uniform')), [0, 1])
    """
    with reading(path, max_bytes) as source:
        kind = kind_of(bytes(source.head(20)), source.size)
        if kind is None:
            raise CheckpointError(
                f"an MLP's file has 12 bytes of sizes and 4 or 8 for each number, a CNN's 28 and 4, an attention "
                f"network's {ATTENTION:,}; found {source.size:,} bytes, none of these: truncated, or another file"
            )
        check_count(kind.numbers, max_parameters)
        dtype: Any = "float64" if kind.dtype == F64 else "float32"
        with building():
            nn = NN(kind.layers, CrossEntropy(), SGD(0.01), input_shape=kind.input_shape, dtype=dtype)
        for name, field in FIELDS[kind.name](parts_of(nn)):
            if not isinstance(field, bytes):
                fill(source, field, kind.dtype, name)
            elif (found := bytes(source.read(len(field)))) != field:
                given, wanted = (struct.unpack(f"<{len(field) // 4}i", each) for each in (found, field))
                raise CheckpointError(f"the {name} must be {wanted}, as the file's size says; found {given}")
        return nn


def write(nn: NN, path: PathLike) -> None:
    """Write a network as Rust-Neural-Networks' program of its kind does, whole or not at all.

    Parameters
    ----------
    nn
        An MLP, in float32 or float64 as it is; a CNN; or the attention network. Dropout and a `Flatten` in front of an
        MLP are left out: they change no prediction. Its last softmax is the programs' own.
    path
        The file; one that is there is replaced.

    Raises
    ------
    CheckpointError
        A network of another structure, or a path that cannot be written.
    """
    with naming(path):
        parts, link = split_link(nn)
        first = parts[0].layer if parts else None
        name = "cnn" if isinstance(first, Conv2D) else "attention" if isinstance(first, Patches) else "mlp"
        parts = CHECKS[name](parts)
        check_link(nn, link, "softmax", HOLDERS[name])
        dtype = F64 if name == "mlp" and nn.theta.dtype == np.float64 else F32
        pieces = [
            field if isinstance(field, bytes) else as_dtype(field, dtype, f"the array of {label}").data
            for label, field in FIELDS[name](parts)
        ]
    write_atomic(path, lambda file: file.writelines(pieces))
