"""What the commands of ``symmeter optim`` share: opening a model from Python, and lists of ``role=value``."""

from __future__ import annotations

from typing import Any

from symmeter.errors import InputError, InputTypeError, MissingDependencyError

__all__ = ["built", "need_torch", "opened_model", "pairs_of"]


def need_torch(command: str) -> None:
    """An error with the command that installs torch, where it is missing."""
    from importlib.util import find_spec

    if find_spec("torch") is None:
        raise MissingDependencyError("torch", "optim", f"symmeter optim {command}")


def built(spec: str) -> Any:
    """What ``package.module:name`` is, or returns when it is a function of no arguments."""
    import inspect

    from torch import nn

    from symmeter.nn.loading import load_model

    value = load_model(spec, evaluate=False)
    if isinstance(value, nn.Module) or not callable(value):
        return value
    required = [
        p for p in inspect.signature(value).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    ]  # fmt: skip
    if required:
        raise InputError(f"{spec} needs {', '.join(p.name for p in required)}; name a function without arguments")
    return value()


def opened_model(spec: str) -> Any:
    """A torch module.

    Raises
    ------
    InputTypeError
        When something else comes out.
    """
    from torch import nn

    model = built(spec)
    if not isinstance(model, nn.Module):
        raise InputTypeError(f"{spec} gives a {type(model).__name__}; a torch.nn.Module is needed")
    return model


def pairs_of(texts: tuple[str, ...], option: str, number: bool = False) -> dict[str, Any]:
    """``role=value`` pairs of an option that may come several times, each with several pairs."""
    out: dict[str, Any] = {}
    for text in texts:
        for part in filter(None, (p.strip() for p in text.split(","))):
            role, equals, value = part.partition("=")
            if not equals or not role or not value:
                raise InputError(f"{option} {part!r}: write role=value, such as embedding=row")
            if number:
                try:
                    out[role] = float(value)
                except ValueError as error:
                    raise InputError(f"{option} {part!r}: {value!r} is no number") from error
            else:
                out[role] = value
    return out
