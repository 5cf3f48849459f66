"""Pictures with light that bounces, by Mitsuba 3 (extra ``render``): the same camera, colours and lines as our own.

Mitsuba runs in a process of its own: some of its variants end the process when a library does not suit them, and then
the next one is tried.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from math import atan, degrees, pi
from pathlib import Path
from typing import Any

import numpy as np

from symmeter.errors import InputError, MissingDependencyError, OutputError, UnknownNameError
from symmeter.shapes import rasteriser
from symmeter.shapes.camera import Camera, Framing
from symmeter.shapes.colours import linear_colour
from symmeter.shapes.look import Look, chosen_look
from symmeter.shapes.mesh import Mesh
from symmeter.shapes.picture import Picture
from symmeter.shapes.polyhedron import Polyhedron
from symmeter.shapes.rendering import line_cover_of, picture_size
from symmeter.shapes.scene import Scene

__all__ = ["render_mitsuba"]

#: Tried in turn. The compiled variants are faster; the scalar one runs everywhere.
VARIANTS = ("llvm_ad_rgb", "scalar_rgb")
_LINE_SAMPLES = 3

#: Reads a description of a scene, renders it, and leaves red, green, blue and cover as an array.
_WORKER = """\
import json, sys
import numpy as np
import mitsuba as mi
folder, variant = sys.argv[1:]
mi.set_variant(variant)
told = json.load(open(folder + "/scene.json"))
T = mi.ScalarTransform4f
scene = {"type": "scene", "integrator": {"type": "path", "max_depth": told["depth"], "hide_emitters": True}}
view = T().look_at(origin=told["eye"], target=told["target"], up=told["up"])
film = {"type": "hdrfilm", "width": told["width"], "height": told["height"], "pixel_format": "rgba",
        "component_format": "float32", "rfilter": {"type": "box"}}
sampler = {"type": "independent", "sample_count": told["samples"], "seed": told["seed"]}
sensor = {"film": film, "sampler": sampler, "near_clip": told["near"], "far_clip": told["far"]}
if told["fov"] is None:
    sensor |= {"type": "orthographic", "to_world": view @ T().scale([told["half"], told["half"], 1.0])}
else:
    sensor |= {"type": "perspective", "fov": told["fov"], "fov_axis": "smaller", "to_world": view}
scene["sensor"] = sensor
rgb = lambda v: {"type": "rgb", "value": v}
scene["sky"] = {"type": "constant", "radiance": rgb([told["ambient"]] * 3)}
if told["lamp"] > 0:
    scene["lamp"] = {"type": "directional", "direction": told["direction"], "irradiance": rgb([told["lamp"]] * 3)}
for k, colour in enumerate(told["colours"]):
    surface = {"type": "diffuse", "reflectance": rgb(colour)}
    if told["gloss"] > 0:
        surface = {"type": "roughplastic", "diffuse_reflectance": rgb(colour), "alpha": told["gloss"]}
    scene[f"part{k}"] = {"type": "ply", "filename": f"{folder}/{k}.ply", "face_normals": True,
                         "bsdf": {"type": "twosided", "bsdf": surface}}
image = mi.render(mi.load_dict(scene), seed=told["seed"], spp=told["samples"])
np.save(folder + "/image.npy", np.array(image, dtype=np.float64))
"""


def render_mitsuba(
    shape: str | Polyhedron | Mesh | Scene,
    camera: Camera | Sequence[float] | None = None,
    *,
    size: int | tuple[int, int] = 256,
    look: str | Look = "solid",
    samples: int = 64,
    depth: int = 6,
    seed: int = 0,
    variant: str | None = None,
    timeout: float = 600.0,
    **changes: Any,
) -> Picture:
    """A picture by path tracing.

    Parameters
    ----------
    shape, camera, size, look, **changes
        As :func:`symmeter.shapes.render` takes them. Shadows and the light of the sky are always there; opacity and
        hidden lines are not.
    samples : int
        Paths a pixel.
    depth : int
        Longest path, in bounces.
    seed : int
        Of the noise; one seed and one variant give one picture.
    variant : str, optional
        Of Mitsuba; those of ``VARIANTS`` in turn when omitted.
    timeout : float
        Seconds after which it is stopped.

    Returns
    -------
    Picture
        Its maps of depth, normals and parts are those of our own rasteriser.

    Raises
    ------
    MissingDependencyError
        Without Mitsuba.
    OutputError
        If Mitsuba fails or takes too long.
    """
    if find_spec("mitsuba") is None:
        raise MissingDependencyError("mitsuba", "render", "a path-traced picture")
    for name, value, most in (("samples", samples, 65536), ("depth", depth, 64)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not 1 <= value <= most:
            raise InputError(f"{name} is {value!r}; it is a whole number from 1 to {most}")
    if variant is not None and not str(variant).isidentifier():
        raise UnknownNameError(f"{variant!r} is no variant of Mitsuba; scalar_rgb runs everywhere")
    scene, chosen = Scene.of(shape), chosen_look(look, changes)
    width, height = picture_size(size, _LINE_SAMPLES)
    if not isinstance(camera, Camera):
        camera = Camera() if camera is None else Camera(camera)
    framing = camera.framed(scene.centre, scene.radius, width, height)
    with tempfile.TemporaryDirectory() as folder:
        told = _described(scene, framing, chosen, samples, depth, seed)
        told["colours"] = _parts(scene, chosen, Path(folder))
        (Path(folder) / "scene.json").write_text(json.dumps(told), encoding="utf-8")
        colour = _traced(folder, VARIANTS if variant is None else (variant,), timeout)
    lines = line_cover_of(scene, framing, chosen, _LINE_SAMPLES)
    cover = lines.reshape(height, _LINE_SAMPLES, width, _LINE_SAMPLES).mean(axis=(1, 3))[:, :, None]
    ink = np.append(linear_colour(chosen.line_colour), 1.0)
    colour = colour * (1.0 - cover) + ink * cover
    alone = chosen.background == "transparent"
    image = rasteriser.encode(colour, np.zeros(3) if alone else linear_colour(chosen.background), alone)
    return Picture(image, colour[:, :, 3], framing, scene)


def _described(scene: Scene, framing: Framing, look: Look, samples: int, depth: int, seed: int) -> dict[str, Any]:
    eye = framing.centre + framing.distance * framing.axes[2]
    lamp = np.array(look.light) @ framing.axes
    half = min(framing.width, framing.height) / 2.0
    return {
        "eye": eye.tolist(),
        "target": framing.centre.tolist(),
        "up": framing.axes[1].tolist(),
        "fov": 2.0 * degrees(atan(half / framing.scale)) if framing.perspective else None,
        # The orthographic camera sees from -1 to 1 along the width.
        "half": framing.width / 2.0 / framing.scale,
        "near": 0.5 * framing.near,
        "far": 2.0 * framing.far,
        "width": framing.width,
        "height": framing.height,
        "samples": int(samples),
        "depth": int(depth),
        "seed": int(seed),
        "ambient": float(look.ambient),
        # A white surface that faces the lamp is as bright as ``diffuse`` says.
        "lamp": pi * float(look.diffuse),
        "direction": (-lamp / np.linalg.norm(lamp)).tolist(),
        "gloss": 0.0 if look.specular == 0 else 0.5 / 2.0 ** (look.gloss / 2.0),
    }


def _parts(scene: Scene, look: Look, folder: Path) -> list[list[float]]:
    """One mesh file for each colour; the colours in linear light."""
    colours = scene.colours(look.colouring)[scene.polygon]
    distinct, which = np.unique(colours.round(9), axis=0, return_inverse=True)
    for k in range(len(distinct)):
        faces = tuple(map(tuple, scene.triangles[which.reshape(-1) == k].tolist()))
        Mesh(scene.vertices, faces, f"part {k}").export(folder / f"{k}.ply")
    return distinct.tolist()


def _traced(folder: str, variants: Sequence[str], timeout: float) -> np.ndarray:
    said = ""
    for variant in variants:
        try:
            done = subprocess.run(
                [sys.executable, "-c", _WORKER, folder, variant], capture_output=True, text=True, timeout=timeout
            )
        except subprocess.TimeoutExpired:
            raise OutputError(f"Mitsuba was stopped after {timeout:g} s; take fewer samples or pixels") from None
        image = Path(folder) / "image.npy"
        if done.returncode == 0 and image.is_file():
            found = np.load(image, allow_pickle=False)
            return found[:, :, :4]
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        said = lines[-1].strip() if lines else f"its process ended with {done.returncode}"
    raise OutputError(f"Mitsuba made no picture with {' or '.join(variants)}: {said}")
