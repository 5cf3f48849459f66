"""Wigner D and small-d matrices, stable to high degree and free of Euler angles.

With Cayley-Klein parameters z1 = cos(beta/2) exp(-i(alpha+gamma)/2), z2 = sin(beta/2) exp(-i(alpha-gamma)/2),
``D_mm' = z1^(m+m') z2^(m-m') J_mm'(cos beta)`` for m >= |m'|, with a normalised Jacobi polynomial J. It is found by the
three-term recursion in the degree, which runs from the small into the oscillating solution and is therefore forward
stable; the powers are whole powers of bilinear forms in the matrix entries, so that D is a polynomial in the rotation
matrix, differentiable everywhere and without gimbal lock. Definition as in Varshalovich et al. and Sakurai:
``D(R) = exp(-i alpha Jz) exp(-i beta Jy) exp(-i gamma Jz)``, ``d^1/2_{1/2,-1/2} = -sin(beta/2)``.
"""

from __future__ import annotations

from functools import lru_cache
from math import comb, sqrt
from typing import Any

import numpy as np

from symmeter.errors import InputError, NotAGroupElementError, ShapeError, UnknownNameError
from symmeter.linalg.array_namespace import as_floating, constant_like, is_torch, namespace_of
from symmeter.representations.harmonic_conventions import Y_TO_Z, checked_degree, polar_axis

__all__ = ["twice_spin", "wigner_D", "wigner_D_all", "wigner_D_spin", "wigner_d", "wigner_d_all"]

# J(1) grows like 10^(0.5 l): beyond this degree it leaves the range of float64.
LARGEST_DEGREE = 500


def twice_spin(j: Any) -> int:
    """2j as an integer, from a whole or half-odd number >= 0.

    Examples
    --------
    >>> twice_spin(1.5)
    3
    """
    doubled = np.nan if isinstance(j, str) or not np.isfinite(j) else 2 * float(j)
    if not doubled >= 0 or doubled != round(doubled):
        raise InputError(f"the spin is {j!r}; it must be a whole or half-odd number >= 0")
    if doubled > 2 * LARGEST_DEGREE:
        raise InputError(f"the spin is {j!r}; beyond {LARGEST_DEGREE} the recursion leaves the range of float64")
    return round(doubled)


@lru_cache(maxsize=32)
def _recursion(twice: int) -> tuple[np.ndarray, tuple[tuple[np.ndarray, ...], ...]]:
    """Starting values per row m, and per step P, P + Q, P - Q, S of J_(j+1) = (P cos(beta) + Q) J_j - S J_(j-1).

    Rows m = h, h+1, ..., j and columns m' = -j..j with h = 0 or 1/2; entries with |m'| > m are unused.
    """
    h = (twice % 2) / 2
    top = twice / 2
    m = np.arange(h, top + 0.5)
    n = np.arange(-top, top + 0.5)
    start = np.zeros((len(m), len(n)))
    for r, t in enumerate(range(twice % 2, twice + 1, 2)):
        # Roots of binomial coefficients, exact but for the last rounding; the sign is that of the definition above.
        roots = [sqrt(comb(t, k)) for k in range(t // 2 + 1)]
        row = np.array(roots + roots[: (t + 1) // 2][::-1])
        start[r, (twice - t) // 2 : (twice + t) // 2 + 1] = row * (-1.0) ** (t - np.arange(t + 1))
    wedge = (np.abs(n)[None, :] <= m[:, None]).astype(float)
    steps = []
    for j in np.arange(h, top - 0.5):
        rows = int(j - h) + 1
        if j == 0:
            steps.append((wedge[:1], wedge[:1], wedge[:1], 0 * wedge[:1]))
            continue
        new = np.sqrt(np.maximum((j + 1) ** 2 - n**2, 1e-300))
        old = np.sqrt(np.maximum(j**2 - n**2, 0.0))
        middle = len(n) // 2 + np.arange(rows)
        scale = wedge[:rows] / (new[middle, None] * new[None, :] * j)
        polar = scale * ((2 * j + 1) * (j + 1) * j)
        shift = scale * (-(2 * j + 1) * m[:rows, None] * n[None, :])
        back = scale * ((j + 1) * old[middle, None] * old[None, :])
        steps.append((polar, polar + shift, polar - shift, back))
    return start, tuple(steps)


def _jacobi(twice: int, cosine: Any, smaller: Any, rows: Any = None) -> list[Any]:
    """J of all spins h, h+1, ..., j: arrays (..., rows, 2j+1) with rows m = h..its own spin, zero where |m'| > m.

    ``smaller`` is 1 - |cos(beta)| with all its digits. ``rows`` are the starting values when they carry the powers of
    cos(beta/2) and sin(beta/2): then J is d itself.
    """
    xp = namespace_of(cosine)
    start, steps = _recursion(twice)
    if rows is None:
        rows = xp.broadcast_to(constant_like(start, cosine), (*cosine.shape, *start.shape))
    upper = (cosine >= 0)[..., None, None]
    near = xp.where(cosine >= 0, smaller, -smaller)[..., None, None]
    current, before = rows[..., :1, :], None
    out = [current]
    for k, factors in enumerate(steps):
        polar, at_one, at_minus_one, back = (constant_like(f, cosine) for f in factors)
        # Written from the nearer pole, P cos(beta) + Q keeps its digits where beta is small or near pi.
        following = (xp.where(upper, at_one, -at_minus_one) - polar * near) * current
        if before is not None:
            # The last row of this step has no predecessor two steps ago.
            kept = following[..., :-1, :] - back[:-1] * before
            following = xp.concatenate([kept, following[..., -1:, :]], -2)
        before, current = current, xp.concatenate([following, rows[..., k + 1 : k + 2, :]], -2)
        out.append(current)
    return out


@lru_cache(maxsize=512)
def _exponents(twice: int) -> tuple[np.ndarray, ...]:
    """For rows m >= 0 and all columns m': exponents, which region, and where J stands, for one spin."""
    h = twice % 2
    m, n = np.arange(h, twice + 1, 2)[:, None], np.arange(-twice, twice + 1, 2)[None, :]
    # Region A m >= |m'|, B m' > m, C -m' > m. J is symmetric up to (-1)^(m-m') under exchange.
    a, b, c = m >= np.abs(n), n > m, -n > m
    row = np.where(a, m, np.abs(n))
    column = np.where(a, n, np.where(b, m, -m))
    first, second = np.abs(m + n) // 2, np.abs(m - n) // 2
    sign = np.where(a, 1.0, np.where(b, (-1.0) ** second, 1.0))
    # In region C, D_mm' = (-1)^(m-m') conj D_-m,-m' with (-m, -m') in region B, which has its own (-1)^(m-m').
    return first, second, sign, (row - h) // 2, (column + twice) // 2, b + 0, c + 0


def wigner_d(j: float, beta: Any) -> Any:
    """The small d-matrix d^j_mm'(beta), rows and columns m = -j..j.

    Parameters
    ----------
    j : int or half-odd float
        Degree or spin, up to 500.
    beta : float, array or torch tensor of shape (...)
        Angle in radians.

    Returns
    -------
    array of shape (..., 2j+1, 2j+1)

    Examples
    --------
    >>> wigner_d(0.5, np.pi / 2) * np.sqrt(2)
    array([[ 1.,  1.],
           [-1.,  1.]])
    """
    return _small(twice_spin(j), beta, last_only=True)[0]


def wigner_d_all(degree: int, beta: Any) -> list[Any]:
    """The small d-matrices of all degrees 0..``degree``, in one run of the recursion.

    Examples
    --------
    >>> [d.shape for d in wigner_d_all(2, 0.3)]
    [(1, 1), (3, 3), (5, 5)]
    """
    return _small(2 * checked_degree(degree), beta, last_only=False)


def _small(twice: int, beta: Any, last_only: bool) -> list[Any]:
    twice_spin(twice / 2)
    xp = namespace_of(beta)
    angle = as_floating(beta, "beta")
    work = angle.to(xp.float64) if is_torch(angle) else angle.astype(float)
    c, s = xp.cos(work / 2), xp.sin(work / 2)
    cosine = xp.cos(work)
    # Not the minimum, whose derivative at a tie is the mean of both.
    smaller = 2 * xp.where(cosine >= 0, s * s, c * c)
    cosines, sines = _powers(xp, c, twice), _powers(xp, s, twice)
    m, n = np.arange(twice % 2, twice + 1, 2)[:, None], np.arange(-twice, twice + 1, 2)[None, :]
    rows = cosines[..., np.maximum(m + n, 0) // 2] * sines[..., np.maximum(m - n, 0) // 2]
    rows = rows * constant_like(_recursion(twice)[0], work)
    out = []
    for k, table in enumerate(_jacobi(twice, cosine, smaller, rows)):
        t = twice % 2 + 2 * k
        if t == twice or not last_only:
            d = _whole_small(xp, table[..., (twice - t) // 2 : (twice + t) // 2 + 1], t)
            out.append(d.to(angle.dtype) if is_torch(d) else d.astype(angle.dtype, copy=False))
    return out


@lru_cache(maxsize=512)
def _checkerboard(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Half the diagonal, and the same with the signs (-1)^(m-m')."""
    half = np.ones((rows, rows)) - 0.5 * np.eye(rows)
    return half, half * (-1.0) ** np.abs(np.subtract.outer(np.arange(rows), np.arange(rows)))


def _whole_small(xp: Any, wedge: Any, t: int) -> Any:
    """All of d from m >= |m'|: d_m'm = (-1)^(m-m') d_mm', d_-m',-m = d_mm'."""
    rows = t // 2 + 1
    half, signed = (constant_like(c, wedge) for c in _checkerboard(rows))
    right, left = wedge[..., -rows:], _turned(xp, wedge[..., :rows], -1)
    right = half * right + signed * right.swapaxes(-1, -2)
    left = half * left + half * left.swapaxes(-1, -2)
    skip = 1 - t % 2
    upper = xp.concatenate([_turned(xp, left[..., skip:], -1), right], -1)
    return _with_lower_rows(xp, upper, t)


def _turned(xp: Any, array: Any, *axes: int) -> Any:
    return np.flip(array, axes) if xp is np else xp.flip(array, axes)


def _with_lower_rows(xp: Any, upper: Any, t: int) -> Any:
    """All rows from those with m >= 0: D_-m,-m' = (-1)^(m-m') conj D_mm'."""
    if t == 0:
        return upper
    lower = _turned(xp, upper[..., 1 - t % 2 :, :], -2, -1)
    lower = xp.conj(lower) if xp is not np or np.iscomplexobj(lower) else lower
    # (-1)^(m-m') as a product of alternating rows and columns; the corner m = m' = -j is +1.
    alternating = constant_like((-1.0) ** np.arange(t + 1), upper.real)
    signs = alternating[: lower.shape[-2], None] * alternating[None, :]
    return xp.concatenate([lower * signs, upper], -2)


def _powers(xp: Any, base: Any, largest: int) -> Any:
    """base^0, ..., base^largest along a new last axis; products, so that 0^0 = 1 and derivatives at 0 are right."""
    out = [xp.ones_like(base)]
    for _ in range(largest):
        out.append(out[-1] * base)
    return xp.stack(out, -1)


def _gather(table: Any, row: np.ndarray, column: np.ndarray, twice: int, t: int) -> Any:
    """J at (row, column) of the arrays with the columns of the largest spin."""
    return table[..., row, column + (twice - t) // 2]


def wigner_D(degree: int, rotation: Any, basis: str = "real", axis: str | None = None, check: bool = True) -> Any:
    """The Wigner D-matrix of one degree for rotation matrices, proper or improper.

    Parameters
    ----------
    degree : int
        Up to 500.
    rotation : array or torch tensor of shape (..., 3, 3)
        Orthogonal matrices, active. A matrix of determinant -1 is minus a rotation, and its D carries (-1)^l, as the
        harmonics of a polar vector do. From quaternions and Euler angles with
        :func:`symmeter.representations.matrix_from_quaternion` and ``matrix_from_euler``.
    basis : {"real", "complex"}
        ``real``: ``Y(R r) = D(R) Y(r)`` for the real harmonics. ``complex``: the matrix of the textbooks,
        ``Y_m(R^-1 r) = sum_m' D_m'm(R) Y_m'(r)``. In both, coefficients of a rotated function are ``D c``.
    axis : {"y", "z"}, optional
        Polar axis; y for the real basis and z for the complex one when not given.
    check : bool
        Refuse matrices that are not orthogonal.

    Returns
    -------
    array of shape (..., 2l+1, 2l+1)

    Raises
    ------
    NotAGroupElementError
        If a matrix is not orthogonal.

    Examples
    --------
    >>> quarter = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    >>> wigner_D(1, quarter).round(12) + 0.0  # degree 1 is (x, y, z)
    array([[ 0., -1.,  0.],
           [ 1.,  0.,  0.],
           [ 0.,  0.,  1.]])
    """
    return _of_rotations(checked_degree(degree), rotation, basis, axis, check, last_only=True)[0]


def wigner_D_all(
    degree: int, rotation: Any, basis: str = "real", axis: str | None = None, check: bool = True
) -> list[Any]:
    """The D-matrices of all degrees 0..``degree`` in one run; parameters as in :func:`wigner_D`.

    Examples
    --------
    >>> [D.shape for D in wigner_D_all(2, np.eye(3))]
    [(1, 1), (3, 3), (5, 5)]
    """
    return _of_rotations(checked_degree(degree), rotation, basis, axis, check, last_only=False)


def _of_rotations(degree: int, rotation: Any, basis: str, axis: str | None, check: bool, last_only: bool) -> list[Any]:
    if basis not in ("real", "complex"):
        raise UnknownNameError(f"basis is {basis!r}; it must be 'real' or 'complex'")
    twice_spin(degree)
    r, kind = _double(rotation, "the rotation", (3, 3))
    xp = namespace_of(r)
    single = (is_torch(r) and kind != xp.float64) or (not is_torch(r) and kind != np.float64)
    if check:
        _check_orthogonal(xp, r, 1e-3 if single else 1e-6)
    axis = polar_axis(axis or ("y" if basis == "real" else "z"))
    if axis == "y":
        p = constant_like(Y_TO_Z, r)
        r = p @ r @ p.T
    # Determinant by the triple product: exact enough for a sign, and differentiable.
    det = (r[..., 0, :] * xp.stack(_cross(r[..., 1, :], r[..., 2, :]), -1)).sum(-1)
    parity = xp.where(det < 0, -xp.ones_like(det), xp.ones_like(det))
    r = r * parity[..., None, None]
    u, v, w, y = _bilinear_forms(xp, r)
    # Entries m + m' and m - m' are both even or both odd: z1^a z2^b is u^(a//2) v^(b//2), times z1 z2 when odd.
    powers = (_powers(xp, u, degree), _powers(xp, v, degree))
    # |w|^2 = |z1 z2|^2 = (1 - cos^2 beta) / 4.
    cosine = r[..., 2, 2]
    smaller = 4 * (w.real**2 + w.imag**2) / (1 + xp.where(cosine >= 0, cosine, -cosine))
    table = _jacobi(2 * degree, cosine, smaller)
    out = []
    for ell in range(degree, degree + 1) if last_only else range(degree + 1):
        upper = _upper_rows(xp, table[ell], powers, w, y, 2 * ell, 2 * degree)
        if ell % 2:
            upper = upper * parity[..., None, None]
        full = _real_from_upper(xp, upper, ell) if basis == "real" else _with_lower_rows(xp, upper, 2 * ell)
        out.append(_cast(full, kind))
    return out


def _bilinear_forms(xp: Any, r: Any) -> tuple[Any, Any, Any, Any]:
    """z1^2, z2^2, z1 z2 and z1 conj(z2) from the entries of the rotation matrix."""
    make = xp.complex if xp is not np else (lambda re, im: re + 1j * im)
    r = r / 2
    u = make(r[..., 0, 0] + r[..., 1, 1], r[..., 0, 1] - r[..., 1, 0])
    v = make(r[..., 1, 1] - r[..., 0, 0], r[..., 1, 0] + r[..., 0, 1])
    w = make(r[..., 0, 2], -r[..., 1, 2])
    y = make(-r[..., 2, 0], -r[..., 2, 1])
    # Of z1^2 and z2^2 the smaller one is a difference of numbers near 1; the product w conj(y) keeps its digits.
    upper = r[..., 2, 2] >= 0
    # Not abs, whose derivative at 0 is taken as 0.
    larger = 0.5 + xp.where(upper, r[..., 2, 2], -r[..., 2, 2])
    return xp.where(upper, u, w * y / larger), xp.where(upper, w * xp.conj(y) / larger, v), w, y


def _upper_rows(xp: Any, table: Any, powers: tuple, w: Any, y: Any, t: int, twice: int) -> Any:
    """Rows m >= 0 of the complex D of spin t/2, from whole powers."""
    first, second, sign, row, column, b, c = _exponents(t)
    values = _gather(table, row, column, twice, t) * constant_like(sign, table)
    left, right = powers
    odd = first % 2 == 1
    z1 = left[..., first // 2]
    z2 = right[..., second // 2]
    w, y = w[..., None, None], y[..., None, None]
    b_, c_, odd_ = (constant_like(f.astype(bool), table) for f in (b, c, odd))
    # Region A: z1^a z2^b; B: z1^a (-z2*)^b; C: conj of B's at (-m, -m').
    factor = xp.where(b_, z1 * xp.conj(z2), xp.where(c_, xp.conj(z1) * z2, z1 * z2))
    mixed = xp.where(b_, y, xp.where(c_, xp.conj(y), w))
    return values * factor * xp.where(odd_, mixed, xp.ones_like(mixed))


def wigner_D_spin(j: float, quaternion: Any) -> Any:
    """The complex D-matrix of any spin, whole or half-odd, for unit quaternions (w, x, y, z), that is for SU(2).

    Parameters
    ----------
    j : int or half-odd float
    quaternion : array or torch tensor of shape (..., 4)
        ``(cos(angle/2), axis sin(angle/2))``; its length is divided out. -q gives (-1)^(2j) D.

    Returns
    -------
    complex array of shape (..., 2j+1, 2j+1)
        ``exp(-i angle axis.J)`` with rows and columns m = -j..j, polar axis z.

    Examples
    --------
    >>> turn = [np.cos(np.pi / 2), 0.0, 0.0, np.sin(np.pi / 2)]  # half a turn about z
    >>> wigner_D_spin(0.5, turn).round(12).diagonal()
    array([0.+1.j, 0.-1.j])
    """
    t = twice_spin(j)
    q, kind = _double(quaternion, "the quaternion", (4,))
    xp = namespace_of(q)
    norm = (q * q).sum(-1, keepdims=True)
    if not bool((norm > 0).all()):
        raise NotAGroupElementError("a quaternion is zero or NaN; it must have a length to be a rotation")
    q = q / xp.sqrt(norm)
    make = xp.complex if xp is not np else (lambda re, im: re + 1j * im)
    z1, z2 = make(q[..., 0], -q[..., 3]), make(q[..., 2], q[..., 1])
    c2, s2 = q[..., 0] ** 2 + q[..., 3] ** 2, q[..., 1] ** 2 + q[..., 2] ** 2
    cosine = c2 - s2
    first, second, sign, row, column, b, c = _exponents(t)
    values = _gather(_jacobi(t, cosine, 2 * xp.where(cosine >= 0, s2, c2))[-1], row, column, t, t) * constant_like(
        sign, cosine
    )
    p1, p2 = _powers(xp, z1, t)[..., first], _powers(xp, z2, t)[..., second]
    b_, c_ = (constant_like(f.astype(bool), cosine) for f in (b, c))
    upper = values * xp.where(b_, p1 * xp.conj(p2), xp.where(c_, xp.conj(p1) * p2, p1 * p2))
    return _cast(_with_lower_rows(xp, upper, t), kind)


def _real_from_upper(xp: Any, upper: Any, ell: int) -> Any:
    """Real D from the rows m >= 0 of the complex D.

    With Z_m = (R_m + i R_-m)/sqrt(2), Z_-m its conjugate, Z(R r) = E Z(r), and E is the conjugate of D without the
    Condon-Shortley signs (-1)^m of the rows and columns m > 0.
    """
    if ell == 0:
        return upper.real
    m = np.arange(-ell, ell + 1)
    signs = np.where(m > 0, (-1.0) ** np.abs(m), 1.0)
    e = xp.conj(upper) * constant_like(signs[ell:, None] * signs[None, :], upper.real)
    plus = e[..., ell:]
    minus = _turned(xp, e[..., : ell + 1], -1)
    total, difference = plus + minus, plus - minus
    # Rows and columns 0 belong to R_0 = Z_0 and have no partner.
    root = np.ones(ell + 1)
    root[0] = np.sqrt(0.5)
    weight = constant_like(root[:, None] * root[None, :], upper.real)
    cc, sc = total.real * weight, total.imag * weight
    cs, ss = -difference.imag * weight, difference.real * weight
    sine_rows = xp.concatenate([_turned(xp, ss[..., 1:, 1:], -1, -2), _turned(xp, sc[..., 1:, :], -2)], -1)
    cosine_rows = xp.concatenate([_turned(xp, cs[..., :, 1:], -1), cc], -1)
    return xp.concatenate([sine_rows, cosine_rows], -2)


def _cross(a: Any, b: Any) -> list[Any]:
    return [
        a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1],
        a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2],
        a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0],
    ]


def _double(array: Any, name: str, tail: tuple[int, ...]) -> tuple[Any, Any]:
    a = as_floating(array, name)
    if tuple(a.shape[-len(tail) :]) != tail:
        wanted = "(..., " + ", ".join(map(str, tail)) + ")"
        raise ShapeError(f"{name} has shape {tuple(a.shape)}; it must be {wanted}")
    kind = a.dtype
    return (a.to(namespace_of(a).float64), kind) if is_torch(a) else (a.astype(float), kind)


def _cast(array: Any, kind: Any) -> Any:
    """Back to the precision of the input, real or complex."""
    if not is_torch(array):
        return array.astype(np.result_type(kind, np.complex64) if np.iscomplexobj(array) else kind, copy=False)
    torch = namespace_of(array)
    single = {torch.float32: torch.complex64, torch.float64: torch.complex128}.get(kind, torch.complex64)
    return array.to(single if array.is_complex() else kind)


def _check_orthogonal(xp: Any, r: Any, tolerance: float) -> None:
    gram = r @ (r.mT if is_torch(r) else r.swapaxes(-1, -2))
    eye = constant_like(np.eye(3), r)
    distance = xp.abs(gram - eye)
    error = float((distance.detach() if is_torch(distance) else distance).max()) if 0 not in gram.shape else 0.0
    if not error <= tolerance:
        raise NotAGroupElementError(
            f"a rotation is not orthogonal: |R R^T - 1| reaches {error:.2g}; give orthogonal matrices"
        )
