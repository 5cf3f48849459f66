"""Normal ordering, commutators and Pauli products, ours beside OpenFermion in one run and one thread."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.quantum import ops
from symmeter.quantum.ops.operator import Operator

FERMIONS, PAULIS = ops.Fermions(), ops.Paulis()


def quartic(terms: int, modes: int, seed: int) -> dict:
    """Coefficients of c_i^+ c_j^+ c_k c_l, each product once, as the dictionary of an Operator."""
    rng = np.random.default_rng(seed)
    found: dict = {}
    while len(found) < terms:
        masks = [sum(1 << int(m) for m in rng.choice(modes, 2, replace=False)) for _ in range(2)]
        found[(tuple(masks),)] = float(rng.normal())
    return found


def peer(of, terms: dict):
    """The same sum for OpenFermion."""
    return ops.to_openfermion(Operator((FERMIONS,), dict(terms)))


@pytest.mark.parametrize(
    ("terms", "modes", "speedup"), [(40, 8, None), (100, 12, 50), (400, 16, 50)], ids=["40", "100", "400"]
)
def test_products_of_quartic_sums(beside, terms, modes, speedup):
    """From dictionaries of terms to the normal-ordered, collected sum, which stays in arrays until it is listed."""
    of = pytest.importorskip("openfermion")
    left, right = quartic(terms, modes, 0), quartic(terms, modes, 1)
    p, q = peer(of, left), peer(of, right)

    def ours():
        return len(Operator((FERMIONS,), dict(left)) * Operator((FERMIONS,), dict(right)))

    count = beside(
        f"normal order of {terms} x {terms} quartic terms, {modes} modes",
        ours,
        lambda: of.normal_ordered(p * q),
        "OpenFermion",
        speedup=speedup,
        rounds=9,
    )
    theirs = of.normal_ordered(p * q)
    theirs.compress(1e-13)
    assert count == len(theirs.terms)
    product = Operator((FERMIONS,), left) * Operator((FERMIONS,), right)
    assert (product - ops.from_openfermion(theirs)).is_zero(1e-10)


def test_product_as_a_dictionary(beside):
    """The same with every term listed as Python objects, as OpenFermion keeps them."""
    of = pytest.importorskip("openfermion")
    left, right = quartic(100, 12, 0), quartic(100, 12, 1)
    p, q = peer(of, left), peer(of, right)
    beside(
        "the same 100 x 100, listed as a dictionary",
        lambda: len((Operator((FERMIONS,), dict(left)) * Operator((FERMIONS,), dict(right))).terms),
        lambda: of.normal_ordered(p * q),
        "OpenFermion",
        rounds=9,
    )


@pytest.mark.parametrize("length", [10, 20])
def test_commutators_of_hubbard_rings(beside, length):
    of = pytest.importorskip("openfermion")
    f = ops.Fermions(["up", "dn"], sites=length, periodic=True)

    def ring(t, u):
        hop = [(-t * f.cre(i, s) * f.ann(i + 1, s)).plus_hc() for i in range(length) for s in f.flavours]
        return sum((u * f.n(i, "up") * f.n(i, "dn") for i in range(length)), sum(hop[1:], hop[0]))

    a, b = ring(1.0, 4.0), ring(0.3, 1.0)
    p, q = ops.to_openfermion(a), ops.to_openfermion(b)
    terms = [dict(o.terms) for o in (a, b)]

    def ours():
        return len(ops.commutator(*(Operator((f,), dict(t)) for t in terms)).terms)

    count = beside(
        f"commutator of two Hubbard Hamiltonians, {length} sites",
        ours,
        lambda: of.normal_ordered(of.commutator(p, q)),
        "OpenFermion",
        speedup=20,
    )
    assert count == 8 * length


def test_products_of_pauli_sums(beside):
    pytest.importorskip("openfermion")
    rng = np.random.default_rng(0)
    sums = [
        {(tuple(int(m) for m in rng.integers(0, 2**12, 2)),): float(rng.normal()) for _ in range(200)} for _ in range(2)
    ]
    p, q = (ops.to_openfermion(Operator((PAULIS,), dict(t))) for t in sums)
    beside(
        "product of 200 x 200 Pauli strings, 12 qubits",
        lambda: len((Operator((PAULIS,), dict(sums[0])) * Operator((PAULIS,), dict(sums[1]))).terms),
        lambda: p * q,
        "OpenFermion",
    )
