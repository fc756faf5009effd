"""Names and shapes of a network's arrays, from its spec and from the network itself."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nn_layers.vectors import make_vectors
from nn_model.checkpoint import Snapshot, named_views, read, write
from nn_model.checkpoint.places import wanted
from nn_optim import Nadam


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_networks_memory_by_name_is_what_its_spec_says(
    tmp_path: Path, make_snapshot: Callable[..., Snapshot], dtype: str
) -> None:
    spec = make_snapshot(dtype=dtype).spec
    optimizer, layout = Nadam(), spec.layout()
    vectors = make_vectors(layout, seed=3, dtype=dtype)
    state = optimizer.init(vectors.theta)
    views = named_views(layout, vectors, optimizer.slots, state.slots)
    assert {name: (view.shape, view.dtype) for name, view in views.items()} == {
        name: (want.shape, want.dtype) for name, want in wanted(spec).items()
    }
    assert views["layers.0.scale"].tolist() == [1.0, 1.0, 1.0]
    optimizer.update(vectors.theta, np.full_like(vectors.theta, 0.5), state)
    write(tmp_path / "a.safetensors", Snapshot(spec, views, {}))

    other = make_vectors(layout, seed=4, dtype=dtype)
    fresh = optimizer.init(other.theta)
    found = read(tmp_path / "a.safetensors").arrays
    for name, view in named_views(layout, other, optimizer.slots, fresh.slots).items():
        view[...] = found[name]
    assert np.array_equal(other.theta, vectors.theta)
    assert np.array_equal(other.state, vectors.state)
    assert {name: slot.tolist() for name, slot in fresh.slots.items()} == {
        name: slot.tolist() for name, slot in state.slots.items()
    }
    assert fresh.slots["product"][0] < 1.0
