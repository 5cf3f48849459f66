"""FLINT and Python give the same polynomials; FLINT is never needed, and not loaded before it is of use."""

from __future__ import annotations

import random
import subprocess
import sys
from importlib.util import find_spec

import pytest

from symmeter.errors import InputError, MissingDependencyError
from symmeter.spacetime import Metric, denominators, exact_backend, polynomials
from symmeter.spacetime.denominators import divided
from symmeter.spacetime.known_metrics import known_metric
from symmeter.spacetime.polynomials import WIDTH, power, times


def polynomial(draw: random.Random, variables: list[int], terms: int, degree: int, bits: int) -> dict:
    out = {}
    for _ in range(terms):
        m = sum(draw.randrange(degree + 1) << (WIDTH * v) for v in variables)
        out[m] = draw.getrandbits(bits) - (1 << (bits - 1)) or 1
    return out


@pytest.fixture
def everything_by_flint(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """All products and quotients of sums go through FLINT, and are counted."""
    pytest.importorskip("flint")
    calls = []

    def collide(a: dict, b: dict) -> bool:
        calls.append(len(a) * len(b))
        return True

    monkeypatch.setenv(exact_backend.ENVIRONMENT, "flint")
    monkeypatch.setattr(polynomials, "LARGE", 0)
    monkeypatch.setattr(denominators, "LARGE", 0)
    monkeypatch.setattr(denominators, "_LONG", 2)
    monkeypatch.setattr(exact_backend, "_collide", collide)
    monkeypatch.setattr(exact_backend, "_is_dense", lambda p: True)
    return calls


@pytest.mark.parametrize("seed", range(12))
def test_products_and_quotients_agree(seed: int, everything_by_flint: list[int], monkeypatch) -> None:
    draw = random.Random(seed)
    # Variables with numbers far apart, and large coefficients.
    variables = sorted(draw.sample(range(40), draw.randrange(1, 6)))
    a, b = (polynomial(draw, variables, draw.randrange(2, 60), 5, draw.choice([4, 90])) for _ in range(2))
    found = times(a, b), divided(times(a, b), a), divided({**times(a, b), 0: 10**40 + 7}, b)
    assert everything_by_flint
    monkeypatch.setenv(exact_backend.ENVIRONMENT, "python")
    assert exact_backend.backend() == "python"
    assert found == (times(a, b), divided(times(a, b), a), divided({**times(a, b), 0: 10**40 + 7}, b))
    assert all(type(n) is int for term in found[0].items() for n in term)


@pytest.mark.parametrize("name", ["kerr", "reissner-nordstrom"])
def test_curvature_agrees(name: str, everything_by_flint: list[int], monkeypatch) -> None:
    by_flint = known_metric(name)
    riemann = by_flint.riemann().components
    assert len(everything_by_flint) > 10
    assert by_flint.ricci().is_zero() == (name == "kerr")
    monkeypatch.setenv(exact_backend.ENVIRONMENT, "python")
    assert known_metric(name).riemann().components == riemann


def test_large_products_are_left_to_flint() -> None:
    pytest.importorskip("flint")
    p = polynomial(random.Random(1), [0, 1, 2], 400, 9, 16)
    asked = exact_backend.product(p, p)
    assert asked is not None
    assert asked == power(p, 2)
    # Without products on the same monomial conversion costs more than it saves.
    spread = polynomial(random.Random(1), list(range(20)), 300, 3, 16)
    assert exact_backend.product(spread, spread) is None


def test_python_does_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(exact_backend.ENVIRONMENT, "python")
    p = polynomial(random.Random(2), [0, 1, 2], 300, 9, 16)
    assert exact_backend.product(p, p) is None
    assert exact_backend.quotient(p, p) is None
    square = times(p, p)
    assert len(p) ** 2 > polynomials.LARGE
    assert divided(square, p) == p
    assert Metric("dr^2 + r^2 dphi^2").riemann().is_zero()


def test_the_choice_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(exact_backend.ENVIRONMENT, "maple")
    with pytest.raises(InputError, match="use python or flint"):
        exact_backend.backend()
    monkeypatch.setenv(exact_backend.ENVIRONMENT, "flint")
    monkeypatch.setattr(exact_backend, "_installed", lambda: None)
    with pytest.raises(MissingDependencyError, match=r"SYMMETER_EXACT=flint needs python-flint: pip install"):
        exact_backend.backend()
    monkeypatch.setenv(exact_backend.ENVIRONMENT, "")
    assert exact_backend.backend() == "python"


def test_flint_is_loaded_late() -> None:
    code = (
        "import sys; from symmeter.spacetime.known_metrics import known_metric as g; g('kerr').ricci();"
        "assert 'flint' not in sys.modules"
    )
    assert find_spec("symmeter") is not None
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
