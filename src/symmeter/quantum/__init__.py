"""Quantum many-body physics: operator algebra, exact diagonalisation, and the way from spectra back to the group.

Names load when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

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


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = import_module(_HOMES[name])
    value = home if _HOMES[name] == f"{__name__}.{name}" else getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
