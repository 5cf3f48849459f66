"""Connected compact matrix groups, each the exponentials of its Lie algebra."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from jaxtyping import Float, Num

from symmeter.errors import ClosureError, ShapeError
from symmeter.groups.group import Group
from symmeter.groups.lie_algebra import LieAlgebra

__all__ = ["LieGroup", "exponential"]


class LieGroup(Group):
    """The connected group of exponentials of a compact matrix Lie algebra.

    Examples
    --------
    >>> LieGroup(LieAlgebra([np.array([[0.0, -1.0], [1.0, 0.0]])])).name
    'U(1)'
    """

    def __init__(self, algebra: LieAlgebra) -> None:
        self.algebra = algebra

    @property
    def order(self) -> int | None:
        return None if self.algebra.dimension else 1

    @property
    def dimension(self) -> int:
        """Number of parameters."""
        return self.algebra.dimension

    @property
    def generators(self) -> tuple[np.ndarray, ...]:
        return tuple(self.algebra.basis)

    @property
    def is_abelian(self) -> bool:
        return self.algebra.is_abelian

    @cached_property
    def name(self) -> str:
        """Local type, such as "SO(3) x U(1)^2"; a covering or quotient has the same name."""
        if not self.algebra.is_closed:
            return self.algebra.name
        terms = self.algebra.name.split(" + ")
        for small, large in (("so(", "SO("), ("su(", "SU("), ("sp(", "Sp("), ("u(", "U(")):
            terms = [large + t[len(small) :] if t.startswith(small) else t for t in terms]
        return "trivial" if terms == ["0"] else " x ".join(t.capitalize() if t[0] in "gef" else t for t in terms)

    def element(self, coefficients: Float[np.ndarray, " k"] | Sequence[float]) -> Num[np.ndarray, "m m"]:
        """``exp(sum_a c_a S_a)``."""
        c = np.asarray(coefficients, dtype=float)
        if c.shape != (self.dimension,):
            raise ShapeError(f"coefficients have shape {c.shape}; the algebra has {self.dimension} generators")
        return exponential(np.tensordot(c, self.algebra.basis, axes=1))

    def __contains__(self, element: object) -> bool:
        """Whether the iteration g -> g exp(-projection of log g) reaches the identity from one of 32 starts.

        True is certain within the tolerance; for tori that wind often around a larger one, False may be wrong.
        """
        g = np.asarray(element)
        m = self.algebra.basis.shape[1]
        if g.shape != (m, m) or g.dtype.kind not in "biufc" or np.abs(g @ g.conj().T - np.eye(m)).max() > 1e-8:
            return False
        if np.iscomplexobj(g) and np.abs(np.imag(g)).max() > 1e-8 and not np.iscomplexobj(self.algebra.basis):
            return False
        rng = np.random.default_rng(1_217)
        for trial in range(32):
            h = g if trial == 0 else g @ self.element(rng.standard_normal(self.dimension) * 4 * np.pi)
            for _ in range(60):
                if np.abs(h - np.eye(m)).max() <= max(self.algebra.tolerance, 1e-9):
                    return True
                step = self.algebra.coefficients(_logarithm(h, np.iscomplexobj(self.algebra.basis)))
                h = h @ self.element(-step)
                if np.linalg.norm(step) < 1e-12:
                    break
        return False

    def elements(self, cap: int = 20_000) -> Iterator[np.ndarray]:
        if self.dimension:
            raise ClosureError(f"{self.name} is infinite; draw elements with .element(coefficients)")
        return iter([np.eye(self.algebra.basis.shape[1])])

    def __repr__(self) -> str:
        return f"LieGroup({self.name}, {self.dimension} parameters, on {self.algebra.basis.shape[1]} coordinates)"


def exponential(skew: Num[np.ndarray, "m m"]) -> Num[np.ndarray, "m m"]:
    """Exponential of a skew or skew-Hermitian matrix, unitary to rounding, by the eigenvectors of ``i A``."""
    angles, vectors = np.linalg.eigh(1j * skew)
    out = (vectors * np.exp(-1j * angles)) @ vectors.conj().T
    return out if np.iscomplexobj(skew) else np.real(out)


def _logarithm(unitary: np.ndarray, is_complex: bool) -> np.ndarray:
    from scipy.linalg import schur

    t, z = schur(unitary.astype(complex), output="complex")[:2]
    # The Schur form of a normal matrix is diagonal, which keeps eigenvectors of equal eigenvalues orthogonal.
    out = (z * (1j * np.angle(np.diag(t)))) @ z.conj().T
    return out if is_complex else np.real(out)
