"""Matching the columns of a noisy covariance with each other: which permutation continues a few given images?

The features are correlations and logarithms of variances, with partial correlations beside them when there are samples
enough: a symmetry keeps all of them, and each comes with its standard error, so that "cannot be told apart" is a
statement about noise. A :class:`Seeding` fixes the images of some columns; every further column then has a set of
plausible images. Columns are matched in the order of certainty, and
``cost_kj = sum_m (A_km - A_{j, p_m})^2`` (one matrix product) improves it until it is stable: for a positive
semidefinite A every such step raises ``tr(A P A P^T)``, as in the Frank-Wolfe method for quadratic assignment
(Vogelstein et al., PLoS ONE 10 (2015) e0121002).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from symmeter.discover.feature_layers import Layer, stabilised

__all__ = ["Matcher", "Seeding"]

_FORBIDDEN = 1e12
#: Chance that a true image is called implausible, over all columns.
_MISS = 1e-3
#: Errors of two entries may be correlated, and their variances are estimates.
_SLACK = 1.5
#: Entropy (of a column's image and of the image's column) below which the image of a column counts as sure.
_SURE = 1e-3


@dataclass(frozen=True, eq=False)
class Seeding:
    """Columns with given images, and what that says about the others.

    Attributes
    ----------
    columns, images : tuple of int
    signs : tuple of int
        1 or -1 for each seed.
    even : array of shape (M, M)
        Part of the noise-scaled distance of (column k, image j) that does not depend on signs.
    cross : array of shape (M, M)
        Half of its change with the sign of k.
    terms : int
        How many features were compared.
    """

    columns: tuple[int, ...]
    images: tuple[int, ...]
    signs: tuple[int, ...]
    even: Float[np.ndarray, "m m"]
    cross: Float[np.ndarray, "m m"]
    terms: int


class Matcher:
    """Finds the permutation that continues a seeding.

    Parameters
    ----------
    layers : sequence of Layer
    signed : bool
        Whether columns may change sign.
    """

    def __init__(self, layers: Sequence[Layer], signed: bool = False) -> None:
        self.layers = list(layers)
        self.signed = signed
        self.size = len(layers[0].values)
        #: Work done so far in units of about a nanosecond: counted, not timed, so that no result depends on a clock.
        self.work = 0
        self._complex = any(np.iscomplexobj(layer.values) for layer in layers)
        self._weights = [1.0 / float(np.median(layer.variance)) for layer in layers]
        #: For each layer, its entries on a scale of even noise, and the variance of that noise.
        self.stabilised = [stabilised(layer) for layer in self.layers]
        self._vertex_cost = self._log_scale_distance()
        self._profiles = self._profile_distance()

    def _log_scale_distance(self) -> np.ndarray:
        total = np.zeros((self.size, self.size))
        for layer in self.layers:
            noise = layer.log_scale_variance[:, None] + layer.log_scale_variance[None, :]
            total += (layer.log_scale[:, None] - layer.log_scale[None, :]) ** 2 / noise
        return total

    def _profile_distance(self) -> np.ndarray:
        """Whether sorted rows agree: sorting brings noisy copies of the same numbers closer, never further apart."""
        bad = np.zeros((self.size, self.size), dtype=bool)
        for layer in self.layers:
            key = np.abs(layer.values) if self.signed or self._complex else layer.values
            profile = np.sort(key, axis=1)
            squares = (profile**2).sum(1)
            distance = squares[:, None] + squares[None, :] - 2.0 * (profile @ profile.T)
            noise = layer.variance.sum(1)
            # The errors in one row are correlated, so their sum of squares is far from its mean now and then.
            bad |= distance > 6.0 * (noise[:, None] + noise[None, :]) + 1e-9
        return np.where(bad, _FORBIDDEN, 0.0)

    def root(self) -> Seeding:
        """No seed yet: only variances and sorted rows are compared."""
        return Seeding(
            (), (), (), self._vertex_cost + self._profiles, np.zeros_like(self._vertex_cost), len(self.layers)
        )

    def similar_pairs(self, most: int) -> tuple[np.ndarray, np.ndarray]:
        """Pairs of columns whose rows differ by no more than noise, most similar first: they may be exchangeable."""
        m = self.size
        total = self._vertex_cost + self._profiles
        terms = len(self.layers) * m
        for layer in self.layers:
            a, v = layer.values, layer.variance
            for k in range(m):
                weight = 1.0 / (v[:, k][:, None] + v[:, k][None, :])
                gap = np.abs(a[:, k][:, None] - a[:, k][None, :]) ** 2 * weight
                # Column k itself meets its own diagonal entry.
                gap[k, :] = gap[:, k] = 0.0
                total = total + gap
        self.work += 15 * m**3 * len(self.layers)
        i, j = np.nonzero(np.triu(total < 3.0 * terms + 30.0, 1))
        order = np.argsort(total[i, j], kind="stable")[:most]
        return i[order], j[order]

    def seeded(self, node: Seeding, column: int, image: int, sign: int = 1) -> Seeding:
        """One more seed."""
        even, cross = node.even.copy(), node.cross.copy()
        for layer in self.layers:
            a, b = layer.values[:, column], layer.values[:, image]
            weight = 1.0 / (layer.variance[:, column][:, None] + layer.variance[:, image][None, :])
            even += weight * (np.abs(a)[:, None] ** 2 + np.abs(b)[None, :] ** 2)
            cross += (sign * weight) * np.real(a[:, None] * b.conj()[None, :])
        even[column, :] = _FORBIDDEN
        even[:, image] = _FORBIDDEN
        even[column, image] = 0.0
        cross[column, :] = 0.0
        cross[:, image] = 0.0
        cross[column, image] = 0.5 * sign * 1e-9
        self.work += 20_000 + 6 * len(self.layers) * self.size**2
        terms = node.terms + len(self.layers) * (2 if self._complex else 1)
        return Seeding((*node.columns, column), (*node.images, image), (*node.signs, sign), even, cross, terms)

    def distance(self, node: Seeding) -> Float[np.ndarray, "m m"]:
        """Noise-scaled squared distance between column k and image j; of the order of ``terms`` for a true image."""
        return node.even - 2.0 * (np.abs(node.cross) if self.signed else node.cross)

    def plausible(self, node: Seeding) -> np.ndarray:
        """Which images noise allows for which columns."""
        from scipy.special import chdtri

        return self.distance(node) <= _SLACK * float(chdtri(node.terms, _MISS / self.size))

    def permutation(self, node: Seeding, most: int = 6) -> tuple[np.ndarray, np.ndarray]:
        """Images and signs of all columns: grown from the seeds, then improved with the seeds held fast."""
        seeds, targets = list(node.columns), list(node.images)
        rows, columns = np.delete(np.arange(self.size), seeds), np.delete(np.arange(self.size), targets)
        images, sign = self._grown(node)
        for _ in range(most):
            inner = self._agreement(images, sign)
            gain = np.abs(inner) if self.signed else inner
            # Every whole assignment meets each row norm once, so that they need not be added.
            following, its_sign = self._assign(2.0 * (self._vertex_cost - gain), inner, rows, columns)
            if np.array_equal(following, images[rows]) and np.array_equal(its_sign, sign[rows]):
                break
            images[rows], sign[rows] = following, its_sign
        return images, sign

    def _grown(self, node: Seeding) -> tuple[np.ndarray, np.ndarray]:
        """Columns whose image is surest become seeds, round by round, until all are matched.

        Sure means that the likelihoods of the images leave little entropy: near a seed that is so at once, far away
        only when the seeds have come near.
        """
        images = np.full(self.size, -1, dtype=np.intp)
        sign = np.ones(self.size)
        images[list(node.columns)], sign[list(node.columns)] = node.images, node.signs
        distance, cross = self._vertex_cost + self._profiles, np.zeros((self.size, self.size))
        new = np.array(node.columns, dtype=np.intp)
        free = images < 0
        open_images = np.ones(self.size, dtype=bool)
        open_images[list(node.images)] = False
        while free.any():
            even, change = self._evidence(new, images[new], sign[new])
            distance = distance + even
            cross = cross + change
            rows, columns = np.flatnonzero(free), np.flatnonzero(open_images)
            whole = distance - 2.0 * (np.abs(cross) if self.signed else cross)
            part = 0.5 * whole[np.ix_(rows, columns)]
            terms = len(self.layers) * (1 + (2 if self._complex else 1) * (self.size - len(rows)))
            best, doubt = _doubt(part)
            partner, other_doubt = _doubt(part.T)
            at = np.arange(len(rows))
            # A column whose own image was taken finds another that suits it better than the rest and still badly.
            misfit = 2.0 * part[at, best] > terms + 5.0 * np.sqrt(2.0 * terms)
            doubt = doubt + other_doubt[best] + 5.0 * (partner[best] != at) + 20.0 * misfit
            order = np.argsort(doubt, kind="stable")
            sure = order[: max(1, int((doubt < _SURE).sum()))][: max(4, self.size - len(rows))]
            # Of several columns that want one image the surest gets it.
            _, first = np.unique(best[sure], return_index=True)
            sure = sure[np.sort(first)]
            new = rows[sure]
            images[new] = columns[best[sure]]
            if self.signed:
                sign[new] = np.where(cross[new, images[new]] < 0.0, -1.0, 1.0)
            free[new] = False
            open_images[images[new]] = False
            self.work += 20_000 + 2 * self.size**2 * (2 + len(self.layers))
        return images, sign

    def misfit(self, images: np.ndarray) -> Float[np.ndarray, " m"]:
        """For each column, the noise-scaled distance between its entries and those of its image."""
        total = np.zeros(self.size)
        for z, noise in self.stabilised:
            total += (np.abs(z - z[images[:, None], images[None, :]]) ** 2).sum(1) / noise
        return total

    def _evidence(self, columns: np.ndarray, images: np.ndarray, sign: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What some seeds add to the distances: the part without signs, and half of the part with them."""
        even, cross = np.zeros((self.size, self.size)), np.zeros((self.size, self.size))
        for z, noise in self.stabilised:
            a, b = z[:, columns], z[:, images]
            even += 0.5 / noise * ((np.abs(a) ** 2).sum(1)[:, None] + (np.abs(b) ** 2).sum(1)[None, :])
            cross += 0.5 / noise * np.real(a @ (b.conj() * sign).T)
        return even, cross

    def _assign(
        self, cost: np.ndarray, direction: np.ndarray, rows: np.ndarray, columns: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        from scipy.optimize import linear_sum_assignment

        self.work += 20_000 + self.size**3 // 5
        chosen = columns[linear_sum_assignment(np.minimum(cost[np.ix_(rows, columns)], _FORBIDDEN))[1]]
        sign = np.where(direction[rows, chosen] < 0.0, -1.0, 1.0) if self.signed else np.ones(len(rows))
        return chosen, sign

    def _agreement(self, images: np.ndarray, sign: np.ndarray) -> np.ndarray:
        """``Re sum_m A_km conj(s_m A_{j, p_m})``."""
        self.work += 10_000 + len(self.layers) * self.size**3 // 6
        total = np.zeros((self.size, self.size))
        for weight, layer in zip(self._weights, self.layers, strict=True):
            moved = layer.values[:, images] * sign[None, :] if self.signed else layer.values[:, images]
            total += weight * np.real(layer.values @ moved.conj().T)
        return total


def _doubt(half_distance: Float[np.ndarray, "rows columns"]) -> tuple[np.ndarray, np.ndarray]:
    """Nearest column of each row, and the entropy of where the row belongs."""
    best = half_distance.argmin(axis=1)
    excess = half_distance - half_distance[np.arange(len(best)), best][:, None]
    odds = np.exp(-excess)
    total = odds.sum(axis=1)
    return best, np.log(total) + (excess * odds).sum(axis=1) / total
