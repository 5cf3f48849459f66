"""Flow networks in files: weights with the recipe that builds the network again. Nothing in a file is run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from symmeter.errors import FileFormatError, InputTypeError, MissingDependencyError, MissingFileError
from symmeter.files import write_atomic
from symmeter.nn.flow.baselines import VideoCNN
from symmeter.nn.flow.models import FlowRecurrence
from symmeter.nn.flow.recipes import Recipe

__all__ = ["load_flow_model", "save_flow_model"]

_KEY = "symmeter.flow"


def save_flow_model(path: str | Path, model: Any, recipe: Recipe) -> Path:
    """Save a network that ``recipe.model()`` made, in the safetensors format.

    Examples
    --------
    >>> import tempfile, torch
    >>> from symmeter.nn.flow import Recipe
    >>> recipe = Recipe(hidden=4, flow_velocities=1)
    >>> model = recipe.model()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again, _ = load_flow_model(save_flow_model(f"{folder}/net.safetensors", model, recipe))
    >>> frames = torch.rand(1, 3, 1, 9, 9)
    >>> torch.equal(model(frames, 2), again(frames, 2))
    True
    """
    try:
        from safetensors.torch import save
    except ImportError as error:
        raise MissingDependencyError("safetensors", "nn", "saving networks") from error
    if not isinstance(model, (FlowRecurrence, VideoCNN)):
        raise InputTypeError(f"save_flow_model takes a flow network; got {type(model).__name__}")
    tensors = {name: value.detach().contiguous() for name, value in model.state_dict().items()}
    return write_atomic(path, save(tensors, metadata={_KEY: json.dumps(recipe.to_json())}))


def load_flow_model(path: str | Path) -> tuple[Any, Recipe]:
    """The network and the recipe of a file.

    Raises
    ------
    MissingFileError, FileFormatError
    """
    try:
        from safetensors import safe_open
    except ImportError as error:
        raise MissingDependencyError("safetensors", "nn", "loading networks") from error
    if not Path(path).is_file():
        raise MissingFileError(f"{path} does not exist; give a file that save_flow_model wrote")
    try:
        with safe_open(str(path), framework="pt") as file:
            about = json.loads((file.metadata() or {})[_KEY])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        options: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in about.items()}
        recipe = Recipe(**options)
        model = recipe.model()
        model.load_state_dict(tensors)
    except Exception as error:
        raise FileFormatError(f"{path} is no file of save_flow_model ({type(error).__name__})") from error
    return model, recipe
