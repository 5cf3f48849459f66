"""Progress of long work: nothing for two seconds, then a bar on a terminal; silent in pipes, logs and notebooks.

Library routines take ``progress``, a callable of two arguments, and call ``progress(fraction, "what is being done")``
with the share of the work that is done, in [0, 1].
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Progress", "progress_bar", "silent"]

#: Called with the share of the work that is done and what is being done.
Progress = Callable[[float, str], None]

#: Seconds of work before a bar appears.
PATIENCE = 2.0


def silent(fraction: float, what: str) -> None:
    """Show nothing."""


class _Bar:
    def __init__(self, stream: Any, patience: float) -> None:
        self._stream = stream
        self._patience = patience
        self._start = time.monotonic()
        self._bar: Any = None
        self._task: Any = None

    def __call__(self, fraction: float, what: str) -> None:
        if self._bar is None:
            if time.monotonic() - self._start < self._patience:
                return
            self._bar = self._open()
        self._bar.update(self._task, description=what, completed=fraction)

    def _open(self) -> Any:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TimeElapsedColumn(),
            console=Console(file=self._stream),
            transient=True,
        )
        self._task = bar.add_task("", total=1.0)
        bar.start()
        return bar

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()


@contextmanager
def progress_bar(quiet: bool = False, stream: Any = None, patience: float = PATIENCE) -> Iterator[Progress]:
    """A callable that shows progress on ``stream`` (standard error) when that is a terminal.

    Parameters
    ----------
    quiet : bool
        Never show anything.
    stream : text file, optional
    patience : float
        Seconds of work before the bar appears.

    Examples
    --------
    >>> with progress_bar(quiet=True) as progress:
    ...     progress(0.5, "counting")
    """
    stream = sys.stderr if stream is None else stream
    if quiet or not getattr(stream, "isatty", lambda: False)():
        yield silent
        return
    bar = _Bar(stream, patience)
    try:
        yield bar
    finally:
        bar.close()
