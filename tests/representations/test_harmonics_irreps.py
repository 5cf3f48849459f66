"""Irreps as text and as values; layouts; their matrices; the peer whose notation it is."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symmeter.errors import InputError, InputTypeError, ShapeError
from symmeter.representations import Irrep, Irreps, random_rotations, real_sph_harm, rotation_generators

terms = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 6), st.sampled_from([1, -1])), max_size=6)


@given(terms)
def test_text_round_trip_dimensions_and_slices(given_terms):
    irreps = Irreps([(mul, (ell, p)) for mul, ell, p in given_terms])
    assert Irreps(str(irreps)) == irreps
    assert irreps.dim == sum(mul * (2 * ell + 1) for mul, ell, _ in given_terms)
    assert [s.stop - s.start for s in irreps.slices()] == [t.dim for t in irreps]
    assert irreps.num_irreps == len(irreps.ls)
    simple = irreps.simplify()
    assert simple.dim == irreps.dim
    assert all(a.ir != b.ir for a, b in pairwise(simple))
    assert irreps.regroup().dim == irreps.dim


@given(terms)
def test_sorting_moves_blocks_as_it_says(given_terms):
    irreps = Irreps([(mul, (ell, p)) for mul, ell, p in given_terms])
    done = irreps.sort()
    assert all(done.irreps[new] == irreps[old] for new, old in enumerate(done.inverse))
    assert all(done.irreps[new] == irreps[old] for old, new in enumerate(done.permutation))
    x = np.arange(irreps.dim)
    moved = x[irreps.sort_indices()]
    for new, old in enumerate(done.inverse):
        np.testing.assert_array_equal(moved[done.irreps.slices()[new]], x[irreps.slices()[old]])


def test_order_is_kept_and_sorted_as_e3nn_does():
    assert str(Irreps(" 2 x 1e + 0e+3x1o ")) == "2x1e+1x0e+3x1o"
    assert str(Irreps("2e+2o+1e+1o+0o+0e").sort().irreps) == "1x0o+1x0e+1x1o+1x1e+1x2o+1x2e"
    assert str(Irreps("3y+2y")) == "1x3o+1x2e"
    assert Irreps("") == Irreps([]) == Irreps()


def test_products():
    one = Irrep.parse("1o")
    assert [str(ir) for ir in one * "2e"] == ["1o", "2o", "3o"]
    product = Irreps("2x1o+0e").tensor_product("1e+3x2e")
    assert product.dim == 7 * (3 + 15)
    # Characters multiply: trace of D is the same.
    r = -random_rotations(1, rng=0)[0]
    trace = np.trace(Irreps("2x1o+0e").D(r)) * np.trace(Irreps("1e+3x2e").D(r))
    assert np.trace(product.D(r)) == pytest.approx(trace, abs=1e-12)


def test_container_arithmetic():
    a = Irreps("2x0e+1o")
    assert a + "1o" == Irreps("2x0e+1o+1o")
    assert 2 * a == a * 2 == a + a
    assert "1o" in a
    assert "1e" not in a
    assert a.count("1o") == 1
    assert a[1:] == Irreps("1o")
    assert a.filter("1o") == Irreps("1o")
    assert hash(a) == hash(Irreps("2x0e+1x1o"))
    assert Irreps.spherical_harmonics(3, p=1) == Irreps("0e+1e+2e+3e")
    assert max(Irreps("1o+4e").ls) == Irreps("1o+4e").lmax == 4


def test_layouts_are_transposes_of_each_block():
    irreps = Irreps("2x1o+3x2e+4x0e")
    x = np.arange(irreps.dim)
    moved = x[irreps.layout_indices()]
    for term, where in zip(irreps, irreps.slices()):
        np.testing.assert_array_equal(
            moved[where].reshape(term.ir.dim, term.mul), x[where].reshape(term.mul, term.ir.dim).T
        )
    back = moved[irreps.layout_indices("ir_mul", "mul_ir")]
    np.testing.assert_array_equal(back, x)
    assert [b.shape for b in irreps.split(np.zeros((5, irreps.dim)))] == [(5, 2, 3), (5, 3, 5), (5, 4, 1)]


@pytest.mark.parametrize("axis", ["y", "z"])
def test_matrices_represent_rotary_reflections(axis):
    irreps = Irreps("0o+2x1e+1o+2o+3o")
    a, b = random_rotations(2, rng=1) * np.array([1, -1])[:, None, None]
    np.testing.assert_allclose(irreps.D(a, axis) @ irreps.D(b, axis), irreps.D(a @ b, axis), atol=1e-13)
    harmonics = Irreps.spherical_harmonics(4)
    r = np.random.default_rng(0).standard_normal((6, 3))
    np.testing.assert_allclose(
        real_sph_harm(r @ b.T, 4, axis=axis), real_sph_harm(r, 4, axis=axis) @ harmonics.D(b, axis).T, atol=1e-13
    )


def test_generators_agree_with_the_groups_floor():
    lie = pytest.importorskip("symmeter.groups.lie")
    for ell in range(5):
        np.testing.assert_allclose(rotation_generators(ell, "z"), lie.so3_generators(ell), atol=1e-13)
    assert Irreps("2x1o").generators().shape == (3, 6, 6)


def test_agree_with_e3nn():
    o3 = pytest.importorskip("e3nn.o3")
    for text in ("16x0e+8x1o+4x2e", "2e+1o+0e+1e+1o", "3x0o+2x3e", "2e+2o+1e+1o+0o+0e"):
        ours, theirs = Irreps(text), o3.Irreps(text)
        assert str(ours) == str(theirs)
        assert ours.slices() == theirs.slices()
        assert str(ours.sort().irreps) == str(theirs.sort().irreps)
        assert ours.sort().permutation == tuple(theirs.sort().p)
        assert str(ours.simplify()) == str(theirs.simplify())
        product = o3.FullTensorProduct(theirs, theirs).irreps_out.sort().irreps.simplify()
        assert str(ours.tensor_product(ours)) == str(product)


@pytest.mark.parametrize("text", ["1x", "8x1o+", "1a", "x0e", "-1x0e", "1o,2e", "1.5x0e", "0e++1o", "9999999999x0e"])
def test_bad_text_is_refused_with_its_place(text):
    with pytest.raises(InputError):
        Irreps(text)


def test_bad_input_is_named():
    with pytest.raises(InputError, match="character 6 of"):
        Irreps("8x1o+2z")
    with pytest.raises(InputError, match="parity"):
        Irrep(1, 2)
    with pytest.raises(InputTypeError, match="tensor_product"):
        Irreps("1o") * Irreps("1o")
    with pytest.raises(ShapeError, match="dimension 3"):
        Irreps("1o").split(np.zeros(4))
    with pytest.raises(InputTypeError, match="not a list"):
        Irreps(5)
    with pytest.raises(InputError, match="no largest degree"):
        Irreps("").lmax  # noqa: B018
