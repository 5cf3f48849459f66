"""Powers of one map of any order: averages against long plain means, membership against explicit powers."""

import numpy as np
import pytest

from symmeter.errors import ClosureError, NotAGroupElementError, ShapeError
from symmeter.groups.powers import PowerGroup
from symmeter.representations import (
    Dense,
    FiniteMatrixAction,
    Monomial,
    MonomialAction,
    PowersAction,
    Space,
    cyclic_action,
)


def rotation(angle: float) -> np.ndarray:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def block(*parts: np.ndarray) -> np.ndarray:
    size = sum(len(p) for p in parts)
    out, at = np.zeros((size, size), dtype=np.result_type(*parts)), 0
    for p in parts:
        out[at : at + len(p), at : at + len(p)] = p
        at += len(p)
    return out


def haar(m: int, seed: int, unitary: bool) -> np.ndarray:
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((m, m)) + (1j * rng.standard_normal((m, m)) if unitary else 0.0)
    q, r = np.linalg.qr(z)
    return q * (np.diag(r) / np.abs(np.diag(r)))


def plain_mean(p: np.ndarray, a: np.ndarray, doublings: int = 26) -> np.ndarray:
    """``2^-k sum_{j < 2^k} P^j A P^-j`` by doubling; its error falls as 2^-k, that of equal angles grows."""
    mean, power = a.astype(complex), p.astype(complex)
    for _ in range(doublings):
        mean = 0.5 * (mean + power @ mean @ power.conj().T)
        power = power @ power
        power = 0.5 * (power + np.linalg.inv(power).conj().T)  # stays unitary
    return mean


MAPS = {
    "one plane": block(rotation(1.0), np.eye(2)),
    "two planes, one angle": block(rotation(1.0), rotation(1.0), -np.eye(1)),
    "two planes, two angles": block(rotation(1.0), rotation(np.sqrt(2)), np.eye(1)),
    "opposite turns": block(rotation(0.7), rotation(-0.7)),
    "half turns": block(-np.eye(3), rotation(2.0)),
    "generic orthogonal": haar(6, 0, False),
    "generic unitary": haar(5, 1, True),
    "phases": np.diag(np.exp(1j * np.array([0.3, 0.3, 1.1, 0.0]))),
}


@pytest.mark.parametrize("name", MAPS)
def test_average_is_the_limit_of_plain_means(name: str) -> None:
    turned = haar(len(MAPS[name]), 7, np.iscomplexobj(MAPS[name]))
    p = turned @ MAPS[name] @ turned.conj().T
    action = PowersAction(Dense(p))
    assert action.group.order is None
    a = np.random.default_rng(3).standard_normal(p.shape)
    expected = plain_mean(p, a)
    np.testing.assert_allclose(action.average(a), expected, atol=1e-6)
    assert np.iscomplexobj(action.average(a)) == np.iscomplexobj(p)
    # The mean of vectors, from the mean of the operators x 1^T under P and 1 alone.
    x = np.random.default_rng(4).standard_normal((3, len(p)))
    fixed = np.linalg.matrix_rank(p - np.eye(len(p)), tol=1e-6)
    assert action.projector().rank == len(p) - fixed
    np.testing.assert_allclose(action.project(x @ p.T), action.project(x), atol=1e-12)
    np.testing.assert_allclose(action.project(x) @ p.T, action.project(x), atol=1e-12)


def test_forms_agree_where_all_of_them_exist() -> None:
    p = Monomial([1, 2, 3, 0], [1, 1, 1, -1], name="twisted shift")
    a = np.random.default_rng(0).standard_normal((4, 4))
    x = np.random.default_rng(1).standard_normal((2, 4))
    forms = [MonomialAction([p]), FiniteMatrixAction([p]), PowersAction(p)]
    assert [f.group.order for f in forms] == [8, 8, 8]
    for form in forms[1:]:
        np.testing.assert_allclose(form.average(a), forms[0].average(a), atol=1e-12)
        np.testing.assert_allclose(form.project(x), forms[0].project(x), atol=1e-12)


def test_the_cheapest_form_is_chosen() -> None:
    assert isinstance(cyclic_action(Monomial([1, 0])), MonomialAction)
    assert isinstance(cyclic_action(Dense(rotation(2 * np.pi / 5))), FiniteMatrixAction)
    assert isinstance(cyclic_action(Dense(rotation(1.0))), PowersAction)
    # Phases that are no roots of unity of a small degree.
    assert isinstance(cyclic_action(Monomial([1, 0], np.exp([0.3j, 0.5j]))), PowersAction)


def test_membership() -> None:
    p = block(rotation(1.0), rotation(np.sqrt(2)))
    group = PowerGroup(p)
    assert np.linalg.matrix_power(p, 977) in group
    assert np.linalg.matrix_power(p.T, 31) in group
    assert block(rotation(1.0), rotation(2 * np.sqrt(2))) not in group
    assert np.diag([1.0, -1.0, 1.0, 1.0]) not in group
    assert "P" not in group
    assert group.is_abelian
    assert group.is_discrete
    assert not group.is_finite
    with pytest.raises(ClosureError, match="infinitely many elements"):
        list(group.elements())
    five = PowerGroup(rotation(2 * np.pi / 5), 5)
    np.testing.assert_allclose(sum(five.elements()), np.zeros((2, 2)), atol=1e-12)
    assert five.name == "C5"


def test_bad_input() -> None:
    with pytest.raises(NotAGroupElementError, match="not orthogonal or unitary"):
        PowerGroup(np.diag([1.0, 2.0]))
    with pytest.raises(ShapeError, match="moves 2 coordinates, the space has 3"):
        PowersAction(Dense(rotation(1.0)), Space(3))
    with pytest.raises(ShapeError, match=r"moves 2 coordinates; got shape \(5, 3\)"):
        PowersAction(Dense(rotation(1.0))).project(np.zeros((5, 3)))
