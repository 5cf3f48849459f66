"""Experiment for "Bootstrapping Symmetries in Quantum Many-Body Systems from the Cross Spectral ..." (2604.01296).

The three examples (self-dual torus chain, driven bosons, Hubbard chain), the S3 chain, and the controls: an
anti-unitary that does not commute, Z3 with time reversal against S3, independent levels, and A5 from Z5.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import numpy as np

from symmeter.papers._symmetry_bootstrap_claims import CLAIMS, judge
from symmeter.papers.catalogue import entry
from symmeter.papers.checkpoints import Checkpoints
from symmeter.papers.paper import Outcome, Paper
from symmeter.progress import Progress

__all__ = ["PAPER"]

#: Realisations of the S3 chain and of the torus chains, and sites of the Hubbard chain.
_SIZES = {"smoke": (6, 5, 40, 4), "laptop": (200, 6, 150, 6), "full": (400, 8, 400, 8)}
_A5 = [[4, 2, 2, 2, 2], [2, 3, 2, 2, 3], [2, 2, 3, 3, 2], [2, 2, 3, 3, 2], [2, 3, 2, 2, 3]]


def run(scale: str, checkpoints: Checkpoints, progress: Progress, seed: int) -> Outcome:
    """Do the work, part by part."""
    s3, sites, torus, hubbard = _SIZES[scale]
    parts = {
        "s3": partial(_s3, s3, sites, seed),
        "torus": partial(_torus, torus, float(np.pi / 4), seed),
        "off": partial(_torus, torus, float(np.pi / 4) + 0.25, seed),
        "bosons": _bosons,
        "hubbard": partial(_hubbard, hubbard, seed),
        "controls": partial(_controls, seed),
        "a5": _a5,
    }
    tables: dict[str, Any] = {}
    for i, (name, compute) in enumerate(parts.items()):
        progress(i / len(parts), name)
        tables[name] = checkpoints.get_or_compute(name, compute)
    progress(1.0, "figure")
    return Outcome(measured=judge(tables, scale), figure=partial(_figure, tables), tables=tables)


def _figure(tables: dict[str, Any]) -> Any:
    from symmeter.papers._symmetry_bootstrap_figure import draw

    return draw(tables)


def s3_chain(length: int, rng: np.random.Generator) -> Any:
    """A three-state chain with random couplings of clock hands and of their shifts, and random fields."""
    from symmeter.quantum import Hamiltonian, models

    plain = models.clock(length, 3, periodic=False)
    terms: list[Any] = []
    for i in range(length - 1):
        for a, b, c in (("Z", "Zd", rng.uniform(0.5, 1.5)), ("X", "Xd", rng.uniform(0.5, 1.5))):
            terms += [(c, ((a, i), (b, i + 1))), (c, ((b, i), (a, i + 1)))]
    for i in range(length):
        f = rng.uniform(0.5, 1.5)
        terms += [(f, (("X", i),)), (f, (("Xd", i),))]
    return Hamiltonian(plain.space, terms, "S3 chain", {k: plain.symmetries[k] for k in ("Q", "C")})


def _statistics(seed: Any) -> dict[str, Any]:
    from symmeter.quantum.symmetry_bootstrap.patterns import pattern_text

    found = [r.statistics for r in seed.rows]
    return {
        "patterns": [pattern_text(r.pattern, seed.known.labels) for r in seed.rows],
        "levels": [int(r.levels) for r in seed.rows],
        "blocks": [r.blocks for r in seed.rows],
        "classes": [r.ensemble for r in seed.rows],
        "ratios": [s.gap_ratio for s in found],
        "ratio_errors": [s.gap_ratio_error for s in found],
        "ramp": [0.0 if s.estimate is None else s.estimate.value for s in found],
        "ramp_error": [0.0 if s.estimate is None else s.estimate.error for s in found],
        "source": seed.source,
    }


def _s3(realisations: int, length: int, seed: int) -> dict[str, Any]:
    from symmeter.quantum import SectorSpectra, bootstrap, xsff

    rng = np.random.default_rng(seed)
    spectra = SectorSpectra.from_hamiltonian([s3_chain(length, rng) for _ in range(realisations)], "Q")
    start = xsff.seed(spectra, rng=seed)
    result = bootstrap(start)
    x = np.geomspace(0.03, 3.0, 70)
    curve = xsff.unfolded_curve(spectra, x)
    scale = float(curve.plateau[1, 1])
    pairs = ((0, 0), (1, 2), (0, 1))
    return {
        **_statistics(start),
        "realisations": realisations,
        "groups": [str(g) for g in result.groups],
        "times": x.tolist(),
        "curves": [(np.real(curve.values[a, b]) / scale).tolist() for a, b in pairs],
    }


def _torus(realisations: int, theta: float, seed: int) -> dict[str, Any]:
    from symmeter.quantum import SectorSpectra, bootstrap, models, xsff

    rng = np.random.default_rng(seed)
    many = [models.quantum_torus_chain(6, theta, J=rng.uniform(0.5, 1.5, 6)) for _ in range(realisations)]
    spectra = SectorSpectra.from_hamiltonian(many, "U,V")
    start = xsff.seed(spectra, rng=seed)
    result = bootstrap(start)
    order = [int(a) for r in start.rows for a in np.flatnonzero(r.pattern)]
    statistics = _statistics(start)
    return {
        **statistics,
        "ramp_blocks": statistics["ramp"],
        "realisations": realisations,
        "groups": [str(g) for g in result.groups],
        "order": order if abs(theta - np.pi / 4) < 1e-9 else result.order,
        "antiunitary": result.antiunitary,
        "labels": list(spectra.labels),
        "ramp": start.ramp.tolist() if start.ramp is not None else [],
    }


def _bosons() -> dict[str, Any]:
    from symmeter.quantum import SectorSpectra, bootstrap, models, xsff

    spectra = SectorSpectra.from_hamiltonian(models.driven_bose_hubbard(8, 5), "T", charges={"N": 5})
    result = bootstrap(xsff.seed(spectra, route="levels"))
    return {"status": result.status, "order": result.order, "dims": list(result.projective_dims)}


def _hubbard(sites: int, seed: int) -> dict[str, Any]:
    from symmeter.quantum import ChargeSpectra, bootstrap, models

    rng = np.random.default_rng(seed)
    t, u = rng.uniform(0.5, 1.5, sites - 1), rng.uniform(2, 6, sites)
    h = models.fermi_hubbard(sites, t=t, U=u, symmetric=True, periodic=False)
    levels = {
        f"{up - down}/2,{up + down - sites}/2": h.eigenvalues({"Nup": up, "Ndn": down})
        for up in range(sites + 1)
        for down in range(sites + 1)
    }
    found = bootstrap(ChargeSpectra.from_levels(levels)).weights
    if found is None:
        return {"sites": sites, "name": "none", "multiplets": 0, "unexplained": 0, "counts": []}
    return {
        "sites": sites,
        "name": found.name,
        "multiplets": sum(n for *_, n in found.irreps),
        "unexplained": sum(n for _, n in found.accidental),
        "counts": [[float(w[0]), float(w[1]), n] for w, _, n in found.irreps],
    }


def _controls(seed: int) -> dict[str, Any]:
    from symmeter.errors import SampleSizeError
    from symmeter.quantum import bootstrap, xsff
    from symmeter.quantum.symmetry_bootstrap import known_subgroup, symmetric_random_spectra

    known = known_subgroup("Z3")
    b = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 1]])
    both = symmetric_random_spectra((known, b), [120, 120, 240], "GUE", realisations=60, rng=seed)
    pair = symmetric_random_spectra(
        (known, np.eye(3, dtype=int)), 150, ["GOE", "GUE", "GUE"], realisations=60, rng=seed, pairs=[(1, 2)]
    )
    poisson = symmetric_random_spectra((known, b), [120, 120, 240], "Poisson", realisations=20, rng=seed)
    try:
        xsff.seed(poisson, route="ramp")
        refused = False
    except SampleSizeError:
        refused = True
    return {
        "s3": [g.name for g in bootstrap(xsff.seed(both)).groups],
        "z3t": [g.name for g in bootstrap(xsff.seed(pair)).groups],
        "poisson": [g.name for g in bootstrap(xsff.seed(poisson)).groups],
        "refused": refused,
    }


def _a5() -> dict[str, Any]:
    from symmeter.quantum.symmetry_bootstrap import Seed, bootstrap

    start = time.perf_counter()
    result = bootstrap(Seed.from_ramp(_A5, "Z5"))
    return {"groups": [g.name for g in result.groups], "seconds": time.perf_counter() - start}


PAPER = Paper.of(
    entry("symmetry-bootstrap"),
    implements=("symmeter.quantum.SectorSpectra", "symmeter.quantum.xsff", "symmeter.quantum.bootstrap"),
    claims=CLAIMS,
    run=run,
)
