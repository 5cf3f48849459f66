"""Lowest eigenpairs of a Hermitian operator by Lanczos with thick restarts and full reorthogonalisation.

Wu and Simon, SIAM J. Matrix Anal. Appl. 22, 602 (2000). Full reorthogonalisation keeps ghosts away. One Krylov space
holds one copy of each level, up to rounding; so when more than one level is asked for, further searches start from new
vectors orthogonal to what was found, until nothing lies below the highest level of the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Num

from symmeter.errors import InputError

__all__ = ["lanczos_vectors", "lowest_states"]

_Product = Callable[[Num[np.ndarray, " n"]], Num[np.ndarray, " n"]]


def lanczos_vectors(size: int, k: int) -> int:
    """How many vectors of the given size a search for k levels holds at once."""
    return min(size, max(2 * k + 20, 40)) + 1 + (2 * k if k > 1 else k)


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
    search = _Search(product, size, dtype, tol, generator, max_products)
    energies, states = search.run(k, np.zeros((0, size), dtype=dtype), None)
    while 1 < k < size:
        found, more = search.run(1, states, float(energies[-1]))
        # Copies found twice would differ by rounding alone.
        if not len(found) or found[0] >= energies[-1] - 1e-11 * search.scale:
            break
        order = np.argsort(np.append(energies, found), kind="stable")[:k]
        energies, states = np.append(energies, found)[order], np.concatenate([states, more])[order]
    return energies, states.T


@dataclass
class _Search:
    """Lanczos runs with one product, which share their count of products and the size of the operator."""

    product: _Product
    size: int
    dtype: type
    tol: float
    generator: np.random.Generator
    max_products: int
    products: int = 0
    scale: float = 0.0

    def run(
        self, k: int, locked: Num[np.ndarray, "m n"], above: float | None
    ) -> tuple[Float[np.ndarray, " k"], Num[np.ndarray, "k n"]]:
        """The k lowest levels and their states as rows, orthogonal to the rows of ``locked``.

        When ``above`` is given, nothing is returned as soon as the lowest level is known to be higher.
        """
        size, dtype = self.size - len(locked), self.dtype
        width = min(size, max(2 * k + 20, 40))
        keep = min(width - 2, k + max(4, (width - k) // 3))
        basis = np.empty((width + 1, self.size), dtype=dtype)
        small = np.zeros((width, width), dtype=dtype)
        basis[0] = self._start(locked)
        filled = 0
        while True:
            last = 0.0
            for m in range(filled, width):
                w = np.asarray(self.product(basis[m])).astype(dtype, copy=False)
                self.products += 1
                if len(locked):
                    w = _orthogonal(w, locked)
                # Twice is enough (Kahan and Parlett).
                overlaps = basis[: m + 1].conj() @ w
                w = w - overlaps @ basis[: m + 1]
                again = basis[: m + 1].conj() @ w
                w -= again @ basis[: m + 1]
                small[: m + 1, m] = overlaps + again
                small[m, : m + 1] = small[: m + 1, m].conj()
                self.scale = max(self.scale, float(np.abs(small[: m + 1, m]).max()))
                norm = float(np.linalg.norm(w))
                if norm <= 1e-13 * max(self.scale, 1e-300) * np.sqrt(size):
                    norm = 0.0
                    w = _orthogonal(self._start(locked), basis[: m + 1])
                    left = float(np.linalg.norm(w))
                    if m + 1 >= size or left < 1e-8:
                        energies, vectors = np.linalg.eigh(small[: m + 1, : m + 1])
                        return energies[:k], vectors[:, :k].T @ basis[: m + 1]
                    w /= left
                else:
                    w /= norm
                basis[m + 1] = w
                if m + 1 < width:
                    small[m + 1, m] = small[m, m + 1] = norm
                last = norm
            energies, vectors = np.linalg.eigh(small)
            self.scale = max(self.scale, float(np.abs(energies).max()))
            residuals = last * np.abs(vectors[-1])
            limit = max(self.tol * self.scale, 1e-14 * self.scale * np.sqrt(size))
            if above is not None and residuals[0] < energies[0] - above:
                return energies[:0], basis[:0]
            if (residuals[:k] <= limit).all():
                return energies[:k], vectors[:, :k].T @ basis[:width]
            if self.products >= self.max_products:
                raise InputError(
                    f"Lanczos has not converged after {self.products} products: residual "
                    f"{residuals[:k].max():.3g}, wanted {limit:.3g}; raise tol="
                )
            basis[:keep] = vectors[:, :keep].T @ basis[:width]
            basis[keep] = basis[width]
            small[:] = 0
            small[np.arange(keep), np.arange(keep)] = energies[:keep]
            filled = keep

    def _start(self, locked: Num[np.ndarray, "m n"]) -> Num[np.ndarray, " n"]:
        """A random unit vector orthogonal to the locked ones."""
        v = _random(self.generator, self.size, self.dtype)
        if len(locked):
            v = _orthogonal(v, locked)
            v /= np.linalg.norm(v)
        return v


def _orthogonal(v: Num[np.ndarray, " n"], rows: Num[np.ndarray, "m n"]) -> Num[np.ndarray, " n"]:
    for _ in range(2):
        v = v - (rows.conj() @ v) @ rows
    return v


def _random(generator: np.random.Generator, size: int, dtype: type) -> np.ndarray:
    v = generator.standard_normal(size).astype(dtype)
    if np.issubdtype(dtype, np.complexfloating):
        v = v + 1j * generator.standard_normal(size)
    return v / np.linalg.norm(v)
