"""Fields of a geometry by name, as files and pictures: sources against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import SymmeterError
from symmeter.spacetime import defects


@pytest.fixture(scope="module")
def point():
    return defects.point_defect(0.2, 1.5).on_grid((28, 26, 24), 0.3)


def test_source_of_a_point_defect(point) -> None:
    # g = exp(2 s) delta: Q^i = -3 exp(-2 s) d_i s and sqrt g = exp(3 s).
    x = point.grid.points
    r2 = (x**2).sum(0)
    s = 0.2 * np.exp(-r2 / 1.5**2)
    grad2, laplace = s**2 * 4 * r2 / 1.5**4, s * (4 * r2 / 1.5**4 - 6 / 1.5**2)
    right = -3 * np.exp(-2 * s) * (laplace + grad2)
    inside = (slice(4, -4),) * 3
    np.testing.assert_allclose(point.field("div Q")[inside], right[inside], atol=0.02 * np.abs(right).max())
    np.testing.assert_allclose(point.field("div P")[inside], right[inside] / 3, atol=0.02 * np.abs(right).max())
    np.testing.assert_allclose(point.field("volume"), np.expm1(3 * s), atol=1e-12)
    assert np.abs(point.field("alpha")).max() < 1e-12
    curvature = -np.exp(-2 * s) * (4 * laplace + 2 * grad2)
    np.testing.assert_allclose(point.field("curvature")[inside], curvature[inside], atol=0.02 * np.abs(curvature).max())


def test_densities_of_lines() -> None:
    edge = defects.edge(0.5, core=1.0).on_grid((48, 48, 1), 0.25)
    r2 = (edge.grid.points[:2] ** 2).sum(0)
    small = 0.5 / np.pi * np.exp(-r2)
    # To first order in the Burgers vector; the frame turns a little near the core.
    assert np.abs(edge.field("alpha") - small).max() < 0.1 * small.max()
    assert np.abs(edge.field("T") - small).max() < 0.1 * small.max()
    screw = defects.screw(0.5, core=1.0).on_grid((48, 48, 1), 0.25)
    assert np.abs(screw.field("axial") - small).max() < 0.02 * small.max()
    assert np.abs(screw.field("T")).max() < 0.05 * small.max()
    flat = defects.edge(0.5, core=1.0, n=2).on_grid((32, 32), 0.3)
    assert flat.field("alpha").shape == (32, 32)


def test_files_hold_every_field(point, tmp_path) -> None:
    point.save(tmp_path / "g.npz")
    with np.load(tmp_path / "g.npz") as data:
        assert {"alpha", "axial", "div_Q", "div_P", "curvature", "T_vector", "torsion", "nonmetricity"} <= set(
            data.files
        )
        np.testing.assert_array_equal(data["div_P"], point.field("div P"))
    point.save(tmp_path / "g.vtk")
    text = (tmp_path / "g.vtk").read_text().split("\n")
    assert text[4] == "DIMENSIONS 28 26 24"
    at = text.index("SCALARS volume double 1") + 2
    values = np.array(text[at : at + 28 * 26 * 24], dtype=float).reshape(24, 26, 28)
    np.testing.assert_allclose(values.T, point.field("volume"), rtol=1e-6)
    at = text.index("VECTORS Q_vector double") + 1
    rows = np.array([row.split() for row in text[at : at + 28 * 26 * 24]], dtype=float)
    assert rows.shape == (28 * 26 * 24, 3)
    # Towards the middle of a strength that grows there, with a minus: away from it.
    x = point.grid.points.transpose(3, 2, 1, 0).reshape(-1, 3)
    near = (x**2).sum(1) < 9
    assert ((rows * x).sum(1)[near] > 0).all()
    pytest.importorskip("matplotlib")
    for name, more in (("a.png", {}), ("b.svg", {"field": "div P", "arrows": "P"})):
        point.plot(tmp_path / name, **more)
        assert (tmp_path / name).stat().st_size > 3000


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("did you mean 'div Q'", lambda g: g.field("div q")),
        ("no vector of a geometry", lambda g: g.plot(None, "alpha", "A")),
        ("change the extension", lambda g: g.save("a.bmp")),
        ("change the extension", lambda g: g.plot("a.bmp")),
        ("three dimensions", lambda g: defects.edge(core=1.0, n=2).on_grid((16, 16), 0.5).field("axial")),
    ],
)
def test_bad_names_get_one_line(point, words, call) -> None:
    with pytest.raises(SymmeterError, match=words) as caught:
        call(point)
    assert "\n" not in str(caught.value)
