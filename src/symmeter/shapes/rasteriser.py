"""The rasteriser: triangles and lines in a picture, which is in front, and the light at each sample.

All positions are in samples: a picture of h x w pixels with k x k samples a pixel has k h rows of k w samples. Whether
a sample belongs to a triangle is decided row by row, from crossings that two triangles at a common edge compute from
the same numbers in the same order, so that neither holes nor double cover can occur. Depth and the number of the
triangle share one integer, whose minimum is what one sees.

``rasteriser_kernel`` does the same work compiled (numba, extra ``fast``). Both do every operation on floating-point
numbers in one order, so that their pictures agree in every bit; a change here is a change there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, UInt8, UInt64

__all__ = [
    "EMPTY",
    "LEVELS",
    "MOST_TRIANGLES",
    "SRGB_BYTES",
    "Light",
    "affine_levels",
    "depth_keys",
    "encode",
    "levels_of",
    "line_cover",
    "shade",
    "strips",
]

#: Key of a sample that shows nothing.
EMPTY = np.uint64(2**64 - 1)
_ID_BITS = 23
_ID_MASK = np.uint64(2**_ID_BITS - 1)
#: Steps of depth between the nearest and the farthest point.
LEVELS = 2.0**40
MOST_TRIANGLES = 2**_ID_BITS - 1
_STEPS = np.arange(4097) / 4096.0
_ENCODED = np.where(_STEPS <= 0.0031308, 12.92 * _STEPS, 1.055 * _STEPS ** (1 / 2.4) - 0.055)
#: Bytes of sRGB for linear light in steps of 1 / 4096.
SRGB_BYTES = np.round(255.0 * _ENCODED).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Light:
    """All that :func:`shade` needs to know of the triangles, the light, the lines and the eye.

    Attributes
    ----------
    planes : array of shape (t, 3)
        Depth levels a x + b y + c of each triangle, in samples.
    base, fixed : arrays of shape (t, 3)
        Colour of the surface in linear light, and that part of its shade that no shadow touches.
    normals : array of shape (t, 3)
        Towards the eye, in the camera's axes.
    weights : array of shape (t, l)
        Brightness that each light that can be shadowed gives to each triangle.
    maps : array of shape (l, s, s)
        Level of the first surface that each light meets, above 1 where there is none.
    rows : array of shape (l, 3, 4)
        Column, row and level in its map of a point in the camera's axes.
    key : array of shape (3,)
        Direction to the light that makes highlights; its shadow is that of the first map, if there is one.
    specular : float
        Strength of highlights.
    gloss : int
        Highlights are as narrow as cos to the power 2 ** gloss.
    opacity : float
    line, hidden : arrays of shape (4,)
        Colour and strength of the lines that are seen, and of those behind a surface.
    eye : array of shape (6,)
        Middle of the picture (column, row), scale, distance, and the two numbers that turn levels into depth.
    perspective : bool
    """

    planes: Float[np.ndarray, "t 3"]
    base: Float[np.ndarray, "t 3"]
    fixed: Float[np.ndarray, "t 3"]
    normals: Float[np.ndarray, "t 3"]
    weights: Float[np.ndarray, "t l"]
    maps: Float[np.ndarray, "l s s"]
    rows: Float[np.ndarray, "l 3 4"]
    key: Float[np.ndarray, " 3"]
    specular: float
    gloss: int
    opacity: float
    line: Float[np.ndarray, " 4"]
    hidden: Float[np.ndarray, " 4"]
    eye: Float[np.ndarray, " 6"]
    perspective: bool


def affine_levels(corners: Float[np.ndarray, "t 3 2"], levels: Float[np.ndarray, "t 3"]) -> Float[np.ndarray, "t 3"]:
    """Coefficients a, b, c of the level a x + b y + c over each triangle; edge-on they have their nearest level."""
    (x0, y0), (x1, y1), (x2, y2) = (corners[:, i].T for i in range(3))
    twice = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    flat = np.abs(twice) < 1e-9
    over = 1.0 / np.where(flat, 1.0, twice)
    p, q = levels[:, 1] - levels[:, 0], levels[:, 2] - levels[:, 0]
    a = np.where(flat, 0.0, (p * (y2 - y0) - q * (y1 - y0)) * over)
    b = np.where(flat, 0.0, (q * (x1 - x0) - p * (x2 - x0)) * over)
    c = np.where(flat, levels.min(axis=1, initial=np.inf), levels[:, 0] - a * x0 - b * y0)
    return np.stack([a, b, c], axis=1)


def _spans(corners: np.ndarray, height: int, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Triangle, column and row of every sample that triangles cover."""
    order = np.argsort(corners[:, :, 1], axis=1, kind="stable")
    sorted_corners = np.take_along_axis(corners, order[:, :, None], axis=1)
    x, y = sorted_corners[:, :, 0], sorted_corners[:, :, 1]
    top = np.maximum(np.ceil(y[:, 0] - 0.5), 0.0).astype(np.int64)
    below = np.minimum(np.ceil(y[:, 2] - 0.5), height).astype(np.int64)
    owner, offset = _expanded(below - top)
    row = top[owner] + offset
    slopes = [_slope(x, y, i, j)[owner] for i, j in ((0, 2), (0, 1), (1, 2))]
    x, y = x[owner], y[owner]
    middle = row + 0.5
    long = x[:, 0] + (middle - y[:, 0]) * slopes[0]
    upper = x[:, 0] + (middle - y[:, 0]) * slopes[1]
    lower = x[:, 1] + (middle - y[:, 1]) * slopes[2]
    short = np.where(middle < y[:, 1], upper, lower)
    first = np.clip(np.ceil(np.minimum(long, short) - 0.5), 0.0, width).astype(np.int64)
    last = np.clip(np.ceil(np.maximum(long, short) - 0.5), 0.0, width).astype(np.int64)
    span, offset = _expanded(last - first)
    return owner[span], first[span] + offset, row[span]


def _slope(x: np.ndarray, y: np.ndarray, i: int, j: int) -> np.ndarray:
    rise = y[:, j] - y[:, i]
    return np.where(rise > 0.0, (x[:, j] - x[:, i]) / np.where(rise > 0.0, rise, 1.0), 0.0)


def _expanded(counts: Int[np.ndarray, " n"]) -> tuple[np.ndarray, np.ndarray]:
    """For every unit of every count: whose it is, and its number there."""
    counts = np.maximum(counts, 0)
    owner = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) - starts[owner]


def _keys(levels: np.ndarray) -> np.ndarray:
    return (np.minimum(np.maximum(levels, 0.0), 1.0) * LEVELS).astype(np.uint64) << np.uint64(_ID_BITS)


def depth_keys(
    corners: Float[np.ndarray, "t 3 2"], planes: Float[np.ndarray, "t 3"], height: int, width: int
) -> UInt64[np.ndarray, "h w"]:
    """For each sample the smallest (level, triangle) as one integer, or ``EMPTY``."""
    keys = np.full(height * width, EMPTY)
    owner, column, row = _spans(corners, height, width)
    plane = planes[owner]
    levels = plane[:, 0] * (column + 0.5) + plane[:, 1] * (row + 0.5) + plane[:, 2]
    np.minimum.at(keys, row * width + column, _keys(levels) | owner.astype(np.uint64))
    return keys.reshape(height, width)


def levels_of(keys: UInt64[np.ndarray, "h w"]) -> tuple[Float[np.ndarray, "h w"], Int[np.ndarray, "h w"]]:
    """Level (2 where there is nothing) and triangle (-1 there) of each sample."""
    shown = keys != EMPTY
    levels = np.where(shown, (keys >> np.uint64(_ID_BITS)).astype(np.float64) / LEVELS, 2.0)
    return levels, np.where(shown, (keys & _ID_MASK).astype(np.int64), -1)


def strips(ends: Float[np.ndarray, "m 2 2"], reach: Float[np.ndarray, " m"]) -> Float[np.ndarray, "m 4 2"]:
    """Rectangles around lines, corner after corner."""
    along = ends[:, 1] - ends[:, 0]
    length = np.sqrt(along[:, 0] * along[:, 0] + along[:, 1] * along[:, 1])
    short = length < 1e-9
    unit = np.where(short[:, None], [1.0, 0.0], along / np.where(short, 1.0, length)[:, None])
    u = unit * reach[:, None]
    n = np.stack([-u[:, 1], u[:, 0]], axis=1)
    p, q = ends[:, 0], ends[:, 1]
    return np.stack([p - u - n, q + u - n, q + u + n, p - u + n], axis=1)


def line_cover(
    ends: Float[np.ndarray, "m 2 2"],
    levels: Float[np.ndarray, "m 2"],
    half_widths: Float[np.ndarray, " m"],
    keys: UInt64[np.ndarray, "h w"],
) -> tuple[Float[np.ndarray, "h w"], Float[np.ndarray, "h w"]]:
    """How far lines cover each sample, from 0 to 1: those in front of all surfaces, and those behind one."""
    height, width = keys.shape
    boxes = strips(ends, half_widths + 1.0)
    halves = np.stack([boxes[:, [0, 1, 2]], boxes[:, [0, 2, 3]]], axis=1).reshape(-1, 3, 2)
    owner, column, row = _spans(halves, height, width)
    owner = owner // 2
    start, along = ends[owner, 0], ends[owner, 1] - ends[owner, 0]
    square = np.maximum(along[:, 0] * along[:, 0] + along[:, 1] * along[:, 1], 1e-18)
    dx, dy = column + 0.5 - start[:, 0], row + 0.5 - start[:, 1]
    t = np.minimum(np.maximum((dx * along[:, 0] + dy * along[:, 1]) / square, 0.0), 1.0)
    ex, ey = dx - t * along[:, 0], dy - t * along[:, 1]
    cover = np.minimum(np.maximum(half_widths[owner] + 0.5 - np.sqrt(ex * ex + ey * ey), 0.0), 1.0)
    first, last = levels[owner, 0], levels[owner, 1]
    place = row * width + column
    # Seen or hidden is decided close to the line itself, on its better side: further away a steep surface that ends at
    # the line would cover half of its width.
    length = np.sqrt(square)
    nx, ny = along[:, 1] / length, along[:, 0] / length
    x, y = start[:, 0] + t * along[:, 0], start[:, 1] + t * along[:, 1]
    level = _keys(first + t * (last - first))
    seen = (level <= _at(keys, x + nx, y - ny)) | (level <= _at(keys, x - nx, y + ny))
    found = []
    for chosen in (seen, ~seen):
        out = np.zeros(height * width)
        np.maximum.at(out, place[chosen], cover[chosen])
        found.append(out.reshape(height, width))
    return found[0], found[1]


def _at(keys: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Keys of the samples that hold some places, or of the nearest at the border."""
    height, width = keys.shape
    column = np.minimum(np.maximum(np.floor(x), 0.0), width - 1.0).astype(np.int64)
    return keys[np.minimum(np.maximum(np.floor(y), 0.0), height - 1.0).astype(np.int64), column]


def shade(
    keys: UInt64[np.ndarray, "h w"],
    seen: Float[np.ndarray, "h w"],
    hidden: Float[np.ndarray, "h w"],
    samples: int,
    light: Light,
) -> Float[np.ndarray, "H W 4"]:
    """Colour (linear light, multiplied by cover) and cover of each pixel: the mean of its samples."""
    height, width = keys.shape[0] // samples, keys.shape[1] // samples
    total = np.zeros((height, width, 4))
    for j in range(samples):
        for i in range(samples):
            part = np.s_[j::samples, i::samples]
            total += _samples(keys[part], seen[part], hidden[part], (j, i), samples, light)
    return total / (samples * samples)


def _samples(
    keys: np.ndarray, seen: np.ndarray, hidden: np.ndarray, place: tuple[int, int], samples: int, light: Light
) -> np.ndarray:
    out = np.zeros((*keys.shape, 4))
    _over(out, light.hidden, hidden)
    shown = keys != EMPTY
    rows, columns = np.nonzero(shown)
    if len(rows):
        y, x = rows * samples + place[0] + 0.5, columns * samples + place[1] + 0.5
        colour = _surface(x, y, (keys[shown] & _ID_MASK).astype(np.int64), light)
        rest = 1.0 - light.opacity
        out[rows, columns, :3] = out[rows, columns, :3] * rest + colour * light.opacity
        out[rows, columns, 3] = out[rows, columns, 3] * rest + light.opacity
    _over(out, light.line, seen)
    return out


def _over(out: np.ndarray, paint: np.ndarray, cover: np.ndarray) -> None:
    c = cover * paint[3]
    rest = 1.0 - c
    for channel in range(3):
        out[:, :, channel] = out[:, :, channel] * rest + paint[channel] * c
    out[:, :, 3] = out[:, :, 3] * rest + c


def _surface(x: np.ndarray, y: np.ndarray, triangle: np.ndarray, light: Light) -> np.ndarray:
    """Colours of samples at places x, y on some triangles."""
    column, row, scale, distance, a, b = light.eye.tolist()
    n = light.normals[triangle]
    sx, sy = (x - column) / scale, (row - y) / scale
    point = None
    if len(light.maps):
        plane = light.planes[triangle]
        level = np.minimum(np.maximum(plane[:, 0] * x + plane[:, 1] * y + plane[:, 2], 0.0), 1.0)
        depth = 1.0 / (a - level * b) if light.perspective else a + level * b
        point = (sx * depth, sy * depth, distance - depth) if light.perspective else (sx, sy, distance - depth)
    brightness = np.zeros(len(x))
    first = np.ones(len(x))
    for k in range(len(light.maps)):
        assert point is not None
        lit = _lit(point, light.rows[k], light.maps[k])
        brightness = brightness + light.weights[triangle, k] * lit
        if k == 0:
            first = lit
    shine = np.zeros(len(x))
    if light.specular > 0.0:
        shine = first * (light.specular * _highlight(n, sx, sy, light))
    fixed, base = light.fixed[triangle], light.base[triangle]
    return np.stack([fixed[:, c] + base[:, c] * brightness + shine for c in range(3)], axis=1)


def _highlight(n: np.ndarray, sx: np.ndarray, sy: np.ndarray, light: Light) -> np.ndarray:
    """Blinn and Phong: cosine between the normal and the half-way direction, squared ``gloss`` times."""
    kx, ky, kz = light.key.tolist()
    if light.perspective:
        away = np.sqrt(sx * sx + sy * sy + 1.0)
        hx, hy, hz = kx - sx / away, ky - sy / away, kz + 1.0 / away
    else:
        hx, hy, hz = np.full(len(sx), kx), np.full(len(sx), ky), np.full(len(sx), kz + 1.0)
    length = np.sqrt(hx * hx + hy * hy + hz * hz)
    cosine = np.maximum((n[:, 0] * hx + n[:, 1] * hy + n[:, 2] * hz) / np.maximum(length, 1e-12), 0.0)
    for _ in range(light.gloss):
        cosine = cosine * cosine
    # Nothing shines on a side that the light does not reach.
    return np.where(n[:, 0] * kx + n[:, 1] * ky + n[:, 2] * kz > 0.0, cosine, 0.0)


def _lit(point: tuple[np.ndarray, ...], rows: np.ndarray, depth_map: np.ndarray) -> np.ndarray:
    """Share of four neighbouring places of a map that a light reaches, 0 to 1."""
    px, py, pz = point
    u, v, level = (r[0] * px + r[1] * py + r[2] * pz + r[3] for r in rows)
    u, v = u - 0.5, v - 0.5
    left, above = np.floor(u), np.floor(v)
    fu, fv = u - left, v - above
    most = depth_map.shape[0] - 1

    def reached(i: int, j: int) -> np.ndarray:
        column = np.minimum(np.maximum(left + i, 0.0), most).astype(np.int64)
        row = np.minimum(np.maximum(above + j, 0.0), most).astype(np.int64)
        return (level <= depth_map[row, column]).astype(np.float64)

    upper = reached(0, 0) * (1.0 - fu) + reached(1, 0) * fu
    lower = reached(0, 1) * (1.0 - fu) + reached(1, 1) * fu
    return upper * (1.0 - fv) + lower * fv


def encode(
    colour: Float[np.ndarray, "H W 4"], background: Float[np.ndarray, " 3"], transparent: bool
) -> UInt8[np.ndarray, "H W 4"]:
    """From linear light, multiplied by cover, to bytes of sRGB and opacity."""
    cover = colour[:, :, 3:]
    if transparent:
        light = colour[:, :, :3] / np.where(cover > 0.0, cover, 1.0)
    else:
        light = colour[:, :, :3] + (1.0 - cover) * background
    out = np.empty(colour.shape, np.uint8)
    out[:, :, :3] = SRGB_BYTES[(np.minimum(np.maximum(light, 0.0), 1.0) * 4096.0 + 0.5).astype(np.int64)]
    out[:, :, 3] = (255.0 * cover[:, :, 0] + 0.5).astype(np.uint8) if transparent else 255
    return out
