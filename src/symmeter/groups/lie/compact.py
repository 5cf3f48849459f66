"""The compact classical groups O(n), SO(n), U(n), SU(n) and Sp(2n), with their Haar measures.

Haar measure comes from Gaussian matrices by QR with the phases of the diagonal divided out (Mezzadri, Notices of the
AMS 54, 2007); without the phases the distribution is wrong. SO(2), SO(3), U(1) and SU(2) take their angle or quaternion
from the cube itself (Shoemake, Graphics Gems III, 1992), which keeps the dimension for quasi-random points small.
"""

from __future__ import annotations

from functools import cached_property
from math import gamma, pi, prod
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, ShapeError
from symmeter.groups.lie.batches import adjoint_of, which
from symmeter.groups.lie.decompositions import orthogonal_factor, qr
from symmeter.groups.lie.exponential import exp_skew
from symmeter.groups.lie.generators import rotation_basis, sp_generators, symplectic_form, unitary_basis
from symmeter.groups.lie.matrix_lie_group import MatrixLieGroup, unitary_defect
from symmeter.groups.lie.rotations import log_rotation, log_special_unitary, log_unitary
from symmeter.groups.lie_algebra import LieAlgebra
from symmeter.groups.lie_group import LieGroup

if TYPE_CHECKING:
    from symmeter.groups.lie.gelfand_tsetlin import SUIrrep
    from symmeter.groups.lie.symplectic_irreps import SpIrrep

__all__ = ["SO", "SU", "O", "Sp", "U"]


class _CompactGroup(MatrixLieGroup):
    """Orthogonal or unitary matrices; Haar measure has total mass 1."""

    is_compact = True

    @cached_property
    def algebra(self) -> LieAlgebra:
        """The Lie algebra with its ideals and name, in an orthonormal basis.

        Examples
        --------
        >>> SO(4).algebra.name
        'so(3) + so(3)'
        """
        return LieAlgebra(self.basis)

    @property
    def identity_component(self) -> LieGroup:
        """The group of exponentials."""
        return LieGroup(self.algebra)

    @property
    def volume(self) -> float:
        """Riemannian volume for the metric ``Re tr(A^H B)``, which makes Haar measure a multiple of volume."""
        return self.components * self._component_volume()

    def _component_volume(self) -> float:
        raise NotImplementedError

    def inverse(self, g: np.ndarray) -> np.ndarray:
        return adjoint_of(self.check(g))

    def _exp(self, X: np.ndarray) -> np.ndarray:
        return exp_skew(X)

    def _project(self, g: np.ndarray) -> np.ndarray:
        return orthogonal_factor(g)

    def _haar(self, u: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def _chart(self, u: np.ndarray, radius: float, scale: float) -> tuple[np.ndarray, np.ndarray]:
        return self._haar(u), np.ones(u.shape[:-1])

    def _lognormal(self, n: int, variance: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        g = self._haar(np.clip(rng.random((n, self.cube_dimension)), 1e-16, 1 - 1e-16))
        return g, adjoint_of(g)


def _size(n: int, name: str, least: int = 1) -> int:
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < least:
        raise InputError(f"{name}(n) needs an integer n >= {least}; got {n!r}")
    return int(n)


def _gaussian(u: np.ndarray, *shape: int) -> np.ndarray:
    from scipy.special import ndtri

    return ndtri(u).reshape(*u.shape[:-1], *shape)


def quaternions(u: Float[np.ndarray, "... 3"]) -> Float[np.ndarray, "... 4"]:
    """Uniform unit quaternions (w, x, y, z) from points of the cube."""
    a, b = np.sqrt(1 - u[..., 0]), np.sqrt(u[..., 0])
    s, t = 2 * np.pi * u[..., 1], 2 * np.pi * u[..., 2]
    return np.stack([b * np.cos(t), a * np.sin(s), a * np.cos(s), b * np.sin(t)], axis=-1)


def _sphere(k: int) -> float:
    """Area of the unit sphere S^k."""
    return 2 * pi ** ((k + 1) / 2) / gamma((k + 1) / 2)


class O(_CompactGroup):  # noqa: E742
    """Orthogonal group O(n), two components.

    Examples
    --------
    >>> O(2).contains(np.diag([1.0, -1.0])), O(2).components
    (np.True_, 2)
    """

    components = 2
    _rule = "members satisfy g^T g = 1"

    def __init__(self, n: int) -> None:
        n = _size(n, "O")
        super().__init__(*rotation_basis(n))
        self._parameters = (n,)
        self.name = f"O({n})"

    @property
    def discrete_generators(self) -> tuple[np.ndarray, ...]:
        """The reflection of the first axis."""
        mirror = np.eye(self.size)
        mirror[0, 0] = -1.0
        return (mirror,)

    @cached_property
    def is_abelian(self) -> bool:
        return self.size == 1

    def _defect(self, g: np.ndarray) -> np.ndarray:
        return unitary_defect(g)

    def _log(self, g: np.ndarray, on_cut: str) -> np.ndarray:
        bad = np.asarray(np.linalg.det(g) < 0)
        if bad.any():
            raise InputError(f"{which(bad)} has determinant -1 and lies on no one-parameter subgroup of {self.name}")
        return log_rotation(g, on_cut)

    @property
    def cube_dimension(self) -> int:
        return self.size**2

    def _haar(self, u: np.ndarray) -> np.ndarray:
        return qr(_gaussian(u, self.size, self.size))[0]

    def _component_volume(self) -> float:
        return _rotation_volume(self.size)


def _rotation_volume(n: int) -> float:
    # SO(n) fibres over spheres; a plane's unit angle has length sqrt 2.
    return 2 ** (n * (n - 1) / 4) * prod(_sphere(k) for k in range(1, n))


class SO(_CompactGroup):
    """Rotation group SO(n).

    Examples
    --------
    >>> SO(3).log(SO(3).exp([0.1, 0.2, 0.3]))
    array([0.1, 0.2, 0.3])
    """

    _rule = "members satisfy g^T g = 1 and det g = 1"

    def __init__(self, n: int) -> None:
        n = _size(n, "SO")
        super().__init__(*rotation_basis(n))
        self._parameters = (n,)
        self.name = f"SO({n})"

    def _defect(self, g: np.ndarray) -> np.ndarray:
        return np.maximum(unitary_defect(g), np.abs(np.linalg.det(g) - 1))

    def _log(self, g: np.ndarray, on_cut: str) -> np.ndarray:
        return log_rotation(g, on_cut)

    def _project(self, g: np.ndarray) -> np.ndarray:
        u, _, v = np.linalg.svd(g)
        v[..., -1, :] *= np.sign(np.linalg.det(u @ v))[..., None]
        return u @ v

    @property
    def cube_dimension(self) -> int:
        return {1: 1, 2: 1, 3: 3}.get(self.size, self.size**2)

    def _haar(self, u: np.ndarray) -> np.ndarray:
        n = self.size
        if n == 1:
            return np.ones((*u.shape[:-1], 1, 1))
        if n == 2:
            return exp_skew(2 * np.pi * (u[..., :, None] - 0.5) * self.basis[0])
        if n == 3:
            return _rotation_of(quaternions(u))
        q = qr(_gaussian(u, n, n))[0]
        q[..., :, 0] *= np.linalg.det(q)[..., None]
        return q

    def _component_volume(self) -> float:
        return _rotation_volume(self.size)


def _rotation_of(q: np.ndarray) -> np.ndarray:
    w, x, y, z = np.moveaxis(q, -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


class U(_CompactGroup):
    """Unitary group U(n)."""

    _rule = "members satisfy g^H g = 1"

    def __init__(self, n: int) -> None:
        n = _size(n, "U")
        super().__init__(*unitary_basis(n, special=False))
        self._parameters = (n,)
        self.name = f"U({n})"

    def _defect(self, g: np.ndarray) -> np.ndarray:
        return unitary_defect(g)

    def _log(self, g: np.ndarray, on_cut: str) -> np.ndarray:
        return log_unitary(g, on_cut)

    @property
    def cube_dimension(self) -> int:
        return 1 if self.size == 1 else 2 * self.size**2

    def _haar(self, u: np.ndarray) -> np.ndarray:
        if self.size == 1:
            return np.exp(2j * np.pi * u)[..., None]
        return _haar_unitary(u, self.size)

    def _component_volume(self) -> float:
        n = self.size
        return (2 * pi) ** (n * (n + 1) / 2) / prod(gamma(k) for k in range(1, n + 1))


def _haar_unitary(u: np.ndarray, n: int) -> np.ndarray:
    z = _gaussian(u, 2, n, n)
    return qr(z[..., 0, :, :] + 1j * z[..., 1, :, :])[0]


class SU(_CompactGroup):
    """Special unitary group SU(n); generators are ``-i/2`` times the generalised Gell-Mann matrices.

    Examples
    --------
    >>> SU(3).structure_constants[[0, 3], [1, 4], [2, 7]].round(6)
    array([1.      , 0.866025])
    """

    _rule = "members satisfy g^H g = 1 and det g = 1"

    def __init__(self, n: int) -> None:
        n = _size(n, "SU")
        super().__init__(*unitary_basis(n, special=True))
        self._parameters = (n,)
        self.name = f"SU({n})"

    def _defect(self, g: np.ndarray) -> np.ndarray:
        return np.maximum(unitary_defect(g), np.abs(np.linalg.det(g) - 1))

    def _log(self, g: np.ndarray, on_cut: str) -> np.ndarray:
        return log_special_unitary(g, on_cut)

    def _project(self, g: np.ndarray) -> np.ndarray:
        q = orthogonal_factor(g).astype(complex)
        return q * np.exp(-1j * np.angle(np.linalg.det(q)) / self.size)[..., None, None]

    @property
    def cube_dimension(self) -> int:
        return {1: 1, 2: 3}.get(self.size, 2 * self.size**2)

    def _haar(self, u: np.ndarray) -> np.ndarray:
        if self.size == 1:
            return np.ones((*u.shape[:-1], 1, 1), dtype=complex)
        if self.size == 2:
            w, x, y, z = np.moveaxis(quaternions(u), -1, 0)
            rows = [[w - 1j * z, -y - 1j * x], [y - 1j * x, w + 1j * z]]
            return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
        q = _haar_unitary(u, self.size)
        q[..., :, 0] *= np.conj(np.linalg.det(q))[..., None]
        return q

    def _component_volume(self) -> float:
        n = self.size
        return n**0.5 * (2 * pi) ** ((n - 1) * (n + 2) / 2) / prod(gamma(k) for k in range(1, n + 1))

    def irrep(self, dynkin: tuple[int, ...]) -> SUIrrep:
        """The irreducible representation with these Dynkin labels, see :class:`~symmeter.groups.lie.SUIrrep`."""
        from symmeter.groups.lie.gelfand_tsetlin import SUIrrep

        return SUIrrep.from_dynkin(tuple(dynkin), self.size)


class Sp(_CompactGroup):
    """Compact symplectic group: unitary 2n x 2n matrices with ``g^T J g = J``, as in Sp(2N) magnetism.

    Parameters
    ----------
    size : int
        2n, the size of the matrices; Sp(2) = SU(2), Sp(4) covers SO(5).
    form : {"blocks", "spin"}
        Which J, see :func:`~symmeter.groups.lie.symplectic_form`.

    Examples
    --------
    >>> Sp(4), Sp(4).dimension, Sp(4).algebra.name
    (Sp(4), 10, 'so(5)')
    """

    _rule = "members satisfy g^H g = 1 and g^T J g = J"

    def __init__(self, size: int, form: str = "blocks") -> None:
        size = _size(size, "Sp", 2)
        stack = -1j * sp_generators(size, form)
        super().__init__(tuple(f"T{a + 1}" for a in range(len(stack))), stack)
        self.symplectic_form = symplectic_form(size, form)
        self.symplectic_form.setflags(write=False)
        self._parameters = (size, form)
        self.name = f"Sp({size})"

    def irrep(self, dynkin: tuple[int, ...]) -> SpIrrep:
        """The irreducible representation with these Dynkin labels, see :class:`~symmeter.groups.lie.SpIrrep`.

        Examples
        --------
        >>> Sp(4).irrep((0, 1)).dimension
        5
        """
        from symmeter.groups.lie.symplectic_irreps import SpIrrep

        labels = tuple(dynkin)
        if len(labels) != self.size // 2:
            raise ShapeError(f"{self.name} has {self.size // 2} Dynkin labels; got {len(labels)}: {labels}")
        return SpIrrep(labels, self._parameters[1])

    def _defect(self, g: np.ndarray) -> np.ndarray:
        symplectic = np.swapaxes(g, -1, -2) @ self.symplectic_form @ g - self.symplectic_form
        return np.maximum(unitary_defect(g), np.linalg.norm(symplectic, axis=(-2, -1)))

    def _log(self, g: np.ndarray, on_cut: str) -> np.ndarray:
        # At -1 a chosen pi for both of a pair of eigenvalues would leave the algebra.
        return log_unitary(g, "raise") if on_cut == "raise" else self._log_chosen(g)

    def _log_chosen(self, g: np.ndarray) -> np.ndarray:
        from symmeter.groups.lie.rotations import CUT, unitary_angles

        angles, vectors = unitary_angles(g)
        cut = np.pi - np.abs(angles) <= CUT
        plain = (vectors * (1j * np.where(cut, 0, angles))[..., None, :]) @ adjoint_of(vectors)
        # On the eigenspace of -1 the algebra's element i pi sign(h) for a fixed h, made to commute by projection.
        space = (vectors * cut[..., None, :]) @ adjoint_of(vectors)
        inside = space @ (1j * self._generic) @ space
        value, frame = np.linalg.eigh(-1j * inside)
        sign = np.where(np.abs(value) > 1e-12, np.sign(value), 0)
        return plain + (frame * (1j * np.pi * sign)[..., None, :]) @ adjoint_of(frame)

    @cached_property
    def _generic(self) -> np.ndarray:
        c = np.random.default_rng(2_718).standard_normal(self.dimension)
        return -1j * np.tensordot(c, self.basis, axes=1)

    def _project(self, g: np.ndarray) -> np.ndarray:
        j = self.symplectic_form
        quaternionic = (g + j.T @ g.conj() @ j) / 2
        return orthogonal_factor(quaternionic)

    @property
    def cube_dimension(self) -> int:
        return 3 if self.size == 2 else 2 * self.size**2

    def _haar(self, u: np.ndarray) -> np.ndarray:
        if self.size == 2:
            return SU(2)._haar(u)
        # The quaternionic part of a Gaussian matrix is Gaussian, and its polar factor is Haar by invariance.
        z = _gaussian(u, 2, self.size, self.size)
        return self._project(z[..., 0, :, :] + 1j * z[..., 1, :, :])

    def _component_volume(self) -> float:
        n = self.size // 2
        return 2 ** (n * (n - 1) + n * (2 * n + 1) / 2) * prod(_sphere(4 * k - 1) for k in range(1, n + 1))
