"""What a region contains: integrals over boxes, fluxes through their sides, and the report of all parts and charges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.errors import InputError
from symmeter.spacetime.defects.checked_numbers import numbers
from symmeter.spacetime.defects.grids import Grid, line_weights
from symmeter.spacetime.defects.loops import rectangle

if TYPE_CHECKING:
    from symmeter.spacetime.defects.grid_geometry import GridMetricAffine

__all__ = ["Box", "SplittingReport", "boundary_flux", "integral", "splitting_report"]

#: Low and high coordinate for each direction; None for all of it.
Box = Sequence[Sequence[float] | None] | None


def box_slices(grid: Grid, box: Box) -> tuple[slice, ...]:
    """Grid points of a box whose sides are moved to the nearest points.

    Raises
    ------
    InputError
        For a box that is not inside the grid.
    """
    n = grid.dimension
    if box is None:
        return (slice(None),) * n
    if len(box) != n:
        raise InputError(f"a box of {len(box)} intervals for a grid of {n} directions; give (low, high) for each")
    out = []
    for i, interval in enumerate(box):
        if interval is None or grid.shape[i] == 1:
            out.append(slice(None))
            continue
        ends = numbers(interval, 2, f"interval {i} of a box")
        low, high = (round((float(v) - grid.origin[i]) / grid.spacing[i]) for v in ends)
        if not 0 <= low < high < grid.shape[i]:
            ends = grid.axis(i)[[0, -1]]
            raise InputError(f"the box {tuple(interval)} along direction {i} is not inside {ends[0]:g} .. {ends[1]:g}")
        out.append(slice(low, high + 1))
    return tuple(out)


def integral(grid: Grid, density: np.ndarray, box: Box) -> float:
    """Over a box from side to side, with corrections at its ends; the whole grid without a box."""
    if box is None:
        return float((density * grid.weights()).sum())
    slices = box_slices(grid, box)
    out = density[slices]
    for i in reversed(range(grid.dimension)):
        whole = slices[i] == slice(None) and grid.periodic
        k = out.shape[i]
        out = out @ np.full(k, grid.spacing[i]) if whole else out @ (grid.spacing[i] * line_weights(k))
    return float(out)


def boundary_flux(grid: Grid, density: np.ndarray, box: Box) -> float:
    """Flux of a vector density (n, *grid) out of a box; a direction of which all is taken has no sides."""
    if box is None:
        raise InputError("a flux needs a box, (low, high) for each direction; the whole grid has no boundary inside it")
    slices = box_slices(grid, box)
    total = 0.0
    for i in range(grid.dimension):
        if slices[i] == slice(None):
            continue
        for end, sign in ((slices[i].stop - 1, 1), (slices[i].start, -1)):
            side = density[i][tuple(end if j == i else s for j, s in enumerate(slices))]
            others = [j for j in range(grid.dimension) if j != i]
            for place, j in reversed(list(enumerate(others))):
                k = side.shape[place]
                whole = slices[j] == slice(None) and grid.periodic
                side = side @ (np.full(k, grid.spacing[j]) if whole else grid.spacing[j] * line_weights(k))
            total += sign * float(side)
    return total


@dataclass(frozen=True, eq=False)
class SplittingReport:
    """Shares of every irreducible part in a region, and its charges.

    Attributes
    ----------
    gauge, convention : str
        In which the shares and raw traces are meant; curvature, Frank and Burgers do not depend on the gauge of the
        connection once the crystal coframe is given.
    torsion : dict
        Shares of ``vector``, ``axial`` and ``tensor`` in the square of torsion.
    nonmetricity : dict
        Shares of ``trace``, ``S`` and ``H`` in the square of nonmetricity.
    sizes : dict
        Integrals of the squares of both.
    fluxes : dict
        Of the traces Q, P, A and B through the boundary of the box; empty for the whole grid.
    burgers : dict
        Vectors of loops around the box, by the direction of their normal; empty for the whole grid.
    frank : dict
        Angles of the same loops.
    content : array
        Dislocation density of the crystal coframe, integrated.
    axial : float or None
        Integral of ``A_0``, in three dimensions.
    curvature : float
        Integral of the Riemannian curvature scalar.
    volume_misfit : float
    uncertainty : dict
        Changes of shares, curvature and volume misfit when every second point is left out: how far the cores are from
        being resolved. Empty for grids that cannot be halved.
    """

    gauge: str
    convention: str
    torsion: dict[str, float]
    nonmetricity: dict[str, float]
    sizes: dict[str, float]
    fluxes: dict[str, float]
    burgers: dict[str, list[float]]
    frank: dict[str, float]
    content: np.ndarray | None
    axial: float | None
    curvature: float
    volume_misfit: float
    uncertainty: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        out = {k: getattr(self, k) for k in self.__dataclass_fields__}
        return {**out, "content": None if self.content is None else self.content.tolist()}

    def __str__(self) -> str:
        def row(name: str, values: dict[str, float], percent: bool) -> str:
            shown = (f"{k} {100 * v:.2f} %" if percent else f"{k} {v:.5g}" for k, v in values.items())
            return f"{name:<22}{', '.join(shown)}"

        lines = [f"gauge {self.gauge}, Q = {self.convention}"]
        if self.sizes["torsion"]:
            lines.append(row("torsion", self.torsion, True))
        if self.sizes["nonmetricity"]:
            lines.append(row("nonmetricity", self.nonmetricity, True))
        lines += [f"{'Burgers, normal ' + k:<22}{np.round(v, 6).tolist()}" for k, v in self.burgers.items()]
        if self.frank:
            lines.append(row("Frank angles", self.frank, False))
        if self.fluxes:
            lines.append(row("fluxes", self.fluxes, False))
        lines.append(f"{'curvature':<22}{self.curvature:.6g}")
        lines.append(f"{'volume misfit':<22}{self.volume_misfit:.6g}")
        if self.uncertainty:
            lines.append(row("with half the points", self.uncertainty, False))
        return "\n".join(lines)


def splitting_report(geometry: GridMetricAffine, box: Box) -> SplittingReport:
    """The report of a box, or of the whole grid."""
    grid, n = geometry.grid, geometry.n
    mask = np.zeros(grid.shape)
    mask[box_slices(grid, box)] = 1
    torsion, nonmetricity = geometry.torsion, geometry.nonmetricity
    flat = geometry._E is not None
    inside = box is not None
    loops = _loops(grid, box) if inside else {}
    weights = geometry.weights * mask
    size = {
        name: float(sum((c**2).reshape(-1) @ weights.reshape(-1) for c in field.components.reshape(n**3, -1)))
        for name, field in (("torsion", torsion), ("nonmetricity", nonmetricity))
    }
    return SplittingReport(
        geometry.gauge,
        geometry.convention.nonmetricity,
        torsion.shares(mask),
        nonmetricity.shares(mask),
        size,
        {k: geometry.flux(k, box) for k in ("Q", "P", "A", "B")} if inside else {},
        {k: geometry.burgers(v).tolist() for k, v in loops.items()} if flat else {},
        {k: geometry.frank(v).angle for k, v in loops.items()},
        geometry.dislocation_content(box) if flat else None,
        integral(grid, torsion.axial * geometry.volume, box) if n == 3 else None,
        geometry.total_curvature(box),
        geometry.volume_misfit(box),
        _uncertainty(geometry, box),
    )


def _uncertainty(geometry: GridMetricAffine, box: Box) -> dict[str, float]:
    """Differences from the report of half the points."""
    grid = geometry.grid
    slices = box_slices(grid, box)
    spans = [(s.start or 0, (s.stop or k) - (s.start or 0) - 1, s == slice(None)) for s, k in zip(slices, grid.shape)]
    if any(k > 1 and span % 2 and not whole for k, (_, span, whole) in zip(grid.shape, spans)):
        return {}
    try:
        half = geometry.coarsened([start % 2 for start, _, _ in spans])
    except InputError:
        return {}
    masks = []
    for g in (geometry, half):
        mask = np.zeros(g.grid.shape)
        mask[box_slices(g.grid, box)] = 1
        masks.append(mask)
    out = {}
    for name in ("torsion", "nonmetricity"):
        fine, coarse = (getattr(g, name).shares(m) for g, m in zip((geometry, half), masks))
        if any(fine.values()):
            out[name] = max(abs(fine[k] - coarse[k]) for k in fine)
    out["curvature"] = abs(geometry.total_curvature(box) - half.total_curvature(box))
    out["volume"] = abs(geometry.volume_misfit(box) - half.volume_misfit(box))
    return out


def _loops(grid: Grid, box: Box) -> dict[str, Any]:
    """Rectangles around the box, each in the middle of it."""
    slices = box_slices(grid, box)
    ends = [grid.axis(i)[s][[0, -1]] for i, s in enumerate(slices)]
    center = [e.mean() for e in ends]
    half = [(e[1] - e[0]) / 2 for e in ends]
    planes = {"z": (0, 1)} if grid.dimension == 2 else {"x": (1, 2), "y": (2, 0), "z": (0, 1)}
    open_ones = [i for i, s in enumerate(slices) if s != slice(None)]
    return {
        k: rectangle(center, (half[a], half[b]), (a, b)) for k, (a, b) in planes.items() if {a, b} <= set(open_ones)
    }
