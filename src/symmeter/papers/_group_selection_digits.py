"""The digits table: handwritten digits, augmented by known transformations, against seven candidates.

1,797 images of 8 x 8 pixels (scikit-learn's digits). A candidate P is judged by ``||R - P R P^T||^2`` over the level
that noise alone would give, estimated from the images themselves: about 1 for a true symmetry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from jaxtyping import Float

from symmeter.discover import dictionary
from symmeter.errors import MissingDependencyError
from symmeter.representations import Monomial

__all__ = ["CANDIDATES", "CASES", "EARLIER", "HARD", "TRUE", "augmented", "judged", "load_digits"]

GRID = (8, 8)

#: The rows of the table: how the images were augmented.
CASES: Mapping[str, str] = MappingProxyType(
    {
        "shifts": "random shifts",
        "flips": "random mirror",
        "both": "shifts and mirror",
        "turns": "quarter turns",
        "raw": "as they are",
    }
)

#: The columns of the table.
CANDIDATES = ("shift_x", "shift_y", "rot180", "flip_x", "flip_y", "rot90", "transpose")

#: Which candidates leave the covariance of each case as it is. rot180 of shifted images is implied by the shifts.
TRUE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "shifts": frozenset({"shift_x", "shift_y", "rot180"}),
        "flips": frozenset({"flip_x"}),
        "both": frozenset({"shift_x", "shift_y", "rot180", "flip_x", "flip_y"}),
        "turns": frozenset({"rot90", "rot180"}),
        "raw": frozenset(),
    }
)

#: Weakly broken: allowed to be borderline.
HARD = frozenset({("shifts", "flip_x"), ("shifts", "flip_y")})

#: Ratios measured by an earlier prototype over 25 seeds, medians; absent where none was recorded.
EARLIER: Mapping[tuple[str, str], float] = MappingProxyType(
    {
        ("shifts", "shift_x"): 1.0,
        ("shifts", "shift_y"): 1.0,
        ("shifts", "rot180"): 1.0,
        ("shifts", "flip_x"): 2.0,
        ("shifts", "flip_y"): 2.4,
        ("shifts", "rot90"): 191.0,
        ("shifts", "transpose"): 196.0,
        ("flips", "flip_x"): 0.9,
        ("flips", "flip_y"): 16.6,
        ("flips", "rot180"): 16.2,
        ("flips", "shift_y"): 28.9,
        ("flips", "shift_x"): 42.0,
        ("turns", "rot90"): 1.0,
        ("turns", "rot180"): 1.0,
        ("turns", "flip_x"): 30.0,
        ("turns", "flip_y"): 30.0,
        ("turns", "transpose"): 25.0,
        ("turns", "shift_x"): 107.0,
        ("turns", "shift_y"): 107.0,
    }
)


def load_digits() -> Float[np.ndarray, "1797 64"]:
    """The images as rows.

    Raises
    ------
    MissingDependencyError
        Without scikit-learn.
    """
    try:
        from sklearn.datasets import load_digits as load
    except ImportError as error:
        raise MissingDependencyError("scikit-learn", "examples", "the table of handwritten digits") from error
    return np.asarray(load(return_X_y=True)[0], dtype=float)


def augmented(images: Float[np.ndarray, "n 64"], case: str, seed: int) -> Float[np.ndarray, "n 64"]:
    """Every image moved by its own random element of the case's group."""
    rng = np.random.default_rng([seed, *case.encode()])
    out = images.reshape(-1, *GRID).copy()
    n = len(out)
    if case in ("flips", "both"):
        chosen = rng.random(n) < 0.5
        out[chosen] = out[chosen, :, ::-1]
    if case in ("shifts", "both"):
        y, x = rng.integers(GRID[0], size=n), rng.integers(GRID[1], size=n)
        rows = (np.arange(GRID[0])[None, :] - y[:, None]) % GRID[0]
        columns = (np.arange(GRID[1])[None, :] - x[:, None]) % GRID[1]
        out = out[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]
    if case == "turns":
        turns = rng.integers(4, size=n)
        for k in range(1, 4):
            out[turns == k] = np.rot90(out[turns == k], k, axes=(1, 2))
    return out.reshape(n, -1)


def candidates() -> dict[str, Monomial]:
    """The seven candidates by name."""
    makers: tuple[Callable[..., list[Monomial]], ...] = (
        dictionary.grid_shifts,
        dictionary.reflections,
        dictionary.rotations,
        dictionary.transposes,
    )
    every = {p.name: p for make in makers for p in make(GRID)}
    return {name: every[name] for name in CANDIDATES}


def judged(images: Float[np.ndarray, "n 64"], case: str, seed: int) -> Float[np.ndarray, "7 2"]:
    """Ratio and p-value of every candidate for one augmentation."""
    from symmeter.discover.covariance_tests import transformation_test
    from symmeter.discover.moments import moments_of_samples

    moments = moments_of_samples(augmented(images, case, seed))
    tests = [transformation_test(moments, p) for p in candidates().values()]
    return np.array([[t.ratio, np.nan if t.p_value is None else t.p_value] for t in tests])
