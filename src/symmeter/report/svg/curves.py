"""Lines over a logarithmic axis of times, each with its name beside its end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from symmeter.report.numbers import plain_number
from symmeter.report.svg.elements import number, picture, tag
from symmeter.report.text import shorten

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["curves"]

_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 150.0, 16.0, 44.0
_TONES = 7


def curves(
    lines: Sequence[tuple[str, Sequence[float], Sequence[float]]],
    axes: tuple[str, str],
    width: float = 900.0,
    height: float = 320.0,
) -> Markup:
    """The chart.

    Parameters
    ----------
    lines : sequence of (name, x, y)
        x positive; y may have any sign.
    axes : (str, str)
        What is drawn along and up.
    width, height : float
        In pixels.
    """
    xs = [v for _, x, _ in lines for v in x]
    ys = [v for _, _, y in lines for v in y if math.isfinite(v)]
    low, high = min(0.0, *ys), max(ys) * 1.05 or 1.0
    first, last = math.log10(min(xs)), math.log10(max(xs))

    def place(x: float, y: float) -> str:
        across = _LEFT + (math.log10(x) - first) / ((last - first) or 1.0) * (width - _LEFT - _RIGHT)
        return f"{number(across)} {number(_up(y))}"

    def _up(y: float) -> float:
        return _TOP + (high - y) / ((high - low) or 1.0) * (height - _TOP - _BOTTOM)

    parts = [tag("path", d=f"M{number(_LEFT)} {number(_up(0.0))}H{number(width - _RIGHT)}", class_="axis")]
    for t in range(5):
        y = low + (high - low) * t / 4
        parts.append(tag("text", plain_number(y), x=_LEFT - 6, y=_up(y) + 4, text_anchor="end", class_="tick"))
    # Decades, and where there are few of them 2 and 5 between.
    steps = (1.0,) if last - first > 3 else (1.0, 2.0, 5.0)
    values = [s * 10.0**e for e in range(math.floor(first), math.floor(last) + 1) for s in steps]
    for value in (v for v in values if first - 1e-9 <= math.log10(v) <= last + 1e-9):
        across = _LEFT + (math.log10(value) - first) / ((last - first) or 1.0) * (width - _LEFT - _RIGHT)
        name = plain_number(value)
        parts.append(tag("text", name, x=across, y=height - _BOTTOM + 18, text_anchor="middle", class_="tick"))
    ends = _apart([_up(y[-1]) for _, _, y in lines], 15.0)
    for k, (name, x, y) in enumerate(lines):
        tone = f"var(--ax{k % _TONES})"
        d = "M" + "L".join(place(a, b) for a, b in zip(x, y) if math.isfinite(b))
        parts.append(tag("path", d=d, fill="none", stroke=tone, stroke_width="2", stroke_linejoin="round"))
        parts.append(tag("text", shorten(name, 22), x=width - _RIGHT + 8, y=ends[k] + 4, fill=tone, class_="name"))
    parts.append(
        tag("text", axes[0], x=(_LEFT + width - _RIGHT) / 2, y=height - 6, text_anchor="middle", class_="tick")
    )
    parts.append(tag("text", axes[1], x=_LEFT, y=_TOP - 4, class_="tick"))
    return picture("curves", width, height, f"{axes[1]} against {axes[0]}: {', '.join(n for n, _, _ in lines)}", *parts)


def _apart(heights: list[float], least: float) -> list[float]:
    """Heights of labels, moved down where they would overlap."""
    out = list(heights)
    below = -math.inf
    for k in sorted(range(len(out)), key=lambda i: heights[i]):
        out[k] = max(out[k], below + least)
        below = out[k]
    return out
