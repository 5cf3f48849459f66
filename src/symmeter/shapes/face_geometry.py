"""Planes of faces, how often star polygons turn, dihedral angles, volume, density, convexity."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from math import pi

import numpy as np
from jaxtyping import Float, Int

from symmeter.shapes.topology import directed_edges

__all__ = [
    "area_vectors",
    "density",
    "dihedral_angles",
    "face_planes",
    "is_convex",
    "signed_volume",
    "turning_numbers",
]

Faces = Sequence[tuple[int, ...]]


def area_vectors(vertices: Float[np.ndarray, "n 3"], faces: Faces) -> Float[np.ndarray, "f 3"]:
    """Area times normal of each face; parts that are wound twice count twice."""
    sides = directed_edges(faces)
    crossed = np.cross(vertices[sides[:, 0]], vertices[sides[:, 1]]) / 2
    return np.stack([np.bincount(sides[:, 2], weights=c, minlength=len(faces)) for c in crossed.T], axis=1)


def face_centres(vertices: Float[np.ndarray, "n 3"], faces: Faces) -> Float[np.ndarray, "f 3"]:
    """Mean of the corners of each face."""
    count = np.fromiter(map(len, faces), dtype=np.int64, count=len(faces))
    corners = vertices[np.fromiter(chain.from_iterable(faces), dtype=np.int64, count=int(count.sum()))]
    return np.add.reduceat(corners, np.cumsum(count) - count, axis=0) / count[:, None]


def face_planes(
    vertices: Float[np.ndarray, "n 3"], faces: Faces
) -> tuple[Float[np.ndarray, "f 3"], Float[np.ndarray, " f"]]:
    """Unit normals n and offsets d of the planes n . x = d, the normal on the side from which a face runs left."""
    normals = area_vectors(vertices, faces)
    lengths = np.linalg.norm(normals, axis=1)
    for i in np.flatnonzero(lengths <= 1e-9 * float(np.abs(vertices).max()) ** 2).tolist():
        # A figure-of-eight has no area; its plane comes from the spread of its corners.
        corners = vertices[list(faces[i])]
        normals[i] = np.linalg.svd(corners - corners.mean(axis=0))[2][2]
        lengths[i] = 1.0
    normals = normals / lengths[:, None]
    return normals, (normals * face_centres(vertices, faces)).sum(1)


def turning_numbers(vertices: Float[np.ndarray, "n 3"], faces: Faces) -> Int[np.ndarray, " f"]:
    """How often the boundary of each face turns around: 1 for a convex polygon, 2 for a pentagram."""
    normals, _ = face_planes(vertices, faces)
    turns = np.zeros(len(faces), int)
    for i, f in enumerate(faces):
        if len(f) == 3:
            turns[i] = 1
            continue
        sides = np.roll(vertices[list(f)], -1, axis=0) - vertices[list(f)]
        following = np.roll(sides, -1, axis=0)
        sine = np.cross(sides, following) @ normals[i]
        turns[i] = round(float(np.arctan2(sine, (sides * following).sum(1)).sum()) / (2 * pi))
    return turns


def planarity(vertices: Float[np.ndarray, "n 3"], faces: Faces) -> float:
    """Largest distance of a corner from the plane of its face."""
    normals, offsets = face_planes(vertices, faces)
    sides = directed_edges(faces)
    return float(np.abs((vertices[sides[:, 0]] * normals[sides[:, 2]]).sum(1) - offsets[sides[:, 2]]).max())


def signed_volume(vertices: Float[np.ndarray, "n 3"], faces: Faces) -> float:
    """Volume inside oriented faces; parts that are enclosed twice count twice."""
    return float((area_vectors(vertices, faces) * face_centres(vertices, faces)).sum()) / 3


def density(
    vertices: Float[np.ndarray, "n 3"], faces: Faces, centre: Float[np.ndarray, " 3"] | None = None
) -> int | None:
    """How often oriented faces wind around a point; None if the point lies in the plane of a face."""
    moved = vertices - (0 if centre is None else centre)
    _, offsets = face_planes(moved, faces)
    if np.abs(offsets).min() < 1e-9 * np.abs(moved).max():
        return None
    sides = directed_edges(faces)
    a, b, c = moved[sides[:, 0]], moved[sides[:, 1]], face_centres(moved, faces)[sides[:, 2]]
    la, lb, lc = (np.linalg.norm(x, axis=1) for x in (a, b, c))
    bottom = la * lb * lc + (a * b).sum(1) * lc + (b * c).sum(1) * la + (c * a).sum(1) * lb
    angles = 2 * np.arctan2((a * np.cross(b, c)).sum(1), bottom)
    return round(float(angles.sum()) / (4 * pi))


def dihedral_angles(
    vertices: Float[np.ndarray, "n 3"], faces: Faces, through_inside: bool = False
) -> tuple[Int[np.ndarray, "m 2"], Float[np.ndarray, " m"], Int[np.ndarray, "m 2"]]:
    """Edges with two faces, the angle between these faces in radians, and the numbers of the faces.

    The angle lies between the half planes that start at the edge and hold the parts of the two faces next to it; it is
    at most pi, or, for outward faces of a body, measured through the inside and then at most 2 pi.
    """
    sides = directed_edges(faces)
    normals, _ = face_planes(vertices, faces)
    low = np.sort(sides[:, :2], axis=1)
    edges, where, counts = np.unique(low, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(where.reshape(-1), kind="stable")
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    double = counts == 2
    i, j = order[first[double]], order[first[double] + 1]
    along = vertices[sides[i, 1]] - vertices[sides[i, 0]]
    along /= np.linalg.norm(along, axis=1)[:, None]
    opposed = sides[i, 0] != sides[j, 0]
    n, m = normals[sides[i, 2]], np.where(opposed[:, None], 1, -1) * normals[sides[j, 2]]
    inner_i, inner_j = np.cross(n, along), -np.cross(m, along)
    cosine, sine = (inner_i * inner_j).sum(1), (np.cross(inner_j, inner_i) * along).sum(1)
    angles = np.arctan2(sine, cosine) % (2 * pi) if through_inside else np.arctan2(np.abs(sine), cosine)
    return edges[double], angles, np.stack([sides[i, 2], sides[j, 2]], axis=1)


def is_convex(vertices: Float[np.ndarray, "n 3"], faces: Faces) -> bool:
    """Whether all vertices lie on one side of every face and every face turns once."""
    normals, offsets = face_planes(vertices, faces)
    heights = vertices @ normals.T - offsets
    slack = 1e-7 * np.abs(vertices).max()
    one_sided = (heights < slack).all(axis=0) | (heights > -slack).all(axis=0)
    return bool(one_sided.all()) and bool((np.abs(turning_numbers(vertices, faces)) == 1).all())
