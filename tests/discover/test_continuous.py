"""Continuous symmetries: eigenspaces in closed form, closure, defects relative to random generators, rejections."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from symmeter.discover.continuous import (
    EigenspaceAction,
    _defect,
    continuous_findings,
    rotations_of_repeated_eigenvalues,
)
from symmeter.discover.moments import moments_of_covariance, moments_of_samples
from symmeter.errors import EmptyDictionaryError
from symmeter.representations import FlowAction, Space

LX = np.kron(np.eye(2), np.array([[0.0, 0, 0], [0, 0, -1], [0, 1, 0]]))
LY = np.kron(np.eye(2), np.array([[0.0, 0, 1], [0, 0, 0], [-1, 0, 0]]))
VECTORS = np.kron(np.array([[2.0, 0.7], [0.7, 1.0]]), np.eye(3))


def unitary(m: int, seed: int, is_complex: bool) -> np.ndarray:
    rng = np.random.default_rng(seed)
    a = rng.standard_normal((m, m))
    return np.linalg.qr(a + 1j * rng.standard_normal((m, m)) if is_complex else a)[0]


def samples(r: np.ndarray, n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, len(r))) @ np.linalg.cholesky(r).T


@pytest.mark.parametrize(("is_complex", "k", "name"), [(False, 10, "SO(10)"), (True, 2, "U(2)"), (True, 7, "U(7)")])
def test_every_repeated_eigenvalue_is_named(is_complex: bool, k: int, name: str) -> None:
    q = unitary(k + 2, 0, is_complex)
    r = (q * np.r_[np.ones(k), 2.0, 3.0]) @ q.conj().T
    (found,) = rotations_of_repeated_eigenvalues(moments_of_covariance(0.5 * (r + r.conj().T)), Space(k + 2))
    assert found.group.name == name
    assert found.verdict == "exact"
    assert found.order is None
    np.testing.assert_allclose(found.symmetrize(r), r, atol=1e-9)
    projector = found.projector().matrix()
    np.testing.assert_allclose(projector, np.eye(k + 2) - q[:, :k] @ q[:, :k].conj().T, atol=1e-9)


def test_the_closed_form_average_is_that_of_the_flow() -> None:
    q = unitary(6, 1, False)
    r = (q * np.r_[np.ones(4), 2.0, 3.0]) @ q.T
    (found,) = rotations_of_repeated_eigenvalues(moments_of_covariance(0.5 * (r + r.T)), Space(6))
    assert isinstance(found.action, FlowAction)
    closed = EigenspaceAction(q[:, :4], Space(6))
    a = np.random.default_rng(2).standard_normal((6, 6))
    np.testing.assert_allclose(closed.average(a), found.action.average(a), atol=1e-8)
    np.testing.assert_allclose(closed.project(a), found.action.project(a), atol=1e-8)


def test_the_complex_average_commutes_with_the_group() -> None:
    q = unitary(5, 3, True)
    u = q[:, :3]
    action = EigenspaceAction(u, Space(5))
    a = unitary(5, 4, True)
    g = np.eye(5) + u @ (unitary(3, 5, True) - np.eye(3)) @ u.conj().T
    averaged = action.average(a)
    np.testing.assert_allclose(g @ averaged, averaged @ g, atol=1e-12)
    np.testing.assert_allclose(action.average(averaged), averaged, atol=1e-12)
    np.testing.assert_allclose(action.average(g @ a @ g.conj().T), averaged, atol=1e-12)
    assert unitary(3, 6, True) in action.group


def test_rejected_generators_are_broken() -> None:
    b = np.random.default_rng(1).standard_normal((6, 6))
    x = np.random.default_rng(0).standard_normal((1500, 6)) @ unitary(6, 2, False) * np.arange(1.0, 7.0)
    found, notes = continuous_findings([b - b.T], [moments_of_samples(x)], Space(6), 0.01, 0)
    assert notes == []
    assert [f.verdict for f in found] == ["broken"]
    assert found[0].p_value is not None
    assert found[0].p_value < 0.01
    assert found[0].interval[0] <= found[0].defect <= found[0].interval[1]
    found, notes = continuous_findings([b + b.T], [moments_of_samples(x)], Space(6), 0.01, 0)
    assert found == []
    assert "the best is Hermitian" in notes[0]
    with pytest.raises(EmptyDictionaryError, match="multiple of the identity"):
        continuous_findings([np.zeros((6, 6))], [moments_of_samples(x)], Space(6), 0.01, 0)


@pytest.mark.parametrize("decoys", [0, 4])
def test_the_accepted_generators_are_closed(decoys: int) -> None:
    a = np.random.default_rng(5).standard_normal((decoys, 6, 6))
    x = samples(VECTORS, 3000, 3)
    (found,), _ = continuous_findings(
        [LX, LY, *(a - a.swapaxes(1, 2))], [moments_of_samples(x[:2000])], Space(6), 0.001, 0, [x[2000:]]
    )
    assert found.group.name == "SO(3)"
    assert found.holds
    assert [level.name for level in found.levels] == ["second moments", "whole distribution"]
    assert found.levels[1].passed
    assert found.interval[0] <= found.defect <= found.interval[1]


def test_the_whole_distribution_can_reject_a_flow() -> None:
    """Independent exponential variables have a round covariance in the plane, but no round law."""
    x = np.random.default_rng(0).exponential(size=(2000, 3)) * np.array([1.0, 1.0, 3.0])
    plane = np.zeros((3, 3))
    plane[1, 0], plane[0, 1] = 1.0, -1.0
    moments = moments_of_samples(x[:1200])
    (found,), _ = continuous_findings([plane], [moments], Space(3), 0.001, 0, [x[1200:] - x[1200:].mean(0)])
    assert found.verdict == "second moments only"


@pytest.mark.parametrize("is_complex", [False, True])
def test_a_random_generator_has_defect_one_on_average(is_complex: bool) -> None:
    """The mean of the squared defect over an orthonormal basis of (traceless) skew matrices is one."""
    m = 4
    q = unitary(m, 7, is_complex)
    r = (q * np.array([1.0, 1.1, 1.3, 1.4])) @ q.conj().T
    moments = [moments_of_covariance(0.5 * (r + r.conj().T))]
    rng = np.random.default_rng(0)
    squares = []
    for _ in range(4000):
        b = rng.standard_normal((m, m)) + (1j * rng.standard_normal((m, m)) if is_complex else 0.0)
        b = b - b.conj().T
        b = b - np.trace(b) / m * np.eye(m)
        d = r @ b - b @ r
        squares.append((np.linalg.norm(d) / np.linalg.norm(b)) ** 2)
    a = np.zeros((m, m))
    a[1, 0], a[0, 1] = 1.0, -1.0
    a = q @ a @ q.conj().T / np.sqrt(2.0)
    defect, interval = _defect(moments, [a], 0)
    # In the eigenbasis the squared norm of the commutator is the squared difference of two eigenvalues.
    assert defect**2 == pytest.approx(0.1**2 / np.mean(squares), rel=0.05)
    assert interval == (defect, defect)


def test_the_interval_covers() -> None:
    """The defect of a broken rotation lies in the interval for about 0.95 of the samples."""
    a = LX / np.linalg.norm(LX)
    g = expm(0.2 * np.kron(np.array([[0.0, 1], [1, 0]]), np.diag([1.0, -1.0, 0.0])))
    r = g @ VECTORS @ g.T
    truth = _defect([moments_of_covariance(r)], [a], 0)[0]
    assert truth > 0.1
    inside = 0
    for seed in range(100):
        low, high = _defect([moments_of_samples(samples(r, 1000, seed))], [a], 0)[1]
        inside += low <= truth <= high
    assert 88 <= inside <= 100
