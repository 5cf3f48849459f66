"""Stress of a given dislocation density in a periodic medium, by Fourier transforms (Kroener's eigenstress problem).

With ``alpha = curl beta`` (``alpha_ai = eps_ijk d_j beta_ak``) the elastic distortion of each wave is

    ``beta_ak = i eps_klm k_l alpha_am / k^2 + i k_k u_a``,

where ``u`` makes ``k . C : beta`` vanish. What no wave tells is the mean of the distortion: see ``zero_mode``.

Signs: here the density is the curl of the elastic distortion. The crystal coframe of the same body is ``1 - beta`` to
first order, so its density (torsion on grids, the Nye tensor of atoms and of orientation maps) is the opposite one:
``of="coframe"``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, NonFiniteError, UnknownNameError, nearest_name
from symmeter.spacetime.defects.checked_numbers import finite, numbers
from symmeter.spacetime.defects.density import checked_spacing, density_field, plastic_mean, wave_vectors
from symmeter.spacetime.defects.stiffness import isotropic_tensor, stiffness_tensor

__all__ = ["ZERO_MODES", "DefectStress", "stress_from_density"]

#: What the mean may be, and what each word means.
ZERO_MODES = {
    "zero_mean_stress": "the box is free to change: the mean elastic distortion, and so the mean stress, is zero",
    "zero_mean_distortion": "the box is held: the mean of elastic and plastic distortion together is zero",
}
#: Whose curl a density is, and its sign beside that of the elastic distortion.
_SIGNS = {"distortion": 1, "coframe": -1}
_PAIRS = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
_AXES = "xyz"


@dataclass(frozen=True, eq=False)
class DefectStress:
    """Stress and elastic distortion of a dislocation density.

    Attributes
    ----------
    stress : array of shape (3, 3, *grid)
        In the unit of the stiffness.
    distortion : array of shape (3, 3, *grid)
        Elastic distortion ``beta[a, k]``; its curl is the density (minus that of a coframe).
    spacing : tuple of float
    zero_mode : str
    stiffness : array of shape (3, 3, 3, 3)
    curl_error : float
        Largest ``|curl beta - alpha|`` among waves, relative to the largest wave of the density.
    equilibrium_error : float
        Largest ``|k . sigma|`` among waves, relative to the largest ``|k| |sigma|``.
    notes : tuple of str
    """

    stress: Float[np.ndarray, "3 3 *grid"]
    distortion: Float[np.ndarray, "3 3 *grid"]
    spacing: tuple[float, ...]
    zero_mode: str
    stiffness: Float[np.ndarray, "3 3 3 3"] = field(repr=False)
    curl_error: float
    equilibrium_error: float
    notes: tuple[str, ...] = ()

    @property
    def grid(self) -> tuple[int, ...]:
        """Number of points along each axis."""
        return self.stress.shape[2:]

    @property
    def strain(self) -> Float[np.ndarray, "3 3 *grid"]:
        """Symmetric part of the distortion."""
        return 0.5 * (self.distortion + self.distortion.swapaxes(0, 1))

    @cached_property
    def energy_density(self) -> Float[np.ndarray, " *grid"]:
        """Elastic energy per volume."""
        return 0.5 * np.einsum("ij...,ij...->...", self.stress, self.strain)

    @property
    def energy(self) -> float:
        """Elastic energy of the box (2-d: per length of the lines)."""
        return float(self.energy_density.sum() * np.prod(self.spacing))

    @property
    def von_mises(self) -> Float[np.ndarray, " *grid"]:
        """Equivalent stress of von Mises."""
        s = self.stress - np.einsum("ij,kk...->ij...", np.eye(3) / 3.0, self.stress)
        return np.sqrt(1.5 * np.einsum("ij...,ij...->...", s, s))

    def at(self, point: Any) -> Float[np.ndarray, "3 3"]:
        """Stress at a place, from all waves (exact between the points of the grid)."""
        waves = np.fft.fftn(self.stress, axes=range(2, self.stress.ndim))
        x = numbers(point, len(self.grid), "point")
        for n, h, where in zip(self.grid, self.spacing, x):
            k = np.fft.fftfreq(n, h) * 2 * np.pi
            phase = np.exp(1j * k * where)
            if n % 2 == 0:
                phase[n // 2] = np.cos(k[n // 2] * where)
            waves = np.tensordot(waves, phase / n, axes=(2, 0))
        return np.ascontiguousarray(waves.real)

    def __getitem__(self, component: Any) -> np.ndarray:
        """A component by its name, ``s["yz"]``, or whatever an array gives."""
        if isinstance(component, str):
            if len(component) != 2 or any(c not in _AXES for c in component):
                raise UnknownNameError(f"a component of stress is called such as 'xx' or 'yz', not {component!r}")
            return self.stress[_AXES.index(component[0]), _AXES.index(component[1])]
        return self.stress[component]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.stress, dtype=dtype, copy=copy)

    def save(self, path: Any) -> Any:
        """Write ``.npz`` (arrays), ``.vtk`` (image data) or ``.png`` / ``.svg`` (a picture)."""
        from symmeter.spacetime.defects.stress_export import save_stress

        return save_stress(self, path)

    def plot(self, path: Any = None, component: str = "von_mises") -> Any:
        """A picture of a component (3-d: the middle layer)."""
        from symmeter.spacetime.defects.stress_export import draw_stress

        return draw_stress(self, path, component)

    def __repr__(self) -> str:
        return f"DefectStress({'x'.join(map(str, self.grid))}, {self.zero_mode})"


def stress_from_density(
    alpha: Float[np.ndarray, "3 3 *grid"],
    C: Any,
    spacing: float | tuple[float, ...] | None = None,
    zero_mode: str = "zero_mean_stress",
    *,
    of: str = "distortion",
    tol: float = 1e-6,
) -> DefectStress:
    """The stress of a dislocation density in a periodic box.

    Parameters
    ----------
    alpha : array of shape (3, 3, nx, ny) or (3, 3, nx, ny, nz)
        ``alpha[a, i]``: Burgers direction a, line direction i; 1 / length. Components may also stand last. In two
        dimensions nothing changes along z.
    C : array of shape (6, 6) or (3, 3, 3, 3), or (lambda, mu)
        Stiffness; Voigt order xx, yy, zz, yz, xz, xy. Two numbers are Lame's constants.
    spacing : float or one for each axis
        Between grid points, in the unit of length of ``alpha``.
    zero_mode : {"zero_mean_stress", "zero_mean_distortion"}
        What the mean is. They differ by the mean plastic distortion, ``b d / area`` for a dipole, which is taken from
        the first moments of the density as it lies in the box (cuts that cross a wall are not known to it).
    of : {"distortion", "coframe"}
        Whose curl the density is: that of the elastic distortion, or that of the crystal coframe, as torsion on grids,
        the Nye tensor of atoms and that of orientation maps are. Their signs are opposite.
    tol : float
        How large the divergence and the mean of the density may be, relative to its largest wave.

    Returns
    -------
    DefectStress

    Raises
    ------
    InputError
        If the spacing is missing, the density has a divergence, a mean or a step at the walls, or C is no stiffness.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(16) * 0.5
    >>> alpha = np.zeros((3, 3, 16, 16))
    >>> alpha[2, 2] = np.cos(2 * np.pi * x / 8)[:, None]
    >>> s = stress_from_density(alpha, (1.0, 1.0), 0.5)
    >>> float(round(s["yz"].max(), 6))              # mu L / (2 pi)
    1.27324
    """
    if zero_mode not in ZERO_MODES:
        near = nearest_name(zero_mode, ZERO_MODES)
        right = f"did you mean {near!r}?" if near else f"it is {' or '.join(ZERO_MODES)}"
        raise UnknownNameError(f"zero_mode={zero_mode!r} is unknown; {right}")
    if of not in _SIGNS:
        near = nearest_name(of, _SIGNS)
        right = f"did you mean {near!r}?" if near else f"it is the curl of the {' or the '.join(_SIGNS)}"
        raise UnknownNameError(f"of={of!r} is unknown; {right}")
    finite(tol, "tol")
    values, first = density_field(alpha)
    values *= _SIGNS[of]
    steps = checked_spacing(spacing, values.shape[2:])
    c = stiffness_tensor(C)
    _no_step(values)
    grid = values.shape[2:]
    axes = tuple(range(2, values.ndim))
    k = wave_vectors(grid, steps)
    waves = np.zeros((3, 3, *grid[:-1], grid[-1] // 2 + 1), dtype=complex)
    for a, i in np.argwhere(np.any(values, axis=axes)):
        # Most densities have few components: the others cost nothing.
        waves[a, i] = np.fft.rfftn(values[a, i])
    largest = float(np.abs(waves).max())
    notes = _checked(waves, k, largest, tol, float(np.prod(grid)))
    if largest == 0.0:
        zero = np.zeros((3, 3, *grid))
        return DefectStress(zero, zero.copy(), steps, zero_mode, c, 0.0, 0.0, ("the density is zero",))
    square = (k**2).sum(0)
    inverse = np.divide(1.0, square, out=np.zeros_like(square), where=square > 0)
    beta = _first_part(waves, k, inverse)
    force = _force(c, beta, k)
    beta += 1j * _displacement(c, force, k, inverse)[:, None] * k
    if zero_mode == "zero_mean_distortion":
        beta[(..., *(0,) * len(grid))] = -plastic_mean(values, steps) * np.prod(grid)
    errors = _residuals(waves, beta, c, k, largest)
    distortion = np.fft.irfftn(beta, s=grid, axes=axes)
    del beta, waves
    stress = _contracted(c, distortion)
    if first is False:
        notes.append("components stood last in the density; here they stand first")
    return DefectStress(stress, distortion, steps, zero_mode, c, *errors, tuple(notes))


def _no_step(values: np.ndarray) -> None:
    """Refuse densities that do not continue across the walls."""
    top = np.abs(values).max()
    if not np.isfinite(top):
        raise NonFiniteError(
            f"alpha has {int((~np.isfinite(values)).sum())} values that are NaN or infinite; fill them first"
        )
    for d in range(2, values.ndim):
        if values.shape[d] < 4:
            continue
        inside = np.abs(np.diff(values, axis=d)).max()
        step = np.abs(np.take(values, 0, axis=d) - np.take(values, -1, axis=d)).max()
        if step > 5.0 * inside and step > 1e-3 * top:
            raise InputError(
                f"alpha is not periodic along {_AXES[d - 2]}: it steps by {step:.3g} at the wall, inside by at most "
                f"{inside:.3g} from point to point; window it, or pad the box with zeros"
            )


def _checked(waves: np.ndarray, k: np.ndarray, largest: float, tol: float, points: float) -> list[str]:
    mean = np.real(waves[(..., *(0,) * (waves.ndim - 2))])
    if np.abs(mean).max() > tol * max(largest, 1e-300):
        a, i = np.unravel_index(int(np.abs(mean).argmax()), (3, 3))
        raise InputError(
            f"alpha[{a}, {i}] has the mean {mean[a, i] / points:.4g}: a periodic box holds no net Burgers vector; add "
            "the opposite defects"
        )
    size = np.sqrt((k**2).sum(0))
    divergence = np.abs(np.einsum("i...,ai...->a...", k, waves))
    worst = float((divergence / np.where(size > 0, size, np.inf)).max())
    if worst > tol * max(largest, 1e-300):
        a = int(np.argmax(divergence.reshape(3, -1).max(1)))
        raise InputError(
            f"alpha is not free of divergence: d_i alpha[{a}, i] is {worst / largest:.3g} of its largest wave; lines "
            "of dislocations end nowhere (rows are Burgers vectors, columns line directions)"
        )
    silent = waves[:, :, size == 0]
    lost = float(np.abs(silent[:, :, 1:]).max(initial=0.0))
    return (
        [f"waves at the grid's limit carry {lost / largest:.2g} of the largest and no stress"]
        if lost > tol * max(largest, 1e-300)
        else []
    )


def _first_part(waves: np.ndarray, k: np.ndarray, inverse: np.ndarray) -> np.ndarray:
    """``i eps_klm k_l alpha_am / k^2``."""
    beta = np.zeros_like(waves)
    for n, p, q in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        beta[:, n] = 1j * inverse * (k[p] * waves[:, q] - k[q] * waves[:, p])
    return beta


def _contracted(c: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """``C_ijkl beta_kl`` without the products that vanish."""
    lame = _isotropic(c)
    out = np.empty_like(beta)
    if lame is not None:
        trace = lame[0] * (beta[0, 0] + beta[1, 1] + beta[2, 2])
        for i, j in _PAIRS:
            value = lame[1] * (beta[i, j] + beta[j, i])
            out[i, j] = value + trace if i == j else value
            out[j, i] = out[i, j]
        return out
    flat = beta.reshape(9, -1)
    for i, j in _PAIRS:
        out[i, j] = (c[i, j].reshape(9) @ flat).reshape(beta.shape[2:])
        out[j, i] = out[i, j]
    return out


def _force(c: np.ndarray, beta: np.ndarray, k: np.ndarray) -> np.ndarray:
    """``f_i = i k_j sigma_ij``."""
    return 1j * np.einsum("j...,ij...->i...", k, _contracted(c, beta))


def _isotropic(c: np.ndarray) -> tuple[float, float] | None:
    lam, mu = float(c[0, 0, 1, 1]), float(c[1, 2, 1, 2])
    return (lam, mu) if np.abs(c - isotropic_tensor(lam, mu)).max() < 1e-12 * np.abs(c).max() else None


def _displacement(c: np.ndarray, force: np.ndarray, k: np.ndarray, inverse: np.ndarray) -> np.ndarray:
    """``u`` with ``K u = f``, K the acoustic tensor ``k_j C_ijkl k_l``."""
    lame = _isotropic(c)
    if lame is not None:
        lam, mu = lame
        along = (k * force).sum(0) * inverse * ((lam + mu) / (lam + 2 * mu))
        return (force - k * along) * (inverse / mu)
    acoustic = np.einsum("ijkl,j...,l...->ik...", c, k, k, optimize=True)
    silent = inverse == 0
    acoustic[..., silent] = np.eye(3)[..., None]
    solved = np.empty_like(force)
    cof = np.empty_like(acoustic)
    for i in range(3):
        for j in range(3):
            p, q, r, s = (i + 1) % 3, (i + 2) % 3, (j + 1) % 3, (j + 2) % 3
            cof[i, j] = acoustic[p, r] * acoustic[q, s] - acoustic[p, s] * acoustic[q, r]
    det = (acoustic[0] * cof[0]).sum(0)
    for i in range(3):
        # The acoustic tensor is symmetric, and so is its inverse.
        solved[i] = (cof[i] * force).sum(0) / det
    solved[..., silent] = 0.0
    return solved


def _residuals(
    waves: np.ndarray, beta: np.ndarray, c: np.ndarray, k: np.ndarray, largest: float
) -> tuple[float, float]:
    """Errors of the curl and of equilibrium, as waves."""
    curl = 0.0
    heard = (k**2).sum(0) > 0
    for i, j, n in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        own = 1j * (k[j] * beta[:, n] - k[n] * beta[:, j])
        curl = max(curl, float(np.abs((own - waves[:, i])[:, heard]).max()))
    sigma = _contracted(c, beta)
    pull = np.einsum("j...,ij...->i...", k, sigma)
    size = float((np.sqrt((k**2).sum(0)) * np.abs(sigma).max((0, 1))).max())
    return curl / largest, float(np.abs(pull).max()) / max(size, 1e-300)
