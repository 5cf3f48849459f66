"""Gravity in three dimensions at null infinity, for the experiment on asymptotic symmetries: exact identities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symmeter.spacetime import BMS3State, ConformalCompletion, Metric, Supertranslations, bms3
from symmeter.spacetime.bms3_state import linking_map
from symmeter.spacetime.known_metrics import known_metric
from symmeter.spacetime.polynomials import Poly, add_to
from symmeter.spacetime.surface_charges import curl_of_charge
from symmeter.spacetime.vacua import smallest_stretch, supertranslated_minkowski
from symmeter.spacetime.variational import euler

__all__ = ["algebra", "alpha", "bondi", "completion", "curved_spaces", "four_dimensions", "linking", "orbits", "vacua"]

_BONDI = "Theta du^2 - 2 du dr + 2 (Xi + u Theta'/2) du dphi + r^2 dphi^2"
#: Of the worked example.
_MAP = (0.3, 0.1)


def alpha(phi: np.ndarray) -> np.ndarray:
    """The supertranslation of the worked example."""
    return 0.7 + 0.4 * np.cos(2 * phi) + 0.2 * np.sin(3 * phi)


def _turned(phi: np.ndarray) -> np.ndarray:
    return phi + _MAP[0] * np.sin(phi) + _MAP[1] * np.cos(2 * phi)


def _field(t: str, y: str) -> tuple[str, str, str]:
    """The residual vector field of T and Y, exact at every radius."""
    f = f"({t} + u D({y}, phi))"
    return (
        f,
        f"-r D({y}, phi) + D({f}, phi, phi) - D({f}, phi) (Xi + u Theta'/2)/r",
        f"({y}) - D({f}, phi)/r",
    )


def bondi() -> dict[str, bool]:
    """The family of solutions, its residual symmetries, their charges and brackets."""
    names = "Theta(phi) Xi(phi) T(phi) Y(phi) A(phi) B(phi) C(phi) E(phi) S(phi) Z(phi)"
    g = Metric(_BONDI, functions=names)
    space, size = g.space, len(g.space.dependent)
    first = g.vector(*_field("T", "Y"))
    change = g.lie_derivative(first)
    theta, xi = _variation("T", "Y")
    gauge = all(change[k] == {} for k in ((0, 1), (1, 1), (1, 2), (2, 2)))
    moves = change[0, 0] == g.expression(theta) and change[0, 2] == g.expression(f"{xi} + u/2 D({theta}, phi)")
    variation = {(0, 0): g.expression("A"), (0, 2): g.expression("B + u A'/2")}
    variation[2, 0] = variation[0, 2]
    k = g.surface_charge(_field("T", "Y"), variation)
    left = dict(k[0, 1])
    add_to(left, g.expression("T A + 2 Y B"), -1)
    charge = all(euler(space, left, a) == {} for a in range(size))
    curl = curl_of_charge(g, _field("T", "Y"), {"Theta": "A", "Xi": "B"}, {"Theta": "C", "Xi": "E"})
    spoiled = curl_of_charge(g, _field("Xi", "0"), {"Theta": "A", "Xi": "B"}, {"Theta": "C", "Xi": "E"})

    def integrable(form: Any) -> bool:
        return not any(euler(space, form[0, 1], a) for a in range(size))

    return {
        "vacuum": g.ricci().is_zero(),
        "gauge": gauge,
        "coadjoint": moves,
        "charge at every radius": charge,
        "integrable": integrable(curl),
        "T = Xi is not": not integrable(spoiled),
        "bracket": _bracket_closes(g),
    }


def _variation(t: str, y: str) -> tuple[str, str]:
    d = "D({}, phi{})".format
    theta = f"({y} Theta' + 2 {d(y, '')} Theta - 2 {d(y, ', phi, phi')})"
    return theta, f"({y} Xi' + 2 {d(y, '')} Xi + ({t}) Theta'/2 + {d(t, '')} Theta - {d(t, ', phi, phi')})"


def _bracket_closes(g: Metric) -> bool:
    """``[xi_1, xi_2] - delta_1 xi_2 + delta_2 xi_1`` is the field of the bracket of (T, Y) and (S, Z), for all r."""
    from symmeter.spacetime.prolonged import evolved

    space = g.space
    fields = [g.vector(*_field("T", "Y")), g.vector(*_field("S", "Z"))]
    plain = g.bracket(*fields)

    def changed(pair: tuple[str, str], components: Sequence[Poly]) -> list[Poly]:
        theta, xi = (g.expression(text) for text in _variation(*pair))
        q = [theta if n == "Theta" else xi if n == "Xi" else {} for n in space.dependent]
        return [evolved(space, q, c) for c in components]

    by_first, by_second = changed(("T", "Y"), fields[1]), changed(("S", "Z"), fields[0])
    wanted = g.vector(*_field("(Y S' - Z T' + T Z' - S Y')", "(Y Z' - Z Y')"))
    for i in range(3):
        total = dict(plain[i])
        # The fields change with the solution that they act on.
        add_to(total, by_first[i], -1)
        add_to(total, by_second[i])
        add_to(total, wanted[i], -1)
        if g.expression(space.text(total)):
            return False
    return True


def completion() -> dict[str, Any]:
    """Null infinity of the rescaled metric beside Bondi coordinates, and charges on every cut."""
    g = Metric(_BONDI, functions="Theta(phi) Xi(phi) c(phi)")
    scri = ConformalCompletion(g)
    cut = scri.cut("c")
    space = scri.metric.space
    left = dict(scri.metric.expression(cut.charge_density))
    add_to(left, scri.metric.expression("T Theta + 2 Y Xi"), -1)
    other = Metric("M du^2 - 2 du dr + 2 N du dphi + r^2 dphi^2", functions="M(u,phi) N(u,phi)")
    return {
        "equations": scri.solves_vacuum_equations(),
        "not without": not ConformalCompletion(other).solves_vacuum_equations(),
        "frame": scri.is_bondi_frame(),
        "aspects": scri.mass_aspect == "Theta"
        and scri.metric.expression(scri.angular_aspect) == scri.metric.expression("Xi + u Theta'/2"),
        "consequences": all(scri.consequences().values()),
        "conditions": scri.symmetry_conditions(),
        "closed": scri.current_is_closed(),
        "cuts": bool(left) and all(euler(space, left, a) == {} for a in range(len(space.dependent))),
        "not closed without": not ConformalCompletion(other).current_is_closed(),
    }


def algebra(pairs: int, seed: int) -> dict[str, Any]:
    """Central charges exactly, and the algebra on random band-limited pairs."""
    exact = bms3.algebra(nmax=8).central_charges()
    rng = np.random.default_rng(seed)
    n = 64
    phi = 2 * np.pi * np.arange(n) / n

    def random() -> np.ndarray:
        k = np.arange(1, 9)
        a, b = rng.normal(size=(2, 8)) / k**3
        return rng.normal() + np.cos(np.outer(phi, k)) @ a + np.sin(np.outer(phi, k)) @ b

    def d(f: np.ndarray, order: int = 1) -> np.ndarray:
        k = np.fft.rfftfreq(n, 1 / n)
        spectrum = np.fft.rfft(f) * (1j * k) ** order
        spectrum[-1] = 0
        return np.fft.irfft(spectrum, n)

    state, worst = BMS3State(random(), random()), 0.0
    for _ in range(pairs):
        t1, y1, t2, y2 = (random() for _ in range(4))
        theta, xi = state.variation(t1, y1)
        bracket = -float(np.mean(t2 * theta + 2 * y2 * xi) / 8)
        linear = state.charge(y1 * d(t2) - y2 * d(t1) + t1 * d(y2) - t2 * d(y1), y1 * d(y2) - y2 * d(y1))
        # c_M/12 with c_M = 3: a quarter, in the normalisation of Q.
        centre = float(np.mean(t2 * d(y1, 3) + y2 * d(t1, 3)) / 4)
        worst = max(worst, abs(bracket - linear - centre) / max(1.0, abs(bracket)))
    return {
        "pairs": pairs,
        "c_L": str(exact.c_L),
        "c_M": str(exact.c_M),
        "jacobi": bms3.algebra(6).jacobi_holds(),
        "worst": worst,
    }


def orbits() -> list[dict[str, Any]]:
    """Invariants of three solutions before and after the worked example's map, and classes of others."""
    rows = []
    known = {(-1.0, 0.0): (-2.0, 0.0), (-0.36, 0.25): (-0.618033989, 2.489860137),
             (0.49, 0.3): (9.127929889, 11.991181800)}  # fmt: skip
    for (theta, xi), wanted in known.items():
        before = BMS3State(theta, xi)
        after = before.transform(_turned, alpha)
        a, b = before.orbit(), after.orbit()
        rows.append(
            {
                "state": [theta, xi], "kind": a.kind, "kind after": b.kind, "wanted": list(wanted),
                "before": [a.trace, a.slope], "after": [b.trace, b.slope],
                "curves": [before.Theta.tolist()[:1], after.Theta.tolist()],
            }
        )  # fmt: skip
    return rows


def vacua() -> dict[str, Any]:
    """Vacua that differ by a supertranslation: charges, the bulk, and the energy on the superrotation orbit."""
    minkowski = BMS3State(-1.0, 0.0)
    moved = minkowski.transform(alpha=alpha)
    modes = {n: moved.superrotation(n) for n in range(-3, 4)}
    wanted = {-3: 0.6, -2: 0.3j, -1: 0, 0: 0, 1: 0, 2: -0.3j, 3: 0.6}
    poincare = max(abs(moved.supermomentum(n) - minkowski.supermomentum(n)) for n in (-1, 0, 1))
    poincare = max(poincare, *(abs(moved.superrotation(n)) for n in (-1, 0, 1)))
    turned = minkowski.transform(_turned)
    rng = np.random.default_rng(0)
    energies = []
    for _ in range(40):
        a, b = rng.normal(size=(2, 3)) / np.arange(1, 4) ** 2 * 0.15
        k = np.arange(1, 4)
        energies.append(
            minkowski.transform(
                lambda p, a=a, b=b, k=k: p + np.sin(np.outer(p, k)) @ a + np.cos(np.outer(p, k)) @ b
            ).energy
        )
    g = supertranslated_minkowski()
    form = all(
        g.g(i, j) == g.expression({(0, 0): "-1", (0, 1): "-1", (0, 2): "-(D(alpha, phi) + D(alpha, phi, phi, phi))",
                                   (2, 2): "r^2"}.get((i, j), "0"))
        for i in range(3) for j in range(i, 3)
    )  # fmt: skip
    return {
        "modes": [[n, z.real, z.imag] for n, z in modes.items()],
        "error": max(abs(modes[n] - wanted[n]) for n in wanted),
        "poincare": poincare,
        "mean Theta": float(turned.Theta.mean()),
        "least energy": min(energies),
        "bulk form": form,
        "bulk flat": supertranslated_minkowski(cutoff="chi").riemann().is_zero(),
        "stretch": smallest_stretch(alpha, 12.0, 12.0),
        "Xi": moved.Xi.tolist(),
    }


def curved_spaces() -> list[dict[str, Any]]:
    """Isometries of known spaces: how many there are, and how many were found."""
    sphere = "dtheta^2 + sin(theta)^2 dphi^2"
    given = {
        "Minkowski": (known_metric("minkowski"), 10),
        "de Sitter, flat slices": (Metric("(-dt^2 + dx^2 + dy^2 + dz^2)/t^2"), 10),
        "Schwarzschild": (Metric(f"-(1-2m/r) dt^2 + dr^2/(1-2m/r) + r^2 ({sphere})"), 4),
        "Kerr": (known_metric("kerr"), 2),
        "Friedmann": (Metric(f"-dt^2 + b^2 (dr^2/(1-k r^2) + r^2 ({sphere}))", functions="b(t)"), 6),
        "hyperbolic plane": (Metric("(dx^2 + dy^2)/y^2"), 3),
    }
    rows = []
    for name, (g, wanted) in given.items():
        found = g.killing_vectors()
        rows.append({"name": name, "counted": found.size and found.size.dimension, "found": found.dim, "known": wanted,
                     "vacuum": g.ricci().is_zero()})  # fmt: skip
    return rows


def four_dimensions(lmax: int = 8) -> dict[str, Any]:
    """Translations among the supertranslations of the sphere, and the Lorentz algebra."""
    room = Supertranslations(lmax)
    moves = [f(a) for f in (room.rotation, room.boost) for a in np.eye(3)]
    ideals = [
        top for top in range(lmax) if max(np.abs(m[(top + 1) ** 2 :, : (top + 1) ** 2]).max() for m in moves) < 1e-12
    ]
    kernel = int(np.sum(room.shear_source(np.ones(room.dimension)) == 0))
    j, k, inside = moves[:3], moves[3:], lmax**2
    worst = max(
        float(np.abs((k[a] @ k[b] - k[b] @ k[a] + j[c])[:inside, :inside]).max())
        for a, b, c in ((0, 1, 2), (1, 2, 0), (2, 0, 1))
    )
    return {"ideals": ideals, "kernel": kernel, "worst": worst}


def linking(seed: int) -> dict[str, float]:
    """The map between the two circles, solved for, and charges of random states and symmetries on both."""
    rng = np.random.default_rng(seed)
    phi = 2 * np.pi * np.arange(64) / 64
    k = np.arange(1, 6)

    def random() -> np.ndarray:
        a, b = rng.normal(size=(2, 5)) / k**2
        return rng.normal() + np.cos(np.outer(phi, k)) @ a + np.sin(np.outer(phi, k)) @ b

    worst = 0.0
    for _ in range(20):
        state, t, y = BMS3State(random(), random()), random(), random()
        # The same symmetry at the past circle, whose point phi is the antipode of phi at the future one.
        past = state.to_past().charge(np.roll(t, 32), np.roll(y, 32))
        worst = max(worst, abs(past - state.charge(t, y)))
    return {"turn": float(np.degrees(linking_map())), "worst": worst}
