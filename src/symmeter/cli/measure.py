"""``symmeter measure``: how exactly a model has given groups, from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from symmeter.cli.find import _check_output, _print_report
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
@click.option("--input", "shape", metavar="SHAPE", help="Shape of one input, e.g. 3x224x224; normal noise is drawn.")
@click.option("--data", type=click.Path(path_type=Path), metavar="PATH", help="Inputs as .npy or .npz, batch first.")
@click.option(
    "--output",
    "moved",
    metavar="KIND",
    help="How the output moves: scalar, same, vectors, points, pixels ...; as the input where that fits when omitted.",
)
@click.option("--kind", metavar="KIND", help="What the groups move: points, vectors, pixels, nodes, tokens, adjacency.")
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
    shape: str | None,
    data: Path | None,
    moved: str | None,
    kind: str | None,
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

    opened, x, notes = _model_and_inputs(model, weights, shape, data, batch, seed)
    from symmeter.nn.measure_groups import measure_groups
    from symmeter.nn.model_finder import split_names

    names = [n for g in groups for n in split_names(g)]
    if groups and not names:
        raise InputError("--group names no group; give some, such as --group C4,D4, or leave it out")
    with progress_bar(quiet=quiet) as progress:
        report = measure_groups(
            opened,
            x,
            names or None,
            moved,
            kind=kind,
            samples=samples,
            output=select,
            averages=averages,
            layers=layers,
            seed=seed,
            subject="; ".join([f"model {model} on {_inputs_text(x)}", *notes]),
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
    model: str, weights: Path | None, shape: str | None, data: Path | None, batch: int, seed: int
) -> tuple[Any, Any, list[str]]:
    import os
    import sys

    from symmeter.errors import InputError

    if shape is not None and data is not None:
        raise InputError("--input and --data were both given; data bring their own shape, leave --input out")
    # As python -m does: modules beside the user are found first.
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    from symmeter.nn.loading import load_model
    from symmeter.nn.model_finder import as_tensors, shape_of_model, with_tokens
    from symmeter.subjects.models import Model, parse_shape

    opened = load_model(model, weights)
    notes: list[str] = []
    if data is not None:
        x = _data(data)[:batch]
    else:
        size = parse_shape(shape) if shape is not None else shape_of_model(opened)
        if size is None:
            raise InputError("the input's shape is not known: give --input, such as --input 3x224x224, or --data")
        drawn = with_tokens(opened, Model(opened, size, batch=batch), seed)
        x = drawn.arrays(seed)
        notes = list(drawn.notes) or ["inputs are normal noise, not data"]
        notes += [] if shape is not None else ["their shape was inferred"]
    return opened, as_tensors(opened, x, drawn=data is None), notes


def _data(path: Path) -> Any:
    import numpy as np

    from symmeter.errors import FileFormatError, InputError, MissingFileError, NonFiniteError

    if not path.is_file():
        raise MissingFileError(f"{path} does not exist; give a .npy or .npz file of inputs")
    try:
        loaded = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise FileFormatError(f"{path} cannot be read as .npy or .npz of numbers: {error}") from error
    if not isinstance(loaded, np.ndarray):
        names = loaded.files
        if len(names) != 1:
            raise InputError(f"{path} holds {len(names)} arrays ({', '.join(names[:6])}); save the inputs alone")
        loaded = loaded[names[0]]
    if loaded.ndim == 0 or loaded.dtype.kind not in "biufc":
        raise InputError(f"{path} holds {loaded.dtype} of shape {loaded.shape}; inputs are numbers, batch first")
    if loaded.dtype.kind == "f" and not np.isfinite(loaded).all():
        raise NonFiniteError(f"{path} contains NaN or infinity; remove such inputs")
    return loaded


def _inputs_text(x: Any) -> str:
    return f"{len(x)} inputs of {'x'.join(str(n) for n in x.shape[1:]) or 'one number'}"


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
