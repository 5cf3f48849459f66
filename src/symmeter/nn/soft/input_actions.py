"""The regulariser for groups that are known by how they move a model's input: actions and findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from symmeter.errors import InputError, ShapeError
from symmeter.findings import Finding
from symmeter.nn.actions import TensorAction, tensor_action
from symmeter.nn.soft.candidates import Candidate
from symmeter.nn.soft.general_maps import GeneralPenalty, ParameterAt, map_projector
from symmeter.nn.soft.regularizer import PER
from symmeter.nn.soft.sampled_orbits import SampledOrbitPenalty
from symmeter.representations import Representation, V

__all__ = ["SoftEquivariance", "penalty_of_actions"]

_POINTWISE = (
    *(nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.SELU, nn.CELU, nn.GELU, nn.SiLU, nn.Mish, nn.Tanh, nn.Sigmoid),
    *(nn.Softplus, nn.Softsign, nn.Hardtanh, nn.Hardswish, nn.Identity, nn.Dropout),
)
#: Smallest strength that a finding starts with, relative to the strength asked for.
_LEAST_START = 1e-3


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
        # A lone linear map commutes with what it commutes with; pointwise functions only with permutations.
        permuted = not isinstance(model, nn.Linear)
        moving = [r for _, a in named if (r := _coordinates(a, layers[0][1].in_features, permuted)) is not None]
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
    if isinstance(model, nn.Linear):
        return [("", model)]
    if not isinstance(model, nn.Sequential):
        return None
    flat = [(n, m) for n, m in model.named_modules() if not isinstance(m, nn.Sequential)]
    if not all(isinstance(m, (nn.Linear, *_POINTWISE)) for _, m in flat):
        return None
    linear = [(n, m) for n, m in flat if isinstance(m, nn.Linear)]
    return linear or None


def _coordinates(action: TensorAction, width: int, permuted: bool) -> Representation | None:
    """How an action moves the coordinates of inputs of shape (batch, width), as a permutation if that is asked for."""
    r = V(action.group) if action.kind in ("nodes", "tokens") else action.representation
    return r if r is not None and r.dimension == width and (not permuted or _permutes(r)) else None


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
    entries: list[tuple[ParameterAt, list[Any]]] = []
    sources = list(moving)
    for k, (name, layer) in enumerate(layers):
        final = k == len(layers) - 1
        targets = [out if final else _copies(r, layer.out_features) for r, out in zip(moving, [o for o, _ in outputs])]
        if layer.in_features != sources[0].dimension:
            raise ShapeError(f"layer {name!r} takes {layer.in_features} inputs, but {sources[0].dimension} come")
        entries.append((ParameterAt(layer, "weight"), [map_projector(t, s) for t, s in zip(targets, sources)]))
        if layer.bias is not None and bias:
            entries.append((ParameterAt(layer, "bias"), [map_projector(t, t.trivial()) for t in targets]))
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
