"""Coframes on the edges of a cubic complex: discrete exterior calculus, in which Stokes' theorem is exact.

An edge carries ``int E^A``, a face the sum of its four edges with signs: torsion, or the Burgers vector of what goes
through. The six faces of a cube add up to zero, whatever the edges are, so Burgers vectors are conserved along lines
and at their meetings, and do not depend on the loop. Best for singular lines, where nothing can be differentiated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from jaxtyping import Float, Int

from symmeter.errors import InputError, ShapeError
from symmeter.spacetime.defects.grids import Grid
from symmeter.spacetime.defects.holonomy import Form
from symmeter.spacetime.defects.loops import segment_distances

__all__ = ["CubicComplex", "DefectLine", "integer_burgers"]

#: Edges that are closer to a core than this many of their lengths have as many Gauss points as this.
_NEAR, _FINE = 12, 24


@dataclass(frozen=True, eq=False)
class DefectLine:
    """A line from cube to cube along faces that carry a Burgers vector.

    Attributes
    ----------
    points : array (m, 3)
        Centres of cubes, and of faces where the line leaves the complex.
    burgers : array (m - 1, n)
        Of each step, along the direction of the line.
    closed : bool
    """

    points: Float[np.ndarray, "m 3"]
    burgers: Float[np.ndarray, "k n"]
    closed: bool

    @property
    def length(self) -> float:
        """Along the line."""
        return float(np.linalg.norm(np.diff(self.points, axis=0), axis=1).sum())


class CubicComplex:
    """One-forms on the edges between the nodes of a box.

    Parameters
    ----------
    edges : sequence of n arrays (m, *shape)
        Integrals of m one-forms along edges in each direction, by the node at which the edge begins. On a box that does
        not wrap, edges in direction i are fewer by one along i.
    nodes : tuple of int
        How many nodes in each direction.
    spacing, origin : sequence of float
    periodic : bool
    """

    def __init__(
        self,
        edges: Sequence[np.ndarray],
        nodes: Sequence[int],
        spacing: Sequence[float] | np.ndarray,
        origin: Sequence[float] | np.ndarray | None = None,
        periodic: bool = False,
    ) -> None:
        self.n = len(nodes)
        self.nodes, self.periodic = tuple(nodes), periodic
        self.spacing = np.asarray(spacing, float)
        self.origin = np.zeros(self.n) if origin is None else np.asarray(origin, float)
        self.edges = [np.asarray(e, float) for e in edges]
        for i, e in enumerate(self.edges):
            right = tuple(k - (j == i and not periodic) for j, k in enumerate(self.nodes))
            if e.shape[1:] != right:
                raise ShapeError(f"edges in direction {i} have shape {e.shape[1:]}; it should be {right}")

    @classmethod
    def of(
        cls,
        form: Form,
        nodes: Sequence[int],
        spacing: float | Sequence[float],
        origin: Sequence[float] | None = None,
        periodic: bool = False,
        cores: Sequence[tuple[Sequence[float], Sequence[float] | None]] = (),
    ) -> CubicComplex:
        """From a one-form that is known everywhere, with three Gauss points on each edge, more near singular cores.

        Parameters
        ----------
        form : callable
            Components (m, n, k) at points (k, n).
        nodes, spacing, origin, periodic
            Of the complex.
        cores : sequence of (point, direction)
            Singular points, with None, and straight lines.

        Raises
        ------
        InputError
            Where an edge passes through a core.
        """
        n = len(nodes)
        h = np.broadcast_to(np.asarray(spacing, float), (n,))
        start = np.zeros(n) if origin is None else np.asarray(origin, float)
        edges = []
        for i in range(n):
            shape = [k - (j == i and not periodic) for j, k in enumerate(nodes)]
            corner = np.stack(
                np.meshgrid(*(start[j] + h[j] * np.arange(shape[j]) for j in range(n)), indexing="ij"), -1
            )
            flat = corner.reshape(-1, n)
            step = h[i] * np.eye(n)[i]
            near = np.full(len(flat), np.inf)
            for point, direction in cores:
                near = np.minimum(near, segment_distances(flat, flat + step, point, direction))
            if near.min() < 1e-9 * h[i]:
                where = flat[np.argmin(near)].round(6).tolist()
                raise InputError(f"the edge from {where} passes through the core of a defect; shift the origin")
            value = _along(form, flat, step, 3)
            close = near < _NEAR * h[i]
            if close.any():
                value[:, close] = _along(form, flat[close], step, _FINE)
            edges.append(value.reshape(-1, *shape))
        return cls(edges, nodes, h, start, periodic)

    @classmethod
    def from_grid(cls, grid: Grid, coframe: Float[np.ndarray, "m n *grid"]) -> CubicComplex:
        """From values at nodes: the mean of both ends of an edge, with a correction of fourth order inside."""
        edges = []
        for i in range(grid.dimension):
            f = np.moveaxis(coframe[:, i], i + 1, 1)
            k = f.shape[1]
            if grid.periodic:
                value = (13 * (f + np.roll(f, -1, 1)) - np.roll(f, 1, 1) - np.roll(f, -2, 1)) / 24 if k > 3 else f
            else:
                value = (f[:, 1:] + f[:, :-1]) / 2
                if k > 3:
                    value[:, 1:-1] = (13 * (f[:, 1:-2] + f[:, 2:-1]) - f[:, :-3] - f[:, 3:]) / 24
            edges.append(np.moveaxis(value, 1, i + 1) * grid.spacing[i])
        return cls(edges, grid.shape, grid.spacing, grid.origin, grid.periodic)

    # -- Stokes --------------------------------------------------------------------------------------------------------

    def _ahead(self, field: np.ndarray, axis: int) -> np.ndarray:
        """Value one node further, minus the value here."""
        if self.periodic:
            return np.roll(field, -1, axis + 1) - field
        return np.diff(field, axis=axis + 1)

    @cached_property
    def faces(self) -> dict[tuple[int, int], np.ndarray]:
        """Circulation of every face, from direction i to j, by pairs i < j: arrays (m, *shape)."""
        return {
            (i, j): self._ahead(self.edges[j], i) - self._ahead(self.edges[i], j)
            for i, j in combinations(range(self.n), 2)
        }

    def cubes(self) -> np.ndarray:
        """Sum of the faces of every cube with signs: zero to rounding."""
        if self.n < 3:
            raise InputError("there are no cubes in two dimensions")
        f = self.faces
        return self._ahead(f[1, 2], 0) - self._ahead(f[0, 2], 1) + self._ahead(f[0, 1], 2)

    def burgers(
        self, low: Sequence[int], high: Sequence[int], axes: tuple[int, int] = (0, 1)
    ) -> Float[np.ndarray, " m"]:
        """Sum of the edges of a rectangle of nodes, from ``low`` to ``high``, counter-clockwise from the first axis."""
        i, j = axes
        if any(a != b for k, (a, b) in enumerate(zip(low, high)) if k not in axes):
            raise InputError(f"nodes {tuple(low)} and {tuple(high)} are not in one plane of directions {i} and {j}")

        def side(axis: int, at: Sequence[int]) -> np.ndarray:
            span = slice(low[axis], high[axis])
            return self.edges[axis][(slice(None), *(span if k == axis else at[k] for k in range(self.n)))].sum(axis=1)

        far_i, far_j = list(low), list(low)
        far_i[i], far_j[j] = high[i], high[j]
        return side(i, low) + side(j, far_i) - side(i, far_j) - side(j, low)

    def through(
        self, low: Sequence[int], high: Sequence[int], axes: tuple[int, int] = (0, 1)
    ) -> Float[np.ndarray, " m"]:
        """Sum of the faces inside the same rectangle: equal to :meth:`burgers` by Stokes' theorem."""
        i, j = min(axes), max(axes)
        where = tuple(slice(low[k], high[k]) if k in axes else low[k] for k in range(self.n))
        total = self.faces[i, j][(slice(None), *where)].sum(axis=(1, 2))
        return total if axes == (i, j) else -total

    def coarsened(self, factor: int) -> CubicComplex:
        """Edges joined ``factor`` by ``factor``: Burgers vectors of larger faces, exactly the sums of small ones."""
        cells = [k - (not self.periodic) for k in self.nodes]
        if any(c % factor for c in cells):
            raise InputError(f"cells {tuple(cells)} cannot be joined {factor} by {factor}")
        edges = []
        for i, e in enumerate(self.edges):
            kept = e[(slice(None), *(slice(None) if j == i else slice(None, None, factor) for j in range(self.n)))]
            shape = kept.shape
            split = (*shape[: i + 1], shape[i + 1] // factor, factor, *shape[i + 2 :])
            edges.append(kept.reshape(split).sum(axis=i + 2))
        nodes = [c // factor + (not self.periodic) for c in cells]
        return CubicComplex(edges, nodes, self.spacing * factor, self.origin, self.periodic)

    # -- lines ---------------------------------------------------------------------------------------------------------

    def _carriers(self, tolerance: float) -> tuple[dict, dict]:
        """Links between cubes whose common face carries something: (cube, direction) to Burgers vector, both ways."""
        cells = [k - (not self.periodic) for k in self.nodes]
        links: dict[tuple[int, ...], list] = {}
        signs = {0: ((1, 2), 1), 1: ((0, 2), -1), 2: ((0, 1), 1)}
        flow: dict = {}
        for axis, (pair, sign) in signs.items():
            field = sign * self.faces[pair]
            for place in np.argwhere(np.abs(field).max(axis=0) > tolerance):
                index = tuple(int(k) for k in place)
                ahead, behind = index, tuple(k - (j == axis) for j, k in enumerate(index))
                if self.periodic:
                    behind = tuple(k % c for k, c in zip(behind, cells))
                b = field[(slice(None), *index)]
                flow[axis, index] = b
                links.setdefault(behind, []).append((axis, index, ahead, 1))
                links.setdefault(ahead, []).append((axis, index, behind, -1))
        return links, flow

    def _outside(self, cube: tuple[int, ...]) -> bool:
        return not self.periodic and any(not 0 <= k < c - 1 for k, c in zip(cube, self.nodes))

    def _center(self, cube: tuple[int, ...]) -> np.ndarray:
        return self.origin + self.spacing * (np.array(cube) + 0.5)

    def junctions(self, tolerance: float) -> list[tuple[np.ndarray, np.ndarray, float]]:
        """Cubes where three lines or more meet: centre, Burgers vectors outwards, how far their sum is from zero."""
        self._check_lines()
        links, flow = self._carriers(tolerance)
        found = []
        for cube, ends in links.items():
            if len(ends) > 2 and not self._outside(cube):
                out = np.array([sign * flow[axis, index] for axis, index, _, sign in ends])
                found.append((self._center(cube), out, float(np.abs(out.sum(axis=0)).max())))
        return found

    def _check_lines(self) -> None:
        if self.n != 3:
            raise InputError("lines are traced in three dimensions; in two, defects are faces")

    def lines(self, tolerance: float) -> list[DefectLine]:
        """Lines along faces with more than ``tolerance``, from one end or meeting to the next, and closed ones."""
        self._check_lines()
        links, flow = self._carriers(tolerance)
        used: set = set()
        starts = [c for c, ends in links.items() if len(ends) != 2 or self._outside(c)]
        out = [line for c in starts for end in links[c] if (line := self._walk(c, end, links, flow, used)) is not None]
        # What is left has no ends.
        out += [line for c in links for end in links[c] if (line := self._walk(c, end, links, flow, used)) is not None]
        return out

    def _walk(self, cube: tuple, end: tuple, links: dict, flow: dict, used: set) -> DefectLine | None:
        if end[:2] in used:
            return None
        first, points, burgers = cube, [self._center(cube)], []
        while True:
            axis, index, following, sign = end
            used.add((axis, index))
            burgers.append(sign * flow[axis, index])
            step = np.zeros(3)
            step[axis] = sign * self.spacing[axis]
            points.append(points[-1] + step)
            cube = following
            ends = links[cube]
            onward = [e for e in ends if e[:2] not in used]
            if cube == first or len(ends) != 2 or self._outside(cube) or not onward:
                break
            end = onward[0]
        closed = cube == first and len(links[first]) == 2
        return DefectLine(self._trimmed(np.array(points), first, cube), np.array(burgers), closed)

    def _trimmed(self, points: np.ndarray, first: tuple, last: tuple) -> np.ndarray:
        """Ends that are outside are moved to the face on the boundary."""
        out = points.copy()
        if self._outside(first):
            out[0] = (points[0] + points[1]) / 2
        if self._outside(last):
            out[-1] = (points[-1] + points[-2]) / 2
        return out


def _along(form: Form, starts: np.ndarray, step: np.ndarray, points: int) -> np.ndarray:
    """Integrals (m, k) of a one-form along equal edges."""
    nodes, weights = np.polynomial.legendre.leggauss(points)
    total: np.ndarray | float = 0.0
    for at, weight in zip((nodes + 1) / 2, weights / 2):
        total = total + weight * np.einsum("mik,i->mk", form(starts + at * step), step)
    return np.asarray(total)


def integer_burgers(
    values: Float[np.ndarray, "... n"], lattice: Float[np.ndarray, "n n"], tolerance: float = 0.2
) -> Int[np.ndarray, "... n"]:
    """Burgers vectors as whole multiples of lattice vectors (rows).

    Raises
    ------
    InputError
        Where one is further from the lattice than ``tolerance`` of its vectors.

    Examples
    --------
    >>> integer_burgers(np.array([0.02, 0.99]), np.eye(2)).tolist()
    [0, 1]
    """
    multiples = np.asarray(values) @ np.linalg.inv(lattice)
    whole = np.rint(multiples)
    off = float(np.abs(multiples - whole).max(initial=0.0))
    if off > tolerance:
        raise InputError(f"a Burgers vector is {off:.2g} lattice vectors from the lattice; take a larger loop")
    return whole.astype(int)
