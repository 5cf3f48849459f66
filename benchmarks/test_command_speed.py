"""``symmeter find`` on the 1,797 digits, from an empty process to the printed table."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

SOURCE = Path(__file__).parents[1] / "src"


def test_find_on_the_digits(beside: Any, tmp_path: Path) -> None:
    digits = pytest.importorskip("sklearn.datasets").load_digits().data
    np.save(tmp_path / "digits.npy", digits)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SOURCE), os.environ.get("PYTHONPATH", "")])}

    def python(*arguments: str) -> str:
        command = [sys.executable, *arguments]
        return subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    shown = beside(
        "symmeter find, 1,797 digits, all grid dictionaries, whole process",
        lambda: python("-m", "symmeter", "find", "digits.npy", "--grid", "8x8"),
        lambda: python("-c", "import numpy, scipy.linalg; numpy.cov(numpy.load('digits.npy').T)"),
        "start Python, covariance",
        seconds=10.0,
        rounds=3,
    )
    assert "transpose" in shown
