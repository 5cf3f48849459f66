"""Hamiltonians and their spectra as subjects, recognised without importing the quantum wing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from .labelled import is_instance_of
from .values import Subject

__all__ = ["HamiltonianSubject", "is_hamiltonian", "is_model_file"]

_BOOTSTRAP = "symmeter.quantum.symmetry_bootstrap"


@dataclass(frozen=True, eq=False, repr=False)
class HamiltonianSubject(Subject):
    """A Hamiltonian (or realisations of one, or its spectra by sector) with the subgroup that is known.

    Parameters
    ----------
    hamiltonian : Hamiltonian, SectorSpectra, ChargeSpectra, or a list of Hamiltonians
    subgroup : optional
        What is known of its symmetry: names of symmetries, ``"U,V"``, or of a group, ``"Z3"``.
    charges : mapping
        Totals of conserved charges.
    source : str
    notes : tuple of str
    """

    hamiltonian: Any
    subgroup: Any = None
    charges: Mapping[str, Any] | None = None
    source: str = ""
    notes: tuple[str, ...] = ()
    kind: ClassVar[str] = "hamiltonian"

    def __post_init__(self) -> None:
        first = self.hamiltonian[0] if isinstance(self.hamiltonian, (list, tuple)) else self.hamiltonian
        if not self.source:
            object.__setattr__(self, "source", str(getattr(first, "name", "") or type(first).__name__))

    @property
    def dimension(self) -> int:
        """Number of states, where it is known without work."""
        found = getattr(self.hamiltonian, "dimension", 0)
        return int(found) if isinstance(found, int) else 0

    def describe(self) -> str:
        known = "" if self.subgroup is None else f", known subgroup {self.subgroup}"
        return "; ".join([f"read {self.source}{known}", *self.notes])


def is_hamiltonian(value: Any) -> bool:
    """Whether an object is a Hamiltonian, spectra of one by sector, or a list of Hamiltonians.

    Examples
    --------
    >>> is_hamiltonian([[1.0, 0.0], [0.0, 1.0]])
    False
    """
    if isinstance(value, (list, tuple)):
        return len(value) > 0 and all(
            is_instance_of(v, "symmeter.quantum.ed.hamiltonian", "Hamiltonian") for v in value
        )
    return (
        isinstance(value, HamiltonianSubject)
        or is_instance_of(value, "symmeter.quantum.ed.hamiltonian", "Hamiltonian")
        or is_instance_of(value, f"{_BOOTSTRAP}.spectra", "SectorSpectra")
        or is_instance_of(value, f"{_BOOTSTRAP}.weights", "ChargeSpectra")
    )


def is_model_file(value: Any) -> bool:
    """Whether a path is that of a model file.

    Examples
    --------
    >>> is_model_file("model.yaml"), is_model_file("data.csv")
    (True, False)
    """
    return isinstance(value, (str, os.PathLike)) and os.fspath(value).lower().endswith((".yaml", ".yml"))
