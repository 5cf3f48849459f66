"""Reference crystals: the neighbours that every atom of a perfect lattice has, and the rotations that keep them.

Directions are those of the conventional cell, cubic axes along x, y, z; a hexagonal crystal has its a axis along x and
its c axis along z. Non-Bravais crystals (hcp, diamond, honeycomb) have two sublattices, each with neighbours of its
own. Flat lattices (square, triangular, honeycomb) lie in the plane of x and y.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from symmeter.errors import InputError, ShapeError, UnknownNameError, nearest_name

__all__ = ["LATTICES", "Lattice", "reference_lattice"]

_SQRT3 = float(np.sqrt(3.0))

#: Primitive vectors (rows), sites and number of neighbours, for a = 1; c / a stands for hcp's third vector.
LATTICES: dict[str, tuple[Any, Any, int]] = {
    "sc": (np.eye(3), ((0, 0, 0),), 18),
    "fcc": (((0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0)), ((0, 0, 0),), 12),
    "bcc": (((-0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0.5, 0.5, -0.5)), ((0, 0, 0),), 14),
    "hcp": (
        ((1, 0, 0), (-0.5, _SQRT3 / 2, 0), (0, 0, np.sqrt(8 / 3))),
        ((0, 0, 0), (0.5, 1 / (2 * _SQRT3), np.sqrt(2 / 3))),
        12,
    ),
    "diamond": (((0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0)), ((0, 0, 0), (0.25, 0.25, 0.25)), 16),
    "square": (((1, 0, 0), (0, 1, 0)), ((0, 0, 0),), 8),
    "triangular": (((1, 0, 0), (0.5, _SQRT3 / 2, 0)), ((0, 0, 0),), 6),
    "honeycomb": (((1, 0, 0), (0.5, _SQRT3 / 2, 0)), ((0, 0, 0), (0, 1 / _SQRT3, 0)), 9),
}
_ALSO = {
    "simple cubic": "sc", "simple_cubic": "sc", "cubic": "sc", "face-centred cubic": "fcc", "body-centred cubic": "bcc",
    "graphene": "honeycomb", "hexagonal": "triangular",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Lattice:
    """A perfect crystal as the reference for a deformed one.

    Attributes
    ----------
    name : str
    a : float
        Lattice parameter, in the unit of the positions.
    cell : array of shape (d, 3)
        Primitive translations, one per row; d is 3, or 2 for a flat lattice.
    basis : array of shape (s, 3)
        Sites in the cell.
    neighbours : int
        How many nearest sites count as neighbours of each.

    Raises
    ------
    InputError
        If the neighbours of all sites together are not closed under inversion, or shells cannot be told apart.

    Examples
    --------
    >>> fcc = reference_lattice("fcc", 3.61)
    >>> fcc.references.shape, len(fcc.rotations), round(fcc.spacing, 4)
    ((1, 12, 3), 24, 2.5527)
    """

    name: str
    a: float
    cell: Float[np.ndarray, "d 3"]
    basis: Float[np.ndarray, "s 3"]
    neighbours: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "cell", np.asarray(self.cell, dtype=float))
        object.__setattr__(self, "basis", np.asarray(self.basis, dtype=float).reshape(-1, 3))
        if self.cell.shape not in ((3, 3), (2, 3)) or np.linalg.matrix_rank(self.cell) < len(self.cell):
            raise ShapeError(f"lattice {self.name}: the cell has shape {self.cell.shape}; give 3 independent vectors")
        every = self.references.reshape(-1, 3)
        gap = np.linalg.norm(every[:, None] + every, axis=-1).min(1).max()
        if gap > 1e-6 * self.a:
            raise InputError(
                f"lattice {self.name}: its {self.neighbours} neighbours lack inverses of some; count whole shells, "
                f"such as {', '.join(map(str, self._whole_shells()[:4]))} neighbours"
            )

    @property
    def planar(self) -> bool:
        """Whether the lattice is flat."""
        return len(self.cell) == 2

    @property
    def volume(self) -> float:
        """Volume of an atom; of a flat lattice its area."""
        frame = self.cell if not self.planar else np.vstack([self.cell, [0, 0, 1]])
        return float(abs(np.linalg.det(frame)) / len(self.basis))

    @property
    def least(self) -> int:
        """With fewer matched neighbours an atom is flagged: 6, or 4 (honeycomb and flat: of 6 or more)."""
        return 4 if self.planar else 6

    @cached_property
    def _shells(self) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Per site: vectors to all near sites by distance, their sublattices, and their lengths."""
        n = int(np.ceil((self.neighbours + 12) ** (1 / len(self.cell)))) + 2
        steps = np.stack(np.meshgrid(*[np.arange(-n, n + 1)] * len(self.cell), indexing="ij"), -1)
        shifts = steps.reshape(-1, len(self.cell)) @ self.cell
        out = []
        for origin in self.basis:
            vectors = (self.basis[:, None] + shifts - origin).reshape(-1, 3)
            which = np.repeat(np.arange(len(self.basis)), len(shifts))
            lengths = np.linalg.norm(vectors, axis=1)
            order = np.argsort(np.round(lengths / self.a, 9), kind="stable")[1 : self.neighbours + 200]
            out.append((vectors[order], which[order], lengths[order]))
        return out

    def _whole_shells(self) -> list[int]:
        lengths = self._shells[0][2] / self.a
        return [int(k) + 1 for k in np.flatnonzero(np.diff(lengths[:80]) > 1e-6)]

    @cached_property
    def references(self) -> Float[np.ndarray, "s r 3"]:
        """Vectors to the neighbours of each sublattice's atoms, nearest first."""
        return np.ascontiguousarray(np.stack([v[: self.neighbours] for v, _, _ in self._shells]))

    @cached_property
    def targets(self) -> Int[np.ndarray, "s r"]:
        """The sublattice to which each of these vectors leads."""
        return np.ascontiguousarray(np.stack([w[: self.neighbours] for _, w, _ in self._shells]).astype(np.int64))

    @property
    def spacing(self) -> float:
        """Distance of nearest neighbours."""
        return float(self._shells[0][2][0])

    @property
    def outer(self) -> float:
        """Distance of the farthest neighbours that count."""
        return float(max(d[self.neighbours - 1] for _, _, d in self._shells))

    @property
    def beyond(self) -> float:
        """Distance of the nearest site that does not count."""
        return float(min(d[d > self.outer * (1 + 1e-6)].min() for _, _, d in self._shells))

    @cached_property
    def rotations(self) -> Float[np.ndarray, "p 3 3"]:
        """Proper rotations that keep the crystal, the identity first; exchanges of sublattices are allowed."""
        if self.planar:
            return self._turns()
        own = self.references[0]
        u = own[0]
        v = own[np.argmin(np.abs(own @ u) / np.linalg.norm(own, axis=1))]
        frame = np.linalg.inv(np.stack([u, v, np.cross(u, v)], axis=1))
        found: list[np.ndarray] = []
        for others in self.references:
            p, q = np.broadcast_arrays(others[:, None], others[None])
            r = (np.stack([p, q, np.cross(p, q)], axis=-1) @ frame).reshape(-1, 3, 3)
            rigid = np.abs(r @ np.swapaxes(r, 1, 2) - np.eye(3)).max((1, 2)) < 1e-6
            found += [each for each in r[rigid] if self._keeps(each, others)]
        return _distinct(found)

    def _turns(self) -> Float[np.ndarray, "p 3 3"]:
        found = []
        for n in (1, 2, 3, 4, 6):
            for k in range(n):
                c, s = np.cos(2 * np.pi * k / n), np.sin(2 * np.pi * k / n)
                r = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])
                if any(self._keeps(r, others) for others in self.references):
                    found.append(r)
        return _distinct(found)

    def _keeps(self, r: np.ndarray, others: np.ndarray) -> bool:
        moved = self.references[0] @ r.T
        return bool(np.linalg.norm(moved[:, None] - others, axis=-1).min(1).max() < 1e-6 * self.a)

    def integers(self, vector: Float[np.ndarray, "3"]) -> tuple[int, ...]:
        """A lattice vector in primitive translations.

        Raises
        ------
        InputError
            If it is none.
        """
        exact = np.linalg.lstsq(self.cell.T, np.asarray(vector, dtype=float), rcond=None)[0]
        whole = np.rint(exact)
        if np.abs(whole @ self.cell - vector).max() > 1e-6 * self.a:
            raise InputError(
                f"{np.round(np.asarray(vector) / self.a, 4)} a is no translation of {self.name}; the loop crosses a "
                "stacking fault or a grain boundary"
            )
        return tuple(int(k) for k in whole)

    def __repr__(self) -> str:
        return f"Lattice({self.name}, a={self.a:g}, {self.neighbours} neighbours)"


def _distinct(found: list[np.ndarray]) -> np.ndarray:
    table = {tuple(np.round(r, 6).ravel() + 0.0): r for r in found}
    order = sorted(table.values(), key=lambda r: -np.trace(r))
    return np.ascontiguousarray(np.stack(order))


def reference_lattice(reference: Any, a: float | None, c: float | None = None) -> Lattice:
    """A lattice by name: sc, fcc, bcc, hcp, diamond; flat ones: square, triangular, honeycomb.

    Parameters
    ----------
    reference : str or Lattice
    a : float
        Lattice parameter, in the unit of the positions.
    c : float, optional
        Height of the hexagonal cell; ideal when omitted.

    Raises
    ------
    UnknownNameError, InputError
    """
    if isinstance(reference, Lattice):
        return reference
    word = str(reference).strip().lower()
    name = _ALSO.get(word, word)
    if name not in LATTICES:
        near = nearest_name(word, [*LATTICES, *_ALSO])
        right = f"did you mean {near!r}?" if near else f"there are {', '.join(LATTICES)}, or give a Lattice"
        raise UnknownNameError(f"no reference lattice is called {reference!r}; {right}")
    if a is None:
        raise InputError(f"a= is missing: the lattice parameter of {name} in the unit of the positions, such as a=3.61")
    if isinstance(a, bool) or not isinstance(a, (int, float, np.number)) or not np.isfinite(a) or a <= 0:
        raise InputError(f"a={a!r}: the lattice parameter is a positive length in the unit of the positions")
    if c is not None and (name != "hcp" or not np.isfinite(c) or c <= 0):
        raise InputError(f"c={c!r} is the height of hcp's cell, a positive length; {name} has a alone")
    cell, basis, count = LATTICES[name]
    cell, basis = np.array(cell, dtype=float) * a, np.array(basis, dtype=float) * a
    if c is not None:
        stretch = c / cell[2, 2]
        if not 0.82 < stretch < 1.2:
            # Outside, the next shell comes nearer than a neighbour.
            raise InputError(f"c/a = {c / a:.4g}; hcp's neighbours are told apart for c/a between 1.35 and 1.95")
        cell[2] *= stretch
        basis[:, 2] *= stretch
    return Lattice(name, float(a), cell, basis, count)
