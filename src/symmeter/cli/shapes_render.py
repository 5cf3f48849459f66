"""``symmeter shapes render``: a picture of a polyhedron or of a mesh file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from symmeter.cli.output import json_option, print_json, say

if TYPE_CHECKING:
    from symmeter.shapes import Mesh, Polyhedron

__all__ = ["render"]

_EPILOG = """\b
Examples:
  symmeter shapes render U29 -o snub.png --size 512
  symmeter shapes render great icosahedron -o star.png --look soft --view 5-fold
  symmeter shapes render model.stl -o model.png --look wireframe --background transparent
  symmeter shapes render W47 -o depth.png --map depth --projection orthographic

\b
NAME is what `symmeter shapes poly` takes, or a mesh file (.obj, .off, .ply, .stl).
VIEW is default, isometric, front, back, left, right, top, bottom, 5-fold (along an axis of that order), 1,2,3 (from
the shape to the eye; z is up) or random 7 (a pose, by its seed).
LOOK is solid, soft (shadows and an open sky), matte, paper, glass, wireframe or drawing.
COLOUR is auto, kind (of polygon), part (of a compound), plane, a name such as teal, or #rrggbb."""


@click.command(epilog=_EPILOG)
@click.argument("name", nargs=-1, required=True)
@click.option(
    "-o", "--out", required=True, type=click.Path(dir_okay=False), metavar="PATH", help="The picture: a .png file."
)
@click.option("--size", default="512", show_default=True, metavar="N|WxH", help="Pixels.")
@click.option("--view", default="default", show_default=True, metavar="VIEW", help="Where one looks from.")
@click.option("--projection", default="perspective", show_default=True, help="perspective or orthographic.")
@click.option("--fov", default=30.0, show_default=True, metavar="DEG", help="Field of view of the shorter side.")
@click.option("--roll", default=0.0, show_default="0", metavar="DEG", help="Turn the picture counter-clockwise.")
@click.option("--look", default="solid", show_default=True, metavar="LOOK", help="Light and lines.")
@click.option("--colour", metavar="COLOUR", help="Of the faces.  [default: of the look]")
@click.option("--background", metavar="COLOUR", help="A colour, or transparent.  [default: white]")
@click.option("--lines", type=float, metavar="W", help="Width of edges in pixels of a picture of 256; 0 for none.")
@click.option("--shadows/--no-shadows", default=None, help="Whether the light throws shadows.  [default: of the look]")
@click.option("--samples", default=3, show_default=True, metavar="K", help="K x K samples a pixel, 1 to 8.")
@click.option("--map", "kind", default="image", show_default=True, help="image, depth, normals, mask or parts.")
@click.option(
    "--mitsuba", "paths", type=int, metavar="N", help="Trace N paths a pixel with Mitsuba instead (extra render)."
)
@click.option("--quiet", is_flag=True, help="Print nothing for people.")
@json_option
def render(
    name: tuple[str, ...],
    out: str,
    size: str,
    view: str,
    projection: str,
    fov: float,
    roll: float,
    look: str,
    colour: str | None,
    background: str | None,
    lines: float | None,
    shadows: bool | None,
    samples: int,
    kind: str,
    paths: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Draw a polyhedron or a mesh."""
    from symmeter.shapes.camera import Camera
    from symmeter.shapes.polyhedron import Polyhedron as Solid
    from symmeter.shapes.rendering import render as draw
    from symmeter.shapes.views import named_view

    pixels = _size(size)
    shape = _shape(" ".join(name))
    solid = shape if isinstance(shape, Solid) else None
    camera = named_view(view, solid, Camera(projection=projection, field_of_view=fov, roll=roll))
    given = {"colouring": colour, "background": background, "lines": lines, "shadows": shadows}
    changes = {key: value for key, value in given.items() if value is not None}
    if paths is None:
        picture = draw(shape, camera, size=pixels, look=look, samples=samples, **changes)
    else:
        from symmeter.shapes import render_mitsuba

        picture = render_mitsuba(shape, camera, size=pixels, look=look, samples=paths, **changes)
    written = picture.save(out, kind)
    if as_json:
        print_json(
            {
                "name": shape.name,
                "file": str(written),
                "map": kind,
                "width": pixels[0],
                "height": pixels[1],
                "direction": list(camera.direction),
                "roll": camera.roll,
                "projection": camera.projection,
                "cover": float(picture.cover.mean()),
            }
        )
    say(f"picture: {written}", quiet or as_json)


def _size(text: str) -> tuple[int, int]:
    from symmeter.errors import InputError

    found = re.fullmatch(r"(\d{1,6})(?:[x×](\d{1,6}))?", text.strip().casefold())
    if found is None:
        raise InputError(f"size {text!r} is no number of pixels; write 512, or 640x480")
    return int(found[1]), int(found[2] or found[1])


def _shape(text: str) -> Polyhedron | Mesh:
    from symmeter.errors import MissingFileError
    from symmeter.shapes import poly, read_mesh

    if re.fullmatch(r"\.[a-z]{3,4}", Path(text).suffix.casefold()):
        if not Path(text).exists():
            raise MissingFileError(f"there is no file {text}; for a polyhedron give its name, such as 'snub cube'")
        return read_mesh(text)
    return poly(text)
