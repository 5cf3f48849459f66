"""Which lattice atoms look like, and what is said to a person who named another one."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError, InputTypeError, ShapeError
from symmeter.find import find
from symmeter.spacetime import defects
from symmeter.spacetime.defects.atoms_recognition import likeness, looks_like
from symmeter.subjects.crystals import Crystal

_SPACE = {"sc": 2.8, "fcc": 3.61, "bcc": 3.165, "hcp": 3.2, "diamond": 5.43}


def _shaken(name: str, size: float, seed: int = 0) -> Crystal:
    block = defects.build_crystal(name, _SPACE[name], (4, 4, 4))
    noise = np.random.default_rng(seed).normal(size=block.positions.shape) * size
    return Crystal(block.positions + noise, block.cell, block.periodic, block.symbols)


@pytest.mark.parametrize("name", list(_SPACE))
def test_each_lattice_is_told_from_the_others(name) -> None:
    for noise in (0.0, 0.05):
        found, a, share = looks_like(_shaken(name, noise))
        assert (found, share > 0.9) == (name, True)
        assert a == pytest.approx(_SPACE[name], rel=0.05)
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    turn *= np.linalg.det(turn)
    block = _shaken(name, 0.0)
    assert likeness(Crystal(block.positions @ turn.T, block.cell @ turn.T, block.periodic, block.symbols),
                    defects.reference_lattice(name, _SPACE[name])) == 1.0  # fmt: skip


@pytest.mark.parametrize("wrong", list(_SPACE))
def test_a_wrong_name_is_refused_with_the_right_one(wrong) -> None:
    for name in _SPACE:
        if name == wrong:
            assert defects.from_atoms(_shaken(name, 0.02), wrong, "estimate").n
            continue
        with pytest.raises(InputError, match=f"surroundings of {name} .*, not of {wrong}"):
            defects.from_atoms(_shaken(name, 0.02), wrong, "estimate")


def test_strained_faulted_and_broken_crystals_are_taken() -> None:
    block = _shaken("fcc", 0.0)
    stretch = np.diag([1.13, 0.94, 0.94])
    assert (defects.from_atoms(block.positions @ stretch, "fcc", 3.61, cell=block.cell @ stretch).matched == 12).all()
    # Half fcc, half hcp, stacked along z: each name is right for half.
    third = np.array([0.5, 1 / (2 * np.sqrt(3))])
    layers = [0, 1, 2, 0, 1, 2, 0, 1, 2, 1, 2, 1, 2, 1, 2, 1]
    flat = defects.build_crystal("triangular", 1.0, (6, 6, 1))
    x = np.concatenate([
        flat.positions + np.array([*(k * third), z * np.sqrt(2 / 3)]) for z, k in enumerate(layers)
    ])  # fmt: skip
    for name in ("fcc", "hcp"):
        a = np.sqrt(2) if name == "fcc" else 1.0
        assert defects.from_atoms(x, name, a, periodic=(True, True, False), cell=flat.cell + np.diag([0, 0, 40])).n
    # Liquid-like noise looks like nothing: no other lattice is named.
    gas = _shaken("fcc", 0.5)
    assert looks_like(gas)[2] < 0.3


def test_find_guesses_the_lattice_that_is_missing(tmp_path) -> None:
    path = tmp_path / "w.extxyz"
    block = _shaken("bcc", 0.01)
    cell = " ".join(map(str, block.cell.ravel()))
    rows = "".join(f"W {x:.6f} {y:.6f} {z:.6f}\n" for x, y, z in block.positions)
    path.write_text(f'{block.n}\nLattice="{cell}" Properties=species:S:1:pos:R:3\n{rows}')
    with pytest.raises(InputError, match=r"looks like bcc, a about 3\.1"):
        find(path)
    assert find(path, lattice="bcc").findings[0].verdict in ("symmetric", "exact")


def test_a_sheet_that_does_not_lie_flat_is_told_so() -> None:
    sheet = defects.build_crystal("triangular", 1.0, (8, 8, 1)).positions
    with pytest.raises(InputError, match="plane of x and y"):
        defects.from_atoms(sheet[:, [0, 2, 1]], "triangular", 1.0)


@pytest.mark.parametrize(
    ("error", "words", "call"),
    [
        (InputTypeError, "is no box", lambda c, r: defects.from_atoms(c, "fcc", 3.61, cell="abc")),
        (InputTypeError, "True or False", lambda c, r: defects.from_atoms(c, "fcc", 3.61, periodic=[True, False])),
        (InputTypeError, "True or False", lambda c, r: defects.from_atoms(c, "fcc", 3.61, periodic="TTF")),
        (InputTypeError, "give a Convention", lambda c, r: defects.from_atoms(c, "fcc", 3.61, convention="FS/RH")),
        (InputError, "rotation", lambda c, r: defects.from_atoms(c, "fcc", 3.61, orientation=np.full((3, 3), np.nan))),
        (InputError, "rotation", lambda c, r: defects.from_atoms(c, "fcc", 3.61, orientation="x")),
        (InputError, "longest bond", lambda c, r: defects.from_atoms(c, "fcc", 3.61, cutoff="x")),
        (InputError, "too few to estimate", lambda c, r: defects.from_atoms(np.zeros((1, 3)), "fcc", "estimate")),
        (InputError, "three numbers", lambda c, r: r.burgers_loops("x")),
        (InputError, "three numbers", lambda c, r: r.burgers_loops([np.nan, 0, 0])),
        (InputError, "positive radius", lambda c, r: r.burgers_loops([1, 2, 3], radius=np.inf)),
        (InputError, "normal='z'", lambda c, r: r.burgers_loops([1, 2, 3], "z")),
        (InputError, "list of numbers", lambda c, r: r.loop_of("abc")),
        (InputError, "list of numbers", lambda c, r: r.loop_of([0, 1, 2.5])),
        (InputError, "positive radius", lambda c, r: r.circulation([0, 0, 0], -5)),
        (ShapeError, "three components", lambda c, r: r.divergence(np.zeros((3, 3)))),
        (InputError, "three vectors", lambda c, r: defects.build_crystal("fcc", 1.0, axes=[[1, 2], [3, 4]])),
        (InputError, "three whole numbers", lambda c, r: defects.build_crystal("fcc", 1.0, (2, 2))),
        (InputError, "positive radius", lambda c, r: defects.dislocated_cylinder("screw", radius=-3)),
    ],
)
def test_bad_calls_get_one_line(error, words, call) -> None:
    crystal = _shaken("fcc", 0.0)
    with pytest.raises(error, match=words) as caught:
        call(crystal, defects.from_atoms(crystal, "fcc", 3.61))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", list(_SPACE))
def test_heat_does_not_shrink_the_estimate(name) -> None:
    unit = defects.reference_lattice(name, _SPACE[name]).spacing
    found = defects.from_atoms(_shaken(name, 0.02 * unit), name, "estimate")
    # Lengths grow by (number of directions across) sigma^2 / d each: four parts in ten thousand twice over.
    assert found.lattice.a == pytest.approx(_SPACE[name], rel=2e-3)
    assert abs(found.volume_ratio.mean() - 1) < 6e-3


@pytest.mark.parametrize("ratio", [1.568, 1.587, 1.624, 1.856, 1.886])
def test_hexagonal_metals_have_their_own_height(ratio) -> None:
    # Be, Ti, Mg, Zn, Cd; the block is made by hand.
    a, c = 2.95, 2.95 * ratio
    cell = np.array([[1, 0, 0], [-0.5, np.sqrt(3) / 2, 0], [0, 0, ratio]]) * a
    steps = np.stack(np.meshgrid(*[np.arange(5)] * 3, indexing="ij"), -1).reshape(-1, 3)
    x = np.concatenate([steps, steps + np.array([2 / 3, 1 / 3, 0.5])]) @ cell
    found = defects.from_atoms(x, "hcp", "estimate", cell=5 * cell)
    assert found.lattice.a == pytest.approx(a, rel=1e-9)
    assert found.lattice.cell[2, 2] == pytest.approx(c, rel=1e-9)
    assert np.abs(found.strain).max() < 1e-9
    assert found.summary()["c"] == pytest.approx(c)
