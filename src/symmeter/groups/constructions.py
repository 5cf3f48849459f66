"""New groups from old: direct, semidirect, central and wreath products.

In the product of A and B element ``a * |B| + b`` is the pair (a, b), and (identity, identity) is element 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np
from jaxtyping import Int

from symmeter.errors import ClosureError, InputError, NotAGroupElementError, ShapeError
from symmeter.groups.cayley import DEFAULT_CAP
from symmeter.groups.finite_group import FiniteGroup
from symmeter.groups.permutation_group import PermutationGroup

__all__ = ["central_product", "direct_product_group", "semidirect_product", "wreath_product"]


def direct_product_group(*factors: FiniteGroup, name: str | None = None, cap: int = DEFAULT_CAP) -> FiniteGroup:
    """Direct product of finite groups.

    Examples
    --------
    >>> from symmeter.groups.families import cyclic_group, dihedral_group
    >>> direct_product_group(cyclic_group(2), dihedral_group(4)).number_of_classes
    10
    """
    if not factors:
        raise InputError("direct_product_group: no factors; give at least one group")
    _check_order(prod(f.order for f in factors), cap)
    table = np.zeros((1, 1), dtype=np.int32)
    generators: list[int] = []
    for f in factors:
        m = f.order
        table = (table[:, None, :, None] * m + f.table[None, :, None, :]).reshape(len(table) * m, -1)
        generators = [g * m for g in generators] + list(f.generators)
    return FiniteGroup.trusted(table, name, generators=generators)


def semidirect_product(
    normal: FiniteGroup,
    acting: FiniteGroup,
    action: Mapping[int, Sequence[int]] | Int[np.ndarray, "h n"],
    name: str | None = None,
    cap: int = DEFAULT_CAP,
) -> FiniteGroup:
    """Semidirect product N : H with ``(a, h) (b, k) = (a h(b), h k)``.

    Parameters
    ----------
    normal, acting : FiniteGroup
        N and H.
    action : mapping from generators of H to images, or int array of shape (\\|H\\|, \\|N\\|)
        The automorphism of N by which each generator (or element) of H acts.

    Raises
    ------
    NotAGroupElementError
        If an image is not an automorphism, or the action does not respect the products of H.

    Examples
    --------
    >>> from symmeter.groups.families import cyclic_group
    >>> semidirect_product(cyclic_group(7), cyclic_group(3), {1: [2 * x % 7 for x in range(7)]}).name
    'C7 : C3'
    """
    _check_order(normal.order * acting.order, cap)
    maps = _whole_action(normal, acting, action)
    n, h = normal.order, acting.order
    first = normal.table[np.arange(n)[:, None, None], maps[None, :, :]]
    table = (first[:, :, :, None] * h + acting.table[None, :, None, :]).reshape(n * h, n * h)
    generators = [g * h for g in normal.generators] + list(acting.generators)
    return FiniteGroup.trusted(table, name, generators=generators)


def _whole_action(
    normal: FiniteGroup, acting: FiniteGroup, action: Mapping[int, Sequence[int]] | np.ndarray
) -> np.ndarray:
    n, h = normal.order, acting.order
    if isinstance(action, Mapping):
        given = {int(k): _automorphism(normal, v, f"element {k} of H") for k, v in action.items()}
        maps = np.full((h, n), -1)
        maps[0] = np.arange(n)
        order = [0]
        for x in order:
            for g, images in given.items():
                if g not in acting:
                    raise InputError(f"the action names {g}, which is no element of a group of order {h}")
                y = int(acting.table[g, x])
                if maps[y, 0] < 0:
                    maps[y] = images[maps[x]]
                    order.append(y)
        if (maps[:, 0] < 0).any():
            raise InputError("the action names too few elements: they do not generate the acting group")
        keys = list(given)
    else:
        maps = np.asarray(action)
        if maps.shape != (h, n):
            raise ShapeError(f"the action has shape {maps.shape}; one automorphism an element of H is ({h}, {n})")
        maps = np.array([_automorphism(normal, row, f"element {k} of H") for k, row in enumerate(maps)])
        keys = list(acting.generators)
        given = {g: maps[g] for g in keys}
        if not np.array_equal(maps[0], np.arange(n)):
            raise NotAGroupElementError("the identity of H must act as the identity")
    for g in keys:
        wrong = np.flatnonzero((given[g][maps] != maps[acting.table[g]]).any(axis=1))
        if wrong.size:
            raise NotAGroupElementError(
                f"the action is no homomorphism: elements {g} and {int(wrong[0])} of H do not act as their product"
            )
    return maps


def _automorphism(group: FiniteGroup, images: Sequence[int] | np.ndarray, who: str) -> np.ndarray:
    f = np.asarray(images)
    if f.shape != (group.order,) or f.dtype.kind not in "iu":
        raise ShapeError(f"{who} acts by {f.shape} images; an automorphism of N lists {group.order} elements")
    if not np.array_equal(np.sort(f), np.arange(group.order)):
        raise NotAGroupElementError(f"{who} does not permute the elements of N")
    for g in group.generators or (0,):
        wrong = np.flatnonzero(f[group.table[g]] != group.table[f[g], f])
        if wrong.size:
            raise NotAGroupElementError(
                f"{who} acts by no automorphism: the images of elements {g} and {int(wrong[0])} of N do not multiply "
                "to the image of their product"
            )
    return f.astype(np.intp)


def central_product(
    first: FiniteGroup,
    second: FiniteGroup,
    amalgam: Mapping[int, int] | None = None,
    name: str | None = None,
    cap: int = DEFAULT_CAP,
) -> FiniteGroup:
    """Central product: the direct product with central elements identified.

    Parameters
    ----------
    first, second : FiniteGroup
    amalgam : mapping from central elements of the first to central elements of the second, optional
        Generators of the identified subgroups. When omitted, the smaller of the two centres must be cyclic and embed
        in the other; its generator is identified with an element of the same order.

    Examples
    --------
    >>> from symmeter.groups.families import cyclic_group, dicyclic_group, dihedral_group
    >>> D, Q = dihedral_group(4), dicyclic_group(2)
    >>> central_product(Q, Q).is_isomorphic(central_product(D, D)), central_product(D, Q).order
    (True, 32)
    """
    pairs = dict(amalgam) if amalgam is not None else _default_amalgam(first, second)
    m = second.order
    for a, b in pairs.items():
        if a not in first.center or b not in second.center:
            raise NotAGroupElementError(f"the amalgam pairs {a} with {b}; both must lie in the centres")
    product = direct_product_group(first, second, cap=2 * max(cap, DEFAULT_CAP))
    kernel = product.closure([int(first.inverses[a]) * m + b for a, b in pairs.items()])
    if (kernel // m == 0).sum() > 1 or (kernel % m == 0).sum() > 1:
        raise NotAGroupElementError("the amalgam is no isomorphism of subgroups of the two centres")
    _check_order(product.order // len(kernel), cap)
    result = product.quotient(kernel.tolist())[0]
    return result.renamed(name) if name else result


def _default_amalgam(first: FiniteGroup, second: FiniteGroup) -> dict[int, int]:
    small, large, swapped = first, second, False
    if small.center.size > large.center.size:
        small, large, swapped = second, first, True
    z = small.center
    generator = z[small.element_orders[z] == z.size]
    partners = large.center[large.element_orders[large.center] == z.size]
    if not generator.size or not partners.size:
        raise InputError("the centres do not determine a central product; give amalgam=, pairs of central elements")
    a, b = int(generator[0]), int(partners[0])
    return {b: a} if swapped else {a: b}


def wreath_product(
    base: FiniteGroup, top: FiniteGroup | PermutationGroup, name: str | None = None, cap: int = DEFAULT_CAP
) -> FiniteGroup:
    """Wreath product: copies of the base permuted by the top group.

    Parameters
    ----------
    base : FiniteGroup
    top : PermutationGroup or FiniteGroup
        A permutation group of degree k permutes k copies; a FiniteGroup permutes one copy for each of its elements.

    Examples
    --------
    >>> from symmeter.groups.families import cyclic_group
    >>> from symmeter.groups import symmetric
    >>> wreath_product(cyclic_group(2), symmetric(3)).name
    'C2 x S4'
    """
    if isinstance(top, PermutationGroup):
        _check_order(base.order**top.degree * top.order, cap)
        permutations = top.elements_array()
        acting = top.to_finite()
    else:
        _check_order(base.order**top.order * top.order, cap)
        permutations, acting = top.table, top
    k, m = permutations.shape[1], base.order
    copies = direct_product_group(*[base] * k, cap=cap)
    digits = np.stack(np.unravel_index(np.arange(m**k), (m,) * k))
    # Permutation p carries the entry at place i to place p[i].
    maps = []
    for p in permutations:
        moved = np.empty_like(digits)
        moved[p] = digits
        maps.append(np.ravel_multi_index(tuple(moved), (m,) * k))
    return semidirect_product(copies, acting, {g: maps[g] for g in acting.generators} or {0: maps[0]}, name, cap)


def _check_order(order: int, cap: int) -> None:
    if order > cap:
        shown = order if order < 10**15 else f"about 10^{len(str(order)) - 1}"
        raise ClosureError(f"the product has order {shown}, more than the cap of {cap}; raise cap=")
