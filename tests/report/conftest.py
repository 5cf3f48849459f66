"""Reports to render: small stand-ins for groups and actions, digits with planted shifts, and the hard cases."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from symmeter.findings import Finding, Level, Picture, Report, Rung


@dataclass(frozen=True)
class StubGroup:
    name: str
    order: int | None


@dataclass(frozen=True)
class StubSpace:
    dimension: int
    names: tuple[str, ...] | None = None
    grid: tuple[int, int] | None = None

    def describe(self) -> str:
        return f"the {self.grid[0]} x {self.grid[1]} grid" if self.grid else f"{self.dimension} columns"


class StubPermutation:
    """The part of a Monomial that a report reads."""

    def __init__(self, images, phases=None, name="permutation") -> None:
        self.images = np.asarray(images)
        self.phases = None if phases is None else np.asarray(phases)
        self.name = name

    @property
    def dimension(self) -> int:
        return len(self.images)

    def cycles(self) -> tuple[tuple[int, ...], ...]:
        left, out = set(range(self.dimension)), []
        while left:
            point = min(left)
            cycle = []
            while point in left:
                left.remove(point)
                cycle.append(point)
                point = int(self.images[point])
            if len(cycle) > 1:
                out.append(tuple(cycle))
        return tuple(out)

    def apply(self, x: np.ndarray) -> np.ndarray:
        out = np.empty(x.shape, np.result_type(x, self.phases if self.phases is not None else x))
        out[..., self.images] = x if self.phases is None else x * self.phases
        return out

    def matrix(self) -> np.ndarray:
        return self.apply(np.eye(self.dimension)).T

    def describe(self, names=None) -> str:
        return "".join("(" + ",".join(str(i if names is None else names[i]) for i in c) + ")" for c in self.cycles())


@dataclass(frozen=True)
class StubMatrix:
    entries: Any
    name: str = "turn"

    @property
    def dimension(self) -> int:
        return len(self.entries)

    def matrix(self) -> np.ndarray:
        return np.asarray(self.entries)

    def describe(self, names=None) -> str:
        return f"orthogonal {self.dimension} x {self.dimension} matrix"


@dataclass(frozen=True)
class StubAction:
    group: StubGroup
    space: StubSpace
    generators: tuple
    algebra: Any = None
    extra: dict = field(default_factory=dict)


def finding(
    name="swap", images=(1, 0, 2), names=("a", "b", "c"), grid=None, group="C2", order=2, phases=None, **changes
) -> Finding:
    """A finding on few columns, with whatever is to be different."""
    action = StubAction(
        StubGroup(group, order),
        StubSpace(len(images), names, grid),
        (StubPermutation(images, phases, name),),
    )
    options = {
        "defect": 0.0032,
        "interval": (0.001, 0.0061),
        "p_value": 0.41,
        "verdict": "symmetric",
        "how": "relative residual of the commutator, debiased",
        "levels": (
            Level("second moments", True, 0.41, 1.2, "likelihood ratio, n = 100"),
            Level("whole distribution", True, 0.62, 0.01, "energy distance, 50 against 50 held out"),
        ),
        "identifiability": "supergroup only",
        "notes": ("Columns a and b trade places.",),
        "code": 'report["swap"].symmetrize(covariance)',
        "evidence": {"ratio": 1.02, "n": 100},
    }
    return Finding(name=name, action=action, **{**options, **changes})


def report(*findings: Finding, **changes) -> Report:
    """A report on the findings given."""
    ladder = (Rung(0.0, "C1", 1, ""), Rung(0.0032, "C2", 2, "swap"), Rung(0.31, "S3", 6, "cycle"))
    options = {
        "subject": "read table.csv: 100 samples of 3 columns",
        "findings": findings,
        "ladder": ladder if findings else (),
        "notes": ("Column d is constant and was left out.",) if findings else (),
        "options": {"alpha": 0.001, "dictionary": "auto", "seed": 0},
        "citations": ("group-selection",),
    }
    return Report(**{**options, **changes})


def lie_finding() -> Finding:
    """so(3) on three copies of a vector, as a flow."""
    rng = np.random.default_rng(0)
    basis = []
    for i, j in ((0, 1), (1, 2), (2, 0)):
        small = np.zeros((3, 3))
        small[i, j], small[j, i] = 1.0, -1.0
        basis.append(np.kron(np.eye(3), small))
    x = rng.normal(size=9)
    turned = np.kron(np.eye(3), np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]))
    action = StubAction(
        StubGroup("SO(3)", None),
        StubSpace(9, tuple(f"{v}{k}" for k in range(3) for v in "xyz")),
        tuple(StubMatrix(turned, f"exp(1 A{k + 1})") for k in range(3)),
        algebra=SimpleNamespace(basis=np.stack(basis)),
    )
    return Finding(
        "rotations of space",
        action,
        0.021,
        (0.012, 0.034),
        0.18,
        "second moments only",
        how="closure residual of the null space, three generators",
        levels=(
            Level("second moments", True, 0.18, 3.1, "parametric bootstrap of the lowest eigenvalues"),
            Level("whole distribution", False, 0.0004, 0.21, "energy distance, 200 permutations"),
        ),
        code='report["rotations of space"].projector() @ x',
        evidence={"killing": np.array([-0.199, -0.201, -0.2]), "closure residual": 0.09},
        picture=Picture(x, turned @ x),
    )


def phased_finding() -> Finding:
    """A phased permutation of complex channels: a cycle with a quarter turn, a sign flip, a lone phase."""
    images = [1, 2, 3, 0, 5, 4, 6, 7]
    phases = np.array([1, 1j, 1, 1, -1, -1, np.exp(0.4j), 1])
    rng = np.random.default_rng(1)
    x = rng.normal(size=8) + 1j * rng.normal(size=8)
    moved = StubPermutation(images, phases)
    return finding(
        "phased cycle",
        images,
        names=None,
        group="C4 x C2",
        order=8,
        phases=phases,
        picture=Picture(x, moved.apply(x)),
        verdict="nearly",
        p_value=1e-9,
        defect=0.052,
        interval=(0.04, 0.066),
    )


def crowded_finding() -> Finding:
    """256 columns with long names, one cycle of 128, many swaps, some fixed."""
    images = np.arange(256)
    images[:128] = np.roll(np.arange(128), -1)
    for k in range(128, 200, 2):
        images[k], images[k + 1] = k + 1, k
    names = tuple(f"temperature_of_the_inlet_at_station_number_{k:03d}" for k in range(256))
    return finding("station ring", images, names, group="C128", order=128 * 10**20)


def digits_report(shuffled: bool = True) -> Report:
    """scikit-learn's digits with random cyclic shifts, measured by the plain ratio of Frobenius norms."""
    from sklearn.datasets import load_digits

    rng = np.random.default_rng(0)
    images = load_digits().images
    if shuffled:
        images = np.stack([np.roll(i, tuple(rng.integers(0, 8, 2)), (0, 1)) for i in images])
    data = images.reshape(len(images), 64)
    cells = np.arange(64).reshape(8, 8)
    moves = {
        "shift x": ("C8", 8, np.roll(cells, -1, 1)),
        "shift y": ("C8", 8, np.roll(cells, -1, 0)),
        "half turn": ("C2", 2, cells[::-1, ::-1]),
        "flip x": ("C2", 2, cells[:, ::-1]),
        "flip y": ("C2", 2, cells[::-1]),
        "transpose": ("C2", 2, cells.T),
        "quarter turn": ("C4", 4, np.rot90(cells)),
        "anti-transpose": ("C2", 2, cells[::-1, ::-1].T),
        "random permutation": ("C30", 30, rng.permutation(64).reshape(8, 8)),
    }

    def defect(sample: np.ndarray, p: np.ndarray) -> float:
        r = np.cov(sample.T)
        scrambled = rng.permutation(64)
        random = np.linalg.norm(r - r[scrambled][:, scrambled])
        return min(float(np.linalg.norm(r - r[p][:, p]) / random), 1.0)

    one = load_digits().data[42]
    findings = []
    for name, (group, order, images_of) in moves.items():
        p = images_of.reshape(-1)
        value = defect(data, p)
        draws = [defect(data[rng.integers(0, len(data), len(data))], p) for _ in range(12)]
        verdict, p_value = ("symmetric", 0.44) if value < 0.12 else ("broken", 1e-30)
        levels = [Level("second moments", verdict == "symmetric", p_value, value, "per-sample noise metric, n = 1797")]
        if verdict == "symmetric":
            whole = name != "half turn"
            levels.append(
                Level("whole distribution", whole, 0.37 if whole else 0.001, 0.02, "energy distance, 898 held out")
            )
            verdict = verdict if whole else "second moments only"
        elif name.startswith("flip"):
            verdict, p_value = "borderline", 0.012
        moved = StubPermutation(p, None, name)
        findings.append(
            Finding(
                name,
                StubAction(StubGroup(group, order), StubSpace(64, None, (8, 8)), (moved,)),
                value,
                (min(*draws, value), max(*draws, value)),
                p_value,
                verdict,
                how="norm of R - P R P^T relative to random permutations, 12 bootstrap draws",
                levels=tuple(levels),
                identifiability="supergroup only" if name == "half turn" else "generative subgroup possible",
                notes=("Every translation-invariant real covariance has it, whether or not the data do.",)
                if name == "half turn"
                else (),
                code=f'report["{name}"].symmetrize(np.cov(X.T))' if verdict != "broken" else "",
                evidence={"ratio": value / 0.04, "n": len(data), "noise level": 0.04},
                picture=Picture(one, moved.apply(one), (8, 8)),
            )
        )
    findings.sort(key=lambda f: (f.verdict == "broken", f.defect))
    near = sorted(f.defect for f in findings)
    ladder = (
        Rung(0.0, "C1", 1, ""),
        Rung(near[0], "C8", 8, "shift x"),
        Rung(near[1], "C8 x C8", 64, "shift y"),
        Rung(near[2], "(C8 x C8) : C2", 128, "half turn"),
        Rung(near[4], "D8 x D8", 256, "flip x, flip y"),
        Rung(near[-2], "(D8 x D8) : C2", 512, "transpose"),
    )
    return Report(
        "read digits.npy: 1,797 samples of 64 columns, an 8 x 8 grid",
        tuple(findings),
        ladder,
        notes=("Dictionaries chosen from the shape: shifts, reflections, quarter turns, transposes.",),
        options={"alpha": 0.001, "dictionary": "shifts, flips, turns, transposes", "grid": "8x8", "seed": 0},
        citations=("group-selection",),
    )


@pytest.fixture(scope="session")
def samples() -> ModuleType:
    """This module: the tests build their reports with its functions."""
    return sys.modules[__name__]
