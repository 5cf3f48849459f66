"""The pre-training run: tokens that give the text back, a network checked by hand, and runs that resume bit by bit."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from symmeter.errors import FileFormatError, InputError, MissingFileError, NonFiniteError, UnknownNameError  # noqa: E402
from symmeter.optim.pretraining import (  # noqa: E402
    RECIPES,
    Corpus,
    LanguageModel,
    NetworkShape,
    Training,
    TrainingPlan,
    make_optimizer,
    standard_library_text,
)
from symmeter.optim.pretraining.tokens import pair_vocabulary, word_vocabulary  # noqa: E402

TEXT = (b"def f(x):\n    return x + 1\n\n\ndef g(y):\n    return f(y) * 2\n" * 60) + "é und ü\n".encode()
SHAPE = NetworkShape(256, width=16, heads=2, layers=2, neurons=24)
SMALL = TrainingPlan(steps=8, sequences=4, length=12, check_every=4, warm_up=2)


@pytest.fixture(scope="module")
def corpus():
    return Corpus.of(TEXT)


@pytest.mark.parametrize(("kind", "size"), [("bytes", 0), ("words", 280), ("pairs", 280)])
def test_tokens_give_the_text_back(kind, size):
    found = Corpus.of(TEXT, kind, size)
    whole = found.vocabulary.decode(found.train.numpy()) + found.vocabulary.decode(found.held_out.numpy())
    assert whole == TEXT
    assert len(found.vocabulary) <= max(size, 256)
    unseen = b"\x00\xffwhile True:"
    assert found.vocabulary.decode(found.vocabulary.encode(unseen)) == unseen


def test_the_first_merge_is_the_most_frequent_pair_within_words():
    v = pair_vocabulary(b"abab abab abc xyx", 257)
    assert v.pieces[256] == b"ab"
    assert word_vocabulary(b"aa bbb bbb", 257).pieces[256] == b" bbb"


def test_merging_shortens_more_than_words_do():
    text = standard_library_text()[:400_000]
    lengths = {k: len(Corpus.of(text, k, 600).train) for k in ("bytes", "words", "pairs")}
    assert lengths["pairs"] < lengths["words"] < lengths["bytes"]


def test_batches_depend_on_step_and_seed_alone(corpus):
    assert torch.equal(corpus.batch(5, 4, 12, 0), corpus.batch(5, 4, 12, 0))
    assert not torch.equal(corpus.batch(5, 4, 12, 0), corpus.batch(6, 4, 12, 0))
    assert not torch.equal(corpus.batch(5, 4, 12, 0), corpus.batch(5, 4, 12, 1))


def test_the_network_is_causal_and_starts_at_the_uniform_loss(corpus):
    net = LanguageModel(SHAPE)
    t = corpus.batch(0, 4, 12, 0)
    out = net(t)
    changed = t.clone()
    changed[:, 7:] = 0
    assert torch.allclose(net(changed)[:, :7], out[:, :7], atol=1e-6)
    loss = nn.functional.cross_entropy(out[:, :-1].flatten(0, 1), t[:, 1:].flatten())
    assert float(loss.detach()) == pytest.approx(math.log(256), abs=0.02)


def test_experts_are_a_weighted_sum_of_blocks():
    shape = NetworkShape(32, width=8, heads=2, layers=1, neurons=6, experts=3, active=2)
    net = LanguageModel(shape).double()
    for p in net.parameters():
        nn.init.normal_(p)
    mixture = net.layers[0].mlp
    x = torch.randn(2, 5, 8, dtype=torch.float64)
    share = (x @ mixture.gate.weight.T).softmax(-1)
    expected = torch.zeros_like(x)
    for b in range(2):
        for t in range(5):
            best = sorted(range(3), key=lambda e: -float(share[b, t, e].detach()))[:2]
            total = sum(share[b, t, e] for e in best)
            for e in best:
                gate, up = (mixture.experts.gate_up_proj[e] @ x[b, t]).chunk(2)
                y = mixture.experts.down_proj[e] @ (nn.functional.silu(gate) * up)
                expected[b, t] += share[b, t, e] / total * y
    assert torch.allclose(mixture(x), expected, atol=1e-12)
    assert float(net.balance().detach()) > 0


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("experts", [0, 3])
def test_every_recipe_trains(corpus, recipe, experts):
    shape = NetworkShape(256, width=16, heads=2, layers=1, neurons=16, experts=experts)
    run = Training(corpus, shape, TrainingPlan(recipe, 1e-2, steps=25, sequences=8, length=16, balance=0.01)).run()
    assert run.loss < 0.85 * math.log(256)
    assert len(run.train_loss) == 25
    if recipe in ("stack", "row", "hybrid"):
        assert run.drift == pytest.approx(1.0, abs=1e-3)
    if recipe == "adamw":
        assert run.drift > 1.1


def test_a_run_that_was_interrupted_goes_on_bit_by_bit(corpus, tmp_path):
    straight = Training(corpus, SHAPE, SMALL).run()

    def stop(fraction: float, what: str) -> None:
        if fraction >= 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Training(corpus, SHAPE, SMALL, tmp_path).run(stop)
    again = Training(corpus, SHAPE, SMALL, tmp_path)
    assert again.step == 4
    resumed = again.run()
    assert resumed.train_loss == straight.train_loss
    assert resumed.held_out_loss == straight.held_out_loss
    # A finished run is read, not run again.
    assert Training(corpus, SHAPE, SMALL, tmp_path).run().held_out_loss == straight.held_out_loss


def test_folders_of_other_runs_and_broken_files_are_refused(corpus, tmp_path):
    Training(corpus, SHAPE, SMALL, tmp_path).run()
    with pytest.raises(InputError, match="other settings"):
        Training(corpus, SHAPE, TrainingPlan(steps=9, sequences=4, length=12), tmp_path)
    (tmp_path / "training.pt").write_bytes(b"nonsense")
    with pytest.raises(FileFormatError, match="start again"):
        Training(corpus, SHAPE, SMALL, tmp_path)


def test_the_schedule():
    plan = TrainingPlan(steps=100, warm_up=10, decay=0.4)
    assert plan.rate(0) == pytest.approx(0.1)
    assert plan.rate(9) == plan.rate(60) == 1.0
    assert plan.rate(80) == pytest.approx(0.5)
    assert plan.rate(99) == pytest.approx(1 / 40)


def test_two_tokens_ahead(corpus):
    training = Training(corpus, SHAPE, TrainingPlan(steps=1, sequences=4, length=12, label_offset=2))
    t = corpus.batch(0, 4, 13, 0)
    out = training.model(t).log_softmax(-1)
    expected = -torch.stack([out[:, k].gather(1, t[:, k + 2, None]) for k in range(12)]).mean()
    assert training.run().train_loss[0] == pytest.approx(float(expected.detach()), rel=1e-6)


def test_bad_input(corpus, tmp_path):
    with pytest.raises(UnknownNameError, match="did you mean 'stack'"):
        make_optimizer("stak", LanguageModel(SHAPE), 1e-2)
    with pytest.raises(InputError, match="heads of even size"):
        NetworkShape(256, width=18, heads=4)
    with pytest.raises(InputError, match="active is 5"):
        NetworkShape(256, experts=4, active=5)
    with pytest.raises(InputError, match="steps is 0"):
        TrainingPlan(steps=0)
    with pytest.raises(InputError, match="lr is 0"):
        TrainingPlan(lr=0.0)
    with pytest.raises(InputError, match="do not fit"):
        Training(Corpus.of(b"abc" * 4), SHAPE, SMALL)
    with pytest.raises(MissingFileError, match=r"no \*\.py files"):
        standard_library_text(tmp_path)
    with pytest.raises(InputError, match="vocabulary is 'letters'"):
        Corpus.of(TEXT, "letters")
    with pytest.raises(InputError, match="no room"):
        Corpus.of(TEXT, "words", 200)
    with pytest.raises(NonFiniteError, match=r"at step \d+; lower lr"):
        Training(corpus, SHAPE, TrainingPlan("adamw", 1e30, steps=20, sequences=4, length=12)).run()
