"""Pictures of polyhedra and meshes by our own rasteriser, with light, shadows and lines.

>>> from symmeter.shapes import render
>>> picture = render("snub cube", size=64)
>>> picture.image.shape, bool(picture.mask[32, 32])
((64, 64, 4), True)
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np

from symmeter.errors import InputError, MissingDependencyError, UnknownNameError
from symmeter.shapes import rasteriser
from symmeter.shapes.camera import Camera, Framing
from symmeter.shapes.colours import linear_colour
from symmeter.shapes.in_view import front_polygons, view_of
from symmeter.shapes.lighting import light_of
from symmeter.shapes.look import Look, chosen_look
from symmeter.shapes.mesh import Mesh
from symmeter.shapes.picture import Picture
from symmeter.shapes.polyhedron import Polyhedron
from symmeter.shapes.scene import Scene

__all__ = ["render", "render_views"]

#: Samples after which an undecided engine loads numba: about a second of work without it.
_WORTH_LOADING = 6_000_000
_MOST_SAMPLES = 2**28
#: Lines lie this much, in radii, in front of the edges that they draw.
_LIFT = 0.012
_work = {"samples": 0}


def render(
    shape: str | Polyhedron | Mesh | Scene,
    camera: Camera | Sequence[float] | None = None,
    *,
    size: int | tuple[int, int] = 256,
    look: str | Look = "solid",
    samples: int = 2,
    engine: str = "auto",
    **changes: Any,
) -> Picture:
    """A picture of a shape.

    Parameters
    ----------
    shape : str, Polyhedron, Mesh or Scene
        Of a polyhedron whose faces cross, the surface that one sees. A :class:`Scene` saves preparing it again.
    camera : Camera or direction, optional
        A direction points from the shape to the eye.
    size : int or (int, int)
        Width and height in pixels.
    look : str or Look
        A key of ``LOOKS``, or one's own.
    samples : int
        Samples a pixel is its square: 1 (no antialiasing) to 8.
    engine : str
        ``"numpy"``, ``"numba"`` (extra ``fast``) or ``"auto"``: numba once there is work enough for it. The pictures
        are the same.
    **changes
        Fields of :class:`Look` that differ from ``look``.

    Returns
    -------
    Picture

    Raises
    ------
    InputError, UnknownNameError, MissingDependencyError

    Examples
    --------
    >>> render("cube", (0, 0, 1), size=8, projection="orthographic")
    Traceback (most recent call last):
    ...
    symmeter.errors.UnknownNameError: a look has no 'projection'; it has colouring, lines, line_colour, background,
    light, ambient, diffuse, specular, gloss, shadows, sky, opacity, hidden_lines
    """
    scene = Scene.of(shape)
    width, height = picture_size(size, samples)
    chosen = chosen_look(look, changes)
    loops = _engine(engine, width * height * samples * samples * (1 + chosen.sky // 2))
    if not isinstance(camera, Camera):
        camera = Camera() if camera is None else Camera(camera)
    framing = camera.framed(scene.centre, scene.radius, width, height)
    view = view_of(scene, framing, samples)
    keys = loops.depth_keys(view.corners, view.planes, height * samples, width * samples)
    seen, hidden = _lines(scene, framing, chosen, samples, keys, loops)
    light = light_of(scene, framing, view, chosen, samples, loops)
    colour = loops.shade(keys, seen, hidden, samples, light)
    alone = chosen.background == "transparent"
    image = loops.encode(colour, np.zeros(3) if alone else linear_colour(chosen.background), alone)
    return Picture(image, colour[:, :, 3], framing, scene)


def render_views(
    shape: str | Polyhedron | Mesh | Scene, cameras: Sequence[Camera | Sequence[float]], **options: Any
) -> Iterator[Picture]:
    """One picture after another of the same shape; see :func:`render`.

    Examples
    --------
    >>> from symmeter.shapes import viewpoints
    >>> len(list(render_views("cube", viewpoints(3), size=16)))
    3
    """
    scene = Scene.of(shape)
    for camera in cameras:
        yield render(scene, camera if isinstance(camera, Camera) else Camera(tuple(camera)), **options)


def _lines(
    scene: Scene, framing: Framing, look: Look, samples: int, keys: np.ndarray, loops: ModuleType
) -> tuple[np.ndarray, np.ndarray]:
    if look.lines == 0 or not len(scene.edges):
        return np.zeros(keys.shape), np.zeros(keys.shape)
    front = front_polygons(scene, framing)
    edge, polygon = scene.sides.T
    count = np.bincount(edge, minlength=len(scene.edges))
    fronts = np.bincount(edge, weights=front[polygon], minlength=len(scene.edges))
    chosen = np.ones(len(scene.edges), bool)
    if scene.closed and look.hidden_lines == 0:
        chosen = fronts > 0
    outline = (fronts < count) | (count < 2)
    width = 0.5 * look.lines * samples * max(framing.width, framing.height) / 256.0
    widths = np.where(outline, 1.5 * width, width)[chosen]
    xy, levels = framing.project(scene.vertices, _LIFT * scene.radius)
    ends = scene.edges[chosen]
    return loops.line_cover(xy[ends] * float(samples), levels[ends], widths, keys)


def line_cover_of(scene: Scene, framing: Framing, look: Look, samples: int) -> np.ndarray:
    """How far the visible edges of a look cover each sample, 0 to 1."""
    view = view_of(scene, framing, samples)
    keys = rasteriser.depth_keys(view.corners, view.planes, framing.height * samples, framing.width * samples)
    return _lines(scene, framing, look, samples, keys, rasteriser)[0]


def picture_size(size: int | tuple[int, int], samples: int) -> tuple[int, int]:
    """Width and height of a picture, checked together with its samples a pixel along one side."""
    pair = (size, size) if isinstance(size, (int, np.integer)) else tuple(size) if isinstance(size, Sequence) else ()
    if len(pair) != 2 or not all(isinstance(s, (int, np.integer)) and not isinstance(s, bool) and s > 0 for s in pair):
        raise InputError(f"size is {size!r}; it is a number of pixels, or width and height")
    if isinstance(samples, bool) or not isinstance(samples, (int, np.integer)) or not 1 <= samples <= 8:
        raise InputError(f"samples is {samples!r}; it is a whole number from 1 to 8, its square the samples a pixel")
    width, height = int(pair[0]), int(pair[1])
    if width * height * samples**2 > _MOST_SAMPLES:
        raise InputError(
            f"a picture of {width} x {height} pixels with {samples * samples} samples each has more than "
            f"{_MOST_SAMPLES} samples; take a smaller size or fewer samples"
        )
    return width, height


def _engine(engine: str, samples: int) -> ModuleType:
    if engine not in ("auto", "numpy", "numba"):
        raise UnknownNameError(f"no engine is called {engine!r}; use auto, numpy or numba")
    if engine == "auto":
        _work["samples"] += samples
        ready = "symmeter.shapes.rasteriser_kernel" in sys.modules
        wanted = ready or (_work["samples"] > _WORTH_LOADING and find_spec("numba") is not None)
        engine = "numba" if wanted else "numpy"
    if engine == "numpy":
        return rasteriser
    try:
        return import_module("symmeter.shapes.rasteriser_kernel")
    except ImportError as error:
        if find_spec("numba") is not None:
            raise
        raise MissingDependencyError("numba", "fast", "the compiled rasteriser") from error
