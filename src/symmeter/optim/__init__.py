"""Optimizers whose updates respect the symmetry of every weight block, and the charges that training should conserve.

Names load when they are first used; the first one needs torch, which the extra ``optim`` brings.
"""

from __future__ import annotations

from symmeter.late_names import late_names

#: Where each public name of the wing lives.
_HOMES: dict[str, str] = {
    "Plan": "symmeter.optim.plan",
    "SymmetryStack": "symmeter.optim.stack",
    "audit_optimizer": "symmeter.optim.audit",
    "center": "symmeter.optim.directions",
    "centered_hybrid": "symmeter.optim.directions",
    "centered_row_norm": "symmeter.optim.directions",
    "classify": "symmeter.optim.classification",
    "column_norm": "symmeter.optim.directions",
    "hybrid": "symmeter.optim.directions",
    "left_spectral": "symmeter.optim.directions",
    "polar": "symmeter.optim.directions",
    "right_spectral": "symmeter.optim.directions",
    "row_norm": "symmeter.optim.directions",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = late_names(__name__, _HOMES, needs=("torch", "optim"))
