"""`symmeter signals echoes`: files, numbers as the library gives them, and input that cannot be right."""

from __future__ import annotations

import json

import numpy as np
import pytest

from symmeter.cli import main
from symmeter.signals import echoes as ec

PREFIX = ["signals", "echoes"]


def test_transfer_function(tmp_path, capsys):
    out = tmp_path / "ring.csv"
    words = [
        *PREFIX,
        "transfer-function",
        "--spin",
        "0.69",
        "--mass",
        "50",
        "--number",
        "5",
        "--out",
        str(out),
        "--json",
    ]
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    barrier = ec.transfer_function(np.array(found["omega"]), 0.69)
    np.testing.assert_allclose(found["greybody"], barrier.greybody)
    assert found["quasinormal"][0] == pytest.approx(0.528221, abs=1e-6)
    assert np.loadtxt(out, delimiter=",", skiprows=1).shape == (5, 7)
    assert main([*PREFIX, "transfer-function", "--out", str(tmp_path / "ring.npz")]) == 0
    shown = capsys.readouterr().out
    assert "waves are amplified" in shown
    with np.load(tmp_path / "ring.npz", allow_pickle=False) as saved:
        assert saved["reflection"].shape == (16,)


@pytest.fixture(scope="module")
def strain(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("echoes") / "strain.npz")
    words = [
        *PREFIX, "inject", "--benchmark", "constant", "--mass", "60", "--eta", "1.2", "--echoes", "40", "--snr", "25",
        "--sample-rate", "1200", "--off-source", "20", "--out", path, "--json", "--quiet", "--seed", "3",
    ]  # fmt: skip
    assert main(words) == 0
    return path


def test_inject(strain, capsys):
    record = ec.read_strain(strain)
    with np.load(strain, allow_pickle=False) as saved:
        spacing = float(saved["truth_spacing"])
    train = ec.benchmark("constant", mass=60.0, delay_eta=1.2, n_echoes=40)
    assert spacing == pytest.approx(train.spacing)
    assert record.duration == pytest.approx(20 + train.duration, abs=1e-3)
    # Unit noise before the onset, and the energy of the train after it.
    assert record.values[:24000].std() == pytest.approx(1.0, abs=0.02)
    gained = np.sum(record.values[24000:] ** 2) - (len(record.values) - 24000)
    assert gained == pytest.approx(25.0**2, abs=5 * np.sqrt(2 * 7400 + 4 * 625))


def test_search(strain, tmp_path, capsys):
    out = tmp_path / "found.npz"
    words = [*PREFIX, "search", strain, "--start", "20", "--duration", "6", "--psd", "white", "--spacing", "5-8",
             "--band", "40-160", "--draws", "4000", "--out", str(out), "--json", "--quiet"]  # fmt: skip
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["best"]["spacing"] == pytest.approx(6.47, rel=0.02)
    assert found["ln_bayes_factor"] > 10
    assert found["quantiles"]["snr"][1] > 8
    with np.load(out, allow_pickle=False) as saved:
        assert saved["samples_spacing"].size > 500
        assert saved["spacings"].shape == saved["ln_likelihoods"].shape
    shown = [w for w in words if w not in ("--json", "--quiet", "--out", str(out))]
    assert main(shown) == 0
    assert "ln Bayes factor, comb over noise" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ([], "--mass and --spin"),
        (["--mass", "60"], "--mass and --spin"),
        (["--spacing", "5-8"], "--spacing needs --band"),
        (["--spacing", "8-5", "--band", "40-160"], "does not grow"),
        (["--spacing", "five", "--band", "40-160"], "no range"),
        (["--spacing", "5-8", "--mass", "60", "--band", "40-160"], "one or the other"),
        (["--mass", "60", "--spin", "1.0"], "spin"),
        (["--mass", "60", "--spin", "0.7", "--start", "900"], "not inside"),
        (["--mass", "60", "--spin", "0.7", "--start", "20", "--duration", "900"], "it has nothing"),
        (["--mass", "60", "--spin", "0.7", "--psd", "aligoo"], "aligo"),
        (["--mass", "60", "--spin", "0.7", "--psd", "white", "--notch", "59-61"], "--notch"),
        (["--mass", "60", "--spin", "0.7", "--sample-rate", "77"], "1200"),
        (["--spacing", "5-8", "--band", "40-900"], "above the data"),
        (["--spacing", "0.05-8", "--band", "40-160"], "short"),
        (["--spacing", "5-8", "--band", "40-160", "--high-pass", "-1"], "--high-pass"),
        (["--spacing", "5-8", "--band", "40-160", "--high-pass", "700"], "half the rate"),
        (["--spacing", "5-8", "--band", "40-160", "--delays", "0,x"], "--delays"),
        (["--spacing", "5-8", "--band", "40-160", "--delays", "0,0.1"], "no list of 1"),
        (["--spacing", "5-8", "--band", "40-160", "--antenna", "free"], "two detectors"),
        (["--spacing", "5-8", "--band", "40-160", "--sky", "1"], "--sky"),
        (["--spacing", "5-8", "--band", "40-160", "--sky", "1,0.5", "--delays", "0"], "one or the others"),
    ],
)
def test_searches_that_cannot_be_right(strain, extra, says, capsys):
    assert main([*PREFIX, "search", strain, "--quiet", *extra]) == 2
    error = capsys.readouterr().err.strip()
    assert says in error
    assert "\n" not in error


def test_the_prior_is_that_of_the_library():
    from symmeter.cli.signals_echoes_search import prior_of

    ours = ec.UniEwPrior.from_remnant(68.0, 0.69, 0.09)
    assert prior_of(68.0, 0.69, 0.09, "1-4", None, None) == ours
    # The paper's: both ends of the band uniform from zero to the ringdown.
    assert ours.band[0] == 0.0
    assert prior_of(68.0, 0.69, 0.09, "1-4", None, "30-200").band == (30.0, 200.0)


def test_two_detectors_and_a_place_in_the_sky(tmp_path, capsys):
    seen = ec.network_response(["H1", "L1"], 1.95, -1.27, 1126259462.0)
    comb = ec.Comb(0.5, 0.5, 0.3, 5.5, 60.0, 160.0)
    rng = np.random.default_rng(0)
    f = np.arange(2049) / 4
    paths = []
    for name, factor, late in zip(seen.detectors, seen.antenna, seen.delays):
        wave = np.fft.irfft(factor * comb.template(f) * np.exp(-2j * np.pi * f * late), 4096) * 1024
        paths.append(str(tmp_path / f"{name}.npz"))
        np.savez(paths[-1], strain=rng.normal(size=4096) + wave, sample_rate=1024.0, start=1126259462.0, detector=name)
    words = [*PREFIX, "search", *paths, "--psd", "white", "--spacing", "4-8", "--band", "60-160", "--draws", "2000",
             "--json", "--quiet"]  # fmt: skip
    found = []
    for more in ([], ["--sky", "1.95,-1.27"], ["--antenna", "free", "--delays", ",".join(map(str, seen.delays))],
                 ["--incoherent"]):  # fmt: skip
        assert main([*words, *more]) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert found[1]["ln_bayes_factor"] > max(found[k]["ln_bayes_factor"] for k in (0, 2, 3))
    assert found[1]["best"]["spacing"] == pytest.approx(5.5, abs=0.02)
    assert any("taken as alike" in note for note in found[0]["notes"])
    assert found[1]["notes"] == []


def test_files_that_cannot_be_right(tmp_path, strain, capsys):
    remnant = ["--mass", "60", "--spin", "0.7", "--quiet"]
    assert main([*PREFIX, "search", str(tmp_path / "nowhere.hdf5"), *remnant]) == 2
    assert "does not exist" in capsys.readouterr().err
    assert main([*PREFIX, "search", strain, strain, *remnant]) == 2
    assert "twice" in capsys.readouterr().err
    assert main([*PREFIX, "inject", "--out", str(tmp_path / "x.wav")]) == 2
    assert ".npz" in capsys.readouterr().err
    assert main([*PREFIX, "inject", "--noise", "quietest", "--out", str(tmp_path / "x.npz")]) == 2
    assert "design curve" in capsys.readouterr().err
    assert main([*PREFIX, "inject", "--spin", "1.1", "--out", str(tmp_path / "x.npz")]) == 2
    assert "spin" in capsys.readouterr().err
    assert not (tmp_path / "x.npz").exists()
    assert main([*PREFIX, "transfer-function", "--from", "0.5", "--to", "0.2"]) == 2
    assert "not below" in capsys.readouterr().err
    assert main([*PREFIX, "transfer-function", "--mass", "-3"]) == 2
    assert "positive" in capsys.readouterr().err


def test_calibrate(capsys, tmp_path):
    out = tmp_path / "noise.json"
    words = [*PREFIX, "calibrate", "--duration", "2", "--sample-rate", "1024", "--spacing", "4-8", "--band", "40-160",
             "--realisations", "4", "--out", str(out), "--json", "--quiet"]  # fmt: skip
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["realisations"] == len(found["values"]) == 4
    assert found["median"] < 0
    assert json.loads(out.read_text())["largest"] == max(found["values"])
    assert main([*PREFIX, "calibrate", "--spacing", "4-8", "--band", "40-160"]) == 2
    assert "--duration" in capsys.readouterr().err
