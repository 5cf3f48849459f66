"""The symbols and numbers by which the literature knows a polyhedron."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

__all__ = ["Indices"]


@dataclass(frozen=True)
class Indices:
    """Symbols and numbers of a polyhedron; None where it has none.

    Attributes
    ----------
    uniform, wenninger, coxeter, johnson, catalan : int
        U1 to U75; W1 to W119; C15 to C92 of Coxeter, Longuet-Higgins and Miller; J1 to J92; the place of the
        Archimedean solid, in Wenninger's order, whose dual it is.
    crennell, du_val : int, str
        Number among the fifty-nine icosahedra, and its cells, such as "De2f2".
    wythoff, schlaefli, vertex_configuration : str
        Such as "2|3 4", "r{3,4}", "3.4.3.4".
    """

    uniform: int | None = None
    wenninger: int | None = None
    coxeter: int | None = None
    johnson: int | None = None
    catalan: int | None = None
    crennell: int | None = None
    du_val: str | None = None
    wythoff: str | None = None
    schlaefli: str | None = None
    vertex_configuration: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Those that it has."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}
