"""Stress on a grid as files: arrays, VTK image data, pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.errors import MissingDependencyError, UnknownNameError
from symmeter.spacetime.defects.vtk import image_data

if TYPE_CHECKING:
    from symmeter.spacetime.defects.stress import DefectStress

__all__ = ["draw_stress", "field_of", "save_stress"]

_NAMES = ("xx", "yy", "zz", "yz", "xz", "xy")


def save_stress(found: DefectStress, path: Any) -> Path:
    """Write ``.npz``, ``.vtk`` or a picture.

    Raises
    ------
    InputError
        For other extensions.
    """
    from symmeter.files import PICTURES, write_arrays, write_as, write_atomic

    names = ("stress", "distortion", "spacing", "stiffness", "zero_mode")
    return write_as(path, "stress is", {
        ".npz": lambda: write_arrays(path, {name: getattr(found, name) for name in names}),
        ".vtk": lambda: write_atomic(path, _vtk(found)),
        **dict.fromkeys(PICTURES, lambda: draw_stress(found, path)),
    })  # fmt: skip


def _vtk(found: DefectStress) -> str:
    return image_data(
        "stress of dislocations", found.grid, found.spacing,
        tensors={"stress": found.stress}, scalars={"von_mises": found.von_mises},
    )  # fmt: skip


def field_of(found: DefectStress, component: str) -> np.ndarray:
    """A component by name, in 3-d the middle layer."""
    if component in ("von_mises", "energy_density"):
        values = getattr(found, component)
    elif component in _NAMES or component[::-1] in _NAMES:
        values = found[component]
    else:
        raise UnknownNameError(f"no component of stress is called {component!r}; there are von_mises, energy_density, "
                               f"{', '.join(_NAMES)}")  # fmt: skip
    return values if values.ndim == 2 else values[:, :, values.shape[2] // 2]


def draw_stress(found: DefectStress, path: Any = None, component: str = "von_mises") -> Any:
    """A picture of one component.

    Raises
    ------
    MissingDependencyError
        Without matplotlib.
    """
    from symmeter.files import check_picture, write_figure

    check_picture(path)
    values = field_of(found, component)
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependencyError("matplotlib", "plot", "the picture") from error
    figure = Figure(figsize=(6.6, 5.6), facecolor="white", layout="constrained")
    axes = figure.subplots()
    signed = bool((values < 0).any())
    top = float(np.quantile(np.abs(values), 0.998)) or 1.0
    size = [n * h for n, h in zip(values.shape, found.spacing)]
    image = axes.imshow(
        values.T, origin="lower", extent=(0, size[0], 0, size[1]), cmap="RdBu_r" if signed else "YlGnBu",
        vmin=-top if signed else 0.0, vmax=top, interpolation="nearest",
    )  # fmt: skip
    axes.set(xlabel="x", ylabel="y")
    label = {"von_mises": "stress of von Mises", "energy_density": "energy density"}.get(
        component, f"stress {component}"
    )
    figure.colorbar(image, ax=axes, fraction=0.045, pad=0.02).set_label(label)
    if path is not None:
        write_figure(figure, path, dpi=160)
    return figure
