"""Exported programs (``.pt2``), read only when nothing in them can run code of its own.

``torch.export.load`` unpickles some parts of an archive and evaluates sizes as Python. Both are looked at first:
pickled weights and constants, compiled libraries, sample inputs that are more than tensors, calls of anything but
torch's operators, and sizes that are more than arithmetic are refused.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from symmeter.errors import FileFormatError

__all__ = ["ExportedModel", "check_exported_program", "first_line", "load_exported_program"]

_OPERATOR = re.compile(r"torch\.ops(\.[A-Za-z]\w*){2,3}|_operator\.[a-z]+|torch\.sym_[a-z]+|math\.[a-z]+")
#: What may stand in the size of a tensor: symbols by name, whole numbers, and arithmetic.
_NAMES = frozenset(
    [
        *("Symbol", "Integer", "Rational", "Float", "oo", "int_oo", "True", "False", "true", "false"),
        *("integer", "positive", "nonnegative", "real"),
        *("Add", "Mul", "Pow", "Max", "Min", "Mod", "FloorDiv", "PythonMod", "CleanDiv", "ModularIndexing"),
        *("IntTrueDiv", "CeilToInt", "FloorToInt", "TruncToInt", "ToFloat", "And", "Or", "Not", "Where"),
        *("Eq", "Ne", "Le", "Lt", "Ge", "Gt", "Equality", "Unequality", "LessThan", "GreaterThan"),
        *("StrictLessThan", "StrictGreaterThan"),
    ]
)
_TOKEN = re.compile(r"'[A-Za-z]\w*'|[^\W\d]\w*|\d+(?:\.\d+)?|[\s()+\-*/,<>=&|~]")
_SYMBOL = re.compile(r"[suz]+\d+(_\d+)?")


def load_exported_program(path: Path) -> nn.Module:
    check_exported_program(path)
    try:
        program = torch.export.load(str(path))
    except Exception as error:
        raise FileFormatError(f"{path} cannot be read as an exported program: {first_line(error)}") from error
    return ExportedModel(program)


def check_exported_program(path: Path) -> None:
    """Refuse an exported program that could run code of its own.

    Raises
    ------
    FileFormatError
        Naming the part.
    """
    advice = "export it again with torch.export.save from plain tensors and operators"
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            inside = name.partition("/")[2]
            if inside.startswith(("data/weights/", "data/constants/")):
                if name.endswith(".json"):
                    _check_payload(path, name, json.loads(archive.read(name)))
                elif name.endswith(".pt"):
                    raise FileFormatError(f"{path}: {inside} is pickled, which could run any code; {advice}")
            elif inside.startswith("data/sample_inputs/"):
                _check_tensors_only(path, inside, archive.read(name))
            elif inside.startswith("data/aotinductor"):
                raise FileFormatError(f"{path} holds a compiled library, which is not run; {advice}")
            elif inside.startswith("models/") and name.endswith(".json"):
                _check_graph(path, json.loads(archive.read(name)))


def _check_payload(path: Path, name: str, config: Any) -> None:
    for key, entry in config.get("config", {}).items():
        stored = str(entry.get("path_name", ""))
        if entry.get("use_pickle") or not re.fullmatch(r"(weight|tensor)_\w+", stored):
            raise FileFormatError(f"{path}: {key} in {name} is pickled, which could run any code; save plain tensors")


def _check_tensors_only(path: Path, name: str, content: bytes) -> None:
    try:
        torch.load(io.BytesIO(content), weights_only=True)
    except Exception as error:
        raise FileFormatError(f"{path}: {name} holds more than tensors, which could run any code") from error


def _check_graph(path: Path, value: Any, key: str = "") -> None:
    """Walk the program's JSON; operators and sizes are the texts that loading would look up or evaluate."""
    if isinstance(value, Mapping):
        for k, v in value.items():
            _check_graph(path, v, str(k))
    elif isinstance(value, list):
        for v in value:
            _check_graph(path, v, key)
    elif isinstance(value, str):
        looked_up = key == "target" and value.startswith(("torch", "_operator", "math", "#"))
        if looked_up and not _OPERATOR.fullmatch(value):
            raise FileFormatError(f"{path}: the program calls {value[:80]!r}, which is no operator of torch")
        if key == "expr_str" and not _is_arithmetic(value):
            raise FileFormatError(f"{path}: the size {value[:80]!r} is more than arithmetic, which could run any code")


def _is_arithmetic(text: str) -> bool:
    """Whether a size is made of known names, numbers and signs only; loading evaluates it as Python."""
    if len(text) > 10_000 or _TOKEN.sub("", text):
        return False
    words = re.findall(r"(?<!')\b[^\W\d]\w*\b(?!')", text)
    return all(w in _NAMES or _SYMBOL.fullmatch(w) for w in words)


class ExportedModel(nn.Module):
    """An exported program that takes any number of samples, also when it was exported for one batch size.

    Parameters
    ----------
    program : torch.export.ExportedProgram
    """

    def __init__(self, program: Any) -> None:
        super().__init__()
        self.inner = program.module()
        self.fixed_batch = _fixed_batch(program)

    def train(self, mode: bool = True) -> ExportedModel:
        """Exported programs have the mode that they were exported in."""
        self.training = False
        return self

    def forward(self, *inputs: Any, **named: Any) -> Any:
        if self.fixed_batch is None:
            return self.inner(*inputs, **named)
        first = inputs[0] if inputs else next(iter(named.values()))
        count, size = len(first), self.fixed_batch
        pieces = []
        for start in range(0, count, size):

            def cut(t: Any, start: int = start) -> Any:
                part = t[start : start + size]
                # The last piece is filled up with its first sample; what that gives is thrown away.
                return part if len(part) == size else torch.cat([part, part[:1].expand(size - len(part), *t.shape[1:])])

            pieces.append(self.inner(*(cut(t) for t in inputs), **{k: cut(v) for k, v in named.items()}))
        return _joined(pieces, count)


def _fixed_batch(program: Any) -> int | None:
    names = set(program.graph_signature.user_inputs)
    for node in program.graph.nodes:
        if node.op == "placeholder" and node.name in names and isinstance(node.meta.get("val"), torch.Tensor):
            size = node.meta["val"].shape[0] if node.meta["val"].ndim else 1
            return int(size) if isinstance(size, int) else None
    return None


def _joined(pieces: list[Any], count: int) -> Any:
    first = pieces[0]
    if isinstance(first, torch.Tensor):
        return torch.cat(pieces)[:count]
    if isinstance(first, Mapping):
        return {k: _joined([p[k] for p in pieces], count) for k in first}
    return tuple(_joined([p[k] for p in pieces], count) for k in range(len(first)))


def first_line(error: BaseException) -> str:
    """The first line of an error's text, which torch follows up with pages."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)[:200]
