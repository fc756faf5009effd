"""Networks that have a name: only the sizes of input and output come from the data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nn_layers import ELU, Dense, ElasticNet, Glorot, He, Propagate, ReLU, Standardize

__all__ = ["PRESETS", "Preset"]


@dataclass(frozen=True, slots=True)
class Preset:
    """Dense layers with an activation between them.

    Attributes
    ----------
    hidden
        Outputs of each layer but the last.
    activation, init, penalty
        What stands between the layers, and what all of them have.
    about
        A few words for the help.
    """

    hidden: tuple[int, ...]
    activation: Callable[[], Propagate]
    init: He | Glorot
    penalty: ElasticNet | None
    about: str

    def layers(self, inputs: int, outputs: int, *, standardize: bool = False) -> Sequence[Propagate]:
        """Make the layers; `standardize` puts features of any scale first on one."""
        made: list[Propagate] = [Standardize()] if standardize else []
        for size, following in pairwise((inputs, *self.hidden, outputs)):
            made += [Dense(size, following, self.init, self.penalty), self.activation()]
        return made[:-1]


PRESETS = {
    "mlp": Preset((512,), ReLU, Glorot("uniform"), None, "512 ReLU, as in Rust-Neural-Networks"),
    "nn-rs": Preset((64, 32, 16), ELU, He(), ElasticNet(l1=1e-4, l2=1e-4), "64, 32, 16 ELU, as in nn-rs"),
    "small": Preset((64,), ReLU, He(), None, "64 ReLU"),
}
