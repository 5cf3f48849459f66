"""Which random-matrix class, and how many blocks, the levels of each pattern have: gap ratios, ramp and level numbers.

Without an anti-unitary symmetry every block is GUE. With one, the trivial irrep is real, so that its levels are GOE;
others are GOE (real), GUE (complex: two irreps of G make one pattern) or GSE (quaternionic: Kramers pairs, so that the
pattern is even). Numbers of levels fix the numbers of irreps up to one common factor, and the ramp fixes the factor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.quantum.symmetry_bootstrap.gap_ratios import POISSON, expected_gap_ratio, mean_gap_ratio
from symmeter.quantum.symmetry_bootstrap.ramp import BlockCount, count_blocks

__all__ = ["LEAST_LEVELS", "BlockClass", "Classification", "classify_patterns"]

#: Below this number of levels a pattern's statistics say nothing.
LEAST_LEVELS = 30
_MOST_BLOCKS = 24
_FACTORS = (1, 2, 3, 4, 6, 8, 12)
#: What finite blocks add to the error of a gap ratio and, relatively, of a number of blocks.
_FLOOR_RATIO, _FLOOR_BLOCKS = 0.008, 0.15
#: Difference in chi squared that decides, and the chi squared of a pattern above which no class fits.
_DECIDES, _HOPELESS = 6.0, 18.0
_FREE = 5.0
_MOST_ASSIGNMENTS = 800

LeastBlocks = Callable[[Sequence[str]], np.ndarray | None]


@dataclass(frozen=True)
class BlockClass:
    """What the statistics of one pattern say.

    Attributes
    ----------
    ensemble : str or None
        ``"GOE"``, ``"GUE"``, ``"GSE"``, ``"Poisson"``; None when undecided.
    blocks : int or None
        Number of independent blocks; None when it was not safe to round.
    gap_ratio, gap_ratio_error : float
    estimate : BlockCount or None
        The number of blocks from the ramp before rounding, for the chosen class.
    why : str
        Why nothing was decided; empty otherwise.
    """

    ensemble: str | None
    blocks: int | None
    gap_ratio: float
    gap_ratio_error: float
    estimate: BlockCount | None
    why: str = ""

    def to_json(self) -> dict:
        """Plain values."""
        e = self.estimate
        return {
            "ensemble": self.ensemble,
            "blocks": self.blocks,
            "gap_ratio": self.gap_ratio,
            "gap_ratio_error": self.gap_ratio_error,
            "blocks_estimate": None if e is None else e.value,
            "blocks_error": None if e is None else e.error,
            "why": self.why,
        }


@dataclass(frozen=True)
class Classification:
    """All patterns together.

    Attributes
    ----------
    patterns : tuple of BlockClass
    antiunitary : bool or None
        None when undecided.
    """

    patterns: tuple[BlockClass, ...]
    antiunitary: bool | None


@dataclass(frozen=True)
class _Evidence:
    """Statistics of one pattern, and how badly each class and number of blocks fits them."""

    ratio: float
    ratio_error: float
    counts: dict[str, BlockCount]
    chi2: dict[str, np.ndarray]
    poisson: float


@dataclass(frozen=True)
class _World:
    """One explanation of all patterns."""

    chi2: float
    antiunitary: bool
    kinds: tuple[str, ...]
    blocks: tuple[int, ...]


def classify_patterns(
    raw: Sequence[Sequence[Float[np.ndarray, " n"]]],
    unfolded: Sequence[Sequence[Float[np.ndarray, " n"]]],
    trivial: int | None,
    even: Sequence[bool],
    least: LeastBlocks,
    rng: np.random.Generator,
    antiunitary: bool | None = None,
) -> Classification:
    """Class and number of blocks of each pattern, and whether there is an anti-unitary.

    Parameters
    ----------
    raw, unfolded : sequences over patterns of lists over realisations of levels
    trivial : int or None
        Pattern of the trivial irrep of N alone.
    even : sequence of bool
        Whether all entries of a pattern are even, as Kramers pairs make them.
    least : callable
        Least numbers of blocks from the numbers of levels, for given classes; None where nothing fits.
    rng : numpy Generator
    antiunitary : bool or None
        What is known already.
    """
    sizes = [float(np.mean([len(a) for a in levels])) for levels in raw]
    usable = [size >= LEAST_LEVELS for size in sizes]
    evidence = [_evidence(a, x, doubled, rng) if ok else None for a, x, doubled, ok in zip(raw, unfolded, even, usable)]
    worlds = [
        w
        for with_t in (False, True)
        if antiunitary is None or antiunitary == with_t
        for w in _worlds(evidence, with_t, trivial, even, least)
    ]
    few = [f"{size:.0f} levels are fewer than {LEAST_LEVELS}" for size in sizes]
    if not any(usable) or not worlds:
        ratios = [mean_gap_ratio(a) for a in raw]
        return Classification(
            tuple(BlockClass(None, None, r, e, None, why) for (r, e), why in zip(ratios, few)), antiunitary
        )
    return _judged(evidence, worlds, raw, few, antiunitary)


def _evidence(
    levels: Sequence[np.ndarray], x: Sequence[np.ndarray], doubled: bool, rng: np.random.Generator
) -> _Evidence:
    r, error = mean_gap_ratio(levels)
    counts, chi2 = {}, {}
    m = np.arange(1, _MOST_BLOCKS + 1)
    for ensemble in ("GOE", "GUE", "GSE") if doubled else ("GOE", "GUE"):
        count = counts[ensemble] = count_blocks(x, ensemble, rng)
        expected = np.array([expected_gap_ratio(ensemble, int(k)) for k in m])
        z_r = (r - expected) / np.hypot(error, _FLOOR_RATIO)
        z_m = (count.value - m) / np.hypot(count.error, _FLOOR_BLOCKS * m)
        chi2[ensemble] = z_r**2 + z_m**2
    flat = counts["GUE"]
    z_r = (r - POISSON) / np.hypot(error, _FLOOR_RATIO)
    z_h = (flat.height - 1.0) / np.hypot(flat.height_error, 0.1)
    return _Evidence(r, error, counts, chi2, float(z_r**2 + z_h**2))


def _worlds(
    evidence: list[_Evidence | None], with_t: bool, trivial: int | None, even: Sequence[bool], least: LeastBlocks
) -> Iterator[_World]:
    """Explanations with or without an anti-unitary."""
    p = len(evidence)
    options: list[tuple[str, ...]] = []
    for i in range(p):
        if not with_t:
            options.append(("GUE",))
        elif i == trivial:
            options.append(("GOE",))
        else:
            options.append(("GOE", "GUE", "GSE") if even[i] else ("GOE", "GUE"))
    while np.prod([float(len(o)) for o in options]) > _MOST_ASSIGNMENTS:
        # Too many to try all: keep the better class of the pattern with the clearest answer.
        i = max((i for i in range(p) if len(options[i]) > 1), key=lambda i: _contrast(evidence[i], options[i]))
        e = evidence[i]
        chi2 = None if e is None else {n: float(e.chi2[n].min()) for n in options[i]}
        options[i] = ("GOE" if chi2 is None else min(chi2, key=chi2.__getitem__),)
    for kinds in product(*options):
        # A class different from GUE without an anti-unitary makes no sense; levels are counted as for real irreps.
        mu = least(kinds if with_t else ["GOE"] * p)
        if mu is not None:
            for k in _FACTORS:
                blocks = tuple(int(k * m) for m in mu)
                if max(blocks) <= _MOST_BLOCKS:
                    yield _World(_total(evidence, kinds, blocks), with_t, kinds, blocks)
        free = tuple(1 if e is None else int(e.chi2[n].argmin()) + 1 for e, n in zip(evidence, kinds))
        yield _World(_total(evidence, kinds, free) + _FREE * p, with_t, kinds, free)


def _contrast(e: _Evidence | None, names: tuple[str, ...]) -> float:
    best = sorted(float(e.chi2[n].min()) for n in names) if e else [0.0, 0.0]
    return best[1] - best[0]


def _total(evidence: list[_Evidence | None], kinds: Sequence[str], blocks: Sequence[int]) -> float:
    return float(sum(e.chi2[n][m - 1] for e, n, m in zip(evidence, kinds, blocks) if e is not None))


def _judged(
    evidence: list[_Evidence | None],
    worlds: list[_World],
    raw: Sequence[Sequence[np.ndarray]],
    few: list[str],
    antiunitary: bool | None,
) -> Classification:
    """The best explanation, as far as the others are clearly worse."""
    worlds = sorted(worlds, key=lambda w: w.chi2)
    best = worlds[0]
    number = sum(e is not None for e in evidence)
    poisson = sum(e.poisson for e in evidence if e is not None)
    if poisson < best.chi2 + _DECIDES or best.chi2 > _HOPELESS * number:
        independent = poisson < best.chi2 - _DECIDES and poisson < _HOPELESS * number
        why = (
            "independent levels: there is no ramp to count"
            if independent
            else "the statistics fit no random-matrix class"
            if best.chi2 > _HOPELESS * number
            else "the statistics do not tell random matrices from independent levels"
        )
        return Classification(
            tuple(
                _undecided(e, a, why if e is not None else w, "Poisson" if independent and e is not None else None)
                for e, a, w in zip(evidence, raw, few)
            ),
            antiunitary,
        )
    near = [w for w in worlds if w.chi2 < best.chi2 + _DECIDES]
    present = antiunitary if antiunitary is not None else _agreed([w.antiunitary for w in near])
    whole = _agreed([w.blocks for w in near]) is not None
    out = []
    for i, e in enumerate(evidence):
        if e is None:
            # The common factor comes from the other patterns.
            known = best.blocks[i] if whole and near[0].chi2 < best.chi2 + 1e-9 else None
            r, error = mean_gap_ratio(raw[i])
            out.append(BlockClass(None, known, r, error, None, few[i]))
            continue
        kind = _agreed([w.kinds[i] for w in near])
        estimate = e.counts[best.kinds[i]]
        why = "" if whole else "several numbers of blocks fit the statistics"
        out.append(BlockClass(kind, best.blocks[i] if whole else None, e.ratio, e.ratio_error, estimate, why))
    return Classification(tuple(out), present)


def _agreed(values: list) -> Any:
    return values[0] if all(v == values[0] for v in values) else None


def _undecided(e: _Evidence | None, levels: Sequence[np.ndarray], why: str, ensemble: str | None) -> BlockClass:
    r, error = (e.ratio, e.ratio_error) if e is not None else mean_gap_ratio(levels)
    return BlockClass(ensemble, None, r, error, None if e is None else e.counts["GUE"], why)
