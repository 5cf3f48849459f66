"""Numbers from outside, checked: finite ones, points, and corners; each error is one line that names the argument."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, InputTypeError

__all__ = ["array_of", "finite", "numbers", "plane_or_space"]


def array_of(value: Any, what: str) -> Float[np.ndarray, "*d"]:
    """An array of floats.

    Raises
    ------
    InputTypeError
    """
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise InputTypeError(f"{what} are numbers; got {value!r:.60}") from None


def finite(value: Any, what: str, above: float = -np.inf) -> float:
    """One finite number, above a limit.

    Raises
    ------
    InputError

    Examples
    --------
    >>> finite(3, "b")
    3.0
    """
    plain = isinstance(value, (int, float, np.number)) and not isinstance(value, (bool, complex, np.complexfloating))
    if not plain or not np.isfinite(value) or not value > above:
        more = "" if above == -np.inf else f" above {above:g}"
        raise InputError(f"{what}={value!r:.60}: give a finite number{more}")
    return float(value)


def numbers(value: Any, count: int, what: str) -> Float[np.ndarray, " count"]:
    """So many finite numbers.

    Raises
    ------
    InputError
    """
    try:
        out = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        out = np.zeros(0)
    if out.shape != (count,) or not np.isfinite(out).all():
        raise InputError(f"{what}={value!r:.60}: give {count} finite numbers")
    return out


def plane_or_space(n: Any, what: str, allowed: Sequence[int] = (2, 3)) -> None:
    """Whether a defect exists in so many dimensions.

    Raises
    ------
    InputError
    """
    if n not in allowed:
        raise InputError(f"a {what} is made in {' or '.join(map(str, allowed))} dimensions, not n={n!r}")
