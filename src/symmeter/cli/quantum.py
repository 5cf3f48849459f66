"""``symmeter quantum``: operator algebra, spectra and what they reveal; one module for each command."""

from __future__ import annotations

import click

from symmeter.cli.lazy import LazyGroup

__all__ = ["quantum"]

_COMMANDS = {
    "bootstrap": (
        "symmeter.cli.quantum_bootstrap:bootstrap",
        "Find the hidden group behind the spectra in the sectors of a known subgroup.",
    ),
    "normal-order": (
        "symmeter.cli.quantum_normal_order:normal_order",
        "Bring an operator expression in LaTeX to normal order, or check an identity.",
    ),
}


@click.group(
    cls=LazyGroup,
    commands_at=_COMMANDS,
    epilog=r"A first look:  symmeter quantum normal-order 'c_1 c_2^\dagger c_2 c_1^\dagger'",
)
def quantum() -> None:
    """Quantum many-body physics: operators, spectra, hidden groups."""
