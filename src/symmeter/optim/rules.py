"""The update rules by name: what direction each takes from a momentum, and the group that this direction commutes with.

``adamw`` is no direction of ours; parameters under it go to torch's own AdamW.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from symmeter.errors import InputError, InputTypeError, UnknownNameError, nearest_name
from symmeter.linalg import POLAR_SCHEDULES
from symmeter.optim.directions import ROW_EPS, center, left_spectral, right_spectral, row_norm
from symmeter.optim.polar_kernel import polar_of

__all__ = ["RULES", "DirectionSettings", "UpdateRule", "rule_named"]


@dataclass(frozen=True)
class DirectionSettings:
    """What directions can be told.

    Attributes
    ----------
    polar : str
        ``"auto"``, ``"svd"``, ``"qdwh"`` or an iteration of :data:`symmeter.linalg.POLAR_SCHEDULES`.
    row_eps : float or "relative"
        See :func:`symmeter.optim.directions.row_norm`.
    damping : float
        Of the Gram matrix of spectral rules, in units of its mean eigenvalue.
    order : str
        ``"row_then_polar"`` or ``"polar_then_row"``.
    """

    polar: str = "auto"
    row_eps: float | str = ROW_EPS
    damping: float = 1e-6
    order: str = "row_then_polar"

    def __post_init__(self) -> None:
        known = ("auto", "svd", "qdwh", *POLAR_SCHEDULES)
        if self.polar not in known:
            raise UnknownNameError(_unknown("polar method", self.polar, known))
        if self.order not in ("row_then_polar", "polar_then_row"):
            raise InputError(f"order is {self.order!r}; use 'row_then_polar' or 'polar_then_row'")
        if isinstance(self.row_eps, str) and self.row_eps != "relative":
            raise InputError(f"row_eps is {self.row_eps!r}; use a number or 'relative'")
        if not isinstance(self.row_eps, str) and not self.row_eps >= 0:
            raise InputError(f"row_eps is {self.row_eps}; it is added to lengths and must be >= 0")
        if not self.damping >= 0:
            raise InputError(f"damping is {self.damping}; it must be >= 0")


Direction = Callable[[torch.Tensor, DirectionSettings, "torch.Tensor | None"], torch.Tensor]


@dataclass(frozen=True)
class UpdateRule:
    """One rule.

    Attributes
    ----------
    name, group : str
    direction : callable or None
        From matrices (..., m, n), settings, and a mask (..., m, 1) of rows that may move or None; None for AdamW.
    centered : bool
        Whether it moves along no common shift of the rows.
    by_columns : bool
        Whether columns, not rows, are what permutations exchange.
    """

    name: str
    group: str
    direction: Direction | None
    centered: bool = False
    by_columns: bool = False

    def __call__(
        self, matrices: torch.Tensor, settings: DirectionSettings, active: torch.Tensor | None = None
    ) -> torch.Tensor:
        """The direction, of the shape of ``matrices``."""
        if self.direction is None:
            raise InputError(f"rule {self.name!r} is torch's AdamW; it has no direction of its own")
        return self.direction(matrices, settings, active)


def _masked(m: torch.Tensor, active: torch.Tensor | None) -> torch.Tensor:
    return m if active is None else m * active


def _rows(m: torch.Tensor, s: DirectionSettings, active: torch.Tensor | None) -> torch.Tensor:
    return _masked(row_norm(m, s.row_eps), active)


def _columns(m: torch.Tensor, s: DirectionSettings, active: torch.Tensor | None) -> torch.Tensor:
    return row_norm(m.mT, s.row_eps).mT


def _polar(m: torch.Tensor, s: DirectionSettings, active: torch.Tensor | None) -> torch.Tensor:
    return polar_of(m, s.polar)


def _hybrid(m: torch.Tensor, s: DirectionSettings, active: torch.Tensor | None) -> torch.Tensor:
    if s.order == "row_then_polar":
        return polar_of(_masked(row_norm(m, s.row_eps), active), s.polar)
    return _masked(row_norm(polar_of(m, s.polar), s.row_eps), active)


def _column_hybrid(m: torch.Tensor, s: DirectionSettings, active: torch.Tensor | None) -> torch.Tensor:
    return _hybrid(m.mT, s, None).mT


def _centered_rows(m: torch.Tensor, s: DirectionSettings, active: torch.Tensor | None) -> torch.Tensor:
    return center(_masked(row_norm(center(m), s.row_eps), active))


def _centered_hybrid(m: torch.Tensor, s: DirectionSettings, active: torch.Tensor | None) -> torch.Tensor:
    return center(polar_of(center(_masked(row_norm(center(m), s.row_eps), active)), s.polar))


def _left(centered: bool) -> Direction:
    def direction(m: torch.Tensor, s: DirectionSettings, active: torch.Tensor | None) -> torch.Tensor:
        return left_spectral(m, s.damping, centered=centered, relative=True)

    return direction


def _right(m: torch.Tensor, s: DirectionSettings, active: torch.Tensor | None) -> torch.Tensor:
    return right_spectral(m, s.damping, relative=True)


_BOTH, _ROWS, _SHIFTED = "O(m) x O(n)", "S_m x O(n)", "(S_m x O(n)) with shifts"

#: All rules by name.
RULES: dict[str, UpdateRule] = {
    rule.name: rule
    for rule in (
        UpdateRule("adamw", "permutations and signs", None),
        UpdateRule("polar", _BOTH, _polar),
        UpdateRule("row", _ROWS, _rows),
        UpdateRule("col", "O(m) x S_n", _columns, by_columns=True),
        UpdateRule("row_hybrid", _ROWS, _hybrid),
        UpdateRule("col_hybrid", "O(m) x S_n", _column_hybrid, by_columns=True),
        UpdateRule("centered_row", _SHIFTED, _centered_rows, centered=True),
        UpdateRule("centered_hybrid", _SHIFTED, _centered_hybrid, centered=True),
        UpdateRule("left_spectral", _BOTH, _left(False)),
        UpdateRule("centered_left_spectral", _SHIFTED, _left(True), centered=True),
        UpdateRule("right_spectral", _BOTH, _right),
    )
}

#: Other words for the same.
_ALIASES = {
    "hybrid": "row_hybrid",
    "row_norm": "row",
    "column_norm": "col",
    "column": "col",
    "column_hybrid": "col_hybrid",
    "muon": "polar",
    "polar_per_head": "polar",
    "AdamW": "adamw",
    "adam": "adamw",
    "centred_row": "centered_row",
    "centred_hybrid": "centered_hybrid",
}


def rule_named(name: str) -> UpdateRule:
    """The rule of this name or of another word for it.

    Raises
    ------
    UnknownNameError
        With the nearest name.

    Examples
    --------
    >>> rule_named("hybrid").group
    'S_m x O(n)'
    """
    if not isinstance(name, str):
        raise InputTypeError(f"a rule is named by a word, not {name!r}")
    key = _ALIASES.get(name, name)
    if key not in RULES:
        raise UnknownNameError(_unknown("rule", name, (*RULES, *_ALIASES)))
    return RULES[key]


def _unknown(what: str, name: object, known: tuple[str, ...]) -> str:
    close = nearest_name(name, known)
    hint = f"; did you mean {close!r}?" if close else ""
    return f"no {what} is called {name!r}; known are {', '.join(known)}{hint}"
