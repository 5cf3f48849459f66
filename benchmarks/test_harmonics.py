"""Harmonics, Wigner matrices and coupling tables: ours beside e3nn (one thread) and SciPy."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.linalg import polar_factor
from symmeter.representations import (
    angular_momentum,
    clebsch_gordan_table,
    gaunt_table,
    gauss_legendre_grid,
    random_rotations,
    real_sph_harm,
    wigner,
    wigner_D,
    wigner_d_all,
)
from symmeter.representations.three_j_tensors import _tensor

POINTS = np.random.default_rng(0).standard_normal((100_000, 3)).astype(np.float32)
ROTATIONS = random_rotations(2_000, rng=0)
harmonics = pytest.mark.benchmark(group="real harmonics to degree 10, 100,000 points, float32")
matrices = pytest.mark.benchmark(group="real Wigner D of degree 6, 2,000 rotations")


def torch_in_one_thread():
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    return torch


@harmonics
def test_symmeter_numpy(benchmark):
    assert benchmark(real_sph_harm, POINTS, 10).shape == (100_000, 121)


@harmonics
def test_symmeter_torch(benchmark):
    points = torch_in_one_thread().from_numpy(POINTS)
    assert benchmark(real_sph_harm, points, 10).shape == (100_000, 121)


@harmonics
def test_e3nn(benchmark):
    points = torch_in_one_thread().from_numpy(POINTS)
    o3 = pytest.importorskip("e3nn.o3")
    out = benchmark(lambda: o3.spherical_harmonics(list(range(11)), points, True, normalization="integral"))
    np.testing.assert_allclose(out.numpy(), real_sph_harm(POINTS, 10), atol=1e-4)


@matrices
def test_symmeter_matrices(benchmark):
    assert benchmark(wigner_D, 6, ROTATIONS).shape == (2_000, 13, 13)


@matrices
def test_e3nn_matrices_with_their_angles(benchmark):
    rotations = torch_in_one_thread().from_numpy(ROTATIONS)
    o3 = pytest.importorskip("e3nn.o3")
    assert benchmark(lambda: o3.wigner_D(6, *o3.matrix_to_angles(rotations))).shape == (2_000, 13, 13)


@pytest.mark.benchmark(group="small d of all degrees to 64, one angle")
@pytest.mark.parametrize("kept", [True, False], ids=["tables kept", "cold"])
def test_small_d(benchmark, kept):
    def cold():
        if not kept:
            wigner._recursion.cache_clear()

    out = benchmark.pedantic(wigner_d_all, (64, 0.7), setup=cold, rounds=20)
    assert out[64].shape == (129, 129)


@pytest.mark.benchmark(group="coupling tables to degree 10, cold")
@pytest.mark.parametrize("table", [gaunt_table, clebsch_gordan_table], ids=["gaunt", "clebsch_gordan"])
def test_tables(benchmark, table):
    def cold():
        table.cache_clear()
        _tensor.cache_clear()

    assert benchmark.pedantic(table, (10, 10, 10), setup=cold, rounds=10).nnz > 60_000


@pytest.mark.benchmark(group="polar factor of 1024 x 256, float64")
@pytest.mark.parametrize("method", ["svd", "qdwh", "newton-schulz", "polar-express"])
def test_polar(benchmark, method):
    matrix = np.random.default_rng(1).standard_normal((1024, 256))
    assert benchmark.pedantic(polar_factor, (matrix, method), rounds=3).shape == (1024, 256)


# The rows of the table that `make bench` prints ----------------------------------------------------------------------


@pytest.mark.parametrize("array", ["numpy", "torch"])
def test_harmonics_beside_e3nn(beside, array):
    torch = torch_in_one_thread()
    o3 = pytest.importorskip("e3nn.o3")
    points = torch.from_numpy(POINTS)
    ours = POINTS if array == "numpy" else points
    # The results are let go: keeping 48 MB of each round would time the memory of the system.
    shape = beside(
        f"real harmonics to degree 10, 1e5 points, float32, {array}",
        lambda: real_sph_harm(ours, 10).shape,
        lambda: o3.spherical_harmonics(list(range(11)), points, True, normalization="integral"),
        "e3nn",
        speedup=3,
    )
    assert shape == (100_000, 121)


def test_small_d_beside_eigenvectors(beside):
    """The usual way: exp(-i beta Jy) by the eigenvectors of Jy, degree by degree."""
    found = beside(
        "small-d matrices to degree 64, one angle, cold",
        lambda: (wigner._recursion.cache_clear(), wigner_d_all(64, 0.7))[1],
        lambda: [by_eigenvectors(degree, 0.7) for degree in range(65)],
        "eigenvectors of Jy",
        seconds=0.02,
        baseline_rounds=2,
    )
    np.testing.assert_allclose(found[64], by_eigenvectors(64, 0.7), atol=1e-11)


def by_eigenvectors(degree, beta):
    _, jy, _ = angular_momentum(degree)
    values, vectors = np.linalg.eigh(jy)
    return np.real((vectors * np.exp(-1j * beta * values)) @ vectors.conj().T)


@pytest.mark.parametrize("table", [gaunt_table, clebsch_gordan_table], ids=["Gaunt", "Clebsch-Gordan"])
def test_tables_beside_quadrature(beside, table, request):
    grid = gauss_legendre_grid(30)

    def cold():
        table.cache_clear()
        _tensor.cache_clear()
        return table(10, 10, 10)

    def by_quadrature():
        y = real_sph_harm(grid.points, 10)
        return ((y[:, :, None] * y[:, None, :]).reshape(len(y), -1) * grid.weights[:, None]).T @ y

    found = beside(
        f"{request.node.callspec.id} table to degree 10, cold",
        cold,
        by_quadrature,
        "Gaunt integrals by quadrature, dense",
        seconds=0.2,
        baseline_rounds=2,
    )
    assert found.nnz > 60_000
