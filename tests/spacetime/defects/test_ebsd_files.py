"""Scans of orientations from files, what they tell in the sample's axes, and the command that reads them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from symmeter.cli.app import main
from symmeter.errors import SymmeterError
from symmeter.spacetime import defects

STEP = 0.5


def _angles(n: int = 9, m: int = 7, bend: float = 0.2) -> np.ndarray:
    """Euler angles in degrees of a crystal that is bent about z along x, by ``bend`` degrees a step."""
    out = np.zeros((n, m, 3))
    out[..., 0] = 30 + bend * np.arange(n)[:, None]
    out[..., 1], out[..., 2] = 40, 10
    return out


def _ang(path, angles, skip=(), other=()) -> None:
    rows = []
    for j in range(angles.shape[1]):
        for i in range(angles.shape[0]):
            e = np.radians(angles[i, j]) if (i, j) not in skip else np.full(3, 4 * np.pi)
            phase = 2 if (i, j) in other else 1
            rows.append(f"{e[0]:.6f} {e[1]:.6f} {e[2]:.6f} {i * STEP:.5f} {j * STEP:.5f} 99.0 "
                        f"{-1 if (i, j) in skip else 0.9} {phase} 1 0.5")  # fmt: skip
    path.write_text("# GRID: SqrGrid\n# XSTEP: 0.5\n#\n" + "\n".join(rows) + "\n")


def _ctf(path, angles, skip=()) -> None:
    rows = []
    for j in range(angles.shape[1]):
        for i in range(angles.shape[0]):
            euler = "\t".join(f"{v:.5f}" for v in angles[i, j])
            rows.append(f"{int((i, j) not in skip)}\t{i * STEP:g}\t{j * STEP:g}\t7\t0\t{euler}\t1.0\t99\t255")
    head = "Channel Text File\nXCells\t9\nPhase\tX\tY\tBands\tError\tEuler1\tEuler2\tEuler3\tMAD\tBC\tBS\n"
    path.write_text(head + "\n".join(rows) + "\n")


def test_both_formats_say_what_arrays_say(tmp_path) -> None:
    angles, skip = _angles(), {(4, 3)}
    _ang(tmp_path / "a.ang", angles, skip)
    _ctf(tmp_path / "a.ctf", angles, skip)
    direct = defects.from_orientations(angles, STEP, missing=np.pad([[True]], ((4, 4), (3, 3))))
    for name in ("a.ang", "a.ctf"):
        scan = defects.read_orientations(tmp_path / name)
        assert scan.spacing == pytest.approx((STEP, STEP))
        assert scan.notes == ("1 of 63 points were not indexed",)
        found = defects.from_orientations(scan.orientations, scan.spacing, missing=scan.missing)
        np.testing.assert_allclose(found.alpha, direct.alpha, atol=1e-5)
    # Bending about z by 0.2 degrees a step: lines along z, Burgers vectors along x; one-sided beside the hole too.
    known = np.isfinite(direct.tightest_bound)
    assert known.sum() == 62
    np.testing.assert_allclose(direct.lower_bound[known], np.sin(np.radians(0.2)) / STEP, rtol=1e-5)
    assert np.isnan(direct.coframe[4, 3]).all()
    assert direct.summary()["missing"] == 1
    assert direct.summary()["without_neighbours"] == 0


def test_other_phases_are_left_out(tmp_path) -> None:
    _ang(tmp_path / "a.ang", _angles(), other={(0, 0), (0, 1)})
    scan = defects.read_orientations(tmp_path / "a.ang")
    assert scan.missing.sum() == 2
    assert scan.notes == ("2 points of other phases than 1 were left out",)


def test_curvature_tells_five_components_in_the_axes_of_the_sample() -> None:
    """Against the full field: orientations that change along z too, of which the scan sees one plane."""
    h, base = 0.02, Rotation.from_rotvec([0.5, 1.0, -0.3])

    def rotation(x, y, z):
        theta = 0.3 * np.stack([np.sin(x + 2 * y - z), np.cos(x - y + 0.5 * z), np.sin(2 * x + z) * np.cos(y)], axis=-1)
        return (Rotation.from_rotvec(theta.reshape(-1, 3)) * base).as_matrix().reshape(*x.shape, 3, 3)

    at = np.meshgrid(*[h * np.arange(7)] * 3, indexing="ij")
    e = rotation(*at).swapaxes(-1, -2)
    d = [np.gradient(e, h, axis=k, edge_order=2) for k in range(3)]
    full = np.stack([d[1][..., 2] - d[2][..., 1], d[2][..., 0] - d[0][..., 2], d[0][..., 1] - d[1][..., 0]], axis=-1)
    middle = np.einsum("am,ai->mi", e[3, 3, 3], full[3, 3, 3])
    scan = defects.from_orientations(rotation(*(x[:, :, 3] for x in at)), h)
    seen = scan.sample_alpha[3, 3]
    known = np.array([[False, True, True], [True, False, True], [False, False, True]])
    assert (np.isfinite(seen) == known).all()
    np.testing.assert_allclose(seen[known], middle[known], atol=2e-3)
    np.testing.assert_allclose(e[3, 3, 3].T @ scan.alpha[3, 3, :, 2], middle[:, 2], atol=2e-3)
    norm = np.linalg.norm(middle)
    assert scan.lower_bound[3, 3] <= scan.tightest_bound[3, 3] + 1e-12
    assert scan.tightest_bound[3, 3] <= norm * (1 + 1e-6)
    bound = np.sqrt((middle[known] ** 2).sum() + 0.5 * (middle[0, 0] - middle[1, 1]) ** 2)
    assert scan.tightest_bound[3, 3] == pytest.approx(bound, rel=2e-3)


def test_grain_boundaries_beside_missing_points_are_not_crossed() -> None:
    angles = _angles(8, 6, 0.0)
    angles[4:, :, 0] += 20
    missing = np.zeros((8, 6), dtype=bool)
    missing[3, 2] = missing[2, 2] = missing[3, 1] = missing[3, 3] = True
    angles[missing] = np.nan
    found = defects.from_orientations(angles, 1.0, missing=missing)
    assert np.nanmax(found.lower_bound) < 1e-12
    assert np.isnan(found.lower_bound[missing]).all()


def test_command(tmp_path, capsys) -> None:
    path = tmp_path / "a.ang"
    _ang(path, _angles(), {(4, 3)})
    outs = [tmp_path / f"m{s}" for s in (".json", ".npz", ".vtk", ".png")]
    args = ["spacetime", "defects", "ebsd", str(path), "--burgers", "0.25"]
    assert main([*args, *(w for o in outs for w in ("--out", str(o)))]) == 0
    assert "at least" in capsys.readouterr().out
    assert all(o.stat().st_size > 100 for o in outs)
    value = json.loads(outs[0].read_text())
    assert value["mean_dislocation_density"] == pytest.approx(np.sin(np.radians(0.2)) / STEP / 0.25, rel=1e-4)
    with np.load(outs[1]) as data:
        assert np.isnan(data["alpha"][..., :2]).all()
    assert main([*args, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["grid"] == [9, 7]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.ang", "", "has no points"),
        ("a.ang", "# GRID: HexGrid\n0 0 0 0 0\n", "has one x only"),
        ("a.ang", "#\n0 0 0 0 0\n0 0 0 1 0\n0 0 x 0 1\n", "line 4"),
        ("a.ang", "#\n0 0 0 0 0\n0 0 0\n", "line 3: 3 columns"),
        ("a.ang", "#\n0 0 0 0 0\n0 0 0 1 0\n", "one y only"),
        ("a.ang", "#\n13 13 13 0 0\n13 13 13 1 0\n13 13 13 0 1\n13 13 13 1 1\n", "no point was indexed"),
        ("a.ang", "#\n0 0 0 0 0\n0 0 0 1 0\n0 0 0 0.5 1\n0 0 0 1.7 1\n", "neither a square nor a hexagonal grid"),
        ("a.ctf", "Channel Text File\n", "no line of columns"),
        ("a.ctf", "Phase X Y Euler1 Euler2\n1 0 0 0 0\n", "no column Euler3"),
        ("a.txt", "1 2 3\n", "read from .ang"),
        ("a.npz", "1 2 3\n", "no file of numbers"),
    ],
)
def test_broken_files_get_one_line(name, text, words, tmp_path, capsys) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(SymmeterError, match=words) as caught:
        defects.read_orientations(path)
    assert "\n" not in str(caught.value)
    assert main(["spacetime", "defects", "ebsd", str(path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("missing has shape", lambda a: defects.from_orientations(a, 1.0, missing=np.zeros((2, 2), bool))),
        ("no point of the map", lambda a: defects.from_orientations(a, 1.0, missing=np.ones((9, 7), bool))),
        ("length of a Burgers vector", lambda a: defects.from_orientations(a, 1.0).dislocation_density(-1)),
        ("change the extension", lambda a: defects.from_orientations(a, 1.0).save("a.bmp")),
        ("cannot read", lambda a: defects.read_orientations("nowhere.npz")),
        ("cannot read", lambda a: defects.read_orientations("nowhere.ang")),
    ],
)
def test_bad_calls_get_one_line(words, call) -> None:
    with pytest.raises(SymmeterError, match=words) as caught:
        call(_angles())
    assert "\n" not in str(caught.value)


def _bent(x, y):
    """Angle about z, degrees, and its two derivatives in radians."""
    t = np.radians(20) * np.sin(0.4 * x + 0.3 * y) * np.cos(0.2 * y)
    dx = np.radians(20) * 0.4 * np.cos(0.4 * x + 0.3 * y) * np.cos(0.2 * y)
    dy = np.radians(20) * (0.3 * np.cos(0.4 * x + 0.3 * y) * np.cos(0.2 * y)
                           - 0.2 * np.sin(0.4 * x + 0.3 * y) * np.sin(0.2 * y))  # fmt: skip
    return np.degrees(t), dx, dy


def _hexagonal(h: float, n: int, m: int):
    x = (np.arange(n)[:, None] + 0.5 * (np.arange(m) % 2)) * h
    y = np.broadcast_to(np.arange(m) * h * 0.75**0.5, x.shape)
    t, dx, dy = _bent(x, y)
    return np.stack([t, np.full_like(t, 40.0), np.full_like(t, 10.0)], axis=-1), x, y, dx, dy


def test_hexagonal_scans_have_the_curvature_of_a_bent_crystal() -> None:
    errors = []
    for h in (0.2, 0.1):
        angles, x, y, dx, dy = _hexagonal(h, round(4 / h), round(4 / h) + 1)
        found = defects.from_orientations(angles, h, hexagonal=True)
        np.testing.assert_allclose(found.places, np.stack([x, y], axis=-1), atol=1e-12)
        # Turned about z by t: theta is along z, and its slopes are the last row of the curvature.
        off = np.abs(found.curvature[..., 2, :2] - np.stack([dx, dy], axis=-1))
        assert np.abs(found.curvature[..., :2, :2]).max() < 1e-10
        errors.append(off[1:-1, 1:-1].max())
        # Beside an edge a single neighbour is taken back to the point: first order, not half a step off.
        assert off.max() < 0.12 * h
        assert np.isfinite(off).all()
    assert errors[0] < 2e-3
    # Second order inside.
    assert 3.5 < errors[0] / errors[1] < 4.5


def test_hexagonal_rows_are_not_taken_for_straight_ones() -> None:
    """A crystal that bends along x alone does not bend along y."""
    angles, x, *_ = _hexagonal(0.5, 9, 8)
    angles[..., 0] = 2 * x
    straight, hexagonal = (defects.from_orientations(angles, 0.5, hexagonal=h) for h in (False, True))
    assert np.abs(hexagonal.curvature[1:-1, 1:-1, 2, 1]).max() < 1e-12
    assert np.abs(hexagonal.curvature[..., 2, 1]).max() < 1e-5
    # Central differences of matrices know the sine of the turn in a step.
    assert hexagonal.curvature[1:-1, :, 2, 0] == pytest.approx(np.sin(np.radians(1)) / 0.5, rel=1e-12)
    assert np.abs(straight.curvature[:, [0, -1], 2, 1]).min() > 0.01


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("name", ["h.ang", "h.ctf"])
def test_hexagonal_files(name, first, tmp_path) -> None:
    """Rows of n and n - 1 points in turn, the first shifted or not; beside the same points as an array."""
    angles, x, y, *_ = _hexagonal(0.5, 9, 8)
    rows = []
    for j in range(first, 8):
        for i in range(9 - j % 2):
            if (i, j) == (4, 4):
                continue
            a, at = angles[i, j], f"{x[i, j]:.5f} {y[i, j] - y[0, first]:.5f}"
            if name == "h.ang":
                rows.append(" ".join(f"{v:.7f}" for v in np.radians(a)) + f" {at} 99.0 0.9 1")
            else:
                rows.append(f"1 {at} 7 0 " + " ".join(f"{v:.6f}" for v in a))
    head = {
        "h.ang": "# GRID: HexGrid\n",
        "h.ctf": "Channel Text File\nPhase X Y Bands Error Euler1 Euler2 Euler3\n",
    }[name]
    (tmp_path / name).write_text(head + "\n".join(rows) + "\n")
    scan = defects.read_orientations(tmp_path / name)
    assert scan.hexagonal
    assert scan.spacing == pytest.approx((0.5, 0.5 * 0.75**0.5), rel=1e-4)
    missing = np.zeros((9, 8), dtype=bool)
    missing[8, 1::2] = missing[4, 4] = True
    missing[:, :first] = True
    assert (scan.missing == missing).all()
    found = defects.from_orientations(scan.orientations, scan.spacing, missing=scan.missing, hexagonal=True)
    right = defects.from_orientations(angles, 0.5, missing=missing, hexagonal=True)
    np.testing.assert_allclose(found.alpha, right.alpha, atol=1e-4)
    assert np.isfinite(right.lower_bound[~missing]).all()


def test_hexagonal_scans_at_the_command_line(tmp_path, capsys) -> None:
    pytest.importorskip("matplotlib")
    angles, x, y, *_ = _hexagonal(0.5, 9, 8)
    np.savez(tmp_path / "h.npz", orientations=angles, spacing=[0.5, 0.5 * 0.75**0.5], hexagonal=True)
    outs = [arg for suffix in ("vtk", "npz", "svg") for arg in ("--out", str(tmp_path / f"o.{suffix}"))]
    assert main(["spacetime", "defects", "ebsd", str(tmp_path / "h.npz"), *outs]) == 0
    assert "9 x 8 points of a hexagonal scan, step 0.5, 0.433013" in capsys.readouterr().out
    with np.load(tmp_path / "o.npz") as data:
        np.testing.assert_allclose(data["places"][..., 0], x)
    lines = (tmp_path / "o.vtk").read_text().splitlines()
    at = np.array([line.split() for line in lines[5 : 5 + 72]], dtype=float)
    np.testing.assert_allclose(at[:, :2], np.stack([x, y], axis=-1).reshape(-1, 2), atol=1e-8)
    assert "<svg" in (tmp_path / "o.svg").read_text()
