"""Where the rasteriser puts things: areas, depths, normals, coverage, symmetry; by closed forms and ray casting."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.shapes import Camera, Mesh, Scene, poly, render, render_views, viewpoints
from symmeter.shapes import rasteriser as plain
from symmeter.shapes.camera import random_camera
from symmeter.shapes.in_view import view_of

FLAT = {"engine": "numpy", "lines": 0.0}


def area(picture):
    return float(picture.cover.sum()) * picture.framing.pixel_area


# ---- areas -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["tetrahedron", "cube", "dodecahedron", "J1", "C3"])
def test_mean_shadow_of_a_convex_solid_is_a_quarter_of_its_surface(name):
    """Cauchy's theorem."""
    p = poly(name)
    cameras = [Camera(d, projection="orthographic") for d in viewpoints(300)]
    mean = np.mean([area(x) for x in render_views(p, cameras, size=96, **FLAT)])
    assert mean == pytest.approx(p.mesh().area / 4, rel=2e-3)


@pytest.mark.parametrize(
    ("direction", "expected"), [((0, 0, 1), 1.0), ((1, 0, 1), 2**0.5), ((1, 1, 1), 3**0.5), ((0, 3, 4), 1.4)]
)
def test_shadows_of_the_cube(direction, expected):
    """The sum of the three squares, each by the cosine of its normal."""
    picture = render("cube", Camera(direction, projection="orthographic"), size=400, **FLAT)
    # Sides that run along rows of samples are off by up to half a sample each.
    sample = picture.framing.pixel_area**0.5 / 2
    assert area(picture) == pytest.approx(expected, abs=2 * sample)


def test_the_front_of_a_cube_in_perspective():
    camera = Camera((0, -1, 0), field_of_view=40, margin=1.3)
    picture = render("cube", camera, size=300, samples=4, **FLAT)
    f = picture.framing
    side = f.scale / (f.distance - 0.5)
    assert picture.cover.sum() == pytest.approx(side**2, abs=side / 2)
    rows, columns = np.nonzero(picture.mask)
    for found in (rows, columns):
        assert found.min() + found.max() == 299
        assert abs(found.max() - found.min() + 1 - side) <= 1
    np.testing.assert_allclose(picture.depth[picture.mask], f.distance - 0.5, rtol=1e-12)
    # The sphere around the cube touches the edge of the picture after its margin.
    assert f.distance * np.sin(np.radians(20)) == pytest.approx(1.3 * 0.75**0.5)


# ---- depth and normals -----------------------------------------------------------------------------------------------


def cast(mesh, picture, rng, count):
    """Depth, normal and whether anything is hit, of rays through some pixel centres, by trying every triangle."""
    f = picture.framing
    points = (mesh.triangulated().vertices - f.centre) @ f.axes.T
    a, b, c = points[np.array(mesh.triangulated().faces)].transpose(1, 0, 2)
    rows, columns = rng.integers(f.height, size=count), rng.integers(f.width, size=count)
    x, y = (columns + 0.5 - f.width / 2) / f.scale, (f.height / 2 - rows - 0.5) / f.scale
    for i in range(count):
        if f.perspective:
            origin, ray = np.array([0, 0, f.distance]), np.array([x[i], y[i], -1.0])
        else:
            origin, ray = np.array([x[i], y[i], f.distance]), np.array([0, 0, -1.0])
        n = np.cross(b - a, c - a)
        t = ((a - origin) * n).sum(1) / (n @ ray)
        hit = origin + t[:, None] * ray
        inside = np.ones(len(a), bool)
        for p, q in ((a, b), (b, c), (c, a)):
            inside &= (np.cross(q - p, hit - p) * n).sum(1) >= 0
        t = np.where(inside & (t > 0), t, np.inf)
        k = int(np.argmin(t))
        yield rows[i], columns[i], t[k], n[k] / np.linalg.norm(n[k])


@pytest.mark.parametrize("projection", ["perspective", "orthographic"])
@pytest.mark.parametrize("name", ["U52", "W25", "J87"])
def test_depth_and_normals_are_those_of_ray_casting(name, projection):
    rng = np.random.default_rng(5)
    p = poly(name)
    picture = render(p, random_camera(rng, projection), size=120, **FLAT)
    hits = 0
    for row, column, depth, normal in cast(p.mesh(visible=True), picture, rng, 400):
        assert np.isfinite(depth) == picture.mask[row, column]
        if np.isfinite(depth):
            assert picture.depth[row, column] == pytest.approx(depth, rel=1e-9)
            np.testing.assert_allclose(picture.normals[row, column], normal, atol=1e-9)
            hits += 1
    assert hits > 60


def test_depth_of_a_convex_solid_is_where_a_ray_enters_the_half_spaces():
    p = poly("truncated icosahedron")
    picture = render(p, Camera((1, 2, 3)), size=90, **FLAT)
    f = picture.framing
    y, x = (f.height / 2 - np.arange(90)[:, None] - 0.5) / f.scale, (np.arange(90) + 0.5 - f.width / 2) / f.scale
    rays = np.stack(np.broadcast_arrays(x, y, -1.0), axis=-1) @ f.axes
    eye = f.centre + f.distance * f.axes[2]
    normals, offsets = p.planes
    towards = rays @ normals.T
    at = (offsets - normals @ eye) / towards
    enter, leave = np.where(towards < 0, at, -np.inf).max(-1), np.where(towards > 0, at, np.inf).min(-1)
    clear = np.abs(enter - leave) > 1e-9
    assert (picture.mask == (enter < leave))[clear].all()
    np.testing.assert_allclose(picture.depth[picture.mask], enter[picture.mask], rtol=1e-9)


def test_depth_and_levels_are_inverse():
    for projection in ("perspective", "orthographic"):
        f = Camera(projection=projection).framed(np.zeros(3), 2.0, 10, 10)
        depth = np.linspace(f.near, f.far, 7)
        np.testing.assert_allclose(f.depths(f.levels(depth)), depth, rtol=1e-12)
        assert f.levels(depth)[[0, -1]] == pytest.approx([0, 1], abs=1e-12)


# ---- coverage --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cube", "snub dodecahedron", "C13", "prism 50"])
def test_front_triangles_of_a_convex_solid_cover_every_sample_once(name):
    """Neither cracks between triangles nor samples that belong to two."""
    scene = Scene.of(name)
    for k, direction in enumerate([(0, 0, 1), (1, 1, 1), *viewpoints(6, seed=1)]):
        framing = Camera(tuple(direction), projection=("perspective", "orthographic")[k % 2]).framed(
            scene.centre, scene.radius, 61, 47
        )
        view = view_of(scene, framing, 3)
        _, column, row = plain._spans(view.corners, 47 * 3, 61 * 3)
        counts = np.bincount(row * 61 * 3 + column)
        assert set(np.unique(counts)) <= {0, 1}
        filled = np.zeros(47 * 3 * 61 * 3, bool)
        filled[: len(counts)] = counts > 0
        for line in filled.reshape(47 * 3, -1):
            ends = np.flatnonzero(line)
            assert len(ends) == 0 or line[ends[0] : ends[-1] + 1].all()


def test_a_triangle_covers_its_area():
    rng = np.random.default_rng(0)
    corners = rng.uniform(5, 95, (200, 3, 2))
    for t in corners:
        owner, _, _ = plain._spans(t[None], 100, 100)
        (x0, y0), (x1, y1), (x2, y2) = t
        exact = abs((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)) / 2
        around = np.linalg.norm(t - np.roll(t, 1, axis=0), axis=1).sum()
        assert abs(len(owner) - exact) < 0.35 * around + 1
    # Parts outside of the picture are cut off.
    owner, column, row = plain._spans(np.array([[[-1e4, -1e4], [1e4, -1e4], [0, 2e4]]]), 8, 6)
    assert len(owner) == 48
    assert (column.max(), row.max()) == (5, 7)


def test_nearer_triangles_hide_others_in_any_order():
    square = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], float)
    low, high = square, 0.5 * square + [0, 0, 0.5]
    camera = Camera((0, 0, 1), projection="orthographic")
    for order in ((low, high), (high, low)):
        mesh = Mesh(np.concatenate(order), ((0, 1, 2, 3), (4, 5, 6, 7)))
        picture = render(mesh, camera, size=400, **FLAT)
        upper = 0 if order[0] is high else 1
        assert picture.polygons[200, 200] == upper
        corner = np.argwhere(picture.mask)[0]
        assert picture.polygons[tuple(corner)] == 1 - upper
        assert (picture.polygons == upper).sum() == pytest.approx(picture.mask.sum() / 4, rel=0.02)
        assert picture.depth[200, 200] == pytest.approx(picture.depth[tuple(corner)] - 0.5)
        # An open surface is seen from behind too, and its normals turn to the eye.
        behind = render(mesh, Camera((0, 0, -1), projection="orthographic"), size=40, **FLAT)
        np.testing.assert_allclose(behind.normals[20, 20], [0, 0, 1])
        assert behind.polygons[20, 20] == 1 - upper


def test_parts_of_a_compound():
    picture = render("W24", size=80, **FLAT)
    assert set(np.unique(picture.parts)) == {-1, 0, 1, 2, 3, 4}
    assert (picture.parts[picture.mask] >= 0).all()


def test_faces_of_the_visible_surface_keep_their_kinds():
    scene = Scene.of("U52")
    assert set(scene.kinds) == {"5/2"}
    kinds = Scene.of("U36").kinds
    assert set(kinds) == {"5", "5/2"}
    counts = {k: Scene.of("snub cube").kinds.count(k) for k in ("3", "4")}
    assert counts == {"3": 32, "4": 6}


# ---- symmetry --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["snub cube", "U53", "J30", "W24"])
def test_pictures_have_the_symmetry_of_the_solid(name):
    """An eye moved by a rotation of the solid sees the same; moved by a reflection, the mirror image."""
    p = poly(name)
    rng = np.random.default_rng(2)
    direction, up = rng.standard_normal(3), rng.standard_normal(3)
    options = {"size": 75, "colouring": "kind", "light": (0.0, 0.6, 0.8), "engine": "numpy"}
    first = render(p, Camera(tuple(direction), up=tuple(up)), **options)
    chosen = p.operations[rng.permutation(len(p.operations))[:6]]
    for g in chosen:
        moved = render(p, Camera(tuple(g @ direction), up=tuple(g @ up)), **options)
        image, mask, depth = moved.image, moved.mask, moved.depth
        if np.linalg.det(g) < 0:
            image, mask, depth = image[:, ::-1], mask[:, ::-1], depth[:, ::-1]
        # Samples that lie on an edge to the last bit may fall on either side.
        different = (image.astype(int) != first.image).any(axis=2)
        assert different.mean() < 0.004
        both = mask & first.mask
        assert both.sum() > 0.99 * first.mask.sum()
        assert np.median(np.abs(depth[both] - first.depth[both])) < 1e-9


def test_other_directions_give_other_pictures():
    a, b = render("snub cube", (1, 0.3, 0.2), size=75), render("snub cube", (1, 0.5, 0.2), size=75)
    assert (a.image != b.image).any(axis=2).mean() > 0.05


def test_roll_turns_the_picture():
    camera = Camera((1, 2, 3))
    first = render("J3", camera, size=64, light=(0, 0, 1), ambient=0, specular=0, engine="numpy")
    turned = render("J3", camera.turned(90), size=64, light=(0, 0, 1), ambient=0, specular=0, engine="numpy")
    different = np.rot90(first.image) != turned.image
    assert different.any(axis=2).mean() < 0.01
    assert (first.image != turned.image).any(axis=2).mean() > 0.05
