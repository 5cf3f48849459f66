"""The point group of points, molecules and meshes, with how far off it is and which group would come next.

The answer is never a bare symbol: every operation has its permutation and its deviation, the group closes exactly, and
the ladder tells which group the shape has at which tolerance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from symmeter.errors import InputError
from symmeter.shapes.detection_chain import Chain, Link, chain_of, closed, exact_matrices
from symmeter.shapes.detection_search import (
    MOST_CANDIDATES,
    Operations,
    TooManyMapsError,
    measured,
    search,
)
from symmeter.shapes.detection_shells import FLATTEST, Cloud, closest_of, cloud_of

__all__ = ["DetectedPointGroup", "SymmetryElement", "group_within", "point_group"]

#: An operation may deviate by this many tolerances: each of the two points compared may be off, and the fit as well.
_ALLOWED = 3.0
#: A smaller tolerance would reject what is exact but for rounding.
_FINEST = 1e-13
#: The ladder looks for groups up to this deviation, relative to the radius.
_LOOSEST = 0.25
#: Maps times points that the ladder tries; with more maps it is looked for less far.
_LADDER_WORK = 2_000_000
#: Below this share of the radius a deviation is rounding.
ROUNDING = 1e-9


@dataclass(frozen=True)
class SymmetryElement:
    """An axis, a mirror plane or the centre.

    Attributes
    ----------
    kind : str
        ``"C"`` (rotation axis), ``"S"`` (improper axis), ``"mirror"`` or ``"inversion"``.
    order : int
        Of the axis: 360 degrees over its smallest turn; 2 for mirrors and the centre.
    direction : tuple of float
        Unit vector along the axis, or the normal of the plane; zero for the centre.
    """

    kind: str
    order: int
    direction: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class DetectedPointGroup:
    """What was found, in the frame of the coordinates that were given.

    Attributes
    ----------
    symbol : str
        Schoenflies: ``"C3v"``, ``"Ih"``; ``"C*v"`` and ``"D*h"`` for linear shapes, ``"Kh"`` for a single point.
    order : int or None
        Number of operations; None for the infinite groups.
    ops : array of shape (g, 3, 3)
        Orthogonal matrices about the centre that multiply exactly, the identity first. For the infinite groups those
        of the finite subgroup that moves points: the identity, and the inversion of ``D*h``.
    permutations : array of shape (g, n)
        ``permutations[g, i]`` is the point that lies where operation g takes point i.
    deviations, rms : arrays of shape (g,)
        Largest and root mean square distance, in the unit of the coordinates.
    centre : array of shape (3,)
    radius : float
        Largest distance of a point from the centre.
    tolerance : float
        Relative to the radius; operations that are off by up to three times this are accepted.

    Examples
    --------
    >>> water = point_group([[0, 0, 0.119], [0, 0.763, -0.477], [0, -0.763, -0.477]], ["O", "H", "H"])
    >>> water.symbol, water.order, bool(water.deviation < 1e-12)
    ('C2v', 4, True)
    """

    symbol: str
    order: int | None
    ops: Float[np.ndarray, "g 3 3"]
    permutations: Int[np.ndarray, "g n"]
    deviations: Float[np.ndarray, " g"]
    rms: Float[np.ndarray, " g"]
    centre: Float[np.ndarray, " 3"]
    radius: float
    tolerance: float
    _cloud: Cloud
    _faces: tuple[tuple[int, ...], ...] | None = None

    @property
    def points(self) -> Float[np.ndarray, "n 3"]:
        """The points about the centre."""
        return self._cloud.points

    @property
    def kinds(self) -> Int[np.ndarray, " n"]:
        """Points with equal numbers may be exchanged."""
        return self._cloud.kinds

    @property
    def directions(self) -> Float[np.ndarray, "3 3"]:
        """Orthonormal rows, the direction in which the points extend most first."""
        return self._cloud.directions

    @property
    def is_planar(self) -> bool:
        """Whether the points lie in a plane within the tolerance, and not on a line."""
        thickness = float(np.abs(self._cloud.points @ self._cloud.directions[2]).max())
        return self._cloud.rank == 2 and thickness <= self.tolerance * self.radius

    @property
    def deviation(self) -> float:
        """Largest distance between a point and where an operation of the group says it should be."""
        return float(self.deviations.max(initial=0.0))

    @property
    def relative_deviation(self) -> float:
        """The deviation over the radius."""
        return self.deviation / self.radius if self.radius > 0 else 0.0

    @property
    def hermann_mauguin(self) -> str:
        """The international symbol."""
        from symmeter.groups import point_group as named

        if self.order is None:
            return {"C*v": "∞m", "D*h": "∞/mm", "Kh": "∞∞m"}[self.symbol]
        return named(self.symbol).hermann_mauguin

    @cached_property
    def elements(self) -> tuple[SymmetryElement, ...]:
        """Axes, planes and the centre, main axis first."""
        return _elements(self.ops, self._cloud, self.symbol)

    @property
    def axes(self) -> tuple[SymmetryElement, ...]:
        """Rotation axes, highest order first."""
        return tuple(e for e in self.elements if e.kind == "C")

    @property
    def planes(self) -> tuple[SymmetryElement, ...]:
        """Mirror planes."""
        return tuple(e for e in self.elements if e.kind == "mirror")

    @cached_property
    def symmetrized(self) -> Float[np.ndarray, "n 3"]:
        """The nearest coordinates that have the group exactly, in the order of the points."""
        x = self._cloud.points
        if self.order is None:
            axis = self._cloud.directions[0] if self.symbol != "Kh" else np.zeros(3)
            x = np.outer(x @ axis, axis)
        folded = x[self.permutations] @ self.ops  # g^-1 applied to the point that g i is matched with
        return folded.mean(axis=0) + self.centre

    @property
    def symmetry_measure(self) -> float:
        """Continuous symmetry measure: ``100 sum |p - p_sym|^2 / sum |p|^2``, 0 for exact symmetry.

        References
        ----------
        H. Zabrodsky, S. Peleg, D. Avnir, J. Am. Chem. Soc. 114 (1992) 7843.
        """
        x = self._cloud.points
        size = float((x**2).sum())
        return 100.0 * float(((x - self.symmetrized + self.centre) ** 2).sum()) / size if size > 0 else 0.0

    @property
    def noise_needed(self) -> float:
        """The standard deviation of a coordinate that the deviations amount to: ``sqrt(S / k)``, with S the sum of the
        squared distances from the symmetrised coordinates and k the number of constraints that the group puts on them.
        """
        from symmeter.shapes.detection_noise import constraints_of, squares_of

        count = constraints_of(self)
        return float(np.sqrt(squares_of(self) / count)) if count else 0.0

    @cached_property
    def ladder(self) -> tuple[tuple[str, int | None, float], ...]:
        """(symbol, order, relative deviation at which it is accepted) of each group of the chain, C1 first."""
        if self._cloud.rank < 2:
            return ((self.symbol, self.order, self.relative_deviation),)
        return tuple((symbol, len(link.operations), relative) for symbol, link, relative in self._rungs)

    @cached_property
    def steps(self) -> tuple[DetectedPointGroup, ...]:
        """The groups of the ladder in full, with operations and symmetrised coordinates; C1 first."""
        if self._cloud.rank < 2:
            return (self,)
        return tuple(
            _detected(self._chain_cloud, link.operations, None, self.tolerance, self._faces)
            for _, link, _ in self._rungs
        )

    @cached_property
    def _rungs(self) -> tuple[tuple[str, Link, float], ...]:
        steps: list[tuple[str, Link, float]] = []
        for link in self._chain.links:
            relative = link.deviation / self.radius
            relative = 0.0 if relative < ROUNDING else relative
            symbol = _symbol(exact_matrices(self._chain_cloud, link.operations))
            # Steps taken at one tolerance are one step; C1 stays in front.
            if len(steps) > 1 and relative <= steps[-1][2] * (1 + 1e-9):
                steps.pop()
            steps.append((symbol, link, relative))
        return tuple(steps)

    @cached_property
    def _chain(self) -> Chain:
        return self._chain_and_cloud[0]

    @property
    def _chain_cloud(self) -> Cloud:
        """The points, taken for planar when they are flat on the scale of the ladder."""
        return self._chain_and_cloud[1]

    @cached_property
    def _chain_and_cloud(self) -> tuple[Chain, Cloud]:
        """The ladder up to the largest deviation at which the maps to be tried can be counted."""
        strict = _ALLOWED * self.tolerance * self.radius
        spacing = min(self._cloud.closest[0], self.radius)
        # Beyond a third of the smallest distance between alike points, matching them means nothing.
        loose = max(min(_LOOSEST * self.radius, spacing / 3.0), strict)
        work = int(np.clip(_LADDER_WORK // len(self._cloud.points), 3_000, 100_000))
        thickness = float(np.abs(self._cloud.points @ self._cloud.directions[2]).max())
        while True:
            flat = thickness <= min(2.0 * loose / _ALLOWED, FLATTEST * self.radius)
            cloud = replace(self._cloud, rank=2) if flat else self._cloud
            # What was found at the tolerance itself may be found again.
            most = work if loose > strict else MOST_CANDIDATES
            try:
                operations = search(cloud, loose / _ALLOWED, loose, most)
                break
            except TooManyMapsError:
                if loose <= strict:
                    raise
            loose = max(loose / 3.0, strict)
        if self._faces is not None:
            operations = operations.take(_keeping_faces(operations.permutations, self._faces))
        return chain_of(cloud, operations, loose), cloud

    @property
    def next_larger(self) -> tuple[str, float] | None:
        """The next group of the ladder and the relative deviation that it needs; None when none was found."""
        larger = [(s, d) for s, order, d in self.ladder if order is not None and order > (self.order or 0)]
        return larger[0] if larger and self.order is not None else None

    @property
    def margin(self) -> float:
        """Deviation of the next larger group over that of this one: far above 1 when the answer is clear.

        Deviations below rounding count as rounding; infinite when no larger group was found within a quarter of the
        radius and a third of the distance between alike points.
        """
        after = self.next_larger
        return float("inf") if after is None else after[1] / max(self.relative_deviation, ROUNDING)

    @property
    def margin_below(self) -> float:
        """Deviation of this group over that of the next smaller one in the ladder: what a stricter tolerance loses."""
        smaller = [d for _, order, d in self.ladder if order is not None and order < (self.order or 0)]
        return max(self.relative_deviation, ROUNDING) / max(smaller[-1], ROUNDING) if smaller else float("inf")

    def __repr__(self) -> str:
        size = "infinite" if self.order is None else f"order {self.order}"
        return f"DetectedPointGroup({self.symbol}, {size}, relative deviation {self.relative_deviation:.2g})"


def point_group(
    points: Any,
    labels: Sequence[Any] | None = None,
    tol: float = 1e-3,
    *,
    weights: Any = None,
    centre: Any = None,
    faces: Sequence[Sequence[int]] | None = None,
    noise: float | str | None = None,
    alpha: float = 0.01,
) -> DetectedPointGroup:
    """Find the point group of a set of points.

    Parameters
    ----------
    points : array of shape (n, 3)
        Coordinates in any unit.
    labels : sequence of length n, optional
        Only points of equal label can be exchanged: element symbols, for example.
    tol : float
        How far a point may be from its ideal place, relative to the largest distance from the centre.
    weights : array of shape (n,), optional
        Positive; only points of equal weight can be exchanged, and the centre is the weighted centroid.
    centre : array of shape (3,), optional
        The fixed point; the centroid when omitted.
    faces : sequence of sequences of int, optional
        Corner indices of the faces of a polyhedron: operations must take faces to faces.
    noise : float or "estimate", optional
        Standard deviation of each coordinate, in their unit; it sets the tolerance, in place of ``tol``. With
        ``"estimate"`` it is taken from the points: the largest group whose constraints are all met alike, and better
        than by chance. ``noise_needed`` of the answer is the estimate.
    alpha : float
        With noise: how often a group that is there may be lost.

    Returns
    -------
    DetectedPointGroup

    Raises
    ------
    InputError, ShapeError, NonFiniteError

    Examples
    --------
    >>> cube = [[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
    >>> point_group(cube).symbol, point_group(cube, labels=[x + y + z == 3 for x, y, z in cube]).symbol
    ('Oh', 'C3v')
    """
    if noise is None:
        return group_within(tol, points, labels, weights, centre, faces)
    from symmeter.shapes.detection_noise import group_at_noise, group_of_unknown_noise, standard_deviation

    known = standard_deviation(noise)
    closest, radius = closest_of(points, labels, weights, centre)

    def detect(tolerance: float, most: int | None = None) -> DetectedPointGroup:
        return group_within(tolerance, points, labels, weights, centre, faces, most)

    if known is None:
        return group_of_unknown_noise(detect, closest, alpha)[0]
    return group_at_noise(detect, len(points), radius, known, alpha)


def group_within(
    tol: float,
    points: Any,
    labels: Sequence[Any] | None = None,
    weights: Any = None,
    centre: Any = None,
    faces: Sequence[Sequence[int]] | None = None,
    most: int | None = None,
) -> DetectedPointGroup:
    """The point group at a tolerance; with ``most``, :class:`TooManyMapsError` if more maps would have to be tried."""
    if isinstance(tol, bool) or not isinstance(tol, (int, float, np.integer, np.floating)) or not 0.0 < tol < 1.0:
        raise InputError(f"tol is {tol!r}; it is relative to the radius and lies between 0 and 1")
    if tol < _FINEST:
        raise InputError(f"tol is {tol:g}, which is the rounding of coordinates; choose {_FINEST:g} or more")
    cloud = cloud_of(points, labels, weights, centre, tol)
    if cloud.radius > 0.0 or len(cloud.points) > 1:
        _check_spacing(cloud, tol)
    if cloud.rank < 2:
        return _infinite(cloud, tol)
    allowed = _ALLOWED * tol * cloud.radius
    operations = search(cloud, tol * cloud.radius, allowed, MOST_CANDIDATES if most is None else most)
    if faces is not None:
        operations = operations.take(_keeping_faces(operations.permutations, faces))
    operations, table = closed(cloud, operations, allowed)
    kept = None if faces is None else tuple(tuple(int(v) for v in f) for f in faces)
    return _detected(cloud, operations, table, tol, kept)


def _detected(
    cloud: Cloud,
    operations: Operations,
    table: np.ndarray | None,
    tol: float,
    faces: tuple[tuple[int, ...], ...] | None = None,
) -> DetectedPointGroup:
    exact = exact_matrices(cloud, operations, table)
    true = operations if exact is operations.matrices else measured(cloud, exact, operations.permutations)
    first = np.lexsort((true.deviations, -np.trace(exact, axis1=1, axis2=2).round(9)))
    true = true.take(first)
    return DetectedPointGroup(
        _symbol(true.matrices),
        len(true),
        true.matrices,
        true.permutations,
        true.deviations,
        true.rms,
        cloud.centre,
        cloud.radius,
        float(tol),
        cloud,
        faces,
    )


def _symbol(exact: Float[np.ndarray, "g 3 3"]) -> str:
    from symmeter.groups import point_group_symbol

    # They multiply as their permutations do, which are closed: checked before, and exactly.
    return point_group_symbol(exact, is_group=True)


def _infinite(cloud: Cloud, tol: float) -> DetectedPointGroup:
    """Points on a line or at one place."""
    n = len(cloud.points)
    here = np.arange(n)
    ops, permutations = [np.eye(3)], [here]
    symbol = "Kh"
    if cloud.rank == 1:
        along = cloud.points @ cloud.directions[0]
        # The inversion turns the line round; sorted by kind and place, points must match in reverse.
        order, back = np.lexsort((along, cloud.kinds)), np.lexsort((-along, cloud.kinds))
        gap = np.abs(along[order] + along[back]).max()
        symbol = "C*v"
        if gap <= _ALLOWED * tol * cloud.radius:
            symbol = "D*h"
            images = np.empty(n, dtype=np.int64)
            images[order] = back
            ops.append(-np.eye(3))
            permutations.append(images)
    stack = measured(cloud, np.array(ops), np.array(permutations))
    beside = cloud.points - np.outer(cloud.points @ cloud.directions[0], cloud.directions[0])
    off = np.linalg.norm(beside if cloud.rank == 1 else cloud.points, axis=1).max()
    return DetectedPointGroup(
        symbol,
        None,
        stack.matrices,
        stack.permutations,
        np.maximum(stack.deviations, off),
        stack.rms,
        cloud.centre,
        cloud.radius,
        float(tol),
        cloud,
    )


def _keeping_faces(permutations: np.ndarray, faces: Sequence[Sequence[int]]) -> np.ndarray:
    """Which permutations take every face, as a set of corners, to a face."""
    n = permutations.shape[1]
    for number, face in enumerate(faces):
        if len(face) < 3 or min(face) < 0 or max(face) >= n:
            raise InputError(f"face {number} is {list(face)}; it needs 3 or more corners, numbered 0 to {n - 1}")
    # A set of corners is known by the sum of random numbers, one for each corner: 64 bits, the order does not matter.
    corners = [sorted({int(v) for v in face}) for face in faces]
    flat = np.concatenate([np.array(c) for c in corners])
    starts = np.cumsum([0] + [len(c) for c in corners[:-1]])
    marks = np.random.default_rng(0).integers(0, 2**63, n, dtype=np.uint64)
    known = np.unique(np.add.reduceat(marks[flat], starts))
    kept = []
    for k, p in enumerate(permutations):
        images = np.add.reduceat(marks[p[flat]], starts)
        place = np.searchsorted(known, images).clip(max=len(known) - 1)
        if (known[place] == images).all():
            kept.append(k)
    return np.array(kept, dtype=np.int64)


def _check_spacing(cloud: Cloud, tol: float) -> None:
    if cloud.radius == 0.0:
        raise InputError(
            f"all {len(cloud.points)} points lie in one place; no tolerance tells them apart, leave out all but one"
        )
    distance, first, second = cloud.closest
    if distance <= 2.0 * tol * cloud.radius:
        share = distance / cloud.radius
        if share <= 1e-9:
            raise InputError(
                f"points {min(first, second)} and {max(first, second)} lie in one place; leave one of them out, or "
                "give labels"
            )
        right = f"choose tol below {share / 2:.1g}"
        raise InputError(
            f"points {min(first, second)} and {max(first, second)} are {share:.2g} radii apart, which tol = {tol:g} "
            f"cannot tell apart; {right}"
        )


def _elements(ops: np.ndarray, cloud: Cloud, symbol: str) -> tuple[SymmetryElement, ...]:
    if symbol == "Kh":
        return (SymmetryElement("inversion", 2, (0.0, 0.0, 0.0)),)
    found: dict[tuple[str, tuple[float, ...]], SymmetryElement] = {}
    for g in ops:
        proper = np.linalg.det(g) > 0
        turn = g if proper else -g
        angle = np.arccos(np.clip((np.trace(turn) - 1.0) / 2.0, -1.0, 1.0))
        if proper and angle < 1e-6:
            continue
        if not proper and angle < 1e-6:
            found["inversion", ()] = SymmetryElement("inversion", 2, (0.0, 0.0, 0.0))
            continue
        values, vectors = np.linalg.eigh(turn + turn.T)
        axis = _upward(vectors[:, int(np.argmax(values))])
        if not proper and abs(angle - np.pi) < 1e-6:
            kind, order = "mirror", 2
        else:
            # An improper map turns by angle + pi and then reflects.
            share = (angle if proper else np.pi - angle) / (2 * np.pi)
            kind, order = ("C" if proper else "S"), _denominator(share)
        key = kind, tuple(np.round(axis, 5) + 0.0)
        if key not in found or found[key].order < order:
            found[key] = SymmetryElement(kind, order, (float(axis[0]), float(axis[1]), float(axis[2])))
    if symbol in ("C*v", "D*h"):
        axis = _upward(cloud.directions[0])
        found["C", ()] = SymmetryElement("C", 0, (float(axis[0]), float(axis[1]), float(axis[2])))
    rank = {"C": 0, "S": 1, "mirror": 2, "inversion": 3}
    return tuple(sorted(found.values(), key=lambda e: (rank[e.kind], -e.order, e.direction)))


def _upward(axis: np.ndarray) -> np.ndarray:
    """Of the two directions of a line the one whose last nonzero coordinate is positive."""
    lead = axis[np.flatnonzero(np.abs(axis) > 1e-6)[-1]]
    return axis if lead > 0 else -axis


def _denominator(share: float) -> int:
    from fractions import Fraction

    return Fraction(share).limit_denominator(1000).denominator
