"""Dislocation densities from maps of lattice orientation (EBSD): what a two-dimensional scan can tell, and no more.

Without strain the crystal coframe is ``e = R^T``, R the rotation from crystal to sample. A scan of the surface knows
derivatives along x and y alone, so of ``alpha_ai = eps_ijk d_j e_ak`` only the column of lines along z; the others are
NaN, not zero. Neighbouring orientations are compared up to the crystal's own rotations.

With the Burgers index in the sample's axes, ``R_ma alpha_ai = kappa_im - delta_im kappa_jj`` for the lattice curvature
``kappa_im = d_m theta_i``: there two components more are known, and the difference of the first two on the diagonal
(Pantleon, Scripta Mater. 58 (2008), in these signs).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from symmeter.errors import InputError, InputTypeError, NonFiniteError, ShapeError
from symmeter.spacetime.defects.density import checked_spacing
from symmeter.spacetime.defects.lattice import reference_lattice

__all__ = ["OrientationMap", "from_orientations"]


@dataclass(frozen=True, eq=False)
class OrientationMap:
    """What a scan of orientations says of dislocations.

    Attributes
    ----------
    coframe : array of shape (nx, ny, 3, 3)
        ``e[a, k] = R^T``.
    gradient : array of shape (nx, ny, 3, 3, 3)
        ``[a, j, k]``: derivative of ``e[a, k]`` along j; NaN for j = z and across grain boundaries.
    spacing : (float, float)
        Along x and y; of a hexagonal scan along a row, and from row to row.
    hexagonal : bool
        Whether odd rows, ``[:, 1]``, ``[:, 3]`` ..., stand half a step further along x.
    """

    coframe: Float[np.ndarray, "nx ny 3 3"]
    gradient: Float[np.ndarray, "nx ny 3 3 3"]
    spacing: tuple[float, float]
    hexagonal: bool = False

    @property
    def places(self) -> Float[np.ndarray, "nx ny 2"]:
        """Where the points are."""
        i, j = np.indices(self.coframe.shape[:2])
        return np.stack([(i + 0.5 * (j % 2) * self.hexagonal) * self.spacing[0], j * self.spacing[1]], axis=-1)

    @cached_property
    def nye(self) -> Float[np.ndarray, "nx ny 3 3"]:
        """``alpha[a, i]``; lines along x and y need derivatives along z and are NaN."""
        out = np.full(self.coframe.shape, np.nan)
        out[..., 2] = self.gradient[..., 0, 1] - self.gradient[..., 1, 0]
        return out

    @property
    def alpha(self) -> Float[np.ndarray, "nx ny 3 3"]:
        """The same as ``nye``."""
        return self.nye

    @cached_property
    def lower_bound(self) -> Float[np.ndarray, "nx ny"]:
        """Least norm that the whole tensor can have, from the known components alone."""
        return np.sqrt((self.nye[..., 2] ** 2).sum(-1))

    @cached_property
    def curvature(self) -> Float[np.ndarray, "nx ny 3 3"]:
        """Lattice curvature ``kappa[i, j] = d_j theta_i``: six components known, those along z NaN."""
        # d_j R R^T = skew(d_j theta); R = e^T.
        spin = np.einsum("...ajm,...ak->...jmk", self.gradient, self.coframe)
        return np.stack([spin[..., 2, 1], spin[..., 0, 2], spin[..., 1, 0]], axis=-2)

    @cached_property
    def sample_alpha(self) -> Float[np.ndarray, "nx ny 3 3"]:
        """Density with the Burgers vector, first index, in the sample's axes too; five components known, others NaN."""
        kappa = self.curvature
        out = np.swapaxes(kappa, -1, -2).copy()
        for i in range(3):
            others = [j for j in range(3) if j != i]
            out[..., i, i] = -kappa[..., others[0], others[0]] - kappa[..., others[1], others[1]]
        return out

    @cached_property
    def tightest_bound(self) -> Float[np.ndarray, "nx ny"]:
        """Least norm of the whole tensor from all that the curvature tells: not below ``lower_bound``."""
        a, kappa = self.sample_alpha, self.curvature
        known = sum(a[..., m, i] ** 2 for m, i in ((0, 1), (1, 0), (0, 2), (1, 2), (2, 2)))
        return np.sqrt(known + 0.5 * (kappa[..., 0, 0] - kappa[..., 1, 1]) ** 2)

    def dislocation_density(self, burgers: float) -> Float[np.ndarray, "nx ny"]:
        """Least density of dislocations, line length per volume, of lines with Burgers vectors of one length."""
        if isinstance(burgers, bool) or not isinstance(burgers, (int, float, np.number)) or not 0 < burgers < np.inf:
            raise InputError(f"burgers={burgers!r}: the length of a Burgers vector, in the unit of the step")
        return self.tightest_bound / float(burgers)

    def save(self, path: Any) -> Any:
        """Write ``.npz`` (arrays), ``.vtk`` (image data), ``.json`` (the summary), ``.png`` or ``.svg`` (a picture)."""
        from symmeter.spacetime.defects.ebsd_export import save_map

        return save_map(self, path)

    def plot(self, path: Any = None) -> Any:
        """A picture of the bound, on a logarithmic scale."""
        from symmeter.spacetime.defects.ebsd_export import draw_map

        return draw_map(self, path)

    def summary(self) -> dict[str, Any]:
        """Plain values."""
        from symmeter.spacetime.defects.ebsd_export import summary_of_map

        return summary_of_map(self)

    @property
    def boundaries(self) -> Bool[np.ndarray, "nx ny"]:
        """Points next to a grain boundary, or without any neighbour along an axis."""
        return np.isnan(self.lower_bound)

    def __repr__(self) -> str:
        n, m = self.lower_bound.shape
        bound = np.nanmean(self.lower_bound) if not self.boundaries.all() else float("nan")
        return f"OrientationMap({n}x{m}, mean |alpha| >= {bound:.4g})"


def from_orientations(
    orientations: Any, spacing: float | tuple[float, float] | None = None, *, reference: str = "fcc",
    boundary: float = 10.0, degrees: bool = True, missing: Any = None, hexagonal: bool = False,
) -> OrientationMap:  # fmt: skip
    """Dislocation density of a map of orientations.

    Parameters
    ----------
    orientations : array of shape (nx, ny, 3, 3), (nx, ny, 3) or (nx, ny, 4)
        Rotations from crystal to sample; or Bunge's Euler angles (phi1, Phi, phi2) of the passive rotation from sample
        to crystal, as EBSD systems write them; or unit quaternions (w, x, y, z) of the rotation from crystal to sample.
        The first axis of the map is x.
    spacing : float or (float, float)
        Step of the scan along x and y; of a hexagonal one along a row, and from row to row, sqrt(3)/2 of it if omitted.
    reference : str
        The crystal, for its rotations.
    boundary : float
        Misorientation, degrees, above which two points belong to two grains.
    degrees : bool
        Whether Euler angles are in degrees.
    missing : array of shape (nx, ny) of bool, optional
        Points without an orientation (not indexed, another phase): no neighbour is compared with them.
    hexagonal : bool
        Whether odd rows, ``[:, 1]``, ``[:, 3]`` ..., stand half a step further along x, as in hexagonal scans.

    Raises
    ------
    ShapeError, InputError

    Examples
    --------
    >>> angle = np.zeros((8, 8, 3))
    >>> angle[..., 0] = np.arange(8)[:, None] * 0.1      # bent about z along x
    >>> found = from_orientations(angle, 1.0)
    >>> float(np.degrees(found.lower_bound[4, 4]).round(3)), bool(np.isnan(found.alpha[4, 4, 0, 0]))
    (0.1, True)
    """
    rotations = _rotations(orientations, degrees, missing)
    if hexagonal and spacing is not None and np.size(spacing) == 1:
        (row,) = checked_spacing(spacing, (1,))
        spacing = (row, row * np.sqrt(0.75))
    steps = checked_spacing(spacing, rotations.shape[:2])
    if not 0 < boundary < 90:
        raise InputError(f"boundary={boundary!r}: the misorientation of two grains is between 0 and 90 degrees")
    own = reference_lattice(reference, 1.0).rotations
    e = rotations.swapaxes(-1, -2)
    gradient = np.full((*e.shape[:2], 3, 3, 3), np.nan)
    near = _Neighbours(e, own, 1 + 2 * np.cos(np.radians(boundary)))
    along = _difference(near.at(-1, 0), e, near.at(1, 0), steps[0])
    gradient[..., :, 0, :] = along
    rows = [near.row(dj, along * steps[0]) if hexagonal else near.at(0, dj) for dj in (-1, 1)]
    gradient[..., :, 1, :] = _difference(rows[0], e, rows[1], steps[1])
    return OrientationMap(e, gradient, (steps[0], steps[1]), bool(hexagonal))


def _holes(missing: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Which points have no orientation.

    Raises
    ------
    ShapeError, InputError
    """
    if missing is None:
        return np.zeros(shape, dtype=bool)
    holes = np.asarray(missing)
    if holes.shape != shape or holes.dtype != bool:
        raise ShapeError(f"missing has shape {holes.shape} of {holes.dtype}; give {shape} of True and False")
    if holes.all():
        raise InputError("no point of the map has an orientation")
    return holes


def _rotations(orientations: Any, degrees: bool, missing: Any = None) -> np.ndarray:
    """Matrices; NaN where none is known."""
    given, holes = _given(orientations, missing)
    out = _matrices(given, degrees)
    out[holes] = np.nan
    return out


def _given(orientations: Any, missing: Any) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of a right shape, plain ones where points are missing, and which those are."""
    try:
        given = np.array(orientations, dtype=float)
    except (TypeError, ValueError):
        raise InputTypeError(
            "orientations are an array of numbers, (nx, ny, 3, 3), (nx, ny, 3) or (nx, ny, 4)"
        ) from None
    if given.ndim not in (3, 4) or given.shape[2:] not in ((3, 3), (3,), (4,)) or min(given.shape[:2]) < 2:
        raise ShapeError(
            f"orientations have shape {given.shape}; give (nx, ny, 3, 3) matrices, (nx, ny, 3) Euler angles or "
            "(nx, ny, 4) quaternions, with 2 or more points along each axis"
        )
    holes = _holes(missing, given.shape[:2])
    given[holes] = {(3, 3): np.eye(3), (3,): np.zeros(3), (4,): np.eye(4)[0]}[given.shape[2:]]
    if not np.isfinite(given).all():
        raise NonFiniteError(
            f"{int((~np.isfinite(given)).sum())} of the orientations' numbers are NaN or infinite; mark them: missing="
        )
    return given, holes


def _matrices(given: np.ndarray, degrees: bool) -> np.ndarray:
    if given.shape[2:] == (3,):
        one, two, three = np.moveaxis(np.radians(given) if degrees else given, -1, 0)
        return _about(one, 2) @ _about(two, 0) @ _about(three, 2)
    if given.shape[2:] == (4,):
        size = np.linalg.norm(given, axis=-1)
        if np.abs(size - 1).max() > 1e-3:
            raise InputError(
                f"a quaternion has the length {size.ravel()[np.abs(size - 1).argmax()]:.4g}; rotations have 1"
            )
        w, x, y, z = np.moveaxis(given / size[..., None], -1, 0)
        rows = [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
        return np.stack([np.stack(row, -1) for row in rows], -2)
    off = np.abs(given @ given.swapaxes(-1, -2) - np.eye(3)).max()
    if off > 1e-3 or (np.linalg.det(given) < 0).any():
        raise InputError(
            f"some orientations are no rotations (R R^T is off by {off:.3g}, or a determinant is negative)"
        )
    return given


def _about(angle: np.ndarray, axis: int) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    out = np.zeros((*angle.shape, 3, 3))
    i, j = (axis + 1) % 3, (axis + 2) % 3
    out[..., axis, axis] = 1.0
    out[..., i, i], out[..., j, j], out[..., i, j], out[..., j, i] = c, c, -s, s
    return out


def _difference(before: np.ndarray, e: np.ndarray, after: np.ndarray, step: float) -> np.ndarray:
    """Central differences; one-sided where there is no neighbour on the other side."""
    both = (after - before) / (2 * step)
    one = np.where(np.isnan(after), (e - before) / step, (after - e) / step)
    return np.where(np.isnan(both), one, both)


class _Neighbours:
    """Neighbours of every point, turned to the equivalent that is nearest to it; NaN beyond edges and boundaries."""

    def __init__(self, e: np.ndarray, own: np.ndarray, least: float) -> None:
        self.e, self.own, self.least = e, own, least

    def at(self, di: int, dj: int) -> np.ndarray:
        """Those so many places further."""
        other = np.roll(self.e, (-di, -dj), axis=(0, 1))
        for axis, d in enumerate((di, dj)):
            beyond = [slice(None)] * 2
            beyond[axis] = slice(-d, None) if d > 0 else slice(0, -d)
            if d:
                other[tuple(beyond)] = np.nan
        return _towards(self.e, other, self.own, self.least)

    def row(self, dj: int, along: np.ndarray) -> np.ndarray:
        """What the next row of a hexagonal scan has beside each point: the mean of two neighbours half a step away.

        One alone is taken back by half of ``along``, the change in one step.
        """
        straight, left, right = self.at(0, dj), self.at(-1, dj), self.at(1, dj)
        odd = (np.arange(self.e.shape[1]) % 2 == 1)[None, :, None, None]
        left, right = np.where(odd, straight, left), np.where(odd, right, straight)
        one = np.where(np.isnan(left), right - along / 2, left + along / 2)
        both = (left + right) / 2
        return np.where(np.isnan(both), one, both)


def _towards(e: np.ndarray, other: np.ndarray, own: np.ndarray, least: float) -> np.ndarray:
    """The equivalent of ``other`` that is nearest to ``e``; NaN where none is near."""
    trace = np.einsum("pab,...bk,...ak->...p", own, other, e, optimize=True)
    best = trace.argmax(-1)
    out = own[best] @ other
    # Written so that the NaN of a missing point counts as far.
    out[~(np.take_along_axis(trace, best[..., None], -1)[..., 0] >= least)] = np.nan
    return out
