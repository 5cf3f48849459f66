"""Reading a Hermitian matrix from outside: shape, finiteness and symmetry checked once, rounding removed."""

from __future__ import annotations

import numpy as np
from jaxtyping import Num

from symmeter.errors import NonFiniteError, NotHermitianError, ShapeError

__all__ = ["as_hermitian"]


def as_hermitian(
    matrix: Num[np.ndarray, "d d"], name: str = "the matrix", rtol: float = 1e-8
) -> Num[np.ndarray, "d d"]:
    """The matrix as a float or complex array that equals its adjoint exactly.

    Parameters
    ----------
    matrix : array of shape (d, d)
        Real symmetric or complex Hermitian up to rounding.
    name : str
        How an error text calls it.
    rtol : float
        Largest asymmetry allowed, relative to the largest entry.

    Returns
    -------
    array of shape (d, d)
        A new array, the Hermitian part of ``matrix``.

    Raises
    ------
    ShapeError, NonFiniteError, NotHermitianError

    Examples
    --------
    >>> as_hermitian([[2, 1], [1, 3]])
    array([[2., 1.],
           [1., 3.]])
    """
    a = np.asarray(matrix)
    if a.ndim != 2 or a.shape[0] != a.shape[1]:
        raise ShapeError(f"{name} must be square; got shape {a.shape}")
    a = a.astype(complex if np.iscomplexobj(a) else float)
    finite = np.isfinite(a)
    if not finite.all():
        first = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise NonFiniteError(
            f"{name} has {int((~finite).sum())} entries that are NaN or infinite, the first at {first}"
        )
    adjoint = a.conj().T
    asymmetry = float(np.abs(a - adjoint).max(initial=0.0))
    scale = float(np.abs(a).max(initial=0.0))
    if asymmetry > rtol * scale:
        kind = "Hermitian" if np.iscomplexobj(a) else "symmetric"
        raise NotHermitianError(
            f"{name} must be {kind}: it differs from its adjoint by {asymmetry:.3g}, "
            f"more than {rtol:.0e} of its largest entry {scale:.3g}"
        )
    return (a + adjoint) / 2
