"""``symmeter nn soft``: train a softly equivariant network on a table, and say which symmetries it respects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from symmeter.cli.lazy import LazyGroup
from symmeter.cli.output import json_option, print_json, print_table, say

__all__ = ["fit", "soft"]

_COMMANDS = {
    "fit": ("symmeter.cli.nn_soft:fit", "Train on inputs X and targets Y, and report the level of each symmetry."),
}
_DECAY = 2e-4


@click.group(
    cls=LazyGroup,
    commands_at=_COMMANDS,
    epilog="A first look:  symmeter nn soft fit data.npz --in 5T0+5T1 --out T2 --candidates O2_xy,O2_yz,O2_xz",
)
def soft() -> None:
    """Soft equivariance: penalties whose strengths tune themselves."""


@click.command(
    epilog="Example:  symmeter nn soft fit data.npz --in 5T0+5T1 --out T2 --candidates O2_xy,O2_yz,O2_xz "
    "--report out.json"
)
@click.argument("data", type=click.Path(path_type=Path), metavar="DATA.npz")
@click.option("--in", "rep_in", required=True, metavar="TYPE", help="Features of the columns of X, e.g. 5T0+5T1.")
@click.option("--out", "rep_out", required=True, metavar="TYPE", help="Features of the columns of Y, e.g. T2.")
@click.option(
    "--candidates",
    default="O2_xy,O2_yz,O2_xz",
    show_default=True,
    metavar="LIST",
    help="Groups to try: O2_xy, SO2_xz, O3, SO3, SL3, Scale, S4 and their like.",
)
@click.option(
    "--base", metavar="GROUP", help="The group that features follow; what the candidates generate if omitted."
)
@click.option("--channels", type=click.IntRange(1), default=54, show_default=True, metavar="N", help="Hidden width.")
@click.option("--layers", type=click.IntRange(1), default=2, show_default=True, metavar="N", help="Linear layers.")
@click.option("--strength", type=float, default=0.1, show_default=True, metavar="S", help="Of every penalty at first.")
@click.option("--epochs", type=click.IntRange(2), default=2500, show_default=True, metavar="N", help="Training epochs.")
@click.option("--tune-at", type=click.IntRange(1), metavar="N", help="Epoch of tuning; a quarter of the epochs.")
@click.option("--window", type=click.IntRange(1), metavar="N", help="Epochs that are recorded before; 50.")
@click.option("--exponent", type=float, default=2.0, show_default=True, metavar="P", help="Sharpness of tuning.")
@click.option("--batch", type=click.IntRange(1), metavar="N", help="Batch size; all rows at once if omitted.")
@click.option("--rate", type=float, default=1e-2, show_default=True, metavar="R", help="Learning rate at the start.")
@click.option(
    "--validation", type=click.FloatRange(0, 0.9), default=0.25, show_default=True, metavar="SHARE",
    help="Share of the rows that selects the weights.",
)  # fmt: skip
@click.option("--harden", is_flag=True, help="Also project the network onto the best group, and measure it again.")
@click.option("--report", type=click.Path(path_type=Path), metavar="PATH", help="Save the report as .json or .html.")
@click.option(
    "--weights", type=click.Path(path_type=Path), metavar="PATH",
    help="Save the network as .safetensors, for symmeter.nn.soft.load_soft.",
)  # fmt: skip
@click.option(
    "--checkpoint", type=click.Path(path_type=Path), metavar="PATH",
    help="Keep the state of the training here, and go on from it if it exists.",
)  # fmt: skip
@json_option
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default="0", metavar="N", help="Seed.")
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
def fit(data: Path, report: Path | None, weights: Path | None, as_json: bool, quiet: bool, **options: Any) -> None:
    """Train a network on the arrays X and Y of an .npz file.

    Prints, for each candidate group, the level that tuning gave it (1 for the best), what is left of it in the
    weights, and the sampled equivariance error of the trained network.
    """
    from symmeter.cli.find import _check_output
    from symmeter.errors import InputError

    if report is not None:
        _check_output("--report", report, (".json", ".html", ".htm"))
    _check_options(options)
    if weights is not None:
        if weights.suffix != ".safetensors":
            raise InputError(f"--weights {weights}: networks are saved as .safetensors; change the extension")
        _check_output("--weights", weights, (".safetensors",))
    if (state := options["checkpoint"]) is not None:
        _check_output("--checkpoint", state, (state.suffix.lower(),))
    _need_torch()
    x, y = _arrays(data)
    per, found, x_left = _trained(x, y, options, quiet)
    shown = per.report(x_left, seed=options["seed"])
    hardened = _hardened(per, x, y, options) if options["harden"] else None
    saved = [shown.save(report)] if report is not None else []
    if weights is not None:
        from symmeter.nn.soft import save_soft

        saved.append(save_soft(weights, per))
    if as_json:
        plain = shown.to_json()
        plain["training"] = {"validation_loss": found.best_score, "epoch": found.best_epoch, "epochs": found.epochs}
        print_json(plain if hardened is None else {**plain, "hardened": hardened})
    elif not quiet:
        _print(shown, found, hardened)
    for path in saved:
        say(f"saved: {path}", quiet)


def _check_options(options: dict[str, Any]) -> None:
    """Numbers that the training would refuse in words of Python."""
    import math

    from symmeter.errors import InputError

    for name in ("strength", "exponent", "rate"):
        value = options[name]
        if not (math.isfinite(value) and (value > 0 or (name != "rate" and value == 0))):
            raise InputError(
                f"--{name} {value:g}: give a finite number {'above' if name == 'rate' else 'of at least'} 0"
            )


def _need_torch() -> None:
    from importlib.util import find_spec

    from symmeter.errors import MissingDependencyError

    if find_spec("torch") is None:
        raise MissingDependencyError("torch", "nn", "symmeter nn soft fit")


def _arrays(path: Path) -> tuple[Any, Any]:
    """X and Y, two-dimensional and finite."""
    import numpy as np

    from symmeter.errors import FileFormatError, InputError, MissingFileError, NonFiniteError, ShapeError

    if not path.is_file():
        raise MissingFileError(f"{path} does not exist; give an .npz file with arrays X and Y")
    try:
        with np.load(path, allow_pickle=False) as archive:
            if isinstance(archive, np.ndarray):
                raise InputError(f"{path} holds one array; give an .npz file with arrays X and Y")
            arrays = {name.lower(): np.asarray(archive[name]) for name in archive.files}
    except InputError:
        raise
    # Archives fail in many ways: BadZipFile, zlib.error, NotImplementedError, ...
    except Exception as error:
        raise FileFormatError(
            f"{path} cannot be read as an .npz file of numbers ({type(error).__name__}); np.savez(path, X=..., Y=...) "
            "writes one"
        ) from error
    found = []
    for name in ("x", "y"):
        if name not in arrays:
            raise InputError(f"{path} has no array {name.upper()}; it holds {', '.join(list(arrays)[:6]) or 'nothing'}")
        a = arrays[name]
        if a.dtype.kind not in "biuf" or a.ndim < 2:
            raise ShapeError(f"{path}:{name.upper()} is {a.dtype} of shape {a.shape}; give numbers, one row a sample")
        if a.size == 0:
            raise InputError(f"{path}:{name.upper()} is empty, of shape {a.shape}; give one row a sample")
        if not np.isfinite(a).all():
            raise NonFiniteError(f"{path}:{name.upper()} contains NaN or infinity; remove such rows")
        found.append(a.reshape(len(a), -1).astype(float))
    if len(found[0]) != len(found[1]):
        raise ShapeError(f"{path}: X has {len(found[0])} rows and Y {len(found[1])}; give one target for each input")
    return found[0], found[1]


def _trained(x: Any, y: Any, options: dict[str, Any], quiet: bool) -> tuple[Any, Any, Any]:
    """The regulariser after training, what training says, and the rows to measure on."""
    import numpy as np
    import torch

    from symmeter.errors import SampleSizeError
    from symmeter.nn.soft import PER, SoftEMLP
    from symmeter.nn.soft.candidates import candidates_of, joined_group, named_candidate
    from symmeter.progress import progress_bar

    candidates = candidates_of(options["candidates"])
    base = joined_group(*(c.group for c in candidates), name="generated by all candidates")
    if options["base"] is not None:
        base = named_candidate(options["base"], candidates[0].dimension).group
    d = candidates[0].dimension
    _check_columns(options, x, y, d)
    order = np.random.default_rng(options["seed"]).permutation(len(x))
    held = round(options["validation"] * len(x))
    if len(x) - held < 2:
        raise SampleSizeError(f"{len(x)} rows are too few to train on with {held} held out; give more rows")
    x, y = (torch.as_tensor(a[order], dtype=torch.float32) for a in (x, y))
    generator = torch.Generator().manual_seed(options["seed"])
    net = SoftEMLP(
        options["rep_in"],
        options["rep_out"],
        base,
        candidates,
        channels=options["channels"],
        layers=options["layers"],
        generator=generator,
    )
    tune_at = options["tune_at"] or max(options["epochs"] // 4, 1)
    per = PER(
        net,
        strength=options["strength"],
        tune_at=tune_at,
        exponent=options["exponent"],
        record_window=options["window"],
    )
    with progress_bar(quiet=quiet) as progress:
        found = per.fit(
            x[held:],
            y[held:],
            epochs=options["epochs"],
            batch=options["batch"],
            rate=options["rate"],
            weight_decay=_DECAY,
            validation=(x[:held], y[:held]) if held else None,
            check_every=max(options["epochs"] // 100, 1),
            select_after=min(2 * tune_at, options["epochs"] - 1),
            generator=generator,
            progress=progress,
            checkpoint=options["checkpoint"],
        )
    return per, found, (x[:held] if held else x)[:256]


def _check_columns(options: dict[str, Any], x: Any, y: Any, d: int) -> None:
    from symmeter.errors import ShapeError
    from symmeter.representations import TensorType

    for option, array, name in (("rep_in", x, "X"), ("rep_out", y, "Y")):
        features = TensorType.parse(options[option])
        if features.size(d) != array.shape[1]:
            flag = "--in" if option == "rep_in" else "--out"
            raise ShapeError(
                f"{flag} {options[option]} has {features.size(d)} coordinates over a space of dimension {d}, but "
                f"{name} has {array.shape[1]} columns"
            )


def _hardened(per: Any, x: Any, y: Any, options: dict[str, Any]) -> dict[str, Any]:
    """Errors of the soft network and of its projection, on all rows."""
    import torch

    from symmeter.nn.soft import harden

    hard = harden(per)
    x, y = (torch.as_tensor(a, dtype=torch.float32) for a in (x, y))
    with torch.no_grad():
        errors = [float((net(x) - y).square().mean()) for net in (per.net, hard)]
    return {"group": per.best().name, "loss": errors[0], "loss_hardened": errors[1]}


def _print(shown: Any, found: Any, hardened: dict[str, Any] | None) -> None:
    rows = []
    for f in shown.findings:
        e = f.evidence
        low, high = e["error_interval"]
        error = f"{e['error']:.3g} [{low:.2g}, {high:.2g}]"
        rows.append((f.name, f"{e['level']:.3g}", f"{e['strength']:.3g}", f"{e['residual']:.3g}", error))
    print_table(("symmetry", "level", "strength", "residual", "equivariance error"), rows, title=shown.subject)
    print(f"loss {found.best_score:.4g} at epoch {found.best_epoch} of {found.epochs}")
    print(shown.summary)
    if hardened is not None:
        print(
            f"projected onto {hardened['group']}: loss {hardened['loss_hardened']:.4g} on all rows, "
            f"{hardened['loss']:.4g} before"
        )
