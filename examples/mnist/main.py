"""Trains a preset on MNIST, with its document's settings or with those we recommend, and prints the report.

python main.py mnist_cnn --data DIR                  # as Rust-Neural-Networks has it
python main.py mnist_cnn --data DIR --recommended    # the same network, trained better
python main.py best_cnn --data DIR --recommended     # our best one
python main.py mnist_cnn --data DIR --document-files # and mnist_cnn_model.bin, mnist_cnn_model_best.bin
python main.py rsnet --data DIR --document-files     # and checkpoints/checkpoint_1.json, checkpoint_2.json, ...
"""

import argparse
from pathlib import Path

from nn_model import load
from nn_model.checkpoint import check_writable
from nn_model.data import load_mnist
from nn_model.formats import convert, rsnet
from nn_model.presets import PRESETS
from nn_model.train import Callback, Checkpoint, Event

FILES = {"mnist_mlp": "mnist_model", "mnist_cnn": "mnist_cnn_model", "mnist_attention": "mnist_attention_model"}
"""What Rust-Neural-Networks calls its models."""
DOCUMENTED = (*FILES, "rsnet")
NAMES = (*DOCUMENTED, "best_cnn", "best_attention")


def rsnet_checkpoints(folder: Path) -> Callback:
    """Write rsnet's checkpoint after every epoch."""

    def write(event: Event) -> None:
        if event.kind == "start":
            folder.mkdir(exist_ok=True)
            check_writable(folder / "checkpoint_1.json")
        elif event.kind == "epoch":
            rsnet.write(event.nn, folder / f"checkpoint_{event.epoch}.json")

    return write


def main() -> None:
    """Train, save, load, test."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset", choices=NAMES)
    parser.add_argument("--data", type=Path, required=True, help="folder with MNIST's four IDX files")
    parser.add_argument("--recommended", action="store_true", help="our settings in the place of the document's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", type=Path, help="where the network is saved [PRESET.safetensors]")
    parser.add_argument("--document-files", action="store_true", help="the document's files too, under its names")
    args = parser.parse_args()
    if args.document_files and args.preset not in DOCUMENTED:
        parser.error(f"{args.preset} is of no document; --document-files is for {', '.join(DOCUMENTED)}")
    binary = args.document_files and args.preset in FILES
    path = args.model or Path(f"{FILES[args.preset] if binary else args.preset}.safetensors")
    best = path.with_name(f"{path.stem}_best{path.suffix}")
    preset = PRESETS[args.preset]
    recipe = preset.recommended if args.recommended else preset.document
    if recipe is None:
        parser.error(f"{args.preset} follows no document; give --recommended")
    check_writable(path)  # before training, not after

    data = load_mnist(args.data, flatten=not preset.images)
    print(f"{args.preset}: {preset.about}\n{recipe.about}\n")
    nn = preset.network(data.x_train.shape, 10, recipe, seed=args.seed)
    print(nn.summary(), end="\n\n")
    keeping: list[Callback] = [Checkpoint(path, best_only=True, monitor=recipe.monitor)] if binary else []
    if args.document_files and not binary:
        keeping.append(rsnet_checkpoints(path.with_name("checkpoints")))
    recipe.fit(nn, data.x_train, data.y_train, keeping)
    nn.save(path)
    for written in (path, best) if binary else ():
        convert(written, written.with_suffix(".bin"))
    print(f"\nSaved to {path}.\n")
    print(load(path).evaluate(data.x_test, data.y_test))


if __name__ == "__main__":
    main()
