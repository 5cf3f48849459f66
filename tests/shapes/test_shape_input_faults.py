"""Files and points that are wrong, or right but unusual: each gets one clear line, a note, or the right group."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError
from symmeter.shapes import poly, read_shape
from symmeter.shapes.coincident_vertices import joined
from symmeter.shapes.shape_finder import examine, remarks_on
from symmeter.subjects import Shape


def split(solid) -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """Every face with corners of its own, as programs write that give each face a normal."""
    corners = np.concatenate([solid.vertices[list(f)] for f in solid.faces])
    ends = np.cumsum([len(f) for f in solid.faces])
    return corners, [tuple(range(end - len(f), end)) for f, end in zip(solid.faces, ends)]


@pytest.mark.parametrize("name", ["cube", "snub cube", "J44", "small stellated dodecahedron"])
@pytest.mark.parametrize("ending", ["obj", "ply", "off", "stl"])
def test_meshes_whose_vertices_are_listed_for_every_face(name, ending, tmp_path) -> None:
    from symmeter.shapes import Mesh

    solid = poly(name)
    corners, faces = split(solid)
    path = tmp_path / f"split.{ending}"
    Mesh(corners, tuple(faces), "split").export(path)
    found = examine(read_shape(path))
    assert found.group.symbol == solid.group
    assert len(found.group.points) == solid.V
    assert not any("not closed" in r for r in remarks_on(found))
    assert ending == "stl" or "were joined" in found.shape.describe()


def test_joined_vertices_keep_their_order() -> None:
    rng = np.random.default_rng(2)
    places = rng.standard_normal((7, 3))
    named = rng.integers(0, 7, 40)
    first, place = joined(places[named])
    np.testing.assert_array_equal(places[named][first][place], places[named])
    assert (np.diff(first) > 0).all()
    assert len(first) == len(set(named.tolist()))
    assert joined(np.array([[0.0, 0, 0], [-0.0, 0, 0]]))[0].tolist() == [0]


def test_what_is_no_element_is_said(tmp_path) -> None:
    path = tmp_path / "odd.xyz"
    path.write_text("4\n\nQq 0 0 0\nH 0 0 1\nX 1 0 0\nQq 1 0 1\n")
    assert "'Qq' in line 3 is no element" in read_shape(path).describe()
    assert "'X'" not in read_shape(path).describe()


def test_atoms_of_two_elements_in_one_place_are_said() -> None:
    shape = Shape([[1, 0, 0], [1, 0, 0], [0, 1, 0]], ["H", "O", "O"], molecule=True)
    assert "Points 0 and 1 (H, O) lie in one place." in remarks_on(examine(shape))
    water = Shape([[0, 0, 0.119], [0, 0.763, -0.477], [0, -0.763, -0.477]], ["O", "H", "H"], molecule=True)
    assert not any("one place" in r for r in remarks_on(examine(water)))


def test_a_mesh_without_area_names_a_face() -> None:
    flat = Shape([[0, 0, 0], [1, 0, 0], [2, 0, 0]], None, [(0, 1, 2), (0, 1, 1)])
    with pytest.raises(InputError, match=r"no face has an area, face 0 is \(0, 1, 2\)"):
        examine(flat)


def test_an_exact_shape_needs_no_noise() -> None:
    found = examine(Shape(poly("cube").vertices), noise="estimate")
    assert found.noise < 1e-8
    assert found.group.relative_deviation <= 3 * found.tolerance


def test_linear_shapes_tell_of_all_their_mirrors() -> None:
    from symmeter.shapes.shape_drawing import drawing_of
    from symmeter.shapes.shape_finder import elements_text

    ends = {"OCO": 1.16, "SCO": 1.56}
    for symbols, far in ends.items():
        shape = Shape([[0, 0, 0], [0, 0, -far], [0, 0, 1.16]], [symbols[1], symbols[0], symbols[2]], molecule=True)
        group = examine(shape).group
        text = elements_text(group)
        assert "a C∞ axis" in text
        assert "every mirror plane through it" in text
        assert ("across it and a centre" in text) == (symbols == "OCO")
        assert "every plane through the axis a mirror" in drawing_of(shape, group).title
