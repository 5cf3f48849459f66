"""Determining equations beside a straightforward version in SymPy, one thread; and all of Navier-Stokes."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from symmeter.spacetime import PDESystem

sympy = pytest.importorskip("sympy")

#: Equations; the principal derivatives and their right sides for SymPy, as differences from zero.
SYSTEMS = {
    "KdV": ("u_t+6*u*u_x+u_xxx", "t x", "u", 3),
    "Burgers": ("u_t+u*u_x-u_xx", "t x", "u", 2),
    "wave 3+1": ("u_tt-u_xx-u_yy-u_zz", "t x y z", "u", 2),
    "cubic NLS": ("u_t+v_xx+2*v*(u^2+v^2); v_t-u_xx-2*u*(u^2+v^2)", "t x", "u v", 2),
}
NAVIER_STOKES = (
    "u_t+u u_x+v u_y+w u_z+p_x-u_xx-u_yy-u_zz; v_t+u v_x+v v_y+w v_z+p_y-v_xx-v_yy-v_zz;"
    "w_t+u w_x+v w_y+w w_z+p_z-w_xx-w_yy-w_zz; u_x+v_y+w_z"
)


def ours(name: str) -> int:
    text, indep, dep, _ = SYSTEMS[name]
    return len(PDESystem(text, indep, dep).determining)


def in_sympy(name: str) -> int:
    """Prolong with symbols for jets and SymPy's functions for unknowns; expand, substitute, collect.

    SymPy keeps what it has worked out: Burgers' equation takes it 51 ms, 26 ms after KdV and 5 ms a second time. As
    ours keeps nothing from system to system, neither may SymPy here.
    """
    sympy.core.cache.clear_cache()
    text, indep, dep, order = SYSTEMS[name]
    system = PDESystem(text, indep, dep)
    x, u = indep.split(), dep.split()
    xs, us = sympy.symbols(x), sympy.symbols(u)
    jets: dict[Any, Any] = {}

    def jet(a: int, index: tuple[int, ...]) -> Any:
        if not any(index):
            return us[a]
        return jets.setdefault((a, index), sympy.Symbol(u[a] + "_" + "".join(v * n for v, n in zip(x, index))))

    indices = [i for i in product(range(order + 1), repeat=len(x)) if sum(i) <= order]
    for a, i in product(range(len(u)), indices):
        jet(a, i)
    unknown = [sympy.Function(f"f{k}")(*xs, *us) for k in range(len(x) + len(u))]

    def raised(index: tuple[int, ...], i: int) -> tuple[int, ...]:
        return (*index[:i], index[i] + 1, *index[i + 1 :])

    def total(e: Any, i: int) -> Any:
        out = sympy.diff(e, xs[i])
        for a in range(len(u)):
            out += jet(a, raised((0,) * len(x), i)) * sympy.diff(e, us[a])
        for (a, index), s in list(jets.items()):
            if e.has(s):
                out += jet(a, raised(index, i)) * sympy.diff(e, s)
        return sympy.expand(out)

    memo: dict[Any, Any] = {}

    def eta(a: int, index: tuple[int, ...]) -> Any:
        if not any(index):
            return unknown[len(x) + a]
        if (a, index) not in memo:
            i = next(i for i, n in enumerate(index) if n)
            lower = (*index[:i], index[i] - 1, *index[i + 1 :])
            value = total(eta(a, lower), i)
            for j in range(len(x)):
                value -= total(unknown[j], i) * jet(a, raised(lower, j))
            memo[a, index] = sympy.expand(value)
        return memo[a, index]

    space = system.space
    from symmeter.spacetime.polynomials import exponents

    def expression(p: dict) -> Any:
        out = sympy.Integer(0)
        for m, c in p.items():
            term = sympy.Rational(c)
            for v, e in exponents(m):
                variable = space.variables[v]
                term *= (
                    xs[variable.number] if variable.kind == "independent" else jet(variable.number, variable.index)
                ) ** e
            out += term
        return out

    rules = {jet(*key): expression(p) for key, p in system.orthonomic.rules.items()}
    found = set()
    for lead, right in rules.items():
        delta = lead - right
        total_change = sum(unknown[i] * sympy.diff(delta, xs[i]) for i in range(len(x)))
        total_change += sum(unknown[len(x) + a] * sympy.diff(delta, us[a]) for a in range(len(u)))
        for (a, index), s in list(jets.items()):
            derivative = sympy.diff(delta, s)
            if derivative != 0:
                total_change += eta(a, index) * derivative
        total_change = sympy.expand(total_change.subs(rules))
        free = [s for s in jets.values() if s not in rules and total_change.has(s)]
        for c in sympy.Poly(total_change, *free).coeffs() if free else [total_change]:
            found.add(sympy.expand(c))
    return len(found)


@pytest.mark.parametrize("name", SYSTEMS)
def test_determining_equations(beside: Any, name: str) -> None:
    ours(name)
    number = beside(
        f"determining equations, {name}",
        lambda: ours(name),
        lambda: in_sympy(name),
        "jets in SymPy",
        speedup=100,
        rounds=20,
        baseline_rounds=1,
    )
    assert number > 0


def test_navier_stokes(benchmark: Any) -> None:
    benchmark.group = "Navier-Stokes in three dimensions, all point symmetries, under 2 s"
    found = benchmark.pedantic(
        lambda: PDESystem(NAVIER_STOKES, "t x y z", "u v w p").point_symmetries(), rounds=2, warmup_rounds=0
    )
    assert found.size.functions_of == 1


def test_ricci_of_kerr(benchmark: Any) -> None:
    from symmeter.spacetime.known_metrics import known_metric

    benchmark.group = (
        "Ricci tensor of Kerr, exactly zero, pure Python, under 0.5 s (SymPy's cancel and simplify: minutes)"
    )
    assert benchmark.pedantic(lambda: known_metric("kerr").ricci().is_zero(), rounds=5)


def test_ricci_of_kerr_with_flint(beside: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with python-flint installed, which has nothing to do here: no product is large enough."""
    pytest.importorskip("flint")
    from symmeter.spacetime.known_metrics import known_metric

    def ricci(backend: str) -> bool:
        monkeypatch.setenv("SYMMETER_EXACT", backend)
        return known_metric("kerr").ricci().is_zero()

    assert beside("Ricci tensor of Kerr, exactly zero, with python-flint", lambda: ricci("flint"),
                  lambda: ricci("python"), "pure Python", seconds=0.5, rounds=5)  # fmt: skip


@pytest.mark.parametrize("terms", [100, 1000])
def test_dense_products_by_flint(beside: Any, monkeypatch: pytest.MonkeyPatch, terms: int) -> None:
    """Polynomials in three variables with colliding products; small ones are left to Python."""
    pytest.importorskip("flint")
    from random import Random

    from symmeter.spacetime.polynomials import WIDTH, times

    draw = Random(0)
    degree = round(3 * terms ** (1 / 3)) // 2
    a, b = (
        {sum(draw.randrange(degree) << (WIDTH * v) for v in range(3)): draw.randrange(1, 9999) for _ in range(terms)}
        for _ in range(2)
    )

    def product(backend: str) -> dict:
        monkeypatch.setenv("SYMMETER_EXACT", backend)
        return times(a, b)

    work = f"product of polynomials with {terms} terms"
    found = beside(work, lambda: product("flint"), lambda: product("python"), "pure Python", rounds=5)
    assert found == product("python")


def test_surface_term_of_yang_mills(benchmark: Any) -> None:
    """Noether's second theorem for SU(2) in four dimensions: twelve potentials, three gauge functions."""
    from itertools import combinations

    from symmeter.spacetime import Lagrangian

    x, sign = "txyz", (-1, 1, 1, 1)

    def bracket(i: int, left: str, right: str) -> str:
        j, k = (i + 1) % 3, (i + 2) % 3
        return f"g*({left}{j}*{right}{k} - {left}{k}*{right}{j})"

    def strength(m: int, n: int, i: int) -> str:
        a, b = "abcd"[m], "abcd"[n]
        return f"({b}{i}_{x[m]} - {a}{i}_{x[n]} + {bracket(i, a, b)})"

    terms = [f"({-sign[m] * sign[n]})*{strength(m, n, i)}^2/2" for m, n in combinations(range(4), 2) for i in range(3)]
    changes = [f"f{i}_{x[m]} + {bracket(i, 'abcd'[m], 'f')}" for m in range(4) for i in range(3)]
    names = " ".join(f"{c}{i}" for c in "abcd" for i in range(3))

    benchmark.group = "surface term of SU(2) Yang-Mills theory in four dimensions, with its proof"
    found = benchmark.pedantic(
        lambda: Lagrangian(" + ".join(terms), "t x y z", names).gauge_current(changes, "f0 f1 f2"), rounds=3
    )
    assert not any(found.verify())
    assert len(found.surface) == 6


def test_ricci_of_the_bondi_family(beside: Any) -> None:
    from symmeter.spacetime.known_metrics import known_metric

    u, r, phi = sympy.symbols("u r phi")
    theta, xi = (sympy.Function(name)(phi) for name in ("Theta", "Xi"))
    n = xi + u * sympy.diff(theta, phi) / 2
    g = sympy.Matrix([[theta, -1, n], [-1, 0, 0], [n, 0, r**2]])

    def peer() -> bool:
        x = (u, r, phi)
        inverse = g.inv()
        gamma = [
            [
                [
                    sum(
                        inverse[a, e] * (g[e, b].diff(x[c]) + g[e, c].diff(x[b]) - g[b, c].diff(x[e])) for e in range(3)
                    )
                    / 2
                    for c in range(3)
                ]
                for b in range(3)
            ]
            for a in range(3)
        ]

        def ricci(b: int, d: int) -> Any:
            out = 0
            for a in range(3):
                out += gamma[a][b][d].diff(x[a]) - gamma[a][b][a].diff(x[d])
                for e in range(3):
                    out += gamma[a][a][e] * gamma[e][b][d] - gamma[a][d][e] * gamma[e][b][a]
            return sympy.simplify(out)

        return all(ricci(b, d) == 0 for b in range(3) for d in range(b, 3))

    known_metric("bondi-3d").ricci()
    found = beside(
        "Ricci tensor of the Bondi family in three dimensions",
        lambda: known_metric("bondi-3d").ricci().is_zero(),
        peer,
        "SymPy",
        speedup=100,
        rounds=20,
        baseline_rounds=1,
    )
    assert found
