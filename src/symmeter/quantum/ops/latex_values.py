"""The tree of a LaTeX expression evaluated in the algebra; nothing but the algebra ever runs.

Names are, in this order: declared symbols, operators of the given species, densities ``n``, ``\\delta`` with two
indices, the numbers i, e and \\pi, and symbols that nobody declared (if that is allowed). A sum runs over everything to
its right up to the next plus or minus sign.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from symmeter.errors import InputError, NonFiniteError, UnknownNameError
from symmeter.quantum.ops.coefficients import (
    Gaussian,
    as_coefficient,
    conjugate,
    is_coefficient,
    is_symbolic,
    require_sympy,
    symbolic,
)
from symmeter.quantum.ops.expression import Expression
from symmeter.quantum.ops.indexed_symbols import delta, normal_product
from symmeter.quantum.ops.latex_calculus import derivative_of, integral_of
from symmeter.quantum.ops.latex_indices import subscripts
from symmeter.quantum.ops.latex_limits import Budget
from symmeter.quantum.ops.latex_names import Names
from symmeter.quantum.ops.latex_operators import operator_of, stands_alone
from symmeter.quantum.ops.latex_phases import phase_of, slot_of, wave_of
from symmeter.quantum.ops.latex_sums import big_value
from symmeter.quantum.ops.latex_syntax import FUNCTIONS, parse_tokens
from symmeter.quantum.ops.latex_tokens import Token
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
from symmeter.quantum.ops.latex_vectors import SpinVector
from symmeter.quantum.ops.wick import Vacuum, expectation

__all__ = ["LatexReader"]


class LatexReader:
    """Evaluates trees whose names are known.

    Parameters
    ----------
    names : Names
    state : WickState or None
        Where averages are taken; the vacuum when None.
    """

    def __init__(self, names: Names, state: Any) -> None:
        self.names = names
        self.state = state
        self.budget = Budget()

    def read(self, node: Node) -> Any:
        value = self.value(node)
        if isinstance(value, SpinVector):
            raise InputError(f"column {value.column}: a vector stands alone; write a scalar product or a component")
        return _simplest(value)

    def value(self, node: Any) -> Any:
        """A number, a SymPy expression, an Expression or a vector of operators."""
        method = _METHODS.get(type(node))
        if method is None:
            raise InputError(f"column {node.column}: 'h.c.' stands alone at the end of a sum, as in A + h.c.")
        try:
            return method(self, node)
        except NonFiniteError as error:
            if str(error).startswith("column"):
                raise
            raise NonFiniteError(f"column {node.column}: {error}") from None

    def number(self, node: Number) -> Any:
        value = node.value
        return int(value) if isinstance(value, Fraction) and value.denominator == 1 else value

    def add(self, node: Add) -> Any:
        total: Any = None
        for sign, term in node.terms:
            if isinstance(term, HermitianConjugate):
                if total is None or sign < 0:
                    raise InputError(f"column {term.column}: 'h.c.' follows a plus sign and what it conjugates")
                total = total + _adjoint(total)
                continue
            value = self.value(term)
            value = value if sign > 0 else value * -1
            total = value if total is None else _plus(total, value, term.column)
        return total

    def multiply(self, node: Multiply) -> Any:
        total: Any = None
        for mark, factor in self._applied(node):
            value = factor if isinstance(factor, Expression) else self.value(factor)
            column = node.column if isinstance(factor, Expression) else factor.column
            if total is None:
                total = value
            elif mark == "/":
                total = _over(total, value, column)
            elif isinstance(total, SpinVector) and isinstance(value, SpinVector):
                total = total.dot(value)
            elif isinstance(value, SpinVector) and not is_coefficient(total):
                _refuse(value)
            else:
                total = self.budget.product(total, value, column)
        return total

    def _applied(self, node: Multiply) -> list[tuple[str, Any]]:
        """The factors with ``V(q)`` as one of them, an Expression, where V is a symbol and q is made of indices."""
        out: list[tuple[str, Any]] = []
        for mark, factor in node.factors:
            before = out[-1][1] if out else None
            applies = isinstance(factor, Add) and mark == ""
            growth = applies and isinstance(before, Name) and before.text == "O" and "O" not in self.names.symbols
            if growth and isinstance(before, Name) and self.names.species_of(before) is None:
                raise InputError(f"column {before.column}: O(...) is a class of growth, not an expression")
            slot = slot_of(factor, self.names) if mark == "" and isinstance(factor, Add) else None
            if slot is not None and isinstance(before, Name) and self.names.is_plain_symbol(before):
                name = before.text.lstrip("\\")
                self.names.check_command(before)
                self.names.check_declared(name, before.column)
                out[-1] = (out[-1][0], self.names.tensor_of(name, slot))
            else:
                out.append((mark, factor))
        return out

    def fraction(self, node: Fraction_) -> Any:
        return _over(self.value(node.above), self.value(node.below), node.below.column)

    def call(self, node: Call) -> Any:
        sympy = require_sympy()

        if node.bare and isinstance(node.argument, Multiply):
            factors = node.argument.factors
            cut = next((k for k, (_, f) in enumerate(factors) if self._is_operator(f)), len(factors))
            if 0 < cut < len(factors):
                # \sin\theta c_1: the argument ends before the operator.
                inside = factors[0][1] if cut == 1 else Multiply(factors[0][1].column, factors[:cut])
                value = self.call(Call(node.column, node.function, inside, node.extra))
                return self.budget.product(value, self.multiply(Multiply(node.column, factors[cut:])), node.column)
        name = node.function.removeprefix("inverse ")
        if name in FUNCTIONS and node.extra is not None:
            return self._raise(
                self.call(Call(node.column, node.function, node.argument)), self.value(node.extra), node.column
            )
        if node.function == "exp":
            return self._exponential(node.argument, node.column)
        if node.function in ("cos", "sin"):
            wave = wave_of(node.function, node.argument, self.names.indices, node.column)
            if wave is not None:
                return wave
        argument = self.value(node.argument)
        if not is_coefficient(argument):
            what = {"sqrt": "root", "bars": "absolute value"}.get(node.function, node.function)
            raise InputError(f"column {node.column}: the {what} of an operator is not a polynomial of operators")
        x = symbolic(argument)
        if node.function == "sqrt":
            degree = 2 if node.extra is None else self.value(node.extra)
            if not isinstance(degree, int) or degree < 1:
                raise InputError(f"column {node.column}: the degree of a root is a positive whole number")
            return as_coefficient(sympy.root(x, degree))
        if node.function == "bars":
            return as_coefficient(sympy.Abs(x))
        if node.function in ("factorial", "binomial"):
            return self._counted(node, argument)
        if name != node.function:
            if name in ("exp", "ln", "log"):
                raise InputError(f"column {node.column}: the inverse of {name} has a name of its own")
            return as_coefficient(getattr(sympy, "a" + name)(x))
        return as_coefficient(getattr(sympy, "log" if name in ("ln", "log") else name)(x))

    def _is_operator(self, node: Any) -> bool:
        scripted = node if isinstance(node, Scripted) else Scripted(node.column, node)
        if not isinstance(scripted.base, Name):
            return False
        species = self.names.species_of(scripted.base)
        return species is not None and bool(scripted.lower or stands_alone(species, scripted.base, scripted))

    def _counted(self, node: Call, first: Any) -> Any:
        """Factorials and binomial coefficients of small whole numbers and of symbols."""
        sympy = require_sympy()
        second = self.value(node.extra) if node.extra is not None else 0
        for n in (first, second):
            if not is_coefficient(n) or (not is_symbolic(n) and not (isinstance(n, int) and 0 <= n <= 1000)):
                raise InputError(
                    f"column {node.column}: a {node.function} takes whole numbers from 0 to 1000, or symbols"
                )
        found = sympy.factorial(first) if node.extra is None else sympy.binomial(first, second)
        return as_coefficient(found)

    def bracket(self, node: Bracket) -> Any:
        left, right = self.value(node.left), self.value(node.right)
        for side in (left, right):
            if isinstance(side, SpinVector):
                _refuse(side)
        forth, back = self.budget.product(left, right, node.column), self.budget.product(right, left, node.column)
        return forth - back if node.sign < 0 else forth + back

    def colons(self, node: Colons) -> Any:
        inside = node.inside
        pairs = inside.factors if isinstance(inside, Multiply) else (("", inside),)
        total = Expression.lift(1)
        for mark, factor in pairs:
            if mark == "/":
                raise InputError(f"column {factor.column}: between colons stands a product, without division")
            value = self.value(factor)
            if isinstance(value, SpinVector):
                _refuse(value)
            else:
                self.budget.spend(10 * len(total) * (1 if is_coefficient(value) else len(value)), factor.column)
            try:
                total = normal_product(total, value)
            except InputError as error:
                raise InputError(f"column {factor.column}: {error}") from None
        return total

    def mean(self, node: Mean) -> Any:
        value = self.value(node.inside)
        if is_coefficient(value):
            return value
        state = Vacuum() if self.state is None else self.state
        if not isinstance(state, Vacuum):
            value = value.operator() if isinstance(value, Expression) else value
        return expectation(value, state)

    def name(self, node: Name) -> Any:
        return self.scripted(Scripted(node.column, node))

    def scripted(self, node: Scripted) -> Any:
        base = node.base
        if isinstance(base, Name) and base.accent == "over":
            return _adjoint(self.scripted(Scripted(node.column, Name(base.column, base.text), node.lower, node.upper)))
        if not isinstance(base, Name):
            if node.lower:
                raise InputError(f"column {node.lower[0].column}: a subscript stands on a letter")
            return self._with_upper(self.value(base), node.upper)
        species = self.names.species_of(base)
        if species is not None and (node.lower or stands_alone(species, base, node)):
            found, rest = operator_of(self.names, species, base, node)
            return self._with_upper(found, rest) if rest else found
        return self._symbol_value(base, node)

    # --- superscripts ---------------------------------------------------------------------------------------------

    def _with_upper(self, value: Any, upper: tuple[Token, ...]) -> Any:
        """Daggers, stars and powers."""
        rest = list(upper)
        while rest and (rest[0].text in (r"\dagger", "*", ",")):
            if rest[0].text != ",":
                value = _adjoint(value)
            rest.pop(0)
        trailing = 0
        while rest and rest[-1].text in (r"\dagger", "*"):
            rest.pop()
            trailing += 1
        if rest:
            if rest[0].text == "'":
                raise InputError(f"column {rest[0].column}: a prime stands on an index or a symbol, not on an operator")
            index = next((t for t in rest if self.names.is_index(t.text.lstrip("\\"))), None)
            if index is not None:
                raise InputError(
                    f"column {index.column}: the index {index.text} stands in a power; write a sign such as (-1)^i "
                    "as a symbol with that index"
                )
            value = self._raise(value, self.value(parse_tokens(tuple(rest))), rest[0].column)
        return _adjoint(value) if trailing % 2 else value

    def _raise(self, value: Any, power: Any, column: int) -> Any:
        if not isinstance(value, SpinVector):
            return self.budget.power(value, power, column)
        if power != 2:
            raise InputError(f"column {column}: the only power of a vector is its square")
        return value.dot(value)

    # --- symbols ---------------------------------------------------------------------------------------------------

    def _symbol_value(self, base: Name, node: Scripted) -> Any:
        text = base.text.lstrip("\\")
        text += base.accent if base.accent in ("bar", "tilde") else ""
        daggers = [t for t in node.upper if t.text == r"\dagger"]
        if daggers:
            known = ", ".join(s.name for s in self.names.species.values())
            raise UnknownNameError(
                f"column {base.column}: {base.text} has a dagger but is no operator; those are {known}"
            )
        self.names.check_command(base)
        primes = "".join(t.text for t in node.upper if t.text == "'")
        upper = tuple(t for t in node.upper if t.text != "'")
        name = text + primes
        lower = subscripts(node.lower) if node.lower else []
        joined = "_".join([name, *("".join(s.text for s in lower),)]) if lower else name
        if joined in self.names.symbols and lower:
            return self._with_upper(self.names.scalar(joined), upper)
        if not lower and name not in self.names.symbols:
            special = self._special(name, upper, node)
            if special is not None:
                return special
        if name == "delta" and len(lower) == 2 and name not in self.names.symbols:
            return self._with_upper(delta(self.names.slot(lower[0]), self.names.slot(lower[1])), upper)
        if lower and any(n in self.names.indices for s in lower for n in s.names):
            self.names.check_declared(name, base.column)
            return self._with_upper(self.names.tensor(name, lower), upper)
        if lower and self.names.is_tensor(name):
            return self._with_upper(self.names.tensor(name, lower), upper)
        if not lower and self.names.is_index(name):
            raise InputError(
                f"column {base.column}: the index {name} stands as a number; what depends on it is a symbol with that "
                f"index, as in f_{{{name}}}"
            )
        self.names.check_declared(joined, base.column, name)
        return self._with_upper(self.names.scalar(joined), upper)

    def _special(self, name: str, upper: tuple[Token, ...], node: Scripted) -> Any:
        if name == "i":
            return self._with_upper(Gaussian(0, 1), upper)
        if name == "pi":
            sympy = require_sympy()

            return self._with_upper(sympy.pi, upper)
        if name == "e" and upper:
            return self._exponential(parse_tokens(upper), node.column)
        return None

    def _exponential(self, exponent: Node, column: int) -> Any:
        """``e^{i k (r - s)}`` as a phase, or the exponential of a scalar."""
        found = phase_of(exponent, self.names.indices, column)
        if found is not None:
            return found
        value = self.value(exponent)
        if not is_coefficient(value):
            raise InputError(f"column {column}: the exponential of an operator is not a polynomial of operators")
        return as_coefficient(require_sympy().exp(symbolic(value)))

    # --- calculus ---------------------------------------------------------------------------------------------------

    def derivative(self, node: Derivative) -> Any:
        return derivative_of(self, node)

    def integral(self, node: Integral) -> Any:
        return integral_of(self, node)

    # --- sums ---------------------------------------------------------------------------------------------------------

    def big(self, node: BigSum) -> Any:
        return big_value(self, node)

    @staticmethod
    def simplest(value: Any) -> Any:
        """An Operator where an Expression has no index left."""
        return _simplest(value)


def _refuse(value: SpinVector) -> Any:
    raise InputError(f"column {value.column}: a vector stands in a product with an operator; write a scalar product")


def _simplest(value: Any) -> Any:
    """An Operator where an Expression has no index left."""
    if not isinstance(value, Expression):
        return value
    behind = any(isinstance(s, int) and s < 0 for b in value.terms for s in b.slots())
    if behind or any(b.bound or b.free or b.tensors or b.phases for b in value.terms):
        return value
    return value.operator()


def _plus(left: Any, right: Any, column: int) -> Any:
    if isinstance(left, SpinVector) != isinstance(right, SpinVector):
        raise InputError(f"column {column}: a vector and a scalar are added")
    return left + right


def _over(above: Any, below: Any, column: int) -> Any:
    if not is_coefficient(below):
        raise InputError(f"column {column}: one divides by numbers and symbols without index, not by operators")
    if below == 0:
        raise InputError(f"column {column}: division by zero")
    inverse = Fraction(1, below) if isinstance(below, int) else 1 / below
    return as_coefficient(above * inverse) if is_coefficient(above) else above * inverse


def _adjoint(value: Any) -> Any:
    return conjugate(value) if is_coefficient(value) else value.adjoint()


_METHODS = {
    Number: LatexReader.number,
    Name: LatexReader.name,
    Scripted: LatexReader.scripted,
    Add: LatexReader.add,
    Multiply: LatexReader.multiply,
    Fraction_: LatexReader.fraction,
    Call: LatexReader.call,
    Colons: LatexReader.colons,
    Bracket: LatexReader.bracket,
    Derivative: LatexReader.derivative,
    Integral: LatexReader.integral,
    BigSum: LatexReader.big,
    Mean: LatexReader.mean,
}
