"""``find``: bring a subject, get a report. Loads what was given, picks the finders that fit and runs them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, cast

import numpy as np

from symmeter.errors import InputTypeError
from symmeter.finders import FindOptions, Progress
from symmeter.findings import Report

__all__ = ["find"]


def _finders() -> list[Any]:
    from symmeter.discover.finder import SecondMomentFinder

    return [SecondMomentFinder()]


def _as_called(source: Any, load: dict[str, Any], search: dict[str, Any]) -> tuple[str, str]:
    """The arguments that load the data and search them again; data in memory are called X, own maps D."""
    data = "X"
    if isinstance(source, (str, PurePath)):
        data = repr(str(source))
    elif isinstance(source, (list, tuple)) and source and all(isinstance(s, (str, PurePath)) for s in source):
        data = repr([str(s) for s in source])
    loading = "".join(f", {k}={v!r}" for k, v in load.items() if v is not None and v is not False)
    searching = "".join(
        f", {k}={v!r}" if isinstance(v, (str, int, float)) else ", dictionary=D" if k == "dictionary" else ""
        for k, v in search.items()
        if v is not None
    )
    return data + loading, searching


def find(
    source: Any,
    *,
    grid: tuple[int, int] | str | None = None,
    dictionary: str | Sequence[Any] | None = None,
    alpha: float = 0.01,
    complex: bool | str = False,
    columns: str | Sequence[Any] | None = None,
    n: int | None = None,
    kind: str | None = None,
    holdout: float = 1.0 / 3.0,
    rng: np.random.Generator | int | None = 0,
    progress: Progress | None = None,
) -> Report:
    """Find the symmetries of samples or of a covariance, and measure how exact each is.

    Parameters
    ----------
    source : path, array, DataFrame, DataArray, tensor, Subject, or a list of these
        Samples (n x M, or n x h x w images) or a covariance (M x M); recognised by content. Several sources are asked
        for the symmetries that they share.
    grid : (h, w) or "hxw", optional
        The columns are the cells of an image, row by row.
    dictionary : str, sequence of Transformation or matrix, optional
        Candidates: names as ``"shifts,flips"`` (see ``symmeter.discover.dictionary.NAMES``) or your own maps. When
        omitted, sensible ones are chosen from the shape, and a search without any dictionary runs as well.
    alpha : float
        Level of every test.
    complex : bool or {"interleaved", "split"}
        Read pairs of real columns as complex ones.
    columns : str or sequence, optional
        Which columns to use, by name or 0-based index.
    n : int, optional
        Sample size behind a covariance; without it the covariance is taken as exact.
    kind : {"samples", "covariance"}, optional
        Overrides what a square table is taken for.
    holdout : float
        Share of the samples on which candidates are confirmed by their whole distribution.
    rng : numpy Generator or int
        Same seed, same report.
    progress : callable, optional
        Called with (share done, what is being done).

    Returns
    -------
    Report

    Raises
    ------
    SymmeterError
        One line that says what was wrong, where, and what would be right.

    Examples
    --------
    >>> import symmeter as sm
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((2000, 3))
    >>> X[:, 2] *= 3.0                               # columns 0 and 1 are alike, column 2 is not
    >>> report = sm.find(X, dictionary="exchanges")
    >>> [f.name for f in report.found]
    ['swap(0,1)']
    """
    from symmeter.subjects import load

    called = _as_called(
        source,
        {"grid": grid, "complex": complex, "columns": columns, "n": n, "kind": kind},
        {
            "dictionary": dictionary,
            "alpha": None if alpha == 0.01 else alpha,
            "holdout": None if holdout == 1.0 / 3.0 else holdout,
            "rng": None if isinstance(rng, int) and rng == 0 else rng,
        },
    )
    options = FindOptions(dictionary, alpha, holdout, rng, progress, called)
    options.report_progress(0.0, "reading")
    subject = load(source, grid=grid, columns=columns, complex=cast(Any, complex), n=n, kind=cast(Any, kind))
    for finder in _finders():
        if finder.accepts(subject):
            return finder.find(subject, options)
    raise InputTypeError(
        f"no finder knows what to do with {subject.describe()}; symmeter finds symmetries of samples and covariances"
    )
