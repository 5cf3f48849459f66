"""Models as subjects: a network or function together with the inputs it is measured on, without importing torch.

A torch module can only exist where torch has been imported, so a look into ``sys.modules`` recognises it. Files and
``package.module:name`` are recognised by their form and content; :mod:`symmeter.nn.loading` opens them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from symmeter.errors import InputError

from .labelled import is_instance_of
from .values import Subject
from .wording import counted, quoted

__all__ = ["Model", "is_model", "is_model_text", "parse_shape"]

_OBJECT = re.compile(r"[^\W\d][\w.]*(\.py)?:[^\W\d][\w.]*(\(\))?|.+\.py:[^\W\d][\w.]*(\(\))?")
_FILES = (".pt", ".pth", ".pt2", ".ts", ".safetensors", ".bin", ".ckpt")
_TABLES = (".npz", ".npy", ".csv", ".tsv", ".txt", ".parquet", ".feather")
_SAMPLES = 32


@dataclass(frozen=True, eq=False, repr=False)
class Model(Subject):
    """A model and its inputs.

    Parameters
    ----------
    model : callable
        A torch module, an exported program, or a function of tensors or arrays, batch first.
    inputs : array, tensor, or a tuple or dict of them, or a shape, optional
        Inputs of shape (B, ...). A shape without the batch axis, such as ``(3, 32, 32)`` or ``"3x32x32"``, stands for
        32 standard normal inputs.
    output : str, int or action, optional
        Which output to look at, of a model that returns several.
    moved : str or action, optional
        How the output should move: ``"same"``, ``"scalars"``, ``"vectors"`` ...
    batch : int
        How many inputs are drawn when only their shape was given.
    source : str
    notes : sequence of str

    Examples
    --------
    >>> Model(np.sin, inputs=(5, 3))
    Model(sin, 32 normal inputs of 5x3)
    """

    model: Any
    inputs: Any = None
    output: Any = None
    moved: Any = None
    batch: int = _SAMPLES
    source: str = ""
    notes: tuple[str, ...] = ()
    kind: ClassVar[str] = "model"

    def __post_init__(self) -> None:
        if not callable(self.model) and not callable(getattr(self.model, "predict", None)):
            raise InputError(f"a model can be called; an object of type {quoted(type(self.model).__name__)} cannot")
        name = getattr(self.model, "__name__", None) or type(self.model).__name__
        object.__setattr__(self, "source", self.source or str(name))
        if _is_shape(self.inputs):
            object.__setattr__(self, "inputs", parse_shape(self.inputs))
        object.__setattr__(self, "notes", tuple(self.notes))

    @property
    def dimension(self) -> int:
        """Numbers in one sample of the first input."""
        sizes = self.sample_shapes
        return int(np.prod(sizes[0])) if sizes else 0

    @property
    def is_drawn(self) -> bool:
        """Whether only the shape of the inputs was given."""
        return _is_shape(self.inputs)

    @property
    def sample_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the inputs without the batch axis; empty when no inputs were given."""
        if self.inputs is None:
            return ()
        if self.is_drawn:
            return (tuple(self.inputs),)
        parts = (
            list(self.inputs.values())
            if isinstance(self.inputs, Mapping)
            else list(self.inputs)
            if isinstance(self.inputs, tuple)
            else [self.inputs]
        )
        return tuple(tuple(int(n) for n in p.shape[1:]) for p in parts)

    def arrays(self, seed: int = 0) -> Any:
        """The inputs, drawn when only their shape was given.

        Raises
        ------
        InputError
            If neither was given.
        """
        if self.inputs is None:
            raise InputError(
                f"{self.source}: a model is measured on inputs; give input=x, or their shape as in input='3x32x32'"
            )
        if not self.is_drawn:
            return self.inputs
        return np.random.default_rng(seed).standard_normal((self.batch, *self.inputs)).astype(np.float32)

    def describe(self) -> str:
        return "; ".join([f"read model {self.source}, {self._inputs_text()}", *self.notes])

    def _inputs_text(self) -> str:
        sizes = " and ".join("x".join(map(str, s)) or "1" for s in self.sample_shapes)
        if self.is_drawn:
            return f"{self.batch} normal inputs of {sizes}"
        if self.inputs is None:
            return "no inputs yet"
        first = next(iter(self.inputs.values())) if isinstance(self.inputs, Mapping) else self.inputs
        first = first[0] if isinstance(first, tuple) else first
        return f"{counted(len(first), 'input')} of {sizes}"

    def __repr__(self) -> str:
        return f"Model({self.source}, {self._inputs_text()})"


def is_model(value: Any) -> bool:
    """Whether an object in memory is a torch module, a compiled or exported program, or an estimator with ``predict``.

    Examples
    --------
    >>> is_model(np.zeros(3))
    False
    """
    if isinstance(value, Model) or is_instance_of(value, "torch.nn", "Module"):
        return True
    # Estimators in the manner of scikit-learn.
    if all(callable(getattr(value, name, None)) for name in ("fit", "predict")):
        return not isinstance(value, type)
    return is_instance_of(value, "torch.export", "ExportedProgram") or is_instance_of(
        value, "torch.jit", "ScriptModule"
    )


def is_model_text(text: Any) -> bool:
    """Whether a text names a model: ``package.module:name``, ``file.py:name``, or a file of one.

    Examples
    --------
    >>> is_model_text("package.module:net"), is_model_text("data.npz:x"), is_model_text("net.pt2")
    (True, False, True)
    """
    if not isinstance(text, (str, os.PathLike)):
        return False
    path = os.fspath(text)
    if not isinstance(path, str) or os.path.splitext(path)[1].lower() in _FILES:
        return isinstance(path, str)
    before = path.rpartition(":")[0]
    if os.path.exists(path) or before.lower().endswith(_TABLES):
        return False
    return _OBJECT.fullmatch(path) is not None


def _is_shape(value: Any) -> bool:
    if isinstance(value, str):
        return True
    return isinstance(value, Sequence) and len(value) > 0 and all(isinstance(n, (int, np.integer)) for n in value)


def parse_shape(value: str | Sequence[int]) -> tuple[int, ...]:
    """``"3x32x32"`` or a sequence as a shape.

    Raises
    ------
    InputError

    Examples
    --------
    >>> parse_shape("3x32x32"), parse_shape("5")
    ((3, 32, 32), (5,))
    """
    words = re.split(r"\s*[x×,*]\s*|\s+", value.strip().lower()) if isinstance(value, str) else list(value)
    if not all(re.fullmatch(r"[1-9]\d{0,6}", str(w)) for w in words):
        raise InputError(f"an input shape is whole numbers such as 3x32x32, without the batch; got {quoted(value)}")
    shape = tuple(int(w) for w in words)
    if float(np.prod(np.array(shape, dtype=float))) > 1e7:
        raise InputError(f"an input of shape {quoted(value)} has more than 10 million numbers; give a smaller one")
    return shape
