"""Coframes, Nye tensors, strain and volume of atoms: closed forms, independent sums, both ways of computing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from symmeter.errors import InputError, ShapeError, SymmeterError, UnknownNameError
from symmeter.spacetime import defects
from symmeter.spacetime.defects.lattice import LATTICES, Lattice, reference_lattice
from symmeter.subjects.crystals import Crystal


def turn(axis, degrees):
    axis = np.array(axis, dtype=float) / np.linalg.norm(axis)
    k = np.cross(np.eye(3), axis) * -1
    t = np.radians(degrees)
    return np.eye(3) + np.sin(t) * k + (1 - np.cos(t)) * k @ k


def moved(crystal, f):
    """A crystal deformed by a constant gradient, box and all."""
    return Crystal(crystal.positions @ f.T, crystal.cell @ f.T, crystal.periodic, crystal.symbols)


def block(name, a=2.5):
    flat = name in ("square", "triangular", "honeycomb")
    return defects.build_crystal(name, a, (8, 8, 1) if flat else (4, 4, 4)), flat


@pytest.mark.parametrize("use_compiled", [False, True])
@pytest.mark.parametrize("name", list(LATTICES))
def test_constant_deformation_is_recovered(name, use_compiled) -> None:
    if use_compiled:
        pytest.importorskip("numba")
    crystal, flat = block(name)
    stretch = np.eye(3)
    stretch[:2, :2] += [[0.03, 0.02], [-0.01, -0.02]]
    if not flat:
        stretch[2] += [0.01, -0.02, 0.04]
    f = stretch @ turn((0, 0, 1) if flat else (1, 2, 3), 37.0)
    found = defects.from_atoms(moved(crystal, f), name, 2.5, use_compiled=use_compiled)
    assert found.n == crystal.n
    # The frame is that of a grain, so equal everywhere, and right up to a rotation of the crystal.
    assert np.abs(found.F - found.F[0]).max() < 1e-12
    assert min(np.abs(found.F[0] - f @ g).max() for g in found.lattice.rotations) < 1e-12
    assert np.abs(found.nye).max() < 1e-12
    assert (found.matched == found.lattice.neighbours).all()
    assert not found.flagged.any()
    assert found.loops == ()
    assert np.abs(found.volume_ratio - np.linalg.det(f)).max() < 1e-12
    r, u = found.rotation, found.stretch
    assert np.abs(r @ u - found.F).max() < 1e-12
    assert np.abs(u - u.swapaxes(1, 2)).max() < 1e-12
    assert np.abs(r @ r.swapaxes(1, 2) - np.eye(3)).max() < 1e-12
    right = 0.5 * (f.T @ f - np.eye(3))
    assert abs(np.trace(found.strain[0]) - np.trace(right)) < 1e-12
    assert abs(np.linalg.norm(found.almansi[0]) - np.linalg.norm(0.5 * (np.eye(3) - np.linalg.inv(f @ f.T)))) < 1e-12


def test_volumes_fill_a_triclinic_box() -> None:
    crystal, _ = block("hcp")
    box = moved(crystal, np.array([[1, 0.3, 0.1], [0, 1.02, -0.2], [0, 0, 0.97]]))
    found = defects.from_atoms(box, "hcp", 2.5)
    assert abs(found.volume.sum() / abs(np.linalg.det(box.cell)) - 1) < 1e-12


@pytest.mark.parametrize("name", ["sc", "fcc", "bcc", "hcp", "diamond"])
def test_compiled_and_plain_loops_agree(name) -> None:
    pytest.importorskip("numba")
    crystal, _ = block(name)
    x = crystal.positions + 0.03 * np.random.default_rng(1).normal(size=crystal.positions.shape)
    noisy = Crystal(np.delete(x, [7, 40], axis=0), crystal.cell, crystal.periodic, crystal.symbols[2:])
    ours, other = (defects.from_atoms(noisy, name, 2.5, use_compiled=c) for c in (True, False))
    assert np.array_equal(ours.matching.match, other.matching.match)
    assert np.array_equal(ours.matching.grains, other.matching.grains)
    assert np.array_equal(ours.coordination, other.coordination)
    assert np.abs(ours.G - other.G).max() < 1e-12
    assert np.nanmax(np.abs(ours.gradient - other.gradient)) < 1e-12


def test_neighbours_agree_with_brute_force() -> None:
    from symmeter.spacetime.defects.atoms_neighbours import neighbours_of

    rng = np.random.default_rng(3)
    cell = np.array([[3.0, 0, 0], [1.1, 2.5, 0], [0.4, -0.7, 2.2]])
    x = rng.random((12, 3)) @ cell * 1.7 - 2
    for periodic in ([True] * 3, [True, False, True], [False] * 3):
        walls = np.array(periodic)
        steps = np.stack(np.meshgrid(*[np.arange(-5, 6) if p else [0] for p in walls], indexing="ij"), -1).reshape(
            -1, 3
        )
        # Atoms outside the box along free directions stay where they are.
        gap = x[None, :, None] + (steps @ cell)[None, None] - x[:, None, None]
        length = np.linalg.norm(gap, axis=-1)
        right = ((length > 1e-9) & (length < 1.9)).sum((1, 2))
        for use_compiled in (True, False):
            if use_compiled:
                pytest.importorskip("numba")
            bonds = neighbours_of(x, cell, walls, 1.9, 500, use_compiled)
            assert np.array_equal(bonds.counts, right)
            sums = np.bincount(bonds.owner, np.linalg.norm(bonds.vector, axis=1), minlength=len(x))
            assert np.abs(sums - np.where((length > 1e-9) & (length < 1.9), length, 0).sum((1, 2))).max() < 1e-12


def reference_sums(points, refs, cutoff_of, radius):
    """Nye sum of a cylinder of four layers, written apart: nearest neighbours, smallest angle in the fixed lattice."""
    images = np.concatenate([points + np.array([0, 0, 4.0 * s]) for s in (-1, 0, 1)])
    name = np.tile(np.arange(len(points)), 3)
    _, k = cKDTree(images).query(points, len(refs) + 1)
    owner, other = np.repeat(np.arange(len(points)), len(refs)), k[:, 1:].ravel()
    dx = images[other] - points[owner]
    cosine = dx @ refs.T / np.linalg.norm(dx, axis=1)[:, None] / np.linalg.norm(refs, axis=1)
    best = cosine.argmax(1)
    keep = cosine.max(1) > np.cos(np.radians(27))
    owner, other, dx, q = owner[keep], name[other[keep]], dx[keep], refs[best[keep]]
    m, c = np.zeros((len(points), 3, 3)), np.zeros((len(points), 3, 3))
    np.add.at(m, owner, dx[:, :, None] * dx[:, None, :])
    np.add.at(c, owner, q[:, :, None] * dx[:, None, :])
    g = c @ np.linalg.inv(m)
    d = np.zeros((len(points), 3, 3, 3))
    np.add.at(d, owner, (g[other] - g[owner])[..., None] * dx[:, None, None, :])
    d = np.einsum("nakl,nlj->najk", d, np.linalg.inv(m))
    return np.einsum("najk,ijk->nai", d, np.array([[[0, 0, 0], [0, 0, 1], [0, -1, 0]],
                                                   [[0, 0, -1], [0, 0, 0], [1, 0, 0]],
                                                   [[0, 1, 0], [-1, 0, 0], [0, 0, 0]]]))  # fmt: skip


@pytest.mark.parametrize(("kind", "row", "published"), [("screw", 2, -1.0547), ("edge", 0, -0.978)])
def test_cylinders_of_the_prototype(kind, row, published) -> None:
    """Nye sums below r = 8 of 5056 atoms; the ideal is -1, the rest is the lattice's own core."""
    crystal = defects.dislocated_cylinder(kind)
    r = np.hypot(*defects.dislocated_cylinder("none").positions[:, :2].T)
    assert crystal.n == 5056
    found = defects.from_atoms(crystal, reference="sc", a=1.0)
    ours = found.nye[r < 8, row, 2].sum() / 4
    assert ours == pytest.approx(published, abs=1e-3)
    other = reference_sums(crystal.positions, found.lattice.references[0], None, 8)
    # The innermost atoms have bonds of equal length, of which either may count.
    assert ours == pytest.approx(other[r < 8, row, 2].sum() / 4, abs=5e-4)
    far = (r > 3) & (r < 18)
    assert np.abs(found.nye[far] - other[far]).max() < 1e-12


@pytest.mark.parametrize(("kind", "row"), [("screw", 2), ("edge", 0)])
def test_circulation_converges_with_the_radius(kind, row) -> None:
    """The smeared Burgers vector tends to -1 monotonically; the gradient between atoms makes it nearer everywhere."""
    found = defects.from_atoms(defects.dislocated_cylinder(kind), "sc", 1.0)
    for linear, bounds in ((False, (0.06, 0.02, 0.008)), (True, (0.004, 4e-4, 2e-4))):
        off = [abs(found.circulation((0, 0, 0.3), r, linear=linear)[row] + 1) for r in (4, 8, 14)]
        assert off[0] > off[1] > off[2] or off[2] < 2e-4
        assert all(o < b for o, b in zip(off, bounds))


def test_slow_dilation_gives_a_pure_trace() -> None:
    """Positions scaled by 1 + s sin: Q_AB = -dG/2 and A = -d(ln volume)/3, against the closed form."""
    crystal = defects.build_crystal("fcc", 1.0, (24, 3, 3))
    k = 2 * np.pi / 24
    x = crystal.positions.copy()
    x[:, 0] += 0.05 / k * np.sin(k * x[:, 0])
    found = defects.from_atoms(Crystal(x, crystal.cell, crystal.periodic, crystal.symbols), "fcc", 1.0)
    s = 0.05 * np.cos(k * crystal.positions[:, 0])
    slope = -0.05 * k * np.sin(k * crystal.positions[:, 0]) / (1 + s)
    assert np.abs(found.volume_ratio - (1 + s)).max() < 2e-4
    assert np.abs(found.A[:, 0] + slope / (1 + s) / 3).max() < 2e-4
    # g_11 = (1 + s)^2, so Q_11 = -(1 + s) ds.
    assert np.abs(found.nonmetricity[:, 0, 0, 0] + (1 + s) * slope).max() < 5e-4
    assert (
        np.abs(np.einsum("nab,nabk->nk", np.linalg.inv(found.metric), found.nonmetricity) / 3 - found.A).max() < 1e-12
    )
    assert np.abs(found.nye).max() < 1e-12


def test_sources_of_point_defects_and_disclinations() -> None:
    """In g = diag((1 + s)^2, 1, 1) both traces are -d ln (1 + s); divergences against the second derivative."""
    crystal = defects.build_crystal("fcc", 1.0, (24, 3, 3))
    k = 2 * np.pi / 24
    x = crystal.positions.copy()
    x[:, 0] += 0.05 / k * np.sin(k * x[:, 0])
    found = defects.from_atoms(Crystal(x, crystal.cell, crystal.periodic, crystal.symbols), "fcc", 1.0)
    s, turn = 1 + 0.05 * np.cos(k * crystal.positions[:, 0]), 0.05 * np.sin(k * crystal.positions[:, 0])
    right = k * turn / s**2
    q, p = found.traces
    assert np.abs(q[:, 0] - right).max() < 0.02 * np.abs(right).max()
    assert np.abs(q - p).max() < 1e-9
    bend = k * (0.05 * k * np.cos(k * crystal.positions[:, 0]) * s + 2 * k * turn**2) / s**3 / s
    assert np.abs(found.scalar("div Q") - bend).max() < 0.04 * np.abs(bend).max()
    assert np.abs(found.scalar("div P") - found.scalar("div Q")).max() < 1e-9


def test_uncertainty_bounds_noise_and_marks_cores() -> None:
    """Atoms shaken at random: the linear part of the curl cancels, what is left grows with the square of the noise."""
    crystal = defects.build_crystal("fcc", 1.0, (8, 8, 8))
    noise = np.random.default_rng(2).normal(size=(crystal.n, 3))
    seen = []
    for size in (0.002, 0.004):
        x = crystal.positions + size * noise
        found = defects.from_atoms(Crystal(x, crystal.cell, crystal.periodic, crystal.symbols), "fcc", 1.0)
        assert (found.density < found.uncertainty).all()
        seen.append(np.sqrt((found.density**2).mean()))
    assert seen[1] / seen[0] == pytest.approx(4.0, rel=0.1)
    core = defects.from_atoms(defects.dislocated_cylinder("edge", radius=10.0), "sc", 1.0)
    assert core.uncertainty[core.flagged].mean() > 5 * np.median(core.uncertainty)


def test_two_grains_keep_their_own_frames() -> None:
    first = defects.build_crystal("fcc", 4.0, (6, 6, 3))
    right = first.positions @ turn((0, 0, 1), 30).T
    x = np.concatenate([first.positions - [26, 12, 0], right[np.abs(right[:, 1] - 12) < 9] - [-6, 12, 0]])
    x = x[np.unique(np.round(x / 1e-6), axis=0, return_index=True)[1]]
    near = cKDTree(x).query_pairs(1.5)
    x = np.delete(x, sorted({j for _, j in near}), axis=0)
    found = defects.from_atoms(x, "fcc", 4.0)
    angles = np.degrees(found.rotation_angle)
    assert found.matching.grains.max() >= 1
    # Loops stay inside a grain, so that none finds the boundary a disclination.
    assert all(loop.frank_angle == 0 for loop in found.loops)
    assert all(len(set(found.matching.grains[list(loop.atoms)])) == 1 for loop in found.loops)
    for right_angle in (0.0, 30.0):
        assert (np.abs(angles - right_angle) < 1e-6).sum() > 50


def test_orientation_chooses_among_equals() -> None:
    axes = np.array([[0.5, -0.5, 0], [0.5, 0.5, -1], [1, 1, 1]])
    crystal = defects.build_crystal("fcc", 3.61, (3, 2, 2), axes=axes)
    lab = axes / np.linalg.norm(axes, axis=1)[:, None]
    found = defects.from_atoms(crystal, "fcc", 3.61, orientation=lab)
    assert np.abs(found.rotation - lab).max() < 1e-9
    assert found.crystal.n == 3 * 2 * 2 * 6


def test_lattice_parameter_is_estimated_when_asked() -> None:
    crystal = defects.build_crystal("bcc", 2.87, (4, 4, 4))
    assert defects.from_atoms(crystal, "bcc", "estimate").lattice.a == pytest.approx(2.87, rel=1e-9)


def test_shells_and_rotations_of_references() -> None:
    counts = {
        n: (len(reference_lattice(n, 1.0).references[0]), len(reference_lattice(n, 1.0).rotations)) for n in LATTICES
    }
    assert counts == {"sc": (18, 24), "fcc": (12, 24), "bcc": (14, 24), "hcp": (12, 12), "diamond": (16, 24),
                      "square": (8, 4), "triangular": (6, 6), "honeycomb": (9, 6)}  # fmt: skip
    hcp = reference_lattice("hcp", 2.95, 4.68)
    assert hcp.cell[2, 2] == pytest.approx(4.68)
    assert np.sort(np.linalg.norm(hcp.references[0], axis=1))[[0, -1]] == pytest.approx(
        [(2.95**2 / 3 + 4.68**2 / 4) ** 0.5, 2.95]
    )


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("a= is missing", lambda c: defects.from_atoms(c, "fcc")),
        ("did you mean 'fcc'", lambda c: defects.from_atoms(c, "fccc", 3.61)),
        ("positive length", lambda c: defects.from_atoms(c, "fcc", -1.0)),
        ("a is about 3.61", lambda c: defects.from_atoms(c, "fcc", 36.1)),
        ("mixes shells", lambda c: defects.from_atoms(c, "fcc", 3.61, cutoff=2.5)),
        ("take about 3.08", lambda c: defects.from_atoms(c, "fcc", 3.61, cutoff=7.0)),
        ("no rotation matrix", lambda c: defects.from_atoms(c, "fcc", 3.61, orientation=2 * np.eye(3))),
        ("is no crystal", lambda c: defects.from_atoms(object(), "fcc", 3.61)),
        ("shape", lambda c: defects.from_atoms(np.zeros((4, 2)), "fcc", 3.61)),
        ("NaN or infinite, first number 0", lambda c: defects.from_atoms(c.positions * np.nan, "fcc", 3.6)),
        ("not independent", lambda c: defects.from_atoms(c, "fcc", 3.61, cell=np.ones((3, 3)))),
        ("stands", lambda c: defects.from_atoms(np.concatenate([c.positions, c.positions[:1] + 0.01]), "fcc", 3.61)),
        ("'alpa'; did you mean 'alpha'", lambda c: defects.from_atoms(c, "fcc", 3.61).scalar("alpa")),
    ],
)  # fmt: skip
def test_bad_input_gets_one_line(words, call) -> None:
    with pytest.raises(SymmeterError, match=words) as caught:
        call(defects.build_crystal("fcc", 3.61, (4, 4, 4)))
    assert "\n" not in str(caught.value)


def test_lattices_that_are_none_are_refused() -> None:
    with pytest.raises(InputError, match="whole shells, such as 4, 16"):
        Lattice("odd", 1.0, np.array(LATTICES["diamond"][0]), np.array(LATTICES["diamond"][1]), 7)
    with pytest.raises(ShapeError, match="independent vectors"):
        Lattice("flat", 1.0, np.ones((3, 3)), np.zeros((1, 3)), 6)
    with pytest.raises(UnknownNameError, match="there are sc, fcc"):
        reference_lattice("quasicrystal", 1.0)
    with pytest.raises(InputError, match="c/a"):
        reference_lattice("hcp", 1.0, 3.0)
