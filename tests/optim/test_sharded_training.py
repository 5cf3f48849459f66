"""Two processes on the CPU (gloo): DDP and FSDP2 must train as one process does on the whole batch."""

from __future__ import annotations

import os
import socket

import pytest

torch = pytest.importorskip("torch")
import torch.distributed as dist  # noqa: E402
from torch import nn  # noqa: E402

from symmeter.optim import SymmetryStack  # noqa: E402
from symmeter.optim.pretraining import LanguageModel, NetworkShape  # noqa: E402

pytestmark = pytest.mark.skipif(not dist.is_available() or not dist.is_gloo_available(), reason="no gloo here")

# Sizes that two processes cannot share evenly are among these.
SHAPE = NetworkShape(65, width=24, heads=2, layers=2, neurons=37, experts=0)
MIXTURE = NetworkShape(65, width=24, heads=2, layers=1, neurons=20, experts=3)
STACKS = {
    "default": {},
    "hybrid": {"rules": {"embedding": "row_hybrid", "lm_head": "centered_hybrid"}, "weight_decay": 0.01},
    "active rows": {"active_rows_only": True, "scale": "none"},
    "without looking ahead": {"nesterov": False, "rules": {"lm_head": "row"}},
}


def _net(shape: NetworkShape) -> LanguageModel:
    return LanguageModel(shape, seed=1).double()


def _loss(net: nn.Module, tokens: torch.Tensor) -> torch.Tensor:
    return nn.functional.cross_entropy(net(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten())


def _trained(net: nn.Module, opt: torch.optim.Optimizer, rows: slice) -> None:
    for k in range(3):
        tokens = torch.randint(60, (4, 13), generator=torch.Generator().manual_seed(k))
        opt.zero_grad()
        _loss(net, tokens[rows]).backward()
        opt.step()


def _spread(net: LanguageModel, how: str) -> nn.Module:
    if how == "DDP":
        return nn.parallel.DistributedDataParallel(net)
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    mesh = init_device_mesh("cpu", (2,))
    for layer in net.layers:
        fully_shard(layer, mesh=mesh)
    return fully_shard(net, mesh=mesh)


def _work(rank: int, port: int, folder: str) -> None:
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    dist.init_process_group("gloo", rank=rank, world_size=2)
    torch.set_num_threads(1)
    found = {}
    for how in ("DDP", "FSDP2"):
        for name, settings in STACKS.items():
            net = _net(SHAPE)
            model = _spread(net, how)
            _trained(model, SymmetryStack(net, lr=0.01, **settings), slice(2 * rank, 2 * rank + 2))
            for n, p in net.named_parameters():
                found[f"{how}/{name}/{n}"] = (p.full_tensor() if how == "FSDP2" else p).detach().clone()
    # A gradient that is not finite on one process must stop all of them.
    net = _net(MIXTURE)
    _spread(net, "FSDP2")
    opt = SymmetryStack(net, lr=0.01, non_finite="skip")
    tokens = torch.randint(60, (4, 13), generator=torch.Generator().manual_seed(0))
    _loss(net, tokens).backward()
    if rank == 1:
        net.lm_head.weight.grad.to_local()[0, 0] = float("nan")
    before = net.embed_tokens.weight.full_tensor().detach().clone()
    opt.step()
    found["stopped"] = (net.embed_tokens.weight.full_tensor().detach() - before).abs().max()[None]
    if rank == 0:
        torch.save(found, os.path.join(folder, "found.pt"))
    dist.barrier()
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sharded")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    torch.multiprocessing.spawn(_work, args=(port, str(folder)), nprocs=2)
    return torch.load(folder / "found.pt", weights_only=True)


@pytest.mark.parametrize("how", ["DDP", "FSDP2"])
@pytest.mark.parametrize("name", STACKS)
def test_two_processes_train_as_one(found, how, name):
    net = _net(SHAPE)
    _trained(net, SymmetryStack(net, lr=0.01, **STACKS[name]), slice(None))
    for n, p in net.named_parameters():
        assert torch.allclose(found[f"{how}/{name}/{n}"], p.detach(), rtol=0, atol=1e-9), n


def test_one_bad_shard_stops_all(found):
    assert float(found["stopped"]) == 0.0
