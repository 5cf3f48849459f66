"""Stabilizer chains: a base, strong generators and one transversal a level, worked on in whole arrays.

A chain writes every element once as ``u_0 * u_1 * ... * u_k`` with ``u_l`` in the transversal of level l, so order,
membership, random elements and listing need no enumeration (Sims 1970; Seress, Permutation Group Algorithms 2003,
chapters 4 and 5). Rows of a two-dimensional array are permutations as images.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
from jaxtyping import Int

from symmeter.groups.orbits import UnionFind

__all__ = ["DenseTransversal", "ShortTransversal", "StabilizerChain", "Transversal", "invert_rows", "transversal"]


def invert_rows(rows: Int[np.ndarray, "k n"]) -> Int[np.ndarray, "k n"]:
    """Inverse of each permutation."""
    out = np.empty_like(rows)
    np.put_along_axis(out, rows, np.broadcast_to(np.arange(rows.shape[1]), rows.shape), axis=1)
    return out


class Transversal(ABC):
    """Coset representatives: for each point x of the orbit of ``base`` one element u_x that moves base to x.

    ``orbit[0]`` is the base point itself, with the identity.
    """

    base: int
    orbit: np.ndarray
    position: np.ndarray

    def _set_orbit(self, base: int, orbit: np.ndarray, degree: int) -> None:
        self.base = base
        self.orbit = orbit
        self.position = np.full(degree, -1, dtype=np.intp)
        self.position[orbit] = np.arange(orbit.size)

    @abstractmethod
    def inverses(self, positions: Int[np.ndarray, " k"]) -> Int[np.ndarray, "k n"]:
        """The inverses of u_x for the orbit points at these positions."""

    @abstractmethod
    def strip(self, rows: Int[np.ndarray, "k n"], positions: Int[np.ndarray, " k"]) -> Int[np.ndarray, "k n"]:
        """``u_x^-1 * row`` for each row."""

    def elements(self, positions: Int[np.ndarray, " k"]) -> Int[np.ndarray, "k n"]:
        """u_x for the orbit points at these positions."""
        return invert_rows(self.inverses(positions))


class DenseTransversal(Transversal):
    """Representatives held as an array of |orbit| x n images."""

    def __init__(self, base: int, orbit: np.ndarray, inverse_rows: np.ndarray) -> None:
        self._set_orbit(base, orbit, inverse_rows.shape[1])
        self._inverse = inverse_rows

    def inverses(self, positions: np.ndarray) -> np.ndarray:
        return self._inverse[positions]

    def strip(self, rows: np.ndarray, positions: np.ndarray) -> np.ndarray:
        return self._inverse.ravel()[rows + (positions * rows.shape[1])[:, None]]


class ShortTransversal(Transversal):
    """Representatives that move two or three points: the transposition (base x), or the cycle (base x z).

    Symmetric groups on a thousand points stay small this way.

    Parameters
    ----------
    even : bool
        Use three-cycles, for alternating groups; the orbit then needs three points or more.
    """

    def __init__(self, base: int, orbit: np.ndarray, degree: int, even: bool = False) -> None:
        self._set_orbit(base, orbit, degree)
        x = orbit
        if even:
            z = np.full(orbit.size, orbit[1])
            z[1] = orbit[2]
            # u: base -> x -> z -> base; its inverse: x -> base, z -> x, base -> z.
            self._from = np.stack([x, z, np.full_like(x, base)], axis=1)
            self._to = np.stack([np.full_like(x, base), x, z], axis=1)
        else:
            self._from = np.stack([x, np.full_like(x, base)], axis=1)
            self._to = self._from[:, ::-1].copy()
        self._from[0] = self._to[0] = base

    def inverses(self, positions: np.ndarray) -> np.ndarray:
        rows = np.tile(np.arange(self.position.size), (positions.size, 1))
        np.put_along_axis(rows, self._from[positions], self._to[positions], axis=1)
        return rows

    def strip(self, rows: np.ndarray, positions: np.ndarray) -> np.ndarray:
        out = rows.copy()
        for source, target in zip(self._from[positions].T, self._to[positions].T):
            at = rows == source[:, None]
            out[at] = np.broadcast_to(target[:, None], rows.shape)[at]
        return out


def transversal(base: int, generators: Int[np.ndarray, "g n"]) -> Transversal:
    """Orbit of ``base`` under the generators, breadth first, with representatives."""
    n = generators.shape[1]
    layers = _breadth_first(base, generators)
    orbit = np.concatenate([points for points, _, _ in layers])
    acting = generators[(generators[:, orbit] != orbit).any(axis=1)]
    if len(acting) and (acting != np.arange(n)).sum(axis=1).max() == 2:
        # Transpositions generate the full symmetric group of a connected set.
        return ShortTransversal(base, orbit, n)
    back = invert_rows(generators)
    inverse = np.empty((orbit.size, n), dtype=np.intp)
    inverse[0] = np.arange(n)
    end = 1
    for points, parents, used in layers[1:]:
        # u_y = s u_x for y = s(x), so the inverse of u_y is that of u_x after that of s.
        inverse[end : end + points.size] = np.take_along_axis(inverse[parents], back[used], axis=1)
        end += points.size
    return DenseTransversal(base, orbit, inverse)


def _breadth_first(base: int, generators: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Layers of the orbit: new points, positions (in the orbit) of the points they come from, generators used."""
    seen = np.zeros(generators.shape[1], dtype=bool)
    seen[base] = True
    layer, start = np.array([base]), 0
    layers = [(layer, np.zeros(1, dtype=np.intp), np.zeros(1, dtype=np.intp))]
    while True:
        images = generators[:, layer]
        fresh = np.flatnonzero(~seen[images])
        if not fresh.size:
            return layers
        points, first = np.unique(images.ravel()[fresh], return_index=True)
        used, parents = np.divmod(fresh[first], layer.size)
        layers.append((points, start + parents, used))
        seen[points] = True
        layer, start = points, start + layer.size


@dataclass(frozen=True, eq=False)
class StabilizerChain:
    """A base and strong generating set.

    Parameters
    ----------
    degree : int
    base : tuple of int
    generators : int array of shape (s, degree)
        Strong generators.
    depths : int array of shape (s,)
        How many base points, from the first, each strong generator fixes.
    basic_orders : tuple of int
        Length of the basic orbit of each level; their product is the order.
    """

    degree: int
    base: tuple[int, ...]
    generators: np.ndarray
    depths: np.ndarray
    basic_orders: tuple[int, ...]
    _given: tuple[Transversal, ...] | None = None

    @property
    def order(self) -> int:
        return prod(self.basic_orders)

    @cached_property
    def transversals(self) -> tuple[Transversal, ...]:
        """One transversal a level, built when first needed."""
        if self._given is not None:
            return self._given
        if len(self.generators) and (self.generators != np.arange(self.degree)).sum(axis=1).max() == 2:
            return self._short_transversals()
        return tuple(transversal(b, self.generators[self.depths >= level]) for level, b in enumerate(self.base))

    def _short_transversals(self) -> tuple[Transversal, ...]:
        """Transversals of a group of transpositions, whose levels are symmetric groups of ever larger sets."""
        union = UnionFind(self.degree)
        found: list[Transversal] = []
        for level, b in reversed(list(enumerate(self.base))):
            for row in self.generators[self.depths == level]:
                union.merge_orbits(row)
            others = [x for x in range(self.degree) if x != b and union.find(x) == union.find(b)]
            found.append(ShortTransversal(b, np.array([b, *others]), self.degree))
        return tuple(reversed(found))

    def sift(self, rows: Int[np.ndarray, "k n"], start: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Divide each row by transversal elements, level by level from ``start``.

        Returns
        -------
        residues : int array of shape (k, n)
            The identity for members of the group of level ``start``.
        depths : int array of shape (k,)
            The level at which a row left the orbit; the number of levels when it never did.
        """
        return sift(self.transversals, rows, start)

    def contains(self, rows: Int[np.ndarray, "k n"]) -> np.ndarray:
        """Whether each row is a member."""
        residues, depths = self.sift(rows)
        return (depths == len(self.base)) & (residues == np.arange(self.degree)).all(axis=1)

    def random(self, rng: np.random.Generator, count: int = 1) -> Int[np.ndarray, "k n"]:
        """Independent uniform elements."""
        rows = np.tile(np.arange(self.degree), (count, 1))
        for t in reversed(self.transversals):
            u = t.elements(rng.integers(t.orbit.size, size=count))
            rows = np.take_along_axis(u, rows, axis=1)
        return rows

    def elements(self) -> Int[np.ndarray, "N n"]:
        """All elements, the identity first."""
        rows = np.arange(self.degree)[None, :]
        for t in reversed(self.transversals):
            u = t.elements(np.arange(t.orbit.size))
            rows = u[:, rows].reshape(-1, self.degree)
        return rows

    def tail(self, level: int) -> StabilizerChain:
        """Chain of the subgroup that fixes the first ``level`` base points."""
        keep = self.depths >= level
        given = None if self._given is None else self._given[level:]
        return StabilizerChain(
            self.degree,
            self.base[level:],
            self.generators[keep],
            self.depths[keep] - level,
            self.basic_orders[level:],
            given,
        )


def sift(transversals: Sequence[Transversal], rows: np.ndarray, start: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """See :meth:`StabilizerChain.sift`."""
    rows = np.array(rows)
    depths = np.full(len(rows), len(transversals))
    alive = np.arange(len(rows))
    for level in range(start, len(transversals)):
        t = transversals[level]
        images = rows[alive, t.base]
        positions = t.position[images]
        outside = positions < 0
        if outside.any():
            depths[alive[outside]] = level
            alive, positions, images = alive[~outside], positions[~outside], images[~outside]
        turned = images != t.base
        if turned.any():
            which = alive[turned]
            rows[which] = t.strip(rows[which], positions[turned])
    return rows, depths
