"""``symmeter signals echoes calibrate``: what noise alone gives, and whether posteriors are honest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from symmeter.cli.output import json_option, print_json, print_table, say
from symmeter.cli.signals_echoes_search import data_options

__all__ = ["calibrate"]


@click.command(
    epilog="Example:  symmeter signals echoes calibrate --duration 12 --mass 68 --spin 0.69 --realisations 200"
)
@click.argument("paths", nargs=-1, metavar="[FILES]...", type=click.Path(path_type=Path))
@data_options
@click.option("--realisations", type=click.IntRange(2), default=200, show_default=True, metavar="N", help="Of noise.")
@click.option("--ranks", type=click.IntRange(0), default=0, show_default=True, metavar="N",
              help="Combs from the prior to inject and recover, for a test of posteriors.")  # fmt: skip
@click.option("--off-source", is_flag=True, help="Use stretches of the files before the onset, not simulated noise.")
@click.option("--out", type=click.Path(path_type=Path), metavar="PATH", help="Save everything as .json.")
@json_option
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default="0", metavar="N", help="Seed.")
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
def calibrate(
    paths: tuple[Path, ...], start: float | None, duration: float | None, sample_rate: float | None, psd: str,
    high_pass: float | None, notches: tuple[str, ...], lines: bool, mass: float | None, spin: float | None,
    redshift: float, eta: str, spacing: str | None, band: str | None, likelihood: str, realisations: int, ranks: int,
    off_source: bool, out: Path | None, as_json: bool, seed: int, quiet: bool,
) -> None:  # fmt: skip
    """How often noise alone looks like echoes, and whether posteriors are honest.

    FILES give rate, duration and noise; without them white noise of --duration seconds at --sample-rate is drawn.
    """
    import json

    import numpy as np

    from symmeter.cli.find import _check_output
    from symmeter.cli.signals_echoes_search import high_pass_of, opened, prior_of
    from symmeter.errors import InputError
    from symmeter.files import write_atomic
    from symmeter.progress import progress_bar
    from symmeter.signals import echoes as ec

    if out is not None:
        _check_output("--out", out, (".json",))
    prior = prior_of(mass, spin, redshift, eta, spacing, band)
    masks: Any = None
    floor = None
    if paths:
        floor = high_pass_of(high_pass, band, psd)
        strains, densities, masks, _ = opened(paths, start, duration, sample_rate, psd, floor, notches, lines)
    else:
        if duration is None:
            raise InputError("without files --duration says how long the noise is, in seconds")
        if off_source:
            raise InputError("--off-source takes stretches of files; give one")
        rate = 4096.0 if sample_rate is None else sample_rate
        density: Any = 2.0 / rate if psd in ("welch", "white") else psd
        strains = [ec.Strain.from_array(ec.coloured_noise(density, duration, rate, rng=seed), rate)]
        densities = [density]
    data = ec.prepare(strains, densities, mask=masks)
    with progress_bar(quiet=quiet) as progress:
        part = 0.8 if ranks else 1.0

        def told(share: float, what: str) -> None:
            progress(part * share, what)

        if off_source:
            found = ec.background(
                [ec.Strain.from_gwosc(p, sample_rate=sample_rate, high_pass=floor) for p in paths], densities, prior,
                strains[0].duration, onset=start, count=realisations, mask=masks, rng=seed, progress=told,
                likelihood=likelihood,
            )  # fmt: skip
        else:
            found = ec.noise_background(
                data, prior, realisations, rng=seed, progress=told, likelihood=likelihood
            )  # fmt: skip
        honest = ec.posterior_ranks(data, prior, ranks, likelihood=likelihood, rng=seed) if ranks else None
    values = np.asarray(found.values, dtype=float)
    plain: dict[str, Any] = {
        "realisations": len(values), "likelihood": likelihood, "median": float(np.median(values)),
        "quantiles": [float(v) for v in np.quantile(values, (0.16, 0.84))], "largest": float(values.max()),
        "threshold_0.01": float(found.threshold(0.01)) if len(values) >= 100 else None,
        "above_zero": float(np.mean(values > 0)),
        "false_alarm_probability_of_zero": float(found.false_alarm_probability(0.0)),
        "p_values": None if honest is None else {k: float(v) for k, v in honest.p_values.items()},
        "values": values.tolist(), "seed": seed,
    }  # fmt: skip
    if out is not None:
        write_atomic(out, json.dumps(plain, indent=2) + "\n")
    if as_json:
        print_json(plain)
    elif not quiet:
        rows = [
            ("median", f"{plain['median']:.2f}"),
            ("16 to 84 %", f"{plain['quantiles'][0]:.2f} to {plain['quantiles'][1]:.2f}"),
            ("largest", f"{plain['largest']:.2f}"),
        ]
        if plain["threshold_0.01"] is not None:
            rows.append(("exceeded in 1 %", f"{plain['threshold_0.01']:.2f}"))
        print_table(("ln Bayes factor of noise", ""), rows, title=f"{len(values)} realisations of noise alone")
        if plain["p_values"] is not None:
            shown = ", ".join(f"{k} {v:.2f}" for k, v in plain["p_values"].items())
            print(f"ranks of the truth uniform, p: {shown}")
    if out is not None:
        say(f"saved: {out}", quiet)
