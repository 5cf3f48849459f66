"""The Lorentz group SO+(1, d): boosts and rotations, with closed forms in the rapidity.

Coordinates are (t, x, ...), the metric is diag(+1, -1, ...). ``exp(eta . K)`` is the boost that gives a mass at rest
the velocity ``tanh |eta|`` along eta. The logarithm is unique but at rotations by pi (times a boost along the axis).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from symmeter.groups.lie.batches import as_vectors, check_choice
from symmeter.groups.lie.compact import SO, _CompactGroup, _size
from symmeter.groups.lie.decompositions import Cartan, Iwasawa, Polar, qr
from symmeter.groups.lie.density import sinhc
from symmeter.groups.lie.exponential import logm
from symmeter.groups.lie.generators import lorentz_basis, rotation_basis
from symmeter.groups.lie.reductive import ReductiveGroup
from symmeter.groups.lie.rotations import _refuse
from symmeter.groups.lie.spinors import log_lorentz

__all__ = ["Lorentz"]

#: How close to the eigenvalue -1, relative to the size of the element, counts as a half turn.
_ON_CUT = 1e-9


class _SpatialRotations(_CompactGroup):
    """SO(d) on (t, x, ...), the maximal compact subgroup of SO+(1, d)."""

    _rule = "members are rotations of space"

    def __init__(self, d: int) -> None:
        self.inner = SO(d)
        names, stack = rotation_basis(d)
        wide = np.zeros((len(stack), d + 1, d + 1))
        wide[:, 1:, 1:] = stack
        super().__init__(names, wide)
        self._parameters = (d,)
        self.name = f"SO({d}) in SO+(1,{d})"

    def _defect(self, g: np.ndarray) -> np.ndarray:
        beside = np.abs(g[..., 0, :] - np.eye(self.size)[0]) + np.abs(g[..., :, 0] - np.eye(self.size)[0])
        return np.maximum(beside.max(axis=-1), self.inner._defect(g[..., 1:, 1:]))

    def _log(self, g: np.ndarray, on_cut: str) -> np.ndarray:
        return _widen(self.inner._log(g[..., 1:, 1:], on_cut), 0.0)

    def _project(self, g: np.ndarray) -> np.ndarray:
        return _widen(self.inner._project(g[..., 1:, 1:]))

    def _exp(self, X: np.ndarray) -> np.ndarray:
        return _widen(self.inner._exp(X[..., 1:, 1:]))

    @property
    def cube_dimension(self) -> int:
        return self.inner.cube_dimension

    def _haar(self, u: np.ndarray) -> np.ndarray:
        return _widen(self.inner._haar(u))

    def _component_volume(self) -> float:
        return self.inner.volume


def _widen(r: np.ndarray, corner: float = 1.0) -> np.ndarray:
    d = r.shape[-1]
    out = np.zeros((*r.shape[:-2], d + 1, d + 1))
    out[..., 0, 0], out[..., 1:, 1:] = corner, r
    return out


class Lorentz(ReductiveGroup):
    """SO+(1, d): Lorentz transformations that keep the sense of time and of space.

    Parameters
    ----------
    d : int
        Dimensions of space.

    Examples
    --------
    >>> G = Lorentz()
    >>> boost = G.boost([0.0, 0.0, np.arctanh(0.6)])
    >>> (boost @ [1.0, 0, 0, 0]).round(12)
    array([1.25, 0.  , 0.  , 0.75])
    """

    _rule = "members satisfy g^T eta g = eta with eta = diag(1, -1, ...), det g = 1 and g_00 >= 1"

    def __init__(self, d: int = 3) -> None:
        d = _size(d, "Lorentz")
        super().__init__(*lorentz_basis(d))
        self._parameters = (d,)
        self.name = f"SO+(1,{d})"
        self.maximal_compact = _SpatialRotations(d)
        self._symmetric = self.basis[-d:]
        self.metric = np.diag([1.0] + [-1.0] * d)
        self.metric.setflags(write=False)

    def _defect(self, g: np.ndarray) -> np.ndarray:
        eta = self.metric
        # Relative to the size of g: the products of a strong boost cancel to order gamma^2.
        size = np.maximum(1.0, np.abs(g).max(axis=(-2, -1)) ** 2)
        off = np.linalg.norm(np.swapaxes(g, -1, -2) @ eta @ g - eta, axis=(-2, -1)) / size
        proper = (np.linalg.slogdet(g)[0] > 0) & (g[..., 0, 0] > 0)
        return np.where(proper, off, np.inf)

    def inverse(self, g: Float[np.ndarray, "... m m"]) -> Float[np.ndarray, "... m m"]:
        return self.metric @ np.swapaxes(self.check(g), -1, -2) @ self.metric

    def _project(self, g: np.ndarray) -> np.ndarray:
        g = self.check(g, 1e-2)
        # Newton's iteration for the factor of g that keeps the metric; it converges quadratically from nearby.
        for _ in range(6):
            g = (g + self.metric @ np.swapaxes(np.linalg.inv(g), -1, -2) @ self.metric) / 2
        return g

    def boost(self, rapidity: Float[np.ndarray, "... d"]) -> Float[np.ndarray, "... m m"]:
        """Pure boosts with these rapidity vectors."""
        d = self.size - 1
        return self._boost(as_vectors(rapidity, "rapidities", d))

    def _boost(self, v: np.ndarray) -> np.ndarray:
        size = np.linalg.norm(v, axis=-1)
        s, c = sinhc(size), sinhc(size / 2) ** 2 / 2
        out = np.zeros((*size.shape, self.size, self.size))
        out[..., 0, 0] = np.cosh(size)
        out[..., 0, 1:] = out[..., 1:, 0] = s[..., None] * v
        out[..., 1:, 1:] = np.eye(self.size - 1) + c[..., None, None] * v[..., :, None] * v[..., None, :]
        return out

    def rapidity(self, g: Float[np.ndarray, "... m m"]) -> Float[np.ndarray, "... d"]:
        """Rapidity vectors of the boost in ``g = boost rotation``."""
        return self._rapidity(self.check(g))

    def _rapidity(self, g: np.ndarray) -> np.ndarray:
        v = g[..., 1:, 0]
        size = np.linalg.norm(v, axis=-1)
        tiny = size < 1e-4
        factor = np.where(tiny, 1 - size * size / 6, np.arcsinh(size) / np.where(tiny, 1.0, size))
        return factor[..., None] * v

    def _polar(self, g: np.ndarray, side: str) -> Polar:
        check_choice(side, ("left", "right"), "side")
        v = self._rapidity(g if side == "left" else np.swapaxes(g, -1, -2))
        X = np.tensordot(v, self._symmetric, axes=1)
        undone = self._boost(-v)
        k = undone @ g if side == "left" else g @ undone
        return Polar(X, self.maximal_compact._project(k))

    def from_polar(self, X: Float[np.ndarray, "... m m"], k: Float[np.ndarray, "... m m"]) -> np.ndarray:
        return self._boost(np.asarray(X, dtype=float)[..., 0, 1:]) @ k

    def kak(self, g: Float[np.ndarray, "... m m"]) -> Cartan:
        """``g = k1 B k2`` with rotations k and the boost B along the last axis; ``a`` is its rapidity >= 0.

        Haar measure is ``sinh(a)^(d-1) da dk1 dk2``.
        """
        g = self.check(g)
        X, k = self._polar(g, "left")
        v = X[..., 0, 1:]
        a = np.linalg.norm(v, axis=-1)
        turn = _widen(_turn_to(v, a))
        return Cartan(turn, a, np.swapaxes(turn, -1, -2) @ k)

    def from_kak(self, k1: np.ndarray, a: np.ndarray, k2: np.ndarray) -> np.ndarray:
        """``k1 B(a) k2``."""
        v = np.zeros((*np.shape(a), self.size - 1))
        v[..., -1] = a
        return k1 @ self._boost(v) @ k2

    def iwasawa(self, g: Float[np.ndarray, "... m m"]) -> Iwasawa:
        """``g = k B n``: a rotation, the boost along the last axis by rapidity ``a``, and a null rotation n.

        n fixes the light ray ``t = z``; Haar measure is ``exp((d - 1) a) dk da dn``.
        """
        g = self.check(g)
        # In a basis that starts and ends with the two light rays, boosts are diagonal and null rotations triangular.
        m = self.size
        rays = np.eye(m)
        rays[[0, -1], 0] = rays[0, -1] = np.sqrt(0.5)
        rays[-1, -1] = -np.sqrt(0.5)
        k, r = qr(rays.T @ g @ rays)
        a = np.log(r[..., 0, 0])
        v = np.zeros((*a.shape, m - 1))
        v[..., -1] = -a
        k = self.maximal_compact._project(rays @ k @ rays.T)
        return Iwasawa(k, a, self._boost(v) @ np.swapaxes(k, -1, -2) @ g)

    def from_iwasawa(self, k: np.ndarray, a: np.ndarray, n: np.ndarray) -> np.ndarray:
        """``k B(a) n``."""
        return self.from_kak(k, a, n)

    def _density(self, X: np.ndarray) -> np.ndarray:
        return sinhc(np.linalg.norm(X[..., 0, 1:], axis=-1)) ** (self.size - 2)

    def _log(self, g: np.ndarray, on_cut: str) -> np.ndarray:
        if self.size > 4:
            return self._log_of_many(g, on_cut)
        # A space of fewer dimensions lies in the one of three; its planes of rotation are those of the last axes.
        d = self.size - 1
        wide = np.zeros((*g.shape[:-2], 4, 4))
        keep = [0, *range(4 - d, 4)]
        wide[..., range(4), range(4)] = 1
        wide[(..., *np.ix_(keep, keep))] = g
        theta, eta, cut = log_lorentz(wide)
        _refuse(cut, on_cut)
        X = np.tensordot(np.concatenate([theta, eta], axis=-1), lorentz_basis(3)[1], axes=1)
        return X[(..., *np.ix_(keep, keep))]

    def _log_of_many(self, g: np.ndarray, on_cut: str) -> np.ndarray:
        turns = self._half_turns(g)
        if turns is not None:
            _refuse(np.any(turns[1], axis=(-2, -1)), on_cut)
        X = logm(g) if turns is None else turns[1] + logm(g @ turns[0])
        # Back onto the algebra: boosts symmetric, rotations skew.
        out = np.zeros_like(X)
        out[..., 0, 1:] = out[..., 1:, 0] = (X[..., 0, 1:] + X[..., 1:, 0]) / 2
        out[..., 1:, 1:] = (X[..., 1:, 1:] - np.swapaxes(X[..., 1:, 1:], -1, -2)) / 2
        return out

    def _half_turns(self, g: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Half turns in the planes on which elements are -1, and a logarithm of each; None when there are none.

        On such a plane the form is definite (an eigenvector of -1 that is null or timelike would reverse time), so
        that it splits off, and g times the half turn has no eigenvalue -1.
        """
        square, d = np.diag([-1.0] + [1.0] * (self.size - 1)), self.size
        flat = g.reshape(-1, d, d)
        half, logarithm = np.broadcast_to(np.eye(d), flat.shape).copy(), np.zeros_like(flat)
        for k, one in enumerate(flat):
            _, singular, right = np.linalg.svd(one + np.eye(d))
            vectors = right[singular <= _ON_CUT * max(1.0, singular[0])]
            # Orthonormal for the form: positive definite on these vectors.
            form = vectors @ square @ vectors.T
            vectors = np.linalg.solve(np.linalg.cholesky(form), vectors) if len(vectors) else vectors
            for u, v in zip(vectors[::2], vectors[1::2]):
                plane = np.outer(v, u @ square) - np.outer(u, v @ square)
                logarithm[k] += np.pi * plane
                half[k] -= 2 * (np.outer(u, u @ square) + np.outer(v, v @ square))
        return (half.reshape(g.shape), logarithm.reshape(g.shape)) if logarithm.any() else None


def _turn_to(v: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Rotations that take the last axis to the direction of each vector."""
    d = v.shape[-1]
    last = np.eye(d)[-1]
    e = np.where((size > 0)[..., None], v / np.where(size > 0, size, 1.0)[..., None], last)
    if d == 1:
        # Space has no rotations: the sign stays with the rapidity.
        return np.ones((*size.shape, 1, 1))
    # A reflection through the bisector of e and the far pole, then of the first axis: smooth for both hemispheres.
    away = np.where(e[..., -1:] >= 0, 1.0, -1.0)
    w = e + away * last
    w = w / np.linalg.norm(w, axis=-1, keepdims=True)
    out = away[..., None] * (2 * w[..., :, None] * w[..., None, :] - np.eye(d))
    flip = np.ones((*size.shape, d))
    flip[..., 0] = np.sign(np.linalg.det(out))
    return out * flip[..., None, :]
