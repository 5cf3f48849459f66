"""Parts of the experiment on echoes that need no data: light rings, cavities, benchmark trains."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from symmeter.signals.echoes.cavity import ErgoregionInstability, cavity_response, growth
from symmeter.signals.echoes.quasinormal_modes import quasinormal_frequency
from symmeter.signals.echoes.radial_equations import regge_wheeler, teukolsky
from symmeter.signals.echoes.transfer_functions import (
    kerr_transfer_function,
    schwarzschild_transfer_function,
    starobinsky_constant,
    transfer_function,
)
from symmeter.signals.echoes.waveforms import BENCHMARKS, benchmark

__all__ = ["curves", "light_rings", "trains"]

#: Energy that passes a Schwarzschild hole, l = 2, from an independent prototype (integration, unitary to 1e-8).
GREYBODY = {
    0.1: 3.0552e-6, 0.2: 8.675936e-4, 0.3: 0.05479056, 0.37367: 0.46858187, 0.4: 0.68982132, 0.5: 0.98451544,
    0.7: 0.99996863,
}  # fmt: skip


def light_rings() -> dict[str, float]:
    """Differences from known values, from conservation of energy, and between one equation and another."""
    omega = np.array(list(GREYBODY))
    ours = schwarzschild_transfer_function(omega)
    known = np.array(list(GREYBODY.values()))
    span = np.concatenate([np.linspace(0.05, 0.39, 18), np.linspace(0.41, 1.0, 30)])
    kerr = kerr_transfer_function(span, 0.69)
    outside = teukolsky(span, 0.69, -2, 2, 2)
    share = np.abs(outside.reflected / outside.incident) ** 2 * starobinsky_constant(span, 0.69, 2, 2) / 256 / span**8
    still, spinless = schwarzschild_transfer_function(span), kerr_transfer_function(span, 1e-13)
    one = schwarzschild_transfer_function([0.5])
    once = -0.99 * np.exp(100j * one.omega[0])
    pulses = sum(one.transmission[0] * once**p * one.reflection[0] ** (p - 1) for p in range(1, 401))
    mode = quasinormal_frequency()
    at = regge_wheeler(np.array([mode, mode + 1e-3]), 2).incident
    return {
        "greybody": float(np.abs(ours.greybody - known).max()),
        "greybody_relative": float(np.abs(ours.greybody / known - 1.0).max()),
        "unitary": float(np.abs(np.abs(ours.reflection) ** 2 + ours.greybody - 1.0).max()),
        "flux": float(np.abs(share + kerr.greybody - 1.0).max()),
        "cavity_flux": float(np.abs(np.abs(kerr.reflection) ** 2 + kerr.greybody - 1.0).max()),
        "spinless": float(
            max(np.abs(getattr(still, n) - getattr(spinless, n)).max() for n in ("reflection", "outside"))
        ),
        "sum": float(abs(pulses - cavity_response(one, 0.99, -50.0)[0])),
        "mode": float(abs(mode - (0.37367 - 0.08896j))),
        "pole": float(abs(at[0]) / (abs(at[1] - at[0]) / 1e-3)),
        "amplified": float(-kerr.greybody.min()),
        "loop": growth(kerr, np.full(len(span), -0.99 + 0j)),
    }


def curves() -> dict[str, Any]:
    """What passes the light ring of holes of several spins, for the figure."""
    omega = np.linspace(0.02, 0.8, 241)
    out: dict[str, Any] = {"omega": omega.tolist()}
    for spin in (0.0, 0.69, 0.9):
        found = transfer_function(omega, spin)
        out[f"{spin:g}"] = np.abs(found.reflection).tolist()
    out["known_omega"] = list(GREYBODY)
    out["known"] = np.sqrt(1.0 - np.array(list(GREYBODY.values()))).tolist()
    return out


def trains(echoes: int = 60) -> dict[str, Any]:
    """The four benchmark trains: spacings of their combs, and the start of each in time, for the figure."""
    out: dict[str, Any] = {}
    for name in BENCHMARKS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ErgoregionInstability)
            train = benchmark(name, n_echoes=echoes, mass=None)
        inside = (train.mode_frequencies > 0.02) & (train.mode_frequencies < train.highest)
        out[name] = {
            "spacing": train.spacing,
            "comb": float(np.diff(train.mode_frequencies[inside]).mean()),
            "narrowest": float(train.mode_widths[inside].min()),
            "median_width": float(np.median(train.mode_widths[inside])),
        }
    return out
