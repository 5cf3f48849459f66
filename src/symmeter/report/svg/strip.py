"""The meter laid flat, for tables: a track, the interval as a bar and the defect as a dot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symmeter.report.numbers import defect_text, interval_text
from symmeter.report.scale import TICKS, meter_fraction
from symmeter.report.svg.elements import number, picture, tag

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["strip"]

_WIDTH, _MARGIN, _MIDDLE = 132.0, 6.0, 8.0


def strip(defect: float, interval: tuple[float, float], tone: str) -> Markup:
    """The flat meter, on the same scale as the dial."""

    def x(value: float) -> float:
        return _MARGIN + meter_fraction(value) * (_WIDTH - 2 * _MARGIN)

    label = f"defect {defect_text(defect, interval)}, interval {interval_text(defect, interval)}"
    ticks = "".join(f"M{number(x(v))} {_MIDDLE + 4:g}v3" for v, _ in TICKS)
    low, high = (x(v) for v in interval)
    return picture(
        "strip",
        _WIDTH,
        16.0,
        label,
        tag("path", d=f"M{_MARGIN:g} {_MIDDLE:g}H{_WIDTH - _MARGIN:g}", class_="track"),
        tag("path", d=ticks, class_="tick minor"),
        tag("path", d=f"M{number(low)} {_MIDDLE:g}H{number(max(high, low + 1))}", class_=f"interval {tone}"),
        tag("circle", cx=x(defect), cy=_MIDDLE, r=4.0, class_=f"dot {tone}"),
    )
