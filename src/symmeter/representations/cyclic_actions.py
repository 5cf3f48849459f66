"""The powers of one map acting on data, whether or not some power of it is the identity.

The mean of ``P^k x`` over all k is the part of x with eigenvalue 1, and the mean of ``P^k A P^-k`` is the part of A
that is block diagonal over the eigenspaces of P (von Neumann's mean ergodic theorem). Nothing of this needs a finite
order, so that any orthogonal or unitary map can be judged.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from jaxtyping import Num

from symmeter.errors import ShapeError
from symmeter.groups.powers import PowerGroup
from symmeter.representations.actions import Action, FiniteMatrixAction, MonomialAction, Space
from symmeter.representations.transformations import Monomial, Transformation

__all__ = ["PowersAction", "cyclic_action"]

#: Largest order for which the elements of a dense map's group are listed.
_LARGEST_LIST = 2000
#: Eigenvalues of P at most this far apart are the same: well above their rounding, well below angles one would give.
_SAME = 1e-8


class PowersAction(Action):
    """The cyclic group of one orthogonal or unitary map, of any order, finite or not.

    Parameters
    ----------
    transformation : Transformation
    space : Space, optional

    Examples
    --------
    >>> from symmeter.representations import Dense
    >>> turn = Dense([[0.6, -0.8, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 1.0]])
    >>> action = PowersAction(turn)
    >>> action.group.name, np.diag(action.average(np.diag([1.0, 3.0, 5.0]))).round(12).tolist()
    ('Z', [2.0, 2.0, 5.0])
    """

    def __init__(self, transformation: Transformation, space: Space | None = None) -> None:
        self.space = space or Space(transformation.dimension)
        if transformation.dimension != self.space.dimension:
            raise ShapeError(
                f"{transformation.name} moves {transformation.dimension} coordinates, the space has "
                f"{self.space.dimension}"
            )
        self.generators = (transformation,)
        self.group = PowerGroup(transformation.matrix(), transformation.order())

    @cached_property
    def _eigenspaces(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Orthonormal eigenvectors, the eigenspace each belongs to, and the eigenvalue of each eigenspace."""
        angles, vectors = self.group._spectrum  # type: ignore[attr-defined]
        values = np.exp(1j * angles)
        order = np.argsort(angles, kind="stable")
        steps = np.abs(np.diff(values[order])) > _SAME
        labels = np.concatenate([[0], np.cumsum(steps)])
        if labels[-1] > 0 and abs(values[order[0]] - values[order[-1]]) <= _SAME:
            labels[labels == labels[-1]] = 0  # angles just below pi and just above -pi
        means = np.array([values[order[labels == k]].mean() for k in range(labels.max() + 1)])
        return vectors[:, order], labels, means

    def _keeps_real(self, x: np.ndarray) -> bool:
        return self.generators[0].is_real and not np.iscomplexobj(x)

    def project(self, x: Num[np.ndarray, "*batch m"]) -> Num[np.ndarray, "*batch m"]:
        x = np.asarray(x)
        if x.shape[-1] != self.dimension:
            raise ShapeError(f"the action moves {self.dimension} coordinates; got shape {x.shape}")
        vectors, labels, values = self._eigenspaces
        fixed = vectors[:, (np.abs(values - 1.0) <= _SAME)[labels]]
        out = (x @ fixed.conj()) @ fixed.T
        return np.real(out) if self._keeps_real(x) else out

    def average(self, operator: Num[np.ndarray, "m m"]) -> Num[np.ndarray, "m m"]:
        a = np.asarray(operator)
        vectors, labels, _ = self._eigenspaces
        inside = labels[:, None] == labels[None, :]
        out = vectors @ ((vectors.conj().T @ a @ vectors) * inside) @ vectors.conj().T
        return np.real(out) if self._keeps_real(a) else out


def cyclic_action(transformation: Transformation, space: Space | None = None) -> Action:
    """The action of the powers of one map, in its cheapest form.

    Returns
    -------
    Action
        ``MonomialAction`` for (signed, phased) permutations, ``FiniteMatrixAction`` for dense maps of an order whose
        elements can be listed, ``PowersAction`` otherwise.
    """
    t = transformation
    if isinstance(t, Monomial) and t.phase_order is not None:
        return MonomialAction([t], space)
    # Listing N matrices of M^2 entries pays for small groups only.
    order = t.order(_LARGEST_LIST)
    if order is not None and order * t.dimension**2 <= 1 << 24:
        return FiniteMatrixAction([t], space)
    return PowersAction(t, space)
