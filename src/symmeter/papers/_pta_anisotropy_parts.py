"""Parts of the experiment on pulsar timing: exactness, recoveries, false alarms, finite populations, times."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from symmeter.signals import pta
from symmeter.signals.pta.example_arrays import SIXTY_EIGHT
from symmeter.signals.pta.overlap_functions import pair_frame_integrals, pair_frame_overlap, positive_orders

__all__ = [
    "closed_forms",
    "curves",
    "detections",
    "exactness",
    "false_alarms",
    "populations",
    "recovery",
    "sky",
    "times",
]

_ISOTROPIC = float(np.sqrt(4 * np.pi))


def array() -> pta.Array:
    """The array of all parts."""
    return pta.Array.from_jnames(SIXTY_EIGHT)


def curves() -> dict[str, Any]:
    """Overlap functions over the angle, for the figure."""
    zeta = np.linspace(0, np.pi, 181)
    ell, m = positive_orders(4)
    values = pair_frame_overlap(4, zeta) * pta.BETA
    names = [f"{a}{b}" for a, b in zip(ell, m)]
    return {"degrees": np.degrees(zeta).tolist(), **{n: values[:, k].tolist() for k, n in enumerate(names)}}


def closed_forms() -> dict[str, float]:
    """Differences from the published forms of degrees 0 and 1, and facts about the isotropic curve."""
    zeta = np.linspace(0.01, np.pi - 0.01, 2000)
    c, s, log = np.cos(zeta), np.sin(zeta), np.log(np.sin(zeta / 2))
    published = [
        np.sqrt(np.pi) / 2 * (1 + c / 3 + 4 * (1 - c) * log),
        -0.5 * np.sqrt(np.pi / 3) * ((1 + c) + 3 * (1 - c) * ((1 + c) + 4 * log)),
        0.5 * np.sqrt(np.pi / 6) * s * (1 + 3 * (1 - c) * (1 + 4 / (1 + c) * log)),
    ]
    found = pair_frame_overlap(1, zeta)
    fine = np.linspace(1.2, 1.7, 200001)
    curve = pta.hellings_downs(fine)
    return {
        "published": max(float(np.abs(found[:, k] - f).max()) for k, f in enumerate(published)),
        "hellings_downs": float(np.abs(_ISOTROPIC * pta.BETA * found[:, 0] - pta.hellings_downs(zeta)).max()),
        "minimum": float(curve.min()),
        "minimum_at": float(np.degrees(fine[curve.argmin()])),
        "pair": float(np.abs(_pair() - _PAIR).max()),
    }


#: J1713+0747 with J1909-3744: 00, 1-1, 10, 11, 2-2 .. 22.
_PAIR = np.array(
    [-0.00885667, -0.02235964, -0.00617607, 0.00042455, 0.01155903, -0.02096432, 0.03229308, -0.03989317, 0.01121275]
)


def _pair() -> np.ndarray:
    return pta.BETA * pta.Array.from_jnames(["J1713+0747", "J1909-3744"]).orf_basis(2)[0]


def exactness(lmax: int, seed: int) -> dict[str, float]:
    """Series against quadrature, exchange of pulsars, and rotation of the whole sky."""
    zeta = np.concatenate((np.geomspace(1e-6, 0.4, 100), np.linspace(0.4, np.pi - 1e-4, 300)))
    order = positive_orders(lmax)[1]
    series = np.abs(
        pair_frame_overlap(lmax, zeta) - pair_frame_integrals(lmax, zeta) * np.sin(zeta)[:, None] ** order
    ).max()
    given = array()
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    turned = pta.Array(given.directions @ (turn * np.sign(np.linalg.det(turn))).T, given.names)
    back = pta.Array(given.directions[::-1], given.names)
    n = len(given)
    place = {tuple(p): k for k, p in enumerate(back.pairs.tolist())}
    order_back = [place[n - 1 - b, n - 1 - a] for a, b in given.pairs]
    ours, theirs, exchanged = (a.orf_basis(lmax) for a in (given, turned, back))
    starts = np.arange(lmax + 1) ** 2
    power = [np.add.reduceat(x**2, starts, axis=1) for x in (ours, theirs)]
    return {
        "series": float(series),
        "rotation": float(np.abs(power[0] - power[1]).max()),
        "exchange": float(np.abs(ours - exchanged[order_back]).max()),
    }


def recovery(draws: int, seed: int) -> dict[str, Any]:
    """A dipole in noise: means, deviations beside Fisher's, coverage, condition numbers."""
    given, sigma = array(), 0.1
    truth = np.array([_ISOTROPIC, 0.0, 0.5 * _ISOTROPIC, 0.0])
    clean = given.orf(truth)
    fit = pta.AnisotropyFit(given, clean, sigma, 1)
    promised = np.sqrt(np.diag(fit.cov))
    rng = np.random.default_rng(seed)
    found = np.array([
        pta.AnisotropyFit(given, clean + sigma * rng.standard_normal(len(clean)), sigma, 1).c_lm for _ in range(draws)
    ])  # fmt: skip
    inside = np.abs(found - truth) < 1.6448536 * promised
    return {
        "mean": float(found[:, 2].mean()),
        "error": float(promised[2] / np.sqrt(draws)),
        "ratio": (found.std(0, ddof=1) / promised).tolist(),
        "coverage": float(inside.mean()),
        "draws": draws,
        "conditions": [pta.AnisotropyFit(given, clean, sigma, lmax).condition for lmax in (2, 6)],
    }


def false_alarms(draws: int, seed: int) -> dict[str, float]:
    """p-values of isotropic skies, and how often positive fits are positive where linear ones are not."""
    given = array()
    clean = given.orf()
    rng = np.random.default_rng(seed)
    p, negative, positive = [], 0, 0
    for k in range(draws):
        rho = clean + 0.3 * rng.standard_normal(len(clean))
        fit = pta.AnisotropyFit(given, rho, 0.3, 2)
        p.append(fit.p_value())
        if k < draws // 10:
            # Noisier, and more degrees, so that linear fits go below zero.
            rho = clean + rng.standard_normal(len(clean))
            negative += pta.AnisotropyFit(given, rho, 1.0, 4).power.least < 0
            positive += pta.AnisotropyFit(given, rho, 1.0, 4, basis="sqrt").power.least >= -1e-9
    p = np.sort(p)
    gap = float(np.abs(p - (np.arange(draws) + 0.5) / draws).max())
    below = float((p < 0.05).mean())
    return {
        "distance": gap, "draws": draws, "below": below, "negative": negative / (draws // 10),
        "positive": positive / (draws // 10),
    }  # fmt: skip


def populations(draws: int, seed: int) -> dict[str, Any]:
    """Spectra of finite numbers of equal sources, and effective numbers of sources spread evenly in space."""
    rng = np.random.default_rng(seed)
    n = 50
    spectra = np.array([n * pta.population(n, lmax=4, weights=np.ones(n), rng=rng).spectrum for _ in range(draws)])
    numbers = (1000, 10000, 100000)
    medians = [float(np.median([pta.population(k, lmax=0, rng=rng).shot_noise for _ in range(draws)])) for k in numbers]
    return {
        "white": spectra[:, 1:].mean(0).tolist(),
        "white_error": (spectra[:, 1:].std(0, ddof=1) / np.sqrt(draws)).tolist(),
        "numbers": list(numbers), "medians": medians, "draws": draws,
    }  # fmt: skip


def detections(draws: int, seed: int) -> dict[str, Any]:
    """How often populations of some numbers of sources are told from an isotropic sky."""
    given, rng, sigma = array(), np.random.default_rng(seed), 0.1
    numbers, shares = (100, 1000, 10000, 100000), []
    for n in numbers:
        found = 0
        for _ in range(draws):
            truth = pta.population(n, slope=-4.0, lmax=8, rng=rng)
            rho = given.orf(truth) + sigma * rng.standard_normal(len(given.pairs))
            found += pta.AnisotropyFit(given, rho, sigma, 4).p_value() < 0.003
        shares.append(found / draws)
    return {"numbers": list(numbers), "shares": shares, "draws": draws}


def sky(sigma: float, seed: int) -> dict[str, Any]:
    """One finite population: the sky, and what the array tells of it linearly, positively and point by point."""
    given = array()
    rng = np.random.default_rng(seed)
    truth = pta.population(60, slope=-4.0, lmax=12, rng=rng)
    rho = given.orf(truth.c) + sigma * rng.standard_normal(len(given.pairs))
    linear = pta.AnisotropyFit(given, rho, sigma, 4)
    positive = pta.AnisotropyFit(given, rho, sigma, 6, basis="sqrt")
    latitude, longitude = np.meshgrid(np.radians(np.linspace(-89, 89, 90)), np.radians(np.linspace(-179, 179, 180)))
    points = np.stack(
        (np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)), -1
    )
    flat = points.reshape(-1, 3)
    power, error = pta.radiometer_map(given, rho, sigma, flat)
    return {
        "sigma": sigma, "effective": truth.shot_noise, "p_value": linear.p_value(),
        "truth_spectrum": truth.spectrum.tolist(),
        "linear_spectrum": (linear.C_l / linear.c_lm[0] ** 2).tolist(),
        "spectrum_error": (_spectra(linear.posterior(2000, rng)).std(0) / linear.c_lm[0] ** 2).tolist(),
        "noise_spectrum": (np.array([
            np.diag(linear.cov)[k * k : (k + 1) ** 2].mean() for k in range(5)]) / linear.c_lm[0] ** 2).tolist(),
        "truth": truth.values(flat).reshape(latitude.shape).tolist(),
        "linear": linear.power.values(flat).reshape(latitude.shape).tolist(),
        "positive": positive.power.values(flat).reshape(latitude.shape).tolist(),
        "radiometer": (power / error).reshape(latitude.shape).tolist(),
        "correlation": float(np.corrcoef(truth.values(flat), positive.power.values(flat))[0, 1]),
        "pulsars": given.directions.tolist(), "angles": np.degrees(given.angles).tolist(), "rho": rho.tolist(),
    }  # fmt: skip


def _spectra(c: np.ndarray) -> np.ndarray:
    """Mean squares of each degree, for rows of coefficients up to degree 4."""
    return np.stack([(c[:, k * k : (k + 1) ** 2] ** 2).mean(1) for k in range(5)], 1)


def times(rounds: int) -> dict[str, float]:
    """Smallest processor times of exact overlap functions, seconds over all threads, tables made before."""
    rng = np.random.default_rng(0)
    out = {}
    for n, lmax in ((67, 8), (67, 32), (200, 8)):
        some = pta.Array(rng.standard_normal((n, 3)), tuple(map(str, range(n))))
        some.orf_basis(lmax)
        best = []
        for _ in range(rounds):
            # Not the clock on the wall, which counts what else the machine does.
            began = time.process_time()
            some.orf_basis(lmax)
            best.append(time.process_time() - began)
        out[f"{n} pulsars, lmax {lmax}"] = min(best)
    return out
