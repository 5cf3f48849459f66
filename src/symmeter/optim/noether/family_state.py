"""Running predictions and readings of one family of symmetries, and the vectors of a step that they need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch

from symmeter.errors import NonFiniteError
from symmeter.optim.noether.continuous_laws import continuous_step, decay_only
from symmeter.optim.noether.discrete_laws import StepRule, quadratic_step, translation_step
from symmeter.optim.noether.symmetries import ParameterSymmetry
from symmeter.optim.noether.unit_squares import UnitPlan, UnitSquares

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

    def __init__(
        self, parameters: Mapping[str, torch.Tensor], optimizer: torch.optim.Optimizer, plan: UnitPlan
    ) -> None:
        self._parameters, self._optimizer, self._plan = parameters, optimizer, plan
        self.v: dict[str, torch.Tensor] = {}
        self.u: dict[str, torch.Tensor] = {}
        self._squares: UnitSquares | None = None

    def squares(self, names: tuple[str, ...], rule: StepRule) -> UnitSquares:
        """Squares of u of some parameters, which have gradients."""
        if self._squares is None:
            self._squares = UnitSquares(self._plan)
        self._make(names, rule)
        self._squares.measure(names, self.u)
        return self._squares

    def of(self, names: tuple[str, ...], rule: StepRule) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
        """Both vectors of some parameters, which have gradients."""
        self._make(names, rule)
        return {n: self.v[n] for n in names}, {n: self.u[n] for n in names}

    def _make(self, names: Iterable[str], rule: StepRule) -> None:
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
            if not rule.momentum and not rule.weight_decay:
                self.v[n] = self.u[n] = g
                continue
            memory = rule.momentum * buffer if buffer is not None else 0.0
            d = (g + rule.weight_decay * (p + rule.lr * memory)) / (1 - rule.lr * rule.weight_decay)
            self.u[n] = d + memory
            self.v[n] = buffer if buffer is not None else d


#: Steps that wait for their predictions, and numbers that they may hold: looking at a device at every step is dear.
_MOST_STEPS, _MOST_NUMBERS = 64, 1 << 17
#: What a reading leaves among the steps that wait.
_READING: Any = object()


class FamilyState:
    """Running predictions and readings of one family.

    A step leaves its kinetic terms, or the squares that they are made of, which stay where the parameters are; charges
    and predictions follow many steps at a time.
    """

    def __init__(
        self,
        s: ParameterSymmetry,
        parameters: Mapping[str, torch.Tensor],
        laws: tuple[str, ...],
        budget: bool,
        plan: UnitPlan,
    ) -> None:
        self.s, self.laws, self._plan = s, laws, plan
        self._names, self._from_squares = s.parameters, plan.covers(s)
        with torch.no_grad():
            self.start = s.charge(parameters)
        start = self.start.cpu().numpy()
        self.now: dict[str, np.ndarray] = dict.fromkeys(laws, start)
        self.memory, self.velocity = np.zeros_like(start), np.zeros_like(start)
        self._waiting: list[Any] = []
        self._most = max(1, min(_MOST_STEPS, _MOST_NUMBERS // max(start.size, 1)))
        self.steps: list[int] = []
        self._measured: list[torch.Tensor] = []
        self._unread: list[UnitSquares] = []
        self.predicted: dict[str, list[np.ndarray]] = {law: [] for law in laws}
        self._violations: list[torch.Tensor] = []
        self._unjudged: list[tuple[UnitSquares, UnitSquares, torch.Tensor]] = []
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
        if self._from_squares and not rule.nesterov:
            kinetic = crossed = velocities.squares(self._names, rule)
        elif self.s.kind != "translation":
            v, u = velocities.of(self._names, rule)
            kinetic = self.s.pairing(u, u)
            crossed = self.s.pairing(u, v) if rule.nesterov else kinetic
        self._waiting.append((rule, kinetic, crossed))
        if len(self._waiting) >= self._most:
            self._predict()

    def _predict(self) -> None:
        """Move the predictions by the steps that wait."""
        waiting, self._waiting = self._waiting, []
        kinetic = self._fetched([w[1] for w in waiting if w is not _READING])
        crossed = kinetic
        if any(w is not _READING and w[0].nesterov for w in waiting):
            crossed = self._fetched([w[2] for w in waiting if w is not _READING])
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
        names = self._names
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
        units: tuple[UnitSquares, UnitSquares],
    ) -> None:
        """Note the largest relative pairing of a unit with the gradient.

        Parameters
        ----------
        parameters, gradients : mappings of tensors
        squares : mapping of tensors
            Of the length of each gradient.
        units : (UnitSquares, UnitSquares)
            Where products of the gradient with the parameters, and squares of these, are shared between families.
        """
        total = torch.stack(list(squares.values())).sum()
        own = torch.stack([squares[n] for n in self._names]).sum()
        # Where nothing reaches a parameter its gradient is rounding of the others'.
        own = torch.maximum(own, 1e-20 * total)
        if self._from_squares:
            units[0].measure(self._names, gradients, parameters)
            units[1].measure(self._names, parameters)
            self._unjudged.append((*units, own))
            if len(self._unjudged) >= self._most:
                self._judge()
        else:
            pairing, lengths = self.s.pairing(gradients, parameters).abs(), self.s.lengths(parameters)
            self._violations.append(_largest(pairing[None], lengths[None], own[None]))

    def _judge(self) -> None:
        """Turn what was measured of violations into numbers."""
        unjudged, self._unjudged = self._unjudged, []
        if unjudged:
            products, own = self._plan.charges(self.s, [u[0] for u in unjudged]), torch.stack([u[2] for u in unjudged])
            lengths = self._plan.lengths(self.s, [u[1] for u in unjudged])
            self._violations.append(_largest(products.abs(), lengths, own))

    def read(self, parameters: Mapping[str, torch.Tensor], squares: UnitSquares, step: int) -> None:
        self.steps.append(step)
        if self._from_squares:
            squares.measure(self._names, parameters)
            self._unread.append(squares)
            if len(self._unread) >= self._most:
                self._settle()
        else:
            self._measured.append(self.s.charge(parameters)[None])
        self.rates.append(self.rate)
        if self.laws:
            self._waiting.append(_READING)

    def _settle(self) -> None:
        """Turn squares that were read into charges."""
        unread, self._unread = self._unread, []
        if unread:
            self._measured.append(self._plan.charges(self.s, unread))

    @property
    def measured(self) -> torch.Tensor:
        """Charges of all readings."""
        self._settle()
        self._measured = [torch.cat(self._measured)]
        return self._measured[0]

    def record(self, s: ParameterSymmetry, note: str) -> ChargeRecord:
        measured = self.measured.cpu().numpy()
        bad = ~np.isfinite(measured.reshape(len(measured), -1)).all(1)
        if bad.any():
            raise NonFiniteError(f"charges of {s.name} are not finite from step {self.steps[int(bad.argmax())]} on")
        self._predict()
        predicted = {law: np.stack(p) for law, p in self.predicted.items()}
        self._judge()
        violation = torch.cat(self._violations).cpu().numpy() if self._violations else np.zeros(0)
        return ChargeRecord(s, np.array(self.steps), measured, predicted, violation, note)

    def budget(self) -> dict[str, np.ndarray]:
        out = {k: v.cpu().numpy() for k, v in self.spent.items()}
        change = (self.measured[-1] - self.start).cpu().numpy()
        return {**out, "change": change}

    def _fetched(self, terms: list[torch.Tensor | UnitSquares | None]) -> Any:
        """Kinetic terms of several steps as one array, or zeros for translations, which have none."""
        given = [t for t in terms if t is not None]
        if not given:
            return (0.0,) * len(terms)
        if all(isinstance(t, UnitSquares) for t in given):
            return self._plan.charges(self.s, cast("list[UnitSquares]", given)).cpu().numpy()
        # Nesterov's momentum may be switched on or off on the way.
        each = [self._plan.charges(self.s, [t])[0] if isinstance(t, UnitSquares) else t for t in given]
        return torch.stack(each).cpu().numpy()


def _largest(pairing: torch.Tensor, lengths: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
    """Over the units (k, ...), of the pairing over both lengths."""
    pairing, lengths = pairing.flatten(1), lengths.flatten(1)
    product = lengths.sqrt() * own.sqrt()[:, None]
    return torch.where(product > 0, pairing / product.clamp_min(1e-300), 0.0).amax(1)
