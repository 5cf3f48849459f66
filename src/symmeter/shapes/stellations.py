"""Stellations: unions of cells of a core's arrangement, the fifty-nine icosahedra, and the models of Wenninger's book.

Cells are named as Du Val named those of the icosahedron: a letter counts the planes between a cell and the core (a is
the core), a figure tells apart the classes of one layer, and a capital stands for everything up to its layer: "De2f2".
For other cores the classes of a layer are numbered by size, then by distance.

The cells behind Wenninger's numbers were found by search: for each number, all unions of classes that satisfy Miller's
rules and have the symmetry, the reach and the number of outermost vertices of the printed model. How many kinds of
facets are seen in exactly which models then agrees with the facet lists of the program Antiprism for all of them. Given
the others that leaves one solid for 63; for 66 two, the full arrangement and the same without its cells n2, which the
full one hides, and 66 is taken to be the full one, the final stellation.

References
----------
A. Rossiter, R. Kaufman, Antiprism (facet lists);
M. J. Wenninger, Polyhedron models (1971); H. S. M. Coxeter, P. Du Val, H. T. Flather, J. F. Petrie, The fifty-nine
icosahedra (1938).
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool

from symmeter.errors import InputError, UnknownNameError
from symmeter.shapes.arrangement import Arrangement
from symmeter.shapes.indices import Indices
from symmeter.shapes.polyhedron import Polyhedron
from symmeter.shapes.stellation_surface import cells_mesh

__all__ = [
    "FIFTY_NINE",
    "STELLATIONS",
    "cells_named",
    "fifty_nine",
    "named_classes",
    "stellate",
    "wenninger_stellation",
]

#: The fifty-nine icosahedra in Crennell's order; the last 27 are chiral, with one hand of f1.
FIFTY_NINE = (
    *("A", "B", "C", "D", "E", "F", "G", "H"),
    *("e1", "f1", "g1", "e1f1", "e1f1g1", "f1g1", "e2", "f2", "g2", "e2f2", "e2f2g2", "f2g2"),
    *("De1", "Ef1", "Fg1", "De1f1", "De1f1g1", "Ef1g1", "De2", "Ef2", "Fg2", "De2f2", "De2f2g2", "Ef2g2"),
    *("f1", "e1f1", "De1f1", "f1g1", "e1f1g1", "De1f1g1", "f1g2", "e1f1g2", "De1f1g2"),
    *("f1f2g2", "e1f1f2g2", "De1f1f2g2", "e2f1", "De2f1", "Ef1", "e2f1g1", "De2f1g1", "Ef1g1"),
    *("e2f1f2", "De2f1f2", "Ef1f2", "e2f1f2g1", "De2f1f2g1", "Ef1f2g1", "e2f1f2g2", "De2f1f2g2", "Ef1f2g2"),
)
_REFLEXIBLE = 32


class StellationEntry(NamedTuple):
    """A model of Wenninger's book that is no uniform polyhedron and no compound."""

    core: str
    cells: str
    is_chiral: bool
    name: str
    aliases: tuple[str, ...] = ()


def _icosahedral(cells: str, name: str, *aliases: str, chiral: bool = False) -> StellationEntry:
    return StellationEntry("icosahedron", cells, chiral, f"{name} stellation of the icosahedron", aliases)


def _icosidodecahedral(cells: str, name: str, *aliases: str) -> StellationEntry:
    return StellationEntry("icosidodecahedron", cells, False, f"{name} stellation of the icosidodecahedron", aliases)


STELLATIONS: dict[int, StellationEntry] = {
    26: StellationEntry("icosahedron", "B", False, "small triambic icosahedron", ("first stellation of icosahedron",)),
    27: _icosahedral("F", "second"),
    28: _icosahedral("Ef1g1", "third", "excavated dodecahedron"),
    29: _icosahedral("g1", "fourth"),
    30: _icosahedral("f2g2", "fifth"),
    31: _icosahedral("Fg1", "sixth"),
    32: _icosahedral("De1", "seventh"),
    33: _icosahedral("Fg2", "eighth"),
    34: _icosahedral("De2f2", "ninth", "great triambic icosahedron", "medial triambic icosahedron"),
    35: _icosahedral("f1", "tenth", chiral=True),
    36: _icosahedral("e1f1", "eleventh", chiral=True),
    37: _icosahedral("e1", "twelfth"),
    38: _icosahedral("e2f1f2", "thirteenth", chiral=True),
    39: _icosahedral("e1f1g1", "fourteenth", chiral=True),
    40: _icosahedral("e2f1", "fifteenth", chiral=True),
    42: _icosahedral("H", "final", "echidnahedron", "complete icosahedron"),
    44: StellationEntry("cuboctahedron", "C", False, "second stellation of the cuboctahedron"),
    45: StellationEntry("cuboctahedron", "D", False, "third stellation of the cuboctahedron"),
    46: StellationEntry(
        "cuboctahedron",
        "E",
        False,
        "fourth stellation of the cuboctahedron",
        ("final stellation of the cuboctahedron",),
    ),
    48: _icosidodecahedral("C", "second"),
    49: _icosidodecahedral("D", "third"),
    52: _icosidodecahedral("De2e3f2g1", "sixth"),
    53: _icosidodecahedral("Gh1h2", "seventh"),
    55: _icosidodecahedral("e1f1g2h1h3i1i3j4", "ninth"),
    56: _icosidodecahedral("d1e1e2f1f3g2g3h1h3i1i3j3j4k1", "tenth"),
    57: _icosidodecahedral("Gh2h3i2", "eleventh"),
    58: _icosidodecahedral("Ij2j3j4k1", "twelfth"),
    59: _icosidodecahedral("Ij1j2j3k2k4l1l3l5m2n1", "thirteenth"),
    60: _icosidodecahedral("Jk2k3k4l1l2l3l5m2n1", "fourteenth"),
    62: _icosidodecahedral("Jk1k2k3", "fifteenth"),
    63: _icosidodecahedral("f2g1g3h2", "sixteenth"),
    64: _icosidodecahedral("j3k4l3l5m2n1", "seventeenth"),
    65: _icosidodecahedral("i1j1j4k2k3l1l2m1", "eighteenth"),
    66: _icosidodecahedral("N", "nineteenth", "final stellation of the icosidodecahedron"),
}


@lru_cache(maxsize=16)
def _arrangement(core: str) -> Arrangement:
    from symmeter.shapes.catalogue import poly

    return Arrangement.of(poly(core))


@lru_cache(maxsize=16)
def named_classes(arrangement: Arrangement) -> dict[str, Bool[np.ndarray, " c"]]:
    """The classes of cells under the whole group, by name.

    Examples
    --------
    >>> from symmeter.shapes import poly
    >>> {k: int(v.sum()) for k, v in named_classes(Arrangement.of(poly("dodecahedron"))).items()}
    {'a': 1, 'b': 12, 'c': 30, 'd': 20}
    """
    cells = arrangement.cells
    label = cells.orbits()
    distance = _centre_distances(arrangement)
    order = []
    for k in range(int(label.max()) + 1):
        mask = label == k
        order.append((int(cells.layers[mask][0]), int(mask.sum()), float(distance[mask].mean()), k))
    # Du Val's f1 are the 120 cells, his f2 the twelve.
    if len(arrangement.normals) == 20:
        order = [(a, 200 if (a, n) == (5, 12) else n, r, k) for a, n, r, k in order]
    order.sort(key=lambda row: (row[0], row[1], round(row[2], 6)))
    layers = [row[0] for row in order]
    names: dict[str, np.ndarray] = {}
    for i, (layer, _, _, k) in enumerate(order):
        letter = chr(ord("a") + layer)
        figure = "" if layers.count(layer) == 1 else str(i - layers.index(layer) + 1)
        names[letter + figure] = label == k
    return names


def _centre_distances(arrangement: Arrangement) -> np.ndarray:
    """Mean distance of the corners of the facets of each cell from the centre."""
    facets, cells = arrangement.facets, arrangement.cells
    radii = np.linalg.norm(facets.points, axis=1)
    corners = np.array([len(c) for c in facets.cycles])
    mean = np.add.reduceat(radii[np.concatenate(facets.cycles)], np.cumsum(corners) - corners) / corners
    count = len(cells.signs) + 1
    total, number = np.zeros(count), np.zeros(count)
    for side in (cells.beyond, cells.within):
        np.add.at(total, side, mean)
        np.add.at(number, side, 1)
    return total[:-1] / number[:-1]


def cells_named(arrangement: Arrangement, text: str, chiral: bool = False) -> Bool[np.ndarray, " c"]:
    """The cells that a text such as "De2f2" names; of a class that is two mirror images a chiral figure has one."""
    classes = named_classes(arrangement)
    words = re.findall(r"[A-Z]|[a-z]\d*", text)
    if not text or "".join(words) != text.replace(" ", ""):
        raise InputError(f"{text!r} names no cells; write capitals for layers and classes such as e2: 'De2f2'")
    chosen = np.zeros(len(arrangement.cells.signs), bool)
    for word in words:
        if word.isupper():
            last = int(arrangement.cells.layers.max())
            if ord(word) - ord("A") > last:
                raise UnknownNameError(f"there is no layer {word!r}; the last one is {chr(ord('A') + last)}")
            chosen |= arrangement.cells.layers <= ord(word) - ord("A")
        elif word in classes:
            chosen |= _one_hand(arrangement, classes[word]) if chiral else classes[word]
        else:
            raise UnknownNameError(f"there are no cells {word!r}; the classes are {', '.join(classes)}")
    return chosen


def _one_hand(arrangement: Arrangement, mask: np.ndarray) -> np.ndarray:
    """Half of a class that the rotations split in two, else the whole class."""
    proper = np.linalg.det(arrangement.operations) > 0
    label = arrangement.cells.orbits(proper)
    return label == label[np.flatnonzero(mask)[0]]


def stellate(core: str | Polyhedron, cells: str, chiral: bool = False, name: str | None = None) -> Polyhedron:
    """The solid of some cells of a core's arrangement: its faces are its visible surface.

    Parameters
    ----------
    core : str or Polyhedron
        Such as "icosahedron".
    cells : str
        Such as "De2f2": see the module.
    chiral : bool
        Whether to take one hand of the classes that consist of two mirror images.
    name : str, optional
        Of the result.

    Examples
    --------
    >>> p = stellate("octahedron", "B")
    >>> p.group, p.F, round(p.volume / 2**0.5, 6)
    ('Oh', 24, 1.0)
    """
    arrangement = _arrangement(core) if isinstance(core, str) else Arrangement.of(core)
    core_name = core if isinstance(core, str) else core.name
    chosen = cells_named(arrangement, cells, chiral)
    title = name or f"stellation {cells} of the {core_name}"
    mesh = cells_mesh(arrangement, chosen, title)
    indices = Indices(du_val=cells) if core_name == "icosahedron" else Indices()
    return Polyhedron(mesh.vertices, mesh.faces, title, "stellation", (), indices, is_solid_surface=True)


@lru_cache(maxsize=64)
def fifty_nine(number: int) -> Polyhedron:
    """One of the fifty-nine icosahedra, by Crennell's number.

    Examples
    --------
    >>> p = fifty_nine(47)
    >>> p.name, p.group, p.indices.du_val
    ('compound of five tetrahedra (stellation Ef1 of the icosahedron)', 'I', 'Ef1')
    """
    if not 1 <= number <= len(FIFTY_NINE):
        raise UnknownNameError(f"there is no icosahedron number {number}; they run from 1 to 59")
    cells = FIFTY_NINE[number - 1]
    known = {
        1: "icosahedron",
        3: "compound of five octahedra",
        7: "great icosahedron",
        22: "compound of ten tetrahedra",
        47: "compound of five tetrahedra",
    }
    title = f"stellation {cells} of the icosahedron"
    if number in known:
        title = f"{known[number]} ({title})"
    p = stellate("icosahedron", cells, number > _REFLEXIBLE, title)
    return replace(p, indices=replace(p.indices, crennell=number), aliases=(f"icosahedron {number} of 59",))


@lru_cache(maxsize=64)
def wenninger_stellation(number: int) -> Polyhedron:
    """A stellation of Wenninger's book: W26 to W40, W42, W44 to W46, W48 to W66 but for the compounds.

    Examples
    --------
    >>> wenninger_stellation(28).aliases
    ('W28', 'excavated dodecahedron')
    """
    if number not in STELLATIONS:
        raise UnknownNameError(f"W{number} is no stellation of the book that is neither uniform nor a compound")
    entry = STELLATIONS[number]
    p = stellate(entry.core, entry.cells, entry.is_chiral, entry.name)
    crennell = None
    if entry.core == "icosahedron":
        start = _REFLEXIBLE if entry.is_chiral else 0
        crennell = FIFTY_NINE.index(entry.cells, start) + 1
    indices = replace(p.indices, wenninger=number, crennell=crennell)
    return replace(p, indices=indices, aliases=(f"W{number}", *entry.aliases))
