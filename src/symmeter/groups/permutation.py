"""Permutations of 0..n-1 as immutable values.

Conventions: ``p[i]`` (``p.images[i]``, ``p(i)``) is where point i goes, points count from 0, and
``(p * q)(i) = p(q(i))``: the right factor acts first. GAP and SymPy multiply from left to right;
:func:`left_to_right` reads their products.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property, reduce
from math import lcm

import numpy as np
from jaxtyping import Int

from symmeter.errors import InputError, NotAGroupElementError, ShapeError

__all__ = ["Permutation", "left_to_right"]

_MAX_TEXT = 1_000_000


class Permutation:
    """A permutation of ``0..n-1``.

    Parameters
    ----------
    images : int array of shape (n,)
        ``images[i]`` is where point i goes.

    Raises
    ------
    NotAGroupElementError
        If some point is missing or appears twice.

    Examples
    --------
    >>> p = Permutation([1, 2, 0, 3])
    >>> q = Permutation.parse("(0,3)", degree=4)
    >>> p, p.order, p.parity
    (Permutation('(0,1,2)', degree=4), 3, 0)
    >>> (p * q)(0), p(q(0))
    (3, 3)
    >>> p * ~p == p**0
    True
    """

    def __init__(self, images: Int[np.ndarray, " n"] | Sequence[int]) -> None:
        given = np.asarray(images)
        if given.ndim != 1:
            raise ShapeError(f"a permutation is a list of n images; got an array of shape {given.shape}")
        if given.size and given.dtype.kind not in "iu":
            raise NotAGroupElementError(
                f"a permutation's images are integers from 0; got entries of type {given.dtype}"
            )
        p = given.astype(np.intp)
        n = p.size
        if n and (p.min() < 0 or p.max() >= n or np.bincount(p, minlength=n).max() != 1):
            shown = ", ".join(str(int(i)) for i in p[:8]) + (", ..." if n > 8 else "")
            raise NotAGroupElementError(
                f"not a permutation of 0..{n - 1}: every point must appear once; got [{shown}] "
                "(points count from 0, so subtract 1 from 1-based images)"
            )
        p.setflags(write=False)
        self._images = p

    @classmethod
    def _trusted(cls, images: np.ndarray) -> Permutation:
        p = cls.__new__(cls)
        images = np.ascontiguousarray(images, dtype=np.intp)
        images.setflags(write=False)
        p._images = images
        return p

    @classmethod
    def identity(cls, degree: int) -> Permutation:
        """The permutation that moves nothing."""
        return cls._trusted(np.arange(degree))

    @classmethod
    def from_cycles(cls, cycles: Iterable[Sequence[int]], degree: int) -> Permutation:
        """Permutation with the given disjoint cycles; points that no cycle names stay.

        Examples
        --------
        >>> Permutation.from_cycles([(0, 1), (2, 4)], degree=5).images
        array([1, 0, 4, 3, 2])
        """
        images = np.arange(degree)
        seen: set[int] = set()
        for cycle in cycles:
            for point, target in zip(cycle, [*cycle[1:], *cycle[:1]]):
                if not 0 <= point < degree:
                    raise NotAGroupElementError(
                        f"the cycle {tuple(cycle)} names point {point}; points of degree {degree} are 0..{degree - 1}"
                    )
                if point in seen:
                    raise NotAGroupElementError(f"point {point} appears twice; disjoint cycles name a point once")
                seen.add(point)
                images[point] = target
        return cls._trusted(images)

    @classmethod
    def parse(cls, text: str, degree: int | None = None) -> Permutation:
        """Read cycle notation such as ``"(0,1,2)(3,4)"``; ``"()"`` is the identity.

        Parameters
        ----------
        text : str
            Disjoint cycles with points separated by commas or spaces.
        degree : int, optional
            Number of points; one more than the largest point named when omitted.

        Examples
        --------
        >>> Permutation.parse("(0,1,2)(3,4)").images
        array([1, 2, 0, 4, 3])
        """
        cycles = _read_cycles(text)
        largest = max((max(c) for c in cycles if c), default=-1)
        if degree is None and largest >= _MAX_TEXT:
            raise InputError(f"point {largest} is beyond {_MAX_TEXT - 1}; give degree= if it is meant")
        return cls.from_cycles(cycles, largest + 1 if degree is None else degree)

    @property
    def images(self) -> Int[np.ndarray, " n"]:
        """Where each point goes; a read-only array."""
        return self._images

    @property
    def degree(self) -> int:
        """Number of points n."""
        return self._images.size

    def __call__(self, point: int) -> int:
        if not 0 <= point < self.degree:
            raise InputError(f"point {point} is outside 0..{self.degree - 1}")
        return int(self._images[point])

    def __getitem__(self, point: int) -> int:
        return self(point)

    def __mul__(self, other: Permutation) -> Permutation:
        if not isinstance(other, Permutation):
            return NotImplemented
        if self.degree != other.degree:
            raise ShapeError(f"permutations of {self.degree} and {other.degree} points do not multiply")
        return Permutation._trusted(self._images[other._images])

    def inverse(self) -> Permutation:
        """The permutation that undoes this one; also written ``~p``."""
        back = np.empty(self.degree, dtype=np.intp)
        back[self._images] = np.arange(self.degree)
        return Permutation._trusted(back)

    __invert__ = inverse

    def __pow__(self, exponent: int) -> Permutation:
        base = (self if exponent >= 0 else self.inverse())._images
        result = np.arange(self.degree)
        for bit in bin(abs(exponent))[2:]:
            result = result[result]
            if bit == "1":
                result = base[result]
        return Permutation._trusted(result)

    @cached_property
    def _cycles(self) -> tuple[tuple[int, ...], ...]:
        images = self._images.tolist()
        seen = [False] * len(images)
        found = []
        for start, image in enumerate(images):
            if seen[start] or image == start:
                continue
            cycle, point = [], start
            while not seen[point]:
                seen[point] = True
                cycle.append(point)
                point = images[point]
            found.append(tuple(cycle))
        return tuple(found)

    def cycles(self) -> tuple[tuple[int, ...], ...]:
        """Cycles of length two or more, each from its smallest point, in increasing order of that point."""
        return self._cycles

    @property
    def order(self) -> int:
        """Smallest k > 0 with ``p**k`` the identity."""
        return lcm(1, *(len(c) for c in self._cycles))

    @property
    def parity(self) -> int:
        """0 for an even permutation, 1 for an odd one."""
        return sum(len(c) - 1 for c in self._cycles) % 2

    @property
    def fixed_points(self) -> Int[np.ndarray, " f"]:
        """Points that stay, increasing."""
        return np.flatnonzero(self._images == np.arange(self.degree))

    @property
    def is_identity(self) -> bool:
        return not self._cycles

    def matrix(self) -> Int[np.ndarray, "n n"]:
        """The matrix with ``P[p[i], i] = 1``, so that ``(P x)[p[i]] = x[i]``."""
        out = np.zeros((self.degree, self.degree), dtype=np.int64)
        out[self._images, np.arange(self.degree)] = 1
        return out

    def cycle_text(self, names: Sequence[object] | None = None, max_cycles: int | None = None) -> str:
        """Cycle notation for people.

        Parameters
        ----------
        names : sequence of str, optional
            Names of the points, such as the columns of a table; their numbers when omitted.
        max_cycles : int, optional
            Longer texts are cut after so many cycles and end with their number.

        Examples
        --------
        >>> Permutation([1, 0, 3, 2]).cycle_text(names=["left", "right", "up", "down"])
        '(left,right)(up,down)'
        >>> Permutation([1, 0, 3, 2]).cycle_text(max_cycles=1)
        '(0,1)... 2 cycles'
        """
        if names is not None and len(names) != self.degree:
            raise ShapeError(f"{len(names)} names for {self.degree} points; give one name a point")
        label = str if names is None else (lambda i: str(names[i]))
        shown = self._cycles if max_cycles is None else self._cycles[:max_cycles]
        text = "".join("(" + ",".join(label(i) for i in c) + ")" for c in shown)
        if len(shown) < len(self._cycles):
            text += f"... {len(self._cycles)} cycles"
        return text or "()"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Permutation) and np.array_equal(self._images, other._images)

    def __hash__(self) -> int:
        return hash(self._images.tobytes())

    def __repr__(self) -> str:
        return f"Permutation({self.cycle_text(max_cycles=8)!r}, degree={self.degree})"


def left_to_right(*factors: Permutation) -> Permutation:
    """Product written in the order of GAP and SymPy, where the leftmost factor acts first.

    The images of a single permutation mean the same everywhere; only products are written in opposite orders, so a
    word copied from GAP or SymPy goes through this function, and ``p * q`` of this class is their ``q * p``.

    Examples
    --------
    GAP's ``(1,2,3) * (1,2)`` is ``(2,3)``; from 0 on:

    >>> p, q = Permutation([1, 2, 0]), Permutation([1, 0, 2])
    >>> left_to_right(p, q)
    Permutation('(1,2)', degree=3)
    >>> left_to_right(p, q) == q * p, p * q
    (True, Permutation('(0,2)', degree=3))
    """
    if not factors:
        raise InputError("left_to_right: no factors; give at least one permutation")
    return reduce(lambda done, following: following * done, factors)


def _read_cycles(text: str) -> list[list[int]]:
    def fail(at: int, wanted: str) -> InputError:
        return InputError(f"cannot read the cycles {text[:60]!r}: at character {at + 1} expected {wanted}")

    if len(text) > _MAX_TEXT:
        raise InputError(f"a cycle text of {len(text)} characters is too long; at most {_MAX_TEXT} are read")
    cycles: list[list[int]] = []
    current: list[int] | None = None
    at, separated = 0, True
    while at < len(text):
        c = text[at]
        if c in "0123456789" and current is not None and separated:
            end = at
            while end < len(text) and text[end] in "0123456789":
                end += 1
            if end - at > 9:
                raise fail(at, "a point of at most nine digits")
            current.append(int(text[at:end]))
            at, separated = end, False
            continue
        if c == "(" and current is None:
            current, separated = [], True
        elif c == ")" and current is not None and (not separated or not current):
            cycles.append(current)
            current = None
        elif c == "," and current is not None and not separated:
            separated = True
        elif c.isspace():
            # A space separates points as a comma does, except before a comma or a closing bracket.
            rest = text[at:].lstrip()
            separated = separated or (current is not None and rest[:1] not in (",", ")"))
        else:
            raise fail(at, "'('" if current is None else "a point from 0, ',' or ')'")
        at += 1
    if current is not None:
        raise fail(len(text), "')'")
    if not cycles:
        raise InputError("an empty text is no permutation; the identity is written '()'")
    return cycles
