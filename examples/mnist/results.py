"""Measures what the README's table says: test accuracy on MNIST of every preset, from three seeds.

python results.py --data DIR                      # everything, about an hour and a half on two cores
python results.py --data DIR --only mnist_cnn     # one preset
python results.py --data DIR --write              # and put the table into README.md

Every run is a process of its own with one BLAS thread; `--jobs` of them run at a time.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

from nn_model.data import load_mnist
from nn_model.presets import PRESETS

NAMES = ("mnist_mlp", "mnist_cnn", "mnist_attention", "rsnet", "best_cnn", "best_attention")

HERE = Path(__file__).parent
BEGIN, END = "<!-- results: written by results.py -->", "<!-- end of results -->"

THEIRS = {"mnist_mlp": "94.17", "mnist_cnn": "91.93", "mnist_attention": "91.08"}
"""What the document says of its own program, in percent."""

TORCH = {
    ("mnist_mlp", "document"): "94.2",
    ("mnist_mlp", "recommended"): "98.5",
    ("mnist_cnn", "document"): "92.4",
    ("mnist_cnn", "recommended"): "97.8",
    ("mnist_attention", "recommended"): "96.9",
    ("best_cnn", "recommended"): "99.37",
}
"""What PyTorch gave with the same kind of settings, where it was measured."""

Run = tuple[str, str, int]


def runs(names: list[str], seeds: int) -> Iterator[Run]:
    """List what is to be trained: preset, settings, seed; the long ones first."""
    for name in sorted(names, key=lambda name: not name.startswith("best")):
        for settings in ("recommended", "document"):
            if getattr(PRESETS[name], settings) is not None:
                yield from ((name, settings, seed) for seed in range(seeds))


def measure(run: Run, folder: Path) -> dict[str, Any]:
    """Train one network in this process."""
    name, settings, seed = run
    preset = PRESETS[name]
    recipe = getattr(preset, settings)
    x, y, x_test, y_test = load_mnist(folder, flatten=not preset.images)
    nn = preset.network(x.shape, 10, recipe, seed=seed)
    start = time.perf_counter()
    recipe.fit(nn, x, y, verbose=False)
    seconds = time.perf_counter() - start
    _, accuracy = nn.test_step(x_test, y_test)
    return {
        "preset": name,
        "settings": settings,
        "seed": seed,
        "accuracy": 100 * (accuracy or 0.0),
        "seconds": seconds,
        "parameters": int(nn.theta.size),
    }


def elsewhere(run: Run, folder: Path) -> dict[str, Any]:
    """Train one network in a process of its own."""
    command = [sys.executable, __file__, "--data", str(folder), "--one", *map(str, run)]
    threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(  # noqa: S603  # this very script
        command, env=os.environ | threads, check=True, capture_output=True, text=True
    )
    result: dict[str, Any] = json.loads(done.stdout)
    print(f"{result['accuracy']:.2f} %  {result['seconds']:5.0f} s  {' '.join(map(str, run))}", flush=True)
    return result


def table(results: list[dict[str, Any]]) -> str:
    """Write the table."""
    lines = [
        "| network | parameters | settings | document | PyTorch | ours, median | seeds | minutes |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in NAMES:
        for settings in ("document", "recommended"):
            found = [r for r in results if (r["preset"], r["settings"]) == (name, settings)]
            if not found:
                continue
            accuracies = [r["accuracy"] for r in sorted(found, key=lambda r: r["seed"])]
            recipe = getattr(PRESETS[name], settings)
            cells = [
                f"`{name}`",
                f"{found[0]['parameters']:,}",
                recipe.about,
                THEIRS.get(name, "") if settings == "document" else "",
                TORCH.get((name, settings), ""),
                f"**{median(accuracies):.2f}**",
                ", ".join(f"{a:.2f}" for a in accuracies),
                f"{median(r['seconds'] for r in found) / 60:.1f}",
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def write(text: str) -> None:
    """Put the table into the README, in the place of the last one."""
    readme = HERE / "README.md"
    before, _, rest = readme.read_text("utf-8").partition(BEGIN)
    readme.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}", "utf-8")


def main() -> None:
    """Train everything, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with MNIST's four IDX files")
    parser.add_argument("--only", action="append", choices=NAMES, help="this preset; may be given again")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--results", type=Path, default=HERE / "results.json", help="kept results, taken over")
    parser.add_argument("--write", action="store_true", help="write the results file and the README's table")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure((args.one[0], args.one[1], int(args.one[2])), args.data)))
        return
    wanted = list(runs(args.only or list(NAMES), args.seeds))
    with ThreadPoolExecutor(args.jobs) as pool:
        new = list(pool.map(lambda run: elsewhere(run, args.data), wanted))
    if not args.write:
        print(table(new))
        return
    kept = json.loads(args.results.read_text("utf-8")) if args.results.exists() else []
    results = [r for r in kept if (r["preset"], r["settings"], r["seed"]) not in wanted] + new
    args.results.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    print(table(results))
    write(table(results))


if __name__ == "__main__":
    main()
