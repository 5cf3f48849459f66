"""Linear maps that one group element makes on R^M or C^M: monomial ones as index arrays, others as dense matrices.

Conventions: ``images[i]`` is where coordinate i goes, so ``(P x)[images[i]] = phases[i] * x[i]`` and
``matrix[images[i], i] = phases[i]``; ``(a @ b)`` applies ``b`` first. Every map preserves the norm.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from math import lcm
from typing import Any

import numpy as np
from jaxtyping import Int, Num

from symmeter.errors import InputError, NotAGroupElementError, ShapeError

__all__ = ["Dense", "Monomial", "Transformation", "as_transformation"]

_UNITARY_TOLERANCE = 1e-8


class Transformation(ABC):
    """One norm-preserving linear map of R^M or C^M, with a name that people can read."""

    name: str

    @property
    @abstractmethod
    def dimension(self) -> int:
        """Number of coordinates M."""

    @property
    @abstractmethod
    def is_real(self) -> bool:
        """Whether the matrix is real."""

    @abstractmethod
    def matrix(self) -> Num[np.ndarray, "m m"]:
        """The dense M x M matrix."""

    @abstractmethod
    def apply(self, x: Num[np.ndarray, "*batch m"]) -> Num[np.ndarray, "*batch m"]:
        """Move vectors that lie along the last axis of ``x``."""

    @abstractmethod
    def conjugate(self, operator: Num[np.ndarray, "m m"]) -> Num[np.ndarray, "m m"]:
        """``P R P^H``, the covariance of the moved data."""

    @abstractmethod
    def inverse(self) -> Transformation:
        """The inverse map."""

    @abstractmethod
    def compose(self, other: Transformation) -> Transformation:
        """``self`` after ``other``."""

    @abstractmethod
    def distance_to_identity(self) -> float:
        """Largest absolute entry of ``P - I``."""

    @abstractmethod
    def order(self, cap: int = 10_000) -> int | None:
        """Smallest k > 0 with ``P^k = I``, or None when there is none up to ``cap``."""

    def __matmul__(self, other: Transformation) -> Transformation:
        return self.compose(other)

    def power(self, exponent: int) -> Transformation:
        """``P`` to an integer power, by repeated squaring."""
        base = self if exponent >= 0 else self.inverse()
        result: Transformation = Monomial(np.arange(self.dimension), name="identity")
        for bit in bin(abs(exponent))[2:]:
            result = result @ result
            if bit == "1":
                result = result @ base
        return result

    def rename(self, name: str) -> Transformation:
        """The same map under another name."""
        raise NotImplementedError

    @abstractmethod
    def describe(self, names: Sequence[str] | None = None) -> str:
        """A short text for people, with the names of the columns when given."""


class Monomial(Transformation):
    """A permutation of coordinates, each of which may also be multiplied by a sign or a phase.

    Parameters
    ----------
    images : int array of shape (M,)
        ``images[i]`` is where coordinate i goes.
    phases : array of shape (M,), optional
        Numbers of modulus 1; all ones when omitted.
    name : str

    Examples
    --------
    >>> P = Monomial([1, 2, 0], name="turn")
    >>> P.apply(np.array([10.0, 20.0, 30.0]))
    array([30., 10., 20.])
    >>> P.order(), P.describe()
    (3, '(0,1,2)')
    """

    def __init__(
        self,
        images: Int[np.ndarray, " m"] | Sequence[int],
        phases: Num[np.ndarray, " m"] | Sequence[complex] | None = None,
        name: str = "permutation",
    ) -> None:
        p = np.array(images, dtype=np.intp)
        if p.ndim != 1 or p.size == 0:
            raise ShapeError(f"a permutation is a list of M indices; got an array of shape {p.shape}")
        if not np.array_equal(np.sort(p), np.arange(p.size)):
            raise NotAGroupElementError(
                f"{name}: not a permutation of 0..{p.size - 1}: every index must appear once; got {p[:8].tolist()}..."
                if p.size > 8
                else f"{name}: not a permutation of 0..{p.size - 1}: every index must appear once; got {p.tolist()}"
            )
        p.setflags(write=False)
        self.images = p
        self.name = name
        if phases is None:
            self.phases = None
        else:
            s = np.array(phases)
            if s.shape != p.shape:
                raise ShapeError(f"{name}: {s.size} phases for {p.size} coordinates; give one phase each")
            if not np.allclose(np.abs(s), 1.0, atol=_UNITARY_TOLERANCE):
                raise NotAGroupElementError(f"{name}: phases must have modulus 1; got |phase| = {np.abs(s).max():.3g}")
            s = s / np.abs(s)
            if np.iscomplexobj(s) and np.allclose(s.imag, 0.0, atol=1e-12):
                s = np.sign(s.real)
            s = s.astype(complex if np.iscomplexobj(s) else float)
            if np.allclose(s, 1.0, atol=1e-12):
                self.phases = None
            else:
                s.setflags(write=False)
                self.phases = s

    @property
    def dimension(self) -> int:
        return int(self.images.size)

    @property
    def is_real(self) -> bool:
        return self.phases is None or not np.iscomplexobj(self.phases)

    @property
    def is_permutation(self) -> bool:
        """Whether every phase is 1."""
        return self.phases is None

    @cached_property
    def sources(self) -> Int[np.ndarray, " m"]:
        """The inverse permutation: ``sources[j]`` is the coordinate that lands on j."""
        q = np.empty_like(self.images)
        q[self.images] = np.arange(self.images.size)
        q.setflags(write=False)
        return q

    def matrix(self) -> Num[np.ndarray, "m m"]:
        m = self.dimension
        out = np.zeros((m, m), dtype=float if self.is_real else complex)
        out[self.images, np.arange(m)] = 1.0 if self.phases is None else self.phases
        return out

    def apply(self, x: Num[np.ndarray, "*batch m"]) -> Num[np.ndarray, "*batch m"]:
        x = np.asarray(x)
        _check_last_axis(x, self)
        moved = x[..., self.sources]
        return moved if self.phases is None else moved * self.phases[self.sources]

    def conjugate(self, operator: Num[np.ndarray, "m m"]) -> Num[np.ndarray, "m m"]:
        q = self.sources
        moved = operator[q][:, q]
        if self.phases is None:
            return moved
        s = self.phases[q]
        return moved * s[:, None] * s.conj()[None, :]

    def inverse(self) -> Monomial:
        phases = None if self.phases is None else self.phases.conj()[self.sources]
        return Monomial(self.sources, phases, name=f"{self.name}^-1")

    def compose(self, other: Transformation) -> Transformation:
        _check_same_dimension(self, other)
        if not isinstance(other, Monomial):
            return Dense(self.matrix() @ other.matrix(), name=f"{self.name} {other.name}")
        phases = None
        if self.phases is not None or other.phases is not None:
            first = np.ones(self.dimension) if other.phases is None else other.phases
            second = np.ones(self.dimension) if self.phases is None else self.phases
            phases = second[other.images] * first
        return Monomial(self.images[other.images], phases, name=f"{self.name} {other.name}")

    def distance_to_identity(self) -> float:
        fixed = self.images == np.arange(self.dimension)
        if not fixed.all():
            return float(max(1.0, 0.0 if self.phases is None else np.abs(self.phases - 1.0)[fixed].max(initial=0.0)))
        return 0.0 if self.phases is None else float(np.abs(self.phases - 1.0).max())

    def cycles(self) -> tuple[tuple[int, ...], ...]:
        """Cycles of the permutation of length two or more, smallest point first."""
        seen = np.zeros(self.dimension, dtype=bool)
        found = []
        for start in range(self.dimension):
            if seen[start]:
                continue
            cycle, point = [], start
            while not seen[point]:
                seen[point] = True
                cycle.append(point)
                point = int(self.images[point])
            if len(cycle) > 1:
                found.append(tuple(cycle))
        return tuple(found)

    def order(self, cap: int = 10_000) -> int | None:
        k = lcm(1, *(len(c) for c in self.cycles()))
        if self.phases is None:
            return k if k <= cap else None
        # P^k is diagonal; its phases are what remains to be brought to 1.
        diagonal = self.power(k)
        assert isinstance(diagonal, Monomial)
        if diagonal.phases is None:
            return k if k <= cap else None
        turns = np.angle(diagonal.phases) / (2 * np.pi)
        for extra in range(1, cap // k + 1):
            residual = turns * extra
            if np.abs(residual - np.rint(residual)).max() < 1e-9 * extra:
                return k * extra
        return None

    @cached_property
    def phase_order(self) -> int | None:
        """Smallest r such that every phase is an r-th root of unity; None when there is none up to 64."""
        if self.phases is None:
            return 1
        turns = np.angle(self.phases) / (2 * np.pi)
        for r in range(2, 65):
            if np.abs(turns * r - np.rint(turns * r)).max() < 1e-9:
                return r
        return None

    def lifted(self, phase_order: int) -> Int[np.ndarray, " rm"]:
        """The permutation of ``phase_order * M`` points (coordinate, root of unity) that this map induces.

        Point ``r * M + i`` stands for coordinate i times the root ``exp(2 pi i r / phase_order)``.
        """
        own = self.phase_order
        if own is None or phase_order % own:
            raise InputError(f"{self.name}: its phases are no {phase_order}-th roots of unity")
        m = self.dimension
        turn = (
            np.zeros(m, dtype=np.intp)
            if self.phases is None
            else np.rint(np.angle(self.phases) / (2 * np.pi) * phase_order).astype(np.intp)
        )
        r = np.arange(phase_order)[:, None]
        return (((r + turn[None, :]) % phase_order) * m + self.images[None, :]).reshape(-1)

    def rename(self, name: str) -> Monomial:
        return Monomial(self.images, self.phases, name=name)

    def describe(self, names: Sequence[str] | None = None) -> str:
        label = (lambda i: str(i)) if names is None else (lambda i: str(names[i]))
        cycles = self.cycles()
        text = "".join("(" + ",".join(label(i) for i in c) + ")" for c in cycles[:6])
        if len(cycles) > 6:
            text += f"... {len(cycles)} cycles"
        if self.phases is not None:
            moved = int((np.abs(self.phases - 1.0) > 1e-12).sum())
            word = "signs" if self.is_real else "phases"
            text += f" with {word} on {moved} coordinate{'s' if moved != 1 else ''}"
        return text.strip() or "()"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Monomial)
            and np.array_equal(self.images, other.images)
            and (
                other.phases is None
                if self.phases is None
                else other.phases is not None and np.allclose(self.phases, other.phases, atol=1e-9)
            )
        )

    def __hash__(self) -> int:
        return hash(self.images.tobytes())

    def __repr__(self) -> str:
        return f"Monomial({self.name}: {self.describe()})"


class Dense(Transformation):
    """An orthogonal or unitary matrix.

    Examples
    --------
    >>> quarter = Dense([[0.0, -1.0], [1.0, 0.0]], name="quarter turn")
    >>> quarter.order()
    4
    """

    def __init__(self, matrix: Num[np.ndarray, "m m"] | Sequence[Sequence[float]], name: str = "matrix") -> None:
        a = np.array(matrix)
        if a.ndim != 2 or a.shape[0] != a.shape[1] or a.size == 0:
            raise ShapeError(f"{name}: a transformation is a square matrix; got shape {a.shape}")
        a = a.astype(complex if np.iscomplexobj(a) else float)
        if np.iscomplexobj(a) and not np.abs(np.imag(a)).max() > 1e-14:
            a = np.ascontiguousarray(np.real(a))
        error = float(np.abs(a @ a.conj().T - np.eye(len(a))).max())
        if not error <= _UNITARY_TOLERANCE:
            raise NotAGroupElementError(
                f"{name}: not orthogonal or unitary: |A A^H - I| reaches {error:.2g}; it must be below 1e-8"
            )
        a.setflags(write=False)
        self._matrix = a
        self.name = name

    @property
    def dimension(self) -> int:
        return len(self._matrix)

    @property
    def is_real(self) -> bool:
        return not np.iscomplexobj(self._matrix)

    def matrix(self) -> Num[np.ndarray, "m m"]:
        return self._matrix

    def apply(self, x: Num[np.ndarray, "*batch m"]) -> Num[np.ndarray, "*batch m"]:
        x = np.asarray(x)
        _check_last_axis(x, self)
        return x @ self._matrix.T

    def conjugate(self, operator: Num[np.ndarray, "m m"]) -> Num[np.ndarray, "m m"]:
        return self._matrix @ operator @ self._matrix.conj().T

    def inverse(self) -> Dense:
        return Dense(self._matrix.conj().T, name=f"{self.name}^-1")

    def compose(self, other: Transformation) -> Dense:
        _check_same_dimension(self, other)
        return Dense(self._matrix @ other.matrix(), name=f"{self.name} {other.name}")

    def distance_to_identity(self) -> float:
        return float(np.abs(self._matrix - np.eye(self.dimension)).max())

    def order(self, cap: int = 10_000) -> int | None:
        # The eigenvalues' angles tell the order without multiplying matrices cap times.
        turns = np.angle(np.linalg.eigvals(self._matrix)) / (2 * np.pi)
        for k in range(1, cap + 1):
            if np.abs(turns * k - np.rint(turns * k)).max() < 1e-8:
                return k
        return None

    def rename(self, name: str) -> Dense:
        return Dense(self._matrix, name=name)

    def describe(self, names: Sequence[str] | None = None) -> str:
        kind = "orthogonal" if self.is_real else "unitary"
        return f"{kind} {self.dimension} x {self.dimension} matrix"

    def __repr__(self) -> str:
        return f"Dense({self.name}: {self.describe()})"


def as_transformation(value: Any, name: str = "matrix") -> Transformation:
    """Read a transformation from a Transformation, a square matrix, or a list of images.

    A matrix with exactly one entry of modulus 1 in each row and column becomes a :class:`Monomial`.

    Raises
    ------
    NotAGroupElementError
        If the matrix is neither monomial nor orthogonal or unitary.
    """
    if isinstance(value, Transformation):
        return value
    array = np.asarray(value)
    if array.ndim == 1:
        return Monomial(array, name=name)
    if array.ndim == 2 and array.shape[0] == array.shape[1]:
        nonzero = np.abs(array) > 1e-12
        if (nonzero.sum(0) == 1).all() and (nonzero.sum(1) == 1).all():
            images = nonzero.argmax(0)
            return Monomial(images, array[images, np.arange(len(array))], name=name)
    return Dense(array, name=name)


def _check_last_axis(x: np.ndarray, transformation: Transformation) -> None:
    if x.ndim == 0 or x.shape[-1] != transformation.dimension:
        raise ShapeError(
            f"{transformation.name} moves vectors of {transformation.dimension} coordinates; "
            f"the last axis of the data of shape {x.shape} does not fit"
        )


def _check_same_dimension(a: Transformation, b: Transformation) -> None:
    if a.dimension != b.dimension:
        raise ShapeError(f"{a.name} acts on {a.dimension} coordinates, {b.name} on {b.dimension}: they do not compose")
