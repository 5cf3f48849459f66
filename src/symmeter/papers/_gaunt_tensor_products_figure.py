"""The figure of the Gaunt experiment, drawn from its tables alone.

Above: what a product costs against its largest degree, and how many times faster it is than the peer's. Below: that it
commutes with rotations, a potential learned with either product, and the mirror images that only the bracket tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.papers.figure_style import BLUE, INK, LINE, ORANGE, PAPER, PURPLE, SERIF, SOFT, TEAL, page

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw"]

_ROUTES = {"dense": BLUE, "separable": TEAL, "fourier": PURPLE, "cg": ORANGE}


def draw(tables: Mapping[str, Any]) -> Figure:
    """The figure.

    Raises
    ------
    MissingDependencyError
        Without matplotlib.
    """
    with page(
        (10.6, 8.9), "Multiply on the sphere, not in the coupling table", _subtitle(tables), at=(0.05, 0.949, 0.921)
    ) as figure:
        above = figure.add_gridspec(1, 2, left=0.075, right=0.965, top=0.855, bottom=0.485, wspace=0.2)
        _growth(figure.add_subplot(above[0]), tables)
        _speedup(figure.add_subplot(above[1]), tables)
        below = figure.add_gridspec(
            1, 3, left=0.075, right=0.965, top=0.34, bottom=0.075, wspace=0.3, width_ratios=(1.15, 1, 1)
        )
        _equivariance(figure.add_subplot(below[0]), tables["equivariance"])
        _potential(figure.add_subplot(below[1]), tables)
        _shapes(figure, below[2], tables["classifier"])
    return figure


def _peer(tables: Mapping[str, Any]) -> str:
    return "e3nn" if tables["peer"] == "e3nn" else "our Clebsch-Gordan route"


def _subtitle(tables: Mapping[str, Any]) -> str:
    return (
        "Gaunt tensor products: functions on the sphere are sampled, multiplied point by point and projected back."
        f"  One thread, float32; peer: {_peer(tables)}."
    )


def _heading(axes: Axes, title: str, words: str, height: float = 1.05) -> None:
    axes.text(0.0, height + 0.055, title, transform=axes.transAxes, fontsize=13, family=SERIF, va="bottom")
    axes.text(0.0, height, words, transform=axes.transAxes, fontsize=8.6, color=SOFT, va="bottom")


def _plain(axes: Axes) -> None:
    axes.tick_params(length=3, width=0.8, color=LINE, which="both")
    axes.grid(axis="y", color=LINE, linewidth=0.6, alpha=0.7)
    axes.set_axisbelow(True)
    axes.minorticks_off()


def _growth(axes: Axes, tables: Mapping[str, Any]) -> None:
    from symmeter.nn.gaunt.timing import growth_exponent

    routes = tables["routes"]
    _heading(axes, "Cost of one product", f"microseconds for a row, degrees 0..L, {routes['rows']} rows", 1.03)
    words = {
        "dense": "sampled, dense",
        "separable": "sampled, separable",
        "fourier": "the paper's FFT",
        "cg": "path by path",
    }
    ends: list[tuple[float, float, str, str]] = []
    for name, colour in _ROUTES.items():
        lmax, ms = np.array(routes[name]["lmax"], float), np.array(routes[name]["ms"])
        axes.plot(lmax, 1e3 * ms / routes["rows"], color=colour, linewidth=2, marker="o", markersize=4)
        low = 8 if name == "separable" else 4
        kept = lmax >= low
        power = f"  $L^{{{growth_exponent(lmax[kept].tolist(), ms[kept].tolist()):.1f}}}$" if kept.sum() > 1 else ""
        if name == "fourier":
            # Up to degree 8 calls cost more than transforms: an exponent would say nothing.
            power = ""
        ends.append((lmax[-1], 1e3 * ms[-1] / routes["rows"], words[name] + power, colour))
    timed = [r for r in tables["speeds"] if r["peer"] == "e3nn"]
    if timed:
        lmax = np.array([r["lmax"] for r in timed], float)
        us = np.array([1e3 * r["peer_forward"] / r["rows"] for r in timed])
        axes.plot(lmax, us, color=INK, linewidth=1.4, dashes=(4, 2), marker="s", markersize=3.5)
        kept = lmax >= 4
        power = f"  $L^{{{growth_exponent(lmax[kept].tolist(), us[kept].tolist()):.1f}}}$" if kept.sum() > 1 else ""
        ends.append((lmax[-1], us[-1], "e3nn" + power, INK))
    axes.set(xscale="log", yscale="log")
    _label_ends(axes, ends)
    ticks = [t for t in (1, 2, 4, 8, 16, 32) if t <= 1.1 * max(e[0] for e in ends)]
    axes.set_xticks(ticks, [str(t) for t in ticks])
    axes.set_xlim(0.93 * min(min(routes[n]["lmax"]) for n in _ROUTES) * 0.95, 3.4 * max(e[0] for e in ends))
    axes.set_xlabel("largest degree L", labelpad=2)
    _plain(axes)


def _label_ends(axes: Axes, ends: list[tuple[float, float, str, str]]) -> None:
    """Names at the ends of their lines, moved apart where they would touch."""
    placed: list[tuple[float, float]] = []
    for x, y, text, colour in sorted(ends, key=lambda e: e[1]):
        height = y
        while any(abs(np.log(height / h)) < 0.42 and abs(np.log(x / a)) < 0.9 for a, h in placed):
            height *= 1.12
        placed.append((x, height))
        axes.text(1.08 * x, height, text, color=colour, fontsize=8.8, va="center")


def _speedup(axes: Axes, tables: Mapping[str, Any]) -> None:
    rows = tables["speeds"]
    _heading(
        axes, f"Times faster than {_peer(tables)}", "bars: all its paths; dots: only the paths that both have", 1.03
    )
    lmax = np.array([r["lmax"] for r in rows])
    tall = 0.0
    for shift, name, colour, words in ((-0.2, "forward", TEAL, "forward"), (0.2, "backward", BLUE, "+ backward")):
        values = np.array([r["ratios"][name] for r in rows])
        same = np.array([r["ratios"][f"same_{name}"] for r in rows])
        axes.bar(np.arange(len(rows)) + shift, values, width=0.36, color=colour, alpha=0.9)
        axes.plot(np.arange(len(rows)) + shift, same, "o", color=PAPER, markeredgecolor=INK, markersize=4.5)
        for x, v in zip(np.arange(len(rows)) + shift, values):
            axes.text(x, 1.06 * v, f"{v:.0f}", ha="center", fontsize=7.8, color=colour)
        tall = max(tall, float(values.max()))
        place = 0.02 if shift < 0 else 0.17
        axes.text(place, 0.95, words, transform=axes.transAxes, color=colour, fontsize=9.5, weight="bold")
    for level, colour, words in ((20, TEAL, "20"), (40, BLUE, "40")):
        axes.axhline(level, color=colour, linewidth=0.8, dashes=(2, 3), zorder=0)
        axes.text(len(rows) - 0.42, level, words, color=colour, fontsize=7.8, va="center")
    axes.set(yscale="log", xlim=(-0.6, len(rows) - 0.35), ylim=(1, max(2.2 * tall, 100)))
    labels = [
        f"{k}\n{r['paths']}/{r['peer_paths']}\n{_short(r['weights'])}/{_short(r['peer_weights'])}"
        for k, r in zip(lmax, rows)
    ]
    axes.set_xticks(range(len(rows)), labels, fontsize=7.2, linespacing=1.25)
    axes.set_yticks([t for t in (1, 3, 10, 30, 100, 300) if t < 2 * tall], None)
    axes.set_yticklabels([f"{t:g}x" for t in axes.get_yticks()])
    axes.text(-0.01, -0.033, "L", transform=axes.transAxes, fontsize=7.6, color=SOFT, ha="right", va="top")
    axes.text(-0.01, -0.082, "paths", transform=axes.transAxes, fontsize=7.6, color=SOFT, ha="right", va="top")
    axes.text(-0.01, -0.131, "weights", transform=axes.transAxes, fontsize=7.6, color=SOFT, ha="right", va="top")
    _plain(axes)


def _short(count: int) -> str:
    """Weights in thousands from a thousand on."""
    return str(count) if count < 1000 else f"{count / 1000:.1f}k" if count < 10_000 else f"{count / 1000:.0f}k"


def _equivariance(axes: Axes, e: Mapping[str, Any]) -> None:
    _heading(axes, "Rotations and reflections", "equivariance error of products and brackets")
    for name, colour in (("bfloat16", ORANGE), ("float32", BLUE), ("float64", TEAL)):
        axes.plot(e["lmax"], e[name], color=colour, linewidth=2, marker="o", markersize=4)
        axes.text(e["lmax"][-1], 3.5 * e[name][-1], name, color=colour, fontsize=8.8, ha="right")
    axes.set(yscale="log", ylim=(3e-17, 0.5))
    axes.set_yticks([1e-16, 1e-12, 1e-8, 1e-4])
    axes.set_xlabel("largest degree L", labelpad=2)
    _plain(axes)


def _potential(axes: Axes, tables: Mapping[str, Any]) -> None:
    runs, peer = tables["potential"], tables["peer"]
    atoms = f"12-atom clusters, L = {runs[0]['lmax']}"
    _heading(axes, "A many-body potential", f"Stillinger-Weber, {atoms}")
    names = {"gaunt": "Gaunt", peer: "e3nn" if peer == "e3nn" else "path by path"}
    for k, (name, colour) in enumerate(zip(names, (TEAL, ORANGE))):
        errors = [100 * r[name]["force_rmse"] / r["force_rms"] for r in runs]
        step = 1e3 * min(r[name]["fastest_step"] for r in runs)
        axes.bar(k, np.mean(errors), width=0.55, color=colour, alpha=0.9)
        axes.plot(np.full(len(errors), k), errors, "o", color=PAPER, markeredgecolor=INK, markersize=4.5)
        axes.text(
            k, float(max(np.mean(errors), max(errors))) * 1.05, f"{np.mean(errors):.1f} %", ha="center", color=colour
        )
        axes.text(
            k,
            0.5 * float(np.mean(errors)),
            f"{step:.0f} ms\na step",
            ha="center",
            va="center",
            color=PAPER,
            weight="bold",
        )
    axes.set_xticks(range(len(names)), list(names.values()), color=INK, fontsize=9.2)
    axes.set_xlim(-0.55, len(names) - 0.45)
    top = max(100 * r[n]["force_rmse"] / r["force_rms"] for r in runs for n in names)
    axes.set_ylim(0, 1.22 * top)
    axes.set_ylabel("force error, % of the forces", labelpad=3)
    _plain(axes)


def _shapes(figure: Figure, cell: Any, classifier: Mapping[str, Any]) -> None:
    axes = figure.add_subplot(cell)
    axes.axis("off")
    _heading(axes, "Mirror images", "eight Tetris shapes in random poses")
    inner = cell.subgridspec(2, 2, height_ratios=(1.25, 1), wspace=0.02, hspace=0.05)
    for k, (name, colour) in enumerate((("chiral", TEAL), ("mirrored", PURPLE))):
        _cells(figure.add_subplot(inner[0, k], projection="3d"), name, colour)
    rows = (
        ("gaunt", "Gaunt alone", BLUE),
        ("gaunt_with_bracket", "+ Poisson bracket", TEAL),
        ("peer", "Clebsch-Gordan", ORANGE),
    )
    for k, (key, words, colour) in enumerate(rows):
        height = 0.31 - 0.14 * k
        share = classifier[key]["clean"]
        axes.add_patch(_bar(axes, 0.0, height, 1.0, LINE, 0.5))
        axes.add_patch(_bar(axes, 0.0, height, share, colour, 0.9))
        axes.text(
            0.02,
            height + 0.045,
            words,
            transform=axes.transAxes,
            color=PAPER,
            fontsize=8.6,
            va="center",
            weight="bold",
        )
        axes.text(
            share - 0.02,
            height + 0.045,
            f"{100 * share:.1f} %",
            transform=axes.transAxes,
            fontsize=8.6,
            va="center",
            ha="right",
            color=PAPER,
        )


def _bar(axes: Axes, x: float, y: float, width: float, colour: str, alpha: float) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), width, 0.095, transform=axes.transAxes, facecolor=colour, alpha=alpha, linewidth=0)


def _cells(axes: Any, name: str, colour: str) -> None:
    from symmeter.papers._gaunt_tensor_products_data import TETRIS

    cells = np.array(TETRIS[name])
    cells = cells - cells.min(0)
    filled = np.zeros(cells.max(0) + 1, dtype=bool)
    filled[tuple(cells.T)] = True
    axes.voxels(filled, facecolors=colour, edgecolor=PAPER, linewidth=0.8)
    axes.set_box_aspect(filled.shape, zoom=1.25)
    axes.set_axis_off()
    axes.view_init(elev=24, azim=-58)
