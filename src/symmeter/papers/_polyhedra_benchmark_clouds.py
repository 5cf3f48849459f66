"""Clouds of points with every point group, disturbed by noise or with points missing, and how often each is found."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from symmeter.papers._polyhedra_benchmark_peer import Peer

__all__ = ["FEW", "GROUPS", "SIGMAS", "TOLERANCE", "cloud", "missing_points", "noise"]

GROUPS = (
    *("C1", "Ci", "Cs", "C2", "C3", "C4", "C5", "C6", "C2v", "C3v", "C4v", "C5v", "C6v", "C2h", "C3h", "C4h", "C5h"),
    *("C6h", "S4", "S6", "S8", "D2", "D3", "D4", "D5", "D6", "D2h", "D3h", "D4h", "D5h", "D6h", "D2d", "D3d", "D4d"),
    *("D5d", "D6d", "T", "Td", "Th", "O", "Oh", "I", "Ih"),
)
#: One of each kind, for a short look.
FEW = ("Cs", "C3v", "C4h", "S4", "D3", "D5d", "Td", "Oh")
#: Standard deviations of the noise, in radii.
SIGMAS = (1e-5, 1e-4, 1e-3, 3e-3, 1e-2)
#: The tolerance given to the detector is this many standard deviations.
TOLERANCE = 5.0
#: Tolerances of the peer, which are absolute, in standard deviations; it gets the better of the two.
_PEER_TOLERANCES = (5.0, 10.0)
_PATIENCE = 2.0
#: Completing a cloud takes longer than finding its group: it is done in every so many draws.
_EVERY = 4


@lru_cache(maxsize=64)
def cloud(symbol: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Generic orbits of a group, each of a kind of its own, of radius 1.

    Of some draws the one that is farthest from mistakes: from two points that come together, and from a larger group.
    """
    from symmeter.shapes.frames import symmetry_matrices
    from symmeter.shapes.point_group import point_group

    matrices = symmetry_matrices(symbol)
    orbits = 6 if len(matrices) < 3 else 4 if len(matrices) < 8 else 3 if len(matrices) < 24 else 1
    rng = np.random.default_rng(11)
    labels = tuple("CNOFPS"[k] for k in range(orbits) for _ in matrices)
    draws: list[tuple[float, np.ndarray]] = []
    for _ in range(60):
        seeds = rng.standard_normal((orbits, 3))
        seeds *= (np.linspace(1.0, 0.6, orbits) / np.linalg.norm(seeds, axis=1))[:, None]
        images = matrices @ seeds.T
        points = np.concatenate([images[:, :, k] for k in range(orbits)])
        points -= points.mean(axis=0)
        points /= np.linalg.norm(points, axis=1).max()
        orbit = len(matrices)
        draws.append((min(_closest(points[k * orbit : (k + 1) * orbit]) for k in range(orbits)), points))
    draws.sort(key=lambda draw: -draw[0])
    best, clearest = draws[0][1], -1.0
    for spacing, points in draws[:12]:
        larger = point_group(points, labels, tol=1e-6).next_larger
        clear = min(spacing, 1.0 if larger is None else larger[1])
        if clear > clearest:
            best, clearest = points, clear
    return best, labels


def _closest(points: np.ndarray) -> float:
    if len(points) < 2:
        return 1.0
    distance = np.linalg.norm(points[:, None] - points, axis=2) + 9.0 * np.eye(len(points))
    return float(distance.min())


def noise(symbol: str, sigmas: Sequence[float], seeds: int, seed: int, peer: Peer | None) -> dict[str, Any]:
    """How often the group of a disturbed cloud is found, and in how many seconds."""
    points, labels = cloud(symbol)
    ours, theirs, seconds, peer_seconds = [], [], [], []
    for sigma in sigmas:
        right, peer_right, answered = 0, 0, 0
        for k in range(seeds):
            rng = np.random.default_rng([seed, k, round(1e7 * sigma)])
            disturbed = points + sigma * rng.standard_normal(points.shape)
            found, took = _timed(lambda x=disturbed, s=sigma: _symbol(x, labels, TOLERANCE * s))
            right += found == symbol
            seconds.append(took)
            if peer is not None:
                answer = None
                for t in _PEER_TOLERANCES:
                    answer = peer.ask(disturbed, labels, t * sigma, _PATIENCE) or answer
                    if answer is not None and answer[0] == symbol:
                        break
                peer_right += answer is not None and answer[0] == symbol
                answered += answer is not None
                peer_seconds.append(_PATIENCE if answer is None else answer[1])
        ours.append(right)
        if peer is not None:
            theirs.append({"right": peer_right, "answered": answered})
    out = {
        "points": len(points),
        "sigmas": list(sigmas),
        "seeds": seeds,
        "right": ours,
        "seconds": float(np.median(seconds)),
    }
    if peer is not None:
        out |= {"peer": theirs, "peer_seconds": float(np.median(peer_seconds))}
    return out


def missing_points(symbol: str, counts: Sequence[int], seeds: int, seed: int) -> dict[str, Any]:
    """What is found when points are left out: the group of the whole cloud, or exactly that of what is left.

    The group of what is left is known beforehand: the operations that take the points left out to one another. In every
    fourth draw the points are sought that would complete the cloud, and the group that it then has.
    """
    from symmeter.groups import point_group_symbol
    from symmeter.shapes.frames import symmetry_matrices
    from symmeter.shapes.missing_points import complete

    points, labels = cloud(symbol)
    matrices = symmetry_matrices(symbol)
    moved = matrices @ points.T
    images = np.abs(moved.transpose(0, 2, 1)[:, :, None] - points).max(axis=-1).argmin(axis=-1)
    whole, left, completed, asked = [], [], [], []
    for count in counts:
        if len(points) - count < 6:
            continue
        asked.append(count)
        as_whole = as_left = as_completed = 0
        for k in range(seeds):
            rng = np.random.default_rng([seed, k, count])
            out = rng.choice(len(points), count, replace=False)
            kept = np.setdiff1d(np.arange(len(points)), out)
            stable = [np.isin(image[out], out).all() for image in images]
            truth = point_group_symbol(matrices[np.array(stable)])
            disturbed = points[kept] + 1e-5 * rng.standard_normal((len(kept), 3))
            names = [labels[i] for i in kept]
            found = _symbol(disturbed, names, 1e-4)
            as_whole += found == symbol
            as_left += found == truth
            if k % _EVERY == 0:
                as_completed += complete(disturbed, names, 1e-4, count).group.symbol == symbol
        whole.append(as_whole)
        left.append(as_left)
        completed.append(as_completed)
    draws = len(range(0, seeds, _EVERY))
    return {
        "counts": asked,
        "seeds": seeds,
        "whole": whole,
        "left": left,
        "completed": completed,
        "completed_seeds": draws,
    }


def _symbol(points: np.ndarray, labels: Sequence[str], tolerance: float) -> str:
    from symmeter.errors import InputError
    from symmeter.shapes.point_group import point_group

    try:
        return point_group(points, labels, tol=tolerance).symbol
    except InputError:
        # Points that lie closer together than the tolerance: refused, so not found.
        return "refused"


def _timed(work: Callable[[], str]) -> tuple[str, float]:
    start = time.process_time()
    found = work()
    return found, time.process_time() - start
