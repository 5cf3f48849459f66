"""Every polyhedron by name, number or symbol; nothing is built before it is asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

from symmeter.errors import InputError, UnknownNameError, nearest_name
from symmeter.shapes.indices import Indices
from symmeter.shapes.polyhedron import Polyhedron

__all__ = ["CatalogueEntry", "catalogue", "families", "missing", "poly"]


@dataclass(frozen=True)
class CatalogueEntry:
    """What is known of a solid before it is built."""

    name: str
    family: str
    aliases: tuple[str, ...]
    indices: Indices
    build: Callable[[], Polyhedron]


def _uniform_entries() -> list[CatalogueEntry]:
    from symmeter.shapes.uniform_polyhedra import SKILLING, family_of, indices_of, skilling_figure, uniform
    from symmeter.shapes.uniform_table import UNIFORM

    found = []
    for e in UNIFORM:
        numbers = (f"U{e.number}", f"W{e.wenninger}", f"C{e.coxeter}")
        build = partial(uniform, e.number)
        found.append(CatalogueEntry(e.name, family_of(e), (*numbers, *e.aliases), indices_of(e), build))
    aliases = ("great disnub", "skilling's figure")
    found.append(CatalogueEntry(SKILLING, "four faces at an edge", aliases, Indices(), skilling_figure))
    return found


def _other_entries() -> list[CatalogueEntry]:
    from symmeter.shapes.compounds import COMPOUNDS, named_compound
    from symmeter.shapes.duals import CATALAN, catalan
    from symmeter.shapes.johnson_names import JOHNSON_NAMES
    from symmeter.shapes.johnson_solids import johnson
    from symmeter.shapes.stellations import FIFTY_NINE, STELLATIONS, fifty_nine, wenninger_stellation

    found = []
    for w, names in CATALAN.items():
        n = w - 5
        found.append(
            CatalogueEntry(names[0], "catalan", (f"C{n}", *names[1:]), Indices(catalan=n), partial(catalan, n))
        )
    for n, names in JOHNSON_NAMES.items():
        found.append(
            CatalogueEntry(names[0], "johnson", (f"J{n}", *names[1:]), Indices(johnson=n), partial(johnson, n))
        )
    for w, s in STELLATIONS.items():
        indices = Indices(wenninger=w, du_val=s.cells if s.core == "icosahedron" else None)
        build = partial(wenninger_stellation, w)
        found.append(CatalogueEntry(s.name, "stellation", (f"W{w}", *s.aliases), indices, build))
    for c in COMPOUNDS:
        number = () if c.wenninger is None else (f"W{c.wenninger}",)
        indices = Indices(wenninger=c.wenninger)
        build = partial(named_compound, c.name)
        found.append(CatalogueEntry(c.name, "compound", (*number, *c.aliases), indices, build))
    for k, cells in enumerate(FIFTY_NINE, start=1):
        name = f"icosahedron {k} of 59"
        found.append(
            CatalogueEntry(name, "fifty-nine icosahedra", (), Indices(crennell=k, du_val=cells), partial(fifty_nine, k))
        )
    return found


@lru_cache(maxsize=1)
def catalogue() -> tuple[CatalogueEntry, ...]:
    """All listed solids in the order of their families; prisms, antiprisms and further duals are made by name."""
    return (*_uniform_entries(), *_other_entries())


@lru_cache(maxsize=1)
def _by_key() -> dict[str, CatalogueEntry]:
    keys: dict[str, CatalogueEntry] = {}
    for e in catalogue():
        for name in (e.name, *e.aliases):
            keys.setdefault(_key(name), e)
    for e in catalogue():
        symbols = (e.indices.wythoff, e.indices.schlaefli, e.indices.vertex_configuration)
        for symbol in (*symbols, None if e.indices.uniform else e.indices.du_val):
            if symbol is not None and e.indices.crennell is None:
                keys.setdefault(_key(symbol), e)
    return keys


#: Other words for the same: numbers of parts in figures, trapezohedra by their Greek names.
_SPELLINGS = {
    **{f"compound of {n}": f"compound of {word}" for n, word in ((2, "two"), (5, "five"), (10, "ten"))},
    "trigonal": "triangular",
    "tetragonal": "square",
}


def _key(name: str) -> str:
    text = re.sub(r"[\s_\-]+", " ", str(name).strip().casefold())
    text = re.sub(r"^(regular|the|an?) ", "", text)
    # "U 12", "W019" and "wid 5" are the same numbers as "U12", "W19" and "W5".
    found = re.fullmatch(r"([uwjc])(?:id)? ?0*(\d{1,3})", text)
    if found:
        return f"{found[1]}{found[2]}"
    text = re.sub(r" ?([|.,{}()/]) ?", r"\1", text)
    for word, usual in _SPELLINGS.items():
        text = re.sub(rf"\b{word}\b", usual, text)
    return text


def poly(name: str) -> Polyhedron:
    """The polyhedron with a name, number or symbol.

    Parameters
    ----------
    name : str
        A name or alias ("snub cube", "buckyball"); a number: U1 to U75 (uniform), W1 to W119 (Wenninger), J1 to J92
        (Johnson), C1 to C13 (Catalan), C15 to C92 (Coxeter's list); a symbol: "2|3 4" (Wythoff), "{5,5/2}"
        (Schläfli), "3.4.4.4" (vertex configuration). "prism 7", "antiprism 5/2", "dual of U30",
        "mirror image of J44" and "stellation De2f2 of the icosahedron" are made on the spot.

    Raises
    ------
    UnknownNameError
        If nothing has this name; the text proposes the nearest one.

    Examples
    --------
    >>> poly("W98").name, poly("hexahedron").name, poly("{5/2,5}").name, poly("dual of cube").name
    ('truncated dodecadodecahedron', 'cube', 'small stellated dodecahedron', 'dual of cube')
    """
    key = _key(name)
    if key in _by_key():
        return _by_key()[key].build()
    made = _made(key, str(name))
    if made is not None:
        return made
    raise UnknownNameError(f"no polyhedron is called {name!r}; {_hint(key)}")


def _hint(key: str) -> str:
    if re.fullmatch(r"[uwjc]\d+", key):
        return "numbers run from U1 to U75, W1 to W119, J1 to J92, C1 to C13 and C15 to C92 without C33 to C35"
    near = nearest_name(key, [*_by_key(), "prism 5", "antiprism 5/2"])
    if near is None:
        return "try a name such as 'snub cube', a number such as U12, W17 or J48, or a Wythoff symbol"
    return f"did you mean {_by_key()[near].name if near in _by_key() else near}?"


def _made(key: str, given: str) -> Polyhedron | None:
    """Solids of the infinite families, duals, mirror images, stellations, and figures of other Wythoff symbols."""
    for words, act in (("dual of ", Polyhedron.dual), ("mirror image of ", Polyhedron.mirror)):
        if key.startswith(words):
            return act(poly(key.removeprefix(words)))
    found = re.fullmatch(r"stellation ([a-z0-9 ]+) of (?:the )?(.+)", key)
    if found:
        from symmeter.shapes.stellations import stellate

        # The key has lost its capitals, which mean layers.
        cells = re.search(r"stellation\s+([A-Za-z0-9]+)\s+of", given)
        return stellate(poly(found[2]).name, cells[1] if cells else found[1])
    if "|" in key:
        from symmeter.shapes.uniform_polyhedra import wythoff_polyhedron

        return wythoff_polyhedron(key)
    return _of_infinite_family(key)


def _of_infinite_family(key: str) -> Polyhedron | None:
    from symmeter.shapes import prisms

    number = r"(\d{1,5})(?:/(\d{1,5}))?"
    kinds = "prism|antiprism|bipyramid|trapezohedron"
    found = re.fullmatch(rf"({kinds}) {number}", key)
    kind, n, d = (found[1], found[2], found[3]) if found else ("", "", None)
    if not found and (found := re.fullmatch(rf"{number}(?: gonal)? ({kinds})", key)):
        kind, n, d = found[3], found[1], found[2]
    if not found:
        words = re.fullmatch(rf"([a-z]+)(?: (crossed))? ({kinds})", key)
        sizes = {v: k for k, v in prisms.POLYGON_ADJECTIVES.items()}
        if words is None or words[1] not in sizes:
            return None
        size, turns = sizes[words[1]]
        kind, n, d = words[3], str(size), str(size - turns if words[2] else turns)
    if int(n) < 3 or (d is not None and int(d) < 1):
        raise InputError(f"{key!r}: a polygon has 3 corners or more and turns once or more")
    n_corners, turns = int(n), int(d or 1)
    if kind in ("prism", "bipyramid"):
        solid = prisms.prism(n_corners, turns)
    else:
        solid = prisms.antiprism(n_corners, turns)
    return solid if kind in ("prism", "antiprism") else solid.dual()


def families() -> dict[str, tuple[str, ...]]:
    """Names of all listed solids by family.

    Examples
    --------
    >>> {k: len(v) for k, v in families().items()}
    {'platonic': 5, 'archimedean': 13, 'nonconvex uniform': 53, 'kepler-poinsot': 4, 'four faces at an edge': 1,
     'catalan': 13, 'johnson': 92, 'stellation': 34, 'compound': 13, 'fifty-nine icosahedra': 59}
    """
    found: dict[str, tuple[str, ...]] = {}
    for e in catalogue():
        found[e.family] = (*found.get(e.family, ()), e.name)
    return found


def missing() -> tuple[str, ...]:
    """Wenninger, Johnson, Catalan and uniform numbers that have no solid here: none at present.

    Examples
    --------
    >>> missing()
    ()
    """
    wanted = [
        f"{letter}{n}" for letter, top in (("U", 75), ("W", 119), ("J", 92), ("C", 13)) for n in range(1, top + 1)
    ]
    return tuple(n for n in wanted if _key(n) not in _by_key())
