"""Null infinity without coordinates agrees with Bondi coordinates: equations, symmetries, charges on every cut."""

from __future__ import annotations

import pytest

from symmeter.errors import InputError
from symmeter.spacetime import Metric
from symmeter.spacetime.conformal_infinity import ConformalCompletion
from symmeter.spacetime.known_metrics import known_metric
from symmeter.spacetime.polynomials import add_to
from symmeter.spacetime.variational import euler

BONDI = "Theta du^2 - 2 du dr + 2 (Xi + u Theta'/2) du dphi + r^2 dphi^2"


def test_bondi_family_in_terms_of_the_rescaled_metric():
    scri = ConformalCompletion(known_metric("bondi-3d"))
    assert scri.solves_vacuum_equations()
    assert scri.is_bondi_frame()
    assert scri.mass_aspect == "Theta"
    assert scri.metric.expression(scri.angular_aspect) == scri.metric.expression("Xi + u Theta'/2")
    assert all(scri.consequences().values())
    assert scri.symmetry_conditions() == ["y_{u} = 0", "f_{u} - y_{phi} = 0"]


@pytest.mark.parametrize("aspect", ["Theta", "2 Theta_phi"])
def test_it_is_no_vacuum_exactly_where_ricci_is_not_zero(aspect):
    # The tensor of the rescaled metric is the Ricci tensor of the physical one, up to its trace.
    g = Metric(f"({aspect}) du^2 - 2 du dr + 2 Xi du dphi + r^2 dphi^2", functions="Theta(u,phi) Xi(u,phi)")
    assert ConformalCompletion(g).solves_vacuum_equations() is g.ricci().is_zero() is False
    scri = ConformalCompletion(g)
    assert not scri.current_is_closed()


def test_charges_are_the_same_on_every_cut():
    g = Metric(BONDI, functions="Theta(phi) Xi(phi) c(phi)")
    scri = ConformalCompletion(g)
    assert scri.current_is_closed()
    space = scri.metric.space
    found = scri.cut("c")
    # On the round cut u = 0 the density is T Theta + 2 Y Xi; on any other it differs by a derivative.
    left = dict(scri.metric.expression(found.charge_density))
    add_to(left, scri.metric.expression("T Theta + 2 Y Xi"), -1)
    assert left
    assert all(euler(space, left, a) == {} for a in range(len(space.dependent)))
    # The angular aspect of a cut is that of u = const with c' Theta more; the mass aspect is the same.
    assert found.mass_aspect == "Theta"
    assert scri.metric.expression(found.angular_aspect) == scri.metric.expression("Xi + c Theta'/2 + c' Theta")
    # The current, pulled back to the cut, has the density that the cut's own frame gives.
    j_u, j_phi = scri.current()
    pulled = scri.metric.expression(f"({j_phi}) + ({j_u})*c'".replace("u*", "c*"))
    assert pulled == scri.metric.expression(found.charge_density)


def test_what_does_not_extend_is_refused():
    with pytest.raises(InputError, match="does not extend to Omega = 0"):
        ConformalCompletion(Metric("du^2 - 2 du dr + r^4 dphi^2"))
    with pytest.raises(InputError, match="no coordinate 'u'"):
        ConformalCompletion(Metric("-dt^2 + dr^2 + r^2 dphi^2"))
    with pytest.raises(InputError, match="4 dimensions"):
        ConformalCompletion(Metric("-du^2 - 2 du dr + r^2 dphi^2 + dz^2"))
    scri = ConformalCompletion(known_metric("bondi-3d"))
    with pytest.raises(InputError, match="angle alone"):
        scri.cut("u")


def test_other_coordinates():
    flat = Metric("dx^2 + dy^2")
    polar = flat.in_coordinates(["r", "phi"], {"x": "r cos(phi)", "y": "r sin(phi)"})
    assert polar.g(0, 0) == {0: 1}
    assert polar.g(1, 1) == polar.expression("r^2")
    assert polar.g(0, 1) == {}
    assert polar.riemann().is_zero()
    with pytest.raises(InputError, match="say what y is"):
        flat.in_coordinates(["r", "phi"], {"x": "r"})
    with pytest.raises(InputError, match="function of r"):
        Metric("f dr^2 + dx^2", functions="f(r)").in_coordinates(["w", "x"], {"r": "1/w"})
