"""What one kind of particle or spin brings to the algebra: its modes, and the product of two normal-ordered monomials.

A *part* is the hashable canonical form of a monomial in the operators of one species (bit masks, exponents, ...). The
algebra of a sum needs four things of a species: the product of two parts as a sum of parts in closed form, the adjoint
of a part, its fermionic parity, and its factors for people and other programs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from symmeter.errors import InputError, InputTypeError, UnknownNameError, nearest_name
from symmeter.quantum.ops.coefficients import Coefficient
from symmeter.quantum.ops.index_forms import Index

__all__ = ["Factor", "Part", "Parts", "Species"]

#: Canonical form of a monomial of one species.
Part = Any
#: A sum of parts.
Parts = Sequence[tuple[Coefficient, Part]]
#: A factor of a monomial: its name ("cd", "Sz", ...) and its mode.
Factor = tuple[str, int]


#: Fermions, Pauli and Majorana products are masks with one bit for each mode.
_LARGEST_SITE = 10_000_000


class Species(ABC):
    """A named family of operators, one set for each mode.

    Parameters
    ----------
    name : str
        The letter people write, such as ``"c"``. Two species of one name must be equal.
    flavours : sequence or str, optional
        Labels of the states of a site (``["up", "dn"]`` or ``"up dn"``); modes are then labelled ``(site, flavour)``.
    sites : int or sequence, optional
        Number of sites, or their labels. Modes are numbered in blocks, all sites of the first flavour first. When
        omitted, sites are 0, 1, 2, ... without end and the flavours of a site stand together.
    periodic : bool
        Whether the site after the last one is the first (``sites`` must be a number).
    """

    #: Whether an operator of the species changes the fermionic parity.
    fermionic: bool = False
    #: The letter when the caller gives none.
    letter: str = "A"
    #: Kinds of the generators, in normal order.
    kinds: tuple[str, ...] = ()
    #: The part without operators.
    identity: Any = ()

    def __init__(
        self,
        flavours: Sequence[Hashable] | None = None,
        sites: int | Sequence[Hashable] | None = None,
        *,
        name: str | None = None,
        periodic: bool = False,
    ) -> None:
        self.name = self.letter if name is None else name
        if not isinstance(self.name, str) or not self.name:
            raise InputTypeError(f"the name of a species is the letter that people write; got {name!r}")
        if isinstance(flavours, str):
            flavours = flavours.replace(",", " ").split()
        if isinstance(flavours, int):
            raise InputTypeError(f"flavours are labels such as ['up', 'dn']; for {flavours} sites say sites={flavours}")
        self.flavours = tuple(flavours) if flavours is not None else ()
        self.sites: int | tuple[Hashable, ...] | None
        self.sites = sites if sites is None or isinstance(sites, int) else tuple(sites)
        self.periodic = bool(periodic)
        if isinstance(self.sites, bool) or (isinstance(self.sites, int) and self.sites < 1):
            raise InputError(f"{self.name} has {self.sites} sites; there must be at least one")
        if self.periodic and not isinstance(self.sites, int):
            raise InputError(f"a periodic species needs its number of sites; {self.name} has none")
        for what, labels in (("flavours", self.flavours), ("sites", self.sites)):
            if isinstance(labels, tuple) and len(set(labels)) < max(1, len(labels)) and (labels or what == "sites"):
                raise InputError(f"the {what} of {self.name} must be different labels; got {labels!r}"[:200])
        self._number = {s: k for k, s in enumerate(self.sites)} if isinstance(self.sites, tuple) else None

    @property
    def signature(self) -> tuple[Any, ...]:
        """What makes two species equal."""
        return (type(self).__name__, self.name, self.flavours, self.sites, self.periodic)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Species) and (self is other or self.signature == other.signature)

    def __hash__(self) -> int:
        return hash(self.signature)

    def __repr__(self) -> str:
        inside = [repr(list(self.flavours))] if self.flavours else []
        inside += [f"sites={self.sites!r}"] if self.sites is not None else []
        return f"{type(self).__name__}({', '.join([*inside, f'name={self.name!r}'])})"

    @property
    def number_of_modes(self) -> int | None:
        """How many modes there are; None without end."""
        if self.sites is None:
            return None
        return (self.sites if isinstance(self.sites, int) else len(self.sites)) * max(1, len(self.flavours))

    def mode(self, *labels: Any) -> int:
        """Number of the mode with these labels: a site, or a site and a flavour.

        Raises
        ------
        InputError
            If there is no such site.
        UnknownNameError
            If there is no such flavour; the text proposes the nearest one.
        """
        wanted = 2 if self.flavours else 1
        if len(labels) == 1 and isinstance(labels[0], tuple) and self._number is None:
            labels = labels[0]
        if wanted == 2 and len(labels) == 1 and self.sites == 1:
            labels = (0, *labels)
        if len(labels) != wanted:
            flavour = f" and a flavour of {', '.join(map(str, self.flavours))}" if self.flavours else ""
            raise InputError(f"an operator of {self.name} takes a site{flavour}; got {labels!r}"[:200])
        site = self._site(labels[0])
        return site if not self.flavours else self._flavoured(site, labels[-1])

    def _flavoured(self, site: int, label: Any) -> int:
        try:
            flavour = self.flavours.index(label)
        except ValueError:
            near = nearest_name(str(label), [str(f) for f in self.flavours], cutoff=0.5)
            right = f"did you mean {near}?" if near else f"there are {', '.join(map(str, self.flavours))}"
            raise UnknownNameError(f"{self.name} has no flavour {label!r}; {right}") from None
        if self.sites is None:
            return site * len(self.flavours) + flavour
        return flavour * (self.sites if isinstance(self.sites, int) else len(self.sites)) + site

    def _site(self, label: Hashable) -> int:
        if self._number is not None:
            if label in self._number:
                return self._number[label]
            raise InputError(
                f"{self.name} has no site {label!r}; its sites are {', '.join(map(str, self._number))}"[:200]
            )
        try:
            site = label.__index__()  # type: ignore[attr-defined]
        except AttributeError:
            raise InputTypeError(f"a site of {self.name} is a number from 0 on; got {label!r}"[:200]) from None
        if abs(site) > _LARGEST_SITE:
            raise InputError(f"the site {str(site)[:30]} of {self.name} is too large; the largest is {_LARGEST_SITE}")
        if self.periodic:
            assert isinstance(self.sites, int)
            return site % self.sites
        if site < 0 or (isinstance(self.sites, int) and site >= self.sites):
            last = "" if self.sites is None else f" to {self.sites - 1}" if isinstance(self.sites, int) else ""
            raise InputError(f"{self.name} has no site {site}; its sites are 0{last}{'' if last else ', 1, 2, ...'}")
        return site

    def label(self, mode: int) -> Any:
        """The label of a mode: its site, or the pair of site and flavour."""
        if not self.flavours:
            return mode if not isinstance(self.sites, tuple) else self.sites[mode]
        if self.sites is None:
            site, flavour = divmod(mode, len(self.flavours))
        else:
            flavour, site = divmod(mode, self.sites if isinstance(self.sites, int) else len(self.sites))
        return (site if not isinstance(self.sites, tuple) else self.sites[site], self.flavours[flavour])

    def _make(self, kind: str, labels: tuple[Any, ...]) -> Any:
        """A generator: an Operator for labels of modes, an Expression when an index is among them."""
        if any(isinstance(x, Index) for x in labels):
            from symmeter.quantum.ops.expression import Expression

            return Expression.letter(self, kind, labels)
        return self._sum(self.generator(kind, self.mode(*labels)))

    def _sum(self, parts: Parts) -> Any:
        from symmeter.quantum.ops.operator import Operator

        return Operator.of_parts(self, parts)

    def indexed(self, *names: str, range: str = "site") -> Any:
        """The same species for reading LaTeX with these names of indices."""
        from symmeter.quantum.ops.latex_names import IndexedSpecies

        return IndexedSpecies(self, tuple(n for name in names for n in name.split()), range)

    @abstractmethod
    def generator(self, kind: str, mode: int) -> Parts:
        """A single operator as a sum of parts."""

    @abstractmethod
    def multiply(self, left: Any, right: Any) -> Parts:
        """The product of two parts, in closed form."""

    @abstractmethod
    def adjoint(self, part: Any) -> Parts:
        """The Hermitian conjugate of a part."""

    @abstractmethod
    def factors(self, part: Any) -> tuple[Factor, ...]:
        """The operators of a part from left to right."""

    def parity(self, part: Any) -> int:
        """0 for even, 1 for odd in fermion operators."""
        return 0

    def modes(self, part: Any) -> Iterable[int]:
        """The modes on which a part acts."""
        return {mode for _, mode in self.factors(part)}

    @abstractmethod
    def symbol(self, kind: str, mode: str) -> str:
        """LaTeX of a generator whose indices are already LaTeX."""

    def text(self, kind: str, mode: int) -> str:
        """A generator as plain text."""
        label = self.label(mode)
        inside = ",".join(map(str, label)) if isinstance(label, tuple) else str(label)
        return f"{kind}[{inside}]"


@lru_cache(maxsize=4096)
def bits(mask: int) -> tuple[int, ...]:
    """Positions of the set bits of a mask, ascending."""
    out = []
    while mask:
        low = mask & -mask
        out.append(low.bit_length() - 1)
        mask ^= low
    return tuple(out)
