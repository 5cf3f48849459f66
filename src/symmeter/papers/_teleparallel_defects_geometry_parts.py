"""Pieces of the part ``geometry``: formulas, loops, grids, identities, hierarchy, networks of lines, action, times."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from symmeter.spacetime import defects as D
from symmeter.spacetime.defects.action import CONTRACTIONS

__all__ = [
    "DEFECTS",
    "action",
    "formulas",
    "hierarchy",
    "identities",
    "loops",
    "network",
    "on_grid",
    "random_geometry",
    "straightforward_check",
    "times",
]

_A, _CORE, _WIDTH = 0.8, 1.0, 16.0

#: Name, what it is, half width of the box in which charges are counted.
_MAKE = {
    "screw": lambda: D.screw(core=_CORE),
    "edge": lambda: D.edge(core=_CORE),
    "edge-in-space": lambda: D.edge(gauge="crystal", b=0.5, core=_CORE),
    "wedge-as-nonmetricity": lambda: D.wedge_disclination(_A, core=_CORE),
    "wedge-as-torsion": lambda: D.wedge_disclination(_A, "weitzenboeck", core=_CORE),
    "dispiration": lambda: D.dispiration(_A, 1.0, core=_CORE),
    "screw-dipole": lambda: D.dipole("screw", separation=6.0, core=_CORE),
    "edge-dipole": lambda: D.dipole("edge", separation=6.0, core=_CORE),
    "wedge-dipole": lambda: D.dipole("wedge", separation=6.0, a=_A, core=_CORE),
    "point": lambda: D.point_defect(0.2, 1.0),
    "eshelby-sphere": lambda: D.eshelby_sphere(0.05, radius=2.0).geometry(0.35),
}
#: Names of what is put on grids.
DEFECTS = tuple(_MAKE)
_POINTS = ("point", "eshelby-sphere")


def on_grid(name: str, lines: int, points: int) -> dict[str, Any]:
    """One defect: everything that its region has, and the charges that it should have."""
    defect = _MAKE[name]()
    solid = name in _POINTS
    count, width = (points, 9.0) if solid else (lines, _WIDTH)
    shape = (count,) * 3 if solid else (count, count, 1)
    geometry = defect.on_grid(shape, width / count)
    if solid:
        report = geometry.report()
    else:
        # Sides on grid points, an even number of steps apart.
        half = int(0.42 * count) * geometry.grid.spacing[0]
        center = -geometry.grid.spacing[0] / 2
        report = geometry.report(((center - half, center + half), (center - half, center + half), None))
    out = {
        "exact": {k: _plain(v) for k, v in defect.charges.items()},
        "report": report.to_json(),
        "gauge": defect.gauge,
    }
    out["errors"] = _errors(defect.charges, report)
    return out


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _errors(charges: Any, report: Any) -> dict[str, float]:
    """Differences of measured charges from exact ones."""
    found: dict[str, float] = {}
    if "burgers" in charges and report.burgers:
        found["burgers"] = float(np.abs(np.array(report.burgers["z"]) - charges["burgers"]).max())
    if "burgers_z" in charges and report.burgers:
        found["burgers"] = abs(report.burgers["z"][2] - charges["burgers_z"])
    if "frank" in charges and report.frank:
        found["frank"] = abs(report.frank["z"] - charges["frank"])
    if "curvature" in charges:
        found["curvature"] = abs(report.curvature - charges["curvature"])
    if "flux_P" in charges and report.fluxes:
        found["flux of P"] = abs(report.fluxes["P"] - charges["flux_P"])
        found["flux of Q"] = abs(report.fluxes["Q"] - charges["flux_Q"])
    if "volume" in charges:
        found["volume"] = abs(report.volume_misfit / charges["volume"] - 1)
    return found


def formulas() -> dict[str, bool]:
    """Statements about closed forms, each true or false, decided exactly."""

    def zero(values: Any) -> bool:
        return all(v.is_zero() for v in np.asarray(values, dtype=object).flat)

    cone = D.wedge_disclination().exact
    q = cone.nonmetricity.irreps()
    conformal = "exp(2 s)*(dx^2+dy^2+dz^2)"
    weyl = D.MetricAffine.coincident(conformal, "x y z", functions="s(x,y,z)")
    w = weyl.nonmetricity.traces()
    general = D.MetricAffine(
        ["exp(s) dx", "dy+ x dz", "dz"],
        "general",
        [["1", "y", "0"], ["0", "1+x^2", "0"], ["z", "0", "1"]],
        coordinates="x y z",
        functions="s(x,y,z)",
    )
    linear = D.MetricAffine.coincident(D.perturbed_metric(3))
    traces = linear.nonmetricity.traces()
    divergence: Any = sum(((traces.Q[i] - traces.P[i]).derivative(i) for i in range(3)), start=0)
    smooth = D.MetricAffine.weitzenboeck(["dx", "dy", "dz + F dy"], coordinates="x y z", functions="F(x,y)")
    norms = smooth.torsion.irreps().norms
    classical = [d.exact for d in (D.screw(), D.edge(), D.dispiration(), D.dipole("screw"), D.dipole("edge"))]
    return {
        "cone: Q = 0": zero(q.Q) and zero(cone.torsion.components),
        "cone: P = -(1-a^2)/(2a^2) dr/r": all(
            q.P[i].equals(f"-(1-a^2)/(2 a^2) {x}/(x^2+y^2)") for i, x in enumerate("xy")
        ),
        "cone: flat off its axis": cone.riemann().largest == 0 and cone.flatness_scalar().is_zero(),
        "cone: S and H do not vanish": not zero(q.S) and not zero(q.H),
        "Weyl: Q = -3 ds, P = -ds, B = 0": all(
            w.Q[i].equals(f"-3 s_{x}") and w.P[i].equals(f"-s_{x}") for i, x in enumerate("xyz")
        )
        and zero(w.B),
        "Weyl: curvature": weyl.riemann().scalar().equals("-exp(-2 s)*(4*(s_xx+s_yy+s_zz) + 2*(s_x^2+s_y^2+s_z^2))"),
        "Weyl: no obstruction": zero(weyl.obstruction()),
        "any e and Lambda: DT = DQ = R = 0": not any(general.bianchi_residuals().values())
        and general.curvature().largest == 0,
        "any e and Lambda: curvature from T and Q": (general.flatness_scalar() - general.riemann().scalar()).is_zero(),
        "first order: curvature = 2 div(Q - P)": (linear.riemann().scalar() - divergence * 2).is_zero(),
        "screw: one third axial, two thirds tensor": (norms["axial"] * 2 - norms["tensor"]).is_zero()
        and norms["vector"].is_zero(),
        "dislocations: flat off their lines": all(g.riemann().largest == 0 for g in classical),
    }


def loops() -> dict[str, float]:
    """Largest errors of charges of singular defects, over loops of several sizes and shapes."""
    around = [D.circle((0, 0, 0), r) for r in (0.01, 1.0, 30.0)] + [D.rectangle((0.4, -0.3, 1.0), (1.0, 3.0))]
    out: dict[str, float] = {}
    out["burgers"] = max(
        float(np.abs(d.burgers(loop) - d.charges["burgers"]).max()) for d in (D.screw(), D.edge()) for loop in around
    )
    out["frank"] = max(
        float(np.abs(D.wedge_disclination(a).frank(loop).vector - [0, 0, 2 * np.pi * (1 - a)]).max())
        for a in (0.6, 0.9, 1.1)
        for loop in around
    )
    wall = D.grain_boundary(1.0, 20.0)
    turn = []
    for x in (-100.0, 100.0):
        left, _, right = np.linalg.svd(wall.crystal_coframe(np.array([[x, 3.0, 0.0]]))[:2, :2, 0])
        rotation = left @ right
        turn.append(float(np.arctan2(rotation[1, 0], rotation[0, 0])))
    out["tilt"] = abs(turn[1] - turn[0])
    out["read_shockley"] = wall.charges["read_shockley"]
    out["wall"] = float(np.abs(wall.burgers(D.rectangle((0, 20, 0), (50, 30))) - [3, 0, 0]).max())
    return out


def random_geometry(points: int, seed: int, amplitude: float = 0.05) -> Any:
    """Coframe and Lambda of random long waves in a periodic box."""
    draw = np.random.default_rng(seed)
    x = np.meshgrid(*[2 * np.pi * np.arange(points) / points] * 3, indexing="ij")

    def field() -> np.ndarray:
        out = np.zeros((9, points, points, points))
        for f in out:
            for _ in range(3):
                k = draw.integers(-1, 2, 3)
                f += amplitude * draw.normal() * np.cos(sum(a * b for a, b in zip(k, x)) + draw.uniform(0, 6))
        return out.reshape(3, 3, points, points, points) + np.eye(3)[:, :, None, None, None]

    return field(), field()


def identities(seed: int) -> dict[str, float]:
    """What must vanish for any coframe and any Lambda, on 32 cubed points; and the size of the curvature scalar."""
    e, L = random_geometry(32, seed)
    geometry = D.MetricAffine(coframe=e, gauge="general", Lambda=L)
    found = dict(geometry.check())
    found["curvature"] = float(np.abs(geometry.scalar_curvature()).max())
    return found


def hierarchy(points: tuple[int, ...]) -> list[dict[str, float]]:
    """Continuity of torsion with curvature and without, on finer and finer grids over the same box."""
    from symmeter.spacetime.defects.hierarchy import wedge_crossed_by_screw

    rows = []
    for count in points:
        step = 12.0 / count
        e, omega, origin = wedge_crossed_by_screw(points=count, spacing=step)
        found = D.hierarchy_check(e, omega, step, 1.5, origin=origin)
        rows.append(
            {
                "points": count,
                "classical": found.classical,
                "identity": found.identity,
                "teleparallel": found.teleparallel,
            }
        )
    return rows


def network() -> dict[str, Any]:
    """Two loops of dislocations that share a side, on a cubic complex: lines, meetings, Kirchhoff's law, Stokes."""
    shape = (10, 12, 11)
    rng = np.random.default_rng(3)
    edges = [np.zeros((2, *(k - (j == i) for j, k in enumerate(shape)))) for i in range(3)]
    # Cuts along two plates that meet at a right angle; a gradient over all of it changes nothing.
    edges[2][0, 2:7, 2:10, 4] = -1.0
    edges[0][1, 6, 2:10, 5:9] = -1.0
    potential = rng.standard_normal((2, *shape)) * 0.02
    for i in range(3):
        edges[i] += np.diff(potential, axis=i + 1)
    complex_ = D.CubicComplex(edges, shape, [1.0] * 3)
    lines = complex_.lines(0.5)
    meetings = complex_.junctions(0.5)
    low, high = (1, 1, 4), (8, 10, 4)
    return {
        "lines": [
            {"points": line.points.tolist(), "burgers": line.burgers[0].round(3).tolist(), "closed": line.closed}
            for line in lines
        ],
        "meetings": [{"at": at.tolist(), "residual": residual, "lines": len(out)} for at, out, residual in meetings],
        "cubes": float(np.abs(complex_.cubes()).max()),
        "stokes": float(np.abs(complex_.burgers(low, high) - complex_.through(low, high)).max()),
        "scatter": max(float(np.abs(line.burgers - line.burgers[0]).max()) for line in lines),
    }


def action(seed: int) -> dict[str, Any]:
    """Orders of field equations, signatures, identities on a grid, and what the axial coefficient touches."""
    numbers = dict(zip(CONTRACTIONS, (1, -2, 3, 4, 5, -6, 7, 8, 9, 10, 11)))
    found: dict[str, Any] = {}
    for n in (2, 3):
        equations = D.Action(numbers, n=n).field_equations()
        found[f"order {n}"] = equations.order
        found[f"quasilinear {n}"] = equations.quasilinear
        exact = (*equations.rotation_identity().flat, *equations.translation_identity())
        found[f"identities {n}"] = all(x.is_zero() for x in exact)
    einstein = D.Action.curvature_equivalent()
    found["einstein has no Lambda"] = all(f.is_zero() for f in einstein.field_equations().Lambda.flat)
    found["einstein"] = einstein.stability().signature
    found["squares"] = D.Action.irreducible(
        dict.fromkeys(("vector", "axial", "tensor", "trace", "S", "H"), 1)
    ).stability().signature  # fmt: skip
    found["restricted"] = D.Action.restricted(c1=1, c2=1, c3=1, c7=1).stability().signature
    two = [D.Action.restricted(c1=1, c2=1, c3=1, c4=0.5, c5=0.3, c6=0.2, c7=c).stability().blocks for c in (1, 5)]
    rest = (k for k in two[0] if k != "axial")
    found["axial is free"] = all(np.allclose(two[0][k], two[1][k]) for k in rest)
    found["axial"] = [float(block["axial"][0][0]) for block in two]
    e, L = random_geometry(16, seed, 0.03)
    geometry = D.MetricAffine(e, "general", L)
    found["noether"] = D.Action(numbers).noether_residuals(geometry, seed)
    found["boundary"] = abs(einstein.value(geometry) - geometry.total_curvature())
    return found


def times(rounds: int, seed: int) -> dict[str, float]:
    """Best seconds of the check on 32 cubed points, ours and written plainly, taken in turns."""
    e, L = random_geometry(32, seed)
    ours, plain = [], []
    for k in range(rounds):
        start = time.perf_counter()
        D.MetricAffine(coframe=e, gauge="general", Lambda=L).check()
        ours.append(time.perf_counter() - start)
        if k < 3:
            start = time.perf_counter()
            straightforward_check(e, L)
            plain.append(time.perf_counter() - start)
    return {"ours": min(ours), "plain": min(plain), "rounds": rounds}


def straightforward_check(e: np.ndarray, L: np.ndarray) -> dict[str, float]:
    """The same check as the formulas are written: full transforms, full tensors, one product of many factors each."""
    points = e.shape[-1]
    k = np.fft.fftfreq(points, 1 / points)
    k[points // 2] = 0

    def d(field: np.ndarray) -> np.ndarray:
        hat = np.fft.fftn(field, axes=(-3, -2, -1))
        waves = [k.reshape([-1 if j == i else 1 for j in range(3)]) for i in range(3)]
        return np.stack([np.fft.ifftn(1j * w * hat, axes=(-3, -2, -1)).real for w in waves], axis=field.ndim - 3)

    def inverse(m: np.ndarray) -> np.ndarray:
        return np.moveaxis(np.linalg.inv(np.moveaxis(m, (0, 1), (-2, -1))), (-2, -1), (0, 1))

    X, Li = inverse(e), inverse(L)
    omega = np.einsum("aA...,Abi...->abi...", Li, d(L))
    domega = np.einsum("abji...->abij...", d(omega))
    R = domega - domega.swapaxes(2, 3)
    square = np.einsum("aci...,cbj...->abij...", omega, omega)
    R = R + square - square.swapaxes(2, 3)
    de = np.einsum("aji...->aij...", d(e)) + np.einsum("abi...,bj...->aij...", omega, e)
    T2 = de - de.swapaxes(1, 2)
    T = np.einsum("aij...,ib...,jc...->abc...", T2, X, X)
    Q = np.einsum("abi...,ic...->abc...", (omega + omega.swapaxes(0, 1)) / 2, X)
    K = (T.swapaxes(0, 1) - T - T.swapaxes(0, 2)) / 2
    L_ = K + Q + Q.swapaxes(1, 2) - np.moveaxis(Q, (0, 1, 2), (1, 2, 0))
    levi = omega - np.einsum("abc...,ci...->abi...", L_, e)
    dlevi = np.einsum("abji...->abij...", d(levi))
    square = np.einsum("aci...,cbj...->abij...", levi, levi)
    Rt = dlevi - dlevi.swapaxes(2, 3) + square - square.swapaxes(2, 3)
    scalar = np.einsum("abij...,ia...,jb...->...", Rt, X, X)
    flow = np.einsum("ia...,abb...->i...", X, L_) - np.einsum("ia...,bab...->i...", X, L_)
    volume = np.abs(np.linalg.det(np.moveaxis(e, (0, 1), (-2, -1))))
    divergence = np.einsum("ii...->...", d(flow * volume)) / volume
    quadratic = np.einsum("aeb...,eba...->...", L_, L_) - np.einsum("aea...,ebb...->...", L_, L_)
    DT = np.einsum("aijk...->akij...", d(T2)) + np.einsum("abk...,bij...->akij...", omega, T2)
    DT = DT[:, 0, 1, 2] + DT[:, 1, 2, 0] + DT[:, 2, 0, 1]
    Qs = (omega + omega.swapaxes(0, 1)) / 2
    dQ = np.einsum("abji...->abij...", d(Qs))
    mixed = np.einsum("cai...,cbj...->abij...", omega, Qs)
    DQ = dQ - mixed - mixed.swapaxes(0, 1)
    DQ = DQ - DQ.swapaxes(2, 3)
    return {
        "R": float(np.abs(R).max()),
        "DT": float(np.abs(DT).max()),
        "DQ": float(np.abs(DQ).max()),
        "scalar": float(np.abs(scalar - quadratic + divergence).max()),
    }
