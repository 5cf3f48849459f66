"""What the preparation of the photographs does by itself, and how far their patches depend on each other.

Prints the defects that ``examples/README.md`` states: of the photographs, of random textures with the same spectra
(whose statistics are the same everywhere), of the photographs when windows are centred on bright spots, and of each
photograph; then the intervals that come from resampling 48 regions of the photographs instead of their patches.
"""

from __future__ import annotations

import numpy as np
from make_data import SIDE, fold, photographs, random_corners, windows_at
from scipy.ndimage import maximum_filter

from symmeter.discover import dictionary
from symmeter.discover.covariance_tests import chance_distance, transformation_test
from symmeter.discover.moments import moments_of_samples

SIZE = 2 * SIDE
GRID = (SIDE, SIDE)
MAPS = dictionary.grid_shifts(GRID) + dictionary.reflections(GRID) + dictionary.transposes(GRID)


def random_texture(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A field with the image's spectrum and random phases; its edges meet, being periodic."""
    mirrored = np.block([[image, image[:, ::-1]], [image[::-1], image[::-1, ::-1]]])
    noise = np.fft.fft2(rng.standard_normal(mirrored.shape))
    periodic = np.fft.ifft2(np.abs(np.fft.fft2(mirrored)) * noise / np.abs(noise)).real
    return periodic[: image.shape[0], : image.shape[1]]


def on_bright_spots(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Corners of the windows whose centre is the brightest pixel of its surroundings."""
    y, x = np.nonzero(image == maximum_filter(image, 9))
    y, x = y - SIDE, x - SIDE
    inside = (y >= 0) & (x >= 0) & (y <= image.shape[0] - SIZE) & (x <= image.shape[1] - SIZE)
    return y[inside], x[inside]


def show(title: str, patches: np.ndarray) -> None:
    moments = moments_of_samples(patches)
    print(f"{title} ({len(patches)} patches)")
    for move in MAPS:
        test = transformation_test(moments, move)
        print(f"  {move.name:10s} {test.defect:.3f} [{test.interval[0]:.3f}, {test.interval[1]:.3f}]")


def regional_intervals(rng: np.random.Generator, draws: int = 200) -> None:
    """95 % of the plain distances over chance when 24 regions of each photograph are drawn with replacement."""
    regions = []
    for image in photographs():
        y, x = random_corners(image, SIZE, rng)
        patches = fold(windows_at(image, SIZE, y, x))
        cell = y * 4 // (image.shape[0] - SIZE + 1) * 6 + x * 6 // (image.shape[1] - SIZE + 1)
        regions.append([patches[cell == k] for k in range(24)])

    def shares(tables: list[np.ndarray]) -> list[float]:
        moments = moments_of_samples(np.concatenate(tables))
        covariance, chance = moments.covariance, chance_distance([moments], "permutation")
        return [float(((covariance - t.conjugate(covariance)) ** 2).sum() / chance) for t in MAPS]

    seen = np.array(shares([r for photograph in regions for r in photograph]))
    drawn = [shares([p[k] for p in regions for k in rng.integers(0, 24, 24)]) for _ in range(draws)]
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    print("regions resampled: quantiles of the distance with its noise; and the upper end of the basic interval")
    for k, move in enumerate(MAPS):
        basic = np.sqrt(max(2.0 * seen[k] - low[k], 0.0))
        print(f"  {move.name:10s} {np.sqrt(low[k]):.3f} to {np.sqrt(high[k]):.3f}; {basic:.3f}")


def other_preparations() -> None:
    """What the answer would have been with other choices: seeds, sizes, and patches that keep their contrast."""
    print("other preparations: " + " ".join(f"{t.name:>9s}" for t in MAPS))
    choices = (
        [(2, True, seed) for seed in range(5)] + [(f, True, 0) for f in (1, 3, 4)] + [(1, False, 0), (2, False, 0)]
    )
    for factor, contrast, seed in choices:
        rng = np.random.default_rng(seed)
        cut = [windows_at(i, SIZE, *random_corners(i, SIZE, rng)) for i in photographs(factor)]
        moments = moments_of_samples(fold(np.concatenate(cut), contrast))
        defects = " ".join(f"{transformation_test(moments, t).defect:9.3f}" for t in MAPS)
        print(f"  1/{factor} size, contrast {'equal' if contrast else 'as is'}, seed {seed}: {defects}")


def main() -> None:
    rng = np.random.default_rng(0)
    images = photographs()
    show("photographs", fold(np.concatenate([windows_at(i, SIZE, *random_corners(i, SIZE, rng)) for i in images])))
    textures = [random_texture(image, rng) for image in images for _ in range(4)]
    show(
        "random textures", fold(np.concatenate([windows_at(t, SIZE, *random_corners(t, SIZE, rng)) for t in textures]))
    )
    show("on bright spots", fold(np.concatenate([windows_at(i, SIZE, *on_bright_spots(i)) for i in images])))
    for name, image in zip(("pagoda", "flower"), images):
        show(f"{name} alone", fold(windows_at(image, SIZE, *random_corners(image, SIZE, rng))))
    other_preparations()
    regional_intervals(rng)


if __name__ == "__main__":
    main()
