"""The lattices that models are most often put on: chain, square, triangular, honeycomb, kagome, and any graph."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from operator import index
from typing import Any

import numpy as np

from symmeter.errors import InputError
from symmeter.quantum.lattices.lattice import Lattice

__all__ = ["chain", "graph", "honeycomb", "kagome", "square", "triangular"]

_HALF, _ROOT = 0.5, np.sqrt(3) / 2


def _whole(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise InputError(f"{what} must be a whole number >= 1; got {value!r}")
    return int(value)


def _cluster(
    name: str, cell: np.ndarray, basis: np.ndarray, size: tuple[int, ...], periodic: bool | Sequence[bool]
) -> Lattice:
    around = [periodic] * len(size) if isinstance(periodic, bool) else list(periodic)
    if len(around) != len(size):
        raise InputError(
            f"periodic= takes one truth value, or one for each of the {len(size)} directions; got {periodic!r}"
        )
    cells = np.array(list(product(*map(range, size)))) @ cell
    positions = (cells[:, None] + basis[None]).reshape(-1, cell.shape[1])
    periods = np.array([n * v for n, v, p in zip(size, cell, around) if p]).reshape(-1, cell.shape[1])
    ends = "" if all(around) else ", open" if not any(around) else f", periodic {around}"
    return Lattice(f"{name} {'x'.join(map(str, size))}{ends}", positions, periods, cell)


def chain(length: int, periodic: bool = True) -> Lattice:
    """Sites on a line or a ring.

    Examples
    --------
    >>> chain(4, periodic=False).edges().tolist(), chain(5).space_group.name
    ([[0, 1], [1, 2], [2, 3]], 'D5')
    """
    return _cluster("chain", np.eye(1), np.zeros((1, 1)), (_whole(length, "the length"),), periodic)


def square(width: int, height: int | None = None, periodic: bool | Sequence[bool] = True) -> Lattice:
    """Square lattice; site ``x * height + y``.

    Examples
    --------
    >>> len(square(3, 3).edges()), square(3, 2, periodic=False).space_group.order
    (18, 4)
    """
    size = _whole(width, "the width"), _whole(width if height is None else height, "the height")
    return _cluster("square", np.eye(2), np.zeros((1, 2)), size, periodic)


def triangular(width: int, height: int | None = None, periodic: bool | Sequence[bool] = True) -> Lattice:
    """Triangular lattice, six neighbours a site.

    Examples
    --------
    >>> lattice = triangular(3)
    >>> len(lattice.edges()) / lattice.sites, lattice.point_group.order
    (3.0, 12)
    """
    cell = np.array([[1.0, 0.0], [_HALF, _ROOT]])
    size = _whole(width, "the width"), _whole(width if height is None else height, "the height")
    return _cluster("triangular", cell, np.zeros((1, 2)), size, periodic)


def honeycomb(width: int, height: int | None = None, periodic: bool | Sequence[bool] = True) -> Lattice:
    """Honeycomb lattice, two sites a cell, bonds of length one.

    Examples
    --------
    >>> lattice = honeycomb(2)
    >>> lattice.sites, len(lattice.edges())
    (8, 12)
    """
    cell = np.sqrt(3) * np.array([[1.0, 0.0], [_HALF, _ROOT]])
    size = _whole(width, "the width"), _whole(width if height is None else height, "the height")
    return _cluster("honeycomb", cell, np.array([[0.0, 0.0], [0.0, 1.0]]), size, periodic)


def kagome(width: int, height: int | None = None, periodic: bool | Sequence[bool] = True) -> Lattice:
    """Kagome lattice, three sites a cell, bonds of length one.

    Examples
    --------
    >>> lattice = kagome(2)
    >>> lattice.sites, len(lattice.edges())
    (12, 24)
    """
    cell = 2 * np.array([[1.0, 0.0], [_HALF, _ROOT]])
    size = _whole(width, "the width"), _whole(width if height is None else height, "the height")
    return _cluster("kagome", cell, np.array([[0.0, 0.0], [1.0, 0.0], [_HALF, _ROOT]]), size, periodic)


def graph(edges: Any, sites: int | None = None, name: str = "graph") -> Lattice:
    """Any graph: pairs of sites, or an object with ``.edges`` and ``.nodes`` such as a networkx graph.

    Raises
    ------
    InputError
        If an edge joins a site with itself or names a site that does not exist.

    Examples
    --------
    >>> star = graph([(0, 1), (0, 2), (0, 3)])
    >>> star.sites, star.space_group.name
    (4, 'S3')
    """
    if hasattr(edges, "nodes") and hasattr(edges, "edges"):
        numbers = {node: k for k, node in enumerate(edges.nodes)}
        sites = len(numbers)
        edges = [(numbers[a], numbers[b]) for a, b, *_ in edges.edges]
    try:
        listed = [(index(i), index(j)) for i, j in edges]
    except (TypeError, ValueError):
        raise InputError("edges are pairs of sites, such as [(0, 1), (1, 2)]") from None
    pairs = sorted({(min(pair), max(pair)) for pair in listed})
    if not pairs and sites is None:
        raise InputError("a graph without edges needs sites=, the number of sites")
    number = _whole(max((j for _, j in pairs), default=-1) + 1 if sites is None else sites, "the number of sites")
    for i, j in pairs:
        if i == j or i < 0 or j >= number:
            raise InputError(f"the edge ({i}, {j}) must join two different sites of 0..{number - 1}")
    return Lattice(
        name, np.zeros((number, 0)), np.zeros((0, 0)), np.zeros((0, 0)), np.array(pairs, dtype=np.int64).reshape(-1, 2)
    )
