"""``symmeter nn flow``: flow-equivariant recurrent networks, trained, evaluated, checked and timed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from symmeter.cli.lazy import LazyGroup
from symmeter.cli.nn_gaunt import need_torch
from symmeter.cli.output import check_json_path, json_option, print_json, print_table, save_json, say

if TYPE_CHECKING:
    from symmeter.nn.flow.recipes import Recipe

__all__ = ["bench", "check", "evaluate", "flow", "train"]

_COMMANDS = {
    "train": ("symmeter.cli.nn_flow:train", "Train a network on moving digits, or on your files."),
    "evaluate": ("symmeter.cli.nn_flow:evaluate", "Errors of a trained network over horizons and velocities."),
    "check": ("symmeter.cli.nn_flow:check", "Check the theorem on this machine."),
    "bench": ("symmeter.cli.nn_flow:bench", "Time a cell beside rolling and stacking its state."),
}

_seed = click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Seed of all randomness. [0]")
_quiet = click.option("--quiet", is_flag=True, help="Print nothing for people.")
_out = click.option("--out", type=click.Path(path_type=Path), metavar="PATH", help="Save the numbers as .json.")


@click.group(
    cls=LazyGroup, commands_at=_COMMANDS, epilog="A first look:  symmeter nn flow train --preset digits-quick --out run"
)
def flow() -> None:
    """Flow-equivariant recurrent networks: sequences whose content moves."""


@click.command(
    epilog="""\b
Examples:
  symmeter nn flow train --preset digits-quick --out run
  symmeter nn flow train --preset flowing-mnist --source mnist:data/mnist --out run
  symmeter nn flow train --set hidden=32 --set flow_velocities=1 --steps 1000 --out run"""
)
@click.option("--preset", default="digits-quick", show_default=True, metavar="NAME", help="Settings to start from.")
@click.option("--source", metavar="WHAT", help="digits, mnist:DIR or clips:DIR, in place of the preset's.")
@click.option("--steps", type=click.IntRange(1), metavar="N", help="Steps, in place of the preset's.")
@click.option("--set", "options", multiple=True, metavar="NAME=VALUE", help="Any other setting of the recipe.")
@click.option("--device", metavar="WHERE", help="cpu or cuda. [cpu]")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Checkpoints and network.")
@_seed
@json_option
@_quiet
def train(
    preset: str,
    source: str | None,
    steps: int | None,
    options: tuple[str, ...],
    device: str | None,
    out: Path | None,
    seed: int | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Train a network by a recipe.

    With --out the run is kept: stop it with Ctrl-C, and the same command goes on where it stopped. Without it, numbers
    are all that is left.
    """
    need_torch("symmeter nn flow")
    from symmeter.errors import OutputError
    from symmeter.nn.flow.recipes import preset as named
    from symmeter.nn.flow.saved import save_flow_model
    from symmeter.nn.flow.training import FlowTraining
    from symmeter.progress import progress_bar

    if out is not None and out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file; give a folder for checkpoints and the network")
    recipe = named(preset)
    chosen = settings(options, recipe)
    chosen |= {k: v for k, v in (("source", source), ("steps", steps), ("seed", seed)) if v is not None}
    training = FlowTraining(recipe.with_options(chosen), out, device)
    if training.step:
        done = training.step >= training.recipe.steps
        say(f"finished before; from {out}" if done else f"going on at step {training.step}", quiet)
    with progress_bar(quiet=quiet or as_json) as progress:
        run = training.run(progress)
    path = None if out is None else save_flow_model(out / "network.safetensors", training.model, training.recipe)
    last = run.losses[-20:]
    numbers = {
        "steps": len(run.losses),
        "loss": sum(last) / len(last),
        "seconds": run.seconds,
        "parameters": sum(p.numel() for p in training.model.parameters()),
        "network": None if path is None else str(path),
    }
    if as_json:
        print_json(numbers)
    elif not quiet:
        print(f"{numbers['steps']} steps, {run.seconds:.0f} s, {numbers['parameters']:,} parameters")
        print(f"loss {numbers['loss']:.4f} (mean of the last {len(last)} steps)")
        if path is None:
            print("the network was not kept; give --out DIR to keep it")
        else:
            print(f"network: {path}")
            print(f"next: symmeter nn flow evaluate {path}")


@click.command(
    epilog="""\b
Examples:
  symmeter nn flow evaluate run/network.safetensors --horizon 30
  symmeter nn flow evaluate --preset digits-quick      (what weights without training give)"""
)
@click.argument("network", type=click.Path(path_type=Path), metavar="[NETWORK]", required=False)
@click.option("--preset", metavar="NAME", help="Data of this preset; without NETWORK its network, untrained.")
@click.option(
    "--horizon", type=click.IntRange(1), metavar="N", help="Frames predicted; twice the trained when omitted."
)
@click.option("--count", type=click.IntRange(1), default=128, show_default=True, metavar="N", help="Test sequences.")
@_out
@json_option
@_quiet
def evaluate(
    network: Path | None,
    preset: str | None,
    horizon: int | None,
    count: int,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Errors of a trained network at each velocity and horizon, and how far it is from flow equivariant."""
    need_torch("symmeter nn flow")
    check_json_path(out)
    from symmeter.nn.flow.meter import flow_equivariance_error
    from symmeter.nn.flow.training import accuracy, horizon_errors

    model, recipe, name = _evaluated(network, preset)
    largest = range(recipe.data_velocities, recipe.data_velocities + 2)
    rows: list[tuple[str, ...]] = []
    numbers: dict[str, Any] = {"recipe": recipe.to_json()}
    if recipe.task == "classify":
        found = {v: accuracy(model, recipe, largest=v, count=count) for v in range(recipe.data_velocities + 3)}
        rows = [(f"up to {v}", f"{a:.3f}") for v, a in found.items()]
        columns, numbers["accuracy"] = ("velocities", "accuracy"), found
    else:
        horizon = horizon or 2 * recipe.predicted
        curves = {v: horizon_errors(model, recipe, horizon, largest=v, count=count) for v in largest}
        shown = sorted(
            {1, recipe.predicted, horizon, *range(recipe.predicted, horizon, recipe.predicted)}
            & set(range(1, horizon + 1))
        )
        rows = [(str(h), *(f"{curves[v][h - 1]:.4f}" for v in curves)) for h in shown]
        columns = ("frame", *(f"velocities up to {v}" for v in curves))
        numbers["errors"] = curves
    frames = recipe.data("test", count=4).batch(range(4))[0][:, : recipe.given]
    # What has no states of its own is measured by what it says.
    measured, flow = (model.encode, model.flow) if hasattr(model, "encode") else (model, recipe.flow())
    report = flow_equivariance_error(measured, flow, frames)
    numbers["equivariance"] = {"mean": report.error, "worst": report.worst.error}
    save_json(out, numbers)
    if as_json:
        print_json(numbers)
    elif not quiet:
        print_table(
            columns,
            rows,
            title=f"{name}: {'accuracy' if recipe.task == 'classify' else 'mean squared error'}",
        )
        what = "states" if report.kind == "states" else "answers"
        print(f"equivariance error of the {what}: mean {report.error:.1e}, worst {report.worst.error:.1e}")


def _evaluated(network: Path | None, preset: str | None) -> tuple[Any, Recipe, str]:
    """A network of a file, or the untrained one of a preset; the recipe of its data; and its name."""
    import torch

    from symmeter.errors import InputError
    from symmeter.nn.flow.recipes import preset as named
    from symmeter.nn.flow.saved import load_flow_model

    if network is not None:
        model, recipe = load_flow_model(network)
        if preset is None:
            return model, recipe, network.name
        other = named(preset)
        if (other.task, other.motion) != (recipe.task, recipe.motion):
            raise InputError(
                f"{network} was made to {recipe.task} under {recipe.motion!r}; preset {preset!r} is to {other.task} "
                f"under {other.motion!r}"
            )
        return model, other, f"{network.name} on {preset}"
    if preset is None:
        raise InputError("evaluate needs NETWORK, a file of symmeter nn flow train, or --preset NAME")
    recipe = named(preset)
    torch.manual_seed(recipe.seed)
    return recipe.model(), recipe, f"{preset}, untrained"


@click.command(epilog="Exit status: 0 all checks passed, 1 one failed, 2 bad input.")
@click.option("--preset", default="digits-quick", show_default=True, metavar="NAME", help="Whose network to check.")
@_seed
@_out
@json_option
@_quiet
def check(preset: str, seed: int | None, out: Path | None, as_json: bool, quiet: bool) -> None:
    """Check flow equivariance of a preset's network with random weights, in double precision.

    The last check must fail: one frame early, the relation does not hold.
    """
    need_torch("symmeter nn flow")
    check_json_path(out)
    import torch

    from symmeter.nn.flow.meter import flow_equivariance_error
    from symmeter.nn.flow.recipes import preset as named

    recipe = named(preset)
    torch.manual_seed(seed or 0)
    # Fewer features and frames show the same.
    model = recipe.with_options({"hidden": min(recipe.hidden, 8)}).model().double().eval()
    size = recipe.size + 1 - recipe.size % 2
    frames = torch.rand(2, min(recipe.given, 5), 1, size, size, dtype=torch.float64)
    some = model.flow.velocities[:: max(1, len(model.flow) // 5)]
    if recipe.motion == "turn":
        frames = _smooth_discs(frames)
    report = flow_equivariance_error(model.encode, model.flow, frames, velocities=some)
    early = flow_equivariance_error(model.encode, model.flow, frames, velocities=some, lead=1).error
    # Shifts are exact. Ten degrees turn pixels by interpolation, whose error must be small beside that of a frame.
    right, limit, asked = report.worst.error, 1e-12, "<= 1e-12"
    if recipe.motion == "turn":
        right, limit, asked = report.error, early / 3, "<= a third of one frame early"
    checks = [
        {"check": "states are flow equivariant", "value": right, "asked": asked, "passed": right <= limit},
        {"check": "one frame early they are not", "value": early, "asked": "> 0.01", "passed": early > 0.01},
    ]
    save_json(out, checks)
    if as_json:
        print_json(checks)
    elif not quiet:
        rows = [(c["check"], f"{c['value']:.1e}", c["asked"], "yes" if c["passed"] else "NO") for c in checks]
        print_table(("check", "measured", "asked", "holds"), rows, title=f"{preset}: {model.flow!r}")
    click.get_current_context().exit(0 if all(c["passed"] for c in checks) else 1)


def _smooth_discs(frames: Any) -> Any:
    """Frames that pixels can resolve while they turn, and that leave nothing in the corners."""
    import torch

    flat = frames.flatten(0, 1) - 0.5
    for _ in range(6):
        flat = torch.nn.functional.avg_pool2d(flat, 3, 1, 1)
    n = flat.shape[-1]
    line = torch.arange(n, dtype=flat.dtype) - (n - 1) / 2
    inside = (n / 2 - 2 - torch.hypot(line[:, None], line[None])).clamp(0, 3) / 3
    return (flat * inside / flat.abs().max()).unflatten(0, frames.shape[:2])


@click.command(epilog="Example:  symmeter nn flow bench --velocities 2 --channels 32 --size 16")
@click.option("--preset", metavar="NAME", help="Take velocities, channels and size from a preset.")
@click.option("--velocities", type=click.IntRange(0, 4), default=2, show_default=True, metavar="N", help="{-n..n}^2.")
@click.option("--channels", type=click.IntRange(1), default=32, show_default=True, metavar="N", help="Of the state.")
@click.option("--size", type=click.IntRange(3), default=16, show_default=True, metavar="N", help="Side of the images.")
@click.option("--frames", type=click.IntRange(1), default=6, show_default=True, metavar="N", help="Of a sequence.")
@_out
@json_option
@_quiet
def bench(
    preset: str | None,
    velocities: int,
    channels: int,
    size: int,
    frames: int,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Time forward and backward of a cell, beside a state that is rolled and stacked, bare convolutions, and a ConvGRU.

    The ConvGRU needs as many multiplications. One thread; all run turn by turn, and the smallest processor time of each
    counts.
    """
    need_torch("symmeter nn flow")
    check_json_path(out)
    from symmeter.nn.flow.recipes import preset as named
    from symmeter.nn.flow.timing import flow_speed

    if preset is not None:
        recipe = named(preset)
        velocities, channels, size = recipe.flow_velocities, recipe.hidden, recipe.size
    found = flow_speed(velocities, channels, size, frames=frames).to_json()
    save_json(out, found)
    if as_json:
        print_json(found)
    elif not quiet:
        rows = [
            ("moving frame", f"{found['ours']:.1f}", ""),
            ("rolled and stacked", f"{found['rolled']:.1f}", f"{found['faster']:.2f}x ours"),
            ("convolutions alone", f"{found['bare']:.1f}", f"ours is {found['over_bare']:.2f}x"),
            (f"ConvGRU, {found['gru_channels']} channels", f"{found['gru']:.1f}", f"ours is {found['over_gru']:.2f}x"),
        ]
        title = f"{found['velocities']} velocities, {channels} channels, {size} x {size}, {frames} frames"
        print_table(("cell", "milliseconds", ""), rows, title=title)


def settings(options: tuple[str, ...], recipe: Any) -> dict[str, Any]:
    """``NAME=VALUE`` texts as values of the types that the recipe has.

    Raises
    ------
    InputError, UnknownNameError
    """
    from symmeter.errors import InputError, UnknownNameError, nearest_name

    known = recipe.to_json()
    out: dict[str, Any] = {}
    for text in options:
        name, equals, value = text.partition("=")
        if not equals:
            raise InputError(f"--set {text!r} has no value; write --set hidden=32")
        if name not in known:
            close = nearest_name(name, known)
            raise UnknownNameError(f"--set: no setting {name!r}" + (f"; did you mean {close!r}?" if close else ""))
        out[name] = _value(name, value, known[name])
    return out


def _value(name: str, text: str, like: Any) -> Any:
    from symmeter.errors import InputError

    if isinstance(like, bool):
        if text.lower() not in ("true", "false", "yes", "no", "1", "0"):
            raise InputError(f"--set {name}={text}: give true or false")
        return text.lower() in ("true", "yes", "1")
    kind = type(like)
    try:
        if kind in (tuple, list):
            return tuple(int(v) for v in text.split(",") if v)
        return kind(text)
    except ValueError:
        raise InputError(f"--set {name}={text}: give {'a whole number' if kind is int else 'a number'}") from None
