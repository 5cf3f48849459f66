"""Which reference lattice atoms look like: surroundings of some of them, compared with each lattice by name.

Not a classification of every atom (common neighbour analysis does that); it tells a person who named the wrong lattice
so, before a report is made of strains that are none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from symmeter.errors import InputError
from symmeter.spacetime.defects.atoms_matching import _attempt, _settings, orientation_of
from symmeter.spacetime.defects.atoms_neighbours import neighbours_of
from symmeter.spacetime.defects.lattice import LATTICES, Lattice, reference_lattice
from symmeter.subjects.crystals import Crystal

if TYPE_CHECKING:
    from symmeter.spacetime.defects.atoms_matching import Matching

__all__ = ["estimated_parameter", "likeness", "looks_like", "refuse_the_wrong_lattice"]

#: Of so many atoms the surroundings are looked at, taken from a piece of so many.
_SAMPLE, _PIECE = 40, 3000
#: Surroundings are those of a lattice when this share is in place, strain and misfit below these.
_SHARE, _STRAIN, _OFF = 0.9, 0.1, 0.12


def estimated_parameter(crystal: Crystal, reference: str | Lattice, c: float | None = None) -> float:
    """The lattice parameter that the distances of neighbours tell; heat does not shrink it.

    Raises
    ------
    InputError
        For fewer than four atoms.

    Examples
    --------
    >>> from symmeter.spacetime.defects import build_crystal
    >>> round(estimated_parameter(build_crystal("hcp", 3.2, (4, 4, 4)), "hcp"), 9)
    3.2
    """
    from scipy.spatial import KDTree

    unit = reference_lattice(reference, 1.0, None)
    x = crystal.positions
    if len(x) < 4:
        atoms = "1 atom is" if len(x) == 1 else f"{len(x)} atoms are"
        raise InputError(f"{crystal.source}: {atoms} too few to estimate a; give a=")
    # Few nearest of many atoms: vacancies and surfaces do not change the middle one.
    nearest = KDTree(x).query(x[:: max(1, len(x) // 2000)], k=4)[0][:, 1:]
    rough = float(np.median(nearest) / unit.spacing)
    if not rough > 0 or isinstance(reference, Lattice):
        return rough
    lattice = reference_lattice(reference, rough, c)
    piece, inner = _piece(crystal)
    reach = lattice.outer + 0.9 * (lattice.beyond - lattice.outer)
    bonds = neighbours_of(piece.positions, piece.cell, piece.periodic, reach, lattice.neighbours, use_compiled=False)
    whole = inner[bonds.counts[inner] == lattice.neighbours]
    if not len(whole):
        return rough
    # Nearest ones alone are those that heat has brought near: the middle one of all neighbours is not.
    lengths = np.linalg.norm(bonds.vector, axis=1)
    rows = np.stack([lengths[bonds.start[i] : bonds.start[i + 1]] for i in whole])
    ratios = rows / np.linalg.norm(lattice.references[0], axis=1)
    return rough * float(np.median(ratios))


def _piece(crystal: Crystal) -> tuple[Crystal, np.ndarray]:
    """Few of many atoms, those around one in the middle of the list, and which of them to look at."""
    if crystal.n <= _PIECE:
        return crystal, np.arange(crystal.n)
    gap = crystal.positions - crystal.positions[crystal.n // 2]
    cell = np.where(crystal.periodic[:, None], crystal.cell, 0.0)
    gap = gap - np.rint(gap @ np.linalg.pinv(cell)) @ cell
    distance = np.linalg.norm(gap, axis=1)
    kept = np.argpartition(distance, _PIECE)[:_PIECE]
    free = Crystal(gap[kept], np.zeros((3, 3)), np.zeros(3, bool), ("X",) * _PIECE, source=crystal.source)
    return free, np.argsort(distance[kept])[: _PIECE // 8]


def likeness(crystal: Crystal, lattice: Lattice) -> float:
    """Share of some atoms that have the surroundings of a lattice, up to a rotation and a strain of a tenth."""
    piece, inner = _piece(crystal)
    reach = lattice.outer + 0.9 * (lattice.beyond - lattice.outer)
    bonds = neighbours_of(piece.positions, piece.cell, piece.periodic, reach, lattice.neighbours, use_compiled=False)
    whole = inner[bonds.counts[inner] >= lattice.neighbours]
    some = whole[:: max(1, len(whole) // _SAMPLE)]
    tried = min(len(inner), _SAMPLE)
    found = [orientation_of(bonds.vector[bonds.start[i] : bonds.start[i + 1]], lattice, np.eye(3)) for i in some]
    good = [k for k, f in enumerate(found) if f is not None]
    if not good:
        return 0.0
    turns = np.stack([found[k][0] for k in good])  # type: ignore[index]
    sites = np.array([found[k][1] for k in good])  # type: ignore[index]
    lengths = np.linalg.norm(lattice.references, axis=-1)
    units = lattice.references / lengths[..., None]
    fits = _attempt(
        some[good], turns, sites, bonds.start, bonds.vector, lattice.references, units, lengths, _settings(lattice)
    )
    strain = np.abs(np.linalg.svd(fits.frame)[1] - 1).max(1)
    like = (
        (fits.held >= _SHARE * lattice.neighbours)
        & (strain < _STRAIN)
        & (np.sqrt(fits.misfit) < _OFF * lattice.spacing)
    )
    return float(like.sum() / max(tried, len(some)))


def looks_like(crystal: Crystal, planar: bool = False) -> tuple[str, float, float]:
    """The lattice that fits best, its parameter as estimated, and its likeness.

    Examples
    --------
    >>> from symmeter.spacetime.defects import build_crystal
    >>> looks_like(build_crystal("bcc", 3.165, (4, 4, 4)))[0]
    'bcc'
    """
    best = ("", 0.0, 0.0)
    for name in LATTICES:
        unit = reference_lattice(name, 1.0)
        if unit.planar != planar:
            continue
        a = estimated_parameter(crystal, name)
        if not a > 0:
            continue
        share = likeness(crystal, reference_lattice(name, a))
        if share > best[2]:
            best = (name, a, share)
    return best


def _in_place(matching: Matching, lattice: Lattice) -> float:
    """Share of settled atoms that have nearly all neighbours in place and little strain."""
    settled = np.flatnonzero(matching.grains >= 0)
    some = settled[:: max(1, len(settled) // 2000)]
    if not len(some):
        return 0.0
    strain = np.abs(np.linalg.svd(matching.frame[some])[1] - 1).max(1)
    return float(((matching.matched[some] >= _SHARE * lattice.neighbours) & (strain < _STRAIN)).mean())


def refuse_the_wrong_lattice(crystal: Crystal, lattice: Lattice, matching: Matching | None = None) -> None:
    """Say so where atoms have the surroundings of another lattice, and not of the one that was named.

    Raises
    ------
    InputError
    """
    if lattice.name not in LATTICES or crystal.n < 4:
        return
    if matching is not None and _in_place(matching, lattice) > 0.5:
        return
    name, a, share = looks_like(crystal, lattice.planar)
    if share < 0.8 or name == lattice.name:
        return
    own = likeness(crystal, reference_lattice(lattice.name, estimated_parameter(crystal, lattice.name)))
    if own < 0.5:
        raise InputError(
            f"{crystal.source}: the atoms have the surroundings of {name} (a about {a:.4g}), not of {lattice.name}: "
            f"{own:.0%} fit; name the lattice that they have"
        )
