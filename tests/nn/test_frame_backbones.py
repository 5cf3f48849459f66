"""Plain backbones: order of the points, padding, what frames make of them; FA-GNN; surfaces and their files."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from symmeter.errors import FileFormatError, InputError, MissingFileError, ShapeError  # noqa: E402
from symmeter.nn.frames import DGCNN, MLP, FrameAverage, FrameAveragedGNN, ParticleGNN, PointNet, PointTransformer  # noqa: E402
from symmeter.nn.frames.backbones import nearest_neighbours  # noqa: E402
from symmeter.nn.point_clouds import SURFACES, load_normals, sample_surfaces  # noqa: E402

BACKBONES = {
    "pointnet": lambda **o: PointNet(width=8, **o),
    "dgcnn": lambda **o: DGCNN(width=8, layers=2, neighbours=5, **o),
    "dgcnn-static": lambda **o: DGCNN(width=8, layers=2, neighbours=5, dynamic=False, **o),
    "transformer": lambda **o: PointTransformer(width=8, layers=2, neighbours=5, **o),
}


def turned(generator=None):
    q, r = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64, generator=generator))
    return q * torch.diagonal(r).sign()


@pytest.mark.parametrize("name", BACKBONES)
@pytest.mark.parametrize("per_point", [True, False])
def test_the_order_of_the_points_and_padding(name, per_point):
    torch.manual_seed(0)
    net = BACKBONES[name](per_point=per_point, outputs=4, features=2).double()
    x, f = torch.randn(3, 12, 3, dtype=torch.float64), torch.randn(3, 12, 2, dtype=torch.float64)
    y = net(x, f)
    assert y.shape == ((3, 12, 4) if per_point else (3, 4))
    p = torch.randperm(12)
    expected = y[:, p] if per_point else y
    torch.testing.assert_close(net(x[:, p], f[:, p]), expected, rtol=0, atol=1e-12)
    more = torch.cat([x, 0.1 * torch.randn(3, 4, 3, dtype=torch.float64)], 1)
    mask = torch.arange(16) < torch.full((3, 1), 12)
    z = net(more, torch.cat([f, torch.ones(3, 4, 2, dtype=torch.float64)], 1), mask=mask)
    torch.testing.assert_close(z[:, :12] if per_point else z, y, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", BACKBONES)
@pytest.mark.parametrize("group", ["O(3)", "SE(3)", "E(3)"])
def test_frames_make_backbones_exactly_equivariant(name, group):
    torch.manual_seed(1)
    net = BACKBONES[name]().double()
    model = FrameAverage(net, group, inputs={"x": "points"}, output="vectors")
    x = torch.randn(2, 10, 3, dtype=torch.float64)
    turn = turned()
    if group.startswith("S"):
        turn = turn * torch.linalg.det(turn)
    shift = 0.0 if group == "O(3)" else 2.5
    y = model(x)
    assert (model(x @ turn + shift) - y @ turn).abs().max() < 1e-10
    # The backbone itself is not.
    assert (net(x @ turn) - net(x) @ turn).abs().max() > 1e-3


@pytest.mark.parametrize("name", ["dgcnn", "dgcnn-static", "transformer"])
def test_neighbours_are_looked_for_once(name, monkeypatch):
    from symmeter.nn.frames import backbones

    torch.manual_seed(0)
    net = BACKBONES[name]().double()
    x = torch.randn(2, 10, 3, dtype=torch.float64)
    model = FrameAverage(net, "O(3)", inputs={"x": "points"}, output="vectors")
    alone = FrameAverage(lambda x, mask=None: net(x, mask=mask), "O(3)", inputs={"x": "points"}, output="vectors")
    torch.testing.assert_close(model(x), alone(x), rtol=0, atol=1e-11)
    mask = torch.arange(10) < torch.tensor([[10], [7]])
    torch.testing.assert_close(model(x, mask=mask), alone(x, mask=mask), rtol=0, atol=1e-11)
    sizes = []
    search = backbones.nearest_neighbours
    monkeypatch.setattr(
        backbones, "nearest_neighbours", lambda x, k, mask=None: sizes.append(len(x)) or search(x, k, mask)
    )
    model(x)
    assert sizes[0] == 2
    assert len(sizes) == (2 if name == "dgcnn" else 1)


def test_edge_convolution_against_its_definition():
    torch.manual_seed(0)
    net = DGCNN(width=4, layers=1, neighbours=3, dynamic=False).double()
    x = torch.randn(1, 6, 3, dtype=torch.float64)
    near = nearest_neighbours(x, 3)[0]
    own, other, edge = net.own[0], net.other[0], net.edge[0]
    h = torch.stack(
        [torch.stack([edge(torch.relu(own(x[0, v]) + other(x[0, u]))) for u in near[v]]).amax(0) for v in range(6)]
    ).relu()
    whole = net.whole(h).amax(0)
    torch.testing.assert_close(net(x)[0], net.head(torch.cat([h, whole.expand(6, -1)], -1)), rtol=0, atol=1e-12)


def test_neighbours_by_brute_force():
    x = torch.randn(2, 9, 3, dtype=torch.float64)
    near = nearest_neighbours(x, 4).sort(-1).values
    brute = torch.cdist(x, x).argsort(-1)[..., :4].sort(-1).values
    assert torch.equal(near, brute)
    with pytest.raises(InputError, match="9 points"):
        nearest_neighbours(x, 10)


def test_perceptron():
    net = MLP((6, 5, 2), flatten=True)
    x = torch.randn(3, 2, 3)
    expected = net.layers[1](torch.nn.functional.silu(net.layers[0](x.reshape(3, 6))))
    torch.testing.assert_close(net(x), expected)


# ---- particles ------------------------------------------------------------------------------------------------------


def particles(generator=0):
    g = torch.Generator().manual_seed(generator)
    x, v = torch.randn(2, 7, 5, 3, generator=g, dtype=torch.float64)
    return x, v, torch.randn(7, 5, generator=g, dtype=torch.float64).sign()


@pytest.mark.parametrize("reframe", [True, False])
def test_particles_in_moved_frames(reframe):
    torch.manual_seed(0)
    model = FrameAveragedGNN(width=12, layers=3, reframe=reframe).double()
    x, v, q = particles()
    y = model(x, v, q)
    turn = turned()
    assert (model(x @ turn + 1.7, v @ turn, q) - (y @ turn + 1.7)).abs().max() < 1e-10
    p = torch.randperm(5)
    assert (model(x[:, p], v[:, p], q[:, p]) - y[:, p]).abs().max() < 1e-12


def systems() -> dict[str, torch.Tensor]:
    corners = torch.tensor([[i, j, k] for i in (-1.0, 1) for j in (-1.0, 1) for k in (-1.0, 1)], dtype=torch.float64)
    noise = torch.randn(8, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return {
        "one": noise[:1],
        "two": noise[:2],
        "line": torch.linspace(-1, 2, 5, dtype=torch.float64)[:, None] * noise[0],
        "square": corners[[0, 1, 3, 2]],
        "cube": corners,
        "nearly a cube": corners + 3e-6 * noise,
        "one place": torch.ones(4, 3, dtype=torch.float64),
        "generic": noise,
    }


@pytest.mark.parametrize("velocities", ["at rest", "outwards", "any"])
@pytest.mark.parametrize("name", systems())
def test_particles_without_principal_axes(name, velocities):
    torch.manual_seed(0)
    model = FrameAveragedGNN(width=12, layers=3).double()
    x = systems()[name][None]
    v = {"at rest": torch.zeros_like(x), "outwards": x - x.mean(1, keepdim=True), "any": torch.randn_like(x)}[
        velocities
    ]
    q = torch.ones(x.shape[:2], dtype=torch.float64)
    y = model(x, v, q)
    for _ in range(3):
        turn = turned()
        assert (model(x @ turn + 1.7, v @ turn, q) - (y @ turn + 1.7)).abs().max() < 1e-10
    # Beside others in a batch, and with the gradient of the weights.
    many = [torch.cat([a, torch.randn_like(a)]) for a in (x, v, q)]
    torch.testing.assert_close(model(*many)[:1], y, rtol=0, atol=1e-12)
    model(*many).square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


def test_weighted_frames_of_particles_are_those_of_frame_average():
    # The second method, where every layer has the frame of the particles.
    torch.manual_seed(0)
    ours = FrameAveragedGNN(width=12, layers=2, reframe=False, degenerate="weighted").double()
    plain = ParticleGNN(width=12, layers=2).double()
    plain.load_state_dict({k: v for k, v in ours.state_dict().items() if k != "signs"})
    other = FrameAverage(
        plain, "E(3)", {"x": "points", "v": "vectors"}, "points", degenerate="weighted", max_frames=4096
    )
    x, v, q = particles(1)
    torch.testing.assert_close(ours(x, v, q), other(x=x, v=v, charges=q), rtol=0, atol=1e-10)
    naive = FrameAveragedGNN(width=12, layers=3, degenerate="warn").double()
    cube = systems()["cube"][None]
    turn, q = turned(), torch.ones(1, 8, dtype=torch.float64)
    gap = naive(cube @ turn, cube @ turn, q) - naive(cube, cube, q) @ turn
    assert gap.abs().max() > 1e-3


def test_one_frame_for_all_layers_is_frame_averaging():
    # The second method: the plain network in every pose, averaged by FrameAverage.
    torch.manual_seed(0)
    ours = FrameAveragedGNN(width=12, layers=2, reframe=False).double()
    plain = ParticleGNN(width=12, layers=2).double()
    plain.load_state_dict({k: v for k, v in ours.state_dict().items() if k != "signs"})
    other = FrameAverage(plain, "E(3)", inputs={"x": "points", "v": "vectors"}, output="points")
    x, v, q = particles(1)
    torch.testing.assert_close(ours(x, v, q), other(x=x, v=v, charges=q), rtol=0, atol=1e-10)


def test_reframing_against_the_definition():
    # Latent vectors by matrices of each frame, one frame at a time.
    torch.manual_seed(0)
    model = FrameAveragedGNN(width=6, layers=2).double()
    x, v, q = particles(2)
    centre = x.mean(1, keepdim=True)
    edges = torch.stack([q[:, :, None] * q[:, None], ((x[:, :, None] - x[:, None]) ** 2).sum(-1)], -1)

    def frames(points):
        axes = torch.linalg.eigh(points.transpose(1, 2) @ points).eigenvectors
        return [axes * s for s in model.signs.double()]

    first = frames(x - centre)
    latent = 0
    for f in first:
        h = model.layers[0](model.embedding(torch.cat([(x - centre) @ f, v @ f], -1)), edges)
        latent = latent + (h.reshape(7, 10, 3) @ f.transpose(1, 2)) / len(first)
    latent = latent - latent.mean(1, keepdim=True)
    second = frames(latent)
    y = 0
    for f in second:
        h = model.layers[1]((latent @ f).reshape(7, 5, 6), edges)
        y = y + model.decoder(h) @ f.transpose(1, 2) / len(second)
    torch.testing.assert_close(model(x, v, q), y + centre, rtol=0, atol=1e-11)


def test_stochastic_training_uses_one_frame():
    torch.manual_seed(0)
    model = FrameAveragedGNN(width=12, layers=1, stochastic_train=True).double()
    x, v, q = (a[:1].expand(4000, *a.shape[1:]) for a in particles())
    whole = model.eval()(x[:1], v[:1], q[:1])
    drawn = model.train()(x, v, q)
    assert len(torch.unique(drawn[:, 0, 0].detach().round(decimals=9))) == 8
    # Standard errors of a mean of 4000.
    score = (drawn.mean(0) - whole[0]) / (drawn.std(0) / 4000**0.5)
    assert score.abs().max() < 4.5


def test_bad_particles_are_refused():
    with pytest.raises(InputError, match="multiple"):
        FrameAveragedGNN(width=10)
    x, v, q = particles()
    with pytest.raises(ShapeError, match="charges"):
        ParticleGNN(12, 1).double()(x, v, q[:, :2])


# ---- surfaces -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SURFACES)
def test_normals_are_normal_to_neighbouring_points(kind):
    clouds = sample_surfaces(3, 6000, rng=0, kinds=(kind,))
    np.testing.assert_allclose(np.linalg.norm(clouds.normals, axis=-1), 1.0, atol=1e-12)
    np.testing.assert_allclose(clouds.points.mean(1), 0.0, atol=1e-12)
    np.testing.assert_allclose((clouds.points**2).sum(-1).mean(1), 1.0, atol=1e-12)
    from scipy.spatial import cKDTree

    for x, normal in zip(clouds.points, clouds.normals):
        distance, near = cKDTree(x).query(x, 4)
        away = np.abs(np.einsum("nkc,nc->nk", x[near[:, 1:]] - x[:, None], normal)) / distance[:, 1:].clip(1e-9)
        # Chords lie in the tangent plane, but for curvature and edges.
        assert np.median(away) < 0.06


def test_points_are_uniform_on_the_surface():
    # Torus: the share of area with cos b > 0 is 1/2 + r / pi for tube radius r.
    rng = np.random.default_rng(0)
    from symmeter.nn.point_clouds import _uniform

    points, normal = _uniform(SURFACES["torus"], rng, 40_000)
    radius = np.hypot(points[:, 0], points[:, 1])
    tube = np.abs(points[:, 2]).max()
    share = (radius > 1.0).mean()
    assert abs(share - (0.5 + tube / np.pi)) < 4 * 0.5 / np.sqrt(40_000) + 1e-3
    # Ellipsoid: the mean outward normal component of x is 3 volume / area; volume is known.
    points, normal = _uniform(SURFACES["ellipsoid"], rng, 40_000)
    assert np.abs(normal.mean(0)).max() < 0.02


def test_clouds_from_files(tmp_path):
    clouds = sample_surfaces(2, 50, rng=0)
    rows = np.concatenate([clouds.points, clouds.normals], -1)
    np.savez(tmp_path / "a.npz", points=rows[0, :, :3], normals=2.0 * rows[0, :, 3:])
    np.save(tmp_path / "b.npy", rows[1])
    head = "ply\nformat {} 1.0\nelement vertex 50\n" + "".join(
        f"property float {c}\n" for c in ("x", "y", "z", "nx", "ny", "nz")
    )
    head += "element face 0\nproperty list uchar int vertex_indices\nend_header\n"
    text = "\n".join(" ".join(f"{v:.9g}" for v in row) for row in rows[0]) + "\n"
    (tmp_path / "c.ply").write_text(head.format("ascii") + text)
    (tmp_path / "d.ply").write_bytes(head.format("binary_little_endian").encode() + rows[1].astype("<f4").tobytes())
    (tmp_path / "e.ply").write_bytes(head.format("binary_big_endian").encode() + rows[1].astype(">f4").tobytes())
    (tmp_path / "notes.txt").write_text("not a cloud")
    read = load_normals(tmp_path, points=50, rng=0)
    assert read.kinds == ("a", "b", "c", "d", "e")

    def sets(k, source):
        ours = np.concatenate([read.points[k], read.normals[k]], 1)
        theirs = np.concatenate([clouds.points[source], clouds.normals[source]], 1)
        order = [np.lexsort(a.round(4).T) for a in (ours, theirs)]
        np.testing.assert_allclose(ours[order[0]], theirs[order[1]], atol=2e-6)

    for k, source in enumerate((0, 1, 0, 1, 1)):
        sets(k, source)


def test_bad_clouds_are_refused(tmp_path):
    with pytest.raises(MissingFileError, match="no folder"):
        load_normals(tmp_path / "none")
    with pytest.raises(MissingFileError, match="holds no"):
        load_normals(tmp_path)
    np.save(tmp_path / "a.npy", np.ones((10, 6)))
    with pytest.raises(FileFormatError, match="10 points"):
        load_normals(tmp_path)
    np.save(tmp_path / "a.npy", np.ones((10, 5)))
    with pytest.raises(FileFormatError, match="six columns"):
        load_normals(tmp_path, points=5)
    np.save(tmp_path / "a.npy", np.zeros((10, 6)))
    with pytest.raises(FileFormatError, match="length 0"):
        load_normals(tmp_path, points=5)
    (tmp_path / "a.npy").unlink()
    (tmp_path / "a.ply").write_text("ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nend_header\n0\n")
    with pytest.raises(FileFormatError, match="nx"):
        load_normals(tmp_path, points=1)
    with pytest.raises(InputError, match="sphere"):
        sample_surfaces(1, 10, kinds=("sphere",))
