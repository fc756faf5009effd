"""A workbench of radio signals: modulated, faded and noisy rows, their images and statistics, and energy detection."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nn_model.data.signals.channel import IDEAL, Channel
    from nn_model.data.signals.constellations import CONSTELLATIONS
    from nn_model.data.signals.detection import detection_rate
    from nn_model.data.signals.energy import energy_statistic, energy_threshold, false_alarm_rate
    from nn_model.data.signals.fading import Rayleigh, Rician
    from nn_model.data.signals.generate import Signals, make_signals
    from nn_model.data.signals.images import iq, spectrogram
    from nn_model.data.signals.modulate import KINDS
    from nn_model.data.signals.moments import Cumulants, cumulants
    from nn_model.data.signals.pulse import matched_filter, root_raised_cosine
    from nn_model.data.signals.sine import noisy_sine
    from nn_model.data.signals.waveform import Waveform

__all__ = [
    "CONSTELLATIONS",
    "IDEAL",
    "KINDS",
    "Channel",
    "Cumulants",
    "Rayleigh",
    "Rician",
    "Signals",
    "Waveform",
    "cumulants",
    "detection_rate",
    "energy_statistic",
    "energy_threshold",
    "false_alarm_rate",
    "iq",
    "make_signals",
    "matched_filter",
    "noisy_sine",
    "root_raised_cosine",
    "spectrogram",
]

_MODULES = {
    "CONSTELLATIONS": "constellations",
    "IDEAL": "channel",
    "KINDS": "modulate",
    "Channel": "channel",
    "Cumulants": "moments",
    "Rayleigh": "fading",
    "Rician": "fading",
    "Signals": "generate",
    "Waveform": "waveform",
    "cumulants": "moments",
    "detection_rate": "detection",
    "energy_statistic": "energy",
    "energy_threshold": "energy",
    "false_alarm_rate": "energy",
    "iq": "images",
    "make_signals": "generate",
    "matched_filter": "pulse",
    "noisy_sine": "sine",
    "root_raised_cosine": "pulse",
    "spectrogram": "images",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
