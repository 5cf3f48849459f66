"""``find`` from end to end: one call on arrays, frames, files, several inputs, grids, user matrices and covariances."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import symmeter as sm
from symmeter.discover import dictionary
from symmeter.errors import (
    InputError,
    MissingFileError,
    NonFiniteError,
    NotHermitianError,
    SampleSizeError,
    ShapeError,
    SymmeterError,
    UnknownNameError,
)
from symmeter.representations import Monomial

LAG = np.abs(np.arange(6)[:, None] - np.arange(6))
RING = 0.6 ** np.minimum(LAG, 6 - LAG)


def draw(r: np.ndarray, n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, len(r))) @ np.linalg.cholesky(r).T


def torus(n: int, h: int, w: int, seed: int = 0) -> np.ndarray:
    """Random fields on a torus, smooth along the rows and rough along the columns: shifts and flips, no transpose."""
    rng = np.random.default_rng(seed)
    ky, kx = np.fft.fftfreq(h)[:, None], np.fft.fftfreq(w)[None, :]
    filtered = np.fft.fft2(rng.standard_normal((n, h, w))) / (0.1 + 4 * kx**2 + 0.5 * ky**2)
    return np.fft.ifft2(filtered).real


def test_same_seed_same_json() -> None:
    x = draw(RING, 240)
    a, b, other = (sm.find(x, dictionary="shifts,flips", rng=seed) for seed in (5, 5, 6))
    assert json.dumps(a.to_json(), allow_nan=False) == json.dumps(b.to_json(), allow_nan=False)
    assert a.to_json() != other.to_json()
    # A generator is used, not reset: two generators of one seed agree.
    c, d = (sm.find(x, dictionary="shifts,flips", rng=np.random.default_rng(5)) for _ in range(2))
    assert c.to_json() == d.to_json()


def test_input_is_left_alone() -> None:
    x = draw(RING, 240)
    kept = x.copy()
    x.setflags(write=False)
    sm.find(x, dictionary="shifts")
    np.testing.assert_array_equal(x, kept)


def test_a_data_frame_gives_its_names() -> None:
    x = draw(np.diag([1.0, 1.0, 5.0, 0.2]), 900)
    frame = pd.DataFrame(x, columns=["left", "right", "height", "age"])
    report = sm.find(frame, dictionary="exchanges")
    assert [f.name for f in report.found] == ["swap(left,right)"]
    assert report.best.generators[0] == Monomial([1, 0, 2, 3])
    assert report.to_json()["findings"][0]["generators"][0]["cycles"] == "(left,right)"
    assert report.best.action.space.names == ("left", "right", "height", "age")
    chosen = sm.find(frame, dictionary="exchanges", columns=["right", "height"])
    assert [f.name for f in chosen] == ["swap(right,height)"]


def test_pictures_carry_their_grid() -> None:
    pictures = torus(800, 4, 6)
    report = sm.find(pictures, dictionary="shifts,flips,rotations")
    assert {f.name for f in report.found} >= {"shift_x", "shift_y", "flip_x", "flip_y", "rot180"}
    assert report.best.order == 96
    flat = sm.find(pictures.reshape(800, 24), grid="4x6", dictionary="shifts,flips,rotations")
    # All but the line of code, which names the grid only where it was given.
    assert [f.to_json() | {"code": ""} for f in flat] == [f.to_json() | {"code": ""} for f in report]


def test_a_square_grid_that_lacks_the_transpose() -> None:
    report = sm.find(torus(800, 4, 4), dictionary="shifts,transpose,rotations")
    assert report["transpose"].verdict == report["rot90"].verdict == "broken"
    # The half turn follows from the shifts in second moments; here the whole law has it too.
    assert report["rot180"].identifiability == "supergroup only"
    assert report["rot180"].verdict == "symmetric"


def test_covariance_with_and_without_a_sample_size() -> None:
    exact = sm.find(RING, dictionary="shifts,flips")
    assert exact.best.verdict == "exact"
    assert exact.best.group.name == "D6"
    assert exact.best.p_value is None
    s = np.cov(draw(RING, 600).T)
    tested = sm.find(s, n=599, dictionary="shifts,flips")
    assert tested["shift"].p_value is not None
    assert tested["shift"].holds
    assert sm.find(s, dictionary="shifts,flips").found == ()


def test_several_inputs_share_their_symmetries() -> None:
    a = draw(RING, 400, 0)
    b = draw(np.diag([3.0, 1.0, 1.0, 1.0, 1.0, 3.0]) + 0.3, 400, 1)
    alone, shared = (sm.find(x, dictionary="shifts,flips") for x in (a, [a, b]))
    assert alone["shift"].holds
    assert not shared["shift"].holds
    assert shared["reversal"].holds
    covariances = sm.find([RING, np.diag([3.0, 1.0, 1.0, 1.0, 1.0, 3.0])], dictionary="shifts,flips")
    assert [f.name for f in covariances.found] == ["reversal"]
    with pytest.raises(ShapeError, match="column"):
        sm.find([a, b[:, :5]], dictionary="shifts")


def test_user_maps() -> None:
    x = draw(RING, 600, 2)
    shift_matrix = dictionary.ring_shifts(6)[0].matrix()
    report = sm.find(x, dictionary=[shift_matrix, Monomial([1, 0, 2, 3, 4, 5], name="swap")])
    assert report["map 0"].holds
    assert report["swap"].verdict == "broken"
    signs = np.diag([-1.0, 1, 1, 1, 1, 1])
    assert sm.find(x, dictionary=[signs])["map 0"].verdict == "broken"
    listed = sm.find(x, dictionary=["shifts", "flips"])
    assert {f.name for f in listed} >= {"shift", "reversal"}


def test_complex_columns() -> None:
    rng = np.random.default_rng(0)
    u = np.exp(2j * np.pi * np.outer(np.arange(6), np.arange(6)) / 6) / np.sqrt(6)
    r = (u * np.array([0.4, 3.0, 1.0, 2.0, 0.7, 1.5])) @ u.conj().T
    z = (rng.standard_normal((600, 6)) + 1j * rng.standard_normal((600, 6))) / np.sqrt(2)
    z = z @ np.linalg.cholesky(0.5 * (r + r.conj().T)).T
    report = sm.find(z, dictionary="shifts,flips")
    assert [f.name for f in report.found] == ["shift"]
    interleaved = np.stack([z.real, z.imag], axis=2).reshape(600, 12)
    paired = sm.find(interleaved, complex=True, dictionary="shifts,flips")
    assert [f.defect for f in paired] == pytest.approx([f.defect for f in report])
    split = sm.find(np.concatenate([z.real, z.imag], axis=1), complex="split", dictionary="shifts,flips")
    assert [f.defect for f in split] == pytest.approx([f.defect for f in report])


def test_files(tmp_path) -> None:
    x = draw(RING, 240)
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "x.npz", samples=x)
    pd.DataFrame(x, columns=list("abcdef")).to_csv(tmp_path / "x.csv", index=False)
    reports = [sm.find(tmp_path / name, dictionary="shifts,flips") for name in ("x.npy", "x.npz", "x.csv")]
    defects = [[f.defect for f in r] for r in reports]
    assert defects[0] == defects[1]
    assert defects[2] == pytest.approx(defects[0], rel=1e-9)
    assert "x.npy" in reports[0].subject
    assert "x.npy" in reports[0].best.code


@pytest.mark.parametrize("call", ["array", "file", "covariance"])
def test_the_code_line_runs_as_it_stands(tmp_path, monkeypatch, call: str) -> None:
    monkeypatch.chdir(tmp_path)
    x = draw(RING, 240)
    np.save("x.npy", x)
    source = {"array": x, "file": "x.npy", "covariance": RING}[call]
    report = sm.find(source, dictionary="shifts,flips")
    names = {"sm": sm, "np": np, "X": source}
    exec(report.best.code, names)
    s = names["S"]
    np.testing.assert_allclose(s, report.best.symmetrize(RING if call == "covariance" else np.cov(x.T)), atol=1e-12)
    for g in report.best.generators:
        np.testing.assert_allclose(g.conjugate(s), s, atol=1e-12)


def test_a_report_can_be_used_at_once() -> None:
    x = draw(RING, 240)
    best = sm.find(x, dictionary="shifts,flips").best
    s = best.symmetrize(np.cov(x.T))
    assert np.linalg.norm(s - RING) < np.linalg.norm(np.cov(x.T) - RING)
    projected = x @ best.projector()
    np.testing.assert_allclose(projected, projected[:, :1] * np.ones(6), atol=1e-12)


def test_progress_ends_at_one() -> None:
    seen: list[tuple[float, str]] = []
    sm.find(draw(RING, 240), dictionary="shifts", progress=lambda share, what: seen.append((share, what)))
    assert seen[0] == (0.0, "reading")
    assert seen[-1] == (1.0, "done")


def test_without_a_dictionary_one_is_chosen_and_the_free_search_runs() -> None:
    report = sm.find(draw(RING, 2000, 3))
    assert any(note.startswith("dictionaries chosen: shifts, flips, exchanges, signs") for note in report.notes)
    assert report.options["dictionary"] == "chosen from the shape"
    assert report.best.order is not None
    assert report.best.order % 12 == 0
    exact = sm.find(RING)
    # The search finds the group that the dictionary has already, which is then reported once, under its names.
    assert exact["joint group"].group.name == "D6"
    assert "found group" not in [f.name for f in exact]
    blocks = sm.find(np.kron(np.eye(2), 0.5 * np.ones((13, 13))) + np.diag([1.0] * 13 + [2.0] * 13))
    assert blocks["found group"].order == math.factorial(13) ** 2
    assert blocks["found group"].verdict == "exact"


def bad(kind: str):
    x = draw(RING, 60)
    if kind == "nan":
        x[3, 2] = np.nan
    return x


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: sm.find("nowhere.npy"), MissingFileError, "nowhere.npy"),
        (lambda: sm.find(bad("nan")), NonFiniteError, "row 3, column '2'"),
        (lambda: sm.find(bad(""), grid="2x4"), ShapeError, "8 cells"),
        (lambda: sm.find(bad(""), dictionary="shift"), UnknownNameError, "did you mean 'shifts'"),
        (lambda: sm.find(bad(""), dictionary="transpose"), InputError, "say which, as in --grid"),
        (lambda: sm.find(bad(""), alpha=2.0), InputError, "alpha is a probability"),
        (lambda: sm.find(bad("")[:2]), SampleSizeError, "at least 3"),
        (lambda: sm.find(np.triu(np.ones((4, 4))), kind="covariance"), NotHermitianError, "symmetric"),
        (lambda: sm.find(RING, n=2), SampleSizeError, "3"),
        (lambda: sm.find(object()), SymmeterError, "object"),
        (lambda: sm.find(bad("")[:, :1], dictionary="flips"), SymmeterError, "column"),
    ],
)
def test_errors_are_one_line(call, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["array", "frame", "list", "covariance", "several", "file"])
def test_the_code_lines_of_a_report_run(kind: str, tmp_path: Path) -> None:
    """Each line, pasted after ``import symmeter as sm`` and with the data called X, gives an invariant covariance."""
    x = draw(RING, 800, 5)
    options: dict[str, Any] = {"dictionary": "shifts,flips", "alpha": 0.02}
    data: Any = x
    if kind == "frame":
        data = pd.DataFrame(x, columns=list("abcdef"))
    elif kind == "list":
        data = x.tolist()
    elif kind == "covariance":
        data, options["n"] = np.cov(x.T), 799
    elif kind == "several":
        data = [x, draw(RING, 500, 6)]
    elif kind == "file":
        data = tmp_path / "ring.npy"
        np.save(data, x)
    report = sm.find(data, **options)
    lines = [f for f in report if f.code]
    assert lines
    for finding in lines:
        names: dict[str, Any] = {"sm": sm, "np": np, "X": data}
        exec(finding.code, names)
        moved = finding.generators[0].conjugate(names["S"])
        np.testing.assert_allclose(moved, names["S"], atol=1e-12)
