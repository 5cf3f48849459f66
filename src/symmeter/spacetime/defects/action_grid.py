"""Actions on grids: values, gradients by coframe and Lambda, Noether identities, and minimisation.

The gradient is the transpose of the computation, step by step, with the transpose of the grid's own derivative, so it
is that of the discrete action to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from symmeter.errors import InputError, UnknownNameError
from symmeter.spacetime.defects.action import Action
from symmeter.spacetime.defects.grid_forms import exterior, inverses
from symmeter.spacetime.defects.grid_geometry import GridMetricAffine
from symmeter.spacetime.defects.grids import Grid

__all__ = ["Minimum", "gradient", "minimise", "noether_residuals", "value"]

_VARY = ("both", "coframe", "Lambda", "displacement")


@dataclass(frozen=True, eq=False)
class Minimum:
    """What a minimisation found.

    Attributes
    ----------
    geometry : GridMetricAffine
    energy, start : float
        Of the action at the end and at the beginning.
    iterations : int
    gradient : float
        Largest derivative at the end, in units of the energy at the start; ``gradient_start`` is that at the start.
    gradient_start : float
    converged : bool
    """

    geometry: GridMetricAffine
    energy: float
    start: float
    iterations: int
    gradient: float
    gradient_start: float
    converged: bool


def value(action: Action, geometry: GridMetricAffine) -> float:
    """``int sqrt(g) L``, and the elastic energy, of any geometry on a grid."""
    if action.n != geometry.n:
        raise InputError(f"an action for {action.n} dimensions and a geometry in {geometry.n}")
    density = action.density(geometry._T, geometry._Q).reshape(geometry.grid.shape)
    total = float((density * geometry.weights).sum())
    if action.elastic is not None:
        total += float((_elastic(action, geometry._e)[0].reshape(geometry.grid.shape) * geometry.grid.weights()).sum())
    return total


def _elastic(action: Action, e: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Energy per volume of space, and its derivative by the coframe."""
    assert action.elastic is not None
    lam, mu = action.elastic
    n = len(e)
    strain = (np.eye(n)[:, :, None] - np.einsum("aip,ajp->ijp", e, e)) / 2
    trace = np.einsum("iip->p", strain)
    stress = 2 * mu * strain + lam * trace * np.eye(n)[:, :, None]
    return lam / 2 * trace**2 + mu * (strain**2).sum(axis=(0, 1)), -np.einsum("ijp,ajp->aip", stress, e)


def value_and_gradient(
    action: Action, grid: Grid, e: np.ndarray, Lambda: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """The action and its derivatives by both fields, arrays (n, n, points)."""
    weights = grid.weights().reshape(-1)
    X, det = inverses(e, "the coframe", grid.shape)
    Li, _ = inverses(Lambda, "Lambda", grid.shape)
    De, DL = exterior(grid, e, 0), exterior(grid, Lambda, 0)
    omega = np.einsum("aAp,Abip->abip", Li, DL)
    half = De.swapaxes(1, 2) + np.einsum("abip,bjp->aijp", omega, e)
    T2 = half - half.swapaxes(1, 2)
    TX = np.einsum("aijp,jcp->aicp", T2, X)
    T = np.einsum("aicp,ibp->abcp", TX, X)
    Qs = (omega + omega.swapaxes(0, 1)) / 2
    Q = np.einsum("abip,icp->abcp", Qs, X)
    density = action.density(T, Q)
    volume = weights * np.abs(det)
    total = float((density * volume).sum())

    dT, dQ = action.derivatives(T, Q)
    dT, dQ = dT * volume, dQ * volume
    gTX = np.einsum("abcp,ibp->aicp", dT, X)
    gX = np.einsum("abcp,aicp->ibp", dT, TX)
    gX += np.einsum("aicp,aijp->jcp", gTX, T2)
    gX += np.einsum("abcp,abip->icp", dQ, Qs)
    g2 = np.einsum("aicp,jcp->aijp", gTX, X)
    ghalf = g2 - g2.swapaxes(1, 2)
    gQs = np.einsum("abcp,icp->abip", dQ, X)
    gomega = np.einsum("aijp,bjp->abip", ghalf, e) + (gQs + gQs.swapaxes(0, 1)) / 2
    ge = np.einsum("aijp,abip->bjp", ghalf, omega)
    ge -= np.einsum("ibp,iap,jap->bjp", X, gX, X, optimize=True)
    ge += volume * density * X.swapaxes(0, 1)
    ge += _transposed(grid, ghalf.swapaxes(1, 2))
    gLi = np.einsum("abip,Abip->aAp", gomega, DL)
    gL = -np.einsum("aBp,aAp,cAp->Bcp", Li, gLi, Li, optimize=True)
    gL += _transposed(grid, np.einsum("aAp,abip->Abip", Li, gomega))
    if action.elastic is not None:
        energy, slope = _elastic(action, e)
        total += float((energy * weights).sum())
        ge += slope * weights
    return total, ge, gL


def _transposed(grid: Grid, g: np.ndarray) -> np.ndarray:
    """Derivatives by a field from derivatives by its gradient, whose index is last."""
    full = g.reshape(*g.shape[:-1], *grid.shape)
    out = sum(grid.transposed(full[:, :, i], i) for i in range(grid.dimension))
    return np.asarray(out).reshape(*g.shape[:2], -1)


def gradient(action: Action, geometry: GridMetricAffine) -> tuple[np.ndarray, np.ndarray]:
    """Derivatives by ``e^a_i`` and ``Lambda^A_b``, arrays (n, n, *grid), each per point of the grid."""
    _check(action, geometry)
    _, ge, gL = value_and_gradient(action, geometry.grid, geometry._e, geometry._Lambda)
    return geometry._open(ge), geometry._open(gL)


def _check(action: Action, geometry: GridMetricAffine) -> None:
    if action.n != geometry.n:
        raise InputError(f"an action for {action.n} dimensions and a geometry in {geometry.n}")
    if geometry._E is None:
        raise InputError(f"the fields of the action are a coframe and Lambda; gauge {geometry.gauge!r} has no Lambda")


def noether_residuals(
    action: Action, geometry: GridMetricAffine, rng: np.random.Generator | int | None = None
) -> dict[str, float]:
    """Change of the action along random symmetries, as a part of the sum of the sizes of all its terms.

    Diffeomorphisms move both fields by Lie derivatives, local rotations turn ``e`` and ``Lambda^-1`` alike, constant
    matrices of GL(n) multiply Lambda from the left. With an elastic energy, space is no longer without landmarks, and
    the first does not hold.

    Raises
    ------
    InputError
        For a grid that is not periodic, where integration by parts leaves a boundary.
    """
    _check(action, geometry)
    grid, n = geometry.grid, geometry.n
    if not grid.periodic:
        raise InputError("Noether identities are tested by integration by parts, which needs a periodic grid")
    draw = np.random.default_rng(rng)
    e, Lambda = geometry._e, geometry._Lambda
    _, ge, gL = value_and_gradient(action, grid, e, Lambda)
    smooth = _smooth_fields(grid, n + n * n, draw)
    xi, turn = smooth[:n], smooth[n:].reshape(n, n, -1)
    De, DL, Dxi = exterior(grid, e, 0), exterior(grid, Lambda, 0), exterior(grid, xi, 0)
    moved = np.einsum("jp,aijp->aip", xi, De) + np.einsum("ajp,jip->aip", e, Dxi), np.einsum("jp,Abjp->Abp", xi, DL)
    turn = turn - turn.swapaxes(0, 1)
    turned = np.einsum("abp,bip->aip", turn, e), -np.einsum("Abp,bcp->Acp", Lambda, turn)
    constant = np.zeros_like(e), np.einsum("AB,Bbp->Abp", draw.standard_normal((n, n)), Lambda)
    out = {}
    for name, (de, dL) in {"diffeomorphisms": moved, "rotations": turned, "GL(n)": constant}.items():
        terms = np.concatenate([(ge * de).ravel(), (gL * dL).ravel()])
        size = float(np.abs(terms).sum())
        out[name] = abs(float(terms.sum())) / size if size > 0 else 0.0
    return out


def _smooth_fields(grid: Grid, count: int, draw: np.random.Generator) -> np.ndarray:
    """Random fields of the longest waves of the box."""
    phases = [2 * np.pi * np.arange(k) / k for k in grid.shape]
    mesh = np.array(np.meshgrid(*phases, indexing="ij"))
    out = np.zeros((count, *grid.shape))
    for f in out:
        for _ in range(3):
            k = draw.integers(-1, 2, grid.dimension)
            f += draw.normal() * np.cos(np.tensordot(k, mesh, 1) + draw.uniform(0, 2 * np.pi))
    return out.reshape(count, -1)


def minimise(
    action: Action,
    geometry: GridMetricAffine,
    vary: str = "both",
    *,
    iterations: int = 200,
    tolerance: float = 1e-8,
) -> Minimum:
    """Minimise the action from a geometry on a grid, by L-BFGS.

    Parameters
    ----------
    action : Action
    geometry : GridMetricAffine
        Where to start, with a Lambda or a crystal coframe.
    vary : {"both", "coframe", "Lambda", "displacement"}
        Which fields move. A displacement adds gradients to the coframe (and leaves Lambda alone): with Lambda = 1 the
        dislocations stay where they are while the crystal relaxes.
    iterations : int
    tolerance : float
        Stops when the largest derivative is this part of what it was.

    Raises
    ------
    InputError, UnknownNameError
        Also for an action that is not bounded from below, which has no minimum.
    """
    from scipy.optimize import minimize

    _check(action, geometry)
    if vary not in _VARY:
        raise UnknownNameError(f"{vary!r} cannot be varied; use one of {', '.join(_VARY)}")
    stable = action.stability()
    if not stable.bounded:
        raise InputError(f"the action has no minimum: {stable.signature[1]} directions have negative energy")
    grid, n = geometry.grid, geometry.n
    e0, L0 = geometry._e.copy(), geometry._Lambda.copy()
    unpack, pack = _packing(vary, grid, e0, L0)
    scale = grid.cell
    size = 1.0

    def objective(x: np.ndarray) -> tuple[float, np.ndarray]:
        e, L = unpack(x)
        try:
            total, ge, gL = value_and_gradient(action, grid, e, L)
        except InputError:
            # A step that folds the crystal: the line search turns back.
            return np.inf, np.zeros_like(x)
        return total / scale / size, pack(ge, gL) / scale / size

    x0 = np.zeros({"both": 2 * e0.size, "displacement": e0.size // n}.get(vary, e0.size))
    start, slope = objective(x0)
    # L-BFGS compares with one where it decides that nothing changes any more.
    size = start or 1.0
    start, slope = start / size, slope / size
    steepest = float(np.abs(slope).max())
    options = {"maxiter": iterations, "gtol": tolerance * max(steepest, 1e-300), "ftol": 1e-16, "maxcor": 20}
    found: Any = minimize(objective, x0, jac=True, method="L-BFGS-B", options=options)
    e, L = unpack(found.x)
    end = GridMetricAffine(
        geometry._open(e),
        "general",
        geometry._open(L),
        spacing=grid.spacing,
        method=grid.method,
        periodic=grid.periodic,
        origin=grid.origin,
        nonmetricity_convention=geometry.convention.nonmetricity,
        burgers_convention=geometry.convention.burgers,
    )
    last = float(np.abs(found.jac).max())
    converged = bool(found.success) and last <= max(10 * tolerance * steepest, 1e-12)
    unit = size * scale
    return Minimum(end, float(found.fun) * unit, start * unit, int(found.nit), last, steepest, converged)


def _packing(vary: str, grid: Grid, e0: np.ndarray, L0: np.ndarray) -> tuple[Callable, Callable]:
    """Fields from unknowns, and derivatives by unknowns from those by fields.

    Unknowns are smoothed on periodic boxes, by one over the length of the wave, so that all waves are equally stiff.
    """
    n, size, shape = len(e0), e0.size, e0.shape
    if vary == "displacement":

        def back(ge: np.ndarray, gL: np.ndarray) -> np.ndarray:
            full = ge.reshape(n, n, *grid.shape)
            slope = np.asarray(sum(grid.transposed(full[:, i], i) for i in range(n))).reshape(n, -1)
            return _smoothed(grid, slope, 0.0).ravel()

        return lambda x: (e0 + exterior(grid, _smoothed(grid, x.reshape(n, -1), 0.0), 0), L0), back
    longest = 2 * np.pi / max(h * k for h, k in zip(grid.spacing, grid.shape) if k > 1)

    def smooth(x: np.ndarray) -> np.ndarray:
        return _smoothed(grid, x.reshape(shape), longest)

    if vary == "both":
        return (
            lambda x: (e0 + smooth(x[:size]), L0 + smooth(x[size:])),
            lambda ge, gL: np.concatenate((smooth(ge).ravel(), smooth(gL).ravel())),
        )
    if vary == "coframe":
        return lambda x: (e0 + smooth(x), L0), lambda ge, gL: smooth(ge).ravel()
    return lambda x: (e0, L0 + smooth(x)), lambda ge, gL: smooth(gL).ravel()


def _smoothed(grid: Grid, fields: np.ndarray, mass: float) -> np.ndarray:
    """``(mass^2 + k^2)^(-1/2)`` on periodic boxes; the mean is dropped where there is no mass."""
    from scipy.fft import irfftn, rfftn

    if not grid.periodic:
        return fields
    axes = tuple(range(-grid.dimension, 0))
    square: np.ndarray | float = mass**2
    for i, (k, length) in enumerate(zip(grid.shape, grid.lengths)):
        w = 2 * np.pi / length * np.fft.fftfreq(k, 1 / k)
        w = np.abs(w[: k // 2 + 1]) if i == grid.dimension - 1 else w
        square = square + w.reshape([-1 if j == i else 1 for j in range(grid.dimension)]) ** 2
    factor = np.where(square == 0, 0.0, 1 / np.sqrt(np.where(square == 0, 1.0, square)))
    full = fields.reshape(*fields.shape[:-1], *grid.shape)
    hat: Any = rfftn(full, axes=axes)
    return np.asarray(irfftn(hat * factor, grid.shape, axes=axes)).reshape(fields.shape)
