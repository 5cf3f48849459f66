"""What is drawn of a shape: points, bonds, faces, and the axes and planes that were found, as plain values.

Wings make it, the report draws it; neither knows the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

__all__ = ["Drawing", "DrawnAxis"]


@dataclass(frozen=True)
class DrawnAxis:
    """An axis through the centre.

    Attributes
    ----------
    direction : tuple of float
        Unit vector.
    order : int
        Of the rotation axis; 1 when there is none, 0 when it is infinite.
    improper : int
        Of the rotation-reflection axis along the same line; 0 when there is none. Mirrors and the centre do not count.
    """

    direction: tuple[float, float, float]
    order: int
    improper: int = 0

    @property
    def label(self) -> str:
        """``C3``, ``S4``, ``C3 S6`` or ``C∞``."""
        proper = "C∞" if self.order == 0 else f"C{self.order}" if self.order > 1 else ""
        return " ".join(filter(None, (proper, f"S{self.improper}" if self.improper else "")))


@dataclass(frozen=True, eq=False)
class Drawing:
    """A shape about its centre, scaled to radius 1.

    Attributes
    ----------
    points : array of shape (n, 3)
    sizes : array of shape (n,)
        Radii of the balls; 0 for corners that are not drawn.
    colours : tuple of n str
        ``#rrggbb``.
    names : tuple of n str
        What each point is, for the text alternative; element symbols.
    bonds : tuple of (int, int)
    faces : tuple of tuples of int
    axes : tuple of DrawnAxis
        Highest order first.
    planes : tuple of (float, float, float)
        Unit normals of mirrors.
    centre : bool
        Whether there is a centre of inversion.
    view : array of shape (3, 3)
        Rows: where right, up and towards the eye point, in the shape's coordinates.
    title : str
    note : str
        What was left out.
    """

    points: Float[np.ndarray, "n 3"]
    sizes: Float[np.ndarray, " n"]
    colours: tuple[str, ...]
    names: tuple[str, ...]
    bonds: tuple[tuple[int, int], ...]
    faces: tuple[tuple[int, ...], ...]
    axes: tuple[DrawnAxis, ...]
    planes: tuple[tuple[float, float, float], ...]
    centre: bool
    view: Float[np.ndarray, "3 3"]
    title: str = "shape"
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Short lists of numbers, for the interactive picture."""
        return {
            "points": np.round(self.points, 4).tolist(),
            "sizes": np.round(self.sizes, 4).tolist(),
            "colours": list(self.colours),
            "bonds": [list(b) for b in self.bonds],
            "faces": [list(f) for f in self.faces],
            "axes": [
                {"d": np.round(a.direction, 5).tolist(), "n": a.order, "s": a.improper, "label": a.label}
                for a in self.axes
            ],
            "planes": np.round(np.array(self.planes).reshape(-1, 3), 5).tolist(),
            "centre": self.centre,
            "view": np.round(self.view, 5).tolist(),
        }
