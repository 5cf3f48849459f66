"""The affine experiment: a smoke run passes what it can judge; worse networks and numbers would be seen."""

from __future__ import annotations

import copy
import json

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")

from symmeter.papers._lie_decompositions_claims import CLAIMS, judge  # noqa: E402
from symmeter.papers._lie_decompositions_networks import NETWORKS, build, weights_of  # noqa: E402
from symmeter.papers.lie_decompositions import PAPER  # noqa: E402
from symmeter.papers.run import run_paper  # noqa: E402


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    pytest.importorskip("matplotlib")
    out = tmp_path_factory.mktemp("affine")
    run_paper(PAPER, "smoke", out)
    return out, json.loads((out / "results.json").read_text())


def test_the_smoke_run_passes_all_but_what_is_too_small(results):
    out, found = results
    words = [c["outcome"] for c in found["claims"]]
    assert len(words) == len(CLAIMS)
    assert (words.count("passed"), words.count("falls short")) == (5, 0)
    assert (out / "figure.svg").stat().st_size > 1000


def test_wrong_numbers_and_worse_networks_fall_short(results):
    tables = copy.deepcopy(results[1]["tables"])
    tables["scale"], tables["seconds"] = "laptop", 60.0
    tables["exact"]["invariance"]["haar"][1] *= 1.2
    tables["exact"]["turns"]["sl2"] = 1e-3
    better, worse = [0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5], [0.98, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2]
    plain = ("CNN", "SO(2)", "GL+(2), redrawn")
    changes = {"before": {"still": 0.7, "along": 1.0}, "after": {"still": 0.3, "along": 0.6}}
    tables["trained"] = [
        {"network": name, "seed": 0, "accuracy": worse if name in plain else better, "contrast": changes}
        for name in NETWORKS
    ]
    tables["times"] = {
        "coordinates": {"ours": 1.0, "eigenvectors": 4.0, "geomstats": None},
        "step": [{"group": "sl2", "ours": 1.0, "dense": 0.9, "rank 1": 0.5, "convolutions": 0.7, "faster": 0.9}],
    }
    tables["longer"], tables["longer_seconds"] = [], None
    found = {m.claim.statement: m for m in judge(tables, "laptop")}
    outcome = {s: m.outcome for s, m in found.items()}

    def of(words: str) -> str:
        return next(o for s, o in outcome.items() if words in s)

    assert of("integral over SL(2)") == of("turn their features") == of("eigenvectors of g") == "falls short"
    assert of("training step") == "falls short"
    assert of("geomstats") == "not run"
    assert of("above a plain network of as many weights") == of("compact group") == of("redrawn") == "passed"
    assert of("undo equivariance") == of("points of one draw") == "passed"
    assert of("mend that") == "falls short"
    assert of("above a plain network of five times") == of("saw deformed digits") == "falls short"  # equal is not above
    assert of("ten minutes, GL+(2)") == of("ten minutes, so") == of("Length of training") == "not run"


def test_ten_minutes_are_compared_seed_by_seed(results):
    tables = copy.deepcopy(results[1]["tables"])
    tables.update(scale="full", seconds=120.0, longer_seconds=600.0, times=None)
    changes = {"before": {"still": 0.7, "along": 1.0}, "after": {"still": 0.3, "along": 0.6}}

    def row(name: str, seed: int, mild: float, doubled: float):
        return {"network": name, "seed": seed, "accuracy": [1, 1, mild, 1, doubled, 1, 1], "contrast": changes}

    tables["trained"] = [
        row(name, k, 0.6 + 0.01 * k, 0.55 if "5 x" in name else 0.4) for name in NETWORKS for k in range(3)
    ]
    tables["longer"] = [
        row(name, k, 0.6 + 0.01 * k + gain, 0.4 + gain)
        for name, gain in (("GL+(2)", 0.1), ("SL(2)", 0.2), ("CNN", 0.05))
        for k in range(3)
    ]

    def judged():
        return {m.claim.statement: m for m in judge(tables, "full")}

    def of(words: str):
        return next(m for s, m in judged().items() if words in s)

    for words in ("ten minutes, GL+(2)", "ten minutes, so", "ten minutes, SL(2)", "Length of training"):
        assert of(words).outcome == "passed"
    assert of("ten minutes, GL+(2)").value == "0.710 against 0.660 at 1, 0.500 against 0.450 at 2"
    assert "3 seeds, 600 s each" in of("ten minutes, GL+(2)").detail
    assert of("ten minutes, SL(2)").value == "0.600 against 0.550 at 2"
    assert "3 seeds, 600 s against 120 s" in of("ten minutes, SL(2)").detail
    assert of("Length of training").value == "GL+(2) +0.100, SL(2) +0.200, CNN +0.050"
    # One seed of three is enough to fall short, by its own plain network.
    next(r for r in tables["longer"] if (r["network"], r["seed"]) == ("SL(2)", 2))["accuracy"][2] = 0.66
    assert of("ten minutes, so").outcome == of("Length of training").outcome == "falls short"
    assert of("ten minutes, GL+(2)").outcome == of("ten minutes, SL(2)").outcome == "passed"


def test_changes_are_counted_in_distances_between_digits():
    """A network that answers with the mean grey changes by a closed form; what all digits share does not count."""
    from symmeter.nn.affine import move_images
    from symmeter.papers._lie_decompositions_parts import contrast

    class Grey(torch.nn.Module):
        def forward(self, x):
            return 100 + x.mean((1, 2, 3))[:, None]

    x = torch.rand(6, 1, 12, 12)
    found = contrast(Grey(), x, seed=3, moves=1, spread=0.3)
    z = 0.3 * torch.randn(1, 4, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    from symmeter.groups.lie import GLp

    moved = move_images(x, torch.from_numpy(GLp(2).exp(z.numpy())[0]), background=-1.0)
    grey, after = x.mean((1, 2, 3)), moved.mean((1, 2, 3))
    pairs = (grey[:, None] - grey[None]).square().mean().sqrt()
    assert found["along"] is None
    assert found["still"] == pytest.approx(float((after - grey).square().mean().sqrt() / pairs), rel=1e-4)


def test_plain_networks_are_matched_in_weights():
    sizes = {name: weights_of(build(name, 0)) for name in ("CNN", "CNN, 5 x the weights", "GL+(2)")}
    assert abs(sizes["CNN"] / sizes["GL+(2)"] - 1) < 0.1
    assert abs(sizes["CNN, 5 x the weights"] / sizes["GL+(2)"] - 5) < 0.5


def test_the_dense_arrangement_computes_the_same():
    from symmeter.nn.affine import AffineResNet
    from symmeter.papers._lie_decompositions_timing import dense

    x = torch.rand(2, 1, 20, 20)
    for group in ("sl2", "gl2"):
        net = AffineResNet(group, width=3, samples=4, mode="frozen", seed=0, kernel_width=8, hidden=8).eval()
        before = net(x)
        torch.testing.assert_close(dense(net)(x), before, atol=1e-5, rtol=1e-4)
