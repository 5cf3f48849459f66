"""Random self-adjoint elements of the commutant of a family, by projection, without the matrix of the projector.

The commutant is the null space of ``S X = sum_k [A_k^H, [A_k, X]] + [A_k, [A_k^H, X]]``. Conjugate gradients on
``S Y = S X`` take away what of a random X is not in it, at the price of some products of matrices a step.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Num

from symmeter.errors import UnidentifiableError

__all__ = ["random_commutant_elements"]

_STEPS = 3000


def random_commutant_elements(
    family: Num[np.ndarray, "k m m"], count: int, rng: np.random.Generator
) -> Num[np.ndarray, "count m m"]:
    """Projections of random self-adjoint matrices onto the commutant.

    Raises
    ------
    UnidentifiableError
        If the iteration does not converge: some matrices nearly commute with the family.
    """
    m = family.shape[1]
    adjoint = family.conj().swapaxes(1, 2)
    everything = np.concatenate([family, adjoint])

    def double_commutator(x: np.ndarray) -> np.ndarray:
        inner = everything @ x - x @ everything
        back = np.concatenate([adjoint, family])
        return (back @ inner - inner @ back).sum(0)

    out = []
    for _ in range(count):
        x = rng.standard_normal((m, m)) + (1j * rng.standard_normal((m, m)) if np.iscomplexobj(family) else 0.0)
        out.append(_null_part(double_commutator, 0.5 * (x + x.conj().T)))
    return np.stack(out)


def _null_part(operator, x: np.ndarray) -> np.ndarray:
    part, residual = x.copy(), operator(x)
    direction, rho = residual.copy(), float(np.vdot(residual, residual).real)
    first = rho
    if first == 0.0:
        return part
    for _ in range(_STEPS):
        image = operator(direction)
        step = rho / float(np.vdot(direction, image).real)
        part -= step * direction
        residual -= step * image
        following = float(np.vdot(residual, residual).real)
        if following <= 1e-28 * first:
            return 0.5 * (part + part.conj().T)
        direction = residual + (following / rho) * direction
        rho = following
    if rho > 1e-18 * first:
        raise UnidentifiableError(
            f"the commutant did not separate in {_STEPS} steps: some matrices nearly commute with the family; remove "
            "the noise first, or use joint_diagonalize for a nearly commuting family"
        )
    return 0.5 * (part + part.conj().T)
