"""Field equations of quadratic actions, by the Euler operator on jets of coframe and Lambda.

Both sides of a field equation are tensors, so it is enough to know them at a point, in coordinates and a frame in which
``e = Lambda = 1`` there. Near the point ``e = 1 + h`` and ``Lambda = 1 + m``; the Lagrangian is needed to first order
in h and m themselves and to all orders in their derivatives, which is exact: what is left out vanishes at the point.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.spacetime.defects.exact_scalars import ExactScalar
from symmeter.spacetime.defects.irreducible_parts import Frame
from symmeter.spacetime.jets import JetSpace
from symmeter.spacetime.polynomials import Poly, add_to, exponents, scaled, times
from symmeter.spacetime.variational import euler

if TYPE_CHECKING:
    from symmeter.spacetime.defects.action import Action

__all__ = ["FieldEquations", "field_equations"]


class _AtAPoint(JetSpace):
    """Jets of fields that vanish at a point: products of two of them, not differentiated, are dropped."""

    def _plain(self) -> set[int]:
        if not hasattr(self, "_undifferentiated"):
            zero = (0,) * len(self.independent)
            self._undifferentiated = {self.jet(a, zero) for a in range(len(self.dependent))}
        return self._undifferentiated

    def order_at_point(self, m: int) -> int:
        """How many undifferentiated fields a monomial has."""
        plain = self._plain()
        return sum(e for v, e in exponents(m) if v in plain)

    def times(self, a: Poly, b: Poly) -> Poly:
        """The product, without what vanishes twice at the point."""
        return {m: c for m, c in times(a, b).items() if self.order_at_point(m) < 2}

    def at_point(self, p: Poly) -> Poly:
        """The value at the point."""
        return {m: c for m, c in p.items() if not self.order_at_point(m)}


@dataclass(frozen=True, eq=False)
class FieldEquations:
    """``E_a^i = delta S / delta e^a_i`` and ``F_A^b = delta S / delta Lambda^A_b`` where ``e = Lambda = 1``.

    Attributes
    ----------
    space : JetSpace
        Jets of ``h11`` ... (coframe) and ``m11`` ... (Lambda).
    coframe, Lambda : arrays (n, n) of ExactScalar
        Zero in a solution; polynomials in first and second derivatives.
    elastic : array (n, n) of ExactScalar, or None
        What the elastic energy adds to the coframe's equations at any ``e = 1 + h``, exactly.
    multiplier : str
        What became of the multiplier of flatness.
    """

    space: JetSpace
    coframe: Any
    Lambda: Any
    elastic: Any
    multiplier: str = "flatness is solved by omega = Lambda^-1 d Lambda, so its multiplier drops out"

    @property
    def order(self) -> int:
        """Largest order of a derivative; two at most, so that there is no ghost of Ostrogradsky's kind."""
        return max(self.space.order(p.poly) for p in (*self.coframe.flat, *self.Lambda.flat))

    @property
    def quasilinear(self) -> bool:
        """Whether second derivatives enter linearly."""
        variables = self.space.variables
        return all(
            sum(e for v, e in exponents(m) if sum(variables[v].index) > 1) <= 1
            for p in (*self.coframe.flat, *self.Lambda.flat)
            for m in p.poly
        )

    def linear(self, which: str = "coframe") -> np.ndarray:
        """The part that is linear in the fields: equations of small deviations from a perfect crystal."""
        out = np.empty_like(self.coframe)
        for index in np.ndindex(*out.shape):
            p = getattr(self, which)[index].poly
            out[index] = ExactScalar(self.space, {m: c for m, c in p.items() if sum(e for _, e in exponents(m)) == 1})
        return out

    def rotation_identity(self) -> np.ndarray:
        """``E_[ab] - F_[ab]``, which vanishes identically because local rotations change nothing."""
        both = self.coframe - self.Lambda
        return both - both.T

    def translation_identity(self) -> list[ExactScalar]:
        """Divergences of the coframe's equations to first order, which vanish because coordinates do not matter."""
        linear = self.linear("coframe")
        n = len(linear)
        terms: Any = [[linear[a, i].derivative(i) for i in range(n)] for a in range(n)]
        return list(np.array(terms, dtype=object).sum(axis=1))

    def __str__(self) -> str:
        n = len(self.coframe)
        rows = [f"E_{a + 1}^{i + 1} = {self.coframe[a, i]}" for a in range(n) for i in range(n)]
        rows += [f"F_{a + 1}^{b + 1} = {self.Lambda[a, b]}" for a in range(n) for b in range(n)]
        return "\n".join(rows)


def field_equations(action: Action) -> FieldEquations:
    """Of coframe and Lambda, with the action's coefficients as exact fractions."""
    n = action.n
    x = ("x", "y", "z")[:n]
    names = [f"{k}{a + 1}{i + 1}" for k in "hm" for a in range(n) for i in range(n)]
    space = _AtAPoint(x, tuple(names))
    zero = (0,) * n
    one = ExactScalar(space, {0: 1})
    fields = np.array([ExactScalar(space, space.poly(space.jet(k, zero))) for k in range(2 * n * n)], dtype=object)
    h, m = fields[: n * n].reshape(n, n), fields[n * n :].reshape(n, n)
    unit = np.array([[one * int(a == b) for b in range(n)] for a in range(n)], dtype=object)
    e = unit + h
    X, Li = unit - h, unit - m
    Dh, Dm = _gradient(h, n), _gradient(m, n)
    omega = np.einsum("aA,Abi->abi", Li, Dm)
    half = np.einsum("aji->aij", Dh) + np.einsum("abi,bj->aij", omega, e)
    T = np.einsum("aij,ib,jc->abc", half - half.swapaxes(1, 2), X, X)
    Q = np.einsum("abi,ic->abc", (omega + omega.swapaxes(0, 1)) * Fraction(1, 2), X)
    frame = Frame(n, number=_exact)
    volume = one + sum((h[a, a] for a in range(1, n)), start=h[0, 0])
    lagrangian = (action.density(T, Q, frame) * volume).poly

    def equation(k: int) -> ExactScalar:
        return ExactScalar(space, space.at_point(euler(space, lagrangian, k)))

    found = np.array([equation(k) for k in range(2 * n * n)], dtype=object).reshape(2, n, n)
    elastic = None if action.elastic is None else _elastic(action, x, names[: n * n])
    return FieldEquations(space, found[0], found[1], elastic)


def _exact(value: Any) -> Fraction:
    return value if isinstance(value, Fraction) else Fraction(str(value))


def _gradient(field: np.ndarray, n: int) -> np.ndarray:
    return np.array([[[f.derivative(i) for i in range(n)] for f in row] for row in field], dtype=object)


def _elastic(action: Action, x: tuple[str, ...], names: list[str]) -> np.ndarray:
    """Derivative of ``lambda/2 (tr eps)^2 + mu eps:eps`` by the coframe: polynomials in ``e = 1 + h``."""
    assert action.elastic is not None
    lam, mu = (_exact(v) for v in action.elastic)
    n = len(x)
    space = JetSpace(x, tuple(names))
    zero = (0,) * n
    h = [[ExactScalar(space, space.poly(space.jet(a * n + i, zero))) for i in range(n)] for a in range(n)]
    e = np.array([[h[a][i] + int(a == i) for i in range(n)] for a in range(n)], dtype=object)
    g = np.einsum("ai,aj->ij", e, e)
    strain = np.array([[(int(i == j) - g[i, j]) * Fraction(1, 2) for j in range(n)] for i in range(n)], dtype=object)
    trace: Any = sum((strain[i, i] for i in range(1, n)), start=strain[0, 0])
    energy = dict(scaled((trace * trace).poly, lam / 2))
    square: Any = (strain * strain).sum()
    add_to(energy, square.poly, mu)
    out = np.empty((n, n), dtype=object)
    for a in range(n):
        for i in range(n):
            out[a, i] = ExactScalar(space, euler(space, energy, a * n + i))
    return out
