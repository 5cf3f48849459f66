"""Groups with a polar decomposition ``g = exp(X) k``: what they share, and GL+(n), SL(n), scalings and CO+(n).

X runs through a linear space of symmetric matrices and k through a maximal compact group; both parts exist for every
element, which the logarithm of g need not. Haar measure is ``J(X) dX dk`` with k normalised.
"""

from __future__ import annotations

from abc import abstractmethod
from math import gamma, log, pi

import numpy as np
from jaxtyping import Float

from symmeter.groups.lie.batches import adjoint_of, as_matrices, check_choice, determinant
from symmeter.groups.lie.compact import SO, _CompactGroup, _size
from symmeter.groups.lie.decompositions import Cartan, Iwasawa, Polar, _invertible, iwasawa, kak, polar
from symmeter.groups.lie.density import haar_density
from symmeter.groups.lie.exponential import exp_hermitian, logm
from symmeter.groups.lie.generators import linear_basis, symmetric_generators
from symmeter.groups.lie.matrix_lie_group import MatrixLieGroup

__all__ = ["SL", "ConformalRotations", "GLp", "ReductiveGroup", "Scalings"]


def radial_points(
    u: Float[np.ndarray, "... d"], radius: float, scale: float, tail: str = "exponential"
) -> tuple[Float[np.ndarray, "... d"], Float[np.ndarray, "..."]]:
    """Vectors from points of the cube, and the Lebesgue measure of the cube's volume element at each.

    Uniform in the ball of that radius; for an infinite one, half of the radii lie below ``scale`` and the density falls
    as ``exp(-r)`` or, for ``tail="algebraic"``, as a power of r.
    """
    from scipy.special import gammainc, gammaincc, ndtri

    d = u.shape[-1]
    z = ndtri(u)
    size = np.linalg.norm(z, axis=-1)
    inside, outside = gammainc(d / 2, size**2 / 2), gammaincc(d / 2, size**2 / 2)
    ball = pi ** (d / 2) / gamma(d / 2 + 1)
    if np.isfinite(radius):
        r, w = radius * inside ** (1 / d), np.full(size.shape, ball * radius**d)
    elif tail == "algebraic":
        ratio = inside / outside
        r, w = scale * ratio ** (1 / d), ball * scale**d * (1 + ratio) ** 2
    else:
        # r^d = unit^d t (1 + t)^(d-1): uniform near 0, and proportional to the exponential variable t far out.
        t = np.where(inside < 0.5, -np.log1p(-inside), -np.log(outside))
        unit = scale / (log(2) ** (1 / d) * (1 + log(2)) ** (1 - 1 / d))
        r, w = unit * t ** (1 / d) * (1 + t) ** (1 - 1 / d), ball * unit**d * (1 + t) ** (d - 2) * (1 + d * t) / outside
    return z * (r / np.where(size == 0, 1.0, size))[..., None], w


class ReductiveGroup(MatrixLieGroup):
    """A group with ``g = exp(X) k``; concrete ones name the compact group and the space of X."""

    #: Basis of the space of X in which lengths bound samples.
    _symmetric: np.ndarray
    #: Differential of X in the convention of :mod:`~symmeter.groups.lie.density`, against these coordinates.
    _entry_measure: float = 1.0
    maximal_compact: _CompactGroup

    @abstractmethod
    def _density(self, X: np.ndarray) -> np.ndarray: ...

    def haar_density(self, X: Float[np.ndarray, "... m m"]) -> Float[np.ndarray, "..."]:
        """J(X): density of Haar measure against dX times normalised Haar measure of the rotation."""
        return self._density(as_matrices(X, "X", self.size))

    def polar(self, g: Float[np.ndarray, "... m m"], side: str = "left") -> Polar:
        """X in the symmetric part of the algebra and k in the maximal compact group, ``g = exp(X) k``."""
        return self._polar(self.check(g), side)

    def _polar(self, g: np.ndarray, side: str) -> Polar:
        return polar(g, side)

    def from_polar(self, X: Float[np.ndarray, "... m m"], k: Float[np.ndarray, "... m m"]) -> np.ndarray:
        """``exp(X) k``."""
        return exp_hermitian(X) @ k

    def coordinates(self, g: Float[np.ndarray, "... m m"], on_cut: str = "choose") -> Float[np.ndarray, "... k"]:
        """Coefficients of ``log P + log R`` for ``g = P R``, which exist where the logarithm of g does not.

        Examples
        --------
        >>> SL(2).coordinates(np.diag([-2.0, -0.5])).round(6)
        array([0.980258, 0.      , 4.442883])
        """
        X, k = self.polar(g)
        return self._vee(X + log_compact(self.maximal_compact, k, on_cut))

    def from_coordinates(self, c: Float[np.ndarray, "... k"]) -> Float[np.ndarray, "... m m"]:
        """``exp(X) exp(A)`` for the symmetric part X and the skew part A of ``sum_a c_a E_a``."""
        both = self.hat(c)
        flipped = adjoint_of(both)
        return exp_hermitian((both + flipped) / 2) @ self.maximal_compact._exp((both - flipped) / 2)

    @property
    def cube_dimension(self) -> int:
        return len(self._symmetric) + self.maximal_compact.cube_dimension

    def _chart(self, u: np.ndarray, radius: float, scale: float) -> tuple[np.ndarray, np.ndarray]:
        d = len(self._symmetric)
        c, w = radial_points(u[..., :d], radius, scale)
        X = np.tensordot(c, self._symmetric, axes=1)
        k = self._compact_part(u[..., d:])
        return exp_hermitian(X) @ k, w * self._entry_measure * self._density(X)

    def _compact_part(self, u: np.ndarray) -> np.ndarray:
        return self.maximal_compact._haar(u)

    def _lognormal(self, n: int, variance: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        c = rng.standard_normal((n, len(self._symmetric))) * np.sqrt(variance)
        X = np.tensordot(c, self._symmetric, axes=1) / 2
        u = rng.random((n, self.maximal_compact.cube_dimension))
        k = self._compact_part(np.clip(u, 1e-16, 1 - 1e-16))
        return exp_hermitian(X) @ k, adjoint_of(k) @ exp_hermitian(-X)


def log_compact(group: _CompactGroup, k: np.ndarray, on_cut: str) -> np.ndarray:
    """Logarithm, as matrices, of elements of a compact group."""
    check_choice(on_cut, ("raise", "choose"), "on_cut")
    return group._log(k, on_cut)


class GLp(ReductiveGroup):
    """GL+(n, R), the real matrices of positive determinant.

    Parameters
    ----------
    n : int
    alpha : float
        The generators are orthonormal for ``alpha tr(X^T Y)``.

    Examples
    --------
    >>> G = GLp(2)
    >>> g, w = G.sample(1_000, measure="haar", radius=1.0, rng=0)
    >>> bool(G.contains(g).all()), round(float(w.sum()), 12)
    (True, 1.0)
    """

    _rule = "members have a determinant above 0"

    def __init__(self, n: int, alpha: float = 1.0) -> None:
        n = _size(n, "GLp")
        super().__init__(*linear_basis(n, False, _positive(alpha)))
        self._parameters = (n, float(alpha))
        self.name = f"GL+({n},R)"
        self.maximal_compact = SO(n)
        self._symmetric = symmetric_generators(n)
        self._entry_measure = 2.0 ** (-n * (n - 1) / 4)

    def _defect(self, g: np.ndarray) -> np.ndarray:
        return np.where(determinant(g) > 0, 0.0, np.inf)

    def _project(self, g: np.ndarray) -> np.ndarray:
        return self.check(g)

    def _log(self, g: np.ndarray, on_cut: str) -> np.ndarray:
        return logm(g)

    def _density(self, X: np.ndarray) -> np.ndarray:
        return haar_density(X)

    def kak(self, g: Float[np.ndarray, "... n n"]) -> Cartan:
        """See :func:`~symmeter.groups.lie.kak`."""
        return kak(self.check(g))

    def iwasawa(self, g: Float[np.ndarray, "... n n"], order: str = "kan") -> Iwasawa:
        """See :func:`~symmeter.groups.lie.iwasawa`."""
        return iwasawa(self.check(g), order)


class SL(ReductiveGroup):
    """SL(n, R), the real matrices of determinant 1.

    Parameters
    ----------
    n : int
    alpha : float
        The generators are orthonormal for ``alpha tr(X^T Y)``.

    Examples
    --------
    >>> G = SL(2)
    >>> g, w = G.sample(10_000, measure="haar", radius=1.5, rng=0)
    >>> g.shape, w.shape
    ((10000, 2, 2), (10000,))
    """

    _rule = "members have determinant 1"

    def __init__(self, n: int, alpha: float = 1.0) -> None:
        n = _size(n, "SL", 2)
        super().__init__(*linear_basis(n, True, _positive(alpha)))
        self._parameters = (n, float(alpha))
        self.name = f"SL({n},R)"
        self.maximal_compact = SO(n)
        self._symmetric = symmetric_generators(n, traceless=True)
        # The plane of traceless diagonals, seen from its first n - 1 entries, is steeper by sqrt n.
        self._entry_measure = 2.0 ** (-n * (n - 1) / 4) / n**0.5

    def _defect(self, g: np.ndarray) -> np.ndarray:
        return np.abs(determinant(g) - 1)

    def _project(self, g: np.ndarray) -> np.ndarray:
        return g / determinant(_invertible(g))[..., None, None] ** (1 / self.size)

    def _log(self, g: np.ndarray, on_cut: str) -> np.ndarray:
        return logm(self._project(g))

    def _polar(self, g: np.ndarray, side: str) -> Polar:
        return polar(self._project(g), side)

    def _density(self, X: np.ndarray) -> np.ndarray:
        return haar_density(X)

    def kak(self, g: Float[np.ndarray, "... n n"]) -> Cartan:
        """See :func:`~symmeter.groups.lie.kak`."""
        return kak(self.check(g))

    def iwasawa(self, g: Float[np.ndarray, "... n n"], order: str = "kan") -> Iwasawa:
        """See :func:`~symmeter.groups.lie.iwasawa`."""
        return iwasawa(self.check(g), order)


class Scalings(ReductiveGroup):
    """Diagonal matrices of positive numbers; with ``isotropic=True`` multiples of the identity.

    Examples
    --------
    >>> Scalings(2).log(np.diag([1.0, np.e]))
    array([0., 1.])
    """

    _rule = "members are diagonal with positive entries"

    def __init__(self, n: int, isotropic: bool = False) -> None:
        n = _size(n, "Scalings")
        e = np.eye(n)
        stack = e[None] if isotropic else np.array([np.diag(row) for row in e])
        super().__init__(("D",) if isotropic else tuple(f"D{i + 1}" for i in range(n)), stack.copy())
        self._parameters = (n, bool(isotropic))
        self.isotropic = bool(isotropic)
        if isotropic:
            self._rule = "members are positive multiples of the identity"
        self.name = f"R+ on R^{n}" if isotropic else f"R+^{n}"
        self.maximal_compact = SO(1)
        self._symmetric = stack

    def _defect(self, g: np.ndarray) -> np.ndarray:
        d = np.einsum("...ii->...i", g)
        aim = d.mean(axis=-1)[..., None] * np.ones(self.size) if self.isotropic else d
        beside = np.linalg.norm(g - aim[..., None] * np.eye(self.size), axis=(-2, -1))
        return np.where((d > 0).all(axis=-1), beside, np.inf)

    def _project(self, g: np.ndarray) -> np.ndarray:
        d = np.einsum("...ii->...i", self.check(g, np.inf))
        return (np.exp(np.log(d).mean(axis=-1))[..., None] if self.isotropic else d)[..., None] * np.eye(self.size)

    def _exp(self, X: np.ndarray) -> np.ndarray:
        return np.exp(np.einsum("...ii->...i", X))[..., None] * np.eye(self.size)

    def _log(self, g: np.ndarray, on_cut: str) -> np.ndarray:
        return np.log(np.einsum("...ii->...i", g))[..., None] * np.eye(self.size)

    def _polar(self, g: np.ndarray, side: str) -> Polar:
        check_choice(side, ("left", "right"), "side")
        return Polar(self._log(g, "raise"), np.broadcast_to(np.eye(self.size), g.shape).copy())

    def coordinates(self, g: Float[np.ndarray, "... m m"], on_cut: str = "choose") -> Float[np.ndarray, "... k"]:
        return self.log(g)

    def from_coordinates(self, c: Float[np.ndarray, "... k"]) -> Float[np.ndarray, "... m m"]:
        return self.exp(c)

    def _density(self, X: np.ndarray) -> np.ndarray:
        return np.ones(X.shape[:-2])

    def _compact_part(self, u: np.ndarray) -> np.ndarray:
        return np.broadcast_to(np.eye(self.size), (*u.shape[:-1], self.size, self.size))

    @property
    def cube_dimension(self) -> int:
        return len(self._symmetric)


class ConformalRotations(ReductiveGroup):
    """CO+(n), rotations times a positive factor: the linear parts of similarities.

    Examples
    --------
    >>> ConformalRotations(2).contains(np.array([[0.0, -2.0], [2.0, 0.0]]))
    np.True_
    """

    _rule = "members are rotations times a positive number"

    def __init__(self, n: int) -> None:
        n = _size(n, "ConformalRotations")
        self.maximal_compact = SO(n)
        one = np.eye(n)[None]
        names = (*self.maximal_compact.generator_names, "D")
        super().__init__(names, np.concatenate([self.maximal_compact.basis, one]))
        self._parameters = (n,)
        self.name = f"CO+({n})"
        self._symmetric = one

    def _factor(self, g: np.ndarray) -> np.ndarray:
        return np.exp(np.linalg.slogdet(g)[1] / self.size)[..., None, None]

    def _defect(self, g: np.ndarray) -> np.ndarray:
        positive = np.linalg.slogdet(g)[0] > 0
        safe = np.where(positive[..., None, None], g, np.eye(self.size))
        return np.where(positive, self.maximal_compact._defect(safe / self._factor(safe)), np.inf)

    def _project(self, g: np.ndarray) -> np.ndarray:
        factor = self._factor(self.check(g, np.inf))
        return factor * self.maximal_compact._project(g / factor)

    def _exp(self, X: np.ndarray) -> np.ndarray:
        s = np.einsum("...ii->...", X)[..., None, None] / self.size
        return np.exp(s) * self.maximal_compact._exp(X - s * np.eye(self.size))

    def _log(self, g: np.ndarray, on_cut: str) -> np.ndarray:
        factor = self._factor(g)
        return np.log(factor) * np.eye(self.size) + self.maximal_compact._log(g / factor, on_cut)

    def _polar(self, g: np.ndarray, side: str) -> Polar:
        check_choice(side, ("left", "right"), "side")
        factor = self._factor(g)
        return Polar(np.log(factor) * np.eye(self.size), g / factor)

    def _density(self, X: np.ndarray) -> np.ndarray:
        return np.ones(X.shape[:-2])


def _positive(alpha: float) -> float:
    from symmeter.errors import InputError

    if not 0 < alpha < np.inf:
        raise InputError(f"alpha is {alpha}; it must be positive and finite")
    return float(alpha)
