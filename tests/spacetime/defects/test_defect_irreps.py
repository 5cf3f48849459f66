"""Irreducible parts of torsion and nonmetricity, distortion, and the pure-trace theory: algebra at a point."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from symmeter.spacetime.defects.irreducible_parts import Frame, epsilon


def fields(n, count, seed=0):
    T, Q = np.random.default_rng(seed).standard_normal((2, n, n, n, count))
    return T - T.swapaxes(1, 2), Q + Q.swapaxes(0, 1)


def rank(parts):
    return int(np.linalg.matrix_rank(parts.reshape(-1, parts.shape[-1])))


@pytest.mark.parametrize(("n", "torsion", "nonmetricity"), [(3, (3, 1, 5), (6, 7, 5)), (2, (2, 0, 0), (4, 2, 0))])
def test_parts_have_the_dimensions_of_their_irreps(n, torsion, nonmetricity):
    T, Q = fields(n, 60)
    t, q = Frame(n).torsion_parts(T), Frame(n).nonmetricity_parts(Q)
    clean = [np.where(np.abs(p) < 1e-12, 0, p) for p in (t.vector, t.axial, t.tensor, q.trace, q.S, q.H)]
    assert tuple(rank(p) for p in clean) == (*torsion, *nonmetricity)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_parts_add_up_and_are_orthogonal(n):
    T, Q = fields(n, 30)
    t, q = Frame(n).torsion_parts(T), Frame(n).nonmetricity_parts(Q)
    assert np.abs(sum(t) - T).max() < 1e-13
    assert np.abs(sum(q) - Q).max() < 1e-13
    assert t["tensor"] is t.tensor
    for a, b in (
        (t.vector, t.axial),
        (t.vector, t.tensor),
        (t.axial, t.tensor),
        (q.trace, q.S),
        (q.trace, q.H),
        (q.S, q.H),
    ):
        assert np.abs((a * b).sum(axis=(0, 1, 2))).max() < 1e-12
    assert np.abs(np.einsum("aabp->bp", t.tensor)).max() < 1e-13
    assert np.abs(np.einsum("aabp->bp", q.H)).max() < 1e-13
    assert np.abs(np.einsum("abbp->ap", q.S)).max() < 1e-13


@pytest.mark.parametrize("n", [2, 3, 4])
def test_distortion_gives_back_torsion_and_nonmetricity(n):
    T, Q = fields(n, 20)
    L = Frame(n).distortion(T, Q)
    assert np.abs((L + L.swapaxes(0, 1)) / 2 - Q).max() < 1e-12
    assert np.abs(L.swapaxes(1, 2) - L - T).max() < 1e-12


def test_raw_traces_follow_from_the_irreducible_pair():
    _, Q = fields(3, 5)
    q = Frame(3).nonmetricity_parts(Q)
    assert np.abs(q.Q - (3 * q.A + 2 * q.B)).max() < 1e-12
    assert np.abs(q.P - (q.A + 4 * q.B)).max() < 1e-12
    assert np.abs(q.A - (2 * q.Q - q.P) / 5).max() < 1e-12
    assert np.abs(q.B - (3 * q.P - q.Q) / 10).max() < 1e-12


def test_weyl_field_has_no_second_irreducible_trace():
    Q = np.einsum("ab,c->abc", np.eye(3), [1.0, 2.0, -1.0])[..., None]
    q = Frame(3).nonmetricity_parts(Q)
    assert np.allclose(q.P, q.Q / 3)
    assert np.abs(q.P).max() == 2
    assert np.abs(q.B).max() < 1e-15
    assert np.abs(q.S).max() < 1e-15
    assert np.abs(q.H).max() < 1e-15


@pytest.mark.parametrize("n", [2, 3, 4])
def test_pure_trace_distortion_is_that_of_pure_trace_fields(n):
    rng = np.random.default_rng(1)
    T, A, B = rng.standard_normal((3, n, 4))
    frame = Frame(n)
    axial = np.zeros((n, n, n, 4))
    if n == 3:
        axial = epsilon(3)[..., None] * rng.standard_normal(4) / 3
    torsion = frame.vector_torsion(T) + axial
    full = frame.distortion(torsion, frame.trace_nonmetricity(A, B))
    assert np.abs(full - frame.pure_trace_distortion(T, A, B, axial)).max() < 1e-13


def test_scalar_of_the_pure_trace_theory():
    """Algebraic part of ``R~ = 2 div(U+W) - 2U^2 - 2W^2 + 6U.W + A_0^2/6``, and the vector in its divergence."""
    rng = np.random.default_rng(2)
    T, A, B = rng.standard_normal((3, 3, 6))
    a0 = rng.standard_normal(6)
    frame = Frame(3)
    L = frame.pure_trace_distortion(T, A, B, epsilon(3)[..., None] * a0 / 3)
    U = T / 2 + A
    W = U - 2 * B
    expected = -2 * (U**2).sum(0) - 2 * (W**2).sum(0) + 6 * (U * W).sum(0) + a0**2 / 6
    assert np.abs(frame.quadratic_curvature(L) - expected).max() < 1e-12
    assert np.abs(frame.divergence_vector(L) + 2 * (U + W)).max() < 1e-12


def test_a_frame_that_is_not_orthonormal_has_the_same_parts():
    rng = np.random.default_rng(3)
    T, Q = fields(3, 4, 5)
    M = np.eye(3)[..., None] + 0.2 * rng.standard_normal((3, 3, 4))
    inverse = np.moveaxis(np.linalg.inv(np.moveaxis(M, -1, 0)), 0, -1)
    metric = np.einsum("aAp,aBp->ABp", M, M)
    up = np.einsum("Aap,Bap->ABp", inverse, inverse)

    def turned(x):
        return np.einsum("abcp,aAp,bBp,cCp->ABCp", x, M, M, M)

    plain, skew = Frame(3), Frame(3, metric, up)
    for name in ("vector", "axial", "tensor"):
        ours = getattr(skew.torsion_parts(turned(T)), name)
        assert np.abs(ours - turned(getattr(plain.torsion_parts(T), name))).max() < 1e-12
    for name in ("trace", "S", "H"):
        ours = getattr(skew.nonmetricity_parts(turned(Q)), name)
        assert np.abs(ours - turned(getattr(plain.nonmetricity_parts(Q), name))).max() < 1e-12
        assert np.allclose(skew.nonmetricity_parts(turned(Q)).norms[name], plain.nonmetricity_parts(Q).norms[name])


def test_dislocation_density_and_its_parts():
    """``alpha_ii = A_0`` and ``T_b = -eps_bai alpha_ai``."""
    from symmeter.spacetime.defects.field_strengths import Torsion

    T, _ = fields(3, 7)
    torsion = Torsion(T, Frame(3))
    alpha = torsion.density
    brute = np.einsum("ijk,ajkp->aip", epsilon(3), T) / 2
    assert np.abs(alpha - brute).max() < 1e-13
    assert np.abs(np.einsum("aap->p", alpha) - torsion.axial).max() < 1e-12
    assert np.abs(-np.einsum("bai,aip->bp", epsilon(3), alpha) - torsion.trace).max() < 1e-12
    sym = (alpha + alpha.swapaxes(0, 1)) / 2 - np.eye(3)[..., None] * torsion.axial / 3
    tensor = torsion.irreps().tensor
    assert np.abs(np.einsum("ijk,ajkp->aip", epsilon(3), tensor) / 2 - sym).max() < 1e-12


def test_exact_numbers_go_through_the_same_algebra():
    T, Q = fields(3, 1)
    exact = [np.vectorize(lambda v: Fraction(round(v * 8), 8), otypes=[object])(x[..., 0]) for x in (T, Q)]
    exact[0] = exact[0] - exact[0].swapaxes(1, 2)
    exact[1] = exact[1] + exact[1].swapaxes(0, 1)
    frame = Frame(3, number=lambda f: f)
    parts = frame.torsion_parts(exact[0])
    assert (parts.vector * parts.tensor).sum() == 0
    assert (parts.axial * parts.tensor).sum() == 0
    q = frame.nonmetricity_parts(exact[1])
    assert (q.S * q.H).sum() == 0
    assert (q.trace * q.H).sum() == 0
