"""Write ``examples/strain/echoes.npz``: a train of simulated echoes in simulated noise, to try the comb search on.

Half of the 32 s are noise alone, drawn from the design of Advanced LIGO; the other half begins with the first echo of a
remnant of 60 solar masses whose wall reflects 99 % of the amplitude. Nothing in it was measured by a detector.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from symmeter.signals.echoes.design_noise import coloured_noise, design_psd
from symmeter.signals.echoes.strain_record import StrainRecord
from symmeter.signals.echoes.strain_writing import write_strain
from symmeter.signals.echoes.waveforms import benchmark

TARGET = Path(__file__).parent / "strain" / "echoes.npz"
RATE, SECONDS, RATIO = 640.0, 16.0, 22.0


def echoes(seed: int = 5) -> tuple[StrainRecord, dict[str, float]]:
    """The strain and what is in it."""
    train = benchmark("constant", mass=60.0, spin=0.69, delay_eta=1.2, n_echoes=120)
    psd = design_psd("aligo", np.maximum(train.frequencies, 1e-3))
    wave = train.scaled_to(RATIO, psd).time_series(2048.0)
    # At a lower rate; next to nothing lies above the ringdown, so that bins can be dropped.
    count = int(SECONDS * RATE)
    bins = np.fft.rfft(wave[: int(SECONDS * 2048.0)])[: count // 2 + 1]
    wave = np.fft.irfft(bins, count) * (RATE / 2048.0)
    values = coloured_noise("aligo", 2 * SECONDS, RATE, np.random.default_rng(seed))
    values[count:] += wave
    # Single precision is far below the noise, and halves the file.
    record = StrainRecord(values.astype(np.float32).astype(float), RATE, 0.0, "H1")
    return record, {"spacing": train.spacing, "delay": train.delay, "onset": SECONDS, "snr": RATIO}


def main() -> None:
    TARGET.parent.mkdir(exist_ok=True)
    print(write_strain(TARGET, *echoes()))


if __name__ == "__main__":
    main()
