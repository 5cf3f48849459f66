"""States for which Wick's theorem holds: the vacuum, a Fermi sea, thermal states of quadratic Hamiltonians, symbols.

A state answers one question: the average of a product of two operators, in the order in which they stand.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Complex, Num

from symmeter.errors import InputError, InputTypeError, NotHermitianError, ShapeError
from symmeter.quantum.ops.bosons import Bosons
from symmeter.quantum.ops.coefficients import Coefficient, is_symbolic, require_sympy
from symmeter.quantum.ops.fermions import Fermions
from symmeter.quantum.ops.operator import Operator
from symmeter.quantum.ops.species import Factor, Species

__all__ = ["FermiSea", "GaussianState", "SymbolicState", "Vacuum", "WickState", "quadratic_form", "thermal"]


class WickState(ABC):
    """A state that is fixed by its pair averages."""

    #: Whether averages without a conserved particle number may be non-zero.
    anomalous = False

    @abstractmethod
    def pair(self, species: Species, first: Factor, second: Factor) -> Coefficient:
        """The average of ``first second``."""

    def check(self, species: Sequence[Species]) -> None:  # noqa: B027 (most states are of any species)
        """Refuse operators of species that the state says nothing about."""


class Vacuum(WickState):
    """The state without particles.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> f = ops.Fermions()
    >>> ops.expectation(f.ann(0) * f.ann(1) * f.cre(1) * f.cre(0), Vacuum())
    1
    """

    def pair(self, species: Species, first: Factor, second: Factor) -> Coefficient:
        return int(first[0] in ("c", "a") and second[0] in ("cd", "ad") and first[1] == second[1])


class FermiSea(WickState):
    """A product state of fermions: the listed modes are occupied, all others empty.

    Parameters
    ----------
    occupied : iterable of labels
        Modes of one species, by label (a site, or (site, flavour)).
    species : Fermions
        Whose modes they are.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> f = ops.Fermions(sites=4)
    >>> ops.expectation(f.number() ** 2, FermiSea([0, 2], f))
    4
    """

    def __init__(self, occupied: Iterable[Any], species: Fermions) -> None:
        self.species = species
        labels = [x if isinstance(x, tuple) else (x,) for x in occupied]
        self.occupied = frozenset(species.mode(*x) for x in labels)

    def check(self, species: Sequence[Species]) -> None:
        for s in species:
            if s.name == self.species.name:
                _check_same(s, self.species)

    def pair(self, species: Species, first: Factor, second: Factor) -> Coefficient:
        filled = species == self.species and first[1] in self.occupied
        wanted = ("cd", "c") if filled else ("c", "cd")
        ladder = (first[0], second[0])
        if species.fermionic:
            return int(ladder == wanted and first[1] == second[1])
        return int(ladder == ("a", "ad") and first[1] == second[1])


class GaussianState(WickState):
    """A Gaussian state of modes 0 to n-1 of one species.

    Parameters
    ----------
    normal : array of shape (n, n)
        ``normal[i, j] = <c_i^+ c_j>``, Hermitian.
    anomalous : array of shape (n, n), optional
        ``anomalous[i, j] = <c_i c_j>``; antisymmetric for fermions, symmetric for bosons.
    species : Fermions or Bosons, optional
        Whose modes they are; averages of any other species are then refused. Whatever is given, two species at once
        are refused.
    """

    def __init__(
        self,
        normal: Num[np.ndarray, "n n"],
        anomalous: Num[np.ndarray, "n n"] | None = None,
        species: Species | None = None,
    ) -> None:
        self.species = species
        self.normal = np.asarray(normal)
        if self.normal.ndim != 2 or self.normal.shape[0] != self.normal.shape[1]:
            raise ShapeError(f"averages <c_i^+ c_j> form a square matrix; got shape {self.normal.shape}")
        if not np.allclose(self.normal, self.normal.conj().T, atol=1e-10):
            raise NotHermitianError("averages <c_i^+ c_j> form a Hermitian matrix; this one is not Hermitian")
        self.pairs = None if anomalous is None else np.asarray(anomalous)
        if self.pairs is not None and self.pairs.shape != self.normal.shape:
            raise ShapeError(f"averages <c_i c_j> need shape {self.normal.shape}; got {self.pairs.shape}")
        self.anomalous = self.pairs is not None

    def check(self, species: Sequence[Species]) -> None:
        if len(species) > 1:
            raise InputError(
                f"a Gaussian state is of one species; the operator has {', '.join(s.name for s in species)}"
            )
        if self.species is not None:
            for s in species:
                _check_same(s, self.species)

    def pair(self, species: Species, first: Factor, second: Factor) -> Coefficient:
        (one, i), (two, j) = first, second
        if max(i, j) >= len(self.normal):
            raise InputError(f"the state has modes 0 to {len(self.normal) - 1}; the operator acts on mode {max(i, j)}")
        creates = [kind in ("cd", "ad") for kind in (one, two)]
        if creates == [True, False]:
            return self.normal[i, j].item()
        if creates == [False, True]:
            sign = -1 if species.fermionic else 1
            return int(i == j) + sign * self.normal[j, i].item()
        if self.pairs is None:
            return 0
        return self.pairs[i, j].item() if creates == [False, False] else self.pairs[j, i].conj().item()


def _check_same(species: Species, known: Species) -> None:
    if species != known:
        raise InputError(f"the state is one of {known!r}; the operator is of {species!r}, whose modes are others")


class SymbolicState(WickState):
    """Averages as SymPy symbols, named as people write them; for mean-field decouplings.

    Parameters
    ----------
    anomalous : bool
        Whether pairs of two annihilators (or creators) have averages too.
    """

    def __init__(self, anomalous: bool = False) -> None:
        self.anomalous = anomalous

    def pair(self, species: Species, first: Factor, second: Factor) -> Coefficient:
        sympy = require_sympy()

        creates = [kind in ("cd", "ad") for kind, _ in (first, second)]
        if creates == [False, True]:
            swapped = self.pair(species, second, first)
            return int(first[1] == second[1]) + (-swapped if species.fermionic else swapped)
        if creates[0] == creates[1] and not self.anomalous:
            return 0
        name = sympy.Symbol(f"<{species.text(*first)} {species.text(*second)}>")
        if creates[0] == creates[1] and first[1] > second[1]:
            turned = sympy.Symbol(f"<{species.text(*second)} {species.text(*first)}>")
            return -turned if species.fermionic else turned
        return 0 if creates[0] == creates[1] and first == second and species.fermionic else name


def quadratic_form(
    hamiltonian: Operator, modes: int | None = None
) -> tuple[Species, Complex[np.ndarray, "n n"], Complex[np.ndarray, "n n"], float]:
    """Matrices of ``sum h_ij c_i^+ c_j + (1/2) sum (D_ij c_i^+ c_j^+ + h.c.) + constant``.

    Returns
    -------
    species, h, D, constant

    Raises
    ------
    InputError
        If a term is not quadratic, or has symbols; the text names it.
    """
    active = [s for s in hamiltonian.species if hamiltonian.modes[s.name]]
    if len(active) != 1 or not isinstance(active[0], (Fermions, Bosons)):
        raise InputError("a quadratic Hamiltonian has operators of one species of fermions or bosons")
    species = active[0]
    n = max((modes or 0), species.number_of_modes or 0, 1 + max(hamiltonian.modes[species.name]))
    h, pairing = np.zeros((n, n), complex), np.zeros((n, n), complex)
    constant = 0.0
    sign = -1 if species.fermionic else 1
    for value, word in hamiltonian:
        factors = [f for _, f in word]
        if is_symbolic(value) and value.free_symbols:
            text, names = " ".join(species.text(*f) for f in factors), ", ".join(sorted(map(str, value.free_symbols)))
            raise InputError(f"the term {text or '1'} has the symbols {names}; give them values with subs()")
        number = complex(value)
        kinds = tuple(kind in ("cd", "ad") for kind, _ in factors)
        if not factors:
            constant = number.real
        elif kinds == (True, False):
            h[factors[0][1], factors[1][1]] += number
        elif kinds == (True, True):
            i, j = factors[0][1], factors[1][1]
            pairing[i, j] += number
            pairing[j, i] += sign * number
        elif kinds != (False, False):
            text = " ".join(species.text(*f) for f in factors)
            raise InputError(f"the term {text} is not quadratic; thermal states are made of quadratic Hamiltonians")
    if not hamiltonian.is_hermitian() and not (hamiltonian - hamiltonian.adjoint()).is_zero(1e-10):
        raise NotHermitianError("the Hamiltonian is not Hermitian; add its Hermitian conjugate with plus_hc()")
    return species, h, pairing, constant


def thermal(hamiltonian: Operator, beta: float, chemical_potential: float = 0.0) -> GaussianState:
    """The thermal state of a quadratic Hamiltonian of fermions or bosons, with or without pairing.

    With the Nambu vector Psi = (c, c^+) and H = Psi^+ K Psi / 2, averages ``<Psi Psi^+>`` are ``1/(1 + exp(-beta K))``
    for fermions and ``1/(1 - exp(-beta g K)) g`` with g = diag(1, -1) for bosons.
    Blaizot and Ripka, Quantum Theory of Finite Systems, chapters 3 and 7.

    Parameters
    ----------
    hamiltonian : Operator
        Quadratic and Hermitian.
    beta : float
        Inverse temperature, in the inverse units of the Hamiltonian.
    chemical_potential : float
        Multiplies the particle number, which is subtracted.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> f = ops.Fermions(sites=2)
    >>> state = thermal(f.n(0) - f.n(1), beta=2.0)
    >>> round(ops.expectation(f.n(0), state), 6), float(round(1 / (1 + np.exp(2.0)), 6))
    (0.119203, 0.119203)
    """
    if not isinstance(hamiltonian, Operator):
        raise InputTypeError(f"thermal() takes an Operator; got {type(hamiltonian).__name__}")
    if not beta > 0:
        raise InputError(f"the inverse temperature is positive; got {beta}")
    species, h, pairing, _ = quadratic_form(hamiltonian)
    n = len(h)
    h = h - chemical_potential * np.eye(n)
    if species.fermionic:
        k = np.block([[h, pairing], [-pairing.conj(), -h.T]])
        energies, modes = np.linalg.eigh(k)
        filled = 0.5 * (1 + np.tanh(beta * energies / 2))
        average = (modes * filled) @ modes.conj().T
        normal = np.eye(n) - average[:n, :n].T
    else:
        k = np.block([[h, pairing], [pairing.conj(), h.T]])
        lowest = float(np.linalg.eigvalsh(k)[0])
        if lowest <= 0:
            raise InputError(
                f"the boson Hamiltonian has no thermal state: its lowest eigenvalue {lowest:.3g} must be > 0"
            )
        g = np.repeat([1.0, -1.0], n)
        energies, modes = np.linalg.eig(g[:, None] * k)
        average = (modes * (1 / -np.expm1(-beta * np.real(energies)))) @ np.linalg.inv(modes) * g[None, :]
        normal = average[:n, :n].T - np.eye(n)
    normal = (normal + normal.conj().T) / 2
    return GaussianState(normal, average[:n, n:] if pairing.any() else None, species)
