"""Whether densities of defects are conserved by themselves: the classical assignment beside the teleparallel one.

Classically dislocations are torsion and disclinations curvature, and ``DT^a = R^a_b ^ e^b``: where a disclination is
crossed by the coframe of a dislocation, torsion has a source and dislocations alone are not conserved. In teleparallel
geometry ``DT^a = 0`` and ``DQ_ab = 0``, each by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError
from symmeter.spacetime.defects.catalogue import vortex
from symmeter.spacetime.defects.grid_geometry import GridMetricAffine
from symmeter.spacetime.defects.metric_affine import MetricAffine

__all__ = ["Hierarchy", "hierarchy_check", "wedge_crossed_by_screw"]


@dataclass(frozen=True)
class Hierarchy:
    """Continuity of the same coframe under two connections.

    Attributes
    ----------
    classical : float
        Largest component of ``DT`` with curvature for disclinations, in units of the largest torsion over a length.
    identity : float
        Largest component of ``DT - R ^ e`` likewise: the error of the grid.
    teleparallel : float
        Largest component of ``DT`` and ``DQ`` with the flat connection, likewise.
    """

    classical: float
    identity: float
    teleparallel: float


def wedge_crossed_by_screw(
    a: float = 0.9, b: float = 1.0, core: float = 1.5, points: int = 32, spacing: float = 0.4
) -> tuple[Float[np.ndarray, "3 3 k k k"], Float[np.ndarray, "3 3 3 k k k"], tuple[float, float, float]]:
    """A wedge along z and a screw along x that cross: coframe, connection of the wedge alone, origin of the grid.

    Returns
    -------
    coframe : array (3, 3, *grid)
    connection : array (3, 3, 3, *grid)
        ``omega^1_2 = (1 - a) dphi``, smoothed: curvature at the wedge line, torsion at the screw line.
    origin : (float, float, float)
    """
    start = -(points - 1) / 2 * spacing
    x = start + spacing * np.arange(points)
    at = np.array(np.meshgrid(x, x, x, indexing="ij"))
    flat = at.reshape(3, -1)
    e = np.repeat(np.eye(3)[:, :, None], flat.shape[1], axis=2)
    about_z = vortex(flat[:2].T, core=core)
    about_x = vortex(flat[1:].T, core=core)
    e[0, :2] += (1 - a) * flat[1] * about_z
    e[1, :2] -= (1 - a) * flat[0] * about_z
    e[0, 1:] += b / (2 * np.pi) * about_x
    omega = np.zeros((3, 3, 3, flat.shape[1]))
    # Inside the core the plain angle's form is smoothed likewise; its curvature is then Gaussian.
    omega[0, 1, :2], omega[1, 0, :2] = (1 - a) * about_z, -(1 - a) * about_z
    shape = at.shape[1:]
    return e.reshape(3, 3, *shape), omega.reshape(3, 3, 3, *shape), (start, start, start)


def hierarchy_check(
    coframe: Float[np.ndarray, "n n *grid"],
    connection: Float[np.ndarray, "n n n *grid"],
    spacing: float,
    length: float = 1.0,
    **options: object,
) -> Hierarchy:
    """Continuity of torsion with a connection that has curvature, and with the flat one of the same coframe.

    Parameters
    ----------
    coframe : array (n, n, *grid)
    connection : array (n, n, n, *grid)
        Of the classical theory: metric, with curvature where disclinations are.
    spacing : float
    length : float
        Size of a core; results are in units of the largest torsion over it.
    **options
        Of the grid: method, periodic, origin.
    """
    given = {"method": "finite-difference", **options}
    classical = MetricAffine.metric_affine(coframe, connection, spacing=spacing, **given)
    flat = MetricAffine.weitzenboeck(coframe, spacing=spacing, **given)
    assert isinstance(classical, GridMetricAffine)
    assert isinstance(flat, GridMetricAffine)
    size = float(np.abs(classical.torsion.components).max())
    if size == 0:
        raise InputError("the classical torsion is zero everywhere; there is no dislocation to be conserved")
    unit = size / length
    free = flat.continuity_residuals()
    return Hierarchy(
        classical.continuity_residuals()["DT"] / unit,
        classical.bianchi_residuals()["DT"] / unit,
        max(free["DT"], free["DQ"]) / unit,
    )
