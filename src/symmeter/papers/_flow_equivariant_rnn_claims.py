"""The claims of the flow experiment, and the rules that judge them from its tables alone."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from symmeter.papers.judges import Judges, NotMeasured, Tables
from symmeter.papers.paper import Claim, Measured

__all__ = ["CLAIMS", "judge", "mean_of", "rows_of"]

_judges = Judges()
_claim = _judges.claim
judge = _judges.judge

_PAPER = "Keller 2025"
_PROTOCOL = "scaled replication: digits on a 14 x 14 torus, 400 steps"
OURS = "FERNN V2, in step"
PLAIN = "G-RNN, fed once"


def rows_of(tables: Tables, model: str, data: int = 2, kind: str = "predicted") -> list[dict[str, Any]]:
    """Runs of one network on one kind of data; of kind "longer" those that were trained for longer."""
    return [r for r in tables[kind] if r["model"] == model and r["data"] == data]


def mean_of(rows: list[dict[str, Any]], what: str, place: int | None = None) -> float:
    """Mean over seeds of one number, or of one place of a list."""
    values = [r[what] if place is None else r[what][place] for r in rows]
    return sum(values) / len(values)


def _ratio(tables: Tables, first: str, second: str, what: str, place: int | None = None, data: int = 2) -> float:
    if tables["scale"] == "smoke":
        raise NotMeasured
    return mean_of(rows_of(tables, first, data), what, place) / mean_of(rows_of(tables, second, data), what, place)


@_claim(
    "States of plain, gated and stacked cells are flow equivariant for every pair of velocities in the set",
    "<= 1e-12",
    f"{_PAPER}, theorem",
    "paper",
)
def _theorem(tables: Tables, claim: Claim) -> Measured:
    worst = max(tables["exact"]["cells"].values())
    return claim.judge(worst <= 1e-12, worst)


@_claim("At the wrong time index the relation fails", "> 0.1", "negative control", "derived")
def _late(tables: Tables, claim: Claim) -> Measured:
    return claim.judge(tables["exact"]["late"] > 0.1, tables["exact"]["late"])


@_claim(
    "A group-equivariant recurrent network without velocities is not flow equivariant",
    "> 0.1",
    _PAPER,
    "paper",
)
def _g_rnn(tables: Tables, claim: Claim) -> Measured:
    return claim.judge(tables["exact"]["g_rnn"] > 0.1, tables["exact"]["g_rnn"])


@_claim("With coupling between velocities, on the group Z7", "<= 1e-13", "dossier, validation 2", "derived")
def _ring(tables: Tables, claim: Claim) -> Measured:
    return claim.judge(tables["exact"]["ring"] <= 1e-13, tables["exact"]["ring"])


@_claim(
    "Velocities between grid points are exact too, when the state is kept in the moving frame",
    "<= 1e-12",
    "moving frame, odd grid",
    "derived",
)
def _between(tables: Tables, claim: Claim) -> Measured:
    return claim.judge(tables["exact"]["between"] <= 1e-12, tables["exact"]["between"])


@_claim(
    "Predictions are equivariant as a whole when channels are carried one frame ahead before pooling",
    "<= 1e-12 in step; > 0.1 when pooled where they are",
    "index of time in the theorem",
    "derived",
)
def _ahead(tables: Tables, claim: Claim) -> Measured:
    exact = tables["exact"]
    right = exact["in step"] <= 1e-12 and exact["lagging"] > 0.1
    return claim.judge(
        right, f"{exact['in step']:.1g} in step, {exact['lagging']:.2f} lagging, {exact['fed twice']:.2f} fed twice"
    )


@_claim(
    "A classifier on a group of velocities gives the same logits for all motions",
    "<= 1e-10",
    "dossier, validation 6",
    "derived",
)
def _logits(tables: Tables, claim: Claim) -> Measured:
    return claim.judge(tables["exact"]["logits"] <= 1e-10, tables["exact"]["logits"])


@_claim(
    "A truncated set of velocities leaves an error in pooled features, which the meter reports",
    "0.03 to 0.2 for random weights, V1",
    "prototype: 0.115",
    "measured",
)
def _truncated(tables: Tables, claim: Claim) -> Measured:
    found = tables["exact"]["truncated"]
    return claim.judge(0.03 <= found <= 0.2, found)


@_claim(
    "Quarter turns are exact on the pixels; ten degrees are better the finer the image",
    "<= 1e-12; falling",
    "dossier, validation 7",
    "derived",
)
def _turns(tables: Tables, claim: Claim) -> Measured:
    errors = [e for _, e in tables["exact"]["resolutions"]]
    falling = all(b < a for a, b in pairwise(errors))
    shown = ", ".join(f"{e:.1e}" for e in errors)
    return claim.judge(
        tables["exact"]["quarter turns"] <= 1e-12 and falling, f"{tables['exact']['quarter turns']:.1g}; {shown}"
    )


@_claim("Linear resonance names the velocity of a single digit", "always", "triangle inequality", "derived")
def _readout(tables: Tables, claim: Claim) -> Measured:
    found = tables["readout"]
    one, two = (found[k] if k in found else found[str(k)] for k in (1, 2))
    return claim.judge(one["right"] == 1.0, f"{one['right']:.3f} of sequences; one of two digits: {two['right']:.3f}")


@_claim("Next-step error of FERNN V2 over G-RNN, data V2, published arrangement", "<= 0.4", _PROTOCOL, "measured")
def _error(tables: Tables, claim: Claim) -> Measured:
    found = _ratio(tables, "FERNN V2", "G-RNN", "test")
    return claim.judge(found <= 0.4, found)


@_claim("The same, in step, over G-RNN fed once", "<= 0.4", _PROTOCOL, "measured")
def _error_in_step(tables: Tables, claim: Claim) -> Measured:
    found = _ratio(tables, OURS, PLAIN, "test")
    return claim.judge(found <= 0.4, found)


@_claim("Trained on V1, tested on V2: FERNN V2 over G-RNN, published arrangement", "<= 0.3", _PROTOCOL, "measured")
def _velocity(tables: Tables, claim: Claim) -> Measured:
    found = _ratio(tables, "FERNN V2", "G-RNN", "on_v2", data=1)
    return claim.judge(found <= 0.3, found)


@_claim("The same, in step, over G-RNN fed once", "<= 0.3", _PROTOCOL, "measured")
def _velocity_in_step(tables: Tables, claim: Claim) -> Measured:
    found = _ratio(tables, OURS, PLAIN, "on_v2", data=1)
    return claim.judge(found <= 0.3, found)


@_claim(
    "Error at twice the trained horizon, FERNN V2 over G-RNN, published arrangement", "<= 0.6", _PROTOCOL, "measured"
)
def _twice(tables: Tables, claim: Claim) -> Measured:
    found = _ratio(tables, "FERNN V2", "G-RNN", "horizon", 11)
    each = [a["horizon"][11] / b["horizon"][11] for a, b in zip(rows_of(tables, "FERNN V2"), rows_of(tables, "G-RNN"))]
    return claim.judge(found <= 0.6, f"{found:.2f} ({', '.join(f'{e:.2f}' for e in each)} by seed)")


@_claim("The same, in step, over G-RNN fed once", "<= 0.6", _PROTOCOL, "measured")
def _twice_in_step(tables: Tables, claim: Claim) -> Measured:
    found = _ratio(tables, OURS, PLAIN, "horizon", 11)
    each = [a["horizon"][11] / b["horizon"][11] for a, b in zip(rows_of(tables, OURS), rows_of(tables, PLAIN))]
    return claim.judge(found <= 0.6, f"{found:.2f} ({', '.join(f'{e:.2f}' for e in each)} by seed)")


def _long(tables: Tables, claim: Claim, first: str, second: str) -> Measured:
    if not tables["longer"]:
        raise NotMeasured("judged after 3,000 steps, at scale full")
    pairs = list(zip(rows_of(tables, first, kind="longer"), rows_of(tables, second, kind="longer")))
    each, twice = ([a["horizon"][place] / b["horizon"][place] for a, b in pairs] for place in (29, 11))
    words = [", ".join(f"{e:.2f}" for e in ratios) for ratios in (each, twice)]
    return claim.judge(
        max(each) < 1,
        f"{words[0]} by seed",
        f"at twice the horizon {words[1]}; each trained for {tables['longer_steps']:,} steps",
    )


@_claim(
    "Error at five times the trained horizon: FERNN V2 below G-RNN in every seed, published arrangement",
    "< 1",
    f"{_PAPER}, length generalisation",
    "paper",
)
def _long_published(tables: Tables, claim: Claim) -> Measured:
    return _long(tables, claim, "FERNN V2", "G-RNN")


@_claim("The same, in step, below G-RNN fed once", "< 1", f"{_PAPER}, length generalisation", "paper")
def _long_in_step(tables: Tables, claim: Claim) -> Measured:
    return _long(tables, claim, OURS, PLAIN)


@_claim(
    "The same, in step, below a ConvGRU that needs as many multiplications",
    "< 1",
    "scaled replication, ConvGRU of equal operations",
    "goal",
)
def _long_beside_gru(tables: Tables, claim: Claim) -> Measured:
    return _long(tables, claim, OURS, "ConvGRU")


@_claim(
    "Training speed: steps after which FERNN V2 (in step) is below the last loss of G-RNN, as a share",
    "<= 0.5",
    f"{_PAPER}, training speed",
    "paper",
)
def _speed_of_training(tables: Tables, claim: Claim) -> Measured:
    if tables["scale"] == "smoke":
        raise NotMeasured
    shares = []
    for fast, slow in zip(rows_of(tables, OURS), rows_of(tables, PLAIN)):
        last = min(loss for _, loss in slow["losses"][-5:])
        reached = next((step for step, loss in fast["losses"] if loss < last), tables["steps"])
        shares.append(reached / tables["steps"])
    return claim.judge(max(shares) <= 0.5, f"{', '.join(f'{s:.2f}' for s in shares)} by seed")


@_claim(
    "Not the number of channels: FERNN V2 has less error than learned kernels in place of shifts",
    "error ratio < 1 in every seed",
    f"{_PAPER}, G-RNN+",
    "paper",
)
def _capacity(tables: Tables, claim: Claim) -> Measured:
    if tables["scale"] == "smoke":
        raise NotMeasured
    each = [a["test"] / b["test"] for a, b in zip(rows_of(tables, "FERNN V2"), rows_of(tables, "G-RNN+"))]
    return claim.judge(max(each) < 1, f"{', '.join(f'{e:.2f}' for e in each)} by seed")


def _beside_gru(tables: Tables, claim: Claim, what: str, data: int) -> Measured:
    if tables["scale"] == "smoke":
        raise NotMeasured
    ours, other = rows_of(tables, OURS, data), rows_of(tables, "ConvGRU", data)
    each = [a[what] / b[what] for a, b in zip(ours, other)]
    share = other[0]["multiplications"] / ours[0]["multiplications"]
    note = (
        f"{other[0]['hidden']} channels, {share:.2f} of the multiplications, "
        f"{other[0]['parameters'] / ours[0]['parameters']:.1f} times the weights"
    )
    return claim.judge(max(each) < 1, f"{', '.join(f'{e:.2f}' for e in each)} by seed", note)


@_claim(
    "Not the number of multiplications: FERNN V2 (in step) has less error than a ConvGRU that needs as many",
    "error ratio < 1 in every seed",
    "scaled replication, ConvGRU of equal operations",
    "goal",
)
def _operations(tables: Tables, claim: Claim) -> Measured:
    return _beside_gru(tables, claim, "test", 2)


@_claim(
    "The same, trained on V1 and tested on V2",
    "error ratio < 1 in every seed",
    "scaled replication, ConvGRU of equal operations",
    "goal",
)
def _operations_velocity(tables: Tables, claim: Claim) -> Measured:
    return _beside_gru(tables, claim, "on_v2", 1)


@_claim(
    "Classifiers trained on static digits lose accuracy from V0 to V2: G-RNN much, FERNN V2 little",
    ">= 0.12 and <= 0.08",
    "scaled replication: 500 steps",
    "measured",
)
def _drop(tables: Tables, claim: Claim) -> Measured:
    if tables["scale"] == "smoke":
        raise NotMeasured
    drops = {}
    for name in ("G-RNN", "FERNN V2"):
        rows = [r for r in tables["classified"] if r["model"] == name and r["data"] == 0]
        drops[name] = mean_of(rows, "accuracy", 0) - mean_of(rows, "accuracy", 2)
    right = drops["G-RNN"] >= 0.12 and drops["FERNN V2"] <= 0.08
    return claim.judge(right, f"{drops['G-RNN']:.3f} and {drops['FERNN V2']:.3f}")


@_claim("A cell with 25 velocities, forward and backward, over rolling and stacking", ">= 2x", "issue's goal", "goal")
def _faster(tables: Tables, claim: Claim) -> Measured:
    if tables["times"] is None:
        raise NotMeasured
    row = tables["times"][0]
    return claim.judge(row["faster"] >= 2, f"{row['faster']:.2f}x ({row['ours']:.0f} ms against {row['rolled']:.0f})")


@_claim("The same over its recurrent convolutions alone", "<= 1.5x", "issue's goal", "goal")
def _bare(tables: Tables, claim: Claim) -> Measured:
    if tables["times"] is None:
        raise NotMeasured
    row = tables["times"][0]
    return claim.judge(row["over_bare"] <= 1.5, f"{row['over_bare']:.2f}x")


CLAIMS = _judges.claims
