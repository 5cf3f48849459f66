"""Terms of a model file: operators with places, spread over the bonds or sites of a lattice.

``Sz_i Sz_j`` on bonds, ``Sx`` on sites, ``cd_i.up c_j.up`` with a spin, ``Sz_0 Sz_3`` at given sites. Without places
two operators on bonds stand at the two ends, and operators on sites all at the site.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from symmeter.errors import InputError, UnknownNameError, nearest_name
from symmeter.quantum.ed.hilbert import HilbertSpace
from symmeter.quantum.ed.terms import Term
from symmeter.quantum.lattices import Lattice
from symmeter.quantum.model_files.nodes import Node

__all__ = ["term_list"]

_WORD = re.compile(r"([A-Za-z][A-Za-z0-9]*(?:,\d+)?[+-]?|[+-])(?:_([ij]|\d+)?[.,]?(up|dn)?)?$")
_BONDS = re.compile(r"bonds(?: (\d+))?$")


def term_list(node: Node, space: HilbertSpace, lattice: Lattice, number: Callable[[Node], complex]) -> list[Term]:
    """The terms of one entry."""
    keys = node.mapping("a term", ("coefficient", "operators", "on", "plus"), ("coefficient", "operators"))
    words = [_word(keys["operators"], w) for w in keys["operators"].text("operators").split()]
    if not words:
        raise keys["operators"].fail("a term needs operators")
    places = _places(keys.get("on"), lattice)
    values = _coefficients(keys["coefficient"], len(places), number)
    adjoint = False
    if "plus" in keys:
        if keys["plus"].value != "h.c.":
            raise keys["plus"].fail(f"plus takes h.c., the Hermitian conjugate; got {keys['plus'].plain()!r}")
        adjoint = True
    terms = []
    for place, value in zip(places, values):
        term = _term(keys["operators"], space, words, place, complex(value))
        terms.append(term)
        if adjoint:
            turned = tuple((m.conj().T, site, odd) for m, site, odd in reversed(term.factors))
            terms.append(Term(complex(np.conj(value)), turned, f"h.c. of {term.words}"))
    return terms


def _word(node: Node, word: str) -> tuple[str, str | None, str | None]:
    match = _WORD.match(word)
    if match is None:
        raise node.fail(f"{word!r} is no operator; write Sz, S+_i, n_0, cd_i.up")
    return match.group(1), match.group(2), match.group(3)


def _places(node: Node | None, lattice: Lattice) -> list[tuple[int, ...]]:
    if node is None:
        return [()]
    if isinstance(node.value, list):
        return [tuple(end.whole("a site") for end in (p.value if isinstance(p.value, list) else [p])) for p in node]
    text = str(node.value)
    if text == "sites":
        return [(i,) for i in range(lattice.sites)]
    match = _BONDS.match(text)
    if match is None:
        raise node.fail(f"on takes bonds, bonds 2 (next neighbours), sites or a list of sites or pairs; got {text!r}")
    try:
        return [(i, j) for i, j in lattice.edges(int(match.group(1) or 1)).tolist()]
    except InputError as error:
        raise node.fail(str(error), type(error)) from None


def _coefficients(node: Node, many: int, number: Callable[[Node], complex]) -> list[complex]:
    if not isinstance(node.value, list):
        return [number(node)] * many
    if len(node.value) != many:
        raise node.fail(f"{len(node.value)} coefficients for {many} places; give one, or one a place")
    return [number(child) for child in node.value]


def _term(node: Node, space: HilbertSpace, words: list, place: tuple[int, ...], value: complex) -> Term:
    factors, text = [], []
    for k, (name, where, spin) in enumerate(words):
        site = _site(node, words, place, k, where)
        label: Any = site if spin is None else (site, spin)
        try:
            number = space.site(label)
            local = space.sites[number]
            matrix = local.matrix(name)
        except UnknownNameError:
            known = dict.fromkeys(n for s in space.sites for n in s.operators)
            near = nearest_name(name, known, cutoff=0.3)
            hint = f"; did you mean {near!r}?" if near else ""
            raise node.fail(
                f"there is no operator {name!r}{hint} The operators are {', '.join(known)}", UnknownNameError
            ) from None
        except InputError as error:
            raise node.fail(str(error), type(error)) from None
        if spin is None and space.labels and local.is_fermionic:
            raise node.fail(f"{name} needs a spin: {name}_i.up or {name}_i.dn")
        factors.append((matrix, number, name in local.odd))
        text.append(f"{name}_{site}" + (f".{spin}" if spin else ""))
    if sum(odd for _, _, odd in factors) % 2:
        raise node.fail(f"{' '.join(text)} has an odd number of fermion operators; a Hamiltonian term has an even one")
    return Term(value, tuple(factors), " ".join(text))


def _site(node: Node, words: list, place: tuple[int, ...], k: int, where: str | None) -> int:
    if where is not None and where.isdigit():
        return int(where)
    if where is not None:
        end = "ij".index(where)
        if end >= len(place):
            raise node.fail(
                f"there is no place {where}: {'say on: bonds or on: sites' if not place else 'use i on sites'}"
            )
        return place[end]
    if len(place) == 1:
        return place[0]
    if len(place) == len(words):
        return place[k]
    raise node.fail(
        "say where the operators stand: Sz_0 for a site, or on: bonds with i and j"
        if not place
        else f"{len(words)} operators on {len(place)} sites need places, such as {words[0][0]}_i"
    )
