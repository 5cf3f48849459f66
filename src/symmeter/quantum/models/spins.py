"""Spin models: Heisenberg, XXZ and Ising."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from symmeter.quantum.ed.hamiltonian import Hamiltonian
from symmeter.quantum.ed.hilbert import HilbertSpace
from symmeter.quantum.ed.symmetry import Symmetry
from symmeter.quantum.models.couplings import as_lattice, lattice_symmetries, real_couplings

__all__ = ["heisenberg", "ising", "xxz"]


def heisenberg(
    lattice: Any,
    J: Any = 1.0,
    J2: Any = 0.0,
    field: Any = 0.0,
    spin: Fraction | float | str = Fraction(1, 2),
    periodic: bool = True,
) -> Hamiltonian:
    """``H = J sum_<ij> S_i.S_j + J2 sum_<<ij>> S_i.S_j - field sum_i Sz_i``; positive J is antiferromagnetic.

    Parameters
    ----------
    lattice : Lattice or int
    J, J2 : float or one a bond
        On nearest and next-nearest neighbours.
    field : float or one a site
    spin : Fraction, float or str
    periodic : bool
        Of a chain that is given by its length.

    Examples
    --------
    >>> heisenberg(6).lowest(1).round(8).tolist()
    [-2.80277564]
    """
    return _spins("Heisenberg", lattice, J, 1.0, J2, field, spin, periodic)


def xxz(
    lattice: Any,
    J: Any = 1.0,
    delta: float = 1.0,
    J2: Any = 0.0,
    field: Any = 0.0,
    spin: Fraction | float | str = Fraction(1, 2),
    periodic: bool = True,
) -> Hamiltonian:
    """``H = J sum_<ij> (Sx Sx + Sy Sy + delta Sz Sz) - field sum_i Sz_i``, and the same with J2 on next neighbours.

    Examples
    --------
    The XX ring of four sites is free fermions:

    >>> xxz(4, delta=0.0).lowest(1).round(8).tolist()
    [-1.41421356]
    """
    return _spins("XXZ", lattice, J, delta, J2, field, spin, periodic)


def _spins(
    name: str, lattice: Any, J: Any, delta: float, J2: Any, field: Any, spin: Any, periodic: bool
) -> Hamiltonian:
    lattice = as_lattice(lattice, periodic)
    space = HilbertSpace.spins(lattice.sites, spin)
    delta = float(real_couplings(delta, 1, "delta", "model")[0])
    terms: list[Any] = []
    used = []
    for shell, values in ((1, J), (2, J2)):
        if shell == 2 and not real_couplings(values, 1, "J2", "bond").any() if np.ndim(values) == 0 else False:
            continue
        edges = lattice.edges(shell) if lattice.sites > 1 else lattice.edges(1)
        couplings = real_couplings(values, len(edges), "J" if shell == 1 else "J2", "bond")
        used.append(couplings)
        for (i, j), c in zip(edges.tolist(), couplings.tolist()):
            if c:
                terms.append((c / 2, (("S+", i), ("S-", j))))
                terms.append((c / 2, (("S-", i), ("S+", j))))
                if delta:
                    terms.append((c * delta, (("Sz", i), ("Sz", j))))
    fields = real_couplings(field, lattice.sites, "field", "site")
    terms += [(-h, (("Sz", i),)) for i, h in enumerate(fields.tolist()) if h]
    symmetries = lattice_symmetries(space, lattice, fields, *used)
    if not fields.any():
        symmetries["F"] = Symmetry.local(space, list(range(space.sites[0].levels))[::-1])
    parameters = {"J": J, "delta": delta, "J2": J2, "field": field, "spin": str(Fraction(spin).limit_denominator(2))}
    return Hamiltonian(space, terms, f"{name} on {lattice.name}", symmetries, parameters)


def ising(
    lattice: Any, J: Any = 1.0, transverse: Any = 0.0, longitudinal: Any = 0.0, periodic: bool = True
) -> Hamiltonian:
    """``H = -J sum_<ij> Z_i Z_j - transverse sum_i X_i - longitudinal sum_i Z_i`` with Pauli matrices.

    Examples
    --------
    >>> ising(8, transverse=1.0).lowest(1).round(8).tolist()
    [-10.25166179]
    """
    lattice = as_lattice(lattice, periodic)
    space = HilbertSpace.spins(lattice.sites)
    edges = lattice.edges()
    bonds = real_couplings(J, len(edges), "J", "bond")
    across = real_couplings(transverse, lattice.sites, "transverse", "site")
    along = real_couplings(longitudinal, lattice.sites, "longitudinal", "site")
    terms: list[Any] = [(-c, (("Z", i), ("Z", j))) for (i, j), c in zip(edges.tolist(), bonds.tolist()) if c]
    terms += [(-c, (("X", i),)) for i, c in enumerate(across.tolist()) if c]
    terms += [(-c, (("Z", i),)) for i, c in enumerate(along.tolist()) if c]
    symmetries = lattice_symmetries(space, lattice, bonds, across, along)
    if not along.any():
        symmetries["F"] = Symmetry.local(space, [1, 0])
    parameters = {"J": J, "transverse": transverse, "longitudinal": longitudinal}
    return Hamiltonian(space, terms, f"Ising on {lattice.name}", symmetries, parameters)
