"""Lorentz transformations as elements of SL(2, C), which give their logarithm in closed form.

With ``X = t + x.sigma``, an element A of SL(2, C) acts by ``X -> A X A^H``, and A and -A give the same transformation
(Penrose and Rindler, Spinors and Space-Time I, 1984, chapter 1). ``A = exp((eta - i theta).sigma / 2)`` is the spinor
matrix of the rotation theta and the boost eta together; the logarithm of A exists unless its trace is -2.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Complex, Float

from symmeter.groups.lie.batches import as_matrices

__all__ = ["log_lorentz", "spinor_lift"]

#: Angle to a half turn, in radians, below which rounding decides its sense.
_CUT = 1e-9


@lru_cache(maxsize=1)
def _pauli() -> np.ndarray:
    return np.array([np.eye(2), [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])


@lru_cache(maxsize=1)
def _products() -> np.ndarray:
    """Takes the entries of a Lorentz matrix to the products ``q_a conj(q_b)`` of the components of A."""
    s = _pauli()
    entries = np.einsum("mij,ajk,nkl,bli->mnab", s, s, s, s) / 2
    return np.linalg.inv(entries.reshape(16, 16))


def _components(g: Float[np.ndarray, "... 4 4"]) -> Complex[np.ndarray, "... 4"]:
    """q with ``A = q_0 + q.sigma``, det A = 1 and Re q_0 >= 0."""
    pairs = (g.reshape(*g.shape[:-2], 16) @ _products().T).reshape(*g.shape[:-2], 4, 4)
    # A rank one matrix: its column of largest diagonal entry has no cancellation.
    diagonal = np.real(np.einsum("...aa->...a", pairs))
    k = np.argmax(diagonal, axis=-1)[..., None]
    q = np.take_along_axis(pairs, k[..., None], axis=-1)[..., 0] / np.sqrt(np.take_along_axis(diagonal, k, axis=-1))
    q = q / np.sqrt(q[..., :1] ** 2 - (q[..., 1:] ** 2).sum(axis=-1, keepdims=True))
    return np.where(np.real(q[..., :1]) < 0, -q, q)


def spinor_lift(g: Float[np.ndarray, "... 4 4"]) -> Complex[np.ndarray, "... 2 2"]:
    """The element A of SL(2, C) over each Lorentz transformation, of the two the one with ``Re tr A >= 0``.

    Examples
    --------
    >>> from symmeter.groups.lie import Lorentz
    >>> boost = Lorentz().boost([0.0, 0.0, np.log(4.0)])
    >>> spinor_lift(boost).round(12).real
    array([[2. , 0. ],
           [0. , 0.5]])
    """
    g = np.real(as_matrices(g, "Lorentz transformations", 4))
    return np.tensordot(_components(g), _pauli(), axes=1)


def log_lorentz(
    g: Float[np.ndarray, "... 4 4"],
) -> tuple[Float[np.ndarray, "... 3"], Float[np.ndarray, "... 3"], Bool[np.ndarray, "..."]]:
    """Rotation vector and rapidity vector whose common exponential each matrix is, and whether it lies on the cut.

    The cut are the half turns, seen by any observer, with a boost along their axis. There the first component of the
    rotation vector that does not vanish is taken positive.
    """
    q = _components(g)
    size = np.maximum(1.0, np.abs(q[..., 0]))
    # The trace is known to rounding of the largest component only.
    blur = np.finfo(float).eps * np.abs(q).max(axis=-1) ** 2
    cut = 2 * np.abs(np.real(q[..., 0])) <= _CUT * size + 8 * blur
    v = _half_vector(q)
    if cut.any():
        other = _half_vector(-q)
        theta = -np.imag(v)
        large = np.abs(theta) > 1e-6 * np.abs(theta).max(axis=-1, keepdims=True)
        first = np.take_along_axis(theta, np.argmax(large, axis=-1)[..., None], axis=-1)
        v = np.where((cut[..., None]) & (first < 0), other, v)
    return -2 * np.imag(v), 2 * np.real(v), cut


def _half_vector(q: np.ndarray) -> np.ndarray:
    """v with ``A = exp(v.sigma) = cosh r + (sinh r / r) v.sigma``, r^2 = v.v."""
    c, s = q[..., 0], q[..., 1:]
    # sinh(r)^2 from the trace, or from the vector where c^2 - 1 would cancel.
    square = c * c - 1
    square = np.where(np.abs(square) < 0.1, (s * s).sum(axis=-1), square)
    sinh = np.sqrt(square)
    sinh = np.where(np.real(c * np.conj(sinh)) < 0, -sinh, sinh)
    tiny = np.abs(sinh) < 1e-4
    safe = np.where(tiny, 1.0, sinh)
    # c - 1 = sinh^2 / (c + 1) without cancellation, for the logarithm of c + sinh near 1.
    factor = np.log1p(safe + safe * safe / (c + 1)) / safe
    factor = np.where(tiny, 1 - square / 6, factor)
    return factor[..., None] * s
