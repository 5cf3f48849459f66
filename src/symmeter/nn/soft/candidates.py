"""Candidate symmetries: matrix groups on one base space, given by Lie algebra generators, discrete generators or names.

Names follow the field: ``O2_xy`` is O(2) on the first two axes, ``SO3`` all rotations, ``Scale`` the uniform scalings,
``S4`` the permutations of four coordinates.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, InputTypeError, ShapeError, UnknownNameError, nearest_name
from symmeter.nn.elements import PresentedGroup, presentation
from symmeter.representations import Representation

__all__ = ["Candidate", "candidate", "candidates_of", "check_products_follow", "joined_group", "named_candidate"]

#: Generators are told apart to this many decimals when a group is looked up in a cache.
_DECIMALS = 12
_ORTHOGONAL = 1e-10


@dataclass(frozen=True, eq=False)
class Candidate:
    """A group that may be a symmetry, with the matrices that penalties are made from.

    Attributes
    ----------
    name : str
    group : Group
        Whose elements are sampled when the symmetry is measured.
    algebra : float64 array of shape (k, d, d)
        Lie algebra generators.
    discrete : float64 array of shape (h, d, d)
        Discrete generators, invertible.

    Examples
    --------
    >>> from symmeter.groups import O
    >>> candidate("O3", O(3)).dimension, candidate("O3", O(3)).is_orthogonal
    (3, True)
    """

    name: str
    group: Any
    algebra: Float[np.ndarray, "k d d"]
    discrete: Float[np.ndarray, "h d d"]

    @property
    def dimension(self) -> int:
        """Size d of the base space."""
        return self.algebra.shape[-1]

    @cached_property
    def is_orthogonal(self) -> bool:
        """Whether all elements are orthogonal matrices, so that duals need not be told apart."""
        one = np.eye(self.dimension)
        skew = np.abs(self.algebra + self.algebra.swapaxes(1, 2)).max(initial=0.0)
        turned = np.abs(self.discrete @ self.discrete.swapaxes(1, 2) - one).max(initial=0.0)
        return bool(max(skew, turned) < _ORTHOGONAL)

    @cached_property
    def digest(self) -> str:
        """A hash of the generators, the key under which projectors are kept."""
        h = hashlib.sha256()
        for stack in (self.algebra, self.discrete):
            h.update(repr(stack.shape).encode())
            h.update((np.round(stack, _DECIMALS) + 0.0).tobytes())
        return h.hexdigest()[:24]

    def __repr__(self) -> str:
        return f"Candidate({self.name}, {len(self.algebra)} algebra and {len(self.discrete)} discrete generators)"


def candidate(name: str, group: Any) -> Candidate:
    """A candidate from a group, a representation given by generators, or another candidate.

    Parameters
    ----------
    name : str
        What the report calls it.
    group : Group, Representation or Candidate
        ``Representation(discrete=..., algebra=...)`` makes a group of any generators.

    Raises
    ------
    InputError
        For a discrete generator that is singular, or complex generators.
    InputTypeError
        If it is none of these.
    """
    if isinstance(group, Candidate):
        return Candidate(str(name), group.group, group.algebra, group.discrete)
    if isinstance(group, str):
        group = named_candidate(group)
        return Candidate(str(name), group.group, group.algebra, group.discrete)
    if not isinstance(group, Representation) and getattr(group, "generators", None) is None:
        raise InputTypeError(
            f"candidate {name!r} is a {type(group).__name__}; give a group such as O(3), or a Representation of "
            "generators"
        )
    given = presentation(group)
    if not given.is_real:
        raise InputError(f"candidate {name!r} has complex generators; weights are real, so give real matrices")
    d = given.dimension
    algebra = np.array(given.algebra, dtype=float).reshape(-1, d, d)
    discrete = np.array(given.discrete, dtype=float).reshape(-1, d, d)
    for k, h in enumerate(discrete):
        if np.linalg.cond(h) > 1e12:
            raise InputError(f"candidate {name!r}: discrete generator {k} is singular; group elements are invertible")
    if isinstance(group, Representation):
        group = group.group if group.group is not None else PresentedGroup(group)
    return Candidate(str(name), group, algebra, discrete)


def joined_group(*groups: Any, name: str = "") -> Representation:
    """The group that several groups on one space generate together: ``joined_group(SO(3), Scaling(3))``.

    Raises
    ------
    ShapeError
        If they act on spaces of different dimensions.

    Examples
    --------
    >>> from symmeter.groups import SO, Scaling
    >>> joined_group(SO(3), Scaling(3), name="SO3 x Scale")
    Representation(SO3 x Scale, dimension 3)
    """
    parts = [presentation(g) for g in groups]
    sizes = sorted({p.dimension for p in parts})
    if len(sizes) != 1:
        raise ShapeError(f"the groups act on spaces of dimensions {sizes}; only groups of one space generate another")
    algebra = tuple(a for p in parts for a in p.algebra)
    discrete = tuple(h for p in parts for h in p.discrete)
    return Representation(discrete, algebra, name or " x ".join(getattr(g, "name", "group") for g in groups))


def candidates_of(given: Any, dimension: int | None = None) -> tuple[Candidate, ...]:
    """Candidates from a mapping of names to groups, or from names alone, all on one base space.

    Parameters
    ----------
    given : mapping, or iterable of str
    dimension : int, optional
        Size of the base space; that of the first candidate when omitted.

    Raises
    ------
    InputError
        If there is none, or one acts on another space: the text names it, with both dimensions.
    """
    if isinstance(given, str):
        given = [part.strip() for part in given.split(",") if part.strip()]
    if isinstance(given, Mapping):
        pairs = list(given.items())
    elif isinstance(given, Iterable):
        pairs = [(c.name if isinstance(c, Candidate) else c if isinstance(c, str) else _label(c), c) for c in given]
    else:
        raise InputTypeError(f"candidates are given as a mapping of names to groups; got {type(given).__name__}")
    size = _dimension_of_names([g for _, g in pairs]) if dimension is None else dimension
    found = tuple(candidate(name, named_candidate(g, size) if isinstance(g, str) else g) for name, g in pairs)
    if not found:
        raise InputError("there are no candidates; give at least one group, such as {'O3': O(3)}")
    names = [c.name for c in found]
    if len(set(names)) < len(names):
        raise InputError(f"two candidates have one name: {', '.join(names)}; give each its own")
    wanted = found[0].dimension if dimension is None else dimension
    for c in found:
        if c.dimension != wanted:
            raise ShapeError(
                f"candidate {c.name!r} acts on {c.dimension} coordinates, the base space has {wanted}; "
                "embed(group, dimension, axes) places a group on some axes"
            )
    return found


def _dimension_of_names(given: Iterable[Any]) -> int:
    """The space that ``O2_xy`` and ``Scale`` are in, which follows from the groups beside them; otherwise 3."""
    for g in given:
        if isinstance(g, Candidate):
            return g.dimension
        if not isinstance(g, str):
            return candidate(_label(g), g).dimension
        found = _NAME.fullmatch(g.strip())
        if found and found[3] is None:
            return int(found[2])
    return 3


def _label(group: Any) -> str:
    return getattr(group, "name", "") or type(group).__name__


_AXES = "xyzw"
_NAME = re.compile(r"(SO|O|SL|GL|S)\(?(\d)\)?(?:[_ ]?([xyzw]+))?")


def check_products_follow(base: Candidate, candidates: Iterable[Candidate]) -> None:
    """Raise unless networks whose products contract as the base group allows can respect the candidates.

    Raises
    ------
    InputError
        For a candidate that is not orthogonal beside a base group that is.
    """
    for c in candidates:
        if base.is_orthogonal and not c.is_orthogonal:
            raise InputError(
                f"candidate {c.name!r} is not orthogonal but the base group {base.name} is, whose products of features "
                f"do not follow it; give base=joined_group(...) of both"
            )


def named_candidate(text: str, dimension: int = 3) -> Candidate:
    """The candidate of that name: ``O2_xy``, ``SO(3)``, ``Scale``, ``S4``, ``SL3``.

    Parameters
    ----------
    text : str
    dimension : int
        Size of the space that named axes are axes of.

    Raises
    ------
    UnknownNameError

    Examples
    --------
    >>> named_candidate("O2_xz").algebra[0].astype(int).tolist()
    [[0, 0, -1], [0, 0, 0], [1, 0, 0]]
    """
    from symmeter.groups import O, Scaling, embed, symmetric
    from symmeter.groups.lie import SL, SO, GLp

    name = text.strip()
    if name.lower() in ("scale", "scaling"):
        return candidate(name, Scaling(dimension))
    found = _NAME.fullmatch(name)
    if not found:
        near = nearest_name(name, ("O2_xy", "O2_yz", "O2_xz", "SO2_xy", "SO2_yz", "SO2_xz", "O3", "SO3", "Scale", "S3"))
        hint = f"did you mean {near}? " if near else ""
        raise UnknownNameError(
            f"no candidate is called {name!r}; {hint}names are O2_xy, SO2_xz, O3, SO3, SL3, Scale, S4 and their like"
        )
    kind, n, axes = found[1], int(found[2]), found[3]
    if kind == "S":
        return candidate(name, symmetric(n))
    group = {"O": O, "SO": SO, "SL": SL, "GL": GLp}[kind](n)
    if axes is None:
        return candidate(name, group)
    if len(axes) != n or len(set(axes)) != n:
        raise InputError(f"{name!r}: {kind}({n}) acts on {n} different axes; write {kind}{n}_{_AXES[:n] or 'xy'}")
    places = [_AXES.index(a) for a in axes]
    return candidate(name, embed(group, max(dimension, *(p + 1 for p in places)), places))
