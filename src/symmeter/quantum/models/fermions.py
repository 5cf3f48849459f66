"""Fermions: the Hubbard model, spinless fermions with neighbour repulsion, and the t-J model."""

from __future__ import annotations

from typing import Any

import numpy as np

from symmeter.quantum.ed.hamiltonian import Hamiltonian
from symmeter.quantum.ed.hilbert import HilbertSpace
from symmeter.quantum.ed.symmetry import Symmetry
from symmeter.quantum.models.couplings import as_lattice, lattice_symmetries, real_couplings, spread

__all__ = ["fermi_hubbard", "spinless_fermions", "tj"]

_SPINS = ("up", "dn")


def fermi_hubbard(
    lattice: Any, t: Any = 1.0, U: Any = 4.0, mu: Any = 0.0, symmetric: bool = False, periodic: bool = True
) -> Hamiltonian:
    """``H = -sum_<ij>,s (t cd_is c_js + h.c.) + sum_i U n_iup n_idn - mu n_i``.

    Parameters
    ----------
    lattice : Lattice or int
    t : float or complex, or one a bond
    U, mu : float or one a site
    symmetric : bool
        ``U (n_up - 1/2) (n_dn - 1/2)`` instead: with real hopping on a bipartite lattice and mu = 0, any t and U have
        the symmetry SO(4) of spin and eta pairing (Yang and Zhang 1990).

    Examples
    --------
    The dimer: ``(U - sqrt(U^2 + 16 t^2)) / 2``.

    >>> fermi_hubbard(2, U=4.0, periodic=False).eigenvalues({"Nup": 1, "Ndn": 1}).round(8).tolist()
    [-0.82842712, 0.0, 4.0, 4.82842712]
    """
    lattice = as_lattice(lattice, periodic)
    space = HilbertSpace.spinful_fermions(lattice.sites)
    edges, hopping = _bonds(lattice, t)
    on_site = real_couplings(U, lattice.sites, "U", "site")
    chemical = real_couplings(mu, lattice.sites, "mu", "site")
    terms = _hopping(edges, hopping)
    for i in range(lattice.sites):
        terms.append((on_site[i], (("n", (i, "up")), ("n", (i, "dn")))))
        level = -chemical[i] - (on_site[i] / 2 if symmetric else 0.0)
        terms += [(level, (("n", (i, s)),)) for s in _SPINS if level]
        if symmetric:
            terms.append((on_site[i] / 4, ()))
    symmetries = lattice_symmetries(space, lattice, hopping, on_site, chemical) if not np.imag(hopping).any() else {}
    symmetries["S"] = _exchange(space)
    parameters = {"t": t, "U": U, "mu": mu, "symmetric": symmetric}
    return Hamiltonian(space, terms, f"Fermi-Hubbard on {lattice.name}", symmetries, parameters)


def _bonds(lattice: Any, t: Any) -> tuple[np.ndarray, np.ndarray]:
    edges = lattice.edges() if lattice.sites > 1 else np.zeros((0, 2), dtype=int)
    return edges, spread(t, len(edges), "t", "bond")


def _hopping(edges: np.ndarray, hopping: np.ndarray) -> list[Any]:
    terms: list[Any] = []
    for (i, j), value in zip(edges.tolist(), hopping.tolist()):
        for s in _SPINS:
            terms.append((-value, (("cd", (i, s)), ("c", (j, s)))))
            terms.append((-np.conj(value), (("cd", (j, s)), ("c", (i, s)))))
    return terms


def _exchange(space: HilbertSpace) -> Symmetry:
    """Up and down exchanged."""
    return Symmetry.sites(space, np.roll(np.arange(space.number), space.number // 2))


def spinless_fermions(lattice: Any, t: Any = 1.0, V: Any = 0.0, mu: Any = 0.0, periodic: bool = True) -> Hamiltonian:
    """``H = -sum_<ij> (t cd_i c_j + h.c.) + sum_<ij> V n_i n_j - sum_i mu n_i``.

    Examples
    --------
    >>> spinless_fermions(4).eigenvalues({"N": 1}).round(9).tolist()
    [-2.0, 0.0, 0.0, 2.0]
    """
    lattice = as_lattice(lattice, periodic)
    space = HilbertSpace.fermions(lattice.sites)
    edges, hopping = _bonds(lattice, t)
    near = real_couplings(V, len(edges), "V", "bond")
    chemical = real_couplings(mu, lattice.sites, "mu", "site")
    terms: list[Any] = []
    for k, (i, j) in enumerate(edges.tolist()):
        terms += [(-hopping[k], (("cd", i), ("c", j))), (-np.conj(hopping[k]), (("cd", j), ("c", i)))]
        if near[k]:
            terms.append((near[k], (("n", i), ("n", j))))
    terms += [(-m, (("n", i),)) for i, m in enumerate(chemical.tolist()) if m]
    symmetries = lattice_symmetries(space, lattice, hopping, near, chemical) if not np.imag(hopping).any() else {}
    return Hamiltonian(space, terms, f"spinless fermions on {lattice.name}", symmetries, {"t": t, "V": V, "mu": mu})


def tj(lattice: Any, t: Any = 1.0, J: Any = 0.4, mu: Any = 0.0, periodic: bool = True) -> Hamiltonian:
    """``H = -sum_<ij>,s (t cd_is c_js + h.c.) + sum_<ij> J (S_i.S_j - n_i n_j / 4) - mu n`` without double occupancy.

    Examples
    --------
    Two electrons on a bond without hopping: the singlet at -J and the triplet at 0.

    >>> tj(2, t=0.0, J=1.0, periodic=False).eigenvalues({"N": 2}).round(9).tolist()
    [-1.0, 0.0, 0.0, 0.0]
    """
    lattice = as_lattice(lattice, periodic)
    space = HilbertSpace.tj(lattice.sites)
    edges, hopping = _bonds(lattice, t)
    exchange = real_couplings(J, len(edges), "J", "bond")
    chemical = real_couplings(mu, lattice.sites, "mu", "site")
    terms = _hopping(edges, hopping)
    for (i, j), c in zip(edges.tolist(), exchange.tolist()):
        if not c:
            continue
        # S+_i S-_j with fermions; Sz Sz - n n / 4 is minus half of the two antiparallel configurations.
        flip = (("cd", (i, "up")), ("c", (i, "dn")), ("cd", (j, "dn")), ("c", (j, "up")))
        back = (("cd", (j, "up")), ("c", (j, "dn")), ("cd", (i, "dn")), ("c", (i, "up")))
        terms += [(c / 2, flip), (c / 2, back)]
        terms += [(-c / 2, (("n", (i, a)), ("n", (j, b)))) for a, b in (_SPINS, _SPINS[::-1])]
    for i, m in enumerate(chemical.tolist()):
        terms += [(-m, (("n", (i, s)),)) for s in _SPINS if m]
    symmetries = lattice_symmetries(space, lattice, hopping, exchange, chemical) if not np.imag(hopping).any() else {}
    symmetries["S"] = _exchange(space)
    return Hamiltonian(space, terms, f"t-J on {lattice.name}", symmetries, {"t": t, "J": J, "mu": mu})
