"""How the strengths of the penalties follow from the residuals during training: the read-out of a symmetry's level.

All strengths start at s. In the last ``window`` epochs before epoch T a record of the residuals R is kept: whenever any
entry of the current R is below that of the record, the whole record is replaced by the current R. At epoch T
``s_j = s (min_i R_i / R_j)^p``. Afterwards ``s_j / s`` in (0, 1] says how well symmetry j is respected (Kim, Lee, Yang
and Lee 2023, and their reference code). Epochs are numbered from 1: the one with number T is trained with the new
strengths. Tuning again every T epochs and averaging R over time are extensions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, NonFiniteError

__all__ = ["StrengthTuner", "replay", "tuned_strengths"]

#: Residuals below this, relative to the squared norm of the weights, are rounding.
ROUNDING = 1e-10
_DELTA = 1e-12


def tuned_strengths(
    record: Float[np.ndarray, " groups"], strength: float, exponent: float, squared_norm: float = 0.0
) -> Float[np.ndarray, " groups"]:
    """``s (min R / R_j)^p``, safe where residuals vanish.

    Parameters
    ----------
    record : array of shape (groups,)
        Residuals.
    strength, exponent : float
    squared_norm : float
        ``|W|^2`` of the weights; ``1e-12`` of it is added to both residuals when one is zero.

    Examples
    --------
    >>> tuned_strengths(np.array([2.0, 3.0, 4.0]), 1.0, 2.0).round(4)
    array([1.    , 0.4444, 0.25  ])
    >>> tuned_strengths(np.array([0.0, 3.0, 0.0]), 1.0, 2.0, squared_norm=10.0).round(4)
    array([1., 0., 1.])
    """
    r = np.asarray(record, dtype=float)
    least = float(r.min())
    delta = 0.0 if least > 0 else max(_DELTA * squared_norm, np.finfo(float).tiny)
    ratio = (least + delta) / (r + delta)
    return strength * ratio**exponent


@dataclass(frozen=True)
class Schedule:
    """When strengths are tuned, and how.

    Attributes
    ----------
    strength : float
        s, of all candidates until epoch T.
    tune_at : int
        T.
    exponent : float
        p.
    window : int
        Epochs before T that are recorded.
    every : int or None
        Extension: tune again after so many epochs.
    average : float
        Extension: R is an exponential average over epochs with this memory, 0 for none.
    """

    strength: float
    tune_at: int
    exponent: float
    window: int
    every: int | None = None
    average: float = 0.0

    def __post_init__(self) -> None:
        for name in ("strength", "exponent"):
            _check_number(name, getattr(self, name))
        for name, n in (("tune_at", self.tune_at), ("record_window", self.window), ("retune_every", self.every)):
            if not (n is None and name == "retune_every"):
                _check_epochs(name, n)
        if not 1 <= self.window <= self.tune_at:
            raise InputError(
                f"the recording window of {self.window} epochs does not fit before tune_at = {self.tune_at}; choose "
                "record_window between 1 and tune_at"
            )
        if self.every is not None and self.every < self.window:
            raise InputError(f"strengths cannot be tuned every {self.every} epochs from a window of {self.window}")
        if not (_is_number(self.average) and 0 <= self.average < 1):
            raise InputError(f"average is {self.average}; the memory of the average lies in [0, 1)")

    def tunes(self, epoch: int) -> bool:
        """Whether strengths change in this epoch."""
        if self.every is not None and epoch > self.tune_at:
            return (epoch - self.tune_at) % self.every == 0
        return epoch == self.tune_at

    def records(self, epoch: int) -> bool:
        """Whether the residuals of this epoch count: the last ``window`` epochs before a tuning."""
        if epoch < self.tune_at:
            return epoch >= self.tune_at - self.window
        if self.every is None:
            return False
        ahead = self.every - (epoch - self.tune_at) % self.every
        return ahead <= self.window


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def _check_number(name: str, value: Any) -> None:
    if not (_is_number(value) and np.isfinite(value) and value >= 0):
        raise InputError(f"{name} is {value!r}; it must be a finite number of at least 0")


def _check_epochs(name: str, value: Any) -> None:
    # Epochs are counted: one that is no whole number would never come.
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
        raise InputError(f"{name} is {value!r}; it must be a whole number of epochs, at least 1")


class StrengthTuner:
    """The strengths of several candidates over the epochs of one training.

    Parameters
    ----------
    names : sequence of str
    schedule : Schedule

    Examples
    --------
    >>> tuner = StrengthTuner(["a", "b", "c"], Schedule(1.0, tune_at=3, exponent=2.0, window=2))
    >>> for epoch, residuals in enumerate([(3, 2, 1), (2, 3, 4)], start=1):
    ...     tuner.observe(epoch, residuals)
    >>> tuner.step(3)
    True
    >>> tuner.strengths.round(4)
    array([1.    , 0.4444, 0.25  ])
    """

    def __init__(self, names: Sequence[str], schedule: Schedule) -> None:
        self.names = tuple(names)
        self.schedule = schedule
        self.strengths: Float[np.ndarray, " groups"] = np.full(len(self.names), float(schedule.strength))
        self.record: Float[np.ndarray, " groups"] | None = None
        self.history: list[tuple[int, tuple[float, ...]]] = []
        self.tuned_at: list[int] = []
        self.warnings: list[str] = []
        self._mean: np.ndarray | None = None
        self._missed = False

    def forget(self) -> None:
        """Drop the residuals of an earlier training, whose epochs had the same numbers; strengths stay."""
        self.record, self._mean, self.history, self.tuned_at = None, None, [], []

    def state(self) -> dict[str, Any]:
        """All that changes during a training, as plain values."""
        return {
            "names": list(self.names),
            "strengths": self.strengths.tolist(),
            "record": None if self.record is None else self.record.tolist(),
            "history": [[epoch, list(row)] for epoch, row in self.history],
            "tuned_at": list(self.tuned_at),
            "warnings": list(self.warnings),
            "mean": None if self._mean is None else self._mean.tolist(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a state.

        Raises
        ------
        InputError
            If it is of other candidates.
        """
        if list(state["names"]) != list(self.names):
            raise InputError(
                f"the saved strengths are of {', '.join(state['names'])}, the candidates are {', '.join(self.names)}"
            )
        self.strengths = np.array(state["strengths"], dtype=float)
        self.record = None if state["record"] is None else np.array(state["record"], dtype=float)
        self.history = [(int(epoch), tuple(row)) for epoch, row in state["history"]]
        self.tuned_at = [int(epoch) for epoch in state["tuned_at"]]
        self.warnings = list(state["warnings"])
        self._mean = None if state["mean"] is None else np.array(state["mean"], dtype=float)

    @property
    def levels(self) -> Float[np.ndarray, " groups"]:
        """Strengths relative to the largest: 1 for the symmetry that is respected most."""
        top = self.strengths.max()
        return self.strengths / top if top > 0 else np.ones_like(self.strengths)

    def observe(self, epoch: int, residuals: Sequence[float]) -> None:
        """Take in the residuals of an epoch in the window.

        Raises
        ------
        NonFiniteError
            Naming the candidate and the epoch.
        """
        r = np.asarray(residuals, dtype=float)
        if r.shape != (len(self.names),):
            raise InputError(f"{r.size} residuals for {len(self.names)} candidates; give one each")
        if not np.isfinite(r).all():
            bad = self.names[int(np.flatnonzero(~np.isfinite(r))[0])]
            raise NonFiniteError(f"the residual of {bad} is {r[~np.isfinite(r)][0]} in epoch {epoch}; lower the rate")
        if self.schedule.average > 0:
            kept = self.schedule.average
            self._mean = r if self._mean is None else kept * self._mean + (1 - kept) * r
            r = self._mean
        self.history.append((int(epoch), tuple(r.tolist())))
        # Any entry lets the whole vector in: the reference does not take the minimum entry by entry.
        if self.record is None or (r < self.record).any():
            self.record = r.copy()

    def step(self, epoch: int, squared_norm: float = 0.0) -> bool:
        """Tune when this epoch asks for it; True when strengths changed."""
        if not self.schedule.tunes(epoch):
            if epoch > self.schedule.tune_at and not self.tuned_at and not self._missed:
                self._missed = True
                self._warn(
                    f"epoch {epoch} comes after tune_at = {self.schedule.tune_at}, but step({self.schedule.tune_at}) "
                    "was never called: the strengths stay as they are"
                )
            return False
        if self.record is None:
            self._warn(f"no residuals were recorded before epoch {epoch}: the strengths stay as they are")
            return False
        small = self.record < ROUNDING * squared_norm
        if small.any() and not small.all() and (self.record > 0).all():
            self._warn(
                f"the residual of {self._names(small)} is at rounding level: its ratio to the others says little"
            )
        elif small.all():
            self._warn(
                "all residuals collapsed to rounding level before tuning: the strengths say nothing; start from a "
                f"smaller strength than {self.schedule.strength:g}"
            )
        s = self.schedule
        self.strengths = tuned_strengths(self.record, s.strength, s.exponent, squared_norm)
        self.tuned_at.append(int(epoch))
        self.record = None if s.every is not None else self.record
        return True

    def _names(self, which: np.ndarray) -> str:
        return ", ".join(n for n, w in zip(self.names, which) if w)

    def _warn(self, text: str) -> None:
        import warnings

        self.warnings.append(text)
        warnings.warn(text, stacklevel=3)


def replay(
    history: Sequence[Sequence[float]],
    strength: float,
    exponent: float = 2.0,
    window: int | None = None,
    tune_at: int | None = None,
) -> tuple[Float[np.ndarray, " groups"], Float[np.ndarray, " groups"]]:
    """What tuning makes of a recorded history of residuals, one row an epoch, the first with number 1.

    Returns
    -------
    record, strengths : arrays of shape (groups,)

    Examples
    --------
    >>> record, strengths = replay([(3, 2, 1), (2, 3, 4)], strength=1.0)
    >>> record, strengths.round(4)
    (array([2., 3., 4.]), array([1.    , 0.4444, 0.25  ]))
    """
    rows = np.asarray(history, dtype=float)
    if rows.ndim != 2 or not len(rows):
        raise InputError(f"a history has one row of residuals for each epoch; got shape {rows.shape}")
    at = len(rows) + 1 if tune_at is None else tune_at
    schedule = Schedule(strength, at, exponent, min(len(rows), at) if window is None else window)
    tuner = StrengthTuner([str(k) for k in range(rows.shape[1])], schedule)
    for epoch, row in enumerate(rows, start=1):
        if schedule.records(epoch):
            tuner.observe(epoch, row)
    tuner.step(at)
    if tuner.record is None:
        raise InputError(f"the history of {len(rows)} epochs does not reach the window before epoch {at}")
    return tuner.record, tuner.strengths
