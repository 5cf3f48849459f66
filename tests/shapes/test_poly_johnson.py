"""The 92 Johnson solids: counts, groups, volumes, regular faces, all different."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import UnknownNameError
from symmeter.shapes import johnson

# Number, vertices, edges, faces, faces by kind, point group, volume for unit edges.
TABLE = [
    (1, 5, 8, 5, "4x3+1x4", "C4v", 0.235702),
    (2, 6, 10, 6, "5x3+1x5", "C5v", 0.301503),
    (3, 9, 15, 8, "4x3+3x4+1x6", "C3v", 1.178511),
    (4, 12, 20, 10, "4x3+5x4+1x8", "C4v", 1.942809),
    (5, 15, 25, 12, "5x3+5x4+1x5+1x10", "C5v", 2.324045),
    (6, 20, 35, 17, "10x3+6x5+1x10", "C5v", 6.917763),
    (7, 7, 12, 7, "4x3+3x4", "C3v", 0.550864),
    (8, 9, 16, 9, "4x3+5x4", "C4v", 1.235702),
    (9, 11, 20, 11, "5x3+5x4+1x5", "C5v", 2.021980),
    (10, 9, 20, 13, "12x3+1x4", "C4v", 1.192702),
    (11, 11, 25, 16, "15x3+1x5", "C5v", 1.880192),
    (12, 5, 9, 6, "6x3", "D3h", 0.235702),
    (13, 7, 15, 10, "10x3", "D5h", 0.603006),
    (14, 8, 15, 9, "6x3+3x4", "D3h", 0.668715),
    (15, 10, 20, 12, "8x3+4x4", "D4h", 1.471405),
    (16, 12, 25, 15, "10x3+5x4", "D5h", 2.323483),
    (17, 10, 24, 16, "16x3", "D4d", 1.428405),
    (18, 15, 27, 14, "4x3+9x4+1x6", "C3v", 3.776588),
    (19, 20, 36, 18, "4x3+13x4+1x8", "C4v", 6.771236),
    (20, 25, 45, 22, "5x3+15x4+1x5+1x10", "C5v", 10.018254),
    (21, 30, 55, 27, "10x3+10x4+6x5+1x10", "C5v", 14.611972),
    (22, 15, 33, 20, "16x3+3x4+1x6", "C3v", 3.516053),
    (23, 20, 44, 26, "20x3+5x4+1x8", "C4v", 6.210766),
    (24, 25, 55, 32, "25x3+5x4+1x5+1x10", "C5v", 9.073333),
    (25, 30, 65, 37, "30x3+6x5+1x10", "C5v", 13.667051),
    (26, 8, 14, 8, "4x3+4x4", "D2d", 0.866025),
    (27, 12, 24, 14, "8x3+6x4", "D3h", 2.357023),
    (28, 16, 32, 18, "8x3+10x4", "D4h", 3.885618),
    (29, 16, 32, 18, "8x3+10x4", "D4d", 3.885618),
    (30, 20, 40, 22, "10x3+10x4+2x5", "D5h", 4.648091),
    (31, 20, 40, 22, "10x3+10x4+2x5", "D5d", 4.648091),
    (32, 25, 50, 27, "15x3+5x4+7x5", "C5v", 9.241808),
    (33, 25, 50, 27, "15x3+5x4+7x5", "C5v", 9.241808),
    (34, 30, 60, 32, "20x3+12x5", "D5h", 13.835526),
    (35, 18, 36, 20, "8x3+12x4", "D3h", 4.955099),
    (36, 18, 36, 20, "8x3+12x4", "D3d", 4.955099),
    (37, 24, 48, 26, "8x3+18x4", "D4d", 8.714045),
    (38, 30, 60, 32, "10x3+20x4+2x5", "D5h", 12.342299),
    (39, 30, 60, 32, "10x3+20x4+2x5", "D5d", 12.342299),
    (40, 35, 70, 37, "15x3+15x4+7x5", "C5v", 16.936017),
    (41, 35, 70, 37, "15x3+15x4+7x5", "C5v", 16.936017),
    (42, 40, 80, 42, "20x3+10x4+12x5", "D5h", 21.529735),
    (43, 40, 80, 42, "20x3+10x4+12x5", "D5d", 21.529735),
    (44, 18, 42, 26, "20x3+6x4", "D3", 4.694564),
    (45, 24, 56, 34, "24x3+10x4", "D4", 8.153575),
    (46, 30, 70, 42, "30x3+10x4+2x5", "D5", 11.397379),
    (47, 35, 80, 47, "35x3+5x4+7x5", "C5", 15.991096),
    (48, 40, 90, 52, "40x3+12x5", "D5", 20.584814),
    (49, 7, 13, 8, "6x3+2x4", "C2v", 0.668715),
    (50, 8, 17, 11, "10x3+1x4", "C2v", 0.904417),
    (51, 9, 21, 14, "14x3", "D3h", 1.140119),
    (52, 11, 19, 10, "4x3+4x4+2x5", "C2v", 1.956180),
    (53, 12, 23, 13, "8x3+3x4+2x5", "C2v", 2.191882),
    (54, 13, 22, 11, "4x3+5x4+2x6", "C2v", 2.833778),
    (55, 14, 26, 14, "8x3+4x4+2x6", "D2h", 3.069481),
    (56, 14, 26, 14, "8x3+4x4+2x6", "C2v", 3.069481),
    (57, 15, 30, 17, "12x3+3x4+2x6", "D3h", 3.305183),
    (58, 21, 35, 16, "5x3+11x5", "C5v", 7.964622),
    (59, 22, 40, 20, "10x3+10x5", "D5d", 8.266125),
    (60, 22, 40, 20, "10x3+10x5", "C2v", 8.266125),
    (61, 23, 45, 24, "15x3+9x5", "C3v", 8.567627),
    (62, 10, 20, 12, "10x3+2x5", "C2v", 1.578689),
    (63, 9, 15, 8, "5x3+3x5", "C3v", 1.277186),
    (64, 10, 18, 10, "7x3+3x5", "C3v", 1.395038),
    (65, 15, 27, 14, "8x3+3x4+3x6", "C3v", 3.889087),
    (66, 28, 48, 22, "12x3+5x4+5x8", "C4v", 15.542472),
    (67, 32, 60, 30, "16x3+10x4+4x8", "D4h", 17.485281),
    (68, 65, 105, 42, "25x3+5x4+1x5+11x10", "C5v", 87.363710),
    (69, 70, 120, 52, "30x3+10x4+2x5+10x10", "D5d", 89.687755),
    (70, 70, 120, 52, "30x3+10x4+2x5+10x10", "C2v", 89.687755),
    (71, 75, 135, 62, "35x3+15x4+3x5+9x10", "C3v", 92.011801),
    (72, 60, 120, 62, "20x3+30x4+12x5", "C5v", 41.615324),
    (73, 60, 120, 62, "20x3+30x4+12x5", "D5d", 41.615324),
    (74, 60, 120, 62, "20x3+30x4+12x5", "C2v", 41.615324),
    (75, 60, 120, 62, "20x3+30x4+12x5", "C3v", 41.615324),
    (76, 55, 105, 52, "15x3+25x4+11x5+1x10", "C5v", 39.291278),
    (77, 55, 105, 52, "15x3+25x4+11x5+1x10", "C5v", 39.291278),
    (78, 55, 105, 52, "15x3+25x4+11x5+1x10", "Cs", 39.291278),
    (79, 55, 105, 52, "15x3+25x4+11x5+1x10", "Cs", 39.291278),
    (80, 50, 90, 42, "10x3+20x4+10x5+2x10", "D5d", 36.967233),
    (81, 50, 90, 42, "10x3+20x4+10x5+2x10", "C2v", 36.967233),
    (82, 50, 90, 42, "10x3+20x4+10x5+2x10", "Cs", 36.967233),
    (83, 45, 75, 32, "5x3+15x4+9x5+3x10", "C3v", 34.643188),
    (84, 8, 18, 12, "12x3", "D2d", 0.859494),
    (85, 16, 40, 26, "24x3+2x4", "D4d", 3.601222),
    (86, 10, 22, 14, "12x3+2x4", "C2v", 1.515352),
    (87, 11, 26, 17, "16x3+1x4", "Cs", 1.751054),
    (88, 12, 28, 18, "16x3+2x4", "C2v", 1.948108),
    (89, 14, 33, 21, "18x3+3x4", "C2v", 2.912910),
    (90, 16, 38, 24, "20x3+4x4", "D2d", 3.777645),
    (91, 14, 26, 14, "8x3+2x4+4x5", "D2h", 3.093718),
    (92, 18, 36, 20, "13x3+3x4+3x5+1x6", "C3v", 5.108746),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"J{row[0]}")
def test_table(row):
    number, v, e, f, faces, group, volume = row
    p = johnson(number)
    counted = "+".join(f"{n}x{k}" for k, n in p.face_counts.items())
    assert (p.V, p.E, p.F, counted, p.group) == (v, e, f, faces, group)
    assert p.volume == pytest.approx(volume, abs=6e-7)
    assert p.euler == 2
    assert p.is_chiral == (44 <= number <= 48)


@pytest.mark.parametrize("number", range(1, 93))
def test_convex_with_regular_faces_of_unit_edge(number):
    p = johnson(number)
    assert p.is_convex
    np.testing.assert_allclose(p.edge_lengths, 1, atol=1e-14)
    for f in p.faces:
        corners = p.vertices[list(f)]
        centred = corners - corners.mean(axis=0)
        assert np.linalg.svd(centred)[1][2] < 1e-14
        assert np.ptp(np.linalg.norm(centred, axis=1)) < 1e-13


def test_no_two_are_congruent():
    seen = set()
    for number in range(1, 93):
        v = johnson(number).vertices
        distances = np.linalg.norm(v[:, None] - v, axis=2)[np.triu_indices(len(v), 1)]
        seen.add(tuple(np.sort(distances).round(7).tolist()))
    assert len(seen) == 92


@pytest.mark.parametrize(("number", "squares_meet"), [(32, "3"), (33, "5"), (30, "4"), (31, "3")])
def test_ortho_and_gyro(number, squares_meet):
    """Ortho: the end faces point the same way, so the squares of a cupola meet the triangles of a rotunda."""
    p = johnson(number)
    equator = {v for v in range(p.V) if np.linalg.norm(p.vertices[v, :2]) > 1.6}
    assert len(equator) == 10
    across = []
    for a, b in p.edges.tolist():
        if {a, b} <= equator:
            kinds = [k for f, k in zip(p.faces, p.face_kinds) if {a, b} <= set(f)]
            if "4" in kinds:
                kinds.remove("4")
                across.extend(kinds)
    assert set(across) == {squares_meet}


def test_number_out_of_range():
    with pytest.raises(UnknownNameError, match="J1 to J92"):
        johnson(93)
