"""`find` on pairs of pulsars: what is read, verdicts, calibrated p-values, intervals that cover."""

from __future__ import annotations

import numpy as np
import pytest

import symmeter as sm
from symmeter.errors import FileFormatError, InputError, ShapeError
from symmeter.signals import pta
from symmeter.signals.pta.example_arrays import SIXTY_EIGHT
from symmeter.signals.pta.pair_files import open_pairs
from symmeter.signals.pta.pulsar_finder import SkyRotation, anisotropy, resolved_degree
from symmeter.subjects.pulsars import PulsarPairs, is_pulsar_pairs

MEAN = np.sqrt(4 * np.pi)


@pytest.fixture(scope="module")
def array():
    return pta.Array.from_jnames(SIXTY_EIGHT[::3])


def _rho(array, c=None, sigma=0.05, seed=0):
    return array.orf(c) + sigma * np.random.default_rng(seed).standard_normal(len(array.pairs))


def _csv(path, array, rho, sigma=0.05, header="a,b,rho,sigma\n", order=None):
    rows = [f"{array.names[i]},{array.names[j]},{r:.8f},{sigma}\n" for (i, j), r in zip(array.pairs, rho)]
    path.write_text(header + "".join(rows if order is None else [rows[k] for k in order]))
    return str(path)


# ---- files -----------------------------------------------------------------------------------------------------------


def test_rows_in_any_order(tmp_path, array):
    rho = _rho(array)
    order = np.random.default_rng(1).permutation(len(rho))
    read = open_pairs(_csv(tmp_path / "pairs.csv", array, rho, order=order))
    back = {frozenset((read.array.names[a], read.array.names[b])): r for (a, b), r in zip(read.array.pairs, read.rho)}
    for (a, b), r in zip(array.pairs, rho):
        assert back[frozenset((array.names[a], array.names[b]))] == pytest.approx(r, abs=1e-7)


def test_without_a_header_and_with_blanks(tmp_path, array):
    path = tmp_path / "pairs.txt"
    _csv(tmp_path / "p.csv", array, _rho(array), header="")
    text = (tmp_path / "p.csv").read_text()
    path.write_text("# a comment\n" + text.replace(",", "   "))
    assert is_pulsar_pairs(path)
    assert len(open_pairs(path).rho) == len(array.pairs)


def test_places_in_degrees_and_archives(tmp_path, array):
    x, rho = array.directions, _rho(array)
    ra, dec = np.arctan2(x[:, 1], x[:, 0]), np.arcsin(x[:, 2])
    path = tmp_path / "places.csv"
    rows = [
        ",".join(f"{np.degrees(v):.10f}" for v in (ra[a], dec[a], ra[b], dec[b])) + f",{r:.8f},0.05"
        for (a, b), r in zip(array.pairs, rho)
    ]
    path.write_text("ra_a,dec_a,ra_b,dec_b,rho,sigma\n" + "\n".join(rows))
    np.savez(tmp_path / "pairs.npz", rho=rho, sigma=np.full(len(rho), 0.05), ra=ra, dec=dec)
    np.savez(tmp_path / "named.npz", rho=rho, covariance=0.05**2 * np.eye(len(rho)), names=np.array(array.names))
    found = [sm.find(str(tmp_path / n)).best for n in ("places.csv", "pairs.npz", "named.npz")]
    for one in found:
        assert one.p_value == pytest.approx(found[0].p_value, rel=1e-4)
        assert one.evidence["c_lm"] == pytest.approx(found[0].evidence["c_lm"], abs=1e-5)


def test_pairs_that_were_not_measured(tmp_path, array):
    rho = _rho(array)
    keep = np.random.default_rng(2).permutation(len(rho))[:200]
    read = open_pairs(_csv(tmp_path / "some.csv", array, rho, order=keep))
    assert "not measured" in read.describe()
    fit = pta.AnisotropyFit(read.array, read.rho, read.sigma, 1)
    b = pta.BETA * array.orf_basis(1)[keep]
    assert np.allclose(fit.c_lm, np.linalg.lstsq(b, rho[keep], rcond=None)[0], atol=1e-5)
    report = sm.find(str(tmp_path / "some.csv"))
    assert report.best.evidence["pairs"] == 200


@pytest.mark.parametrize(
    "text",
    ["a,b,c\n1,2,3\n4,5,6\n", "name,rho\nJ0030+0451,1\n", "rho,sigma\n0.1,0.2\n", "", "x y z w\n1 2 3 4\n"],
)
def test_other_tables_are_none(tmp_path, text):
    path = tmp_path / "table.csv"
    path.write_text(text)
    assert not is_pulsar_pairs(str(path))


# ---- what is found ---------------------------------------------------------------------------------------------------


def test_an_isotropic_sky(tmp_path, array):
    report = sm.find(_csv(tmp_path / "pairs.csv", array, _rho(array, seed=3)))
    assert report.best.verdict == "symmetric"
    assert report.best.group.name == "SO(3)"
    assert report.best.interval[0] == 0.0
    assert "same in all directions as far as" in report.summary
    saved = report.save(tmp_path / "report.html").read_text()
    assert "rotation of the sky" in saved
    assert report.to_json()["citations"] == ["pta-anisotropy"]


def test_a_dipole_and_its_place(tmp_path, array):
    # Power of propagation grows towards the south, so that most waves come from the north.
    c = np.array([MEAN, 0.0, -0.7 * MEAN, 0.0])
    report = sm.find(_csv(tmp_path / "pairs.csv", array, _rho(array, c)))
    found = report.best
    assert found.verdict == "broken"
    assert found.p_value < 1e-4
    expected = np.sqrt(0.49 / 1.49)
    assert found.interval[0] < expected < found.interval[1]
    place = next(n for n in report.notes if "declination" in n)
    assert int(place.split("declination ")[1].split(" ")[0]) > 40
    assert "not the same" in report.summary


def test_no_background_is_no_finding(array):
    rho = 0.3 * np.random.default_rng(4).standard_normal(len(array.pairs))
    report = sm.find(PulsarPairs(array, rho, np.full(len(rho), 0.3)))
    assert report.best.verdict == "undecided"
    assert report.best.interval == (0.0, 1.0)
    assert "No background" in report.summary


@pytest.mark.parametrize("wrong", [1.0, 0.5, 3.0])
def test_p_values_are_uniform_even_where_sigma_is_wrong(array, wrong):
    p = []
    for seed in range(150):
        rho = _rho(array, sigma=0.1, seed=seed)
        p.append(sm.find(PulsarPairs(array, rho, np.full(len(rho), 0.1 * wrong))).best.p_value)
    gap = np.abs(np.sort(p) - (np.arange(150) + 0.5) / 150).max()
    assert gap < 1.95 / np.sqrt(150)


def test_intervals_of_the_defect_cover(array):
    c = np.array([MEAN, 0.2 * MEAN, 0.6 * MEAN, 0.1 * MEAN])
    share = 0.41
    truth, inside = np.sqrt(share / (1 + share)), 0
    for seed in range(150):
        fit = pta.AnisotropyFit(array, _rho(array, c, sigma=0.05, seed=seed), 0.05, 2)
        low, high = anisotropy(fit.c_lm, fit.cov, np.random.default_rng(seed))[1]
        inside += low <= truth <= high
    assert inside / 150 > 0.95 - 3 * np.sqrt(0.05 * 0.95 / 150)


def test_a_single_source_is_as_broken_as_can_be(array):
    sky = pta.population(1, weights=np.ones(1), lmax=2, seed=0)
    fit = pta.AnisotropyFit(array, array.orf(sky), 0.01, 2)
    # Degrees up to 2 of a point: A = 3 + 5.
    assert anisotropy(fit.c_lm, fit.cov, np.random.default_rng(0))[0] == pytest.approx(np.sqrt(8 / 9), abs=1e-2)


def test_the_degree_that_an_array_resolves():
    assert resolved_degree(pta.Array.from_jnames(SIXTY_EIGHT), 0.1) >= 2
    assert resolved_degree(pta.Array.from_jnames(SIXTY_EIGHT[:4]), 0.1) == 1


def test_rotations_of_the_sky_average_to_the_mean():
    from symmeter.representations import wigner_D_all

    action, rng = SkyRotation(2), np.random.default_rng(5)
    a = rng.standard_normal((9, 9))
    q = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    q = q * np.sign(np.linalg.det(q))
    d = np.zeros((9, 9))
    for ell, block in enumerate(wigner_D_all(2, q, axis="z")):
        d[ell * ell : (ell + 1) ** 2, ell * ell : (ell + 1) ** 2] = block
    mean = action.average(a)
    assert np.allclose(d @ mean @ d.T, mean)
    assert np.trace(mean) == pytest.approx(np.trace(a))
    x = rng.standard_normal(9)
    assert np.allclose(d @ action.project(x), action.project(x))


# ---- bad input -------------------------------------------------------------------------------------------------------

GOOD = "a,b,rho,sigma\nJ0030+0451,J0437-4715,0.1,0.1\n"


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        (GOOD + "J0030+0451,J0437-4715,0.2,0.1\n", InputError, "comes 2 times"),
        (GOOD + "J0437-4715,J0437-4715,0.2,0.1\n", InputError, "paired with itself"),
        (GOOD + "J0437-4715,J1012+5307,0.2,0\n", InputError, "sigma > 0"),
        (GOOD + "J0437-4715,J1012+5307,nan,0.1\n", InputError, "rho must be finite"),
        (GOOD + "J0437-4715,J1012+5307,much,0.1\n", InputError, "line 3"),
        (GOOD + "J0437-4715,J1012+5307,0.1\n", InputError, "3 words"),
        (GOOD + "J0437-4715,J9912+5307,0.1,0.1\n", InputError, "no place in the sky"),
        ("a,b,rho\nJ0030+0451,J0437-4715,0.1\n", InputError, "no sigma"),
    ],
)
def test_bad_rows(tmp_path, text, error, says):
    path = tmp_path / "pairs.csv"
    path.write_text(text)
    with pytest.raises(error, match=says):
        sm.find(str(path))


def test_bad_archives(tmp_path, array):
    path = tmp_path / "pairs.npz"
    np.savez(path, rho=np.zeros(5), sigma=np.ones(5), names=np.array(array.names))
    with pytest.raises(ShapeError, match="have 253 pairs"):
        sm.find(str(path))
    np.savez(path, rho=np.zeros(5), names=np.array(array.names))
    with pytest.raises(InputError, match="sigma or covariance"):
        sm.find(str(path))
    np.savez(path, rho=np.array([{}], dtype=object), sigma=np.ones(1), names=np.array(array.names))
    with pytest.raises(FileFormatError, match="cannot be read"):
        sm.find(str(path))
