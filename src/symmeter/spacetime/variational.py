"""Euler operators, total divergences and their currents: the calculus of variations on jet space, exactly.

The Euler operator ``E_a(P) = sum_J (-D)_J dP/du^a_J`` vanishes on total divergences and on nothing else. The current of
a divergence comes from the homotopy formula, degree by degree in u, where it needs no integral.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb

from symmeter.errors import InputError
from symmeter.spacetime.antiderivatives import antiderivative
from symmeter.spacetime.current_ansatz import current_by_ansatz
from symmeter.spacetime.denominators import tidy
from symmeter.spacetime.jets import Index, JetSpace
from symmeter.spacetime.polynomials import Poly, add_to, exponents, plain, scaled

__all__ = ["adjoint_current", "current_of", "divergence", "euler", "higher_euler"]

_MOST_PARTS = 200


def euler(space: JetSpace, p: Poly, a: int) -> Poly:
    """``E_a(p)``.

    Examples
    --------
    >>> from symmeter.spacetime.parsing import parse_expression
    >>> space = JetSpace(("t", "x"), ("u",))
    >>> space.text(euler(space, parse_expression("u_t^2/2 - u_x^2/2", space), 0))
    '-u_tt + u_xx'
    """
    out: Poly = {}
    for (b, index), v in space.jets_of(p).items():
        if a == b:
            add_to(out, space.derivatives(space.partial(p, v), index), -1 if sum(index) % 2 else 1)
    return out


def higher_euler(space: JetSpace, p: Poly, a: int, lower: Index) -> Poly:
    """``sum_(K >= J) binomial(K, J) (-D)_(K - J) dp/du^a_K``."""
    out: Poly = {}
    for (b, index), v in space.jets_of(p).items():
        if a != b or any(k < j for k, j in zip(index, lower)):
            continue
        rest = tuple(k - j for k, j in zip(index, lower))
        factor = -1 if sum(rest) % 2 else 1
        for k, j in zip(index, lower):
            factor *= comb(k, j)
        add_to(out, space.derivatives(space.partial(p, v), rest), factor)
    return out


def divergence(space: JetSpace, current: tuple[Poly, ...]) -> Poly:
    """``D_i J^i``."""
    out: Poly = {}
    for i, c in enumerate(current):
        add_to(out, space.derivative(c, i))
    return out


def current_of(space: JetSpace, p: Poly) -> tuple[Poly, ...]:
    """A current with ``D_i J^i = p``: for every total divergence that is polynomial in u and its derivatives, and for
    those with functions that are integrated by a rule or have a current made of the same functions.

    Raises
    ------
    InputError
        Where p is no total divergence, or no current was found.
    """
    for a in range(len(space.dependent)):
        if tidy(space, euler(space, p, a)):
            raise InputError(f"{space.text(p)} is no total divergence")
    number = len(space.independent)
    out: list[Poly] = [{} for _ in range(number)]
    graded = _by_degree(space, p)
    if graded is None:
        try:
            return _peeled(space, p)
        except InputError:
            found = current_by_ansatz(space, p)
            if found is None:
                raise
            return found
    for degree, part in graded.items():
        if degree == 0:
            # A function of x alone: integrate by the first variable.
            add_to(out[0], antiderivative(space, part, 0))
            continue
        for a in range(len(space.dependent)):
            u = space.poly(space.jet(a, (0,) * number))
            for i, index in _splits(space, part, a):
                raised = (*index[:i], index[i] + 1, *index[i + 1 :])
                weight = Fraction(raised[i], sum(raised))
                inner = higher_euler(space, part, a, raised)
                if inner:
                    term = space.derivatives(space.times(u, inner), index)
                    add_to(out[i], scaled(term, plain(weight / degree)))
    found = tuple({m: plain(Fraction(c)) for m, c in j.items()} for j in out)
    check = divergence(space, found)
    add_to(check, p, -1)
    if check:
        raise InputError(f"no current was found for {space.text(p)}: {space.text(check)} is left")
    return found


def _splits(space: JetSpace, p: Poly, a: int) -> list[tuple[int, Index]]:
    """All (i, J) such that J + i is at most the index of some derivative in p."""
    found = {
        (i, lower)
        for (b, index), _ in space.jets_of(p).items()
        if a == b
        for i, n in enumerate(index)
        if n
        for lower in _below((*index[:i], n - 1, *index[i + 1 :]))
    }
    return sorted(found)


def _below(index: Index) -> list[Index]:
    out: list[Index] = [()]
    for n in index:
        out = [(*j, k) for j in out for k in range(n + 1)]
    return out


def _by_degree(space: JetSpace, p: Poly) -> dict[int, Poly] | None:
    """Parts homogeneous in u and its derivatives; None where functions of u have no degree."""
    out: dict[int, Poly] = {}
    for m, c in p.items():
        degree = 0
        for v, e in exponents(m):
            variable = space.variables[v]
            if variable.kind == "jet":
                degree += e
            elif variable.kind == "function" and space.jets_of(space.poly(v)):
                return None
        out.setdefault(degree, {})[m] = c
    return out


def _peeled(space: JetSpace, p: Poly) -> tuple[Poly, ...]:
    """The current of a divergence with functions of u: the highest derivative is integrated away, again and again."""
    out: list[Poly] = [{} for _ in space.independent]
    left = dict(p)
    for _ in range(_MOST_PARTS):
        jets = {key: v for key, v in space.jets_of(left).items() if any(key[1])}
        if not jets:
            add_to(out[0], antiderivative(space, left, 0))
            return tuple({m: plain(Fraction(c)) for m, c in j.items()} for j in out)
        a, index = max(jets, key=lambda key: (sum(key[1]), key[1], key[0]))
        v = jets[a, index]
        factor = space.partial(left, v)
        if v in space.jets_of(factor).values():
            raise InputError(f"no current was found for {space.text(p)}: {space.variables[v].name} is not linear in it")
        choices = []
        for i, n in enumerate(index):
            if n:
                lower = space.jet(a, (*index[:i], n - 1, *index[i + 1 :]))
                # Where the factor has the lower derivative itself, its square appears and the term is gone.
                choices.append((not space.partial(factor, lower), i, lower))
        _, i, lower = min(choices)
        term = antiderivative(space, factor, lower)
        add_to(out[i], term)
        add_to(left, space.derivative(term, i), -1)
        left = space.reduced(left)
    raise InputError(f"no current was found for {space.text(p)} in {_MOST_PARTS} integrations by parts")


def adjoint_current(space: JetSpace, characteristics: tuple[Poly, ...], lagrangian: Poly) -> tuple[Poly, ...]:
    """The current A with ``pr v_Q (L) = Q^a E_a(L) + D_i A^i``, by parts, one derivative at a time."""
    out: list[Poly] = [{} for _ in space.independent]
    for (a, index), v in space.jets_of(lagrangian).items():
        p = space.partial(lagrangian, v)
        left = index
        sign = 1
        while any(left):
            i = next(i for i, n in enumerate(left) if n)
            left = (*left[:i], left[i] - 1, *left[i + 1 :])
            # (D_i D_J Q) P = D_i[(D_J Q) P] - (D_J Q) D_i P.
            add_to(out[i], space.times(space.derivatives(characteristics[a], left), p), sign)
            p = space.derivative(p, i)
            sign = -sign
    return tuple(out)
