"""Metric-affine geometry on grids: identities at random, gauges, loops and regions."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.spacetime.defects import (
    Convention,
    Grid,
    MetricAffine,
    coframe_of_density,
    edge,
    gaussian_line,
    hierarchy_check,
    incompatibility,
    incompatibility_of_density,
    rectangle,
)
from symmeter.spacetime.defects.grid_forms import exterior
from symmeter.spacetime.defects.hierarchy import wedge_crossed_by_screw


def smooth(n, points, seed, amplitude=0.05, around=None):
    """A random periodic field of matrices near the identity, of the longest waves."""
    rng = np.random.default_rng(seed)
    x = np.meshgrid(*[2 * np.pi * np.arange(points) / points] * n, indexing="ij")
    out = np.zeros((n, n, *[points] * n))
    for f in out.reshape(n * n, *[points] * n):
        for _ in range(3):
            k = rng.integers(-1, 2, n)
            f += amplitude * rng.normal() * np.cos(sum(a * b for a, b in zip(k, x)) + rng.uniform(0, 6))
    return out + (np.eye(n) if around is None else around).reshape(n, n, *[1] * n)


@pytest.fixture(scope="module")
def general():
    return MetricAffine(coframe=smooth(3, 32, 3), gauge="general", Lambda=smooth(3, 32, 4))


def test_everything_that_vanishes_does(general):
    found = general.check()
    assert set(found) == {"R", "DT", "DQ", "T", "Q", "scalar"}
    assert max(found.values()) < 1e-11
    assert np.abs(general.riemann().scalar()).max() > 0.5
    assert np.abs(general.riemann().scalar() - general.scalar_curvature()).max() < 1e-12


def test_bianchi_identities_hold_with_curvature():
    omega = np.random.default_rng(0).normal(size=(3, 3, 3, 1, 1, 1)) * smooth(3, 24, 5)[0, 0]
    G = MetricAffine.metric_affine(smooth(3, 24, 6), omega)
    assert G.curvature().largest > 0.1
    assert max(G.bianchi_residuals().values()) < 1e-9
    assert G.continuity_residuals()["DT"] > 0.01


@pytest.mark.parametrize("n", [2, 3])
def test_the_plane_and_space(n):
    G = MetricAffine(smooth(n, 24, 8, 0.03), "general", smooth(n, 24, 9, 0.03))
    assert max(G.check().values()) < 1e-9
    L = G.distortion
    assert (
        np.abs(G.levi_civita_connection + np.einsum("abc...,ci...->abi...", L, G.coframe) - G.connection).max() < 1e-10
    )


def test_riemann_of_a_surface_against_the_formula_of_gauss():
    points = 64
    x = np.meshgrid(*[2 * np.pi * np.arange(points) / points] * 2, indexing="ij")
    s = 0.2 * np.cos(x[0]) * np.sin(x[1] + 0.3)
    grid = Grid.of((points, points))
    laplacian = sum(grid.derivative(grid.derivative(s, i), i) for i in range(2))
    metric = np.eye(2)[:, :, None, None] * np.exp(2 * s)
    G = MetricAffine.coincident(metric)
    assert np.abs(G.riemann().scalar() + 2 * np.exp(-2 * s) * laplacian).max() < 1e-11
    # Gauss and Bonnet: a torus.
    assert abs(G.total_curvature()) < 1e-11


def test_gauges():
    e, L = smooth(3, 24, 1, 0.03), smooth(3, 24, 2, 0.03)
    metric = np.einsum("ai...,aj...->ij...", e, e)
    teleparallel = MetricAffine.weitzenboeck(e)
    assert np.abs(teleparallel.nonmetricity.components).max() == 0
    symmetric = MetricAffine.coincident(metric)
    assert np.abs(symmetric.torsion.components).max() < 1e-12
    assert np.abs(symmetric.nonmetricity.components).max() > 0.01
    einstein = MetricAffine.levi_civita(e)
    assert np.abs(einstein.torsion.components).max() == np.abs(einstein.nonmetricity.components).max() == 0
    # Lengths do not depend on the gauge.
    scalars = [G.riemann().scalar() for G in (teleparallel, symmetric, einstein, MetricAffine.general(e, L))]
    assert max(np.abs(s - scalars[0]).max() for s in scalars) < 1e-8
    # A crystal coframe E = Lambda e with the metric of e is the general gauge, turned.
    crystal = MetricAffine.crystal(np.einsum("Ab...,bi...->Ai...", L, e), metric)
    general = MetricAffine.general(e, L)
    for name in ("torsion", "nonmetricity"):
        ours, theirs = getattr(crystal, name), getattr(general, name)
        for k, v in ours.irreps().norms.items():
            assert np.abs(v - theirs.irreps().norms[k]).max() < 1e-10
    # The same connection, given as such.
    given = MetricAffine(e, "general", connection=general.connection)
    assert np.abs(given.torsion.components - general.torsion.components).max() < 1e-9
    assert np.abs(given.nonmetricity.components - general.nonmetricity.components).max() < 1e-9


def test_conventions_change_factors_and_signs_only():
    e, L = smooth(3, 12, 1), smooth(3, 12, 2)
    ours = MetricAffine(e, "general", L)
    theirs = MetricAffine(e, "general", L, nonmetricity_convention="D g", burgers_convention="FS/RH")
    assert np.allclose(theirs.nonmetricity.components, -2 * ours.nonmetricity.components)
    assert np.allclose(theirs.nonmetricity.traces().A, -2 * ours.nonmetricity.traces().A)
    loop = rectangle((3, 3, 3), 1.5)
    assert np.allclose(theirs.burgers(loop), -ours.burgers(loop))
    assert np.allclose(theirs.flatness_scalar(), ours.flatness_scalar())
    assert Convention("-D g").factor == 2


def test_obstruction_vanishes_for_weyl_fields_and_not_for_cones():
    points = 32
    x = np.meshgrid(*[2 * np.pi * np.arange(points) / points] * 3, indexing="ij")
    s = 0.1 * np.cos(x[0]) * np.cos(x[1] + x[2])
    weyl = MetricAffine.coincident(np.eye(3)[..., None, None, None] * np.exp(2 * s))
    assert np.abs(weyl.obstruction()).max() < 1e-10
    assert np.abs(MetricAffine(smooth(3, 16, 3), "general", smooth(3, 16, 4)).obstruction()).max() > 0.01


def test_differences_converge_with_the_fourth_power():
    errors = []
    for points in (24, 48):
        e = smooth(3, points, 3, 0.05)
        step = 2 * np.pi / points
        exact = MetricAffine.weitzenboeck(e)
        rough = MetricAffine.weitzenboeck(e, spacing=step, method="finite-difference", periodic=True)
        errors.append(np.abs(exact.torsion.components - rough.torsion.components).max())
    assert 13 < errors[0] / errors[1] < 18


def test_differences_at_the_ends_are_of_fourth_order_too():
    grid = Grid.of((11, 1), 0.1, "finite-difference", origin=(0.3, 0))
    x = grid.points[0]
    assert np.abs(grid.derivative(x**4, 0) - 4 * x**3).max() < 1e-12
    periodic = Grid.of((64,), 2 * np.pi / 64, "finite-difference", periodic=True)
    wave = np.sin(periodic.points[0])
    assert np.abs(periodic.derivative(wave, 0) - np.cos(periodic.points[0])).max() < 4e-6


def test_dense_and_fast_spectral_derivatives_agree():
    for points in (15, 16, 96, 97, 128):
        grid = Grid.of((points, 4))
        x, y = grid.points
        f = np.sin(3 * x + 1) * (1 + np.cos(y)) + np.cos(2 * y)
        assert np.abs(grid.derivative(f, 0) - 3 * np.cos(3 * x + 1) * (1 + np.cos(y))).max() < 1e-11
    grid = Grid.of((16,))
    assert np.abs(grid.derivative(np.cos(8 * grid.points[0]), 0)).max() < 1e-12


def test_loops_and_surfaces_agree(general):
    h = 2 * np.pi / 32
    center, half = (12 * h, 12 * h, 12 * h), 8 * h
    box = [(4 * h, 20 * h), (4 * h, 20 * h), (12 * h, 13 * h)]
    two = exterior(general.grid, general.crystal_coframe.reshape(3, 3, -1), 1)[:, 0].reshape(3, 32, 32, 32)
    from scipy.integrate import newton_cotes

    # Two panels of an independent closed rule.
    w = np.zeros(17)
    w[:9] += h * newton_cotes(8)[0]
    w[8:] += h * newton_cotes(8)[0]
    surface = np.einsum("aij,i,j->a", two[:, 4:21, 4:21, 12], w, w)
    assert np.abs(general.burgers(rectangle(center, half)) - surface).max() < 2e-5
    assert np.abs(general.burgers(rectangle(center, half).reversed) + surface).max() < 2e-5
    assert set(general.report([box[0], box[1], (4 * h, 20 * h)]).burgers) == {"x", "y", "z"}


def test_loops_along_the_edge_of_a_grid():
    G = edge(core=1.0).on_grid((48, 48, 1), 0.25)
    low, high = G.grid.axis(0)[[0, -1]]
    corners = [[high, low], [high, high], [low, high], [low, low]]
    assert np.abs(G.burgers(corners) - [1, 0, 0]).max() < 1e-5


def test_flux_of_a_trace_is_the_integral_of_its_divergence(general):
    h = 2 * np.pi / 32
    box = [(4 * h, 20 * h), (6 * h, 22 * h), (3 * h, 15 * h)]
    X = np.moveaxis(np.linalg.inv(np.moveaxis(general.coframe, (0, 1), (-2, -1))), (-2, -1), (0, 1))
    flow = np.einsum("ia...,a...->i...", X,
                     general.nonmetricity.traces().P) * general.volume  # fmt: skip
    from symmeter.spacetime.defects.regions import integral

    divergence = sum(general.grid.derivative(flow[i], i) for i in range(3))
    assert abs(general.flux("P", box) - integral(general.grid, divergence, box)) < 2e-5


def test_frank_of_a_small_loop_is_the_curvature_inside():
    points = 48
    x = np.meshgrid(*[2 * np.pi * np.arange(points) / points] * 2, indexing="ij")
    s = 0.2 * np.cos(x[0]) * np.sin(x[1] + 0.3)
    G = MetricAffine.coincident(np.eye(2)[:, :, None, None] * np.exp(2 * s))
    h = 2 * np.pi / points
    box = [(10 * h, 22 * h), (8 * h, 20 * h)]
    loop = rectangle((16 * h, 14 * h), 6 * h)
    # Gauss: the angle is the integral of K = R/2.
    assert abs(G.frank(loop).angle - G.total_curvature(box) / 2) < 1e-6


def test_screw_dipole_in_a_periodic_box():
    grid = Grid.of((512, 512, 1), 64 / 512, origin=(-32, -32, 0))
    alpha = gaussian_line(grid, (0, 0, 1), (-16, 0, 0), 1.0) - gaussian_line(grid, (0, 0, 1), (16, 0, 0), 1.0)
    e = coframe_of_density(grid, alpha)
    curl = exterior(grid, e.reshape(3, 3, -1), 1)
    assert np.abs(curl[2, 0].reshape(grid.shape) - alpha[2, 2]).max() < 5e-15
    G = MetricAffine.weitzenboeck(e, spacing=64 / 512, origin=(-32, -32, 0))
    assert np.abs(G.burgers(rectangle((-16, 0, 0), 8)) - [0, 0, 1]).max() < 1.5e-5
    shares = G.torsion.shares()
    assert abs(shares["axial"] - 1 / 3) < 1e-12
    assert abs(shares["tensor"] - 2 / 3) < 1e-12


def test_incompatibility_is_the_einstein_tensor_to_first_order():
    grid = Grid.of((16, 16, 16))
    strain = (smooth(3, 16, 5, 1.0, np.zeros((3, 3))) + smooth(3, 16, 5, 1.0, np.zeros((3, 3))).swapaxes(0, 1)) / 2
    small = 1e-5
    found = []
    for sign in (1, -1):
        metric = np.eye(3)[..., None, None, None] + 2 * sign * small * strain
        found.append(MetricAffine.coincident(metric).riemann().einstein())
    # In the triangular frame of the metric, which is the identity to lowest order.
    assert np.abs((found[0] - found[1]) / (2 * small) - incompatibility(grid, strain)).max() < 1e-7


def test_incompatibility_follows_from_the_dislocation_density():
    grid = Grid.of((12, 12, 12))
    beta = smooth(3, 12, 6, 1.0, np.zeros((3, 3)))
    two = exterior(grid, beta.reshape(3, 3, -1), 1)
    alpha = np.stack([two[:, 2], -two[:, 1], two[:, 0]], axis=1).reshape(beta.shape)
    left = incompatibility(grid, (beta + beta.swapaxes(0, 1)) / 2)
    assert np.abs(left - incompatibility_of_density(grid, alpha)).max() < 1e-11


def test_classical_dislocations_are_not_conserved_alone_and_teleparallel_ones_are():
    found = {}
    for points, step in ((24, 0.5), (48, 0.25)):
        e, omega, origin = wedge_crossed_by_screw(points=points, spacing=step)
        found[points] = hierarchy_check(e, omega, step, 1.5, origin=origin)
    assert found[48].classical > 0.02
    assert found[48].identity < 1e-3 * 0.2
    assert found[24].identity > 8 * found[48].identity
    assert found[48].teleparallel < 1e-11
    # The source does not go away on finer grids.
    assert abs(found[24].classical / found[48].classical - 1) < 0.1


def test_coarser_grids_tell_how_far_cores_are_resolved(general):
    half = general.coarsened((1, 0, 1))
    assert np.array_equal(half.coframe, general.coframe[:, :, 1::2, ::2, 1::2])
    assert half.grid.origin[0] == pytest.approx(2 * np.pi / 32)
    assert general.report().uncertainty["curvature"] < 1e-2
    assert "torsion" in str(general.report())
    assert general.report().to_json()["gauge"] == "general"
