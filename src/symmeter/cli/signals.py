"""``symmeter signals``: the gravitational-wave sky; one module for each command."""

from __future__ import annotations

import click

from symmeter.cli.lazy import LazyGroup

__all__ = ["signals"]

_COMMANDS = {
    "echoes": ("symmeter.cli.signals_echoes:echoes", "Echoes after a merger: combs, waveforms, light rings."),
    "pta": ("symmeter.cli.signals_pta:pta", "Pulsar timing arrays: correlations, skies, forecasts."),
}


@click.group(
    cls=LazyGroup, commands_at=_COMMANDS, epilog="A first look:  symmeter signals pta orf --pulsars names.txt --lmax 4"
)
def signals() -> None:
    """Symmetry in gravitational-wave data."""
