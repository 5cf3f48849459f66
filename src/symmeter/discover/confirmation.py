"""Second moments accept too much: confirm a candidate on the whole distribution, with samples that it has not seen.

The test asks whether x and P x have the same law (energy distance; randomising each sample along its orbit makes the
p-value exact). A translation-invariant covariance, for example, is always invariant under the half turn, whether or not
the images are: this is the test that can tell, and it tells at once when the laws are compared modulo the translations.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Num

from symmeter.findings import Level
from symmeter.groups import PermutationGroup
from symmeter.representations import Monomial, Transformation

__all__ = ["LEAST_HELD_OUT", "confirm", "split_rows"]

#: With fewer held-out samples the energy test has no power worth reporting.
LEAST_HELD_OUT = 20
#: Groups of more elements are not averaged over.
_LARGEST_AVERAGE = 256
#: Distances and multiplications that one test may spend per power of P, and the rows it keeps at least.
_PAIR_BUDGET = 2.5e7
_PRODUCT_BUDGET = 1e10
_FEWEST_ROWS = 150


def split_rows(
    x: Num[np.ndarray, "n m"], holdout: float, rng: np.random.Generator
) -> tuple[Num[np.ndarray, "a m"], Num[np.ndarray, "b m"] | None]:
    """Divide the samples at random into those searched and those held out (None when too few would be)."""
    held = round(holdout * len(x))
    if held < LEAST_HELD_OUT or len(x) - held < LEAST_HELD_OUT:
        return x, None
    order = rng.permutation(len(x))
    return x[np.sort(order[held:])], x[np.sort(order[:held])]


def confirm(
    held_out: Sequence[Num[np.ndarray, "n m"]],
    transformation: Transformation,
    alpha: float,
    rng: np.random.Generator,
    modulo: Sequence[Transformation] = (),
    draws: int = 499,
) -> Level:
    """Test ``x ~ P x`` on each held-out table; the smallest p-value counts, times the number of tables.

    Parameters
    ----------
    held_out : sequence of arrays of shape (n, M)
    transformation : Transformation
    alpha : float
    rng : numpy Generator
    modulo : sequence of Transformation
        Generators of symmetries found besides. The laws are compared after averaging over the largest group of them
        that P normalises and does not belong to: what they explain is noise here, and without it the test sees finer.
    draws : int
    """
    from symmeter.statistics import invariance_test

    order = transformation.order()
    powers: dict[int, Transformation] = {}

    def orbit(rows: np.ndarray, k: int) -> np.ndarray:
        if k not in powers:
            powers[k] = transformation.power(k)
        return powers[k].apply(rows)

    elements = _averaging_group(transformation, modulo)
    images = max(len(elements), 1)
    affordable = min(_PAIR_BUDGET / images, _PRODUCT_BUDGET / (images * transformation.dimension))
    most = max(_FEWEST_ROWS, min(800, int(np.sqrt(affordable))))
    tests = [
        invariance_test(
            x,
            orbit,
            order,
            draws=max(draws, int(np.ceil(2.0 / alpha)) - 1),
            rng=rng,
            max_points=most,
            modulo=[e.apply for e in elements],
        )
        for x in held_out
    ]
    worst = min(tests, key=lambda t: t.p_value)
    p = min(1.0, worst.p_value * len(tests))
    return Level("whole distribution", p >= alpha, p, worst.statistic, f"{worst.method}, {worst.n} held-out samples")


def _averaging_group(p: Transformation, others: Sequence[Transformation]) -> list[Monomial]:
    """All elements of a small group of the others' permutations that P normalises and does not lie in."""
    if not isinstance(p, Monomial) or not p.is_permutation:
        return []
    members: list[Monomial] = []
    group: PermutationGroup | None = None
    for t in others:
        if t is p or not isinstance(t, Monomial) or not t.is_permutation:
            continue
        larger = PermutationGroup([m.images for m in [*members, t]], degree=p.dimension)
        if larger.order > _LARGEST_AVERAGE or p.images in larger:
            continue
        if all(p.images[g.images[p.sources]] in larger for g in [*members, t]):
            members, group = [*members, t], larger
    if group is None:
        return []
    return [Monomial(row) for row in group.elements_array(_LARGEST_AVERAGE)]
