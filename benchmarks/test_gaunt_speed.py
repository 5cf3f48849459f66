"""Gaunt products beside e3nn's ``TensorProduct`` of the same degrees: 1,024 rows, float32, one thread.

e3nn computes more: a weight for every path, and the paths of odd l1 + l2 + l3. The rows say how many paths and weights
each side has; ``symmeter bench gaunt`` also times e3nn on the shared paths alone, and memory.
"""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("e3nn")

from symmeter.nn import GauntTensorProduct  # noqa: E402
from symmeter.nn.gaunt.timing import call_pair, e3nn_product, gradient_like, one_thread  # noqa: E402

BATCH, CHANNELS = 8, 128


@pytest.fixture(autouse=True)
def _one_torch_thread() -> Any:
    with one_thread():
        yield


@pytest.mark.parametrize("what", ["forward", "forward + backward"])
@pytest.mark.parametrize("lmax", range(1, 9))
def test_product(beside: Any, lmax: int, what: str) -> None:
    size = (BATCH, CHANNELS, (lmax + 1) ** 2)
    x, y = torch.randn(size), torch.randn(size)
    ours, theirs = GauntTensorProduct(lmax, lmax, lmax), e3nn_product(lmax, CHANNELS, odd=True)
    flat = x.flatten(1), y.flatten(1)
    which = 0 if what == "forward" else 1
    call = call_pair(ours, x, y, torch.randn(size))[which]
    peer = call_pair(theirs, *flat, gradient_like(theirs, *flat))[which]
    asked = {1: 3, 2: 8}.get(lmax, 20 if what == "forward" else 40)
    weights = sum(p.numel() for p in theirs.parameters())
    for warm_up in (call, peer, peer):
        warm_up()
    beside(
        f"Gaunt product, L = {lmax}, {what}; {len(ours.paths())} paths",
        call,
        peer,
        f"e3nn TensorProduct, {len(theirs.instructions)} paths, {weights} weights",
        speedup=asked,
        rounds=60,
        baseline_rounds=12,
    )


@pytest.mark.parametrize("lmax", [8, 12, 16, 24])
def test_growth_of_the_separable_route(benchmark: Any, lmax: int) -> None:
    x = torch.randn(256, (lmax + 1) ** 2)
    product = GauntTensorProduct(lmax, lmax, lmax, backend="separable")
    with torch.no_grad():
        benchmark.pedantic(lambda: product(x, x), rounds=20, warmup_rounds=2)


def test_construction(benchmark: Any) -> None:
    benchmark.pedantic(lambda: GauntTensorProduct(8, 8, 8), rounds=10)
