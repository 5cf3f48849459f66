"""Spectral form factors of the three Wigner-Dyson classes, and how to read a number of blocks off them.

``x = t / (2 pi rho)`` is the time over the Heisenberg time of one block; the form factor over its plateau is b(x).
Mehta, Random Matrices; Haake, Quantum Signatures of Chaos. A straight line through the GOE ramp is too low by 10-30 %
at usual times, so b is inverted instead.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError

__all__ = ["CLASSES", "DYSON_INDEX", "b_goe", "b_gse", "b_gue", "form_factor", "inverse_form_factor"]

#: Dyson index of each class.
DYSON_INDEX = {"GOE": 1, "GUE": 2, "GSE": 4}
CLASSES = tuple(DYSON_INDEX)


def b_goe(x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """``2x - x ln(1 + 2x)`` up to x = 1, then ``2 - x ln((2x + 1) / (2x - 1))``.

    Examples
    --------
    >>> b_goe(np.array([0.0, 1.0])).round(4).tolist()
    [0.0, 0.9014]
    """
    x = np.abs(np.asarray(x, dtype=float))
    late = np.maximum(x, 1.0)
    return np.where(x <= 1, 2 * x - x * np.log1p(2 * x), 2 - late * np.log((2 * late + 1) / (2 * late - 1)))


def b_gue(x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """``min(x, 1)``."""
    return np.minimum(np.abs(np.asarray(x, dtype=float)), 1.0)


def b_gse(x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """``x/2 - (x/4) ln|1 - x|`` up to x = 2, then 1; each Kramers pair counts as one level."""
    x = np.abs(np.asarray(x, dtype=float))
    away = np.maximum(np.abs(1 - x), 1e-12)
    return np.where(x <= 2, x / 2 - x / 4 * np.log(away), 1.0)


_FUNCTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"GOE": b_goe, "GUE": b_gue, "GSE": b_gse}


def form_factor(name: str, x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """b of a class by its name."""
    if name not in _FUNCTIONS:
        raise InputError(f"the classes are {', '.join(CLASSES)}; got {name!r}")
    return _FUNCTIONS[name](np.asarray(x, dtype=float))


def inverse_form_factor(name: str, value: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """The x of the rising part with ``b(x) = value``; values at or above the plateau give its beginning.

    Negative values, which noise makes, give negative x with the slope of the ramp at zero, so that averages keep their
    mean.

    Examples
    --------
    >>> inverse_form_factor("GOE", b_goe(np.array([0.1, 0.7]))).round(6).tolist()
    [0.1, 0.7]
    """
    value = np.asarray(value, dtype=float)
    # The GSE form factor has a spike at x = 1; only its rise below 0.9 is unambiguous.
    end = {"GOE": 4.0, "GUE": 1.0, "GSE": 0.9}[name] if name in _FUNCTIONS else 0.0
    x = np.linspace(0.0, end, 20_001)
    slope = 2.0 / DYSON_INDEX[name]
    inside = np.interp(np.clip(value, 0.0, None), form_factor(name, x), x)
    return np.where(value < 0, value / slope, inside)
