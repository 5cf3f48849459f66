"""Ctrl-C that waits for the end of a step: weights of which only some have moved are no place to go on from."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["interrupt_between_steps"]


@contextmanager
def interrupt_between_steps() -> Iterator[Callable[[], bool]]:
    """A callable that tells whether Ctrl-C was pressed; a second one interrupts at once.

    Outside the main thread, and where a program has its own handler, nothing is changed and the callable says False.
    """
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield lambda: False
        return
    pressed: list[int] = []

    def note(number: int, frame: Any) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)

    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
