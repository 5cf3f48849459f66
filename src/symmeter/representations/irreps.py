"""Irreducible representations of O(3) and lists of them with multiplicities, in e3nn's notation: ``16x0e + 8x1o``.

An irrep is a degree l and a parity, e for even (+1) and o for odd (-1) under inversion. These are values without data:
they say how the last axis of an array is cut into blocks, in ``mul_ir`` layout and in the order written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from symmeter.errors import InputError, InputTypeError, ShapeError
from symmeter.linalg.array_namespace import is_torch, namespace_of

if TYPE_CHECKING:
    from symmeter.representations.representation import Representation

__all__ = ["Irrep", "Irreps", "MulIrrep", "SortedIrreps"]

_PARITY = {"e": 1, "o": -1}
_TERM = re.compile(r"\s*(?:(\d+)\s*x\s*)?(\d+)([eoy])\s*")
# A typed list is never longer; the cap keeps a text from outside from asking for all the memory.
_MAX_TEXT, _MAX_NUMBER = 100_000, 10**9


@dataclass(frozen=True)
class Irrep:
    """One irreducible representation of O(3).

    Attributes
    ----------
    l : int
        Degree; the dimension is 2l+1.
    p : {1, -1}
        Parity under inversion.

    Examples
    --------
    >>> Irrep.parse("1o").dim, str(Irrep(2, 1))
    (3, '2e')
    >>> [str(ir) for ir in Irrep.parse("1o") * Irrep.parse("1o")]
    ['0e', '1e', '2e']
    """

    l: int  # noqa: E741
    p: int

    def __post_init__(self) -> None:
        if isinstance(self.l, bool) or not isinstance(self.l, (int, np.integer)) or self.l < 0:
            raise InputError(f"the degree of an irrep is {self.l!r}; it must be a whole number >= 0")
        if self.p not in (1, -1):
            raise InputError(f"the parity of an irrep is {self.p!r}; it must be 1 (even, e) or -1 (odd, o)")
        object.__setattr__(self, "l", int(self.l))
        object.__setattr__(self, "p", int(self.p))

    @staticmethod
    def parse(text: str | Irrep) -> Irrep:
        """Read ``"1o"``; ``"2y"`` has the parity (-1)^l of the spherical harmonics."""
        if isinstance(text, Irrep):
            return text
        found = re.fullmatch(r"\s*(\d{1,9})([eoy])\s*", text) if isinstance(text, str) else None
        if found is None:
            raise InputError(f"{text!r} is not an irrep; write a degree and e (even) or o (odd), such as 1o")
        degree = int(found[1])
        return Irrep(degree, (-1) ** degree if found[2] == "y" else _PARITY[found[2]])

    @property
    def dim(self) -> int:
        """2l + 1."""
        return 2 * self.l + 1

    def is_scalar(self) -> bool:
        """Whether it is 0e."""
        return self.l == 0 and self.p == 1

    def _key(self) -> tuple[int, int]:
        # e3nn's order: 0o 0e 1o 1e 2o 2e ...
        return self.l, self.p

    def __lt__(self, other: Irrep) -> bool:
        return self._key() < other._key()

    def __mul__(self, other: Irrep | str) -> tuple[Irrep, ...]:
        """The irreps in the tensor product, smallest degree first."""
        other = Irrep.parse(other)
        return tuple(Irrep(ell, self.p * other.p) for ell in range(abs(self.l - other.l), self.l + other.l + 1))

    def D(self, rotation: Any, axis: str = "y") -> Any:
        """Matrices ``(..., 2l+1, 2l+1)`` of rotations and rotary reflections ``(..., 3, 3)``."""
        from symmeter.representations.wigner import wigner_D

        matrix = wigner_D(self.l, rotation, axis=axis)
        if self.p == (-1) ** self.l:
            return matrix
        xp = namespace_of(matrix)
        r = rotation if is_torch(rotation) else np.asarray(rotation, dtype=float)
        return matrix * xp.sign(xp.linalg.det(r))[..., None, None]

    def __str__(self) -> str:
        return f"{self.l}{'e' if self.p == 1 else 'o'}"

    def __repr__(self) -> str:
        return str(self)


class MulIrrep(NamedTuple):
    """A multiplicity and an irrep."""

    mul: int
    ir: Irrep

    @property
    def dim(self) -> int:
        """Multiplicity times 2l+1."""
        return self.mul * self.ir.dim

    def __str__(self) -> str:
        return f"{self.mul}x{self.ir}"


class SortedIrreps(NamedTuple):
    """What :meth:`Irreps.sort` gives: new block n was block ``inverse[n]``, old block n went to ``permutation[n]``."""

    irreps: Irreps
    permutation: tuple[int, ...]
    inverse: tuple[int, ...]


class Irreps(tuple[MulIrrep, ...]):
    """A direct sum of irreps with multiplicities.

    Parameters
    ----------
    irreps : str, Irrep, Irreps, or iterable of pairs (multiplicity, irrep)

    Examples
    --------
    >>> irreps = Irreps("16x0e + 8x1o")
    >>> irreps, irreps.dim, irreps.slices()
    (16x0e+8x1o, 40, [slice(0, 16, None), slice(16, 40, None)])
    >>> Irreps("1o+0e+1o").sort().irreps.simplify()
    1x0e+2x1o
    """

    __slots__ = ()

    def __new__(cls, irreps: str | Irrep | Iterable[Any] = ()) -> Irreps:
        if isinstance(irreps, Irreps):
            return irreps
        if isinstance(irreps, Irrep):
            return super().__new__(cls, (MulIrrep(1, irreps),))
        if isinstance(irreps, str):
            return super().__new__(cls, _parse(irreps))
        try:
            return super().__new__(cls, tuple(_term(item) for item in irreps))
        except TypeError:
            raise InputTypeError(
                f"{irreps!r} is not a list of irreps; write '16x0e+8x1o' or pairs (multiplicity, irrep)"
            ) from None

    @staticmethod
    def spherical_harmonics(degree: int, p: int = -1) -> Irreps:
        """One irrep per degree 0..``degree``; parity p^l (polar vectors by default).

        Examples
        --------
        >>> Irreps.spherical_harmonics(3)
        1x0e+1x1o+1x2e+1x3o
        """
        return Irreps([(1, (ell, p**ell)) for ell in range(degree + 1)])

    @property
    def dim(self) -> int:
        """Length of a vector with these blocks."""
        return sum(term.dim for term in self)

    @property
    def num_irreps(self) -> int:
        """Sum of the multiplicities."""
        return sum(mul for mul, _ in self)

    @property
    def lmax(self) -> int:
        """Largest degree.

        Raises
        ------
        InputError
            If the list is empty.
        """
        if not self:
            raise InputError("an empty list of irreps has no largest degree")
        return max(ir.l for _, ir in self)

    @property
    def ls(self) -> list[int]:
        """The degree of every copy."""
        return [ir.l for mul, ir in self for _ in range(mul)]

    def slices(self) -> list[slice]:
        """Where each block stands along the last axis."""
        ends = np.cumsum([0, *(term.dim for term in self)])
        return [slice(int(a), int(b)) for a, b in pairwise(ends)]

    def count(self, irrep: str | Irrep) -> int:  # type: ignore[override]
        """Total multiplicity of an irrep.

        Examples
        --------
        >>> Irreps("2x1o+0e+3x1o").count("1o")
        5
        """
        wanted = Irrep.parse(irrep)
        return sum(mul for mul, ir in self if ir == wanted)

    def simplify(self) -> Irreps:
        """Join neighbours of one kind and drop empty ones; the order stays, and so does the layout."""
        out: list[MulIrrep] = []
        for mul, ir in self:
            if out and out[-1].ir == ir:
                out[-1] = MulIrrep(out[-1].mul + mul, ir)
            elif mul:
                out.append(MulIrrep(mul, ir))
        return Irreps(out)

    def remove_zero_multiplicities(self) -> Irreps:
        """Without empty blocks."""
        return Irreps([term for term in self if term.mul])

    def sort(self) -> SortedIrreps:
        """Blocks in the order 0o 0e 1o 1e 2o 2e ... (e3nn's), and how they moved."""
        inverse = sorted(range(len(self)), key=lambda n: (self[n].ir._key(), n))
        permutation = [0] * len(inverse)
        for new, old in enumerate(inverse):
            permutation[old] = new
        return SortedIrreps(Irreps([self[n] for n in inverse]), tuple(permutation), tuple(inverse))

    def regroup(self) -> Irreps:
        """Sorted and simplified."""
        return self.sort().irreps.simplify()

    def filter(self, keep: str | Irreps | Iterable[Any]) -> Irreps:
        """Only the blocks of the kinds in ``keep``."""
        kinds = {ir for _, ir in Irreps(keep)}
        return Irreps([term for term in self if term.ir in kinds])

    def tensor_product(self, other: str | Irreps) -> Irreps:
        """The irreps of the tensor product, regrouped.

        Examples
        --------
        >>> Irreps("2x0e+1o").tensor_product("1o")
        1x0e+2x1o+1x1e+1x2e
        """
        terms = [(a * b, ir) for a, x in self for b, y in Irreps(other) for ir in x * y]
        return Irreps(terms).regroup()

    def sort_indices(self) -> Int[np.ndarray, " d"]:
        """Positions that bring a vector of this layout into that of ``sort().irreps``: ``x[..., indices]``."""
        blocks = [np.arange(s.start, s.stop) for s in self.slices()]
        return np.concatenate([blocks[n] for n in self.sort().inverse] or [np.zeros(0, dtype=int)])

    def layout_indices(self, source: str = "mul_ir", target: str = "ir_mul") -> Int[np.ndarray, " d"]:
        """Positions that turn one layout of the blocks into another: ``x[..., indices]``.

        ``mul_ir`` runs through the 2l+1 components fastest, ``ir_mul`` through the copies.

        Examples
        --------
        >>> Irreps("2x1o").layout_indices()
        array([0, 3, 1, 4, 2, 5])
        """
        for layout in (source, target):
            if layout not in ("mul_ir", "ir_mul"):
                raise InputError(f"layout is {layout!r}; it must be 'mul_ir' or 'ir_mul'")
        parts = []
        for term, where in zip(self, self.slices()):
            block = np.arange(where.start, where.stop)
            if source != target:
                shape = (term.mul, term.ir.dim) if source == "mul_ir" else (term.ir.dim, term.mul)
                block = block.reshape(shape).T.reshape(-1)
            parts.append(block)
        return np.concatenate(parts or [np.zeros(0, dtype=int)])

    def split(self, x: Any) -> list[Any]:
        """Blocks ``(..., mul, 2l+1)`` of an array in ``mul_ir`` layout."""
        if x.shape[-1] != self.dim:
            raise ShapeError(f"the last axis has {x.shape[-1]} entries; {self} has dimension {self.dim}")
        return [x[..., s].reshape(*x.shape[:-1], t.mul, t.ir.dim) for t, s in zip(self, self.slices())]

    def D(self, rotation: Any, axis: str = "y") -> Any:
        """Block-diagonal matrices ``(..., dim, dim)`` of rotations and rotary reflections ``(..., 3, 3)``.

        Examples
        --------
        >>> Irreps("0o+1o").D(-np.eye(3)).diagonal()
        array([-1., -1., -1., -1.])
        """
        r: Any = rotation if is_torch(rotation) else np.asarray(rotation, dtype=float)
        xp = namespace_of(r)
        out = (
            r.new_zeros((*r.shape[:-2], self.dim, self.dim))
            if is_torch(r)
            else np.zeros((*r.shape[:-2], self.dim, self.dim))
        )
        matrices: dict[Irrep, Any] = {}
        position = 0
        for mul, ir in self:
            if mul and ir not in matrices:
                matrices[ir] = ir.D(r, axis)
            for _ in range(mul):
                out[..., position : position + ir.dim, position : position + ir.dim] = matrices[ir]
                position += ir.dim
        return out if xp is not np else out + 0.0

    def generators(self, axis: str = "y") -> Float[np.ndarray, "3 d d"]:
        """The skew matrices of infinitesimal rotations about x, y and z: ``D(exp(t J)) = exp(t generators)``."""
        from symmeter.representations.rotation_algebra import rotation_generators

        out = np.zeros((3, self.dim, self.dim))
        position = 0
        for mul, ir in self:
            block = rotation_generators(ir.l, axis)
            for _ in range(mul):
                out[:, position : position + ir.dim, position : position + ir.dim] = block
                position += ir.dim
        return out

    def representation(self, axis: str = "y") -> Representation:
        """The representation of O(3): infinitesimal rotations and the inversion."""
        from symmeter.representations.representation import Representation

        parity = np.concatenate([np.full(mul * ir.dim, float(ir.p)) for mul, ir in self] or [np.zeros(0)])
        return Representation(algebra=tuple(self.generators(axis)), discrete=(np.diag(parity),), name=str(self))

    def __contains__(self, irrep: object) -> bool:
        if isinstance(irrep, (str, Irrep)):
            wanted = Irrep.parse(irrep)
            return any(ir == wanted and mul for mul, ir in self)
        return super().__contains__(irrep)

    def __add__(self, other: Any) -> Irreps:  # type: ignore[override]
        return Irreps((*self, *Irreps(other)))

    def __mul__(self, times: Any) -> Irreps:  # type: ignore[override]
        """The list repeated; for products of irreps use :meth:`tensor_product`."""
        if isinstance(times, (str, Irreps, Irrep)):
            raise InputTypeError("the product of two lists of irreps is .tensor_product(other)")
        return Irreps(super().__mul__(times))

    __rmul__ = __mul__

    def __getitem__(self, index: Any) -> Any:
        item = super().__getitem__(index)
        return Irreps(item) if isinstance(index, slice) else item

    def __iter__(self) -> Iterator[MulIrrep]:
        return super().__iter__()

    def __str__(self) -> str:
        return "+".join(str(term) for term in self)

    def __repr__(self) -> str:
        return str(self)


def _term(item: Any) -> MulIrrep:
    if isinstance(item, (str, Irrep)):
        found = Irreps(item)
        if len(found) != 1:
            raise InputError(f"{item!r} stands for {len(found)} irreps; give one a piece")
        return found[0]
    mul, ir = item
    if isinstance(mul, bool) or not isinstance(mul, (int, np.integer)) or mul < 0:
        raise InputError(f"the multiplicity of {ir} is {mul!r}; it must be a whole number >= 0")
    return MulIrrep(int(mul), Irrep(*ir) if isinstance(ir, tuple) else Irrep.parse(ir))


def _parse(text: str) -> tuple[MulIrrep, ...]:
    if len(text) > _MAX_TEXT:
        raise InputError(f"the text of irreps has {len(text)} characters; at most {_MAX_TEXT} are read")
    if not text.strip():
        return ()
    terms, position = [], 0
    for part in text.split("+"):
        found = _TERM.fullmatch(part)
        if found is None:
            raise InputError(
                f"cannot read {part.strip()!r} at character {position + 1} of {text[:60]!r}; "
                "write terms such as 8x1o (8 odd vectors) joined by +"
            )
        mul, degree = int(found[1] or 1), int(found[2])
        if max(mul, degree) > _MAX_NUMBER:
            raise InputError(f"{part.strip()!r} is larger than {_MAX_NUMBER}; check the multiplicity and the degree")
        parity = (-1) ** degree if found[3] == "y" else _PARITY[found[3]]
        terms.append(MulIrrep(mul, Irrep(degree, parity)))
        position += len(part) + 1
    return tuple(terms)
