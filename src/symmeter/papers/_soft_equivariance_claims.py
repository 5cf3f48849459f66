"""The claims of the soft-equivariance experiment, and the rules that judge them from its tables alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from symmeter.papers.judges import Judges, NotMeasured, Tables
from symmeter.papers.paper import Claim, Measured

__all__ = ["CLAIMS", "compare", "judge", "selected"]

_judges = Judges()
_claim = _judges.claim
judge = _judges.judge

_SETTING = "dossier settings: two unit masses, 60 samples, 2500 steps"
_DIMENSIONS = {
    "SO2": (1, 1, 3, 7, 19, 51),
    "O2": (1, 1, 2, 4, 10, 26),
    "SO3": (1, 0, 1, 1, 3, 6),
    "O3": (1, 0, 1, 0, 3, 0),
    "S5": (1, 1, 2, 5, 15),
}
#: By quadrature over the angle for planes, and from 600 elements for O(3). A prototype that drew 20 elements had
#: 0.0724, 0, 0.0723 and 0.0713: with so few elements these scatter by 0.006 and more.
_OTHERS = ("MixedRPP", "EMLP", "FrameAverage", "SoftEMLP", "MLP")
_TRUE_ERRORS = {"base": 0.0852, "O2_xy": 0.0, "O2_yz": 0.0641, "O2_xz": 0.0639}

Rows = Sequence[Mapping[str, Any]]


def selected(rows: Rows, method: str) -> dict[int, Mapping[str, Any]]:
    """For each seed, the run of a method with the lowest validation error, among its three settings."""
    out: dict[int, Mapping[str, Any]] = {}
    # The network of the type-defining group was run for reference and is no setting of the comparison.
    for row in (r for r in rows if r["setting"] != "base"):
        if row["method"] == method and (row["seed"] not in out or row["validation"] < out[row["seed"]]["validation"]):
            out[row["seed"]] = row
    return out


def compare(rows: Rows, first: str, second: str) -> dict[str, Any]:
    """The paired log ratio of selected test errors, its mean over seeds with a bootstrap interval over pairs."""
    from symmeter.statistics import bootstrap_interval

    a, b = selected(rows, first), selected(rows, second)
    seeds = sorted(set(a) & set(b))
    logs = np.array([np.log(a[s]["test"] / b[s]["test"]) for s in seeds])
    if len(logs) < 2:
        return {"seeds": len(logs), "mean": float(logs.mean()) if len(logs) else None, "low": None, "high": None}
    found = bootstrap_interval(logs, np.mean, draws=4999, method="percentile", rng=0)
    return {"seeds": len(logs), "mean": found.estimate, "low": found.low, "high": found.high}


def _pick(rows: Rows, method: str, setting: Any) -> list[Mapping[str, Any]]:
    return [r for r in rows if r["method"] == method and r["setting"] == setting]


def _median(rows: Rows, key: str) -> float:
    return float(np.median([r[key] for r in rows]))


def _levels(rows: Rows) -> dict[str, float]:
    return {name: float(np.median([r["levels"][name] for r in rows])) for name in rows[0]["levels"]}


def _text(values: Mapping[str, float]) -> str:
    return ", ".join(f"{k} {v:.3g}" for k, v in values.items())


def _seeds(rows: Rows) -> str:
    n = len({r["seed"] for r in rows})
    return f"{n} seed{'s' if n != 1 else ''}"


def _runs(tables: Tables, name: str) -> Any:
    """The runs of a part, where they are more than a trial of the code."""
    if tables.get("small"):
        raise NotMeasured("one short run for each part at this scale")
    return tables[name]


def _beats(claim: Claim, rows: Rows, others: Sequence[str]) -> Measured:
    passed, parts = True, []
    for other in others:
        c = compare(rows, "PER", other)
        mean, low, high = (float("nan") if c[k] is None else float(np.exp(c[k])) for k in ("mean", "low", "high"))
        passed &= high < 1
        parts.append(f"{other}: {mean:.2g} times its error [{low:.2g}, {high:.2g}]")
    return claim.judge(bool(passed), "; ".join(parts), f"{_seeds(rows)}, paired bootstrap")


def _timing(tables: Tables) -> Mapping[str, float]:
    if not tables.get("timing"):
        raise NotMeasured("not timed at this scale")
    return tables["timing"]


@_claim(
    "Equivariant subspaces have the dimensions that counting gives: for r indices under SO(2), O(2) about an axis, "
    "SO(3), O(3), r = 0..5, and S5, r = 0..4",
    "; ".join(f"{k}: {', '.join(map(str, v))}" for k, v in _DIMENSIONS.items()),
    "trinomial and Bell numbers, isotropic tensors",
    "derived",
)
def _dimensions(tables: Tables, claim: Claim) -> Measured:
    found = tables["dimensions"]
    right = all(tuple(found[k]) == v for k, v in _DIMENSIONS.items())
    value = "; ".join(f"{k}: {', '.join(map(str, v))}" for k, v in found.items())
    return claim.judge(right, value)


@_claim(
    "The target itself breaks O(3) by a known amount and keeps O(2) about its axis",
    "errors 0.0852 (O3), 0 (xy), 0.0641 (yz), 0.0639 (xz), each within 0.004",
    "equivariance error of the target, by quadrature over the angle",
    "derived",
)
def _truth(tables: Tables, claim: Claim) -> Measured:
    found = tables["truth"]
    right = all(abs(found[k] - v) <= 0.004 for k, v in _TRUE_ERRORS.items())
    return claim.judge(right, _text({"O3" if k == "base" else k: v for k, v in found.items()}), "512 elements")


@_claim(
    "The tuned strengths single out the plane of the exact symmetry, at starts 1 and 0.1",
    "median level 1 for xy, at most 0.1 for yz and xz",
    "automatic tuning; " + _SETTING,
    "paper",
)
def _discovery(tables: Tables, claim: Claim) -> Measured:
    rows = _runs(tables, "inertia")
    passed, parts, hits = True, [], []
    for start in (1.0, 0.1):
        runs = _pick(rows, "PER", start)
        levels = _levels(runs)
        passed &= levels["O2_xy"] == 1.0 and max(levels["O2_yz"], levels["O2_xz"]) <= 0.1
        hits.append(f"{sum(max(r['levels'], key=r['levels'].get) == 'O2_xy' for r in runs)} of {len(runs)}")
        parts.append(f"start {start:g}: {_text(levels)}")
    return claim.judge(passed, "; ".join(parts), f"xy highest in {hits[0]} and {hits[1]} seeds")


@_claim(
    "The discovered plane follows the axis that is singled out",
    "yz for x, xz for y, in the median of the seeds",
    "automatic tuning; " + _SETTING,
    "paper",
)
def _follows(tables: Tables, claim: Claim) -> Measured:
    rows = _runs(tables, "axes")
    wanted = {"x": "O2_yz", "y": "O2_xz"}
    levels = {axis: _levels(rows[axis]) for axis in wanted}
    passed = all(
        max(levels[a], key=lambda k: levels[a][k]) == plane
        and all(v <= 0.1 for k, v in levels[a].items() if k != plane)
        for a, plane in wanted.items()
    )
    return claim.judge(passed, "; ".join(f"{a}: {_text(v)}" for a, v in levels.items()), _seeds(rows["x"]))


@_claim(
    "Where no symmetry is broken, no candidate is singled out and the network is nearly O(3)-equivariant",
    "all levels at least 0.5 and the O(3) error below 0.01, medians",
    "control without broken symmetry; an earlier prototype had levels of 0.78 to 1 and an error of 0.001",
    "measured",
)
def _control(tables: Tables, claim: Claim) -> Measured:
    rows = _runs(tables, "control")
    levels = _levels(rows)
    error = float(np.median([r["errors"]["base"] for r in rows]))
    passed = min(levels.values()) >= 0.5 and error < 0.01
    return claim.judge(passed, f"{_text(levels)}; O3 error {error:.2g}", _seeds(rows))


@_claim(
    "The regularised network is accurate at both starts, and has the errors of the target",
    "median test error at most 5e-3; equivariance error below 0.01 for xy and within 0.01 of the target's for yz",
    "pass criteria of the small benchmark",
    "measured",
)
def _accurate(tables: Tables, claim: Claim) -> Measured:
    rows, truth = _runs(tables, "inertia"), tables["truth"]
    passed, parts = True, []
    for start in (1.0, 0.1):
        runs = _pick(rows, "PER", start)
        test = _median(runs, "test")
        xy, yz = (float(np.median([r["errors"][k] for r in runs])) for k in ("O2_xy", "O2_yz"))
        passed &= test <= 5e-3 and xy < 0.01 and abs(yz - truth["O2_yz"]) < 0.01
        parts.append(f"start {start:g}: test {test:.2g}, errors xy {xy:.2g}, yz {yz:.3g}")
    return claim.judge(passed, "; ".join(parts), f"the target has {truth['O2_yz']:.3g} for yz; {_seeds(rows)}")


@_claim(
    "The regularised network is better than the network with the wrong exact group, and that one than an MLP",
    "medians: PER (start 0.1) < EMLP-O(3) < MLP (best of its settings)",
    "pass criteria of the small benchmark",
    "measured",
)
def _order(tables: Tables, claim: Claim) -> Measured:
    rows = _runs(tables, "inertia")
    per = _median(_pick(rows, "PER", 0.1), "test")
    wrong = _median(_pick(rows, "EMLP", "base"), "test")
    plain = float(np.median([r["test"] for r in selected(rows, "MLP").values()]))
    averaged = _median(_pick(rows, "FrameAverage", "base"), "test")
    detail = f"{_seeds(rows)}; an MLP averaged over frames of O(3): {averaged:.2g}"
    return claim.judge(per < wrong < plain, f"{per:.2g} < {wrong:.2g} < {plain:.2g}", detail)


@_claim(
    "The regularised network (start 0.1) is at least as good as a residual-pathway prior with its authors' decays",
    "median test error of PER <= that of RPP (1, 1e-5)",
    "pass criteria of the small benchmark",
    "measured",
)
def _reference(tables: Tables, claim: Claim) -> Measured:
    rows = _runs(tables, "inertia")
    per, rpp = _median(_pick(rows, "PER", 0.1), "test"), _median(_pick(rows, "RPP", 1.0), "test")
    others = {s: _median(_pick(rows, "RPP", s), "test") for s in (0.1, 0.01)}
    rest = ", ".join(f"{v:.2g} with {k:g}" for k, v in others.items())
    return claim.judge(per <= rpp, f"{per:.2g} against {rpp:.2g}", f"RPP with other decays: {rest}")


@_claim(
    "With the same tuning budget, the regularised network beats the residual-pathway prior on the inertia task",
    "95 % interval of the paired log ratio of test errors (PER over RPP) lies below 0",
    "better than prior approximately equivariant networks; protocol: three settings each, selected on validation data",
    "paper",
)
def _tuned(tables: Tables, claim: Claim) -> Measured:
    return _beats(claim, _runs(tables, "inertia"), ("RPP",))


@_claim(
    "With the same tuning budget, the regularised network beats all other methods: MixedRPP, EMLP, the "
    "frame-averaged MLP, the unpenalised network and the MLP",
    "95 % intervals of the paired log ratios lie below 0",
    "protocol: three settings each, selected on validation data",
    "goal",
)
def _others(tables: Tables, claim: Claim) -> Measured:
    return _beats(claim, _runs(tables, "inertia"), _OTHERS)


@_claim(
    "The same holds with two more settings each, for the methods whose best setting lay at the end of its sweep",
    "95 % intervals of the paired log ratios against RPP and the unpenalised network lie below 0",
    "added after the first comparison: PER to starts of 10 and 100, RPP and weight decay a hundredfold further",
    "goal",
)
def _wider(tables: Tables, claim: Claim) -> Measured:
    return _beats(claim, [*_runs(tables, "inertia"), *tables["wider"]], ("RPP", "SoftEMLP"))


@_claim(
    "On the motion of charged particles in a field along z, the levels single out rotations about z",
    "xy has the highest level in the median of the seeds",
    "motion forecasting, on simulated data",
    "paper",
)
def _motion(tables: Tables, claim: Claim) -> Measured:
    rows = _runs(tables, "motion")
    runs = list(selected(rows, "PER").values())
    levels = _levels(runs)
    hits = sum(max(r["levels"], key=r["levels"].get) == "O2_xy" for r in runs)
    best = max(levels, key=lambda k: levels[k])
    return claim.judge(best == "O2_xy", _text(levels), f"highest in {hits} of {len(runs)} seeds, selected settings")


@_claim(
    "With the same tuning budget, the regularised network beats the residual-pathway prior on the motion task",
    "95 % interval of the paired log ratio of test errors (PER over RPP) lies below 0",
    "motion forecasting, on simulated data; protocol as above",
    "paper",
)
def _motion_tuned(tables: Tables, claim: Claim) -> Measured:
    return _beats(claim, _runs(tables, "motion"), ("RPP",))


@_claim(
    "On cosines with one broken invariance, the levels tell whether rotations or scalings hold",
    "SO3 above Scale where scalings are broken, Scale above SO3 where rotations are broken, medians",
    "cosine similarity task",
    "paper",
)
def _cosine(tables: Tables, claim: Claim) -> Measured:
    rows = _runs(tables, "cosine")
    parts, passed = [], True
    for variant, holds in (("so3", "SO3"), ("scale", "Scale"), ("none", None)):
        runs = [r for r in rows if r["variant"] == variant and r["method"] == "PER"]
        levels = _levels(runs)
        passed &= holds is None or all(levels[holds] > v for k, v in levels.items() if k != holds)
        parts.append(f"{holds or 'neither'} holds: {_text(levels)}")
    why = (
        ""
        if passed
        else "; sums and products alone make no scale invariant of vectors, so that only a constant respects it"
    )
    return claim.judge(bool(passed), "; ".join(parts), f"{_seeds(rows)}{why}")


@_claim(
    "The penalties of three groups cost a small part of a training step",
    "at most 20 % of the step at 128 channels and batch 500; below 40 % on the small benchmark",
    "speed targets; one thread",
    "goal",
)
def _overhead(tables: Tables, claim: Claim) -> Measured:
    timing = _timing(tables)
    large, small = timing["penalty_share_large"], timing["penalty_share_small"]
    return claim.judge(large <= 0.2 and small < 0.4, f"{100 * large:.1f} % and {100 * small:.1f} %", "best of 5")


@_claim(
    "A step of the regularised network costs little more than one of an MLP of the same width and depth",
    "at most 1.5 times, at 128 channels, 4 layers and batch 500",
    "speed target; one thread",
    "goal",
)
def _step(tables: Tables, claim: Claim) -> Measured:
    timing = _timing(tables)
    ratio = timing["step_over_mlp"]
    same = timing["penalised_mlp_over_mlp"]
    detail = f"products of features are most of the difference; the penalty on the MLP itself: {same:.2f} times"
    return claim.judge(ratio <= 1.5, f"{ratio:.2f} times", detail)


@_claim(
    "On Waymo Open Motion trajectories the regularised network beats the residual-pathway prior",
    "lower average displacement error",
    "motion forecasting; needs the user's own copy of the data",
    "paper",
)
def _waymo(tables: Tables, claim: Claim) -> Measured:
    found = tables.get("waymo")
    if not found:
        raise NotMeasured("needs SYMMETER_DATA/waymo_motion.npz at full scale: see symmeter.nn.soft.trajectories")
    return claim.judge(found["PER"] < found["RPP"], f"{found['PER']:.3g} m against {found['RPP']:.3g} m")


CLAIMS = _judges.claims
