"""Doors by which subjects come in: each knows its kind, opens it, and says which options go with it.

They are tried in order; the last takes tables, which are all that is left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from symmeter.errors import InputError, MissingDependencyError
from symmeter.subjects import Subject

from .request import ATOMS, LEVELS, MODEL, SHAPE, TABLE, Request

__all__ = ["open_subject"]


@dataclass(frozen=True)
class Door:
    """One kind of subject.

    Attributes
    ----------
    subject : str
        What it takes, for messages: "a shape takes".
    takes : tuple of str
        Options that go with it; others that go with another kind are refused.
    knows : callable
        Whether a request is for this door, cheaply.
    opens : callable
        The subject.
    """

    subject: str
    takes: tuple[str, ...]
    knows: Callable[[Request], bool]
    opens: Callable[[Request], Subject]


def open_subject(request: Request) -> Subject:
    """The subject that was brought.

    Raises
    ------
    InputTypeError or InputError
        If options were given that go with another kind of subject.
    SymmeterError
        If it cannot be read.
    """
    # The last one knows everything.
    door = next(d for d in DOORS if d.knows(request))
    request.refuse_others(door.subject, door.takes)
    return door.opens(request)


# ---- atoms of a crystal ----------------------------------------------------------------------------------------------


def _knows_crystal(request: Request) -> bool:
    """Molecules, points and .xyz files are crystals when a lattice comes with them."""
    from symmeter.subjects.crystals import Crystal, is_crystal_file
    from symmeter.subjects.shapes import is_shape

    source = request.source
    if isinstance(source, Crystal) or is_crystal_file(source):
        return True
    named = (request.path or "").lower().endswith(".xyz")
    return "lattice" in request.given and (named or is_shape(source) or isinstance(source, np.ndarray))


def _open_crystal(request: Request) -> Subject:
    from symmeter.spacetime.defects.atoms_finder import open_crystal

    if "a" in request.given and "lattice" not in request.given:
        raise InputError("a= is the lattice parameter of atoms; it goes with lattice='fcc' or another")
    return open_crystal(request.source, request.given.get("lattice"), request.given.get("a"))


# ---- strain of a detector --------------------------------------------------------------------------------------------


def _knows_strain(request: Request) -> bool:
    """Arrays and text are strain when they are said to be."""
    from symmeter.subjects.strain import is_strain

    kind = request.given.get("kind")
    return kind == "strain" or (kind is None and is_strain(request.source))


def _open_strain(request: Request) -> Subject:
    from symmeter.signals.echoes.strain_finder import open_strain

    return open_strain(request.source)


# ---- shapes ----------------------------------------------------------------------------------------------------------


def _knows_shape(request: Request) -> bool:
    from symmeter.subjects.shapes import is_shape, is_shape_file

    source = request.source
    if isinstance(source, (list, tuple)) and any(is_shape_file(s) or is_shape(s) for s in source):
        raise InputError(f"{len(source)} sources with a shape among them; shapes are looked at one by one")
    return request.given.get("kind") in (None, "points") and (is_shape_file(source) or is_shape(source))


def _open_shape(request: Request) -> Subject:
    from symmeter.shapes.shape_files import open_shape

    return open_shape(request.source)


def _open_points(request: Request) -> Subject:
    from symmeter.shapes.shape_files import open_shape

    return open_shape(request.source, **{k: v for k, v in request.some(*TABLE).items() if k != "kind"})


# ---- pulsars, equations, metrics, Hamiltonians -----------------------------------------------------------------------


def _knows_pulsars(request: Request) -> bool:
    """A table that looks like pairs of pulsars is read as a table when anything is said of its columns."""
    from symmeter.subjects.pulsars import is_pulsar_pairs

    return not request.some(*TABLE) and is_pulsar_pairs(request.source)


def _open_pulsars(request: Request) -> Subject:
    from symmeter.signals.pta.pair_files import open_pairs

    return open_pairs(request.source)


def _knows_metric(request: Request) -> bool:
    """Asked before equations, for a free function's derivative f' in a metric looks like an equation."""
    from symmeter.subjects.line_elements import LineElement, is_metric_file

    source = request.source
    return isinstance(source, LineElement) or ("kind" not in request.given and is_metric_file(source))


def _open_metric(request: Request) -> Subject:
    from symmeter.subjects.line_elements import LineElement, read_metric

    return request.source if isinstance(request.source, LineElement) else read_metric(request.source)


def _knows_equations(request: Request) -> bool:
    from symmeter.subjects.equations import Equations, is_equation_file

    source = request.source
    return isinstance(source, Equations) or ("kind" not in request.given and is_equation_file(source))


def _open_equations(request: Request) -> Subject:
    from symmeter.subjects.equations import Equations, read_equations

    return request.source if isinstance(request.source, Equations) else read_equations(request.source)


def _knows_hamiltonian(request: Request) -> bool:
    """Levels by sector come with a subgroup; without one an .npz is a table."""
    from symmeter.subjects.hamiltonians import is_hamiltonian, is_model_file

    levels = "subgroup" in request.given and (request.path or "").lower().endswith(".npz")
    return levels or is_hamiltonian(request.source) or is_model_file(request.source)


def _open_hamiltonian(request: Request) -> Subject:
    from symmeter.quantum.symmetry_bootstrap.finder import open_hamiltonian

    return open_hamiltonian(request.source, *(request.given.get(name) for name in LEVELS))


# ---- models and trainings --------------------------------------------------------------------------------------------


def _knows_training(request: Request) -> bool:
    from symmeter.subjects.training import is_training

    return is_training(request.source)


def _open_training(request: Request) -> Subject:
    from symmeter.subjects.training import training_of

    return training_of(request.source)


def _knows_model(request: Request) -> bool:
    """A function is a model when inputs come with it."""
    from symmeter.subjects.models import Model, is_model, is_model_text

    source = request.source
    if isinstance(source, Model) or is_model_text(source) or is_model(source):
        return True
    return callable(source) and "input" in request.given


def _open_model(request: Request) -> Subject:
    from symmeter.subjects.models import Model, is_model_text

    source, inputs = request.source, request.given.get("input")
    rest = request.some("output", "moved")
    if isinstance(source, Model):
        return replace(source, **rest, **({} if inputs is None else {"inputs": inputs}))
    if not is_model_text(source):
        return Model(source, inputs, **rest)
    _need_torch()
    from symmeter.nn.loading import load_model
    from symmeter.nn.model_finder import shape_of_model

    model = load_model(source)
    training = _built_training(model, str(source))
    if training is not None:
        request.refuse_others(*_TRAINING)
        return training
    return Model(model, shape_of_model(model) if inputs is None else inputs, **rest, source=str(source))


def _need_torch() -> None:
    from importlib.util import find_spec

    if find_spec("torch") is None:
        raise MissingDependencyError("torch", "nn", "finding the symmetries of a model")


def _built_training(build: Any, source: str) -> Subject | None:
    """What a function without arguments returns, when that is a training; networks and other functions are models."""
    import inspect

    from symmeter.subjects.training import Training, is_training, training_of

    if not inspect.isfunction(build) or inspect.signature(build).parameters:
        # Whatever takes arguments, if only optional ones, may be a model.
        return None
    value = build()
    if isinstance(value, dict) and not is_training(value):
        return training_of(value, source)
    return training_of(value, source) if isinstance(value, Training) or is_training(value) else None


# ---- tables ----------------------------------------------------------------------------------------------------------


def _open_table(request: Request) -> Subject:
    from symmeter.subjects import load

    return load(request.source, **request.some(*TABLE))


_TRAINING: tuple[str, tuple[str, ...]] = ("a training has batches and takes", ())

DOORS = (
    Door("a crystal takes", ATOMS, _knows_crystal, _open_crystal),
    Door("strain takes", ("kind",), _knows_strain, _open_strain),
    Door("a shape takes", (*SHAPE, "kind"), _knows_shape, _open_shape),
    Door("points take", (*SHAPE, *TABLE), lambda r: r.given.get("kind") == "points", _open_points),
    Door("correlations of pulsars take", (), _knows_pulsars, _open_pulsars),
    Door("a metric takes", (), _knows_metric, _open_metric),
    Door("an equation takes", (), _knows_equations, _open_equations),
    Door("a Hamiltonian takes", LEVELS, _knows_hamiltonian, _open_hamiltonian),
    Door(*_TRAINING, _knows_training, _open_training),
    Door("a model takes", (*MODEL, "dictionary"), _knows_model, _open_model),
    Door("a table takes", (*TABLE, "dictionary"), lambda r: True, _open_table),
)
