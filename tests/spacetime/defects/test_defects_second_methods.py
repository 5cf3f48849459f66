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
    centre = (14 * lattice.cell[0] + 14 * lattice.cell[1])[:2] + np.array([0.5, -1 / (2 * np.sqrt(3))])
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


def test_densities_of_atoms_make_the_stress_that_the_atoms_show() -> None:
    # A screw displaces atoms by u_z = +phi / 2 pi: sigma_yz = mu x / (2 pi r^2), positive to the right.
    report = defects.from_atoms(defects.dislocated_cylinder("screw", radius=14.0), "sc", 1.0)
    content = report.burgers_content[2, 2] / 4
    assert content == pytest.approx(-1, abs=0.2)
    x, y, _ = report.crystal.positions.T
    right = (np.abs(y) < 0.6) & (np.abs(x - 6) < 0.6)
    seen = 2 * report.strain[right, 1, 2].mean()
    assert seen == pytest.approx(1 / (2 * np.pi * 6), rel=0.03)
    size, h = 128, 1.0
    alpha = defects.line_density((size, size), h, [((32, 64), (0, 0, -1.0)), ((96, 64), (0, 0, 1.0))], core=1.5)
    stress = defects.stress_from_density(alpha, (1.5, 1.0), h, of="coframe")
    # mu = 1; images and the opposite line change it by less than a tenth of itself.
    assert stress.at((38.0, 64.0))[1, 2] == pytest.approx(seen, rel=0.2)
    assert defects.stress_from_density(alpha, (1.5, 1.0), h).at((38.0, 64.0))[1, 2] == pytest.approx(
        -stress.at((38.0, 64.0))[1, 2]
    )
    with pytest.raises(InputError, match="did you mean 'coframe'"):
        defects.stress_from_density(alpha, (1.5, 1.0), h, of="cofrme")


@pytest.mark.parametrize("opposite", [True, False])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_parallel_lines_along_a_diagonal_have_one_sense(opposite, seed) -> None:
    block = defects.build_crystal("sc", 1.0, (44, 26, 6))
    x = block.positions - [22, 13, 0] + [0.3, 0.4, 0]
    moved = defects.screw_displacement(x, 1.0, (-10.0, 0.0))
    moved = moved + defects.screw_displacement(x, -1.0 if opposite else 1.0, (10.0, 0.0))
    # The lines run along (1, -1, 0), where no axis is nearer than the other.
    turn = np.array([[1, 1, 0], [0, 0, -np.sqrt(2)], [-1, 1, 0]]).T / np.sqrt(2)
    turn = turn[:, [0, 1, 2]] if np.linalg.det(turn) > 0 else turn[:, [1, 0, 2]]
    noise = np.random.default_rng(seed).normal(size=x.shape) * 0.01
    report = defects.from_atoms((x + moved) @ turn.T + noise, "sc", 1.0, orientation=turn)
    assert len(report.loops) == 2
    assert np.abs(report.total_burgers).max() == pytest.approx(0.0 if opposite else 2.0, abs=1e-9)
    assert report.loops[0].normal @ report.loops[1].normal > 0.9


def test_pieces_of_a_closed_line_are_not_added_up(tmp_path, capsys) -> None:
    from symmeter.cli.app import main

    # A square of side 10.4 on which u jumps by one lattice vector across it: half its solid angle over 2 pi.
    block = defects.build_crystal("sc", 1.0, (24, 24, 24))
    x = block.positions - 11.5 + [0, 0, 0.02]
    solid = np.zeros(len(x))
    for a in (1, -1):
        for b in (1, -1):
            u, v = a * 5.2 - x[:, 0], b * 5.2 - x[:, 1]
            solid += a * b * np.arctan2(u * v, x[:, 2] * np.sqrt(u * u + v * v + x[:, 2] ** 2))
    y = x - solid[:, None] / (4 * np.pi) * [0, 0, 1]
    report = defects.from_atoms(y, "sc", 1.0)
    assert len(report.loops) >= 3
    assert all(abs(loop.burgers) @ [0, 0, 1] == pytest.approx(1.0) for loop in report.loops)
    # Every piece runs across z.
    assert all(abs(loop.normal[2]) < 0.2 for loop in report.loops)
    assert any("not parallel" in note for note in report.notes)
    path = tmp_path / "loop.extxyz"
    rows = "".join(f"Po {a:.6f} {b:.6f} {c:.6f}\n" for a, b, c in y)
    path.write_text(f"{len(y)}\nProperties=species:S:1:pos:R:3\n{rows}")
    assert main(["spacetime", "defects", "analyse", str(path), "--lattice", "sc", "--a", "1"]) == 0
    assert "add up" not in capsys.readouterr().out


def test_bending_is_no_dislocation_however_far_the_lattice_turns() -> None:
    # Planes become circles: compatible, so the Nye tensor is an error alone, of third order in distance over radius.
    def bent(radius: float):
        block = defects.build_crystal("fcc", 1.0, (44, 8, 3))
        x = block.positions - [0, 4, 0]
        phi, r = x[:, 0] / radius, radius - x[:, 1]
        y = np.stack([r * np.sin(phi), radius - r * np.cos(phi), x[:, 2]], axis=1)
        report = defects.from_atoms(y, "fcc", 1.0, cell=np.diag([0, 0, 3.0]), periodic=(False, False, True))
        inner = (np.abs(x[:, 1] + 0.25) < 2.5) & (x[:, 0] > 2) & (x[:, 0] < 41)
        assert report.matching.grains.max() == 0
        assert report.loops == ()
        gradient = np.sqrt((report.gradient[inner] ** 2).sum((1, 2, 3)))
        return report, inner, report.density[inner].max() / gradient.max()

    report, inner, wide = bent(25.0)
    assert np.degrees(report.rotation_angle[inner]).max() > 80
    _, _, narrow = bent(50.0)
    assert wide < 3e-4
    assert narrow < wide / 3.5


@pytest.mark.parametrize("width", [0.0, 12.0, 25.0, 40.0])
def test_dissociated_dislocations_are_found_once(width) -> None:
    """An edge of fcc as two Shockley partials with a stacking fault of any width between them: a/2 [1 -1 0] in all."""
    a = 3.61
    b = a / np.sqrt(2)
    axes = np.array([[0.5, -0.5, 0], [1, 1, 1], [-0.5, -0.5, 1]])
    lengths = np.linalg.norm(axes, axis=1) * a
    count = [int(np.ceil(88 / w)) + 2 for w in lengths[:2]]
    block = defects.build_crystal("fcc", a, (*count, 1), axes=axes)
    x = block.positions - [lengths[0] * (count[0] // 2) + 0.3, lengths[1] * (count[1] // 2) + lengths[1] / 6, 0]
    x = x[np.hypot(x[:, 0], x[:, 1]) < 42]
    screw = -b / (2 * np.sqrt(3))
    u = np.zeros_like(x)
    for side in (-1, 1):
        at = (side * width / 2, 0.0)
        u += defects.edge_displacement(x, b / 2, 0.3, at) + defects.screw_displacement(x, -side * screw, at)
    cell = np.diag([0, 0, block.cell[2, 2]])
    report = defects.from_atoms(Crystal(x + u, cell, np.array([False, False, True]), ("Cu",) * len(x)), "fcc", a)
    (loop,) = report.loops
    assert loop.character == "edge"
    assert loop.miller in ("a/2 [-1 1 0]", "a/2 [-1 -1 0]")
    assert loop.lab_burgers @ [1, 0, 0] == pytest.approx(-b, rel=0.01)
    if width > 20:
        # Around one partial alone no loop can be led: not closed, and not said to be.
        with pytest.raises(InputError, match="stacking faults"):
            report.burgers_loops((width / 2, 0, 2), radius=8.0)


def test_one_disclination_is_one_however_long_its_line() -> None:
    lattice = defects.reference_lattice("hcp", 1.0)
    centre = (14 * lattice.cell[0] + 14 * lattice.cell[1])[:2] + np.array([0.5, -1 / (2 * np.sqrt(3))])
    block = defects.build_crystal("hcp", 1.0, (30, 30, 9))
    x = block.positions
    x = x[np.hypot(x[:, 0] - centre[0], x[:, 1] - centre[1]) < 9.7]
    made, _ = defects.wedge_map(x, 1, 6, tuple(centre))
    report = defects.from_atoms(made, "hcp", 1.0)
    turned = [loop for loop in report.loops if loop.character == "disclination"]
    assert len(turned) == 1
    assert np.degrees(report.total_frank) == pytest.approx(60, abs=1e-6)


@pytest.mark.parametrize("use_compiled", [False, True])
def test_grains_of_a_polycrystal_are_told_apart(use_compiled) -> None:
    from scipy.spatial import KDTree
    from scipy.spatial.transform import Rotation

    size, rng = 33.0, np.random.default_rng(0)
    seeds, turns = rng.uniform(0, size, (4, 3)), Rotation.random(4, random_state=1).as_matrix()
    block = defects.build_crystal("fcc", 3.61, (32, 32, 32)).positions - 3.61 * 16
    parts = []
    for k in range(4):
        x = block @ turns[k].T + seeds[k]
        x = x[((x >= 0) & (x < size)).all(1)]
        parts.append(x[((x[:, None] - seeds) ** 2).sum(2).argmin(1) == k])
    own, x = np.repeat(np.arange(4), [len(p) for p in parts]), np.concatenate(parts)
    crowded = {max(pair) for pair in KDTree(x).query_pairs(1.9)}
    kept = np.array([i for i in range(len(x)) if i not in crowded])
    own, x = own[kept], x[kept]
    report = defects.from_atoms(x, "fcc", 3.61, use_compiled=use_compiled)
    found = report.matching.grains
    assert found.max() + 1 == 4
    names = [np.bincount(found[(own == k) & (found >= 0)]).argmax() for k in range(4)]
    assert sorted(names) == [0, 1, 2, 3]
    settled = found >= 0
    assert settled.mean() > 0.9
    assert (np.array(names)[own[settled]] == found[settled]).mean() > 0.98
    for k in range(4):
        # The lattice of each grain is turned as it was made, up to the crystal's own rotations.
        inner = (own == k) & (report.matched == 12) & (report.matching.misfit < 1e-6)
        off = report.lattice.rotations @ turns[k].T @ report.rotation[inner][0]
        assert np.abs(off - np.eye(3)).max((1, 2)).min() < 1e-6
    assert not report.loops


@pytest.mark.parametrize(("name", "blocks"), [("fcc", (19, 19, 19)), ("hcp", (22, 24, 13)), ("diamond", (19, 19, 19))])
def test_volume_of_a_misfitting_sphere_is_the_flux_of_its_displacement(name, blocks) -> None:
    block = defects.build_crystal(name, 1.0, blocks).positions
    x = block - block.mean(0) - [0.1, 0.2, 0.05]
    x = x[np.linalg.norm(x, axis=1) < 9.0]
    sphere = defects.eshelby_sphere(0.03, radius=3.5, nu=0.3)
    report = defects.from_atoms(x + sphere.displacement(x), name, 1.0)
    # Flux through the sphere that 9 becomes, to all orders.
    far = 9.0 + sphere.constraint * 3.5**3 / 81
    assert report.volume_misfit == pytest.approx(4 / 3 * np.pi * (far**3 - 9.0**3), rel=0.015)
    assert report.volume_misfit == pytest.approx(sphere.swelling, rel=0.015)
    inside = np.linalg.norm(x, axis=1) < 2
    assert report.volume_ratio[inside] == pytest.approx((1 + sphere.constraint) ** 3, rel=1e-9)
    outside = (np.linalg.norm(x, axis=1) > 5) & (np.linalg.norm(x, axis=1) < 7)
    assert np.abs(report.volume_ratio[outside] - 1).max() < 2e-3


@pytest.mark.parametrize("name", ["honeycomb", "triangular"])
@pytest.mark.parametrize("sectors", [1, -1])
def test_rings_of_five_and_seven_are_found_once(name, sectors) -> None:
    block = defects.build_crystal(name, 1.0, (40, 40, 1)).positions
    centre = np.array([30.0, 10 * np.sqrt(3)])
    centre += [0.5, 1 / (2 * np.sqrt(3))] if name == "honeycomb" else [0.0, 0.0]
    x = block[np.hypot(block[:, 0] - centre[0], block[:, 1] - centre[1]) < 12]
    made, _ = defects.wedge_map(x, sectors, 6, tuple(centre))
    report = defects.from_atoms(made, name, 1.0)
    assert [loop.character for loop in report.loops] == ["disclination"]
    assert np.degrees(report.total_frank) == pytest.approx(60 * sectors, abs=1e-6)
