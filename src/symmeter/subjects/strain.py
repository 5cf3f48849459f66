"""Strain of a gravitational-wave detector as a subject, recognised without importing the signals wing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, ClassVar

from .labelled import is_instance_of
from .values import Subject

__all__ = ["StrainSubject", "is_strain", "is_strain_path"]

_RATES = ("sample_rate.npy", "fs.npy", "rate.npy", "dt.npy", "sample_interval.npy")
_HDF5 = b"\x89HDF\r\n\x1a\n"


@dataclass(frozen=True, eq=False, repr=False)
class StrainSubject(Subject):
    """A stretch of evenly sampled strain, whose spectrum may have a discrete translation symmetry: a comb.

    Parameters
    ----------
    record : StrainRecord
        Values, sample rate, start.
    source : str
    notes : tuple of str
    """

    record: Any
    source: str = ""
    notes: tuple[str, ...] = ()
    kind: ClassVar[str] = "strain"

    @property
    def dimension(self) -> int:
        """Number of samples."""
        return len(self.record.values)

    def describe(self) -> str:
        return "; ".join([self.record.describe(), *self.notes])


def is_strain_path(value: Any) -> bool:
    """Whether a path is that of an HDF5 or frame file, or of an .npz that holds ``strain`` with its rate.

    Examples
    --------
    >>> is_strain_path("samples.csv"), is_strain_path("H-H1_GWOSC_4KHZ_R1-1126259447-32.gwf")
    (False, True)
    """
    if not isinstance(value, (str, os.PathLike)):
        return False
    text = os.fspath(value)
    if not isinstance(text, str):
        return False
    if text.lower().endswith((".hdf5", ".h5", ".hdf", ".gwf")):
        return True
    try:
        with open(text, "rb") as stream:
            return stream.read(8) == _HDF5 or (text.lower().endswith(".npz") and _holds_strain(text))
    except (OSError, ValueError):
        return False


def _holds_strain(path: str) -> bool:
    """By the names of its arrays alone; nothing is unpacked."""
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.lower() for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError):
        return False
    return "strain.npy" in names and not names.isdisjoint(_RATES)


def is_strain(value: Any) -> bool:
    """Whether something is strain: a file of it, a record of ours, or a time series of gwpy or pycbc.

    Examples
    --------
    >>> is_strain([[1.0, 2.0]])
    False
    """
    return (
        isinstance(value, StrainSubject)
        or is_strain_path(value)
        or any(
            is_instance_of(value, module, name)
            for module, name in (
                ("symmeter.signals.echoes.strain_record", "StrainRecord"),
                ("symmeter.signals.echoes.strain", "Strain"),
                ("gwpy.timeseries", "TimeSeries"),
                ("pycbc.types", "TimeSeries"),
            )
        )
    )
