"""Symmetries found from gradients alone, whatever the architecture: the null space of gradients against fields.

Elementary fields multiply or shift a row or a column of a matrix, or an entry of a vector. At random parameters and
batches each gradient gives one row of pairings with all fields; combinations that every gradient is orthogonal to are
symmetries. A basis of sparse ones comes from linear programs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from symmeter.errors import SampleSizeError
from symmeter.optim.noether.evaluation import LossProbe

__all__ = ["ElementaryField", "NumericSymmetry", "elementary_fields", "numeric_symmetries"]

#: Columns of pairings below this part of the largest are zero.
_ZERO = 1e-10
#: Singular values on the two sides of the null space differ by more than this.
_GAP = 1e6
_SUPPORT = 1e-7


@dataclass(frozen=True)
class ElementaryField:
    """One field on one parameter.

    Attributes
    ----------
    name : str
        Of the parameter.
    kind : str
        "row scale", "column scale", "column shift" (one number for all rows of a column), "row shift", "entry scale"
        or "vector shift".
    index : int
    """

    name: str
    kind: str
    index: int


@dataclass(frozen=True)
class NumericSymmetry:
    """A combination of fields that no gradient sees.

    Attributes
    ----------
    fields : tuple of ElementaryField
    coefficients : tuple of float
        The largest is 1.
    residual : float
        Largest relative pairing with gradients that were not used to find it.
    finite : float
        Largest change of the loss under finite elements.
    """

    fields: tuple[ElementaryField, ...]
    coefficients: tuple[float, ...]
    residual: float
    finite: float


def elementary_fields(parameters: Mapping[str, torch.Tensor]) -> list[ElementaryField]:
    """All fields on some parameters, in a fixed order."""
    out = []
    for name, p in parameters.items():
        if p.ndim == 0:
            continue
        if p.ndim == 1:
            out += [ElementaryField(name, "entry scale", k) for k in range(len(p))]
            out.append(ElementaryField(name, "vector shift", 0))
            continue
        rows, columns = p.shape[:2]
        out += [ElementaryField(name, "row scale", k) for k in range(rows)]
        out += [ElementaryField(name, "column scale", k) for k in range(columns)]
        out += [ElementaryField(name, "column shift", k) for k in range(columns)]
        out += [ElementaryField(name, "row shift", k) for k in range(rows)]
    return out


def _pairings(parameters: Mapping[str, torch.Tensor], gradient: Mapping[str, torch.Tensor]) -> np.ndarray:
    """``<g, field>`` for all fields, in the order of :func:`elementary_fields`."""
    out = []
    for name, p in parameters.items():
        g = gradient[name]
        if p.ndim == 0:
            continue
        if p.ndim == 1:
            out += [g * p, g.sum()[None]]
            continue
        product, flat = (g * p).flatten(2).sum(2) if p.ndim > 2 else g * p, g.flatten(2).sum(2) if p.ndim > 2 else g
        out += [product.sum(1), product.sum(0), flat.sum(0), flat.sum(1)]
    return torch.cat(out).numpy()


def _trivial(fields: Sequence[ElementaryField], alive: np.ndarray) -> list[np.ndarray]:
    """Combinations that say nothing: all rows scaled and all columns scaled back is no motion, and so with shifts.

    Where one side is unseen field by field, the sum of the other side follows from that.
    """
    out = []
    names = list(dict.fromkeys(f.name for f in fields))
    for name in names:
        for one, other in (("row scale", "column scale"), ("row shift", "column shift")):
            vector = np.array([(f.name == name) * ((f.kind == one) - (f.kind == other)) for f in fields], dtype=float)
            if vector[alive].any():
                out.append(vector[alive])
    return out


def numeric_symmetries(
    probe: LossProbe, names: Sequence[str], generator: torch.Generator, samples: int | None = None
) -> tuple[list[NumericSymmetry], dict[str, float]]:
    """All symmetries that are combinations of elementary fields on some parameters.

    Parameters
    ----------
    probe : LossProbe
    names : sequence of str
        Parameters.
    generator : torch.Generator
    samples : int, optional
        Gradients; one and a half times the number of fields by default.

    Returns
    -------
    list of NumericSymmetry
        Single fields first, then sparse combinations.
    dict
        ``fields``, ``single``, ``nullity`` of the rest, ``trivial`` relations among them, and ``gap``.

    Raises
    ------
    SampleSizeError
        With fewer gradients than fields.
    """
    chosen = {n: probe.parameters[n] for n in names}
    fields = elementary_fields(chosen)
    number = len(fields)
    count = -(-3 * number // 2) if samples is None else samples
    if count < number:
        raise SampleSizeError(f"{count} gradients cannot tell {number} fields apart; at least {number} are needed")
    rows = []
    for k in range(count + 8):
        at = probe.perturbed(generator)
        gradient = probe.gradient(at, k)
        rows.append(_pairings({n: at[n] for n in names}, gradient))
    table = np.array(rows)
    size = np.sqrt((table**2).mean(0))
    alive = size > _ZERO * size.max()
    single: list[tuple[tuple[ElementaryField, ...], tuple[float, ...]]]
    single = [((fields[j],), (1.0,)) for j in np.flatnonzero(~alive)]
    scaled = table[:, alive] / size[alive]
    values, null = _null_space(scaled[:count])
    relations = _trivial(fields, alive)
    combined = _sparse(null, [size[alive] * r for r in relations])
    left = np.flatnonzero(alive)
    found: list[tuple[tuple[ElementaryField, ...], tuple[float, ...]]] = list(single)
    for c in combined:
        support = np.flatnonzero(np.abs(c) > _SUPPORT * np.abs(c).max())
        weights = c[support] / size[alive][support]
        weights = weights / weights[np.abs(weights).argmax()]
        found.append((tuple(fields[left[j]] for j in support), tuple(float(w) for w in weights)))
    out = [
        NumericSymmetry(f, w, _residual(table[count:], fields, f, w, size), _finite(probe, f, w, generator))
        for f, w in found
    ]
    gap = float(values[-null.shape[1] - 1] / values[-null.shape[1]]) if 0 < null.shape[1] < len(values) else 0.0
    facts = {"fields": number, "single": len(single), "nullity": null.shape[1], "trivial": len(relations), "gap": gap}
    return out, facts


def _null_space(table: Float[np.ndarray, "s j"]) -> tuple[np.ndarray, np.ndarray]:
    if not table.shape[1]:
        return np.zeros(0), np.zeros((0, 0))
    _, values, vh = np.linalg.svd(table, full_matrices=False)
    floor = np.maximum(values, np.finfo(float).tiny)
    ratios = floor[:-1] / floor[1:]
    if not len(ratios) or ratios.max() < _GAP:
        return values, np.zeros((table.shape[1], 0))
    k = int(ratios.argmax()) + 1
    return values, vh[k:].T


def _sparse(null: Float[np.ndarray, "j k"], relations: list[np.ndarray]) -> list[np.ndarray]:
    """Sparse vectors that with the relations span the null space."""
    from scipy.optimize import linprog

    j, k = null.shape
    if not k:
        return []
    wanted = k - (np.linalg.matrix_rank(np.array(relations)) if relations else 0)
    found: list[np.ndarray] = []
    for target in np.argsort([-np.abs(row).max() for row in null]):
        if np.abs(null[target]).max() < 1e-9:
            continue
        # min sum(t) with -t <= N y <= t and (N y)_target = 1.
        cost = np.concatenate((np.zeros(k), np.ones(j)))
        bounds = [(None, None)] * k + [(0, None)] * j
        eye = np.eye(j)
        above = np.vstack((np.hstack((null, -eye)), np.hstack((-null, -eye))))
        solved = linprog(cost, above, np.zeros(2 * j), np.append(null[target], np.zeros(j))[None], [1.0], bounds)
        if not solved.success:
            continue
        c = null @ solved.x[:k]
        c[np.abs(c) < _SUPPORT * np.abs(c).max()] = 0.0
        found.append(c / np.abs(c).max())
    # Fewest fields first: a vector counts only when it adds a direction to relations and sparser ones.
    chosen: list[np.ndarray] = []
    base = [r / np.linalg.norm(r) for r in relations]
    for c in sorted(found, key=lambda v: int((v != 0).sum())):
        if len(chosen) == wanted:
            break
        trial = np.array([*base, c / np.linalg.norm(c)])
        if np.linalg.matrix_rank(trial, tol=1e-6) == len(trial):
            chosen.append(c)
            base.append(c / np.linalg.norm(c))
    return chosen


def _residual(table: np.ndarray, fields: Sequence[ElementaryField], some, weights, size: np.ndarray) -> float:
    where = [fields.index(f) for f in some]
    pairing = table[:, where] @ np.array(weights)
    unit = np.sqrt((np.array(weights) ** 2 * size[where] ** 2).sum())
    scale = unit if unit > _ZERO * size.max() else size.max()
    return float(np.abs(pairing).max() / scale)


def _finite(probe: LossProbe, some, weights, generator: torch.Generator) -> float:
    worst = 0.0
    for s in (0.1, 1.0, 2.0):
        at = probe.perturbed(generator)
        moved = {n: p.clone() for n, p in at.items()}
        for f, w in zip(some, weights, strict=True):
            _move(moved[f.name], f, s * w)
        before, after = (float(probe.value(x, 0).detach()) for x in (at, moved))
        worst = max(worst, abs(after - before) / max(abs(before), 1e-300))
    return worst


def _move(p: torch.Tensor, f: ElementaryField, amount: float) -> None:
    factor = float(np.exp(amount))
    if f.kind == "row scale" or f.kind == "entry scale":
        p[f.index] *= factor
    elif f.kind == "column scale":
        p[:, f.index] *= factor
    elif f.kind == "column shift":
        p[:, f.index] += amount
    elif f.kind == "row shift":
        p[f.index] += amount
    else:
        p += amount
