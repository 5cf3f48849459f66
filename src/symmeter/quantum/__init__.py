"""Quantum many-body physics: operator algebra, exact diagonalisation, and the way from spectra back to the group.

Names load when they are first used.
"""

from __future__ import annotations

from symmeter.late_names import late_names

#: Where each public name of the wing lives; a package of the wing stands for itself.
_HOMES: dict[str, str] = {
    "ChargeSpectra": "symmeter.quantum.symmetry_bootstrap.weights",
    "Hamiltonian": "symmeter.quantum.ed.hamiltonian",
    "HilbertSpace": "symmeter.quantum.ed.hilbert",
    "ProductBasis": "symmeter.quantum.ed.basis",
    "SectorSpectra": "symmeter.quantum.symmetry_bootstrap.spectra",
    "Spectra": "symmeter.quantum.ed.blocks",
    "SymmetricBasis": "symmeter.quantum.ed.sectors",
    "Symmetry": "symmeter.quantum.ed.symmetry",
    "SymmetryGroup": "symmeter.quantum.ed.symmetry_group",
    "bootstrap": "symmeter.quantum.symmetry_bootstrap.search",
    "lattices": "symmeter.quantum.lattices",
    "load_model": "symmeter.quantum.model_files",
    "models": "symmeter.quantum.models",
    "ops": "symmeter.quantum.ops",
    "symmetry_bootstrap": "symmeter.quantum.symmetry_bootstrap",
    "xsff": "symmeter.quantum.symmetry_bootstrap",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = late_names(__name__, _HOMES)
