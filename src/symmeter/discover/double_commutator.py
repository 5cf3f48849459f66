"""Symmetry generators of a covariance as the lowest eigenvectors of the double commutator.

``min_c ||[R, A]||^2 / ||A||^2`` over ``A = sum_k c_k B_k`` is the generalised eigenproblem ``L c = lambda G c``; with
the noise matrix N in place of G the eigenvalues of true symmetries are of order one whatever the scale of the data, and
a simulated null says which are.

Reference: M. A. Thornton, arXiv:2605.00834 (the eigenproblem, zero-eigenvalue certificate). Noise metric, tests and the
identifiability statements are derived in the documentation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Num

from symmeter.discover.assembly import generator_gram
from symmeter.discover.eigenvalue_null import eigenvalue_p_values
from symmeter.discover.generators import generators_of, parities
from symmeter.discover.moments import Moments, moments_of_covariance, moments_of_samples
from symmeter.discover.problem import Problem, build_problem
from symmeter.discover.unidentifiable import FULLY_SYMMETRIC
from symmeter.errors import InputError, InputTypeError, SampleSizeError, ShapeError, UnidentifiableError
from symmeter.findings import Finding
from symmeter.groups import LieAlgebra
from symmeter.linalg import GeneralizedEigh, generalized_eigh
from symmeter.representations import Space, Transformation

__all__ = ["DoubleCommutator", "GeneratorList"]

_METRICS = ("noise", "frobenius")


class GeneratorList(Sequence):
    """The eigen-generators ``A_k``, of Frobenius norm one, built when asked for: all of them need ``d M^2`` numbers."""

    def __init__(self, problem: Problem, coefficients: Float[np.ndarray, "d r"]) -> None:
        self._problem = problem
        self._coefficients = coefficients

    def __len__(self) -> int:
        return self._coefficients.shape[1]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"there are {len(self)} generators; index {index} is out of range")
        a = self._problem.combine(self._coefficients[:, index])
        return a / np.linalg.norm(a)

    def __iter__(self) -> Iterator[Num[np.ndarray, "m m"]]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        m = self._problem.dimension
        return f"{len(self)} generators of shape ({m}, {m})"


class DoubleCommutator:
    """Find the symmetry generators of a covariance inside a dictionary.

    Parameters
    ----------
    dictionary : sequence of Transformation or array of shape (M, M)
        Candidates: group elements (see :mod:`symmeter.discover.dictionary`) and any other matrices.
    metric : {"noise", "frobenius"}
        ``"noise"`` compares each direction with the noise that n samples put on it; ``"frobenius"`` with its size.
    remove_trivial : bool
        Take group elements without their trace, split into Hermitian and skew parts, and drop the direction R itself
        when it lies in the span. With false the matrices are taken as they stand.
    unbiased : bool
        Report eigenvalues of ``L_hat - N`` (in the chosen metric) instead of ``L_hat``; for the noise metric this
        subtracts one.
    gaussian : bool or "auto"
        Use Gaussian noise formulas; ``"auto"`` uses them only when a covariance is all there is.
    alpha : float
        Level at which an eigenvalue is rejected.
    draws : int
        Simulated errors for the p-values of the eigenvalues.
    rng : numpy Generator or int

    Attributes
    ----------
    covariance_ : array of shape (M, M)
        Sample covariance (of the first data set when several were given).
    eigenvalues : array of shape (r,)
        Ascending, in the chosen metric.
    generators : GeneratorList
        The matrices of the eigenvectors.
    p_values : array of shape (r,)
        For "the nullity is at least k + 1"; NaN for an exact covariance.
    nullity : int
        How many generators were accepted.
    relative_gap : float
        ``sqrt(min ||[R, A]||^2 / ||A||^2) / (lambda_max(R) - lambda_min(R))`` over the span, in [0, 1].
    identifiability : str
        ``"fully symmetric / unidentifiable"`` when the covariance cannot be told from a multiple of the identity.

    Examples
    --------
    >>> from symmeter.discover import DoubleCommutator, dictionary
    >>> lag = np.abs(np.arange(8)[:, None] - np.arange(8))
    >>> R = 0.6 ** np.minimum(lag, 8 - lag)
    >>> fit = DoubleCommutator(dictionary.ring_shifts(8), metric="frobenius").fit(cov=R)
    >>> fit.nullity, bool(fit.relative_gap < 1e-12)
    (2, True)
    >>> fit.to_group().name
    'C8'
    """

    def __init__(
        self,
        dictionary: Sequence[Any],
        metric: str = "noise",
        remove_trivial: bool = True,
        *,
        unbiased: bool = False,
        gaussian: bool | str = "auto",
        alpha: float = 0.01,
        draws: int = 199,
        rng: np.random.Generator | int | None = 0,
    ) -> None:
        if metric not in _METRICS:
            raise InputError(f'metric must be "noise" or "frobenius"; got {metric!r}')
        if not 0.0 < alpha < 1.0:
            raise InputError(f"alpha must lie between 0 and 1; got {alpha}")
        if isinstance(dictionary, (str, bytes)) or not hasattr(dictionary, "__len__"):
            raise InputTypeError(f"the dictionary is a list of maps and matrices; got {type(dictionary).__name__}")
        self.dictionary = list(dictionary)
        self.metric = metric
        self.remove_trivial = remove_trivial
        self.unbiased = unbiased
        self.gaussian = gaussian
        self.alpha = alpha
        # Fewer draws could not reach a p-value below alpha.
        self.draws = max(int(draws), int(np.ceil(2.0 / alpha)) - 1)
        self.rng = rng

    def fit(
        self,
        X: Any = None,
        *,
        cov: Any = None,
        n: int | Sequence[int] | None = None,
        space: Space | None = None,
    ) -> DoubleCommutator:
        """Solve the eigenproblem for samples or covariances.

        Parameters
        ----------
        X : array of shape (n, M), or list of such arrays
            Samples; the mean is removed. Several data sets are asked for common symmetries.
        cov : array of shape (M, M), or list of such arrays
            Covariances instead of samples.
        n : int or sequence of int
            Sample size behind each covariance; needed by the noise metric.
        space : Space, optional
            Names and grid of the columns.

        Raises
        ------
        SampleSizeError
            If ``metric="noise"`` and n is missing, or n < 3.
        UnidentifiableError
            If a given covariance is a multiple of the identity, or the dictionary is a full basis of symmetric
            matrices (the minimiser would be R itself).
        EmptyDictionaryError, ShapeError, NotHermitianError, NonFiniteError
        """
        return self.fit_moments(self._read(X, cov, n), space)

    def fit_moments(self, moments: Sequence[Moments], space: Space | None = None) -> DoubleCommutator:
        """Like :meth:`fit`, for second moments that have been computed already."""
        self.moments_ = tuple(moments)
        m = self.moments_[0].dimension
        for index, moment in enumerate(self.moments_):
            if moment.dimension != m:
                raise ShapeError(
                    f"data set {index} has {moment.dimension} columns, the first has {m}; all must have the same"
                )
        self.space_ = space or Space(m)
        if self.metric == "noise" and any(x.is_exact for x in self.moments_):
            raise SampleSizeError('metric="noise" needs the sample size: fit(cov=R, n=...), or metric="frobenius"')
        self._refuse_white()
        self._problem = build_problem(generators_of(self.dictionary, m, self.remove_trivial), self.moments_)
        self._refuse_full_basis()
        self._solve()
        return self

    def _read(self, X: Any, cov: Any, n: Any) -> list[Moments]:
        if (X is None) == (cov is None):
            raise InputError("give either samples, fit(X), or a covariance, fit(cov=R, n=...)")
        if X is not None:
            tables = list(X) if isinstance(X, (list, tuple)) and np.ndim(X[0]) == 2 else [X]
            gaussian = self.gaussian is True
            return [moments_of_samples(np.asarray(x), gaussian, rng=self.rng) for x in tables]
        several = np.ndim(cov) == 3 or (isinstance(cov, (list, tuple)) and len(cov) > 0 and np.ndim(cov[0]) == 2)
        matrices = list(cov) if several else [cov]
        if not matrices:
            raise InputError("the list of covariances is empty")
        sizes = list(n) if isinstance(n, (list, tuple, np.ndarray)) else [n] * len(matrices)
        if len(sizes) != len(matrices):
            raise ShapeError(f"{len(sizes)} sample sizes for {len(matrices)} covariances; give one each")
        return [moments_of_covariance(np.asarray(r), k) for r, k in zip(matrices, sizes)]

    def _refuse_white(self) -> None:
        for moment in self.moments_:
            spread = float(moment.spectrum[-1] - moment.spectrum[0])
            if moment.rows is None and spread <= 1e-12 * max(float(np.abs(moment.spectrum).max()), 1e-300):
                raise UnidentifiableError(
                    f"the covariance is {moment.spectrum[0]:.3g} times the identity: {FULLY_SYMMETRIC}; "
                    "every orthogonal map leaves it invariant, so no generator can be singled out"
                )

    def _refuse_full_basis(self) -> None:
        m = self._problem.dimension
        generators = self._problem.generators
        is_complex = any(g.is_complex for g in generators)
        full = m * m - 1 if is_complex else m * (m + 1) // 2 - 1
        if not self.remove_trivial or len(generators) < full:
            return
        # Dimension of the Hermitian matrices inside the span: all of it less its image under B -> B - B^H.
        parts, mixing = parities(generators)
        skew = mixing * np.array([g.parity == -1 for g in parts])
        skew_gram = skew @ generator_gram(parts) @ skew.T
        rank = generalized_eigh(self._problem.gram, self._problem.gram).rank
        if np.abs(skew_gram).max() > 0:
            rank -= generalized_eigh(skew_gram, skew_gram).rank
        if rank >= full:
            kind = "Hermitian" if is_complex else "symmetric"
            raise UnidentifiableError(
                f"the dictionary spans all {kind} {m} x {m} matrices, R among them: the minimiser is R itself, "
                "which always commutes; give group elements or a smaller set of candidates"
            )

    def _solve(self) -> None:
        problem = self._problem
        basis = self._reduced_basis()
        commutator = basis.T @ problem.commutator @ basis
        gram = basis.T @ problem.gram @ basis
        frobenius = generalized_eigh(commutator, gram)
        self.dependent = tuple(int(k) for k in generalized_eigh(problem.commutator, problem.gram).dependent)
        spread = problem.spread
        self.relative_gap = float(np.sqrt(max(frobenius.eigenvalues[0], 0.0)) / spread) if spread > 0 else 0.0
        solution = frobenius if self.metric == "frobenius" else self._in_noise_metric(commutator, basis)
        values = np.maximum(solution.eigenvalues, 0.0)
        if self.unbiased and problem.noise is not None:
            if self.metric == "frobenius":
                noise = basis.T @ problem.noise @ basis
                solution = generalized_eigh(commutator - noise, gram)
                values = solution.eigenvalues
            else:
                values = values - 1.0
        self.eigenvalues = values
        self.coefficients = basis @ solution.vectors
        self.generators = GeneratorList(problem, self.coefficients)
        self._accept()

    def _in_noise_metric(self, commutator: np.ndarray, basis: np.ndarray) -> GeneralizedEigh:
        assert self._problem.noise is not None
        noise = basis.T @ self._problem.noise @ basis
        return generalized_eigh(commutator, 0.5 * (noise + noise.T))

    def _reduced_basis(self) -> Float[np.ndarray, "d r"]:
        """Coefficients that are left without I, without R, and without directions that no noise reaches.

        The last ones live where R vanishes (constant columns) and commute with anything.
        """
        basis = np.eye(len(self._problem.generators))
        if self.remove_trivial:
            identity = np.eye(self._problem.dimension)
            for matrix in (identity, *(m.covariance - m.trace / m.dimension * identity for m in self.moments_)):
                c, outside = self._problem.coefficients_of(matrix / max(float(np.linalg.norm(matrix)), 1e-300))
                if outside < 1e-8:
                    basis = _gram_complement(basis, self._problem.gram, c)
            if basis.shape[1] == 0:
                raise UnidentifiableError(
                    "the dictionary spans nothing but R itself, which always commutes; give more candidates"
                )
        self.unsupported = 0
        if self._problem.noise is None:
            return basis
        # Noise per unit of squared norm, so that the sizes of the dictionary's elements do not matter.
        noise = generalized_eigh(basis.T @ self._problem.noise @ basis, basis.T @ self._problem.gram @ basis)
        rounding = 1e-13 * sum(m.fourth_norm / (m.n or 1) for m in self.moments_)
        silent = noise.eigenvalues < max(1e-10 * float(noise.eigenvalues[-1]), rounding, 1e-300)
        self.unsupported = int(silent.sum())
        if silent.all():
            raise UnidentifiableError(
                "every candidate moves only columns in which the data vanish; leave constant columns out"
            )
        return basis @ noise.vectors[:, ~silent]

    def _accept(self) -> None:
        r = len(self.eigenvalues)
        exact = any(m.is_exact for m in self.moments_)
        self.identifiability = ""
        if exact:
            scale = self._problem.spread**2
            self.p_values = np.full(r, np.nan)
            self.nullity = int((self.eigenvalues <= 1e-14 * scale).sum())
            return
        if self._looks_white():
            self.identifiability = FULLY_SYMMETRIC
        # Beyond this no draw of the noise alone comes near; the null is simulated for the ones below and two more.
        noise = self._problem.noise
        assert noise is not None
        rayleigh = np.array(
            [c @ self._problem.commutator @ c / max(c @ noise @ c, 1e-300) for c in self.coefficients.T]
        )
        near = min(r, int((rayleigh < 12.0).sum()) + 1, 24)
        order = np.argsort(rayleigh, kind="stable")[:near]
        basis = np.stack([self._problem.combine(self.coefficients[:, k]) for k in order])
        p = eigenvalue_p_values(
            rayleigh[order],
            self.coefficients[:, order],
            basis,
            noise,
            self.moments_,
            self.draws,
            np.random.default_rng(self.rng),
        )
        self.p_values = np.full(r, float(p[-1]))
        self.p_values[order] = p
        if near < r:
            self.p_values[np.setdiff1d(np.arange(r), order)] = min(float(p[-1]), 1.0 / (1.0 + self.draws))
        self.nullity = int((self.p_values >= self.alpha).sum())

    def _looks_white(self) -> bool:
        from symmeter.discover.covariance_tests import sphericity_p_value

        return all(sphericity_p_value(m) > 0.05 for m in self.moments_)

    @property
    def covariance_(self) -> Num[np.ndarray, "m m"]:
        """Covariance of the (first) data set."""
        return self.moments_[0].covariance

    @property
    def accepted(self) -> list[Num[np.ndarray, "m m"]]:
        """The generators that were accepted, in a basis that is sparse in the dictionary (varimax)."""
        from symmeter.discover.canonical import varimax

        if self.nullity == 0:
            return []
        order = np.argsort(self.eigenvalues, kind="stable")[: self.nullity]
        coefficients = self.coefficients[:, order]
        if self.nullity > 1:
            coefficients = varimax(coefficients)
        return list(GeneratorList(self._problem, coefficients))

    @cached_property
    def lie_algebra(self) -> LieAlgebra | None:
        """The algebra that the accepted skew generators span; None when there is none.

        ``lie_algebra.closure_residual`` tells whether the span is closed under commutators.
        """
        skew = [a for a in self.generators[: self.nullity] if np.abs(a + a.conj().T).max() < 1e-9 * np.abs(a).max()]
        return LieAlgebra(skew) if skew else None

    def sequential(self, mode: str = "lie", alpha: float | None = None):
        """Accept generators one at a time and deflate by everything that they generate.

        See :func:`symmeter.discover.sequential.sequential_generators`.
        """
        from symmeter.discover.sequential import sequential_generators

        return sequential_generators(self, mode=mode, alpha=self.alpha if alpha is None else alpha)

    def to_group(
        self, test: str = "auto", alpha: float = 0.01, select: str | None = "bic", cap: int = 20_000
    ) -> Finding:
        """The group that the dictionary's elements generate as far as the data allow, tested jointly.

        Parameters
        ----------
        test : {"auto", "lrt", "frobenius"}
            Likelihood ratio (Gaussian, n > M) or squared distance with a distribution-free null.
        alpha : float
            Level of every test.
        select : {"bic", None}
            Choose among the nested groups that were not rejected by BIC; with None the largest wins, which for few
            samples tends to be too large.
        cap : int
            Largest number of elements that dense generators may generate.

        Returns
        -------
        Finding
            ``.order``, ``.generators``, ``.identifiability``, ``.symmetrize(covariance)``. Samples that cannot be told
            from white noise give the finding "fully symmetric / unidentifiable", never one group.

        Raises
        ------
        InputError
            If the dictionary holds no group element and no generator rounds to one.
        """
        from symmeter.discover.selection import select_group
        from symmeter.discover.unidentifiable import white_finding

        if self.identifiability == FULLY_SYMMETRIC:
            return white_finding(self.moments_, self.space_)
        return select_group(self, test=test, alpha=alpha, select=select, cap=cap)

    def candidates(self) -> list[Transformation]:
        """The group elements of the dictionary, in the order given."""
        seen: list[Transformation] = []
        for g in self._problem.generators:
            if g.source is not None and not any(g.source is s for s in seen):
                seen.append(g.source)
        return seen

    def __getattr__(self, name: str) -> Any:
        if name in ("eigenvalues", "generators", "p_values", "nullity", "relative_gap", "moments_", "identifiability"):
            raise AttributeError(f"DoubleCommutator has no {name} yet: call fit first")
        raise AttributeError(f"DoubleCommutator has no attribute {name!r}")

    def __repr__(self) -> str:
        return f"DoubleCommutator({len(self.dictionary)} candidates, metric={self.metric!r})"


def _gram_complement(
    basis: Float[np.ndarray, "d r"], gram: Float[np.ndarray, "d d"], removed: Float[np.ndarray, " d"]
) -> Float[np.ndarray, "d s"]:
    """Directions of ``span(basis)`` orthogonal to one vector in the Gram metric."""
    row = basis.T @ (gram @ removed)
    norm = np.linalg.norm(row)
    if norm < 1e-12:
        return basis
    _, _, vh = np.linalg.svd(row[None, :] / norm)
    return basis @ vh[1:].T
