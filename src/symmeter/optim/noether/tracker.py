"""Record charges while a network trains, beside what the laws say: hooks on the optimizer, and no change to the loop.

For SGD with one learning rate, momentum and decay for all members of a family the exact recursion, the continuous model
and decay alone are advanced step by step. For any other optimizer each step's change is split into what decay, the
first-order term and the finite step did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from symmeter.errors import InputError, UnknownNameError, nearest_name
from symmeter.optim.noether.continuous_laws import ContinuousModel
from symmeter.optim.noether.discrete_laws import StepRule
from symmeter.optim.noether.evaluation import check_normalisations
from symmeter.optim.noether.family_state import ChargeRecord, FamilyState, Velocities
from symmeter.optim.noether.symmetries import ParameterSymmetry
from symmeter.optim.noether.unit_squares import UnitPlan, UnitSquares

__all__ = ["LAWS", "ChargeRecord", "NoetherTracker"]

#: Predictions that a tracker can keep.
LAWS = ("exact", "continuous", "naive")
#: A symmetry that breaks does so slowly, and to look costs as much as all laws together.
_READINGS_A_VIOLATION = 10


class NoetherTracker:
    """Charges of symmetries during training, measured and predicted.

    Parameters
    ----------
    model : torch.nn.Module
    optimizer : torch.optim.Optimizer
        Of this model. Steps are seen by hooks; nothing else changes.
    symmetries : iterable of ParameterSymmetry
        From :func:`symmeter.optim.noether.discover_symmetries`. Predictions start where the tracker is made, with the
        velocities that the optimizer has then.
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
        When the optimizer does not step a tracked parameter, or for unknown laws; at the first step, when scales are
        tracked of a network whose batch normalisations are in evaluation mode.
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
        self._model, self.optimizer, self.every = model, optimizer, every
        named = dict(model.named_parameters(remove_duplicate=False))
        self._parameters = {n: named[n] for s in self.symmetries for n in s.parameters if n in named}
        self._groups = _groups_of(self.symmetries, self._parameters, optimizer)
        self._rules: dict[int, StepRule] = {}
        has_law = type(optimizer) is torch.optim.SGD
        self._budget = (not has_law) if budget is None else budget
        self._plan = UnitPlan(self.symmetries, self._parameters)
        self._states = [
            FamilyState(s, self._parameters, self._laws(s, predict) if has_law else (), self._budget, self._plan)
            for s in self.symmetries
        ]
        self._notes = [self._note(s, has_law) for s in self.symmetries]
        if has_law:
            self._start_moving()
        self.steps = 0
        self._before: dict[str, torch.Tensor] = {}
        self._handles = [
            optimizer.register_step_pre_hook(self._pre), optimizer.register_step_post_hook(self._post)
        ]  # fmt: skip
        self._read()

    def _start_moving(self) -> None:
        """Give families the velocities of an optimizer that has made steps before."""
        buffers = {n: self.optimizer.state.get(p, {}).get("momentum_buffer") for n, p in self._parameters.items()}
        for k, (state, s) in enumerate(zip(self._states, self.symmetries, strict=True)):
            own = {n: buffers[n] for n in s.parameters}
            if all(b is None for b in own.values()):
                continue
            if any(b is None for b in own.values()):
                state.end()
                self._notes[k] = "some members had made steps before and others not, so no closed law"
                continue
            state.start_moving(self._parameters, own, self._rule(s))

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

    def _pre(self, *_: Any) -> None:
        looking = self.steps == 0 or (self.steps + 1) % (self.every * _READINGS_A_VIOLATION) == 0
        if looking or self._budget:
            self._look(looking)

    @torch.no_grad()
    def _look(self, looking: bool) -> None:
        """Before a step: keep what its budget needs, and see whether symmetries hold."""
        if self.steps == 0 and any(s.kind == "scale" for s in self.symmetries):
            check_normalisations(self._model)
        if self._budget:
            if not self._before:
                self._before = {n: torch.empty_like(p) for n, p in self._parameters.items()}
            for n, p in self._parameters.items():
                self._before[n].copy_(p)
        if looking:
            gradients = self._gradients()
            squares = {n: torch.linalg.vector_norm(g).double() ** 2 for n, g in gradients.items()}
            units = UnitSquares(self._plan), UnitSquares(self._plan)
            for state in self._states:
                state.violated(self._parameters, gradients, squares, units)

    def _gradients(self) -> dict[str, torch.Tensor]:
        return {n: torch.zeros_like(p) if p.grad is None else p.grad for n, p in self._parameters.items()}

    @torch.no_grad()
    def _post(self, *_: Any) -> None:
        self.steps += 1
        # Learning rates may have changed since the last step; families of one group share the numbers.
        self._rules = {}
        velocities = Velocities(self._parameters, self.optimizer, self._plan)
        still = {n for n, p in self._parameters.items() if p.grad is None}
        for k, (state, s) in enumerate(zip(self._states, self.symmetries, strict=True)):
            rule = self._rule(s)
            if state.laws and (not still or still.isdisjoint(s.parameters)):
                state.advance(velocities, rule)
            elif state.laws and not still.issuperset(s.parameters):
                # SGD leaves what has no gradient where it is; a law is about members that move together.
                state.end()
                self._notes[k] = f"some members had no gradient at step {self.steps}, so no closed law"
            if self._budget:
                state.split(self._parameters, self._before, rule, still)
        if self.steps % self.every == 0:
            self._read()

    @torch.no_grad()
    def _read(self) -> None:
        squares = UnitSquares(self._plan)
        for state in self._states:
            state.read(self._parameters, squares, self.steps)

    # -- rules -----------------------------------------------------------------------------------------------------

    def _rule(self, s: ParameterSymmetry) -> StepRule:
        number = self._groups[s.parameters[0]]
        if number not in self._rules:
            self._rules[number] = self._rule_of(self.optimizer.param_groups[number])
        return self._rules[number]

    def _rule_of(self, group: Mapping[str, Any]) -> StepRule:
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
