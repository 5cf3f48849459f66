"""A shape with its axes and mirror planes, seen from in front: an orthographic picture sorted by depth.

Axes carry the usual marks: a lens, triangle, square, pentagon or hexagon for the order, hollow where there is only a
rotation-reflection, ringed where there is one besides the rotation. What is behind the shape is drawn first.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from symmeter.report.svg.elements import number, picture, tag

if TYPE_CHECKING:
    from markupsafe import Markup

    from symmeter.subjects.drawing import Drawing, DrawnAxis

__all__ = ["AXIS_LENGTH", "PLANE_RADIUS", "shape_file", "shape_picture"]

#: In radii of the shape.
AXIS_LENGTH = 1.3
PLANE_RADIUS = 1.1
_HALF = 1.5
_LIGHT = np.array([-0.45, 0.65, 0.62]) / np.linalg.norm([-0.45, 0.65, 0.62])
_FACE = ((17, 62, 80), (62, 147, 158), (214, 236, 236))
#: More planes than this are drawn as outlines alone; the inner parts of more axes than this are faint.
_MOST_FILLED = 5
_MOST_AXES = 12

#: From a vector in the frame of the camera to a place in the picture.
Place = Callable[[np.ndarray], tuple[float, float]]


def shape_picture(drawing: Drawing, size: float = 400.0) -> Markup:
    """The picture, ``size`` pixels wide and high.

    Parameters
    ----------
    drawing : Drawing
    size : float
    """
    view = np.asarray(drawing.view)
    p = drawing.points @ view.T
    scale = size / 2 / _HALF
    prefix = f"s{zlib.crc32(p.round(6).tobytes() + drawing.title.encode()):08x}"

    def place(v: Float[np.ndarray, "3"]) -> tuple[float, float]:
        return size / 2 + scale * float(v[0]), size / 2 - scale * float(v[1])

    planes = [np.asarray(n) @ view.T for n in drawing.planes]
    opaque = bool(drawing.faces) and not drawing.sizes.any()
    axes = [(a, np.asarray(a.direction) @ view.T) for a in drawing.axes]
    crowded, many = len(axes) > _MOST_AXES, len(planes) > _MOST_FILLED

    def half(front: bool) -> list[Markup]:
        rims = [_rim(n, place, front, k, drawing.planes[k], many) for k, n in enumerate(planes)]
        for a, d in axes:
            parts = _in_sight(drawing, p, a, d, front, opaque)
            rims += _half_axis(a, d, place, parts, front, crowded)
        return rims

    back = [_disc(n, place, not many) for n in planes] + half(False)
    body = _faces(drawing, p, planes, place) + _balls(drawing, p, place, scale, prefix)
    marks = {f: [m for a, d in axes for m in _marks(a, d, place, f, 0.72 if crowded else 1.0)] for f in (True, False)}
    centre = [tag("circle", cx=size / 2, cy=size / 2, r=3.6, class_="centre")] if drawing.centre else []
    return picture(
        "shape",
        size,
        size,
        drawing.title,
        tag("defs", *_gradients(drawing, prefix)),
        *back,
        *marks[False],
        *body,
        *half(True),
        *marks[True],
        *centre,
        *_labels(axes, place),
    )


def shape_file(drawing: Drawing, size: float = 400.0) -> str:
    """The picture as a file of its own, which carries its colours, light or dark as the reader's screen is."""
    from symmeter.report.html import style_of

    ground = tag("rect", width=size, height=size, rx=8.0, class_="ground")
    inside = tag("g", ground, shape_picture(drawing, size), class_="symmeter adapts")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(size)} {number(size)}" width="{number(size)}" '
        f'height="{number(size)}"><style>{style_of("shape-file.css")}</style>{inside}</svg>\n'
    )


def _disc(normal: np.ndarray, place: Place, filled: bool) -> Markup:
    return tag(
        "path", d=_half_rim(normal, place, True) + _half_rim(normal, place, False, "L") + "Z", class_=_plane(filled)
    )


def _plane(filled: bool) -> str:
    return "plane" if filled else "plane many"


def _half_rim(normal: np.ndarray, place: Place, front: bool, begin: str = "M") -> str:
    """The near or the far half of the circle about a normal: half an ellipse from right to left, or back."""
    first = np.cross(normal, [0.0, 0.0, 1.0])
    first = np.array([1.0, 0.0, 0.0]) if np.linalg.norm(first) < 1e-9 else first / np.linalg.norm(first)
    second = np.cross(normal, first)
    second = second if (second[2] >= 0) == front else -second
    first = first if front else -first
    start, stop, top, middle = (place(PLANE_RADIUS * v) for v in (first, -first, second, np.zeros(3)))
    along = (start[0] - middle[0], start[1] - middle[1])
    across = (top[0] - middle[0], top[1] - middle[1])
    rx, ry = float(np.hypot(*along)), float(np.hypot(*across))
    head = f"{begin}{number(start[0])} {number(start[1])}"
    if ry < 0.2:
        return f"{head}L{number(stop[0])} {number(stop[1])}"
    sweep = int(along[0] * across[1] - along[1] * across[0] > 0)
    tilt = float(np.degrees(np.arctan2(along[1], along[0])))
    return f"{head}A{number(rx)} {number(ry)} {number(tilt)} 0 {sweep} {number(stop[0])} {number(stop[1])}"


def _rim(normal: np.ndarray, place: Place, front: bool, k: int, given: Sequence[float], many: bool) -> Markup:
    """Half the rim of a plane; the near half says which plane it is."""
    return tag(
        "path",
        d=_half_rim(normal, place, front),
        class_=("rim near" if front else "rim far") + (" many" if many else ""),
        data_plane=k if front else None,
        data_normal=" ".join(f"{v:.6f}" for v in given) if front else None,
    )


def _in_sight(
    drawing: Drawing, p: np.ndarray, axis: DrawnAxis, d: np.ndarray, front: bool, opaque: bool
) -> list[tuple[float, float]]:
    """Which parts of the near or far half are seen: outside an opaque body, not inside or behind balls."""
    sign = 1.0 if (d[2] >= 0) == front else -1.0
    if opaque:
        return [(_leaves(drawing, sign * np.asarray(axis.direction)) if front else 0.0, AXIS_LENGTH)]
    ball = drawing.sizes > 0
    if not ball.any():
        return [(0.0, AXIS_LENGTH)]
    t = np.linspace(0.0, AXIS_LENGTH, 49)
    q = sign * t[:, None] * d
    gap = drawing.sizes[ball] ** 2 - ((q[:, None, :2] - p[ball][None, :, :2]) ** 2).sum(axis=2)
    # Height of the ball's surface above its middle at that place of the picture.
    surface = p[ball][:, 2] + np.sqrt(np.maximum(gap, 0.0))
    hidden = ((gap > 0) & (surface > q[:, 2:3])).any(axis=1)
    steps = np.flatnonzero(np.diff(np.concatenate(([1], hidden.astype(int), [1]))))
    return [(float(t[i]), float(t[j - 1])) for i, j in zip(steps[::2], steps[1::2]) if j - 1 > i]


def _half_axis(
    axis: DrawnAxis, d: np.ndarray, place: Place, parts: list[tuple[float, float]], front: bool, crowded: bool
) -> list[Markup]:
    """The parts of one half that are seen, faint inside the shape where there are many; the near half is named."""
    sign = 1.0 if (d[2] >= 0) == front else -1.0

    def path(low: float, high: float) -> str:
        runs = []
        for start, stop in parts:
            start, stop = max(start, low), min(stop, high)
            if stop > start:
                (x1, y1), (x2, y2) = place(sign * start * d), place(sign * stop * d)
                runs.append(f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}")
        return "".join(runs)

    inner = path(0.0, 1.0) if crowded else ""
    classes = f"axis {_class(axis)} {'near' if front else 'far'}"
    outer = tag(
        "path",
        d=path(1.0 if crowded else 0.0, AXIS_LENGTH),
        class_=classes,
        data_axis=f"{axis.order} {axis.improper}" if front else None,
        data_direction=" ".join(f"{v:.6f}" for v in axis.direction) if front else None,
    )
    return [*([tag("path", d=inner, class_=f"{classes} faint")] if inner else []), outer]


def _class(axis: DrawnAxis) -> str:
    return f"o{axis.order}" if axis.order in (0, 2, 3, 4, 5, 6) else "o1" if axis.order == 1 else "on"


def _leaves(drawing: Drawing, direction: np.ndarray) -> float:
    """How far from the centre a ray leaves the faces for good, in radii."""
    corners = _triangles(drawing)
    a = corners[:, 0]
    first, second = corners[:, 1] - a, corners[:, 2] - a
    # a + u (b - a) + v (c - a) = t direction, by Cramer's rule for all triangles at once.
    across = np.cross(direction, second)
    det = np.einsum("ti,ti->t", first, across)
    flat = np.abs(det) < 1e-12
    det = np.where(flat, 1.0, det)
    beside = np.cross(first, a)
    u = -np.einsum("ti,ti->t", a, across) / det
    v = (beside @ direction) / det
    t = np.einsum("ti,ti->t", second, beside) / det
    hit = ~flat & (u > -1e-6) & (v > -1e-6) & (u + v < 1 + 1e-6)
    return min(max(float(t[hit].max(initial=0.0)), 0.0), AXIS_LENGTH)


def _triangles(drawing: Drawing) -> Float[np.ndarray, "t 3 3"]:
    rows = [(f[0], f[i], f[i + 1]) for f in drawing.faces for i in range(1, len(f) - 1)]
    return np.asarray(drawing.points)[np.array(rows, dtype=np.int64).reshape(-1, 3)]


def _marks(axis: DrawnAxis, d: np.ndarray, place: Place, front: bool, size: float) -> list[Markup]:
    sign = 1.0 if (d[2] >= 0) == front else -1.0
    x, y = place(sign * AXIS_LENGTH * d)
    # Nearly in the plane of the picture neither end is behind.
    classes = f"mark {_class(axis)}" + ("" if front or abs(d[2]) < 0.12 else " away")
    hollow = " hollow" if axis.order == 1 else ""
    n = axis.improper if axis.order == 1 else axis.order
    if n == 2:
        shape = tag("ellipse", cx=x, cy=y, rx=7.0 * size, ry=3.6 * size, class_=classes + hollow)
    elif n in (3, 4, 5, 6):
        t = 2 * np.pi * np.arange(n) / n - np.pi / 2 + (np.pi / 4 if n == 4 else 0.0)
        points = " ".join(f"{number(x + 6.6 * size * np.cos(a))},{number(y + 6.6 * size * np.sin(a))}" for a in t)
        shape = tag("polygon", points=points, class_=classes + hollow)
    else:
        shape = tag("circle", cx=x, cy=y, r=5.6 * size, class_=classes + hollow)
    ringed = axis.improper and axis.order != 1
    return [shape, *([tag("circle", cx=x, cy=y, r=9.6 * size, class_=classes + " ring")] if ringed else [])]


def _faces(drawing: Drawing, p: np.ndarray, planes: list[np.ndarray], place: Place) -> list[Markup]:
    if not drawing.faces:
        return []
    clear = bool(drawing.sizes.any())
    out = []
    depth = [float(p[list(f)].mean(axis=0)[2]) for f in drawing.faces]
    for k in np.argsort(depth).tolist():
        corners = p[list(drawing.faces[k])]
        normal = _normal(corners)
        lit = abs(float(normal @ _LIGHT)) if normal[2] * (normal @ _LIGHT) > 0 else 0.0
        points = " ".join(f"{number(x)},{number(y)}" for x, y in map(place, corners))
        out.append(
            tag("polygon", points=points, fill=_shade(0.16 + 0.8 * lit), class_="face clear" if clear else "face")
        )
        if not clear and len(planes) <= 12:
            out += [tag("line", x1=a, y1=b, x2=c, y2=d, class_="cut") for a, b, c, d in _cuts(corners, planes, place)]
    return out


def _normal(corners: np.ndarray) -> np.ndarray:
    n = np.cross(corners, np.roll(corners, -1, axis=0)).sum(axis=0)
    size = np.linalg.norm(n)
    n = n / size if size > 0 else np.array([0.0, 0.0, 1.0])
    return n if n[2] >= 0 else -n


def _cuts(corners: np.ndarray, planes: list[np.ndarray], place: Place) -> list[tuple[float, float, float, float]]:
    """Where mirrors cut a convex face."""
    found = []
    for n in planes:
        h = corners @ n
        if np.abs(h).max() < 1e-6:
            continue
        ends = []
        for a, b, u, v in zip(corners, np.roll(corners, -1, axis=0), h, np.roll(h, -1)):
            if abs(u) < 1e-7:
                ends.append(a)
            elif u * v < 0 and abs(v) >= 1e-7:
                ends.append(a + (b - a) * (u / (u - v)))
        if len(ends) == 2:
            found.append((*place(ends[0]), *place(ends[1])))
    return found


def _shade(t: float) -> str:
    place = min(max(t, 0.0), 1.0) * 2
    k = min(int(place), 1)
    a, b = np.array(_FACE[k]), np.array(_FACE[k + 1])
    return "#" + "".join(f"{round(v):02x}" for v in (a + (place - k) * (b - a)).tolist())


def _balls(drawing: Drawing, p: np.ndarray, place: Place, scale: float, prefix: str) -> list[Markup]:
    """Balls and sticks from back to front; a stick has the colours of its two atoms."""
    items: list[tuple[float, list[Markup]]] = []
    width = max(
        2.2, 0.075 * scale * float(np.median(drawing.sizes[drawing.sizes > 0]) / 0.12 if drawing.sizes.any() else 1)
    )
    width = min(width, 11.0)
    for a, b in drawing.bonds:
        step = p[b] - p[a]
        length = float(np.linalg.norm(step))
        # A stick begins where it leaves its ball; seen from in front it would otherwise cross the ball's middle.
        out = {e: 0.93 * float(drawing.sizes[e]) / length if length > 0 else 0.0 for e in (a, b)}
        if out[a] + out[b] >= 1.0:
            continue
        ends = {a: p[a] + out[a] * step, b: p[b] - out[b] * step}
        middle = (ends[a] + ends[b]) / 2
        same = drawing.colours[a] == drawing.colours[b]
        for start, end in ((ends[a], b),) if same else ((middle, a), (middle, b)):
            (x1, y1), (x2, y2) = place(start), place(ends[end])
            d = f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}"
            edge = tag("path", d=d, class_="stick-edge", stroke_width=width + 1.6)
            stick = tag("path", d=d, stroke=drawing.colours[end], stroke_width=width)
            items.append((float((start + ends[end])[2] / 2), [edge, stick]))
    for i, (q, r) in enumerate(zip(p, drawing.sizes.tolist())):
        if r > 0:
            x, y = place(q)
            ball = tag(
                "circle", cx=x, cy=y, r=r * scale, fill=f"url(#{prefix}-{drawing.colours[i][1:]})", class_="ball"
            )
            items.append((float(q[2]), [ball]))
    return [m for _, markup in sorted(items, key=lambda item: item[0]) for m in markup]


def _gradients(drawing: Drawing, prefix: str) -> list[Markup]:
    out = []
    for c in sorted({c for c, r in zip(drawing.colours, drawing.sizes) if r > 0}):
        rgb = np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)], dtype=float)
        tones = (rgb + 0.62 * (255 - rgb), rgb, rgb * 0.52)
        stops = [
            tag("stop", offset=o, stop_color="#" + "".join(f"{round(v):02x}" for v in t.tolist()))
            for o, t in zip(("0%", "55%", "100%"), tones)
        ]
        out.append(tag("radialGradient", *stops, id=f"{prefix}-{c[1:]}", cx="36%", cy="32%", r="72%"))
    return out


def _labels(axes: list[tuple[DrawnAxis, np.ndarray]], place: Place) -> list[Markup]:
    """One label for each kind of axis where there are many, all where there are few; none upon another."""
    placed: list[tuple[float, float, float]] = []
    said: set[str] = set()
    out = []
    many = len(axes) > 7
    for axis, d in sorted(axes, key=lambda item: (-(item[0].order or 99), abs(float(item[1][2])))):
        if many and axis.label in said:
            continue
        for sign in (1.0, -1.0) if d[2] + 0.3 * d[1] >= 0 else (-1.0, 1.0):
            x, y = place(sign * AXIS_LENGTH * d)
            reach = sign * d[:2]
            reach = reach / max(float(np.linalg.norm(reach)), 1e-9)
            half = 3.4 * len(axis.label) + 3.0
            x, y = x + (13.0 + half) * float(reach[0]), y - 17.0 * float(reach[1])
            half_width = place(np.zeros(3))[0]
            x = min(max(x, half), 2 * half_width - half)
            y = min(max(y, 9.0), 2 * half_width - 9.0)
            if all(abs(x - u) > half + w or abs(y - v) > 14.0 for u, v, w in placed):
                placed.append((x, y, half))
                said.add(axis.label)
                out.append(
                    tag("text", axis.label, x=x, y=y + 4.0, class_=f"label {_class(axis)}", text_anchor="middle")
                )
                break
    return out
