"""Local Hilbert spaces: spins, fermion modes, bosons, clock sites and SU(N) colours, with their operators and charges.

Level 0 comes first in every basis: spin up (m = S), no particle, clock hand at 0, first colour. Matrices act on
columns, so that ``"S+"`` has its entries above the diagonal and ``"cd"``, ``"ad"`` below it. On a clock site of q
levels ``Z = diag(w^k)`` and ``X |k> = |k+1>`` with ``w = exp(2 pi i / q)``, so that ``Z X = w X Z``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

import numpy as np
from jaxtyping import Num

from symmeter.errors import InputError, UnknownNameError, nearest_name

__all__ = ["Charge", "LocalSpace", "boson_site", "clock_site", "colour_site", "fermion_mode", "spin_site"]

_MAX_LEVELS = 4096


@dataclass(frozen=True)
class Charge:
    """An additive quantum number of a site: one integer for each level, and the unit in which people quote it.

    Attributes
    ----------
    values : tuple of int
        Charge of each level, in units of ``unit``.
    unit : Fraction
        1/2 for the magnetisation of spins, else 1.
    modulus : int
        0 when the total is a whole number, q when it is defined modulo q.
    """

    values: tuple[int, ...]
    unit: Fraction = Fraction(1)
    modulus: int = 0


@dataclass(frozen=True)
class LocalSpace:
    """The states of one site.

    Attributes
    ----------
    kind : str
        "spin", "fermion", "boson", "clock" or "colour".
    levels : int
        Number of states.
    operators : dict from names to matrices of shape (levels, levels)
    charges : dict from names to Charge
    odd : frozenset of str
        Operators that anticommute with those of other fermion modes.
    """

    kind: str
    levels: int
    operators: dict[str, Num[np.ndarray, "d d"]] = field(repr=False, compare=False)
    charges: dict[str, Charge] = field(repr=False)
    odd: frozenset[str] = frozenset()

    @property
    def bits(self) -> int:
        """Bits that hold the level in a code of a basis state."""
        return max(1, (self.levels - 1).bit_length())

    @property
    def is_fermionic(self) -> bool:
        return bool(self.odd)

    def matrix(self, name: str) -> Num[np.ndarray, "d d"]:
        """Matrix of an operator.

        Raises
        ------
        UnknownNameError
            If this site has no such operator; the text proposes the nearest one.
        """
        try:
            return self.operators[name]
        except (KeyError, TypeError):
            pass
        near = nearest_name(name, self.operators, cutoff=0.3)
        raise UnknownNameError(
            f"a {self.kind} site of {self.levels} levels has no operator {name!r}"
            + (f"; did you mean {near!r}?" if near else "")
            + f" It has {', '.join(self.operators)}"
        )

    def __hash__(self) -> int:
        return hash((self.kind, self.levels))


def _frozen(operators: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    for matrix in operators.values():
        matrix.setflags(write=False)
    return operators


@lru_cache(maxsize=64)
def spin_site(spin: Fraction | float | str = Fraction(1, 2)) -> LocalSpace:
    """A spin S, with "Sz", "S+", "S-", "Sx", "Sy", and for S = 1/2 the Pauli matrices "X", "Y", "Z", "+", "-".

    Examples
    --------
    >>> spin_site("3/2").levels, spin_site(1).matrix("Sz").diagonal().tolist()
    (4, [1.0, 0.0, -1.0])
    """
    try:
        s = Fraction(spin).limit_denominator(1000)
    except (ValueError, TypeError, ZeroDivisionError, OverflowError):
        s = Fraction(0)
    if s <= 0 or (2 * s).denominator != 1 or 2 * s >= _MAX_LEVELS:
        raise InputError(f"a spin is a positive multiple of 1/2, such as 1/2, 1 or 3/2; got {spin!r}")
    d = int(2 * s) + 1
    m = float(s) - np.arange(d)
    raising = np.diag(np.sqrt(float(s) * (float(s) + 1) - m[1:] * (m[1:] + 1)), 1)
    operators: dict[str, np.ndarray] = {
        "Sz": np.diag(m),
        "S+": raising,
        "S-": raising.T.copy(),
        "Sx": (raising + raising.T) / 2,
        "Sy": (raising - raising.T) / 2j,
        "I": np.eye(d),
    }
    if d == 2:
        operators |= {name: 2 * operators["S" + name.lower()] for name in ("X", "Y", "Z")}
        operators |= {"+": operators["S+"].copy(), "-": operators["S-"].copy()}
    charge = Charge(tuple(range(d - 1, -d, -2)), Fraction(1, 2))
    return LocalSpace("spin", d, _frozen(operators), {"Sz": charge})


@lru_cache(maxsize=8)
def fermion_mode(spin: str | None = None) -> LocalSpace:
    """One fermion mode with "c", "cd" and "n"; ``spin`` is "up" or "dn" and brings the charges "Nup", "Ndn", "Sz".

    Examples
    --------
    >>> fermion_mode().matrix("cd")
    array([[0., 0.],
           [1., 0.]])
    """
    if spin not in (None, "up", "dn"):
        raise InputError(f'the spin of a fermion mode is "up", "dn" or None; got {spin!r}')
    lowering = np.array([[0.0, 1.0], [0.0, 0.0]])
    operators = {"c": lowering, "cd": lowering.T.copy(), "n": np.diag([0.0, 1.0]), "I": np.eye(2)}
    charges = {"N": Charge((0, 1))}
    if spin is not None:
        charges["N" + spin] = Charge((0, 1))
        charges["Sz"] = Charge((0, 1 if spin == "up" else -1), Fraction(1, 2))
    charges["parity"] = Charge((0, 1), modulus=2)
    return LocalSpace("fermion", 2, _frozen(operators), charges, frozenset({"c", "cd"}))


@lru_cache(maxsize=64)
def boson_site(nmax: int) -> LocalSpace:
    """A boson mode that holds at most ``nmax`` particles, with "a", "ad" and "n".

    Examples
    --------
    >>> boson_site(2).matrix("n").diagonal().tolist()
    [0.0, 1.0, 2.0]
    """
    if isinstance(nmax, bool) or not isinstance(nmax, (int, np.integer)) or not 1 <= nmax < _MAX_LEVELS:
        raise InputError(
            f"nmax, the most bosons on a site, is a whole number from 1 to {_MAX_LEVELS - 1}; got {nmax!r}"
        )
    d = int(nmax) + 1
    lowering = np.diag(np.sqrt(np.arange(1.0, d)), 1)
    operators = {"a": lowering, "ad": lowering.T.copy(), "n": np.diag(np.arange(float(d))), "I": np.eye(d)}
    return LocalSpace("boson", d, _frozen(operators), {"N": Charge(tuple(range(d)))})


@lru_cache(maxsize=64)
def clock_site(q: int) -> LocalSpace:
    """A site of q levels: clock "Z", shift "X", their adjoints "Zd", "Xd", powers "Z2", ..., projectors "P0", ...

    The charge "Q" is the level modulo q, which X raises by one.

    Examples
    --------
    >>> site = clock_site(3)
    >>> w = np.exp(2j * np.pi / 3)
    >>> bool(np.allclose(site.matrix("Z") @ site.matrix("X"), w * site.matrix("X") @ site.matrix("Z")))
    True
    """
    if isinstance(q, bool) or not isinstance(q, (int, np.integer)) or not 2 <= q < _MAX_LEVELS:
        raise InputError(f"a clock site has a whole number q >= 2 of levels; got {q!r}")
    q = int(q)
    shift = np.roll(np.eye(q), 1, axis=0)
    powers = _roots_of_unity(q)
    clock = np.diag(powers)
    operators: dict[str, np.ndarray] = {
        "Z": np.real(clock).copy() if q == 2 else clock,
        "X": shift,
        "Zd": np.real(clock).copy() if q == 2 else clock.conj(),
        "Xd": shift.T.copy(),
        "I": np.eye(q),
    }
    for k in range(2, q):
        operators[f"Z{k}"] = np.diag(powers[np.arange(q) * k % q])
        operators[f"X{k}"] = np.roll(np.eye(q), k, axis=0)
    operators |= {f"P{k}": np.diag((np.arange(q) == k).astype(float)) for k in range(q)}
    return LocalSpace("clock", q, _frozen(operators), {"Q": Charge(tuple(range(q)), modulus=q)})


def _roots_of_unity(q: int) -> np.ndarray:
    """``exp(2 pi i k / q)`` with exact zeros and ones."""
    k = np.arange(q)
    roots = np.exp(2j * np.pi * k / q)
    roots[8 * k % q == 0] = roots[8 * k % q == 0].round(15)
    exact = {0: 1, 1: 1j, 2: -1, 3: -1j}
    for j in range(4):
        roots[4 * k == j * q] = exact[j]
    return roots


@lru_cache(maxsize=64)
def colour_site(colours: int) -> LocalSpace:
    """The fundamental representation of SU(N): matrix units "E01" (colour 1 becomes 0), and the charges "N0", "N1", ...

    Names have a comma beyond ten colours: "E10,3".

    Examples
    --------
    >>> np.argwhere(colour_site(3).matrix("E01")).tolist(), sorted(colour_site(3).charges)
    ([[0, 1]], ['N0', 'N1', 'N2'])
    """
    if isinstance(colours, bool) or not isinstance(colours, (int, np.integer)) or not 2 <= colours <= 64:
        raise InputError(f"SU(N) sites have a whole number N of colours, from 2 to 64; got {colours!r}")
    n = int(colours)
    comma = "," if n > 10 else ""
    operators = {"I": np.eye(n)}
    for a in range(n):
        for b in range(n):
            operators[f"E{a}{comma}{b}"] = np.outer(np.eye(n)[a], np.eye(n)[b])
    charges = {f"N{a}": Charge(tuple(int(a == b) for b in range(n))) for a in range(n)}
    return LocalSpace("colour", n, _frozen(operators), charges)
