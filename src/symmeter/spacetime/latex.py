r"""Differential polynomials, vector fields and line elements in LaTeX.

``u_{txx}``, ``\partial_x``, ``\sin\!\left(u\right)``, fractions and Greek letters; nothing is simplified.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from symmeter.spacetime.elementary_functions import power_base
from symmeter.spacetime.jets import JetSpace, Variable
from symmeter.spacetime.metrics import Metric
from symmeter.spacetime.polynomials import Number, Poly, exponents
from symmeter.spacetime.vector_fields import VectorField

__all__ = ["field_latex", "fields_latex", "line_element_latex", "polynomial_latex", "symbol_latex"]

_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
    "omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
_GREEK = frozenset(_NAMES.split())


def symbol_latex(name: str) -> str:
    r"""A name: Greek letters by their macro, several letters upright, digits at the end lowered.

    Examples
    --------
    >>> print(symbol_latex("phi"), symbol_latex("m"), symbol_latex("c1"), symbol_latex("mass"), symbol_latex("E_phi"))
    \phi m c_{1} \mathrm{mass} E_{\phi}
    """
    head, _, below = name.partition("_")
    if head and below:
        base = symbol_latex(head)
        return f"{{{base}}}_{{{symbol_latex(below)}}}" if "_" in base else f"{base}_{{{symbol_latex(below)}}}"
    found = re.fullmatch(r"([A-Za-zα-ωΑ-Ω]+)(\d*)", name)
    stem, digits = (found[1], found[2]) if found else (name, "")
    if stem in _GREEK:
        out = "\\" + stem
    elif len(stem) == 1:
        out = stem
    else:
        out = rf"\mathrm{{{stem}}}"
    return f"{out}_{{{digits}}}" if digits else out


def polynomial_latex(space: JetSpace, p: Poly) -> str:
    r"""A differential polynomial.

    Examples
    --------
    >>> from symmeter.spacetime.parsing import parse_expression
    >>> space = JetSpace(("t", "x"), ("u",))
    >>> print(polynomial_latex(space, parse_expression("u_t + 6 u u_x + u_xxx/2", space)))
    \tfrac{1}{2} u_{xxx} + 6 u u_{x} + u_{t}
    """
    if not p:
        return "0"
    parts: list[str] = []
    for m, c in sorted(p.items(), key=lambda mc: space.place(mc[0])):
        number, factors = abs(Fraction(c)), _factors(space, m)
        text = _number(number) if number != 1 or not factors else ""
        parts.append(("- " if c < 0 else "+ ") + " ".join(filter(None, [text, *factors])))
    out = " ".join(parts)
    return out[2:] if out.startswith("+ ") else "-" + out[2:]


def _number(c: Number) -> str:
    c = Fraction(c)
    return str(c.numerator) if c.denominator == 1 else rf"\tfrac{{{c.numerator}}}{{{c.denominator}}}"


def _factors(space: JetSpace, m: int) -> list[str]:
    out = []
    for v, e in exponents(m):
        variable = space.variables[v]
        if v in space.functions and space.functions[v].kind.startswith("inverse"):
            out.append(_powered(_function_base(space, v), -e))
        elif v in space.functions and space.functions[v].kind == "root":
            f = space.functions[v]
            out.append(_powered(_in_brackets(space, f.argument), Fraction(f.key[-1]) * e))
        else:
            out.append(_powered(_variable(space, variable, v), e))
    return out


def _powered(base: str, exponent: Number) -> str:
    if exponent == 1:
        return base
    if "^" in base and not base.startswith(r"\left("):
        base = rf"\left({base}\right)"
    return f"{base}^{{{exponent}}}"


def _in_brackets(space: JetSpace, p: Poly) -> str:
    text = polynomial_latex(space, p)
    return text if len(p) == 1 and next(iter(p.values())) == 1 and " " not in text else rf"\left({text}\right)"


def _function_base(space: JetSpace, v: int) -> str:
    """What an inverse is one over."""
    return _in_brackets(space, space.functions[v].argument)


def _variable(space: JetSpace, variable: Variable, v: int) -> str:
    if variable.kind == "jet":
        name = symbol_latex(space.dependent[variable.number])
        letters = [symbol_latex(x) for x, n in zip(space.independent, variable.index) for _ in range(n)]
        if not letters:
            return name
        index = " ".join(letters) if any(len(x) > 1 for x in letters) else "".join(letters)
        return rf"\partial_{{{index}}} {name}" if "_" in name else f"{name}_{{{index}}}"
    if v not in space.functions:
        return symbol_latex(variable.name)
    f = space.functions[v]
    inner = rf"\left({polynomial_latex(space, f.argument)}\right)"
    if f.kind.startswith("free"):
        order = int(f.kind.removeprefix("free"))
        marks = "'" * order if order < 4 else f"^{{({order})}}"
        return f"{symbol_latex(f.key[0])}{marks}{inner}"
    if f.kind == "exp":
        base = power_base(space, f.argument)
        if base is not None:
            return rf"{_in_brackets(space, base[0])}^{{{polynomial_latex(space, base[1])}}}"
        return f"e^{{{polynomial_latex(space, f.argument)}}}"
    return rf"\{f.kind}{inner}"


def field_latex(field: VectorField) -> str:
    r"""A vector field.

    Examples
    --------
    >>> from symmeter.spacetime import PDESystem
    >>> print(field_latex(PDESystem("u_t + 6*u*u_x + u_xxx").point_symmetries()[2]))
    6 t\,\partial_{x} + \partial_{u}
    """
    space = field.space
    parts = []
    for name, c in zip([*space.independent, *space.dependent], field.coefficients):
        if not c:
            continue
        text = polynomial_latex(space, c)
        if len(c) > 1:
            text = rf"\left({text}\right)"
        text = {"1": "", "-1": "-"}.get(text, rf"{text}\,")
        parts.append(rf"{text}\partial_{{{symbol_latex(name)}}}")
    return " + ".join(parts).replace("+ -", "- ") if parts else "0"


def line_element_latex(metric: Metric) -> str:
    r"""``ds^2`` of a metric.

    Examples
    --------
    >>> print(line_element_latex(Metric("-dt^2 + dr^2 + r^2 dphi^2")))
    -dt^{2} + dr^{2} + r^{2}\,d\phi^{2}
    """
    space = metric.space
    names = ["d" + symbol_latex(x) for x in space.independent]
    parts = []
    for i in range(metric.dimension):
        for j in range(i, metric.dimension):
            p = metric.g(i, j)
            if not p:
                continue
            whole = p if i == j else {m: 2 * c for m, c in p.items()}
            text = polynomial_latex(space, whole)
            if len(whole) > 1:
                text = rf"\left({text}\right)"
            text = {"1": "", "-1": "-"}.get(text, rf"{text}\,")
            parts.append(text + (f"{names[i]}^{{2}}" if i == j else f"{names[i]} {names[j]}"))
    return " + ".join(parts).replace("+ -", "- ") if parts else "0"


def fields_latex(fields: Sequence[VectorField]) -> str:
    r"""Generators, one a line, for an ``aligned`` block."""
    return "\\\\\n".join(f"X_{{{k + 1}}} &= {field_latex(f)}" for k, f in enumerate(fields))
