"""How fast a model leaves equivariance along each generator of a continuous group: its Lie derivative.

``L_i f(x) = J_f(x) (A_i x) - B_i f(x)`` with the velocities ``A_i x`` of the input and ``B_i f(x)`` of the output is
the derivative at t = 0 of ``exp(-t B_i) f(exp(t A_i) x)`` (Gruver, Finzi, Goldblum and Wilson, ICLR 2023, "The Lie
derivative for measuring learned equivariance"). It vanishes for all generators exactly when f is equivariant under the
connected group. The Jacobian-vector product is by forward-mode differentiation; a model that does not allow it (a
function of NumPy arrays, an operator without a forward derivative) is differenced instead, and the result says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.func import jvp

from symmeter.nn.measure_call import Bundle, ModelCall, selected
from symmeter.nn.measure_error import ActionPair
from symmeter.representations.equivariance import relative_discrepancy

__all__ = ["GeneratorError", "generator_errors"]


@dataclass(frozen=True)
class GeneratorError:
    """The Lie derivative along one generator.

    Attributes
    ----------
    name : str
    error : float
        Mean over samples of ``|J A x - B f(x)| / (|J A x| + |B f(x)|)``, in [0, 1]: 0 when the output moves as it
        should; 1 for an invariant output that moves at all, since nothing else is there to compare with.
    rate : float
        Mean of ``|L f(x)| / |f(x)|`` per unit of the generator's parameter (radian, unit of length, log factor).
    method : str
        ``"forward mode"`` or ``"differences"``.
    """

    name: str
    error: float
    rate: float
    method: str


def generator_errors(
    call: ModelCall, x: Bundle, pair: ActionPair, y: tuple[torch.Tensor, ...], most: int = 16
) -> tuple[GeneratorError, ...]:
    """The Lie derivative along every generator; empty for finite groups.

    Parameters
    ----------
    most : int
        Largest number of samples that are differentiated.
    """
    count = pair.leader.algebra_dimension
    if count == 0 or not all(t.is_floating_point() or t.is_complex() for t in x.tensors):
        return ()
    x = x.map(lambda t: t[:most])
    y = tuple(t[:most] for t in y)
    velocities = [a.infinitesimal(t) for a, t in zip(pair.inputs, x.tensors)]
    wanted = [a.infinitesimal(t) for a, t in zip(pair.outputs, y)]
    found = []
    for i, name in enumerate(pair.leader.generator_names):
        tangents, method = _directional(call, x, tuple(v[i] for v in velocities))
        error = rate = 0.0
        for u, w, f in zip(tangents, wanted, y):
            u, v = _rows(u), _rows(w[i])
            # Where neither moves by more than rounding there is nothing to compare.
            size = torch.maximum(_norm(u), _norm(v))
            scale = _norm(_rows(f)).mean()
            tiny = (1e-3 if method == "differences" else 1e3 * torch.finfo(f.dtype).eps) * scale
            errors = torch.where(size > tiny, relative_discrepancy(u, v), 0.0)
            error += float(errors.mean()) / len(y)
            rate += float(_norm(u - v).mean() / (scale if scale > 0 else 1.0)) / len(y)
        found.append(GeneratorError(name, error, rate, method))
    return tuple(found)


def _rows(t: torch.Tensor) -> torch.Tensor:
    return t.reshape(len(t), -1)


def _norm(t: torch.Tensor) -> torch.Tensor:
    return torch.linalg.vector_norm(t, dim=-1)


def _directional(
    call: ModelCall, x: Bundle, velocity: tuple[torch.Tensor, ...]
) -> tuple[tuple[torch.Tensor, ...], str]:
    if not x.numpy and call.averages == 1:
        try:
            return _forward_mode(call, x, velocity), "forward mode"
        except (RuntimeError, NotImplementedError, TypeError, ValueError, AttributeError):
            # Some operators have no forward derivative, and compiled programs take no dual numbers.
            pass
    # The cube root of the rounding unit balances truncation against rounding.
    step = max(torch.finfo(t.dtype).eps for t in x.tensors) ** (1 / 3)
    plus = call(Bundle(tuple(t + step * v for t, v in zip(x.tensors, velocity)), x.names, x.single, x.numpy))
    minus = call(Bundle(tuple(t - step * v for t, v in zip(x.tensors, velocity)), x.names, x.single, x.numpy))
    return tuple((a - b) / (2 * step) for a, b in zip(plus, minus)), "differences"


def _forward_mode(call: ModelCall, x: Bundle, velocity: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    def function(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        raw = call.model(**dict(zip(x.names, tensors))) if x.names else call.model(*tensors)
        return selected(raw, call.output)

    with torch.no_grad():
        return jvp(function, x.tensors, velocity)[1]
