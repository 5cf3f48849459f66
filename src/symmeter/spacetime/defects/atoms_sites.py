"""Vacancies and interstitials: sites that neighbours point to, and atoms that none points to.

A settled atom says where each of its reference neighbours should stand. A place that most of a site's neighbours name
and where no atom stands is a vacancy; an atom that few of its neighbours have a place for is an interstitial.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from symmeter.spacetime.defects.atoms import AtomsReport, PointDefects

__all__ = ["point_defects"]

#: Share of a site's neighbours that must name it; on a flat surface fewer than half do.
_SHARE = 0.67


def point_defects(report: AtomsReport) -> PointDefects:
    """Empty sites, and atoms without a site."""
    from symmeter.spacetime.defects.atoms import PointDefects

    return PointDefects(_vacancies(report), _interstitials(report))


def _vacancies(report: AtomsReport) -> np.ndarray:
    from scipy.spatial import KDTree

    lattice, matching = report.lattice, report.matching
    held = np.zeros((report.n, lattice.neighbours), dtype=bool)
    matched = matching.match >= 0
    held[report.bonds.owner[matched], matching.match[matched]] = True
    settled = matching.grains >= 0
    atom, r = np.nonzero(~held & settled[:, None])
    if not len(atom):
        return np.zeros((0, 3))
    step = np.einsum("nij,nj->ni", report.F[atom], lattice.references[matching.sites[atom], r])
    x = report.crystal.positions[atom] + step
    crystal = report.crystal
    cell = np.where(crystal.periodic[:, None], crystal.cell, 0.0)
    inverse = np.linalg.pinv(cell)
    steps = np.floor(x @ inverse + 1e-9)
    steps[:, ~crystal.periodic] = 0
    x = x - steps @ cell
    near = 0.35 * lattice.spacing
    # Places near a wall have their likes at the other.
    f = x @ inverse
    ghosts, names = [x], [np.arange(len(x))]
    for shift in np.ndindex(3, 3, 3):
        s = np.array(shift) - 1
        if not s.any() or (s[~crystal.periodic] != 0).any():
            continue
        edge = ((f + s > -0.2) & (f + s < 1.2))[:, crystal.periodic].all(1)
        ghosts.append(x[edge] + s @ cell)
        names.append(np.flatnonzero(edge))
    every, name = np.concatenate(ghosts), np.concatenate(names)
    tree = KDTree(every)
    wanted = _SHARE * lattice.neighbours
    out: list[np.ndarray] = []
    left = np.ones(len(x), dtype=bool)
    sizes = tree.query_ball_point(x, near, return_length=True)
    for k in np.argsort(-sizes, kind="stable"):
        if sizes[k] < wanted:
            break
        if not left[k]:
            continue
        group = np.array(tree.query_ball_point(x[k], near))
        left[name[group]] = False
        if len(np.unique(atom[name[group]])) < min(wanted, report.n):
            continue
        place = every[group].mean(0)
        if _free(report, place):
            out.append(place)
    return np.array(out).reshape(-1, 3)


def _free(report: AtomsReport, place: np.ndarray) -> bool:
    from symmeter.spacetime.defects.burgers import places_of

    _, offset = places_of(report).nearest(place)
    return bool(np.linalg.norm(offset) > 0.5 * report.lattice.spacing)


def _interstitials(report: AtomsReport) -> np.ndarray:
    """Atoms that have no place, or that share the place of one atom with others."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    bonds, matching, near = report.bonds, report.matching, report.near
    settled = matching.grains >= 0
    # One place holds one atom: the one nearest to it counts.
    matched = np.flatnonzero((matching.match >= 0) & settled[bonds.owner])
    place = bonds.owner[matched].astype(np.int64) * report.lattice.neighbours + matching.match[matched]
    alone = np.bincount(place)[place] == 1
    shared = matched[~alone]
    owner = bonds.owner[shared]
    right = report.lattice.references[matching.sites[owner], matching.match[shared]]
    gap = np.linalg.norm(right - np.einsum("nij,nj->ni", report.G[owner], bonds.vector[shared]), axis=1)
    order = np.lexsort((gap, place[~alone]))
    first = np.concatenate([[True], np.diff(place[~alone][order]) > 0]) if len(order) else np.zeros(0, dtype=bool)
    nearest = np.concatenate([matched[alone], shared[order[first]]])
    named = np.bincount(bonds.index[nearest], minlength=report.n)
    short = np.linalg.norm(near.vector, axis=1) < 0.5 * (report.lattice.outer + report.lattice.beyond)
    around = np.bincount(near.index[short & settled[near.owner]], minlength=report.n)
    share = np.minimum(named / np.maximum(around, report.lattice.least), 1.0)
    # Of an atom at a surface too, all that are there have a place for it.
    crowded = (share < 0.75) & (around >= 0.4 * report.lattice.neighbours) & ~_in_lines(report)
    both = short & crowded[near.owner] & crowded[near.index]
    graph = csr_array((np.ones(int(both.sum()), dtype=np.int8), (near.owner[both], near.index[both])),
                      shape=(report.n, report.n))  # fmt: skip
    _, label = connected_components(graph, directed=False)
    out: list[int] = []
    order = np.flatnonzero(crowded)
    order = order[np.argsort(label[order], kind="stable")]
    for members in np.split(order, np.flatnonzero(np.diff(label[order])) + 1) if len(order) else []:
        extra = int(np.rint(len(members) - share[members].sum()))
        out += members[np.argsort(share[members], kind="stable")][:extra].tolist()
    return np.array(sorted(out), dtype=np.int64)


def _in_lines(report: AtomsReport) -> np.ndarray:
    """Atoms of dislocation cores, whose crowding is the line's own."""
    out = np.zeros(report.n, dtype=bool)
    for loop in report.loops:
        gap = report.crystal.positions - loop.centre
        if report.crystal.periodic.any():
            cell = np.where(report.crystal.periodic[:, None], report.crystal.cell, 0.0)
            gap = gap - np.rint(gap @ np.linalg.pinv(cell)) @ cell
        across = gap - (gap @ loop.normal)[:, None] * loop.normal
        out |= np.linalg.norm(across, axis=1) < 3.0 * report.lattice.spacing
    return out
