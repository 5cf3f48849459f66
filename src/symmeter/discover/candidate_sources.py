"""Candidate symmetries without a search: entries that cluster at their noise level, and exchanges of columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Int

from symmeter.discover.candidate_pool import CandidatePool
from symmeter.discover.column_matching import Matcher
from symmeter.discover.pair_patterns import cover_matrix, lowered
from symmeter.errors import InputError
from symmeter.groups import automorphism_group
from symmeter.linalg import cluster_entries, cluster_values
from symmeter.representations import Monomial

__all__ = ["offer_coloured_automorphisms", "offer_exchanges"]

#: Gaps between entries, in standard errors, at which colours are cut.
_TOLERANCES = (1.0, 1.6, 2.5, 4.0)
#: Colours that are wrong in places make hard graphs; their automorphisms are not worth a long search.
_MOST_NODES = 3000
_LINKED = 3.0


def offer_coloured_automorphisms(pool: CandidatePool, matcher: Matcher) -> None:
    """Exact automorphisms of the entries clustered at multiples of their standard error.

    Complete as soon as different entries are separated by much more than noise; before that the colours are wrong and
    what they allow is refuted.
    """
    for colours, vertices in _colourings(matcher, pool.signed):
        try:
            group = automorphism_group(colours, vertices, max_nodes=_MOST_NODES)
        except InputError:
            continue
        generators = tuple(lowered(np.asarray(g.images), pool.signed) for g in group.generators)
        if generators:
            pool.sets.append(generators)
        # The colours may be right for some columns only.
        for p in generators:
            pool.offer(p)


def _colourings(matcher: Matcher, signed: bool) -> Iterator[tuple[Int[np.ndarray, "p p"], Int[np.ndarray, " p"]]]:
    seen: set[bytes] = set()
    for layer, (values, noise) in zip(matcher.layers, matcher.stabilised, strict=True):
        step, vertex_step = float(np.sqrt(noise)), float(np.sqrt(np.median(layer.log_scale_variance)))
        for tolerance in _TOLERANCES:
            colours = cluster_entries(cover_matrix(values) if signed else values, tolerance * step).colours
            vertices = cluster_values(layer.log_scale, tolerance * vertex_step).labels
            if signed:
                vertices = np.concatenate([vertices, vertices])
                k = np.arange(matcher.size)
                colours = colours.copy()
                colours[k, k + matcher.size] = colours[k + matcher.size, k] = -1
            key = colours.tobytes() + vertices.tobytes()
            if key not in seen:
                seen.add(key)
                yield colours, vertices


def offer_exchanges(pool: CandidatePool, matcher: Matcher) -> None:
    """Exchanges of two columns, the blocks that they link, and changes of one sign."""
    m = matcher.size
    i, j = matcher.similar_pairs(4 * m)
    links = []
    for a, b in zip(i.tolist(), j.tolist()):
        p = _exchange(m, a, b)
        pool.offer(p)
        if p in pool and pool.ratio(p) < _LINKED:
            links.append((a, b))
    pool.sets += [block for block in _blocks(links, m) if len(block) > 1]
    if pool.signed:
        for k in range(m):
            signs = np.ones(m)
            signs[k] = -1.0
            pool.offer(Monomial(np.arange(m), signs, name="sign"))


def _exchange(size: int, a: int, b: int) -> Monomial:
    images = np.arange(size)
    images[[a, b]] = b, a
    return Monomial(images, name="exchange")


def _blocks(links: Sequence[tuple[int, int]], size: int) -> list[tuple[Monomial, ...]]:
    """Exchanges that generate the symmetric group of each connected set of columns."""
    from symmeter.groups.orbits import UnionFind

    union = UnionFind(size)
    for a, b in links:
        union.merge(a, b)
    labels = union.labels()
    blocks = []
    for label in range(int(labels.max()) + 1):
        members = np.flatnonzero(labels == label).tolist()
        blocks.append(tuple(_exchange(size, a, b) for a, b in pairwise(members)))
    return blocks
