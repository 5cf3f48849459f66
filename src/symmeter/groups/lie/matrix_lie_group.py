"""What every matrix Lie group can say and do: generators, exp and log, adjoint, invariant forms, membership, sampling.

A concrete group supplies its generators, a defect that vanishes on members, a logarithm, and a chart from the unit cube
that carries Haar measure; everything else follows from these.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from functools import cached_property
from numbers import Real

import numpy as np
from jaxtyping import Bool, Float, Num

from symmeter.errors import ClosureError, InputError, NotAGroupElementError, SampleSizeError
from symmeter.groups.group import Group
from symmeter.groups.lie.batches import adjoint_of, as_matrices, as_vectors, check_choice, which
from symmeter.groups.lie.density import exponential_density
from symmeter.groups.lie.exponential import expm

__all__ = ["MatrixLieGroup"]

#: How far from the group a matrix may be, by :meth:`MatrixLieGroup.defect`, and still count as a member.
MEMBERSHIP = 1e-8


class MatrixLieGroup(Group):
    """A closed group of real or complex matrices; elements are plain arrays of shape (..., M, M), stacks welcome.

    Attributes
    ----------
    is_compact : bool
    components : int
        Number of connected components.
    generator_names : tuple of str
    """

    is_compact: bool = False
    components: int = 1
    _parameters: tuple

    def __init__(self, generator_names: tuple[str, ...], generators: np.ndarray) -> None:
        generators.setflags(write=False)
        self.generator_names = generator_names
        self._generators = generators

    # -- what a concrete group supplies ------------------------------------------------------------------------------

    @abstractmethod
    def _defect(self, g: np.ndarray) -> np.ndarray: ...

    @abstractmethod
    def _log(self, g: np.ndarray, on_cut: str) -> np.ndarray: ...

    @abstractmethod
    def _project(self, g: np.ndarray) -> np.ndarray: ...

    @property
    @abstractmethod
    def cube_dimension(self) -> int:
        """Number of coordinates in the unit cube that :meth:`chart` takes."""

    @abstractmethod
    def _chart(self, u: np.ndarray, radius: float, scale: float) -> tuple[np.ndarray, np.ndarray]:
        """Elements, and the left Haar measure of the cube's volume element at each."""

    @abstractmethod
    def _lognormal(self, n: int, variance: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Elements and their inverses."""

    # -- as a group --------------------------------------------------------------------------------------------------

    @property
    def order(self) -> int | None:
        return None if self.dimension else self.components

    @property
    def dimension(self) -> int:
        """Number of real parameters."""
        return len(self._generators)

    @property
    def size(self) -> int:
        """Size M of the matrices."""
        return self._generators.shape[-1]

    @property
    def is_complex(self) -> bool:
        return np.iscomplexobj(self._generators)

    @property
    def generators(self) -> tuple[np.ndarray, ...]:
        return tuple(self._generators)

    @property
    def basis(self) -> Num[np.ndarray, "k m m"]:
        """Basis of the Lie algebra; elements of the group are ``exp(sum_a c_a E_a)`` with real c."""
        return self._generators

    @property
    def discrete_generators(self) -> tuple[np.ndarray, ...]:
        """Elements that reach the other components: with the exponentials of the algebra they generate the group."""
        return ()

    @cached_property
    def is_abelian(self) -> bool:
        return self.components == 1 and not np.any(np.abs(self.structure_constants) > 1e-12)

    def elements(self, cap: int = 20_000) -> Iterator[np.ndarray]:
        if self.dimension:
            raise ClosureError(f"{self.name} is infinite; draw elements with .sample(n)")
        return iter([np.eye(self.size), -np.eye(self.size)][: self.components])

    def identity(self) -> Num[np.ndarray, "m m"]:
        return np.eye(self.size, dtype=complex if self.is_complex else float)

    def inverse(self, g: Num[np.ndarray, "... m m"]) -> Num[np.ndarray, "... m m"]:
        """Inverse of each element."""
        return np.linalg.inv(self.check(g))

    # -- membership --------------------------------------------------------------------------------------------------

    def defect(self, g: Num[np.ndarray, "... m m"]) -> Float[np.ndarray, "..."]:
        """How far each matrix breaks the defining equations, 0 for members; infinite where an inequality fails."""
        g = self._read(g)
        if np.iscomplexobj(g) and not self.is_complex:
            out = np.abs(np.imag(g)).max(axis=(-2, -1))
            return np.maximum(out, self._defect(np.real(g)))
        return self._defect(g)

    def contains(self, g: Num[np.ndarray, "... m m"], tolerance: float = MEMBERSHIP) -> Bool[np.ndarray, "..."]:
        """Whether the defect of each matrix is within the tolerance."""
        return self.defect(g) <= tolerance

    def __contains__(self, element: object) -> bool:
        g = np.asarray(element)
        if g.shape != (self.size, self.size) or g.dtype.kind not in "biufc" or not np.isfinite(g).all():
            return False
        return bool(self.contains(g))

    def check(self, g: Num[np.ndarray, "... m m"], tolerance: float = MEMBERSHIP) -> Num[np.ndarray, "... m m"]:
        """The elements as an array of the group's own kind.

        Raises
        ------
        NotAGroupElementError
            With the first matrix whose defect exceeds the tolerance.
        """
        g = self._read(g)
        defect = np.asarray(self.defect(g))
        bad = ~(defect <= tolerance)
        if bad.any():
            worst = defect[bad].flat[0]
            raise NotAGroupElementError(
                f"{which(bad)} is not in {self.name}: its defect is {worst:.3g}, more than {tolerance:.0e}; "
                f"{self._rule}"
            )
        return g.astype(complex) if self.is_complex else np.real(g)

    #: What members satisfy, in words for an error text.
    _rule: str = ""

    def project(self, g: Num[np.ndarray, "... m m"]) -> Num[np.ndarray, "... m m"]:
        """Members near the given matrices; removes rounding that products have gathered."""
        return self._project(self._read(g))

    def _read(self, g: np.ndarray) -> np.ndarray:
        return as_matrices(g, f"elements of {self.name}", self.size)

    # -- algebra -----------------------------------------------------------------------------------------------------

    @cached_property
    def _dual(self) -> np.ndarray:
        """Pseudo-inverse of the real coordinates of the generators."""
        return np.linalg.pinv(_real_rows(self._generators, self.is_complex))

    def hat(self, coefficients: Float[np.ndarray, "... k"]) -> Num[np.ndarray, "... m m"]:
        """Elements ``sum_a c_a E_a`` of the algebra."""
        return np.tensordot(as_vectors(coefficients, "coefficients", self.dimension), self._generators, axes=1)

    def vee(self, X: Num[np.ndarray, "... m m"], tolerance: float = 1e-8) -> Float[np.ndarray, "... k"]:
        """Coefficients of elements of the algebra, the inverse of :meth:`hat`.

        Raises
        ------
        InputError
            If a matrix has a part outside the algebra larger than the tolerance, relative to its size.
        """
        X = as_matrices(X, f"elements of the algebra of {self.name}", self.size)
        c = self._vee(X)
        outside = np.abs(X - np.tensordot(c, self._generators, axes=1)).max(axis=(-2, -1), initial=0.0)
        bad = outside > tolerance * np.maximum(1.0, np.abs(X).max(axis=(-2, -1)))
        if np.any(bad):
            raise InputError(
                f"{which(bad)} is not in the Lie algebra of {self.name}: "
                f"a part of size {np.asarray(outside)[bad].flat[0]:.3g} is left over"
            )
        return c

    def _vee(self, X: np.ndarray) -> np.ndarray:
        return _real_rows(X, self.is_complex) @ self._dual

    @cached_property
    def structure_constants(self) -> Float[np.ndarray, "k k k"]:
        """``[E_a, E_b] = sum_c f[a, b, c] E_c``."""
        e = self._generators
        products = e[:, None] @ e[None]
        f = _real_rows(products - products.swapaxes(0, 1), self.is_complex) @ self._dual
        f[np.abs(f) < 1e-14] = 0.0
        f.setflags(write=False)
        return f

    @property
    def killing_form(self) -> Float[np.ndarray, "k k"]:
        """``B(E_a, E_b) = tr(ad_a ad_b)``: negative definite exactly for semisimple compact groups."""
        f = self.structure_constants
        return np.einsum("acd,bdc->ab", f, f)

    def ad(self, coefficients: Float[np.ndarray, "... k"]) -> Float[np.ndarray, "... k k"]:
        """Matrices of ``[X, .]`` in the basis, for X given by coefficients."""
        c = as_vectors(coefficients, "coefficients", self.dimension)
        return np.swapaxes(np.tensordot(c, self.structure_constants, axes=1), -1, -2)

    def adjoint(self, g: Num[np.ndarray, "... m m"]) -> Float[np.ndarray, "... k k"]:
        """Matrices of ``X -> g X g^-1`` in the basis; a representation of the group."""
        g = self.check(g)
        inverse = np.linalg.inv(g)
        moved = g[..., None, :, :] @ self._generators @ inverse[..., None, :, :]
        return np.swapaxes(_real_rows(moved, self.is_complex) @ self._dual, -1, -2)

    @cached_property
    def is_unimodular(self) -> bool:
        """Whether left and right Haar measure agree."""
        return bool(np.abs(np.einsum("abb->a", self.structure_constants)).max(initial=0.0) < 1e-10)

    def modular(self, g: Num[np.ndarray, "... m m"]) -> Float[np.ndarray, "..."]:
        """Modular function D(g) = 1 / \\|det Ad g\\|: right translation by g multiplies left Haar measure by it."""
        return 1 / np.abs(np.linalg.det(self.adjoint(g)))

    # -- exponential and logarithm -----------------------------------------------------------------------------------

    def exp(self, coefficients: Float[np.ndarray, "... k"]) -> Num[np.ndarray, "... m m"]:
        """Elements ``exp(sum_a c_a E_a)``."""
        return self._exp(self.hat(coefficients))

    def _exp(self, X: np.ndarray) -> np.ndarray:
        return expm(X)

    def log(self, g: Num[np.ndarray, "... m m"], on_cut: str = "raise") -> Float[np.ndarray, "... k"]:
        """Coefficients of the principal logarithm.

        Parameters
        ----------
        g : array of shape (..., M, M)
        on_cut : {"raise", "choose"}
            What to do where the logarithm jumps, such as a rotation by pi: say which element it is, or take one of
            the values (compact groups, semidirect products with them, and SO+(1, d)).

        Raises
        ------
        InputError
            On the cut, and where no logarithm exists.
        NotAGroupElementError
        """
        check_choice(on_cut, ("raise", "choose"), "on_cut")
        return self.vee(self._log(self.check(g), on_cut), tolerance=1e-6)

    # -- measure -----------------------------------------------------------------------------------------------------

    def exponential_density(
        self, coefficients: Float[np.ndarray, "... k"], side: str = "left"
    ) -> Float[np.ndarray, "..."]:
        """Density of Haar measure against dc at ``exp(sum_a c_a E_a)``, 1 at the identity."""
        return exponential_density(self.ad(coefficients), side)

    def chart(
        self, u: Float[np.ndarray, "... d"], radius: float | None = None, scale: float = 1.0, side: str = "left"
    ) -> tuple[Num[np.ndarray, "... m m"], Float[np.ndarray, "..."]]:
        """Map the unit cube onto the group (or onto a ball of it) together with Haar measure.

        Parameters
        ----------
        u : array of shape (..., cube_dimension)
            Strictly between 0 and 1.
        radius : float, optional
            Bound on the non-compact coordinates, see :meth:`sample`; None for the whole group.
        scale : float
            Half of the points lie within about this radius when it is not bounded.
        side : {"left", "right"}
            Which Haar measure, where they differ.

        Returns
        -------
        g : array of shape (..., M, M)
        w : array of shape (...)
            The integral of f over the group is the mean of ``w f(g)`` over the cube.
        """
        check_choice(side, ("left", "right"), "side")
        u = as_vectors(u, "points of the cube", self.cube_dimension)
        if ((u <= 0) | (u >= 1)).any():
            raise InputError("points of the cube must lie strictly between 0 and 1")
        if not scale > 0:
            raise InputError(f"scale is {scale}; it must be positive")
        g, w = self._chart(u, np.inf if radius is None else self._radius(radius), float(scale))
        return g, (w * np.abs(np.linalg.det(self.adjoint(g))) if side == "right" and not self.is_unimodular else w)

    def _radius(self, radius: float) -> float:
        if not (isinstance(radius, Real) and 0 < radius < np.inf):
            raise InputError(f"radius is {radius}; it must be positive and finite")
        return float(radius)

    def sample(
        self,
        n: int,
        measure: str = "haar",
        radius: float | None = None,
        variance: float = 0.1,
        side: str = "left",
        rng: np.random.Generator | int | None = None,
    ) -> tuple[Num[np.ndarray, "n m m"], Float[np.ndarray, " n"]]:
        """Random elements with weights.

        Parameters
        ----------
        n : int
        measure : {"haar", "lognormal"}
            "haar": the weighted elements follow Haar measure, normalised on the ball. "lognormal": elements
            ``exp(X) k`` with Haar distributed k and Gaussian X, all of one weight; they do not follow Haar measure.
        radius : float
            For groups that are not compact: bound on the length of the non-compact coordinates. These are the
            Frobenius norm of X in ``exp(X) k`` for GL+(n) and SL(n), the rapidity for SO+(1, d), log factors for
            scalings, and, by itself, the length of the translation.
        variance : float
            Of each orthonormal coefficient of 2 X (and of each component of a translation), for "lognormal".
        side : {"left", "right"}
            Which Haar measure, for groups that are not unimodular.
        rng : numpy Generator or int, optional

        Returns
        -------
        g : array of shape (n, M, M)
        w : array of shape (n,)
            Weights that sum to 1; all 1/n for compact groups.

        Raises
        ------
        InputError
            For Haar measure on a group that is not compact without a finite radius: it cannot be normalised.
        SampleSizeError

        Examples
        --------
        >>> from symmeter.groups.lie import SO
        >>> g, w = SO(3).sample(2, rng=0)
        >>> g.shape, w
        ((2, 3, 3), array([0.5, 0.5]))
        """
        check_choice(measure, ("haar", "lognormal"), "measure")
        check_choice(side, ("left", "right"), "side")
        _check_count(n)
        rng = np.random.default_rng(rng)
        if measure == "lognormal":
            return self.sample_pairs(n, variance, rng)[0], np.full(n, 1 / n)
        if radius is None and not self.is_compact:
            raise InputError(
                f'{self.name} is not compact, so measure="haar" cannot be normalised without a finite radius; '
                'pass radius=, or measure="lognormal"'
            )
        u = np.clip(rng.random((n, self.cube_dimension)), 1e-16, 1 - 1e-16)
        g, w = self.chart(u, radius=None if self.is_compact else radius, side=side)
        return g, w / w.sum()

    def sample_pairs(
        self, n: int, variance: float = 0.1, rng: np.random.Generator | int | None = None
    ) -> tuple[Num[np.ndarray, "n m m"], Num[np.ndarray, "n m m"]]:
        """Log-normal elements and their inverses, the latter from the negated coefficients and not by inversion."""
        _check_count(n)
        if not (isinstance(variance, Real) and 0 < variance < np.inf):
            raise InputError(f"variance is {variance}; it must be positive and finite")
        return self._lognormal(n, float(variance), np.random.default_rng(rng))

    # -- as a value --------------------------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._parameters == getattr(other, "_parameters", None)

    def __hash__(self) -> int:
        return hash((type(self), self._parameters))

    def __repr__(self) -> str:
        return self.name


def _check_count(n: int) -> None:
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise SampleSizeError(f"the number of samples is {n!r}; it must be an integer of at least 1")


def _real_rows(stack: np.ndarray, is_complex: bool) -> np.ndarray:
    rows = stack.reshape(*stack.shape[:-2], stack.shape[-2] * stack.shape[-1])
    return np.concatenate([np.real(rows), np.imag(rows)], axis=-1) if is_complex else np.real(rows)


def unitary_defect(g: np.ndarray) -> np.ndarray:
    """Frobenius norm of ``g^H g - 1``."""
    return np.linalg.norm(adjoint_of(g) @ g - np.eye(g.shape[-1]), axis=(-2, -1))
