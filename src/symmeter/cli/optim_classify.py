"""``symmeter optim classify``: the role, group and rule of every parameter."""

from __future__ import annotations

from typing import Any

import click

from symmeter.cli.optim_models import need_torch, opened_model, pairs_of
from symmeter.cli.output import json_option, print_json, print_table

__all__ = ["classify"]


@click.command(epilog="Example:  symmeter optim classify my_package.models:build --rules embedding=row_hybrid")
@click.argument("model", metavar="MODEL")
@click.option("--rules", multiple=True, metavar="ROLE=RULE,...", help="Rules in place of the default ones.")
@click.option("--roles", multiple=True, metavar="PATTERN=ROLE,...", help="Roles of parameters by name (glob).")
@click.option("--heads", type=click.IntRange(1), metavar="N", help="Heads of attention, where the model does not say.")
@click.option("--kv-heads", type=click.IntRange(1), metavar="N", help="Heads of keys and values.")
@click.option("--head-dim", type=click.IntRange(1), metavar="N", help="Size of a head.")
@click.option("--logit-z-loss", is_flag=True, help="Training penalises the log-partition function of the logits.")
@click.option("--router-z-loss", is_flag=True, help="Training penalises that of the router.")
@click.option("--all", "everything", is_flag=True, help="One line for each tensor.")
@json_option
def classify(
    model: str, rules: tuple[str, ...], roles: tuple[str, ...], everything: bool, as_json: bool, **facts: Any
) -> None:
    """Tell what every parameter of a model is, which group acts on it, and which rule moves it.

    MODEL is package.module:name or file.py:name: a torch module, a class without arguments, or a function that returns
    one. Importing a module runs it.
    """
    need_torch("classify")
    from symmeter.optim import classify as classified

    given = {k: v for k, v in facts.items() if v}
    plan = classified(opened_model(model), roles=pairs_of(roles, "--roles"), rules=pairs_of(rules, "--rules"), **given)
    if as_json:
        print_json({"entries": [e.to_json() for e in plan], "notes": list(plan.notes)})
        return
    if everything:
        rows = [(e.name, e.role, e.part, e.rule, "x".join(map(str, e.shape)), e.why) for e in plan]
        print_table(("tensor", "role", "part", "rule", "shape", "why"), rows)
    else:
        head = ("role", "part", "rule", "tensors", "parameters", "group", "why")
        lines = [tuple(f"{r[k]:,}" if isinstance(r[k], int) else r[k] for k in head) for r in plan.rows()]
        print_table(head, lines)
    for note in plan.notes:
        print(note)
