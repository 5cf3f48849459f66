"""Hilbert spaces of many sites: which levels each site has, how basis states are coded, and what that would weigh.

Site 0 is the leftmost factor. A basis state is one integer: the levels of the sites in bit fields, site 0 in the most
significant one, so that sorted codes are the order of the Kronecker product. Fermion modes are ordered as the sites
are: ``|n> = (cd_0)^n0 (cd_1)^n1 ... |0>``. Spinful fermions come in blocks, all up modes before all down modes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from jaxtyping import Int

from symmeter.errors import InputError, UnknownNameError, nearest_name
from symmeter.quantum.ed.local_space import (
    Charge,
    LocalSpace,
    boson_site,
    clock_site,
    colour_site,
    fermion_mode,
    spin_site,
)

__all__ = ["HilbertSpace", "memory_budget", "readable_bytes"]

_MAX_BITS = 62


def memory_budget() -> int:
    """Bytes that a basis, matrix or vector may take: three quarters of the memory that is there, at most 64 GiB."""
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        total = 8 << 30
    return int(min(0.75 * total, 64 << 30))


def readable_bytes(number: float) -> str:
    """A size for people.

    Examples
    --------
    >>> readable_bytes(3 * 2**30), readable_bytes(1500)
    ('3.0 GiB', '1.5 KiB')
    """
    for unit in ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"):
        if number < 1024 or unit == "EiB":
            return f"{number:.0f} B" if unit == "B" else f"{number:{'.1f' if number < 1e4 else '.3g'}} {unit}"
        number /= 1024
    raise AssertionError


@dataclass(frozen=True)
class HilbertSpace:
    """A tensor product of sites, perhaps without some of its states.

    Attributes
    ----------
    sites : tuple of LocalSpace
        Site (or fermion mode) 0 first.
    exclusive : tuple of pairs of int
        Disjoint pairs of sites of which one at least is at level 0: t-J models forbid double occupancy this way.
    labels : tuple
        What terms may call the sites besides their number: ``(i, "up")`` for spinful fermions.

    Examples
    --------
    >>> HilbertSpace.spins(4, 1).dimension, HilbertSpace.tj(4).dimension
    (81, 81)
    >>> HilbertSpace.spinful_fermions(2).site((0, "dn"))
    2
    """

    sites: tuple[LocalSpace, ...]
    exclusive: tuple[tuple[int, int], ...] = ()
    labels: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        if not self.sites:
            raise InputError("a Hilbert space needs a site at least")
        if not all(isinstance(s, LocalSpace) for s in self.sites):
            raise InputError("sites are LocalSpace values, such as spin_site(1/2) or boson_site(3)")
        bits = sum(s.bits for s in self.sites)
        if bits > _MAX_BITS:
            raise InputError(
                f"the {len(self.sites)} sites need {bits} bits a basis state; exact diagonalisation here takes up to "
                f"{_MAX_BITS}: fewer sites, or fewer levels a site"
            )
        paired = [i for pair in self.exclusive for i in pair]
        if len(set(paired)) < len(paired) or any(not 0 <= i < len(self.sites) for i in paired):
            raise InputError("exclusive pairs are pairs of different sites, each site in one pair at most")
        if self.labels and len(self.labels) != len(self.sites):
            raise InputError(f"{len(self.labels)} labels for {len(self.sites)} sites")

    # Ways in ---------------------------------------------------------------------------------------------------------

    @classmethod
    def spins(cls, number: int, spin: Fraction | float | str = Fraction(1, 2)) -> HilbertSpace:
        """Spins S."""
        return cls((spin_site(spin),) * _positive(number))

    @classmethod
    def fermions(cls, number: int) -> HilbertSpace:
        """Fermion modes without spin."""
        return cls((fermion_mode(),) * _positive(number))

    @classmethod
    def spinful_fermions(cls, number: int) -> HilbertSpace:
        """Fermions with spin 1/2: modes (0, "up"), (1, "up"), ..., then (0, "dn"), (1, "dn"), ..."""
        labels = tuple((i, s) for s in ("up", "dn") for i in range(_positive(number)))
        return cls((fermion_mode("up"),) * number + (fermion_mode("dn"),) * number, labels=labels)

    @classmethod
    def tj(cls, number: int) -> HilbertSpace:
        """Fermions with spin 1/2 and at most one of them on a site; operators are projected on these states."""
        free = cls.spinful_fermions(number)
        return cls(free.sites, tuple((i, number + i) for i in range(number)), free.labels)

    @classmethod
    def bosons(cls, number: int, nmax: int) -> HilbertSpace:
        """Bosons, at most ``nmax`` on a site."""
        return cls((boson_site(nmax),) * _positive(number))

    @classmethod
    def clocks(cls, number: int, q: int) -> HilbertSpace:
        """Clock sites of q levels."""
        return cls((clock_site(q),) * _positive(number))

    @classmethod
    def colours(cls, number: int, colours: int) -> HilbertSpace:
        """The fundamental representation of SU(N) on every site."""
        return cls((colour_site(colours),) * _positive(number))

    def __mul__(self, other: HilbertSpace) -> HilbertSpace:
        """Tensor product, this space's sites first: spins beside bosons, and so on."""
        exclusive = (*self.exclusive, *((i + self.number, j + self.number) for i, j in other.exclusive))
        labels = ()
        if self.labels or other.labels:
            mine = self.labels or tuple(range(len(self.sites)))
            theirs = other.labels or tuple(range(len(other.sites)))
            labels = (*(("left", x) for x in mine), *(("right", x) for x in theirs))
        return HilbertSpace(self.sites + other.sites, exclusive, labels)

    # What it is ------------------------------------------------------------------------------------------------------

    @property
    def number(self) -> int:
        """Number of sites (of modes, for fermions)."""
        return len(self.sites)

    @cached_property
    def dimension(self) -> int:
        """Number of basis states, exactly."""
        pairs = {i: (self.sites[i].levels, self.sites[j].levels) for i, j in self.exclusive}
        second = {j for _, j in self.exclusive}
        free = prod(s.levels for i, s in enumerate(self.sites) if i not in pairs and i not in second)
        return free * prod(a + b - 1 for a, b in pairs.values())

    @property
    def is_constrained(self) -> bool:
        """Whether states of the tensor product are left out."""
        return bool(self.exclusive)

    @cached_property
    def bits(self) -> int:
        """Bits of a code."""
        return sum(s.bits for s in self.sites)

    @cached_property
    def shifts(self) -> Int[np.ndarray, " sites"]:
        """Position of the lowest bit of each site's field."""
        widths = np.array([s.bits for s in self.sites])
        return np.cumsum(widths[::-1])[::-1] - widths

    @cached_property
    def masks(self) -> Int[np.ndarray, " sites"]:
        """``2^bits - 1`` of each site."""
        return np.array([(1 << s.bits) - 1 for s in self.sites], dtype=np.int64)

    @cached_property
    def _numbers(self) -> dict[Any, int]:
        return {label: i for i, label in enumerate(self.labels)}

    def site(self, label: Any) -> int:
        """Number of a site that is given by its number or its label.

        Raises
        ------
        InputError
            If there is none.
        """
        if isinstance(label, (int, np.integer)) and not isinstance(label, bool):
            if 0 <= label < self.number:
                return int(label)
            raise InputError(f"there is no site {label}; sites are numbered 0..{self.number - 1}")
        key = tuple(label) if isinstance(label, list) else label
        try:
            return self._numbers[key]
        except (KeyError, TypeError):
            known = ", ".join(map(str, self.labels[:3])) + ", ..." if self.labels else f"0..{self.number - 1}"
            raise InputError(f"there is no site {label!r}; sites are {known}") from None

    def levels(self, codes: Int[np.ndarray, " n"]) -> Int[np.ndarray, "n sites"]:
        """Level of every site in each basis state.

        Examples
        --------
        >>> HilbertSpace.spins(3).levels(np.array([0, 1, 6])).tolist()
        [[0, 0, 0], [0, 0, 1], [1, 1, 0]]
        """
        codes = np.asarray(codes, dtype=np.int64)
        return (codes[..., None] >> self.shifts) & self.masks

    def codes(self, levels: Int[np.ndarray, "n sites"]) -> Int[np.ndarray, " n"]:
        """Codes of basis states that are given by the level of each site."""
        levels = np.asarray(levels, dtype=np.int64)
        if levels.shape[-1] != self.number:
            raise InputError(f"a basis state has {self.number} levels, one a site; got {levels.shape[-1]}")
        largest = np.array([s.levels for s in self.sites])
        if (levels < 0).any() or (levels >= largest).any():
            raise InputError("a level is negative or too large for its site")
        return (levels << self.shifts).sum(axis=-1)

    # Charges ---------------------------------------------------------------------------------------------------------

    @cached_property
    def charge_names(self) -> tuple[str, ...]:
        """Additive quantum numbers that some site carries."""
        return tuple(dict.fromkeys(name for s in self.sites for name in s.charges))

    def charge(self, name: str) -> tuple[tuple[Charge | None, ...], Fraction, int]:
        """A quantum number as the charges of all sites (None where a site has none), with its unit and modulus.

        Raises
        ------
        UnknownNameError
            If no site carries it.
        """
        if name not in self.charge_names:
            near = nearest_name(name, self.charge_names)
            raise UnknownNameError(
                f"no site carries a charge {name!r}"
                + (f"; did you mean {near!r}?" if near else "")
                + f" The charges are {', '.join(self.charge_names)}"
            )
        found = tuple(s.charges.get(name) for s in self.sites)
        kinds = {(c.unit, c.modulus) for c in found if c is not None}
        if len(kinds) > 1:
            raise InputError(
                f"the sites count the charge {name!r} in different units or moduli: {sorted(map(str, kinds))}"
            )
        unit, modulus = kinds.pop()
        return found, unit, modulus

    def charge_units(self, charges: Mapping[str, Any]) -> dict[str, int]:
        """Totals in whole units: ``{"Sz": 1/2}`` becomes ``{"Sz": 1}``.

        Raises
        ------
        InputError
            If a total is no multiple of the unit.
        """
        units: dict[str, int] = {}
        for name, total in charges.items():
            _, unit, modulus = self.charge(name)
            try:
                exact = Fraction(total).limit_denominator(1000) / unit
            except (TypeError, ValueError, ZeroDivisionError, OverflowError):
                raise InputError(f"the total of {name!r} must be a number; got {total!r}") from None
            if exact.denominator != 1:
                raise InputError(f"the total of {name!r} is a multiple of {unit}; got {total!r}")
            units[name] = int(exact) % modulus if modulus else int(exact)
        return units

    def __repr__(self) -> str:
        kinds = list(dict.fromkeys((s.kind, s.levels) for s in self.sites))
        what = ", ".join(
            f"{sum((s.kind, s.levels) == k for s in self.sites)} {k[0]} {'modes' if k[0] == 'fermion' else 'sites'} of "
            f"{k[1]} levels"
            for k in kinds
        )
        return f"HilbertSpace({what}; {self.dimension} states)"


def _positive(number: int) -> int:
    if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < 1:
        raise InputError(f"the number of sites must be a whole number >= 1; got {number!r}")
    return int(number)
