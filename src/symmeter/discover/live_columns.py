"""Columns that a search for permutations can say something about: dead ones are exchangeable trivially."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from symmeter.discover.moments import Moments

__all__ = ["live_columns", "restricted"]

#: Variance below this share of the largest one counts as none.
_DEAD = 1e-10
#: A column whose variance rests on fewer samples cannot be compared with others.
_FEWEST = 5


def live_columns(
    moments: Sequence[Moments], names: Sequence[str] | None = None
) -> tuple[Int[np.ndarray, " k"], list[str]]:
    """Columns with variance, seen in samples enough, and a note for people about the others.

    Examples
    --------
    >>> from symmeter.discover.moments import moments_of_covariance
    >>> live_columns([moments_of_covariance(np.diag([1.0, 0.0, 2.0]))], names=["a", "b", "c"])
    (array([0, 2]), ['Left out of the search: 1 column (b) without variance: exchangeable trivially.'])
    """
    shown = [str(i) for i in range(moments[0].dimension)] if names is None else list(names)
    variance = np.max([np.real(np.diagonal(x.covariance)) / max(x.trace, 1e-300) for x in moments], axis=0)
    dead = variance <= _DEAD * max(float(variance.max()), 1e-300)
    sparse = ~dead & (np.max([_carrying_samples(x) for x in moments], axis=0) < _FEWEST)
    notes = []
    for which, fault in (
        (dead, "without variance: exchangeable trivially"),
        (sparse, f"whose variance rests on fewer than {_FEWEST} samples: too few to tell them apart"),
    ):
        at = np.flatnonzero(which)
        if at.size:
            named = ", ".join(shown[i] for i in at[:6])
            more = f" and {len(at) - 6} more" if len(at) > 6 else ""
            columns = "column" if len(at) == 1 else "columns"
            notes.append(f"Left out of the search: {len(at)} {columns} ({named}{more}) {fault}.")
    return np.flatnonzero(~dead & ~sparse), notes


def _carrying_samples(moments: Moments) -> Float[np.ndarray, " m"]:
    """How many samples carry each column's variance: ``(sum x^2)^2 / sum x^4``; infinite where it cannot be said."""
    if moments.rows is None or len(moments.rows) < 20 * _FEWEST:
        return np.full(moments.dimension, np.inf)
    square = np.abs(moments.rows) ** 2
    share = square.sum(0) ** 2 / np.maximum((square**2).sum(0), 1e-300)
    return share * ((moments.n or 0) / len(moments.rows))


def restricted(moments: Moments, columns: Int[np.ndarray, " k"]) -> Moments:
    """The second moments of some of the columns."""
    if len(columns) == moments.dimension:
        return moments
    return Moments(
        moments.covariance[np.ix_(columns, columns)],
        moments.n,
        None if moments.rows is None else moments.rows[:, columns],
        None if moments.factor is None else moments.factor[columns],
        None if moments.mean is None else moments.mean[columns],
        moments.gaussian,
    )
