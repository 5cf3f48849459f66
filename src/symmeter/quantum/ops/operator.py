"""Sums of products of operators on concrete modes, always in canonical (normal-ordered) form.

A term is one part for each species, species in the order of their names. Odd operators of different fermion species
anticommute; everything else of different species commutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from symmeter.errors import InputError, InputTypeError
from symmeter.quantum.ops.coefficients import (
    Coefficient,
    as_coefficient,
    conjugate,
    is_coefficient,
    is_symbolic,
    is_zero,
)
from symmeter.quantum.ops.collecting import collect
from symmeter.quantum.ops.packed import PackedSum, bracket, pack, product
from symmeter.quantum.ops.species import Factor, Parts, Species
from symmeter.quantum.ops.term_products import Key, all_products, bracket_terms, combinations

__all__ = ["Key", "Operator", "bracketed", "scalar"]

#: Below this many pairs of terms plain Python is quicker than filling arrays.
_FEW_PAIRS = 200
_LARGEST_POWER = 64


class Operator:
    """An immutable sum of normal-ordered products; arithmetic keeps it in that form.

    Make operators with the species (:class:`Fermions`, :class:`Bosons`, :class:`Spins`, :class:`Paulis`,
    :class:`Majoranas`, :class:`SUN`), not with this class.

    Attributes
    ----------
    species : tuple of Species
        In the order of their names.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> f = ops.Fermions()
    >>> hop = (f.cre(0) * f.ann(1)).plus_hc()
    >>> print(ops.commutator(hop, f.n(0)))
    -cd[0] c[1] + cd[1] c[0]
    """

    __slots__ = ("_packed", "_tried", "_values", "species")
    #: NumPy scalars leave products to us instead of taking an operator for a sequence.
    __array_ufunc__ = None

    def __init__(
        self,
        species: tuple[Species, ...],
        terms: dict[Key, Coefficient] | None,
        packed: PackedSum | None = None,
    ) -> None:
        self.species = species
        self._values = terms
        self._packed = packed
        self._tried = packed is not None

    @classmethod
    def of_parts(cls, species: Species, parts: Parts) -> Operator:
        """A sum of parts of one species."""
        return cls((species,), collect(((part,), as_coefficient(c)) for c, part in parts))

    @property
    def terms(self) -> Mapping[Key, Coefficient]:
        """Coefficients by keys, one part for each species."""
        if self._values is None:
            assert self._packed is not None
            self._values = self._packed.terms()
        return MappingProxyType(self._values)

    def __len__(self) -> int:
        return len(self._packed) if self._values is None and self._packed is not None else len(self.terms)

    def __iter__(self) -> Iterator[tuple[Coefficient, tuple[tuple[Species, Factor], ...]]]:
        """Coefficients and words, a word being pairs of a species and a (name, mode)."""
        for key, value in self.terms.items():
            yield value, self.word(key)

    def word(self, key: Key) -> tuple[tuple[Species, Factor], ...]:
        """The factors of a term from left to right."""
        return tuple((s, f) for s, part in zip(self.species, key) for f in s.factors(part))

    # --- arithmetic -------------------------------------------------------------------------------------------------

    def __add__(self, other: Any) -> Any:
        other = _operand(other)
        if other is None:
            return NotImplemented
        packed = None
        if self.species == other.species and self._packed is not None and other._packed is not None:
            fresh = self._values is None or other._values is None
            packed = self._packed.plus(other._packed) if fresh else None
        if packed is not None:
            return Operator(self.species, None, packed)
        species, mine, theirs = joined(self, other)
        return Operator(species, collect([*mine.items(), *theirs.items()]))

    __radd__ = __add__

    def __neg__(self) -> Operator:
        return self * -1

    def __sub__(self, other: Any) -> Any:
        other = _operand(other)
        return NotImplemented if other is None else self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return (-self) + other

    def __mul__(self, other: Any) -> Any:
        if is_coefficient(other):
            factor = as_coefficient(other)
            if self._values is None and self._packed is not None:
                scaled = self._packed.scaled(factor)
                if scaled is not None:
                    return Operator(self.species, None, scaled)
            return Operator(self.species, collect((k, v * factor) for k, v in self.terms.items()))
        if not isinstance(other, Operator):
            return NotImplemented
        if self.species == other.species and len(self) * len(other) >= _FEW_PAIRS:
            mine, theirs = self.packed(), other.packed()
            if mine is not None and theirs is not None:
                found = product(mine, theirs)
                if found is not None:
                    return Operator(self.species, None, found)
        species, left, right = joined(self, other)
        return Operator(species, collect(all_products(species, left.items(), right.items())))

    def __rmul__(self, other: Any) -> Any:
        # Only numbers come here, and they commute.
        return self * other if is_coefficient(other) else NotImplemented

    def __truediv__(self, other: Any) -> Any:
        if not is_coefficient(other):
            return NotImplemented
        divisor = as_coefficient(other)
        if is_zero(divisor):
            raise InputError("an operator cannot be divided by 0")
        return self * (Fraction(1, divisor) if isinstance(divisor, int) else 1 / divisor)

    def __pow__(self, power: int) -> Operator:
        if isinstance(power, bool) or not isinstance(power, int) or not 0 <= power <= _LARGEST_POWER:
            raise InputError(f"powers of operators are whole numbers from 0 to {_LARGEST_POWER}; got {power!r}")
        result = Operator(self.species, {tuple(s.identity for s in self.species): 1})
        for _ in range(power):
            result = result * self
        return result

    def packed(self) -> PackedSum | None:
        """The arrays of a numeric sum of one species; None where arrays cannot hold it."""
        if not self._tried:
            self._tried = True
            if len(self.species) == 1 and self._values:
                self._packed = pack(self.species[0], self._values)
        return self._packed

    # --- adjoints and parts -------------------------------------------------------------------------------------------

    def adjoint(self) -> Operator:
        """The Hermitian conjugate.

        Examples
        --------
        >>> from symmeter.quantum import ops
        >>> m = ops.Majoranas()
        >>> print((1j * m.g(0) * m.g(1)).adjoint())
        i g[0] g[1]
        """
        if self._values is None and self._packed is not None:
            return Operator(self.species, None, self._packed.adjoint())
        return Operator(self.species, collect(self._adjoint_terms()))

    def _adjoint_terms(self) -> Iterator[tuple[Key, Coefficient]]:
        for key, value in self.terms.items():
            odd = sum(s.parity(p) for s, p in zip(self.species, key))
            # Reversing the species of a term passes every pair of odd parts.
            sign = -1 if odd * (odd - 1) // 2 & 1 else 1
            for factor, adjoined in combinations([s.adjoint(p) for s, p in zip(self.species, key)]):
                yield adjoined, conjugate(value) * factor * sign

    def plus_hc(self) -> Operator:
        """The operator plus its Hermitian conjugate."""
        return self + self.adjoint()

    def is_hermitian(self) -> bool:
        """Whether the operator equals its adjoint."""
        return (self - self.adjoint()).is_zero()

    def is_zero(self, tol: float = 0.0) -> bool:
        """Whether every coefficient is zero, or not above ``tol`` in size."""
        if self._values is None and self._packed is not None:
            return bool((abs(self._packed.coefficients) <= tol).all())
        return all(is_zero(v) if is_symbolic(v) else abs(v) <= tol for v in self.terms.values())

    def __eq__(self, other: object) -> bool:
        other = _operand(other)
        return NotImplemented if other is None else (self - other).is_zero()

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise InputTypeError("an operator is neither true nor false; ask is_zero() or compare with ==")

    @property
    def constant(self) -> Coefficient:
        """The coefficient of the identity."""
        return self.terms.get(tuple(s.identity for s in self.species), 0)

    @property
    def degree(self) -> int:
        """The largest number of factors of a term."""
        return max((len(self.word(key)) for key in self.terms), default=0)

    @property
    def modes(self) -> dict[str, tuple[int, ...]]:
        """The modes on which the operator acts, for each species by name."""
        found: dict[str, set[int]] = {s.name: set() for s in self.species}
        for key in self.terms:
            for s, part in zip(self.species, key):
                found[s.name].update(s.modes(part))
        return {name: tuple(sorted(modes)) for name, modes in found.items()}

    def coefficient(self, monomial: Operator) -> Coefficient:
        """The coefficient of a monomial, divided by the monomial's own.

        Examples
        --------
        >>> from symmeter.quantum import ops
        >>> b = ops.Bosons()
        >>> (b.ann(0) ** 3 * b.cre(0) ** 2).coefficient(b.cre(0) * b.ann(0) ** 2)
        6
        """
        if len(monomial) != 1:
            raise InputError(f"the coefficient is asked of one monomial; this sum has {len(monomial)} terms")
        _, mine, theirs = joined(self, monomial)
        ((key, factor),) = theirs.items()
        value = mine.get(key, 0)
        return as_coefficient(
            Fraction(value, factor) if isinstance(value, int) and isinstance(factor, int) else value / factor
        )

    def map_coefficients(self, function: Callable[[Coefficient], Coefficient]) -> Operator:
        """Apply a function to every coefficient."""
        return Operator(self.species, collect((k, as_coefficient(function(v))) for k, v in self.terms.items()))

    @property
    def symbols(self) -> frozenset[Any]:
        """The SymPy symbols in the coefficients."""
        return frozenset().union(*(v.free_symbols for v in self.terms.values() if is_symbolic(v)))

    def subs(self, values: Mapping[Any, Any]) -> Operator:
        """Give values to symbols of the coefficients; keys are symbols or their names.

        Examples
        --------
        >>> import sympy
        >>> from symmeter.quantum import ops
        >>> print((sympy.Symbol("t") * ops.Fermions().n(0)).subs({"t": 3}))
        3 cd[0] c[0]
        """
        known = {str(s): s for s in self.symbols}
        table = {known.get(str(k), k): v for k, v in values.items()}
        table = {k: v for k, v in table.items() if not isinstance(k, str)}
        return self.map_coefficients(lambda v: v.subs(table) if is_symbolic(v) else v)

    def simplify(self) -> Operator:
        """Simplify symbolic coefficients with SymPy."""
        import sympy

        return self.map_coefficients(lambda v: sympy.simplify(v) if is_symbolic(v) else v)

    def numeric_terms(self) -> Iterator[tuple[complex, tuple[tuple[str, Any], ...]]]:
        """Terms for matrix builders: ``(complex coefficient, ((name, site), ...))``, the rightmost factor acts first.

        Names are "cd", "c" (fermions), "ad", "a" (bosons), "S-", "Sz", "S+" (spins), "X", "Y", "Z" (Pauli), "g"
        (Majorana), "E01" (colours). A site is the label of the mode: a site, or (site, flavour). With several species
        the name of the species comes first: ``("c", site)`` or ``("c", site, flavour)``.

        Raises
        ------
        InputError
            If a coefficient is symbolic; the text names the term and its symbols.

        Examples
        --------
        >>> from symmeter.quantum import ops
        >>> f = ops.Fermions(["up", "dn"])
        >>> list((2 * f.cre(0, "up") * f.ann(1, "up")).numeric_terms())
        [((2+0j), (('cd', (0, 'up')), ('c', (1, 'up'))))]
        """
        several = len(self.species) > 1
        for value, word in self:
            if is_symbolic(value):
                if value.free_symbols:
                    names = ", ".join(sorted(map(str, value.free_symbols)))
                    raise InputError(
                        f"the term {_word_text(word)} has the symbols {names}; give them values with subs()"
                    )
                value = complex(value.evalf())
            yield complex(value), tuple((name, _site(s, mode, several)) for s, (name, mode) in word)

    def __str__(self) -> str:
        from symmeter.quantum.ops.text import operator_text

        return operator_text(self)

    def __repr__(self) -> str:
        text = str(self)
        shown = text if len(text) <= 200 else text[:197] + "..."
        return f"<Operator of {len(self)} term{'s' * (len(self) != 1)}: {shown}>"

    def latex(self) -> str:
        """LaTeX of the normal-ordered sum."""
        from symmeter.quantum.ops.latex_writing import operator_latex

        return operator_latex(self)

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"


def _site(species: Species, mode: int, several: bool) -> Any:
    label = species.label(mode)
    if not several:
        return label
    return (species.name, *label) if isinstance(label, tuple) else (species.name, label)


def _word_text(word: Iterable[tuple[Species, Factor]]) -> str:
    return " ".join(s.text(*f) for s, f in word) or "1"


def scalar(value: Any) -> Operator:
    """A number as an operator.

    Examples
    --------
    >>> print(scalar(2) + 1)
    3
    """
    number = as_coefficient(value)
    return Operator((), {} if is_zero(number) else {(): number})


def _operand(value: Any) -> Operator | None:
    if isinstance(value, Operator):
        return value
    return scalar(value) if is_coefficient(value) else None


def joined(
    left: Operator, right: Operator
) -> tuple[tuple[Species, ...], Mapping[Key, Coefficient], Mapping[Key, Coefficient]]:
    """Both sums over the species of either.

    Raises
    ------
    InputError
        If two different species have one name.
    """
    if left.species == right.species:
        return left.species, left.terms, right.terms
    named: dict[str, Species] = {}
    for s in left.species + right.species:
        if named.setdefault(s.name, s) != s:
            raise InputError(f"two species are called {s.name}: {named[s.name]!r} and {s!r}; give one another name")
    species = tuple(named[n] for n in sorted(named))
    return species, _embedded(left, species), _embedded(right, species)


def _embedded(operator: Operator, species: tuple[Species, ...]) -> Mapping[Key, Coefficient]:
    if operator.species == species:
        return operator.terms
    where = [operator.species.index(s) if s in operator.species else -1 for s in species]
    return {
        tuple(key[w] if w >= 0 else s.identity for w, s in zip(where, species)): value
        for key, value in operator.terms.items()
    }


def bracketed(left: Operator, right: Operator, sign: int) -> Operator:
    """``left right + sign * right left``, without the pairs that commute because they share no mode."""
    if left.species == right.species and len(left) * len(right) >= _FEW_PAIRS:
        mine, theirs = left.packed(), right.packed()
        if mine is not None and theirs is not None:
            found = bracket(mine, theirs, sign)
            if found is not None:
                return Operator(left.species, None, found)
    species, a, b = joined(left, right)
    return Operator(species, collect(bracket_terms(species, a, b, sign)))
