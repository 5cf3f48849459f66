"""Which graphs can random networks tell apart, and can they learn to tell what message passing cannot see?"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from symmeter.nn.frames.graph_models import GIN, GraphMLP
from symmeter.nn.frames.permutation import PermutationFrame
from symmeter.nn.frames.permutation_average import PermutationAverage
from symmeter.nn.graphs import all_graphs, connected_graphs, wl_colours, wl_equivalent_pairs
from symmeter.papers._frame_averaging_pairs import MOST_VERTICES, ring_pairs

__all__ = ["CLASSIFIERS", "classified", "enumeration", "frame_statistics", "separation"]

#: L1 distance of 10-dimensional embeddings below which two graphs count as not told apart, as in the reference.
THRESHOLD = 1e-3
#: Largest frame that is evaluated whole: all orderings of eight vertices.
_WHOLE = 40_320


def enumeration(vertices: int) -> dict[str, Any]:
    """Numbers of graphs, of connected ones, and of pairs that 1-WL cannot tell apart, by number of vertices."""
    rows = {
        n: [len(all_graphs(n)), len(connected_graphs(n)), len(wl_equivalent_pairs(connected_graphs(n)))]
        for n in range(4, vertices + 1)
    }
    return {str(n): row for n, row in rows.items()}


def frame_statistics(vertices: int, seed: int) -> dict[str, Any]:
    """Sizes of Laplacian frames, of automorphism groups, and whether FA-MLP stays the same under renumbering."""
    graphs = connected_graphs(vertices)
    frames = PermutationFrame().compute(graphs)
    sizes = np.array(frames.all_sizes, dtype=np.int64)
    order = np.array([frames.automorphisms(b).order for b in range(len(graphs))])
    elements = frames.elements(limit=_WHOLE)
    rng = np.random.default_rng(seed)
    numbering = rng.permuted(np.tile(np.arange(vertices), (len(graphs), 1)), axis=1)
    renumbered = graphs[np.arange(len(graphs))[:, None, None], numbering[:, :, None], numbering[:, None, :]]
    torch.manual_seed(seed)
    model = PermutationAverage(GraphMLP(vertices), limit=_WHOLE).double()
    with torch.no_grad():
        y, z = (torch.tanh(model(torch.tensor(a, dtype=torch.float64))) for a in (graphs, renumbered))
    distance = torch.cdist(y, y, p=1).fill_diagonal_(torch.inf)
    return {
        "graphs": len(graphs),
        "mean": float(sizes.mean()),
        "median": float(np.median(sizes)),
        "largest": int(sizes.max()),
        "total": int(sizes.sum()),
        "automorphisms": int(order.sum()),
        "as_small_as_automorphisms": int((sizes == order).sum()),
        "evaluations": len(elements),
        "renumbering": float((y - z).abs().max()),
        "smallest_distance": float(distance.min()),
        "below_threshold": int((distance < THRESHOLD).sum()) // 2,
    }


# ---- separation by random networks -----------------------------------------------------------------------------------


def separation(vertices: int, seeds: int) -> dict[str, Any]:
    """Pairs of connected graphs that stay within the threshold for every one of the first 1, 2, ... random networks."""
    torch.set_num_threads(1)
    graphs = connected_graphs(vertices)
    a = torch.tensor(graphs, dtype=torch.float32)
    frames = PermutationFrame().compute(graphs)
    whole = frames.elements(limit=_WHOLE)
    sampled = frames.elements(samples=8, rng=0, stochastic=True)
    canonical = PermutationFrame("laplacian,refinement").compute(graphs).elements()
    averaged = PermutationAverage
    networks: dict[str, tuple[Callable[[], torch.nn.Module], Any]] = {
        "fa-mlp": (lambda: averaged(GraphMLP(vertices)), whole),
        "fa-gin": (lambda: averaged(GIN(ids=vertices)), whole),
        "fa-mlp-sampled": (lambda: averaged(GraphMLP(vertices)), sampled),
        "fa-mlp-canonical": (lambda: averaged(GraphMLP(vertices)), canonical),
        "gin": (GIN, None),
    }
    out: dict[str, Any] = {
        "graphs": len(graphs),
        "pairs": len(graphs) * (len(graphs) - 1) // 2,
        "wl_pairs": len(wl_equivalent_pairs(graphs)),
        "evaluations": {"whole": len(whole), "orderings": sum(frames.all_sizes), "canonical": len(canonical)},
    }
    for name, (make, elements) in networks.items():
        left = None
        counts: list[int] = []
        for seed in range(seeds):
            torch.manual_seed(seed)
            net = make()
            with torch.no_grad():
                y = torch.tanh(net(a) if elements is None else net(a, elements=elements)).double().numpy()
            left = _near(y, THRESHOLD) if left is None else left[_distance(y, left) <= THRESHOLD]
            counts.append(len(left))
            if not len(left):
                break
        assert left is not None
        out[name] = counts
        if name == "fa-mlp" and len(left):
            out["left"] = _closest(graphs, a, left, frames, whole, vertices)
    return out


def _near(y: np.ndarray, radius: float) -> np.ndarray:
    """All pairs of rows within an L1 distance, by a tree instead of the full table of distances."""
    from scipy.spatial import KDTree

    return KDTree(y).query_pairs(radius, p=1, output_type="ndarray")


def _distance(y: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    return np.abs(y[pairs[:, 0]] - y[pairs[:, 1]]).sum(1)


def _closest(
    graphs: np.ndarray, a: torch.Tensor, left: np.ndarray, frames: Any, elements: Any, vertices: int
) -> dict[str, Any]:
    """The pairs that are left: distances in double precision, frame sizes, and the matrices for the figure."""
    torch.manual_seed(0)
    model = PermutationAverage(GraphMLP(vertices)).double()
    members, back = np.unique(left, return_inverse=True)
    with torch.no_grad():
        y = torch.tanh(model(a[members].double(), elements=elements.of(members))).numpy()
    return {
        "distances": _distance(y, back.reshape(left.shape)).tolist(),
        "sizes": [[frames.all_sizes[i] for i in pair] for pair in left],
        "matrices": graphs[left].astype(int).tolist(),
    }


# ---- classification of pairs that 1-WL cannot tell apart ------------------------------------------------------------

#: Rows of the classification: what it is called, keys of its frame (None without), and the orderings drawn of others.
CLASSIFIERS = {
    "gin": ("GIN", None),
    "fa-mlp": ("FA-MLP", "wl,refinement"),
    "fa-gin": ("FA-GIN+ID", "wl,refinement"),
    "fa-mlp-laplacian": ("FA-MLP, Laplacian keys", "laplacian"),
    "ga-mlp": ("GA-MLP: 16 random orderings", "features"),
}
_SAMPLES = 16


def _classifier(name: str) -> torch.nn.Module:
    options: dict[str, Any] = {"outputs": 1, "activation": torch.relu}
    if name.endswith("gin"):
        gin = GIN(3, ids=MOST_VERTICES if name == "fa-gin" else 0, pooling="mean", head=(10,), **options)
        return gin if name == "gin" else PermutationAverage(gin, samples=_SAMPLES)
    return PermutationAverage(GraphMLP(MOST_VERTICES, 3, hidden=(256, 256, 64), **options), samples=_SAMPLES)


def classified(name: str, pairs: int, epochs: int, seed: int) -> dict[str, Any]:
    """Train on two thirds of the pairs, choose the epoch on a sixth, test on a sixth; a pair is never split.

    Orderings of frames that are too large are drawn anew in every epoch, and stay as they are in testing.

    Returns
    -------
    dict
        Test accuracy at the best validation loss, the epoch, sizes of frames, seconds of one processor.
    """
    torch.set_num_threads(1)
    data = ring_pairs(pairs, seed)
    # Rings first, then hubs: features sort in ascending order.
    kinds = -data.kinds
    colours = wl_colours(data.adjacency.astype(int), (data.kinds @ [1, 2, 3]).astype(int))
    histograms = np.sort(colours, axis=1)
    start = time.process_time()
    torch.manual_seed(seed)
    model = _classifier(name)
    elements, sizes, frames = None, None, None
    keys = CLASSIFIERS[name][1]
    if keys == "features":
        # Group averaging: any ordering of the vertices, with no regard to the graph.
        frames = PermutationFrame("features").compute(None, np.zeros((*data.mask.shape, 1)), data.mask)
        elements = frames.elements(limit=1, samples=_SAMPLES, rng=seed, stochastic=True)
    elif keys is not None:
        frames = PermutationFrame(keys).compute(data.adjacency, kinds, data.mask)
        sizes = [float(np.median(frames.all_sizes)), float(max(frames.all_sizes))]
        elements = frames.elements(limit=_SAMPLES, samples=_SAMPLES, rng=seed)
    a, x, y = (torch.tensor(v, dtype=torch.float32) for v in (data.adjacency, kinds, data.labels))
    mask = torch.tensor(data.mask)

    drawn = elements

    def draw(epoch: int) -> None:
        nonlocal drawn
        if frames is not None and elements is not None:
            drawn = frames.redrawn(elements, 1000 * seed + epoch)

    def logits(some: torch.Tensor) -> torch.Tensor:
        now = drawn if model.training else elements
        more = {} if now is None else {"elements": now.of(some.numpy())}
        return model(a[some], x[some], mask=mask[some], **more)[:, 0]

    first, second = 2 * (2 * pairs // 3), 2 * (5 * pairs // 6)
    train, check, test = torch.arange(first), torch.arange(first, second), torch.arange(second, 2 * pairs)
    accuracy, epoch, curve = _fit(model, logits, draw, y, train, check, test, epochs)
    return {
        "accuracy": accuracy,
        "epoch": epoch,
        "curve": curve,
        "wl_equivalent": bool((histograms[::2] == histograms[1::2]).all()),
        "frames": sizes,
        "exact": None if elements is None else float(elements.exact.mean()),
        "test_graphs": len(test),
        "seconds": time.process_time() - start,
    }


def _fit(
    model: torch.nn.Module,
    logits: Callable[[torch.Tensor], torch.Tensor],
    draw: Callable[[int], None],
    y: torch.Tensor,
    train: torch.Tensor,
    check: torch.Tensor,
    test: torch.Tensor,
    epochs: int,
) -> tuple[float, int, list[float]]:
    loss = torch.nn.functional.binary_cross_entropy_with_logits
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    best, accuracy, epoch, curve = np.inf, 0.0, 0, []
    for k in range(epochs):
        draw(k)
        model.train()
        for some in train[torch.randperm(len(train))].split(50):
            optimizer.zero_grad()
            loss(logits(some), y[some]).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            now = loss(logits(check), y[check]).item()
            right = ((logits(test) > 0) == (y[test] > 0)).float().mean().item()
        curve.append(right)
        if now < best:
            best, accuracy, epoch = now, right, k
    return accuracy, epoch, curve
