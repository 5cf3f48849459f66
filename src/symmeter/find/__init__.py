"""``find``: bring a subject, get a report. Loads what was given, picks the finder that fits and runs it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from symmeter.finders import Finder, FindOptions, Progress
from symmeter.findings import Report

from .doors import open_subject
from .request import Request

__all__ = ["find"]

#: The finder of each kind of subject; a wing is imported for its own subjects only.
_FINDERS = {
    "covariance": "symmeter.discover.finder:SecondMomentFinder",
    "crystal": "symmeter.spacetime.defects.atoms_finder:CrystalFinder",
    "equations": "symmeter.spacetime.equation_finder:EquationFinder",
    "hamiltonian": "symmeter.quantum.symmetry_bootstrap.finder:HamiltonianFinder",
    "metric": "symmeter.spacetime.metric_finder:MetricFinder",
    "model": "symmeter.nn.model_finder:ModelFinder",
    "pulsars": "symmeter.signals.pta.pulsar_finder:PulsarFinder",
    "samples": "symmeter.discover.finder:SecondMomentFinder",
    "several": "symmeter.discover.finder:SecondMomentFinder",
    "shape": "symmeter.shapes.shape_finder:ShapeFinder",
    "strain": "symmeter.signals.echoes.strain_finder:StrainFinder",
    "training": "symmeter.optim.training_finder:TrainingFinder",
}


def _finder(kind: str) -> Finder:
    module, name = _FINDERS[kind].split(":")
    return getattr(import_module(module), name)()


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
    """Find the symmetries of whatever is brought, and measure how exact each is.

    Options that go with another kind of subject are refused.

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
        ``lagrangian: u_t^2/2 - u_x^2/2``. A metric is a text file with its line element, ``ds^2 = -dt^2 + dx^2``.
        Correlations of pulsars are a table with two names, rho and sigma in each row (or an .npz, see
        :func:`symmeter.signals.pta.pair_files.open_pairs`); is their sky isotropic?
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
    said: dict[str, Any] = {
        "grid": grid, "columns": columns, "complex": complex or None, "n": n, "kind": kind,
        "dictionary": dictionary,
        "alpha": None if alpha == 0.01 else alpha,
        "holdout": None if holdout == 1.0 / 3.0 else holdout,
        "rng": None if isinstance(rng, int) and rng == 0 else rng,
        "input": input, "output": output, "moved": moved, "tol": tol, "noise": noise,
        "subgroup": subgroup, "charges": charges, "lattice": lattice, "a": a,
    }  # fmt: skip
    request = Request(source, {name: value for name, value in said.items() if value is not None})
    options = FindOptions(dictionary, alpha, holdout, rng, progress, request.call, tol, noise)
    options.report_progress(0.0, "reading")
    subject = open_subject(request)
    return _finder(subject.kind).find(subject, options)
