"""Segments in a plane cut at their crossings, and the regions that they bound.

Coordinates come from symmetric figures: points that coincide do so to rounding, and all others are well apart, so one
tolerance tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from symmeter.shapes.topology import distinct_pairs

__all__ = ["Regions", "cut_segments", "regions_of", "weld", "winding_numbers", "windings"]

#: Odd numbers of 64 bits; products with them are taken modulo 2^64.
_MIX = np.random.default_rng(0).integers(0, 2**63, 8, dtype=np.uint64) * np.uint64(2) + np.uint64(1)


def weld(points: Float[np.ndarray, "n d"], tolerance: float) -> tuple[Float[np.ndarray, "m d"], Int[np.ndarray, " n"]]:
    """Points that are nearer than a tolerance made one; the number of the joint point of each."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import KDTree

    if not len(points):
        return points, np.zeros(0, int)
    # Grouping by rounded coordinates first leaves few points for the tree.
    first, where = _alike(np.rint(points / tolerance))
    few = points[first]
    pairs = KDTree(few).query_pairs(tolerance, output_type="ndarray")
    if not len(pairs):
        return few, where
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(few), len(few)))
    _, label = connected_components(graph, directed=False)
    _, one = np.unique(label, return_index=True)
    return few[one], label[where.reshape(-1)]


def _alike(rows: Float[np.ndarray, "n d"]) -> tuple[np.ndarray, np.ndarray]:
    """The first of each set of equal rows of whole numbers, and the number of the set of every row."""
    # Sorting one word for each row is quicker than sorting rows; that no two share a word is checked.
    words = rows.astype(np.int64).astype(np.uint64) @ _MIX[: rows.shape[1]]
    _, first, where = np.unique(words, return_index=True, return_inverse=True)
    where = where.reshape(-1)
    if not np.array_equal(rows[first][where], rows):
        _, first, where = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return first, where.reshape(-1)


def cut_segments(
    starts: Float[np.ndarray, "n 2"], ends: Float[np.ndarray, "n 2"], tolerance: float
) -> tuple[Float[np.ndarray, "m 2"], Int[np.ndarray, "e 2"]]:
    """Points and edges of the figure that some segments make: cut where they cross, touch or overlap."""
    sides = ends - starts
    lengths = np.linalg.norm(sides, axis=1)
    long = lengths > tolerance
    starts, ends, sides, lengths = starts[long], ends[long], sides[long], lengths[long]
    n = len(starts)
    unit = sides / lengths[:, None]
    normal = np.stack([-unit[:, 1], unit[:, 0]], axis=1)
    # Signed distance of every end from every line, and how far along the line it lies.
    across = [normal @ p.T - (normal * starts).sum(1)[:, None] for p in (starts, ends)]
    along = [unit @ p.T - (unit * starts).sum(1)[:, None] for p in (starts, ends)]
    segment, place = [np.arange(n), np.arange(n)], [np.zeros(n), lengths]
    for a, s in zip(across, along):
        i, j = np.nonzero((np.abs(a) < tolerance) & (s > tolerance) & (s < lengths[:, None] - tolerance))
        segment.append(i)
        place.append(s[i, j])
    opposite = (across[0] * across[1] < 0) & (np.minimum(np.abs(across[0]), np.abs(across[1])) > tolerance)
    i, j = np.nonzero(opposite & opposite.T)
    t = (across[0][i, j] / (across[0][i, j] - across[1][i, j]))[:, None]
    crossing = starts[j] + t * sides[j]
    segment.append(i)
    place.append(((crossing - starts[i]) * unit[i]).sum(1))
    which, where = np.concatenate(segment), np.concatenate(place)
    points, label = weld(starts[which] + where[:, None] * unit[which], tolerance)
    order = np.lexsort((where, which))
    which, label = which[order], label[order]
    follows = (which[1:] == which[:-1]) & (label[1:] != label[:-1])
    return points, distinct_pairs(np.stack([label[:-1][follows], label[1:][follows]], axis=1))


@dataclass(frozen=True)
class Regions:
    """The bounded regions of a planar figure.

    Attributes
    ----------
    outer : list of lists of int
        Boundary of each region as points, counter-clockwise.
    holes : list of lists of lists of int
        Boundaries of the figures inside each region, clockwise.
    samples : array of shape (n, 2)
        A point inside each region.
    """

    outer: list[list[int]]
    holes: list[list[list[int]]]
    samples: Float[np.ndarray, "n 2"]


def regions_of(points: Float[np.ndarray, "n 2"], edges: Int[np.ndarray, "e 2"]) -> Regions:
    """Trace the regions that edges without crossings bound."""
    cycles = _cycles(points, edges)
    sizes, inside = _sizes_and_samples(points, cycles)
    positive = sizes > 0
    outer = [c for c, p in zip(cycles, positive.tolist()) if p]
    holes: list[list[list[int]]] = [[] for _ in outer]
    if len(cycles) - len(outer) > 1:
        areas = sizes[positive]
        low = np.array([points[c].min(axis=0) for c in outer])
        high = np.array([points[c].max(axis=0) for c in outer])
        for i in np.flatnonzero(~positive).tolist():
            cycle = cycles[i]
            probe = points[cycle[0]]
            near = (low < probe).all(axis=1) & (high > probe).all(axis=1) & (areas > -sizes[i])
            around = [k for k in np.flatnonzero(near).tolist() if _is_around(points, cycle, outer[k])]
            if around:
                holes[min(around, key=lambda k: areas[k])].append(cycle)
    return Regions(outer, holes, inside[positive])


def _cycles(points: np.ndarray, edges: np.ndarray) -> list[list[int]]:
    """Boundary cycles, each with its region on the left."""
    e = len(edges)
    origin = np.concatenate([edges[:, 0], edges[:, 1]])
    head = np.concatenate([edges[:, 1], edges[:, 0]])
    twin = np.concatenate([np.arange(e) + e, np.arange(e)])
    way = points[head] - points[origin]
    order = np.lexsort((np.arctan2(way[:, 1], way[:, 0]), origin))
    rank = np.empty(2 * e, int)
    rank[order] = np.arange(2 * e)
    first = np.searchsorted(origin[order], np.arange(len(points)))
    count = np.bincount(origin, minlength=len(points))
    # After u -> v comes the edge that is next clockwise from v -> u.
    base = first[head]
    following = order[base + (rank[twin] - base - 1) % count[head]].tolist()
    seen, cycles = [False] * (2 * e), []
    names = origin.tolist()
    for h in range(2 * e):
        if seen[h]:
            continue
        cycle = []
        while not seen[h]:
            seen[h] = True
            cycle.append(names[h])
            h = following[h]
        cycles.append(cycle)
    return cycles


def _is_around(points: np.ndarray, cycle: list[int], region: list[int]) -> bool:
    """Whether a region holds a cycle of another piece of the figure."""
    return set(cycle).isdisjoint(region) and bool(winding_numbers(points[region], points[cycle[:1]])[0])


def _sizes_and_samples(points: np.ndarray, cycles: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Signed area of each cycle, and a point just left of the middle of its longest side."""
    if not cycles:
        return np.zeros(0), np.zeros((0, 2))
    count = np.array([len(c) for c in cycles])
    start = np.concatenate([[0], np.cumsum(count)[:-1]])
    p = points[np.concatenate(cycles)]
    following = np.arange(1, len(p) + 1)
    following[start + count - 1] = start
    x, y = p.T
    area = np.add.reduceat(x * y[following] - y * x[following], start) / 2
    sides = p[following] - p
    lengths = np.linalg.norm(sides, axis=1)
    # The first of the longest sides of each cycle.
    longest = np.flatnonzero(lengths == np.repeat(np.maximum.reduceat(lengths, start), count))
    cycle = np.repeat(np.arange(len(cycles)), count)[longest]
    k = longest[np.concatenate([[True], cycle[1:] != cycle[:-1]])]
    left = np.stack([-sides[k, 1], sides[k, 0]], axis=1) / lengths[k, None]
    reach = np.abs(area) / np.add.reduceat(lengths, start)
    return area, p[k] + sides[k] / 2 + left * np.minimum(1e-4 * lengths[k], reach / 4)[:, None]


def winding_numbers(polygon: Float[np.ndarray, "k 2"], points: Float[np.ndarray, "n 2"]) -> Int[np.ndarray, " n"]:
    """How often a closed polygon turns around each point; points on its sides are not meant."""
    return windings(polygon, np.concatenate([polygon[1:], polygon[:1]]), points)


def windings(
    starts: Float[np.ndarray, "k 2"], ends: Float[np.ndarray, "k 2"], points: Float[np.ndarray, "n 2"]
) -> Int[np.ndarray, " n"]:
    """How often sides that form closed polygons turn around each point."""
    y = points[:, None, 1]
    below, after = starts[:, 1] <= y, ends[:, 1] <= y
    side = ends - starts
    left = side[:, 0] * (y - starts[:, 1]) - (points[:, None, 0] - starts[:, 0]) * side[:, 1]
    return (below & ~after & (left > 0)).sum(1) - (~below & after & (left < 0)).sum(1)
