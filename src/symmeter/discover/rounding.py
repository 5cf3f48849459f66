"""From a generator to a finite group element: follow ``exp(t A)`` and look for permutations on the way.

The commutant fixes the eigenplanes of a skew generator only, not how its angles are assigned to them: many assignments
are no permutation at any time, so that finding none proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from jaxtyping import Float, Num

from symmeter.discover.generators import Generator
from symmeter.discover.moments import Moments
from symmeter.representations import Dense, Monomial, Transformation

__all__ = [
    "accepted_elements",
    "commuting_sources",
    "nearest_group_element",
    "nearest_permutation",
    "permutations_on_flow",
]

#: Elements of the dictionary whose part in a combination is below this share of the largest are left out.
_NEGLIGIBLE = 0.02


def accepted_elements(
    elements: Sequence[Transformation], moments: Sequence[Moments], alpha: float = 0.01
) -> list[Transformation]:
    """Those of some group elements that leave the covariance invariant, each tested by itself."""
    from symmeter.discover.covariance_tests import transformation_test
    from symmeter.discover.selection import holds_exactly

    return [e for e in elements if holds_exactly(transformation_test(moments, e), alpha)]


def commuting_sources(
    generators: Sequence[Generator],
    coefficients: Float[np.ndarray, " d"],
    moments: Sequence[Moments],
    alpha: float = 0.01,
) -> list[Transformation]:
    """Round a combination within its dictionary: the group elements in it that the data accept by themselves.

    Parameters
    ----------
    generators : sequence of Generator
        The d elements B_k of the dictionary's span.
    coefficients : array of shape (d,)
        Of the combination ``sum_k c_k B_k``.
    moments : sequence of Moments
    alpha : float
        Level of the test of each element.
    """
    sizes = [abs(c) * float(np.linalg.norm(g.entries()[2])) for c, g in zip(coefficients, generators)]
    least = _NEGLIGIBLE * max(sizes)
    sources = {id(g.source): g.source for g, s in zip(generators, sizes) if g.source is not None and s > least}
    return accepted_elements(list(sources.values()), moments, alpha)


def nearest_permutation(matrix: Float[np.ndarray, "m m"]) -> Monomial:
    """The permutation P that maximises ``tr(P^T A)`` (Hungarian algorithm)."""
    from scipy.optimize import linear_sum_assignment

    columns, rows = linear_sum_assignment(-np.real(matrix).T)
    images = np.empty(len(rows), dtype=np.intp)
    images[columns] = rows
    return Monomial(images, name="rounded")


def permutations_on_flow(
    generator: Num[np.ndarray, "m m"], largest_order: int = 24, tolerance: float = 0.35
) -> list[tuple[float, Monomial]]:
    """Permutations that the flow of a real skew generator passes close to.

    Parameters
    ----------
    generator : array of shape (M, M)
        Real skew.
    largest_order : int
        Times are scanned at rational multiples of the periods of the generator's planes, up to this denominator.
    tolerance : float
        Largest relative distance ``||exp(tA) - P|| / ||P - I||``.

    Returns
    -------
    list of (distance, Monomial)
        Closest first, each permutation once, the identity left out.
    """
    a = np.real(generator)
    values, vectors = np.linalg.eigh(1j * a)
    angles = np.abs(values)
    rates = angles[angles > 1e-9 * max(float(angles.max()), 1e-300)]
    times = sorted(
        {
            2.0 * np.pi * float(f) / float(rate)
            for rate in np.unique(np.round(rates, 9))
            for f in {Fraction(p, q) for q in range(2, largest_order + 1) for p in range(1, q)}
        }
    )
    found: dict[bytes, tuple[float, Monomial]] = {}
    for t in times[:4000]:
        moved = np.real((vectors * np.exp(-1j * t * values)) @ vectors.conj().T)
        p = nearest_permutation(moved)
        if p.distance_to_identity() == 0.0:
            continue
        # ||exp(tA) - P||^2 = 2M - 2 tr(P^T exp(tA)); ||P - I||^2 = 2 (M - fixed points).
        overlap = float(moved[p.images, np.arange(len(a))].sum())
        size = 2.0 * float((p.images != np.arange(len(a))).sum())
        distance = float(np.sqrt(max(2.0 * len(a) - 2.0 * overlap, 0.0) / size))
        key = p.images.tobytes()
        if distance < tolerance and (key not in found or distance < found[key][0]):
            found[key] = (distance, p)
    return sorted(found.values(), key=lambda pair: pair[0])


def nearest_group_element(matrix: Num[np.ndarray, "m m"]) -> Transformation | None:
    """The orthogonal or permutation matrix of small order that a Hermitian or skew combination stands for.

    A Hermitian generator near a multiple of an involution less its trace rounds to that involution; a skew one to a
    permutation on its flow. None when nothing fits.
    """
    a = np.asarray(matrix)
    if np.abs(a + a.conj().T).max() < 1e-9 * max(float(np.abs(a).max()), 1e-300):
        found = permutations_on_flow(a) if not np.iscomplexobj(a) else []
        return found[0][1] if found else None
    values, vectors = np.linalg.eigh(0.5 * (a + a.conj().T))
    split = int(np.diff(values).argmax()) + 1
    signs = np.where(np.arange(len(values)) < split, -1.0, 1.0)
    involution = (vectors * signs) @ vectors.conj().T
    if not np.iscomplexobj(a):
        p = nearest_permutation(involution)
        if np.linalg.norm(p.matrix() - involution) < 0.25 * np.sqrt(len(a)):
            return p
        p = nearest_permutation(-involution)
        if np.linalg.norm(p.matrix() + involution) < 0.25 * np.sqrt(len(a)):
            return p
    within = max(float(np.ptp(values[:split])), float(np.ptp(values[split:])))
    gap = float(values[split] - values[split - 1])
    return Dense(involution, name="involution") if within < 0.1 * gap else None
