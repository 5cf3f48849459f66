"""LaTeX in and out: every construct, true and false identities, columns of errors, hostile text."""

from fractions import Fraction

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from symmeter.errors import InputError, InputTypeError, UnknownNameError
from symmeter.quantum import ops
from symmeter.quantum.ops.latex_reading import parse_identity

TRUE = [
    r"n_1^2 = n_1",
    r"c_1 c_1^\dagger = 1 - c_1^\dagger c_1",
    r"c_1 c_2 = - c_2 c_1",
    r"c_i c_j^{\dagger} = \delta_{ij} - c_j^\dagger c_i",
    r"[n_i, c_j] = -\delta_{ij} c_i",
    r"\{c_{i\sigma}, c_{j\tau}^\dagger\} = \delta_{ij}\delta_{\sigma\tau}",
    r"b^3 b^{\dagger 2} = b^{\dagger 2} b^3 + 6 b^\dagger b^2 + 6 b",
    r"[b_i, b_j^\dagger] = \delta_{ij}",
    r"[S^x_i, S^y_j] = i \delta_{ij} S^z_i",
    r"[S_i^+, S_j^-] = 2\delta_{ij} S_i^z",
    r"\sigma^x_1 \sigma^y_1 = i\sigma^z_1",
    r"\{\sigma^x_1, \sigma^z_1\} = 0",
    r"(\sigma^y_2)^2 = 1",
    r"\vec{S}_1\cdot\vec{S}_2 = S_1^z S_2^z + \frac{1}{2}\left(S_1^+ S_2^- + S_1^- S_2^+\right)",
    r"\mathbf{S}_1 \cdot \mathbf{S}_2 = \mathbf{S}_2 \cdot \mathbf{S}_1",
    r"[\sum_{i\sigma} n_{i\sigma}, \sum_{ij\sigma} t_{ij} c_{i\sigma}^\dagger c_{j\sigma}] = 0",
    r"[\sum_k \epsilon_k c_k^\dagger c_k, c_q^\dagger] = \epsilon_q c_q^\dagger",
    r"[\sum_{k} c_{k+q}^\dagger c_k, \sum_{k'} c_{k'+p}^\dagger c_{k'}] = 0",
    r"\frac{1}{N}\sum_k e^{i k (i - j)} = \delta_{ij}",
    r"\frac1N \sum_{k} e^{ik(r_j-r_l)} = \delta_{jl}",
    r"\sum_{i=1}^{3} n_i = n_1 + n_2 + n_3",
    r"\sum_{j=1}^{L} 1 = L",
    r"\sum_{j=0}^{L-1} c_j^\dagger c_j = \sum_{i=1}^{L} n_i",
    r"\sum_{i \neq j} n_i n_j = (\sum_i n_i)^2 - \sum_i n_i",
    r"\sum_{\langle i j \rangle} (c_i^\dagger c_j + h.c.) = \sum_{\langle l m \rangle} (c_l^\dagger c_m + c_m^\dagger c_l)",  # noqa: E501
    r"\sum_{\sigma=\uparrow,\downarrow} n_{1\sigma} = n_{1\uparrow} + n_{1\downarrow}",
    r"n_1 = n_{1\uparrow} + n_{1\downarrow} + c_{2\uparrow} - c_{2\uparrow}",
    r"n_{i\bar\sigma} = c_{i\bar{\sigma}}^\dagger c_{i\bar\sigma}",
    r"t c_1^\dagger c_2 + \mathrm{h.c.} = t c_1^\dagger c_2 + t^* c_2^\dagger c_1",
    r"(c_1^\dagger c_2)^\dagger = c_2^\dagger c_1",
    r"\sqrt{2}\,\sqrt{3}\, c_1 = \sqrt{6} c_1",
    r"\tfrac12 c_1 + \dfrac{1}{2} c_1 = c_1",
    r"2 c_1 / 4 = 0.5 c_1",
    r"\sin^2(x) n_1 + \cos^2 (x) n_1 = n_1",
    r"e^{x} e^{-x} n_1 = n_1",
    r"\prod_{i=1}^{2} c_i^\dagger = c_1^\dagger c_2^\dagger",
    r"\langle c_1 c_2 c_2^\dagger c_1^\dagger \rangle = 1",
    r"c_{\mathbf{k}+\mathbf q}^\dagger c_{\mathbf k} + c_{\mathbf k} c^\dagger_{\mathbf k+\mathbf q} = \delta_{\mathbf q, 0}",  # noqa: E501
    "c†_1 c_1 = n_1",
    r"\left[ c_1 , c_2^\dagger c_2 \right] = 0",
    r"[c_1, c_2]_+ = 0",
    r"c_{-k}^\dagger c_{k} = - c_k c_{-k}^\dagger + \delta_{k,-k}",
    r"\hat{c}_1 \hat{c}_1^\dagger + \hat c_1^\dagger \hat c_1 = 1",
    r"c_{i'} c_{i''} = -c_{i''} c_{i'}",
    r"c_p^\dagger c_q^\dagger c_r c_s = c_q^\dagger c_p^\dagger c_s c_r",
    r"c_p c_s^\dagger = \delta_{ps} - c_s^\dagger c_p",
    r"c^{\dagger}_{i} c^{\phantom{\dagger}}_{i} = n_i",
    r"\{c_{i a \sigma}, c_{j b \tau}^\dagger\} = \delta_{ij}\delta_{ab}\delta_{\sigma\tau}",
    r"c_3 c_5^\dagger + c_5^\dagger c_3 + c_i = c_i",
    r"[[S^z_i, S^+_j], S^-_l] = 2 \delta_{ij}\delta_{jl} S^z_l",
    r"[n_i, n_j] = 0",
    r"|g|^2 n_1 = g g^* n_1",
    r":c_i c_j^\dagger: = -c_j^\dagger c_i",
    r":n_i n_j: = n_i n_j - \delta_{ij} n_i",
    r"{:}b_1 b_1^\dagger{:} = b_1^\dagger b_1",
    r"\sum_{j=1}^{L} [n_j, c_i] = -c_i",
]
FALSE = [
    r"c_1^\dagger c_1 = c_1 c_1^\dagger",
    r"c_1 c_2 = c_2 c_1",
    r"c_i c_j^{\dagger} = - c_j^\dagger c_i",
    r"[n_i, c_j] = \delta_{ij} c_i",
    r"[S^x_i, S^y_j] = -i \delta_{ij} S^z_i",
    r"\sigma^x_1 \sigma^y_1 = \sigma^y_1 \sigma^x_1",
    r"b b^\dagger = b^\dagger b",
    r"1.001 n_1 = n_1",
    r"t c_1^\dagger c_2 + h.c. = t (c_1^\dagger c_2 + c_2^\dagger c_1)",
    r"\sum_{i} n_i = n_1",
    r"\sum_{i \neq j} n_i n_j = (\sum_i n_i)^2",
    r"c_1^\dagger c_2 = c_1 c_2",
    r"\frac{1}{N}\sum_k e^{i k (i - j)} = \delta_{i,j+1}",
    r"[\sum_k \epsilon_k c_k^\dagger c_k, c_q^\dagger] = \epsilon_k c_q^\dagger",
]


@pytest.mark.parametrize("text", TRUE)
def test_true_identities(text):
    verdict = ops.equivalent(*parse_identity(text))
    assert verdict.equal, str(verdict)


@pytest.mark.parametrize("text", TRUE)
def test_changed_identities_are_false(text):
    left, right = parse_identity(text)
    if ops.equivalent(left, 0 if isinstance(left, ops.Operator) else ops.Expression.lift(0)):
        assert not ops.equivalent(left + 1, right)
        return
    assert not ops.equivalent(left * Fraction(1001, 1000), right)
    assert not ops.equivalent(left * -1, right)


@pytest.mark.parametrize("text", [t for t in TRUE if t.split(" = ")[0].count(r"\dagger") == 1 and " = 0" not in t])
def test_a_lost_dagger_is_noticed(text):
    left, right = text.split(" = ", 1)
    for dagger in (r"^{\dagger}", r"^\dagger", r"^{\dagger 2}", "†"):
        if dagger in left:
            broken = left.replace(dagger, "", 1)
            verdict = ops.equivalent(*parse_identity(f"{broken} = {right}"))
            assert not verdict.equal
            return
    raise AssertionError(left)


@pytest.mark.parametrize("text", FALSE)
def test_false_identities_have_counterexamples(text):
    verdict = ops.equivalent(*parse_identity(text))
    assert not verdict.equal
    assert verdict.counterexample is not None
    assert verdict.counterexample.left != verdict.counterexample.right


@pytest.mark.parametrize("text", [side for pair in TRUE for side in [pair.split(" = ")[0]] if side.count("=") == 0])
def test_what_is_written_is_read_back(text):
    value = ops.parse_latex(text)
    if isinstance(value, (ops.Operator, ops.Expression)):
        # A sum over bonds is written with its adjacency matrix, whose properties LaTeX does not carry.
        bonds = {"A": "real symmetric hollow"} if r"\langle i" in text else None
        again = ops.parse_latex(ops.latex(value), symbols=bonds)
        assert ops.equivalent(value, again), ops.latex(value)


MISTAKES = {
    r"c_1 +": 6,
    r"c_{1": 3,
    r"(c_1": 5,
    r"c_10": 3,
    r"c_1 @ 2": 5,
    r"c_1 = 2": 5,
    r"c_i^^2": 5,
    r"\frac{1}{c_1}": 10,
    r"\sqrt{c_1}": 1,
    r"\pm c_1": 1,
    r"c_1 \pm c_2": 5,
    r"c_1)": 4,
    r"[c_1,": 6,
    r"[c_1, c_2)": 10,
    r"\sum c_i": 1,
    r"c_1^{1000}": 6,
    r"c_1^{-1}": 6,
    r"c_1 / c_2": 7,
    r"n_1 / 0": 7,
    r"S_1": 1,
    r"h.c.": 1,
    r"c_1^2_3_4": 6,
    r"\frac{\partial}{\partial} c_1": 7,
    r"2 \foo c_1": 3,
    r"|c_1|": 1,
    r"|x": 3,
    r":c_1 c_2": 9,
    r":S^z_1 c_1:": 2,
    r"a a^\dagger": 3,
    r"\tilde{c}_1^\dagger": 1,
    r"\sum_{i=1}^N n_i \sum_{j=1}^L n_j": 18,
    r"c_{i+}": 5,
    r"\sum_{i<} n_i": 8,
    r"\mathbf{S}_1": 1,
    r"c_1 & c_2": 5,
    r"e^{c_1}": 1,
    r"a^{x_1} |": 10,
}


@pytest.mark.parametrize("text", MISTAKES)
def test_errors_point_to_the_column(text):
    with pytest.raises(InputError, match=rf"^column {MISTAKES[text]}: ") as caught:
        ops.parse_latex(text)
    assert "\n" not in str(caught.value)


HOSTILE = [
    "__import__('os').system('true')",
    "().__class__.__bases__",
    r"\input{/etc/passwd}",
    r"\write18{ls}",
    "lambda: 0",
    "exec('1')",
    "(" * 300 + "c_1",
    "c_1" * 4000,
    "[" * 90,
    r"\frac" * 200,
    "x^" * 500,
    "{" * 5000,
    "((c_1+b_2+c_3+b_4+b_5)^{64})^{64}",
    "((x+y+z+u)^{64})^{64}",
    "(x+y+z+u+v+w)^{40}(a+d+f+g)^{30}",
    "((((99^{64})^{64})^{64})^{64})^{64}",
    "(1+i)^{64}" * 300,
    "x^{" * 1500 + "2" + "}" * 1500,
    r"\sqrt" * 3000 + "2",
    r"\sin" * 3000 + "x",
    r"\sum_i" * 1000 + "n_i",
    "c_{" * 1500 + "1" + "}" * 1500,
    r"\sum_{i=1}^{4000} \sum_{j=1}^{4000} n_i n_j",
    r"\hat" * 3000 + "c",
    r"\sum_{i=1}^{99999999} n_i",
    "(b_1 b_2 b_3 b_4)^{64} (b_1^\\dagger b_2^\\dagger b_3^\\dagger b_4^\\dagger)^{64}",
    "(b_i b_j b_k)^{64} (b_l^\\dagger b_m^\\dagger b_n^\\dagger)^{64}",
    "(S^+_i)^{40} (S^-_j)^{40}",
    r"\prod_{i=1}^{40} c_i \prod_{j=1}^{40} c_j^\dagger",
    r"(\sum_{i j k l} t_{ij} t_{kl} n_i n_j n_k n_l)^{20}",
    "".join(f"c_{{{x}}}" for x in "ijlmnpqrs") + "".join(f"c_{{{x}'}}^\\dagger" for x in "ijlmnpqrs"),
    "\x00",
    "c_1; import os",
    "9" * 5000 + "^{64}^{64}",
]


def one_line_or_value(text):
    """What was read, or the text of the error."""
    try:
        return ops.parse_latex(text)
    except InputError as error:
        return str(error)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_only_read(text):
    value = one_line_or_value(text)
    if isinstance(value, str):
        assert "\n" not in value
        assert len(value) < 400
    else:
        # What can be read is a polynomial in commuting letters, never a call.
        assert isinstance(value, (ops.Operator, ops.Expression, sympy.Expr, int))


@given(st.text(alphabet=r"cbSn_^{}()[]+-*/\,=1i2 \dagger\sum\frac", max_size=40))
def test_any_text_gives_a_value_or_one_line(text):
    value = one_line_or_value(text)
    assert not isinstance(value, str) or "\n" not in value


def test_too_long_and_too_deep():
    with pytest.raises(InputError, match="the most is 20000"):
        ops.parse_latex("c_1+" * 6000)
    with pytest.raises(InputError, match="5000 steps"):
        ops.parse_latex("2+" * 3000 + "2")
    with pytest.raises(InputError, match="100 deep"):
        ops.parse_latex("(" * 101 + "1" + ")" * 101)
    with pytest.raises(InputError, match="the LaTeX is empty"):
        ops.parse_latex("  ")
    with pytest.raises(InputTypeError):
        ops.parse_latex(3)


def test_declared_symbols_only():
    with pytest.raises(UnknownNameError, match="column 1: the symbol epsilom is not declared; did you mean epsilon"):
        ops.parse_latex(r"\epsilom n_1", symbols={"epsilon": "real"})
    value = ops.parse_latex(r"\epsilon n_1", symbols={"epsilon": "real"})
    assert value.is_hermitian()
    assert not ops.parse_latex(r"\epsilon n_1", symbols=["epsilon"]).is_hermitian()
    herm = ops.parse_latex(r"\sum_{ij} t_{ij} c_i^\dagger c_j", symbols={"t": "hermitian"})
    assert herm == herm.adjoint()
    named = ops.parse_latex(r"J_H n_1", symbols={"J_H": "real"})
    assert named.symbols == {sympy.Symbol("J_H", real=True)}
    assert ops.parse_latex(r"c n_1", algebra=ops.Fermions(name="n")).symbols == {sympy.Symbol("c")}
    with pytest.raises(InputError, match="declared as"):
        ops.parse_latex("x", symbols={"x": "pretty"})


def test_names_of_several_letters():
    value = ops.parse_latex("Jz n_1 + JJz n_2", symbols=["Jz", "J"])
    z, j = sympy.Symbol("Jz"), sympy.Symbol("J")
    f = ops.Fermions()
    assert value == z * f.n(1) + j * z * f.n(2)
    assert ops.parse_latex("J z n_1").symbols == {sympy.Symbol("J"), sympy.Symbol("z")}
    with pytest.raises(UnknownNameError, match="column 4: the symbol J is not declared; did you mean Jz"):
        ops.parse_latex("2  J n_1", symbols=["Jz"])


def test_numbers_of_all_kinds():
    f = ops.Fermions()
    for text, value in [
        ("1/3", "1/3"),
        (r"\frac13", "1/3"),
        ("10^{3}", "1000"),
        (r"2 \times 10^{-3}", "1/500"),
        (".5", "1/2"),
    ]:
        assert ops.parse_latex(text + " n_1") == Fraction(value) * f.n(1)
    assert ops.parse_latex(r"\sqrt2 n_1").coefficient(f.n(1)) == sympy.sqrt(2)
    assert ops.parse_latex(r"\sqrt[3]{8} n_1") == 2 * f.n(1)
    assert ops.parse_latex(r"2^{-2}") == Fraction(1, 4)
    assert ops.parse_latex(r"i^2 n_1") == -1 * f.n(1)
    assert ops.parse_latex(r"\binom{5}{2} n_1 + 3! n_1") == 16 * f.n(1)
    x = sympy.Symbol("x")
    assert ops.parse_latex(r"\sin^{-1}(x) n_1").coefficient(f.n(1)) == sympy.asin(x)
    assert ops.parse_latex(r"\sin^{-2}(x) n_1").coefficient(f.n(1)) == sympy.sin(x) ** -2
    assert ops.parse_latex(r"\ln^2 x").equals(sympy.log(x) ** 2)
    with pytest.raises(InputError, match="from 0 to 1000"):
        ops.parse_latex("(9999)!")


def test_the_sketch_of_the_dossier():
    f = ops.Fermions()
    x = ops.parse_latex(r"\sum_k \epsilon_k c_k^\dagger c_k", algebra=f.indexed("k"), symbols={"epsilon": "function"})
    k = ops.indices("k")
    assert x == ops.Sum(ops.tensor("epsilon", k) * f.cre(k) * f.ann(k), k)


def test_other_letters_and_species():
    d = ops.Fermions(["up", "dn"], name="d")
    found = ops.parse_latex(r"d_{1\uparrow} d_{1\uparrow}^\dagger", algebra=d)
    assert found == 1 - d.n(1, "up")
    g = ops.Majoranas()
    assert ops.parse_latex(r"\gamma_1\gamma_0", algebra=g) == -g.g(0) * g.g(1)
    u = ops.SUN(3)
    assert ops.parse_latex(r"X^{01}_2 X^{12}_2", algebra=u) == u.X(0, 2, 2)
    assert ops.parse_latex(r"X_0 Y_0", algebra=ops.Paulis()) == 1j * ops.Paulis().Z(0)
    with pytest.raises(InputError, match=r"column 1: .*no site 5"):
        ops.parse_latex("c_5", algebra=ops.Fermions(sites=2))
    spin = ops.parse_latex(r"(S^z_1)^3 - S^z_1", algebra=ops.Spins(1))
    assert spin.is_zero()


def test_written_latex():
    f = ops.Fermions(["up", "dn"])
    assert ops.latex(f.cre(0, "up") * f.ann(1, "dn")) == r"c^{\dagger}_{0\uparrow} c_{1\downarrow}"
    t, u = sympy.symbols("t U")
    assert ops.latex(-t * f.n(0, "up")) == r"- t c^{\dagger}_{0\uparrow} c_{0\uparrow}".replace("- t", "-t")
    assert ops.latex((t + u) * f.n(0, "up")).startswith(r"\left(U + t\right)")
    assert ops.latex(ops.Bosons().cre(0) ** 2) == r"\left(b^{\dagger}_{0}\right)^{2}"
    assert ops.latex(0 * f.n(0, "up")) == "0"
    assert f.n(0, "up")._repr_latex_().startswith("$")
