"""The known subgroup N, as the search needs it: irreps, fusion, conjugates, tensoring with linear characters.

Sectors carry the irreps of N in the order of its character table; for N abelian also by charges, ``"0,2"``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from jaxtyping import Complex, Int

from symmeter.errors import InputError, UnknownNameError
from symmeter.groups import FiniteGroup, named_group
from symmeter.groups.constructions import direct_product_group
from symmeter.groups.families import cyclic_group

__all__ = ["KnownSubgroup", "known_subgroup"]


@dataclass(frozen=True, eq=False)
class KnownSubgroup:
    """A finite group N with its irreps in the order of the sectors.

    Attributes
    ----------
    group : FiniteGroup
    labels : tuple of str
        One a sector.
    irreps : int array of shape (k,)
        Number, in the character table of the group, of the irrep that each sector carries.

    Examples
    --------
    >>> known_subgroup("Z3").labels
    ('0', '1', '2')
    >>> known_subgroup("S3").labels
    ('X1', 'X2', 'X3')
    """

    group: FiniteGroup
    labels: tuple[str, ...]
    irreps: Int[np.ndarray, " k"]

    @property
    def order(self) -> int:
        return self.group.order

    @property
    def name(self) -> str:
        return self.group.name

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def characters(self) -> Complex[np.ndarray, "k c"]:
        """Row a: the character of sector a on the classes of N."""
        return self.group.character_table.values[self.irreps]

    @cached_property
    def dims(self) -> Int[np.ndarray, " k"]:
        """Dimension of each sector's irrep."""
        return self.group.character_table.degrees[self.irreps]

    @cached_property
    def trivial(self) -> int:
        """Sector of the trivial irrep."""
        return int(np.flatnonzero(self.irreps == 0)[0])

    @cached_property
    def conjugate(self) -> Int[np.ndarray, " k"]:
        """Sector of the complex conjugate of each sector."""
        position = np.argsort(self.irreps)
        return position[self.group.character_table.dual[self.irreps]]

    @cached_property
    def fusion(self) -> Int[np.ndarray, "k k k"]:
        """``fusion[a, b, c]``: how often sector c's irrep occurs in the product of those of a and b."""
        f = self.group.character_table.fusion
        i = self.irreps
        return f[np.ix_(i, i, i)]

    @cached_property
    def linear(self) -> tuple[int, ...]:
        """Sectors of one-dimensional irreps, the trivial one first."""
        found = np.flatnonzero(self.dims == 1).tolist()
        return (self.trivial, *(a for a in found if a != self.trivial))

    @cached_property
    def twist(self) -> Int[np.ndarray, "l k"]:
        """``twist[i, a]``: the sector of irrep a times the i-th linear irrep."""
        return self.fusion[list(self.linear)].argmax(axis=2)

    @cached_property
    def relabellings(self) -> Int[np.ndarray, "m k"]:
        """All permutations of the sectors that automorphisms of N make; the identity first."""
        table, group = self.group.character_table, self.group
        back = np.argsort(self.irreps)
        images = []
        for g in group.automorphism_group.generators:
            g = np.asarray(g.images if hasattr(g, "images") else g)
            moved = table.values[:, group.class_labels[g[group.class_representatives]]]
            images.append(back[_rows_of(moved, table.values)[self.irreps]])
        return _closure(images, len(self))

    def __repr__(self) -> str:
        return f"KnownSubgroup({self.name}, {len(self)} sectors)"


def _rows_of(moved: np.ndarray, values: np.ndarray) -> np.ndarray:
    return np.abs(moved[:, None, :] - values[None, :, :]).sum(axis=2).argmin(axis=1)


def _closure(images: Sequence[np.ndarray], size: int) -> np.ndarray:
    identity = tuple(range(size))
    seen, order = {identity}, [identity]
    for p in order:
        for g in images:
            q = tuple(int(g[i]) for i in p)
            if q not in seen:
                seen.add(q)
                order.append(q)
    return np.array(order, dtype=np.intp)


def known_subgroup(subgroup: str | FiniteGroup | KnownSubgroup | Sequence[int]) -> KnownSubgroup:
    """The known subgroup from a name, a group, or the orders of commuting cyclic generators.

    Parameters
    ----------
    subgroup : str, FiniteGroup, KnownSubgroup or sequence of int
        ``"Z3"``, ``"Z3xZ3"``, ``"S3"``; sectors of a product of cyclic groups are labelled by charges, those of other
        groups X1, X2, ... as in their character table.

    Raises
    ------
    UnknownNameError
        If no group is called so.
    """
    if isinstance(subgroup, KnownSubgroup):
        return subgroup
    if isinstance(subgroup, FiniteGroup):
        table = subgroup.character_table
        return KnownSubgroup(subgroup, table.names, np.arange(len(table)))
    if not isinstance(subgroup, str):
        return _cyclic(tuple(int(n) for n in subgroup))
    text = re.sub(r"\s+", "", subgroup)
    factors = re.split(r"[x×*]", text)
    if all(re.fullmatch(r"[ZC]_?\d+", f) for f in factors):
        return _cyclic(tuple(int(re.sub(r"\D", "", f)) for f in factors))
    if re.fullmatch(r"(?i)(1|trivial|none)", text):
        return _cyclic((1,))
    if "U(1)" in text.upper():
        raise UnknownNameError(f"{subgroup!r} is continuous: give its charges as labels to symmetry_bootstrap.weights")
    return known_subgroup(named_group(subgroup))


@lru_cache(maxsize=128)
def _cyclic(orders: tuple[int, ...]) -> KnownSubgroup:
    """Z_n x Z_m x ...; sector (q, r, ...) has the character ``prod exp(2 pi i q j / n)``."""
    if not orders or any(n < 1 for n in orders):
        raise InputError(f"cyclic factors have orders of 1 or more; got {orders}")
    parts = [cyclic_group(n) for n in orders]
    group = parts[0] if len(parts) == 1 else direct_product_group(*parts)
    group = group.renamed(" x ".join(f"Z{n}" for n in orders))
    elements = np.stack(np.unravel_index(np.arange(group.order), orders), axis=1)
    # Element k of the product is the word of its digits: checked, since everything else rests on it.
    steps = (elements[:, None, :] + elements[None, :, :]) % np.array(orders)
    assert np.array_equal(np.ravel_multi_index(tuple(np.moveaxis(steps, 2, 0)), orders), group.table)
    phases = np.exp(2j * np.pi * (elements / np.array(orders)) @ elements.T)
    table = group.character_table
    rows = _rows_of(phases[:, group.class_representatives], table.values)
    labels = tuple(",".join(map(str, e)) for e in elements.tolist())
    return KnownSubgroup(group, labels, rows)
