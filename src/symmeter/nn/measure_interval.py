"""The interval of a ratio of mean errors over group elements and samples, both of which are random draws.

Errors of one element on all samples share the element, errors of one sample under all elements share the sample, so
neither axis may be resampled alone: rows and columns are drawn with replacement together (the pigeonhole bootstrap; A.
B. Owen, Annals of Applied Statistics 1, 2007), which is never too narrow asymptotically. Elements of a finite group
that are all there are no draw, and are kept. An error of the null is one of two samples, the one that moves and the one
that it moves towards, and counts as often as both are drawn together: without that its part of the interval would be
too narrow by the square root of two.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int

__all__ = ["mean_interval", "ratio_interval"]

_DRAWS = 2000
#: Errors that are looked at in all draws together, and in one pass.
_MOST, _PASS = 100_000_000, 4_000_000


def _weights(count: int, draws: int, generator: torch.Generator | None) -> torch.Tensor:
    """How often each of ``count`` things is drawn, as fractions, for every resample."""
    drawn = torch.randint(count, (draws, count), generator=generator)
    return torch.zeros(draws, count, dtype=torch.float64).scatter_add_(
        1, drawn, torch.full((draws, count), 1.0 / count, dtype=torch.float64)
    )


def ratio_interval(
    errors: Float[torch.Tensor, "K B"],
    null: Float[torch.Tensor, "K B"],
    all_elements: bool,
    generator: torch.Generator | None = None,
    draws: int = _DRAWS,
    partners: Int[torch.Tensor, "K B"] | None = None,
) -> tuple[float, float, float]:
    """The ratio of the means and its 95 % interval.

    Parameters
    ----------
    errors, null : float64 tensors of shape (K, B)
    all_elements : bool
        Whether the rows are a whole group rather than a sample of it.
    partners : int tensor of shape (K, B), optional
        The other sample that takes part in each error of the null.

    Returns
    -------
    ratio, low, high : float
        0 where both means vanish. With a single sample only elements are resampled, and with neither axis to resample
        the interval has no width.
    """
    k, b = errors.shape
    draws = max(200, min(draws, _MOST // (k * b)))
    rows = _weights(k, draws, generator) if k > 1 and not all_elements else torch.full((draws, k), 1.0 / k).double()
    columns = _weights(b, draws, generator) if b > 1 else torch.ones(draws, 1, dtype=torch.float64)
    top = torch.einsum("rk,kb,rb->r", rows, errors, columns)
    bottom = torch.einsum("rk,kb,rb->r", rows, null, columns)
    if partners is not None and b > 1:
        bottom = _of_pairs(null, partners.cpu(), rows, columns)
    ratios = torch.where(bottom > 0, top / torch.where(bottom > 0, bottom, 1.0), (top > 0).double())
    low, high = (float(q) for q in torch.quantile(ratios, torch.tensor([0.025, 0.975], dtype=torch.float64)))
    whole = float(null.mean())
    ratio = float(errors.mean()) / whole if whole > 0 else float(errors.mean() > 0)
    return ratio, min(low, ratio), max(high, ratio)


def _of_pairs(
    null: Float[torch.Tensor, "K B"],
    partners: Int[torch.Tensor, "K B"],
    rows: Float[torch.Tensor, "r K"],
    columns: Float[torch.Tensor, "r B"],
) -> Float[torch.Tensor, " r"]:
    """Means of the null, each error as often as its element and both of its samples are drawn."""
    means = []
    step = max(1, _PASS // null.numel())
    for some, there in zip(rows.split(step), columns.split(step)):
        both = there[:, partners] * there[:, None]
        top = torch.einsum("rk,rkb,kb->r", some, both, null)
        size = torch.einsum("rk,rkb->r", some, both)
        means.append(torch.where(size > 0, top / torch.where(size > 0, size, 1.0), null.mean()))
    return torch.cat(means)


def mean_interval(
    errors: Float[torch.Tensor, "K B"], all_elements: bool, generator: torch.Generator | None = None
) -> tuple[float, float, float]:
    """The mean error and its 95 % interval."""
    return ratio_interval(errors, torch.ones_like(errors), all_elements, generator)
