"""The one entry to everything. `nox -l` lists the sessions, `nox` runs what CI runs, `nox -s NAME` runs one.

Each package's session builds its wheel and tests the installed wheel alone, so that a package that leans on a
sibling which it does not declare fails. `nox -R` reuses the environments of the last run.
"""

import re
import tomllib
from pathlib import Path

import nox

nox.needs_version = ">=2024.4.15"
nox.options.sessions = [
    "lint",
    "types",
    "imports",
    "nn-layers",
    "nn-loss",
    "nn-optim",
    "nn-model",
    "engines",
    "coverage",
    "minimums",
    "examples",
]

LEAVES = ("nn-layers", "nn-loss", "nn-optim")
PACKAGES = (*LEAVES, "nn-model")
TREE = [f"./packages/{name}" for name in PACKAGES]
EXTRAS = "[cli,data,onnx,plot,tensorboard]"
ALL = [*TREE[:-1], TREE[-1] + EXTRAS]
TEST_TOOLS = (
    "pytest>=8,<10",
    "hypothesis>=6,<7",
    "scikit-learn>=1.6,<2",
    "onnxruntime>=1.20,<2",
    "coverage>=7.6,<8",
)
RUFF = "ruff>=0.17,<0.18"  # new rules come with minors


def build_wheels(session: nox.Session, names: tuple[str, ...]) -> list[str]:
    """Build the wheels of these packages into the session's own folder and give their paths."""
    folder = Path(session.create_tmp()) / "wheels"
    session.run("pip", "wheel", "--quiet", "--no-deps", "-w", str(folder), *(f"./packages/{n}" for n in names))
    return [str(wheel) for name in names for wheel in sorted(folder.glob(f"{name.replace('-', '_')}-*.whl"))[-1:]]


def run_tests(session: nox.Session, name: str) -> None:
    """Run one package's tests and keep what they covered for the `coverage` session."""
    data = Path(f".coverage.{session.name}.{name}")
    for old in Path().glob(f"{data}*"):
        old.unlink()
    session.run("coverage", "run", f"--data-file={data}", "-m", "pytest", f"packages/{name}/tests", *session.posargs)


def test_package(session: nox.Session, name: str) -> None:
    """Test the built wheel of one package, and nothing else of ours unless it depends on it."""
    whole = name == "nn-model"
    *siblings, wheel = build_wheels(session, PACKAGES if whole else (name,))
    session.install(*siblings, wheel + EXTRAS if whole else wheel, *TEST_TOOLS)
    run_tests(session, name)


@nox.session(name="nn-layers")
def nn_layers(session: nox.Session) -> None:
    """Test nn-layers' wheel alone."""
    test_package(session, "nn-layers")


@nox.session(name="nn-loss")
def nn_loss(session: nox.Session) -> None:
    """Test nn-loss's wheel alone."""
    test_package(session, "nn-loss")


@nox.session(name="nn-optim")
def nn_optim(session: nox.Session) -> None:
    """Test nn-optim's wheel alone."""
    test_package(session, "nn-optim")


@nox.session(name="nn-model")
def nn_model(session: nox.Session) -> None:
    """Test nn-model's wheel with its three siblings'."""
    test_package(session, "nn-model")


@nox.session
def engines(session: nox.Session) -> None:
    """Test the compiled engine with numba; coverage cannot look into compiled code."""
    *siblings, wheel = build_wheels(session, PACKAGES)
    session.install(*siblings, wheel + "[numba]", *TEST_TOOLS[:2])
    tests = Path("packages/nn-model/tests")
    both = [str(tests / "train" / f"test_{name}.py") for name in ("bursts", "spoilt")]
    session.run("pytest", str(tests / "engines"), *both, *session.posargs, env={"OPENBLAS_NUM_THREADS": "1"})


@nox.session
def coverage(session: nox.Session) -> None:
    """Join what the four package sessions covered; fail below 95 % of branches."""
    session.install("coverage>=7.6,<8")
    data = [str(path) for name in PACKAGES for path in sorted(Path().glob(f".coverage.{name}.*"))]
    if not data:
        session.error("no package session has run: nox -s nn-layers nn-loss nn-optim nn-model coverage")
    session.run("coverage", "combine", "--keep", "--quiet", *data)
    session.run("coverage", "report")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format with ruff."""
    session.install(RUFF)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session(name="format")
def format_code(session: nox.Session) -> None:
    """Mend style and format with ruff, in place."""
    session.install(RUFF)
    session.run("ruff", "check", "--fix", ".")
    session.run("ruff", "format", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check types with mypy, strictly: sources, tests, examples, this file."""
    session.install("mypy>=1.15,<3", "nox", *TEST_TOOLS, *ALL)
    for name in PACKAGES:
        tests = Path(f"packages/{name}/tests")
        session.run("mypy", f"packages/{name}/src", *map(str, sorted(tests.glob("*.py"))))
        # Each folder by itself: their conftest.py are modules of one name.
        for folder in sorted(path for path in tests.rglob("*/") if any(path.glob("*.py"))):
            session.run("mypy", f"packages/{name}/src", str(folder))
    session.run("mypy", "noxfile.py", "packages/conftest.py")
    session.run("mypy", "benchmarks")
    for script in sorted([*Path("examples").rglob("*.py"), *Path("test_data").rglob("*.py")]):
        session.run("mypy", str(script))


@nox.session
def imports(session: nox.Session) -> None:
    """Check that layers, losses and optimizers never import each other."""
    session.install("import-linter>=2,<3", *TREE)
    session.run("lint-imports")


@nox.session
def minimums(session: nox.Session) -> None:
    """Run all tests with the oldest versions of numpy and pydantic that the packages allow."""
    session.install(*ALL, *TEST_TOOLS, *oldest_dependencies())
    for name in PACKAGES:
        run_tests(session, name)
    session.run("pytest", "examples")


def oldest_dependencies() -> list[str]:
    """Read the lower bounds that the packages state and pin them."""
    pins = set()
    for name in PACKAGES:
        project = tomllib.loads(Path(f"packages/{name}/pyproject.toml").read_text(encoding="utf-8"))["project"]
        for requirement in project["dependencies"]:
            found = re.fullmatch(r"([a-z-]+)>=([\d.]+),<[\d.]+", requirement)
            if found is None:
                raise ValueError(f"{name}: write {requirement!r} as name>=lowest,<highest")
            if found[1] not in PACKAGES:
                pins.add(f"{found[1]}=={found[2]}.*")
    return sorted(pins)


@nox.session
def examples(session: nox.Session) -> None:
    """Run the examples and every code block and command of the READMEs."""
    session.install(*ALL, *TEST_TOOLS)
    session.run("pytest", "examples", "benchmarks", *session.posargs)


@nox.session
def demo(session: nox.Session) -> None:
    """Train the nn-rs network on the bundled handwritten digits and print the report."""
    session.install("--quiet", *TREE)
    model = Path(session.create_tmp()) / "mnist_nn.safetensors"
    session.run("python", "examples/mnist-nn/main.py", "--model", str(model), *session.posargs)


@nox.session
def mnist(session: nox.Session) -> None:
    """Check three networks on real MNIST: `nox -s mnist -- FOLDER`; not part of a bare `nox`."""
    if not session.posargs:
        session.error("say where MNIST's IDX files are: nox -s mnist -- FOLDER")
    session.install(*TREE)
    session.run("python", "examples/mnist-nn/check.py", "--data", *session.posargs)
    session.run("python", "examples/mnist/check.py", "--data", *session.posargs)


@nox.session
def results(session: nox.Session) -> None:
    """Train every preset on real MNIST from three seeds: `nox -s results -- FOLDER [--write]`; hours."""
    if not session.posargs:
        session.error("say where MNIST's IDX files are: nox -s results -- FOLDER")
    session.install(*TREE)
    session.run("python", "examples/mnist/results.py", "--data", *session.posargs)


PEERS = ("torch==2.13.0", "jax>=0.7,<1", "scikit-learn>=1.6,<2", "onnxruntime>=1.20,<2", "numba>=0.61,<1", "scipy")


def compete(session: nox.Session, *arguments: str) -> None:
    """Install everything and all peers, and run the benchmarks: 2 GB; more on Linux, see docs/benchmarks.md."""
    session.install(*ALL, *PEERS)
    session.run("python", "-m", "benchmarks", *arguments)


@nox.session
def bench(session: nox.Session) -> None:
    """Time every row beside its peers: `nox -s bench -- [--quick] [ROWS]`; not part of a bare `nox`: no test times."""
    compete(session, *session.posargs)


@nox.session(name="bench-check")
def bench_check(session: nox.Session) -> None:
    """Time anew and compare ratios with benchmarks/baseline.json: `nox -s bench-check -- [ROWS]`."""
    new = str(Path(session.create_tmp()) / "new.json")
    compete(session, "--json", new, *session.posargs)
    session.run("python", "-m", "benchmarks.check", new)


@nox.session
def scaling(session: nox.Session) -> None:
    """Measure how time and memory grow with rows, width and depth, one thread: `nox -s scaling -- [--write]`."""
    session.install(*ALL)
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    session.run("python", "-m", "benchmarks.scaling", *session.posargs, env=threads)


@nox.session
def oracle(session: nox.Session) -> None:
    """Compare with PyTorch and what exporters write (about 200 MB); not part of a bare `nox`."""
    session.install(*ALL, *TEST_TOOLS, "torch==2.13.0", "onnxscript>=0.5,<1", "skl2onnx>=1.19,<2")
    session.run("pytest", "packages", "-m", "oracle", *session.posargs)
