"""``symmeter spacetime bms3``: orbits of solutions of flat gravity in three dimensions, and the algebra of charges."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from symmeter.cli.lazy import LazyGroup
from symmeter.cli.output import check_json_path, json_option, print_json, print_table, save_json

__all__ = ["algebra", "bms3", "orbit"]

_COMMANDS = {
    "orbit": ("symmeter.cli.spacetime_bms3:orbit", "The class of a solution, its invariants and charges."),
    "algebra": ("symmeter.cli.spacetime_bms3:algebra", "Brackets of the charges, and the central ones."),
}


@click.group(cls=LazyGroup, commands_at=_COMMANDS, epilog="A first look:  symmeter spacetime bms3 algebra --modes 8")
def bms3() -> None:
    """Flat space in three dimensions at null infinity."""


@click.command(
    epilog="""\b
Example:
  symmeter spacetime bms3 orbit data.npz
where data.npz has arrays Theta and Xi of the same length: values at angles 2 pi k / n."""
)
@click.argument("data", metavar="DATA.npz", type=click.Path(path_type=Path))
@click.option("-G", "newton", type=float, default=1.0, show_default=True, metavar="X", help="Newton's constant.")
@click.option("--modes", type=click.IntRange(1, 64), default=3, show_default=True, metavar="N", help="Charges up to n.")
@click.option("--out", type=click.Path(path_type=Path), metavar="PATH", help="Save what is found as .json.")
@json_option
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
def orbit(data: Path, newton: float, modes: int, out: Path | None, as_json: bool, quiet: bool) -> None:
    """Tell which orbit the solution in DATA.npz lies on, and what its charges are."""
    check_json_path(out)
    from symmeter.spacetime.bms3_state import BMS3State

    state = BMS3State(*_arrays(data), G=newton)
    found = state.orbit()
    past = state.to_past()
    value = {
        "points": len(state),
        "orbit": found.kind,
        "trace": found.trace,
        "slope": found.slope,
        "winding": found.winding,
        "representative": found.representative,
        "energy": state.energy,
        "P": {str(n): [z.real, z.imag] for n in range(modes + 1) for z in [state.supermomentum(n)]},
        "J": {str(n): [z.real, z.imag] for n in range(modes + 1) for z in [state.superrotation(n)]},
        "energy_at_past_infinity": past.energy,
    }
    save_json(out, value)
    if as_json:
        print_json(value)
    elif not quiet:
        constant = "" if found.representative is None else f", with constant Theta = {found.representative:.6g}"
        print(f"{found.kind}{constant}")
        print(
            f"trace of the monodromy {found.trace:.9g}, its slope along Xi {found.slope:.9g}, winding {found.winding}"
        )
        print(f"energy {state.energy:.9g}, the same at past infinity: {past.energy:.9g}")
        rows = [(str(n), _complex(state.supermomentum(n)), _complex(state.superrotation(n))) for n in range(modes + 1)]
        print_table(("n", "P_n", "J_n"), rows)


def _complex(z: complex) -> str:
    # Sums over the circle leave rounding errors, which say nothing.
    z = complex(round(z.real, 12) + 0.0, round(z.imag, 12) + 0.0)
    return f"{z.real:.6g} {'-' if z.imag < 0 else '+'} {abs(z.imag):.6g}i"


def _arrays(path: Path) -> tuple[Any, Any]:
    """Theta and Xi; nothing in the file can run code."""
    import zipfile

    import numpy as np

    from symmeter.errors import FileFormatError, MissingFileError, UnknownNameError

    if not path.is_file():
        raise MissingFileError(f"{path} does not exist; give a .npz file with arrays Theta and Xi")
    found: dict[str, Any] = {}
    names: list[str] = []
    try:
        with np.load(path, allow_pickle=False) as held:
            names = list(held.files)
            found = {name: held[name] for name in ("Theta", "Xi") if name in names}
    except (ValueError, OSError, zipfile.BadZipFile, AttributeError):
        raise FileFormatError(f"{path} is no .npz file with arrays of numbers; save one with numpy.savez") from None
    for name in ("Theta", "Xi"):
        if name not in found:
            raise UnknownNameError(f"{path} has no array {name!r} (it has {', '.join(names) or 'none'})")
    return found["Theta"], found["Xi"]


@click.command(epilog="Example:  symmeter spacetime bms3 algebra --modes 8")
@click.option("--modes", type=click.IntRange(1, 64), default=8, show_default=True, metavar="N", help="Modes up to n.")
@click.option("--out", type=click.Path(path_type=Path), metavar="PATH", help="Save what is found as .json.")
@json_option
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
def algebra(modes: int, out: Path | None, as_json: bool, quiet: bool) -> None:
    """Compute the brackets of the charges from the variations of the data, and read off the central charges."""
    check_json_path(out)
    from symmeter.spacetime import bms3 as room

    found = room.algebra(nmax=modes)
    central = found.central_charges()
    jacobi = room.algebra(nmax=min(modes, 6)).jacobi_holds()
    value = {"modes": modes, "c_L": str(central.c_L), "c_M": str(central.c_M), "jacobi": jacobi}
    save_json(out, value)
    if as_json:
        print_json(value)
    elif not quiet:
        print("i {J_m, J_n} = (m - n) J_(m+n),  i {J_m, P_n} = (m - n) P_(m+n) + c_M/12 m^3 delta,  {P_m, P_n} = 0")
        print(f"c_L = {central.c_L}, c_M = {central.c_M}/G, read off all modes up to {modes}")
        print("the Jacobi identity holds with them" if jacobi else "the Jacobi identity fails")
