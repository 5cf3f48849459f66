"""The figure of the frame-averaging experiment, drawn from its tables.

Above: two graphs that message passing cannot tell apart, how such pairs are learned, and how many of 62 million pairs
random networks leave. Below: forecasts of charged particles, normals in new poses, and a frame beside a degeneracy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from symmeter.papers.figure_style import BLUE, INK, LINE, ORANGE, PAPER, PURPLE, SERIF, SOFT, TEAL, page

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw"]

#: One for each colour of 1-WL; no pair drawn here has more.
_VERTICES = (
    *("#1f57a8", "#c25700", "#00796b", "#8e4585", "#b8912f", "#6d8aa0"),
    *("#a33b4b", "#3f7f3f", "#7a6a5a", "#222222", "#d98cb3", "#70b8d8"),
)


def draw(tables: Mapping[str, Any], seed: int = 0) -> Figure:
    """The figure.

    Raises
    ------
    MissingDependencyError
        Without matplotlib.
    """
    words = "Averaged over a few orderings or poses that are computed from the input itself (frame averaging)."
    with page((12.2, 8.9), "Any network, exactly symmetric", words, at=(0.042, 0.948, 0.918)) as figure:
        grid = figure.add_gridspec(2, 3, left=0.06, right=0.975, top=0.815, bottom=0.07, hspace=0.56, wspace=0.3)
        panels = (_pair, _learned, _separated, _particles, _normals, _continuity)
        for number, panel in enumerate(panels):
            axes = figure.add_subplot(grid[divmod(number, 3)])
            axes.tick_params(length=3, width=0.8, color=LINE)
            panel(axes, tables)
    return figure


def _heading(axes: Axes, title: str, words: str, x: float = -0.1) -> None:
    axes.text(x, 1.175, title, transform=axes.transAxes, fontsize=16, family=SERIF, color=INK)
    axes.text(x, 1.065, words, transform=axes.transAxes, fontsize=8.8, color=SOFT)


# ---- graphs ---------------------------------------------------------------------------------------------------------


def _pair(axes: Axes, tables: Mapping[str, Any]) -> None:
    """Two twofold covers of one decorated ring, with the colours of 1-WL."""
    from symmeter.nn.graphs import wl_colours
    from symmeter.papers._frame_averaging_pairs import ring_pair

    _heading(axes, "Alike to message passing", "colours of 1-WL: two rings, and one that goes round twice", -0.06)
    rng = np.random.default_rng(19)
    # A pair of five places without a tree, which would clutter the picture.
    while True:
        two, one, kinds = ring_pair(rng)
        ring = int((kinds == 0).sum())
        leaves = (two.sum(1) == 1) & (kinds == 2)
        if ring == 10 and (leaves == (kinds == 2)).all() and 2 <= leaves.sum() <= 4:
            break
    colours = wl_colours(np.stack([two, one]).astype(int), np.stack([kinds, kinds]))
    names = {c: k for k, c in enumerate(dict.fromkeys(colours[0].tolist()))}
    for a, where, colour in ((two, -1.45, colours[0]), (one, 1.45, colours[1])):
        place = _places(two, kinds) + np.array([where, 0.0])
        for i, j in zip(*np.nonzero(np.triu(a))):
            crossing = abs(a[i, j] - two[i, j]) > 0
            axes.plot(
                *place[[i, j]].T,
                color=ORANGE if crossing else "#9fb0ba",
                linewidth=2.2 if crossing else 1.4,
                zorder=2 if crossing else 1,
            )
        shades = [_VERTICES[names[c] % len(_VERTICES)] for c in colour.tolist()]
        axes.scatter(*place.T, c=shades, s=52, zorder=3, edgecolors=PAPER, linewidths=1.2)
    axes.set_xlim(-2.75, 2.75)
    axes.set_aspect("equal", adjustable="datalim")
    axes.axis("off")
    axes.text(-1.45, -1.75, "two rings of five", ha="center", color=SOFT, fontsize=8.8)
    axes.text(1.45, -1.75, "one ring of ten", ha="center", color=ORANGE, fontsize=8.8)


def _places(two: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Sheets as an inner and an outer ring, hubs between them, pendant vertices beside their vertex."""
    k = int((kinds == 0).sum()) // 2
    turn = np.pi / 2 + 2 * np.pi * (np.arange(k) + 0.5) / k
    out = np.zeros((len(kinds), 2))
    for j in range(k):
        ray = np.array([np.cos(turn[j]), np.sin(turn[j])])
        out[2 * j], out[2 * j + 1] = 0.62 * ray, 1.25 * ray
    for v in np.flatnonzero(kinds > 0):
        near = np.flatnonzero(two[v])
        if len(near) == 2:
            out[v] = out[near].mean(0)
        else:
            # Outwards from the outer ring; sideways and inwards from the inner one.
            x, y = out[near[0]]
            out[v] = (1.28 * x, 1.28 * y) if near[0] % 2 else (0.55 * x - 0.4 * y, 0.55 * y + 0.4 * x)
    return out


def _learned(axes: Axes, tables: Mapping[str, Any]) -> None:
    _heading(axes, "Learned apart", "accuracy on unseen pairs while training, mean of seeds")
    rows = tables["pairs"]["rows"]
    labels = {
        "fa-mlp": ("FA-MLP", TEAL, 2.2),
        "fa-gin": ("FA-GIN+ID", BLUE, 2.0),
        "fa-mlp-laplacian": ("FA-MLP, Laplacian keys", PURPLE, 1.4),
        "ga-mlp": ("MLP, random orderings", ORANGE, 1.2),
        "gin": ("GIN: exactly one half", SOFT, 2.0),
    }
    last = max(len(run["curve"]) for runs in rows.values() for run in runs)
    for name, (_, colour, width) in labels.items():
        curve = 100.0 * np.mean([run["curve"] for run in rows[name]], axis=0)
        style = (4, 2) if name == "gin" else (1, 0)
        axes.plot(np.arange(1, len(curve) + 1), curve, color=colour, linewidth=width, dashes=style)
    axes.set(xlim=(1, last), ylim=(38, 106))
    axes.set_yticks((40, 50, 75, 100), ("40", "50", "75", "100 %"))
    axes.set_xlabel("epochs", labelpad=2)
    if last < 10:
        return
    places = {"fa-mlp": (0.1, 103.6), "fa-gin": (0.45, 80.0), "fa-mlp-laplacian": (0.99, 86.5), "ga-mlp": (0.99, 43.5)}
    places["gin"] = (0.99, 53.0)
    for name, (x, y) in places.items():
        text, colour = labels[name][:2]
        axes.text(x * last, y, text, color=colour, fontsize=8.6, ha="right" if x > 0.9 else "left", va="center")


def _separated(axes: Axes, tables: Mapping[str, Any]) -> None:
    found = tables["separation"]
    words = f"pairs of {found['graphs']:,} graphs that N random networks all confuse"
    _heading(axes, "Told apart by chance", words)
    styles = {
        "gin": (SOFT, "GIN", 2.0),
        "fa-mlp": (TEAL, "FA-MLP", 2.2),
        "fa-gin": (BLUE, "FA-GIN+ID", 2.0),
        "fa-mlp-canonical": (PURPLE, "FA-MLP, canonical", 1.4),
    }
    number = max(len(found[name]) for name in styles)
    for name, (colour, _, width) in styles.items():
        counts = np.array(found[name], dtype=float)
        marker = "o" if len(counts) < 3 else ""
        axes.plot(np.arange(1, len(counts) + 1), counts, color=colour, linewidth=width, marker=marker, markersize=6)
    axes.axhline(found["wl_pairs"], color=ORANGE, linewidth=1.2, dashes=(4, 2))
    axes.set_yscale("symlog", linthresh=1.0, linscale=0.6)
    axes.set(xscale="log", xlim=(0.88, max(number, 3)), ylim=(-0.25, 5e4))
    axes.set_yticks((0, 1, 10, 100, 1000, 10000), ("0", "1", "10", "100", "1,000", "10,000"))
    axes.minorticks_off()
    ticks = [t for t in (1, 3, 10, 30, 100) if t <= number]
    axes.set_xticks(ticks, [str(t) for t in ticks])
    axes.set_xlabel("networks N", labelpad=2)
    if number < 10:
        return
    axes.text(number, found["wl_pairs"] * 0.82, f"no GIN can go below {found['wl_pairs']}", color=ORANGE, fontsize=8.4,
              ha="right", va="top")  # fmt: skip
    axes.text(1.3, 0.32 * found["gin"][0], "GIN", color=SOFT, fontsize=8.8)
    left = found["fa-mlp"][-1]
    words = f"FA-MLP, whole frames: {left} left"
    axes.text(number, max(left, 0.35) * 1.7, words, color=TEAL, fontsize=8.4, ha="right")
    axes.text(1.25, 0.09, "FA-GIN+ID, FA-MLP on canonical orderings: 0", color=BLUE, fontsize=8.2)


# ---- clouds ---------------------------------------------------------------------------------------------------------


def _particles(axes: Axes, tables: Mapping[str, Any]) -> None:
    _heading(axes, "Five charges, 1000 steps ahead", "mean squared error of positions; dots: seeds", -0.1)
    rows = tables["particles"]["rows"]
    names = {
        "plain": ("plain GNN", SOFT),
        "rotated": ("+ random rotations", SOFT),
        "rotated-longer": ("+ five times the epochs", SOFT),
        "stochastic": ("FA-GNN, one frame in training", BLUE),
        "stochastic-longer": ("+ five times the epochs", BLUE),
        "averaged": ("FA-GNN", TEAL),
    }
    high = max(run["error"] for runs in rows.values() for run in runs)
    for k, (name, (label, colour)) in enumerate(names.items()):
        errors = np.array([run["error"] for run in rows[name]])
        broken = np.mean([run["largest_violation"] for run in rows[name]])
        y = len(names) - 1 - k
        axes.plot([0, errors.mean()], [y, y], color=colour, linewidth=5.5, alpha=0.85, solid_capstyle="butt")
        axes.plot(errors, np.full(len(errors), y), "o", color=PAPER, markersize=3.6, markeredgecolor=colour, zorder=4)
        seconds = np.mean([run["seconds"] for run in rows[name]])
        axes.text(0, y + 0.3, label, color=colour if colour != SOFT else INK, fontsize=8.8)
        axes.text(errors.max() + 0.03 * high, y, f"{errors.mean():.4f}", color=INK, fontsize=8.8, va="center")
        axes.text(1.5 * high, y, _power(float(broken)), color=SOFT, fontsize=8.6, va="center", ha="right")
        axes.text(1.74 * high, y, f"{seconds:.0f} s", color=SOFT, fontsize=8.6, va="center", ha="right")
    for x, words in ((1.5, "E(3) off by"), (1.74, "time")):
        axes.text(x * high, len(names) - 0.45, words, color=SOFT, fontsize=7.8, ha="right", va="bottom")
    axes.set(xlim=(0, 1.75 * high), ylim=(-0.55, len(names) - 0.35))
    axes.set_xticks([t for t in axes.get_xticks() if 0 <= t <= high])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _power(value: float) -> str:
    if value >= 0.01:
        return f"{value:.2f}"
    digits, exponent = f"{value:.0e}".split("e")
    return rf"${digits} \times 10^{{{int(exponent)}}}$"


def _normals(axes: Axes, tables: Mapping[str, Any]) -> None:
    _heading(axes, "Normals in new poses", "mean angular error, trained on aligned clouds", -0.1)
    rows = tables["normals"]["rows"]
    lines = (
        ("pointnet", "PointNet", ORANGE),
        ("dgcnn", "DGCNN", PURPLE),
        ("fa-pointnet", "FA-PointNet", TEAL),
        ("fa-dgcnn", "FA-DGCNN", BLUE),
    )
    ends = []
    for name, label, colour in lines:
        angles = np.mean([run["angle"] for run in rows[name]], axis=0)
        axes.plot((0, 1), angles, color=colour, linewidth=2.2, marker="o", markersize=5)
        ends.append((float(angles[1]), label, colour))
    for kind, label in (("pointnet", "PointNet"), ("dgcnn", "DGCNN")):
        angle = float(np.mean([run["angle"][1] for run in rows[f"{kind}-rotated"]]))
        axes.plot(1, angle, "D", color=PAPER, markeredgecolor=SOFT, markersize=5.5, zorder=4)
        ends.append((angle, f"{label}, trained rotated", SOFT))
    ends.sort()
    heights = _apart([e[0] for e in ends], 2.3)
    for (angle, label, colour), y in zip(ends, heights):
        axes.annotate(
            f"{label}  {angle:.1f}°",
            (1, angle),
            (1.09, y),
            color=colour,
            fontsize=8.4,
            va="center",
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 4},
        )
    axes.set(xlim=(-0.08, 2.05), ylim=(0, max(e[0] for e in ends) * 1.18))
    axes.set_xticks((0, 1), ("aligned", "rotated"))
    axes.set_yticks(axes.get_yticks(), [f"{t:.0f}°" for t in axes.get_yticks()])
    axes.set_ylim(0, max(e[0] for e in ends) * 1.18)


def _apart(values: list[float], least: float) -> list[float]:
    """Rising values moved apart so that labels do not overlap."""
    out = list(values)
    for _ in range(60):
        for k in range(1, len(out)):
            short = least - (out[k] - out[k - 1])
            if short > 0:
                out[k] += short / 2
                out[k - 1] -= short / 2
    return out


def _continuity(axes: Axes, tables: Mapping[str, Any]) -> None:
    _heading(axes, "Beside a cube", r"how far the output swings while a stretch by $1 + \epsilon$ turns", -0.1)
    found = tables["degenerate"]
    sizes = np.array(found["sizes"])
    styles = (
        ("naive", "principal axes: a jump, however small $\\epsilon$", ORANGE, 2.0, "o"),
        ("weighted", "weighted pair frames", TEAL, 2.4, "o"),
        ("blend", "blend of both", BLUE, 1.3, "s"),
    )
    for name, _, colour, width, marker in styles:
        if name in found:
            axes.plot(sizes, found[name]["oscillation"], color=colour, linewidth=width, marker=marker, markersize=4.5)
    axes.set(xscale="log", yscale="log")
    axes.set_xlabel(r"stretch $\epsilon$", labelpad=2)
    axes.minorticks_off()
    axes.set_ylim(top=0.6)
    axes.text(sizes[-1], found["naive"]["oscillation"][-1] * 1.9, styles[0][1], color=ORANGE, fontsize=8.6)
    if "weighted" in found:
        y = found["weighted"]["oscillation"][2]
        words = "weighted pair frames,\nand their blend with\nprincipal axes:\ncontinuous"
        axes.text(sizes[2] * 2.2, y * 0.9, words, color=TEAL, fontsize=8.6, va="top", linespacing=1.2)
