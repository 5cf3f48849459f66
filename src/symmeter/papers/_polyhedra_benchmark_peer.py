"""pymatgen's point-group analyzer in a process of its own, which is stopped when an answer takes too long."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

__all__ = ["Peer", "peer_is_there"]

_START = 60.0


def peer_is_there() -> bool:
    """Whether pymatgen is installed."""
    return find_spec("pymatgen") is not None


class Peer:
    """A running pymatgen; use it in a ``with`` statement, which ends its process.

    Its seconds are processor time of its own: neither starting the process nor other work on the machine counts.
    """

    def __init__(self) -> None:
        self._process: Any = None
        self._line: Any = None

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *error: object) -> None:
        self._stop()

    def ask(
        self, points: np.ndarray, labels: Sequence[str], tolerance: float, patience: float, operations: bool = False
    ) -> tuple[str, float] | None:
        """Symbol and seconds, with its operations or without; None if no answer came in ``patience`` seconds."""
        if self._process is None:
            self._begin()
        self._line.send((points, list(labels), tolerance, operations))
        if self._line.poll(patience):
            return self._line.recv()
        self._stop()
        return None

    def _begin(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._line, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other,), daemon=True)
        self._process.start()
        if not self._line.poll(_START):
            self._stop()
            raise TimeoutError(f"pymatgen did not start in {_START:.0f} s")
        self._line.recv()

    def _stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.join()
            self._line.close()
            self._process = self._line = None


def _serve(line: Any) -> None:
    import warnings

    # One warning for every matrix too many: it would fill the screen.
    warnings.simplefilter("ignore")
    from pymatgen.core import Molecule
    from pymatgen.symmetry.analyzer import PointGroupAnalyzer

    line.send("ready")
    while True:
        try:
            points, labels, tolerance, operations = line.recv()
        except EOFError:
            return
        molecule = Molecule(labels, points)
        start = time.process_time()
        try:
            analyzer = PointGroupAnalyzer(molecule, tolerance=tolerance)
            symbol = analyzer.sch_symbol
            if operations:
                analyzer.get_symmetry_operations()
        except Exception as error:
            # Whatever its analyzer trips over on disturbed coordinates counts as a wrong answer.
            symbol = type(error).__name__
        line.send((symbol, time.process_time() - start))
