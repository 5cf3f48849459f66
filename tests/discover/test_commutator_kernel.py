"""The compiled kernel against dense matrices, and against the NumPy route that serves where numba is missing."""

import sys

import numpy as np
import pytest

from symmeter.discover import assembly, commutator_kernel
from symmeter.discover.generators import Generator, generators_of
from symmeter.discover.moments import moments_of_covariance
from symmeter.discover.problem import build_problem
from symmeter.representations import Dense, Monomial

pytest.importorskip("numba")


def permutations(m: int) -> list[Monomial]:
    """Fixed points, involutions (whose skew part vanishes), the identity's trace part, repeats."""
    rng = np.random.default_rng(m)
    exchange = np.arange(m)
    exchange[[0, m - 1]] = exchange[[m - 1, 0]]
    partly = np.arange(m)
    partly[1:] = 1 + rng.permutation(m - 1)
    some = [rng.permutation(m) for _ in range(4)]
    return [Monomial(p) for p in [*some, exchange, partly, np.roll(np.arange(m), 1), np.argsort(some[0])]]


@pytest.mark.parametrize(("m", "width"), [(2, 4096), (5, 1), (5, 7), (40, 4096), (97, 100)])
def test_against_dense_matrices(m: int, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commutator_kernel, "_WIDTH", width)
    rng = np.random.default_rng(1)
    f = rng.standard_normal((m, m))
    r = f @ f.T
    parts = generators_of(permutations(m), m)
    assert {g.parity for g in parts} == ({1, -1} if m > 2 else {1})
    b = np.array([g.matrix() for g in parts])
    brackets = r @ b - b @ r
    expected = np.einsum("kij,lij->kl", brackets, brackets)
    got = assembly._assemble_compiled(r, parts)
    np.testing.assert_allclose(got.commutator, expected, atol=1e-12 * max(np.abs(expected).max(), 1.0))
    np.testing.assert_allclose(got.traces, np.einsum("ij,kji->k", r, b), atol=1e-11 * np.trace(r))
    gram = np.einsum("kij,lij->kl", b, b)
    np.testing.assert_allclose(commutator_kernel.gram_of_permutations(parts), gram, atol=1e-12 * np.abs(gram).max())


def test_both_routes_give_one_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    r = np.random.default_rng(2).standard_normal((30, 30))
    generators = generators_of(permutations(30), 30)
    moments = [moments_of_covariance(r @ r.T)]
    __import__("numba")
    compiled = build_problem(generators, moments, route="gather")
    monkeypatch.setattr(assembly, "kernel_pays", lambda generators: False)
    plain = build_problem(generators, moments, route="gather")
    np.testing.assert_allclose(compiled.commutator, plain.commutator, atol=1e-11 * np.abs(plain.commutator).max())
    np.testing.assert_allclose(compiled.gram, plain.gram, atol=1e-11 * np.abs(plain.gram).max())


def test_an_exact_symmetry_commutes_to_the_last_bit() -> None:
    ring = np.exp(-0.3 * np.abs(np.minimum(np.arange(12), 12 - np.arange(12))))
    r = ring[(np.arange(12)[:, None] - np.arange(12)) % 12]
    shift = Generator("shift", Monomial(np.roll(np.arange(12), 1)), -1)
    assert commutator_kernel.commutator_products(r, [shift], -1).item() == 0.0


def test_when_it_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = [Generator("p", Monomial(np.roll(np.arange(6), 1)), -1)]
    signed = generators_of([Monomial([1, 0], [1.0, -1.0])], 2)
    dense = generators_of([Dense([[0.6, -0.8], [0.8, 0.6]])], 2)
    __import__("numba")
    assert commutator_kernel.kernel_pays(plain)
    assert not commutator_kernel.kernel_pays(signed)
    assert not commutator_kernel.kernel_pays(dense)
    monkeypatch.delitem(sys.modules, "numba")
    assert not commutator_kernel.kernel_pays(plain)
    monkeypatch.setattr(commutator_kernel, "_WORTH_LOADING", 36)
    assert commutator_kernel.kernel_pays(plain)
