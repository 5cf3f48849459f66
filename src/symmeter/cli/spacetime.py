"""``symmeter spacetime``: symmetries and conservation laws of differential equations, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from symmeter.cli.lazy import LazyGroup
from symmeter.cli.output import print_table, say
from symmeter.cli.spacetime_equations import EquationInput, equation_options

if TYPE_CHECKING:
    from symmeter.spacetime.conservation import ConservationLaw

__all__ = ["conserve", "spacetime", "symmetries"]

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
def symmetries(asked: EquationInput, degree: int | None, factors: str, no_size: bool, seed: int) -> None:
    """Find the point symmetries of EQUATIONS (text, several with ``;``, or a .txt file)."""
    system = asked.system()
    chosen = [f for f in factors.split(",") if f.strip()]
    found = system.point_symmetries(degree, factors=chosen, size=not no_size, seed=seed)
    algebra = found.algebra_name if found.dim <= 30 else None
    value = {
        "equations": list(system.texts),
        "leading": system.orthonomic.leading(),
        "added": [system.space.text(p) for p in system.orthonomic.added],
        "nonzero": [system.space.text(p) for p in system.orthonomic.divisors],
        "special": {k: v.statement for k, v in system.special_cases(degree, size=not no_size).items()},
        "determining_equations": len(system.determining),
        "generators": [str(g) for g in found],
        "homogeneous": list(found.homogeneous),
        "superpositions": [str(g) for g in found.superpositions],
        "dimension": None if found.size is None else found.size.dimension,
        "functions_of": None if found.size is None else found.size.functions_of,
        "complete": found.complete,
        "algebra": algebra,
        "statement": found.statement,
    }
    if not asked.deliver(value):
        return
    print(found.statement)
    print_table(("", "generator"), [(str(k), str(g)) for k, g in enumerate(found)])
    print(f"solved for {', '.join(value['leading'])}; {value['determining_equations']} determining equations")
    for text in value["added"]:
        print(f"follows by cross-derivatives: {text} = 0")
    for case, text in value["special"].items():
        print(f"where {case}: {text}")
    print(f"algebra: {algebra}" if algebra else "algebra: brackets lead beyond what was found")
    if found.complete is False and found.size is not None and found.size.dimension is not None:
        say("the others are no polynomials: try --factors, such as 'sin(x),cos(x)' or 'exp(t)'", asked.quiet)


@click.command(
    epilog="""\b
Examples:
  symmeter spacetime conserve "u_t + 6 u u_x + u_xxx" --order 2
  symmeter spacetime conserve "u_tt + u_t = u_xx" --factors "exp(t)" """
)
@equation_options
@click.option("--order", type=click.IntRange(0), default=1, show_default=True, metavar="N", help="Of multipliers.")
@click.option("--degree", type=click.IntRange(0), default=2, show_default=True, metavar="N", help="Of multipliers.")
@click.option("--factors", default="", metavar="LIST", help="Functions that polynomials may be multiplied by.")
def conserve(asked: EquationInput, order: int, degree: int, factors: str) -> None:
    """Find conservation laws of EQUATIONS whose multipliers are polynomials, and prove each one."""
    system = asked.system()
    space = system.space
    chosen = [f for f in factors.split(",") if f.strip()]
    value = [_plain(law) for law in system.conservation_laws(order=order, degree=degree, factors=chosen)]
    if asked.deliver(value):
        columns = ("multiplier", *(f"J^{x}" for x in space.independent))
        none = ("not integrated",) * len(space.independent)
        rows = [(", ".join(v["multipliers"]), *(v["current"] or none)) for v in value]
        print(f"{len(value)} conservation laws with multipliers of order {order}, degree {degree}")
        for text in system.cleared:
            print(f"multiplied by what it was divided by, the equation is {text} = 0")
        print_table(columns, rows)
        if any(v["current"] for v in value):
            print("each divergence was compared with multiplier times equation: the difference is the zero polynomial")
        for text in dict.fromkeys(v["why"] for v in value if v["why"]):
            print(f"proved by the Euler operator, without a current: {text}")


def _plain(law: ConservationLaw) -> dict[str, Any]:
    """One law as plain values; the current is missing where it has an integral that no rule gives."""
    from symmeter.errors import InputError

    text = law.system.space.text
    out: dict[str, Any] = {"multipliers": [text(m) for m in law.multipliers], "current": None, "why": None}
    try:
        out["current"] = [text(j) for j in law.current]
        out["proved"] = law.verify() == {}
    except InputError as error:
        # That the product is a divergence has been told from the Euler operator.
        out["proved"], out["why"] = True, str(error)
    return out
