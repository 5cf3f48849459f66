"""Overlap functions of 67 pulsars beside enterprise's ``anis_basis``, one thread; theirs is a sum over pixels.

Needs enterprise-pulsar and healpy (a peer of development alone, under the GPL). ``anis_basis`` asks ``healpy.alm2map``
for an argument that is gone, and scipy for ``sph_harm``; both are given here, its sums untouched. What is compared is
the whole matrix of every harmonic. The error of their pixels is measured against ours, which quadrature has confirmed
to rounding.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symmeter.signals import pta


def _array(n: int, seed: int = 0) -> pta.Array:
    return pta.Array(np.random.default_rng(seed).standard_normal((n, 3)), tuple(map(str, range(n))))


def _peer() -> Any:
    healpy = pytest.importorskip("healpy")
    import scipy.special

    if not hasattr(scipy.special, "sph_harm"):
        # scipy has renamed it, and turned its arguments round.
        scipy.special.sph_harm = lambda m, n, azimuth, polar: scipy.special.sph_harm_y(n, m, polar, azimuth)
    name = "enterprise.signals.anis_coefficients"
    coefficients = pytest.importorskip(name) if _whole_package() else _module_alone()
    made = healpy.alm2map

    class _Healpy:
        def __getattr__(self, key: str) -> Any:
            return getattr(healpy, key)

        @staticmethod
        def alm2map(alm: Any, nside: int, lmax: int, verbose: bool = False) -> Any:
            return made(alm, nside, lmax=lmax)

    coefficients.hp = _Healpy()
    return coefficients


def _whole_package() -> bool:
    try:
        import enterprise.signals.anis_coefficients  # noqa: F401
    except ImportError:
        return False
    return True


def _module_alone() -> Any:
    """The one module, without the package's readers of timing files."""
    import importlib.util
    from pathlib import Path

    found = importlib.util.find_spec("enterprise")
    if found is None or not found.submodule_search_locations:
        pytest.skip("enterprise-pulsar is not installed")
    path = Path(found.submodule_search_locations[0]) / "signals" / "anis_coefficients.py"
    spec = importlib.util.spec_from_file_location("anis_coefficients", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("lmax", "nside", "error", "speedup"),
    [(2, 32, 3e-4, 50), (2, 64, 1e-4, 100), (8, 32, 5e-4, 60), (8, 128, 3e-5, 400)],
)
def test_overlap_functions(beside: Any, lmax: int, nside: int, error: float, speedup: float) -> None:
    peer = _peer()
    array = _array(67)
    x = array.directions
    places = np.column_stack((np.arctan2(x[:, 1], x[:, 0]), np.arccos(x[:, 2])))
    kept: list[np.ndarray] = []

    def theirs() -> None:
        # The large maps take a minute: once is enough for the time and the error.
        kept[:] = [peer.anis_basis(places, lmax, nside)]

    def ours() -> Any:
        return array.orf_basis(lmax, convention="enterprise", auto=True)

    own = ours()
    beside(
        f"overlap functions, 67 pulsars, lmax {lmax}, exact",
        ours,
        theirs,
        f"enterprise anis_basis, nside {nside}",
        speedup=speedup,
        rounds=20,
        baseline_rounds=1 if nside > 64 else 2,
    )
    a, b = array.pairs.T
    gap = np.abs(kept[0][:, a, b].T - own[: len(a)]).max()
    assert gap < error, f"pixels of nside {nside} are off by {gap:.1e}"


@pytest.mark.parametrize(("n", "lmax", "limit"), [(67, 8, 0.010), (67, 32, 0.3), (200, 8, 0.1)])
def test_own_goals(benchmark: Any, n: int, lmax: int, limit: float) -> None:
    array = _array(n)
    array.orf_basis(lmax)
    benchmark.extra_info["goal, s"] = limit
    benchmark.pedantic(lambda: array.orf_basis(lmax), rounds=15, warmup_rounds=1)


def test_likelihood_of_residuals(benchmark: Any) -> None:
    array = _array(67)
    f, r = array.simulate([np.sqrt(4 * np.pi)], bins=30, white=1e-7, seed=0)
    like = pta.ResidualLikelihood(array, r, pta.power_law(f), 2e-14 * 14 * 86400, 4)
    c = np.zeros(25)
    c[0] = np.sqrt(4 * np.pi)
    benchmark.extra_info["goal, s"] = 0.010
    benchmark.pedantic(lambda: like(c), rounds=15, warmup_rounds=1)
