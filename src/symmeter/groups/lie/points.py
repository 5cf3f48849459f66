"""Points in the unit cube for integration: random, Latin hypercube, rank-1 lattice and scrambled Halton.

Every set is unbiased: its points are uniform each by itself, so that the spread of independent sets is an honest error.
The lattice is built component by component with the fast Fourier transform (Nuyens and Cools 2006) for product weights
``1 / j^2``; the baker's transform makes it converge faster for integrands that are not periodic.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float

from symmeter.errors import SampleSizeError
from symmeter.groups.lie.batches import check_choice

__all__ = ["METHODS", "cube_points", "halton", "lattice_generator"]

METHODS = ("random", "stratified", "lattice", "halton")


def cube_points(n: int, dimension: int, method: str, rng: np.random.Generator) -> Float[np.ndarray, "n d"]:
    """One randomised set of points, strictly inside the cube.

    Parameters
    ----------
    n : int
        Number of points; the lattice uses the next prime.
    dimension : int
    method : {"random", "stratified", "lattice", "halton"}
    rng : numpy Generator

    Examples
    --------
    >>> points = cube_points(4, 2, "stratified", np.random.default_rng(0))
    >>> np.sort((4 * points).astype(int), axis=0).T
    array([[0, 1, 2, 3],
           [0, 1, 2, 3]])
    """
    check_choice(method, METHODS, "method")
    if n < 1:
        raise SampleSizeError(f"the number of points is {n}; it must be at least 1")
    if method == "random":
        out = rng.random((n, dimension))
    elif method == "stratified":
        cells = rng.permuted(np.broadcast_to(np.arange(n), (dimension, n)), axis=1).T
        out = (cells + rng.random((n, dimension))) / n
    elif method == "halton":
        out = halton(n, dimension, rng)
    else:
        prime = _next_prime(max(n, 3))
        points = np.outer(np.arange(prime), lattice_generator(prime, dimension)) % prime / prime
        out = (points + rng.random(dimension)) % 1
        out = 1 - np.abs(2 * out - 1)
    return np.clip(out, 1e-16, 1 - 1e-16)


def halton(n: int, dimension: int, rng: np.random.Generator) -> Float[np.ndarray, "n d"]:
    """Halton points in the first primes with random permutations of the digits, all places independent."""
    out = np.empty((n, dimension))
    base = 1
    for j in range(dimension):
        base = _next_prime(base + 1)
        # Digits below the last one that tells points apart are uniform noise.
        places = int(np.ceil(np.log(max(n, 2)) / np.log(base))) + 1
        rest, value, unit = np.arange(n), np.zeros(n), 1.0
        for _ in range(places):
            unit /= base
            value += unit * rng.permutation(base)[rest % base]
            rest = rest // base
        out[:, j] = value + unit * rng.random(n)
    return out


@lru_cache(maxsize=64)
def lattice_generator(n: int, dimension: int) -> np.ndarray:
    """Generating vector of a rank-1 lattice with a prime number of points.

    Examples
    --------
    >>> lattice_generator(5, 2)[0]
    np.int64(1)
    """
    root = _primitive_root(n)
    half = (n - 1) // 2
    powers = np.empty(half, dtype=np.int64)
    powers[0] = 1
    for k in range(1, half):
        powers[k] = powers[k - 1] * root % n
    powers = np.minimum(powers, n - powers)

    x = powers / n
    kernel = 2 * np.pi**2 * (x * x - x + 1 / 6)
    # Modulo sign the residues are the powers of the root, so that the search over generators is a correlation.
    spectrum = np.fft.rfft(kernel)
    weight = np.ones(half)
    found = []
    for j in range(dimension):
        error = np.fft.irfft(spectrum * np.conj(np.fft.rfft(weight)), half)
        best = int(np.argmin(error)) if j else 0
        found.append(powers[best])
        weight = weight * (1 + np.roll(kernel, -best) / (j + 1) ** 2)
        weight /= weight.max()
    vector = np.array(found, dtype=np.int64)
    vector.setflags(write=False)
    return vector


def _is_prime(n: int) -> bool:
    return n > 1 and all(n % k for k in range(2, int(n**0.5) + 1))


def _next_prime(n: int) -> int:
    while not _is_prime(n):
        n += 1
    return n


def _primitive_root(n: int) -> int:
    factors = _prime_factors(n - 1)
    return next(g for g in range(1, n) if all(pow(g, (n - 1) // p, n) != 1 for p in factors))


def _prime_factors(n: int) -> list[int]:
    out, p = [], 2
    while p * p <= n:
        if n % p == 0:
            out.append(p)
            while n % p == 0:
                n //= p
        p += 1
    return [*out, n] if n > 1 else out
