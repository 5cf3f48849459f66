"""The figure of the experiment on asymptotic symmetries, drawn from its tables alone.

Above: flat space moved by a supertranslation that is switched on far out; energy of a simulated wave at both null
infinities; three orbits. Below: numbers of symmetries by degree, and charges that tell vacua apart.
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

_KINDS = {"vacuum": (TEAL, "Minkowski"), "elliptic": (BLUE, "particle"), "hyperbolic": (PURPLE, "cosmology")}


def draw(tables: Mapping[str, Any]) -> Figure:
    """The figure.

    Raises
    ------
    MissingDependencyError
        Without matplotlib.
    """
    words = (
        "Exact symmetries of equations, and of flat space at its edge: charges, vacua, and what links the infinite "
        "past to the infinite future."
    )
    with page(
        (13.0, 8.8), "The symmetries of equations, and of empty space", words, at=(0.045, 0.945, 0.915)
    ) as figure:
        above = figure.add_gridspec(1, 3, left=0.045, right=0.975, top=0.79, bottom=0.435, wspace=0.3)
        _bulk(figure.add_subplot(above[0]))
        _wave(figure.add_subplot(above[1]), tables["scattering"])
        _orbits(figure.add_subplot(above[2]), tables["orbits"])
        below = figure.add_gridspec(
            1, 2, left=0.13, right=0.975, top=0.315, bottom=0.07, wspace=0.16, width_ratios=[2, 1.05]
        )
        _dimensions(figure.add_subplot(below[0]), tables["dimensions"], tables["sizes"])
        _charges(figure.add_subplot(below[1]), tables["vacua"])
    return figure


def _heading(axes: Axes, title: str, words: str, left: float = 0.0, up: float = 1.0) -> None:
    axes.text(left, up + 0.115, title, transform=axes.transAxes, fontsize=13.5, family=SERIF, va="bottom")
    axes.text(left, up + 0.045, words, transform=axes.transAxes, fontsize=8.4, color=SOFT, va="bottom")


def _bulk(axes: Axes) -> None:
    from matplotlib.collections import LineCollection

    from symmeter.papers._asymptotic_symmetries_gravity import alpha
    from symmeter.spacetime.vacua import displacement, radial_step

    _heading(
        axes, "One flat space in another's coordinates", "circles and rays of a supertranslated vacuum, in the bulk"
    )
    phi = 2 * np.pi * np.arange(108) / 108
    a = displacement(alpha, phi)
    a[:, 0] -= a[:, 0].mean()
    start, width = 9.0, 15.0

    def moved(r: Any, index: Any) -> np.ndarray:
        n = np.stack([np.cos(phi[index]), np.sin(phi[index])], axis=-1)
        chi = np.atleast_1d(radial_step(np.atleast_1d(r), start, width))[:, None]
        return np.atleast_1d(r)[:, None] * n + 2.2 * chi * a[index][..., 1:]

    segments, colours = [], []
    for radius in np.arange(3.0, 31.0, 3.0):
        points = moved(np.full(108, radius), np.arange(108))
        closed = np.concatenate([points, points[:1]])
        chi = float(radial_step(np.array([radius]), start, width)[0])
        segments += list(np.stack([closed[:-1], closed[1:]], axis=1))
        colours += list(chi * a[:, 0])
    axes.add_collection(LineCollection(segments, array=np.array(colours), cmap="PuOr_r", linewidths=1.3,
                                       clim=(-1.9, 1.9)))  # fmt: skip
    radii = np.linspace(0.0, 30.0, 60)
    for index in range(0, 108, 6):
        points = moved(radii, np.full(len(radii), index))
        axes.plot(points[:, 0], points[:, 1], color=LINE, linewidth=0.7, zorder=0)
    axes.set(xlim=(-42, 42), ylim=(-38, 44), aspect="equal")
    axes.axis("off")
    words = "earlier (violet) to later (orange); the map is smooth, and folds nowhere"
    axes.text(0.0, -0.035, words, transform=axes.transAxes, fontsize=8, color=SOFT)


def _wave(axes: Axes, scattering: Mapping[str, Any] | None) -> None:
    _heading(axes, "What comes in here leaves over there", "energy of a simulated wave by angle, at null infinity")
    axes.set(xlim=(-1.75, 1.75), ylim=(-1.62, 1.62), aspect="equal")
    axes.axis("off")
    if scattering is None:
        axes.text(0, 0, "simulated at larger scales", ha="center", color=SOFT)
        return
    past, future = np.array(scattering["past"]), np.array(scattering["future"])
    top = max(past.max(), future.max())
    phi = 2 * np.pi * np.arange(len(past)) / len(past)
    around = np.append(phi, 2 * np.pi)
    axes.plot(np.cos(around), np.sin(around), color=LINE, linewidth=1)
    for values, colour in ((past, BLUE), (future, ORANGE)):
        r = 1 + 0.55 * np.append(values, values[0]) / top
        x = np.concatenate([r * np.cos(around), np.cos(around)[::-1]])
        y = np.concatenate([r * np.sin(around), np.sin(around)[::-1]])
        axes.fill(x, y, color=colour, alpha=0.22, linewidth=0)
        axes.plot(r * np.cos(around), r * np.sin(around), color=colour, linewidth=1.6)
    peaks = [
        k for k in range(len(past)) if past[k] == past[np.arange(k - 6, k + 7) % len(past)].max() and past[k] > top / 8
    ]
    for k in peaks:
        n = np.array([np.cos(phi[k]), np.sin(phi[k])])
        arrow = {"arrowstyle": "->", "color": GREY, "lw": 1.1, "linestyle": (0, (4, 2))}
        axes.annotate("", xy=(-0.93 * n[0], -0.93 * n[1]), xytext=(0.93 * n[0], 0.93 * n[1]), arrowprops=arrow)
        place = (1 + 0.55 * past[k] / top + 0.1) * n
        axes.text(place[0], place[1], "in", color=BLUE, ha="center", va="center", fontsize=9.5)
        place = (1 + 0.55 * future[(k + len(past) // 2) % len(past)] / top + 0.13) * -n
        axes.text(place[0], place[1], "out", color=ORANGE, ha="center", va="center", fontsize=9.5)
    turn, error = scattering["best turn"], 100 * scattering["antipodal"]
    words = f"blue: past, orange: future; best turn {turn:.2f}°, nine modes to {error:.1f} %"
    axes.text(0.5, -0.035, words, transform=axes.transAxes, fontsize=8, color=SOFT, ha="center")


def _orbits(axes: Axes, rows: list[Mapping[str, Any]]) -> None:
    _heading(axes, "Three orbits", "mass aspect by angle after a finite map; line: before it")
    top = 0.93
    for row in reversed(rows):
        colour, name = _KINDS[row["kind"]]
        before, after = row["curves"][0][0], np.array(row["curves"][1])
        phi = np.linspace(0, 2 * np.pi, len(after) + 1)
        closed = np.append(after, after[0])
        axes.axhline(before, color=colour, linewidth=0.9, alpha=0.55)
        axes.plot(phi, closed, color=colour, linewidth=2)
        trace, slope = row["after"]
        words = f"{name}\ntrace {trace:.3f}\nslope {abs(slope):.3f}"
        axes.text(1.04, top, words, transform=axes.transAxes, color=colour, fontsize=8.8, va="top", clip_on=False)
        top -= 0.27
    axes.axhline(-1, color=INK, linewidth=0.6, linestyle=(0, (1, 3)))
    axes.set(xlim=(0, 2 * np.pi))
    axes.set_xticks((0, np.pi, 2 * np.pi), ("0", "π", "2π"))
    axes.set_ylabel("Θ", rotation=0, labelpad=8)
    quiet_axes(axes)
    box = axes.get_position()
    axes.set_position((box.x0, box.y0, box.width * 0.8, box.height))


def _dimensions(axes: Axes, rows: list[Mapping[str, Any]], sizes: list[Mapping[str, Any]]) -> None:
    words = "found with polynomials of degree 1 to 4; ring: all there are; arrow: arbitrary functions"
    _heading(axes, "How many symmetries", words, up=1.02)
    counted = {s["name"]: s for s in sizes}
    shades = {1: "#b7d7d2", 2: "#62ab9f", 3: TEAL, 4: "#00453f"}
    for place, row in enumerate(rows):
        size = counted.get(row["name"])
        largest = max(row["found"])
        axes.plot([0, largest], [place, place], color=LINE, linewidth=1, zorder=0)
        for degree, number in zip(row["degrees"], row["found"]):
            axes.plot(
                number, place, "o", color=shades[degree], markersize=7.5, markeredgecolor=PAPER, markeredgewidth=0.8
            )
        shown = ", ".join(map(str, dict.fromkeys(row["found"])))
        if size and size["dimension"] is not None:
            axes.plot(size["dimension"], place, "o", mfc="none", mec=ORANGE, markersize=12, markeredgewidth=1.6)
            shown += "  (all)"
        elif size:
            axes.annotate("", xy=(largest + 2.1, place), xytext=(largest + 0.5, place),
                          arrowprops={"arrowstyle": "->", "color": ORANGE, "lw": 1.5})  # fmt: skip
        beside = largest + (2.4 if size and size["dimension"] is None else 0.9)
        axes.text(beside, place, shown, va="center", fontsize=8.2, color=SOFT)
    axes.set_yticks(range(len(rows)), [r["name"] for r in rows])
    axes.set(xlim=(0, 34), ylim=(len(rows) - 0.4, -0.6))
    axes.tick_params(axis="y", length=0)
    quiet_axes(axes)
    axes.spines["left"].set_visible(False)


def _charges(axes: Axes, vacua: Mapping[str, Any]) -> None:
    _heading(axes, "Vacua told apart", "superrotation charges; those of Poincaré (grey) stay zero", up=1.02)
    for n, real, imaginary in vacua["modes"]:
        inside = abs(n) <= 1
        axes.axvspan(n - 0.5, n + 0.5, color="#eef1f3" if inside else PAPER, zorder=0, linewidth=0)
        for value, shift, colour in ((real, -0.14, TEAL), (imaginary, 0.14, PURPLE)):
            axes.bar(n + shift, value, width=0.24, color=GREY if inside else colour)
            if abs(value) > 1e-9:
                axes.text(n + shift, value + (0.03 if value > 0 else -0.03), f"{value:.1f}" + "i" * (colour == PURPLE),
                          ha="center", va="bottom" if value > 0 else "top", fontsize=8.2, color=colour)  # fmt: skip
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.set(xlim=(-3.5, 3.5), ylim=(-0.5, 0.8))
    axes.set_xticks(range(-3, 4), [f"$J_{{{n}}}$" for n in range(-3, 4)])
    axes.set_yticks(())
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="x", length=0)
