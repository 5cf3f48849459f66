"""Hamiltonians on many-body Hilbert spaces: terms, checks, matrices, sectors, spectra and low-lying states."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Num

from symmeter.errors import InputError, NotHermitianError
from symmeter.progress import Progress, silent
from symmeter.quantum.ed.basis import ProductBasis
from symmeter.quantum.ed.blocks import Block, Spectra
from symmeter.quantum.ed.conservation import check_charges, check_symmetries
from symmeter.quantum.ed.hilbert import HilbertSpace
from symmeter.quantum.ed.pieces import Pieces
from symmeter.quantum.ed.sectors import SymmetricBasis
from symmeter.quantum.ed.symmetry import Symmetry
from symmeter.quantum.ed.symmetry_group import SymmetryGroup
from symmeter.quantum.ed.tables import TermTables
from symmeter.quantum.ed.terms import Term, read_terms, reduce_term

__all__ = ["Hamiltonian", "TermNotHermitianError"]


#: Largest space on which vectors decide what the terms leave open.
_MOST_STATES = 1 << 20


class TermNotHermitianError(NotHermitianError):
    """A term of a Hamiltonian lacks its adjoint; ``number`` says which."""

    def __init__(self, name: str, number: int, text: str, size: float) -> None:
        super().__init__(
            f"{name} is not Hermitian: the adjoint of term {number} ({text}) is missing, off by {size:.3g}; add its "
            "Hermitian conjugate"
        )
        self.number = number


class Hamiltonian:
    """A Hermitian sum of products of local operators.

    Parameters
    ----------
    space : HilbertSpace
    terms : list of (coefficient, ((operator, site), ...)), or an operator sum with ``numeric_terms()``
        The rightmost operator acts first. Products on the same sites are added up.
    name : str
    symmetries : mapping from names to Symmetry, optional
        What the model knows of its symmetry; :meth:`symmetry_group` uses it.
    parameters : mapping, optional
        What the model was made of, for reports.

    Raises
    ------
    NotHermitianError
        If the sum is not Hermitian; the text names the term whose adjoint is missing and by how much.

    Examples
    --------
    >>> space = HilbertSpace.spins(2)
    >>> dimer = Hamiltonian(space, [(1.0, [("Sz", 0), ("Sz", 1)]), (0.5, [("S+", 0), ("S-", 1)]),
    ...                             (0.5, [("S-", 0), ("S+", 1)])], name="dimer")
    >>> dimer.eigenvalues().round(12).tolist()
    [-0.75, 0.25, 0.25, 0.25]
    """

    def __init__(
        self,
        space: HilbertSpace,
        terms: Any,
        name: str = "",
        symmetries: Mapping[str, Symmetry] | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        self.space = space
        self.terms: tuple[Term, ...] = read_terms(space, terms)
        self.name = name or "Hamiltonian"
        self.symmetries = dict(symmetries or {})
        self.parameters = dict(parameters or {})
        self._check_hermitian()

    @classmethod
    def of(cls, operator: Any, nmax: int | None = None, name: str = "") -> Hamiltonian:
        """A Hamiltonian from an operator sum of :mod:`symmeter.quantum.ops`, on the space of its modes.

        Parameters
        ----------
        operator : symmeter.quantum.ops.Operator
        nmax : int, optional
            Most bosons in a mode.

        Examples
        --------
        >>> from symmeter.quantum import ops
        >>> s = ops.Spins("1/2")
        >>> Hamiltonian.of(s.dot(0, 1)).eigenvalues().round(12).tolist()
        [-0.75, 0.25, 0.25, 0.25]
        """
        from symmeter.quantum.ed.operator_spaces import space_of

        return cls(space_of(operator, nmax), operator, name)

    @cached_property
    def pieces(self) -> Pieces:
        """Terms on the same sites added up."""
        return Pieces.of_products(self.space, (reduce_term(self.space, term) for term in self.terms))

    @cached_property
    def tables(self) -> TermTables:
        """Look-up tables for the kernels."""
        return TermTables.of_pieces(self.pieces)

    @property
    def is_real(self) -> bool:
        """Whether the matrix is real in the product basis."""
        return self.tables.is_real

    def _check_hermitian(self) -> None:
        found = self.pieces.worst_difference(self.pieces.adjoint(), 1e-12 * max(self.pieces.scale, 1e-300))
        if found is None:
            return
        key, size = found
        if len(key) == 3 and self._is_hermitian_in_action():
            return
        number = max(self.pieces.origins.get(key) or [0], key=self._own_defect)
        raise TermNotHermitianError(self.name, number, self.terms[number].text, size)

    def _is_hermitian_in_action(self) -> bool:
        """``<x| H y> = <H x| y>`` for random vectors: products on many sites may be Hermitian only together."""
        if self.space.dimension > _MOST_STATES:
            return False
        block = Block(self, SymmetricBasis(ProductBasis(self.space)).sector())
        rng = np.random.default_rng(0)
        x, y = rng.standard_normal((2, self.space.dimension)) + 1j * rng.standard_normal((2, self.space.dimension))
        left, right = np.vdot(x, block.apply(y)), np.vdot(block.apply(x), y)
        return bool(abs(left - right) <= 1e-10 * np.linalg.norm(x) * np.linalg.norm(block.apply(y)))

    def _own_defect(self, number: int) -> float:
        """How far a term alone is from Hermitian."""
        alone = Pieces.of_products(self.space, [reduce_term(self.space, self.terms[number])])
        found = alone.worst_difference(alone.adjoint(), 0.0)
        return 0.0 if found is None else found[1]

    # Algebra ----------------------------------------------------------------------------------------------------------

    def __add__(self, other: Hamiltonian) -> Hamiltonian:
        """Sum; only symmetries that both claim are kept."""
        if self.space != other.space:
            raise InputError("two Hamiltonians on different Hilbert spaces cannot be added")
        both = {k: g for k, g in self.symmetries.items() if other.symmetries.get(k) == g}
        return Hamiltonian(
            self.space, self.terms + other.terms, self.name, both, {**other.parameters, **self.parameters}
        )

    def __mul__(self, factor: float) -> Hamiltonian:
        """Real multiple."""
        terms = [Term(factor * t.coefficient, t.factors, t.words) for t in self.terms]
        return Hamiltonian(self.space, terms, self.name, self.symmetries, self.parameters)

    __rmul__ = __mul__

    # Bases ------------------------------------------------------------------------------------------------------------

    def basis(
        self, charges: Mapping[str, Any] | None = None, keep: Callable[[np.ndarray], np.ndarray] | None = None
    ) -> ProductBasis:
        """Product basis with given charges, checked to be conserved.

        Raises
        ------
        InputError
            If a term changes a charge; the text names it.
        """
        basis = ProductBasis(self.space, charges or {}, keep)
        if basis.charges:
            check_charges(self.terms, self.pieces, basis.charges)
        return basis

    def symmetry_group(self, *names: str) -> SymmetryGroup:
        """The group of the named symmetries of the model, or of all of them."""
        if not names:
            return SymmetryGroup(self.space, self.symmetries)
        missing = [n for n in names if n not in self.symmetries]
        if missing:
            known = ", ".join(self.symmetries) or "none"
            raise InputError(f"{self.name} does not name a symmetry {missing[0]!r}; it names {known}")
        return SymmetryGroup(self.space, {n: self.symmetries[n] for n in names})

    def _group(
        self, group: SymmetryGroup | Mapping[str, Symmetry] | Iterable[str] | str | None
    ) -> SymmetryGroup | None:
        if group is None or isinstance(group, SymmetryGroup):
            return group
        if isinstance(group, Mapping):
            return SymmetryGroup(self.space, group)
        return self.symmetry_group(*([group] if isinstance(group, str) else group))

    def symmetric_basis(
        self,
        group: SymmetryGroup | Mapping[str, Symmetry] | Iterable[str] | str | None = None,
        charges: Mapping[str, Any] | None = None,
        keep: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> SymmetricBasis:
        """Basis cut into the sectors of a group, which is checked to commute with the Hamiltonian.

        Parameters
        ----------
        group : SymmetryGroup, mapping of Symmetry, or names of the model's own symmetries
        charges : mapping, optional
            Totals of conserved charges.
        keep : callable, optional
            Constraint on the product states; see :class:`ProductBasis`.

        Raises
        ------
        InputError
            If a symmetry does not commute; the text says which, by how much, and which term is to blame.
        """
        found = self._group(group)
        basis = self.basis(charges, keep)
        if found is not None:
            check_symmetries(self, found, basis)
        return SymmetricBasis(basis, found)

    # Sectors ----------------------------------------------------------------------------------------------------------

    def sector(
        self,
        irrep: Any = None,
        group: Any = None,
        charges: Mapping[str, Any] | None = None,
        keep: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> Block:
        """The Hamiltonian in one sector.

        Examples
        --------
        >>> from symmeter.quantum import models
        >>> ring = models.heisenberg(8)
        >>> ring.sector({"T": 0, "P": "+"}, ["T", "P"], {"Sz": 0}).lowest(1).round(8).tolist()
        [-3.65109341]
        """
        return Block(self, self.symmetric_basis(group, charges, keep).sector(irrep))

    def sectors(
        self,
        group: Any = None,
        charges: Mapping[str, Any] | None = None,
        keep: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> tuple[Block, ...]:
        """The Hamiltonian in all sectors that are not empty."""
        return self.on(self.symmetric_basis(group, charges, keep))

    def on(self, basis: SymmetricBasis) -> tuple[Block, ...]:
        """The blocks in the sectors of a basis that was made for a Hamiltonian with the same symmetry (not checked)."""
        shared: dict[int, Float[np.ndarray, " n"]] = {}
        return tuple(Block(self, sector, shared) for sector in basis.sectors())

    def spectra(
        self,
        group: Any = None,
        charges: Mapping[str, Any] | None = None,
        keep: Callable[[np.ndarray], np.ndarray] | None = None,
        progress: Progress = silent,
    ) -> Spectra:
        """All levels of all sectors.

        Examples
        --------
        >>> from symmeter.quantum import models
        >>> found = models.heisenberg(4).spectra(["T"])
        >>> [(str(b.label), len(b.energies)) for b in found.levels], found.dimension
        ([('T=0', 6), ('T=1', 3), ('T=2', 4), ('T=3', 3)], 16)
        """
        return Spectra.of(self, self.symmetric_basis(group, charges, keep), progress)

    # Without symmetry -------------------------------------------------------------------------------------------------

    def block(
        self, charges: Mapping[str, Any] | None = None, keep: Callable[[np.ndarray], np.ndarray] | None = None
    ) -> Block:
        """The Hamiltonian on a product basis."""
        return self.sector(None, None, charges, keep)

    def matrix(self, charges: Mapping[str, Any] | None = None) -> Any:
        """Sparse matrix on the product basis with given charges (the whole space by default)."""
        return self.block(charges).matrix()

    def eigenvalues(self, charges: Mapping[str, Any] | None = None) -> Float[np.ndarray, " n"]:
        """All eigenvalues on the product basis with given charges, increasing."""
        return self.block(charges).eigenvalues()

    def lowest(self, k: int = 1, charges: Mapping[str, Any] | None = None, **options: Any) -> Num[np.ndarray, " k"]:
        """The k lowest eigenvalues on the product basis with given charges."""
        return self.block(charges).lowest(k, **options)

    def __repr__(self) -> str:
        return f"{self.name}({len(self.terms)} terms on {self.space!r})"
