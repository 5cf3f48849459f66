"""Differential polynomials in other variables: x and u as functions of new coordinates and new unknowns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from symmeter.errors import InputError
from symmeter.spacetime.jets import Index, JetSpace
from symmeter.spacetime.polynomials import Poly, add_to, exponents, power

__all__ = ["JetMap"]


@dataclass
class JetMap:
    """A change of variables.

    Parameters
    ----------
    source, target : JetSpace
    independent, dependent : sequence of Poly
        What x and u are, in the target.
    slopes : sequence of mapping
        For each x the derivative by it, as a combination of derivatives by the target's variables: from their number to
        the coefficient.

    Examples
    --------
    >>> from symmeter.spacetime.parsing import parse_expression
    >>> old, new = JetSpace(("t", "x"), ("u",)), JetSpace(("z",), ("w",))
    >>> wave = JetMap(old, new, [{}, new.poly(0)], [new.poly(new.jet(0, (0,)))], [{0: {0: -2}}, {0: {0: 1}}])
    >>> new.text(wave(parse_expression("u_t + u_xx", old)))
    'w_zz - 2*w_z'
    """

    source: JetSpace
    target: JetSpace
    independent: Sequence[Poly]
    dependent: Sequence[Poly]
    slopes: Sequence[Mapping[int, Poly]]
    _jets: dict[tuple[int, Index], Poly] = field(default_factory=dict, init=False)
    _seen: dict[int, Poly] = field(default_factory=dict, init=False)

    def __call__(self, p: Poly) -> Poly:
        """The same expression in the new variables."""
        out: Poly = {}
        for m, c in p.items():
            term: Poly = {0: c}
            for v, e in exponents(m):
                term = self.target.times(term, self.target.reduced(power(self._variable(v), e)))
            add_to(out, term)
        return self.target.reduced(out)

    def jet(self, a: int, index: Index) -> Poly:
        """``u^a_J`` by the chain rule."""
        key = (a, index)
        if key not in self._jets:
            if not any(index):
                self._jets[key] = dict(self.dependent[a])
            else:
                i = next(i for i, n in enumerate(index) if n)
                lower = self.jet(a, (*index[:i], index[i] - 1, *index[i + 1 :]))
                out: Poly = {}
                for k, factor in self.slopes[i].items():
                    add_to(out, self.target.times(factor, self.target.derivative(lower, k)))
                self._jets[key] = self.target.reduced(out)
        return self._jets[key]

    def _variable(self, v: int) -> Poly:
        if v not in self._seen:
            self._seen[v] = self._found(v)
        return self._seen[v]

    def _found(self, v: int) -> Poly:
        variable, target = self.source.variables[v], self.target
        if variable.kind == "independent":
            return dict(self.independent[variable.number])
        if variable.kind == "parameter":
            return target.poly(target.parameter(variable.name))
        if variable.kind == "jet":
            return self.jet(variable.number, variable.index)
        f = self.source.functions[v]
        inner = self(f.argument)
        if f.kind.startswith("inverse"):
            if not inner:
                raise InputError(f"{variable.name} is infinite there")
            return target.inverse(inner)
        if f.kind == "root":
            return {0: 1} if inner == {0: 1} else target.root(inner, f.key[-1])
        if f.kind.startswith("free"):
            return target.free(f.key[0], int(f.kind.removeprefix("free")), inner)
        return target.function(f.kind, inner)
