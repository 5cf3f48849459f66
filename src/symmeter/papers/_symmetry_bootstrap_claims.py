"""Claims of the symmetry-bootstrap experiment, each with what decides it."""

from __future__ import annotations

from symmeter.papers.judges import Judges, NotMeasured, Tables
from symmeter.papers.paper import Claim, Measured

__all__ = ["CLAIMS", "judge"]

judges = Judges()


@judges.claim(
    "Self-dual quantum torus chain: the hidden Z4 is recovered over Z3 x Z3",
    "(C3 x C3) : C4, SmallGroup(36, 9), alone",
    "headline example; group and levels derived",
    "paper",
)
def _torus(tables: Tables, claim: Claim) -> Measured:
    t = tables["torus"]
    return claim.judge(t["groups"] == ["(C3 x C3) : C4 (SmallGroup(36, 9))"], t["groups"], f"from {t['source']}")


@judges.claim(
    "Torus chain of six sites: three patterns of 81 levels", "81, 81, 81", "projection onto sectors", "derived"
)
def _torus_levels(tables: Tables, claim: Claim) -> Measured:
    return claim.judge(tables["torus"]["levels"] == [81, 81, 81], tables["torus"]["levels"])


@judges.claim(
    "Driven bosons, eight sites, five particles: projective, irreps of dimension 2, 2, 2, 2, 4 of a group of order 32",
    "projective, order 32, 2 2 2 2 4",
    "headline example; dimensions derived",
    "paper",
)
def _bosons(tables: Tables, claim: Claim) -> Measured:
    b = tables["bosons"]
    right = b["status"] == "projective" and b["order"] == 32 and b["dims"] == [2, 2, 2, 2, 4]
    return claim.judge(right, f"{b['status']}, order {b['order']}, dimensions {b['dims']}")


@judges.claim(
    "One-dimensional Hubbard model with disorder: eta pairing makes SO(4)", "SO(4)", "headline example", "paper"
)
def _hubbard(tables: Tables, claim: Claim) -> Measured:
    h = tables["hubbard"]
    right = h["name"] == "SO(4)" and h["unexplained"] == 0
    return claim.judge(
        right, h["name"], f"{h['sites']} sites, {h['multiplets']} multiplets, {h['unexplained']} unexplained"
    )


@judges.claim("Three-state chain: S3 from Z3, two blocks and one", "S3; 2, 1", "example of the method", "paper")
def _s3(tables: Tables, claim: Claim) -> Measured:
    s = tables["s3"]
    detail = (
        f"{s['realisations']} realisations, ramp {s['ramp'][0]:.2f} +- {s['ramp_error'][0]:.2f} and {s['ramp'][1]:.2f}"
    )
    return claim.judge(s["groups"] == ["S3 (SmallGroup(6, 1))"] and s["blocks"] == [2, 1], s["groups"], detail)


@judges.claim(
    "Off self-duality an anti-unitary that does not commute is seen: order 18 with four-fold complex orbits",
    "order 18, anti-unitary, class GUE",
    "example IV; derived for the torus chain",
    "derived",
)
def _off(tables: Tables, claim: Claim) -> Measured:
    o = tables["off"]
    if o["source"] != "ramp":
        raise NotMeasured(f"{o['realisations']} realisations are too few to tell the classes")
    right = o["antiunitary"] is True and o["order"] == 18 and o["classes"][-1] == "GUE"
    return claim.judge(right, f"order {o['order']}, {o['groups']}", f"classes {o['classes']}")


@judges.claim(
    "Z3 with time reversal and S3 share a ramp; block statistics tell them apart", "C3; S3", "control", "derived"
)
def _z3(tables: Tables, claim: Claim) -> Measured:
    c = tables["controls"]
    return claim.judge(c["z3t"] == ["C3"] and c["s3"] == ["S3"], f"{c['z3t']}; {c['s3']}")


@judges.claim(
    "Integrable control: coincidences still allow S3, and the ramp refuses", "S3 listed, refused", "control", "derived"
)
def _integrable(tables: Tables, claim: Claim) -> Measured:
    c = tables["controls"]
    return claim.judge("S3" in c["poisson"] and c["refused"], f"{c['poisson']}, refused: {c['refused']}")


@judges.claim(
    "A5 from Z5, from the ramp matrix alone, in under 5 s", "A5 alone, < 5 s", "earlier prototype: 21 s", "goal"
)
def _a5(tables: Tables, claim: Claim) -> Measured:
    a = tables["a5"]
    return claim.judge(a["groups"] == ["A5"] and a["seconds"] < 5, a["groups"], f"{a['seconds']:.2f} s")


CLAIMS = judges.claims
judge = judges.judge
