"""Orthogonal maps that take a set of points to itself within a tolerance, found from the images of three points.

Three well-spread points of small shells fix a map by their images; all triples whose distances and angles fit are
tried at once. A map is known by the permutation that it induces, not by its entries, which noise moves; it is polished
by matching and fitting in turn (orthogonal Procrustes) before its deviation counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int

from symmeter.errors import InputError
from symmeter.shapes.detection_closure import group_from_a_few
from symmeter.shapes.detection_shells import Cloud

__all__ = ["Operations", "TooManyMapsError", "fitted", "search"]

#: Numbers that one block of distances may hold.
_BLOCK = 4_000_000
#: Shells larger than this are matched through a tree.
_LARGE_SHELL = 300
#: More triples of images than this mean that the tolerance cannot tell the points apart.
MOST_CANDIDATES = 400_000
#: Of so many points as many maps are not matched: they lie on a circle more densely than any group is worth.
_DENSE = (500, 3_000)
#: Inner products that are compared at most: some seconds of work.
_MOST_PRODUCTS = 1_000_000_000
_POLISH = 3
#: So many maps times points are tried on a few points before all are matched.
_MANY = 50_000
#: Points on which a map is tried before all are matched.
_SAMPLE = 12
#: Below this share of the distance between points no image lies nearer to another point than to its own.
_CLEAR = 0.25
#: Share of the radius from which on points make good frames.
_FAR_OUT = 0.3


@dataclass(frozen=True, eq=False)
class Operations:
    """Maps with the permutations that they induce.

    Attributes
    ----------
    matrices : array of shape (k, 3, 3)
        Orthogonal, polished.
    permutations : array of shape (k, n)
        ``permutations[g, i]`` is the point that lies where g takes point i.
    deviations, rms : arrays of shape (k,)
        Largest and root mean square distance between image and point, in the unit of the coordinates.
    table : int array of shape (k, k), optional
        Where they are known to be a group: ``table[h, g]`` is h after g.
    generators : int array, optional
        With a table: a few that give all others.
    """

    matrices: Float[np.ndarray, "k 3 3"]
    permutations: Int[np.ndarray, "k n"]
    deviations: Float[np.ndarray, " k"]
    rms: Float[np.ndarray, " k"]
    table: Int[np.ndarray, "k k"] | None = None
    generators: Int[np.ndarray, " s"] | None = None

    def __len__(self) -> int:
        return len(self.matrices)

    def take(self, index: np.ndarray) -> Operations:
        """Some of them."""
        return Operations(self.matrices[index], self.permutations[index], self.deviations[index], self.rms[index])


class TooManyMapsError(InputError):
    """So many maps fit that the tolerance tells no points apart."""


def search(cloud: Cloud, tolerance: float, accept: float, most: int = MOST_CANDIDATES) -> Operations:
    """All maps of a planar or spatial set whose largest deviation is at most ``accept``.

    Parameters
    ----------
    cloud : Cloud
        Of rank 2 or 3.
    tolerance : float
        How far a point may be from where it would be, in the unit of the coordinates.
    accept : float
        Largest deviation of an accepted map.
    most : int
        Maps that are tried at most.

    Raises
    ------
    TooManyMapsError
        If more would have to be.
    """
    # Points that are exchanged lie at one distance but for what is accepted: a smaller step would part an orbit.
    shells = cloud.shells(accept)
    x = cloud.points
    if cloud.rank == 2:
        # Seen along the normal: heights above the plane are of the size of what is accepted, or alike in an orbit.
        x = x - np.outer(x @ cloud.directions[2], cloud.directions[2])
    frame, parts = _frame(x, cloud.rank, shells, cloud.radius)
    images = _images(x, frame, parts, tolerance, most)
    if cloud.rank == 3:
        known = _from_a_few(cloud, shells, frame, parts, images, max(accept, 6.0 * tolerance), accept)
        if known is not None:
            return known
        matrices = _maps(x, frame, images)
    else:
        normal = cloud.radius * cloud.directions[2]
        basis = np.concatenate([x[frame], normal[None]])
        sides = np.concatenate([normal[None]] * len(images) + [-normal[None]] * len(images))
        targets = np.concatenate([np.concatenate([x[images]] * 2), sides[:, None]], axis=1).swapaxes(1, 2)
        matrices = _orthogonal(targets @ basis)
    return _polished(cloud, shells, matrices, tolerance, accept)


def _from_a_few(
    cloud: Cloud,
    shells: list[np.ndarray],
    frame: np.ndarray,
    parts: list[np.ndarray],
    images: np.ndarray,
    bound: float,
    accept: float,
) -> Operations | None:
    """The group when it is clear from a few of its maps: all deviations far below the distances between points."""
    x = cloud.points

    def match(some: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return _matched(x, shells, _maps(x, frame, some), bound, onto=False)

    def promising(some: np.ndarray) -> np.ndarray:
        return _promising(x, shells, _maps(x, frame, some), bound)

    found = group_from_a_few(len(x), frame, parts, images, match, promising)
    if found is None:
        return None
    permutations, table, generators = found
    fits = fitted(cloud, permutations, np.ones(len(permutations)))
    operations = _measured(x, fits, permutations)
    if operations.deviations.max() > min(accept, _CLEAR * cloud.closest[0]):
        return None
    return replace(operations, table=table, generators=generators)


def _maps(x: np.ndarray, frame: np.ndarray, images: Int[np.ndarray, "k 3"]) -> Float[np.ndarray, "k 3 3"]:
    """The orthogonal maps that take a frame of three points closest to its images.

    Of a flat frame the two wide directions decide, as they should: noise tilts the narrow one.
    """
    return _orthogonal(x[images].swapaxes(1, 2) @ x[frame])


def _frame(
    x: Float[np.ndarray, "n 3"], rank: int, shells: list[np.ndarray], radius: float
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Two (planar) or three points that span the space well, from shells as small as possible, and their shells."""
    length = np.linalg.norm(x, axis=1)
    # Noise turns a point near the centre by more than one far out: such points count for less.
    unit = x / np.maximum(length, _FAR_OUT * radius)[:, None]
    far = [s for s in shells if length[s].max() >= _FAR_OUT * radius]
    first = far[0] if far else max(shells, key=lambda s: float(length[s].max()))
    outer = [s for s in shells if length[s].max() > 0]
    chosen, parts = [int(first[int(np.argmax(length[first]))])], [first]
    for wanted in (0.3, 0.2)[: rank - 1]:
        # The cross product with the first point as a matrix, then that of the first two as a vector.
        across = _cross_matrix(unit[chosen[0]])
        across = across if len(chosen) == 1 else unit[chosen[1]] @ across
        best = (-1.0, 0, outer[0])
        for s in outer:
            spread = np.abs(unit[s] @ across)
            spread = spread if spread.ndim == 1 else np.sqrt((spread**2).sum(axis=1))
            k = int(np.argmax(spread))
            if spread[k] > best[0]:
                best = (float(spread[k]), int(s[k]), s)
            # Larger shells mean more candidates: the first that spans well enough will do.
            if best[0] >= wanted:
                break
        chosen.append(best[1])
        parts.append(best[2])
    return np.array(chosen), parts


def _cross_matrix(v: np.ndarray) -> Float[np.ndarray, "3 3"]:
    """``x @ matrix`` is v cross x."""
    a, b, c = v
    return np.array([[0.0, c, -b], [-c, 0.0, a], [b, -a, 0.0]])


def _images(
    x: Float[np.ndarray, "n 3"], frame: np.ndarray, parts: list[np.ndarray], tolerance: float, most: int
) -> Int[np.ndarray, "k r"]:
    """Tuples of points with the inner products of the frame, within what the tolerance allows."""
    size = np.linalg.norm(x[frame], axis=1)
    gram = x[frame] @ x[frame].T

    def fits(i: int, j: int, products: np.ndarray) -> Bool[np.ndarray, "..."]:
        return np.abs(products - gram[i, j]) <= 3.0 * tolerance * (size[i] + size[j])

    pairs = _pairs(x, parts, lambda products: fits(0, 1, products))
    if len(frame) == 2:
        return pairs
    third = x[parts[2]]
    _check_work(len(pairs) * len(third), parts)
    found = []
    step = max(1, _BLOCK // max(len(third), 1))
    for start in range(0, len(pairs), step):
        some = pairs[start : start + step]
        good = fits(0, 2, x[some[:, 0]] @ third.T) & fits(1, 2, x[some[:, 1]] @ third.T)
        row, column = np.nonzero(good)
        found.append(np.column_stack([some[row], parts[2][column]]))
        if sum(map(len, found)) > most:
            raise TooManyMapsError(
                f"more than {most:,} maps fit within the tolerance: it is larger than the distance between points; "
                "make it smaller, or give labels"
            )
    return np.concatenate(found) if found else np.zeros((0, 3), dtype=np.int64)


def _pairs(x: np.ndarray, parts: list[np.ndarray], fits: Callable[[np.ndarray], np.ndarray]) -> Int[np.ndarray, "k 2"]:
    """Pairs of different points of the first two shells whose inner product fits, block by block."""
    _check_work(len(parts[0]) * len(parts[1]), parts)
    found = []
    step = max(1, _BLOCK // len(parts[1]))
    for start in range(0, len(parts[0]), step):
        some = parts[0][start : start + step]
        first, second = np.nonzero(fits(x[some] @ x[parts[1]].T))
        found.append(np.column_stack([some[first], parts[1][second]]))
    pairs = np.concatenate(found)
    return pairs[pairs[:, 0] != pairs[:, 1]]


def _check_work(products: int, parts: list[np.ndarray]) -> None:
    if products > _MOST_PRODUCTS:
        raise TooManyMapsError(
            f"{max(map(len, parts)):,} points of one kind lie at one distance from the centre within the tolerance: "
            "too many to compare; thin them out, give labels, or make the tolerance smaller"
        )


def _orthogonal(a: Float[np.ndarray, "k 3 3"], signs: np.ndarray | None = None) -> Float[np.ndarray, "k 3 3"]:
    """Nearest orthogonal matrices; with ``signs`` those of these determinants."""
    u, _, vh = np.linalg.svd(a)
    if signs is not None:
        flip = np.linalg.det(u @ vh) * signs
        u[:, :, 2] *= np.where(flip < 0, -1.0, 1.0)[:, None]
    return u @ vh


def _promising(x: np.ndarray, shells: list[np.ndarray], matrices: np.ndarray, bound: float) -> np.ndarray:
    """Which maps take a few points of the largest shell near to others of it."""
    largest = max(shells, key=len)
    from scipy.spatial import KDTree

    tree = KDTree(x[largest])
    some = x[largest[:: max(1, len(largest) // _SAMPLE)]]
    alive = np.arange(len(matrices))
    for point in some:
        if not len(alive):
            break
        distance = tree.query(matrices[alive] @ point, distance_upper_bound=1.001 * bound)[0]
        alive = alive[np.asarray(distance) <= bound]
    return alive


def _matched(
    x: np.ndarray, shells: list[np.ndarray], matrices: np.ndarray, bound: float, onto: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Which maps take every shell to itself within the bound, and where each point goes.

    With ``onto`` images are a permutation: where two images are nearest to one point, the best assignment decides.
    """
    alive = np.arange(len(matrices))
    permutations = np.empty((len(matrices), len(x)), dtype=np.int64)
    for s in shells:
        if not len(alive):
            break
        nearest, distance = _nearest(x[s], matrices[alive])
        good = distance <= bound
        if onto:
            doubled = (np.sort(nearest, axis=1) != np.arange(len(s))).any(axis=1)
            for k in np.flatnonzero(good & doubled):
                nearest[k], worst = _assigned(x[s], matrices[alive[k]])
                good[k] = worst <= bound
        permutations[np.ix_(alive, s)] = s[nearest]
        alive = alive[good]
    return alive, permutations[alive]


def _assigned(points: np.ndarray, matrix: np.ndarray) -> tuple[np.ndarray, float]:
    """The permutation with the least sum of squared distances, and its largest distance."""
    from scipy.optimize import linear_sum_assignment

    squares = ((points @ matrix.T)[:, None] - points) ** 2
    _, images = linear_sum_assignment(squares.sum(axis=2))
    return images, float(np.linalg.norm(points @ matrix.T - points[images], axis=1).max())


def _nearest(points: np.ndarray, matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    m = len(points)
    if m == 1:
        distance = np.linalg.norm(points @ matrices.swapaxes(1, 2) - points, axis=2)[:, 0]
        return np.zeros((len(matrices), 1), dtype=np.int64), distance
    nearest = np.empty((len(matrices), m), dtype=np.int64)
    worst = np.empty(len(matrices))
    if m > _LARGE_SHELL:
        from scipy.spatial import KDTree

        tree = KDTree(points)
        for k, a in enumerate(matrices):
            distance, nearest[k] = tree.query(points @ a.T)
            worst[k] = distance.max()
        return nearest, worst
    step = max(1, _BLOCK // (m * m))
    half = 0.5 * (points**2).sum(1)
    for start in range(0, len(matrices), step):
        moved = points @ matrices[start : start + step].swapaxes(1, 2)
        # The nearest point has the largest inner product, less half its square; one product of two tall matrices.
        products = moved.reshape(-1, 3) @ points.T
        products -= half
        nearest[start : start + step] = products.argmax(axis=1).reshape(-1, m)
        gaps = _squared_gaps(points, matrices[start : start + step], nearest[start : start + step])
        worst[start : start + step] = np.sqrt(gaps.max(axis=1))
    return nearest, worst


def _polished(
    cloud: Cloud, shells: list[np.ndarray], matrices: np.ndarray, tolerance: float, accept: float
) -> Operations:
    x = cloud.points
    # A frame of noisy points may turn the rest by some tolerances before it is fitted.
    if len(matrices) * max(map(len, shells)) >= _MANY:
        matrices = matrices[_promising(x, shells, matrices, max(accept, 6.0 * tolerance))]
    if len(x) > _DENSE[0] and len(matrices) > _DENSE[1]:
        raise TooManyMapsError(
            f"about {len(matrices):,} maps take these {len(x):,} points to themselves: thin them out, give labels, or "
            "make the tolerance smaller"
        )
    alive, permutations = _matched(x, shells, matrices, max(accept, 6.0 * tolerance), onto=False)
    matrices = matrices[alive]
    onto = (np.sort(permutations, axis=1) == np.arange(len(x))).all(axis=1)
    safe = _CLEAR * cloud.closest[0] if onto.all() else 0.0
    for _ in range(_POLISH):
        if not len(matrices):
            break
        fitted_to = fitted(cloud, permutations, np.linalg.det(matrices))
        if _measured(x, fitted_to, permutations).deviations.max() < safe:
            # No image lies nearer to another point of its shell: matching again would change nothing.
            matrices = fitted_to
            break
        alive, again = _matched(x, shells, fitted_to, max(accept, 6.0 * tolerance))
        same = len(alive) == len(matrices) and np.array_equal(again, permutations)
        matrices, permutations = fitted_to[alive], again
        if same:
            break
    operations = _measured(x, matrices, permutations)
    # Different triples lead to one map: its permutation, and for planar sets its side, tells.
    signs = np.rint(np.linalg.det(operations.matrices)).astype(np.int64) if len(operations) else np.zeros(0, np.int64)
    keys = np.column_stack([signs, operations.permutations])
    _, first = np.unique(keys, axis=0, return_index=True)
    operations = operations.take(first)
    return operations.take(np.flatnonzero(operations.deviations <= accept))


def fitted(cloud: Cloud, permutations: Int[np.ndarray, "k n"], signs: Float[np.ndarray, " k"]) -> np.ndarray:
    """Orthogonal maps that take each point closest to the one it is matched with.

    In a plane the least-squares map is unknown across it: the sign of the determinant decides.
    """
    across = _across(cloud.points, permutations)
    if cloud.rank == 3:
        return _orthogonal(across)
    return _orthogonal(across, np.sign(signs))


def _measured(x: np.ndarray, matrices: np.ndarray, permutations: np.ndarray) -> Operations:
    if not len(matrices):
        return Operations(matrices, permutations, np.zeros(0), np.zeros(0))
    squares = _squared_gaps(x, matrices, permutations)
    return Operations(matrices, permutations, np.sqrt(squares.max(axis=1)), np.sqrt(squares.mean(axis=1)))


def _squared_gaps(x: np.ndarray, matrices: np.ndarray, permutations: np.ndarray) -> Float[np.ndarray, "k n"]:
    """Squared distances of images from points; coordinate by coordinate, since sums over three numbers are slow."""
    columns = np.ascontiguousarray(x.T)
    squares = np.zeros(permutations.shape)
    for c in range(3):
        gap = matrices[:, c] @ columns
        gap -= columns[c][permutations]
        gap *= gap
        squares += gap
    return squares


def _across(x: np.ndarray, permutations: np.ndarray) -> Float[np.ndarray, "k 3 3"]:
    """Sums over the points of the products of where they go and where they are."""
    return np.stack([column[permutations] @ x for column in np.ascontiguousarray(x.T)], axis=1)


def measured(cloud: Cloud, matrices: np.ndarray, permutations: np.ndarray) -> Operations:
    """Maps and permutations with how far each is off."""
    return _measured(cloud.points, matrices, permutations)
