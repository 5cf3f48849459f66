"""Graphs from files: the text form in which EXP and other collections for graph classification are handed on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int

from symmeter.errors import FileFormatError, MissingFileError

__all__ = ["LabelledGraphs", "load_exp"]


@dataclass(frozen=True, eq=False)
class LabelledGraphs:
    """Padded graphs with a label each.

    Attributes
    ----------
    adjacency : array of shape (graphs, N, N)
    kinds : array of shape (graphs, N, f)
        The tag of each vertex, one-hot; zero for padding.
    counts : int array of shape (graphs,)
        Numbers of vertices.
    labels : int array of shape (graphs,)
    """

    adjacency: Float[np.ndarray, "graphs N N"]
    kinds: Float[np.ndarray, "graphs N f"]
    counts: Int[np.ndarray, " graphs"]
    labels: Int[np.ndarray, " graphs"]

    @property
    def mask(self) -> Bool[np.ndarray, "graphs N"]:
        """True for vertices."""
        return np.arange(self.adjacency.shape[1]) < self.counts[:, None]


def load_exp(path: str | Path) -> LabelledGraphs:
    """Read a text file of graphs, such as ``GRAPHSAT.txt`` of the EXP collection (Abboud et al. 2021).

    Parameters
    ----------
    path : path
        First line: number of graphs. Then, for each graph, a line ``vertices label`` and a line ``tag degree neighbour
        neighbour ...`` a vertex, vertices counted from 0.

    Returns
    -------
    LabelledGraphs

    Raises
    ------
    MissingFileError
    FileFormatError
        With the line that cannot be read. Pickles (``.pkl``) are refused: they can run code when they are opened.
    """
    if Path(path).suffix in (".pkl", ".pickle", ".pt"):
        raise FileFormatError(
            f"{path} is a pickle, which can run code when opened; give the .txt form of the collection"
        )
    try:
        lines = Path(path).read_text(encoding="ascii").split("\n")
    except OSError as error:
        raise MissingFileError(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise FileFormatError(f"{path} is no text file of graphs") from None
    at = 0

    def numbers() -> list[int]:
        nonlocal at
        at += 1
        try:
            return [int(word) for word in lines[at - 1].split()]
        except (ValueError, IndexError):
            raise FileFormatError(f"{path}, line {at}: whole numbers were expected") from None

    graphs = []
    for _ in range(_first(numbers(), path, at)):
        head = numbers()
        if len(head) != 2:
            raise FileFormatError(f"{path}, line {at}: expected the number of vertices and the label")
        vertices = [numbers() for _ in range(head[0])]
        for k, row in enumerate(vertices):
            if len(row) < 2 or len(row) != 2 + row[1] or not all(0 <= u < head[0] for u in row[2:]):
                raise FileFormatError(
                    f"{path}, line {at - head[0] + 1 + k}: expected tag, degree and that many neighbours"
                )
        graphs.append((vertices, head[1]))
    return _padded(graphs)


def _first(row: list[int], path: str | Path, line: int) -> int:
    if len(row) != 1 or row[0] < 1:
        raise FileFormatError(f"{path}, line {line}: expected the number of graphs")
    return row[0]


def _padded(graphs: list[tuple[list[list[int]], int]]) -> LabelledGraphs:
    width = max(len(vertices) for vertices, _ in graphs)
    tags = sorted({row[0] for vertices, _ in graphs for row in vertices})
    adjacency = np.zeros((len(graphs), width, width))
    kinds = np.zeros((len(graphs), width, len(tags)))
    for g, (vertices, _) in enumerate(graphs):
        for v, (tag, _, *neighbours) in enumerate(vertices):
            kinds[g, v, tags.index(tag)] = 1.0
            adjacency[g, v, neighbours] = 1.0
    counts = np.array([len(vertices) for vertices, _ in graphs])
    return LabelledGraphs(adjacency, kinds, counts, np.array([label for _, label in graphs]))
