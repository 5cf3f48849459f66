"""The figure of the part ``geometry``: lattices of five defects, what their geometry is made of, and what is conserved.

Lattice planes are lines on which integrals of the crystal coframe are whole numbers, drawn from closed forms. Bars are
shares measured on grids.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.papers.figure_style import BLUE, GREY, INK, LINE, ORANGE, PURPLE, SERIF, SOFT, TEAL, page, quiet_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw"]

_SHADES = {"vector": BLUE, "axial": ORANGE, "tensor": "#b9c6d3", "trace": TEAL, "S": "#e0b36a", "H": "#c9a3c4"}
_NAMES = {"vector": "trace", "axial": "axial", "tensor": "tensor", "trace": "trace", "S": "S", "H": "H"}


def draw(tables: Mapping[str, Any]) -> Figure:
    """The figure.

    Raises
    ------
    MissingDependencyError
        Without matplotlib.
    """
    words = (
        "Lattice planes are where the crystal's own coordinates are whole. Below each, what the square of its torsion "
        "or nonmetricity is made of."
    )
    with page((13.2, 8.4), "Defects, as a crystal would measure them", words, at=(0.04, 0.943, 0.912)) as figure:
        panels = (
            ("Screw dislocation", "screw", "torsion", _screw),
            ("Edge dislocation", "edge", "torsion", _edge),
            ("Wedge disclination", "wedge-as-nonmetricity", "nonmetricity", _wedge),
            ("Point defect", "point", "nonmetricity", _point),
            ("Grain boundary", "edge", "torsion", _wall),
        )
        for k, (title, name, kind, picture) in enumerate(panels):
            left = 0.035 + 0.194 * k
            axes = figure.add_axes((left, 0.515, 0.172, 0.30))
            picture(axes)
            figure.text(left, 0.846, title, fontsize=13, family=SERIF, color=INK)
            if title == "Grain boundary":
                loops = tables["loops"]
                figure.text(left, 0.497, "a wall of edges, h apart, turns the\nlattice by b/h: for h = 20 b, by\n"
                            f"{loops['tilt']:.5f} where small angles say {loops['read_shockley']:.2f}",
                            fontsize=8.6, color=SOFT, va="top", linespacing=1.45)  # fmt: skip
            else:
                bar = figure.add_axes((left, 0.452, 0.172, 0.028))
                _shares(bar, tables["catalogue"][name]["report"][kind])
                figure.text(left, 0.487, kind, fontsize=8.6, color=SOFT)
        _conservation(figure.add_axes((0.065, 0.075, 0.245, 0.235)), tables["hierarchy"])
        _network(figure.add_axes((0.375, 0.03, 0.255, 0.275)), tables["network"])
        _charges(figure.add_axes((0.745, 0.075, 0.235, 0.235)), tables["catalogue"])
    return figure


def _heading(axes: Axes, title: str, words: str, height: float = 1.0) -> None:
    axes.text(0, height + 0.165, title, transform=axes.transAxes, fontsize=13, family=SERIF, color=INK)
    axes.text(0, height + 0.055, words, transform=axes.transAxes, fontsize=8.6, color=SOFT)


def _plain(axes: Axes, size: float) -> None:
    axes.set_xlim(-size, size)
    axes.set_ylim(-size, size)
    axes.set_aspect("equal")
    axes.axis("off")


def _mesh(size: float, points: int = 420) -> tuple[np.ndarray, np.ndarray]:
    x = np.linspace(-size, size, points) + 1e-4
    return np.meshgrid(x, x)


def _planes(
    axes: Axes, x: np.ndarray, y: np.ndarray, field: np.ndarray, shift: float, colour: str, cut: bool = False
) -> None:
    """Lines on which a coordinate is whole, up to a shift; not on the cut, where another coordinate takes over."""
    wrapped = np.angle(np.exp(2j * np.pi * (field - shift)))
    # A phase is zero on planes and jumps half-way between them, where no line is drawn.
    on_cut = (np.abs(y) < 1.2 * (y[1, 0] - y[0, 0])) & (x < 0) if cut else False
    values = np.where((np.abs(wrapped) < 2.0) & ~np.asarray(on_cut), wrapped, np.nan)
    axes.contour(x, y, values, levels=[0.0], colors=[colour], linewidths=0.9)


def _glow(axes: Axes, at: list[tuple[float, float]], radius: float, colour: str) -> None:
    for shrink, strength in ((1.0, 0.10), (0.72, 0.13), (0.46, 0.18)):
        for x, y in at:
            from matplotlib.patches import Circle

            axes.add_patch(Circle((x, y), radius * shrink, color=colour, alpha=strength, linewidth=0, zorder=0))


def _edge(axes: Axes) -> None:
    x, y = _mesh(5.2)
    _planes(axes, x, y, x + np.arctan2(y, x) / (2 * np.pi), 0.0, INK)
    # Vertical relaxation of the classical solution, which is a gradient: the planes bend around the core.
    _planes(axes, x, y, y - np.log(x**2 + y**2 + 0.3) / (8 * np.pi), 0.5, GREY)
    _glow(axes, [(0, 0)], 1.5, BLUE)
    axes.plot(0, 0, marker=(3, 0, 0), color=BLUE, markersize=9)
    _plain(axes, 5.2)


def _wedge(axes: Axes) -> None:
    x, y = _mesh(5.2)
    a = 0.75
    r, phi = np.hypot(x, y), np.arctan2(y, x)
    for field in (r * np.cos(a * phi), r * np.sin(a * phi)):
        _planes(axes, x, y, field, 0.5, INK, cut=True)
    _glow(axes, [(0, 0)], 1.5, TEAL)
    axes.plot(0, 0, marker=(3, 0, 0), color=TEAL, markersize=11)
    _plain(axes, 5.2)


def _point(axes: Axes) -> None:
    """Circles of one unit of the material's own length."""
    from matplotlib.patches import Circle

    for i in range(-5, 6):
        for j in range(-5, 6):
            r2 = i**2 + j**2
            size = 0.44 * np.exp(-0.75 * np.exp(-r2 / 4.0))
            shade = np.exp(-r2 / 4.0)
            axes.add_patch(Circle((i, j), size, facecolor=TEAL, alpha=0.12 + 0.6 * shade, linewidth=0))
            axes.add_patch(Circle((i, j), size, fill=False, edgecolor=INK, linewidth=0.8))
    _plain(axes, 5.6)


def _wall(axes: Axes) -> None:
    x, y = _mesh(8.0, 640)
    h = 4.0
    z = np.pi * (x + 1j * y) / h
    w = (x + 1j * y) - 0.5j / np.pi * np.log(np.sinh(z))
    _planes(axes, x, y, w.real, 0.0, INK)
    _planes(axes, x, y, w.imag, 0.5, GREY)
    cores = [(0.0, h * k) for k in (-1, 0, 1)]
    _glow(axes, cores, 1.5, BLUE)
    for core in cores:
        axes.plot(*core, marker=(3, 0, -30), color=BLUE, markersize=7)
    _plain(axes, 7.2)


def _screw(axes: Axes) -> None:
    """Spiral ramps around a line, seen from the side."""
    turns = np.linspace(-np.pi, np.pi, 181)
    for level in range(-2, 3):
        for radius in np.linspace(0.35, 3.6, 9):
            x, y = radius * np.cos(turns), radius * np.sin(turns)
            z = level * 1.35 + 1.35 * turns / (2 * np.pi)
            axes.plot(x + 0.42 * y, 0.36 * y + z, color=INK if radius > 3.5 else GREY, linewidth=0.8,
                      alpha=0.95 if radius > 3.5 else 0.5)  # fmt: skip
        for angle in np.linspace(-np.pi, np.pi, 25):
            z = level * 1.35 + 1.35 * angle / (2 * np.pi)
            ends = np.array([0.35, 3.6])
            x, y = ends * np.cos(angle), ends * np.sin(angle)
            axes.plot(x + 0.42 * y, 0.36 * y + z, color=GREY, linewidth=0.6, alpha=0.5)
    axes.plot([0, 0], [-4.3, 4.4], color=ORANGE, linewidth=2.2)
    axes.plot(0, 4.4, marker="^", color=ORANGE, markersize=7)
    _plain(axes, 4.9)


def _shares(axes: Axes, shares: Mapping[str, float]) -> None:
    start = 0.0
    for name, share in shares.items():
        if share < 1e-6:
            continue
        axes.barh(0, share, left=start, color=_SHADES[name], height=1.0)
        dark = name in ("vector", "axial", "trace")
        axes.text(start + share / 2, 0, f"{_NAMES[name]} {100 * share:.0f} %", ha="center", va="center", fontsize=8,
                  color="white" if dark else INK)  # fmt: skip
        start += share
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.5, 0.5)
    axes.axis("off")


def _conservation(axes: Axes, rows: list[dict[str, float]]) -> None:
    points = [r["points"] for r in rows]
    for key, colour, name, shift in (
        ("classical", ORANGE, "curvature for disclinations", 2.2),
        ("identity", GREY, "error of the grid", 0.02),
        ("teleparallel", TEAL, "flat connection", 12.0),
    ):
        values = [max(r[key], 1e-17) for r in rows]
        axes.plot(points, values, color=colour, marker="o", markersize=4, linewidth=1.8)
        axes.text(points[0], values[0] * shift, name, color=colour, fontsize=8.8, va="bottom")
    axes.set_yscale("log")
    axes.set_ylim(1e-15, 8)
    axes.set_xscale("log")
    axes.set_xticks(points, [str(p) for p in points])
    axes.minorticks_off()
    quiet_axes(axes)
    axes.set_xlabel("points along an edge of the box", fontsize=8.8)
    _heading(axes, "Are dislocations conserved?", "source of torsion where a screw crosses a wedge")


def _network(axes: Axes, network: Mapping[str, Any]) -> None:
    """Traced lines, in an oblique view, with the Burgers vectors that are carried."""

    def seen(p: np.ndarray) -> np.ndarray:
        return np.stack([p[:, 0] * 0.86 + p[:, 1] * 0.70, p[:, 2] * 0.95 - p[:, 0] * 0.28 + p[:, 1] * 0.22], axis=1)

    colours = {(1, 0): BLUE, (0, 1): ORANGE, (1, 1): PURPLE}
    for line in network["lines"]:
        points = seen(np.array(line["points"]))
        first, second = (int(abs(round(b))) for b in line["burgers"])
        kind = first, second
        colour = colours.get(kind, INK)
        axes.plot(*points.T, color=colour, linewidth=3.2, solid_joinstyle="round")
        middle = len(points) // 2
        names = {(1, 0): "$b_1$", (0, 1): "$b_2$", (1, 1): "$b_1 + b_2$"}
        shift = {(1, 0): (0.2, -0.9), (0, 1): (-0.9, 0.5), (1, 1): (-0.1, -1.05)}[kind if kind in colours else (1, 0)]
        axes.text(
            points[middle, 0] + shift[0], points[middle, 1] + shift[1], names.get(kind, ""), color=colour, fontsize=12
        )
    for meeting in network["meetings"]:
        at = seen(np.array([meeting["at"]]))[0]
        axes.plot(*at, "o", color="white", markeredgecolor=INK, markersize=8, zorder=5)
    axes.set_aspect("equal")
    axes.axis("off")
    axes.margins(0.06)
    worst = max(m["residual"] for m in network["meetings"])
    figure = axes.figure
    figure.text(0.385, 0.3485, "Lines that meet", fontsize=13, family=SERIF, color=INK)
    figure.text(0.385, 0.3225, f"traced on a cubic complex; Burgers vectors add to zero ({worst:.0e})",
                fontsize=8.6, color=SOFT)  # fmt: skip


def _charges(axes: Axes, catalogue: Mapping[str, Any]) -> None:
    kinds = {"burgers": ORANGE, "frank": TEAL, "curvature": BLUE, "flux of P": PURPLE, "volume": GREY}
    names = [n for n, row in catalogue.items() if row["errors"]]
    for k, name in enumerate(reversed(names)):
        axes.axhline(k, color=LINE, linewidth=0.6, zorder=0)
        for kind, value in catalogue[name]["errors"].items():
            if kind in kinds:
                axes.plot(max(value, 1e-16), k, "o", color=kinds[kind], markersize=6, alpha=0.9)
    axes.set_xscale("log")
    axes.set_xlim(1e-17, 1)
    axes.set_xticks([1e-16, 1e-12, 1e-8, 1e-4, 1])
    axes.minorticks_off()
    axes.set_yticks(range(len(names)), [n.replace("-", " ") for n in reversed(names)], fontsize=8)
    axes.tick_params(length=0)
    axes.spines["left"].set_visible(False)
    place = 0.0
    for kind, colour in kinds.items():
        word = kind.capitalize() if kind in ("burgers", "frank") else kind
        axes.text(place, 1.055, word, transform=axes.transAxes, color=colour, fontsize=8.6)
        place += 0.05 + 0.0215 * len(word)
    axes.text(0, 1.165, "Charges, off by", transform=axes.transAxes, fontsize=13, family=SERIF, color=INK)
