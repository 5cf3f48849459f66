"""The sequential eigenproblem: accept one generator, close what was accepted, deflate by the closure, repeat.

Deflating by the accepted generator alone would only read off the next eigenvectors. Deflating by everything generated,
the real span closed under commutators (mode ``"lie"``) or the group algebra of accepted group elements (mode
``"group"``), is what makes the search aware of non-Abelian structure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Num

from symmeter.discover.eigenvalue_null import eigenvalue_p_values
from symmeter.discover.generators import Generator
from symmeter.discover.rounding import accepted_elements, commuting_sources, nearest_group_element
from symmeter.errors import InputError
from symmeter.groups import LieAlgebra
from symmeter.linalg import generalized_eigh

if TYPE_CHECKING:
    from symmeter.discover.double_commutator import DoubleCommutator
    from symmeter.representations import Transformation

__all__ = ["SequentialResult", "sequential_generators"]

#: A closure element counts as part of the dictionary's span when this share of its norm lies inside.
_INSIDE = 0.5
_LARGEST_CLOSURE = 500


@dataclass(frozen=True, eq=False)
class SequentialResult:
    """What the sequential search accepted.

    Attributes
    ----------
    accepted : tuple of arrays of shape (M, M)
        Generators in the order of acceptance, of norm one.
    generated : tuple of arrays of shape (M, M)
        Orthonormal basis of everything that they generate.
    eigenvalues, p_values : arrays
        Of each step, the rejected last one included.
    algebra : LieAlgebra or None
        In mode ``"lie"``.
    """

    accepted: tuple[Num[np.ndarray, "m m"], ...]
    generated: tuple[Num[np.ndarray, "m m"], ...]
    eigenvalues: Float[np.ndarray, " steps"]
    p_values: Float[np.ndarray, " steps"]
    algebra: LieAlgebra | None


def sequential_generators(fit: DoubleCommutator, mode: str = "lie", alpha: float = 0.01) -> SequentialResult:
    """Run the sequential search on a fitted :class:`DoubleCommutator`.

    Parameters
    ----------
    fit : DoubleCommutator
    mode : {"lie", "group"}
        What "generated" means: the Lie algebra, or the algebra of products.
    alpha : float
        Level at which an eigenvalue ends the search. For an exact covariance: eigenvalues of rounding size.

    Raises
    ------
    InputError
        For another mode.
    """
    if mode not in ("lie", "group"):
        raise InputError(f'mode must be "lie" or "group"; got {mode!r}')
    problem = fit._problem
    exact = problem.noise is None
    metric = problem.gram if exact or fit.metric == "frobenius" else problem.noise
    assert metric is not None
    rng = np.random.default_rng(fit.rng)
    basis = fit._reduced_basis()
    accepted: list[np.ndarray] = []
    generated: list[np.ndarray] = []
    rounded: list[np.ndarray] = []
    values, p_values = [], []
    while basis.shape[1]:
        step = generalized_eigh(basis.T @ problem.commutator @ basis, basis.T @ metric @ basis)
        if step.rank == 0:
            break
        c = basis @ step.vectors[:, 0]
        a = problem.combine(c)
        values.append(float(step.eigenvalues[0]))
        if exact:
            p_values.append(float("nan"))
            if step.eigenvalues[0] > 1e-14 * problem.spread**2:
                break
        else:
            assert problem.noise is not None
            noise = float(c @ problem.noise @ c)
            rayleigh = float(c @ problem.commutator @ c) / max(noise, 1e-300)
            p = eigenvalue_p_values(
                np.array([rayleigh]), c[:, None], a[None], problem.noise, problem.moments, fit.draws, rng
            )
            p_values.append(float(p[0]))
            if p[0] < alpha:
                break
        accepted.append(a / np.linalg.norm(a))
        if mode == "group":
            rounded += [e.matrix() for e in _rounded(fit, c, a, alpha)]
            generated = _group_closure(rounded, accepted, exact)
        else:
            generated = _closure(accepted, mode)
        basis = _deflated(fit, basis, c, generated, mode)
    algebra = LieAlgebra(generated) if mode == "lie" and generated and _all_skew(generated) else None
    return SequentialResult(tuple(accepted), tuple(generated), np.array(values), np.array(p_values), algebra)


def _all_skew(matrices: list[np.ndarray]) -> bool:
    return all(np.abs(a + a.conj().T).max() < 1e-8 for a in matrices)


def _rounded(fit: DoubleCommutator, c: np.ndarray, a: np.ndarray, alpha: float) -> list[Transformation]:
    """The group elements that an accepted direction stands for, each of which the data accept by itself."""
    elements = commuting_sources(fit._problem.generators, c, fit.moments_, alpha)
    if not elements and (nearest := nearest_group_element(a)) is not None:
        elements = accepted_elements([nearest], fit.moments_, alpha)
    return elements


def _group_closure(rounded: list[np.ndarray], accepted: list[np.ndarray], exact: bool) -> list[np.ndarray]:
    """The algebra of the rounded elements, and what of the accepted directions does not round."""
    basis = _closure(rounded, "group")
    left = [a for a in accepted if np.linalg.norm(_outside(a, basis)) > 1e-6]
    if not left:
        return basis
    if exact:
        return _closure([*rounded, *left], "group")
    # A noisy combination would generate the full matrix algebra: it stays as a direction only.
    for a in left:
        rest = _outside(a, basis)
        if np.linalg.norm(rest) > 1e-6:
            basis.append(rest / np.linalg.norm(rest))
    return basis


def _outside(a: np.ndarray, basis: list[np.ndarray]) -> np.ndarray:
    """The part of a matrix that is orthogonal to an orthonormal basis."""
    for _ in range(2):
        for b in basis:
            a = a - np.vdot(b, a).real * b
    return a


def _closure(seeds: list[np.ndarray], mode: str) -> list[np.ndarray]:
    """Orthonormal basis of the Lie algebra, or of the algebra of products, that some matrices generate."""
    basis: list[np.ndarray] = []
    queue = list(seeds)
    while queue and len(basis) < _LARGEST_CLOSURE:
        a = queue.pop(0)
        size = np.linalg.norm(a)
        a = _outside(a, basis)
        if size < 1e-12 or np.linalg.norm(a) < 1e-6 * size:
            continue
        a = a / np.linalg.norm(a)
        basis.append(a)
        for b in seeds if mode == "group" else basis[:-1]:
            queue.append(a @ b if mode == "group" else a @ b - b @ a)
    return basis


def _deflated(
    fit: DoubleCommutator, basis: np.ndarray, accepted: np.ndarray, generated: list[np.ndarray], mode: str
) -> np.ndarray:
    """The part of the span that is Gram-orthogonal to the accepted direction and to all that was generated."""
    problem = fit._problem
    rows = [accepted @ problem.gram @ basis]
    if mode == "lie":
        # One by one: what noise adds at the end of the closure fills the whole space in the end.
        projected = [problem.coefficients_of(a) for a in generated]
        rows += [c @ problem.gram @ basis for c, outside in projected if outside < _INSIDE]
    elif generated:
        flat = np.stack([w.ravel() for w in generated])
        inner = np.stack([_inner(g, flat, problem.dimension) for g in problem.generators])
        # Squared share of each direction that lies in the algebra.
        share = generalized_eigh(basis.T @ (inner @ inner.T) @ basis, basis.T @ problem.gram @ basis)
        basis = basis @ share.vectors[:, share.eigenvalues < 1.0 - _INSIDE**2]
        rows = [accepted @ problem.gram @ basis]
    norms = np.linalg.norm(rows, axis=1)
    kept = np.stack(rows)[norms > 1e-10] / norms[norms > 1e-10, None]
    if not len(kept):
        return basis
    _, s, vh = np.linalg.svd(kept)
    return basis @ vh[int((s > 1e-8).sum()) :].T


def _inner(g: Generator, flat: np.ndarray, m: int) -> np.ndarray:
    """Real inner products of one element of the dictionary with some matrices."""
    rows, columns, values = g.entries()
    return np.real(flat[:, rows * m + columns].conj() @ values)
