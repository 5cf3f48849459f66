"""Claims of the experiment on asymptotic symmetries, and how its tables are judged."""

from __future__ import annotations

import numpy as np

from symmeter.papers.judges import Judges, NotMeasured, Tables
from symmeter.papers.paper import Claim, Measured

__all__ = ["CLAIMS", "judge"]

_judges = Judges()
_claim = _judges.claim
judge = _judges.judge


def _all(tables: Tables, part: str, *names: str) -> tuple[bool, str]:
    """Whether statements hold, and those that do not."""
    failed = [n for n in names if not tables[part][n]]
    return not failed, "exact" if not failed else f"fails: {', '.join(failed)}"


# ---- equations -------------------------------------------------------------------------------------------------------


@_claim(
    "Point symmetries with polynomial coefficients, degree by degree",
    "the dimensions of the table, every generator checked",
    "section 7, table",
    "measured",
)
def _dimensions(tables: Tables, claim: Claim) -> Measured:
    rows = tables["dimensions"]
    wrong = [r["name"] for r in rows if r["found"] != r["known"] or not r["checked"]]
    shown = f"{len(rows) - len(wrong)} of {len(rows)} systems" + (f"; not {', '.join(wrong)}" if wrong else "")
    detail = "; ".join(f"{r['name']} {', '.join(map(str, r['found']))}" for r in rows)
    return claim.judge(not wrong, shown, detail)


@_claim(
    "The number of determining equations after duplicates are dropped",
    "18, 9, 9, 21, 32, 31, 31, 4, 9 and, for Navier-Stokes, 499",
    "section 7, table",
    "measured",
)
def _equations(tables: Tables, claim: Claim) -> Measured:
    known = {"Korteweg-de Vries": 18, "Burgers": 9, "heat": 9, "wave 2+1": 21, "wave 3+1": 32, "cubic Schrödinger": 31,
             "free Schrödinger": 31, "y'' = 0": 4, "y''' = 0": 9, "Navier-Stokes 3d": 499}  # fmt: skip
    rows = {r["name"]: r["equations"] for r in tables["dimensions"] if r["name"] in known}
    wrong = [f"{n} {rows[n]} in place of {known[n]}" for n in rows if rows[n] != known[n]]
    detail = "duplicates depend on the order of reduction; the solutions agree" if wrong else ""
    return claim.judge(not wrong, "; ".join(wrong) if wrong else f"all {len(rows)}", detail)


@_claim(
    "The number of symmetries by Taylor series, without solving",
    "4, 5, 5, 8, 7, and arbitrary functions of one variable (heat) and two (wave)",
    "section 7; Reid and Wittkopf",
    "measured",
)
def _sizes(tables: Tables, claim: Claim) -> Measured:
    rows = tables["sizes"]
    wrong = [r["name"] for r in rows if not r["right"]]
    shown = ", ".join(
        f"{r['name']} {r['dimension'] if r['dimension'] is not None else 'functions of ' + str(r['functions_of'])}"
        for r in rows
    )
    return claim.judge(not wrong, shown)


@_claim(
    "Multipliers of KdV of degree two in t, x, u, u_x, u_xx; of Burgers; one law of KdV for every even weight",
    "1, u, x - 6 t u, u_xx + 3 u^2; 1 alone; u_xxxx + 10 u u_xx + 5 u_x^2 + 10 u^3 at weight six",
    "section 7",
    "measured",
)
def _multipliers(tables: Tables, claim: Claim) -> Measured:
    t = tables["conservation"]
    even = {int(k): v for k, v in t["by_weight"].items()}
    passed = (
        t["kdv"] == ["1", "u", "-6*t*u + x", "u_xx + 3*u^2"]
        and t["burgers"] == ["1"]
        and all(len(v) == (1 - k % 2) for k, v in even.items())
        and even[6] == ["u_xxxx + 10*u*u_xx + 5*u_x^2 + 10*u^3"]
        and t["proved"]
    )
    return claim.judge(passed, f"{', '.join(t['kdv'])}; {', '.join(t['burgers'])}", "every divergence is zero exactly")


@_claim(
    "Symmetries that have derivatives in them: the flows of KdV up to order 7 commute",
    "one of each odd order, all brackets zero",
    "literature; integrability",
    "derived",
)
def _flows(tables: Tables, claim: Claim) -> Measured:
    t = tables["hierarchies"]
    passed = t["orders"] == [1, 3, 5, 7] and t["commute"] and t["proved"]
    return claim.judge(passed, f"orders {', '.join(map(str, t['orders']))}", "16 brackets of zero polynomials")


@_claim(
    "Variational symmetries are conservation laws",
    "D_i J^i + Q E(L) is the zero polynomial, off shell",
    "chapter on symmetries in field theories; Noether's first theorem",
    "paper",
)
def _noether(tables: Tables, claim: Claim) -> Measured:
    rows = tables["variational"]
    shown = f"{sum(r['symmetries'] for r in rows)} currents of {len(rows)} Lagrangians"
    return claim.judge(all(r["exact"] and r["symmetries"] for r in rows), shown)


@_claim(
    "Gauge symmetries are identities of the field equations",
    "zero for electrodynamics; not with a mass, not with a wrong sign",
    "Noether's second theorem",
    "paper",
)
def _gauge(tables: Tables, claim: Claim) -> Measured:
    t = tables["gauge"]
    passed = t["maxwell"] and not t["massive"] and not t["wrong sign"]
    return claim.judge(passed, "the identity is exact" if t["maxwell"] else "no identity")


@_claim(
    "Invariant solutions solve an equation in one variable less",
    "the soliton; the heat kernel; w''' - z w'/3 + 6 w w' - 2 w/3 for KdV's scaling",
    "reduction by one-parameter groups",
    "derived",
)
def _reductions(tables: Tables, claim: Claim) -> Measured:
    t = tables["reductions"]
    passed = t["soliton"] and t["heat kernel"] and t["self-similar"] == "w_zzz - (1/3)*z*w_z + 6*w*w_z - (2/3)*w"
    return claim.judge(passed, t["self-similar"], "soliton and heat kernel leave exactly zero")


# ---- gravity ---------------------------------------------------------------------------------------------------------


@_claim(
    "The Bondi family solves Einstein's equations; its residual symmetries keep the gauge and move Theta, Xi",
    "exact, at every radius, with the modified bracket",
    "section 4.2",
    "derived",
)
def _bondi(tables: Tables, claim: Claim) -> Measured:
    return claim.judge(*_all(tables, "bondi", "vacuum", "gauge", "coadjoint", "bracket"))


@_claim(
    "Charges T Theta + 2 Y Xi at every radius, and integrable",
    "up to a derivative by phi; T = Xi is not integrable",
    "section 4.2; test of integrability",
    "derived",
)
def _charges(tables: Tables, claim: Claim) -> Measured:
    return claim.judge(*_all(tables, "bondi", "charge at every radius", "integrable", "T = Xi is not"))


@_claim(
    "Boundary conditions without coordinates agree with Bondi coordinates",
    "vacuum equations of the rescaled metric, aspects, symmetries, one closed form for all cuts",
    "chapter on conformal completion",
    "paper",
)
def _completion(tables: Tables, claim: Claim) -> Measured:
    names = ("equations", "not without", "frame", "aspects", "consequences", "closed", "cuts", "not closed without")
    passed, shown = _all(tables, "completion", *names)
    conditions = tables["completion"]["conditions"]
    return claim.judge(passed and conditions == ["y_{u} = 0", "f_{u} - y_{phi} = 0"], shown, "; ".join(conditions))


@_claim(
    "Central charges of bms3",
    "c_L = 0, c_M = 3/G; random pairs of modes up to 8 to 1e-12",
    "Barnich and Compere",
    "paper",
)
def _central(tables: Tables, claim: Claim) -> Measured:
    t = tables["algebra"]
    passed = t["c_L"] == "0" and t["c_M"] == "3" and t["jacobi"] and t["worst"] < 1e-12
    return claim.judge(passed, f"{t['c_L']}, {t['c_M']}/G; {t['worst']:.0e}", f"{t['pairs']} random pairs")


@_claim(
    "Invariants of orbits before and after a finite transformation",
    "(-2, 0), (-0.618033989, 2.489860137), (9.127929889, 11.991181800) to 1e-9",
    "section 7",
    "measured",
)
def _orbits(tables: Tables, claim: Claim) -> Measured:
    worst = max(
        float(np.abs(np.array(r[when]) - r["wanted"]).max()) for r in tables["orbits"] for when in ("before", "after")
    )
    kinds = all(r["kind"] == r["kind after"] for r in tables["orbits"])
    return claim.judge(worst < 2e-9 and kinds, f"{worst:.0e}", ", ".join(r["kind"] for r in tables["orbits"]))


@_claim(
    "Distinct Minkowski spaces: the same Poincare charges, other superrotation charges",
    "J_3 = J_-3 = 0.6, J_2 = -0.3i, J_-2 = 0.3i, all of Poincare as before",
    "Distinct Minkowski Spaces from BMS Supertranslations",
    "paper",
)
def _vacua(tables: Tables, claim: Claim) -> Measured:
    t = tables["vacua"]
    return claim.judge(t["error"] < 1e-12 and t["poincare"] < 1e-12, f"{t['error']:.0e}; {t['poincare']:.0e}")


@_claim(
    "A smooth map of the bulk makes the supertranslated vacuum",
    "flat for every cut-off, the vacuum's metric without corrections beyond it, no fold",
    "Distinct Minkowski Spaces from BMS Supertranslations; construction of our own",
    "derived",
)
def _bulk(tables: Tables, claim: Claim) -> Measured:
    t = tables["vacua"]
    passed = t["bulk form"] and t["bulk flat"] and t["stretch"] > 0
    return claim.judge(passed, "exact" if t["bulk flat"] and t["bulk form"] else "not flat",
                       f"least stretch of areas {t['stretch']:.2f}")  # fmt: skip


@_claim(
    "On the orbit of superrotations Minkowski space has the least energy",
    "P_0 >= -1/8; mean Theta of the worked example -0.917409174",
    "section 4.4",
    "derived",
)
def _energy(tables: Tables, claim: Claim) -> Measured:
    t = tables["vacua"]
    passed = t["least energy"] >= -0.125 and abs(t["mean Theta"] + 0.917409174) < 1e-9
    return claim.judge(passed, f"{t['least energy']:.4f}; {t['mean Theta']:.9f}", "40 random maps")


@_claim(
    "Past and future null infinity are linked by the antipodal map alone",
    "solved for, a turn by 180 degrees",
    "Linking Past and Future Null Infinity in Three Dimensions",
    "paper",
)
def _linking(tables: Tables, claim: Claim) -> Measured:
    turn = tables["linking"]["turn"]
    passed = abs(turn - 180) < 1e-9 and tables["linking"]["worst"] < 1e-12
    return claim.judge(
        passed, f"{turn:.6f} degrees", f"charges of random pairs agree to {tables['linking']['worst']:.0e}"
    )


@_claim(
    "Energy that comes in at a point of past infinity leaves at the antipode, for every supertranslation",
    "first nine modes within 2 %, best turn within 1 degree of 180; the same point is off by more than half",
    "conservation of all charges; simulated wave",
    "derived",
)
def _wave(tables: Tables, claim: Claim) -> Measured:
    t = tables["scattering"]
    if t is None:
        raise NotMeasured("simulated at larger scales")
    passed = t["antipodal"] < 0.02 and abs(t["best turn"] - 180) < 1 and t["same point"] > 0.5
    detail = f"best turn {t['best turn']:.2f} degrees; same point {t['same point']:.2f}; R up to {t['radii'][-1]:g}"
    return claim.judge(passed, f"{100 * t['antipodal']:.1f} %", detail)


@_claim(
    "Isometries of known spaces are counted and found",
    "10, 10, 4, 2, 6, 3",
    "textbooks",
    "derived",
)
def _isometries(tables: Tables, claim: Claim) -> Measured:
    rows = tables["curved"]
    passed = all(r["counted"] == r["found"] == r["known"] for r in rows)
    return claim.judge(passed, ", ".join(f"{r['name']} {r['found']}" for r in rows))


@_claim(
    "In four dimensions translations are the only finite ideal of the supertranslations",
    "degrees 0 and 1; they are the kernel of the shear; Lorentz brackets to rounding",
    "section 4.6",
    "derived",
)
def _four(tables: Tables, claim: Claim) -> Measured:
    t = tables["four"]
    passed = t["ideals"] == [1] and t["kernel"] == 4 and t["worst"] < 1e-12
    return claim.judge(passed, f"degrees up to {t['ideals'][0]}, kernel {t['kernel']}", f"brackets to {t['worst']:.0e}")


CLAIMS = _judges.claims
