"""Recursive descent from tokens to a tree. The grammar, from loosest to tightest:

    sum     := ["+"|"-"] product (("+"|"-") product)*
    product := power (["*"|"\\cdot"|"/"] power)*
    power   := atom ("_" group | "^" group | "'")*
    atom    := number | name | "(" sum ")" | "[" sum "," sum "]" | "\\{" sum "," sum "\\}" | "{" sum "}"
             | "\\frac" group group | "\\sqrt" ["[" sum "]"] group | "\\sum" scripts product | "\\langle" sum "\\rangle"
             | function (bracket | name+) | "\\partial_x" product | "\\int" scripts product "d" name
             | "h.c." | ":" product ":" | "|" sum "|"

Scripts stay tokens: whether a superscript is a power, a component or a dagger depends on what it stands on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from symmeter.errors import InputError
from symmeter.quantum.ops.latex_tokens import Token, tokens
from symmeter.quantum.ops.latex_tree import (
    Add,
    BigSum,
    Bracket,
    Call,
    Colons,
    Derivative,
    Fraction_,
    HermitianConjugate,
    Integral,
    Mean,
    Multiply,
    Name,
    Node,
    Number,
    Scripted,
)

__all__ = ["ACCENTS", "FUNCTIONS", "parse", "parse_tokens"]

MOST_STEPS = 5_000
MOST_DEPTH = 100
MOST_DIGITS = 100
ACCENTS = {
    r"\mathbf": "bold",
    r"\boldsymbol": "bold",
    r"\bm": "bold",
    r"\vec": "bold",
    r"\bar": "bar",
    r"\overline": "over",
    r"\tilde": "tilde",
    r"\widetilde": "tilde",
}
ACCENTS |= dict.fromkeys([r"\hat", r"\widehat", r"\mathrm", r"\mathcal", r"\mathit", r"\operatorname", r"\text"], "")
FUNCTIONS = frozenset(["sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "ln", "log"])
_ENDS_ARGUMENT = frozenset(
    ["\\" + f for f in FUNCTIONS] + [r"\sum", r"\prod", r"\langle", r"\rangle", r"\frac", r"\sqrt", r"\cdot"]
    + [r"\pm", r"\mp", r"\binom", r"\text", r"\mathrm"]
)  # fmt: skip
_CLOSERS = frozenset([")", "]", "}", ",", "=", r"\}", ";", "&"])


def parse(text: str, words: Iterable[str] = ()) -> Node:
    """The tree of an expression; ``words`` are names of several letters.

    Examples
    --------
    >>> parse("2 c")
    Multiply(column=1, factors=(('', Number(column=1, value=2)), ('', Name(column=3, text='c', accent=''))))
    """
    found = tokens(text, words)
    if not found:
        raise InputError("the LaTeX is empty; write an expression such as c_i c_j^\\dagger")
    return parse_tokens(tuple(found))


def parse_tokens(found: tuple[Token, ...]) -> Node:
    """The tree of tokens that are already cut."""
    parser = _Parser(found)
    node = parser.sum()
    parser.expect_end()
    return node


def _order_of(node: Any) -> tuple[Name | None, int]:
    """A name, and the whole power on it."""
    if isinstance(node, Name):
        return (node, 1) if node.text else (None, 1)
    scripted = isinstance(node, Scripted) and isinstance(node.base, Name) and not node.lower
    if scripted and len(node.upper) == 1 and node.upper[0].text.isdigit():
        return node.base, int(node.upper[0].text)
    return None, 1


def _is_minus_one(power: Add) -> bool:
    ((sign, term),) = power.terms
    return sign == -1 and isinstance(term, Number) and term.value == 1


def _without_phantoms(script: tuple[Token, ...]) -> tuple[Token, ...]:
    """A script without ``\\phantom{...}``, which only makes room."""
    out: list[Token] = []
    at = 0
    while at < len(script):
        if script[at].text != r"\phantom":
            out.append(script[at])
            at += 1
            continue
        at += 1
        level = 0
        while at < len(script):
            level += {"{": 1, "}": -1}.get(script[at].text, 0)
            at += 1
            if level == 0:
                break
    return tuple(out)


class _Parser:
    def __init__(self, found: tuple[Token, ...]) -> None:
        last = found[-1].column + len(found[-1].text) if found else 1
        self.tokens = (*found, Token("end", "", last))
        self.at = 0
        self.steps = 0
        self.depth = 0
        self.in_colons = False
        self.in_bars = False

    @property
    def now(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise InputError(
                f"column {self.now.column}: the expression needs more than {MOST_STEPS} steps to read; split it"
            )
        token = self.now
        if token.kind != "end":
            self.at += 1
        return token

    def expect(self, text: str, opened: Token) -> None:
        if self.now.text != text:
            there = f"found {self.now.text!r}" if self.now.kind != "end" else "the text ends"
            raise InputError(
                f"column {self.now.column}: {there} where {text!r} must close "
                f"the {opened.text!r} of column {opened.column}"
            )
        self.take()

    def expect_end(self) -> None:
        if self.now.kind != "end":
            raise InputError(
                f"column {self.now.column}: {self.now.text!r} stands where the expression must end or go on"
            )

    def sum(self) -> Node:
        column = self.now.column
        terms = []
        while True:
            sign = 1
            while self.now.text in ("+", "-"):
                sign = -sign if self.take().text == "-" else sign
            if self.now.text in (r"\pm", r"\mp"):
                raise InputError(f"column {self.now.column}: {self.now.text} is two expressions; write them one by one")
            terms.append((sign, self.product()))
            if self.now.text not in ("+", "-", r"\pm", r"\mp"):
                break
        return terms[0][1] if len(terms) == 1 and terms[0][0] == 1 else Add(column, tuple(terms))

    def product(self) -> Node:
        column = self.now.column
        factors: list[tuple[str, Any]] = []
        mark = ""
        while True:
            if self.now.text in ("*", r"\cdot", "/") and factors and not mark:
                mark = self.take().text
                if self.now.text == "-":
                    raise InputError(f"column {self.now.column}: a sign after {mark!r} needs brackets")
            elif (
                self.now.kind == "end"
                or self.now.text in ("+", "-", r"\pm", r"\mp", r"\rangle")
                or self.now.text in _CLOSERS
                or (self.now.text == ":" and self.in_colons)
                or (self.now.text == "|" and self.in_bars)
            ):
                break
            else:
                factors.append(("" if mark == "*" else mark, self.power()))
                mark = ""
        if not factors or mark:
            there = f"{self.now.text!r} stands" if self.now.kind != "end" else "the text ends"
            raise InputError(f"column {self.now.column}: {there} where an operator, a number or a bracket must come")
        return factors[0][1] if len(factors) == 1 else Multiply(column, tuple(factors))

    def power(self) -> Node:
        node = self.atom()
        lower: tuple[Token, ...] = ()
        upper: tuple[Token, ...] = ()
        first: dict[str, Token] = {}
        if self.now.text == "!":
            node = Call(self.take().column, "factorial", node)
        while self.now.text in ("_", "^", "'", r"\dagger"):
            mark = self.take()
            if mark.text in ("'", r"\dagger"):
                upper += (mark,)
                continue
            if mark.text in first:
                raise InputError(
                    f"column {mark.column}: a second {mark.text!r} on one symbol; put both scripts in one group"
                )
            first[mark.text] = mark
            script = self.script(mark)
            lower, upper = (lower + script, upper) if mark.text == "_" else (lower, upper + script)
        if not lower and not upper:
            return node
        return Scripted(node.column, node, lower, upper)

    def script(self, mark: Token) -> tuple[Token, ...]:
        """The tokens of a group in braces, or one token."""
        if self.now.kind == "end" or self.now.text in _CLOSERS:
            raise InputError(f"column {mark.column}: nothing follows {mark.text!r}")
        if self.now.text != "{":
            token = self.take()
            if token.text in ACCENTS:
                return (token, *self._braced())
            if token.text == r"\phantom":
                self._braced()
                return ()
            return (token,)
        whole = self._braced()[1:-1]
        inner = _without_phantoms(whole)
        if not inner and not whole:
            raise InputError(f"column {mark.column}: the group after {mark.text!r} is empty")
        return inner

    def _braced(self) -> tuple[Token, ...]:
        opened = self.now
        if opened.text != "{":
            return (self.take(),)
        out: list[Token] = []
        level = 0
        while True:
            if self.now.kind == "end":
                raise InputError(f"column {opened.column}: this '{{' is never closed")
            token = self.take()
            level += {"{": 1, "}": -1}.get(token.text, 0)
            out.append(token)
            if level == 0:
                return tuple(out)

    def group(self) -> Node:
        """An argument: a group in braces, or one token."""
        opened = self.now
        if opened.text == "{":
            self.take()
            node = self.sum()
            self.expect("}", opened)
            return node
        if opened.kind == "end":
            raise InputError(f"column {opened.column}: the text ends where an argument must come")
        return self.atom()

    def atom(self) -> Node:
        """An operator, number, bracket or command with its arguments; counts how deep it stands."""
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise InputError(f"column {self.now.column}: the expression is nested more than {MOST_DEPTH} deep")
        node = self._atom()
        self.depth -= 1
        return node

    def _atom(self) -> Node:
        token = self.take()
        if token.kind == "number":
            if len(token.text) > MOST_DIGITS:
                raise InputError(f"column {token.column}: a number has more than {MOST_DIGITS} digits")
            return Number(token.column, int(token.text) if token.text.isdigit() else Fraction(token.text))
        if token.text == "(":
            return self._closed(token, ")")
        if token.text == ":" and not self.in_colons:
            self.in_colons = True
            node = self.product()
            self.in_colons = False
            self.expect(":", token)
            return Colons(token.column, node)
        if token.text == "|" and not self.in_bars:
            self.in_bars = True
            node = self.sum()
            self.in_bars = False
            self.expect("|", token)
            return Call(token.column, "bars", node)
        if token.text in ("[", r"\{"):
            return self._bracket(token)
        if token.text == "{":
            return self._closed(token, "}")
        if token.kind == "name":
            return self._named(token)
        if token.kind == "end":
            raise InputError(f"column {token.column}: the text ends where an operator, a number or a bracket must come")
        raise InputError(f"column {token.column}: {token.text!r} cannot begin an operator, a number or a bracket")

    def _closed(self, opened: Token, closer: str) -> Node:
        node = self.sum()
        self.expect(closer, opened)
        return replace(node, column=opened.column) if isinstance(node, Add) else Add(opened.column, ((1, node),))

    def _bracket(self, opened: Token) -> Node:
        closer, sign = ("]", -1) if opened.text == "[" else (r"\}", 1)
        left = self.sum()
        if self.now.text != ",":
            self.expect(closer, opened)
            return Add(opened.column, ((1, left),))
        self.take()
        right = self.sum()
        self.expect(closer, opened)
        if self.now.text == "_" and self.tokens[self.at + 1].text in ("+", "-"):
            self.take()
            sign = 1 if self.take().text == "+" else -1
        return Bracket(opened.column, left, right, sign)

    def _named(self, token: Token) -> Node:
        name = token.text
        if name == r"\frac":
            return self._derivative(Fraction_(token.column, self.group(), self.group()))
        if name == r"\partial":
            return self._partial(token)
        if name == r"\int":
            return self._integral(token)
        if name in (r"\binom", r"\dbinom", r"\tbinom"):
            return Call(token.column, "binomial", self.group(), self.group())
        if name == r"\sqrt":
            degree = None
            if self.now.text == "[":
                opened = self.take()
                degree = self.sum()
                self.expect("]", opened)
            return Call(token.column, "sqrt", self.group(), degree)
        if name in (r"\sum", r"\prod"):
            return self._big(token)
        if name == r"\langle":
            node = self.sum()
            self.expect(r"\rangle", token)
            return Mean(token.column, node)
        if name[1:] in FUNCTIONS and name.startswith("\\"):
            return self._call(token)
        if name in ACCENTS:
            return self._accented(token)
        if name in ("h", "H") and [t.text.lower() for t in self.tokens[self.at : self.at + 3]] == [".", "c", "."]:
            self.at += 3
            return HermitianConjugate(token.column)
        return Name(token.column, name)

    def _derivative(self, node: Fraction_) -> Node:
        r"""``\frac{d}{dx}`` or ``\frac{\partial^2}{\partial x^2}`` with what it acts on; other fractions stay."""
        above, times = _order_of(node.above)
        below = node.below
        if (
            above is None
            or above.text not in ("d", r"\partial")
            or not isinstance(below, Multiply)
            or len(below.factors) != 2
        ):
            return node
        (_, first), (mark, second) = below.factors
        variable, again = _order_of(second)
        if mark or not isinstance(first, Name) or first.text != above.text or variable is None or again != times:
            return node
        if self.now.kind == "end" or self.now.text in _CLOSERS or self.now.text in ("+", "-"):
            return node
        plain = node if above.text == "d" else None
        return Derivative(node.column, self.product(), variable, times, plain)

    def _partial(self, token: Token) -> Node:
        """``\\partial_x`` with all that it acts on; a bare sign in a fraction is a name."""
        if self.now.text != "_":
            return Name(token.column, r"\partial")
        variable = parse_tokens(self.script(self.take()))
        times = 1
        if self.now.text == "^":
            power = parse_tokens(self.script(self.take()))
            if not isinstance(power, Number) or not isinstance(power.value, int):
                raise InputError(f"column {token.column}: a derivative is taken a whole number of times")
            times = power.value
        return Derivative(token.column, self.product(), variable, times)

    def _integral(self, token: Token) -> Node:
        limits: dict[str, tuple[Token, ...]] = {}
        while self.now.text in ("_", "^"):
            mark = self.take()
            limits[mark.text] = self.script(mark)
        if len(limits) != 2:
            raise InputError(f"column {token.column}: an integral needs both limits, as in \\int_0^1 x^2 dx")
        body = self.product()
        factors = body.factors if isinstance(body, Multiply) else ()
        last = [f for _, f in factors[-2:]]
        if len(last) < 2 or not isinstance(last[0], Name) or last[0].text != "d" or not isinstance(last[1], Name):
            raise InputError(f"column {token.column}: an integral ends with its variable, as in \\int_0^1 x^2 dx")
        rest = factors[:-2]
        inside: Node = Number(token.column, 1) if not rest else Multiply(token.column, rest)
        return Integral(token.column, inside, last[1], limits["_"], limits["^"])

    def _call(self, token: Token) -> Node:
        power = None
        if self.now.text == "^":
            power = parse_tokens(self.script(self.take()))
        bare = self.now.text not in ("(", "[", "{")
        argument = self._bare_argument() if bare else self.atom()
        if isinstance(power, Add) and len(power.terms) == 1 and _is_minus_one(power):
            # The inverse function, not the inverse number.
            return Call(token.column, "inverse " + token.text[1:], argument, None, bare)
        return Call(token.column, token.text[1:], argument, power, bare)

    def _bare_argument(self) -> Node:
        r"""What a function without brackets takes: ``\sin 2 k x`` all of it, ``\sin x \cos x`` and ``\sin x (y)`` x."""
        column = self.now.column
        factors = [("", self.power())]
        while True:
            mark = "/" if self.now.text == "/" else ""
            after = self.tokens[self.at + 1] if mark else self.now
            if after.kind not in ("name", "number") or after.text in _ENDS_ARGUMENT:
                break
            if mark:
                self.take()
            factors.append((mark, self.power()))
        return factors[0][1] if len(factors) == 1 else Multiply(column, tuple(factors))

    def _big(self, token: Token) -> Node:
        lower: tuple[Token, ...] = ()
        upper: tuple[Token, ...] = ()
        while self.now.text in ("_", "^"):
            mark = self.take()
            if mark.text == "_":
                lower = self.script(mark)
            else:
                upper = self.script(mark)
        if not lower:
            raise InputError(f"column {token.column}: a {token.text} needs its indices, as in {token.text}_{{i j}}")
        return BigSum(token.column, token.text[1:], lower, upper, self.product())

    def _accented(self, token: Token) -> Node:
        letters = [t for t in self._braced() if t.text not in ("{", "}")]
        word = "".join(t.text for t in letters)
        if word.lower().replace(" ", "") in ("h.c.", "h.c"):
            return HermitianConjugate(token.column)
        if not letters or not all(t.kind in ("name", "number") for t in letters):
            raise InputError(f"column {token.column}: {token.text} stands on a letter; got {word!r}"[:200])
        if len(letters) == 2 and letters[0].text in ACCENTS:
            word = letters[1].text
        return Name(token.column, word, ACCENTS[token.text])
