"""Dictionaries against NumPy's own rolls, flips and turns of a picture."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.discover import dictionary
from symmeter.errors import EmptyDictionaryError, InputError, ShapeError, UnknownNameError
from symmeter.representations import Monomial, Space

PICTURES = {
    "shift_y": lambda a: np.roll(a, 1, axis=0),
    "shift_x": lambda a: np.roll(a, 1, axis=1),
    "shift_y2": lambda a: np.roll(a, 2, axis=0),
    "shift_x-1": lambda a: np.roll(a, -1, axis=1),
    "flip_x": np.fliplr,
    "flip_y": np.flipud,
    "rot180": lambda a: np.rot90(a, 2),
    "rot90": np.rot90,
    "transpose": np.transpose,
}


def everything(grid: tuple[int, int]) -> list[Monomial]:
    square = grid[0] == grid[1]
    return (
        dictionary.grid_shifts(grid, (1, 2, -1))
        + dictionary.reflections(grid)
        + dictionary.rotations(grid)
        + (dictionary.transposes(grid) if square else [])
    )


@pytest.mark.parametrize("grid", [(4, 4), (3, 5), (5, 2)])
def test_grid_maps_move_pictures(grid: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).standard_normal(grid)
    names = set()
    for p in everything(grid):
        names.add(p.name)
        if p.name in PICTURES:
            moved = PICTURES[p.name](picture)
            np.testing.assert_array_equal(p.apply(picture.ravel()).reshape(grid), moved, err_msg=p.name)
    assert {"flip_x", "flip_y", "rot180", "shift_x", "shift_y"} <= names
    assert ("rot90" in names) == ("transpose" in names) == (grid[0] == grid[1])


def test_all_shifts_of_a_torus() -> None:
    shifts = dictionary.grid_shifts((3, 4), "all")
    assert len(shifts) == 11
    picture = np.arange(12.0).reshape(3, 4)
    found = {p.apply(picture.ravel()).tobytes() for p in shifts}
    expected = {np.roll(picture, s, (0, 1)).ravel().tobytes() for s in np.ndindex(3, 4) if s != (0, 0)}
    assert found == expected


def test_degenerate_grids_leave_out_what_does_not_move() -> None:
    assert [p.name for p in dictionary.grid_shifts((1, 4))] == ["shift_x"]
    assert dictionary.grid_shifts((4, 4), (4, 8)) == []
    assert [p.name for p in dictionary.reflections((1, 4))] == ["flip_x"]
    assert dictionary.reflections((1, 1)) == dictionary.rotations((1, 1)) == dictionary.transposes((1, 1)) == []
    assert [p.name for p in dictionary.rotations((2, 3))] == ["rot180"]


def test_rings_exchanges_signs_and_blocks() -> None:
    assert [p.images.tolist() for p in dictionary.ring_shifts(4, (1, 2, 4))] == [[1, 2, 3, 0], [2, 3, 0, 1]]
    assert len(dictionary.ring_shifts(9, "all")) == 8
    assert dictionary.ring_reflection(3)[0].images.tolist() == [2, 1, 0]
    assert dictionary.ring_reflection(1) == []
    swaps = dictionary.column_exchanges(4, ["a", "b", "c", "d"])
    assert [p.name for p in swaps] == [f"swap({x},{y})" for x, y in ("ab", "ac", "ad", "bc", "bd", "cd")]
    assert all(p.order() == 2 and len(p.cycles()) == 1 for p in swaps)
    negate = dictionary.sign_flips(3)
    np.testing.assert_array_equal(negate[1].matrix(), np.diag([1.0, -1.0, 1.0]))
    blocks = dictionary.block_exchanges(6, 2)
    assert [p.images.tolist() for p in blocks] == [[2, 3, 0, 1, 4, 5], [0, 1, 4, 5, 2, 3]]


def test_skew_basis_is_orthogonal_and_complete() -> None:
    basis = np.array(dictionary.skew_basis(5)).reshape(10, 25)
    np.testing.assert_array_equal(basis @ basis.T, 2 * np.eye(10))
    a = np.random.default_rng(0).standard_normal((5, 5))
    a = a - a.T
    np.testing.assert_allclose((basis.T @ (basis @ a.ravel()) / 2).reshape(5, 5), a)


def test_by_name() -> None:
    space = Space(16, grid=(4, 4))
    names = [p.name for p in dictionary.by_name("shifts, Flips,rotations,transpose", space)]
    assert names == ["shift_y", "shift_x", "flip_x", "flip_y", "rot180", "rot90", "transpose"]
    assert [p.name for p in dictionary.by_name(["shifts", "flips"], Space(5))] == ["shift", "reversal"]
    assert len(dictionary.by_name("exchanges,signs", Space(5))) == 15
    assert set(dictionary.NAMES) == {"shifts", "flips", "rotations", "transpose", "exchanges", "signs"}


def test_defaults_say_what_was_chosen_and_why() -> None:
    chosen, why = dictionary.default_for(Space(16, grid=(4, 4)))
    assert {p.name for p in chosen} == {"shift_x", "shift_y", "flip_x", "flip_y", "rot90", "rot180", "transpose"}
    assert "the data are images on the 4 x 4 grid" in why
    chosen, _ = dictionary.default_for(Space(6, grid=(2, 3)))
    assert {p.name for p in chosen} == {"shift_x", "shift_y", "flip_x", "flip_y", "rot180"}
    chosen, why = dictionary.default_for(Space(5))
    assert len(chosen) == 1 + 1 + 10 + 5
    assert "5 columns without a grid" in why
    chosen, why = dictionary.default_for(Space(40))
    assert [p.name for p in chosen] == ["shift", "reversal"]
    assert "too many for every exchange" in why


@pytest.mark.parametrize(
    ("build", "error", "text"),
    [
        (lambda: dictionary.grid_shifts((0, 4)), ShapeError, "at least one row and one column; got 0x4"),
        (lambda: dictionary.grid_shifts("8"), ShapeError, r"two whole numbers \(height, width\); got '8'"),
        (lambda: dictionary.grid_shifts((4, 4), "some"), InputError, "or \"all\"; got 'some'"),
        (lambda: dictionary.transposes((2, 3)), ShapeError, "only a square grid has a transpose; 2x3"),
        (lambda: dictionary.block_exchanges(7, 2), ShapeError, "blocks of 2 columns do not divide 7 columns"),
        (lambda: dictionary.by_name("shift", Space(4)), UnknownNameError, "did you mean 'shifts'"),
        (lambda: dictionary.by_name("qqq", Space(4)), UnknownNameError, "no dictionary is called 'qqq'; there are"),
        (lambda: dictionary.by_name("rotations", Space(4)), InputError, "say which, as in --grid 8x8"),
        (lambda: dictionary.by_name("transpose", Space(6, grid=(2, 3))), ShapeError, "2x3 is not square"),
        (lambda: dictionary.by_name("flips", Space(1, grid=(1, 1))), EmptyDictionaryError, "has no element on"),
    ],
)
def test_errors(build, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        build()
