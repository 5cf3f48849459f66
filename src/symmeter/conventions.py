"""The conventions that hold everywhere in the library: what an index, a sign or a direction means.

One table, printed by ``symmeter conventions``. Its number goes into every saved file, so that a reader of an old file
knows which table was in force; the number grows whenever a default changes.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CONVENTIONS", "VERSION", "Convention", "to_json"]

#: Number of the table; every saved file carries it.
VERSION = 1


@dataclass(frozen=True)
class Convention:
    """One matter on which the field's tools differ.

    Attributes
    ----------
    matter : str
        What it is about.
    ours : str
        What symmeter does unless told otherwise.
    others : str
        What others do, and how to convert.
    """

    matter: str
    ours: str
    others: str


CONVENTIONS: tuple[Convention, ...] = (
    Convention(
        "permutations",
        "p[i] is where i goes, counted from 0; (p*q)(i) = p(q(i)); the matrix has P[p[i], i] = 1; people see cycles",
        "GAP and SymPy apply the left factor first: exchange the factors",
    ),
    Convention(
        "grids",
        "row major: cell (y, x) of an H x W grid is column y*W + x, y down and x to the right; shifts are cyclic",
        "column-major arrays: transpose before flattening",
    ),
    Convention(
        "samples",
        "rows are samples, columns are variables; the mean is removed; covariances divide by n - 1",
        "variables in rows: transpose; a covariance is given with kind='covariance' and its n",
    ),
    Convention(
        "complex data",
        "R = mean of x x^H; interleaved means re, im, re, im; split means all real parts, then all imaginary parts",
        "complex= auto, interleaved or split",
    ),
    Convention(
        "defect",
        "a number in [0, 1]: 0 exact, 1 as broken as a random transformation of the same kind",
        "the formula stands in each finding's `how`",
    ),
    Convention(
        "real spherical harmonics",
        "orthonormal, no Condon-Shortley phase, flat index l*l + l + m, polar axis y",
        "axis='z' for physics; complex ones carry the Condon-Shortley phase; convert_harmonics and "
        "convert_coefficients know e3nn, e3nn-component, e3nn-norm, physics, standard, pyscf, scipy, healpix, "
        "mingarelli, source, enterprise",
    ),
    Convention(
        "Clebsch-Gordan signs",
        "Condon-Shortley for complex; real 3j symbols with the signs of e3nn 0.5 and later",
        "e3nn 0.4.4 differs by a sign per (l1, l2, l3)",
    ),
    Convention("irreps text", "16x0e+8x1o, kept in the order written, sorted only on request", "labels of other tools"),
    Convention(
        "rotations",
        "active, on column vectors; matrices first; quaternions (w, x, y, z); Euler angles ZYZ",
        "SciPy's quaternions are (x, y, z, w); e3nn's Euler angles are YXY",
    ),
    Convention(
        "qubits and sites",
        "number 0 is leftmost (big-endian)",
        "Qiskit counts from the right; QuSpin orders states by falling integer",
    ),
    Convention(
        "spin orbitals",
        "blocked: all up, then all down",
        "OpenFermion interleaves; FCIDUMP counts from 1 and is in chemists' notation",
    ),
    Convention("spin", "operators are S, not Pauli matrices; state 0 is +1/2", "pauli=True"),
    Convention(
        "spacetime",
        "signature (-+++) with the signs of Misner, Thorne and Wheeler; collider momenta use diag(+,-,-,-)",
        "signature=",
    ),
    Convention(
        "pulsar sky",
        "k is the direction of propagation; the bare overlap functions of the 2013 anisotropy paper",
        "convention='enterprise' or 'source', which differs by (-1)^l",
    ),
    Convention(
        "crystals and shapes",
        "lattice vectors are rows; fractional or Cartesian is always said; faces run counter-clockwise from outside",
        "ASE, pymatgen, spglib and trimesh objects are read in their own conventions",
    ),
    Convention(
        "crystal defects",
        "Burgers vector b = oint E^A of the crystal coframe, counter-clockwise about the line (atoms moved by "
        "+b phi/2 pi give -b); alpha[a, i] = eps_ijk d_j E_ak, Burgers index first, line index last; Q = -1/2 D g; a "
        "missing wedge has a positive Frank angle",
        "Convention(burgers='FS/RH') has the opposite sign; Kroener's and de Wit's alpha has the line index first: "
        "transpose; the curl of the elastic distortion is -alpha: stress_from_density(of='coframe' or 'distortion')",
    ),
    Convention(
        "sky",
        "HEALPix RING; colatitude and longitude in radians, equatorial J2000",
        "nest=True; ecliptic coordinates and RA/Dec text",
    ),
    Convention(
        "randomness",
        "rng= takes a seed or a NumPy Generator (SPEC 7); generator= for torch; same seed, same answer",
        "random_state= in scikit-learn classes",
    ),
)


def to_json() -> dict[str, object]:
    """The table as plain values.

    Examples
    --------
    >>> to_json()["version"]
    1
    """
    return {
        "schema": "symmeter/conventions/1",
        "version": VERSION,
        "conventions": [{"matter": c.matter, "ours": c.ours, "others": c.others} for c in CONVENTIONS],
    }
