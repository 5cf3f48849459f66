"""Fields of a geometry on a grid as files and pictures: densities, traces and their sources, by name.

Divergences are those of the metric, ``d_i (sqrt g Q^i) / sqrt g``; vectors have coordinate components. What a name
means stands in ``FIELDS``.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.errors import MissingDependencyError, UnknownNameError, nearest_name
from symmeter.spacetime.defects.vtk import image_data

if TYPE_CHECKING:
    from symmeter.spacetime.defects.grid_geometry import GridMetricAffine

__all__ = ["FIELDS", "VECTORS", "draw_field", "field_named", "save_geometry", "vector_named"]

#: Scalars that can be drawn and saved.
FIELDS = MappingProxyType({
    "alpha": "norm of the dislocation density |α|",
    "axial": "axial torsion A₀",
    "T": "norm of the trace of torsion",
    "div Q": "source of point defects, div Q",
    "div P": "source of disclinations, div P",
    "volume": "√g − 1",
    "curvature": "Riemannian curvature scalar",
})  # fmt: skip
#: One-forms that can be drawn as arrows and saved.
VECTORS = ("T", "Q", "P")


def _known(name: str, table: Any, what: str) -> None:
    if name not in table:
        near = nearest_name(name, table)
        right = f"did you mean {near!r}?" if near else f"there are {', '.join(table)}"
        raise UnknownNameError(f"no {what} of a geometry is called {name!r}; {right}")


def vector_named(geometry: GridMetricAffine, name: str) -> np.ndarray:
    """Coordinate components (n, *grid) of the vector of a trace: T of torsion, Q or P of nonmetricity.

    Raises
    ------
    UnknownNameError
    """
    _known(name, VECTORS, "vector")
    form = geometry.torsion.trace if name == "T" else getattr(geometry.nonmetricity.traces(), name)
    flow = np.einsum("iap,ap->ip", geometry._X, form.reshape(geometry.n, -1))
    return flow.reshape(geometry.n, *geometry.grid.shape)


def field_named(geometry: GridMetricAffine, name: str) -> np.ndarray:
    """Values on the grid of a scalar by its name in ``FIELDS``.

    Raises
    ------
    UnknownNameError, InputError
        For the axial scalar in two dimensions.
    """
    _known(name, FIELDS, "field")
    if name == "alpha":
        density = geometry.torsion.density
        return np.sqrt((density**2).sum(axis=tuple(range(density.ndim - geometry.n))))
    if name == "axial":
        return geometry.torsion.axial
    if name == "T":
        return np.sqrt((geometry.torsion.trace**2).sum(axis=0))
    if name == "volume":
        return geometry.volume - 1
    if name == "curvature":
        return geometry.scalar_curvature()
    flow = vector_named(geometry, name[-1]) * geometry.volume
    total = sum(geometry.grid.derivative(flow[i], i) for i in range(geometry.n))
    return np.asarray(total) / geometry.volume


def save_geometry(geometry: GridMetricAffine, path: Any) -> Path:
    """Write all fields as ``.npz`` or ``.vtk``, or a picture of the density.

    Raises
    ------
    InputError
        For other extensions.
    """
    from symmeter.files import PICTURES, write_arrays, write_as, write_atomic

    return write_as(path, "geometries are", {
        ".npz": lambda: write_arrays(path, _arrays(geometry)),
        ".vtk": lambda: write_atomic(path, _vtk(geometry)),
        **dict.fromkeys(PICTURES, lambda: draw_field(geometry, path)),
    })  # fmt: skip


def _fields(geometry: GridMetricAffine) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """All scalars and vectors, by names that files can have."""
    names = [name for name in FIELDS if name != "axial" or geometry.n == 3]
    return (
        {name.replace(" ", "_"): field_named(geometry, name) for name in names},
        {f"{name}_vector": vector_named(geometry, name) for name in VECTORS},
    )


def _arrays(geometry: GridMetricAffine) -> dict[str, Any]:
    scalars, vectors = _fields(geometry)
    return {
        "torsion": geometry.torsion.components, "nonmetricity": geometry.nonmetricity.components,
        "coframe": geometry.coframe, "spacing": geometry.grid.spacing, "origin": geometry.grid.origin,
        "gauge": geometry.gauge, "convention": geometry.convention.nonmetricity, **scalars, **vectors,
    }  # fmt: skip


def _vtk(geometry: GridMetricAffine) -> str:
    grid = geometry.grid
    scalars, vectors = _fields(geometry)
    return image_data(
        f"{geometry.gauge} geometry", grid.shape, grid.spacing, grid.origin, scalars=scalars, vectors=vectors
    )


def draw_field(geometry: GridMetricAffine, path: Any = None, field: str = "alpha", arrows: str | None = None) -> Any:
    """A map of a scalar, in three dimensions its middle layer along z, with arrows of a vector where wanted.

    Raises
    ------
    UnknownNameError, InputError, MissingDependencyError
    """
    from symmeter.files import check_picture, write_figure

    check_picture(path)
    values = field_named(geometry, field)
    vector = None if arrows is None else vector_named(geometry, arrows)
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependencyError("matplotlib", "plot", "the picture") from error
    if geometry.n == 3:
        middle = values.shape[2] // 2
        values, vector = values[:, :, middle], None if vector is None else vector[:2, :, :, middle]
    grid = geometry.grid
    x, y = grid.axis(0), grid.axis(1)
    h = grid.spacing
    top = float(np.quantile(np.abs(values), 0.999)) or 1.0
    signed = bool(values.min() < -1e-6 * top)
    tall = float(np.clip(len(y) * h[1] / (len(x) * h[0]), 0.35, 1.8))
    figure = Figure(figsize=(6.8, 5.4 * tall + 0.6), facecolor="white", layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(
        values.T, origin="lower", extent=(x[0] - h[0] / 2, x[-1] + h[0] / 2, y[0] - h[1] / 2, y[-1] + h[1] / 2),
        cmap="RdBu_r" if signed else "YlGnBu", vmin=-top if signed else 0.0, vmax=top, interpolation="nearest",
    )  # fmt: skip
    if vector is not None:
        i, j = (np.arange((k - 1) % step // 2, k, step) for k in values.shape for step in [-(-k // 28)])
        u, v = vector[0][np.ix_(i, j)].T, vector[1][np.ix_(i, j)].T
        length = np.hypot(u, v)
        longest = float(length.max())
        if longest > 0:
            # The longest arrow spans the way to the next one; of the shortest only dots would be left.
            size = longest / (h[0] * (i[1] - i[0] if len(i) > 1 else 1))
            u = np.where(length > 0.02 * longest, u, np.nan)
            axes.quiver(x[i], y[j], u, v, color="#303030", angles="xy", scale_units="xy", scale=size, width=0.003)
    axes.set(xlabel="x", ylabel="y")
    what = FIELDS[field] + (f"; arrows: {arrows}" if vector is not None else "")
    figure.colorbar(image, ax=axes, fraction=0.045, pad=0.02).set_label(what)
    if path is not None:
        write_figure(figure, path, dpi=160)
    return figure
