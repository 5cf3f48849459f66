"""Lowest eigenpairs of a Hermitian operator by Lanczos with thick restarts and full reorthogonalisation.

Wu and Simon, SIAM J. Matrix Anal. Appl. 22, 602 (2000). Full reorthogonalisation keeps ghosts away. Further copies of a
degenerate level enter through rounding, and may be missed when it is asked for few levels: symmetry sectors, in which
levels are simple, are the safe way to multiplicities.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Num

from symmeter.errors import InputError

__all__ = ["lowest_states"]


def lowest_states(
    product: Callable[[Num[np.ndarray, " n"]], Num[np.ndarray, " n"]],
    size: int,
    k: int,
    dtype: type = float,
    tol: float = 0.0,
    rng: np.random.Generator | int | None = 0,
    max_products: int = 20_000,
) -> tuple[Float[np.ndarray, " k"], Num[np.ndarray, "n k"]]:
    """The k lowest eigenvalues, increasing, and orthonormal eigenvectors.

    Parameters
    ----------
    product : callable
        ``v -> H v`` for a Hermitian H.
    size : int
    k : int
    dtype : float or complex
    tol : float
        Residual ``|H v - E v|`` relative to the size of H; 0 means 1e-14 times the square root of the size.
    rng : numpy Generator or seed
    max_products : int

    Raises
    ------
    InputError
        If it has not converged after ``max_products`` products.

    Examples
    --------
    >>> levels = 1 + np.arange(500.0) ** 2
    >>> energies, states = lowest_states(lambda v: levels * v, 500, 3)
    >>> energies.round(8).tolist(), bool(abs(states[1, 1]) > 1 - 1e-8)
    ([1.0, 2.0, 5.0], True)
    """
    generator = np.random.default_rng(rng)
    width = min(size, max(2 * k + 20, 40))
    keep = min(width - 2, k + max(4, (width - k) // 3))
    basis = np.zeros((width + 1, size), dtype=dtype)
    small = np.zeros((width, width), dtype=dtype)
    basis[0] = _random(generator, size, dtype)
    filled, products, scale = 0, 0, 0.0
    while True:
        last = 0.0
        for m in range(filled, width):
            w = np.asarray(product(basis[m])).astype(dtype, copy=False)
            products += 1
            # Twice is enough (Kahan and Parlett).
            overlaps = basis[: m + 1].conj() @ w
            w = w - overlaps @ basis[: m + 1]
            again = basis[: m + 1].conj() @ w
            w -= again @ basis[: m + 1]
            small[: m + 1, m] = overlaps + again
            small[m, : m + 1] = small[: m + 1, m].conj()
            scale = max(scale, float(np.abs(small[: m + 1, m]).max()))
            norm = float(np.linalg.norm(w))
            if norm <= 1e-13 * max(scale, 1e-300) * np.sqrt(size):
                norm = 0.0
                w = _random(generator, size, dtype)
                for _ in range(2):
                    w -= (basis[: m + 1].conj() @ w) @ basis[: m + 1]
                left = float(np.linalg.norm(w))
                if m + 1 >= size or left < 1e-8:
                    energies, vectors = np.linalg.eigh(small[: m + 1, : m + 1])
                    return energies[:k], (vectors[:, :k].T @ basis[: m + 1]).T
                w /= left
            else:
                w /= norm
            basis[m + 1] = w
            if m + 1 < width:
                small[m + 1, m] = small[m, m + 1] = norm
            last = norm
        energies, vectors = np.linalg.eigh(small)
        scale = max(scale, float(np.abs(energies).max()))
        residuals = last * np.abs(vectors[-1])
        limit = max(tol * scale, 1e-14 * scale * np.sqrt(size))
        if (residuals[:k] <= limit).all():
            return energies[:k], (vectors[:, :k].T @ basis[:width]).T
        if products >= max_products:
            raise InputError(
                f"Lanczos has not converged after {products} products: residual {residuals[:k].max():.3g}, wanted "
                f"{limit:.3g}; raise tol="
            )
        basis[:keep] = vectors[:, :keep].T @ basis[:width]
        basis[keep] = basis[width]
        small[:] = 0
        small[np.arange(keep), np.arange(keep)] = energies[:keep]
        filled = keep


def _random(generator: np.random.Generator, size: int, dtype: type) -> np.ndarray:
    v = generator.standard_normal(size).astype(dtype)
    if np.issubdtype(dtype, np.complexfloating):
        v = v + 1j * generator.standard_normal(size)
    return v / np.linalg.norm(v)
