"""The figure of the part ``shapes``: a plate of solids by family, detection under noise, and times."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.papers._polyhedra_benchmark_claims import rates
from symmeter.papers.figure_style import BLUE, GREY, INK, LINE, ORANGE, PURPLE, SERIF, SOFT, TEAL, page, quiet_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["PLATE", "draw"]

#: Families and the solids that stand for them.
PLATE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("regular", "9", ("W1", "W2", "W3", "W4", "W5", "U34", "U35", "U52", "U53")),
    ("Archimedean", "13", ("W6", "W11", "W12", "W13", "W17", "W9", "W14", "W16", "W18")),
    ("Catalan", "13", ("C1", "C6", "C3", "C8", "C12", "C7", "C4", "C11", "C13")),
    ("Johnson", "92", ("J3", "J6", "J26", "J37", "J44", "J62", "J80", "J85", "J92")),
    ("uniform stars", "53", ("U3", "U17", "U30", "U36", "U47", "U58", "U64", "U72", "U75")),
    ("stellations", "34 + 59", ("W26", "W28", "W34", "W35", "W45", "W49", "W53", "W58", "W42")),
    ("compounds", "13", ("W19", "W43", "W24", "W25", "compound of five cubes", "W23", "W47", "W54", "W61")),
)
#: Pixels, how many solids of each family, and how they are drawn.
_QUALITIES: dict[str, tuple[int, int, dict[str, Any]]] = {
    "draft": (96, 4, {"look": "solid", "samples": 2}),
    "fine": (270, 9, {"look": "soft", "samples": 3, "sky": 64}),
}
_SHORT = {
    "compound of two tetrahedra": "stella octangula",
    "compound of dodecahedron and icosahedron": "dodecahedron and icosahedron",
    "compound of cube and octahedron": "cube and octahedron",
    "compound of great dodecahedron and five tetrahedra": "great dodecahedron and five tetrahedra",
    "compound of great stellated dodecahedron and great icosahedron": "great icosahedron and its dual",
}
_SYSTEMS = {"I": TEAL, "O": BLUE, "T": PURPLE}


def draw(tables: Mapping[str, Any], quality: str) -> Figure:
    """The page; ``quality`` is "draft" or "fine"."""
    words = (
        "Made from first principles, none read from a file: the shapes of the GIQ benchmark by family, each with the "
        "point group found for it, and how well groups are found."
    )
    with page(
        (15.0, 19.2), "Every polyhedron, and the symmetry of any shape", words, at=(0.05, 0.972, 0.9585)
    ) as figure:
        _plate(figure, quality)
        _strip(figure, tables)
        left, middle, right = (
            figure.add_axes((x, 0.032, w, 0.098)) for x, w in ((0.075, 0.215), (0.395, 0.15), (0.765, 0.205))
        )
        _curve(left, tables)
        _gaps(middle, tables)
        _times(right, tables)
        return figure


# ---- the plate -------------------------------------------------------------------------------------------------------


def _plate(figure: Figure, quality: str) -> None:
    from symmeter.shapes import Camera, poly, render

    size, shown, options = _QUALITIES[quality]
    top, bottom, start, width = 0.948, 0.312, 0.118, 0.0945
    height = (top - bottom) / len(PLATE)
    side = 0.93 * width
    tall = side * figure.get_figwidth() / figure.get_figheight()
    for row, (family, count, names) in enumerate(PLATE):
        upper = top - row * height
        figure.text(0.05, upper - 0.5 * tall + 0.001, family, fontsize=12.5, family=SERIF, color=INK, va="bottom")
        figure.text(0.05, upper - 0.5 * tall - 0.002, count, fontsize=8.6, color=SOFT, va="top")
        for column, name in enumerate(names[:shown]):
            solid = poly(name)
            x = start + (column + 0.5) * width
            axes = figure.add_axes((x - side / 2, upper - tall, side, tall))
            axes.axis("off")
            picture = render(solid, Camera(margin=1.02), size=size, background="transparent", **options)
            axes.imshow(picture.image, interpolation="antialiased")
            symbol, under = _symbol(solid.group), upper - tall - 0.0008
            figure.text(x, under, symbol, fontsize=10.5, color=_hue(solid.group), ha="center", va="top")
            figure.text(x, under - 0.0088, _name(solid.name), fontsize=6.5, color=SOFT, ha="center", va="top")


def _name(name: str) -> str:
    short = _SHORT.get(name, name).removeprefix("compound of ")
    short = re.sub(r" stellation of the (icosahedron|icosidodecahedron|cuboctahedron)", r" stellation, \1", short)
    return "\n".join(textwrap.wrap(short, 25)[:2])


def _symbol(symbol: str) -> str:
    found = re.fullmatch(r"([A-Z])(\w*)", symbol)
    assert found is not None
    return rf"${found[1]}_{{\mathrm{{{found[2]}}}}}$" if found[2] else rf"${found[1]}$"


def _hue(symbol: str) -> str:
    return _SYSTEMS.get(symbol[0], ORANGE)


# ---- detection -------------------------------------------------------------------------------------------------------


def _strip(figure: Figure, tables: Mapping[str, Any]) -> None:
    """Every group and level of noise as a cell: how often it is found."""
    from matplotlib.colors import LinearSegmentedColormap

    noise = tables["noise"]
    sigmas = next(iter(noise.values()))["sigmas"]
    ours = np.array([[k / row["seeds"] for k in row["right"]] for row in noise.values()]).T
    blocks = [("symmeter", ours, TEAL)]
    if tables["peer"]:
        theirs = np.array([[k["right"] / row["seeds"] for k in row["peer"]] for row in noise.values()]).T
        blocks.append(("pymatgen", theirs, ORANGE))
    seeds = next(iter(noise.values()))["seeds"]
    figure.text(0.05, 0.2905, "Found under noise", fontsize=14, family=SERIF, color=INK)
    words = (
        f"generic points of each point group, moved at random by a share of the radius: how many of {seeds} draws give "
        "the right group, white none, full colour all"
    )
    figure.text(0.05, 0.2795, words, fontsize=8.6, color=SOFT)
    for k, (name, shares, colour) in enumerate(blocks):
        axes = figure.add_axes((0.148, 0.2275 - k * 0.044, 0.822, 0.040))
        shade = LinearSegmentedColormap.from_list(name, ["#ffffff", colour])
        axes.pcolormesh(shares[::-1], cmap=shade, vmin=0, vmax=1, edgecolors="#ffffff", linewidth=1.4)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.tick_params(length=0, labelsize=7)
        axes.set_yticks(np.arange(len(sigmas)) + 0.5, [_percent(s) for s in sigmas[::-1]])
        axes.set_xticks([])
        axes.set_facecolor("#f1f4f5")
        figure.text(0.05, 0.2475 - k * 0.044, name, fontsize=9.5, color=colour, va="center")
        if k == len(blocks) - 1:
            axes.set_xticks(np.arange(len(noise)) + 0.5, [_symbol(g) for g in noise], fontsize=9)


def _percent(sigma: float) -> str:
    return f"{100 * sigma:g} %"


def _heading(axes: Axes, title: str, words: str, left: float = 0.0) -> None:
    axes.text(left, 1.25, title, transform=axes.transAxes, fontsize=14, family=SERIF, color=INK, va="bottom")
    axes.text(left, 1.12, words, transform=axes.transAxes, fontsize=8.6, color=SOFT, va="bottom")


def _curve(axes: Axes, tables: Mapping[str, Any]) -> None:
    noise = tables["noise"]
    sigmas = next(iter(noise.values()))["sigmas"]
    _heading(axes, "All groups together", "share of right answers against noise, % of the radius")
    series = [("symmeter", "right", TEAL, "o"), *([("pymatgen", "peer", ORANGE, "s")] if tables["peer"] else [])]
    ends = []
    for name, whose, colour, marker in series:
        means = [100 * float(np.mean(rates(tables, s, whose))) for s in sigmas]
        axes.plot(sigmas, means, color=colour, marker=marker, markersize=4.5, linewidth=1.8, clip_on=False, zorder=3)
        ends.append((name, means, colour))
    # Labels at the end of the lines, apart from each other.
    heights = [m[-1] for _, m, _ in ends]
    apart = 12 if min(heights) < 80 else 2.4
    if len(heights) == 2 and abs(heights[0] - heights[1]) < apart:
        middle = sum(heights) / 2
        signs = (0.5, -0.5) if heights[0] >= heights[1] else (-0.5, 0.5)
        heights = [middle + s * apart for s in signs]
    for (name, _, colour), y in zip(ends, heights):
        axes.annotate(
            name, (sigmas[-1], y), xytext=(9, 0), textcoords="offset points", color=colour, va="center", fontsize=9
        )
    axes.set_xscale("log")
    low = 80 if min(m for _, means, _ in ends for m in means) >= 80 else 0
    axes.set_ylim(low, 100 + (100 - low) / 25)
    axes.set_yticks([low, (100 + low) // 2, 100], [f"{low} %", str((100 + low) // 2), "100"])
    axes.set_xticks(sigmas, [f"{100 * s:g}" for s in sigmas])
    axes.minorticks_off()
    quiet_axes(axes)


def _gaps(axes: Axes, tables: Mapping[str, Any]) -> None:
    rows = [r for r in tables["missing"].values() if r["counts"]]
    counts = sorted({c for r in rows for c in r["counts"]})
    several = f"{counts[0]} to {counts[-1]} points" if len(counts) > 1 else "one point"
    _heading(axes, "Points left out", f"{several} missing: found in so many draws")

    def share(key: str, seeds: str) -> float:
        return 100 * sum(sum(r[key]) for r in rows) / sum(r[seeds] * len(r["counts"]) for r in rows)

    bars = (
        ("exactly the group of what is left", share("left", "seeds"), TEAL),
        ("the group of the whole", share("whole", "seeds"), GREY),
        ("the group of the whole,\nonce complete() put points back", share("completed", "completed_seeds"), BLUE),
    )
    for k, (name, value, colour) in enumerate(bars):
        axes.barh(-k, value, height=0.3, color=colour)
        axes.text(0, -k + 0.24, name, fontsize=8.5, color=colour, va="bottom", linespacing=1.1)
        axes.text(
            value + 2, -k, f"{value:.0f} %" if value >= 1 else f"{value:.1f} %", fontsize=8.5, color=colour, va="center"
        )
    axes.set_xlim(0, 100)
    axes.set_ylim(-2.3, 0.6)
    axes.axis("off")


def _times(axes: Axes, tables: Mapping[str, Any]) -> None:
    _heading(axes, "Time, one thread", "green ours, orange pymatgen where it can do the same", -0.62)
    rows: list[tuple[str, float, float | None, str]] = []
    for row in tables["point_groups"]:
        rows.append(
            (f"point group, {row['name']}", row["seconds"], row.get("peer_seconds"), row.get("peer_symbol", ""))
        )
    found = tables["pictures"]
    engine = found["engines"][-1]
    rows.append(("picture of 256 x 256", float(np.median([r[engine] for r in found["rows"]])), None, ""))
    rows.append(("all 92 Johnson solids", tables["seconds"]["johnson"], None, ""))
    rows.append(("all 75 uniform polyhedra", tables["seconds"]["uniform"], None, ""))
    y = np.arange(len(rows))[::-1]
    for at, (_, ours, theirs, symbol) in zip(y, rows):
        if theirs is not None:
            axes.plot([ours, theirs], [at, at], color=LINE, linewidth=2.2, zorder=1)
            axes.plot(theirs, at, color=ORANGE, marker="s", markersize=5.5, zorder=3)
            more = "> " if symbol.startswith("no answer") else ""
            axes.annotate(
                f"{more}{_seconds(theirs)}",
                (theirs, at),
                xytext=(8, 0),
                textcoords="offset points",
                color=ORANGE,
                va="center",
                fontsize=8,
            )
        axes.plot(ours, at, color=TEAL, marker="o", markersize=6, zorder=3)
        side = -8 if theirs is not None else 8
        axes.annotate(
            _seconds(ours),
            (ours, at),
            xytext=(side, 0),
            textcoords="offset points",
            color=TEAL,
            va="center",
            ha="right" if side < 0 else "left",
            fontsize=8,
        )
    axes.set_xscale("log")
    low = min(ours for _, ours, _, _ in rows)
    high = max(max(ours, theirs or 0) for _, ours, theirs, _ in rows)
    axes.set_xlim(low / 14, high * 12)
    axes.set_yticks(y, [name for name, *_ in rows], fontsize=8.5)
    axes.set_xticks([])
    axes.minorticks_off()
    axes.tick_params(length=0)
    axes.spines["bottom"].set_visible(False)
    axes.spines["left"].set_visible(False)
    axes.set_ylim(-0.6, len(rows) - 0.4)


def _seconds(value: float) -> str:
    return f"{value:.2g} s" if value >= 0.1 else f"{1e3 * value:.2g} ms"
