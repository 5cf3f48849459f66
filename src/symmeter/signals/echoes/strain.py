"""Strain to search: evenly sampled numbers with their rate, from arrays, public files, or series of gwpy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Complex, Float

from symmeter.errors import InputError, InputTypeError, NonFiniteError, ShapeError
from symmeter.signals.echoes.strain_record import StrainRecord

__all__ = ["Strain"]


@dataclass(frozen=True, eq=False, repr=False)
class Strain(StrainRecord):
    """A stretch of strain.

    Attributes
    ----------
    lowest : float
        Hertz; a high-pass filter left nothing below.

    Examples
    --------
    >>> strain = Strain.from_array(np.sin(np.arange(4096.0)), 1024.0, detector="H1")
    >>> strain, strain.cut(1.0, 2.0).start
    (Strain(H1, 4 s at 1024 Hz), 1.0)
    """

    lowest: float = 0.0

    @classmethod
    def from_array(cls, values: Any, sample_rate: float, start: float = 0.0, detector: str = "") -> Strain:
        """From numbers and their rate (hertz).

        Raises
        ------
        SymmeterError
            Anything but a list of finite numbers and a positive rate.
        """
        try:
            x = np.asarray(values, dtype=float)
        except (TypeError, ValueError):
            raise InputTypeError(f"strain is a list of real numbers; got {type(values).__name__}") from None
        if x.ndim != 1 or len(x) < 8:
            raise ShapeError(f"strain is a list of eight numbers or more; got shape {x.shape}")
        bad = np.flatnonzero(~np.isfinite(x))
        if len(bad):
            raise NonFiniteError(
                f"strain has {len(bad)} values that are not finite, first at sample {bad[0]}; cut the gap"
            )
        try:
            rate, begin = float(sample_rate), float(start)
        except (TypeError, ValueError):
            raise InputTypeError(f"the sample rate is a number of hertz; got {sample_rate!r}") from None
        if not (np.isfinite(rate) and rate > 0):
            raise InputError(f"the sample rate is {rate:g}; it must be positive")
        if not np.isfinite(begin):
            raise InputError(f"the start is {begin:g}; give a finite time")
        return cls(x, rate, begin, str(detector))

    @classmethod
    def from_samples(cls, times: Any, values: Any, detector: str = "") -> Strain:
        """From times (seconds) and numbers; the times must be even.

        Raises
        ------
        InputError
            Uneven sampling.
        """
        t = np.asarray(times, dtype=float)
        if t.shape != np.shape(values) or t.ndim != 1 or len(t) < 8:
            raise ShapeError(f"there are times of shape {t.shape} for values of shape {np.shape(values)}")
        step = (t[-1] - t[0]) / (len(t) - 1)
        if not step > 0 or np.max(np.abs(t - t[0] - step * np.arange(len(t)))) > 1e-3 * step:
            raise InputError("the samples are not even in time; resample the strain, or cut at the gap")
        return cls.from_array(values, 1.0 / step, t[0], detector)

    @classmethod
    def from_gwosc(
        cls, path: Any, start: float | None = None, duration: float | None = None, detector: str | None = None,
        sample_rate: float | None = None, high_pass: float | None = None,
    ) -> Strain:  # fmt: skip
        """From a public strain file (HDF5, text, or our own npz).

        Parameters
        ----------
        path : path
        start, duration : float, optional
            Seconds; the whole file when omitted.
        detector : str, optional
        sample_rate : float, optional
            Where the file does not say.
        high_pass : float, optional
            Hertz: what the ground does below is filtered out before the stretch is cut. Raw strain needs this (15 is
            usual): its low frequencies, however far below the band, leak into any stretch without a window.
        """
        from symmeter.signals.echoes.strain_files import read_strain

        if high_pass is None:
            return cls.of(read_strain(path, start=start, duration=duration, detector=detector, sample_rate=sample_rate))
        whole = cls.of(read_strain(path, detector=detector, sample_rate=sample_rate)).high_passed(high_pass)
        return (
            whole
            if start is None and duration is None
            else whole.cut(whole.start if start is None else start, duration)
        )

    @classmethod
    def from_gwpy(cls, series: Any) -> Strain:
        """From a time series of gwpy or pycbc."""
        rate = getattr(series, "sample_rate", None)
        begin = getattr(series, "t0", getattr(series, "start_time", 0.0))
        if rate is None:
            raise InputTypeError(f"a series has a sample_rate; got {type(series).__name__}")
        values = getattr(series, "value", series)
        plain = (float(getattr(v, "value", v)) for v in (rate, begin))
        return cls.from_array(np.asarray(values), *plain, detector=str(getattr(series, "name", "") or ""))

    @classmethod
    def of(cls, value: Any) -> Strain:
        """From any of the above that knows its own rate."""
        if isinstance(value, cls):
            return value
        if isinstance(value, StrainRecord):
            made = cls.from_array(value.values, value.sample_rate, value.start, value.detector)
            return replace(made, good_seconds=value.good_seconds, source=value.source, notes=value.notes)
        if hasattr(value, "sample_rate"):
            return cls.from_gwpy(value)
        raise InputTypeError(
            f"strain comes as Strain.from_array(x, sample_rate), a file or a series; got {type(value).__name__}"
        )

    def cut(self, start: float, duration: float | None = None) -> Strain:
        """The stretch from ``start`` (a time, as that of the first sample)."""
        first = round((start - self.start) * self.sample_rate)
        count = len(self.values) - first if duration is None else round(duration * self.sample_rate)
        if first < 0 or count < 8 or first + count > len(self.values):
            end = self.start + self.duration
            wanted = "" if duration is None else f" for {duration:g} s"
            raise InputError(
                f"the strain runs from {self.start:.10g} to {end:.10g} s; it has nothing from {start:.10g}{wanted}"
            )
        begin = self.start + first / self.sample_rate
        return replace(self, values=self.values[first : first + count], start=begin, good_seconds=None)

    def before(self, time: float, duration: float | None = None) -> Strain:
        """The stretch that ends at ``time``."""
        begin = self.start if duration is None else time - duration
        return self.cut(begin, time - begin)

    def high_passed(self, frequency: float) -> Strain:
        """Without what lies below a frequency, phases kept: filter long strain first, and cut then.

        The filter (Butterworth, forward and back) keeps 99.7 % of the amplitude at ``frequency``, below which the
        search gives no weight to bins. It rings at both ends, for about ``30 / frequency`` seconds (``spoilt``).

        Parameters
        ----------
        frequency : float
            Hertz.

        Examples
        --------
        >>> t = np.arange(16 * 512) / 512.0
        >>> strain = Strain.from_array(1e6 * np.sin(2.0 * t) + np.sin(2 * np.pi * 40.0 * t), 512.0).high_passed(15.0)
        >>> middle = strain.cut(4.0, 8.0)
        >>> bool(np.abs(middle.values - np.sin(2 * np.pi * 40.0 * t[4 * 512 : 12 * 512])).max() < 1e-4)
        True
        """
        from scipy.signal import butter, sosfiltfilt

        if not (np.isfinite(frequency) and 0 < frequency < 0.5 * self.sample_rate):
            raise InputError(
                f"high_pass is {frequency:g} Hz; it lies between zero and half the rate, {self.sample_rate / 2:g} Hz"
            )
        sections = butter(8, frequency / 1.5, "highpass", fs=self.sample_rate, output="sos")
        # A few periods of the lowest frequency that is kept, by reflection, so that ends ring little.
        ends = min(len(self.values) - 1, int(60.0 / frequency * self.sample_rate))
        values = np.asarray(sosfiltfilt(sections, self.values, padlen=ends))
        return replace(self, values=values, lowest=max(self.lowest, float(frequency)))

    @property
    def spoilt(self) -> float:
        """Seconds for which the high-pass filter rings at the ends of what was filtered; zero without one."""
        return 30.0 / self.lowest if self.lowest else 0.0

    def spectrum(self) -> tuple[Float[np.ndarray, " n"], Complex[np.ndarray, " n"]]:
        """Frequencies ``j / duration`` below that of Nyquist, and ``dt * FFT``, strain per hertz."""
        n = len(self.values)
        bins = (n + 1) // 2
        return np.arange(bins) / self.duration, np.fft.rfft(self.values)[:bins] / self.sample_rate

    def __repr__(self) -> str:
        return f"Strain({self.detector or 'no detector'}, {self.duration:g} s at {self.sample_rate:g} Hz)"
