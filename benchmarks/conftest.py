"""Benchmarks run on one BLAS thread, each beside its baseline; one compact table closes the run (``make bench``)."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

# Before NumPy loads its BLAS, and for the processes that the benchmarks start.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

from threadpoolctl import threadpool_info, threadpool_limits  # noqa: E402

#: The pair of tests that stand in a file of their own, and what was asked of them.
_AUTOMORPHISMS = ("test_symmeter[128]", "test_igraph_with_the_layered_graph_made[128]")


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Also where NumPy was loaded before this file could set the environment."""
    with threadpool_limits(1):
        assert all(pool["num_threads"] == 1 for pool in threadpool_info())
        yield


@pytest.fixture
def beside(benchmark: Any) -> Callable[..., Any]:
    """Time our code with pytest-benchmark and a baseline half before, half after; remember both for the table."""

    def run(
        work: str,
        ours: Callable[[], Any],
        baseline: Callable[[], Any],
        against: str,
        *,
        seconds: float | None = None,
        speedup: float | None = None,
        rounds: int = 7,
        baseline_rounds: int = 4,
        gibibytes: float | None = None,
        clock: Callable[[Any], float] | None = None,
    ) -> Any:
        def timed() -> float:
            start = time.perf_counter()
            result = baseline()
            return time.perf_counter() - start if clock is None else clock(result)

        before = [timed() for _ in range((baseline_rounds + 1) // 2)]
        results: list[Any] = []
        benchmark.group = work
        benchmark.pedantic(lambda: results.append(ours()), rounds=rounds, warmup_rounds=1 if rounds > 1 else 0)
        after = [timed() for _ in range(baseline_rounds // 2)]
        benchmark.extra_info.update(
            work=work, against=against, baseline=statistics.median(before + after), seconds=seconds, speedup=speedup
        )
        if clock is not None:
            # A process of its own times itself: what starting it costs is not the work.
            benchmark.extra_info["own_clock"] = statistics.median(clock(r) for r in results)
        if gibibytes is not None:
            benchmark.extra_info.update(
                gibibytes_asked=gibibytes, gibibytes=max(r["peak_bytes"] for r in results) / 2**30
            )
        return results[-1]

    return run


def pytest_report_header() -> str:
    return "one BLAS thread"


def pytest_terminal_summary(terminalreporter: Any, config: Any) -> None:
    session = getattr(config, "_benchmarksession", None)
    rows = [] if session is None else _rows(session.benchmarks)
    if not rows:
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, title="one BLAS thread, medians of one run")
    for name, justify in (
        ("work", "left"),
        ("asked", "left"),
        ("measured", "right"),
        ("baseline", "left"),
        ("ratio", "right"),
        ("met", "left"),
    ):
        table.add_column(name, justify=justify)
    for row in rows:
        table.add_row(*row)
    terminalreporter.write_line("")
    Console(width=132, highlight=False, file=terminalreporter._tw._file).print(table)


def _rows(benchmarks: Any) -> list[tuple[str, ...]]:
    rows = [_row(b.stats.median, b.extra_info) for b in benchmarks if "work" in b.extra_info]
    by_name = {b.name: b for b in benchmarks}
    if all(name in by_name for name in _AUTOMORPHISMS):
        ours, peer = (by_name[name].stats.median for name in _AUTOMORPHISMS)
        told = {"work": "automorphisms of a weighted circulant, M=128", "against": "igraph (BLISS)", "baseline": peer}
        rows.append(_row(ours, {**told, "seconds": None, "speedup": 1.0}))
    return rows


def _row(median: float, told: dict[str, Any]) -> tuple[str, ...]:
    measured = told.get("own_clock", median)
    ratio = told["baseline"] / measured
    asked, met = [], True
    if told["seconds"] is not None:
        asked.append(f"< {told['seconds']:g} s")
        met &= measured < told["seconds"]
    if told["speedup"] is not None:
        asked.append(f">= {told['speedup']:g}x")
        met &= ratio >= told["speedup"]
    shown = _duration(measured)
    if "gibibytes" in told:
        asked.append(f"< {told['gibibytes_asked']:g} GiB")
        met &= told["gibibytes"] < told["gibibytes_asked"]
        shown += f", {told['gibibytes']:.2f} GiB"
    verdict = ("yes" if met else "NO") if asked else "-"
    return (
        told["work"],
        ", ".join(asked) or "-",
        shown,
        f"{_duration(told['baseline'])} {told['against']}",
        f"{ratio:.3g}x",
        verdict,
    )


def _duration(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1e3 * seconds:.3g} ms"
