"""A picture that a wing has drawn itself, as SVG text, with its caption; the report only places it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["StaticPicture"]


@dataclass(frozen=True)
class StaticPicture:
    """A drawing as it stands.

    Attributes
    ----------
    svg : str
        One ``<svg>`` element of our own making: text from outside in it is escaped.
    caption : str
    note : str
        What was left out.
    """

    svg: str
    caption: str
    note: str = ""
