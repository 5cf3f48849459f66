"""What a framed camera has in view of a scene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from symmeter.shapes.camera import Framing
from symmeter.shapes.rasteriser import affine_levels
from symmeter.shapes.scene import Scene

__all__ = ["View", "front_polygons", "seen_normals", "view_of"]


@dataclass(frozen=True, eq=False)
class View:
    """Triangles that can be seen.

    Attributes
    ----------
    kept : array of shape (k,)
        Their numbers in the scene.
    corners : array of shape (k, 3, 2)
        In samples.
    planes : array of shape (k, 3)
        Coefficients of their depth levels.
    """

    kept: Int[np.ndarray, " k"]
    corners: Float[np.ndarray, "k 3 2"]
    planes: Float[np.ndarray, "k 3"]


def view_of(scene: Scene, framing: Framing, samples: int) -> View:
    """The triangles in samples of the picture, of a closed surface only those that turn to the eye."""
    xy, levels = framing.project(scene.vertices)
    corners = xy[scene.triangles] * float(samples)
    kept = np.arange(len(corners))
    if scene.closed:
        (x0, y0), (x1, y1), (x2, y2) = (corners[:, i].T for i in range(3))
        # Rows count downwards, so that counter-clockwise triangles have negative area.
        kept = np.flatnonzero((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0) < 0)
        corners = corners[kept]
    return View(kept, corners, affine_levels(corners, levels[scene.triangles[kept]]))


def front_polygons(scene: Scene, framing: Framing) -> Bool[np.ndarray, " p"]:
    """Which polygons turn their front to the eye."""
    eye = framing.centre + framing.distance * framing.axes[2] if framing.perspective else None
    return scene.facing(eye, framing.axes[2])


def seen_normals(scene: Scene, framing: Framing) -> Float[np.ndarray, "p 3"]:
    """Normals of the polygons in the camera's axes; of an open surface, on the side that one sees."""
    normals = scene.normals @ framing.axes.T
    return normals if scene.closed else np.where(front_polygons(scene, framing)[:, None], normals, -normals)
