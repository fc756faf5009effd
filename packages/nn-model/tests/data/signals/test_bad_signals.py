"""Bad input: one sentence with the rule, what came, and what to do."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from nn_model.data.signals import (
    Channel,
    Rayleigh,
    Rician,
    Waveform,
    cumulants,
    detection_rate,
    energy_statistic,
    energy_threshold,
    false_alarm_rate,
    iq,
    make_signals,
    matched_filter,
    noisy_sine,
    root_raised_cosine,
    spectrogram,
)
from nn_model.errors import DataError

Z = np.ones((3, 16), np.complex64)

CALLS: list[tuple[Callable[[], object], str]] = [
    (lambda: make_signals(["BPSK", "64QAM"]), r"each of kinds must be one of BPSK, .*noise; found '64QAM'; pass one"),
    (lambda: make_signals(["bpsk"]), "found 'bpsk'"),
    (lambda: make_signals([1]), "found 1"),  # type: ignore[list-item]
    (lambda: make_signals("BPSK"), r"kinds must be a list of names; found 'BPSK'; pass for example \[\"BPSK\""),
    (lambda: make_signals([]), r"kinds must be a list of names; found \[\]"),
    (lambda: make_signals(["AM", "AM"]), r"named once; found \['AM', 'AM'\]; leave"),
    (lambda: make_signals(rows=0), "rows must be a whole number of at least 1; found 0; pass for example rows=1"),
    (lambda: make_signals(rows=True), "rows must be a whole number of at least 1; found True"),
    (lambda: make_signals(rows=2.0), "found 2.0"),  # type: ignore[arg-type]
    (lambda: make_signals(length=7), "length must be .* at least 8, the samples of a symbol; found 7"),
    (lambda: make_signals(seed=-1), "seed must be a whole number of at least 0; found -1"),
    (lambda: make_signals(unit="dB"), "unit must be one of total, signal, noise; found 'dB'"),  # type: ignore[arg-type]
    (lambda: make_signals(snr_db=np.nan), r"snr_db must be in \[-200, 200\] dB.*; found nan; change it"),
    (lambda: make_signals(["AM"], snr_db=np.nan), "dB, or inf; found nan"),
    (lambda: make_signals(snr_db=[0.0, np.nan]), "found nan among 2"),
    (lambda: make_signals(snr_db=np.inf), 'noise rows and unit="noise" know no inf; found inf'),
    (lambda: make_signals(["AM"], snr_db=np.inf, unit="noise"), "know no inf; found inf"),
    (lambda: make_signals(["AM"], snr_db=-np.inf), "found -inf"),
    (lambda: make_signals(snr_db=300.0), "found 300.0"),
    (lambda: make_signals(snr_db=[]), r"found \[\]"),
    (lambda: make_signals(snr_db="loud"), "found 'loud'"),
    (lambda: make_signals(snr_db=[[1.0], [1.0, 2.0]]), "snr_db must be in"),
    (lambda: noisy_sine(0), "n must be a whole number of at least 1; found 0"),
    (lambda: noisy_sine(seed=-3), "seed must be a whole number of at least 0; found -3"),
    (lambda: iq(Z.real), r"z must be complex rows of shape \(n, L\); found float32 of shape \(3, 16\); join"),
    (lambda: iq(Z[0]), r"found complex64 of shape \(16,\).*z\[None\]"),
    (lambda: iq(Z[:0]), r"found complex64 of shape \(0, 16\)"),
    (lambda: iq(Z * np.nan), "z must be finite; found NaN"),
    (lambda: spectrogram(Z, window=17), "window must be at most the 16 samples of a row; found 17"),
    (lambda: spectrogram(Z, window=3), "window must be a whole number of at least 4; found 3"),
    (lambda: spectrogram(Z, window=8, hop=0), "hop must be a whole number of at least 1; found 0"),
    (lambda: matched_filter(Z.real), "z must be complex rows"),
    (lambda: root_raised_cosine(0.0, 1.5), r"roll_off must be in \[0, 1\]; found 1.5"),
    (lambda: root_raised_cosine(0.0, np.nan), "found nan"),
    (lambda: cumulants(Z * [[1], [0], [1]]), "zeros alone in row 1; drop it"),
    (lambda: cumulants(Z, noise_power=-1.0), "noise_power must be at least 0; found -1.0"),
    (lambda: cumulants(Z, noise_power=np.ones(2)), r"one per row, shape \(3,\); found shape \(2,\); take"),
    (lambda: energy_statistic(Z, 0.0), "noise_power must be more than 0; found 0.0"),
    (lambda: energy_statistic(Z, [1.0, np.inf, 1.0]), "found inf among 3"),
    (lambda: energy_threshold(0.0, 8), r"false_alarm must be in \[1e-300, 1\); found 0.0"),
    (lambda: energy_threshold([0.1, 1.0], 8), "found 1.0 among 2"),
    (lambda: energy_threshold(0.1, 0), "length must be a whole number of at least 1; found 0"),
    (lambda: energy_threshold(0.1, 10**7), "length must be at most 1,000,000; found 10000000"),
    (lambda: false_alarm_rate(-1.0, 8), r"threshold must be in \[0, 1e7\]; found -1.0"),
    (lambda: false_alarm_rate(np.nan, 8), "found nan"),
    (lambda: detection_rate(1.0, 8, np.nan), r"snr_db must be in \[-200, 100\] dB; found nan"),
    (lambda: detection_rate(1.0, 8, [0.0, 1.0]), r"one number; found shape \(2,\); call"),  # type: ignore[arg-type]
    (lambda: detection_rate(1.0, 8, 0.0, Rayleigh(0.1)), r"found Rayleigh\(doppler=0.1\); count"),
    (lambda: detection_rate(1.0, 8, 0.0, Rician()), r"found Rician\(\); count"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("call", "message"), CALLS, ids=[message for _, message in CALLS])
def test_bad_data_is_refused_in_one_sentence(call: Callable[[], object], message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


SPECS: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
    (Waveform, {"samples_per_symbol": 1}, "samples_per_symbol"),
    (Waveform, {"samples_per_symbol": "8"}, "samples_per_symbol"),
    (Waveform, {"roll_off": 1.1}, "roll_off"),
    (Waveform, {"roll_off": float("nan")}, "roll_off"),
    (Waveform, {"span": 7}, "span"),
    (Waveform, {"modulation_index": 8.0}, "modulation_index=8.0 and samples_per_symbol=8; lower the index"),
    (Waveform, {"depth": 0.0}, "depth"),
    (Waveform, {"deviation": 0.3, "message_bandwidth": 0.3}, r"got 0.3 \+ 0.3; lower one"),
    (Channel, {"frequency_offset": (0.1, -0.1)}, r"frequency_offset must be \(low, high\); got \(0.1, -0.1\); write"),
    (Channel, {"frequency_offset": (0.0, 0.6)}, "frequency_offset"),
    (Channel, {"frequency_offset": 0.1}, "frequency_offset"),
    (Channel, {"phase_offset": (0.0, 4.0)}, "phase_offset"),
    (Channel, {"timing_offset": (-0.5, 0.5)}, "timing_offset"),
    (Channel, {"fading": "rayleigh"}, "fading"),
    (Rayleigh, {"doppler": 0.5}, "doppler"),
    (Rician, {"k_factor": -1.0}, "k_factor"),
]


@pytest.mark.parametrize(("spec", "arguments", "message"), SPECS, ids=[f"{s.__name__} {a}" for s, a, _ in SPECS])
def test_bad_specs_are_refused(spec: Callable[..., Any], arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        spec(**arguments)
