"""Design curves, coloured noise, and strain files of every kind that is read or refused."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from symmeter.errors import FileFormatError, InputError, MissingFileError, NonFiniteError, UnknownNameError
from symmeter.signals.echoes.design_noise import DESIGNS, coloured_noise, design_asd, design_psd
from symmeter.signals.echoes.strain_files import is_strain_path, read_strain


def test_design_curves_have_published_depths():
    # Strain per root hertz at 100 Hz, read off the public curves.
    known = {
        "aligo": 3.99e-24, "aligo-o4": 3.93e-24, "a-plus": 1.87e-24, "virgo": 4.9e-24, "et-d": 3.9e-25,
        "cosmic-explorer": 1.6e-25,
    }  # fmt: skip
    for name, value in known.items():
        assert design_asd(name, [100.0])[0] == pytest.approx(value, rel=0.06), name
    f = np.geomspace(15, 2000, 400)
    for name in DESIGNS:
        values = design_asd(name, f)
        assert np.all(values[np.isfinite(values)] > 0)
        assert np.isinf(design_asd(name, [0.5]))[0]
        assert np.all(np.abs(np.diff(np.log(values[np.isfinite(values)]))) < 0.3)
    np.testing.assert_allclose(design_psd("aligo", f), design_asd("aligo", f) ** 2)
    with pytest.raises(UnknownNameError, match="did you mean aligo"):
        design_asd("alligo", f)


def test_noise_has_the_density_it_was_drawn_from():
    rate, seconds = 512.0, 64.0
    x = np.concatenate([coloured_noise("aligo", seconds, rate, rng=k) for k in range(20)]).reshape(20, -1)
    bins = np.fft.rfft(x) / rate
    density = 2.0 / seconds * np.mean(np.abs(bins) ** 2, axis=0)
    f = np.arange(density.size) / seconds
    used = (f > 20) & (f < 250)
    ratio = density[used] / design_psd("aligo", f[used])
    assert ratio.mean() == pytest.approx(1.0, abs=4 / np.sqrt(20 * used.sum()))
    assert ratio.std() == pytest.approx(1 / np.sqrt(20), rel=0.1)
    # Below the curve its first value goes on.
    assert np.median(density[(f > 1) & (f < 9)]) == pytest.approx(design_psd("aligo", [10.4])[0], rel=0.1)
    white = coloured_noise(2.0 / rate, seconds, rate, rng=1)
    assert white.std() == pytest.approx(1.0, abs=4 / np.sqrt(2 * len(white)))
    np.testing.assert_array_equal(white, coloured_noise(2.0 / rate, seconds, rate, rng=1))
    for wrong in (lambda: coloured_noise(-1.0, 1.0, 64.0), lambda: coloured_noise(1.0, 0.0, 64.0)):
        with pytest.raises(InputError):
            wrong()


def _series(n=4096):
    return np.random.default_rng(0).standard_normal(n)


@pytest.fixture
def archive(tmp_path):
    """A file in the layout of the open science center: 8 s at 512 Hz."""
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "H-H1_4KHZ-1126259446-8.hdf5"
    with h5py.File(path, "w") as file:
        data = file.create_dataset("strain/Strain", data=_series())
        data.attrs["Xspacing"] = 1 / 512
        data.attrs["Xstart"] = 1126259446
        file["meta/GPSstart"] = 1126259446
        file["meta/Duration"] = 8
        file["meta/Detector"] = "H1"
        file["quality/simple/DQmask"] = np.array([1, 1, 1, 0, 127, 127, 126, 127], dtype=np.uint32)
    return path


def test_public_hdf5(archive):
    found = read_strain(archive)
    assert (found.sample_rate, found.start, found.detector, found.duration) == (512.0, 1126259446.0, "H1", 8.0)
    np.testing.assert_array_equal(found.values, _series())
    assert found.good_seconds.tolist() == [True, True, True, False, True, True, False, True]
    assert "2 of 8 seconds" in found.describe()
    part = read_strain(archive, start=1126259448.0, duration=1.5)
    np.testing.assert_array_equal(part.values, _series()[1024:1792])
    assert part.start == 1126259448.0
    assert is_strain_path(archive)
    with pytest.raises(InputError, match="covers 1126259446 to 1126259454"):
        read_strain(archive, start=1126259440.0)
    with pytest.raises(InputError, match="is sampled at 512 Hz"):
        read_strain(archive, sample_rate=4096.0)


def test_other_hdf5(tmp_path):
    h5py = pytest.importorskip("h5py")
    lone = tmp_path / "lone.h5"
    with h5py.File(lone, "w") as file:
        file["channel/data"] = _series(512)
    with pytest.raises(InputError, match="does not say its sample rate"):
        read_strain(lone)
    assert read_strain(lone, sample_rate=128).duration == 4.0
    with h5py.File(lone, "a") as file:
        file["other"] = _series(512)
    with pytest.raises(FileFormatError, match="several long arrays"):
        read_strain(lone, sample_rate=128)
    gaps = tmp_path / "gaps.h5"
    with h5py.File(gaps, "w") as file:
        x = _series(512)
        x[100:200] = np.nan
        file.create_dataset("strain/Strain", data=x).attrs["Xspacing"] = 1 / 128
    with pytest.raises(NonFiniteError, match="100 of 512 samples are NaN"):
        read_strain(gaps)
    assert len(read_strain(gaps, start=2.0).values) == 256
    none = tmp_path / "none.h5"
    with h5py.File(none, "w") as file:
        file["a"] = 3.0
    with pytest.raises(FileFormatError, match="holds no strain"):
        read_strain(none)
    cut = tmp_path / "cut.h5"
    cut.write_bytes(lone.read_bytes()[:300])
    with pytest.raises(FileFormatError, match="cannot be read as HDF5"):
        read_strain(cut)


def test_hdf5_without_h5py(archive, monkeypatch):
    import sys

    from symmeter.errors import MissingDependencyError

    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingDependencyError, match=r"symmeter\[gw\]"):
        read_strain(archive)


def test_plain_arrays_and_text(tmp_path):
    x = _series(600)
    np.savez(tmp_path / "a.npz", strain=x, dt=1 / 128, t0=5.0)
    found = read_strain(tmp_path / "a.npz", duration=2.0)
    assert (found.sample_rate, found.start, len(found.values)) == (128.0, 5.0, 256)
    np.savez(tmp_path / "b.npz", strain=x, time=np.arange(600) / 128 + 3)
    assert read_strain(tmp_path / "b.npz").start == 3.0
    lines = "\n".join(f"{v:.17g}" for v in x)
    head = "# Gravitational wave strain for H1\n# This file has 128 samples per second\n# starting GPS 77 duration 4\n"
    (tmp_path / "c.txt").write_text(head + lines)
    found = read_strain(tmp_path / "c.txt")
    assert (found.sample_rate, found.start, found.detector) == (128.0, 77.0, "H1")
    np.testing.assert_array_equal(found.values, x)
    (tmp_path / "c.txt.gz").write_bytes(gzip.compress((head + lines).encode()))
    assert read_strain(tmp_path / "c.txt.gz").sample_rate == 128.0
    table = "time,strain\n" + "\n".join(f"{10 + k / 128:.6f},{v:.17g}" for k, v in enumerate(x))
    (tmp_path / "d.csv").write_text(table)
    found = read_strain(tmp_path / "d.csv", detector="L1")
    assert (found.sample_rate, found.start, found.detector) == (128.0, 10.0, "L1")


def test_files_that_cannot_be_right(tmp_path):
    def written(name, content):
        path = tmp_path / name
        path.write_bytes(content) if isinstance(content, bytes) else path.write_text(content)
        return path

    times = np.arange(64) / 128.0
    times[40:] += 0.5
    uneven = "\n".join(f"{t},{v}" for t, v in zip(times, _series(64)))
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    cases = [
        (tmp_path / "nowhere.hdf5", MissingFileError, "does not exist"),
        (written("frame.gwf", b"IGWD\0\0\0\0rest"), FileFormatError, "frame file"),
        (written("cut.hdf5", b"nothing of the kind"), FileFormatError, "does not begin like it"),
        (tmp_path / "other.npz", InputError, "must hold strain"),
        (written("uneven.csv", uneven), InputError, "sampling is not uniform"),
        (written("plain.txt", "\n".join(["1", "2", "3"] * 10)), InputError, "sample rate"),
        (written("wide.txt", "1 2 3\n" * 40), InputError, "3 columns"),
        (written("ragged.txt", "1 2\n" * 20 + "1\n"), FileFormatError, "row 21"),
        (written("empty.txt", "# nothing\n"), InputError, "no numbers"),
        (written("binary.dat", bytes(range(128, 256))), FileFormatError, "no text"),
    ]
    for path, error, says in cases:
        with pytest.raises(error, match=says) as caught:
            read_strain(path)
        assert "\n" not in str(caught.value)
        assert str(tmp_path) not in str(caught.value) or error is MissingFileError
    flat = written("flat.txt", "1\n" * 40)
    with pytest.raises(InputError, match="throughout"):
        read_strain(flat, sample_rate=10)
    with pytest.raises(InputError, match="positive"):
        read_strain(flat, sample_rate=-1)
    with pytest.raises(InputError, match="16 or more"):
        read_strain(written("short.txt", "1\n2\n"), sample_rate=10)
