"""The cavity between a wall that stands in for the horizon and the light ring: reflectivities, pulses, and its modes.

A pulse goes round ``p`` times, ``T_BH (R_wall e)**p R_BH**(p - 1)`` with ``e = exp(-2 i k x_0)``, and all of them make
``K = T_BH R_wall e / (1 - R_BH R_wall e)``; ``x_0 < 0`` is the tortoise coordinate of the wall. A mode has
``R_BH R_wall e = 1``: spaced by one over the delay ``2 |x_0|``, as wide as ``-ln |R_BH R_wall|`` over it. Mass one.

References
----------
Z. Mark, A. Zimmerman, S. M. Du, Y. Chen, *A recipe for echoes from exotic compact objects*, Phys. Rev. D 96, 084002
(2017); N. Oshita, Q. Wang, N. Afshordi, *On reflectivity of quantum black hole horizons*, JCAP 04, 016 (2020).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from jaxtyping import Complex, Float

from symmeter.errors import InputError, NonFiniteError
from symmeter.signals.echoes.radial_equations import Hole
from symmeter.signals.echoes.transfer_functions import TransferFunction

__all__ = [
    "ErgoregionInstability",
    "Reflectivity",
    "boltzmann_reflectivity",
    "cavity_modes",
    "cavity_response",
    "constant_reflectivity",
    "damped_reflectivity",
    "growth",
]

#: From (omega, k), both times the mass, to the complex reflectivity of the wall.
Reflectivity = Callable[[Float[np.ndarray, " n"], Float[np.ndarray, " n"]], Complex[np.ndarray, " n"]]

#: |R| of the damped benchmark of Wu and others at omega M = 0.05 .. 0.8 for a spin of 0.69, with its dip near 0.41.
_DAMPED = (
    (0.05, 0.99987), (0.1, 0.99983), (0.2, 0.99964), (0.3, 0.99892), (0.4, 0.99899), (0.41, 0.9899), (0.42, 0.99899),
    (0.5, 0.99891), (0.6, 0.99964), (0.8, 0.99990),
)  # fmt: skip


class ErgoregionInstability(UserWarning):
    """A wave is amplified more by the light ring than the wall takes away: the mode grows."""


def constant_reflectivity(size: float = 0.99) -> Reflectivity:
    """A wall that reflects the same share at every frequency, turned over.

    Examples
    --------
    >>> constant_reflectivity(0.5)(np.array([0.1]), np.array([0.1]))
    array([-0.5+0.j])
    """
    if not 0.0 <= size <= 1.0:
        raise InputError(f"the reflectivity is {size:g}; a wall reflects a share of the amplitude between 0 and 1")
    return lambda omega, k: np.full(np.shape(omega), -size, dtype=complex)


def damped_reflectivity() -> Reflectivity:
    """A wall with weak losses that depend on frequency: the published values, between them by monotone cubics.

    Given for a spin of 0.69 and l = m = 2; beyond 0.05 and 0.8 the end values hold.
    """
    from scipy.interpolate import PchipInterpolator

    place, size = np.array(_DAMPED).T
    losses = PchipInterpolator(place, np.log(1.0 - size))
    return lambda omega, k: -(1.0 - np.exp(losses(np.clip(omega, place[0], place[-1])))) + 0.0j


def boltzmann_reflectivity(spin: float, temperature: float = 1.0, scale: float = 1.0) -> Reflectivity:
    """A quantum horizon: ``|R| = exp(-|k| / 2 T)``, reflecting ever farther in as the frequency falls.

    Parameters
    ----------
    spin : float
        Of the hole.
    temperature : float
        ``T`` over Hawking's temperature.
    scale : float
        ``gamma`` in the phase ``exp(-i k ln(gamma |k|) / (pi T))``.
    """
    for name, value in (("temperature", temperature), ("scale", scale)):
        if not (np.isfinite(value) and value > 0):
            raise InputError(f"{name} is {value:g}; it must be positive")
    warm = temperature * Hole(spin).temperature

    def wall(omega: np.ndarray, k: np.ndarray) -> np.ndarray:
        size = np.abs(k)
        phase = -k * np.log(scale * np.maximum(size, 1e-300)) / (np.pi * warm)
        return -np.exp(-size / (2.0 * warm) + 1j * phase)

    return wall


def growth(barrier: TransferFunction, wall: Complex[np.ndarray, " n"]) -> float:
    """Largest ``|R_BH R_wall|``; above one, a mode grows (the ergoregion is unstable)."""
    return float(np.abs(barrier.reflection * wall).max())


def cavity_response(
    barrier: TransferFunction,
    reflectivity: Reflectivity | float,
    wall_at: float,
    echoes: int | None = None,
) -> Complex[np.ndarray, " n"]:
    """``K``: what the waves that fall into the horizon become far away.

    Parameters
    ----------
    barrier : TransferFunction
    reflectivity : callable or float
        Of the wall.
    wall_at : float
        ``x_0``, negative, times the mass.
    echoes : int, optional
        How many pulses to add up; all of them without it.

    Returns
    -------
    complex array of shape (n,)

    Warns
    -----
    ErgoregionInstability
        If a mode grows; a sum of all pulses then stands for no signal.

    Raises
    ------
    InputError
        Walls outside, fewer echoes than one.
    """
    if not (np.isfinite(wall_at) and wall_at < 0):
        raise InputError(f"wall_at is {wall_at:g}; the wall stands at a negative tortoise coordinate, -delay / 2")
    if echoes is not None and (isinstance(echoes, bool) or int(echoes) != echoes or echoes < 1):
        raise InputError(f"echoes is {echoes!r}; give a whole number of one or more, or None for all")
    k = barrier.horizon_frequency
    wall = constant_reflectivity(reflectivity) if isinstance(reflectivity, (int, float)) else reflectivity
    reflected = np.asarray(wall(barrier.omega, k), dtype=complex)
    if reflected.shape != k.shape or not np.all(np.isfinite(reflected)):
        raise NonFiniteError("the reflectivity of the wall must be one finite number for each frequency")
    largest = growth(barrier, reflected)
    if largest > 1.0 + 1e-12:
        warnings.warn(
            f"the light ring amplifies more than the wall takes away (|R_BH R_wall| up to {largest:.5f}): modes below "
            f"omega M = {barrier.m * barrier.hole.angular_velocity:.4f} grow, the ergoregion is unstable",
            ErgoregionInstability,
            stacklevel=2,
        )
    once = reflected * np.exp(-2j * k * wall_at)
    loop = barrier.reflection * once
    total = 1.0 / (1.0 - loop) if echoes is None else _geometric(loop, int(echoes))
    return barrier.transmission * once * total


def _geometric(ratio: np.ndarray, terms: int) -> np.ndarray:
    # Next to one the closed form loses its digits.
    near = np.abs(1.0 - ratio) < 1e-9
    safe = np.where(near, 0.5, ratio)
    return np.where(near, float(terms), (1.0 - safe**terms) / (1.0 - safe))


def cavity_modes(
    barrier: TransferFunction, reflectivity: Reflectivity | float, wall_at: float
) -> tuple[Float[np.ndarray, " q"], Float[np.ndarray, " q"]]:
    """Where the cavity rings, and how wide each line is.

    Returns
    -------
    frequencies : array of shape (q,)
        Angular, growing, where the phase of ``R_BH R_wall e`` is a multiple of a full turn.
    widths : array of shape (q,)
        ``w = 1 / tau``, negative for modes that grow: minus the logarithm of the loop over its delay.

    Notes
    -----
    Frequencies are found between neighbours of the grid of ``barrier``, which must sample each turn of the phase.
    """
    from scipy.interpolate import CubicSpline

    k = barrier.horizon_frequency
    wall = constant_reflectivity(reflectivity) if isinstance(reflectivity, (int, float)) else reflectivity
    loop = barrier.reflection * np.asarray(wall(barrier.omega, k), dtype=complex)
    phase = np.unwrap(np.angle(loop)) - 2.0 * k * wall_at
    if np.any(np.diff(phase) <= 0):
        raise InputError("the phase of the cavity does not grow along the frequencies; is the wall far enough in?")
    turns = np.arange(np.ceil(phase[0] / (2 * np.pi)), np.floor(phase[-1] / (2 * np.pi)) + 1)
    frequencies = CubicSpline(phase, barrier.omega)(2.0 * np.pi * turns)
    delay = CubicSpline(barrier.omega, phase)(frequencies, 1)
    widths = -CubicSpline(barrier.omega, np.log(np.abs(loop)))(frequencies) / delay
    return frequencies, widths
