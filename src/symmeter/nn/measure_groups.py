"""Which of some groups a model has, and how exactly: a report with a calibrated null.

The defect of a finding is the mean equivariance error over elements other than the identity and over samples, divided
by the null of :mod:`symmeter.nn.measure_null` (what an unrelated motion of the same size does), at most 1. Its interval
comes from resampling elements and samples together.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float

from symmeter.errors import InputError, SymmeterError
from symmeter.findings import Report
from symmeter.nn.actions import TensorAction
from symmeter.nn.elements import Elements
from symmeter.nn.measure_call import Bundle, ModelCall, bundle_of, module_of, outputs_of
from symmeter.nn.measure_candidates import Pair, candidate_entries
from symmeter.nn.measure_error import (
    TOLERANCES,
    ActionPair,
    discrepancies,
    element_errors,
    input_actions,
    output_actions,
)
from symmeter.nn.measure_findings import finding_of, report_of
from symmeter.nn.measure_generators import GeneratorError, generator_errors
from symmeter.nn.measure_interval import mean_interval, ratio_interval
from symmeter.nn.measure_layers import LayerError, layer_errors
from symmeter.nn.measure_null import null_errors, null_partners

__all__ = ["Measurement", "measure_groups", "measure_one"]

#: Below this error, or eight units of rounding, a model is tried in double precision, which tells exact from nearly.
_WORTH_CONFIRMING = 1e-3
_NARROW = (torch.float32, torch.bfloat16, torch.float16)
_SINGLE = 1e-5
#: In double precision what is left of a model whose weights were rounded to single precision, a unit of which is 6e-8.
_ROUNDED_WEIGHTS = 2e-7


@dataclass(frozen=True, eq=False)
class Measurement:
    """Everything that was measured of one group.

    Attributes
    ----------
    name : str
    pair : ActionPair
        How the group moves inputs and outputs.
    elements : Elements
        Without the identity.
    errors, null : float64 tensors of shape (K, B)
    all_elements : bool
        Whether these are all elements of the group.
    defect : (float, float, float)
        Value and 95 % interval of the error over its null; not cut at 1.
    error : (float, float, float)
        Value and 95 % interval of the error itself.
    exact : bool
        Whether nothing but rounding is left.
    double_error : float or None
        The error in double precision, where that was tried.
    interpolation : float or None
        For actions that are not exact: the error, over the null, that moving the input there and back makes.
    generators : tuple of GeneratorError
    layers : tuple of LayerError
    """

    name: str
    pair: ActionPair
    elements: Elements
    errors: Float[torch.Tensor, "K B"]
    null: Float[torch.Tensor, "K B"]
    all_elements: bool
    defect: tuple[float, float, float]
    error: tuple[float, float, float]
    exact: bool
    double_error: float | None
    interpolation: float | None
    generators: tuple[GeneratorError, ...]
    layers: tuple[LayerError, ...]

    @property
    def per_element(self) -> tuple[tuple[str, float], ...]:
        """Each element with its mean error over the samples, the worst first."""
        each = self.errors.mean(1)
        return tuple(
            (self.pair.leader.describe_element(self.elements, int(k)), float(each[k]))
            for k in torch.argsort(each, descending=True)
        )


def measure_groups(
    model: Any,
    x: Any,
    actions: Any = None,
    action_out: Any = None,
    *,
    kind: Any = None,
    samples: int = 32,
    law: str | None = None,
    output: Any = None,
    averages: int = 1,
    layers: bool = False,
    layer_actions: Mapping[str, Any] | None = None,
    seed: int = 0,
    subject: str = "",
    progress: Callable[[float, str], None] | None = None,
) -> Report:
    """Measure how exactly a model has each of some groups.

    Parameters
    ----------
    model : callable or torch.nn.Module
        In evaluation mode; takes the inputs batch first. A function of NumPy arrays is given arrays.
    x : tensor or array of shape (B, ...), or a tuple or dict of them
        Data that the model is meant for, 16 samples or more.
    actions : action, group name, finding, or a list or dict of these, optional
        The candidates. ``"SO(3)"`` moves what the shape suggests or ``kind`` says; a pair ``(action_in, action_out)``
        sets the output's action of one candidate. None: the shape suggests groups, with and without a moving output.
    action_out : action or kind, optional
        How the output is moved by all candidates: ``"same"``, ``"scalars"``, ``"vectors"`` ... None: as the input where
        that fits the output's shape, otherwise not at all.
    kind : str, or a tuple or dict of them, optional
        What group names move: ``"points"``, ``"vectors"``, ``"pixels"``, ``"nodes"`` ... Of several inputs one for
        each, as ``{"x": "points", "q": "scalars"}``; ``"scalars"`` or None for what stays as it is.
    samples : int
        Elements drawn of each group; finite groups of at most so many are taken whole.
    law : {"normal", "haar"}, optional
        How elements of continuous groups are drawn; Haar measure for compact groups when omitted.
    output : str or int, optional
        Which output of a model that returns several; those that ``action_out`` names, or as many as it has, otherwise.
    averages : int
        For models that are random by nature: calls to average.
    layers, layer_actions : bool, and mapping of actions by layer, optional
        Look into the layers as well (torch modules), with other actions where the input's does not fit.
    seed, subject, progress : int, str and callable, optional
        Same seed, same report; what the report calls the model; called with the share done and what is being done.

    Returns
    -------
    Report
        Its findings' ``action`` goes into ``FrameAverage`` and ``SoftEquivariance``; ``evidence`` holds the error
        itself, the worst elements, the generators and the layers; the ladder orders groups by tolerance.

    Raises
    ------
    InputError, ShapeError, NonFiniteError
        An action that does not fit (both shapes are quoted), a model in training mode, one that is random.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> distances = lambda points: torch.cdist(points, points).sum((-1, -2))
    >>> report = measure_groups(distances, torch.randn(32, 5, 3), ["SO(3)", "E(3)", "scalings"], "scalars")
    >>> [(f.name, f.verdict) for f in report]
    [('E(3)', 'exact'), ('SO(3)', 'exact'), ('scalings', 'broken')]
    """
    call = ModelCall(model, outputs_of(action_out, output), averages)
    inputs, y, noise = _checked(call, x)
    found = []
    entries = candidate_entries(inputs, actions, kind)
    for k, (name, given) in enumerate(entries):
        if progress is not None:
            progress(k / len(entries), f"measuring {name}")
        pair = given if isinstance(given, Pair) else Pair((given, action_out))
        one = _best_output(call, inputs, y, name, pair, actions is None, samples, law, seed)
        found.append(_with_layers(call, inputs, one, layer_actions, seed) if layers or layer_actions else one)
    said = subject or f"model {_name_of(model)} on {_shapes(inputs)}"
    asked = {"samples": samples, "law": law or "haar or normal", "seed": seed, "averages": averages}
    return report_of(said, [finding_of(one) for one in found], asked, noise if averages > 1 else None)


def _checked(call: ModelCall, x: Any) -> tuple[Bundle, tuple[torch.Tensor, ...], float]:
    """The inputs, the outputs on them, and by how much two calls differ."""
    inputs = call.placed(bundle_of(x))
    noise = call.check_repeatable(inputs)
    y = call(inputs)
    call.check_independent(inputs, y)
    return inputs, y, noise


def _best_output(
    call: ModelCall,
    x: Bundle,
    y: tuple[torch.Tensor, ...],
    name: str,
    pair: Pair,
    choose: bool,
    samples: int,
    law: str | None,
    seed: int,
) -> Measurement:
    """One candidate; where the user named no output action, the better of an invariant and an equivariant output."""
    moved_in, moved_out = pair
    first = measure_one(call, x, y, name, moved_in, moved_out, samples=samples, law=law, seed=seed)
    if not choose or moved_out is not None or all(a.kind == "scalars" for a in first.pair.outputs):
        return first
    second = measure_one(call, x, y, name, moved_in, "scalars", samples=samples, law=law, seed=seed)
    return second if second.defect[0] < first.defect[0] else first


def measure_one(
    call: ModelCall,
    x: Bundle,
    y: tuple[torch.Tensor, ...],
    name: str,
    action_in: Any,
    action_out: Any = None,
    *,
    samples: int = 32,
    law: str | None = None,
    seed: int = 0,
) -> Measurement:
    """Everything about one group but the layers; :func:`measure_groups` explains the arguments.

    Parameters
    ----------
    y : tuple of tensors
        The outputs on ``x``.
    """
    generator = torch.Generator().manual_seed(seed)
    moving = input_actions(action_in, x)
    pair = ActionPair(moving, output_actions(action_out, moving, y))
    elements, whole = _elements(pair.leader, samples, law, generator)
    errors = element_errors(call, x, pair, elements, y)
    partners = null_partners(len(elements), x.batch, generator)
    null = null_errors(call, x, pair, elements, y, generator, partners)
    worth = max([_WORTH_CONFIRMING] + [8 * torch.finfo(t.dtype).eps for t in x.tensors if t.is_floating_point()])
    double = _in_double(call, x, pair, elements) if float(errors.mean()) < worth else None
    worst = float(errors.mean(1).max()) if double is None else double
    return Measurement(
        name,
        pair,
        elements,
        errors,
        null,
        whole,
        ratio_interval(errors, null, whole, generator, partners=partners),
        mean_interval(errors, whole, generator),
        all(a.exact for a in pair.inputs) and worst <= _rounding(call, y, double is not None),
        double,
        _interpolation_error(call, x, pair, elements, null, y),
        generator_errors(call, x, pair, y),
        (),
    )


def _rounding(call: ModelCall, y: tuple[torch.Tensor, ...], in_double: bool) -> float:
    """The largest error that rounding explains."""
    if not in_double:
        return TOLERANCES[torch.float64] if y[0].dtype == torch.float64 else _SINGLE
    stored = any(p.is_floating_point() for p in _parameters(call))
    return _ROUNDED_WEIGHTS if stored else TOLERANCES[torch.float64]


def _parameters(call: ModelCall) -> list[torch.nn.Parameter]:
    module = module_of(call.model)
    return [] if module is None else list(module.parameters())


def _elements(action: TensorAction, samples: int, law: str | None, generator: torch.Generator) -> tuple[Elements, bool]:
    whole = action.order is not None and action.order <= samples + 1
    if law is None:
        law = "haar" if getattr(action.group, "is_compact", False) else "normal"
    elements = action.elements(samples + 1 if whole else samples, generator, law)
    moving = (~elements.is_identity()).nonzero()[:, 0]
    if len(moving) == 0:
        raise InputError(f"{action!r}: the group is trivial, so that every model has it; give a larger one")
    return elements[moving], whole


def _in_double(call: ModelCall, x: Bundle, pair: ActionPair, elements: Elements) -> float | None:
    """The worst error of a few elements when everything is computed in float64; None where that cannot be done."""
    weights = _parameters(call)
    if not any(t.dtype in _NARROW for t in (*x.tensors, *weights)):
        return None
    if x.numpy or call.averages > 1 or isinstance(call.model, torch.jit.ScriptModule):
        return None
    few = x.map(lambda t: t[:8].double() if t.is_floating_point() else t[:8])
    try:
        model = call.model
        if module_of(model) is not None:
            model = copy.deepcopy(model)
            inner: Any = module_of(model)
            inner.double()
        wide = ModelCall(model, call.output, batch=call.batch)
        y = wide(few)
        if any(t.dtype != torch.float64 for t in y):
            return None
        return float(element_errors(wide, few, pair, elements[:16], y).mean(1).max())
    except (SymmeterError, RuntimeError, TypeError, ValueError, NotImplementedError, AttributeError):
        # A model may insist on its own precision.
        return None


def _interpolation_error(
    call: ModelCall, x: Bundle, pair: ActionPair, elements: Elements, null: torch.Tensor, y: tuple[torch.Tensor, ...]
) -> float | None:
    if all(a.exact for a in (*pair.inputs, *pair.outputs)):
        return None
    few = elements[:8]
    there = pair.move_inputs(few, x)
    back = tuple(a.apply_stack(few.inverse(), t) for a, t in zip(pair.inputs, there))
    found = call(Bundle(tuple(t.flatten(0, 1) for t in back), x.names, x.single, x.numpy))
    same = tuple(t.expand(len(few), *t.shape) for t in y)
    chance = float(null.mean())
    return float(discrepancies(found, same, len(few), x.batch).mean()) / chance if chance > 0 else 0.0


def _with_layers(
    call: ModelCall, x: Bundle, found: Measurement, actions: Mapping[str, Any] | None, seed: int
) -> Measurement:
    generator = torch.Generator().manual_seed(seed)
    return replace(found, layers=layer_errors(call, x, found.pair, found.elements, actions, generator))


def _name_of(model: Any) -> str:
    return getattr(model, "__name__", None) or type(model).__name__


def _shapes(x: Bundle) -> str:
    def text(t: torch.Tensor) -> str:
        return "x".join(str(n) for n in t.shape[1:]) or "a number"

    sizes: Sequence[str] = [text(t) for t in x.tensors]
    return f"{x.batch} samples of {' and '.join(sizes)}"
