"""A map of the sky in Mollweide's projection, with the pulsars of an array."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.errors import InputError, MissingDependencyError
from symmeter.signals.pta.array import Array
from symmeter.signals.pta.pixels import healpix_directions, nside_of
from symmeter.signals.pta.power import SkyPower, sky_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_sky"]

_INK, _SOFT, _LINE = "#11202b", "#566773", "#d3dce1"
#: White in the middle, where an isotropic sky is.
_SHADES = (
    (0.0, "#12356b"), (0.25, "#7fa8d6"), (0.5, "#ffffff"), (0.68, "#f4b56b"), (0.86, "#b3402f"), (1.0, "#4a1030"),
)  # fmt: skip


def draw_sky(
    sky: Any, array: Array | None = None, path: str | Path | None = None, *, title: str = "", sources: bool = True
) -> Figure:
    """Draw the power of a sky over right ascension and declination.

    Parameters
    ----------
    sky : SkyPower, coefficients, or a HEALPix map of 12 nside^2 pixels
        Power over directions of propagation. An array of 12 nside^2 numbers is a map, any other holds coefficients.
    array : Array, optional
        Pulsars are drawn as stars.
    path : path, optional
        Where to save the picture: .svg, .png or .pdf.
    title : str
    sources : bool
        Show the place of the sources, opposite to where waves go; otherwise the directions of propagation.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    InputError, MissingDependencyError
    """
    from symmeter.files import check_picture, write_figure

    check_picture(path)
    try:
        from matplotlib import rc_context
        from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependencyError("matplotlib", "plot", "the picture of the sky") from error

    ra, dec = np.meshgrid(np.radians(np.linspace(-179.5, 179.5, 360)), np.radians(np.linspace(-89.5, 89.5, 180)))
    # As seen from inside the sphere, right ascension grows to the left.
    points = np.stack((np.cos(dec) * np.cos(-ra), np.cos(dec) * np.sin(-ra), np.sin(dec)), -1).reshape(-1, 3)
    values = _values(sky, -points if sources else points).reshape(ra.shape)
    with rc_context({"font.family": "DejaVu Sans", "font.size": 9, "svg.fonttype": "path"}):
        figure = Figure(figsize=(8.4, 5.2), facecolor="white")
        axes = figure.add_axes((0.04, 0.16, 0.92, 0.68), projection="mollweide")
        low, high = float(values.min()), float(values.max())
        shades = LinearSegmentedColormap.from_list("sky", _SHADES)
        # White is the mean of an isotropic sky.
        reach = max(high - 1.0, 1.0 - low, 1e-6)
        lowest = 1.0 - reach if low < 0 else min(low, 1.0 - 0.3 * reach)
        norm = TwoSlopeNorm(1.0, vmin=lowest, vmax=1.0 + reach)
        drawn = axes.pcolormesh(ra, dec, values, cmap=shades, norm=norm, shading="nearest", rasterized=True)
        if low < 0 < high:
            axes.contour(ra, dec, values, levels=[0.0], colors=_INK, linewidths=0.7, linestyles="dotted")
        if array is not None:
            x = array.directions
            axes.scatter(-np.arctan2(x[:, 1], x[:, 0]), np.arcsin(np.clip(x[:, 2], -1, 1)), marker="*", s=34,
                         color=_INK, edgecolors="white", linewidths=0.5, zorder=3)  # fmt: skip
        _frame(axes)
        where = "places of sources" if sources else "directions of propagation"
        pulsars = "" if array is None else f"; stars: {len(array)} pulsars"
        figure.text(0.04, 0.93, title or "Power of the sky", fontsize=17, family="STIXGeneral", color=_INK)
        dotted = "; dotted: power 0" if low < 0 < high else ""
        figure.text(0.04, 0.885, f"{where}, right ascension and declination{pulsars}{dotted}", color=_SOFT)
        bar = figure.add_axes((0.3, 0.085, 0.4, 0.022))
        figure.colorbar(drawn, cax=bar, orientation="horizontal")
        bar.set_xlabel("power over that of an isotropic sky", color=_SOFT, labelpad=2)
        bar.tick_params(labelsize=8, length=2, colors=_SOFT)
        for side in bar.spines.values():
            side.set_edgecolor(_LINE)
        # The bar has the shades of the map alone: positive skies show no negative numbers.
        if reach > 0.02:
            ticks = [low, *([1.0] if low < 1.0 - 0.1 * (high - low) else []), high]
            bar.set_xticks(ticks, [f"{t:.2g}" for t in ticks])
            bar.set_xlim(low, high)
        else:
            bar.set_xticks([lowest, 1.0 + reach], [f"{lowest:.7g}", f"{1 + reach:.7g}"])
        if path is not None:
            write_figure(figure, path)
    return figure


def _values(sky: Any, points: np.ndarray) -> np.ndarray:
    if isinstance(sky, SkyPower):
        return sky.values(points)
    sky = np.asarray(sky)
    if sky.ndim == 1 and sky.size % 12 == 0 and round(np.sqrt(sky.size / 12)) ** 2 * 12 == sky.size:
        if not np.isfinite(sky).all():
            raise InputError("the map contains NaN or infinity; fill or mask such pixels")
        own = healpix_directions(nside_of(sky.size))
        near = np.concatenate([(part @ own.T).argmax(1) for part in np.array_split(points, 64)])
        return np.asarray(sky, dtype=float)[near]
    return sky_of(sky).values(points)


def _frame(axes: Any) -> None:
    axes.grid(True, color=_LINE, linewidth=0.5, alpha=0.8)
    hours = np.arange(-150, 151, 60)
    axes.set_xticks(np.radians(hours), [f"{((-h) % 360) // 15:d}h" for h in hours])
    axes.set_yticks(np.radians([-60, -30, 0, 30, 60]), ["-60°", "-30°", "0°", "30°", "60°"])
    axes.tick_params(colors=_SOFT, labelsize=7.5)
    for spine in axes.spines.values():
        spine.set_edgecolor(_LINE)
