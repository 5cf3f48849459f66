"""What the affine experiment measures: exact numbers, trained networks, causes of errors, and times."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from symmeter.groups.lie import SL, GLp, MatrixLieGroup, haar_density, integrate, multivariate_gamma
from symmeter.nn.affine import (
    AffineResNet,
    AffineTraining,
    DeformedDigits,
    GroupSampler,
    equivariance_report,
    holding_samples,
    move_images,
    polar,
)
from symmeter.nn.affine.training import accuracy
from symmeter.papers._lie_decompositions_networks import DIGIT, NETWORKS, RECIPE, SIZE, STRENGTHS, build, weights_of

__all__ = ["causes", "contrast", "exactness", "times", "trained"]


# -- exact numbers ----------------------------------------------------------------------------------------------------


def exactness(seed: int, count: int) -> dict[str, Any]:
    """Worked numbers, invariance of integrals, and networks under motions of the pixel grid."""
    shear = torch.tensor([[1.0, 1.0], [0.0, 1.0]], dtype=torch.float64)
    X, R = polar(shear)
    at = torch.eye(2, dtype=torch.float64).requires_grad_()
    polar(at)[0].sum().backward()
    assert at.grad is not None
    out: dict[str, Any] = {
        "shear": max(
            abs(float(torch.atan2(R[1, 0], R[0, 0])) + 0.4636476090),
            abs(float(torch.linalg.eigvalsh(X)[1]) - 0.4812118251),
        ),
        "gradient": bool(torch.isfinite(at.grad).all()),
        "ball": _ball(seed, count),
        "invariance": _invariance(seed, count),
        "gamma": _gamma(seed, count),
    }
    torch.manual_seed(seed)
    images = torch.rand(4, 1, 24, 24)
    turns = {}
    for group in ("so2", "sl2", "gl2"):
        net = AffineResNet(group, width=4, samples=8, turns=4, kernel_width=12, mode="frozen", seed=seed).eval()
        with torch.no_grad():
            one, two = net.features(images), net.features(torch.rot90(images, 1, (-2, -1)))
        turns[group] = float((two - torch.rot90(one, 1, (-2, -1))).abs().max())
    out["turns"] = turns
    return out


def _ball(seed: int, count: int) -> list[float]:
    """Largest distance of the law of |g|^2 in a ball of SL(2) from the uniform one, with Haar weights and without."""
    sampler = GroupSampler(
        "sl2", count, measure="haar", radius=math.acosh(5) / math.sqrt(2), angles="points", seed=seed
    )
    s = sampler.draw()
    q = s.elements.square().sum((1, 2))
    order = q.argsort()
    uniform = (q[order] - 2) / 8
    with_weights = (s.weights[order].cumsum(0) - uniform).abs().max()
    without = (torch.arange(1, count + 1) / count - uniform).abs().max()
    return [float(with_weights), float(without)]


def _invariance(seed: int, count: int) -> dict[str, Any]:
    """Integrals of ``exp(-|h g - M|^2)`` over SL(2) for four h: with Haar measure, and from log-normal samples."""
    M = np.array([[1.0, 0.3], [-0.2, 0.8]])
    moves = np.array([np.eye(2), np.diag([1.5, 1 / 1.5]), [[1, 0.8], [0, 1]], [[0, -1], [1, 0]]])

    def f(g: np.ndarray) -> np.ndarray:
        return np.exp(-((moves[None] @ g[:, None] - M) ** 2).sum((2, 3)))

    found = integrate(f, SL(2), n=count, seed=seed, method="lattice")
    g = SL(2).sample(count, measure="lognormal", rng=seed)[0]
    return {
        "haar": (2 * np.pi * np.asarray(found.value)).tolist(),
        "error": (2 * np.pi * np.asarray(found.error)).tolist(),
        "lognormal": f(g).mean(0).tolist(),
    }


def _gamma(seed: int, count: int) -> list[float]:
    """``int det(S)^2 exp(-tr S) dmu`` over 2 x 2 positive matrices through their logarithms, and its exact value."""
    rng = np.random.default_rng(seed)
    y = rng.standard_normal((count, 3)) * 1.4
    Y = np.empty((count, 2, 2))
    Y[:, 0, 0], Y[:, 1, 1], Y[:, 0, 1], Y[:, 1, 0] = y[:, 0], y[:, 1], y[:, 2], y[:, 2]
    density = np.exp(-(y**2).sum(1) / 2 / 1.4**2) / (2 * np.pi * 1.4**2) ** 1.5
    values = np.linalg.eigvalsh(Y)
    integrand = np.exp(2 * values.sum(1) - np.exp(values).sum(1)) * haar_density(Y, "spd-log")
    terms = integrand / density
    return [float(terms.mean()), float(terms.std() / math.sqrt(count)), multivariate_gamma(2.0, 2)]


# -- trained networks -------------------------------------------------------------------------------------------------


def trained(name: str, seed: int, seconds: float | None, epochs: int = 1, count: int = 797) -> dict[str, Any]:
    """One network, trained on one thread for so much processor time (or some epochs), and tested."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _trained(name, seed, seconds, epochs, count)
    finally:
        torch.set_num_threads(threads)


def _trained(name: str, seed: int, seconds: float | None, epochs: int, count: int) -> dict[str, Any]:
    chosen = NETWORKS[name]
    net: Any = build(name, seed)
    upright = DeformedDigits("test", SIZE, DIGIT, 0.0, 1000).batch(range(40))[0] * 2 - 1
    before = contrast(net, upright, seed)
    data = DeformedDigits("train", SIZE, DIGIT, 1.0 if chosen.augmented else 0.0, seed)
    fixed = data.all()
    recipe = RECIPE if seconds else RECIPE.with_options(epochs=epochs)
    small = seconds is None

    def epoch(number: int) -> tuple[torch.Tensor, torch.Tensor]:
        images, labels = data.all(number) if chosen.augmented else fixed
        return (images[:64], labels[:64]) if small else (images, labels)

    run = AffineTraining(net, recipe, epoch, seconds=seconds, seed=seed).run()
    tests = {s: DeformedDigits("test", SIZE, DIGIT, s, 1000).batch(range(count)) for s in STRENGTHS}
    torch.manual_seed(seed)
    out: dict[str, Any] = {
        "network": name,
        "seed": seed,
        "weights": weights_of(net),
        "steps": run.steps,
        "seconds": run.seconds,
        "loss": float(np.mean(run.losses[-50:])),
        "accuracy": [accuracy(net, *tests[s]) for s in STRENGTHS],
    }
    if chosen.draws > 1:
        out["averaged"] = [accuracy(lambda x: net.averaged(x, chosen.draws), *tests[s]) for s in (0.0, 1.0, 2.0)]
    # Logits should not change: what a mild move of GL+(2) does to them, and why.
    x = tests[0.0][0][:32] * 2 - 1
    report = equivariance_report(net, GLp(2), x, moves=4, spread=0.15, draws=4, seed=seed, background=-1.0)
    out["report"] = {k: v for k, v in report.to_json().items() if not isinstance(v, str)}
    out["contrast"] = {"before": before, "after": contrast(net, upright, seed)}
    if name in ("GL+(2)", "CNN"):
        out["shown"] = _shown(net, tests[0.0][0])
    return out


@torch.no_grad()
def contrast(net: Any, x: torch.Tensor, seed: int, moves: int = 3, spread: float = 0.15) -> dict[str, float | None]:
    """Changes of the logits under mild moves of GL+(2), in units of the distance between different digits.

    A relative change says little by itself: before training the logits of all digits are nearly one. ``still`` leaves
    the samples where they are, ``along`` moves them with the image, as equivariance has it; a plain network has none.
    """
    training, _ = net.training, net.eval()
    z = spread * torch.randn(moves, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    elements = torch.from_numpy(np.asarray(GLp(2).exp(z.numpy())))
    with holding_samples(net, seed):
        logits = net(x)
    # The mean square distance of two digits is twice the variance.
    apart = (2 * (logits - logits.mean(0)).square().sum(1).mean()).sqrt()
    found: dict[str, list[float]] = {"still": [], "along": []}
    for g in elements:
        moved = move_images(x, g, background=-1.0)
        for name, at in (("still", None), ("along", g)):
            with holding_samples(net, seed, at):
                found[name].append(float((net(moved) - logits).square().sum(1).mean().sqrt() / apart))
    net.train(training)
    mean = {name: sum(values) / len(values) for name, values in found.items()}
    return {**mean, "along": mean["along"] if isinstance(net, AffineResNet) else None}


def _shown(net: Any, images: torch.Tensor) -> dict[str, Any]:
    """A digit and its shear, and the first features of both."""
    g = torch.tensor([[1.1, 0.45], [-0.1, 0.9]])
    x = images[4:5] * 2 - 1
    moved = move_images(x, g, background=-1.0)
    with torch.no_grad():
        lift = net.lift if isinstance(net, AffineResNet) else net.first
        fields = [lift(t) for t in (x, moved)]
        fields = [f.amax(2) if f.ndim == 5 else f for f in fields]
        # Away from the digit a feature has the value of the empty ground, which is what comes in from outside.
        ground = [fields[0][:, k : k + 1, :2, :2].mean() for k in range(fields[0].shape[1])]
        carried = torch.cat(
            [move_images(fields[0][:, k : k + 1], g, unit=SIZE / 2, background=float(v)) for k, v in enumerate(ground)],
            dim=1,
        )
    channels = int(fields[0].std((2, 3))[0].argmax())

    def pack(t: torch.Tensor) -> list[list[float]]:
        return [[round(float(v), 3) for v in row] for row in t]

    return {
        "digit": pack(x[0, 0]),
        "moved": pack(moved[0, 0]),
        "features": pack(fields[0][0, channels]),
        "carried": pack(carried[0, channels]),
        "of_moved": pack(fields[1][0, channels]),
    }


# -- causes of errors -------------------------------------------------------------------------------------------------


def causes(seed: int, small: bool) -> list[dict[str, Any]]:
    """Parts of the equivariance error of untrained networks: more samples, finer grids, other laws."""
    short = {"mask": "hard", "support": 0.6}
    cases: list[tuple[str, dict[str, Any], int, MatrixLieGroup]] = [
        ("10 samples, 28 px", {}, 28, SL(2)),
        ("30 samples, 28 px", {"samples": 30}, 28, SL(2)),
        ("10 random samples, 28 px", {"points": "random"}, 28, SL(2)),
        ("10 samples, 84 px", {}, 84, SL(2)),
        ("short kernels, 28 px", short, 28, SL(2)),
        ("short kernels, 84 px", short, 84, SL(2)),
        ("short kernels, 84 px, moves of GL+(2)", short, 84, GLp(2)),
    ]
    rows = []
    moves, draws = (1, 2) if small else (3, 6)
    for name, options, size, group in cases[: 1 if small else None]:
        made = {"samples": 10, "points": "stratified", "first": 4.0, "frequency": 4.0, **options}
        torch.manual_seed(seed)
        model = _Block(AffineResNet("gl2", width=6, padding="same", kernel_width=16, **made).eval(), size // 28)
        images = DeformedDigits("test", size, size * DIGIT // SIZE, 0.0).batch(range(4))[0]
        report = equivariance_report(
            model, group, images, moves=moves, spread=0.15, draws=draws if size == 28 else 1, seed=seed, pitch=2
        )
        rows.append({"name": name, **{k: v for k, v in report.to_json().items() if not isinstance(v, str)}})
    return rows


class _Block(torch.nn.Module):
    """A network up to its first residual block, on a grid that is finer by a whole factor: the same kernels."""

    def __init__(self, net: AffineResNet, finer: int) -> None:
        super().__init__()
        self.net = net
        if finer > 1:
            size = 5 * finer
            net.lift = net.lift.at_size(size)
            for block in net.blocks:
                parts: Any = block
                for k in range(2):
                    parts[k] = parts[k].at_size(size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net.features(x, stage=1)


# -- times ------------------------------------------------------------------------------------------------------------


def times(rounds: int, count: int) -> dict[str, Any]:
    """Coordinates of many matrices beside eigenvectors (and geomstats, where it is installed), and a training step."""
    from symmeter.papers._lie_decompositions_timing import coordinate_times, step_times

    return {"coordinates": coordinate_times(count, rounds), "step": step_times(rounds)}
