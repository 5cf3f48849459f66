"""The figure of the part ``stress``: a screw dipole beside its images, and an edge dipole in copper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.papers.figure_style import GREY, INK, LINE, ORANGE, SERIF, SOFT, TEAL, page, quiet_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw", "map_panel", "profile_panel"]


def draw(tables: Mapping[str, Any]) -> Figure:
    """The figure.

    Raises
    ------
    MissingDependencyError
        Without matplotlib.
    """
    words = "Torsion in a periodic box of side 64 makes stress; what no wave tells is whether the box is free or held."
    with page((12.8, 5.6), "The stress of torsion", words, at=(0.05, 0.91, 0.855)) as figure:
        grid = figure.add_gridspec(1, 3, left=0.055, right=0.93, top=0.70, bottom=0.12, wspace=0.2,
                                   width_ratios=(1.25, 1, 1))  # fmt: skip
        profile_panel(figure.add_subplot(grid[0, 0]), tables["screw"])
        t = tables["copper"]
        top = float(np.quantile(np.abs(t["isotropic"]), 0.995))
        map_panel(
            figure.add_subplot(grid[0, 1]), t["isotropic"], top, "Edge dipole, isotropic", "σ xy, average of Voigt"
        )
        image = map_panel(
            figure.add_subplot(grid[0, 2]),
            t["cubic"],
            top,
            "The same in copper",
            f"cubic, anisotropy {t['anisotropy']:.2f}",
        )
        bar = figure.colorbar(image, cax=figure.add_axes((0.945, 0.16, 0.009, 0.46)))
        bar.outline.set_edgecolor(LINE)
        bar.ax.tick_params(length=2, colors=SOFT, labelsize=7.5)
        bar.ax.set_title("GPa", fontsize=8, color=SOFT)
    return figure


def _heading(axes: Axes, title: str, words: str) -> None:
    axes.text(0, 1.125, title, transform=axes.transAxes, fontsize=14, family=SERIF, va="bottom", color=INK)
    axes.text(0, 1.035, words, transform=axes.transAxes, fontsize=8.6, color=SOFT, va="bottom")


def profile_panel(axes: Axes, t: Mapping[str, Any]) -> None:
    """Stress along the line between the cores, free and held, with the sum of images."""
    _heading(axes, "Screw dipole and its images", "σ yz along the line through both cores, b = μ = 1")
    x, value = np.asarray(t["x"]), np.asarray(t["profile"])
    shift = t["held"] - t["value"]
    axes.plot(x, value + shift, color=GREY, linewidth=1.2, dashes=(4, 2))
    axes.plot(x, value, color=TEAL, linewidth=1.8)
    axes.plot(np.arange(18.0, 46.5, 1.0), t["sums"], "o", color=ORANGE, markersize=3.6)
    for where, sign in ((16, "+b"), (48, "-b")):
        axes.axvline(where, color=LINE, linewidth=0.8, zorder=0)
        axes.text(where - 1.2 + 2.6 * (where < 32), value.min() * 0.98, sign, color=SOFT, fontsize=9,
                  ha="left" if where < 32 else "right")  # fmt: skip
    axes.text(51, value.max() * 0.86, "free box", color=TEAL, fontsize=9)
    axes.text(51, value.max() * 0.72, "held box", color=GREY, fontsize=9)
    axes.text(24, value.max() * 0.55, "rows of images,\nin closed form", color=ORANGE, fontsize=9)
    axes.set(xlim=(0, 64), xlabel="x")
    quiet_axes(axes)


def map_panel(axes: Axes, values: Any, top: float, title: str, words: str) -> Any:
    """One component as a map."""
    _heading(axes, title, words)
    field = np.asarray(values)
    image = axes.imshow(field.T, origin="lower", extent=(0, 64, 0, 64), cmap="RdBu_r", vmin=-top, vmax=top)
    levels = np.linspace(-top, top, 9)[1:-1]
    grid = (np.arange(len(field)) + 0.5) * 64 / len(field)
    axes.contour(grid, grid, field.T, levels=levels, colors=INK, linewidths=0.35, alpha=0.6)
    axes.set(xlabel="x", xticks=(0, 16, 32, 48, 64), yticks=(0, 16, 32, 48, 64))
    axes.tick_params(length=3, width=0.8, color=LINE)
    return image
