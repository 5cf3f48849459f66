"""Record charges while a network trains, beside what the laws say: hooks on the optimizer, and no change to the loop.

For SGD with one learning rate, momentum and decay for all members of a family the exact recursion, the continuous model
and decay alone are advanced step by step. For any other optimizer each step's change is split into what decay, the
first-order term and the finite step did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from symmeter.errors import InputError, NonFiniteError, UnknownNameError, nearest_name
from symmeter.optim.noether.continuous_laws import ContinuousModel, continuous_step, decay_only
from symmeter.optim.noether.discrete_laws import StepRule, quadratic_step, translation_step
from symmeter.optim.noether.symmetries import ParameterSymmetry

__all__ = ["LAWS", "ChargeRecord", "NoetherTracker"]

#: Predictions that a tracker can keep.
LAWS = ("exact", "continuous", "naive")
#: A symmetry that breaks does so slowly, and to look costs as much as all laws together.
_VIOLATIONS_EVERY = 10


@dataclass(frozen=True, eq=False)
class ChargeRecord:
    """Charges of one family over a run.

    Attributes
    ----------
    symmetry : ParameterSymmetry
    steps : array of shape (n,)
        Numbers of steps done when the charge was read.
    measured : array of shape (n, ...)
    predicted : dict of arrays
        By law, of the same shape; empty for optimizers without a law.
    violation : array of shape (k,)
        Largest relative ``<g, xi>`` of a unit, at the first step and at every tenth or every reading, if that is less
        often.
    note : str
        Why a law is missing or should not be trusted, or empty.
    """

    symmetry: ParameterSymmetry
    steps: np.ndarray
    measured: np.ndarray
    predicted: Mapping[str, np.ndarray]
    violation: np.ndarray
    note: str

    def errors(self) -> dict[str, float]:
        """Largest difference from each prediction, over the largest measured charge."""
        size = float(np.abs(self.measured).max()) or 1.0
        return {law: float(np.abs(p - self.measured).max()) / size for law, p in self.predicted.items()}


class NoetherTracker:
    """Charges of symmetries during training, measured and predicted.

    Parameters
    ----------
    model : torch.nn.Module
    optimizer : torch.optim.Optimizer
        Of this model. Steps are seen by hooks; nothing else changes.
    symmetries : iterable of ParameterSymmetry
        From :func:`symmeter.optim.noether.discover_symmetries`, before training: predictions start where the tracker
        is made.
    predict : tuple of str
        Any of :data:`LAWS`.
    every : int
        Charges are read at every so many steps; predictions see every step.
    budget : bool
        Split each step's change into decay, first order and finite step; costs a copy of the tracked parameters. On by
        default for optimizers without a law.

    Raises
    ------
    InputError
        When the optimizer does not step a tracked parameter, or for unknown laws.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        symmetries: Iterable[ParameterSymmetry],
        predict: tuple[str, ...] = LAWS,
        every: int = 1,
        budget: bool | None = None,
    ) -> None:
        self.symmetries = tuple(symmetries)
        if not self.symmetries:
            raise InputError("there is no symmetry to track")
        if every < 1:
            raise InputError(f"every is {every}; it counts steps and must be >= 1")
        for law in predict:
            if law not in LAWS:
                raise UnknownNameError(f"no law is called {law!r}; known are {', '.join(LAWS)}")
        self.optimizer, self.every = optimizer, every
        named = dict(model.named_parameters(remove_duplicate=False))
        self._parameters = {n: named[n] for s in self.symmetries for n in s.parameters if n in named}
        self._groups = _groups_of(self.symmetries, self._parameters, optimizer)
        has_law = type(optimizer) is torch.optim.SGD
        self._budget = (not has_law) if budget is None else budget
        self._states = [
            _FamilyState(s, self._parameters, self._laws(s, predict) if has_law else (), self._budget)
            for s in self.symmetries
        ]
        self._notes = [self._note(s, has_law) for s in self.symmetries]
        self.steps = 0
        self._before: dict[str, torch.Tensor] = {}
        self._first = not any("momentum_buffer" in optimizer.state.get(p, {}) for p in self._parameters.values())
        self._handles = [
            optimizer.register_step_pre_hook(self._pre), optimizer.register_step_post_hook(self._post)
        ]  # fmt: skip
        self._read()

    def detach(self) -> None:
        """Take the hooks off; records stay."""
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def __enter__(self) -> NoetherTracker:
        return self

    def __exit__(self, *_: object) -> None:
        self.detach()

    # -- hooks -----------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def _pre(self, *_: Any) -> None:
        if self._budget:
            if not self._before:
                self._before = {n: torch.empty_like(p) for n, p in self._parameters.items()}
            for n, p in self._parameters.items():
                self._before[n].copy_(p)
        if self.steps == 0 or (self.steps + 1) % max(self.every, _VIOLATIONS_EVERY) == 0:
            gradients = self._gradients()
            squares = {n: torch.linalg.vector_norm(g).double() ** 2 for n, g in gradients.items()}
            for state in self._states:
                state.violated(self._parameters, gradients, squares)

    def _gradients(self) -> dict[str, torch.Tensor]:
        return {n: torch.zeros_like(p) if p.grad is None else p.grad for n, p in self._parameters.items()}

    @torch.no_grad()
    def _post(self, *_: Any) -> None:
        self.steps += 1
        velocities = _Velocities(self)
        for state, s in zip(self._states, self.symmetries, strict=True):
            rule = self._rule(s)
            if state.laws:
                state.advance(velocities, rule, self._first)
            if self._budget:
                state.split(self._parameters, self._before, rule)
        if self._first and not velocities.missing:
            self._first = False
        if self.steps % self.every == 0:
            self._read()

    @torch.no_grad()
    def _read(self) -> None:
        for state in self._states:
            state.read(self._parameters, self.steps)

    # -- rules -----------------------------------------------------------------------------------------------------

    def _rule(self, s: ParameterSymmetry) -> StepRule:
        group = self.optimizer.param_groups[self._groups[s.parameters[0]]]
        decoupled = isinstance(self.optimizer, torch.optim.AdamW) or "scale" in group or group.get(
            "decoupled_weight_decay", False
        )  # fmt: skip
        momentum = group.get("momentum", 0.0) if type(self.optimizer) is torch.optim.SGD else 0.0
        return StepRule(
            float(group["lr"]), float(momentum), float(group.get("dampening", 0.0)),
            float(group.get("weight_decay", 0.0)), bool(group.get("nesterov", False)), bool(decoupled),
        )  # fmt: skip

    def _one_rule(self, s: ParameterSymmetry) -> bool:
        keys = ("lr", "momentum", "dampening", "weight_decay", "nesterov", "maximize")
        groups = [self.optimizer.param_groups[self._groups[n]] for n in s.parameters]
        return all(g.get(k) == groups[0].get(k) for g in groups for k in keys) and not groups[0].get("maximize", False)

    def _laws(self, s: ParameterSymmetry, predict: tuple[str, ...]) -> tuple[str, ...]:
        if not self._one_rule(s):
            return ()
        # The continuous model is of plain momentum.
        return tuple(law for law in predict if law != "continuous" or not self._rule(s).nesterov)

    def _note(self, s: ParameterSymmetry, has_law: bool) -> str:
        if not has_law:
            return f"{type(self.optimizer).__name__} has no closed law; see the budget"
        if not self._one_rule(s):
            return "members have different learning rates, momenta or decays, so no closed law"
        if self._rule(s).nesterov:
            return "Nesterov's momentum has no continuous model here"
        model = ContinuousModel.of(self._rule(s), s.kind != "translation") if self._rule(s).lr else None
        if model is not None and model.oscillates:
            return "the continuous model swings here, which is its own doing"
        if s.violation > 1e-6:
            return f"the symmetry itself is broken by {s.violation:.1e}"
        return ""

    # -- results ---------------------------------------------------------------------------------------------------

    def _index(self, name: str) -> int:
        names = [s.name for s in self.symmetries]
        if name in names:
            return names.index(name)
        starts = [k for k, n in enumerate(names) if n.split(" ")[0] == name]
        if len(starts) == 1:
            return starts[0]
        close = nearest_name(name, names)
        hint = f"; did you mean {close!r}?" if close else ""
        raise UnknownNameError(f"no tracked symmetry is called {name!r}; known are {', '.join(names)}{hint}")

    def record(self, name: str) -> ChargeRecord:
        """What was recorded for a family.

        Raises
        ------
        NonFiniteError
            When the charges stopped being numbers; the text says at which step.
        """
        k = self._index(name)
        return self._states[k].record(self.symmetries[k], self._notes[k])

    def records(self) -> list[ChargeRecord]:
        """Of all families."""
        return [self.record(s.name) for s in self.symmetries]

    def budget(self, name: str) -> dict[str, np.ndarray]:
        """What decay, the first-order term and the finite step did to each unit, summed over all steps.

        Raises
        ------
        InputError
            When the tracker was made without ``budget=True``.
        """
        if not self._budget:
            raise InputError("no budget was kept: make the tracker with budget=True")
        return self._states[self._index(name)].budget()

    def effective_lr(self, name: str) -> np.ndarray:
        """Learning rate of the direction, ``lr / length^2``, of each unit of a scale family at every reading.

        Raises
        ------
        InputError
            For other kinds.
        """
        record = self.record(name)
        if record.symmetry.kind != "scale":
            raise InputError(f"{record.symmetry.name} is a {record.symmetry.kind} family; only lengths have a rate")
        rates = np.array(self._states[self._index(name)].rates)
        return rates.reshape(-1, *[1] * (record.measured.ndim - 1)) / record.measured

    def report(self) -> str:
        """A table: largest change of a charge, error of each law, violation, note."""
        head = ("symmetry", "units", "change", *LAWS, "violation", "note")
        cells: list[tuple[str, ...]] = [head]
        for r in self.records():
            size = float(np.abs(r.measured).max()) or 1.0
            change = float(np.abs(r.measured - r.measured[0]).max()) / size
            errors = r.errors()
            shown = tuple(f"{errors[law]:.1e}" if law in errors else "" for law in LAWS)
            worst = float(r.violation.max()) if len(r.violation) else 0.0
            cells.append((r.symmetry.name, str(r.symmetry.count), f"{change:.1e}", *shown, f"{worst:.1e}", r.note))
        widths = [max(len(row[k]) for row in cells) for k in range(len(head))]
        return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip() for row in cells)

    def plot(self, path: str, names: Iterable[str] | None = None) -> None:
        """Measured charges beside the laws, one panel a family; see :mod:`symmeter.optim.noether.charge_plot`."""
        from symmeter.optim.noether.charge_plot import save_plot

        records = [self.record(n) for n in names] if names is not None else self.records()
        save_plot(records, path)


def _groups_of(
    symmetries: Iterable[ParameterSymmetry], parameters: Mapping[str, nn.Parameter], optimizer: torch.optim.Optimizer
) -> dict[str, int]:
    where = {id(p): k for k, group in enumerate(optimizer.param_groups) for p in group["params"]}
    out = {}
    for s in symmetries:
        for n in s.parameters:
            if n not in parameters:
                raise InputError(f"{s.name} moves {n}, which the model has not")
            if id(parameters[n]) not in where:
                raise InputError(f"{s.name} moves {n}, which the optimizer does not step")
            out[n] = where[id(parameters[n])]
    return out


class _Velocities:
    """The vectors v and u of a step, made when a family first asks."""

    def __init__(self, tracker: NoetherTracker) -> None:
        self._tracker = tracker
        self.v: dict[str, torch.Tensor] = {}
        self.u: dict[str, torch.Tensor] = {}
        self.missing = True

    def of(self, names: Iterable[str], rule: StepRule) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
        t = self._tracker
        for n in names:
            if n in self.v:
                continue
            p = t._parameters[n]
            buffer = t.optimizer.state.get(p, {}).get("momentum_buffer")
            if buffer is not None:
                self.missing = False
            if rule.momentum and not rule.nesterov:
                v = torch.zeros_like(p) if buffer is None else buffer
                self.v[n] = self.u[n] = v
                continue
            # theta has moved: d = g + lambda theta_before, and theta_before = theta + lr u.
            g = torch.zeros_like(p) if p.grad is None else p.grad
            memory = rule.momentum * buffer if buffer is not None else 0.0
            d = (g + rule.weight_decay * (p + rule.lr * memory)) / (1 - rule.lr * rule.weight_decay)
            self.u[n] = d + memory
            self.v[n] = buffer if buffer is not None else d
            self.missing = False
        return {n: self.v[n] for n in names}, {n: self.u[n] for n in names}


class _FamilyState:
    """Running predictions and readings of one family; tensors stay where the parameters are until they are read."""

    def __init__(
        self, s: ParameterSymmetry, parameters: Mapping[str, torch.Tensor], laws: tuple[str, ...], budget: bool
    ) -> None:
        self.s, self.laws = s, laws
        with torch.no_grad():
            self.start = s.charge(parameters)
        self.now = dict.fromkeys(laws, self.start)
        self.memory: Any = torch.zeros_like(self.start)
        self.velocity: Any = torch.zeros_like(self.start)
        self.steps: list[int] = []
        self.measured: list[torch.Tensor] = []
        self.predicted: dict[str, list[torch.Tensor]] = {law: [] for law in laws}
        self.violations: list[torch.Tensor] = []
        self.rates: list[float] = []
        self.rate = float("nan")
        self.spent = (
            {k: torch.zeros_like(self.start) for k in ("decay", "first order", "finite step")} if budget else {}
        )

    def advance(self, velocities: _Velocities, rule: StepRule, first: bool) -> None:
        s, now = self.s, self.now
        quadratic = s.kind != "translation"
        self.rate = rule.lr
        if not quadratic:
            if "exact" in now:
                now["exact"], self.memory = translation_step(now["exact"], self.memory, rule, first)
            source: Any = 0.0
        else:
            v, u = velocities.of(s.parameters, rule)
            kinetic = s.pairing(u, u)
            crossed = kinetic if not rule.nesterov else s.pairing(u, v)
            if "exact" in now:
                now["exact"], self.memory = quadratic_step(now["exact"], self.memory, kinetic, crossed, rule, first)
            source = kinetic / (1 - rule.dampening) ** 2
        if "continuous" in now:
            now["continuous"], self.velocity = continuous_step(
                now["continuous"], self.velocity, source, rule, quadratic
            )
        if "naive" in now:
            now["naive"] = decay_only(now["naive"], rule, quadratic)

    def split(self, after: Mapping[str, torch.Tensor], before: Mapping[str, torch.Tensor], rule: StepRule) -> None:
        names = self.s.parameters
        moved = {n: after[n] - before[n] for n in names}
        # Decay as a motion of its own; for rules that add it to the gradient this is its first-order part.
        decayed = {n: (-rule.lr * rule.weight_decay) * before[n] for n in names}
        rest = {n: moved[n] - decayed[n] for n in names}
        if self.s.kind == "translation":
            parts = (self.s.pairing(decayed, before), self.s.pairing(rest, before), torch.zeros_like(self.start))
        else:
            parts = (
                2 * self.s.pairing(before, decayed),
                2 * self.s.pairing(before, rest),
                self.s.pairing(moved, moved),
            )
        for key, part in zip(self.spent, parts, strict=True):
            self.spent[key] = self.spent[key] + part

    def violated(
        self,
        parameters: Mapping[str, torch.Tensor],
        gradients: Mapping[str, torch.Tensor],
        squares: Mapping[str, torch.Tensor],
    ) -> None:
        s = self.s
        pairing = s.pairing(gradients, parameters).abs()
        total = torch.stack(list(squares.values())).sum()
        own = torch.stack([squares[n] for n in s.parameters]).sum()
        # Where nothing reaches a parameter its gradient is rounding of the others'.
        product = s.lengths(parameters).sqrt() * torch.maximum(own, 1e-20 * total).sqrt()
        self.violations.append(torch.where(product > 0, pairing / product.clamp_min(1e-300), 0.0).max())

    def read(self, parameters: Mapping[str, torch.Tensor], step: int) -> None:
        self.steps.append(step)
        self.measured.append(self.s.charge(parameters))
        self.rates.append(self.rate)
        for law in self.laws:
            self.predicted[law].append(self.now[law])

    def record(self, s: ParameterSymmetry, note: str) -> ChargeRecord:
        measured = torch.stack(self.measured).cpu().numpy()
        bad = ~np.isfinite(measured.reshape(len(measured), -1)).all(1)
        if bad.any():
            raise NonFiniteError(f"charges of {s.name} are not finite from step {self.steps[int(bad.argmax())]} on")
        predicted = {law: torch.stack(p).cpu().numpy() for law, p in self.predicted.items()}
        violation = torch.stack(self.violations).cpu().numpy() if self.violations else np.zeros(0)
        return ChargeRecord(s, np.array(self.steps), measured, predicted, violation, note)

    def budget(self) -> dict[str, np.ndarray]:
        out = {k: v.cpu().numpy() for k, v in self.spent.items()}
        change = (self.measured[-1] - self.start).cpu().numpy()
        return {**out, "change": change}
