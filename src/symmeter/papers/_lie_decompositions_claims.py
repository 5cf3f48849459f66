"""The claims of the affine experiment, and the rules that judge them from its tables alone."""

from __future__ import annotations

from typing import Any

from symmeter.papers.judges import Judges, NotMeasured, Tables
from symmeter.papers.paper import Claim, Measured

__all__ = ["CLAIMS", "accuracies", "judge", "rows_of"]

_judges = Judges()
_claim = _judges.claim
judge = _judges.judge

_PAPER = "Mironenco and Forré 2024"
_SCALED = "scaled benchmark of one protocol"
#: Places of strengths 0, 1 and 2 among those tested.
CLEAN, MILD, DOUBLED = 0, 2, 4


def rows_of(tables: Tables, network: str, kind: str = "trained") -> list[dict[str, Any]]:
    """The runs of one network, by seed; of kind "longer" those of ten minutes."""
    return [r for r in tables[kind] if r["network"] == network]


def accuracies(tables: Tables, network: str, place: int, kind: str = "trained") -> list[float]:
    """Test accuracies of one network at one strength, by seed."""
    if tables["scale"] == "smoke":
        raise NotMeasured
    if not tables[kind]:
        raise NotMeasured("ten minutes a network belong to scale full")
    return [r["accuracy"][place] for r in rows_of(tables, network, kind)]


def _above(
    tables: Tables, claim: Claim, first: str, second: str, places: tuple[int, ...], kind: str = "trained",
    other: str | None = None,
) -> Measured:  # fmt: skip
    """Whether one network is above the other in every seed, at each of some strengths; the other may be of a kind."""
    words, right = [], True
    for place in places:
        a, b = accuracies(tables, first, place, kind), accuracies(tables, second, place, other or kind)
        right &= all(x > y for x, y in zip(a, b))
        words.append(f"{_mean(a):.3f} against {_mean(b):.3f} at {tables['strengths'][place]:g}")
    seeds, seconds = len(rows_of(tables, first, kind)), tables["seconds" if kind == "trained" else "longer_seconds"]
    each = "each" if other is None else f"against {tables['seconds']:g} s"
    return claim.judge(right, ", ".join(words), f"{seeds} seed{'s' * (seeds > 1)}, {seconds:g} s {each}")


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


@_claim(
    "Polar coordinates of the unit shear: angle -0.4636476090, stretch 0.4812118251", "<= 1e-9", "by hand", "derived"
)
def _shear(tables: Tables, claim: Claim) -> Measured:
    return claim.judge(tables["exact"]["shear"] <= 1e-9, tables["exact"]["shear"])


@_claim(
    "Coordinates have finite gradients at rotations, where eigenvectors have none", "yes", "closed forms", "derived"
)
def _gradient(tables: Tables, claim: Claim) -> Measured:
    return claim.judge(tables["exact"]["gradient"], "yes" if tables["exact"]["gradient"] else "no")


@_claim(
    "Under Haar measure of SL(2), |g|² is uniform in a ball: distance of the sampled law, with the weights",
    "<= 0.01, and > 0.05 without weights",
    "derived",
    "derived",
)
def _ball(tables: Tables, claim: Claim) -> Measured:
    if tables["scale"] == "smoke":
        raise NotMeasured
    weighted, plain = tables["exact"]["ball"]
    return claim.judge(weighted <= 0.01 and plain > 0.05, f"{weighted:.4f} and {plain:.3f}")


@_claim(
    "An integral over SL(2) does not change when its argument is moved",
    "four values within 5 standard errors; more than 5% apart for log-normal samples",
    "invariance of Haar measure",
    "derived",
)
def _invariance(tables: Tables, claim: Claim) -> Measured:
    found = tables["exact"]["invariance"]
    values, errors, other = found["haar"], found["error"], found["lognormal"]
    close = max(values) - min(values) <= 5 * max(errors) * 2**0.5
    apart = (max(other) - min(other)) / min(other)
    shown = ", ".join(f"{v:.4f}" for v in values)
    return claim.judge(close and apart > 0.05, f"{shown} (± {max(errors):.4f})", f"log-normal: {apart:.0%} apart")


@_claim("The density in log-coordinates integrates to the multivariate gamma function", "pi/2", "derived", "derived")
def _gamma(tables: Tables, claim: Claim) -> Measured:
    value, error, exact = tables["exact"]["gamma"]
    return claim.judge(abs(value - exact) <= 5 * error, f"{value:.3f} ± {error:.3f}", f"exact {exact:.4f}")


@_claim(
    "Networks with samples closed under quarter turns turn their features with the image", "<= 1e-5", "exact", "derived"
)
def _turns(tables: Tables, claim: Claim) -> Measured:
    worst = max(tables["exact"]["turns"].values())
    return claim.judge(worst <= 1e-5, worst)


@_claim(
    "With kernels that end inside their windows, the error left when samples move along falls with resolution",
    "at 84 pixels at most half of that at 28",
    "discretisation",
    "derived",
)
def _resolution(tables: Tables, claim: Claim) -> Measured:
    coarse, fine = _cause(tables, "short kernels, 28 px"), _cause(tables, "short kernels, 84 px")
    other = [_cause(tables, f"10 samples, {n} px")["grid"] for n in (28, 84)]
    cut = f"published kernels, which windows cut: {other[1]:.3f} against {other[0]:.3f}"
    return claim.judge(2 * fine["grid"] <= coarse["grid"], f"{fine['grid']:.3f} against {coarse['grid']:.3f}", cut)


@_claim(
    "Features change less from draw to draw with more samples", "smaller with 30 than with 10", "sampling", "derived"
)
def _sampling(tables: Tables, claim: Claim) -> Measured:
    few, many = _cause(tables, "10 samples, 28 px"), _cause(tables, "30 samples, 28 px")
    return claim.judge(many["sampling"] < few["sampling"], f"{many['sampling']:.3f} against {few['sampling']:.3f}")


@_claim("Stratified samples change features less than random ones", "smaller", "sampling", "goal")
def _stratified(tables: Tables, claim: Claim) -> Measured:
    ours, other = _cause(tables, "10 samples, 28 px"), _cause(tables, "10 random samples, 28 px")
    return claim.judge(ours["sampling"] < other["sampling"], f"{ours['sampling']:.3f} against {other['sampling']:.3f}")


def _cause(tables: Tables, name: str) -> dict[str, Any]:
    for row in tables["causes"]:
        if row["name"] == name:
            return row
    raise NotMeasured


@_claim(
    "Trained on upright digits, GL+(2) is above a plain network of as many weights on deformed ones",
    "above in every seed, at strengths 1 and 2",
    f"{_PAPER}, affNIST; {_SCALED}",
    "paper",
)
def _plain(tables: Tables, claim: Claim) -> Measured:
    return _above(tables, claim, "GL+(2)", "CNN", (MILD, DOUBLED))


@_claim("So is SL(2)", "above in every seed, at strengths 1 and 2", f"{_PAPER}, affNIST; {_SCALED}", "paper")
def _special(tables: Tables, claim: Claim) -> Measured:
    return _above(tables, claim, "SL(2)", "CNN", (MILD, DOUBLED))


@_claim(
    "GL+(2) is above the compact group SO(2)",
    "above in every seed, at strengths 1 and 2",
    f"{_PAPER}; {_SCALED}",
    "paper",
)
def _compact(tables: Tables, claim: Claim) -> Measured:
    return _above(tables, claim, "GL+(2)", "SO(2)", (MILD, DOUBLED))


@_claim(
    "GL+(2) is above a plain network of five times the weights",
    "above in every seed, at strengths 1 and 2",
    _SCALED,
    "goal",
)
def _wide(tables: Tables, claim: Claim) -> Measured:
    return _above(tables, claim, "GL+(2)", "CNN, 5 x the weights", (MILD, DOUBLED))


@_claim(
    "Trained for ten minutes, GL+(2) is above the plain network of as many weights on deformed digits",
    "above in every seed, at strengths 1 and 2",
    f"{_PAPER}, affNIST; {_SCALED}",
    "paper",
)
def _plain_longer(tables: Tables, claim: Claim) -> Measured:
    return _above(tables, claim, "GL+(2)", "CNN", (MILD, DOUBLED), "longer")


@_claim(
    "Trained for ten minutes, so is SL(2)",
    "above in every seed, at strengths 1 and 2",
    f"{_PAPER}, affNIST; {_SCALED}",
    "paper",
)
def _special_longer(tables: Tables, claim: Claim) -> Measured:
    return _above(tables, claim, "SL(2)", "CNN", (MILD, DOUBLED), "longer")


@_claim(
    "Trained for ten minutes, SL(2) is above the plain network of five times the weights, trained for two",
    "above in every seed, at strength 2",
    _SCALED,
    "goal",
)
def _wide_longer(tables: Tables, claim: Claim) -> Measured:
    return _above(tables, claim, "SL(2)", "CNN, 5 x the weights", (DOUBLED,), "longer", "trained")


@_claim(
    "Length of training is what networks on groups lack: five times as much raises their accuracy by more than that of "
    "the plain network",
    "GL+(2) and SL(2) by more than CNN in every seed, at strength 1",
    "question of the scaled replication",
    "measured",
)
def _length(tables: Tables, claim: Claim) -> Measured:
    gains = {}
    for name in ("GL+(2)", "SL(2)", "CNN"):
        short, long = (accuracies(tables, name, MILD, kind) for kind in ("trained", "longer"))
        gains[name] = [b - a for a, b in zip(short, long)]
    right = all(min(a, b) > c for a, b, c in zip(*gains.values()))
    return claim.judge(right, ", ".join(f"{name} {_mean(values):+.3f}" for name, values in gains.items()))


@_claim(
    "Upright digits and equivariance do as well as a plain network that saw deformed digits",
    "above in every seed, at strength 2",
    _SCALED,
    "goal",
)
def _augmented(tables: Tables, claim: Claim) -> Measured:
    return _above(tables, claim, "GL+(2)", "CNN, augmented", (DOUBLED,))


@_claim(
    "With deformed digits for both, GL+(2) is above the plain network",
    "above in every seed, at strength 2",
    _SCALED,
    "goal",
)
def _both(tables: Tables, claim: Claim) -> Measured:
    return _above(tables, claim, "GL+(2), augmented", "CNN, augmented", (DOUBLED,))


@_claim(
    "Samples that are redrawn at every pass cost accuracy at this scale: frozen ones are above them",
    "above in every seed, at strengths 0 and 1",
    "scaled replication",
    "measured",
)
def _frozen(tables: Tables, claim: Claim) -> Measured:
    return _above(tables, claim, "GL+(2)", "GL+(2), redrawn", (CLEAN, MILD))


@_claim(
    "Angles bounded to what the task needs are above the full circle",
    "above in every seed, at strength 1",
    "untested guess of the scaled replication",
    "goal",
)
def _bounded(tables: Tables, claim: Claim) -> Measured:
    return _above(tables, claim, "GL+(2), angles to 30°", "GL+(2)", (MILD,))


def _contrasts(tables: Tables, network: str, when: str, samples: str) -> list[float]:
    """Changes of logits under mild moves, in distances between digits, by seed."""
    if tables["scale"] == "smoke":
        raise NotMeasured
    return [r["contrast"][when][samples] for r in rows_of(tables, network)]


@_claim(
    "Training does not undo equivariance: in distances between digits, moving an image with its samples changes the "
    "logits of GL+(2) no more after it than before",
    "at most as before, in every seed",
    "relative changes are small before training because all digits look alike then",
    "measured",
)
def _undone(tables: Tables, claim: Claim) -> Measured:
    before, after = (_contrasts(tables, "GL+(2)", when, "along") for when in ("before", "after"))
    plain = _mean(_contrasts(tables, "CNN", "after", "still"))
    right = all(a <= b for a, b in zip(after, before))
    return claim.judge(right, f"{_mean(after):.2f} after, {_mean(before):.2f} before", f"plain network: {plain:.2f}")


@_claim(
    "Kernels of frozen samples are fixed at the points of one draw: moving samples along with the image changes "
    "trained logits of GL+(2) more than leaving them does",
    "more, in every seed",
    "frozen samples",
    "measured",
)
def _one_draw(tables: Tables, claim: Claim) -> Measured:
    along, still = (_contrasts(tables, "GL+(2)", "after", samples) for samples in ("along", "still"))
    right = all(a > b for a, b in zip(along, still))
    return claim.judge(right, f"{_mean(along):.2f} against {_mean(still):.2f}")


@_claim(
    "Samples that move a little at every step of training mend that",
    "excess of moving along over leaving at most half of that of frozen samples, in every seed",
    "frozen samples",
    "measured",
)
def _mended(tables: Tables, claim: Claim) -> Measured:
    excess, shown = {}, []
    for name in ("GL+(2), samples moved", "GL+(2)"):
        along, still = (_contrasts(tables, name, "after", samples) for samples in ("along", "still"))
        excess[name] = [a / b - 1 for a, b in zip(along, still)]
        shown.append(f"{_mean(along):.2f} over {_mean(still):.2f}")
    right = all(a <= b / 2 for a, b in zip(excess["GL+(2), samples moved"], excess["GL+(2)"]))
    clean = _mean(accuracies(tables, "GL+(2), samples moved", CLEAN))
    note = f"accuracy on upright digits {clean:.3f} against {_mean(accuracies(tables, 'GL+(2)', CLEAN)):.3f}"
    return claim.judge(right, " against ".join(shown), note)


@_claim("Polar coordinates of 100,000 2 x 2 matrices, over eigenvectors of g gᵀ", ">= 5x", "issue's goal", "goal")
def _faster(tables: Tables, claim: Claim) -> Measured:
    row = _times(tables)["coordinates"]
    found = row["eigenvectors"] / row["ours"]
    return claim.judge(found >= 5, f"{found:.1f}x ({row['ours']:.1f} ms)")


@_claim("The same over geomstats", ">= 20x", "issue's goal", "goal")
def _geomstats(tables: Tables, claim: Claim) -> Measured:
    row = _times(tables)["coordinates"]
    if row["geomstats"] is None:
        raise NotMeasured("geomstats is not installed here")
    found = row["geomstats"] / row["ours"]
    return claim.judge(found >= 20, f"{found:.1f}x")


@_claim(
    "A training step over the published arrangement, kernels evaluated densely",
    ">= 1x, aim 1.5x",
    "issue's goal",
    "goal",
)
def _step(tables: Tables, claim: Claim) -> Measured:
    rows = _times(tables)["step"]
    worst = min(r["faster"] for r in rows)
    quick = ", ".join(f"{r['group']} {r['dense'] / r['rank 1']:.2f}x" for r in rows)
    bound = ", ".join(f"{r['group']} {r['dense'] / r['convolutions']:.2f}x" for r in rows)
    note = f"rank 1: {quick}; if all but the convolutions, which both have, took no time: {bound}"
    return claim.judge(worst >= 1, ", ".join(f"{r['group']} {r['faster']:.2f}x" for r in rows), note)


def _times(tables: Tables) -> dict[str, Any]:
    if tables["times"] is None:
        raise NotMeasured
    return tables["times"]


CLAIMS = _judges.claims
