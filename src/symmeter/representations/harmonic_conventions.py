"""Conventions of spherical harmonics as named values, and the matrices that turn one into another.

Every convention lists functions on the sphere degree by degree, 2l+1 of them for degree l; two conventions differ by
one invertible matrix per degree, ``Y_target = M Y_source``. Coefficients of one and the same function then turn by the
inverse transpose of M.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import isqrt
from typing import Any

import numpy as np
from jaxtyping import Complex, Float, Num

from symmeter.errors import InputError, InputTypeError, ShapeError, UnknownNameError, nearest_name
from symmeter.linalg.array_namespace import constant_like, is_torch, namespace_of

__all__ = [
    "HARMONIC_CONVENTIONS",
    "HarmonicConvention",
    "alm_from_real",
    "axis_matrix",
    "conversion_matrix",
    "convert_coefficients",
    "convert_harmonics",
    "degree_of",
    "normalization_factors",
    "real_from_alm",
    "real_to_complex",
]

AXES = {"y": "y", "e3nn": "y", "z": "z", "standard": "z", "physics": "z"}
NORMALIZATIONS = ("integral", "component", "norm")
#: Rows pick the coordinates (x, y, z) in the order (x, y, z) of the frame with polar axis z.
Y_TO_Z = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
Y_TO_Z.setflags(write=False)


def polar_axis(axis: str) -> str:
    """``"y"`` or ``"z"`` from the names people use."""
    if axis in AXES:
        return AXES[axis]
    raise UnknownNameError(f"axis is {axis!r}; it must be 'y' (or 'e3nn') or 'z' (or 'standard', 'physics')")


def checked_degree(degree: Any, name: str = "degree") -> int:
    """A whole number >= 0."""
    if isinstance(degree, bool) or not isinstance(degree, (int, np.integer)):
        shape = np.shape(degree) if not isinstance(degree, str) else ()
        what = f"an array of shape {shape}" if shape else repr(degree)
        raise InputTypeError(f"{name} is {what}; it must be a whole number >= 0")
    if degree < 0:
        raise InputError(f"{name} is {degree}; it must be >= 0")
    return int(degree)


def degree_of(size: int) -> int:
    """The largest degree L of a list of (L+1)^2 coefficients.

    Examples
    --------
    >>> degree_of(25)
    4
    """
    degree = isqrt(size) - 1 if size > 0 else -1
    if degree < 0 or (degree + 1) ** 2 != size:
        nearest = max(0, round(max(size, 1) ** 0.5) - 1)
        raise ShapeError(
            f"{size} coefficients along the last axis; all degrees up to L take (L+1)^2, such as "
            f"{(nearest + 1) ** 2} for L = {nearest}"
        )
    return degree


@dataclass(frozen=True)
class HarmonicConvention:
    """What one tool means by its list of spherical harmonics.

    Attributes
    ----------
    kind : {"real", "complex"}
        Complex ones carry the Condon-Shortley phase, real ones do not.
    axis : {"y", "z"}
        Polar axis.
    normalization : {"integral", "component", "norm"}
        Integral of Y^2 is 1; sum over m of Y^2 is 2l+1; sum over m of Y^2 is 1.
    p_as_xyz : bool
        Degree 1 in the order (x, y, z) instead of m = -1, 0, 1 (quantum chemistry).
    phase : {"plain", "alternating"}
        ``alternating`` multiplies by (-1)^m (real harmonics of some pulsar-timing codes).
    direction : {"point", "opposite"}
        ``opposite`` evaluates at -r, a factor (-1)^l: skies given by where waves come from, not where they travel.

    Examples
    --------
    >>> HarmonicConvention.named("e3nn").axis
    'y'
    """

    kind: str = "real"
    axis: str = "y"
    normalization: str = "integral"
    p_as_xyz: bool = False
    phase: str = "plain"
    direction: str = "point"

    def __post_init__(self) -> None:
        object.__setattr__(self, "axis", polar_axis(self.axis))
        for name, value, known in (
            ("kind", self.kind, ("real", "complex")),
            ("normalization", self.normalization, NORMALIZATIONS),
            ("phase", self.phase, ("plain", "alternating")),
            ("direction", self.direction, ("point", "opposite")),
        ):
            if value not in known:
                raise UnknownNameError(f"{name} is {value!r}; it must be one of {', '.join(known)}")
        if self.p_as_xyz and self.kind == "complex":
            raise InputError("p_as_xyz orders real harmonics; complex ones have no x, y, z")

    @staticmethod
    def named(name: str | HarmonicConvention) -> HarmonicConvention:
        """Look a convention up by the name of the tool that uses it."""
        if isinstance(name, HarmonicConvention):
            return name
        if name in HARMONIC_CONVENTIONS:
            return HARMONIC_CONVENTIONS[name]
        close = nearest_name(name, HARMONIC_CONVENTIONS)
        hint = f"; did you mean {close!r}?" if close else ""
        raise UnknownNameError(f"no convention is called {name!r}; known are {', '.join(HARMONIC_CONVENTIONS)}{hint}")


#: Conventions by the tool that uses them. ``enterprise`` and ``mingarelli`` are those of the pulsar-timing papers, on
#: the direction a wave travels in; ``source`` is ``mingarelli`` on the direction it comes from.
HARMONIC_CONVENTIONS: dict[str, HarmonicConvention] = {
    "symmeter": HarmonicConvention(),
    "e3nn": HarmonicConvention(),
    "e3nn-component": HarmonicConvention(normalization="component"),
    "e3nn-norm": HarmonicConvention(normalization="norm"),
    "physics": HarmonicConvention(axis="z"),
    "standard": HarmonicConvention(axis="z"),
    "pyscf": HarmonicConvention(axis="z", p_as_xyz=True),
    "scipy": HarmonicConvention(kind="complex", axis="z"),
    "healpix": HarmonicConvention(kind="complex", axis="z"),
    "mingarelli": HarmonicConvention(kind="complex", axis="z"),
    "source": HarmonicConvention(kind="complex", axis="z", direction="opposite"),
    "enterprise": HarmonicConvention(axis="z", phase="alternating"),
}


@lru_cache(maxsize=256)
def real_to_complex(ell: int) -> Complex[np.ndarray, "m m"]:
    """The unitary U with ``Y_complex = U Y_real`` for degree l, both with the same polar axis.

    Y_l,m = (-1)^m (R_m + i R_-m) / sqrt(2) and Y_l,-m = (R_m - i R_-m) / sqrt(2) for m > 0: the complex harmonics carry
    the Condon-Shortley phase, the real ones do not.

    Examples
    --------
    >>> np.round(real_to_complex(1) * np.sqrt(2), 12)[2]
    array([ 0.-1.j,  0.+0.j, -1.+0.j])
    """
    ell = checked_degree(ell, "l")
    out = np.zeros((2 * ell + 1, 2 * ell + 1), dtype=complex)
    out[ell, ell] = 1
    m = np.arange(1, ell + 1)
    sign = (-1.0) ** m
    out[ell + m, ell + m], out[ell + m, ell - m] = sign / np.sqrt(2), 1j * sign / np.sqrt(2)
    out[ell - m, ell + m], out[ell - m, ell - m] = 1 / np.sqrt(2), -1j / np.sqrt(2)
    out.setflags(write=False)
    return out


@lru_cache(maxsize=256)
def axis_matrix(ell: int, source: str = "y", target: str = "z") -> Float[np.ndarray, "m m"]:
    """The orthogonal M with ``Y^target(r) = M Y^source(r)`` for real harmonics of degree l at the same point r.

    Examples
    --------
    >>> axis_matrix(1)  # (x, y, z) of polar axis y becomes (y, z, x) of polar axis z
    array([[0., 1., 0.],
           [0., 0., 1.],
           [1., 0., 0.]])
    """
    from symmeter.representations.wigner import wigner_D

    source, target = polar_axis(source), polar_axis(target)
    if source == target:
        return np.eye(2 * ell + 1)
    # Y^y(r) = Y^z(P r), so Y^z(r) = D(P^-1) Y^z(P r).
    matrix = wigner_D(ell, Y_TO_Z.T if source == "y" else Y_TO_Z, axis="z")
    # Entries that vanish do so exactly by parity of m; rounding is removed for readable tables.
    matrix = np.where(np.abs(matrix) < 1e-14, 0.0, matrix) + 0.0
    if ell < 2:
        matrix = np.rint(matrix) + 0.0
    matrix.setflags(write=False)
    return matrix


def normalization_factors(degree: int, normalization: str) -> Float[np.ndarray, " k"]:
    """What the orthonormal harmonics of all degrees up to ``degree`` are multiplied by, one number per component.

    Examples
    --------
    >>> normalization_factors(1, "norm").round(6)
    array([3.544908, 2.046653, 2.046653, 2.046653])
    """
    ell = np.repeat(np.arange(degree + 1), 2 * np.arange(degree + 1) + 1)
    if normalization == "integral":
        return np.ones(len(ell))
    if normalization == "component":
        return np.full(len(ell), np.sqrt(4 * np.pi))
    if normalization == "norm":
        return np.sqrt(4 * np.pi / (2 * ell + 1))
    raise UnknownNameError(f"normalization is {normalization!r}; it must be one of {', '.join(NORMALIZATIONS)}")


def _from_standard(ell: int, convention: HarmonicConvention) -> np.ndarray:
    """M with ``Y_convention = M Y`` for the orthonormal real harmonics with polar axis z."""
    m = np.eye(2 * ell + 1) if convention.axis == "z" else axis_matrix(ell, "z", "y")
    if convention.phase == "alternating":
        m = (-1.0) ** np.arange(-ell, ell + 1)[:, None] * m
    if convention.direction == "opposite" and ell % 2:
        m = -m
    if convention.kind == "complex":
        m = real_to_complex(ell) @ m
    if convention.p_as_xyz and ell == 1:
        # Degree 1 is (y, z, x) with polar axis z and (x, y, z) with polar axis y already.
        m = m[[2, 0, 1]] if convention.axis == "z" else m
    scale = {"integral": 1.0, "component": np.sqrt(4 * np.pi), "norm": np.sqrt(4 * np.pi / (2 * ell + 1))}
    return scale[convention.normalization] * m


@lru_cache(maxsize=1024)
def _conversion(ell: int, source: HarmonicConvention, target: HarmonicConvention) -> np.ndarray:
    first, second = _from_standard(ell, source), _from_standard(ell, target)
    # M is a scaled unitary matrix: its inverse is its adjoint over the scale.
    out = second @ first.conj().T / np.linalg.norm(first[0]) ** 2
    if np.iscomplexobj(out) and np.abs(np.imag(out)).max() < 1e-14:
        out = np.ascontiguousarray(np.real(out))
    out.setflags(write=False)
    return out


def conversion_matrix(
    ell: int,
    source: str | HarmonicConvention,
    target: str | HarmonicConvention,
) -> Num[np.ndarray, "m m"]:
    """The matrix M with ``Y_target = M Y_source`` for degree l.

    Parameters
    ----------
    ell : int
    source, target : str or HarmonicConvention
        Such as ``"e3nn"``, ``"physics"``, ``"scipy"``, ``"pyscf"``.

    Examples
    --------
    >>> conversion_matrix(1, "physics", "pyscf")
    array([[0., 0., 1.],
           [1., 0., 0.],
           [0., 1., 0.]])
    """
    return _conversion(checked_degree(ell, "l"), HarmonicConvention.named(source), HarmonicConvention.named(target))


def _convert(values: Any, source: Any, target: Any, dual: bool) -> Any:
    source, target = HarmonicConvention.named(source), HarmonicConvention.named(target)
    array: Any = values if is_torch(values) else np.asarray(values)
    xp = namespace_of(array)
    parts = []
    for ell in range(degree_of(array.shape[-1]) + 1):
        m = _conversion(ell, target, source).T if dual else _conversion(ell, source, target)
        block = array[..., ell * ell : (ell + 1) ** 2]
        if is_torch(array):
            matrix = constant_like(m.T, array)
            kind = xp.promote_types(block.dtype, matrix.dtype)
            parts.append(block.to(kind) @ matrix.to(kind))
        else:
            parts.append(block @ m.T)
    return xp.concatenate(_one_type(xp, parts), axis=-1)


def _one_type(xp: Any, parts: list[Any]) -> list[Any]:
    if xp is np:
        return parts
    kind = parts[0].dtype
    for p in parts:
        kind = xp.promote_types(kind, p.dtype)
    return [p.to(kind) for p in parts]


def convert_harmonics(values: Any, source: str | HarmonicConvention, target: str | HarmonicConvention) -> Any:
    """Values of all harmonics up to some degree, ``(..., (L+1)^2)``, from one convention to another.

    Examples
    --------
    >>> from symmeter.representations import real_sph_harm
    >>> y = real_sph_harm([0.0, 0.6, 0.8], 3)
    >>> z = convert_harmonics(y, "e3nn", "physics")
    >>> bool(np.allclose(z, real_sph_harm([0.0, 0.6, 0.8], 3, axis="z")))
    True
    """
    return _convert(values, source, target, dual=False)


def convert_coefficients(values: Any, source: str | HarmonicConvention, target: str | HarmonicConvention) -> Any:
    """Coefficients of one and the same function on the sphere, ``(..., (L+1)^2)``, from one convention to another.

    ``sum_i c_i Y_i(r)`` (no conjugation) does not change.

    Examples
    --------
    >>> c = np.array([0.0, 0.0, 1.0, 0.0])  # e3nn's degree 1 is (x, y, z): this is the function y
    >>> convert_coefficients(c, "e3nn", "physics")  # (y, z, x)
    array([0., 1., 0., 0.])
    """
    return _convert(values, source, target, dual=True)


def _alm_layout(degree: int) -> tuple[np.ndarray, np.ndarray]:
    m = np.repeat(np.arange(degree + 1), degree + 1 - np.arange(degree + 1))
    ell = np.concatenate([np.arange(k, degree + 1) for k in range(degree + 1)])
    return ell, m


def alm_from_real(coefficients: Num[np.ndarray, "*batch k"], axis: str = "z") -> Complex[np.ndarray, "*batch a"]:
    """HEALPix's a_lm (m >= 0 only, m by m) of the real function with these orthonormal real coefficients.

    Parameters
    ----------
    coefficients : array of shape (..., (L+1)^2)
        Flat index l*l + l + m.
    axis : {"z", "y"}
        Polar axis of ``coefficients``; HEALPix's is always z.

    Examples
    --------
    >>> alm_from_real(np.array([1.0, 0.0, 2.0, 0.0])).real
    array([1., 2., 0.])
    """
    c: Any = coefficients if is_torch(coefficients) else np.asarray(coefficients)
    if polar_axis(axis) == "y":
        c = convert_coefficients(c, "e3nn", "physics")
    ell, m = _alm_layout(degree_of(c.shape[-1]))
    centre = ell * ell + ell
    # f = sum a_lm Y_lm with Y_lm = (-1)^m (R_m + i R_-m)/sqrt(2) gives a_lm = (-1)^m (c_m - i c_-m)/sqrt(2).
    size = np.where(m == 0, 1.0, (-1.0) ** m / np.sqrt(2))
    cosine, sine = c[..., centre + m] * constant_like(size, c), c[..., centre - m] * constant_like(size * (m > 0), c)
    return namespace_of(c).complex(cosine, -sine) if is_torch(c) else cosine - 1j * sine + 0.0


def real_from_alm(alm: Complex[np.ndarray, "*batch a"], axis: str = "z") -> Float[np.ndarray, "*batch k"]:
    """Orthonormal real coefficients of the real function with these HEALPix a_lm; inverse of :func:`alm_from_real`.

    Examples
    --------
    >>> real_from_alm(np.array([1.0, 2.0, 0.0j]))
    array([1., 0., 2., 0.])
    """
    a: Any = alm if is_torch(alm) else np.asarray(alm)
    degree = round((np.sqrt(8 * a.shape[-1] + 1) - 3) / 2)
    if (degree + 1) * (degree + 2) // 2 != a.shape[-1]:
        raise ShapeError(
            f"{a.shape[-1]} a_lm along the last axis; degrees up to L take (L+1)(L+2)/2, such as 6 for L = 2"
        )
    ell, m = _alm_layout(degree)
    # Where each real coefficient stands among the a_lm, and whether it is a real or an imaginary part.
    flat = np.arange((degree + 1) ** 2)
    of_flat = np.sqrt(flat).astype(int)
    order = flat - of_flat * of_flat - of_flat
    place = np.empty((degree + 1, degree + 1), dtype=int)
    place[ell, m] = np.arange(len(ell))
    source = place[of_flat, np.abs(order)]
    size = np.where(order == 0, 1.0, np.sqrt(2) * (-1.0) ** order)
    real, imag = (constant_like(size * part, a.real) for part in (order >= 0, order < 0))
    out = a.real[..., source] * real - (a.imag[..., source] * imag if is_torch(a) or np.iscomplexobj(a) else 0.0) + 0.0
    return out if polar_axis(axis) == "z" else convert_coefficients(out, "physics", "e3nn")
