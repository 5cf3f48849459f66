"""Checkpoints: what comes back is what went in, and parts of another run or damaged parts are never used."""

import json
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symmeter.errors import InputError
from symmeter.papers.checkpoints import Checkpoints, decode, encode

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.complex_numbers(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(plain)
def test_plain_values_survive_json(value):
    text = json.dumps(encode(value), allow_nan=False)
    assert decode(json.loads(text)) == value


def test_nan_survives():
    assert np.isnan(decode(json.loads(json.dumps(encode(float("nan")), allow_nan=False))))


@pytest.fixture
def store(tmp_path):
    notes = []

    def make(**changes):
        options = {"slug": "fake", "scale": "smoke", "seed": 0, "version": "1", **changes}
        made = Checkpoints(tmp_path, note=notes.append, **options)
        made.notes = notes
        return made

    return make


def never():
    raise AssertionError("the part is on disk and must not be computed")


def test_a_part_is_computed_once(store):
    assert store().get_or_compute("a", lambda: {"x": (1, 2.5), "y": np.arange(3)}) == {"x": [1, 2.5], "y": [0, 1, 2]}
    second = store()
    assert second.get_or_compute("a", never) == {"x": [1, 2.5], "y": [0, 1, 2]}
    assert (second.resumed, second.computed, second.notes) == (["a"], [], [])


def test_arrays_come_back_bit_for_bit(store):
    rng = np.random.default_rng(1)
    arrays = {
        "real": rng.normal(size=(3, 4)),
        "complex": rng.normal(size=2) + 1j,
        "count": np.arange(5),
        "none": np.zeros(0),
    }
    store().get_or_compute("a", lambda: arrays)
    back = store().get_or_compute("a", never)
    assert set(back) == set(arrays)
    for key, value in arrays.items():
        assert back[key].dtype == value.dtype
        np.testing.assert_array_equal(back[key], value)


@pytest.mark.parametrize("change", [{"seed": 1}, {"scale": "full"}, {"version": "2"}, {"slug": "other"}])
@pytest.mark.parametrize("value", [3, {"x": np.arange(2)}], ids=["json", "npz"])
def test_a_part_of_another_run_is_computed_again(store, change, value):
    store().get_or_compute("a", lambda: value)
    other = store(**change)
    assert other.get_or_compute("a", lambda: "new") == "new"
    (key,) = change
    assert len(other.notes) == 1
    assert f"made with {key}" in other.notes[0]


def test_a_renamed_part_is_not_used(store, tmp_path):
    store().get_or_compute("a", lambda: 1)
    (tmp_path / "checkpoints" / "a.json").rename(tmp_path / "checkpoints" / "b.json")
    assert store().get_or_compute("b", lambda: 2) == 2


@pytest.mark.parametrize("suffix", ["json", "npz"])
def test_a_damaged_part_is_computed_again(store, tmp_path, suffix):
    value = 1 if suffix == "json" else {"x": np.arange(100)}
    store().get_or_compute("a", lambda: value)
    path = tmp_path / "checkpoints" / f"a.{suffix}"
    path.write_bytes(path.read_bytes()[:-20])
    again = store()
    again.get_or_compute("a", lambda: value)
    assert again.computed == ["a"]
    assert len(again.notes) == 1
    assert store().get_or_compute("a", never) is not None


@pytest.mark.parametrize("text", ["[]", "{}", "null", '{"value": 3}', "\xff", ""])
def test_a_foreign_file_is_not_used(store, tmp_path, text):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "a.json").write_bytes(text.encode("latin-1"))
    assert store().get_or_compute("a", lambda: 2) == 2


def test_a_pickle_in_an_npz_is_not_loaded(store, tmp_path):
    (tmp_path / "checkpoints").mkdir()
    hostile = np.array([{"an": "object"}], dtype=object)
    np.savez(tmp_path / "checkpoints" / "a.npz", __stamp__=hostile, x=hostile)
    assert store().get_or_compute("a", lambda: 2) == 2


def test_objects_and_bad_names_are_refused(store):
    with pytest.raises(InputError, match="cannot hold a object"):
        store().get_or_compute("a", object)
    with pytest.raises(InputError, match="array of objects"):
        store().get_or_compute("a", lambda: {"x": np.array([object()], dtype=object)})
    for name in ("", "../a", "a/b", ".hidden"):
        with pytest.raises(InputError, match="cannot name a part"):
            store().get_or_compute(name, never)


def test_clear_leaves_what_is_not_ours(store, tmp_path):
    mine = store()
    mine.get_or_compute("a", lambda: 1)
    stranger = tmp_path / "checkpoints" / "notes.txt"
    stranger.write_text("keep me")
    mine.clear()
    assert [p.name for p in (tmp_path / "checkpoints").iterdir()] == ["notes.txt"]
    stranger.unlink()
    mine.clear()
    assert not (tmp_path / "checkpoints").exists()


def _squared(k: int) -> list[int]:
    return [k * k]


def _failing(after: Path) -> None:
    for _ in range(200):
        if after.is_file():
            break
        time.sleep(0.1)
    raise RuntimeError("a part that fails")


@pytest.mark.parametrize("parallel", [False, True])
def test_parts_that_do_not_need_each_other(store, parallel):
    store().get_or_compute("n-2", lambda: "kept")
    told: list[str] = []
    again = store()
    jobs = {f"n-{k}": partial(_squared, k) for k in range(5)}
    found = again.get_or_compute_all(jobs, told.append, parallel)
    assert list(found.items()) == [("n-0", [0]), ("n-1", [1]), ("n-2", "kept"), ("n-3", [9]), ("n-4", [16])]
    assert (again.resumed, sorted(again.computed)) == (["n-2"], ["n-0", "n-1", "n-3", "n-4"])
    assert sorted(told) == sorted(jobs)
    assert store().get_or_compute_all(dict.fromkeys(jobs, never), parallel=parallel) == found


def test_parts_that_were_finished_before_one_failed_stay(store, tmp_path):
    failing = partial(_failing, tmp_path / "checkpoints" / "n-0.json")
    jobs = {**{f"n-{k}": partial(_squared, k) for k in range(6)}, "bad": failing}
    with pytest.raises(RuntimeError, match="a part that fails"):
        store().get_or_compute_all(jobs)
    assert store().get_or_compute("n-0", never) == [0]
    with pytest.raises(InputError, match="cannot name a part"):
        store().get_or_compute_all({"../a": never})
