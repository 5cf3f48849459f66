"""``symmeter spacetime ricci`` and ``killing``: curvature and symmetries of a metric."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from symmeter.cli.output import check_json_path, json_option, print_json, print_table, save_json, say

__all__ = ["killing", "ricci"]


def _metric(text: str, functions: str, parameters: str) -> Any:
    """A metric by name, from a text file, or as a line element."""
    from symmeter.errors import MissingFileError
    from symmeter.spacetime.known_metrics import known_metric
    from symmeter.spacetime.metrics import Metric
    from symmeter.subjects.line_elements import read_metric

    if text.endswith(".txt"):
        if not Path(text).is_file():
            raise MissingFileError(f"{text} does not exist; give a metric's name, a line element, or a file with one")
        read = read_metric(text)
        given = read.options
        return Metric(
            read.text,
            given.get("coordinates", ""),
            functions=functions or given.get("functions", ""),
            parameters=parameters or given.get("parameters", ""),
        )
    named = not any(sign in text for sign in "^+*/(") and " d" not in f" {text}"[1:]
    return known_metric(text) if named else Metric(text, functions=functions, parameters=parameters)


class _TakesLineElements(click.Command):
    """Line elements may begin with a minus, as options do; unlike these they have blanks."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, [f" {a}" if a.startswith("-") and " " in a else a for a in args])


@click.command(
    cls=_TakesLineElements,
    epilog="""\b
Examples:
  symmeter spacetime ricci kerr
  symmeter spacetime ricci "-f dt^2 + dr^2/f + r^2 dphi^2" --functions "f(r)" --einstein "-1/l^2" --parameters l""",
)
@click.argument("metric", metavar="METRIC")
@click.option("--functions", default="", metavar="LIST", help='Free functions with arguments, "f(r) M(u,phi)".')
@click.option("--parameters", default="", metavar="NAMES", help="Constants; found in the text when omitted.")
@click.option("--einstein", "constant", metavar="LAMBDA", help="Show G + LAMBDA g instead of the Ricci tensor.")
@click.option("--out", type=click.Path(path_type=Path), metavar="PATH", help="Save the components as .json.")
@json_option
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
def ricci(
    metric: str, functions: str, parameters: str, constant: str | None, out: Path | None, as_json: bool, quiet: bool
) -> None:
    """Compute the Ricci tensor of METRIC: a name, or a line element such as "-x^2 dt^2 + dx^2"."""
    check_json_path(out)
    g = _metric(metric, functions, parameters)
    found = g.ricci() if constant is None else g.einstein(constant)
    x = g.space.independent
    components = {f"{x[i]},{x[j]}": g.space.text(p) for (i, j), p in sorted(found) if i <= j}
    value = {
        "coordinates": list(x),
        "zero": found.is_zero(),
        "components": components,
        "scalar": g.space.text(g.scalar()),
    }
    save_json(out, value)
    if as_json:
        print_json(value)
    elif not quiet:
        what = "Ricci tensor" if constant is None else "Einstein tensor with this constant"
        if found.is_zero():
            print(f"the {what} is exactly zero")
        else:
            print_table(("component", what), list(components.items()))
            print(f"scalar curvature: {value['scalar']}")


@click.command(
    cls=_TakesLineElements,
    epilog="""\b
Examples:
  symmeter spacetime killing schwarzschild
  symmeter spacetime killing "-dt^2 + dx^2 + dy^2" --conformal
  symmeter spacetime killing "(dx^2 + dy^2)/y^2" --json""",
)
@click.argument("metric", metavar="METRIC")
@click.option("--functions", default="", metavar="LIST", help='Free functions with arguments, "f(r) M(u,phi)".')
@click.option("--parameters", default="", metavar="NAMES", help="Constants; found in the text when omitted.")
@click.option("--conformal", is_flag=True, help="Fields that stretch the metric as well.")
@click.option("--degree", type=click.IntRange(0, 8), metavar="N", help="Of polynomials; raised until all are found.")
@click.option("--factors", metavar="LIST", help="Functions that polynomials may be multiplied by.")
@click.option("--seed", type=click.IntRange(min=0), default=0, metavar="N", help="Of the points for counting. [0]")
@click.option("--out", type=click.Path(path_type=Path), metavar="PATH", help="Save what is found as .json.")
@json_option
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
def killing(
    metric: str,
    functions: str,
    parameters: str,
    conformal: bool,
    degree: int | None,
    factors: str | None,
    seed: int,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Find the Killing vectors of METRIC: a name, a line element, or a .txt file."""
    check_json_path(out)
    g = _metric(metric, functions, parameters)
    chosen = None if factors is None else [f for f in factors.split(",") if f.strip()]
    find = g.conformal_killing_vectors if conformal else g.killing_vectors
    found = find(degree, factors=chosen, seed=seed)
    algebra = found.algebra_name if found.dim <= 30 else None
    value = {
        "coordinates": list(g.space.independent),
        "generators": [str(f) for f in found],
        "latex": [f.latex() for f in found],
        "dimension": None if found.size is None else found.size.dimension,
        "complete": found.complete,
        "algebra": algebra,
        "statement": found.statement,
    }
    save_json(out, value)
    if as_json:
        print_json(value)
    elif not quiet:
        print(found.statement)
        if found.dim:
            print_table(("", "generator"), [(str(k), str(f)) for k, f in enumerate(found)])
            print(f"algebra: {algebra}" if algebra else "algebra: brackets lead beyond what was found")
        if not found.complete and found.size is not None and found.size.dimension is not None:
            say("the others are no polynomials: try --factors, such as 'sin(phi),cos(phi)' or 'exp(t)'", quiet)
