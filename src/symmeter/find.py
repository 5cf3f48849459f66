"""``find``: bring a subject, get a report. Loads what was given, picks the finders that fit and runs them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, cast

import numpy as np

from symmeter.errors import InputTypeError, MissingDependencyError
from symmeter.finders import FindOptions, Progress
from symmeter.findings import Report
from symmeter.subjects import Subject

__all__ = ["find"]


def _finders(subject: Subject) -> list[Any]:
    if subject.kind == "model":
        # Torch is imported for models only.
        return [_model_finder()]
    from symmeter.discover.finder import SecondMomentFinder

    return [SecondMomentFinder()]


def _model_finder() -> Any:
    from importlib.util import find_spec

    if find_spec("torch") is None:
        raise MissingDependencyError("torch", "nn", "finding the symmetries of a model")
    from symmeter.nn.model_finder import ModelFinder

    return ModelFinder()


def _model(source: Any, inputs: Any, output: Any, moved: Any) -> Subject | None:
    """The model that was brought, or None for anything else; a function is one when inputs come with it."""
    from dataclasses import replace

    from symmeter.subjects.models import Model, is_model, is_model_text

    if isinstance(source, Model):
        given = {k: v for k, v in {"inputs": inputs, "output": output, "moved": moved}.items() if v is not None}
        return replace(source, **given) if given else source
    if is_model_text(source):
        _model_finder()
        from symmeter.nn.loading import load_model
        from symmeter.nn.model_finder import shape_of_model

        model = load_model(source)
        return Model(model, shape_of_model(model) if inputs is None else inputs, output, moved, source=str(source))
    if is_model(source) or (callable(source) and inputs is not None):
        return Model(source, inputs, output, moved)
    if inputs is not None:
        raise InputTypeError(f"input= goes with a model; an object of type {type(source).__name__} is none")
    return None


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
    input: Any = None,
    output: Any = None,
    moved: Any = None,
    rng: np.random.Generator | int | None = 0,
    progress: Progress | None = None,
) -> Report:
    """Find the symmetries of samples, of a covariance or of a model, and measure how exact each is.

    Parameters
    ----------
    source : path, array, DataFrame, DataArray, tensor, Subject, or a list of these; or a model
        Samples (n x M, or n x h x w images) or a covariance (M x M); recognised by content. Several sources are asked
        for the symmetries that they share. A model is a torch module, a function (with ``input=``), the path of a
        TorchScript or exported program, or ``"package.module:name"``.
    grid : (h, w) or "hxw", optional
        The columns are the cells of an image, row by row.
    dictionary : str, sequence of Transformation or matrix, optional
        Candidates: names as ``"shifts,flips"`` (see ``symmeter.discover.dictionary.NAMES``) or your own maps. When
        omitted, sensible ones are chosen from the shape, and a search without any dictionary runs as well. For models
        names of groups, ``"C4,D4"``, or actions.
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
    input : tensor, array, tuple or dict of these, or shape, optional
        What a model takes, batch first; a shape without the batch, ``"3x32x32"``, stands for normal noise.
    output : str or int, optional
        Which output of a model that returns several.
    moved : str or action, optional
        How a model's output should move: ``"same"``, ``"scalars"``, ``"vectors"`` ...; both an equivariant and an
        invariant output are tried when omitted.
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
    subject = _model(source, input, output, moved) or load(
        source, grid=grid, columns=columns, complex=cast(Any, complex), n=n, kind=cast(Any, kind)
    )
    for finder in _finders(subject):
        if finder.accepts(subject):
            return finder.find(subject, options)
    raise InputTypeError(
        f"no finder knows what to do with {subject.describe()}; symmeter finds symmetries of samples, covariances and "
        "models"
    )
