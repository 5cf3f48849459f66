"""Does a Hamiltonian have what is claimed of it: charges that no term changes, symmetries that commute with it.

A symmetry is checked on the operators: every term is moved, both sums are brought to the same normal form and compared.
Where that cannot tell (differences spread over many sites, projected spaces), the commutator acts on random vectors.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.errors import InputError
from symmeter.quantum.ed.basis import ProductBasis
from symmeter.quantum.ed.pieces import Pieces
from symmeter.quantum.ed.symmetry import Symmetry
from symmeter.quantum.ed.symmetry_group import SymmetryGroup
from symmeter.quantum.ed.terms import ROUNDING, Term, reduce_term

if TYPE_CHECKING:
    from symmeter.quantum.ed.hamiltonian import Hamiltonian

__all__ = ["check_charges", "check_symmetries", "commutator_defect", "moved_term"]


def check_charges(terms: Iterable[Term], pieces: Pieces, names: Iterable[str]) -> None:
    """Every piece must leave every named charge alone.

    Raises
    ------
    InputError
        Naming the charge, the term, and by how much it changes it.
    """
    terms = tuple(terms)
    for name in names:
        found, unit, modulus = pieces.space.charge(name)
        for key, matrix in pieces.dense.items():
            if not matrix.any():
                continue
            step = _change(pieces, key[0], matrix, found, modulus)
            if step:
                raise _not_conserved(name, step * unit, terms, pieces.origins[key])
        for key, (coefficient, matrices) in pieces.strings.items():
            if coefficient == 0:
                continue
            values = [_charges_of(pieces, i, found, len(m)) for i, m in zip(key[0], matrices)]
            steps = [np.subtract.outer(v, v)[np.nonzero(m)] for v, m in zip(values, matrices)]
            if any(len(set(s.tolist())) > 1 for s in steps):
                totals = {0}
                for s in steps:
                    totals = {t + x for t in totals for x in set(s.tolist())}
            else:
                totals = {sum(int(s[0]) for s in steps)}
            wrong = [t for t in totals if (t % modulus if modulus else t)]
            if wrong:
                raise _not_conserved(name, wrong[0] * unit, terms, pieces.origins[key])


def _charges_of(pieces: Pieces, site: int, found: Any, width: int) -> np.ndarray:
    charge = found[site]
    values = np.zeros(width, dtype=np.int64)
    if charge is not None:
        values[: len(charge.values)] = charge.values
    return values


def _change(pieces: Pieces, sites: tuple[int, ...], matrix: np.ndarray, found: Any, modulus: int) -> int:
    """By how much the largest offending entry changes the charge; 0 when none does."""
    total = np.zeros(1, dtype=np.int64)
    for i in sites:
        total = np.add.outer(total, _charges_of(pieces, i, found, 1 << pieces.space.sites[i].bits)).reshape(-1)
    step = np.subtract.outer(total, total)
    wrong = (step % modulus if modulus else step) != 0
    offending = np.where(wrong, np.abs(matrix), 0)
    if offending.max() <= ROUNDING * pieces.scale:
        return 0
    return int(step.reshape(-1)[np.argmax(offending)])


def _not_conserved(name: str, step: Any, terms: tuple[Term, ...], numbers: list[int]) -> InputError:
    number = max(numbers, key=lambda k: abs(terms[k].coefficient))
    return InputError(
        f"{name} is not conserved: term {number} ({terms[number].text}) changes it by {step}; leave {name} out of "
        "charges="
    )


def moved_term(term: Term, symmetry: Symmetry) -> Term:
    """A term after ``g term g^-1``.

    On fermion modes ``cd_i`` becomes a phase times ``cd_g(i)``; Jordan-Wigner strings are worked out afterwards.
    """
    factors = []
    for matrix, site, odd in term.factors:
        u = symmetry.local_matrix(site)
        if not np.imag(u).any():
            u = np.real(u)
        factors.append((u @ matrix @ u.conj().T, int(symmetry.permutation[site]), odd))
    return Term(term.coefficient, tuple(factors), term.words)


def check_symmetries(hamiltonian: Hamiltonian, group: SymmetryGroup, basis: ProductBasis) -> None:
    """Every generator must commute with the Hamiltonian on the basis.

    Raises
    ------
    InputError
        Naming the generator, the size of the commutator and the term that changes most.
    """
    if group.space != hamiltonian.space:
        raise InputError("the symmetry group acts on another Hilbert space than the Hamiltonian")
    pieces = hamiltonian.pieces
    for name, g in group.generators.items():
        moved = Pieces.of_products(
            hamiltonian.space, (reduce_term(g.space, moved_term(t, g)) for t in hamiltonian.terms)
        )
        found = pieces.worst_difference(moved, 1e-11 * max(pieces.scale, 1e-300))
        if found is None:
            continue
        defect = commutator_defect(hamiltonian, g, basis)
        if defect <= 1e-10:
            continue
        key, size = found
        numbers = pieces.origins.get(key) or moved.origins.get(key) or [0]
        number = max(numbers, key=lambda k: abs(hamiltonian.terms[k].coefficient))
        raise InputError(
            f"the symmetry {name} does not commute with {hamiltonian.name}: |[H, {name}] v| / |H v| = {defect:.3g} on "
            f"random vectors, and term {number} ({hamiltonian.terms[number].text}) changes by {size:.3g}"
        )


def commutator_defect(hamiltonian: Hamiltonian, symmetry: Symmetry, basis: ProductBasis, seed: int = 0) -> float:
    """``|[H, g] v| / |H v|`` for a random vector v of the basis; 0 to rounding when they commute."""
    from symmeter.quantum.ed.blocks import Block
    from symmeter.quantum.ed.orbits import leaves_basis
    from symmeter.quantum.ed.sectors import SymmetricBasis

    target, turns = symmetry.apply(basis.codes)
    place = basis.rank(target)
    if (place < 0).any():
        raise leaves_basis(SymmetryGroup(basis.space, {"given": symmetry}), basis, int(np.flatnonzero(place < 0)[0]))
    phases = np.exp(1j * np.pi * turns / symmetry.modulus)
    block = Block(hamiltonian, SymmetricBasis(basis).sector())
    rng = np.random.default_rng(seed)
    v = rng.standard_normal(basis.size) + 1j * rng.standard_normal(basis.size)

    def moved(x: np.ndarray) -> np.ndarray:
        out = np.empty_like(x)
        out[place] = phases * x
        return out

    image = block.apply(v)
    norm = float(np.linalg.norm(image))
    return float(np.linalg.norm(block.apply(moved(v)) - moved(image))) / norm if norm else 0.0
