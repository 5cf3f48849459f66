"""The 75 uniform polyhedra by their Wythoff symbols, and the symbols that follow from those."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from symmeter.errors import UnknownNameError
from symmeter.shapes.indices import Indices
from symmeter.shapes.polyhedron import Polyhedron
from symmeter.shapes.uniform_table import UNIFORM, UniformEntry
from symmeter.shapes.wythoff import WythoffSymbol, wythoff

__all__ = ["family_of", "schlaefli_symbol", "skilling_figure", "uniform", "vertex_configuration", "wythoff_polyhedron"]

SKILLING = "great disnub dirhombidodecahedron"


@lru_cache(maxsize=128)
def uniform(number: int) -> Polyhedron:
    """The uniform polyhedron U1 to U75; edges of length 1.

    Examples
    --------
    >>> p = uniform(64)
    >>> p.name, p.V, p.E, p.F, p.euler, p.density
    ('great snub dodecicosidodecahedron', 60, 180, 104, -16, 10)
    """
    if not 1 <= number <= len(UNIFORM):
        raise UnknownNameError(f"there is no uniform polyhedron U{number}; they run from U1 to U75")
    entry = UNIFORM[number - 1]
    if number == 75:
        from symmeter.shapes.snub import great_dirhombicosidodecahedron

        vertices, faces, _ = great_dirhombicosidodecahedron()
    else:
        vertices, faces, _ = wythoff(entry.wythoff, entry.circumradius)
    return Polyhedron(
        vertices,
        faces,
        entry.name,
        family_of(entry),
        (f"U{number}", f"W{entry.wenninger}", f"C{entry.coxeter}", *entry.aliases),
        indices_of(entry),
    )


@lru_cache(maxsize=1)
def skilling_figure() -> Polyhedron:
    """The great disnub dirhombidodecahedron: uniform but for 120 of its 240 edges, where four faces meet.

    Counted twice, as two edges that coincide, these make 360 edges and the Euler characteristic -96 of the literature.

    Examples
    --------
    >>> p = skilling_figure()
    >>> p.V, p.E, p.face_counts, p.group
    (60, 240, {'3': 120, '4': 60, '5/2': 24}, 'Ih')
    """
    from symmeter.shapes.snub import great_disnub_dirhombidodecahedron

    vertices, faces, _ = great_disnub_dirhombidodecahedron()
    return Polyhedron(vertices, faces, SKILLING, "four faces at an edge", ("great disnub", "skilling's figure"))


def wythoff_polyhedron(symbol: str) -> Polyhedron:
    """The polyhedron of a Wythoff symbol, listed or not; of several snub figures the one in the triangle's middle.

    Examples
    --------
    >>> wythoff_polyhedron("3/2 4|4").V
    24
    """
    vertices, faces, _ = wythoff(symbol)
    parsed = WythoffSymbol.parse(symbol)
    indices = Indices(
        wythoff=symbol, schlaefli=schlaefli_symbol(parsed), vertex_configuration=vertex_configuration(parsed)
    )
    return Polyhedron(vertices, faces, symbol, "uniform", (), indices)


def family_of(entry: UniformEntry) -> str:
    """Platonic, Archimedean, Kepler-Poinsot, or uniform without being convex or regular: by its Wenninger number."""
    if entry.wenninger <= 5:
        return "platonic"
    if entry.wenninger <= 18:
        return "archimedean"
    return "kepler-poinsot" if entry.wenninger in (20, 21, 22, 41) else "nonconvex uniform"


def indices_of(entry: UniformEntry) -> Indices:
    """All numbers and symbols of a line of the list."""
    snubbed = entry.number == 75
    parsed = None if snubbed else WythoffSymbol.parse(entry.wythoff)
    return Indices(
        uniform=entry.number,
        wenninger=entry.wenninger,
        coxeter=entry.coxeter,
        wythoff=entry.wythoff,
        schlaefli=None if parsed is None else schlaefli_symbol(parsed),
        vertex_configuration="4.5/3.4.3.4.5/2.4.3/2" if parsed is None else vertex_configuration(parsed),
    )


def vertex_configuration(symbol: WythoffSymbol) -> str:
    """Faces around a vertex: retrograde ones with a fraction below 2, "/k" behind a figure that turns k times.

    Examples
    --------
    >>> vertex_configuration(WythoffSymbol.parse("2|5/2 5")), vertex_configuration(WythoffSymbol.parse("5/2|2 3"))
    ('5/2.5.5/2.5', '(3.3.3.3.3)/2')
    """
    p, q, r = symbol.numbers
    around: list[Fraction]
    turns = 1
    if len(symbol.before) == 1:
        around = [q, r] * p.numerator
        turns = p.denominator
    elif len(symbol.before) == 2:
        around = [p, 2 * r, q, 2 * r]
    elif symbol.before and symbol.alternative:
        # The other way round the same two faces: 2p, 2q, and both again backwards.
        around = [2 * p, 2 * q, _reversed(2 * p), _reversed(2 * q)]
    elif symbol.before:
        around = [2 * p, 2 * q, 2 * r]
    else:
        around = [x for n in (p, q, r) for x in (Fraction(3), n)]
    text = ".".join(str(x) for x in around if x != 2)
    return text if turns == 1 else f"({text})/{turns}"


def _reversed(x: Fraction) -> Fraction:
    return Fraction(x.numerator, x.numerator - x.denominator)


def schlaefli_symbol(symbol: WythoffSymbol) -> str | None:
    """{p,q} of a regular figure, and r, t, rr, tr, s of it; None where a triangle has no right angle."""
    numbers = symbol.numbers
    if 2 not in numbers or symbol.alternative:
        return None
    two = numbers.index(Fraction(2))
    if len(symbol.before) == 1:
        if two == 0:
            return f"r{{{numbers[1]},{numbers[2]}}}"
        return f"{{{numbers[3 - two]},{numbers[0]}}}"
    a, b = (x for i, x in enumerate(numbers) if i != two)
    if len(symbol.before) == 2:
        return f"rr{{{a},{b}}}" if two == 2 else f"t{{{b},{a}}}"
    return f"{'tr' if symbol.before else 'sr'}{{{a},{b}}}"
