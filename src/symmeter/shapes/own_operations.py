"""The rotations and reflections that map a polyhedron onto itself, found from its vertices and confirmed on its faces.

Vertices alone do not decide: the octahemioctahedron has the vertices of the cuboctahedron.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from symmeter.shapes.planar_subdivision import weld

__all__ = ["canonical_cycles", "generating_elements", "own_operations"]

Faces = Sequence[tuple[int, ...]]

#: Cycles are compared by sums of mixed 64-bit words; odd constants from the binary digits of pi.
_MIX = np.uint64(0x3243F6A8885A308D)
_FOLD = np.uint64(0x13198A2E03707345)


def canonical_cycles(cycles: Int[np.ndarray, "... k"]) -> Int[np.ndarray, "... k"]:
    """Each cycle with its smallest number first and the smaller neighbour second."""
    width = cycles.shape[-1]
    order = (cycles.argmin(-1)[..., None] + np.arange(width)) % width
    forward = np.take_along_axis(cycles, order, -1)
    backward = np.concatenate([forward[..., :1], forward[..., :0:-1]], axis=-1)
    return np.where((forward[..., 1] <= forward[..., -1])[..., None], forward, backward)


def _fingerprints(cycles: np.ndarray) -> np.ndarray:
    """One word per set of cycles: the sum over the last axis but one of a mixed word per cycle."""
    word = np.zeros(cycles.shape[:-1], np.uint64)
    for column in np.moveaxis(cycles.astype(np.uint64), -1, 0):
        word = (word ^ (column + np.uint64(1))) * _MIX
        word ^= word >> np.uint64(29)
    return (word * _FOLD).sum(axis=-1, dtype=np.uint64)


def generating_elements(permutations: Int[np.ndarray, "g n"]) -> list[int]:
    """Numbers of some permutations that generate a whole group; each of them makes the group so far larger.

    Examples
    --------
    >>> generating_elements(np.array([[0, 1, 2], [1, 2, 0], [2, 0, 1]]))
    [1]
    """
    rows = [tuple(p) for p in permutations.tolist()]
    number = {p: i for i, p in enumerate(rows)}
    identity = number[tuple(range(permutations.shape[1]))]
    chosen: list[int] = []
    reached = {identity}
    for candidate in range(len(rows)):
        if candidate in reached:
            continue
        chosen.append(candidate)
        reached, stack = {identity}, [identity]
        while stack:
            p = rows[stack.pop()]
            for g in chosen:
                product = number[tuple(p[k] for k in rows[g])]
                if product not in reached:
                    reached.add(product)
                    stack.append(product)
    return chosen


def _labels(vertices: np.ndarray, faces: Faces, tolerance: float) -> np.ndarray:
    """A class for each vertex: its distance from the centre and the sizes of the faces at it."""
    radii = np.linalg.norm(vertices, axis=1)
    order = np.argsort(radii)
    steps = np.concatenate([[0], np.cumsum(np.diff(radii[order]) > tolerance)])
    shell = np.empty(len(radii), int)
    shell[order] = steps
    sizes: list[list[int]] = [[] for _ in vertices]
    for f in faces:
        for v in f:
            sizes[v].append(len(f))
    keys = [(int(s), tuple(sorted(k))) for s, k in zip(shell, sizes)]
    number = {k: i for i, k in enumerate(sorted(set(keys)))}
    return np.array([number[k] for k in keys])


def own_operations(
    vertices: Float[np.ndarray, "n 3"], faces: Faces, tolerance: float = 1e-6
) -> tuple[Float[np.ndarray, "g 3 3"], Int[np.ndarray, "g n"]]:
    """All orthogonal maps about the origin that permute the vertices and the faces.

    Parameters
    ----------
    vertices : array of shape (n, 3)
        Not all in one plane; the centre of symmetry at the origin.
    faces : sequence of tuples
        Cycles of vertex numbers; a cycle and its reverse are the same face.
    tolerance : float
        How far an image may miss its vertex, relative to the largest distance from the origin.

    Returns
    -------
    matrices, permutations
        The identity first; ``vertices @ matrices[k].T`` equals ``vertices[permutations[k]]``.
    """
    scale = float(np.linalg.norm(vertices, axis=1).max())
    slack = tolerance * scale
    places, label = weld(vertices, slack)
    if len(places) < len(vertices):
        # Coplanar faces have coincident vertices in the dual; the places decide, and stand for their first vertex.
        first = np.unique(label, return_index=True)[1]
        kept, moved = own_operations(places, [tuple(label[list(f)].tolist()) for f in faces], tolerance)
        return kept, first[moved[:, label]]
    labels = _labels(vertices, faces, slack)
    candidates = _candidates(vertices, labels, slack)
    kept, permutations = _those_that_permute(vertices, labels, candidates, slack)
    by_size: dict[int, list[tuple[int, ...]]] = {}
    for f in faces:
        by_size.setdefault(len(f), []).append(f)
    good = np.ones(len(kept), bool)
    for size in by_size.values():
        table = np.array(size)
        own = _fingerprints(canonical_cycles(table)[None])[0]
        good &= _fingerprints(canonical_cycles(permutations[:, table])) == own
    kept, permutations = kept[good], permutations[good]
    polished = np.einsum("gnj,nk->gjk", vertices[permutations], vertices)
    u, _, v = np.linalg.svd(polished)
    kept = u @ v
    order = np.argsort(np.abs(kept - np.eye(3)).max(axis=(1, 2)) > 1e-9, kind="stable")
    return kept[order], permutations[order]


def _candidates(vertices: np.ndarray, labels: np.ndarray, slack: float) -> np.ndarray:
    """Maps that take two vertices of small classes to a pair of the same classes and inner products."""
    sizes = np.bincount(labels)
    radii = np.linalg.norm(vertices, axis=1)
    order = np.argsort(sizes[labels] + (radii < 1e-3 * radii.max()) * 10**6, kind="stable")
    a = order[0]
    across = np.linalg.norm(np.cross(vertices[a], vertices), axis=1)
    able = across > 0.2 * across.max()
    b = next(i for i in order if able[i])
    scale = np.abs(vertices).max() ** 2
    first, second = np.flatnonzero(labels == labels[a]), np.flatnonzero(labels == labels[b])
    inner = vertices[first] @ vertices[second].T
    i, j = np.nonzero(np.abs(inner - vertices[a] @ vertices[b]) < 8 * slack * scale**0.5)
    x, y = vertices[first[i]], vertices[second[j]]
    base = np.stack([vertices[a], vertices[b], np.cross(vertices[a], vertices[b])], axis=1)
    z = np.cross(x, y)
    images = np.concatenate([np.stack([x, y, z], axis=2), np.stack([x, y, -z], axis=2)])
    u, _, v = np.linalg.svd(images @ np.linalg.inv(base))
    return u @ v


def _those_that_permute(
    vertices: np.ndarray, labels: np.ndarray, maps: np.ndarray, slack: float
) -> tuple[np.ndarray, np.ndarray]:
    from scipy.spatial import KDTree

    tree = KDTree(vertices)
    for sample in (np.arange(len(vertices))[:: max(1, len(vertices) // 4)], np.arange(len(vertices))):
        images = np.einsum("gij,nj->gni", maps, vertices[sample])
        distance, nearest = tree.query(images, distance_upper_bound=4 * slack)
        found: np.ndarray = np.asarray(nearest)
        good = np.isfinite(distance).all(axis=1)
        maps, found = maps[good], found[good]
        good = (labels[found] == labels[sample]).all(axis=1)
        maps, found = maps[good], found[good]
    order = np.sort(found, axis=1)
    good = (order == np.arange(len(vertices))).all(axis=1)
    maps, found = maps[good], found[good]
    _, once = np.unique(found, axis=0, return_index=True)
    return maps[once], found[once]
