"""Defects of crystals as geometry: torsion, nonmetricity and what they count, on paper, on grids and on atoms."""

from __future__ import annotations

from symmeter.late_names import late_names

_HERE = "symmeter.spacetime.defects"

#: Where each public name lives.
_HOMES = {
    # Geometry.
    "Action": f"{_HERE}.action",
    "CONTRACTIONS": f"{_HERE}.action",
    "Convention": f"{_HERE}.conventions",
    "CubicComplex": f"{_HERE}.cubic_complex",
    "Curvature": f"{_HERE}.field_strengths",
    "Defect": f"{_HERE}.defect",
    "DefectLine": f"{_HERE}.cubic_complex",
    "EshelbySphere": f"{_HERE}.eshelby",
    "FieldEquations": f"{_HERE}.action_equations",
    "Frank": f"{_HERE}.holonomy",
    "Grid": f"{_HERE}.grids",
    "Hierarchy": f"{_HERE}.hierarchy",
    "Loop": f"{_HERE}.loops",
    "MetricAffine": f"{_HERE}.metric_affine",
    "Minimum": f"{_HERE}.action_grid",
    "Nonmetricity": f"{_HERE}.field_strengths",
    "SplittingReport": f"{_HERE}.regions",
    "Stability": f"{_HERE}.action",
    "Torsion": f"{_HERE}.field_strengths",
    "circle": f"{_HERE}.loops",
    "coframe_of_density": f"{_HERE}.periodic_coframes",
    "dipole": f"{_HERE}.catalogue",
    "dispiration": f"{_HERE}.catalogue",
    "edge": f"{_HERE}.catalogue",
    "eshelby_sphere": f"{_HERE}.eshelby",
    "gaussian_line": f"{_HERE}.periodic_coframes",
    "grain_boundary": f"{_HERE}.catalogue",
    "hierarchy_check": f"{_HERE}.hierarchy",
    "incompatibility": f"{_HERE}.linearised",
    "incompatibility_of_density": f"{_HERE}.linearised",
    "integer_burgers": f"{_HERE}.cubic_complex",
    "perturbed_metric": f"{_HERE}.linearised",
    "point_defect": f"{_HERE}.catalogue",
    "rectangle": f"{_HERE}.loops",
    "screw": f"{_HERE}.catalogue",
    "wedge_disclination": f"{_HERE}.catalogue",
    # Atoms, orientation maps and stress.
    "AtomsReport": f"{_HERE}.atoms",
    "BurgersLoop": f"{_HERE}.burgers",
    "DefectStress": f"{_HERE}.stress",
    "Lattice": f"{_HERE}.lattice",
    "OrientationMap": f"{_HERE}.ebsd",
    "Scan": f"{_HERE}.ebsd_files",
    "build_crystal": f"{_HERE}.atoms_builders",
    "cubic_stiffness": f"{_HERE}.stiffness",
    "dislocated_cylinder": f"{_HERE}.atoms_builders",
    "edge_displacement": f"{_HERE}.atoms_builders",
    "from_atoms": f"{_HERE}.atoms",
    "from_orientations": f"{_HERE}.ebsd",
    "line_density": f"{_HERE}.density",
    "read_crystal": "symmeter.subjects.crystals",
    "read_orientations": f"{_HERE}.ebsd_files",
    "reference_lattice": f"{_HERE}.lattice",
    "screw_displacement": f"{_HERE}.atoms_builders",
    "stiffness_tensor": f"{_HERE}.stiffness",
    "stress_from_density": f"{_HERE}.stress",
    "wedge_map": f"{_HERE}.atoms_builders",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = late_names(__name__, _HOMES)
