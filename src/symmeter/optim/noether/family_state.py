"""Running predictions and readings of one family of symmetries, and the vectors of a step that they need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from symmeter.errors import NonFiniteError
from symmeter.optim.noether.continuous_laws import continuous_step, decay_only
from symmeter.optim.noether.discrete_laws import StepRule, quadratic_step, translation_step
from symmeter.optim.noether.symmetries import ParameterSymmetry

__all__ = ["ChargeRecord", "FamilyState", "Velocities"]


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
        Largest relative ``<g, xi>`` of a unit, at the first step and at every tenth reading.
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


class Velocities:
    """The vectors v and u of a step, made when a family first asks."""

    def __init__(self, parameters: Mapping[str, torch.Tensor], optimizer: torch.optim.Optimizer) -> None:
        self._parameters, self._optimizer = parameters, optimizer
        self.v: dict[str, torch.Tensor] = {}
        self.u: dict[str, torch.Tensor] = {}

    def of(self, names: Iterable[str], rule: StepRule) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
        """Both vectors of some parameters, which have gradients."""
        for n in names:
            if n in self.v:
                continue
            p = self._parameters[n]
            buffer = self._optimizer.state.get(p, {}).get("momentum_buffer")
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
        return {n: self.v[n] for n in names}, {n: self.u[n] for n in names}


#: Steps that wait for their predictions, and numbers that they may hold: looking at a device at every step is dear.
_MOST_STEPS, _MOST_NUMBERS = 64, 1 << 17
#: What a reading leaves among the steps that wait.
_READING: Any = object()


class FamilyState:
    """Running predictions and readings of one family.

    A step leaves its kinetic terms, which stay where the parameters are; predictions follow many steps at a time.
    """

    def __init__(
        self, s: ParameterSymmetry, parameters: Mapping[str, torch.Tensor], laws: tuple[str, ...], budget: bool
    ) -> None:
        self.s, self.laws = s, laws
        with torch.no_grad():
            self.start = s.charge(parameters)
        start = self.start.cpu().numpy()
        self.now: dict[str, np.ndarray] = dict.fromkeys(laws, start)
        self.memory, self.velocity = np.zeros_like(start), np.zeros_like(start)
        self._waiting: list[Any] = []
        self._most = max(1, min(_MOST_STEPS, _MOST_NUMBERS // max(start.size, 1)))
        self.steps: list[int] = []
        self.measured: list[torch.Tensor] = []
        self.predicted: dict[str, list[np.ndarray]] = {law: [] for law in laws}
        self.violations: list[torch.Tensor] = []
        self.rates: list[float] = []
        self.rate = float("nan")
        self.first = True
        self.spent = (
            {k: torch.zeros_like(self.start) for k in ("decay", "first order", "finite step")} if budget else {}
        )

    def start_moving(
        self, parameters: Mapping[str, torch.Tensor], velocities: Mapping[str, torch.Tensor], rule: StepRule
    ) -> None:
        """Begin with velocities that are not zero."""
        quadratic = self.s.kind != "translation"
        self.first = False
        with torch.no_grad():
            self.memory = self.s.pairing(velocities, parameters).cpu().numpy()
        # A step of v takes the time lr (1 - dampening).
        self.velocity = -(2 if quadratic else 1) * self.memory / (1 - rule.dampening)

    def end(self) -> None:
        """Predict no longer, and forget what was predicted."""
        self.laws, self.predicted, self._waiting = (), {}, []

    def advance(self, velocities: Velocities, rule: StepRule) -> None:
        """Note a step."""
        self.rate = rule.lr
        kinetic = crossed = None
        if self.s.kind != "translation":
            v, u = velocities.of(self.s.parameters, rule)
            kinetic = self.s.pairing(u, u)
            crossed = self.s.pairing(u, v) if rule.nesterov else kinetic
        self._waiting.append((rule, kinetic, crossed))
        if len(self._waiting) >= self._most:
            self._predict()

    def _predict(self) -> None:
        """Move the predictions by the steps that wait."""
        waiting, self._waiting = self._waiting, []
        kinetic = _fetched([w[1] for w in waiting if w is not _READING])
        crossed = kinetic
        if any(w is not _READING and w[0].nesterov for w in waiting):
            crossed = _fetched([w[2] for w in waiting if w is not _READING])
        k = 0
        for w in waiting:
            if w is _READING:
                for law in self.laws:
                    self.predicted[law].append(self.now[law])
                continue
            self._predict_one(w[0], kinetic[k], crossed[k])
            k += 1

    def _predict_one(self, rule: StepRule, kinetic: Any, crossed: Any) -> None:
        now, first, quadratic = self.now, self.first, self.s.kind != "translation"
        self.first = False
        if "exact" in now and not quadratic:
            now["exact"], self.memory = translation_step(now["exact"], self.memory, rule, first)
        elif "exact" in now:
            now["exact"], self.memory = quadratic_step(now["exact"], self.memory, kinetic, crossed, rule, first)
        if "continuous" in now:
            source = kinetic if rule.dampening == 0 or not quadratic else kinetic / (1 - rule.dampening) ** 2
            now["continuous"], self.velocity = continuous_step(
                now["continuous"], self.velocity, source, rule, quadratic
            )
        if "naive" in now:
            now["naive"] = decay_only(now["naive"], rule, quadratic)

    def split(
        self,
        after: Mapping[str, torch.Tensor],
        before: Mapping[str, torch.Tensor],
        rule: StepRule,
        still: set[str] | frozenset[str] = frozenset(),
    ) -> None:
        """Add to the budget what a step did; members that are ``still`` did not decay either."""
        names = self.s.parameters
        moved = {n: after[n] - before[n] for n in names}
        # Decay as a motion of its own; for rules that add it to the gradient this is its first-order part.
        decayed = {n: (0.0 if n in still else -rule.lr * rule.weight_decay) * before[n] for n in names}
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
        if self.laws:
            self._waiting.append(_READING)

    def record(self, s: ParameterSymmetry, note: str) -> ChargeRecord:
        measured = torch.stack(self.measured).cpu().numpy()
        bad = ~np.isfinite(measured.reshape(len(measured), -1)).all(1)
        if bad.any():
            raise NonFiniteError(f"charges of {s.name} are not finite from step {self.steps[int(bad.argmax())]} on")
        self._predict()
        predicted = {law: np.stack(p) for law, p in self.predicted.items()}
        violation = torch.stack(self.violations).cpu().numpy() if self.violations else np.zeros(0)
        return ChargeRecord(s, np.array(self.steps), measured, predicted, violation, note)

    def budget(self) -> dict[str, np.ndarray]:
        out = {k: v.cpu().numpy() for k, v in self.spent.items()}
        change = (self.measured[-1] - self.start).cpu().numpy()
        return {**out, "change": change}


def _fetched(terms: list[torch.Tensor | None]) -> Any:
    """Kinetic terms of several steps as one array, or zeros for translations, which have none."""
    given = [t for t in terms if t is not None]
    return torch.stack(given).cpu().numpy() if given else (0.0,) * len(terms)
