"""Data with symmetries that hold, hold nearly, or are broken by a known amount.

Inertia tensors of point masses with one axis singled out, cosines of angles between vectors with a broken rotation or
scale invariance, and charged particles that fall in a constant field. Each task draws its own training, validation and
test sets from one seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError

__all__ = ["COSINE_VARIANTS", "Sample", "cosine", "inertia", "inertia_target", "motion", "planes"]

#: Candidate groups by the axis that they turn about.
PLANES = {0: "O2_yz", 1: "O2_xz", 2: "O2_xy"}
#: The axes that span the plane of each candidate.
PLANE_AXES = {"O2_xy": (0, 1), "O2_yz": (1, 2), "O2_xz": (0, 2)}
COSINE_VARIANTS = ("so3", "scale", "none")
Pair = tuple[Float[np.ndarray, "n a"], Float[np.ndarray, "n b"]]


@dataclass(frozen=True, eq=False)
class Sample:
    """The sets of one task.

    Attributes
    ----------
    rep_in, rep_out : str
        Features of inputs and outputs.
    train, validation, test : pair of arrays
    """

    rep_in: str
    rep_out: str
    train: Pair
    validation: Pair
    test: Pair


def planes() -> dict[str, object]:
    """O(2) in each coordinate plane of space."""
    from symmeter.groups import O, embed

    return {name: embed(O(2), 3, axes) for name, axes in PLANE_AXES.items()}


def inertia_target(
    masses: Float[np.ndarray, "n k"], positions: Float[np.ndarray, "n k 3"], axis: int, strength: float
) -> Float[np.ndarray, "n 9"]:
    """``J + strength (J e_a) e_a^T`` for the inertia tensor J; axis -1 breaks x and y with opposite signs.

    Examples
    --------
    >>> inertia_target(np.ones((1, 1)), np.array([[[0.0, 0.0, 2.0]]]), 2, 0.3).reshape(3, 3).diagonal()
    array([4., 4., 0.])
    """
    squares = (positions**2).sum(-1)
    one = np.eye(3)
    j = np.einsum("nk,nk,ab->nab", masses, squares, one) - np.einsum("nk,nka,nkb->nab", masses, positions, positions)
    broken = j.copy()
    for a, sign in ((0, -1.0), (1, 1.0)) if axis == -1 else ((axis, 1.0),):
        broken[:, :, a] += sign * strength * j[:, :, a]
    return broken.reshape(len(j), 9)


def inertia(
    axis: int,
    strength: float,
    sizes: tuple[int, int, int],
    seed: int,
    particles: int = 2,
    unit_masses: bool = True,
) -> Sample:
    """Point masses at normal positions; their inertia tensors with one axis singled out.

    Unit masses are no inputs; otherwise masses are softplus of normal numbers and come first.
    """
    if axis not in (-1, 0, 1, 2):
        raise InputError(f"the axis is {axis}; it must be 0, 1, 2, or -1 for two broken axes")
    rng = np.random.default_rng(seed)

    def draw(n: int) -> Pair:
        masses = np.ones((n, particles)) if unit_masses else np.log1p(np.exp(rng.standard_normal((n, particles))))
        positions = rng.standard_normal((n, particles, 3))
        flat = positions.reshape(n, -1)
        x = flat if unit_masses else np.concatenate([masses, flat], axis=1)
        return x, inertia_target(masses, positions, axis, strength)

    rep = f"{particles}T1" if unit_masses else f"{particles}T0+{particles}T1"
    train, validation, test = (draw(n) for n in sizes)
    return Sample(rep, "T2", train, validation, test)


def cosine(variant: str, strength: float, sizes: tuple[int, int, int], seed: int, vectors: int = 3) -> Sample:
    """The mean cosine between neighbouring vectors of a ring, with rotation or scale invariance broken.

    Variant "so3" subtracts ``strength`` times the mean length (rotations hold, scalings do not); "scale" subtracts
    ``strength`` times a quotient of 1-norms (scalings hold, rotations do not); "none" breaks both.
    """
    if variant not in COSINE_VARIANTS:
        raise InputError(f"the variant is {variant!r}; it must be one of {', '.join(COSINE_VARIANTS)}")
    rng = np.random.default_rng(seed)

    def draw(n: int) -> Pair:
        x = rng.standard_normal((n, vectors, 3))
        lengths = np.linalg.norm(x, axis=2)
        unit = x / lengths[..., None]
        y = (unit * np.roll(unit, -1, axis=1)).sum(-1).mean(1)
        ones = np.abs(x).sum(-1)
        half = vectors // 2
        fraction = ones[:, :half].sum(1) / ones[:, half:].sum(1)
        y = (
            y
            + {
                "so3": -strength * lengths.mean(1),
                "scale": -strength * fraction,
                "none": strength * (fraction - lengths.mean(1)),
            }[variant]
        )
        return x.reshape(n, -1), y[:, None]

    train, validation, test = (draw(n) for n in sizes)
    return Sample(f"{vectors}T1", "T0", train, validation, test)


def motion(sizes: tuple[int, int, int], seed: int, field: float = 1.0, noise: float = 0.05) -> Sample:
    """Six noisy past positions of a charged particle, and its six next positions, with a constant field along z.

    Five particles act on each other; one trajectory of each system is seen, relative to its mean past position, in
    units of a length that is the same for all axes. The field acts on all particles alike, so that rotations about z
    and mirrors that contain it are symmetries, and other rotations are not. Targets have no noise.
    """
    from symmeter.nn.nbody import simulate_charges

    rng = np.random.default_rng(seed)

    def draw(n: int) -> Pair:
        found = simulate_charges(
            n, 5, steps=1100, every=100, dt=2e-3, field=-field, field_acts_on="mass", rng=rng, spread=1.5
        )
        track = found.positions[:, :, 0]
        seen, future = track[:, :6], track[:, 6:12]
        seen = seen + noise * rng.standard_normal(seen.shape)
        centre = seen.mean(1, keepdims=True)
        return (seen - centre).reshape(n, -1), (future - centre).reshape(n, -1)

    train, validation, test = (draw(n) for n in sizes)
    return Sample("6T1", "6T1", train, validation, test)
