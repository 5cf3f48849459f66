"""Echoes of compact objects: is there an evenly spaced comb of lines in strain after a merger, and how surely?

The search assumes no waveform. It finds the spacing with a deterministic comb transform, and its evidence, posterior
and limits by importance sampling around what the transform found.
"""

from __future__ import annotations

from symmeter.late_names import late_names

_HOMES = {
    # The search
    "Background": "off_source",
    "Comb": "comb",
    "CombTransform": "spacing_scan",
    "DetectorData": "detector_data",
    "EchoLikelihood": "likelihood",
    "Evidence": "importance",
    "HarmonicFamily": "harmonics",
    "LIKELIHOODS": "likelihood",
    "LineMask": "line_notches",
    "PARAMETERS": "comb",
    "PowerSpectrum": "power_spectrum",
    "Ranks": "calibration",
    "SearchResult": "search_result",
    "SharedNoise": "noise_checks",
    "Strain": "strain",
    "UnevenComb": "uneven_lines",
    "UniEwPrior": "prior",
    "UnlikelyNoise": "noise_checks",
    "background": "off_source",
    "comb_template": "comb",
    "comb_transform": "spacing_scan",
    "evidence": "importance",
    "harmonic_family": "harmonics",
    "inject_comb": "calibration",
    "ln_bessel_i0": "comb",
    "nested_evidence": "nested_sampling",
    "noise_background": "off_source",
    "notch_lines": "line_notches",
    "posterior_ranks": "calibration",
    "prepare": "preparation",
    "prior_evidence": "importance",
    "search": "comb_search",
    "shared_noise": "noise_checks",
    "uneven_comb": "uneven_lines",
    "welch_psd": "power_spectrum",
    # Light rings, waveforms, remnants, detectors, noise by design and files
    "BENCHMARKS": "waveforms",
    "DESIGNS": "design_noise",
    "DETECTORS": "detector_response",
    "EchoWaveform": "waveforms",
    "ErgoregionInstability": "cavity",
    "NetworkResponse": "detector_response",
    "RemnantRanges": "remnant",
    "StrainRecord": "strain_record",
    "TransferFunction": "transfer_functions",
    "benchmark": "waveforms",
    "boltzmann_reflectivity": "cavity",
    "cavity_modes": "cavity",
    "cavity_response": "cavity",
    "coloured_noise": "design_noise",
    "comb_defect": "translation_symmetry",
    "comb_spacing": "remnant",
    "constant_reflectivity": "cavity",
    "damped_reflectivity": "cavity",
    "delay_of_compactness": "remnant",
    "design_asd": "design_noise",
    "design_psd": "design_noise",
    "echo_delay": "remnant",
    "kerr_transfer_function": "transfer_functions",
    "low_pass_source": "waveforms",
    "network_response": "detector_response",
    "quasinormal_frequency": "quasinormal_modes",
    "read_strain": "strain_files",
    "remnant_ranges": "remnant",
    "ringdown_frequency": "remnant",
    "ringdown_source": "waveforms",
    "schwarzschild_transfer_function": "transfer_functions",
    "transfer_function": "transfer_functions",
    "translation_defect": "translation_symmetry",
    "write_strain": "strain_writing",
}

__getattr__, __dir__ = late_names(__name__, {name: f"{__name__}.{home}" for name, home in _HOMES.items()})

__all__ = sorted(_HOMES)  # pyright: ignore[reportUnsupportedDunderAll]
