"""Generalised symmetries: hierarchies of integrable equations, as they stand in the literature."""

from __future__ import annotations

import pytest

from symmeter.errors import InputError
from symmeter.spacetime import PDESystem
from symmeter.spacetime.generalised import GeneralisedSymmetry

WEIGHT = {"u" + ("_" if k else "") + "x" * k: k + 2 for k in range(8)}


def _kdv_of_weight(*weights):
    kdv = PDESystem("u_t + 6*u*u_x + u_xxx")

    def keep(m):
        return "t" not in m and "x" not in m and sum(WEIGHT[n] * e for n, e in m.items()) in weights

    return kdv, kdv.generalised_symmetries(max(weights) - 2, max(weights) // 2, keep=keep)


def test_kdv_hierarchy_commutes():
    kdv, found = _kdv_of_weight(3, 5, 7, 9)
    space = kdv.space
    assert [s.order for s in found] == [1, 3, 5, 7]
    assert space.text(found[2].characteristics[0]) == "u_xxxxx + 10*u*u_xxx + 20*u_x*u_xx + 30*u^2*u_x"
    assert all(s.verify() == ({},) for s in found)
    assert all(a.bracket(b).is_zero() for a in found for b in found)
    # One coefficient off and it is none.
    wrong = GeneralisedSymmetry(kdv, (kdv.expression("u_xxxxx + 10*u*u_xxx + 20*u_x*u_xx + 29*u^2*u_x"),))
    assert wrong.verify() != ({},)
    # Each is the derivative of the gradient of a conserved density: u_xx + 3 u^2 gives the flow itself.
    assert found[1].characteristics[0] == space.derivative(kdv.expression("u_xx + 3*u^2"), 1)
    # No other weight has any.
    assert len(_kdv_of_weight(4, 6, 8)[1]) == 0


@pytest.mark.parametrize(
    ("equation", "names", "wanted"),
    [
        # Sine-Gordon in light-cone coordinates has the modified KdV flows on both sides.
        ("u_tx = sin(u)", {}, ["u_τ = 2*u_ttt + u_t^3", "u_τ = 2*u_xxx + u_x^3"]),
        ("u_t = u_xx", {"order": 2}, ["u_τ = u_xx", "u_τ = 2*t*u_x + x*u"]),
        # The first flow after the phase, shift and time of the nonlinear Schroedinger equation.
        (
            "u_t = -v_xx - 2*v*(u^2+v^2); v_t = u_xx + 2*u*(u^2+v^2)",
            {"dep": "u v", "keep": lambda m: not ("t" in m or "x" in m)},
            ["u_τ = u_xxx + 6*u^2*u_x + 6*v^2*u_x; v_τ = v_xxx + 6*u^2*v_x + 6*v^2*v_x"],
        ),
    ],
)
def test_known_flows_are_found(equation, names, wanted):
    system = PDESystem(equation, dep=names.pop("dep", "u"))
    found = system.generalised_symmetries(
        names.pop("order", 3), 3 if "keep" in names or "sin" in equation else 2, **names
    )
    texts = [str(s) for s in found]
    for text in wanted:
        assert text in texts
    assert all(not any(s.verify()) for s in found)


def test_burgers_has_its_own_flow_and_point_symmetries():
    burgers = PDESystem("u_t + u*u_x = u_xx")
    found = burgers.generalised_symmetries(3, 3)
    orders = [s.order for s in found]
    assert 3 in orders
    third = next(s for s in found if s.order == 3 and "t" not in str(s).split("=")[1])
    time = next(s for s in found if s.order == 2 and str(s) == "u_τ = -u_xx + u*u_x")
    assert third.bracket(time).is_zero()
    # Characteristics of point symmetries are among them, on solutions.
    for field in burgers.point_symmetries(2):
        q = tuple(burgers.on_solutions(c) for c in field.characteristics)
        assert not any(GeneralisedSymmetry(burgers, q).verify())


def test_too_many_unknowns_are_refused():
    with pytest.raises(InputError, match="lower order or degree"):
        PDESystem("u_t = u_xx").generalised_symmetries(12, 8)
