"""Sector spectra of lattice Hamiltonians of :mod:`symmeter.quantum.ed`, whose symmetries have names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from symmeter.errors import InputError
from symmeter.quantum.ed.conservation import check_symmetries
from symmeter.quantum.ed.hamiltonian import Hamiltonian
from symmeter.quantum.ed.symmetry_group import SymmetryGroup
from symmeter.quantum.symmetry_bootstrap.subgroup_sectors import KnownSubgroup, known_subgroup

__all__ = ["known_of_symmetries", "levels_of_hamiltonians", "symmetries_of"]

_MOST_GENERATORS = 3


def levels_of_hamiltonians(
    hamiltonians: Sequence[Hamiltonian], subgroup: Any, charges: Mapping[str, Any] | None
) -> tuple[KnownSubgroup, tuple[np.ndarray, ...], tuple[str, ...]]:
    """The known subgroup, the levels of its sectors (realisations x D_a), and notes.

    Parameters
    ----------
    hamiltonians : sequence of Hamiltonian
        On one Hilbert space, with the same named symmetries.
    subgroup : str, sequence of str, mapping of Symmetry, or SymmetryGroup
        Names of symmetries, ``"U,V"``; or the name of a group, which is then sought among the named symmetries.
    charges : mapping, optional
        Totals of conserved charges.
    """
    first = hamiltonians[0]
    group = symmetries_of(first, subgroup)
    known = known_of_symmetries(group)
    basis = first.symmetric_basis(group, charges)
    rows: list[list[np.ndarray]] = [[] for _ in known.labels]
    position = {int(n): a for a, n in enumerate(known.irreps)}
    for i, h in enumerate(hamiltonians):
        if h.space != first.space:
            raise InputError(f"Hamiltonian {i} lives on another Hilbert space than the first")
        if i:
            check_symmetries(h, group, basis.basis)
        found = {position[block.label.number]: np.sort(block.eigenvalues()) for block in h.on(basis)}
        for a, out in enumerate(rows):
            out.append(found.get(a, np.zeros(0)))
    notes = [f"{first.name}, sectors of {', '.join(group.generators)}"]
    if charges:
        notes.append(", ".join(f"{k} = {v}" for k, v in charges.items()))
    return known, tuple(np.array(r) for r in rows), tuple(notes)


def known_of_symmetries(group: SymmetryGroup) -> KnownSubgroup:
    """The known subgroup that named symmetries generate; sectors go by their quantum numbers.

    Raises
    ------
    InputError
        If they multiply only up to phases: N acts projectively.
    """
    if group.is_projective:
        degrees = sorted({label.degree for label in group.irreps})
        raise InputError(
            f"N is projective: {' and '.join(group.generators)} commute only up to phases here, so that every level is "
            f"{degrees[0]}-fold degenerate and the sectors are no irreps of N; use a subgroup without phases, "
            f"such as {next(iter(group.generators))} alone"
        )
    labels = tuple(",".join(map(str, x.values)) if x.values else f"X{x.number + 1}" for x in group.irreps)
    return KnownSubgroup(group.group, labels, np.array([x.number for x in group.irreps]))


def symmetries_of(hamiltonian: Hamiltonian, subgroup: Any) -> SymmetryGroup:
    """The symmetry group that the user means.

    Raises
    ------
    InputError
        If names are unknown, or no choice of named symmetries generates the named group.
    """
    if isinstance(subgroup, SymmetryGroup):
        return subgroup
    if isinstance(subgroup, Mapping):
        return SymmetryGroup(hamiltonian.space, subgroup)
    if subgroup is None:
        return hamiltonian.symmetry_group()
    names = [s.strip() for s in subgroup.split(",")] if isinstance(subgroup, str) else list(map(str, subgroup))
    if all(n in hamiltonian.symmetries for n in names):
        return hamiltonian.symmetry_group(*names)
    if len(names) == 1:
        return _isomorphic_to(hamiltonian, names[0])
    return hamiltonian.symmetry_group(*names)


def _isomorphic_to(hamiltonian: Hamiltonian, name: str) -> SymmetryGroup:
    wanted = known_subgroup(name).group
    for chosen in _choices(hamiltonian.symmetries):
        group = hamiltonian.symmetry_group(*chosen)
        if group.order == wanted.order and group.group.is_isomorphic(wanted):
            return group
    listed = ", ".join(hamiltonian.symmetries) or "none"
    raise InputError(
        f"no choice of the named symmetries of {hamiltonian.name} ({listed}) generates {name}; name some of them, or "
        "give Symmetry objects"
    )


def _choices(names: Iterable[str]) -> list[tuple[str, ...]]:
    listed = list(names)
    return [c for n in range(1, min(len(listed), _MOST_GENERATORS) + 1) for c in combinations(listed, n)]
