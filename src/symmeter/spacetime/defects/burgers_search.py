"""Where loops of bonds are laid, so that every line that fails to close is found once.

Cores show in the Nye tensor. A core that is split into partial dislocations has a stacking fault between them, which no
loop can cross: what cannot be surrounded alone is surrounded together with what the fault joins it to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Bool, Int

from symmeter.errors import InputError
from symmeter.spacetime.defects.burgers import BurgersLoop, circle_loop

if TYPE_CHECKING:
    from symmeter.spacetime.defects.atoms import AtomsReport

__all__ = ["MOST_PLACES", "PARALLEL", "defect_loops"]

#: Places around which loops are laid at most; boundaries of many grains have more than anybody wants to see.
MOST_PLACES = 600
#: Directions of lines whose product is above this are parallel.
PARALLEL = 0.7
#: A fault wider than so many spacings is no core any more.
_WIDEST = 80.0


class _Place(NamedTuple):
    """A core around which no loop could be led alone."""

    atom: int
    centre: np.ndarray
    direction: np.ndarray


def _wanted(report: AtomsReport) -> np.ndarray:
    """Atoms around which loops are laid: those of large density, or without a place inside the crystal."""
    unit = report.lattice.spacing
    density = np.nan_to_num(report.density) * unit
    usual = float(np.median(density[report.matching.grains >= 0]))
    inside = report.matching.grains >= 0
    # Next to a free surface the gradient is one-sided; what has no neighbours there has no line either.
    whole = report.coordination >= 0.8 * report.lattice.neighbours
    return (density > max(0.06, 8 * usual)) & inside & whole | (~inside & whole)


def _components(report: AtomsReport, chosen: Bool[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """Labels of what bonds between chosen atoms join."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    bonds = report.bonds
    both = chosen[bonds.owner] & chosen[bonds.index]
    ones = np.ones(int(both.sum()), dtype=np.int8)
    graph = csr_array((ones, (bonds.owner[both], bonds.index[both])), shape=(report.n, report.n))
    return connected_components(graph, directed=False)[1]


def defect_loops(report: AtomsReport, most: int = MOST_PLACES) -> tuple[tuple[BurgersLoop, ...], bool]:
    """Loops around every core that fail to close, each line once for each piece of it.

    Returns
    -------
    loops : tuple of BurgersLoop
    cut : bool
        Whether more than ``most`` places asked for a loop, so that the weaker ones had none.
    """
    wanted = _wanted(report)
    chosen = np.flatnonzero(wanted)
    if not len(chosen):
        return (), False
    label = _components(report, wanted)
    order = chosen[np.argsort(label[chosen], kind="stable")]
    clusters = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    # The strongest cores first, in case there are too many.
    clusters.sort(key=lambda members: -float(np.nan_to_num(report.density[members]).max()))
    found: list[BurgersLoop] = []
    split: list[_Place] = []
    left = most
    for members in clusters:
        loops, open_, tried = _along(report, members, left, found)
        found += loops
        split += open_
        left -= tried
        if left <= 0:
            break
    found = _once(found, report)
    if split:
        found = _once([*found, *_around_faults(report, wanted, split, found)], report)
    return tuple(found), left <= 0


def _along(
    report: AtomsReport, members: np.ndarray, most: int, known: list[BurgersLoop]
) -> tuple[list[BurgersLoop], list[_Place], int]:
    """Loops along one core, a few spacings apart; places that had none; and how many places were tried."""
    unit = report.lattice.spacing
    weight = np.nan_to_num(report.density[members]) + 1e-3 / unit
    x = report.crystal.positions[members]
    left = np.ones(len(members), dtype=bool)
    found: list[BurgersLoop] = []
    split: list[_Place] = []
    tried = 0
    while left.any() and tried < most:
        tried += 1
        k = int(np.argmax(np.where(left, weight, -1)))
        gap = _apart(report, x - x[k])
        near = np.linalg.norm(gap, axis=1) < 3.0 * unit
        left &= np.linalg.norm(gap, axis=1) >= 3.0 * unit
        centre = x[k] + (weight[near, None] * gap[near]).sum(0) / weight[near].sum()
        tensor = np.einsum("n,nai->ai", report.volume[members[near]], np.nan_to_num(report.nye[members[near]]))
        for direction in _directions(tensor, gap[near], report):
            direction = _in_one_sense(direction, [*known, *found])
            loop = _smallest(report, centre, direction, 6.0 * unit)
            if loop is None:
                split.append(_Place(int(members[k]), centre, direction))
            elif loop.character != "perfect":
                found.append(loop)
                break
    return found, split, tried


def _around_faults(
    report: AtomsReport, wanted: Bool[np.ndarray, " n"], split: list[_Place], known: list[BurgersLoop]
) -> list[BurgersLoop]:
    """Loops around partial dislocations together with those that stacking faults join them to."""
    unit = report.lattice.spacing
    count = report.lattice.neighbours
    whole = report.coordination >= count
    faulted = (report.matching.grains >= 0) & whole & (report.matched < count)
    label = _components(report, wanted | faulted)
    found: list[BurgersLoop] = []
    for place in split[:MOST_PLACES]:
        if any(_encloses(loop, place.centre, report) for loop in [*known, *found]):
            continue
        members = np.flatnonzero((label == label[place.atom]) & wanted)
        gap = _apart(report, report.crystal.positions[members] - place.centre)
        gap = gap[np.abs(gap @ place.direction) < 3.0 * unit]
        across = gap - (gap @ place.direction)[:, None] * place.direction
        if len(across) < 2:
            continue
        axis = np.linalg.svd(across - across.mean(0))[2][0] if len(across) > 2 else across[1] - across[0]
        low, high = (across @ axis).min(), (across @ axis).max()
        if not 1e-9 < high - low < _WIDEST * unit:
            continue
        centre = place.centre + axis * (low + high) / 2
        direction = _in_one_sense(place.direction, [*known, *found])
        for margin in (3.5, 5.0, 7.0, 10.0):
            radius = (high - low) / 2 + margin * unit
            try:
                loop = circle_loop(report, centre, direction, radius, length=6.0 * unit)
            except InputError:
                continue
            if loop.character != "perfect":
                found.append(loop)
            break
    return found


def _encloses(loop: BurgersLoop, place: np.ndarray, report: AtomsReport) -> bool:
    """Whether a place lies inside a loop, as seen along it."""
    gap = _apart(report, (place - loop.centre)[None])[0]
    along = gap @ loop.normal
    near = abs(along) < 6.0 * report.lattice.spacing
    return bool(near and np.linalg.norm(gap - along * loop.normal) < loop.radius)


def _directions(tensor: np.ndarray, gap: np.ndarray, report: AtomsReport) -> list[np.ndarray]:
    """Where the line may run: as the Nye tensor says; without one, along the core or the axes."""
    if report.lattice.planar:
        return [np.array([0.0, 0.0, 1.0])]
    _, s, vh = np.linalg.svd(tensor)
    out = [vh[0]] if s[0] > 0.1 * report.lattice.spacing * report.lattice.spacing else []
    out += [np.linalg.svd(gap - gap.mean(0))[2][0]] if len(gap) > 3 and not out else []
    return [d if d[int(np.argmax(np.abs(d)))] > 0 else -d for d in (np.where(np.abs(d) < 1e-9, 0, d) for d in out)]


def _in_one_sense(direction: np.ndarray, known: list[BurgersLoop]) -> np.ndarray:
    """Parallel lines run the same way, so that their Burgers vectors can be added."""
    like = next((d for d in (loop.normal @ direction for loop in known) if abs(d) > PARALLEL), 1.0)
    return direction if like > 0 else -direction


def _smallest(report: AtomsReport, centre: np.ndarray, normal: np.ndarray, length: float) -> BurgersLoop | None:
    """The smallest circle that can be led around a core; a larger one where it crosses a stacking fault."""
    partial = None
    for radius in (2.5, 3.5, 5.0, 7.0, 10.0):
        try:
            loop = circle_loop(report, centre, normal, radius * report.lattice.spacing, length=length)
        except InputError:
            continue
        if loop.integers is not None:
            return loop
        partial = partial or loop
    return partial


def _apart(report: AtomsReport, gap: np.ndarray) -> np.ndarray:
    """Vectors by the nearest image."""
    crystal = report.crystal
    if not crystal.periodic.any():
        return gap
    cell = np.where(crystal.periodic[:, None], crystal.cell, 0.0)
    return gap - np.rint(gap @ np.linalg.pinv(cell)) @ cell


def _once(found: list[BurgersLoop], report: AtomsReport) -> list[BurgersLoop]:
    """Of loops around the same piece of a line, one."""
    kept: list[BurgersLoop] = []
    for loop in found:
        same = False
        for other in kept:
            gap = _apart(report, (loop.centre - other.centre)[None])[0]
            # What steps add up to around a disclination depends on where they begin; its rotation does not.
            turned = abs(loop.frank_angle) > 1e-6 and abs(loop.frank_angle - other.frank_angle) < 1e-6
            alike = turned or np.abs(loop.burgers - other.burgers).max() < 1e-6
            alike = alike and abs(loop.normal @ other.normal) > PARALLEL
            across = float(np.linalg.norm(gap - (gap @ other.normal) * other.normal))
            # A loop that holds another core too, and no more than its Burgers vector, holds the same line.
            inside = across < max(
                3.0 * report.lattice.spacing, (1.1 if turned else 0.95) * max(loop.radius, other.radius)
            )
            same |= bool(alike and inside)
        if not same:
            kept.append(loop)
    return kept
