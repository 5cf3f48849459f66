"""Homomorphisms, isomorphisms and automorphisms, by extending a map along a chain <g1> < <g1, g2> < ... of subgroups.

A partial map is extended by an image of the next generator, spread over the larger subgroup coset by coset, and kept
when ``f(g x) = f(g) f(x)`` for every generator g and element x of that subgroup. The automorphism group needs only one
automorphism for each point of the orbits of its stabilizer chain on the generators (Holt, Eick and O'Brien 2005,
sections 4.6 and 8.9).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from symmeter.errors import ClosureError
from symmeter.groups.fingerprints import element_colours, fingerprint
from symmeter.groups.finite_group import FiniteGroup
from symmeter.groups.permutation_group import PermutationGroup

__all__ = ["automorphisms", "homomorphisms", "is_homomorphism", "isomorphism"]

#: Images that are worked out together, at most.
_ENTRIES = 1 << 20


@dataclass(frozen=True, eq=False)
class _Step:
    """How to extend a map from the subgroup of the first generators to that of one more.

    ``cosets`` lists (generator, coset it multiplies): coset 0 is the smaller subgroup, coset j + 1 the generator times
    a coset reached before; ``members[j]`` holds its elements, in the order of those of coset 0.
    """

    generator: int
    members: np.ndarray
    cosets: tuple[tuple[int, int], ...]
    generators: tuple[int, ...]


def _chain(group: FiniteGroup) -> tuple[_Step, ...]:
    if "chain of homomorphisms" not in group.memo:
        group.memo["chain of homomorphisms"] = _make_chain(group)
    return group.memo["chain of homomorphisms"]


def _make_chain(group: FiniteGroup) -> tuple[_Step, ...]:
    t = group.table
    members = np.zeros(1, dtype=np.intp)
    steps = []
    used: list[int] = []
    for g in group.generators:
        inside = np.zeros(group.order, dtype=bool)
        inside[members] = True
        if inside[g]:
            continue
        used.append(g)
        blocks, cosets = [members], []
        at = 0
        while at < len(blocks):
            for s in used:
                moved = t[s, blocks[at]]
                if not inside[moved[0]]:
                    inside[moved] = True
                    blocks.append(moved)
                    cosets.append((s, at))
            at += 1
        steps.append(_Step(g, np.array(blocks), tuple(cosets), tuple(used)))
        members = np.concatenate(blocks)
    return tuple(steps)


def _extended(step: _Step, source: FiniteGroup, target: FiniteGroup, f: np.ndarray, image: int) -> np.ndarray | None:
    """The map on the larger subgroup, or None when no injective homomorphism has these images."""
    if source.element_orders[step.generator] % target.element_orders[image]:
        return None
    s, t = source.table, target.table
    f = f.copy()
    f[step.generator] = image
    for j, (g, origin) in enumerate(step.cosets):
        f[step.members[j + 1]] = t[f[g], f[step.members[origin]]]
    whole = step.members.reshape(-1)
    for g in step.generators:
        if not np.array_equal(f[s[g, whole]], t[f[g], f[whole]]):
            return None
    if np.count_nonzero(f[whole] == 0) > 1:
        return None
    return f


def _search(
    source: FiniteGroup,
    target: FiniteGroup,
    candidates: Callable[[int], np.ndarray],
    level: int = 0,
    f: np.ndarray | None = None,
) -> Iterator[np.ndarray]:
    """Injective homomorphisms, depth first through the images of the generators from ``level`` on."""
    chain = _chain(source)
    if f is None:
        f = np.full(source.order, -1)
        f[0] = 0
    if level == len(chain):
        yield f
        return
    step = chain[level]
    for image in candidates(step.generator).tolist():
        longer = _extended(step, source, target, f, image)
        if longer is not None:
            yield from _search(source, target, candidates, level + 1, longer)


def homomorphisms(source: FiniteGroup, target: FiniteGroup, cap: int = 100_000) -> Int[np.ndarray, "h n"]:
    """All homomorphisms from one group to another, one a row of images.

    Raises
    ------
    ClosureError
        If there are more than ``cap``.

    Examples
    --------
    >>> from symmeter.groups.families import cyclic_group, symmetric_group
    >>> len(homomorphisms(cyclic_group(4), symmetric_group(3)))
    4
    """
    start = np.full((1, source.order), -1, dtype=np.intp)
    start[0, 0] = 0
    found: list[np.ndarray] = []
    total = 0
    for maps in _search_together(source, target, start):
        total += len(maps)
        if total > cap:
            raise ClosureError(f"there are more than the cap of {cap} homomorphisms; raise cap=")
        found.append(maps)
    return np.concatenate(found)


def _search_together(
    source: FiniteGroup, target: FiniteGroup, maps: np.ndarray, level: int = 0
) -> Iterator[np.ndarray]:
    """Extensions of many maps at once, depth first by blocks that fit the memory; in the order of the images."""
    chain = _chain(source)
    if level == len(chain):
        yield maps
        return
    step = chain[level]
    images = np.flatnonzero(source.element_orders[step.generator] % target.element_orders == 0)
    rows = max(1, _ENTRIES // (len(images) * source.order))
    for first in range(0, len(maps), rows):
        longer = _extended_together(step, source, target, maps[first : first + rows], images)
        if len(longer):
            yield from _search_together(source, target, longer, level + 1)


def _extended_together(
    step: _Step, source: FiniteGroup, target: FiniteGroup, maps: np.ndarray, images: np.ndarray
) -> np.ndarray:
    s, t = source.table, target.table
    f = np.repeat(maps, len(images), axis=0)
    f[:, step.generator] = np.tile(images, len(maps))
    for j, (g, origin) in enumerate(step.cosets):
        f[:, step.members[j + 1]] = t[f[:, g, None], f[:, step.members[origin]]]
    whole = step.members.reshape(-1)
    for g in step.generators:
        f = f[(f[:, s[g, whole]] == t[f[:, g, None], f[:, whole]]).all(axis=1)]
    return f


def is_homomorphism(source: FiniteGroup, target: FiniteGroup, images: Int[np.ndarray, " n"]) -> bool:
    """Whether ``f(a b) = f(a) f(b)`` for all a, b."""
    f = np.asarray(images)
    return f.shape == (source.order,) and bool(np.array_equal(f[source.table], target.table[f[:, None], f[None, :]]))


def isomorphism(source: FiniteGroup, target: FiniteGroup) -> Int[np.ndarray, " n"] | None:
    """Images of the elements under an isomorphism; None when the groups are not isomorphic."""
    if source.order != target.order or fingerprint(source) != fingerprint(target):
        return None
    mine, theirs = element_colours(source), element_colours(target)

    def candidates(g: int) -> np.ndarray:
        return np.flatnonzero(theirs == mine[g])

    return next(_search(source, target, candidates), None)


def automorphisms(group: FiniteGroup) -> PermutationGroup:
    """The group of all automorphisms, as permutations of the elements.

    Examples
    --------
    >>> from symmeter.groups.families import elementary_abelian_group
    >>> automorphisms(elementary_abelian_group(2, 5)).order
    9999360
    """
    colours = element_colours(group)
    chain = _chain(group)
    identity = np.arange(group.order)
    found: list[np.ndarray] = []

    def candidates(g: int) -> np.ndarray:
        return np.flatnonzero(colours == colours[g])

    # From the last generator to the first, so that the stabilizer of the earlier ones is complete when it is used.
    for level in range(len(chain) - 1, -1, -1):
        fixed = np.full(group.order, -1)
        below = chain[level].members[0]
        fixed[below] = below
        g = chain[level].generator
        orbit = {g}
        tried = np.zeros(group.order, dtype=bool)
        tried[g] = True
        for image in candidates(g).tolist():
            if tried[image]:
                continue
            start = _extended(chain[level], group, group, fixed, image)
            f = None
            if start is not None:
                f = next(_search(group, group, candidates, level + 1, start), None)
            if f is not None:
                found.append(f)
            # All maps found so far fix the smaller subgroup. An image that is impossible makes its orbit impossible.
            orbit = _orbit(orbit, found)
            tried[list(orbit | _orbit({image}, found))] = True
    return PermutationGroup(found or [identity], degree=group.order)


def _orbit(points: set[int], maps: list[np.ndarray]) -> set[int]:
    orbit, frontier = set(points), list(points)
    while frontier:
        x = frontier.pop()
        for m in maps:
            y = int(m[x])
            if y not in orbit:
                orbit.add(y)
                frontier.append(y)
    return orbit
