"""Positive skies: the square of a function that fits best, and the posterior of that function.

Data are compressed to as many numbers as there are coefficients of the power, which loses nothing, so that fits and
chains cost the same for ten pulsars and for a hundred.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from symmeter.signals.pta.power import product_grid

__all__ = ["SquareModel", "best_squares", "square_posterior"]


@dataclass(frozen=True, eq=False)
class SquareModel:
    """Coefficients of the power from those of a function, and their derivatives.

    Attributes
    ----------
    bmax : int
    held : bool
        Divide by the mean, so that ``c_00 = sqrt(4 pi)`` and the first coefficient is 1; otherwise all are free and
        the mean power is fitted.
    """

    bmax: int
    held: bool

    @property
    def size(self) -> int:
        """Number of free coefficients."""
        return (self.bmax + 1) ** 2 - self.held

    def function(self, free: Float[np.ndarray, "*batch f"]) -> Float[np.ndarray, "*batch b"]:
        """All coefficients of the function."""
        if not self.held:
            return free
        return np.concatenate((np.ones((*free.shape[:-1], 1)), free), -1)

    def power(self, free: Float[np.ndarray, "*batch f"]) -> Float[np.ndarray, "*batch k"]:
        """Coefficients of the power."""
        return self.power_of(self.function(free))

    def power_of(self, b: Float[np.ndarray, "*batch b"]) -> Float[np.ndarray, "*batch k"]:
        """The same from all coefficients of the function, of any length when the mean is held."""
        y, w = product_grid(self.bmax)
        c = 4 * np.pi * (w * (b @ y[:, : b.shape[-1]].T) ** 2) @ y
        return c / (b**2).sum(-1, keepdims=True) if self.held else c

    def slope(self, free: Float[np.ndarray, "*batch f"]) -> Float[np.ndarray, "*batch k f"]:
        """Derivatives of :meth:`power`."""
        b = self.function(free)
        size = b.shape[-1]
        table = _triple_products(self.bmax)
        out = 8 * np.pi * (b @ table.reshape(-1, size).T).reshape(*b.shape[:-1], -1, size)
        if not self.held:
            return out
        whole = (b**2).sum(-1)[..., None, None]
        return ((out - 2 * self.power(free)[..., :, None] * b[..., None, :]) / whole)[..., 1:]


@lru_cache(maxsize=8)
def _triple_products(bmax: int) -> Float[np.ndarray, "k b b"]:
    """Integrals of a harmonic of the power with two of the function."""
    y, w = product_grid(bmax)
    some = y[:, : (bmax + 1) ** 2]
    return np.einsum("n,nk,ni,nj->kij", w, y, some, some, optimize=True)


def best_squares(
    model: SquareModel,
    design: Float[np.ndarray, "n k"],
    data: Float[np.ndarray, "s n"],
    linear: Float[np.ndarray, "s k"],
) -> tuple[Float[np.ndarray, "s f"], Float[np.ndarray, "s k"]]:
    """The functions whose squares fit rows of whitened data best, and the powers.

    Levenberg and Marquardt's iteration for all rows at once, from the linear solution's own function, from a constant
    and from ten others, since noise makes several minima.
    """
    few = (model.bmax + 1) ** 2
    mean = linear[:, :1] / np.sqrt(4 * np.pi)
    mean = np.where(mean > 1e-3, mean, 1.0)
    if not model.size:
        none = np.zeros((len(data), 0))
        return none, model.power(none)
    # To first order the square of 1 + b has twice its coefficients.
    guess = np.clip(linear[:, 1:few] / mean / (2 * np.sqrt(4 * np.pi)), -1, 1)
    others = [np.zeros(few - 1), *np.random.default_rng(0).normal(0, 0.5, (10, few - 1))] if few > 1 else []
    starts = [guess, *(np.broadcast_to(o, guess.shape) for o in others)]
    if not model.held:
        starts = [np.sqrt(mean) * np.hstack((np.ones_like(mean), s)) for s in starts]
    free = np.concatenate(starts)
    tall = np.concatenate([data] * len(starts))
    free, cost = _descended(model, design, tall, free)
    cost = cost.reshape(len(starts), -1)
    best = free.reshape(len(starts), len(data), -1)[cost.argmin(0), np.arange(len(data))]
    return best, model.power(best)


def _descended(
    model: SquareModel, design: np.ndarray, data: np.ndarray, free: np.ndarray, rounds: int = 200
) -> tuple[np.ndarray, np.ndarray]:
    """Minima from these beginnings, and the sums of squares there."""
    gap = model.power(free) @ design.T - data
    cost = (gap**2).sum(1)
    damping = np.full(len(free), 1e-3)
    going = np.arange(len(free))
    for _ in range(rounds):
        slope = np.matmul(design, model.slope(free[going]))
        normal = slope.swapaxes(1, 2) @ slope
        downhill = np.einsum("snf,sn->sf", slope, gap[going])
        size = np.einsum("sff->sf", normal)
        # Never singular, also where a function without a mean has run far out and nothing changes any more.
        step = damping[going, None] * (size + 1e-6 * size.max(1, keepdims=True)) + 1e-14 * size.max(1)[:, None] + 1e-200
        normal[:, np.arange(model.size), np.arange(model.size)] += step
        tried = free[going] - np.linalg.solve(normal, downhill[..., None])[..., 0]
        new_gap = model.power(tried) @ design.T - data[going]
        new = (new_gap**2).sum(1)
        better = new < cost[going]
        gain = cost[going] - new
        done = (better & (gain < 1e-12 * cost[going] + 1e-14)) | (~better & (damping[going] > 1e8))
        rows = going[better]
        free[rows], gap[rows], cost[rows] = tried[better], new_gap[better], new[better]
        damping[going] = np.where(better, np.maximum(damping[going] / 6, 1e-12), damping[going] * 4)
        going = going[~done]
        if not len(going):
            break
    return free, cost


def square_posterior(
    model: SquareModel,
    design: Float[np.ndarray, "n k"],
    data: Float[np.ndarray, " n"],
    best: Float[np.ndarray, " f"],
    draws: int,
    rng: np.random.Generator,
) -> Float[np.ndarray, "n k"]:
    """Powers drawn from the posterior of the function.

    A held mean leaves the direction of the coefficients free, and the prior has all directions alike (normal numbers,
    whose length says nothing): flat coefficients over the first one would prefer skies without a mean. With a free mean
    the prior is flat, each coefficient within five times the best one.

    Stretch moves of an ensemble (Goodman and Weare 2010), one half moved along the other; the first half of the
    chain is thrown away, and what remains is thinned to the number of draws.
    """
    full = model.function(best)
    size = len(full)
    walkers = 2 * max(2 * size, 16)
    bound = 5.0 * max(1.0, float(np.abs(best).max(initial=0.0)))
    start = best + 0.7 * rng.standard_normal((walkers, model.size)) @ _spread(model, design, best).T
    place = model.function(start)
    if model.held:
        place = place * np.sqrt(rng.chisquare(size, (walkers, 1)) / (place**2).sum(1, keepdims=True))
    else:
        place = np.clip(place, -bound, bound)

    def log_of(b: np.ndarray) -> np.ndarray:
        prior = -0.5 * (b**2).sum(-1) if model.held else np.where((np.abs(b) <= bound).all(-1), 0.0, -np.inf)
        return prior - 0.5 * ((model.power_of(b) @ design.T - data) ** 2).sum(-1)

    value = log_of(place)
    half = walkers // 2
    rounds = max(600, 80 * size, -(-6 * draws // walkers))
    kept = []
    for step in range(rounds):
        for mine, other in ((slice(0, half), slice(half, None)), (slice(half, None), slice(0, half))):
            stretch = (1 + rng.random(half)) ** 2 / 2
            anchor = place[other][rng.integers(half, size=half)]
            tried = anchor + stretch[:, None] * (place[mine] - anchor)
            new = log_of(tried)
            yes = np.log(rng.random(half)) < (size - 1) * np.log(stretch) + new - value[mine]
            place[mine] = np.where(yes[:, None], tried, place[mine])
            value[mine] = np.where(yes, new, value[mine])
        if 2 * step >= rounds:
            kept.append(place.copy())
    every = np.concatenate(kept)
    return model.power_of(every[rng.choice(len(every), size=draws, replace=draws > len(every))])


def _spread(model: SquareModel, design: np.ndarray, best: np.ndarray) -> np.ndarray:
    """A root of the local covariance, for where the walkers begin."""
    j = design @ model.slope(best)
    values, vectors = np.linalg.eigh(j.T @ j)
    return vectors / np.sqrt(np.maximum(values, 1.0))
