"""The generalised eigenproblem ``L c = lambda G c`` (or ``lambda N c``) of a dictionary and one or more covariances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Num

from symmeter.discover.assembly import assemble, generator_gram, sparse_rows
from symmeter.discover.generators import Generator, parities
from symmeter.discover.moments import Moments
from symmeter.discover.noise import noise_matrix, noise_weights

__all__ = ["Problem", "build_problem"]


@dataclass(frozen=True, eq=False)
class Problem:
    """L, G and N of a dictionary, summed over the covariances.

    Attributes
    ----------
    generators : tuple of Generator
        The d elements B_k that coefficients refer to.
    moments : tuple of Moments
    commutator, gram : arrays of shape (d, d)
        L and G.
    noise : array of shape (d, d) or None
        N; None when a covariance is exact.
    route : str
    """

    generators: tuple[Generator, ...]
    moments: tuple[Moments, ...]
    commutator: Float[np.ndarray, "d d"]
    gram: Float[np.ndarray, "d d"]
    noise: Float[np.ndarray, "d d"] | None
    route: str

    @property
    def dimension(self) -> int:
        """Number of columns M."""
        return self.generators[0].dimension

    @cached_property
    def spread(self) -> float:
        """Root of the summed squared ranges of the spectra: the largest value of ``||[R, A]|| / ||A||`` can take."""
        return float(np.sqrt(sum((m.spectrum[-1] - m.spectrum[0]) ** 2 for m in self.moments)))

    def combine(self, coefficients: Float[np.ndarray, " d"]) -> Num[np.ndarray, "m m"]:
        """The matrix ``sum_k c_k B_k``."""
        m = self.dimension
        total = np.zeros((m, m), dtype=complex if any(g.is_complex for g in self.generators) else float)
        for c, g in zip(coefficients, self.generators):
            if c:
                if g.dense is not None:
                    total += c * g.dense
                else:
                    rows, columns, values = g.entries()
                    np.add.at(total, (rows, columns), c * values)
        return total

    def coefficients_of(self, matrix: Num[np.ndarray, "m m"]) -> tuple[Float[np.ndarray, " d"], float]:
        """Coefficients of the projection of a matrix onto the span, and the share of its norm that lies outside."""
        inner = np.array([float(np.vdot(v, matrix[i, j]).real) for i, j, v in (g.entries() for g in self.generators)])
        values, vectors = np.linalg.eigh(self.gram)
        kept = values > 1e-10 * values[-1]
        c = (vectors[:, kept] / values[kept]) @ (vectors[:, kept].T @ inner)
        # From the residual itself: the difference of two squares would leave the root of the rounding error.
        norm = float(np.linalg.norm(matrix))
        return c, float(np.linalg.norm(matrix - self.combine(c))) / max(norm, 1e-300)


def build_problem(generators: Sequence[Generator], moments: Sequence[Moments], route: str = "auto") -> Problem:
    """Assemble L, G and N, splitting raw matrices into Hermitian and skew parts on the way."""
    parts, mixing = parities(generators)
    d = len(generators)
    commutator = np.zeros((d, d))
    noise: np.ndarray | None = None if any(m.is_exact for m in moments) else np.zeros((d, d))
    used = []
    # Without noise matrices the rows of all generators may not be needed at all.
    rows = None if all(m.is_exact for m in moments) else sparse_rows(parts)
    whole = np.array_equal(mixing, np.eye(d))
    for moment in moments:
        weights = () if moment.is_exact else noise_weights(moment)
        grams = assemble(moment.covariance, parts, weights, route, moment.factor, rows)
        used.append(grams.route)
        commutator += grams.commutator if whole else mixing @ grams.commutator @ mixing.T
        if noise is not None:
            noise += mixing @ noise_matrix(moment, grams, parts) @ mixing.T
    gram = generator_gram(parts, rows)
    gram = gram if whole else mixing @ gram @ mixing.T
    return Problem(tuple(generators), tuple(moments), commutator, gram, noise, used[0])
