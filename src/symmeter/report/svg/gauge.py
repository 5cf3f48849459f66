"""The meter itself: a dial from exact to as broken as random, its needle at the defect, the interval an arc."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from symmeter.report.numbers import defect_text, interval_text
from symmeter.report.scale import TICKS, meter_fraction
from symmeter.report.svg.elements import number, picture, tag

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["gauge", "needle_angle"]

_SWEEP = 180.0


def needle_angle(defect: float) -> float:
    """Degrees from the upright; -90 is exact, +90 as broken as random."""
    return _SWEEP * (meter_fraction(defect) - 0.5)


def gauge(defect: float, interval: tuple[float, float], tone: str, small: bool = False) -> Markup:
    """The dial.

    Parameters
    ----------
    defect : float
        In [0, 1].
    interval : tuple of float
    tone : str
        Colour of the interval's arc and of the needle, see ``verdicts.Look``.
    small : bool
        Without minor ticks and labels.
    """
    value, bounds = defect_text(defect, interval), interval_text(defect, interval)
    label = (
        f"Meter: defect {value}, 95 % interval {bounds}, on a scale from 0 (exact) to 1 (as broken as a random "
        "transformation)"
    )
    dial = _Dial(60.0, 54.0, 44.0) if small else _Dial(130.0, 126.0, 92.0)
    parts = [
        tag("path", d=dial.arc(-90.0, 90.0), class_="track"),
        *_ticks(dial, small),
        tag("path", d=_interval_arc(dial, interval), class_=f"interval {tone}"),
        _needle(dial, needle_angle(defect), tone, small),
    ]
    if small:
        parts.append(tag("text", value, x=60.0, y=74.0, class_="value small"))
        return picture("gauge", 120.0, 78.0, label, *parts)
    parts += [
        tag("text", "exact", x=dial.x - dial.radius, y=dial.y + 20, class_="end"),
        tag("text", "random", x=dial.x + dial.radius, y=dial.y + 20, class_="end"),
        tag("text", value, x=dial.x, y=dial.y + 40, class_="value"),
        tag("text", bounds, x=dial.x, y=dial.y + 58, class_="bounds"),
    ]
    return picture("gauge", 260.0, 190.0, label, *parts)


class _Dial:
    def __init__(self, x: float, y: float, radius: float) -> None:
        self.x, self.y, self.radius = x, y, radius

    def point(self, angle: float, radius: float) -> tuple[float, float]:
        turn = math.radians(angle)
        return self.x + radius * math.sin(turn), self.y - radius * math.cos(turn)

    def arc(self, start: float, stop: float) -> str:
        x0, y0 = self.point(start, self.radius)
        x1, y1 = self.point(stop, self.radius)
        r = number(self.radius)
        return f"M{number(x0)} {number(y0)}A{r} {r} 0 0 1 {number(x1)} {number(y1)}"


def _interval_arc(dial: _Dial, interval: tuple[float, float]) -> str:
    start, stop = (needle_angle(v) for v in interval)
    # An interval too narrow to see is drawn as wide as the needle, and kept on the dial.
    lack = max(2.4 - (stop - start), 0.0) / 2
    middle_shift = max(-90.0 - (start - lack), 0.0) - max(stop + lack - 90.0, 0.0)
    return dial.arc(start - lack + middle_shift, stop + lack + middle_shift)


def _ticks(dial: _Dial, small: bool) -> list[Markup]:
    half = 4.0 if small else 8.0
    parts = []
    minor = [] if small else [m * 10.0**e for e in (-3, -2, -1) for m in range(2, 10)]
    for values, reach, kind in ((minor, 4.0, "minor"), ([t for t, _ in TICKS], 8.0 if not small else 4.0, "major")):
        marks = []
        for v in values:
            x0, y0 = dial.point(needle_angle(v), dial.radius + half + 1)
            x1, y1 = dial.point(needle_angle(v), dial.radius + half + 1 + reach)
            marks.append(f"M{number(x0)} {number(y0)}L{number(x1)} {number(y1)}")
        if marks:
            parts.append(tag("path", d="".join(marks), class_=f"tick {kind}"))
    if not small:
        for v, text in TICKS:
            x, y = dial.point(needle_angle(v), dial.radius + half + 20)
            parts.append(tag("text", text, x=x, y=y + 4, class_="ticklabel"))
    return parts


def _needle(dial: _Dial, angle: float, tone: str, small: bool) -> Markup:
    length, half, hub = (41.0, 1.8, 3.6) if small else (86.0, 2.6, 7.0)
    tail = 0.1 * length
    blade = (
        f"M{number(-half)} {number(tail)}L-0.5 {number(-length)}L0.5 {number(-length)}L{number(half)} {number(tail)}Z"
    )
    return tag(
        "g",
        tag("g", tag("path", d=blade), class_="needle", transform=f"rotate({number(angle)})"),
        tag("circle", r=hub, class_="hub"),
        tag("circle", r=hub * 0.4, class_=f"pin {tone}"),
        transform=f"translate({number(dial.x)} {number(dial.y)})",
    )
