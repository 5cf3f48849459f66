"""Charged particles that move under each other's forces: simulated as a stack, or read from the usual ``.npy`` files.

Charges of either sign attract and repel with the Coulomb force ``q_i q_j (x_i - x_j) / r^3``; each component of a
particle's force is clipped, as in the data sets that equivariant networks are compared on (Satorras, Hoogeboom and
Welling 2021). Clipping by component is not invariant under rotations: a close encounter breaks the symmetry of the data
slightly, which ``clipped`` counts. A constant field along some direction leaves only the rotations about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from symmeter.errors import FileFormatError, InputError, MissingFileError, NonFiniteError, ShapeError

__all__ = ["Trajectories", "load_nbody", "simulate_charges"]

#: Trajectories that are moved together: small enough for the cache.
_TOGETHER = 256


@dataclass(frozen=True, eq=False)
class Trajectories:
    """Snapshots of many systems of particles.

    Attributes
    ----------
    positions, velocities : array of shape (systems, snapshots, particles, 3)
    charges : array of shape (systems, particles)
    times : array of shape (snapshots,)
        Of the snapshots; the first is the start.
    clipped : int
        How often a component of a force was clipped; -1 where it is not known.
    """

    positions: Float[np.ndarray, "systems snapshots particles 3"]
    velocities: Float[np.ndarray, "systems snapshots particles 3"]
    charges: Float[np.ndarray, "systems particles"]
    times: Float[np.ndarray, " snapshots"]
    clipped: int = -1

    def __len__(self) -> int:
        return len(self.positions)

    def forecast(self, start: int = 30, end: int = 40) -> dict[str, np.ndarray]:
        """Inputs and target of the forecasting task: positions and velocities at one snapshot, positions at another.

        Parameters
        ----------
        start, end : int
            Numbers of the snapshots; 30 and 40 are those of the literature, 1000 steps apart.

        Returns
        -------
        dict of arrays
            ``x``, ``v`` and ``target`` of shape (systems, particles, 3), ``charges`` of shape (systems, particles).
        """
        count = self.positions.shape[1]
        if not 0 <= start < count or not 0 <= end < count:
            raise InputError(f"there are {count} snapshots, numbered from 0; got start {start} and end {end}")
        return {
            "x": self.positions[:, start],
            "v": self.velocities[:, start],
            "charges": self.charges,
            "target": self.positions[:, end],
        }

    def energies(self) -> Float[np.ndarray, "systems snapshots"]:
        """Kinetic plus Coulomb energy of unit masses, without the energy in an outer field."""
        first, second = np.triu_indices(self.positions.shape[2], 1)
        distances = np.linalg.norm(self.positions[:, :, first] - self.positions[:, :, second], axis=-1)
        products = (self.charges[:, first] * self.charges[:, second])[:, None]
        return 0.5 * (self.velocities**2).sum((-1, -2)) + (products / distances).sum(-1)


def simulate_charges(
    systems: int,
    particles: int = 5,
    *,
    steps: int = 4000,
    every: int = 100,
    dt: float = 1e-3,
    speed: float = 0.5,
    spread: float = 1.0,
    strength: float = 1.0,
    max_force: float | None = 100.0,
    field: float | Sequence[float] = 0.0,
    field_acts_on: str = "charge",
    start: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None,
    rng: np.random.Generator | int | None = None,
) -> Trajectories:
    """Simulate charged particles of unit mass by the leapfrog scheme, all systems at once.

    Parameters
    ----------
    systems, particles : int
    steps : int
        Steps of the scheme after the start.
    every : int
        Steps between snapshots.
    dt : float
        Time step.
    speed : float
        Of every particle at the start, in a random direction.
    spread : float
        Standard deviation of each starting coordinate.
    strength : float
        Factor of the Coulomb force.
    max_force : float or None
        Bound on each component of a particle's force; None for none.
    field : float or three floats
        A constant field; a number points it along z.
    field_acts_on : str
        ``"charge"``: the force is charge times field, as in a capacitor. ``"mass"``: the same for all, as gravity.
    start : tuple of arrays, optional
        Positions and velocities of shape (systems, particles, 3) and charges of shape (systems, particles), instead of
        random ones.
    rng : Generator or int
        Same seed, same trajectories, however many systems follow.

    Returns
    -------
    Trajectories

    Raises
    ------
    InputError

    References
    ----------
    V. G. Satorras, E. Hoogeboom and M. Welling, "E(n) Equivariant Graph Neural Networks" (2021).

    Examples
    --------
    >>> found = simulate_charges(3, steps=200, rng=0)
    >>> found.positions.shape, found.times.tolist()
    ((3, 3, 5, 3), [0.0, 0.1, 0.2])
    """
    for name, value in (("systems", systems), ("particles", particles), ("every", every)):
        if value < 1:
            raise InputError(f"{name} must be 1 or more; got {value}")
    if steps < 0 or not dt > 0:
        raise InputError(f"steps must be 0 or more and dt above 0; got steps {steps} and dt {dt}")
    push = _field(field)
    if field_acts_on not in ("charge", "mass"):
        raise InputError(f'field_acts_on must be "charge" or "mass"; got {field_acts_on!r}')
    x, v, q = _random_start(systems, particles, speed, spread, rng) if start is None else _given(start)
    per_particle = q[:, :, None] * push if field_acts_on == "charge" else np.broadcast_to(push, x.shape)
    bound = np.inf if max_force is None else float(max_force)
    shots = 1 + steps // every
    positions, velocities = np.empty((2, x.shape[0], shots, *x.shape[1:]))
    clipped = 0
    for first in range(0, len(x), _TOGETHER):
        part = slice(first, first + _TOGETHER)
        # Coordinates first and systems last: long contiguous rows.
        xt, vt, qt, field_t = (a[part].T.copy(order="C") for a in (x, v, q, per_particle))
        moved = _Leapfrog(xt, vt, qt, field_t, dt, strength, bound)
        for shot in range(shots):
            if shot:
                moved.advance(every)
            positions[part, shot], velocities[part, shot] = moved.x.T, moved.v.T
        clipped += moved.clipped
    return Trajectories(positions, velocities, q, dt * every * np.arange(shots), clipped)


class _Leapfrog:
    """Kick, drift, kick; arrays of shape (3, particles, systems)."""

    def __init__(
        self, x: np.ndarray, v: np.ndarray, q: np.ndarray, field: np.ndarray, dt: float, strength: float, bound: float
    ) -> None:
        n = x.shape[1]
        first, second = np.triu_indices(n, 1)
        self.x, self.v, self.dt, self.bound, self.clipped = x, v, dt, bound, 0
        self._incidence = np.zeros((n, len(first)))
        self._incidence[first, np.arange(len(first))] = 1.0
        self._incidence[second, np.arange(len(first))] = -1.0
        self._to_pairs = np.ascontiguousarray(self._incidence.T)
        self._charges = strength * q[first] * q[second]
        self._field = field if field.any() else None
        self._force = self._forces()

    def advance(self, steps: int) -> None:
        half = 0.5 * self.dt
        for _ in range(steps):
            self.v += half * self._force
            self.x += self.dt * self.v
            self._force = self._forces()
            self.v += half * self._force

    def _forces(self) -> np.ndarray:
        apart = self._to_pairs @ self.x
        squared = np.einsum("cps,cps->ps", apart, apart)
        apart *= self._charges / (squared * np.sqrt(squared))
        force = self._incidence @ apart
        if self._field is not None:
            force += self._field
        over = np.abs(force) > self.bound
        if over.any():
            self.clipped += int(over.sum())
            np.clip(force, -self.bound, self.bound, out=force)
        return force


def _random_start(
    systems: int, particles: int, speed: float, spread: float, rng: np.random.Generator | int | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(rng)
    # One system after another, so that the first ones do not depend on how many follow.
    drawn = rng.standard_normal((systems, 7, particles))
    x, v = spread * drawn[:, :3].swapaxes(1, 2), drawn[:, 3:6].swapaxes(1, 2)
    v = speed * v / np.linalg.norm(v, axis=-1, keepdims=True)
    return x, v, np.where(drawn[:, 6] < 0, -1.0, 1.0)


def _field(field: float | Sequence[float]) -> np.ndarray:
    push = np.asarray(field, dtype=float)
    if push.ndim == 0:
        push = np.array([0.0, 0.0, float(push)])
    if push.shape != (3,) or not np.isfinite(push).all():
        raise InputError(f"field must be a number (along z) or three finite numbers; got {field!r}")
    return push


def _given(start: tuple[np.ndarray, np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, v, q = (np.asarray(a, dtype=float) for a in start)
    if x.ndim != 3 or x.shape[2] != 3 or v.shape != x.shape or q.shape != x.shape[:2]:
        raise ShapeError(
            "start needs positions and velocities of one shape (systems, particles, 3) and charges (systems, "
            f"particles); got {x.shape}, {v.shape} and {q.shape}"
        )
    if not (np.isfinite(x).all() and np.isfinite(v).all() and np.isfinite(q).all()):
        raise NonFiniteError("start has entries that are NaN or infinite")
    return x, v, q


def load_nbody(folder: str | Path, split: str = "train", tag: str = "charged5_initvel1small") -> Trajectories:
    """Read the files ``loc_``, ``vel_``, ``charges_`` and ``edges_<split>_<tag>.npy`` that simulators write.

    Parameters
    ----------
    folder : path
    split : str
        ``"train"``, ``"valid"`` or ``"test"``.
    tag : str
        The rest of the file names.

    Returns
    -------
    Trajectories
        Times count snapshots, since the files do not hold the time step.

    Raises
    ------
    MissingFileError, FileFormatError
        Also when ``edges`` are not the products of the charges.

    Notes
    -----
    Axes in the files: ``loc`` and ``vel`` sample, time, coordinate, particle; ``charges`` sample, particle, 1;
    ``edges`` sample, particle, particle.
    """
    loc, vel, charges = (_read(Path(folder) / f"{name}_{split}_{tag}.npy") for name in ("loc", "vel", "charges"))
    q = charges.reshape(len(charges), -1)
    if loc.ndim != 4 or loc.shape[2] != 3 or vel.shape != loc.shape or q.shape != (len(loc), loc.shape[3]):
        raise FileFormatError(
            "loc and vel must have axes (sample, time, 3, particle) and charges (sample, particle, 1); got shapes "
            f"{loc.shape}, {vel.shape} and {charges.shape}"
        )
    edges = Path(folder) / f"edges_{split}_{tag}.npy"
    if edges.exists():
        products = _read(edges)
        off = ~np.eye(q.shape[1], dtype=bool)
        if products.shape != (*q.shape, q.shape[1]) or not np.allclose(
            products[:, off], (q[:, :, None] * q[:, None, :])[:, off]
        ):
            raise FileFormatError(f"{edges}: the edges are not the products of the charges")
    return Trajectories(loc.swapaxes(2, 3), vel.swapaxes(2, 3), q, np.arange(loc.shape[1], dtype=float))


def _read(path: Path) -> Float[np.ndarray, "..."] | Int[np.ndarray, "..."]:
    try:
        found = np.load(path, allow_pickle=False)
    except OSError as error:
        raise MissingFileError(f"{path} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise FileFormatError(f"{path} is no .npy file of numbers: {error}") from None
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "fiu" or not np.isfinite(found).all():
        raise FileFormatError(f"{path} must hold an array of finite real numbers")
    return found.astype(float)
