"""Energy levels sector by sector: what the bootstrap starts from.

The levels of the *reduced* sector of an irrep a of N are those of one component of a; a level that occurs once there is
``d_a``-fold in the Hilbert space. Several realisations (disorder, couplings) are rows.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, NonFiniteError, ShapeError, UnknownNameError, nearest_name
from symmeter.groups import FiniteGroup
from symmeter.quantum.symmetry_bootstrap.subgroup_sectors import KnownSubgroup, known_subgroup

__all__ = ["SectorSpectra", "named_sectors"]


@dataclass(frozen=True, eq=False)
class SectorSpectra:
    """Sorted levels of every sector of a known finite subgroup N.

    Attributes
    ----------
    known : KnownSubgroup
    levels : tuple of arrays of shape (realisations, D_a)
        One a sector, in the order of ``known.labels``.
    notes : tuple of str
    antiunitary : bool or None
        True where an anti-unitary symmetry is known beforehand, as for a real Hamiltonian; None when nothing is known.

    Examples
    --------
    >>> spec = SectorSpectra.from_levels({"0": [0.0, 1.0, 2.5], "1": [1.0, 3.0], "2": [1.0, 3.0]}, subgroup="Z3")
    >>> spec
    SectorSpectra(Z3, dimensions 0:3 1:2 2:2, 1 realisation)
    """

    known: KnownSubgroup
    levels: tuple[Float[np.ndarray, "s d"], ...]
    notes: tuple[str, ...] = ()
    antiunitary: bool | None = None

    @classmethod
    def from_levels(
        cls,
        levels: Mapping[Any, Any] | Sequence[Any],
        subgroup: str | FiniteGroup | KnownSubgroup | Sequence[int],
        notes: Sequence[str] = (),
    ) -> SectorSpectra:
        """From levels under the labels of the irreps of N.

        Parameters
        ----------
        levels : mapping or sequence
            Label to levels: D_a numbers, or realisations x D_a, each row rising. A sequence goes by the order of the
            labels. A sector without states has an empty list.
        subgroup : str, FiniteGroup, or orders of cyclic factors
            ``"Z3"``, ``"Z3xZ3"`` (labels are charges, ``"0,2"``), ``"S3"`` (labels X1, X2, ...).

        Raises
        ------
        UnknownNameError
            If a label is no irrep of N.
        ShapeError, NonFiniteError, InputError
            If a sector is missing, holds NaN, is not sorted, or the numbers of realisations differ.
        """
        known = known_subgroup(subgroup)
        arrays = [_rows(value, label) for label, value in named_sectors(known, levels).items()]
        counts = {len(a) for a in arrays if a.shape[1]}
        if not counts:
            raise InputError("no sector has any level")
        if len(counts) > 1:
            listed = ", ".join(f"{name}: {len(a)}" for name, a in zip(known.labels, arrays))
            raise ShapeError(f"sectors have different numbers of realisations ({listed}); give as many rows for each")
        number = counts.pop()
        arrays = [a if a.shape[1] else np.zeros((number, 0)) for a in arrays]
        return cls(known, tuple(arrays), tuple(notes))

    @classmethod
    def from_npz(cls, path: str | os.PathLike[str], subgroup: str | FiniteGroup | Sequence[int]) -> SectorSpectra:
        """From an ``.npz`` file with one array a sector, named by its label.

        Raises
        ------
        MissingFileError, FileFormatError
            If the file cannot be read as that.
        """
        from symmeter.quantum.symmetry_bootstrap.level_files import read_levels

        return cls.from_levels(read_levels(path), subgroup, notes=(f"levels from {os.path.basename(os.fspath(path))}",))

    @classmethod
    def from_traces(
        cls,
        times: Any,
        traces: Mapping[Any, Any] | Sequence[Any],
        subgroup: str | FiniteGroup | KnownSubgroup | Sequence[int],
    ) -> SectorSpectra:
        """From measured or simulated traces ``Z_a(t) = Tr_a exp(-i H t)`` on evenly spaced times.

        Parameters
        ----------
        times : array of shape (n,)
            ``0, dt, 2 dt, ...`` in inverse units of the levels, with ``dt (E_max - E_min) < 2 pi`` and n about four
            times the number of different levels or more.
        traces : mapping or sequence
            Label to n complex values, or realisations x n. A sequence goes by the order of the labels.
        subgroup : str, FiniteGroup, or orders of cyclic factors

        Raises
        ------
        InputError, ShapeError, SampleSizeError
            If the traces are not those of whole numbers of levels; ``xsff.seed_of_traces`` takes noisy ones.

        Examples
        --------
        >>> t = np.arange(16) * 0.5
        >>> SectorSpectra.from_traces(t, [1 + np.exp(-2j * t), np.exp(-2j * t)], "Z2").levels[0].round(6).tolist()
        [[0.0, 2.0]]
        """
        from symmeter.quantum.symmetry_bootstrap.trace_levels import levels_of_traces

        known = known_subgroup(subgroup)
        return cls.from_levels(levels_of_traces(times, named_sectors(known, traces)), known, ("levels from traces",))

    @classmethod
    def from_hamiltonian(
        cls,
        hamiltonian: Any,
        subgroup: Any = None,
        generators: Sequence[Any] | None = None,
        charges: Mapping[str, Any] | None = None,
        tolerance: float = 1e-9,
    ) -> SectorSpectra:
        """Diagonalise a Hamiltonian sector by sector.

        Parameters
        ----------
        hamiltonian : Hamiltonian, or array or sparse matrix of shape (D, D), or a list of these
            Hermitian; a list gives realisations.
        subgroup : str, sequence of str, FiniteGroup, KnownSubgroup or SymmetryGroup
            For a Hamiltonian names of its symmetries, ``"U,V"``, or of the group that some of them generate; all of
            them when omitted. For matrices the group.
        generators : sequence of matrices or permutations, optional
            For matrices: unitaries for the generators of N, one for each cyclic factor of a product of cyclic groups,
            else one for each of ``group.generators``. A row of integers is a permutation of the basis.
        charges : mapping, optional
            Totals of conserved charges of a Hamiltonian, ``{"N": 3}``.
        tolerance : float
            Relative size of what counts as zero in ``[H, g]`` for matrices.

        Raises
        ------
        InputError
            If H is not Hermitian, a generator does not commute with it (the norm is given), the relations of the group
            do not hold, or hold only up to phases, so that N acts projectively.

        Examples
        --------
        >>> from symmeter.quantum import models
        >>> SectorSpectra.from_hamiltonian(models.clock(3, 3, J=[1.0, 0.7], periodic=False), "Q")
        SectorSpectra(C3, dimensions 0:9 1:9 2:9, 1 realisation)
        """
        first = hamiltonian[0] if isinstance(hamiltonian, (list, tuple)) and len(hamiltonian) else hamiltonian
        if hasattr(first, "symmetric_basis"):
            from symmeter.quantum.symmetry_bootstrap.hamiltonian_spectra import levels_of_hamiltonians

            many = list(hamiltonian) if isinstance(hamiltonian, (list, tuple)) else [hamiltonian]
            # Complex conjugation commutes with a real Hamiltonian.
            real = True if all(getattr(h, "is_real", False) for h in many) else None
            return cls(*levels_of_hamiltonians(many, subgroup, charges), real)
        from symmeter.quantum.symmetry_bootstrap.sector_levels import sector_levels

        if subgroup is None:
            raise InputError("a matrix does not know its symmetries; name the subgroup and give its generators")
        known = known_subgroup(subgroup)
        return cls(known, sector_levels(hamiltonian, known, generators, tolerance))

    def __post_init__(self) -> None:
        for a in self.levels:
            a.setflags(write=False)

    @property
    def labels(self) -> tuple[str, ...]:
        return self.known.labels

    @cached_property
    def dims(self) -> np.ndarray:
        """Number of levels D_a of each reduced sector."""
        return np.array([a.shape[1] for a in self.levels])

    @property
    def realisations(self) -> int:
        return len(self.levels[0])

    @property
    def dimension(self) -> int:
        """Dimension of the Hilbert space, ``sum_a d_a D_a``."""
        return int(self.dims @ self.known.dims)

    @cached_property
    def bandwidth(self) -> float:
        """Largest distance between levels of one realisation."""
        low = np.min([a.min(axis=1) for a in self.levels if a.shape[1]], axis=0)
        high = np.max([a.max(axis=1) for a in self.levels if a.shape[1]], axis=0)
        return float((high - low).max())

    def realisation(self, number: int) -> SectorSpectra:
        """One realisation alone."""
        return SectorSpectra(
            self.known, tuple(a[number : number + 1].copy() for a in self.levels), self.notes, self.antiunitary
        )

    def describe(self) -> str:
        """One line for reports."""
        many = f"{self.realisations} realisation{'s' if self.realisations > 1 else ''}"
        return "; ".join([f"spectra of {len(self.labels)} sectors of {self.known.name}, {many}", *self.notes])

    def __repr__(self) -> str:
        sizes = " ".join(f"{name}:{d}" for name, d in zip(self.labels[:12], self.dims.tolist()))
        more = " ..." if len(self.labels) > 12 else ""
        many = f"{self.realisations} realisation{'s' if self.realisations > 1 else ''}"
        return f"SectorSpectra({self.known.name}, dimensions {sizes}{more}, {many})"


def named_sectors(known: KnownSubgroup, values: Mapping[Any, Any] | Sequence[Any]) -> dict[str, Any]:
    """What belongs to each sector, in their order.

    Raises
    ------
    UnknownNameError, ShapeError, InputError
        If a label is no irrep of N, or a sector is missing or twice.
    """
    if not isinstance(values, Mapping):
        if len(values) != len(known):
            raise ShapeError(f"{known.name} has {len(known)} sectors; got levels of {len(values)}")
        values = dict(zip(known.labels, values, strict=True))
    named: dict[str, Any] = {}
    for key, value in values.items():
        label = _label(key)
        if label not in known.labels:
            near = nearest_name(label, known.labels)
            listed = ", ".join(known.labels[:6]) + (", ..." if len(known) > 6 else "")
            hint = f"did you mean {near}?" if near else f"the sectors are {listed}"
            raise UnknownNameError(f"sector {label!r} is no irrep of {known.name}; {hint}")
        if label in named:
            raise InputError(f"sector {label!r} is given twice")
        named[label] = value
    for label in known.labels:
        if label not in named:
            raise InputError(f"sector {label!r} of {known.name} is missing; give an empty list if it has no states")
    return {label: named[label] for label in known.labels}


def _label(key: Any) -> str:
    if isinstance(key, (tuple, list)):
        return ",".join(str(int(v)) for v in key)
    text = "".join(str(key).split()).strip("()[]")
    return text.replace(";", ",").replace("_", ",")


def _rows(values: Any, label: str) -> np.ndarray:
    """Realisations x levels."""
    try:
        a = np.array(values, dtype=float)
    except (TypeError, ValueError):
        raise ShapeError(
            f"sector {label!r}: the levels form no table; give D numbers, or as many in every realisation"
        ) from None
    a = a.reshape(1, -1) if a.ndim <= 1 else a
    if a.ndim != 2:
        raise ShapeError(f"sector {label!r} has levels of shape {a.shape}; give D, or realisations x D")
    if not np.isfinite(a).all():
        s, i = np.argwhere(~np.isfinite(a))[0]
        raise NonFiniteError(f"sector {label!r} has {a[s, i]} as level {i} of realisation {s}; remove it")
    drops = np.diff(a, axis=1) < 0
    if drops.any():
        s, i = np.argwhere(drops)[0]
        raise InputError(
            f"sector {label!r}: levels of realisation {s} are not sorted at position {i + 1}; sort each row, and check "
            "that rows are realisations"
        )
    return a
