"""Likelihoods of combs against values of an independent computation, identities, and a second method."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from symmeter.errors import InputError, NonFiniteError, ShapeError, UnknownNameError
from symmeter.signals import echoes as ec

TRUTH = ec.Comb(0.3, 0.1, 0.4, 6.5, 60.0, 300.0)


def _data(
    seed: int | None = 7, t: int = 8, rate: int = 2048, comb: Any = TRUTH, detectors: int = 1, **more: Any
) -> Any:
    n = t * rate
    f = np.arange(n // 2) / t
    rng = np.random.default_rng(seed)
    noise = [np.fft.fft(rng.normal(size=n))[: n // 2] / rate if seed is not None else 0.0 for _ in range(detectors)]
    h = 0.0 if comb is None else comb.template(f, truncation="reference")
    return ec.DetectorData.of(f, np.array([x + h + np.zeros(n // 2) for x in noise]), 2.0 / rate, **more)


@pytest.mark.parametrize("truncation", ["exact", "reference"])
def test_values_of_an_independent_computation(truncation: str) -> None:
    loud, silent = _data(), _data(None)
    new = ec.EchoLikelihood(loud, truncation=truncation, engine="numpy")
    old = ec.EchoLikelihood(loud, "per-bin", truncation=truncation, engine="numpy")
    assert abs(new(TRUTH) - 45.98330054933) < 1e-11 * 100
    assert abs(old(TRUTH) - 25.91322628194) < 1e-9
    assert abs(new.snr(TRUTH) - 14.42202611) < 5e-9
    assert np.count_nonzero(TRUTH.template(loud.frequencies)) == 222
    assert abs(ec.EchoLikelihood(silent, engine="numpy")(TRUTH) - 38.97086034) < 5e-9
    assert abs(ec.EchoLikelihood(silent, "per-bin", engine="numpy")(TRUTH) + 10.07942692) < 5e-9


def test_signal_to_noise_of_the_published_configuration() -> None:
    comb, f = ec.Comb(0.25, 0.077, 0.3, 5.83, 50.0, 339.0), np.arange(52 * 2048) / 52
    assert abs(comb.snr(f, 2 / 4096) - 16.105) < 5e-4
    limit = np.sqrt(50 * 4 * 0.077**2 * 0.25 / (2 * np.pi) * 2 * np.arctan(4.899) / (2 / 4096))
    assert abs(limit - 16.268) < 5e-4
    # A cut at a fifth of the peak keeps 87.18 % of the power of a line.
    assert abs(2 * np.arctan(np.sqrt(24.0)) / np.pi - 0.8718) < 5e-5


def test_ln_bessel_is_the_mean_over_phases_and_does_not_overflow() -> None:
    phases = 2 * np.pi * np.arange(64) / 64
    assert abs(np.log(np.mean(np.exp(3.7 * np.cos(phases)))) - 2.167751999143) < 1e-12
    assert abs(ec.ln_bessel_i0(3.7) - 2.167751999143) < 1e-12
    assert np.isfinite(ec.ln_bessel_i0(1e8))


@pytest.mark.parametrize("kind", ec.LIKELIHOODS)
def test_symmetries(kind: str) -> None:
    data = _data()
    like = ec.EchoLikelihood(data, kind, engine="numpy")
    value = like(TRUTH)
    assert like(TRUTH.replace(amplitude=0.0)) == 0.0
    assert abs(like(TRUTH.replace(phase=1.4)) - value) < 1e-9
    from dataclasses import replace

    c = 3.7
    if kind != "amplitude-free":
        scaled = replace(data, spectra=c * data.spectra, inverse_psd=data.inverse_psd / c**2)
        assert abs(ec.EchoLikelihood(scaled, kind, engine="numpy")(TRUTH.replace(amplitude=0.1 * c)) - value) < 1e-10
    line = TRUTH.modes(data.frequencies)
    rng = np.random.default_rng(0)
    per_mode = np.exp(2j * np.pi * rng.random(line.max() + 1))[line]
    turned = replace(data, spectra=data.spectra * per_mode)
    assert abs(ec.EchoLikelihood(turned, kind, engine="numpy")(TRUTH) - value) < 1e-10
    per_bin = np.exp(2j * np.pi * rng.random(len(line)))
    scrambled = ec.EchoLikelihood(replace(data, spectra=data.spectra * per_bin), kind, engine="numpy")(TRUTH)
    assert (abs(scrambled - value) < 1e-10) == (kind == "per-bin")


def test_masked_bins_are_removed_bins() -> None:
    data = _data()
    mask = np.zeros(len(data.frequencies), dtype=bool)
    mask[(data.frequencies > 100) & (data.frequencies < 130)] = True
    loud = data.spectra.copy()
    loud[:, mask] *= 1e6
    cut = ec.DetectorData.of(data.frequencies, loud, 2 / 2048, mask=mask)
    for kind in ("per-mode", "per-bin"):
        got = ec.EchoLikelihood(cut, kind, engine="numpy")(TRUTH)
        h = TRUTH.template(data.frequencies)
        kept = (h != 0) & ~mask
        x = 4 / 8 * data.spectra[0] * h.conj() / (2 / 2048)
        r = 2 / 8 * np.abs(h) ** 2 / (2 / 2048)
        line = TRUTH.modes(data.frequencies)
        if kind == "per-bin":
            want = np.sum(ec.ln_bessel_i0(np.abs(x[kept])) - r[kept])
        else:
            want = sum(
                ec.ln_bessel_i0(abs(x[kept & (line == n)].sum())) - r[kept & (line == n)].sum()
                for n in np.unique(line[kept])
            )
        assert abs(got - want) < 1e-9


def test_one_bin_a_mode_makes_both_likelihoods_equal() -> None:
    # Spacings of two bins leave one bin to each line.
    n, t = 4096, 4
    f = np.arange(n // 2) / t
    d = np.fft.fft(np.random.default_rng(0).normal(size=n))[: n // 2] / 1024
    data = ec.DetectorData.of(f, d, 2 / 1024)
    comb = ec.Comb(0.25, 0.3, 0.0, 0.5, 20.0, 100.0)
    assert np.count_nonzero(comb.template(f)) == len(np.unique(comb.modes(f)[comb.template(f) != 0]))
    new, old = (ec.EchoLikelihood(data, k, engine="numpy")(comb) for k in ("per-mode", "per-bin"))
    assert abs(new - old) < 1e-10


def test_noise_free_value_has_the_asymptotic_form() -> None:
    like = ec.EchoLikelihood(_data(None), engine="numpy")
    _, _, r = like.modes(TRUTH)
    z = 2 * r.sum(0)
    seen = z > 0
    assert seen.sum() == 37
    rough = like.snr(TRUTH) ** 2 / 2 - np.sum(np.log(2 * np.pi * z[seen]) / 2 - 1 / (8 * z[seen]))
    assert abs(rough - like(TRUTH)) < 0.5


def test_exact_truncation_is_the_transform_of_a_damped_line() -> None:
    t, rate, w, f0 = 4.0, 8192.0, 1.3, 100.3
    times = (np.arange(int(t * rate)) + 0.5) / rate
    line = np.exp(-w * times + 2j * np.pi * f0 * times)
    f = np.arange(2048) / t
    comb = ec.Comb(w, 1.0, f0 / 50 - 2, 50.0, 90.0, 110.0)
    h = comb.template(f)
    kept = np.flatnonzero(h)
    kept = kept[np.abs(f[kept] - f0) < 1.0]
    direct = np.array([np.sum(line * np.exp(-2j * np.pi * f[j] * times)) / rate for j in kept]) * w
    assert np.abs(h[kept] - direct).max() < 1e-5
    other = ec.comb_template(comb, f, truncation="reference")[kept]
    assert np.allclose(np.abs(other), np.abs(h[kept]))
    assert np.abs(other - h[kept]).max() > 1e-3


def test_reference_and_exact_coincide_with_centres_on_bins_or_long_data() -> None:
    f = np.arange(2048) / 4
    on_bins, long = ec.Comb(0.4, 1.0, 0.0, 6.5, 50.0, 200.0), ec.Comb(8.0, 1.0, 0.37, 6.5, 50.0, 200.0)
    for comb, bound in ((on_bins, 1e-12), (long, 1e-12)):
        gap = ec.comb_template(comb, f) - ec.comb_template(comb, f, truncation="reference")
        assert np.abs(gap).max() < bound


@pytest.mark.parametrize("kind", ec.LIKELIHOODS)
@pytest.mark.parametrize("more", [{}, {"cap": 2.0}, {"student": 3.0}])
def test_compiled_and_plain_agree(kind: str, more: dict[str, float]) -> None:
    pytest.importorskip("numba")
    data = _data(detectors=2, antenna=[0.8 + 0.3j, -0.5j], delays=[0.0, 0.007])
    rng = np.random.default_rng(1)
    theta = np.stack(
        [np.exp(rng.uniform(np.log(0.125), 0, 60)), rng.uniform(0, 0.4, 60), rng.random(60), rng.uniform(2, 9, 60),
         rng.uniform(20, 60, 60), rng.uniform(150, 400, 60), rng.choice([0.0, 0.1], 60)], axis=1,
    )  # fmt: skip
    for coherent in (True, False):
        like = ec.EchoLikelihood(data, kind, coherent=coherent, **more)
        plain, fast = like.batch(theta, "numpy"), like.batch(theta, "numba")
        assert np.abs(fast - plain).max() < 1e-7 * (1 + np.abs(plain).max())


def test_networks_against_the_formulas() -> None:
    antenna, delays = np.array([0.8 + 0.3j, -0.2 - 0.5j]), np.array([0.0, 0.004])
    noise = _data(3, comb=None, detectors=2, antenna=antenna, delays=delays)
    data = noise.plus(TRUTH.template(noise.frequencies))
    h = TRUTH.template(data.frequencies)
    line = TRUTH.modes(data.frequencies)
    lines = np.unique(line[h != 0])
    coherent, incoherent = 0.0, 0.0
    for n in lines:
        own = line == n
        f_n = (n + TRUTH.phase) * TRUTH.spacing
        z, r = 0.0j, 0.0
        for i in range(2):
            z_i = (
                4
                / 8
                * np.sum(
                    data.spectra[i, own]
                    * h[own].conj()
                    * np.exp(2j * np.pi * (data.frequencies[own] - f_n) * delays[i])
                )
                / (2 / 2048)
            )
            r_i = 2 / 8 * np.sum(np.abs(h[own]) ** 2) / (2 / 2048)
            z += antenna[i].conj() * np.exp(2j * np.pi * f_n * delays[i]) * z_i
            r += abs(antenna[i]) ** 2 * r_i
            incoherent += ec.ln_bessel_i0(abs(antenna[i] * z_i)) - abs(antenna[i]) ** 2 * r_i
        coherent += ec.ln_bessel_i0(abs(z)) - r
    assert abs(ec.EchoLikelihood(data, engine="numpy")(TRUTH) - coherent) < 1e-9
    assert abs(ec.EchoLikelihood(data, coherent=False, engine="numpy")(TRUTH) - incoherent) < 1e-9
    assert coherent > incoherent
    assert abs(data.snr(h) - ec.EchoLikelihood(data).snr(TRUTH)) < 1e-9


def test_amplitude_free_is_the_average_over_gaussian_amplitudes() -> None:
    from numpy.polynomial.hermite import hermgauss

    like = ec.EchoLikelihood(_data(), "amplitude-free", engine="numpy")
    small = TRUTH.replace(amplitude=0.02)
    _, z, r = ec.EchoLikelihood(_data(), engine="numpy").modes(TRUTH.replace(amplitude=1.0))
    x, w = hermgauss(120)
    total = 0.0
    for z_n, r_n in zip(z[0], r[0]):
        a = 0.02 * np.sqrt(2.0) * (x[:, None] + 1j * x)
        total += np.log(np.sum(w[:, None] * w / np.pi * np.exp((z_n * a.conj()).real - np.abs(a) ** 2 * r_n)))
    assert abs(like(small) - total) < 1e-8


def test_a_late_start_costs_phase_and_the_seventh_parameter_gives_it_back() -> None:
    comb = ec.Comb(3.0, 0.05, 0.4, 6.5, 60.0, 300.0, 0.3)
    data = _data(None, comb=None)
    late = data.plus(comb.template(data.frequencies))
    like = ec.EchoLikelihood(late, engine="numpy")
    assert like(comb) > like(comb.replace(t_offset=0.0)) + 5
    assert (
        abs(
            like(comb)
            - ec.EchoLikelihood(data.plus(comb.replace(t_offset=0.0).template(data.frequencies)), engine="numpy")(
                comb.replace(t_offset=0.0)
            )
        )
        < 1e-8
    )


def test_one_loud_bin_rules_no_robust_statistic() -> None:
    data = _data(comb=None)
    loud = data.spectra.copy()
    j = round((20 + 0.4) * 6.5 * 8)
    loud[0, j] += 5.0
    from dataclasses import replace

    glitch = replace(data, spectra=loud)
    assert ec.EchoLikelihood(glitch)(TRUTH) > 50
    assert ec.EchoLikelihood(glitch, cap=5.0)(TRUTH) < 5
    assert ec.EchoLikelihood(glitch, student=2.0)(TRUTH) < 10


@pytest.mark.parametrize(("t", "new_old"), [(1, (18.6, 14.4)), (4, (63.9, 50.6)), (12, (None, 42.2))])
def test_medians_at_the_truth_of_the_published_comb(t: int, new_old: tuple[float | None, float]) -> None:
    """Twenty seeds, by an independent prototype; its new one at 12 s, 72.8, is ours but 0.36 (an error of 4.8)."""
    comb = ec.Comb(0.25, 0.077, 1.26 / 5.83, 5.83, 50.0, 339.0)
    new, old = [], []
    for seed in range(20):
        data = _data(seed, t, 4096, comb)
        new.append(ec.EchoLikelihood(data)(comb))
        old.append(ec.EchoLikelihood(data, "per-bin")(comb))
    assert abs(np.median(old) - new_old[1]) < 0.051
    assert abs(np.median(new) - (72.8 if new_old[0] is None else new_old[0])) < (0.5 if new_old[0] is None else 0.051)


def test_bad_input_says_so_in_one_line() -> None:
    f = np.arange(100.0)
    good = np.zeros(100, dtype=complex)
    cases = [
        (lambda: ec.DetectorData.of(f**1.1, good, 1.0), InputError, "even steps"),
        (lambda: ec.DetectorData.of(f, good, np.r_[1.0, 0.0, np.ones(98)]), InputError, "zero or negative at 1 Hz"),
        (lambda: ec.DetectorData.of(f, good, np.ones(50)), ShapeError, "50 frequencies"),
        (lambda: ec.DetectorData.of(f, good * np.nan, 1.0), NonFiniteError, "not finite"),
        (lambda: ec.EchoLikelihood(ec.DetectorData.of(f, good, 1.0), "per-modes"), UnknownNameError, "per-mode"),
        (lambda: ec.EchoLikelihood(ec.DetectorData.of(f, good, 1.0), truncation="exakt"), UnknownNameError, "exact"),
        (lambda: ec.EchoLikelihood(ec.DetectorData.of(f, good, 1.0), cap=-1.0), InputError, "positive"),
        (lambda: ec.Comb(0.0, 1.0, 0.0, 1.0, 0.0, 1.0), InputError, "positive"),
        (lambda: ec.Comb.of([1.0, 2.0]), InputError, "6 or 7"),
        (lambda: ec.Comb.of({"width": 1.0}), InputError, "amplitude"),
    ]
    for call, kind, words in cases:
        with pytest.raises(kind, match=words) as caught:
            call()
        assert "\n" not in str(caught.value)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ec.EchoLikelihood(ec.DetectorData.of(f, good, np.inf))(ec.Comb(1.0, 1.0, 0.0, 9.0, 5.0, 90.0)) == 0.0
