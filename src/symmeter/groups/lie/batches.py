"""Reading stacks of square matrices from outside: shape and finiteness checked once, the first bad one named."""

from __future__ import annotations

import numpy as np
from jaxtyping import Num

from symmeter.errors import InputError, NonFiniteError, ShapeError, UnknownNameError, nearest_name

__all__ = ["adjoint_of", "as_matrices", "as_vectors", "check_choice", "determinant", "which"]


def as_matrices(matrices: Num[np.ndarray, "... m m"], name: str, size: int | None = None) -> np.ndarray:
    """The stack as float or complex numbers of double precision, shape (..., M, M).

    Raises
    ------
    ShapeError, NonFiniteError
    """
    a = np.asarray(matrices)
    if a.dtype.kind not in "biufc":
        raise InputError(f"{name} must be numbers; got dtype {a.dtype}")
    if a.ndim < 2 or a.shape[-1] != a.shape[-2] or a.shape[-1] == 0 or size not in (None, a.shape[-1]):
        wanted = "(..., M, M)" if size is None else f"(..., {size}, {size})"
        raise ShapeError(f"{name} must be square matrices of shape {wanted}; got shape {a.shape}")
    a = a.astype(complex if np.iscomplexobj(a) else float, copy=False)
    finite = np.isfinite(a)
    if not finite.all():
        bad = ~finite.all(axis=(-2, -1))
        raise NonFiniteError(f"{name} contain NaN or infinity in {which(bad)}; remove it first")
    return a


def as_vectors(vectors: Num[np.ndarray, "... k"], name: str, size: int) -> np.ndarray:
    """The stack of real vectors as floats of shape (..., K).

    Raises
    ------
    ShapeError, NonFiniteError
    """
    a = np.asarray(vectors)
    if a.dtype.kind not in "biuf":
        raise InputError(f"{name} must be real numbers; got dtype {a.dtype}")
    if a.ndim < 1 or a.shape[-1] != size:
        raise ShapeError(f"{name} must have shape (..., {size}); got shape {a.shape}")
    a = a.astype(float, copy=False)
    finite = np.isfinite(a)
    if not finite.all():
        bad = ~finite.all(axis=-1)
        raise NonFiniteError(f"{name} contain NaN or infinity in {which(bad, 'vector')}; remove it first")
    return a


def which(mask: object, noun: str = "matrix") -> str:
    """Words for the first place where the mask holds, such as "matrix 3 of 10"."""
    mask = np.asarray(mask, dtype=bool)
    if mask.ndim == 0:
        return f"the {noun}"
    first = tuple(int(i) for i in np.argwhere(mask)[0])
    label = str(first[0]) if len(first) == 1 else str(first)
    return f"{noun} {label} of {' x '.join(map(str, mask.shape))}"


def adjoint_of(matrices: Num[np.ndarray, "... m m"]) -> np.ndarray:
    """Conjugate transpose of each matrix."""
    return np.conj(np.swapaxes(matrices, -1, -2))


def determinant(matrices: Num[np.ndarray, "... m m"]) -> np.ndarray:
    """Determinant of each matrix; for 2 x 2 by its formula, several times faster than by elimination."""
    if matrices.shape[-1] == 2:
        return matrices[..., 0, 0] * matrices[..., 1, 1] - matrices[..., 0, 1] * matrices[..., 1, 0]
    return np.linalg.det(matrices)


def check_choice(value: str, choices: tuple[str, ...], name: str) -> None:
    """UnknownNameError, with the closest choice, unless the value is one of them."""
    if value in choices:
        return
    close = nearest_name(str(value), choices)
    hint = f"; did you mean {close!r}?" if close else ""
    raise UnknownNameError(f"{name}={value!r} is not known; choose from {', '.join(choices)}{hint}")
