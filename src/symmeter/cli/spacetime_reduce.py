"""``symmeter spacetime reduce`` and ``flows``: invariant solutions, and symmetries with derivatives in them."""

from __future__ import annotations

import click

from symmeter.cli.output import print_table, say
from symmeter.cli.spacetime_equations import EquationInput, equation_options

__all__ = ["flows", "reduce"]


@click.command(
    epilog="""\b
Examples:
  symmeter spacetime reduce "u_t + 6 u u_x + u_xxx"
  symmeter spacetime reduce "u_t + 6 u u_x + u_xxx" --by 1,4,0,0
The numbers combine the generators in the order of: symmeter spacetime symmetries"""
)
@equation_options
@click.option("--by", metavar="LIST", help="Numbers that combine the generators; each of them alone when omitted.")
@click.option("--degree", type=click.IntRange(0), metavar="N", help="Of the symmetries' polynomials.")
def reduce(asked: EquationInput, by: str | None, degree: int | None) -> None:
    """Find the equations for those solutions of EQUATIONS that a symmetry keeps: one variable less."""
    from symmeter.errors import InputError
    from symmeter.spacetime.vector_fields import sum_of

    system = asked.system()
    fields = list(system.point_symmetries(degree, size=False))
    if by is not None:
        fields = [sum_of(fields, _numbers(by, len(fields)))]
    value, left = [], []
    for field in fields:
        try:
            found = system.reduced_by(field)
        except InputError as error:
            if by is not None:
                raise
            left.append(str(error))
            continue
        value.append({"field": str(field), "ansatz": list(found.ansatz), "equations": list(found.system.texts)})
    if asked.deliver(value):
        rows = [(v["field"], "; ".join(v["ansatz"]), "; ".join(f"{e} = 0" for e in v["equations"])) for v in value]
        print_table(("symmetry", "solutions", "equations"), rows)
        for line in left:
            say(f"left out: {line}", asked.quiet)


def _numbers(text: str, wanted: int) -> list[int]:
    from symmeter.errors import InputError

    parts = [p.strip() for p in text.split(",")]
    if len(parts) != wanted or not all(p.lstrip("-").isdigit() for p in parts):
        raise InputError(f"--by {text!r}: give {wanted} whole numbers, one for each generator")
    return [int(p) for p in parts]


@click.command(epilog='Example:  symmeter spacetime flows "u_t + 6 u u_x + u_xxx" --order 3')
@equation_options
@click.option("--order", type=click.IntRange(0), default=3, show_default=True, metavar="N", help="Of derivatives.")
@click.option("--degree", type=click.IntRange(0), default=2, show_default=True, metavar="N", help="Of polynomials.")
def flows(asked: EquationInput, order: int, degree: int) -> None:
    """Find generalised symmetries of EQUATIONS: flows ``u_tau = Q`` whose Q has derivatives of u."""
    system = asked.system()
    found = system.generalised_symmetries(order, degree)
    value = [
        {
            "characteristics": [system.space.text(q) for q in s.characteristics],
            "order": s.order,
            "proved": not any(s.verify()),
        }
        for s in found
    ]
    if asked.deliver(value):
        print(f"{len(found)} generalised symmetries of order {order}, degree {degree}")
        print_table(("order", "flow"), [(str(s.order), str(s)) for s in found])
