"""One seed, one set of rows; and what of it stays when something else is asked for."""

import numpy as np
import pytest

from nn_model.data.signals import KINDS, Channel, Rayleigh, Waveform, make_signals
from nn_model.data.signals import generate as module


def test_the_same_seed_gives_the_same_bits_and_another_seed_others() -> None:
    channel = Channel(fading=Rayleigh(doppler=0.01))
    sets = [make_signals(rows=20, snr_db=[0, 5], channel=channel, seed=seed) for seed in (3, 3, 4)]
    one, two, other = sets
    assert one.z.tobytes() == two.z.tobytes()
    assert one.z.dtype == np.complex64
    assert one.y.dtype == np.int64
    for kind in range(len(KINDS)):
        assert not np.isclose(one.z[one.y == kind], other.z[other.y == kind]).all(axis=1).any()


def test_the_global_generator_is_left_alone() -> None:
    before = repr(np.random.get_state())  # noqa: NPY002  # that it is untouched is the test
    make_signals(rows=2)
    assert repr(np.random.get_state()) == before  # noqa: NPY002  # as above


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_the_same_among_others_and_in_another_order(kind: str) -> None:
    alone = make_signals([kind], 10, seed=7).z
    everything = make_signals(KINDS[::-1], 10, seed=7)
    np.testing.assert_array_equal(everything.z[everything.y == everything.kinds.index(kind)], alone)


def test_rows_and_kinds_differ_from_each_other() -> None:
    z = make_signals(["noise", "AM", "FM"], 50).z.view(np.float32)
    gram = np.asarray(np.corrcoef(z))
    assert np.abs(gram[~np.eye(len(z), dtype=np.bool_)]).max() < 0.99
    assert len(np.unique(z[:, 0])) == len(z)


def test_the_noise_is_the_same_at_another_level_and_in_another_channel() -> None:
    near = make_signals(["noise"], 10, snr_db=0.0, unit="signal").z
    far = make_signals(["noise"], 10, snr_db=-20.0, unit="signal", channel=Channel(fading=Rayleigh())).z
    np.testing.assert_allclose(far, 10 * near, rtol=1e-6)


def test_the_noise_is_the_same_over_another_waveform() -> None:
    noises = []
    for step in (4, 8):
        waveform = Waveform(samples_per_symbol=step)
        loud, clean = (
            make_signals(["QPSK"], 10, snr_db=db, unit="signal", waveform=waveform).z for db in (0.0, np.inf)
        )
        noises.append(loud - clean)
    np.testing.assert_allclose(noises[0], noises[1], atol=1e-5)


def test_blocks_are_joined_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 1024)
    data = make_signals(["QPSK", "noise"], 21, 128, np.arange(21.0), unit="noise")
    assert np.isfinite(data.z).all()
    assert len(np.unique(data.z[:, 0])) == 42
    power = np.mean(np.abs(data.z[::2]) ** 2, axis=1)
    assert np.abs(10 * np.log10(power / (1 + 10 ** (np.arange(21) / 10)))).max() < 2


def test_a_long_row_is_made_by_itself() -> None:
    data = make_signals(["BPSK"], 2, module.BLOCK + 1, 0.0)
    assert data.z.shape == (2, module.BLOCK + 1)
    np.testing.assert_allclose(np.mean(np.abs(data.z) ** 2), 1, rtol=0.05)
