"""A count of search steps that ends a search before it takes too long; what was found so far is kept."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Budget", "BudgetExceeded"]


class BudgetExceeded(Exception):
    """The search used up its steps; the caller keeps what it has and says that it is incomplete."""


@dataclass
class Budget:
    """Steps that may still be taken.

    Examples
    --------
    >>> budget = Budget(2)
    >>> budget.spend(), budget.left
    (None, 1)
    """

    left: int

    def spend(self, steps: int = 1) -> None:
        """Take some steps.

        Raises
        ------
        BudgetExceeded
            If none are left.
        """
        self.left -= steps
        if self.left < 0:
            raise BudgetExceeded
