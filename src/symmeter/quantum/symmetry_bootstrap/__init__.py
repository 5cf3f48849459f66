"""Symmetry bootstrap: from the spectra in the sectors of a known subgroup to the hidden symmetry group.

Follows the cross spectral form factor method of arXiv:2604.01296; names load when they are first used.
"""

from __future__ import annotations

from symmeter.late_names import late_names

_HERE = "symmeter.quantum.symmetry_bootstrap"

#: Where each public name lives.
_HOMES: dict[str, str] = {
    "BootstrapResult": f"{_HERE}.solutions",
    "ChargeSpectra": f"{_HERE}.weights",
    "KnownSubgroup": f"{_HERE}.subgroup_sectors",
    "SectorSpectra": f"{_HERE}.spectra",
    "Seed": f"{_HERE}.seed",
    "Solution": f"{_HERE}.solutions",
    "analyse_weights": f"{_HERE}.weights",
    "bootstrap": f"{_HERE}.search",
    "bootstrap_report": f"{_HERE}.report",
    "known_subgroup": f"{_HERE}.subgroup_sectors",
    "symmetric_random_hamiltonian": f"{_HERE}.random_blocks",
    "symmetric_random_spectra": f"{_HERE}.random_blocks",
    "xsff": f"{_HERE}.xsff",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = late_names(__name__, _HOMES)
