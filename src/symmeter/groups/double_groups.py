"""Double groups: the lifts of point groups to SU(2), which act on half-integer spin.

A rotation by angle t about n lifts to ``exp(-i t n.sigma / 2)`` and its negative. Inversion acts on spin as the
identity, so that an improper element lifts like the rotation ``-R`` (Bethe 1929; Altmann, Rotations, Quaternions and
Double Groups, 1986). Element g + n is g times the rotation by 2 pi.
"""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np
from jaxtyping import Complex, Float, Int

from symmeter.groups.finite_group import FiniteGroup
from symmeter.groups.point_groups import PointGroup, point_group

__all__ = ["DoubleGroup", "double_group", "su2_lift"]


def su2_lift(rotation: Float[np.ndarray, "3 3"]) -> Complex[np.ndarray, "2 2"]:
    """One of the two SU(2) matrices over a rotation (for det -1, over minus it), through the unit quaternion.

    Examples
    --------
    >>> su2_lift(np.diag([-1.0, -1.0, 1.0]))
    array([[0.-1.j, 0.+0.j],
           [0.+0.j, 0.+1.j]])
    """
    r = np.asarray(rotation, dtype=float)
    r = r * np.sign(np.linalg.det(r))
    # Largest eigenvector of Bar-Itzhack's matrix: no branch has to be chosen near half turns.
    k = np.array(
        [
            [r[0, 0] - r[1, 1] - r[2, 2], r[1, 0] + r[0, 1], r[2, 0] + r[0, 2], r[2, 1] - r[1, 2]],
            [r[1, 0] + r[0, 1], r[1, 1] - r[0, 0] - r[2, 2], r[2, 1] + r[1, 2], r[0, 2] - r[2, 0]],
            [r[2, 0] + r[0, 2], r[2, 1] + r[1, 2], r[2, 2] - r[0, 0] - r[1, 1], r[1, 0] - r[0, 1]],
            [r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1], r[0, 0] + r[1, 1] + r[2, 2]],
        ]
    )
    x, y, z, w = np.linalg.eigh(k)[1][:, -1]
    first = next(c for c in (w, z, y, x) if abs(c) > 1e-9)
    w, x, y, z = (np.array([w, x, y, z]) * np.sign(first)).round(15) + 0.0
    return np.array([[complex(w, -z), complex(-y, -x)], [complex(y, -x), complex(w, z)]]) + 0.0


class DoubleGroup(FiniteGroup):
    """The double group of a point group, of twice its order.

    Made by :func:`double_group`.

    Attributes
    ----------
    point_group : PointGroup
    spinors : array of shape (2n, 2, 2)
        SU(2) matrix of each element: the representation on spin 1/2.
    """

    def __init__(self, group: PointGroup) -> None:
        n = group.order
        assert group.matrices is not None
        lifts = np.array([su2_lift(m) for m in group.matrices])
        lifts[0] = np.eye(2)
        products = np.einsum("aij,bjk->abik", lifts, lifts)
        overlap = np.real(np.einsum("abik,abik->ab", lifts[group.table].conj(), products)) / 2
        flipped = (overlap < 0).astype(np.int32)
        sheet = np.arange(2)
        sign = (sheet[:, None, None, None] + sheet[None, None, :, None] + flipped[None, :, None, :]) % 2
        table = (group.table[None, :, None, :] + n * sign).reshape(2 * n, 2 * n)
        self.point_group = group
        self.spinors = np.concatenate([lifts, -lifts])
        self.spinors.setflags(write=False)
        self._set(table, _double_name(group), None, [*group.generators, n])

    @property
    def full_turn(self) -> int:
        """The rotation by 2 pi: a central element of order 2, minus one on spinors."""
        return self.point_group.order

    @cached_property
    def covering(self) -> Int[np.ndarray, " m"]:
        """Element of the point group below each element."""
        return np.tile(np.arange(self.point_group.order), 2)

    @property
    def spinor_irreps(self) -> tuple[int, ...]:
        """Numbers of the double-valued irreps: those in which the rotation by 2 pi is minus one."""
        table = self.character_table
        column = self.class_labels[self.full_turn]
        return tuple(np.flatnonzero(np.real(table.values[:, column]) < 0).tolist())


def _double_name(group: PointGroup) -> str:
    return f"2{group.name}"


@lru_cache(maxsize=128)
def double_group(symbol: str) -> DoubleGroup:
    """Double group of the point group with a Schoenflies or Hermann-Mauguin symbol.

    Examples
    --------
    >>> G = double_group("O")
    >>> G.order, G.character_table.degrees[list(G.spinor_irreps)]
    (48, array([2, 2, 4]))
    """
    return DoubleGroup(point_group(symbol))
