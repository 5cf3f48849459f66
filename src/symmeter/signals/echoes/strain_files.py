"""Strain from files: HDF5 as public archives write it, and plain arrays in .npz, .csv and .txt.

The layout of the Gravitational Wave Open Science Center is known: ``strain/Strain`` with its spacing,
``meta/GPSstart``, ``meta/Detector``, and ``quality/simple/DQmask``, one number a second. A dataset of any other name is
taken when it is the only long one. Nothing in a file can run code.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from symmeter.errors import FileFormatError, InputError, MissingDependencyError, MissingFileError, NonFiniteError
from symmeter.signals.echoes.strain_columns import FEWEST, strain_from_archive, strain_from_text
from symmeter.signals.echoes.strain_record import StrainRecord
from symmeter.subjects.strain import is_strain_path

__all__ = ["StrainRecord", "is_strain_path", "read_strain"]

_HDF5 = b"\x89HDF\r\n\x1a\n"


def read_strain(
    path: Any,
    *,
    start: float | None = None,
    duration: float | None = None,
    sample_rate: float | None = None,
    detector: str | None = None,
) -> StrainRecord:
    """Read strain.

    Parameters
    ----------
    path : path
        ``.hdf5`` (needs h5py), ``.npz`` (an array ``strain`` with ``sample_rate`` or ``dt``), or text: a column of
        strain, or two columns, time and strain. Comments of public text files say their rate and start.
    start, duration : float, optional
        Keep this stretch, seconds; all of it otherwise. Of HDF5 files only this much is read.
    sample_rate : float, optional
        Where the file does not say.
    detector : str, optional

    Returns
    -------
    StrainRecord

    Raises
    ------
    MissingFileError, FileFormatError, NonFiniteError, InputError
        One line: files that are not there or hold no strain, gaps (NaN), uneven sampling, stretches outside the file.
    MissingDependencyError
        HDF5 without h5py.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/x.npz", strain=np.sin(np.arange(4096.0)), sample_rate=1024.0, detector="H1")
    ...     read_strain(f"{folder}/x.npz", start=1.0, duration=2.0)
    StrainRecord(H1, 2 s at 1024 Hz)
    """
    name = os.fspath(path) if isinstance(path, (str, os.PathLike)) else None
    if not isinstance(name, str) or not name:
        raise InputError(f"a strain file is given by its path; got {type(path).__name__}")
    shown = os.path.basename(name)
    if not os.path.isfile(name):
        raise MissingFileError(f"{name} does not exist; give a strain file (.hdf5, .npz, .csv, .txt)")
    for what, value in (("start", start), ("duration", duration), ("sample rate", sample_rate)):
        if value is not None and not np.isfinite(value):
            raise InputError(f"the {what} is {value}; give a finite number")
    if sample_rate is not None and sample_rate <= 0:
        raise InputError(f"the sample rate is {sample_rate:g}; it must be positive")
    with open(name, "rb") as stream:
        head = stream.read(8)
    if head.startswith(b"IGWD") or name.lower().endswith(".gwf"):
        raise FileFormatError(
            f"{shown} is a frame file (.gwf), which symmeter does not read: take the .hdf5 of the same stretch, or "
            "read it with gwpy and hand over the series"
        )
    if head == _HDF5:
        record = _from_hdf5(name, shown, start, duration, sample_rate)
    elif head.startswith(b"PK\x03\x04"):
        record = strain_from_archive(name, shown, sample_rate)
    elif name.lower().endswith((".hdf5", ".h5", ".hdf")):
        raise FileFormatError(f"{shown} is named like HDF5 but does not begin like it; was the download cut off?")
    else:
        record = strain_from_text(name, shown, head, sample_rate)
    if detector is not None:
        record = _with(record, detector=str(detector))
    if head != _HDF5:
        record = _cut(record, start, duration)
    return _checked(record)


def _with(record: StrainRecord, **changes: Any) -> StrainRecord:
    from dataclasses import replace

    return replace(record, **changes)


def _stretch(
    shown: str, total: int, rate: float, first: float, start: float | None, duration: float | None
) -> tuple[int, int]:
    """Which samples a stretch is."""
    begin = 0 if start is None else round((start - first) * rate)
    count = total - begin if duration is None else round(duration * rate)
    if duration is not None and duration <= 0:
        raise InputError(f"the duration is {duration:g} s; it must be positive")
    if begin < 0 or begin >= total or begin + count > total:
        raise InputError(
            f"{shown} covers {first:.10g} to {first + total / rate:.10g} s; the stretch asked for begins at "
            f"{first + begin / rate:.10g} and lasts {count / rate:g} s"
        )
    return begin, begin + count


def _cut(record: StrainRecord, start: float | None, duration: float | None) -> StrainRecord:
    if start is None and duration is None:
        return record
    begin, end = _stretch(record.source, len(record.values), record.sample_rate, record.start, start, duration)
    return _with(record, values=record.values[begin:end], start=record.start + begin / record.sample_rate)


def _checked(record: StrainRecord) -> StrainRecord:
    values = record.values
    if len(values) < FEWEST:
        raise InputError(f"{record.source} holds {len(values)} samples of strain; a spectrum needs {FEWEST} or more")
    bad = ~np.isfinite(values)
    if bad.any():
        at = np.flatnonzero(bad)
        times = record.start + at[[0, -1]] / record.sample_rate
        raise NonFiniteError(
            f"{record.source}: {bad.sum():,} of {len(values):,} samples are NaN or infinite, between t = "
            f"{times[0]:.10g} and {times[1]:.10g}; choose a stretch without gaps (start=, duration=)"
        )
    if not np.any(values != values[0]):
        raise InputError(f"{record.source}: the strain is {values[0]:g} throughout; there is no signal and no noise")
    return _with(record, values=np.ascontiguousarray(values, dtype=float))


def _from_hdf5(
    name: str, shown: str, start: float | None, duration: float | None, sample_rate: float | None
) -> StrainRecord:
    try:
        import h5py
    except ImportError as error:
        raise MissingDependencyError("h5py", "gw", f"reading {shown}") from error
    try:
        with h5py.File(name, "r") as file:
            data = _dataset(file, h5py, shown)
            rate, notes = _rate_of(file, data, shown, sample_rate)
            first = _scalar(file, "meta/GPSstart", data.attrs.get("Xstart", data.attrs.get("x0", 0.0)))
            begin, end = _stretch(shown, data.shape[0], rate, first, start, duration)
            values = np.asarray(data[begin:end], dtype=float)
            good = _good_seconds(file, begin / rate, end / rate)
            detector_name: Any = file.get("meta/Detector")
            named = "" if detector_name is None else _text(detector_name[()])
    except (OSError, KeyError, RuntimeError, ValueError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        raise FileFormatError(f"{shown} cannot be read as HDF5: {' '.join(str(error).split())}") from error
    if good is not None and not good.all():
        notes = (*notes, f"{int((~good).sum())} of {len(good)} seconds are marked as of bad quality")
    return StrainRecord(values, rate, float(first) + begin / rate, named, good, shown, notes)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _scalar(file: Any, path: str, otherwise: Any) -> float:
    found = file.get(path)
    return float(np.asarray(otherwise if found is None else found[()]).reshape(-1)[0])


def _dataset(file: Any, h5py: Any, shown: str) -> Any:
    if "strain/Strain" in file:
        return _one_dimensional(file["strain/Strain"], shown)
    found: list[Any] = []

    def collect(_: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.dtype.kind in "fi" and len(item.shape) == 1:
            found.append(item)

    file.visititems(collect)
    longest = sorted(found, key=lambda d: -d.shape[0])
    if not longest or longest[0].shape[0] < FEWEST:
        raise FileFormatError(
            f"{shown} holds no strain: neither strain/Strain nor another long list; tables are read from .npy, "
            ".csv or Parquet"
        )
    if len(longest) > 1 and longest[1].shape[0] == longest[0].shape[0]:
        names = ", ".join(d.name for d in longest[:4])
        raise FileFormatError(f"{shown} holds several long arrays ({names}); save the one you mean as strain/Strain")
    return longest[0]


def _one_dimensional(data: Any, shown: str) -> Any:
    if len(data.shape) != 1 or data.dtype.kind not in "fi":
        raise FileFormatError(f"{shown}: strain/Strain has shape {data.shape} and type {data.dtype}; it must be a list")
    return data


def _rate_of(file: Any, data: Any, shown: str, given: float | None) -> tuple[float, tuple[str, ...]]:
    step = data.attrs.get("Xspacing", data.attrs.get("dx", data.attrs.get("dt")))
    if step is None:
        for place, invert in (("meta/SampleRate", False), ("sample_rate", False), ("dt", True)):
            if place in file:
                value = _scalar(file, place, 0.0)
                step = value if invert else 1.0 / value if value else None
                break
    if step is None and "meta/Duration" in file:
        step = _scalar(file, "meta/Duration", 0.0) / data.shape[0]
    if step is None:
        if given is None:
            raise InputError(f"{shown} does not say its sample rate; give sample_rate=")
        return float(given), ()
    rate = 1.0 / float(np.asarray(step).reshape(-1)[0])
    if not (np.isfinite(rate) and rate > 0):
        raise FileFormatError(f"{shown} says its samples are {step} s apart, which cannot be")
    # Spacings such as 0.000244140625 are rates of whole hertz.
    rate = round(rate) if abs(rate - round(rate)) < 1e-6 * rate else rate
    if given is not None and abs(given / rate - 1.0) > 1e-9:
        raise InputError(f"{shown} is sampled at {rate:g} Hz; sample_rate={given:g} was given")
    return float(rate), ()


def _good_seconds(file: Any, begin: float, end: float) -> np.ndarray | None:
    mask: Any = file.get("quality/simple/DQmask")
    if mask is None:
        return None
    # Bit 0: data are present and calibrated.
    seconds = np.asarray(mask[int(np.floor(begin)) : int(np.ceil(end))])
    return (seconds.astype(np.int64) & 1).astype(bool)
