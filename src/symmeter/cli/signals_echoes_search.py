"""``symmeter signals echoes search``: is there an even comb of lines in strain, and how surely?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from symmeter.cli.output import json_option, print_json, print_table, say

__all__ = ["data_options", "opened", "prior_of", "search"]


def data_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say what is searched, and where: shared with ``calibrate``."""
    options = (
        click.option("--start", type=float, metavar="T", help="Onset of the echoes; the file's start if omitted."),
        click.option("--duration", type=float, metavar="S", help="Seconds to search from there; the rest if omitted."),
        click.option("--sample-rate", type=float, metavar="HZ", help="Where the file does not say."),
        click.option("--psd", default="welch", show_default=True, metavar="NAME",
                     help="welch (data before the onset when there are enough), white, or a design such as aligo."),
        click.option("--high-pass", type=float, metavar="HZ",
                     help="Filter out what the ground does below; 15 where the band allows, 0 leaves the data alone."),
        click.option("--notch", "notches", multiple=True, metavar="LOW-HIGH", help="A band to leave out, hertz."),
        click.option("--lines/--no-lines", "lines", default=True, show_default=True, help="Leave narrow lines out."),
        click.option("--mass", type=float, metavar="M", help="Solar masses of the remnant, in its own frame."),
        click.option("--spin", type=float, metavar="CHI", help="Its spin, below one."),
        click.option("--redshift", type=float, default=0.0, show_default=True, metavar="Z", help="Its redshift."),
        click.option("--eta", default="1-4", show_default=True, metavar="LOW-HIGH", help="Range of delays."),
        click.option("--spacing", metavar="LOW-HIGH", help="Of lines, hertz, in place of mass and spin."),
        click.option("--band", metavar="LOW-HIGH", help="Where lines may lie, hertz."),
        click.option("--likelihood", type=click.Choice(["per-mode", "per-bin", "amplitude-free"]), default="per-mode",
                     show_default=True, help="A phase for each mode or bin, or free heights."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.command(epilog="Example:  symmeter signals echoes search strain.npz --mass 68 --spin 0.69 --start 64")
@click.argument("paths", nargs=-1, required=True, metavar="FILES...", type=click.Path(path_type=Path))
@data_options
@click.option("--incoherent", is_flag=True, help="Several detectors: phases of their own for each.")
@click.option("--sky", metavar="RA,DEC", help="Place of the source, radians, from which detectors' factors follow.")
@click.option("--antenna", metavar="C1,C2", help="Complex antenna factors of the files, or free (two detectors).")
@click.option("--delays", metavar="S1,S2", help="Seconds by which the wave reaches each detector late.")
@click.option(
    "--draws", type=click.IntRange(1000), default=60_000, show_default=True, metavar="N", help="For evidence."
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="PATH", help="Save samples and periodogram as .npz, or .json."
)
@json_option
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default="0", metavar="N", help="Seed.")
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
def search(
    paths: tuple[Path, ...], start: float | None, duration: float | None, sample_rate: float | None, psd: str,
    high_pass: float | None, notches: tuple[str, ...], lines: bool, mass: float | None, spin: float | None,
    redshift: float, eta: str, spacing: str | None, band: str | None, likelihood: str, incoherent: bool,
    sky: str | None, antenna: str | None, delays: str | None, draws: int, out: Path | None, as_json: bool, seed: int,
    quiet: bool,
) -> None:  # fmt: skip
    """Look for an evenly spaced comb of lines, without a waveform.

    FILES are strain of one event, one file for each detector: .hdf5 (needs h5py), .npz, .csv or .txt.
    """
    import warnings

    from symmeter.cli.find import _check_output
    from symmeter.progress import progress_bar
    from symmeter.signals import echoes as ec

    if out is not None:
        _check_output("--out", out, (".npz", ".json"))
    prior = prior_of(mass, spin, redshift, eta, spacing, band)
    floor = high_pass_of(high_pass, band, psd)
    strains, densities, masks, notes = opened(paths, start, duration, sample_rate, psd, floor, notches, lines)
    factors, late, said = network_of(strains, sky, antenna, delays, incoherent)
    with progress_bar(quiet=quiet) as progress, warnings.catch_warnings():
        # The result says it too, and in its own place.
        warnings.simplefilter("ignore", ec.UnlikelyNoise)
        found = ec.search(
            strains, densities, prior, likelihood, coherent=not incoherent, mask=masks, delays=late, antenna=factors,
            draws=draws, rng=seed, progress=progress,
        )  # fmt: skip
    plain = _plain(found, strains, likelihood, [*notes, *said, *found.notes], seed)
    if out is not None:
        _save(out, found, plain)
    if as_json:
        print_json(plain)
    elif not quiet:
        _show(found, plain)
    if out is not None:
        say(f"saved: {out}", quiet)


def pair_of(text: str, option: str) -> tuple[float, float]:
    """``"1-4"`` as two growing numbers."""
    from symmeter.errors import InputError

    words = text.replace(":", "-").split("-")
    try:
        low, high = (float(w) for w in words)
    except ValueError:
        raise InputError(f"{option} {text!r} is no range; write two numbers such as 1-4") from None
    if not low < high:
        raise InputError(f"{option} {text!r} does not grow; write the smaller number first")
    return low, high


def prior_of(
    mass: float | None, spin: float | None, redshift: float, eta: str, spacing: str | None, band: str | None
) -> Any:
    """The prior of a search, from the remnant or from a range of spacings."""
    from symmeter.errors import InputError
    from symmeter.signals import echoes as ec

    if spacing is None:
        if mass is None or spin is None:
            raise InputError("give --mass and --spin of the remnant, or --spacing LOW-HIGH in hertz")
        prior = ec.UniEwPrior.from_remnant(mass, spin, redshift, eta=pair_of(eta, "--eta"))
        return prior if band is None else prior.replace(band=pair_of(band, "--band"))
    if mass is not None or spin is not None:
        raise InputError("--spacing stands in place of --mass and --spin; give one or the other")
    if band is None:
        raise InputError("--spacing needs --band LOW-HIGH, where lines may lie, in hertz")
    low, high = pair_of(spacing, "--spacing")
    return ec.UniEwPrior(
        width=(None, high), amplitude=(0.01, 10.0), spacing=(low, high), band=pair_of(band, "--band"), free_band=True,
        amplitude_unit="noise",
    )  # fmt: skip


def high_pass_of(given: float | None, band: str | None, psd: str) -> float | None:
    """Where to filter: as given, or below the band at 15 Hz at most; white noise has no ground beneath it."""
    from symmeter.errors import InputError

    if given is not None:
        if given < 0:
            raise InputError(f"--high-pass {given:g} is negative; give hertz, or 0 to leave the data alone")
        return given or None
    if psd == "white":
        return None
    return (15.0 if band is None else min(15.0, pair_of(band, "--band")[0])) or None


def network_of(
    strains: list[Any], sky: str | None, antenna: str | None, delays: str | None, incoherent: bool
) -> tuple[Any, Any, list[str]]:
    """Antenna factors and delays of the detectors, and what is to be said of them."""
    from symmeter.errors import InputError
    from symmeter.signals import echoes as ec

    if sky is not None:
        if antenna is not None or delays is not None:
            raise InputError("--sky says what --antenna and --delays are; give one or the others")
        place = _numbers(sky, "--sky", float, 2)
        seen = ec.network_response([s.detector for s in strains], *place, gps=strains[0].start)
        return seen.antenna, seen.delays, []
    factors: Any = antenna
    if antenna is not None and antenna != "free":
        factors = _numbers(antenna, "--antenna", complex, len(strains))
    late = None if delays is None else _numbers(delays, "--delays", float, len(strains))
    if len(strains) > 1 and factors is None and late is None and not incoherent:
        return None, None, [
            "the detectors were taken as alike and in one place; say where the source is (--sky), give --antenna and "
            "--delays, or let each have phases of its own (--incoherent)"
        ]  # fmt: skip
    return factors, late, []


def _numbers(text: str, option: str, kind: Callable[[str], Any], count: int) -> list[Any]:
    import cmath

    from symmeter.errors import InputError

    try:
        values = [kind(word) for word in text.split(",")]
    except ValueError:
        values = []
    if len(values) != count or not all(cmath.isfinite(v) for v in values):
        raise InputError(f"{option} {text!r} is no list of {count} numbers; write them with commas between")
    return values


def opened(
    paths: tuple[Path, ...], start: float | None, duration: float | None, sample_rate: float | None, psd: str,
    high_pass: float | None, notches: tuple[str, ...], lines: bool,
) -> tuple[list[Any], list[Any], Any, list[str]]:  # fmt: skip
    """Strain, densities and masks of every file."""
    from symmeter.errors import InputError
    from symmeter.signals import echoes as ec

    if len({str(p) for p in paths}) < len(paths):
        raise InputError("the same file was given twice; give one file for each detector")
    bands = [pair_of(text, "--notch") for text in notches]
    strains, densities, masks, notes = [], [], [], []
    for path in paths:
        record = ec.read_strain(path, sample_rate=sample_rate)
        whole = ec.Strain.of(record)
        notes += [f"{record.detector or path.name}: {note}" for note in record.notes]
        if high_pass is not None:
            whole = whole.high_passed(high_pass)
        # Where the filter rings nothing is searched, unless the file is too short to do without.
        ends = whole.spoilt if whole.duration > 8.0 * whole.spoilt else 0.0
        onset = record.start + ends if start is None else start
        rest = record.start + record.duration - onset - (ends if duration is None else 0.0)
        if ends and (onset < record.start + ends or onset + (duration or 0.0) > record.start + record.duration - ends):
            notes.append(
                f"{record.detector or path.name}: the high-pass filter rings for {ends:g} s at the file's ends"
            )
        if rest <= 0 or onset < record.start:
            raise InputError(
                f"{path.name} covers {record.start:.10g} to {record.start + record.duration:.10g} s; the onset "
                f"{onset:.10g} is not inside"
            )
        on = whole.cut(onset, rest if duration is None else duration)
        before = onset - record.start
        if psd == "white":
            # Of the noise before the onset where there is any: the signal itself is no noise.
            quiet = whole.values[: round(before * record.sample_rate)]
            quiet = quiet if len(quiet) >= len(on.values) // 4 else on.values
            density, mask = 2.0 * float(quiet.var()) / record.sample_rate, None
        elif psd == "welch":
            # Half a second, as in the paper: coarser than a comb, which must not be taken for noise.
            segment = min(2048, int(record.sample_rate / 2))
            enough = before * record.sample_rate >= 8 * segment
            skipped = ends if before > 4.0 * ends else 0.0
            noise = whole.cut(record.start + skipped, before - skipped) if enough else on
            density = ec.welch_psd(noise, segment=segment, method="median")
            mask = ec.notch_lines(density, extra=bands) if lines else None
            where = f"{before:g} s before the onset" if enough else "the data that are searched"
            notes.append(f"{record.detector or path.name}: noise measured on {where}")
        else:
            density, mask = psd, None
        if bands and mask is None:
            raise InputError("--notch goes with --psd welch and --lines")
        strains.append(on)
        densities.append(density)
        masks.append(mask)
    if all(m is None for m in masks):
        return strains, densities, None, notes
    return strains, densities, masks if len(masks) > 1 else masks[0], notes


def _plain(found: Any, strains: list[Any], likelihood: str, notes: list[str], seed: int) -> dict[str, Any]:
    best = found.best
    family = found.harmonic_family
    return {
        "detectors": [s.detector for s in strains],
        "duration": float(strains[0].duration),
        "likelihood": likelihood,
        "ln_bayes_factor": float(found.ln_bayes_factor),
        "ln_bayes_error": float(found.ln_bayes_error),
        "best": {k: float(getattr(best, k)) for k in ("spacing", "phase", "width", "amplitude", "fmin", "fmax")},
        "best_ln_likelihood": float(found.best_ln_likelihood),
        "quantiles": {k: _quantiles(v) for k, v in found.samples.items()},
        "harmonic_family": {
            f"{r:.6g}": float(v) for r, v in zip(family.ratios, family.ln_likelihoods) if abs(v) < 1e300
        },
        "limits": {k: float(v) for k, v in found.limits.items()},
        "effective_samples": float(found.effective_samples),
        "notes": notes,
        "seed": seed,
    }


def _quantiles(values: Any) -> list[float]:
    import numpy as np

    return [float(v) for v in np.quantile(values, (0.05, 0.5, 0.95))]


def _show(found: Any, plain: dict[str, Any]) -> None:
    q = plain["quantiles"]
    units = {"spacing": "Hz", "width": "1/s", "fmin": "Hz", "fmax": "Hz", "amplitude": "1/Hz", "snr": ""}
    names = {
        "spacing": "spacing", "width": "width of a line", "amplitude": "height of a line", "fmin": "from", "fmax": "to",
        "snr": "signal-to-noise ratio",
    }  # fmt: skip
    rows = [
        (names[k], f"{plain['best'].get(k, float('nan')):.6g}" if k in plain["best"] else "",
         f"{q[k][1]:.6g}", f"{q[k][0]:.6g} to {q[k][2]:.6g}", units[k])
        for k in ("spacing", "width", "amplitude", "fmin", "fmax", "snr") if k in q
    ]  # fmt: skip
    print_table(("comb", "likeliest", "median", "90 % interval", ""), rows)
    sure = plain["ln_bayes_factor"]
    verdict = "a comb" if sure > 3 else "undecided" if sure > 0 else "noise alone"
    print(f"ln Bayes factor, comb over noise: {sure:.2f} +- {plain['ln_bayes_error']:.2f} ({verdict})")
    spacing = plain["best"]["spacing"]
    others = [f"{float(r):.4g} x {v:.1f}" for r, v in plain["harmonic_family"].items() if abs(float(r) - 1.0) > 1e-6]
    print(f"spacing {spacing:.6g} Hz is an echo every {1.0 / spacing:.6g} s")
    if others:
        print(f"ln likelihood {plain['best_ln_likelihood']:.1f}; of fractions and multiples: {', '.join(others)}")
    if sure <= 3:
        print(f"signal-to-noise ratio below {plain['limits']['snr']:.1f} (90 %)")
    for note in plain["notes"]:
        print(note)


def _save(path: Path, found: Any, plain: dict[str, Any]) -> None:
    import json

    import numpy as np

    from symmeter.files import write_arrays, write_atomic

    if path.suffix.lower() == ".json":
        write_atomic(path, json.dumps(plain, indent=2) + "\n")
        return
    arrays: dict[str, Any] = {
        "spacings": found.periodogram.spacings, "ln_likelihoods": found.periodogram.values,
        "ln_bayes_factor": found.ln_bayes_factor, "ln_bayes_error": found.ln_bayes_error,
        **{f"samples_{k}": np.asarray(v) for k, v in found.samples.items()},
    }  # fmt: skip
    write_arrays(path, arrays)
