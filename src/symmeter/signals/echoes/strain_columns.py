"""Strain from plain arrays: .npz archives, and columns of numbers in text, packed or not."""

from __future__ import annotations

import re

import numpy as np

from symmeter.errors import FileFormatError, InputError
from symmeter.signals.echoes.strain_record import StrainRecord

__all__ = ["FEWEST", "strain_from_archive", "strain_from_text"]

#: Samples of strain.
FEWEST = 16
#: Times in a column may be this far off an even grid, in samples (rounding of decimals).
_UNEVEN = 0.02
_ARRAYS = ("strain", "x", "h", "data", "values")
_RATES = ("sample_rate", "fs", "rate")
_STEPS = ("dt", "sample_interval")
_STARTS = ("start", "t0", "gps_start", "gpsstart")


def strain_from_archive(name: str, shown: str, sample_rate: float | None) -> StrainRecord:
    try:
        with np.load(name, allow_pickle=False) as archive:
            arrays = {key.lower(): np.asarray(archive[key]) for key in archive.files}
    except (ValueError, OSError, EOFError, KeyError) as error:
        raise FileFormatError(f"{shown} cannot be read as .npz of numbers: {' '.join(str(error).split())}") from error
    key = next((k for k in _ARRAYS if k in arrays), None)
    if key is None:
        held = ", ".join(arrays) or "nothing"
        raise InputError(f"{shown} holds {held}; it must hold strain, and sample_rate or dt")
    values = arrays[key]
    if values.ndim != 1 or values.dtype.kind not in "fiu":
        raise InputError(
            f"{shown}: {key} has shape {values.shape} and type {values.dtype}; strain is a list of numbers"
        )

    def number(names: tuple[str, ...]) -> float | None:
        found = next((arrays[k] for k in names if k in arrays), None)
        if found is None:
            return None
        if found.size != 1 or found.dtype.kind not in "fiu":
            raise InputError(f"{shown}: the sample rate, step and start are single numbers")
        return float(found.reshape(()))

    rate, step = number(_RATES), number(_STEPS)
    if rate is None and step:
        rate = 1.0 / step
    times = arrays.get("time", arrays.get("times", arrays.get("t")))
    start = number(_STARTS)
    if rate is None and times is not None:
        rate, first = _even(times, shown)
        start = first if start is None else start
    rate = _settled_rate(rate, sample_rate, shown)
    named = arrays.get("detector")
    return StrainRecord(
        values.astype(float), rate, start or 0.0, "" if named is None else str(named.reshape(-1)[0]), None, shown
    )


def _settled_rate(found: float | None, given: float | None, shown: str) -> float:
    if found is None:
        if given is None:
            raise InputError(f"{shown} does not say its sample rate; give sample_rate= (--sample-rate)")
        return float(given)
    if not (np.isfinite(found) and found > 0):
        raise InputError(f"{shown}: the sample rate is {found:g}; it must be positive")
    if given is not None and abs(given / found - 1.0) > 1e-6:
        raise InputError(f"{shown} is sampled at {found:g} Hz; sample_rate={given:g} was given")
    return found


def _even(times: np.ndarray, shown: str) -> tuple[float, float]:
    """Rate and start of evenly spaced times."""
    t = np.asarray(times, dtype=float).reshape(-1)
    if len(t) < FEWEST or not np.all(np.isfinite(t)):
        raise InputError(f"{shown}: times are {FEWEST} or more finite numbers")
    step = (t[-1] - t[0]) / (len(t) - 1)
    if not step > 0:
        raise InputError(f"{shown}: times must grow")
    off = np.abs(t - (t[0] + step * np.arange(len(t)))) / step
    if off.max() > _UNEVEN:
        at = int(off.argmax())
        raise InputError(
            f"{shown}: the sampling is not uniform: sample {at} at t = {t[at]:.10g} is {off[at]:.3g} steps off an even "
            "grid; resample the data first"
        )
    rate = 1.0 / step
    return (float(round(rate)) if abs(rate - round(rate)) < 1e-4 * rate else float(rate)), float(t[0])


def strain_from_text(name: str, shown: str, head: bytes, sample_rate: float | None) -> StrainRecord:
    import gzip

    zipped = head.startswith(b"\x1f\x8b")
    comments: list[str] = []
    rows: list[str] = []
    try:
        with gzip.open(name, "rt", encoding="utf-8") if zipped else open(name, encoding="utf-8") as stream:
            for line in stream:
                text = line.strip()
                if text.startswith(("#", "%")):
                    comments.append(text)
                elif text:
                    rows.append(text.replace(",", " ").replace(";", " "))
    except (UnicodeDecodeError, OSError, EOFError) as error:
        raise FileFormatError(f"{shown} is no text, HDF5 or .npz file: {' '.join(str(error).split())}") from error
    if rows and re.match(r"^[A-Za-z_\"']", rows[0]):
        # A line of column names.
        comments.append(rows.pop(0))
    if not rows:
        raise InputError(f"{shown} holds no numbers")
    width = len(rows[0].split())
    try:
        table = np.array([row.split() for row in rows], dtype=float)
    except ValueError:
        at = next((i for i, row in enumerate(rows) if not _numbers(row, width)), 0)
        raise FileFormatError(
            f"{shown}, row {at + 1}: {rows[at][:40]!r} is not {width} numbers like the first"
        ) from None
    words = " ".join(comments)
    rate, first = _said(words, r"(\d+(?:\.\d+)?)\s+samples per second"), _said(words, r"starting GPS\s+(\d+(?:\.\d+)?)")
    rate = rate if rate is not None else _said(words, r"(?:sample[_ ]rate|fs)\s*[:=]\s*(\d+(?:\.\d+)?)")
    if table.shape[1] == 2:
        even, begin = _even(table[:, 0], shown)
        return StrainRecord(table[:, 1], _settled_rate(even, sample_rate, shown), begin, _named(words), None, shown)
    if table.shape[1] != 1:
        raise InputError(f"{shown} has {table.shape[1]} columns; strain is one column, or two: time and strain")
    return StrainRecord(table[:, 0], _settled_rate(rate, sample_rate, shown), first or 0.0, _named(words), None, shown)


def _numbers(row: str, width: int) -> bool:
    words = row.split()
    try:
        return len(words) == width and all(np.isfinite(float(w)) or True for w in words)
    except ValueError:
        return False


def _said(words: str, pattern: str) -> float | None:
    found = re.search(pattern, words, re.IGNORECASE)
    return None if found is None else float(found.group(1))


def _named(words: str) -> str:
    found = re.search(r"\b([HLVKG]1)\b", words)
    return "" if found is None else found.group(1)
