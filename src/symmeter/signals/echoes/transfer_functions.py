"""How the light ring of a black hole reflects and transmits waves, seen from a cavity in front of its horizon.

Gravitational waves of Schwarzschild holes obey the equation of Regge and Wheeler (or Zerilli's, by parity), those of
Kerr holes Teukolsky's, whose solutions are carried over to the function of Sasaki and Nakamura; for a spin of zero the
two agree, phases included. Amplitudes are normalised to the flux of energy: ``|R|**2 + Gamma = 1``, where the energy
``Gamma`` that passes is negative while the horizon rotates faster than the wave (superradiance). Units ``G = c = M =
1``, ``exp(-i omega t)``, ``omega`` in radians per mass.

References
----------
S. A. Teukolsky, W. H. Press, *Perturbations of a rotating black hole III*, Astrophys. J. 193, 443 (1974); M. Sasaki,
H. Tagoshi, Living Rev. Relativ. 6, 6 (2003); R. S. Conklin, B. Holdom, J. Ren, Phys. Rev. D 98, 044021 (2018).
"""

# ruff: noqa: E741  (l is the degree, as in every book)

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Complex, Float

from symmeter.errors import InputError, NonFiniteError, ShapeError
from symmeter.signals.echoes.radial_equations import Hole, regge_wheeler, teukolsky
from symmeter.signals.echoes.spheroidal_eigenvalues import spheroidal_eigenvalues

__all__ = ["TransferFunction", "kerr_transfer_function", "schwarzschild_transfer_function", "transfer_function"]

#: Next to the threshold of superradiance the outgoing series at the horizon has a removable pole.
_NEAREST_TO_THRESHOLD = 1e-7
#: Nearer to one the two horizons all but touch, and reflections lose their digits.
_LARGEST_SPIN = 0.999


@dataclass(frozen=True, eq=False)
class TransferFunction:
    """Reflection and transmission of the light ring at n frequencies.

    Attributes
    ----------
    omega : array of shape (n,)
        Angular frequencies, times the mass.
    reflection : complex array of shape (n,)
        ``R_BH``: of waves that come from the horizon, back to it.
    transmission : complex array of shape (n,)
        ``T_BH``: of waves that come from the horizon, out to infinity.
    outside : complex array of shape (n,)
        Of waves that come from infinity, back to it.
    greybody : array of shape (n,)
        Share ``Gamma`` of the energy that passes; below zero where waves are amplified.
    spin : float
    l, m, s : int
        Degree, order, spin weight.

    Examples
    --------
    >>> barrier = schwarzschild_transfer_function([0.2, 0.37367, 0.5])
    >>> barrier.greybody.round(6)
    array([8.68000e-04, 4.68582e-01, 9.84515e-01])
    """

    omega: Float[np.ndarray, " n"]
    reflection: Complex[np.ndarray, " n"]
    transmission: Complex[np.ndarray, " n"]
    outside: Complex[np.ndarray, " n"]
    greybody: Float[np.ndarray, " n"]
    spin: float = 0.0
    l: int = 2
    m: int = 0
    s: int = -2

    @property
    def hole(self) -> Hole:
        """Radii and rates of the hole."""
        return Hole(self.spin)

    @property
    def horizon_frequency(self) -> Float[np.ndarray, " n"]:
        """``k = omega - m Omega_H``, the frequency near the horizon."""
        return self.omega - self.m * self.hole.angular_velocity

    def at(self, omega: Float[np.ndarray, " k"]) -> TransferFunction:
        """The same at other frequencies, by cubic splines of logarithms and unwrapped phases.

        Raises
        ------
        InputError
            Outside the frequencies that were computed, or from fewer than four of them.
        """
        from scipy.interpolate import CubicSpline

        omega = _checked(omega)
        if len(self.omega) < 4 or np.any(np.diff(self.omega) <= 0):
            raise InputError("interpolation needs four or more growing frequencies; compute the transfer function so")
        if omega.min() < self.omega[0] * (1 - 1e-12) or omega.max() > self.omega[-1] * (1 + 1e-12):
            raise InputError(
                f"frequencies {omega.min():.4g} to {omega.max():.4g} reach beyond the computed "
                f"{self.omega[0]:.4g} to {self.omega[-1]:.4g}"
            )

        def between(values: np.ndarray) -> np.ndarray:
            logs = np.log(np.maximum(np.abs(values), 1e-300)) + 1j * np.unwrap(np.angle(values))
            return np.exp(CubicSpline(self.omega, logs)(omega))

        # The share that passes, freed of what makes it vanish at the threshold, is smooth and has one sign.
        sign = self.horizon_frequency if self.m else self.omega
        shape = CubicSpline(self.omega, np.log(np.maximum(self.greybody / sign, 1e-300)))(omega)
        new = omega - self.m * self.hole.angular_velocity if self.m else omega
        greybody = new * np.exp(shape)
        reflection = between(self.reflection)
        passed = between(self.transmission / np.abs(self.transmission)) * np.sqrt(np.abs(greybody))
        return replace(
            self, omega=omega, reflection=reflection, transmission=passed, outside=between(self.outside),
            greybody=greybody,
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.omega)

    def __repr__(self) -> str:
        span = f"omega {self.omega.min():.4g} to {self.omega.max():.4g}"
        return f"TransferFunction(spin {self.spin:g}, l {self.l}, m {self.m}, s {self.s}, {len(self)} values, {span})"


def _checked(omega: Any) -> Float[np.ndarray, " n"]:
    values = np.atleast_1d(np.asarray(omega))
    if values.dtype.kind not in "iuf":
        raise InputError("frequencies of a transfer function are real numbers, angular, times the mass")
    values = values.astype(float)
    if values.ndim != 1 or values.size == 0:
        raise ShapeError(f"frequencies are a list of one or more numbers; got an array of shape {values.shape}")
    if not np.all(np.isfinite(values)):
        raise NonFiniteError(f"{int((~np.isfinite(values)).sum())} of {values.size} frequencies are not finite")
    if values.min() < 1e-3:
        raise InputError(f"the frequency {values.min():.3g} is below 0.001 / M; waves that long see no light ring")
    if values.max() > 20.0:
        raise InputError(f"the frequency {values.max():.3g} is above 20 / M; give omega M, in radians, not hertz")
    return values


def check_mode(l: Any, m: Any, s: Any) -> None:
    """Refuse degrees and orders that no mode has."""
    for name, value in (("l", l), ("m", m), ("s", s)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
            raise InputError(f"{name} is a whole number; got {value!r}")
    if l < max(abs(m), abs(s)):
        raise InputError(f"a mode has l >= |m| and l >= |s|; got l {l}, m {m}, s {s}")


def check_spin(spin: Any) -> float:
    """The spin of a hole, between -1 and 1."""
    try:
        value = float(spin)
    except (TypeError, ValueError):
        raise InputError(f"the spin is a number; got {spin!r}") from None
    if not abs(value) < 1.0:
        raise InputError(f"the spin is {value:g}; a black hole has |spin| < 1 (at 1 it is extremal and has no cavity)")
    return value


def transfer_function(
    omega: Any,
    spin: float = 0.0,
    l: int = 2,
    m: int = 2,
    s: int = -2,
) -> TransferFunction:
    """The transfer function of a hole of any spin: of Schwarzschild for a spin of zero, else of Kerr.

    Parameters
    ----------
    omega : array of shape (n,)
        Angular frequencies times the mass, from 0.001 on.
    spin : float
        Of the hole, in units of its mass, below one.
    l, m : int
        Degree and order.
    s : int
        -2 for gravitational waves, 0 for scalar ones.

    Raises
    ------
    InputError
        Spins of one or more, modes that do not exist, frequencies that are not positive.

    Examples
    --------
    >>> kerr = transfer_function([0.3, 0.6], spin=0.69)
    >>> bool(kerr.greybody[0] < 0 < kerr.greybody[1])              # slower than the horizon: amplified
    True
    """
    spin = check_spin(spin)
    if spin == 0.0:
        return replace(schwarzschild_transfer_function(omega, l, spin_weight=abs(s)), m=int(m), s=int(s))
    return kerr_transfer_function(omega, spin, l, m, s)


def schwarzschild_transfer_function(
    omega: Any,
    l: int = 2,
    parity: str = "odd",
    spin_weight: int = 2,
) -> TransferFunction:
    """The transfer function of a hole without spin.

    Parameters
    ----------
    omega : array of shape (n,)
    l : int
    parity : {"odd", "even"}
        Of gravitational waves: Regge's and Wheeler's function, or Zerilli's. Only phases of reflections differ.
    spin_weight : int
        2 for gravitational, 1 for electromagnetic, 0 for scalar waves.
    """
    values = _checked(omega)
    check_mode(l, 0, spin_weight)
    if parity not in ("odd", "even"):
        raise InputError(f"parity is 'odd' (Regge and Wheeler) or 'even' (Zerilli); got {parity!r}")
    if not 0 <= spin_weight <= 2:
        raise InputError(f"waves have spin weight 0, 1 or 2; got {spin_weight}")
    found = regge_wheeler(values, l, spin_weight)
    reflection, outside = found.ingoing / found.outgoing, found.reflected / found.incident
    if parity == "even" and spin_weight == 2:
        # Chandrasekhar's transformation multiplies exp(+-i omega r*) by n +- 12 i omega at both ends.
        turn = (l - 1.0) * l * (l + 1.0) * (l + 2.0) + 12.0j * values
        reflection, outside = reflection * turn.conj() / turn, outside * turn / turn.conj()
    transmission = 1.0 / found.outgoing
    return TransferFunction(
        values, reflection, transmission, outside, np.abs(transmission) ** 2, 0.0, int(l), 0, -int(spin_weight)
    )


def kerr_transfer_function(
    omega: Any,
    spin: float,
    l: int = 2,
    m: int = 2,
    s: int = -2,
) -> TransferFunction:
    """The transfer function of a rotating hole; ``s`` is -2 (gravitational) or 0 (scalar waves)."""
    values = _checked(omega)
    spin = check_spin(spin)
    check_mode(l, m, s)
    if abs(spin) > _LARGEST_SPIN:
        raise InputError(f"the spin is {spin:g}; transfer functions are exact enough up to {_LARGEST_SPIN:g}")
    if s not in (-2, 0):
        raise InputError(f"transfer functions of rotating holes have s = -2 or 0; got {s}")
    hole = Hole(abs(spin))
    # A hole that turns the other way sees the other order.
    order = int(m) if spin >= 0 else -int(m)
    threshold = order * hole.angular_velocity
    k = values - threshold
    values_used = np.where(np.abs(k) < _NEAREST_TO_THRESHOLD, threshold + _NEAREST_TO_THRESHOLD, values)
    k = values_used - threshold
    found = teukolsky(values_used, hole.spin, s, l, order)
    if s == 0:
        greybody = 2.0 * hole.outer * k / values_used / np.abs(found.incident) ** 2
        reflection, passed = found.ingoing / found.outgoing, 1.0 / found.outgoing
        outside = found.reflected / found.incident
    else:
        greybody, reflection, passed, outside = _gravitational(found, values_used, k, hole, l, order)
    transmission = passed / np.abs(passed) * np.sqrt(np.abs(greybody))
    return TransferFunction(values, reflection, transmission, outside, greybody, spin, int(l), int(m), int(s))


def starobinsky_constant(
    omega: Float[np.ndarray, " n"],
    spin: float,
    l: int,
    m: int,
) -> Float[np.ndarray, " n"]:
    """``|C|**2`` of the identities of Teukolsky and Starobinsky, for gravitational waves."""
    c = spin * omega
    q = np.real(spheroidal_eigenvalues(c, -2, l, m)) + c**2 - 2.0 * m * c + 2.0
    return (
        (q**2 + 4.0 * c * m - 4.0 * c**2) * ((q - 2.0) ** 2 + 36.0 * c * m - 36.0 * c**2)
        + (2.0 * q - 1.0) * (96.0 * c**2 - 48.0 * c * m)
        + 144.0 * omega**2 * (1.0 - spin**2)
    )


def _gravitational(
    found: Any,
    omega: np.ndarray,
    k: np.ndarray,
    hole: Hole,
    l: int,
    m: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Share of energy, reflection, transmission and outside reflection with the phases of Sasaki and Nakamura."""
    gap, outer = hole.outer - hole.inner, hole.outer
    square = starobinsky_constant(omega, hole.spin, l, m)
    # Teukolsky and Press (1974): fluxes at the horizon and far away in terms of Teukolsky's amplitudes.
    epsilon = gap / (8.0 * outer)
    near, nearer = k**2 + 4.0 * epsilon**2, k**2 + 16.0 * epsilon**2
    greybody = k * near * nearer * (2.0 * outer) ** 5 / omega**5 / np.abs(found.incident) ** 2
    size = 16.0 * np.abs(k) * near * np.sqrt(nearer * (2.0 * outer) ** 8 / square)
    raw = found.ingoing / found.outgoing
    c = hole.spin * omega
    separation = np.real(spheroidal_eigenvalues(c, -2, l, m)) + c**2 - 2.0 * m * c
    c0 = separation * (separation + 2.0) - 12.0j * omega - 12.0 * c * (c - m)
    rising, falling = _nakamura_at_horizon(omega, hole, separation, m, k)
    reflection = raw * falling / rising
    reflection = reflection / np.abs(reflection) * np.abs(raw) * size
    # X from the horizon has a pole at the threshold; with the sign its phase goes on smoothly.
    passed = -c0 * np.sign(k) / (4.0 * omega**2) / (found.outgoing * rising)
    outside = found.reflected / found.incident * c0 / (16.0 * omega**4)
    outside = outside / np.abs(outside) * np.sqrt(np.maximum(1.0 - greybody, 0.0))
    return greybody, reflection, passed, outside


def _nakamura_at_horizon(
    omega: np.ndarray, hole: Hole, separation: np.ndarray, m: int, k: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Amplitudes of X for unit amplitudes of Teukolsky's function, from the horizon and into it.

    ``X = sqrt(r**2 + a**2) r**2 J J (R / r**2)`` with ``J = d/dr - i K / Delta``. The outgoing wave loses its two
    leading orders, so that its second coefficient in ``r - r_+`` counts.
    """
    gap, outer, spin = hole.outer - hole.inner, hole.outer, hole.spin
    rho = 2.0j * outer * k / gap
    k0, k1, k2 = 2.0 * outer * k, 2.0 * outer * omega, omega
    # Coefficients of Frobenius' series for s = -2: Delta**2 R'' - Delta Delta' R' + (...) R = 0.
    d = np.array([gap, 1.0])
    potential = [
        k0**2 + 2.0j * gap * k0,
        2.0 * k0 * k1 + 4.0j * (k0 + 0.5 * gap * k1) + gap * (-8.0j * omega * outer - separation),
        k1**2 + 2.0 * k0 * k2 + 4.0j * (k1 + 0.5 * gap * k2) + (-8.0j * omega * outer - separation)
        - 8.0j * omega * gap,
    ]  # fmt: skip
    second, first = [gap**2, 2.0 * gap, 1.0], [-gap * d[0], -3.0 * gap, -2.0]

    def factor(power: np.ndarray, up: int) -> np.ndarray:
        return power * (power - 1.0) * second[up] + power * first[up] + potential[up]

    c1 = -factor(rho, 1) / factor(rho + 1, 0)
    c2 = -(factor(rho, 2) + factor(rho + 1, 1) * c1) / factor(rho + 2, 0)
    p0 = k1 / gap - k0 / gap**2
    p1 = k2 / gap - k1 / gap**2 + k0 / gap**3
    phase1, phase2 = -1.0j * p0, -0.5 * p0**2 - 0.5j * p1
    inverse1, inverse2 = -2.0 / outer, 3.0 / outer**2
    u2 = c2 + phase2 + inverse2 + c1 * phase1 + c1 * inverse1 + phase1 * inverse1
    root = np.sqrt(outer**2 + spin**2)
    return root * 2.0 * u2, root * gap**2 * (2.0 - 2.0 * rho) * (1.0 - 2.0 * rho)
