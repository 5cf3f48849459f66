"""The algebra of fermions, bosons, spins, Pauli, Majorana and SU(N) operators: exact, normal-ordered, fast.

>>> from symmeter.quantum import ops
>>> f = ops.Fermions(["up", "dn"], sites=2)
>>> c, cd = f.ann, f.cre
>>> H = sum((-(cd(0, s) * c(1, s)).plus_hc() for s in f.flavours), 4 * f.n(0, "up") * f.n(0, "dn"))
>>> ops.commutator(H, f.number()).is_zero()
True
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES: dict[str, str] = {
    "Bosons": "bosons",
    "Counterexample": "equality",
    "Equivalence": "equality",
    "Expression": "expression",
    "FermiSea": "gaussian_states",
    "Fermions": "fermions",
    "GaussianState": "gaussian_states",
    "Gaussian": "coefficients",
    "Index": "index_forms",
    "IndexRange": "index_forms",
    "Majoranas": "majoranas",
    "Operator": "operator",
    "Paulis": "paulis",
    "SUN": "colours",
    "Sum": "indexed_symbols",
    "Species": "species",
    "Spins": "spins",
    "SymbolicState": "gaussian_states",
    "Vacuum": "gaussian_states",
    "anticommutator": "brackets",
    "baker_campbell_hausdorff": "brackets",
    "bogoliubov": "canonical_transformations",
    "bravyi_kitaev": "encodings",
    "commutator": "brackets",
    "contractions": "wick",
    "delta": "indexed_symbols",
    "dyson_maleev": "maps",
    "encoded": "encodings",
    "equivalent": "equality",
    "expectation": "wick",
    "from_openfermion": "openfermion_exchange",
    "from_qiskit": "qiskit_exchange",
    "from_quspin": "quspin_exchange",
    "from_sympy": "sympy_exchange",
    "holstein_primakoff": "maps",
    "indices": "index_forms",
    "jordan_wigner": "maps",
    "latex": "latex_writing",
    "majorana_form": "maps",
    "mean_field": "wick",
    "normal_product": "indexed_symbols",
    "parity_encoding": "encodings",
    "parse_identity": "latex_reading",
    "parse_latex": "latex_reading",
    "particle_hole": "maps",
    "pauli_labels": "qiskit_exchange",
    "phase": "indexed_symbols",
    "schrieffer_wolff": "canonical_transformations",
    "schwinger_bosons": "maps",
    "similarity": "brackets",
    "substitute": "maps",
    "tensor": "indexed_symbols",
    "thermal": "gaussian_states",
    "to_openfermion": "openfermion_exchange",
    "to_qiskit": "qiskit_exchange",
    "to_quspin": "quspin_exchange",
    "to_sympy": "sympy_exchange",
    "total": "maps",
    "word": "words",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
