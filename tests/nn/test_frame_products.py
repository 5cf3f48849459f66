"""Products: poses of a cloud outside, the order of its points inside, by the network itself or by sorting."""

from __future__ import annotations

from itertools import product

import pytest

torch = pytest.importorskip("torch")

import symmeter as sm  # noqa: E402
from symmeter.errors import InputError  # noqa: E402
from symmeter.nn.frames import FrameAverage, OrderedPoints  # noqa: E402

DOUBLE = torch.float64
CUBE = torch.tensor(list(product((-1.0, 1.0), repeat=3)), dtype=DOUBLE)[None]


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=DOUBLE, generator=torch.Generator().manual_seed(seed))


def orthogonal(proper: bool) -> torch.Tensor:
    q = torch.linalg.qr(draw(3, 3, seed=11))[0]
    return q if (torch.linalg.det(q) > 0) == proper else -q


def network(n: int, out: int) -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(3 * n, 24), torch.nn.Tanh(), torch.nn.Linear(24, out)
    ).double()


class Messages(torch.nn.Module):
    """Treats points alike; shares the distances of all poses."""

    def __init__(self) -> None:
        super().__init__()
        self.pair = torch.nn.Sequential(torch.nn.Linear(7, 12), torch.nn.Tanh(), torch.nn.Linear(12, 3)).double()

    def shared(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"apart": ((x[:, :, None] - x[:, None]) ** 2).sum(-1, keepdim=True)}

    def forward(self, x: torch.Tensor, apart: torch.Tensor) -> torch.Tensor:
        n = x.shape[1]
        both = torch.cat([x[:, :, None].expand(-1, -1, n, -1), x[:, None].expand(-1, n, -1, -1), apart], -1)
        return x + self.pair(both).sum(2)


@pytest.mark.parametrize("cloud", ["generic", "cube"])
def test_a_network_that_treats_points_alike_keeps_doing_so(cloud: str) -> None:
    x = CUBE if cloud == "cube" else draw(2, 7, 3)
    model, r = FrameAverage(Messages(), "E(3)", output="points"), orthogonal(False)
    order = torch.randperm(x.shape[1], generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(model((x @ r.T + 2.0)[:, order]), (model(x) @ r.T + 2.0)[:, order], atol=1e-11, rtol=0)
    nodes = sm.nn.tensor_action("nodes", f"S{x.shape[1]}")
    assert sm.nn.equivariance_error(model, x, nodes, nodes) < 1e-12


@pytest.mark.parametrize("group", ["S(n) x E(3)", "SE(3) x S(n)", "S(n) x O(3)", "S(n) x SO(3)"])
@pytest.mark.parametrize("cloud", ["generic", "cube", "line", "duplicates"])
def test_a_network_that_treats_nothing_alike(group: str, cloud: str) -> None:
    x = {
        "generic": draw(2, 5, 3),
        "cube": CUBE,
        "line": torch.linspace(-1, 2, 5, dtype=DOUBLE)[:, None] * draw(1, 3, seed=2),
        "duplicates": torch.cat([draw(3, 3, seed=3), draw(2, 3, seed=3)]),
    }[cloud]
    x = x if x.ndim == 3 else x[None]
    n = x.shape[1]
    model, r = FrameAverage(network(n, 2), group), orthogonal("SO" in group or "SE" in group)
    t = 3.0 if "E(3)" in group else 0.0
    order = torch.randperm(n, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        torch.testing.assert_close(model((x @ r.T + t)[:, order]), model(x), atol=1e-10, rtol=0)


def test_outputs_of_each_point_go_back_to_their_places() -> None:
    net = network(5, 15)
    model = FrameAverage(lambda x: net(x).unflatten(1, (5, 3)), "S(n) x E(3)", output="points")
    x, r = draw(2, 5, 3), orthogonal(False)
    order = torch.tensor([3, 0, 4, 1, 2])
    torch.testing.assert_close(model((x @ r.T - 1.0)[:, order]), (model(x) @ r.T - 1.0)[:, order], atol=1e-11, rtol=0)
    inner = OrderedPoints(lambda x: net(x).unflatten(1, (5, 3)), per_point=True)
    torch.testing.assert_close(inner(x[:, order]), inner(x)[:, order], atol=0, rtol=0)
    assert (net(x[:, order]) - net(x)).abs().max() > 1e-2


def test_other_products_are_refused() -> None:
    with pytest.raises(InputError, match=r"products are offered of S\(n\)"):
        FrameAverage(network(5, 1), "S(n) x C4")
