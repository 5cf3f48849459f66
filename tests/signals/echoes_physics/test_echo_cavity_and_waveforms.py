"""Cavities and trains of echoes: closed sums, modes, pulses in time, instabilities, remnants, and bad input."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from symmeter.errors import InputError, InputTypeError, NonFiniteError, ShapeError, UnknownNameError
from symmeter.signals.echoes.cavity import (
    ErgoregionInstability,
    boltzmann_reflectivity,
    cavity_modes,
    cavity_response,
    constant_reflectivity,
    damped_reflectivity,
)
from symmeter.signals.echoes.radial_equations import Hole
from symmeter.signals.echoes.remnant import (
    PLANCK_LENGTH,
    SOLAR_MASS_METRES,
    SOLAR_MASS_SECONDS,
    comb_spacing,
    delay_of_compactness,
    echo_delay,
    remnant_ranges,
    ringdown_frequency,
)
from symmeter.signals.echoes.transfer_functions import schwarzschild_transfer_function, transfer_function
from symmeter.signals.echoes.waveforms import BENCHMARKS, benchmark, low_pass_source, ringdown_source


def test_the_sum_of_all_pulses_is_the_closed_form():
    barrier = schwarzschild_transfer_function([0.5])
    closed = cavity_response(barrier, 0.99, -50.0)[0]
    once = -0.99 * np.exp(100j * barrier.omega[0])
    pulses = [barrier.transmission[0] * once**p * barrier.reflection[0] ** (p - 1) for p in range(1, 401)]
    assert abs(sum(pulses) - closed) < 1e-15
    assert abs(cavity_response(barrier, 0.99, -50.0, echoes=7)[0] - sum(pulses[:7])) < 1e-15


def test_modes_of_the_cavity_close_the_loop():
    barrier = transfer_function(np.linspace(0.01, 0.55, 1500), 0.69)
    frequencies, widths = cavity_modes(barrier, constant_reflectivity(0.98), -435.0)
    assert len(frequencies) == pytest.approx(0.54 * 870 / (2 * np.pi), abs=1.5)
    at = barrier.at(frequencies)
    loop = -0.98 * at.reflection * np.exp(870j * at.horizon_frequency)
    np.testing.assert_allclose(np.angle(loop), 0.0, atol=1e-5)
    # At omega - i w the loop is one: the width to first order in the distance from the axis.
    np.testing.assert_allclose(widths * 870, -np.log(np.abs(loop)), rtol=0.06)
    assert np.all(np.diff(frequencies) > 0)
    assert np.diff(frequencies).mean() / (2 * np.pi) == pytest.approx(1 / 870, rel=0.005)


def test_a_line_of_the_comb_is_as_wide_as_it_is_said_to_be():
    barrier = transfer_function(np.linspace(0.2, 0.3, 400), 0.69)
    frequencies, widths = cavity_modes(barrier, 0.9, -435.0)
    at, w = frequencies[5], widths[5]
    fine = barrier.at(at + np.linspace(-6 * w, 6 * w, 1201))
    power = np.abs(cavity_response(fine, 0.9, -435.0) / fine.transmission) ** 2
    above = fine.omega[power > power.max() / 2]
    assert (above[-1] - above[0]) / 2 == pytest.approx(w, rel=0.03)


def test_growing_modes_raise_a_clear_warning():
    barrier = transfer_function(np.linspace(0.05, 0.5, 300), 0.69)
    with pytest.warns(ErgoregionInstability, match="ergoregion is unstable"):
        cavity_response(barrier, 1.0, -435.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cavity_response(barrier, 0.99, -435.0)
        cavity_response(transfer_function(np.linspace(0.05, 0.5, 50), 0.0), 1.0, -435.0)
    assert cavity_modes(barrier, 1.0, -435.0)[1].min() < 0 < cavity_modes(barrier, 0.99, -435.0)[1].min()


def test_walls():
    omega = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.41, 0.5, 0.6, 0.8])
    given = np.abs(damped_reflectivity()(omega, omega))
    np.testing.assert_allclose(
        given, [0.99987, 0.99983, 0.99964, 0.99892, 0.99899, 0.9899, 0.99891, 0.99964, 0.9999], atol=1e-12
    )
    k = np.array([-0.1, 0.0, 0.1])
    wall = boltzmann_reflectivity(0.69)(k + 0.4, k)
    np.testing.assert_allclose(np.abs(wall), np.exp(-np.abs(k) / (2 * Hole(0.69).temperature)))


@pytest.mark.parametrize("name", BENCHMARKS)
def test_pulses_come_one_delay_apart_and_leak_away(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ErgoregionInstability)
        train = benchmark(name, n_echoes=8, mass=60.0)
    rate = 4096.0
    x = train.time_series(rate)
    assert len(x) == round(8 * train.delay * rate)
    assert np.abs(x).max() == pytest.approx(1.0, abs=0.2)
    # Later pulses lie nearer the end of their slot, as low frequencies come late, but each in its own.
    energy = [(part**2).sum() for part in np.array_split(x, 8)]
    if name == "damped":
        # What the wall takes the rotation of the hole gives back, and a little more.
        assert max(energy[:6]) / min(energy[:6]) < 1.05
    else:
        assert np.all(np.diff(energy[:6]) < 0)
    assert train.spacing == pytest.approx(1.0 / train.delay)
    assert train.delay == pytest.approx(float(echo_delay(60.0, 0.69, 2.0)))
    # The train is most like itself one delay later.
    spectrum = np.abs(np.fft.rfft(x, 2 * len(x))) ** 2
    lag = np.abs(np.fft.irfft(spectrum))[: len(x)]
    window = slice(len(x) // 16, 3 * len(x) // 16)
    assert (window.start + np.argmax(lag[window])) / rate == pytest.approx(train.delay, rel=0.06)


def test_one_pulse_alone():
    train = benchmark("constant", n_echoes=1)
    barrier = transfer_function([0.4, 0.5], 0.69)
    assert len(train.spectrum) < 200
    assert train.duration == pytest.approx(train.delay)
    assert abs(barrier.transmission[0]) < 1


def test_the_comb_stands_where_the_modes_are():
    train = benchmark("constant", n_echoes=200, mass=50.0)
    power = np.abs(train.spectrum) ** 2
    inside = (train.mode_frequencies > 60) & (train.mode_frequencies < 0.8 * train.highest)
    df = 1.0 / train.duration
    on = np.rint(train.mode_frequencies[inside] / df).astype(int)
    between = np.rint((train.mode_frequencies[inside] + 0.5 * train.spacing) / df).astype(int)
    assert np.median(power[on] / power[between]) > 100
    assert np.all(train.mode_widths[inside] > 0)


def test_spectrum_and_time_series_hold_the_same_energy_and_ratio():
    train = benchmark("xin", n_echoes=6)
    rate = 4096.0
    x = train.time_series(rate)
    parseval = 2 * np.sum(np.abs(train.spectrum) ** 2) / train.duration
    assert np.sum(x**2) / rate == pytest.approx(parseval, rel=1e-3)
    assert train.scaled_to(12.0, 1e-3).snr(1e-3) == pytest.approx(12.0)
    # Padded with silence, the same train on a grid half as fine.
    twice = train.on(np.arange(40, 60) * 0.5 / train.duration)
    np.testing.assert_allclose(twice[::2], train.spectrum[20:30], atol=1e-9)
    padded = np.fft.rfft(np.concatenate([x, np.zeros_like(x)])) / rate
    np.testing.assert_allclose(twice, padded[40:60], atol=2e-3 * np.abs(train.spectrum).max())


def test_units_of_the_mass():
    free, heavy = benchmark("constant", n_echoes=5, mass=None), benchmark("constant", n_echoes=5, mass=50.0)
    unit = 50.0 * SOLAR_MASS_SECONDS
    assert heavy.delay == pytest.approx(free.delay * unit)
    np.testing.assert_allclose(heavy.frequencies, free.frequencies / unit)
    np.testing.assert_allclose(heavy.spectrum, free.spectrum * unit)
    # Spacing of the released data of the paper: 0.00114927.
    assert free.spacing == pytest.approx(0.00114927, rel=1e-3)


def test_remnants():
    assert float(ringdown_frequency(0.69)) == pytest.approx(0.0844333, abs=1e-7)
    assert float(comb_spacing(50.0, 0.69)) == pytest.approx(0.0022968, rel=2e-3)
    ratio = np.log(30 * SOLAR_MASS_METRES / PLANCK_LENGTH)
    assert float(echo_delay(30.0, 0.0)) == pytest.approx(4 * ratio * 30 * SOLAR_MASS_SECONDS)
    assert float(echo_delay(30.0, 0.0, redshift=1.0)) == pytest.approx(2 * float(echo_delay(30.0, 0.0)))
    ranges = remnant_ranges((68.0, 2.0), (0.69, 0.03), 0.09)
    assert ranges.spacing[0] < 1 / float(echo_delay(68.0, 0.69, 4, 0.09)) < 1 / float(echo_delay(68, 0.69, 1, 0.09))
    assert 1 / float(echo_delay(68.0, 0.69, 1, 0.09)) < ranges.spacing[1]
    rng = np.random.default_rng(0)
    samples = remnant_ranges(rng.normal(68, 2, 4000), rng.normal(0.69, 0.03, 4000), 0.09)
    np.testing.assert_allclose(samples.spacing, ranges.spacing, rtol=0.02)
    # Twice the distance from the wall to the top, in the coordinate in which light takes the time.
    hole = Hole(0.0)
    assert float(delay_of_compactness(1e-6)) == pytest.approx(2 * (hole.tortoise(3.0) - hole.tortoise(2 + 2e-6)))
    assert float(delay_of_compactness(1e-6, 0.5)) > float(delay_of_compactness(1e-6))


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: benchmark("constnt"), UnknownNameError, "did you mean constant"),
        (lambda: benchmark("constant", spin=1.0), InputError, "spin"),
        (lambda: benchmark("constant", n_echoes=0), InputError, "n_echoes"),
        (lambda: benchmark("constant", n_echoes=2.5), InputError, "n_echoes"),
        (lambda: benchmark("constant", reflectivity=1.2), InputError, "between 0 and 1"),
        (lambda: benchmark("constant", reflectivity="high"), InputTypeError, "number or a function"),
        (lambda: benchmark("constant", mass=-3.0), InputError, "mass"),
        (lambda: benchmark("constant", delay_eta=0.0), InputError, "eta"),
        (lambda: benchmark("boltzmann", temperature=0.0), InputError, "temperature"),
        (lambda: benchmark("xin", source=lambda w: w * np.nan), NonFiniteError, "source"),
        (lambda: benchmark("xin", source=lambda w: 1.0), ShapeError, "source"),
        (lambda: benchmark("xin", n_echoes=2).time_series(100.0), InputError, "sample faster"),
        (lambda: benchmark("xin", n_echoes=2).snr(0.0), InputError, "not positive"),
        (lambda: echo_delay(60.0, 1.0), InputError, "spin"),
        (lambda: echo_delay(0.0, 0.5), InputError, "mass"),
        (lambda: echo_delay(60.0, 0.5, redshift=-1), InputError, "redshift"),
        (lambda: echo_delay("heavy", 0.5), InputError, "number"),
        (lambda: remnant_ranges(60.0, 0.5, eta=(4, 1)), InputError, "growing"),
        (lambda: remnant_ranges([60.0, np.nan, 3.0], 0.5), NonFiniteError, "not finite"),
        (lambda: delay_of_compactness(0.5), InputError, "below 0.1"),
        (lambda: cavity_response(transfer_function([0.3]), 0.9, 5.0), InputError, "negative"),
        (lambda: cavity_response(transfer_function([0.3]), 0.9, -50.0, echoes=0), InputError, "echoes"),
        (lambda: cavity_response(transfer_function([0.3]), lambda w, k: np.nan * w, -50.0), NonFiniteError, "wall"),
    ],
)
def test_what_cannot_be_right(call, error, says):
    with pytest.raises(error, match=says) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_sources():
    omega = np.array([0.1, 0.5])
    assert np.abs(ringdown_source(0.69)(omega))[1] > np.abs(ringdown_source(0.69)(omega))[0]
    assert np.abs(low_pass_source(0.2)(omega))[0] > np.abs(low_pass_source(0.2)(omega))[1]
