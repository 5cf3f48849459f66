"""Sums with relations and open ends: against brute force on concrete lattices, true and false identities, errors."""

from itertools import combinations

import pytest

from symmeter.errors import InputError
from symmeter.quantum import ops

TRUE = [
    r"\sum_{i<j} n_i n_j = \frac12 \sum_{i \neq j} n_i n_j",
    r"\sum_{i<j} V_{ij} n_i n_j + \sum_{i>j} V_{ij} n_i n_j = \sum_{i\neq j} V_{ij} n_i n_j",
    r"\sum_{i<j} J_{ij} n_i n_j = \sum_{j>i} J_{ij} n_j n_i",
    r"\sum_{i<j} V_{ij} = \sum_{j<i} V_{ji}",
    r"\sum_{i=1}^{N-1} n_i = \sum_{i=1}^{N} n_i - n_N",
    r"\sum_{i=1}^{N-1} c_i^\dagger c_{i+1} + c_N^\dagger c_1 = \sum_{i=1}^{N} c_i^\dagger c_{i+1}",
    r"\sum_{i=0}^{N-2} n_{i+1} + n_0 = \sum_{j=0}^{N-1} n_j",
    r"\sum_{j=2}^{N} n_{j-1} = \sum_{i=1}^{N-1} n_i",
    r"\sum_{i=1}^{L-1} 1 = L - 1",
    r"\sum_{i,j=1}^{N} n_i n_j = (\sum_{i=1}^{N} n_i)^2",
    r"\sum_{i<j=1}^{N} n_i n_j = \frac12 \sum_{i\neq j} n_i n_j",
    r"\sum_{i<j} 1 = \frac{N(N-1)}{2}",
    r"\sum_{i,j=1}^{3} n_i n_j = (n_1+n_2+n_3)^2",
    r"\sum_{i<j=1}^{3} n_i n_j = n_1 n_2 + n_1 n_3 + n_2 n_3",
    r"\sum_{i<j<k} n_i n_j n_k = \frac16 \sum_i n_i (\sum_j n_j - 1)(\sum_k n_k - 2)",
    r"[\sum_{i=1}^{N-1} (c_i^\dagger c_{i+1} + c_{i+1}^\dagger c_i), \sum_{i=1}^{N} n_i] = 0",
    r"\sum_{i=1}^{N-2} n_i n_{i+2} = \sum_{i=1}^{N} n_i n_{i+2} - n_{N-1} n_1 - n_N n_2",
]
FALSE = [
    r"\sum_{i<j} n_i n_j = \sum_{i \neq j} n_i n_j",
    r"\sum_{i<j} V_{ij} n_i n_j = \frac12\sum_{i \neq j} V_{ij} n_i n_j",
    r"\sum_{i<j} V_{ij} = \sum_{j<i} V_{ij}",
    r"\sum_{i=1}^{N-1} n_i = \sum_{i=1}^{N} n_i",
    r"\sum_{i=1}^{N-1} n_i = \sum_{i=1}^{N} n_i - n_1",
    r"\sum_{i=1}^{N-1} n_i = \sum_{i=0}^{N-2} n_i",
    r"\sum_{i=1}^{N-1} 1 = N",
    r"\sum_{i<j} 1 = N^2",
    r"\sum_{i=2}^{N-1} n_i = \sum_{i=1}^{N-1} n_i - n_2",
    r"\sum_{i<j<k} n_i n_j n_k = \frac12 \sum_i n_i (\sum_j n_j - 1)(\sum_k n_k - 2)",
    r"\sum_{i=1}^{N-1} c_i^\dagger c_{i+1} = \sum_{i=1}^{N} c_i^\dagger c_{i+1}",
]


@pytest.mark.parametrize("text", TRUE)
def test_true_sums(text):
    verdict = ops.equivalent(*ops.parse_identity(text))
    assert verdict.equal, str(verdict)


@pytest.mark.parametrize("text", FALSE)
def test_false_sums(text):
    verdict = ops.equivalent(*ops.parse_identity(text))
    assert not verdict.equal
    assert verdict.counterexample is not None


@pytest.mark.parametrize("size", [3, 5, 6])
def test_ordered_and_open_sums_are_those_of_loops(size):
    f = ops.Fermions(sites=size)

    def same(expression, expected, **options):
        # An instance numbers only the sites that occur: compare matrix-free, site by site.
        found = expression.instantiate(size, **options)
        return found.degree == expected.degree and sorted(map(str, found.terms.values())) == sorted(
            map(str, expected.terms.values())
        )

    weights = {"V": lambda i, j: 10 * i + j}
    ordered = ops.parse_latex(r"\sum_{i<j} V_{ij} n_i n_j")
    expected = ops.total((10 * i + j) * f.n(i) * f.n(j) for i, j in combinations(range(size), 2))
    assert same(ordered, expected, tensors=weights)
    # From 1 to N, the last site is site 0 of the range.
    from_one = ops.parse_latex(r"\sum_{i<j=1}^{N} V_{ij} n_i n_j")
    loops = combinations([*range(1, size), 0], 2)
    assert same(from_one, ops.total((10 * i + j) * f.n(i) * f.n(j) for i, j in loops), tensors=weights)
    open_chain = ops.parse_latex(r"\sum_{i=1}^{N-1} V_{i,i+1} c_i^\dagger c_{i+1}")
    bonds = [(i, (i + 1) % size) for i in range(1, size)]
    assert same(open_chain, ops.total((10 * i + j) * f.cre(i) * f.ann(j) for i, j in bonds), tensors=weights)


def test_a_step_can_be_declared_and_is_read_back():
    written = ops.latex(ops.parse_latex(r"\sum_{i<j} V_{ij} n_i n_j"))
    assert r"i < j" in written
    declared = {"Theta": "step real hollow", "V": "function"}
    back = ops.parse_latex(r"\sum_{i j} \Theta_{ij} V_{ij} n_i n_j", symbols=declared)
    assert ops.equivalent(back, ops.parse_latex(written))
    assert ops.tensor("Theta", 1, 2, properties="step") == 1
    assert ops.tensor("Theta", 2, 2, properties="step") == 0


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (r"\sum_{i<} n_i", "column 8: < stands between two indices"),
        (r"\sum_{<j} n_j", "column 7"),
        (r"\sum_{i=1}^{N+1} n_i", "over fewer sites"),
        (r"\sum_{i=}^{N} n_i", "lacks a limit"),
        (r"\sum_{i=M}^{N} n_i", "one symbol N"),
        (r"\sum_{i=1}^{N-1000} n_i", "one symbol N"),
        (r"\prod_{i<j} n_i", "limits that are numbers"),
        (r"\prod_{i=1}^{N} n_i", "limits that are numbers"),
        (r"\sum_{i,j=1}^{70} n_i n_j", r"70\^2 terms"),
        (r"\sum_{\sigma<\tau} n_{1\sigma} n_{2\tau}", "is for sites"),
        (r"\sum_{i<i} n_i", "summed twice"),
    ],
)
def test_bad_limits_are_told(text, part):
    with pytest.raises(InputError, match=part) as caught:
        ops.parse_latex(text)
    assert "\n" not in str(caught.value)
