"""Processor time of the affine layers beside what they replace, on one thread, interleaved and best of several.

The dense arrangement is how the published code works, written here anew: every layer computes the coordinates of all
pairs from eigenvectors of ``g g^T``, and evaluates the whole kernel network at every pair and cell before masking.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from symmeter.groups.lie import polar
from symmeter.nn.affine import AffineResNet
from symmeter.nn.affine.convolution import AffineConvolution
from symmeter.nn.affine.samples import GroupSamples

__all__ = ["bare_convolutions", "coordinate_times", "dense", "polar_by_eigenvectors", "step_times"]


def polar_by_eigenvectors(g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Polar coordinates through eigenvectors of ``g g^T``."""
    values, vectors = np.linalg.eigh(g @ g.swapaxes(1, 2))
    flat = vectors.swapaxes(1, 2)
    return (vectors * np.log(values)[:, None] / 2) @ flat, (vectors / np.sqrt(values)[:, None]) @ flat @ g


def coordinate_times(count: int, rounds: int) -> dict[str, float | None]:
    """Milliseconds for ``count`` 2 x 2 matrices: ours, by eigenvectors, and by geomstats where it can be imported."""
    g = np.random.default_rng(0).standard_normal((count, 2, 2))
    g[np.linalg.det(g) < 0, 0] *= -1
    jobs: dict[str, Callable[[], Any]] = {"ours": lambda: polar(g), "eigenvectors": lambda: polar_by_eigenvectors(g)}
    try:
        import geomstats.geometry.spd_matrices as spd  # type: ignore[import-not-found]
    except ImportError:
        pass
    else:

        def by_geomstats() -> tuple[Any, Any]:
            s = g @ g.swapaxes(1, 2)
            return spd.logmh(s) / 2, spd.powermh(s, -0.5) @ g

        jobs["geomstats"] = by_geomstats
    return {"geomstats": None, **_best(jobs, rounds)}


def _dense_values(layer: AffineConvolution, outputs: GroupSamples, inputs: GroupSamples | None = None) -> torch.Tensor:
    kernel: Any = layer.kernel
    like = kernel.last.weight
    u = layer._window(outputs).to(like.dtype)
    if inputs is None:
        c = u.new_zeros(*u.shape[:-1], 0)
    else:
        g = torch.linalg.inv(outputs.elements)[:, None] @ inputs.elements[None]
        values, vectors = torch.linalg.eigh(g @ g.mT)
        log = (vectors * values.log()[..., None, :] / 2) @ vectors.mT
        turn = (vectors * values.rsqrt()[..., None, :]) @ vectors.mT @ g
        angle = torch.atan2(turn[..., 1, 0], turn[..., 0, 0])
        skew = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=g.dtype)
        c = ((log + angle[..., None, None] * skew).flatten(-2) @ layer.group._vee).to(like.dtype)
        shape = (*c.shape[:2], u.shape[1])
        u, c = u[:, None].expand(*shape, -1), c[:, :, None].expand(*shape, -1)
    first, second = kernel.of_points, kernel.of_coordinates
    weight = first.weight if second is None else torch.cat([first.weight, second.weight], dim=1)
    y = torch.sin(kernel.first * nn.functional.linear(torch.cat([u, c], dim=-1), weight, first.bias))
    for inner in kernel.inner:
        y = torch.sin(kernel.hidden * inner(y))
    return layer._masked(kernel.last(y), u, None if inputs is None else c)


def _plain_convolution(layer: AffineConvolution, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    padding = layer.kernel_size // 2 if layer.padding == "same" else int(layer.padding)
    return nn.functional.conv2d(x, weight.unflatten(-1, (layer.kernel_size, layer.kernel_size)), padding=padding)


def dense(net: AffineResNet) -> AffineResNet:
    """The same network with its kernels in the dense arrangement."""
    for layer in net.modules():
        if isinstance(layer, AffineConvolution):
            layer.kernel_values = lambda o, i=None, layer=layer: _dense_values(layer, o, i)  # type: ignore[method-assign]
            layer._convolve = lambda x, w, layer=layer: _plain_convolution(layer, x, w)  # type: ignore[method-assign]
    return net


def bare_convolutions(net: AffineResNet, batch: int, size: int) -> Callable[[], None]:
    """The convolutions of a step, forward and backward, with kernels and fields that lie ready: no way around these."""
    layers = [net.lift, *(layer for block in net.blocks for layer in block), net.last]  # type: ignore[union-attr]
    number, ready, side = net.sampler.samples, [], size
    for place, layer in enumerate(layers):
        inside = layer.in_channels * (number if place else 1)
        x = torch.randn(batch, inside, side, side).contiguous(memory_format=torch.channels_last)
        weight = torch.randn(layer.out_channels * number, inside, layer.kernel_size, layer.kernel_size)
        padding = layer.kernel_size // 2 if layer.padding == "same" else int(layer.padding)
        weight = weight.contiguous(memory_format=torch.channels_last).requires_grad_()
        ready.append((x.requires_grad_(place > 0), weight, padding))
        side = side + 2 * padding - layer.kernel_size + 1
        if place and place % 2 == 0 and place < len(layers) - 1:
            side //= 2

    def step() -> None:
        for x, weight, padding in ready:
            x.grad = weight.grad = None
            nn.functional.conv2d(x, weight, padding=padding).sum().backward()

    return step


def step_times(rounds: int, batch: int = 16, size: int = 24, width: int = 10) -> list[dict[str, Any]]:
    """A forward and backward pass at the published settings of the kernels: the same network in both arrangements."""
    rows = []
    for group in ("sl2", "gl2"):
        x = torch.rand(batch, 1, size, size)

        def step(net: AffineResNet, x: torch.Tensor = x) -> None:
            net.zero_grad()
            net(x).square().sum().backward()

        ours, theirs = (AffineResNet(group, width=width, samples=10, hidden=64) for _ in range(2))
        theirs.load_state_dict(ours.state_dict())
        dense(theirs)
        separable = AffineResNet(group, width=width, samples=10, hidden=64, rank=1)
        jobs = {"ours": ours, "dense": theirs, "rank 1": separable}
        calls: dict[str, Callable[[], Any]] = {name: lambda n=net, s=step: s(n) for name, net in jobs.items()}
        calls["convolutions"] = bare_convolutions(ours, batch, size)
        found = _best(calls, rounds)
        rows.append({"group": group, "batch": batch, **found, "faster": found["dense"] / found["ours"]})
    return rows


def _best(jobs: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        found = dict.fromkeys(jobs, np.inf)
        for _ in range(rounds + 1):
            for name, job in jobs.items():
                start = time.process_time()
                job()
                found[name] = min(found[name], 1e3 * (time.process_time() - start))
    finally:
        torch.set_num_threads(threads)
    return found
