"""Products of single operators, and of basis states, without a detour through sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symmeter.errors import InputError
from symmeter.quantum.ops.coefficients import Coefficient, as_coefficient
from symmeter.quantum.ops.collecting import collect
from symmeter.quantum.ops.operator import Operator
from symmeter.quantum.ops.species import Species
from symmeter.quantum.ops.term_products import Key, key_products

__all__ = ["letters_product", "word"]


def letters_product(
    species: tuple[Species, ...], letters: Sequence[tuple[Species, str, int]], coefficient: Coefficient = 1
) -> dict[Key, Coefficient]:
    """The canonical form of a product of generators, each a species, a kind and the number of a mode."""
    where = {s: k for k, s in enumerate(species)}
    found: dict[Key, Coefficient] = {tuple(s.identity for s in species): coefficient}
    for s, kind, mode in letters:
        parts = s.generator(kind, mode)
        place = where[s]
        singles = [(c, tuple(p if k == place else t.identity for k, t in enumerate(species))) for c, p in parts]
        found = collect(
            (out, v * c * f)
            for key, v in found.items()
            for c, single in singles
            for f, out in key_products(species, key, single)
        )
    return found


def word(species: Species, *factors: tuple[Any, ...], coefficient: Any = 1) -> Operator:
    """A product of operators of one species in the order written.

    Parameters
    ----------
    species : Species
        Whose operators they are.
    factors : tuples
        A name ("cd", "c", "n", "ad", "a", "S+", "Sx", "X", ...) and the labels of the mode.
    coefficient : number or SymPy expression
        In front.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> print(word(ops.Fermions(), ("c", 0), ("cd", 0), ("n", 1)))
    cd[1] c[1] - cd[0] cd[1] c[1] c[0]
    """
    letters: list[tuple[Species, str, int]] = []
    for kind, *labels in factors:
        mode = species.mode(*labels)
        try:
            species.generator(kind, mode)
        except (KeyError, ValueError, IndexError):
            raise InputError(f"{species.name} has no operator {kind!r}; it has {', '.join(species.kinds)}") from None
        letters.append((species, kind, mode))
    return Operator((species,), letters_product((species,), letters, as_coefficient(coefficient)))
