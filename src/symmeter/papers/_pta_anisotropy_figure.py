"""The figure of the experiment on pulsar timing, drawn from its tables alone.

Above: overlap functions of low degrees, correlations of one simulated sky, its spectrum. Below: the sky that was put
in, and what the array tells of it: linearly, as a positive sky, and point by point.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.papers.figure_style import BLUE, INK, LINE, ORANGE, PURPLE, SERIF, SOFT, TEAL, page, quiet_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw"]

_CURVES = (("00", INK, 2.4), ("10", TEAL, 1.8), ("11", TEAL, 1.1), ("20", ORANGE, 1.8), ("21", ORANGE, 1.1),
           ("22", ORANGE, 0.8), ("30", PURPLE, 1.6), ("40", BLUE, 1.4))  # fmt: skip


def draw(tables: Mapping[str, Any]) -> Figure:
    """The figure.

    Raises
    ------
    MissingDependencyError
        Without matplotlib.
    """
    sky = tables["sky"]
    words = (
        f"68 pulsars, {len(sky['rho']):,} pairs, each correlation known to {sky['sigma']:g}; a background of 60 "
        "sources spread evenly in space, of which few are loud."
    )
    with page((12.4, 7.6), "Where on the sky do the waves come from?", words, at=(0.045, 0.937, 0.902)) as figure:
        above = figure.add_gridspec(1, 3, left=0.06, right=0.98, top=0.80, bottom=0.475, wspace=0.26)
        _curves(figure.add_subplot(above[0]), tables["curves"])
        _correlations(figure.add_subplot(above[1]), sky)
        _spectrum(figure.add_subplot(above[2]), sky)
        maps = (
            ("truth", "The sky that was put in", "power over its mean; propagation directions"),
            ("linear", "Linear fit, l up to 4", "may go below zero (blue)"),
            (
                "positive",
                "Square of a function, l up to 6",
                "nowhere negative",
            ),
            ("radiometer", "One point at a time", "signal over noise; dots: pulsars' antipodes"),
        )
        for k, (name, title, note) in enumerate(maps):
            axes = figure.add_axes((0.03 + 0.242 * k, 0.055, 0.225, 0.27), projection="mollweide")
            _map(figure, axes, np.array(sky[name]), title, note, sky["pulsars"] if name == "radiometer" else None)
    return figure


def _heading(axes: Axes, title: str, words: str) -> None:
    axes.text(0, 1.13, title, transform=axes.transAxes, fontsize=14, family=SERIF, va="bottom")
    axes.text(0, 1.045, words, transform=axes.transAxes, fontsize=8.6, color=SOFT, va="bottom")


def _curves(axes: Axes, curves: Mapping[str, Any]) -> None:
    _heading(axes, "Overlap functions", "in the frame of the pair, by degree and order; exact for all")
    x = np.array(curves["degrees"])
    for name, colour, width in _CURVES:
        axes.plot(x, curves[name], color=colour, linewidth=width)
    marks = {
        "00": (12, 0.128), "10": (18, -0.108), "20": (118, -0.05), "11": (104, 0.052), "22": (60, 0.047),
        "30": (30, -0.052), "21": (36, 0.058), "40": (27, 0.024),
    }  # fmt: skip
    colours = {n: c for n, c, _ in _CURVES}
    for name, (a, b) in marks.items():
        axes.text(a, b, name, color=colours[name], fontsize=8.4)
    axes.set(xlim=(0, 180))
    axes.set_xticks((0, 60, 120, 180), ("0", "60", "120", "180°"))
    axes.set_xlabel("angle between pulsars", labelpad=2)
    quiet_axes(axes)


def _correlations(axes: Axes, sky: Mapping[str, Any]) -> None:
    _heading(axes, "Correlations", "all pairs, means in bins; line: Hellings and Downs")
    angle, rho = np.array(sky["angles"]), np.array(sky["rho"])
    axes.scatter(angle, rho, s=2.2, color=TEAL, alpha=0.22, linewidths=0, rasterized=True)
    order = np.argsort(angle)
    for some in np.array_split(order, 18):
        error = rho[some].std() / np.sqrt(len(some))
        axes.errorbar(angle[some].mean(), rho[some].mean(), error, color=INK, marker="o", markersize=3.6, linewidth=1.1)
    x = np.linspace(1e-3, 180, 300)
    h = np.sin(np.radians(x) / 2) ** 2
    axes.plot(x, 0.5 - 0.25 * h + 1.5 * h * np.log(h), color=ORANGE, linewidth=1.6)
    axes.set(xlim=(0, 180), ylim=(-0.65, 0.9))
    axes.set_xticks((0, 60, 120, 180), ("0", "60", "120", "180°"))
    axes.set_xlabel("angle between pulsars", labelpad=2)
    quiet_axes(axes)


def _spectrum(axes: Axes, sky: Mapping[str, Any]) -> None:
    p = sky["p_value"]
    shown = f"p = {p:.1g}" if p >= 1e-300 else "p below 1e-300"
    _heading(axes, "How anisotropic", f"$C_l / C_0$; for an isotropic sky {shown}")
    truth = np.array(sky["truth_spectrum"])
    ell = np.arange(1, len(truth))
    axes.plot(ell, truth[1:], color=INK, linewidth=1.4, marker="o", markersize=4)
    found, noise = np.array(sky["linear_spectrum"])[1:], np.array(sky["noise_spectrum"])[1:]
    error = np.array(sky["spectrum_error"])[1:]
    shown = np.maximum(found, 1e-4)
    axes.errorbar(
        np.arange(1, 5),
        shown,
        [np.minimum(error, 0.9 * shown), error],
        fmt="s",
        color=TEAL,
        markersize=6,
        linewidth=1.4,
    )
    axes.plot(np.arange(1, 5), noise, color=ORANGE, linewidth=1.3, dashes=(4, 2))
    axes.axhline(sky["effective"], color=PURPLE, linewidth=1.1)
    axes.set(yscale="log", xlim=(0.5, 12.5))
    low, high = axes.get_ylim()
    axes.set_ylim(low, high * 8)
    labels = (
        ("truth", INK),
        ("measured, one deviation", TEAL),
        ("noise of the fit", ORANGE),
        (r"$1 / N_{\rm eff}$", PURPLE),
    )
    for k, (word, colour) in enumerate(labels):
        axes.text(
            0.97, 0.95 - 0.075 * k, word, color=colour, transform=axes.transAxes, ha="right", va="top", fontsize=8.8
        )
    axes.set_xlabel("degree l", labelpad=2)
    quiet_axes(axes)


def _map(figure: Figure, axes: Axes, values: np.ndarray, title: str, note: str, pulsars: Any) -> None:
    from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm

    axes.set_title(title, fontsize=13, family=SERIF, pad=20, loc="left", color=INK)
    axes.text(0.0, 1.06, note, transform=axes.transAxes, fontsize=8.4, color=SOFT)
    longitude = np.radians(np.linspace(-179, 179, values.shape[0]))
    latitude = np.radians(np.linspace(-89, 89, values.shape[1]))
    shades = LinearSegmentedColormap.from_list(
        "sky",
        [(0, "#12356b"), (0.25, "#7fa8d6"), (0.5, "#ffffff"), (0.68, "#f4b56b"), (0.86, "#b3402f"), (1, "#4a1030")],
    )
    centre = 0.0 if pulsars is not None or values.min() < -0.05 else values.min()
    low = min(values.min(), centre - 1e-6)
    norm = TwoSlopeNorm(centre, vmin=min(low, centre - 0.35 * (values.max() - centre)), vmax=values.max())
    drawn = axes.pcolormesh(longitude, latitude, values.T, cmap=shades, norm=norm, shading="nearest", rasterized=True)
    if pulsars is not None:
        p = -np.array(pulsars)
        axes.scatter(np.arctan2(p[:, 1], p[:, 0]), np.arcsin(p[:, 2]), s=5, color=INK, linewidths=0)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(False)
    for side in axes.spines.values():
        side.set_edgecolor(LINE)
    box = axes.get_position()
    bar = figure.add_axes((box.x0 + 0.04, box.y0 - 0.012, box.width - 0.08, 0.011))
    figure.colorbar(drawn, cax=bar, orientation="horizontal")
    bar.tick_params(labelsize=7.5, length=2)
    # The shades that the map has.
    bar.set_xlim(values.min(), values.max())
    bar.xaxis.set_major_locator(_few())


def _few() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(4)
