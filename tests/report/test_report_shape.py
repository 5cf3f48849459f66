"""The drawing of a shape: axes and planes against the detected operations, the page, the file of its own."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import symmeter as sm
from symmeter.report import render_fragment, render_gallery, render_html
from symmeter.report.svg import shape_file, shape_picture
from symmeter.report.svg.shape import AXIS_LENGTH, PLANE_RADIUS
from symmeter.shapes import poly
from symmeter.shapes.shape_drawing import drawing_of
from symmeter.shapes.shape_files import open_shape
from symmeter.shapes.shape_finder import examine

ROOT = Path(__file__).parents[2]
MOLECULES = sorted((ROOT / "examples" / "molecules").glob("*.xyz"))
SHAPES = [*MOLECULES, *("snub cube", "J44", "prism 5", "antiprism 4", "small stellated dodecahedron", "cube")]
SIZE, HALF = 400.0, 1.5


def examined(source):
    return examine(open_shape(source if isinstance(source, Path) else poly(source).mesh(visible=True)))


def classes(element):
    return element.get("class", "").split()


@pytest.mark.parametrize("source", SHAPES, ids=lambda s: getattr(s, "stem", s))
def test_drawn_axes_and_planes_are_those_of_the_operations(source):
    found = examined(source)
    group = found.group
    drawing = drawing_of(found.shape, group, found.members)
    root = ElementTree.fromstring(str(shape_picture(drawing, SIZE)))
    view = np.asarray(drawing.view)
    np.testing.assert_allclose(view @ view.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(view) == pytest.approx(1.0)
    scale = SIZE / 2 / HALF

    axes = [e for e in root.iter() if e.get("data-axis")]
    planes = [e for e in root.iter() if e.get("data-normal")]
    # What the operations say, found here from the matrices alone.
    turns: dict[tuple[float, ...], list[int]] = {}
    mirrors = []
    for g in group.ops if group.order is not None else []:
        proper = np.linalg.det(g) > 0
        values, vectors = np.linalg.eig(g)
        cosine = np.clip((np.trace(g) - (1 if proper else -1)) / 2, -1, 1)
        angle = np.arccos(cosine)
        if not proper and angle < 1e-6:
            mirrors.append(np.real(vectors[:, np.argmin(np.abs(values + 1))]))
        if angle < 1e-6 or (not proper and abs(angle - np.pi) < 1e-6):
            continue
        axis = np.real(vectors[:, np.argmin(np.abs(values - (1 if proper else -1)))])
        lead = axis[np.flatnonzero(np.abs(axis) > 1e-6)[-1]]
        key = tuple(np.round(axis * np.sign(lead), 4) + 0.0)
        counts = turns.setdefault(key, [1, 1])
        counts[0 if proper else 1] = max(counts[0 if proper else 1], round(2 * np.pi / angle))
    if group.order is not None:
        said = {tuple(np.round([float(v) for v in e.get("data-direction").split()], 4) + 0.0): e for e in axes}
        assert set(said) == set(turns)
        for key, e in said.items():
            order, improper = map(int, e.get("data-axis").split())
            assert order == turns[key][0]
            assert improper == (turns[key][1] if turns[key][1] > 1 else 0)
        assert len(planes) == len(mirrors)
    # Where they are drawn: the near end of each axis, the ellipse of each plane.
    for e in axes:
        d = view @ [float(v) for v in e.get("data-direction").split()]
        d = d if d[2] >= 0 else -d
        numbers = [float(v) for v in re.findall(r"-?[\d.]+", e.get("d"))]
        end = np.array(numbers[-2:])
        expected = SIZE / 2 + scale * AXIS_LENGTH * np.array([d[0], -d[1]])
        np.testing.assert_allclose(end, expected, atol=0.02)
        marks = [m for m in root.iter() if "mark" in classes(m) and "ring" not in classes(m)]
        assert min(np.linalg.norm(_middle(m) - expected) for m in marks) < 0.6
    for e in planes:
        n = np.array([float(v) for v in e.get("data-normal").split()])
        if group.order is not None:
            assert max(abs(n @ m) for m in mirrors) == pytest.approx(1.0, abs=1e-5)
        _check_rim(e.get("d"), view @ n, scale)
    # Every drawn plane reflects the drawn balls and corners onto one another.
    x = drawing.points
    for n in drawing.planes:
        image = x - 2 * np.outer(x @ n, n)
        assert np.linalg.norm(image[:, None] - x[None], axis=2).min(axis=1).max() < 1e-5
    assert bool(drawing.centre) == any(np.allclose(g, -np.eye(3)) for g in group.ops)
    assert ("centre" in [c for e in root.iter() for c in classes(e)]) == drawing.centre


def _middle(mark):
    if mark.get("points"):
        return np.array([[float(v) for v in p.split(",")] for p in mark.get("points").split()]).mean(axis=0)
    return np.array([float(mark.get("cx")), float(mark.get("cy"))])


def _check_rim(path, normal, scale):
    """Half an ellipse: its long side across the normal's projection, its short one as the tilt says, the near side."""
    middle = np.array([SIZE / 2, SIZE / 2])
    if "A" not in path:
        x1, y1, x2, y2 = (float(v) for v in re.findall(r"-?[\d.]+", path))
        assert abs(normal[2]) < 0.01
        assert np.linalg.norm([x2 - x1, y2 - y1]) == pytest.approx(2 * PLANE_RADIUS * scale, abs=0.05)
        return
    x1, y1, rx, ry, tilt, _, sweep, x2, y2 = (float(v) for v in re.findall(r"-?[\d.]+", path))
    assert rx == pytest.approx(PLANE_RADIUS * scale, abs=0.05)
    assert ry == pytest.approx(PLANE_RADIUS * scale * abs(normal[2]), abs=0.05)
    start, stop = np.array([x1, y1]), np.array([x2, y2])
    np.testing.assert_allclose((start + stop) / 2, middle, atol=0.02)
    # In the picture y runs down.
    assert abs((start - middle) @ [normal[0], -normal[1]]) < 0.05
    along = np.array([np.cos(np.radians(tilt)), np.sin(np.radians(tilt))])
    assert abs(along @ (start - middle)) == pytest.approx(rx, abs=0.05)
    # A positive sweep runs clockwise on the screen: the arc's top is where the near side of the circle is.
    a = start - middle
    top = np.array([-a[1], a[0]]) * (1 if sweep else -1)
    first = np.array([a[0], -a[1], 0]) / scale
    second = np.cross(normal, first)
    second = second if second[2] >= 0 else -second
    if np.linalg.norm(second[:2]) > 1e-3:
        assert top @ [second[0], -second[1]] > 0


@pytest.mark.parametrize("source", [MOLECULES[0], "snub cube"], ids=["molecule", "solid"])
def test_a_picture_of_its_own(source):
    found = examined(source)
    text = shape_file(drawing_of(found.shape, found.group, found.members))
    root = ElementTree.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    # Nothing is loaded, and every reference is to something inside.
    assert not re.search(r"(href|src)=|@import|url\((?!#)", text)
    ids = {e.get("id") for e in root.iter() if e.get("id")}
    assert set(re.findall(r"url\(#([^)]+)\)", text)) <= ids
    assert "prefers-color-scheme: dark" in text
    assert "var(--" in text


def test_the_page_turns_shapes_and_loads_nothing():
    report = sm.find(ROOT / "examples" / "molecules" / "benzene.xyz")
    page = render_html(report)
    data = json.loads(unescape(re.search(r'data-shape="([^"]+)"', page)[1]))
    assert len(data["points"]) == 12
    assert len(data["planes"]) == 7
    assert {a["label"] for a in data["axes"]} == {"C6 S6", "C2"}
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert "data-shape" in script
    assert not re.search(r"""(?:src|href)=["']https?:|@import|fetch\(|XMLHttpRequest|\beval\(""", page)
    # Without the script a still picture shows the same.
    assert 'class="svg-shape"' in page
    assert "within tolerance" in page
    assert "not tested" not in page
    fragment = render_fragment(report)
    assert "<script" not in fragment
    assert "data-shape" not in fragment
    assert 'class="svg-shape"' in fragment


def test_pages_without_shapes_carry_no_script_for_them():
    report = sm.find(np.random.default_rng(0).standard_normal((200, 3)), dictionary="exchanges")
    assert "data-shape" not in render_html(report)
    both = render_gallery([("a", report), ("b", sm.find(poly("cube")))])
    assert both.count('data-shape="') == 2
    assert "clientX" in both


def test_names_of_atoms_stay_text(tmp_path):
    path = tmp_path / "<b>.xyz"
    path.write_text("2\n\n<script>\"&' 0 0 0\n<script>\"&' 0 0 1\n", encoding="utf-8")
    page = render_html(sm.find(path))
    assert page.count("<script>") == 1
    assert "<b>.xyz" not in page


def test_the_gallery_holds_ten_small_pictures():
    files = sorted((ROOT / "docs" / "assets" / "gallery").glob("*.svg"))
    shapes = [f for f in files if "svg-shape" in f.read_text(encoding="utf-8")]
    assert len(shapes) >= 10
    for file in shapes:
        text = file.read_text(encoding="utf-8")
        assert len(text.encode()) < 60_000, file.name
        ElementTree.fromstring(text)
    # They show what is found today.
    for name in ("water", "methane", "benzene", "buckminsterfullerene"):
        found = examined(ROOT / "examples" / "molecules" / f"{name}.xyz")
        drawing = drawing_of(found.shape, found.group, found.members)
        kept = (ROOT / "docs" / "assets" / "gallery" / f"{name}.svg").read_text(encoding="utf-8")
        assert kept.count("data-axis=") == len(drawing.axes)
        assert kept.count("data-normal=") == len(drawing.planes)
        assert drawing.title in kept


def test_axes_come_out_of_the_body_where_its_faces_end():
    from types import SimpleNamespace

    from symmeter.report.svg.shape import AXIS_LENGTH, _leaves
    from symmeter.shapes import poly

    rng = np.random.default_rng(4)
    solid = poly("J44")
    body = SimpleNamespace(points=solid.vertices, faces=solid.faces)
    corners = [np.array([solid.vertices[v] for v in f]) for f in solid.faces]
    normals = np.array([np.cross(c[1] - c[0], c[2] - c[0]) for c in corners])
    offsets = np.array([n @ c[0] for n, c in zip(normals, corners)])
    for direction in rng.standard_normal((40, 3)):
        direction /= np.linalg.norm(direction)
        # A ray leaves a convex body at the nearest of the planes ahead.
        reach = offsets / (normals @ direction)
        assert _leaves(body, direction) == pytest.approx(min(reach[reach > 0].min(), AXIS_LENGTH), abs=1e-9)
    assert _leaves(SimpleNamespace(points=solid.vertices, faces=()), np.array([0.0, 0.0, 1.0])) == 0.0
