"""Bases of a fit beside each other, simulated nulls, limits and their coverage, filters, pixels and conventions."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError, NonFiniteError, ShapeError
from symmeter.representations import complex_sph_harm, gauss_legendre_grid, real_sph_harm
from symmeter.signals import pta
from symmeter.signals.pta.example_arrays import SIXTY_EIGHT
from symmeter.signals.pta.information import point_response

MEAN = np.sqrt(4 * np.pi)


@pytest.fixture(scope="module")
def array():
    return pta.Array.from_jnames(SIXTY_EIGHT)


@pytest.fixture(scope="module")
def small():
    return pta.Array.from_jnames(SIXTY_EIGHT[::3])


def _dipole(size: float = 0.5) -> np.ndarray:
    return np.array([MEAN, 0.0, size * MEAN, 0.0])


# ---- pixels ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nside", [1, 2, 3, 8, 16])
def test_centres_of_pixels_are_those_of_healpix(nside):
    healpix = pytest.importorskip("healpix")
    x, y, z = healpix.pix2vec(nside, np.arange(12 * nside * nside))
    assert np.allclose(pta.healpix_directions(nside), np.column_stack((x, y, z)), atol=1e-13)


def test_maps_there_and_back():
    sky = pta.population(n_sources=20, slope=-4, lmax=6, seed=3)
    assert np.allclose(pta.SkyPower.from_map(sky.map(8), lmax=6).c, sky.c, atol=1e-10)
    healpix = pytest.importorskip("healpix")
    nested = sky.map(8)[healpix.nest2ring(8, np.arange(768))]
    assert np.allclose(pta.SkyPower.from_map(nested, lmax=6, nested=True).c, sky.c, atol=1e-10)
    with pytest.raises(ShapeError, match="12 nside"):
        pta.SkyPower.from_map(np.ones(100))
    with pytest.raises(InputError, match="degrees up to 4"):
        pta.SkyPower.from_map(np.ones(48), lmax=9)


# ---- bases -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("basis", ["linear", "sqrt", "pixel", "radiometer"])
def test_every_basis_has_every_result(array, basis):
    rho = array.orf(_dipole()) + 0.1 * np.random.default_rng(0).standard_normal(len(array.pairs))
    fit = pta.AnisotropyFit(array, rho, 0.1, lmax=2, basis=basis)
    assert fit.c_lm.shape == (9,)
    assert fit.cov.shape == (9, 9)
    assert fit.C_l.shape == (3,)
    assert fit.map(nside=16).shape == fit.map_deviation(nside=16).shape == (3072,)
    assert np.linalg.eigvalsh(fit.cov).min() > -1e-9
    # The dipole is along the axis z: the power grows with height.
    z = pta.healpix_directions(16)[:, 2]
    # Modes of pixels and single pixels show it through the response of the array.
    assert np.corrcoef(fit.map(16), z)[0, 1] > (0.8 if basis in ("linear", "sqrt") else 0.3)
    assert fit.c_lm[2] > 4 * np.sqrt(fit.cov[2, 2])
    snr = fit.detection_snr(n_sim=200)
    assert isinstance(snr, float)
    assert snr > snr.threshold
    assert snr.p_value == pytest.approx(1 / 201)
    assert fit.p_value(200) == snr.p_value


def test_all_bases_agree_on_a_dipole(array):
    rho = array.orf(_dipole())
    for basis, tol in (("linear", 1e-9), ("sqrt", 1e-2), ("pixel", 0.15)):
        fit = pta.AnisotropyFit(array, rho, 0.05, lmax=4, basis=basis)
        assert np.abs(fit.c_lm[:4] - _dipole()).max() < tol * MEAN, basis


def test_clean_pixels(small):
    # An isotropic sky comes back exactly, and so does what the kept modes can hold besides.
    make = lambda rho: pta.AnisotropyFit(small, rho, 0.1, lmax=3, basis="pixel", nside=4)  # noqa: E731
    response = point_response(small, pta.healpix_directions(4))
    assert np.allclose(make(response.mean(1)).pixels[0], 1.0, atol=1e-10)
    first = make(small.orf())
    v = first._modes[2]
    assert 10 < len(v) < 60
    sky = v.T @ np.random.default_rng(1).standard_normal(len(v))
    fit = make(response @ sky / len(sky))
    level = fit.pixels[0] - sky
    # What is left is a multiple of the mean that the modes do not hold.
    outside = 1 - v.T @ (v @ np.ones(len(sky)))
    assert np.allclose(level, outside * (level @ outside) / (outside @ outside), atol=1e-9)
    worse = fit.chi2() + fit.delta_chi2
    mean = response.mean(1) / 0.1
    best = ((fit._data - mean * (mean @ fit._data) / (mean @ mean)) ** 2).sum()
    assert worse == pytest.approx(best)


def test_errors_of_pixels_and_positive_fits_are_those_of_repeats(small):
    rng = np.random.default_rng(2)
    truth = pta.square([1.0, 0.1, 0.5, -0.2]).c
    clean = small.orf(truth)
    for basis in ("pixel", "radiometer", "sqrt"):
        make = lambda rho, basis=basis: pta.AnisotropyFit(small, rho, 0.03, lmax=2, basis=basis, nside=2)  # noqa: E731
        found = np.array([make(clean + 0.03 * rng.standard_normal(len(clean))).c_lm for _ in range(150)])
        promised = np.sqrt(np.diag(make(clean).cov))
        ratio = found.std(0)[1:] / promised[1:]
        assert np.all(np.abs(ratio - 1) < 0.27), (basis, ratio)


def test_amplitude_scales_out(small):
    rho = small.orf(_dipole()) + 0.05 * np.random.default_rng(3).standard_normal(len(small.pairs))
    for basis in ("linear", "sqrt", "pixel", "radiometer"):
        one, other = (
            pta.AnisotropyFit(small, a * rho, 0.05 * a, lmax=2, basis=basis, amplitude2=a) for a in (1.0, 1e-30)
        )
        assert np.allclose(one.c_lm, other.c_lm, atol=1e-6)
        assert np.allclose(one.map(4), other.map(4), atol=1e-6)


def test_positive_fit_with_a_free_amplitude(small):
    truth = pta.square([1.0, 0.1, 0.4, -0.2]).c
    free = pta.AnisotropyFit(small, 3.0 * small.orf(truth), 0.05, lmax=2, basis="sqrt", fixed_monopole=False)
    assert np.allclose(free.c_lm, 3.0 * truth, atol=1e-5)
    held = pta.AnisotropyFit(small, small.orf(truth), 0.05, lmax=2, basis="sqrt")
    assert held.c_lm[0] == pytest.approx(MEAN)


def test_positive_fits_end_in_a_minimum_that_scipy_cannot_leave(small):
    from scipy.optimize import least_squares

    rng = np.random.default_rng(4)
    rho = small.orf() + 0.5 * rng.standard_normal(len(small.pairs))
    fit = pta.AnisotropyFit(small, rho, 0.5, lmax=4, basis="sqrt")
    residual = lambda b: fit._design @ fit._model.power(b) - fit._data  # noqa: E731
    for start in (fit._square[0], *(0.5 * rng.standard_normal((8, fit._model.size)))):
        other = least_squares(residual, start, xtol=1e-12, ftol=1e-12, gtol=1e-12)
        assert fit.chi2() <= 2 * other.cost * (1 + 1e-8)


def test_filters(small):
    rho = small.orf(_dipole()) + 0.2 * np.random.default_rng(5).standard_normal(len(small.pairs))
    plain = pta.AnisotropyFit(small, rho, 0.2, lmax=3)
    wide = pta.AnisotropyFit(small, rho, 0.2, lmax=3, prior=np.full(4, 1e12))
    assert np.allclose(plain.c_lm, wide.c_lm, atol=1e-5)
    assert np.allclose(plain.cov, wide.cov, atol=1e-5)
    prior = np.array([0.0, 0.5, 0.1, 0.02])
    wiener = pta.AnisotropyFit(small, rho, 0.2, lmax=3, prior=prior)
    ell = np.repeat(np.arange(4), 2 * np.arange(4) + 1)
    information = small.fisher(3, 0.2) + np.diag(np.append(0.0, 1 / prior[ell[1:]]))
    assert np.allclose(wiener.c_lm, np.linalg.solve(information, wiener.dirty))
    assert np.allclose(wiener.cov, np.linalg.inv(information))
    cut = pta.AnisotropyFit(small, rho, 0.2, lmax=6, cut=0.05)
    values, vectors = np.linalg.eigh(small.fisher(6, 0.2))
    keep = values > 0.05 * values[-1]
    some = vectors[:, keep]
    assert np.allclose(cut.c_lm, some @ ((some.T @ cut.dirty) / values[keep]), atol=1e-8)


def test_covariance_with_the_background_own_noise(small):
    few = pta.Array.from_jnames(SIXTY_EIGHT[:7])
    sky = np.array([MEAN, 0.3, 0.5, -0.2])
    # Real parts of products of complex amplitudes, averaged over n of them.
    n, draws = 4, 60_000
    gamma = few.orf_matrix(sky)
    rng = np.random.default_rng(6)
    z = (rng.standard_normal((draws, n, 7)) + 1j * rng.standard_normal((draws, n, 7))) / np.sqrt(2)
    r = z @ np.linalg.cholesky(gamma).T
    a, b = few.pairs.T
    found = np.cov((r[..., a] * r[..., b].conj()).real.mean(1).T)
    promised = few.pair_covariance(1e-6, sky, bins=n)
    error = np.sqrt((np.outer(np.diag(promised), np.diag(promised)) + promised**2) / draws)
    assert np.all(np.abs(found - promised) < 6 * error)


# ---- nulls and limits ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("basis", ["linear", "sqrt", "pixel", "radiometer"])
def test_p_values_of_isotropic_skies_are_uniform(small, basis):
    rng = np.random.default_rng(7)
    clean = small.orf()
    null, p = None, []
    for _ in range(200):
        rho = clean + 0.2 * rng.standard_normal(len(clean))
        fit = pta.AnisotropyFit(small, rho, 0.2, lmax=2, basis=basis, nside=4)
        if null is None:
            null = fit.detection_snr(n_sim=2000, rng=rng).null
        p.append((1 + (null >= fit.detection_snr()).sum()) / 2001)
    gap = np.abs(np.sort(p) - (np.arange(200) + 0.5) / 200).max()
    assert gap < 1.95 * np.sqrt(1 / 200 + 1 / 2000)


@pytest.mark.parametrize(("basis", "size"), [("linear", 0.3), ("linear", 0.0), ("sqrt", 0.3)])
def test_upper_limits_cover(small, basis, size):
    rng = np.random.default_rng(8)
    clean, truth = small.orf(_dipole(size)), size**2 / 3
    above = [
        pta.AnisotropyFit(small, clean + 0.1 * rng.standard_normal(len(clean)), 0.1, 2, basis).upper_limit(
            1, level=0.9, n_sim=400, rng=rng
        )
        >= truth
        for _ in range(60)
    ]
    # At least as often as is said; flat priors of several coefficients are on the safe side.
    assert np.mean(above) > 0.9 - 2 * np.sqrt(0.09 / 60)


def test_posterior_of_a_function_by_weighted_draws():
    from symmeter.signals.pta.positive import SquareModel, square_posterior

    model, rng = SquareModel(1, held=True), np.random.default_rng(9)
    design = np.diag([0.0, 1.5, 2.5, 1.0, 0.5, 0.5, 0.5, 0.5, 0.5])
    data = design @ np.array([0.0, 0.4, 1.2, -0.3, 0.0, 0.1, 0.2, 0.0, 0.0])
    best = np.array([0.05, 0.2, -0.05])
    draws = square_posterior(model, design, data, best, 8000, rng)
    # The prior: all directions of the four coefficients alike.
    b = rng.standard_normal((400_000, 4))
    power = model.power(b[:, 1:] / b[:, :1])
    weight = np.exp(-0.5 * ((power @ design.T - data) ** 2).sum(1))
    weight /= weight.sum()
    mean = weight @ power
    spread = np.sqrt(weight @ (power - mean) ** 2)
    assert np.abs(draws.mean(0) - mean)[1:].max() < 0.06
    assert np.abs(draws.std(0) / spread - 1)[1:].max() < 0.1


# ---- conventions, populations ----------------------------------------------------------------------------------------


def test_complex_coefficients(small):
    sky = pta.population(n_sources=9, lmax=4, seed=0)
    c = pta.complex_coefficients(sky.c)
    assert np.allclose(pta.real_coefficients(c), sky.c)
    points = np.random.default_rng(0).standard_normal((30, 3))
    assert np.allclose(complex_sph_harm(points, 4) @ c, sky.values(points), atol=1e-12)
    assert np.allclose(small.orf(c), small.orf(sky), atol=1e-13)
    assert np.allclose((pta.BETA * small.orf_basis(4, real=False) @ c).imag, 0, atol=1e-13)
    assert np.allclose(c, 4 * np.pi * sky.weights @ complex_sph_harm(sky.directions, 4).conj())
    source = small.orf_basis(3, real=False, convention="source")
    ell = np.repeat(np.arange(4), 2 * np.arange(4) + 1)
    assert np.allclose(source, small.orf_basis(3, real=False) * (-1.0) ** ell)
    c[1] += 0.1
    with pytest.raises(InputError, match=r"conj\(c_lm\); l = 1"):
        small.orf(c)
    with pytest.raises(InputError, match="complex coefficients"):
        pta.SkyPower(c)


def test_a_sky_in_two_conventions_is_refused(small):
    sky = pta.SkyPower(_dipole())
    with pytest.raises(InputError, match="leave convention out"):
        small.orf(sky, convention="source")


def test_population_knows_its_sources(small):
    sky = pta.population(n_sources=2000, slope=-4, seed=1)
    assert isinstance(sky, pta.SkyPower)
    assert sky.weights.sum() == pytest.approx(1.0)
    assert sky.effective_number == pytest.approx(1 / (sky.weights**2).sum())
    assert np.allclose(sky.c, 4 * np.pi * sky.weights @ real_sph_harm(sky.directions, 8, axis="z"))
    assert sky.normalised.c[0] == pytest.approx(MEAN)
    n = pta.sources_by_frequency(np.arange(1, 6.0), 1000.0)
    assert n.sum() == pytest.approx(1000.0)
    assert n[1] / n[0] == pytest.approx(2 ** (-11 / 3))


def test_a_population_is_simulated_by_its_sources(small):
    # One source: every pulsar pair has the correlation of one direction, with all degrees.
    few = pta.Array.from_jnames(SIXTY_EIGHT[::17])
    sky = pta.population(1, weights=np.ones(1), seed=5)
    f, r = few.simulate(sky, T_years=15, bins=4000, gamma=0.0, pulsar_term=False, seed=1)
    found = (r.T @ r.conj() / len(f)).real / pta.power_law(f, gamma=0.0)[0]
    a, b = few.pairs.T
    assert np.allclose(found[a, b], point_response(few, sky.directions)[:, 0], atol=0.25)


def test_residuals_in_time_and_red_noise():
    few = pta.Array.from_jnames(SIXTY_EIGHT[:4])
    out = few.simulate([MEAN], T_years=12, bins=8, amplitude=1e-30, red=(3e-15, 3.0), seed=2)
    days = np.linspace(0, 12 * 365.25, 4001)[:-1]
    series = out.at(days)
    assert series.shape == (4, 4000)
    # Parseval: the mean square is half the sum of squared amplitudes of real waves.
    expected = (np.abs(out.amplitudes) ** 2).sum(0) * out.frequencies[0] / 2
    assert np.allclose((series**2).mean(1), expected, rtol=1e-6)
    many = few.simulate([MEAN], bins=3000, amplitude=1e-30, red=(3e-15, 0.0), directions=100, seed=3).amplitudes
    assert np.mean(np.abs(many) ** 2) == pytest.approx(pta.power_law([1e-9], 3e-15, 0.0)[0], rel=0.05)


# ---- pulsar terms ----------------------------------------------------------------------------------------------------


def test_own_term_at_a_hundred_wavelengths():
    from symmeter.signals.pta.pulsar_terms import own_basis

    x = np.eye(3)[:2]
    values = MEAN * pta.BETA * own_basis(x, 0, np.array([100.0, 1e5]))[:, 0]
    assert values == pytest.approx([0.9999962, 1.0], abs=1e-7)


def test_pulsar_terms_by_brute_force():
    near = pta.Array(np.random.default_rng(1).standard_normal((3, 3)), ("a", "b", "c"))
    turns = np.array([1.3, 2.0, 0.7])
    grid = gauss_legendre_grid(300, axis="z")
    k, w = grid.points, grid.weights
    theta, phi = np.arctan2(np.hypot(k[:, 0], k[:, 1]), k[:, 2]), np.arctan2(k[:, 1], k[:, 0])
    e1 = np.stack((np.cos(theta) * np.cos(phi), np.cos(theta) * np.sin(phi), -np.sin(theta)), -1)
    e2 = np.stack((-np.sin(phi), np.cos(phi), 0 * phi), -1)
    x = near.directions
    above = 1 + x @ k.T
    turn = 1 - np.exp(2j * np.pi * turns[:, None] * above)
    plus = ((x @ e1.T) ** 2 - (x @ e2.T) ** 2) / (2 * above) * turn
    cross = (x @ e1.T) * (x @ e2.T) / above * turn
    rows = [*map(tuple, near.pairs), (0, 0), (1, 1), (2, 2)]
    y = real_sph_harm(k, 3, axis="z")
    expected = np.array([((plus[a] * plus[b].conj() + cross[a] * cross[b].conj()) * w) @ y for a, b in rows])
    with pytest.warns(UserWarning, match="closer than a wavelength"):
        found = near.orf_basis(3, distance=turns, auto=True)
    assert np.abs(found - expected).max() < 1e-11


def test_pulsar_terms_fade_with_distance():
    far = pta.Array.from_jnames(["J1713+0747", "J1909-3744", "J0437-4715"])
    gaps = [np.abs(far.orf_basis(2, distance=d) - far.orf_basis(2)).max() for d in (3.0, 12.0, 48.0)]
    assert gaps[0] > 2 * gaps[1] > 4 * gaps[2]
    matrix = far.orf_matrix(distance=[8.0, 9.0, 10.0])
    assert np.allclose(matrix, matrix.conj().T)
    assert np.linalg.eigvalsh(matrix).min() > 0


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda a: a.orf_basis(1, distance=-1.0), InputError, "wavelengths"),
        (lambda a: a.orf_basis(1, distance=[1.0, 2.0]), ShapeError, "one number, or one for each"),
        (lambda a: a.orf_basis(1, distance=900.0), InputError, "leave distance out"),
        (lambda a: pta.AnisotropyFit(a, a.orf(), 0.1, 2, "radiometer").upper_limit(1), InputError, "no posterior"),
        (lambda a: pta.AnisotropyFit(a, a.orf(), 0.1, 2, basis="linear").pixels, InputError, "no pixels"),
        (lambda a: pta.AnisotropyFit(a, a.orf(), 0.1, 2, cut=2.0), InputError, "between 0 and 1"),
        (lambda a: pta.AnisotropyFit(a, a.orf(), 0.1, 2, prior=[1.0, 1.0]), ShapeError, "l = 0 to 2"),
        (lambda a: pta.AnisotropyFit(a, a.orf(), 0.1, 9, basis="pixel", nside=4), InputError, "degrees up to 8"),
        (lambda a: pta.AnisotropyFit(a, a.orf() + 1j, 0.1, 2), InputError, "complex"),
        (lambda a: pta.AnisotropyFit(a, a.orf(), np.nan, 2), NonFiniteError, "sigma"),
        (lambda a: pta.AnisotropyFit(a, a.orf(), 0.1, 2).map(0), InputError, "nside is 0"),
        (lambda a: pta.AnisotropyFit(a, a.orf(), 0.1, 2).chi2([1.0, 2.0, 3.0, 4.0]), ShapeError, "degrees up to 2"),
        (lambda a: a.pair_covariance(0.1, bins=0), InputError, "bins"),
        (lambda a: a.orf_basis(2.0), InputError, "whole number"),
        (lambda a: pta.population(5, lmax="2"), InputError, "whole number"),
        (lambda a: pta.AnisotropyFit(a, a.orf(), 0.1, 1.5), InputError, "whole number"),
        (lambda a: pta.AnisotropyFit(a, a.orf(), "little", 1), InputError, "sigma must be numbers"),
        (lambda a: pta.Array.from_jnames("J1713+0747"), InputError, "list of names"),
        (lambda a: a.simulate(None), InputError, "numbers"),
        (lambda a: a.simulate([MEAN], T_years=-1), InputError, "T_years"),
        (lambda a: pta.sources_by_frequency([0.0, 1.0], 10.0), InputError, "positive"),
    ],
)
def test_bad_input(make, error, says, small):
    with pytest.raises(error, match=says):
        make(small)


def test_what_no_pulsar_tells_has_no_limit():
    few = pta.Array.from_jnames(SIXTY_EIGHT[:3])
    with pytest.warns(UserWarning, match="condition number"):
        fit = pta.AnisotropyFit(few, few.orf(), 0.1, 2)
    with pytest.raises(InputError, match="nothing limits them"):
        fit.upper_limit(1)
    assert pta.AnisotropyFit(few, few.orf(), 0.1, 2, prior=np.ones(3)).upper_limit(1) > 0.05


@pytest.mark.parametrize("basis", ["linear", "sqrt", "pixel", "radiometer"])
def test_degree_zero_and_no_signal(small, basis):
    none = pta.AnisotropyFit(small, 0 * small.orf(), 0.1, 2, basis)
    assert np.isfinite(none.c_lm).all()
    assert 0 <= none.detection_snr(20).p_value <= 1
    alone = pta.AnisotropyFit(small, small.orf(), 0.1, 0, basis)
    assert alone.c_lm.shape == (1,)
    assert np.isfinite(alone.detection_snr(20))


def test_the_likelihood_takes_a_sky(small):
    f, r = small.simulate(pta.population(50, seed=1), bins=3, seed=2)
    like = pta.ResidualLikelihood(small, r, pta.power_law(f), 1e-13, 1)
    assert like(pta.SkyPower(_dipole(0.2)))[0] == like(_dipole(0.2))[0]
    with pytest.raises(ShapeError, match="degrees up to 1"):
        like([MEAN])


def test_a_single_direction_is_left_as_it_is():
    point = np.array([[0.0, 0.0, 2.0]])
    assert pta.SkyPower(_dipole(0.2)).values(point)[0] == pytest.approx(1 + 0.2 * np.sqrt(3))
    assert point.tolist() == [[0.0, 0.0, 2.0]]


def test_pictures_of_the_sky(small, tmp_path):
    pytest.importorskip("matplotlib")
    skies = (pta.SkyPower([MEAN]), pta.square([1.0, 0.2, 0.8, 0.1]), _dipole(1.5), pta.SkyPower(_dipole()).map(4))
    for k, sky in enumerate(skies):
        figure = pta.draw_sky(sky, small, tmp_path / f"{k}.svg")
        low, high = figure.axes[1].get_xlim()
        values = sky if np.size(sky) == 192 else pta.SkyPower(getattr(sky, "c", sky)).map(32)
        if np.ptp(values) > 0.1:
            assert (low, high) == pytest.approx((values.min(), values.max()), abs=0.02)
        assert (tmp_path / f"{k}.svg").read_text().startswith("<?xml")
    with pytest.raises(InputError, match="saved as"):
        pta.draw_sky(skies[0], path=tmp_path / "sky.gif")
