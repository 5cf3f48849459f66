"""The constant arrays of every route, in float64, made once for each set of degrees.

A factor with basis n_i Y_i is sampled by S[i, p] = n_i Y_i(p) and projected by the transpose with the weights of the
grid. The output's factor has the inverse normalisation: coefficients c of f = sum c_i n_i Y_i come out again.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from symmeter.nn.gaunt.cubature import CubatureRule, full_rule, paired_rule
from symmeter.nn.gaunt.degrees import basis_factors, degree_index, size_of
from symmeter.representations import real_sph_harm, real_sph_harm_gradient

__all__ = ["bracket_arrays", "dense_arrays", "paired_arrays", "separable_arrays"]

Arrays = dict[str, np.ndarray]


def whole_registers(n: int) -> int:
    """n rounded up so that matrix products of that width run at full speed: measured, 16 below 48 and 8 above."""
    step = 16 if n <= 48 else 8
    return -(-n // step) * step


def _padded(matrix: np.ndarray, columns: int) -> np.ndarray:
    return np.pad(matrix, ((0, 0), (0, columns - matrix.shape[1])))


def _narrow(matrix: np.ndarray, columns: int) -> np.ndarray:
    return np.ascontiguousarray(matrix[:, :columns])


def _basis(points: np.ndarray, lmax: int, factors: np.ndarray) -> np.ndarray:
    """S[i, p] = n_i Y_i(p)."""
    return np.ascontiguousarray((real_sph_harm(points, lmax, normalize=False) * factors).T)


def _factors(lmaxes: tuple[int, int, int], normalization: str) -> list[np.ndarray]:
    first, second, out = (basis_factors(lmax, normalization) for lmax in lmaxes)
    return [first, second, 1 / out]


@lru_cache(maxsize=64)
def dense_arrays(lmaxes: tuple[int, int, int], normalization: str, rule: CubatureRule | None = None) -> Arrays:
    """For each factor the sampling matrix (K, P), and the projection (P, K), with columns padded and as it is."""
    rule = full_rule(sum(lmaxes)) if rule is None else rule
    points = whole_registers(len(rule))
    out: Arrays = {}
    for k, (lmax, n) in enumerate(zip(lmaxes, _factors(lmaxes, normalization))):
        basis = _basis(rule.points, lmax, n)
        out[f"sample{k}"] = _padded(basis, points)
        projection = _padded((basis * rule.weights).T, whole_registers(size_of(lmax)))
        projection = np.pad(projection, ((0, points - len(rule)), (0, 0)))
        out[f"project{k}"], out[f"narrow{k}"] = projection, _narrow(projection, size_of(lmax))
    return out


@lru_cache(maxsize=64)
def paired_arrays(lmaxes: tuple[int, int, int], normalization: str) -> Arrays:
    """For each factor: order by parity and back, sampling of even and odd degrees, and projection on them, twice."""
    rule = paired_rule(sum(lmaxes))
    columns = whole_registers(len(rule))
    out: Arrays = {}
    for k, (lmax, n) in enumerate(zip(lmaxes, _factors(lmaxes, normalization))):
        basis = _basis(rule.points, lmax, n)
        parity = degree_index(lmax) % 2
        even, odd = np.flatnonzero(parity == 0), np.flatnonzero(parity)
        sort = np.concatenate([even, odd])
        out[f"sort{k}"], out[f"back{k}"] = sort, np.argsort(sort)
        for name, which in (("even", even), ("odd", odd)):
            out[f"sample_{name}{k}"] = _padded(basis[which], columns)
        for name, which in (("even", even), ("odd", odd)):
            projection = _padded((basis[which] * rule.weights).T, whole_registers(len(which)))
            projection = np.pad(projection, ((0, columns - len(rule)), (0, 0)))
            out[f"project_{name}{k}"], out[f"narrow_{name}{k}"] = projection, _narrow(projection, len(which))
    return out


@lru_cache(maxsize=64)
def separable_arrays(
    lmaxes: tuple[int, int, int], normalization: str, n_theta: int | None = None, n_phi: int | None = None
) -> Arrays:
    """For each factor: positions by order and back, Legendre functions and Fourier sums in both directions."""
    total = sum(lmaxes)
    rows, columns = n_theta or total // 2 + 1, n_phi or total + 1
    x, w = np.polynomial.legendre.leggauss(rows)
    meridian = np.stack([np.sqrt(1 - x * x), 0 * x, x], -1)
    phi = 2 * np.pi * np.arange(columns) / columns
    out: Arrays = {}
    for k, (lmax, n) in enumerate(zip(lmaxes, _factors(lmaxes, normalization))):
        # On the meridian phi = 0 the harmonic of order m > 0 is sqrt(2) times the Legendre function.
        values = real_sph_harm(meridian, lmax, axis="z", normalize=False) * n
        m = np.arange(-lmax, lmax + 1)
        gather = np.zeros((len(m), lmax + 1), dtype=np.int64)
        legendre = np.zeros((len(m), lmax + 1, rows))
        back = np.zeros(size_of(lmax), dtype=np.int64)
        for row, order in enumerate(m):
            ell = np.arange(abs(order), lmax + 1)
            centre = ell * ell + ell
            gather[row, : len(ell)] = centre + order
            legendre[row, : len(ell)] = values[:, centre + abs(order)].T
            back[centre + order] = row * (lmax + 1) + np.arange(len(ell))
        fourier = np.where(m >= 0, np.cos(np.abs(m) * phi[:, None]), np.sin(np.abs(m) * phi[:, None]))
        out[f"gather{k}"], out[f"back{k}"] = gather.reshape(-1), back
        out[f"legendre{k}"] = legendre
        out[f"weighted{k}"] = np.ascontiguousarray((legendre * w).swapaxes(1, 2))
        out[f"fourier{k}"] = fourier
        out[f"sum{k}"] = np.ascontiguousarray(fourier.T) * (2 * np.pi / columns)
    return out


@lru_cache(maxsize=64)
def bracket_arrays(lmaxes: tuple[int, int, int], normalization: str) -> Arrays:
    """Sampling of both tangential derivatives side by side, (K, 2P), and the projection (P, K3)."""
    rule = full_rule(sum(lmaxes))
    a, b = tangent_frames(rule.points)
    columns = whole_registers(len(rule))
    n = _factors(lmaxes, normalization)
    out: Arrays = {}
    for name, lmax, factors in (("first", lmaxes[0], n[0]), ("second", lmaxes[1], n[1])):
        gradient = real_sph_harm_gradient(rule.points, lmax)[1] * factors
        parts = [_padded(np.einsum("pa,pak->kp", frame, gradient), columns) for frame in (a, b)]
        out[name] = np.concatenate(parts, axis=1)
    projection = _padded((_basis(rule.points, lmaxes[2], n[2]) * rule.weights).T, whole_registers(size_of(lmaxes[2])))
    out["out"] = np.pad(projection, ((0, columns - len(rule)), (0, 0)))
    return out


def tangent_frames(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors a, b at points r with a x b = r."""
    smallest = np.eye(3)[np.argmin(np.abs(points), axis=1)]
    a = smallest - (smallest * points).sum(-1, keepdims=True) * points
    a /= np.linalg.norm(a, axis=-1, keepdims=True)
    return a, np.cross(points, a)
