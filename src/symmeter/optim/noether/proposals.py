"""Families that the order of a model's layers suggests; whether they hold is decided by numbers elsewhere.

Layers are seen in the order in which they run. A family is proposed wherever it could hold: units between any two
layers that follow each other, rows before a normalisation, shifts of the last layer. So an activation that is not
homogeneous, a stride or a residual path need not be understood here.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import torch
from torch import nn

from symmeter.optim.classification import classify
from symmeter.optim.matrix_view import MatrixView
from symmeter.optim.noether.evaluation import LossProbe
from symmeter.optim.noether.symmetries import Member, ParameterSymmetry
from symmeter.optim.plan import Plan, PlanEntry

__all__ = ["proposed"]

_CHANNEL_NORMS = (nn.modules.batchnorm._BatchNorm, nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d)
_WHOLE_NORMS = (nn.LayerNorm, nn.RMSNorm, nn.GroupNorm)


def _order(probe: LossProbe) -> list[tuple[str, nn.Module]]:
    """Layers with parameters of their own, in the order of their first call."""
    calls: list[tuple[str, nn.Module]] = []
    handles = []
    for name, module in probe.model.named_modules():
        if any(True for _ in module.parameters(recurse=False)) or isinstance(module, (*_CHANNEL_NORMS, *_WHOLE_NORMS)):
            handles.append(module.register_forward_pre_hook(_recorder(calls, name)))
    try:
        with torch.no_grad():
            probe.value(probe.parameters, 0)
    finally:
        for handle in handles:
            handle.remove()
    return list(dict.fromkeys(calls))


def _recorder(calls: list[tuple[str, nn.Module]], name: str) -> Any:
    def record(module: nn.Module, _: Any) -> None:
        calls.append((name, module))

    return record


def _is_map(module: nn.Module) -> bool:
    weight = getattr(module, "weight", None)
    return isinstance(weight, torch.Tensor) and weight.ndim >= 2 and not isinstance(module, nn.Embedding)


def _own(name: str, module: nn.Module, attribute: str, probe: LossProbe) -> str:
    """Full name of a parameter of a module that is trained, or empty."""
    full = f"{name}.{attribute}" if name else attribute
    return full if getattr(module, attribute, None) is not None and full in probe.parameters else ""


def proposed(probe: LossProbe) -> list[ParameterSymmetry]:
    """All families that are worth testing, each with how it was come upon."""
    order = _order(probe)
    out = [*_translations(order, probe), *_before_norms(order, probe), *_between(order, probe)]
    out += [*_linear_pairs(order, probe), *_blocks(probe), *_whole_stream(order, probe), *_weight_norms(probe)]
    unique: dict[tuple[str, tuple[Member, ...]], ParameterSymmetry] = {}
    for s in out:
        unique.setdefault((s.kind, s.members), s)
    return list(unique.values())


def _family(name: str, kind: str, members: list[Member], probe: LossProbe, why: str) -> ParameterSymmetry:
    first = members[0]
    if kind == "linear":
        shape = first.matrices(probe.parameters[first.name]).shape
        blocks = (shape[0], shape[1])
        return ParameterSymmetry(name, kind, tuple(members), shape[0] * shape[1] ** 2, why, blocks=blocks)
    count = first.number(probe.parameters[first.name])
    return ParameterSymmetry(name, kind, tuple(members), count, why)


def _translations(order: list[tuple[str, nn.Module]], probe: LossProbe) -> Iterator[ParameterSymmetry]:
    """Shifts of all rows, which softmax and layers that remove the mean do not see."""
    maps = [k for k, (_, m) in enumerate(order) if _is_map(m)]
    for k in maps:
        name, module = order[k]
        last = k == maps[-1]
        before_norm = k + 1 < len(order) and isinstance(order[k + 1][1], nn.LayerNorm)
        if not (last or before_norm):
            continue
        why = "the last layer, before a softmax" if last else f"before {order[k + 1][0]}, which removes the mean"
        weight, bias = (_own(name, module, a, probe) for a in ("weight", "bias"))
        if weight and probe.parameters[weight].ndim == 2:
            # One charge for each column: the sum over rows.
            yield _family(f"{name} shift", "translation", [Member(weight, axis=1)], probe, why)
        if bias:
            yield _family(f"{name} bias shift", "translation", [Member(bias)], probe, why)


def _before_norms(order: list[tuple[str, nn.Module]], probe: LossProbe) -> Iterator[ParameterSymmetry]:
    for (name, module), (after, norm) in pairwise(order):
        if not _is_map(module):
            continue
        weight, bias = (_own(name, module, a, probe) for a in ("weight", "bias"))
        if isinstance(norm, _CHANNEL_NORMS) and weight:
            yield _family(f"{name} scale", "scale", [Member(weight, axis=0)], probe, f"channels before {after}")
            if bias:
                yield _family(f"{name} null bias", "translation", [Member(bias, axis=0)], probe, f"before {after}")
        elif isinstance(norm, _WHOLE_NORMS) and weight:
            members = [Member(weight), *([Member(bias)] if bias else [])]
            yield _family(f"{name} scale", "scale", members, probe, f"before {after}")


def _between(order: list[tuple[str, nn.Module]], probe: LossProbe) -> Iterator[ParameterSymmetry]:
    """Units between two layers: rows and bias of the first against columns of the second."""
    for (name, module), (after, following) in pairwise(order):
        outgoing = _own(after, following, "weight", probe)
        if not outgoing or not _is_map(following):
            continue
        weight, bias = (_own(name, module, a, probe) for a in ("weight", "bias"))
        if not weight:
            continue
        units = probe.parameters[weight].shape[0]
        groups = getattr(following, "groups", 1)
        columns = groups * probe.parameters[outgoing].shape[1]
        if columns % units or getattr(following, "transposed", False):
            continue
        members = [
            Member(weight, axis=0),
            *([Member(bias, axis=0)] if bias else []),
            Member(outgoing, axis=1, sign=-1, repeat=columns // units, groups=groups),
        ]
        kind = "affine of a norm" if isinstance(module, (*_CHANNEL_NORMS, *_WHOLE_NORMS)) else "units"
        yield _family(f"{name} | {after}", "rescale", members, probe, f"{kind} between {name} and {after}")


def _linear_pairs(order: list[tuple[str, nn.Module]], probe: LossProbe) -> Iterator[ParameterSymmetry]:
    """Two linear maps with nothing between them: any change of basis in the middle."""
    for (name, module), (after, following) in pairwise(order):
        if not (isinstance(module, nn.Linear) and isinstance(following, nn.Linear)):
            continue
        if module.out_features != following.in_features or module.bias is not None:
            continue
        first, second = _own(name, module, "weight", probe), _own(after, following, "weight", probe)
        if first and second:
            members = [Member(first), Member(second, sign=-1, view=MatrixView(transpose=(True,)))]
            why = f"nothing between {name} and {after}"
            yield _family(f"{name} = {after}", "linear", members, probe, why)


def _blocks(probe: LossProbe) -> Iterator[ParameterSymmetry]:
    """Heads of attention and neurons of gated blocks, as roles tell them."""
    plan = classify(probe.model)
    places: dict[str, dict[str, PlanEntry]] = {}
    for entry in plan:
        if entry.role in ("attention", "mlp_gate_up", "mlp_down") and entry.name in probe.parameters:
            block = entry.name.rsplit(".", 2)[0] if entry.name.endswith("weight") else entry.name.rsplit(".", 1)[0]
            places.setdefault(block, {})[entry.part] = entry
    for block, parts in places.items():
        yield from _heads(block, parts, probe)
        if {"up", "down"} <= parts.keys() and len(parts["up"].shape) == 2 and not parts["down"].view.heads[0]:
            up, down = parts["up"], parts["down"]
            axis = (1 if up.view.transpose[0] else 0, 1 if down.view.transpose[0] else 0)
            bias = up.name.removesuffix("weight") + "bias"
            members = [
                Member(up.name, axis=axis[0]),
                *([Member(bias, axis=0)] if bias in probe.parameters else []),
                Member(down.name, axis=axis[1], sign=-1),
            ]
            yield _family(f"{block} neurons", "rescale", members, probe, "up against down")


def _heads(block: str, parts: dict[str, PlanEntry], probe: LossProbe) -> Iterator[ParameterSymmetry]:
    for one, other, why in (("q", "k", "queries against keys"), ("v", "o", "values against outputs")):
        if one not in parts or other not in parts:
            continue
        a, b = parts[one], parts[other]
        heads = (a.view.heads[0], b.view.heads[0])
        fewest = min(heads)
        if not fewest or max(heads) % fewest:
            continue
        if any(e.name.removesuffix("weight") + "bias" in probe.parameters for e in (a, *((b,) if one == "q" else ()))):
            continue
        # Query heads that share keys move with them: a charge has the sum over the group.
        members = [
            Member(e.name, sign=sign, view=e.view, share=number // fewest)
            for e, number, sign in ((a, heads[0], 1), (b, heads[1], -1))
        ]
        way = "head by head" if heads[0] == heads[1] else f"{fewest} groups of {max(heads) // fewest} heads"
        yield _family(f"{block} {one} | {other}", "linear", members, probe, f"{why}, {way}")


def _weight_norms(probe: LossProbe) -> Iterator[ParameterSymmetry]:
    """Directions of weights whose length is a parameter of its own, one for each row."""
    for name, module in probe.model.named_modules():
        if type(module).__name__ != "ParametrizationList" or len(module) != 1:  # type: ignore[arg-type]
            # Behind a second parametrisation the direction is no longer what this one normalises.
            continue
        found = [getattr(part, "dim", 0) for part in module.children() if type(part).__name__ == "_WeightNorm"]
        places = [(f"{name}.original1", dim) for dim in found]
        for direction, dim in places:
            if direction in probe.parameters:
                axis = None if dim is None or dim < 0 else dim
                why = "only the direction enters, its length is a parameter of its own"
                yield _family(f"{direction} scale", "scale", [Member(direction, axis=axis)], probe, why)


def _whole_stream(order: list[tuple[str, nn.Module]], probe: LossProbe) -> Iterator[ParameterSymmetry]:
    """All that is added to a stream which only norms read: embedding and outputs of blocks, together."""
    if not any(isinstance(m, _WHOLE_NORMS) for _, m in order):
        return
    plan: Plan = classify(probe.model)
    writers = [e.name for e in plan if e.role in ("embedding", "position", "mlp_down") or e.part == "o"]
    writers = [w for w in writers if w in probe.parameters]
    biases = [w.removesuffix("weight") + "bias" for w in writers if w.endswith("weight")]
    members = [Member(n) for n in (*writers, *(b for b in biases if b in probe.parameters))]
    if len(members) > 1:
        yield _family("residual stream scale", "scale", members, probe, "everything that is added to the stream")
