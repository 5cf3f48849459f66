"""Networks on tensor features in files: their weights with all that is needed to build them again, groups included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from symmeter.errors import FileFormatError, InputTypeError, MissingDependencyError, MissingFileError
from symmeter.files import write_atomic
from symmeter.nn.soft.candidates import Candidate
from symmeter.nn.soft.comparators import EMLP
from symmeter.nn.soft.networks import SoftEMLP, TensorNetwork
from symmeter.nn.soft.regularizer import PER
from symmeter.representations import Representation

__all__ = ["load_soft", "save_soft"]

_KEY = "symmeter.soft"
_VERSION = 1


def save_soft(path: Any, model: Any) -> Path:
    """Save a SoftEMLP, the EMLP that hardening gives, or a PER around the first, with its strengths.

    Parameters
    ----------
    path : path
        By custom ending in ``.safetensors``; any reader of that format sees the tensors.
    model : SoftEMLP, EMLP or PER
        An RPP is saved as ``rpp.merged()``.

    Raises
    ------
    InputTypeError
    OutputError

    Examples
    --------
    >>> import tempfile
    >>> from symmeter.groups import O
    >>> net = SoftEMLP("2T1", "T2", O(3), {"O3": O(3)}, channels=12, layers=2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = load_soft(save_soft(f"{folder}/net.safetensors", net))
    >>> x = torch.randn(3, 6)
    >>> torch.equal(net(x), again(x))
    True
    """
    per = model if isinstance(model, PER) else None
    net: Any = model if per is None else per.net
    if not isinstance(net, (SoftEMLP, EMLP)):
        raise InputTypeError(
            f"save_soft takes a SoftEMLP, an EMLP or a PER around a SoftEMLP; got {type(net).__name__}, whose "
            "state_dict() any writer of tensors takes"
        )
    if per is not None and not hasattr(per._penalty, "options"):
        raise InputTypeError("save_soft takes a PER(net), not one of PER.for_module; save net.state_dict() instead")
    candidates = list(per.candidates) if per is not None else list(getattr(net, "candidates", ()))
    groups = {"base": net.base, **({"group": net.group} if isinstance(net, EMLP) else {})}
    about: dict[str, Any] = {
        "version": _VERSION,
        "kind": type(net).__name__,
        "rep_in": str(net.source),
        "rep_out": str(net.target),
        "hidden": str(net.hidden),
        "layers": len(net.linears),
        "leak": any(b.leak is not None for b in net.gated_blocks),
        "groups": {key: c.name for key, c in groups.items()},
        "candidates": [c.name for c in candidates],
        "schedule": None,
    }
    tensors = {f"net.{k}": v.detach().contiguous() for k, v in net.state_dict().items()}
    for key, c in [*groups.items(), *((f"candidate{k}", c) for k, c in enumerate(candidates))]:
        tensors[f"{key}.algebra"] = torch.from_numpy(c.algebra.copy())
        tensors[f"{key}.discrete"] = torch.from_numpy(c.discrete.copy())
    if per is not None:
        s = per.tuner.schedule
        schedule = (float(s.strength), int(s.tune_at), float(s.exponent), int(s.window), s.every, float(s.average))
        about |= {"schedule": schedule, "mode": per.mode, "penalty": per._penalty.options}
        tensors["strengths"] = per.get_extra_state()
    return write_atomic(path, _writer()(tensors, metadata={_KEY: json.dumps(about)}))


def load_soft(path: Any) -> Any:
    """What :func:`save_soft` saved: a SoftEMLP or an EMLP, or the PER around it. Nothing in the file is run.

    Raises
    ------
    MissingFileError, FileFormatError
    """
    if not Path(path).is_file():
        raise MissingFileError(f"{path} does not exist; give a file that save_soft wrote")
    about, tensors = _read(path)
    try:
        return _built(about, tensors)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise FileFormatError(f"{path} does not hold the network that it describes: {_first_line(error)}") from error


def _writer() -> Any:
    try:
        from safetensors.torch import save
    except ImportError as error:
        raise MissingDependencyError("safetensors", "nn", "saving networks") from error
    return save


def _read(path: Any) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    try:
        from safetensors import safe_open
    except ImportError as error:
        raise MissingDependencyError("safetensors", "nn", "loading networks") from error
    try:
        with safe_open(str(path), framework="pt") as file:
            about = json.loads((file.metadata() or {})[_KEY])
            return about, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except Exception as error:
        raise FileFormatError(f"{path} is no file of save_soft ({type(error).__name__})") from error


def _built(about: dict[str, Any], tensors: dict[str, torch.Tensor]) -> Any:
    if about["version"] != _VERSION:
        raise ValueError(f"it has version {about['version']}, this symmeter reads version {_VERSION}")
    groups = {key: _group(tensors, key, name) for key, name in about["groups"].items()}
    candidates = [_group(tensors, f"candidate{k}", name) for k, name in enumerate(about["candidates"])]
    shared: dict[str, Any] = {"channels": about["hidden"], "layers": about["layers"]}
    if about["kind"] == "EMLP":
        net: TensorNetwork = EMLP(about["rep_in"], about["rep_out"], groups["group"], groups["base"], **shared)
    else:
        given = candidates or None
        net = SoftEMLP(about["rep_in"], about["rep_out"], groups["base"], given, leak=about["leak"], **shared)
    weights = {k.removeprefix("net."): v for k, v in tensors.items() if k.startswith("net.")}
    net.to(next(v.dtype for v in weights.values() if v.is_floating_point())).load_state_dict(weights)
    if about["schedule"] is None:
        return net
    strength, tune_at, exponent, window, every, average = about["schedule"]
    per = PER(
        net, candidates, strength, tune_at, exponent, window, every, average, mode=about["mode"], **about["penalty"]
    )
    per.set_extra_state(tensors["strengths"])
    return per


def _group(tensors: dict[str, torch.Tensor], key: str, name: str) -> Candidate:
    from symmeter.nn.soft.candidates import candidate

    algebra, discrete = (tensors[f"{key}.{part}"].double().numpy() for part in ("algebra", "discrete"))
    return candidate(name, Representation(tuple(discrete), tuple(algebra), name))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
