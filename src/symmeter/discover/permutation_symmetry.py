"""Permutation symmetries of second moments without any dictionary, as an estimator with scikit-learn's face.

An exact covariance, or one whose entries repeat up to rounding, is searched completely
(:mod:`symmeter.discover.exact_automorphisms`); an estimated one by :mod:`symmeter.discover.noisy_automorphisms`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Num

from symmeter.discover.column_input import ColumnInput, not_fitted
from symmeter.discover.exact_automorphisms import clusters_cleanly, matrix_automorphisms
from symmeter.discover.live_columns import live_columns, restricted
from symmeter.discover.moments import Moments
from symmeter.discover.noisy_automorphisms import noisy_automorphisms
from symmeter.discover.pair_patterns import PairPattern, few_generators, raised
from symmeter.discover.permutation_findings import Answer, permutation_finding
from symmeter.errors import InputError, ShapeError
from symmeter.groups import PermutationGroup, symmetric
from symmeter.representations import Monomial, Space

__all__ = ["PermutationSymmetry"]

_WHITE = 0.05
#: When the symmetrised covariance is singular to this share of its largest eigenvalue ...
_SINGULAR = 1e-8
#: ... the likelihood adds this share of its mean eigenvalue to the diagonal.
_RIDGE = 1e-6


class PermutationSymmetry:
    """Find the permutations of the columns that leave the covariance invariant.

    Parameters
    ----------
    tol : "auto" or float
        ``"auto"`` searches a covariance completely when it is exact (no sample size given) or its entries repeat up to
        rounding, and an estimated one by what its noise allows. A number is an absolute tolerance for entries, and the
        search is complete at this tolerance.
    alpha : float
        Level of the joint test of the group.
    select : {"bic", None}
        Choose among the groups that are not rejected by BIC (for data that are not Gaussian or fewer than the columns,
        by the same trade with distance in the place of likelihood). With None the largest group wins; for few samples
        it tends to be too large, because nothing is rejected.
    signed : bool
        Allow changes of sign too; minus the identity then counts in the order of the group.
    max_work : float
        Bound on the search of an estimate, in units of about a nanosecond (for up to 64 columns, growing as their root
        beyond); ``notes_`` says when it was reached.
    rng : numpy Generator or int

    Attributes
    ----------
    group_ : PermutationGroup
        On M points; with signs on 2M points, ``M + i`` being minus column i.
    order_ : int
    generators_ : tuple of Monomial
    symmetries_ : list of str
        The generators in cycle notation, with the names of the columns.
    finding_ : Finding
        With defect, interval, p-value, the tests passed and the identifiability statement.
    covariance_ : array of shape (M, M)
        The covariance averaged over the group (of the first data set).
    covariances_ : list of arrays of shape (M, M)
    mean_ : array of shape (M,)
    components_ : array of shape (M, M)
        Principal axes of ``covariance_``, one a row, largest variance first.
    explained_variance_ : array of shape (M,)
    notes_ : list of str
        What a reader should know: columns left out, few samples, search cut short.
    n_features_in_ : int
    feature_names_in_ : array of str
        When the columns have names.

    Notes
    -----
    For real data the group found is closed for unordered pairs: a ring always shows its reflections. See
    :mod:`symmeter.discover.identifiability`.

    Examples
    --------
    >>> lag = np.abs(np.subtract.outer(np.arange(8), np.arange(8)))
    >>> R = 0.6 ** np.minimum(lag, 8 - lag)
    >>> fit = PermutationSymmetry().fit(cov=R)
    >>> fit.group_.name, fit.order_
    ('D8', 16)
    >>> X = np.random.default_rng(1).multivariate_normal(np.zeros(8), R, size=1000)
    >>> PermutationSymmetry().fit(X).finding_.name
    'D8'
    """

    def __init__(
        self,
        tol: float | str = "auto",
        alpha: float = 0.01,
        select: str | None = "bic",
        signed: bool = False,
        max_work: float = 1e9,
        rng: np.random.Generator | int | None = 0,
    ) -> None:
        self.tol = tol
        self.alpha = alpha
        self.select = select
        self.signed = signed
        self.max_work = max_work
        self.rng = rng

    # ---- fitting -------------------------------------------------------------------------------------------------

    def fit(
        self,
        X: Any = None,
        y: Any = None,
        *,
        cov: Any = None,
        n: int | Sequence[int] | None = None,
        space: Space | None = None,
    ) -> PermutationSymmetry:
        """Find the group.

        Parameters
        ----------
        X : array of shape (n, M), or list of such arrays
            Samples; the mean is removed. Several data sets are asked for common symmetries.
        y : ignored
        cov : array of shape (M, M), or list of such arrays
            Covariances instead of samples.
        n : int or sequence of int
            Sample size behind each covariance; None when it is exact.
        space : Space, optional
            Names and grid of the columns.

        Raises
        ------
        InputError, ShapeError, SampleSizeError, NonFiniteError, NotHermitianError
        """
        self._check_parameters()
        given = ColumnInput.read(X, cov, n, self.rng)
        return self._fit(given.moments, space or Space(given.dimension, given.names), given.feature_names)

    def fit_moments(self, moments: Sequence[Moments], space: Space | None = None) -> PermutationSymmetry:
        """Find the group of second moments that are there already."""
        self._check_parameters()
        return self._fit(list(moments), space or Space(moments[0].dimension), None)

    def _check_parameters(self) -> None:
        if self.tol != "auto" and not (isinstance(self.tol, (int, float, np.number)) and self.tol >= 0):
            raise InputError(f'tol must be "auto" or a number that is not negative; got {self.tol!r}')
        if not (isinstance(self.alpha, (int, float, np.number)) and 0.0 < self.alpha < 1.0):
            raise InputError(f"alpha must lie between 0 and 1; got {self.alpha!r}")
        if self.select not in ("bic", None):
            raise InputError(f'select must be "bic" or None; got {self.select!r}')
        if not (isinstance(self.max_work, (int, float, np.number)) and self.max_work > 0):
            raise InputError(f"max_work must be a positive number; got {self.max_work!r}")

    def _fit(self, moments: list[Moments], space: Space, feature_names: np.ndarray | None) -> PermutationSymmetry:
        m = moments[0].dimension
        if space.dimension != m:
            raise ShapeError(f"the space has {space.dimension} coordinates, the data have {m} columns")
        live, left_out = live_columns(moments, space.names)
        if len(live) > 1:
            answer = self._searched([restricted(x, live) for x in moments]).embedded(live, m, self.signed)
        else:
            answer = Answer(PermutationGroup([], degree=m * (2 if self.signed else 1)), (), None, "", None, ())
        answer = answer.named(space.names)
        self.generators_ = answer.generators
        self.symmetries_ = [g.name for g in self.generators_]
        self.group_ = answer.group
        self.order_ = self.group_.order
        self.finding_ = permutation_finding(answer, moments, space, self.alpha, self.select, self.signed)
        self.notes_ = [*left_out, *answer.notes]
        pattern = PairPattern.trivial(m, not any(x.is_complex for x in moments), self.signed)
        pattern = pattern.joined([raised(g, self.signed) for g in self.generators_])
        self.covariances_ = [pattern.average(x.covariance) for x in moments]
        self.covariance_ = self.covariances_[0]
        first = moments[0].mean
        self.mean_ = np.zeros(m, dtype=self.covariance_.dtype) if first is None else first
        values, vectors = np.linalg.eigh(self.covariance_)
        self.explained_variance_ = np.maximum(values[::-1], 0.0)
        self.components_ = vectors[:, ::-1].conj().T
        self.n_features_in_ = m
        if feature_names is not None:
            self.feature_names_in_ = feature_names
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        return self

    def _searched(self, moments: list[Moments]) -> Answer:
        m = moments[0].dimension
        if _is_white(moments):
            return Answer(_full_group(m, self.signed), _full_generators(m, self.signed), None, "white", None, ())
        matrices = [x.covariance for x in moments]
        exact = all(x.is_exact for x in moments)
        if self.tol != "auto" or exact or (all(x.rows is None for x in moments) and clusters_cleanly(matrices)):
            return self._exactly(moments, matrices)
        if any(x.is_exact for x in moments):
            raise InputError("some covariances have a sample size and others have none; give n for all, or for none")
        return self._noisily(moments)

    def _exactly(self, moments: Sequence[Moments], matrices: Sequence[np.ndarray]) -> Answer:
        tol = "auto" if self.tol == "auto" else float(self.tol)
        group, colours = matrix_automorphisms(matrices, tol, self.signed)
        notes = []
        if tol == "auto" and not all(c.clean for c in colours):
            notes.append(
                "No entries of the covariance repeat: it was compared as exact. If it is an estimate, give its n."
            )
        generators = few_generators(group, (), self.signed)
        return Answer(group, generators, None, "exact", None, tuple(notes))

    def _noisily(self, moments: Sequence[Moments]) -> Answer:
        outcome = noisy_automorphisms(
            moments, self.alpha, self.select, self.signed, float(self.max_work), np.random.default_rng(self.rng)
        )
        known = [raised(g, self.signed) for g in outcome.generators]
        group = outcome.pattern.group(known)
        generators = few_generators(group, outcome.generators, self.signed)
        return Answer(group, generators, outcome.test, outcome.method, outcome.nearest, outcome.notes)

    # ---- scikit-learn's face -------------------------------------------------------------------------------------

    def transform(self, X: Num[np.ndarray, "n m"]) -> Num[np.ndarray, "n m"]:
        """Principal coordinates of the symmetrised covariance, largest variance first."""
        return (self._checked(X) - self.mean_) @ self.components_.conj().T

    def fit_transform(self, X: Num[np.ndarray, "n m"], y: Any = None) -> Num[np.ndarray, "n m"]:
        """Fit, then principal coordinates of the same samples."""
        return self.fit(X, y).transform(X)

    def inverse_transform(self, X: Num[np.ndarray, "n m"]) -> Num[np.ndarray, "n m"]:
        """Samples from principal coordinates."""
        not_fitted(self)
        z = np.asarray(X)
        if z.ndim != 2 or z.shape[1] != self.n_features_in_:
            raise ShapeError(f"principal coordinates are a table of {self.n_features_in_} columns; got shape {z.shape}")
        return z @ self.components_ + self.mean_

    def score(self, X: Num[np.ndarray, "n m"], y: Any = None) -> float:
        """Mean Gaussian log-likelihood of samples under the symmetrised covariance.

        When that is singular (columns that do not vary, fewer samples than a symmetric covariance needs), 1e-6 of its
        mean eigenvalue is added to the diagonal.
        """
        z = self._checked(X) - self.mean_
        values, vectors = np.linalg.eigh(self.covariance_)
        if values[0] <= _SINGULAR * max(float(values[-1]), 1e-300):
            values = np.maximum(values, 0.0) + _RIDGE * max(float(values.mean()), 1e-300)
        squares = (np.abs(z @ vectors.conj()) ** 2 / values).sum(axis=1)
        if np.iscomplexobj(self.covariance_):
            return float(-(np.log(np.pi * values).sum() + squares.mean()))
        return float(-0.5 * (np.log(2.0 * np.pi * values).sum() + squares.mean()))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """``permutationsymmetry0``, ``permutationsymmetry1``, ...: the principal coordinates."""
        not_fitted(self)
        return np.array([f"permutationsymmetry{k}" for k in range(self.n_features_in_)], dtype=object)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The constructor's arguments."""
        return {name: getattr(self, name) for name in ("tol", "alpha", "select", "signed", "max_work", "rng")}

    def set_params(self, **params: Any) -> PermutationSymmetry:
        """Change some of the constructor's arguments."""
        known = self.get_params()
        for name, value in params.items():
            if name not in known:
                raise InputError(f"PermutationSymmetry has no parameter {name!r}; it has {', '.join(known)}")
            setattr(self, name, value)
        return self

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type="transformer",
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(),
            input_tags=InputTags(),
        )

    def _checked(self, X: Any) -> Num[np.ndarray, "n m"]:
        not_fitted(self)
        return ColumnInput.like_fitted(X, self.n_features_in_, getattr(self, "feature_names_in_", None))

    def __repr__(self) -> str:
        defaults = PermutationSymmetry().get_params()
        changed = {k: v for k, v in self.get_params().items() if v is not defaults[k] and v != defaults[k]}
        return f"PermutationSymmetry({', '.join(f'{k}={v!r}' for k, v in changed.items())})"


def _is_white(moments: Sequence[Moments]) -> bool:
    from symmeter.discover.covariance_tests import sphericity_p_value

    return all(sphericity_p_value(x) > _WHITE for x in moments)


def _full_group(m: int, signed: bool) -> PermutationGroup:
    if not signed:
        return symmetric(m)
    return PermutationGroup([raised(g, True) for g in _full_generators(m, True)], degree=2 * m)


def _full_generators(m: int, signed: bool) -> tuple[Monomial, ...]:
    swap = np.arange(m)
    swap[:2] = 1, 0
    out = [Monomial(swap), Monomial(np.roll(np.arange(m), -1))] if m > 2 else [Monomial(swap)]
    if signed:
        signs = np.ones(m)
        signs[0] = -1.0
        out.append(Monomial(np.arange(m), signs))
    return tuple(out)
