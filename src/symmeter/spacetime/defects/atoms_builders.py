"""Crystals made to order: perfect ones, cylinders, and the classical displacements of dislocations and disclinations.

The displacement of a screw is ``u_z = b phi / (2 pi)``; that of an edge is Volterra's solution in an isotropic medium
(Hirth and Lothe). Displacing atoms by ``+b`` around the positive z axis makes ``oint G dx = -b`` (start to finish,
right-handed loop closed among the displaced atoms).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError
from symmeter.spacetime.defects.lattice import Lattice, reference_lattice
from symmeter.subjects.crystals import Crystal

__all__ = ["build_crystal", "dislocated_cylinder", "edge_displacement", "screw_displacement", "wedge_map"]


def _polar(points: np.ndarray, centre: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, y = points[:, 0] - centre[0], points[:, 1] - centre[1]
    square = x * x + y * y
    if (square < 1e-24).any():
        raise InputError(f"an atom stands on the dislocation at {tuple(centre)}; move its line off the atoms")
    return x, y, square


def screw_displacement(
    points: Float[np.ndarray, "n 3"], b: float = 1.0, centre: tuple[float, float] = (0.0, 0.0)
) -> Float[np.ndarray, "n 3"]:
    """Displacements around a screw along z: ``u_z = b phi / (2 pi)``.

    Examples
    --------
    >>> screw_displacement(np.array([[0.0, 1.0, 0.0]])).tolist()
    [[0.0, 0.0, 0.25]]
    """
    x, y, _ = _polar(points, centre)
    out = np.zeros_like(points, dtype=float)
    out[:, 2] = b * np.arctan2(y, x) / (2 * np.pi)
    return out


def edge_displacement(
    points: Float[np.ndarray, "n 3"], b: float = 1.0, nu: float = 0.3, centre: tuple[float, float] = (0.0, 0.0)
) -> Float[np.ndarray, "n 3"]:
    """Displacements around an edge along z with Burgers vector along x, in an isotropic medium.

    Parameters
    ----------
    points : array of shape (n, 3)
    b : float
    nu : float
        Poisson's ratio.
    centre : (float, float)
    """
    x, y, square = _polar(points, centre)
    out = np.zeros_like(points, dtype=float)
    out[:, 0] = np.arctan2(y, x) + x * y / (2 * (1 - nu) * square)
    out[:, 1] = -((1 - 2 * nu) / (4 * (1 - nu)) * np.log(square) + (x * x - y * y) / (4 * (1 - nu) * square))
    return out * (b / (2 * np.pi))


def wedge_map(
    points: Float[np.ndarray, "n 3"], sectors: int = 1, fold: int = 6, centre: tuple[float, float] = (0.0, 0.0)
) -> tuple[Float[np.ndarray, "m 3"], np.ndarray]:
    """A wedge disclination: ``sectors`` of ``fold`` sectors are cut out, or put in, and the rest is closed.

    Parameters
    ----------
    points : array of shape (n, 3)
    sectors : int
        How many are taken out; negative where they are put in (a ring of seven is -1 of 6).
    fold : int
        Order of the axis.
    centre : (float, float)

    Returns
    -------
    points : array of shape (m, 3)
        Where the kept atoms go.
    kept : array of m int
        Which atoms they are; those of sectors that were put in occur twice.
    """
    if sectors == 0 or not -fold <= sectors < fold:
        raise InputError(f"of {fold} sectors 1 to {fold - 1} can be taken out, or put in (negative), not {sectors}")
    x, y = points[:, 0] - centre[0], points[:, 1] - centre[1]
    radius = np.hypot(x, y)
    angle = np.mod(np.arctan2(y, x) + 1e-9, 2 * np.pi) - 1e-9
    open_ = 2 * np.pi * (1 - sectors / fold)
    # An atom on the axis has no angle and stays.
    kept = np.flatnonzero((angle < open_ - 1e-6) | (radius < 1e-9))
    angles = angle[kept]
    if sectors < 0:
        again = np.flatnonzero((angle + 2 * np.pi < open_ - 1e-6) & (radius >= 1e-9))
        kept, angles = np.concatenate([kept, again]), np.concatenate([angles, angle[again] + 2 * np.pi])
    # The same area: radii shrink or grow as angles are spread.
    factor = 1 / (1 - sectors / fold)
    r, phi = radius[kept] / np.sqrt(factor), angles * factor
    return np.stack([centre[0] + r * np.cos(phi), centre[1] + r * np.sin(phi), points[kept, 2]], axis=1), kept


def _edges(axes: Any) -> np.ndarray:
    try:
        edges = np.eye(3) if axes is None else np.asarray(axes, dtype=float)
    except (TypeError, ValueError):
        edges = np.zeros(0)
    if edges.shape != (3, 3) or not np.isfinite(edges).all():
        raise InputError(f"axes={axes!r}: the edges of a block are three vectors of three numbers, one in each row")
    return edges


def build_crystal(
    reference: str | Lattice = "fcc", a: float = 1.0, repeat: tuple[int, int, int] = (4, 4, 4), *,
    axes: Any = None, symbol: str = "X",
) -> Crystal:  # fmt: skip
    """A perfect periodic block.

    Parameters
    ----------
    reference : str or Lattice
    a : float
    repeat : (int, int, int)
        How many blocks along each axis.
    axes : array of shape (3, 3), optional
        The edges of a block as vectors of the conventional cell, rows, integers or halves (hcp and flat lattices: in
        primitive translations): ``[[1, -1, 0], [1, 1, -2], [1, 1, 1]]``. Right-handed and orthogonal ones come to lie
        along x, y, z. The cubic cell, or the primitive one, when omitted.
    symbol : str

    Examples
    --------
    >>> build_crystal("fcc", 3.61, (3, 3, 3)).n
    108
    """
    lattice = reference_lattice(reference, a)
    counts = np.asarray(repeat)
    if counts.shape != (3,) or counts.dtype.kind not in "iu" or (counts < 1).any():
        raise InputError(f"repeat={repeat!r}: how many blocks along each axis, three whole numbers above zero")
    if lattice.planar and counts[2] != 1:
        raise InputError(f"{lattice.name} is flat: it repeats along two axes, repeat=({counts[0]}, {counts[1]}, 1)")
    frame = lattice.cell if not lattice.planar else np.vstack([lattice.cell, [0, 0, lattice.a]])
    cubic = lattice.name in ("sc", "fcc", "bcc", "diamond", "square")
    unit = np.eye(3) * lattice.a if cubic else frame
    edges = _edges(axes) @ unit
    box = edges * np.asarray(repeat)[:, None]
    if np.linalg.det(box) <= 0:
        raise InputError(f"axes {np.asarray(axes).tolist()} are not right-handed; change the sign of one")
    corners = np.stack(np.meshgrid(*[[0, 1]] * 3, indexing="ij"), -1).reshape(-1, 3) @ box
    steps = corners @ np.linalg.inv(frame)
    low, high = np.floor(steps.min(0)).astype(int) - 1, np.ceil(steps.max(0)).astype(int) + 1
    if lattice.planar:
        low[2], high[2] = 0, 0
    cells = np.stack(np.meshgrid(*[np.arange(p, q + 1) for p, q in zip(low, high)], indexing="ij"), -1)
    sites = ((cells.reshape(-1, 3) @ frame)[:, None] + lattice.basis).reshape(-1, 3)
    fractions = sites @ np.linalg.inv(box)
    inside = ((fractions > -1e-9) & (fractions < 1 - 1e-9)).all(1)
    points, walls = sites[inside], box
    expected = abs(np.linalg.det(box)) / (lattice.volume * (lattice.a if lattice.planar else 1.0))
    if abs(len(points) - expected) > 0.5:
        raise InputError(
            f"axes {np.asarray(axes).tolist()} are no translations of {lattice.name}: the block does not repeat"
        )
    lengths = np.linalg.norm(edges, axis=1)
    turn = edges / lengths[:, None]
    if axes is not None and np.abs(turn @ turn.T - np.eye(3)).max() < 1e-9:
        points, walls = points @ turn.T, np.diag(lengths * np.asarray(repeat))
    periodic = np.array([True, True, not lattice.planar])
    return Crystal(points, walls, periodic, (symbol,) * len(points), source=f"{lattice.name} block")


def dislocated_cylinder(
    kind: str = "screw", reference: str | Lattice = "sc", a: float = 1.0, radius: float = 20.0, layers: int = 4, *,
    axes: Any = None, b: float | None = None, nu: float = 0.3, centre: tuple[float, float] | None = None,
) -> Crystal:  # fmt: skip
    """A cylinder along z, free at its side and periodic along its axis, with a dislocation in the middle.

    Parameters
    ----------
    kind : {"screw", "edge", "none"}
    reference : str or Lattice
    a, radius : float
        Lattice parameter, and radius in the same unit.
    layers : int
        Blocks along z.
    axes : array of shape (3, 3), optional
        Edges of a block as for :func:`build_crystal`; orthogonal.
    b : float, optional
        Length of the Burgers vector; ``a`` when omitted.
    nu : float
        Poisson's ratio, for edges.
    centre : (float, float), optional
        Where the line stands relative to an atom; the middle between four atoms of a square when omitted.

    Examples
    --------
    >>> dislocated_cylinder("screw").n
    5056
    """
    if kind not in ("screw", "edge", "none"):
        raise InputError(f"a cylinder holds a 'screw', an 'edge' or 'none', not {kind!r}")
    if not 0 < radius < np.inf or layers < 1:
        raise InputError(f"a cylinder has a positive radius and layers; got {radius!r} and {layers!r}")
    edges = _edges(axes)
    widths = np.linalg.norm(edges, axis=1) * a
    over = [2 * int(np.ceil(radius / w)) + 4 for w in widths[:2]]
    block = build_crystal(reference, a, (over[0], over[1], layers), axes=edges)
    middle = np.array([widths[0] * over[0] / 2, widths[1] * over[1] / 2])
    middle += np.array([0.5, 0.5]) * a if centre is None else np.asarray(centre, dtype=float)
    points = block.positions - np.array([*middle, 0.0])
    points = points[np.hypot(points[:, 0], points[:, 1]) <= radius]
    size = a if b is None else b
    if kind != "none":
        points = points + (screw_displacement(points, size) if kind == "screw" else edge_displacement(points, size, nu))
    cell = np.diag([0.0, 0.0, block.cell[2, 2]])
    return Crystal(points, cell, np.array([False, False, True]), ("X",) * len(points), source=f"cylinder with {kind}")
