"""What the faces of a polyhedron say without coordinates: edges, closedness, orientation, pieces.

A polyhedron may be a star, a compound, or the surface of one (where four faces can meet along an edge). Its faces are
oriented when every edge is run as often one way as the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain

import numpy as np
from jaxtyping import Int

from symmeter.errors import InputError

__all__ = [
    "components",
    "directed_edges",
    "distinct_pairs",
    "edges_of",
    "is_closed",
    "is_oriented",
    "oriented_faces",
    "pair_keys",
]

Faces = Sequence[tuple[int, ...]]


def directed_edges(faces: Faces) -> Int[np.ndarray, "m 3"]:
    """Rows (from, to, face): every side of every face in its direction."""
    count = np.fromiter(map(len, faces), dtype=np.int64, count=len(faces))
    start = np.fromiter(chain.from_iterable(faces), dtype=np.int64, count=int(count.sum()))
    last = np.cumsum(count) - 1
    following = np.arange(1, len(start) + 1)
    following[last] = last - count + 1
    return np.stack([start, start[following], np.repeat(np.arange(len(faces)), count)], axis=1)


def pair_keys(pairs: Int[np.ndarray, "m 2"]) -> Int[np.ndarray, " m"]:
    """A number for each pair of numbers, the same in either order; sorted as the sorted pairs are."""
    low, high = pairs.min(axis=1), pairs.max(axis=1)
    return low * (int(high.max(initial=0)) + 1) + high


def distinct_pairs(pairs: Int[np.ndarray, "m 2"]) -> Int[np.ndarray, "e 2"]:
    """Sorted pairs of numbers, each once."""
    _, first = np.unique(pair_keys(pairs), return_index=True)
    return np.sort(pairs[first], axis=1)


def edges_of(faces: Faces) -> Int[np.ndarray, "e 2"]:
    """Edges as sorted pairs of vertex numbers, each once."""
    return distinct_pairs(directed_edges(faces)[:, :2])


def _counts(faces: Faces) -> tuple[np.ndarray, np.ndarray]:
    """How many faces run each edge, and how many more run it upwards than downwards."""
    sides = directed_edges(faces)
    _, where = np.unique(pair_keys(sides[:, :2]), return_inverse=True)
    where = where.reshape(-1)
    up = np.where(sides[:, 0] < sides[:, 1], 1, -1)
    return np.bincount(where), np.bincount(where, weights=up)


def is_closed(faces: Faces) -> bool:
    """Whether an even number of faces meets along every edge."""
    return bool((_counts(faces)[0] % 2 == 0).all())


def is_oriented(faces: Faces) -> bool:
    """Whether every edge is run as often one way as the other."""
    return bool((_counts(faces)[1] == 0).all())


def oriented_faces(faces: Faces) -> tuple[tuple[int, ...], ...] | None:
    """The faces, some of them reversed so that the two at each edge run it in opposite directions.

    Returns
    -------
    tuple or None
        None for a one-sided surface.

    Raises
    ------
    InputError
        If an edge has not two faces and the faces are not oriented as they are.
    """
    if is_oriented(faces):
        return tuple(tuple(f) for f in faces)
    at: dict[tuple[int, int], list[tuple[int, bool]]] = defaultdict(list)
    for a, b, f in directed_edges(faces).tolist():
        at[min(a, b), max(a, b)].append((f, a < b))
    sides: list[list[tuple[int, bool]]] = [[] for _ in faces]
    for (a, b), found in at.items():
        if len(found) != 2:
            raise InputError(f"edge ({a}, {b}) has {len(found)} faces; an orientation needs two at every edge")
        (f, up), (g, also_up) = found
        sides[f].append((g, up == also_up))
        sides[g].append((f, up == also_up))
    turned: list[bool | None] = [None] * len(faces)
    for seed in range(len(faces)):
        if turned[seed] is not None:
            continue
        turned[seed] = False
        stack = [seed]
        while stack:
            f = stack.pop()
            for g, flips in sides[f]:
                wanted = bool(turned[f]) != flips
                if turned[g] is None:
                    turned[g] = wanted
                    stack.append(g)
                elif turned[g] != wanted:
                    return None
    return tuple(tuple(f[::-1]) if t else tuple(f) for f, t in zip(faces, turned))


def components(faces: Faces) -> tuple[tuple[int, ...], ...]:
    """Face numbers of each connected piece; faces are connected through edges that two faces share."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not faces:
        return ()
    sides = directed_edges(faces)
    key = pair_keys(sides[:, :2])
    order = np.argsort(key, kind="stable")
    key, face = key[order], sides[order, 2]
    same = key[1:] == key[:-1]
    links = coo_array((np.ones(int(same.sum())), (face[:-1][same], face[1:][same])), shape=(len(faces), len(faces)))
    count, label = connected_components(links, directed=False)
    if count == 1:
        return (tuple(range(len(faces))),)
    pieces: dict[int, list[int]] = defaultdict(list)
    for f, piece in enumerate(label.tolist()):
        pieces[piece].append(f)
    return tuple(tuple(p) for p in pieces.values())
