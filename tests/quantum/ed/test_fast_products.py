"""Sliced and compressed products against SciPy's."""

import numpy as np
import pytest
from scipy import sparse

from symmeter.quantum import models
from symmeter.quantum.ed.products import _compressed, _most_common, _sliced, fast_product

pytest.importorskip("numba")


def random_matrix(size, kind, rng):
    """Mostly one value off the diagonal, some others, empty rows, a diagonal with gaps."""
    a = sparse.random_array((size, size), density=0.1, rng=rng).tocsr()
    a.data[:] = np.where(rng.random(a.nnz) < 0.8, 0.5, rng.standard_normal(a.nnz))
    if kind is complex:
        a = a * 1.0 + 0j
        a.data = np.where(rng.random(a.nnz) < 0.3, a.data * 1j, a.data)
    a = sparse.csr_array(a)
    a.sort_indices()
    return a


@pytest.mark.parametrize("kind", [float, complex])
@pytest.mark.parametrize("size", [1, 6, 61, 100, 103])
def test_products_agree(size, kind):
    rng = np.random.default_rng(size)
    a = random_matrix(size, kind, rng)
    for v in (rng.standard_normal(size), rng.standard_normal(size) + 1j * rng.standard_normal(size)):
        expected = a @ v
        np.testing.assert_allclose(_compressed(a)(v), expected, atol=1e-13)
        common = _most_common(a.data)[0] if a.nnz else kind(0.5)
        np.testing.assert_allclose(_sliced(a, common)(v), expected, atol=1e-13)


def test_a_sector_large_enough_for_the_fast_way():
    block = models.heisenberg(16).sector({"T": 0}, ["T"], {"Sz": 0}, None)
    matrix = models.heisenberg(14).block({"Sz": 0}).matrix()
    matrix = sparse.block_diag([matrix] * 3, format="csr")
    matrix.indices = matrix.indices.astype(np.int32)
    assert matrix.nnz >= 50_000
    v = np.random.default_rng(0).standard_normal(matrix.shape[0])
    np.testing.assert_allclose(fast_product(matrix)(v), matrix @ v, atol=1e-12)
    w = np.random.default_rng(1).standard_normal(block.dimension)
    np.testing.assert_allclose(block.product()(w), block.apply(w), atol=1e-12)


@pytest.mark.parametrize("size", [65_535, 65_536])
def test_both_widths_of_the_columns(size):
    """Two bytes hold the columns, and the one behind the last, of up to 65535 rows."""
    rng = np.random.default_rng(0)
    places = rng.integers(size, size=(2, size))
    a = sparse.csr_array((np.full(size, 0.5), places), shape=(size, size))
    a = sparse.csr_array(((a + a.T) > 0) * 0.5 + sparse.diags_array(rng.standard_normal(size)))
    a.sort_indices()
    v = rng.standard_normal(size)
    v[-1] = 1e3
    np.testing.assert_allclose(_sliced(a, 0.5)(v), a @ v, atol=1e-10)
