"""`find` on shapes: textbook molecules, objects of other packages, arrays, what the report says, wrong requests."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import symmeter as sm
from symmeter.errors import InputError, InputTypeError, ShapeError
from symmeter.shapes import poly
from symmeter.shapes.shape_files import read_shape
from symmeter.subjects import Shape, is_shape

MOLECULES = Path(__file__).parents[2] / "examples" / "molecules"
#: Schoenflies symbol, order, Hermann-Mauguin symbol, numbers of axes (by order), mirrors, centre.
TEXTBOOK = {
    "water": ("C2v", 4, "mm2", {2: 1}, 2, False),
    "ammonia": ("C3v", 6, "3m", {3: 1}, 3, False),
    "methane": ("Td", 24, "-43m", {3: 4, 2: 3}, 6, False),
    "ethane": ("D3d", 12, "-3m", {3: 1, 2: 3}, 3, True),
    "benzene": ("D6h", 24, "6/mmm", {6: 1, 2: 6}, 7, True),
    "ferrocene-eclipsed": ("D5h", 20, "-102m", {5: 1, 2: 5}, 6, False),
    "ferrocene-staggered": ("D5d", 20, "-5m", {5: 1, 2: 5}, 5, True),
    "allene": ("D2d", 8, "-42m", {2: 3}, 2, False),
    "sulfur-hexafluoride": ("Oh", 48, "m-3m", {4: 3, 3: 4, 2: 6}, 9, True),
    "xenon-tetrafluoride": ("D4h", 16, "4/mmm", {4: 1, 2: 4}, 5, True),
    "phosphorus-pentafluoride": ("D3h", 12, "-62m", {3: 1, 2: 3}, 4, False),
    "cubane": ("Oh", 48, "m-3m", {4: 3, 3: 4, 2: 6}, 9, True),
    "diborane": ("D2h", 8, "mmm", {2: 3}, 3, True),
    "dodecahydrododecaborate": ("Ih", 120, "m-3-5", {5: 6, 3: 10, 2: 15}, 15, True),
    "buckminsterfullerene": ("Ih", 120, "m-3-5", {5: 6, 3: 10, 2: 15}, 15, True),
    "carbon-dioxide": ("D∞h", None, "∞/mm", {0: 1}, 0, True),
    "hydrogen-cyanide": ("C∞v", None, "∞m", {0: 1}, 0, False),
    "hydrogen-peroxide": ("C2", 2, "2", {2: 1}, 0, False),
    "hypochlorous-acid": ("Cs", 2, "m", {}, 1, False),
    "sulfur-ring": ("D4d", 16, "-82m", {4: 1, 2: 4}, 4, False),
}


def test_every_example_is_looked_at():
    assert {p.stem for p in MOLECULES.glob("*.xyz")} == set(TEXTBOOK)
    for path in MOLECULES.glob("*.xyz"):
        title = path.read_text(encoding="utf-8").splitlines()[1]
        # The source: a journal, a volume, a year.
        assert "(" in title, path.name
        assert any(word.isdigit() for word in title.split()), path.name


@pytest.mark.parametrize("name", TEXTBOOK)
def test_molecules_with_published_geometries_have_the_textbook_group(name):
    symbol, order, international, axes, mirrors, centre = TEXTBOOK[name]
    report = sm.find(MOLECULES / f"{name}.xyz")
    best = report.best
    assert (best.group.name, best.order, best.verdict) == (symbol, order, "exact")
    assert best.evidence["hermann_mauguin"] == international
    drawn = best.picture
    assert {n: sum(a.order == n for a in drawn.axes) for n in {a.order for a in drawn.axes} - {1}} == axes
    assert (len(drawn.planes), drawn.centre) == (mirrors, centre)
    # Files hold six decimals: that is all the group is off by.
    assert best.evidence["deviation"] < 3e-6
    assert best.defect == 0.0
    assert best.p_value is None or best.p_value > 0.01
    assert symbol in report.summary


def test_geometries_are_those_of_the_papers():
    def distances(name, first, second):
        shape = read_shape(MOLECULES / f"{name}.xyz")
        bonded = sm.find(shape).best.picture.bonds
        return sorted(
            {
                round(float(np.linalg.norm(shape.points[a] - shape.points[b])), 4)
                for a, b in bonded
                if {shape.labels[a], shape.labels[b]} == {first, second}
            }
        )

    assert distances("water", "O", "H") == [0.9572]
    assert distances("ammonia", "N", "H") == [1.0124]
    assert distances("buckminsterfullerene", "C", "C") == [1.401, 1.458]
    assert distances("ferrocene-staggered", "Fe", "C") == [2.064]
    assert distances("ferrocene-staggered", "C", "C") == [1.44]
    assert distances("phosphorus-pentafluoride", "P", "F") == [1.534, 1.577]
    assert distances("dodecahydrododecaborate", "B", "B") == [1.78]
    assert distances("sulfur-ring", "S", "S") == [2.055]
    assert distances("cubane", "C", "C") == [1.575]
    s = read_shape(MOLECULES / "sulfur-ring.xyz").points
    a, b = s[4] - s[0], s[7] - s[0]
    assert np.degrees(np.arccos(a @ b / 2.055**2)) == pytest.approx(108.2, abs=1e-3)
    w = read_shape(MOLECULES / "water.xyz").points
    a, b = w[1] - w[0], w[2] - w[0]
    assert np.degrees(np.arccos(a @ b / 0.9572**2)) == pytest.approx(104.52, abs=1e-3)


class Atoms:
    """What is asked of ASE's Atoms."""

    def __init__(self, shape, pbc=False):
        self.shape, self.pbc = shape, [pbc] * 3

    def get_positions(self):
        return np.array(self.shape.points)

    def get_chemical_symbols(self):
        return list(self.shape.labels)


def test_atoms_of_ase():
    shape = read_shape(MOLECULES / "ferrocene-staggered.xyz")
    report = sm.find(Atoms(shape))
    assert report.best.group.name == "D5d"
    assert report.subject.startswith("read Atoms: molecule C10H10Fe, 21 atoms")
    with pytest.raises(InputError, match="pbc"):
        sm.find(Atoms(shape, pbc=True))


def test_real_atoms_of_ase():
    build = pytest.importorskip("ase.build")
    assert sm.find(build.molecule("CH4")).best.group.name == "Td"


def test_molecules_of_pymatgen():
    core = pytest.importorskip("pymatgen.core")
    shape = read_shape(MOLECULES / "allene.xyz")
    assert sm.find(core.Molecule(shape.labels, shape.points)).best.group.name == "D2d"
    with pytest.raises(InputError, match="space group"):
        sm.find(core.Structure(core.Lattice.cubic(4), ["Cs", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]))


def test_meshes_and_solids(tmp_path):
    solid = poly("J44")
    for source in (solid, solid.mesh(), solid.mesh().export(tmp_path / "a.stl"), str(tmp_path / "a.stl")):
        report = sm.find(source)
        assert report.best.group.name == "D3"
        assert any("chiral" in note for note in report.best.notes)
    trimesh = SimpleNamespace(vertices=np.array(solid.vertices), faces=np.array(solid.mesh().triangulated().faces))
    assert sm.find(trimesh).best.group.name == "D3"
    hole = solid.mesh()
    from symmeter.shapes.mesh import Mesh

    opened = sm.find(Mesh(hole.vertices, hole.faces[1:]))
    assert any("not closed: side" in note for note in opened.notes)
    with pytest.raises(InputError, match="no face has an area"):
        sm.find(Mesh(np.eye(3), ((0, 1, 1),)))


def test_arrays_are_samples_unless_they_are_said_to_be_points(tmp_path):
    corners = poly("cube").vertices
    assert sm.find(corners, dictionary="exchanges").subject.startswith("read array: 8 samples x 3 columns")
    assert sm.find(corners, kind="points").best.group.name == "Oh"
    assert sm.find(corners.tolist(), kind="points").best.group.name == "Oh"
    np.savetxt(tmp_path / "c.csv", corners, delimiter=",", header="x,y,z", comments="")
    assert sm.find(tmp_path / "c.csv", kind="points").best.group.name == "Oh"
    assert sm.find(tmp_path / "c.csv", kind="points", columns="z,x,y").best.group.name == "Oh"
    assert not is_shape(corners)


@pytest.mark.parametrize(
    ("source", "options", "error", "said"),
    [
        (np.ones((5, 4)), {"kind": "points"}, ShapeError, "4 columns; points are one table of three"),
        (np.ones((5, 3)), {"tol": 0.1}, InputError, "tol= goes with a shape"),
        (poly("cube"), {"grid": (2, 4)}, InputError, "grid= goes with a table; a shape takes tol"),
        (poly("cube"), {"dictionary": "flips"}, InputTypeError, "dictionary= goes with a table or a model"),
        (poly("cube"), {"input": "3"}, InputTypeError, "input= goes with a model"),
        ([poly("cube"), poly("cube")], {}, InputError, "looked at one by one"),
        (poly("cube"), {"noise": 4.0}, InputError, "as large as the shape"),
        (poly("cube"), {"noise": "some"}, InputError, "or 'estimate'"),
        (np.zeros((3, 3)), {"kind": "points"}, InputError, "lie in one place"),
        (np.zeros((200_001, 3)), {"kind": "points"}, InputError, "200,001 points; more than 200,000"),
    ],
)
def test_wrong_requests(source, options, error, said):
    with pytest.raises(error) as caught:
        sm.find(source, **options)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_shapes_with_too_much_to_compare_are_refused_with_the_size():
    x = np.random.default_rng(0).standard_normal((40_000, 3))
    half = x[:20_000] / np.linalg.norm(x[:20_000], axis=1, keepdims=True)
    sphere = np.concatenate([half, -half])
    with pytest.raises(InputError, match="40,000 points of one kind lie at one distance"):
        sm.find(sphere, kind="points", tol=1e-7)
    # At different distances as many are no trouble.
    report = sm.find(np.concatenate([x, -x]), kind="points", tol=1e-9)
    assert report.best.group.name == "Ci"
    assert report.best.picture.note == "1482 of 80000 points are drawn."


def test_findings_are_used():
    shape = read_shape(MOLECULES / "ammonia.xyz")
    noisy = shape.points + 0.003 * np.random.default_rng(0).standard_normal(shape.points.shape)
    report = sm.find(Shape(noisy, shape.labels, molecule=True), noise=0.003)
    best = report.best
    assert (best.group.name, best.verdict) == ("C3v", "symmetric")
    assert best.interval[0] <= best.defect <= best.interval[1]
    clean = best.action.symmetrized()
    assert sm.find(Shape(clean, shape.labels)).best.evidence["relative_deviation"] < 1e-12
    # One operation takes each point near to another one.
    for g in best.action.operations:
        moved = g.apply((noisy - best.action.centre).reshape(-1)).reshape(-1, 3)
        assert np.linalg.norm(moved - (noisy - best.action.centre), axis=1).max() < 0.05
    force = np.random.default_rng(1).standard_normal(12)
    projected = best.projector() @ force
    np.testing.assert_allclose(best.projector() @ projected, projected, atol=1e-12)
    hessian = np.eye(12) + 0.1
    np.testing.assert_allclose(best.symmetrize(hessian), best.action.average(hessian), atol=1e-12)


def test_larger_groups_are_reported_with_what_they_need():
    stretched = poly("cube").vertices * [1, 1, 1.01]
    report = sm.find(stretched, kind="points")
    assert [(f.group.name, f.verdict) for f in report] == [("D4h", "exact"), ("Oh", "nearly")]
    oh = report["point group Oh"]
    assert oh.p_value == 0.0
    assert oh.interval[0] < oh.defect < oh.interval[1]
    # The defect of Oh is the root mean square over the operations that leave D4h, over chance.
    assert [r.group for r in report.ladder] == ["C1", "D4h", "Oh"]
    assert report.ladder[-1].tolerance == pytest.approx(oh.evidence["defect_before_noise"])
    assert "Oh would need 0.0081 radii" in report.summary
    assert sm.find(stretched, kind="points", tol=0.01).best.group.name == "Oh"
    assert sm.find(stretched, kind="points", noise=0.005).best.group.name == "Oh"


def test_defects_reach_one_for_what_is_no_better_than_chance():
    rng = np.random.default_rng(3)
    points = rng.standard_normal((12, 3))
    report = sm.find(points, kind="points")
    assert (report.best.group.name, report.best.order) == ("C1", 1)
    assert "no symmetry" in report.summary
    assert all(0.0 <= f.defect <= 1.0 for f in report)


def test_the_report_travels(tmp_path):
    report = sm.find(MOLECULES / "sulfur-hexafluoride.xyz")
    data = json.loads(report.save(tmp_path / "r.json").read_text(encoding="utf-8"))
    assert data["findings"][0]["group"] == "Oh"
    generator = data["findings"][0]["generators"][0]
    assert np.allclose(np.array(generator["matrix"]) @ np.array(generator["matrix"]).T, np.eye(3))
    assert sorted(generator["images"]) == list(range(7))
    again = pickle.loads(pickle.dumps(report))
    assert again.best.group.name == "Oh"
    assert sm.find(MOLECULES / "sulfur-hexafluoride.xyz").to_json() == report.to_json()
