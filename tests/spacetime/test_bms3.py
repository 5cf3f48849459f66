"""Asymptotic symmetries of flat space in three dimensions: algebra, finite transformations, orbits, vacua, linking."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from symmeter.errors import InputError, InputTypeError, NonFiniteError, ShapeError
from symmeter.spacetime import BMS3State, bms3
from symmeter.spacetime.bms3_state import linking_map


def F(phi):
    return phi + 0.3 * np.sin(phi) + 0.1 * np.cos(2 * phi)


def alpha(phi):
    return 0.7 + 0.4 * np.cos(2 * phi) + 0.2 * np.sin(3 * phi)


def test_central_charges_are_exact() -> None:
    algebra = bms3.algebra(nmax=8)
    assert algebra.central_charges(G=1) == bms3.CentralCharges(Fraction(0), Fraction(3))
    assert algebra.central_charges(G=Fraction(1, 2)).c_M == 6
    for m in range(-8, 9):
        for n in range(-8, 9):
            for a, b, kind in (("J", "J", "J"), ("J", "P", "P"), ("P", "P", None)):
                linear, centre = algebra.bracket((a, m), (b, n))
                wanted = {} if kind is None or m == n else {(kind, m + n): Fraction(m - n)}
                assert linear == wanted
                assert centre == (Fraction(m**3, 4) if kind == "P" and m + n == 0 else 0)
    assert bms3.algebra(6).jacobi_holds()


def test_the_algebra_from_variations_of_random_pairs() -> None:
    # {Q_1, Q_2} = -delta_1 Q_2 = Q_[1,2] + K, for band-limited pairs on random data.
    rng = np.random.default_rng(0)
    state = BMS3State(*(_random(rng, 8) for _ in range(2)))
    d = _derivative
    for _ in range(200):
        (t1, y1), (t2, y2) = ([_random(rng, 8) for _ in range(2)] for _ in range(2))
        theta, xi = state.variation(t1, y1)
        bracket = -float(np.mean(t2 * theta + 2 * y2 * xi) / 8)
        t = y1 * d(t2) - y2 * d(t1) + t1 * d(y2) - t2 * d(y1)
        y = y1 * d(y2) - y2 * d(y1)
        centre = float(np.mean(t2 * 2 * d(y1, 3) + 2 * y2 * d(t1, 3)) / 8)
        assert abs(bracket - state.charge(t, y) - centre) < 1e-10 * max(1, abs(bracket))


def _random(rng: np.random.Generator, modes: int, n: int = 64) -> np.ndarray:
    phi = 2 * np.pi * np.arange(n) / n
    k = np.arange(1, modes + 1)
    a, b = rng.normal(size=(2, modes)) / k
    return rng.normal() + np.cos(np.outer(phi, k)) @ a + np.sin(np.outer(phi, k)) @ b


def _derivative(f: np.ndarray, order: int = 1) -> np.ndarray:
    k = np.fft.fftfreq(len(f), 1 / len(f))
    return np.fft.ifft(np.fft.fft(f) * (1j * k) ** order).real


@pytest.mark.parametrize(
    ("theta", "xi", "trace", "slope", "kind"),
    [
        (-1.0, 0.0, -2.0, 0.0, "vacuum"),
        (-0.36, 0.25, -0.618033989, 2.489860137, "elliptic"),
        (0.49, 0.3, 9.127929889, 11.991181800, "hyperbolic"),
    ],
)
def test_invariants_of_orbits(theta: float, xi: float, trace: float, slope: float, kind: str) -> None:
    before = BMS3State(theta, xi)
    after = before.transform(F, alpha)
    for state in (before, after):
        orbit = state.orbit()
        assert orbit.kind == kind
        assert abs(orbit.trace - trace) < 1e-9
        assert abs(orbit.slope - slope) < 1e-8
        assert orbit.representative == pytest.approx(theta, abs=1e-8)
    # Constant data: 2 cosh(pi sqrt(Theta)), and its derivative.
    root = np.sqrt(complex(theta))
    assert abs(before.orbit().trace - 2 * np.cosh(np.pi * root).real) < 1e-9
    assert abs(before.orbit().slope - (2 * np.pi * xi * np.sinh(np.pi * root) / root).real) < 1e-9


@pytest.mark.parametrize(
    ("theta", "winding", "kind"),
    [(-4.0, 2, "exceptional"), (-1.96, 1, "elliptic"), (-6.25, 2, "elliptic"), (0.0, 0, "parabolic")],
)
def test_windings(theta: float, winding: int, kind: str) -> None:
    orbit = BMS3State(theta, 0.0).orbit()
    assert (orbit.kind, orbit.winding) == (kind, winding)
    assert orbit.representative == pytest.approx(theta, abs=1e-8)


def test_transformations_are_a_group_action() -> None:
    state = BMS3State(lambda p: -0.4 + 0.2 * np.cos(p), lambda p: 0.1 * np.sin(2 * p), n=256)

    def G(phi):
        return phi + 0.2 * np.cos(phi)

    # Superrotations one after the other are their composition.
    twice = state.transform(F).transform(G)
    once = state.transform(lambda p: F(G(p)))
    assert np.allclose(twice.Theta, once.Theta, atol=1e-9)
    assert np.allclose(twice.Xi, once.Xi, atol=1e-9)
    # Supertranslations add, and small ones are the variations.
    added = state.transform(alpha=alpha).transform(alpha=np.cos)
    assert np.allclose(added.Xi, state.transform(alpha=lambda p: alpha(p) + np.cos(p)).Xi, atol=1e-11)
    eps = 1e-5
    _, change = state.variation(T=alpha)
    assert np.allclose((state.transform(alpha=lambda p: eps * alpha(p)).Xi - state.Xi) / eps, change, atol=1e-9)
    theta, _ = state.variation(Y=np.sin)
    moved = state.transform(lambda p: p + eps * np.sin(p))
    assert np.allclose((moved.Theta - state.Theta) / eps, theta, atol=1e-3)


def test_distinct_minkowski_spaces() -> None:
    minkowski = BMS3State(-1.0, 0.0)
    other = minkowski.transform(alpha=alpha)
    assert np.allclose(other.Theta, -1)
    # The same Poincare charges, other superrotation charges.
    for T, Y in ((1.0, 0.0), (np.cos, 0.0), (np.sin, 0.0), (0.0, 1.0), (0.0, np.cos), (0.0, np.sin)):
        assert abs(other.charge(T, Y) - minkowski.charge(T, Y)) < 1e-13
    found = {n: other.superrotation(n) for n in (-3, -2, -1, 0, 1, 2, 3)}
    assert np.allclose([found[3], found[-3]], 0.6)
    assert np.allclose([found[2], found[-2]], [-0.3j, 0.3j])
    assert np.allclose([found[0], found[1], found[-1]], 0)
    assert other.orbit().kind == "vacuum"
    # Superrotated vacua have more energy, but for the images under PSL(2, R).
    turned = minkowski.transform(F)
    assert turned.Theta.mean() == pytest.approx(-0.917409174, abs=1e-9)
    assert turned.energy > minkowski.energy == pytest.approx(-1 / 8)
    boost = minkowski.transform(_mobius)
    assert boost.energy == pytest.approx(-1 / 8, abs=1e-9)


def _mobius(phi: np.ndarray) -> np.ndarray:
    """A boost of the circle: tan(F/2) = e^c tan(phi/2)."""
    c = np.exp(0.4)
    turns = np.floor((phi + np.pi) / (2 * np.pi))
    inner = phi - 2 * np.pi * turns
    return 2 * np.arctan2(c * np.sin(inner / 2), np.cos(inner / 2)) + 2 * np.pi * turns


def test_past_and_future_are_linked_antipodally() -> None:
    assert linking_map() == pytest.approx(np.pi, abs=1e-12)
    state = BMS3State(lambda p: -1 + 0.3 * np.cos(p), lambda p: 0.2 * np.sin(2 * p))
    past = state.to_past()
    assert np.allclose(past.Theta, -1 - 0.3 * np.cos(state.phi))
    assert np.allclose(past.Xi, 0.2 * np.sin(2 * state.phi))
    # Charges agree when symmetries are linked too: T+(phi) = T-(phi + pi).
    phi = state.phi
    for n in range(4):
        future = state.charge(np.cos(n * phi + 0.3), np.sin(n * phi))
        before = past.charge(np.cos(n * (phi - np.pi) + 0.3), np.sin(n * (phi - np.pi)))
        assert future == pytest.approx(before)
    assert past.energy == pytest.approx(state.energy)


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda: BMS3State(-1.0, 0.0).transform(lambda p: p + 1.2 * np.sin(p)), InputError, "no diffeomorphism"),
        (lambda: BMS3State(-1.0, 0.0).transform(lambda p: 2 * p), InputError, "must be 2 pi"),
        (lambda: BMS3State(lambda p: p, 0.0), InputError, "not periodic"),
        (lambda: BMS3State(np.full(16, np.nan), 0.0), NonFiniteError, "not finite"),
        (lambda: BMS3State(-1j, 0.0), InputTypeError, "reals"),
        (lambda: BMS3State(np.zeros(16), np.zeros(12)), ShapeError, "points"),
        (lambda: BMS3State(-1.0, 0.0, G=0), InputError, "G is 0"),
        (lambda: bms3.algebra(0), InputError, "nmax"),
        (lambda: bms3.algebra(2).bracket(("J", 3), ("P", 0)), InputError, "none of J_n"),
    ],
)
def test_bad_input(make, kind, words) -> None:
    with pytest.raises(kind, match=words):
        make()
