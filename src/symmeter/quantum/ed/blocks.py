"""Blocks of a Hamiltonian: matrices, matrix-free products, levels, lowest states; and the spectra of all sectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from jaxtyping import Float, Int, Num

from symmeter.errors import InputError
from symmeter.linalg.clusters import cluster_values
from symmeter.progress import Progress, silent
from symmeter.quantum.ed.hilbert import memory_budget
from symmeter.quantum.ed.products import fast_product
from symmeter.quantum.ed.sector_rows import apply_rows, sector_matrix
from symmeter.quantum.ed.sectors import Sector, SymmetricBasis
from symmeter.quantum.ed.symmetry_group import IrrepLabel, SymmetryGroup

if TYPE_CHECKING:
    from symmeter.quantum.ed.hamiltonian import Hamiltonian

__all__ = ["Block", "Spectra", "SectorLevels"]


@dataclass(frozen=True, eq=False)
class Block:
    """A Hamiltonian in one sector.

    Attributes
    ----------
    hamiltonian : Hamiltonian
    sector : Sector
    """

    hamiltonian: Hamiltonian
    sector: Sector
    _known: dict[int, Float[np.ndarray, " n"]] = field(default_factory=dict, repr=False)

    @property
    def label(self) -> IrrepLabel:
        return self.sector.label

    @property
    def dimension(self) -> int:
        """Number of levels, each counted once."""
        return self.sector.dimension

    @property
    def degeneracy(self) -> int:
        """How often every level occurs in the whole spectrum: the dimension of the irrep."""
        return self.sector.degeneracy

    def matrix(self, compiled: bool | None = None) -> Any:
        """Sparse matrix (``scipy.sparse.csr_array``), real when Hamiltonian and irrep are."""
        return sector_matrix(self.sector, self.hamiltonian.tables, compiled)

    def dense(self) -> Num[np.ndarray, "n n"]:
        """Dense matrix; real where conjugation makes it so."""
        n = self.dimension
        itemsize = 8 if self.hamiltonian.is_real and self.sector.is_real else 16
        self.sector.parent.basis.require_memory(2.0 * itemsize * n * n, f"a dense matrix of {n} rows from the basis")
        dense = self.matrix().toarray()
        return (
            np.ascontiguousarray(np.real(dense)) if np.iscomplexobj(dense) and self._is_conjugate_to_itself else dense
        )

    @property
    def _is_conjugate_to_itself(self) -> bool:
        """Whether conjugation leaves the basis states alone, so that a real Hamiltonian has a real matrix after all.

        ``K P |r>`` is the projection of the same product state on the conjugate irrep.
        """
        if not self.hamiltonian.is_real or self.degeneracy > 1:
            return False
        partner = self.sector.parent.group.conjugate_irrep(self.label)
        return partner is not None and partner.number == self.label.number

    def apply(self, vector: Num[np.ndarray, " n"], compiled: bool | None = None) -> Num[np.ndarray, " n"]:
        """Product with a vector, without forming the matrix."""
        vector = np.asarray(vector)
        if vector.shape != (self.dimension,):
            raise InputError(f"a vector of this sector has {self.dimension} entries; got shape {vector.shape}")
        return apply_rows(self.sector, self.hamiltonian.tables, vector, compiled)

    def product(self) -> Callable[[Num[np.ndarray, " n"]], Num[np.ndarray, " n"]]:
        """A fast ``v -> H v`` that holds the sparse matrix; for many products."""
        return fast_product(self.matrix())

    def operator(self, matrix_free: bool = True) -> Any:
        """A ``scipy.sparse.linalg.LinearOperator``."""
        from scipy.sparse.linalg import LinearOperator, aslinearoperator

        if not matrix_free:
            return aslinearoperator(self.matrix())
        n = self.dimension
        kind = float if self.hamiltonian.is_real and self.sector.is_real else complex
        made: Any = LinearOperator
        return made(shape=(n, n), dtype=kind, matvec=lambda v: self.apply(np.asarray(v).reshape(-1)))

    def eigenvalues(self) -> Float[np.ndarray, " n"]:
        """All levels, increasing, each once; degenerate ones within the sector are kept.

        Blocks that were made together share their levels where complex conjugation takes one sector of a real
        Hamiltonian to another.
        """
        number = self.label.number
        if number not in self._known:
            levels = np.linalg.eigvalsh(self.dense()) if self.dimension else np.zeros(0)
            self._known[number] = levels
            if self.hamiltonian.is_real:
                partner = self.sector.parent.group.conjugate_irrep(self.label)
                if partner is not None:
                    self._known[partner.number] = levels
        return self._known[number].copy()

    def eigenstates(self) -> tuple[Float[np.ndarray, " n"], Num[np.ndarray, "n n"]]:
        """All levels, and their states as columns in the sector's basis."""
        return np.linalg.eigh(self.dense())

    def lowest(
        self,
        k: int = 1,
        vectors: bool = False,
        matrix_free: bool | Literal["auto"] = "auto",
        tol: float = 0.0,
        rng: np.random.Generator | int | None = 0,
    ) -> Any:
        """The k lowest levels by Lanczos with thick restarts; small sectors are diagonalised.

        Parameters
        ----------
        k : int
        vectors : bool
            Return ``(levels, states)`` with the states as columns.
        matrix_free : bool or "auto"
            Never form the sparse matrix; "auto" forms it when it takes less than a quarter of the memory at hand.
        tol : float
            Residual relative to the size of the Hamiltonian; 0 for rounding.
        rng : numpy Generator or seed
            For the first vector.

        Returns
        -------
        levels, or (levels, states)
        """
        from symmeter.quantum.ed.lanczos import lanczos_vectors, lowest_states

        n = self.dimension
        if not n:
            raise InputError(f"the sector {self.label} of {self.hamiltonian.name} is empty: it has no levels")
        if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or not 1 <= k <= n:
            raise InputError(f"k must be a whole number from 1 to {n}, the dimension of the sector; got {k!r}")
        if n <= 400 or 4 * k >= n:
            energies, states = self.eigenstates()
            return (energies[:k], states[:, :k]) if vectors else energies[:k]
        kind = float if self.hamiltonian.is_real and self.sector.is_real else complex
        basis = self.sector.parent.basis
        vectors_needed = (lanczos_vectors(n, int(k)) + 3.0) * n * np.dtype(kind).itemsize
        basis.require_memory(vectors_needed, f"Lanczos for {k} of {n} levels from the basis")
        if matrix_free == "auto":
            matrix_free = 16.0 * n * (1 + self.hamiltonian.tables.row_bound) > memory_budget() / 4
        product = self.apply if matrix_free else fast_product(self.matrix())
        energies, states = lowest_states(product, n, int(k), kind, tol=tol, rng=rng)
        return (energies, states) if vectors else energies

    def __repr__(self) -> str:
        return f"Block({self.hamiltonian.name}, {self.label}: {self.dimension} levels, each {self.degeneracy}-fold)"


@dataclass(frozen=True, eq=False)
class SectorLevels:
    """The levels of one sector.

    Attributes
    ----------
    label : IrrepLabel
    energies : array
        Increasing, each level once.
    """

    label: IrrepLabel
    energies: Float[np.ndarray, " n"]

    @property
    def degeneracy(self) -> int:
        """How often each of them occurs in the whole spectrum."""
        return self.label.degree


@dataclass(frozen=True, eq=False)
class Spectra:
    """All levels of a Hamiltonian, sector by sector.

    Attributes
    ----------
    group : SymmetryGroup
    levels : tuple of SectorLevels
        Of the sectors that are not empty.
    name : str
        Of the Hamiltonian.
    """

    group: SymmetryGroup
    levels: tuple[SectorLevels, ...]
    name: str = ""

    @classmethod
    def of(cls, hamiltonian: Hamiltonian, basis: SymmetricBasis, progress: Progress = silent) -> Spectra:
        """Diagonalise every sector."""
        blocks = hamiltonian.on(basis)
        levels, work, done = [], float(sum(b.dimension**3 for b in blocks)) or 1.0, 0.0
        for block in blocks:
            progress(done / work, f"sector {block.label}")
            levels.append(SectorLevels(block.label, block.eigenvalues()))
            done += block.dimension**3
        return cls(basis.group, tuple(levels), hamiltonian.name)

    def __iter__(self) -> Iterator[SectorLevels]:
        return iter(self.levels)

    def __len__(self) -> int:
        return len(self.levels)

    def __getitem__(self, chosen: Any) -> Float[np.ndarray, " n"]:
        """Levels of one sector, by quantum numbers or irrep; see :meth:`SymmetryGroup.irrep`."""
        label = self.group.irrep(chosen)
        return next((s.energies for s in self.levels if s.label.number == label.number), np.zeros(0))

    @property
    def dimension(self) -> int:
        """Number of states: levels times degeneracies."""
        return sum(len(s.energies) * s.degeneracy for s in self.levels)

    @cached_property
    def energies(self) -> Float[np.ndarray, " n"]:
        """The whole spectrum with its multiplicities, increasing."""
        return np.sort(np.concatenate([np.repeat(s.energies, s.degeneracy) for s in self.levels]))

    def degeneracies(self, tol: float | None = None) -> tuple[Float[np.ndarray, " k"], Int[np.ndarray, " k"]]:
        """Distinct levels and their multiplicities.

        Parameters
        ----------
        tol : float, optional
            Levels that are no further apart are one; 1e-9 times the bandwidth by default.

        Examples
        --------
        >>> from symmeter.quantum import models
        >>> energies, multiplicities = models.heisenberg(4).spectra(["T"]).degeneracies()
        >>> energies.round(9).tolist(), multiplicities.tolist()
        ([-2.0, -1.0, 0.0, 1.0], [1, 3, 7, 5])
        """
        e = self.energies
        if tol is None:
            tol = 1e-9 * float(np.ptp(e)) if len(e) else 0.0
        found = cluster_values(e, tol)
        return found.centres, np.bincount(found.labels, minlength=found.number)

    def by_label(self) -> dict[Any, Float[np.ndarray, " n"]]:
        """Levels by quantum numbers: the number itself for one generator, else a tuple, or the name of the irrep."""
        out: dict[Any, np.ndarray] = {}
        for s in self.levels:
            values = s.label.values
            out[str(s.label) if s.label.degree > 1 else values[0] if len(values) == 1 else values] = s.energies
        return out

    def __repr__(self) -> str:
        return f"Spectra({self.name}: {self.dimension} states in {len(self.levels)} sectors of {self.group!r})"
