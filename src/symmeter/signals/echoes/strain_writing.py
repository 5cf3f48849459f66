"""Strain to files: .npz, or HDF5 in the layout of public archives, whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from symmeter.errors import InputError, MissingDependencyError
from symmeter.files import write_arrays, write_atomic
from symmeter.signals.echoes.strain_record import StrainRecord

__all__ = ["write_strain"]


def write_strain(path: str | Path, record: StrainRecord, facts: Mapping[str, Any] | None = None) -> Path:
    """Write strain so that :func:`~symmeter.signals.echoes.strain_files.read_strain` reads it.

    Parameters
    ----------
    path : path
        ``.npz``, or ``.hdf5`` (needs h5py).
    record : StrainRecord
    facts : mapping, optional
        Numbers and texts that are kept beside it: what was injected.

    Raises
    ------
    InputError
        Other extensions.
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from symmeter.signals.echoes.strain_files import read_strain
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     record = StrainRecord(np.sin(np.arange(64.0)), 16.0, 100.0, "H1")
    ...     read_strain(write_strain(f"{folder}/x.npz", record))
    StrainRecord(H1, 4 s at 16 Hz)
    """
    path = Path(path)
    facts = dict(facts or {})
    suffix = path.suffix.lower()
    if suffix == ".npz":
        arrays: dict[str, Any] = {
            "strain": record.values, "sample_rate": record.sample_rate, "start": record.start,
            "detector": np.array(record.detector), **{f"truth_{k}": np.asarray(v) for k, v in facts.items()},
        }  # fmt: skip
        return write_arrays(path, arrays)
    if suffix in (".hdf5", ".h5"):
        buffer = io.BytesIO()
        _hdf5(buffer, record, facts)
        return write_atomic(path, buffer.getvalue())
    raise InputError(f"{path}: strain is written as .npz or .hdf5, not {path.suffix or 'without extension'}")


def _hdf5(buffer: io.BytesIO, record: StrainRecord, facts: Mapping[str, Any]) -> None:
    try:
        import h5py
    except ImportError as error:
        raise MissingDependencyError("h5py", "gw", "writing HDF5") from error
    with h5py.File(buffer, "w") as file:
        data = file.create_dataset("strain/Strain", data=record.values, compression="gzip", shuffle=True)
        data.attrs["Xstart"] = record.start
        data.attrs["Xspacing"] = 1.0 / record.sample_rate
        data.attrs["Npoints"] = len(record.values)
        file["meta/GPSstart"] = record.start
        file["meta/Duration"] = record.duration
        file["meta/Detector"] = record.detector
        seconds = max(1, int(np.ceil(record.duration)))
        good = np.ones(seconds, bool) if record.good_seconds is None else record.good_seconds
        file["quality/simple/DQmask"] = good.astype(np.uint32)
        for name, value in facts.items():
            file[f"truth/{name}"] = value
