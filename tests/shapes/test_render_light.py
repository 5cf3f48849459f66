"""Light, shadows, lines, files, views and wrong input of the renderer; both engines give one picture."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest

from symmeter.errors import InputError, InputTypeError, MissingDependencyError, ShapeError, UnknownNameError
from symmeter.shapes import (
    Camera,
    Look,
    Mesh,
    Scene,
    named_view,
    poly,
    random_camera,
    random_look,
    render,
    rendering,
    viewpoints,
)
from symmeter.shapes import rasteriser as plain
from symmeter.shapes.colours import linear_colour
from symmeter.shapes.in_view import front_polygons
from symmeter.shapes.look import LOOKS
from symmeter.shapes.png import png_bytes
from symmeter.shapes.views import rotation_axes

ABOVE = Camera((0, 0, 1), up=(0, 1, 0), projection="orthographic")


# ---- engines ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("projection", ["perspective", "orthographic"])
@pytest.mark.parametrize("look", sorted(LOOKS))
def test_compiled_and_plain_pictures_agree_in_every_bit(look, projection):
    pytest.importorskip("numba")
    rng = np.random.default_rng(7)
    sky = {"sky": 5} if LOOKS[look].sky else {}
    for name, samples in (("U36", 2), ("W25", 3), ("J87", 1)):
        camera = random_camera(rng, projection)
        size = (90, 70)
        pair = [
            render(name, camera, size=size, look=look, samples=samples, engine=e, **sky) for e in ("numpy", "numba")
        ]
        np.testing.assert_array_equal(pair[0].image, pair[1].image)
        np.testing.assert_array_equal(pair[0].cover, pair[1].cover)
    background = {"background": "transparent", "shadows": True}
    camera = random_camera(rng, projection)
    a, b = (render("cube", camera, size=50, engine=e, **background) for e in ("numpy", "numba"))
    np.testing.assert_array_equal(a.image, b.image)


def test_compiled_and_plain_parts_agree_on_random_triangles_and_lines():
    kernel = pytest.importorskip("symmeter.shapes.rasteriser_kernel", exc_type=ImportError)
    rng = np.random.default_rng(1)
    corners = rng.uniform(-20, 80, (60, 3, 2))
    corners[:10] = np.round(corners[:10])
    corners[10:14, 1, 1] = corners[10:14, 0, 1]
    corners[14:16, 2] = corners[14:16, 1]
    planes = plain.affine_levels(corners, rng.uniform(0, 1, (60, 3)))
    keys = plain.depth_keys(corners, planes, 50, 60)
    np.testing.assert_array_equal(keys, kernel.depth_keys(corners, planes, 50, 60))
    ends = rng.uniform(-10, 70, (40, 2, 2))
    ends[0, 1] = ends[0, 0]
    levels, widths = rng.uniform(0, 1, (40, 2)), rng.uniform(0.2, 3, 40)
    for a, b in zip(plain.line_cover(ends, levels, widths, keys), kernel.line_cover(ends, levels, widths, keys)):
        np.testing.assert_array_equal(a, b)
        assert a.max() > 0


def test_numba_is_loaded_only_when_there_is_work_for_it():
    code = (
        "import sys; from symmeter.shapes import render; render('cube', size=32); print('numba' in sys.modules);"
        "import symmeter.shapes.rendering as r; r._WORTH_LOADING = 0; render('cube', size=32);"
        "print('symmeter.shapes.rasteriser_kernel' in sys.modules or r.find_spec('numba') is None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_without_numba_the_plain_engine_serves(monkeypatch):
    monkeypatch.setitem(sys.modules, "symmeter.shapes.rasteriser_kernel", None)
    monkeypatch.setattr(rendering, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match="compiled rasteriser needs numba"):
        render("cube", size=8, engine="numba")
    monkeypatch.delitem(sys.modules, "symmeter.shapes.rasteriser_kernel")
    monkeypatch.setattr(rendering, "_WORTH_LOADING", 0)
    assert render("cube", size=8).mask.any()


# ---- light -----------------------------------------------------------------------------------------------------------


def square(height=0.0, half=1.0):
    return half * np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], float) + [0, 0, height]


def to_bytes(light):
    v = np.clip(light, 0, 1)
    return 255 * np.where(v <= 0.0031308, 12.92 * v, 1.055 * v ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("light", [(0, 0, 1), (0, 1, 1), (3, 0, 4), (0, 0, -1)])
def test_lambert_by_hand(light):
    mesh = Mesh(square(), ((0, 1, 2, 3),))
    picture = render(mesh, ABOVE, size=20, colouring="teal", light=light, ambient=0, diffuse=0.7, specular=0, lines=0)
    cosine = max(light[2] / np.linalg.norm(light), 0)
    np.testing.assert_allclose(picture.image[10, 10, :3], to_bytes(0.7 * cosine * linear_colour("teal")), atol=0.6)


def test_a_highlight_lies_where_the_mirror_direction_is():
    """Blinn's half-way direction equals the normal where the eye sees the light mirrored."""
    mesh = Mesh(square(), ((0, 1, 2, 3),))
    camera = Camera((0, 0, 1), up=(0, 1, 0), field_of_view=60, margin=1)
    options = {"ambient": 0, "diffuse": 0, "specular": 1, "gloss": 8, "lines": 0, "colouring": "black", "samples": 1}
    picture = render(mesh, camera, size=101, light=(-0.2, 0.1, 1.0), **options)
    row, column = np.unravel_index(np.argmax(picture.image[:, :, 0] * picture.mask), (101, 101))
    f = picture.framing
    # The light is far away: the point whose line of sight, mirrored at the plane, points to it.
    x, y = -0.2 * f.distance, 0.1 * f.distance
    wanted = f.width / 2 + f.scale * x / f.distance, f.height / 2 - f.scale * y / f.distance
    assert abs(column + 0.5 - wanted[0]) <= 1
    assert abs(row + 0.5 - wanted[1]) <= 1


def test_a_plate_throws_its_shadow_where_it_must():
    mesh = Mesh(np.concatenate([square(half=2.0), square(0.6, 0.5)]), ((0, 1, 2, 3), (4, 5, 6, 7)))
    options = {"ambient": 0.2, "diffuse": 0.6, "specular": 0, "lines": 0, "colouring": "white", "samples": 1}
    picture = render(mesh, ABOVE, size=200, light=(-1, 0, 1), shadows=True, **options)
    open_sky = render(mesh, ABOVE, size=200, light=(-1, 0, 1), **options)
    f = picture.framing
    shaded = picture.image[:, :, 0].astype(int) < open_sky.image[:, :, 0].astype(int) - 40
    rows, columns = np.nonzero(shaded & (picture.polygons == 0))
    x = (columns + 0.5 - f.width / 2) / f.scale + f.centre[0]
    y = (f.height / 2 - rows - 0.5) / f.scale + f.centre[1]
    # The light comes from the left at 45 degrees: the shadow lies 0.6 to the right, in part under the plate.
    texel = 2.02 * f.radius / 384
    assert x.max() == pytest.approx(1.1, abs=2 * texel + 1 / f.scale)
    assert x.min() == pytest.approx(0.5, abs=2 * texel + 1 / f.scale)
    assert (y.min(), y.max()) == pytest.approx((-0.5, 0.5), abs=2 * texel + 1 / f.scale)
    assert not shaded[picture.polygons == 1].any()


def test_convex_solids_throw_no_shadow_on_themselves():
    for name in ("cube", "snub dodecahedron", "C5"):
        a = render(name, (1, 2, 3), size=80, shadows=True, specular=0)
        b = render(name, (1, 2, 3), size=80, specular=0)
        np.testing.assert_allclose(a.image, b.image, atol=1)


def test_a_sky_is_darker_in_a_pit_than_on_a_plain():
    floor, rim, plain = 0.5 * square(-4.0)[:, :3], square(half=0.5), square(half=2.0)
    floor[:, 2] = -2.0
    walls = tuple((4 + i, 4 + (i + 1) % 4, (i + 1) % 4, i) for i in range(4))
    frame = tuple((8 + i, 8 + (i + 1) % 4, 4 + (i + 1) % 4, 4 + i) for i in range(4))
    mesh = Mesh(np.concatenate([floor, rim, plain]), ((0, 1, 2, 3), *walls, *frame))
    options = {"colouring": "white", "lines": 0, "specular": 0, "diffuse": 0, "ambient": 0.8, "size": 120, "sky": 64}
    picture = render(mesh, ABOVE, **options)
    on_floor = picture.image[picture.polygons == 0][:, 0]
    on_plain = picture.image[(picture.polygons > 4)][:, 0]
    assert len(on_floor) > 100
    assert on_floor.mean() < on_plain.mean() - 40


# ---- lines -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [(90.0, 20.0), (90.0, 63.0), (20.0, 77.5)])
@pytest.mark.parametrize("half_width", [0.4, 1.0, 2.5])
def test_a_line_covers_its_length_times_its_width(end, half_width):
    ends = np.array([[[20.0, 20.0], end]])
    keys = np.full((100, 110), plain.EMPTY)
    seen, hidden = plain.line_cover(ends, np.zeros((1, 2)), np.array([half_width]), keys)
    assert hidden.max() == 0
    length = np.linalg.norm(ends[0, 1] - ends[0, 0])
    # The profile falls from 1 to 0 over one sample; ends are round.
    across = 2 * half_width if half_width > 0.5 else (half_width + 0.5) ** 2
    assert seen.sum() == pytest.approx(length * across, rel=0.12)


def test_hidden_lines_are_those_behind_the_surface():
    drawn = render("cube", (1, 2, 3), size=200, look="wireframe", engine="numpy")
    assert drawn.image[100, 100].tolist() != [0, 0, 0, 255]
    scene = Scene.of("cube")
    assert len(scene.edges) == 12
    front = front_polygons(scene, drawn.framing)
    fronts = np.bincount(scene.sides[:, 0], weights=front[scene.sides[:, 1]])
    assert sorted(fronts.tolist()) == [0] * 3 + [1] * 6 + [2] * 3
    # A pixel of one of the three hidden edges is pale, one of a visible edge dark.
    middles = scene.vertices[scene.edges].mean(axis=1)
    xy, _ = drawn.framing.project(middles)
    for k, (x, y) in enumerate(xy):
        value = drawn.image[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2, 0].min()
        assert (value > 200) == (fronts[k] == 0), k
    without = render("cube", (1, 2, 3), size=200, look="wireframe", hidden_lines=0.0)
    for k in np.flatnonzero(fronts == 0):
        assert without.image[int(xy[k, 1]), int(xy[k, 0]), 0] > 250


def test_no_lines_between_triangles_of_one_plane():
    assert len(Scene.of(poly("cube").mesh().triangulated()).edges) == 12
    assert len(Scene.of(poly("U29")).edges) == 150
    assert len(Scene.of("U34").edges) == 90


# ---- colours and files -----------------------------------------------------------------------------------------------


def test_colours():
    assert len(np.unique(Scene.of("U29").colours("kind"), axis=0)) == 2
    assert len(np.unique(Scene.of("W24").colours("auto"), axis=0)) == 5
    assert len(np.unique(Scene.of("U34").colours("auto"), axis=0)) == 6
    assert len(np.unique(Scene.of("cube").colours("#123456"), axis=0)) == 1
    np.testing.assert_allclose(linear_colour("#fff"), 1)
    np.testing.assert_allclose(linear_colour("#bcbcbc"), 0.5028865, atol=1e-6)


def test_backgrounds():
    clear = render("cube", size=40, background="transparent")
    assert clear.image[0, 0].tolist() == [0, 0, 0, 0]
    assert clear.image[20, 20, 3] == 255
    gold = render("cube", size=40, background="#102030")
    assert gold.image[0, 0].tolist() == [16, 32, 48, 255]
    np.testing.assert_allclose(gold.image[20, 20], clear.image[20, 20], atol=1)


def decoded(data):
    """A picture from a PNG by the rules of the format, filters none, sub and up."""
    at, idat, head = 8, b"", None
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size])[0] == zlib.crc32(kind + body)
        if kind == b"IHDR":
            head = struct.unpack(">IIBBBBB", body)
        idat += body if kind == b"IDAT" else b""
        at += 12 + size
    width, height, depth, colour, *_ = head
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    assert depth == 8
    rows = np.frombuffer(zlib.decompress(idat), np.uint8).reshape(height, 1 + width * channels)
    out = np.zeros((height + 1, width * channels), np.uint8)
    for k, row in enumerate(rows):
        assert row[0] in (0, 2)
        out[k + 1] = row[1:] + (out[k] if row[0] == 2 else 0)
    return out[1:].reshape(height, width, channels)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_png_holds_the_picture(channels):
    image = np.random.default_rng(0).integers(0, 256, (9, 7, channels), dtype=np.uint8)
    np.testing.assert_array_equal(decoded(png_bytes(image)), image)


def test_files_and_maps(tmp_path):
    picture = render("W24", size=30)
    for name, channels in (("image", 3), ("depth", 1), ("normals", 3), ("mask", 1), ("parts", 1)):
        data = decoded(picture.save(tmp_path / f"{name}.png", name).read_bytes())
        assert data.shape == (30, 30, channels)
    depth = picture.map("depth")[:, :, 0]
    assert (depth > 0).sum() == picture.mask.sum()
    near, far = np.argmin(picture.depth), np.argmax(np.where(picture.mask, picture.depth, 0))
    assert depth.ravel()[near] > depth.ravel()[far]
    assert picture._repr_png_()[:4] == b"\x89PNG"


def test_png_is_read_by_pillow(tmp_path):
    image = pytest.importorskip("PIL.Image")
    picture = render("U29", size=(50, 40), background="transparent")
    with image.open(picture.save(tmp_path / "a.png")) as opened:
        np.testing.assert_array_equal(np.asarray(opened), picture.image)


# ---- views and randomness --------------------------------------------------------------------------------------------


def test_named_views():
    cube = poly("cube")
    assert named_view("front", cube).direction == (0.0, -1.0, 0.0)
    assert named_view("1, 2, 0.5").direction == (1.0, 2.0, 0.5)
    assert named_view("random 3") == named_view("Random:3")
    assert named_view("random 3") != named_view("random 4")
    assert sorted(rotation_axes(cube)) == [2, 3, 4]
    assert sorted(rotation_axes(poly("U29"))) == [2, 3, 5]
    assert rotation_axes(poly("J87")) == {}
    for order in (2, 3, 5):
        axis = np.array(named_view(f"{order}-fold", poly("icosahedron")).direction)
        c, s = np.cos(2 * np.pi / order), np.sin(2 * np.pi / order)
        k = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
        turn = c * np.eye(3) + s * k + (1 - c) * np.outer(axis, axis)
        assert min(np.abs(turn - g).max() for g in poly("icosahedron").operations) < 1e-6


def test_viewpoints_are_even_and_seeds_decide():
    even = viewpoints(400)
    np.testing.assert_allclose(np.linalg.norm(even, axis=1), 1)
    np.testing.assert_allclose(even.T @ even / 400, np.eye(3) / 3, atol=2e-3)
    nearest = np.sort(even @ even.T, axis=1)[:, -2]
    assert np.degrees(np.arccos(nearest)).min() > 6
    np.testing.assert_array_equal(viewpoints(5, seed=2), viewpoints(5, seed=2))
    assert np.abs(viewpoints(5, seed=2) - viewpoints(5, seed=3)).max() > 0.1
    drawn = viewpoints(20000, seed=0)
    np.testing.assert_allclose(drawn.T @ drawn / 20000, np.eye(3) / 3, atol=0.01)


def test_random_looks_and_cameras_follow_their_seed():
    pictures = []
    for seed in (1, 1, 2):
        rng = np.random.default_rng(seed)
        pictures.append(render("J20", random_camera(rng), size=48, look=random_look(rng)).image)
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert (pictures[0] != pictures[2]).any()


# ---- wrong input -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: render("cub"), UnknownNameError, "did you mean cube?"),
        (lambda: render(np.zeros((3, 3))), InputTypeError, "a polyhedron, a mesh or a name; got ndarray"),
        (lambda: render("cube", size=0), InputError, "number of pixels"),
        (lambda: render("cube", size=(3, 4, 5)), InputError, "width and height"),
        (lambda: render("cube", size=40000), InputError, "smaller size or fewer samples"),
        (lambda: render("cube", samples=9), InputError, "from 1 to 8"),
        (lambda: render("cube", engine="cuda"), UnknownNameError, "use auto, numpy or numba"),
        (lambda: render("cube", look="sold"), UnknownNameError, "did you mean solid?"),
        (lambda: render("cube", colouring="kinds"), UnknownNameError, "did you mean kind?"),
        (lambda: render("cube", colouring="?"), UnknownNameError, "auto, kind, part, plane, #rrggbb"),
        (lambda: render("cube", background="whit"), UnknownNameError, "did you mean white?"),
        (lambda: render("cube", shadow=True), UnknownNameError, "did you mean shadows?"),
        (lambda: render("cube", (0, 0, 0)), InputError, "three finite numbers, not all zero"),
        (lambda: render("cube", (1, float("nan"), 0)), InputError, "three finite numbers"),
        (lambda: Camera(projection="isometric"), UnknownNameError, "use perspective or orthographic"),
        (lambda: Camera(field_of_view=180), InputError, "between 1 and 150"),
        (lambda: Camera(margin=0), InputError, "between 0.05 and 100"),
        (lambda: Look(opacity=2), InputError, "opacity is 2; it lies between 0 and 1"),
        (lambda: Look(light=(0, 0, 0)), InputError, "light is"),
        (lambda: viewpoints(0), InputError, "whole number from 1"),
        (lambda: named_view("5-fold", poly("cube")), InputError, "cube has no 5-fold axis; it has 2-fold, 3-fold"),
        (lambda: named_view("5-fold"), InputError, "needs a polyhedron by name"),
        (lambda: named_view("tpo"), UnknownNameError, "did you mean top?"),
        (lambda: named_view("1,b,3"), InputError, "three numbers such as"),
        (lambda: render("cube", size=8).map("dept"), UnknownNameError, "did you mean depth?"),
        (lambda: render("cube", size=8).save("a.jpg"), InputError, "written as .png"),
        (lambda: png_bytes(np.zeros((2, 2, 5), np.uint8)), ShapeError, "1 to 4"),
        (lambda: Scene.of(Mesh(np.zeros((3, 3)), ((0, 1, 2),))), InputError, "single point"),
        (lambda: Scene.of(Mesh(np.zeros((3, 3)), ())), InputError, "no faces"),
    ],
)
def test_wrong_input_is_one_clear_line(make, error, text):
    with pytest.raises(error) as raised:
        make()
    assert text in str(raised.value)
    assert "\n" not in str(raised.value)
