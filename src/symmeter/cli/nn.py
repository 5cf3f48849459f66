"""``symmeter nn``: training and checking layers with symmetry; one module for each command."""

from __future__ import annotations

import click

from symmeter.cli.lazy import LazyGroup

__all__ = ["nn"]

_COMMANDS = {
    "soft": ("symmeter.cli.nn_soft:soft", "Let data choose how exactly a network has each of some symmetries."),
    "flow": ("symmeter.cli.nn_flow:flow", "Flow-equivariant recurrent networks: train, evaluate, check, time."),
    "gaunt": ("symmeter.cli.nn_gaunt:gaunt", "Gaunt tensor products: check the tables and layers."),
}


@click.group(
    cls=LazyGroup, commands_at=_COMMANDS, epilog="A first look:  symmeter nn soft fit data.npz --in 5T0+5T1 --out T2"
)
def nn() -> None:
    """Neural networks with symmetry: train and check them."""
