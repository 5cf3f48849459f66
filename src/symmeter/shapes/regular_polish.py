"""Vertices moved to where all edges are one long and all faces flat, by Gauss-Newton steps of least length."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from symmeter.shapes.topology import edges_of

__all__ = ["polished"]


def polished(
    vertices: Float[np.ndarray, "n 3"], faces: tuple[tuple[int, ...], ...], rounds: int = 10
) -> tuple[Float[np.ndarray, "n 3"], float]:
    """Better vertices, and the largest remaining misfit of an edge's square or a face's volume.

    Rigid motions leave the equations as they are; the step of least length does not use them.
    """
    edges = edges_of(faces)
    quads = np.array([(f[0], f[1], f[2], v) for f in faces for v in f[3:]], dtype=int).reshape(-1, 4)
    x = np.array(vertices)
    for _ in range(rounds):
        residual = _residual(x, edges, quads)
        if np.abs(residual).max() < 5e-16:
            break
        step = np.linalg.lstsq(_jacobian(x, edges, quads), residual, rcond=1e-9)[0]
        better = x - step.reshape(-1, 3)
        if np.abs(_residual(better, edges, quads)).max() > 0.9 * np.abs(residual).max():
            break
        x = better
    return x, float(np.abs(_residual(x, edges, quads)).max())


def _residual(x: np.ndarray, edges: np.ndarray, quads: np.ndarray) -> np.ndarray:
    lengths = ((x[edges[:, 0]] - x[edges[:, 1]]) ** 2).sum(1) - 1
    a, b, c = (x[quads[:, k]] - x[quads[:, 0]] for k in (1, 2, 3))
    return np.concatenate([lengths, (np.cross(a, b) * c).sum(1)])


def _jacobian(x: np.ndarray, edges: np.ndarray, quads: np.ndarray) -> np.ndarray:
    e, q = len(edges), len(quads)
    j = np.zeros((e + q, len(x), 3))
    d = 2 * (x[edges[:, 0]] - x[edges[:, 1]])
    rows = np.arange(e)
    j[rows, edges[:, 0]] = d
    j[rows, edges[:, 1]] = -d
    a, b, c = (x[quads[:, k]] - x[quads[:, 0]] for k in (1, 2, 3))
    rows = e + np.arange(q)
    parts = (np.cross(b, c), np.cross(c, a), np.cross(a, b))
    for k, p in zip((1, 2, 3), parts):
        j[rows, quads[:, k]] += p
        j[rows, quads[:, 0]] -= p
    return j.reshape(e + q, -1)
