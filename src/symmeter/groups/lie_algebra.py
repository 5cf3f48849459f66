"""Compact matrix Lie algebras from generators: structure constants, Killing form, ideals and their types.

A basis S_a of real skew or skew-Hermitian matrices is orthonormal for ``<A, B> = Re tr(A^H B)``, so the structure
constants ``f_abc = <S_c, [S_a, S_b]>`` are totally antisymmetric and the algebra is a centre plus simple ideals. These
come out of :mod:`symmeter.groups.root_system`, and so do their names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from jaxtyping import Float, Num

from symmeter.errors import ClosureError, InputError, NonFiniteError, ShapeError, UnidentifiableError
from symmeter.groups.root_system import simple_ideals, simple_type

__all__ = ["LieAlgebra"]

_ORTHONORMAL = 1e-10


class LieAlgebra:
    """The real span of skew or skew-Hermitian matrices, as a Lie algebra.

    Parameters
    ----------
    basis : array of shape (K, M, M)
        Linearly independent; kept as it is when orthonormal, otherwise orthonormalised in order.
    tolerance : float
        Relative size below which a bracket, or the part of it that leaves the span, counts as zero. Generators that
        were estimated from data need their relative error here.

    Examples
    --------
    >>> Lx = np.array([[0, 0, 0], [0, 0, -1], [0, 1, 0]])
    >>> Ly = np.array([[0, 0, 1], [0, 0, 0], [-1, 0, 0]])
    >>> algebra = LieAlgebra.generated_by([Lx, Ly])
    >>> algebra, algebra.killing_form.round(12).tolist()[0]
    (LieAlgebra(so(3), dimension 3, on 3 coordinates), [-1.0, 0.0, 0.0])
    """

    def __init__(self, basis: Num[np.ndarray, "k m m"] | Sequence[np.ndarray], tolerance: float = 1e-6) -> None:
        stack = _checked(basis)
        gram = _flat(stack) @ _flat(stack).T
        if not np.allclose(gram, np.eye(len(stack)), atol=_ORTHONORMAL):
            kept = _independent(stack, np.zeros((0, *stack.shape[1:])), tolerance)
            if len(kept) < len(stack):
                raise InputError(
                    f"the basis has {len(stack)} matrices but spans only {len(kept)} dimensions; "
                    "LieAlgebra.generated_by drops dependent ones"
                )
            stack = kept
        stack.setflags(write=False)
        self._basis = stack
        self.tolerance = float(tolerance)

    @classmethod
    def generated_by(
        cls, matrices: Num[np.ndarray, "k m m"] | Sequence[np.ndarray], tolerance: float = 1e-6, cap: int = 512
    ) -> LieAlgebra:
        """The smallest algebra that holds the matrices: their real span, closed under commutators.

        Raises
        ------
        ClosureError
            If its dimension exceeds ``cap``.
        """
        stack = _checked(matrices)
        basis = np.zeros((0, *stack.shape[1:]), dtype=stack.dtype)
        new = _independent(stack, basis, tolerance)
        while len(new):
            basis = np.concatenate([basis, new])
            if len(basis) > cap:
                raise ClosureError(f"the matrices generate an algebra of more than cap={cap} dimensions; raise cap=")
            # Each pair once: the new elements with all. Small brackets are noise, not directions.
            products = new[:, None] @ basis[None] - basis[None] @ new[:, None]
            brackets = products.reshape(-1, *stack.shape[1:])
            brackets = brackets[np.linalg.norm(brackets, axis=(1, 2)) > tolerance]
            new = _independent(brackets, basis, tolerance)
        return cls(basis, tolerance)

    @property
    def dimension(self) -> int:
        """Number K of independent generators."""
        return len(self._basis)

    @property
    def basis(self) -> Num[np.ndarray, "k m m"]:
        """Orthonormal generators."""
        return self._basis

    @cached_property
    def _brackets(self) -> tuple[np.ndarray, float]:
        """Structure constants and the closure residual, one row of brackets at a time."""
        flat = _flat(self._basis)
        f = np.zeros((self.dimension,) * 3)
        worst = 0.0
        for a, s in enumerate(self._basis):
            bracket = _flat(s @ self._basis - self._basis @ s)
            f[a] = bracket @ flat.T
            size = np.linalg.norm(bracket, axis=1)
            real = size > self.tolerance
            if real.any():
                outside = np.linalg.norm(bracket[real] - f[a][real] @ flat, axis=1) / size[real]
                worst = max(worst, float(outside.max()))
        f.setflags(write=False)
        return f, worst

    @property
    def structure_constants(self) -> Float[np.ndarray, "k k k"]:
        """``f[a, b, c] = <S_c, [S_a, S_b]>``."""
        return self._brackets[0]

    @property
    def closure_residual(self) -> float:
        """Largest part of a bracket outside the span, relative to that bracket; 0 for an abelian algebra.

        Brackets of norm below ``tolerance`` count as zero: what noise leaves of a commuting pair has no direction.
        """
        return self._brackets[1]

    @property
    def is_closed(self) -> bool:
        return self.closure_residual <= max(self.tolerance, 1e-12)

    @property
    def killing_form(self) -> Float[np.ndarray, "k k"]:
        """``K_ab = sum_cd f_acd f_bdc``, the trace form of the adjoint representation."""
        f = self.structure_constants
        return np.einsum("acd,bdc->ab", f, f)

    @cached_property
    def is_abelian(self) -> bool:
        """Whether all brackets vanish, those parts that leave the span included."""
        inside = np.abs(self.structure_constants).max(initial=0.0)
        return bool(inside <= self.tolerance) and self.closure_residual == 0.0

    @cached_property
    def _centre(self) -> np.ndarray:
        """Orthonormal rows of coefficients: elements that commute with all."""
        if not self.dimension:
            return np.zeros((0, 0))
        _, size, v = np.linalg.svd(self.structure_constants.reshape(self.dimension, -1).T, full_matrices=False)
        return v[size <= self.tolerance * max(1.0, float(size.max()))]

    @property
    def centre_dimension(self) -> int:
        return len(self._centre)

    @property
    def centre(self) -> Num[np.ndarray, "z m m"]:
        """Orthonormal basis of the centre."""
        return np.tensordot(self._centre, self._basis, axes=1)

    @cached_property
    def _simple(self) -> tuple:
        found = simple_ideals(self.structure_constants, self._centre, self.tolerance)
        spanned = sum(ideal.dimension for ideal in found) + self.centre_dimension
        if spanned != self.dimension:
            raise UnidentifiableError(
                f"the ideals span {spanned} of the {self.dimension} dimensions at tolerance {self.tolerance:.2g}; "
                "set tolerance= to the relative error of the generators"
            )
        return found

    @property
    def rank(self) -> int:
        """Dimension of a maximal torus."""
        return self.centre_dimension + sum(ideal.rank for ideal in self._simple)

    def ideals(self) -> list[LieAlgebra]:
        """Simple ideals, largest first, and after them the centre when there is one."""
        found = [np.tensordot(ideal.coefficients, self._basis, axes=1) for ideal in self._simple]
        if self.centre_dimension:
            found.append(self.centre)
        return [LieAlgebra(b, self.tolerance) for b in found]

    @cached_property
    def factor_names(self) -> tuple[str, ...]:
        """Names of the simple ideals, then one "u(1)" for each dimension of the centre."""
        return (*(simple_type(ideal) for ideal in self._simple), *["u(1)"] * self.centre_dimension)

    @cached_property
    def name(self) -> str:
        """Type, such as "so(3) + so(3)" or "su(3) + u(1)^2"."""
        if not self.dimension:
            return "0"
        if not self.is_closed:
            return f"not closed (residual {self.closure_residual:.2g})"
        try:
            names = self.factor_names
        except UnidentifiableError:
            return f"dimension {self.dimension}, ideals unresolved"
        terms: list[str] = []
        for term, count in Counter(names).items():
            # A torus reads as a power from two on, as in "u(1)^2"; a pair of simple ideals as a sum.
            as_power = count > (1 if term == "u(1)" else 2)
            terms.extend([f"{term}^{count}"] if as_power else [term] * count)
        return " + ".join(terms)

    def coefficients(self, matrix: Num[np.ndarray, "m m"]) -> Float[np.ndarray, " k"]:
        """Coordinates of the matrix's projection on the span."""
        return _flat(self._basis) @ _flat(np.asarray(matrix)[None].astype(self._basis.dtype))[0]

    def __contains__(self, matrix: object) -> bool:
        a = np.asarray(matrix)
        if a.shape != self._basis.shape[1:] or (np.iscomplexobj(a) and not np.iscomplexobj(self._basis)):
            return False
        outside = a - np.tensordot(self.coefficients(a), self._basis, axes=1)
        return bool(np.linalg.norm(outside) <= self.tolerance * max(1.0, float(np.linalg.norm(a))))

    def __repr__(self) -> str:
        return f"LieAlgebra({self.name}, dimension {self.dimension}, on {self._basis.shape[1]} coordinates)"


def _checked(matrices: np.ndarray | Sequence[np.ndarray]) -> np.ndarray:
    stack = np.array(matrices)
    if stack.ndim != 3 or stack.shape[1] != stack.shape[2] or stack.shape[1] == 0:
        raise ShapeError(f"a Lie algebra is given by square matrices, shape (K, M, M); got shape {stack.shape}")
    stack = stack.astype(complex if np.iscomplexobj(stack) else float)
    if not np.isfinite(stack).all():
        raise NonFiniteError("the generators of a Lie algebra contain NaN or infinity; remove them first")
    size = np.abs(stack).max(initial=0.0)
    asymmetry = np.abs(stack + stack.conj().swapaxes(1, 2)).max(initial=0.0)
    if asymmetry > 1e-8 * max(size, 1e-300):
        raise InputError(
            f"the generators must be skew (A^T = -A) or skew-Hermitian: |A + A^H| reaches {asymmetry:.2g}; "
            "pass (A - A^H) / 2"
        )
    return stack


def _flat(stack: np.ndarray) -> np.ndarray:
    """Real coordinates in which ``Re tr(A^H B)`` is the dot product."""
    rows = stack.reshape(len(stack), stack.shape[1] * stack.shape[2])
    return np.concatenate([np.real(rows), np.imag(rows)], axis=1) if np.iscomplexobj(rows) else rows


def _independent(stack: np.ndarray, basis: np.ndarray, tolerance: float) -> np.ndarray:
    """Orthonormal matrices that extend the basis to the span of both, in the order given (Gram-Schmidt, twice)."""
    known = _flat(basis.astype(stack.dtype))
    rows = _flat(stack)
    sizes = np.linalg.norm(rows, axis=1)
    rows = rows[sizes > 1e-300] / sizes[sizes > 1e-300, None]
    first_new = len(known)
    for _ in range(2):
        rows = rows - (rows @ known.T) @ known
    while len(rows):
        outside = np.flatnonzero(np.linalg.norm(rows, axis=1) > tolerance)
        if not outside.size:
            break
        row = rows[outside[0]]
        row = row - (row @ known.T) @ known
        row = row / np.linalg.norm(row)
        known = np.concatenate([known, row[None]])
        rows = rows[outside[0] + 1 :]
        rows = rows - (rows @ row)[:, None] * row
    new = known[first_new:]
    half = new.shape[1] // 2
    return (new[:, :half] + 1j * new[:, half:] if np.iscomplexobj(stack) else new).reshape(-1, *stack.shape[1:])
