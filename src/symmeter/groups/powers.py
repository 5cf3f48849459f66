"""The powers of one unitary matrix, of any order: cyclic, and infinite when no power is the identity."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from jaxtyping import Num

from symmeter.errors import ClosureError
from symmeter.groups.group import Group
from symmeter.groups.matrix_group import checked_unitary

__all__ = ["PowerGroup"]

#: Exponents that membership looks through; a power further away is not recognised.
_LARGEST_EXPONENT = 100_000


class PowerGroup(Group):
    """The group ``{P^k}`` of an orthogonal or unitary matrix that need not have a finite order.

    Parameters
    ----------
    matrix : array of shape (M, M)
        Orthogonal or unitary.
    order : int or None
        Smallest k > 0 with ``P^k = I``; None when there is none.

    Raises
    ------
    ShapeError, NotAGroupElementError

    Examples
    --------
    >>> turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    >>> group = PowerGroup(turn)
    >>> group.name, group.order, turn @ turn @ turn in group, -turn in group
    ('Z', None, True, False)
    """

    def __init__(self, matrix: Num[np.ndarray, "m m"], order: int | None = None) -> None:
        self._matrix = checked_unitary(matrix)
        self._order = order

    @property
    def order(self) -> int | None:
        return self._order

    @property
    def generators(self) -> tuple[np.ndarray, ...]:
        return (self._matrix,)

    @property
    def is_abelian(self) -> bool:
        return True

    @property
    def is_discrete(self) -> bool:
        return True

    @property
    def name(self) -> str:  # type: ignore[override]
        """``C<n>``, or ``Z`` for the infinite cyclic group."""
        return "Z" if self._order is None else f"C{self._order}"

    @cached_property
    def _spectrum(self) -> tuple[np.ndarray, np.ndarray]:
        from scipy.linalg import schur

        # The Schur form of a normal matrix is diagonal, with orthonormal vectors also where eigenvalues repeat.
        triangle, vectors = schur(self._matrix.astype(complex), output="complex")[:2]
        return np.angle(np.diag(triangle)), vectors

    def __contains__(self, element: object) -> bool:
        """Whether the element is a power of P with an exponent of at most 100,000 in size."""
        a = np.asarray(element)
        if a.shape != self._matrix.shape or a.dtype.kind not in "biufc":
            return False
        angles, vectors = self._spectrum
        turned = vectors.conj().T @ a @ vectors
        phases = np.diag(turned)
        if np.abs(turned - np.diag(phases)).max() > 1e-7 or np.abs(np.abs(phases) - 1.0).max() > 1e-7:
            return False
        reach = self._order or _LARGEST_EXPONENT
        exponents = np.arange(reach) if self._order else np.arange(-reach, reach + 1)
        fits = np.ones(len(exponents), dtype=bool)
        for angle, phase in zip(angles, phases):
            # The error of an angle grows with the exponent.
            error = np.abs(np.exp(1j * angle * exponents) - phase)
            fits &= error <= 1e-7 + 1e-14 * np.abs(exponents)
        return bool(fits.any())

    def elements(self, cap: int = 20_000) -> Iterator[np.ndarray]:
        if self._order is None or self._order > cap:
            raise ClosureError(
                f"{self.name} has {self._order or 'infinitely many'} elements, more than the cap of {cap}"
            )
        angles, vectors = self._spectrum
        real = not np.iscomplexobj(self._matrix)
        for k in range(self._order):
            power = (vectors * np.exp(1j * k * angles)) @ vectors.conj().T
            yield np.real(power) if real else power

    def __repr__(self) -> str:
        size = f"order {self._order}" if self._order else "infinite"
        return f"PowerGroup({self.name}, {size}, in dimension {len(self._matrix)})"
