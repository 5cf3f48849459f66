"""Simple ideals of a compact Lie algebra, and their types, from the roots of one generic element.

For a generic element x of the derived algebra, ad x is skew with the maximal torus as its kernel and a plane for each
pair of opposite roots. An ideal contains each such plane or is orthogonal to it, so the planes that brackets connect
form the simple ideals; for an orthonormal pair (e, e') spanning a plane, [e, e'] is the root as a vector of the torus.
Rank, number of roots and how many of them are long determine the type (Humphreys, Introduction to Lie Algebras and
Representation Theory, sections 8 and 12).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

__all__ = ["SimpleIdeal", "simple_ideals", "simple_type"]

_DRAWS = 16


@dataclass(frozen=True, eq=False)
class SimpleIdeal:
    """Coefficients (rows) of an orthonormal basis, the rank, and the squared lengths of the positive roots."""

    coefficients: np.ndarray
    rank: int
    squared_lengths: np.ndarray

    @property
    def dimension(self) -> int:
        return len(self.coefficients)


def simple_ideals(
    structure_constants: Float[np.ndarray, "k k k"], centre: Float[np.ndarray, "z k"], tolerance: float
) -> tuple[SimpleIdeal, ...]:
    """Simple ideals, largest first.

    Parameters
    ----------
    structure_constants : array of shape (K, K, K)
        Totally antisymmetric, in an orthonormal basis.
    centre : array of shape (z, K)
        Orthonormal rows spanning the centre.
    tolerance : float
        Relative size below which a number counts as zero.
    """
    f = structure_constants
    k = len(f)
    if k - len(centre) < 3:
        return ()
    planes = _root_planes(f, centre, tolerance)
    pairs = np.array(planes)
    roots = np.einsum("abc,ra,rb->rc", f, pairs[:, 0], pairs[:, 1], optimize=True)
    labels = _components(_coupling(f, pairs) > max(tolerance, 1e-9))
    ideals = []
    for label in range(labels.max() + 1):
        mine = labels == label
        torus = _row_space(roots[mine], max(tolerance, 1e-9))
        rows = np.concatenate([pairs[mine].reshape(-1, k), torus])
        # Planes of one generic element are orthogonal up to rounding; make the basis so exactly.
        u, _, v = np.linalg.svd(rows, full_matrices=False)
        ideals.append(SimpleIdeal(u @ v, len(torus), (roots[mine] ** 2).sum(axis=1)))
    return tuple(sorted(ideals, key=lambda ideal: -ideal.dimension))


def simple_type(ideal: SimpleIdeal) -> str:
    """Name of the compact simple algebra, such as "so(3)", "su(4)" or "sp(6)"; sp(2n) has rank n.

    An algebra that no type fits, which noise can cause, is named by its dimension and rank.
    """
    d, r = ideal.dimension, ideal.rank
    unknown = f"simple(dimension {d}, rank {r})"
    lengths = ideal.squared_lengths
    long = int((lengths > 0.75 * lengths.max()).sum())
    simply_laced = long == len(lengths)
    if d == 3:
        return "so(3)"
    if d == r * (r + 2):
        return f"su({r + 1})" if simply_laced else unknown
    if d == r * (2 * r + 1):
        # B_n has n short and n(n-1) long positive roots, C_n the opposite; they agree for n = 2.
        if r == 2 and long == 2:
            return "so(5)"
        if long == r * (r - 1):
            return f"so({2 * r + 1})"
        if long == r:
            return f"sp({2 * r})"
    if d == r * (2 * r - 1) and simply_laced:
        return f"so({2 * r})"
    exceptional = {
        (14, 2): ("g2", 3),
        (52, 4): ("f4", 12),
        (78, 6): ("e6", 36),
        (133, 7): ("e7", 63),
        (248, 8): ("e8", 120),
    }
    name, long_roots = exceptional.get((d, r), (unknown, long))
    return name if long == long_roots else unknown


def _root_planes(f: np.ndarray, centre: np.ndarray, tolerance: float) -> list[np.ndarray]:
    """Orthonormal pairs of coefficient vectors, one for each positive root, of the most generic of a few elements."""
    k = len(f)
    rng = np.random.default_rng(8_191)
    best: tuple[float, np.ndarray, np.ndarray] | None = None
    for _ in range(_DRAWS):
        x = rng.standard_normal(k)
        x -= centre.T @ (centre @ x)
        values, vectors = np.linalg.eigh(1j * np.einsum("a,abc->cb", x, f))
        scale = np.abs(values).max()
        positive = values > max(tolerance, 1e-9) * scale
        roots = np.sort(values[positive])
        gap = float(np.diff(roots, prepend=0.0).min() / scale) if roots.size else 0.0
        if best is None or gap > best[0]:
            best = (gap, values[positive], vectors[:, positive])
    assert best is not None
    # The eigenvector (e - i e')/sqrt(2) of a non-zero eigenvalue has real and imaginary parts of equal length.
    return [np.sqrt(2) * np.array([v.real, -v.imag]) for v in best[2].T]


def _coupling(f: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """How strongly brackets with a few random elements lead from one root plane to another, the largest being 1."""
    flat = pairs.reshape(-1, len(f))
    rng = np.random.default_rng(4_409)
    size = np.zeros((len(pairs), len(pairs)))
    for _ in range(4):
        bracket = flat @ np.tensordot(rng.standard_normal(len(f)), f, axes=1) @ flat.T
        size += (bracket.reshape(len(pairs), 2, len(pairs), 2) ** 2).sum(axis=(1, 3))
    return np.sqrt(size / size.max())


def _row_space(rows: np.ndarray, tolerance: float) -> np.ndarray:
    _, s, v = np.linalg.svd(rows, full_matrices=False)
    return v[s > tolerance * s.max()]


def _components(connected: np.ndarray) -> np.ndarray:
    from scipy.sparse.csgraph import connected_components

    return connected_components(connected, directed=False)[1]
