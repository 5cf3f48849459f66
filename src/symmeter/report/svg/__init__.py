"""The pictures of a report as inline SVG: text is escaped, colours come from the style sheet, nothing is loaded."""

from __future__ import annotations

from symmeter.report.svg.bars import bars
from symmeter.report.svg.curves import curves
from symmeter.report.svg.gauge import gauge, needle_angle
from symmeter.report.svg.heatmap import heatmap
from symmeter.report.svg.ladder import ladder
from symmeter.report.svg.orbit_graph import cycle_rings
from symmeter.report.svg.shape import shape_file, shape_picture
from symmeter.report.svg.strip import strip

__all__ = [
    "bars",
    "curves",
    "cycle_rings",
    "gauge",
    "heatmap",
    "ladder",
    "needle_angle",
    "shape_file",
    "shape_picture",
    "strip",
]
