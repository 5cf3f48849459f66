"""Claims on shapes of the polyhedra-benchmark experiment, and how its tables are judged.

Numbers marked "measured" come from an earlier prototype, which made every solid in another way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symmeter.papers import _polyhedra_benchmark_tables as expected
from symmeter.papers.judges import Judges, NotMeasured, Tables
from symmeter.papers.paper import Claim, Measured

__all__ = ["CLAIMS", "judge", "rates"]

_judges = Judges()
_claim = _judges.claim
judge = _judges.judge

#: Fewer draws than this cannot support a rate.
_ENOUGH = 20
#: The peer is stopped at its patience; these many times the limit is asked for.
_FASTER = 10.0


def rates(tables: Tables, sigma: float, whose: str = "right") -> list[float]:
    """Share of draws in which each group was found at one level of noise."""
    found = []
    for row in tables["noise"].values():
        if sigma in row["sigmas"]:
            k = row["sigmas"].index(sigma)
            if whose == "right":
                found.append(row["right"][k] / row["seeds"])
            elif "peer" in row:
                found.append(row["peer"][k]["right"] / row["seeds"])
    return found


def _enough(tables: Tables) -> Mapping[str, Any]:
    if any(row["seeds"] < _ENOUGH for row in tables["noise"].values()):
        raise NotMeasured
    return tables["noise"]


def _peer(tables: Tables) -> None:
    if not tables["peer"]:
        raise NotMeasured("needs a peer: pip install pymatgen")


def _list(numbers: list[Any]) -> str:
    return ", ".join(map(str, numbers)) if numbers else "none"


# ---- families --------------------------------------------------------------------------------------------------------


@_claim(
    "the benchmark's 224 shapes: 119 Wenninger models, 13 Catalan and 92 Johnson solids",
    "224 different, none missing",
    "public list of the benchmark; de-duplicated",
    "derived",
)
def _benchmark(tables: Tables, claim: Claim) -> Measured:
    found = tables["inventory"]
    missing = found["missing"]
    text = f"{found['benchmark']} different, {_list(missing)} missing"
    return claim.judge(found["benchmark"] == 224 and not missing, text)


@_claim(
    "75 uniform polyhedra: vertices, edges, faces, Euler characteristic, corners of the faces",
    "75 of 75 rows",
    "earlier prototype; Coxeter, Longuet-Higgins and Miller 1954",
    "measured",
)
def _uniform_counts(tables: Tables, claim: Claim) -> Measured:
    found = tables["uniform"]
    wrong = found["wrong_counts"]
    return claim.judge(not wrong, f"{found['solids'] - len(wrong)} of {found['solids']}", f"wrong: {_list(wrong)}")


@_claim(
    "uniform polyhedra: every edge has length 1 and two faces; circumradii of the table",
    "edges to 1e-9, 75 closed, radii to the 8 decimals listed",
    "earlier prototype",
    "measured",
)
def _uniform_metric(tables: Tables, claim: Claim) -> Measured:
    found = tables["uniform"]
    edge, radius, closed = found["edge_error"], found["radius_error"], found["two_faces_at_each_edge"]
    text = f"edges to {edge:.0e}, {closed} closed, radii to {radius:.0e}"
    return claim.judge(edge < 1e-9 and closed == 75 and radius < 1e-8, text)


@_claim(
    "groups of the uniform polyhedra with their faces",
    "Td (3), O (1), Oh (17), I (8), Ih (46)",
    "earlier prototype",
    "measured",
)
def _uniform_groups(tables: Tables, claim: Claim) -> Measured:
    wrong = tables["uniform"]["wrong_groups"]
    return claim.judge(not wrong, f"{75 - len(wrong)} of 75", f"wrong: {_list(wrong)}")


@_claim(
    "92 Johnson solids: vertices, edges, faces, kinds of faces and point groups, C5, D3, D5 and Cs among them",
    "92 of 92 rows",
    "earlier prototype; Johnson 1966",
    "measured",
)
def _johnson(tables: Tables, claim: Claim) -> Measured:
    found = tables["johnson"]
    wrong = sorted({*found["wrong_counts"], *found["wrong_groups"]})
    return claim.judge(not wrong, f"{found['solids'] - len(wrong)} of {found['solids']}", f"wrong: {_list(wrong)}")


@_claim(
    "Johnson solids: volumes at unit edge, and no two congruent",
    "volumes to the 6 decimals listed, edges to 1e-12, 92 different",
    "earlier prototype",
    "measured",
)
def _johnson_metric(tables: Tables, claim: Claim) -> Measured:
    found = tables["johnson"]
    volume, edge, different = found["volume_error"], found["edge_error"], found["different"]
    text = f"volumes to {volume:.0e}, edges to {edge:.0e}, {different} different"
    return claim.judge(volume < 6e-7 and edge < 1e-12 and different == 92, text)


@_claim(
    "Wenninger's 48 stellations: group, reach and number of outermost vertices; watertight surfaces",
    "48 of 48, reach to the 6 decimals listed",
    "earlier prototype",
    "measured",
)
def _stellations(tables: Tables, claim: Claim) -> Measured:
    found = tables["stellations"]
    if found["solids"] < len(expected.STELLATIONS):
        raise NotMeasured
    right = found["solids"] - len(found["wrong"])
    text = f"{right} of {found['solids']}, reach to {found['reach_error']:.0e}, {found['watertight']} watertight"
    return claim.judge(right == found["watertight"] == 48 and found["reach_error"] < 2e-6, text)


@_claim(
    "planes, lines, points and cells of the face planes of seven cores",
    "as listed, up to 32, 480, 1736, 2577, 3539",
    "earlier prototype: characteristic polynomials",
    "measured",
)
def _arrangements(tables: Tables, claim: Claim) -> Measured:
    counts = tables["arrangements"]["counts"]
    if set(counts) != set(expected.ARRANGEMENTS):
        raise NotMeasured
    wrong = [name for name, found in counts.items() if tuple(found) != expected.ARRANGEMENTS[name]]
    last = ", ".join(map(str, counts["icosidodecahedron"]))
    return claim.judge(not wrong, f"{len(counts) - len(wrong)} of {len(counts)}", f"icosidodecahedron {last}")


@_claim(
    "stellations by Miller's rules of tetrahedron, cube, octahedron, dodecahedron, icosahedron",
    "1, 1, 2, 4, 59 (32 reflexible, 27 chiral)",
    "Coxeter, Du Val, Flather and Petrie 1938",
    "derived",
)
def _miller(tables: Tables, claim: Claim) -> Measured:
    found = tables["arrangements"]["miller"]
    if set(found) != set(expected.MILLER):
        raise NotMeasured
    totals = [sum(found[name]) for name in expected.MILLER]
    reflexible, chiral = found["icosahedron"]
    return claim.judge(
        all(tuple(found[name]) == pair for name, pair in expected.MILLER.items()),
        f"{', '.join(map(str, totals))} ({reflexible} reflexible, {chiral} chiral)",
    )


@_claim(
    "convex shapes of the benchmark (123) with an inversion, a fourfold axis, a fivefold axis",
    "37, 29, 48",
    "earlier prototype; the public labels allow one answer a shape",
    "measured",
)
def _convex(tables: Tables, claim: Claim) -> Measured:
    found = tables["convex"]
    return claim.judge(tuple(found) == expected.INVARIANTS, ", ".join(map(str, found)))


@_claim(
    "volumes at unit edge of five solids, and the dihedral angles of the snub dodecahedron",
    "2.181695, 7.663119, 55.287731, 7.889477, 37.616650; 152.929920° (60 edges), 164.175366° (90)",
    "earlier prototype",
    "measured",
)
def _volumes(tables: Tables, claim: Claim) -> Measured:
    found = tables["metric"]
    right = all(abs(found["volumes"][name] - v) < 6e-7 for name, v in expected.VOLUMES.items())
    angles = sorted((round(degrees, 6), count) for degrees, count in found["dihedral"])
    volumes = ", ".join(f"{v:.6f}" for v in found["volumes"].values())
    text = f"{volumes}; " + ", ".join(f"{d:.6f}° ({n})" for d, n in angles)
    return claim.judge(right and angles == [(152.92992, 60), (164.175366, 90)], text)


# ---- detection -------------------------------------------------------------------------------------------------------


@_claim(
    "groups detected from coordinates alone are those of the construction, for all shapes of the benchmark",
    "224 of 224",
    "two independent ways",
    "derived",
)
def _detected(tables: Tables, claim: Claim) -> Measured:
    found = tables["detected"]
    if found["solids"] < 224:
        raise NotMeasured
    wrong = found["wrong"]
    return claim.judge(not wrong, f"{found['solids'] - len(wrong)} of {found['solids']}", f"wrong: {_list(wrong)}")


@_claim(
    "every point group, from generic orbits with Gaussian noise of 0.3 % of the radius, in all of 20 draws",
    "100 % for every group",
    "our aim, after an earlier prototype on the snub cube",
    "goal",
)
def _noise(tables: Tables, claim: Claim) -> Measured:
    _enough(tables)
    found = rates(tables, 3e-3)
    seeds = next(iter(tables["noise"].values()))["seeds"]
    text = f"{100 * sum(found) / len(found):.2f} % over {len(found)} groups x {seeds} draws"
    short = [
        f"{name} {row['right'][row['sigmas'].index(3e-3)]}/{row['seeds']}"
        for name, row in tables["noise"].items()
        if row["right"][row["sigmas"].index(3e-3)] < row["seeds"]
    ]
    return claim.judge(not short, text, f"short: {_list(short)}" if short else "")


@_claim(
    "at every level of noise the group is found at least as often as by pymatgen, over all groups",
    "ours >= pymatgen's better tolerance",
    "our aim",
    "goal",
)
def _noise_beside(tables: Tables, claim: Claim) -> Measured:
    _peer(tables)
    _enough(tables)
    sigmas = next(iter(tables["noise"].values()))["sigmas"]
    pairs = []
    for sigma in sigmas:
        ours, theirs = rates(tables, sigma), rates(tables, sigma, "peer")
        pairs.append((100 * sum(ours) / len(ours), 100 * sum(theirs) / len(theirs)))
    text = "; ".join(f"{s:g}: {a:.1f} and {b:.1f} %" for s, (a, b) in zip(sigmas, pairs))
    return claim.judge(all(a >= b for a, b in pairs), text)


@_claim(
    "with one to three points left out, exactly the group of what is left is found",
    ">= 99.5 % of draws; its group is known from the operations that keep the gap",
    "definition of a point group",
    "derived",
)
def _missing(tables: Tables, claim: Claim) -> Measured:
    rows = [r for r in tables["missing"].values() if r["counts"]]
    if not rows or min(r["seeds"] for r in rows) < _ENOUGH:
        raise NotMeasured
    draws = sum(r["seeds"] * len(r["counts"]) for r in rows)
    left, whole = sum(sum(r["left"]) for r in rows), sum(sum(r["whole"]) for r in rows)
    text = f"{100 * left / draws:.2f} % of {draws:,} draws"
    return claim.judge(left >= 0.995 * draws, text, f"the group of the whole cloud in {100 * whole / draws:.2f} %")


@_claim(
    "with one to three points left out, completing the shape gives the group of the whole",
    ">= 95 % of draws",
    "our aim",
    "goal",
)
def _completed(tables: Tables, claim: Claim) -> Measured:
    rows = [r for r in tables["missing"].values() if r["counts"]]
    if not rows or min(r["seeds"] for r in rows) < _ENOUGH:
        raise NotMeasured
    draws = sum(r["completed_seeds"] * len(r["counts"]) for r in rows)
    found = sum(sum(r["completed"]) for r in rows)
    return claim.judge(found >= 0.95 * draws, f"{100 * found / draws:.1f} % of {draws:,} draws")


# ---- speed and pictures ----------------------------------------------------------------------------------------------


@_claim(
    "point group with operations of C60, cubane and a 252-vertex compound beside pymatgen",
    ">= 10 times faster, the same group",
    "our aim",
    "goal",
)
def _speed(tables: Tables, claim: Claim) -> Measured:
    _peer(tables)
    rows = tables["point_groups"]
    if len(rows) < 3:
        raise NotMeasured
    parts, passed = [], True
    for row in rows:
        ratio = row["peer_seconds"] / row["seconds"]
        more = ">" if row["peer_symbol"].startswith("no answer") else ""
        parts.append(f"{row['name']} {1e3 * row['seconds']:.2g} ms, {more}{ratio:.0f}x")
        passed &= ratio >= _FASTER and row["symbol"] == row["expected"]
    return claim.judge(passed, "; ".join(parts))


@_claim("all 75 uniform polyhedra from nothing", "< 5 s", "our aim; naive Python took 6 s", "goal")
def _all_uniform(tables: Tables, claim: Claim) -> Measured:
    seconds = tables["seconds"]["uniform"]
    return claim.judge(seconds < 5.0, f"{seconds:.2f} s", f"all 92 Johnson solids {tables['seconds']['johnson']:.2f} s")


@_claim("all 224 shapes with their visible surfaces from nothing", "< 1 s", "our aim", "goal")
def _everything(tables: Tables, claim: Claim) -> Measured:
    if tables["everything"] is None:
        raise NotMeasured
    return claim.judge(tables["everything"] < 1.0, f"{tables['everything']:.1f} s", "one thread, no file is read")


@_claim(
    "a picture of 256 x 256 with antialiasing, for shapes below 2000 triangles, one thread",
    "< 10 ms for every shape",
    "our aim",
    "goal",
)
def _pictures(tables: Tables, claim: Claim) -> Measured:
    found = tables["pictures"]
    if "numba" not in found["engines"]:
        raise NotMeasured('needs numba: pip install "symmeter[fast]"')
    times = sorted(1e3 * row["numba"] for row in found["rows"])
    text = f"{times[len(times) // 2]:.1f} ms in the middle, {times[-1]:.1f} ms at most, {len(times)} shapes"
    plain = sorted(1e3 * row["numpy"] for row in found["rows"])
    return claim.judge(times[-1] < 10.0, text, f"processor time; with NumPy alone {plain[len(plain) // 2]:.0f} ms")


@_claim(
    "the compiled and the plain rasteriser give one picture",
    "0 bytes differ",
    "definition",
    "derived",
)
def _engines(tables: Tables, claim: Claim) -> Measured:
    found = tables["pictures"]
    if "numba" not in found["engines"]:
        raise NotMeasured('needs numba: pip install "symmeter[fast]"')
    return claim.judge(found["differ"] == 0, f"{found['differ']} bytes of {len(found['rows'])} pictures differ")


@_claim(
    "mean area of the shadow of a convex solid, from pictures: a quarter of its surface",
    "ratio 1 within 0.3 %",
    "Cauchy's theorem",
    "derived",
)
def _shadows(tables: Tables, claim: Claim) -> Measured:
    ratios = list(tables["shadows"].values())
    text = f"{min(ratios):.4f} to {max(ratios):.4f} over {len(ratios)} solids"
    return claim.judge(max(abs(r - 1.0) for r in ratios) < 3e-3, text)


CLAIMS = _judges.claims
