"""The figure of the soft-equivariance experiment, drawn from its tables alone.

Above: the levels that training gives to three planes of rotation, for each axis that is singled out, and the errors of
seven methods with the same tuning budget. Below: particles in a field with the levels found for them, and cosines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.papers._soft_equivariance_claims import selected
from symmeter.papers.figure_style import BLUE, GREY, INK, LINE, ORANGE, PAPER, PURPLE, SOFT, TEAL, page

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw"]

#: Beside the colours of the house, for the method that came last.
BROWN = "#7a5c3e"
_PLANES = {"O2_xy": "xy", "O2_yz": "yz", "O2_xz": "xz"}
_COLOURS = {
    "PER": TEAL,
    "RPP": ORANGE,
    "MixedRPP": PURPLE,
    "EMLP": BLUE,
    "FrameAverage": BROWN,
    "SoftEMLP": GREY,
    "MLP": INK,
}
_WORDS = {
    "PER": "soft (PER)",
    "RPP": "residual paths (RPP)",
    "MixedRPP": "RPP within a subgroup",
    "EMLP": "hard (EMLP)",
    "FrameAverage": "frame-averaged MLP",
    "SoftEMLP": "no penalty",
    "MLP": "plain MLP",
}


def draw(tables: Mapping[str, Any]) -> Figure:
    """The figure.

    Raises
    ------
    MissingDependencyError
        Without matplotlib.
    """
    with page(
        (10.6, 8.6), "How exact is each symmetry? Training tells.", _subtitle(tables), at=(0.0475, 0.948, 0.918)
    ) as figure:
        above = figure.add_gridspec(
            1, 2, left=0.105, right=0.83, top=0.825, bottom=0.51, wspace=0.62, width_ratios=(1, 1.5)
        )
        _levels(figure.add_subplot(above[0]), tables)
        _errors(figure.add_subplot(above[1]), tables["inertia"], tables["comparison"]["inertia"], "inertia tensors")
        below = figure.add_gridspec(
            1, 3, left=0.06, right=0.965, top=0.352, bottom=0.075, wspace=0.42, width_ratios=(1.1, 1, 1.1)
        )
        _tracks(figure.add_subplot(below[0]))
        _bars(figure.add_subplot(below[1]), _motion_levels(tables["motion"]), _motion_note(tables["comparison"]))
        _cosines(figure.add_subplot(below[2]), tables["cosine"])
    return figure


def _subtitle(tables: Mapping[str, Any]) -> str:
    seeds = len({r["seed"] for r in tables["inertia"]})
    return (
        "One penalty for each candidate group; their tuned strengths, relative to the start, are the levels.  "
        f"Medians over seeds ({seeds} for the comparison)."
    )


def _heading(axes: Axes, title: str, note: str) -> None:
    axes.text(0, 1.165, title, transform=axes.transAxes, fontsize=11.5, fontweight="bold", va="bottom")
    axes.text(0, 1.145, note, transform=axes.transAxes, fontsize=8.4, color=SOFT, va="top")


def _median_levels(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    return {n: float(np.median([r["levels"][n] for r in rows])) for n in rows[0]["levels"]}


# ---- levels ----------------------------------------------------------------------------------------------------------


def _levels(axes: Axes, tables: Mapping[str, Any]) -> None:
    """Rows: what is singled out; columns: the candidate planes; area and colour: the level."""
    along = [r for r in tables["inertia"] if r["method"] == "PER" and r["setting"] == 0.1]
    along = along or [r for r in tables["inertia"] if r["method"] == "PER"]
    rows = [
        ("axis x", "O2_yz", tables["axes"]["x"]),
        ("axis y", "O2_xz", tables["axes"]["y"]),
        ("axis z", "O2_xy", along),
    ]
    rows.append(("nothing", "", tables["control"]))
    columns = ("O2_yz", "O2_xz", "O2_xy")
    for y, (_, truth, runs) in enumerate(rows):
        levels = _median_levels(runs)
        for x, plane in enumerate(columns):
            level = levels[plane]
            holds = plane == truth or not truth
            axes.scatter(x, y, s=780 * level + 4, color=TEAL if holds else ORANGE, alpha=0.9, linewidth=0, zorder=3)
            inside = level > 0.35
            axes.text(
                x,
                y + (0 if inside else 0.27),
                _short(level),
                ha="center",
                va="center",
                color=PAPER if inside else SOFT,
                fontsize=8.6,
                fontweight="bold" if inside else "normal",
                zorder=4,
            )
    axes.set(xlim=(-0.5, 2.5), ylim=(3.5, -0.5))
    axes.set_xticks(range(3), [f"O(2) in {_PLANES[c]}" for c in columns])
    axes.set_yticks(range(4), [r[0] for r in rows])
    axes.xaxis.tick_bottom()
    axes.tick_params(length=0)
    axes.set_ylabel("singled out in the data")
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    for edge in (0.5, 1.5, 2.5):
        axes.axhline(edge, color=LINE, linewidth=0.7)
    _heading(axes, "The plane is discovered", "Level of each candidate; teal where it holds exactly")


def _short(level: float) -> str:
    return "1" if level > 0.995 else f"{level:.2f}" if level >= 0.1 else f"{level:.1g}" if level >= 1e-4 else "0"


# ---- errors ----------------------------------------------------------------------------------------------------------


def _errors(axes: Axes, rows: Sequence[Mapping[str, Any]], versus: Mapping[str, Any], what: str) -> None:
    rows = [r for r in rows if r["setting"] != "base"]
    methods = [m for m in _COLOURS if any(r["method"] == m for r in rows)]
    variance = float(np.median([r["variance"] for r in rows]))
    for y, method in enumerate(methods):
        runs = [r["test"] for r in rows if r["method"] == method]
        chosen = [r["test"] for r in selected(rows, method).values()]
        axes.plot(runs, np.full(len(runs), y), "o", color=LINE, markersize=4, zorder=2)
        axes.plot(chosen, np.full(len(chosen), y), "o", color=_COLOURS[method], markersize=5.5, alpha=0.75, zorder=3)
        middle = float(np.median(chosen))
        axes.plot([middle, middle], [y - 0.3, y + 0.3], color=_COLOURS[method], linewidth=2.4, zorder=4)
        axes.text(1.03, y, _ratio(method, versus), transform=axes.get_yaxis_transform(), va="center", fontsize=8.6)
    axes.axvline(variance, color=LINE, linewidth=1, dashes=(2, 2))
    axes.text(0.9 * variance, -0.62, "variance", fontsize=7.8, color=SOFT, ha="right", va="bottom")
    axes.set_xscale("log")
    axes.set_ylim(len(methods) - 0.45, -0.6)
    axes.set_yticks(range(len(methods)), [_WORDS[m] for m in methods])
    for label, method in zip(axes.get_yticklabels(), methods):
        label.set_color(_COLOURS[method])
        label.set_fontweight("bold" if method == "PER" else "normal")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=LINE, linewidth=0.6, alpha=0.7)
    axes.set_axisbelow(True)
    axes.set_xlabel(f"test error (mean square), {what}")
    axes.text(1.03, -0.62, "its error over PER's", transform=axes.get_yaxis_transform(), fontsize=7.8, color=SOFT)
    _heading(axes, "The same tuning budget for all", "Three settings each (pale); validation picks one per seed (bold)")


def _ratio(method: str, versus: Mapping[str, Any]) -> str:
    """How many times PER's error a method's error is, with the interval."""
    c = versus.get(method)
    if method == "PER" or c is None or c["mean"] is None:
        return ""
    middle = f"{_times(-c['mean'])} times"
    return middle if c["low"] is None else f"{middle}  [{_times(-c['high'])}, {_times(-c['low'])}]"


def _times(log: float) -> str:
    ratio = float(np.exp(log))
    return f"{ratio:.2g}" if ratio < 100 else f"{float(f'{ratio:.2g}'):,.0f}"


# ---- motion and cosines ----------------------------------------------------------------------------------------------


def _tracks(axes: Axes) -> None:
    from symmeter.papers._soft_equivariance_tasks import motion

    columns, lines = 5, 3
    sample = motion((columns * lines, 1, 1), 5, noise=0.0)
    seen, future = (a.reshape(-1, 6, 3) for a in sample.train)
    for k in range(columns * lines):
        line, column = divmod(k, columns)
        path = np.array([2.5 * column, -2.9 * line]) + np.concatenate([seen[k], future[k]])[:, [0, 2]]
        axes.plot(*path[:6].T, color=GREY, linewidth=1.5)
        axes.plot(*path[5:].T, color=TEAL, linewidth=1.5)
        axes.plot(*path[-1], "o", color=TEAL, markersize=3)
    bottom = -2.9 * lines + 0.4
    axes.annotate(
        "", xy=(-2.0, bottom), xytext=(-2.0, 0.6), arrowprops={"arrowstyle": "-|>", "color": ORANGE, "lw": 1.6}
    )
    axes.text(-2.3, bottom / 2, "field, along z", rotation=90, color=ORANGE, fontsize=8.4, ha="right", va="center")
    axes.set_xlim(-3.0, 2.5 * columns - 1)
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_axis_off()
    _heading(axes, "Charged particles that fall", "Six positions seen (grey), six to forecast (teal); x-z view")


def _motion_levels(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    return _median_levels(list(selected(rows, "PER").values()))


def _motion_note(comparison: Mapping[str, Any]) -> str:
    c = comparison["motion"].get("RPP")
    return "Only rotations about z survive the field" + (
        "" if c is None else f"; RPP's error over PER's: {_ratio('RPP', {'RPP': c})}"
    )


def _bars(axes: Axes, levels: Mapping[str, float], note: str) -> None:
    order = ("O2_xy", "O2_yz", "O2_xz")
    for y, plane in enumerate(order):
        level = levels[plane]
        axes.barh(y, level, height=0.52, color=TEAL if plane == "O2_xy" else ORANGE)
        axes.text(level + 0.03, y, _short(level), va="center", fontsize=9, color=INK)
    axes.set(xlim=(0, 1.18), ylim=(2.6, -0.6))
    axes.set_yticks(range(3), [f"O(2) in {_PLANES[p]}" for p in order])
    axes.set_xticks([])
    axes.tick_params(length=0)
    for side in ("bottom", "left"):
        axes.spines[side].set_visible(False)
    first, _, second = note.partition("; ")
    _heading(axes, "Levels found for them", first)
    axes.text(0, -0.06, second, transform=axes.transAxes, fontsize=8.4, color=SOFT, va="top")


def _cosines(axes: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    """Pairs of levels: rotations and scalings, for each way to break them."""
    cases = (("so3", "rotations hold"), ("scale", "scalings hold"), ("none", "neither holds"))
    for y, (variant, _) in enumerate(cases):
        levels = _median_levels([r for r in rows if r["variant"] == variant and r["method"] == "PER"])
        for shift, name, colour, word in ((-0.17, "SO3", TEAL, "SO(3)"), (0.17, "Scale", PURPLE, "scale")):
            axes.barh(y + shift, levels[name], height=0.29, color=colour)
            axes.text(levels[name] + 0.03, y + shift, f"{word} {_short(levels[name])}", va="center", fontsize=8.4)
    axes.set(xlim=(0, 1.45), ylim=(2.6, -0.6))
    axes.set_yticks(range(3), [c[1] for c in cases])
    axes.set_xticks([])
    axes.tick_params(length=0)
    for side in ("bottom", "left"):
        axes.spines[side].set_visible(False)
    found = _median_levels([r for r in rows if r["variant"] == "scale" and r["method"] == "PER"])
    missed = found["Scale"] <= found["SO3"]
    _heading(axes, "Cosines of angles", f"Levels of two groups{': scalings are not recognised' if missed else ''}")
