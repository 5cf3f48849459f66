"""From an e3nn tensor product to ours with the same weights: same numbers, path by path.

e3nn is recognised by its attributes and never imported. Only channel-by-channel products (``uuu``, or ``uvu`` and
``uvv`` with a single copy on one side) have this form.
"""

from __future__ import annotations

from typing import Any

import torch

from symmeter.errors import InputError, InputTypeError
from symmeter.nn.gaunt.couplings import coupling_paths
from symmeter.nn.gaunt.product import GauntTensorProduct
from symmeter.representations import Irreps

__all__ = ["from_e3nn"]


def from_e3nn(tensor_product: Any) -> GauntTensorProduct:
    """A product with ``weights="full"`` that gives the same numbers as an e3nn ``TensorProduct``.

    Parameters
    ----------
    tensor_product : e3nn.o3.TensorProduct
        Its instructions must all be ``uuu`` with one multiplicity throughout, over inputs of one parity kind each.

    Returns
    -------
    GauntTensorProduct
        In ``integral`` normalisation, which leaves coefficients as they are; the constants of e3nn's paths are in the
        weights. Paths that e3nn lacks have weight zero.

    Raises
    ------
    InputTypeError, InputError
    """
    needed = ("irreps_in1", "irreps_in2", "irreps_out", "instructions", "weight_views")
    if not all(hasattr(tensor_product, name) for name in needed):
        raise InputTypeError(f"a {type(tensor_product).__name__} is no e3nn TensorProduct: it has no instructions")
    given = [Irreps(str(getattr(tensor_product, name))) for name in needed[:3]]
    odd = _has_bracket(tensor_product, given)
    out = GauntTensorProduct.from_irreps(*given, weights="full", antisymmetric=odd, normalization="integral")
    reference = tensor_product.weight if tensor_product.weight.numel() else None
    if reference is not None:
        out = out.to(reference.device, reference.dtype)
    products = {1: out} if out.bracket is None else {1: out, -1: out.bracket}
    places = {}
    for parity, product in products.items():
        with torch.no_grad():
            product.route.weight.zero_()
        for n, p in enumerate(coupling_paths(out.lmaxes, parity)):
            places[p.l1, p.l2, p.l3] = product.route.weight, n, p.constant
    views = iter(tensor_product.weight_views())
    for ins in tensor_product.instructions:
        weight = next(views) if ins.has_weight else 1.0
        if ins.connection_mode not in ("uuu",):
            raise InputError(f"an instruction is {ins.connection_mode!r}; only 'uuu' is channel by channel")
        degrees = tuple(r[i].ir.l for r, i in zip(given, (ins.i_in1, ins.i_in2, ins.i_out)))
        if degrees not in places:
            raise InputError(f"the path {degrees} has no counterpart in a Gaunt or Poisson product")
        target, n, constant = places[degrees]
        with torch.no_grad():
            target[:, n] += ins.path_weight * weight / constant
    return out


def _has_bracket(tensor_product: Any, given: list[Irreps]) -> bool:
    return any(
        sum(r[i].ir.l for r, i in zip(given, (ins.i_in1, ins.i_in2, ins.i_out))) % 2
        for ins in tensor_product.instructions
    )
