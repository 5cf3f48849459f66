"""The equivariance error of a model and the assertion built on it.

``EE(f) = mean over x and g of |f(g x) - g f(x)| / (|f(g x)| + |g f(x)|)``, in [0, 1] (Kim, Lee, Yang and Lee, ICML
2023). Elements ``exp(sum_i z_i A_i) prod_k h_k^(n_k)`` have standard normal z, unless Haar measure is asked for; a
finite group of at most ``samples`` elements is averaged over whole, the identity included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float

from symmeter.errors import InputError, InputTypeError, ShapeError, SymmeterError
from symmeter.nn.actions import TensorAction, tensor_action
from symmeter.nn.elements import Elements
from symmeter.nn.measure_call import Bundle, ModelCall, bundle_of, outputs_of
from symmeter.representations.equivariance import relative_discrepancy

__all__ = ["ActionPair", "NotEquivariantError", "check_equivariance", "equivariance_error"]

#: Largest error of a model that is equivariant by construction: eigenvectors near a degeneracy amplify rounding.
TOLERANCES = {torch.float64: 1e-10, torch.complex128: 1e-10, torch.float32: 1e-4, torch.complex64: 1e-4}
_LOOSEST = 5e-2


class NotEquivariantError(SymmeterError, AssertionError):
    """A model that should be equivariant is not; the text gives the error and the worst element."""


@dataclass(frozen=True, eq=False)
class ActionPair:
    """How one group moves the inputs and the outputs of a model.

    Attributes
    ----------
    inputs, outputs : tuple of TensorAction
        One for each tensor.
    """

    inputs: tuple[TensorAction, ...]
    outputs: tuple[TensorAction, ...]

    @property
    def leader(self) -> TensorAction:
        """The action that elements are drawn for: the first input that moves."""
        return next((a for a in self.inputs if a.kind != "scalars"), self.inputs[0])

    def move_inputs(self, elements: Elements, x: Bundle) -> tuple[torch.Tensor, ...]:
        """Each input moved by all elements, shape (K, B, ...)."""
        return tuple(a.apply(elements, t) for a, t in zip(self.inputs, x.tensors))

    def move_outputs(self, elements: Elements, y: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        """Each output moved by all elements, shape (K, B, ...)."""
        return tuple(a.apply(elements, t) for a, t in zip(self.outputs, y))


def input_actions(action: Any, x: Bundle, group: Any = None) -> tuple[TensorAction, ...]:
    """One action for each input, from an action, a tuple of them, or a dict by the inputs' names.

    Raises
    ------
    InputError, ShapeError
    """
    if isinstance(action, Mapping):
        unknown = [k for k in action if k not in (x.names or ())]
        if unknown:
            raise InputError(
                f"there is an action for {unknown[0]!r}, but the inputs are {', '.join(x.names or ('one',))}"
            )
        given = [action.get(n) for n in x.names or ()]
    elif isinstance(action, (tuple, list)):
        given = list(action)
    else:
        given = [action] * len(x.tensors)
    if len(given) != len(x.tensors):
        raise InputError(f"{len(given)} actions for {len(x.tensors)} inputs; give one for each, None for what stays")
    lead = next((a for a in given if a is not None), None)
    if lead is None:
        raise InputError("no input is moved; give an action, such as tensor_action('vectors', 'SO(3)')")
    known = group if group is not None else (None if isinstance(lead, str) else tensor_action(lead).group)
    actions = []
    for k, (a, t) in enumerate(zip(given, x.tensors)):
        made = tensor_action("scalars" if a is None else a, known, like=t)
        made.check(t, x.label(k))
        actions.append(made)
    _one_group(actions)
    return tuple(actions)


def output_actions(action: Any, inputs: Sequence[TensorAction], y: Sequence[torch.Tensor]) -> tuple[TensorAction, ...]:
    """One action for each output; None means the input's action where it fits the output, else that nothing moves.

    Raises
    ------
    ShapeError
        Quoting the output's shape and the one that the action moves.
    """
    if isinstance(action, Mapping):
        action = tuple(action.values())
    given = list(action) if isinstance(action, (tuple, list)) else [action] * len(y)
    if len(given) != len(y):
        raise InputError(f"{len(given)} actions for {len(y)} outputs; give one for each")
    lead = next((a for a in inputs if a.kind != "scalars"), inputs[0])
    actions = []
    for a, t in zip(given, y):
        if a is None or (isinstance(a, str) and a.strip().lower() == "same"):
            fitting = next((b for b in inputs if b.kind != "scalars" and b.fits(tuple(t.shape))), None)
            if fitting is None and a is not None:
                raise ShapeError(
                    f"the output has shape {tuple(t.shape)}; {lead!r} moves shape {lead.expects()}, so it cannot move "
                    "the output in the same way"
                )
            made = fitting or lead.trivial()
        else:
            made = tensor_action(a, lead.group, like=t)
        made.check(t, "the output")
        actions.append(made)
    _one_group([*inputs, *actions])
    return tuple(actions)


def _one_group(actions: Sequence[TensorAction]) -> None:
    for a in actions[1:]:
        if not actions[0].same_group(a):
            raise InputError(f"{actions[0]!r} and {a!r} are of two groups; inputs and outputs must be moved by one")


def element_errors(
    call: ModelCall, x: Bundle, pair: ActionPair, elements: Elements, y: tuple[torch.Tensor, ...] | None = None
) -> Float[torch.Tensor, "K B"]:
    """The relative error of every element on every sample; the mean over outputs when there are several."""
    y = call(x) if y is None else y
    per = max(1, call.piece(x) // x.batch)
    rows = []
    for start in range(0, len(elements), per):
        some = elements[start : start + per]
        moved = Bundle(tuple(t.flatten(0, 1) for t in pair.move_inputs(some, x)), x.names, x.single, x.numpy)
        found = call(moved)
        wanted = pair.move_outputs(some, y)
        rows.append(discrepancies(found, wanted, len(some), x.batch))
    return torch.cat(rows)


def discrepancies(
    found: Sequence[torch.Tensor], wanted: Sequence[torch.Tensor], count: int, batch: int
) -> Float[torch.Tensor, "K B"]:
    """``|a - b| / (|a| + |b|)`` of folded outputs against moved ones; 0 where both are rounding beside the others."""
    total = torch.zeros(count, batch, dtype=torch.float64)
    for a, b in zip(found, wanted):
        a = a.reshape(count, batch, *a.shape[1:])
        if a.shape != b.shape:
            raise ShapeError(
                f"the model returns shape {tuple(a.shape[1:])} for moved inputs and {tuple(b.shape[1:])} for the others"
            )
        if a.ndim == 2:
            a, b = a[..., None], b[..., None]
        errors = relative_discrepancy(a, b, batch_axes=2).to("cpu", torch.float64)
        # An output that vanishes by symmetry is rounding on both sides, which compares as noise with noise.
        size = torch.maximum(_sizes(a), _sizes(b))
        floor = 64 * torch.finfo(a.dtype).eps * size.max()
        total += torch.where(size > floor, errors, 0.0)
    return total / len(found)


def _sizes(a: torch.Tensor) -> torch.Tensor:
    return torch.linalg.vector_norm(a.flatten(2).to(torch.promote_types(a.dtype, torch.float32)), dim=-1).to(
        "cpu", torch.float64
    )


def prepared(
    model: Any, x: Any, action_in: Any, action_out: Any, output: Any = None, averages: int = 1, group: Any = None
) -> tuple[ModelCall, Bundle, ActionPair, tuple[torch.Tensor, ...]]:
    """The model ready to be called, its inputs and actions, and its outputs on them, all checked."""
    call = ModelCall(model, outputs_of(action_out, output), averages)
    inputs = call.placed(bundle_of(x))
    moving = input_actions(action_in, inputs, group)
    call.check_repeatable(inputs)
    y = call(inputs)
    call.check_independent(inputs, y)
    return call, inputs, ActionPair(moving, output_actions(action_out, moving, y)), y


def equivariance_error(
    model: Any,
    x: Any = None,
    action_in: TensorAction | Any = None,
    action_out: TensorAction | Any = None,
    *,
    samples: int = 32,
    generator: torch.Generator | None = None,
    law: str = "normal",
    output: Any = None,
    averages: int = 1,
    group: Any = None,
    images: Any = None,
    **affine: Any,
) -> float:
    """How far a model is from equivariant: 0 is exact, 1 as far as can be.

    Parameters
    ----------
    model : callable or torch.nn.Module
        Takes the inputs, batch first; in evaluation mode.
    x : tensor or array of shape (B, ...), or a tuple or dict of them
    action_in : TensorAction, Action, Representation, or tuple or dict of them
        How the group moves the inputs; None for an input that stays as it is.
    action_out : the same, or "same", "scalars", "vectors" ..., optional
        How it moves the output. None: as the input where that fits the output's shape, otherwise not at all.
    samples : int
        Group elements; a finite group of at most so many is averaged over whole.
    generator : torch.Generator, optional
    law : {"normal", "haar"}
        How elements of continuous groups are drawn.
    output : str or int, optional
        Which output of a model that returns several; those that ``action_out`` names, or as many as it has, otherwise.
    averages : int
        For models that are random by nature: calls to average.
    group, images : MatrixLieGroup or str, and tensor of shape (B, C, *grid), instead of x and the actions
        Move images by affine maps, as ``equivariance_error(net.features, group=Affine(SL(2)), images=x)``: an
        :class:`~symmeter.nn.affine.AffineReport`, which is the error and splits it into its causes. Other arguments are
        then those of :func:`~symmeter.nn.affine.equivariance_report`.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    InputError, ShapeError, NonFiniteError
        A text with both shapes for an action that does not fit; a model that answers differently twice.

    References
    ----------
    H. Kim, H. Lee, H. Yang, J. Lee, "Regularizing towards soft equivariance under mixed symmetries", ICML 2023.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> x = torch.randn(16, 3)
    >>> rotations = tensor_action("vectors", "SO(3)")
    >>> equivariance_error(lambda v: v * v.norm(dim=-1, keepdim=True), x, rotations) < 1e-6
    True
    >>> equivariance_error(lambda v: v * torch.tensor([1.0, 1.0, -1.0]), x, rotations) > 0.3
    True
    """
    if images is not None or group is not None:
        if images is None or group is None or x is not None or action_in is not None:
            raise InputError("group= and images= belong together and stand for x and the actions; give both alone")
        from symmeter.nn.affine.measuring import equivariance_report

        return equivariance_report(model, group, images, **affine)
    if affine:
        raise InputError(f"{next(iter(affine))}= is for group= and images=; it is not known here")
    if x is None or action_in is None:
        raise InputError("give inputs x and how the group moves them, or group= and images=")
    call, inputs, pair, y = prepared(model, x, action_in, action_out, output, averages)
    elements = pair.leader.elements(samples, generator, law)
    return float(element_errors(call, inputs, pair, elements, y).mean())


def check_equivariance(
    module: Any,
    action: TensorAction | Any,
    x: Any = None,
    *,
    action_out: TensorAction | Any = None,
    tol: float | None = None,
    samples: int = 8,
    generator: torch.Generator | None = None,
    law: str = "normal",
    output: Any = None,
) -> float:
    """Assert that a model is equivariant.

    Parameters
    ----------
    module : callable or torch.nn.Module
    action : TensorAction or Action
        On the input.
    x : tensor, array, tuple or dict, optional
        Inputs to try; random ones of the action's shape when omitted.
    action_out : optional
        On the output, as in :func:`equivariance_error`.
    tol : float, optional
        1e-10 in float64 and 1e-4 in float32 when omitted.
    samples : int
        Group elements to try.

    Returns
    -------
    float
        The equivariance error, a mean over elements and samples.

    Raises
    ------
    NotEquivariantError
        When the mean error of some element over the samples is above ``tol``; the text names the worst element.

    Examples
    --------
    >>> check_equivariance(lambda v: 2 * v, tensor_action("vectors", "O(3)"), torch.ones(2, 3)) < 1e-6
    True
    """
    if x is None:
        x = example_inputs(module, tensor_action(action), generator)
    call, inputs, pair, y = prepared(module, x, action, action_out, output)
    elements = pair.leader.elements(samples, generator, law)
    errors = element_errors(call, inputs, pair, elements, y)
    limit = TOLERANCES.get(y[0].dtype, _LOOSEST) if tol is None else float(tol)
    each = errors.mean(1)
    worst = int(each.argmax())
    if not float(each[worst]) <= limit:
        raise NotEquivariantError(
            f"not equivariant: the error is {float(errors.mean()):.3g} and {float(each[worst]):.3g} for "
            f"{pair.leader.describe_element(elements, worst)}, above {limit:.2g} ({pair.leader!r}, output as "
            f"{pair.outputs[0].kind})"
        )
    return float(errors.mean())


def example_inputs(module: Any, action: TensorAction, generator: torch.Generator | None = None) -> torch.Tensor:
    """Random normal inputs of a shape that both the action and the module take.

    Raises
    ------
    InputError
        If none of the usual shapes is taken; then x must be given.
    """
    if not isinstance(action, TensorAction):
        raise InputTypeError(f"{type(action).__name__} is no TensorAction")
    d = getattr(action, "dimension", 0)
    shapes = {
        "points": [(4, 6, d), (4, d)],
        "tensors": [(4, d, d)],
        "adjacency": [(4, d, d)],
        "nodes": [(4, d, 3), (4, d)],
        "tokens": [(4, d), (4, d, 3)],
    }.get(action.kind, [(4, d), (4, 6, d)])
    if action.kind.startswith("pixels"):
        h, w = getattr(action, "grid", (16, 16))
        shapes = [(4, c, h, w) for c in (1, 3)] + [(4, h, w)]
    dtype = torch.get_default_dtype()
    if isinstance(module, torch.nn.Module):
        dtype = next((p.dtype for p in module.parameters() if p.is_floating_point()), dtype)
    for shape in shapes:
        x = torch.randn(shape, generator=generator, dtype=dtype)
        if action.kind == "adjacency":
            x = x + x.mT
        try:
            with torch.no_grad():
                module(x)
        except Exception:
            continue
        return x
    tried = ", ".join(str(s) for s in shapes)
    raise InputError(f"the model takes none of the shapes {tried} that {action!r} moves; give inputs x to try")
