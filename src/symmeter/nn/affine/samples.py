"""Sampled group elements that layers share: drawn anew at every forward pass, frozen, or learned.

Integrals over the group become weighted sums over N elements. ``measure="haar"`` draws from a ball of coordinates with
the weights of Haar measure; ``measure="lognormal"`` draws stretches from a log-normal law with equal weights, which is
the published choice and is not invariant. Points come from a cube, so that they may be random, stratified (a Latin
hypercube), Halton or scrambled Sobol points.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from symmeter.errors import InputError, NotAGroupElementError, SampleSizeError, ShapeError
from symmeter.groups.lie.batches import check_choice
from symmeter.groups.lie.points import cube_points
from symmeter.nn.affine.decomposed import DecomposedGroup, PolarGroup, decomposed_group

__all__ = ["ANGLES", "MODES", "POINTS", "GroupSampler", "GroupSamples", "holding_samples"]

POINTS = ("random", "stratified", "halton", "sobol")
ANGLES = ("grid", "turned", "points")
MODES = ("redrawn", "frozen", "learned")


@dataclass(frozen=True, eq=False)
class GroupSamples:
    """N elements of a group with inverses and weights.

    Attributes
    ----------
    group : DecomposedGroup
    elements, inverses : tensors of shape (N, n, n)
    weights : tensor of shape (N,)
        Of the measure that integrals are taken with; they sum to 1.
    """

    group: DecomposedGroup
    elements: Float[torch.Tensor, "N n n"]
    inverses: Float[torch.Tensor, "N n n"]
    weights: Float[torch.Tensor, " N"]
    _kept: dict[str, torch.Tensor] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.elements)

    @property
    def determinants(self) -> Float[torch.Tensor, " N"]:
        """Determinant of each element."""
        if "determinants" not in self._kept:
            self._kept["determinants"] = torch.linalg.det(self.elements)
        return self._kept["determinants"]

    def relative(self, other: GroupSamples | None = None) -> Float[torch.Tensor, "N M k"]:
        """Coordinates of ``h_i^-1 g_j``, with g of the other samples; those of a set with itself are kept."""
        if other is None or other is self:
            if "relative" not in self._kept:
                self._kept["relative"] = self.group.coordinates(self.inverses[:, None] @ self.elements[None])
            return self._kept["relative"]
        return self.group.coordinates(self.inverses[:, None] @ other.elements[None])

    def moved(self, g: Float[torch.Tensor, "n n"]) -> GroupSamples:
        """All elements multiplied by one from the left, which is how a moved signal sees them."""
        g = torch.as_tensor(g).to(self.elements)
        back = torch.linalg.inv(g.double()).to(self.elements)
        return replace(self, elements=g @ self.elements, inverses=self.inverses @ back, _kept={})

    def to(self, *args: Any, **options: Any) -> GroupSamples:
        """On another device or of another type."""
        g, back, w = (t.to(*args, **options) for t in (self.elements, self.inverses, self.weights))
        return GroupSamples(self.group, g, back, w)

    @classmethod
    def of(cls, group: Any, elements: Any, weights: Any = None) -> GroupSamples:
        """Elements that the caller chose.

        Raises
        ------
        ShapeError, NotAGroupElementError

        Examples
        --------
        >>> len(GroupSamples.of("sl2", torch.eye(2)[None]))
        1
        """
        made = decomposed_group(group)
        g = torch.as_tensor(np.asarray(elements) if not isinstance(elements, torch.Tensor) else elements)
        g = g if g.is_floating_point() else g.to(torch.get_default_dtype())
        n = made.space_dimension
        if g.ndim != 3 or g.shape[1:] != (n, n):
            raise ShapeError(f"elements of {made.name} have shape (N, {n}, {n}); got {tuple(g.shape)}")
        if len(g) < 1:
            raise SampleSizeError("the number of samples is 0; it must be an integer of at least 1")
        checks = getattr(getattr(made, "group", None), "check", None)
        if checks is not None:
            checks(g.detach().cpu().double().numpy(), 1e-8 if g.dtype == torch.float64 else 1e-4)
        bad = torch.linalg.det(g.double()) <= 0
        if bad.any():
            raise NotAGroupElementError(f"matrix {int(bad.nonzero()[0])} of {len(g)} has a determinant of 0 or below")
        w = torch.full((len(g),), 1 / len(g), dtype=g.dtype) if weights is None else torch.as_tensor(weights).to(g)
        if w.shape != (len(g),) or not bool((w >= 0).all()) or not float(w.sum()) > 0:
            raise InputError(f"weights must be {len(g)} numbers of at least 0, not all of them 0")
        return cls(made, g, torch.linalg.inv(g.double()).to(g), w / w.sum())


class GroupSampler(nn.Module):
    """Where layers get their samples: make one, and give it to every layer that is to share them.

    Parameters
    ----------
    group : str, MatrixLieGroup or DecomposedGroup
        See :func:`~symmeter.nn.affine.decomposed_group`.
    samples : int
        Number of elements N.
    measure : {"lognormal", "haar"}
    radius : float, optional
        For Haar measure on groups that are not compact: bound on the Frobenius norm of the logarithm of the stretch.
    variance : float
        For "lognormal": of each coefficient of the logarithm of ``g g^T``.
    points : {"random", "stratified", "halton", "sobol"}
        How points of the cube are chosen.
    angles : {"grid", "turned", "points"}
        For the plane: N equally spaced angles, the same turned by a common random angle, or from the cube.
    max_angle : float, optional
        For the plane: bound on the angles in radians. The set is then no longer closed under rotations; right for
        tasks that turn little.
    turns : int or array of shape (m, n, n), optional
        Multiply N / m elements from the left by m equally spaced rotations of the plane, or by the given rotations, so
        that rotations by these permute the samples.
    mode : {"redrawn", "frozen", "learned"}
        New elements at every forward pass, in training and in use (the published choice); elements drawn once and kept
        with the weights; elements whose coordinates are trained.
    jitter : float
        For elements that are kept: in training, all of them are multiplied from the left by one element with normal
        coordinates of this standard deviation, a new one in every pass. That is how samples look to a signal that is
        moved, and costs nothing; without it kernels are trained at the points of one draw alone and are free between
        them.
    seed : int, optional
        Of the draws; torch's own generator decides when omitted.

    Raises
    ------
    InputError, SampleSizeError, UnknownNameError

    Examples
    --------
    >>> sampler = GroupSampler("sl2", 12, turns=4, mode="frozen", seed=0)
    >>> samples = sampler.draw()
    >>> samples.elements.shape, bool(((samples.elements @ samples.inverses).diagonal(0, 1, 2) - 1 < 1e-12).all())
    (torch.Size([12, 2, 2]), True)
    """

    def __init__(
        self,
        group: Any,
        samples: int = 10,
        *,
        measure: str = "lognormal",
        radius: float | None = None,
        variance: float = 0.1,
        points: str = "random",
        angles: str = "grid",
        max_angle: float | None = None,
        turns: int | Any | None = None,
        mode: str = "redrawn",
        jitter: float = 0.0,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        self.group = decomposed_group(group)
        if isinstance(samples, bool) or not isinstance(samples, (int, np.integer)) or samples < 1:
            raise SampleSizeError(f"the number of samples is {samples!r}; it must be an integer of at least 1")
        for value, choices, name in (
            (measure, ("haar", "lognormal"), "measure"),
            (points, POINTS, "points"),
            (angles, ANGLES, "angles"),
            (mode, MODES, "mode"),
        ):
            check_choice(value, choices, name)
        if not (isinstance(variance, Real) and 0 < variance < np.inf):
            raise InputError(f"variance is {variance}; it must be positive and finite")
        if radius is not None and not (isinstance(radius, Real) and 0 < radius < np.inf):
            raise InputError(f"radius is {radius}; it must be positive and finite")
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0):
            raise InputError(f"seed is {seed!r}; give a whole number of at least 0")
        self.samples, self.measure, self.radius, self.variance = int(samples), measure, radius, float(variance)
        self.points, self.angles, self.mode, self.seed = points, angles, mode, seed
        if not (isinstance(jitter, Real) and 0 <= jitter < np.inf):
            raise InputError(f"jitter is {jitter}; it must be at least 0 and finite")
        if jitter and mode == "redrawn":
            raise InputError("jitter moves elements that are kept; take mode='frozen' or 'learned' with it")
        if jitter and not isinstance(self.group, PolarGroup):
            raise InputError(f"jitter needs a group with polar coordinates; {self.group!r} has none")
        self.jitter = float(jitter)
        self._planar = isinstance(self.group, PolarGroup) and self.group.rotates and self.group.space_dimension == 2
        if max_angle is not None and not (self._planar and 0 < max_angle <= np.pi):
            raise InputError(f"max_angle is {max_angle} for {self.group!r}; it bounds angles of the plane, up to pi")
        self.max_angle = max_angle
        self.turns = None if turns is None else self._rotations(turns)
        self._draws, self._held = 0, None
        self.current: GroupSamples | None = None
        if mode == "redrawn":
            self.fresh(0 if seed is None else seed)  # bad settings speak up now
        else:
            self._keep(self.fresh(seed))

    def _rotations(self, turns: Any) -> np.ndarray:
        n = self.group.space_dimension
        if isinstance(turns, (int, np.integer)):
            if not self._planar or turns < 1:
                raise InputError(f"turns={turns} are rotations of the plane; give matrices for {self.group!r}")
            angle = 2 * np.pi * np.arange(turns) / turns
            turns = np.moveaxis(np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]), 2, 0)
            turns[np.abs(turns) < 1e-15] = 0.0
        turns = np.asarray(turns)
        turns = turns.astype(float) if turns.dtype.kind in "iuf" else np.zeros(0)
        if (
            turns.ndim != 3
            or turns.shape[1:] != (n, n)
            or np.abs(turns @ turns.swapaxes(1, 2) - np.eye(n)).max() > 1e-9
        ):
            raise InputError(f"turns are rotations of shape (m, {n}, {n}); got shape {turns.shape}")
        if self.samples % len(turns):
            raise InputError(f"{self.samples} samples are no multiple of the {len(turns)} turns")
        if self.max_angle is not None:
            raise InputError("turns and max_angle exclude each other: turns go all the way round")
        return turns

    # -- drawing -------------------------------------------------------------------------------------------------------

    def fresh(self, seed: int | tuple[int, ...] | None = None) -> GroupSamples:
        """New samples in double precision, whatever the mode; the same seed gives the same ones."""
        rng = np.random.default_rng(int(torch.randint(2**62, (1,))) if seed is None else seed)
        turns = self.turns
        count = self.samples if turns is None else self.samples // len(turns)
        u = self._cube(count, rng)
        if self._planar and turns is None:
            self._set_angles(u, rng)
        elif self._planar and turns is not None:
            # Between one turn and the next, so that rotations alone give all equally spaced angles.
            u[:, -1] = 0.5 + np.arange(count) / count / len(turns)
        g, back, w = self.group.drawn(u, self.measure, self.radius, self.variance)
        if turns is not None:
            g = (turns[:, None] @ g[None]).reshape(-1, *g.shape[1:])
            back = (back[None] @ turns.swapaxes(1, 2)[:, None]).reshape(-1, *back.shape[1:])
            w = np.tile(w, len(turns)) / len(turns)
        parts = [torch.from_numpy(np.ascontiguousarray(a)) for a in (g, back, w)]
        return GroupSamples(self.group, parts[0], parts[1], parts[2])

    def _cube(self, count: int, rng: np.random.Generator) -> np.ndarray:
        d = self.group.cube_dimension
        if d == 0:
            return np.zeros((count, 0))
        if self.points != "sobol":
            return cube_points(count, d, self.points, rng)
        engine = torch.quasirandom.SobolEngine(d, scramble=True, seed=int(rng.integers(2**31)))
        return np.clip(engine.draw(count, dtype=torch.float64).numpy(), 1e-16, 1 - 1e-16)

    def _set_angles(self, u: np.ndarray, rng: np.random.Generator) -> None:
        """Angles of the plane; 1/2 in the cube is the angle 0, and the ends are -pi and pi."""
        n = len(u)
        if self.angles != "points":
            # A whole circle of n angles that contains 0 and not both -pi and pi; or the middles of n cells of a part.
            cells = (np.arange(n) - n // 2) / n + 0.5 if self.max_angle is None else (np.arange(n) + 0.5) / n
            offset = (rng.random() - 0.5) / n if self.angles == "turned" else 0.0
            u[:, -1] = (cells + offset) % 1.0 if self.max_angle is None else np.clip(cells + offset, 1e-9, 1 - 1e-9)
        if self.max_angle is not None:
            u[:, -1] = 0.5 + (u[:, -1] - 0.5) * self.max_angle / np.pi

    def draw(self) -> GroupSamples:
        """The samples of a forward pass, kept as ``current`` for the layers that follow."""
        if self._held is not None:
            self.current = self._held
        elif self.mode == "redrawn":
            self._draws += 1
            self.current = self.fresh(None if self.seed is None else (self.seed, self._draws))
        elif self.mode == "frozen":
            kept: Any = self
            self.current = self._moved(GroupSamples(self.group, kept.elements, kept.inverses, kept.weights))
        else:
            group: Any = self.group
            g, back = group.from_coordinates(self.coordinates)
            weights: Any = self.weights
            self.current = self._moved(GroupSamples(self.group, g, back, weights.to(g)))
        return self.current

    def _moved(self, samples: GroupSamples) -> GroupSamples:
        """All elements as a signal that was moved a little sees them, while training."""
        if not (self.training and self.jitter):
            return samples
        group: Any = self.group
        c = self.jitter * torch.randn(group.coordinate_dimension, dtype=samples.elements.dtype)
        g, back = (t.to(samples.elements.device) for t in group.from_coordinates(c))
        return replace(samples, elements=g @ samples.elements, inverses=samples.inverses @ back, _kept={})

    def shared(self) -> GroupSamples:
        """The samples that the last lifting drew; new ones if nothing was drawn yet."""
        return self.draw() if self.current is None else self.current

    # -- modes ---------------------------------------------------------------------------------------------------------

    def _keep(self, samples: GroupSamples) -> None:
        # In double precision, so that inverses stay inverses; layers convert what they need.
        self.register_buffer("weights", samples.weights)
        if self.mode == "learned":
            if not isinstance(self.group, PolarGroup):
                raise InputError(f"learned samples need a group with polar coordinates; {self.group!r} has none")
            self.coordinates = nn.Parameter(self.group.coordinates(samples.elements).to(torch.get_default_dtype()))
        else:
            self.register_buffer("elements", samples.elements)
            self.register_buffer("inverses", samples.inverses)

    def freeze(self, seed: int | None = None) -> GroupSampler:
        """Keep one draw from now on; returns the sampler itself."""
        if self.mode == "redrawn":
            samples = self.fresh(seed)
            self.mode = "frozen"
            self._keep(samples)
        return self

    def hold(self, samples: GroupSamples | None) -> None:
        """Use these samples in every forward pass until they are released by ``hold(None)``."""
        self._held = samples
        self.current = samples

    def _apply(self, fn: Any, recurse: bool = True) -> GroupSampler:
        """Frozen elements keep their precision and place whatever the network is converted to."""
        kept, self._buffers = self._buffers, {}
        try:
            super()._apply(fn, recurse)
        finally:
            self._buffers = kept
        return self

    def __getstate__(self) -> dict[str, Any]:
        # What the last pass used may hang on its graph, which cannot be copied.
        return {**self.__dict__, "current": None}

    def extra_repr(self) -> str:
        return f"{self.group!r}, samples={self.samples}, measure={self.measure}, {self.mode}"


@contextmanager
def holding_samples(model: nn.Module, seed: int = 0, moved: Any = None, fresh: bool = False) -> Iterator[None]:
    """While this lasts, every sampler inside the model keeps one draw.

    Parameters
    ----------
    model : torch.nn.Module
    seed : int
        Of the draw, for samples that are redrawn.
    moved : tensor of shape (n, n), optional
        Multiply the elements by it from the left: the samples as a moved signal sees them.
    fresh : bool
        Make a new draw of frozen samples as well.

    Examples
    --------
    >>> from symmeter.nn.affine import Lift2d
    >>> layer, x = Lift2d(1, 2, 5, group="sl2", samples=4), torch.ones(1, 1, 7, 7)
    >>> with holding_samples(layer):
    ...     bool(torch.equal(layer(x), layer(x)))
    True
    """
    found = [m for m in model.modules() if isinstance(m, GroupSampler)]
    before = [(m._held, m.current) for m in found]
    try:
        for k, sampler in enumerate(found):
            new = sampler.mode == "redrawn" or (fresh and sampler.mode == "frozen")
            kept = sampler.fresh(seed + 7919 * k) if new and sampler._held is None else sampler.draw()
            sampler.hold(kept if moved is None else kept.moved(moved))
        yield
    finally:
        for sampler, (held, current) in zip(found, before):
            sampler._held, sampler.current = held, current
