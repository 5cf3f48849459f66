"""Surface charges: masses of black holes, and the charges of bms3 at every radius."""

from __future__ import annotations

import pytest

from symmeter.errors import InputError, ShapeError
from symmeter.spacetime import Metric
from symmeter.spacetime.known_metrics import known_metric
from symmeter.spacetime.polynomials import add_to
from symmeter.spacetime.surface_charges import curl_of_charge, volume_density
from symmeter.spacetime.variational import euler

BONDI = "Theta du^2 - 2 du dr + 2 (Xi + u Theta'/2) du dphi + r^2 dphi^2"
XI = ("T + u Y'", "-r Y' + T'' + u Y''' - (T' + u Y'')(Xi + u Theta'/2)/r", "Y - (T' + u Y'')/r")


def bondi() -> tuple[Metric, dict]:
    g = Metric(BONDI, functions="Theta(phi) Xi(phi) T(phi) Y(phi) A(phi) B(phi)")
    # The change of the metric for Theta -> Theta + A, Xi -> Xi + B.
    change = {(0, 0): g.expression("A"), (0, 2): g.expression("B + u A'/2")}
    change[2, 0] = change[0, 2]
    return g, change


def test_bms3_charges_hold_at_every_radius() -> None:
    g, change = bondi()
    k = g.surface_charge(XI, change)
    left = dict(k[0, 1])
    add_to(left, g.expression("T A + 2 Y B"), -1)
    # What is left is a derivative by phi: its integral over the circle vanishes, whatever r and u are.
    assert left
    assert all(euler(g.space, left, a) == {} for a in range(len(g.space.dependent)))
    # With another factor it is none.
    wrong = dict(k[0, 1])
    add_to(wrong, g.expression("T A + Y B"), -1)
    assert any(euler(g.space, wrong, a) for a in range(len(g.space.dependent)))


def test_both_superpotentials_agree_on_the_bondi_family() -> None:
    g, change = bondi()
    first, second = g.surface_charge(XI, change), g.surface_charge(XI, change, barnich_brandt=True)
    assert (first - second).is_zero()
    # They differ for a field that is no symmetry.
    other = ("u^2 r", "r^2", "0")
    assert not (g.surface_charge(other, change) - g.surface_charge(other, change, barnich_brandt=True)).is_zero()


@pytest.mark.parametrize(
    ("text", "change", "wanted"),
    [
        # 4 e / (16 pi G) times 4 pi is e / G.
        (
            "-(1-2m/r) dt^2 + dr^2/(1-2m/r) + r^2 dy^2/(1-y^2) + r^2 (1-y^2) dphi^2",
            {(0, 0): "2 e/r", (1, 1): "2 e/(r (1-2m/r)^2)"},
            "4 e",
        ),
        # A black hole of three dimensions: its mass is M / 8 G.
        ("-(r^2/l^2 - M) dt^2 + dr^2/(r^2/l^2 - M) + r^2 dphi^2", {(0, 0): "e", (1, 1): "e/(r^2/l^2 - M)^2"}, "e"),
    ],
)
def test_masses(text: str, change: dict, wanted: str) -> None:
    g = Metric(text, parameters="m l M e")
    h = {index: g.expression(t) for index, t in change.items()}
    k = g.surface_charge(["1"] + ["0"] * (g.dimension - 1), h)
    assert k[0, 1] == g.expression(wanted)
    assert k[1, 0] == g.expression(f"-({wanted})")


def test_charges_of_killing_vectors_are_conserved() -> None:
    # d_m k^mn = 0 for a solution of the linearised equations: slow rotation of a black hole, at first order.
    g = Metric("-(1-2m/r) dt^2 + dr^2/(1-2m/r) + r^2 dy^2/(1-y^2) + r^2 (1-y^2) dphi^2", parameters="m j")
    h = {(0, 3): g.expression("-2 j (1-y^2)/r")}
    h[3, 0] = h[0, 3]
    k = g.surface_charge(["0", "0", "0", "1"], h)
    space = g.space
    for n in range(4):
        total: dict = {}
        for m in range(4):
            add_to(total, space.derivative(k[m, n], m))
        assert g.expression(space.text(total)) == {}
    # 6 j (1 - y^2) / (16 pi G) over the sphere is j / G, up to the sign of the axis.
    assert k[0, 1] in (g.expression("6 j (1-y^2)"), g.expression("-6 j (1-y^2)"))


def test_volumes_and_bad_input() -> None:
    kerr = known_metric("kerr")
    assert volume_density(kerr) == kerr.expression("r^2 + a^2 y^2")
    with pytest.raises(InputError, match="no square"):
        volume_density(Metric("-x dt^2 + dx^2"))
    with pytest.raises(ShapeError, match="2 coordinates"):
        Metric("-dt^2 + dx^2").surface_charge(["1"], {})


@pytest.mark.parametrize(
    ("T", "integrable"),
    # T dTheta is a variation for T = Theta, of Theta^2/2; for T = Theta' or Xi it is none.
    [("T", True), ("Theta", True), ("Theta'", False), ("Xi", False)],
)
def test_charges_of_bondi_symmetries_are_integrable(T: str, integrable: bool) -> None:
    g = Metric(BONDI, functions="Theta(phi) Xi(phi) T(phi) Y(phi) A(phi) B(phi) C(phi) E(phi)")
    f = f"({T} + u Y')"
    slope, twice = f"D({f}, phi)", f"D({f}, phi, phi)"
    field = (f, f"-r Y' + {twice} - {slope} (Xi + u Theta'/2)/r", f"Y - {slope}/r")
    curl = curl_of_charge(g, field, {"Theta": "A", "Xi": "B"}, {"Theta": "C", "Xi": "E"})
    # Up to a derivative by phi, whose integral over the circle vanishes.
    assert integrable is not any(euler(g.space, curl[0, 1], a) for a in range(len(g.space.dependent)))


def test_changes_of_what_is_no_free_function_are_refused() -> None:
    with pytest.raises(InputError, match="'M' is no free function"):
        curl_of_charge(known_metric("bondi-3d"), ("1", "0", "0"), {"M": "1"}, {"Xi": "1"})
