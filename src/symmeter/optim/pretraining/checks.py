"""Numbers that describe a run, which may come from a file: of the right kind and size, or one clear line."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from symmeter.errors import InputError

__all__ = ["check_numbers", "check_whole"]


def check_whole(of: Any, names: tuple[str, ...], least: int) -> None:
    """Whether attributes are whole numbers of at least so much.

    Raises
    ------
    InputError
    """
    for name in names:
        value = getattr(of, name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise InputError(f"{name} is {value!r}; it must be a whole number, at least {least}")
        if value < least:
            raise InputError(f"{name} is {value}; it must be at least {least}")


def check_numbers(of: Any, names: tuple[str, ...]) -> None:
    """Whether attributes are finite numbers.

    Raises
    ------
    InputError
    """
    for name in names:
        value = getattr(of, name)
        if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(float(value)):
            raise InputError(f"{name} is {value!r}; it must be a finite number")
