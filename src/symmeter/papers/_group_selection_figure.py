"""The figure of the group-selection experiment, drawn from its tables alone.

Above: how often each of six planted groups is found, against the number of samples, with the covariance that holds it.
Below: the digits table as a heat map, and what averaging over the group does for a covariance estimate.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.papers._group_selection_digits import CANDIDATES, CASES
from symmeter.papers._group_selection_planted import SIX
from symmeter.papers.figure_style import BLUE, INK, LINE, ORANGE, PAPER, PURPLE, SERIF, SOFT, TEAL, page

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw"]

#: From noise (pale) to broken (dark): lightness falls steadily, for any colour vision and in grey.
_HEAT = ("#f4f7f4", "#f7dfa8", "#ee9f5b", "#c9514a", "#7a2453", "#33123f")
_GROUP = {
    "cyclic-16": r"$\mathbf{Z}_{16}$",
    "dihedral-8": r"$\mathbf{D}_{8}$",
    "reflection-12": r"$\mathbf{Z}_{2}$",
    "blocks-8": r"$\mathbf{S}_4 \times \mathbf{S}_4$",
    "torus-16": r"$\mathbf{D}_4 \times \mathbf{D}_4$",
    "so3-15": r"$\mathfrak{so}(3)$",
}
_TICKS = (10, 100, 1000)


def draw(tables: Mapping[str, Any]) -> Figure:
    """The figure.

    Raises
    ------
    MissingDependencyError
        Without matplotlib.
    """
    with page((10.6, 9.7), "How many samples show a symmetry?", _subtitle(tables), at=(0.0475, 0.957, 0.931)) as figure:
        above = figure.add_gridspec(2, 3, left=0.075, right=0.975, top=0.872, bottom=0.487, hspace=0.5, wspace=0.16)
        for number, key in enumerate(SIX):
            axes = figure.add_subplot(above[divmod(number, 3)])
            _recovery(axes, key, tables["recovery"], first=number % 3 == 0, last=number >= 3)
        below = figure.add_gridspec(
            1, 2, left=0.135, right=0.975, top=0.345, bottom=0.075, wspace=0.3, width_ratios=(1.62, 1)
        )
        _digits(figure.add_subplot(below[0]), tables["digits"])
        _estimators(figure.add_subplot(below[1]), tables)
    return figure


def _subtitle(tables: Mapping[str, Any]) -> str:
    trials = max(sweep["trials"] for sweep in tables["recovery"].values())
    return (
        f"Share of {trials} trials in which a planted group is found, with 95 % Clopper-Pearson bands."
        "  Inset: the covariance that holds it."
    )


# ---- recovery -----------------------------------------------------------------------------------------------------


def _recovery(axes: Axes, key: str, sweeps: Mapping[str, Any], first: bool, last: bool) -> None:
    sweep = sweeps[key]
    n = np.array(sweep["n"], dtype=float)
    rate, low, high = 100.0 * np.array(sweep["recovered"]).T
    axes.fill_between(n, low, high, color=TEAL, alpha=0.16, linewidth=0)
    axes.plot(n, rate, color=TEAL, linewidth=2.2, marker="o", markersize=4.2, zorder=4)
    if key == "cyclic-16":
        _plain_rule(axes, sweep)
    if key == "so3-15":
        axes.plot(n, 100.0 * np.array(sweep["closure_residual"]), color=ORANGE, linewidth=1.3, dashes=(1, 1.6))
        axes.text(120, 42, "closure residual", color=ORANGE, fontsize=8.2, ha="right")
    _other_sizes(axes, key, sweeps)
    axes.set(xscale="log", xlim=(8, 7000), ylim=(-3, 106))
    axes.set_xticks(_TICKS, [f"{t:,}" for t in _TICKS] if last else [""] * len(_TICKS))
    axes.minorticks_off()
    axes.set_yticks((0, 50, 100), ("0", "50", "100 %") if first else ("", "", ""))
    axes.tick_params(length=3, width=0.8, color=LINE)
    axes.grid(axis="y", color=LINE, linewidth=0.6, alpha=0.7)
    axes.set_axisbelow(True)
    if last:
        axes.set_xlabel("samples n", labelpad=2)
    axes.text(0.0, 1.1, _GROUP[key], transform=axes.transAxes, fontsize=14.5)
    words = f"{sweep['title']}, M = {sweep['columns']}"
    axes.text(1.0, 1.115, words, transform=axes.transAxes, fontsize=9, color=SOFT, ha="right")
    _inset(axes, np.array(sweep["covariance"]))


def _plain_rule(axes: Axes, sweep: Mapping[str, Any]) -> None:
    rate = 100.0 * np.array(sweep["below_threshold"])[:, 0]
    axes.plot(sweep["n"], rate, color=BLUE, linewidth=1.3, dashes=(4, 2))
    axes.text(42, 72, "eigenvalue\nbelow 2.5", color=BLUE, fontsize=8.2, linespacing=1.15, ha="right")


def _other_sizes(axes: Axes, key: str, sweeps: Mapping[str, Any]) -> None:
    """The same group on other numbers of columns, as faint lines."""
    name = key.partition("-")[0]
    shown = []
    for other, sweep in sweeps.items():
        if other == key or other.partition("-")[0] != name or len(sweep["n"]) < 2:
            continue
        rate = 100.0 * np.array(sweep["recovered"])[:, 0]
        axes.plot(sweep["n"], rate, color=SOFT, linewidth=0.9, alpha=0.8, marker=".", markersize=3.5, zorder=3)
        shown.append(str(sweep["columns"]))
    if shown:
        axes.text(220, 84, f"thin: M = {', '.join(shown)}", color=SOFT, fontsize=8.2)


def _inset(axes: Axes, covariance: np.ndarray) -> None:
    box = axes.inset_axes((0.73, 0.11, 0.25, 0.5))
    scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    box.imshow(covariance / scale, cmap=_colours(("#ffffff", "#bcdcd6", TEAL, "#00332d")), vmin=-0.05, vmax=1.0)
    box.set_xticks([])
    box.set_yticks([])
    for spine in box.spines.values():
        spine.set(visible=True, color=LINE, linewidth=0.8)


def _colours(stops: tuple[str, ...]) -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("symmeter", stops)


# ---- digits -------------------------------------------------------------------------------------------------------


def _digits(axes: Axes, digits: Mapping[str, Any]) -> None:
    _heading(axes, "Handwritten digits", "violation over the level of noise: median and range of runs", -0.19)
    if "missing" in digits:
        axes.axis("off")
        axes.text(0.5, 0.5, "not measured: scikit-learn is not installed", ha="center", color=SOFT)
        return
    cells = digits["cases"]
    ratio = np.array([[cells[case][name]["ratio"][1] for name in CANDIDATES] for case in CASES])
    shade = np.clip(np.log10(ratio) / np.log10(200.0), 0.0, 1.0)
    axes.imshow(shade, cmap=_colours(_HEAT), vmin=0.0, vmax=1.0, aspect="auto")
    for row, case in enumerate(CASES):
        for column, name in enumerate(CANDIDATES):
            _cell(axes, row, column, cells[case][name], bool(shade[row, column] > 0.55))
    axes.set_xticks(range(len(CANDIDATES)), [name.replace("_", " ") for name in CANDIDATES])
    axes.set_yticks(range(len(CASES)), list(CASES.values()))
    axes.tick_params(length=0, labelcolor=INK, labelsize=8.8, top=False, bottom=False)
    axes.set_xticks(np.arange(len(CANDIDATES) - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(len(CASES) - 1) + 0.5, minor=True)
    axes.grid(which="minor", color=PAPER, linewidth=2.5)
    axes.tick_params(which="minor", length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    filled, ring = "●  accepted (p ≥ {:g}) in every run".format(digits["alpha"]), "○  in some runs"
    axes.text(0.0, -0.16, filled, transform=axes.transAxes, color=TEAL, fontsize=8.5)
    axes.text(0.52, -0.16, ring, transform=axes.transAxes, color=TEAL, fontsize=8.5)


def _cell(axes: Axes, row: int, column: int, cell: Mapping[str, Any], dark: bool) -> None:
    low, middle, high = cell["ratio"]
    accepted, runs = cell["accepted"], cell["seeds"]
    ink = "#ffffff" if dark else INK
    axes.text(
        column,
        row - (0.1 if runs > 1 else 0.0),
        _short(middle),
        ha="center",
        va="center",
        color=ink,
        fontsize=10.5,
        fontweight="bold" if accepted == runs else "normal",
    )
    if runs > 1:
        text = f"{_short(low)}–{_short(high)}"
        axes.text(column, row + 0.25, text, ha="center", va="center", color=ink, fontsize=7, alpha=0.85)
    if accepted:
        filled = accepted == runs
        face = TEAL if filled else "none"
        axes.plot(column - 0.37, row - 0.31, marker="o", markersize=5.5, color=face, markeredgecolor=TEAL)


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


# ---- estimators ---------------------------------------------------------------------------------------------------


def _estimators(axes: Axes, tables: Mapping[str, Any]) -> None:
    e = tables["estimators"]
    n, sample = np.array(e["n"], dtype=float), np.array(e["sample"])
    _heading(axes, "A better covariance", "squared error over that of the sample covariance", -0.1)
    axes.axhline(1.0, color=LINE, linewidth=1.2)
    axes.text(115, 1.02, "sample covariance", color=SOFT, fontsize=8.4, va="bottom", ha="right")
    axes.plot(n, np.array(e["ledoit_wolf"]) / sample, color=BLUE, linewidth=1.6, marker="s", markersize=3.6)
    if all(v is not None for v in e["graphical_lasso"]):
        axes.plot(n, np.array(e["graphical_lasso"]) / sample, color=PURPLE, linewidth=1.2, dashes=(4, 2))
    axes.plot(n, np.array(e["symmetrised"]) / sample, color=TEAL, linewidth=2.2, marker="o", markersize=4.2)
    sweep = tables["recovery"]["dihedral-8"]
    found = np.array(sweep["group_error"]) / np.array(sweep["sample_error"])
    shown = np.array(sweep["n"]) <= 100
    axes.plot(np.array(sweep["n"])[shown], found[shown], color=ORANGE, linewidth=1.6, marker="D", markersize=3.6)
    axes.set(xscale="log", xlim=(4.5, 118), ylim=(0.0, 1.62))
    axes.set_xticks((5, 10, 20, 50, 100), ("5", "10", "20", "50", "100"))
    axes.minorticks_off()
    axes.set_yticks((0, 0.5, 1.0, 1.5), ("0", "0.5", "1", "1.5"))
    axes.tick_params(length=3, width=0.8, color=LINE)
    axes.set_xlabel("samples n", labelpad=2)
    axes.text(31, 0.72, "Ledoit-Wolf", color=BLUE, fontsize=8.4)
    axes.text(
        98,
        0.24,
        f"averaged over the known D$_8$: {e['gain_in_closed_form']:.1f} × smaller",
        color=TEAL,
        fontsize=8.4,
        ha="right",
        va="top",
    )
    axes.text(24, 0.44, "over the group found\nin the same samples", color=ORANGE, fontsize=8.4, linespacing=1.1)
    if all(v is not None for v in e["graphical_lasso"]):
        axes.text(44, 1.36, "graphical lasso", color=PURPLE, fontsize=8.4, ha="right")


def _heading(axes: Axes, title: str, words: str, x: float) -> None:
    axes.text(x, 1.165, title, transform=axes.transAxes, fontsize=18, family=SERIF, color=INK)
    axes.text(x, 1.075, words, transform=axes.transAxes, fontsize=9.2, color=SOFT)
