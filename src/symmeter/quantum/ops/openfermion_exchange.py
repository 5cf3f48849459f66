"""Operators to and from OpenFermion: FermionOperator, BosonOperator, QubitOperator, MajoranaOperator.

OpenFermion numbers spin orbitals interleaved (even up, odd down); ours are in blocks. ``interleaved=True`` translates
between the two by label, otherwise the number of a mode is kept.
"""

from __future__ import annotations

from typing import Any

from symmeter.errors import InputError, InputTypeError, MissingDependencyError
from symmeter.quantum.ops.bosons import Bosons
from symmeter.quantum.ops.coefficients import as_coefficient, is_symbolic
from symmeter.quantum.ops.collecting import collect
from symmeter.quantum.ops.fermions import Fermions
from symmeter.quantum.ops.majoranas import Majoranas
from symmeter.quantum.ops.operator import Operator
from symmeter.quantum.ops.paulis import Paulis
from symmeter.quantum.ops.species import Species
from symmeter.quantum.ops.words import letters_product

__all__ = ["from_openfermion", "only_exchanged_species", "to_openfermion"]

_SPECIES: dict[str, type[Species]] = {
    "FermionOperator": Fermions,
    "BosonOperator": Bosons,
    "QubitOperator": Paulis,
    "MajoranaOperator": Majoranas,
}


def from_openfermion(operator: Any, species: Species | None = None, *, interleaved: bool = False) -> Operator:
    """Read an OpenFermion operator (OpenFermion itself is not imported).

    Parameters
    ----------
    operator : FermionOperator, BosonOperator, QubitOperator or MajoranaOperator
    species : Species, optional
        Whose modes they become; a species without end when omitted.
    interleaved : bool
        Read mode ``F j + s`` as flavour s of site j.

    Returns
    -------
    Operator
    """
    kind = type(operator).__name__
    if kind not in _SPECIES:
        raise InputTypeError(f"from_openfermion reads {', '.join(_SPECIES)}; got {kind}")
    target = _SPECIES[kind]() if species is None else species
    if not isinstance(target, _SPECIES[kind]):
        raise InputTypeError(f"a {kind} becomes {_SPECIES[kind].__name__}; the species is {target!r}")
    if interleaved and not target.flavours:
        raise InputError("interleaved modes belong to a species with flavours, such as Fermions(['up', 'dn'], sites=4)")

    def mode(number: int) -> int:
        if not interleaved:
            return _checked(target, number)
        site, flavour = divmod(number, len(target.flavours))
        return target.mode(site, target.flavours[flavour])

    pieces: list[Any] = []
    for factors, value in operator.terms.items():
        coefficient = as_coefficient(value)
        if kind == "MajoranaOperator":
            letters = [(target, "g", mode(m)) for m in factors]
        elif kind == "QubitOperator":
            letters = [(target, letter, mode(m)) for m, letter in factors]
        else:
            up, down = ("cd", "c") if kind == "FermionOperator" else ("ad", "a")
            letters = [(target, up if action else down, mode(m)) for m, action in factors]
        pieces += letters_product((target,), letters, coefficient).items()
    return Operator((target,), collect(pieces))


def _checked(species: Species, number: int) -> int:
    if species.number_of_modes is not None and number >= species.number_of_modes:
        raise InputError(f"{species!r} has {species.number_of_modes} modes; the operator acts on mode {number}")
    return number


def to_openfermion(operator: Operator, *, interleaved: bool = False) -> Any:
    """Write fermions, bosons, Pauli or Majorana operators of one species as OpenFermion's.

    Raises
    ------
    MissingDependencyError
        Without OpenFermion.
    """
    species = only_exchanged_species(operator, tuple(_SPECIES.values()), "OpenFermion")
    try:
        import openfermion
    except ImportError as error:
        raise MissingDependencyError("openfermion", "peers", "to_openfermion") from error
    name = next(n for n, kind in _SPECIES.items() if isinstance(species, kind))
    made = getattr(openfermion, name)

    def number(mode: int) -> int:
        if not interleaved or not species.flavours:
            return mode
        site, flavour = species.label(mode)
        return site * len(species.flavours) + species.flavours.index(flavour)

    total = made()
    for value, word in operator:
        coefficient = value if is_symbolic(value) else complex(value)
        factors = [(kind, number(mode)) for _, (kind, mode) in word]
        if name == "MajoranaOperator":
            total += made(tuple(m for _, m in factors), coefficient)
        elif name == "QubitOperator":
            total += made(tuple((m, kind) for kind, m in factors), coefficient)
        else:
            total += made(tuple((m, int(kind in ("cd", "ad"))) for kind, m in factors), coefficient)
    return total


def only_exchanged_species(operator: Operator, kinds: tuple[type, ...], other: str) -> Any:
    """The one species that an operator has, of those that another package knows."""
    modes = operator.modes
    active = [s for s in operator.species if modes[s.name]] or list(operator.species[:1])
    if len(active) != 1 or not isinstance(active[0], kinds):
        names = ", ".join(k.__name__ for k in kinds)
        raise InputError(
            f"{other} operators are made of one species of {names}; got {', '.join(map(repr, active)) or 'a number'}"
        )
    return active[0]
