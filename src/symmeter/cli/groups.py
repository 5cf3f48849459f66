"""``symmeter groups``: finite groups and their character tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from symmeter.cli.lazy import LazyGroup
from symmeter.cli.output import json_option, print_json, print_table, say

if TYPE_CHECKING:
    from symmeter.groups import FiniteGroup

__all__ = ["groups", "identify", "table"]

_COMMANDS = {
    "table": ("symmeter.cli.groups:table", "Print character tables: of a named group, or of all of an order."),
    "identify": ("symmeter.cli.groups:identify", "Say which group a presentation or permutations generate."),
}


@click.group(cls=LazyGroup, commands_at=_COMMANDS, epilog="A first look:  symmeter groups table D6")
def groups() -> None:
    """Finite groups: character tables, names, point groups."""


@click.command(
    # Symbols such as -43m begin like an option.
    context_settings={"ignore_unknown_options": True},
    epilog="NAME is an order up to 63, or a name: D6, Q8, S4, 'SL(2,3)', 'C2 x S4', Oh, 2O, 'SmallGroup(32,49)'.",
)
@click.argument("name")
@click.option("--list", "only_list", is_flag=True, help="List the groups of an order without their tables.")
@click.option(
    "--point-group", is_flag=True, help="NAME is a Schoenflies or Hermann-Mauguin symbol, such as S4 or -43m."
)
@click.option("--out", type=click.Path(dir_okay=False), metavar="PATH", help="Save the tables as .json or .txt.")
@json_option
def table(name: str, only_list: bool, point_group: bool, out: str | None, as_json: bool) -> None:
    """Print character tables: of a named group, or of all groups of an order."""
    found = _groups_of(name, point_group)
    entries = [_entry(g, only_list) for g in found]
    whole: Any = entries if re.fullmatch(r"\d+", name) and not point_group else entries[0]
    if out is not None:
        _save(out, whole, found)
    if as_json:
        print_json(whole)
        return
    if len(found) > 1 or only_list:
        print_table(
            ("SmallGroup", "group", "classes", "centre", "exponent", "degrees of irreps"),
            [_row(e) for e in entries],
            title=f"{len(found)} group{'s' if len(found) > 1 else ''} of order {found[0].order}",
        )
    if not only_list:
        print("\n\n".join(_text(g) for g in found))
    if out is not None:
        say(f"tables: {out}")


@click.command(
    epilog="Examples:  symmeter groups identify 'a^4, b^2, a b a b'    symmeter groups identify '(0,1,2,3)' '(0,2)'"
)
@click.argument("generators", nargs=-1, required=True)
@json_option
def identify(generators: tuple[str, ...], as_json: bool) -> None:
    """Say which group a presentation, or permutations in cycle notation, generate."""
    group = _generated(generators)
    entry = _entry(group, brief=True)
    if as_json:
        print_json(entry)
        return
    number = entry["number"]
    known = f"SmallGroup({group.order}, {number}), " if number else ""
    print(
        f"{entry['name']}: {known}order {group.order}, {entry['number_of_classes']} classes, exponent {group.exponent}"
    )


def _groups_of(name: str, as_point_group: bool) -> list[FiniteGroup]:
    from symmeter.groups import named_group, point_group, small_groups

    if as_point_group:
        return [point_group(name)]
    if re.fullmatch(r"\d{1,9}", name):
        return list(small_groups(int(name)))
    return [named_group(name)]


def _generated(generators: tuple[str, ...]) -> FiniteGroup:
    from symmeter.groups import FiniteGroup, Permutation

    if not all(re.fullmatch(r"[\s()\d,]*", g) for g in generators):
        return FiniteGroup.from_presentation(", ".join(generators))
    permutations = [Permutation.parse(g) for g in generators]
    degree = max(p.degree for p in permutations)
    return FiniteGroup.from_permutations([Permutation.parse(g, degree=degree) for g in generators], degree=degree)


def _entry(group: FiniteGroup, brief: bool) -> dict[str, Any]:
    from symmeter.groups import DoubleGroup, PointGroup, mulliken_symbols
    from symmeter.groups import identify as identify_group
    from symmeter.groups.library import LARGEST_ORDER

    known = identify_group(group) if group.order <= LARGEST_ORDER else None
    entry: dict[str, Any] = {
        "name": group.name,
        "order": group.order,
        "number": known.number if known else None,
        "structure": known.name if known else group.name,
        "number_of_classes": group.number_of_classes,
        "centre": int(group.center.size),
        "exponent": group.exponent,
        "degrees": group.character_table.degrees.tolist(),
    }
    if not brief:
        entry["table"] = group.character_table.to_json()
        if isinstance(group, (PointGroup, DoubleGroup)):
            for irrep, symbol in zip(entry["table"]["irreps"], mulliken_symbols(group)):
                irrep["mulliken"] = symbol
    return entry


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    degrees = entry["degrees"]
    counted = ", ".join(f"{degrees.count(d)} x {d}" for d in dict.fromkeys(degrees))
    number = f"{entry['order']}, {entry['number']}" if entry["number"] else ""
    return (number, entry["name"], *(str(entry[k]) for k in ("number_of_classes", "centre", "exponent")), counted)


def _text(group: FiniteGroup) -> str:
    """The table; for point and double groups with Mulliken's symbols below, and the operations of a point group."""
    from symmeter.groups import DoubleGroup, PointGroup, mulliken_symbols

    text = str(group.character_table)
    if not isinstance(group, (PointGroup, DoubleGroup)):
        return text
    irreps = [f"{x} {m}" for x, m in zip(group.character_table.names, mulliken_symbols(group))]
    if isinstance(group, DoubleGroup):
        return f"{text}\n\nirreps   {', '.join(irreps)}"
    operations = [
        f"{name}: {size if size > 1 else ''}{group.operation_names[x]}"
        for name, size, x in zip(group.class_names, group.class_sizes.tolist(), group.class_representatives.tolist())
    ]
    head = f"Schoenflies {group.schoenflies}, Hermann-Mauguin {group.hermann_mauguin}"
    return f"{head}\n{text}\n\nclasses  {', '.join(operations)}\nirreps   {', '.join(irreps)}"


def _save(out: str, whole: Any, found: list[FiniteGroup]) -> None:
    import json

    from symmeter.errors import InputError
    from symmeter.files import write_atomic

    if out.endswith(".json"):
        write_atomic(out, json.dumps(whole, indent=2) + "\n")
    elif out.endswith(".txt"):
        write_atomic(out, "\n\n".join(_text(g) for g in found) + "\n")
    else:
        raise InputError(f"{out}: tables are saved as .json or .txt; change the extension")
