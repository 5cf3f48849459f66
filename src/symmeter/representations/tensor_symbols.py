"""``V`` and ``T(p, q)``: the defining representation of a group and tensors over it, as readable symbols.

``V`` is the defining representation and ``T(p, q)`` its p-fold tensor power times the q-fold one of its dual; with
``a >> b`` for the maps from a to b this reads like the formulas of the field::

    layer = (V + T(2)) >> V        # a symbol, for any group
    layer(group).invariants()      # all equivariant linear maps, flattened row by row
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from symmeter.errors import InputError, InputTypeError, UnidentifiableError
from symmeter.representations.representation import Representation

__all__ = ["T", "V", "defining_representation"]


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
        return Representation(_other_components(group), tuple(algebra), "V", group, np.asarray)
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


def _other_components(group: Any) -> tuple[np.ndarray, ...]:
    """An element outside the identity component, from the group's own sampler: one that reverses orientation."""
    if getattr(group, "components", 1) == 1:
        return ()
    drawn = np.asarray(group.sample(64, measure="lognormal", rng=0)[0])
    reversing = drawn[np.real(np.linalg.det(drawn)) < 0]
    if group.components > 2 or not len(reversing):
        raise UnidentifiableError(
            f"the components of {group} cannot be told from samples; build Representation(discrete=..., algebra=...)"
        )
    return (reversing[0],)


@dataclass(frozen=True)
class _Symbol:
    """A sum of tensor powers of V and its dual, waiting for a group."""

    terms: tuple[tuple[int, int], ...]

    def __call__(self, group: Any) -> Representation:
        v = defining_representation(group)
        out: Representation | None = None
        for p, q in self.terms:
            term = v**p if q == 0 else (v.dual**q if p == 0 else v**p * v.dual**q)
            out = term if out is None else out + term
        assert out is not None
        return Representation(out.discrete, out.algebra, str(self), out.group, out.function)

    @property
    def dual(self) -> _Symbol:
        return _Symbol(tuple((q, p) for p, q in self.terms))

    T = dual

    def __add__(self, other: _Symbol) -> _Symbol:
        return _Symbol(self.terms + other.terms)

    def __mul__(self, other: _Symbol | int) -> _Symbol:
        if isinstance(other, int):
            return self.__rmul__(other)
        return _Symbol(tuple((a + c, b + d) for a, b in self.terms for c, d in other.terms))

    def __rmul__(self, copies: int) -> _Symbol:
        if copies < 1:
            raise InputError(f"copies of a representation must be a whole number >= 1; got {copies!r}")
        return _Symbol(self.terms * copies)

    def __rshift__(self, other: _Symbol) -> _SymbolicMaps:
        return _SymbolicMaps(self, other)

    def __str__(self) -> str:
        names = ["V" if t == (1, 0) else f"T{t[0], t[1]}".replace(" ", "") for t in self.terms]
        return " + ".join(names)

    __repr__ = __str__


@dataclass(frozen=True)
class _SymbolicMaps:
    """Linear maps between two symbols."""

    source: _Symbol
    target: _Symbol

    def __call__(self, group: Any) -> Representation:
        return self.source(group) >> self.target(group)

    def __repr__(self) -> str:
        return f"{self.source} >> {self.target}"


#: The defining representation, as a symbol: ``V(group)``.
V = _Symbol(((1, 0),))


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
    if p < 0 or q < 0:
        raise InputError(f"T({p}, {q}) has a negative number of indices; both must be >= 0")
    symbol = _Symbol(((int(p), int(q)),))
    return symbol if group is None else symbol(group)
