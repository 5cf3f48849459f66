"""Irreducible representations of SU(2), SO(3) and SO+(1, 3) as generators and as matrices of elements."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from jaxtyping import Complex, Float

from symmeter.errors import InputError
from symmeter.groups.lie.batches import as_vectors
from symmeter.groups.lie.compact import SO, SU
from symmeter.groups.lie.exponential import exp_skew, expm
from symmeter.groups.lie.lorentz import Lorentz
from symmeter.groups.lie.rotations import log_rotation, log_special_unitary
from symmeter.groups.lie.spinors import log_lorentz

__all__ = ["lorentz_generators", "lorentz_irrep", "so3_generators", "so3_irrep", "spin_irrep", "spin_matrices"]


def _twice(j: float | Fraction) -> int:
    two = 2 * j
    if two != int(two) or two < 0:
        raise InputError(f"a spin is 0, 1/2, 1, 3/2, ...; got {j}")
    return int(two)


def spin_matrices(j: float | Fraction) -> Complex[np.ndarray, "3 d d"]:
    """Jx, Jy, Jz of spin j on the states m = j, ..., -j; ``[Jx, Jy] = i Jz``, phases of Condon and Shortley.

    Examples
    --------
    >>> spin_matrices(0.5)[1]
    array([[0.+0.j , 0.-0.5j],
           [0.+0.5j, 0.+0.j ]])
    """
    two = _twice(j)
    m = two / 2 - np.arange(two + 1)
    up = np.diag(np.sqrt(two / 2 * (two / 2 + 1) - m[1:] * (m[1:] + 1)), 1)
    return np.array([(up + up.T) / 2, (up - up.T) / 2j, np.diag(m)], dtype=complex)


def spin_irrep(j: float | Fraction, g: Complex[np.ndarray, "... 2 2"]) -> Complex[np.ndarray, "... d d"]:
    """Matrices of elements of SU(2) in spin j: ``exp(-i n.J angle)`` for ``g = exp(-i n.sigma angle / 2)``.

    Examples
    --------
    >>> g = np.diag(np.exp([-0.5j, 0.5j]))
    >>> bool(np.allclose(spin_irrep(1, g), np.diag(np.exp([-1j, 0, 1j]))))
    True
    """
    J = spin_matrices(j)
    X = log_special_unitary(SU(2).check(g), on_cut="choose")
    return exp_skew(-1j * np.tensordot(SU(2).vee(X), J, axes=1))


def so3_generators(l: int) -> Float[np.ndarray, "3 d d"]:  # noqa: E741
    """Real skew generators Lx, Ly, Lz of degree l on real spherical harmonics m = -l, ..., l with polar axis z.

    Harmonics of order m < 0 go with ``sin |m| phi`` and m > 0 with ``cos m phi``, without the Condon-Shortley phase, so
    that degree 1 is (y, z, x). ``exp(theta . L)`` moves functions along with the active rotation.

    Examples
    --------
    >>> so3_generators(1)[2]
    array([[ 0.,  0.,  1.],
           [ 0.,  0.,  0.],
           [-1.,  0.,  0.]])
    """
    if isinstance(l, bool) or not isinstance(l, (int, np.integer)) or l < 0:
        raise InputError(f"the degree of an irreducible representation of SO(3) is an integer >= 0; got {l!r}")
    d = 2 * l + 1
    # Rows: real harmonics in terms of the complex ones with m = l, ..., -l, which carry the phase (-1)^m.
    change = np.zeros((d, d), dtype=complex)
    change[l, l] = 1
    for m in range(1, l + 1):
        plus, minus = l - m, l + m
        change[l + m, [plus, minus]] = np.array([(-1) ** m, 1]) / np.sqrt(2)
        change[l - m, [plus, minus]] = np.array([(-1) ** m, -1]) / (1j * np.sqrt(2))
    # Components of a vector transform with the complex conjugate of the change of basis functions.
    out = change.conj() @ (-1j * spin_matrices(l)) @ change.T
    return np.real(out) + 0.0


def so3_irrep(l: int, g: Float[np.ndarray, "... 3 3"]) -> Float[np.ndarray, "... d d"]:  # noqa: E741
    """Orthogonal matrices of rotations in degree l, in the basis of :func:`so3_generators`.

    For many degrees or high ones the Wigner matrices of :mod:`symmeter.representations` are faster.
    """
    L = so3_generators(l)
    X = log_rotation(SO(3).check(g), on_cut="choose")
    return exp_skew(np.tensordot(SO(3).vee(X), L, axes=1))


def lorentz_generators(m: float | Fraction, n: float | Fraction) -> Complex[np.ndarray, "6 d d"]:
    """Images of (Jx, Jy, Jz, Kx, Ky, Kz) in the representation (m, n) of dimension (2m + 1)(2n + 1).

    They have the structure constants of :class:`~symmeter.groups.lie.Lorentz`: rotations are ``-i (A + B)`` and boosts
    ``-(A - B)`` for commuting spins A = m and B = n. (1/2, 0) is the left-handed Weyl spinor, whose boost is
    ``exp(-eta . sigma / 2)``; (1/2, 1/2) is the vector. No finite representation but the trivial one is unitary.

    Examples
    --------
    >>> np.diag(lorentz_generators(0.5, 0)[5]).real
    array([-0.5,  0.5])
    """
    a, b = spin_matrices(m), spin_matrices(n)
    one_a, one_b = np.eye(a.shape[-1]), np.eye(b.shape[-1])
    A = np.array([np.kron(s, one_b) for s in a])
    B = np.array([np.kron(one_a, s) for s in b])
    return np.concatenate([-1j * (A + B), B - A])


def lorentz_irrep(
    m: float | Fraction, n: float | Fraction, g: Float[np.ndarray, "... 6"] | Float[np.ndarray, "... 4 4"]
) -> Complex[np.ndarray, "... d d"]:
    """Matrices of elements in the representation (m, n).

    Parameters
    ----------
    m, n : float or Fraction
        Spins, see :func:`lorentz_generators`.
    g : array of shape (..., 6) or (..., 4, 4)
        Coefficients c of ``exp(theta . J + eta . K)``, or elements of SO+(1, 3). For half-integer m + n the
        representation is one of SL(2, C): elements determine it up to a sign, which is that of
        :func:`~symmeter.groups.lie.spinor_lift`, while coefficients determine it.

    Examples
    --------
    >>> g = Lorentz().exp([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    >>> bool(np.isclose(np.trace(lorentz_irrep(1, 1, g)).real, np.trace(lorentz_irrep(0, 1, g)).real ** 2
    ...                 + np.trace(lorentz_irrep(0, 1, g)).imag ** 2))
    True
    """
    if np.shape(g)[-2:] == (4, 4):
        c = np.concatenate(log_lorentz(Lorentz().check(g))[:2], axis=-1)
    else:
        c = as_vectors(g, "coefficients", 6)
    return expm(np.tensordot(c, lorentz_generators(m, n), axes=1))
