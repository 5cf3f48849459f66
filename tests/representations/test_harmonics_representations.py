"""Representations of finite and Lie groups: homomorphism, characters, intertwiners counted by theory."""

import numpy as np
import pytest

from symmeter.errors import InputError, InputTypeError, NonFiniteError, NotAGroupElementError, ShapeError
from symmeter.groups import MatrixGroup, alternating, cyclic, symmetric
from symmeter.representations import Irreps, Representation, T, V, intertwiners, random_rotations

BELL = {1: 1, 2: 2, 3: 5, 4: 15}


def quarter_and_mirror():
    return MatrixGroup([np.array([[0.0, -1.0], [1.0, 0.0]]), np.diag([1.0, -1.0])])


def test_invariant_tensors_of_the_symmetric_group_are_counted_by_set_partitions():
    group = symmetric(4)
    for power, count in BELL.items():
        assert len(T(power)(group).invariants()) == count
    v = V(group)
    assert len((v >> v).invariants()) == len(v.commutant()) == 2


def test_equivariant_maps_commute_and_span_the_averages():
    group = quarter_and_mirror()
    a, b = V(group) + V(group).trivial(), V(group) * V(group)
    found = a.intertwiners(b)
    for g in group.elements():
        np.testing.assert_allclose(b(g) @ found.maps, found.maps @ a(g), atol=1e-12)
    gram = found.maps.reshape(len(found.maps), -1)
    np.testing.assert_allclose(gram @ gram.T, np.eye(len(gram)), atol=1e-12)
    # Brute force: the group average of a random map is the projection on the span.
    w = np.random.default_rng(0).standard_normal((4, 3))
    average = np.mean([b(g) @ w @ a(g).T for g in group.elements()], axis=0)
    np.testing.assert_allclose(found.project(w), average, atol=1e-12)
    assert found.gap > 0.1
    assert found.residual < 1e-13


@pytest.mark.parametrize("group", [symmetric(4), cyclic(6), alternating(4), quarter_and_mirror()], ids=str)
def test_commutant_dimension_is_the_norm_of_the_character(group):
    v = V(group)
    for rep in (v, v * v, v + 2 * v.trivial(), v**2 + v.dual):
        inner = rep.multiplicity(rep)
        assert inner == pytest.approx(round(inner), abs=1e-12)
        assert len(rep.commutant()) == round(inner)
        assert rep.homomorphism_defect() < 1e-12
        assert rep.is_unitary


def test_sums_products_and_duals_of_characters():
    group = alternating(4)
    v = V(group)
    sign = Representation.of_finite_group(group, [np.eye(1) for _ in group.generators])
    x = v.characters
    np.testing.assert_allclose((v + sign).characters, x + 1)
    np.testing.assert_allclose((v * v).characters, x**2)
    np.testing.assert_allclose(v.dual.characters, x.conj())
    np.testing.assert_allclose((3 * v).characters, 3 * x)
    assert (v**0).dimension == 1


def test_complex_characters_of_a_cyclic_group_are_orthogonal():
    group = cyclic(5)
    w = np.exp(2j * np.pi / 5)
    irreps = [Representation.of_finite_group(group, [np.array([[w**k]])]) for k in range(5)]
    table = np.array([[a.multiplicity(b) for a in irreps] for b in irreps])
    np.testing.assert_allclose(table, np.eye(5), atol=1e-14)
    assert [round(V(group).multiplicity(a), 12) for a in irreps] == [1] * 5
    np.testing.assert_allclose(irreps[1].dual.characters, irreps[4].characters, atol=1e-14)


@pytest.mark.parametrize("method", ["dense", "iterative"])
def test_so3_intertwiners_are_the_clebsch_gordan_paths(method):
    one = Irreps("0e+1o+2e").representation()
    pairs = one * one
    basis = pairs.intertwiners(one, method=method)
    # Paths (l1, l2, l3) with degrees up to 2 and natural parity: 11.
    assert basis.dimension == 11
    rotation = -random_rotations(1, rng=2)[0]
    D = Irreps("0e+1o+2e").D(rotation)
    np.testing.assert_allclose(basis.maps @ np.kron(D, D), D @ basis.maps, atol=1e-11)
    assert basis.gap > 0.05


def test_both_methods_span_one_space():
    rep = Irreps("2x0e+1o+1e+2e").representation()
    dense, iterative = (rep.intertwiners(rep, method=m) for m in ("dense", "iterative"))
    overlap = np.einsum("rmn,smn->rs", dense.maps, iterative.maps)
    assert dense.dimension == iterative.dimension == 7
    np.testing.assert_allclose(overlap @ overlap.T, np.eye(7), atol=1e-10)


def test_a_large_problem_goes_without_the_constraint_matrix():
    group = symmetric(6)
    pairs = V(group) ** 2
    assert len(pairs.commutant()) == 15
    assert pairs.dimension**2 > 700


def test_invariants_of_matrix_lie_groups():
    lie = pytest.importorskip("symmeter.groups.lie")
    # First and second fundamental theorems: metric, Levi-Civita (not for reflections), pairs of metrics.
    for group, counts in (
        (lie.SO(3), (0, 1, 1, 3)),
        (lie.O(3), (0, 1, 0, 3)),
        (lie.Lorentz(), (0, 1, 0, 4)),
        (lie.SU(2), (0, 1, 0, 2)),
    ):
        assert tuple(len(T(p)(group).invariants()) for p in range(1, 5)) == counts
        assert len(T(1, 1)(group).invariants()) == 1
        assert V(group).homomorphism_defect() < 1e-12


def test_lorentz_invariant_is_the_metric():
    lie = pytest.importorskip("symmeter.groups.lie")
    (metric,) = T(2)(lie.Lorentz()).invariants()
    metric = metric.reshape(4, 4) / metric[0]
    np.testing.assert_allclose(metric, np.diag([1.0, -1, -1, -1]), atol=1e-9)


def test_finite_group_with_a_table():
    groups = pytest.importorskip("symmeter.groups.finite_group")
    group = groups.FiniteGroup.from_permutations([[1, 2, 0], [1, 0, 2]])
    regular = V(group)
    assert len(regular.commutant()) == regular.dimension
    assert regular.homomorphism_defect() < 1e-12


def test_irreps_are_homomorphisms_and_irreducible():
    for ell in range(4):
        rep = Irreps([(1, (ell, 1))]).representation()
        assert rep.homomorphism_defect() < 1e-12
        assert len(rep.commutant()) == 1
    rep = Irreps("1o").representation()
    theta = np.array([0.1, 0.2, -0.5])
    g = rep.element(theta)
    np.testing.assert_allclose(g @ g.T, np.eye(3), atol=1e-14)


def test_symbols_read_like_formulas():
    assert str((V + T(2)) >> V) == "V + T(2) >> V"
    assert (V * V).terms == T(2).terms
    assert T(2, 1).dual.terms == T(1, 2).terms
    assert (2 * V)(cyclic(3)).dimension == 6
    assert T(1, 1, cyclic(3)).dimension == 9


def test_bad_input_is_named():
    group = symmetric(3)
    with pytest.raises(NotAGroupElementError, match="differ by"):
        Representation.of_finite_group(group, [np.array([[2.0]]) for _ in group.generators])
    with pytest.raises(ShapeError, match="one each"):
        Representation.of_finite_group(group, [np.eye(1)] * 5)
    with pytest.raises(InputError, match="one group"):
        V(symmetric(3)) + V(symmetric(4))
    with pytest.raises(InputTypeError, match="no generators"):
        V(3)
    with pytest.raises(NonFiniteError):
        Representation(discrete=(np.array([[np.nan]]),))
    with pytest.raises(InputError, match="cannot be evaluated"):
        Representation(discrete=(np.eye(2),))(0)
    with pytest.raises(InputError, match="needs a generator"):
        Representation()
    with pytest.raises(ShapeError, match="same ones in both"):
        intertwiners([np.eye(2)], [])
    with pytest.raises(InputError, match="whole number >= 1"):
        0 * V(group)
