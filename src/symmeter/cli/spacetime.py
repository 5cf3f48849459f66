"""``symmeter spacetime``: symmetries and conservation laws of differential equations, exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from symmeter.cli.lazy import LazyGroup
from symmeter.cli.output import check_json_path, json_option, print_json, print_table, save_json, say

__all__ = ["conserve", "equation_options", "spacetime", "symmetries", "system_of"]

_COMMANDS = {
    "symmetries": ("symmeter.cli.spacetime:symmetries", "Point symmetries of equations, and how many there are."),
    "reduce": ("symmeter.cli.spacetime_reduce:reduce", "Equations for the solutions that a symmetry keeps."),
    "flows": ("symmeter.cli.spacetime_reduce:flows", "Generalised symmetries, with derivatives in them."),
    "gauge": ("symmeter.cli.spacetime_gauge:gauge", "Noether's second theorem: identities and surface terms."),
    "ricci": ("symmeter.cli.spacetime_metrics:ricci", "Curvature of a metric, exactly."),
    "killing": ("symmeter.cli.spacetime_metrics:killing", "Killing vectors of a metric, and how many there are."),
    "bms3": ("symmeter.cli.spacetime_bms3:bms3", "Flat space in three dimensions: orbits and the algebra."),
    "defects": ("symmeter.cli.spacetime_defects:defects", "Crystals: dislocations, disclinations, stress."),
    "conserve": ("symmeter.cli.spacetime:conserve", "Conservation laws of equations, with their currents."),
}


@click.group(cls=LazyGroup, commands_at=_COMMANDS, epilog='A first look:  symmeter spacetime symmetries "u_t = u_xx"')
def spacetime() -> None:
    """Equations and metrics of physics: their symmetries and conservation laws, exactly."""


def equation_options(call: Any) -> Any:
    """The options that describe a system of equations."""
    options = [
        click.argument("equations", metavar="EQUATIONS"),
        click.option("--indep", default="t x", show_default=True, metavar="NAMES", help="Independent variables."),
        click.option("--dep", default="u", show_default=True, metavar="NAMES", help="Dependent variables."),
        click.option("--parameters", default="", metavar="NAMES", help="Constants."),
        click.option("--functions", default="", metavar="NAMES", help="Arbitrary functions, f in f(u)."),
        click.option("--out", type=click.Path(path_type=Path), metavar="PATH", help="Save what is found as .json."),
        json_option,
        click.option("--quiet", is_flag=True, help="Print nothing for people."),
    ]
    for option in reversed(options):
        call = option(call)
    return call


def system_of(equations: str, indep: str, dep: str, parameters: str, functions: str) -> Any:
    """The system that a command was given, as text or in a file."""
    from symmeter.errors import MissingFileError
    from symmeter.spacetime import Lagrangian, PDESystem
    from symmeter.subjects.equations import read_equations

    if equations.endswith(".txt"):
        path = Path(equations)
        if not path.is_file():
            raise MissingFileError(f"{path} does not exist; give equations, or a text file with one on each line")
        read = read_equations(path, indep, dep)
        said = read.options
        indep, dep = said["independent"], said["dependent"]
        names = {"parameters": said.get("parameters", parameters), "functions": said.get("functions", functions)}
        if "lagrangian" in said:
            return Lagrangian(said["lagrangian"], indep, dep, **names).field_equations
        return PDESystem(read.texts, indep, dep, **names)
    return PDESystem(equations, indep, dep, parameters=parameters, functions=functions)


@click.command(
    epilog="""\b
Examples:
  symmeter spacetime symmetries "u_t + 6 u u_x + u_xxx"
  symmeter spacetime symmetries "u_tt = u_xx + f(u)" --functions f
  symmeter spacetime symmetries "y'' + y" --indep x --dep y --factors "sin(x),cos(x)" """
)
@equation_options
@click.option("--degree", type=click.IntRange(0), metavar="N", help="Of polynomials; raised until all are found.")
@click.option("--factors", default="", metavar="LIST", help="Functions that polynomials may be multiplied by.")
@click.option("--no-size", is_flag=True, help="Do not count symmetries by Taylor series.")
@click.option("--seed", type=click.IntRange(min=0), default=0, metavar="N", help="Of the points for counting. [0]")
def symmetries(
    equations: str,
    indep: str,
    dep: str,
    parameters: str,
    functions: str,
    out: Path | None,
    as_json: bool,
    quiet: bool,
    degree: int | None,
    factors: str,
    no_size: bool,
    seed: int,
) -> None:
    """Find the point symmetries of EQUATIONS (text, several with ``;``, or a .txt file)."""
    check_json_path(out)
    system = system_of(equations, indep, dep, parameters, functions)
    chosen = [f for f in factors.split(",") if f.strip()]
    found = system.point_symmetries(degree, factors=chosen, size=not no_size, seed=seed)
    algebra = found.algebra if found.dim <= 30 else None
    value = {
        "equations": list(system.texts),
        "leading": system.orthonomic.leading(),
        "added": [system.space.text(p) for p in system.orthonomic.added],
        "nonzero": [system.space.text(p) for p in system.orthonomic.divisors],
        "special": {k: v.statement for k, v in system.special_cases(degree, size=not no_size).items()},
        "determining_equations": len(system.determining),
        "generators": [str(g) for g in found],
        "dimension": None if found.size is None else found.size.dimension,
        "functions_of": None if found.size is None else found.size.functions_of,
        "complete": found.complete,
        "algebra": None if algebra is None else algebra.name,
        "statement": found.statement,
    }
    save_json(out, value)
    if as_json:
        print_json(value)
        return
    if quiet:
        return
    print(found.statement)
    print_table(("", "generator"), [(str(k), str(g)) for k, g in enumerate(found)])
    print(f"solved for {', '.join(value['leading'])}; {value['determining_equations']} determining equations")
    for text in value["added"]:
        print(f"follows by cross-derivatives: {text} = 0")
    for text in value["nonzero"]:
        print(f"assumed: {text} is not 0")
    for case, text in value["special"].items():
        print(f"where {case}: {text}")
    print(f"algebra: {algebra.name}" if algebra else "algebra: brackets lead beyond what was found")
    if found.complete is False and found.size is not None and found.size.dimension is not None:
        say("the others are no polynomials: try --factors, such as 'sin(x),cos(x)' or 'exp(t)'", quiet)


@click.command(epilog='Example:  symmeter spacetime conserve "u_t + 6 u u_x + u_xxx" --order 2')
@equation_options
@click.option("--order", type=click.IntRange(0), default=1, show_default=True, metavar="N", help="Of multipliers.")
@click.option("--degree", type=click.IntRange(0), default=2, show_default=True, metavar="N", help="Of multipliers.")
def conserve(
    equations: str,
    indep: str,
    dep: str,
    parameters: str,
    functions: str,
    out: Path | None,
    as_json: bool,
    quiet: bool,
    order: int,
    degree: int,
) -> None:
    """Find conservation laws of EQUATIONS whose multipliers are polynomials, and prove each one."""
    check_json_path(out)
    system = system_of(equations, indep, dep, parameters, functions)
    space = system.space
    value = [
        {
            "multipliers": [space.text(m) for m in law.multipliers],
            "current": [space.text(j) for j in law.current],
            "proved": law.verify() == {},
        }
        for law in system.conservation_laws(order=order, degree=degree)
    ]
    save_json(out, value)
    if as_json:
        print_json(value)
    elif not quiet:
        columns = ("multiplier", *(f"J^{x}" for x in space.independent))
        rows = [(", ".join(v["multipliers"]), *v["current"]) for v in value]
        print(f"{len(value)} conservation laws with multipliers of order {order}, degree {degree}")
        print_table(columns, rows)
        print("each divergence was compared with multiplier times equation: the difference is the zero polynomial")
