"""Polar factors of matrices, exactly and by matrix products alone: SVD, QDWH, Newton-Schulz, Polar Express.

M = U P with U (partially) isometric and P positive. The iterations apply an odd polynomial or rational function to the
singular values until all are near 1; they are what optimizers run on gradients, in any precision and on any device.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Num

from symmeter.errors import InputError, NonFiniteError, ShapeError, UnknownNameError, nearest_name
from symmeter.linalg.array_namespace import as_floating, is_torch, namespace_of

__all__ = [
    "POLAR_SCHEDULES",
    "inverse_square_root",
    "polar_decomposition",
    "polar_factor",
    "polar_iteration",
    "polar_qdwh",
    "polar_svd",
    "singular_value_map",
]

Coefficients = tuple[float, float, float]

_EXPRESS = (
    (8.28721201814563, -23.595886519098837, 17.300387312530933),
    (4.107059111542203, -2.9478499167379106, 0.5448431082926601),
    (3.9486908534822946, -2.908902115962949, 0.5518191394370137),
    (3.3184196573706015, -2.488488024314874, 0.51004894012372),
    (2.300652019954817, -1.6689039845747493, 0.4188073119525673),
    (1.891301407787398, -1.2679958271945868, 0.37680408948524835),
    (1.8750014808534479, -1.2500016453999487, 0.3750001645474248),
    (1.875, -1.25, 0.375),
)


def _relaxed(steps: Sequence[Coefficients], safety: float) -> tuple[Coefficients, ...]:
    """Every step but the last on arguments divided by ``safety``, so that rounding cannot push values out of range."""
    return (*((a / safety, b / safety**3, c / safety**5) for a, b, c in steps[:-1]), steps[-1])


#: Odd polynomials a x + b x^3 + c x^5, step by step, for singular values in [0, 1].
#:
#: ``newton-schulz`` is Muon's (Jordan et al. 2024): five steps, fast from small values, ends within [0.68, 1.13].
#: ``polar-express`` (Amsel et al. 2025) has eight steps and converges to 1; ``polar-express-5`` is its five-step set.
#: ``cubic`` and ``quintic`` are the classical iterations, which converge for any number of steps.
POLAR_SCHEDULES: dict[str, tuple[Coefficients, ...]] = {
    "newton-schulz": ((3.4445, -4.775, 2.0315),) * 5,
    "polar-express": _relaxed(_EXPRESS, 1.05),
    "polar-express-5": (
        (8.156554524902461, -22.48329292557795, 15.878769915207462),
        (4.042929935166739, -2.808917465908714, 0.5000178451051316),
        (3.8916678022926607, -2.772484153217685, 0.5060648178503393),
        (3.285753657755655, -2.3681294933425376, 0.46449024233003106),
        (2.3465413258596377, -1.7097828382687081, 0.42323551169305323),
    ),
    "cubic": ((1.5, -0.5, 0.0),) * 30,
    "quintic": ((1.875, -1.25, 0.375),) * 20,
}


def _schedule(name: str | Sequence[Coefficients], steps: int | None) -> tuple[Coefficients, ...]:
    if isinstance(name, str):
        if name not in POLAR_SCHEDULES:
            close = nearest_name(name, POLAR_SCHEDULES)
            hint = f"; did you mean {close!r}?" if close else ""
            raise UnknownNameError(f"no schedule is called {name!r}; known are {', '.join(POLAR_SCHEDULES)}{hint}")
        known = POLAR_SCHEDULES[name]
    else:
        known = tuple((float(a), float(b), float(c)) for a, b, c in name)
    if steps is None:
        return known
    if steps < 1:
        raise InputError(f"steps is {steps}; at least one step is needed")
    return (*known[:steps], *(known[-1:] * (steps - len(known))))


def _matrices(matrix: Any, check: bool = True) -> tuple[Any, Any]:
    a = as_floating(matrix, "the matrix", allow_complex=True)
    if a.ndim < 2 or 0 in a.shape[-2:]:
        raise ShapeError(f"the matrix has shape {tuple(a.shape)}; it must be (..., m, n) with m, n >= 1")
    xp = namespace_of(a)
    if check and not bool(xp.isfinite(a).all()):
        raise NonFiniteError("the matrix contains NaN or infinity; it has no polar factor")
    return xp, a


def _adjoint(a: Any) -> Any:
    return a.mH if is_torch(a) else a.conj().swapaxes(-1, -2)


def polar_svd(matrix: Num[np.ndarray, "*batch m n"], rtol: float | None = None) -> Num[np.ndarray, "*batch m n"]:
    """The polar factor ``U V^H`` from a singular value decomposition, zero on the null space.

    Parameters
    ----------
    matrix : array or torch tensor of shape (..., m, n)
        Real or complex; half precision is computed in single.
    rtol : float, optional
        Singular values up to this fraction of the largest count as zero; max(m, n) times the rounding unit by default.

    Raises
    ------
    ShapeError, NonFiniteError

    Examples
    --------
    >>> polar_svd([[3.0, 4.0], [0.0, 5.0], [1.0, 0.0]]).round(6)
    array([[ 0.830956,  0.464249],
           [-0.402307,  0.882042],
           [ 0.384267, -0.080461]])
    """
    xp, a = _matrices(matrix)
    work, kind = _at_least_single(xp, a)
    u, s, vh = xp.linalg.svd(work, full_matrices=False)
    if rtol is None:
        rtol = max(a.shape[-2:]) * float(xp.finfo(work.dtype).eps)
    keep = s > rtol * s[..., :1]
    out = (u * keep[..., None, :]) @ vh
    return out if kind is None else out.to(kind)


def _at_least_single(xp: Any, a: Any) -> tuple[Any, Any]:
    if xp is not np and a.dtype in (xp.float16, xp.bfloat16):
        return a.to(xp.float32), a.dtype
    return a, None


def polar_iteration(
    matrix: Num[np.ndarray, "*batch m n"],
    schedule: str | Sequence[Coefficients] = "newton-schulz",
    steps: int | None = None,
    gram: bool | None = None,
    safety: float = 1.0,
    eps: float = 1e-7,
    dtype: Any = None,
) -> Num[np.ndarray, "*batch m n"]:
    """An approximate polar factor by odd matrix polynomials.

    Parameters
    ----------
    matrix : array or torch tensor of shape (..., m, n)
        A zero matrix gives zero.
    schedule : str or sequence of (a, b, c)
        A name of :data:`POLAR_SCHEDULES`, or coefficients of ``a X + b X X^H X + c (X X^H)^2 X`` step by step.
    steps : int, optional
        Cut the schedule, or repeat its last step.
    gram : bool, optional
        Iterate on the small Gram matrix and multiply once at the end: fewer operations for long matrices, but the
        condition number is squared. By default for aspect ratios of 8 and more in double or single precision.
    safety, eps : float
        The matrix is divided by ``safety * norm + eps`` (Frobenius norm) first.
    dtype : optional
        Type to compute in, such as ``torch.bfloat16``; the result has the type of the matrix.

    Returns
    -------
    array of shape (..., m, n)

    Examples
    --------
    >>> u = polar_iteration(np.diag([3.0, 1.0]), "polar-express")
    >>> bool(np.abs(u - np.eye(2)).max() < 1e-6)
    True
    """
    coefficients = _schedule(schedule, steps)
    xp, a = _matrices(matrix, check=False)
    kind = a.dtype
    x = a if dtype is None else (a.to(dtype) if is_torch(a) else a.astype(dtype))
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = _adjoint(x)
    norm = xp.sqrt((xp.abs(x) ** 2).sum(-1).sum(-1))[..., None, None]
    x = x / (norm * safety + eps)
    if gram is None:
        half = xp is not np and x.dtype in (xp.float16, xp.bfloat16)
        gram = x.shape[-1] >= 8 * x.shape[-2] and not half
    x = _by_gram(xp, x, coefficients) if gram else _direct(x, coefficients)
    if tall:
        x = _adjoint(x)
    return x.to(kind) if is_torch(x) else x.astype(kind, copy=False)


def _direct(x: Any, coefficients: Sequence[Coefficients]) -> Any:
    if is_torch(x):
        return _direct_torch(x, coefficients)
    for a, b, c in coefficients:
        g = x @ _adjoint(x)
        x = a * x + (b * g + c * (g @ g)) @ x if c else a * x + b * (g @ x)
    return x


def _direct_torch(x: Any, coefficients: Sequence[Coefficients]) -> Any:
    """The same with sums folded into products: each step reads and writes every matrix once."""
    torch = namespace_of(x)
    shape = x.shape
    x = x if x.ndim == 2 else x.reshape(-1, *shape[-2:])
    product = torch.addmm if x.ndim == 2 else torch.baddbmm
    for a, b, c in coefficients:
        g = x @ x.mH
        if c:
            g, b = product(g, g, g, beta=b, alpha=c), 1.0
        x = product(x, g, x, beta=a, alpha=b)
    return x.reshape(shape)


def _by_gram(xp: Any, x: Any, coefficients: Sequence[Coefficients]) -> Any:
    g = x @ _adjoint(x)
    one = xp.eye(g.shape[-1], dtype=g.dtype) if xp is np else xp.eye(g.shape[-1], dtype=g.dtype, device=g.device)
    total = None
    for a, b, c in coefficients:
        q = a * one + b * g + c * (g @ g)
        total = q if total is None else q @ total
        g = q @ g @ q
        # Rounding would let the antisymmetric part grow.
        g = (g + _adjoint(g)) / 2
    return total @ x


def singular_value_map(
    sigma: Float[np.ndarray, " n"], schedule: str | Sequence[Coefficients] = "newton-schulz", steps: int | None = None
) -> Float[np.ndarray, " n"]:
    """What a schedule makes of singular values in [0, 1].

    Examples
    --------
    >>> singular_value_map([0.001, 0.1, 1.0]).round(6)
    array([0.470544, 0.71212 , 0.696436])
    """
    s = np.asarray(sigma, dtype=float)
    for a, b, c in _schedule(schedule, steps):
        s = s * (a + s * s * (b + c * s * s))
    return s


def polar_qdwh(matrix: Num[np.ndarray, "*batch m n"], smallest: float | None = None) -> Num[np.ndarray, "*batch m n"]:
    """The polar factor by the dynamically weighted Halley iteration: at most six or seven steps in double precision.

    Parameters
    ----------
    matrix : array or torch tensor of shape (..., m, n)
        Of full rank; singular values below ``smallest`` of the largest are only partly raised to 1.
    smallest : float, optional
        A lower bound on the ratio of the smallest to the largest singular value; the rounding unit by default, for
        which the number of steps is that of the worst case.

    References
    ----------
    Nakatsukasa, Bai, Gygi, SIAM J. Matrix Anal. Appl. 31, 2700 (2010).

    Examples
    --------
    >>> polar_qdwh([[0.0, -2.0], [1.0, 0.0]]).round(12) + 0.0
    array([[ 0., -1.],
           [ 1.,  0.]])
    """
    xp, a = _matrices(matrix)
    x, kind = _at_least_single(xp, a)
    tall = x.shape[-2] >= x.shape[-1]
    if not tall:
        x = _adjoint(x)
    unit = float(xp.finfo(x.dtype).eps)
    # The Frobenius norm bounds the largest singular value and costs nothing; it loses at most a factor sqrt(n).
    norm = xp.sqrt((xp.abs(x) ** 2).sum(-1).sum(-1))[..., None, None]
    x = x / xp.where(norm > 0, norm, xp.ones_like(norm))
    low = (unit if smallest is None else float(smallest)) / np.sqrt(x.shape[-1])
    if not 0 < low <= 1:
        raise InputError(f"smallest is {smallest}; it must be in (0, 1]")
    n = x.shape[-1]
    one = xp.eye(n, dtype=x.dtype) if xp is np else xp.eye(n, dtype=x.dtype, device=x.device)
    for _ in range(12):
        if abs(low - 1) <= 4 * unit:
            break
        # Weights of Halley's iteration that are best for singular values in [low, 1].
        d = np.cbrt(4 * (1 - low**2) / low**4)
        root = np.sqrt(1 + d)
        wa = root + 0.5 * np.sqrt(8 - 4 * d + 8 * (2 - low**2) / (low**2 * root))
        wb = (wa - 1) ** 2 / 4
        wc = wa + wb - 1
        if wc > 100:
            # By QR while the matrix may be ill-conditioned: no Gram matrix is formed.
            eye = xp.broadcast_to(one, (*x.shape[:-2], n, n))
            q, _ = xp.linalg.qr(xp.concatenate([np.sqrt(wc) * x, eye], -2))
            top, bottom = q[..., : x.shape[-2], :], q[..., x.shape[-2] :, :]
            x = (wb / wc) * x + ((wa - wb / wc) / np.sqrt(wc)) * (top @ _adjoint(bottom))
        else:
            z = one + wc * (_adjoint(x) @ x)
            x = (wb / wc) * x + (wa - wb / wc) * _adjoint(xp.linalg.solve(z, _adjoint(x)))
        low = min(1.0, low * (wa + wb * low**2) / (1 + wc * low**2))
    out = x if tall else _adjoint(x)
    return out if kind is None else out.to(kind)


_EXACT = {"svd": polar_svd, "qdwh": polar_qdwh}


def polar_factor(matrix: Num[np.ndarray, "*batch m n"], method: str = "svd", **options: Any) -> Any:
    """The (partially) isometric polar factor of each matrix.

    Parameters
    ----------
    matrix : array or torch tensor of shape (..., m, n)
    method : str
        ``"svd"`` or ``"qdwh"``, exact; or a name of :data:`POLAR_SCHEDULES`, approximate.
    **options
        Of :func:`polar_svd`, :func:`polar_qdwh` or :func:`polar_iteration`.

    Raises
    ------
    UnknownNameError, ShapeError, NonFiniteError

    Examples
    --------
    >>> polar_factor(np.diag([2.0, -3.0]))
    array([[ 1.,  0.],
           [ 0., -1.]])
    """
    if method in _EXACT:
        return _EXACT[method](matrix, **options)
    if method not in POLAR_SCHEDULES:
        known = (*_EXACT, *POLAR_SCHEDULES)
        close = nearest_name(method, known)
        hint = f"; did you mean {close!r}?" if close else ""
        raise UnknownNameError(f"no method is called {method!r}; known are {', '.join(known)}{hint}")
    return polar_iteration(matrix, method, **options)


def polar_decomposition(matrix: Num[np.ndarray, "*batch m n"]) -> tuple[Any, Any]:
    """``M = U P`` with P Hermitian positive semidefinite of shape (..., n, n).

    Examples
    --------
    >>> u, p = polar_decomposition(np.array([[0.0, -2.0], [3.0, 0.0]]))
    >>> p
    array([[3., 0.],
           [0., 2.]])
    """
    xp, a = _matrices(matrix)
    work, kind = _at_least_single(xp, a)
    u, s, vh = xp.linalg.svd(work, full_matrices=False)
    keep = s > max(a.shape[-2:]) * float(xp.finfo(work.dtype).eps) * s[..., :1]
    factor, positive = (u * keep[..., None, :]) @ vh, _adjoint(vh) @ (s[..., None] * vh)
    return (factor, positive) if kind is None else (factor.to(kind), positive.to(kind))


def inverse_square_root(
    matrix: Num[np.ndarray, "*batch n n"], damping: float = 0.0, method: str = "eigh", steps: int | None = None
) -> Num[np.ndarray, "*batch n n"]:
    """``(C + damping I)^(-1/2)`` of Hermitian positive semidefinite matrices.

    Parameters
    ----------
    matrix : array or torch tensor of shape (..., n, n)
    damping : float
        Added to the diagonal. Without it, null directions give zero with ``eigh``.
    method : str
        ``"eigh"``, or a name of :data:`POLAR_SCHEDULES`: the coupled iteration Y <- Y M, Z <- M Z by products alone.
    steps : int, optional
        Steps of the coupled iteration.

    Raises
    ------
    InputError
        If ``damping`` is negative, or a matrix is clearly not positive semidefinite (``eigh`` only).
    ShapeError, NonFiniteError, UnknownNameError

    Examples
    --------
    >>> inverse_square_root(np.diag([4.0, 0.25]))
    array([[0.5, 0. ],
           [0. , 2. ]])
    """
    xp, c = _matrices(matrix)
    if c.shape[-1] != c.shape[-2]:
        raise ShapeError(f"the matrix has shape {tuple(c.shape)}; it must be square")
    if not damping >= 0:
        raise InputError(f"damping is {damping}; it is added to the diagonal and must be >= 0")
    c, kind = _at_least_single(xp, c)
    one = xp.eye(c.shape[-1], dtype=c.dtype) if xp is np else xp.eye(c.shape[-1], dtype=c.dtype, device=c.device)
    c = (c + _adjoint(c)) / 2 + damping * one
    if method == "eigh":
        values, vectors = xp.linalg.eigh(c)
        top = xp.abs(values).max(-1)[..., None] if xp is np else values.abs().amax(-1, keepdim=True)
        # Rounding of a Gram matrix makes null directions slightly negative, never this much.
        if bool((values < -1e3 * c.shape[-1] * float(xp.finfo(c.dtype).eps) * top).any()):
            raise InputError(
                f"the matrix has the eigenvalue {float(values.min()):.3g} beside {float(top.max()):.3g}; it must be "
                "positive semidefinite"
            )
        keep = values > c.shape[-1] * float(xp.finfo(c.dtype).eps) * top
        powers = xp.where(keep, xp.where(keep, values, xp.ones_like(values)) ** -0.5, xp.zeros_like(values))
        out = (vectors * powers[..., None, :]) @ _adjoint(vectors)
        return out if kind is None else out.to(kind)
    norm = xp.sqrt((xp.abs(c) ** 2).sum(-1).sum(-1))[..., None, None]
    norm = xp.where(norm > 0, norm, xp.ones_like(norm))
    y, z = c / norm, xp.broadcast_to(one, c.shape)
    for p, q, r in _schedule(method, steps):
        rest = one - z @ y
        # a + b x^2 + c x^4 of the singular value x, written in 1 - x^2.
        m = (p + q + r) * one - (q + 2 * r) * rest + r * (rest @ rest)
        y, z = y @ m, m @ z
    out = z / xp.sqrt(norm)
    return out if kind is None else out.to(kind)
