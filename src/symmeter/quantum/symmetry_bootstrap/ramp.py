"""The ramp: how many independent random-matrix blocks a sequence of levels has, and how many two sequences share.

Between the Thouless and the Heisenberg time the connected form factor of a chaotic Hamiltonian is that of random
matrices: in units of the GUE ramp its slope counts blocks, 2/beta for each. Levels are unfolded and filtered smoothly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float

from symmeter.quantum.symmetry_bootstrap.form_factors import form_factor
from symmeter.quantum.symmetry_bootstrap.unfolding import DEGREE

__all__ = ["BAND", "BlockCount", "RampData", "count_blocks", "ramp_data", "ramp_of_sectors"]

#: Times over the Heisenberg time of a whole sequence at which the ramp is read.
BAND = (0.08, 0.25)
_FILTER = 0.18
_MOST = 30.0
_BOOTSTRAPS = 200


@dataclass(frozen=True, eq=False)
class RampData:
    """Filtered traces of several sequences of levels.

    Attributes
    ----------
    times : array of shape (n,)
        Times in the unit in which the density of a sequence of D levels is D, over 2 pi.
    traces : complex array of shape (realisations, q, n)
        ``sum f(x) exp(-2 pi i x t)``.
    weights : array of shape (q,)
        ``sum f(x)^2``, the plateau, mean over realisations.
    sizes : array of shape (q,)
        Levels in each sequence.
    """

    times: Float[np.ndarray, " n"]
    traces: Complex[np.ndarray, "s q n"]
    weights: Float[np.ndarray, " q"]
    sizes: Float[np.ndarray, " q"]

    def connected(self, chosen: np.ndarray | None = None) -> Complex[np.ndarray, "q q n"]:
        """``<Z_a Z_b*> - <Z_a><Z_b>*`` over (some of) the realisations; one alone has no mean to take off."""
        z = self.traces if chosen is None else self.traces[chosen]
        s = len(z)
        k = np.einsum("sqn,spn->qpn", z, z.conj(), optimize=True) / s
        if s > 1:
            mean = z.mean(axis=0)
            k = (k - mean[:, None] * mean[None].conj()) * (s / (s - 1))
        return k


def ramp_data(sequences: Sequence[Sequence[Float[np.ndarray, " n"]]], times: Float[np.ndarray, " n"]) -> RampData:
    """Traces of sequences (one a sector or pattern) of unfolded levels, each a list over realisations."""
    s, q = len(sequences[0]), len(sequences)
    traces = np.empty((s, q, len(times)), dtype=complex)
    weights = np.zeros(q)
    sizes = np.zeros(q)
    for a, rows in enumerate(sequences):
        for i, x in enumerate(rows):
            f = np.exp(-((x - 0.5) ** 2) / (2 * _FILTER**2))
            traces[i, a] = f @ np.exp(-2j * np.pi * np.multiply.outer(x, times))
            weights[a] += float(f @ f) / s
            sizes[a] += len(x) / s
    return RampData(times, traces, weights, sizes)


@dataclass(frozen=True)
class BlockCount:
    """An estimated number of blocks.

    Attributes
    ----------
    value, error : float
        Number of blocks if they are of this class, and its standard error.
    height : float
        Mean of the connected form factor over its plateau in the band; 1 for independent levels.
    height_error : float
    """

    value: float
    error: float
    height: float
    height_error: float


def count_blocks(levels: Sequence[Float[np.ndarray, " n"]], ensemble: str, rng: np.random.Generator) -> BlockCount:
    """How many blocks of a class a sequence of unfolded levels is made of, by inverting the form factor.

    The band is narrowed when there are many blocks, whose ramps end early.
    """
    size = float(np.mean([len(x) for x in levels]))
    # About two points for each independent one.
    slowest = (DEGREE + 1.0) / max(size, 1.0)
    grid = np.arange(BAND[0] / 4, max(BAND[1], 2.5 * slowest) + 1e-9, 0.5 / max(size, 4.0))
    data = ramp_data([list(levels)], grid * size)
    band = (max(BAND[0], slowest), max(BAND[1], 2.5 * slowest))
    for _ in range(3):
        inside = (grid >= band[0]) & (grid <= band[1])
        if inside.sum() < 2:
            inside = grid >= BAND[0]
        heights = _heights(data, inside, rng)
        value = _inverted(heights[0], ensemble, grid[inside])
        narrower = (BAND[0] * min(1.0, 2.0 / max(value, 1e-3)), BAND[1] * min(1.0, 2.0 / max(value, 1e-3)))
        # Slower oscillations than the unfolding removes say nothing.
        narrower = (max(narrower[0], slowest), max(narrower[1], 2.5 * slowest))
        if np.allclose(narrower, band, rtol=0.2):
            break
        band = narrower
    height, error = heights
    spread = 0.5 * (
        _inverted(height + error, ensemble, grid[inside]) - _inverted(height - error, ensemble, grid[inside])
    )
    return BlockCount(value, max(spread, 1e-6), height, error)


def _heights(data: RampData, inside: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    s = len(data.traces)
    mean = float(np.real(data.connected()[0, 0, inside]).mean() / data.weights[0])
    # Independent points: the filter passes about 2 sqrt(pi) times its width, two grid points each.
    points = max(inside.sum() * 0.5 * 2 * np.sqrt(np.pi) * _FILTER, 1.0)
    if s < 8:
        return mean, abs(mean) / np.sqrt(points * s)
    draws = rng.integers(s, size=(_BOOTSTRAPS, s))
    z = data.traces[:, 0][:, inside]
    squares = (np.abs(z) ** 2).mean(axis=1)
    counts = np.apply_along_axis(np.bincount, 1, draws, minlength=s) / s
    means = counts @ z
    again = (counts @ squares - (np.abs(means) ** 2).mean(axis=1)) * s / (s - 1)
    return mean, float(np.std(again / data.weights[0]))


def _inverted(height: float, ensemble: str, grid: np.ndarray) -> float:
    """The m with ``mean of b(m tau) = height``, between 0 and 30."""
    m = np.concatenate([np.linspace(0.0, 4.0, 81), np.linspace(4.2, _MOST, 130)])
    curve = form_factor(ensemble, np.multiply.outer(m, grid)).mean(axis=1)
    curve = np.maximum.accumulate(curve)
    if height >= curve[-1]:
        return _MOST
    if height <= 0:
        return height / max(curve[1] / m[1], 1e-12)
    return float(np.interp(height, curve, m))


def ramp_of_sectors(
    sequences: Sequence[Sequence[Float[np.ndarray, " n"]]], rng: np.random.Generator
) -> tuple[Float[np.ndarray, "k k"], Float[np.ndarray, "k k"]]:
    """The ramp matrix of sectors in GUE units, raw (GOE curvature included), and its standard errors.

    The unit is ``t / (2 pi) int f^2``: what one GUE block gives.
    """
    sizes = np.array([np.mean([len(x) for x in rows]) for rows in sequences])
    smallest = float(sizes[sizes > 0].min())
    grid = np.arange(BAND[0], BAND[1] + 1e-9, 0.5 / max(smallest, 4.0)) * smallest * 0.5
    data = ramp_data(sequences, grid)
    unit = grid * np.sqrt(np.pi) * _FILTER

    def matrix(chosen: np.ndarray | None) -> np.ndarray:
        return np.real(data.connected(chosen) / unit).mean(axis=2)

    value = matrix(None)
    s = len(data.traces)
    if s < 8:
        points = max(len(grid) * np.sqrt(np.pi) * _FILTER * s, 1.0)
        scale = np.sqrt(np.abs(np.outer(np.diag(value), np.diag(value))))
        return value, scale / np.sqrt(points)
    again = np.array([matrix(rng.integers(s, size=s)) for _ in range(60)])
    return value, again.std(axis=0)
