"""Operators to and from QuSpin's lists: ``[["+-", [[J, 0, 1], ...]], ...]``.

Site numbers are kept. In QuSpin a bar separates the two spins of fermions, ``"+-|n"``: its left side is our flavour 0,
its right side flavour 1. With ``pauli=1`` (QuSpin's default) its letters "+" and "-" are twice the ladder matrices.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from symmeter.errors import InputError, InputTypeError
from symmeter.quantum.ops.bosons import Bosons
from symmeter.quantum.ops.coefficients import Coefficient, as_coefficient
from symmeter.quantum.ops.collecting import collect
from symmeter.quantum.ops.fermions import Fermions
from symmeter.quantum.ops.openfermion_exchange import only_exchanged_species
from symmeter.quantum.ops.operator import Operator
from symmeter.quantum.ops.paulis import Paulis
from symmeter.quantum.ops.species import Species
from symmeter.quantum.ops.spins import Spins
from symmeter.quantum.ops.words import letters_product

__all__ = ["from_quspin", "to_quspin"]

_LETTERS: dict[type, dict[str, str]] = {
    Fermions: {"+": "cd", "-": "c", "n": "n", "z": "n-1/2", "I": ""},
    Bosons: {"+": "ad", "-": "a", "n": "n", "I": ""},
    Spins: {"+": "S+", "-": "S-", "z": "Sz", "x": "Sx", "y": "Sy", "I": ""},
    Paulis: {"+": "p+", "-": "p-", "z": "Z", "x": "X", "y": "Y", "I": ""},
}


def from_quspin(static: Iterable[Any], species: Species, *, pauli: int = 1) -> Operator:
    """Read a static list.

    Parameters
    ----------
    static : iterable of [operator string, list of [coupling, site, ...]]
    species : Fermions, Bosons, Spins or Paulis
        What the letters stand for.
    pauli : int
        For Paulis: QuSpin's flag 1 or -1. With 0 the letters are spins 1/2 and the species must be ``Spins(1/2)``.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> print(from_quspin([["zz", [[1.0, 0, 1]]], ["+-", [[0.5, 0, 1]]]], ops.Spins("1/2")))
    0.5 S+[0] S-[1] + 1.0 Sz[0] Sz[1]
    """
    table = next((t for kind, t in _LETTERS.items() if isinstance(species, kind)), None)
    if table is None:
        raise InputTypeError(f"QuSpin's letters are read as Fermions, Bosons, Spins or Paulis; got {species!r}")
    if pauli not in (-1, 0, 1):
        raise InputError(f"the flag pauli is 1, 0 or -1; got {pauli!r}")
    if isinstance(species, Paulis) and pauli == 0:
        raise InputError("with pauli=0 QuSpin's letters are spins; read them with Spins('1/2')")
    pieces: list[Any] = []
    for entry in static:
        try:
            string, couplings = entry
        except (TypeError, ValueError):
            raise InputError(f"an entry of a QuSpin list is [string, couplings]; got {entry!r}"[:200]) from None
        for coupling in couplings:
            pieces += _term(species, table, str(string), list(coupling), pauli)
    return Operator((species,), collect(pieces))


def _term(species: Species, table: dict[str, str], string: str, coupling: list[Any], pauli: int) -> list[Any]:
    letters = string.replace("|", "")
    bar = string.index("|") if "|" in string else len(string)
    if len(coupling) != len(letters) + 1:
        raise InputError(f"the string {string!r} takes a coupling and {len(letters)} sites; got {coupling!r}"[:200])
    if "|" in string and len(species.flavours) != 2:
        raise InputError(f"the string {string!r} has two spins; the species needs two flavours")
    terms: list[tuple[Coefficient, list[tuple[Species, str, int]]]] = [(as_coefficient(coupling[0]), [])]
    for k, (letter, site) in enumerate(zip(letters, coupling[1:])):
        if letter not in table:
            raise InputError(f"the letter {letter!r} in {string!r} is unknown; letters are {', '.join(table)} and |")
        labels = (int(site), species.flavours[0 if k < bar else 1]) if "|" in string else (int(site),)
        kind, mode = table[letter], species.mode(*labels)
        if kind == "n-1/2":
            terms = [t for c, w in terms for t in ((c, [*w, (species, "n", mode)]), (c * Fraction(-1, 2), w))]
        elif kind:
            factor = 2 if kind in ("p+", "p-") and pauli == 1 else 1
            terms = [(c * factor, [*w, (species, kind, mode)]) for c, w in terms]
    return [item for c, w in terms for item in letters_product((species,), w, c).items()]


def to_quspin(operator: Operator) -> list[list[Any]]:
    """Write an operator of one species as a static list.

    Paulis give strings of x, y, z (for ``pauli=1`` or -1), Spins of +, -, z (for ``pauli=0``). Fermions with two
    flavours give strings with a bar.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> f = ops.Fermions(["up", "dn"], sites=2)
    >>> to_quspin(f.cre(0, "up") * f.ann(1, "up") + 2 * f.n(0, "dn"))
    [['+-|', [[1, 0, 1]]], ['|+-', [[2, 0, 0]]]]
    """
    species = only_exchanged_species(operator, tuple(_LETTERS), "QuSpin")
    back = {
        kind: letter for letter, kind in next(t for k, t in _LETTERS.items() if isinstance(species, k)).items() if kind
    }
    spinful = len(species.flavours) == 2
    if species.flavours and not spinful:
        raise InputError(f"QuSpin has one or two flavours; {species!r} has {len(species.flavours)}")
    found: dict[str, list[list[Any]]] = {}
    for value, word in operator:
        number = complex(value)
        coupling: list[Any] = [value if isinstance(value, (int, float)) else number if number.imag else number.real]
        factors = [(back[kind], species.label(mode)) for _, (kind, mode) in word]
        if not factors:
            # A constant: the identity on site 0.
            string, sites = ("I|" if spinful else "I"), [0]
        elif spinful:
            string, sites, odd = _by_spin(factors, species)
            coupling[0] = -coupling[0] if odd and species.fermionic else coupling[0]
        else:
            string, sites = "".join(f for f, _ in factors), [label for _, label in factors]
        found.setdefault(string, []).append([*coupling, *sites])
    return [[string, couplings] for string, couplings in found.items()]


def _by_spin(factors: list[tuple[str, Any]], species: Any) -> tuple[str, list[Any], int]:
    """The string with a bar, its sites, and the parity of bringing the first spin to the left."""
    first = [f for f in factors if f[1][1] == species.flavours[0]]
    second = [f for f in factors if f[1][1] != species.flavours[0]]
    odd = later = 0
    for f in reversed(factors):
        if f in first:
            later += 1
        else:
            odd += later
    string = "".join(x for x, _ in first) + "|" + "".join(x for x, _ in second)
    return string, [label[0] for _, label in (*first, *second)], odd & 1
