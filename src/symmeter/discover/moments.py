"""Second moments of a sample, and the noise that a finite sample puts on them.

A :class:`Moments` holds one covariance with what is needed to judge it: the number of degrees of freedom, the
centred rows for the distribution-free formulas, and cheap traces. Gaussian formulas are used when only a
covariance is given or when the caller asks for them; images and the like need the per-sample form.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Num

from symmeter.errors import InputError, NonFiniteError, NotHermitianError, SampleSizeError, ShapeError

__all__ = ["Moments", "moments_of_covariance", "moments_of_samples"]

_HERMITIAN_TOLERANCE = 1e-8


@dataclass(frozen=True, eq=False)
class Moments:
    """One covariance and its uncertainty.

    Attributes
    ----------
    covariance : array of shape (M, M)
        R, Hermitian.
    n : int or None
        Degrees of freedom (samples less one for the mean); None for an exact covariance.
    rows : array of shape (n_s, M) or None
        Centred samples in random order, scaled so that ``y y^H`` has mean R.
    factor : array of shape (M, r) or None
        Thin F with ``R = F F^H`` when there are fewer samples than columns.
    mean : array of shape (M,)
    gaussian : bool
        Whether the Gaussian noise formulas apply.
    """

    covariance: Num[np.ndarray, "m m"]
    n: int | None
    rows: Num[np.ndarray, "s m"] | None = None
    factor: Num[np.ndarray, "m r"] | None = None
    mean: Num[np.ndarray, " m"] | None = None
    gaussian: bool = True

    @property
    def dimension(self) -> int:
        """Number of columns M."""
        return len(self.covariance)

    @property
    def is_complex(self) -> bool:
        """Whether the data are complex."""
        return np.iscomplexobj(self.covariance)

    @property
    def is_exact(self) -> bool:
        """Whether the covariance is known without error."""
        return self.n is None

    @property
    def is_distribution_free(self) -> bool:
        """Whether noise is read off the samples instead of Gaussian formulas."""
        return self.rows is not None and not self.gaussian

    @cached_property
    def trace(self) -> float:
        """tr R."""
        return float(np.trace(self.covariance).real)

    @cached_property
    def squared(self) -> float:
        """tr R^2."""
        return float(np.vdot(self.covariance, self.covariance).real)

    @cached_property
    def spectrum(self) -> Float[np.ndarray, " m"]:
        """Eigenvalues of R, ascending."""
        return np.linalg.eigvalsh(self.covariance)

    @cached_property
    def quartic_weight(self) -> Num[np.ndarray, "m m"]:
        """V with ``A(V)`` the first term of the per-sample noise: mean of ``|x|^2 x x^H`` (Gaussian: closed form)."""
        if not self.is_distribution_free:
            r = self.covariance
            return self.trace * r + (1.0 if self.is_complex else 2.0) * (r @ r)
        assert self.rows is not None
        weighted = self.rows * (np.abs(self.rows) ** 2).sum(1)[:, None]
        v = weighted.T @ self.rows.conj() / len(self.rows)
        return 0.5 * (v + v.conj().T)

    @cached_property
    def fourth_norm(self) -> float:
        """Mean of ``|x|^4``."""
        if not self.is_distribution_free:
            return self.trace**2 + (1.0 if self.is_complex else 2.0) * self.squared
        assert self.rows is not None
        return float(((np.abs(self.rows) ** 2).sum(1) ** 2).mean())

    def subset(self, most: int) -> Num[np.ndarray, "s m"]:
        """At most ``most`` of the rows (they are in random order already)."""
        assert self.rows is not None
        return self.rows[:most]


def _check_finite(x: np.ndarray, what: str) -> None:
    finite = np.isfinite(x)
    if not finite.all():
        bad = np.argwhere(~finite)
        place = ", ".join(f"{axis} {i}" for axis, i in zip(("row", "column"), bad[0]))
        raise NonFiniteError(
            f"{what}: {len(bad)} value{'s are' if len(bad) > 1 else ' is'} NaN or infinite, the first at {place}; "
            "remove or fill these before looking for symmetry"
        )


def moments_of_samples(
    x: Num[np.ndarray, "n m"], gaussian: bool = False, center: bool = True, rng: np.random.Generator | int | None = 0
) -> Moments:
    """Covariance of the rows of a table, with the mean removed.

    Parameters
    ----------
    x : array of shape (n, M)
    gaussian : bool
        Use the Gaussian noise formulas instead of the distribution-free ones.
    center : bool
        Subtract the mean (one degree of freedom); the noise formulas hold for zero-mean data only.
    rng : numpy Generator or int
        Order of the rows: tests that need pairs or triples of rows take the first ones.

    Raises
    ------
    SampleSizeError
        With fewer than three rows.
    NonFiniteError
        If a value is NaN or infinite.
    """
    x = np.asarray(x)
    if x.ndim != 2:
        raise ShapeError(f"samples are a table of n rows and M columns; got an array of shape {x.shape}")
    if x.dtype.kind not in "biufc":
        raise InputError(f"samples must be numbers; got an array of {x.dtype}")
    n, m = x.shape
    if m < 2:
        raise ShapeError(f"a symmetry moves at least two columns; the data have {m}")
    if n < 3:
        raise SampleSizeError(f"{n} sample{'s' if n != 1 else ''} cannot show a covariance's noise; give at least 3")
    x = x.astype(complex if np.iscomplexobj(x) else float, copy=False)
    _check_finite(x, "samples")
    mean = x.mean(0) if center else np.zeros(m, dtype=x.dtype)
    y = x - mean
    dof = n - 1 if center else n
    covariance = y.T @ y.conj() / dof
    covariance = 0.5 * (covariance + covariance.conj().T)
    factor = np.ascontiguousarray(y.T) / np.sqrt(dof) if n < m else None
    # Scaled so that the mean of y y^H is R exactly: centring shrinks the rows, and fourth moments notice.
    rows = y * np.sqrt(n / dof)
    rows = rows[np.random.default_rng(rng).permutation(n)]
    return Moments(covariance, dof, rows, factor, mean, gaussian)


def moments_of_covariance(covariance: Num[np.ndarray, "m m"], n: int | None = None) -> Moments:
    """Wrap a covariance that the user gives, exact (``n=None``) or estimated from n degrees of freedom.

    Raises
    ------
    NotHermitianError
        If it is not Hermitian; the text gives the asymmetry.
    SampleSizeError
        If n is below 3.
    """
    r = np.asarray(covariance)
    if r.ndim != 2 or r.shape[0] != r.shape[1]:
        raise ShapeError(f"a covariance is a square matrix; got shape {r.shape}")
    if len(r) < 2:
        raise ShapeError("a symmetry moves at least two columns; the covariance is 1 x 1")
    if r.dtype.kind not in "biufc":
        raise InputError(f"a covariance holds numbers; got an array of {r.dtype}")
    _check_finite(r, "covariance")
    r = r.astype(complex if np.iscomplexobj(r) else float)
    scale = float(np.abs(r).max())
    asymmetry = float(np.abs(r - r.conj().T).max())
    if asymmetry > _HERMITIAN_TOLERANCE * max(scale, 1e-300):
        i, j = np.unravel_index(int(np.abs(r - r.conj().T).argmax()), r.shape)
        word = "Hermitian" if np.iscomplexobj(r) else "symmetric"
        raise NotHermitianError(
            f"the covariance is not {word}: entries ({i},{j}) and ({j},{i}) differ by {asymmetry:.3g} "
            f"(largest entry {scale:.3g}); pass (R + R^H)/2 if that is rounding"
        )
    if n is not None and (int(n) != n or n < 3):
        raise SampleSizeError(f"n = {n}: the covariance must come from a whole number of at least 3 samples")
    return Moments(0.5 * (r + r.conj().T), None if n is None else int(n))
