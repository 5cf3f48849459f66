"""The figure of the part ``atoms``: cores of an edge and a screw in copper, and how circulations converge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.papers.figure_style import BLUE, INK, LINE, ORANGE, SERIF, SOFT, TEAL, page, quiet_axes
from symmeter.spacetime.defects.pictures import SHADES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["core_panel", "convergence_panel", "draw"]


def draw(tables: Mapping[str, Any]) -> Figure:
    """The figure.

    Raises
    ------
    MissingDependencyError
        Without matplotlib.
    """
    atoms = tables["edge"]["atoms"], tables["screw"]["atoms"]
    words = (
        f"One dislocation in a copper-like crystal ({atoms[0]} and {atoms[1]} atoms): torsion is smeared over the "
        "core, the loop that fails to close is exact."
    )
    with page((12.8, 5.9), "What does not close", words, at=(0.05, 0.915, 0.862)) as figure:
        grid = figure.add_gridspec(1, 3, left=0.05, right=0.975, top=0.725, bottom=0.17, wspace=0.22)
        dots = core_panel(
            figure.add_subplot(grid[0, 0]), tables["edge"], "Edge", "seen along its line; arrow: Burgers vector"
        )
        core_panel(figure.add_subplot(grid[0, 1]), tables["screw"], "Screw", "the Burgers vector points along the line")
        convergence_panel(figure.add_subplot(grid[0, 2]), tables)
        bar = figure.colorbar(dots, cax=figure.add_axes((0.05, 0.062, 0.2, 0.016)), orientation="horizontal",
                              ticks=[0, 0.02, 0.05, 0.1, 0.2])  # fmt: skip
        bar.outline.set_edgecolor(LINE)
        bar.ax.tick_params(length=2, colors=SOFT, labelsize=7.5)
        figure.text(0.258, 0.062, "|α| per angstrom", color=SOFT, fontsize=8.6)
    return figure


def _heading(axes: Axes, title: str, words: str) -> None:
    axes.text(0, 1.135, title, transform=axes.transAxes, fontsize=14, family=SERIF, va="bottom", color=INK)
    axes.text(0, 1.04, words, transform=axes.transAxes, fontsize=8.6, color=SOFT, va="bottom")


def core_panel(axes: Axes, table: Mapping[str, Any], title: str, words: str) -> Any:
    """Atoms of a slice around the core, shaded by the norm of the dislocation density."""
    from matplotlib.colors import LinearSegmentedColormap, PowerNorm

    _heading(axes, title, words)
    xy, density = np.asarray(table["slice"]), np.asarray(table["density"])
    pale = LinearSegmentedColormap.from_list("density", [tuple(c / 255 for c in shade) for shade in SHADES])
    order = np.argsort(density)
    dots = axes.scatter(*xy[order].T, c=density[order], s=30, cmap=pale, norm=PowerNorm(0.5, 0, 0.2), linewidths=0)
    b = np.asarray(table["lab_burgers"])[:2]
    if np.linalg.norm(b) > 1.0:
        way = b / np.linalg.norm(b) * 9
        axes.annotate(
            "", (float(way[0]), float(way[1])), (0, 0), arrowprops={"arrowstyle": "-|>", "color": ORANGE, "lw": 2.2}
        )
    else:
        axes.plot(0, 0, "o", ms=13, mfc="none", mec=ORANGE, mew=2.0)
        axes.plot(0, 0, "x", ms=6, color=ORANGE, mew=2.0)
    box = {"fc": "white", "ec": "none", "alpha": 0.8, "pad": 2}
    axes.text(
        0.97,
        0.03,
        table["loops"][0] if table["loops"] else "none found",
        transform=axes.transAxes,
        color=ORANGE,
        ha="right",
        fontsize=10,
        weight="bold",
        bbox=box,
    )
    axes.set_aspect("equal")
    axes.set(xlim=(-22, 22), ylim=(-22, 22), xlabel="angstroms")
    axes.tick_params(length=3, width=0.8, color=LINE)
    return dots


def convergence_panel(axes: Axes, tables: Mapping[str, Any]) -> None:
    """How far circulations are from the exact Burgers vector, by radius."""
    _heading(axes, "Smeared and exact", "error of the circulation around loops, by radius")
    floor = 1e-7
    for kind, colour in (("edge", TEAL), ("screw", BLUE)):
        t = tables[kind]
        radii = np.asarray(t["radii"])
        for name, dashes in (("frames", (1, 0)), ("gradients", (4, 2))):
            off = np.maximum(np.abs(np.asarray(t[name]) + 1), floor)
            axes.plot(radii, off, color=colour, linewidth=1.5, dashes=dashes)
        axes.plot(radii[1:], np.full(len(radii) - 1, floor), ".", color=colour, markersize=6 if kind == "edge" else 3)
    axes.set_yscale("log")
    axes.set(xlabel="radius (angstroms)", ylim=(floor / 2, 0.5))
    axes.text(0.84, 0.93, "edge", color=TEAL, transform=axes.transAxes, fontsize=9.5, weight="bold")
    axes.text(0.84, 0.86, "screw", color=BLUE, transform=axes.transAxes, fontsize=9.5, weight="bold")
    axes.text(radii[1], floor * 1.7, "closure of bonds (zero, drawn at the floor)", color=SOFT, fontsize=8.2)
    axes.text(
        0.03,
        0.93,
        "frames of nearest atoms; dashed: with gradients",
        transform=axes.transAxes,
        color=SOFT,
        fontsize=8.2,
    )
    quiet_axes(axes)
