"""What the bootstrap hands back: every group that fits, with irreps, branching rules, fusion and character table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Complex, Int

from symmeter.errors import InputError
from symmeter.groups import CharacterTable, GroupIdentity
from symmeter.quantum.symmetry_bootstrap.library_pairs import LibraryPair
from symmeter.quantum.symmetry_bootstrap.patterns import pattern_text
from symmeter.quantum.symmetry_bootstrap.seed import Seed
from symmeter.quantum.symmetry_bootstrap.subgroup_sectors import KnownSubgroup

if TYPE_CHECKING:
    from symmeter.quantum.symmetry_bootstrap.weights import WeightAnalysis

__all__ = ["STATUSES", "BootstrapResult", "Solution"]

#: What each status claims.
STATUSES = {
    "unique": "exactly one group fits the data",
    "ambiguous": "several groups fit the data; all are listed",
    "projective": "the levels carry projective irreps: no level is in the trivial irrep",
    "continuous": "the patterns are weight diagrams of a Lie group",
    "inconsistent": "no group fits the data",
    "unresolved": "irreps are absent from this space, so that the order stays open; the least groups are listed",
}


@dataclass(frozen=True, eq=False)
class Solution:
    """One fusion ring over N that belongs to a group, with all groups that have it.

    Attributes
    ----------
    branching : int array of shape (r, k)
        Row R: how often each sector's irrep occurs in irrep R.
    fusion : int array of shape (r, r, r)
        ``fusion[R, S, T] = dim Hom(1, R S T)``.
    values : complex array of shape (r, r)
        Character table; rows as in ``branching``.
    class_sizes : int array of shape (r,)
    pairs : tuple of LibraryPair
        Every (G, N) of the library with this ring.
    found_by : tuple of str
        ``"algebra"``, ``"library"`` or both.
    pairing : int array of shape (k,) or None
        What the anti-unitary does to the sectors.
    antiunitary : str
        ``"commuting"``, ``"twisted"``, ``"untried"``, or empty without classes to check.
    """

    known: KnownSubgroup
    branching: Int[np.ndarray, "r k"]
    fusion: Int[np.ndarray, "r r r"]
    values: Complex[np.ndarray, "r r"]
    class_sizes: Int[np.ndarray, " r"]
    pairs: tuple[LibraryPair, ...]
    found_by: tuple[str, ...]
    pairing: Int[np.ndarray, " k"] | None = None
    antiunitary: str = ""

    @property
    def dims(self) -> Int[np.ndarray, " r"]:
        return self.branching @ self.known.dims

    @property
    def order(self) -> int:
        return int(self.dims @ self.dims)

    @cached_property
    def groups(self) -> tuple[GroupIdentity, ...]:
        """Groups with this ring, each once."""
        return tuple(dict.fromkeys(p.identity for p in self.pairs))

    @property
    def is_normal(self) -> bool | None:
        """Whether N is normal; None when the pairs disagree or there are none."""
        found = {p.is_normal for p in self.pairs}
        return found.pop() if len(found) == 1 else None

    @cached_property
    def character_table(self) -> CharacterTable | None:
        """The exact table of the first group; None beyond the library."""
        return self.pairs[0].group.character_table if self.pairs else None

    def exact_values(self) -> list[list[Any]]:
        """Values as exact cyclotomic numbers where they are recognised, else as complex numbers."""
        from symmeter.quantum.symmetry_bootstrap.exact_values import recognise

        return [[recognise(v, int(d), self.order) for v in row] for d, row in zip(self.dims, self.values)]

    def branching_rules(self) -> tuple[str, ...]:
        """``X3 -> {1 2}``: each irrep of G and the sectors that it splits into."""
        rows = self.pairs[0].branching if self.pairs else self.branching
        return tuple(f"X{i + 1} -> {pattern_text(row, self.known.labels)}" for i, row in enumerate(rows))

    def table_text(self) -> str:
        """The character table, typeset as in the Atlas."""
        if self.character_table is not None:
            return str(self.character_table)
        from symmeter.quantum.symmetry_bootstrap.exact_values import table_text

        return table_text(self)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        table = self.character_table
        return {
            "order": self.order,
            "groups": [g.to_json() for g in self.groups],
            "dimensions": self.dims.tolist(),
            "branching": self.branching.tolist(),
            "branching_rules": list(self.branching_rules()),
            "subgroup_is_normal": self.is_normal,
            "found_by": list(self.found_by),
            "fusion": self.fusion.tolist(),
            "class_sizes": self.class_sizes.tolist(),
            "table": None if table is None else table.to_json(),
            "antiunitary": self.antiunitary,
            "antiunitary_on_sectors": None if self.pairing is None else self.pairing.tolist(),
        }


@dataclass(frozen=True, eq=False)
class BootstrapResult:
    """The answer of the bootstrap.

    Attributes
    ----------
    status : str
        A key of ``STATUSES``.
    seed : Seed or None
    solutions : tuple of Solution
        All that fit.
    index : int or None
        [G:N].
    antiunitary : bool or None
    rejected : mapping of str to int
        How often each reason ruled something out.
    complete : bool
        Whether nothing can have been missed: the search ended, or the library holds all groups of the order.
    projective_dims : tuple of int
        Dimensions of the projective irreps, for status "projective".
    projective_groups : tuple of GroupIdentity
        For status "projective": every group of the library that has a projective class with these restrictions.
    weights : WeightAnalysis or None
        For status "continuous".
    notes : tuple of str
    """

    status: str
    seed: Seed | None
    solutions: tuple[Solution, ...] = ()
    index: int | None = None
    antiunitary: bool | None = None
    rejected: Mapping[str, int] | None = None
    complete: bool = True
    projective_dims: tuple[int, ...] = ()
    weights: WeightAnalysis | None = None
    notes: tuple[str, ...] = ()
    projective_groups: tuple[GroupIdentity, ...] = ()

    @property
    def order(self) -> int | None:
        """|G|; for status "projective" that of the group that acts, phases apart."""
        if self.index is None or self.seed is None:
            return None
        return self.index * self.seed.known.order

    @cached_property
    def groups(self) -> tuple[GroupIdentity, ...]:
        """Every group that fits, each once."""
        return tuple(dict.fromkeys(g for s in self.solutions for g in s.groups))

    @property
    def best(self) -> Solution:
        """The first solution.

        Raises
        ------
        InputError
            If there is none; the text gives the status.
        """
        if not self.solutions:
            why = f"; {self.notes[0]}" if self.notes else ""
            raise InputError(f"the bootstrap found no group (status {self.status!r}){why}")
        return self.solutions[0]

    @property
    def irreps(self) -> Int[np.ndarray, " r"]:
        """Dimensions of the irreps of the first solution."""
        return self.best.dims

    @property
    def branching(self) -> Int[np.ndarray, "r k"]:
        """Branching matrix of the first solution."""
        return self.best.branching

    @property
    def fusion(self) -> Int[np.ndarray, "r r r"]:
        """Fusion of the first solution, ``dim Hom(1, R S T)``."""
        return self.best.fusion

    @property
    def character_table(self) -> CharacterTable | None:
        """Exact character table of the first solution's first group."""
        return self.best.character_table

    @property
    def name(self) -> str:
        """The group in words: ``"S3"``, ``"D4 or Q8"``, ``"SO(4)"``."""
        if self.weights is not None:
            return self.weights.name
        if self.groups:
            return " or ".join(dict.fromkeys(g.name for g in self.groups))
        if self.order is None:
            return "unknown"
        return f"order {self.order}" + (" (projective)" if self.status == "projective" else "")

    @property
    def summary(self) -> str:
        """One sentence in plain words."""
        if self.status == "inconsistent":
            return (
                "No group fits the spectra: " + (self.notes[0] if self.notes else "see the reasons of rejection") + "."
            )
        if self.status == "continuous" and self.weights is not None:
            return self.weights.summary
        if self.status == "unresolved":
            listed = ", ".join(str(g) for g in self.groups[:6]) + (", ..." if len(self.groups) > 6 else "")
            which = f"the least groups with the irreps that occur are {listed}" if listed else self.notes[-1]
            return f"Unresolved: irreps of the hidden group are absent from this space; {which}."
        t = {True: ", with an anti-unitary symmetry", False: ", without an anti-unitary symmetry", None: ""}
        tail = t[self.antiunitary]
        inside = "" if self.seed is None else f" over the known {self.seed.known.name}"
        if self.status == "projective":
            dims = ", ".join(map(str, self.projective_dims))
            listed = " or ".join(map(str, self.projective_groups[:4])) + " or ..." * (len(self.projective_groups) > 4)
            which = f", {listed}," if listed else ""
            return (
                f"A group of order {self.order}{which} acts projectively{inside}: irreps of dimension {dims} and no "
                f"trivial one{tail}."
            )
        if self.status == "unique":
            if self.index == 1:
                return f"No hidden unitary symmetry{inside}{tail}."
            return f"The hidden group is {self.name}, order {self.order}{inside}{tail}."
        more = "" if self.complete else "; the search was cut short, so that more may fit"
        listed = ", ".join(str(g) for g in self.groups[:8]) + (", ..." if len(self.groups) > 8 else "")
        orders = {g.order for g in self.groups}
        of_order = f" of order {self.order}" if len(orders) <= 1 else ""
        return f"{len(self.groups) or len(self.solutions)} groups{of_order} fit{inside}{tail}: {listed}{more}."

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "status": self.status,
            "summary": self.summary,
            "name": self.name,
            "order": self.order,
            "index": self.index,
            "antiunitary": self.antiunitary,
            "complete": self.complete,
            "groups": [g.to_json() for g in self.groups],
            "solutions": [s.to_json() for s in self.solutions],
            "rejected": dict(self.rejected or {}),
            "projective_dimensions": list(self.projective_dims),
            "projective_groups": [g.to_json() for g in self.projective_groups],
            "weights": None if self.weights is None else self.weights.to_json(),
            "seed": None if self.seed is None else self.seed.to_json(),
            "notes": list(self.notes),
        }

    def __repr__(self) -> str:
        return f"BootstrapResult({self.status}: {self.name}, {len(self.solutions)} solution(s))"
