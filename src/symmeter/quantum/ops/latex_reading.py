"""Reading operator expressions and identities in LaTeX.

Text becomes tokens (``latex_tokens``), tokens a tree (``latex_syntax``), names get their meaning (``latex_names``), and
the tree is evaluated in the algebra (``latex_values``). No text is ever executed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from symmeter.errors import InputError
from symmeter.quantum.ops.bosons import Bosons
from symmeter.quantum.ops.fermions import Fermions
from symmeter.quantum.ops.latex_indices import subscripts
from symmeter.quantum.ops.latex_names import IndexedSpecies, Names, usual_species
from symmeter.quantum.ops.latex_syntax import parse, parse_tokens
from symmeter.quantum.ops.latex_tokens import Token, tokens
from symmeter.quantum.ops.latex_tree import Name, Node, Scripted, walk
from symmeter.quantum.ops.latex_values import LatexReader

__all__ = ["IndexedSpecies", "is_identity", "parse_identity", "parse_latex", "split_definition"]


def parse_latex(
    text: str,
    algebra: Any = None,
    symbols: Mapping[str, str] | Sequence[str] | None = None,
    state: Any = None,
) -> Any:
    """Read an operator expression; the result is in normal order.

    Parameters
    ----------
    text : str
        LaTeX, such as ``\\sum_k \\epsilon_k c_k^\\dagger c_k``.
    algebra : Species, IndexedSpecies or sequence of them
        What the letters of operators mean. Fermions c, bosons b, spins S and Pauli matrices \\sigma when omitted.
    symbols : mapping or sequence, optional
        Commuting symbols that may occur, each with words among "real", "positive", "integer", "function", "hermitian",
        "symmetric", "antisymmetric". When omitted every other letter is a complex symbol; when given, any other is an
        error.
    state : WickState, optional
        Where averages in angle brackets are taken (the vacuum when omitted).

    Returns
    -------
    Operator or Expression or number
        An Operator when no index and no indexed symbol is left.

    Raises
    ------
    InputError
        For text that does not follow the grammar; the text names the column.
    UnknownNameError
        For a symbol that was not declared; the text names the column and proposes the nearest one.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> print(ops.parse_latex(r"c_1 c_2^\\dagger c_2 c_1^\\dagger"))
    cd[2] c[2] - cd[1] cd[2] c[2] c[1]
    >>> print(ops.parse_latex(r"[\\sum_k \\epsilon_k c_k^\\dagger c_k, c_q^\\dagger]"))
    epsilon[q] cd[q]
    """
    if is_identity(text):
        outer = _outer(found := tokens(text))
        at = next(t.column for t in found if t.text == "=" and t.column in outer)
        raise InputError(f"column {at}: an equation has two sides; read both with parse_identity()")
    return _read([parse(text, symbols or ())], algebra, symbols, state)[0]


def is_identity(text: str) -> bool:
    """Whether a text has a sign "=" outside braces."""
    outer = _outer(found := tokens(text))
    return any(t.text == "=" and t.column in outer for t in found)


def split_definition(text: str) -> tuple[str, str] | None:
    """The two sides of ``H = ...`` where the left one is a bare name; None for anything else.

    Examples
    --------
    >>> split_definition("H_0 = c_1"), split_definition("n_1^2 = n_1")
    (('H_0', ' c_1'), None)
    """
    outer = _outer(found := tokens(text))
    cuts = [t.column for t in found if t.text == "=" and t.column in outer]
    if len(cuts) != 1:
        return None
    left, right = text[: cuts[0] - 1].strip(), text[cuts[0] :]
    bare = re.fullmatch(r"\\?(hat|mathcal|mathrm)?\s*\{?\s*[HKVLTW]\s*\}?(_(\w|\{[^{}]*\}))?", left)
    return (left, right) if bare else None


def parse_identity(
    text: str, algebra: Any = None, symbols: Mapping[str, str] | Sequence[str] | None = None, state: Any = None
) -> tuple[Any, Any]:
    """Both sides of ``left = right``.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> left, right = parse_identity(r"n_1^2 = n_1")
    >>> bool(ops.equivalent(left, right))
    True
    """
    found = tokens(text, symbols or ())
    outer = _outer(found)
    cuts = [k for k, t in enumerate(found) if t.text == "=" and t.column in outer]
    if len(cuts) != 1:
        raise InputError(f"an identity has one sign '=' between two sides; found {len(cuts)}")
    cut = cuts[0]
    if cut in (0, len(found) - 1):
        raise InputError(f"column {found[cut].column}: a side of the identity is empty")
    left, right = parse_tokens(tuple(found[:cut])), parse_tokens(tuple(found[cut + 1 :]))
    return tuple(_read([left, right], algebra, symbols, state))  # type: ignore[return-value]


def _read(nodes: list[Node], algebra: Any, symbols: Any, state: Any) -> list[Any]:
    names = Names(usual_species(*nodes) if algebra is None else _with_one_index(algebra, nodes), symbols)
    for node in nodes:
        names.learn(node)
    names.settle(nodes)
    return [LatexReader(names, state).read(node) for node in nodes]


def _with_one_index(algebra: Any, nodes: list[Node]) -> Any:
    """An indexed species with flavours whose letters carry one of its names only: that name stands for the whole mode.

    ``Fermions(["up", "dn"]).indexed("k")`` reads ``c_k`` in this way, and ``c_{k\\sigma}`` with both places.
    """
    if isinstance(algebra, (list, tuple)):
        return [_with_one_index(item, nodes) for item in algebra]
    if not isinstance(algebra, IndexedSpecies) or not algebra.species.flavours:
        return algebra
    kind = algebra.species
    if not isinstance(kind, (Fermions, Bosons)) or kind.sites == 1:
        return algebra
    places = [
        subscripts(n.lower)
        for root in nodes
        for n in walk(root)
        if isinstance(n, Scripted) and isinstance(n.base, Name) and n.lower
        and n.base.text.lstrip("\\") in (kind.name.lstrip("\\"), "n")
    ]  # fmt: skip
    single = all(len(p) == 1 and p[0].names and set(p[0].names) <= set(algebra.names) for p in places)
    if not places or not single:
        return algebra
    return IndexedSpecies(
        type(kind)(None, kind.sites, name=kind.name, periodic=kind.periodic), algebra.names, algebra.range
    )


def _outer(found: list[Token]) -> set[int]:
    """Columns of the tokens outside braces."""
    out, level = set(), 0
    for t in found:
        level += {"{": 1, "}": -1}.get(t.text, 0)
        if level == 0:
            out.add(t.column)
    return out
