"""``symmeter spacetime defects``: defects of crystals, from atoms and from dislocation densities."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from symmeter.cli.lazy import LazyGroup
from symmeter.cli.output import json_option, print_json, print_table, say
from symmeter.files import PICTURES

__all__ = ["analyse", "defects", "ebsd", "field"]

_COMMANDS = {
    "analyse": ("symmeter.cli.spacetime_defects:analyse", "Atoms: Burgers and Frank vectors, empty sites, strain."),
    "ebsd": (
        "symmeter.cli.spacetime_defects:ebsd",
        "A scan of orientations: least density of dislocations.",
    ),
    "field": ("symmeter.cli.spacetime_defects:field", "A density of dislocations: what it holds, and its stress."),
}
_ATOMS_OUT = (".json", ".extxyz", ".vtk", *PICTURES)
_MAP_OUT = (".json", ".npz", ".vtk", *PICTURES)
_FIELD_OUT = (".json", ".npz", ".vtk", *PICTURES)


@click.group(
    cls=LazyGroup,
    commands_at=_COMMANDS,
    epilog="A first look:  symmeter spacetime defects analyse cu.extxyz --lattice fcc",
)
def defects() -> None:
    """Defects of crystals: broken translations and rotations."""


def _outputs(paths: tuple[Path, ...], suffixes: tuple[str, ...]) -> None:
    """Refuse what cannot be written before the work begins."""
    from symmeter.cli.find import _check_output
    from symmeter.errors import InputError

    for path in paths:
        if path.suffix.lower() not in suffixes:
            raise InputError(f"{path}: results are saved as {', '.join(suffixes)}; change the extension")
        _check_output("--out", path, suffixes)


@click.command(
    epilog="""\b
Examples:
  symmeter spacetime defects analyse cu.extxyz --lattice fcc --a 3.61
  symmeter spacetime defects analyse w.dump --lattice bcc --a 3.165 --out w.vtk --out w.png"""
)
@click.argument("path", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--lattice", default="fcc", show_default=True, metavar="NAME",
              help="sc, fcc, bcc, hcp, diamond; flat: square, triangular, honeycomb.")  # fmt: skip
@click.option("--a", "parameter", type=float, metavar="LENGTH", help="Lattice parameter; estimated when omitted.")
@click.option(
    "--c",
    "height",
    type=float,
    metavar="LENGTH",
    help="Height of hcp's cell; ideal when omitted, estimated where a is.",
)
@click.option("--cutoff", type=float, metavar="LENGTH", help="Longest bond; chosen between shells when omitted.")
@click.option(
    "--frame", type=click.IntRange(0), default=0, show_default="0", metavar="N", help="Which of several frames."
)
@click.option("--map", "scalar", default="alpha", show_default=True, metavar="NAME", help="What pictures show.")
@click.option("--out", "outs", multiple=True, type=click.Path(path_type=Path), metavar="PATH",
              help="Save as .json, .extxyz, .vtk, .png or .svg; may be given several times.")  # fmt: skip
@json_option
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
def analyse(
    path: Path, lattice: str, parameter: float | None, height: float | None, cutoff: float | None, frame: int,
    scalar: str, outs: tuple[Path, ...], as_json: bool, quiet: bool,
) -> None:  # fmt: skip
    """Compare the atoms of FILE (extended XYZ or LAMMPS dump) with a perfect crystal."""
    from symmeter.errors import UnknownNameError, nearest_name
    from symmeter.progress import progress_bar
    from symmeter.spacetime.defects import from_atoms
    from symmeter.spacetime.defects.pictures import UNITS
    from symmeter.subjects.crystals import read_crystal

    _outputs(outs, _ATOMS_OUT)
    if scalar not in UNITS:
        near = nearest_name(scalar, UNITS)
        right = f"did you mean {near!r}?" if near else f"there are {', '.join(UNITS)}"
        raise UnknownNameError(f"--map {scalar!r} is unknown; {right}")
    with progress_bar(quiet=quiet) as progress:
        progress(0.0, "reading")
        crystal = read_crystal(path, frame)
        progress(0.2, "matching bonds")
        found = from_atoms(crystal, lattice, "estimate" if parameter is None else parameter, c=height, cutoff=cutoff)
        progress(0.5, "loops around cores")
        value = found.summary()
        for out in outs:
            progress(0.9, f"writing {out.name}")
            if out.suffix.lower() in PICTURES:
                found.plot(out, scalar)
            else:
                found.save(out)
    if as_json:
        print_json(value)
    elif not quiet:
        say(crystal.describe())
        _show(value, parameter is None)
    for out in outs:
        say(f"saved: {out}", quiet)


def _show(value: dict[str, Any], estimated: bool) -> None:
    word = " (estimated)" if estimated else ""
    height = "" if value["c"] is None else f", c = {value['c']:.6g}"
    print(f"{value['atoms']} atoms beside {value['reference']}, a = {value['a']:.6g}{height}{word}: {value['settled']} "
        f"have a place, "
          f"{value['grains']} grain{'s' * (value['grains'] > 1)}")  # fmt: skip
    rows = [
        (loop["character"], loop["miller"], "" if loop["integers"] is None else str(tuple(loop["integers"])),
         f"{loop['frank_degrees']:.4g}" if abs(loop["frank_degrees"]) > 1e-6 else "",
         _three(loop["centre"], 2), _three(loop["normal"], 2), str(loop["bonds"]))
        for loop in value["loops"]
    ]  # fmt: skip
    if rows:
        print_table(("defect", "Burgers", "integers", "Frank (deg)", "at", "line", "bonds"), rows)
        convention = f"({value['burgers_convention']} convention)"
        if value["lines_are_parallel"]:
            total = ", ".join(f"{v / value['a'] + 0.0:.4g}" for v in value["total_burgers"])
            print(f"Burgers vectors add up to a [{total}] {convention}")
        else:
            print(f"Burgers vectors in the {convention[1:-1]}")
    else:
        print("every loop closes: no dislocation and no disclination")
    print(f"vacancies: {len(value['vacancies'])}, interstitials: {len(value['interstitials'])}, volume gained: "
          f"{value['volume_misfit']:.4g}")  # fmt: skip
    print(
        f"largest |alpha| {value['largest_density']:.4g} per length, "
        f"mean rotation {value['mean_rotation_degrees']:.4g} deg"
    )
    for note in value["notes"]:
        print(note)
    print("flagged: " + ", ".join(f"{n} {name}" for name, n in value["flags"].items()))


def _three(values: Any, digits: int) -> str:
    return "(" + ", ".join(f"{v + 0.0:.{digits}f}" for v in values) + ")"


@click.command(
    epilog="""\b
Examples:
  symmeter spacetime defects field alpha.npz
  symmeter spacetime defects field alpha.npz --stress --lame 1.5,1.0 --out stress.vtk

FILE holds alpha (3 x 3 x grid; Burgers direction, line direction), spacing, and C (6 x 6, or lambda and mu) unless
--lame or --voigt says it."""
)
@click.argument("path", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--stress", is_flag=True, help="Solve for the stress of a periodic box.")
@click.option("--spacing", metavar="LIST", help="Distance of grid points, one number or one for each axis.")
@click.option("--lame", metavar="LAMBDA,MU", help="Isotropic stiffness.")
@click.option("--cubic", metavar="C11,C12,C44", help="Cubic stiffness along the axes.")
@click.option("--zero-mode", type=click.Choice(["zero_mean_stress", "zero_mean_distortion"]),
              default="zero_mean_stress",
              show_default=True, help="A box that is free, or held.")  # fmt: skip
@click.option("--of", type=click.Choice(["distortion", "coframe"]), default="distortion", show_default=True,
              help="Whose curl alpha is; Nye tensors of atoms and orientations are of the coframe.")  # fmt: skip
@click.option("--component", default="von_mises", show_default=True, metavar="NAME", help="What pictures show.")
@click.option("--out", "outs", multiple=True, type=click.Path(path_type=Path), metavar="PATH",
              help="Save as .json, .npz, .vtk, .png or .svg; may be given several times.")  # fmt: skip
@json_option
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
def field(
    path: Path, stress: bool, spacing: str | None, lame: str | None, cubic: str | None, zero_mode: str, of: str,
    component: str, outs: tuple[Path, ...], as_json: bool, quiet: bool,
) -> None:  # fmt: skip
    """Say what a density of dislocations holds, and with --stress what stress it makes."""
    import json

    from symmeter.errors import InputError
    from symmeter.files import write_atomic
    from symmeter.progress import progress_bar
    from symmeter.spacetime.defects.density import checked_spacing, content_of, density_field
    from symmeter.spacetime.defects.stress import stress_from_density

    _outputs(outs, _FIELD_OUT)
    if not stress and any(out.suffix != ".json" for out in outs):
        raise InputError("only the stress is saved as arrays or pictures; add --stress, or save .json")
    held = _arrays(path)
    alpha, _ = density_field(held["alpha"])
    given = _numbers(spacing, "--spacing") if spacing is not None else held.get("spacing")
    steps = checked_spacing(given if given is None or len(given) > 1 else given[0], alpha.shape[2:])
    value = content_of(alpha, steps)
    if stress:
        with progress_bar(quiet=quiet) as progress:
            progress(0.1, "transforms")
            found = stress_from_density(alpha, _stiffness(held, lame, cubic), steps, zero_mode, of=of)
            value |= {
                "zero_mode": zero_mode, "energy": found.energy, "largest_von_mises": float(found.von_mises.max()),
                "curl_error": found.curl_error, "equilibrium_error": found.equilibrium_error,
                "notes": list(found.notes),
            }  # fmt: skip
            for out in outs:
                progress(0.8, f"writing {out.name}")
                if out.suffix.lower() in PICTURES:
                    found.plot(out, component)
                elif out.suffix.lower() != ".json":
                    found.save(out)
    for out in (o for o in outs if o.suffix.lower() == ".json"):
        write_atomic(out, json.dumps(value, indent=2) + "\n")
    if as_json:
        print_json(value)
    elif not quiet:
        print(f"{' x '.join(map(str, value['grid']))} points, spacing {', '.join(f'{s:g}' for s in steps)}")
        rows = [(name, *(f"{v:.6g}" for v in row)) for name, row in zip("xyz", value["absolute"])]
        print_table(("Burgers along", "lines along x", "y", "z"), rows, "integral of |alpha|")
        shares = ", ".join(f"{name} {share:.1%}" for name, share in value["shares"].items())
        print(f"shares of torsion: {shares}")
        if stress:
            print(
                f"energy {value['energy']:.6g}, largest von Mises stress {value['largest_von_mises']:.6g} ({zero_mode})"
            )
            print(f"errors: curl {value['curl_error']:.1e}, equilibrium {value['equilibrium_error']:.1e}")
            for note in value["notes"]:
                print(note)
    for out in outs:
        say(f"saved: {out}", quiet)


@click.command(
    epilog="""\b
Examples:
  symmeter spacetime defects ebsd map.ang --lattice fcc --burgers 2.55e-4
  symmeter spacetime defects ebsd map.ctf --lattice hcp --boundary 5 --out bound.png

FILE is .ang, .ctf, or .npz with orientations (nx x ny x 3 Euler angles in degrees, 4 of a quaternion, or 3 x 3),
spacing and, where odd rows stand half a step further, hexagonal = true."""
)
@click.argument("path", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--lattice", default="fcc", show_default=True, metavar="NAME",
              help="For the crystal's own rotations: sc, fcc, bcc, hcp, diamond.")  # fmt: skip
@click.option("--spacing", metavar="LIST", help="Step of the scan, one number or two; overrides the file's.")
@click.option("--boundary", type=float, default=10.0, show_default=True, metavar="DEGREES",
              help="Misorientation that parts two grains.")  # fmt: skip
@click.option("--burgers", type=float, metavar="LENGTH",
              help="Of the Burgers vectors, in the unit of the step: tells line length per volume.")  # fmt: skip
@click.option("--out", "outs", multiple=True, type=click.Path(path_type=Path), metavar="PATH",
              help="Save as .json, .npz, .vtk, .png or .svg; may be given several times.")  # fmt: skip
@json_option
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
def ebsd(
    path: Path, lattice: str, spacing: str | None, boundary: float, burgers: float | None, outs: tuple[Path, ...],
    as_json: bool, quiet: bool,
) -> None:  # fmt: skip
    """Say from a scan of orientations how many dislocations there are at least."""
    import json

    from symmeter.files import write_atomic
    from symmeter.progress import progress_bar
    from symmeter.spacetime.defects import from_orientations, read_orientations

    _outputs(outs, _MAP_OUT)
    with progress_bar(quiet=quiet) as progress:
        progress(0.0, "reading")
        scan = read_orientations(path)
        given = _numbers(spacing, "--spacing") if spacing is not None else scan.spacing
        step = given[0] if given is not None and len(given) == 1 else given
        progress(0.3, "differences of neighbours")
        found = from_orientations(scan.orientations, step, reference=lattice, boundary=boundary, missing=scan.missing,
                                  hexagonal=scan.hexagonal)  # fmt: skip
        value = found.summary() | {"lattice": lattice, "boundary_degrees": boundary, "notes": list(scan.notes)}
        if burgers is not None:
            rho = found.dislocation_density(burgers)
            known = rho[rho == rho]
            value["mean_dislocation_density"] = float(known.mean()) if len(known) else None
        for out in outs:
            progress(0.8, f"writing {out.name}")
            if out.suffix.lower() == ".json":
                write_atomic(out, json.dumps(value, indent=2) + "\n")
            else:
                found.save(out)
    if as_json:
        print_json(value)
    elif not quiet:
        _show_map(value)
    for out in outs:
        say(f"saved: {out}", quiet)


def _show_map(value: dict[str, Any]) -> None:
    steps = ", ".join(f"{s:g}" for s in value["spacing"])
    kind = "points of a hexagonal scan" if value["hexagonal"] else "points"
    print(f"{' x '.join(map(str, value['grid']))} {kind}, step {steps}: {value['missing']} without an orientation, "
          f"{value['without_neighbours']} without a neighbour in their grain")  # fmt: skip
    for note in value["notes"]:
        print(note)
    if value["mean_bound"] is None:
        print("no two neighbours belong to one grain: nothing is known")
        return
    print(f"|alpha| is at least {value['mean_bound']:.4g} per length on average, median {value['median_bound']:.4g}, "
          f"largest {value['largest_bound']:.4g}; a scan of a surface does not tell more")  # fmt: skip
    if "mean_dislocation_density" in value:
        print(f"dislocations: at least {value['mean_dislocation_density']:.4g} per length squared on average")


def _arrays(path: Path) -> dict[str, Any]:
    import zipfile

    import numpy as np

    from symmeter.errors import FileFormatError, MissingFileError

    try:
        found = np.load(path, allow_pickle=False)
        if isinstance(found, np.ndarray):
            raise FileFormatError(f"{path} is one array; save alpha, spacing and C as .npz")
        with found as data:
            held = {name: data[name] for name in data.files if name in ("alpha", "spacing", "C")}
            names = list(data.files)
    except FileFormatError:
        raise
    except OSError as error:
        raise MissingFileError(f"cannot read {path}: {error.strerror or 'it is no .npz file'}") from None
    except (ValueError, zipfile.BadZipFile, EOFError):
        raise FileFormatError(
            f"{path} is no .npz file of numbers; save alpha, spacing and C with numpy.savez"
        ) from None
    if "alpha" not in held:
        raise FileFormatError(f"{path} has no array 'alpha' (it has {', '.join(names) or 'none'}); give 3 x 3 x grid")
    if "spacing" in held:
        held["spacing"] = np.atleast_1d(held["spacing"]).tolist()
    return held


def _numbers(text: str, option: str) -> list[float]:
    from symmeter.errors import InputError

    try:
        found = [float(word) for word in text.replace(",", " ").split()]
    except ValueError:
        found = []
    if not found:
        raise InputError(f"{option} {text!r} is no list of numbers; write them as 1.5,1.0")
    return found


def _stiffness(held: dict[str, Any], lame: str | None, cubic: str | None) -> Any:
    from symmeter.errors import InputError
    from symmeter.spacetime.defects.stiffness import cubic_stiffness

    if lame is not None and cubic is not None:
        raise InputError("--lame and --cubic are two stiffnesses; give one")
    for option, text, count in (("--lame", lame, 2), ("--cubic", cubic, 3)):
        if text is not None:
            values = _numbers(text, option)
            if len(values) != count:
                raise InputError(f"{option} {text!r} has {len(values)} numbers; it takes {count}")
            return cubic_stiffness(*values) if count == 3 else tuple(values)
    if "C" not in held:
        raise InputError(
            "the stiffness is missing: give --lame LAMBDA,MU, --cubic C11,C12,C44, or an array C in the file"
        )
    return held["C"]
