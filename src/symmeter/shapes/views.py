"""Views by name: sides, axes of symmetry, directions, random ones."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from symmeter.errors import InputError, UnknownNameError, nearest_name
from symmeter.shapes.camera import Camera, random_camera
from symmeter.shapes.polyhedron import Polyhedron

__all__ = ["VIEWS", "named_view", "rotation_axes"]

_NEAR = 1e-6

#: Directions from the shape to the eye; z is up.
VIEWS = {
    "default": Camera().direction,
    "isometric": (1.0, 1.0, 1.0),
    "front": (0.0, -1.0, 0.0),
    "back": (0.0, 1.0, 0.0),
    "left": (-1.0, 0.0, 0.0),
    "right": (1.0, 0.0, 0.0),
    "top": (0.0, 0.0, 1.0),
    "bottom": (0.0, 0.0, -1.0),
}


def named_view(text: str, shape: Polyhedron | None = None, camera: Camera | None = None) -> Camera:
    """The camera of a view.

    Parameters
    ----------
    text : str
        A key of ``VIEWS``; "5-fold", along an axis of that order; "1,2,3", a direction to the eye; or "random 7", a
        random pose of that seed.
    shape : Polyhedron, optional
        Whose axes are meant.
    camera : Camera, optional
        Everything but the direction (and, of random views, the roll).

    Raises
    ------
    UnknownNameError, InputError

    Examples
    --------
    >>> from symmeter.shapes import poly
    >>> named_view("4-fold", poly("cube")).direction
    (0.0, 0.0, 1.0)
    """
    base = camera or Camera()
    words = " ".join(str(text).casefold().replace(":", " ").split())
    if words in VIEWS:
        return replace(base, direction=VIEWS[words])
    if found := re.fullmatch(r"random(?: (\d{1,9}))?", words):
        drawn = random_camera(np.random.default_rng(int(found[1] or 0)))
        return replace(base, direction=drawn.direction, roll=drawn.roll)
    if found := re.fullmatch(r"(\d{1,4})[- ]?fold", words):
        return replace(base, direction=_axis(int(found[1]), shape))
    if "," in words:
        try:
            return replace(base, direction=tuple(float(v) for v in words.split(",")))
        except ValueError:
            raise InputError(f"view {text!r} is no direction; write three numbers such as 1,2,0.5") from None
    near = nearest_name(words, VIEWS)
    known = f"{', '.join(VIEWS)}, 5-fold, 1,2,3 or random 7"
    raise UnknownNameError(f"no view is called {text!r}; " + (f"did you mean {near}?" if near else f"use {known}"))


def rotation_axes(shape: Polyhedron) -> dict[int, tuple[float, float, float]]:
    """For each order of a rotation axis the axis of that order that points up most, then to the front right."""
    operations = shape.operations
    best: dict[int, tuple[float, float, float]] = {}
    lines: list[tuple[np.ndarray, int]] = []
    for g in operations[np.linalg.det(operations) > 0]:
        turn = np.arccos(np.clip((np.trace(g) - 1.0) / 2.0, -1.0, 1.0))
        if turn < 1e-4:
            continue
        values, vectors = np.linalg.eigh(g + g.T)
        axis = vectors[:, int(np.argmax(values))]
        for k, (other, order) in enumerate(lines):
            if abs(other @ axis) > 1 - _NEAR:
                lines[k] = other, max(order, round(2 * np.pi / turn))
                break
        else:
            lines.append((axis, round(2 * np.pi / turn)))
    for axis, order in lines:
        for x in (axis, -axis):
            key = tuple((np.round(x, 9) + 0.0).tolist())
            if order not in best or (key[2], -key[1], key[0]) > (best[order][2], -best[order][1], best[order][0]):
                best[order] = key
    return best


def _axis(order: int, shape: Polyhedron | None) -> tuple[float, float, float]:
    if shape is None:
        raise InputError(f"a {order}-fold view needs a polyhedron by name; for a mesh give a direction such as 1,2,3")
    axes = rotation_axes(shape)
    if order not in axes:
        there = ", ".join(f"{n}-fold" for n in sorted(axes)) or "none at all"
        raise InputError(f"{shape.name} has no {order}-fold axis; it has {there}")
    return axes[order]
