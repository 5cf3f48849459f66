"""Strain, Welch's estimate with its bias, lines, preparation and priors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symmeter.errors import InputError, NonFiniteError, ShapeError, SymmeterError, UnknownNameError
from symmeter.signals import echoes as ec


def test_strain_from_everywhere() -> None:
    x = np.sin(np.arange(4096.0))
    strain = ec.Strain.from_array(x, 1024.0, start=10.0, detector="H1")
    assert strain.cut(11.0, 2.0).duration == 2.0
    assert strain.before(12.0).duration == 2.0
    f, d = strain.spectrum()
    assert len(f) == 2048
    assert np.allclose(d, np.fft.fft(x)[:2048] / 1024)

    class Series(list):
        sample_rate, t0, name = 1024.0, 10.0, "L1"
        value = x

    assert ec.Strain.of(Series()).start == 10.0
    assert ec.Strain.from_samples(np.arange(4096) / 1024 + 3, x).sample_rate == pytest.approx(1024.0)
    uneven = np.arange(4096) / 1024
    uneven[2000:] += 0.01
    for call, kind, words in [
        (lambda: ec.Strain.from_samples(uneven, x), InputError, "not even"),
        (lambda: ec.Strain.from_array(np.r_[x, np.nan], 1024.0), NonFiniteError, "sample 4096"),
        (lambda: ec.Strain.from_array(x, 0.0), InputError, "positive"),
        (lambda: strain.cut(5.0, 1.0), InputError, "runs from 10"),
        (lambda: ec.Strain.of("x"), SymmeterError, "from_array"),
    ]:
        with pytest.raises(kind, match=words):
            call()


def test_welch_agrees_with_scipy() -> None:
    from scipy.signal import welch

    x = np.random.default_rng(0).normal(size=64 * 1024)
    for method in ("mean", "median"):
        ours = ec.welch_psd(x, 1024.0, method=method, correct=False)
        f, theirs = welch(x, 1024.0, "blackman", 2048, average=method)
        assert np.array_equal(ours.frequencies, f)
        keep = slice(2, None)
        assert np.allclose(ours.values[keep], theirs[keep], rtol=1e-2 if method == "median" else 1e-9)


@pytest.mark.parametrize("method", ["mean", "median"])
def test_one_over_the_estimate_is_unbiased(method: str) -> None:
    rng = np.random.default_rng(0)
    plain, fixed = [], []
    for _ in range(60):
        x = rng.normal(size=12 * 512)
        for out, correct in ((plain, False), (fixed, True)):
            psd = ec.welch_psd(x, 512.0, segment=512, window="hann", method=method, correct=correct)
            out.append(np.mean(2.0 / 512.0 / psd.values[2:-2]))
    # A dozen segments: uncorrected, one over the density is several per cent too large.
    assert np.mean(plain) > 1.04
    assert abs(np.mean(fixed) - 1.0) < 0.03


def test_design_matches_white_noise_convention() -> None:
    psd = ec.welch_psd(3.0 * np.random.default_rng(0).normal(size=400 * 1024), 1024.0)
    assert abs(psd.values[2:-2].mean() / (2 * 9.0 / 1024) - 1) < 0.01


def test_lines_are_found_and_noise_is_left_alone() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=128 * 1024)
    clean = ec.notch_lines(ec.welch_psd(x, 1024.0))
    assert not clean.any()
    x += 0.5 * np.sin(2 * np.pi * 60.0 * np.arange(len(x)) / 1024)
    psd = ec.welch_psd(x, 1024.0)
    mask = ec.notch_lines(psd, extra=[(118, 122)])
    f = psd.frequencies
    assert mask[np.abs(f - 60) < 1].all()
    assert mask[(f >= 118) & (f <= 122)].all()
    assert mask.mean() < 0.05
    assert mask.on([60.03, 300.0]).tolist() == [True, False]
    strain = ec.Strain.from_array(x[: 16 * 1024], 1024.0)
    data = ec.prepare([strain], [psd], mask=mask)
    assert data.inverse_psd[0, (60 * 16)] == 0
    assert data.inverse_psd[0, (300 * 16)] > 0
    plain = ec.prepare(strain, psd, mask=np.asarray(mask))
    assert plain.inverse_psd[0, (60 * 16)] == 0
    bands = ec.prepare(strain, 2 / 1024, mask=[(59, 61)])
    assert np.sum(bands.inverse_psd == 0) == 2 * 16 + 1 + 1


def test_preparing_bad_data_says_so() -> None:
    x = np.random.default_rng(0).normal(size=8192)
    strain = ec.Strain.from_array(x, 1024.0)
    psd = ec.welch_psd(x, 1024.0, segment=1024)
    for call, kind, words in [
        (lambda: ec.prepare([strain, strain.cut(0, 4.0)], psd), InputError, "one rate and duration"),
        (lambda: ec.prepare(strain, np.ones(17)), ShapeError, "17 frequencies"),
        (lambda: ec.prepare([strain, strain], [psd]), ShapeError, "1 densities for 2"),
        (lambda: ec.prepare(strain, 0.0), InputError, "zero or negative"),
        (lambda: ec.welch_psd(x[:100], 1024.0), InputError, "no two segments"),
        (lambda: ec.welch_psd(np.zeros(8192), 1024.0), InputError, "silent"),
        (lambda: ec.welch_psd(x, 1024.0, method="max"), UnknownNameError, "mean or median"),
    ]:
        with pytest.raises(kind, match=words):
            call()
    with pytest.warns(UserWarning, match="after the echoes"):
        ec.prepare(strain, psd, onset=-0.5)
    assert ec.prepare(strain, psd, onset=4.0).duration == 4.0


def _settled(free: bool, density: str = "uniform") -> Any:
    f = np.arange(2048) / 4
    data = ec.DetectorData.of(f, np.zeros(2048), 1.0)
    prior = ec.UniEwPrior((None, 1.0), (0.1, 2.0), (3.0, 8.0), (50.0, 200.0), free, density)
    return prior.settled(data), data


@pytest.mark.parametrize("free", [False, True])
@pytest.mark.parametrize("density", ["uniform", "proportional"])
def test_prior_density_integrates_to_one_and_draws_follow_it(free: bool, density: str) -> None:
    prior, _ = _settled(free, density)
    theta = prior.sample(60_000, 0)
    assert np.all(np.isfinite(prior.ln_density(theta)))
    low = prior.width[0]
    volume = (prior.width[1] - low) * 1.9 * 5.0 * (150.0**2 if free else 1.0)
    rng = np.random.default_rng(1)
    box = np.stack(
        [rng.uniform(low, 1.0, 200_000), rng.uniform(0.1, 2.0, 200_000), rng.random(200_000),
         rng.uniform(3, 8, 200_000),
         *(rng.uniform(50, 200, (2, 200_000)) if free else np.tile([[50.0], [200.0]], 200_000))], axis=1,
    )  # fmt: skip
    mass = np.exp(prior.ln_density(box))
    assert abs(mass.mean() * volume - 1) < 5 * mass.std() * volume / np.sqrt(200_000)
    inside = box[:, 3] < 5.0
    share = float(np.sum(mass[inside]) / np.sum(mass))
    assert abs(np.mean(theta[:, 3] < 5.0) - share) < 0.01


@pytest.mark.parametrize("free", [False, True])
@pytest.mark.parametrize("density", ["uniform", "proportional"])
def test_the_unit_cube_is_carried_to_the_prior(free: bool, density: str) -> None:
    """Quantiles of every parameter, and of the length of bands, against draws by rejection."""
    prior, _ = _settled(free, density)
    n = 40_000
    mapped = prior.transform(np.random.default_rng(5).random((n, 6 if free else 4)))
    drawn = prior.sample(n, 6)
    assert np.all(np.isfinite(prior.ln_density(mapped)))
    columns = [(x[:, k] for x in (mapped, drawn)) for k in range(6 if free else 4)]
    columns += [(x[:, 5] - x[:, 4] - 10 * x[:, 3] for x in (mapped, drawn))] if free else []
    for ours, theirs in columns:
        both = np.sort(np.concatenate([ours, theirs]))
        gap = (
            np.abs(np.searchsorted(np.sort(ours), both, "right") - np.searchsorted(np.sort(theirs), both, "right")) / n
        )
        # Kolmogorov and Smirnov, a chance of 1e-4.
        assert gap.max() < 2.23 * np.sqrt(2 / n)


def test_prior_from_a_remnant() -> None:
    prior = ec.UniEwPrior.from_remnant(mass=68.0, spin=0.69, redshift=0.09, eta=(1, 4))
    unit = 68.0 * 1.09 * 4.925490947641267e-06
    assert abs(prior.spacing[1] / prior.spacing[0] - 4) < 1e-12
    assert prior.free_band
    assert abs(prior.band[1] * unit - 0.0844333) < 1e-6
    fifty = ec.UniEwPrior.from_remnant(mass=50.0, spin=0.69)
    assert abs(fifty.spacing[1] * 50 * 4.925490947641267e-06 - 0.00229680) < 3e-6
    with pytest.raises(InputError, match="spin"):
        ec.UniEwPrior.from_remnant(68.0, 1.0)


def test_priors_that_do_not_fit_say_so() -> None:
    _, data = _settled(False)
    ok: dict[str, Any] = {"width": (None, 1.0), "spacing": (3.0, 8.0), "band": (50.0, 200.0)}
    for changes, words in [
        ({"spacing": (0.3, 8.0)}, "too short"),
        ({"band": (50.0, 900.0)}, "highest frequency"),
        ({"width": (0.1, 1.0)}, "below one over the duration"),
        ({"width": (None, 0.2)}, "take more data"),
        ({"band": (50.0, 70.0)}, "min_modes"),
        ({"spacing": (8.0, 3.0)}, "growing"),
        ({"spacing_density": "flat"}, "uniform or proportional"),
    ]:
        with pytest.raises(InputError, match=words):
            ec.UniEwPrior(**{**ok, **changes}).settled(data)
