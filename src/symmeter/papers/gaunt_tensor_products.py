"""Experiment for "Enabling Efficient Equivariant Operations in the Fourier Basis via Gaunt Tensor Products".

Products are compared with Clebsch-Gordan sums and with e3nn's layer where it is installed: numbers, time, memory and
growth with the degree; rotations and reflections are tried; a many-body potential and a classifier of Tetris shapes are
trained with either product. The paper's catalyst and molecule data are not bundled: those claims are listed, not run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from symmeter.errors import MissingDependencyError
from symmeter.papers._gaunt_tensor_products_claims import CLAIMS, judge
from symmeter.papers.catalogue import entry
from symmeter.papers.checkpoints import Checkpoints
from symmeter.papers.paper import Outcome, Paper
from symmeter.progress import Progress

__all__ = ["PAPER"]


@dataclass(frozen=True)
class _Scale:
    """How much is done.

    Attributes
    ----------
    speeds : degrees that are timed beside the peer
    batch, channels : int
    budget : float
        Seconds for each degree.
    routes : degrees of the growth curves
    exact, turned : degrees of the agreement and of the equivariance
    potential : (train, test, steps, lmax, channels, seeds)
    classifier_steps : int
    """

    speeds: Sequence[int]
    batch: int
    channels: int
    budget: float
    routes: Sequence[int]
    exact: Sequence[int]
    turned: Sequence[int]
    potential: tuple[int, int, int, int, int, int]
    classifier_steps: int


_SCALES = {
    "smoke": _Scale((1, 3), 2, 16, 0.3, (2, 4), (1, 2, 3), (1, 3), (20, 10, 6, 2, 4, 1), 60),
    "laptop": _Scale(
        tuple(range(1, 9)), 8, 128, 8.0, (2, 4, 6, 8, 10, 12, 16, 20, 24), tuple(range(1, 9)),
        (1, 2, 3, 4, 6, 8, 10, 12, 16, 24), (300, 100, 500, 4, 8, 2), 200,
    ),
    "full": _Scale(
        tuple(range(1, 13)), 8, 128, 40.0, (2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32), tuple(range(1, 13)),
        (1, 2, 3, 4, 6, 8, 10, 12, 16, 24, 32), (3000, 500, 5000, 4, 16, 3), 2000,
    ),
}  # fmt: skip


def run(scale: str, checkpoints: Checkpoints, progress: Progress, seed: int) -> Outcome:
    """Do the work, part by part."""
    from importlib.util import find_spec

    if find_spec("torch") is None:
        raise MissingDependencyError("torch", "nn", "the experiment on Gaunt tensor products")
    from symmeter.nn.gaunt.timing import peer_name

    size = _SCALES[scale]
    peer = peer_name("e3nn")
    steps = len(size.speeds) + len(size.routes) + size.potential[-1] + 6
    done = iter(range(steps + 1))

    def part(name: str, what: str, compute: Callable[[], Any]) -> Any:
        progress(min(next(done) / steps, 1.0), what)
        return checkpoints.get_or_compute(name, compute)

    tables: dict[str, Any] = {"peer": peer, "scale": scale, "speeds": []}
    # Timed first, while nothing else of ours runs.
    for lmax in size.speeds:
        call = partial(_speed, lmax, size, peer)
        tables["speeds"].append(part(f"speed.L{lmax}.{peer}", f"degree {lmax} beside {peer}", call))
    tables["routes"] = part("routes", "growth with the degree", partial(_routes, size.routes, scale))
    tables["construction"] = part("construction", "construction", partial(_construction, size.exact, size.routes[-1]))
    tables["exact"] = part("exact", "agreement with Clebsch-Gordan sums", partial(_agreement, size.exact))
    tables["equivariance"] = part("equivariance", "rotations and reflections", partial(_turned, size.turned, seed))
    tables["potential"] = [
        part(f"potential.{peer}.{k}", f"potential, run {k + 1}", partial(_potential, size.potential, peer, seed + k))
        for k in range(size.potential[-1])
    ]
    tables["classifier"] = part(
        f"classifier.{peer}", "Tetris shapes", partial(_classifiers, size.classifier_steps, peer, seed)
    )
    progress(1.0, "figure")
    return Outcome(measured=judge(tables, scale), figure=partial(_figure, tables), tables=tables)


def _figure(tables: dict[str, Any]) -> Any:
    from symmeter.papers._gaunt_tensor_products_figure import draw

    return draw(tables)


def _speed(lmax: int, size: _Scale, peer: str) -> dict[str, Any]:
    from symmeter.nn.gaunt.timing import speed_row

    row = speed_row(lmax, batch=size.batch, channels=size.channels, against=peer, rounds=200, budget=size.budget)
    return row.to_json()


def _routes(degrees: Sequence[int], scale: str) -> dict[str, Any]:
    """Milliseconds of each route for 256 rows, and multiplications of a Clebsch-Gordan product."""
    from symmeter.nn.gaunt.expressivity import allowed_paths
    from symmeter.nn.gaunt.timing import route_times

    budget = 0.3 if scale == "smoke" else 12.0
    out: dict[str, Any] = {"rows": 256}
    for name, largest in (("dense", 16), ("separable", 99), ("fourier", 8), ("cg", 8)):
        kept = [lmax for lmax in degrees if lmax <= largest]
        out[name] = {"lmax": kept, "ms": route_times(kept, name, budget=budget, rounds=100)}
    counted = list(range(2, max(degrees) + 1, 2))
    counts = [
        sum((2 * a + 1) * (2 * b + 1) * (2 * c + 1) for a, b, c in allowed_paths((lmax, lmax, lmax)))
        for lmax in counted
    ]
    out["multiplications"] = {"lmax": counted, "count": counts}
    return out


def _construction(degrees: Sequence[int], largest: int) -> dict[str, Any]:
    """Milliseconds to construct a product with nothing cached."""
    import time

    from symmeter.nn.gaunt import GauntTensorProduct, constants, cubature

    GauntTensorProduct(1, 1, 1)
    out = {}
    for lmax in (*degrees, largest):
        best = float("inf")
        for _ in range(3):
            for made in (constants.dense_arrays, constants.paired_arrays, constants.separable_arrays):
                made.cache_clear()
            cubature.full_rule.cache_clear()
            cubature.paired_rule.cache_clear()
            start = time.perf_counter()
            GauntTensorProduct(lmax, lmax, lmax)
            best = min(best, time.perf_counter() - start)
        out[str(lmax)] = 1e3 * best
    return out


def _agreement(degrees: Sequence[int]) -> dict[str, Any]:
    """Largest difference from one-path-at-a-time Clebsch-Gordan sums, relative, in float64."""
    import torch

    from symmeter.nn.gaunt import GauntTensorProduct
    from symmeter.nn.gaunt.degrees import size_of

    out: dict[str, Any] = {"lmax": list(degrees)}
    for name in ("dense", "separable", "fourier", "bracket"):
        out[name] = []
    for lmax in degrees:
        generator = torch.Generator().manual_seed(lmax)
        x, y = (torch.randn(32, size_of(lmax), generator=generator, dtype=torch.float64) for _ in range(2))
        sums, crossed = GauntTensorProduct(lmax, lmax, lmax, backend="cg", antisymmetric=True).double()(x, y)
        for name in ("dense", "separable", "fourier"):
            found = GauntTensorProduct(lmax, lmax, lmax, backend=name).double()(x, y)
            out[name].append(float((found - sums).abs().max() / sums.abs().max()))
        _, bracket = GauntTensorProduct(lmax, lmax, lmax, antisymmetric=True).double()(x, y)
        out["bracket"].append(float((bracket - crossed).abs().max() / crossed.abs().max()))
    return out


def _turned(degrees: Sequence[int], seed: int) -> dict[str, Any]:
    """Equivariance errors of products with their brackets, half of the rotations improper."""
    import torch

    from symmeter.nn.gaunt import GauntTensorProduct

    out: dict[str, Any] = {"lmax": list(degrees), "float64": [], "float32": [], "bfloat16": []}
    for lmax in degrees:
        for name in ("float64", "float32", "bfloat16"):
            product = GauntTensorProduct(
                lmax, lmax, lmax, channels=2, weights="separable", antisymmetric=lmax <= 12
            ).to(getattr(torch, name))
            generator = torch.Generator().manual_seed(seed)
            out[name].append(product.equivariance_error(8 if lmax <= 12 else 4, generator))
    return out


def _potential(size: tuple[int, ...], peer: str, seed: int) -> dict[str, Any]:
    from symmeter.papers._gaunt_tensor_products_training import train_potentials

    train, test, steps, lmax, channels, _ = size
    return train_potentials(("gaunt", peer), train, test, steps, lmax, channels, seed)


def _classifiers(steps: int, peer: str, seed: int) -> dict[str, Any]:
    from symmeter.papers._gaunt_tensor_products_training import train_classifiers

    kinds = {"gaunt": ("gaunt", False), "gaunt_with_bracket": ("gaunt", True), "peer": (peer, True)}
    return train_classifiers(kinds, steps, seed)


PAPER = Paper.of(
    entry("gaunt-tensor-products"),
    implements=(
        "symmeter.nn.GauntTensorProduct",
        "symmeter.nn.PoissonTensorProduct",
        "symmeter.nn.GauntConv",
        "symmeter.nn.gaunt_power",
        "symmeter.representations.gaunt_table",
    ),
    claims=CLAIMS,
    run=run,
)
