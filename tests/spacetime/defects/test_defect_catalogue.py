"""Classical defects: charges from loops, grids and formulas."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError, UnknownNameError
from symmeter.spacetime import defects as D


@pytest.mark.parametrize("a", [0.5, 0.9, 1.2])
@pytest.mark.parametrize("gauge", ["coincident", "weitzenboeck"])
def test_frank_angle_of_a_wedge_is_its_deficit(a, gauge):
    d = D.wedge_disclination(a=a, gauge=gauge)
    for loop in (D.circle((0, 0, 0), 2.0), D.rectangle((0.3, -0.2, 1.0), (1.0, 3.0)), D.circle((0, 0, 0), 0.01)):
        found = d.frank(loop)
        assert np.abs(found.vector - [0, 0, 2 * np.pi * (1 - a)]).max() < 1e-9
        assert np.allclose(found.base, loop.points[0])
    assert abs(d.frank(D.circle((3, 0, 0), 2.0)).angle) < 1e-9
    assert np.abs(d.burgers(D.circle((0, 0, 0), 2.0))).max() < 1e-12
    assert D.wedge_disclination(a, n=2).frank(D.circle((0, 0), 1.0)).angle == pytest.approx(
        2 * np.pi * (1 - a), abs=1e-9
    )


def test_a_frank_vector_is_a_number_that_knows_its_axis():
    import pickle

    d = D.wedge_disclination(a=0.9, gauge="coincident")
    flat = d.frank([[1, 0], [0, 1], [-1, 0], [0, -1]])
    assert flat == pytest.approx(0.2 * np.pi, abs=1e-9)
    assert flat.angle == float(flat)
    assert np.allclose(flat.rotation @ flat.axis, flat.axis)
    again = pickle.loads(pickle.dumps(flat))
    assert again == flat
    assert np.array_equal(again.vector, flat.vector)
    assert d.nonmetricity.traces().Q[0].is_zero()
    assert d.riemann().largest == 0
    assert d.torsion.components[0, 0, 1].is_zero()


def test_burgers_vectors_do_not_depend_on_the_loop():
    for d, b in (
        (D.screw(0.7), (0, 0, 0.7)),
        (D.edge(-1.3, gauge="crystal"), (-1.3, 0, 0)),
        (D.edge(2.0, n=2), (2, 0)),
    ):
        center = (0,) * d.n
        for loop in (D.circle(center, 1.0), D.rectangle(center, (0.2, 5.0)), D.circle(center, 3.0).reversed):
            sign = -1 if loop.points[0, 0] == loop.points[-1, 0] and loop.points[1, 1] < 0 else 1
            turned = D.Loop.of(loop, d.n)
            area = np.sum(
                turned.points[:, 0] * np.roll(turned.points[:, 1], -1)
                - turned.points[:, 1] * np.roll(turned.points[:, 0], -1)
            )
            sign = np.sign(area)
            assert np.abs(d.burgers(loop) - sign * np.array(b)).max() < 1e-9


def test_atoms_that_are_displaced_by_plus_b_have_the_opposite_integral():
    """``u_z = + b phi / 2 pi`` has ``e^3 = dz - (b/2pi) dphi``, which FS/RH calls b."""
    crystal = D.screw(-1.0)
    loop = D.circle((0, 0, 0), 1.0)
    assert crystal.burgers(loop)[2] == pytest.approx(-1)
    assert crystal.with_convention(D.Convention(burgers="FS/RH")).burgers(loop)[2] == pytest.approx(1)


def test_closed_forms_agree_with_the_fields():
    """The exact coframe and metric, at points, are those that loops integrate."""
    from symmeter.spacetime.polynomials import exponents

    def number(scalar, values):
        space, known = scalar.space, {}

        def of(v):
            if v not in known:
                variable = space.variables[v]
                if v in space.functions:
                    argument = value(space.functions[v].argument)
                    known[v] = np.exp(argument) if variable.name.startswith("exp") else 1 / argument
                else:
                    known[v] = values[variable.name]
            return known[v]

        def value(p):
            return sum(float(c) * np.prod([of(v) ** e for v, e in exponents(m)]) for m, c in p.items())

        return value(scalar.poly)

    at = {
        "x": 0.7,
        "y": -0.4,
        "z": 0.2,
        "a": 0.8,
        "B": 1.5 / (2 * np.pi),
        "B1": 1.5 / (2 * np.pi),
        "B3": 1.5 / (2 * np.pi),
    }
    point = np.array([[at["x"], at["y"], at["z"]]])
    for d in (
        D.screw(1.5),
        D.edge(1.5),
        D.dispiration(0.8, 1.5),
        D.wedge_disclination(0.8, "weitzenboeck"),
        D.dipole("edge", 1.5, 2.0),
        D.dipole("screw", 1.5, 2.0),
    ):
        ours = np.vectorize(lambda s: number(s, at))(d.exact.crystal_coframe)
        assert np.abs(ours - d.crystal_coframe(point)[:, :, 0]).max() < 1e-12
        assert d.exact.riemann().largest == 0
    for d in (D.wedge_disclination(0.8), D.point_defect(0.3, 1.7)):
        e = d.coframe(point)[:, :, 0]
        ours = np.vectorize(lambda s: number(s, at))(d.exact.metric)
        assert np.abs(ours - e.T @ e).max() < 1e-12


def test_screw_on_a_grid():
    G = D.screw(core=1.0).on_grid((64, 64, 1), 0.25)
    report = G.report(((-6.125, 5.875), (-6.125, 5.875), None))
    assert report.torsion["axial"] == pytest.approx(1 / 3, abs=1e-12)
    assert report.torsion["tensor"] == pytest.approx(2 / 3, abs=1e-12)
    assert np.abs(np.array(report.burgers["z"]) - [0, 0, 1]).max() < 1e-6
    assert report.axial == pytest.approx(1, abs=2e-3)
    assert np.abs(report.content - np.diag([0, 0, 1])).max() < 2e-3


def test_edge_on_a_grid():
    G = D.edge(core=1.0).on_grid((64, 64, 1), 0.25)
    report = G.report(((-6.125, 5.875), (-6.125, 5.875), None))
    assert report.torsion["vector"] == pytest.approx(0.5, abs=1e-12)
    assert abs(report.axial) < 1e-12
    assert np.abs(np.array(report.burgers["z"]) - [1, 0, 0]).max() < 1e-6
    plane = D.edge(core=1.0, n=2).on_grid((48, 48), 0.25).report()
    assert plane.torsion["vector"] == pytest.approx(1)
    assert plane.axial is None


@pytest.mark.parametrize("n", [2, 3])
def test_wedge_on_a_grid(n):
    a = 0.8
    d = D.wedge_disclination(a, core=1.0, n=n)
    G = d.on_grid((128, 128, 1)[:n], 0.125)
    box = ((-6.0625, 5.9375), (-6.0625, 5.9375), None)[:n]
    report = G.report(box)
    assert report.curvature == pytest.approx(4 * np.pi * (1 - a), abs=1e-4)
    assert report.frank["z"] == pytest.approx(2 * np.pi * (1 - a), abs=1e-5)
    assert report.fluxes["P"] == pytest.approx(-np.pi * (1 - a**2) / a, abs=1e-4)
    assert abs(report.fluxes["Q"]) < 1e-4
    shares = report.nonmetricity
    assert all(shares[k] > 0.1 for k in ("trace", "S", *(["H"] if n == 3 else [])))
    other = D.wedge_disclination(a, "weitzenboeck", core=1.0, n=n).on_grid((128, 128, 1)[:n], 0.125)
    assert other.total_curvature(box) == pytest.approx(report.curvature, abs=1e-3)
    assert other.nonmetricity.components.max() == 0


def test_flux_of_the_second_trace_tends_to_the_frank_angle():
    """``-oint *P`` is Omega to first order in it."""
    for small in (1e-2, 1e-3):
        d = D.wedge_disclination(1 - small)
        assert -d.charges["flux_P"] == pytest.approx(2 * np.pi * small, rel=2 * small)
        assert -d.charges["flux_P_raw"] == pytest.approx(2 * np.pi * small, rel=2 * small)


def test_point_defect_on_a_grid():
    d = D.point_defect(0.2, 1.0)
    G = d.on_grid((40, 40, 40), 0.25)
    report = G.report()
    assert report.volume_misfit == pytest.approx(d.charges["volume"], rel=1e-6)
    assert report.nonmetricity["trace"] == pytest.approx(1, abs=1e-12)
    traces = G.nonmetricity.traces()
    assert np.abs(traces.B).max() < 1e-12
    assert np.abs(traces.P - traces.Q / 3).max() < 1e-12
    r2 = (G.grid.points**2).sum(0)
    s = 0.2 * np.exp(-r2)
    formula = -np.exp(-2 * s) * (4 * (4 * r2 - 6) * s + 2 * 4 * r2 * s**2)
    # Fourth order: 40 points across ten widths.
    assert np.abs(G.riemann().scalar() - formula).max() < 0.08
    # Volume by brute force.
    r = np.linspace(0, 8, 20001)
    direct = np.trapezoid(4 * np.pi * r**2 * np.expm1(3 * 0.2 * np.exp(-(r**2))), r)
    assert d.charges["volume"] == pytest.approx(direct, rel=1e-7)


def test_dispiration_has_both_charges():
    d = D.dispiration(0.9, 1.0)
    loop = D.circle((0, 0, 0), 2.0)
    assert d.burgers(loop)[2] == pytest.approx(1)
    assert d.frank(loop).angle == pytest.approx(0.2 * np.pi, abs=1e-9)
    assert d.exact.bianchi_residuals() == {"DT": 0.0, "DQ": 0.0, "DR": 0.0}


def test_dipoles_have_opposite_lines():
    for kind, row in (("screw", 2), ("edge", 0)):
        d = D.dipole(kind, 1.0, 8.0)
        left, right, both = (D.circle((x, 0, 0), r) for x, r in ((-4, 1), (4, 1), (0, 9)))
        assert [round(d.burgers(loop)[row], 9) for loop in (left, right, both)] == [1, -1, 0]
    wedge = D.dipole("wedge", separation=8.0, a=0.9)
    left, right, both = (wedge.frank(D.circle((x, 0, 0), r)).vector[2] for x, r in ((-4, 1), (4, 1), (0, 9)))
    assert left == pytest.approx(0.2 * np.pi, abs=1e-9)
    assert right == pytest.approx(-0.2 * np.pi, abs=1e-9)
    assert abs(both) < 1e-9


def test_grain_boundary_turns_the_lattice_by_read_and_shockley():
    b, h = 1.0, 20.0
    d = D.grain_boundary(b, h)
    turn = []
    for x in (-100.0, 100.0):
        E = d.crystal_coframe(np.array([[x, 3.0, 0.0]]))[:2, :2, 0]
        left, _, right = np.linalg.svd(E)
        R = left @ right
        turn.append(np.arctan2(R[1, 0], R[0, 0]))
    angle = abs(turn[1] - turn[0])
    assert angle == pytest.approx(d.charges["angle"], abs=1e-12)
    assert angle == pytest.approx(b / h, rel=(b / h) ** 2)
    # Loops count the dislocations inside.
    for k in (1, 2, 3):
        loop = D.rectangle((0, h * (k - 1) / 2, 0), (50, h * k / 2))
        assert np.abs(d.burgers(loop) - [k * b, 0, 0]).max() < 1e-8
    near = d.crystal_coframe(np.array([[0.3, 0.4, 0.0]]))[0, :2, 0] - [1, 0]
    lone = D.edge(b).crystal_coframe(np.array([[0.3, 0.4, 0.0]]))[0, :2, 0] - [1, 0]
    assert np.abs(near - lone).max() < 0.01


def test_eshelby_sphere_is_in_equilibrium():
    s = D.eshelby_sphere(0.02, radius=1.5, nu=0.3, mu=2.0)
    at = np.random.default_rng(0).normal(size=(20, 3))
    at *= (np.linspace(0.2, 6, 20) / np.linalg.norm(at, axis=1))[:, None]
    step = 1e-4
    div, strain = np.zeros((3, 20)), np.zeros((3, 3, 20))
    for j in range(3):
        shift = step * np.eye(3)[j]
        div += (s.stress(at + shift)[:, j] - s.stress(at - shift)[:, j]) / (2 * step)
        strain[:, j] = (s.displacement(at + shift) - s.displacement(at - shift)).T / (2 * step)
    assert np.abs(div).max() < 1e-7
    assert np.abs((strain + strain.swapaxes(0, 1)) / 2 - s.strain(at)).max() < 1e-9
    # Traction is continuous, displacement too.
    inside, outside = (s.stress(np.array([[1.5 * f, 0, 0]]))[0, 0, 0] for f in (1 - 1e-9, 1 + 1e-9))
    assert inside == pytest.approx(outside, rel=1e-7)
    assert inside == pytest.approx(-s.pressure)
    assert s.swelling == pytest.approx(s.misfit_volume * 1.3 / (3 * 0.7))


def test_eshelby_sphere_by_fourier_series():
    """An independent solution in a periodic box, whose images matter as the volume that the sphere fills."""
    nu, mu, misfit, radius, box, points = 0.3, 1.0, 0.01, 1.0, 8.0, 64
    lam = 2 * mu * nu / (1 - 2 * nu)
    x = (np.arange(points) - points / 2) * box / points
    r = np.sqrt(sum(g**2 for g in np.meshgrid(x, x, x, indexing="ij")))
    # A smooth edge keeps waves of the grid away.
    eigen = misfit * 0.5 * (1 - np.tanh((r - radius) / 0.12))
    k = 2 * np.pi * np.fft.fftfreq(points, box / points)
    waves = np.array(np.meshgrid(k, k, k, indexing="ij"))
    k2 = (waves**2).sum(0)
    k2[0, 0, 0] = 1
    hat = np.fft.fftn(eigen)
    # (lam + 2 mu) k^2 u = -i k (3 lam + 2 mu) eigen for an isotropic eigenstrain.
    u = np.fft.ifftn(-1j * waves * (3 * lam + 2 * mu) / (lam + 2 * mu) * hat / k2, axes=(1, 2, 3)).real
    s = D.eshelby_sphere(misfit, radius, nu, mu)
    volume = 3 * eigen.sum() / (points**3 * misfit) * s.constraint
    middle = points // 2
    strain = (u[0, middle + 1, middle, middle] - u[0, middle - 1, middle, middle]) / (2 * box / points)
    # Zero mean strain takes the mean swelling away, a third in each direction.
    assert strain == pytest.approx(s.constraint - volume / 3, rel=0.01)
    at = np.array([[2.0, 0.0, 0.0]])
    i = middle + round(2.0 * points / box)
    outside = u[0, i, middle, middle] + volume / 3 * 2.0
    grown = eigen.sum() * (box / points) ** 3 / (misfit * 4 / 3 * np.pi * radius**3)
    assert outside == pytest.approx(s.displacement(at)[0, 0] * grown, rel=0.02)


def test_eshelby_sphere_as_geometry():
    s = D.eshelby_sphere(0.05, radius=2.0)
    G = s.geometry(0.3).on_grid((48, 48, 48), 8 / 48)
    misfit = G.volume_misfit()
    assert misfit == pytest.approx(s.geometry(0.3).charges["volume"], rel=1e-4)
    thin = s.geometry(0.01).charges
    assert thin["volume"] == pytest.approx(thin["volume_sharp"], rel=1e-3)
    assert thin["volume_sharp"] == pytest.approx(s.misfit_volume, rel=0.06)
    assert G.nonmetricity.shares()["trace"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: D.wedge_disclination(0.0), InputError, "no cone"),
        (lambda: D.wedge_disclination(0.9, "weitzenbock"), UnknownNameError, "did you mean 'weitzenboeck'"),
        (lambda: D.screw(gauge="coincident"), UnknownNameError, "no gauge"),
        (lambda: D.screw().burgers(D.rectangle((1, 0, 0), 1)), InputError, "passes through the core"),
        (lambda: D.screw(core=0.5).burgers(D.circle((0, 0, 0), 0.3)), InputError, "radius 0.5"),
        (lambda: D.screw().on_grid((9, 9, 1), 0.5), InputError, "singular core"),
        (lambda: D.dipole("twist"), UnknownNameError, "no gauge|use one of"),
        (lambda: D.dipole("wedge").exact, InputError, "no closed form"),
        (lambda: D.point_defect(width=0), InputError, "positive width"),
        (lambda: D.eshelby_sphere(nu=0.5), InputError, "Poisson"),
        (lambda: D.grain_boundary(spacing=-1), InputError, "positive spacing"),
        (lambda: D.Convention("2 D g"), UnknownNameError, "no nonmetricity convention"),
        (lambda: D.screw().burgers([[0, 1, 0], [1, 0, 0]]), InputError, "three corners"),
    ],
)
def test_what_cannot_be_is_said(make, error, words):
    with pytest.raises(error, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)
