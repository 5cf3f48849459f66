"""Partitions of the pairs of columns into orbits: what a group of permutations does to a covariance.

A covariance with the symmetry is constant on the orbits of pairs, so the partition *is* the model: averaging over the
orbits is the maximum of the Gaussian likelihood (Andersson 1975), and the number of orbits counts its parameters.
Adding a generator joins orbits; no group element is ever listed. Signed permutations of M columns are plain
permutations of the 2M points (column, sign), point ``M + i`` being minus column i; their covariance is
``[[R, -R], [-R, R]]``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from jaxtyping import Int, Num

from symmeter.errors import InputError
from symmeter.groups import PermutationGroup, automorphism_group
from symmeter.representations import Monomial

__all__ = ["MANY_GENERATORS", "PairPattern", "cover_matrix", "few_generators", "lowered", "raised"]

#: More generators than this are not thinned out.
MANY_GENERATORS = 40
#: Refinements after which the closure of a pattern is given up.
_MOST_NODES = 20_000


def cover_matrix(covariance: Num[np.ndarray, "m m"]) -> Num[np.ndarray, "2m 2m"]:
    """Covariance of the 2M points (column, sign)."""
    return np.block([[covariance, -covariance], [-covariance, covariance]])


def raised(transformation: Monomial, signed: bool) -> Int[np.ndarray, " points"]:
    """A (signed) permutation of columns as a permutation of points."""
    return transformation.lifted(2) if signed else transformation.images


def lowered(images: Int[np.ndarray, " points"], signed: bool, name: str = "permutation") -> Monomial:
    """A permutation of points that respects signs, as a (signed) permutation of columns."""
    if not signed:
        return Monomial(images, name=name)
    m = len(images) // 2
    return Monomial(images[:m] % m, np.where(images[:m] < m, 1.0, -1.0), name=name)


def few_generators(group: PermutationGroup, known: Sequence[Monomial], signed: bool) -> tuple[Monomial, ...]:
    """Generators for people: those found in the search first, as many of the group's own as are needed beside them."""
    own = [lowered(np.asarray(g.images), signed) for g in group.generators]
    if len(own) + len(known) > MANY_GENERATORS:
        return tuple(own)
    chosen: list[Monomial] = []
    current = PermutationGroup([], degree=group.degree)
    for g in [*known, *sorted(own, key=lambda g: int((g.images != np.arange(g.dimension)).sum()))]:
        if current.order == group.order:
            break
        if raised(g, signed) not in current:
            chosen.append(g)
            current = PermutationGroup([raised(c, signed) for c in chosen], degree=group.degree)
    return tuple(chosen)


class PairPattern:
    """An orbit partition of pairs of points.

    Parameters
    ----------
    labels : int array of shape (points, points)
        Class of each ordered pair, numbered from 0 in the order of the smallest pair of the trivial partition.
    symmetric : bool
        Whether (i, j) and (j, i) always share a class, as the entries of a real covariance do.
    signed : bool
        Whether the points are (column, sign).
    """

    def __init__(self, labels: Int[np.ndarray, "p p"], symmetric: bool, signed: bool) -> None:
        self.labels = labels
        self.symmetric = symmetric
        self.signed = signed

    @classmethod
    def trivial(cls, columns: int, symmetric: bool, signed: bool) -> PairPattern:
        """The partition of the group of the identity (and of minus the identity when signs count)."""
        labels = np.arange(columns * columns).reshape(columns, columns)
        if symmetric:
            labels = np.unique(np.minimum(labels, labels.T), return_inverse=True)[1].reshape(labels.shape)
        if signed:
            minus = labels + int(labels.max()) + 1
            labels = np.block([[labels, minus], [minus, labels]])
        return cls(labels, symmetric, signed)

    @property
    def points(self) -> int:
        """Number of points, M or 2M."""
        return len(self.labels)

    @property
    def columns(self) -> int:
        """Number of columns M."""
        return self.points // 2 if self.signed else self.points

    @cached_property
    def parameters(self) -> int:
        """Real parameters of a covariance that is constant on the classes."""
        total = int(self.labels.max()) + 1
        if not self.signed:
            return total
        # A class that holds a pair and its negative can only be zero; the others come in pairs of opposite sign.
        m = self.columns
        own, opposite = self.labels[:m, :m], self.labels[:m, m:]
        return len(np.unique(np.minimum(own, opposite)[own != opposite]))

    def allows(self, images: Int[np.ndarray, " points"]) -> bool:
        """Whether every covariance with this pattern is invariant under a permutation of the points."""
        return np.array_equal(self.labels[images[:, None], images[None, :]], self.labels)

    def joined(self, generators: Iterable[Int[np.ndarray, " points"]]) -> PairPattern:
        """The partition after adding generators."""
        edges = []
        for images in generators:
            partners = self.labels[images[:, None], images[None, :]]
            differ = partners != self.labels
            if differ.any():
                edges.append(np.stack([self.labels[differ], partners[differ]]))
        if not edges:
            return self
        return PairPattern(_merged(self.labels, np.concatenate(edges, axis=1)), self.symmetric, self.signed)

    def average(self, covariance: Num[np.ndarray, "m m"]) -> Num[np.ndarray, "m m"]:
        """The covariance averaged over each class."""
        matrix = cover_matrix(covariance) if self.signed else covariance
        flat = self.labels.reshape(-1)
        sizes = np.bincount(flat)
        means = np.bincount(flat, weights=np.real(matrix).reshape(-1)) / sizes
        if np.iscomplexobj(matrix):
            means = means + 1j * np.bincount(flat, weights=np.imag(matrix).reshape(-1)) / sizes
        m = self.columns
        return means[self.labels[:m, :m]]

    def group(self, known: Sequence[Int[np.ndarray, " points"]] = ()) -> PermutationGroup:
        """All permutations of the points that keep every class (and opposite signs opposite).

        This is the 2-closure of the group behind the pattern, for unordered pairs when the covariance is real.

        Parameters
        ----------
        known : sequence of images
            Generators to fall back on when the search for the closure gives up.
        """
        colours = self.labels
        if self.signed:
            m = self.columns
            colours = colours.copy()
            opposite = np.arange(m)
            colours[opposite, opposite + m] = colours[opposite + m, opposite] = int(colours.max()) + 1
        try:
            return automorphism_group(colours, max_nodes=_MOST_NODES)
        except InputError:
            return PermutationGroup(list(known), degree=self.points)

    def __eq__(self, other: object) -> bool:
        # Classes are numbered by their first member, so that equal partitions have equal labels.
        return isinstance(other, PairPattern) and np.array_equal(self.labels, other.labels)

    __hash__ = None  # type: ignore[assignment]


def _merged(labels: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Unite the classes that the edges link."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = int(labels.max()) + 1
    graph = coo_array((np.ones(edges.shape[1], dtype=np.int8), (edges[0], edges[1])), shape=(n, n))
    return connected_components(graph, directed=False)[1].astype(np.int64)[labels]
