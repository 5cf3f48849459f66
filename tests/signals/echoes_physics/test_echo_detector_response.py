"""Antenna factors and delays of detectors, against values of bilby 2.8.2 (an independent implementation)."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError, UnknownNameError
from symmeter.signals import echoes as ec

# bilby.gw.detector: F_+ - i F_x and delays from the first, for (gps, right ascension, declination, polarisation).
BILBY = [
    ((1126259462.4, 1.95, -1.27, 0.3),
     [0.68187084 - 0.27083021j, -0.44397158 + 0.35097905j, -0.58330534 + 0.19563134j, 0.80086202 - 0.01073612j],
     [0.00698442, 0.0, 0.00272387, 0.00923005]),
    ((1400000000.5, 4.1, 0.7, 2.0),
     [0.49651266 - 0.07405963j, -0.52494521 - 0.13364672j, -0.32361274 - 0.2558856j, 0.7718382 - 0.48030176j],
     [0.01729713, 0.02578107, 0.01094083, 0.0]),
]  # fmt: skip


@pytest.mark.parametrize(("where", "antenna", "delays"), BILBY)
def test_values_of_an_independent_implementation(where, antenna, delays) -> None:
    gps, ra, dec, psi = where
    seen = ec.network_response(ec.DETECTORS, ra, dec, gps, psi)
    np.testing.assert_allclose(seen.antenna, antenna, atol=2e-7)
    np.testing.assert_allclose(seen.delays, delays, atol=2e-8)


def test_polarisation_turns_all_circular_factors_alike() -> None:
    one, other = (ec.network_response(["H1", "L1", "V1"], 1.0, 0.3, 1.2e9, psi) for psi in (0.0, 0.4))
    np.testing.assert_allclose(other.antenna / one.antenna, np.exp(0.8j) * np.ones(3), atol=1e-12)
    np.testing.assert_allclose(one.delays, other.delays)
    # From behind, the wave turns the other way: nothing of the plus part is left on edge but itself.
    edge = ec.network_response(["H1"], 1.0, 0.3, 1.2e9, 0.2, inclination=np.pi / 2)
    assert edge.antenna[0].imag == pytest.approx(0.0, abs=1e-15)


def test_factors_are_those_of_waves_in_time() -> None:
    """h_x of a circular wave is a quarter of a turn behind h_+: what a detector adds up is C h(f)."""
    t = np.arange(4096) / 4096.0
    plus, cross = np.cos(2 * np.pi * 64 * t), np.sin(2 * np.pi * 64 * t)
    (f,) = ec.network_response(["L1"], 2.0, -0.5, 1.3e9, 0.7).antenna
    heard = np.fft.rfft(f.real * plus - f.imag * cross)
    np.testing.assert_allclose(heard[64], f * np.fft.rfft(plus)[64], atol=1e-9)


@pytest.mark.filterwarnings("ignore::symmeter.signals.echoes.noise_checks.UnlikelyNoise")
def test_a_network_pointed_at_the_source_hears_more_than_one_that_is_not() -> None:
    from symmeter.signals.echoes.off_source import gaussian_noise

    seen = ec.network_response(["H1", "L1"], 1.95, -1.27, 1126259462.4)
    comb = ec.Comb(0.5, 0.35, 0.3, 5.5, 60.0, 200.0)
    prior = ec.UniEwPrior((None, 1.0), (0.0, 1.5), (4.0, 8.0), (60.0, 200.0))
    blank = ec.DetectorData.of(
        np.arange(2048) / 4, np.zeros((2, 2048)), 2 / 1024, antenna=seen.antenna, delays=seen.delays
    )
    loud = ec.inject_comb(gaussian_noise(blank, 0), comb, 0)
    known = ec.search(loud, prior=prior, draws=3000)
    alike = ec.DetectorData.of(loud.frequencies, loud.spectra, 2 / 1024)
    unknown = ec.search(alike, prior=prior, draws=3000)
    assert known.ln_bayes_factor > unknown.ln_bayes_factor + 5
    assert abs(known.best.spacing - 5.5) < 0.01


def test_what_cannot_be_right() -> None:
    for call, kind, words in [
        (lambda: ec.network_response(["H2"], 0.0, 0.0, 1e9), UnknownNameError, "H2"),
        (lambda: ec.network_response([], 0.0, 0.0, 1e9), InputError, "one detector"),
        (lambda: ec.network_response(["H1"], np.nan, 0.0, 1e9), InputError, "right ascension"),
        (lambda: ec.network_response(["H1"], 0.0, 2.0, 1e9), InputError, "declination"),
    ]:
        with pytest.raises(kind, match=words) as caught:
            call()
        assert "\n" not in str(caught.value)
