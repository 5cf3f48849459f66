"""``symmeter optim audit``: how badly an optimizer breaks the symmetry of each block."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from symmeter.cli.optim_models import need_torch, opened_model
from symmeter.cli.output import json_option, print_json, print_table, say

__all__ = ["audit"]


@click.command(epilog="Example:  symmeter optim audit my_package.models:build --optimizer AdamW --tokens 8x64")
@click.argument("model", metavar="MODEL")
@click.option(
    "--optimizer", default="AdamW", show_default=True, metavar="NAME", help="A class of torch.optim, or 'stack'."
)
@click.option("--lr", type=click.FloatRange(0, min_open=True), default=1e-3, show_default=True, metavar="R")
@click.option("--steps", type=click.IntRange(1), default=5, show_default=True, metavar="N", help="Steps to take.")
@click.option(
    "--twins",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    metavar="N",
    help="Also train twins of the whole network for N steps.",
)
@click.option("--tokens", metavar="BxT", help="Draw random tokens for a language model: sequences x length. [8x32]")
@click.option("--data", type=click.Path(path_type=Path), metavar="PATH", help="An .npz with inputs X and targets Y.")
@click.option("--out", type=click.Path(path_type=Path), metavar="PATH", help="Save the numbers as .json.")
@json_option
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default="0", metavar="N", help="Seed.")
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
def audit(
    model: str, optimizer: str, lr: float, steps: int, twins: int, tokens: str | None, data: Path | None,
    out: Path | None, as_json: bool, seed: int, quiet: bool,
) -> None:  # fmt: skip
    """Measure how badly an optimizer breaks the symmetry of each block of a model.

    Two copies of the model get the same gradients, one of them moved by a random element of the groups of its blocks;
    the error is what their updates differ by, over the length of the update (0: equivariant). Steps are taken in double
    precision.
    """
    need_torch("audit")
    import json

    from symmeter.cli.find import _check_output
    from symmeter.files import write_atomic
    from symmeter.optim import audit_optimizer

    if out is not None:
        _check_output("--out", out, (".json",))
    net = opened_model(model)
    batch = _from_file(data) if data is not None else _drawn(net, tokens or "8x32", seed)
    found = audit_optimizer(_optimizer(optimizer), net, batch, steps=steps, seed=seed, twin_steps=twins, lr=lr)
    if out is not None:
        write_atomic(out, json.dumps(found.to_json(), indent=2))
    if as_json:
        print_json(found.to_json())
    elif not quiet:
        head = ("role", "group", "tensors", "error", "exchange error", "drift")
        rows = [
            tuple("" if r[k] is None else f"{r[k]:.1e}" if isinstance(r[k], float) else str(r[k]) for k in head)
            for r in found.rows()
        ]
        print_table(head, rows, title=f"{found.optimizer}, {found.steps} steps, lr {lr:g}")
        if found.twins:
            head = ("twins", "moved", "blocks", "left out", "divergence", "loss gap")
            shown = [
                tuple("" if r[k] is None else f"{r[k]:.1e}" if isinstance(r[k], float) else str(r[k]) for k in head)
                for r in found.twin_rows()
            ]
            print_table(head, shown, title=f"twins of the whole network after {twins} steps")
    if out is not None:
        say(f"saved: {out}", quiet)


def _optimizer(name: str) -> Any:
    import torch

    from symmeter.errors import UnknownNameError, nearest_name
    from symmeter.optim import SymmetryStack

    if name.lower() in ("stack", "symmetrystack"):
        return SymmetryStack
    known = {
        n: c for n, c in vars(torch.optim).items()
        if isinstance(c, type) and issubclass(c, torch.optim.Optimizer) and c is not torch.optim.Optimizer
    }  # fmt: skip
    for n, c in known.items():
        if n.lower() == name.lower():
            return c
    close = nearest_name(name, (*known, "stack"))
    hint = f"; did you mean {close!r}?" if close else ""
    raise UnknownNameError(f"no optimizer is called {name!r}; known are stack, {', '.join(sorted(known))}{hint}")


def _drawn(net: Any, tokens: str, seed: int) -> Any:
    import re

    import torch
    from torch import nn

    from symmeter.errors import InputError

    match = re.fullmatch(r"(\d+)x(\d+)", tokens)
    if match is None or min(map(int, match.groups())) < 1:
        raise InputError(f"--tokens {tokens!r}: write sequences x length, such as 8x64")
    tables = [m.num_embeddings for m in net.modules() if isinstance(m, nn.Embedding)]
    if not tables:
        raise InputError("the model has no embedding, so no tokens can be drawn for it; give --data with X and Y")
    size = int(match[1]), int(match[2]) + 1
    return torch.randint(max(tables), size, generator=torch.Generator().manual_seed(seed))


def _from_file(path: Path) -> Any:
    import torch

    from symmeter.cli.nn_soft import _arrays

    x, y = _arrays(path)
    targets = torch.from_numpy(y.astype("int64")).squeeze(-1)
    return torch.from_numpy(x), targets
