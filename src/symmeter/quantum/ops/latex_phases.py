"""Exponents such as ``i k (r_i - r_j)`` as polynomials in names, and the phases they make."""

from __future__ import annotations

from typing import Any

from symmeter.errors import InputError
from symmeter.quantum.ops.body import Body, Phase
from symmeter.quantum.ops.coefficients import Gaussian
from symmeter.quantum.ops.expression import Expression
from symmeter.quantum.ops.index_forms import Index
from symmeter.quantum.ops.indexed_symbols import phase
from symmeter.quantum.ops.latex_indices import subscripts
from symmeter.quantum.ops.latex_tree import Add, Multiply, Name, Node, Number, Scripted, walk

__all__ = ["phase_of", "slot_of", "wave_of"]

#: Stands for everything that is no name or number.
_OTHER = "?"
Form = dict[tuple[str, ...], Any]


def phase_of(exponent: Node, indices: dict[str, Index], column: int) -> Expression | None:
    """The phase ``e^exponent``; None when the exponent holds no index.

    Raises
    ------
    InputError
        If the exponent holds indices but is not i times whole multiples of momentum times site.
    """
    # The first i is the imaginary unit; further ones are the site i, if there is such an index.
    columns = [n.column for n in walk(exponent) if isinstance(n, Name) and n.text == "i"]
    sites = frozenset(columns[1:]) if "i" in indices else frozenset()
    form = _polynomial(exponent, sites)
    if not any(n in indices for key in form for n in key):
        return None
    return _phase({key: c * Gaussian(0, -1) for key, c in form.items()}, indices, column)


def wave_of(function: str, argument: Node, indices: dict[str, Index], column: int) -> Expression | None:
    """Cosine or sine of momenta, as the two phases it is made of; None when the argument holds no index."""
    form = _polynomial(argument, frozenset(n.column for n in walk(argument) if isinstance(n, Name)))
    if not any(n in indices for key in form for n in key):
        return None
    forth = _phase(form, indices, column)
    back = _phase({key: -c for key, c in form.items()}, indices, column)
    return (forth + back) / 2 if function == "cos" else (forth - back) * Gaussian(0, -1) / 2


def slot_of(node: Node, names: Any) -> Index | None:
    """A sum of indices and whole numbers, with an index in it, as one; None for anything else."""
    total: Any = 0
    terms: Any = node.terms if isinstance(node, Add) else ((1, node),)
    for sign, term in terms:
        if isinstance(term, Add):
            piece: Any = slot_of(term, names)
        elif isinstance(term, Number):
            piece = term.value if isinstance(term.value, int) else None
        else:
            known = isinstance(term, Name) and term.text.lstrip("\\") not in names.symbols
            piece = names.indices.get(term.text.lstrip("\\")) if known else None
        if piece is None or (isinstance(total, Index) and isinstance(piece, Index) and total.range != piece.range):
            return None
        total = total + piece if sign > 0 else total - piece
    return total if isinstance(total, Index) else None


def _phase(form: Form, indices: dict[str, Index], column: int) -> Expression:
    """``e^{i form}`` of whole multiples of momentum times site, or of a momentum alone."""
    total = Expression.lift(1)
    for key, turned in form.items():
        alone = len(key) == 1 and key[0] in indices and indices[key[0]].range.name == "momentum"
        if alone and isinstance(turned, int):
            total = Expression.of([(1, Body(phases=(Phase(indices[key[0]], None, turned),)))]) * total
            continue
        if len(key) != 2 or not all(n in indices for n in key) or not isinstance(turned, int):
            raise InputError(
                f"column {column}: a phase is e^{{i k (i - j)}} with whole multiples of momentum times site; write "
                "other functions of an index as a symbol with it, as in \\epsilon_k"
            )
        first, second = sorted((indices[n] for n in key), key=lambda x: x.range.name != "momentum")
        total = phase(first, second, turned) * total
    return total


def _polynomial(node: Any, sites: frozenset[int]) -> Form:
    if isinstance(node, Number):
        return {(): node.value}
    if isinstance(node, Add):
        total: Form = {}
        for sign, term in node.terms:
            for key, c in _polynomial(term, sites).items():
                total[key] = total.get(key, 0) + sign * c
        return {k: c for k, c in total.items() if c != 0}
    if isinstance(node, Multiply):
        out: Form = {(): 1}
        for mark, factor in node.factors:
            if mark == "/":
                return {(_OTHER,): 1}
            more = _polynomial(factor, sites)
            out = {tuple(sorted(a + b)): x * y for a, x in out.items() for b, y in more.items()}
            if len(out) > 100 or any(len(k) > 4 for k in out):
                return {(_OTHER,): 1}
        return out
    if isinstance(node, Scripted) and isinstance(node.base, Name) and node.lower and not node.upper:
        # Positions r_i, R_i, x_i stand for the site itself.
        where = subscripts(node.lower)
        if len(where) == 1 and node.base.text in ("r", "R", "x") and len(where[0].parts) == 1:
            return {(str(where[0].parts[0][1]),): 1}
    if isinstance(node, Name):
        if node.text == "i" and not node.accent and node.column not in sites:
            return {(): Gaussian(0, 1)}
        return {(node.text.lstrip("\\"),): 1}
    return {(_OTHER,): 1}
