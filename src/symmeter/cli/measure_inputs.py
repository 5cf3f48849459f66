"""Inputs and outputs of ``symmeter measure``: shapes or files, one or several, by name or in order, and their kinds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from symmeter.errors import FileFormatError, InputError, MissingFileError, NonFiniteError

__all__ = ["GivenInputs", "given_inputs", "inputs_text", "output_kinds"]


@dataclass(frozen=True, eq=False)
class GivenInputs:
    """What the options say of a model's inputs.

    Attributes
    ----------
    names : tuple of str, or None
        None where inputs are passed by position.
    shapes : tuple
        Shapes without the batch axis, where inputs are drawn.
    arrays : tuple
        Inputs from files.
    kinds : tuple of str or None
        What the groups move of each.
    """

    names: tuple[str, ...] | None
    shapes: tuple[tuple[int, ...], ...]
    arrays: tuple[Any, ...]
    kinds: tuple[str | None, ...]

    @property
    def several(self) -> bool:
        """Whether the model is called with more than one input, or by name."""
        return self.names is not None or len(self.kinds) > 1

    @property
    def kind(self) -> Any:
        """As :func:`symmeter.nn.measure_groups.measure_groups` takes it."""
        return self.bundled(self.kinds) if self.several else self.kinds[0] if self.kinds else None

    def bundled(self, parts: Sequence[Any]) -> Any:
        """One for each input: a dict, a tuple, or the only one."""
        if self.names is not None:
            return dict(zip(self.names, parts))
        return tuple(parts) if self.several else parts[0]

    def values(self, batch: int, seed: int) -> Any:
        """The inputs themselves: the first of each file, or normal noise."""
        import numpy as np

        if self.arrays:
            return self.bundled([a[:batch] for a in self.arrays])
        rng = np.random.default_rng(seed)
        return self.bundled([rng.standard_normal((batch, *s)).astype(np.float32) for s in self.shapes])


def given_inputs(inputs: Sequence[str], data: Sequence[str], kinds: Sequence[str]) -> GivenInputs:
    """Read ``--input``, ``--data`` and ``--kind``.

    Parameters
    ----------
    inputs : sequence of str
        ``[NAME=]SHAPE[:KIND]`` each.
    data : sequence of str
        ``[NAME=]PATH`` each; one .npz file of several arrays holds inputs by name.
    kinds : sequence of str
        ``[NAME=]KIND`` each.

    Raises
    ------
    InputError, MissingFileError, FileFormatError, NonFiniteError
    """
    from symmeter.subjects.models import parse_shape

    if inputs and data:
        raise InputError("--input and --data were both given; data bring their own shape, leave --input out")
    named, arrays, shapes, said = [], [], [], []
    for word in inputs:
        name, rest = _split(word)
        shape, _, kind = rest.partition(":")
        named.append(name)
        shapes.append(parse_shape(shape))
        said.append(kind.strip() or None)
    for word in data:
        name, rest = (None, word) if Path(word).is_file() else _split(word)
        found = _loaded(Path(rest))
        if name is not None and len(found) > 1:
            raise InputError(f"{rest} holds {len(found)} arrays ({', '.join(found)}), which bring their own names")
        named += [name] if len(found) == 1 else list(found)
        arrays += list(found.values())
    names = _all_or_none(named, "--data" if data else "--input")
    said += [None] * (len(named) - len(said))
    given = GivenInputs(names, tuple(shapes), tuple(arrays), _kinds(kinds, names, said))
    lacking = [k for k, kind in enumerate(given.kinds) if kind is None]
    if given.several and len(given.kinds) > 1 and lacking:
        which = repr(names[lacking[0]]) if names else f"number {lacking[0] + 1}"
        example = f"--kind {names[lacking[0]]}=points" if names else "a --kind for each, in order"
        raise InputError(f"what do the groups move of input {which}? Give {example}; scalar for what stays as it is")
    return given


def output_kinds(words: Sequence[str]) -> Any:
    """Read ``--output``: one kind, several in order, or ``NAME=KIND`` by name.

    Examples
    --------
    >>> output_kinds(["points", "scalar"]), output_kinds(["energy=scalar"]), output_kinds([])
    (('points', 'scalar'), {'energy': 'scalar'}, None)
    """
    pairs = [_split(word) for word in words]
    names = _all_or_none([name for name, _ in pairs], "--output")
    if names is not None:
        return dict(zip(names, (kind for _, kind in pairs)))
    return tuple(kind for _, kind in pairs) if len(pairs) > 1 else pairs[0][1] if pairs else None


def _split(word: str) -> tuple[str | None, str]:
    found = re.fullmatch(r"\s*([^\W\d]\w*)\s*=(.*)", word)
    return (found[1], found[2].strip()) if found else (None, word.strip())


def _all_or_none(names: Sequence[str | None], option: str) -> tuple[str, ...] | None:
    given = [n for n in names if n is not None]
    if not given:
        return None
    if len(given) < len(names):
        raise InputError(f"{option} names {given[0]!r} and leaves others without a name; name all of them or none")
    twice = next((n for n in given if given.count(n) > 1), None)
    if twice is not None:
        raise InputError(f"{option} was given twice for {twice!r}")
    return tuple(given)


def _kinds(words: Sequence[str], names: tuple[str, ...] | None, said: Sequence[str | None]) -> tuple[str | None, ...]:
    pairs = [_split(word) for word in words]
    by_name = _all_or_none([name for name, _ in pairs], "--kind")
    found = list(said) or [None]
    if by_name is None:
        if len(pairs) > len(found):
            raise InputError(f"--kind was given {len(pairs)} times for {len(found)} inputs")
        more = [kind for _, kind in pairs]
    else:
        unknown = next((n for n in by_name if n not in (names or ())), None)
        if unknown is not None:
            raise InputError(f"--kind names {unknown!r}; inputs are {', '.join(names or ()) or 'not named'}")
        given = dict(zip(by_name, (kind for _, kind in pairs)))
        more = [given.get(n) for n in names or ()]
    for k, kind in enumerate(more):
        if kind is not None and found[k] is not None:
            raise InputError(f"what the groups move of input {names[k] if names else k + 1} is said twice")
        found[k] = kind or found[k]
    return tuple(found)


def _loaded(path: Path) -> dict[str, Any]:
    """The arrays of a .npy or .npz file."""
    import numpy as np

    if not path.is_file():
        raise MissingFileError(f"{path} does not exist; give a .npy or .npz file of inputs")
    try:
        loaded = np.load(path, allow_pickle=False)
        found = {"": loaded} if isinstance(loaded, np.ndarray) else {n: loaded[n] for n in loaded.files}
    except (ValueError, OSError, EOFError) as error:
        raise FileFormatError(f"{path} cannot be read as .npy or .npz of numbers: {error}") from error
    if not found:
        raise FileFormatError(f"{path} holds no arrays; save inputs in it, batch first")
    for name, x in found.items():
        where = f"{path}, array {name}" if len(found) > 1 else str(path)
        if x.ndim == 0 or x.dtype.kind not in "biufc":
            raise InputError(f"{where} holds {x.dtype} of shape {x.shape}; inputs are numbers, batch first")
        if x.dtype.kind in "fc" and not np.isfinite(x).all():
            raise NonFiniteError(f"{where} contains NaN or infinity; remove such inputs")
    return found


def inputs_text(x: Any) -> str:
    """How many inputs of which shape."""
    parts = x if isinstance(x, dict) else dict(enumerate(x)) if isinstance(x, tuple) else {"": x}
    sizes = ["x".join(str(n) for n in p.shape[1:]) or "one number" for p in parts.values()]
    named = [f"{n}={s}" if isinstance(n, str) and n else s for n, s in zip(parts, sizes)]
    return f"{len(next(iter(parts.values())))} inputs of {' and '.join(named)}"
