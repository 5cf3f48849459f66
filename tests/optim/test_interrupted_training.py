"""Runs that are stopped in the middle of a step, or cannot be kept, or are described wrongly."""

from __future__ import annotations

import json
import os
import signal
import threading

import pytest

torch = pytest.importorskip("torch")

from symmeter.cli.app import main  # noqa: E402
from symmeter.errors import FileFormatError, InputError, NonFiniteError, OutputError, UnknownNameError  # noqa: E402
from symmeter.optim.pretraining import (  # noqa: E402
    Corpus,
    LanguageModel,
    NetworkShape,
    Training,
    TrainingPlan,
    make_optimizer,
)

TEXT = b"def f(x):\n    return x + 1\n\n\ndef g(y):\n    return f(y) * 2\n" * 60
SHAPE = NetworkShape(256, width=16, heads=2, layers=1, neurons=24)
SMALL = TrainingPlan(steps=8, sequences=4, length=12, check_every=3, warm_up=2)
TINY = ["--steps", "3", "--sequences", "4", "--length", "16", "--width", "16", "--heads", "2", "--layers", "1",
        "--neurons", "16"]  # fmt: skip


@pytest.fixture(scope="module")
def corpus():
    return Corpus.of(TEXT)


@pytest.fixture
def folder_of_text(tmp_path):
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "a.py").write_bytes(TEXT)
    return ["--text", str(tmp_path / "text")]


class _AtAMoment:
    """Calls something once, when a function of the training is entered for the n-th time, after half of its work."""

    def __init__(self, training, monkeypatch, name, calls, act):
        self.left = calls
        optimizer_step = training.optimizer._step_blocks
        check = training._loss

        def during(*a):
            out = (optimizer_step if name == "step" else check)(*a)
            if name == "step" or not torch.is_grad_enabled():
                self.left -= 1
                if self.left == 0:
                    act()
            return out

        target = training.optimizer if name == "step" else training
        monkeypatch.setattr(target, "_step_blocks" if name == "step" else "_loss", during, raising=True)


def _press():
    os.kill(os.getpid(), signal.SIGINT)


def _straight(corpus):
    training = Training(corpus, SHAPE, SMALL)
    return training.run(), {n: p.detach().clone() for n, p in training.model.named_parameters()}


def _same(training, run, straight, weights):
    assert run.train_loss == straight.train_loss
    assert (run.checked, run.held_out_loss) == (straight.checked, straight.held_out_loss)
    assert all(torch.equal(p, weights[n]) for n, p in training.model.named_parameters())


@pytest.mark.parametrize("moment", ["step", "check"])
@pytest.mark.parametrize("calls", [1, 2, 5])
def test_ctrl_c_within_a_step_waits_for_its_end(corpus, tmp_path, monkeypatch, moment, calls):
    straight, weights = _straight(corpus)
    first = Training(corpus, SHAPE, SMALL, tmp_path)
    _AtAMoment(first, monkeypatch, moment, calls, _press)
    with pytest.raises(KeyboardInterrupt, match=r"steps are kept in .*; the same command goes on"):
        first.run()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    again = Training(corpus, SHAPE, SMALL, tmp_path)
    assert 0 < again.step < SMALL.steps
    _same(again, again.run(), straight, weights)


def test_a_second_ctrl_c_keeps_no_half_step(corpus, tmp_path, monkeypatch):
    straight, weights = _straight(corpus)
    first = Training(corpus, SHAPE, SMALL, tmp_path)
    groups = sum(g["rule"] != "adamw" for g in first.optimizer.param_groups)
    _AtAMoment(first, monkeypatch, "step", 4 * groups + 2, lambda: (_press(), _press()))
    with pytest.raises(KeyboardInterrupt):
        first.run(save_every=2)
    again = Training(corpus, SHAPE, SMALL, tmp_path)
    assert again.step == 4
    _same(again, again.run(), straight, weights)


def test_a_handler_of_the_program_is_left_alone(corpus, monkeypatch):
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append(1))
    try:
        training = Training(corpus, SHAPE, SMALL)
        _AtAMoment(training, monkeypatch, "step", 3, _press)
        assert len(training.run().train_loss) == SMALL.steps
        assert heard == [1]
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_run_in_a_thread_of_its_own(corpus):
    losses = []
    thread = threading.Thread(target=lambda: losses.append(Training(corpus, SHAPE, SMALL).run().train_loss))
    thread.start()
    thread.join()
    assert losses == [Training(corpus, SHAPE, SMALL).run().train_loss]


def test_checkpoints_cut_short_or_of_another_version(corpus, tmp_path):
    Training(corpus, SHAPE, SMALL, tmp_path).run()
    path = tmp_path / "training.pt"
    whole = path.read_bytes()
    for part in (0, 1, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:part])
        with pytest.raises(FileFormatError, match="start again"):
            Training(corpus, SHAPE, SMALL, tmp_path)
    path.write_bytes(whole)
    state = torch.load(path, weights_only=True)
    for lost in ("optimizer", "checked"):
        torch.save({k: v for k, v in state.items() if k != lost}, path)
        with pytest.raises(FileFormatError, match="start again"):
            Training(corpus, SHAPE, SMALL, tmp_path)
    state["model"].pop("norm.weight")
    torch.save(state, path)
    with pytest.raises(FileFormatError, match="start again"):
        Training(corpus, SHAPE, SMALL, tmp_path)


def test_a_finished_run_is_not_written_again(corpus, tmp_path):
    Training(corpus, SHAPE, SMALL, tmp_path).run()
    path = tmp_path / "training.pt"
    os.utime(path, (1, 1))
    Training(corpus, SHAPE, SMALL, tmp_path).run()
    assert path.stat().st_mtime == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["training.pt"]


def test_a_folder_that_cannot_be_is_refused_before_the_first_step(corpus, tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(OutputError, match="cannot"):
            Training(corpus, SHAPE, SMALL, folder)


def test_a_text_too_short_to_evaluate_on_is_refused_before_the_first_step():
    with pytest.raises(InputError, match="held-out text has 16 tokens"):
        Training(Corpus.of(b"a = 1\n" * 51), SHAPE, SMALL)


def test_a_held_out_loss_that_is_no_number(corpus, monkeypatch):
    training = Training(corpus, SHAPE, SMALL)
    monkeypatch.setattr(training, "_held_out", [torch.full((4, 13), 7)])
    with torch.no_grad():
        training.model.embed_tokens.weight[7] = float("nan")
    training.step = 3
    with pytest.raises(NonFiniteError, match="held-out loss is nan after step 3"):
        training._check()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: NetworkShape(256, width=-4), "width is -4"),
        (lambda: NetworkShape(256, heads=0), "heads is 0"),
        (lambda: NetworkShape(256, layers=-1), "layers is -1"),
        (lambda: NetworkShape(256, neurons=0), "neurons is 0"),
        (lambda: NetworkShape(256, experts=-1), "experts is -1"),
        (lambda: NetworkShape(256, experts=2, active=0), "active is 0"),
        (lambda: NetworkShape(256, width=16.0), "width is 16.0; it must be a whole number"),  # type: ignore[arg-type]
        (lambda: NetworkShape(256, tied="no"), "true or false"),  # type: ignore[arg-type]
        (lambda: TrainingPlan(steps=6.5), "steps is 6.5; it must be a whole number"),  # type: ignore[arg-type]
        (lambda: TrainingPlan(seed=-1), "seed is -1"),
        (lambda: TrainingPlan(lr=float("inf")), "lr is inf"),
        (lambda: TrainingPlan(lr="big"), "lr is 'big'"),  # type: ignore[arg-type]
        (lambda: TrainingPlan(balance=-1.0), "balance is -1"),
        (lambda: TrainingPlan(warm_up=-1), "warm_up is -1"),
    ],
)
def test_numbers_that_describe_no_run(make, says):
    with pytest.raises(InputError, match=says):
        make()


def test_rules_and_factors_for_roles_that_are_not_there():
    model = LanguageModel(SHAPE)
    with pytest.raises(UnknownNameError, match="did you mean 'embedding'"):
        make_optimizer("stack", model, 1e-2, rules={"embeding": "row"})
    for settings in ({"rules": {"router": "row"}}, {"lr_mult": {"router": 2.0}}):
        with pytest.raises(InputError, match="this model has no router; its roles are"):
            make_optimizer("stack", model, 1e-2, **settings)
    with pytest.raises(InputError, match="lr_mult of embedding is '4'; it must be a number"):
        make_optimizer("stack", model, 1e-2, lr_mult={"embedding": "4"})


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--steps", "0"], "steps is 0"),
        (["--heads", "0"], "heads is 0"),
        (["--layers", "0"], "layers is 0"),
        (["--width", "-4"], "width is -4"),
        (["--lr", "0"], "lr is 0"),
        (["--rules", "embeding=row"], "did you mean 'embedding'"),
        (["--rules", "router=row"], "no router"),
    ],
)
def test_zeros_and_wrong_words_of_the_command(words, says, folder_of_text, capsys):
    assert main(["optim", "train", *folder_of_text, *TINY, *words]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('steps = "six"', "steps is 'six'"),
        ("steps = 6.5", "steps is 6.5"),
        ("rules = 3", "write rules = {"),
        ("rules = {embedding = 3}", "a rule is named by a word"),
        ('lr_mult = {embedding = "4"}', "must be a number"),
        ("optimizer = [1]", "write optimizer"),
        ("text = 4", "write text"),
    ],
)
def test_files_of_options_with_other_kinds_of_values(line, says, tmp_path, folder_of_text, capsys):
    config = tmp_path / "run.toml"
    config.write_text(f"length = 16\nsequences = 4\nwidth = 16\nheads = 2\nlayers = 1\n{line}\n")
    with_text = [] if line.startswith("text") else folder_of_text
    assert main(["optim", "train", *with_text, "--config", str(config)]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_the_line_wins_over_the_file_also_with_zeros(tmp_path, folder_of_text, capsys):
    config = tmp_path / "run.toml"
    config.write_text("experts = 2\nseed = 5\nbalance = 0.5\nwarm_up = 7\ndecay = 0.25\n")
    command = ["optim", "train", *TINY, *folder_of_text, "--config", str(config), "--json"]
    assert main([*command, "--experts", "0", "--seed", "0", "--balance", "0"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert main(command) == 0
    second = json.loads(capsys.readouterr().out)
    assert (first["plan"]["seed"], first["plan"]["balance"], second["plan"]["seed"]) == (0, 0, 5)
    assert (second["plan"]["warm_up"], second["plan"]["decay"]) == (7, 0.25)
    assert second["parameters"] > first["parameters"]


def test_out_that_is_a_file(tmp_path, folder_of_text, capsys):
    (tmp_path / "file").write_text("")
    assert main(["optim", "train", *TINY, *folder_of_text, "--out", str(tmp_path / "file")]) == 2
    assert "cannot" in capsys.readouterr().err
