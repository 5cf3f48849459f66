"""``symmeter shapes``: polyhedra by name or number, their numbers, and files of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from symmeter.cli.lazy import LazyGroup
from symmeter.cli.output import json_option, print_json, print_table, say

if TYPE_CHECKING:
    from symmeter.shapes import Polyhedron

__all__ = ["list_shapes", "poly", "shapes"]

_COMMANDS = {
    "poly": ("symmeter.cli.shapes:poly", "Describe a polyhedron, and write it to a file."),
    "point-group": (
        "symmeter.cli.shapes_point_group:point_group",
        "Find the point group of a molecule, mesh or points.",
    ),
    "list": ("symmeter.cli.shapes:list_shapes", "List the polyhedra that have names."),
    "render": ("symmeter.cli.shapes_render:render", "Draw a polyhedron or a mesh."),
}


@click.group(cls=LazyGroup, commands_at=_COMMANDS, epilog="A first look:  symmeter shapes poly U29 -o snub.obj")
def shapes() -> None:
    """Polyhedra from first principles: names, numbers, groups, meshes."""


@click.command(
    # Wythoff symbols may begin with a bar, names with a dash are options.
    epilog="NAME is a name ('snub cube'), a number (U12, W17, J48, C7), a Wythoff symbol ('2|3 4'), 'prism 7', "
    "'antiprism 5/2', 'dual of U30' or 'stellation De2f2 of the icosahedron'."
)
@click.argument("name", nargs=-1, required=True)
@click.option(
    "-o", "--out", type=click.Path(dir_okay=False), metavar="PATH", help="Write it as .obj, .off, .stl, .ply or .glb."
)
@click.option("--visible", is_flag=True, help="Cut faces that cross, and write only what is seen from outside.")
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
@json_option
def poly(name: tuple[str, ...], out: str | None, visible: bool, quiet: bool, as_json: bool) -> None:
    """Describe a polyhedron, and write it to a file."""
    from symmeter.shapes import poly as make

    solid = make(" ".join(name))
    # The file comes first: a wrong extension is told before anything is printed.
    written = None if out is None else str(solid.mesh(visible=visible).export(out))
    if as_json:
        print_json(_entry(solid) | ({"file": written} if written else {}))
    elif not quiet:
        print_table(("", ""), _rows(solid), title=solid.name)
    if written is not None:
        say(f"mesh: {written}", quiet or as_json)


@click.command(name="list", epilog="Examples:  symmeter shapes list    symmeter shapes list johnson")
@click.argument("family", required=False)
@json_option
def list_shapes(family: str | None, as_json: bool) -> None:
    """List the polyhedra that have names."""
    from symmeter.errors import UnknownNameError, nearest_name
    from symmeter.shapes import families, missing
    from symmeter.shapes.catalogue import catalogue

    known = families()
    if family is not None and family not in known:
        near = nearest_name(family, known)
        raise UnknownNameError(
            f"no family is called {family!r}; " + (f"did you mean {near}?" if near else f"there are {', '.join(known)}")
        )
    chosen = [e for e in catalogue() if family in (None, e.family)]
    if as_json:
        print_json(
            {
                "shapes": [{"name": e.name, "family": e.family, "indices": e.indices.to_json()} for e in chosen],
                "missing": list(missing()),
            }
        )
        return
    rows = [(e.name, _numbers(e.aliases), e.indices.wythoff or e.indices.du_val or "", e.family) for e in chosen]
    print_table(("name", "numbers", "symbol", "family"), rows, title=f"{len(rows)} polyhedra")
    say(f"not made: {', '.join(missing())}" if missing() else "none of U1-U75, W1-W119, J1-J92, C1-C13 is missing")


def _numbers(aliases: tuple[str, ...]) -> str:
    return " ".join(a for a in aliases if re.fullmatch(r"[UWJC]\d+", a))


def _entry(p: Polyhedron) -> dict[str, Any]:
    return {
        "name": p.name,
        "family": p.family,
        "aliases": list(p.aliases),
        "indices": p.indices.to_json(),
        "V": p.V,
        "E": p.E,
        "F": p.F,
        "euler": p.euler,
        "faces": p.face_counts,
        "group": p.group,
        "order": len(p.operations),
        "chiral": p.is_chiral,
        "convex": p.is_convex,
        "orientable": p.is_orientable,
        "pieces": len(p.components),
        "genus": p.genus,
        "density": p.density,
        "circumradius": p.circumradius,
        "volume": p.volume,
        "dihedral_angles": [
            {"degrees": a.degrees, "edges": a.count, "faces": list(a.faces)} for a in p.dihedral_angles
        ],
    }


def _rows(p: Polyhedron) -> list[tuple[str, str]]:
    symbols = p.indices
    yes = {True: "yes", False: "no"}
    rows = [
        ("family", p.family),
        ("also", ", ".join(p.aliases)),
        ("symbols", ", ".join(filter(None, (symbols.wythoff, symbols.schlaefli, symbols.vertex_configuration)))),
        ("V, E, F", f"{p.V}, {p.E}, {p.F}; Euler characteristic {p.euler}"),
        ("faces", ", ".join(f"{n} x {k}" for k, n in p.face_counts.items())),
        ("group", f"{p.group} of order {len(p.operations)}{', chiral' if p.is_chiral else ''}"),
        ("convex", yes[p.is_convex]),
        ("two-sided", yes[p.is_orientable]),
        ("pieces", str(len(p.components)) if len(p.components) > 1 else ""),
        ("genus", "" if p.genus is None else str(p.genus)),
        ("density", "" if p.density is None else str(p.density)),
        ("circumradius", "" if p.circumradius is None else f"{p.circumradius:.8f}"),
        ("volume", "" if p.volume is None else f"{p.volume:.6f}"),
        (
            "dihedral angles",
            ", ".join(f"{a.degrees:.6f}° ({a.count} edges, {a.faces[0]}-{a.faces[1]})" for a in p.dihedral_angles[:6]),
        ),
    ]
    return [row for row in rows if row[1]]
