"""Sequential search: what is generated is deflated, so that brackets and products are not returned again."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.discover import DoubleCommutator, dictionary
from symmeter.errors import InputError
from symmeter.representations import Monomial

LX, LY, LZ = (
    np.array(a, dtype=float)
    for a in (
        [[0, 0, 0], [0, 0, -1], [0, 1, 0]],
        [[0, 0, 1], [0, 0, 0], [-1, 0, 0]],
        [[0, -1, 0], [1, 0, 0], [0, 0, 0]],
    )
)


def two_vectors(which: np.ndarray) -> np.ndarray:
    return np.kron(np.eye(2), which)


COVARIANCE = np.kron(np.array([[2.0, 0.7], [0.7, 1.0]]), np.eye(3))


def samples(r: np.ndarray, n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, len(r))) @ np.linalg.cholesky(r).T


def decoys(count: int, m: int, seed: int = 0) -> list[np.ndarray]:
    a = np.random.default_rng(seed).standard_normal((count, m, m))
    return list(a - a.swapaxes(1, 2))


def inside(a: np.ndarray, span: tuple[np.ndarray, ...]) -> float:
    """Share of the norm of a matrix inside an orthonormal span."""
    return float(np.linalg.norm([np.vdot(b, a).real for b in span]) / np.linalg.norm(a))


@pytest.mark.parametrize("with_samples", [False, True])
def test_the_bracket_is_generated_and_not_returned(with_samples: bool) -> None:
    """Lx and Ly are in the dictionary, Lz is not: two are accepted, three generated."""
    fit = DoubleCommutator([two_vectors(LX), two_vectors(LY)], metric="noise" if with_samples else "frobenius")
    fit.fit(samples(COVARIANCE, 2000, 0)) if with_samples else fit.fit(cov=COVARIANCE)
    result = fit.sequential()
    assert len(result.accepted) == 2
    assert len(result.generated) == 3
    assert result.algebra is not None
    assert result.algebra.name == "so(3)"
    assert result.algebra.closure_residual < 1e-9
    assert inside(two_vectors(LZ), result.generated) == pytest.approx(1.0)
    for a in result.accepted:
        assert np.linalg.norm(a) == pytest.approx(1.0)


def test_lz_in_the_dictionary_is_deflated() -> None:
    """All three and decoys: the third step no longer sees so(3), although plain deflation would return Lz."""
    listed = [two_vectors(a) for a in (LX, LY, LZ)]
    fit = DoubleCommutator([*listed, *decoys(4, 6)], metric="frobenius").fit(cov=COVARIANCE)
    assert fit.nullity == 3
    result = fit.sequential()
    assert len(result.accepted) == 2
    assert len(result.generated) == 3
    # The rejected last step is a broken direction.
    assert len(result.eigenvalues) == 3
    assert result.eigenvalues[:2].max() < 1e-12 < 1e-3 < result.eigenvalues[2]


def test_the_same_from_samples() -> None:
    listed = [two_vectors(a) for a in (LX, LY, LZ)]
    fit = DoubleCommutator([*listed, *decoys(4, 6)]).fit(samples(COVARIANCE, 4000, 1))
    result = fit.sequential()
    assert len(result.accepted) == 2
    assert result.p_values[-1] < 0.01 <= result.p_values[:-1].min()
    # Estimated generators generate so(3) up to noise: each of the three lies mostly inside.
    for a in listed:
        assert inside(a, result.generated[:3]) > 0.9


def test_commuting_generators_are_returned_one_by_one() -> None:
    """u(1) + u(1): nothing is generated, both must be accepted."""
    planes = np.zeros((2, 4, 4))
    planes[0, 1, 0], planes[0, 0, 1] = 1.0, -1.0
    planes[1, 3, 2], planes[1, 2, 3] = 1.0, -1.0
    fit = DoubleCommutator([*planes, *decoys(2, 4)], metric="frobenius").fit(cov=np.diag([1.0, 1.0, 3.0, 3.0]))
    result = fit.sequential()
    assert len(result.accepted) == 2
    assert len(result.generated) == 2
    assert result.algebra is not None
    assert result.algebra.name == "u(1)^2"


def test_group_mode_deflates_by_products() -> None:
    """A shift generates its powers: S^2 and S^3 are not returned again."""
    m = 5
    lag = np.abs(np.arange(m)[:, None] - np.arange(m))
    r = 0.6 ** np.minimum(lag, m - lag)
    shifts = [p.matrix() - p.matrix().T for p in dictionary.ring_shifts(m, (1, 2))]
    fit = DoubleCommutator([*shifts, *decoys(2, m)], metric="frobenius").fit(cov=r)
    assert fit.nullity == 2
    lie, group = fit.sequential(), fit.sequential(mode="group")
    # Shifts commute, so that the Lie closure does not help; the algebra of products knows both.
    assert len(lie.accepted) == 2
    assert len(group.accepted) <= 2
    assert group.algebra is None
    identity = np.eye(m)
    for a in group.generated:
        np.testing.assert_allclose(r @ a, a @ r, atol=1e-6)
    assert inside(Monomial(np.roll(identity.argmax(1), -1)).matrix(), group.generated) > 1 - 1e-6


def test_nothing_is_accepted_when_nothing_commutes() -> None:
    result = DoubleCommutator(decoys(3, 4), metric="frobenius").fit(cov=np.diag([1.0, 2.0, 4.0, 8.0])).sequential()
    assert result.accepted == ()
    assert result.generated == ()
    assert result.algebra is None
    assert len(result.eigenvalues) == 1


def test_unknown_mode() -> None:
    fit = DoubleCommutator(decoys(2, 4), metric="frobenius").fit(cov=np.diag([1.0, 2.0, 4.0, 8.0]))
    with pytest.raises(InputError, match='mode must be "lie" or "group"; got \'ring\''):
        fit.sequential(mode="ring")


@pytest.mark.parametrize("with_samples", [False, True])
@pytest.mark.parametrize(("with_reflection", "dimension"), [(False, 8), (True, 14)])
def test_group_mode_rounds_within_the_dictionary(with_samples: bool, with_reflection: bool, dimension: int) -> None:
    """On eight points C8 spans 8 dimensions, and D8 1 + 1 + 3 * 4 = 14: two of its irreps are lines, three planes."""
    lag = np.abs(np.arange(8)[:, None] - np.arange(8))
    r = 0.6 ** np.minimum(lag, 8 - lag)
    elements = [*dictionary.ring_shifts(8), *(dictionary.ring_reflection(8) if with_reflection else ())]
    fit = DoubleCommutator(elements, metric="noise" if with_samples else "frobenius", alpha=0.001)
    fit.fit(samples(r, 3000, 0)) if with_samples else fit.fit(cov=r)
    result = fit.sequential(mode="group")
    assert len(result.generated) == dimension
    for a in result.generated:
        np.testing.assert_allclose(r @ a, a @ r, atol=1e-9)


def test_what_does_not_round_is_kept() -> None:
    """A noisy direction without a group element stays one direction; it must not generate all matrices."""
    listed = [two_vectors(a) + 0.3 * two_vectors(b) for a, b in ((LX, LY), (LY, LZ))]
    fit = DoubleCommutator([*listed, *decoys(2, 6)], alpha=0.001).fit(samples(COVARIANCE, 4000, 1))
    result = fit.sequential(mode="group")
    assert len(result.accepted) == 2
    assert len(result.generated) < 36
