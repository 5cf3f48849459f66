"""Optimizers to compare, all with one learning rate and the same root mean square of updates."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch import nn

from symmeter.errors import InputError, UnknownNameError, nearest_name
from symmeter.optim.classification import classify
from symmeter.optim.plan import ROLES
from symmeter.optim.stack import SymmetryStack

__all__ = ["RECIPES", "make_optimizer"]

_HIDDEN = ("attention", "mlp_gate_up", "mlp_down", "hidden")
_TABLES = ("embedding", "lm_head")

#: Rules by role, over those of :data:`symmeter.optim.plan.DEFAULT_RULES`.
RECIPES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "stack": {},
        "row": {"mlp_gate_up": "polar", "mlp_down": "polar", "router": "centered_row"},
        "hybrid": {"embedding": "row_hybrid", "lm_head": "centered_hybrid"},
        "muon": {**dict.fromkeys(_HIDDEN, "polar"), **dict.fromkeys((*_TABLES, "router"), "adamw")},
        "adamw": dict.fromkeys((*_HIDDEN, *_TABLES, "router"), "adamw"),
        "uncentered": {"lm_head": "row", "router": "row"},
    }
)


def make_optimizer(recipe: str, model: nn.Module, lr: float, **settings: Any) -> torch.optim.Optimizer:
    """An optimizer by the name of its recipe.

    Parameters
    ----------
    recipe : str
        A key of :data:`RECIPES`.
    model : torch.nn.Module
    lr : float
    **settings
        Of :class:`symmeter.optim.SymmetryStack`.

    Raises
    ------
    UnknownNameError
    InputError
        When rules or factors are for a role that this model has not.
    """
    if not isinstance(recipe, str) or recipe not in RECIPES:
        close = nearest_name(str(recipe), RECIPES)
        hint = f"; did you mean {close!r}?" if close else ""
        raise UnknownNameError(f"no optimizer is called {recipe!r}; known are {', '.join(RECIPES)}{hint}")
    roles = classify(model).roles
    rules = {role: rule for role, rule in RECIPES[recipe].items() if role in roles}
    own = dict(settings.pop("rules", {}))
    for what, asked in (("rules", own), ("lr_mult", settings.get("lr_mult", {}))):
        for role in asked:
            # Unknown words are the stack's to refuse, with the nearest one.
            if role in ROLES and role not in roles:
                raise InputError(f"{what}: this model has no {role}; its roles are {', '.join(roles)}")
    rules.update(own)
    return SymmetryStack(model, lr=lr, rules=rules, weight_decay=settings.pop("weight_decay", 0.01), **settings)
