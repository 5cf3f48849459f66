"""The ladder: which group the subject has as the tolerance grows, drawn as a staircase over a logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from symmeter.report.numbers import order_text, plain_number
from symmeter.report.svg.elements import number, picture, tag
from symmeter.report.text import printable, shorten

if TYPE_CHECKING:
    from markupsafe import Markup

    from symmeter.findings import Rung

__all__ = ["ladder", "ladder_sentence", "widest_steps"]

_STEP, _LEFT, _RIGHT, _TOP, _BOTTOM = 42.0, 14.0, 14.0, 34.0, 46.0


def ladder_sentence(rungs: Sequence[Rung]) -> str:
    """``C1 < 0.002 < C8 < 0.31 < D8``: the same as text."""
    return " < ".join(
        printable(r.group) if i == 0 else f"{plain_number(r.tolerance)} < {printable(r.group)}"
        for i, r in enumerate(rungs)
    )


def widest_steps(rungs: Sequence[Rung], most: int) -> tuple[Rung, ...]:
    """At most ``most`` rungs: the first, the last and those that stay longest (in decades) before the next step."""
    if len(rungs) <= most:
        return tuple(rungs)
    places = [math.log10(max(r.tolerance, 1e-12)) for r in rungs] + [0.0]
    inner = sorted(range(1, len(rungs) - 1), key=lambda i: places[i] - places[i + 1])[: most - 2]
    return tuple(rungs[i] for i in sorted([0, len(rungs) - 1, *inner]))


def ladder(rungs: Sequence[Rung], width: float = 960.0, most: int = 10) -> Markup:
    """The staircase.

    Parameters
    ----------
    rungs : sequence of Rung
        By growing tolerance, starting with the trivial group at 0.
    width : float
        In pixels; draw a wide and a narrow one rather than scaling the text.
    most : int
        More steps than this are thinned out to the longest ones.
    """
    shown = widest_steps(rungs, most)
    first = _first_decade(shown)
    height = _TOP + _STEP * max(len(shown) - 1, 0) + 14 + _BOTTOM
    floor = height - _BOTTOM

    def x(tolerance: float) -> float:
        if tolerance <= 0:
            return _LEFT
        place = (math.log10(min(tolerance, 1.0)) - first) / -first
        return _LEFT + 26 + max(place, 0.0) * (width - _LEFT - _RIGHT - 26)

    def y(index: int) -> float:
        return _TOP + _STEP * (len(shown) - 1 - index)

    corners = [(x(r.tolerance), y(i)) for i, r in enumerate(shown)]
    line = "".join(
        f"M{number(cx)} {number(cy)}" if i == 0 else f"H{number(cx)}V{number(cy)}" for i, (cx, cy) in enumerate(corners)
    )
    line += f"H{number(width - _RIGHT)}" if corners else ""
    parts = [_axis(first, x, floor, width)]
    if corners:
        parts.append(tag("path", d=f"{line}V{number(floor)}H{number(corners[0][0])}Z", class_="area"))
        parts.append(tag("path", d=line, class_="stairs"))
    for i, (rung, (cx, cy)) in enumerate(zip(shown, corners)):
        next_x = corners[i + 1][0] if i + 1 < len(corners) else width
        parts.append(_label(rung, cx, cy, i, next_x - cx))
    if len(shown) < len(rungs):
        note = f"{len(rungs) - len(shown)} short steps are not drawn"
        parts.append(tag("text", note, x=_LEFT, y=12.0, class_="note"))
    label = f"Ladder of groups as the tolerance grows: {ladder_sentence(rungs)}"
    return picture("ladder", width, height, label, *parts)


def _first_decade(rungs: Sequence[Rung]) -> int:
    positive = [r.tolerance for r in rungs if r.tolerance > 0]
    if not positive:
        return -3
    return max(min(math.floor(math.log10(min(positive) * 0.7)), -2), -12)


def _axis(first: int, x, floor: float, width: float) -> Markup:
    decades = range(first, 1)
    every = 1 if (width - 60) / max(len(decades), 1) > 52 else 2 if (width - 60) / len(decades) > 26 else 3
    grid = "".join(f"M{number(x(10.0**d))} 18V{number(floor + 5)}" for d in decades)
    minor = "".join(f"M{number(x(m * 10.0**d))} {number(floor)}v4" for d in decades if d < 0 for m in range(2, 10))
    labels = [
        tag(
            "text",
            plain_number(10.0**d) if d >= -2 else plain_number(10.0**d, superscripts=True, powers=True),
            x=min(x(10.0**d), width - 10),
            y=floor + 19,
            class_="ticklabel",
        )
        for d in decades
        if (-d) % every == 0
    ]
    return tag(
        "g",
        tag("path", d=grid, class_="grid"),
        tag("path", d=minor, class_="tick minor"),
        # The axis is broken between zero and the first decade.
        tag("path", d=f"M{number(_LEFT)} {number(floor)}h8m4 0H{number(width - _RIGHT)}", class_="axis"),
        tag("path", d=f"M{number(_LEFT + 6)} {number(floor + 4)}l4 -8m0 8l4 -8", class_="axis"),
        tag("text", "0", x=_LEFT, y=floor + 19, class_="ticklabel"),
        *labels,
        tag(
            "text",
            "tolerance: the largest defect that still counts as a symmetry",
            x=_LEFT,
            y=floor + 38,
            class_="title",
        ),
    )


def _label(rung: Rung, cx: float, cy: float, index: int, room_right: float) -> Markup:
    # A staircase leaves the room to the upper left of each step empty; only the first steps have none there.
    name = shorten(rung.group, 22)
    # Translations by whole steps are infinitely many, and no continuum.
    size = f"order {order_text(rung.order)}" if rung.order is not None else order_text(None, rung.group == "Z")
    # A group without a name is called by its order.
    size = "" if size in name else size
    since = f"{size}{', ' if size else ''}from {plain_number(rung.tolerance, superscripts=True)}"
    details = (since, size, "") if index else (size, "")
    name_width = 8.6 * len(name) + 12
    for detail in details:
        if index and name_width + 6.2 * len(detail) + 7 < cx - _LEFT:
            return tag("g", _dot(cx, cy), *_text(rung, name, detail, cx - 10, cy + 2, "end"))
    fitting = next((d for d in details if name_width + 6.2 * len(d) + 7 < room_right), "")
    return tag("g", _dot(cx, cy), *_text(rung, name, fitting, cx + 9, cy - 9, "start"))


def _dot(cx: float, cy: float) -> Markup:
    return tag("circle", cx=cx, cy=cy, r=4.0, class_="step")


def _text(rung: Rung, name: str, detail: str, x: float, y: float, anchor: str) -> list[Markup]:
    spans = [tag("tspan", name, class_="group")]
    if detail:
        spans.append(tag("tspan", detail, dx=7.0, class_="detail"))
    lines = [tag("text", *spans, x=x, y=y, text_anchor=anchor)]
    added = f"+ {shorten(rung.added, 24)}"
    if rung.added and anchor == "end" and 6.2 * len(added) < x - _LEFT:
        lines.append(tag("text", added, x=x, y=y + 15, text_anchor=anchor, class_="added"))
    return lines
