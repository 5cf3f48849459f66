"""``symmeter signals echoes``: the group of commands on echoes, and the one on transfer functions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from symmeter.cli.lazy import LazyGroup
from symmeter.cli.output import json_option, print_json, print_table, say

__all__ = ["echoes", "transfer_function"]

_COMMANDS = {
    "search": ("symmeter.cli.signals_echoes_search:search", "Look for an evenly spaced comb of lines in strain."),
    "inject": ("symmeter.cli.signals_echoes_inject:inject", "Write strain with a train of echoes in noise."),
    "calibrate": (
        "symmeter.cli.signals_echoes_calibrate:calibrate",
        "How often noise alone looks like echoes, and whether posteriors are honest.",
    ),
    "transfer-function": (
        "symmeter.cli.signals_echoes:transfer_function",
        "What the light ring of a black hole reflects and lets pass.",
    ),
}


@click.group(
    cls=LazyGroup,
    commands_at=_COMMANDS,
    epilog="A first look:  symmeter signals echoes inject --benchmark constant --out strain.npz",
)
def echoes() -> None:
    """Echoes of black holes without a horizon: combs in the spectrum after a merger."""


@click.command("transfer-function", epilog="Example:  symmeter signals echoes transfer-function --spin 0.69 --mass 68")
@click.option("--spin", type=float, default=0.69, show_default=True, metavar="CHI", help="Spin of the hole, below one.")
@click.option("--mass", type=float, metavar="M", help="Solar masses as we see them: frequencies in hertz as well.")
@click.option("--l", "degree", type=int, default=2, show_default=True, metavar="L", help="Degree.")
@click.option("--m", "order", type=int, default=2, show_default=True, metavar="M", help="Order.")
@click.option("--from", "lowest", type=float, default=0.05, show_default=True, metavar="W", help="Lowest omega M.")
@click.option("--to", "highest", type=float, default=0.8, show_default=True, metavar="W", help="Highest omega M.")
@click.option("--number", type=click.IntRange(2, 200_000), default=16, show_default=True, metavar="N", help="How many.")
@click.option("--out", type=click.Path(path_type=Path), metavar="PATH", help="Save everything as .npz or .csv.")
@json_option
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
def transfer_function(
    spin: float,
    mass: float | None,
    degree: int,
    order: int,
    lowest: float,
    highest: float,
    number: int,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """What the light ring reflects back into the cavity and lets pass, for gravitational waves."""
    import numpy as np

    from symmeter.cli.find import _check_output
    from symmeter.errors import InputError
    from symmeter.signals.echoes.quasinormal_modes import quasinormal_frequency
    from symmeter.signals.echoes.transfer_functions import transfer_function as compute

    if out is not None:
        _check_output("--out", out, (".npz", ".csv"))
    if not lowest < highest:
        raise InputError(f"--from {lowest:g} is not below --to {highest:g}")
    unit = None if mass is None else _hertz(mass)
    found = compute(np.linspace(lowest, highest, number), spin, degree, order)
    mode = quasinormal_frequency(spin, degree, order)
    columns = {
        "omega": found.omega,
        **({} if unit is None else {"hertz": found.omega * unit}),
        "greybody": found.greybody,
        "reflection": np.abs(found.reflection),
        "reflection_phase": np.angle(found.reflection),
        "transmission": np.abs(found.transmission),
        "transmission_phase": np.angle(found.transmission),
    }
    if out is not None:
        _save(out, columns, {"spin": spin, "l": degree, "m": order})
    if as_json:
        print_json({
            "spin": spin, "l": degree, "m": order, "horizon_frequency": order * found.hole.angular_velocity,
            "quasinormal": [mode.real, mode.imag], **{k: v.tolist() for k, v in columns.items()},
        })  # fmt: skip
    elif not quiet:
        _show(columns, found, mode, unit, spin, degree, order)
    if out is not None:
        say(f"saved: {out}", quiet)


def _hertz(mass: float) -> float:
    """Hertz of omega M = 1."""
    import math

    from symmeter.errors import InputError
    from symmeter.signals.echoes.remnant import SOLAR_MASS_SECONDS

    if not (math.isfinite(mass) and mass > 0):
        raise InputError(f"--mass {mass:g} is not positive; give solar masses")
    return 1.0 / (2.0 * math.pi * mass * SOLAR_MASS_SECONDS)


def _show(
    columns: dict[str, Any], found: Any, mode: complex, unit: float | None, spin: float, degree: int, order: int
) -> None:
    import numpy as np

    rows = []
    for j in range(len(found)):
        hertz = () if unit is None else (f"{columns['hertz'][j]:.2f}",)
        passes = f"{found.greybody[j]:+.6g}"
        reflected = f"{columns['reflection'][j]:.6f}"
        rows.append((f"{found.omega[j]:.4f}", *hertz, passes, reflected, f"{columns['reflection_phase'][j]:+.4f}"))
    heads = ("omega M", *(() if unit is None else ("hertz",)), "energy that passes", "|R|", "phase of R")
    print_table(heads, rows, title=f"Light ring of a hole of spin {spin:g}, l = {degree}, m = {order}")
    threshold = order * found.hole.angular_velocity
    ring = f"rings at omega M = {mode.real:.6f} - {-mode.imag:.6f} i"
    print(ring if unit is None else f"{ring} ({mode.real * unit:.2f} Hz)")
    if np.any(found.greybody < 0):
        most = float(-found.greybody.min())
        print(f"below omega M = {threshold:.4f} waves are amplified, by up to {100 * most:.3g} % of their energy")


def _save(path: Path, columns: dict[str, Any], facts: dict[str, Any]) -> None:

    import numpy as np

    from symmeter.files import write_arrays, write_atomic

    if path.suffix.lower() == ".npz":
        write_arrays(path, {**columns, **facts})
        return
    table = np.array(list(columns.values())).T
    lines = [",".join(columns), *(",".join(f"{v:.17g}" for v in row) for row in table)]
    write_atomic(path, "\n".join(lines) + "\n")
