"""The scale of the meter: linear near 0, logarithmic above a thousandth, so that zero has a place and 0.3 too."""

from __future__ import annotations

import math

__all__ = ["KNEE", "TICKS", "meter_fraction"]

#: Where the scale turns from linear to logarithmic.
KNEE = 1e-3

#: The labelled ticks.
TICKS: tuple[tuple[float, str], ...] = ((0.0, "0"), (1e-3, "10⁻³"), (1e-2, "10⁻²"), (1e-1, "0.1"), (1.0, "1"))


def meter_fraction(defect: float) -> float:
    """Where a defect stands on the meter, from 0 (exact) to 1 (as broken as random); strictly increasing.

    Examples
    --------
    >>> [round(meter_fraction(d), 3) for d in (0.0, 0.001, 0.01, 0.1, 1.0)]
    [0.0, 0.1, 0.347, 0.668, 1.0]
    """
    return math.log1p(min(max(defect, 0.0), 1.0) / KNEE) / math.log1p(1.0 / KNEE)
