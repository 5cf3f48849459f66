"""Stress on a grid as files: arrays, VTK image data, pictures."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.errors import InputError, MissingDependencyError, UnknownNameError

if TYPE_CHECKING:
    from symmeter.spacetime.defects.stress import DefectStress

__all__ = ["draw_stress", "field_of", "save_stress"]

_NAMES = ("xx", "yy", "zz", "yz", "xz", "xy")


def save_stress(found: DefectStress, path: Any) -> Path:
    """Write ``.npz``, ``.vtk``, ``.png`` or ``.svg``.

    Raises
    ------
    InputError
        For other extensions.
    """
    from symmeter.files import write_atomic

    suffix = Path(path).suffix.lower()
    if suffix == ".npz":
        buffer = io.BytesIO()
        np.savez_compressed(buffer, stress=found.stress, distortion=found.distortion, spacing=np.array(found.spacing),
                            stiffness=found.stiffness, zero_mode=np.array(found.zero_mode))  # fmt: skip
        return write_atomic(path, buffer.getvalue())
    if suffix == ".vtk":
        return write_atomic(path, _vtk(found))
    if suffix in (".png", ".svg"):
        draw_stress(found, path)
        return Path(path)
    raise InputError(f"{path}: stress is saved as .npz, .vtk, .png or .svg; change the extension")


def _vtk(found: DefectStress) -> str:
    grid = (*found.grid, 1)[:3]
    step = (*found.spacing, 1.0)[:3]
    n = int(np.prod(grid))
    out = io.StringIO()
    out.write(
        "# vtk DataFile Version 3.0\nstress of dislocations\nASCII\nDATASET STRUCTURED_POINTS\n"
        f"DIMENSIONS {grid[0]} {grid[1]} {grid[2]}\nORIGIN 0 0 0\n"
        f"SPACING {step[0]:.10g} {step[1]:.10g} {step[2]:.10g}\n"
        f"POINT_DATA {n}\nTENSORS stress double\n"
    )
    # VTK runs through x first.
    np.savetxt(out, found.stress.reshape(9, *grid).transpose(3, 2, 1, 0).reshape(n, 9), fmt="%.7g")
    out.write("SCALARS von_mises double 1\nLOOKUP_TABLE default\n")
    np.savetxt(out, found.von_mises.reshape(grid).transpose(2, 1, 0).reshape(n, 1), fmt="%.7g")
    return out.getvalue()


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
    if path is not None and Path(path).suffix.lower() not in (".png", ".svg"):
        raise InputError(f"{path}: a picture is saved as .png or .svg; change the extension")
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
        from symmeter.spacetime.defects.pictures import save_figure

        save_figure(figure, path)
    return figure
