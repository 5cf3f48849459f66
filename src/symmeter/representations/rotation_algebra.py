"""Angular momentum matrices: spin operators of any spin, and the real generators of rotations of harmonics."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Complex, Float

from symmeter.representations.harmonic_conventions import checked_degree, polar_axis, real_to_complex
from symmeter.representations.wigner import twice_spin

__all__ = ["rotation_generators", "angular_momentum"]


@lru_cache(maxsize=128)
def angular_momentum(j: float) -> Complex[np.ndarray, "3 d d"]:
    """Hermitian Jx, Jy, Jz of spin j in the phases of Condon and Shortley.

    Rows and columns rise, m = -j..j, as in all tables of this package; :func:`symmeter.groups.lie.spin_matrices` has
    them fall, as textbooks of spin write them.

    Examples
    --------
    >>> angular_momentum(0.5)[2].real.diagonal()
    array([-0.5,  0.5])
    """
    t = twice_spin(j)
    m = np.arange(-t, t + 1, 2) / 2
    up = np.diag(np.sqrt((t / 2 - m[:-1]) * (t / 2 + m[:-1] + 1)), -1)
    out = np.stack([(up + up.T) / 2, (up - up.T) / 2j, np.diag(m).astype(complex)])
    out.setflags(write=False)
    return out


@lru_cache(maxsize=128)
def rotation_generators(degree: int, axis: str = "y") -> Float[np.ndarray, "3 d d"]:
    """Skew matrices of infinitesimal rotations about x, y, z on real harmonics of one degree.

    ``wigner_D(degree, R) = exp(theta n . generators)`` for the rotation R by theta about n.

    Examples
    --------
    >>> rotation_generators(1)[2]  # d/dt of a rotation about z, degree 1 is (x, y, z)
    array([[ 0., -1.,  0.],
           [ 1.,  0.,  0.],
           [ 0.,  0.,  0.]])
    """
    degree = checked_degree(degree)
    u = real_to_complex(degree)
    # Real D = U^T D U* with D = exp(-i theta n.J).
    out = np.real(u.T @ (-1j * angular_momentum(degree)) @ u.conj())
    out = (out - out.swapaxes(1, 2)) / 2
    if polar_axis(axis) == "y":
        # Coordinates (x, y, z) of polar axis z are (z, x, y): the rotation about y is that about z there.
        out = out[[1, 2, 0]]
    if degree == 1:
        out = np.rint(out)
    out = out + 0.0
    out.setflags(write=False)
    return out
