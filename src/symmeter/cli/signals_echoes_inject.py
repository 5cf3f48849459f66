"""``symmeter signals echoes inject``: strain with a train of echoes in Gaussian noise, as a file to search."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from symmeter.cli.output import json_option, print_json, say

__all__ = ["inject"]

_NAMES = ["constant", "damped", "boltzmann", "xin"]


@click.command(
    epilog="Example:  symmeter signals echoes inject --benchmark constant --snr 15 --noise aligo --out strain.npz"
)
@click.option("--benchmark", "name", type=click.Choice(_NAMES), default="constant", show_default=True, help="Waveform.")
@click.option("--mass", type=float, default=68.0, show_default=True, metavar="M", help="Solar masses of the remnant.")
@click.option("--spin", type=float, default=0.69, show_default=True, metavar="CHI", help="Its spin, below one.")
@click.option("--redshift", type=float, default=0.0, show_default=True, metavar="Z", help="Its redshift.")
@click.option(
    "--eta", type=float, default=2.0, show_default=True, metavar="ETA", help="Delay over that of a Planck length."
)
@click.option(
    "--echoes", type=click.IntRange(1, 100_000), default=100, show_default=True, metavar="N", help="How many."
)
@click.option("--reflectivity", type=float, metavar="R", help="Of the wall, in place of the waveform's own.")
@click.option(
    "--snr", type=float, default=15.0, show_default=True, metavar="RHO", help="Optimal signal-to-noise ratio."
)
@click.option("--noise", default="white", show_default=True, metavar="NAME",
              help="white, or a design: aligo, aligo-o4, a-plus, virgo, kagra, et-d, cosmic-explorer.")  # fmt: skip
@click.option("--sample-rate", type=float, default=4096.0, show_default=True, metavar="HZ", help="Hertz.")
@click.option("--start", type=float, default=0.0, show_default=True, metavar="T", help="Time of the first sample.")
@click.option("--off-source", type=float, default=0.0, show_default=True, metavar="S",
              help="Seconds of noise alone before the echoes, to measure its spectrum.")  # fmt: skip
@click.option("--detector", default="H1", show_default=True, metavar="NAME", help="Name that the file carries.")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="PATH", help="A .npz or .hdf5 file.")
@json_option
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default="0", metavar="N", help="Seed of the noise.")
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
def inject(
    name: str,
    mass: float,
    spin: float,
    redshift: float,
    eta: float,
    echoes: int,
    reflectivity: float | None,
    snr: float,
    noise: str,
    sample_rate: float,
    start: float,
    off_source: float,
    detector: str,
    out: Path,
    as_json: bool,
    seed: int,
    quiet: bool,
) -> None:
    """Write strain that holds a train of echoes in Gaussian noise."""
    import numpy as np

    from symmeter.cli.find import _check_output
    from symmeter.errors import InputError
    from symmeter.signals.echoes.design_noise import coloured_noise, design_psd
    from symmeter.signals.echoes.strain_record import StrainRecord
    from symmeter.signals.echoes.strain_writing import write_strain
    from symmeter.signals.echoes.waveforms import benchmark

    _check_output("--out", out, (".npz", ".hdf5", ".h5"))
    if not (np.isfinite(snr) and snr >= 0):
        raise InputError(f"--snr {snr:g} is negative or not finite")
    if not (np.isfinite(off_source) and off_source >= 0):
        raise InputError(f"--off-source {off_source:g} is negative or not finite; give seconds")
    train = benchmark(
        name, reflectivity=reflectivity, spin=spin, delay_eta=eta, n_echoes=echoes, mass=mass, redshift=redshift
    )
    signal = train.time_series(sample_rate)
    quiet_samples = round(off_source * sample_rate)
    total = quiet_samples + len(signal)
    density: Any = 2.0 / sample_rate if noise == "white" else noise
    psd: Any = 2.0 / sample_rate if noise == "white" else design_psd(noise, np.maximum(train.frequencies, 1e-3))
    loud = train.scaled_to(snr, psd) if snr > 0 else train.scaled(0.0)
    values = coloured_noise(density, total / sample_rate, sample_rate, np.random.default_rng(seed))
    values[quiet_samples:] += loud.time_series(sample_rate)
    facts = {
        "benchmark": name, "spacing": train.spacing, "delay": train.delay, "duration": train.duration, "snr": snr,
        "mass": mass, "spin": spin, "redshift": redshift, "eta": eta, "echoes": echoes, "highest": train.highest,
        "onset": start + quiet_samples / sample_rate,
    }  # fmt: skip
    write_strain(out, StrainRecord(values, sample_rate, start, detector), facts)
    if as_json:
        print_json({"file": str(out), "noise": noise, "sample_rate": sample_rate, "seed": seed, **facts})
    elif not quiet:
        print(
            f"{echoes} echoes every {train.delay:.5f} s: a comb of {train.spacing:.5f} Hz up to {train.highest:.1f} Hz"
        )
        print(f"signal-to-noise ratio {snr:g} in {train.duration:.3f} s from t = {facts['onset']:.10g}")
    say(f"saved: {out}", quiet)
