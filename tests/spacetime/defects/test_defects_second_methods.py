"""Results about defects by a second way: turned samples and boxes, wedges in every direction, loops that go around."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError
from symmeter.spacetime import defects
from symmeter.subjects.crystals import Crystal


def _rotation(axis, angle: float) -> np.ndarray:
    """Rodrigues' formula."""
    u = np.asarray(axis, dtype=float) / np.linalg.norm(axis)
    cross = np.array([[0, -u[2], u[1]], [u[2], 0, -u[0]], [-u[1], u[0], 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


_CYCLE = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])


# -- stress ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zero_mode", ["zero_mean_stress", "zero_mean_distortion"])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_straight_lines_in_space_are_those_of_the_plane(zero_mode, axis) -> None:
    b = np.array([0.4, -0.3, 1.0])
    flat = defects.line_density((24, 32), 1.0, [((6, 16), b), ((18, 16), -b)], core=2.0)
    plane = defects.stress_from_density(flat, (1.5, 1.0), 1.0, zero_mode).stress
    # The same body with the lines along another axis.
    turn = np.linalg.matrix_power(_CYCLE, axis + 1)
    order = [int(k) for k in turn @ np.arange(3)]

    def turned(field: np.ndarray) -> np.ndarray:
        deep = np.repeat(field[..., None], 4, axis=-1).transpose(0, 1, *(2 + k for k in order))
        return np.einsum("ai,bj,ij...->ab...", turn, turn, deep)

    found = defects.stress_from_density(turned(flat), (1.5, 1.0), 1.0, zero_mode)
    assert np.abs(plane).max() > 0.05
    np.testing.assert_allclose(found.stress, turned(plane), atol=1e-14)


def test_anisotropic_stress_of_the_same_crystal_in_a_turned_box() -> None:
    # A square box of lines is also a box of twice the area, turned by 45 degrees.
    stiff = defects.stiffness_tensor(defects.cubic_stiffness(168.4, 121.4, 75.4))
    turn = _rotation((0, 0, 1), np.pi / 4)
    b, core, length = np.array([0.7, 0.3, 1.0]), 2.4, 32.0
    lines = [((8.0, 16.0), b), ((24.0, 16.0), -b)]
    own = defects.stress_from_density(defects.line_density((48, 48), length / 48, lines, core), stiff, length / 48)
    wide = length * np.sqrt(2)
    images = [
        (turn[:2, :2] @ (np.array(at) + length * np.array([i, j])), turn @ v)
        for at, v in lines
        for i in range(-3, 4)
        for j in range(-3, 4)
    ]
    images = [(tuple(x), tuple(v)) for x, v in images if (x > -1e-9).all() and (x < wide - 1e-9).all()]
    assert len(images) == 4
    moved = np.einsum("ia,jb,kc,ld,abcd->ijkl", turn, turn, turn, turn, stiff)
    other = defects.stress_from_density(defects.line_density((68, 68), wide / 68, images, core), moved, wide / 68)
    for x in ((3.0, 7.0), (12.0, 20.0)):
        expected = turn @ own.at(x) @ turn.T
        np.testing.assert_allclose(
            other.at(np.mod(turn[:2, :2] @ x, wide)), expected, atol=1e-9 * np.abs(expected).max()
        )


# -- loops -----------------------------------------------------------------------------------------------------------


def _wedge(name: str, sectors: int, fold: int, centre, turn: np.ndarray) -> np.ndarray:
    block = defects.build_crystal(name, 1.0, (30, 30, 3))
    x = block.positions
    x = x[np.hypot(x[:, 0] - centre[0], x[:, 1] - centre[1]) < 9.7]
    made, _ = defects.wedge_map(x, sectors, fold, centre)
    return (made - [*centre, block.cell[2, 2] / 2]) @ turn.T


@pytest.mark.parametrize("sectors", [1, -1])
@pytest.mark.parametrize("turn", [np.eye(3), _CYCLE, _CYCLE.T, _rotation((1, 2, -1), 2.0)])
def test_sign_of_a_wedge_does_not_depend_on_how_the_sample_lies(sectors, turn) -> None:
    lattice = defects.reference_lattice("hcp", 1.0)
    # The sixfold screw axis runs between the columns.
    centre = (14 * lattice.cell[0] + 14 * lattice.cell[1])[:2] + [0.5, -1 / (2 * np.sqrt(3))]
    report = defects.from_atoms(_wedge("hcp", sectors, 6, tuple(centre), turn), "hcp", 1.0)
    (loop,) = report.burgers_loops((0, 0, 0), turn[:, 2], 6.0)
    assert np.degrees(loop.frank_angle) == pytest.approx(60.0 * sectors, abs=1e-9)
    np.testing.assert_allclose(loop.frank_vector, np.pi / 3 * sectors * turn[:, 2], atol=0.02)


def test_loops_that_do_not_go_around_are_refused() -> None:
    # A quarter taken out of a simple cubic crystal strains it by a third: no bonds lead around its core.
    report = defects.from_atoms(_wedge("sc", 1, 4, (14.5, 14.5), np.eye(3)), "sc", 1.0)
    with pytest.raises(InputError, match="cannot be led around"):
        report.burgers_loops((0, 0, 0), (0, 0, 1), 5.0)


def test_an_edge_of_diamond_is_found_though_its_core_is_wide() -> None:
    a = 5.43
    b = a / np.sqrt(2)
    axes = np.array([[0.5, -0.5, 0], [1, 1, 1], [-0.5, -0.5, 1]])
    lengths = np.linalg.norm(axes, axis=1) * a
    count = [int(np.ceil(60 / w)) for w in lengths[:2]]
    block = defects.build_crystal("diamond", a, (*count, 2), axes=axes)
    x = block.positions - [lengths[0] * (count[0] // 2) + 0.31, lengths[1] * (count[1] // 2) + 0.21, 0]
    x = x[np.hypot(x[:, 0], x[:, 1]) < 27]
    x = x + defects.edge_displacement(x, b)
    cell = np.diag([0, 0, block.cell[2, 2]])
    report = defects.from_atoms(Crystal(x, cell, np.array([False, False, True]), ("Si",) * len(x)), "diamond", a)
    (loop,) = report.loops
    assert loop.character == "edge"
    assert loop.magnitude == pytest.approx(b, rel=1e-9)
    # Atoms displaced by +b: the circuit of the crystal coframe fails by -b.
    assert loop.lab_burgers @ [1, 0, 0] == pytest.approx(-b, rel=0.01)


@pytest.mark.parametrize("use_compiled", [False, True])
def test_shells_that_strain_has_mixed_are_told_apart(use_compiled) -> None:
    # The third shell of graphene stands 15 percent beyond the second: a shear of 7 brings them together.
    block = defects.build_crystal("honeycomb", 1.0, (48, 48, 1))
    middle = np.array([36.5, 24 * np.sqrt(3) / 2 + 1 / (2 * np.sqrt(3)), 0.0])
    points, _ = defects.wedge_map(block.positions, 1, 6, (middle[0], middle[1]))
    points = points[np.linalg.norm(points - middle, axis=1) < 14]
    report = defects.from_atoms(points, "honeycomb", 1.0, use_compiled=use_compiled)
    radius = np.linalg.norm(points - middle, axis=1)
    # Radii shrink by sqrt(6/5), angles grow by 6/5: principal stretches of the map, away from its core.
    ring = (radius > 4) & (radius < 12.5)
    assert (report.matching.grains[ring] == 0).all()
    stretch = np.sort(np.linalg.eigvalsh(report.stretch[ring][:, :2, :2]), axis=1)
    np.testing.assert_allclose(stretch, np.tile([np.sqrt(5 / 6), np.sqrt(6 / 5)], (len(stretch), 1)), atol=0.01)


def test_wedges_that_are_put_in_hold_the_atoms_of_more_sectors() -> None:
    block = defects.build_crystal("triangular", 1.0, (24, 24, 1)).positions
    centre = (18.0, 12 * np.sqrt(3) / 2)
    x = block[np.hypot(block[:, 0] - centre[0], block[:, 1] - centre[1]) < 8.3]
    made, kept = defects.wedge_map(x, -1, 6, centre)
    # Six sectors and the atom on the axis become seven and the same atom.
    assert len(made) == (len(x) - 1) // 6 * 7 + 1
    assert (np.bincount(kept) <= 2).all()
    report = defects.from_atoms(made, "triangular", 1.0)
    assert report.coordination[np.linalg.norm(made[:, :2] - centre, axis=1).argmin()] == 7
    (loop,) = report.burgers_loops(centre, radius=5.0)
    assert np.degrees(loop.frank_angle) == pytest.approx(-60.0, abs=1e-9)
    with pytest.raises(InputError, match="put in"):
        defects.wedge_map(x, 6, 6, centre)
    with pytest.raises(InputError, match="is flat"):
        defects.build_crystal("triangular", 1.0, (4, 4, 4))
