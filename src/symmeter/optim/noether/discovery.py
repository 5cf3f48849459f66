"""Find the continuous symmetries of a loss: layers propose, gradients decide, and finite elements confirm."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from symmeter.errors import InputError, UnknownNameError
from symmeter.optim.noether.evaluation import LossProbe, check_normalisations
from symmeter.optim.noether.numeric_fields import (
    NumericSymmetry,
    elementary_fields,
    numeric_symmetries,
)
from symmeter.optim.noether.proposals import proposed
from symmeter.optim.noether.symmetries import Member, ParameterSymmetry

__all__ = ["ParameterSymmetries", "as_family", "discover_symmetries"]

_METHODS = ("auto", "structure", "numeric")
#: Elementary fields that one null space can still be found for in a second or two.
_MOST_FIELDS = 400
_AXES = {"row scale": 0, "column scale": 1, "column shift": 1, "row shift": 0, "entry scale": 0, "vector shift": None}


@dataclass(frozen=True)
class ParameterSymmetries:
    """What was found; iterate, index by name, or print.

    Attributes
    ----------
    found : tuple of ParameterSymmetry
        Families that hold.
    nearly : tuple of ParameterSymmetry
        Families that hold up to a violation between the tolerance and a thousand times it, or up to 1e-2.
    numeric : tuple of NumericSymmetry
        What gradients alone showed and no family accounts for.
    coverage : float
        Part of the parameters that the numeric search saw.
    facts : dict
        Of the numeric search: fields, nullity, gap.
    """

    found: tuple[ParameterSymmetry, ...]
    nearly: tuple[ParameterSymmetry, ...] = ()
    numeric: tuple[NumericSymmetry, ...] = ()
    coverage: float = 0.0
    facts: dict[str, float] | None = None

    def __iter__(self) -> Iterator[ParameterSymmetry]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    def __getitem__(self, name: str) -> ParameterSymmetry:
        for s in (*self.found, *self.nearly):
            if s.name == name:
                return s
        raise UnknownNameError(f"no symmetry is called {name!r}; known are {', '.join(s.name for s in self.found)}")

    @property
    def dimension(self) -> int:
        """How many one-parameter families there are in all."""
        return sum(s.count for s in self.found)

    def rows(self) -> list[dict[str, Any]]:
        """One line a family."""
        return [
            {
                "symmetry": s.name, "kind": s.kind, "units": s.count, "parameters": ", ".join(s.parameters),
                "violation": s.violation, "finite": s.finite, "why": s.why, "holds": holds,
            }
            for holds, some in ((True, self.found), (False, self.nearly))
            for s in some
        ]  # fmt: skip

    def __str__(self) -> str:
        head = ("symmetry", "kind", "units", "violation", "finite", "why")
        cells: list[tuple[str, ...]] = [head]
        for row in self.rows():
            shown = {**row, "violation": f"{row['violation']:.1e}", "finite": f"{row['finite']:.1e}"}
            cells.append(tuple(str(shown[k]) + ("" if row["holds"] or k != "symmetry" else " (nearly)") for k in head))
        widths = [max(len(r[k]) for r in cells) for k in range(len(head))]
        lines = ["  ".join(c.ljust(w) for c, w in zip(r, widths)).rstrip() for r in cells]
        if self.facts:
            lines.append(
                f"gradients alone: {int(self.facts['fields'])} fields, {100 * self.coverage:.0f} % of the parameters, "
                f"{int(self.facts['single'])} unseen singly, nullity {int(self.facts['nullity'])} of the rest, "
                f"{len(self.numeric)} beyond the families above"
            )
        return "\n".join(lines)


def discover_symmetries(
    model: nn.Module,
    loss: Callable[[Any, Any], torch.Tensor],
    batches: Iterable[Any],
    method: str = "auto",
    tol: float = 1e-7,
    samples: int | None = None,
    seed: int = 0,
) -> ParameterSymmetries:
    """Find continuous symmetries of a loss in the parameters of a model.

    Parameters
    ----------
    model : torch.nn.Module
        In the mode that training uses; a copy in double precision is worked on. One in evaluation mode as a whole is
        refused if it normalises batches.
    loss : callable
        From (outputs, targets) to a scalar.
    batches : iterable of (inputs, targets)
        A few; gradients of each must be orthogonal to a symmetry, not only their mean.
    method : str
        ``"structure"`` tests families that the layers suggest; ``"numeric"`` finds every combination of elementary
        fields; ``"auto"`` does both, the second for as many parameters as fit.
    tol : float
        Largest relative violation of a symmetry that holds.
    samples : int, optional
        Gradients of the numeric search.
    seed : int

    Returns
    -------
    ParameterSymmetries

    Raises
    ------
    InputError, InputTypeError, SampleSizeError, NonFiniteError

    Examples
    --------
    >>> net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    >>> data = [(torch.randn(8, 3), torch.randint(2, (8,))) for _ in range(2)]
    >>> [(s.name, s.kind, s.count) for s in discover_symmetries(net, nn.functional.cross_entropy, data)]
    [('2 shift', 'translation', 4), ('2 bias shift', 'translation', 1), ('0 | 2', 'rescale', 4)]
    """
    if method not in _METHODS:
        raise InputError(f"method is {method!r}; use one of {', '.join(_METHODS)}")
    probe = LossProbe(model, loss, batches)
    check_normalisations(model)
    generator = torch.Generator().manual_seed(seed)
    found, nearly = [], []
    if method != "numeric":
        for family in proposed(probe):
            tested = _tested(family, probe, generator)
            if tested.violation <= tol and tested.finite <= 1e3 * tol:
                found.append(tested)
            elif tested.violation <= max(1e-2, 1e3 * tol):
                nearly.append(tested)
    mixed = {s.parameters for s in found if s.kind == "linear"}
    # Rescaling units is the diagonal part of mixing them.
    found = [s for s in found if not (s.kind == "rescale" and s.parameters in mixed)]
    if method == "structure":
        return ParameterSymmetries(tuple(found), tuple(nearly))
    names = _fitting(probe)
    if not names:
        return ParameterSymmetries(tuple(found), tuple(nearly))
    numeric, facts = numeric_symmetries(probe, names, generator, samples)
    known = _known_supports(found, probe)
    new = tuple(s for s in numeric if frozenset((f.name, f.kind, f.index) for f in s.fields) not in known)
    seen = sum(probe.parameters[n].numel() for n in names) / sum(p.numel() for p in probe.parameters.values())
    if method == "numeric":
        found, new = [as_family(s, k) for k, s in enumerate(numeric)], ()
    return ParameterSymmetries(tuple(found), tuple(nearly), tuple(new), seen, facts)


def _fitting(probe: LossProbe) -> list[str]:
    """Parameters from the first layer on, as long as their fields are few enough."""
    chosen: list[str] = []
    total = 0
    for name, p in probe.parameters.items():
        total += len(elementary_fields({name: p}))
        if total > _MOST_FIELDS:
            break
        chosen.append(name)
    return chosen


def _tested(family: ParameterSymmetry, probe: LossProbe, generator: torch.Generator) -> ParameterSymmetry:
    """The family with its violation over several batches and places, and the change under finite elements."""
    violations = []
    for k in range(max(2, min(4, len(probe.batches)))):
        at = probe.perturbed(generator)
        gradient = probe.gradient(at, k)
        violations.append(float(_relative(family, at, gradient).max()))
    change = 0.0
    for size in (0.1, 1.0):
        at = probe.perturbed(generator)
        shape = family.charge(at).shape
        amounts = size * torch.randn(shape, generator=generator, dtype=torch.float64)
        if family.kind == "linear":
            amounts = (amounts + amounts.mT) / 2 / shape[-1] ** 0.5
        moved = {**at, **family.transform(at, amounts)}
        before, after = (float(probe.value(x, 0).detach()) for x in (at, moved))
        change = max(change, abs(after - before) / max(abs(before), 1e-300))
    return replace(family, violation=max(violations), finite=change, violations=tuple(violations))


def _relative(family: ParameterSymmetry, at: Any, gradient: Any) -> torch.Tensor:
    """``|<g, xi>|`` of each unit over the lengths of the gradient there and of the field."""
    pairing = family.pairing(gradient, at).abs()
    field = family.lengths(at).sqrt()
    slope = family.lengths(gradient) if family.kind != "translation" else _gradient_squares(family, gradient)
    product = field * slope.clamp_min(0).sqrt()
    floor = 1e-12 * max(float(product.max()), 1e-300)
    # A unit that nothing reaches has no gradient at all; it is not a violation.
    return torch.where(product > floor, pairing / product.clamp_min(floor), torch.zeros_like(pairing))


def _gradient_squares(family: ParameterSymmetry, gradient: Any) -> torch.Tensor:
    total: Any = 0
    for m in family.members:
        total = total + m.dots(gradient[m.name], gradient[m.name])
    # Where the gradient itself vanishes the field is null: compare with the whole gradient.
    whole = sum(float(g.pow(2).sum()) for g in gradient.values())
    return torch.where(total > 1e-20 * whole, total, torch.full_like(total, whole))


def _known_supports(found: list[ParameterSymmetry], probe: LossProbe) -> set[frozenset[tuple[str, str, int]]]:
    """Fields of each unit of the families, to recognise what the numeric search finds again."""
    out = set()
    for s in found:
        if s.kind == "linear":
            continue
        for unit in range(s.count):
            fields = []
            for m in s.members:
                vector = probe.parameters[m.name].ndim == 1
                for k in range(unit * m.repeat, (unit + 1) * m.repeat) if m.axis is not None else (0,):
                    fields.append((m.name, _field_kind(s.kind, m, vector), k))
            out.add(frozenset(fields))
            if s.kind == "translation":
                # A shift of one entry of a bias is its scaling too, wherever the entry is not zero.
                out.add(frozenset((n, "entry scale", k) for n, _, k in fields))
    return out | _sums(found)


def _sums(found: list[ParameterSymmetry]) -> set[frozenset[tuple[str, str, int]]]:
    return {
        frozenset({(s.members[0].name, "vector shift", 0)})
        for s in found
        if s.kind == "translation" and s.members[0].axis == 0
    }


def _field_kind(kind: str, m: Member, vector: bool) -> str:
    if kind == "translation":
        return "vector shift" if vector and m.axis is None else "entry scale" if vector else "column shift"
    return "entry scale" if vector else ("row scale" if m.axis == 0 else "column scale")


def as_family(s: NumericSymmetry, number: int) -> ParameterSymmetry:
    """A single combination as a family of one unit, so that it can be tracked."""
    shifts = {f.kind.endswith("shift") for f in s.fields}
    kind = "translation" if shifts == {True} else "rescale" if len(s.fields) > 1 else "scale"
    members = tuple(
        Member(
            f.name, _AXES[f.kind], 1 if w > 0 else -1, weight=abs(w), index=None if _AXES[f.kind] is None else f.index
        )
        for f, w in zip(s.fields, s.coefficients, strict=True)
    )
    text = " ".join(f"{w:+.3g} {g.name}[{g.kind} {g.index}]" for g, w in zip(s.fields, s.coefficients, strict=True))
    return ParameterSymmetry(f"numeric {number}", kind, members, 1, text, s.residual, s.finite)
