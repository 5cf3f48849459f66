"""Claims of the Gaunt experiment, and how its tables are judged.

Ratios against the peer are for all paths of the same degrees, odd l1+l2+l3 among them, which the plain Gaunt product
does not have; the ratio for the paths that both have stands in the detail of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from symmeter.papers.judges import Judges, NotMeasured, Tables
from symmeter.papers.paper import Claim, Measured

__all__ = ["CLAIMS", "judge"]

_judges = Judges()
_claim = _judges.claim
judge = _judges.judge


def _speeds(tables: Tables, degrees: range) -> list[Mapping[str, Any]]:
    rows = {r["lmax"]: r for r in tables["speeds"] if r["rows"] >= 1024}
    if any(lmax not in rows for lmax in degrees):
        raise NotMeasured
    return [rows[lmax] for lmax in degrees]


def _ratios(rows: list[Mapping[str, Any]], name: str) -> str:
    return ", ".join(f"{r['ratios'][name]:.0f}" for r in rows)


def _beside(tables: Tables) -> str:
    return "e3nn" if tables["peer"] == "e3nn" else "our Clebsch-Gordan route, e3nn is not installed"


def _growth(route: Mapping[str, Any], low: int, values: str) -> float:
    from symmeter.nn.gaunt.timing import growth_exponent

    kept = [(lmax, v) for lmax, v in zip(route["lmax"], route[values]) if lmax >= low]
    if len(kept) < 3:
        raise NotMeasured
    return growth_exponent(*zip(*kept))


# ---- the same numbers ---------------------------------------------------------------------------------------------


@_claim(
    "a Gaunt product is the Clebsch-Gordan product with one positive constant per path",
    "difference < 1e-10 by every route, float64",
    "section 3",
    "paper",
)
def _same(tables: Tables, claim: Claim) -> Measured:
    worst = {name: max(tables["exact"][name]) for name in ("dense", "separable", "fourier")}
    shown = ", ".join(f"{k} {v:.0e}" for k, v in worst.items())
    return claim.judge(max(worst.values()) < 1e-10, shown, f"degrees up to {max(tables['exact']['lmax'])}")


@_claim(
    "the Poisson bracket is the Clebsch-Gordan product on the paths with odd l1+l2+l3",
    "difference < 1e-10, float64",
    "integration of r.(grad f x grad g)",
    "derived",
)
def _bracket(tables: Tables, claim: Claim) -> Measured:
    worst = max(tables["exact"]["bracket"])
    return claim.judge(worst < 1e-10, f"{worst:.0e}")


@_claim(
    "products and brackets commute with rotations and reflections",
    "error < 1e-12 in float64, < 1e-5 in float32 for degrees up to 12",
    "equivariance of pointwise products",
    "paper",
)
def _equivariant(tables: Tables, claim: Claim) -> Measured:
    e = tables["equivariance"]
    kept = [n for n, lmax in enumerate(e["lmax"]) if lmax <= 12]
    double, single = (max(e[k][n] for n in kept) for k in ("float64", "float32"))
    return claim.judge(double < 1e-12 and single < 1e-5, f"{double:.0e} and {single:.0e}")


@_claim(
    "bfloat16 storage keeps the symmetry to its rounding", "error <= 6e-3 for degrees up to 12", "prototype", "measured"
)
def _half(tables: Tables, claim: Claim) -> Measured:
    e = tables["equivariance"]
    worst = max(v for v, lmax in zip(e["bfloat16"], e["lmax"]) if lmax <= 12)
    return claim.judge(worst <= 6e-3, f"{worst:.1e}", "arithmetic in float32")


# ---- time and memory ----------------------------------------------------------------------------------------------


@_claim(
    "a Clebsch-Gordan product costs O(L^6) multiplications", "fitted exponent >= 5.5 for large L", "abstract", "paper"
)
def _cg_growth(tables: Tables, claim: Claim) -> Measured:
    counts = tables["routes"]["multiplications"]
    if max(counts["lmax"]) < 20:
        raise NotMeasured
    exponent = _growth(counts, 12, "count")
    times = tables["routes"]["cg"]
    fitted = _growth(times, 2, "ms") if len(times["lmax"]) > 2 else float("nan")
    return claim.judge(
        exponent >= 5.5, exponent, f"exact counts from L = 12; time of our route up to L = 8 grows as L^{fitted:.1f}"
    )


@_claim(
    "the Gaunt product costs O(L^3)", "fitted exponent <= 3.5 for L = 8 to 24", "abstract; separable route", "paper"
)
def _separable_growth(tables: Tables, claim: Claim) -> Measured:
    exponent = _growth(tables["routes"]["separable"], 8, "ms")
    return claim.judge(exponent <= 3.5, exponent, "measured time, one thread")


@_claim("forward pass, L = 3 to 8", ">= 20 times faster than the Clebsch-Gordan layer", "our aim", "goal")
def _forward(tables: Tables, claim: Claim) -> Measured:
    rows = _speeds(tables, range(3, 9))
    least = min(r["ratios"]["forward"] for r in rows)
    detail = f"{_beside(tables)}; {_ratios(rows, 'same_forward')} for equal paths; {_weights(rows)}"
    return claim.judge(least >= 20, _ratios(rows, "forward"), detail)


@_claim("forward and backward pass, L = 3 to 8", ">= 40 times faster than the Clebsch-Gordan layer", "our aim", "goal")
def _backward(tables: Tables, claim: Claim) -> Measured:
    rows = _speeds(tables, range(3, 9))
    least = min(r["ratios"]["backward"] for r in rows)
    detail = f"{_beside(tables)}; {_ratios(rows, 'same_backward')} for equal paths; {_weights(rows)}"
    return claim.judge(least >= 40, _ratios(rows, "backward"), detail)


def _weights(rows: list[Mapping[str, Any]]) -> str:
    def span(key: str) -> str:
        return f"{rows[0][key]}-{rows[-1][key]}"

    return f"paths {span('paths')} of {span('peer_paths')}, weights {span('weights')} of {span('peer_weights')}"


@_claim("forward pass, L = 1 and 2", ">= 3 and 8 times faster than the Clebsch-Gordan layer", "our aim", "goal")
def _small(tables: Tables, claim: Claim) -> Measured:
    rows = _speeds(tables, range(1, 3))
    one, two = (r["ratios"]["forward"] for r in rows)
    return claim.judge(one >= 3 and two >= 8, f"{one:.1f}, {two:.1f}", f"backward {_ratios(rows, 'backward')}")


@_claim("peak memory at L = 6, forward and backward", "<= 10 % of the Clebsch-Gordan layer's", "our aim", "goal")
def _memory(tables: Tables, claim: Claim) -> Measured:
    (row,) = _speeds(tables, range(6, 7))
    large, small = row["ratios"]["large_memory"], row["ratios"]["memory"]
    rows = row["rows"]
    return claim.judge(large <= 0.1, f"{100 * large:.1f} %", f"{8 * rows} rows; {100 * small:.0f} % at {rows} rows")


@_claim("construction", "< 50 ms for L <= 8", "our aim", "goal")
def _constructed(tables: Tables, claim: Claim) -> Measured:
    times = tables["construction"]
    worst = max(v for k, v in times.items() if int(k) <= 8)
    last = max(times, key=int)
    return claim.judge(worst < 50, f"{worst:.1f} ms", f"nothing cached; {times[last]:.0f} ms for L = {last}")


# ---- models -------------------------------------------------------------------------------------------------------


@_claim(
    "a many-body potential fitted with Gaunt products is as accurate as with Clebsch-Gordan products",
    "force error at most 10 % larger, in less time per step",
    "N-body check and 3BPA table, on Stillinger-Weber clusters here",
    "paper",
)
def _potential(tables: Tables, claim: Claim) -> Measured:
    runs, peer = tables["potential"], tables["peer"]
    if runs[0]["steps"] < 100:
        raise NotMeasured
    ours, theirs = (float(np.mean([r[k]["force_rmse"] for r in runs])) for k in ("gaunt", peer))
    fast, slow = (min(r[k]["fastest_step"] for r in runs) for k in ("gaunt", peer))
    scale = float(np.mean([r["force_rms"] for r in runs]))
    detail = (
        f"{100 * ours / scale:.1f} and {100 * theirs / scale:.1f} % of the forces, {len(runs)} runs; step "
        f"{1e3 * fast:.0f} and {1e3 * slow:.0f} ms"
    )
    return claim.judge(ours <= 1.1 * theirs and fast < slow, f"{ours / theirs:.2f} times the error", detail)


@_claim(
    "Gaunt products alone cannot tell a shape from its mirror image",
    "7 of 8 Tetris shapes, 87.5 %",
    "no path with odd l1+l2+l3",
    "derived",
)
def _mirror(tables: Tables, claim: Claim) -> Measured:
    found = tables["classifier"]["gaunt"]["clean"]
    return claim.judge(abs(found - 0.875) < 0.01, f"{100 * found:.1f} %")


@_claim("with one Poisson bracket all Tetris shapes are told apart", "100 %", "pseudo-scalars", "derived")
def _chiral(tables: Tables, claim: Claim) -> Measured:
    c = tables["classifier"]
    found = c["gaunt_with_bracket"]["clean"]
    return claim.judge(found == 1.0, f"{100 * found:.1f} %", f"{100 * c['peer']['clean']:.1f} % with {tables['peer']}")


@_claim(
    "the classifier takes less time per step than with Clebsch-Gordan products, at the same accuracy",
    "faster; within 2 % on shaken shapes",
    "our aim",
    "goal",
)
def _classifier(tables: Tables, claim: Claim) -> Measured:
    ours, theirs = (tables["classifier"][k] for k in ("gaunt_with_bracket", "peer"))
    if tables["classifier"]["steps"] < 100:
        raise NotMeasured
    passed = ours["step_seconds"] < theirs["step_seconds"] and ours["shaken"] >= theirs["shaken"] - 0.02
    shown = f"{100 * ours['shaken']:.1f} and {100 * theirs['shaken']:.1f} %"
    return claim.judge(
        passed, shown, f"{1e3 * ours['step_seconds']:.1f} and {1e3 * theirs['step_seconds']:.1f} ms a step"
    )


# ---- what needs data that are not bundled -------------------------------------------------------------------------


@_claim(
    "OC20, EquiformerV2 with Gaunt self-mix at L = 6: energy and force errors",
    "285 to 276 meV, 20.5 to 20.1 meV/A",
    "section 5, table of OC20 S2EF 2M",
    "paper",
)
def _catalysts(tables: Tables, claim: Claim) -> Measured:
    raise NotMeasured("needs the OC20 data and GPUs")


@_claim(
    "3BPA, MACE with Gaunt products: speed-up and memory against e3nn",
    "43.7 times, 5.8 %",
    "section 5, table of 3BPA",
    "paper",
)
def _molecules(tables: Tables, claim: Claim) -> Measured:
    raise NotMeasured("needs the 3BPA data and a GPU")


CLAIMS = _judges.claims
