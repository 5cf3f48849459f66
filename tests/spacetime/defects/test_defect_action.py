"""Quadratic actions: parts, stability, field equations, identities, minimisation."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from symmeter.errors import InputError, UnknownNameError
from symmeter.spacetime import defects as D
from symmeter.spacetime.defects.action import CONTRACTIONS, contractions
from symmeter.spacetime.defects.action_grid import value_and_gradient
from symmeter.spacetime.defects.irreducible_parts import Frame


def smooth(n, points, seed, amplitude=0.05):
    rng = np.random.default_rng(seed)
    x = np.meshgrid(*[2 * np.pi * np.arange(points) / points] * n, indexing="ij")
    out = np.zeros((n, n, *[points] * n))
    for f in out.reshape(n * n, *[points] * n):
        for _ in range(3):
            k = rng.integers(-1, 2, n)
            f += amplitude * rng.normal() * np.cos(sum(a * b for a, b in zip(k, x)) + rng.uniform(0, 6))
    return out + np.eye(n).reshape(n, n, *[1] * n)


def some_action(n, **options):
    numbers = np.random.default_rng(5).normal(size=11)
    return D.Action({k: float(v) for k, v in zip(CONTRACTIONS, numbers)}, n=n, **options)


@pytest.fixture(scope="module")
def geometry():
    return D.MetricAffine(smooth(3, 12, 1), "general", smooth(3, 12, 2))


def test_the_contractions_are_independent_in_space():
    T, Q = np.random.default_rng(0).standard_normal((2, 3, 3, 3, 40))
    T, Q = T - T.swapaxes(1, 2), Q + Q.swapaxes(0, 1)
    assert np.linalg.matrix_rank(np.array(contractions(Frame(3), T, Q))) == len(CONTRACTIONS) == 11


def test_irreducible_squares_and_axial_scalar():
    T, Q = np.random.default_rng(0).standard_normal((2, 3, 3, 3, 10))
    T, Q = T - T.swapaxes(1, 2), Q + Q.swapaxes(0, 1)
    whole = D.Action.irreducible(dict.fromkeys(("vector", "axial", "tensor", "trace", "S", "H"), 1))
    assert dict(whole.coefficients) == {"T_abc T^abc": 1, "Q_abc Q^abc": 1}
    from symmeter.spacetime.defects.field_strengths import Torsion

    axial = Torsion(T, Frame(3)).axial
    assert np.allclose(D.Action.restricted(c7=2).density(T, Q), 2 * axial**2)
    for name in ("axial", "S", "H", "tensor"):
        frame = Frame(3)
        norms = {**frame.torsion_parts(T).norms, **frame.nonmetricity_parts(Q).norms}
        assert np.allclose(D.Action.irreducible({name: 3}).density(T, Q), 3 * norms[name])


def test_stability_finds_what_is_negative():
    good = D.Action.irreducible({"vector": 1, "axial": 2, "tensor": 3, "trace": 1, "S": 5, "H": 7}).stability()
    assert good.positive
    assert good.signature == (27, 0, 0)
    assert good.blocks["axial"] == ((pytest.approx(2), 1),)
    assert good.blocks["S"] == ((pytest.approx(5), 7),)
    assert [m for _, m in good.blocks["tensor-hook"]] == [5, 5]
    bad = D.Action.irreducible({"vector": 1, "axial": 2, "tensor": 3, "trace": 1, "S": -1, "H": 7}).stability()
    assert not bad.bounded
    assert bad.signature == (20, 7, 0)
    assert "unstable" in str(bad)
    traces = D.Action.restricted(c1=1, c2=1, c3=1, c7=1).stability()
    assert traces.bounded
    assert not traces.positive
    assert traces.signature == (10, 0, 17)
    mixed = D.Action.restricted(c1=1, c2=1, c3=1, c5=3).stability()
    assert not mixed.bounded
    assert D.Action({"T_abc T^abc": 1, "Q_abc Q^abc": 1}, n=2).stability().signature == (8, 0, 0)


def test_eigenvalues_are_those_of_the_density_itself():
    action = some_action(3)
    T, Q = np.random.default_rng(1).standard_normal((2, 3, 3, 3, 2000))
    T, Q = (T - T.swapaxes(1, 2)) / 2, (Q + Q.swapaxes(0, 1)) / 2
    ratio = action.density(T, Q) / ((T**2).sum((0, 1, 2)) + (Q**2).sum((0, 1, 2)))
    values = [v for block in action.stability().blocks.values() for v, _ in block]
    assert min(values) <= ratio.min()
    assert ratio.max() <= max(values)
    count = sum(m for block in action.stability().blocks.values() for _, m in block)
    trace = sum(v * m for block in action.stability().blocks.values() for v, m in block)
    assert count == 27
    # The trace of the form is its mean over the unit sphere, 27 times.
    from symmeter.spacetime.defects.action import _components

    basis = np.moveaxis(_components(3), 0, -1)
    assert trace == pytest.approx(float(action.density(basis[0], basis[1]).sum()))


def test_derivatives_of_the_density():
    action = some_action(3)
    rng = np.random.default_rng(2)
    T, Q, dT, dQ = rng.standard_normal((4, 3, 3, 3, 5))
    T, dT = T - T.swapaxes(1, 2), dT - dT.swapaxes(1, 2)
    Q, dQ = Q + Q.swapaxes(0, 1), dQ + dQ.swapaxes(0, 1)
    slope = (action.density(T + dT, Q + dQ) - action.density(T - dT, Q - dQ)) / 2
    gT, gQ = action.derivatives(T, Q)
    assert np.abs((gT * dT + gQ * dQ).sum((0, 1, 2)) - slope).max() < 1e-12


@pytest.mark.parametrize("options", [{}, {"method": "finite-difference", "spacing": 0.3}])
def test_gradient_is_that_of_the_discrete_action(options):
    points = 8
    e, L = smooth(3, points, 1), smooth(3, points, 2)
    G = D.MetricAffine(e, "general", L, **options)
    action = some_action(3, elastic=(1.5, 1.0))
    ge, gL = action.gradient(G)
    total, _, _ = value_and_gradient(action, G.grid, G._e, G._Lambda)
    rng = np.random.default_rng(0)
    for which, gradient in ((0, ge), (1, gL)):
        d, h = rng.standard_normal(e.shape), 1e-5
        ends = [
            value_and_gradient(
                action, G.grid, (e + s * d * (1 - which)).reshape(3, 3, -1), (L + s * d * which).reshape(3, 3, -1)
            )[0]
            for s in (h, -h)
        ]
        assert (ends[0] - ends[1]) / (2 * h) == pytest.approx((gradient * d).sum(), rel=1e-6)
    if not options:
        # Products on a coarse grid alias, so the fast path differs by its own small error.
        assert action.value(G) == pytest.approx(total, rel=1e-3)


@pytest.mark.parametrize("n", [2, 3])
def test_noether_identities_on_grids(n):
    points = 16 if n == 3 else 32
    G = D.MetricAffine(smooth(n, points, 1, 0.03), "general", smooth(n, points, 2, 0.03))
    found = some_action(n).noether_residuals(G, 3)
    assert set(found) == {"diffeomorphisms", "rotations", "GL(n)"}
    assert max(found.values()) < 1e-9
    # A background breaks diffeomorphisms, and only those.
    broken = some_action(n, elastic=(1.0, 1.0)).noether_residuals(G, 3)
    assert broken["diffeomorphisms"] > 1e-6
    assert max(broken["rotations"], broken["GL(n)"]) < 1e-9


def test_the_action_does_not_depend_on_the_frame():
    """Finite GL(3): the crystal's own frame and an orthonormal one tell the same geometry."""
    e, L = smooth(3, 24, 1, 0.03), smooth(3, 24, 2, 0.03)
    metric = np.einsum("ai...,aj...->ij...", e, e)
    crystal = D.MetricAffine.crystal(np.einsum("Ab...,bi...->Ai...", L, e), metric)
    action = some_action(3)
    assert action.value(crystal) == pytest.approx(action.value(D.MetricAffine.general(e, L)), rel=1e-10)


def test_curvature_up_to_a_boundary_term():
    G = D.MetricAffine(smooth(3, 24, 1, 0.03), "general", smooth(3, 24, 2, 0.03))
    action = D.Action.curvature_equivalent()
    assert action.value(G) == pytest.approx(G.total_curvature(), abs=1e-9)
    assert abs(G.total_curvature()) > 0.1
    assert not action.stability().bounded
    assert action.coefficients["T_abc T^abc"] == Fraction(-1, 4)
    assert action.coefficients["T_a T^a"] == 1
    # It is Einstein's, so it says nothing of Lambda, exactly.
    equations = action.field_equations()
    assert all(f.is_zero() for f in equations.Lambda.flat)
    assert equations.linear()[0, 0].equals("2*(h23_yz + h32_yz - h22_zz - h33_yy)")


def test_equivalent_of_curvature_for_pure_traces():
    """``2 div(U + W) - 2 U^2 - 2 W^2 + 6 U.W + A_0^2/6`` with ``U = T/2 + A``, ``W = U - 2 B``."""
    T, Q = np.random.default_rng(0).standard_normal((2, 3, 3, 3, 8))
    T, Q = T - T.swapaxes(1, 2), Q + Q.swapaxes(0, 1)
    frame = Frame(3)
    t, q = frame.torsion_parts(T), frame.nonmetricity_parts(Q)
    from symmeter.spacetime.defects.field_strengths import Torsion

    U = t.trace / 2 + q.A
    W = U - 2 * q.B
    expected = -2 * (U**2).sum(0) - 2 * (W**2).sum(0) + 6 * (U * W).sum(0) + Torsion(T, frame).axial ** 2 / 6
    ours = D.Action.curvature_equivalent().density(t.vector + t.axial, q.trace)
    assert np.abs(ours - expected).max() < 1e-10


@pytest.mark.parametrize("n", [2, 3])
def test_field_equations_are_of_second_order(n):
    numbers = dict(zip(CONTRACTIONS, (1, -2, Fraction(1, 3), 4, 5, -6, 7, 8, 9, 10, 11)))
    equations = D.Action(numbers, n=n, elastic=(1.5, 1.0)).field_equations()
    assert equations.order == 2
    assert equations.quasilinear
    assert all(x.is_zero() for x in equations.rotation_identity().flat)
    assert all(x.is_zero() for x in equations.translation_identity())
    assert any(not x.is_zero() for x in equations.Lambda.flat)
    assert equations.elastic is not None
    assert equations.space.order(equations.elastic[0, 0].poly) == 0


def test_field_equations_are_the_gradient_on_a_grid():
    """At a point where e = Lambda = 1, with derivatives taken from the grid, both are the same numbers."""
    points, n = 24, 2
    rng = np.random.default_rng(4)
    x = np.meshgrid(*[2 * np.pi * np.arange(points) / points] * n, indexing="ij")

    def field():
        out = np.zeros((n, n, points, points))
        for f in out.reshape(n * n, points, points):
            for _ in range(3):
                k = rng.integers(-1, 2, n)
                f += 0.05 * rng.normal() * np.cos(sum(a * b for a, b in zip(k, x)) + rng.uniform(0, 6))
            f -= f[0, 0]
        return out + np.eye(n)[:, :, None, None]

    e, L = field(), field()
    G = D.MetricAffine(e, "general", L)
    action = D.Action(dict(zip(CONTRACTIONS, (1, -2, 0.5, 4, 5, -6, 7, 8, 9, 10, 11))), n=n)
    ge, gL = (g[:, :, 0, 0] / G.grid.cell for g in action.gradient(G))
    equations = action.field_equations()
    values = {}
    for letter, f in (("h", e), ("m", L)):
        for a in range(n):
            for i in range(n):
                for j in range(n):
                    once = G.grid.derivative(f[a, i], j)
                    values[f"{letter}{a + 1}{i + 1}_{'xy'[j]}"] = once[0, 0]
                    for k in range(j, n):
                        values[f"{letter}{a + 1}{i + 1}_{'xy'[j]}{'xy'[k]}"] = G.grid.derivative(once, k)[0, 0]
    from symmeter.spacetime.polynomials import exponents

    def number(s):
        names = equations.space.variables
        return sum(float(c) * np.prod([values[names[v].name] ** p for v, p in exponents(m)]) for m, c in s.poly.items())

    for ours, theirs in ((equations.coframe, ge), (equations.Lambda, gL)):
        found = np.vectorize(number)(ours)
        assert np.abs(found - theirs).max() < 1e-8 * max(1.0, np.abs(theirs).max())
        assert np.abs(theirs).max() > 0.05


def test_minimisation_reaches_the_perfect_crystal():
    x = np.meshgrid(*[2 * np.pi * np.arange(10) / 10] * 3, indexing="ij")
    rng = np.random.default_rng(0)
    wave = np.cos(x[0] + rng.normal(size=(3, 3, 1, 1, 1))) * 0.1 * rng.normal(size=(3, 3, 1, 1, 1))
    start = D.MetricAffine(
        np.eye(3)[..., None, None, None] + wave, "general", np.eye(3)[..., None, None, None] + wave[::-1]
    )
    action = D.Action({"T_abc T^abc": 1, "Q_abc Q^abc": 1})
    found = action.minimise(start, iterations=150)
    assert found.start > 1
    assert 0 <= found.energy < 1e-6 * found.start
    assert np.abs(found.geometry.torsion.components).max() < 1e-2


def test_a_dislocation_dipole_relaxes_to_linear_elasticity():
    """Displacements leave the dislocations alone; the energy falls to that of the stress of an FFT solution."""
    grid = D.Grid.of((48, 48, 1), 0.5, origin=(-12, -12, 0))
    b, lam, mu = 1e-3, 1.5, 1.0
    alpha = D.gaussian_line(grid, (b, 0, 0), (-6, 0, 0), 2.0) - D.gaussian_line(grid, (b, 0, 0), (6, 0, 0), 2.0)
    start = D.MetricAffine.weitzenboeck(D.coframe_of_density(grid, alpha), spacing=0.5)
    found = D.Action({}, elastic=(lam, mu)).minimise(start, "displacement", iterations=60)
    assert found.converged
    assert found.energy < 0.9 * found.start
    e = found.geometry.coframe
    assert np.abs(found.geometry.dislocation_content() - start.dislocation_content()).max() < 1e-12
    # Independent: the stress of an edge dipole from its Airy function, biharmonic of which is the density's gradient.
    k = 2 * np.pi * np.fft.fftfreq(48, 0.5)
    kx, ky = k[:, None], k[None, :]
    k2 = kx**2 + ky**2
    k2[0, 0] = 1
    nu = lam / (2 * (lam + mu))
    # For b along x: biharmonic of chi = (2 mu / (1 - nu)) d_y alpha_xz, up to the sign of the strain.
    chi = 2 * mu / (1 - nu) * 1j * ky * np.fft.fft2(alpha[0, 2][..., 0]) / k2**2
    stress_xy = np.fft.ifft2(kx * ky * chi).real
    strain = -(e[0, 1] + e[1, 0])[..., 0] / 2
    ours = 2 * mu * strain
    ours -= ours.mean()
    difference = min(np.abs(ours - stress_xy).max(), np.abs(ours + stress_xy).max())
    assert difference < 2e-3 * np.abs(stress_xy).max()


def test_what_cannot_be_is_said(geometry):
    for make, error, words in (
        (lambda: D.Action({"T_abc T^bca": 1}), UnknownNameError, "did you mean"),
        (lambda: D.Action({"T_a T^a": float("nan")}), InputError, "finite"),
        (lambda: D.Action({}, n=4), InputError, "2 or 3"),
        (lambda: D.Action.irreducible({"hook": 1}), UnknownNameError, "no irreducible"),
        (lambda: D.Action({"T_a T^a": -1}).minimise(geometry), InputError, "no minimum"),
        (lambda: D.Action({"T_a T^a": 1}).minimise(geometry, "metric"), UnknownNameError, "cannot be varied"),
        (lambda: D.Action({"T_a T^a": 1}, n=2).value(geometry), InputError, "2 dimensions"),
    ):
        with pytest.raises(error, match=words) as caught:
            make()
        assert "\n" not in str(caught.value)
