"""Gaunt products beside Clebsch-Gordan products of the same degrees: time, memory, growth, weights and paths.

Both sides run in one thread, turn by turn, and the smallest time of each counts. It is the thread's own time: on a busy
machine a long call always waits for its turn while a short one may slip through, and ratios of times by the wall would
flatter the shorter. The peer is e3nn's ``TensorProduct`` ("uuu", one weight per path and channel) where e3nn is
installed, otherwise our own Clebsch-Gordan route.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Any

import torch

from symmeter.errors import MissingDependencyError, UnknownNameError
from symmeter.nn.gaunt.degrees import size_of
from symmeter.nn.gaunt.memory import peak_memory
from symmeter.nn.gaunt.product import GauntTensorProduct

__all__ = [
    "SpeedRow",
    "call_pair",
    "e3nn_product",
    "gradient_like",
    "growth_exponent",
    "one_thread",
    "peer_name",
    "route_times",
    "speed_row",
]

Sides = dict[str, Callable[[], Any]]


@dataclass(frozen=True)
class SpeedRow:
    """One degree, both sides; milliseconds and MiB.

    Attributes
    ----------
    lmax, rows : int
    peer : str
    forward, backward : float
        Our product, forward, and forward with backward to both inputs; without weights of its own.
    weighted_forward, weighted_backward : float
        The same with ``separable`` weights and their gradients.
    peer_forward, peer_backward : float
        The peer with all paths of these degrees, odd l1+l2+l3 among them, with gradients of its weights.
    same_forward, same_backward : float
        The peer restricted to the paths that ours has.
    memory, peer_memory : float
        Peak of new memory, forward and backward, of these rows; every tensor counts.
    large_memory, large_peer_memory : float
        The same with eight times as many rows.
    construction, peer_construction : float
    paths, peer_paths, weights, peer_weights, same_weights : int
        Independent weights are those of ``separable``, and those of the peer.
    """

    lmax: int
    rows: int
    peer: str
    forward: float
    backward: float
    weighted_forward: float
    weighted_backward: float
    peer_forward: float
    peer_backward: float
    same_forward: float
    same_backward: float
    memory: float
    peer_memory: float
    large_memory: float
    large_peer_memory: float
    construction: float
    peer_construction: float
    paths: int
    peer_paths: int
    weights: int
    peer_weights: int
    same_weights: int

    @property
    def ratios(self) -> dict[str, float]:
        """How many times faster; memory as a fraction."""
        return {
            "forward": self.peer_forward / self.forward,
            "backward": self.peer_backward / self.backward,
            "same_forward": self.same_forward / self.forward,
            "same_backward": self.same_backward / self.backward,
            "weighted_forward": self.peer_forward / self.weighted_forward,
            "weighted_backward": self.peer_backward / self.weighted_backward,
            "memory": self.memory / self.peer_memory,
            "large_memory": self.large_memory / self.large_peer_memory,
        }

    def to_json(self) -> dict[str, Any]:
        """Plain values, with the ratios."""
        return {**asdict(self), "ratios": self.ratios}


def peer_name(against: str = "e3nn") -> str:
    """The peer that will be timed: ``"e3nn"`` falls back on our own ``"cg"`` where it is not installed.

    Raises
    ------
    UnknownNameError
    """
    if against not in ("e3nn", "cg"):
        raise UnknownNameError(f"there is no peer {against!r}; use 'e3nn' or 'cg' (our own Clebsch-Gordan route)")
    return "cg" if against == "e3nn" and find_spec("e3nn") is None else against


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread inside."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def e3nn_product(lmax: int, channels: int, odd: bool) -> Any:
    """e3nn's product of degrees 0..lmax with themselves, channel by channel, with natural parities.

    Parameters
    ----------
    odd : bool
        With the paths of odd l1+l2+l3, whose outputs have the opposite parity.
    """
    try:
        from e3nn import o3  # type: ignore[import-not-found]
    except ImportError as error:
        raise MissingDependencyError("e3nn", "peers", "the comparison") from error
    inputs = o3.Irreps([(channels, (ell, (-1) ** ell)) for ell in range(lmax + 1)])
    outputs = list(inputs)
    if odd:
        outputs += [(channels, (ell, -((-1) ** ell))) for ell in range(1, lmax + 1)]
    outputs = o3.Irreps(outputs)
    instructions = [
        (i, j, k, "uuu", True)
        for i, (_, a) in enumerate(inputs)
        for j, (_, b) in enumerate(inputs)
        for k, (_, c) in enumerate(outputs)
        if c in a * b
    ]
    return o3.TensorProduct(inputs, inputs, outputs, instructions)


def _peer(name: str, lmax: int, channels: int, odd: bool) -> tuple[Any, int, int, float]:
    """The peer, its paths and weights, and the seconds it takes to construct."""
    start = time.perf_counter()
    if name == "e3nn":
        product = e3nn_product(lmax, channels, odd)
        count = len(product.instructions)
    else:
        product = GauntTensorProduct(lmax, lmax, lmax, channels=channels, weights="full", antisymmetric=odd)
        count = len(product.paths())
    seconds = time.perf_counter() - start
    return product, count, sum(p.numel() for p in product.parameters()), seconds


def minima(sides: Sides, rounds: int, budget: float) -> dict[str, float]:
    """Smallest seconds of each side on the processor, turn by turn, for at most ``rounds`` or ``budget`` seconds."""
    best = dict.fromkeys(sides, float("inf"))
    for _ in range(2):
        for call in sides.values():
            call()
    enabled = gc.isenabled()
    gc.disable()
    try:
        end = time.perf_counter() + budget
        for n in range(rounds):
            for name, call in sides.items():
                # Quick calls are repeated, since the clock and the caches see them alike then.
                for _ in range(1 if best[name] > 2e-3 else 5):
                    start = time.thread_time()
                    call()
                    best[name] = min(best[name], time.thread_time() - start)
            if n >= 2 and time.perf_counter() > end:
                break
    finally:
        if enabled:
            gc.enable()
    return best


def call_pair(product: Any, x: torch.Tensor, y: torch.Tensor, grad: torch.Tensor) -> tuple[Any, Any]:
    """Forward without a graph, and forward with backward to the inputs and to the weights."""
    wanted = [x.clone().requires_grad_(), y.clone().requires_grad_(), *product.parameters()]

    def forward() -> None:
        with torch.no_grad():
            product(x, y)

    def both() -> None:
        out = product(wanted[0], wanted[1])
        if isinstance(out, tuple):
            out = torch.cat(out, -1)
        torch.autograd.grad(out, wanted, grad)

    return forward, both


def gradient_like(product: Any, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        out = product(x, y)
    return torch.randn_like(torch.cat(out, -1) if isinstance(out, tuple) else out)


def _memory_of_more_rows(product: Any, x: torch.Tensor, y: torch.Tensor) -> float:
    x, y = torch.cat([x] * 8), torch.cat([y] * 8)
    return peak_memory(call_pair(product, x, y, gradient_like(product, x, y))[1])


def speed_row(
    lmax: int, *, batch: int = 8, channels: int = 128, against: str = "e3nn", rounds: int = 40, budget: float = 6.0
) -> SpeedRow:
    """Time one degree: inputs and output of degrees 0..lmax, float32, ``batch * channels`` rows.

    Parameters
    ----------
    rounds, budget : int, float
        At most so many rounds, or so many seconds.
    """
    name = peer_name(against)
    generator = torch.Generator().manual_seed(lmax)
    size = (batch, channels, size_of(lmax))
    x, y = (torch.randn(size, generator=generator) for _ in range(2))
    flat = (x.flatten(1), y.flatten(1)) if name == "e3nn" else (x, y)
    start = time.perf_counter()
    plain = GauntTensorProduct(lmax, lmax, lmax)
    construction = time.perf_counter() - start
    weighted = GauntTensorProduct(lmax, lmax, lmax, channels=channels, weights="separable")
    all_paths, peer_paths, peer_weights, peer_seconds = _peer(name, lmax, channels, odd=True)
    same, _, same_weights, _ = _peer(name, lmax, channels, odd=False)
    calls = {
        "plain": call_pair(plain, x, y, torch.randn(size, generator=generator)),
        "weighted": call_pair(weighted, x, y, torch.randn(size, generator=generator)),
        "peer": call_pair(all_paths, *flat, gradient_like(all_paths, *flat)),
        "same": call_pair(same, *flat, gradient_like(same, *flat)),
    }
    with one_thread():
        forward = minima({k: c[0] for k, c in calls.items()}, rounds, budget / 3)
        both = minima({k: c[1] for k, c in calls.items()}, rounds, 2 * budget / 3)
        memory, peer_memory = peak_memory(calls["plain"][1]), peak_memory(calls["peer"][1])
        large_memory = _memory_of_more_rows(plain, x, y)
        large_peer_memory = _memory_of_more_rows(all_paths, *flat)
    return SpeedRow(
        lmax=lmax,
        rows=batch * channels,
        peer=name,
        forward=1e3 * forward["plain"],
        backward=1e3 * both["plain"],
        weighted_forward=1e3 * forward["weighted"],
        weighted_backward=1e3 * both["weighted"],
        peer_forward=1e3 * forward["peer"],
        peer_backward=1e3 * both["peer"],
        same_forward=1e3 * forward["same"],
        same_backward=1e3 * both["same"],
        memory=memory,
        peer_memory=peer_memory,
        large_memory=large_memory,
        large_peer_memory=large_peer_memory,
        construction=1e3 * construction,
        peer_construction=1e3 * peer_seconds,
        paths=len(plain.paths()),
        peer_paths=peer_paths,
        weights=sum(p.numel() for p in weighted.parameters()),
        peer_weights=peer_weights,
        same_weights=same_weights,
    )


def route_times(
    lmaxes: Sequence[int], backend: str, *, rows: int = 256, rounds: int = 30, budget: float = 3.0
) -> list[float]:
    """Milliseconds of the forward pass of one route for each degree, the degrees in turn."""
    sides: Sides = {}
    for lmax in lmaxes:
        x, y = torch.randn(rows, size_of(lmax)), torch.randn(rows, size_of(lmax))
        product = GauntTensorProduct(lmax, lmax, lmax, backend=backend)
        sides[str(lmax)] = _without_graph(product, x, y)
    with one_thread():
        best = minima(sides, rounds, budget)
    return [1e3 * best[str(lmax)] for lmax in lmaxes]


def _without_graph(product: Any, x: torch.Tensor, y: torch.Tensor) -> Callable[[], Any]:
    def call() -> Any:
        with torch.no_grad():
            return product(x, y)

    return call


def growth_exponent(lmaxes: Sequence[int], values: Sequence[float]) -> float:
    """The slope of log(values) over log(lmax), by least squares.

    Examples
    --------
    >>> round(growth_exponent([2, 4, 8], [1.0, 8.0, 64.0]), 6)
    3.0
    """
    import numpy as np

    return float(np.polyfit(np.log(lmaxes), np.log(values), 1)[0])
