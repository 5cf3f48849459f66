"""The figure of the experiment on echoes, drawn from its tables alone.

Above: one comb, folded by its spacing and as a periodogram of spacings, and the light ring that makes it. Below:
evidence by duration and by number of echoes beside the published tables, and noise alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.papers._echo_search_published import BENCHMARKS, NOISE, UNIFORM
from symmeter.papers.figure_style import BLUE, GREY, INK, LINE, ORANGE, PURPLE, SERIF, SOFT, TEAL, page, quiet_axes
from symmeter.statistics import clopper_pearson

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw"]

_SHAPES = {"constant": TEAL, "damped": BLUE, "boltzmann": ORANGE, "xin": PURPLE}


def draw(tables: Mapping[str, Any]) -> Figure:
    """The figure.

    Raises
    ------
    MissingDependencyError
        Without matplotlib.
    """
    scan = tables["scan"]
    words = (
        "Does anything ring in an even comb after a merger? No waveform is assumed. Above: "
        f"{scan['seconds']:g} s of white noise with 50 lines every {scan['truth']:g} Hz, ratio {scan['snr']:.1f}."
    )
    with page((12.8, 8.0), "A comb in the noise", words, at=(0.05, 0.94, 0.907)) as figure:
        grid = figure.add_gridspec(2, 3, left=0.055, right=0.98, top=0.80, bottom=0.075, wspace=0.25, hspace=0.62)
        _fold(figure.add_subplot(grid[0, 0]), scan)
        _periodogram(figure.add_subplot(grid[0, 1]), scan)
        _ring(figure.add_subplot(grid[0, 2]), tables["curves"])
        _durations(figure.add_subplot(grid[1, 0]), tables)
        _shapes(figure.add_subplot(grid[1, 1]), tables["shapes"])
        _noise(figure.add_subplot(grid[1, 2]), tables["noise"])
    return figure


def _heading(axes: Axes, title: str, words: str) -> None:
    axes.text(0, 1.15, title, transform=axes.transAxes, fontsize=14, family=SERIF, va="bottom")
    axes.text(0, 1.045, words, transform=axes.transAxes, fontsize=8.6, color=SOFT, va="bottom")


def _fold(axes: Axes, scan: Mapping[str, Any]) -> None:
    _heading(axes, "Folded by the spacing found", "power over that of noise, mean of all teeth; band: 2 deviations")
    profile = np.array(scan["profile"])
    place = (np.arange(len(profile)) + 0.5) / len(profile) - 0.5
    hertz = place * scan["found"]
    error = 2.0 / np.sqrt(scan["teeth"])
    axes.fill_between(
        (-0.5 * scan["found"], 0.5 * scan["found"]), 1 - error, 1 + error, color=LINE, alpha=0.7, linewidth=0
    )
    axes.plot(hertz, profile, color=TEAL, linewidth=1.5)
    axes.plot(hertz, scan["expected_profile"], color=ORANGE, linewidth=1.3, dashes=(4, 2))
    axes.text(0.03, 0.93, "what was put in", color=ORANGE, transform=axes.transAxes, fontsize=8.6, va="top")
    axes.text(0.03, 0.85, f"data, {scan['teeth']} teeth", color=TEAL, transform=axes.transAxes, fontsize=8.6, va="top")
    axes.set(xlim=(hertz[0], hertz[-1]))
    axes.set_xlabel("distance from the nearest line (Hz)", labelpad=2)
    quiet_axes(axes)


def _periodogram(axes: Axes, scan: Mapping[str, Any]) -> None:
    off = abs(scan["found"] / scan["truth"] - 1)
    _heading(axes, "Periodogram of spacings", f"best ln likelihood ratio of each spacing; found to {100 * off:.3f} %")
    spacing, value = np.array(scan["spacing"]), np.array(scan["lnl"])
    axes.plot(spacing, value, color=INK, linewidth=0.7)
    top = float(value.max())
    axes.plot([scan["found"]], [top], "o", color=TEAL, markersize=6)
    axes.text(scan["found"] * 1.04, top, f"{scan['found']:.4f} Hz", color=TEAL, va="center", fontsize=9)
    for name, where, height in scan["family"]:
        if spacing[0] <= where <= spacing[-1] and name != "1":
            axes.plot([where], [height], "o", color=ORANGE, markersize=4, markerfacecolor="none")
            axes.text(where, height + 0.045 * top, name, color=ORANGE, ha="center", fontsize=8.2)
    axes.axhline(scan["noise_maximum"], color=GREY, linewidth=1, dashes=(4, 2))
    words = "dashed: largest\nin noise alone"
    axes.text(4.2, scan["noise_maximum"] + 0.2 * top, words, color=SOFT, fontsize=8, ha="center", va="bottom")
    axes.set(xscale="log", xlim=(spacing[0], spacing[-1]), ylim=(min(0.0, float(value.min())), 1.18 * top))
    axes.set_xticks((1, 2, 3, 5, 10), ("1", "2", "3", "5", "10"))
    axes.minorticks_off()
    axes.set_xlabel("spacing (Hz)", labelpad=2)
    quiet_axes(axes)


def _ring(axes: Axes, curves: Mapping[str, Any]) -> None:
    _heading(axes, "What the light ring keeps in", "amplitude reflected, l = m = 2; dots: known values")
    omega = np.array(curves["omega"])
    for spin, colour, x, y in (("0", INK, 0.29, 0.62), ("0.69", TEAL, 0.51, 0.78), ("0.9", ORANGE, 0.665, 0.62)):
        axes.plot(omega, curves[spin], color=colour, linewidth=1.6)
        axes.text(x, y, rf"$\chi$ = {spin}", color=colour, fontsize=9, ha="right")
    axes.plot(curves["known_omega"], curves["known"], "o", color=INK, markersize=3.6)
    axes.axhline(1.0, color=GREY, linewidth=0.8, dashes=(4, 2))
    axes.text(0.03, 1.045, "above: amplified by the hole's rotation", color=SOFT, fontsize=8.2, va="bottom")
    axes.set(xlim=(0, 0.8), ylim=(0, 1.17))
    axes.set_xlabel(r"$\omega M$   (0.53 is 343 Hz for 50 solar masses)", labelpad=2)
    quiet_axes(axes)


def _durations(axes: Axes, tables: Mapping[str, Any]) -> None:
    evidence = tables["evidence"]
    seconds = np.array(list(UNIFORM), dtype=float)
    published = np.array(list(UNIFORM.values()))
    if evidence is None:
        _heading(axes, "ln Bayes factor by duration", "lines: published medians; evidence is computed at larger scales")
    else:
        words = f"ours: median, 16-84 % of {evidence['draws']} realisations; dashed: published"
        _heading(axes, "ln Bayes factor by duration", words)
    for k, (colour, name, key) in enumerate(
        ((TEAL, "a phase for each mode", "new"), (ORANGE, "a phase for each bin", "old"))
    ):
        axes.plot(seconds, published[:, k], color=colour, linewidth=1.3, dashes=(4, 2))
        if evidence is not None:
            middle = np.array(evidence[f"{key}_median"])
            ends = np.array(evidence[f"{key}_quantiles"])
            at = np.array(evidence["seconds"]) * (1.02 if k else 0.98)
            axes.errorbar(
                at,
                middle,
                np.abs(ends.T - middle),
                color=colour,
                marker="o",
                markersize=4.5,
                linewidth=1.3,
                linestyle="none",
            )
        x, y = ((0.95, 62.0), (13.0, 25.0))[k]
        axes.text(x, y, name, color=colour, fontsize=8.8)
    axes.axhline(0.0, color=GREY, linewidth=0.8)
    axes.set(xscale="log", xlim=(0.85, 62))
    axes.set_xticks((1, 2, 4, 8, 12, 24, 52), ("1", "2", "4", "8", "12", "24", "52"))
    axes.minorticks_off()
    axes.set_xlabel("duration of the data (s)", labelpad=2)
    quiet_axes(axes)


def _shapes(axes: Axes, shapes: Mapping[str, Any] | None) -> None:
    words = "dashed: published medians" if shapes is None else f"ours: median of {shapes['draws']}; dashed: published"
    _heading(axes, "Four shapes, one template", f"ln Bayes factor; {words}")
    for name, colour in _SHAPES.items():
        numbers = np.array(list(BENCHMARKS[name]))
        axes.plot(numbers, [v[0] for v in BENCHMARKS[name].values()], color=colour, linewidth=1.2, dashes=(4, 2))
        if shapes is not None:
            rows = shapes["waveforms"][name]
            values = [np.asarray(v) for v in rows["new"]]
            middle = np.array([np.median(v) for v in values])
            ends = np.array([np.quantile(v, (0.16, 0.84)) for v in values])
            axes.errorbar(
                rows["echoes"], middle, np.abs(ends.T - middle), color=colour, marker="o", markersize=4.5, linewidth=1.3
            )
    for k, (name, colour) in enumerate(_SHAPES.items()):
        axes.text(
            0.03, 0.95 - 0.08 * k, name.capitalize(), color=colour, transform=axes.transAxes, va="top", fontsize=8.8
        )
    axes.axhline(0.0, color=GREY, linewidth=0.8)
    axes.set(xlim=(0, 208))
    axes.set_xlabel("number of echoes in the data", labelpad=2)
    quiet_axes(axes)


def _noise(axes: Axes, noise: Mapping[str, Any] | None) -> None:
    if noise is None:
        _heading(axes, "Noise alone", "dashed: published medians; evidence is computed at larger scales")
        noise = {"new": [], "old": []}
    else:
        _heading(axes, "False alarms", f"{noise['draws']} realisations of 12 s; bands: 90 %; dots: published")
    least = -8.0
    for k, (colour, word, key) in enumerate(
        ((TEAL, "a phase for each mode", "new"), (ORANGE, "a phase for each bin", "old"))
    ):
        values = np.sort(np.asarray(noise[key], dtype=float))
        n = len(values)
        if n:
            least = min(least, float(values[0]) - 0.2)
            chance = 1.0 - np.arange(n) / n
            ends = np.array([clopper_pearson(n - i, n, 0.9) for i in range(n)])
            axes.fill_between(values, *ends.T, color=colour, alpha=0.15, linewidth=0, step="pre")
            axes.step([least, *values], [1.0, *chance], where="pre", color=colour, linewidth=1.5)
        axes.plot([NOISE[12][k]], [0.5], "o", color=colour, markersize=5)
        axes.text(
            0.84, 0.66 - 0.08 * k, word, color=colour, transform=axes.transAxes, va="top", ha="right", fontsize=8.8
        )
    axes.axhline(0.01, color=GREY, linewidth=0.8, dashes=(4, 2))
    axes.axvline(0.0, color=INK, linewidth=0.9)
    axes.text(-0.12, 0.7, "a comb is\nlikelier", color=SOFT, fontsize=8.2, ha="right", va="top")
    axes.set(yscale="log", ylim=(2e-3, 1.4), xlim=(least, 1.2))
    axes.set_yticks((0.01, 0.1, 1.0), ("1 %", "10 %", "100 %"))
    axes.minorticks_off()
    axes.set_xlabel("ln Bayes factor, comb over noise", labelpad=2)
    axes.set_ylabel("noise reaches it", labelpad=2)
    quiet_axes(axes)
