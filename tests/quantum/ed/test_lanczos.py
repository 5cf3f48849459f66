"""Low-lying states by Lanczos against full diagonalisation."""

import numpy as np
import pytest

from symmeter.errors import InputError
from symmeter.quantum import models
from symmeter.quantum.ed.lanczos import lowest_states


@pytest.mark.parametrize("matrix_free", [True, False])
@pytest.mark.parametrize(("names", "irrep"), [(["T"], {"T": 0}), (["T"], {"T": 1}), (["F"], {"F": "-"}), ([], None)])
def test_lowest_levels_and_states(names, irrep, matrix_free):
    chain = models.heisenberg(12, J2=0.2)
    block = chain.sector(irrep, names or None, {"Sz": 0} if not names or names == ["F"] else {})
    expected = block.eigenvalues() if block.dimension <= 1000 else None
    energies, states = block.lowest(4, vectors=True, matrix_free=matrix_free)
    if expected is not None:
        np.testing.assert_allclose(energies, expected[:4], atol=1e-10)
    for e, v in zip(energies, states.T, strict=True):
        assert np.linalg.norm(block.apply(v) - e * v) < 1e-9
    np.testing.assert_allclose(states.conj().T @ states, np.eye(4), atol=1e-10)


def test_random_matrix_and_degenerate_levels():
    rng = np.random.default_rng(0)
    q, _ = np.linalg.qr(rng.standard_normal((300, 300)))
    levels = np.sort(np.concatenate([[-3.0, -3.0, -2.5], rng.uniform(-2, 4, 297)]))
    matrix = (q * levels) @ q.T
    energies, states = lowest_states(lambda v: matrix @ v, 300, 4, rng=1)
    np.testing.assert_allclose(energies, levels[:4], atol=1e-11)
    np.testing.assert_allclose(states.T @ states, np.eye(4), atol=1e-11)


def test_an_invariant_start_is_no_end():
    """A block-diagonal operator whose lowest level the first Krylov space cannot see exactly: still found."""
    levels = np.concatenate([np.full(50, 1.0), np.full(50, 2.0), [0.5]])
    energies, _ = lowest_states(lambda v: levels * v, 101, 2, rng=3)
    np.testing.assert_allclose(energies, [0.5, 1.0], atol=1e-12)


def test_the_same_seed_gives_the_same_states():
    chain = models.heisenberg(14)
    one, two = (chain.sector({"T": 0}, ["T"], {"Sz": 1}).lowest(1, vectors=True, rng=5) for _ in range(2))
    np.testing.assert_array_equal(one[1], two[1])


def test_it_says_when_it_has_not_converged():
    levels = np.linspace(0, 1, 1000) ** 8
    with pytest.raises(InputError, match="not converged after"):
        lowest_states(lambda v: levels * v, 1000, 5, max_products=60)
