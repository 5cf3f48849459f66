"""How small the lowest eigenvalues must be: their null distribution, simulated from the noise alone.

If span{A_1..A_k} commutes with R then ``[R_hat, A] = [E, A]`` for A in it, with E the estimation error. Draws of E
therefore give the null distribution of the noise eigenvalues on that span, and the k-th smallest eigenvalue that was
observed is compared with the largest of the k that were simulated. Comparing with 1 instead would be blind to the
spread: the minimum over a few null directions lies well below 1.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Num

from symmeter.discover.moments import Moments

__all__ = ["eigenvalue_p_values", "simulated_commutators"]

#: Up to this many columns errors are simulated as matrices, beyond it through inner products of rows.
_FEW_COLUMNS = 32


def _error_rows(moments: Moments, rng: np.random.Generator, most: int) -> Num[np.ndarray, "s m"]:
    """Rows whose centred outer products, randomly weighted, imitate the estimation error of R."""
    if moments.is_distribution_free:
        return moments.subset(most)
    m = moments.dimension
    values, vectors = np.linalg.eigh(moments.covariance)
    z = rng.standard_normal((most, m))
    if moments.is_complex:
        z = (z + 1j * rng.standard_normal((most, m))) / np.sqrt(2.0)
    return (z * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T


def _wishart_errors(moments: Moments, draws: int, rng: np.random.Generator):
    assert moments.n is not None
    values, vectors = np.linalg.eigh(moments.covariance)
    root = vectors * np.sqrt(np.clip(values, 0.0, None))
    for _ in range(draws):
        z = rng.standard_normal((moments.n, moments.dimension))
        if moments.is_complex:
            z = (z + 1j * rng.standard_normal(z.shape)) / np.sqrt(2.0)
        x = z @ root.T
        yield x.T @ x.conj() / moments.n - moments.covariance


def simulated_commutators(
    moments: Moments, basis: Num[np.ndarray, "k m m"], draws: int, rng: np.random.Generator
) -> Float[np.ndarray, "draws k k"]:
    """Gram matrices ``Re <[E, A_a], [E, A_b]>`` for random errors E of the covariance.

    Gaussian data of moderate size are simulated exactly (Wishart draws); otherwise rows are weighted by independent
    standard normals, which needs inner products of rows only.
    """
    assert moments.n is not None
    k = len(basis)
    m = moments.dimension
    if not moments.is_distribution_free and moments.n * m * m * draws < 2e10:
        out = np.empty((draws, k, k))
        for t, error in enumerate(_wishart_errors(moments, draws, rng)):
            c = np.stack([error @ a - a @ error for a in basis]).reshape(k, -1)
            out[t] = np.real(c.conj() @ c.T)
        return out
    y = _error_rows(moments, rng, 400)
    multipliers = rng.standard_normal((len(y), draws))
    multipliers -= multipliers.mean(0)
    if m <= _FEW_COLUMNS:
        # Few columns: the errors themselves are smaller than tables of rows.
        outer = (y[:, :, None] * y[:, None, :].conj()).reshape(len(y), -1)
        errors = (multipliers.T @ outer).reshape(draws, m, m) / np.sqrt(len(y) * moments.n)
        return np.stack([_commutator_gram(error, basis) for error in errors])
    return _multiplier_grams(y, basis, multipliers, moments.n)


def _commutator_gram(error: np.ndarray, basis: np.ndarray) -> Float[np.ndarray, "k k"]:
    c = (error @ basis - basis @ error).reshape(len(basis), -1)
    return np.real(c.conj() @ c.T)


def _multiplier_grams(
    y: np.ndarray, basis: np.ndarray, multipliers: np.ndarray, n: int
) -> Float[np.ndarray, "draws k k"]:
    """``E = (s n)^-1/2 sum_i e_i y_i y_i^H``: the Gram matrices are quadratic forms in e over s x s tables.

    ``[y y^H, A] = y (A^H y)^H - (A y) y^H``, so the table for A and B needs inner products of rows and of their images.
    """
    (s, draws), k = multipliers.shape, len(basis)
    inner = y.conj() @ y.T
    adjoint_images = [y @ a.conj() for a in basis]
    images = [y @ a.T for a in basis]
    forms = [y.conj() @ image.T for image in images]  # y_i^H A y_j
    out = np.empty((draws, k, k))
    for a in range(k):
        for b in range(a, k):
            table = inner * (adjoint_images[a] @ adjoint_images[b].conj().T)
            table = table - forms[b] * forms[a].conj() - (forms[a].conj() * forms[b]).T
            table = (table + (images[a].conj() @ images[b].T) * inner.T).real
            out[:, a, b] = out[:, b, a] = np.einsum("sd,sd->d", multipliers, table @ multipliers) / (s * n)
    return out


def eigenvalue_p_values(
    eigenvalues: Float[np.ndarray, " d"],
    coefficients: Float[np.ndarray, "d k"],
    basis: Num[np.ndarray, "k m m"],
    noise: Float[np.ndarray, "d d"],
    moments: tuple[Moments, ...],
    draws: int,
    rng: np.random.Generator,
) -> Float[np.ndarray, " k"]:
    """P-value of each of the k lowest noise eigenvalues, for the hypothesis that the nullity is at least its rank.

    Parameters
    ----------
    eigenvalues : array of shape (d,)
        Ascending eigenvalues of ``(L_hat, N)``.
    coefficients : array of shape (d, k)
        Eigenvectors of the k lowest.
    basis : array of shape (k, M, M)
        The matrices that they stand for.
    noise : array of shape (d, d)
    moments : tuple of Moments
    draws : int
    rng : numpy Generator

    Returns
    -------
    array of shape (k,)
        Never increasing: if the nullity is not 3 it is not 4.
    """
    total = np.asarray(sum(simulated_commutators(m, basis, draws, rng) for m in moments))
    reference = coefficients.T @ noise @ coefficients
    # Cholesky is nested: whitening the whole whitens every leading block, and one batch of draws serves them all.
    whitening = np.linalg.inv(np.linalg.cholesky(0.5 * (reference + reference.T)))
    white = whitening @ total @ whitening.T
    p = np.empty(len(basis))
    for k in range(1, len(basis) + 1):
        largest = np.linalg.eigvalsh(white[:, :k, :k])[:, -1]
        p[k - 1] = (1.0 + float((largest >= eigenvalues[k - 1]).sum())) / (1.0 + draws)
    return np.minimum.accumulate(p)
