"""The figure of the experiment on optimizers, drawn from its tables alone.

Above: twins under three stacks and under AdamW, and errors of updates block by block. Below: losses over the learning
rate, losses with words by seed, and the drift of the mean row of the output projection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.papers.figure_style import (
    BLUE,
    GREY,
    INK,
    LINE,
    ORANGE,
    PAPER,
    PURPLE,
    SERIF,
    SOFT,
    TEAL,
    page,
    quiet_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw"]

_COLOURS = {"adamw": ORANGE, "muon": BLUE, "row": TEAL, "hybrid": PURPLE}
_WORDS = {"adamw": "AdamW", "muon": "Muon and AdamW", "row": "row stack", "hybrid": "hybrid stack"}
_ROLES = {
    "embedding": "embedding", "attention": "attention", "mlp_gate_up": "gate, up", "mlp_down": "down",
    "router": "router", "lm_head": "output",
}  # fmt: skip


def draw(tables: Mapping[str, Any]) -> Figure:
    """The figure.

    Raises
    ------
    MissingDependencyError
        Without matplotlib.
    """
    title = "Updates that respect the symmetry of each block"
    words = (
        "Two networks that a group element relates must stay related while they train. Small language models on the "
        "sources of Python's standard library."
    )
    with page((12.0, 8.6), title, words, at=(0.05, 0.945, 0.915)) as figure:
        above = figure.add_gridspec(1, 2, left=0.075, right=0.975, top=0.83, bottom=0.525, wspace=0.3)
        _twins(figure.add_subplot(above[0]), tables["twins"])
        _audit(figure.add_subplot(above[1]), tables["audit"])
        below = figure.add_gridspec(1, 3, left=0.075, right=0.975, top=0.385, bottom=0.085, wspace=0.3,
                                     width_ratios=(1, 1.35, 0.9))  # fmt: skip
        _grid(figure.add_subplot(below[0]), tables["sweep"])
        _seeds(figure.add_subplot(below[1]), [*tables["runs"], *tables["kept"]])
        _drift(figure.add_subplot(below[2]), tables["runs"])
    return figure


def _heading(axes: Axes, title: str, words: str) -> None:
    axes.text(0, 1.135, title, transform=axes.transAxes, fontsize=14, family=SERIF, va="bottom")
    axes.text(0, 1.05, words, transform=axes.transAxes, fontsize=8.7, color=SOFT, va="bottom")


def _twins(axes: Axes, twins: Mapping[str, Any]) -> None:
    _heading(axes, "Twins", "relative mismatch of parameters after mapping one network to the other")
    lines = {"row": (TEAL, 2.2), "hybrid": (PURPLE, 1.8), "row-aware": (BLUE, 1.4), "AdamW, permutations": (SOFT, 1.4)}
    for name, (colour, width) in {**lines, "AdamW": (ORANGE, 2.2)}.items():
        values = np.maximum(np.array(twins[name]["parameters"]), 1e-17)
        axes.plot(np.arange(1, len(values) + 1), values, color=colour, linewidth=width)
    last = len(twins["AdamW"]["parameters"])
    axes.set(yscale="log", xlim=(1, last), ylim=(1e-17, 10))
    axes.set_yticks((1e-15, 1e-10, 1e-5, 1))
    axes.set_xlabel("step", labelpad=2)
    axes.text(last * 0.97, 1.2, "AdamW, all moves", color=ORANGE, ha="right", va="bottom", fontsize=9)
    axes.text(last * 0.97, 3e-12, "AdamW, permutations only", color=SOFT, ha="right", fontsize=9)
    axes.text(last * 0.97, 2.4e-14, "row, hybrid and row-aware stacks", color=TEAL, ha="right", fontsize=9)
    quiet_axes(axes)


def _audit(axes: Axes, audit: Mapping[str, Mapping[str, float]]) -> None:
    _heading(
        axes, "Errors of updates, block by block", "one means as far off as the update is long; colour: its logarithm"
    )
    names = {"SymmetryStack": "stack", "SGD": "SGD", "RMSprop": "RMSprop", "AdamW": "AdamW"}
    roles = [r for r in _ROLES if r in audit["AdamW"]]
    for row, name in enumerate(names):
        for column, role in enumerate(roles):
            value = max(audit[name][role], 1e-17)
            shade = min(max((np.log10(value) + 17) / 17, 0.0), 1.0)
            axes.add_patch(_cell(column, row, shade))
            shown = f"{value:.2f}" if value > 0.01 else _power(value)
            axes.text(column + 0.5, row + 0.5, shown, ha="center", va="center", fontsize=9.2,
                      color=PAPER if shade > 0.6 else INK)  # fmt: skip
    axes.set(xlim=(0, len(roles)), ylim=(len(names), 0))
    axes.set_xticks(np.arange(len(roles)) + 0.5, [_ROLES[r] for r in roles])
    axes.set_yticks(np.arange(len(names)) + 0.5, list(names.values()))
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def _cell(x: float, y: float, shade: float) -> Any:
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle

    colour = LinearSegmentedColormap.from_list("error", ["#e8f3f1", "#f7dfa8", "#ee9f5b", "#b3402f"])(shade)
    return Rectangle((x + 0.03, y + 0.05), 0.94, 0.9, facecolor=colour, edgecolor="none")


def _power(value: float) -> str:
    return rf"$10^{{{int(np.floor(np.log10(value)))}}}$"


def _grid(axes: Axes, runs: list[Mapping[str, Any]]) -> None:
    _heading(axes, "One grid for all", "nats a byte; dashed: embedding's rate times 4")
    rows = [r for r in runs if r["task"] == "bytes"]
    for method, colour in _COLOURS.items():
        for factor in sorted({r["embedding"] for r in rows}):
            some = sorted((r for r in rows if (r["method"], r["embedding"]) == (method, factor)), key=lambda r: r["lr"])
            line, face = ("-", colour) if factor == 1 else ((0, (4, 2)), PAPER)
            x, y = [r["lr"] for r in some], [min(r["loss"], 9) for r in some]
            axes.plot(
                x, y, color=colour, linewidth=1.6, marker="o", markersize=4.5, linestyle=line, markerfacecolor=face
            )
    axes.set_xscale("log")
    rates = sorted({r["lr"] for r in rows})
    axes.set_xlim(rates[0] * 0.85, rates[-1] * 1.15)
    axes.set_xticks(rates, [f"{r:g}".lstrip("0") for r in rates])
    axes.minorticks_off()
    axes.set_xlabel("learning rate", labelpad=2)
    for k, method in enumerate(_COLOURS):
        ground = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.6, "alpha": 0.8}
        style = {"color": _COLOURS[method], "fontsize": 8.8, "va": "top", "ha": "right", "bbox": ground}
        axes.text(0.97, 0.56 - 0.085 * k, _WORDS[method], transform=axes.transAxes, **style)
    quiet_axes(axes)


_GROUPS = {"bytes": "bytes", "words": "words", "experts": "experts", "deep": "8 layers", "many words": "8,192\nwords"}


def _seeds(axes: Axes, runs: list[Mapping[str, Any]]) -> None:
    _heading(axes, "Seeds, each method at its best rate", "nats a token above the best method's mean")
    routers = {"router AdamW": GREY, "router left-spectral": PURPLE, "router row": TEAL}
    colours = {**_COLOURS, **routers}
    groups = [
        (task, [m for m in colours if any((r["task"], r["method"]) == (task, m) for r in runs)])
        for task in _GROUPS
        if any(r["task"] == task for r in runs)
    ]
    place, ticks = 0.0, []
    for task, methods in groups:
        rows = [r for r in runs if r["task"] == task]
        means = {m: np.mean([r["loss"] for r in rows if r["method"] == m]) for m in methods}
        least, start = min(means.values()), place
        for method in methods:
            values = np.array([r["loss"] for r in rows if r["method"] == method]) - least
            axes.scatter(np.full(len(values), place), values, s=26, color=colours[method], alpha=0.75, linewidths=0)
            axes.plot([place - 0.3, place + 0.3], [values.mean()] * 2, color=colours[method], linewidth=2)
            place += 1
        ticks.append(((start + place - 1) / 2, _GROUPS[task]))
        place += 0.8
    axes.set_xticks([t for t, _ in ticks], [name for _, name in ticks])
    axes.set_yscale("symlog", linthresh=0.02)
    axes.set_ylim(-0.016, 0.9)
    axes.set_yticks((0, 0.01, 0.02, 0.1, 0.4), ("0", "0.01", "0.02", "0.1", "0.4"))
    axes.minorticks_off()
    quiet_axes(axes)
    axes.tick_params(axis="x", length=0)
    # Above the points of the experts, which lie lower.
    middle = next((t for t, name in ticks if name == _GROUPS["experts"]), 0.0)
    for k, (name, colour) in enumerate(reversed(routers.items())):
        style = {"color": colour, "fontsize": 8, "ha": "center", "va": "top"}
        axes.text(middle, 0.75 - 0.07 * k, name, transform=axes.get_xaxis_transform(), **style)


def _drift(axes: Axes, runs: list[Mapping[str, Any]]) -> None:
    _heading(axes, "Drift along the free shift", "length of the mean output row, end over start")
    rows = [r for r in runs if r["task"] == "bytes"]
    methods = ("adamw", "muon", "row", "hybrid")
    for place, method in enumerate(methods):
        best = min((r for r in rows if r["method"] == method), key=lambda r: r["loss"])
        axes.plot([1, best["drift"]], [place, place], color=_COLOURS[method], linewidth=5, solid_capstyle="butt")
        axes.plot([best["drift"]], [place], "o", color=_COLOURS[method], markersize=7)
        shown = f"{best['drift']:.0f} times" if best["drift"] > 2 else f"within {max(abs(best['drift'] - 1), 1e-7):.0e}"
        axes.text(best["drift"] * 1.25, place, shown, va="center", fontsize=9, color=_COLOURS[method])
    axes.set_xscale("log")
    axes.set(xlim=(0.7, 1500), ylim=(3.6, -0.6))
    axes.set_yticks(range(4), ["AdamW", "Muon", "row", "hybrid"])
    axes.set_xticks((1, 10, 100), ("1", "10", "100"))
    axes.minorticks_off()
    axes.tick_params(length=3, width=0.8, color=LINE)
    axes.axvline(1, color=LINE, linewidth=1)
