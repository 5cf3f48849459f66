"""``symmeter optim noether``: charges of parameter symmetries, tracked through a training script or predicted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from symmeter.cli.lazy import LazyGroup
from symmeter.cli.optim_models import built, need_torch
from symmeter.cli.output import json_option, print_json, print_table, say

__all__ = ["noether", "predict", "track"]

_COMMANDS = {
    "track": ("symmeter.cli.optim_noether:track", "Find symmetries of a model's loss and follow their charges."),
    "predict": ("symmeter.cli.optim_noether:predict", "What charges will be after so many steps, from the laws alone."),
}


@click.group(
    cls=LazyGroup, commands_at=_COMMANDS,
    epilog="A first look:  symmeter optim noether predict --lr 0.1 --momentum 0.9 --wd 5e-4 --steps 10000",
)  # fmt: skip
def noether() -> None:
    """Charges that the symmetries of a loss would conserve."""


@click.command(epilog="Example:  symmeter optim noether track train.py:build --steps 500 --out run/")
@click.argument("script", metavar="FILE.py:BUILD")
@click.option("--steps", type=click.IntRange(1), default=500, show_default=True, metavar="N", help="Steps to train.")
@click.option(
    "--every", type=click.IntRange(1), default=1, show_default=True, metavar="N", help="Steps between readings."
)
@click.option("--method", type=click.Choice(["auto", "structure", "numeric"]), default="structure", show_default=True)
@click.option(
    "--tol", type=float, default=1e-4, show_default=True, metavar="X", help="Largest violation of a symmetry."
)
@click.option("--budget", is_flag=True, help="Also split every change into decay, first order and finite step.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Charges, table and picture.")
@json_option
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default="0", metavar="N", help="Seed.")
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
def track(
    script: str, steps: int, every: int, method: str, tol: float, budget: bool, out: Path | None, as_json: bool,
    seed: int, quiet: bool,
) -> None:  # fmt: skip
    """Train with a script's own parts and follow the charges of the symmetries that its loss has.

    BUILD is a function without arguments that returns a mapping with model, optimizer, loss and batches (an iterable of
    inputs and targets that can be gone through again). Importing the script runs it.
    """
    need_torch("noether track")
    import torch

    from symmeter.errors import InputError
    from symmeter.optim.noether import NoetherTracker, discover_symmetries
    from symmeter.progress import progress_bar

    torch.manual_seed(seed)
    model, optimizer, loss, batches = _parts(built(script), script)
    first = [b for b, _ in zip(batches, range(4))]
    found = discover_symmetries(model, loss, first, method=method, tol=tol, seed=seed)
    if not len(found):
        raise InputError(f"no symmetry of the loss was found up to --tol {tol:g}; {len(found.nearly)} hold nearly")
    tracker = NoetherTracker(model, optimizer, found, every=every, budget=budget or None)
    with progress_bar(quiet or as_json) as progress:
        done = 0
        while done < steps:
            before = done
            for x, y in batches:
                optimizer.zero_grad()
                value = loss(model(x), y)
                value.backward()
                optimizer.step()
                done += 1
                progress(done / steps, f"step {done}")
                if done == steps:
                    break
            if done == before:
                raise InputError(f"{script}: batches can be gone through only once, and ended after {done} steps")
    records = tracker.records()
    if out is not None:
        _save(tracker, records, found, out, quiet)
    if as_json:
        print_json({"symmetries": found.rows(), "charges": [_plain(r) for r in records]})
    elif not quiet:
        print(found)
        print()
        print(tracker.report())


def _parts(value: Any, script: str) -> tuple[Any, Any, Any, Iterable[Any]]:
    from symmeter.errors import InputError, InputTypeError

    if isinstance(value, tuple) and len(value) == 4:
        return value  # type: ignore[return-value]
    if not isinstance(value, Mapping):
        raise InputTypeError(
            f"{script} gives a {type(value).__name__}; return a mapping with model, optimizer, loss and batches"
        )
    missing = [k for k in ("model", "optimizer", "loss", "batches") if k not in value]
    if missing:
        raise InputError(f"{script} returns no {', '.join(missing)}; it must return model, optimizer, loss and batches")
    return value["model"], value["optimizer"], value["loss"], value["batches"]


def _plain(record: Any) -> dict[str, Any]:
    s = record.symmetry
    worst = float(record.violation.max()) if len(record.violation) else 0.0
    ends = {"first": record.measured[0].tolist(), "last": record.measured[-1].tolist()}
    facts = {"symmetry": s.name, "kind": s.kind, "units": s.count, "violation": worst, "note": record.note}
    return {**facts, "errors": record.errors(), **ends}


def _save(tracker: Any, records: list[Any], found: Any, out: Path, quiet: bool) -> None:
    from importlib.util import find_spec

    from symmeter.files import write_arrays, write_atomic

    out.mkdir(parents=True, exist_ok=True)
    arrays = {}
    for r in records:
        key = r.symmetry.name.replace("/", "_")
        arrays[f"{key}/steps"], arrays[f"{key}/measured"] = r.steps, r.measured
        arrays.update({f"{key}/{law}": p for law, p in r.predicted.items()})
    write_arrays(out / "charges.npz", arrays)
    write_atomic(out / "report.txt", f"{found}\n\n{tracker.report()}\n")
    say(f"saved: {out / 'charges.npz'}, {out / 'report.txt'}", quiet)
    if find_spec("matplotlib") is not None:
        tracker.plot(str(out / "charges.png"))
        say(f"saved: {out / 'charges.png'}", quiet)


@click.command(epilog="Example:  symmeter optim noether predict --lr 0.1 --momentum 0.9 --wd 5e-4 --steps 10000")
@click.option("--lr", type=float, required=True, metavar="R", help="Learning rate.")
@click.option("--momentum", type=float, default=0.0, show_default=True, metavar="B")
@click.option("--wd", type=float, default=0.0, show_default=True, metavar="L", help="Weight decay (L2).")
@click.option("--dampening", type=float, default=0.0, show_default=True, metavar="A")
@click.option("--nesterov", is_flag=True)
@click.option("--steps", type=click.IntRange(1), required=True, metavar="N")
@json_option
def predict(lr: float, momentum: float, wd: float, dampening: float, nesterov: bool, steps: int, as_json: bool) -> None:
    """What a charge of 1 becomes, and what normalised layers settle to, from the laws alone.

    Lengths also need the kinetic terms of a run; what is given here is decay without them, and the relative step at
    equilibrium, which does not depend on the noise.
    """
    need_torch("noether predict")
    from math import sqrt

    from symmeter.optim.noether.continuous_laws import ContinuousModel, continuous_after, decay_only
    from symmeter.optim.noether.discrete_laws import StepRule, translation_after

    rule = StepRule(lr, momentum, dampening, wd, nesterov)
    naive = 1.0
    for _ in range(steps):
        naive = decay_only(naive, rule, quadratic=False)
    model = ContinuousModel.of(rule, quadratic=False) if lr else None
    values: dict[str, Any] = {
        "translation_exact": translation_after(1.0, rule, steps),
        "translation_continuous": None if nesterov or not lr else continuous_after(1.0, rule, steps),
        "translation_decay_only": naive,
        "length_without_kinetic_terms": None
        if nesterov or not lr
        else continuous_after(1.0, rule, steps, quadratic=True),
        "relative_step_at_equilibrium": sqrt(2 * lr * wd / (1 + momentum)) if not (nesterov or dampening) else None,
        "steps_to_equilibrium": (1 - momentum) / (4 * lr * wd) if lr and wd else None,
        "continuous_model_oscillates": bool(model and model.oscillates),
    }
    if as_json:
        print_json(values)
        return
    rows = [(k.replace("_", " "), "" if v is None else str(v) if isinstance(v, bool) else f"{v:.9g}")
            for k, v in values.items()]  # fmt: skip
    print_table(("after so many steps" if steps != 1 else "after one step", f"{steps}"), rows)
