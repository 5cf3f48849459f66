"""Burgers and Frank vectors of loops of bonds, exactly: sums of reference vectors, frames carried along.

A loop is closed among the atoms; the sum of what its bonds are in the perfect crystal fails to close by the Burgers
vector, a translation of the lattice, so in whole numbers. The frame of each atom is turned by the crystal's own
rotations to the one before it; what is left after a round is the Frank rotation, a rotation of the crystal. Directions
refer to the crystal's axes at the loop's first atom.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError
from symmeter.spacetime.defects.atoms_matching import nearest_rotations

if TYPE_CHECKING:
    from symmeter.spacetime.defects.atoms import AtomsReport

__all__ = ["BurgersLoop", "circle_loop", "circulation", "loop_of", "places_of"]


@dataclass(frozen=True, eq=False)
class BurgersLoop:
    """A closed loop of bonds and how it fails to close in the perfect crystal.

    Attributes
    ----------
    atoms : tuple of int
        Along the loop; it closes from the last to the first.
    burgers : array of shape (3,)
        Sum of reference vectors, in units of length, crystal axes at the first atom.
    integers : tuple of int or None
        The same in primitive translations; None when the loop crosses a stacking fault or a grain boundary.
    frank : array of shape (3, 3)
        Rotation of the crystal that is left after the round.
    centre, normal : arrays of shape (3,)
        What the loop surrounds, and the direction that it turns around, right-handed.
    radius : float
    lab_burgers : array of shape (3,)
        The Burgers vector in the lab's axes, as the lattice is turned at the first atom.
    length : float
        Of the line that gave this loop, as far as it was followed; 0 for a loop that was asked for.
    a : float
        Lattice parameter.
    frank_vector : array of shape (3,)
        Angle times axis of the Frank rotation in the lab's axes, as the lattice is turned at the first atom.
    """

    atoms: tuple[int, ...]
    burgers: Float[np.ndarray, "3"]
    integers: tuple[int, ...] | None
    frank: Float[np.ndarray, "3 3"]
    centre: Float[np.ndarray, "3"]
    normal: Float[np.ndarray, "3"]
    radius: float
    lab_burgers: Float[np.ndarray, "3"]
    length: float = 0.0
    a: float = 1.0
    frank_vector: Float[np.ndarray, "3"] = field(default_factory=lambda: np.zeros(3))

    @property
    def magnitude(self) -> float:
        """Length of the Burgers vector."""
        return float(np.linalg.norm(self.burgers))

    @property
    def frank_angle(self) -> float:
        """Angle of the Frank rotation, radians; signed by the loop's direction."""
        angle = float(np.arctan2(np.linalg.norm(_axial(self.frank)), np.trace(self.frank) - 1))
        return -angle if self.frank_vector @ self.normal < -1e-9 else angle

    @property
    def screw_share(self) -> float:
        """Part of the Burgers vector along the loop's normal: 1 screw, 0 edge."""
        return float(abs(self.lab_burgers @ self.normal) / max(np.linalg.norm(self.lab_burgers), 1e-300))

    @property
    def character(self) -> str:
        """``perfect``, ``screw``, ``edge``, ``mixed``, ``disclination`` or ``partial``."""
        if abs(self.frank_angle) > 1e-6:
            return "disclination"
        if self.magnitude < 1e-9 * self.a:
            return "perfect"
        if self.integers is None:
            return "partial"
        share = self.screw_share
        return "screw" if share > 0.95 else "edge" if share < 0.3 else "mixed"

    @property
    def miller(self) -> str:
        """The Burgers vector as people write it: ``a/2 [1 -1 0]``."""
        for part in (1, 2, 3, 4, 6):
            v = self.burgers / self.a * part
            if np.abs(v - np.rint(v)).max() < 1e-6:
                head = "a" if part == 1 else f"a/{part}"
                return f"{head} [{' '.join(str(int(k)) for k in np.rint(v))}]"
        return f"a [{' '.join(f'{k:.4f}' for k in self.burgers / self.a)}]"

    def __repr__(self) -> str:
        turn = f", Frank {np.degrees(self.frank_angle):.4g} degrees" if abs(self.frank_angle) > 1e-6 else ""
        x = ", ".join(f"{v:.4g}" for v in self.centre)
        return f"BurgersLoop({self.character}, b = {self.miller}{turn}, around ({x}), {len(self.atoms)} bonds)"


def _axial(r: np.ndarray) -> np.ndarray:
    """Twice the sine of a rotation's angle, times its axis."""
    return np.array([r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]])


def loop_of(report: AtomsReport, atoms: Any, **told: Any) -> BurgersLoop:
    """The loop through these atoms.

    Raises
    ------
    InputError
        If two that follow each other are no neighbours, or an atom lies in a core.
    """
    given = np.asarray(atoms)
    if given.ndim != 1 or given.dtype.kind not in "iu":
        raise InputError(f"a loop is a list of numbers of atoms, 0 to {report.n - 1}; got {atoms!r:.60}")
    path = [int(i) for i in given]
    if len(path) > 1 and path[0] == path[-1]:
        path = path[:-1]
    if len(path) < 3 or min(path) < 0 or max(path) >= report.n:
        raise InputError(f"a loop has 3 or more atoms, numbered 0 to {report.n - 1}; got {path[:6]}")
    bad = [i for i in path if report.matching.grains[i] < 0]
    if bad:
        raise InputError(f"the loop runs through a core: atom {bad[0]} has no place in the crystal; lead it around")
    bonds = []
    grains = report.matching.grains
    for i, j in zip(path, path[1:] + path[:1]):
        candidates = (b for b in _bonds(report, i) if report.bonds.index[b] == j)
        bond = next((b for b in candidates if _step(report, b) is not None and grains[i] == grains[j]), None)
        if bond is None:
            raise InputError(
                f"atoms {i} and {j} follow each other in the loop but are no matched neighbours in a grain"
            )
        bonds.append(bond)
    return _closed(report, bonds, **told)


def _bonds(report: AtomsReport, i: int) -> range:
    return range(int(report.bonds.start[i]), int(report.bonds.start[i + 1]))


def _step(report: AtomsReport, bond: int) -> np.ndarray | None:
    """What a bond is in the perfect crystal, in the frame of its owner."""
    r = int(report.matching.match[bond])
    return None if r < 0 else report.lattice.references[report.matching.sites[report.bonds.owner[bond]], r]


def _closed(report: AtomsReport, bonds: list[int], centre: Any = None, normal: Any = None, radius: float = 0.0,
            length: float = 0.0) -> BurgersLoop:  # fmt: skip
    """Sum a loop's bonds with the frame carried along."""
    owner, index = report.bonds.owner, report.bonds.index
    path = np.array([owner[b] for b in bonds])
    following = np.array([index[b] for b in bonds])
    turns = report.lattice.rotations[nearest_rotations(report.G, path, following, report.lattice)]
    carried = np.eye(3)
    total = np.zeros(3)
    for b, turn in zip(bonds, turns):
        step = _step(report, b)
        assert step is not None
        total += carried @ step
        carried = carried @ turn
    # Vectors of fixed crystal components come back turned by the inverse: a missing wedge counts as positive.
    frank = np.where(np.abs(carried) < 1e-9, 0.0, carried).T
    total = np.where(np.abs(total) < 1e-9 * report.lattice.a, 0.0, total) * report.convention.sign
    x = report.crystal.positions[path[0]] + np.concatenate([[np.zeros(3)], np.cumsum(report.bonds.vector[bonds], 0)])
    middle = x[:-1].mean(0) if centre is None else np.asarray(centre, dtype=float)
    if normal is None:
        normal = 0.5 * np.cross(x[:-1] - middle, x[1:] - middle).sum(0)
        normal = normal / max(np.linalg.norm(normal), 1e-300)
    try:
        integers: tuple[int, ...] | None = report.lattice.integers(total)
        # The same vector without the rounding of the sum.
        total = np.array(integers) @ report.lattice.cell
    except InputError:
        integers = None
    to_lab = report.rotation[path[0]]
    axial = _axial(frank)
    size = float(np.linalg.norm(axial))
    turn = to_lab @ axial * (np.arctan2(size, np.trace(frank) - 1) / size if size > 0 else 0.0)
    return BurgersLoop(
        tuple(int(i) for i in path), total, integers, frank, middle, np.asarray(normal, dtype=float), float(radius),
        to_lab @ total, float(length), report.lattice.a, turn,
    )  # fmt: skip


def _three(value: Any) -> np.ndarray | None:
    """Three finite numbers, or None."""
    try:
        out = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return None
    return out if out.shape == (3,) and np.isfinite(out).all() else None


def _circle(centre: Any, radius: Any) -> tuple[np.ndarray, float]:
    """A centre, with z = 0 where two numbers are given, and a radius."""
    middle = _three([*centre, 0.0] if np.shape(centre) == (2,) else centre)
    number = isinstance(radius, (int, float, np.number)) and not isinstance(radius, bool)
    if middle is None or not number or not 0 < radius < np.inf:
        raise InputError(f"a loop has a centre of three numbers and a positive radius; got {centre!r}, {radius!r}")
    return middle, float(radius)


def _axes(normal: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = _three(normal)
    if n is None or not np.linalg.norm(n) > 0:
        raise InputError(f"normal={normal!r}: the direction that a loop turns around is three numbers, not all zero")
    n = n / np.linalg.norm(n)
    u = np.cross(n, np.eye(3)[int(np.argmin(np.abs(n)))])
    u /= np.linalg.norm(u)
    return n, u, np.cross(n, u)


class _Places:
    """Where atoms are in space, images included."""

    def __init__(self, report: AtomsReport) -> None:
        from scipy.spatial import KDTree

        self.crystal = report.crystal
        self.inverse = np.linalg.pinv(np.where(self.crystal.periodic[:, None], self.crystal.cell, 0.0))
        self.wrapped = self._wrap(self.crystal.positions)
        points, names = [self.wrapped], [np.arange(len(self.wrapped))]
        reach = 3.0 * report.lattice.spacing
        for d in np.flatnonzero(self.crystal.periodic):
            # Images near each wall, wall after wall, edges and corners with them.
            share = reach * np.linalg.norm(self.inverse[:, d])
            more, more_names = [], []
            for x, name in zip(points, names):
                f = x @ self.inverse
                low, high = f[:, d] < share, f[:, d] > 1 - share
                more += [x[low] + self.crystal.cell[d], x[high] - self.crystal.cell[d]]
                more_names += [name[low], name[high]]
            points += more
            names += more_names
        self.name = np.concatenate(names)
        self.tree = KDTree(np.concatenate(points))

    def _wrap(self, x: np.ndarray) -> np.ndarray:
        steps = np.floor(x @ self.inverse)
        steps[..., ~self.crystal.periodic] = 0
        return x - steps @ np.where(self.crystal.periodic[:, None], self.crystal.cell, 0.0)

    def nearest(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Nearest atom to each place, and the vector from the place to it."""
        inside = self._wrap(np.atleast_2d(x))
        _, k = self.tree.query(inside)
        return self.name[k], self.tree.data[k] - inside


def places_of(report: AtomsReport) -> _Places:
    if "_tree" not in report.__dict__:
        report.__dict__["_tree"] = _Places(report)
    return report.__dict__["_tree"]


def circle_loop(report: AtomsReport, centre: Any, normal: Any, radius: float, **told: Any) -> BurgersLoop:
    """A loop of bonds along a circle.

    Raises
    ------
    InputError
        If there are no trusted atoms to lead it along.
    """
    n, u, v = _axes(normal)
    middle, radius = _circle(centre, radius)
    steps = max(8, int(np.ceil(2 * np.pi * radius / (0.7 * report.lattice.spacing))))
    angle = 2 * np.pi * np.arange(steps) / steps
    targets = middle + radius * (np.cos(angle)[:, None] * u + np.sin(angle)[:, None] * v)
    names, offset = places_of(report).nearest(targets[:1])
    # The circle is laid through the atom that it starts at.
    first = int(names[0])
    if np.linalg.norm(offset) > 1.5 * report.lattice.spacing:
        raise InputError(f"the loop of radius {radius:g} around {np.round(middle, 3).tolist()} leaves the atoms")
    start = targets[0] + offset[0]
    walk = _Walk(report, first, start)
    for target in [*targets[1:], start]:
        walk.towards(target)
    walk.home(start, first)
    loop = walk.bonds
    if len(loop) < 3:
        raise InputError(f"a loop of radius {radius:g} is too small for atoms {report.lattice.spacing:.3g} apart")
    # Where cores, surfaces or stacking faults stop the walk, the way home may leave out what the loop should surround,
    # or run through the middle of it.
    x = start - middle + np.cumsum(report.bonds.vector[loop], axis=0)
    away = np.hypot(x @ u, x @ v)
    angle = np.arctan2(x @ v, x @ u)
    turns = np.angle(np.exp(1j * (angle - np.roll(angle, 1)))).sum() / (2 * np.pi)
    if abs(turns - 1) > 1e-6 or away.min() < 0.5 * radius or away.max() > 1.5 * radius + report.lattice.spacing:
        raise InputError(
            f"a loop of radius {radius:g} cannot be led around {np.round(middle, 3).tolist()}: cores, surfaces, "
            "stacking faults or grain boundaries are in the way; take another radius"
        )
    return _closed(report, loop, middle, n, radius, **told)


class _Walk:
    """A path of matched bonds through settled atoms, place by place."""

    def __init__(self, report: AtomsReport, atom: int, place: np.ndarray) -> None:
        self.report, self.atom, self.place = report, atom, place.copy()
        self.bonds: list[int] = []
        if report.matching.grains[atom] < 0:
            raise InputError(f"the loop runs through a core at {np.round(place, 3).tolist()}; take a larger one")

    def _open(self, i: int) -> list[int]:
        match, index, grains = self.report.matching.match, self.report.bonds.index, self.report.matching.grains
        # Between grains a bond may look like one of the lattice by chance.
        return [b for b in _bonds(self.report, i) if match[b] >= 0 and grains[index[b]] == grains[i]]

    def _go(self, bond: int) -> None:
        self.bonds.append(bond)
        self.place = self.place + self.report.bonds.vector[bond]
        self.atom = int(self.report.bonds.index[bond])

    def towards(self, target: np.ndarray) -> None:
        """Hop as long as it brings us nearer."""
        for _ in range(200):
            choices = self._open(self.atom)
            if not choices:
                return
            ends = self.place + self.report.bonds.vector[choices] - target
            k = int(np.argmin((ends**2).sum(1)))
            if (ends[k] ** 2).sum() >= ((self.place - target) ** 2).sum() - 1e-9:
                return
            self._go(choices[k])

    def home(self, start: np.ndarray, first: int) -> None:
        """The shortest way back to where we began, the image too."""
        unit = self.report.lattice.spacing
        seen: set[tuple[int, ...]] = {(self.atom,)}
        queue: deque[tuple[int, np.ndarray, tuple[int, ...]]] = deque([(self.atom, self.place, ())])
        for _ in range(4000):
            if not queue:
                break
            atom, place, way = queue.popleft()
            if atom == first and ((place - start) ** 2).sum() < (0.3 * unit) ** 2:
                for bond in way:
                    self._go(bond)
                return
            for b in self._open(atom):
                j = int(self.report.bonds.index[b])
                end = place + self.report.bonds.vector[b]
                key = (j, *(int(k) for k in np.rint((end - start) / unit)))
                if key not in seen and ((end - start) ** 2).sum() < (6 * unit) ** 2:
                    seen.add(key)
                    queue.append((j, end, (*way, b)))
        raise InputError(
            f"the loop cannot be led around {np.round(start, 3).tolist()}: cores, surfaces or grain boundaries "
            "are in the way; take another radius"
        )


def circulation(
    report: AtomsReport, centre: Any, radius: float, normal: Any = (0.0, 0.0, 1.0), *, linear: bool = True,
    steps: int = 2000,
) -> Float[np.ndarray, "3"]:  # fmt: skip
    """``oint G dx`` around a circle; between atoms the nearest one's frame and its gradient are used."""
    _, u, v = _axes(normal)
    middle, radius = _circle(centre, radius)
    angle = 2 * np.pi * (np.arange(steps) + 0.5) / steps
    x = middle + radius * (np.cos(angle)[:, None] * u + np.sin(angle)[:, None] * v)
    dx = (2 * radius * np.sin(np.pi / steps)) * (-np.sin(angle)[:, None] * u + np.cos(angle)[:, None] * v)
    names, offset = places_of(report).nearest(x)
    doubtful = report.doubtful[names]
    if doubtful.any():
        k = int(doubtful.argmax())
        raise InputError(f"the loop runs through a core at {np.round(x[k], 3).tolist()}; take a larger one")
    frames = report.G[names]
    if linear:
        frames = frames - np.einsum("najk,nj->nak", report.gradient[names], offset)
    return np.einsum("nak,nk->a", frames, dx)
