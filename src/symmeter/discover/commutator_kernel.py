"""Commutators of a real covariance with many permutations in one compiled pass (numba, extra ``fast``).

For ``B = s (P + parity P^T)`` the commutator has the entries

    [R, B]_ij = s ( R[i, p_j] - R[q_i, j] + parity (R[i, q_j] - R[p_i, j]) ),    q the inverse of p,

and a multiple of the identity in B drops out. NumPy needs seven passes over each matrix for it; here each entry of the
upper triangle is written once, in blocks of rows that stay in cache until the product that needs them. It agrees with
the gathers of ``assembly``, which are its oracle and the way without numba.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.discover.generators import Generator
from symmeter.representations import Monomial

__all__ = ["commutator_products", "gram_of_permutations", "kernel_pays", "traces_of_permutations"]

#: Loading numba takes about as long as gathering this many entries with NumPy.
_WORTH_LOADING = 1 << 28
#: Entries of each commutator that one product takes: d times as many numbers should stay in the second-level cache.
_WIDTH = 4096


def kernel_pays(generators: Sequence[Generator]) -> bool:
    """Whether all generators are permutations, and numba is loaded already or worth loading."""
    if not all(g.dense is None and isinstance(g.source, Monomial) and g.source.phases is None for g in generators):
        return False
    if "numba" in sys.modules:
        return True
    large = len(generators) * generators[0].dimension ** 2 >= _WORTH_LOADING
    return large and find_spec("numba") is not None


@cache
def _compiled() -> tuple[Callable[..., Any], Callable[..., Any]]:
    import numba

    fill = numba.njit("void(f8[:,::1], u4[:,::1], u4[:,::1], f8[::1], f8[::1], i8, i8, f8[:,::1])", cache=True)
    matches = numba.njit("void(u4[:,::1], u4[:,::1], i4[:,::1], i4[:,::1])", cache=True)
    return fill(_fill), matches(_matches)


def _matches(images: np.ndarray, sources: np.ndarray, straight: np.ndarray, crossed: np.ndarray) -> None:
    """In how many points two maps agree, and one with the inverse of the other; lower triangles only."""
    d, m = images.shape
    for k in range(d):
        p = images[k]
        for other in range(k + 1):
            q, r = images[other], sources[other]
            same, opposite = np.int32(0), np.int32(0)
            for i in range(m):
                same += np.int32(p[i] == q[i])
                opposite += np.int32(p[i] == r[i])
            straight[k, other], crossed[k, other] = same, opposite


def _fill(
    r: np.ndarray,
    images: np.ndarray,
    sources: np.ndarray,
    parity: np.ndarray,
    scale: np.ndarray,
    first: int,
    last: int,
    out: np.ndarray,
) -> None:
    """Entries j >= i of rows ``first`` to ``last - 1``, one generator a row of ``out``; diagonal ones over sqrt(2)."""
    m = r.shape[0]
    for k in range(images.shape[0]):
        p, q = images[k], sources[k]
        s, t = scale[k], scale[k] * parity[k]
        at = 0
        for i in range(first, last):
            row, forward, backward = r[i], r[q[i]], r[p[i]]
            for j in range(i, m):
                out[k, at + j - i] = s * (row[p[j]] - forward[j]) + t * (row[q[j]] - backward[j])
            out[k, at] *= 0.7071067811865476
            at += m - i


def _point_maps(generators: Sequence[Generator]) -> tuple[np.ndarray, np.ndarray]:
    # Unsigned: a negative index would mean "from the end", and asking for it at every entry costs a third of the time.
    moves = [g._monomial for g in generators]
    images = np.array([p.images for p in moves], dtype=np.uint32)
    return images, np.array([p.sources for p in moves], dtype=np.uint32)


def commutator_products(
    r: Float[np.ndarray, "m m"], generators: Sequence[Generator], parity: int
) -> Float[np.ndarray, "d d"]:
    """``<[R, B_k], [R, B_l]>`` for generators of one parity, made from permutations."""
    r = np.ascontiguousarray(r, dtype=float)
    m, d = len(r), len(generators)
    images, sources = _point_maps(generators)
    scale = np.array([g.scale for g in generators], dtype=float)
    signs = np.full(d, float(parity))
    fill, _ = _compiled()
    # Row i holds m - i entries; blocks of about equal numbers of entries, at least one row each.
    before = np.concatenate([[0], np.cumsum(m - np.arange(m))])
    total, first = np.zeros((d, d)), 0
    buffer = np.empty(d * max(_WIDTH, m))
    while first < m:
        last = max(first + 1, int(np.searchsorted(before, before[first] + _WIDTH, side="right")) - 1)
        width = int(before[last] - before[first])
        block = buffer[: d * width].reshape(d, width)
        fill(r, images, sources, signs, scale, first, last, block)
        total += block @ block.T
        first = last
    return 2.0 * total


def gram_of_permutations(generators: Sequence[Generator]) -> Float[np.ndarray, "d d"]:
    """``tr(B_k^T B_l)`` by counting the points where two permutations agree."""
    images, sources = _point_maps(generators)
    d, m = images.shape
    straight, crossed = np.zeros((d, d), dtype=np.int32), np.zeros((d, d), dtype=np.int32)
    _compiled()[1](images, sources, straight, crossed)
    scale, parity = np.array([g.scale for g in generators]), np.array([g.parity for g in generators])
    trace = np.array([np.real(g.trace_part) for g in generators])
    products = 2.0 * scale[:, None] * scale * (straight + parity * crossed) * (parity[:, None] == parity)
    products = np.tril(products) + np.tril(products, -1).T
    # tr(B) without the multiple of the identity that was taken off; zero for skew matrices.
    own = scale * (1 + parity) * (images == np.arange(m)).sum(1)
    return products - trace[:, None] * own - own[:, None] * trace + m * trace[:, None] * trace


def traces_of_permutations(r: Float[np.ndarray, "m m"], generators: Sequence[Generator]) -> Float[np.ndarray, " d"]:
    """``tr(R B_k)`` of a symmetric R: zero for skew matrices."""
    images, _ = _point_maps(generators)
    moved = r[images, np.arange(len(r))].sum(1)
    scale, parity = np.array([g.scale for g in generators]), np.array([g.parity for g in generators])
    return scale * (1 + parity) * moved - np.array([np.real(g.trace_part) for g in generators]) * np.trace(r)
