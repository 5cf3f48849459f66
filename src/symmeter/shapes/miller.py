"""Miller's rules: which sets of cells of an arrangement count as stellations of its core.

The planes are those of the core; every face looks alike; all its parts can be reached from outside; and the figure is
no union of two that have as much symmetry and no facet in common, except that a figure and its mirror image may make
one. Mirror images count once. On classes of cells under the rotations these are conditions on a small graph.

References
----------
H. S. M. Coxeter, P. Du Val, H. T. Flather, J. F. Petrie, The fifty-nine icosahedra (1938).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from symmeter.errors import InputError
from symmeter.shapes.arrangement import Arrangement

__all__ = ["CellSet", "cell_classes", "miller_stellations"]

_OUTSIDE = -1
_MOST_CLASSES = 16


@dataclass(frozen=True)
class CellSet:
    """A union of classes of cells under the rotations, and whether it equals its mirror image."""

    classes: frozenset[int]
    is_chiral: bool


def cell_classes(arrangement: Arrangement) -> tuple[Int[np.ndarray, " c"], Int[np.ndarray, " k"]]:
    """The class of each cell under the rotations, and the mirror image of each class."""
    cells = arrangement.cells
    proper = np.linalg.det(arrangement.operations) > 0
    label = cells.orbits(proper)
    first = np.unique(label, return_index=True)[1]
    if proper.all():
        return label, np.arange(len(first))
    flip = cells.permutations[~proper][0]
    return label, label[flip[first]]


def miller_stellations(arrangement: Arrangement) -> list[CellSet]:
    """All sets of classes that satisfy the rules, the core included.

    Raises
    ------
    InputError
        If there are more than 16 classes: the search would not end.

    Examples
    --------
    >>> from symmeter.shapes import poly
    >>> len(miller_stellations(Arrangement.of(poly("dodecahedron"))))
    4
    """
    label, mirror = cell_classes(arrangement)
    count = len(mirror)
    if count > _MOST_CLASSES:
        raise InputError(
            f"{count} classes of cells have 2^{count} unions; an enumeration stops at {_MOST_CLASSES} classes"
        )
    links = _links(arrangement, label)
    found = []
    for bits in range(1, 1 << count):
        chosen = frozenset(k for k in range(count) if bits >> k & 1)
        image = frozenset(int(mirror[k]) for k in chosen)
        if sum(1 << k for k in image) < bits:
            continue
        if _all_outside(chosen, links, count) and _in_one_piece(chosen, links, mirror, image == chosen):
            found.append(CellSet(chosen, image != chosen))
    return found


def _links(arrangement: Arrangement, label: np.ndarray) -> dict[int, set[int]]:
    """Which classes share facets; -1 stands for the unbounded cells."""
    cells = arrangement.cells
    named = np.concatenate([label, [_OUTSIDE]])
    pairs = np.unique(np.stack([named[cells.beyond], named[cells.within]], axis=1), axis=0)
    links: dict[int, set[int]] = {k: set() for k in [_OUTSIDE, *range(int(label.max()) + 1)]}
    for a, b in pairs.tolist():
        links[a].add(b)
        links[b].add(a)
    return links


def _all_outside(chosen: frozenset[int], links: dict[int, set[int]], count: int) -> bool:
    """Whether every empty class next to the figure is open to the outside."""
    reached, stack = {_OUTSIDE}, [_OUTSIDE]
    while stack:
        for k in links[stack.pop()]:
            if k not in chosen and k not in reached:
                reached.add(k)
                stack.append(k)
    return all(k in chosen or k in reached for c in chosen for k in links[c])


def _in_one_piece(chosen: frozenset[int], links: dict[int, set[int]], mirror: np.ndarray, reflexible: bool) -> bool:
    """Whether the classes hang together by facets; of a reflexible figure a class and its mirror image count as one."""
    start = next(iter(chosen))
    reached, stack = {start}, [start]
    while stack:
        k = stack.pop()
        near = set(links[k]) | ({int(mirror[k])} if reflexible else set())
        for m in near & chosen - reached:
            reached.add(m)
            stack.append(m)
    return reached == set(chosen)
