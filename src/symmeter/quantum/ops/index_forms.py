"""Indices that stand for any site, momentum or flavour: linear forms such as i, i + 1 or k + q over a named range.

An index is bound by a sum or free. Ranges are cyclic (i + 1 always exists) and long enough that two different shifts of
one index are two different places.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from symmeter.errors import InputError, InputTypeError

__all__ = ["Index", "IndexRange", "indices"]


@dataclass(frozen=True, order=True)
class IndexRange:
    """What an index runs over.

    Attributes
    ----------
    name : str
        Such as ``"site"``; a Kronecker delta joins only indices of one range.
    size : str
        Symbol for the number of values, which a free sum gives.
    labels : tuple of str
        The values themselves when they are named (flavours).
    """

    name: str = "site"
    size: str = "N"
    labels: tuple[str, ...] = ()


SITE = IndexRange()


@dataclass(frozen=True, order=True)
class Index:
    """A linear form in named indices: ``sum_n coefficient_n n + offset``.

    Parameters
    ----------
    parts : tuple of (name, integer)
        Sorted by name, no coefficient is 0.
    offset : int
        Shift.
    range : IndexRange
        What it runs over.

    Examples
    --------
    >>> i, k, q = Index.named("i"), Index.named("k"), Index.named("q")
    >>> print(i + 1, k + q - k, -i - 2)
    i+1 q -i-2
    """

    parts: tuple[tuple[str, int], ...]
    offset: int = 0
    range: IndexRange = SITE

    @classmethod
    def named(cls, name: str, range: IndexRange = SITE) -> Index:
        """The index of a name."""
        return cls(((name, 1),), 0, range)

    @property
    def name(self) -> str:
        """Its name, for an index that is one name and nothing more."""
        if len(self.parts) == 1 and self.parts[0][1] == 1 and self.offset == 0:
            return self.parts[0][0]
        raise InputError(f"{self} is not a single index; a sum runs over single indices such as i")

    @property
    def names(self) -> tuple[str, ...]:
        """Names in it."""
        return tuple(n for n, _ in self.parts)

    def coefficient(self, name: str) -> int:
        """The integer in front of a name."""
        return dict(self.parts).get(name, 0)

    def _plus(self, other: Any, sign: int) -> Index:
        if isinstance(other, bool) or not isinstance(other, (int, Index)):
            raise InputTypeError(f"to an index one adds a whole number or an index; got {other!r}"[:200])
        if isinstance(other, int):
            offset = self.offset + sign * other
            if self.range.labels:
                offset %= len(self.range.labels)
            return replace(self, offset=offset)
        if other.range != self.range and other.parts and self.parts:
            raise InputError(
                f"{self} runs over {self.range.name} and {other} over {other.range.name}; only indices of one range add"
            )
        total = dict(self.parts)
        for n, c in other.parts:
            total[n] = total.get(n, 0) + sign * c
        kept = tuple(sorted((n, c) for n, c in total.items() if c))
        return Index(kept, self.offset + sign * other.offset, self.range if self.parts else other.range)

    def __add__(self, other: Any) -> Index:
        return self._plus(other, 1)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Index:
        return self._plus(other, -1)

    def __rsub__(self, other: Any) -> Index:
        return (-self)._plus(other, 1)

    def __neg__(self) -> Index:
        return Index(tuple((n, -c) for n, c in self.parts), -self.offset, self.range)

    def __mul__(self, factor: int) -> Index:
        if isinstance(factor, bool) or not isinstance(factor, int):
            raise InputTypeError(f"an index is multiplied by whole numbers; got {factor!r}"[:200])
        return self.times(factor)

    __rmul__ = __mul__

    def times(self, factor: int) -> Index:
        """A whole multiple."""
        kept = tuple((n, c * factor) for n, c in self.parts) if factor else ()
        return Index(kept, self.offset * factor, self.range)

    def substitute(self, name: str, value: Index | int | str) -> Index | int | str:
        """Replace a name by an index or, in a single index, by a value."""
        c = self.coefficient(name)
        if c == 0:
            return self
        if isinstance(value, Index):
            rest = Index(tuple(p for p in self.parts if p[0] != name), self.offset, self.range)
            return rest + value.times(c)
        if isinstance(value, str):
            if len(self.parts) == 1 and c == 1:
                labels = self.range.labels
                if value in labels:
                    return labels[(labels.index(value) + self.offset) % len(labels)]
                if self.offset == 0:
                    return value
            raise InputError(f"{value!r} cannot stand for {name} in the index {self}")
        rest = Index(tuple(p for p in self.parts if p[0] != name), self.offset + c * value, self.range)
        return rest if rest.parts else rest.offset

    def renamed(self, names: dict[str, str]) -> Index:
        """Other names for its parts."""
        return Index(tuple(sorted((names.get(n, n), c) for n, c in self.parts)), self.offset, self.range)

    def text(self, style: str = "plain") -> str:
        """Text, plain or LaTeX (``style="latex"``)."""
        out = ""
        if self.range.labels and len(self.parts) == 1 and self.parts[0][1] == 1 and len(self.range.labels) == 2:
            n = index_latex(self.parts[0][0]) if style == "latex" else self.parts[0][0]
            return (rf"\bar{{{n}}}" if style == "latex" else f"~{n}") if self.offset else n
        for n, c in self.parts:
            sign = "-" if c < 0 else "+" if out else ""
            if style == "latex":
                # 2 i would be read as two indices.
                out += sign + ("-" if c < 0 else "+").join([index_latex(n)] * abs(c))
            else:
                out += sign + (str(abs(c)) if abs(c) != 1 else "") + n
        return out + (f"{self.offset:+d}" if self.offset and out else str(self.offset) if not out else "")

    def __str__(self) -> str:
        return self.text()


GREEK = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "varepsilon",
    "zeta",
    "eta",
    "theta",
    "iota",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "pi",
    "rho",
    "sigma",
    "tau",
    "upsilon",
    "phi",
    "varphi",
    "chi",
    "psi",
    "omega",
    "Gamma",
    "Delta",
    "Theta",
    "Lambda",
    "Xi",
    "Pi",
    "Sigma",
    "Upsilon",
    "Phi",
    "Psi",
    "Omega",
    "ell",
]


def index_latex(name: str) -> str:
    """LaTeX of a name: Greek letters get their backslash, trailing digits and primes their place.

    Examples
    --------
    >>> index_latex("sigma"), index_latex("k1"), index_latex("i''"), index_latex("up")
    ('\\\\sigma', 'k_{1}', "i''", '\\\\uparrow')
    """
    arrows = {"up": r"\uparrow", "dn": r"\downarrow", "down": r"\downarrow"}
    if name in arrows:
        return arrows[name]
    match = re.fullmatch(r"([A-Za-z]+)(\d*)('*)", name)
    if match is None:
        return rf"\mathrm{{{name}}}" if len(name) > 1 and re.fullmatch(r"[A-Za-z]+", name) else name
    word, digits, primes = match.groups()
    head = "\\" + word if word in GREEK else word if len(word) == 1 else rf"\mathrm{{{word}}}"
    return head + primes + (f"_{{{digits}}}" if digits else "")


def indices(names: str, range: str | IndexRange = "site", size: str = "N", labels: tuple[str, ...] = ()) -> Any:
    """Make indices.

    Parameters
    ----------
    names : str
        Names with spaces between them.
    range : str or IndexRange
        What they run over.
    size : str
        Symbol for the number of values.
    labels : tuple of str
        The values when they are named.

    Returns
    -------
    Index or tuple of Index
        One for one name, else as many as names.

    Examples
    --------
    >>> i, j = indices("i j")
    >>> print(i - j + 1)
    i-j+1
    """
    over = range if isinstance(range, IndexRange) else IndexRange(range, size, tuple(labels))
    found = tuple(Index.named(n, over) for n in names.split())
    if not found:
        raise InputError("no name of an index was given; write indices('i j')")
    return found[0] if len(found) == 1 else found
