"""The regulariser on the user's own network: which features its layers have, by a map from their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from symmeter.errors import InputError, InputTypeError, ShapeError, UnknownNameError, nearest_name
from symmeter.nn.actions import tensor_action
from symmeter.nn.elements import PresentedGroup, presentation
from symmeter.nn.soft.blocks import LayerMap, LinearMap
from symmeter.nn.soft.candidates import Candidate
from symmeter.nn.soft.general_maps import GeneralPenalty, ParameterAt, SumPenalty, map_projector
from symmeter.nn.soft.penalty import ProjectionPenalty
from symmeter.representations import Representation, TensorType

__all__ = ["Turned", "penalty_of_module"]

_LINEAR = (nn.Linear, nn.modules.conv._ConvNd)


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
    entries: list[tuple[ParameterAt, list[Any]]] = []
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
    notes = [] if not free else [f"Not penalised: {', '.join(free)}."]
    strided = [n for n, g in rep_map.items() if isinstance(g, Turned) and max(model.get_submodule(n).stride) > 1]  # type: ignore[arg-type]
    if strided:
        notes.append(f"Steps of more than one pixel turn with pictures of some sizes only: {', '.join(strided)}.")
    whole = SumPenalty(parts)
    whole.notes = tuple(notes)
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
    if any(isinstance(p, nn.parameter.UninitializedParameter) for p in layer.parameters()):
        raise InputError(f"layer {name!r} has no shape yet; call the model on a batch once before")
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
        return [LayerMap(name, layer, target, source)]
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
        LayerMap(f"{name}.in_proj", layer, source + source + source, source, "in_proj_weight", "in_proj_bias"),
        LayerMap(f"{name}.out_proj", layer.out_proj, source, source),
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
    name: str, layer: Any, source: Any, target: Any, candidates: Sequence[Candidate], bias: bool
) -> list[tuple[ParameterAt, list[Any]]]:
    if isinstance(layer, nn.MultiheadAttention):
        raise InputError(f"{name}: attention takes tensor features; general representations are for Linear and Conv")
    pairs = [(_for(c, source, name), _for(c, target, name)) for c in candidates]
    for into, out in pairs:
        if (out.dimension, into.dimension) != tuple(layer.weight.shape[:2]):
            raise ShapeError(
                f"{name}: representations of dimensions {into.dimension} -> {out.dimension} do not fit a layer with "
                f"{layer.weight.shape[1]} inputs and {layer.weight.shape[0]} outputs"
            )
    # The taps of a convolution that a group does not move are copies of one map.
    taps = int(np.prod(layer.weight.shape[2:], dtype=int))
    still = [None if taps == 1 else out.trivial(taps) for _, out in pairs]
    weights = [map_projector(out, into, t) for (into, out), t in zip(pairs, still)]
    entries: list[tuple[ParameterAt, list[Any]]] = [(ParameterAt(layer, "weight"), weights)]
    if layer.bias is not None and bias:
        entries.append((ParameterAt(layer, "bias"), [map_projector(out, out.trivial()) for _, out in pairs]))
    return entries


def _turned_entries(
    name: str, layer: nn.Module, given: Turned, candidates: Sequence[Candidate], bias: bool
) -> list[tuple[ParameterAt, list[Any]]]:
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
    entries: list[tuple[ParameterAt, list[Any]]] = [(ParameterAt(layer, "weight"), weights)]
    return [*entries, (ParameterAt(layer, "bias"), biases)] if layer.bias is not None and bias else entries


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
