"""From a softly equivariant network to one that is equivariant exactly: its weights projected onto a group."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import torch

from symmeter.errors import InputError, InputTypeError
from symmeter.nn.soft.candidates import Candidate, candidate, candidates_of
from symmeter.nn.soft.comparators import EMLP, with_weights
from symmeter.nn.soft.networks import TensorNetwork
from symmeter.nn.soft.null_space import block_signs, equivariant_basis
from symmeter.nn.soft.regularizer import PER

__all__ = ["harden"]


def harden(net: Any, group: Any = None) -> Any:
    """The nearest network that respects a group exactly.

    Parameters
    ----------
    net : SoftEMLP, RPP or PER
        The trained network, left as it is. A PER around any other network is hardened layer by layer.
    group : Candidate, Group or str, optional
        What to respect: ``per.best()`` for the discovered one; of a PER the best candidate when omitted, or its name.

    Returns
    -------
    EMLP
        Its leaks are gone, since they respect no group; measure it again. For a PER made by ``for_module`` a copy of
        the network with projected layers.

    Raises
    ------
    InputError, InputTypeError

    Examples
    --------
    >>> from symmeter.groups import O, embed
    >>> from symmeter.nn.soft import SoftEMLP
    >>> net = SoftEMLP("2T1", "T2", base=O(3), channels=54, layers=2)
    >>> hard = harden(net, embed(O(2), 3, [0, 1]))
    >>> mirrored = torch.tensor([1.0, -1.0, 1.0, 1.0, -1.0, 1.0])
    >>> x = torch.randn(4, 6)
    >>> flipped = hard(x * mirrored) * torch.tensor([1.0, -1, 1, -1, 1, -1, 1, -1, 1])
    >>> torch.allclose(flipped, hard(x), atol=1e-5)
    True
    """
    if isinstance(net, PER):
        chosen = net.best() if group is None else net.named(group) if isinstance(group, str) else group
        if not isinstance(net.net, TensorNetwork):
            return _hardened_copy(net, chosen)
        return harden(net.net, chosen)
    if not isinstance(net, TensorNetwork):
        raise InputTypeError(f"harden takes a SoftEMLP, an RPP or a PER; got {type(net).__name__}")
    if group is None:
        raise InputError("which group should the network respect? Give per.best(), a Group or a candidate's name")
    if isinstance(group, str):
        group = next((c for c in getattr(net, "candidates", ()) if c.name == group), group)
    found = group if isinstance(group, Candidate) else candidate(getattr(group, "name", "group"), group)
    candidates_of([found], net.dimension)
    if _is_empty(net, found):
        warnings.warn(
            f"{found.name}: no output but zero is equivariant; the hardened network is constant zero", stacklevel=2
        )
    hard = EMLP(net.source, net.target, found, net.base, net.hidden, len(net.linears))
    return with_weights(hard, net)


def _is_empty(net: TensorNetwork, group: Candidate) -> bool:
    last = net.linear_layers[-1]
    kinds = {(out, into) for out in last.target.terms for into in (*last.source.terms, (0, 0))}
    return all(equivariant_basis(group, block_signs(*pair, group.is_orthogonal)).shape[1] == 0 for pair in kinds)


def _hardened_copy(per: PER, group: Candidate) -> torch.nn.Module:
    copied = copy.deepcopy(per)
    names = [c.name for c in copied.candidates]
    if getattr(group, "name", None) not in names:
        raise InputError(f"{group!r} is no candidate of this regulariser; there are {', '.join(names)}")
    if not hasattr(copied._penalty, "project_"):
        raise InputError(
            "this regulariser samples orbits and knows no features of the layers, so that there is nothing to project; "
            "FrameAverage(model, action) makes a model exact"
        )
    copied._penalty.project_(names.index(group.name))
    return copied.net
