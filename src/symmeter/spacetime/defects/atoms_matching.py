"""Which bond of a deformed crystal is which of the perfect one: orientations of a seed, carried from atom to atom.

A bond is matched to the reference vector with the smallest angle in the local orientation of the lattice, which comes
from the neighbour that was matched before; so rotations of any size are followed, grain by grain. The coframe of an
atom is the least-squares map from its bonds to the reference vectors (after Hartley and Mishin).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from symmeter.errors import InputError
from symmeter.spacetime.defects.atoms_neighbours import Bonds, compiled
from symmeter.spacetime.defects.lattice import Lattice

__all__ = ["Matching", "coframe_gradients", "least_squares_gradient", "match_bonds", "nearest_rotations"]

#: Largest angle between a bond and its reference, and by how much their lengths may differ.
_ANGLE = np.radians(27.0)
_SHORTEST, _LONGEST = 0.72, 1.38
#: An orientation is carried from atom to atom until the lattice has turned this far from it.
_STEADY = np.radians(15.0)
#: A settled atom has a root-mean-square misfit below this share of the nearest distance.
_MISFIT = 0.2
#: Where the next shell is this near (diamond, honeycomb), strain mixes it in: a fit without the bonds that are too many
#: counts if this share is left.
_NEXT, _MOST_HELD = 1.2, 0.75
#: An orientation goes on from atoms with this share of matched neighbours, and a misfit below this share of the nearest
#: distance (or 1.6 times the usual one): atoms of boundaries would lead it from grain to grain.
_PASSED_ON, _GOOD = 0.75, 0.1
#: Frames farther apart than this (Frobenius; 25 degrees) belong to two grains.
APART = 0.61
_FAILED_SEEDS = 40
#: Fewer atoms are no grain; of so many the usual misfit is taken.
_SMALLEST, _SAMPLE = 4, 24


@dataclass(frozen=True, eq=False)
class Matching:
    """What every bond and every atom is in the perfect crystal.

    Attributes
    ----------
    match : array of shape (m,)
        Number of the reference vector of each bond; -1 where it has none.
    frame : array of shape (n, 3, 3)
        The crystal coframe ``G[a, i]``: reference vector = G @ bond.
    sites : array of shape (n,)
        Sublattice.
    grains : array of shape (n,)
        Grain of atoms that could be settled, else -1.
    matched : array of shape (n,)
        Number of matched bonds.
    misfit : array of shape (n,)
        Root mean square of what the fit leaves, in units of length.
    condition : array of shape (n,)
        Of the fit, product of Frobenius norms.
    """

    match: Int[np.ndarray, " m"]
    frame: Float[np.ndarray, "n 3 3"]
    sites: Int[np.ndarray, " n"]
    grains: Int[np.ndarray, " n"]
    matched: Int[np.ndarray, " n"]
    misfit: Float[np.ndarray, " n"]
    condition: Float[np.ndarray, " n"]


def _settings(lattice: Lattice, usual: float = 0.0) -> np.ndarray:
    """Limits of a match; ``usual`` is the misfit that most atoms have, as heat makes it."""
    # A flat crystal lacks bonds across its plane: their share of the fit keeps the normal where it is.
    flat = lattice.spacing**2 if lattice.planar else 0.0
    return np.array(
        [
            np.cos(_ANGLE),
            _SHORTEST,
            _LONGEST,
            flat,
            lattice.least,
            (_MISFIT * lattice.spacing) ** 2,
            1 + 2 * np.cos(_STEADY),
            # Elsewhere too many bonds are a core's, whose fit shows how it is spread.
            _MOST_HELD if lattice.beyond < _NEXT * lattice.outer else np.inf,
            _PASSED_ON,
            np.clip(1.6 * usual, _GOOD * lattice.spacing, _MISFIT * lattice.spacing) ** 2,
        ],
        dtype=float,
    )


def match_bonds(
    bonds: Bonds, lattice: Lattice, orientation: Float[np.ndarray, "3 3"] | None = None,
    use_compiled: bool | None = None,
) -> Matching:  # fmt: skip
    """Match every bond that can be matched.

    Parameters
    ----------
    bonds : Bonds
    lattice : Lattice
    orientation : array of shape (3, 3), optional
        Rotation from the crystal's axes to those of the positions; among equal descriptions of a grain the nearest to
        it is taken. Identity when omitted.
    use_compiled : bool, optional
        Whether numba does it; where it is installed when omitted.

    Raises
    ------
    InputError
        If no atom has the surroundings of this lattice.
    """
    grow = _grow
    if compiled(use_compiled, len(bonds.counts)):
        from symmeter.spacetime.defects.atoms_kernel import grow
    n, m = len(bonds.counts), len(bonds.index)
    target = np.eye(3) if orientation is None else np.asarray(orientation, dtype=float).T
    match = np.full(m, -1, dtype=np.int16)
    frame = np.tile(target, (n, 1, 1))
    sites, grains = np.zeros(n, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    quality, condition = np.zeros((n, 2)), np.full(n, np.inf)
    quality[:, 1] = np.inf
    lengths = np.linalg.norm(lattice.references, axis=-1)
    units = lattice.references / lengths[..., None]
    candidates = _seeds(bonds, lattice)
    settings = _settings(lattice, _usual_misfit(bonds, lattice, candidates[:_SAMPLE], target))
    fixed = (bonds.start, bonds.index, bonds.vector, lattice.references, lattice.targets, units, lengths, settings,
             match, frame, sites, grains, quality, condition)  # fmt: skip
    failed, found = 0, 0
    while failed < _FAILED_SEEDS:
        # What is already settled seeds nothing new.
        candidates = candidates[grains[candidates] < 0]
        if not len(candidates):
            break
        seed = int(candidates[0])
        candidates = candidates[1:]
        guess = orientation_of(bonds.vector[bonds.start[seed] : bonds.start[seed + 1]], lattice, target)
        joined = 0 if guess is None else grow(seed, guess[0], guess[1], found, *fixed)
        if joined < min(_SMALLEST, n):
            # Few atoms are no grain.
            grains[grains == found] = -1
            failed += 1
            continue
        found += 1
    return Matching(match, frame, sites, grains, quality[:, 0].astype(np.int64), np.sqrt(quality[:, 1]), condition)


def _usual_misfit(bonds: Bonds, lattice: Lattice, some: np.ndarray, target: np.ndarray) -> float:
    """Middle root-mean-square misfit of some atoms, each in its own orientation."""
    found = [orientation_of(bonds.vector[bonds.start[i] : bonds.start[i + 1]], lattice, target) for i in some]
    good = [(i, *f) for i, f in zip(some, found) if f is not None]
    if not good:
        return 0.0
    atoms, turns, sites = (np.array(part) for part in zip(*good))
    lengths = np.linalg.norm(lattice.references, axis=-1)
    units = lattice.references / lengths[..., None]
    fits = _attempt(
        atoms, turns, sites, bonds.start, bonds.vector, lattice.references, units, lengths, _settings(lattice)
    )
    return float(np.sqrt(np.median(fits.misfit)))


def _seeds(bonds: Bonds, lattice: Lattice) -> np.ndarray:
    """Atoms with all their neighbours, the middle of the list first, then evenly from everywhere."""
    whole = np.flatnonzero(bonds.counts >= lattice.neighbours)
    if not len(whole):
        whole = np.flatnonzero(bonds.counts >= max(lattice.least, 0.7 * lattice.neighbours))
    spread = np.argsort((np.arange(len(whole)) * 0.6180339887498949 + 0.5) % 1.0, kind="stable")
    return whole[np.concatenate([[len(whole) // 2], spread])] if len(whole) else whole


def orientation_of(
    vectors: Float[np.ndarray, "k 3"], lattice: Lattice, target: Float[np.ndarray, "3 3"]
) -> tuple[Float[np.ndarray, "3 3"], int] | None:
    """The rotation to the crystal's axes that the bonds of one atom show, and the atom's sublattice; None for none."""
    if len(vectors) < 3:
        return None
    lengths = np.linalg.norm(vectors, axis=1)
    directions = vectors / lengths[:, None]
    u = directions[0]
    second = int(np.argmin(np.abs(directions @ u)))
    v = directions[second]
    best: tuple[float, np.ndarray | None] = (-np.inf, None)
    for own in lattice.references:
        r = np.linalg.norm(own, axis=1)
        unit = own / r[:, None]
        first = np.flatnonzero(np.abs(r / lengths[0] - 1) < 0.2)
        other = np.flatnonzero(np.abs(r / lengths[second] - 1) < 0.2)
        p, q = (k.ravel() for k in np.meshgrid(first, other, indexing="ij"))
        close = np.abs(np.arccos(np.clip((unit[p] * unit[q]).sum(1), -1, 1)) - np.arccos(np.clip(u @ v, -1, 1))) < 0.25
        p, q = p[close], q[close]
        if not len(p):
            continue
        turns = _triad(unit[p], unit[q]) @ _triad(u[None], v[None])[0].T
        if lattice.planar:
            turns = turns[turns[:, 2, 2] > 0.5]
        if not len(turns):
            continue
        scores = np.einsum("cij,kj,ri->ckr", turns, directions, unit).max(2).mean(1)
        k = int(np.argmax(scores))
        if scores[k] > best[0]:
            best = (float(scores[k]), turns[k])
    if best[1] is None:
        return None
    equal = lattice.rotations @ best[1]
    guess = equal[int(np.argmax(np.einsum("pij,ij->p", equal, target)))]
    units = lattice.references / np.linalg.norm(lattice.references, axis=-1, keepdims=True)
    by_site = np.einsum("ij,kj,sri->skr", guess, directions, units).max(2).mean(1)
    return np.ascontiguousarray(guess), int(np.argmax(by_site))


def _triad(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Right-handed orthonormal columns, the first along u, the second in the plane of u and v."""
    w = np.cross(u, v)
    w /= np.linalg.norm(w, axis=1, keepdims=True)
    return np.stack([u, np.cross(w, u), w], axis=2)


def _grow(
    seed: int, guess: np.ndarray, site: int, grain: int, start: Any, index: Any, vector: Any, refs: Any, targets: Any,
    units: Any, lengths: Any, settings: Any, match: Any, frame: Any, sites: Any, grains: Any, quality: Any,
    condition: Any,
) -> int:  # fmt: skip
    """Carry an orientation outwards ring by ring: :func:`symmeter.spacetime.defects.atoms_kernel.grow`, vectorised."""
    lattice = (refs, units, lengths, settings)
    ring, carried = np.array([seed]), guess[None]
    fits = _attempt(ring, guess[None], np.array([site]), start, vector, *lattice)
    if fits.held[0] < settings[4] or fits.misfit[0] > settings[5]:
        return 0
    _keep(ring, fits, np.array([site]), np.array([True]), match, frame, sites, quality, condition)
    grains[seed] = grain
    joined = 1
    counts = np.diff(start)
    while len(ring):
        bond = _ragged(start[ring], counts[ring])
        turn = _nearest_rotation(frame[ring])
        still = np.einsum("nij,nij->n", turn, carried) > settings[6]
        turn[still] = carried[still]
        parent = np.repeat(np.arange(len(ring)), counts[ring])
        open_ = (match[bond] >= 0) & (grains[index[bond]] < 0)
        bond, parent = bond[open_], parent[open_]
        order = np.arange(len(bond))
        settled, places, turns = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros((0, 3, 3))]
        while len(bond):
            # One parent proposes at a time; the next one is heard where the first failed.
            _, one = np.unique(index[bond], return_index=True)
            j, by = index[bond[one]].astype(np.int64), parent[one]
            site_of = targets[sites[ring[by]], match[bond[one]]]
            fits = _attempt(j, turn[by], site_of, start, vector, *lattice)
            good = (fits.held >= settings[4]) & (fits.misfit <= settings[5]) & (fits.held >= 0.6 * counts[j])
            better = (fits.held > quality[j, 0]) | ((fits.held == quality[j, 0]) & (fits.misfit < quality[j, 1]))
            _keep(j, fits, site_of, good | better, match, frame, sites, quality, condition)
            grains[j[good]] = grain
            settled.append(j[good])
            places.append(order[one[good]])
            turns.append(turn[by[good]])
            rest = np.ones(len(bond), dtype=bool)
            rest[one] = False
            rest &= grains[index[bond]] < 0
            bond, parent, order = bond[rest], parent[rest], order[rest]
        # In the order in which a queue would have settled them.
        by_queue = np.argsort(np.concatenate(places))
        ring, carried = np.concatenate(settled)[by_queue], np.concatenate(turns)[by_queue]
        joined += len(ring)
        steady = (quality[ring, 0] >= settings[8] * counts[ring]) & (quality[ring, 1] <= settings[9])
        ring, carried = ring[steady], carried[steady]
    return joined


@dataclass(frozen=True, eq=False)
class _Fits:
    bond: np.ndarray
    row: np.ndarray
    match: np.ndarray
    frame: np.ndarray
    held: np.ndarray
    misfit: np.ndarray
    condition: np.ndarray


def _nearest_rotation(m: np.ndarray) -> np.ndarray:
    """Rotations nearest to matrices of positive determinant."""
    u, _, vh = np.linalg.svd(m)
    return u @ vh


def _ragged(first: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """``first[0], first[0] + 1, ...`` for each, joined."""
    total = int(counts.sum())
    return np.repeat(first - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts) + np.arange(total)


def _attempt(
    atoms: np.ndarray, guess: np.ndarray, site: np.ndarray, start: Any, vector: Any, refs: Any, units: Any,
    lengths: Any, settings: Any,
) -> _Fits:  # fmt: skip
    counts = np.diff(start)[atoms]
    bond = _ragged(start[atoms], counts)
    row = np.repeat(np.arange(len(atoms)), counts)
    dx = vector[bond]
    q = np.einsum("bij,bj->bi", guess[row], dx)
    length = np.linalg.norm(q, axis=1)
    own = site[row]
    cosine = np.einsum("bi,bri->br", q, units[own]) / length[:, None]
    ratio = length[:, None] / lengths[own]
    cosine[(ratio < settings[1]) | (ratio > settings[2])] = -2.0
    best = cosine.argmax(1)
    angle = cosine[np.arange(len(bond)), best]
    match = np.where(angle > settings[0], best, -1).astype(np.int16)
    r = refs[own, best]
    size = len(atoms)
    held, frame, misfit, condition = _fit(row, size, match, dx, r, guess, settings[3])
    again = _second_ends(row, match, q - r, lengths[own, best])
    again = again[misfit[row[again]] > settings[5]]
    if len(again):
        # Where shells mix, one place holds one atom.
        poor = np.zeros(size, dtype=bool)
        poor[row[again]] = True
        some = np.flatnonzero(poor[row])
        number = np.cumsum(poor) - 1
        fewer = match.copy()
        fewer[again] = -1
        refit = _fit(number[row[some]], int(poor.sum()), fewer[some], dx[some], r[some], guess[poor], settings[3])
        fine = (refit[2] <= settings[5]) & (refit[0] >= settings[7] * counts[poor])
        chosen = np.flatnonzero(poor)[fine]
        for kept, new in zip((held, frame, misfit, condition), refit):
            kept[chosen] = new[fine]
        taken = np.isin(row, chosen)
        match[taken] = fewer[taken]
    return _Fits(bond, row, match, frame, held, misfit, condition)


def _fit(
    row: np.ndarray, size: int, match: np.ndarray, dx: np.ndarray, r: np.ndarray, guess: np.ndarray, flat: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Numbers of matched bonds, least-squares coframes, mean square misfits and conditions."""
    held = match >= 0
    weight = held[:, None, None]
    moment = _sums(row, size, weight * dx[:, :, None] * dx[:, None, :])
    cross = _sums(row, size, weight * r[:, :, None] * dx[:, None, :])
    moment[:, 2, 2] += flat
    cross[:, 2, 2] += flat
    inverse, condition = _inverses(moment)
    bad = ~(condition < 1e12)
    inverse[bad] = 0.0
    frame = cross @ inverse
    frame[bad] = guess[bad]
    number = np.bincount(row[held], minlength=size)
    error = np.where(held[:, None], r - np.einsum("bij,bj->bi", frame[row], dx), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        misfit = np.bincount(row, (error**2).sum(1), minlength=size) / number
    misfit[bad | (number == 0)] = np.inf
    return number, frame, misfit, condition


def _second_ends(row: np.ndarray, match: np.ndarray, off: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """Bonds that end where another bond of the same atom ends nearer to the place: one place holds one atom."""
    held = np.flatnonzero(match >= 0)
    place = row[held] * (int(match.max(initial=0)) + 1) + match[held]
    if len(np.unique(place)) == len(place):
        return held[:0]
    gap = np.round(np.linalg.norm(off[held], axis=1) / unit[held], 9)
    order = np.lexsort((gap, place))
    again = np.concatenate([[False], np.diff(place[order]) == 0])
    return held[order[again]]


def _keep(
    atoms: np.ndarray, fits: _Fits, site: np.ndarray, chosen: np.ndarray, match: Any, frame: Any, sites: Any,
    quality: Any, condition: Any,
) -> None:  # fmt: skip
    frame[atoms[chosen]] = fits.frame[chosen]
    sites[atoms[chosen]] = site[chosen]
    quality[atoms[chosen], 0] = fits.held[chosen]
    quality[atoms[chosen], 1] = fits.misfit[chosen]
    condition[atoms[chosen]] = fits.condition[chosen]
    taken = chosen[fits.row]
    match[fits.bond[taken]] = fits.match[taken]


def _sums(row: np.ndarray, size: int, values: np.ndarray) -> np.ndarray:
    """Sums over the bonds of each atom."""
    from scipy.sparse import csr_array

    table = csr_array((np.ones(len(row)), (row, np.arange(len(row)))), shape=(size, len(row)))
    return (table @ values.reshape(len(values), -1)).reshape(size, *values.shape[1:])


def _inverses(m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Inverses of symmetric 3 x 3 matrices by cofactors, and products of Frobenius norms."""
    out = np.empty_like(m)
    for i in range(3):
        for j in range(3):
            a, b, c, d = (i + 1) % 3, (i + 2) % 3, (j + 1) % 3, (j + 2) % 3
            out[:, j, i] = m[:, a, c] * m[:, b, d] - m[:, a, d] * m[:, b, c]
    det = np.einsum("nj,nj->n", m[:, 0], out[:, :, 0])
    with np.errstate(divide="ignore", invalid="ignore"):
        out /= det[:, None, None]
        condition = np.linalg.norm(m, axis=(1, 2)) * np.linalg.norm(out, axis=(1, 2))
    condition[~np.isfinite(condition)] = np.inf
    return out, condition


def coframe_gradients(
    bonds: Bonds, matching: Matching, lattice: Lattice, use_compiled: bool | None = None
) -> Float[np.ndarray, "n 3 3 3"]:
    """``out[n, a, j, k] = d_j G_ak`` by least squares over matched bonds; NaN where they do not span space.

    A neighbour's frame is turned by the crystal's own rotations to the nearest; bonds between grains are left out.
    """
    n = len(bonds.counts)
    flat = lattice.spacing**2 if lattice.planar else 0.0
    if compiled(use_compiled, n):
        from symmeter.spacetime.defects.atoms_kernel import gradients

        out = np.empty((n, 3, 3, 3))
        gradients(
            bonds.start, bonds.index, bonds.vector, matching.match, matching.frame, lattice.rotations, APART, flat, out
        )
        return out
    own = bonds.owner
    held = np.flatnonzero(matching.match >= 0)
    row, j, dx = own[held], bonds.index[held], bonds.vector[held]
    other = matching.frame[j] - matching.frame[row]
    gap = np.linalg.norm(other, axis=(1, 2))
    far = np.flatnonzero(gap > APART)
    if len(far):
        turned = lattice.rotations[nearest_rotations(matching.frame, row[far], j[far], lattice, use_compiled=False)]
        other[far] = turned @ matching.frame[j[far]] - matching.frame[row[far]]
        near = np.linalg.norm(other, axis=(1, 2)) <= APART
        row, dx, other = row[near], dx[near], other[near]
    moment = _sums(row, n, dx[:, :, None] * dx[:, None, :])
    moment[:, 2, 2] += flat
    cross = _sums(row, n, other[:, :, None, :] * dx[:, None, :, None])
    inverse, condition = _inverses(moment)
    out = np.einsum("njc,nack->najk", inverse, cross)
    out[(np.bincount(row, minlength=n) < 3) | ~(condition < 1e12)] = np.nan
    return out


def least_squares_gradient(
    bonds: Bonds, matching: Matching, lattice: Lattice, values: Float[np.ndarray, "n d"]
) -> Float[np.ndarray, "n d 3"]:
    """``out[n, d, k]``: derivative of ``values[n, d]`` along k, over matched bonds."""
    n = len(bonds.counts)
    finite = np.all(np.isfinite(values), axis=1)
    held = np.flatnonzero((matching.match >= 0) & finite[bonds.owner] & finite[bonds.index])
    row, dx = bonds.owner[held], bonds.vector[held]
    change = values[bonds.index[held]] - values[row]
    moment = _sums(row, n, dx[:, :, None] * dx[:, None, :])
    moment[:, 2, 2] += lattice.spacing**2 if lattice.planar else 0.0
    inverse, condition = _inverses(moment)
    out = np.einsum("nkc,ndc->ndk", inverse, _sums(row, n, change[:, :, None] * dx[:, None, :]))
    out[(np.bincount(row, minlength=n) < 3) | ~(condition < 1e12)] = np.nan
    return out


def nearest_rotations(
    frame: Float[np.ndarray, "n 3 3"], first: Int[np.ndarray, " p"], second: Int[np.ndarray, " p"], lattice: Lattice,
    use_compiled: bool | None = None,
) -> Int[np.ndarray, " p"]:  # fmt: skip
    """Which rotation of the crystal turns the second atom's frame nearest to the first's, for each pair."""
    first, second = np.asarray(first), np.asarray(second)
    if compiled(use_compiled, len(first)):
        from symmeter.spacetime.defects.atoms_kernel import rotations_between

        return rotations_between(frame, first, second, lattice.rotations)
    moved = np.einsum("rac,pck->prak", lattice.rotations, frame[second])
    return np.argmin(np.round(((moved - frame[first][:, None]) ** 2).sum((2, 3)), 12), axis=1)


def nothing_matches(lattice: Lattice, points: np.ndarray) -> InputError:
    """The error when no atom has the surroundings of a lattice: it compares distances."""
    from scipy.spatial import KDTree

    if len(points) < 2:
        return InputError(f"{len(points)} atom has no neighbours; a crystal needs more")
    nearest = np.median(KDTree(points).query(points[:: max(1, len(points) // 500)], k=2)[0][:, 1])
    right = lattice.a * nearest / lattice.spacing
    if abs(right / lattice.a - 1) < 0.03:
        flat = "a flat lattice lies in the plane of x and y" if lattice.planar else "is it another lattice?"
        return InputError(
            f"no atom has surroundings like {lattice.name} with a={lattice.a:g}, though nearest atoms are as far apart "
            f"as its own: {flat}"
        )
    return InputError(
        f"no atom has surroundings like {lattice.name} with a={lattice.a:g}, whose neighbours are "
        f"{lattice.spacing:.4g} apart; these atoms' nearest are {nearest:.4g} apart: "
        f"if they are {lattice.name}, a is about {right:.4g}"
    )
