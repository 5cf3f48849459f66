"""Generalised Hermitian eigenproblem ``A c = lambda B c`` with a B that may be singular or badly scaled.

Method and the choice behind it. B is a Gram matrix of basis elements that a user supplied, so two things happen:
elements depend on each other (B is singular), and elements differ in length by orders of magnitude (B is badly
scaled). A threshold on the eigenvalues of B itself cannot tell a short element from a dependent one. We therefore
give every element length one first (``D B D`` has unit diagonal, which is within a factor d of the best diagonal
scaling: van der Sluis 1969), drop the eigen-directions of the scaled matrix below ``rtol`` of its largest
eigenvalue, and solve the problem on the rest. The dependent elements are *named* by pivoted Cholesky of the same
scaled matrix, which a mixture of eigenvectors cannot do. The eigenvalues do not depend on which element is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int, Num

from symmeter.errors import InputError, ShapeError
from symmeter.linalg.hermitian import as_hermitian
from symmeter.linalg.pivoted_cholesky import pivoted_cholesky, unit_diagonal

__all__ = ["GeneralizedEigh", "generalized_eigh"]


#: Above this reciprocal condition number of the scaled B nothing is dropped, and Cholesky loses four digits at most.
_WELL_CONDITIONED = 1e-4


@dataclass(frozen=True, eq=False)
class GeneralizedEigh:
    """Solution of ``A c = lambda B c`` on the range of B.

    Attributes
    ----------
    eigenvalues : array of shape (r,)
        Ascending.
    vectors : array of shape (d, r)
        One solution per column, ``vectors^H B vectors = I``.
    rank : int
        r, the number of independent directions.
    kept, dependent : int arrays
        Indices of basis elements: an independent set that spans everything, and the others.
    scaled_gram : array of shape (d, d)
        B scaled to unit diagonal: what the rank was decided on.
    coupling : float
        How much of A lives on the dropped directions, in [0, 1]. Zero (rounding) when A and B are Gram matrices of
        images of the same basis; otherwise the pencil has infinite or undefined eigenvalues that are not returned.
    """

    eigenvalues: Float[np.ndarray, " r"]
    vectors: Num[np.ndarray, "d r"]
    rank: int
    kept: Int[np.ndarray, " r"]
    dependent: Int[np.ndarray, " dependent"]
    scaled_gram: Num[np.ndarray, "d d"]
    coupling: float

    @cached_property
    def gram_eigenvalues(self) -> Float[np.ndarray, " d"]:
        """Eigenvalues of the scaled B, ascending."""
        return np.linalg.eigvalsh(self.scaled_gram)


def generalized_eigh(A: Num[np.ndarray, "d d"], B: Num[np.ndarray, "d d"], rtol: float = 1e-10) -> GeneralizedEigh:
    """Solve ``A c = lambda B c`` for Hermitian A and positive semidefinite B.

    Parameters
    ----------
    A : array of shape (d, d)
        Real symmetric or complex Hermitian.
    B : array of shape (d, d)
        Hermitian positive semidefinite metric; may be singular.
    rtol : float
        Directions of the scaled B (unit diagonal) below this fraction of its largest eigenvalue are dropped.

    Returns
    -------
    GeneralizedEigh

    Raises
    ------
    InputError
        If B is zero or has a clearly negative direction.
    ShapeError, NonFiniteError, NotHermitianError

    References
    ----------
    G. W. Stewart and J. Sun, Matrix Perturbation Theory (1990), chapter VI; A. van der Sluis, Numer. Math. 14 (1969).

    Examples
    --------
    >>> A, B = np.diag([1.0, 8.0]), np.diag([1.0, 2.0])
    >>> generalized_eigh(A, B).eigenvalues
    array([1., 4.])

    A third element that is the sum of the two changes nothing, however it is scaled:

    >>> T = np.array([[1.0, 0.0, 1e-3], [0.0, 1.0, 1e-3]])
    >>> more = generalized_eigh(T.T @ A @ T, T.T @ B @ T)
    >>> bool(np.allclose(more.eigenvalues, [1, 4])), more.rank
    (True, 2)
    """
    from scipy.linalg import eigh

    a, b = as_hermitian(A, "A"), as_hermitian(B, "B")
    if a.shape != b.shape:
        raise ShapeError(f"A and B must have the same shape; got {a.shape} and {b.shape}")
    scaled, scale, zero = unit_diagonal(b)
    if zero.all():
        raise InputError(f"B is zero: none of the {len(b)} basis elements has a positive length")
    scaled_a = a * scale[:, None] * scale[None, :]
    if _is_well_conditioned(scaled):
        return _of_full_rank(scaled_a, scaled, scale)
    weights, directions = eigh(scaled)
    top = float(weights[-1])
    if weights[0] < -1e-7 * top:
        raise InputError(
            f"B must be positive semidefinite; its smallest scaled eigenvalue is {weights[0]:.3g} of {top:.3g}"
        )
    keep = weights > rtol * top
    rank = int(keep.sum())
    basis = directions[:, keep] / np.sqrt(weights[keep])
    reduced = basis.conj().T @ scaled_a @ basis
    values, coefficients = eigh((reduced + reduced.conj().T) / 2)
    vectors = scale[:, None] * (basis @ coefficients)

    # rtol=0: exactly `rank` elements are named, even where the two rank criteria would differ by one.
    order = pivoted_cholesky(scaled, rtol=0.0, max_rank=rank).pivots
    for array in (values, vectors, scaled):
        array.setflags(write=False)
    return GeneralizedEigh(
        eigenvalues=values,
        vectors=vectors,
        rank=rank,
        kept=np.sort(order[:rank]),
        dependent=np.sort(order[rank:]),
        scaled_gram=scaled,
        coupling=_coupling(scaled_a, directions[:, ~keep]),
    )


def _is_well_conditioned(b: Num[np.ndarray, "d d"]) -> bool:
    """Whether no direction of a positive definite B is near the threshold, by an estimate from its Cholesky factor."""
    from scipy.linalg import get_lapack_funcs

    factorise, estimate = get_lapack_funcs(("potrf", "pocon"), (b,))
    factor, info = factorise(b, lower=False)
    if info != 0:
        return False
    # The 1-norm condition number is at least the ratio of the eigenvalues, up to the estimate's own factor (about 3).
    reciprocal, info = estimate(factor, np.abs(b).sum(0).max(), uplo="U")
    return info == 0 and bool(reciprocal > _WELL_CONDITIONED)


def _of_full_rank(
    scaled_a: Num[np.ndarray, "d d"], scaled: Num[np.ndarray, "d d"], scale: Float[np.ndarray, " d"]
) -> GeneralizedEigh:
    """The common case, by Cholesky: no direction is near the threshold, so that none of them is needed."""
    from scipy.linalg import eigh

    values, coefficients = eigh(scaled_a, scaled)
    vectors = scale[:, None] * coefficients
    for array in (values, vectors, scaled):
        array.setflags(write=False)
    every = np.arange(len(scale))
    return GeneralizedEigh(values, vectors, len(scale), every, every[:0], scaled, 0.0)


def _coupling(a: Num[np.ndarray, "d d"], dropped: Num[np.ndarray, "d k"]) -> float:
    size = float(np.linalg.norm(a))
    return float(np.linalg.norm(a @ dropped)) / size if size > 0 and dropped.size else 0.0
