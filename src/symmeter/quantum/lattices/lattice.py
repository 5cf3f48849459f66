"""A lattice cluster with its bonds and with its symmetries as permutations of the sites.

Symmetries of periodic clusters are found geometrically: every orthogonal matrix that a lattice of its dimension can
have, followed by every translation that takes site 0 to a site, is kept when it maps sites to sites modulo the periods.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from jaxtyping import Float, Int

from symmeter.errors import InputError
from symmeter.groups.automorphisms import automorphism_group
from symmeter.groups.permutation_group import PermutationGroup

__all__ = ["Lattice"]

_CLOSE = 1e-6


@dataclass(frozen=True, eq=False)
class Lattice:
    """Sites and bonds.

    Attributes
    ----------
    name : str
    positions : array of shape (sites, dimensions)
        In units of the shortest bond; empty (sites, 0) for a graph.
    periods : array of shape (periodic directions, dimensions)
        Translations that lead back to the same site.
    cell : array of shape (dimensions, dimensions)
        Primitive vectors.
    given_edges : int array of shape (bonds, 2), optional
        Bonds of a graph.

    Examples
    --------
    >>> from symmeter.quantum import lattices
    >>> ring = lattices.chain(6)
    >>> ring.edges().tolist()
    [[0, 1], [0, 5], [1, 2], [2, 3], [3, 4], [4, 5]]
    >>> lattices.square(4, 4).space_group.order, lattices.kagome(2, 2).sites
    (128, 12)
    """

    name: str
    positions: Float[np.ndarray, "sites dimensions"]
    periods: Float[np.ndarray, "periodic dimensions"]
    cell: Float[np.ndarray, "dimensions dimensions"]
    given_edges: Int[np.ndarray, "bonds 2"] | None = None

    def __post_init__(self) -> None:
        for array in (self.positions, self.periods, self.cell, self.given_edges):
            if array is not None:
                array.setflags(write=False)

    @property
    def sites(self) -> int:
        """Number of sites."""
        return len(self.positions)

    # Bonds -----------------------------------------------------------------------------------------------------------

    @cached_property
    def _images(self) -> Float[np.ndarray, "images dimensions"]:
        """Combinations of periods up to two ways around."""
        counts = product(*[range(-2, 3)] * len(self.periods))
        return np.array([np.array(n) @ self.periods for n in counts]).reshape(-1, self.positions.shape[1])

    @cached_property
    def distances(self) -> Float[np.ndarray, "sites sites"]:
        """Shortest distance between two sites (a site and itself: 0)."""
        if self.given_edges is not None:
            return self._hops
        steps = self.positions[None, :] - self.positions[:, None]
        lengths = np.linalg.norm(steps[:, :, None] + self._images, axis=-1)
        return lengths.min(axis=2)

    @cached_property
    def _hops(self) -> np.ndarray:
        """Numbers of bonds between the sites of a graph."""
        assert self.given_edges is not None
        hops = np.where(np.eye(self.sites) > 0, 0.0, np.inf)
        near = np.zeros((self.sites, self.sites), dtype=bool)
        near[self.given_edges[:, 0], self.given_edges[:, 1]] = True
        near |= near.T
        reached = np.eye(self.sites, dtype=bool)
        for k in range(1, self.sites):
            following = reached | (near.astype(int) @ reached > 0)
            hops[following & ~reached] = k
            if (following == reached).all():
                break
            reached = following
        return hops

    @cached_property
    def shells(self) -> Float[np.ndarray, " shells"]:
        """The different distances between sites, increasing."""
        d = self.distances[np.triu_indices(self.sites, 1)]
        d = np.sort(d[np.isfinite(d)])
        return d[np.concatenate([[True], np.diff(d) > _CLOSE])] if d.size else d

    def edges(self, shell: int = 1) -> Int[np.ndarray, "bonds 2"]:
        """Bonds between neighbours of a shell (1: nearest), as pairs i < j in order.

        Raises
        ------
        InputError
            If the cluster has no such shell.
        """
        if isinstance(shell, bool) or not isinstance(shell, (int, np.integer)) or shell < 1:
            raise InputError(f"shells are numbered from 1, the nearest neighbours; got {shell!r}")
        if self.given_edges is not None and shell == 1:
            return self.given_edges
        if shell > len(self.shells):
            if self.sites == 1:
                return np.zeros((0, 2), dtype=np.int64)
            raise InputError(f"{self.name} has {len(self.shells)} shells of neighbours; there is no shell {shell}")
        i, j = np.nonzero(np.triu(np.abs(self.distances - self.shells[shell - 1]) <= _CLOSE, 1))
        return np.stack([i, j], axis=1)

    @cached_property
    def sublattices(self) -> Int[np.ndarray, " sites"] | None:
        """0 and 1 for the two halves of a bipartite cluster, or None."""
        colour = np.full(self.sites, -1)
        edges = self.edges() if self.sites > 1 else np.zeros((0, 2), dtype=int)
        neighbours: list[list[int]] = [[] for _ in range(self.sites)]
        for i, j in edges.tolist():
            neighbours[i].append(j)
            neighbours[j].append(i)
        for start in range(self.sites):
            if colour[start] >= 0:
                continue
            colour[start] = 0
            stack = [start]
            while stack:
                i = stack.pop()
                for j in neighbours[i]:
                    if colour[j] < 0:
                        colour[j] = 1 - colour[i]
                        stack.append(j)
                    elif colour[j] == colour[i]:
                        return None
        return colour

    # Symmetries -------------------------------------------------------------------------------------------------------

    def _site_images(self, moved: Float[np.ndarray, "sites dimensions"]) -> Int[np.ndarray, " sites"] | None:
        """Which site lies at each of the moved positions, modulo the periods; None when some position is empty."""
        hit = self._are_periods(moved[:, None] - self.positions[None, :])
        return hit.argmax(axis=1) if (hit.sum(axis=1) == 1).all() else None

    @cached_property
    def _operations(self) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """All (orthogonal matrix, translation, permutation) of a geometric lattice."""
        found = []
        for matrix in _orthogonal_candidates(self.positions.shape[1]):
            if len(self.periods):
                inside = np.linalg.lstsq(self.periods.T, (self.periods @ matrix.T).T, rcond=None)[0]
                if (
                    np.abs(inside - np.rint(inside)).max() > _CLOSE
                    or np.abs(inside.T @ self.periods - self.periods @ matrix.T).max() > _CLOSE
                ):
                    continue
            turned = self.positions @ matrix.T
            for shift in self.positions - turned[0]:
                images = self._site_images(turned + shift)
                if images is not None:
                    found.append((matrix, shift, images))
        return found

    @cached_property
    def translations(self) -> PermutationGroup:
        """Translations as a group of permutations; trivial for open lattices and graphs."""
        one = np.eye(self.positions.shape[1])
        rows = [] if self.given_edges is not None else [p for m, _, p in self._operations if np.allclose(m, one)]
        return _group(rows, self.sites)

    def translation(self, direction: int = 0) -> Int[np.ndarray, " sites"]:
        """Permutation of the translation by one primitive vector.

        Raises
        ------
        InputError
            If the lattice does not go on periodically in this direction.
        """
        if self.given_edges is not None or not 0 <= direction < len(self.cell):
            raise InputError(f"{self.name} has no translation along direction {direction}")
        images = self._site_images(self.positions + self.cell[direction])
        if images is None:
            raise InputError(f"{self.name} is open along direction {direction}: there is no translation")
        return images

    @cached_property
    def space_group(self) -> PermutationGroup:
        """All symmetries: the geometric ones of a lattice, the automorphisms of a graph."""
        if self.given_edges is not None:
            adjacency = np.zeros((self.sites, self.sites), dtype=np.int64)
            adjacency[self.given_edges[:, 0], self.given_edges[:, 1]] = 1
            return automorphism_group(adjacency | adjacency.T)
        return _group([p for _, _, p in self._operations], self.sites)

    @cached_property
    def point_group(self) -> PermutationGroup:
        """The symmetries that leave a point of highest symmetry where it is: a site, bond or plaquette centre."""
        if self.given_edges is not None:
            return self.space_group
        matrices = np.array([m for m, _, _ in self._operations])
        shifts = np.array([t for _, t, _ in self._operations])
        rows = np.array([p for _, _, p in self._operations])
        best, most = rows[:0], 0
        for centre in self._centres():
            fixing = rows[self._are_periods(matrices @ centre + shifts - centre)]
            if len(fixing) > most:
                best, most = fixing, len(fixing)
        return _group(list(best), self.sites)

    def _centres(self) -> list[Float[np.ndarray, " dimensions"]]:
        centres = [*self.positions, self.positions.mean(axis=0)]
        dimensions = len(self.cell)
        sixths = product(*[np.arange(6) / 6] * dimensions)
        return centres + [self.positions[0] + np.array(f) @ self.cell for f in sixths]

    @cached_property
    def _turns(self) -> Float[np.ndarray, "dimensions periodic"]:
        """Takes a step to how often it goes around."""
        return np.linalg.pinv(self.periods)

    def _are_periods(self, steps: Float[np.ndarray, "... dimensions"]) -> np.ndarray:
        """Which steps lead back to the same site."""
        if len(self.periods):
            steps = steps - np.rint(steps @ self._turns) @ self.periods
        return np.einsum("...d,...d->...", steps, steps) < _CLOSE**2

    def generators(self) -> dict[str, Int[np.ndarray, " sites"]]:
        """Named permutations that generate the space group: "T" (or "T0", "T1"), "P", "g0", "g1", ...

        "P" belongs to chains and reverses the order of the sites.
        """
        found: dict[str, np.ndarray] = {}
        if self.given_edges is None:
            for k in range(len(self.cell)):
                try:
                    images = self.translation(k)
                except InputError:
                    continue
                if not np.array_equal(images, np.arange(self.sites)):
                    found["T" if len(self.cell) == 1 else f"T{k}"] = images
        group = _group(list(found.values()), self.sites)
        letters = iter([f"g{k}" for k in range(64)])
        reversed_order = np.arange(self.sites)[::-1].copy()
        if self.positions.shape[1] == 1 and reversed_order.tolist() not in group:
            found["P"] = reversed_order
            group = _group(list(found.values()), self.sites)
        for g in (*self.point_group.generators, *self.space_group.generators):
            if group.order == self.space_group.order:
                break
            if g not in group:
                found[next(letters)] = np.array(g.images)
                group = _group(list(found.values()), self.sites)
        return found

    def __repr__(self) -> str:
        return f"Lattice({self.name}, {self.sites} sites)"


def _group(rows: Sequence[np.ndarray], sites: int) -> PermutationGroup:
    """The group of permutations, from few generators."""
    group = PermutationGroup([], degree=sites)
    kept: list[list[int]] = []
    for row in rows:
        images = row.tolist()
        if images not in group:
            kept.append(images)
            group = PermutationGroup(kept, degree=sites)
    return group


def _orthogonal_candidates(dimensions: int) -> list[np.ndarray]:
    """Every orthogonal matrix that a Bravais lattice of one or two dimensions can have."""
    if dimensions == 1:
        return [np.eye(1), -np.eye(1)]
    if dimensions != 2:
        return [np.eye(dimensions)]
    found = []
    for k in range(24):
        if k % 4 and k % 6:
            continue
        angle = 2 * np.pi * k / 24
        c, s = np.cos(angle), np.sin(angle)
        found += [np.array([[c, -s], [s, c]]), np.array([[c, s], [s, -c]])]
    # A mirror may also lie between the axes of a hexagonal and a square lattice: both have them among these angles.
    return found
