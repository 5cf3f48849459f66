"""The same charges in the continuous model: a damped particle with mass, whose current friction and decay move.

``m q'' + mu q' + grad V = 0`` with ``m = eta (1-alpha)(1+beta)/2``, ``mu = 1-beta``, and a time ``eta (1-alpha)`` for
each step. A charge then obeys ``A'' + 2 gamma A' + omega^2 A = source``. It is advanced by the exact two-by-two
exponential from step to step, so nothing overflows, steps may change, and swinging solutions need no case of their own.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from symmeter.optim.noether.discrete_laws import StepRule

__all__ = ["ContinuousModel", "continuous_after", "continuous_step", "decay_only"]


@dataclass(frozen=True)
class ContinuousModel:
    """The oscillator that a charge obeys.

    Attributes
    ----------
    dt : float
        Time of a step.
    gamma, omega2 : float
        Damping and squared frequency.
    """

    dt: float
    gamma: float
    omega2: float

    @classmethod
    def of(cls, rule: StepRule, quadratic: bool) -> ContinuousModel:
        """For translations, or for quadratic charges (scale, rescale, linear)."""
        dt = rule.lr * (1 - rule.dampening)
        mass = dt * (1 + rule.momentum) / 2
        return cls(dt, (1 - rule.momentum) / (2 * mass), (2 if quadratic else 1) * rule.weight_decay / mass)

    @property
    def oscillates(self) -> bool:
        """Whether the solution swings, which the discrete rule need not do."""
        return self.omega2 > self.gamma**2

    def matrix(self, time: float) -> tuple[float, float, float, float]:
        """The propagator of (A, A') over a time: a, b, c, d row by row."""
        root = cmath.sqrt(self.gamma**2 - self.omega2)
        x = root * time
        decay = math.exp(-self.gamma * time)
        if abs(x) < 1e-6:
            even, odd = 1 + x * x / 2, time * (1 + x * x / 6)
        elif abs(x.real) > 30:
            # exp(-gamma t) cosh(x) without the overflow of its second factor.
            grown = cmath.exp(x - self.gamma * time) / 2
            return self._entries(grown, grown / root)
        else:
            even, odd = cmath.cosh(x), cmath.sinh(x) / root
        return self._entries(decay * even, decay * odd)

    def _entries(self, even: complex, odd: complex) -> tuple[float, float, float, float]:
        e, o = complex(even).real, complex(odd).real
        return e + self.gamma * o, o, -self.omega2 * o, e - self.gamma * o


@lru_cache(maxsize=64)
def _propagator(rule: StepRule, quadratic: bool) -> tuple[float, tuple[float, float, float, float]]:
    """Time of a step, and what it does to A and A'."""
    model = ContinuousModel.of(rule, quadratic)
    return model.dt, model.matrix(model.dt)


def continuous_step(charge: Any, velocity: Any, source: Any, rule: StepRule, quadratic: bool) -> tuple[Any, Any]:
    """One step of A and A'; ``source`` is the kinetic term ``q'^T S q'`` of the step, 0 for translations."""
    if rule.lr == 0:
        return charge, velocity
    time, (a, b, c, d) = _propagator(rule, quadratic)
    # A source of 0 for translations leaves the velocity as it is.
    kicked = velocity + (2 * time) * source if quadratic else velocity
    return a * charge + b * kicked, c * charge + d * kicked


def continuous_after(charge: float, rule: StepRule, steps: int, quadratic: bool = False) -> float:
    """The charge after so many steps from rest, without source.

    Examples
    --------
    >>> round(continuous_after(1.0, StepRule(0.1, 0.9, weight_decay=0.005), 100), 12)
    0.623595964677
    """
    model = ContinuousModel.of(rule, quadratic)
    return charge * model.matrix(model.dt * steps)[0]


def decay_only(charge: Any, rule: StepRule, quadratic: bool) -> Any:
    """One step of what weight decay alone would do in first order, every kinetic term left out."""
    rate = (2 if quadratic else 1) * rule.lr * rule.weight_decay
    slow = 1.0 if rule.decoupled else (1 - rule.dampening) / (1 - rule.momentum)
    return charge * math.exp(-rate * slow)
