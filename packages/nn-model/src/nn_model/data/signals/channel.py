"""What happens to a signal on its way, but for the noise: delay, fading, carrier offset."""

import math
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from nn_layers.spec import spec
from nn_model.data.signals.fading import Rayleigh, Rician
from nn_model.data.signals.tones import phasors, tones

__all__ = ["IDEAL", "Channel"]

Complex = NDArray[np.complex128]
Real = NDArray[np.float64]
Turn = Annotated[float, Field(ge=-math.pi, le=math.pi)]
Symbol = Annotated[float, Field(ge=0, le=1)]
Cycle = Annotated[float, Field(ge=-0.5, le=0.5)]


@spec
class Channel:
    """The channel and the receiver's oscillator; each offset is drawn per row, uniform in its range (low, high).

    Parameters
    ----------
    frequency_offset
        Of the carrier, in cycles per sample (a fraction of the sample rate), within [-0.5, 0.5].
    phase_offset
        Of the carrier at the row's first sample, in radians within [-pi, pi].
    timing_offset
        Delay of the symbols, in symbols within [0, 1]. AM and FM have none.
    fading
        None, `Rayleigh` or `Rician`. Its mean power is 1.

    Raises
    ------
    ValidationError
        An argument is out of its range, or a range is upside down.

    Examples
    --------
    >>> Channel(frequency_offset=(0.0, 0.0), fading=Rayleigh(doppler=0.001))
    Channel(frequency_offset=(0.0, 0.0), fading=Rayleigh(doppler=0.001))
    """

    frequency_offset: tuple[Cycle, Cycle] = (-0.01, 0.01)
    phase_offset: tuple[Turn, Turn] = (-math.pi, math.pi)
    timing_offset: tuple[Symbol, Symbol] = (0.0, 1.0)
    fading: Rayleigh | Rician | None = None

    @model_validator(mode="after")
    def _low_before_high(self) -> Self:
        for name in ("frequency_offset", "phase_offset", "timing_offset"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name} must be (low, high); got {(low, high)}; write ({high}, {low})")
        return self


IDEAL = Channel((0.0, 0.0), (0.0, 0.0), (0.0, 0.0))
"""The channel that changes nothing: no offset and no fading."""


def delays(channel: Channel, n: int, rng: np.random.Generator) -> Real:
    """Draw each row's delay in symbols: (n,)."""
    return rng.uniform(*channel.timing_offset, n)


def gains(channel: Channel, n: int, length: int, rng: np.random.Generator) -> Complex:
    """Draw what the channel multiplies each row by: (n, length)."""
    phase = phasors(rng.uniform(*channel.phase_offset, (n, 1)))
    carrier = tones(phase, rng.uniform(*channel.frequency_offset, (n, 1)), length)
    return carrier if channel.fading is None else carrier * channel.fading.gains(n, length, rng)
