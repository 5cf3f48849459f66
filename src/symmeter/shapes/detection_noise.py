"""The point group under noise: of known size, or of a size that the shape itself must tell.

Under independent normal errors of standard deviation s the squared distance S from the coordinates that have a group G
is s^2 times chi-squared, with as many degrees of freedom as G puts constraints, k. With s unknown, two questions are
left about a group G and a smaller one H inside it:

* Are the k(G) - k(H) further constraints met as well as the first k(H)? The ratio of the mean squares follows the F
  distribution when G is true; a small p-value speaks for H.
* If k(H) is too small to tell the noise: are they met better than by chance? Points thrown at random with the spread
  v^2 of the coordinates meet them as well with probability P(chi2 <= (S(G) - S(H)) / v^2), times the number of ways in
  which G can act on the points.

The largest group for which neither is in doubt, against every smaller one, is the answer, and sqrt(S / k) the noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import lgamma, log
from typing import TYPE_CHECKING, Protocol

import numpy as np
from jaxtyping import Int

from symmeter.errors import InputError
from symmeter.shapes.shape_noise import calibrated_tolerance, constraints, noise_p_value

if TYPE_CHECKING:
    from symmeter.shapes.point_group import DetectedPointGroup

__all__ = [
    "constraints_of",
    "finite_operations",
    "group_at_noise",
    "group_of_unknown_noise",
    "squares_of",
    "standard_deviation",
]

#: With noise to be estimated, groups are looked for up to this deviation, relative to the radius.
NOISIEST = 0.1
#: Tolerances at which they are looked for: the first, and each over the one before.
_FIRST, _STEP, _COARSE_STEP = 1e-3, 1.5, 4.0
#: So often a step is halved across which the group changes.
_HALVINGS = 3
#: With more points than this every search takes seconds: fewer tolerances are tried.
_MANY = 3_000
#: Maps times points that are tried at each tolerance.
_WORK = 3_000_000
#: A share of the distance between alike points: images up to the next point away are matched, and no further.
_APART = 0.34
#: Constraints met as well by so many of random sets of points are no evidence.
_CHANCE = 0.1
#: So many constraints tell the noise within a factor of two, nine times of ten and more.
_TELLING = 10
#: Below this share of the radius a deviation is the rounding of single precision.
_SINGLE = 6e-8
_DOUBLE = 1e-9


class Detect(Protocol):
    """Gives the group at a tolerance relative to the radius; raises InputError when it cannot."""

    def __call__(self, tolerance: float, most: int | None = None) -> DetectedPointGroup: ...


def finite_operations(group: DetectedPointGroup) -> tuple[np.ndarray, np.ndarray, bool]:
    """Matrices, permutations, and whether it is infinite: then those of a subgroup that averages tensors alike."""
    if group.order is not None:
        return group.ops, group.permutations, False
    from symmeter.groups import point_group as named

    stand_in = np.array(named({"C*v": "C4v", "D*h": "D4h", "Kh": "Oh"}[group.symbol]).matrices)
    n = len(group.points)
    if group.symbol == "Kh":
        return stand_in, np.tile(np.arange(n), (len(stand_in), 1)), True
    axis = np.array(group.axes[0].direction)
    frame = np.linalg.qr(np.column_stack([axis, np.eye(3)[int(np.abs(axis).argmin())]]), mode="complete")[0]
    frame = np.column_stack([frame[:, 1], frame[:, 2], axis])
    turned = frame @ stand_in @ frame.T
    back = np.einsum("i,gij,j->g", axis, turned, axis) < 0
    permutations = np.where(back[:, None], group.permutations[-1], np.arange(n))
    return turned, permutations, True


def squares_of(group: DetectedPointGroup) -> float:
    """Sum of squared distances from the symmetrised coordinates."""
    return float(((group.symmetrized - group.centre - group.points) ** 2).sum())


def constraints_of(group: DetectedPointGroup) -> int:
    """Independent conditions that the group puts on the coordinates."""
    ops, permutations, linear = finite_operations(group)
    return constraints(ops, permutations, linear)


def standard_deviation(noise: object) -> float | None:
    """Noise as it was given: a positive number, or None for ``"estimate"``."""
    number = isinstance(noise, (int, float, np.number)) and not isinstance(noise, bool)
    if number and 0 < float(noise) < np.inf:  # pyright: ignore[reportArgumentType]
        return float(noise)  # pyright: ignore[reportArgumentType]
    if isinstance(noise, str) and noise == "estimate":
        return None
    raise InputError(f"noise is {noise!r}; it is a positive number in the unit of the coordinates, or 'estimate'")


def group_at_noise(detect: Detect, n: int, radius: float, noise: float, alpha: float) -> DetectedPointGroup:
    """The largest group that noise of this standard deviation explains at the level alpha.

    Parameters
    ----------
    detect : Detect
    n : int
        Number of points.
    radius, noise : float
        In one unit.
    """
    from symmeter.shapes.point_group import ROUNDING

    # Half of what may be lost goes to the worst point, half to all of them together.
    tolerance = max(calibrated_tolerance(noise, n, max(radius, 1e-300), alpha / 2), ROUNDING)
    if tolerance >= 0.5:
        raise InputError(
            f"noise of {noise:g} is as large as the shape, whose radius is {radius:.3g}; give it in the same unit"
        )
    group = detect(tolerance)
    for step in (group, *reversed(group.steps)):
        if step.order is None or step.order <= (group.order or 0):
            p = noise_p_value(squares_of(step), noise, constraints_of(step))
            if p is None or p >= alpha / 2:
                return step
    return group


@dataclass(frozen=True, eq=False)
class _Candidate:
    """A group with what the two questions need."""

    group: DetectedPointGroup

    @cached_property
    def squares(self) -> float:
        return squares_of(self.group)

    @cached_property
    def count(self) -> int:
        return constraints_of(self.group)

    @property
    def order(self) -> float:
        return np.inf if self.group.order is None else self.group.order

    @cached_property
    def ways(self) -> float:
        """Logarithm of the number of ways in which the group can act on the points, at most."""
        return _ways(self.group.kinds, finite_operations(self.group)[1])

    @cached_property
    def moves(self) -> frozenset[bytes]:
        """What tells its operations from others: where the points go, and whether it is a proper rotation."""
        ops, permutations, _ = finite_operations(self.group)
        proper = np.linalg.det(ops) > 0
        return frozenset(np.append(p, s).tobytes() for p, s in zip(permutations, proper))

    def contains(self, other: _Candidate) -> bool:
        # Of an infinite group only what moves points is known; whatever keeps a line, it contains.
        return other.order < self.order and (np.isinf(self.order) or other.moves <= self.moves)


def _ways(kinds: Int[np.ndarray, " n"], permutations: Int[np.ndarray, "g n"]) -> float:
    """ln of n! over the permutations that commute with the action: in an orbit the points that the stabiliser of one
    of them fixes, and exchanges of orbits of one size."""
    orbit = permutations.min(axis=0)
    total = 0.0
    for kind in np.unique(kinds):
        own = np.flatnonzero(kinds == kind)
        total += lgamma(len(own) + 1)
        firsts, sizes = np.unique(orbit[own], return_counts=True)
        for first in firsts:
            members = np.flatnonzero(orbit == first)
            stabiliser = permutations[permutations[:, first] == first][:, members]
            total -= log(int((stabiliser == members).all(axis=0).sum()))
        total -= sum(lgamma(many + 1) for many in np.unique(sizes, return_counts=True)[1])
    return total


def group_of_unknown_noise(
    detect: Detect, closest: float, alpha: float = 0.01, rounding: float = 0.0
) -> tuple[DetectedPointGroup, float]:
    """The largest group whose deviations are of one size, and clearly no chance; the noise that they amount to.

    Parameters
    ----------
    detect : Detect
    closest : float
        Smallest distance between points that may be exchanged, relative to the radius.
    alpha : float
        How often a true group may be lost to a smaller one.
    rounding : float
        Standard deviation that the rounding of the coordinates gives, in their unit.
    """
    candidates: list[_Candidate] = []
    for group in _at_growing_tolerances(detect, closest):
        new = _Candidate(group)
        if all(new.order != c.order or new.moves != c.moves for c in candidates):
            candidates.append(new)
    radius = candidates[0].group.radius
    single = bool(np.array_equal(np.float32(candidates[0].group.points), candidates[0].group.points))
    floor = max(rounding, (_SINGLE if single else _DOUBLE) * radius, 1e-300)
    candidates.sort(key=lambda c: (-c.order, c.squares))
    for c in candidates:
        inner = [d for d in candidates if c.contains(d)]
        if c.group.relative_deviation <= NOISIEST and all(_holds(c, d, floor, alpha) for d in inner):
            break
    else:
        c = candidates[-1]
    return c.group, max(c.group.noise_needed, _DOUBLE * radius, 1e-300)


def _at_growing_tolerances(detect: Detect, closest: float) -> Iterator[DetectedPointGroup]:
    """Groups at tolerances up to the largest that tells the points apart; the first one is there in any case."""
    before = detect(min(_FIRST, _APART * closest))
    yield before
    n = len(before.points)
    step = _STEP if n <= _MANY else _COARSE_STEP
    most = int(np.clip(_WORK // n, 3_000, 100_000))
    last = min(NOISIEST / 3.0 * _STEP, _APART * closest)
    while before.tolerance < last:
        try:
            after = detect(min(before.tolerance * step, last), most)
        except InputError:
            # So many maps fit that this tolerance, and any larger one, tells no points apart.
            return
        yield after
        if n <= _MANY:
            yield from _between(detect, before, after, most, _HALVINGS)
        before = after


def _between(
    detect: Detect, low: DetectedPointGroup, high: DetectedPointGroup, most: int, halvings: int
) -> Iterator[DetectedPointGroup]:
    """Groups at tolerances between two that give different ones: of several that come in close upon each other."""
    if not halvings or low.order == high.order:
        return
    middle = detect(float(np.sqrt(low.tolerance * high.tolerance)), most)
    yield middle
    yield from _between(detect, low, middle, most, halvings - 1)
    yield from _between(detect, middle, high, most, halvings - 1)


def _holds(c: _Candidate, inner: _Candidate, floor: float, alpha: float) -> bool:
    """Whether the further constraints of c are met as well as those of the smaller group, and better than by chance."""
    further = c.count - inner.count
    if further <= 0:
        return True
    excess = max(c.squares - inner.squares, 0.0)
    # The smaller group is the best of many: a point group has fewer subgroups than twice its order, or about so.
    least = alpha / (2.0 * min(c.order, 120.0))
    if inner.count and _no_worse(excess, further, inner.squares, inner.count, floor) < least:
        return False
    # Many constraints tell the noise, and that test is sharp. After few it lets pass what is many times the noise.
    return inner.count >= _TELLING or _by_chance(c, inner, excess, further, floor) <= log(_CHANCE)


def _no_worse(excess: float, further: int, squares: float, count: int, floor: float) -> float:
    """p-value of the further constraints against those of a subgroup, by the ratio of variances (F distribution)."""
    from scipy.special import fdtrc

    return float(fdtrc(further, count, excess / further / max(squares / count, floor**2)))


def _by_chance(c: _Candidate, inner: _Candidate, excess: float, further: int, floor: float) -> float:
    """ln of the expected number of larger groups that random points of this spread meet as well."""
    points = c.group.points
    spread = float((points**2).sum()) / (3 * len(points))
    half = 0.5 * max(excess, further * floor**2) / spread
    # P(chi2 <= 2 half) is below the first term of its series, and close to it when small.
    tube = min(0.0, 0.5 * further * log(half) - lgamma(0.5 * further + 1.0)) if half > 0 else -np.inf
    return tube + max(c.ways - inner.ways, 0.0)
