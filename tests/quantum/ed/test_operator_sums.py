"""Operator sums of the algebra as Hamiltonians: the same as the models, for every species."""

import numpy as np
import pytest

from symmeter.errors import InputError
from symmeter.quantum import Hamiltonian, models, ops


@pytest.mark.parametrize("sites", [None, 3])
def test_hubbard_from_the_algebra(sites):
    f = ops.Fermions(["up", "dn"], sites=sites)
    total = sum(-1.0 * (f.cre(i, s) * f.ann(i + 1, s)).plus_hc() for i in range(2) for s in ("up", "dn"))
    total = total + sum(3.0 * f.n(i, "up") * f.n(i, "dn") for i in range(3))
    found = Hamiltonian.of(total)
    expected = models.fermi_hubbard(3, 1.0, 3.0, periodic=False)
    assert found.space.labels == expected.space.labels
    np.testing.assert_allclose(found.matrix().toarray(), expected.matrix().toarray(), atol=1e-13)
    np.testing.assert_allclose(
        found.eigenvalues({"Nup": 1, "Ndn": 2}), expected.eigenvalues({"Nup": 1, "Ndn": 2}), atol=1e-12
    )


def test_spins_and_pauli_operators():
    s = ops.Spins(1)
    ring = sum(s.dot(i, (i + 1) % 4) for i in range(4))
    np.testing.assert_allclose(
        Hamiltonian.of(ring).eigenvalues(), models.heisenberg(4, spin=1).eigenvalues(), atol=1e-12
    )
    p = ops.Paulis()
    chain = sum(-1.0 * p.Z(i) * p.Z(i + 1) for i in range(3)) + sum(-0.7 * p.X(i) for i in range(4))
    expected = models.ising(4, 1.0, 0.7, periodic=False)
    np.testing.assert_allclose(Hamiltonian.of(chain).eigenvalues(), expected.eigenvalues(), atol=1e-12)


def test_bosons_beside_fermions():
    """A Holstein dimer: two species, labels with the name of the species."""
    f, b = ops.Fermions(), ops.Bosons()
    total = -1.0 * (f.cre(0) * f.ann(1)).plus_hc() + sum(
        1.0 * b.n(i) + 0.5 * f.n(i) * (b.cre(i) + b.ann(i)) for i in range(2)
    )
    dimer = Hamiltonian.of(total, nmax=3)
    assert dimer.space.dimension == 4 * 16
    hopping = np.diag(np.sqrt(np.arange(1.0, 4)), 1)
    number, x = np.diag(np.arange(4.0)), hopping + hopping.T
    one = np.eye(4)
    # One electron: on site 0 or on site 1, beside two oscillators.
    sites = [np.kron(0.5 * x, one), np.kron(one, 0.5 * x)]
    bosons = np.kron(number, one) + np.kron(one, number)
    both = -np.eye(16)
    expected = np.linalg.eigvalsh(np.block([[bosons + sites[0], both], [both, bosons + sites[1]]]))
    place = [dimer.space.site(("c", i)) for i in range(2)]
    filled = dimer.space.levels(dimer.basis().codes)[:, place].sum(axis=1) == 1
    found = np.linalg.eigvalsh(dimer.matrix().toarray()[np.ix_(filled, filled)])
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_spaces_that_are_not_finite():
    b, s, g = ops.Bosons(), ops.Spins(), ops.Majoranas()
    with pytest.raises(InputError, match="need nmax="):
        Hamiltonian.of(b.n(0))
    with pytest.raises(InputError, match="have no length"):
        Hamiltonian.of(s.z(0))
    with pytest.raises(InputError, match="Majoranas have no local Hilbert space"):
        Hamiltonian.of(1j * g.g(0) * g.g(1))
