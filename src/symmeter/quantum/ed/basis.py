"""Bases of product states with given totals of the conserved charges, and the place of a state in them in two look-ups.

A code is cut into a high and a low part. For a given high part the low parts that bring the charges to their totals are
a fixed list, so that the place of a state is ``offset[high] + place[low]`` (Lin, Phys. Rev. B 42, 6561, 1990, for any
number of additive charges).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from symmeter.errors import InputError
from symmeter.quantum.ed.hilbert import HilbertSpace, memory_budget, readable_bytes
from symmeter.quantum.ed.site_charges import SiteCharges

__all__ = ["ProductBasis"]

#: Widest half of a code for which places are tabulated (64 MB each).
_TABLE_BITS = 24


@dataclass(frozen=True, eq=False)
class ProductBasis:
    """All product states of a space with given charges, in the order of their codes.

    Parameters
    ----------
    space : HilbertSpace
    charges : mapping from names to totals
        Such as ``{"Sz": 0}``, ``{"Nup": 3, "Ndn": 3}`` or, for clock sites, ``{"Q": 1}`` (modulo q).
    keep : callable, optional
        Takes levels of shape (n, sites) to a Boolean array: a further constraint, such as no two excited neighbours.
        Hamiltonians are projected on the states that are kept.

    Raises
    ------
    InputError
        If no state has these charges, or there are more states than memory holds; the text gives the size and proposes
        charges or sectors.

    Examples
    --------
    >>> basis = ProductBasis(HilbertSpace.spins(4), {"Sz": 0})
    >>> basis.size, basis.codes.tolist(), basis.rank(np.array([3, 5, 15])).tolist()
    (6, [3, 5, 6, 9, 10, 12], [0, 1, -1])
    """

    space: HilbertSpace
    charges: Mapping[str, Any] = field(default_factory=dict)
    keep: Callable[[Int[np.ndarray, "n sites"]], Bool[np.ndarray, " n"]] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "charges", dict(self.charges))
        object.__setattr__(self, "_units", self.space.charge_units(self.charges))
        if self.unconstrained_size == 0:
            raise InputError(
                f"no state of {self.space!r} has {self._charge_text()}; totals must be within reach of the sites"
            )
        if self.size == 0:
            raise InputError("no state is left by keep= or by the exclusion of double occupancy")

    _units: dict[str, int] = field(init=False, repr=False, default_factory=dict)

    def _charge_text(self) -> str:
        return ", ".join(f"{name} = {total}" for name, total in self.charges.items()) or "any charges"

    # Counting and listing ---------------------------------------------------------------------------------------------

    @cached_property
    def _charges_of_sites(self) -> SiteCharges:
        return SiteCharges(self.space, self._units)

    @cached_property
    def unconstrained_size(self) -> int:
        """Number of states before ``keep`` and exclusions; known without listing them."""
        return self._charges_of_sites.number_of_states

    @property
    def size(self) -> int:
        """Number of states."""
        return len(self.codes) if self.is_constrained else self.unconstrained_size

    @property
    def is_constrained(self) -> bool:
        """Whether states with the right charges are left out, so that Hamiltonians are projected."""
        return self.keep is not None or self.space.is_constrained

    def __len__(self) -> int:
        return self.size

    @cached_property
    def codes(self) -> Int[np.ndarray, " size"]:
        """Codes of the states, increasing."""
        codes = self._all_codes
        if self.is_constrained:
            codes = codes[self._kept]
        codes.setflags(write=False)
        return codes

    @cached_property
    def _kept(self) -> np.ndarray:
        kept = np.ones(len(self._all_codes), dtype=bool)
        for i, j in self.space.exclusive:
            first, second = (int(self.space.masks[k]) << int(self.space.shifts[k]) for k in (i, j))
            kept &= ((self._all_codes & first) == 0) | ((self._all_codes & second) == 0)
        if self.keep is None:
            return kept
        kept &= self._asked(self.keep)
        return kept

    def _asked(self, keep: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        kept = np.asarray(keep(self.space.levels(self._all_codes)))
        if kept.shape != self._all_codes.shape or kept.dtype != bool:
            raise InputError("keep= must return one Boolean a state, for levels of shape (n, sites)")
        return kept

    def require_memory(self, bytes_needed: float, what: str, sectors_help: bool = True) -> None:
        """Raise when something of this basis would not fit.

        Parameters
        ----------
        bytes_needed : float
        what : str
            What would not fit, for the text.
        sectors_help : bool
            Whether it would be smaller in a symmetry sector.

        Raises
        ------
        InputError
            With the size and what would make it smaller.
        """
        budget = memory_budget()
        if bytes_needed <= budget:
            return
        unused = [name for name in self.space.charge_names if name not in self.charges and name != "parity"]
        hints = [f"fix charges ({', '.join(unused[:3])})"] if unused else []
        if sectors_help:
            hints.append("use the sectors of translations, point group or on-site symmetries")
        hints.append("take fewer sites")
        raise InputError(
            f"{what} of {self.unconstrained_size} states would take {readable_bytes(bytes_needed)}, more than the "
            f"{readable_bytes(budget)} at hand: {', or '.join(hints)}"
        )

    @cached_property
    def _halves(self) -> tuple[int, int]:
        """Number of sites in the high part, and bits in the low part."""
        widths = self._charges_of_sites.widths
        total, low, cut = sum(widths), 0, len(widths)
        while cut > 0 and low + widths[cut - 1] <= (total + 1) // 2:
            cut -= 1
            low += widths[cut]
        return cut, low

    @cached_property
    def _parts(self) -> tuple[list[tuple[int, int]], dict[tuple[int, ...], np.ndarray]]:
        """High codes with the charge that is left to the low part, increasing; and low codes by charge."""
        sites, (cut, _) = self._charges_of_sites, self._halves
        low = sites.listed(cut, len(sites))
        highs = {total: h for total, h in sites.listed(0, cut).items() if sites.minus(sites.totals, total) in low}
        classes = {total: number for number, total in enumerate(low)}
        codes = np.concatenate(list(highs.values()))
        needed = np.concatenate(
            [np.full(len(h), classes[sites.minus(sites.totals, total)]) for total, h in highs.items()]
        )
        order = np.argsort(codes, kind="stable")
        return list(zip(codes[order].tolist(), needed[order].tolist())), low

    @cached_property
    def _all_codes(self) -> np.ndarray:
        self.require_memory(8.0 * self.unconstrained_size, "the list of codes", sectors_help=False)
        highs, low = self._parts
        lists = list(low.values())
        _, low_bits = self._halves
        out = np.empty(self.unconstrained_size, dtype=np.int64)
        at = 0
        for high, needed in highs:
            listed = lists[needed]
            np.bitwise_or(listed, high << low_bits, out=out[at : at + len(listed)])
            at += len(listed)
        return out

    # Places -----------------------------------------------------------------------------------------------------------

    @cached_property
    def rank_tables(
        self,
    ) -> tuple[int, Int[np.ndarray, " highs"], Int[np.ndarray, " lows"], Int[np.ndarray, " states"]]:
        """``(low_bits, offset, place, position)`` for the kernels; offset is empty when codes must be searched.

        The place of a code is ``offset[code >> low_bits] + place[code & (2^low_bits - 1)]`` (-1 in either table: no
        such state), and then ``position[...]`` when that table is not empty.
        """
        _, low_bits = self._halves
        high_bits = self.space.bits - low_bits
        none = np.zeros(0, dtype=np.int32)
        if max(low_bits, high_bits) > _TABLE_BITS:
            return low_bits, np.zeros(0, dtype=np.int64), none, none
        highs, low = self._parts
        lists = list(low.values())
        place = np.full(1 << low_bits, -1, dtype=np.int32)
        for listed in lists:
            place[listed] = np.arange(len(listed), dtype=np.int32)
        offset = np.full(1 << high_bits, -1, dtype=np.int64)
        lengths = np.array([len(lists[needed]) for _, needed in highs])
        offset[[high for high, _ in highs]] = np.cumsum(lengths) - lengths
        position = none
        if self.is_constrained:
            position = np.where(self._kept, np.cumsum(self._kept) - 1, -1).astype(np.int64)
        return low_bits, offset, place, position

    @cached_property
    def _low_class(self) -> np.ndarray:
        """Charge class of each low part, one table for the check in :meth:`rank`."""
        _, low_bits = self._halves
        found = np.full(1 << low_bits, -1, dtype=np.int32)
        for number, listed in enumerate(self._parts[1].values()):
            found[listed] = number
        return found

    @cached_property
    def _high_class(self) -> np.ndarray:
        _, low_bits = self._halves
        found = np.full(1 << (self.space.bits - low_bits), -2, dtype=np.int32)
        highs = self._parts[0]
        found[[high for high, _ in highs]] = [needed for _, needed in highs]
        return found

    def rank(self, codes: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
        """Places of codes in the basis, -1 for states that are not in it."""
        codes = np.asarray(codes, dtype=np.int64)
        low_bits, offset, place, position = self.rank_tables
        if not len(offset):
            at = np.minimum(np.searchsorted(self.codes, codes), len(self.codes) - 1)
            return np.where(self.codes[at] == codes, at, -1)
        high, low = codes >> low_bits, codes & ((1 << low_bits) - 1)
        inside = (high >= 0) & (high < len(offset))
        high = np.where(inside, high, 0)
        inside &= self._high_class[high] == self._low_class[low]
        ranks = np.where(inside, offset[high] + place[low], -1)
        if len(position):
            ranks = np.where(ranks >= 0, position[ranks], -1)
        return ranks

    def __repr__(self) -> str:
        return f"ProductBasis({self.size} states of {self.space.number} sites with {self._charge_text()})"
