"""``symmeter measure``: how exactly a model has given groups, from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from symmeter.cli.find import _check_output, _print_report
from symmeter.cli.measure_inputs import GivenInputs, given_inputs, inputs_text, output_kinds
from symmeter.cli.output import json_option, print_json, say

__all__ = ["measure"]


class _MeasureCommand(click.Command):
    """Shows the examples before the options."""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_help_text(ctx, formatter)
        with formatter.section("Examples"):
            formatter.write_dl(
                [
                    ("symmeter measure mine.nets:net --group C4 --input 3x224x224", "a classifier of pictures"),
                    ('symmeter measure mine.nets:net --group "SO(3),E(3)" --data clouds.npy', "on your own points"),
                    ("symmeter measure net.pt2 --input 1x28x28", "an exported program, with the usual groups"),
                    ("symmeter measure mine.nets:Net --weights net.safetensors --group S5 --input 5x4", "with weights"),
                    (
                        'symmeter measure mine.nets:forces --group "E(3)" --input x=5x3:points --input v=5x3:vectors '
                        "--input q=5:scalar --output force=vectors",
                        "several inputs, by name",
                    ),
                ]
            )


@click.command(cls=_MeasureCommand, epilog="Exit status: 0 measured (whatever came out), 2 bad input.")
@click.argument("model", metavar="MODEL")
@click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="LIST",
    help="Groups, e.g. C4,D4 or SO(3); chosen from the input's shape when omitted.",
)
@click.option(
    "--input",
    "shapes",
    multiple=True,
    metavar="[NAME=]SHAPE[:KIND]",
    help="Shape of an input, e.g. 3x224x224; normal noise is drawn. Again for each input of a model of several.",
)
@click.option(
    "--data",
    multiple=True,
    metavar="[NAME=]PATH",
    help="Inputs as .npy or .npz, batch first; again for each input, or one .npz of all, by name.",
)
@click.option(
    "--output",
    "moved",
    multiple=True,
    metavar="[NAME=]KIND",
    help="How an output moves: scalar, same, vectors, points, pixels ...; as the input where that fits when omitted.",
)
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    metavar="[NAME=]KIND",
    help="What the groups move of an input: points, vectors, pixels, nodes, tokens, adjacency; scalar: nothing.",
)
@click.option("--select", metavar="NAME", help="Which output of a model that returns a dict or a tuple.")
@click.option("--weights", type=click.Path(path_type=Path), metavar="PATH", help="State dict: .safetensors or .pt.")
@click.option("--samples", type=click.IntRange(1), default=32, show_default=True, metavar="N", help="Group elements.")
@click.option(
    "--batch", type=click.IntRange(1), default=32, show_default=True, metavar="N", help="Inputs to draw or use."
)
@click.option("--averages", type=click.IntRange(1), default=1, show_default=True, metavar="N", help="Calls to average.")
@click.option("--layers", is_flag=True, help="Measure layer by layer as well.")
@click.option("--html", type=click.Path(path_type=Path), metavar="PATH", help="Save the report as one HTML file.")
@click.option("--out", type=click.Path(path_type=Path), metavar="PATH", help="Save the report as .json or .html.")
@json_option
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default="0", metavar="N", help="Seed of all randomness."
)
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
def measure(
    model: str,
    groups: tuple[str, ...],
    shapes: tuple[str, ...],
    data: tuple[str, ...],
    moved: tuple[str, ...],
    kinds: tuple[str, ...],
    select: str | None,
    weights: Path | None,
    samples: int,
    batch: int,
    averages: int,
    layers: bool,
    html: Path | None,
    out: Path | None,
    as_json: bool,
    seed: int,
    quiet: bool,
) -> None:
    """Measure how exactly a model has some groups.

    MODEL is package.module:name or file.py:name (a torch module, a class without arguments, a function of arrays, or
    name() for a factory), a TorchScript file, or an exported program (.pt2). Importing a module runs it; files of
    weights are read without running anything.
    """
    for option, path, suffixes in (("--html", html, (".html", ".htm")), ("--out", out, (".json", ".html", ".htm"))):
        if path is not None:
            _check_output(option, path, suffixes)
    _need_torch()
    from symmeter.errors import InputError
    from symmeter.progress import progress_bar

    given = given_inputs(shapes, data, kinds)
    opened, x, notes = _model_and_inputs(model, weights, given, batch, seed)
    from symmeter.nn.measure_groups import measure_groups
    from symmeter.nn.model_finder import split_names

    names = [n for g in groups for n in split_names(g)]
    if groups and not names:
        raise InputError("--group names no group; give some, such as --group C4,D4, or leave it out")
    if given.several and not names:
        raise InputError("a model of several inputs suggests no groups; give some, such as --group 'E(3)'")
    with progress_bar(quiet=quiet) as progress:
        report = measure_groups(
            opened,
            x,
            names or None,
            output_kinds(moved),
            kind=given.kind,
            samples=samples,
            output=select,
            averages=averages,
            layers=layers,
            seed=seed,
            subject="; ".join([f"model {model} on {inputs_text(x)}", *notes]),
            progress=progress,
        )
    saved = [report.save(path) for path in (html, out) if path is not None]
    if as_json:
        print_json(report.to_json())
        say(report.subject, quiet)
        say(report.summary, quiet)
    elif not quiet:
        _print_report(report)
        if layers:
            _print_layers(report)
    for path in saved:
        say(f"report: {path}", quiet)


def _need_torch() -> None:
    from importlib.util import find_spec

    from symmeter.errors import MissingDependencyError

    if find_spec("torch") is None:
        raise MissingDependencyError("torch", "nn", "symmeter measure")


def _model_and_inputs(
    model: str, weights: Path | None, given: GivenInputs, batch: int, seed: int
) -> tuple[Any, Any, list[str]]:
    import os
    import sys

    from symmeter.errors import InputError

    # As python -m does: modules beside the user are found first.
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    from symmeter.nn.loading import load_model
    from symmeter.nn.model_finder import as_tensors, shape_of_model, with_tokens
    from symmeter.subjects.models import Model

    opened = load_model(model, weights)
    if given.arrays:
        return opened, as_tensors(opened, given.values(batch, seed)), []
    if given.several:
        x = given.values(batch, seed)
        return opened, as_tensors(opened, x, drawn=True), ["inputs are normal noise, not data"]
    size = given.shapes[0] if given.shapes else shape_of_model(opened)
    if size is None:
        raise InputError("the input's shape is not known: give --input, such as --input 3x224x224, or --data")
    drawn = with_tokens(opened, Model(opened, size, batch=batch), seed)
    notes = list(drawn.notes) or ["inputs are normal noise, not data"]
    notes += [] if given.shapes else ["their shape was inferred"]
    return opened, as_tensors(opened, drawn.arrays(seed), drawn=True), notes


def _print_layers(report: Any) -> None:
    from symmeter.cli.output import print_table

    for f in report:
        layers, defects = f.evidence.get("layers", {}), f.evidence.get("layer_defects", {})
        still = f.evidence.get("layer_invariance", {})
        rows = [
            (
                name,
                error if isinstance(error, str) else f"{error:.3g}",
                f"{defects[name]:.2g}" if name in defects else "",
                f"{still[name]:.3g}",
            )
            for name, error in layers.items()
        ]
        print_table(("layer", "error", "defect", "if nothing moved"), rows, title=f"{f.name}, layer by layer")
