"""Grids given as text and columns chosen by name, position or slice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symmeter.errors import InputError, InputTypeError, ShapeError, SymmeterError, UnknownNameError
from symmeter.subjects import fitting_grids, load, parse_columns, parse_grid, resolve_columns


def one_line(error: SymmeterError) -> None:
    assert str(error).isprintable()
    assert len(str(error)) < 1000


@pytest.mark.parametrize("text", ["8x16", "8X16", " 8 x 16 ", "8×16", "8*16", "8,16"])
def test_grid_texts(text: str) -> None:
    assert parse_grid(text) == (8, 16)


@pytest.mark.parametrize(
    "grid",
    [
        "8",
        "8x",
        "x8",
        "8x8x8",
        "-8x8",
        "8.5x2",
        "a x b",
        "",
        "9" * 5000 + "x1",
        (8,),
        8,
        (8.0, 8),
        None,
        (1, 2, 3),
        "8x8\n8",
    ],
)
def test_bad_grids(refusal, grid: object) -> None:
    assert "height x width" in refusal(InputError, parse_grid, grid)


@pytest.mark.parametrize("grid", ["0x8", (0, 3), (-1, -8)])
def test_grids_without_cells(refusal, grid: object) -> None:
    assert "1 or more" in refusal(InputError, parse_grid, grid)


@given(st.integers(1, 5000))
def test_fitting_grids_are_the_factorisations_closest_to_square(cells: int) -> None:
    every = [(h, cells // h) for h in range(1, cells + 1) if cells % h == 0 and h * h <= cells]
    assert list(fitting_grids(cells)) == sorted(every, key=lambda g: g[1] - g[0])[:3]


def test_grid_that_does_not_fit(refusal) -> None:
    x = np.zeros((10, 64))
    x[0, 0] = 1
    assert refusal(ShapeError, load, x, grid="8x9").startswith(
        "grid 8x9 has 72 cells, the data have 64 columns; 8x8 or 4x16 or 2x32 would fit"
    )
    assert load(x, grid=(4, 16)).grid == (4, 16)


def test_grid_against_pictures(refusal) -> None:
    pictures = np.random.default_rng(0).normal(size=(5, 8, 8))
    assert load(pictures).grid == (8, 8)
    assert load(pictures, grid="8x8").grid == (8, 8)
    assert "conflicts with its own pictures of 8x8" in refusal(ShapeError, load, pictures, grid="4x16")
    chosen = load(pictures, columns="0:16", grid="4x4")
    assert chosen.grid == (4, 4)
    assert any("no longer holds" in note for note in chosen.notes)


NAMES = ["height", "width", "3", "a,b", "depth"]


@pytest.mark.parametrize(
    ("columns", "positions"),
    [
        ("height,depth", [0, 4]),
        ("1:3", [1, 2]),
        (":2", [0, 1]),
        ("3", [2]),  # a column called 3 comes before position 3
        ([3], [3]),
        (["a,b", 0], [3, 0]),
        ("-1", [4]),
        ("::2", [0, 2, 4]),
        (slice(3, None), [3, 4]),
        (np.array([4, 1]), [4, 1]),
        (2, [2]),
        (" width , 0 ", [1, 0]),
        ("::-1", [4, 3, 2, 1, 0]),
    ],
)
def test_choices(columns: object, positions: list[int]) -> None:
    assert resolve_columns(columns, NAMES, 5).tolist() == positions


@pytest.mark.parametrize(
    ("columns", "kind", "part"),
    [
        ("hieght", UnknownNameError, "did you mean 'height'?"),
        ("zzz", UnknownNameError, "the 5 columns: 'height', 'width'"),
        ("5", InputError, "column 5 does not exist; its 5 columns are 0 to 4"),
        ("-6", InputError, "column -6 does not exist"),
        ("width,1", InputError, "column 'width' is chosen twice"),
        ("7:9", InputError, "the slice 7:9 takes none of the 5 columns"),
        ("0:3:0", InputError, "step not 0"),
        ("a,,b", InputError, "an item is empty"),
        ("", InputError, "an item is empty"),
        ([], InputError, "no column is chosen"),
        ([1.5], InputTypeError, "'1.5' is none of these"),
        ([True], InputTypeError, "'True' is none of these"),
        ("1\n2", UnknownNameError, "no column named"),
    ],
)
def test_bad_choices(refusal, columns: object, kind: type[SymmeterError], part: str) -> None:
    assert part in refusal(kind, resolve_columns, columns, NAMES, 5, "t.csv")


def test_names_of_an_array_without_names(refusal) -> None:
    assert "the columns have no names, only positions 0 to 2" in refusal(
        UnknownNameError, load, np.ones((5, 3)), columns="height"
    )


@given(st.text(max_size=30))
def test_any_text_is_a_choice_or_an_error(text: str) -> None:
    try:
        positions = resolve_columns(text, NAMES, 5)
    except SymmeterError as error:
        one_line(error)
    else:
        assert len(parse_columns(text)) >= 1
        assert set(positions.tolist()) <= set(range(5))


@given(st.text(alphabet="0123456789x×,*- ", max_size=12))
def test_any_text_is_a_grid_or_an_error(text: str) -> None:
    try:
        h, w = parse_grid(text)
    except InputError as error:
        one_line(error)
    else:
        assert min(h, w) >= 1
