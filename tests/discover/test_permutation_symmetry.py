"""The dictionary-free estimator: groups against closed forms and brute force, scikit-learn's face, errors."""

from __future__ import annotations

import itertools
import re
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symmeter.discover import PermutationSymmetry
from symmeter.discover.moments import moments_of_samples
from symmeter.errors import InputError, InputTypeError, NonFiniteError, SampleSizeError, ShapeError, SymmeterError


def ring(m: int, rho: float = 0.6) -> np.ndarray:
    lag = np.abs(np.subtract.outer(np.arange(m), np.arange(m)))
    return rho ** np.minimum(lag, m - lag)


def blocks() -> np.ndarray:
    r = np.full((8, 8), 0.1)
    r[:4, :4], r[4:, 4:] = 0.5, 0.3
    r[np.diag_indices(8)] = [1.0] * 4 + [1.5] * 4
    return r


def mirrored(m: int) -> np.ndarray:
    a = np.random.default_rng(3).standard_normal((m, m))
    r = a @ a.T
    return r + r[::-1, ::-1]


def complex_circulant(m: int) -> np.ndarray:
    """Generic Hermitian and circulant, by its positive spectrum."""
    values = np.random.default_rng(m).permutation(np.linspace(0.5, 2.0, m))
    fourier = np.exp(2j * np.pi * np.outer(np.arange(m), np.arange(m)) / m) / np.sqrt(m)
    r = (fourier * values) @ fourier.conj().T
    return 0.5 * (r + r.conj().T)


def graph(edges: list[tuple[int, int]], m: int) -> np.ndarray:
    a = 4.0 * np.eye(m)
    for i, j in edges:
        a[i, j] = a[j, i] = 1.0
    return a


PAIRS = list(itertools.combinations(range(5), 2))
PETERSEN = graph([(a, b) for a in range(10) for b in range(a) if not set(PAIRS[a]) & set(PAIRS[b])], 10)
CUBE = graph([(i, i ^ (1 << k)) for i in range(16) for k in range(4)], 16)
K33 = graph([(i, j) for i in range(3) for j in range(3, 6)], 6)
GENERIC = np.cov(np.random.default_rng(0).standard_normal((6, 40)))


@pytest.mark.parametrize(
    ("covariance", "order"),
    [
        (ring(8), 16),
        (ring(12), 24),
        (ring(16), 32),
        (mirrored(12), 2),
        (GENERIC, 1),
        (np.kron(ring(4, 0.6), ring(4, 0.4)), 64),
        (blocks(), 576),
        (PETERSEN, 120),
        (CUBE, 384),
        (K33, 72),
    ],
    ids=["ring 8", "ring 12", "ring 16", "mirror", "none", "torus", "blocks", "Petersen", "4-cube", "K33"],
)
def test_exact_covariances_give_the_known_orders(covariance: np.ndarray, order: int) -> None:
    fit = PermutationSymmetry().fit(cov=covariance)
    assert fit.order_ == fit.finding_.order == order
    assert fit.finding_.verdict == ("exact" if order > 1 else "broken")
    for g in fit.generators_:
        np.testing.assert_allclose(g.conjugate(covariance), covariance, atol=1e-12)
    np.testing.assert_allclose(fit.covariance_, covariance, atol=1e-12)


@pytest.mark.parametrize("m", [7, 8, 12])
def test_a_complex_circulant_shows_the_shifts_and_its_real_part_the_reflections_too(m: int) -> None:
    r = complex_circulant(m)
    assert PermutationSymmetry().fit(cov=r).finding_.name == f"C{m}"
    assert PermutationSymmetry().fit(cov=r.real).finding_.name == f"D{m}"


def test_a_ring_says_that_the_shifts_alone_would_look_the_same() -> None:
    notes = " ".join(PermutationSymmetry().fit(cov=ring(7)).finding_.notes)
    assert "C7 (order 7)" in notes
    assert "cannot tell which of the two" in notes


def by_force(matrix: np.ndarray, signed: bool) -> int:
    m = len(matrix)
    count = 0
    for p in itertools.permutations(range(m)):
        for s in itertools.product((1, -1), repeat=m) if signed else [(1,) * m]:
            moved = matrix[np.ix_(p, p)] * np.outer(s, s)
            count += np.array_equal(moved, matrix)
    return count


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.booleans())
def test_small_matrices_agree_with_trying_every_permutation(seed: int, signed: bool, is_complex: bool) -> None:
    rng = np.random.default_rng(seed)
    m = 4 if signed else 5
    r = rng.integers(-1, 2, size=(m, m)).astype(complex if is_complex else float)
    if is_complex:
        r = r + 1j * rng.integers(-1, 2, size=(m, m))
    r = r + r.conj().T + np.diag(rng.integers(9, 11, size=m))
    fit = PermutationSymmetry(signed=signed).fit(cov=r)
    if not np.array_equal(r, r[0, 0] * np.eye(m)):
        assert fit.order_ == by_force(r, signed)


def test_signs_find_a_ring_whose_columns_were_turned_round() -> None:
    signs = np.array([1, -1, -1, 1, -1, 1, 1, -1])
    turned = ring(8) * np.outer(signs, signs)
    assert PermutationSymmetry().fit(cov=turned).order_ < 16
    fit = PermutationSymmetry(signed=True).fit(cov=turned)
    # Minus the identity doubles the order of D8.
    assert fit.order_ == 32
    assert fit.group_.degree == 16
    np.testing.assert_allclose(fit.finding_.symmetrize(turned), turned, atol=1e-12)
    x = np.random.default_rng(5).multivariate_normal(np.zeros(8), turned, size=1500)
    assert PermutationSymmetry(signed=True).fit(x).order_ == 32


def test_signs_without_any_symmetry_leave_minus_the_identity() -> None:
    fit = PermutationSymmetry(signed=True).fit(cov=GENERIC)
    assert fit.order_ == 2
    assert fit.finding_.verdict == "broken"


def test_several_covariances_are_searched_for_what_they_share() -> None:
    checkered = np.diag([1.0, 3.0] * 4)
    assert PermutationSymmetry().fit(cov=[ring(8), checkered]).finding_.name == "D4"
    rng = np.random.default_rng(2)
    first = rng.multivariate_normal(np.zeros(8), ring(8), size=600)
    second = rng.multivariate_normal(np.zeros(8), 5.0 * ring(8, 0.3) + checkered, size=600)
    assert PermutationSymmetry().fit([first, second]).finding_.name == "D4"


def test_a_clean_covariance_with_a_sample_size_is_searched_completely_and_an_estimate_by_its_noise() -> None:
    x = np.random.default_rng(0).multivariate_normal(np.zeros(8), ring(8), size=1000)
    assert PermutationSymmetry().fit(cov=ring(8), n=50).finding_.evidence["method"] == "exact"
    fit = PermutationSymmetry().fit(cov=np.cov(x.T), n=999)
    assert fit.finding_.evidence["method"] == "lrt"
    assert fit.order_ == 16
    assert fit.finding_.p_value is not None
    assert fit.finding_.p_value > 0.01
    assert {level.name for level in fit.finding_.levels} == {"second moments", "single generators"}


def test_an_estimate_without_a_sample_size_says_so() -> None:
    x = np.random.default_rng(0).multivariate_normal(np.zeros(8), ring(8), size=1000)
    fit = PermutationSymmetry().fit(cov=np.cov(x.T))
    assert fit.order_ == 1
    assert "give its n" in fit.notes_[0]


def test_a_tolerance_decides_which_entries_are_equal() -> None:
    nearly = ring(8) + 0.01 * np.outer(np.arange(8), np.arange(8)) / 49
    assert PermutationSymmetry().fit(cov=nearly).order_ == 1
    fit = PermutationSymmetry(tol=0.02).fit(cov=nearly)
    assert fit.order_ == 16
    assert fit.finding_.verdict == "nearly"
    assert 0.0 < fit.finding_.defect < 0.1


def test_white_data_are_called_unidentifiable() -> None:
    exact = PermutationSymmetry().fit(cov=2.0 * np.eye(5))
    noisy = PermutationSymmetry().fit(np.random.default_rng(1).standard_normal((300, 5)))
    for fit in (exact, noisy):
        assert fit.finding_.verdict == "unidentifiable"
        assert "fully symmetric / unidentifiable" in fit.finding_.notes[0]
        assert fit.order_ == 120


def test_columns_without_variance_are_left_out_and_named() -> None:
    x = np.random.default_rng(0).multivariate_normal(np.zeros(6), ring(6), size=800)
    padded = np.insert(x, [2, 6], 7.0, axis=1)
    fit = PermutationSymmetry().fit(padded)
    assert fit.finding_.name == "D6"
    assert all(g.images[2] == 2 and g.images[7] == 7 for g in fit.generators_)
    assert "2 columns (2, 7) without variance" in fit.notes_[0]
    assert PermutationSymmetry().fit(np.ones((9, 3))).order_ == 1


def test_columns_that_repeat_each_other_are_exchangeable() -> None:
    x = np.random.default_rng(4).standard_normal((90, 4)) * [1.0, 2.0, 4.0, 8.0]
    fit = PermutationSymmetry().fit(np.column_stack([x, x[:, 1]]))
    assert fit.symmetries_ == ["(1,4)"]


def test_names_of_columns_appear_in_the_cycles() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(mirrored(4), columns=["north", "west", "east", "south"])
    fit = PermutationSymmetry().fit(cov=frame)
    assert fit.symmetries_ == ["(north,south)(west,east)"]
    assert fit.feature_names_in_.tolist() == ["north", "west", "east", "south"]


def test_moments_that_are_there_already_give_the_same() -> None:
    x = np.random.default_rng(0).multivariate_normal(np.zeros(8), ring(8), size=500)
    direct, again = PermutationSymmetry().fit(x), PermutationSymmetry().fit_moments([moments_of_samples(x)])
    assert direct.symmetries_ == again.symmetries_
    np.testing.assert_array_equal(direct.covariance_, again.covariance_)


@pytest.mark.parametrize("is_complex", [False, True])
def test_principal_coordinates_invert_and_decorrelate_the_symmetrised_covariance(is_complex: bool) -> None:
    rng = np.random.default_rng(6)
    x = rng.standard_normal((300, 5)) @ rng.standard_normal((5, 5))
    if is_complex:
        x = x + 1j * rng.standard_normal((300, 5))
    fit = PermutationSymmetry().fit(x)
    np.testing.assert_allclose(fit.inverse_transform(fit.transform(x)), x, atol=1e-10)
    # Rows of the components are eigenvectors of the covariance E[x x^H], as axes.
    axes = fit.components_.conj().T
    np.testing.assert_allclose(
        axes.conj().T @ fit.covariance_ @ axes,
        np.diag(fit.explained_variance_),
        atol=1e-10 * fit.explained_variance_[0],
    )
    assert (np.diff(fit.explained_variance_) <= 0).all()


def test_the_score_is_the_gaussian_log_likelihood() -> None:
    from scipy.stats import multivariate_normal

    x = np.random.default_rng(0).multivariate_normal(np.arange(8.0), ring(8), size=400)
    fit = PermutationSymmetry().fit(x)
    expected = multivariate_normal(fit.mean_, fit.covariance_).logpdf(x).mean()
    assert fit.score(x) == pytest.approx(expected, abs=1e-10)
    padded = np.column_stack([x, np.zeros(400)])
    assert np.isfinite(PermutationSymmetry().fit(padded).score(padded))


def test_symmetry_improves_the_likelihood_of_new_samples() -> None:
    rng = np.random.default_rng(1)
    x = rng.multivariate_normal(np.zeros(8), ring(8), size=40)
    new = rng.multivariate_normal(np.zeros(8), ring(8), size=4000)
    fit = PermutationSymmetry().fit(x)
    plain = PermutationSymmetry().fit(x)
    plain.covariance_ = np.cov(x.T)
    assert fit.order_ > 1
    assert fit.score(new) > plain.score(new)


def test_scikit_learn_accepts_the_estimator() -> None:
    checks = pytest.importorskip("sklearn.utils.estimator_checks")
    with warnings.catch_warnings():
        # That it does not inherit from BaseEstimator, and checks that need other packages.
        warnings.simplefilter("ignore")
        results = checks.check_estimator(PermutationSymmetry(), on_fail=None)
    failed = {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}
    assert failed == {}
    assert sum(r["status"] == "passed" for r in results) > 40


def test_parameters_clone_and_print() -> None:
    base = pytest.importorskip("sklearn.base")
    fit = PermutationSymmetry(alpha=0.05, signed=True)
    assert base.clone(fit).get_params() == fit.get_params()
    assert repr(fit) == "PermutationSymmetry(alpha=0.05, signed=True)"
    assert fit.set_params(alpha=0.1) is fit
    assert fit.alpha == 0.1


X = np.random.default_rng(0).standard_normal((30, 3)) * [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: PermutationSymmetry(tol="x").fit(X), InputError, 'tol must be "auto" or a number'),
        (lambda: PermutationSymmetry(alpha=2).fit(X), InputError, "alpha must lie between 0 and 1; got 2"),
        (lambda: PermutationSymmetry(select="aic").fit(X), InputError, "select must be \"bic\" or None; got 'aic'"),
        (lambda: PermutationSymmetry(max_work=0).fit(X), InputError, "max_work must be a positive number"),
        (lambda: PermutationSymmetry().fit(), InputError, "give either samples"),
        (lambda: PermutationSymmetry().fit(X, cov=np.eye(3)), InputError, "give either samples"),
        (lambda: PermutationSymmetry().fit(X, n=30), InputError, "samples bring their own number"),
        (lambda: PermutationSymmetry().fit([]), InputError, "the list of data sets is empty"),
        (lambda: PermutationSymmetry().fit([X, X[:, :2]]), ShapeError, "data set 1 has 2 columns, the first has 3"),
        (lambda: PermutationSymmetry().fit(cov=[np.eye(2)] * 2, n=[5]), ShapeError, "1 sample sizes for 2"),
        (lambda: PermutationSymmetry().fit(cov=[GENERIC] * 2, n=[9, None]), InputError, "give n for all, or for none"),
        (lambda: PermutationSymmetry().fit(X[:2]), SampleSizeError, "2 samples"),
        (lambda: PermutationSymmetry().fit(X[:, :1]), ShapeError, "n_features = 1"),
        (lambda: PermutationSymmetry().fit([["a", "b"]] * 4), InputError, "samples must be numbers"),
        (lambda: PermutationSymmetry().fit([[1, 2], [3]]), ShapeError, "the rows differ in length"),
        (lambda: PermutationSymmetry().transform(X), InputError, "not fitted yet"),
        (lambda: PermutationSymmetry().fit(X).transform(X[:, :2]), ShapeError, "X has 2 features"),
        (lambda: PermutationSymmetry().fit(X).transform(np.full((1, 3), np.nan)), NonFiniteError, "row 0, column 0"),
        (lambda: PermutationSymmetry().fit(X).inverse_transform(X[0]), ShapeError, "a table of 3 columns"),
        (lambda: PermutationSymmetry().set_params(foo=1), InputError, "has no parameter 'foo'"),
    ],
)
def test_errors_say_what_was_wrong(call, kind: type[SymmeterError], text: str) -> None:
    with pytest.raises(kind, match=re.escape(text)) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_sparse_samples_are_refused_with_the_remedy() -> None:
    from scipy.sparse import csr_array

    with pytest.raises(InputTypeError, match=r"X\.toarray\(\)"):
        PermutationSymmetry().fit(csr_array(X))
