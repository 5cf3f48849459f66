"""SU(N) spins in the fundamental representation."""

from __future__ import annotations

from typing import Any

from symmeter.quantum.ed.hamiltonian import Hamiltonian
from symmeter.quantum.ed.hilbert import HilbertSpace
from symmeter.quantum.ed.symmetry import Symmetry
from symmeter.quantum.models.couplings import as_lattice, lattice_symmetries, real_couplings

__all__ = ["sun_heisenberg"]


def sun_heisenberg(lattice: Any, colours: int, J: Any = 1.0, periodic: bool = True) -> Hamiltonian:
    """``H = sum_<ij> J P_ij`` with the exchange P_ij of two sites (Sutherland 1975).

    Symmetries: those of the lattice; "Q" cycles the colours and "S" swaps the first two.

    Examples
    --------
    >>> sun_heisenberg(2, 3, periodic=False).eigenvalues({"N0": 1, "N1": 1}).round(9).tolist()
    [-1.0, 1.0]
    """
    lattice = as_lattice(lattice, periodic)
    space = HilbertSpace.colours(lattice.sites, colours)
    edges = lattice.edges()
    exchange = real_couplings(J, len(edges), "J", "bond")
    comma = "," if colours > 10 else ""
    terms = [
        (c, ((f"E{a}{comma}{b}", i), (f"E{b}{comma}{a}", j)))
        for (i, j), c in zip(edges.tolist(), exchange.tolist())
        for a in range(colours)
        for b in range(colours)
    ]
    symmetries = lattice_symmetries(space, lattice, exchange)
    symmetries["Q"] = Symmetry.local(space, [(k + 1) % colours for k in range(colours)])
    if colours > 2:
        symmetries["S"] = Symmetry.local(space, [1, 0, *range(2, colours)])
    return Hamiltonian(
        space, terms, f"SU({colours}) Heisenberg on {lattice.name}", symmetries, {"colours": colours, "J": J}
    )
