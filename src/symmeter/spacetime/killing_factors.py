"""Functions that Killing vectors are likely to have in them, guessed from the metric they belong to.

A wrong guess costs time and nothing else: what is found solves Killing's equation exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from math import isqrt, prod

from symmeter.spacetime.denominators import common_numerators, divided
from symmeter.spacetime.jets import JetSpace
from symmeter.spacetime.metrics import Metric, reciprocal
from symmeter.spacetime.polynomials import WIDTH, Poly, degree_in, exponents, plain, scaled

__all__ = [
    "GUESSES",
    "boosting_factors",
    "inverse_factors",
    "static_factors",
    "stretching_factors",
    "turning_factors",
    "warped_factors",
]

_MOST_FACTORS = 64
_MOST_WARPED = 160
_MOST_STATIC = 240


def stretching_factors(metric: Metric) -> list[str]:
    """Powers of the exponentials that a metric has, as expanding spaces and homogeneous ones have them.

    Examples
    --------
    >>> stretching_factors(Metric("-dt^2 + exp(2t) dx^2"))
    ['exp(t)', 'exp(-t)', 'exp(2*(t))', 'exp(-2*(t))']
    """
    space = metric.space
    arguments = [space.text(f.argument) for f in space.functions.values() if f.kind == "exp"]
    return [w for a in arguments for w in (f"exp({a})", f"exp(-{a})", f"exp(2*({a}))", f"exp(-2*({a}))")]


def inverse_factors(metric: Metric) -> list[str]:
    """Inverse powers of coordinates whose squares divide components, as near the horizon of an extremal black hole.

    Examples
    --------
    >>> inverse_factors(Metric("-r^2 dt^2 + dr^2/r^2"))
    ['1/r', '1/r^2']
    """
    space, n = metric.space, metric.dimension
    found: dict[str, None] = {}
    for c in range(n):
        own = metric.g(c, c)
        numerator = common_numerators(space, [own])[0] if own else {}
        for r in range(n):
            if numerator and all(degree_in(m, r) > 1 for m in numerator):
                found |= dict.fromkeys((f"1/{space.independent[r]}", f"1/{space.independent[r]}^2"))
    return list(found)


def boosting_factors(metric: Metric) -> list[str]:
    """Those of turns with hyperbolic functions in place of sines and cosines of the angle, as horizons have them.

    Examples
    --------
    >>> boosting_factors(Metric("-x^2 dt^2 + dx^2"))
    ['1/x', 'sinh(t)', 'sinh(t)*1/x', 'cosh(t)', 'cosh(t)*1/x']
    """
    return turning_factors(metric, ("sinh", "cosh"))


def turning_factors(metric: Metric, pair: tuple[str, str] = ("sin", "cos")) -> list[str]:
    """Functions that the rotations of spheres, and of spaces of constant curvature, have in them.

    For an angle phi with ``sin(theta)^2`` or ``1 - y^2`` in its component: sines and cosines of phi, and of theta or
    the root of ``1 - y^2``; for other denominators such as ``1 - k r^2`` their roots. None where there would be many.

    Examples
    --------
    >>> turning_factors(Metric("dr^2 + r^2 dphi^2"))
    ['1/r', 'sin(phi)', 'sin(phi)*1/r', 'cos(phi)', 'cos(phi)*1/r']
    """
    space, n = metric.space, metric.dimension
    names = space.independent
    bases = [b for f in space.factors.values() if _is_even_square(space, b := space.functions[f].argument)]
    angles, polar, radial, groups = [], [], [], []
    for c in range(n):
        own = metric.g(c, c)
        if not own or any(space.derivative(p, c) for p in metric.components.values()):
            continue
        numerator = common_numerators(space, [own])[0]
        heights = [b for b in bases if divided(numerator, b) is not None]
        around = _around_axis(metric, c)
        thetas = [
            t
            for t in range(n)
            if _has_square(space, numerator, "sin", names[t])
            or (space.partial(own, t) and _has_square(space, around, "sin", names[t]))
        ]
        radii = [r for r in range(n) if all(degree_in(m, r) for m in numerator)]
        if heights or thetas or radii:
            angles.append(["1", f"{pair[0]}({names[c]})", f"{pair[1]}({names[c]})"])
            polar += [b for b in heights if b not in polar]
            for t in thetas:
                sine, cosine = f"sin({names[t]})", f"cos({names[t]})"
                groups.append(["1", sine, cosine, f"1/{sine}", f"{cosine}/{sine}"])
            for r in radii:
                root = [
                    f"sqrt({_at_zero(space, b)})" for b in bases if b not in heights and any(degree_in(m, r) for m in b)
                ]
                radial.append(["1", f"1/{names[r]}", *root, *(f"{w}/{names[r]}" for w in root)])
    groups += [["1", f"sqrt({_at_zero(space, b)})", f"1/sqrt({_at_zero(space, b)})"] for b in polar]
    # Angles alone turn the spheres; functions of the radius move their centres as well.
    if prod(map(len, [*angles, *groups, *radial])) <= _MOST_FACTORS:
        groups += radial
    if not angles or prod(map(len, [*angles, *groups])) > _MOST_FACTORS:
        return []
    chosen = ["*".join(f for f in picked if f != "1") for picked in product(*angles, *groups)]
    return [f for f in chosen if f]


def _is_even_square(space: JetSpace, p: Poly) -> bool:
    """Whether a polynomial is ``a + b x^2`` for one coordinate x and constants a, b."""
    found = {(v, e) for m in p for v, e in exponents(m) if space.variables[v].kind != "parameter"}
    return len(found) == 1 and next(iter(found))[1] == 2 and all(
        space.variables[v].kind == "independent" for v, _ in found
    )  # fmt: skip


def _at_zero(space: JetSpace, p: Poly) -> str:
    """``1 - x^2`` where the denominator is written ``x^2 - 1``: positive where x is small."""
    constant = next(
        (c for m, c in p.items() if all(space.variables[v].kind == "parameter" for v, _ in exponents(m))), 1
    )
    return space.text(p if constant > 0 else scaled(p, -1))


def _around_axis(metric: Metric, c: int) -> Poly:
    """The numerator of ``1/g^cc``: with other terms in ``g_cc``, as a dual mass gives, it has the sine alone."""
    other = metric.inverse()[c, c]
    return common_numerators(metric.space, [reciprocal(metric.space, other)])[0] if other else {}


def warped_factors(metric: Metric, pair: tuple[str, str] = ("sin", "cos")) -> list[str]:
    """Of spheres and hyperbolic spaces in spherical coordinates, and of what has them as slices.

    A coordinate whose sine, cosine or hyperbolic twin squared divides components gives these functions, their inverses
    and ratios; coordinates that nothing depends on give sines and cosines. Where there would be many products,
    coordinates that many components depend on give ratios alone, as the tanh(t) of de Sitter space.

    Examples
    --------
    >>> warped_factors(Metric("dr^2 + sinh(r)^2 dphi^2"))[-3:]
    ['cos(phi)*cosh(r)', 'cos(phi)*1/sinh(r)', 'cos(phi)*cosh(r)/sinh(r)']
    """
    space, n = metric.space, metric.dimension
    names = space.independent
    warps: dict[int, dict[str, int]] = {}
    around: dict[int, list[int]] = {}
    for c in range(n):
        own = metric.g(c, c)
        components = [common_numerators(space, [own])[0], _around_axis(metric, c)] if own else []
        for t in range(n):
            for kind in _SQUARES:
                if t != c and any(_has_square(space, q, kind, names[t]) for q in components):
                    kinds = warps.setdefault(t, {})
                    kinds[kind] = kinds.get(kind, 0) + 1
                    around.setdefault(c, []).append(t)
    cyclic = [c for c in around if not any(space.derivative(p, c) for p in metric.components.values())]
    angles = {c: ["1", f"{pair[0]}({names[c]})", f"{pair[1]}({names[c]})"] for c in cyclic}
    groups = {t: _group(kinds, names[t]) for t, kinds in warps.items()}
    outermost = sorted(warps, key=lambda t: -max(warps[t].values()))
    for t in outermost:
        if prod(map(len, [*angles.values(), *groups.values()])) <= _MOST_WARPED:
            break
        groups[t] = ["1", *(f for f in groups[t] if "/" in f and not f.startswith("1/"))]
    if not angles:
        return []
    everything = [[*angles.values(), *groups.values()]]
    if prod(map(len, everything[0])) > _MOST_WARPED:
        # Spheres beside one another: each by itself.
        everything = [[angles[c], *(groups[t] for t in dict.fromkeys(around[c]))] for c in cyclic]
    chosen: dict[str, None] = {}
    for parts in everything:
        if prod(map(len, parts)) <= _MOST_WARPED:
            chosen |= dict.fromkeys("*".join(f for f in picked if f != "1") for picked in product(*parts))
    return [f for f in chosen if f]


def static_factors(metric: Metric) -> list[str]:
    """Of static patches of spaces of constant curvature, and of black holes in three dimensions.

    Where ``-(a + b r^2)`` stands before dt^2, sines of t times the root of ``a b``, hyperbolic ones where that is
    negative, and of other coordinates that nothing depends on beside r^2; roots of ``a + b r^2`` and their ratios with
    r; sines and cosines of the angles of spheres.

    Examples
    --------
    >>> static_factors(Metric("-(r^2 - m^2) dt^2 + dr^2/(r^2 - m^2)"))[3:7]
    ['r/sqrt(r^2 - m^2)', 'sinh((m)*t)', 'sinh((m)*t)*sqrt(r^2 - m^2)', 'sinh((m)*t)*1/sqrt(r^2 - m^2)']
    """
    space, n = metric.space, metric.dimension
    names = space.independent
    times: dict[str, list[str]] = {}
    roots: dict[str, list[str]] = {}
    cyclic = [c for c in range(n) if not any(space.derivative(p, c) for p in metric.components.values())]
    own = {c: metric.g(c, c) for c in cyclic if metric.g(c, c)}
    rates: dict[int, tuple[tuple[str, str], str]] = {}
    for c, g in own.items():
        found = _height(space, g)
        if found is not None:
            r, root, pair, rate = found
            rates[r] = pair, rate
            x = names[r]
            roots[root] = ["1", f"sqrt({root})", f"1/sqrt({root})", f"sqrt({root})/{x}", f"{x}/sqrt({root})"]
            times[names[c]] = _sines(names[c], *rates[r])
    if not roots:
        return []
    circles: list[list[str]] = []
    for c, g in own.items():
        if names[c] in times:
            continue
        thetas = [t for t in range(n) if _has_square(space, common_numerators(space, [g])[0], "sin", names[t])]
        if thetas:
            circles += [_sines(names[c], _CIRCLE, "1"), *(_group({"sin": 1}, names[t]) for t in thetas)]
        elif any(list(g) == [2 << (WIDTH * r)] for r in rates):
            # An angle or a line beside the horizon: it turns as fast as time does.
            r = next(r for r in rates if list(g) == [2 << (WIDTH * r)])
            circles.append(_sines(names[c], *rates[r]))
    # Constants make the search for coefficients longer.
    constants = len(set(space.parameters) - {f"d{x}" for x in names})
    most = _MOST_STATIC // max(1, constants)
    sheet = [*times.values(), *roots.values()]
    both = [[*sheet, *circles]] if prod(map(len, [*sheet, *circles])) <= most else [sheet, circles]
    chosen: dict[str, None] = {}
    for parts in both:
        if parts and prod(map(len, parts)) <= most:
            chosen |= dict.fromkeys("*".join(f for f in picked if f != "1") for picked in product(*parts))
    return [f for f in chosen if f]


_CIRCLE, _HYPERBOLA = ("sin", "cos"), ("sinh", "cosh")


def _sines(name: str, pair: tuple[str, str], rate: str) -> list[str]:
    argument = name if rate == "1" else f"({rate})*{name}"
    return ["1", f"{pair[0]}({argument})", f"{pair[1]}({argument})"]


def _height(space: JetSpace, g: Poly) -> tuple[int, str, tuple[str, str], str] | None:
    """For a component ``-(a + b r^2)``: r, the sum as a text, the functions of time, and the root of ``a b``."""
    if len(g) != 2:
        return None
    powers = [{v: e for v, e in exponents(m) if space.variables[v].kind == "independent"} for m in g]
    (one, two) = sorted(zip(powers, g.items()), key=lambda pair: sum(pair[0].values()))
    if one[0] or list(two[0].values()) != [2]:
        return None
    (r,) = two[0]
    (m, a), (k, b) = one[1], two[1]
    product_of = {m + k - (2 << (WIDTH * r)): abs(a * b)}
    rate = _square_root(space, space.reduced(product_of))
    return None if rate is None else (r, space.text(scaled(g, -1)), _CIRCLE if a * b > 0 else _HYPERBOLA, rate)


def _square_root(space: JetSpace, p: Poly) -> str | None:
    """The root of a square of numbers and constants as a text."""
    if len(p) != 1:
        return None
    ((m, c),) = p.items()
    number = Fraction(c)
    top, bottom = isqrt(number.numerator), isqrt(number.denominator)
    if top**2 != number.numerator or bottom**2 != number.denominator or any(e % 2 for _, e in exponents(m)):
        return None
    half: Poly = {sum((e // 2) << (WIDTH * v) for v, e in exponents(m)): plain(Fraction(top, bottom))}
    return space.text(half)


#: What is squared, with the function that its square is written by, and the polynomial in that one.
_SQUARES = {"sin": ("cos", 1, -1), "cos": ("cos", 0, 1), "sinh": ("cosh", -1, 1), "cosh": ("cosh", 0, 1)}


def _has_square(space: JetSpace, p: Poly, kind: str, coordinate: str) -> bool:
    """Whether ``sin(x)^2``, which is written ``1 - cos(x)^2``, or another square divides a polynomial."""
    written, number, square = _SQUARES[kind]
    v = next((v for v in space.functions if space.variables[v].name == f"{written}({coordinate})"), None)
    if v is None or not p:
        return False
    factor: Poly = {2 << (WIDTH * v): square}
    if number:
        factor[0] = number
    return divided(p, factor) is not None


def _group(kinds: dict[str, int], name: str) -> list[str]:
    out: dict[str, None] = {"1": None}
    for kind in kinds:
        s, c = (f"{f}({name})" for f in (("sin", "cos") if kind in ("sin", "cos") else ("sinh", "cosh")))
        below, above = (s, c) if kind in ("sin", "sinh") else (c, s)
        out |= dict.fromkeys((s, c, f"1/{below}", f"{above}/{below}"))
    return list(out)


#: Guesses in the order in which they are tried, with the degree of the polynomials that they are multiplied by.
GUESSES: tuple[tuple[Callable[[Metric], list[str]], int], ...] = (
    (turning_factors, 1),
    (stretching_factors, 2),
    (inverse_factors, 2),
    (boosting_factors, 1),
    (warped_factors, 0),
    (lambda metric: warped_factors(metric, ("sinh", "cosh")), 0),
    (static_factors, 0),
)
