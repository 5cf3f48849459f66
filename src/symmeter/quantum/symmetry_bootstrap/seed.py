"""What spectra say before any search: patterns, plateau, ramp, classes, and numbers of irreps behind patterns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from symmeter.errors import InputError
from symmeter.groups import FiniteGroup
from symmeter.quantum.symmetry_bootstrap.dyson import BlockClass
from symmeter.quantum.symmetry_bootstrap.identities import checked_ramp
from symmeter.quantum.symmetry_bootstrap.patterns import Patterns, pattern_text
from symmeter.quantum.symmetry_bootstrap.subgroup_sectors import KnownSubgroup, known_subgroup

__all__ = ["PatternRow", "Seed"]


@dataclass(frozen=True)
class PatternRow:
    """One pattern and what is known of the irreps behind it.

    Attributes
    ----------
    pattern : tuple of int
    levels : float
        How many levels have it, mean over realisations.
    plateau_blocks : int
        Least number of irreps from the number of levels alone.
    statistics : BlockClass or None
    """

    pattern: tuple[int, ...]
    levels: float
    plateau_blocks: int
    statistics: BlockClass | None = None

    @property
    def ensemble(self) -> str | None:
        """Random-matrix class, where decided; None for independent levels too."""
        name = None if self.statistics is None else self.statistics.ensemble
        return None if name == "Poisson" else name

    @property
    def blocks(self) -> int:
        """Number of independent blocks: from the ramp where it was safe to round, else the least number."""
        if self.statistics is not None and self.statistics.blocks:
            return self.statistics.blocks
        return self.plateau_blocks


@dataclass(frozen=True, eq=False)
class Seed:
    """The integers that the bootstrap starts from, with where they come from.

    Attributes
    ----------
    known : KnownSubgroup
    rows : tuple of PatternRow
        Empty when only a ramp matrix is known.
    ramp : int array of shape (k, k) or None
        Sum of ``m rho rho^T`` over patterns, in units in which one block of any class counts once; or the matrix given.
    antiunitary : bool or None
        Whether an anti-unitary symmetry shows; None when undecided.
    source : str
        ``"ramp"``, ``"levels"`` or ``"matrix"``: what the numbers of irreps rest on.
    plateau : array of shape (k, k) or None
    gue_ramp, gue_ramp_error : arrays of shape (k, k) or None
        The sectors' ramp in GUE units before rounding.
    patterns : Patterns or None
    dimension : int
        Of the Hilbert space; 0 when unknown.
    is_regular : bool
        Whether the numbers of levels are those of a space near a multiple of the regular representation, or the ramp
        counted the irreps; when not, irreps may be absent from the space.
    notes : tuple of str
    """

    known: KnownSubgroup
    rows: tuple[PatternRow, ...]
    ramp: Int[np.ndarray, "k k"] | None
    antiunitary: bool | None
    source: str
    plateau: Float[np.ndarray, "k k"] | None = None
    gue_ramp: Float[np.ndarray, "k k"] | None = None
    gue_ramp_error: Float[np.ndarray, "k k"] | None = None
    patterns: Patterns | None = None
    dimension: int = 0
    is_regular: bool = True
    notes: tuple[str, ...] = ()

    @classmethod
    def from_ramp(
        cls, ramp: Int[np.ndarray, "k k"], subgroup: str | FiniteGroup | KnownSubgroup, antiunitary: bool = False
    ) -> Seed:
        """A ramp matrix ``A = B^T B`` alone; with an anti-unitary, the slopes in GUE units.

        Examples
        --------
        >>> Seed.from_ramp([[2, 1], [1, 2]], "Z2").index_rows
        (3.0, 3.0)
        """
        known = known_subgroup(subgroup)
        return cls(known, (), checked_ramp(known, np.asarray(ramp)), antiunitary, "matrix")

    @classmethod
    def from_patterns(
        cls,
        patterns: dict[tuple[int, ...], int],
        subgroup: str | FiniteGroup | KnownSubgroup,
        ensembles: dict[tuple[int, ...], str] | None = None,
    ) -> Seed:
        """Patterns with the number of blocks behind each, and their classes where these are known."""
        known = known_subgroup(subgroup)
        kinds = ensembles or {}
        rows = []
        for row, m in patterns.items():
            if len(row) != len(known):
                raise InputError(f"pattern {row} has {len(row)} entries; {known.name} has {len(known)} sectors")
            name = kinds.get(row)
            stat = None if name is None else BlockClass(name, int(m), float("nan"), float("inf"), None)
            rows.append(PatternRow(tuple(int(v) for v in row), 0.0, int(m), stat))
        present = None if not kinds else any(v in ("GOE", "GSE") for v in kinds.values())
        return cls(known, tuple(rows), _summed(rows), present, "levels")

    @property
    def index_rows(self) -> tuple[float, ...]:
        """``(A d)_a / d_a``: the index [G:N] in every sector, if no anti-unitary merges irreps."""
        if self.ramp is None:
            return ()
        return tuple((self.ramp @ self.known.dims / self.known.dims).tolist())

    @property
    def gue_index_rows(self) -> tuple[float, ...]:
        """The same in GUE units, 2/beta for each block: 2 [G:N] everywhere when there is an anti-unitary."""
        if not self.rows or any(r.ensemble is None for r in self.rows):
            return ()
        weight = {"GOE": 2.0, "GUE": 1.0, "GSE": 0.5}
        a = sum(r.blocks * weight[r.ensemble or "GUE"] * np.outer(r.pattern, r.pattern) for r in self.rows)
        return tuple((a @ self.known.dims / self.known.dims).tolist())

    def with_antiunitary(self, present: bool | None) -> Seed:
        """The same with another belief about anti-unitary symmetry."""
        return replace(self, antiunitary=present)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "subgroup": self.known.name,
            "sectors": list(self.known.labels),
            "source": self.source,
            "antiunitary": self.antiunitary,
            "patterns": [
                {
                    "pattern": pattern_text(r.pattern, self.known.labels),
                    "multiplicities": list(r.pattern),
                    "levels": r.levels,
                    "blocks": r.blocks,
                    "least_blocks": r.plateau_blocks,
                    "statistics": None if r.statistics is None else r.statistics.to_json(),
                }
                for r in self.rows
            ],
            "ramp": None if self.ramp is None else self.ramp.tolist(),
            "index_rows": list(self.index_rows),
            "plateau": None if self.plateau is None else self.plateau.tolist(),
            "notes": list(self.notes),
        }

    def __repr__(self) -> str:
        if not self.rows:
            return f"Seed({self.known.name}, ramp matrix alone)"
        parts = [
            f"{pattern_text(r.pattern, self.known.labels)} x {r.blocks}{' ' + r.ensemble if r.ensemble else ''}"
            for r in self.rows
        ]
        t = {True: "anti-unitary", False: "no anti-unitary", None: "anti-unitary undecided"}[self.antiunitary]
        return f"Seed({self.known.name}: {', '.join(parts)}; {t}; from {self.source})"


def _summed(rows: list[PatternRow] | tuple[PatternRow, ...]) -> np.ndarray:
    return sum(r.blocks * np.outer(r.pattern, r.pattern) for r in rows).astype(np.int64)  # type: ignore[union-attr]
