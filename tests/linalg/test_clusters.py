from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symmeter.errors import InputError, NonFiniteError, ShapeError
from symmeter.linalg import cluster_entries, cluster_values, degenerate_clusters


def circulant(row):
    m = len(row)
    return np.asarray(row)[(np.arange(m)[None, :] - np.arange(m)[:, None]) % m]


def components(values, tol, distance):
    """Brute force: connected components of the graph of pairs at most tol apart."""
    n = len(values)
    labels = list(range(n))
    for i in range(n):
        for j in range(i):
            if distance(values[i], values[j]) <= tol and labels[i] != labels[j]:
                old, new = labels[i], labels[j]
                labels = [new if k == old else k for k in labels]
    return labels


def same_partition(a, b):
    a, b = np.asarray(a), np.asarray(b)
    return np.array_equal(a[:, None] == a[None, :], b[:, None] == b[None, :])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-40, 40), min_size=1, max_size=25), st.integers(0, 5))
def test_values_agree_with_connected_components(values, tol):
    found = cluster_values(np.array(values, dtype=float), tol)
    expected = components(values, tol, lambda a, b: abs(a - b))
    assert same_partition(found.labels, expected)
    groups = [[v for v, k in zip(values, found.labels) if k == c] for c in range(found.number)]
    assert found.spread == max(max(g) - min(g) for g in groups)
    np.testing.assert_allclose(found.centres, [np.mean(g) for g in groups], atol=1e-12)
    gaps = [min(b) - max(a) for a, b in pairwise(groups)]
    assert found.gap == min(gaps, default=np.inf)
    assert all(g > tol for g in gaps)


def test_no_values_is_no_cluster():
    assert cluster_values(np.zeros(0), 1.0).number == 0


def test_degenerate_runs_both_ways_and_refusal():
    e = np.array([-2.0, -2.0 + 1e-12, 0.0, 1.0, 1.0, 1.0])
    found = degenerate_clusters(e)
    assert found.multiplicities == (2, 1, 3)
    np.testing.assert_allclose(found.gaps, [2, 1])
    assert degenerate_clusters(e[::-1]).multiplicities == (3, 1, 2)
    assert degenerate_clusters([]).ranges == ()
    with pytest.raises(InputError, match="sorted"):
        degenerate_clusters([1.0, 3.0, 2.0])


def test_multiplicities_of_a_ring_hamiltonian():
    m = 9
    ring = circulant(np.r_[0, 1, np.zeros(m - 3), 1])
    assert sorted(degenerate_clusters(np.linalg.eigvalsh(ring)).multiplicities) == [1, 2, 2, 2, 2]


@pytest.mark.parametrize("m", [5, 8, 32, 128])
def test_circulant_with_tiny_tails_is_clean(m):
    distance = np.minimum(np.arange(m), m - np.arange(m))
    found = cluster_entries(circulant(0.6**distance))
    assert found.clean
    assert same_partition(found.colours[0], distance)
    assert found.number == m // 2 + 1


@pytest.mark.parametrize("noise", [0.0, 1e-15, 1e-12])
def test_rounding_noise_is_absorbed(noise):
    rng = np.random.default_rng(2)
    distance = np.minimum(np.arange(12), 12 - np.arange(12))
    r = circulant(1 / (1.0 + distance))
    r = r + noise * rng.standard_normal(r.shape)
    found = cluster_entries((r + r.T) / 2)
    assert found.clean
    assert same_partition(found.colours.reshape(-1), circulant(distance).reshape(-1))
    np.testing.assert_allclose(found.centres, np.sort(1 / (1.0 + np.arange(7))), atol=1e-10)


def test_a_rotated_isotropic_matrix_is_clean():
    rng = np.random.default_rng(0)
    q, _ = np.linalg.qr(rng.standard_normal((6, 6)))
    assert cluster_entries(q @ q.T).number == 2


def test_sample_covariances_and_correlations_are_not_clean():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((50, 10))
    s, c = np.cov(x.T), np.corrcoef(x.T)
    assert not cluster_entries(s).clean
    assert not cluster_entries(c).clean
    z = x + 1j * rng.standard_normal(x.shape)
    assert not cluster_entries(z.T @ z.conj() / 50).clean


def test_an_exchange_of_two_coordinates_alone_is_clean():
    rng = np.random.default_rng(4)
    r = np.cov(rng.standard_normal((50, 7)).T)
    p = np.array([1, 0, 2, 3, 4, 5, 6])
    assert cluster_entries((r + r[p][:, p]) / 2).clean
    z = rng.standard_normal((50, 7)) + 1j * rng.standard_normal((50, 7))
    h = z.T @ z.conj() / 50
    assert cluster_entries((h + h[p][:, p]) / 2).clean


def test_values_between_rounding_and_signal_are_not_clean():
    rng = np.random.default_rng(5)
    distance = np.minimum(np.arange(12), 12 - np.arange(12))
    r = circulant(1 / (1.0 + distance)) + 1e-5 * rng.standard_normal((12, 12))
    assert not cluster_entries((r + r.T) / 2).clean
    assert cluster_entries((r + r.T) / 2, tol=1e-3).number == 7


def test_hermitian_circulant_separates_both_directions():
    m = 7
    first = np.exp(-np.minimum(np.arange(m), m - np.arange(m)) + 0j)
    first[1] *= np.exp(0.4j)
    first[m - 1] = first[1].conj()
    h = circulant(first)
    found = cluster_entries(h)
    assert found.clean
    assert found.colours[0, 1] != found.colours[1, 0]
    assert found.number == 5
    assert cluster_entries(h.real).number == 4


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-12, 12), st.integers(-12, 12)), min_size=9, max_size=9), st.integers(0, 4))
def test_complex_entries_never_mix_what_lies_apart_on_the_plane(pairs, tol):
    values = np.array([complex(a, b) for a, b in pairs])
    found = cluster_entries(values.reshape(3, 3), tol=float(tol))
    labels = found.colours.reshape(-1)
    expected = np.array(components(values, tol, lambda a, b: max(abs(a.real - b.real), abs(a.imag - b.imag))))
    # Connected on the plane means same colour; the converse holds for gaps above tol in one part, checked below.
    same = expected[:, None] == expected[None, :]
    assert np.all((labels[:, None] == labels[None, :])[same])
    for c in range(found.number):
        members = values[labels == c]
        for part in (np.sort(members.real), np.sort(members.imag)):
            assert np.all(np.diff(part) <= tol)
            assert part[-1] - part[0] <= found.spread
    np.testing.assert_allclose(found.centres[labels[0]], values[labels == labels[0]].mean(), atol=1e-12)


def test_bad_input_is_named():
    with pytest.raises(ShapeError, match="square"):
        cluster_entries(np.ones((2, 3)))
    with pytest.raises(NonFiniteError, match=r"1 entries .*first at \(0, 1\)"):
        cluster_entries([[1.0, np.inf], [1.0, 1.0]])
    with pytest.raises(InputError, match="tol"):
        cluster_entries(np.eye(2), tol=-1.0)
    with pytest.raises(NonFiniteError):
        cluster_values([np.nan], 1.0)
