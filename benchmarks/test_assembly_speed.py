"""Assembly and solution of the double-commutator problem beside dense products, and beside other routes of our own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dense_assembly import dense_solution
from planted import random_problem, solution

from symmeter.discover import assembly, dictionary
from symmeter.discover.assembly import assemble
from symmeter.discover.generators import generators_of

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("n", "metric", "speedup"),
    [
        (5000, "noise metric (default)", 8.0),
        (None, "Frobenius metric, numba loaded", 8.0),
        (None, "Frobenius metric, NumPy alone", None),
    ],
)
def test_permutations(
    beside: Any, monkeypatch: pytest.MonkeyPatch, n: int | None, metric: str, speedup: float | None
) -> None:
    if metric.endswith("numba loaded"):
        pytest.importorskip("numba")
    else:
        monkeypatch.setattr(assembly, "kernel_pays", lambda generators: False)
    covariance, permutations = random_problem(256, 200)
    ours = beside(
        f"assembly + solve, M=256, d=200, {metric}",
        lambda: solution(covariance, permutations, n),
        lambda: dense_solution(covariance, permutations, n),
        "dense products",
        seconds=0.5,
        speedup=speedup,
    )
    np.testing.assert_allclose(np.sort(ours), dense_solution(covariance, permutations, n), rtol=1e-8)


def run_alone(route: str) -> dict[str, float]:
    source = str(HERE.parent / "src")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([source, os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, str(HERE / "large_assembly.py"), route, "1024", "64"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_large(beside: Any) -> None:
    result = beside(
        "assembly + solve, M=1024, d=64, noise metric",
        lambda: run_alone("symmeter"),
        lambda: run_alone("dense"),
        "dense products",
        seconds=5.0,
        rounds=3,
        baseline_rounds=1,
        gibibytes=2.0,
        clock=lambda r: r["seconds"],
    )
    assert result["peak_bytes"] > 0


def test_all_shifts(beside: Any) -> None:
    covariance, _ = random_problem(256, 1)
    generators = generators_of(dictionary.grid_shifts((16, 16), "all"), 256)
    weights = (covariance, covariance @ covariance)
    fft = beside(
        f"assembly, all shifts of 16 x 16 (d={len(generators)}), by FFT",
        lambda: assemble(covariance, generators, weights, "fft"),
        lambda: assemble(covariance, generators, weights, "gather"),
        "our gathers",
        baseline_rounds=2,
    )
    gather = assemble(covariance, generators, weights, "gather")
    scale = np.abs(gather.commutator).max()
    np.testing.assert_allclose(fft.commutator, gather.commutator, atol=1e-10 * scale)
