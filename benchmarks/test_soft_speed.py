"""Soft equivariance on one thread: the fused penalty, a training step beside an MLP's, projectors beside emlp's."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from symmeter.groups import O, embed  # noqa: E402
from symmeter.nn.soft import MLP, PER, ProjectionPenalty, SoftEMLP  # noqa: E402
from symmeter.nn.soft.candidates import candidates_of  # noqa: E402
from symmeter.nn.soft.null_space import clear_memory  # noqa: E402

PLANES = {"O2_xy": embed(O(2), 3, [0, 1]), "O2_yz": embed(O(2), 3, [1, 2]), "O2_xz": embed(O(2), 3, [0, 2])}


@pytest.fixture(autouse=True)
def _one_torch_thread() -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def network(channels: int, layers: int, rep_in: str = "5T0+5T1") -> SoftEMLP:
    return SoftEMLP(
        rep_in, "T2", O(3), PLANES, channels=channels, layers=layers, generator=torch.Generator().manual_seed(0)
    )


def test_fused_penalty(beside: Any) -> None:
    """Three groups, four layers of 54 channels, forward and backward: one product a block type."""
    net = network(54, 4)
    fused = ProjectionPenalty(net.linear_maps(), net.candidates)
    each = [ProjectionPenalty(net.linear_maps(), [c]) for c in net.candidates]
    strengths = np.array([1.0, 0.3, 0.1])

    def ours() -> float:
        net.zero_grad()
        value = fused(strengths)
        value.backward()
        return float(value.detach())

    def group_by_group() -> float:
        net.zero_grad()
        total = torch.zeros(())
        for s, penalty in zip(strengths, each):
            # Without the fused form: |B - B P|^2 by autograd, group by group.
            rows = penalty.blocks.rows(penalty.blocks.flat())
            total = total + float(s) * penalty._each(rows)[0]
        total.backward()
        return float(total.detach())

    found = beside(
        "penalty of 3 groups, 4 layers of 54 channels, forward and backward",
        lambda: [ours() for _ in range(20)],
        lambda: [group_by_group() for _ in range(20)],
        "group by group",
        speedup=2.0,
    )
    assert found[0] == pytest.approx(group_by_group(), rel=1e-4)


def trained(net: Any, x: Any, y: Any, extra: Any) -> Any:
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, fused=True)

    def steps() -> float:
        value = torch.zeros(())
        for _ in range(5):
            optimizer.zero_grad(set_to_none=True)
            value = torch.nn.functional.mse_loss(net(x), y) + extra()
            value.backward()
            optimizer.step()
        return float(value.detach())

    return steps


@pytest.mark.parametrize(("channels", "layers", "batch"), [(128, 4, 500), (54, 2, 60)])
def test_step_with_and_without_penalty(beside: Any, channels: int, layers: int, batch: int) -> None:
    """What the penalty adds to a step: a speedup of 0.83 is 20 % of overhead, one of 0.71 is 40 %."""
    net, bare = network(channels, layers), network(channels, layers)
    per = PER(net)
    x, y = torch.randn(batch, 20), torch.randn(batch, 9)
    value = beside(
        f"5 training steps with penalty, {channels} channels, {layers} layers, batch {batch}",
        trained(net, x, y, lambda: per.penalty() + net.decay(2e-4)),
        trained(bare, x, y, lambda: bare.decay(2e-4)),
        "the same network without penalty",
        speedup=0.8 if channels > 100 else 0.6,
    )
    assert np.isfinite(value)


def path_by_path(layer: Any, y: Any) -> Any:
    """The products as their formula is written: every path on its own, three or four small operations each."""
    kinds = list(layer.copies)
    widths = {k: layer.d ** sum(k) for k in kinds}
    parts = y.split([layer.copies[k] * widths[k] for k in kinds])
    x = {k: part.unflatten(0, (layer.copies[k], widths[k])) for k, part in zip(kinds, parts)}
    needed: dict[Any, list[int]] = {k: [] for k in kinds}
    for path in layer.paths:
        for k in (path.left, path.right):
            needed[k].append(layer.copies[path.result])
    mixed = {}
    for k in kinds:
        weights = layer.mixtures[f"{k[0]}_{k[1]}"]
        mixed[k] = (weights @ x[k].flatten(1)).unflatten(1, x[k].shape[1:]).split(needed[k])
    total: dict[Any, Any] = {}
    for path, (i, j) in zip(layer.paths, layer.pieces):
        a, b, width = mixed[path.left][i], mixed[path.right][j], layer.d**path.contracted
        z = (a.unflatten(1, (-1, width))[:, :, :, None] * b.unflatten(1, (width, -1))[:, None]).sum(2).flatten(1, 2)
        total[path.result] = total[path.result] + z if path.result in total else z
    return y + layer.scale * torch.cat(
        [(total[k] if k in total else torch.zeros_like(x[k])).flatten(0, 1) for k in kinds]
    )


@pytest.mark.parametrize(("channels", "batch"), [(54, 60), (128, 128), (128, 500)])
def test_products_of_features(beside: Any, channels: int, batch: int) -> None:
    """Forward and backward through the products of one block."""
    layer = network(channels, 2).gated_blocks[0].products
    y = torch.randn(layer._starts[-1], batch, requires_grad=True)

    def run(products: Any) -> Any:
        out = torch.zeros(())
        for _ in range(10):
            layer.zero_grad(set_to_none=True)
            y.grad = None
            out = products(y)
            out.square().mean().backward()
        return out.detach()

    found = beside(
        f"products of features, {channels} channels, batch {batch}, forward and backward",
        lambda: run(layer),
        lambda: run(lambda v: path_by_path(layer, v)),
        "path by path",
        speedup=1.2 if batch < 500 else None,
    )
    torch.testing.assert_close(found, path_by_path(layer, y).detach(), rtol=1e-4, atol=1e-5)


def test_step_beside_an_mlp(beside: Any) -> None:
    """The aim of 1.5 times an MLP's step is missed by this network: its matrix products alone are 2.2 times the MLP's.

    Multiplications of one sample, forward: linear maps 41 thousand (MLP: 37), mixtures for products 3 times 13.
    """
    net = network(128, 4)
    per = PER(net)
    plain = MLP([20, 128, 128, 128, 9])
    x, y = torch.randn(500, 20), torch.randn(500, 9)
    value = beside(
        "5 training steps with penalty, 128 channels, 4 layers, batch 500",
        trained(net, x, y, lambda: per.penalty() + net.decay(2e-4)),
        trained(plain, x, y, lambda: plain.decay(2e-4)),
        "an MLP of the same widths",
    )
    assert np.isfinite(value)


def test_step_of_a_penalised_mlp(beside: Any) -> None:
    """The penalty on the same MLP, its layers given features: 1.5 times its step is a speedup of 0.67."""
    nets = [MLP([20, 128, 128, 128, 9]) for _ in range(2)]
    hidden = str(network(128, 4).hidden)
    features = ["5T0+5T1", hidden, hidden, hidden, "T2"]
    per = PER.for_module(nets[0], PLANES, {str(2 * k): pair for k, pair in enumerate(pairwise(features))})
    x, y = torch.randn(500, 20), torch.randn(500, 9)
    value = beside(
        "5 training steps of an MLP with the penalty of 3 groups, 128 channels, 4 layers, batch 500",
        trained(nets[0], x, y, lambda: per.penalty() + nets[0].decay(2e-4)),
        trained(nets[1], x, y, lambda: nets[1].decay(2e-4)),
        "the same MLP without penalty",
        speedup=0.667,
    )
    assert np.isfinite(value)


def test_proximal_steps_with_a_falling_rate(beside: Any) -> None:
    """Each step has another rate; the decomposition of the forms is made once."""
    net = network(128, 4)
    penalty = ProjectionPenalty(net.linear_maps(), net.candidates)
    rates = iter(np.linspace(1e-2, 1e-3, 10_000))

    def ours() -> float:
        for _ in range(3):
            penalty.proximal_(np.ones(3), float(next(rates)))
        return float(penalty.residuals()[0])

    def inverse_each_time() -> float:
        rate = float(next(rates))
        with torch.no_grad():
            rows = penalty.blocks.rows(penalty.blocks.flat())
            for b, m in zip(rows, penalty.quadratic_forms(np.ones(3))):
                b @ torch.from_numpy(np.linalg.inv(np.eye(len(m)) + rate * m)).to(b)
        return rate

    assert np.isfinite(
        beside(
            "3 proximal steps, 128 channels",
            ours,
            lambda: [inverse_each_time() for _ in range(3)],
            "inverse each time",
            speedup=3.0,
        )
    )


def test_projectors_of_the_inertia_network(beside: Any, tmp_path: Any, monkeypatch: Any) -> None:
    """All block types of 128 channels for three groups, nothing kept from before; emlp keeps what it has solved."""
    pytest.importorskip("emlp", exc_type=ImportError)
    from emlp.groups import O2eR3
    from emlp.reps import T, V

    monkeypatch.setenv("SYMMETER_CACHE", str(tmp_path))
    maps = network(128, 4).linear_maps()

    def ours() -> int:
        clear_memory()
        for file in (tmp_path / "projectors").glob("*.npy"):
            file.unlink()
        return len(ProjectionPenalty(maps, candidates_of(PLANES)).blocks.signs)

    def theirs() -> int:
        group = O2eR3()
        for p in range(4):
            for q in range(4):
                (T(p)(group) >> T(q)(group)).equivariant_basis()
        return int(V(group).size())

    assert (
        beside(
            "projectors of 3 groups, 128 channels (ranks to 6)",
            ours,
            theirs,
            "emlp, 1 group",
            speedup=10.0,
            rounds=2,
            baseline_rounds=1,
        )
        == 6
    )
