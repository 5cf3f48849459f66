"""What an estimator over columns accepts: tables, data frames and covariances, one or several, checked and named."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Num

from symmeter.discover.moments import Moments, moments_of_covariance, moments_of_samples
from symmeter.errors import InputError, InputTypeError, NonFiniteError, SampleSizeError, ShapeError

__all__ = ["ColumnInput", "not_fitted"]


@dataclass(frozen=True, eq=False)
class ColumnInput:
    """Second moments of what was given, with the names of the columns.

    Attributes
    ----------
    moments : list of Moments
    names : tuple of str or None
    feature_names : array of str or None
        As scikit-learn keeps them: only when every column of a data frame has a text as its name.
    """

    moments: list[Moments]
    names: tuple[str, ...] | None
    feature_names: np.ndarray | None

    @property
    def dimension(self) -> int:
        """Number of columns M."""
        return self.moments[0].dimension

    @classmethod
    def read(cls, x: Any, covariance: Any, n: Any, rng: Any) -> ColumnInput:
        """Samples or covariances, one or a list of them.

        Raises
        ------
        InputError
            If both or neither are given, or a list is empty.
        ShapeError
            If data sets differ in their columns.
        """
        if (x is None) == (covariance is None):
            raise InputError("give either samples, fit(X), or a covariance, fit(cov=R, n=...)")
        given = x if x is not None else covariance
        items = list(given) if _is_list_of_tables(given) else [given]
        names, feature_names = _names(items[0])
        if x is not None:
            if n is not None:
                raise InputError("n belongs to a covariance, fit(cov=R, n=...); samples bring their own number")
            moments = [moments_of_samples(_table(item), rng=rng) for item in items]
        else:
            sizes = list(n) if isinstance(n, (list, tuple, np.ndarray)) else [n] * len(items)
            if len(sizes) != len(items):
                raise ShapeError(f"{len(sizes)} sample sizes for {len(items)} covariances; give one each")
            moments = [moments_of_covariance(_numbers(item), k) for item, k in zip(items, sizes)]
        m = moments[0].dimension
        for index, moment in enumerate(moments):
            if moment.dimension != m:
                raise ShapeError(f"data set {index} has {moment.dimension} columns, the first has {m}; all must agree")
        return cls(moments, names, feature_names)

    @staticmethod
    def like_fitted(x: Any, columns: int, fitted_names: np.ndarray | None) -> Num[np.ndarray, "n m"]:
        """A table with the columns of the fit, in their order.

        Raises
        ------
        ShapeError, NonFiniteError, InputError
        """
        _compare_names(_names(x)[1], fitted_names)
        table = _numbers(x)
        _check_table(table)
        if table.shape[1] != columns:
            # The wording is scikit-learn's, which its own checks look for.
            raise ShapeError(
                f"X has {table.shape[1]} features, but PermutationSymmetry is expecting {columns} features as input"
            )
        if not np.isfinite(table).all():
            row, column = np.argwhere(~np.isfinite(table))[0]
            raise NonFiniteError(f"X contains NaN or infinity, first at row {row}, column {column}; fill or remove it")
        return table


def _is_list_of_tables(given: Any) -> bool:
    if not isinstance(given, (list, tuple)):
        return False
    if not given:
        raise InputError("the list of data sets is empty; give at least one")
    return getattr(given[0], "ndim", None) == 2 or (
        isinstance(given[0], (list, tuple)) and bool(given[0]) and isinstance(given[0][0], (list, tuple, np.ndarray))
    )


def _numbers(given: Any) -> np.ndarray:
    if hasattr(given, "toarray") and hasattr(given, "nnz"):
        raise InputTypeError("sparse input is not supported: symmetry needs all entries; pass X.toarray()")
    try:
        array = np.asarray(given)
    except ValueError as error:
        raise ShapeError(f"the rows differ in length: {error}") from None
    if array.dtype.kind in "OUS":
        try:
            array = array.astype(complex if any(isinstance(v, complex) for v in array.flat) else float)
        except (TypeError, ValueError) as error:
            kind = InputTypeError if isinstance(error, TypeError) else InputError
            raise kind(f"samples must be numbers: {error}") from None
    return array


def _check_table(table: np.ndarray) -> None:
    if table.ndim != 2:
        hint = ". Reshape your data: one row a sample, X.reshape(1, -1) for a single one" if table.ndim == 1 else ""
        raise ShapeError(f"samples are a table of n rows and M columns; got an array of shape {table.shape}{hint}")
    if table.dtype.kind not in "biufc":
        raise InputError(f"samples must be numbers; got an array of {table.dtype}")


def _table(given: Any) -> np.ndarray:
    table = _numbers(given)
    _check_table(table)
    n, m = table.shape
    if n == 0:
        raise SampleSizeError(f"the table has 0 sample(s) (shape={table.shape}) while a minimum of 3 is required.")
    if m == 0:
        raise ShapeError(f"the table has 0 feature(s) (shape={table.shape}) while a minimum of 2 is required.")
    if m == 1:
        kind = "Complex data not supported" if np.iscomplexobj(table) else "no symmetry to look for"
        raise ShapeError(f"{kind} with n_features = 1: a permutation moves at least two columns")
    return table


def _names(given: Any) -> tuple[tuple[str, ...] | None, np.ndarray | None]:
    columns = getattr(given, "columns", None)
    if columns is None or callable(columns):
        return None, None
    labels = list(columns)
    if all(isinstance(label, str) for label in labels):
        return tuple(labels), np.array(labels, dtype=object)
    return tuple(str(label) for label in labels), None


def _compare_names(given: np.ndarray | None, fitted: np.ndarray | None) -> None:
    # The wording of all three is scikit-learn's, which its own checks look for.
    if given is not None and fitted is None:
        warnings.warn("X has feature names, but PermutationSymmetry was fitted without feature names", stacklevel=4)
    elif given is None and fitted is not None:
        warnings.warn(
            "X does not have valid feature names, but PermutationSymmetry was fitted with feature names", stacklevel=4
        )
    elif given is not None and fitted is not None and not np.array_equal(given, fitted):
        raise InputError(_difference(list(given), list(fitted)))


def _difference(given: Sequence[str], fitted: Sequence[str]) -> str:
    text = "The feature names should match those that were passed during fit.\n"
    unseen, missing = sorted(set(given) - set(fitted)), sorted(set(fitted) - set(given))
    if unseen:
        text += "Feature names unseen at fit time:\n" + "".join(f"- {name}\n" for name in unseen[:5])
    if missing:
        text += "Feature names seen at fit time, yet now missing:\n" + "".join(f"- {name}\n" for name in missing[:5])
    if not unseen and not missing:
        text += "Feature names must be in the same order as they were in fit.\n"
    return text


def not_fitted(estimator: Any) -> None:
    """Raise when ``fit`` was not called; scikit-learn's own error too where that is in use."""
    if hasattr(estimator, "n_features_in_"):
        return
    kinds: tuple[type, ...] = (InputError,)
    theirs = sys.modules.get("sklearn.exceptions")
    if theirs is not None:
        kinds = (InputError, theirs.NotFittedError)
    name = type(estimator).__name__
    raise type("NotFittedError", kinds, {})(f"this {name} is not fitted yet; call fit(X) or fit(cov=R) first")
