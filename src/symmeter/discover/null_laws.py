"""The law of a squared distance ``||Delta_hat||^2`` when the symmetry is exact: a weighted sum of chi-squares.

Its cumulants come from pairs and triples of samples, without any assumption on their law, or in closed form for
Gaussian data; in the tail, where three cumulants do not suffice, from the weights themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Num

from symmeter.discover.moments import Moments
from symmeter.representations import Transformation, cyclic_action

__all__ = [
    "Piece",
    "closed_cumulants",
    "cumulants",
    "gaussian_law",
    "gaussian_rows",
    "gaussian_table",
    "hollow",
    "row_distance_table",
    "stretched",
    "totals",
    "unknowns",
    "upper_tail",
]

#: Below this a p-value only says "never"; its size is not worth an eigendecomposition.
_FAR_TAIL = 1e-15


def row_distance_table(y: np.ndarray, p: Transformation) -> np.ndarray:
    """``<Delta(y_i y_i^H), Delta(y_j y_j^H)>`` for the map R -> R - P R P^H: three squared inner products."""
    plain = np.abs(y @ y.conj().T) ** 2
    moved = np.abs(y.conj() @ p.apply(y).T) ** 2
    return 2.0 * plain - moved - moved.T


class Piece(NamedTuple):
    """One covariance's part of a statistic and of its null distribution."""

    statistic: float
    noise: float = 0.0
    second: float = 0.0
    third: float = 0.0
    variance: float = 0.0
    table: Callable[[], np.ndarray] | None = None
    n: int = 0
    law: Callable[[], np.ndarray] | None = None

    def weights(self) -> np.ndarray:
        """Weights w of the null law ``sum_i w_i chi2_1``; those from a table sum to zero, the noise level is apart."""
        if self.law is not None:
            return self.law()
        assert self.table is not None
        table = self.table()
        s = len(table)
        return np.linalg.eigvalsh(0.5 * (table + table.T)) / (np.sqrt(s * (s - 1.0)) * self.n)


def totals(pieces: Sequence[Piece]) -> tuple[float, ...]:
    """Statistic, noise, second and third cumulant and variance, summed over independent covariances."""
    return tuple(float(total) for total in np.sum([piece[:5] for piece in pieces], axis=0))


def hollow(table: np.ndarray) -> np.ndarray:
    """Centred Gram table of rows without its diagonal, which would bias every power sum."""
    centred = table - table.mean(0)[None, :] - table.mean(1)[:, None] + table.mean()
    np.fill_diagonal(centred, 0.0)
    return centred


def stretched(table: np.ndarray, moments: Moments, noise: float, statistic: float) -> np.ndarray:
    """The hollow table, scaled so that its diagonal's mean agrees with the noise level of all rows."""
    assert moments.n is not None
    own = float(np.trace(table)) / len(table)
    every = noise * (moments.n - 1) + statistic
    return hollow(table) * (every / own if own > 0.0 else 1.0)


def gaussian_table(moments: Moments, p: Transformation, count: int) -> np.ndarray:
    """The table of :func:`row_distance_table` for Gaussian rows of the symmetrised covariance."""
    y = gaussian_rows(cyclic_action(p).average(moments.covariance), count, np.random.default_rng(0))
    return hollow(row_distance_table(y, p))


def unknowns(moments: Moments, p: Transformation) -> int:
    """Real parameters of a covariance: the size of the eigenproblem behind the Gaussian null law."""
    m = moments.dimension
    return m * m if moments.is_complex or not p.is_real else m * (m + 1) // 2


def gaussian_law(moments: Moments, p: Transformation) -> np.ndarray:
    """Weights of ``||E - P E P^H||^2`` for Gaussian data under the hypothesis, exactly.

    With X_a an orthonormal basis of the Hermitian (symmetric) matrices the error is
    ``sqrt(c/n) sum_a z_a R^1/2 X_a R^1/2``, z_a independent standard normal and c = 1 (2 for real data).
    """
    assert moments.n is not None
    r = cyclic_action(p).average(moments.covariance)
    m = len(r)
    complex_data = np.iscomplexobj(r) or not p.is_real
    values, vectors = np.linalg.eigh(r)
    root = (vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.conj().T
    i, j = np.triu_indices(m)
    scale = np.where(i == j, 0.5, np.sqrt(0.5))[:, None, None]
    # R^1/2 (e_i e_j^T + e_j e_i^T) R^1/2, and i times the difference when the data are complex.
    half = root.T[i][:, :, None] * root[j][:, None, :]
    images = scale * (half + half.conj().swapaxes(1, 2))
    if complex_data:
        apart = i != j
        images = np.concatenate([images, 1j * scale[apart] * (half[apart] - half[apart].conj().swapaxes(1, 2))])
    moved = images - np.stack([p.conjugate(x) for x in images])
    flat = moved.reshape(len(moved), -1)
    c = 1.0 if complex_data else 2.0
    return c / moments.n * np.clip(np.linalg.eigvalsh(np.real(flat.conj() @ flat.T)), 0.0, None)


def cumulants(hollow: np.ndarray, n: int, tail: bool = True) -> tuple[float, float]:
    """Second and third cumulant of ``||mean||^2`` from pairs and triples of rows; without tail only the second."""
    s = len(hollow)
    second = 2.0 * float((hollow**2).sum()) / (s * (s - 1)) / n**2
    if not tail:
        return second, 1e-12 * second**1.5
    third = 8.0 * float(np.einsum("ij,ji->", hollow @ hollow, hollow)) / (s * (s - 1) * (s - 2)) / n**3
    return second, max(third, 1e-12 * second**1.5)


def closed_cumulants(moments: Moments, p: Transformation) -> tuple[float, float, float]:
    """Gaussian cumulants of ``||E - P E P^H||^2`` under the hypothesis: traces of ``(c/n R x R (2 - P - P^-1))^k``.

    On real symmetric matrices the map ``X -> A X A^T`` has trace ``((tr A)^2 + tr A^2) / 2``; on Hermitian ones
    ``|tr A|^2``.
    """
    assert moments.n is not None
    r = cyclic_action(p).average(moments.covariance)
    complex_data = np.iscomplexobj(r) or not p.is_real

    def weight(a: np.ndarray) -> float:
        trace = np.trace(a)
        return float(abs(trace) ** 2) if complex_data else float(0.5 * (trace**2 + np.vdot(a.T, a)).real)

    expansions = ((2.0, -2.0), (6.0, -8.0, 2.0), (20.0, -30.0, 12.0, -2.0))
    c = 1.0 if complex_data else 2.0
    power, out = np.eye(len(r)), []
    for k, coefficients in enumerate(expansions, start=1):
        power = power @ r
        moved, total = power, 0.0
        for coefficient in coefficients:
            total += coefficient * weight(moved)
            moved = p.apply(moved.T).T  # P R^k: rows move
        factor = 2.0 ** (k - 1) * (1.0, 1.0, 2.0)[k - 1]
        out.append(max(factor * (c / moments.n) ** k * total, 0.0))
    return out[0], out[1], out[2]


def upper_tail(pieces: Sequence[Piece], tail: bool) -> float:
    """Upper tail of the null law: three cumulants, and in the tail, where they do not suffice, the weights."""
    from symmeter.statistics import cumulant_sf, weighted_chi2_sf

    statistic, noise, second, third, _ = totals(pieces)
    p = float(np.asarray(cumulant_sf(statistic, noise, second, third)).item())
    if tail and _FAR_TAIL < p < 0.05 and all(piece.table is not None for piece in pieces):
        weights = np.concatenate([piece.weights() for piece in pieces])
        apart = sum(piece.noise for piece in pieces if piece.law is None)
        p = float(np.asarray(weighted_chi2_sf(statistic - apart, weights)).item())
    return min(1.0, max(0.0, p))


def gaussian_rows(covariance: np.ndarray, count: int, rng: np.random.Generator) -> Num[np.ndarray, "s m"]:
    values, vectors = np.linalg.eigh(covariance)
    z = rng.standard_normal((count, len(values)))
    if np.iscomplexobj(covariance):
        z = (z + 1j * rng.standard_normal(z.shape)) / np.sqrt(2.0)
    return (z * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T
