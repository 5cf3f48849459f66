"""``symmeter quantum bootstrap``: from levels by sector to the hidden group."""

from __future__ import annotations

from pathlib import Path

import click

from symmeter.cli.output import json_option, print_json, say, width_of_output

__all__ = ["bootstrap"]


@click.command(
    epilog="LEVELS is an .npz file with one array a sector, named by its irrep: 0, 1, 2 for Z3; '0,1' for Z3xZ3; X1 "
    "for S3. An array holds D levels, or realisations x D. With --subgroup U(1)xU(1) the names are charges: '1/2,0'."
)
@click.argument("levels", type=click.Path(path_type=Path))
@click.option("--subgroup", required=True, metavar="GROUP", help="The known subgroup: Z3, Z3xZ3, S3, U(1)xU(1).")
@click.option(
    "--route", type=click.Choice(["auto", "levels", "ramp"]), default="auto", show_default=True,
    help="What the numbers of irreps rest on: the ramp where it is safe, coinciding levels, or the ramp alone.",
)  # fmt: skip
@click.option(
    "--antiunitary", type=click.Choice(["auto", "yes", "no"]), default="auto", show_default=True,
    help="Whether there is an anti-unitary symmetry (time reversal).",
)  # fmt: skip
@click.option("--tolerance", type=float, metavar="T", help="How far coinciding levels may lie apart.")
@click.option("--max-order", type=click.IntRange(1), default=120, show_default=True, metavar="N", help="Largest |G|.")
@click.option("--out", type=click.Path(path_type=Path), metavar="PATH", help="Save the report as .json or .html.")
@json_option
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default="0", metavar="N", help="Seed.")
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
def bootstrap(
    levels: Path,
    subgroup: str,
    route: str,
    antiunitary: str,
    tolerance: float | None,
    max_order: int,
    out: Path | None,
    as_json: bool,
    seed: int,
    quiet: bool,
) -> None:
    """Find the hidden group behind the spectra in the sectors of a known subgroup.

    Prints the groups that fit, all of them, with character tables, branching and fusion rules and level statistics.
    """
    from symmeter.cli.find import _check_output
    from symmeter.quantum.symmetry_bootstrap import ChargeSpectra, SectorSpectra, bootstrap_report, xsff
    from symmeter.quantum.symmetry_bootstrap import bootstrap as search
    from symmeter.quantum.symmetry_bootstrap.level_files import read_levels

    if out is not None:
        _check_output("--out", out, (".json", ".html", ".htm"))
    present = {"auto": None, "yes": True, "no": False}[antiunitary]
    if "U(1)" in subgroup.upper():
        spectra = ChargeSpectra.from_levels(read_levels(levels))
        result = search(spectra)
    else:
        spectra = SectorSpectra.from_npz(levels, subgroup)
        start = xsff.seed(spectra, route, tolerance, present, rng=seed)  # type: ignore[arg-type]
        result = search(start, max_order)
    report = bootstrap_report(spectra, result)
    saved = None if out is None else report.save(out)
    if as_json:
        print_json(report.to_json())
        say(report.summary, quiet)
    elif not quiet:
        import sys

        from rich.console import Console

        Console(file=sys.stdout, highlight=False, width=width_of_output(110)).print(report)
    if saved is not None:
        say(f"report: {saved}", quiet)
