"""Arrays of bit masks give the terms that plain Python gives, at any number of modes, exact where they should be."""

import numpy as np
import pytest

from symmeter.quantum import ops
from symmeter.quantum.ops.collecting import collect
from symmeter.quantum.ops.operator import Operator
from symmeter.quantum.ops.packed import pack
from symmeter.quantum.ops.term_products import all_products, bracket_terms

SPECIES = {"fermions": ops.Fermions(), "pauli": ops.Paulis(), "majorana": ops.Majoranas()}


def random_sum(species, rng, terms, modes, kind):
    """A sum of monomials with a few operators each."""
    made = {}
    while len(made) < terms:
        masks = [
            sum({1 << int(m) for m in rng.choice(modes, int(rng.integers(0, 4)), replace=False)}) for _ in range(2)
        ]
        part = masks[0] if isinstance(species, ops.Majoranas) else tuple(masks)
        value = {
            "whole": int(rng.integers(1, 9)),
            "float": float(rng.normal()),
            "complex": complex(*rng.normal(size=2)),
            "gaussian": int(rng.integers(1, 9)) + ops.Gaussian(0, int(rng.integers(1, 9))),
        }[kind]
        made[(part,)] = value
    return Operator((species,), made)


@pytest.mark.parametrize("kind", ["whole", "float", "complex", "gaussian"])
@pytest.mark.parametrize("modes", [6, 31, 33, 64, 65, 150])
@pytest.mark.parametrize("family", SPECIES)
def test_arrays_agree_with_plain_python(family, modes, kind):
    species = SPECIES[family]
    rng = np.random.default_rng(modes)
    a, b = (random_sum(species, rng, 20, modes, kind) for _ in range(2))
    assert a.packed() is not None
    assert a.packed().exact == (kind in ("whole", "gaussian"))
    exact = kind in ("whole", "gaussian")
    plain = Operator((species,), collect(all_products((species,), a.terms.items(), b.terms.items())))
    product = a * b
    assert product._packed is not None
    assert (product - plain).is_zero(0.0 if exact else 1e-12)
    assert (plain.terms.keys() ^ product.terms.keys()) == set()
    if exact:
        assert dict(product.terms) == dict(plain.terms)
    for sign, bracket in ((-1, ops.commutator), (1, ops.anticommutator)):
        plain = Operator((species,), collect(bracket_terms((species,), a.terms, b.terms, sign)))
        assert (bracket(a, b) - plain).is_zero(0.0 if exact else 1e-12)


@pytest.mark.parametrize("kind", ["whole", "complex", "gaussian"])
@pytest.mark.parametrize("modes", [6, 70])
@pytest.mark.parametrize("family", SPECIES)
def test_sums_stay_in_arrays(family, modes, kind):
    species = SPECIES[family]
    rng = np.random.default_rng(3)
    a, b, c = (random_sum(species, rng, 20, modes, kind) for _ in range(3))
    kept = a * b + 2 * (b * c) - (a * c).adjoint()
    assert kept._values is None
    first, second, third = (Operator(o.species, dict(o.terms)) for o in (a * b, b * c, a * c))
    plain = first + 2 * second - third.adjoint()
    assert (kept - plain).is_zero(0.0 if kind != "complex" else 1e-11)
    assert (kept - kept).is_zero()
    assert (kept * 0).is_zero()
    half = kept * 0.5
    assert (half + half - kept).is_zero(1e-11)


def test_numbers_too_large_for_arrays_stay_exact():
    f = ops.Fermions()
    a = sum((10**9 * f.n(k) for k in range(1, 20)), f.n(0))
    product = a * a
    assert product.coefficient(f.n(3) * f.n(4)) == 2 * 10**18
    assert product.coefficient(f.n(3)) == 10**18
    assert pack(f, {((1, 1),): 2**60}) is None
    assert pack(f, {((1 << 5000, 0),): 1}) is None


def test_exact_and_floating_sums_meet():
    f = ops.Fermions()
    whole = sum((f.n(k) for k in range(1, 20)), f.n(0))
    product = whole * (whole * 0.5)
    assert product._packed is not None
    assert product.coefficient(f.n(2) * f.n(3)) == 1.0


@pytest.mark.parametrize(("length", "terms"), [(10, 80), (20, 160)])
def test_commutators_of_hubbard_rings_stay_local(length, terms):
    f = ops.Fermions(["up", "dn"], sites=length, periodic=True)

    def ring(t, u):
        hop = [(-t * f.cre(i, s) * f.ann(i + 1, s)).plus_hc() for i in range(length) for s in f.flavours]
        return sum((u * f.n(i, "up") * f.n(i, "dn") for i in range(length)), sum(hop[1:], hop[0]))

    found = ops.commutator(ring(1, 4), ring(0.3, 1))
    assert len(found) == terms
    assert (found + found.adjoint()).is_zero(1e-12)


def test_many_contributions_are_added_in_between(monkeypatch):
    from symmeter.quantum.ops import packed

    rng = np.random.default_rng(1)
    f = ops.Fermions()
    a, b = (random_sum(f, rng, 40, 10, "whole") for _ in range(2))
    whole = a * b
    monkeypatch.setattr(packed, "_MOST_WAITING", 50)
    monkeypatch.setattr(packed, "_PAIRS_AT_ONCE", 64)
    fresh = Operator((f,), dict(a.terms)) * Operator((f,), dict(b.terms))
    assert dict(fresh.terms) == dict(whole.terms)


def test_an_empty_product():
    f = ops.Fermions()
    a = Operator((f,), {((1 << k, 0),): 1.0 for k in range(20)})
    # Creators of all odd pairs: (sum c_k^+)^2 = 0.
    assert len(a * a) == 0
    assert (a * a).is_zero()
