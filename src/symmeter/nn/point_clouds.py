"""Point clouds with unit normals: sampled from surfaces known in closed form, or read from a folder of files.

Ellipsoids, tori, cylinders, boxes and cones of random proportions stand in for the CAD surfaces of the ABC collection,
whose point clouds (``.npz``, ``.npy`` or ``.ply``) are read by :func:`load_normals`. Nothing is unpickled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from symmeter.errors import FileFormatError, InputError, MissingFileError

__all__ = ["SURFACES", "OrientedClouds", "load_normals", "sample_surfaces"]


@dataclass(frozen=True, eq=False)
class OrientedClouds:
    """Clouds of points with the normal of the surface at each.

    Attributes
    ----------
    points, normals : array of shape (clouds, n, 3)
        Centred, scaled to root mean square distance 1 from the centre; normals have length 1 and any sign.
    kinds : tuple of str
        The surface, or file, that each cloud is from.
    """

    points: Float[np.ndarray, "clouds n 3"]
    normals: Float[np.ndarray, "clouds n 3"]
    kinds: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.points)


Surface = tuple[np.ndarray, np.ndarray, np.ndarray]


def _ellipsoid(rng: np.random.Generator, m: int) -> Surface:
    axes = rng.uniform(0.4, 1.6, 3)
    u = rng.standard_normal((m, 3))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    outward = u / axes
    area = np.linalg.norm(outward, axis=1)
    return u * axes, outward / area[:, None], area


def _torus(rng: np.random.Generator, m: int) -> Surface:
    tube = rng.uniform(0.15, 0.6)
    a, b = rng.uniform(0, 2 * np.pi, (2, m))
    normal = np.stack([np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)], 1)
    ring = np.stack([np.cos(a), np.sin(a), np.zeros(m)], 1)
    return ring + tube * normal, normal, 1 + tube * np.cos(b)


def _caps(rng: np.random.Generator, m: int, radius: float, half: float) -> tuple[np.ndarray, np.ndarray]:
    r, a = radius * np.sqrt(rng.random(m)), rng.uniform(0, 2 * np.pi, m)
    side = np.where(rng.random(m) < 0.5, -1.0, 1.0)
    points = np.stack([r * np.cos(a), r * np.sin(a), half * side], 1)
    return points, np.stack([np.zeros(m), np.zeros(m), side], 1)


def _cylinder(rng: np.random.Generator, m: int) -> Surface:
    radius, half = rng.uniform(0.3, 1.0), rng.uniform(0.4, 1.5)
    a = rng.uniform(0, 2 * np.pi, m)
    side = np.stack([np.cos(a), np.sin(a), np.zeros(m)], 1)
    points = radius * side + np.stack([np.zeros(m), np.zeros(m), rng.uniform(-half, half, m)], 1)
    flat, up = _caps(rng, m, radius, half)
    on_cap = rng.random(m) < radius / (radius + 2 * half)
    return np.where(on_cap[:, None], flat, points), np.where(on_cap[:, None], up, side), np.ones(m)


def _box(rng: np.random.Generator, m: int) -> Surface:
    half = rng.uniform(0.3, 1.4, 3)
    areas = np.array([half[1] * half[2], half[0] * half[2], half[0] * half[1]])
    face = rng.choice(3, size=m, p=areas / areas.sum())
    points = rng.uniform(-1, 1, (m, 3)) * half
    side = np.where(rng.random(m) < 0.5, -1.0, 1.0)
    normal = np.zeros((m, 3))
    normal[np.arange(m), face] = side
    points[np.arange(m), face] = side * half[face]
    return points, normal, np.ones(m)


def _cone(rng: np.random.Generator, m: int) -> Surface:
    radius, height = rng.uniform(0.4, 1.1), rng.uniform(0.6, 2.0)
    slant = np.hypot(radius, height)
    t, a = np.sqrt(rng.random(m)), rng.uniform(0, 2 * np.pi, m)
    points = np.stack([radius * t * np.cos(a), radius * t * np.sin(a), height * (1 - t)], 1)
    normal = np.stack([height * np.cos(a), height * np.sin(a), np.full(m, radius)], 1) / slant
    r, b = radius * np.sqrt(rng.random(m)), rng.uniform(0, 2 * np.pi, m)
    base = np.stack([r * np.cos(b), r * np.sin(b), np.zeros(m)], 1)
    on_base = rng.random(m) < radius / (radius + slant)
    down = np.broadcast_to([0.0, 0.0, -1.0], (m, 3))
    return np.where(on_base[:, None], base, points), np.where(on_base[:, None], down, normal), np.ones(m)


#: Surfaces by name: points, normals, and the density by which points must be thinned to be uniform.
SURFACES: dict[str, Callable[[np.random.Generator, int], Surface]] = {
    "ellipsoid": _ellipsoid,
    "torus": _torus,
    "cylinder": _cylinder,
    "box": _box,
    "cone": _cone,
}


def sample_surfaces(
    clouds: int, points: int = 512, rng: np.random.Generator | int | None = None, kinds: tuple[str, ...] | None = None
) -> OrientedClouds:
    """Random surfaces in their standard position (axes along x, y, z), uniformly sampled.

    Parameters
    ----------
    clouds, points : int
    rng : Generator or int
    kinds : tuple of str, optional
        Names in ``SURFACES``; all, in turn, by default.

    Returns
    -------
    OrientedClouds

    Examples
    --------
    >>> clouds = sample_surfaces(5, 64, rng=0)
    >>> clouds.points.shape, clouds.kinds
    ((5, 64, 3), ('ellipsoid', 'torus', 'cylinder', 'box', 'cone'))
    """
    rng = np.random.default_rng(rng)
    names = tuple(SURFACES) if kinds is None else kinds
    unknown = [k for k in names if k not in SURFACES]
    if unknown or not names:
        raise InputError(f"no surface is called {unknown[0] if names else ''!r}; known are {', '.join(SURFACES)}")
    made = [_uniform(SURFACES[names[c % len(names)]], rng, points) for c in range(clouds)]
    x, normal = (np.stack([m[k] for m in made]) for k in range(2))
    return OrientedClouds(_standardised(x), normal, tuple(names[c % len(names)] for c in range(clouds)))


def _uniform(surface: Callable[..., Surface], rng: np.random.Generator, m: int) -> tuple[np.ndarray, np.ndarray]:
    # Enough for thinning: no density here varies by more than a factor of four, and its mean is above a quarter.
    x, normal, density = surface(rng, 8 * m)
    kept = np.flatnonzero(rng.random(8 * m) < density / density.max())[:m]
    if len(kept) < m:
        kept = np.resize(kept, m)
    return x[kept], normal[kept]


def _standardised(x: np.ndarray) -> np.ndarray:
    x = x - x.mean(1, keepdims=True)
    return x / np.sqrt((x**2).sum(-1).mean(1))[:, None, None]


# ---- files --------------------------------------------------------------------------------------------------------


def load_normals(
    folder: str | Path, points: int = 512, rng: np.random.Generator | int | None = None, limit: int | None = None
) -> OrientedClouds:
    """Read every ``.npz``, ``.npy`` and ``.ply`` file of a folder as a cloud with normals.

    Parameters
    ----------
    folder : path
    points : int
        Drawn from each cloud without repetition.
    rng : Generator or int
    limit : int, optional
        Most files to read, in the order of their names.

    Returns
    -------
    OrientedClouds

    Raises
    ------
    MissingFileError, FileFormatError

    Notes
    -----
    ``.npz`` files hold ``points`` and ``normals`` of shape (n, 3); ``.npy`` files, and ``.ply`` files with vertex
    properties x, y, z, nx, ny, nz, hold both in six columns.
    """
    rng = np.random.default_rng(rng)
    if not Path(folder).is_dir():
        raise MissingFileError(f"{folder} is no folder; give the folder that holds the clouds")
    files = sorted(f for f in Path(folder).iterdir() if f.suffix in (".npz", ".npy", ".ply"))[:limit]
    if not files:
        raise MissingFileError(f"{folder} holds no .npz, .npy or .ply file")
    chosen = []
    for file in files:
        rows = _rows(file)
        if len(rows) < points:
            raise FileFormatError(f"{file} has {len(rows)} points, fewer than points={points}")
        chosen.append(rows[rng.choice(len(rows), points, replace=False)])
    rows = np.stack(chosen)
    lengths = np.linalg.norm(rows[..., 3:], axis=-1, keepdims=True)
    if (lengths < 1e-12).any():
        bad = int(np.argwhere(lengths[..., 0] < 1e-12)[0, 0])
        raise FileFormatError(f"{files[bad]}: a normal has length 0")
    return OrientedClouds(_standardised(rows[..., :3]), rows[..., 3:] / lengths, tuple(f.stem for f in files))


def _rows(file: Path) -> np.ndarray:
    try:
        if file.suffix == ".ply":
            rows = _read_ply(file)
        else:
            found = np.load(file, allow_pickle=False)
            rows = found if isinstance(found, np.ndarray) else np.concatenate([found["points"], found["normals"]], 1)
    except OSError as error:
        raise MissingFileError(f"{file} cannot be read: {error.strerror or error}") from None
    except (ValueError, KeyError) as error:
        raise FileFormatError(f"{file} holds no points with normals: {error}") from None
    rows = np.asarray(rows, dtype=float)
    if rows.ndim != 2 or rows.shape[1] != 6 or not np.isfinite(rows).all():
        raise FileFormatError(f"{file} must hold finite points and normals, six columns; got shape {rows.shape}")
    return rows


_PLY_TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2", "ushort": "u2",
    "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4", "float": "f4", "float32": "f4",
    "double": "f8", "float64": "f8",
}  # fmt: skip
_WANTED = ("x", "y", "z", "nx", "ny", "nz")


def _read_ply(file: Path) -> np.ndarray:
    """The vertices of a PLY file whose first element is ``vertex``."""
    raw = file.read_bytes()
    head, mark, body = raw.partition(b"end_header\n")
    lines = [line.split() for line in head.decode("ascii", "replace").splitlines()]
    if not mark or not lines or lines[0] != ["ply"]:
        raise ValueError("no PLY header")
    coding = next((line[1] for line in lines if line[:1] == ["format"]), "")
    elements = [k for k, line in enumerate(lines) if line[:1] == ["element"]]
    if not elements or lines[elements[0]][1] != "vertex":
        raise ValueError("the first element must be vertex")
    count = int(lines[elements[0]][2])
    last = elements[1] if len(elements) > 1 else len(lines)
    properties = [line for line in lines[elements[0] + 1 : last] if line[:1] == ["property"]]
    names = [p[-1] for p in properties]
    missing = [w for w in _WANTED if w not in names]
    if missing or any(p[1] not in _PLY_TYPES for p in properties):
        raise ValueError(f"the vertices need properties x y z nx ny nz; missing {', '.join(missing) or 'plain types'}")
    if coding == "ascii":
        table = np.array(
            [line.split()[: len(names)] for line in body.decode("ascii").splitlines()[:count]], dtype=float
        )
        return table[:, [names.index(w) for w in _WANTED]]
    if coding not in ("binary_little_endian", "binary_big_endian"):
        raise ValueError(f"the PLY format {coding!r} is not known")
    order = "<" if coding == "binary_little_endian" else ">"
    kind = np.dtype([(name, order + _PLY_TYPES[p[1]]) for name, p in zip(names, properties)])
    if len(body) < count * kind.itemsize:
        raise ValueError("the file ends before its last vertex")
    table = np.frombuffer(body, dtype=kind, count=count)
    return np.stack([table[w].astype(float) for w in _WANTED], 1)
