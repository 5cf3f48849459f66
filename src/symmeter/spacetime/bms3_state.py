"""Data of a solution at null infinity of three-dimensional flat space: charges, finite transformations, orbits.

A solution in Bondi gauge is two functions Theta and Xi on the circle. Supertranslations and superrotations act on them
as the coadjoint action of the Virasoro group over dual numbers; what they cannot change is the monodromy of Hill's
equation ``psi'' = Theta/4 psi``, by which solutions are classified.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Complex, Float

from symmeter.errors import InputError, InputTypeError, NonFiniteError, ShapeError

__all__ = ["BMS3State", "Orbit", "linking_map"]

Circle = Float[np.ndarray, " n"]
#: Distance of the monodromy from minus one below which it is minus one.
_IDENTITY = 1e-7
#: Of the trace from two, in parts of the squared distance of the monodromy from the identity, below which the class is
#: parabolic; and the smallest that integration can tell.
_EDGE, _LEAST_EDGE = 1e-8, 1e-11
#: Share of the largest Fourier mode that the last eighth of modes may have in data that are resolved.
_UNRESOLVED = 1e-6
#: Exponents of the growth around the circle that numbers can hold.
_LARGEST_GROWTH = 300.0


@dataclass(frozen=True)
class Orbit:
    """The class of a solution under asymptotic symmetries.

    Attributes
    ----------
    kind : {"vacuum", "elliptic", "hyperbolic", "parabolic", "exceptional"}
        Minkowski space; a particle with a deficit angle; a cosmology; a null orbit; minus or plus the identity with
        another winding, or with a monodromy that changes along Xi, as for a spin without a mass.
    trace : float
        Of the monodromy.
    slope : float
        Derivative of the trace along ``Theta + 2 eps Xi``, the second invariant.
    winding : int
        Half turns of a solution of Hill's equation.
    representative : float or None
        Constant Theta of the orbit, where there is one.
    """

    kind: str
    trace: float
    slope: float
    winding: int
    representative: float | None


class BMS3State:
    """Theta and Xi on the circle.

    Parameters
    ----------
    Theta, Xi : float, callable, or array
        Arrays are values at ``2 pi k / n``; functions are sampled.
    G : float
        Newton's constant.
    n : int
        Points for functions and numbers.

    Raises
    ------
    InputError
        For data that are not periodic or not finite.

    Examples
    --------
    >>> minkowski = BMS3State(-1.0, 0.0)
    >>> minkowski.orbit().kind, round(minkowski.energy, 12)
    ('vacuum', -0.125)
    >>> moved = minkowski.transform(alpha=lambda phi: 0.4 * np.cos(2 * phi))
    >>> abs(moved.superrotation(2)) > 0.1, moved.orbit().kind
    (True, 'vacuum')
    """

    def __init__(self, Theta: Any, Xi: Any, *, G: float = 1.0, n: int = 256) -> None:
        for value in (Theta, Xi):
            if isinstance(value, np.ndarray) and value.ndim == 1:
                n = len(value)
        if isinstance(n, bool) or not isinstance(n, (int, np.integer)):
            raise InputTypeError(f"n is {n!r}; give a whole number of points")
        if n < 8:
            raise ShapeError(f"the circle has {n} points; take at least 8")
        if not isinstance(G, (int, float, np.number)) or not 0 < G < np.inf:
            raise InputError(f"G is {G!r}; it must be a number > 0")
        self.phi = 2 * np.pi * np.arange(n) / n
        self.Theta, self.Xi = (_sampled(v, self.phi, name) for v, name in ((Theta, "Theta"), (Xi, "Xi")))
        self.G = float(G)

    def __len__(self) -> int:
        return len(self.phi)

    # -- charges -------------------------------------------------------------------------------------------------------

    def charge(self, T: Any = 0.0, Y: Any = 0.0) -> float:
        """``Q = 1/(16 pi G) int (T Theta + 2 Y Xi) dphi``."""
        t, y = (_sampled(v, self.phi, name) for v, name in ((T, "T"), (Y, "Y")))
        return float(np.mean(t * self.Theta + 2 * y * self.Xi) / (8 * self.G))

    @property
    def energy(self) -> float:
        """``P_0``."""
        return self.charge(T=1.0)

    def supermomentum(self, n: int) -> complex:
        """``P_n``, the charge of T = exp(i n phi)."""
        return complex(np.mean(np.exp(1j * n * self.phi) * self.Theta) / (8 * self.G))

    def superrotation(self, n: int) -> complex:
        """``J_n``, the charge of Y = exp(i n phi)."""
        return complex(np.mean(np.exp(1j * n * self.phi) * self.Xi) / (4 * self.G))

    # -- transformations -----------------------------------------------------------------------------------------------

    def variation(self, T: Any = 0.0, Y: Any = 0.0) -> tuple[Circle, Circle]:
        """``delta Theta`` and ``delta Xi`` under an infinitesimal symmetry."""
        t, y = (_sampled(v, self.phi, name) for v, name in ((T, "T"), (Y, "Y")))
        d = _derivative
        theta = y * d(self.Theta) + 2 * d(y) * self.Theta - 2 * d(y, 3)
        xi = y * d(self.Xi) + 2 * d(y) * self.Xi + t * d(self.Theta) / 2 + d(t) * self.Theta - d(t, 3)
        return theta, xi

    def transform(self, F: Any = None, alpha: Any = 0.0) -> BMS3State:
        """The solution moved by a superrotation F and a supertranslation alpha.

        ``Theta' = F'^2 Theta o F - 2 {F, phi}``, ``Xi' = F'^2 [Xi + alpha Theta'/2 + alpha' Theta - alpha'''] o F``.

        Parameters
        ----------
        F : callable or array of reals
            A diffeomorphism of the circle: ``F(phi + 2 pi) = F(phi) + 2 pi``, growing; the identity when omitted.
        alpha : callable, array or float

        Raises
        ------
        InputError
            Where F does not grow everywhere or does not close, and where the points are too few for what comes out.
        """
        f = self.phi.copy() if F is None else _diffeomorphism(F, self.phi)
        shift = f - self.phi
        slope = 1 + _derivative(shift)
        if slope.min() <= 0:
            raise InputError(f"F is no diffeomorphism: its slope falls to {slope.min():.3g}; it must stay above 0")
        a = _sampled(alpha, self.phi, "alpha")
        d = _derivative
        schwarzian = d(shift, 3) / slope - 1.5 * (d(shift, 2) / slope) ** 2
        bracket = self.Xi + a * d(self.Theta) / 2 + d(a) * self.Theta - d(a, 3)
        theta = slope**2 * _at(self.Theta, f) - 2 * schwarzian
        moved = BMS3State(theta, slope**2 * _at(bracket, f), G=self.G)
        for name, after, before in (("Theta", theta, self.Theta), ("Xi", moved.Xi, self.Xi)):
            if (tail := _tail(after)) > max(_UNRESOLVED, 10 * _tail(before)):
                raise InputError(
                    f"{len(self)} points do not resolve the moved {name}, whose last modes have {tail:.1g} of the "
                    "largest; take more points, or a gentler F and alpha"
                )
        return moved

    def to_past(self) -> BMS3State:
        """The data at past null infinity: those of the antipodal point, as :func:`linking_map` finds."""
        half = linking_map()
        return BMS3State(_at(self.Theta, self.phi - half), _at(self.Xi, self.phi - half), G=self.G)

    # -- orbits --------------------------------------------------------------------------------------------------------

    @cached_property
    def monodromy(self) -> tuple[Float[np.ndarray, "2 2"], Float[np.ndarray, "2 2"]]:
        """``M`` of Hill's equation around the circle, and its derivative along ``Theta + 2 eps Xi``."""
        return self._hill[:2]

    @cached_property
    def _hill(self) -> tuple[np.ndarray, np.ndarray, float]:
        from scipy.integrate import solve_ivp

        growth = np.pi * float(np.sqrt(max(0.0, self.Theta.max())))
        if growth > _LARGEST_GROWTH:
            raise InputError(f"solutions of Hill's equation grow like exp({growth:.0f}), too much for its monodromy")
        modes = _modes(self.Theta), _modes(self.Xi)

        def rate(phi: float, z: np.ndarray) -> np.ndarray:
            theta, xi = (_value(m, phi) for m in modes)
            psi, slope, change, change_slope = z[:8].reshape(4, 2)
            turn = (psi[0] * theta / 4 * psi[0] - slope[0] ** 2) / (psi[0] ** 2 + slope[0] ** 2)
            return np.concatenate([slope, theta / 4 * psi, change_slope, theta / 4 * change + xi / 2 * psi, [turn]])

        start = np.array([1.0, 0, 0, 1, 0, 0, 0, 0, 0])
        found = solve_ivp(rate, (0.0, 2 * np.pi), start, method="DOP853", rtol=1e-12, atol=1e-13)
        end = found.y[:, -1]
        # Half turns of (psi, psi') clockwise, from the angle that was integrated along.
        return end[:4].reshape(2, 2), end[4:8].reshape(2, 2), float(-end[8] / np.pi)

    def orbit(self) -> Orbit:
        """The class of this solution, with its invariants."""
        m, change, turns = self._hill
        trace, slope = float(np.trace(m)), float(np.trace(change))
        sign = -1.0 if trace < 0 else 1.0
        far = float(np.abs(m - sign * np.eye(2)).max())
        edge = max(_LEAST_EDGE, _EDGE * min(1.0, far * far))
        # With a real eigenvector the number of half turns has the parity of the trace; without, no vector comes back.
        parity = int(trace < 0)
        winding = 2 * round((turns - parity) / 2) + parity if abs(trace) > 2 - edge else int(np.floor(turns))
        if far < _IDENTITY:
            still = float(np.abs(change).max()) < _IDENTITY * 10 * (1 + float(np.abs(self.Xi).max()))
            vacuum = sign < 0 and winding == 1 and still
            value = -float(winding**2)
            return Orbit("vacuum" if vacuum else "exceptional", trace, slope, winding, value)
        if abs(abs(trace) - 2) < edge:
            return Orbit("parabolic", trace, slope, winding, 0.0 if winding == 0 else None)
        if abs(trace) > 2:
            root = float(np.arccosh(abs(trace) / 2)) / np.pi
            return Orbit("hyperbolic", trace, slope, winding, root**2 if winding == 0 else None)
        angle = float(np.arccos(trace / 2)) / np.pi
        # trace = 2 cos(pi k); the number of half turns tells which k.
        k = angle + winding if winding % 2 == 0 else winding + 1 - angle
        return Orbit("elliptic", trace, slope, winding, -(k**2))

    def __repr__(self) -> str:
        return f"<Theta in [{self.Theta.min():.4g}, {self.Theta.max():.4g}], {len(self)} points, G = {self.G:g}>"


def linking_map(points: int = 64) -> float:
    """The turn of the circle that links past and future null infinity, solved for.

    Generators of the Poincare group are the same on both circles only if one map F takes translations, boosts and
    rotations at past infinity to those at future infinity: ``-n(phi) F' = n(F)`` for the direction n. That fixes F.

    Returns
    -------
    float
        F(phi) - phi, the same for all phi.
    """
    phi = 2 * np.pi * np.arange(points) / points
    direction = np.stack([np.cos(phi), np.sin(phi)])
    # n(F) has length one, so F' is 1 or -1, and a map that keeps the circle's sense has 1.
    slopes = [s for s in (1.0, -1.0) if np.allclose(np.linalg.norm(-direction * s, axis=0), 1)]
    growing = [s for s in slopes if s > 0]
    target = -direction * growing[0]
    f = np.unwrap(np.arctan2(target[1], target[0]))
    turn = (f - phi) % (2 * np.pi)
    if np.ptp(turn) > 1e-12:
        raise InputError("no single turn links the two circles")
    return float(turn[0])


def _sampled(value: Any, phi: Circle, name: str) -> Circle:
    if callable(value):
        out = np.asarray(value(phi), dtype=np.float64)
        around = np.asarray(value(phi + 2 * np.pi), dtype=np.float64)
        if out.shape == phi.shape and not np.allclose(out, around, rtol=1e-9, atol=1e-9):
            raise InputError(
                f"{name} is not periodic: it changes by {np.abs(out - around).max():.3g} around the circle"
            )
    else:
        out = np.asarray(value)
        if out.dtype.kind not in "iuf":
            raise InputTypeError(f"{name} is {type(value).__name__}; give a number, a function or an array of reals")
        out = np.broadcast_to(out.astype(np.float64), phi.shape).copy() if out.ndim == 0 else out.astype(np.float64)
    if out.shape != phi.shape:
        raise ShapeError(f"{name} has shape {out.shape}; the circle has {len(phi)} points")
    if not np.isfinite(out).all():
        raise NonFiniteError(f"{name} has entries that are not finite")
    return out


def _diffeomorphism(F: Callable[[Circle], Circle] | Circle, phi: Circle) -> Circle:
    if callable(F):
        f, around = np.asarray(F(phi), dtype=np.float64), np.asarray(F(phi + 2 * np.pi), dtype=np.float64)
        if not np.allclose(around - f, 2 * np.pi, atol=1e-9):
            raise InputError(f"F(phi + 2 pi) - F(phi) is {float(np.mean(around - f)):.4g}; it must be 2 pi")
        return f
    f = np.asarray(F)
    if f.dtype.kind not in "iuf":
        raise InputTypeError(f"F is {type(F).__name__}; give a function, or an array of reals")
    f = f.astype(np.float64)
    if f.shape != phi.shape:
        raise ShapeError(f"F has shape {f.shape}; the circle has {len(phi)} points")
    return f


def _derivative(f: Circle, order: int = 1) -> Circle:
    n = len(f)
    k = np.fft.rfftfreq(n, 1 / n)
    spectrum = np.fft.rfft(f)
    # Rounding errors of high modes would grow with the cube of their number.
    spectrum[np.abs(spectrum) < 1e-15 * np.abs(spectrum).max()] = 0
    spectrum = spectrum * (1j * k) ** order
    if n % 2 == 0 and order % 2:
        spectrum[-1] = 0
    return np.fft.irfft(spectrum, n)


def _tail(f: Circle) -> float:
    """The last eighth of Fourier modes, over the largest mode or 1."""
    spectrum = np.abs(np.fft.rfft(f)) / len(f)
    return float(spectrum[-max(1, len(spectrum) // 8) :].max() / max(1.0, spectrum.max()))


def _modes(f: Circle) -> tuple[Float[np.ndarray, " k"], Complex[np.ndarray, " k"]]:
    n = len(f)
    spectrum = np.fft.rfft(f) / n
    spectrum[1:] *= 2
    if n % 2 == 0:
        spectrum[-1] /= 2
    kept = np.flatnonzero(np.abs(spectrum) > 1e-17 * max(1.0, float(np.abs(spectrum).max())))
    return kept.astype(np.float64), spectrum[kept]


def _value(modes: tuple[np.ndarray, np.ndarray], phi: float) -> float:
    k, c = modes
    return float(np.real(c * np.exp(1j * k * phi)).sum())


def _at(f: Circle, points: Circle) -> Circle:
    """Values between points, by the trigonometric sum itself."""
    k, c = _modes(f)
    return np.real(np.exp(1j * np.outer(points, k)) @ c)
