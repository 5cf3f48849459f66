"""The 75 uniform polyhedra that are no prisms: names, Wythoff symbols, and the numbers that people use for them.

U numbers follow R. Maeder's list; Wenninger numbers the models of his book; Coxeter numbers the figures of the 1954
paper, where prisms and antiprisms take 33 to 35. A circumradius (unit edges) stands beside the snub symbols alone: it
says which of several solutions of the same equations bears the name.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["UNIFORM", "UniformEntry"]


class UniformEntry(NamedTuple):
    """One line of the list."""

    number: int
    name: str
    wythoff: str
    wenninger: int
    coxeter: int
    aliases: tuple[str, ...] = ()
    circumradius: float | None = None


UNIFORM = (
    UniformEntry(1, "tetrahedron", "3|2 3", 1, 15, ("regular tetrahedron", "triangular pyramid")),
    UniformEntry(2, "truncated tetrahedron", "2 3|3", 6, 16),
    UniformEntry(3, "octahemioctahedron", "3/2 3|3", 68, 37, ("allelotetratetrahedron",)),
    UniformEntry(4, "tetrahemihexahedron", "3/2 3|2", 67, 36),
    UniformEntry(5, "octahedron", "4|2 3", 2, 17, ("regular octahedron", "triangular antiprism", "square bipyramid")),
    UniformEntry(6, "cube", "3|2 4", 3, 18, ("hexahedron", "regular hexahedron", "square prism")),
    UniformEntry(7, "cuboctahedron", "2|3 4", 11, 19),
    UniformEntry(8, "truncated octahedron", "2 4|3", 7, 20),
    UniformEntry(9, "truncated cube", "2 3|4", 8, 21, ("truncated hexahedron",)),
    UniformEntry(10, "rhombicuboctahedron", "3 4|2", 13, 22, ("small rhombicuboctahedron",)),
    UniformEntry(
        11,
        "truncated cuboctahedron",
        "2 3 4|",
        15,
        23,
        ("great rhombicuboctahedron (convex)", "rhombitruncated cuboctahedron", "omnitruncated cube"),
    ),
    UniformEntry(12, "snub cube", "|2 3 4", 17, 24, ("snub cuboctahedron",), 1.34371337),
    UniformEntry(13, "small cubicuboctahedron", "3/2 4|4", 69, 38),
    UniformEntry(14, "great cubicuboctahedron", "3 4|4/3", 77, 50),
    UniformEntry(15, "cubohemioctahedron", "4/3 4|3", 78, 51),
    UniformEntry(16, "cubitruncated cuboctahedron", "4/3 3 4|", 79, 52, ("cuboctatruncated cuboctahedron",)),
    UniformEntry(
        17,
        "great rhombicuboctahedron",
        "3/2 4|2",
        85,
        59,
        ("nonconvex great rhombicuboctahedron", "quasirhombicuboctahedron", "uniform great rhombicuboctahedron"),
    ),
    UniformEntry(18, "small rhombihexahedron", "2 4 (3/2 4/2)|", 86, 60),
    UniformEntry(19, "stellated truncated hexahedron", "2 3|4/3", 92, 66, ("quasitruncated hexahedron",)),
    UniformEntry(20, "great truncated cuboctahedron", "4/3 2 3|", 93, 67, ("quasitruncated cuboctahedron",)),
    UniformEntry(21, "great rhombihexahedron", "2 4/3 (3/2 4/2)|", 103, 82),
    UniformEntry(22, "icosahedron", "5|2 3", 4, 25, ("regular icosahedron",)),
    UniformEntry(23, "dodecahedron", "3|2 5", 5, 26, ("regular dodecahedron", "pentagonal dodecahedron")),
    UniformEntry(24, "icosidodecahedron", "2|3 5", 12, 28),
    UniformEntry(25, "truncated icosahedron", "2 5|3", 9, 27, ("buckyball", "soccer ball")),
    UniformEntry(26, "truncated dodecahedron", "2 3|5", 10, 29),
    UniformEntry(27, "rhombicosidodecahedron", "3 5|2", 14, 30, ("small rhombicosidodecahedron",)),
    UniformEntry(
        28,
        "truncated icosidodecahedron",
        "2 3 5|",
        16,
        31,
        ("great rhombicosidodecahedron (convex)", "rhombitruncated icosidodecahedron", "omnitruncated dodecahedron"),
    ),
    UniformEntry(29, "snub dodecahedron", "|2 3 5", 18, 32, ("snub icosidodecahedron",), 2.15583738),
    UniformEntry(30, "small ditrigonal icosidodecahedron", "3|5/2 3", 70, 39, ("small triambic icosidodecahedron",)),
    UniformEntry(31, "small icosicosidodecahedron", "5/2 3|3", 71, 40),
    UniformEntry(32, "small snub icosicosidodecahedron", "|5/2 3 3", 110, 41, (), 1.45819033),
    UniformEntry(33, "small dodecicosidodecahedron", "3/2 5|5", 72, 42),
    UniformEntry(34, "small stellated dodecahedron", "5|2 5/2", 20, 43),
    UniformEntry(35, "great dodecahedron", "5/2|2 5", 21, 44),
    UniformEntry(36, "dodecadodecahedron", "2|5/2 5", 73, 45),
    UniformEntry(37, "truncated great dodecahedron", "2 5/2|5", 75, 47, ("great truncated dodecahedron",)),
    UniformEntry(38, "rhombidodecadodecahedron", "5/2 5|2", 76, 48),
    UniformEntry(39, "small rhombidodecahedron", "2 5 (3/2 5/2)|", 74, 46),
    UniformEntry(40, "snub dodecadodecahedron", "|2 5/2 5", 111, 49, (), 1.27443988),
    UniformEntry(41, "ditrigonal dodecadodecahedron", "3|5/3 5", 80, 53, ("ditrigonal dodecahedron",)),
    UniformEntry(42, "great ditrigonal dodecicosidodecahedron", "3 5|5/3", 81, 54),
    UniformEntry(43, "small ditrigonal dodecicosidodecahedron", "5/3 3|5", 82, 55),
    UniformEntry(44, "icosidodecadodecahedron", "5/3 5|3", 83, 56, ("icosified dodecadodecahedron",)),
    UniformEntry(
        45, "icositruncated dodecadodecahedron", "5/3 3 5|", 84, 57, ("icosidodecatruncated icosidodecahedron",)
    ),
    UniformEntry(46, "snub icosidodecadodecahedron", "|5/3 3 5", 112, 58, (), 1.12689791),
    UniformEntry(47, "great ditrigonal icosidodecahedron", "3/2|3 5", 87, 61),
    UniformEntry(48, "great icosicosidodecahedron", "3/2 5|3", 88, 62),
    UniformEntry(49, "small icosihemidodecahedron", "3/2 3|5", 89, 63),
    UniformEntry(50, "small dodecicosahedron", "3 5 (3/2 5/4)|", 90, 64),
    UniformEntry(51, "small dodecahemidodecahedron", "5/4 5|5", 91, 65),
    UniformEntry(52, "great stellated dodecahedron", "3|2 5/2", 22, 68),
    UniformEntry(53, "great icosahedron", "5/2|2 3", 41, 69),
    UniformEntry(54, "great icosidodecahedron", "2|5/2 3", 94, 70),
    UniformEntry(55, "truncated great icosahedron", "2 5/2|3", 95, 71, ("great truncated icosahedron",)),
    UniformEntry(56, "rhombicosahedron", "2 3 (5/4 5/2)|", 96, 72),
    UniformEntry(57, "great snub icosidodecahedron", "|2 5/2 3", 113, 73, (), 0.81608067),
    UniformEntry(
        58,
        "small stellated truncated dodecahedron",
        "2 5|5/3",
        97,
        74,
        ("quasitruncated small stellated dodecahedron",),
    ),
    UniformEntry(59, "truncated dodecadodecahedron", "5/3 2 5|", 98, 75, ("quasitruncated dodecadodecahedron",)),
    UniformEntry(
        60, "inverted snub dodecadodecahedron", "|5/3 2 5", 114, 76, ("vertisnub dodecadodecahedron",), 0.85163023
    ),
    UniformEntry(61, "great dodecicosidodecahedron", "5/2 3|5/3", 99, 77),
    UniformEntry(62, "small dodecahemicosahedron", "5/3 5/2|3", 100, 78),
    UniformEntry(63, "great dodecicosahedron", "3 5/3 (3/2 5/2)|", 101, 79),
    UniformEntry(64, "great snub dodecicosidodecahedron", "|5/3 5/2 3", 115, 80, (), 0.70710678),
    UniformEntry(65, "great dodecahemicosahedron", "5/4 5|3", 102, 81),
    UniformEntry(
        66,
        "great stellated truncated dodecahedron",
        "2 3|5/3",
        104,
        83,
        ("quasitruncated great stellated dodecahedron",),
    ),
    UniformEntry(
        67,
        "great rhombicosidodecahedron",
        "5/3 3|2",
        105,
        84,
        (
            "nonconvex great rhombicosidodecahedron",
            "quasirhombicosidodecahedron",
            "uniform great rhombicosidodecahedron",
        ),
    ),
    UniformEntry(
        68,
        "great truncated icosidodecahedron",
        "5/3 2 3|",
        108,
        87,
        ("quasitruncated icosidodecahedron", "great quasitruncated icosidodecahedron"),
    ),
    UniformEntry(
        69,
        "great inverted snub icosidodecahedron",
        "|5/3 2 3",
        116,
        88,
        ("great vertisnub icosidodecahedron",),
        0.64502024,
    ),
    UniformEntry(70, "great dodecahemidodecahedron", "5/3 5/2|5/3", 107, 86),
    UniformEntry(71, "great icosihemidodecahedron", "3/2 3|5/3", 106, 85),
    UniformEntry(
        72,
        "small retrosnub icosicosidodecahedron",
        "|3/2 3/2 5/2",
        118,
        91,
        ("small inverted retrosnub icosicosidodecahedron", "yog sothoth"),
        0.5806948,
    ),
    UniformEntry(73, "great rhombidodecahedron", "2 5/3 (3/2 5/4)|", 109, 89),
    UniformEntry(
        74,
        "great retrosnub icosidodecahedron",
        "|3/2 5/3 2",
        117,
        90,
        ("great inverted retrosnub icosidodecahedron",),
        0.5800015,
    ),
    UniformEntry(75, "great dirhombicosidodecahedron", "|3/2 5/3 3 5/2", 119, 92, ("miller's monster",), 0.70710678),
)
