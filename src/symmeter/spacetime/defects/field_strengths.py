"""Torsion, nonmetricity and curvature as values that know their irreducible parts, for grids and for exact fields."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from symmeter.errors import InputError
from symmeter.spacetime.defects.irreducible_parts import Frame, NonmetricityParts, TorsionParts, epsilon

__all__ = ["Curvature", "Nonmetricity", "Torsion", "Traces"]


#: Points that are taken apart together.
_BLOCK = 1 << 15


class Traces(NamedTuple):
    """Traces of nonmetricity: raw ones of the first and second kind, and the irreducible pair.

    Attributes
    ----------
    Q, P : array (n, ...)
        ``Q^a_ac`` and ``Q_ab^b``.
    A, B : array (n, ...)
        ``Q_abc = A_c g_ab + B_a g_bc + B_b g_ac + ...``.
    """

    Q: Any
    P: Any
    A: Any
    B: Any


def _shares(parts: Any, components: Any, weights: Any) -> dict[str, float]:
    """Block by block, since all parts of a large grid at once are many times its size."""
    flat, w = components.reshape(*components.shape[:3], -1), weights.reshape(-1)
    totals: dict[str, float] = {}
    for start in range(0, len(w), _BLOCK):
        part = slice(start, start + _BLOCK)
        if w[part].any():
            for k, v in parts(flat[..., part]).norms.items():
                totals[k] = totals.get(k, 0.0) + float((v * w[part]).sum())
    whole = sum(totals.values())
    return {k: v / whole if whole > 0 else 0.0 for k, v in totals.items()}


@dataclass(frozen=True, eq=False)
class Torsion:
    """``T_abc``, antisymmetric in bc.

    Attributes
    ----------
    components : array (n, n, n, ...)
        In the orthonormal coframe for grids; in the crystal coframe, indices down, for exact fields.
    frame : Frame
    volume : array or None
        Square root of the determinant of the frame's metric, by which the axial scalar is divided.
    weights : array or None
        Volumes of the points of a grid.
    """

    components: Any
    frame: Frame
    volume: Any = None
    weights: Any = None

    @cached_property
    def _parts(self) -> TorsionParts:
        return self.frame.torsion_parts(self.components)

    def irreps(self) -> TorsionParts:
        """Vector, axial and tensor part: 3 + 1 + 5 numbers in three dimensions."""
        return self._parts

    @property
    def trace(self) -> Any:
        """``T_b = T^a_ab``: edge content."""
        return self.frame.contract(self.components, 0, 1)

    @property
    def axial(self) -> Any:
        """``A_0``, ``e_a ^ T^a = A_0 vol``: screw content; three dimensions only."""
        if self.frame.n != 3:
            raise InputError(f"the axial scalar of torsion is for three dimensions; here are {self.frame.n}")
        total = None
        for index in np.argwhere(epsilon(3)):
            term = self.components[tuple(index)] * int(epsilon(3)[tuple(index)])
            total = term if total is None else total + term
        half = total * self.frame.ratio(1, 2)
        return half if self.volume is None else half / self.volume

    @property
    def density(self) -> Any:
        """Dislocation density ``alpha_ai = 1/2 eps_ijk T_ajk`` (n = 3), or ``alpha_a = T_a12`` (n = 2); orthonormal."""
        if self.frame.metric is not None:
            raise InputError("the dislocation density is a tensor of an orthonormal coframe; give a coframe")
        if self.frame.n == 2:
            return self.components[:, 0, 1]
        return np.stack([self.components[:, 1, 2], self.components[:, 2, 0], self.components[:, 0, 1]], axis=1)

    def shares(self, mask: Any = None) -> dict[str, float]:
        """How much of the square, integrated over the grid or a part of it, each irreducible part has."""
        return _shares(self.frame.torsion_parts, self.components, _masked(self.weights, mask))


@dataclass(frozen=True, eq=False)
class Nonmetricity:
    """``Q_abc``, symmetric in ab, in the convention that was chosen.

    Attributes
    ----------
    components : array (n, n, n, ...)
        In the orthonormal coframe for grids; in the crystal coframe, indices down, for exact fields.
    frame : Frame
    weights : array or None
    """

    components: Any
    frame: Frame
    weights: Any = None

    @cached_property
    def _parts(self) -> NonmetricityParts:
        return self.frame.nonmetricity_parts(self.components)

    def irreps(self) -> NonmetricityParts:
        """Trace, totally symmetric S and hook H: 6 + 7 + 5 numbers in three dimensions."""
        return self._parts

    def traces(self) -> Traces:
        """``(Q, P, A, B)``: raw traces of the first and second kind, and the irreducible pair."""
        return Traces(*self.frame.nonmetricity_traces(self.components))

    def shares(self, mask: Any = None) -> dict[str, float]:
        """How much of the square, integrated over the grid or a part of it, each irreducible part has."""
        return _shares(self.frame.nonmetricity_parts, self.components, _masked(self.weights, mask))


@dataclass(frozen=True, eq=False)
class Curvature:
    """``R_ab,cd`` of a connection, ``R^a_b = d omega^a_b + omega^a_c ^ omega^c_b``, indices down.

    Attributes
    ----------
    components : array (n, n, n, n, ...)
        Last two indices of the form; orthonormal for grids.
    frame : Frame
    """

    components: Any
    frame: Frame

    def ricci(self) -> Any:
        """``R_bd = R^a_bad``."""
        return self.frame.contract(self.components, 0, 2)

    def scalar(self) -> Any:
        """``R = g^bd R_bd``; positive on spheres."""
        return self.frame.contract(self.ricci(), 0, 1)

    def einstein(self) -> Any:
        """``R_bd - R g_bd / 2``."""
        return self.ricci() - self.frame.times_metric(self.scalar(), "ab,") * self.frame.ratio(1, 2)

    @property
    def largest(self) -> float:
        """Largest component of a field on a grid; for exact fields, how many components do not vanish."""
        if self.components.dtype == object:
            return float(sum(not c.is_zero() for c in self.components.flat))
        return float(np.abs(self.components).max(initial=0.0))


def _masked(weights: Any, mask: Any) -> Any:
    if weights is None:
        raise InputError("shares are of fields on grids; an exact field has the norms of its parts, irreps().norms")
    return weights if mask is None else weights * mask
