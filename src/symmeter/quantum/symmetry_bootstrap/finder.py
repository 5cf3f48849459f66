"""The finder that ``find`` runs on Hamiltonians and on spectra by sector."""

from __future__ import annotations

from typing import Any

from symmeter.finders import Finder, FindOptions
from symmeter.findings import Report
from symmeter.quantum.symmetry_bootstrap import xsff
from symmeter.quantum.symmetry_bootstrap.report import bootstrap_report
from symmeter.quantum.symmetry_bootstrap.search import bootstrap
from symmeter.quantum.symmetry_bootstrap.spectra import SectorSpectra
from symmeter.quantum.symmetry_bootstrap.weights import ChargeSpectra
from symmeter.subjects import Subject
from symmeter.subjects.hamiltonians import HamiltonianSubject

__all__ = ["HamiltonianFinder", "open_hamiltonian"]


class HamiltonianFinder(Finder):
    """Cuts a Hamiltonian into the sectors of what is known, and bootstraps the rest of its symmetry."""

    name = "hamiltonians"

    def find(self, subject: Subject, options: FindOptions) -> Report:
        assert isinstance(subject, HamiltonianSubject)
        options.report_progress(0.1, "sectors")
        spectra: Any = subject.hamiltonian
        if not isinstance(spectra, (SectorSpectra, ChargeSpectra)):
            spectra = SectorSpectra.from_hamiltonian(spectra, subject.subgroup, charges=subject.charges)
        options.report_progress(0.6, "level statistics")
        start = spectra if isinstance(spectra, ChargeSpectra) else xsff.seed(spectra, rng=options.rng)
        options.report_progress(0.8, "bootstrap")
        result = bootstrap(start)
        named = "" if isinstance(spectra, ChargeSpectra) else spectra.describe()
        return bootstrap_report(spectra, result, "; ".join(x for x in (subject.describe(), named) if x))


def open_hamiltonian(source: Any, subgroup: Any = None, charges: Any = None) -> HamiltonianSubject:
    """A model file, levels by sector in an ``.npz`` file, or a Hamiltonian or spectra in memory, as a subject."""
    if isinstance(source, HamiltonianSubject):
        return source
    text = str(source)
    if text.lower().endswith((".yaml", ".yml")):
        from symmeter.quantum.model_files import load_model

        model = load_model(text)
        known = subgroup if subgroup is not None else model.subgroup
        return HamiltonianSubject(model.hamiltonian, known, charges or model.charges or None, _file_name(text))
    if text.lower().endswith(".npz"):
        return HamiltonianSubject(SectorSpectra.from_npz(text, subgroup), None, None, _file_name(text))
    return HamiltonianSubject(source, subgroup, charges)


def _file_name(path: str) -> str:
    import os

    return os.path.basename(path)
