"""``V``, ``T(p, q)``, ``Scalar``, ``Vector``, ``Tensor``: tensors over a group's own space, as readable symbols.

``V`` is the defining representation and ``T(p, q)`` its p-fold tensor power times the q-fold one of its dual; with
``a >> b`` for the maps from a to b this reads like the formulas of the field::

    layer = (V + T(2)) >> V        # a symbol, for any group
    layer(group).invariants()      # all equivariant linear maps, flattened row by row

A symbol also knows its layout in a space of dimension d: ``(5 * Scalar + 5 * Vector).slices(3)``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

import numpy as np
from jaxtyping import Num

from symmeter.errors import InputError, InputTypeError
from symmeter.representations.representation import Representation

__all__ = ["Scalar", "T", "Tensor", "TensorType", "V", "Vector", "defining_representation"]


def defining_representation(group: Any) -> Representation:
    """How a group of permutations or matrices moves its own coordinates.

    Parameters
    ----------
    group : PermutationGroup, MatrixGroup, FiniteGroup, LieGroup or a matrix Lie group
        A FiniteGroup without matrices gives its regular representation.

    Raises
    ------
    InputTypeError

    Examples
    --------
    >>> from symmeter.groups import cyclic
    >>> defining_representation(cyclic(3))
    Representation(V, dimension 3)
    """
    if isinstance(group, Representation):
        return group
    gens = getattr(group, "generators", None)
    if gens is None:
        raise InputTypeError(f"{type(group).__name__} has no generators; give a group of symmeter.groups")
    algebra = getattr(getattr(group, "algebra", None), "basis", None)
    if algebra is None and not getattr(group, "is_finite", True):
        algebra = getattr(group, "basis", gens)
    if algebra is not None and len(algebra):
        return Representation(getattr(group, "discrete_generators", ()), tuple(algebra), "V", group, np.asarray)
    if getattr(group, "table", None) is not None:
        matrices = group.matrices
        if matrices is None:
            table = np.asarray(group.table)
            matrices = (table[:, None, :] == np.arange(len(table))[None, :, None]).astype(float)
        images = tuple(matrices[g] for g in gens) or (np.eye(matrices.shape[-1]),)
        return Representation(images, (), "V", group, lambda g: matrices[g])
    if gens and hasattr(gens[0], "matrix"):
        return Representation(tuple(g.matrix() for g in gens), (), "V", group, lambda g: g.matrix().astype(float))
    if gens:
        return Representation(tuple(gens), (), "V", group, np.asarray)
    size = getattr(group, "degree", None) or getattr(group, "dimension", 1)
    return Representation((np.eye(size),), (), "V", group, lambda g: np.eye(size))


@dataclass(frozen=True)
class TensorType:
    """A sum of tensor powers of V and its dual, waiting for a group; print it, parse it, add and multiply it.

    Parameters
    ----------
    terms : tuple of (int, int)
        Number of upper and of lower indices of each summand, in the order of the coordinates.

    Examples
    --------
    >>> columns = TensorType.parse("5T0 + 5T1")
    >>> columns, columns.size(3)
    (5T(0) + 5V, 20)
    >>> columns.matrix(np.diag([1.0, -1.0, 1.0])).diagonal()[:8]
    array([ 1.,  1.,  1.,  1.,  1.,  1., -1.,  1.])
    """

    terms: tuple[tuple[int, int], ...]

    @staticmethod
    def parse(text: str) -> TensorType:
        """Read ``"5T0 + 5T1"``, ``"V + 2T(1,1)"``, ``"3 Scalar + Vector"`` or ``"5T(0) + V*"``.

        Raises
        ------
        InputError
            With the term that cannot be read.
        """
        if not isinstance(text, str):
            raise InputTypeError(f"a tensor type is written as text such as '5T0+5T1'; got {type(text).__name__}")
        terms: list[tuple[int, int]] = []
        for part in text.split("+"):
            found = _TERM.fullmatch(part.strip())
            if not found:
                raise InputError(
                    f"{part.strip()!r} in {text!r} is no tensor type; write terms as 5T0, T1, 2T(1,1), V or 3Scalar"
                )
            copies, name, bare, p, q, star = found.groups()
            if name:
                kind = {"scalar": (0, 0), "vector": (1, 0), "v": (1, 0)}[name.lower()]
            else:
                kind = (int(bare if bare is not None else p), int(q or 0))
            count = int(copies) if copies else 1
            if count < 1:
                raise InputError(f"{part.strip()!r} in {text!r} has no copies; leave the term out")
            terms += [(kind[1], kind[0]) if star else kind] * count
        return TensorType(tuple(terms))

    def __call__(self, group: Any) -> Representation:
        v = defining_representation(group)
        out: Representation | None = None
        for p, q in self.terms:
            term = v**p if q == 0 else (v.dual**q if p == 0 else v**p * v.dual**q)
            out = term if out is None else out + term
        assert out is not None
        return Representation(out.discrete, out.algebra, str(self), out.group, out.function)

    # -- layout --------------------------------------------------------------------------------------------------------

    @property
    def ranks(self) -> tuple[int, ...]:
        """Number of indices of each summand."""
        return tuple(p + q for p, q in self.terms)

    def size(self, d: int) -> int:
        """Number of coordinates over a space of dimension d."""
        return sum(d**rank for rank in self.ranks)

    def slices(self, d: int) -> tuple[slice, ...]:
        """Where the coordinates of each summand stand."""
        ends = np.cumsum([0, *(d**rank for rank in self.ranks)])
        return tuple(slice(int(a), int(b)) for a, b in pairwise(ends))

    def matrix(self, g: Num[np.ndarray, "d d"]) -> Num[np.ndarray, "n n"]:
        """The matrix of a group element, block by block, from its matrix on the base space."""
        g = np.asarray(g)
        blocks = {kind: _power(g, *kind) for kind in set(self.terms)}
        return _blocks([blocks[kind] for kind in self.terms])

    def algebra_matrix(self, a: Num[np.ndarray, "d d"]) -> Num[np.ndarray, "n n"]:
        """The matrix of an element of the Lie algebra: the derivative of :meth:`matrix` along it."""
        a = np.asarray(a)
        blocks = {kind: _derivative(a, *kind) for kind in set(self.terms)}
        return _blocks([blocks[kind] for kind in self.terms])

    # -- algebra -------------------------------------------------------------------------------------------------------

    @property
    def dual(self) -> TensorType:
        """Upper indices become lower ones, and the other way round."""
        return TensorType(tuple((q, p) for p, q in self.terms))

    T = dual

    def __add__(self, other: TensorType) -> TensorType:
        if not isinstance(other, TensorType):
            return NotImplemented
        return TensorType(self.terms + other.terms)

    def __mul__(self, other: TensorType | int) -> TensorType:
        if isinstance(other, (int, np.integer)):
            return self.__rmul__(int(other))
        if not isinstance(other, TensorType):
            return NotImplemented
        return TensorType(tuple((a + c, b + d) for a, b in self.terms for c, d in other.terms))

    def __rmul__(self, copies: int) -> TensorType:
        if not isinstance(copies, (int, np.integer)) or copies < 1:
            raise InputError(f"copies of a representation must be a whole number >= 1; got {copies!r}")
        return TensorType(self.terms * int(copies))

    def __rshift__(self, other: TensorType) -> _SymbolicMaps:
        return _SymbolicMaps(self, other)

    def __str__(self) -> str:
        parts = []
        for (p, q), run in groupby(self.terms):
            count = len(list(run))
            name = "V" if (p, q) == (1, 0) else f"T({p})" if q == 0 else f"T({p},{q})"
            parts.append(name if count == 1 else f"{count}{name}")
        return " + ".join(parts)

    __repr__ = __str__


#: A term: copies, then a name, or T with one rank or two in brackets; a star makes it dual.
_TERM = re.compile(
    r"(\d+)?\s*\*?\s*(?:(scalar|vector|v)|t\s*(?:(\d+)|\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)))(\*)?", re.IGNORECASE
)


def _power(g: np.ndarray, p: int, q: int) -> np.ndarray:
    out = np.ones((1, 1))
    inverse = np.linalg.inv(g).T if q else g
    for factor in [g] * p + [inverse] * q:
        out = np.kron(out, factor)
    return out


def _derivative(a: np.ndarray, p: int, q: int) -> np.ndarray:
    d, rank = len(a), p + q
    out = np.zeros((d**rank, d**rank), dtype=np.result_type(a, float))
    for place in range(rank):
        factor = a if place < p else -a.T
        out += np.kron(np.kron(np.eye(d**place), factor), np.eye(d ** (rank - place - 1)))
    return out


def _blocks(blocks: list[np.ndarray]) -> np.ndarray:
    ends = np.cumsum([0, *(len(b) for b in blocks)])
    out = np.zeros((ends[-1], ends[-1]), dtype=np.result_type(float, *blocks))
    for b, start, stop in zip(blocks, ends[:-1], ends[1:]):
        out[start:stop, start:stop] = b
    return out


@dataclass(frozen=True)
class _SymbolicMaps:
    """Linear maps between two symbols."""

    source: TensorType
    target: TensorType

    def __call__(self, group: Any) -> Representation:
        return self.source(group) >> self.target(group)

    def __repr__(self) -> str:
        return f"{self.source} >> {self.target}"


#: The defining representation, as a symbol: ``V(group)``.
V = TensorType(((1, 0),))
#: Numbers that the group leaves alone, as a symbol.
Scalar = TensorType(((0, 0),))
#: Another name of ``V``.
Vector = V


def T(p: int, q: int = 0, group: Any = None) -> Any:
    """Tensors with p upper and q lower indices, as a symbol or of a group.

    Examples
    --------
    >>> from symmeter.groups import cyclic
    >>> T(2, 1), T(2, 1)(cyclic(3)).dimension
    (T(2,1), 27)
    >>> ((V + T(0)) >> V)(cyclic(3)).invariants().shape  # 3 + 1 equivariant maps, flattened
    (4, 12)
    """
    for rank in (p, q):
        if isinstance(rank, bool) or not isinstance(rank, (int, np.integer)) or rank < 0:
            raise InputError(f"T({p!r}, {q!r}): the numbers of indices must be whole and >= 0")
    symbol = TensorType(((int(p), int(q)),))
    return symbol if group is None else symbol(group)


#: Another name of ``T``.
Tensor = T
