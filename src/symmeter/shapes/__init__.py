"""Wing: polyhedra made from first principles, meshes, and the symmetry of shapes.

>>> from symmeter.shapes import poly
>>> poly("snub cube").group
'O'

References
----------
H. S. M. Coxeter, M. S. Longuet-Higgins, J. C. P. Miller, Uniform polyhedra (1954); N. W. Johnson, Convex polyhedra with
regular faces (1966); H. S. M. Coxeter, P. Du Val, H. T. Flather, J. F. Petrie, The fifty-nine icosahedra (1938);
M. J. Wenninger, Polyhedron models (1971); see ``symmeter cite polyhedra-benchmark``.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

_HOMES = {
    "Arrangement": "arrangement",
    "Camera": "camera",
    "DetectedPointGroup": "point_group",
    "Indices": "indices",
    "Look": "look",
    "Mesh": "mesh",
    "Picture": "picture",
    "Polyhedron": "polyhedron",
    "PointMap": "shape_action",
    "ProjectiveDual": "duals",
    "Quadratic": "quadratic_field",
    "Scene": "scene",
    "ShapeAction": "shape_action",
    "SymmetryElement": "point_group",
    "antiprism": "prisms",
    "calibrated_tolerance": "shape_noise",
    "circumradius_polynomial": "algebraic_radius",
    "complete": "missing_points",
    "compound": "compounds",
    "families": "catalogue",
    "examine": "shape_finder",
    "fifty_nine": "stellations",
    "johnson": "johnson_solids",
    "missing": "catalogue",
    "named_view": "views",
    "poly": "catalogue",
    "point_group": "point_group",
    "prism": "prisms",
    "projective_dual": "duals",
    "random_camera": "camera",
    "random_look": "look",
    "read_mesh": "mesh_files",
    "read_shape": "shape_files",
    "render": "rendering",
    "render_mitsuba": "mitsuba_backend",
    "render_views": "rendering",
    "stellate": "stellations",
    "uniform": "uniform_polyhedra",
    "viewpoints": "camera",
    "visible_surface": "surface_cutting",
    "wythoff_polyhedron": "uniform_polyhedra",
}


class _Wing(ModuleType):
    """The import system binds a loaded submodule to its name; a public name such as point_group stays a function."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Wing

__all__ = sorted(_HOMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
