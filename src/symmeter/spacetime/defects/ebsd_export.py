"""Maps of orientations as files: arrays, VTK image data, pictures, and a summary as plain values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.errors import MissingDependencyError
from symmeter.spacetime.defects.vtk import image_data, point_data

if TYPE_CHECKING:
    from symmeter.spacetime.defects.ebsd import OrientationMap

__all__ = ["draw_map", "save_map", "summary_of_map"]


def summary_of_map(found: OrientationMap) -> dict[str, Any]:
    """Size, bounds, and how much is known."""
    bound = found.tightest_bound
    known = np.isfinite(bound)
    missing = np.isnan(found.coframe[..., 0, 0])
    values = bound[known]
    return {
        "grid": list(bound.shape),
        "hexagonal": found.hexagonal,
        "spacing": list(found.spacing),
        "missing": int(missing.sum()),
        "without_neighbours": int((~known & ~missing).sum()),
        "mean_bound": float(values.mean()) if len(values) else None,
        "median_bound": float(np.median(values)) if len(values) else None,
        "largest_bound": float(values.max()) if len(values) else None,
    }


def save_map(found: OrientationMap, path: Any) -> Path:
    """Write ``.npz``, ``.vtk``, ``.json`` or a picture.

    Raises
    ------
    InputError
        For other extensions.
    """
    import json

    from symmeter.files import PICTURES, write_arrays, write_as, write_atomic

    names = ("alpha", "sample_alpha", "curvature", "lower_bound", "tightest_bound", "spacing", "places")
    return write_as(path, "maps are", {
        ".npz": lambda: write_arrays(path, {name: getattr(found, name) for name in names}),
        ".vtk": lambda: write_atomic(path, _vtk(found)),
        ".json": lambda: write_atomic(path, json.dumps(summary_of_map(found), indent=2) + "\n"),
        **dict.fromkeys(PICTURES, lambda: draw_map(found, path)),
    })  # fmt: skip


def _vtk(found: OrientationMap) -> str:
    bound = found.tightest_bound
    # Zero where nothing is known, since readers choke on NaN: "known" tells those points from straight ones.
    fields = {"known": np.isfinite(bound), "bound": bound, "alpha_z_norm": found.lower_bound}
    scalars = {name: np.nan_to_num(values) for name, values in fields.items()}
    title = "dislocations of an orientation map"
    if not found.hexagonal:
        return image_data(title, bound.shape, found.spacing, scalars=scalars)
    points = np.pad(found.places.reshape(-1, 2), ((0, 0), (0, 1)))
    return point_data(title, points, {name: values.ravel() for name, values in scalars.items()})


def draw_map(found: OrientationMap, path: Any = None) -> Any:
    """The bound on a logarithmic scale; what is not known is grey.

    Raises
    ------
    InputError, MissingDependencyError
    """
    from symmeter.files import check_picture, write_figure

    check_picture(path)
    try:
        from matplotlib import colormaps
        from matplotlib.colors import LogNorm
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependencyError("matplotlib", "plot", "the picture") from error
    bound = found.tightest_bound
    seen = bound[np.isfinite(bound) & (bound > 0)]
    top = float(np.quantile(seen, 0.999)) if len(seen) else 1.0
    low = max(float(np.quantile(seen, 0.02)), top * 1e-4) if len(seen) else 1e-3
    size = [n * h for n, h in zip(bound.shape, found.spacing)]
    tall = float(np.clip(size[1] / size[0], 0.35, 1.8))
    figure = Figure(figsize=(6.8, 5.6 * tall + 0.9), facecolor="white", layout="constrained")
    axes = figure.subplots()
    shades = colormaps["YlGnBu"].with_extremes(bad="#d9d9d9")
    # Nothing is less than the least shade; unknown points stay grey.
    shown, norm = np.maximum(bound, low), LogNorm(low, max(top, 1.01 * low))
    if found.hexagonal:
        image = axes.add_collection(_cells(found, shown, cmap=shades, norm=norm))
        axes.set(
            xlim=(-found.spacing[0], size[0]), ylim=(-found.spacing[1], size[1]), aspect="equal", facecolor="#d9d9d9"
        )
    else:
        image = axes.imshow(shown.T, origin="lower", extent=(0, size[0], 0, size[1]), cmap=shades, norm=norm,
                            interpolation="nearest")  # fmt: skip
    axes.set(xlabel="x", ylabel="y")
    figure.colorbar(image, ax=axes, fraction=0.045, pad=0.02).set_label("|α| is at least (per length)")
    if path is not None:
        write_figure(figure, path, dpi=160)
    return figure


def _cells(found: OrientationMap, values: np.ndarray, **style: Any) -> Any:
    """One hexagon for each point."""
    from matplotlib.collections import PolyCollection

    h, rows = found.spacing
    corners = np.array([(0, 2 / 3), (1 / 2, 1 / 3), (1 / 2, -1 / 3), (0, -2 / 3), (-1 / 2, -1 / 3), (-1 / 2, 1 / 3)])
    at = found.places.reshape(-1, 1, 2) + corners * (h, rows)
    return PolyCollection(list(at), array=np.ma.masked_invalid(values.ravel()), edgecolors="face", linewidths=0.1,
                          rasterized=True, **style)  # fmt: skip
