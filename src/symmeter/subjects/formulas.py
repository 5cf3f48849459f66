"""Formulas that a finding shows typeset, as plain LaTeX; wings write them, the report sets them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Formulas"]


@dataclass(frozen=True)
class Formulas:
    """Captioned formulas.

    Attributes
    ----------
    lines : tuple of (str, str)
        What a formula is, and the formula in LaTeX without dollar signs.
    caption : str
        What they are together.
    """

    lines: tuple[tuple[str, str], ...]
    caption: str = "Written out"
