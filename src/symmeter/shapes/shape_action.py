"""How a point group moves a shape: a matrix for space and a permutation for the points, for every element.

The space acted on holds one vector for each point, displacements or places about the centre: 3n coordinates, point by
point. Averages give symmetric coordinates, displacements, forces or Hessians.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import gcd, lcm
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Num

from symmeter.errors import ClosureError, InputError, ShapeError
from symmeter.groups import Group, point_group
from symmeter.representations import Action, Dense, Space, Transformation

__all__ = ["InfinitePointGroup", "PointMap", "PointsSpace", "ShapeAction", "operation_name"]

#: Dense matrices of more coordinates than this are not made.
_LARGEST_DENSE = 6_000
_INFINITE = {"C*v": "C∞v", "D*h": "D∞h", "Kh": "Kh"}


class InfinitePointGroup(Group):
    """The group of a linear shape, ``C*v`` or ``D*h``, or of a single point, ``Kh``."""

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol

    @property
    def order(self) -> None:
        return None

    @property
    def generators(self) -> tuple[Any, ...]:
        return ()

    @property
    def is_abelian(self) -> bool:
        return False

    def __contains__(self, element: object) -> bool:
        raise InputError(f"{self.name} is known by its name alone; ask the action what it does to points")

    def elements(self, cap: int = 20_000) -> Iterator[Any]:
        raise ClosureError(f"{self.name} has infinitely many elements, more than the cap of {cap}")

    @property
    def name(self) -> str:  # type: ignore[override]
        """``C∞v``, ``D∞h`` or ``Kh``."""
        return _INFINITE[self.symbol]

    def __repr__(self) -> str:
        return f"InfinitePointGroup({self.name})"


class PointsSpace(Space):
    """The 3n coordinates of n points, point by point."""

    def describe(self) -> str:
        n = self.dimension // 3
        return f"{n} point{'s' if n != 1 else ''} in space"


def operation_name(matrix: Float[np.ndarray, "3 3"]) -> str:
    """Schoenflies name of an orthogonal matrix: ``E``, ``C3``, ``C5^2``, ``σ``, ``i``, ``S4``.

    Examples
    --------
    >>> [operation_name(np.diag(signs)) for signs in ([1.0, 1.0, -1.0], [-1.0, -1.0, 1.0], [-1.0, -1.0, -1.0])]
    ['σ', 'C2', 'i']
    >>> operation_name(np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, -1]]))
    'S4^3'
    """
    proper, n, k = _turn(matrix)
    if n == 1:
        return "E" if proper else "σ"
    if not proper and n == 2:
        return "i"
    if not proper and k % 2 == 0:
        # An even power of a rotation-reflection is a rotation: S3^5, not S3^2, turns by 240 degrees and reflects.
        k += n
    return f"{'C' if proper else 'S'}{n}" + (f"^{k}" if k > 1 else "")


def _turn(matrix: np.ndarray) -> tuple[bool, int, int]:
    """Whether it is a rotation, and its turn as k of n parts, seen from the upper end of the axis.

    For rotation-reflections the turn of the rotation counts.
    """
    from fractions import Fraction

    proper = float(np.linalg.det(matrix)) > 0
    cosine = (float(np.trace(matrix)) - (1.0 if proper else -1.0)) / 2.0
    share = Fraction(float(np.arccos(np.clip(cosine, -1.0, 1.0)) / (2 * np.pi))).limit_denominator(1000)
    n, k = share.denominator, share.numerator
    if n > 2:
        sense = np.array([matrix[2, 1] - matrix[1, 2], matrix[0, 2] - matrix[2, 0], matrix[1, 0] - matrix[0, 1]])
        k = k if _upward(sense) > 0 else n - k
    return proper, n, k


def _upward(axis: np.ndarray) -> float:
    """1 or -1: the sign of the last coordinate that is not zero."""
    return float(np.sign(axis[np.flatnonzero(np.abs(axis) > 1e-6 * np.abs(axis).max())[-1]]))


class PointMap(Transformation):
    """An orthogonal map of space together with the permutation of the points.

    Parameters
    ----------
    rotation : array of shape (3, 3)
        Orthogonal, about the centre of the shape.
    images : int array of shape (n,)
        Point i goes to the place of point ``images[i]``.
    name : str

    Examples
    --------
    >>> swap = PointMap(np.diag([1.0, -1.0, 1.0]), [0, 2, 1], name="σ")
    >>> swap.apply(np.array([0.0, 0, 0.1, 0, 0.7, -0.5, 0, -0.8, -0.4])).reshape(3, 3).tolist()
    [[0.0, 0.0, 0.1], [0.0, 0.8, -0.4], [0.0, -0.7, -0.5]]
    """

    def __init__(self, rotation: Any, images: Any, name: str = "operation") -> None:
        r, p = np.array(rotation, dtype=float), np.array(images, dtype=np.intp)
        if r.shape != (3, 3) or not np.abs(r @ r.T - np.eye(3)).max() < 1e-8:
            raise InputError(f"{name}: the map of space is no orthogonal 3 x 3 matrix")
        if p.ndim != 1 or not np.array_equal(np.sort(p), np.arange(p.size)):
            raise InputError(f"{name}: images are no permutation of the points")
        r.setflags(write=False)
        p.setflags(write=False)
        self.rotation, self.images, self.name = r, p, name

    @property
    def dimension(self) -> int:
        return 3 * len(self.images)

    @property
    def is_real(self) -> bool:
        return True

    def matrix(self) -> Num[np.ndarray, "m m"]:
        if self.dimension > _LARGEST_DENSE:
            raise InputError(
                f"{self.name} moves {self.dimension:,} coordinates; as a matrix it does not fit, apply() needs none"
            )
        out = np.zeros((self.dimension, self.dimension))
        for i, j in enumerate(self.images.tolist()):
            out[3 * j : 3 * j + 3, 3 * i : 3 * i + 3] = self.rotation
        return out

    def apply(self, x: Num[np.ndarray, "*batch m"]) -> Num[np.ndarray, "*batch m"]:
        x = np.asarray(x)
        if x.ndim == 0 or x.shape[-1] != self.dimension:
            raise ShapeError(f"{self.name} moves {self.dimension} coordinates, point by point; got shape {x.shape}")
        moved = x.reshape(*x.shape[:-1], -1, 3) @ self.rotation.T
        out = np.empty_like(moved)
        out[..., self.images, :] = moved
        return out.reshape(x.shape)

    def conjugate(self, operator: Num[np.ndarray, "m m"]) -> Num[np.ndarray, "m m"]:
        left = self.apply(np.asarray(operator).T).T
        return self.apply(left)

    def inverse(self) -> PointMap:
        return PointMap(self.rotation.T, np.argsort(self.images), name=f"{self.name}^-1")

    def compose(self, other: Transformation) -> Transformation:
        if other.dimension != self.dimension:
            raise ShapeError(
                f"{self.name} acts on {self.dimension} coordinates, {other.name} on {other.dimension}: they do not fit"
            )
        name = f"{self.name} {other.name}"
        if isinstance(other, PointMap):
            return PointMap(self.rotation @ other.rotation, self.images[other.images], name=name)
        return Dense(self.matrix() @ other.matrix(), name=name)

    def distance_to_identity(self) -> float:
        fixed = self.images == np.arange(len(self.images))
        still = float(np.abs(self.rotation - np.eye(3)).max()) if fixed.any() else 0.0
        return still if fixed.all() else max(1.0, still)

    def order(self, cap: int = 10_000) -> int | None:
        proper, n, _ = _turn(self.rotation)
        own = n if proper else lcm(n, 2)
        k = lcm(own, *(len(c) for c in self.cycles()))
        return k if k <= cap else None

    def cycles(self) -> tuple[tuple[int, ...], ...]:
        """Cycles of the points of length two or more."""
        from symmeter.representations import Monomial

        return Monomial(self.images).cycles()

    @property
    def direction(self) -> tuple[float, float, float] | None:
        """Unit vector along the axis or the normal of the mirror; None for the identity and the inversion."""
        proper, n, _ = _turn(self.rotation)
        if (proper and n == 1) or (not proper and n == 2):
            return None
        turn = self.rotation if proper else -self.rotation
        values, vectors = np.linalg.eigh(turn + turn.T)
        axis = vectors[:, int(np.argmax(values))]
        axis = np.where(np.abs(axis) < 1e-12, 0.0, axis * _upward(axis))
        return float(axis[0]), float(axis[1]), float(axis[2])

    def rename(self, name: str) -> PointMap:
        return PointMap(self.rotation, self.images, name=name)

    def describe(self, names: Sequence[str] | None = None) -> str:
        from symmeter.representations import Monomial

        axis = self.direction
        where = "" if axis is None else " about" if float(np.linalg.det(self.rotation)) > 0 else " with normal"
        if axis is not None and where == " with normal" and operation_name(self.rotation) != "σ":
            where = " about"
        place = "" if axis is None else f"{where} ({', '.join(f'{v:.3g}' for v in axis)})"
        return f"{operation_name(self.rotation)}{place}: {Monomial(self.images).describe()}"

    def to_json(self) -> dict[str, Any]:
        """Name, matrix and permutation as plain values."""
        return {"name": self.name, "matrix": self.rotation.tolist(), "images": self.images.tolist()}

    def __repr__(self) -> str:
        return f"PointMap({self.name}: {self.describe()})"


class ShapeAction(Action):
    """A point group moving a shape.

    Parameters
    ----------
    symbol : str
        Schoenflies; ``C*v``, ``D*h`` and ``Kh`` for the infinite groups.
    matrices : array of shape (g, 3, 3)
        About the centre, in the frame of the coordinates. For an infinite group those of a finite subgroup that
        averages vectors and matrices as the whole group does.
    permutations : int array of shape (g, n)
    centre : array of shape (3,), optional
    points : array of shape (n, 3), optional
        The shape that it was found on.

    Examples
    --------
    >>> from symmeter.shapes import point_group
    >>> water = point_group([[0, 0, 0.119], [0, 0.763, -0.477], [0, -0.763, -0.477]], ["O", "H", "H"])
    >>> action = ShapeAction(water.symbol, water.ops, water.permutations, water.centre)
    >>> action.group.name, action.projector().rank
    ('C2v', 3)
    """

    def __init__(
        self,
        symbol: str,
        matrices: Float[np.ndarray, "g 3 3"],
        permutations: Int[np.ndarray, "g n"],
        centre: Float[np.ndarray, " 3"] | None = None,
        points: Float[np.ndarray, "n 3"] | None = None,
    ) -> None:
        self.symbol = symbol
        self.matrices = np.asarray(matrices)
        self.permutations = np.asarray(permutations)
        self.centre = np.zeros(3) if centre is None else np.asarray(centre)
        self.points = None if points is None else np.asarray(points)
        self.space = PointsSpace(3 * self.permutations.shape[1])
        self.group: Group = InfinitePointGroup(symbol) if symbol in _INFINITE else point_group(symbol)
        self.generators = _generators(self.matrices, self.permutations)

    @property
    def operations(self) -> tuple[PointMap, ...]:
        """Every element that is listed, the identity first."""
        return tuple(PointMap(r, p, operation_name(r)) for r, p in zip(self.matrices, self.permutations))

    def project(self, x: Num[np.ndarray, "*batch m"]) -> Num[np.ndarray, "*batch m"]:
        x = np.asarray(x)
        if x.ndim == 0 or x.shape[-1] != self.dimension:
            raise ShapeError(f"the action moves {self.dimension} coordinates, point by point; got shape {x.shape}")
        y = x.reshape(*x.shape[:-1], -1, 3)
        total = np.zeros(y.shape, dtype=np.result_type(y, float))
        for r, p in zip(self.matrices, self.permutations):
            total += y[..., p, :] @ r
        return (total / len(self.matrices)).reshape(x.shape)

    def average(self, operator: Num[np.ndarray, "m m"]) -> Num[np.ndarray, "m m"]:
        total = np.zeros(operator.shape, dtype=np.result_type(operator, float))
        for g in self.operations:
            total += g.conjugate(operator)
        return total / len(self.matrices)

    def symmetrized(self, points: Float[np.ndarray, "n 3"] | None = None) -> Float[np.ndarray, "n 3"]:
        """The nearest coordinates that have the group exactly, about the centre; of the own points when none are given.

        Examples
        --------
        >>> mirror = ShapeAction("Cs", np.stack([np.eye(3), np.diag([-1.0, 1, 1])]), np.array([[0, 1], [1, 0]]))
        >>> mirror.symmetrized(np.array([[1.0, 0, 0], [-1.2, 0.2, 0]])).round(6).tolist()
        [[1.1, 0.1, 0.0], [-1.1, 0.1, 0.0]]
        """
        given = self.points if points is None else points
        if given is None:
            raise InputError("the action was made without points; give some")
        x = np.asarray(given, dtype=float)
        if x.shape != (self.dimension // 3, 3):
            raise ShapeError(f"points have shape {x.shape}; the action moves {self.dimension // 3} points in space")
        return self.project((x - self.centre).reshape(-1)).reshape(-1, 3) + self.centre


def _generators(matrices: np.ndarray, permutations: np.ndarray) -> tuple[PointMap, ...]:
    """A few elements that give all others: turns of high order first; the identity for the trivial group."""
    names = [operation_name(r) for r in matrices]
    turns = [_turn(r) for r in matrices]

    def rank(k: int) -> tuple[bool, int, int]:
        proper, n, step = turns[k]
        own = n if proper else lcm(n, 2)
        return (not proper, -own, step)

    chosen: list[int] = []
    group = np.eye(3)[None]
    for k in sorted(range(len(matrices)), key=rank):
        if len(group) == len(matrices):
            break
        if turns[k][1] > 1 and gcd(turns[k][1], turns[k][2]) == 1 and turns[k][2] > 1 and turns[k][0]:
            continue  # A power of the smallest turn about the same axis.
        if np.abs(group - matrices[k]).max(axis=(1, 2)).min() < 1e-6:
            continue
        chosen.append(k)
        group = _closure([matrices[c] for c in chosen], len(matrices))
    return tuple(PointMap(matrices[k], permutations[k], names[k]) for k in chosen or [0])


def _closure(generators: list[np.ndarray], most: int) -> np.ndarray:
    found = [np.eye(3)]
    seen = {np.rint(found[0] * 1e5).astype(np.int64).tobytes()}
    for x in found:
        for g in generators:
            y = x @ g
            key = np.rint(y * 1e5).astype(np.int64).tobytes()
            if key not in seen and np.abs(np.array(found) - y).max(axis=(1, 2)).min() > 1e-6:
                seen.add(key)
                found.append(y)
        if len(found) >= most:
            break
    return np.array(found)
