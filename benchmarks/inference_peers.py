"""One answer of a trained network, ours beside PyTorch's and onnxruntime's, and the size of its files.

Each contender holds the same weights, must agree on the probabilities before anything is timed, and takes its turn in
one process, with one thread. Needs torch and onnxruntime, and nn-model[onnx].
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnxruntime
import torch
from torch import nn

from nn_loss import CrossEntropy
from nn_model import NN
from nn_model.formats import state_dicts
from nn_model.presets import PRESETS
from nn_optim import Adam

Answer = Callable[[], Any]


def put(layer: Any, w: dict[str, Any], i: int) -> None:
    """Copy the arrays of our layer i into theirs."""
    array = w[f"layers.{i}.w"]
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(array.T if array.ndim == 2 else array))
        layer.bias.copy_(torch.from_numpy(w[f"layers.{i}.b"]))


def pair(name: str) -> tuple[NN, Any]:
    """Make the same network twice: ours, and theirs."""
    shape = (1, 28, 28) if PRESETS[name].images else (784,)
    ours = NN(PRESETS[name].layers_for(shape, 10), CrossEntropy(), Adam(), input_shape=shape)
    if name == "mnist_mlp":
        first, last, places = nn.Linear(784, 512), nn.Linear(512, 10), (0, 2)
        theirs = nn.Sequential(first, nn.ReLU(), last)
    else:
        first, last, places = nn.Conv2d(1, 8, 3, padding=1), nn.Linear(1568, 10), (0, 4)
        theirs = nn.Sequential(first, nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), last)
    for layer, i in zip((first, last), places, strict=True):
        put(layer, ours.weights(), i)
    return ours, theirs.eval()


def answers(ours: NN, theirs: Any, path: Path, rows: int) -> dict[str, Answer]:
    """Give the contenders, each ready to answer the same rows; they have agreed on the answer."""
    shape = (1, 28, 28) if isinstance(theirs[0], nn.Conv2d) else (784,)
    x = np.random.default_rng(0).random((rows, *shape), dtype=np.float32)
    tensor = torch.from_numpy(x)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def torch_answer() -> Any:
        with torch.inference_mode():
            return torch.softmax(theirs(tensor), -1).numpy()

    found: dict[str, Answer] = {
        "ours": lambda: ours.predict_proba(x),
        "PyTorch": torch_answer,
        "onnxruntime": lambda: session.run(None, {name: x})[0],
    }
    for who, answer in found.items():
        np.testing.assert_allclose(answer(), found["ours"](), rtol=1e-4, atol=1e-6, err_msg=who)
    return found


def microseconds(answer: Answer) -> float:
    """Time one answer."""
    start = time.perf_counter()
    answer()
    return 1e6 * (time.perf_counter() - start)


def sizes(ours: NN, theirs: Any, folder: Path) -> dict[str, int]:
    """Write the networks to files after one step of Adam, and give their sizes in bytes."""
    optimizer = torch.optim.Adam(theirs.parameters())
    for parameter in theirs.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    torch.save({"model": theirs.state_dict(), "optimizer": optimizer.state_dict()}, folder / "run.pt")
    torch.save(theirs.state_dict(), folder / "weights.pt")
    ours.save(folder / "run.safetensors")
    state_dicts.write(ours, folder / "weights.safetensors", "torch")
    titles = {
        "all of the run, ours": "run.safetensors",
        "all of the run, PyTorch": "run.pt",
        "weights alone, ours for PyTorch": "weights.safetensors",
        "weights alone, PyTorch": "weights.pt",
        "network for onnxruntime": "model.onnx",
    }
    return {title: (folder / name).stat().st_size for title, name in titles.items()}


def main() -> None:
    """Time, weigh and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=2000, help="of each, in turn (default 2000)")
    count = parser.parse_args().answers
    torch.set_num_threads(1)
    print(f"{'us an answer, median (least)':30}{'ours':>14}{'PyTorch':>14}{'onnxruntime':>14}")
    weighed = {}
    with TemporaryDirectory() as folder:
        for name in ("mnist_mlp", "mnist_cnn"):
            ours, theirs = pair(name)
            path = Path(folder, "model.onnx")
            ours.export_onnx(path)
            for rows in (1, 64):
                contenders = answers(ours, theirs, path, rows)
                times = zip(*([microseconds(a) for a in contenders.values()] for _ in range(count)), strict=True)
                cells = [f"{median(each):.0f} ({min(each):.0f})" for each in times]
                print(f"{f'{name}, {rows} rows':30}" + "".join(f"{cell:>14}" for cell in cells), flush=True)
            weighed[name] = sizes(ours, theirs, Path(folder))
    for name, files in weighed.items():
        for title, size in files.items():
            print(f"{name}, {title}: {size:,} bytes")


if __name__ == "__main__":
    main()
