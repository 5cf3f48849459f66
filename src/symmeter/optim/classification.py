"""Tell what every parameter of a model is: by structure first, by name second, and the user has the last word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import torch
from torch import nn

from symmeter.errors import InputError, InputTypeError, UnknownNameError, nearest_name
from symmeter.optim.matrix_view import WHOLE, MatrixView
from symmeter.optim.model_facts import HeadGeometry, ModelFacts
from symmeter.optim.parameter_names import (
    attention_part,
    feed_forward_part,
    is_lora,
    is_position,
    is_router,
    is_vector_name,
)
from symmeter.optim.plan import DEFAULT_RULES, ROLES, Plan, PlanEntry

__all__ = ["classify"]

_HEAD_NAMES = ("lm_head", "output", "unembed", "embed_out", "output_projection", "decoder", "head", "to_logits")

_GROUPS = {
    "embedding": "S_v x O(d)",
    "tied_embedding": "S_v x O(d), no shift: inputs would move",
    "position": "none",
    "lm_head": "(S_v x O(d)) with shifts",
    "router": "(S_e x O(d)) with shifts",
    "attention": "O(h) for each head x O(d)",
    "mlp_gate_up": "S_f x O(d)",
    "mlp_down": "O(d) x S_f",
    "hidden": "O(m) x O(n)",
    "lora": "GL(r) on the rank",
    "other": "none",
}


@dataclass(frozen=True)
class _Place:
    """One parameter with what is around it."""

    name: str
    parameter: nn.Parameter
    module: nn.Module
    module_name: str
    leaf: str
    siblings: frozenset[str]
    parents: tuple[str, ...]


def classify(
    model: nn.Module,
    roles: Mapping[str, str] | None = None,
    rules: Mapping[str, str] | None = None,
    heads: int = 0,
    kv_heads: int = 0,
    head_dim: int = 0,
    logit_softcap: float | None = None,
    logit_z_loss: bool = False,
    router_z_loss: bool = False,
    pair_gates: bool = False,
) -> Plan:
    """The plan for a model: role, group, rule and reason of every parameter that is trained.

    Parameters
    ----------
    model : torch.nn.Module
        Of any naming; the layouts of published transformers are known.
    roles : mapping, optional
        Patterns of names (glob, or a regular expression that fits the whole name) and the roles they get.
    rules : mapping, optional
        Rules by role in place of :data:`symmeter.optim.plan.DEFAULT_RULES`.
    heads, kv_heads, head_dim : int
        Geometry of attention where neither modules nor configuration tell it.
    logit_softcap : float, optional
        Bound of tanh on the logits, 0 for none; read from the configuration by default. It ends the freedom to shift.
    logit_z_loss, router_z_loss : bool
        Whether training penalises log-partition functions, which ends that freedom too.
    pair_gates : bool
        Read a neuron's gate and up in a fused tensor as one row of twice the length, in place of two matrices.

    Returns
    -------
    Plan

    Raises
    ------
    InputTypeError
        For what is no module.
    InputError
        For a model without parameters, a pattern that fits none, a geometry that contradicts shapes.
    UnknownNameError, ShapeError

    Examples
    --------
    >>> net = nn.Sequential(nn.Embedding(50, 8), nn.Linear(8, 50))
    >>> classify(net).roles
    {'embedding': 1, 'lm_head': 1, 'other': 1}
    """
    if not isinstance(model, nn.Module):
        raise InputTypeError(f"classify needs a torch.nn.Module, not {type(model).__name__}")
    facts = ModelFacts.of(model, HeadGeometry(heads, kv_heads, head_dim))
    if logit_softcap is not None:
        facts = replace(facts, softcap=float(logit_softcap))
    places = list(_places(model))
    if not places:
        raise InputError("the model has no parameter that is trained")
    walk = _Walk(model, facts, places, logit_z_loss, router_z_loss, pair_gates)
    given = _overrides(places, roles or {})
    entries = tuple(walk.entry(place, given.get(place.name)) for place in places)
    return Plan(entries, tuple(walk.notes)).with_rules(rules or {})


def _places(model: nn.Module) -> Iterator[_Place]:
    seen: set[int] = set()
    for module_name, module in model.named_modules():
        own = dict(module.named_parameters(recurse=False, remove_duplicate=False))
        for attribute, parameter in own.items():
            if not parameter.requires_grad or id(parameter) in seen:
                continue
            seen.add(id(parameter))
            name = f"{module_name}.{attribute}" if module_name else attribute
            single = attribute in ("weight", "bias")
            path = tuple(module_name.split(".")) if module_name else ()
            leaf = path[-1] if single and path else attribute
            block = path[:-1] if single else path
            around = model.get_submodule(".".join(block))
            beside = [n for n, _ in around.named_children()] + [n for n, _ in around.named_parameters(recurse=False)]
            yield _Place(name, parameter, module, module_name, leaf, frozenset(beside), block)


def _overrides(places: list[_Place], roles: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pattern, role in roles.items():
        if role not in ROLES:
            close = nearest_name(role, ROLES)
            hint = f"; did you mean {close!r}?" if close else ""
            raise UnknownNameError(f"no role is called {role!r}; known are {', '.join(ROLES)}{hint}")
        fits = [p.name for p in places if fnmatchcase(p.name, pattern) or _matches(pattern, p.name)]
        if not fits:
            close = nearest_name(pattern, [p.name for p in places])
            hint = f"; did you mean {close!r}?" if close else ""
            raise InputError(f"the pattern {pattern!r} in roles fits no parameter{hint}")
        found.update(dict.fromkeys(fits, role))
    return found


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.fullmatch(pattern, name) is not None
    except re.error:
        return False


class _Walk:
    """Decides for one parameter at a time, knowing the whole model."""

    def __init__(
        self,
        model: nn.Module,
        facts: ModelFacts,
        places: list[_Place],
        logit_z_loss: bool,
        router_z_loss: bool,
        pair_gates: bool,
    ) -> None:
        self.model, self.facts, self.pair_gates = model, facts, pair_gates
        self.notes: list[str] = []
        self.tables = {
            id(m.weight): n for n, m in model.named_modules() if isinstance(m, nn.Embedding) and not is_position(n)
        }
        self.vocabulary = facts.vocabulary or self._largest_table()
        self.width = facts.width or self._table_width()
        self.head, self.head_why = self._output_projection(places)
        self.capped = bool(facts.softcap) or logit_z_loss
        self.router_z_loss = router_z_loss
        if self.head is not None and id(self.head) in self.tables:
            self.notes.append("note: embedding and output projection are one tensor, so no shift of its rows is free")
        elif facts.softcap:
            self.notes.append(f"note: logits are capped at {facts.softcap:g}, so no shift of the output rows is free")
        elif logit_z_loss:
            self.notes.append("note: the z-loss on logits fixes the shift of the output rows")
        if facts.sigmoid_router:
            self.notes.append("note: experts are scored by sigmoids, so a shift of the router's rows is not free")
        elif router_z_loss:
            self.notes.append("note: the z-loss on the router fixes the shift of its rows")

    def _largest_table(self) -> int:
        sizes = [m.num_embeddings for m in self.model.modules() if isinstance(m, nn.Embedding)]
        return max(sizes, default=0)

    def _table_width(self) -> int:
        tables = [m for m in self.model.modules() if isinstance(m, nn.Embedding)]
        return max(tables, key=lambda m: m.num_embeddings).embedding_dim if tables else 0

    def _output_projection(self, places: list[_Place]) -> tuple[torch.Tensor | None, str]:
        get = getattr(self.model, "get_output_embeddings", None)
        found = get() if callable(get) else None
        weight = getattr(found, "weight", None)
        if isinstance(weight, nn.Parameter):
            return weight, "the model names it as its output embedding"
        if not self.vocabulary:
            return None, ""
        wide = [
            (name, m.weight)
            for name, m in self.model.named_modules()
            if isinstance(m, nn.Linear) and m.out_features == self.vocabulary and m.in_features != m.out_features
        ]
        for name, weight in reversed(wide):
            if name.rsplit(".", 1)[-1] in _HEAD_NAMES:
                return weight, "name, and as many rows as tokens"
        return (wide[-1][1], "the last layer with as many rows as tokens") if wide else (None, "")

    # -- one parameter ---------------------------------------------------------------------------------------------

    def entry(self, place: _Place, role: str | None) -> PlanEntry:
        """The plan for a parameter, of the role that the user gave or of the one found."""
        found = self._found(place)
        if role is not None and role != found.role:
            turned = MatrixView(transpose=(True,)) if role == "mlp_down" and not self._turned(place) else WHOLE
            found = self._as(place, role, "", "the user says so", turned)
        found.view.check(found.name, found.shape) if found.rule != "adamw" else None
        return found

    def _as(
        self, place: _Place, role: str, part: str, why: str, view: MatrixView = WHOLE, shifts: bool | None = None
    ) -> PlanEntry:
        if shifts is None:
            shifts = {"lm_head": not self.capped, "router": self._router_shifts(place)}.get(role, False)
        group, rule = _GROUPS[role], DEFAULT_RULES[role]
        if role in ("lm_head", "router") and not shifts:
            group, rule = group.removesuffix(" with shifts")[1:-1], rule.removeprefix("centered_")
        shape = tuple(place.parameter.shape)
        if len(shape) < 2:
            rule = "adamw"
        return PlanEntry(place.name, role, part, rule, group, why, shape, bool(shifts), view)

    def _router_shifts(self, place: _Place) -> bool:
        corrected = any("score_correction" in n for n, _ in place.module.named_buffers()) or any(
            "score_correction" in n for n, _ in place.module.named_parameters()
        )
        return not (self.facts.sigmoid_router or self.router_z_loss or corrected)

    def _found(self, place: _Place) -> PlanEntry:
        p, name = place.parameter, place.name
        if id(p) in self.tables:
            if p is self.head:
                return self._as(place, "tied_embedding", "", "one tensor is table and output projection")
            return self._as(place, "embedding", "", "weight of nn.Embedding")
        if p is self.head:
            return self._as(place, "lm_head", "", self.head_why)
        if is_lora(name):
            return self._as(place, "lora", "", "name of a low-rank factor")
        if isinstance(place.module, nn.Embedding) or (p.ndim >= 2 and is_position(name) and not _linear(place.module)):
            return self._as(place, "position", "", "table of positions")
        if p.ndim <= 1:
            return self._as(place, "other", "", "one axis")
        if is_vector_name(name) or "norm" in type(place.module).__name__.lower():
            return self._as(place, "other", "", "bias or norm by name")
        for told in (self._router, self._attention, self._feed_forward, self._convolution):
            entry = told(place)
            if entry is not None:
                return entry
        if p.ndim == 2:
            one = 1 in p.shape
            return self._as(place, "other" if one else "hidden", "", "a single row" if one else "a matrix like others")
        return self._as(place, "other", "", f"{p.ndim} axes of unknown meaning")

    def _router(self, place: _Place) -> PlanEntry | None:
        if "experts" not in place.siblings or not is_router(place.leaf) or place.parameter.ndim != 2:
            return None
        view = MatrixView(transpose=(True,)) if self._turned(place) else WHOLE
        return self._as(place, "router", "", "scores the experts beside it", view)

    def _turned(self, place: _Place) -> bool:
        """Whether a weight stores (in, out), as GPT-2's Conv1D does."""
        return type(place.module).__name__ == "Conv1D" and hasattr(place.module, "nf")

    def _attention(self, place: _Place) -> PlanEntry | None:
        if isinstance(place.module, nn.MultiheadAttention) and place.leaf in ("in_proj_weight",):
            part = "qkv"
        else:
            part = attention_part(place.leaf, place.siblings, place.parents)
        if not part or place.parameter.ndim != 2:
            return None
        turned = self._turned(place)
        shape = tuple(place.parameter.shape)
        outputs, inputs = shape[::-1] if turned else shape
        geometry = self.facts.geometry(self.model, place.module_name or "")
        rows, width = (inputs, outputs) if part == "o" else (outputs, inputs)
        heads = geometry.head_rows(part, rows, width, place.name)
        view = MatrixView(transpose=(turned != (part == "o"),), heads=(heads,))
        why = "name inside attention" + ("" if heads else "; number of heads unknown, taken as one")
        return self._as(place, "attention", part, why, view)

    def _feed_forward(self, place: _Place) -> PlanEntry | None:
        part = feed_forward_part(place.leaf, place.siblings)
        if not part or place.parameter.ndim not in (2, 3):
            return None
        role = "mlp_down" if part == "down" else "mlp_gate_up"
        shape = tuple(place.parameter.shape)
        turned = self._turned(place) or self._stacked_turned(place, part)
        why = "name of a feed-forward block"
        if part != "gate and up":
            # Rows of the view are neurons: outputs of gate and up, inputs of down.
            return self._as(place, role, part, why, MatrixView(transpose=(turned != (part == "down"),)))
        axis = -1 if turned else -2
        if shape[axis] % 2:
            raise InputError(f"{place.name} has shape {shape}: {shape[axis]} do not split into gates and ups")
        half = shape[axis] // 2
        view = MatrixView(
            parts=(half, half),
            axis=axis,
            interleaved=self._interleaved(place),
            transpose=(turned,) * 2,
            heads=(0, 0),
            paired=self.pair_gates,
        )
        return self._as(place, role, part, why + ("; gates and ups take turns" if view.interleaved else ""), view)

    def _stacked_turned(self, place: _Place, part: str) -> bool:
        """Whether stacked experts store (experts, in, out); a width that fits one side only tells."""
        shape = tuple(place.parameter.shape)
        if len(shape) != 3:
            return False
        if self._gpt_oss(place) or self.facts.model_type.startswith("llama4"):
            return True
        side = {"down": -1}.get(part, -2)
        other = -2 if side == -1 else -1
        return bool(self.width) and shape[side] == self.width and shape[other] != self.width

    def _gpt_oss(self, place: _Place) -> bool:
        named = self.facts.model_type.startswith("gpt_oss")
        built = all(hasattr(place.module, a) for a in ("alpha", "limit")) and "gate_up_proj_bias" in place.siblings
        return named or built

    def _interleaved(self, place: _Place) -> bool:
        return self._gpt_oss(place)

    def _convolution(self, place: _Place) -> PlanEntry | None:
        module = place.module
        if not isinstance(module, nn.modules.conv._ConvNd) or place.leaf == "bias":
            return None
        if module.groups > 1 and place.parameter.shape[1] == 1:
            return self._as(place, "other", "", "one kernel for each channel")
        if module.transposed:
            return self._as(place, "other", "", "transposed convolution")
        return self._as(place, "hidden", "convolution", "kernels as rows", MatrixView(flatten=True))


def _linear(module: nn.Module) -> bool:
    return isinstance(module, nn.Linear)
