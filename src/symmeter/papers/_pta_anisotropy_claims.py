"""Claims of the experiment on pulsar timing, and how its tables are judged."""

from __future__ import annotations

import numpy as np

from symmeter.papers.judges import Judges, NotMeasured, Tables
from symmeter.papers.paper import Claim, Measured

__all__ = ["CLAIMS", "judge"]

_judges = Judges()
_claim = _judges.claim
judge = _judges.judge


@_claim(
    "Overlap functions of degrees 0 and 1 have the published closed forms in the frame of the pair",
    "within 1e-12 at every angle",
    "section on generalised overlap reduction functions",
    "paper",
)
def _closed(tables: Tables, claim: Claim) -> Measured:
    gap = tables["closed"]["published"]
    return claim.judge(gap < 1e-12, f"{gap:.0e}")


@_claim(
    "Degree 0 is the curve of Hellings and Downs",
    "within 1e-13; least -0.1518973 at 82.4839 degrees",
    "isotropic limit",
    "paper",
)
def _isotropic(tables: Tables, claim: Claim) -> Measured:
    t = tables["closed"]
    right = abs(t["minimum"] + 0.1518973) < 1e-7 and abs(t["minimum_at"] - 82.4839) < 1e-3
    return claim.judge(t["hellings_downs"] < 1e-13 and right, f"{t['hellings_downs']:.0e}; {t['minimum']:.7f}")


@_claim(
    "Rotated to the sky by Wigner matrices, a pair of real pulsars has the values of an independent computation",
    "within 1e-8, degrees up to 2",
    "J1713+0747 with J1909-3744",
    "measured",
)
def _pair(tables: Tables, claim: Claim) -> Measured:
    return claim.judge(tables["closed"]["pair"] < 1e-8, f"{tables['closed']['pair']:.0e}")


@_claim(
    "Every degree is exact: series against quadrature, exchange of the pulsars, rotation of the sky",
    "within 1e-10 up to degree 32",
    "exact reduction to polynomials and one logarithm",
    "derived",
)
def _exact(tables: Tables, claim: Claim) -> Measured:
    t = tables["exact"]
    return claim.judge(max(t.values()) < 1e-10, ", ".join(f"{k} {v:.0e}" for k, v in t.items()))


@_claim(
    "A dipole of half the monopole is recovered without bias, with the errors that Fisher's matrix promises",
    "mean within three standard errors of 1.772; deviations within 7 %",
    "68 pulsars, sigma 0.1; prototype: 1.787",
    "measured",
)
def _recovery(tables: Tables, claim: Claim) -> Measured:
    t = tables["recovery"]
    if t["draws"] < 300:
        raise NotMeasured("needs more draws")
    truth = 0.5 * np.sqrt(4 * np.pi)
    worst = max(abs(r - 1) for r in t["ratio"])
    passed = abs(t["mean"] - truth) < 3 * t["error"] and worst < 0.07 + 2 / np.sqrt(2 * t["draws"])
    return claim.judge(passed, f"{t['mean']:.4f}, {100 * worst:.1f} %", f"{t['draws']} draws")


@_claim(
    "90 % intervals cover the truth in 90 % of skies",
    "within three standard errors",
    "linear fits of a dipole",
    "derived",
)
def _coverage(tables: Tables, claim: Claim) -> Measured:
    t = tables["recovery"]
    error = np.sqrt(0.09 / (4 * t["draws"]))
    return claim.judge(
        abs(t["coverage"] - 0.9) < 3 * error, f"{100 * t['coverage']:.1f} %", f"{t['draws']} draws of four"
    )


@_claim(
    "How well an array resolves the sky",
    "condition numbers 23.6 and 576 for degrees up to 2 and 6, within 2 %",
    "68 pulsars, equal noise",
    "measured",
)
def _conditions(tables: Tables, claim: Claim) -> Measured:
    first, second = tables["recovery"]["conditions"]
    return claim.judge(abs(first / 23.6 - 1) < 0.02 and abs(second / 576 - 1) < 0.02, f"{first:.1f}, {second:.0f}")


@_claim(
    "False alarms are what they are said to be",
    "p-values of isotropic skies uniform (distance below the 0.1 % level)",
    "gain in chi squared",
    "derived",
)
def _alarms(tables: Tables, claim: Claim) -> Measured:
    t = tables["alarms"]
    limit = 1.95 / np.sqrt(t["draws"])
    detail = f"{100 * t['below']:.1f} % below 0.05, {t['draws']} skies"
    return claim.judge(t["distance"] < limit, f"{t['distance']:.3f} (limit {limit:.3f})", detail)


@_claim(
    "The square of a function gives positive skies where linear fits go negative",
    "every positive fit >= 0; most linear ones negative somewhere (sigma 1, l up to 4)",
    "square-root basis",
    "derived",
)
def _positive(tables: Tables, claim: Claim) -> Measured:
    t = tables["alarms"]
    passed = t["positive"] == 1.0 and t["negative"] > 0.5
    return claim.judge(
        passed, f"{100 * t['positive']:.0f} % positive", f"{100 * t['negative']:.0f} % of linear fits negative"
    )


@_claim(
    "N equal sources have a white spectrum, C_l / C_0 = 1 / N",
    "N C_l / C_0 within three standard errors of 1, l = 1 to 4",
    "source counting; prototype: 0.96 to 1.12",
    "derived",
)
def _white(tables: Tables, claim: Claim) -> Measured:
    t = tables["populations"]
    gaps = [abs(v - 1) / e for v, e in zip(t["white"], t["white_error"])]
    return claim.judge(max(gaps) < 3, ", ".join(f"{v:.2f}" for v in t["white"]), f"{t['draws']} skies of 50 sources")


@_claim(
    "For sources spread evenly in space the loudest few decide: 1 / N_eff falls as N^(-2/3)",
    "median near 0.55 N^(-2/3): 0.0056, 0.0012, 0.00025, within 30 %",
    "order-of-magnitude argument of the paper; numbers from a prototype",
    "measured",
)
def _heavy(tables: Tables, claim: Claim) -> Measured:
    t = tables["populations"]
    ratios = [m / e for m, e in zip(t["medians"], (0.0056, 0.0012, 0.00025))]
    return claim.judge(all(0.7 < r < 1.3 for r in ratios), ", ".join(f"{m:.2g}" for m in t["medians"]))


@_claim(
    "Exact overlap functions of 67 pulsars take milliseconds",
    "below 10 ms up to degree 8 and 0.3 s up to degree 32; 200 pulsars below 0.1 s",
    "processor time, summed over threads",
    "goal",
)
def _time(tables: Tables, claim: Claim) -> Measured:
    t = tables["times"]
    if t is None:
        raise NotMeasured("timed at larger scales")
    values = list(t.values())
    passed = values[0] < 0.01 and values[1] < 0.3 and values[2] < 0.1
    return claim.judge(passed, ", ".join(f"{1e3 * v:.1f}" for v in values) + " ms", "; ".join(t))


@_claim(
    "Anisotropy of a background of binaries may matter for detection",
    "order-of-magnitude estimate",
    "discussion of the paper",
    "paper",
)
def _matters(tables: Tables, claim: Claim) -> Measured:
    t = tables["detections"]
    shown = ", ".join(f"{100 * s:.0f} % of {n:,}" for n, s in zip(t["numbers"], t["shares"]))
    # The paper gives no number to be held to.
    raise NotMeasured(
        f"no number is claimed; 68 pulsars (sigma 0.1) tell from isotropy, at p < 0.003, this share of skies by their "
        f"number of sources: {shown} ({t['draws']} skies each)"
    )


CLAIMS = _judges.claims
