"""Lattice models as Hamiltonians that know their symmetries.

Couplings are numbers, or arrays with one entry a bond or site; the lattice symmetries are named only when they are
uniform. A lattice may be given by its length: a periodic chain.
"""

from __future__ import annotations

from symmeter.quantum.models.bosons import bose_hubbard, driven_bose_hubbard
from symmeter.quantum.models.clock_models import clock, potts, quantum_torus_chain
from symmeter.quantum.models.colours import sun_heisenberg
from symmeter.quantum.models.fermions import fermi_hubbard, spinless_fermions, tj
from symmeter.quantum.models.spins import heisenberg, ising, xxz

__all__ = [
    "bose_hubbard",
    "clock",
    "driven_bose_hubbard",
    "fermi_hubbard",
    "heisenberg",
    "ising",
    "potts",
    "quantum_torus_chain",
    "spinless_fermions",
    "sun_heisenberg",
    "tj",
    "xxz",
]
