"""Claims of the part ``stress``, and how its tables are judged."""

from __future__ import annotations

from symmeter.papers.judges import Judges, NotMeasured, Tables
from symmeter.papers.paper import Claim, Measured

__all__ = ["CLAIMS", "judge"]

_judges = Judges()
_claim = _judges.claim
judge = _judges.judge
_SET_UP = "box 64, lines 32 apart, Gaussian cores c = 1, mu = 1, lambda = 1.5, b = 1"


@_claim("A screw dipole has the stress of the prototype at distance 5", "0.0332013 within 5e-8", _SET_UP, "measured")
def _screw(tables: Tables, claim: Claim) -> Measured:
    value = tables["screw"]["value"]
    return claim.judge(abs(value - 0.0332013) < 5e-8, f"{value:.8f}", f"{tables['points']} x {tables['points']} points")


@_claim(
    "A held box has the sum over all images; a free one the same less the plastic mean",
    "0.0410138 and b d / area = 0.0078125 less, within 5e-9",
    "rows of images summed in closed form",
    "derived",
)
def _images(tables: Tables, claim: Claim) -> Measured:
    t = tables["screw"]
    off = max(abs(t["held"] - t["images"]), abs(t["held"] - t["value"] - 32 / 4096))
    return claim.judge(off < 5e-9, f"{t['held']:.7f}", f"{t['images']:.7f} by images, {off:.0e} off")


@_claim("An edge dipole has the stress of the prototype at distance 5", "0.0451095 within 5e-8", _SET_UP, "measured")
def _edge(tables: Tables, claim: Claim) -> Measured:
    t = tables["edge"]
    return claim.judge(abs(t["value"] - 0.0451095) < 5e-8, f"{t['value']:.8f}", f"isolated: {t['isolated']:.7f}")


@_claim(
    "The distortion has the density as its curl and the stress is in equilibrium, to rounding",
    "both below 1e-14 (isotropic and cubic)",
    "waves of the solution",
    "derived",
)
def _errors(tables: Tables, claim: Claim) -> Measured:
    worst = max(tables[name][what] for name in ("screw", "edge", "copper") for what in ("curl", "equilibrium"))
    return claim.judge(worst < 1e-14, f"{worst:.0e}")


@_claim(
    "The distortion around a core integrates to the Burgers vector",
    "0.999986 within 1e-6",
    "square of half-width 8, trapezoidal rule at 512 x 512 points",
    "measured",
)
def _burgers(tables: Tables, claim: Claim) -> Measured:
    if tables["points"] != 512:
        raise NotMeasured("the prototype's number is that of 512 x 512 points")
    value = tables["screw"]["burgers"]
    return claim.judge(abs(value - 0.999986) < 1e-6, f"{value:.7f}")


@_claim("A box of 512 x 512 points is solved in a fifth of a second of one processor", "< 0.2 s", "dossier", "goal")
def _seconds(tables: Tables, claim: Claim) -> Measured:
    if tables["points"] != 512:
        raise NotMeasured("is timed at 512 x 512 points")
    seconds = max(tables["screw"]["seconds"], tables["edge"]["seconds"])
    return claim.judge(seconds < 0.2, f"{seconds:.3f} s", "best of three, the slower of screw and edge")


CLAIMS = _judges.claims
