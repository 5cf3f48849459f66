"""General-teleparallel geometry: the whole check on 32 cubed points, and an exact cone, one thread.

No package has torsion and nonmetricity with their irreducible parts on grids; the baseline is the same check with the
formulas as they are written: full transforms, full tensors, products of several factors at once. The exact baseline is
SymPy, which is asked for the curvature alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symmeter.papers._teleparallel_defects_geometry_parts import random_geometry, straightforward_check
from symmeter.spacetime import defects


def test_general_teleparallel_check(beside: Any) -> None:
    """Under half a second."""
    e, Lambda = random_geometry(32, 0)

    def ours() -> dict[str, float]:
        return defects.MetricAffine(coframe=e, gauge="general", Lambda=Lambda).check()

    ours()
    found = beside(
        "general-teleparallel check on 32^3 points, under 0.5 s",
        ours,
        lambda: straightforward_check(e, Lambda),
        "formulas as written, NumPy",
        speedup=5,
        rounds=10,
        baseline_rounds=2,
    )
    assert max(found.values()) < 1e-10


def test_irreducible_parts(benchmark: Any) -> None:
    benchmark.group = "torsion and nonmetricity with all irreducible parts on 32^3 points"
    e, Lambda = random_geometry(32, 0)

    def ours() -> float:
        geometry = defects.MetricAffine(coframe=e, gauge="general", Lambda=Lambda)
        return sum(geometry.torsion.shares().values()) + sum(geometry.nonmetricity.shares().values())

    assert benchmark.pedantic(ours, rounds=10, warmup_rounds=1) == pytest.approx(2)


def test_exact_cone(beside: Any) -> None:
    sympy = pytest.importorskip("sympy")

    def ours() -> bool:
        cone = defects.wedge_disclination().exact
        return cone.flatness_scalar().is_zero() and cone.riemann().scalar().is_zero()

    def peer() -> bool:
        x, y, z, a = sympy.symbols("x y z a")
        k = (a**2 - 1) / (x**2 + y**2)
        g = sympy.Matrix([[1 + k * y**2, -k * x * y, 0], [-k * x * y, 1 + k * x**2, 0], [0, 0, 1]])
        up, at = g.inv(), (x, y, z)
        gamma = np.empty((3, 3, 3), dtype=object)
        for i, j, m in np.ndindex(3, 3, 3):
            terms = (up[i, n] * (g[n, j].diff(at[m]) + g[n, m].diff(at[j]) - g[j, m].diff(at[n])) for n in range(3))
            gamma[i, j, m] = sum(terms) / 2
        total = 0
        for j, m in np.ndindex(3, 3):
            ricci = sum(
                gamma[i, j, m].diff(at[i])
                - gamma[i, j, i].diff(at[m])
                + sum(gamma[i, i, n] * gamma[n, j, m] - gamma[i, m, n] * gamma[n, j, i] for n in range(3))
                for i in range(3)
            )
            total += up[j, m] * ricci
        return sympy.simplify(total) == 0

    ours()
    found = beside(
        "curvature of a cone, exactly zero, from its metric and from its nonmetricity",
        ours,
        peer,
        "SymPy, from its metric alone",
        speedup=10,
        rounds=5,
        baseline_rounds=1,
    )
    assert found
