"""Subscripts: one or several indices such as ``i j``, ``i+1,\\sigma``, ``k+q \\uparrow``, ``\\bar\\sigma``."""

from __future__ import annotations

from dataclasses import dataclass

from symmeter.errors import InputError
from symmeter.quantum.ops.latex_syntax import ACCENTS
from symmeter.quantum.ops.latex_tokens import Token

__all__ = ["LABELS", "Subscript", "subscripts"]

LABELS = {r"\uparrow": "up", r"\downarrow": "dn", r"\uparrow ": "up"}


@dataclass(frozen=True)
class Subscript:
    """One index: signed names and numbers that add up.

    Attributes
    ----------
    parts : tuple of (sign, name or whole number, accent)
    column : int
    """

    parts: tuple[tuple[int, str | int, str], ...]
    column: int

    @property
    def names(self) -> tuple[str, ...]:
        """The names in it."""
        return tuple(p for _, p, _ in self.parts if isinstance(p, str))

    @property
    def text(self) -> str:
        """As one word, for names of symbols."""
        out = "".join(("-" if s < 0 else "+" if k else "") + str(p) for k, (s, p, _) in enumerate(self.parts))
        return out


def subscripts(script: tuple[Token, ...]) -> list[Subscript]:
    """Cut the tokens of a subscript into indices.

    Examples
    --------
    >>> from symmeter.quantum.ops.latex_tokens import tokens
    >>> [s.parts for s in subscripts(tuple(tokens(r"i+1,\\uparrow")))]
    [((1, 'i', ''), (1, 1, '')), ((1, 'up', ''),)]
    """
    out: list[Subscript] = []
    parts: list[tuple[int, str | int, str]] = []
    column = script[0].column
    sign: int | None = None
    at = 0

    def close() -> None:
        nonlocal parts
        if parts:
            out.append(Subscript(tuple(parts), column))
        parts = []

    while at < len(script):
        token = script[at]
        at += 1
        if token.text == ",":
            if sign is not None:
                raise InputError(f"column {token.column}: a sign without an index after it")
            close()
            continue
        if token.text in ("+", "-"):
            sign = (sign or 1) * (-1 if token.text == "-" else 1)
            continue
        if token.text in ("{", "}", "(", ")"):
            continue
        accent = ""
        if token.text in ACCENTS:
            accent = "bar" if ACCENTS[token.text] in ("bar", "over") else ""
            while at < len(script) and script[at].text == "{":
                at += 1
            if at >= len(script):
                raise InputError(f"column {token.column}: {token.text} stands on an index")
            token = script[at]
            at += 1
        value: str | int
        if token.kind == "number" and token.text.isdigit():
            value = int(token.text)
        elif token.kind == "name":
            value = LABELS.get(token.text, token.text.lstrip("\\"))
            while at < len(script) and script[at].text == "'":
                value += "'"
                at += 1
        else:
            raise InputError(f"column {token.column}: {token.text!r} cannot be an index; write names, numbers, + and -")
        if sign is None:
            close()
            column = token.column
        elif not parts:
            column = token.column
        parts.append((sign or 1, value, accent))
        sign = None
    if sign is not None:
        raise InputError(f"column {script[-1].column}: a sign without an index after it")
    close()
    return out
