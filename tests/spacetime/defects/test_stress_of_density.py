"""Stress of dislocation densities: image sums, closed forms of anisotropic media, equilibrium, bad input."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError, SymmeterError
from symmeter.spacetime import defects

N, L, CORE = 512, 64.0, 1.0
H = L / N


def dipole(b):
    b = np.array(b, dtype=float)
    return defects.line_density((N, N), H, [((16, 32), b), ((48, 32), -b)], CORE)


@pytest.fixture(scope="module")
def screw():
    return defects.stress_from_density(dipole((0, 0, 1)), (1.5, 1.0), H)


def at(found, component, x, y=32.0):
    return found[component][round(x / H), round(y / H)]


def test_screw_dipole_of_the_prototype(screw) -> None:
    assert screw.curl_error < 1e-14
    assert screw.equilibrium_error < 1e-14
    assert at(screw, "yz", 21.0) == pytest.approx(0.0332013, abs=5e-8)
    held = defects.stress_from_density(dipole((0, 0, 1)), (1.5, 1.0), H, zero_mode="zero_mean_distortion")
    assert at(held, "yz", 21.0) - at(screw, "yz", 21.0) == pytest.approx(32 / 4096, abs=1e-12)
    assert np.abs(screw.stress.mean((2, 3))).max() < 1e-14


def test_screw_dipole_is_the_sum_of_its_images(screw) -> None:
    """Each row of images along y is summed in closed form, (mu b / 2 L) Re cot; then rows along x, in pairs."""
    held = at(screw, "yz", 21.0) + 32 / 4096
    total = 0.0
    for m in range(-60, 61):
        for where, sign in ((16.0, 1.0), (48.0, -1.0)):
            x = 21.0 - where + m * L
            # Rows at distance x: sum over n of x / (x^2 + (n L)^2) = (pi / L) coth(pi x / L).
            total += sign / (2 * np.pi) * (np.pi / L) / np.tanh(np.pi * x / L)
    assert total == pytest.approx(0.0410138, abs=1e-7)
    assert held == pytest.approx(total, abs=5e-9)


def test_edge_dipole_of_the_prototype() -> None:
    found = defects.stress_from_density(dipole((1, 0, 0)), (1.5, 1.0), H)
    assert at(found, "xy", 21.0) == pytest.approx(0.0451095, abs=5e-8)
    nu = 1.5 / (2 * 2.5)
    assert 1 / (2 * np.pi * (1 - nu) * 5) == pytest.approx(0.0454728, abs=1e-7)
    assert found.equilibrium_error < 1e-14


def test_burgers_line_integral(screw) -> None:
    """Around a square of half-width 8, by the trapezoidal rule."""
    i, j, w = round(16 / H), round(32 / H), round(8 / H)
    beta = screw.distortion[2]

    def line(values):
        return (values[1:] + values[:-1]).sum() * H / 2

    x, y = slice(i - w, i + w + 1), slice(j - w, j + w + 1)
    total = line(beta[0, x, j - w]) + line(beta[1, i + w, y]) - line(beta[0, x, j + w]) - line(beta[1, i - w, y])
    assert total == pytest.approx(0.999986, abs=1e-6)


def test_orthotropic_screw_is_a_stretched_isotropic_one() -> None:
    """c44 d_yy w + c55 d_xx w = 0: with y scaled by sqrt(c44 / c55) it is isotropic with mu = sqrt(c44 c55)."""
    c44, c55 = 2.0, 0.5
    c = np.diag([5.0, 5.0, 5.0, c44, c55, 1.5])
    c[:3, :3] += 1.0
    grid, h = (96, 96), (0.5, 0.5)
    alpha = np.zeros((3, 3, *grid))
    rng = np.random.default_rng(0)
    smooth = np.fft.fftn(rng.normal(size=grid))
    k = np.fft.fftfreq(96)
    smooth[np.abs(k[:, None]) + np.abs(k) > 0.2] = 0
    smooth[0, 0] = 0
    alpha[2, 2] = np.fft.ifftn(smooth).real
    found = defects.stress_from_density(alpha, c, h)
    factor = np.sqrt(c55 / c44)
    # alpha dx dy is the same, so alpha is divided by the factor.
    other = defects.stress_from_density(alpha / factor, (1.0, np.sqrt(c44 * c55)), (h[0], h[1] * factor))
    # sigma_yz = c44 d_y w, there mu d_y' w; sigma_xz = c55 d_x w.
    assert np.abs(found["yz"] - other["yz"]).max() < 1e-12
    assert np.abs(found["xz"] / c55 - other["xz"] / np.sqrt(c44 * c55)).max() < 1e-12
    assert np.abs(found["xx"]).max() < 1e-12


def own_derivative(values, axis, h):
    k = 2 * np.pi * np.fft.fftfreq(values.shape[axis], h)
    k[values.shape[axis] // 2] = 0
    return np.fft.ifft(
        np.fft.fft(values, axis=axis) * 1j * k.reshape(-1, *[1] * (values.ndim - 1 - axis)), axis=axis
    ).real


@pytest.mark.parametrize("isotropic", [True, False])
def test_random_density_in_three_dimensions(isotropic) -> None:
    """curl beta = alpha and div sigma = 0 determine the answer; both are checked by another transform."""
    rng = np.random.default_rng(5)
    grid, h = (12, 10, 15), (0.7, 0.9, 0.5)
    any_beta = rng.normal(size=(3, 3, *grid))
    # A smooth periodic field: low waves of noise.
    waves = np.fft.fftn(any_beta, axes=(2, 3, 4))
    for a, n in enumerate(grid):
        mask = np.abs(np.fft.fftfreq(n)) < 0.35
        waves *= mask.reshape([-1 if b == a + 2 else 1 for b in range(5)])
    d = [lambda f, a=a: own_derivative(f, a + 1, h[a]) for a in range(3)]

    def curl(b):
        return np.stack([d[j](b[:, k]) - d[k](b[:, j]) for j, k in ((1, 2), (2, 0), (0, 1))], axis=1)

    alpha = curl(np.fft.ifftn(waves, axes=(2, 3, 4)).real)
    if isotropic:
        c = (1.3, 0.8)
    else:
        half = rng.normal(size=(6, 6))
        c = half @ half.T + 3 * np.eye(6)
    found = defects.stress_from_density(alpha, c, h)
    assert np.abs(curl(found.distortion) - alpha).max() < 1e-11 * np.abs(alpha).max()
    pull = [sum(d[j](found.stress[i, j][None])[0] for j in range(3)) for i in range(3)]
    assert np.abs(pull).max() < 1e-10 * np.abs(found.stress).max()
    assert found.energy > 0
    assert np.abs(found.stress - found.stress.swapaxes(0, 1)).max() < 1e-14 * np.abs(found.stress).max()
    shifted = found.at((2 * h[0], 3 * h[1], 4 * h[2]))
    assert np.abs(shifted - found.stress[:, :, 2, 3, 4]).max() < 1e-12 * np.abs(found.stress).max()


def test_stiffness_in_both_notations_and_both_paths_agree() -> None:
    lam, mu = 1.5, 1.0
    voigt = np.diag([2 * mu] * 3 + [mu] * 3)
    voigt[:3, :3] += lam
    assert np.abs(defects.stiffness_tensor(voigt) - defects.stiffness_tensor((lam, mu))).max() < 1e-15
    alpha = defects.line_density((64, 64), 1.0, [((16, 32), (1, 0.5, 0.3)), ((48, 32), (-1, -0.5, -0.3))], 2.0)
    bare = defects.stress_from_density(alpha, voigt, 1.0)
    # Barely anisotropic media go through the general solver.
    general = defects.stress_from_density(alpha, voigt + 1e-9 * np.diag([1, 0, 0, 0, 0, 0]), 1.0)
    assert np.abs(bare.stress - general.stress).max() < 1e-8
    assert (
        np.abs(defects.stress_from_density(np.moveaxis(alpha, (0, 1), (-2, -1)), voigt, 1.0).stress - bare.stress).max()
        == 0
    )
    assert np.array_equal(np.asarray(bare), bare.stress)


def test_held_box_of_edges_and_of_loops() -> None:
    """The plastic mean is b d / area for a dipole of edges, b A / volume for a loop in three dimensions."""
    from symmeter.spacetime.defects.density import plastic_mean

    alpha = defects.line_density((64, 64), 1.0, [((16, 20), (1.0, 0, 0)), ((16, 44), (-1.0, 0, 0))], 2.0)
    # A cut across x between y = 20 and 44, or 24 wide with its normal along x.
    right = np.zeros((3, 3))
    right[0, 0] = 24 / 64**2
    assert np.abs(plastic_mean(alpha, (1.0, 1.0)) - right).max() < 1e-12
    grid = (24, 24, 24)
    plastic = np.zeros((3, 3, *grid))
    x, y, z = np.meshgrid(*[np.arange(24) - 11.5] * 3, indexing="ij")
    plastic[0, 2] = np.exp(-(x**2 + y**2 + z**2) / 9)
    curl = np.stack([own_derivative(plastic[:, k], j + 1, 1.0) - own_derivative(plastic[:, j], k + 1, 1.0)
                     for j, k in ((1, 2), (2, 0), (0, 1))], axis=1)  # fmt: skip
    mean = plastic_mean(-curl, (1.0, 1.0, 1.0))
    assert np.abs(mean - plastic.mean((2, 3, 4))).max() < 1e-6


GOOD = np.zeros((3, 3, 16, 16))
GOOD[2, 2] = np.cos(2 * np.pi * np.arange(16) / 16)[:, None]

RAMP = np.linspace(-1, 1, 16)[:, None]


def changed(**at):
    alpha = GOOD.copy()
    for place, value in at.items():
        alpha[int(place[1]), int(place[2])] += value
    return alpha


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("spacing= is missing", lambda: defects.stress_from_density(GOOD, (1.5, 1.0))),
        ("spacing", lambda: defects.stress_from_density(GOOD, (1.5, 1.0), (1, 2, 3))),
        ("positive", lambda: defects.stress_from_density(GOOD, (1.5, 1.0), -1)),
        ("zero_mode='zero_stress' is unknown", lambda: defects.stress_from_density(GOOD, (1.5, 1.0), 1, "zero_stress")),
        ("no net Burgers vector", lambda: defects.stress_from_density(changed(a22=0.1), (1.5, 1.0), 1)),
        ("not free of divergence", lambda: defects.stress_from_density(changed(a20=GOOD[2, 2]), (1.5, 1.0), 1)),
        ("not periodic along x", lambda: defects.stress_from_density(changed(a22=RAMP - GOOD[2, 2]), (1.5, 1.0), 1)),
        ("NaN", lambda: defects.stress_from_density(changed(a22=np.nan), (1.5, 1.0), 1)),
        (r"shape \(3, 16, 16\)", lambda: defects.stress_from_density(GOOD[0], (1.5, 1.0), 1)),
        ("C has shape", lambda: defects.stress_from_density(GOOD, np.eye(4), 1)),
        ("not positive", lambda: defects.stress_from_density(GOOD, (-3.0, 1.0), 1)),
        ("not symmetric", lambda: defects.stress_from_density(GOOD, np.triu(np.ones((6, 6))) + 9 * np.eye(6), 1)),
        ("real", lambda: defects.stress_from_density(GOOD + 0j, (1.5, 1.0), 1)),
        ("no component of stress|called such as", lambda: defects.stress_from_density(GOOD, (1.5, 1.0), 1)["aa"]),
        ("would ring", lambda: defects.line_density((16, 16), 1.0, [], 0.5)),
    ],
)  # fmt: skip
def test_bad_input_gets_one_line(words, call) -> None:
    with pytest.raises(SymmeterError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_nothing_gives_nothing_and_limits_are_noted() -> None:
    assert defects.stress_from_density(np.zeros((3, 3, 8, 8)), (1.5, 1.0), 1.0).energy == 0.0
    ripple = GOOD.copy()
    ripple[2, 2] += 0.1 * (-1.0) ** np.arange(16)[:, None]
    assert "grid's limit" in defects.stress_from_density(ripple, (1.5, 1.0), 1.0).notes[0]


def test_files_of_stress(tmp_path) -> None:
    found = defects.stress_from_density(GOOD, (1.5, 1.0), 0.5)
    with np.load(found.save(tmp_path / "s.npz"), allow_pickle=False) as data:
        assert np.array_equal(data["stress"], found.stress)
    text = found.save(tmp_path / "s.vtk").read_text().splitlines()
    assert "DIMENSIONS 16 16 1" in text
    row = np.array(text[text.index("TENSORS stress double") + 2].split(), dtype=float)
    # The second point lies one step along x.
    assert np.abs(row.reshape(3, 3) - found.stress[:, :, 1, 0]).max() < 1e-6
    with pytest.raises(InputError, match="change the extension"):
        found.save(tmp_path / "s.txt")
    pytest.importorskip("matplotlib")
    assert found.save(tmp_path / "s.png").read_bytes()[:4] == b"\x89PNG"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["s.npz", "s.png", "s.vtk"]
