"""Claims of the experiment on charges, and how its tables are judged."""

from __future__ import annotations

from typing import Any

from symmeter.papers.judges import Judges, NotMeasured, Tables
from symmeter.papers.paper import Claim, Measured

__all__ = ["CLAIMS", "judge"]

_judges = Judges()
_claim = _judges.claim
judge = _judges.judge


def _worst(tables: Tables, law: str) -> dict[str, float]:
    """Largest error of a law by setting, over the families of the runs on digits."""
    return {
        name: max(f["errors"][law] for f in run["families"].values() if law in f["errors"])
        for name, run in tables["digits"].items()
    }


@_claim(
    "Exact discrete laws predict every charge of a dense network, with and without momentum and decay",
    "relative error below 1e-11 after 400 steps",
    "prototype: at most 7e-15",
    "measured",
)
def _dense(tables: Tables, claim: Claim) -> Measured:
    worst = {}
    for row in tables["dense"]:
        for kind, errors in row["worst"].items():
            worst[kind] = max(worst.get(kind, 0.0), errors["exact"])
    return claim.judge(max(worst.values()) < 1e-11, ", ".join(f"{k} {v:.0e}" for k, v in worst.items()))


@_claim(
    "They predict the charges of a convolutional network on digits: channels before a norm, units, shifts",
    "relative error below 1e-8 over the whole run (the norm's eps of 1e-12 breaks scale by that much a step)",
    "our addition to the papers",
    "goal",
)
def _digits(tables: Tables, claim: Claim) -> Measured:
    worst = _worst(tables, "exact")
    accuracy = min(run["accuracy"] for run in tables["digits"].values())
    shown = ", ".join(f"{k} {v:.0e}" for k, v in worst.items())
    return claim.judge(max(worst.values()) < 1e-8, shown, f"test accuracy at least {100 * accuracy:.0f} %")


@_claim(
    "Closed forms of the continuous model match measured charges of translation, scale and rescale",
    "within 2 % of the largest charge, dense network, three settings with decay",
    "Neural Mechanics (VGG-16, curves overlay); prototype: 4e-5 to 1.2e-2",
    "paper",
)
def _continuous(tables: Tables, claim: Claim) -> Measured:
    worst = max(e["continuous"] for row in tables["dense"] for e in row["worst"].values())
    return claim.judge(worst < 0.02, f"{worst:.1e}")


@_claim(
    "Decay alone, without the kinetic terms, does not",
    "off by 0.1 or more of the largest charge somewhere in every run on digits",
    "kinetic symmetry breaking; prototype: 0.66 to 0.98",
    "measured",
)
def _naive(tables: Tables, claim: Claim) -> Measured:
    worst = _worst(tables, "naive")
    return claim.judge(min(worst.values()) > 0.1, ", ".join(f"{k} {v:.2f}" for k, v in worst.items()))


@_claim(
    "A charge of translation follows its closed two-by-two recursion, swinging or not",
    "0.621951663420, 0.060577321727, 0.904792147114; continuous 0.623595964677, 0.066518913279, 0.905245207793",
    "three settings, from rest",
    "derived",
)
def _scalars(tables: Tables, claim: Claim) -> Measured:
    expected = (
        (0.621951663420, 0.623595964677),
        (0.060577321727, 0.066518913279),
        (0.904792147114, 0.905245207793),
    )
    gaps = [max(abs(row["exact"] - a), abs(row["continuous"] - b)) for row, (a, b) in zip(tables["scalars"], expected)]
    return claim.judge(max(gaps) < 1e-11, f"within {max(gaps):.0e}")


@_claim(
    "At equilibrium a normalised weight turns by sqrt(2 eta lambda / (1 + beta)) a step, whatever the noise",
    "within 1 % for three settings",
    "stationarity; prototype: 0.04473, 0.03652, 0.01452",
    "derived",
)
def _equilibrium(tables: Tables, claim: Claim) -> Measured:
    rows = tables["rayleigh"]
    if rows[0]["steps"] < 5000:
        raise NotMeasured("too short to reach equilibrium")
    gaps = [abs(r["measured"] / r["theory"] - 1) for r in rows]
    return claim.judge(max(gaps) < 0.01, ", ".join(f"{r['measured']:.5f}" for r in rows), f"within {max(gaps):.1e}")


@_claim(
    "Normalisation makes SGD an adaptive method: the effective rate is RMSProp's on the gradient at unit length",
    "within 1 %, noisy scale-invariant loss without momentum",
    "theory of implicit adaptive optimisation; prototype: 1.5e-3",
    "paper",
)
def _rmsprop(tables: Tables, claim: Claim) -> Measured:
    row = tables["rayleigh"][0]
    return claim.judge(row["rmsprop"] < 0.01, f"{row['rmsprop']:.1e}", f"{row['steps']} steps")


@_claim(
    "The same for every channel of the first convolution on digits",
    "within 5 %, run without momentum",
    "our own bar for a network; curves overlay in the paper",
    "goal",
)
def _rmsprop_digits(tables: Tables, claim: Claim) -> Measured:
    worst = tables["digits"]["plain"]["rates"]["worst"]
    return claim.judge(worst < 0.05, f"{worst:.1e}")


@_claim(
    "With momentum the length at equilibrium follows white noise, not the limit of smooth gradients",
    "r^4 within 5 % of the white form, more than five times below the smooth one",
    "prototype: 56.8, 57.0 and 1083",
    "derived",
)
def _white(tables: Tables, claim: Claim) -> Measured:
    row = tables["rayleigh"][2]
    if row["steps"] < 5000:
        raise NotMeasured("too short to reach equilibrium")
    passed = abs(row["r4"] / row["white"] - 1) < 0.05 and row["smooth"] > 5 * row["r4"]
    return claim.judge(passed, f"{row['r4']:.1f}, {row['white']:.1f}, {row['smooth']:.0f}")


@_claim(
    "Angular momentum of queries and keys stays zero from rest, and decays by the momentum alone otherwise",
    "below 2e-13; within 2e-11 of beta^n",
    "kinetic symmetry of rotations",
    "derived",
)
def _rotations(tables: Tables, claim: Claim) -> Measured:
    rest, start = tables["rotations"]["from rest"], tables["rotations"]["with a start"]
    return claim.judge(rest < 2e-13 and start < 2e-11, f"{rest:.0e}, {start:.0e}")


@_claim(
    "Charges that gradient flow keeps drift in proportion to the step of gradient descent",
    "ratios of drifts for halved steps near 2, between 1.9 and 2.2",
    "two linear maps; prototype: 4.71e-2, 2.245e-2, 1.096e-2, 5.42e-3",
    "measured",
)
def _first_order(tables: Tables, claim: Claim) -> Measured:
    ratios = tables["drifts"]["ratios"]
    return claim.judge(all(1.9 < r < 2.2 for r in ratios), ", ".join(f"{r:.2f}" for r in ratios))


@_claim(
    "Gradients alone find every symmetry: 16 single fields of 82, and 16 combinations for ReLU (6 for tanh and GELU)",
    "ten of the 16 are rescalings of one row, one bias and one column; gap above 1e12",
    "null space of gradients against fields",
    "derived",
)
def _discovery(tables: Tables, claim: Claim) -> Measured:
    d = tables["discovery"]
    right = all(
        (v["fields"], v["single"], v["nullity"], v["rescalings"])
        == (82, 16, 16 if k == "ReLU" else 6, 10 * (k == "ReLU"))
        for k, v in d.items()
    )
    gap, finite = min(v["gap"] for v in d.values()), max(v["finite"] for v in d.values())
    shown = ", ".join(f"{k} {int(v['single'])} + {int(v['nullity'])}" for k, v in d.items())
    detail = f"gap {gap:.0e}, finite elements change the loss by {finite:.0e}"
    return claim.judge(right and d["ReLU"]["three_by_one"] and gap > 1e12 and finite < 1e-11, shown, detail)


@_claim(
    "The change of a charge is decay, first order and finite step, for any optimizer; first order is nil for SGD",
    "sum within 1e-12; first order below 1e-13 for SGD and above 1e-3 for Adam",
    "charge budget; metric symmetry breaking",
    "derived",
)
def _budgets(tables: Tables, claim: Claim) -> Measured:
    b = tables["budgets"]
    gap = max(row["gap"] for row in b.values())
    passed = gap < 1e-12 and b["SGD"]["first order"] < 1e-13 and b["Adam"]["first order"] > 1e-3
    shown = ", ".join(f"{k} {v['first order']:.0e}" for k, v in b.items())
    return claim.judge(passed, shown, f"sums within {gap:.0e}")


def _share(tables: Tables, name: str) -> float:
    if tables["overhead"] is None:
        raise NotMeasured("timed at larger scales")
    t: Any = tables["overhead"]
    return t[name] / t["plain"] - 1


@_claim(
    "A tracker that reads at every step costs little", "at most 5 % of a training step", "a million parameters", "goal"
)
def _cost(tables: Tables, claim: Claim) -> Measured:
    share = _share(tables, "every step")
    return claim.judge(share <= 0.05, f"{100 * share:.1f} %", f"{1e3 * tables['overhead']['plain']:.1f} ms a step")


@_claim("A tracker that reads at every tenth step costs less", "at most 1 %", "kinetic terms at every step", "goal")
def _cost_sparse(tables: Tables, claim: Claim) -> Measured:
    share = _share(tables, "every tenth")
    return claim.judge(share <= 0.01, f"{100 * share:.1f} %")


@_claim(
    "Charges of VGG-16 on Tiny ImageNet follow the closed forms",
    "curves overlay",
    "figures of both papers",
    "paper",
)
def _vgg(tables: Tables, claim: Claim) -> Measured:
    raise NotMeasured("needs Tiny ImageNet and a GPU")


CLAIMS = _judges.claims
