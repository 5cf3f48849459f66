"""The figure of the flow experiment, drawn from its tables alone.

Above, one test sequence far beyond the trained horizon, as it is and as three networks continue it. Below: error over
the horizon, velocities that were never trained on, and accuracy of classifiers trained on what stands still.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.papers._flow_equivariant_rnn_claims import mean_of, rows_of
from symmeter.papers.figure_style import BLUE, GREY, INK, LINE, ORANGE, PURPLE, SERIF, SOFT, TEAL, page, quiet_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw"]

#: Frames after the last one given that are shown.
_SHOWN = (1, 3, 6, 9, 12, 18, 24, 30)
_ROWS = ("G-RNN", "FERNN V2", "FERNN V2, in step")
_COLOURS = {
    "G-RNN": ORANGE,
    "FERNN V1": GREY,
    "FERNN V2": BLUE,
    "G-RNN, fed once": ORANGE,
    "FERNN V2, in step": TEAL,
    "ConvGRU": PURPLE,
}


def draw(tables: Mapping[str, Any]) -> Figure:
    """The figure.

    Raises
    ------
    MissingDependencyError
        Without matplotlib.
    """
    words = (
        f"Two digits drift over a torus; networks see {tables['given']} frames, learn to predict 6 more in "
        f"{tables['steps']:,} steps{_exceptions(tables)}, and go on alone."
    )
    with page((10.6, 9.4), "Memory that moves with what it remembers", words, at=(0.05, 0.955, 0.928)) as figure:
        _film(figure, tables)
        below = figure.add_gridspec(
            1, 3, left=0.075, right=0.975, top=0.375, bottom=0.075, wspace=0.3, width_ratios=(1.45, 1, 0.85)
        )
        _horizon(figure.add_subplot(below[0]), tables)
        _velocities(figure.add_subplot(below[1]), tables)
        _classes(figure.add_subplot(below[2]), tables)
    return figure


def _exceptions(tables: Mapping[str, Any]) -> str:
    return f" ({tables['longer_steps']:,} for frames and horizon)" if tables["longer"] else ""


def _longest(tables: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The runs of a network that were trained for longest."""
    return rows_of(tables, name, kind="longer") or rows_of(tables, name)


def _heading(axes: Axes, title: str, words: str) -> None:
    axes.text(0.0, 1.12, title, transform=axes.transAxes, fontsize=13, family=SERIF, va="bottom", color=INK)
    axes.text(0.0, 1.05, words, transform=axes.transAxes, fontsize=8.6, color=SOFT, va="bottom")


def _film(figure: Figure, tables: Mapping[str, Any]) -> None:
    first = {name: _longest(tables, name)[0]["frames"] for name in _ROWS}
    given = tables["given"]
    grid = figure.add_gridspec(
        4, len(_SHOWN) + 2, left=0.155, right=0.975, top=0.865, bottom=0.475, wspace=0.08, hspace=0.1
    )
    true = np.array(first["G-RNN"]["true"]) / 100
    films = [("what happens", true[given:]), *((n, np.array(first[n]["predicted"]) / 100) for n in _ROWS)]
    labels = {
        "what happens": "what\nhappens",
        "FERNN V2": "FERNN V2\nas published",
        "FERNN V2, in step": "FERNN V2\nin step",
    }
    for row, (name, film) in enumerate(films):
        for column in range(len(_SHOWN) + 2):
            axes = figure.add_subplot(grid[row, column])
            axes.set_xticks([])
            axes.set_yticks([])
            if column < 2 and row:
                axes.set_axis_off()
            else:
                image = true[column * (given - 1)] if column < 2 else film[_SHOWN[column - 2] - 1]
                axes.imshow(image, cmap="bone_r", vmin=0, vmax=1, interpolation="nearest")
                for side in axes.spines.values():
                    side.set(visible=True, color=LINE)
            if row == 0:
                title = ("first given", "last given")[column] if column < 2 else f"+{_SHOWN[column - 2]}"
                axes.set_title(title, fontsize=8.6, color=SOFT if column < 2 or _SHOWN[column - 2] <= 6 else INK, pad=4)
            if column == (2 if row else 0):
                colour = _COLOURS.get(name, INK)
                axes.text(-0.12, 0.5, labels.get(name, name), transform=axes.transAxes, ha="right", va="center",
                          fontsize=9.2, color=colour)  # fmt: skip
    figure.text(
        0.05, 0.457, "Trained to +6; beyond, each network feeds on its own predictions.", fontsize=8.6, color=SOFT
    )


def _horizon(axes: Axes, tables: Mapping[str, Any]) -> None:
    _heading(axes, "Error over the horizon", "mean squared error of a frame; band: all seeds")
    last = 0
    ends = []
    styles = {"G-RNN": "-", "G-RNN, fed once": ":", "ConvGRU": "-", "FERNN V2": "-", "FERNN V2, in step": "-"}
    if tables["longer"]:
        # Networks that were not trained for as long do not belong beside these.
        styles = {name: style for name, style in styles.items() if rows_of(tables, name, kind="longer")}
    for name, style in styles.items():
        rows = _longest(tables, name)
        curves = np.array([r["horizon"] for r in rows])
        x = np.arange(1, curves.shape[1] + 1)
        axes.fill_between(x, curves.min(0), curves.max(0), color=_COLOURS[name], alpha=0.12, linewidth=0)
        axes.plot(x, np.exp(np.log(curves).mean(0)), style, color=_COLOURS[name], linewidth=1.8)
        ends.append((float(np.exp(np.log(curves).mean(0))[-1]), name))
        last = len(x)
    axes.set_yscale("log")
    axes.axvline(6, color=LINE, linewidth=1)
    axes.text(6.3, axes.get_ylim()[0] * 1.15, "trained to here", fontsize=8, color=SOFT)
    _labels_at_ends(axes, last, ends)
    axes.set_xlim(1, last + 9)
    axes.set_xticks([1, 6, 12, 18, 24, 30])
    axes.set_xlabel("frames predicted")
    quiet_axes(axes)
    axes.minorticks_off()


def _labels_at_ends(axes: Axes, last: int, ends: list[tuple[float, str]]) -> None:
    low, high = np.log(axes.get_ylim())
    gap = 0.06 * (high - low)
    place = -np.inf
    for value, name in sorted(ends):
        more = gap * 0.6 * name.count(", ")
        place = max(np.log(value), place + gap + more)
        axes.text(last + 0.5, np.exp(place), name.replace(", ", "\n"), color=_COLOURS[name], fontsize=8.2, va="center",
                  linespacing=0.9)  # fmt: skip
        place += more


def _velocities(axes: Axes, tables: Mapping[str, Any]) -> None:
    _heading(axes, "Speeds never trained on", "trained on |v| ≤ 1: error there, and on |v| ≤ 2")
    names = ("G-RNN", "G-RNN, fed once", "ConvGRU", "FERNN V2", "FERNN V2, in step")
    for k, name in enumerate(names):
        rows = rows_of(tables, name, 1)
        seen, unseen = mean_of(rows, "test"), mean_of(rows, "on_v2")
        y = len(names) - 1 - k
        axes.plot([seen, unseen], [y, y], color=_COLOURS[name], linewidth=2, alpha=0.5)
        axes.plot([seen], [y], "o", color="white", markeredgecolor=_COLOURS[name], markersize=7)
        axes.plot([unseen], [y], "o", color=_COLOURS[name], markersize=7)
        axes.text(0.0, y + 0.24, name, transform=axes.get_yaxis_transform(), fontsize=8.6, color=_COLOURS[name])
    axes.set_xlim(left=0)
    axes.set_ylim(-0.6, len(names) - 0.3)
    axes.set_yticks([])
    axes.set_xlabel("mean squared error   ○ seen  ● unseen")
    quiet_axes(axes)
    axes.grid(axis="x", color=LINE, linewidth=0.6, alpha=0.7)


def _classes(axes: Axes, tables: Mapping[str, Any]) -> None:
    _heading(axes, "Classified on the move", "trained on static digits; accuracy")
    for name in ("G-RNN", "FERNN V2"):
        rows = [r for r in tables["classified"] if r["model"] == name and r["data"] == 0]
        values = np.array([r["accuracy"] for r in rows]).mean(0)
        axes.plot(range(3), values, "o-", color=_COLOURS[name], linewidth=1.8, markersize=5)
        axes.text(2.08, values[2], name.replace(" V2", "\nV2"), color=_COLOURS[name], fontsize=8.6, va="center")
    axes.set_xticks(range(3), ["still", "|v| ≤ 1", "|v| ≤ 2"])
    axes.set_ylim(top=1.0)
    axes.set_xlim(-0.15, 2.75)
    quiet_axes(axes)
