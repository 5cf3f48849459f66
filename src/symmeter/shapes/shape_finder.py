"""Finds the point group of a shape: the finder that ``find`` runs on molecules, meshes and points.

The defect of a group is the root mean square distance between points and the places where its operations take others,
over what random orthogonal maps give. Coordinates carry noise: as large as was said, as was estimated, or as the
rounding of their last decimal. It is taken off the defect and makes its interval, through the chi-squared
distribution of :mod:`symmeter.shapes.shape_noise`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from symmeter.errors import InputError
from symmeter.finders import Finder, FindOptions
from symmeter.findings import Finding, Level, Report, Rung
from symmeter.shapes.coincident_vertices import joined
from symmeter.shapes.detection_noise import (
    constraints_of,
    finite_operations,
    group_at_noise,
    group_of_unknown_noise,
    squares_of,
    standard_deviation,
)
from symmeter.shapes.detection_shells import LARGEST, closest_of, closest_pair
from symmeter.shapes.face_geometry import area_vectors
from symmeter.shapes.flat_regions import true_corners
from symmeter.shapes.point_group import ROUNDING, DetectedPointGroup, group_within
from symmeter.shapes.shape_action import ShapeAction
from symmeter.shapes.shape_drawing import drawing_of
from symmeter.shapes.shape_noise import (
    asymmetry_interval,
    noise_p_value,
    random_map_deviation,
)
from symmeter.subjects import Subject
from symmeter.subjects.shapes import Shape

__all__ = [
    "Examined",
    "ShapeFinder",
    "ShapeReport",
    "action_of_group",
    "elements_text",
    "examine",
    "noise_test",
    "remarks_on",
]

TOLERANCE = 1e-3
#: Rounding to a unit is uniform: its standard deviation is the unit over the square root of 12.
_ROUNDED = 12.0**-0.5
NEARLY = 0.1


@dataclass(frozen=True, eq=False)
class Examined:
    """What was found of a shape.

    Attributes
    ----------
    shape : Shape
    group : DetectedPointGroup
        Of the points that count: of a mesh the corners of its flats.
    members : int array
        The points of the shape that count.
    noise : float
        Standard deviation of a coordinate; what rounding gives when nothing was said.
    noise_is : str
        ``"given"``, ``"estimated"``, ``"rounding"`` or ``"none"``.
    tolerance : float
        What was accepted, relative to the radius.
    """

    shape: Shape
    group: DetectedPointGroup
    members: np.ndarray
    noise: float
    noise_is: str
    tolerance: float


def examine(shape: Shape, tol: float | None = None, noise: float | str | None = None, alpha: float = 0.01) -> Examined:
    """Find the point group of a shape.

    Parameters
    ----------
    shape : Shape
    tol : float, optional
        How far a point may be from its ideal place, relative to the largest distance from the centre; 0.001 when
        neither this nor noise is given.
    noise : float or "estimate", optional
        Standard deviation of each coordinate, in the unit of the coordinates. The tolerance is then what this noise
        needs, and groups that it does not explain at the level alpha are left out. ``"estimate"`` takes the noise from
        the shape: the largest group whose constraints are all met alike, and better than by chance.
    alpha : float

    Raises
    ------
    InputError
        If both are given, or one is out of range; if points cannot be told apart.

    Examples
    --------
    >>> corners = [[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1.005, 1.005)]
    >>> examine(Shape(corners)).group.symbol, examine(Shape(corners), noise=0.005).group.symbol
    ('D4h', 'Oh')
    """
    if tol is not None and noise is not None:
        raise InputError("tol and noise were both given; the tolerance follows from the noise, leave one out")
    shape = _with_joined_vertices(shape)
    points, members, faces = _that_count(shape)
    labels = None if shape.labels is None else [shape.labels[i] for i in members]

    def detect(tolerance: float, most: int | None = None) -> DetectedPointGroup:
        return group_within(tolerance, points, labels, faces=faces, most=most)

    radius = float(np.linalg.norm(points - points.mean(axis=0), axis=1).max())
    if noise is not None:
        known = standard_deviation(noise)
        if known is not None:
            group = group_at_noise(detect, len(members), radius, known, alpha)
            return Examined(shape, group, members, known, "given", group.tolerance)
        rounding = (shape.resolution or 0.0) * _ROUNDED
        group, estimate = group_of_unknown_noise(detect, closest_of(points, labels)[0], alpha, rounding)
        return Examined(shape, group, members, estimate, "estimated", group.tolerance)
    tolerance = TOLERANCE if tol is None else tol
    unit = shape.resolution
    spread = unit * _ROUNDED if unit is not None else ROUNDING * max(radius, 1e-300)
    return Examined(shape, detect(tolerance), members, spread, "none" if unit is None else "rounding", tolerance)


def _with_joined_vertices(shape: Shape) -> Shape:
    """The mesh with one vertex at each place: many programs write one for each face that meets there."""
    if shape.faces is None:
        return shape
    first, place = joined(shape.points)
    extra = shape.n - len(first)
    if not extra:
        return shape
    faces = tuple(tuple(place[list(f)].tolist()) for f in shape.faces)
    note = f"{extra} of {shape.n} vertices lie where others do and were joined with them"
    return replace(shape, points=shape.points[first], labels=None, faces=faces, notes=(*shape.notes, note))


def _that_count(shape: Shape) -> tuple[np.ndarray, np.ndarray, Any]:
    if shape.n > LARGEST:
        raise InputError(
            f"{shape.source} has {shape.n:,} points; more than {LARGEST:,} are not compared, thin them out first"
        )
    if shape.faces is None:
        return shape.points, np.arange(shape.n), None
    corners, flats = true_corners(shape.points, shape.faces)
    size = float(np.ptp(shape.points, axis=0).max())
    areas = np.linalg.norm(area_vectors(shape.points, shape.faces), axis=1)
    if len(corners) < 2 or not flats or areas.max() <= 1e-12 * size**2:
        raise InputError(
            f"{shape.source}: no face has an area, face 0 is {shape.faces[0]}; a point group needs faces with corners"
        )
    return shape.points[corners], corners, flats


def noise_test(found: Examined) -> float | None:
    """Probability that the noise leaves at least such deviations if the group were exact; None without constraints."""
    return noise_p_value(squares_of(found.group), found.noise, constraints_of(found.group))


def action_of_group(group: DetectedPointGroup) -> ShapeAction:
    """How a detected group moves its points."""
    ops, permutations, _ = finite_operations(group)
    return ShapeAction(group.symbol, ops, permutations, group.centre, group.points + group.centre)


@dataclass(frozen=True, eq=False, repr=False)
class ShapeReport(Report):
    """The report for a shape: as any other, with a sentence about shapes."""

    @property
    def summary(self) -> str:
        """One sentence in plain words."""
        best = self.findings[0]
        name, off = best.group.name, best.evidence["relative_deviation"]
        if best.order == 1:
            sentence = "The shape has no symmetry (C1)"
        elif best.verdict == "exact":
            sentence = f"The shape has the point group {name} exactly, to the rounding of its coordinates"
        else:
            sentence = f"The shape has the point group {name}: every point is within {off:.2g} radii of its images"
        if len(self.findings) > 1:
            needs = [f.evidence["relative_deviation"] for f in self.findings[1:]]
            # Of groups that need about as much the largest is worth naming.
            after = max(k for k, d in enumerate(needs) if d <= 2.0 * min(needs))
            sentence += f"; {self.findings[1 + after].group.name} would need {needs[after]:.2g} radii"
            if best.order != 1 and best.verdict != "exact" and off > 0:
                sentence += f", {needs[after] / off:.2g} times as much"
        return sentence + "."


class ShapeFinder(Finder):
    """Finds the point group of a shape, and the larger ones that it nearly has."""

    name = "shapes"

    def find(self, subject: Subject, options: FindOptions) -> Report:
        assert isinstance(subject, Shape)
        options.report_progress(0.1, "finding the point group")
        found = examine(subject, options.tol, options.noise, options.alpha)
        options.report_progress(0.7, "finding larger groups")
        return report_of(found, options)


def report_of(found: Examined, options: FindOptions) -> ShapeReport:
    """The report: the group first, then the larger ones of the ladder; smaller ones stand on the ladder alone."""
    chance = random_map_deviation(found.group.points, found.group.kinds)
    larger = [s for s in found.group.steps if s.order is not None and s.order > (found.group.order or np.inf)]
    groups = [found.group, *larger]
    findings = [_finding(found, g, chance, options) for g in groups]
    findings[0] = replace(findings[0], picture=drawing_of(found.shape, found.group, found.members))
    low = 0.0
    rungs = []
    for step in found.group.steps:
        low = max(low, min(1.0, _rms(step) / chance) if chance > 0 else 0.0)
        name = action_of_group(step).group.name
        rungs.append(Rung(low if step.order != 1 else 0.0, name, step.order, f"point group {name}"))
    asked = {"alpha": options.alpha, "tolerance": found.tolerance, "noise": found.noise, "noise is": found.noise_is}
    return ShapeReport(
        found.shape.describe(), tuple(findings), tuple(rungs), tuple(remarks_on(found)), asked, ("polyhedra-benchmark",)
    )


def _rms(group: DetectedPointGroup) -> float:
    """Root mean square over the points and the operations other than the identity."""
    moving = group.rms[1:] if len(group.rms) > 1 else group.rms
    value = float(np.sqrt((moving**2).mean()))
    return value if value > ROUNDING * group.radius else 0.0


def _finding(found: Examined, group: DetectedPointGroup, chance: float, options: FindOptions) -> Finding:
    action = action_of_group(group)
    squares, count = squares_of(group), constraints_of(group)
    p = noise_p_value(squares, found.noise, count)
    raw = min(1.0, _rms(group) / chance) if chance > 0 else 0.0
    share = np.array(asymmetry_interval(squares, found.noise, count)) / np.sqrt(squares) if squares > 0 else np.zeros(3)
    defect, below, above = (min(1.0, raw * float(s)) for s in share)
    accepted = group is found.group
    verdict = _verdict(found, accepted, p, options.alpha, defect)
    name = f"point group {action.group.name}"
    tested = p if (accepted and verdict != "symmetric") or found.noise_is in ("given", "estimated") else None
    return Finding(
        name=name,
        action=action,
        defect=defect,
        interval=(min(below, defect), max(above, defect)),
        p_value=tested if accepted else p,
        verdict=verdict,
        how=_how(found, group, chance, count),
        levels=_levels(found, group, p, options.alpha),
        notes=tuple(_notes(found, group, accepted)),
        code=_code(options, accepted),
        evidence=_evidence(found, group, raw, squares, count),
    )


def _verdict(found: Examined, accepted: bool, p: float | None, alpha: float, defect: float) -> str:
    if not accepted:
        return "nearly" if defect < NEARLY else "broken"
    if found.noise_is in ("given", "estimated"):
        if p is None:
            return "exact" if found.group.relative_deviation <= ROUNDING else "symmetric"
        return "symmetric" if p >= 0.05 else "borderline"
    exact = found.group.relative_deviation <= ROUNDING or (p is not None and p >= alpha)
    return "exact" if exact or p is None else "symmetric"


def _how(found: Examined, group: DetectedPointGroup, chance: float, count: int) -> str:
    size = "" if group.order is None else f" over {group.order} operations"
    noise = {
        "given": f"the noise of {found.noise:.3g} that was given",
        "estimated": f"a noise of {found.noise:.3g}, estimated from the {found.group.symbol} that was found",
        "rounding": f"the rounding of the coordinates ({found.noise:.2g})",
        "none": "rounding of double precision",
    }[found.noise_is]
    return (
        f"root mean square distance of points from the images of others{size}, {_rms(group):.3g}, over {chance:.3g} "
        f"for random orthogonal maps; {noise} is taken off over {count} constraints, and makes the interval"
    )


def _levels(found: Examined, group: DetectedPointGroup, p: float | None, alpha: float) -> tuple[Level, ...]:
    limit = 3.0 * found.tolerance
    within = Level(
        "within tolerance",
        group.relative_deviation <= limit * (1 + 1e-9),
        None,
        group.relative_deviation,
        f"the largest deviation is {group.relative_deviation:.3g} of the radius; up to {limit:.3g} is accepted",
    )
    if p is None:
        return (within,)
    word = "rounding explains it" if found.noise_is in ("rounding", "none") else "noise explains it"
    method = "chi-squared of the distance from the symmetrised coordinates, in units of the noise"
    return within, Level(word, p >= alpha, p, None, method)


def _notes(found: Examined, group: DetectedPointGroup, accepted: bool) -> Sequence[str]:
    if not accepted:
        count = constraints_of(group)
        needed = np.sqrt(squares_of(group) / count) if count else 0.0
        return [f"If the coordinates carry noise of about {needed:.2g}, this group holds: give it as noise."]
    notes = []
    elements = elements_text(group)
    if elements:
        notes.append(f"It has {elements}.")
    if group.order is not None and group.symbol[0] in "CDTOI" and not any(np.linalg.det(g) < 0 for g in group.ops):
        notes.append("No mirror, centre or improper axis: the shape is chiral.")
    if found.noise_is == "estimated":
        notes.append(
            "The noise was estimated from the shape itself, as if it had this group; a small distortion counts."
        )
    return notes


def elements_text(group: DetectedPointGroup) -> str:
    """The elements in words.

    Examples
    --------
    >>> from symmeter.shapes import point_group
    >>> elements_text(point_group([[0, 0, 0.1], [0, 0.7, -0.5], [0, -0.7, -0.5]], ["O", "H", "H"]))
    'a C2 axis and 2 mirror planes'
    """
    counts: dict[tuple[str, int], int] = {}
    for e in group.elements:
        counts[e.kind, e.order] = counts.get((e.kind, e.order), 0) + 1
    parts = []
    for (kind, order), k in counts.items():
        sign = f"{'C' if kind == 'C' else 'S'}{order or '∞'}"
        one = {"C": f"a {sign} axis", "S": f"an {sign} axis", "mirror": "a mirror plane", "inversion": "a centre"}[kind]
        many = {"C": f"{k} {sign} axes", "S": f"{k} {sign} axes", "mirror": f"{k} mirror planes"}
        parts.append(one if k == 1 else many[kind])
    if group.symbol in ("C*v", "D*h"):
        parts[1:1] = ["every mirror plane through it"]
    if group.symbol == "D*h":
        parts[2:2] = ["the mirror plane and all C2 axes across it"]
    if not parts:
        return ""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _code(options: FindOptions, accepted: bool) -> str:
    if not accepted:
        return ""
    return f"report = sm.find({options.call[0]}{options.call[1]}); report.best.action.symmetrized()"


def _evidence(found: Examined, group: DetectedPointGroup, raw: float, squares: float, count: int) -> dict[str, Any]:
    after = group.next_larger
    evidence: dict[str, Any] = {
        "hermann_mauguin": group.hermann_mauguin,
        "deviation": group.deviation,
        "relative_deviation": group.relative_deviation,
        "defect_before_noise": raw,
        "symmetry_measure": group.symmetry_measure,
        "constraints": count,
        "noise_needed": float(np.sqrt(squares / count)) if count else 0.0,
        "margin_to_larger": group.margin,
        "next_larger": "none found" if after is None else f"{after[0]} at {after[1]:.3g}",
        "radius": group.radius,
        "centre": group.centre,
    }
    if group is found.group and group.order is not None:
        smaller = [s for s in group.steps if s.order is not None and s.order < (group.order or 0)]
        evidence["margin_to_smaller"] = group.margin_below
        evidence["next_smaller"] = smaller[-1].symbol if smaller else "none"
    return evidence


def _too_near(found: Examined) -> str:
    """Points of different kinds in one place: no trouble for the group, and hardly meant."""
    if found.shape.labels is None:
        return ""
    distance, i, j = closest_pair(found.group.points)
    if distance > TOLERANCE * found.group.radius:
        return ""
    one, other = sorted((i, j))
    names = f"{found.shape.labels[one]}, {found.shape.labels[other]}"
    return f"Points {one} and {other} ({names}) lie in one place."


def remarks_on(found: Examined) -> list[str]:
    """What a reader should know of how the shape was read: vertices that do not count, open sides, a plane."""
    shape, remarks = found.shape, []
    if shape.faces is not None and len(found.members) < shape.n:
        remarks.append(
            f"{shape.n - len(found.members)} of {shape.n} vertices lie inside flats or on straight edges; they do not "
            "count."
        )
    if shape.faces is not None:
        from symmeter.shapes.mesh import Mesh

        mesh = Mesh(shape.points, shape.faces, shape.source)
        side = None if mesh.is_watertight else mesh.first_open_side()
        if side is not None:
            remarks.append(f"The surface is not closed: side ({side[0]}, {side[1]}) of face {side[2]} has no partner.")
    near = _too_near(found)
    if near:
        remarks.append(near)
    if found.group.order is not None and found.group.is_planar and found.group.order > 1:
        remarks.append("The points lie in a plane, which is a mirror for that reason alone.")
    return remarks
