"""Fields on regular grids and at points as legacy VTK files, which ParaView, VisIt and PyVista read."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

__all__ = ["image_data", "point_data"]


def image_data(
    title: str,
    shape: Sequence[int],
    spacing: Sequence[float],
    origin: Sequence[float] | None = None,
    *,
    tensors: Mapping[str, np.ndarray] | None = None,
    scalars: Mapping[str, np.ndarray] | None = None,
    vectors: Mapping[str, np.ndarray] | None = None,
) -> str:
    """The text of a file; grids of two dimensions become one layer.

    Parameters
    ----------
    title : str
    shape : sequence of int
        Points along each of two or three axes.
    spacing, origin : sequences of the same length
        The origin is nought when omitted.
    tensors, scalars, vectors : mappings, optional
        Arrays of shapes (3, 3, *shape), shape, and (dimensions, *shape), by name.
    """
    n = len(shape)
    count = int(np.prod(shape))

    def three(values: Sequence[float], fill: int) -> str:
        return " ".join(f"{v:.10g}" for v in (*values, *([fill] * (3 - n))))

    def columns(values: np.ndarray, parts: int) -> np.ndarray:
        """One row a point; VTK runs through x first."""
        return np.asarray(values).reshape(parts, *shape).transpose(*range(n, 0, -1), 0).reshape(count, parts)

    out = io.StringIO()
    out.write(
        f"# vtk DataFile Version 3.0\n{title}\nASCII\nDATASET STRUCTURED_POINTS\nDIMENSIONS {three(shape, 1)}\n"
        f"ORIGIN {three(origin or (0,) * n, 0)}\nSPACING {three(spacing, 1)}\nPOINT_DATA {count}\n"
    )
    for name, values in (tensors or {}).items():
        out.write(f"TENSORS {name} double\n")
        np.savetxt(out, columns(values, 9), fmt="%.7g")
    for name, values in (scalars or {}).items():
        out.write(f"SCALARS {name} double 1\nLOOKUP_TABLE default\n")
        np.savetxt(out, columns(values, 1), fmt="%.7g")
    for name, values in (vectors or {}).items():
        out.write(f"VECTORS {name} double\n")
        flat = np.zeros((count, 3))
        flat[:, :n] = columns(values, n)
        np.savetxt(out, flat, fmt="%.7g")
    return out.getvalue()


def point_data(title: str, points: Float[np.ndarray, "n 3"], tables: Mapping[str, np.ndarray]) -> str:
    """The text of a file of points.

    Parameters
    ----------
    title : str
    points : array of shape (n, 3)
    tables : mapping
        Scalars (n,) or (n, 1), vectors (n, 3) and tensors (n, 9), by name.
    """
    n = len(points)
    out = io.StringIO()
    out.write(f"# vtk DataFile Version 3.0\n{title}\nASCII\nDATASET POLYDATA\nPOINTS {n} double\n")
    np.savetxt(out, points, fmt="%.10g")
    out.write(f"VERTICES {n} {2 * n}\n")
    np.savetxt(out, np.stack([np.ones(n, dtype=np.int64), np.arange(n)], axis=1), fmt="%d")
    out.write(f"POINT_DATA {n}\n")
    for name, values in tables.items():
        rows = np.asarray(values).reshape(n, -1)
        if rows.shape[1] == 1:
            out.write(f"SCALARS {name} double 1\nLOOKUP_TABLE default\n")
        else:
            out.write(f"{'TENSORS' if rows.shape[1] == 9 else 'VECTORS'} {name} double\n")
        np.savetxt(out, rows, fmt="%.7g")
    return out.getvalue()
