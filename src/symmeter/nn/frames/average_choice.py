"""Which average a group calls for: poses, orderings, shifts, angles, or all elements of a finite group."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from symmeter.errors import InputError, SymmeterError, UnknownNameError, nearest_name
from symmeter.groups import Group
from symmeter.nn.frames.euclidean import EuclideanFrame
from symmeter.nn.frames.euclidean_average import EuclideanAverage
from symmeter.nn.frames.group_average import GroupAverage
from symmeter.nn.frames.ordered_points import OrderedPoints
from symmeter.nn.frames.permutation_average import PermutationAverage
from symmeter.nn.frames.shift_average import ShiftAverage
from symmeter.nn.frames.torus_average import flow_average
from symmeter.representations import FlowAction

__all__ = ["average_over"]

#: Poses of a degenerate cloud from which a sample is drawn.
_SAMPLED_FROM = 100_000
#: Choices that every average has; the others belong to some frames only, and their defaults.
_COMMON = ("output", "stochastic_train", "max_frames", "chunk")
_DEFAULTS: dict[str, Any] = {
    "inputs": None,
    "degenerate": "blend",
    "differentiable_frame": False,
    "samples": None,
    "frames": "full",
    "shared": None,
    "kind": None,
}
_ORDERINGS = ("s(n)", "sn", "s_n", "permutations")
_SHIFTS = ("shifts", "shifts(1)", "shifts(2)")
Options = dict[str, Any]


def average_over(backbone: Any, group: Any, **options: Any) -> Any:
    """The average of a network over a group; :class:`symmeter.nn.frames.FrameAverage` explains the options."""
    group = _action_of(group)
    euclidean = _product(group) if isinstance(group, str) else None
    if euclidean is not None:
        if options["kind"] is not None:
            raise InputError(f"kind is {options['kind']!r}; the product {group} moves points, leave it out")
        per_point = options["output"] == "points"
        backbone = OrderedPoints(backbone, per_point=per_point, limit=options["max_frames"], chunk=options["chunk"])
        return _over_poses(backbone, euclidean, options)
    name = _euclidean_name(group) if options["kind"] is None else None
    plain = group.replace(" ", "").lower() if isinstance(group, str) else ""
    if name is not None:
        return _over_poses(backbone, name, options)
    if plain in _ORDERINGS and options["kind"] is None:
        return _over_orderings(backbone, options)
    if plain in _SHIFTS and options["kind"] is None:
        some = _chosen(options, ("differentiable_frame",), "cyclic shifts")
        return ShiftAverage(backbone, 1 if plain == "shifts(1)" else 2, **some)
    if isinstance(group, FlowAction):
        return flow_average(backbone, group, **_chosen(options, ("differentiable_frame",), "a flow"))
    some = _chosen(options, ("inputs", "samples", "kind"), "a finite group")
    if isinstance(group, (str, Group)):
        _check_finite(group, [some["kind"], *(some["inputs"] or {}).values()])
    return GroupAverage(backbone, group, **some)


def _chosen(options: Options, known: Iterable[str], of: str) -> Options:
    """The options that an average takes; those that it has not must be left as they are."""
    known = (*_COMMON, *known)
    for name, default in _DEFAULTS.items():
        if name not in known and options[name] != default:
            raise InputError(f"{name} is {options[name]!r}, but the frame of {of} has no such choice; leave it out")
    return {name: options[name] for name in known}


def _over_poses(backbone: Any, name: str, options: Options) -> EuclideanAverage:
    most, samples = options["max_frames"], options["samples"]
    frame = EuclideanFrame(
        name,
        options["degenerate"],
        most=most if samples is None else _SAMPLED_FROM,
        differentiable=options["differentiable_frame"],
        frames=options["frames"],
    )
    size = 2 ** (frame.dimension - frame.proper)
    if size > most and samples is None and frame.frames == "full" and frame.degenerate != "weighted":
        raise InputError(
            f"principal axes have {size} poses for {frame.group}, more than max_frames = {most}; raise it, draw "
            "samples=, or use frames='minimal'"
        )
    some = {k: options[k] for k in ("inputs", "output", "shared", "stochastic_train", "chunk")}
    return EuclideanAverage(backbone, frame, limit=most, samples=samples, **some)


def _over_orderings(backbone: Any, options: Options) -> PermutationAverage:
    some = _chosen(options, ("inputs", "samples"), "orderings")
    known = {"scalars": "scalar", "scalar": "scalar", "invariant": "scalar", "nodes": "nodes", "adjacency": "adjacency"}
    output = some.pop("output")
    if not isinstance(output, str) or output not in known:
        raise InputError(f"output is {output!r}; orderings take 'scalars', 'nodes' or 'adjacency'")
    return PermutationAverage(backbone, output=known[output], limit=some.pop("max_frames"), **some)


# -- names -----------------------------------------------------------------------------------------------------------


def _action_of(group: Any) -> Any:
    """What a finding, or an action of one that was made for tensors, is about."""
    from symmeter.findings import Finding
    from symmeter.nn.actions import ColumnAction

    if isinstance(group, Finding):
        group = group.action
    return group.action if isinstance(group, ColumnAction) and isinstance(group.action, FlowAction) else group


def _euclidean_name(group: Any) -> str | None:
    from symmeter.groups.lie import SE, SO, E, O
    from symmeter.nn.actions import TensorAction

    if isinstance(group, TensorAction) and group.kind in ("points", "vectors"):
        # A cloud that is moved point by point; a representation along the last axis has its own kind.
        group = group.group
    if isinstance(group, str):
        text = group.replace(" ", "").upper()
        return text if re.fullmatch(r"(SO|O|SE|E)\(\d+\)", text) else None
    return group.name if isinstance(group, (O, SO, E, SE)) else None


def _product(name: str) -> str | None:
    """The Euclidean factor of ``S(n) x E(3)``."""
    factors = name.replace(" ", "").replace("×", "x").split("x")
    if len(factors) != 2 or not any(f.lower() in _ORDERINGS for f in factors):
        return None
    other = next((f for f in factors if _euclidean_name(f)), None)
    if other is None:
        raise InputError(f"products are offered of S(n) with O(d), SO(d), E(d) or SE(d); got {name!r}")
    return other


def _check_finite(group: str | Group, kinds: list[Any]) -> None:
    """Raise for names that no kind of tensor knows, and for infinite groups.

    Raises
    ------
    UnknownNameError
        With the nearest name.
    InputError
    """
    found = [group] if isinstance(group, Group) else _read(group, [k for k in kinds if isinstance(k, str)])
    if found and all(getattr(g, "order", 0) is None for g in found):
        name = group if isinstance(group, str) else group.name
        raise InputError(
            f"{name} is infinite and has no frame here; frames exist for O(d), SO(d), E(d) and SE(d) on points: name "
            "one of these, or relax the symmetry with SoftEquivariance"
        )


def _read(name: str, kinds: list[str]) -> list[Any]:
    """The groups of that name, one for each kind of tensor that it can move; none where the size of one must be known.

    Raises
    ------
    UnknownNameError
    """
    from symmeter.nn.group_of_kind import group_of_kind

    if name.strip().lower() in ("shifts", "permutations", "translations", "rotations", "scalings", "sn", "s_n"):
        return []
    found = []
    for kind in {*kinds, "vectors", "pixels", "nodes"}:
        try:
            found.append(group_of_kind(name, kind))
        except SymmeterError:
            continue
    if found:
        return found
    d = (re.findall(r"\d+", name) or ["3"])[0]
    letters = re.sub(r"[^A-Z]", "", name.upper())
    # Brackets in the wrong place say what is meant, and the likeness of spellings does not see it.
    near = {"SO": f"SO({d})", "SE": f"SE({d})", "O": f"O({d})", "E": f"E({d})", "S": f"S{d}", "A": f"A{d}"}.get(letters)
    near = near or nearest_name(
        name, [f"{g}({d})" for g in ("SO", "SE", "O", "E")] + [f"{g}{d}" for g in "CDSA"] + _OTHERS
    )
    hint = (
        f"did you mean {near!r}?" if near else "known are O(d), SO(d), E(d), SE(d), S(n), shifts, C4, D4, S5, Oh, ..."
    )
    raise UnknownNameError(f"no group with a frame is called {name!r}; {hint}")


_OTHERS = ["S(n)", "permutations", "shifts", "shifts(1)", "flips", "S(n) x E(3)", "Oh", "Td", "Ih"]
