"""Draw ten shapes with their axes and mirror planes into docs/assets/gallery, as `symmeter shapes point-group` does.

python examples/draw_shapes.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

from symmeter.files import write_atomic
from symmeter.report.svg import shape_file
from symmeter.shapes import poly
from symmeter.shapes.shape_drawing import drawing_of
from symmeter.shapes.shape_files import open_shape
from symmeter.shapes.shape_finder import examine

HERE = Path(__file__).parent
MOLECULES = (
    "water",
    "ammonia",
    "methane",
    "allene",
    "benzene",
    "ferrocene-staggered",
    "sulfur-hexafluoride",
    "buckminsterfullerene",
)
#: Solids by the name of their picture; stars as one sees them, with their faces cut.
SOLIDS = {"snub-cube": ("snub cube", False), "small-stellated-dodecahedron": ("small stellated dodecahedron", True)}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shapes = {name: open_shape(HERE / "molecules" / f"{name}.xyz") for name in MOLECULES}
    shapes |= {file: open_shape(poly(name).mesh(visible=cut)) for file, (name, cut) in SOLIDS.items()}
    for name, shape in shapes.items():
        found = examine(shape)
        drawn = shape_file(drawing_of(shape, found.group, found.members))
        write_atomic(folder / f"{name}.svg", drawn)
        print(f"{name}: {found.group.symbol}, {len(drawn) // 1000} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent / "docs" / "assets" / "gallery")
