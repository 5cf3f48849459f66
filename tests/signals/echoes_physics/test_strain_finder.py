"""`find` on strain: a comb is found and measured, noise is called noise, and what is no strain is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import symmeter as sm
from symmeter.cli import main
from symmeter.errors import InputError, InputTypeError, MissingFileError
from symmeter.signals.echoes.strain_record import StrainRecord
from symmeter.signals.echoes.translation_symmetry import SpectrumShift, translation_defect

EXAMPLE = Path(__file__).parents[3] / "examples" / "strain" / "echoes.npz"


@pytest.fixture(scope="module")
def report():
    return sm.find(str(EXAMPLE))


def test_a_comb_is_a_translation_symmetry(report):
    best = report.best
    assert best.group.name == "Z"
    assert best.evidence["spacing"] == pytest.approx(6.47, rel=0.02)
    assert best.evidence["ln_bayes_factor"] > 20
    assert best.verdict == "symmetric"
    assert best.interval[1] < 0.7
    assert any("the spacing grows by" in note for note in best.notes)
    assert [r.group for r in report.ladder] == ["C1", "Z"]
    assert "repeats every 6." in report.summary
    assert report.to_json()["findings"][0]["group"] == "Z"
    assert report.citations == ("echo-search",)


def test_the_report_is_drawn(report, tmp_path):
    page = report.save(tmp_path / "report.html").read_text()
    assert "shift by 6." in page
    assert "Periodogram of spacings" in page
    # Translations by whole spacings are infinitely many, and no continuum; nothing is said of second moments.
    assert "infinite" in page
    assert "continuous" not in page
    assert "second moments" not in page
    picture = report.best.picture
    rows, columns = picture.grid
    table = picture.before.reshape(rows, columns)
    assert table.mean(0).argmax() == pytest.approx(columns // 2, abs=1)
    np.testing.assert_array_equal(picture.after.reshape(rows, columns)[:-1], table[1:])
    (section,) = report.sections
    ((_, x, y),) = section.curves
    assert x[int(np.argmax(y))] == pytest.approx(6.52, rel=0.01)


def test_noise_is_called_noise():
    x = np.random.default_rng(1).standard_normal(6 * 512)
    report = sm.find(StrainRecord(x, 512.0))
    assert report.best.verdict == "unidentifiable"
    assert "No comb" in report.summary


def test_what_is_refused(tmp_path, capsys):
    x = np.random.default_rng(1).standard_normal(4096)
    with pytest.raises(MissingFileError, match="does not exist"):
        sm.find(str(tmp_path / "nowhere.hdf5"))
    with pytest.raises(InputError, match="goes with a table"):
        sm.find(StrainRecord(x, 512.0), n=4)
    with pytest.raises(InputTypeError, match="goes with a model"):
        sm.find(StrainRecord(x, 512.0), output="x")
    with pytest.raises(InputError, match="holds 1 s"):
        sm.find(StrainRecord(x[:512], 512.0))
    with pytest.raises(InputError, match="sampled at 64 Hz"):
        sm.find(StrainRecord(x, 64.0))
    with pytest.raises(InputError, match="goes with a shape"):
        sm.find(StrainRecord(x, 512.0), tol=0.1)
    (tmp_path / "cut.hdf5").write_bytes(b"not HDF5 at all")
    assert main(["find", str(tmp_path / "cut.hdf5")]) == 2
    error = capsys.readouterr().err.strip()
    assert "does not begin like it" in error
    assert "\n" not in error


def _lines(seed: int, heights: str, teeth: int = 30):
    """Matched lines in noise: all alike, or with exponential powers."""
    from symmeter.signals import echoes as ec
    from symmeter.signals.echoes.off_source import gaussian_noise

    comb = ec.Comb(0.5, 0.6, 0.3, 8.0, 60.0, 60.0 + 8.0 * teeth)
    blank = ec.DetectorData.of(np.arange(2048) / 4, np.zeros(2048), 2 / 1024)
    likelihood = "per-mode" if heights == "alike" else "amplitude-free"
    return ec.EchoLikelihood(ec.inject_comb(gaussian_noise(blank, seed), comb, seed, likelihood)), comb


def test_the_defect_of_lines_in_noise_is_that_of_the_wave_beneath():
    """Equal lines repeat; exponential powers have half of their structure in common, noise or not."""
    from symmeter.signals.echoes.translation_symmetry import comb_defect

    equal = [comb_defect(*_lines(k, "alike")) for k in range(6)]
    uneven = [comb_defect(*_lines(k, "free")) for k in range(6)]
    assert np.mean([x.defect**2 for x in equal]) < 0.12
    assert max(x.interval[0] for x in equal) < 0.1
    assert np.mean([x.defect**2 for x in uneven]) == pytest.approx(0.5, abs=0.15)
    # Few lines say little, and the interval says so.
    few = [comb_defect(*_lines(k, "free", teeth=5)) for k in range(6)]
    assert np.mean([x.interval[1] - x.interval[0] for x in few]) > np.mean(
        [x.interval[1] - x.interval[0] for x in uneven]
    )
    like, comb = _lines(0, "alike")
    with pytest.raises(InputError, match="three are needed"):
        comb_defect(like, comb.replace(fmax=74.0))


def test_verdicts_say_what_intervals_allow():
    from symmeter.signals.echoes.strain_finder import _verdict

    assert _verdict((0.0, 0.4), 0.2) == "symmetric"
    assert _verdict((0.0, 0.9), 0.2) == "undecided"
    assert _verdict((0.2, 0.6), 0.4) == "nearly"
    assert _verdict((0.6, 0.9), 0.8) == "broken"


def test_archives_of_strain_are_known_by_their_arrays(tmp_path):
    from symmeter.subjects.strain import is_strain_path

    np.savez(tmp_path / "a.npz", strain=np.zeros(100), dt=1.0)
    np.savez(tmp_path / "b.npz", strain=np.zeros(100))
    np.savez(tmp_path / "c.npz", x=np.zeros(100), dt=1.0)
    (tmp_path / "d.npz").write_bytes(b"PK nothing")
    assert [is_strain_path(tmp_path / f"{name}.npz") for name in "abcde"] == [True, False, False, False, False]


def _comb(teeth_alike: bool, rng: np.random.Generator):
    f = np.arange(16000) / 64.0
    power = np.ones(len(f))
    for n in range(1, 62):
        height = 30.0 if teeth_alike else 30.0 * rng.exponential()
        power += height * (np.abs(f - 4.0 * n) < 0.1)
    return power, f


def test_the_defect_is_zero_for_equal_teeth_and_grows_when_they_differ():
    rng = np.random.default_rng(0)
    equal = [translation_defect(p * rng.exponential(size=len(p)), f, 4.0, 0.0, 0.05)
             for p, f in (_comb(True, rng) for _ in range(6))]  # fmt: skip
    unequal = [translation_defect(p * rng.exponential(size=len(p)), f, 4.0, 0.0, 0.05)
               for p, f in (_comb(False, rng) for _ in range(6))]  # fmt: skip
    # Squared, the estimate has no bias: exponential heights leave E[h]^2 / E[h^2] = 1/2 of the structure in common.
    assert np.mean([x.defect**2 for x in equal]) < 0.1
    assert np.mean([x.defect**2 for x in unequal]) == pytest.approx(0.5, abs=0.15)
    flat = translation_defect(rng.exponential(size=16000), np.arange(16000) / 64.0, 4.0, 0.0, 0.05)
    assert flat.defect > 0.8
    with pytest.raises(InputError, match="whole periods"):
        translation_defect(np.ones(100), np.arange(100) / 64.0, 4.0, 0.0, 0.05)


def test_the_action_averages_teeth():
    f = np.arange(1000) / 10.0
    action = SpectrumShift(f, 5.0, 0.0)
    x = np.random.default_rng(2).random(1000)
    y = action.project(x)
    np.testing.assert_allclose(action.project(y), y)
    np.testing.assert_allclose(y[:50], x.reshape(20, 50).mean(0))
    assert 10.0 in action.group
    assert 7.0 not in action.group
    with pytest.raises(InputError):
        action.average(np.eye(3))
