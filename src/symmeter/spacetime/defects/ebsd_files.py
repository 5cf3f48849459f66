"""Scans of orientations as files: ``.ang`` (EDAX), ``.ctf`` (Oxford and Channel 5), ``.npz`` and ``.npy`` of arrays.

Euler angles are Bunge's, in the axes in which x and y of the scan are given. Points that were not indexed, and those of
phases other than the commonest, are missing. Hexagonal scans are told by their points, rows of which stand between
those of the next.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Bool, Float

from symmeter.errors import FileFormatError, InputError, MissingFileError

__all__ = ["Scan", "read_orientations"]

_LARGEST = 2_000_000_000


class Scan(NamedTuple):
    """Orientations on a grid, as they stand in a file.

    Attributes
    ----------
    orientations : array
        As :func:`~symmeter.spacetime.defects.from_orientations` takes them, angles in degrees.
    spacing : (float, float) or None
    missing : array of shape (nx, ny) of bool
    notes : tuple of str
    hexagonal : bool
        Whether odd rows stand half a step further along x.
    """

    orientations: Float[np.ndarray, "nx ny *c"]
    spacing: tuple[float, float] | None
    missing: Bool[np.ndarray, "nx ny"]
    notes: tuple[str, ...]
    hexagonal: bool = False


def read_orientations(path: Any) -> Scan:
    """Read a scan.

    Raises
    ------
    MissingFileError, FileFormatError
        The text names the line.
    """
    given = Path(path).expanduser()
    suffix = given.suffix.lower()
    if suffix in (".npz", ".npy"):
        return _arrays(given)
    if suffix not in (".ang", ".ctf"):
        raise InputError(f"{given}: scans of orientations are read from .ang, .ctf, .npz or .npy")
    try:
        if given.stat().st_size > _LARGEST:
            raise FileFormatError(f"{given} has more than 2 GB of text")
        lines = given.read_text(encoding="latin-1").splitlines()
    except OSError as error:
        if isinstance(error, FileFormatError):
            raise
        raise MissingFileError(f"cannot read {given}: {error.strerror or error}") from None
    return _ang(lines, str(given)) if suffix == ".ang" else _ctf(lines, str(given))


def _arrays(path: Path) -> Scan:
    held: dict[str, np.ndarray] = {}
    names: list[str] = []
    try:
        found = np.load(path, allow_pickle=False)
        if isinstance(found, np.ndarray):
            held["orientations"] = found
        else:
            with found as data:
                names = list(data.files)
                held = {k: data[k] for k in ("orientations", "spacing", "missing", "hexagonal") if k in names}
    except OSError as error:
        raise MissingFileError(f"cannot read {path}: {error.strerror or 'it is no file of arrays'}") from None
    except (ValueError, EOFError, BadZipFile):
        raise FileFormatError(f"{path} is no file of numbers; save orientations and spacing with numpy.savez") from None
    if "orientations" not in held:
        raise FileFormatError(f"{path} has no array 'orientations' (it has {', '.join(names) or 'none'})")
    step = None
    if "spacing" in held:
        given = np.atleast_1d(held["spacing"]).ravel()
        if given.dtype.kind not in "fiu" or len(given) not in (1, 2):
            raise FileFormatError(f"{path}: spacing is one number or two, the steps along x and y")
        step = (float(given[0]), float(given[-1]))
    array = held["orientations"]
    holes = held["missing"].astype(bool) if "missing" in held else np.zeros(array.shape[:2], dtype=bool)
    return Scan(array, step, holes, (), bool(np.any(held.get("hexagonal", False))))


def _table(lines: list[str], first: int, columns: int, given: str) -> np.ndarray:
    """Rows of numbers, the first ``columns`` of each."""
    if not lines:
        raise FileFormatError(f"{given} has no points")
    try:
        return np.loadtxt(lines, usecols=range(columns), comments=None, ndmin=2)
    except (ValueError, IndexError):
        for k, line in enumerate(lines):
            words = line.split()
            if len(words) < columns:
                raise FileFormatError(
                    f"{given}, line {first + k}: {len(words)} columns where {columns} are needed"
                ) from None
            try:
                [float(w) for w in words[:columns]]
            except ValueError:
                raise FileFormatError(f"{given}, line {first + k}: {line.strip()[:40]!r} are no numbers") from None
        raise FileFormatError(f"{given} has no table of numbers") from None


def _grid(x: np.ndarray, y: np.ndarray, given: str) -> tuple[np.ndarray, tuple[int, int], tuple[float, float], bool]:
    """The cell of every point, the shape, the steps, and whether odd rows stand half a step further."""
    steps = []
    for name, values in (("x", x), ("y", y)):
        span = float(np.ptp(values)) or 1.0
        places = np.unique(np.round((values - values.min()) / span, 7)) * span
        if len(places) < 2:
            raise FileFormatError(f"{given} has one {name} only; a map has 2 points or more along each axis")
        steps.append(span / max(1, round(span / float(np.median(np.diff(places))))))
    at = np.stack([(v - v.min()) / h for v, h in zip((x, y), steps)], axis=1)
    cells = np.rint(at).astype(np.int64)
    if np.abs(at - cells).max() > 0.05 or (cells.max(0) + 1).prod() > 4 * len(x):
        raise FileFormatError(f"{given} is neither a square nor a hexagonal grid: points lie between its steps")
    # On half steps along x the points of a hexagonal scan are the white fields of a chessboard.
    colour = cells.sum(axis=1) % 2
    hexagonal = len(x) > 2 and bool((colour == colour[0]).all())
    if hexagonal:
        # Even rows are not shifted here: where the first one is, an empty row goes before it.
        cells[:, 1] += colour[0]
        cells[:, 0] //= 2
        steps[0] *= 2
    shape = (int(cells[:, 0].max()) + 1, int(cells[:, 1].max()) + 1)
    return cells, shape, (steps[0], steps[1]), hexagonal


def _scan(angles: np.ndarray, x: np.ndarray, y: np.ndarray, known: np.ndarray, phase: np.ndarray, given: str) -> Scan:
    cells, shape, steps, hexagonal = _grid(x, y, given)
    if not known.any():
        raise FileFormatError(f"{given}: no point was indexed")
    kinds, counts = np.unique(phase[known], return_counts=True)
    own = known & (phase == kinds[counts.argmax()])
    out, missing = np.zeros((*shape, 3)), np.ones(shape, dtype=bool)
    i, j = cells[own].T
    out[i, j] = angles[own]
    missing[i, j] = False
    notes = []
    if not known.all():
        notes.append(f"{int((~known).sum())} of {len(known)} points were not indexed")
    if len(kinds) > 1:
        notes.append(
            f"{int((known & ~own).sum())} points of other phases than {kinds[counts.argmax()]:g} were left out"
        )
    return Scan(out, steps, missing, tuple(notes), hexagonal)


def _ang(lines: list[str], given: str) -> Scan:
    """Radians; phi1, Phi, phi2, x, y, image quality, confidence, phase; 4 pi or a confidence of -1 for no solution."""
    first = next((k for k, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    body = [line for line in lines[first:] if line.strip()]
    wide = len(body[0].split()) if body else 0
    table = _table(body, first + 1, min(max(wide, 5), 8), given)
    angles = table[:, :3]
    known = np.asarray((np.abs(angles) < 4 * np.pi - 0.1).all(axis=1))
    if table.shape[1] > 6:
        known &= table[:, 6] >= 0
    phase = table[:, 7] if table.shape[1] > 7 else np.ones(len(table))
    return _scan(np.degrees(angles), table[:, 3], table[:, 4], known, phase, given)


def _ctf(lines: list[str], given: str) -> Scan:
    """Degrees; columns by the names in the last line of the head; phase 0 for no solution."""
    head = next((k for k, line in enumerate(lines) if line.split()[:3] == ["Phase", "X", "Y"]), None)
    if head is None:
        raise FileFormatError(f"{given} has no line of columns 'Phase X Y ... Euler1 Euler2 Euler3'")
    names = lines[head].split()
    missing = [n for n in ("Euler1", "Euler2", "Euler3") if n not in names]
    if missing:
        raise FileFormatError(f"{given}, line {head + 1}: no column {missing[0]}")
    body = [line.replace(",", ".") for line in lines[head + 1 :] if line.strip()]
    table = _table(body, head + 2, max(names.index(n) for n in ("Euler1", "Euler2", "Euler3", "Y")) + 1, given)
    angles = np.stack([table[:, names.index(n)] for n in ("Euler1", "Euler2", "Euler3")], axis=1)
    phase = table[:, 0]
    return _scan(angles, table[:, 1], table[:, 2], phase > 0, phase, given)
