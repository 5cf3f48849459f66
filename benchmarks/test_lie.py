"""Matrix Lie groups: polar coordinates, exponentials, Haar samples and integrals, beside what one would write instead.

Peers: eigenvectors of g g^T (right for well-conditioned matrices only), the same by geomstats' functions of SPD
matrices, and SciPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg

from symmeter.groups.lie import SL, SO, SU, Lorentz, SpIrrep, SUIrrep, expm, integrate, logm, polar

MANY = 100_000


def matrices(n: int, count: int) -> np.ndarray:
    g = np.random.default_rng(n).standard_normal((count, n, n))
    g[np.linalg.det(g) < 0, 0] *= -1
    return g


def polar_by_eigenvectors(g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    values, vectors = np.linalg.eigh(g @ g.swapaxes(1, 2))
    flat = vectors.swapaxes(1, 2)
    X = (vectors * np.log(values)[:, None] / 2) @ flat
    return X, (vectors / np.sqrt(values)[:, None]) @ flat @ g


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.benchmark(group="polar coordinates of 100,000 matrices")
def test_symmeter_polar(benchmark, n: int) -> None:
    g = matrices(n, MANY)
    assert benchmark(polar, g).X.shape == g.shape


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.benchmark(group="polar coordinates of 100,000 matrices")
def test_eigenvectors_polar(benchmark, n: int) -> None:
    g = matrices(n, MANY)
    X, _ = benchmark(polar_by_eigenvectors, g)
    assert np.median(np.abs(X - polar(g).X)) < 1e-10


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.benchmark(group="polar coordinates of 100,000 matrices")
def test_geomstats_polar(benchmark, n: int) -> None:
    spd = pytest.importorskip("geomstats.geometry.spd_matrices", exc_type=ImportError)  # it may not know this NumPy
    g = matrices(n, MANY)

    def coordinates() -> tuple[np.ndarray, np.ndarray]:
        s = g @ g.swapaxes(1, 2)
        return spd.logmh(s) / 2, spd.powermh(s, -0.5) @ g

    X, _ = benchmark.pedantic(coordinates, rounds=3)
    assert np.median(np.abs(X - polar(g).X)) < 1e-10


@pytest.mark.benchmark(group="coordinates on SL(2) of 100,000 matrices")
def test_symmeter_coordinates(benchmark) -> None:
    G = SL(2)
    g = G.sample_pairs(MANY, rng=0)[0]
    assert benchmark(G.coordinates, g).shape == (MANY, 3)


@pytest.mark.benchmark(group="exponential of 20,000 3 x 3 matrices")
def test_symmeter_expm(benchmark) -> None:
    benchmark(expm, matrices(3, 20_000))


@pytest.mark.benchmark(group="exponential of 20,000 3 x 3 matrices")
def test_scipy_expm(benchmark) -> None:
    benchmark.pedantic(scipy.linalg.expm, args=(matrices(3, 20_000),), rounds=2)


@pytest.mark.benchmark(group="logarithm of 500 3 x 3 matrices")
def test_symmeter_logm(benchmark) -> None:
    benchmark(logm, expm(matrices(3, 500) / 4))


@pytest.mark.benchmark(group="logarithm of 500 3 x 3 matrices")
def test_scipy_logm(benchmark) -> None:
    g = expm(matrices(3, 500) / 4)
    benchmark.pedantic(lambda: [scipy.linalg.logm(one) for one in g], rounds=2)


@pytest.mark.benchmark(group="10,000 Haar matrices of SO(4)")
def test_symmeter_haar(benchmark) -> None:
    benchmark(lambda: SO(4).sample(10_000, rng=0))


@pytest.mark.benchmark(group="10,000 Haar matrices of SO(4)")
def test_scipy_haar(benchmark) -> None:
    from scipy.stats import special_ortho_group

    benchmark.pedantic(special_ortho_group.rvs, args=(4, 10_000), kwargs={"random_state": 0}, rounds=2)


@pytest.mark.parametrize("method", ["random", "lattice"])
@pytest.mark.benchmark(group="Gaussian integral over SL(2), 200,000 points")
def test_integral(benchmark, method: str) -> None:
    result = benchmark.pedantic(
        lambda: integrate(lambda g: np.exp(-2 * (g**2).sum((1, 2))), SL(2), n=200_000, seed=0, method=method), rounds=2
    )
    assert abs(2 * np.pi * result.value - np.pi**2 * np.exp(-4) / 4) < 1e-3


@pytest.mark.benchmark(group="all generators of the SU(4) irrep of dimension 64")
def test_gelfand_tsetlin(benchmark) -> None:
    assert benchmark(lambda: SUIrrep((3, 2, 1, 0)).generators).shape == (15, 64, 64)
    assert SU(4).irrep((1, 1, 1)).dimension == 64


# The rows of the table that `make bench` prints ----------------------------------------------------------------------


def test_polar_coordinates_beside_eigenvectors(beside: Any) -> None:
    g = matrices(2, MANY)
    X = beside(
        "polar coordinates of 100,000 2 x 2 matrices",
        lambda: polar(g).X,
        lambda: polar_by_eigenvectors(g),
        "eigenvectors of g g^T",
        speedup=5,
    )
    assert np.median(np.abs(X - polar_by_eigenvectors(g)[0])) < 1e-10


def test_polar_coordinates_beside_geomstats(beside: Any) -> None:
    spd = pytest.importorskip("geomstats.geometry.spd_matrices", exc_type=ImportError)
    g = matrices(2, MANY)

    def by_geomstats() -> tuple[np.ndarray, np.ndarray]:
        s = g @ g.swapaxes(1, 2)
        return spd.logmh(s) / 2, spd.powermh(s, -0.5) @ g

    X = beside(
        "polar coordinates of 100,000 2 x 2 matrices",
        lambda: polar(g).X,
        by_geomstats,
        "geomstats",
        speedup=20,
        baseline_rounds=3,
    )
    assert np.median(np.abs(X - by_geomstats()[0])) < 1e-10


def test_logarithms_of_lorentz_transformations_beside_scipy(beside: Any) -> None:
    G = Lorentz()
    c = 0.5 * np.random.default_rng(1).standard_normal((300, 6))
    g = G.exp(c)
    found = beside(
        "logarithms of 300 Lorentz transformations",
        lambda: G.log(g),
        lambda: [scipy.linalg.logm(one) for one in g],
        "SciPy, one by one",
        baseline_rounds=2,
    )
    np.testing.assert_allclose(found, c, atol=1e-12)


def test_generators_of_sp_6_beside_an_eigenspace(beside: Any) -> None:
    """The irrep of dimension 70 inside 6 x 14', by a projector on the eigenspace of the Casimir."""

    def by_casimir() -> np.ndarray:
        one, other = SpIrrep((1, 0, 0)).generators, SpIrrep((0, 0, 1)).generators
        left, right = np.eye(one.shape[-1]), np.eye(other.shape[-1])
        both = np.array([np.kron(a, right) + np.kron(left, b) for a, b in zip(one, other)])
        values, vectors = np.linalg.eigh(sum(x @ x for x in both))
        inside = vectors[:, np.abs(values - float(SpIrrep((1, 0, 1)).casimir)) < 1e-8]
        return inside.conj().T @ both @ inside

    found = beside(
        "generators of the Sp(6) irrep of dimension 70",
        lambda: SpIrrep((1, 0, 1)).generators,
        by_casimir,
        "eigenspace of the Casimir",
    )
    assert found.shape == by_casimir().shape == (21, 70, 70)
