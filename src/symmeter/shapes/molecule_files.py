"""Molecules in files: XYZ and PDB are read, XYZ is written; errors name the line.

XYZ: the number of atoms, a line for people, then one line for each atom: element and coordinates in angstroms; a file
whose first line is three numbers is a list of points, as scanners write it. PDB: the columns of ATOM and HETATM records
(wwPDB format 3.3).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from symmeter.errors import FileFormatError
from symmeter.shapes.chemical_elements import element_symbol
from symmeter.shapes.detection_shells import LARGEST
from symmeter.subjects.shapes import Shape

__all__ = ["decode_pdb", "decode_xyz", "encode_xyz"]

_SHOWN = 60
#: Names of places without an atom.
_DUMMIES = ("X", "Xx", "XX", "Bq", "BQ", "Q", "*", "Du")


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _shown(line: str) -> str:
    words = " ".join(line.split())
    return repr(words if len(words) <= _SHOWN else words[: _SHOWN - 3] + "...")


def decode_xyz(data: bytes, source: str) -> Shape:
    """The first molecule of an XYZ file.

    Examples
    --------
    >>> decode_xyz(b"2\\nnitrogen\\nN 0 0 0\\nN 0 0 1.0977\\n", "n2.xyz")
    Shape(molecule N2, 2 atoms)
    """
    lines = _text(data).splitlines()
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if lines and _is_point(lines[first]):
        return _bare_points(lines, source)
    count = _count(lines[first] if lines else "", first + 1)
    body = lines[first + 2 : first + 2 + count]
    if len(body) < count:
        raise FileFormatError(
            f"line {first + 1} promises {count} atoms; {len(body)} lines follow the one for people, the last is line "
            f"{len(lines)}"
        )
    symbols: list[str] = []
    points = np.empty((count, 3))
    renamed = False
    unknown: dict[str, int] = {}
    for i, line in enumerate(body):
        number = first + 3 + i
        words = line.split()
        if len(words) < 4:
            raise FileFormatError(
                f"line {number}: {_shown(line)} is no atom; line {first + 1} promises {count}, each an element and "
                "three coordinates"
            )
        symbol = element_symbol(words[0])
        symbols.append(symbol or words[0])
        if symbol is None and words[0] not in _DUMMIES:
            unknown.setdefault(words[0], number)
        renamed |= symbol is not None and symbol != words[0] and not words[0].isdigit()
        points[i] = _coordinates(words[1:4], number)
    rest = _rest(lines, first + 2 + count, first + 1, count)
    strange = [f"{_shown(word)} in line {number} is no element" for word, number in list(unknown.items())[:3]]
    notes = strange + ["numbers behind the elements were left out"] * renamed + rest
    return Shape(points, tuple(symbols), molecule=True, source=source, notes=tuple(notes))


def _is_point(line: str) -> bool:
    """Whether a line is three numbers or more: scanners write points so, without a count and without elements."""
    words = line.split()
    try:
        return len(words) >= 3 and all(np.isfinite(float(w)) for w in words)
    except ValueError:
        return False


def _bare_points(lines: list[str], source: str) -> Shape:
    points = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if len(points) == LARGEST:
            raise FileFormatError(f"line {number}: more than {LARGEST:,} points are refused")
        words = line.split()
        if len(words) < 3:
            raise FileFormatError(f"line {number}: {_shown(line)} is no point; the lines before hold three numbers")
        points.append(_coordinates(words[:3], number))
    return Shape(np.array(points), source=source, notes=("points without elements",))


def _count(line: str, number: int) -> int:
    words = line.split()
    if len(words) != 1 or not (words[0].isascii() and words[0].isdigit()) or len(words[0]) > 12:
        raise FileFormatError(f"line {number}: {_shown(line)} is no number of atoms, which an .xyz file begins with")
    count = int(words[0])
    if count > LARGEST:
        raise FileFormatError(f"line {number} promises {count:,} atoms; more than {LARGEST:,} are refused")
    if count == 0:
        raise FileFormatError(f"line {number} promises 0 atoms; a molecule needs at least one")
    return count


def _coordinates(words: list[str], number: int) -> list[float]:
    try:
        values = [float(w) for w in words]
    except ValueError:
        raise FileFormatError(f"line {number}: {' '.join(words)!r} are no three coordinates") from None
    if not np.isfinite(values).all():
        raise FileFormatError(f"line {number}: {' '.join(words)!r} are not finite coordinates")
    return values


def _rest(lines: list[str], start: int, head: int, count: int) -> list[str]:
    """What follows the first molecule: nothing, or another one, which is said."""
    after = next((i for i in range(start, len(lines)) if lines[i].strip()), None)
    if after is None:
        return []
    if len(lines[after].split()) == 1 and lines[after].strip().isdigit():
        return ["the first of several molecules of the file"]
    raise FileFormatError(
        f"line {after + 1}: {_shown(lines[after])} follows the {count} atoms that line {head} promises"
    )


def encode_xyz(points: Float[np.ndarray, "n 3"], symbols: tuple[str, ...], comment: str) -> str:
    """The text of an XYZ file, with ten decimals."""
    rows = [f"{s:<2} {x:16.10f} {y:16.10f} {z:16.10f}" for s, (x, y, z) in zip(symbols, points + 0.0)]
    return "\n".join([str(len(points)), " ".join(comment.split()), *rows]) + "\n"


def decode_pdb(data: bytes, source: str) -> Shape:
    """The atoms of the first model of a PDB file, of each the first alternative place."""
    symbols: list[str] = []
    points: list[list[float]] = []
    notes: dict[str, None] = {}
    for number, line in enumerate(_text(data).splitlines(), start=1):
        record = line[:6].strip().upper()
        if record == "ENDMDL" and points:
            notes["the first model of the file"] = None
            break
        if record not in ("ATOM", "HETATM"):
            continue
        if line[16:17] not in ("", " ", "A", "1"):
            notes["of atoms in several places the first is taken"] = None
            continue
        if len(points) == LARGEST:
            raise FileFormatError(f"line {number}: more than {LARGEST:,} atoms are refused")
        points.append(_coordinates([line[30:38].strip(), line[38:46].strip(), line[46:54].strip()], number))
        symbol = element_symbol(line[76:78]) or element_symbol(line[12:14].strip(" 0123456789")) or line[12:16].strip()
        symbols.append(symbol)
    if not points:
        raise FileFormatError("there is no line that begins with ATOM or HETATM; a .pdb file needs one for each atom")
    return Shape(np.array(points), tuple(symbols), molecule=True, source=source, notes=tuple(notes))
