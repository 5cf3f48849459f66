"""Numbers as people read them: defects with as many digits as they carry, p-values, orders of groups.

The page and the terminal both write their numbers here, so that they never disagree.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

__all__ = ["defect_text", "evidence_text", "interval_text", "measured", "order_text", "p_text", "plain_number"]

#: Smaller p-values are not told apart: no test's null distribution is trusted that far out.
SMALLEST_P = 1e-12

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def plain_number(value: float, digits: int = 2, superscripts: bool = False, powers: bool = False) -> str:
    """A number with significant digits, without a padded exponent: ``0.31``, ``2e-5`` or ``2 × 10⁻⁵``.

    Parameters
    ----------
    value : float
    digits : int
        Significant digits; trailing zeros are dropped.
    superscripts : bool
        Write powers of ten with superscripts.
    powers : bool
        Use a power of ten even where a decimal fraction would be short.

    Examples
    --------
    >>> plain_number(0.3149), plain_number(1234.5, 3), plain_number(2.04e-5), plain_number(0.0)
    ('0.31', '1230', '2e-5', '0')
    >>> plain_number(2.04e-5, superscripts=True)
    '2 × 10⁻⁵'
    """
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else "∞" if value > 0 else "-∞"
    if value == 0:
        return "0"
    mantissa, exponent_text = f"{value:.{digits - 1}e}".split("e")
    exponent = int(exponent_text)
    if not powers and -4 <= exponent < 6:
        return _trim(f"{float(f'{mantissa}e{exponent}'):.{max(digits - 1 - exponent, 0)}f}")
    return _scientific(_trim(mantissa), exponent, superscripts)


def measured(value: float, low: float, high: float) -> tuple[str, str, str]:
    """A value and its interval with the digits that the width of the interval supports.

    Examples
    --------
    >>> measured(0.003214, 0.0011, 0.00643)
    ('0.0032', '0.0011', '0.0064')
    >>> measured(0.7312, 0.69, 0.7722)
    ('0.73', '0.69', '0.77')
    >>> measured(0.25, 0.25, 0.25), measured(3.2e-9, 0.0, 8.1e-9)
    (('0.25', '0.25', '0.25'), ('3.2e-9', '0', '8.1e-9'))
    """
    numbers = (value, low, high)
    half = (high - low) / 2
    if not all(map(math.isfinite, numbers)) or half <= 0 or max(map(abs, numbers)) < 1e-4:
        first, second, third = (plain_number(v, 2 if half > 0 else 3) for v in numbers)
        return first, second, third
    # As many places as one digit of the half-width needs, one more if the value has not got two digits by then.
    places = -math.floor(math.log10(half))
    if value > 0:
        places = min(max(places, 1 - math.floor(math.log10(value))), places + 1)
    places = min(max(places, 1), 5)
    first, second, third = (_fixed(v, places) for v in numbers)
    return first, second, third


def defect_text(value: float, interval: tuple[float, float]) -> str:
    """The defect alone, with the digits that its interval supports."""
    return measured(value, *interval)[0]


def interval_text(value: float, interval: tuple[float, float]) -> str:
    """The interval alone: ``[0.001, 0.006]``."""
    _, low, high = measured(value, *interval)
    return f"[{low}, {high}]"


def p_text(p: float | None, superscripts: bool = False, relation: bool = False) -> str:
    """A p-value: ``0.41``, ``2e-5``, ``< 1e-12``; an en dash when there is none.

    Parameters
    ----------
    p : float or None
    superscripts : bool
        Write powers of ten with superscripts.
    relation : bool
        Put ``p =`` or ``p <`` in front.

    Examples
    --------
    >>> p_text(0.4136), p_text(0.000021), p_text(1e-40), p_text(None)
    ('0.41', '2.1e-5', '< 1e-12', '–')
    >>> p_text(1e-40, superscripts=True, relation=True), p_text(0.03, relation=True)
    ('p < 10⁻¹²', 'p = 0.03')
    """
    if p is None or math.isnan(p):
        return "–"
    if p < SMALLEST_P:
        bound = "10⁻¹²" if superscripts else "1e-12"
        return f"{'p ' if relation else ''}< {bound}"
    text = "1" if p > 0.995 else plain_number(p, 2, superscripts)
    return f"p = {text}" if relation else text


def order_text(order: int | None, discrete: bool = False) -> str:
    """The number of elements of a group: ``16``, ``40,320``, ``8.2 × 10¹⁵``, ``continuous`` or ``infinite``.

    Examples
    --------
    >>> order_text(16), order_text(40320), order_text(10**400 + 1), order_text(None)
    ('16', '40,320', '10⁴⁰⁰', 'continuous')
    """
    if order is None:
        return "infinite" if discrete else "continuous"
    if order < 10**9:
        return f"{order:,}"
    # An order may exceed the range of floats, so its digits are read off as text.
    digits = str(order)
    return _scientific(_trim(f"{int(digits[:3]) / 100:.1f}"), len(digits) - 1, superscripts=True)


def evidence_text(value: Any) -> str:
    """Any number, text, short list or table of names and numbers behind a verdict."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, int):
        return f"{value:,}" if abs(value) < 10**15 else order_text(value)
    if isinstance(value, float):
        return plain_number(value, 4)
    if isinstance(value, complex):
        sign = "-" if value.imag < 0 else "+"
        return f"{plain_number(value.real, 4)} {sign} {plain_number(abs(value.imag), 4)}i"
    if isinstance(value, Mapping):
        shown = ", ".join(f"{k} {evidence_text(v)}" for k, v in list(value.items())[:8])
        return shown + (f", … ({len(value)} in all)" if len(value) > 8 else "")
    if isinstance(value, (list, tuple)):
        shown = ", ".join(evidence_text(v) for v in value[:8])
        return shown + (f", … ({len(value)} in all)" if len(value) > 8 else "")
    return str(value)


def _fixed(value: float, places: int) -> str:
    text = f"{value:.{places}f}"
    if float(text) != 0:
        return text
    return "0" if value == 0 else plain_number(value, 1)


def _trim(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scientific(mantissa: str, exponent: int, superscripts: bool) -> str:
    if not superscripts:
        return f"{mantissa}e{exponent}"
    power = f"10{str(exponent).translate(_SUPERSCRIPTS)}"
    return power if mantissa == "1" else f"{mantissa} × {power}"
