"""``symmeter shapes point-group``: the point group of a molecule, a mesh or points, with its margins."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

from symmeter.cli.output import json_option, print_json, print_table, say

if TYPE_CHECKING:
    from symmeter.shapes.missing_points import Completed
    from symmeter.shapes.point_group import DetectedPointGroup
    from symmeter.shapes.shape_finder import Examined

__all__ = ["point_group"]


@click.command(
    name="point-group",
    epilog="Examples:  symmeter shapes point-group molecule.xyz    symmeter shapes point-group scan.stl --noise 0.02"
    "    symmeter shapes point-group points.npy --tol 1e-2 --operations --out symmetric.npy",
)
@click.argument("file", metavar="FILE")
@click.option(
    "--tol",
    type=float,
    metavar="T",
    help="How far a point may be from its ideal place, relative to the radius.  [default: 0.001]",
)
@click.option("--noise", metavar="S", help="Standard deviation of each coordinate, or 'estimate'; in place of --tol.")
@click.option(
    "--alpha",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.01,
    show_default="0.01",
    metavar="LEVEL",
    help="How often noise may hide a group that is there.",
)
@click.option(
    "--missing",
    type=click.IntRange(min=0),
    default=0,
    metavar="K",
    help="Look for a larger group that up to K missing points hide, and say where they would be.",
)
@click.option("--operations", is_flag=True, help="List every operation: its axis, what it moves, how far it is off.")
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False),
    metavar="PATH",
    help="Write the symmetrised coordinates: .xyz, .npy, or for meshes .obj, .off, .stl, .ply.",
)
@click.option("--picture", type=click.Path(dir_okay=False), metavar="PATH", help="Draw it, with axes and planes: .svg.")
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
@json_option
def point_group(
    file: str,
    tol: float | None,
    noise: str | None,
    alpha: float,
    missing: int,
    operations: bool,
    out: str | None,
    picture: str | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Find the point group of a molecule, mesh or points.

    FILE is a molecule (.xyz, .pdb), a mesh (.ply, .off, .obj, .stl) or a table of points (.npy, .npz, .csv: x, y, z).
    Points and atoms are numbered from 0, in the order of the file.
    """
    from symmeter.cli.find import noise_of
    from symmeter.shapes.shape_files import open_shape
    from symmeter.shapes.shape_finder import examine

    found = examine(open_shape(file), tol, noise_of(noise), alpha)
    whole = None if missing == 0 else _completed(found, missing)
    written = None if out is None else _write(found, out, whole)
    drawn = None if picture is None else _draw(found, picture)
    if as_json:
        files = {"file": written, "picture": drawn}
        added = {} if whole is None else {"completed": _completed_entry(whole)}
        print_json(_entry(found, operations) | added | {k: v for k, v in files.items() if v})
    elif not quiet:
        print_table(("", ""), _rows(found) + _completed_rows(whole), title=found.shape.describe())
        if operations:
            print_table(("operation", "axis or normal", "cycles", "off by"), _operations(found.group))
    if written is not None:
        say(f"symmetrised coordinates: {written}", quiet or as_json)
    if drawn is not None:
        say(f"picture: {drawn}", quiet or as_json)


def _draw(found: Examined, path: str) -> str:
    from symmeter.errors import InputError
    from symmeter.files import write_atomic
    from symmeter.report.svg import shape_file
    from symmeter.shapes.shape_drawing import drawing_of

    if not path.lower().endswith(".svg"):
        raise InputError(f"{path}: the picture is written as .svg; change the extension")
    return str(write_atomic(path, shape_file(drawing_of(found.shape, found.group, found.members))))


def _completed(found: Examined, missing: int) -> Completed:
    from symmeter.errors import InputError
    from symmeter.shapes.missing_points import complete
    from symmeter.shapes.shape_finder import TOLERANCE
    from symmeter.shapes.shape_noise import calibrated_tolerance

    shape = found.shape
    if shape.faces is not None:
        raise InputError(f"{shape.source} is a mesh; --missing is for molecules and points")
    tolerance = found.tolerance
    if found.noise_is == "estimated":
        # With points missing, noise is estimated from what little symmetry is left: at least the usual tolerance.
        tolerance = max(TOLERANCE, calibrated_tolerance(found.noise, shape.n, found.group.radius))
    return complete(shape.points, shape.labels, tolerance, missing)


def _completed_entry(whole: Completed) -> dict[str, Any]:
    n = len(whole.points) - len(whole.added)
    labels = whole.labels[n:] if whole.labels is not None else (None,) * len(whole.added)
    return {
        "group": whole.group.symbol,
        "order": whole.group.order,
        "relative_deviation": whole.group.relative_deviation,
        "added": [{"label": s, "position": x.tolist()} for s, x in zip(labels, whole.added)],
    }


def _completed_rows(whole: Completed | None) -> list[tuple[str, str]]:
    from symmeter.report.numbers import plain_number

    if whole is None:
        return []
    entry = _completed_entry(whole)
    if not entry["added"]:
        return [("missing points", "none: no larger group was found by putting some in")]
    places = [
        f"{a['label'] or ''} ({', '.join(f'{round(v, 6) + 0.0:.4g}' for v in a['position'])})".strip()
        for a in entry["added"][:8]
    ]
    more = f" and {len(entry['added']) - 8} more" if len(entry["added"]) > 8 else ""
    off = plain_number(whole.group.relative_deviation)
    return [
        (
            "completed",
            f"{whole.group.symbol} ({whole.group.hermann_mauguin}), order {entry['order']}, off by {off} radii",
        ),
        ("missing points", ", ".join(places) + more),
    ]


def _write(found: Examined, out: str, whole: Completed | None) -> str:
    from symmeter.errors import InputError
    from symmeter.shapes.shape_files import write_shape
    from symmeter.subjects.shapes import Shape

    shape, group = found.shape, found.group
    if whole is not None and len(whole.added):
        labels = None if whole.labels is None else tuple(str(s) for s in whole.labels)
        shape, group = Shape(whole.points, labels, source=shape.source), whole.group
    comment = f"{shape.source}, symmetrised to {group.symbol}; moved by up to {_moved(group):.3g}"
    if shape is found.shape and len(found.members) < shape.n:
        if not out.lower().endswith((".xyz", ".npy")):
            raise InputError(
                f"{shape.n - len(found.members)} vertices of {shape.source} lie in flats and have no own place; "
                "write the corners as .npy or .xyz"
            )
        shape = Shape(group.symmetrized, source=shape.source)
    return str(write_shape(shape, group.symmetrized, out, comment))


def _moved(group: DetectedPointGroup) -> float:
    import numpy as np

    return float(np.linalg.norm(group.symmetrized - group.centre - group.points, axis=1).max())


def _margin(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _entry(found: Examined, operations: bool) -> dict[str, Any]:
    from symmeter.shapes.shape_finder import noise_test

    group = found.group
    after = group.next_larger
    before = [s for s in group.ladder if s[1] is not None and s[1] < (group.order or 0)]
    entry: dict[str, Any] = {
        "shape": found.shape.describe(),
        "group": group.symbol,
        "hermann_mauguin": group.hermann_mauguin,
        "order": group.order,
        "deviation": group.deviation,
        "relative_deviation": group.relative_deviation,
        "tolerance": found.tolerance,
        "noise": found.noise,
        "noise_is": found.noise_is,
        "p_value": noise_test(found),
        "symmetry_measure": group.symmetry_measure,
        "centre": group.centre.tolist(),
        "radius": group.radius,
        "next_larger": None if after is None else {"group": after[0], "relative_deviation": after[1]},
        "margin": _margin(group.margin),
        "next_smaller": None if not before else {"group": before[-1][0], "relative_deviation": before[-1][2]},
        "margin_below": _margin(group.margin_below),
        "ladder": [{"group": s, "order": n, "relative_deviation": d} for s, n, d in group.ladder],
        "elements": [{"kind": e.kind, "order": e.order, "direction": list(e.direction)} for e in group.elements],
    }
    if operations:
        from symmeter.shapes.shape_action import operation_name

        entry["operations"] = [
            {
                "name": operation_name(r),
                "matrix": r.tolist(),
                "images": p.tolist(),
                "deviation": float(d),
                "rms": float(m),
            }
            for r, p, d, m in zip(group.ops, group.permutations, group.deviations, group.rms)
        ]
    return entry


def _rows(found: Examined) -> list[tuple[str, str]]:
    from symmeter.report.numbers import p_text, plain_number
    from symmeter.shapes.shape_finder import elements_text, noise_test, remarks_on

    group = found.group
    order = "infinite" if group.order is None else f"order {group.order}"
    after = group.next_larger
    before = [s for s in group.ladder if s[1] is not None and s[1] < (group.order or 0)]
    number = plain_number
    source = {"given": "given", "estimated": "estimated from the shape", "rounding": "rounding of the coordinates"}
    p = noise_test(found)
    noise = f"{number(found.noise)} ({source.get(found.noise_is, 'none')}); {p_text(p, relation=True)}"
    larger = "none found"
    if after is not None:
        times = f", {number(group.margin)} times as much" if group.relative_deviation > 0 else ""
        larger = f"{after[0]} at {number(after[1])} radii{times}"
    rows = [
        ("point group", f"{group.symbol} ({group.hermann_mauguin}), {order}"),
        ("elements", elements_text(group) or "none"),
        ("deviation", f"{number(group.relative_deviation)} radii; up to {number(3 * found.tolerance)} was accepted"),
        ("noise", "" if p is None or found.noise_is == "none" else noise),
        ("next larger", larger),
        ("next smaller", f"{before[-1][0]} at {number(before[-1][2])} radii" if before else ""),
        ("symmetry measure", f"{number(group.symmetry_measure)} (0 exact, 100 at most)"),
        ("ladder", " < ".join(s if not i else f"{number(d)} < {s}" for i, (s, _, d) in enumerate(group.ladder))),
        ("centre, radius", f"({', '.join(f'{v:.6g}' for v in group.centre)}), {group.radius:.6g}"),
    ]
    rows += [("note", text) for text in remarks_on(found)]
    return [row for row in rows if row[1]]


def _operations(group: DetectedPointGroup) -> list[tuple[str, str, str, str]]:
    from symmeter.report.numbers import plain_number
    from symmeter.representations import Monomial
    from symmeter.shapes.shape_action import PointMap, operation_name

    rows = []
    for r, p, d in zip(group.ops, group.permutations, group.deviations):
        axis = PointMap(r, p).direction
        place = "" if axis is None else ", ".join(f"{round(v, 4) + 0.0:.4f}" for v in axis)
        rows.append((operation_name(r), place, Monomial(p).describe(), plain_number(float(d))))
    return rows
