"""``symmeter optim``: optimizers that respect symmetry, and the charges of training; one module for each command."""

from __future__ import annotations

import click

from symmeter.cli.lazy import LazyGroup

__all__ = ["optim"]

_COMMANDS = {
    "classify": (
        "symmeter.cli.optim_classify:classify",
        "Tell the role, group and rule of every parameter of a model.",
    ),
    "audit": ("symmeter.cli.optim_audit:audit", "Measure how badly an optimizer breaks the symmetry of each block."),
    "train": ("symmeter.cli.optim_train:train", "Pre-train a small language model with an optimizer."),
    "noether": ("symmeter.cli.optim_noether:noether", "Charges of parameter symmetries: track or predict them."),
}


@click.group(cls=LazyGroup, commands_at=_COMMANDS, epilog="A first look:  symmeter optim train --steps 100")
def optim() -> None:
    """Optimizers that respect symmetry, and the charges that training should conserve."""
