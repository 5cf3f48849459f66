"""``symmeter optim train``: pre-train a small language model, to try an optimizer."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from symmeter.cli.optim_models import need_torch, pairs_of
from symmeter.cli.output import json_option, print_json, print_table, say

__all__ = ["train"]

_SHAPE = ("width", "heads", "layers", "neurons", "experts", "active", "tied")
_PLAN = (
    "optimizer", "lr", "steps", "sequences", "length", "seed", "balance", "check_every", "label_offset", "warm_up",
    "decay",
)  # fmt: skip
#: What must not be something else in a file of options, and how it is written.
_KINDS = (
    ("optimizer", str, 'optimizer = "stack"'), ("vocabulary", str, 'vocabulary = "words:2048"'),
    ("text", str, 'text = "folder"'), ("rules", dict, 'rules = {embedding = "row"}'),
    ("lr_mult", dict, "lr_mult = {embedding = 4}"),
)  # fmt: skip


@click.command(epilog="Example:  symmeter optim train --optimizer adamw --lr 0.001 --steps 300 --out runs/adamw")
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE.toml", help="Options by name; the line wins.")
@click.option("--optimizer", metavar="NAME", help="stack, row, hybrid, muon, adamw or uncentered. [stack]")
@click.option("--lr", type=float, metavar="R", help="Learning rate. [0.004]")
@click.option("--steps", type=int, metavar="N", help="Steps. [300]")
@click.option("--sequences", type=int, metavar="N", help="Sequences a step. [16]")
@click.option("--length", type=int, metavar="N", help="Tokens a sequence. [128]")
@click.option("--vocabulary", metavar="KIND[:SIZE]", help="bytes, words:2048 or pairs:2048. [bytes]")
@click.option("--width", type=int, metavar="N", help="Of the network. [96]")
@click.option("--heads", type=int, metavar="N", help="Of attention. [4]")
@click.option("--layers", type=int, metavar="N", help="Blocks. [3]")
@click.option("--neurons", type=int, metavar="N", help="Of a block. [256]")
@click.option("--experts", type=int, metavar="N", help="Experts a block, 0 for none. [0]")
@click.option("--active", type=int, metavar="N", help="Experts that a token goes through. [2]")
@click.option("--balance", type=float, metavar="W", help="Weight of the balancing loss. [0]")
@click.option("--rules", multiple=True, metavar="ROLE=RULE,...", help="Rules over those of the optimizer.")
@click.option("--lr-mult", multiple=True, metavar="ROLE=X,...", help="Factors of the learning rate by role.")
@click.option("--check-every", type=int, metavar="N", help="Steps between evaluations. [100]")
@click.option("--text", type=click.Path(path_type=Path), metavar="DIR", help="Folder of *.py; Python's own if omitted.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Checkpoints, numbers and curve.")
@json_option
@click.option("--seed", type=int, metavar="N", help="Seed. [0]")
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
def train(config: Path | None, out: Path | None, as_json: bool, quiet: bool, **options: Any) -> None:
    """Pre-train a small language model on the sources of Python's standard library.

    With --out the run is kept: stop it with Ctrl-C, and the same command goes on where it stopped, bit by bit.
    """
    need_torch("train")
    import json

    from symmeter.files import write_atomic
    from symmeter.optim.pretraining import Corpus, NetworkShape, Training, TrainingPlan, standard_library_text
    from symmeter.progress import progress_bar

    given = {
        **(_configured(config) if config is not None else {}),
        **{k: v for k, v in options.items() if v not in (None, ())},
    }
    kind, _, size = str(given.get("vocabulary", "bytes")).partition(":")
    corpus = Corpus.of(standard_library_text(given.get("text")), kind, _size(size))
    shape = NetworkShape(len(corpus.vocabulary), **{k: given[k] for k in _SHAPE if k in given})
    settings = _settings(given)
    plan = TrainingPlan(settings=settings, **{k: given[k] for k in _PLAN if k in given})
    training = Training(corpus, shape, plan, out)
    if training.step:
        finished = training.step >= plan.steps
        say(f"finished before; from {out}" if finished else f"going on at step {training.step}", quiet)
    with progress_bar(quiet or as_json) as progress:
        run = training.run(progress)
    if out is not None:
        write_atomic(out / "results.json", json.dumps(run.to_json(), indent=2))
        _curve(run, out / "curve.png", quiet)
    if as_json:
        print_json({**run.to_json(), "parameters": sum(p.numel() for p in training.model.parameters())})
    elif not quiet:
        _print(run, training, corpus)


def _size(text: str) -> int:
    from symmeter.errors import InputError

    if text and not text.isdigit():
        raise InputError(f"--vocabulary: {text!r} is no size; write words:2048")
    return int(text) if text else 2048


def _settings(given: dict[str, Any]) -> dict[str, Any]:
    out = {}
    for name, number in (("rules", False), ("lr_mult", True)):
        value = given.get(name)
        if value is not None:
            out[name] = (
                value if isinstance(value, dict) else pairs_of(tuple(value), f"--{name.replace('_', '-')}", number)
            )
    return out


def _configured(path: Path) -> dict[str, Any]:
    import tomllib

    from symmeter.errors import FileFormatError, MissingFileError, UnknownNameError, nearest_name
    from symmeter.optim.pretraining import NetworkShape, TrainingPlan

    if not path.is_file():
        raise MissingFileError(f"{path} does not exist; give a .toml file of options")
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FileFormatError(f"{path} is no TOML: {error}") from error
    known = {f.name for cls in (NetworkShape, TrainingPlan) for f in fields(cls)} - {"settings"}
    known |= {"rules", "lr_mult", "text"}
    for name in found:
        if name not in known and name != "vocabulary":
            close = nearest_name(name, known)
            hint = f"; did you mean {close!r}?" if close else ""
            raise UnknownNameError(f"{path} has {name!r}, which is no option{hint}")
    for name, kind, example in _KINDS:
        if name in found and not isinstance(found[name], kind):
            raise FileFormatError(f"{path}: {name} is {found[name]!r}; write {example}")
    return found


def _curve(run: Any, path: Path, quiet: bool) -> None:
    from importlib.util import find_spec

    if find_spec("matplotlib") is None:
        say('no curve: drawing needs matplotlib, pip install "symmeter[plot]"', quiet)
        return
    from symmeter.optim.pretraining.curve import save_curve

    save_curve([run], path)


def _print(run: Any, training: Any, corpus: Any) -> None:
    from math import log

    number = sum(p.numel() for p in training.model.parameters())
    rows = [(str(step), f"{loss:.4f}", f"{loss / log(2) / corpus.bytes_per_token:.4f}")
            for step, loss in zip(run.checked, run.held_out_loss)]  # fmt: skip
    title = f"{run.plan.optimizer}, lr {run.plan.lr:g}, {number:,} parameters, {len(corpus.vocabulary)} tokens"
    print_table(("step", "held-out nats a token", "bits a byte"), rows, title=title)
    each = 1e3 * run.seconds / max(len(run.steps), 1)
    share = run.optimizer_seconds / max(run.seconds, 1e-9)
    print(f"{each:.0f} ms a step, {100 * share:.0f} % of it in the optimizer; mean row of the head x{run.drift:.3f}")
