"""Noise that is not what a search assumes: leakage of low frequencies, wrong densities, noise that detectors share."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from symmeter.errors import InputError
from symmeter.signals import echoes as ec
from symmeter.signals.echoes.noise_checks import excess_power, noise_notes

RATE = 1024.0
REMNANT = ec.UniEwPrior.from_remnant(68.0, 0.69, 0.09)
SMALL = ec.UniEwPrior((None, 1.0), (0.0, 0.35), (4.0, 8.0), (60.0, 200.0))


def _ground(seconds: float, seed: int) -> Any:
    """Noise of a detector as it comes: above 10 Hz by design, below a wall of ground motion, as (10 Hz / f)**7."""
    total = round(seconds * RATE)
    f = np.arange(total // 2 + 1) * (RATE / total)
    asd = ec.design_asd("aligo", np.maximum(f, 10.4)) * np.maximum(10.4 / np.maximum(f, 1.0), 1.0) ** 7
    # Cut out of a longer stretch: a Fourier series would be periodic, and leak nothing.
    x = ec.coloured_noise(asd**2, seconds, RATE, rng=seed)
    return ec.Strain.from_array(x, RATE, detector="H1")


@pytest.fixture(scope="module")
def raw() -> Any:
    return _ground(96.0, 0)


def test_raw_strain_leaks_and_says_so(raw: Any) -> None:
    on, psd = raw.cut(64.0, 16.0), ec.welch_psd(raw.cut(8.0, 50.0), segment=512, method="median")
    with pytest.warns(ec.UnlikelyNoise, match="times the power of its psd"):
        found = ec.search(on, psd, REMNANT, draws=2000, peaks=8)
    assert len(found.notes) == 1
    assert "high-pass" in found.notes[0]
    assert found.summary()["notes"] == list(found.notes)
    assert "\n" not in found.notes[0]


def test_high_passed_strain_is_noise_of_its_density(raw: Any) -> None:
    quiet = raw.high_passed(15.0)
    on, psd = quiet.cut(64.0, 16.0), ec.welch_psd(quiet.cut(8.0, 50.0), segment=512, method="median")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = ec.search(on, psd, REMNANT, draws=4000)
    assert found.notes == ()
    assert found.ln_bayes_factor < 0
    data = found.likelihood.data
    f = data.frequencies
    assert np.all(data.inverse_psd[0, f < 15.0] == 0)
    for low, high in ((15, 25), (25, 60), (60, 240)):
        bins = (f >= low) & (f < high)
        power = 2 * data.df * np.abs(data.spectra[0, bins]) ** 2 * data.inverse_psd[0, bins]
        assert power.mean() == pytest.approx(1.0, abs=5 / np.sqrt(bins.sum()) + 0.05)
    # Against the density that was drawn from, with no estimate between.
    known = ec.DetectorData.of(f, data.spectra, np.maximum(ec.design_psd("aligo", np.maximum(f, 10.4)), 1e-60))
    assert max(ratio for _, _, ratio in excess_power(known, (20.0, 240.0))) < 1.3


def test_the_filter_keeps_phases_and_what_lies_above() -> None:
    t = np.arange(8 * 1024) / RATE
    wave = np.sin(2 * np.pi * 31.0 * t + 0.4) * np.exp(-(((t - 4.0) / 0.5) ** 2))
    filtered = ec.Strain.from_array(wave + 1e5 * np.cos(2 * np.pi * 0.7 * t), RATE).high_passed(15.0)
    middle = slice(2048, 6144)
    assert np.abs(filtered.values - wave)[middle].max() < 1e-3
    assert filtered.lowest == filtered.cut(1.0, 2.0).lowest == 15.0
    for wrong in (0.0, 512.0, np.nan):
        with pytest.raises(InputError, match="high_pass"):
            filtered.high_passed(wrong)


def test_files_are_filtered_before_they_are_cut(raw: Any, tmp_path: Any) -> None:
    np.savez(tmp_path / "x.npz", strain=raw.values, sample_rate=RATE, start=100.0, detector="H1")
    read = ec.Strain.from_gwosc(tmp_path / "x.npz", start=130.0, duration=8.0, high_pass=15.0)
    np.testing.assert_array_equal(read.values, raw.high_passed(15.0).cut(30.0, 8.0).values)
    plain = ec.Strain.from_gwosc(tmp_path / "x.npz", start=130.0, duration=8.0)
    np.testing.assert_array_equal(plain.values, raw.cut(30.0, 8.0).values)


def _strain(seed: int, name: str) -> Any:
    return ec.Strain.from_array(np.random.default_rng(seed).normal(size=4 * 1024), RATE, detector=name)


@pytest.mark.parametrize("coherent", [True, False])
def test_one_noise_given_twice_is_refused(coherent: bool) -> None:
    one, other = _strain(0, "H1"), _strain(0, "L1")
    late = ec.Strain.from_array(np.roll(3.0 * one.values, 7), RATE, detector="L1")
    for second, psd in ((other, 2 / RATE), (late, [2 / RATE, 18 / RATE])):
        with pytest.raises(InputError, match="H1 and L1 hold the same noise") as caught:
            ec.search([one, second], psd, SMALL, coherent=coherent, draws=1000)
        assert "\n" not in str(caught.value)


def test_noise_that_is_partly_shared_is_told() -> None:
    rng = np.random.default_rng(1)
    common = rng.normal(size=4096)
    pair = [
        ec.Strain.from_array(np.sqrt(0.7) * rng.normal(size=4096) + np.sqrt(0.3) * common, RATE, detector=name)
        for name in ("H1", "L1")
    ]
    with pytest.warns(ec.UnlikelyNoise, match="share more than this comb"):
        found = ec.search(pair, 2 / RATE, SMALL, draws=2000, peaks=8)
    (note,) = found.notes
    assert "H1 and L1" in note


def test_signals_are_no_shared_noise() -> None:
    comb = ec.Comb(0.5, 0.4, 0.3, 5.5, 60.0, 200.0)
    f = np.arange(4 * 512 + 1) / 4
    wave = np.fft.irfft(comb.template(f), 4096) * RATE
    pair = [
        ec.Strain.from_array(_strain(k, name).values + wave, RATE, detector=name) for k, name in ((3, "H1"), (4, "L1"))
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error", ec.UnlikelyNoise)
        found = ec.search(pair, 2 / RATE, SMALL, draws=2000)
    assert found.notes == ()
    assert found.snr > 20
    # Without noise, detectors that are alike hold the same wave.
    data = ec.DetectorData.of(f[:-1], np.tile(comb.template(f[:-1]), (2, 1)), 2 / RATE)
    assert ec.search(data, prior=SMALL, draws=1000, peaks=4).ln_bayes_factor > 100


@pytest.mark.filterwarnings("ignore::symmeter.signals.echoes.noise_checks.UnlikelyNoise")
def test_a_detector_that_sees_another_comb_is_named() -> None:
    f = np.arange(4 * 512 + 1) / 4
    loud = ec.Comb(0.5, 0.5, 0.3, 5.5, 60.0, 200.0)
    wave = np.fft.irfft(loud.template(f), 4096) * RATE
    pair = [ec.Strain.from_array(_strain(5, "H1").values + wave, RATE, detector="H1"), _strain(6, "L1")]
    with pytest.warns(ec.UnlikelyNoise, match="L1 saw a squared"):
        found = ec.search(pair, 2 / RATE, SMALL.replace(amplitude=(0.0, 1.0)), draws=2000)
    assert any(note.startswith("L1 saw") and "less" in note for note in found.notes)


def test_chances_of_agreeing_phases_are_honest() -> None:
    """Of 300 pairs of independent noise as many fall below a chance as the chance says, or fewer: lags are many."""
    chances = []
    for seed in range(300):
        d = np.random.default_rng(seed).standard_normal((2, 2, 1200))
        data = ec.DetectorData.of(np.arange(1200) / 4, d[0] + 1j * d[1], 2.0)
        chances.append(ec.shared_noise(data, (20.0, 290.0))[0].chance)
        assert not any("share" in note for note in noise_notes(data, (20.0, 290.0)))
    for level in (0.05, 0.2):
        assert np.mean(np.array(chances) < level) < level + 3 * np.sqrt(level / 300)
    assert min(chances) < 0.2


def test_raw_strain_is_searched_from_the_shell_and_by_find(
    raw: Any, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Files are high-passed before they are cut: ground motion is no comb."""
    import json

    import symmeter as sm
    from symmeter.cli import main

    path = str(tmp_path / "raw.npz")
    np.savez(path, strain=raw.values, sample_rate=RATE, start=0.0, detector="H1")
    words = ["signals", "echoes", "search", path, "--mass", "68", "--spin", "0.69", "--start", "60", "--duration", "12",
             "--draws", "2000", "--json", "--quiet"]  # fmt: skip
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ln_bayes_factor"] < 1
    assert not any("times the power" in note for note in found["notes"])
    assert main([*words, "--high-pass", "0"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert any("times the power" in note for note in found["notes"])
    report = sm.find(path, kind="strain")
    assert report.best.verdict == "unidentifiable"
    # Public files of 32 s: the half that is searched ends where the filter rings.
    np.savez(path, strain=raw.values[: 32 * 1024], sample_rate=RATE, start=0.0, detector="H1")
    assert sm.find(path).best.verdict == "unidentifiable"
    short = [
        "signals",
        "echoes",
        "search",
        path,
        "--mass",
        "68",
        "--spin",
        "0.69",
        "--draws",
        "2000",
        "--json",
        "--quiet",
    ]
    assert main(short) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["duration"] == 28.0
    assert found["ln_bayes_factor"] < 1
    assert main([*short, "--start", "0.5"]) == 0
    assert any("rings for 2 s" in note for note in json.loads(capsys.readouterr().out)["notes"])


def test_stretches_off_source_keep_clear_of_ringing_ends(raw: Any) -> None:
    quiet = raw.cut(0.0, 26.0).high_passed(15.0)
    psd = ec.welch_psd(raw.high_passed(15.0).cut(30.0, 50.0), segment=512, method="median")
    prior = REMNANT.replace(band=(20.0, 231.0))
    noise = ec.background(quiet, psd, prior, 4.0, statistic="scan")
    assert len(noise) == 5
    # The best of noise lies about 11; the ends of the filter would give millions.
    assert noise.values.max() < 40
