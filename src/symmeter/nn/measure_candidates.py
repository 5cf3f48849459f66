"""The groups that a model is measured under: what the user named, as actions on each of the model's inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symmeter.errors import InputError
from symmeter.findings import Finding
from symmeter.groups import Group
from symmeter.nn.actions import TensorAction, tensor_action
from symmeter.nn.candidates import candidate_actions, usual_kind
from symmeter.nn.measure_call import Bundle
from symmeter.representations import Action, Representation

__all__ = ["Pair", "candidate_entries"]


class Pair(tuple):
    """An input action and an output action."""

    __slots__ = ()


def candidate_entries(x: Bundle, actions: Any, kind: Any = None) -> list[tuple[str, Any]]:
    """The candidates by name.

    Parameters
    ----------
    x : Bundle
        The inputs.
    actions, kind
        As :func:`symmeter.nn.measure_groups.measure_groups` takes them.

    Raises
    ------
    InputError
    """
    if actions is None:
        if not x.single:
            raise InputError(
                "a model of several inputs needs to be told the actions: one for each input, or names of groups and "
                "what they move, as kind={'x': 'points', 'q': 'scalars'}"
            )
        first = x.tensors[0]
        found = candidate_actions(first.shape, not (first.is_floating_point() or first.is_complex()))
        if not found:
            raise InputError(f"no groups suggest themselves for inputs of shape {tuple(x.tensors[0].shape)}; give some")
        return list(found.items())
    of_inputs = isinstance(actions, Mapping) and x.names is not None and not set(actions).isdisjoint(x.names)
    if of_inputs and not set(actions) <= set(x.names or ()):
        unknown = next(k for k in actions if k not in (x.names or ()))
        raise InputError(f"there is an action for {unknown!r}, but the inputs are {', '.join(x.names or ())}")
    if isinstance(actions, Mapping) and not of_inputs:
        listed = list(actions.items())
    elif isinstance(actions, list) and not (not x.single and len(actions) == len(x.tensors) > 1):
        listed = [(None, a) for a in actions]
    else:
        listed = [(None, actions)]
    if not listed:
        raise InputError("the list of candidate groups is empty; give at least one")
    entries: list[tuple[str, Any]] = []
    for name, a in listed:
        given = _read(x, a, kind)
        label = str(name) if name is not None else _label(a, given)
        count = sum(1 for n, _ in entries if n == label or n.startswith(f"{label} #"))
        entries.append((f"{label} #{count + 1}" if count else label, given))
    return entries


def _read(x: Bundle, a: Any, kind: Any) -> Any:
    if isinstance(a, Finding):
        a = a.action
    if isinstance(a, tuple) and len(a) == 2 and x.single:
        return Pair((_read(x, a[0], kind), a[1]))
    if isinstance(a, (Mapping, tuple, TensorAction, Action, Representation)) or not isinstance(a, (str, Group)):
        return a
    name = a if isinstance(a, str) else a.name
    kinds = _kinds_of_inputs(x, kind)
    if kinds is None:
        t = x.tensors[0]
        return tensor_action(kind or usual_kind(t.shape, name), a, like=t)
    made = [None if k is None else tensor_action(k, a, like=t) for k, t in zip(kinds, x.tensors)]
    return made[0] if x.single else tuple(made)


def _kinds_of_inputs(x: Bundle, kind: Any) -> list[str | None] | None:
    """What is moved of each input, None for what stays; None altogether where one kind is said for all."""
    if kind is None or isinstance(kind, str):
        return None
    if isinstance(kind, Mapping):
        wrong = next((n for n in [*kind, *(x.names or ())] if n not in kind or n not in (x.names or ())), None)
        if wrong is not None:
            inputs = ", ".join(x.names or ()) or "not named"
            said = "does not say" if wrong not in kind else "names an unknown input,"
            raise InputError(f"kind {said} {wrong!r}; inputs are {inputs}")
        found = [kind[n] for n in x.names or ()]
    else:
        found = list(kind)
        if len(found) != len(x.tensors):
            raise InputError(f"kind has {len(found)} entries for {len(x.tensors)} inputs; give one for each")
    still = ("scalars", "scalar", "none", "invariant")
    found = [None if k is None or str(k).strip().lower() in still else str(k) for k in found]
    if all(k is None for k in found):
        raise InputError("no input is moved: kind says 'scalars' of each; name one that the groups move, as 'points'")
    return found


def _label(a: Any, given: Any) -> str:
    if isinstance(a, str):
        return a
    if isinstance(a, Finding):
        return a.name
    first = given
    while isinstance(first, (tuple, list, Mapping)):
        parts = list(first.values()) if isinstance(first, Mapping) else list(first)
        first = next((p for p in parts if p is not None), None)
    return getattr(getattr(first, "group", None), "name", None) or str(first)
