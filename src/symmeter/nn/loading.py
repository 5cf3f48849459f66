"""Opening models: objects of Python modules, TorchScript and exported programs, and weights beside a factory.

Nothing in a file of weights may run code. Weights are read with ``weights_only=True`` or from safetensors; a file that
holds a pickled module is refused, and so is an exported program with pickled parts, with calls of anything but torch's
operators, or with sizes that are more than arithmetic (reading those would evaluate them as Python). Importing
``package.module:name`` runs that module, as Python's own import does.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from symmeter.errors import FileFormatError, InputError, InputTypeError, MissingDependencyError, MissingFileError
from symmeter.nn.exported_programs import first_line, load_exported_program

__all__ = ["load_model", "load_weights"]

_NESTED = ("state_dict", "model_state_dict", "model", "module", "params", "net")


def load_model(
    spec: str | os.PathLike[str] | Any, weights: str | os.PathLike[str] | None = None, evaluate: bool = True
) -> Any:
    """Open a model.

    Parameters
    ----------
    spec : str, path or object
        ``"package.module:name"`` or ``"file.py:name"``: a module, a class without arguments (an instance is made), or
        a function; ``"...:name()"`` calls a factory. A path to a TorchScript archive or an exported program (``.pt2``).
        Objects are returned as they are.
    weights : path, optional
        A state dict, ``.safetensors`` or ``.pt``, for a module from Python.
    evaluate : bool
        Switch modules to evaluation mode.

    Raises
    ------
    MissingFileError, FileFormatError
        If a file cannot be opened, is not what is read, or could run code.
    InputError
        If the name leads nowhere, or the weights do not fit.
    """
    model = _opened(spec) if isinstance(spec, (str, os.PathLike)) else spec
    if weights is not None:
        if not isinstance(model, nn.Module) or isinstance(model, torch.jit.ScriptModule):
            raise InputTypeError(f"weights are loaded into a torch module; {spec!s} is a {type(model).__name__}")
        _fill(model, load_weights(weights), os.fspath(weights))
    owner = getattr(model, "__self__", model)
    if evaluate and isinstance(owner, nn.Module):
        owner.eval()
    return model


def _opened(spec: str | os.PathLike[str]) -> Any:
    text = os.fspath(spec)
    if os.path.isfile(text):
        return _from_file(Path(text))
    where, colon, name = text.rpartition(":")
    if not colon or not re.fullmatch(r"[^\W\d][\w.]*(\(\))?", name):
        if text.lower().endswith((".pt", ".pth", ".pt2", ".ts", ".safetensors")):
            raise MissingFileError(f"{text} does not exist; give the path of a model file, or package.module:name")
        raise InputError(f"{text!r} is no model: write package.module:name, file.py:name, or the path of a model file")
    return _from_python(where, name)


# -- from Python -------------------------------------------------------------------------------------------------------


def _from_python(where: str, name: str) -> Any:
    module = _imported(where)
    called = name.endswith("()")
    value: Any = module
    for part in name.removesuffix("()").split("."):
        if not hasattr(value, part):
            near = ", ".join(n for n in dir(value) if not n.startswith("_"))
            raise InputError(f"{where} has no {name!r}; it has {near[:160] or 'no public names'}")
        value = getattr(value, part)
    if called or isinstance(value, type):
        try:
            value = value()
        except TypeError as error:
            raise InputError(f"{where}:{name} cannot be made without arguments ({error}); name an instance") from error
    if not callable(value) and not callable(getattr(value, "predict", None)):
        raise InputTypeError(f"{where}:{name} is a {type(value).__name__}; a model is something that can be called")
    return value


def _imported(where: str) -> Any:
    try:
        if where.endswith(".py"):
            if not os.path.isfile(where):
                raise MissingFileError(f"{where} does not exist; give the path of a Python file")
            found = importlib.util.spec_from_file_location(Path(where).stem, where)
            assert found is not None
            assert found.loader is not None
            module = importlib.util.module_from_spec(found)
            found.loader.exec_module(module)
            return module
        return importlib.import_module(where)
    except MissingFileError:
        raise
    except ModuleNotFoundError as error:
        if error.name is not None and (where == error.name or where.startswith(f"{error.name}.")):
            raise InputError(
                f"no module {where!r} is found in the current folder or on Python's path; write package.module:name"
            ) from error
        raise InputError(f"importing {where!r} failed: {error}") from error
    except Exception as error:
        raise InputError(f"importing {where!r} failed: {type(error).__name__}: {error}") from error


# -- from files --------------------------------------------------------------------------------------------------------


def _from_file(path: Path) -> Any:
    with _opened_file(path) as file:
        start = file.read(16)
    if start[:2] == b"PK":
        names = _members(path)
        if any(n.endswith(("archive_format", "models/model.json")) for n in names):
            return load_exported_program(path)
        if any("/code/" in n for n in names):
            return _torch_script(path)
    load_weights(path)
    raise InputError(
        f"{path} holds weights alone; say which model they belong to: package.module:name with --weights {path}"
    )


def _opened_file(path: Path) -> Any:
    try:
        return path.open("rb")
    except OSError as error:
        raise MissingFileError(f"{path} cannot be opened: {error.strerror}") from error


def _members(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except zipfile.BadZipFile as error:
        raise FileFormatError(f"{path} is a damaged archive ({error}); save the model again") from error


def _torch_script(path: Path) -> Any:
    try:
        return torch.jit.load(str(path), map_location="cpu")
    except RuntimeError as error:
        raise FileFormatError(f"{path} cannot be read as TorchScript: {first_line(error)}") from error


# -- weights -----------------------------------------------------------------------------------------------------------


def load_weights(path: str | os.PathLike[str]) -> dict[str, torch.Tensor]:
    """A state dict from a safetensors file or from a torch file that holds tensors alone.

    Raises
    ------
    MissingFileError, FileFormatError
        For a file that holds a pickled object: unpickling could run any code.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(f"{path} does not exist; give the path of a file of weights")
    with _opened_file(path) as file:
        start = file.read(9)
    if len(start) == 9 and start[8:9] == b"{" and int.from_bytes(start[:8], "little") < path.stat().st_size:
        return _safetensors(path)
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        found = re.search(r"(?:GLOBAL|class|global) ([\w.]+)", str(error))
        if found or "Weights only" in str(error) or "weights_only" in str(error).lower():
            what = f" ({found[1]})" if found else ""
            raise FileFormatError(
                f"{path} holds a pickled object{what}, which could run any code when it is loaded; save "
                "model.state_dict(), a .safetensors file, TorchScript or a torch.export program instead"
            ) from None
        raise FileFormatError(
            f"{path} cannot be read as torch weights ({type(error).__name__}); is it a .safetensors file, a state dict "
            "saved by torch.save, TorchScript, or an exported program?"
        ) from None
    return _state_dict(loaded, path)


def _safetensors(path: Path) -> dict[str, torch.Tensor]:
    try:
        from safetensors.torch import load_file
    except ImportError:
        raise MissingDependencyError("safetensors", "nn", f"reading {path}") from None
    try:
        return load_file(str(path))
    except Exception as error:
        raise FileFormatError(f"{path} cannot be read as safetensors: {first_line(error)}") from error


def _state_dict(loaded: Any, path: Path) -> dict[str, torch.Tensor]:
    if isinstance(loaded, Mapping):
        tensors = {str(k): v for k, v in loaded.items() if isinstance(v, torch.Tensor)}
        if tensors and len(tensors) == len(loaded):
            return tensors
        for key in _NESTED:
            if isinstance(loaded.get(key), Mapping):
                return _state_dict(loaded[key], path)
        if tensors:
            return tensors
    raise FileFormatError(f"{path} holds a {type(loaded).__name__} and no state dict; save model.state_dict()")


#: What parallel training and compilation put in front of every name.
_WRAPPERS = ("module.", "_orig_mod.")


def _unwrapped(state: Mapping[str, torch.Tensor], wanted: set[str]) -> Mapping[str, torch.Tensor]:
    while state and not wanted & state.keys():
        prefix = next((p for p in _WRAPPERS if all(k.startswith(p) for k in state)), None)
        if prefix is None:
            break
        state = {k.removeprefix(prefix): v for k, v in state.items()}
    return state


def _fill(model: nn.Module, state: Mapping[str, torch.Tensor], path: str) -> None:
    state = _unwrapped(state, set(model.state_dict()))
    try:
        missing, unexpected = model.load_state_dict(state, strict=False)
    except RuntimeError as error:
        lines = [line.strip() for line in str(error).splitlines() if "size mismatch" in line]
        raise InputError(f"{path} does not fit the model: {lines[0] if lines else first_line(error)}") from None
    if missing or unexpected:
        what = f"it lacks {missing[0]!r}" if missing else f"it has {unexpected[0]!r}, which the model has not"
        count = len(missing) + len(unexpected)
        more = f" (and {count - 1} more)" if count > 1 else ""
        raise InputError(f"{path} does not fit the model: {what}{more}")
