"""How large files are, ours beside PyTorch's: `python -m benchmarks.files`, in an environment that has torch."""

from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from benchmarks.contenders.pytorch_layers import module
from benchmarks.contenders.pytorch_rules import rule
from benchmarks.rows.dense import mlp
from nn_model.formats import state_dicts
from nn_optim import Adam


def main() -> None:
    """Save 784-512-10 with Adam's state in every way, and print the sizes."""
    ours = mlp(Adam())
    theirs = module(ours.layers, ours.weights())
    optimizer = rule(ours.optimizer, theirs.parameters())
    for parameter in theirs.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    with TemporaryDirectory() as name:
        folder = Path(name)
        ours.save(folder / "the whole run, ours.safetensors")
        torch.save([theirs.state_dict(), optimizer.state_dict()], folder / "the whole run, PyTorch.pt")
        state_dicts.write(ours, folder / "weights, ours for PyTorch.safetensors", "torch")
        torch.save(theirs.state_dict(), folder / "weights, PyTorch.pt")
        ours.export_onnx(folder / "weights, for onnxruntime.onnx")
        for path in sorted(folder.iterdir()):
            print(f"{path.stem:30}{path.stat().st_size:12,} bytes")


if __name__ == "__main__":
    main()
