"""Finds which groups a model has: the finder that ``find`` runs on networks and functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from symmeter.errors import InputError
from symmeter.finders import Finder, FindOptions
from symmeter.findings import Report
from symmeter.nn.candidates import candidate_actions, usual_kind
from symmeter.nn.exported_programs import ExportedModel
from symmeter.nn.measure_call import module_of
from symmeter.nn.measure_groups import measure_groups
from symmeter.subjects import Subject
from symmeter.subjects.models import Model

__all__ = ["ModelFinder", "as_callable", "as_tensors", "shape_of_model", "split_names", "with_tokens"]


class ModelFinder(Finder):
    """Measures a model under candidate groups that its input's shape suggests, or that the user names."""

    name = "models"

    def find(self, subject: Subject, options: FindOptions) -> Report:
        assert isinstance(subject, Model)
        seed = options.rng if isinstance(options.rng, (int, np.integer)) else _seed_of(options.rng)
        subject = with_tokens(subject.model, subject, int(seed))
        x = as_tensors(subject.model, subject.arrays(int(seed)), drawn=subject.is_drawn)
        report = measure_groups(
            as_callable(subject.model),
            x,
            _candidates(options.dictionary, x),
            subject.moved,
            output=subject.output,
            seed=int(seed),
            subject=subject.describe(),
            progress=options.progress,
        )
        return report


def with_tokens(model: Any, subject: Model, seed: int = 0) -> Model:
    """The subject with random tokens for inputs, where only their shape is known and the network begins by embedding.

    Examples
    --------
    >>> net = torch.nn.Sequential(torch.nn.Embedding(9, 2), torch.nn.Flatten())
    >>> with_tokens(net, Model(net, (4,), batch=2)).notes
    ('inputs are random tokens from 0 to 8, not data',)
    """
    if not subject.is_drawn or not isinstance(model, torch.nn.Module):
        return subject
    first = next((m for m in model.modules() if any(True for _ in m.parameters(recurse=False))), None)
    if not isinstance(first, torch.nn.Embedding):
        return subject
    shape = (subject.batch, *subject.inputs)
    tokens = np.random.default_rng(seed).integers(first.num_embeddings, size=shape)
    note = f"inputs are random tokens from 0 to {first.num_embeddings - 1}, not data"
    return replace(subject, inputs=tokens, notes=(*subject.notes, note))


def as_callable(model: Any) -> Any:
    """The model as something to call; exported programs are unwrapped."""
    return ExportedModel(model) if isinstance(model, torch.export.ExportedProgram) else model


def as_tensors(model: Any, x: Any, drawn: bool = False) -> Any:
    """Arrays as tensors for torch modules; functions get what they were given, or what they take where it was drawn."""
    parts = _parts(x)
    if not any(isinstance(p, np.ndarray) for p in parts):
        return x
    tensors = [torch.from_numpy(np.ascontiguousarray(p)) if isinstance(p, np.ndarray) else p for p in parts]
    if module_of(model) is not None or isinstance(model, torch.export.ExportedProgram):
        return _like(x, tensors)
    return _like(x, tensors) if drawn and _works(model, _like(x, [t[:2] for t in tensors])) else x


def _parts(x: Any) -> list[Any]:
    return list(x.values()) if isinstance(x, Mapping) else list(x) if isinstance(x, tuple) else [x]


def _like(x: Any, parts: Sequence[Any]) -> Any:
    if isinstance(x, Mapping):
        return dict(zip(x, parts))
    return tuple(parts) if isinstance(x, tuple) else parts[0]


def _works(model: Any, x: Any) -> bool:
    call = model if callable(model) else model.predict
    try:
        # With gradients, which a model of forces takes inside.
        call(**x) if isinstance(x, Mapping) else call(*_parts(x))
    except Exception:
        return False
    return True


def shape_of_model(model: Any) -> tuple[int, ...] | None:
    """The shape of one input, as far as a module says it by ``input_shape`` or by its first layer; None otherwise."""
    if not isinstance(model, torch.nn.Module):
        return None
    told = getattr(model, "input_shape", None)
    if isinstance(told, (tuple, list)) and all(isinstance(n, int) and n > 0 for n in told):
        return tuple(told)
    for layer in model.modules():
        shape: tuple[int, ...] | None = None
        if isinstance(layer, torch.nn.Linear):
            shape = (layer.in_features,)
        elif isinstance(layer, torch.nn.Conv2d):
            shape = (layer.in_channels, 32, 32)
        if shape is not None:
            return shape if _takes(model, shape) else None
    return None


def _takes(model: torch.nn.Module, shape: tuple[int, ...]) -> bool:
    dtype = next((p.dtype for p in model.parameters() if p.is_floating_point()), torch.float32)
    return _works(model, torch.zeros(2, *shape, dtype=dtype))


def _seed_of(rng: Any) -> int:
    return int(np.random.default_rng(rng).integers(2**31))


def _candidates(dictionary: str | Sequence[Any] | None, x: Any) -> Any:
    """Names of groups, or what :func:`~symmeter.nn.measure_groups.measure_groups` takes."""
    if not isinstance(dictionary, str):
        return list(dictionary) if dictionary is not None else None
    shape = tuple(getattr(x, "shape", ()))
    if not shape:
        raise InputError("groups are named for models of one input; give actions for several")
    known = candidate_actions(shape)
    names = split_names(dictionary)
    if not names:
        raise InputError("the list of groups is empty; name at least one, such as C4 or SO(3)")
    from symmeter.nn.actions import tensor_action

    return {n: known[n] if n in known else tensor_action(usual_kind(shape, n), n, like=shape) for n in names}


def split_names(text: str) -> list[str]:
    """Names between commas that stand outside brackets: ``"C4, SO+(1,3)"`` has two.

    Examples
    --------
    >>> split_names("C4, SO+(1,3),D4")
    ['C4', 'SO+(1,3)', 'D4']
    """
    names, depth, current = [], 0, ""
    for c in text + ",":
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            names.append(current.strip())
            current = ""
        else:
            current += c
    return [n for n in names if n]
