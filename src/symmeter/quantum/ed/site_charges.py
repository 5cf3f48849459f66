"""Counting and listing the states of a run of sites by their charges, never more of them than can be completed.

Charges are additive, some modulo a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from jaxtyping import Int

from symmeter.quantum.ed.hilbert import HilbertSpace

__all__ = ["SiteCharges"]

_Charges = tuple[int, ...]


class SiteCharges:
    """The sites of a space with the charges of their levels.

    Parameters
    ----------
    space : HilbertSpace
    totals : mapping from names of charges to totals, in whole units

    Examples
    --------
    >>> sites = SiteCharges(HilbertSpace.spins(3), {"Sz": 1})
    >>> sites.number_of_states, sites.listed(1, 3)
    (3, {(2,): array([0]), (0,): array([1, 2])})
    """

    def __init__(self, space: HilbertSpace, totals: Mapping[str, int]) -> None:
        self.totals: _Charges = tuple(totals.values())
        per_site = [space.charge(name) for name in totals]
        self._moduli = [modulus for _, _, modulus in per_site]
        self.widths: list[int] = [s.bits for s in space.sites]
        self._charges: list[list[_Charges]] = []
        for i, site in enumerate(space.sites):
            own = [found[i] for found, _, _ in per_site]
            self._charges.append(
                [tuple(0 if c is None else c.values[level] for c in own) for level in range(site.levels)]
            )

    def __len__(self) -> int:
        return len(self.widths)

    def plus(self, a: _Charges, b: _Charges) -> _Charges:
        """Sum of two sets of charges."""
        return tuple((x + y) % m if m else x + y for x, y, m in zip(a, b, self._moduli))

    def minus(self, a: _Charges, b: _Charges) -> _Charges:
        """Difference of two sets of charges."""
        return tuple((x - y) % m if m else x - y for x, y, m in zip(a, b, self._moduli))

    @cached_property
    def counts(self) -> list[dict[_Charges, int]]:
        """Number of states of the sites from k on, by their charges; exact integers, nothing is listed."""
        counts: list[dict[_Charges, int]] = [{(0,) * len(self._moduli): 1}]
        for charges in reversed(self._charges):
            following: dict[_Charges, int] = {}
            for kind in dict.fromkeys(charges):
                number = charges.count(kind)
                for below, many in counts[-1].items():
                    total = self.plus(kind, below)
                    following[total] = following.get(total, 0) + number * many
            counts.append(following)
        return counts[::-1]

    @property
    def number_of_states(self) -> int:
        """Number of states with the totals."""
        return self.counts[0].get(self.totals, 0)

    def _wanted(self, first: int, last: int) -> list[set[_Charges]]:
        """For every k from first to last: what sites k..last-1 may carry in a state with the right totals."""
        left = {self.totals}
        for charges in self._charges[:first]:
            left = {self.minus(g, c) for g in left for c in set(charges)}
        sets = [{self.minus(g, after) for g in left for after in self.counts[last]}]
        for charges in self._charges[first:last]:
            sets.append({self.minus(g, c) for g in sets[-1] for c in set(charges)})
        return sets

    def listed(self, first: int, last: int) -> dict[_Charges, Int[np.ndarray, " n"]]:
        """Increasing codes of the sites first..last-1 by their charges, if the totals can be reached from them."""
        wanted = self._wanted(first, last)
        found: dict[_Charges, np.ndarray] = {(0,) * len(self._moduli): np.zeros(1, dtype=np.int64)}
        shift = 0
        for k in range(last - 1, first - 1, -1):
            parts: dict[_Charges, list[np.ndarray]] = {}
            for code, charge in enumerate(self._charges[k]):
                for below, codes in found.items():
                    total = self.plus(charge, below)
                    if total in wanted[k - first]:
                        parts.setdefault(total, []).append(codes | (code << shift))
            found = {total: np.concatenate(p) for total, p in parts.items()}
            shift += self.widths[k]
        return found
