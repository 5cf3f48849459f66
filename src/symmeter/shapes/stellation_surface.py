"""The surface of a set of cells of an arrangement, and the numbers by which printed models are recognised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from symmeter.errors import InputError
from symmeter.shapes.arrangement import Arrangement
from symmeter.shapes.cut_surface import CutSurface, half_edges
from symmeter.shapes.mesh import Mesh

__all__ = ["StellationInvariants", "boundary_facets", "cells_mesh", "invariants"]


@dataclass(frozen=True)
class StellationInvariants:
    """Outermost distance over the distance of the nearest planes, and how many vertices lie there."""

    reach: float
    outermost: int


def boundary_facets(
    arrangement: Arrangement, chosen: Bool[np.ndarray, " c"]
) -> tuple[Bool[np.ndarray, " f"], Bool[np.ndarray, " f"]]:
    """Facets with the figure on their inner side alone, and those with it on their outer side alone."""
    cells = arrangement.cells
    # The last entry answers for the unbounded cells, whose number is -1.
    inside = np.append(np.asarray(chosen, dtype=bool), False)
    return inside[cells.within] & ~inside[cells.beyond], inside[cells.beyond] & ~inside[cells.within]


def cells_mesh(arrangement: Arrangement, chosen: Bool[np.ndarray, " c"], name: str) -> Mesh:
    """The watertight surface of some cells; facets of one plane are joined where no edge shows."""
    if not np.any(chosen):
        raise InputError(f"{name} has no cells")
    facets = arrangement.facets
    outward, inward = boundary_facets(arrangement, chosen)
    kept = np.flatnonzero(outward | inward)
    surface = CutSurface(
        facets.points,
        half_edges([[facets.cycles[i]] for i in kept]),
        arrangement.normals[facets.plane[kept]],
        facets.plane[kept],
        np.arange(len(kept)),
    )
    return surface.mesh(np.stack([outward[kept], inward[kept]], axis=1).reshape(-1), 1.0, name)


def invariants(arrangement: Arrangement, chosen: Bool[np.ndarray, " c"]) -> StellationInvariants:
    """Reach and number of outermost vertices."""
    outward, inward = boundary_facets(arrangement, chosen)
    facets = arrangement.facets
    used = {v for i in np.flatnonzero(outward | inward) for v in facets.cycles[i]}
    radii = np.linalg.norm(facets.points[sorted(used)], axis=1)
    largest = float(radii.max())
    return StellationInvariants(largest / float(arrangement.offsets.min()), int((radii > largest * (1 - 1e-7)).sum()))
