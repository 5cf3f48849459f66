"""A stretch of strain as a value: evenly sampled numbers with their rate, start and detector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

__all__ = ["StrainRecord"]


@dataclass(frozen=True, eq=False)
class StrainRecord:
    """A stretch of evenly sampled strain.

    Attributes
    ----------
    values : array of shape (n,)
    sample_rate : float
        Hertz.
    start : float
        Time of the first sample, seconds (of GPS, where the file says so).
    detector : str
        ``"H1"``, ``"L1"``, ...; empty when the file does not say.
    good_seconds : array of bool, or None
        Which seconds have data of good quality, where the file says so.
    source : str
    notes : tuple of str
        What was assumed or cut while reading.
    """

    values: Float[np.ndarray, " n"]
    sample_rate: float
    start: float = 0.0
    detector: str = ""
    good_seconds: np.ndarray | None = None
    source: str = "array"
    notes: tuple[str, ...] = ()

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.values) / self.sample_rate

    def describe(self) -> str:
        """One line that says what was read."""
        name = f" {self.detector}" if self.detector else ""
        span = f"{self.duration:g} s at {self.sample_rate:g} Hz from t = {self.start:.10g}"
        head = f"read {self.source}:{name} strain, {span}"
        return "; ".join([head, *self.notes])

    def __repr__(self) -> str:
        return f"StrainRecord({self.detector or 'no detector'}, {self.duration:g} s at {self.sample_rate:g} Hz)"
