"""Numbers, loops, boxes and grids that cannot be: one line each, which names the argument."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import SymmeterError
from symmeter.spacetime import defects
from symmeter.spacetime.defects import MetricAffine

FLAT = np.eye(3)[:, :, None, None, None] * np.ones((8, 8, 8))
GRID = defects.Grid.of((8, 8, 8), 1.0)
DIPOLE = [((4, 8), (0, 0, 1.0)), ((12, 8), (0, 0, -1.0))]


def geometry():
    return MetricAffine(FLAT, gauge="weitzenboeck", spacing=1.0)


def stress(**more):
    return defects.stress_from_density(defects.line_density((16, 16), 1.0, DIPOLE, 2.0), (1, 1), 1.0, **more)


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("spacings of a grid are numbers", lambda: MetricAffine(FLAT, gauge="weitzenboeck", spacing="x")),
        ("coordinates of an origin", lambda: MetricAffine(FLAT, gauge="weitzenboeck", spacing=1, origin="abc")),
        ("all as arrays", lambda: MetricAffine(FLAT, "metric_affine", connection="x")),
        ("coordinates=3", lambda: MetricAffine(["dx", "dy", "dz"], gauge="weitzenboeck", coordinates=3)),
        ("corners of a loop", lambda: geometry().burgers("x")),
        ("interval 0 of a box", lambda: geometry().report([(1,), (1, 2), (1, 2)])),
        ("interval 0 of a box", lambda: geometry().report("abc")),
        ("radius=-1", lambda: defects.circle((0, 0, 0), -1)),
        ("radius=nan", lambda: defects.circle((0, 0, 0), np.nan)),
        ("two different axes", lambda: defects.circle((0, 0, 0), 1.0, axes=(0, 5))),
        ("half widths are numbers", lambda: defects.rectangle((0, 0, 0), "x")),
        ("center=", lambda: defects.rectangle((0,), 1.0)),
        ("b='x'", lambda: defects.screw("x")),
        ("core=-1", lambda: defects.screw(1.0, core=-1)),
        ("2 or 3 dimensions, not n=4", lambda: defects.edge(n=4)),
        ("2 or 3 dimensions, not n=5", lambda: defects.wedge_disclination(n=5)),
        ("a='x'", lambda: defects.wedge_disclination("x")),
        ("strengths are numbers", lambda: defects.point_defect("x")),
        ("separation='x'", lambda: defects.dipole("edge", separation="x")),
        ("misfit='x'", lambda: defects.eshelby_sphere("x")),
        ("the coefficient of T_a T.a='x'", lambda: defects.Action({"T_a T^a": "x"})),
        ("the density has shape", lambda: defects.coframe_of_density(GRID, np.ones((3, 8, 8, 8)))),
        ("NaN", lambda: defects.coframe_of_density(GRID, np.full((3, 3, 8, 8, 8), np.nan))),
        ("burgers=", lambda: defects.gaussian_line(GRID, (1, 0), (0, 0, 0), 1.0)),
        ("direction=5", lambda: defects.gaussian_line(GRID, (1, 0, 0), (0, 0, 0), 1.0, 5)),
        ("core=0", lambda: defects.gaussian_line(GRID, (1, 0, 0), (0, 0, 0), 0)),
        ("Burgers vector=", lambda: defects.line_density((16, 16), 1.0, [((1, 2), (1, 2))], 2.0)),
        ("Burgers vector=", lambda: defects.line_density((16, 16), 1.0, [((1, 2), (1, 2, np.nan))], 2.0)),
        ("two directions", lambda: defects.line_density((16,), 1.0, DIPOLE, 2.0)),
        ("give .*x, y", lambda: defects.line_density((16, 16), 1.0, "abc", 2.0)),
        ("core='x'", lambda: defects.line_density((16, 16), 1.0, DIPOLE, "x")),
        ("tol='x'", lambda: stress(tol="x")),
        ("point=", lambda: stress().at("x")),
        ("point=", lambda: stress().at((1, 2, 3))),
        ("the strain has shape", lambda: defects.incompatibility(GRID, np.zeros((3, 3, 4, 4, 4)))),
        ("grid of 3 directions for a defect", lambda: defects.screw(core=1.0).on_grid("abc", 0.5)),
        ("whole numbers above zero", lambda: defects.screw(core=1.0).on_grid((8.5, 8, 1), 0.5)),
        ("not periodic along", lambda: defects.screw(core=1.0).on_grid((16, 16, 1), 0.5, method="spectral")),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said(words, call) -> None:
    with pytest.raises(SymmeterError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_a_jump_of_one_component_is_seen_beside_constant_ones() -> None:
    # Nine components, one of which steps from -1 to 1 at the wall on every line.
    field = FLAT.copy()
    field[2, 1] = np.linspace(-0.1, 0.1, 8)[None, :, None]
    with pytest.raises(SymmeterError, match="the coframe is not periodic along y"):
        MetricAffine(field, gauge="weitzenboeck")
    smooth = FLAT.copy()
    smooth[2, 1] = 0.1 * np.sin(2 * np.pi * np.arange(8) / 8)[None, :, None]
    assert MetricAffine(smooth, gauge="weitzenboeck").check()["R"] < 1e-12
