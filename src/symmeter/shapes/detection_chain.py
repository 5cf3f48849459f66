"""From maps that fit to groups that close: the chain of groups as the tolerance grows.

Near a tolerance some products of accepted maps are missing. They are added when they fit, and the map that brings in
those that do not is left out, so that what is returned is always a group.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from symmeter.shapes.detection_closure import is_multiplicative
from symmeter.shapes.detection_search import Operations, TooManyMapsError, fitted, measured
from symmeter.shapes.detection_shells import Cloud

__all__ = ["Chain", "Link", "chain_of", "closed", "exact_matrices"]

#: Groups beyond this order are not closed: no shape with fewer points than that has them, axial ones apart.
_LARGEST = 2_000


@dataclass(frozen=True, eq=False)
class Link:
    """A group of the chain and the largest deviation of its operations."""

    operations: Operations
    deviation: float


@dataclass(frozen=True, eq=False)
class Chain:
    """Groups by growing order; each contains the one before."""

    links: tuple[Link, ...]


def _keys(cloud: Cloud, operations: Operations) -> Int[np.ndarray, "k m"]:
    """Permutations of the points, for planar sets also of the two sides of the plane."""
    p = operations.permutations
    if cloud.rank == 3:
        return p
    n = cloud.directions[2]
    side = np.einsum("i,kij,j->k", n, operations.matrices, n) < 0
    here = p.shape[1]
    return np.column_stack([p, here + side, here + ~side])


def _index(rows: np.ndarray) -> dict[bytes, int]:
    return {row.tobytes(): k for k, row in enumerate(np.ascontiguousarray(rows))}


def closed(cloud: Cloud, operations: Operations, limit: float) -> tuple[Operations, Int[np.ndarray, "g g"]]:
    """The largest group that the maps give when no operation may deviate by more than the limit, and its table."""
    table = operations.table if operations.table is not None else _products(_keys(cloud, operations))
    if len(operations) > _LARGEST:
        raise TooManyMapsError(
            f"{len(operations):,} operations are more than the {_LARGEST:,} of the largest group that is made; thin "
            "the points out, give labels, or make the tolerance smaller"
        )
    if table is None:
        operations = chain_of(cloud, operations, limit).links[-1].operations
        table = _products(_keys(cloud, operations))
        assert table is not None
    return operations, table


def _products(keys: np.ndarray) -> np.ndarray | None:
    """``table[h, g]``, the row that h after g is; None when some product is no row.

    Permutations are compared by random sums of their images, all pairs by one matrix product; the numbers stay below
    2^53, so that equal permutations have equal sums exactly, and unequal ones differ but for a chance of 1e-6.
    """
    k, n = keys.shape
    if k > _LARGEST:
        return None
    weights = np.random.default_rng(0).integers(1, max(2, (1 << 52) // (n * n + 1)), n).astype(float)
    places = np.empty((k, n))
    np.put_along_axis(places, keys, np.broadcast_to(weights, (k, n)), axis=1)  # weight of what lands on each point
    sums = keys @ weights
    order = np.argsort(sums)
    products = keys.astype(float) @ places.T
    found = np.searchsorted(sums[order], products).clip(max=k - 1)
    table = order[found]
    return table if np.array_equal(sums[table], products) else None


def chain_of(cloud: Cloud, operations: Operations, limit: float = np.inf) -> Chain:
    """Add maps by growing deviation, each with the products that it brings, as long as these deviate by the limit."""
    operations = operations.take(np.argsort(operations.deviations, kind="stable"))
    keys = _keys(cloud, operations)
    group = np.arange(keys.shape[1])[None]
    eye = measured(cloud, np.eye(3)[None], np.arange(len(cloud.points))[None])
    links = [Link(eye, 0.0)]
    at = _index(keys)
    inside = {group[0].tobytes()}
    for key in np.ascontiguousarray(keys):
        if key.tobytes() in inside:
            continue
        members = _joined(cloud, group, key, at, operations, limit)
        if members is None:
            continue
        found, group = members
        inside = {row.tobytes() for row in group}
        links.append(Link(found, max(float(found.deviations.max()), links[-1].deviation)))
    return Chain(tuple(links))


def _joined(
    cloud: Cloud, group: np.ndarray, key: np.ndarray, at: dict[bytes, int], known: Operations, limit: float
) -> tuple[Operations, np.ndarray] | None:
    """The group that one more map generates, or None as soon as one of its operations deviates by more than the limit.

    Cosets of the group are added until products with its new generator lead to no others.
    """
    rows = {row.tobytes() for row in group}
    elements, found = [group], [_operations_of(cloud, group, at, known)]
    queue = [key]
    while queue:
        step = queue.pop()
        if step.tobytes() in rows:
            continue
        coset = np.ascontiguousarray(step[group])  # step after each element
        if len(rows) + len(coset) > _LARGEST:
            return None
        more = _operations_of(cloud, coset, at, known)
        if more.deviations.max() > limit:
            return None
        rows |= {row.tobytes() for row in coset}
        elements.append(coset)
        found.append(more)
        # Representatives times generators reach every coset: those of the group (all of it) and the new one.
        queue += [np.ascontiguousarray(key[step]), *np.ascontiguousarray(group[:, step])]
    joined = Operations(
        *(np.concatenate(parts) for parts in zip(*((f.matrices, f.permutations, f.deviations, f.rms) for f in found)))
    )
    return joined, np.concatenate(elements)


def _operations_of(cloud: Cloud, keys: np.ndarray, at: dict[bytes, int], known: Operations) -> Operations:
    """The maps of a set of permutations: those found, and for the others the best fit."""
    n = len(cloud.points)
    place = np.array([at.get(row.tobytes(), -1) for row in np.ascontiguousarray(keys)])
    matrices = np.empty((len(keys), 3, 3))
    matrices[place >= 0] = known.matrices[place[place >= 0]]
    new = place < 0
    if new.any():
        permutations = keys[new][:, :n]
        if cloud.rank == 3:
            matrices[new] = fitted(cloud, permutations, np.ones(int(new.sum())))
        else:
            side = np.where(keys[new][:, n] == n, 1.0, -1.0)
            plane = cloud.directions[:2]
            across = np.einsum("kni,nj->kij", (cloud.points @ plane.T)[permutations], cloud.points @ plane.T)
            u, _, vh = np.linalg.svd(across)
            normal = cloud.directions[2]
            matrices[new] = plane.T @ (u @ vh) @ plane + side[:, None, None] * np.outer(normal, normal)
    return measured(cloud, matrices, keys[:, :n])


def exact_matrices(
    cloud: Cloud, operations: Operations, table: Int[np.ndarray, "g g"] | None = None
) -> Float[np.ndarray, "g 3 3"]:
    """Orthogonal matrices that multiply exactly as the group's permutations do, close to the fitted ones.

    ``R(g) <- mean over h of R(h)^T R(h g)``, made orthogonal, doubles the number of right digits each time (averaging
    of nearly multiplicative maps; Grove, Karcher and Ruh, Math. Ann. 211 (1974) 7).
    """
    table = _products(_keys(cloud, operations)) if table is None else table
    assert table is not None
    r = operations.matrices
    if operations.generators is not None and is_multiplicative(r, table, operations.generators):
        return r
    for _ in range(8):
        # Every product at once: rows (h, j), columns i and k.
        moved = r[table].transpose(1, 0, 2, 3).reshape(len(r), -1, 3)  # g, (h, j), k
        u, _, vh = np.linalg.svd(r.reshape(-1, 3).T @ moved)
        better = u @ vh
        change = float(np.abs(better - r).max())
        r = better
        if change < 1e-13:
            break
    return r
