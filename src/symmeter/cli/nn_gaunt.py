"""``symmeter nn gaunt``: Gaunt tensor products, checked on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from symmeter.cli.lazy import LazyGroup
from symmeter.cli.output import check_json_path, json_option, print_json, print_table, save_json, say

__all__ = ["check", "gaunt"]

_COMMANDS = {
    "check": ("symmeter.cli.nn_gaunt:check", "Check routes, equivariance and derivatives on this machine."),
}


@click.group(cls=LazyGroup, commands_at=_COMMANDS, epilog="A first look:  symmeter nn gaunt check --lmax 1-8")
def gaunt() -> None:
    """Gaunt tensor products: fast exact products of functions on the sphere."""


@click.command(
    epilog="""\b
Examples:
  symmeter nn gaunt check
  symmeter nn gaunt check --lmax 2,6,12 --json

Exit status: 0 all checks passed, 1 one failed, 2 bad input."""
)
@click.option("--lmax", default="1-8", show_default=True, metavar="LIST", help="Degrees, such as 4, 1-8 or 2,6,12.")
@click.option("--samples", type=click.IntRange(1), default=8, show_default=True, metavar="N", help="Rotations.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default="0", metavar="N", help="Seed of all randomness."
)
@click.option("--out", type=click.Path(path_type=Path), metavar="PATH", help="Save the checks as .json.")
@json_option
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
def check(lmax: str, samples: int, seed: int, out: Path | None, as_json: bool, quiet: bool) -> None:
    """Check that all routes to a product agree, that rotations commute with it, and that derivatives fit.

    The last check of each degree must fail: a grid with one latitude too few is not exact.
    """
    from symmeter.progress import progress_bar

    degrees = parse_degrees(lmax, largest=24)
    need_torch("symmeter nn gaunt")
    check_json_path(out)
    from symmeter.nn.gaunt.self_check import check_degree

    found = []
    with progress_bar(quiet=quiet) as progress:
        for n, degree in enumerate(degrees):
            progress(n / len(degrees), f"degree {degree}")
            found += check_degree(degree, samples, seed)
    save_json(out, [c.to_json() for c in found])
    if as_json:
        print_json([c.to_json() for c in found])
    elif not quiet:
        rows = [
            (
                str(c.lmax),
                c.name,
                f"{c.value:.1e}",
                f"{'<' if c.below else '>'} {c.limit:.0e}",
                "yes" if c.passed else "NO",
            )
            for c in found
        ]
        print_table(("lmax", "check", "measured", "asked", "holds"), rows, title="Gaunt tensor products")
    failed = sum(not c.passed for c in found)
    say(f"{len(found) - failed} of {len(found)} checks hold", quiet)
    click.get_current_context().exit(1 if failed else 0)


def parse_degrees(text: str, largest: int) -> list[int]:
    """``"1-8"``, ``"4"`` or ``"2,6,12"`` as a list of degrees.

    Raises
    ------
    InputError
    """
    import re

    from symmeter.errors import InputError

    out: list[int] = []
    for part in text.split(","):
        found = re.fullmatch(r"\s*(\d{1,4})(?:\s*-\s*(\d{1,4}))?\s*", part)
        if found is None:
            raise InputError(f"--lmax {text!r} cannot be read at {part.strip()!r}; write degrees as 4, 1-8 or 2,6,12")
        first = int(found[1])
        last = int(found[2]) if found[2] else first
        if last < first:
            raise InputError(f"--lmax {part.strip()!r} runs backwards; write {last}-{first}")
        if last > largest:
            raise InputError(f"--lmax goes to {largest} here; {part.strip()!r} is larger")
        out += range(first, last + 1)
    return sorted(set(out))


def need_torch(why: str) -> None:
    """Say how to install torch where it is missing.

    Raises
    ------
    MissingDependencyError
    """
    from importlib.util import find_spec

    from symmeter.errors import MissingDependencyError

    if find_spec("torch") is None:
        raise MissingDependencyError("torch", "nn", why)
