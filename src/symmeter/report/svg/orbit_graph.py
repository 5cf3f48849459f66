"""The orbit graph of a permutation: each cycle a ring of named columns with arrows, signs and phases on the arrows."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from symmeter.report.svg.elements import number, picture, tag
from symmeter.report.text import printable, shorten

if TYPE_CHECKING:
    from markupsafe import Markup

    from symmeter.representations import Monomial

__all__ = ["cycle_rings", "phase_text"]

#: A ring with more columns than this is drawn as dots; its names are in the text alternative.
MOST_NAMES = 16
_MOST_DOTS = 72
_NAME_WIDTH = 13


def phase_text(phase: complex) -> str:
    """A phase for people: nothing for 1, ``−`` for -1, ``i``, ``−i``, else the angle in degrees.

    Examples
    --------
    >>> phase_text(1), phase_text(-1), phase_text(1j), phase_text(complex(0.5, 3**0.5 / 2))
    ('', '−', 'i', '60°')
    """
    for value, text in ((1, ""), (-1, "−"), (1j, "i"), (-1j, "−i")):
        if abs(phase - value) < 1e-9:
            return text
    return f"{math.degrees(cmath.phase(phase)):.3g}°".replace("-", "−")


def cycle_rings(
    permutation: Monomial, name_of: Callable[[int], str], most: int = 12
) -> tuple[tuple[Markup, ...], int, int]:
    """One small picture per cycle, to be laid out in a row that wraps.

    Parameters
    ----------
    permutation : Monomial
    name_of : callable
        The name of a column.
    most : int
        Cycles to draw.

    Returns
    -------
    rings : tuple of Markup
    left_out : int
        Cycles that were not drawn.
    fixed : int
        Columns that stay where they are (and keep their sign).
    """
    cycles = list(permutation.cycles())
    moved = sum(len(c) for c in cycles)
    phases = permutation.phases
    if phases is not None:
        on_cycle = {i for c in cycles for i in c}
        loops = [(i,) for i in range(len(phases)) if i not in on_cycle and abs(phases[i] - 1) > 1e-12]
        cycles += loops
        moved += len(loops)
    rings = tuple(_ring(c, [1.0 if phases is None else complex(phases[i]) for i in c], name_of) for c in cycles[:most])
    return rings, max(len(cycles) - most, 0), permutation.dimension - moved


def _ring(cycle: Sequence[int], phases: Sequence[complex], name_of: Callable[[int], str]) -> Markup:
    count = len(cycle)
    named = count <= MOST_NAMES
    names = [shorten(name_of(i), _NAME_WIDTH) for i in cycle] if named else []
    upright = named and count <= 2
    longest = max((len(n) for n in names), default=0)
    margin = 18.0 if not named else 3.6 * longest + 22 if upright else 7.0 * longest + 16
    radius = {1: 0.0, 2: 22.0}.get(count, max(26.0, 5.4 * count if named else 46.0))
    width = 2 * margin if upright else 2 * (radius + margin)
    height = 2 * (radius + 26)
    cx, cy = width / 2, height / 2
    drawn = min(count, _MOST_DOTS)
    places = [_place(cx, cy, radius, k, drawn) for k in range(drawn)]
    label = _ring_text([name_of(i) for i in cycle], phases)
    parts: list[Markup] = []
    if count == 2:
        parts += _swap(places, phases)
    elif count == 1:
        parts.append(tag("text", f"× {phase_text(phases[0])}", x=cx, y=cy + 22, class_="phase", text_anchor="middle"))
    else:
        parts += [_edge(cx, cy, radius, k, drawn, phases[k] if named else 1.0, dots=not named) for k in range(drawn)]
    parts += [tag("circle", cx=x, cy=y, r=4.2 if named else 2.2, class_="node") for x, y in places]
    for k, name in enumerate(names):
        parts.append(_name(name, name_of(cycle[k]), *_place(cx, cy, radius + 11, k, count), cx, upright, k, cy))
    if not named:
        parts.append(tag("text", str(count), x=cx, y=cy + 2, class_="count", text_anchor="middle"))
        parts.append(tag("text", "columns", x=cx, y=cy + 16, class_="phase", text_anchor="middle"))
    return picture("ring", width, height, label, *parts)


def _place(cx: float, cy: float, radius: float, k: float, count: int) -> tuple[float, float]:
    turn = 2 * math.pi * k / max(count, 1)
    return cx + radius * math.sin(turn), cy - radius * math.cos(turn)


def _edge(cx: float, cy: float, radius: float, k: int, count: int, phase: complex, dots: bool) -> Markup:
    # Arrows run along the circle and stop short of the nodes.
    gap = (4.0 if dots else 8.0) / radius * count / (2 * math.pi)
    x0, y0 = _place(cx, cy, radius, k + gap, count)
    x1, y1 = _place(cx, cy, radius, k + 1 - gap, count)
    r = number(radius)
    sign = phase_text(phase)
    path = tag(
        "path",
        d=f"M{number(x0)} {number(y0)}A{r} {r} 0 0 1 {number(x1)} {number(y1)}",
        class_="edge signed" if sign else "edge",
    )
    parts = [path]
    if not dots:
        parts.append(_head(x1, y1, 2 * math.pi * (k + 1 - gap) / count))
    if sign:
        x, y = _place(cx, cy, radius - 12, k + 0.5, count)
        parts.append(tag("text", sign, x=x, y=y + 4, class_="phase", text_anchor="middle"))
    return tag("g", *parts)


def _head(x: float, y: float, turn: float, size: float = 4.2) -> Markup:
    # The tip points along the tangent of a clockwise circle at angle ``turn`` from the top.
    ux, uy = math.cos(turn), math.sin(turn)
    tip = f"{number(x + size * ux * 0.6)} {number(y + size * uy * 0.6)}"
    back = [
        f"{number(x - size * ux - s * size * 0.7 * uy)} {number(y - size * uy + s * size * 0.7 * ux)}" for s in (1, -1)
    ]
    return tag("path", d=f"M{tip}L{back[0]}L{back[1]}Z", class_="head")


def _swap(places: Sequence[tuple[float, float]], phases: Sequence[complex]) -> list[Markup]:
    (x0, y0), (x1, y1) = places
    signs = [phase_text(p) for p in phases]
    line = tag(
        "path", d=f"M{number(x0)} {number(y0 + 9)}V{number(y1 - 9)}", class_="edge signed" if any(signs) else "edge"
    )
    parts = [line, _head(x0, y0 + 9, -math.pi / 2), _head(x1, y1 - 9, math.pi / 2)]
    if any(signs):
        text = signs[0] if signs[0] == signs[1] else " / ".join(s or "1" for s in signs)
        parts.append(tag("text", text, x=x0 + 9, y=(y0 + y1) / 2 + 4, class_="phase", text_anchor="start"))
    return parts


def _name(short: str, full: str, x: float, y: float, cx: float, upright: bool, k: int, cy: float) -> Markup:
    if upright:
        anchor, x, dy = "middle", cx, (-2.0 if k == 0 else 10.0)
    else:
        anchor = "middle" if abs(x - cx) < 4 else "start" if x > cx else "end"
        dy = -1.0 if anchor == "middle" and y < cy else 9.0 if anchor == "middle" else 4.0
    return tag("text", tag("title", full), short, x=x, y=y + dy, class_="name", text_anchor=anchor)


def _ring_text(names: Sequence[str], phases: Sequence[complex]) -> str:
    shown = [printable(n) for n in names[:8]]
    arrows = "".join(f"{name} → {phase_text(p) + ' ' if phase_text(p) else ''}" for name, p in zip(shown, phases))
    end = shown[0] if len(names) <= 8 else f"… {len(names)} columns in all"
    return f"Cycle {arrows}{end}"
