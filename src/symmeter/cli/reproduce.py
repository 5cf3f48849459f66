"""``symmeter reproduce``: run a paper's experiment, check its claims, keep what was measured."""

from __future__ import annotations

from pathlib import Path

import click

from symmeter.cli.output import json_option, print_json, print_table, say

__all__ = ["reproduce"]

_EPILOG = """\b
Examples:
  symmeter reproduce group-selection --scale smoke
  symmeter reproduce group-selection --scale laptop --out results/group-selection
  symmeter reproduce group-selection --scale laptop --seed 3 --json
  symmeter reproduce polyhedra-benchmark --part shapes

Ctrl-C keeps the finished parts; the same command resumes.
Exit status: 0 every claim passed, 1 a claim fell short, 2 bad input."""


@click.command(epilog=_EPILOG)
@click.argument("slug")
@click.option(
    "--scale",
    type=click.Choice(["smoke", "laptop", "full"]),
    default="smoke",
    show_default=True,
    help="Seconds; minutes on two cores; the paper's own size.",
)
@click.option("--part", metavar="NAME", help="Only this part of the paper's claims.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder for results.json and the figure.  [default: reproductions/SLUG-[PART-]SCALE]",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default="0", metavar="N", help="Seed of all randomness."
)
@json_option
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
def reproduce(slug: str, scale: str, part: str | None, out: Path | None, seed: int, as_json: bool, quiet: bool) -> None:
    """Run the experiment of the paper SLUG, compare its claims with what is measured, and draw its figure."""
    from symmeter.papers import load_paper
    from symmeter.papers.run import run_paper
    from symmeter.progress import progress_bar

    paper = load_paper(slug)
    if part is not None:
        paper = paper.only(part)
    words = f"{slug}-{part}" if part else slug
    folder = Path("reproductions") / f"{words}-{scale}" if out is None else out
    with progress_bar(quiet=quiet) as progress:
        record = run_paper(paper, scale, folder, seed=seed, progress=progress, note=lambda text: say(text, quiet))
    if as_json:
        print_json(record.to_json())
    elif not quiet:
        rows = [(m.claim.statement, m.claim.expected, m.shown, m.outcome, m.claim.kind) for m in record.measured]
        print_table(
            ("claim", "expected", "measured", "outcome", "from"),
            rows,
            title=f"{slug}{', part ' + part if part else ''}, scale {scale}",
        )
    say(f"results: {record.results_path}", quiet)
    if record.figure_path is not None:
        say(f"figure:  {record.figure_path}", quiet)
    say(record.sentence, quiet)
    click.get_current_context().exit(0 if record.passed else 1)
