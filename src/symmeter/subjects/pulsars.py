"""Correlations of pairs of pulsars as a subject, recognised without importing the signals wing."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any, ClassVar

from .labelled import is_instance_of
from .values import Subject

__all__ = ["NAME_COLUMNS", "PLACE_COLUMNS", "PulsarPairs", "is_pulsar_pairs"]

_NAME = re.compile(r"[JB]\d{4}[+\-\u2212]\d{2,4}[A-Za-z]?")
#: What a header calls the pulsars of a pair, by name or by right ascension and declination in degrees.
NAME_COLUMNS = (("a", "b"), ("psr_a", "psr_b"), ("pulsar_a", "pulsar_b"), ("psr1", "psr2"), ("pulsar1", "pulsar2"))
PLACE_COLUMNS = ("ra_a", "dec_a", "ra_b", "dec_b")
_FEW = 8192


@dataclass(frozen=True, eq=False, repr=False)
class PulsarPairs(Subject):
    """Correlations of pulsars, whose sky may be the same in all directions.

    Parameters
    ----------
    array : symmeter.signals.pta.Array
    rho : array of shape (pairs,)
        In units of the overlap function times the squared amplitude.
    sigma : array of shape (pairs,), or covariance of shape (pairs, pairs)
    source : str
    notes : tuple of str
    """

    array: Any
    rho: Any
    sigma: Any
    source: str = "pulsar pairs"
    notes: tuple[str, ...] = ()
    kind: ClassVar[str] = "pulsars"

    @property
    def dimension(self) -> int:
        """Number of pairs."""
        return len(self.rho)

    def describe(self) -> str:
        read = f"read {self.source}: correlations of {len(self.array)} pulsars, {len(self.rho)} pairs"
        return "; ".join([read, *self.notes])

    def __repr__(self) -> str:
        return f"PulsarPairs({len(self.array)} pulsars, {len(self.rho)} pairs)"


def is_pulsar_pairs(value: Any) -> bool:
    """Whether something is a table of pairs of pulsars: a text of two names a row or with columns of two places, or an
    .npz of rho with names or directions.

    Examples
    --------
    >>> is_pulsar_pairs("samples.csv"), is_pulsar_pairs([[1.0, 2.0]])
    (False, False)
    """
    if isinstance(value, PulsarPairs) or is_instance_of(value, "symmeter.signals.pta", "AnisotropyFit"):
        return True
    if not isinstance(value, (str, os.PathLike)):
        return False
    path = os.fsdecode(value)
    try:
        if path.lower().endswith(".npz"):
            return _is_archive(path)
        if not path.lower().endswith((".csv", ".tsv", ".txt", ".dat")):
            return False
        with open(path, encoding="utf-8") as stream:
            text = stream.read(_FEW)
    except (OSError, ValueError):
        return False
    return _is_text(text)


def _is_archive(path: str) -> bool:
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(path) as archive:
            names = {n.removesuffix(".npy").lower() for n in archive.namelist()}
    except (BadZipFile, OSError, ValueError):
        return False
    return "rho" in names and bool(names & {"names", "directions", "ra"})


def _is_text(text: str) -> bool:
    rows = [re.split(r"[,;\s]+", r.strip().strip(",;")) for r in text.splitlines() if r.strip() and r.strip()[0] != "#"]
    if not rows:
        return False
    words = [w.strip("\"'").lower() for w in rows[0]]
    if "rho" in words and set(PLACE_COLUMNS) <= set(words):
        return True
    two = [sum(bool(_NAME.fullmatch(w.strip("\"'"))) for w in row) == 2 for row in rows[:3]]
    return two[0] or (len(two) > 1 and two[1] and "rho" in words)
