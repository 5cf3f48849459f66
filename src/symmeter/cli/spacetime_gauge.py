"""``symmeter spacetime gauge``: Noether's second theorem, identities of field equations and charges at the boundary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from symmeter.cli.output import print_table
from symmeter.cli.spacetime_equations import EquationInput, equation_options

__all__ = ["gauge"]


@click.command(
    epilog="""\b
Examples:
  symmeter spacetime gauge "(x_s^2 - y_s^2)/(2e) - e/2" --indep s --dep "x y e"
  symmeter spacetime gauge "(a_x - b_t)^2/2" --dep "b a" --change "lambda_x; lambda_t"
  symmeter spacetime gauge maxwell.txt      (with lines lagrangian: ... and gauge: lambda_x; lambda_t)"""
)
@equation_options
@click.option("--change", default="", metavar="LIST", help="Of each dependent variable; all are sought without.")
@click.option("--order", type=click.IntRange(0), default=1, show_default=True, metavar="N", help="Of what is sought.")
@click.option("--degree", type=click.IntRange(0), default=1, show_default=True, metavar="N", help="Of what is sought.")
@click.option("--gauge", "names", default="", metavar="NAMES", help="Free functions; unknown names when omitted.")
@click.option("--moved", default="", metavar="LIST", help="Independent variables that are moved, as t: lambda; x: mu.")
@click.option("--latex", is_flag=True, help="Print formulas in LaTeX.")
def gauge(asked: EquationInput, change: str, order: int, degree: int, names: str, moved: str, latex: bool) -> None:
    """Find gauge symmetries of a Lagrangian, given for EQUATIONS, and split their currents: ``J^i = S^i + D_j k^ij``.

    S is zero on solutions, so that the charge of a gauge symmetry is the surface term k alone.
    """
    from symmeter.errors import InputError

    lagrangian, said = asked.lagrangian()
    change = change or said.get("gauge", "")
    pairs = [part.split(":") for part in moved.split(";") if part.strip()]
    if any(len(pair) != 2 for pair in pairs):
        raise InputError(f"--moved {moved!r}: write what each variable is moved by, such as 't: lambda; x: mu'")
    if pairs and not change:
        raise InputError("--moved needs --change; say how each dependent variable changes, such as '0; 0; -e f_s'")
    if change:
        changes = [c.strip() for c in change.split(";") if c.strip()]
        currents = [lagrangian.gauge_current(changes, names, moved={a.strip(): b for a, b in pairs})]
    else:
        currents = list(lagrangian.gauge_symmetries(order, degree))
    value = [_found(c) for c in currents]
    if not asked.deliver(value):
        return
    if latex:
        print("\n\n".join(v["latex"] for v in value))
    else:
        if not change:
            number = f"{len(value)} gauge symmetr{'y' if len(value) == 1 else 'ies'}"
            print(f"{number} with identities of order {order}, degree {degree}")
        for v in value:
            _print(lagrangian.space.dependent, lagrangian.space.independent, v)


def _found(current: Any) -> dict[str, Any]:
    space = current.space
    return {
        "gauge": list(current.gauge),
        "changes": [space.text(q) for q in current.characteristics],
        "identities": [space.text(n) for n in current.identities],
        "current": [space.text(j) for j in current.current],
        "vanishing": [space.text(s) for s in current.vanishing],
        "surface": {current.pair(*ij): space.text(k) for ij, k in current.surface.items()},
        "latex": current.latex(),
        "proved": not any(current.verify()),
    }


def _print(dependent: Sequence[str], independent: Sequence[str], value: Mapping[str, Any]) -> None:
    print_table(("", "changes by"), list(zip(dependent, value["changes"])))
    for name, text in zip(value["gauge"], value["identities"]):
        print(f"for every {name}: {text} = 0, whatever the fields are")
    print_table(("", "current J", "S, zero on solutions"), list(zip(independent, value["current"], value["vanishing"])))
    if value["surface"]:
        print_table(("", "surface term k"), list(value["surface"].items()))
    else:
        print("no surface term: the charge is zero on solutions")
    print("J - S - D k was expanded: it is the zero polynomial")
