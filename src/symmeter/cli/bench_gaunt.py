"""``symmeter bench gaunt``: Gaunt products beside e3nn's, or beside our own Clebsch-Gordan route."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from symmeter.cli.nn_gaunt import need_torch, parse_degrees
from symmeter.cli.output import check_json_path, json_option, print_json, print_table, save_json, say

if TYPE_CHECKING:
    from symmeter.nn.gaunt.timing import SpeedRow

__all__ = ["gaunt"]


@click.command(
    epilog="""\b
Examples:
  symmeter bench gaunt --lmax 1-8 --against e3nn
  symmeter bench gaunt --lmax 3,6 --rows 256 --json

One thread; both sides run turn by turn, and the smallest processor time of each counts."""
)
@click.option("--lmax", default="1-8", show_default=True, metavar="LIST", help="Degrees, such as 4, 1-8 or 2,6,12.")
@click.option(
    "--against", default="e3nn", show_default=True, metavar="PEER", help="e3nn, or cg: our Clebsch-Gordan route."
)
@click.option("--rows", type=click.IntRange(8), default=1024, show_default=True, metavar="N", help="Batch x channels.")
@click.option("--seconds", type=float, default=6.0, show_default=True, metavar="S", help="Time spent on each degree.")
@click.option("--out", type=click.Path(path_type=Path), metavar="PATH", help="Save the numbers as .json.")
@json_option
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
def gaunt(lmax: str, against: str, rows: int, seconds: float, out: Path | None, as_json: bool, quiet: bool) -> None:
    """Time products of degrees 0..L with themselves, kept up to L, in float32.

    The peer computes more: it has the odd paths l1+l2+l3, and one weight per path and channel; so the numbers of paths
    and weights of both stand beside every ratio, and a second ratio is for the paths that both have.
    """
    from symmeter.errors import InputError
    from symmeter.progress import progress_bar

    degrees = parse_degrees(lmax, largest=16)
    if min(degrees) < 1:
        raise InputError(f"--lmax is {lmax!r}; degree 0 is a product of numbers, start at 1")
    check_json_path(out)
    if not 0 < seconds < float("inf"):
        raise InputError(f"--seconds is {seconds}; it must be a number above 0, such as 6")
    if rows % 8:
        raise InputError(f"--rows is {rows}; it must be a multiple of 8, the batch that channels are stacked in")
    need_torch("symmeter bench gaunt")
    from symmeter.nn.gaunt.timing import peer_name, speed_row

    name = peer_name(against)
    if name != against:
        say("e3nn is not installed; the peer is our own Clebsch-Gordan route", quiet)
    found = []
    with progress_bar(quiet=quiet) as progress:
        for n, degree in enumerate(degrees):
            progress(n / len(degrees), f"degree {degree}")
            found.append(speed_row(degree, channels=rows // 8, against=name, budget=seconds))
    save_json(out, [r.to_json() for r in found])
    if as_json:
        print_json([r.to_json() for r in found])
    elif not quiet:
        title = f"Gaunt products beside {name}, {rows} rows, float32, one thread; milliseconds"
        columns = ("L", "forward", name, "ratio", "same", "backward", f"{name} ", "ratio ", "same ")
        print_table(columns, [_times(r) for r in found], title=title)
        print_table(("L", "memory", "paths", f"of {name}", "weights", f"of {name} "), [_size(r) for r in found])
        say(
            f"backward: forward and backward; ratio: {name} with all its paths, odd ones too; same: only the paths "
            f"that both have; memory: peak, of {name}'s",
            quiet,
        )


def _times(r: SpeedRow) -> tuple[str, ...]:
    q = r.ratios
    return (
        str(r.lmax),
        f"{r.forward:.3f}",
        f"{r.peer_forward:.2f}",
        f"{q['forward']:.1f}x",
        f"{q['same_forward']:.1f}x",
        f"{r.backward:.3f}",
        f"{r.peer_backward:.2f}",
        f"{q['backward']:.1f}x",
        f"{q['same_backward']:.1f}x",
    )


def _size(r: SpeedRow) -> tuple[str, ...]:
    memory = f"{100 * r.ratios['memory']:.1f} %"
    return str(r.lmax), memory, str(r.paths), str(r.peer_paths), str(r.weights), str(r.peer_weights)
