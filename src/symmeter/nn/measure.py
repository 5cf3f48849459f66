"""How equivariant a model is: the error, the assertion, and a report with a calibrated null for a list of groups.

``symmeter.nn.measure(model, x, groups)`` is the report, and ``symmeter.nn.measure.equivariance_error`` and the other
names of this module are its attributes: the module itself can be called, so that both readings of the name agree.
"""

from __future__ import annotations

import inspect
import sys
from types import ModuleType
from typing import Any

from symmeter.nn.measure_error import ActionPair, NotEquivariantError, check_equivariance, equivariance_error
from symmeter.nn.measure_generators import GeneratorError
from symmeter.nn.measure_groups import Measurement, measure_groups, measure_one
from symmeter.nn.measure_layers import LayerError

__all__ = [
    "ActionPair",
    "GeneratorError",
    "LayerError",
    "Measurement",
    "NotEquivariantError",
    "check_equivariance",
    "equivariance_error",
    "measure",
    "measure_groups",
    "measure_one",
]


class _CallableModule(ModuleType):
    # Without the examples, which would run twice and here without their imports.
    __doc__ = (measure_groups.__doc__ or "").split("Examples")[0]
    __signature__ = inspect.signature(measure_groups)

    def __call__(self, *args: Any, **options: Any) -> Any:
        return measure_groups(*args, **options)


sys.modules[__name__].__class__ = _CallableModule

#: The module itself; calling it is :func:`measure_groups`.
measure: Any = sys.modules[__name__]
