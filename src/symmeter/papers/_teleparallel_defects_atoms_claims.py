"""Claims of the part ``atoms``, and how its tables are judged."""

from __future__ import annotations

import numpy as np

from symmeter.papers.judges import Judges, NotMeasured, Tables
from symmeter.papers.paper import Claim, Measured

__all__ = ["CLAIMS", "judge"]

_judges = Judges()
_claim = _judges.claim
judge = _judges.judge


@_claim(
    "The smeared Nye tensor of a screw and of an edge in 5056 simple-cubic atoms sums to the prototype's values",
    "-1.0547 and -0.978 below r = 8 per length, within 0.001 (ideal: -1)",
    "dossier, oracles: cylinder R = 20, four layers, 18 neighbours",
    "measured",
)
def _nye(tables: Tables, claim: Claim) -> Measured:
    seen = [tables["cylinders"][kind]["nye"] for kind in ("screw", "edge")]
    near = np.abs(np.array(seen) - [-1.0547, -0.978]).max()
    return claim.judge(bool(near < 1e-3), f"{seen[0]:.4f} and {seen[1]:.4f}")


@_claim(
    "The circulation of the coframe around the core tends to the Burgers vector as loops grow",
    "error falls from r = 4 over 8 to 14, to below 0.008 at 14 (screw and edge)",
    "dossier, oracles: monotone convergence with the radius",
    "measured",
)
def _converges(tables: Tables, claim: Claim) -> Measured:
    c = tables["cylinders"]
    at = [c["radii"].index(r) for r in (4.0, 8.0, 14.0)]
    shown, right = [], True
    for kind in ("screw", "edge"):
        off = [abs(c[kind]["frames"][k] + 1) for k in at]
        right &= off[0] > off[1] > off[2] and off[2] < 0.008
        shown.append(f"{kind} " + ", ".join(f"{c[kind]['frames'][k]:.4f}" for k in at))
    last = max(abs(c[kind]["gradients"][at[2]] + 1) for kind in ("screw", "edge"))
    return claim.judge(
        right, "; ".join(shown), f"frames of the nearest atoms; with their gradients {last:.0e} off at 14"
    )


@_claim(
    "Loops of bonds close up to exactly one lattice vector around a screw and an edge",
    "(0, 0, -1) and (-1, 0, 0), integers",
    "closure failure in reference vectors",
    "derived",
)
def _closure(tables: Tables, claim: Claim) -> Measured:
    seen = [tables["cylinders"][kind]["integers"] for kind in ("screw", "edge")]
    return claim.judge(seen == [[[0, 0, -1]], [[-1, 0, 0]]], str(seen))


@_claim(
    "In a copper-like fcc crystal an edge and a screw are found, with exact Burgers vector and character",
    "one loop each, a/2 [-1 1 0], edge and screw, at every radius",
    "own lattice builder, isotropic displacements of b = a/2 [1 -1 0]",
    "goal",
)
def _copper(tables: Tables, claim: Claim) -> Measured:
    right, shown = True, []
    for kind in ("edge", "screw"):
        t = tables[kind]
        right &= t["loops"] == ["a/2 [-1 1 0]"] and t["characters"] == [kind]
        right &= bool(np.abs(np.array(t["exact"]) + 1).max() < 1e-9)
        shown.append(f"{kind}: {', '.join(t['loops']) or 'none'} in {t['atoms']} atoms")
    return claim.judge(right, "; ".join(shown), f"{len(tables['edge']['exact'])} radii each")


@_claim(
    "Rotations of any size are followed: the Burgers vector stays exact",
    "right at every angle up to 180 degrees",
    "orientation carried from atom to atom; a fixed lattice fails above 15 degrees",
    "goal",
)
def _rotated(tables: Tables, claim: Claim) -> Measured:
    t = tables["rotated"]
    return claim.judge(
        all(t["right"]), f"{sum(t['right'])} of {len(t['right'])} angles", f"up to {max(t['angles'])} degrees"
    )


@_claim(
    "A sheet that lost a sixth has a Frank angle of exactly sixty degrees around any loop",
    "60 at every radius, honeycomb and triangular",
    "holonomy modulo the crystal's own rotations",
    "derived",
)
def _wedge(tables: Tables, claim: Claim) -> Measured:
    seen = [a for angles in tables["wedge"].values() for a in angles]
    return claim.judge(
        bool(np.abs(np.array(seen) - 60).max() < 1e-9), f"{min(seen):.10g} to {max(seen):.10g}", f"{len(seen)} loops"
    )


@_claim(
    "Missing atoms are counted and placed among atoms that are displaced at random",
    "every vacancy, no other, no interstitial, no line",
    "conservation of sites; 2 % of the nearest distance",
    "goal",
)
def _vacancies(tables: Tables, claim: Claim) -> Measured:
    t = tables["vacancies"]
    right = t["all"] and t["found"] == t["missing"] and not t["interstitials"] and not t["loops"]
    return claim.judge(
        bool(right), f"{t['found']} of {t['missing']}", f"{t['atoms']} sites, placed to {t['worst']:.2f} angstroms"
    )


@_claim(
    "The Nye tensor of 2e5 atoms takes less than a second of one processor",
    "< 1 s",
    "issue of the project; prototype in NumPy 6.7 s",
    "goal",
)
def _speed(tables: Tables, claim: Claim) -> Measured:
    t = tables["speed"]
    if t is None or t["atoms"] > 300_000:
        raise NotMeasured("is timed at scale laptop")
    detail = f"{t['atoms']} atoms, best of three" + ("" if t["compiled"] else "; numba is missing")
    return claim.judge(t["seconds"] < 1.0, f"{t['seconds']:.2f} s", detail)


@_claim("It is twenty times as fast as atomman", ">= 20x", "the same 5056 atoms, neighbour lists included", "goal")
def _peer(tables: Tables, claim: Claim) -> Measured:
    t = tables["speed"]
    if t is None or "peer" not in t:
        raise NotMeasured("needs atomman (pip install atomman) and scale laptop")
    ratio = t["peer"] / t["ours_beside_peer"]
    return claim.judge(ratio >= 20, f"{ratio:.0f}x", f"{t['peer']:.3f} s and {t['ours_beside_peer']:.4f} s")


CLAIMS = _judges.claims
