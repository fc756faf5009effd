"""What is transmitted: symbol rate, pulse and message."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from nn_layers.spec import spec

__all__ = ["Waveform"]


@spec
class Waveform:
    """How the modulators shape a signal; frequencies in cycles per sample, so that 0.5 is half the sample rate.

    Parameters
    ----------
    samples_per_symbol
        The symbol's length, 2 to 1024 samples; the symbol rate is its reciprocal.
    roll_off
        Of the root-raised-cosine pulse of PSK and QAM, 0 to 1; `(1 + roll_off) / samples_per_symbol` is the band.
    span
        Where the pulse is cut, an even number of symbols from 2 to 64.
    modulation_index
        Of 2FSK: the distance of its two tones in symbol rates, more than 0. At 1 they are orthogonal, at 0.5 it is MSK.
    depth
        Of AM: the envelope swings between `1 - depth` and `1 + depth` at most, in (0, 1].
    deviation
        Of FM: how far the frequency swings from the carrier at most, in (0, 0.5).
    message_bandwidth
        Highest frequency in the message of AM and FM, in (0, 0.5).

    Raises
    ------
    ValidationError
        An argument out of its range, or a tone or band of 2FSK or FM beyond half the sample rate.

    Examples
    --------
    >>> Waveform(samples_per_symbol=4, roll_off=0.25)
    Waveform(samples_per_symbol=4, roll_off=0.25)
    """

    samples_per_symbol: Annotated[int, Field(ge=2, le=1024)] = 8
    roll_off: Annotated[float, Field(ge=0, le=1)] = 0.35
    span: Annotated[int, Field(ge=2, le=64, multiple_of=2)] = 8
    modulation_index: Annotated[float, Field(gt=0)] = 1.0
    depth: Annotated[float, Field(gt=0, le=1)] = 0.8
    deviation: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    message_bandwidth: Annotated[float, Field(gt=0, lt=0.5)] = 0.05

    @model_validator(mode="after")
    def _below_half_the_sample_rate(self) -> Self:
        if self.modulation_index >= self.samples_per_symbol:
            raise ValueError(
                f"modulation_index / (2 * samples_per_symbol) must be below 0.5; got modulation_index="
                f"{self.modulation_index} and samples_per_symbol={self.samples_per_symbol}; lower the index"
            )
        # Carson's rule: half the band that FM occupies.
        if self.deviation + self.message_bandwidth > 0.5:
            raise ValueError(
                f"deviation + message_bandwidth must be at most 0.5; got {self.deviation} + {self.message_bandwidth}; "
                "lower one of them"
            )
        return self
