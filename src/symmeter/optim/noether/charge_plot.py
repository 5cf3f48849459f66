"""Charges over a run beside the laws: one small panel a family, each law in its own colour, units as thin lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from symmeter.errors import InputError, MissingDependencyError
from symmeter.optim.noether.tracker import ChargeRecord

__all__ = ["draw_charges", "save_plot"]

_STYLES = {
    "exact": ("#00796b", (None, None), 1.6),
    "continuous": ("#c25700", (4, 2), 1.3),
    "naive": ("#8e4585", (1, 1.6), 1.3),
}
_WORDS = {"exact": "exact recursion", "continuous": "continuous model", "naive": "decay alone"}
_UNITS = 6


def draw_charges(axes: Any, record: ChargeRecord, units: int = _UNITS) -> None:
    """One family on matplotlib axes: measured charges in ink, laws over them."""
    flat = record.measured.reshape(len(record.steps), -1)
    shown = np.unique(np.linspace(0, flat.shape[1] - 1, min(units, flat.shape[1])).astype(int))
    axes.plot(record.steps, flat[:, shown], color="#11202b", linewidth=3.2, alpha=0.22, solid_capstyle="round")
    for law, values in record.predicted.items():
        colour, dashes, width = _STYLES[law]
        lines = axes.plot(record.steps, values.reshape(len(record.steps), -1)[:, shown], color=colour, linewidth=width)
        if dashes[0] is not None:
            for line in lines:
                line.set_dashes(dashes)
    low, high = flat[:, shown].min(), flat[:, shown].max()
    pad = 0.12 * max(high - low, 1e-12 * max(abs(high), 1e-300))
    # Laws that leave the picture must not flatten what was measured.
    axes.set_ylim(low - 3 * pad, high + 3 * pad)
    axes.set_title(f"{record.symmetry.name}  ({record.symmetry.kind})", fontsize=9, loc="left")
    axes.set_xlabel("step", fontsize=8)
    axes.tick_params(labelsize=8)


def save_plot(records: Sequence[ChargeRecord], path: str | Path) -> None:
    """Write a picture of some families.

    Raises
    ------
    MissingDependencyError
        Without matplotlib.
    InputError
        When there is nothing to draw, or not as .svg, .png or .pdf.
    OutputError
        If the file cannot be written.
    """
    from symmeter.files import check_picture, write_figure

    if not records:
        raise InputError("there is no charge to draw")
    check_picture(path)
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependencyError("matplotlib", "plot", "the plot of charges") from error
    columns = min(3, len(records))
    rows = -(-len(records) // columns)
    figure = Figure(figsize=(3.9 * columns, 2.7 * rows + 0.5), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes, record in zip(grid.flat, records):
        draw_charges(axes, record)
    for axes in list(grid.flat)[len(records) :]:
        axes.axis("off")
    laws = [law for law in _STYLES if any(law in r.predicted for r in records)]
    handles = [_line("#11202b", (None, None), 3.2, 0.35), *(_line(*_STYLES[law]) for law in laws)]
    figure.legend(handles, ["measured", *(_WORDS[law] for law in laws)], loc="outside upper right", ncols=4, fontsize=8,
                  frameon=False)  # fmt: skip
    write_figure(figure, path)


def _line(colour: str, dashes: Any, width: float, alpha: float = 1.0) -> Any:
    from matplotlib.lines import Line2D

    line = Line2D([], [], color=colour, linewidth=width, alpha=alpha)
    if dashes[0] is not None:
        line.set_dashes(dashes)
    return line
