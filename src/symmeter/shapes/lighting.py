"""The light of a picture: an even one from above, a lamp, an open sky, and what throws shadows."""

from __future__ import annotations

from math import pi
from types import ModuleType

import numpy as np

from symmeter.shapes.camera import Framing
from symmeter.shapes.colours import linear_colour
from symmeter.shapes.in_view import View, seen_normals
from symmeter.shapes.look import Look
from symmeter.shapes.rasteriser import Light, affine_levels, levels_of
from symmeter.shapes.scene import Scene

__all__ = ["light_of"]

#: Rows and columns of a map of shadows.
_MAP = 384
#: The lamp is a disc: so many directions, up to so many radians apart from its middle, make its shadows soft.
_LAMP, _SPREAD = 12, 0.035


def light_of(scene: Scene, framing: Framing, view: View, look: Look, samples: int, loops: ModuleType) -> Light:
    """Everything that shading needs, maps of shadows included; ``loops`` is the rasteriser that draws these."""
    polygon = scene.polygon[view.kept]
    normals = seen_normals(scene, framing)[polygon]
    base = scene.colours(look.colouring)[polygon]
    key = np.array(look.light) / np.linalg.norm(look.light)
    dome = np.array([0.0, 0.8, 0.6])
    lambert = look.diffuse * np.maximum(normals @ key, 0.0)
    even = look.ambient * (0.62 + 0.38 * (normals @ dome))
    directions, weights = np.empty((0, 3)), np.empty((len(normals), 0))
    if look.shadows or look.sky:
        directions = _disc(key)
        weights = np.repeat(lambert[:, None] / len(directions), len(directions), axis=1)
        lambert = np.zeros(len(normals))
    if look.sky:
        sky = _hemisphere(look.sky, dome)
        given = 1.7 * look.ambient / look.sky * np.maximum(normals @ sky.T, 0.0)
        directions, weights = np.concatenate([directions, sky]), np.concatenate([weights, given], axis=1)
        even = 0.25 * even
    maps, rows = _shadow_maps(scene, framing, directions, loops)
    a, b = framing.near, framing.far - framing.near
    if framing.perspective:
        a, b = 1.0 / framing.near, 1.0 / framing.near - 1.0 / framing.far
    middle = (framing.width * samples / 2.0, framing.height * samples / 2.0)
    return Light(
        planes=view.planes,
        base=base,
        fixed=base * (even + lambert)[:, None],
        normals=normals,
        weights=weights,
        maps=maps,
        rows=rows,
        key=key,
        specular=float(look.specular),
        gloss=int(look.gloss),
        opacity=float(look.opacity),
        line=np.append(linear_colour(look.line_colour), 1.0),
        hidden=np.append(linear_colour(look.line_colour), float(look.hidden_lines)),
        eye=np.array([*middle, framing.scale * samples, framing.distance, a, b]),
        perspective=framing.perspective,
    )


def _disc(middle: np.ndarray) -> np.ndarray:
    """Directions spread evenly over a small disc around one, the middle first."""
    k = np.arange(_LAMP)
    across, turn = _SPREAD * np.sqrt(k / _LAMP), pi * (1.0 + 5.0**0.5) * k
    first = np.cross(middle, np.eye(3)[int(np.abs(middle).argmin())])
    first /= np.linalg.norm(first)
    second = np.cross(middle, first)
    found = middle + (across * np.cos(turn))[:, None] * first + (across * np.sin(turn))[:, None] * second
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def _hemisphere(count: int, middle: np.ndarray) -> np.ndarray:
    """Directions spread evenly over the half sphere around one."""
    k = np.arange(count) + 0.5
    z, turn = k / count, pi * (1.0 + 5.0**0.5) * k
    ring = np.sqrt(1.0 - z * z)
    first = np.cross(middle, [1.0, 0.0, 0.0])
    first /= np.linalg.norm(first)
    axes = np.stack([first, np.cross(middle, first), middle])
    return np.stack([ring * np.cos(turn), ring * np.sin(turn), z], axis=1) @ axes


def _shadow_maps(
    scene: Scene, framing: Framing, directions: np.ndarray, loops: ModuleType
) -> tuple[np.ndarray, np.ndarray]:
    """What each light meets first, seen from it without perspective, and how points find their place there."""
    maps, rows = np.empty((len(directions), _MAP, _MAP)), np.empty((len(directions), 3, 4))
    points = framing.towards_camera(scene.vertices)
    radius, half = 1.01 * scene.radius, _MAP / 2.0
    for k, direction in enumerate(directions):
        across = np.cross([0.0, 1.0, 0.0] if abs(direction[1]) < 0.9 else [1.0, 0.0, 0.0], direction)
        across /= np.linalg.norm(across)
        rows[k] = np.zeros((3, 4))
        rows[k, 0, :3], rows[k, 0, 3] = across * half / radius, half
        rows[k, 1, :3], rows[k, 1, 3] = -np.cross(direction, across) * half / radius, half
        rows[k, 2, :3], rows[k, 2, 3] = -direction / (2.0 * radius), 0.5
        placed = points @ rows[k, :, :3].T + rows[k, :, 3]
        corners, levels = placed[:, :2][scene.triangles], placed[:, 2][scene.triangles]
        if scene.closed:
            # The backs of a body throw its shadow: they lie behind what is lit, so that nothing shades itself.
            (x0, y0), (x1, y1), (x2, y2) = (corners[:, i].T for i in range(3))
            back = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0) > 0
            corners, levels = corners[back], levels[back]
        else:
            levels = levels + 4.0 / _MAP
        found = loops.depth_keys(corners, affine_levels(corners, levels), _MAP, _MAP)
        maps[k] = levels_of(found)[0]
    return maps, rows
