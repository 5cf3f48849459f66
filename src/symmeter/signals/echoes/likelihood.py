"""Likelihood ratios of combs against noise, with the phases that nothing predicts integrated out.

``"per-mode"`` knows how the phase runs inside a line and integrates one phase for each line: ``sum_n [ln I0(|z_n|) -
r_n]``, ``z_n = 4 df sum d h* / S`` and ``r_n = 2 df sum |h|**2 / S`` over its bins. ``"per-bin"`` integrates one phase
for each bin, ``sum_j [ln I0(4 df |d||h| / S) - 2 df |h|**2 / S]``. ``"amplitude-free"`` gives each line a complex
Gaussian amplitude of deviation ``A`` in each part: ``sum_n [|z_n|**2 / (2 (2 r_n + 1 / A**2)) - ln(1 + 2 A**2 r_n)]``,
z and r of unit amplitude, so that lines may have any heights.

Against glitches, ``cap`` bounds what one line (or bin) may say, and ``student`` = nu compresses a term l > 0 to ``nu
ln(1 + l / nu)``. Both give up the exact likelihood, and the evidence, for a statistic that no single line rules.

References
----------
J. Ren, D. Wu, arXiv:2105.01912 (2021), per bin; D. Wu, P. Gao, J. Ren, N. Afshordi, arXiv:2308.01017 (2023), per mode;
D. Wu, Y. Zhang, Q. Huang, J. Ren, arXiv:2512.24730 (2025), networks.
"""

from __future__ import annotations

import sys
from functools import cached_property
from importlib.util import find_spec
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, MissingDependencyError, ShapeError, UnknownNameError, nearest_name
from symmeter.signals.echoes.comb import CUT, Comb, check_truncation, comb_template, ln_bessel_i0
from symmeter.signals.echoes.detector_data import DetectorData

__all__ = ["LIKELIHOODS", "EchoLikelihood"]

LIKELIHOODS = ("per-mode", "per-bin", "amplitude-free")
ENGINES = ("auto", "numpy", "numba")


def check_likelihood(name: str) -> str:
    if name not in LIKELIHOODS:
        near = nearest_name(str(name), LIKELIHOODS, cutoff=0.4)
        right = f"did you mean {near}?" if near else f"there are {', '.join(LIKELIHOODS)}"
        raise UnknownNameError(f"no likelihood is called {name!r}; {right}")
    return name


def settled_engine(engine: str, work: float) -> str:
    """``"numba"`` where it is wanted, or loaded, or worth loading for so many likelihoods."""
    if engine not in ENGINES:
        raise UnknownNameError(f"no engine is called {engine!r}; use auto, numpy or numba")
    if engine == "numba" and find_spec("numba") is None:
        raise MissingDependencyError("numba", "fast", "the compiled likelihood")
    if engine != "auto":
        return engine
    loaded = "symmeter.signals.echoes.likelihood_kernel" in sys.modules
    return "numba" if loaded or (work > 500 and find_spec("numba") is not None) else "numpy"


class EchoLikelihood:
    """ln likelihood ratio of combs against noise, for the data of one or more detectors.

    Parameters
    ----------
    data : DetectorData
    likelihood : {"per-mode", "per-bin", "amplitude-free"}
    coherent : bool
        Of a network: one phase for each line, or one for each line and detector.
    truncation : {"exact", "reference"}
        See :func:`symmeter.signals.echoes.comb.comb_template`; the value is the same, as one over the step of the
        data is their duration.
    cap, student : float, optional
        Robust statistics; see the module.
    cut : float
        Share of a line's peak below which it is dropped.
    engine : {"auto", "numpy", "numba"}
        NumPy is exact to rounding; numba (extra ``fast``) to 1e-8, and some hundred times faster.

    Examples
    --------
    >>> rng = np.random.default_rng(7)
    >>> n, dt, truth = 8 * 2048, 1 / 2048, Comb(0.3, 0.1, 0.4, 6.5, 60.0, 300.0)
    >>> f = np.arange(n // 2) / 8
    >>> d = dt * np.fft.fft(rng.normal(size=n))[: n // 2] + truth.template(f, truncation="reference")
    >>> data = DetectorData.of(f, d, 2 * dt)
    >>> print(f"{EchoLikelihood(data)(truth):.8f} {EchoLikelihood(data, 'per-bin')(truth):.8f}")
    45.98330055 25.91322628
    """

    def __init__(
        self,
        data: DetectorData,
        likelihood: str = "per-mode",
        *,
        coherent: bool = True,
        truncation: str = "exact",
        cap: float | None = None,
        student: float | None = None,
        cut: float = CUT,
        engine: str = "auto",
    ) -> None:
        self.data = data
        self.likelihood = check_likelihood(likelihood)
        self.coherent = bool(coherent)
        self.truncation = check_truncation(truncation)
        for name, value in (("cap", cap), ("student", student)):
            if value is not None and not (np.isfinite(value) and value > 0):
                raise InputError(f"{name} is {value}; give a positive number or None")
        if not 0 < cut < 1:
            raise InputError(f"cut is {cut:g}; it is a share of the peak, between 0 and 1")
        self.cap = np.inf if cap is None else float(cap)
        self.student = 0.0 if student is None else float(student)
        self.cut = float(cut)
        settled_engine(engine, 0)
        self.engine = engine
        self.projected, self.weight = data.channels(coherent)

    @property
    def kind(self) -> int:
        return LIKELIHOODS.index(self.likelihood)

    @cached_property
    def parts(self) -> tuple[np.ndarray, np.ndarray]:
        """Real and imaginary parts of the weighted data, apart: vector units like them so."""
        return np.ascontiguousarray(np.real(self.projected)), np.ascontiguousarray(np.imag(self.projected))

    def __call__(self, theta: Any) -> float:
        """The ln likelihood ratio of one comb (Comb, mapping, or six or seven numbers)."""
        return float(self.batch(Comb.of(theta).array()[None])[0])

    def batch(self, theta: Float[np.ndarray, "b p"], engine: str | None = None) -> Float[np.ndarray, " b"]:
        """The ln likelihood ratios of many combs.

        Parameters
        ----------
        theta : array of shape (b, 6) or (b, 7)
            In the order of ``PARAMETERS``.
        engine : str, optional
            In place of that of the likelihood.
        """
        rows = np.asarray(theta, dtype=float)
        if rows.ndim != 2 or rows.shape[1] not in (6, 7):
            raise ShapeError(f"combs are rows of 6 or 7 numbers; got shape {rows.shape}")
        if rows.shape[1] == 6:
            rows = np.concatenate([rows, np.zeros((len(rows), 1))], axis=1)
        if settled_engine(engine or self.engine, len(rows)) == "numba":
            return self._compiled(np.ascontiguousarray(rows))
        return np.array([self.terms(row)[1].sum() for row in rows])

    def _compiled(self, rows: np.ndarray) -> np.ndarray:
        from symmeter.signals.echoes.likelihood_kernel import bessel_table, ln_likelihoods

        out = np.empty(len(rows))
        re, im = self.parts
        ln_likelihoods(
            rows, re, im, self.weight, self.data.df, self.cut, self.kind, self.cap, self.student, bessel_table(), out
        )
        return out

    def modes(self, theta: Any) -> tuple[Float[np.ndarray, " m"], np.ndarray, Float[np.ndarray, "c m"]]:
        """Centres of the lines with any bins (hertz), their ``z_n`` (channels, m) and ``r_n`` (channels, m)."""
        comb = Comb.of(theta)
        kept, h, line, first = self._template(comb)
        lines = line - line[0] if len(line) else line
        size = int(lines[-1]) + 1 if len(line) else 0
        z = np.zeros((len(self.weight), size), dtype=complex)
        r = np.zeros((len(self.weight), size))
        for c in range(len(self.weight)):
            product = self.projected[c, kept] * h.conj()
            z[c] = np.bincount(lines, np.real(product), size) + 1j * np.bincount(lines, np.imag(product), size)
            r[c] = 0.5 * np.bincount(lines, self.weight[c, kept] * np.abs(h) ** 2, size)
        return (first + np.arange(size) + comb.phase) * comb.spacing, z, r

    def terms(self, theta: Any) -> tuple[Float[np.ndarray, " m"], Float[np.ndarray, " m"]]:
        """Centres of the lines (hertz), and what each adds to the ln likelihood ratio."""
        comb = Comb.of(theta)
        if self.likelihood == "per-bin":
            kept, h, line, first = self._template(comb)
            size = int(line[-1] - first) + 1 if len(line) else 0
            x = np.abs(self.projected[:, kept]) * np.abs(h)
            value = self._tame(ln_bessel_i0(x) - 0.5 * self.weight[:, kept] * np.abs(h) ** 2).sum(0)
            return (first + np.arange(size) + comb.phase) * comb.spacing, np.bincount(line - first, value, size)
        if self.likelihood == "per-mode":
            centres, z, r = self.modes(comb)
            return centres, self._tame(ln_bessel_i0(np.abs(z)) - r).sum(0)
        a2 = comb.amplitude**2
        centres, z, r = self.modes(comb.replace(amplitude=1.0))
        gain = 1.0 + 2.0 * a2 * r
        return centres, self._tame(0.5 * a2 * np.abs(z) ** 2 / gain - np.log(gain)).sum(0)

    def _tame(self, value: np.ndarray) -> np.ndarray:
        if self.student:
            value = np.where(value > 0, self.student * np.log1p(np.maximum(value, 0.0) / self.student), value)
        return np.minimum(value, self.cap)

    def _template(self, comb: Comb) -> tuple[slice, np.ndarray, np.ndarray, int]:
        """Bins of the band, the template there, the line of each, and the first line."""
        low = int(comb.fmin / self.data.df)
        high = min(int(comb.fmax / self.data.df + 2), self.weight.shape[1])
        if high - low < 2:
            return slice(0, 0), np.zeros(0, dtype=complex), np.zeros(0, dtype=int), 0
        f = self.data.frequencies[low:high]
        h = comb_template(comb, f, self.data.duration, self.truncation, self.cut)
        line = comb.modes(f)
        return slice(low, high), h, line, int(line[0])

    def snr(self, theta: Any) -> float:
        """Optimal signal-to-noise ratio of a comb in these data (of a unit deviation of amplitudes: its mean)."""
        return float(self.snr_batch(Comb.of(theta).array()[None])[0])

    def snr_batch(self, theta: Float[np.ndarray, "b p"]) -> Float[np.ndarray, " b"]:
        """Optimal signal-to-noise ratios of many combs."""
        out = np.empty(len(theta))
        for b, row in enumerate(np.asarray(theta, dtype=float)):
            kept, h, _, _ = self._template(Comb.of(row))
            out[b] = np.sqrt(np.sum(self.weight[:, kept] * np.abs(h) ** 2))
        return out * (np.sqrt(2.0) if self.likelihood == "amplitude-free" else 1.0)

    def __repr__(self) -> str:
        network = "" if self.data.detectors == 1 else ", coherent" if self.coherent else ", incoherent"
        return f"EchoLikelihood({self.likelihood}{network}: {self.data!r})"
