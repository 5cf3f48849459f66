"""Exponentials and principal logarithms of stacks of matrices, with closed forms where they exist.

Scaling and squaring with the [13/13] Padé approximant, and inverse scaling and squaring (Higham, Functions of Matrices,
2008, chapters 10 and 11), all matrices of a stack at once. 2 x 2 matrices have closed forms that are smooth where
eigenvalues meet.
"""

from __future__ import annotations

from math import factorial

import numpy as np
from jaxtyping import Float, Num

from symmeter.errors import InputError
from symmeter.groups.lie.batches import adjoint_of, as_matrices, which

__all__ = ["exp_hermitian", "exp_skew", "expm", "integrated_exponential", "log_positive", "logm"]

#: 26! / (13! (26 - k)!) * binomial(13, k), the coefficients of the [13/13] Padé approximant, scaled to end in 1.
_PADE = np.array([factorial(26 - k) // factorial(13 - k) // factorial(k) for k in range(14)], dtype=float)
_PADE_RADIUS = 5.371920351148152
_NEGATIVE_AXIS = 1e-8
#: Arguments of eigenvalues within this of pi take the slower route that keeps its digits there.
_NEAR = 1e-3


def expm(matrices: Num[np.ndarray, "... m m"]) -> Num[np.ndarray, "... m m"]:
    """Exponential of each matrix of a stack.

    Examples
    --------
    >>> expm(np.array([[0.0, 1.0], [0.0, 0.0]]))
    array([[1., 1.],
           [0., 1.]])
    """
    a = as_matrices(matrices, "the matrices")
    n = a.shape[-1]
    if n == 1:
        return np.exp(a)
    if n == 2:
        return _exp_2x2(a)
    flat = a.reshape(-1, n, n)
    size = np.abs(flat).sum(axis=1).max(axis=1, initial=0.0)
    halvings = np.maximum(0, np.ceil(np.log2(np.maximum(size, 1e-300) / _PADE_RADIUS))).astype(int)
    x = flat / (2.0**halvings)[:, None, None]
    b, one = _PADE, np.eye(n)
    x2 = x @ x
    x4 = x2 @ x2
    x6 = x2 @ x4
    odd = x @ (x6 @ (b[13] * x6 + b[11] * x4 + b[9] * x2) + b[7] * x6 + b[5] * x4 + b[3] * x2 + b[1] * one)
    even = x6 @ (b[12] * x6 + b[10] * x4 + b[8] * x2) + b[6] * x6 + b[4] * x4 + b[2] * x2 + b[0] * one
    out = np.linalg.solve(even - odd, even + odd)
    for k in range(int(halvings.max(initial=0))):
        again = halvings > k
        out[again] = out[again] @ out[again]
    return out.reshape(a.shape)


def _exp_2x2(a: np.ndarray) -> np.ndarray:
    """``e^m (cosh x + sinh x / x D)`` for ``a = m + D`` with D traceless and ``x^2 = -det D``."""
    m = (a[..., 0, 0] + a[..., 1, 1]) / 2
    d = (a[..., 0, 0] - a[..., 1, 1]) / 2
    square = d * d + a[..., 0, 1] * a[..., 1, 0]
    if np.iscomplexobj(a):
        x = np.sqrt(square)
        tiny = np.abs(x) < 1e-4
        safe = np.where(tiny, 1.0, x)
        cosh = np.exp(m) * np.cosh(x)
        sinhc = np.exp(m) * np.where(tiny, 1 + square / 6 * (1 + square / 20), np.sinh(safe) / safe)
    else:
        x = np.sqrt(np.abs(square))
        tiny = x < 1e-4
        safe = np.where(tiny, 1.0, x)
        # e^(m+x) as one factor keeps a large x from overflowing against a large negative m.
        grows = square >= 0
        up = np.where(grows, safe, 0.0)
        high = np.exp(m + up)
        cosh = np.where(grows & ~tiny, high * (1 + np.exp(-2 * up)) / 2, np.exp(m) * np.cos(x))
        cosh = np.where(tiny, np.exp(m) * (1 + square / 2 * (1 + square / 12)), cosh)
        sinhc = np.where(grows, high * -np.expm1(-2 * up) / (2 * safe), np.exp(m) * np.sin(safe) / safe)
        sinhc = np.where(tiny, np.exp(m) * (1 + square / 6 * (1 + square / 20)), sinhc)
    out = np.empty_like(a)
    out[..., 0, 0] = cosh + sinhc * d
    out[..., 1, 1] = cosh - sinhc * d
    out[..., 0, 1] = sinhc * a[..., 0, 1]
    out[..., 1, 0] = sinhc * a[..., 1, 0]
    return out


def exp_hermitian(x: Num[np.ndarray, "... m m"]) -> Num[np.ndarray, "... m m"]:
    """Exponential of symmetric or Hermitian matrices, positive definite to rounding."""
    if x.shape[-1] == 2 and not np.iscomplexobj(x):
        return _exp_2x2(x)
    values, vectors = np.linalg.eigh(x)
    return (vectors * np.exp(values)[..., None, :]) @ adjoint_of(vectors)


def exp_skew(x: Num[np.ndarray, "... m m"]) -> Num[np.ndarray, "... m m"]:
    """Exponential of skew or skew-Hermitian matrices, orthogonal or unitary to rounding."""
    n = x.shape[-1]
    if not np.iscomplexobj(x) and n == 2:
        return _turn(x[..., 1, 0])
    if not np.iscomplexobj(x) and n == 3:
        return _rodrigues(x)
    values, vectors = np.linalg.eigh(1j * x)
    out = (vectors * np.exp(-1j * values)[..., None, :]) @ adjoint_of(vectors)
    return out if np.iscomplexobj(x) else np.real(out)


def _turn(angle: Float[np.ndarray, "..."]) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([np.stack([c, -s], axis=-1), np.stack([s, c], axis=-1)], axis=-2)


def _rodrigues(x: np.ndarray) -> np.ndarray:
    axis = np.stack([x[..., 2, 1], x[..., 0, 2], x[..., 1, 0]], axis=-1)
    angle = np.linalg.norm(axis, axis=-1)[..., None, None]
    # (1 - cos)/angle^2 as a square of sinc keeps full precision for small angles.
    s = np.sinc(angle / np.pi)
    half = np.sinc(angle / (2 * np.pi)) ** 2 / 2
    return np.eye(3) + s * x + half * (x @ x)


def log_positive(p: Num[np.ndarray, "... m m"]) -> Num[np.ndarray, "... m m"]:
    """Logarithm of symmetric or Hermitian positive definite matrices.

    Raises
    ------
    InputError
        If an eigenvalue is not positive.

    Examples
    --------
    >>> log_positive(np.diag([1.0, np.e])).round(12)
    array([[0., 0.],
           [0., 1.]])
    """
    p = as_matrices(p, "the matrices")
    values, vectors = np.linalg.eigh(p)
    bad = values[..., 0] <= 0
    if bad.any():
        raise InputError(
            f"{which(bad)} is not positive definite: its smallest eigenvalue is {values[..., 0][bad].flat[0]:.3g}"
        )
    return (vectors * np.log(values)[..., None, :]) @ adjoint_of(vectors)


def logm(matrices: Num[np.ndarray, "... m m"]) -> Num[np.ndarray, "... m m"]:
    """Principal logarithm of each matrix of a stack.

    Raises
    ------
    InputError
        If a matrix is singular or has an eigenvalue on the negative real axis, which is the cut.

    Examples
    --------
    >>> logm(np.array([[1.0, 1.0], [0.0, 1.0]]))
    array([[0., 1.],
           [0., 0.]])
    """
    g = as_matrices(matrices, "the matrices")
    n = g.shape[-1]
    near = _off_the_cut(g)
    if n == 1:
        return np.log(g)
    if n == 2 and not np.iscomplexobj(g):
        return _log_2x2(g)
    if near.any():
        return _log_near_the_cut(g, near)
    flat = g.reshape(-1, n, n)
    one = np.eye(n)
    root, roots = flat.copy(), np.zeros(len(flat), dtype=int)
    for _ in range(60):
        far = np.abs(root - one).sum(axis=1).max(axis=1) > 0.25
        if not far.any():
            break
        root[far] = _square_root(root[far])
        roots[far] += 1
    # Gauss-Legendre nodes on [0, 1] give the [8/8] Padé approximant of the logarithm in partial fractions.
    nodes, weights = np.polynomial.legendre.leggauss(8)
    small = root - one
    out = np.zeros_like(small)
    for t, w in zip((nodes + 1) / 2, weights / 2):
        out += w * np.linalg.solve(one + t * small, small)
    return (out * (2.0**roots)[:, None, None]).reshape(g.shape)


def _log_near_the_cut(g: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Beside the cut the square roots lose digits; Schur's form (Al-Mohy and Higham 2012, in SciPy) does not."""
    from warnings import catch_warnings, simplefilter

    from scipy.linalg import logm as by_schur

    out = np.empty_like(g)
    if not near.all():
        out[~near] = logm(g[~near])
    with catch_warnings():
        # SciPy warns where the condition of the logarithm, not its algorithm, limits the digits.
        simplefilter("ignore", RuntimeWarning)
        for place in zip(*np.nonzero(near)):
            one = np.asarray(by_schur(g[place]))
            out[place] = one if np.iscomplexobj(g) else np.real(one)
    return out


def _off_the_cut(g: np.ndarray) -> np.ndarray:
    """Which matrices come near the cut; none may lie on it."""
    values = np.linalg.eigvals(g)
    size = np.abs(values)
    singular = size.min(axis=-1) <= 1e-17 * size.max(axis=-1)
    if singular.any():
        raise InputError(f"{which(singular)} is singular and has no logarithm")
    cut = ((np.real(values) < 0) & (np.abs(np.imag(values)) <= _NEGATIVE_AXIS * size)).any(axis=-1)
    if cut.any():
        bad = values[cut][0]
        worst = np.real(bad[np.argmin(np.real(bad))])
        raise InputError(
            f"the logarithm of {which(cut)} is on the cut: it has the eigenvalue {worst:.6g} "
            "on the negative real axis; use polar, whose coordinates exist for every matrix"
        )
    return np.asarray(((np.real(values) < 0) & (np.abs(np.imag(values)) <= _NEAR * size)).any(axis=-1))


def _square_root(a: np.ndarray) -> np.ndarray:
    """Denman-Beavers iteration in product form, scaled by determinants while it is far from convergence."""
    n = a.shape[-1]
    one = np.eye(n)
    x, m = a.copy(), a.copy()
    for k in range(40):
        inverse = np.linalg.inv(m)
        if k < 6:
            mu = np.exp(-np.linalg.slogdet(m)[1] / (2 * n))[:, None, None]
            x, m, inverse = mu * x, mu**2 * m, inverse / mu**2
        x = x @ (one + inverse) / 2
        m = (one + (m + inverse) / 2) / 2
        if np.abs(m - one).max() < 1e-15 * n:
            break
    return x


def _log_2x2(g: np.ndarray) -> np.ndarray:
    q = np.sqrt(g[..., 0, 0] * g[..., 1, 1] - g[..., 0, 1] * g[..., 1, 0])
    trace = (g[..., 0, 0] + g[..., 1, 1]) / (2 * q)
    d = (g[..., 0, 0] - g[..., 1, 1]) / (2 * q)
    square = d * d + g[..., 0, 1] * g[..., 1, 0] / q**2
    s = np.sqrt(np.abs(square))
    tiny = (s < 1e-4) & (trace > 0)
    safe = np.where(tiny, 1.0, s)
    factor = np.where(square >= 0, np.arcsinh(safe) / safe, np.arctan2(s, trace) / safe)
    factor = np.where(tiny, 1 - square / 6 * (1 - 9 * square / 20), factor)
    out = np.empty_like(g)
    out[..., 0, 0] = np.log(q) + factor * d
    out[..., 1, 1] = np.log(q) - factor * d
    out[..., 0, 1] = factor * g[..., 0, 1] / q
    out[..., 1, 0] = factor * g[..., 1, 0] / q
    return out


def integrated_exponential(a: Num[np.ndarray, "... m m"]) -> Num[np.ndarray, "... m m"]:
    """``int_0^1 exp(s a) ds``, which carries the translation in the exponential of an affine algebra."""
    n = a.shape[-1]
    block = np.zeros((*a.shape[:-2], 2 * n, 2 * n), dtype=a.dtype)
    block[..., :n, :n] = a
    block[..., :n, n:] = np.eye(n)
    return expm(block)[..., :n, n:]
