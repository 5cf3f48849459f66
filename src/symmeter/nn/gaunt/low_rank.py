"""Weights per path as sums of products: w[l1, l2, l3] ~ sum_r a_r[l1] b_r[l2] c_r[l3], by alternating least squares.

Only entries that belong to a path count. A product with R channels and ``channel_mix`` weights has exactly this form,
so that a trained Clebsch-Gordan layer can be carried over, with a residual that says how much is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, NonFiniteError, ShapeError
from symmeter.nn.gaunt.couplings import coupling_paths, tensor_of_paths

__all__ = ["LowRankWeights", "project_path_weights"]


@dataclass(frozen=True, eq=False)
class LowRankWeights:
    """Three factors, and how far their product is from the weights.

    Attributes
    ----------
    first, second, out : arrays of shape (R, L+1)
    residual : float
        Norm of the difference over the norm of the weights, over the paths.
    """

    first: Float[np.ndarray, "r l1"]
    second: Float[np.ndarray, "r l2"]
    out: Float[np.ndarray, "r l3"]
    residual: float

    def tensor(self) -> Float[np.ndarray, "l1 l2 l3"]:
        """The weights that the factors stand for."""
        return np.einsum("ra,rb,rc->abc", self.first, self.second, self.out)


def project_path_weights(
    weights: Float[np.ndarray, "l1 l2 l3"] | Float[np.ndarray, "paths"],
    rank: int,
    lmaxes: tuple[int, int, int] | None = None,
    *,
    sweeps: int = 400,
    restarts: int = 4,
    rng: np.random.Generator | int | None = 0,
) -> LowRankWeights:
    """The nearest weights of a given rank.

    Parameters
    ----------
    weights : array of shape (L1+1, L2+1, L3+1), or (number of even paths,) with ``lmaxes``
        One weight per path (l1, l2, l3); entries without a path are ignored.
    rank : int
    lmaxes : tuple of int, optional
        Needed for a list of weights in the order of ``GauntTensorProduct.paths()``.
    sweeps, restarts : int
        Alternating least squares from several starts; the best one is kept.

    Returns
    -------
    LowRankWeights

    Examples
    --------
    >>> w = np.einsum("a,b,c->abc", [1.0, 2, 3], [1.0, -1, 1], [2.0, 1, 3])
    >>> project_path_weights(w, rank=1).residual < 1e-8
    True
    """
    if isinstance(rank, bool) or not isinstance(rank, int) or rank < 1:
        raise InputError(f"rank is {rank!r}; it must be a whole number >= 1")
    w = np.asarray(weights, dtype=float)
    if w.ndim == 1 and lmaxes is not None:
        paths = coupling_paths(lmaxes, 1)
        if len(paths) != len(w):
            raise ShapeError(f"{len(w)} weights; degrees {lmaxes} have {len(paths)} paths with even l1+l2+l3")
        w = tensor_of_paths(lmaxes, paths, w)
    if w.ndim != 3:
        raise ShapeError(f"weights have shape {w.shape}; give w[l1, l2, l3], or one per path together with lmaxes")
    if not np.isfinite(w).all():
        raise NonFiniteError("weights contain NaN or infinity")
    degrees = tuple(n - 1 for n in w.shape)
    mask = np.zeros(w.shape, dtype=bool)
    for p in coupling_paths(degrees, 1):  # type: ignore[arg-type]
        mask[p.l1, p.l2, p.l3] = True
    size = float(np.linalg.norm(w[mask]))
    generator = np.random.default_rng(rng)
    best: LowRankWeights | None = None
    for _ in range(restarts):
        factors = [generator.standard_normal((rank, n)) for n in w.shape]
        error = _alternate(w, mask, factors, sweeps, size)
        if best is None or error < best.residual:
            best = LowRankWeights(factors[0], factors[1], factors[2], error)
        if best.residual < 1e-12:
            break
    assert best is not None
    return best


def _alternate(w: np.ndarray, mask: np.ndarray, factors: list[np.ndarray], sweeps: int, size: float) -> float:
    """Least squares for one factor after another, in place; the relative residual."""
    before = np.inf
    for sweep in range(sweeps):
        for k in range(3):
            a, b = (factors[j] for j in range(3) if j != k)
            design = np.einsum("ra,rb->abr", a, b)
            moved, inside = np.moveaxis(w, k, 0), np.moveaxis(mask, k, 0)
            for ell in range(moved.shape[0]):
                rows = design[inside[ell]]
                if len(rows):
                    # The ridge keeps degenerate sweeps bounded; it is far below the accuracy that matters.
                    gram = rows.T @ rows
                    gram += 1e-13 * (1 + np.trace(gram)) * np.eye(len(gram))
                    factors[k][:, ell] = np.linalg.solve(gram, rows.T @ moved[ell][inside[ell]])
            scale = np.linalg.norm(factors[k], axis=1, keepdims=True)
            scale[scale == 0] = 1
            if k < 2:
                factors[k] /= scale
                factors[k + 1] *= scale
        error = float(np.linalg.norm((np.einsum("ra,rb,rc->abc", *factors) - w)[mask])) / max(size, 1e-300)
        if sweep % 20 == 19:
            if before - error < 1e-10 * max(error, 1e-14) or error < 1e-13:
                break
            before = error
    return error
