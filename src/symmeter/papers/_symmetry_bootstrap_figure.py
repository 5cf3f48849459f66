"""The figure of the symmetry-bootstrap experiment: form factors, ramp matrices, and multiplets of SO(4)."""

from __future__ import annotations

from typing import Any

import numpy as np

from symmeter.papers.figure_style import BLUE, GREY, INK, LINE, ORANGE, PURPLE, SOFT, TEAL, page, quiet_axes

__all__ = ["draw"]


def draw(tables: dict[str, Any]) -> Any:
    """Four panels from the tables of a run."""
    words = (
        "Levels of sectors that coincide, and how far spectra repel each other, betray the irreps of a hidden group."
    )
    with page((11.0, 7.6), "From spectra to the hidden group", words, at=(0.06, 0.945, 0.908)) as figure:
        grid = figure.add_gridspec(2, 2, left=0.11, right=0.96, top=0.84, bottom=0.08, hspace=0.46, wspace=0.22)
        _curves(figure.add_subplot(grid[0, 0]), tables["s3"])
        _matrix(figure.add_subplot(grid[0, 1]), tables["torus"])
        _statistics(figure.add_subplot(grid[1, 0]), tables)
        _multiplets(figure.add_subplot(grid[1, 1]), tables["hubbard"])
    return figure


def _curves(axes: Any, s3: dict[str, Any]) -> None:
    axes.set_title("S3 over Z3: cross form factors", loc="left", color=INK, fontsize=11, pad=10)
    x = np.array(s3["times"])
    kernel = np.array([1.0, 2.0, 3.0, 2.0, 1.0]) / 9.0
    ends = []
    for name, y, colour in zip(("0 with 0", "1 with 2", "0 with 1"), s3["curves"], (BLUE, TEAL, GREY)):
        y = np.convolve(np.pad(y, 2, mode="edge"), kernel, mode="valid")
        axes.plot(x, y, color=colour, linewidth=1.6)
        ends.append((float(np.mean(y[-8:])), name, colour))
    ends.sort()
    heights = [e[0] for e in ends]
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + 0.09)
    for h, (_, name, colour) in zip(heights, ends):
        axes.annotate(
            name, (x[-1], h), xytext=(5, 0), textcoords="offset points", color=colour, fontsize=9, va="center"
        )
    axes.set_xscale("log")
    axes.set_xlim(x[0], x[-1] * 2.6)
    axes.set_xlabel("time / Heisenberg time of a sector")
    axes.set_ylabel("K / plateau")
    quiet_axes(axes)


def _matrix(axes: Any, torus: dict[str, Any]) -> None:
    axes.set_title("Torus chain: blocks shared by sectors", loc="left", color=INK, fontsize=11, pad=10)
    a = np.array(torus["ramp"])
    order = torus["order"]
    a = a[np.ix_(order, order)]
    axes.imshow(a, cmap="BuGn", vmin=0, vmax=5)
    for i in range(len(a)):
        for j in range(len(a)):
            if a[i, j]:
                colour = "white" if a[i, j] > 3 else INK
                axes.text(j, i, str(a[i, j]), ha="center", va="center", color=colour, fontsize=8.5)
    labels = [torus["labels"][i] for i in order]
    axes.set_xticks(range(len(a)), labels, fontsize=7)
    axes.set_yticks(range(len(a)), labels, fontsize=7)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    name = torus["groups"][0].split(" (S")[0] if torus["groups"] else "none found"
    axes.set_xlabel(f"4 irreps of dimension 1 and 2 of dimension 4: {name}", fontsize=9)


def _statistics(axes: Any, tables: dict[str, Any]) -> None:
    axes.set_title("Gap ratios name class and number of blocks", loc="left", color=INK, fontsize=11, pad=10)
    rows = []
    for key, colour in (("s3", BLUE), ("torus", TEAL), ("off", PURPLE)):
        title = {"s3": "S3 chain", "torus": "torus", "off": "detuned"}[key]
        words = ("", " {1,0 ...}", " {1,1 ...}", " {1,1 ...}")
        for k, (name, r, e) in enumerate(
            zip(tables[key]["patterns"], tables[key]["ratios"], tables[key]["ratio_errors"])
        ):
            rows.append((f"{title} {name}" if len(name) < 10 else f"{title}{words[k]}", r, e, colour))
    for y, (_, r, e, colour) in enumerate(rows):
        axes.errorbar(r, y, xerr=2 * e, fmt="o", color=colour, markersize=5, linewidth=1.4)
    axes.set_yticks(range(len(rows)), [row[0] for row in rows], fontsize=7.5)
    axes.invert_yaxis()
    for value, name in ((0.3863, "Poisson"), (0.4235, "2 GOE"), (0.5307, "GOE"), (0.5997, "GUE")):
        axes.axvline(value, color=LINE, linewidth=1.0, zorder=0)
        axes.text(value, -0.75, name, ha="center", va="bottom", fontsize=7.5, color=SOFT)
    axes.set_xlim(0.36, 0.63)
    axes.set_ylim(len(rows) - 0.5, -1.5)
    axes.set_xlabel("mean gap ratio")
    axes.tick_params(length=0)


def _multiplets(axes: Any, hubbard: dict[str, Any]) -> None:
    axes.set_title(
        f"Hubbard chain of {hubbard['sites']} sites: multiplets of SO(4)", loc="left", color=INK, fontsize=11, pad=10
    )
    for s, eta, n in hubbard["counts"]:
        axes.scatter(s, eta, s=60 + 4.6 * n, color=ORANGE, alpha=0.3, linewidth=0, zorder=2)
        axes.text(s, eta, str(n), ha="center", va="center", fontsize=8.5, color=INK, zorder=3)
    axes.set_xlabel("spin s")
    axes.set_ylabel("pseudospin")
    top = max(c[0] for c in hubbard["counts"])
    axes.set_xlim(-0.4, top + 0.4)
    axes.set_ylim(-0.4, top + 0.4)
    axes.set_aspect("equal")
    quiet_axes(axes)
