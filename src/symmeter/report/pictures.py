"""What a transformation does, shown: pixels before and after, bars, the orbit graph, or the generator's matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.report.svg import bars, cycle_rings, heatmap, shape_picture
from symmeter.report.svg.bars import MOST_BARS
from symmeter.report.svg.heatmap import shade_scale
from symmeter.subjects.drawing import Drawing
from symmeter.subjects.formulas import Formulas
from symmeter.subjects.static_picture import StaticPicture

if TYPE_CHECKING:
    from markupsafe import Markup

    from symmeter.findings import Finding, Picture

__all__ = ["Panel", "column_namer", "panels"]

_MOST_GENERATORS = 3


@dataclass(frozen=True)
class Panel:
    """A captioned row of pictures.

    Attributes
    ----------
    kind : str
        ``"arrow"`` (before, arrow, after), ``"row"`` (wraps), ``"stack"``, ``"shape"`` or ``"formulas"``.
    pictures : tuple of (Markup, str)
        Each with its caption, which may be empty.
    caption : str
        What the panel shows.
    note : str
        What was left out.
    data : str
        JSON from which a script draws the picture that can be turned; empty for pictures that cannot.
    """

    kind: str
    pictures: tuple[tuple[Markup, str], ...]
    caption: str
    note: str = ""
    data: str = ""


def column_namer(space: Any) -> Callable[[int], str]:
    """How to call a coordinate: by its column's name, its place on the grid, or its number."""
    names = getattr(space, "names", None)
    if names is not None:
        return lambda i: str(names[i])
    grid = getattr(space, "grid", None)
    if grid is not None:
        return lambda i: f"{i // grid[1]},{i % grid[1]}"
    return str


def panels(finding: Finding) -> tuple[Panel, ...]:
    """The pictures of a finding, most telling first."""
    out: list[Panel] = []
    sample = finding.picture
    if isinstance(sample, Drawing):
        return (_shape(sample),)
    if isinstance(sample, Formulas):
        return (_formulas(sample),)
    if isinstance(sample, StaticPicture):
        return (_static(sample),)
    if any(hasattr(g, "rotation") for g in finding.generators):
        # Maps of points in space are drawn once, in the picture of the shape.
        return ()
    if sample is not None:
        out.append(_pixels(sample, finding.name) if sample.grid is not None else _bars(sample, finding.name))
    algebra = getattr(finding.action, "algebra", None)
    if algebra is not None:
        out.append(_generator_matrices(np.asarray(algebra.basis), "infinitesimal generator"))
        return tuple(out)
    permutations = [g for g in finding.generators if hasattr(g, "cycles")]
    dense = [g for g in finding.generators if not hasattr(g, "cycles")]
    if sample is None or sample.grid is None:
        out += [_orbits(g, finding) for g in permutations[:_MOST_GENERATORS]]
    if dense:
        out.append(_generator_matrices(np.stack([g.matrix() for g in dense]), "matrix of the generator"))
    return tuple(out)


def _static(sample: StaticPicture) -> Panel:
    from markupsafe import Markup

    return Panel("row", ((Markup(sample.svg), ""),), sample.caption, sample.note)


def _formulas(sample: Formulas) -> Panel:
    """Each formula as MathML, which browsers set by themselves; as its LaTeX where the converter is missing."""
    from importlib.util import find_spec

    from markupsafe import Markup, escape

    if find_spec("latex2mathml") is None:
        set_ = tuple((Markup("<code>{}</code>").format(tex), escape(what)) for what, tex in sample.lines)
        return Panel("formulas", set_, sample.caption, 'Typeset with: pip install "symmeter[symbolic]"')
    from latex2mathml.converter import convert

    return Panel("formulas", tuple((Markup(convert(tex)), escape(what)) for what, tex in sample.lines), sample.caption)


def _shape(drawing: Drawing) -> Panel:
    import json

    parts = [f"{n} {label}" for label, n in Counter(a.label for a in drawing.axes).items()]
    parts += [f"{len(drawing.planes)} mirror plane{'s' if len(drawing.planes) > 1 else ''}"] if drawing.planes else []
    if any(a.order == 0 for a in drawing.axes):
        parts.append("every mirror plane through it")
    parts += ["a centre"] if drawing.centre else []
    caption = f"Axes and planes: {', '.join(parts)}" if parts else "No axis and no plane"
    return Panel(
        "shape",
        ((shape_picture(drawing), ""),),
        caption,
        drawing.note,
        json.dumps(drawing.to_json(), separators=(",", ":")),
    )


def _pixels(sample: Picture, name: str) -> Panel:
    before, after = (np.asarray(v).reshape(sample.grid) for v in (sample.before, sample.after))
    scale = shade_scale(before, after)
    note = "Hue shows the phase, lightness the modulus." if scale[0] == "complex" else ""
    pair = (
        (heatmap(before, "a sample before the transformation", scale), "a sample"),
        (heatmap(after, f"the same sample after {name}", scale), f"after {name}"),
    )
    return Panel("arrow", pair, "A sample, before and after", note)


def _bars(sample: Picture, name: str) -> Panel:
    before, after = (np.asarray(v).ravel() for v in (sample.before, sample.after))
    both = np.concatenate([before[:MOST_BARS], after[:MOST_BARS]])
    values = np.concatenate([np.real(both), np.abs(both)]) if np.iscomplexobj(both) else both
    values = values[np.isfinite(values)]
    limits = (float(values.min(initial=0.0)), float(values.max(initial=0.0)))
    note = "Bars show the real part, caps the modulus. " if np.iscomplexobj(both) else ""
    if before.size > MOST_BARS:
        note += f"The first {MOST_BARS} of {before.size} columns are drawn."
    pair = (
        (bars(before, "a sample before the transformation, one bar per column", limits), "a sample"),
        (bars(after, f"the same sample after {name}, one bar per column", limits), f"after {name}"),
    )
    return Panel("stack", pair, "A sample, before and after", note.strip())


def _orbits(generator: Any, finding: Finding) -> Panel:
    rings, left_out, fixed = cycle_rings(generator, column_namer(finding.action.space))
    remarks = []
    if left_out:
        remarks.append(f"{left_out} more cycle{'s are' if left_out > 1 else ' is'} not drawn.")
    if fixed:
        remarks.append(f"{fixed} column{'s stay' if fixed > 1 else ' stays'} in place.")
    if not rings:
        remarks = ["Nothing moves."]
    return Panel("row", tuple((r, "") for r in rings), f"How {generator.name} moves the columns", " ".join(remarks))


def _generator_matrices(basis: Sequence[np.ndarray] | np.ndarray, what: str) -> Panel:
    shown = [np.asarray(m) for m in basis[:_MOST_GENERATORS]]
    scale = shade_scale(*shown)
    if scale[0] == "sequential" and scale[1] < 0:
        scale = ("diverging", -max(abs(scale[1]), abs(scale[2])), max(abs(scale[1]), abs(scale[2])))
    pictures = tuple(
        (
            heatmap(m, f"{what} {k + 1}: {len(m)} x {len(m)} matrix", scale, size=116.0),
            f"A{k + 1}" if len(basis) > 1 else "",
        )
        for k, m in enumerate(shown)
    )
    left_out = len(basis) - len(shown)
    note = (
        "Hue shows the phase, lightness the modulus." if scale[0] == "complex" else "Petrol below zero, orange above."
    )
    if left_out:
        note += f" {left_out} more generator{'s are' if left_out > 1 else ' is'} not drawn."
    return Panel("row", pictures, f"{what[0].upper()}{what[1:]}", note)
