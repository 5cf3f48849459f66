"""The regulariser on the user's own network: which features its layers have, by a map or from actions on the input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from symmeter.errors import InputError, InputTypeError, ShapeError, UnknownNameError, nearest_name
from symmeter.findings import Finding
from symmeter.nn.actions import TensorAction, tensor_action
from symmeter.nn.elements import PresentedGroup, presentation
from symmeter.nn.soft.blocks import LinearMap
from symmeter.nn.soft.candidates import Candidate
from symmeter.nn.soft.general_maps import GeneralPenalty, SumPenalty, map_projector
from symmeter.nn.soft.penalty import ProjectionPenalty
from symmeter.nn.soft.regularizer import PER
from symmeter.nn.soft.sampled_orbits import SampledOrbitPenalty
from symmeter.representations import Representation, TensorType, V

__all__ = ["SoftEquivariance", "Turned", "penalty_of_actions", "penalty_of_module"]

_LINEAR = (nn.Linear, nn.modules.conv._ConvNd)
_POINTWISE = (
    *(nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.SELU, nn.CELU, nn.GELU, nn.SiLU, nn.Mish, nn.Tanh, nn.Sigmoid),
    *(nn.Softplus, nn.Softsign, nn.Hardtanh, nn.Hardswish, nn.Identity, nn.Dropout),
)
#: Smallest strength that a finding starts with, relative to the strength asked for.
_LEAST_START = 1e-3


@dataclass(frozen=True)
class Turned:
    """Features of a convolution whose taps the group moves as well, as it turns or flips pictures.

    Attributes
    ----------
    source, target : str
        Channels: ``"3 trivial"``, ``"8 regular"``, or sums of these. A regular feature has one channel for each element
        of the group.
    """

    source: str
    target: str


def SoftEquivariance(
    model: torch.nn.Module, actions: Any, action_out: Any = None, *, strength: float = 1.0, **options: Any
) -> PER:
    """A model that may have some symmetries partly: the short form of ``PER.for_module(model, actions=...)``.

    Parameters
    ----------
    model : torch.nn.Module
    actions : action, Finding, or a list of them
        How each candidate group moves the input. A finding starts at ``strength * (1 - defect)``: the less exact it
        was found, the weaker.
    action_out : action or kind, optional
        How the output is moved; as the input where that fits, otherwise not at all.
    strength : float
    **options
        As of :meth:`PER.for_module`.

    Returns
    -------
    PER
        Call it as the model, and add its ``penalty()`` to the loss.

    Examples
    --------
    >>> from symmeter.nn.actions import tensor_action
    >>> model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 4))
    >>> soft = SoftEquivariance(model, [tensor_action("nodes", "C4")], tune_at=100)
    >>> soft(torch.randn(5, 4)).shape, bool(soft.penalty() > 0)
    (torch.Size([5, 4]), True)
    """
    listed = list(actions) if isinstance(actions, (list, tuple)) else [actions]
    starts = [max(1 - a.defect, _LEAST_START) if isinstance(a, Finding) else 1.0 for a in listed]
    return PER.for_module(model, actions=listed, action_out=action_out, strengths=starts, strength=strength, **options)


# ---- a map of features -----------------------------------------------------------------------------------------------


def penalty_of_module(
    model: nn.Module,
    candidates: Sequence[Candidate],
    rep_map: Mapping[str, Any],
    variant: str = "l2",
    bias: bool = True,
    normalised: bool = False,
) -> Any:
    """The penalty on the layers that a map names, see :meth:`~symmeter.nn.soft.PER.for_module`."""
    if not rep_map:
        raise InputError("rep_map is empty; give {layer: (source, target)} for at least one layer")
    tensor_maps: list[LinearMap] = []
    entries: list[tuple[torch.Tensor, list[Any]]] = []
    for name, given in rep_map.items():
        layer = _layer(model, name)
        if isinstance(given, Turned):
            entries += _turned_entries(name, layer, given, candidates, bias)
            continue
        if not isinstance(given, (tuple, list)) or len(given) != 2:
            raise InputError(f"rep_map[{name!r}] is {given!r}; give a pair (features of inputs, features of outputs)")
        source, target = (_features(g, name) for g in given)
        if isinstance(source, TensorType) and isinstance(target, TensorType):
            tensor_maps += _tensor_maps(name, layer, source, target)
        else:
            entries += _general_entries(name, layer, source, target, candidates, bias)
    parts: list[Any] = []
    if tensor_maps:
        parts.append(ProjectionPenalty(tensor_maps, candidates, variant, bias, normalised))
    if entries:
        if variant != "l2" or normalised:
            raise InputError("layers with general representations take the 'l2' penalty without normalisation")
        parts.append(GeneralPenalty(candidates, entries))
    free = _free_layers(model, rep_map)
    notes = () if not free else (f"Not penalised: {', '.join(free)}.",)
    whole = SumPenalty(parts)
    whole.notes = notes
    return whole


def _features(given: Any, name: str) -> Any:
    if isinstance(given, str):
        return TensorType.parse(given)
    if isinstance(given, (TensorType, Representation, Mapping)) or callable(given):
        return given
    raise InputTypeError(
        f"rep_map[{name!r}] holds a {type(given).__name__}; features are tensor types, text such as '3T0+2T1', or "
        "representations by candidate"
    )


def _layer(model: nn.Module, name: str) -> nn.Module:
    layers = dict(model.named_modules())
    if name not in layers:
        near = nearest_name(name, layers)
        known = [n for n, m in layers.items() if isinstance(m, (*_LINEAR, nn.MultiheadAttention))]
        hint = f"did you mean {near!r}?" if near else f"there are {', '.join(known[:8])}"
        raise UnknownNameError(f"the model has no layer {name!r}; {hint}")
    layer = layers[name]
    if not isinstance(layer, (*_LINEAR, nn.MultiheadAttention)):
        raise InputTypeError(
            f"layer {name!r} is a {type(layer).__name__}; features are given for Linear, Conv and MultiheadAttention"
        )
    if isinstance(layer, nn.modules.conv._ConvNd) and (layer.groups != 1 or layer.transposed):
        raise InputError(f"layer {name!r} is a grouped or transposed convolution; only plain ones are penalised")
    return layer


def _free_layers(model: nn.Module, rep_map: Mapping[str, Any]) -> list[str]:
    inside = tuple(f"{n}." for n in rep_map)
    return [
        name
        for name, m in model.named_modules()
        if name not in rep_map and not name.startswith(inside) and any(True for _ in m.parameters(recurse=False))
    ]


def _tensor_maps(name: str, layer: nn.Module, source: TensorType, target: TensorType) -> list[LinearMap]:
    if not isinstance(layer, nn.MultiheadAttention):
        return [LinearMap(name, layer.weight, layer.bias, target, source)]  # type: ignore[arg-type]
    if layer.in_proj_weight is None or layer.bias_k is not None:
        raise InputError(f"{name}: attention with separate key sizes or extra biases is not covered; map its layers")
    if source != target:
        raise InputError(f"{name}: queries, keys, values and output have one kind of features; got {source}, {target}")
    heads = layer.num_heads
    if len(source.terms) % heads or source.terms != source.terms[: len(source.terms) // heads] * heads:
        raise InputError(
            f"{name}: {heads} heads cut the features {source}; each head needs the same ones, one head after another"
        )
    return [
        LinearMap(f"{name}.in_proj", layer.in_proj_weight, layer.in_proj_bias, source + source + source, source),
        LinearMap(f"{name}.out_proj", layer.out_proj.weight, layer.out_proj.bias, source, source),
    ]


def _for(candidate: Candidate, features: Any, name: str) -> Representation:
    """A representation of one candidate, from what a map holds."""
    if isinstance(features, Mapping):
        if candidate.name not in features:
            raise InputError(f"rep_map[{name!r}] has no representation for candidate {candidate.name!r}")
        return features[candidate.name]
    if isinstance(features, Representation):
        return features
    base = candidate.group.representation if isinstance(candidate.group, PresentedGroup) else candidate.group
    return features(base)


def _general_entries(
    name: str, layer: nn.Module, source: Any, target: Any, candidates: Sequence[Candidate], bias: bool
) -> list[tuple[torch.Tensor, list[Any]]]:
    if not isinstance(layer, nn.Linear):
        raise InputError(f"{name}: general representations are taken by Linear layers; got {type(layer).__name__}")
    pairs = [(_for(c, source, name), _for(c, target, name)) for c in candidates]
    for into, out in pairs:
        if (out.dimension, into.dimension) != tuple(layer.weight.shape):
            raise ShapeError(
                f"{name}: representations of dimensions {into.dimension} -> {out.dimension} do not fit a layer with "
                f"{layer.weight.shape[1]} inputs and {layer.weight.shape[0]} outputs"
            )
    entries: list[tuple[torch.Tensor, list[Any]]] = [(layer.weight, [map_projector(out, into) for into, out in pairs])]
    if layer.bias is not None and bias:
        entries.append((layer.bias, [map_projector(out, out.trivial()) for _, out in pairs]))
    return entries


def _turned_entries(
    name: str, layer: nn.Module, given: Turned, candidates: Sequence[Candidate], bias: bool
) -> list[tuple[torch.Tensor, list[Any]]]:
    if not isinstance(layer, nn.Conv2d):
        raise InputError(f"{name}: turned taps are those of a Conv2d; got {type(layer).__name__}")
    weights, biases = [], []
    for c in candidates:
        into, out = (_channels(text, c, name) for text in (given.source, given.target))
        if (out.dimension, into.dimension) != tuple(layer.weight.shape[:2]):
            raise ShapeError(
                f"{name}: {given.source!r} and {given.target!r} are {into.dimension} and {out.dimension} channels of "
                f"{c.name}; the layer has {layer.weight.shape[1]} and {layer.weight.shape[0]}"
            )
        weights.append(map_projector(out, into, _taps(c, layer, name)))
        biases.append(map_projector(out, out.trivial()))
    entries: list[tuple[torch.Tensor, list[Any]]] = [(layer.weight, weights)]
    return [*entries, (layer.bias, biases)] if layer.bias is not None and bias else entries


def _channels(text: str, candidate: Candidate, name: str) -> Representation:
    """``"3 trivial + 2 regular"`` for a finite group."""
    group = candidate.group
    order = getattr(group, "order", None)
    if order is None or getattr(group, "table", None) is None:
        raise InputError(
            f"{name}: {candidate.name} has no regular channels; turned taps need a finite group such as C4"
        )
    total: Representation | None = None
    for part in text.split("+"):
        words = part.split()
        if len(words) != 2 or not words[0].isdigit() or words[1] not in ("trivial", "regular") or int(words[0]) < 1:
            raise InputError(f"{name}: {part.strip()!r} are no channels; write '3 trivial' or '8 regular'")
        piece = int(words[0]) * _channel_kind(words[1], group)
        total = piece if total is None else total + piece
    assert total is not None
    return total


def _channel_kind(word: str, group: Any) -> Representation:
    generators = presentation(group).discrete
    if word == "trivial":
        return Representation((np.eye(1),) * len(generators), (), word)
    table = np.asarray(group.table)
    images = [(table[g][None, :] == np.arange(len(table))[:, None]).astype(float) for g in group.generators]
    return Representation(tuple(images) or (np.eye(len(table)),), (), word)


def _taps(candidate: Candidate, layer: nn.Conv2d, name: str) -> Representation:
    """How the generators move the taps, read off a picture of their numbers."""
    action = tensor_action("pixels", candidate.group)
    size = layer.weight.shape[2:]
    numbers = torch.arange(size.numel(), dtype=torch.float64).reshape(1, *size)
    if not action.exact or not action.fits((1, *size)):
        raise InputError(f"{name}: {candidate.name} does not move a {size[0]} x {size[1]} kernel onto itself")
    elements = action.elements(candidate.group.order)
    moved = action.apply(elements, numbers).reshape(len(elements), -1).long().numpy()
    # The number found at a place after moving is the place that it came from.
    images = [(moved[g][:, None] == np.arange(size.numel())[None, :]).astype(float) for g in candidate.group.generators]
    return Representation(tuple(images) or (np.eye(size.numel()),), (), "taps")


# ---- actions on the input --------------------------------------------------------------------------------------------


def penalty_of_actions(
    model: nn.Module,
    actions: Sequence[Any],
    action_out: Any,
    samples: int,
    generator: torch.Generator | None,
    variant: str = "l2",
    bias: bool = True,
    normalised: bool = False,
) -> Any:
    """The penalty for groups that are known by how they move the input."""
    if not actions:
        raise InputError("there are no actions; give at least one, such as finding.action")
    if variant != "l2" or normalised:
        raise InputError("penalties made from actions take the 'l2' form without normalisation")
    named = _named_actions(actions)
    candidates = [_candidate_of(name, a) for name, a in named]
    layers = _linear_chain(model)
    if layers is not None:
        moving = [r for _, a in named if (r := _coordinates(a, layers[0][1].in_features)) is not None]
        if len(moving) == len(named):
            return _chain_penalty(layers, candidates, moving, named, action_out, bias)
    pairs = [(a, _output_action(action_out, a, model)) for _, a in named]
    return SampledOrbitPenalty(model, candidates, pairs, samples, generator)


def _named_actions(actions: Sequence[Any]) -> list[tuple[str, TensorAction]]:
    named: list[tuple[str, TensorAction]] = []
    for given in actions:
        action = tensor_action(given.action if isinstance(given, Finding) else given)
        name = given.name if isinstance(given, Finding) else getattr(action.group, "name", "") or repr(action)
        taken = sum(n == name or n.startswith(f"{name} #") for n, _ in named)
        named.append((f"{name} #{taken + 1}" if taken else name, action))
    return named


def _candidate_of(name: str, action: TensorAction) -> Candidate:
    """A candidate without matrices of a base space: layers have representations of their own."""
    return Candidate(name, action.group, np.zeros((0, 1, 1)), np.zeros((0, 1, 1)))


def _linear_chain(model: nn.Module) -> list[tuple[str, nn.Linear]] | None:
    """The linear layers of a Sequential of linear layers and pointwise functions; None for other models."""
    if not isinstance(model, nn.Sequential):
        return None
    flat = [(n, m) for n, m in model.named_modules() if not isinstance(m, nn.Sequential)]
    if not all(isinstance(m, (nn.Linear, *_POINTWISE)) for _, m in flat):
        return None
    linear = [(n, m) for n, m in flat if isinstance(m, nn.Linear)]
    return linear or None


def _coordinates(action: TensorAction, width: int) -> Representation | None:
    """How an action permutes the coordinates of inputs of shape (batch, width); None when it does something else."""
    r = V(action.group) if action.kind in ("nodes", "tokens") else action.representation
    return r if r is not None and r.dimension == width and _permutes(r) else None


def _permutes(r: Representation) -> bool:
    """Whether all generators permute coordinates, so that pointwise functions commute with them."""
    whole = all(((a == 0) | (a == 1)).all() and (a.sum(0) == 1).all() for a in r.discrete)
    return whole and not any(np.any(a) for a in r.algebra)


def _chain_penalty(
    layers: list[tuple[str, nn.Linear]],
    candidates: Sequence[Candidate],
    moving: list[Representation],
    named: list[tuple[str, TensorAction]],
    action_out: Any,
    bias: bool,
) -> GeneralPenalty:
    """Hidden layers hold as many copies of the input's coordinates as fit, and scalars for the rest."""
    last = layers[-1][1].out_features
    outputs = [_chain_output(action_out, a, r, last) for (_, a), r in zip(named, moving)]
    entries: list[tuple[torch.Tensor, list[Any]]] = []
    sources = list(moving)
    for k, (name, layer) in enumerate(layers):
        final = k == len(layers) - 1
        targets = [out if final else _copies(r, layer.out_features) for r, out in zip(moving, [o for o, _ in outputs])]
        if layer.in_features != sources[0].dimension:
            raise ShapeError(f"layer {name!r} takes {layer.in_features} inputs, but {sources[0].dimension} come")
        entries.append((layer.weight, [map_projector(t, s) for t, s in zip(targets, sources)]))
        if layer.bias is not None and bias:
            entries.append((layer.bias, [map_projector(t, t.trivial()) for t in targets]))
        sources = targets
    penalty = GeneralPenalty(candidates, entries)
    penalty.actions = tuple((a, out) for (_, a), (_, out) in zip(named, outputs))  # type: ignore[attr-defined]
    return penalty


def _copies(r: Representation, width: int) -> Representation:
    copies, rest = divmod(width, r.dimension)
    if not copies:
        return r.trivial(rest)
    return copies * r + r.trivial(rest) if rest else copies * r


def _chain_output(
    action_out: Any, action: TensorAction, r: Representation, size: int
) -> tuple[Representation, TensorAction]:
    if action_out is None and size == r.dimension:
        return r, action
    if action_out is None or action_out == "scalars":
        return r.trivial(size), action.trivial()
    made = tensor_action(action_out, action.group)
    found = made.representation
    if found is None or found.dimension != size:
        raise ShapeError(f"{made!r} moves shape {made.expects()}; the model has {size} outputs")
    return found, made


def _output_action(action_out: Any, action: TensorAction, model: nn.Module) -> TensorAction:
    if action_out is None:
        linear = [m for m in model.modules() if isinstance(m, nn.Linear)]
        same = bool(linear) and action.fits((1, linear[-1].out_features))
        return action if same else action.trivial()
    if isinstance(action_out, str) and action_out.lower() == "same":
        return action
    return tensor_action(action_out, action.group)
