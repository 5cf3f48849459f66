"""Kept results of scale full: the sweep over learning rates, from which the laptop scale takes the best rate of each
method, and the repeats of regimes that are too large for it.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

__all__ = ["FILE", "kept_rates", "kept_repeats"]

#: Beside this module; written by ``scripts/keep_optimizer_rates.py`` from the results of scale full.
FILE = "_symmetry_optimizers_rates.json"


def kept_rates() -> list[dict[str, Any]]:
    """One row a run: ``task``, ``method``, ``lr``, ``embedding``, ``seed``, ``steps``, ``loss`` (None: it diverged).

    Losses were taken on the standard library of the Python that ``kept_with`` names, so that only their order counts.
    """
    return _rows("runs")


def kept_repeats() -> list[dict[str, Any]]:
    """One row a run at the best rate, of regimes that the laptop does not repeat."""
    return _rows("repeats")


def _rows(what: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(files("symmeter.papers").joinpath(FILE).read_text(encoding="utf-8"))[what]
    return [{**row, "loss": float("inf") if row["loss"] is None else row["loss"]} for row in rows]
