"""Integer Burgers vectors, Frank rotations and point defects of atoms that were displaced by known amounts."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError
from symmeter.spacetime import defects
from symmeter.subjects.crystals import Crystal


@pytest.mark.parametrize(("kind", "integers"), [("screw", (0, 0, -1)), ("edge", (-1, 0, 0))])
def test_closure_of_a_cylinder_is_exactly_one(kind, integers) -> None:
    found = defects.from_atoms(defects.dislocated_cylinder(kind), "sc", 1.0)
    (loop,) = found.burgers_loops()
    assert loop.integers == integers
    assert loop.burgers.tolist() == list(integers)
    assert loop.character == kind
    assert loop.frank_angle == 0.0
    for radius in (3.0, 6.5, 14.0):
        (asked,) = found.burgers_loops((0, 0, 1.0), radius=radius)
        assert asked.burgers.tolist() == list(integers)
        # Beside the line nothing fails to close.
        assert found.burgers_loops((11.0, 3.0, 1.0), radius=3.0)[0].integers == (0, 0, 0)
    again = found.loop_of(asked.atoms)
    assert again.integers == integers
    assert found.loop_of(asked.atoms[::-1]).integers == tuple(-k for k in integers)


def test_sign_convention_is_kept_and_told() -> None:
    crystal = defects.dislocated_cylinder("screw", radius=8.0)
    found = defects.from_atoms(crystal, "sc", 1.0, convention=defects.Convention(burgers="FS/RH"))
    assert found.loops[0].integers == (0, 0, 1)
    assert found.summary()["burgers_convention"] == "FS/RH"


@pytest.mark.parametrize(
    ("name", "kind", "axes", "length", "miller"),
    [
        ("fcc", "edge", [[0.5, 0.5, 0], [-1, 1, 0], [0, 0, 1]], 0.5**0.5, "a/2 [-1 -1 0]"),
        ("fcc", "edge", [[0.5, -0.5, 0], [1, 1, 1], [-0.5, -0.5, 1]], 0.5**0.5, "a/2 [-1 1 0]"),
        ("fcc", "screw", [[1, 1, 1], [-0.5, -0.5, 1], [0.5, -0.5, 0]], 0.5**0.5, "a/2 [-1 1 0]"),
        ("bcc", "screw", [[1, -1, 0], [1, 1, -2], [0.5, 0.5, 0.5]], 0.75**0.5, "a/2 [-1 -1 -1]"),
        ("diamond", "screw", [[1, 1, 1], [-0.5, -0.5, 1], [0.5, -0.5, 0]], 0.5**0.5, "a/2 [-1 1 0]"),
    ],
)
def test_lattice_dislocations(name, kind, axes, length, miller) -> None:
    a = 3.61
    lab = np.array(axes) / np.linalg.norm(axes, axis=1)[:, None]
    crystal = defects.dislocated_cylinder(kind, name, a, 24.0, 4, axes=axes, b=a * length, centre=(0.3, 0.45))
    found = defects.from_atoms(crystal, name, a, orientation=lab)
    (loop,) = found.loops
    assert loop.miller == miller
    assert loop.integers is not None
    assert loop.character == kind
    assert abs(loop.centre[:2]).max() < 3.0
    assert found.point_defects.net == 0


def test_rotated_crystals_keep_their_burgers_vectors() -> None:
    """Far beyond the 15 degrees that a fixed lattice survives, in a direction of no symmetry."""
    axis = np.array([1, 2, 3]) / np.sqrt(14)
    k = -np.cross(np.eye(3), axis)
    r = np.eye(3) + np.sin(0.7) * k + (1 - np.cos(0.7)) * k @ k
    crystal = defects.dislocated_cylinder("edge", radius=12.0, layers=6)
    box = crystal.cell @ r.T
    turned = Crystal(crystal.positions @ r.T, box, crystal.periodic, crystal.symbols)
    found = defects.from_atoms(turned, "sc", 1.0, orientation=r)
    (loop,) = found.loops
    assert loop.integers == (-1, 0, 0)
    assert abs(loop.normal @ r[:, 2]) > 0.999
    assert np.abs(loop.lab_burgers + r[:, 0]).max() < 0.15


def test_dipole_has_two_lines_and_no_total() -> None:
    block = defects.build_crystal("sc", 1.0, (40, 24, 3))
    x = block.positions.copy()
    for where, sign in (((9.5, 11.5), 1.0), ((29.5, 11.5), -1.0)):
        x += defects.screw_displacement(block.positions, sign, where)
    found = defects.from_atoms(Crystal(x, block.cell, np.array([False, False, True]), block.symbols), "sc", 1.0)
    assert sorted(loop.integers for loop in found.loops) == [(0, 0, -1), (0, 0, 1)]
    assert found.total_burgers.tolist() == [0.0, 0.0, 0.0]
    (around,) = found.burgers_loops((9.5, 11.5, 1.0), radius=5.0)
    assert around.integers == (0, 0, -1)
    from symmeter.spacetime.defects.burgers_search import defect_loops

    some, cut = defect_loops(found, most=1)
    assert cut
    assert len(some) == 1
    assert found.notes == ()


@pytest.mark.parametrize(("name", "fold", "angle"), [("honeycomb", 6, 60.0), ("triangular", 6, 60.0)])
def test_wedge_of_a_sheet_has_a_quantised_frank_angle(name, fold, angle) -> None:
    """Sixty degrees are cut out around a hexagon (or an atom): a ring of five is left, the holonomy is the cut."""
    a = 1.0
    sheet = defects.build_crystal(name, a, (48, 48, 1))
    middle = np.array([24 + 12, 24 * np.sqrt(3) / 2, 0.0]) * a
    if name == "honeycomb":
        middle += [a / 2, a / (2 * np.sqrt(3)), 0]
        assert np.allclose(np.sort(np.linalg.norm(sheet.positions - middle, axis=1))[:6], a / np.sqrt(3))
    points, _ = defects.wedge_map(sheet.positions, 1, fold, (middle[0], middle[1]))
    points = points[np.linalg.norm(points - middle, axis=1) < 14 * a]
    found = defects.from_atoms(points, name, a)
    for radius in (5.0, 9.0):
        (loop,) = found.burgers_loops(middle, radius=radius)
        assert np.degrees(loop.frank_angle) == pytest.approx(angle, abs=1e-9)
        assert loop.character == "disclination"
    assert any(np.degrees(loop.frank_angle) == pytest.approx(angle) for loop in found.loops)
    assert found.burgers_loops(middle + np.array([8.0, 0, 0]), radius=3.0)[0].frank_angle == 0.0


@pytest.mark.parametrize("name", ["sc", "fcc", "bcc", "hcp", "diamond", "honeycomb"])
def test_a_missing_atom_is_one_vacancy(name) -> None:
    flat = name == "honeycomb"
    block = defects.build_crystal(name, 3.0, (8, 8, 1) if flat else (5, 5, 5))
    gone = block.n // 3
    x = block.positions + 0.02 * np.random.default_rng(0).normal(size=(block.n, 3)) * [1, 1, 0 if flat else 1]
    found = defects.from_atoms(
        Crystal(np.delete(x, gone, axis=0), block.cell, block.periodic, block.symbols[1:]), name, 3.0
    )
    points = found.point_defects
    assert len(points.vacancies) == 1
    assert len(points.interstitials) == 0
    gap = (points.vacancies[0] - block.positions[gone]) @ np.linalg.inv(block.cell)
    assert np.linalg.norm((gap - np.rint(gap)) @ block.cell) < 0.1
    assert found.loops == ()


def test_extra_atoms_are_interstitials() -> None:
    block = defects.build_crystal("fcc", 3.61, (5, 5, 5))
    k = block.n // 2
    octahedral = np.concatenate([block.positions, block.positions[k : k + 1] + np.array([3.61 / 2, 0, 0])])
    split = np.concatenate([block.positions, block.positions[k : k + 1] + np.array([0, 0, 0.9])])
    split[k] -= [0, 0, 0.9]
    for x, members in ((octahedral, [block.n]), (split, [k, block.n])):
        found = defects.from_atoms(Crystal(x, block.cell, block.periodic, ("Cu",) * len(x)), "fcc", 3.61)
        assert found.point_defects.net == -1
        assert found.point_defects.interstitials[0] in members


def test_loops_through_cores_are_refused() -> None:
    found = defects.from_atoms(defects.dislocated_cylinder("edge", radius=10.0), "sc", 1.0)
    core = int(np.flatnonzero(found.matching.grains < 0)[0])
    with pytest.raises(InputError, match="runs through a core"):
        found.loop_of([core, core + 1, core + 2])
    with pytest.raises(InputError, match="no matched neighbours"):
        found.loop_of([0, found.n - 1, found.n // 2])
    with pytest.raises(InputError, match="3 or more atoms"):
        found.loop_of([0, 1])
    with pytest.raises(InputError, match="leaves the atoms"):
        found.burgers_loops((0, 0, 0), radius=30.0)
    with pytest.raises(InputError, match="not all zero"):
        found.burgers_loops((0, 0, 0), normal=(0, 0, 0))


def test_vacancies_are_counted_in_a_hot_crystal() -> None:
    """Shaken by 5 % of the nearest distance: nothing else is found."""
    rng = np.random.default_rng(4)
    block = defects.build_crystal("bcc", 2.87, (10, 10, 10))
    gone = rng.choice(block.n, 12, replace=False)
    x = np.delete(block.positions + 0.05 * 2.49 * rng.normal(size=(block.n, 3)) / np.sqrt(3), gone, axis=0)
    found = defects.from_atoms(x, "bcc", 2.87, cell=block.cell)
    assert len(found.point_defects.vacancies) == 12
    assert len(found.point_defects.interstitials) == 0
    assert found.loops == ()
