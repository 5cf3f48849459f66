"""Transfer functions of light rings beside a general integrator of SciPy that does a 200th of the work."""

from __future__ import annotations

from typing import Any

import numpy as np

from symmeter.signals.echoes.transfer_functions import schwarzschild_transfer_function

MANY = np.linspace(0.05, 1.0, 1000)
FEW = MANY[::200]


def _integrated(omega: float) -> complex:
    """Transmission of a Schwarzschild hole by DOP853 in the tortoise coordinate, to 1e-8."""
    from scipy.integrate import solve_ivp

    start, end = -40.0, 400.0
    wave = np.exp(-1j * omega * start)

    def rhs(x: float, y: np.ndarray) -> list[float]:
        r = y[4]
        v = (1 - 2 / r) * (6 / r**2 - 6 / r**3) - omega**2
        return [y[2], y[3], v * y[0], v * y[1], 1 - 2 / r]

    y0 = [wave.real, wave.imag, omega * wave.imag, -omega * wave.real, 2.0 + 2.0 * np.exp(start / 2 - 1)]
    y = solve_ivp(rhs, (start, end), y0, method="DOP853", rtol=1e-10, atol=1e-12).y[:, -1]
    psi, slope = y[0] + 1j * y[1], y[2] + 1j * y[3]
    return 2.0 / ((psi + 1j * slope / omega) * np.exp(1j * omega * end))


def test_a_thousand_frequencies(beside: Any) -> None:
    def few() -> list[complex]:
        return [_integrated(float(omega)) for omega in FEW]

    found = beside(
        "transfer function of Schwarzschild, 1000 frequencies",
        lambda: schwarzschild_transfer_function(MANY),
        few,
        "DOP853 of SciPy, 5 frequencies",
        seconds=0.3,
        baseline_rounds=2,
    )
    assert np.abs(np.abs(found.reflection) ** 2 + found.greybody - 1).max() < 1e-12
