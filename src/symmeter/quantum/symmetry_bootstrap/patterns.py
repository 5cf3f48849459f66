"""Coincidences of levels across sectors: how often each pattern of multiplicities occurs, and which are accidental.

All levels of a realisation are merged, sorted and cut where neighbours lie more than a tolerance apart. A cluster with
m_a levels of sector a has the pattern (m_a): the restriction to N of the irrep (or of what an anti-unitary makes of it)
that carries the level.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int

from symmeter.errors import InputError
from symmeter.quantum.symmetry_bootstrap.spectra import SectorSpectra

__all__ = ["Accidental", "Patterns", "find_patterns"]

#: Default tolerance, relative to the bandwidth: what exact diagonalisation leaves of a degeneracy.
TOLERANCE = 1e-9
#: Expected number of accidental coincidences above which a warning is due.
MOST_ACCIDENTAL = 0.01


@dataclass(frozen=True)
class Accidental:
    """A rare pattern that is a sum of common ones: most likely levels that happen to lie together.

    Attributes
    ----------
    pattern : tuple of int
    count : int
        Clusters with it, over all realisations.
    energies : tuple of float
        Where the first few lie.
    """

    pattern: tuple[int, ...]
    count: int
    energies: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Patterns:
    """Patterns of one subgroup's sectors.

    Attributes
    ----------
    rows : int array of shape (p, k)
        Patterns in descending order, those of the trivial sector first.
    counts : float array of shape (p,)
        Levels with each pattern, mean over realisations.
    levels : tuple of lists of arrays
        For each pattern and realisation, the energies.
    tolerance : float
    spread, gap : float
        Largest width of a cluster, and smallest distance between two.
    expected_accidental : float
        Coincidences expected by chance in one realisation.
    accidental : tuple of Accidental
    notes : tuple of str
    """

    rows: Int[np.ndarray, "p k"]
    counts: Float[np.ndarray, " p"]
    levels: tuple[list[Float[np.ndarray, " n"]], ...]
    tolerance: float
    spread: float
    gap: float
    expected_accidental: float
    accidental: tuple[Accidental, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def is_shared(self) -> bool:
        """Whether levels of different sectors coincide at all."""
        return bool((self.rows.sum(axis=1) > 1).any())


def find_patterns(spectra: SectorSpectra, tolerance: float | None = None) -> Patterns:
    """Find the patterns of all realisations.

    Parameters
    ----------
    spectra : SectorSpectra
    tolerance : float, optional
        Largest distance between neighbours of a cluster, in the unit of the levels; 1e-9 of the bandwidth when omitted.

    Raises
    ------
    InputError
        If the tolerance is negative.
    """
    tol = TOLERANCE * max(spectra.bandwidth, 1e-300) if tolerance is None else float(tolerance)
    if not tol >= 0:
        raise InputError(f"the tolerance is a distance of levels, 0 or more; got {tolerance}")
    found: dict[tuple[int, ...], list[np.ndarray]] = {}
    spread, gap = 0.0, np.inf
    for s in range(spectra.realisations):
        centres, patterns, width, distance = _clusters([a[s] for a in spectra.levels], tol)
        spread, gap = max(spread, width), min(gap, distance)
        kinds, which = np.unique(patterns, axis=0, return_inverse=True)
        for i, kind in enumerate(kinds.tolist()):
            rows = found.setdefault(tuple(kind), [np.zeros(0)] * spectra.realisations)
            rows[s] = centres[which.ravel() == i]
    expected = _expected_accidental(spectra, tol)
    notes = []
    if expected > MOST_ACCIDENTAL:
        notes.append(
            f"about {expected:.2g} coincidences are expected by chance within {tol:.2g}; choose a smaller tolerance"
        )
    if np.isfinite(gap) and spread > 0 and gap < 10 * spread:
        notes.append(f"clusters are {spread:.2g} wide but only {gap:.2g} apart: the tolerance {tol:.2g} cuts through")
    accidental, kept = _without_accidental(found, spectra.realisations)
    order = sorted(kept, key=lambda row: (row[spectra.known.trivial] == 0, tuple(-v for v in row)))
    if accidental:
        listed = ", ".join(f"{pattern_text(a.pattern, spectra.labels)} x {a.count}" for a in accidental[:4])
        notes.append(f"rare sums of other patterns, taken as accidental and left out of the fit: {listed}")
    return Patterns(
        np.array(order, dtype=np.int64).reshape(len(order), len(spectra.labels)),
        np.array([sum(map(len, kept[row])) / spectra.realisations for row in order]),
        tuple(kept[row] for row in order),
        tol,
        spread,
        float(gap),
        expected,
        tuple(accidental),
        tuple(notes),
    )


def _clusters(levels: list[np.ndarray], tol: float) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Centres and patterns of the clusters of one realisation, their largest width and smallest distance."""
    k = len(levels)
    energies = np.concatenate(levels)
    sectors = np.repeat(np.arange(k), [len(a) for a in levels])
    order = np.argsort(energies, kind="stable")
    energies, sectors = energies[order], sectors[order]
    steps = np.diff(energies)
    cuts = steps > tol
    label = np.concatenate([[0], np.cumsum(cuts)])
    n = int(label[-1]) + 1
    patterns = np.zeros((n, k), dtype=np.int64)
    np.add.at(patterns, (label, sectors), 1)
    first = np.concatenate([[0], np.flatnonzero(cuts) + 1])
    last = np.concatenate([np.flatnonzero(cuts), [len(energies) - 1]])
    centres = np.bincount(label, energies) / np.bincount(label)
    gap = float(steps[cuts].min()) if cuts.any() else np.inf
    return centres, patterns, float((energies[last] - energies[first]).max()), gap


def _expected_accidental(spectra: SectorSpectra, tol: float) -> float:
    """Pairs of unrelated levels within the tolerance: ``sum over pairs rho_a rho_b 2 tol dE``, sectors apart."""
    total = 0.0
    for s in range(spectra.realisations):
        low = min(a[s, 0] for a in spectra.levels if a.shape[1])
        high = max(a[s, -1] for a in spectra.levels if a.shape[1])
        if high <= low:
            continue
        bins = np.linspace(low, high, 17)
        densities = np.array([np.histogram(a[s], bins)[0] for a in spectra.levels]) / (bins[1] - bins[0])
        summed = densities.sum(axis=0)
        pairs = (summed**2 - (densities**2).sum(axis=0)) / 2
        total += float(pairs.sum() * (bins[1] - bins[0]) * 2 * tol)
    return total / spectra.realisations


def _without_accidental(
    found: dict[tuple[int, ...], list[np.ndarray]], realisations: int
) -> tuple[list[Accidental], dict]:
    """Rare patterns that are sums of two or more common ones are set aside, and their levels given to their parts."""
    counts = {row: sum(map(len, levels)) for row, levels in found.items()}
    total = sum(counts.values())
    least = max(3.0 * realisations if total > 30 * realisations else 1.0, 0.01 * total)
    common = {row for row, n in counts.items() if n >= least}
    accidental, kept = [], {row: [a.copy() for a in levels] for row, levels in found.items()}
    for row in sorted(found, key=lambda r: counts[r]):
        if row in common or sum(row) < 2:
            continue
        parts = _as_sum(row, sorted(common, key=lambda r: -sum(r)))
        if parts is None:
            continue
        levels = kept.pop(row)
        accidental.append(Accidental(row, counts[row], tuple(np.concatenate(levels)[:5].tolist())))
        for part in parts:
            kept[part] = [np.sort(np.concatenate([a, b])) for a, b in zip(kept[part], levels)]
    return accidental, kept


def _as_sum(row: tuple[int, ...], common: list[tuple[int, ...]]) -> list[tuple[int, ...]] | None:
    """Two or more common patterns that add up to a row."""

    def fill(rest: np.ndarray, start: int) -> list[tuple[int, ...]] | None:
        if not rest.any():
            return []
        for i in range(start, len(common)):
            part = np.array(common[i])
            if (part <= rest).all() and common[i] != row:
                tail = fill(rest - part, i)
                if tail is not None:
                    return [common[i], *tail]
        return None

    parts = fill(np.array(row), 0)
    return parts if parts and len(parts) > 1 else None


def pattern_text(row: tuple[int, ...] | np.ndarray, labels: tuple[str, ...]) -> str:
    """``{1 2}`` for one level each in sectors 1 and 2; ``{0 2*1}`` for two in sector 1."""
    parts = [(f"{m}*" if m > 1 else "") + label for m, label in zip(np.asarray(row).tolist(), labels) if m]
    return "{" + " ".join(parts) + "}"
