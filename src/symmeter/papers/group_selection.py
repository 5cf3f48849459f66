"""Experiment for "Polynomial-Time Optimal Group Selection via the Double-Commutator Eigenvalue Problem" (2605.00834).

Six planted groups are sought at growing sample sizes, handwritten digits are put to seven candidates, the averaged
covariance estimate is compared with shrinkage, and the eigenproblem is timed beside its dense form. The paper's own
headline experiments were not available: claims are its theorems, what follows from them, and an earlier prototype.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from symmeter.errors import MissingDependencyError
from symmeter.papers import _group_selection_digits as digits
from symmeter.papers import _group_selection_estimators as estimators
from symmeter.papers import _group_selection_planted as groups
from symmeter.papers import _group_selection_timing as timing
from symmeter.papers._group_selection_claims import CLAIMS, judge
from symmeter.papers.catalogue import entry
from symmeter.papers.checkpoints import Checkpoints
from symmeter.papers.paper import Outcome, Paper
from symmeter.progress import Progress

__all__ = ["PAPER"]

_SIZES = (10, 20, 50, 100, 200, 500, 1000, 5000)


@dataclass(frozen=True)
class _Scale:
    """How much is done.

    Attributes
    ----------
    trials : int
        For each of the six groups and sample sizes.
    sweeps : dict
        Sample sizes of every setting.
    others : int
        Trials for the other numbers of columns.
    digit_seeds, estimator_trials, lasso_trials, search_trials : int
    workloads : sequence of (M, d, dense)
    parallel : bool
    """

    trials: int
    sweeps: dict[str, Sequence[int]]
    others: int
    digit_seeds: int
    estimator_trials: int
    lasso_trials: int
    search_trials: int
    workloads: Sequence[tuple[int, int, bool]]
    parallel: bool


_FOUND_AS_GROUP = (10, 20, 50, 100, 500, 5000)
_OTHER_SIZES = {
    "cyclic-8": (50, 100, 200, 500),
    "cyclic-32": (50, 100, 200, 500),
    "dihedral-16": (20, 50, 200),
    "dihedral-32": (50, 200),
}
_SCALES = {
    "smoke": _Scale(2, dict.fromkeys(groups.SIX, (50, 500)), 1, 1, 200, 2, 1, ((32, 10, True), (64, 20, True)), False),
    "laptop": _Scale(
        100,
        {
            "cyclic-16": _SIZES,
            "so3-15": _SIZES,
            "dihedral-8": _FOUND_AS_GROUP,
            "reflection-12": _FOUND_AS_GROUP,
            "blocks-8": _FOUND_AS_GROUP,
            "torus-16": _FOUND_AS_GROUP[1:],
            **_OTHER_SIZES,
        },
        30,
        5,
        4000,
        40,
        20,
        ((64, 50, True), (128, 50, True), (128, 200, True), (256, 50, True), (256, 200, True)),
        True,
    ),
    "full": _Scale(
        400,
        dict.fromkeys((*groups.SIX, *_OTHER_SIZES, "reflection-32", "blocks-16", "so3-30"), (*_SIZES, 20000)),
        100,
        25,
        20000,
        400,
        50,
        (
            *((m, d, True) for m in (64, 128, 256, 512) for d in (50, 200)),
            *((m, 64, False) for m in (1024, 2048)),
        ),
        True,
    ),
}

#: Settings of the search without candidates, and the sample size at which an earlier prototype succeeded.
_SEARCHES = {"dihedral-8": 1000, "dihedral-12": 1000, "reflection-12": 200, "torus-16": 1000}
_ESTIMATOR_SIZES = (5, 7, 10, 20, 50, 100)
_CHUNK = 10


def run(scale: str, checkpoints: Checkpoints, progress: Progress, seed: int) -> Outcome:
    """Do the work, part by part."""
    size = _SCALES[scale]
    steps = sum(len(ns) for ns in size.sweeps.values()) + len(_SEARCHES) + len(digits.CASES) + 1 + len(size.workloads)
    done = iter(range(steps + 1))

    def part(name: str, what: str, compute: Callable[[], Any]) -> Any:
        progress(next(done) / steps, what)
        return checkpoints.get_or_compute(name, compute)

    with _workers(size.parallel) as share:
        tables: dict[str, Any] = {"exact": _exact(), "recovery": {}, "search": {}, "timing": []}
        # Timed first, while nothing else runs.
        for m, d, dense in size.workloads:
            call = partial(timing.timed, m, d, 1 if scale == "smoke" else 3, seed, dense)
            what = f"timing {d} generators of {m} columns"
            tables["timing"].append(part(f"timing.M{m}.d{d}", what, lambda call=call: share(call, [()])[0]))
        for key, ns in size.sweeps.items():
            trials = size.trials if key in groups.SIX else size.others
            tables["recovery"][key] = _recovery(part, share, key, ns, trials, seed)
        tables["search"] = _search(part, share, size.search_trials, seed)
        tables["digits"] = _digits(part, share, size.digit_seeds, seed)
        tables["estimators"] = part("estimators", "estimators", partial(_estimators, size, seed))
    progress(1.0, "figure")
    return Outcome(measured=judge(tables, scale), figure=partial(_figure, tables), tables=tables)


def _figure(tables: dict[str, Any]) -> Any:
    from symmeter.papers._group_selection_figure import draw

    return draw(tables)


Share = Callable[[Callable[..., Any], Sequence[tuple]], list[Any]]
Part = Callable[[str, str, Callable[[], Any]], Any]


@contextmanager
def _workers(parallel: bool) -> Iterator[Share]:
    """A map over argument tuples, on all processors or in this process; one thread of linear algebra in each."""
    if not parallel:
        yield lambda call, arguments: [call(*a) for a in arguments]
        return
    from joblib import Parallel, delayed

    # Processes on this machine, unless a joblib.parallel_config says otherwise (Dask, Ray, ...).
    with Parallel(n_jobs=-1) as pool:
        yield lambda call, arguments: list(pool(delayed(call)(*a) for a in arguments))


def _in_chunks(share: Share, call: Callable[..., np.ndarray], key: str, n: int, seed: int, trials: int) -> np.ndarray:
    chunks = [(key, n, seed, first, min(_CHUNK, trials - first)) for first in range(0, trials, _CHUNK)]
    return np.concatenate(share(call, chunks))


def _recovery(part: Part, share: Share, key: str, sizes: Sequence[int], trials: int, seed: int) -> dict[str, Any]:
    """Rates with exact binomial intervals, and the median of everything else a trial measures."""
    setting = groups.planted(key)
    out: dict[str, Any] = {
        "title": setting.title,
        "group": setting.group,
        "columns": setting.size,
        "trials": trials,
        "n": list(sizes),
        "covariance": setting.covariance.round(6).tolist(),
        "recovered": [],
    }
    for n in sizes:
        rows = np.array(
            part(
                f"recovery.{key}.n{n}",
                f"{setting.title}, n = {n}",
                lambda n=n: _in_chunks(share, groups.trials, key, n, seed, trials).tolist(),
            )
        )
        out["recovered"].append(_rate(rows[:, 0]))
        for column, name in enumerate(setting.measures[1:], start=1):
            out.setdefault(name, []).append(_summary(name, rows[:, column]))
    return out


def _summary(name: str, values: np.ndarray) -> Any:
    """A rate with its interval for yes-or-no measures, the mean for squared errors, else the median."""
    if name in ("below_threshold", "right_dimension"):
        return _rate(values)
    return float(np.mean(values) if name.endswith("_error") else np.median(values))


def _rate(hits: np.ndarray) -> list[float]:
    """Share of ones, with its Clopper-Pearson interval."""
    from symmeter.statistics import clopper_pearson

    count = int(hits.sum())
    return [count / len(hits), *clopper_pearson(count, len(hits))]


def _search(part: Part, share: Share, trials: int, seed: int) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, n in _SEARCHES.items():
        rows = np.array(
            part(
                f"search.{key}.n{n}",
                f"search without candidates, {key}",
                lambda key=key, n=n: np.concatenate(
                    share(groups.search_trials, [(key, n, seed, k, 1) for k in range(trials)])
                ).tolist(),
            )
        )
        out[key] = {"n": n, "trials": trials, "recovered": _rate(rows[:, 0]), "orders": rows[:, 1].tolist()}
    return out


def _digits(part: Part, share: Share, seeds: int, seed: int) -> dict[str, Any]:
    """For each case and candidate: ratios (min, median, max) over the seeds, and how often it was accepted."""
    try:
        images = digits.load_digits()
    except MissingDependencyError as error:
        return {"missing": str(error)}
    out: dict[str, Any] = {"alpha": groups.ALPHA, "seeds": seeds, "cases": {}}
    for case in digits.CASES:
        # Without augmentation there is nothing random.
        repeats = range(1 if case == "raw" else seeds)
        jobs = [(images, case, seed + k) for k in repeats]
        rows = np.array(
            part(
                f"digits.{case}",
                f"digits, {digits.CASES[case]}",
                lambda jobs=jobs: np.stack(share(digits.judged, jobs)).tolist(),
            )
        )
        cells = {}
        for column, name in enumerate(digits.CANDIDATES):
            ratio, p = rows[:, column, 0], rows[:, column, 1]
            cells[name] = {
                "ratio": [float(ratio.min()), float(np.median(ratio)), float(ratio.max())],
                "accepted": int((p >= groups.ALPHA).sum()),
                "seeds": len(rows),
                "smallest_p": float(p.min()),
                "largest_p": float(p.max()),
                "expected": digits.EARLIER.get((case, name)),
                "true": name in digits.TRUE[case],
            }
        out["cases"][case] = cells
    return out


def _estimators(size: _Scale, seed: int) -> dict[str, Any]:
    """Mean squared errors against n, for the ring of eight columns with mirrors."""
    setting = groups.planted("dihedral-8")
    action = setting.action()
    out: dict[str, Any] = {
        "n": list(_ESTIMATOR_SIZES),
        "trials": size.estimator_trials,
        "gain_in_closed_form": estimators.expected_gain(setting.covariance, action),
        "gain_by_neighbour_correlation": {
            str(s): estimators.expected_gain(groups.ring_covariance(8, s), action) for s in (0.5, 0.55, 0.585, 0.6, 0.7)
        },
        "gain": [],
        "gain_error": [],
        **{name: [] for name in (*estimators.METHODS, "graphical_lasso")},
    }
    for n in _ESTIMATOR_SIZES:
        errors = estimators.squared_errors(setting.covariance, action, n, size.estimator_trials, seed)
        for name, value in zip(estimators.METHODS, errors.mean(0), strict=True):
            out[name].append(float(value))
        gain = float(errors[:, 0].mean() / errors[:, 1].mean())
        spread = (errors[:, 0] - gain * errors[:, 1]).std() / errors[:, 1].mean() / np.sqrt(len(errors))
        out["gain"].append(gain)
        out["gain_error"].append(float(spread))
        lasso = estimators.graphical_lasso_errors(setting.covariance, n, size.lasso_trials, seed)
        out["graphical_lasso"].append(None if lasso is None or not len(lasso) else float(lasso.mean()))
    return out


def _exact() -> dict[str, Any]:
    """What needs no samples: the certificate with and without the true generators, and the full skew basis."""
    from symmeter.discover import DoubleCommutator, dictionary

    ring = groups.planted("cyclic-16")
    decoys = ring.candidates[len(ring.true) :]
    inside = DoubleCommutator(ring.candidates, metric="frobenius").fit(cov=ring.covariance)
    outside = DoubleCommutator(decoys, metric="frobenius").fit(cov=ring.covariance)
    skew = {}
    for m in (8, 16, 32):
        fit = DoubleCommutator(dictionary.skew_basis(m), metric="frobenius").fit(cov=groups.ring_covariance(m))
        skew[str(m)] = fit.nullity
    return {
        "eigenvalues": inside.eigenvalues.tolist(),
        "nullity": inside.nullity,
        "gap_inside": inside.relative_gap,
        "gap_outside": outside.relative_gap,
        "skew_nullity": skew,
    }


PAPER = Paper.of(
    entry("group-selection"),
    implements=(
        "symmeter.discover.DoubleCommutator",
        "symmeter.discover.PermutationSymmetry",
        "symmeter.discover.dictionary",
    ),
    claims=CLAIMS,
    run=run,
)
