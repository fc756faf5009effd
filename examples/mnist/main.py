"""Trains a preset on MNIST, with its document's settings or with those we recommend, and prints the report.

python main.py mnist_cnn --data DIR                  # as Rust-Neural-Networks has it
python main.py mnist_cnn --data DIR --recommended    # the same network, trained better
python main.py best_cnn --data DIR --recommended     # our best one
python main.py mnist_cnn --data DIR --document-files # and mnist_cnn_model.bin, mnist_cnn_model_best.bin
"""

import argparse
from pathlib import Path

from nn_model import load
from nn_model.checkpoint import check_writable
from nn_model.data import load_mnist
from nn_model.formats import convert
from nn_model.presets import PRESETS
from nn_model.train import Checkpoint

FILES = {"mnist_mlp": "mnist_model", "mnist_cnn": "mnist_cnn_model", "mnist_attention": "mnist_attention_model"}
"""What Rust-Neural-Networks calls its models."""
NAMES = ("mnist_mlp", "mnist_cnn", "mnist_attention", "rsnet", "best_cnn", "best_attention")


def main() -> None:
    """Train, save, load, test."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset", choices=NAMES)
    parser.add_argument("--data", type=Path, required=True, help="folder with MNIST's four IDX files")
    parser.add_argument("--recommended", action="store_true", help="our settings in the place of the document's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", type=Path, help="where the network is saved [PRESET.safetensors]")
    parser.add_argument("--document-files", action="store_true", help="Rust-Neural-Networks' files too, and the best")
    args = parser.parse_args()
    if args.document_files and args.preset not in FILES:
        parser.error(f"--document-files are Rust-Neural-Networks': {', '.join(FILES)}")
    path = args.model or Path(f"{FILES[args.preset] if args.document_files else args.preset}.safetensors")
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
    keeping = [Checkpoint(path, best_only=True, monitor=recipe.monitor)] if args.document_files else []
    recipe.fit(nn, data.x_train, data.y_train, keeping)
    nn.save(path)
    for written in (path, best) if args.document_files else ():
        convert(written, written.with_suffix(".bin"))
    print(f"\nSaved to {path}.\n")
    print(load(path).evaluate(data.x_test, data.y_test))


if __name__ == "__main__":
    main()
