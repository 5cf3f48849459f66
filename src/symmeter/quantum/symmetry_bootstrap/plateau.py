"""The plateau of the cross form factor: late times see ``P_ab = sum over levels m_a m_b``, for any Hamiltonian.

Exactly from clustered levels, as a Gaussian average over time in closed form, and back from a measured P to patterns.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from symmeter.errors import InputError
from symmeter.quantum.symmetry_bootstrap.patterns import Patterns
from symmeter.quantum.symmetry_bootstrap.spectra import SectorSpectra

__all__ = ["exact_plateau", "patterns_of_plateau", "time_average"]


def exact_plateau(patterns: Patterns) -> Float[np.ndarray, "k k"]:
    """``sum_i n_i rho_i rho_i^T``."""
    rows = patterns.rows.astype(float)
    return (rows * patterns.counts[:, None]).T @ rows


def time_average(spectra: SectorSpectra, width: float, center: float = 0.0) -> Float[np.ndarray, "k k"]:
    """Average of ``Z_a(t) Z_b(t)*`` over a Gaussian window of times, mean over realisations.

    ``sum_mn exp(-(E_m - E_n)^2 s^2 / 2) cos((E_m - E_n) t0)``: only pairs of levels within about 9/s count, which two
    pointers into sorted levels find without the whole matrix of differences.

    Parameters
    ----------
    spectra : SectorSpectra
    width, center : float
        Standard deviation s and mean t0 of the times, in inverse units of the levels.

    Examples
    --------
    >>> spec = SectorSpectra.from_levels({"0": [0.0, 1.0], "1": [1.0, 3.0]}, subgroup="Z2")
    >>> time_average(spec, 1e3).round(9).tolist()
    [[2.0, 1.0], [1.0, 2.0]]
    """
    if not width > 0:
        raise InputError(f"the width of the window of times is positive; got {width}")
    reach = 9.0 / width
    k = len(spectra.labels)
    total = np.zeros((k, k))
    for s in range(spectra.realisations):
        for a in range(k):
            for b in range(a, k):
                total[a, b] += _pairs(spectra.levels[a][s], spectra.levels[b][s], width, center, reach)
    total = total + np.triu(total, 1).T
    return total / spectra.realisations


def _pairs(first: np.ndarray, second: np.ndarray, width: float, center: float, reach: float) -> float:
    low = np.searchsorted(second, first - reach, side="left")
    high = np.searchsorted(second, first + reach, side="right")
    counts = high - low
    if not counts.sum():
        return 0.0
    m = np.repeat(np.arange(len(first)), counts)
    starts = np.repeat(low - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
    difference = first[m] - second[np.arange(counts.sum()) + starts]
    return float(np.sum(np.exp(-0.5 * (difference * width) ** 2) * np.cos(difference * center)))


def patterns_of_plateau(
    plateau: Float[np.ndarray, "k k"], dims: Int[np.ndarray, " k"], largest: int = 2
) -> tuple[Int[np.ndarray, "p k"], Int[np.ndarray, " p"]]:
    """The fewest patterns rho_i with counts n_i that give ``P = sum n_i rho_i rho_i^T`` and ``D = sum n_i rho_i``.

    Parameters
    ----------
    plateau : array of shape (k, k)
        Rounded to integers first.
    dims : int array of shape (k,)
        D_a; ``P_aa > D_a`` signals a multiplicity of two or more.
    largest : int
        Largest multiplicity that is tried.

    Raises
    ------
    InputError
        If there is no solution.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    p = np.rint(np.asarray(plateau)).astype(np.int64)
    d = np.asarray(dims)
    k = len(d)
    linked = p > 0
    entries = [range(min(largest, int(np.sqrt(p[a, a]))) + 1) if p[a, a] > d[a] else range(2) for a in range(k)]
    if np.prod([float(len(e)) for e in entries]) > 300_000:
        raise InputError(f"{k} sectors have too many possible patterns; give the levels instead of the plateau")
    rows = np.array([r for r in product(*entries) if any(r)], dtype=np.int64)
    allowed = np.array([linked[np.ix_(np.flatnonzero(r), np.flatnonzero(r))].all() for r in rows])
    # Where two spectra are identical, every pattern holds both sectors alike.
    for a, b in zip(*np.triu_indices(k, 1)):
        if p[a, b] == p[a, a] == p[b, b] == d[a] == d[b]:
            allowed &= rows[:, a] == rows[:, b]
    rows = rows[allowed]
    i, j = np.triu_indices(k)
    equations = np.concatenate([(rows[:, i] * rows[:, j]).T, rows.T])
    right = np.concatenate([p[i, j], d])
    n = len(rows)
    most = float(d.sum())
    # Counts n_i and switches u_i with n_i <= most u_i; the number of switches is made small.
    # SciPy takes arrays for bounds; its stubs say numbers.
    target: Any = right
    limits: Any = np.concatenate([np.full(n, most), np.ones(n)])
    whole = LinearConstraint(np.hstack([equations, np.zeros((len(equations), n))]), target, target)
    switch: Any = LinearConstraint(np.hstack([np.eye(n), -most * np.eye(n)]), -np.inf, 0)
    solved = milp(
        np.concatenate([np.zeros(n), np.ones(n)]),
        constraints=[whole, switch],
        integrality=np.ones(2 * n),
        bounds=Bounds(0, limits),
        options={"time_limit": 20.0},
    )
    if solved.x is None:
        raise InputError("no patterns of levels add up to this plateau and these dimensions; check D_a and the window")
    counts = np.rint(solved.x[:n]).astype(np.int64)
    return rows[counts > 0], counts[counts > 0]
