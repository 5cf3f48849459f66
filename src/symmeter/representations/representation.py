"""Representations of finite and Lie groups by the matrices of generators, and the algebra of sums, products and duals.

Products of coordinates run row by row; ``a >> b`` is the representation on linear maps from a to b, whose invariants
are the equivariant maps. The defining representation is :data:`symmeter.representations.V`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Num

from symmeter.errors import (
    InputError,
    InputTypeError,
    NonFiniteError,
    NotAGroupElementError,
    ShapeError,
)
from symmeter.representations.equivariant_maps import IntertwinerBasis, intertwiners

__all__ = ["Representation"]

_MAX_DIMENSION = 20_000


@dataclass(frozen=True, eq=False)
class Representation:
    """A representation given by the matrices of generators.

    Parameters
    ----------
    discrete : tuple of arrays of shape (d, d)
        Invertible matrices of group elements that generate, with the exponentials of ``algebra``, the image.
    algebra : tuple of arrays of shape (d, d)
        Matrices of a basis (or generating set) of the Lie algebra.
    name : str
    group : object, optional
        The group, when it is known.
    function : callable, optional
        Takes a group element to its matrix. Without it the representation can be summed, multiplied and solved for
        equivariant maps, but not evaluated.

    Examples
    --------
    >>> quarter = Representation(discrete=(np.array([[0.0, -1.0], [1.0, 0.0]]),), name="C4")
    >>> (quarter * quarter).dimension, quarter.commutant().shape
    (4, (2, 2, 2))
    """

    discrete: tuple[Num[np.ndarray, "d d"], ...] = ()
    algebra: tuple[Num[np.ndarray, "d d"], ...] = ()
    name: str = ""
    group: Any = None
    function: Callable[[Any], np.ndarray] | None = None

    def __post_init__(self) -> None:
        for kind in ("discrete", "algebra"):
            object.__setattr__(
                self, kind, tuple(_frozen(a, f"{kind} generator {k}") for k, a in enumerate(getattr(self, kind)))
            )
        matrices = (*self.discrete, *self.algebra)
        if not matrices:
            raise InputError("a representation needs a generator; that of the trivial group is an identity matrix")
        sizes = sorted({len(a) for a in matrices})
        if len(sizes) > 1:
            raise ShapeError(f"generators have sizes {sizes}; all matrices of one representation have the same size")

    # -- ways in -------------------------------------------------------------------------------------------------------

    @staticmethod
    def of_finite_group(group: Any, images: Any, name: str = "") -> Representation:
        """A representation of a finite group from the matrices of its generators, checked to be a homomorphism.

        Parameters
        ----------
        group : PermutationGroup, MatrixGroup or FiniteGroup
        images : sequence of arrays, or callable
            One matrix per element of ``group.generators``, or a function of an element.

        Raises
        ------
        NotAGroupElementError
            If the matrices do not multiply as the group's elements do; the text gives the defect.

        Examples
        --------
        >>> from symmeter.groups import symmetric
        >>> sign = Representation.of_finite_group(symmetric(4), lambda g: [[float(g.parity)]])
        >>> sign.dimension
        1
        """
        gens = tuple(group.generators)
        matrices = [np.asarray(images(g)) for g in gens] if callable(images) else [np.asarray(a) for a in images]
        if len(matrices) != len(gens):
            raise ShapeError(f"{len(matrices)} images for {len(gens)} generators of {group}; give one each")
        if not gens:
            matrices = [np.eye(1)]
        table = _spread(group, gens, [_frozen(a, f"image {k}") for k, a in enumerate(matrices)])
        return Representation(tuple(matrices), (), name, group, lambda g: table[_key(g)])

    # -- what it is ----------------------------------------------------------------------------------------------------

    @property
    def dimension(self) -> int:
        """Size d of the matrices."""
        return len((*self.discrete, *self.algebra)[0])

    @property
    def is_real(self) -> bool:
        """Whether all generators are real matrices."""
        return not any(np.iscomplexobj(a) for a in (*self.discrete, *self.algebra))

    @cached_property
    def is_unitary(self) -> bool:
        """Whether group elements are orthogonal or unitary, and algebra elements skew, to 1e-8."""
        one = np.eye(self.dimension)
        groups = all(np.abs(a @ a.conj().T - one).max() < 1e-8 for a in self.discrete)
        return groups and all(np.abs(a + a.conj().T).max() < 1e-8 for a in self.algebra)

    def __call__(self, element: Any) -> Num[np.ndarray, "d d"]:
        """The matrix of a group element."""
        if self.function is None:
            raise InputError(
                f"{self!r} is given by generators only and cannot be evaluated; give function= or build it from a group"
            )
        return self.function(element)

    def element(self, coefficients: Num[np.ndarray, " k"]) -> Num[np.ndarray, "d d"]:
        """``exp(sum_k c_k algebra[k])``."""
        c = np.asarray(coefficients)
        if c.shape != (len(self.algebra),):
            raise ShapeError(f"coefficients have shape {c.shape}; the algebra has {len(self.algebra)} generators")
        from scipy.linalg import expm

        return expm(np.tensordot(c, np.stack(self.algebra), axes=1))

    # -- algebra -------------------------------------------------------------------------------------------------------

    def trivial(self, dimension: int = 1) -> Representation:
        """The trivial representation of the same group."""
        one = np.eye(dimension)
        zero = np.zeros((dimension, dimension))
        return Representation(
            (one,) * len(self.discrete), (zero,) * len(self.algebra), str(dimension), self.group, lambda g: one
        )

    @cached_property
    def dual(self) -> Representation:
        """The contragredient representation, ``g -> rho(g^-1)^T``."""
        function = self.function
        return Representation(
            tuple(np.linalg.inv(a).T for a in self.discrete),
            tuple(-a.T for a in self.algebra),
            self.name[:-1] if self.name.endswith("*") else f"{_grouped(self.name)}*",
            self.group,
            None if function is None else lambda g: np.linalg.inv(function(g)).T,
        )

    @property
    def T(self) -> Representation:
        """Another name of :attr:`dual`."""
        return self.dual

    def __add__(self, other: Representation) -> Representation:
        """Direct sum, this one's coordinates first."""
        return self._join(other, _direct_sum, _direct_sum, " + ")

    def __mul__(self, other: Representation | int) -> Representation:
        """Tensor product (row-major pairs of coordinates), or that many copies."""
        if isinstance(other, (int, np.integer)):
            return self.__rmul__(int(other))
        size = self.dimension * getattr(other, "dimension", 1)
        if size > _MAX_DIMENSION:
            raise InputError(
                f"the product has dimension {size}; generators up to {_MAX_DIMENSION} are formed as matrices"
            )

        def infinitesimal(a: np.ndarray, b: np.ndarray) -> np.ndarray:
            return np.kron(a, np.eye(len(b))) + np.kron(np.eye(len(a)), b)

        return self._join(other, np.kron, infinitesimal, " x ")

    def __rmul__(self, copies: int) -> Representation:
        if not isinstance(copies, (int, np.integer)) or copies < 1:
            raise InputError(f"copies of a representation must be a whole number >= 1; got {copies!r}")
        one = np.eye(int(copies))
        function = self.function
        return Representation(
            tuple(np.kron(one, a) for a in self.discrete),
            tuple(np.kron(one, a) for a in self.algebra),
            f"{copies} {_grouped(self.name)}",
            self.group,
            None if function is None else lambda g: np.kron(one, function(g)),
        )

    def __pow__(self, exponent: int) -> Representation:
        """Tensor power."""
        if not isinstance(exponent, (int, np.integer)) or exponent < 0:
            raise InputError(f"a tensor power must be a whole number >= 0; got {exponent!r}")
        out = self.trivial()
        for n in range(exponent):
            out = self if n == 0 else out * self
        return out

    def __rshift__(self, other: Representation) -> Representation:
        """The representation on linear maps from this one to the other, flattened row by row: ``other x self*``."""
        return other * self.dual

    def _join(self, other: Any, discrete: Callable, algebra: Callable, sign: str) -> Representation:
        if not isinstance(other, Representation):
            raise InputTypeError(f"{type(other).__name__} is not a Representation; both must be")
        if (len(self.discrete), len(self.algebra)) != (len(other.discrete), len(other.algebra)):
            raise ShapeError(
                f"{self!r} and {other!r} have different numbers of generators; both must represent the same group with "
                "the same generators"
            )
        if self.group is not None and other.group is not None and self.group is not other.group:
            same = type(self.group) is type(other.group) and self.group == other.group
            if not same:
                raise InputError(
                    f"the representations are of {self.group} and {other.group}; they must be of one group"
                )
        f, h = self.function, other.function
        return Representation(
            tuple(discrete(a, b) for a, b in zip(self.discrete, other.discrete)),
            tuple(algebra(a, b) for a, b in zip(self.algebra, other.algebra)),
            sign.join(_grouped(rep.name) if "x" in sign else rep.name for rep in (self, other)),
            self.group if self.group is not None else other.group,
            None if f is None or h is None else lambda g: discrete(f(g), h(g)),
        )

    # -- equivariant maps ----------------------------------------------------------------------------------------------

    def intertwiners(self, other: Representation, method: str = "auto") -> IntertwinerBasis:
        """Orthonormal maps W with ``other(g) W = W self(g)``, with their residual and gap."""
        self._join(other, lambda a, b: a[:1, :1], lambda a, b: a[:1, :1], "")
        return intertwiners((*self.discrete, *self.algebra), (*other.discrete, *other.algebra), method=method)

    def equivariant_maps(self, other: Representation) -> Num[np.ndarray, "r m n"]:
        """The maps of :meth:`intertwiners` alone.

        Examples
        --------
        >>> from symmeter.groups import symmetric
        >>> from symmeter.representations import V
        >>> v = V(symmetric(5))
        >>> v.equivariant_maps(v).shape  # the identity and the mean
        (2, 5, 5)
        """
        return self.intertwiners(other).maps

    def commutant(self) -> Num[np.ndarray, "r d d"]:
        """Orthonormal matrices that commute with the representation."""
        return self.equivariant_maps(self)

    def invariants(self) -> Num[np.ndarray, "r d"]:
        """Orthonormal vectors that every group element leaves alone.

        Examples
        --------
        >>> from symmeter.groups import symmetric
        >>> from symmeter.representations import V
        >>> V(symmetric(4)).invariants().shape
        (1, 4)
        """
        return self.trivial().intertwiners(self).maps[:, :, 0]

    # -- characters ----------------------------------------------------------------------------------------------------

    def character(self, element: Any) -> complex:
        """Trace of an element's matrix."""
        trace = np.trace(self(element))
        return complex(trace) if np.iscomplexobj(trace) else float(trace)  # type: ignore[return-value]

    @cached_property
    def characters(self) -> Num[np.ndarray, " n"]:
        """Traces of all elements of a finite group, in the order of ``group.elements()``."""
        if self.group is None or not getattr(self.group, "is_finite", False):
            raise InputError(f"{self!r}: only a known finite group has a list of characters; use .character(element)")
        return np.array([np.trace(self(g)) for g in self.group.elements()])

    def multiplicity(self, other: Representation) -> float:
        """``<chi_self, chi_other>`` over a finite group: how often an irreducible ``other`` occurs in this one.

        Examples
        --------
        >>> from symmeter.groups import symmetric
        >>> from symmeter.representations import V
        >>> v = V(symmetric(4))
        >>> round(v.multiplicity(v.trivial()), 12)
        1.0
        """
        if self.group is not other.group:
            raise InputError("characters of representations of two different groups cannot be compared")
        return float(np.real(np.vdot(other.characters, self.characters)) / len(self.characters))

    def homomorphism_defect(self, rng: np.random.Generator | int | None = 0, pairs: int = 32) -> float:
        """Largest entry of ``rho(a b) - rho(a) rho(b)`` over random pairs, and of brackets that leave the span.

        Zero (to rounding) for a representation. Brackets are compared with the structure constants of the group's
        algebra when the group is known.
        """
        worst = 0.0
        if self.function is not None and self.group is not None and getattr(self.group, "is_finite", False):
            elements = list(self.group.elements())
            generator = np.random.default_rng(rng)
            for i, j in generator.integers(len(elements), size=(pairs, 2)):
                a, b = elements[i], elements[j]
                worst = max(worst, float(np.abs(self(_product(self.group, a, b)) - self(a) @ self(b)).max()))
        if self.algebra:
            stack = np.stack(self.algebra)
            brackets = stack[:, None] @ stack[None] - stack[None] @ stack[:, None]
            basis = getattr(getattr(self.group, "algebra", self.group), "basis", None)
            if basis is not None and len(basis) == len(stack):
                flat = np.asarray(basis).reshape(len(basis), -1)
                own = basis[:, None] @ basis[None] - basis[None] @ basis[:, None]
                constants = np.linalg.lstsq(flat.T, own.reshape(-1, flat.shape[1]).T, rcond=None)[0]
                expected = np.tensordot(constants.T.reshape(len(stack), len(stack), -1), stack, axes=1)
            else:
                flat = stack.reshape(len(stack), -1)
                fit = np.linalg.lstsq(flat.T, brackets.reshape(-1, flat.shape[1]).T, rcond=None)[0]
                expected = np.tensordot(fit.T.reshape(len(stack), len(stack), -1), stack, axes=1)
            worst = max(worst, float(np.abs(brackets - expected).max()))
        return worst

    def __repr__(self) -> str:
        label = f"{self.name}, " if self.name else ""
        return f"Representation({label}dimension {self.dimension})"


def _frozen(matrix: Any, name: str) -> np.ndarray:
    a = np.array(matrix)
    if a.ndim != 2 or a.shape[0] != a.shape[1] or a.size == 0:
        raise ShapeError(f"{name} has shape {a.shape}; it must be a square matrix")
    a = a.astype(complex if np.iscomplexobj(a) else float)
    if not np.isfinite(a).all():
        raise NonFiniteError(f"{name} contains NaN or infinity")
    a.setflags(write=False)
    return a


def _grouped(name: str) -> str:
    return f"({name})" if " " in name else name


def _direct_sum(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    out = np.zeros((len(a) + len(b),) * 2, dtype=np.result_type(a, b))
    out[: len(a), : len(a)], out[len(a) :, len(a) :] = a, b
    return out


def _key(element: Any) -> Any:
    """A hashable form of a group element; matrices are compared to 6 decimals."""
    if isinstance(element, np.ndarray):
        return (np.round(element, 6) + 0.0).tobytes()
    return int(element) if isinstance(element, np.integer) else element


def _product(group: Any, a: Any, b: Any) -> Any:
    table = getattr(group, "table", None)
    if table is not None and isinstance(a, (int, np.integer)):
        return int(table[a, b])
    return a @ b if isinstance(a, np.ndarray) else a * b


def _spread(group: Any, generators: Sequence[Any], images: list[np.ndarray]) -> dict[Any, np.ndarray]:
    """Matrices of all elements, word by word; the first element reached twice with two matrices is the defect."""
    identity = next(iter(group.elements()))
    size = len(images[0])
    table = {_key(identity): np.eye(size, dtype=images[0].dtype)}
    frontier = [identity]
    worst = 0.0
    while frontier:
        found = []
        for x in frontier:
            for g, image in zip(generators, images):
                y = _product(group, g, x)
                matrix = image @ table[_key(x)]
                known = table.get(_key(y))
                if known is None:
                    table[_key(y)] = matrix
                    found.append(y)
                else:
                    worst = max(worst, float(np.abs(matrix - known).max()))
        frontier = found
    if worst > 1e-6:
        raise NotAGroupElementError(
            f"the matrices do not represent {group}: two words for one element give matrices that differ by {worst:.2g}"
        )
    return table
