"""What is refused, and in which words."""

import numpy as np
import pytest

from symmeter.errors import InputError, InputTypeError, NonFiniteError, NotHermitianError, ShapeError, UnknownNameError
from symmeter.quantum import Hamiltonian, HilbertSpace, ProductBasis, lattices, models
from symmeter.quantum.ed import hilbert

SPINS = HilbertSpace.spins(3)


def test_the_term_without_its_adjoint_is_named():
    terms = [(1.0, (("Sz", 0), ("Sz", 1))), (0.5, (("S+", 0), ("S-", 1))), (0.5, (("S-", 0), ("S+", 1)))]
    terms.append((0.25, (("S+", 1), ("S-", 2))))
    with pytest.raises(NotHermitianError, match=r"term 3 \(0.25 S\+_1 S-_2\) is missing, off by 0.25"):
        Hamiltonian(SPINS, terms)
    with pytest.raises(NotHermitianError, match=r"term 0 \(1j Sz_0\)"):
        Hamiltonian(SPINS, [(1j, (("Sz", 0),))])
    many = tuple(("Sx" if i else "S+", i) for i in range(6))
    with pytest.raises(NotHermitianError, match="term 0"):
        Hamiltonian(HilbertSpace.spins(6, 2), [(1.0, many)])


def test_sums_that_are_hermitian_only_together():
    """i n_0 (1 - n_1) + i n_0 n_1 - i n_0 vanishes though no term has its adjoint."""
    space = HilbertSpace.fermions(2)
    terms = [(1j, (("n", 0), ("c", 1), ("cd", 1))), (1j, (("n", 0), ("n", 1))), (-1j, (("n", 0),))]
    assert np.abs(Hamiltonian(space, terms).eigenvalues()).max() == 0


def test_operators_and_sites_that_do_not_exist():
    with pytest.raises(
        UnknownNameError, match=r"term 1 \(1 Sq_0\): a spin site of 2 levels has no operator 'Sq'.*'Sz'"
    ):
        Hamiltonian(SPINS, [(1.0, (("Sz", 0),)), (1.0, (("Sq", 0),))])
    with pytest.raises(InputError, match=r"term 0 .*there is no site 3; sites are numbered 0..2"):
        Hamiltonian(SPINS, [(1.0, (("Sz", 3),))])
    with pytest.raises(InputError, match=r"there is no site \(0, 'left'\)"):
        Hamiltonian(HilbertSpace.spinful_fermions(2), [(1.0, (("n", (0, "left")),))])
    with pytest.raises(InputError, match="odd number of fermion operators"):
        Hamiltonian(HilbertSpace.fermions(2), [(1.0, (("c", 0),)), (1.0, (("cd", 0),))])
    with pytest.raises(NonFiniteError, match="coefficient of term 0"):
        Hamiltonian(SPINS, [(np.nan, (("Sz", 0),))])
    with pytest.raises(InputError, match="term 0 must be"):
        Hamiltonian(SPINS, [(1.0, "Sz")])
    with pytest.raises(InputTypeError, match="operator sum"):
        Hamiltonian(SPINS, 3)


def test_charges_that_are_not_conserved_or_not_there():
    with pytest.raises(InputError, match=r"Sz is not conserved: term \d+ \(-0.5 X_0\) changes it by -?1"):
        models.ising(4, transverse=0.5).eigenvalues({"Sz": 0})
    with pytest.raises(UnknownNameError, match="no site carries a charge 'sz'; did you mean 'Sz'"):
        models.heisenberg(4).eigenvalues({"sz": 0})
    with pytest.raises(InputError, match="multiple of 1/2"):
        models.heisenberg(4).eigenvalues({"Sz": 0.3})
    with pytest.raises(InputError, match=r"no state of .* has Sz = 1/2"):
        models.heisenberg(4).eigenvalues({"Sz": "1/2"})
    long = [(1.0, (("ad", 0), ("ad", 1), ("n", 2), ("a", 1))), (1.0, (("ad", 1), ("n", 2), ("a", 1), ("a", 0)))]
    chain = Hamiltonian(HilbertSpace.bosons(3, 40), long)
    with pytest.raises(InputError, match="N is not conserved"):
        chain.basis({"N": 2})


def test_spaces_over_memory_say_their_size(monkeypatch):
    monkeypatch.setattr("symmeter.quantum.ed.basis.memory_budget", lambda: 1 << 20)
    chain = models.heisenberg(20)
    with pytest.raises(
        InputError, match=r"of 1048576 states would take 8.0 MiB, more than the 1.0 MiB.*: fix charges \(Sz\)"
    ):
        chain.basis().codes  # noqa: B018
    with pytest.raises(InputError, match=r"184756 states would take 1.4 MiB, .*: take fewer sites"):
        chain.basis({"Sz": 0}).codes  # noqa: B018
    with pytest.raises(InputError, match=r"the orbit table of 184756 states would take 2.8 MiB"):
        chain.sector({"T": 0}, ["T"], {"Sz": 0}).dimension  # noqa: B018
    with pytest.raises(
        InputError, match=r"a dense matrix of 924 rows .* 13.0 MiB, .*: use the sectors of translations"
    ):
        models.heisenberg(12).eigenvalues({"Sz": 0})
    assert hilbert.memory_budget() > 1 << 20


def test_bad_spaces_and_models():
    with pytest.raises(InputError, match="positive multiple of 1/2"):
        HilbertSpace.spins(3, 0.7)
    with pytest.raises(InputError, match="number of sites"):
        HilbertSpace.spins(0)
    with pytest.raises(InputError, match="nmax"):
        HilbertSpace.bosons(3, 0)
    with pytest.raises(InputError, match="need 70 bits"):
        HilbertSpace.spins(70)
    with pytest.raises(ShapeError, match=r"J has shape \(3,\); give one number, or 6, one a bond"):
        models.heisenberg(6, J=[1.0, 2.0, 3.0])
    with pytest.raises(InputError, match="must be real"):
        models.heisenberg(6, J=1j)
    with pytest.raises(InputTypeError, match="Lattice or the length"):
        models.heisenberg("six")
    with pytest.raises(InputError, match="does not name a symmetry 'R'; it names T, P, F"):
        models.heisenberg(4).spectra(["R"])
    with pytest.raises(InputError, match="k must be a whole number from 1 to 6"):
        models.heisenberg(4).lowest(7, {"Sz": 0})
    with pytest.raises(ShapeError, match="has 6 entries"):
        models.heisenberg(4).block({"Sz": 0}).sector.embed(np.ones(5))
    with pytest.raises(InputError, match="there is no shell 9"):
        lattices.chain(4).edges(9)
    with pytest.raises(InputError, match="open along direction 0"):
        lattices.chain(4, periodic=False).translation()
    with pytest.raises(InputError, match="no state is left by keep="):
        ProductBasis(SPINS, keep=lambda levels: np.zeros(len(levels), dtype=bool))


def test_operator_sums_of_the_algebra_are_accepted():
    class Sum:
        def numeric_terms(self):
            yield 2.0, (("cd", (0, "up")), ("c", (1, "up")))
            yield 2.0, (("cd", (1, "up")), ("c", (0, "up")))

    found = Hamiltonian(HilbertSpace.spinful_fermions(2), Sum()).eigenvalues({"Nup": 1, "Ndn": 0})
    np.testing.assert_allclose(found, [-2.0, 2.0])


def test_long_products_that_are_hermitian_only_together():
    """i A (P_0 + P_1 + P_2) - i A vanishes; a phase may stand in the number or in the matrix."""
    space = HilbertSpace.clocks(5, 3)
    flat = tuple(("P0", i) for i in range(4))
    terms = [(1j, (*flat, (f"P{k}", 4))) for k in range(3)] + [(-1j, flat), (1.0, flat)]
    assert np.allclose(np.unique(Hamiltonian(space, terms).eigenvalues().round(12)), [0, 1])
    turned = [(1j, tuple(("Y", i) for i in range(9))), (1.0, (("X", 0), ("Z", 0), *(("Y", i) for i in range(1, 9))))]
    # X Z = -i Y: the two cancel.
    assert np.abs(Hamiltonian(HilbertSpace.spins(9), turned).matrix().toarray()).max() == 0


def test_parity_in_two_dresses():
    """(-1)^n_0 written as 1 - 2 n_0 and as a string of a hopping past it."""
    space = HilbertSpace.fermions(3)
    hop = [(1.0, (("cd", 0), ("c", 2))), (1.0, (("cd", 2), ("c", 0)))]
    dressed = [
        (-1.0, (("cd", 0), ("n", 1), ("c", 2))),
        (1.0, (("cd", 0), ("c", 2))),
        (-1.0, (("cd", 0), ("n", 1), ("c", 2))),
    ]
    both = Hamiltonian(space, hop)
    # i (cd_0 (1 - 2 n_1) c_2) - i (the same through c_1 cd_1 - cd_1 c_1) is zero.
    zero = [(1j * c, f) for c, f in dressed]
    zero += [(-1j, (("cd", 0), ("c", 1), ("cd", 1), ("c", 2))), (1j, (("cd", 0), ("cd", 1), ("c", 1), ("c", 2)))]
    np.testing.assert_allclose(
        Hamiltonian(space, [*both.terms, *zero]).matrix().toarray(), both.matrix().toarray(), atol=1e-14
    )
