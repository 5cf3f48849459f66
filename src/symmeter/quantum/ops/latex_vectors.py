"""Spin vectors in LaTeX, ``\\mathbf{S}_i``: three components that wait for a scalar product."""

from __future__ import annotations

from typing import Any

from symmeter.quantum.ops.expression import Expression

__all__ = ["SpinVector"]


class SpinVector:
    """Three components of a spin, and the column where they stand."""

    def __init__(self, parts: tuple[Expression, ...], column: int) -> None:
        self.parts = parts
        self.column = column

    def __mul__(self, other: Any) -> SpinVector:
        return SpinVector(tuple(p * other for p in self.parts), self.column)

    __rmul__ = __mul__

    def __add__(self, other: Any) -> SpinVector:
        return SpinVector(tuple(p + q for p, q in zip(self.parts, other.parts)), self.column)

    def dot(self, other: SpinVector) -> Expression:
        a, b, c = (p * q for p, q in zip(self.parts, other.parts))
        return a + b + c
