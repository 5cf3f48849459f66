"""``symmeter spacetime gauge``: Noether's second theorem, identities of field equations and charges at the boundary."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from symmeter.cli.output import check_json_path, print_json, print_table, save_json
from symmeter.cli.spacetime import equation_options

__all__ = ["gauge"]


@click.command(
    epilog="""\b
Examples:
  symmeter spacetime gauge "(a_x - b_t)^2/2" --dep "b a" --change "lambda_x; lambda_t"
  symmeter spacetime gauge maxwell.txt      (with lines lagrangian: ... and gauge: lambda_x; lambda_t)
  symmeter spacetime gauge "(x_s^2 - y_s^2)/(2e) - e/2" --indep s --dep "x y e" --change "0; 0; -e f_s" --moved "s: f" """
)
@equation_options
@click.option("--change", default="", metavar="LIST", help="Of each dependent variable, with ; between them.")
@click.option("--gauge", "names", default="", metavar="NAMES", help="Free functions; unknown names when omitted.")
@click.option("--moved", default="", metavar="LIST", help="Independent variables that are moved, as t: lambda; x: mu.")
@click.option("--latex", is_flag=True, help="Print formulas in LaTeX.")
def gauge(
    equations: str,
    indep: str,
    dep: str,
    parameters: str,
    functions: str,
    out: Path | None,
    as_json: bool,
    quiet: bool,
    change: str,
    names: str,
    moved: str,
    latex: bool,
) -> None:
    """Split the current of a gauge symmetry of a Lagrangian: ``J^i = S^i + D_j k^ij``, with S zero on solutions.

    The Lagrangian stands for EQUATIONS; the charge of a gauge symmetry is the surface term k alone.
    """
    from symmeter.errors import InputError
    from symmeter.spacetime import Lagrangian

    check_json_path(out)
    if equations.endswith(".txt"):
        said = _file(equations, indep, dep)
        equations, change = said["lagrangian"], change or said.get("gauge", "")
        indep, dep = said["independent"], said["dependent"]
        parameters, functions = said.get("parameters", parameters), said.get("functions", functions)
    if not change:
        raise InputError("--change is missing; say how each dependent variable changes, such as 'lambda_x; lambda_t'")
    pairs = [part.split(":") for part in moved.split(";") if part.strip()]
    if any(len(pair) != 2 for pair in pairs):
        raise InputError(f"--moved {moved!r}: write what each variable is moved by, such as 't: lambda; x: mu'")
    lagrangian = Lagrangian(equations, indep, dep, parameters=parameters, functions=functions)
    found = lagrangian.gauge_current(
        [c.strip() for c in change.split(";") if c.strip()], names, moved={a.strip(): b for a, b in pairs}
    )
    space = found.space
    value = {
        "lagrangian": equations,
        "gauge": list(found.gauge),
        "identities": [space.text(n) for n in found.identities],
        "current": [space.text(j) for j in found.current],
        "vanishing": [space.text(s) for s in found.vanishing],
        "surface": {found.pair(*ij): space.text(k) for ij, k in found.surface.items()},
        "latex": found.latex(),
        "proved": not any(found.verify()),
    }
    save_json(out, value)
    if as_json:
        print_json(value)
    elif latex and not quiet:
        print(value["latex"])
    elif not quiet:
        for name, text in zip(found.gauge, value["identities"]):
            print(f"for every {name}: {text} = 0, whatever the fields are")
        rows = [(x, *texts) for x, *texts in zip(space.independent, value["current"], value["vanishing"])]
        print_table(("", "current J", "S, zero on solutions"), rows)
        if value["surface"]:
            print_table(("", "surface term k"), list(value["surface"].items()))
        else:
            print("no surface term: the charge is zero on solutions")
        print("J - S - D k was expanded: it is the zero polynomial")


def _file(path: str, indep: str, dep: str) -> Mapping[str, str]:
    """What a file says that has a Lagrangian."""
    from symmeter.errors import InputError, MissingFileError
    from symmeter.subjects.equations import read_equations

    if not Path(path).is_file():
        raise MissingFileError(f"{path} does not exist; give a Lagrangian, or a text file with lagrangian: ...")
    said = read_equations(Path(path), indep, dep).options
    if "lagrangian" not in said:
        raise InputError(f"{path} has equations and no Lagrangian; say lagrangian: ...")
    return said
