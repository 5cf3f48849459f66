"""How a real or complex representation splits into irreducible ones: dimensions, multiplicities and types.

Found numerically from the group average alone: a random symmetric element of the commutant has one eigenspace per
irreducible summand, and random commutant elements couple two eigenspaces exactly when the summands are isomorphic;
the number of independent couplings is the dimension of the division algebra (1 real, 2 complex, 4 quaternionic).
Serre, Linear Representations of Finite Groups, sections 2 and 13.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

if TYPE_CHECKING:
    from symmeter.representations.actions import Action

__all__ = ["IsotypicComponent", "isotypic_decomposition"]


@dataclass(frozen=True)
class IsotypicComponent:
    """All summands of one isomorphism type.

    Attributes
    ----------
    dimension : int
        Dimension d of the irreducible representation (over the real or the complex numbers, as the data are).
    multiplicity : int
        How many copies m occur.
    division : int
        Dimension of its endomorphism algebra over the reals: 1, 2 or 4 (2 for complex data). For multiplicity one
        it cannot be seen, and does not matter, in the symmetric commutant; it is reported as 1.
    basis : array of shape (M, m * d)
        Orthonormal vectors, copy by copy.
    """

    dimension: int
    multiplicity: int
    division: int
    basis: Float[np.ndarray, "m md"]

    @property
    def commutant_dimension(self) -> int:
        """Real dimension of the Hermitian part of the commutant on this component."""
        m = self.multiplicity
        return m + self.division * m * (m - 1) // 2


def isotypic_decomposition(
    action: Action, complex: bool = False, rng: np.random.Generator | int | None = 0, rtol: float = 1e-8
) -> tuple[IsotypicComponent, ...]:
    """Split the space of an action into isotypic components.

    Parameters
    ----------
    action : Action
    complex : bool
        Decompose C^M instead of R^M.
    rng : numpy Generator or int
        Source of the random commutant elements; the result does not depend on it but for the choice of bases.
    rtol : float
        Relative gap that separates two eigenvalues of a random commutant element.

    Returns
    -------
    tuple of IsotypicComponent
        Largest first; ``sum(c.dimension * c.multiplicity) == M``.

    Examples
    --------
    >>> from symmeter.representations import Monomial, MonomialAction
    >>> ring = MonomialAction([Monomial(np.roll(np.arange(4), -1))])
    >>> [(c.dimension, c.multiplicity) for c in isotypic_decomposition(ring)]
    [(2, 1), (1, 1), (1, 1)]
    """
    generator = np.random.default_rng(rng)
    m = action.dimension

    def random_matrix() -> np.ndarray:
        a = generator.standard_normal((m, m))
        return a + 1j * generator.standard_normal((m, m)) if complex else a

    a = random_matrix()
    values, vectors = np.linalg.eigh(action.average(a + a.conj().T))
    cuts = np.flatnonzero(np.diff(values) > rtol * max(float(np.abs(values).max()), 1e-300)) + 1
    blocks = np.split(np.arange(m), cuts)
    # Four independent couplings suffice to see a quaternionic algebra; two more guard against an unlucky draw.
    probes = [vectors.conj().T @ action.average(random_matrix()) @ vectors for _ in range(2 if complex else 6)]
    first = np.array([b[0] for b in blocks])
    # One probe may couple two blocks weakly by chance; all of them together do not.
    strength = np.sum([np.abs(p) ** 2 for p in probes], axis=0)
    coupling = np.add.reduceat(np.add.reduceat(strength, first, axis=0), first, axis=1)
    linked = (coupling > 1e-12 * max(float(coupling.max()), 1e-300)) | np.eye(len(blocks), dtype=bool)
    components, free = [], np.ones(len(blocks), dtype=bool)
    for i in range(len(blocks)):
        if not free[i]:
            continue
        members = np.flatnonzero((linked[i] | linked[:, i]) & free)
        free[members] = False
        division = 2 if complex else 1
        if not complex and len(members) > 1:
            x, y = blocks[members[0]], blocks[members[1]]
            couplings = np.stack([p[np.ix_(x, y)].reshape(-1) for p in probes])
            singular = np.linalg.svd(couplings, compute_uv=False)
            division = int((singular > 1e-6 * singular[0]).sum())
        basis = vectors[:, np.concatenate([blocks[k] for k in members])]
        components.append(IsotypicComponent(len(blocks[i]), len(members), division, basis))
    return tuple(sorted(components, key=lambda c: (-c.dimension, -c.multiplicity)))
