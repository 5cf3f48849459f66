"""The picture of the affine experiment: deformed digits, features that move along, and what networks make of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from symmeter.papers._lie_decompositions_claims import rows_of
from symmeter.papers._lie_decompositions_networks import DIGIT, SIZE
from symmeter.papers.figure_style import BLUE, GREY, INK, LINE, ORANGE, PURPLE, SOFT, TEAL, page, quiet_axes

__all__ = ["draw"]

_LINES = {
    "CNN": (GREY, "-"),
    "CNN, 5 x the weights": (GREY, "--"),
    "CNN, augmented": (INK, "-"),
    "SO(2)": (ORANGE, "-"),
    "SL(2)": (PURPLE, "-"),
    "GL+(2)": (TEAL, "-"),
    "GL+(2), redrawn": (TEAL, ":"),
    "GL+(2), samples moved": (TEAL, "-."),
    "GL+(2), angles to 30°": (TEAL, "--"),
    "GL+(2), augmented": (BLUE, "-"),
}
_DIGITS = (1, 4, 15)


def draw(tables: dict[str, Any]) -> Any:
    """The figure; everything but the digits is read from the tables."""
    words = "digits learned upright and read deformed; networks on groups of linear maps beside plain ones"
    if tables["seconds"]:
        words += f", {tables['seconds']:g} s of one thread each"
    with page((12.4, 9.4), "Shapes under affine maps", words, at=(0.045, 0.953, 0.925)) as figure:
        _digits(figure, tables["strengths"])
        _features(figure, tables)
        _curves(figure, tables)
        if tables["longer"]:
            _longer(figure, tables)
        _errors(figure, tables)
        return figure


def _picture(figure: Any, box: tuple[float, float, float, float], image: Any, **options: Any) -> Any:
    axes = figure.add_axes(box)
    axes.imshow(image, **{"cmap": "Greys", "interpolation": "nearest", "aspect": "auto", **options})
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_visible(True)
        side.set_color(LINE)
    return axes


def _digits(figure: Any, strengths: list[float]) -> None:
    from symmeter.nn.affine import DeformedDigits

    width, gap, left, top = 0.0565, 0.004, 0.045, 0.803
    height = width * 12.4 / 9.4
    figure.text(left, top + height + 0.012, "Test digits", color=INK, fontsize=10.5)
    for column, strength in enumerate(strengths):
        images = DeformedDigits("test", SIZE, DIGIT, strength, 1000).batch(_DIGITS)[0]
        for row in range(len(_DIGITS)):
            box = (left + column * (width + gap), top - row * (height + 0.006), width, height)
            axes = _picture(figure, box, images[row, 0].numpy(), vmin=0, vmax=1)
            if row == len(_DIGITS) - 1:
                axes.set_xlabel(f"{strength:g}", fontsize=9)
    figure.text(
        left + 3.5 * (width + gap),
        top - 2 * (height + 0.006) - 0.043,
        "strength of deformation",
        color=SOFT,
        fontsize=9,
        ha="center",
    )


def _features(figure: Any, tables: dict[str, Any]) -> None:
    left, width, gap = 0.53, 0.0825, 0.0075
    figure.text(left, 0.891, "Features that should move along", color=INK, fontsize=10.5)
    height = width * 12.4 / 9.4
    names = ("digit", "moved", "carried", "of_moved")
    titles = ("a digit", "moved", "its features,\nmoved", "features of\nthe moved one")
    for row, network in enumerate(("GL+(2)", "CNN")):
        runs = rows_of(tables, network)
        if not runs or "shown" not in runs[0]:
            continue
        shown, y = runs[0]["shown"], 0.735 - row * (height + 0.02)
        fields = [np.array(shown[k]) for k in ("features", "carried", "of_moved")]
        low, high = min(f.min() for f in fields), max(f.max() for f in fields)
        found = np.array(shown["carried"]) - np.array(shown["of_moved"])
        inner = slice(4, -4)
        size = np.abs(np.array(shown["of_moved"])[inner, inner] - np.median(shown["of_moved"])).mean()
        for k, name in enumerate(names):
            options = {"vmin": -1, "vmax": 1} if k < 2 else {"cmap": "RdBu", "vmin": low, "vmax": high}
            axes = _picture(figure, (left + k * (width + gap), y, width, height), np.array(shown[name]), **options)
            if row == 0:
                axes.set_title(titles[k], fontsize=8.5, color=SOFT, pad=4)
        apart = np.abs(found[inner, inner]).mean() / size
        figure.text(
            left + 4 * (width + gap) + 0.004, y + height / 2 + 0.016, network, color=INK, fontsize=10.5, va="center"
        )
        figure.text(
            left + 4 * (width + gap) + 0.004,
            y + height / 2 - 0.014,
            f"first layer\n{apart:.0%} apart",
            color=SOFT,
            fontsize=8.5,
            va="center",
        )


def _curves(figure: Any, tables: dict[str, Any]) -> None:
    axes = figure.add_axes((0.075, 0.07, 0.40, 0.455))
    quiet_axes(axes)
    ends: list[list[Any]] = []
    for name, (color, style) in _LINES.items():
        runs = rows_of(tables, name)
        if not runs:
            continue
        all_of_them = np.array([r["accuracy"] for r in runs])
        mean = all_of_them.mean(0)
        axes.plot(tables["strengths"], mean, style, color=color, linewidth=1.8)
        if len(runs) > 1:
            low, high = all_of_them.min(0), all_of_them.max(0)
            axes.fill_between(tables["strengths"], low, high, color=color, alpha=0.1, linewidth=0)
        ends.append([float(mean[-1]), name, color])
    axes.set_xlim(0, max(tables["strengths"]))
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("strength of deformation at the test")
    axes.set_title("Accuracy on 797 test digits", loc="left", fontsize=10.5, color=INK)
    _labels(axes, ends, max(tables["strengths"]), least=0.046)


def _longer(figure: Any, tables: dict[str, Any], place: int = 2) -> None:
    """What five times the training does, in the colours of the curves."""
    axes = figure.add_axes((0.545, 0.405, 0.125, 0.12))
    quiet_axes(axes)
    times = (tables["seconds"], tables["longer_seconds"])
    for name in dict.fromkeys(r["network"] for r in tables["longer"]):
        color, style = _LINES[name]
        short, long = (
            np.array([r["accuracy"][place] for r in rows_of(tables, name, k)]) for k in ("trained", "longer")
        )
        axes.plot(times, (short.mean(), long.mean()), style, color=color, linewidth=1.6, marker="o", markersize=3)
        axes.vlines(times, (short.min(), long.min()), (short.max(), long.max()), color=color, linewidth=0.8, alpha=0.6)
    axes.set_xscale("log")
    axes.set_xticks(times, [f"{t:g} s" for t in times])
    axes.minorticks_off()
    axes.set_xlim(times[0] / 1.3, times[1] * 1.3)
    axes.set_title(f"Trained longer, strength {tables['strengths'][place]:g}", loc="left", fontsize=9.5, color=INK)


def _labels(axes: Any, ends: list[list[Any]], x: float, least: float) -> None:
    """Names at the ends of their lines, kept apart."""
    ends.sort()
    heights = [e[0] for e in ends]
    for _ in range(200):
        for a in range(len(heights) - 1):
            short = least - (heights[a + 1] - heights[a])
            if short > 0:
                heights[a] -= short / 2
                heights[a + 1] += short / 2
    lift = max(0.0, 0.01 - min(heights, default=0.0))
    for height, (value, name, color) in zip(heights, ends):
        axes.annotate(
            f"{name}  {value:.2f}",
            (x, value),
            (x * 1.03, height + lift),
            color=color,
            fontsize=8.5,
            va="center",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": LINE, "linewidth": 0.6},
        )


_PARTS = {
    "interpolation": (GREY, "moving the image there and back"),
    "grid": (BLUE, "pixels and windows (samples moved along)"),
    "sampling": (ORANGE, "from one draw of samples to the next"),
    "truncation": (PURPLE, "missing from the law of samples"),
}


def _errors(figure: Any, tables: dict[str, Any]) -> None:
    rows = tables["causes"]
    axes = figure.add_axes((0.775, 0.07, 0.205, 0.375))
    quiet_axes(axes)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", color=LINE, linewidth=0.6, alpha=0.7)
    for k, row in enumerate(rows):
        for j, (name, (color, _)) in enumerate(_PARTS.items()):
            axes.barh(-k + 0.27 - 0.18 * j, row[name] or 0.0, height=0.16, color=color)
    axes.set_yticks([-k for k in range(len(rows))], [r["name"].replace(", ", "\n", 1) for r in rows], color=INK)
    axes.set_ylim(-len(rows) + 0.45, 0.55)
    axes.set_title("Errors of features, by cause", loc="left", fontsize=10.5, color=INK, pad=56)
    for j, (color, words) in enumerate(_PARTS.values()):
        axes.text(0.0, 1.135 - 0.037 * j, words, color=color, fontsize=8.5, transform=axes.transAxes)
    axes.set_xlabel("relative change of features")
