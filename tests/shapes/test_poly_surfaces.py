"""Visible surfaces: watertight, right volumes, oriented outwards."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError
from symmeter.shapes import Mesh, Polyhedron, poly, uniform, visible_surface
from symmeter.shapes.planar_subdivision import cut_segments, regions_of, weld, winding_numbers
from symmeter.shapes.triangulation import joined_with_holes, triangulate

CUBE = uniform(6)


def box(low, high):
    size, middle = np.subtract(high, low), np.add(high, low) / 2
    return CUBE.vertices * size + middle


def union(*boxes):
    """The surface of some boxes, faces as they are."""
    vertices = np.concatenate(boxes)
    faces = [tuple(v + 8 * k for v in f) for k in range(len(boxes)) for f in CUBE.faces]
    return visible_surface(vertices, faces)


def inside_somewhere(p, points):
    """Whether a two-sided star polyhedron winds around each point."""
    mesh = p.mesh().triangulated()
    a, b, c = (mesh.vertices[mesh.triangles[:, k]][None] - points[:, None] for k in range(3))
    la, lb, lc = (np.linalg.norm(x, axis=2) for x in (a, b, c))
    bottom = la * lb * lc + (a * b).sum(2) * lc + (b * c).sum(2) * la + (c * a).sum(2) * lb
    turns = np.arctan2((a * np.cross(b, c)).sum(2), bottom).sum(1) / (2 * np.pi)
    return np.abs(turns) > 0.5


@pytest.mark.parametrize("number", range(1, 76))
def test_surfaces_of_uniform_polyhedra_are_watertight(number):
    p = uniform(number)
    mesh = p.mesh(visible=True)
    assert mesh.is_watertight
    assert mesh.volume > 0
    if p.is_convex:
        assert mesh.faces == p.faces
    assert np.linalg.norm(mesh.vertices, axis=1).max() == pytest.approx(p.circumradius)
    assert mesh.triangulated().is_watertight
    assert mesh.triangulated().volume == pytest.approx(mesh.volume, rel=1e-9)


HEMIPOLYHEDRA = (3, 4, 15, 49, 51, 62, 65, 70, 71, 75)


@pytest.mark.parametrize("number", [n for n in range(13, 76) if n not in (*HEMIPOLYHEDRA, 57, 60, 64, 69, 72, 74)])
def test_surfaces_of_duals_are_watertight(number):
    """Among them figures-of-eight as faces, and faces that share a plane."""
    mesh = uniform(number).dual().mesh(visible=True)
    assert mesh.is_watertight
    assert mesh.triangulated().volume == pytest.approx(mesh.volume, rel=1e-9)


@pytest.mark.parametrize("number", [14, 34, 36, 53, 59, 66])
def test_volume_holds_every_point_that_the_faces_wind_around(number):
    """Against random points: nowhere outside the surface do the faces wind."""
    p = uniform(number)
    mesh = p.mesh(visible=True)
    points = np.random.default_rng(number).uniform(-1, 1, (1500, 3)) * p.circumradius
    wound = inside_somewhere(p, points)
    seen = inside_somewhere(Polyhedron(mesh.vertices, mesh.faces, is_solid_surface=True), points)
    assert not (wound & ~seen).any()
    share = mesh.volume / (2 * p.circumradius) ** 3
    assert seen.mean() == pytest.approx(share, abs=4 * (share / 1500) ** 0.5)


def test_known_counts_and_volumes():
    great_icosahedron = uniform(53).mesh(visible=True)
    assert (len(great_icosahedron.vertices), len(great_icosahedron.faces)) == (92, 180)
    # Small stellated dodecahedron: a dodecahedron and twelve pyramids.
    star = uniform(34)
    inner = star.inradius / uniform(23).inradius
    dodecahedron = uniform(23).scaled(inner)
    base = np.linalg.norm(dodecahedron.planes[0], axis=1)[0] * dodecahedron.mesh().area / 12
    height = star.circumradius - star.inradius
    assert star.mesh(visible=True).volume == pytest.approx(dodecahedron.volume + 12 * base * height / 3)


def test_boxes_that_overlap_touch_or_lie_apart():
    unit = box((0, 0, 0), (1, 1, 1))
    cases = [
        (box((0.5, 0.5, 0.5), (1.5, 1.5, 1.5)), 1 + 1 - 0.125),
        (box((0.25, 0.25, 0.5), (0.75, 0.75, 2)), 1 + 0.25 * 1.5 - 0.25 * 0.5),
        (box((0.25, 0.25, -1), (0.75, 0.75, 2)), 1 + 0.25 * 2),
        (box((3, 0, 0), (4, 1, 1)), 2),
        (box((0.25, 0.25, 0.25), (0.75, 0.75, 0.75)), 1),
    ]
    for other, volume in cases:
        mesh = union(unit, other)
        assert mesh.is_watertight
        assert mesh.volume == pytest.approx(volume)


def test_random_boxes_by_inclusion_and_exclusion():
    rng = np.random.default_rng(7)
    for _ in range(8):
        low = rng.uniform(-1, 0, (2, 3))
        high = low + rng.uniform(0.7, 1.5, (2, 3))
        shared = np.clip(high.min(0) - low.max(0), 0, None).prod()
        mesh = union(box(low[0], high[0]), box(low[1], high[1]))
        assert mesh.volume == pytest.approx((high - low).prod(axis=1).sum() - shared, rel=1e-9)


def test_a_surface_looks_the_same_without_its_symmetry():
    p = uniform(36)
    alone = visible_surface(p.vertices, p.faces)
    together = p.mesh(visible=True)
    assert alone.volume == pytest.approx(together.volume, rel=1e-12)
    assert sorted(map(len, alone.faces)) == sorted(map(len, together.faces))


def test_mirror_image_of_a_surface():
    p = poly("U40")
    twin = p.mirror()
    assert twin.mesh(visible=True).volume == pytest.approx(p.mesh(visible=True).volume, rel=1e-9)
    assert twin.group == p.group
    assert poly("mirror image of snub cube").name == "snub cube (mirror image)"


def test_open_meshes_say_which_face():
    open_box = Mesh(CUBE.vertices, CUBE.faces[1:], "box")
    assert not open_box.is_watertight
    with pytest.raises(InputError, match=r"box is not closed: side \(\d, \d\) of face \d"):
        _ = open_box.volume


def test_faces_that_are_no_faces():
    with pytest.raises(InputError, match="face 1 of bad"):
        Mesh(CUBE.vertices, ((0, 1, 2), (0, 1, 9)), "bad")
    with pytest.raises(InputError, match="vertex 3 of bad is not finite"):
        Mesh(np.where(np.arange(24).reshape(8, 3) == 10, np.nan, 0), ((0, 1, 2),), "bad")


def test_triangles_of_polygons_with_holes():
    outer = np.array([[0, 0], [4, 0], [4, 4], [2, 4], [0, 4.0]])
    holes = [np.array([[1, 1], [1, 2], [2, 2], [2, 1.0]]), np.array([[3, 3], [3, 3.5], [3.5, 3.5], [3.5, 3.0]])]
    points = np.concatenate([outer, *holes])
    joined = joined_with_holes(points, [0, 1, 2, 3, 4], [[5, 6, 7, 8], [9, 10, 11, 12]])
    triangles = triangulate(points, joined)
    a, b, c = (points[np.array(triangles)[:, k]] for k in range(3))
    areas = ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) / 2
    assert areas.min() > 0
    assert areas.sum() == pytest.approx(16 - 1 - 0.25)


def test_regions_of_a_figure():
    starts = np.array([[0, 0], [3, 0], [3, 3], [0, 3], [1, 1], [2, 1], [2, 2], [1, 2], [0, 1.5]], float)
    ends = np.array([[3, 0], [3, 3], [0, 3], [0, 0], [2, 1], [2, 2], [1, 2], [1, 1], [0.5, 1.5]], float)
    points, edges = cut_segments(starts, ends, 1e-9)
    regions = regions_of(points, edges)
    assert sorted(len(h) for h in regions.holes) == [0, 1]
    outer = regions.outer[[len(h) for h in regions.holes].index(1)]
    assert winding_numbers(points[outer], np.array([[1.5, 1.5], [5, 5]])).tolist() == [1, 0]


def test_weld_joins_what_is_near():
    points = np.array([[0, 0.0], [1, 0], [1e-9, -1e-9], [0.5, 0.5]])
    joint, label = weld(points, 1e-7)
    assert len(joint) == 3
    assert label[0] == label[2]
    assert len(set(label.tolist())) == 3


def test_faces_that_bound_no_body():
    with pytest.raises(InputError, match="enclose nothing"):
        visible_surface(CUBE.vertices, CUBE.faces[1:])


def test_too_many_planes_are_refused_with_their_number(monkeypatch):
    from symmeter.shapes import surface_cutting

    monkeypatch.setattr(surface_cutting, "_MOST_PAIRS", 20)
    with pytest.raises(InputError, match="6 planes in 6 classes; cutting stops at 20"):
        visible_surface(CUBE.vertices, CUBE.faces)


def test_intervals_of_lines_in_star_polygons_by_sampling():
    from symmeter.shapes.face_crossings import Lines, Polygons, common_intervals, covered_intervals
    from symmeter.shapes.planar_subdivision import winding_numbers

    rng = np.random.default_rng(6)
    sizes = [(5, 7), (3,), (6, 4, 5)]
    planes = [[rng.standard_normal((n, 2)) for n in row] for row in sizes]
    count = np.array([n for row in sizes for n in row])
    following = np.concatenate([start + np.roll(np.arange(n), -1) for start, n in zip(np.cumsum(count) - count, count)])
    total = np.array([sum(row) for row in sizes])
    polygons = Polygons(
        np.concatenate([p for row in planes for p in row]),
        following,
        np.repeat([k for row in sizes for k in range(len(row))], count),
        (np.cumsum(total) - total)[[0, 1, 2, 0]],
        total[[0, 1, 2, 0]],
    )
    way = rng.standard_normal((4, 2))
    lines = Lines(0.2 * rng.standard_normal((4, 2)), way / np.linalg.norm(way, axis=1)[:, None])
    ends, line = covered_intervals(lines, polygons, 1e-9)
    t = rng.uniform(-4, 4, 3000)
    for k, plane in enumerate((0, 1, 2, 0)):
        points = lines.start[k] + t[:, None] * lines.way[k]
        expected = np.any([winding_numbers(p, points) != 0 for p in planes[plane]], axis=0)
        found = np.any([(a < t) & (t < b) for a, b in ends[line == k]] or [t > 9], axis=0)
        np.testing.assert_array_equal(found, expected)
    both, of = common_intervals((ends, line), (ends + 0.1, line), 4, 1e-9)
    for k in range(4):
        own = ends[line == k]
        one, other = (np.any([(a < t) & (t < b) for a, b in e] or [t > 9], axis=0) for e in (own, own + 0.1))
        found = np.any([(a < t) & (t < b) for a, b in both[of == k]] or [t > 9], axis=0)
        np.testing.assert_array_equal(found, one & other)


def test_equal_rows_are_found_with_and_without_words_that_coincide(monkeypatch):
    from symmeter.shapes import planar_subdivision
    from symmeter.shapes.topology import distinct_pairs, pair_keys

    rng = np.random.default_rng(8)
    rows = rng.integers(-3, 4, (200, 3)).astype(float)
    for _ in range(2):
        first, where = planar_subdivision._alike(rows)
        np.testing.assert_array_equal(rows[first][where], rows)
        assert len(first) == len(np.unique(rows, axis=0))
        # With one word for all rows they are compared entry by entry.
        monkeypatch.setattr(planar_subdivision, "_MIX", np.zeros(8, dtype=np.uint64))
    pairs = rng.integers(0, 12, (80, 2))
    np.testing.assert_array_equal(distinct_pairs(pairs), np.unique(np.sort(pairs, axis=1), axis=0))
    np.testing.assert_array_equal(pair_keys(pairs), pair_keys(pairs[:, ::-1]))
