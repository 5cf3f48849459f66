"""Actions on tensors: homomorphisms, agreement with independent formulas, shared elements, errors with both shapes."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from symmeter.errors import InputError, InputTypeError, ShapeError, UnknownNameError  # noqa: E402
from symmeter.groups import LieAlgebra, PermutationGroup, dihedral_group, point_group, symmetric  # noqa: E402
from symmeter.groups.lie import SO, SU, E, O  # noqa: E402
from symmeter.nn.actions import (  # noqa: E402
    InterpolatedPixelAction,
    TensorAction,
    draw_elements,
    enumerate_elements,
    same_group,
    tensor_action,
)
from symmeter.nn.subgroups import is_subgroup  # noqa: E402
from symmeter.representations import (  # noqa: E402
    Dense,
    FiniteMatrixAction,
    FlowAction,
    Monomial,
    MonomialAction,
    PowersAction,
    Representation,
    T,
    V,
)

TURN = np.array([[0.0, -1.0], [1.0, 0.0]])


def _actions() -> dict[str, tuple[TensorAction, tuple[int, ...]]]:
    flow = FlowAction(LieAlgebra([np.kron(np.eye(2), TURN)]))
    return {
        "scalars": (tensor_action("scalars", "E(3)"), (4,)),
        "vectors SO(3)": (tensor_action("vectors", "SO(3)"), (4, 5, 3)),
        "vectors E(3)": (tensor_action("vectors", "E(3)"), (4, 3)),
        "vectors Oh": (tensor_action("vectors", "Oh"), (4, 3)),
        "vectors D5": (tensor_action("vectors", "D5"), (4, 2)),
        "vectors S4": (tensor_action("vectors", "S4"), (4, 4)),
        "Lorentz": (tensor_action("vectors", "SO+(1,3)"), (4, 4)),
        "pseudovectors O(3)": (tensor_action("pseudovectors", "O(3)"), (4, 3)),
        "points E(3)": (tensor_action("points", "E(3)"), (4, 5, 3)),
        "points SE(2)": (tensor_action("points", "SE(2)"), (4, 5, 2)),
        "translations": (tensor_action("points", "translations", like=(4, 3)), (4, 3)),
        "scalings": (tensor_action("points", "scalings", like=(4, 3)), (4, 3)),
        "tensors O(3)": (tensor_action("tensors", "O(3)"), (4, 3, 3)),
        "T(2) of O(3)": (tensor_action(T(2)(O(3))), (4, 9)),
        "C4": (tensor_action("pixels", "C4"), (4, 2, 5, 5)),
        "D4": (tensor_action("pixels", "D4"), (4, 6, 6)),
        "flips": (tensor_action("pixels", "flips"), (4, 1, 4, 7)),
        "shifts": (tensor_action("pixels", "shifts", like=(4, 1, 3, 4)), (4, 1, 3, 4)),
        "nodes": (tensor_action("nodes", "S5"), (4, 5, 3)),
        "tokens": (tensor_action("tokens", "permutations", like=(4, 9)), (4, 9)),
        "adjacency": (tensor_action("adjacency", "D6"), (4, 6, 6)),
        "signed permutations": (tensor_action(MonomialAction([Monomial([1, 2, 3, 0], [1, -1, 1, 1])])), (4, 2, 4)),
        "matrices": (tensor_action(FiniteMatrixAction([Dense(TURN)])), (4, 2)),
        "powers": (tensor_action(PowersAction(Dense([[0.6, -0.8], [0.8, 0.6]]))), (4, 2)),
        "flow": (tensor_action(flow), (4, 4)),
        "generators alone": (tensor_action(Representation((np.diag([1.0, -1.0]),), (TURN,), "mine")), (4, 2)),
    }


ACTIONS = _actions()
EXACT = pytest.mark.parametrize("name", ACTIONS)


def _case(name: str, seed: int = 0):
    action, shape = ACTIONS[name]
    generator = torch.Generator().manual_seed(seed)
    return action, torch.randn(shape, dtype=torch.float64, generator=generator), generator


@EXACT
def test_inverse_takes_back(name: str) -> None:
    action, x, generator = _case(name)
    elements = action.draw(6, generator)
    there = action.apply(elements, x)
    assert there.shape == (6, *x.shape)
    back = action.apply_stack(elements.inverse(), there)
    assert float((back - x).abs().max()) < 1e-10 * max(1.0, float(there.abs().max()) ** 2)


@EXACT
def test_each_sample_by_its_own_element(name: str) -> None:
    action, x, generator = _case(name, 1)
    elements = action.draw(len(x), generator)
    assert torch.equal(action.apply_each(elements, x)[2], action.apply(elements, x)[2, 2])


@EXACT
def test_same_seed_same_elements(name: str) -> None:
    action, x, _ = _case(name)
    drawn = [action.apply(action.draw(3, torch.Generator().manual_seed(5)), x) for _ in range(2)]
    assert torch.equal(*drawn)


@EXACT
def test_gradients_pass_and_are_right(name: str) -> None:
    action, x, generator = _case(name)
    elements = action.draw(2, generator)
    assert torch.autograd.gradcheck(lambda t: action.apply(elements, t), (x[:1].requires_grad_(),))


@pytest.mark.parametrize("name", [n for n, (a, _) in ACTIONS.items() if a.algebra_dimension])
def test_velocity_is_the_derivative_of_the_motion(name: str) -> None:
    action, x, generator = _case(name)
    k, step = action.algebra_dimension, 1e-5
    drawn = action.draw(k, generator)
    from dataclasses import replace

    plus, minus = (
        replace(drawn, coefficients=s * step * torch.eye(k, dtype=torch.float64), words=drawn.words[:, :0])
        for s in (1, -1)
    )
    differences = (action.apply(plus, x) - action.apply(minus, x)) / (2 * step)
    assert float((action.infinitesimal(x) - differences).abs().max()) < 1e-8


@pytest.mark.parametrize("name", ["C4", "D4", "flips", "shifts", "nodes", "adjacency", "vectors Oh", "vectors D5"])
def test_finite_actions_are_homomorphisms(name: str) -> None:
    action, x, _ = _case(name)
    group = action.group
    elements = enumerate_elements(group)
    all_moved = action.apply(elements, x)
    rng = np.random.default_rng(0)
    for i, j in rng.integers(len(elements), size=(6, 2)):
        if elements.images is None:
            k = int(group.table[i, j])
        else:
            product = elements.images[i][elements.images[j]]
            k = int((elements.images == product).all(1).nonzero()[0, 0])
        after = action.apply(elements[int(i)], all_moved[int(j)])[0]
        assert torch.allclose(after, all_moved[k], atol=1e-12)


def test_quarter_turns_are_those_of_torch() -> None:
    action = tensor_action("pixels", "C4")
    x = torch.randn(2, 3, 5, 5)
    moved = action.apply(action.elements(), x)
    assert all(torch.equal(moved[k], torch.rot90(x, k, (-2, -1))) for k in range(4))
    d4 = tensor_action("pixels", "D4")
    assert torch.equal(d4.apply(d4.elements(), x)[4], x.flip(-2))


def test_shifts_are_those_of_torch() -> None:
    x = torch.randn(2, 1, 3, 4)
    action = tensor_action("pixels", "shifts", like=x)
    elements = action.elements(12)
    names = [action.describe_element(elements, k) for k in range(12)]
    moved = action.apply(elements, x)
    assert torch.equal(moved[names.index("shift down 2 and right 3")], torch.roll(x, (2, 3), (-2, -1)))
    assert len(set(names)) == 12


def test_interpolation_agrees_with_exact_quarter_turns_and_says_that_it_is_approximate() -> None:
    exact = tensor_action("pixels", "C4")
    approximate = InterpolatedPixelAction(exact.group)
    x = torch.randn(2, 3, 6, 6, dtype=torch.float64)
    assert torch.allclose(approximate.apply(exact.elements(), x), exact.apply(exact.elements(), x), atol=1e-12)
    assert exact.exact
    assert not approximate.exact
    assert not tensor_action("pixels", "C8").exact
    assert "interpolation" in repr(tensor_action("pixels", "SO(2)"))


def test_interpolated_velocity_of_a_smooth_picture() -> None:
    # exp(-|p - c|^2) turns about the centre; its velocity under L is -(L p) . grad f in closed form.
    n = 65
    action = tensor_action("pixels", "SE(2)")
    line = (torch.arange(n, dtype=torch.float64) - (n - 1) / 2) / (n / 2)
    x, y = line[None, :].expand(n, n), -line[:, None].expand(n, n)
    f = torch.exp(-8 * ((x - 0.2) ** 2 + (y + 0.1) ** 2))
    fx, fy = -16 * (x - 0.2) * f, -16 * (y + 0.1) * f
    found = action.infinitesimal(f[None, None])[:, 0, 0]
    wanted = [-(-y * fx + x * fy), -fx, -fy]
    for k in range(3):
        assert float((found[k] - wanted[k])[2:-2, 2:-2].abs().max()) < 0.02 * float(wanted[k].abs().max())


def test_node_permutations_agree_with_matrices() -> None:
    group = symmetric(5)
    nodes, adjacency = tensor_action("nodes", group), tensor_action("adjacency", group)
    vectors = tensor_action(V, group)
    elements = nodes.draw(4, torch.Generator().manual_seed(0))
    x, a = torch.randn(2, 5, dtype=torch.float64), torch.randn(2, 5, 5, dtype=torch.float64)
    assert torch.equal(nodes.apply(elements, x), vectors.apply(elements, x))
    p = vectors.matrices(elements, x)
    assert torch.allclose(adjacency.apply(elements, a), p[:, None] @ a @ p[:, None].mT)


def test_ground_floor_actions_agree_with_their_transformations() -> None:
    move = Monomial([2, 0, 3, 1], [1, 1j, -1, 1])
    action = tensor_action(MonomialAction([move]))
    x = torch.randn(3, 4, dtype=torch.complex128)
    every = action.apply(action.elements(10_000), x)
    wanted = torch.from_numpy(move.apply(x.numpy()))
    assert min(float((y - wanted).abs().max()) for y in every) < 1e-12
    assert len(every) == action.order


def test_pseudovectors_keep_their_sign_under_inversion() -> None:
    group = point_group("Ci")
    vectors, axial = tensor_action("vectors", group), tensor_action("pseudovectors", group)
    x = torch.randn(2, 3)
    assert torch.allclose(vectors.apply(vectors.elements(), x)[1], -x)
    assert torch.allclose(axial.apply(axial.elements(), x)[1], x)


def test_cross_product_is_a_pseudovector() -> None:
    vectors, axial = tensor_action("vectors", "O(3)"), tensor_action("pseudovectors", "O(3)")
    elements = vectors.draw(8, torch.Generator().manual_seed(1))
    a, b = torch.randn(2, 4, 3, dtype=torch.float64)
    moved = torch.linalg.cross(vectors.apply(elements, a), vectors.apply(elements, b))
    assert torch.allclose(moved, axial.apply(elements, torch.linalg.cross(a, b)), atol=1e-10)
    assert not torch.allclose(moved, vectors.apply(elements, torch.linalg.cross(a, b)), atol=1e-2)


def test_elements_are_shared_between_representations_of_one_group() -> None:
    points, tensors, flat = tensor_action("points", "O(3)"), tensor_action("tensors", "O(3)"), tensor_action(T(2)(O(3)))
    assert points.same_group(tensors)
    assert points.same_group(flat)
    elements = points.draw(5, torch.Generator().manual_seed(0))
    x = torch.randn(3, 3, dtype=torch.float64)
    outer = x[:, :, None] * x[:, None, :]
    y = points.apply(elements, x)
    assert torch.allclose(tensors.apply(elements, outer), y[..., :, None] * y[..., None, :], atol=1e-10)
    assert torch.allclose(flat.apply(elements, outer.flatten(1)), tensors.apply(elements, outer).flatten(2), atol=1e-10)


def test_haar_elements_are_uniform_and_on_both_components() -> None:
    action = tensor_action("vectors", "O(3)")
    elements = action.draw(4000, torch.Generator().manual_seed(0), law="haar")
    m = action.matrices(elements, torch.zeros(1, 3, dtype=torch.float64))
    signs = torch.linalg.det(m).sign()
    assert abs(float(signs.mean())) < 0.06
    # Second and fourth moments of one entry of a Haar matrix: 1/3 and 1/5.
    assert abs(float((m[:, 0, 0] ** 2).mean()) - 1 / 3) < 0.02
    assert abs(float((m[:, 0, 0] ** 4).mean()) - 1 / 5) < 0.02
    with pytest.raises(InputError, match="normal"):
        draw_elements(E(3), 2, law="haar")


def test_normal_elements_follow_the_formula_of_the_evaluation_metric() -> None:
    action = tensor_action("vectors", "SO(2)")
    elements = action.draw(4000, torch.Generator().manual_seed(0))
    angle = elements.coefficients[:, 0]
    assert abs(float(angle.std()) - 1) < 0.04
    m = action.matrices(elements, torch.zeros(1, 2, dtype=torch.float64))
    assert torch.allclose(m[:, 1, 0], torch.sin(angle), atol=1e-12)


def test_complex_groups_act_on_real_and_complex_vectors() -> None:
    action = tensor_action("vectors", SU(2))
    elements = action.draw(3, torch.Generator().manual_seed(0))
    y = action.apply(elements, torch.randn(2, 2))
    assert y.is_complex()
    z = torch.randn(2, 2, dtype=torch.complex128)
    norms = torch.linalg.vector_norm(action.apply(elements, z), dim=-1)
    assert torch.allclose(norms, torch.linalg.vector_norm(z, dim=-1).expand(3, 2))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_types_are_kept(dtype) -> None:
    x = torch.randn(2, 3).to(dtype)
    action = tensor_action("vectors", "SO(3)")
    assert action.apply(action.draw(2), x).dtype == dtype
    tokens = torch.arange(6).reshape(2, 3)
    nodes = tensor_action("tokens", "S3")
    assert nodes.apply(nodes.elements(), tokens).dtype == torch.int64


def test_names_mean_what_the_tensor_says() -> None:
    assert tensor_action("vectors", "C4", like=(2, 3)).dimension == 3
    assert tensor_action("vectors", "C4", like=(2, 2)).dimension == 2
    assert tensor_action("nodes", "C4").group.order == 4
    assert tensor_action("point", "rotations", like=(2, 7, 3)).group == SO(3)
    assert isinstance(tensor_action("nodes", "A4").group, PermutationGroup)
    same = tensor_action("pixels", "D4")
    assert tensor_action(same) is same
    assert same_group(same.group, dihedral_group(4))
    assert tensor_action("scalars", same).same_group(same)


def test_subgroups() -> None:
    def points(name: str) -> TensorAction:
        return tensor_action("points", name)

    assert is_subgroup(points("SO(3)"), points("O(3)"))
    assert is_subgroup(points("O(3)"), points("E(3)"))
    assert not is_subgroup(points("O(3)"), points("SO(3)"))
    assert not is_subgroup(points("E(3)"), points("O(3)"))
    assert is_subgroup(tensor_action("pixels", "C2"), tensor_action("pixels", "C4"))
    assert not is_subgroup(tensor_action("pixels", "flip x"), tensor_action("pixels", "flip y"))
    assert is_subgroup(tensor_action("pixels", "flip x"), tensor_action("pixels", "D4"))
    assert is_subgroup(tensor_action("nodes", "C5"), tensor_action("nodes", "S5"))
    about_z = tensor_action(FlowAction(LieAlgebra([SO(3).basis[2]])))
    assert is_subgroup(about_z, points("SO(3)"))


def test_findings_of_data_go_in() -> None:
    import symmeter as sm

    rng = np.random.default_rng(0)
    X = rng.standard_normal((2000, 3))
    X[:, 2] *= 3.0
    best = sm.find(X, dictionary="exchanges").best
    action = tensor_action(best.action)
    x = torch.from_numpy(X[:5])
    moved = action.apply(action.elements(), x)
    assert torch.allclose(moved.mean(0), torch.from_numpy(X[:5] @ best.projector()))


def test_mistakes_say_what_would_be_right() -> None:
    vectors = tensor_action("vectors", "SO(3)")
    with pytest.raises(ShapeError, match=r"\(4, 2\).*\(B, \.\.\., 3\)"):
        vectors.apply(vectors.draw(1), torch.zeros(4, 2))
    square = tensor_action("pixels", "C4")
    with pytest.raises(ShapeError, match=r"\(2, 1, 3, 4\).*n, n"):
        square.apply(square.elements(), torch.zeros(2, 1, 3, 4))
    with pytest.raises(InputError, match="O\\(3\\)"):
        vectors.apply(tensor_action("vectors", "O(3)").draw(1), torch.zeros(4, 3))
    with pytest.raises(UnknownNameError, match="did you mean 'vectors'"):
        tensor_action("vectros", "SO(3)")
    with pytest.raises(UnknownNameError):
        tensor_action("nodes", "Q8")
    with pytest.raises(InputError, match="which group"):
        tensor_action("vectors")
    with pytest.raises(InputTypeError, match="moves torch tensors"):
        vectors.apply(vectors.draw(1), np.zeros((2, 3)))
    with pytest.raises(InputError, match="how many"):
        tensor_action("nodes", "permutations")
    with pytest.raises(InputError, match="like=x"):
        tensor_action("pixels", "shifts")
