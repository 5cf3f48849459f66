"""Combs whose spacing drifts: recovered with honest errors, and better than by an even comb."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from symmeter.errors import InputError
from symmeter.signals import echoes as ec
from symmeter.signals.echoes.off_source import gaussian_noise

SECONDS, RATE, LINES = 8, 1024.0, 40
PRIOR = ec.UniEwPrior((None, 1.0), (0.0, 1.0), (4.0, 8.0), (50.0, 300.0), free_band=True)
#: Hertz, from one line to the next.
DRIFT = 2e-3


def _places(drift: float) -> np.ndarray:
    m = np.arange(LINES) - 0.5 * (LINES - 1)
    return 170.3 + 5.5 * m + 0.5 * drift * m**2


def _data(seed: int, drift: float, amplitude: float = 0.22) -> Any:
    """Damped lines in white noise, each with a phase of its own, from their closed transform."""
    f = np.arange(SECONDS * 512) / SECONDS
    rng = np.random.default_rng(seed)
    h = np.zeros(len(f), dtype=complex)
    for place in _places(drift):
        pole = 0.4 + 2j * np.pi * (f - place)
        near = np.abs(f - place) < 2.75
        h += near * amplitude * 0.4 / pole * (1 - np.exp(-SECONDS * pole)) * np.exp(2j * np.pi * rng.random())
    return gaussian_noise(ec.DetectorData.of(f, np.zeros(len(f)), 2 / RATE), seed).plus(h)


def _fit(seed: int, drift: float, degree: int = 2) -> Any:
    like = ec.EchoLikelihood(_data(seed, drift))
    best = ec.comb_transform(like, PRIOR, peaks=12).best
    return like, best, ec.uneven_comb(like, best, PRIOR, degree)


@pytest.mark.parametrize("drift", [0.0, DRIFT, -DRIFT])
def test_spacing_and_drift_have_honest_errors(drift: float) -> None:
    m = np.arange(LINES) - 0.5 * (LINES - 1)
    pulls = []
    for seed in range(5):
        _, _, found = _fit(seed, drift)
        # Places are quadratic in the number: so is the number of a place, and the spacing is linear in it.
        number = np.interp(found.reference, _places(drift), m)
        pulls += [
            (found.spacing - 5.5 - drift * number) / found.spacing_error,
            (found.drift - drift) / found.drift_error,
        ]
        assert found.spacing_error < 2e-3
        assert found.effective_samples > 500
        assert 0.6 * LINES < len(found.frequencies) < 1.15 * LINES
    assert 0.5 < np.sqrt(np.mean(np.square(pulls))) < 1.7
    assert np.abs(pulls).max() < 4


def test_lines_that_drift_are_followed_beyond_those_of_an_even_comb() -> None:
    like, best, found = _fit(3, 3 * DRIFT)
    assert len(found.frequencies) > len(best.mode_frequencies) + 5
    assert found.ln_likelihood > like(best) + 10
    true = _places(3 * DRIFT)
    assert np.abs(found.frequencies - true[np.abs(true[:, None] - found.frequencies).argmin(0)]).max() < 0.1
    # Of degree one it is an even comb again.
    even = ec.uneven_comb(like, best, PRIOR, 1)
    assert even.drift == 0.0
    np.testing.assert_allclose(np.diff(even.frequencies), even.frequencies[1] - even.frequencies[0])
    assert even.ln_likelihood < found.ln_likelihood - 5


@pytest.mark.parametrize("kind", ec.LIKELIHOODS)
def test_lines_add_up_to_the_likelihood_of_an_even_comb(kind: str) -> None:
    from symmeter.signals.echoes.uneven_lines import _Lines

    comb = ec.Comb(0.4, 0.2, 0.3, 5.5, 60.0, 280.0)
    sums = []
    for engine in ("numpy", "auto"):
        like = ec.EchoLikelihood(_data(1, 0.0), kind, engine=engine)
        lines = _Lines(like, comb.spacing, comb.mode_frequencies[0])
        x = np.array([[np.log(comb.width), np.log(comb.amplitude), 0.0, 0.0]])
        sums.append(lines.terms(x, np.arange(len(comb.mode_frequencies), dtype=float), 10.0).sum())
    # Cut half way between lines, so that no part of another line is left in.
    whole = comb.replace(fmin=comb.mode_frequencies[0] - 2.7, fmax=comb.mode_frequencies[-1] + 2.5)
    np.testing.assert_allclose(sums, ec.EchoLikelihood(_data(1, 0.0), kind, engine="numpy")(whole), rtol=1e-7)


def test_the_light_ring_makes_spacings_drift() -> None:
    """Echoes of a wall that reflects 99 %: the drift of the comb is that of the cavity's own modes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ec.ErgoregionInstability)
        train = ec.benchmark("constant", n_echoes=200, mass=None)
    f, top = train.frequencies, train.highest
    wave = train.spectrum[f < top]
    wave *= 20.0 / np.sqrt(4 * f[1] * np.sum(np.abs(wave) ** 2))
    blank = ec.DetectorData.of(f[f < top], np.zeros(len(wave)), 1.0)
    prior = ec.UniEwPrior((None, 0.0023), (0.01, 10.0), (0.00057, 0.0023), (0.0, top), True, amplitude_unit="noise")
    found = ec.search(gaussian_noise(blank, 1).plus(wave), prior=prior, draws=2000, peaks=12)
    modes = train.mode_frequencies
    true = np.interp(found.uneven.reference, 0.5 * (modes[1:] + modes[:-1]), np.diff(modes))
    assert abs(found.uneven.spacing / true - 1) < 1e-4
    assert found.uneven.drift == pytest.approx(2.26e-4 * train.spacing, rel=0.25)
    assert found.uneven.spacing_error / true < 1e-4
    # An even comb knows only a mean over a part of the band.
    low, high = found.interval("spacing", 0.68)
    assert (high - low) / 2 > 2 * found.uneven.spacing_error


def test_what_cannot_be_followed() -> None:
    like = ec.EchoLikelihood(_data(0, 0.0))
    with pytest.raises(InputError, match="degree"):
        ec.uneven_comb(like, ec.Comb(0.4, 0.2, 0.3, 5.5, 60.0, 280.0), PRIOR, 0)
    with pytest.raises(InputError, match="no lines"):
        ec.uneven_comb(like, ec.Comb(0.4, 0.2, 0.3, 5.5, 310.0, 400.0), PRIOR)
