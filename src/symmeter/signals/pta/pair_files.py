"""Files of correlations of pulsars: a row for each pair, or an archive with positions."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from symmeter.errors import FileFormatError, InputError, MissingFileError, ShapeError
from symmeter.signals.pta.array import Array
from symmeter.subjects.pulsars import NAME_COLUMNS, PLACE_COLUMNS, PulsarPairs

__all__ = ["open_pairs"]

_FORM = "write 'a,b,rho,sigma' with names such as J1713+0747, or ra_a,dec_a,ra_b,dec_b (degrees), rho and sigma"
#: Of a pair that was not measured: so large that its row weighs nothing.
_UNKNOWN = 1e6


def open_pairs(source: Any) -> PulsarPairs:
    """Pairs of pulsars from a file, or from a fit.

    Text has one row for each pair: two names, rho and sigma, in this order or under a header; or places ``ra_a, dec_a,
    ra_b, dec_b`` in degrees. An .npz has ``rho`` and ``sigma`` (or ``covariance``) of all pairs a < b row by row, or
    with ``pairs`` of indices, and ``names``, or ``ra`` and ``dec`` in radians, or ``directions``.

    Raises
    ------
    FileFormatError, InputError, MissingFileError, ShapeError
    """
    if isinstance(source, PulsarPairs):
        return source
    if not isinstance(source, (str, os.PathLike)):
        return PulsarPairs(source.array, source.rho, source.sigma)
    path = Path(source)
    if not path.is_file():
        raise MissingFileError(f"{path} does not exist; give a table of pairs of pulsars")
    return _archive(path) if path.suffix.lower() == ".npz" else _text(path)


def _archive(path: Path) -> PulsarPairs:
    try:
        with np.load(path, allow_pickle=False) as opened:
            arrays = {k.lower(): np.asarray(opened[k]) for k in opened.files}
    except (ValueError, OSError, EOFError, AttributeError) as error:
        raise FileFormatError(f"{path} cannot be read as .npz of numbers: {error}") from error
    noise = arrays.get("sigma", arrays.get("covariance"))
    if "rho" not in arrays or noise is None:
        raise InputError(f"{path} holds {', '.join(arrays)}; it must hold rho, and sigma or covariance")
    names = [str(n) for n in arrays["names"]] if "names" in arrays else None
    if "directions" in arrays:
        x = arrays["directions"]
        array = Array(x, tuple(names) if names is not None else tuple(f"P{k}" for k in range(len(x))))
    elif "ra" in arrays and "dec" in arrays:
        array = Array.from_equatorial(arrays["ra"], arrays["dec"], names)
    elif names is not None:
        array = Array.from_jnames(names)
    else:
        raise InputError(f"{path} says no places; add names, ra and dec, or directions")
    rho = np.asarray(arrays["rho"], dtype=float).ravel()
    if "pairs" in arrays and noise.ndim < 2:
        rho, noise, notes = _ordered(array, arrays["pairs"], rho, np.broadcast_to(noise, rho.shape), path.name)
        return PulsarPairs(array, rho, noise, path.name, notes)
    if len(rho) != len(array.pairs):
        raise ShapeError(f"{path}: {len(rho)} correlations; {len(array)} pulsars have {len(array.pairs)} pairs")
    return PulsarPairs(array, rho, noise if noise.ndim else np.full(len(rho), float(noise)), path.name)


def _text(path: Path) -> PulsarPairs:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{path} is no text: {error}") from error
    rows = [
        (i, [w.strip("\"'") for w in re.split(r"[,;\s]+", line.split("#")[0].strip().strip(",;"))])
        for i, line in enumerate(lines, 1)
        if line.split("#")[0].strip()
    ]
    if not rows:
        raise InputError(f"{path} is empty; {_FORM}")
    columns = _columns([w.lower() for w in rows[0][1]], path)
    body = rows[1:] if columns is not None else rows
    where, rho_at, sigma_at = columns or ((0, 1), 2, 3)
    found: dict[Any, int] = {}
    keys: list[Any]
    places, pairs, numbers = [], [], []
    for i, words in body:
        if len(words) <= max(*where, rho_at, sigma_at):
            raise InputError(f"{path}, line {i}: {len(words)} words; {_FORM}")
        try:
            numbers.append((float(words[rho_at]), float(words[sigma_at])))
            keys = [words[k] for k in where]
            if len(where) == 4:
                angles = [float(k) for k in keys]
                keys = [tuple(angles[:2]), tuple(angles[2:])]
        except ValueError:
            shown = " ".join(words)[:60]
            raise InputError(f"{path}, line {i}: {shown!r} has a word where a number belongs; {_FORM}") from None
        for key in keys:
            if key not in found:
                found[key] = len(found)
                places.append(key)
        pairs.append([found[k] for k in keys])
    if len(places) < 2:
        raise InputError(f"{path} has correlations of {len(places)} pulsars; at least two are needed")
    if len(where) == 2:
        array = Array.from_jnames([str(p) for p in places])
    else:
        array = Array.from_equatorial(*np.radians(np.array(places, dtype=float)).T)
    rho, sigma = np.array(numbers).T
    rho, sigma, notes = _ordered(array, np.array(pairs), rho, sigma, path.name)
    return PulsarPairs(array, rho, sigma, path.name, notes)


def _columns(words: Sequence[str], path: Path) -> tuple[tuple[int, ...], int, int] | None:
    """Where a header has places or names, rho and sigma; None when the first row is no header."""
    if "rho" not in words:
        return None
    sigma = next((w for w in ("sigma", "sig", "error", "std") if w in words), None)
    if sigma is None:
        raise InputError(f"{path} has rho but no sigma; {_FORM}")
    if set(PLACE_COLUMNS) <= set(words):
        where = tuple(words.index(w) for w in PLACE_COLUMNS)
    else:
        two = next((p for p in NAME_COLUMNS if set(p) <= set(words)), None)
        where = (0, 1) if two is None else tuple(words.index(w) for w in two)
    return where, words.index("rho"), words.index(sigma)


def _ordered(
    array: Array, pairs: np.ndarray, rho: np.ndarray, sigma: np.ndarray, source: str
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Correlations in the order of the array's pairs; pairs that are not there weigh nothing."""
    n = len(array)
    pairs = np.asarray(pairs)
    if pairs.shape != (len(rho), 2) or pairs.dtype.kind not in "iu" or pairs.min() < 0 or pairs.max() >= n:
        raise ShapeError(f"{source}: pairs are two indices from 0 to {n - 1} for each of {len(rho)} correlations")
    if not (sigma > 0).all() or not np.isfinite(sigma).all() or not np.isfinite(rho).all():
        bad = int(np.argmax(~((sigma > 0) & np.isfinite(sigma) & np.isfinite(rho))))
        raise InputError(
            f"{source}: pair {bad + 1} has rho {rho[bad]:g} and sigma {sigma[bad]:g}; rho must be finite and sigma > 0"
        )
    if (pairs[:, 0] == pairs[:, 1]).any():
        one = array.names[int(pairs[np.argmax(pairs[:, 0] == pairs[:, 1]), 0])]
        raise InputError(f"{source}: {one} is paired with itself; leave such rows out")
    low, high = np.sort(pairs, axis=1).T
    place = low * n - low * (low + 1) // 2 + high - low - 1
    seen, counts = np.unique(place, return_counts=True)
    if (counts > 1).any():
        a, b = array.pairs[seen[counts.argmax()]]
        raise InputError(f"{source}: the pair {array.names[a]}, {array.names[b]} comes {counts.max()} times")
    total = len(array.pairs)
    full = np.zeros(total)
    deviation = np.full(total, _UNKNOWN * max(sigma.max(), np.abs(rho).max()))
    full[place], deviation[place] = rho, sigma
    missing = total - len(rho)
    return full, deviation, (f"{missing} of {total} pairs were not measured",) if missing else ()
