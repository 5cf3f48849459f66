"""Gauge symmetries that nobody has named: found, all of them once, and none where there are none."""

from __future__ import annotations

from itertools import combinations, combinations_with_replacement, product

import pytest

from symmeter.errors import InputError
from symmeter.spacetime import Lagrangian

SIGN = (-1, 1, 1, 1)


def changes(lagrangian: Lagrangian, **options: int) -> list[list[str]]:
    found = lagrangian.gauge_symmetries(**options)
    assert all(not any(c.verify()) for c in found)
    return [[c.space.text(q) for q in c.characteristics] for c in found]


@pytest.mark.parametrize(
    ("text", "indep", "dep", "wanted"),
    [
        ("(a_x - b_t)^2/2", "t x", "b a", [["lambda_x", "lambda_t"]]),
        ("(a_x - b_t)^2/2 + m^2*(a^2 - b^2)/2", "t x", "b a", []),
        ("a*(c_x - b_y) + b*(a_y - c_t) + c*(b_t - a_x)", "t x y", "a b c", [["lambda_t", "lambda_x", "lambda_y"]]),
        ("a*(c_x - b_y) + b*(a_y - c_t) + c*(b_t - a_x) + a*b*c", "t x y", "a b c", []),
        (
            "(a_x - b_t)^2/2 + ((u_t + e*a*v)^2 + (v_t - e*a*u)^2 - (u_x + e*b*v)^2 - (v_x - e*b*u)^2)/2",
            "t x",
            "a b u v",
            [["lambda_t", "lambda_x", "-v*lambda*e", "u*lambda*e"]],
        ),
        ("(b_t - a_x)^2/2 + m^2*((a - u_t)^2 - (b - u_x)^2)/2", "t x", "a b u", [["lambda_t", "lambda_x", "lambda"]]),
        ("(x_s^2 - y_s^2)/(2e) - e/2", "s", "x y e", [["lambda*x_s", "lambda*y_s", "e*lambda_s + lambda*e_s"]]),
        ("sqrt(x_s^2 - y_s^2)", "s", "x y", [["lambda*x_s", "lambda*y_s"]]),
        ("u_t^2/2 - u_x^2/2 - u^4", "t x", "u", []),
        # What is not in the action at all is free.
        ("u_t^2/2 + 0*w", "t", "u w", [["0", "lambda"]]),
        # One Lagrange multiplier after another: order 2.
        ("(a - u_t)^2/2 + (b - a_t)^2/2", "t", "u a b", [["lambda", "lambda_t", "lambda_tt"]]),
    ],
)
def test_known_theories(text: str, indep: str, dep: str, wanted: list[list[str]]) -> None:
    order = 2 if wanted and "lambda_tt" in wanted[0] else 1
    assert changes(Lagrangian(text, indep, dep), order=order) == wanted


def test_reparametrisations_are_two() -> None:
    # Brackets of them and combinations whose coefficients cancel are no third one.
    bar = "(T_s R_r - T_r R_s)"
    text = f"((u_s R_r - u_r R_s)^2 - (u_r T_s - u_s T_r)^2)/(2 {bar})"
    assert changes(Lagrangian(text, "s r", "u T R")) == [
        ["lambda*u_r", "lambda*T_r", "lambda*R_r"],
        ["lambda*u_s", "lambda*T_s", "lambda*R_s"],
    ]


def test_the_algebra_of_yang_mills_is_found() -> None:
    def bracket(i: int, left: str, right: str) -> str:
        j, k = (i + 1) % 3, (i + 2) % 3
        return f"g*({left}{j}*{right}{k} - {left}{k}*{right}{j})"

    terms = [
        f"({-SIGN[m] * SIGN[n]})*({'ab'[n]}{i}_{'tx'[m]} - {'ab'[m]}{i}_{'tx'[n]} + {bracket(i, 'ab'[m], 'ab'[n])})^2/2"
        for m, n in combinations(range(2), 2)
        for i in range(3)
    ]
    L = Lagrangian(" + ".join(terms), "t x", "a0 a1 a2 b0 b1 b2")
    found = changes(L)
    assert len(found) == 3
    for i in range(3):
        named = [
            "lambda_t" if k == i else "lambda_x" if k == i + 3 else f"({bracket(k % 3, 'ab'[k // 3], 'f')})"
            for k in range(6)
        ]
        texts = [t.replace(f"f{i}", "lambda").replace("f0", "0").replace("f1", "0").replace("f2", "0") for t in named]
        wanted = L.gauge_current(texts, "lambda").characteristics
        signs = [{m: s * c for q in L.gauge_current(f, "lambda").characteristics for m, c in q.items()}
                 for f in found for s in (1, -1)]  # fmt: skip
        assert {m: c for q in wanted for m, c in q.items()} in signs


def test_linearised_gravity_has_diffeomorphisms() -> None:
    # The action of Fierz and Pauli in three dimensions: h_mn changes by d_m xi_n + d_n xi_m.
    x = "txy"
    names = {pair: f"h{k}" for k, pair in enumerate(combinations_with_replacement(range(3), 2))}

    def h(m: int, n: int) -> str:
        return names[min(m, n), max(m, n)]

    def trace(i: int) -> str:
        return "(" + " + ".join(f"({SIGN[m]})*{h(m, m)}_{x[i]}" for m in range(3)) + ")"

    def div(n: int) -> str:
        return "(" + " + ".join(f"({SIGN[m]})*{h(m, n)}_{x[m]}" for m in range(3)) + ")"

    terms = [f"({-SIGN[i] * SIGN[m] * SIGN[n]})*{h(m, n)}_{x[i]}^2/2" for i, m, n in product(range(3), repeat=3)]
    terms += [f"({SIGN[n]})*{div(n)}^2" for n in range(3)]
    terms += [f"({-SIGN[n]})*{div(n)}*{trace(n)}" for n in range(3)]
    terms += [f"({SIGN[i]})*{trace(i)}^2/2" for i in range(3)]
    L = Lagrangian(" + ".join(terms), "t x y", " ".join(names.values()))
    found = L.gauge_symmetries()
    assert len(found) == 3
    # Together: all combinations with a free vector, by the adjoint of d_m E^mn.
    vector = ["p", "q", "r"]
    named = [f"{vector[n]}_{x[m]} + {vector[m]}_{x[n]}" for m, n in combinations_with_replacement(range(3), 2)]
    whole = L.gauge_current(named, "p q r")
    assert not any(whole.verify())
    # The superpotential has the field's derivatives, of which the linearised Einstein tensor is the divergence.
    assert {sum(index) for k in whole.surface.values() for (a, index) in whole.space.jets_of(k) if a < 6} == {1}
    assert {sum(index) for k in whole.surface.values() for (a, index) in whole.space.jets_of(k) if 6 <= a < 9} == {0}
    # A heavy graviton, with the masses of Fierz and Pauli, has none.
    mass = " + ".join(f"({SIGN[m] * SIGN[n]})*{h(m, n)}^2" for m, n in product(range(3), repeat=2))
    traces = " + ".join(f"({SIGN[m]})*{h(m, m)}" for m in range(3))
    heavy = Lagrangian(f"{L.text} - M^2*({mass} - ({traces})^2)/2", "t x y", " ".join(names.values()))
    assert heavy.gauge_symmetries() == ()


def test_what_cannot_be_searched() -> None:
    L = Lagrangian("u_t^2/2 - u_x^2/2")
    with pytest.raises(InputError, match="whole number"):
        L.gauge_symmetries(order=-1)
    many = Lagrangian(" + ".join(f"u{k}_t^2*u{k}_x^2*u{k}" for k in range(12)), "t x", [f"u{k}" for k in range(12)])
    with pytest.raises(InputError, match="lower order or degree"):
        many.gauge_symmetries(order=3, degree=4)
