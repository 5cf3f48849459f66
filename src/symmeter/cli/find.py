"""``symmeter find``: which transformations the data respect, how exactly, and what to do with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from symmeter.cli.output import json_option, print_json, say, width_of_output

__all__ = ["find", "noise_of"]


class _FindCommand(click.Command):
    """Shows the examples before the options."""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_help_text(ctx, formatter)
        with formatter.section("Examples"):
            formatter.write_dl(
                [
                    ("symmeter find digits.npy --grid 8x8", "images, one per row: shifts, flips, turns"),
                    ("symmeter find sensors.csv --html report.html", "a table: which columns are exchangeable"),
                    ("symmeter find cov.csv --kind covariance --n 400", "a covariance made from 400 samples"),
                    ("symmeter find mine.nets:net --input 3x32x32", "a model: which groups it has"),
                    ("symmeter find model.yaml --subgroup T", "a Hamiltonian: the group behind its spectra"),
                    ("symmeter find molecule.xyz --html report.html", "a molecule or mesh: its point group, drawn"),
                    ("symmeter find equation.txt", "u_t + 6 u u_x + u_xxx = 0: symmetries and conserved currents"),
                    ("symmeter find cu.extxyz --lattice fcc", "atoms: dislocations, disclinations, vacancies"),
                    ("symmeter find pairs.csv", "a,b,rho,sigma of pulsars: is the sky of waves isotropic?"),
                    ("symmeter find strain.hdf5", "strain of a detector: an even comb in its spectrum"),
                ]
            )


@click.command(cls=_FindCommand, epilog="Exit status: 0 found or nothing found (see --json), 2 bad input.")
@click.argument("paths", nargs=-1, required=True, metavar="PATHS...")
@click.option("--grid", metavar="HxW", help="The columns are the cells of an H x W image, row by row.")
@click.option("--dictionary", metavar="LIST", help="Candidates, e.g. shifts,flips; chosen from the shape when omitted.")
@click.option(
    "--alpha",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.01,
    show_default="0.01",
    metavar="LEVEL",
    help="Level of the tests: how often an exact symmetry may be rejected.",
)
@click.option(
    "--complex",
    "complex_layout",
    type=click.Choice(["auto", "interleaved", "split"]),
    help="The columns are real and imaginary parts: re,im,re,im... or all re, then all im.",
)
@click.option(
    "--columns", metavar="LIST", help="Use these columns only: names, numbers from 0, or slices (height,3:10)."
)
@click.option("--n", type=int, metavar="N", help="Number of samples behind a covariance, 3 or more.")
@click.option(
    "--kind",
    type=click.Choice(["samples", "covariance", "points", "strain"]),
    help="What the file holds, when it is not clear.",
)
@click.option("--input", "shape", metavar="SHAPE", help="Shape of one input of a model, e.g. 3x32x32.")
@click.option("--tol", type=float, metavar="T", help="Of shapes: how far points may be off, relative to the radius.")
@click.option("--noise", metavar="S", help="Of shapes: standard deviation of each coordinate, or 'estimate'.")
@click.option("--subgroup", metavar="NAMES", help="Of Hamiltonians: the known symmetries (U,V) or their group (Z3).")
@click.option("--lattice", metavar="NAME", help="Of atoms: the perfect crystal (fcc, bcc, hcp, diamond, sc, ...).")
@click.option("--a", "parameter", type=float, metavar="LENGTH", help="Of atoms: its lattice parameter; else estimated.")
@click.option("--html", type=click.Path(path_type=Path), metavar="PATH", help="Save the report as one HTML file.")
@click.option("--out", type=click.Path(path_type=Path), metavar="PATH", help="Save the report as .json or .html.")
@json_option
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default="0", metavar="N", help="Seed of all randomness."
)
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
def find(
    paths: tuple[str, ...],
    grid: str | None,
    dictionary: str | None,
    alpha: float,
    complex_layout: str | None,
    columns: str | None,
    n: int | None,
    kind: str | None,
    shape: str | None,
    tol: float | None,
    noise: str | None,
    subgroup: str | None,
    lattice: str | None,
    parameter: float | None,
    html: Path | None,
    out: Path | None,
    as_json: bool,
    seed: int,
    quiet: bool,
) -> None:
    """Find which transformations the data respect, how exactly, and what to do with them.

    PATHS are .npy, .npz, .csv, .tsv or Parquet files: samples, one per row, or a covariance. Several files are several
    sets of samples (or covariances) of the same columns, which must share their symmetries. A model is
    package.module:name, a TorchScript file or an exported program; --dictionary then names groups. A shape is a
    molecule (.xyz, .pdb), a mesh (.ply, .off, .obj, .stl) or, with --kind points, a table of rows x, y, z. A
    Hamiltonian is a model file (.yaml), or with --subgroup an .npz file of levels by sector. A training is
    train.py:build, a function that returns a mapping with model, loss and batches. Strain of a gravitational-wave
    detector is an .hdf5 file, an .npz of strain and sample_rate or, with --kind strain, a text file. Atoms
    (.extxyz, LAMMPS .dump, or .xyz) are compared with the perfect crystal that --lattice names.
    """
    from symmeter.progress import progress_bar

    for option, path, suffixes in (("--html", html, (".html", ".htm")), ("--out", out, (".json", ".html", ".htm"))):
        if path is not None:
            _check_output(option, path, suffixes)

    from symmeter.subjects import parse_grid

    cells = None if grid is None else parse_grid(grid)
    of_model = _of_model(paths, shape)
    of_shape: dict[str, Any] = {k: v for k, v in (("tol", tol), ("noise", noise_of(noise))) if v is not None}
    of_levels: dict[str, Any] = {} if subgroup is None else {"subgroup": subgroup}
    of_atoms: dict[str, Any] = {k: v for k, v in (("lattice", lattice), ("a", parameter)) if v is not None}
    from symmeter.find import find as find_symmetries

    with progress_bar(quiet=quiet) as progress, _naming(paths):
        report = find_symmetries(
            paths[0] if len(paths) == 1 else list(paths),
            grid=cells,
            dictionary=dictionary,
            alpha=alpha,
            # Complex numbers in a file are complex without being told; a layout is for pairs of real columns.
            complex=False if complex_layout in (None, "auto") else complex_layout,
            columns=columns,
            n=n,
            kind=kind,
            rng=seed,
            progress=progress,
            **of_model,
            **of_shape,
            **of_levels,
            **of_atoms,
        )
    saved = [report.save(path) for path in (html, out) if path is not None]
    if as_json:
        print_json(report.to_json())
        say(report.subject, quiet)
        say(report.summary, quiet)
    elif not quiet:
        _print_report(report)
    for path in saved:
        say(f"report: {path}", quiet)


def noise_of(text: str | None) -> float | str | None:
    """The value of ``--noise``: a number or the word ``estimate``."""
    from symmeter.errors import InputError

    if text is None or text == "estimate":
        return text
    try:
        return float(text)
    except ValueError:
        raise InputError(f"--noise {text!r} is neither a number nor 'estimate'") from None


def _of_model(paths: tuple[str, ...], shape: str | None) -> dict[str, Any]:
    """What a model among the paths needs besides; empty for data."""
    from symmeter.errors import InputError
    from symmeter.subjects.models import is_model_text, parse_shape

    if not any(is_model_text(p) for p in paths):
        if shape is not None:
            raise InputError(f"--input goes with a model; {paths[0]} is read as data")
        return {}
    if len(paths) > 1:
        raise InputError(f"{len(paths)} sources with a model among them; models are looked at one by one")
    import os
    import sys

    # As python -m does: modules beside the user are found first.
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    return {} if shape is None else {"input": parse_shape(shape)}


@contextmanager
def _naming(paths: tuple[str, ...]) -> Iterator[None]:
    """Put the file's name in front of an error about its content that does not name it."""
    from symmeter.errors import InputError, NonFiniteError, SampleSizeError, ShapeError, UnidentifiableError

    about_content = (NonFiniteError, SampleSizeError, ShapeError, UnidentifiableError)
    try:
        yield
    except InputError as error:
        if not isinstance(error, about_content) or any(Path(p).name in str(error) for p in paths):
            raise
        from symmeter.report.text import shorten

        where = shorten(paths[0], 80) if len(paths) == 1 else f"{len(paths)} files"
        raise type(error)(f"{where}: {error}") from error


def _print_report(report: Any) -> None:
    import sys

    from rich.console import Console

    Console(file=sys.stdout, highlight=False, width=width_of_output(110)).print(report)


def _check_output(option: str, path: Path, suffixes: tuple[str, ...]) -> None:
    """Refuse an output that cannot be written before any work is done."""
    import os

    from symmeter.errors import InputError, OutputError

    if not path.name:
        raise InputError(f"{option}: no file name was given; give one such as report{suffixes[0]}")
    if path.suffix.lower() not in suffixes:
        raise InputError(f"{path}: a report is saved here as {' or '.join(suffixes[:2])}; change the extension")
    folder = path.parent
    if path.is_dir():
        raise OutputError(f"{path} is a folder; give the name of a file to write")
    if not folder.is_dir():
        raise OutputError(f"{path} cannot be written: the folder {folder} does not exist; make it first")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{path} cannot be written: the folder {folder} is read-only; choose another place")
