"""What is drawn of a shape and its point group: balls and bonds, or faces, and the axes and planes about the centre."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from jaxtyping import Float, Int

from symmeter.errors import InputError
from symmeter.shapes.chemical_elements import bonds_between, colour_of, covalent_radius
from symmeter.shapes.point_group import DetectedPointGroup
from symmeter.subjects.drawing import Drawing, DrawnAxis
from symmeter.subjects.shapes import Shape

__all__ = ["axes_drawn", "drawing_of", "standard_view"]

_MOST_POINTS = 1_500
_MOST_FACES = 3_000
#: Points that have labels but are no atoms.
_KINDS = ("#2b7a8c", "#c8632f", "#6f5bb5", "#b08a1e", "#4d8f4a", "#a8455f", "#5b6b78", "#8c5a3c")
_POINT_SIZE = 0.045


def drawing_of(shape: Shape, group: DetectedPointGroup, members: Int[np.ndarray, " k"] | None = None) -> Drawing:
    """The drawing of a shape with its axes, planes and centre.

    Parameters
    ----------
    shape : Shape
    group : DetectedPointGroup
        Found on the points ``members`` of the shape, or on all.

    Examples
    --------
    >>> from symmeter.shapes import point_group
    >>> water = Shape([[0, 0, 0.119], [0, 0.763, -0.477], [0, -0.763, -0.477]], ["O", "H", "H"], molecule=True)
    >>> drawn = drawing_of(water, point_group(water.points, water.labels))
    >>> [a.label for a in drawn.axes], len(drawn.planes), drawn.bonds
    (['C2'], 2, ((0, 1), (0, 2)))
    """
    x = shape.points - group.centre
    scale = float(np.linalg.norm(x, axis=1).max()) or 1.0
    keep = np.arange(shape.n)
    note = ""
    faces: tuple[tuple[int, ...], ...] = ()
    if shape.faces is not None:
        x, faces, note = _surface(x, shape.faces)
        keep = np.arange(0)
    elif shape.n > _MOST_POINTS:
        keep = np.arange(0, shape.n, -(-shape.n // _MOST_POINTS))
        note = f"{len(keep)} of {shape.n} points are drawn."
    labels = tuple((shape.labels or ("",) * shape.n)[i] for i in keep)
    bonds: list[tuple[int, int]] = []
    if shape.faces is None:
        x = x[keep]
        if shape.molecule:
            bonds = [(int(a), int(b)) for a, b in bonds_between(shape.points[keep], labels)]
            sizes = np.array([0.14 + 0.26 * covalent_radius(s) for s in labels])
            sizes = np.minimum(sizes / scale, 0.25)
        else:
            sizes = np.full(len(x), _POINT_SIZE)
            faces = _hull(x) if len(x) <= 400 else ()
    else:
        sizes = np.zeros(len(x))
    return Drawing(
        points=x / scale,
        sizes=sizes,
        colours=_colours(shape, labels, len(x)),
        names=labels if shape.faces is None else ("",) * len(x),
        bonds=tuple(bonds),
        faces=faces,
        axes=axes_drawn(group),
        planes=tuple(e.direction for e in group.planes),
        centre=any(e.kind == "inversion" for e in group.elements),
        view=standard_view(group),
        title=_title(shape, group),
        note=note,
    )


def _title(shape: Shape, group: DetectedPointGroup) -> str:
    what = shape.formula or ("mesh" if shape.faces is not None else "points")
    axes, planes = len(axes_drawn(group)), len(group.planes)
    if group.order is None:
        name = group.symbol.replace("*", "∞")
        return f"{what}: {name}" + (", every plane through the axis a mirror" if axes else ", every turn and mirror")
    counted = f"{axes} ax{'is' if axes == 1 else 'es'}, {planes} mirror plane{'' if planes == 1 else 's'}"
    return f"{what}: {group.symbol}, {counted}"


def _colours(shape: Shape, labels: tuple[str, ...], count: int) -> tuple[str, ...]:
    if shape.faces is not None:
        return ("#2b7a8c",) * count
    if shape.molecule:
        return tuple(colour_of(s) for s in labels)
    place = {s: i for i, s in enumerate(dict.fromkeys(labels))}
    return tuple(_KINDS[place[s] % len(_KINDS)] for s in labels)


def _surface(
    x: Float[np.ndarray, "n 3"], faces: tuple[tuple[int, ...], ...]
) -> tuple[np.ndarray, tuple[tuple[int, ...], ...], str]:
    """Faces to draw and their corners: the visible surface where faces cross, the hull of a mesh with too many."""
    if len(faces) > _MOST_FACES:
        hull = _hull(x)
        return x, hull, f"The convex hull is drawn: the mesh has {len(faces):,} faces."
    used = np.unique(np.concatenate([np.array(f) for f in faces]))
    place = np.full(len(x), -1)
    place[used] = np.arange(len(used))
    return x[used], tuple(tuple(int(place[v]) for v in f) for f in faces), ""


def _hull(x: Float[np.ndarray, "n 3"]) -> tuple[tuple[int, ...], ...]:
    """Faces of the convex hull, none for points in a plane; points inside do not matter."""
    from scipy.spatial import ConvexHull, QhullError

    from symmeter.shapes.convex_hull import hull_faces

    with suppress(QhullError, InputError, ValueError):
        corners = ConvexHull(x).vertices
        return tuple(tuple(int(corners[v]) for v in f) for f in hull_faces(x[corners], 1e-3))
    return ()


def axes_drawn(group: DetectedPointGroup) -> tuple[DrawnAxis, ...]:
    """Lines through the centre with the order of the rotation and of the rotation-reflection about each.

    Examples
    --------
    >>> from symmeter.shapes import point_group
    >>> tetrahedron = point_group([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    >>> [a.label for a in axes_drawn(tetrahedron)]
    ['C3', 'C3', 'C3', 'C3', 'C2 S4', 'C2 S4', 'C2 S4']
    """
    lines: list[tuple[np.ndarray, int, int]] = []
    for e in group.elements:
        if e.kind not in "CS":
            continue
        direction = np.array(e.direction)
        for k, (known, order, improper) in enumerate(lines):
            if abs(float(known @ direction)) > 1 - 1e-8:
                lines[k] = (known, e.order, improper) if e.kind == "C" else (known, order, max(improper, e.order))
                break
        else:
            lines.append((direction, e.order, 0) if e.kind == "C" else (direction, 1, e.order))
    found = [DrawnAxis((float(d[0]), float(d[1]), float(d[2])), n, s) for d, n, s in lines]
    return tuple(sorted(found, key=lambda a: (-(a.order or 1_000), -a.improper)))


def standard_view(group: DetectedPointGroup) -> Float[np.ndarray, "3 3"]:
    """Rows right, up, towards the eye: the main axis upright and tipped a little, so that no axis points at the eye."""
    axes = [np.array(a.direction) for a in axes_drawn(group)]
    orders = [a.order for a in axes_drawn(group)]
    spread = group.directions
    if orders and orders[0] == 0:
        # A linear shape lies on its side.
        return _camera(axes[0], _across(axes[0]), 22.0, 14.0)
    if not axes:
        planes = [np.array(e.direction) for e in group.planes]
        if planes and not group.is_planar:
            side = spread[0] - (spread[0] @ planes[0]) * planes[0]
            return _camera(planes[0], side if np.linalg.norm(side) > 1e-6 else _across(planes[0]), 30.0, 12.0)
        return _camera(spread[0], spread[1], 14.0, 12.0)
    several = sum(n == orders[0] for n in orders) > 1
    up = axes[0]
    if several and group.symbol[0] in "TOI":
        wanted = 4 if group.symbol[0] == "O" else 2
        own = [a for a, n in zip(axes, orders) if n == wanted]
        up = own[-1]
        side = next((a for a in own if abs(float(a @ up)) < 1e-6), _across(up))
        return _camera(side, up, 24.0, 17.0)
    beside = [a for a, n in zip(axes, orders) if n == 2 and abs(float(a @ up)) < 1e-6]
    x = group.points - np.outer(group.points @ up, up)
    far = x[int(np.linalg.norm(x, axis=1).argmax())]
    side = far if np.linalg.norm(far) > 1e-6 * group.radius else beside[0] if beside else _across(up)
    flat = group.is_planar and abs(float(np.abs(group.points @ up).max())) < 0.05 * group.radius
    # Of three arms none hides behind the middle.
    return _camera(side, up, 8.0 if orders[0] == 3 else 14.0 if flat else 30.0, 38.0 if flat else 18.0)


def _across(axis: np.ndarray) -> np.ndarray:
    return np.cross(axis, np.eye(3)[int(np.abs(axis).argmin())])


def _camera(side: np.ndarray, up: np.ndarray, azimuth: float, elevation: float) -> Float[np.ndarray, "3 3"]:
    """A camera that sees ``side`` to the right and ``up`` upwards, turned and raised by some degrees."""
    up = up / np.linalg.norm(up)
    side = side - (side @ up) * up
    side = side / np.linalg.norm(side)
    front = np.cross(side, up)
    a, e = np.radians(azimuth), np.radians(elevation)
    eye = np.cos(e) * (np.cos(a) * front + np.sin(a) * side) + np.sin(e) * up
    right = np.cross(up, eye)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(eye, right), eye])
