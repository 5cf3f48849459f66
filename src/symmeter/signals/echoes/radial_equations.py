"""The radial equations of Regge, Wheeler and Zerilli (Schwarzschild) and of Teukolsky (Kerr), ready for power series.

Mass one, ``r_+- = 1 +- sqrt(1 - a**2)``, time dependence ``exp(-i omega t)``. The tortoise coordinate is
``r* = r + (2 r_+ ln((r - r_+)/2) - 2 r_- ln((r - r_-)/2)) / (r_+ - r_-)``, near the horizon waves go like
``exp(-+ i k r*)`` with ``k = omega - m a / (2 r_+)``.

References
----------
T. Regge, J. A. Wheeler, Phys. Rev. 108, 1063 (1957); S. A. Teukolsky, Astrophys. J. 185, 635 (1973); M. Sasaki,
H. Tagoshi, *Analytic black hole perturbation approach to gravitational radiation*, Living Rev. Relativ. 6, 6 (2003).
"""

# ruff: noqa: E741  (l is the degree, as in every book)

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex

from symmeter.signals.echoes.radial_series import RadialEquation, polynomial_product
from symmeter.signals.echoes.spheroidal_eigenvalues import spheroidal_eigenvalues

__all__ = ["Connection", "Hole", "regge_wheeler", "teukolsky"]


@dataclass(frozen=True)
class Hole:
    """Lengths and rates of a Kerr black hole of mass one.

    Examples
    --------
    >>> hole = Hole(0.69)
    >>> round(hole.angular_velocity, 6), round(hole.temperature, 6)
    (0.200138, 0.033414)
    """

    spin: float

    @property
    def outer(self) -> float:
        """Radius of the horizon."""
        return 1.0 + float(np.sqrt(1.0 - self.spin**2))

    @property
    def inner(self) -> float:
        """Radius of the inner horizon."""
        return self.spin**2 / self.outer

    @property
    def angular_velocity(self) -> float:
        """Of the horizon."""
        return self.spin / (2.0 * self.outer)

    @property
    def temperature(self) -> float:
        """Hawking's temperature, surface gravity over 2 pi."""
        return (self.outer - self.inner) / (8.0 * np.pi * self.outer)

    def tortoise(self, r: np.ndarray | float) -> np.ndarray:
        """``r*`` of a radius outside the horizon."""
        r = np.asarray(r, dtype=float)
        gap = self.outer - self.inner
        inside = 0.0 if self.inner == 0.0 else 2.0 * self.inner / gap * np.log((r - self.inner) / 2.0)
        return r + 2.0 * self.outer / gap * np.log((r - self.outer) / 2.0) - inside

    @property
    def tortoise_constant(self) -> float:
        """``r* - (2 r_+ / (r_+ - r_-)) ln(r - r_+)`` at the horizon."""
        gap = self.outer - self.inner
        inside = 0.0 if self.inner == 0.0 else 2.0 * self.inner / gap * np.log(gap / 2.0)
        return float(self.outer - 2.0 * self.outer / gap * np.log(2.0) - inside)


@dataclass(frozen=True, eq=False)
class Connection:
    """How solutions at the horizon and at infinity are made of each other, n frequencies.

    ``in``: transmitted one at the horizon, ``incident * (ingoing) + reflected * (outgoing)`` far away. ``up``: one
    outgoing far away, ``outgoing * (from the horizon) + ingoing * (into it)`` at the horizon.
    """

    incident: Complex[np.ndarray, " n"]
    reflected: Complex[np.ndarray, " n"]
    outgoing: Complex[np.ndarray, " n"]
    ingoing: Complex[np.ndarray, " n"]


def _connection(
    equation: RadialEquation,
    hole: Hole,
    exponents: tuple[Complex[np.ndarray, " n"], Complex[np.ndarray, " n"]],
    leads: tuple[Complex[np.ndarray, " n"], Complex[np.ndarray, " n"]],
    powers: tuple[float, float],
    s: int,
    wronskians: tuple[Complex[np.ndarray, " n"], Complex[np.ndarray, " n"]],
) -> Connection:
    # Half way to the edge of convergence, or nearer where the wave turns so fast that its series would cancel.
    turns = np.maximum(np.abs(exponents[1]), 1e-300)
    middle = hole.outer + (hole.outer - hole.inner) * np.minimum(0.5, 5.0 / turns)
    inward, outward = (np.array(equation.from_horizon(x, middle)) * lead for x, lead in zip(exponents, leads))
    far = np.maximum(30.0 / np.abs(equation.omega), 30.0)
    ingoing, outgoing = (np.array(equation.from_infinity(*x, far)) for x in zip((-1, 1), powers))
    ingoing, outgoing = equation.carried(far, np.stack([ingoing, outgoing]), middle)
    weight = ((middle - hole.outer) * (middle - hole.inner)) ** (s + 1)
    if powers == (0.0, 0.0):
        # Regge and Wheeler: d/dr* in place of weights.
        weight = (middle - 2.0) / middle

    def bracket(y: np.ndarray, z: np.ndarray) -> np.ndarray:
        return weight * (y[0] * z[1] - y[1] * z[0])

    at_infinity, at_horizon = wronskians
    return Connection(
        bracket(inward, outgoing) / at_infinity,
        bracket(ingoing, inward) / at_infinity,
        bracket(inward, outgoing) / at_horizon,
        bracket(outgoing, outward) / at_horizon,
    )


def regge_wheeler(omega: Complex[np.ndarray, " n"], l: int, spin_weight: int = 2) -> Connection:
    """Connection coefficients of ``psi'' + (omega**2 - V) psi = 0`` on a Schwarzschild hole.

    ``V = (1 - 2/r) (l (l + 1)/r**2 + 2 (1 - s**2)/r**3)``: gravitational (s = 2), electromagnetic (1), scalar (0).
    """
    omega = np.asarray(omega, dtype=complex)
    hole = Hole(0.0)
    one = np.ones_like(omega)
    f = np.array([-2.0 * one, one])
    r = np.array([0.0 * one, one])
    p2 = polynomial_product(f, f, r, r)
    p1 = np.vstack([2.0 * polynomial_product(f, r), np.zeros((2, len(omega)))])
    barrier = polynomial_product(f, np.array([2.0 * (1.0 - spin_weight**2) * one, l * (l + 1.0) * one]))
    p0 = np.zeros((5, len(omega)), complex)
    p0[4] = omega**2
    p0[:3] -= barrier
    equation = RadialEquation(p2, p1, p0, hole.outer, hole.inner, omega)
    constant = np.exp(1j * omega * hole.tortoise_constant)
    rho = 2.0j * omega
    return _connection(
        equation, hole, (-rho, rho), (1.0 / constant, constant), (0.0, 0.0), 0, (2.0j * omega, 2.0j * omega)
    )


def teukolsky(omega: Complex[np.ndarray, " n"], spin: float, s: int, l: int, m: int) -> Connection:
    """Connection coefficients of Teukolsky's radial equation on a Kerr hole.

    Normalised to ``Delta**-s exp(-i k r*)`` and ``exp(i k r*)`` at the horizon, ``exp(-i omega r*)/r`` and
    ``exp(i omega r*)/r**(1 + 2 s)`` far away.
    """
    omega = np.asarray(omega, dtype=complex)
    hole = Hole(spin)
    one, zero = np.ones_like(omega), np.zeros_like(omega)
    c = spin * omega
    real = bool(np.all(np.imag(omega) == 0))
    separation = spheroidal_eigenvalues(c.real if real else c, s, l, m) + c**2 - 2.0 * m * c
    delta = np.array([spin**2 * one, -2.0 * one, one])
    big_k = np.array([spin**2 * omega - spin * m, zero, omega])
    p2 = polynomial_product(delta, delta)
    p1 = np.vstack([(s + 1.0) * polynomial_product(np.array([-2.0 * one, 2.0 * one]), delta), zero[None]])
    p0 = polynomial_product(big_k, big_k)
    p0[:4] += -2.0j * s * polynomial_product(np.array([-one, one]), big_k)
    p0[:4] += polynomial_product(delta, np.array([-separation, 4.0j * s * omega]))
    equation = RadialEquation(p2, p1, p0, hole.outer, hole.inner, omega)
    gap = hole.outer - hole.inner
    k = omega - m * hole.angular_velocity
    rho = 2.0j * hole.outer * k / gap
    constant = np.exp(1j * k * hole.tortoise_constant)
    return _connection(
        equation,
        hole,
        (-s - rho, rho),
        (gap ** (-float(s)) / constant, constant),
        (-1.0, -1.0 - 2.0 * s),
        s,
        (2.0j * omega, 4.0j * hole.outer * k + s * gap),
    )
