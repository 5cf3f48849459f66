"""The optional path tracer: what it is told, what happens when it fails, and the same view as our own renderer."""

from __future__ import annotations

import json
from importlib.util import find_spec

import numpy as np
import pytest

from symmeter.errors import InputError, MissingDependencyError, OutputError, UnknownNameError
from symmeter.shapes import Camera, mitsuba_backend, read_mesh, render, render_mitsuba

ABSENT = find_spec("mitsuba") is None


@pytest.fixture
def worker(monkeypatch):
    """Takes the place of Mitsuba: a Python program that gets a folder and a variant."""

    def use(program):
        monkeypatch.setattr(mitsuba_backend, "find_spec", lambda name: True)
        monkeypatch.setattr(mitsuba_backend, "_WORKER", program)

    return use


FLAT = """
import json, sys
import numpy as np
told = json.load(open(sys.argv[1] + "/scene.json"))
np.save(sys.argv[1] + "/image.npy", np.full((told["height"], told["width"], 4), 0.25) + [0, 0, 0, 0.75])
"""


def test_without_mitsuba_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(mitsuba_backend, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"symmeter\[render\]"):
        render_mitsuba("cube", size=8)


def test_light_becomes_bytes_and_lines_lie_on_top(worker):
    worker(FLAT)
    picture = render_mitsuba("cube", (1, 2, 3), size=(60, 50), lines=9.0)
    assert picture.image.shape == (50, 60, 4)
    # 0.25 in linear light is 137 in sRGB; some pixels are all ink.
    assert picture.image[0, 0].tolist() == [137, 137, 137, 255]
    assert picture.image[:, :, 0].min() < 30
    np.testing.assert_array_equal(picture.mask, render("cube", (1, 2, 3), size=(60, 50)).mask)


def test_a_variant_that_ends_its_process_gives_way_to_the_next(worker):
    worker("import os, sys\nif sys.argv[2] == 'llvm_ad_rgb': os.abort()\n" + FLAT)
    assert render_mitsuba("cube", size=8).image[0, 0, 0] == 137
    with pytest.raises(OutputError, match="made no picture with llvm_ad_rgb: its process ended with -6"):
        render_mitsuba("cube", size=8, variant="llvm_ad_rgb")


def test_failures_are_one_line(worker):
    worker("raise ValueError('no such thing')")
    with pytest.raises(OutputError) as error:
        render_mitsuba("cube", size=8)
    assert str(error.value).endswith("llvm_ad_rgb or scalar_rgb: ValueError: no such thing")
    worker("import time; time.sleep(30)")
    with pytest.raises(OutputError, match=r"stopped after 0\.5 s"):
        render_mitsuba("cube", size=8, timeout=0.5)
    for options, text in (({"samples": 0}, "samples is 0"), ({"depth": 2.5}, "depth is 2.5")):
        with pytest.raises(InputError, match=text):
            render_mitsuba("cube", size=8, **options)
    with pytest.raises(UnknownNameError, match="no variant of Mitsuba"):
        render_mitsuba("cube", size=8, variant="../x")


def test_it_is_told_the_camera_and_gets_one_mesh_for_each_colour(worker, tmp_path):
    worker(f"import shutil, sys\nshutil.copytree(sys.argv[1], {str(tmp_path / 'kept')!r}, dirs_exist_ok=True)\n" + FLAT)
    camera = Camera((0, 0, 1), up=(0, 1, 0), field_of_view=40)
    picture = render_mitsuba("U29", camera, size=40, light=(0, 0, 1), samples=7)
    told = json.loads((tmp_path / "kept" / "scene.json").read_text())
    assert told["fov"] == pytest.approx(40)
    assert told["eye"] == pytest.approx([0, 0, picture.framing.distance])
    assert told["direction"] == pytest.approx([0, 0, -1])
    assert told["samples"] == 7
    assert len(told["colours"]) == 2
    parts = [read_mesh(tmp_path / "kept" / f"{k}.ply") for k in range(2)]
    assert sorted(len(p.faces) for p in parts) == [36, 80]


@pytest.mark.slow
@pytest.mark.skipif(ABSENT, reason="mitsuba is not installed")
@pytest.mark.parametrize("projection", ["perspective", "orthographic"])
def test_mitsuba_sees_what_we_see(projection):
    camera = Camera((1, 2, 3), projection=projection, roll=20)
    theirs = render_mitsuba("U53", camera, size=(90, 70), samples=16, variant="scalar_rgb")
    ours = render("U53", camera, size=(90, 70))
    assert np.abs(theirs.cover - ours.cover).mean() < 0.005
    colours = [x.image[:, :, :3].astype(float).ravel() for x in (theirs, ours)]
    assert np.corrcoef(*colours)[0, 1] > 0.95
