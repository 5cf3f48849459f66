"""Claims of the part ``geometry``, and how its tables are judged."""

from __future__ import annotations

from symmeter.papers.judges import Judges, NotMeasured, Tables
from symmeter.papers.paper import Claim, Measured

__all__ = ["CLAIMS", "judge"]

_judges = Judges()
_claim = _judges.claim
judge = _judges.judge

_PAPER = "abstract, 2602.01408"


def _percent(shares: dict[str, float]) -> str:
    return ", ".join(f"{k} {100 * v:.1f} %" for k, v in shares.items())


@_claim(
    "Dislocations are the trace and the axial scalar of torsion",
    "one of the two in every straight dislocation; the edge half trace, the screw a third axial, within 1e-9",
    _PAPER + "; shares derived",
    "paper",
)
def _dislocations(tables: Tables, claim: Claim) -> Measured:
    edge, screw = (tables["catalogue"][k]["report"]["torsion"] for k in ("edge", "screw"))
    right = abs(edge["vector"] - 1 / 2) < 1e-9 and abs(screw["axial"] - 1 / 3) < 1e-9
    detail = "the screw has no trace at all, and the tensor part, which the assignment leaves out, is never absent"
    return claim.judge(right, f"edge: {_percent(edge)}; screw: {_percent(screw)}", detail)


@_claim(
    "Disclinations are the second-kind trace of nonmetricity",
    "a wedge has Q = 0 and P = -(1 - a^2)/(2 a^2) dr/r exactly, and no torsion",
    _PAPER + "; form derived",
    "paper",
)
def _disclinations(tables: Tables, claim: Claim) -> Measured:
    t = tables["exact"]
    right = all(t[k] for k in t if k.startswith("cone"))
    shares = tables["catalogue"]["wedge-as-nonmetricity"]["report"]["nonmetricity"]
    return claim.judge(right, "exact", f"but not pure trace: {_percent(shares)} of its square")


@_claim(
    "Point defects are the first-kind trace of nonmetricity",
    "g = exp(2 sigma) delta has Q = -3 dsigma, B = 0 exactly; all of its square is trace",
    _PAPER + "; form derived",
    "paper",
)
def _point_defects(tables: Tables, claim: Claim) -> Measured:
    t, shares = tables["exact"], tables["catalogue"]["point"]["report"]["nonmetricity"]
    right = all(t[k] for k in t if k.startswith("Weyl")) and abs(shares["trace"] - 1) < 1e-9
    return claim.judge(right, _percent(shares), "P = Q/3 is there as well, so raw traces alone do not tell kinds apart")


@_claim(
    "Dislocation and disclination densities are conserved: DT = 0 and DQ = 0 wherever the connection is flat",
    "exact for formulas; within 1e-11 on a spectral grid of 32 cubed points",
    "abstracts, 2602.01408 and 2408.06184",
    "paper",
)
def _continuity(tables: Tables, claim: Claim) -> Measured:
    t, exact = tables["identities"], tables["exact"]["any e and Lambda: DT = DQ = R = 0"]
    worst = max(t["R"], t["DT"], t["DQ"])
    return claim.judge(
        exact and worst < 1e-11, f"{worst:.0e}", f"random coframe and Lambda, curvature {t['curvature']:.2f}"
    )


@_claim(
    "There is no hierarchy: classically disclinations feed dislocations, here neither feeds the other",
    "DT with curvature stays on finer grids, DT of the flat connection vanishes (1e-11)",
    _PAPER + "; our reading of the argument",
    "paper",
)
def _hierarchy(tables: Tables, claim: Claim) -> Measured:
    rows = tables["hierarchy"]
    first, last = rows[0], rows[-1]
    stays = last["classical"] > 0.02 and abs(first["classical"] / last["classical"] - 1) < 0.15
    right = stays and last["identity"] < first["identity"] / 2 and max(r["teleparallel"] for r in rows) < 1e-11
    value = f"{last['classical']:.3f} against {last['teleparallel']:.0e}"
    return claim.judge(right, value, f"a wedge crossed by a screw, {last['points']} cubed points; error of the grid "
                       f"{last['identity']:.0e}")  # fmt: skip


@_claim(
    "A metric formulation exists: curvature is told by torsion and nonmetricity alone",
    "exact for formulas; within 1e-10 on a grid",
    _PAPER + "; formula derived",
    "paper",
)
def _metric(tables: Tables, claim: Claim) -> Measured:
    gap, exact = tables["identities"]["scalar"], tables["exact"]["any e and Lambda: curvature from T and Q"]
    return claim.judge(exact and gap < 1e-10, f"{gap:.0e}", f"of {tables['identities']['curvature']:.2f}")


@_claim(
    "There is no ghost of Ostrogradsky's kind: quadratic actions have field equations of second order",
    "order 2, linear in second derivatives, all eleven contractions, n = 2 and 3",
    _PAPER,
    "paper",
)
def _order(tables: Tables, claim: Claim) -> Measured:
    t = tables["action"]
    right = all(t[f"order {n}"] == 2 and t[f"quasilinear {n}"] and t[f"identities {n}"] for n in (2, 3))
    return claim.judge(right, "order 2", "by the Euler operator; rotation and translation identities hold exactly")


@_claim(
    "The scalar of torsion is a free parameter",
    "its coefficient changes the eigenvalue of the axial block and nothing else",
    _PAPER,
    "paper",
)
def _scalar(tables: Tables, claim: Claim) -> Measured:
    t = tables["action"]
    first, second = t["axial"]
    return claim.judge(
        t["axial is free"] and abs(second / first - 5) < 1e-9, f"{first:.3g} to {second:.3g} for c7 from 1 to 5"
    )


@_claim(
    "Stability is decided by irreducible squares",
    "a sum of squares is positive in 27 directions; the equivalent of curvature is not bounded; traces alone leave 17",
    "quadratic form, eigenvalues by blocks",
    "derived",
)
def _stability(tables: Tables, claim: Claim) -> Measured:
    t = tables["action"]
    squares, traces, einstein = (tuple(t[k]) for k in ("squares", "restricted", "einstein"))
    right = squares == (27, 0, 0) and traces == (10, 0, 17) and einstein[1] > 0 and t["einstein has no Lambda"]
    return claim.judge(right, f"{squares}, {traces}, {einstein}", "positive, negative, zero")


@_claim(
    "Actions do not depend on coordinates, on local rotations, or on constant GL(3)",
    "within 1e-10 of the sum of all terms",
    "Noether identities on a grid",
    "derived",
)
def _noether(tables: Tables, claim: Claim) -> Measured:
    worst = max(tables["action"]["noether"].values())
    return claim.judge(worst < 1e-10 and tables["action"]["boundary"] < 1e-8, f"{worst:.0e}")


@_claim(
    "To first order curvature is 2 div(Q - P)",
    "exact, for a free metric perturbation of three coordinates",
    "linearised coincident gauge",
    "derived",
)
def _linear(tables: Tables, claim: Claim) -> Measured:
    return claim.judge(tables["exact"]["first order: curvature = 2 div(Q - P)"], "exact")


@_claim(
    "Burgers and Frank vectors of singular defects do not depend on the loop",
    "within 1e-9: b and 2 pi (1 - a) for loops of sizes 0.01 to 30",
    "integral of the crystal coframe; Levi-Civita holonomy",
    "derived",
)
def _loops(tables: Tables, claim: Claim) -> Measured:
    t = tables["loops"]
    return claim.judge(max(t["burgers"], t["frank"], t["wall"]) < 1e-9, f"{t['burgers']:.0e}, {t['frank']:.0e}")


@_claim(
    "A wall of edges turns the lattice by b/h",
    "within (b/h)^2 of it",
    "Read and Shockley; the sum over the wall in closed form",
    "derived",
)
def _wall(tables: Tables, claim: Claim) -> Measured:
    t = tables["loops"]
    right = abs(t["tilt"] / t["read_shockley"] - 1) < t["read_shockley"] ** 2
    return claim.judge(right, f"{t['tilt']:.6f} for {t['read_shockley']:.2f}", "radians")


@_claim(
    "Charges of all defects on grids are the exact ones",
    "all within 1e-3",
    "table of total charges",
    "derived",
)
def _charges(tables: Tables, claim: Claim) -> Measured:
    if tables["scale"] == "smoke":
        raise NotMeasured("needs finer grids")
    worst: dict[str, float] = {}
    for row in tables["catalogue"].values():
        for k, v in row["errors"].items():
            worst[k] = max(worst.get(k, 0.0), v)
    detail = f"{len(tables['catalogue'])} defects with smooth cores; the largest difference of each kind"
    return claim.judge(max(worst.values()) < 1e-3, ", ".join(f"{k} {v:.0e}" for k, v in worst.items()), detail)


@_claim(
    "On a cubic complex lines close or meet with Burgers vectors that add to zero",
    "cubes, Stokes and meetings within 1e-14; one Burgers vector along each line",
    "discrete exterior calculus",
    "derived",
)
def _complex(tables: Tables, claim: Claim) -> Measured:
    t = tables["network"]
    worst = max(t["cubes"], t["stokes"], t["scatter"], *(m["residual"] for m in t["meetings"]))
    right = worst < 1e-14 and len(t["lines"]) == 3 and len(t["meetings"]) == 2
    return claim.judge(right, f"{worst:.0e}", f"{len(t['lines'])} lines, {len(t['meetings'])} meetings")


@_claim(
    "Everything that must vanish is checked on 32 cubed points in half a second",
    "< 0.5 s, one thread",
    "speed",
    "goal",
)
def _speed(tables: Tables, claim: Claim) -> Measured:
    t = tables["times"]
    if t is None:
        raise NotMeasured
    return claim.judge(t["ours"] < 0.5, f"{t['ours']:.2f} s", f"as the formulas are written: {t['plain']:.1f} s")


CLAIMS = _judges.claims
