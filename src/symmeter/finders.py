"""What a finder is: it turns one kind of subject into a report. Wings provide them, find runs them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symmeter.errors import InputError, InputTypeError
from symmeter.findings import Report
from symmeter.subjects import Subject

__all__ = ["FindOptions", "Finder", "Progress"]

#: Called with the share of the work that is done, in [0, 1], and what is being done.
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class FindOptions:
    """What the user asked of ``find``; every finder understands it as far as it applies.

    Attributes
    ----------
    dictionary : str, sequence or None
        Names of dictionaries, or transformations and matrices; None lets the finder choose.
    alpha : float
        Level of every test.
    holdout : float
        Share of the samples kept for confirmation.
    rng : numpy Generator or int
    progress : callable or None
    tol : float or None
        For shapes: how far a point may be off, relative to the radius.
    noise : float, "estimate" or None
        For shapes: standard deviation of each coordinate.
    call : (str, str)
        How the data are loaded again and searched again, as Python, for the code lines of the report:
        ``("'digits.npy', grid=(8, 8)", ", alpha=0.001")``.
    """

    dictionary: str | Sequence[Any] | None = None
    alpha: float = 0.01
    holdout: float = 1.0 / 3.0
    rng: np.random.Generator | int | None = 0
    progress: Progress | None = None
    call: tuple[str, str] = ("X", "")
    tol: float | None = None
    noise: float | str | None = None

    def __post_init__(self) -> None:
        for name, value in (("alpha", self.alpha), ("holdout", self.holdout)):
            if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
                raise InputTypeError(f"{name} is a number; got {value!r}")
        try:
            np.random.default_rng(self.rng)
        except (TypeError, ValueError):
            raise InputTypeError(f"rng is a seed or a numpy Generator; got {self.rng!r}") from None
        if self.dictionary is not None and not isinstance(self.dictionary, (str, Sequence)):
            raise InputTypeError(
                f"dictionary is names or a list of maps; got {type(self.dictionary).__name__}: put a map in a list"
            )
        if not 0.0 < self.alpha < 1.0:
            raise InputError(f"alpha is a probability between 0 and 1; got {self.alpha:g}")
        if not 0.0 <= self.holdout < 1.0:
            raise InputError(f"holdout is a share of the samples, from 0 to below 1; got {self.holdout:g}")

    def report_progress(self, share: float, what: str) -> None:
        """Tell whoever listens how far the work is."""
        if self.progress is not None:
            self.progress(share, what)


class Finder(ABC):
    """Finds the symmetries of one kind of subject."""

    name: str

    @abstractmethod
    def find(self, subject: Subject, options: FindOptions) -> Report:
        """The report for a subject of this kind."""
