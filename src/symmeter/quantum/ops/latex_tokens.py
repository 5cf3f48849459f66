"""LaTeX of operator expressions cut into tokens that know their column."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from symmeter.errors import InputError, InputTypeError

__all__ = ["MOST_CHARACTERS", "Token", "tokens"]

MOST_CHARACTERS = 20_000
MOST_NESTED = 40

#: Commands that only move or size what they stand before.
_IGNORED = frozenset(
    [
        "left",
        "right",
        "big",
        "Big",
        "bigg",
        "Bigg",
        "bigl",
        "bigr",
        "Bigl",
        "Bigr",
        "biggl",
        "biggr",
        "Biggl",
        "Biggr",
        "quad",
        "qquad",
        "displaystyle",
        "textstyle",
        "limits",
        "nolimits",
        "mathstrut",
        "nonumber",
    ]
)
_SAME = {
    "times": "*", "otimes": "*", "cdot": r"\cdot",
    "ast": "*", "lbrace": r"\{", "rbrace": r"\}", "lbrack": "[", "rbrack": "]",
    "tfrac": r"\frac", "dfrac": r"\frac", "dag": r"\dagger", "ne": r"\neq", "lt": "<", "gt": ">", "prime": "'",
    "lvert": "|", "rvert": "|", "vert": "|",
}  # fmt: skip
_UNICODE = {
    "†": r"\dagger",
    "↑": r"\uparrow",
    "↓": r"\downarrow",
    "−": "-",
    "·": r"\cdot",
    "⟨": r"\langle",
    "⟩": r"\rangle",
}
_UNICODE |= {"≠": r"\neq", "∑": r"\sum", "√": r"\sqrt", "×": "*"}
_GREEK_LETTERS = "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ"
_GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
    "omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega"
)
_GREEK = dict(zip(_GREEK_LETTERS, _GREEK_NAMES.split(" ")))


_PATTERN = re.compile(
    r"(?P<colon>\{:\})|(?P<space>\s+|~|\\[,;:!> ]|%[^\n]*)|(?P<number>\d+\.\d+|\.\d+|\d+)"
    r"|(?P<command>\\[A-Za-z]+\*?)|(?P<escaped>\\[{}|])|(?P<row>\\\\)|(?P<letter>[A-Za-z])"
    r"|(?P<mark>[-+*/^_{}()\[\]|,;=<>'.!:&$])|(?P<other>.)"
)


@dataclass(frozen=True)
class Token:
    """A piece of LaTeX.

    Attributes
    ----------
    kind : str
        "number", "name" (a letter or a command with its backslash), "mark" (anything else) or "end".
    text : str
    column : int
        Counted from 1.
    """

    kind: str
    text: str
    column: int


def tokens(text: str, words: Iterable[str] = ()) -> list[Token]:
    """Cut a text into tokens; spaces and sizes are dropped.

    Parameters
    ----------
    text : str
    words : iterable of str
        Names of several letters that stand together; the longest match wins.

    Raises
    ------
    InputError
        For a character that has no meaning here (with its column), and for texts that are too long.

    Examples
    --------
    >>> [t.text for t in tokens(r"\\tfrac12 c_i^\\dagger\\,c_j")]
    ['\\\\frac', '1', '2', 'c', '_', 'i', '^', '\\\\dagger', 'c', '_', 'j']
    """
    if not isinstance(text, str):
        raise InputTypeError(f"LaTeX is text; got {type(text).__name__}")
    if len(text) > MOST_CHARACTERS:
        raise InputError(f"the LaTeX has {len(text)} characters; the most is {MOST_CHARACTERS}")
    out: list[Token] = []
    for match in _PATTERN.finditer(text):
        kind, piece, column = match.lastgroup, match.group(), match.start() + 1
        if kind == "colon":
            out.append(Token("mark", ":", column))
            continue
        if kind == "space" or piece == "$":
            continue
        if kind == "number":
            # Digits after a fraction without braces are taken one by one: \frac12.
            out += _digits(piece, column, out)
        elif kind == "command":
            name = piece[1:].rstrip("*")
            if name not in _IGNORED:
                out.append(_command(_SAME.get(name, piece), column))
        elif kind == "letter":
            out.append(Token("name", piece, column))
        elif kind in ("mark", "escaped"):
            out.append(Token("mark", piece, column))
        elif kind == "other" and piece in _UNICODE:
            out.append(_command(_UNICODE[piece], column))
        elif kind == "other" and piece in _GREEK:
            out.append(Token("name", "\\" + _GREEK[piece], column))
        else:
            raise InputError(f"column {column}: {piece!r} has no meaning in an operator expression")
    _check_nesting(out)
    return _joined(out, sorted({w for w in words if len(w) > 1 and w.isalpha()}, key=len, reverse=True))


def _check_nesting(found: list[Token]) -> None:
    """Scripts are read when they are evaluated, so that their depth is known here only."""
    level = 0
    for t in found:
        level += {"{": 1, "}": -1}.get(t.text, 0)
        if level > MOST_NESTED:
            raise InputError(f"column {t.column}: groups are nested more than {MOST_NESTED} deep")


def _joined(found: list[Token], words: list[str]) -> list[Token]:
    """Letters that spell a declared name without a gap, as one token."""
    if not words:
        return found
    out: list[Token] = []
    at = 0
    while at < len(found):
        run = ""
        while at + len(run) < len(found) and len(run) < len(words[0]):
            t = found[at + len(run)]
            if t.kind != "name" or len(t.text) > 1 or t.column != found[at].column + len(run):
                break
            run += t.text
        word = next((w for w in words if run.startswith(w)), None)
        out.append(found[at] if word is None else Token("name", word, found[at].column))
        at += 1 if word is None else len(word)
    return out


def _command(text: str, column: int) -> Token:
    return Token("name" if text.startswith("\\") and text[1:].isalpha() else "mark", text, column)


def _digits(piece: str, column: int, before: list[Token]) -> list[Token]:
    if not before or len(piece) < 2 or not piece.isdigit():
        return [Token("number", piece, column)]
    if before[-1].text in ("^", "_"):
        # TeX would take the first digit only, which is hardly ever meant.
        raise InputError(f"column {column}: {before[-1].text}{piece} needs braces, as in {before[-1].text}{{{piece}}}")
    over_single = len(before) > 1 and before[-2].text == r"\frac" and before[-1].kind == "number"
    if before[-1].text == r"\frac" or over_single:
        cut = 1 if over_single else 2
        rest = piece[cut:]
        out = [Token("number", d, column + k) for k, d in enumerate(piece[:cut])]
        return out + ([Token("number", rest, column + cut)] if rest else [])
    return [Token("number", piece, column)]
