"""Numbers of the paper's released tables: medians of ln Bayes factors over 100 realisations of noise.

A comb of 50 modes (UniEw) by duration in seconds, and the four benchmark waveforms by number of echoes; new and old
likelihood, with the 16 % and 84 % quantiles where they were given.
"""

from __future__ import annotations

__all__ = ["BENCHMARKS", "NOISE", "TEN_MODES", "TRUTH", "UNIFORM"]

#: Duration: (new, old, signal-to-noise ratio).
UNIFORM = {
    1: (2.39, 0.47, 10.73), 2: (18.67, 14.79, 13.59), 3: (37.1, 26.5, 15.04), 4: (44.2, 26.7, 15.73),
    8: (55.0, 28.1, 16.48), 12: (52.2, 21.8, 16.33), 24: (47.2, 2.8, 16.10), 52: (44.3, -4.2, 16.10),
}  # fmt: skip
#: Duration: (new, old, signal-to-noise ratio) for ten modes.
TEN_MODES = {1: (11.6, 8.8, 8.72), 52: (53.0, 10.5, 13.24)}
#: Duration: (new, old) for noise alone, and the quantiles of T = 12.
NOISE = {1: (-6.68, -6.63), 12: (-5.37, -5.46), 52: (-4.88, -4.58)}
#: Quantiles of single realisations, 16 % to 84 %, new and old.
SPREAD = {12: ((40.6, 68.0), (11.8, 30.5)), 52: ((21.9, 61.6), None)}
#: ln likelihood ratio at the true parameters, median of 20 realisations (an independent prototype): (new, old).
TRUTH = {1: (18.6, 14.4), 4: (63.9, 50.6), 12: (72.8, 42.2), 52: (65.3, 14.9)}
#: Number of echoes: (new, old), by waveform.
BENCHMARKS = {
    "constant": {
        10: (-1.6, -1.1), 20: (0.8, 0.5), 50: (20.8, 10.0), 100: (38.1, 31.3), 150: (40.5, 26.1), 200: (35.3, 14.2),
    },
    "damped": {
        10: (-2.1, -1.8), 20: (-1.7, -1.2), 50: (4.1, 3.6), 100: (34.2, 33.2), 150: (47.8, 42.6), 200: (55.2, 47.0),
    },
    "boltzmann": {
        10: (7.2, 7.1), 20: (12.8, 10.8), 50: (12.9, 13.9), 100: (10.6, 10.4), 150: (11.0, 12.6), 200: (14.8, 7.3),
    },
    "xin": {
        10: (32.0, 13.1), 20: (27.4, 5.3), 50: (24.8, 0.5), 100: (24.6, -1.3), 150: (24.0, -1.9), 200: (24.2, -2.0),
    },
}  # fmt: skip
