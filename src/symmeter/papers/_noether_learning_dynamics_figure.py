"""The figure of the experiment on charges, drawn from its tables alone.

Above: three charges of a network on digits, measured and by three laws. Below: effective learning rates beside RMSProp,
errors of the laws, and what each optimizer's metric does to a charge.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.papers.figure_style import BLUE, INK, ORANGE, PURPLE, SERIF, SOFT, TEAL, page, quiet_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw"]

_LAWS = {"naive": (PURPLE, (1, 1.5), 1.5), "continuous": (ORANGE, (4, 2), 1.5), "exact": (TEAL, (None, None), 1.7)}
_WORDS = {"exact": "exact recursion", "continuous": "continuous model", "naive": "decay alone"}
_SHOWN = (
    ("7 shift", "Translation", "sums over rows of the last layer, free under softmax"),
    ("0 scale", "Scale", "squared lengths of filters before a batch norm"),
    ("3 | 7", "Rescale", "incoming less outgoing squared length of units"),
)


def draw(tables: Mapping[str, Any]) -> Figure:
    """The figure.

    Raises
    ------
    MissingDependencyError
        Without matplotlib.
    """
    lr, momentum, decay = tables["digits"]["momentum"]["setting"]
    words = (
        f"A convolutional network on digits, SGD with rate {lr:g}, momentum {momentum:g} and decay {decay:g}. "
        "Thick: measured, four units each."
    )
    with page((12.0, 8.3), "What training does to conserved charges", words, at=(0.05, 0.945, 0.914)) as figure:
        above = figure.add_gridspec(1, 3, left=0.065, right=0.975, top=0.81, bottom=0.51, wspace=0.26)
        families = tables["digits"]["momentum"]["families"]
        for k, (name, title, note) in enumerate(_SHOWN):
            _charge(figure.add_subplot(above[k]), families[name], title, note, k == 1)
        below = figure.add_gridspec(1, 3, left=0.065, right=0.975, top=0.355, bottom=0.08, wspace=0.3)
        _rates(figure.add_subplot(below[0]), tables["digits"]["plain"])
        _errors(figure.add_subplot(below[1]), tables["digits"])
        _budgets(figure.add_subplot(below[2]), tables["budgets"])
    return figure


def _heading(axes: Axes, title: str, words: str) -> None:
    axes.text(0, 1.14, title, transform=axes.transAxes, fontsize=14, family=SERIF, va="bottom")
    axes.text(0, 1.05, words, transform=axes.transAxes, fontsize=8.6, color=SOFT, va="bottom")


def _charge(axes: Axes, family: Mapping[str, Any], title: str, note: str, labelled: bool) -> None:
    _heading(axes, title, note)
    steps = np.array(family["steps"])
    measured = np.array(family["measured"])
    axes.plot(steps, measured, color=INK, linewidth=4.5, alpha=0.2, solid_capstyle="round")
    for law, (colour, dashes, width) in _LAWS.items():
        for line in axes.plot(steps, np.array(family[law]), color=colour, linewidth=width):
            if dashes[0] is not None:
                line.set_dashes(dashes)
    low, high = measured.min(), measured.max()
    pad = 0.35 * (high - low)
    axes.set(xlim=(0, steps[-1]), ylim=(low - pad, high + pad))
    axes.set_xlabel("step", labelpad=2)
    quiet_axes(axes)
    if labelled:
        for k, law in enumerate(("exact", "continuous", "naive")):
            axes.text(0.04, 0.92 - 0.075 * k, _WORDS[law], color=_LAWS[law][0], transform=axes.transAxes,
                      fontsize=8.8)  # fmt: skip


def _rates(axes: Axes, run: Mapping[str, Any]) -> None:
    _heading(axes, "Normalised weights adapt", "rate of each filter's direction; dashed: RMSProp")
    rates = run["rates"]
    steps = np.array(rates["steps"])
    axes.plot(steps, np.array(rates["measured"]), color=INK, linewidth=4, alpha=0.22)
    for k, line in enumerate(axes.plot(steps, np.array(rates["predicted"]), linewidth=1.5)):
        line.set_color((TEAL, BLUE, ORANGE, PURPLE)[k % 4])
        line.set_dashes((4, 1.5))
    axes.set(xlim=(0, steps[-1]), yscale="log")
    axes.set_xlabel("step, run without momentum", labelpad=2)
    quiet_axes(axes)


def _errors(axes: Axes, runs: Mapping[str, Any]) -> None:
    _heading(axes, "How far off each law is", "over the largest charge; a dot is a family of a run")
    rng = np.random.default_rng(0)
    for place, law in enumerate(("exact", "continuous", "naive")):
        values = [f["errors"][law] for run in runs.values() for f in run["families"].values() if law in f["errors"]]
        x = place + 0.22 * (rng.random(len(values)) - 0.5)
        axes.scatter(x, np.maximum(values, 1e-16), s=26, color=_LAWS[law][0], alpha=0.75, linewidths=0)
    axes.set(yscale="log", xlim=(-0.5, 2.5), ylim=(1e-16, 10))
    axes.set_yticks((1e-15, 1e-10, 1e-5, 1))
    axes.set_xticks(range(3), ["exact", "continuous", "decay alone"])
    quiet_axes(axes)
    axes.tick_params(axis="x", length=0)


def _budgets(axes: Axes, budgets: Mapping[str, Mapping[str, float]]) -> None:
    _heading(axes, "Metrics break charges", "first-order change of a rescaling charge, relative")
    names = list(budgets)
    for place, name in enumerate(names):
        value = max(budgets[name]["first order"], 1e-17)
        colour = TEAL if value < 1e-10 else ORANGE
        axes.plot([1e-17, value], [place, place], color=colour, linewidth=5, solid_capstyle="butt")
        axes.text(value * 4, place, f"{value:.0e}" if value < 1e-3 else f"{value:.2f}", va="center", color=colour)
    axes.set(xscale="log", xlim=(1e-17, 1e3), ylim=(len(names) - 0.5, -0.5))
    axes.set_yticks(range(len(names)), names)
    axes.set_xticks((1e-15, 1e-10, 1e-5, 1))
    axes.tick_params(length=3, width=0.8)
