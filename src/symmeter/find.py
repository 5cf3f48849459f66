"""``find``: bring a subject, get a report. Loads what was given, picks the finders that fit and runs them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import numpy as np

from symmeter.errors import InputError, InputTypeError, MissingDependencyError
from symmeter.finders import FindOptions, Progress
from symmeter.findings import Report
from symmeter.subjects import Subject

__all__ = ["find"]


def _finders(subject: Subject) -> list[Any]:
    if subject.kind == "model":
        # Torch is imported for models only.
        return [_model_finder()]
    if subject.kind == "training":
        from symmeter.optim.training_finder import TrainingFinder

        return [TrainingFinder()]
    if subject.kind == "shape":
        from symmeter.shapes.shape_finder import ShapeFinder

        return [ShapeFinder()]
    if subject.kind == "hamiltonian":
        from symmeter.quantum.symmetry_bootstrap.finder import HamiltonianFinder

        return [HamiltonianFinder()]
    if subject.kind == "strain":
        from symmeter.signals.echoes.strain_finder import StrainFinder

        return [StrainFinder()]
    if subject.kind == "pulsars":
        from symmeter.signals.pta.pulsar_finder import PulsarFinder

        return [PulsarFinder()]
    if subject.kind == "crystal":
        from symmeter.spacetime.defects.atoms_finder import CrystalFinder

        return [CrystalFinder()]
    if subject.kind == "equations":
        from symmeter.spacetime.equation_finder import EquationFinder

        return [EquationFinder()]
    if subject.kind == "metric":
        from symmeter.spacetime.metric_finder import MetricFinder

        return [MetricFinder()]
    from symmeter.discover.finder import SecondMomentFinder

    return [SecondMomentFinder()]


def _model_finder() -> Any:
    from importlib.util import find_spec

    if find_spec("torch") is None:
        raise MissingDependencyError("torch", "nn", "finding the symmetries of a model")
    from symmeter.nn.model_finder import ModelFinder

    return ModelFinder()


def _model(source: Any, inputs: Any, output: Any, moved: Any) -> Subject | None:
    """The model that was brought, or None for anything else; a function is one when inputs come with it."""
    from dataclasses import replace

    from symmeter.subjects.models import Model, is_model, is_model_text
    from symmeter.subjects.training import is_training, training_of

    if is_training(source):
        _refuse_inputs(inputs, output, moved)
        return training_of(source)
    if isinstance(source, Model):
        given = {k: v for k, v in {"inputs": inputs, "output": output, "moved": moved}.items() if v is not None}
        return replace(source, **given) if given else source
    if is_model_text(source):
        _model_finder()
        from symmeter.nn.loading import load_model
        from symmeter.nn.model_finder import shape_of_model

        model = load_model(source)
        training = _built_training(model, str(source))
        if training is not None:
            _refuse_inputs(inputs, output, moved)
            return training
        return Model(model, shape_of_model(model) if inputs is None else inputs, output, moved, source=str(source))
    if is_model(source) or (callable(source) and inputs is not None):
        return Model(source, inputs, output, moved)
    if inputs is not None:
        raise InputTypeError(f"input= goes with a model; an object of type {type(source).__name__} is none")
    return None


def _refuse_inputs(*given: Any) -> None:
    if any(v is not None for v in given):
        raise InputTypeError("input=, output= and moved= go with a model; a training has batches")


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


def _shape(source: Any, load: dict[str, Any]) -> Subject | None:
    """The shape that was brought, or None for anything else; a table is one when its rows are said to be points."""
    from symmeter.subjects.shapes import is_shape, is_shape_file

    if isinstance(source, (list, tuple)) and any(is_shape_file(s) or is_shape(s) for s in source):
        raise InputError(f"{len(source)} sources with a shape among them; shapes are looked at one by one")
    kind = load.pop("kind")
    about_tables = [k for k, v in load.items() if v is not None and v is not False]
    as_shape = is_shape_file(source) or is_shape(source)
    if kind in ("samples", "covariance") or not (as_shape or kind == "points"):
        load["kind"] = kind
        return None
    if about_tables and as_shape:
        raise InputError(f"{about_tables[0]} is about tables; a shape takes tol or noise")
    from symmeter.shapes.shape_files import open_shape

    return open_shape(source, **load)


def _hamiltonian(source: Any, subgroup: Any, charges: Any) -> Subject | None:
    """The Hamiltonian, model file or spectra that were brought, or None; levels (.npz) come with a subgroup."""
    from symmeter.subjects.hamiltonians import is_hamiltonian, is_model_file

    levels = subgroup is not None and isinstance(source, (str, PurePath)) and str(source).lower().endswith(".npz")
    if not (is_hamiltonian(source) or is_model_file(source) or levels):
        if subgroup is not None or charges is not None:
            raise InputTypeError(
                "subgroup= and charges= go with a Hamiltonian, a model file (.yaml) or levels by sector (.npz); an "
                f"object of type {type(source).__name__} is none"
            )
        return None
    from symmeter.quantum.symmetry_bootstrap.finder import open_hamiltonian

    return open_hamiltonian(source, subgroup, charges)


def _strain(source: Any, load: dict[str, Any]) -> Subject | None:
    """The strain that was brought, or None; arrays and text are strain when they are said to be."""
    from symmeter.subjects.strain import is_strain

    said = load["kind"] == "strain"
    if not said and (load["kind"] is not None or not is_strain(source)):
        return None
    about_tables = [k for k, v in load.items() if k != "kind" and v is not None and v is not False]
    if about_tables:
        raise InputError(f"{about_tables[0]} is about tables; strain takes none of it")
    from symmeter.signals.echoes.strain_finder import open_strain

    return open_strain(source)


def _pulsars(source: Any, load: dict[str, Any]) -> Subject | None:
    """The pairs of pulsars that were brought, or None; a table that looks like them is read with ``kind``."""
    from symmeter.subjects.pulsars import is_pulsar_pairs

    if any(v is not None and v is not False for v in load.values()) or not is_pulsar_pairs(source):
        return None
    from symmeter.signals.pta.pair_files import open_pairs

    return open_pairs(source)


def _equations(source: Any, load: dict[str, Any]) -> Subject | None:
    """The equations or the metric that were brought, or None; a table that looks like them is read with ``kind``."""
    from symmeter.subjects.equations import Equations, is_equation_file, read_equations
    from symmeter.subjects.line_elements import LineElement, is_metric_file, read_metric

    if isinstance(source, (Equations, LineElement)):
        return source
    # First, for a free function's derivative f' in a metric looks like an equation.
    if load["kind"] is None and is_metric_file(source):
        return read_metric(source)
    return read_equations(source) if load["kind"] is None and is_equation_file(source) else None


def _crystal(source: Any, lattice: Any, a: float | None, load: dict[str, Any]) -> Subject | None:
    """The atoms that were brought, or None; molecules are crystals when a lattice comes with them."""
    from symmeter.subjects.crystals import Crystal, is_crystal_file
    from symmeter.subjects.shapes import is_shape

    atoms = isinstance(source, Crystal) or is_crystal_file(source)
    named = isinstance(source, (str, PurePath)) and str(source).lower().endswith(".xyz")
    if lattice is None and not atoms:
        if a is not None:
            raise InputError("a= is the lattice parameter of atoms; it goes with lattice='fcc' or another")
        return None
    if lattice is not None and not (atoms or named or is_shape(source) or isinstance(source, np.ndarray)):
        raise InputError("lattice= goes with atoms: an .extxyz, .xyz or .dump file, or ASE atoms")
    about_tables = [k for k, v in load.items() if v is not None and v is not False]
    if about_tables:
        raise InputError(f"{about_tables[0]} is about tables; atoms take lattice and a")
    from symmeter.spacetime.defects.atoms_finder import open_crystal

    return open_crystal(source, lattice, a)


def _as_called(source: Any, load: dict[str, Any], search: dict[str, Any]) -> tuple[str, str]:
    """The arguments that load the data and search them again; data in memory are called X, own maps D."""
    data = "X"
    if isinstance(source, (str, PurePath)):
        data = repr(str(source))
    elif isinstance(source, (list, tuple)) and source and all(isinstance(s, (str, PurePath)) for s in source):
        data = repr([str(s) for s in source])
    loading = "".join(f", {k}={v!r}" for k, v in load.items() if v is not None and v is not False)
    searching = "".join(
        f", {k}={v!r}" if isinstance(v, (str, int, float)) else ", dictionary=D" if k == "dictionary" else ""
        for k, v in search.items()
        if v is not None
    )
    return data + loading, searching


def _named(subject: Subject) -> str:
    return (
        "several tables"
        if subject.kind == "several"
        else f"read as {subject.kind}; kind='points' makes a table a shape"
    )


def find(
    source: Any,
    *,
    grid: tuple[int, int] | str | None = None,
    dictionary: str | Sequence[Any] | None = None,
    alpha: float = 0.01,
    complex: bool | str = False,
    columns: str | Sequence[Any] | None = None,
    n: int | None = None,
    kind: str | None = None,
    holdout: float = 1.0 / 3.0,
    input: Any = None,
    output: Any = None,
    moved: Any = None,
    tol: float | None = None,
    noise: float | str | None = None,
    subgroup: Any = None,
    charges: Any = None,
    lattice: Any = None,
    a: float | None = None,
    rng: np.random.Generator | int | None = 0,
    progress: Progress | None = None,
) -> Report:
    """Find the symmetries of samples, a covariance, a model or a shape, and measure how exact each is.

    Parameters
    ----------
    source : path, array, DataFrame, DataArray, tensor, Subject, or a list of these; or a model; or a shape
        Samples (n x M, or n x h x w images) or a covariance (M x M); recognised by content. Several sources are asked
        for the symmetries that they share. A model is a torch module, a function (with ``input=``), the path of a
        TorchScript or exported program, or ``"package.module:name"``. A shape is a file of a molecule (.xyz, .pdb) or
        mesh (.ply, .off, .obj, .stl), ASE atoms, a pymatgen molecule, an object with vertices and faces, or an array
        of shape (n, 3) with ``kind="points"``. A training is a :class:`symmeter.subjects.Training`, a mapping with
        model, loss and batches, or ``"train.py:build"``, a function without arguments that returns one; the symmetries
        of the loss in the parameters are found. Strain of a gravitational-wave detector is an HDF5 file, a time series
        of gwpy, or an .npz or text file with ``kind="strain"``; an even comb in its spectrum is looked for.
        Differential equations are a text file with one on each line, such as ``u_t = u_xx``, or a line
        ``lagrangian: u_t^2/2 - u_x^2/2``. Correlations of pulsars are a table with two names, rho and sigma in each row
        (or an .npz, see :func:`symmeter.signals.pta.pair_files.open_pairs`); is their sky isotropic?
    grid : (h, w) or "hxw", optional
        The columns are the cells of an image, row by row.
    dictionary : str, sequence of Transformation or matrix, optional
        Candidates: names as ``"shifts,flips"`` (see ``symmeter.discover.dictionary.NAMES``) or your own maps. When
        omitted, sensible ones are chosen from the shape, and a search without any dictionary runs as well. For models
        names of groups, ``"C4,D4"``, or actions.
    alpha : float
        Level of every test.
    complex : bool or {"interleaved", "split"}
        Read pairs of real columns as complex ones.
    columns : str or sequence, optional
        Which columns to use, by name or 0-based index.
    n : int, optional
        Sample size behind a covariance; without it the covariance is taken as exact.
    kind : {"samples", "covariance", "points", "strain"}, optional
        Overrides what a table is taken for: ``"points"`` when its rows are the points of a shape, ``"strain"`` when it
        is a series of strain in time.
    holdout : float
        Share of the samples on which candidates are confirmed by their whole distribution.
    input : tensor, array, tuple or dict of these, or shape, optional
        What a model takes, batch first; a shape without the batch, ``"3x32x32"``, stands for normal noise.
    output : str or int, optional
        Which output of a model that returns several.
    moved : str or action, optional
        How a model's output should move: ``"same"``, ``"scalars"``, ``"vectors"`` ...; both an equivariant and an
        invariant output are tried when omitted.
    tol : float, optional
        For shapes: how far a point may be from its ideal place, relative to the radius; 0.001 when omitted.
    noise : float or "estimate", optional
        For shapes: standard deviation of each coordinate, from which the tolerance follows.
    subgroup : str, sequence of str, or SymmetryGroup, optional
        For Hamiltonians, model files (.yaml) and levels by sector (.npz): what is known of the symmetry, names such as
        ``"U,V"`` or a group such as ``"Z3"``. The hidden rest is bootstrapped from the spectra.
    charges : mapping, optional
        For Hamiltonians: totals of conserved charges, ``{"N": 3}``.
    lattice : str or Lattice, optional
        For atoms (.extxyz, LAMMPS dumps, .xyz, ASE atoms): the perfect crystal that they are compared
        with, such as ``"fcc"``.
    a : float, optional
        For atoms: its lattice parameter; estimated when omitted.
    rng : numpy Generator or int
        Same seed, same report.
    progress : callable, optional
        Called with (share done, what is being done).

    Returns
    -------
    Report

    Raises
    ------
    SymmeterError
        One line that says what was wrong, where, and what would be right.

    Examples
    --------
    >>> import symmeter as sm
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((2000, 3))
    >>> X[:, 2] *= 3.0                               # columns 0 and 1 are alike, column 2 is not
    >>> report = sm.find(X, dictionary="exchanges")
    >>> [f.name for f in report.found]
    ['swap(0,1)']
    """
    from symmeter.subjects import load

    called = _as_called(
        source,
        {"grid": grid, "complex": complex, "columns": columns, "n": n, "kind": kind},
        {
            "dictionary": dictionary,
            "alpha": None if alpha == 0.01 else alpha,
            "holdout": None if holdout == 1.0 / 3.0 else holdout,
            "rng": None if isinstance(rng, int) and rng == 0 else rng,
            "tol": tol,
            "noise": noise,
            "lattice": lattice,
            "a": a,
        },
    )
    options = FindOptions(dictionary, alpha, holdout, rng, progress, called, tol, noise)
    options.report_progress(0.0, "reading")
    tabular: dict[str, Any] = {"grid": grid, "columns": columns, "complex": complex, "n": n, "kind": kind}
    crystal = _crystal(source, lattice, a, tabular)
    strain = None if crystal is not None else _strain(source, tabular)
    shape = None if (strain or crystal) is not None else _shape(source, tabular)
    if (shape or strain or crystal) is not None and any(v is not None for v in (input, output, moved)):
        named = "a crystal" if crystal is not None else "a shape" if strain is None else "strain"
        raise InputTypeError(f"input=, output= and moved= go with a model; {named} takes none of them")
    subject = (
        crystal
        or strain
        or shape
        or _pulsars(source, tabular)
        or _equations(source, tabular)
        or _hamiltonian(source, subgroup, charges)
        or _model(source, input, output, moved)
    )
    subject = subject or load(source, **tabular)
    if subject.kind != "shape" and (tol is not None or noise is not None):
        raise InputError(f"tol and noise are about shapes; {subject.source} is {_named(subject)}")
    for finder in _finders(subject):
        if finder.accepts(subject):
            return finder.find(subject, options)
    raise InputTypeError(
        f"no finder knows what to do with {subject.describe()}; symmeter finds symmetries of samples, covariances, "
        "models and shapes"
    )
