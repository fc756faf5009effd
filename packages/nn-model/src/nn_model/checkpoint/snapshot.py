"""What a checkpoint holds, as values: no file and no network knows of the other."""

from dataclasses import dataclass
from typing import Any

from nn_model.arrays import Array
from nn_model.checkpoint.network_spec import NetworkSpec

__all__ = ["Snapshot"]


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A network at one moment of its training.

    Attributes
    ----------
    spec
        What the network is made of.
    arrays
        Its arrays by name: `layers.0.w`, `layers.1.mean`, `optimizer.m.layers.0.w`, `optimizer.product`; those that
        callbacks keep, too: `callbacks.EarlyStopping.layers.0.w`. `run["keepers"]` lists these callbacks.
    run
        The state of the training run, as JSON can hold it: objects with text for keys, lists, text, numbers,
        booleans and `None`; whole numbers of up to 100 digits, at most 64 levels deep. Tuples come back as lists;
        infinite numbers and NaN come back as they were.
    """

    spec: NetworkSpec
    arrays: dict[str, Array]
    run: dict[str, Any]

    def weights(self) -> dict[str, Array]:
        """Give the network's own arrays, without the optimizer's and callbacks'."""
        return {name: array for name, array in self.arrays.items() if not name.startswith(("optimizer.", "callbacks."))}
