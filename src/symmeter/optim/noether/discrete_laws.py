"""What charges do under gradient descent with momentum, exactly, for any step size: recursions with no fitted number.

The rule is PyTorch's: ``v <- beta v + (1 - alpha) (g + lambda theta)``, ``theta <- theta - eta u`` with u = v, or
``d + beta v`` for Nesterov, ``d = g + lambda theta``. For a symmetric form S with ``g^T S theta = 0`` the charge
``A = theta^T S theta`` and ``B = theta^T S v`` move by themselves, given the kinetic terms ``u^T S u`` and ``u^T S v``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError

__all__ = ["StepRule", "quadratic_step", "translation_after", "translation_step"]


@dataclass(frozen=True)
class StepRule:
    """Numbers of one step.

    Attributes
    ----------
    lr, momentum, dampening, weight_decay : float
    nesterov : bool
    decoupled : bool
        Weights are multiplied by ``1 - lr weight_decay`` in place of a term in the gradient.
    """

    lr: float
    momentum: float = 0.0
    dampening: float = 0.0
    weight_decay: float = 0.0
    nesterov: bool = False
    decoupled: bool = False

    def __post_init__(self) -> None:
        if not self.lr >= 0:
            raise InputError(f"lr is {self.lr}; it must be >= 0")
        if not 0 <= self.momentum < 1:
            raise InputError(f"momentum is {self.momentum}; it must be in [0, 1)")
        if not 0 <= self.dampening < 1:
            raise InputError(f"dampening is {self.dampening}; it must be in [0, 1)")
        if not self.weight_decay >= 0:
            raise InputError(f"weight_decay is {self.weight_decay}; it must be >= 0")


def quadratic_step(
    charge: Any, memory: Any, kinetic: Any, crossed: Any, rule: StepRule, first: bool
) -> tuple[Any, Any]:
    """One step of A and B.

    Parameters
    ----------
    charge, memory : arrays or tensors
        ``A = theta^T S theta`` and ``B = theta^T S v`` before the step.
    kinetic, crossed : arrays or tensors
        ``u^T S u`` and ``u^T S v`` with the new v and u.
    rule : StepRule
    first : bool
        PyTorch's first step has no dampening.

    Returns
    -------
    A, B after the step
    """
    alpha = 0.0 if first else rule.dampening
    decay = rule.weight_decay
    x = rule.momentum * memory + (1 - alpha) * decay * charge
    along = decay * charge + rule.momentum * x if rule.nesterov else x
    new = charge - 2 * rule.lr * along + rule.lr * (rule.lr * kinetic)
    return new, x - rule.lr * crossed


def translation_step(charge: Any, memory: Any, rule: StepRule, first: bool) -> tuple[Any, Any]:
    """One step of ``s = <theta, 1>`` and ``p = <v, 1>``: no kinetic term at all."""
    alpha = 0.0 if first else rule.dampening
    p = rule.momentum * memory + (1 - alpha) * rule.weight_decay * charge
    u = rule.weight_decay * charge + rule.momentum * p if rule.nesterov else p
    return charge - rule.lr * u, p


def translation_after(
    charge: float, rule: StepRule, steps: int | Float[np.ndarray, " n"]
) -> Float[np.ndarray, " n"] | float:
    """The charge of a translation after so many steps from rest, from the eigenvalues of its two-by-two recursion.

    Examples
    --------
    >>> round(translation_after(1.0, StepRule(0.1, 0.9, weight_decay=0.005), 100), 12)
    0.62195166342
    """
    s1, p1 = translation_step(1.0, 0.0, rule, first=True)
    columns = [translation_step(1.0, 0.0, rule, first=False), translation_step(0.0, 1.0, rule, first=False)]
    m = np.array(columns).T
    n = np.atleast_1d(np.asarray(steps))
    values, vectors = np.linalg.eig(m.astype(complex))
    if abs(values[0] - values[1]) < 1e-9 * max(1.0, abs(values).max()):
        # Two equal eigenvalues: the second solution grows by a factor of the number of steps.
        q = values.mean()
        rest = m - q * np.eye(2)
        state = [(q ** (k - 1)) * (np.eye(2) + max(k - 1, 0) * rest / q) @ np.array([s1, p1]) for k in n]
        out = np.array([s[0] for s in state])
    else:
        start = np.linalg.solve(vectors, np.array([s1, p1], dtype=complex))
        out = (vectors[0] * start) @ (values[:, None] ** (n - 1.0)[None])
    out = np.where(n == 0, 1.0, np.real(out)) * charge
    return float(out[0]) if np.ndim(steps) == 0 else out
