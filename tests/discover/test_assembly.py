"""Every assembly route against dense commutators: permutations, signs, phases, dense and raw matrices, complex data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symmeter.discover import dictionary
from symmeter.discover.assembly import assemble, choose_route, generator_gram, shift_lags
from symmeter.discover.generators import Generator, generators_of, parities
from symmeter.representations import Dense, Monomial


def wishart(m: int, complex_data: bool, rank: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    f = rng.standard_normal((m, rank))
    if complex_data:
        f = f + 1j * rng.standard_normal((m, rank))
    return f @ f.conj().T, f


def check(r: np.ndarray, parts: tuple[Generator, ...], route: str, factor: np.ndarray | None = None) -> None:
    """L, A(V) and the traces against their definitions with dense matrices."""
    rng = np.random.default_rng(8)
    v = rng.standard_normal(r.shape) + (1j * rng.standard_normal(r.shape) if np.iscomplexobj(r) else 0.0)
    weights = (v + v.conj().T, r)
    got = assemble(r, parts, weights, route, factor)
    assert got.route == (route if route != "auto" else choose_route(parts, None if factor is None else factor.shape[1]))
    b = [g.matrix() for g in parts]
    commutators = [r @ x - x @ r for x in b]
    parity = np.array([g.parity for g in parts])
    same = parity[:, None] == parity[None, :]

    def table(inner) -> np.ndarray:
        return np.array([[inner(k, j) for j in range(len(b))] for k in range(len(b))])

    exact = table(lambda k, j: np.vdot(commutators[k], commutators[j]).real)
    scale = max(np.abs(exact).max(), 1.0)
    np.testing.assert_allclose(got.commutator, exact, atol=1e-11 * scale)
    # Hermitian and skew parts do not mix with real coefficients.
    assert np.abs(np.where(same, 0.0, exact)).max() < 1e-10 * scale
    for weight, found in zip(weights, got.weighted, strict=True):
        dense = table(
            lambda k, j, w=weight: np.trace(b[k].conj().T @ w @ b[j]).real + np.trace(b[k] @ w @ b[j].conj().T).real
        )
        np.testing.assert_allclose(found, dense, atol=1e-11 * max(np.abs(dense).max(), 1.0))
    traces = np.array([np.trace(r @ x) for x in b])
    np.testing.assert_allclose(got.traces, traces, atol=1e-11 * max(np.abs(traces).max(), 1.0))
    gram = table(lambda k, j: np.vdot(b[k], b[j]).real)
    np.testing.assert_allclose(generator_gram(parts), gram, atol=1e-11 * np.abs(gram).max())


def any_dictionary(m: int, seed: int, complex_elements: bool) -> list:
    rng = np.random.default_rng(seed)
    random_matrix = rng.standard_normal((m, m))
    listed = [
        Monomial(rng.permutation(m)),
        Monomial(rng.permutation(m), rng.choice([-1.0, 1.0], m)),
        *dictionary.column_exchanges(m)[:2],
        *dictionary.sign_flips(m)[:2],
        Dense(np.linalg.qr(random_matrix)[0]),
        random_matrix,
        random_matrix - random_matrix.T,
        random_matrix + random_matrix.T,
    ]
    if complex_elements:
        z = random_matrix + 1j * rng.standard_normal((m, m))
        phases = np.exp(2j * np.pi * rng.integers(0, 6, m) / 6)
        listed += [Monomial(rng.permutation(m), phases), Dense(np.linalg.qr(z)[0]), z, 1j * (z + z.conj().T)]
    return listed


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 7), st.booleans(), st.booleans(), st.booleans(), st.integers(0, 2**32 - 1))
def test_gather_and_lowrank_routes(
    m: int, complex_data: bool, complex_elements: bool, trivial: bool, seed: int
) -> None:
    rank = int(np.random.default_rng(seed).integers(1, m + 1))
    r, factor = wishart(m, complex_data, rank, seed)
    parts, _ = parities(generators_of(any_dictionary(m, seed, complex_elements), m, remove_trivial=trivial))
    check(r, parts, "gather")
    check(r, parts, "lowrank", factor)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 4), st.integers(1, 4), st.booleans(), st.booleans(), st.integers(0, 2**32 - 1))
def test_fft_route_on_every_torus(h: int, w: int, complex_data: bool, everything: bool, seed: int) -> None:
    if h * w < 2:
        return
    r, _ = wishart(h * w, complex_data, h * w, seed)
    shifts = dictionary.grid_shifts((h, w), "all") if everything else dictionary.grid_shifts((h, w), (1, 2, -1))
    if not shifts:
        return
    parts = generators_of(shifts, h * w)
    assert shift_lags(parts) is not None
    check(r, parts, "fft")
    check(r, parts, "gather")


def test_fft_route_with_repeated_elements_and_the_identity_part() -> None:
    r, _ = wishart(8, True, 8, 0)
    shifts = dictionary.ring_shifts(8, (1, 3, 4, 3))
    check(r, generators_of(shifts, 8), "fft")


def test_routes_are_chosen_by_what_is_cheap() -> None:
    ring = generators_of(dictionary.ring_shifts(40, "all"), 40)
    assert choose_route(ring, None) == "fft"
    few = generators_of(dictionary.ring_shifts(40, (1, 2)), 40)
    assert choose_route(few, None) == "gather"
    assert choose_route(few, 8) == "lowrank"
    assert choose_route(few, 10) == "gather"
    mixed = generators_of([*dictionary.ring_shifts(40, "all"), *dictionary.ring_reflection(40)], 40)
    assert choose_route(mixed, None) == "gather"
    r, factor = wishart(40, False, 5, 1)
    check(r, few, "auto", factor)
    check(r, ring[:30], "auto")


def test_shift_lags_recognises_toruses_only() -> None:
    lags = shift_lags(generators_of(dictionary.grid_shifts((3, 4)), 12))
    assert lags is not None
    assert lags[0] == (3, 4)
    assert {tuple(x) for x in lags[1].tolist()} == {(1, 0), (0, 1)}
    ring = shift_lags(generators_of(dictionary.ring_shifts(12), 12))
    assert ring is not None
    assert ring[0] == (1, 12)
    assert shift_lags(generators_of(dictionary.reflections((3, 4)), 12)) is None
    assert shift_lags(generators_of(dictionary.sign_flips(12), 12)) is None
    assert shift_lags(generators_of(dictionary.skew_basis(4), 4)) is None


@pytest.mark.parametrize("complex_data", [False, True])
def test_a_known_commutator(complex_data: bool) -> None:
    # [diag(r), E_ij] = (r_i - r_j) E_ij.
    r = np.diag([1.0, 3.0, 7.0]).astype(complex if complex_data else float)
    parts = generators_of(dictionary.skew_basis(3), 3)
    got = assemble(r, parts)
    np.testing.assert_allclose(got.commutator, 2 * np.diag([4.0, 36.0, 16.0]))
