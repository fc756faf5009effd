"""Tell whether there is a signal in the noise: a small CNN beside the energy detector, in Rayleigh fading.

A signal is one of seven kinds, with an unknown phase, carrier offset, timing and fade. The noise's power is 1, and
both know it: the energy detector's threshold stands on it, and the CNN reads I and Q as they are.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from charts import BAND, CNN, MEASURED, THEORY, chart, publish, table
from command import arguments, trained
from detectors import LENGTH, LEVELS, Real, Score, Trial, energy_in_band, noise, score, signals, theory, train

from nn_model.data.signals import energy_statistic, energy_threshold

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FALSE_ALARMS = (0.01, 0.1)
SHOWN = (-10, -4, 0)
"""Levels whose operating characteristics are drawn."""


class Found(NamedTuple):
    """Detections at one rate of false alarms, at each level: by theory, and as counted."""

    theory: Real
    energy: Real
    band: Real
    cnn: Real


def detections(trials: dict[str, Trial], false_alarm: float, kept: dict[str, Real]) -> Found:
    """Count detections: the energy's threshold is exact, the others' are what so much of the noise kept exceeds."""
    exact = float(energy_threshold(false_alarm, LENGTH))
    other = {name: float(np.quantile(scores, 1 - false_alarm)) for name, scores in kept.items()}
    alarms = [np.mean(trials["energy"].noise > exact), *(np.mean(trials[n].noise > t) for n, t in other.items())]
    print(
        f"false alarms of {100 * false_alarm:g} %, on other noise: " + ", ".join(f"{100 * a:.2f} %" for a in alarms),
        "(energy, energy in band, CNN)",
    )
    return Found(
        np.array([float(theory(false_alarm, level)) for level in LEVELS]),
        trials["energy"].found(exact),
        *(trials[name].found(threshold) for name, threshold in other.items()),
    )


def pictures(found: dict[float, Found], trials: dict[str, Trial]) -> "dict[str, Figure]":
    """Draw detections against the signal-to-noise ratio, and characteristics at some levels."""
    looks = {
        "CNN": (CNN, "cnn"),
        "energy in the signals' band": (BAND, "band"),
        "energy, theory": (THEORY, "theory"),
        "energy, counted": (MEASURED, "energy"),
    }
    by_snr = {
        f"{100 * rate:g} % false alarms": {name: (look, 100 * getattr(one, at)) for name, (look, at) in looks.items()}
        for rate, one in found.items()
    }
    rates = np.geomspace(1e-3, 1, 13)

    def roc(level: int) -> dict[str, Any]:
        at = {name: trial.characteristic(rates, level) for name, trial in trials.items()}
        at["theory"] = theory(np.minimum(rates, 1 - 1e-9), level)
        return {name: (look, 100 * at[key]) for name, (look, key) in looks.items()}

    return {
        "detection": chart(LEVELS, by_snr, "Mean SNR (dB)", "Signals detected (%)"),
        "roc": chart(
            100 * rates,
            {f"{level} dB": roc(level) for level in SHOWN},
            "False alarms (% of noise rows)",
            "Signals detected (%)",
            "log",
        ),
    }


def result(found: dict[float, Found], trials: dict[str, Trial]) -> str:
    """Write the table: a line for every level, detections in percent, and areas under the characteristics."""
    head = ["SNR (dB)"]
    columns: list[Real] = []
    for rate, one in found.items():
        head += [f"at {100 * rate:g} %: energy, theory", "energy, counted", "in band", "CNN"]
        columns += [100 * column for column in one]
    head += ["area: energy", "in band", "CNN"]
    areas = [trials[name].area() for name in ("energy", "band", "cnn")]
    rows = [
        [f"{level}", *(f"{column[i]:.1f}" for column in columns), *(f"{area[i]:.3f}" for area in areas)]
        for i, level in enumerate(LEVELS)
    ]
    return table(head, rows)


def verdict(found: dict[float, Found]) -> str:
    """Say at how many levels to 0 dB the network is ahead of the energy detector."""
    weak = np.array(LEVELS) <= 0
    ahead = {rate: np.sum((one.cnn > np.maximum(one.theory, one.energy))[weak]) for rate, one in found.items()}
    return "\n".join(
        f"At {100 * rate:g} % false alarms the CNN is ahead of energy at {levels} of the {weak.sum()} levels to 0 dB"
        for rate, levels in ahead.items()
    )


def main() -> None:
    """Train, find thresholds on noise, count detections, draw."""
    args = arguments(__doc__, "detect.safetensors")
    rows, epochs, test_rows, noise_rows = (1000, 3, 40, 4_000) if args.quick else (6000, 8, 400, 50_000)
    nn = trained(args, lambda: train(rows, epochs, args.seed))

    test = signals(test_rows * len(LEVELS), LEVELS, 4 * args.seed + 1)
    kept, other = noise(noise_rows, 4 * args.seed + 2), noise(noise_rows, 4 * args.seed + 3)
    scores: dict[str, Score] = {"energy": energy_statistic, "band": energy_in_band, "cnn": score(nn)}
    trials = {name: Trial(give(test.z), test.snr_db, give(other)) for name, give in scores.items()}
    thresholds = {name: scores[name](kept) for name in ("band", "cnn")}
    found = {rate: detections(trials, rate, thresholds) for rate in FALSE_ALARMS}
    print(f"\n{result(found, trials)}\n{verdict(found)}")
    if args.pictures:
        publish(args.pictures, pictures(found, trials), {"detection": result(found, trials)})


if __name__ == "__main__":
    main()
