"""``symmeter signals pta``: overlap functions of an array, fits of the sky to correlations, forecasts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from symmeter.cli.lazy import LazyGroup
from symmeter.cli.output import json_option, print_json, print_table, say

__all__ = ["fit", "forecast", "orf", "pta"]

_COMMANDS = {
    "orf": ("symmeter.cli.signals_pta:orf", "Exact correlations of every pair for every harmonic of the sky."),
    "fit": (
        "symmeter.cli.signals_pta:fit",
        "The sky that fits measured correlations best, and whether it is isotropic.",
    ),
    "forecast": ("symmeter.cli.signals_pta:forecast", "What an array will tell of each degree."),
}
_pulsars: Any = click.option(
    "--pulsars", type=click.Path(path_type=Path), required=True, metavar="FILE",
    help="Names such as J1713+0747, one a line; or name, right ascension and declination in degrees.",
)  # fmt: skip
_lmax: Any = click.option(
    "--lmax", type=click.IntRange(0), default=4, show_default=True, metavar="L", help="Largest degree."
)


@click.group(
    cls=LazyGroup, commands_at=_COMMANDS, epilog="A first look:  symmeter signals pta orf --pulsars names.txt --lmax 4"
)
def pta() -> None:
    """Pulsar timing arrays."""


def _array(path: Path) -> Any:
    import numpy as np

    from symmeter.errors import FileFormatError, InputError, MissingFileError
    from symmeter.signals.pta import Array, position_of_name

    if not path.is_file():
        raise MissingFileError(f"{path} does not exist; give a file of pulsar names, one a line")
    names, places = [], []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{path} is no text: {error}") from error
    for number, line in enumerate(lines, 1):
        words = line.split("#")[0].replace(",", " ").split()
        if not words:
            continue
        try:
            if len(words) == 1:
                place = position_of_name(words[0])
            elif len(words) == 3:
                place = float(words[1]) * 0.017453292519943295, float(words[2]) * 0.017453292519943295
            else:
                raise InputError(f"{len(words)} words; write a name, or a name with two angles in degrees")
        except (InputError, ValueError) as error:
            raise InputError(f"{path}, line {number}: {error}") from error
        names.append(words[0])
        places.append(place)
    if len(places) < 2:
        raise InputError(f"{path} names {len(places)} pulsars; at least two are needed")
    ra, dec = np.array(places, dtype=float).T
    return Array.from_equatorial(ra, dec, names)


@click.command(epilog="Example:  symmeter signals pta orf --pulsars names.txt --lmax 8 --out orf.npz")
@_pulsars
@_lmax
@click.option("--convention", default="mingarelli", show_default=True, metavar="NAME", help="Or enterprise, source.")
@click.option("--auto", is_flag=True, help="Rows for each pulsar with itself, too.")
@click.option("--out", type=click.Path(path_type=Path), metavar="PATH", help="Save everything as .npz.")
@json_option
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
def orf(pulsars: Path, lmax: int, convention: str, auto: bool, out: Path | None, as_json: bool, quiet: bool) -> None:
    """Exact generalised overlap reduction functions of an array."""

    import numpy as np

    from symmeter.cli.find import _check_output
    from symmeter.files import write_arrays

    if out is not None:
        _check_output("--out", out, (".npz",))
    array = _array(pulsars)
    basis = array.orf_basis(lmax, convention=convention, auto=auto)
    if out is not None:
        write_arrays(out, {"basis": basis, "pairs": array.pairs, "angles": array.angles, "names": array.names,
                           "lmax": lmax})  # fmt: skip
    if as_json:
        print_json({
            "pulsars": list(array.names), "pairs": array.pairs.tolist(), "angles": array.angles.tolist(), "lmax": lmax,
            "convention": convention, "basis": basis.tolist(),
        })  # fmt: skip
    elif not quiet:
        rows = []
        for (a, b), angle, row in list(zip(array.pairs, array.angles, basis))[:12]:
            shown = " ".join(f"{v:+.5f}" for v in row[:9])
            rows.append((array.names[a], array.names[b], f"{np.degrees(angle):.2f}", shown))
        print_table(("a", "b", "degrees", "l m = 00 1-1 10 11 2-2 ..."), rows)
        if len(array.pairs) > 12:
            print(f"... {len(array.pairs)} pairs in all; --out orf.npz or --json for every number")
    if out is not None:
        say(f"saved: {out}", quiet)


@click.command(epilog="Example:  symmeter signals pta fit --data pairs.csv --lmax 2 --picture sky.svg")
@click.option(
    "--pulsars",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="As for orf; not needed when the data name their pulsars.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    metavar="PATH",
    help="A table of rows a,b,rho,sigma; or an .npz with rho and sigma of every pair (a < b, row by row).",
)
@_lmax
@click.option(
    "--basis",
    default="linear",
    show_default=True,
    metavar="NAME",
    help="linear; sqrt: positive; pixel; radiometer: each pixel alone.",
)
@click.option("--nside", type=click.IntRange(1, 64), default=8, show_default=True, metavar="N", help="Of the pixels.")
@click.option("--simulate", type=click.IntRange(0), default=0, metavar="N", help="Isotropic skies for the p-value.")
@click.option("--out", type=click.Path(path_type=Path), metavar="PATH", help="Save the result as .json.")
@click.option("--picture", type=click.Path(path_type=Path), metavar="PATH", help="Save a map: .svg, .png or .pdf.")
@json_option
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default="0", metavar="N", help="Seed.")
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
def fit(
    pulsars: Path | None,
    data: Path,
    lmax: int,
    basis: str,
    nside: int,
    simulate: int,
    out: Path | None,
    picture: Path | None,
    as_json: bool,
    seed: int,
    quiet: bool,
) -> None:
    """Fit the power of the sky to correlations of pairs."""
    import json

    import numpy as np

    from symmeter.cli.find import _check_output
    from symmeter.files import write_atomic
    from symmeter.signals.pta import AnisotropyFit

    for option, path, kinds in (("--out", out, (".json",)), ("--picture", picture, (".svg", ".png", ".pdf"))):
        if path is not None:
            _check_output(option, path, kinds)
    array, rho, sigma = _correlations(pulsars, data)
    found = AnisotropyFit(array, rho, sigma, lmax, basis, nside=nside)
    p = found.p_value(simulate, np.random.default_rng(seed)) if simulate or basis == "linear" else None
    chi2 = None if basis == "radiometer" else found.chi2()
    # The mean power of noise can be negative, which is no sky.
    spectrum = found.power.spectrum if found.c_lm[0] > 0 else None
    least = float(found.map(16).min())
    plain = {
        "lmax": lmax,
        "basis": basis,
        "c_lm": found.c_lm.tolist(),
        "spectrum": None if spectrum is None else spectrum.tolist(),
        "C_l": found.C_l.tolist(),
        "deviations": np.sqrt(np.diag(found.cov)).tolist(),
        "chi2": chi2,
        "pairs": len(array.pairs),
        "delta_chi2": found.delta_chi2,
        "p_value": p,
        "least_power": least,
        "condition": found.condition,
    }
    if out is not None:
        write_atomic(out, json.dumps(plain, indent=2))
    if picture is not None:
        found.draw(picture)
    if as_json:
        print_json(plain)
    elif not quiet:
        error = np.sqrt(np.diag(found.cov))
        ratios = found.C_l / found.c_lm[0] ** 2
        rows = [
            (str(k), f"{ratio:.4g}", f"{np.sqrt((error[k * k : (k + 1) ** 2] ** 2).mean()):.3g}")
            for k, ratio in enumerate(ratios)
        ]
        title = f"{len(array)} pulsars, {len(array.pairs)} pairs, {basis}"
        print_table(("l", "C_l / C_0", "deviation of c_lm"), rows, title=title)
        told = "" if p is None else f", p = {p:.3g} for an isotropic sky"
        start = "" if chi2 is None else f"chi2 {chi2:.1f}, "
        print(f"{start}gain over isotropic {found.delta_chi2:.1f}{told}")
        print(f"condition number {found.condition:.3g}; least power {least:.3g} of the mean")
    for path in (out, picture):
        if path is not None:
            say(f"saved: {path}", quiet)


def _correlations(pulsars: Path | None, data: Path) -> tuple[Any, Any, Any]:
    """The array, and correlations and their noise."""
    from symmeter.errors import InputError
    from symmeter.subjects.pulsars import is_pulsar_pairs

    if pulsars is not None:
        return _array(pulsars), *_pairs_of(data)
    if data.is_file() and not is_pulsar_pairs(data):
        raise InputError(f"{data} names no pulsars; add --pulsars, or rows such as J0030+0451,J0437-4715,0.1,0.05")
    from symmeter.signals.pta.pair_files import open_pairs

    found = open_pairs(data)
    return found.array, found.rho, found.sigma


def _pairs_of(path: Path) -> tuple[Any, Any]:
    import numpy as np

    from symmeter.errors import FileFormatError, InputError, MissingFileError

    if not path.is_file():
        raise MissingFileError(f"{path} does not exist; give an .npz with rho and sigma")
    try:
        with np.load(path, allow_pickle=False) as archive:
            if isinstance(archive, np.ndarray):
                raise InputError(f"{path} holds one array; give an .npz with rho and sigma")
            arrays = {k.lower(): np.asarray(archive[k]) for k in archive.files}
    except (ValueError, OSError, EOFError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        raise FileFormatError(f"{path} cannot be read as .npz of numbers: {error}") from error
    noise = arrays.get("sigma", arrays.get("covariance"))
    if "rho" not in arrays or noise is None:
        raise InputError(f"{path} holds {', '.join(arrays) or 'nothing'}; it must hold rho, and sigma or covariance")
    return arrays["rho"], noise


@click.command(epilog="Example:  symmeter signals pta forecast --pulsars names.txt --lmax 6 --sigma 0.1")
@_pulsars
@_lmax
@click.option("--sigma", type=click.FloatRange(0, min_open=True), default=0.1, show_default=True, metavar="S",
              help="Deviation of each correlation, in units of the overlap function.")  # fmt: skip
@json_option
def forecast(pulsars: Path, lmax: int, sigma: float, as_json: bool) -> None:
    """Deviations of the coefficients of each degree, and the smallest anisotropy that would show."""
    import numpy as np

    array = _array(pulsars)
    rows = []
    whole = array.fisher(lmax, sigma)
    for top in range(lmax + 1):
        information = whole[: (top + 1) ** 2, : (top + 1) ** 2]
        values = np.linalg.eigvalsh(information)
        condition = float(values[-1] / values[0]) if values[0] > 0 else float("inf")
        deviation = np.sqrt(np.diag(np.linalg.pinv(information, hermitian=True)))[top * top :]
        floor = float((deviation**2).mean() / (4 * np.pi))
        rows.append(
            {"l": top, "deviation": float(np.sqrt((deviation**2).mean())), "floor": floor, "condition": condition}
        )
    if as_json:
        print_json({"pulsars": len(array), "pairs": len(array.pairs), "sigma": sigma, "degrees": rows})
        return
    shown = [(str(r["l"]), f"{r['deviation']:.3g}", f"{r['floor']:.3g}", f"{r['condition']:.3g}") for r in rows]
    title = f"{len(array)} pulsars, {len(array.pairs)} pairs, sigma {sigma:g}"
    print_table(("up to l", "deviation of c_lm", "noise in C_l / C_0", "condition"), shown, title=title)
