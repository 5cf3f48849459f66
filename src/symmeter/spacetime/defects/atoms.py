"""Defects in atoms: the crystal coframe of every atom, its Nye tensor, strain, rotation, volume, and integer charges.

Conventions: ``G[a, i]`` maps a bond (lab index i) to its reference vector (crystal index a), so rows are the crystal
coframe ``E^a = G_ai dx^i`` and ``F = G^-1``. The dislocation density is ``alpha[a, i] = eps_ijk d_j G_ak``: first index
Burgers vector (crystal), second line direction (lab). Atoms displaced by ``+b`` around a line have ``oint E = -b``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float, Int

from symmeter.errors import InputError, InputTypeError, ShapeError, UnknownNameError, nearest_name
from symmeter.spacetime.defects.atoms_matching import Matching, coframe_gradients, match_bonds, nothing_matches
from symmeter.spacetime.defects.atoms_neighbours import Bonds, neighbours_of
from symmeter.spacetime.defects.atoms_recognition import estimated_parameter, refuse_the_wrong_lattice
from symmeter.spacetime.defects.conventions import Convention
from symmeter.spacetime.defects.lattice import Lattice, reference_lattice
from symmeter.subjects.crystals import Crystal, crystal_of

if TYPE_CHECKING:
    from pathlib import Path

    from symmeter.spacetime.defects.burgers import BurgersLoop

__all__ = ["AtomsReport", "PointDefects", "from_atoms"]

#: What an atom may be flagged for.
FLAGS = ("few neighbours", "ill-conditioned", "unsettled", "near a core")
#: Above this condition a fit is not trusted.
_CONDITION = 1e6


def from_atoms(
    atoms: Any,
    reference: str | Lattice = "fcc",
    a: float | str | None = None,
    *,
    c: float | None = None,
    orientation: Float[np.ndarray, "3 3"] | None = None,
    cutoff: float | None = None,
    cell: Any = None,
    periodic: Any = None,
    convention: Convention | None = None,
    use_compiled: bool | None = None,
) -> AtomsReport:
    """Compare atoms with a perfect crystal.

    Parameters
    ----------
    atoms : path, ASE Atoms, Crystal, or array of shape (n, 3)
        Extended XYZ or a LAMMPS dump when it is a path.
    reference : str or Lattice
        ``sc``, ``fcc``, ``bcc``, ``hcp``, ``diamond``; flat: ``square``, ``triangular``, ``honeycomb``.
    a : float or "estimate"
        Lattice parameter, in the unit of the positions; ``"estimate"`` takes it from the distances of neighbours.
    c : float, optional
        Height of hcp's cell; when omitted it is ideal, or estimated where a is.
    orientation : array of shape (3, 3), optional
        Rotation from the crystal's axes to the lab's: among equivalent descriptions of each grain, the nearest to it is
        used. The identity when omitted. Grains may have any orientation.
    cutoff : float, optional
        Longest bond. Of each atom the nearest ones count, as many as the reference has, within this reach; when
        omitted it lies between the reference's last shell and the next.
    cell : array of shape (3, 3) or 3 lengths, optional
        Overrides the box of the atoms.
    periodic : bool or 3 bool, optional
        Overrides which directions repeat.
    convention : Convention, optional
        Sign of Burgers vectors of loops, and factor of nonmetricity; ``oint E`` and ``-1/2 D g`` when omitted.
    use_compiled : bool, optional
        Whether numba does the loops; where it is installed when omitted. The answer is the same.

    Returns
    -------
    AtomsReport

    Raises
    ------
    InputError
        If ``a`` is missing, the cutoff mixes shells, atoms stand on each other, nothing looks like the reference, or
        the atoms look like another one.

    Examples
    --------
    >>> from symmeter.spacetime.defects.atoms_builders import build_crystal
    >>> report = from_atoms(build_crystal("fcc", 3.61), reference="fcc", a=3.61)
    >>> float(abs(report.nye).max()) < 1e-12, report.flagged.sum().item()
    (True, 0)
    """
    if not isinstance(convention, Convention | None):
        raise InputTypeError(f"convention={convention!r}: give a Convention, such as Convention(burgers='FS/RH')")
    crystal = crystal_of(atoms, cell, periodic)
    told = a
    if isinstance(a, str):
        if a != "estimate":
            raise InputError(f"a={a!r}: the lattice parameter is a length, or 'estimate'")
        a = estimated_parameter(crystal, reference, c)
    lattice = reference_lattice(reference, a, c)
    turn = _rotation(orientation)
    reach = _reach(lattice, cutoff)
    if _room(crystal, lattice) < 0.3:
        # Far too long a lattice parameter would make every atom the neighbour of every other.
        raise nothing_matches(lattice, crystal.positions)
    near = neighbours_of(crystal.positions, crystal.cell, crystal.periodic, reach, lattice.neighbours + 8, use_compiled)
    bonds = near.nearest(lattice.neighbours)
    _no_doubles(crystal, bonds, lattice)
    matching = match_bonds(bonds, lattice, turn, use_compiled)
    refuse_the_wrong_lattice(crystal, lattice, matching)
    if not (matching.grains >= 0).any():
        raise nothing_matches(lattice, crystal.positions)
    found = AtomsReport(crystal, lattice, bonds, matching, near, convention or Convention(), use_compiled)
    if isinstance(told, str) and lattice.name == "hcp" and c is None and cutoff is None:
        wide, high = _hexagonal_stretch(found)
        if abs(high / wide - 1) > 2e-3:
            # The crystal's own c / a is none of its strain.
            a, c = lattice.a * wide, float(lattice.cell[2, 2]) * high
            return from_atoms(crystal, reference, a, c=c, orientation=orientation, convention=convention,
                              use_compiled=use_compiled)  # fmt: skip
    return found


def _hexagonal_stretch(found: AtomsReport) -> tuple[float, float]:
    """The usual stretch across and along the c axis."""
    u = found.stretch[found.matching.grains >= 0]
    return float(np.median(np.sqrt(u[:, 0, 0] * u[:, 1, 1]))), float(np.median(u[:, 2, 2]))


def _room(crystal: Crystal, lattice: Lattice) -> float:
    """Volume of the box, or around the atoms, over what this many would take in the reference (flat: area)."""
    size = np.ptp(crystal.positions, axis=0) + lattice.spacing
    if lattice.planar:
        return float(np.prod(np.sort(size)[1:]) / (crystal.n * lattice.volume))
    box = abs(np.linalg.det(crystal.cell)) if crystal.periodic.all() else np.prod(size)
    return float(box / (crystal.n * lattice.volume))


def _rotation(orientation: Any) -> np.ndarray | None:
    if orientation is None:
        return None
    try:
        turn = np.asarray(orientation, dtype=float)
    except (TypeError, ValueError):
        turn = np.zeros(0)
    # Written so that NaN is refused.
    if turn.shape != (3, 3) or not (np.abs(turn @ turn.T - np.eye(3)).max() < 1e-3 and np.linalg.det(turn) > 0):
        raise InputError("orientation is no rotation matrix: give 3 x 3, orthogonal, with determinant 1")
    return turn


def _reach(lattice: Lattice, cutoff: float | None) -> float:
    if cutoff is None:
        return lattice.outer + 0.9 * (lattice.beyond - lattice.outer)
    if isinstance(cutoff, bool) or not isinstance(cutoff, (int, float, np.number)) or not 0 < cutoff < np.inf:
        raise InputError(f"cutoff={cutoff!r}: the longest bond is a positive length in the unit of the positions")
    slack = 0.03 * lattice.spacing
    if not lattice.outer + slack < cutoff < 1.5 * lattice.beyond - slack:
        raise InputError(
            f"cutoff={cutoff:g} mixes shells: the {lattice.neighbours} neighbours of {lattice.name} with "
            f"a={lattice.a:g} reach to {lattice.outer:.4g}, the next stand at {lattice.beyond:.4g}; take about "
            f"{0.5 * (lattice.outer + lattice.beyond):.4g}"
        )
    return float(cutoff)


def _no_doubles(crystal: Crystal, bonds: Bonds, lattice: Lattice) -> None:
    held = bonds.counts > 0
    nearest = np.linalg.norm(bonds.vector[bonds.start[:-1][held]], axis=1)
    close = nearest < 0.2 * lattice.spacing
    if close.any():
        i = int(np.flatnonzero(held)[close][0])
        j = int(bonds.index[bonds.start[i]])
        where = "its own image; is the cell right?" if i == j else f"atom {j}; take one away"
        raise InputError(f"{crystal.source}: atom {i} stands {nearest[close][0]:.3g} from {where}")


@dataclass(frozen=True, eq=False)
class PointDefects:
    """Empty sites and atoms without a site.

    Attributes
    ----------
    vacancies : array of shape (v, 3)
        Where atoms are missing.
    interstitials : array of i int
        Atoms that none, or too few, of their neighbours have a place for.
    """

    vacancies: Float[np.ndarray, "v 3"]
    interstitials: Int[np.ndarray, " i"]

    @property
    def net(self) -> int:
        """Sites minus atoms: what conservation of sites leaves over in the region."""
        return len(self.vacancies) - len(self.interstitials)


@dataclass(frozen=True, eq=False)
class AtomsReport:
    """What a crystal's atoms say of its defects.

    Attributes
    ----------
    crystal : Crystal
        Positions, box.
    lattice : Lattice
        The reference.
    bonds : Bonds
    matching : Matching
        Which bond is which of the perfect crystal.
    near : Bonds
        All bonds within reach, those too that exceed the number of the reference's.
    convention : Convention
    """

    crystal: Crystal
    lattice: Lattice
    bonds: Bonds
    matching: Matching
    near: Bonds
    convention: Convention = field(default_factory=Convention)
    _compiled: bool | None = None

    @property
    def n(self) -> int:
        """Number of atoms."""
        return self.crystal.n

    @property
    def G(self) -> Float[np.ndarray, "n 3 3"]:
        """Crystal coframe of each atom, ``[atom, crystal index, lab index]``: reference vector = G @ bond."""
        return self.matching.frame

    @cached_property
    def F(self) -> Float[np.ndarray, "n 3 3"]:
        """Deformation gradient, the inverse of ``G``."""
        return np.linalg.inv(self.G)

    @cached_property
    def gradient(self) -> Float[np.ndarray, "n 3 3 3"]:
        """``[atom, a, j, k]``: derivative of ``G[a, k]`` along j."""
        return coframe_gradients(self.bonds, self.matching, self.lattice, self._compiled)

    @cached_property
    def nye(self) -> Float[np.ndarray, "n 3 3"]:
        """Dislocation density ``alpha[a, i]`` of each atom, 1 / length; NaN where neighbours do not span space.

        In the outer two layers at a free surface, where neighbours stand on one side alone, it is off by up to a fifth
        of the lattice's curvature there.
        """
        d = self.gradient
        out = np.empty((self.n, 3, 3))
        for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
            out[:, :, i] = d[:, :, j, k] - d[:, :, k, j]
        return out

    @cached_property
    def density(self) -> Float[np.ndarray, " n"]:
        """Norm of the Nye tensor."""
        return np.linalg.norm(self.nye, axis=(1, 2))

    @cached_property
    def volume(self) -> Float[np.ndarray, " n"]:
        """Volume of each atom: the reference's, as the lattice there is stretched (flat: area)."""
        return self.lattice.volume / np.abs(np.linalg.det(self.G))

    @cached_property
    def volume_ratio(self) -> Float[np.ndarray, " n"]:
        """Local volume over that of the reference."""
        return self.volume / self.lattice.volume

    @cached_property
    def metric(self) -> Float[np.ndarray, "n 3 3"]:
        """Metric of the lattice ``g(E_A, E_B) = (G G^T)^-1``, in the crystal's axes."""
        return np.linalg.inv(self.G @ self.G.transpose(0, 2, 1))

    @cached_property
    def nonmetricity(self) -> Float[np.ndarray, "n 3 3 3"]:
        """``[atom, A, B, k]``: ``Q_AB = -1/2 d G_AB`` in the crystal's flat connection."""
        # d (G G^T)^-1 = -g (dG G^T + G dG^T) g.
        half = np.einsum("najk,nbk->nabj", self.gradient, self.G)
        change = half + half.transpose(0, 2, 1, 3)
        factor = 0.5 * self.convention.factor
        return factor * np.einsum("nab,nbcj,ncd->nadj", self.metric, change, self.metric, optimize=True)

    @cached_property
    def A(self) -> Float[np.ndarray, "n 3"]:
        """Point-defect one-form ``-1/3 d ln (volume ratio)``: a third of the first trace of ``Q_AB``."""
        # ln sqrt det g = -ln det G, whose derivative is -F_ka d_j G_ak.
        return np.einsum("nka,najk->nj", self.F, self.gradient) * (self.convention.factor / 3.0)

    @cached_property
    def traces(self) -> tuple[Float[np.ndarray, "n 3"], Float[np.ndarray, "n 3"]]:
        """Both traces of nonmetricity as forms in the lab: ``Q_k = Q^a_ak`` and ``P_i = Q_ik^k``."""
        lab = np.einsum("nai,nbj,nabk->nijk", self.G, self.G, self.nonmetricity, optimize=True)
        # Lab axes are orthonormal: indices go up and down for nothing.
        return np.einsum("niik->nk", lab), np.einsum("nikk->ni", lab)

    def divergence(self, form: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " n"]:
        """Least-squares divergence of a form over matched bonds; NaN where they do not span space."""
        from symmeter.spacetime.defects.atoms_matching import least_squares_gradient

        if np.shape(form) != (self.n, 3):
            raise ShapeError(f"a form has three components for each of {self.n} atoms, not the shape {np.shape(form)}")
        return np.einsum("nkk->n", least_squares_gradient(self.bonds, self.matching, self.lattice, form))

    @cached_property
    def uncertainty(self) -> Float[np.ndarray, " n"]:
        """How far ``density`` may be off, 1 / length: what the misfit of bonds leaves in it; large in cores.

        With n neighbours at distance d a misfit m, independent from atom to atom, leaves ``m / (n d^2)`` in each
        derivative; the factor collects nine components, each a difference of two. Shaken atoms of a perfect lattice
        stay far below it: the curl of their gradient cancels to first order.
        """
        d = self.lattice.spacing
        return 6 * np.sqrt(3) * self.matching.misfit / (np.maximum(self.matched, 1) * d * d)

    @cached_property
    def _polar(self) -> tuple[np.ndarray, np.ndarray]:
        u, s, vh = np.linalg.svd(self.F)
        flip = np.sign(np.linalg.det(u) * np.linalg.det(vh))
        u[:, :, 2] *= flip[:, None]
        s[:, 2] *= flip
        return u @ vh, np.einsum("nki,nk,nkj->nij", vh, s, vh)

    @property
    def rotation(self) -> Float[np.ndarray, "n 3 3"]:
        """Rotation of the lattice, from the crystal's axes to the lab's: R of F = R U."""
        return self._polar[0]

    @property
    def stretch(self) -> Float[np.ndarray, "n 3 3"]:
        """U of F = R U."""
        return self._polar[1]

    @cached_property
    def rotation_angle(self) -> Float[np.ndarray, " n"]:
        """Angle of the rotation, radians."""
        r = self.rotation
        axial = np.stack([r[:, 2, 1] - r[:, 1, 2], r[:, 0, 2] - r[:, 2, 0], r[:, 1, 0] - r[:, 0, 1]], axis=1)
        return np.arctan2(np.linalg.norm(axial, axis=1), np.trace(r, axis1=1, axis2=2) - 1)

    @cached_property
    def strain(self) -> Float[np.ndarray, "n 3 3"]:
        """Lagrangian strain ``(F^T F - 1) / 2``, in the crystal's axes."""
        return 0.5 * (self.F.transpose(0, 2, 1) @ self.F - np.eye(3))

    @cached_property
    def almansi(self) -> Float[np.ndarray, "n 3 3"]:
        """Eulerian strain ``(1 - G^T G) / 2``, in the lab's axes."""
        return 0.5 * (np.eye(3) - self.G.transpose(0, 2, 1) @ self.G)

    @cached_property
    def coordination(self) -> Int[np.ndarray, " n"]:
        """Number of atoms nearer than halfway between the reference's last shell and the next."""
        short = np.linalg.norm(self.near.vector, axis=1) < 0.5 * (self.lattice.outer + self.lattice.beyond)
        return np.bincount(self.near.owner[short], minlength=self.n)

    @property
    def matched(self) -> Int[np.ndarray, " n"]:
        """Number of neighbours that have a place in the reference."""
        return self.matching.matched

    @cached_property
    def doubtful(self) -> Bool[np.ndarray, " n"]:
        """Atoms whose fit is not to be trusted: few neighbours, ill-conditioned, or in no grain."""
        return (
            (self.matched < self.lattice.least)
            | (self.matching.condition > _CONDITION)
            | (self.matching.grains < 0)
            | ~np.isfinite(self.gradient).all(axis=(1, 2, 3))
        )

    @cached_property
    def near_cores(self) -> Bool[np.ndarray, " n"]:
        """Atoms next to doubtful ones, or where the frame turns so fast that it means little."""
        touched = np.zeros(self.n, dtype=bool)
        touched[self.bonds.owner[self.doubtful[self.bonds.index]]] = True
        steep = np.sqrt((np.nan_to_num(self.gradient) ** 2).sum((1, 2, 3))) * self.lattice.spacing > 0.25
        return (touched | steep) & ~self.doubtful

    @property
    def flagged(self) -> Bool[np.ndarray, " n"]:
        """Atoms whose numbers are uncertain, for any reason in :meth:`flags`."""
        return self.doubtful | self.near_cores

    def flags(self) -> dict[str, Bool[np.ndarray, " n"]]:
        """Which atoms are flagged, for each reason."""
        return {
            "few neighbours": self.matched < self.lattice.least,
            "ill-conditioned": self.matching.condition > _CONDITION,
            "unsettled": self.matching.grains < 0,
            "near a core": self.near_cores,
        }

    @cached_property
    def _loops(self) -> tuple[tuple[BurgersLoop, ...], bool]:
        from symmeter.spacetime.defects.burgers_search import defect_loops

        return defect_loops(self)

    @property
    def loops(self) -> tuple[BurgersLoop, ...]:
        """What :meth:`burgers_loops` finds by itself."""
        return self._loops[0]

    @property
    def notes(self) -> tuple[str, ...]:
        """What the loops leave out."""
        from symmeter.spacetime.defects.burgers_search import MOST_PLACES

        out = []
        if self._loops[1]:
            out.append(
                f"loops were laid around the {MOST_PLACES} strongest places alone; burgers_loops(centre) asks elsewhere"
            )
        if not self.lines_are_parallel:
            out.append("the lines are not parallel: pieces of a curved line have the same Burgers vector, up to their "
                       "sense, and have no sum")  # fmt: skip
        return tuple(out)

    @property
    def lines_are_parallel(self) -> bool:
        """Whether all lines that were found run along one direction, so that their Burgers vectors have a sum."""
        from symmeter.spacetime.defects.burgers_search import PARALLEL

        return all(abs(a.normal @ self.loops[0].normal) > PARALLEL for a in self.loops)

    def burgers_loops(
        self, centre: Any = None, normal: Any = (0.0, 0.0, 1.0), radius: float | None = None
    ) -> tuple[BurgersLoop, ...]:
        """Closed loops of bonds with their exact closure failures.

        Parameters
        ----------
        centre : array of 3, optional
            Where one loop is laid. When omitted, loops are laid around every core that the Nye tensor shows, and those
            that fail to close are returned.
        normal : array of 3
            Direction that the loop turns around, right-handed.
        radius : float, optional
            Of the loop; six nearest distances when omitted.

        Raises
        ------
        InputError
            If the loop would run through a core.
        """
        if centre is None:
            return self.loops
        from symmeter.spacetime.defects.burgers import circle_loop

        return (circle_loop(self, centre, normal, 6.0 * self.lattice.spacing if radius is None else radius),)

    def loop_of(self, atoms: Any) -> BurgersLoop:
        """The loop of bonds through these atoms, one after another, closed from the last to the first."""
        from symmeter.spacetime.defects.burgers import loop_of

        return loop_of(self, atoms)

    def circulation(
        self, centre: Any, radius: float, normal: Any = (0.0, 0.0, 1.0), *, linear: bool = True
    ) -> Float[np.ndarray, "3"]:
        """``oint G dx`` around a circle: the smeared Burgers vector, which tends to the integer one far out.

        Parameters
        ----------
        centre : array of 3
        radius : float
        normal : array of 3
        linear : bool
            Whether frames are carried on between atoms by their gradient; else each holds in its own cell.
        """
        from symmeter.spacetime.defects.burgers import circulation

        return circulation(self, centre, radius, normal, linear=linear)

    @property
    def total_burgers(self) -> Float[np.ndarray, "3"]:
        """Sum of the exact Burgers vectors of all loops that were found, in the crystal's axes.

        Each counts in the sense of its normal; parallel lines have one sense. Of lines that are not parallel
        (``lines_are_parallel``) the sum means nothing.
        """
        return np.sum([loop.burgers for loop in self.loops], axis=0) if self.loops else np.zeros(3)

    @cached_property
    def burgers_content(self) -> Float[np.ndarray, "3 3"]:
        """``sum alpha V`` over atoms: Burgers vector times line, ``[a, i]``, smeared, summed over all lines."""
        good = np.isfinite(self.density)
        return np.einsum("nai,n->ai", self.nye[good], self.volume[good])

    @property
    def total_frank(self) -> float:
        """Sum of the Frank angles of all loops that were found, radians."""
        return float(sum(loop.frank_angle for loop in self.loops))

    @cached_property
    def point_defects(self) -> PointDefects:
        """Vacancies and interstitials, by counting sites."""
        from symmeter.spacetime.defects.atoms_sites import point_defects

        return point_defects(self)

    @property
    def volume_misfit(self) -> float:
        """``int (sqrt g - 1)`` over settled atoms: volume gained over the reference, in units of length cubed."""
        good = self.matching.grains >= 0
        return float((self.volume[good] - self.lattice.volume).sum())

    @cached_property
    def misorientation(self) -> Float[np.ndarray, " n"]:
        """Angle by which the lattice at each atom is turned from the mean, up to its own rotations; radians.

        NaN for atoms without a frame.
        """
        settled = self.matching.grains >= 0
        u, _, vh = np.linalg.svd(self.rotation[settled].mean(0))
        # Of rotations far apart the mean may be nearest to a reflection.
        u[:, 2] *= np.linalg.det(u @ vh)
        turns = np.einsum("ji,njk->nik", u @ vh, self.rotation[settled])
        trace = np.einsum("pij,nij->np", self.lattice.rotations, turns).max(1)
        angle = np.arccos(np.clip(0.5 * (trace - 1), -1, 1))
        out = np.full(len(settled), np.nan)
        out[settled] = np.where(angle < 1e-7, 0.0, angle)
        return out

    def scalar(self, name: str) -> Float[np.ndarray, " n"]:
        """One number for each atom, by name: what can be drawn and exported."""
        table = {
            "alpha": lambda: self.density,
            "volume": lambda: self.volume,
            "dilation": lambda: self.volume_ratio - 1.0,
            "rotation": lambda: np.degrees(self.rotation_angle),
            "misorientation": lambda: np.degrees(self.misorientation),
            "strain": lambda: np.linalg.norm(self.strain, axis=(1, 2)),
            "coordination": lambda: self.coordination.astype(float),
            "matched": lambda: self.matched.astype(float),
            "A": lambda: np.linalg.norm(self.A, axis=1),
            "screw": lambda: np.trace(np.einsum("nka,nai->nki", self.rotation, self.nye), axis1=1, axis2=2),
            "div Q": lambda: self.divergence(self.traces[0]),
            "div P": lambda: self.divergence(self.traces[1]),
            "uncertainty": lambda: self.uncertainty,
            "flagged": lambda: self.flagged.astype(float),
            "grain": lambda: self.matching.grains.astype(float),
        }
        if name not in table:
            near = nearest_name(name, table)
            right = f"did you mean {near!r}?" if near else f"there are {', '.join(table)}"
            raise UnknownNameError(f"no map of atoms is called {name!r}; {right}")
        return table[name]()

    def plot(self, path: Any = None, scalar: str = "alpha", **options: Any) -> Any:
        """A picture: atoms coloured by a scalar, Burgers vectors as arrows; see :func:`~.pictures.draw_atoms`."""
        from symmeter.spacetime.defects.pictures import draw_atoms

        return draw_atoms(self, path, scalar, **options)

    def save(self, path: Any) -> Path:
        """Write what was found for each atom: ``.extxyz`` or ``.vtk``; ``.json`` has the summary."""
        from symmeter.spacetime.defects.atoms_export import save_atoms

        return save_atoms(self, path)

    def summary(self) -> dict[str, Any]:
        """Plain values: counts, charges, loops."""
        from symmeter.spacetime.defects.atoms_export import summary_of

        return summary_of(self)

    def __repr__(self) -> str:
        return f"AtomsReport({self.n} atoms as {self.lattice.name}, a={self.lattice.a:.5g})"
