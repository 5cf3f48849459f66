"""The loops of ``rasteriser``, compiled (numba, extra ``fast``): the same pictures, bit by bit, a few times faster.

No fast-math: the order of operations is that of the NumPy code, which is the oracle.
"""

from __future__ import annotations

from math import ceil, floor, sqrt

import numba
import numpy as np

from symmeter.shapes.rasteriser import EMPTY, LEVELS, SRGB_BYTES, Light, strips

__all__ = ["depth_keys", "encode", "line_cover", "shade"]


#: Division by zero gives infinity, as in NumPy; the code is kept on disk.
_compiled = numba.njit(error_model="numpy", cache=True)


@_compiled
def _cross(x0: float, y0: float, x1: float, y1: float, middle: float) -> float:
    """Column where the line from (x0, y0) to (x1, y1) crosses the middle of a row."""
    rise = y1 - y0
    slope = (x1 - x0) / rise if rise > 0.0 else 0.0
    return x0 + (middle - y0) * slope


@_compiled
def _fill(corners: np.ndarray, planes: np.ndarray, keys: np.ndarray) -> None:
    height, width = keys.shape
    for t in range(corners.shape[0]):
        x0, y0 = corners[t, 0, 0], corners[t, 0, 1]
        x1, y1 = corners[t, 1, 0], corners[t, 1, 1]
        x2, y2 = corners[t, 2, 0], corners[t, 2, 1]
        if y1 < y0:
            x0, y0, x1, y1 = x1, y1, x0, y0
        if y2 < y1:
            x1, y1, x2, y2 = x2, y2, x1, y1
            if y1 < y0:
                x0, y0, x1, y1 = x1, y1, x0, y0
        a, b, c = planes[t, 0], planes[t, 1], planes[t, 2]
        number = np.uint64(t)
        for row in range(int(max(ceil(y0 - 0.5), 0.0)), int(min(ceil(y2 - 0.5), height))):
            middle = row + 0.5
            long = _cross(x0, y0, x2, y2, middle)
            short = _cross(x0, y0, x1, y1, middle) if middle < y1 else _cross(x1, y1, x2, y2, middle)
            first = int(min(max(ceil(min(long, short) - 0.5), 0.0), width))
            last = int(min(max(ceil(max(long, short) - 0.5), 0.0), width))
            for column in range(first, last):
                level = a * (column + 0.5) + b * middle + c
                key = (np.uint64(min(max(level, 0.0), 1.0) * LEVELS) << np.uint64(23)) | number
                if key < keys[row, column]:
                    keys[row, column] = key


@_compiled
def _at(keys: np.ndarray, x: float, y: float) -> int:
    """Key of the sample that holds a place, or of the nearest at the border."""
    column = int(min(max(floor(x), 0.0), keys.shape[1] - 1.0))
    return keys[int(min(max(floor(y), 0.0), keys.shape[0] - 1.0)), column]


@_compiled
def _lines(
    ends: np.ndarray,
    levels: np.ndarray,
    boxes: np.ndarray,
    half_widths: np.ndarray,
    keys: np.ndarray,
    seen: np.ndarray,
    hidden: np.ndarray,
) -> None:
    height, width = keys.shape
    for m in range(ends.shape[0]):
        px, py = ends[m, 0, 0], ends[m, 0, 1]
        ax, ay = ends[m, 1, 0] - px, ends[m, 1, 1] - py
        square = max(ax * ax + ay * ay, 1e-18)
        length = sqrt(square)
        nx, ny = ay / length, ax / length
        reach = half_widths[m] + 0.5
        for half in range(2):
            x0, y0 = boxes[m, 0, 0], boxes[m, 0, 1]
            x1, y1 = boxes[m, 1 + half, 0], boxes[m, 1 + half, 1]
            x2, y2 = boxes[m, 2 + half, 0], boxes[m, 2 + half, 1]
            if y1 < y0:
                x0, y0, x1, y1 = x1, y1, x0, y0
            if y2 < y1:
                x1, y1, x2, y2 = x2, y2, x1, y1
                if y1 < y0:
                    x0, y0, x1, y1 = x1, y1, x0, y0
            for row in range(int(max(ceil(y0 - 0.5), 0.0)), int(min(ceil(y2 - 0.5), height))):
                middle = row + 0.5
                long = _cross(x0, y0, x2, y2, middle)
                short = _cross(x0, y0, x1, y1, middle) if middle < y1 else _cross(x1, y1, x2, y2, middle)
                first = int(min(max(ceil(min(long, short) - 0.5), 0.0), width))
                last = int(min(max(ceil(max(long, short) - 0.5), 0.0), width))
                for column in range(first, last):
                    dx, dy = column + 0.5 - px, middle - py
                    t = min(max((dx * ax + dy * ay) / square, 0.0), 1.0)
                    ex, ey = dx - t * ax, dy - t * ay
                    cover = min(max(reach - sqrt(ex * ex + ey * ey), 0.0), 1.0)
                    level = levels[m, 0] + t * (levels[m, 1] - levels[m, 0])
                    key = np.uint64(min(max(level, 0.0), 1.0) * LEVELS) << np.uint64(23)
                    x, y = px + t * ax, py + t * ay
                    if key <= _at(keys, x + nx, y - ny) or key <= _at(keys, x - nx, y + ny):
                        seen[row, column] = max(seen[row, column], cover)
                    else:
                        hidden[row, column] = max(hidden[row, column], cover)


@_compiled
def _lit(px: float, py: float, pz: float, rows: np.ndarray, depth_map: np.ndarray) -> float:
    u = rows[0, 0] * px + rows[0, 1] * py + rows[0, 2] * pz + rows[0, 3]
    v = rows[1, 0] * px + rows[1, 1] * py + rows[1, 2] * pz + rows[1, 3]
    level = rows[2, 0] * px + rows[2, 1] * py + rows[2, 2] * pz + rows[2, 3]
    u, v = u - 0.5, v - 0.5
    left, above = floor(u), floor(v)
    fu, fv = u - left, v - above
    most = float(depth_map.shape[0] - 1)
    c0, c1 = int(min(max(left, 0.0), most)), int(min(max(left + 1.0, 0.0), most))
    r0, r1 = int(min(max(above, 0.0), most)), int(min(max(above + 1.0, 0.0), most))
    upper = (1.0 if level <= depth_map[r0, c0] else 0.0) * (1.0 - fu)
    upper += (1.0 if level <= depth_map[r0, c1] else 0.0) * fu
    lower = (1.0 if level <= depth_map[r1, c0] else 0.0) * (1.0 - fu)
    lower += (1.0 if level <= depth_map[r1, c1] else 0.0) * fu
    return upper * (1.0 - fv) + lower * fv


@_compiled
def _highlight(
    nx: float,
    ny: float,
    nz: float,
    kx: float,
    ky: float,
    kz: float,
    sx: float,
    sy: float,
    gloss: int,
    perspective: bool,
) -> float:
    if nx * kx + ny * ky + nz * kz <= 0.0:
        return 0.0
    if perspective:
        away = sqrt(sx * sx + sy * sy + 1.0)
        hx, hy, hz = kx - sx / away, ky - sy / away, kz + 1.0 / away
    else:
        hx, hy, hz = kx, ky, kz + 1.0
    length = sqrt(hx * hx + hy * hy + hz * hz)
    cosine = max((nx * hx + ny * hy + nz * hz) / max(length, 1e-12), 0.0)
    for _ in range(gloss):
        cosine = cosine * cosine
    return cosine


@_compiled
def _shade(
    keys: np.ndarray,
    seen: np.ndarray,
    hidden: np.ndarray,
    samples: int,
    planes: np.ndarray,
    base: np.ndarray,
    fixed: np.ndarray,
    normals: np.ndarray,
    weights: np.ndarray,
    maps: np.ndarray,
    rows: np.ndarray,
    key: np.ndarray,
    specular: float,
    gloss: int,
    opacity: float,
    line: np.ndarray,
    behind: np.ndarray,
    eye: np.ndarray,
    perspective: bool,
    out: np.ndarray,
) -> None:
    middle_x, middle_y, scale, distance, a, b = eye[0], eye[1], eye[2], eye[3], eye[4], eye[5]
    kx, ky, kz = key[0], key[1], key[2]
    empty = np.uint64(0xFFFFFFFFFFFFFFFF)
    mask = np.uint64(0x7FFFFF)
    rest = 1.0 - opacity
    count = samples * samples
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            red, green, blue, cover = 0.0, 0.0, 0.0, 0.0
            for j in range(samples):
                for i in range(samples):
                    r, c = row * samples + j, column * samples + i
                    found, ahead, back = keys[r, c], seen[r, c], hidden[r, c]
                    p, q, s, o = 0.0, 0.0, 0.0, 0.0
                    if back > 0.0:
                        f = back * behind[3]
                        p, q, s, o = behind[0] * f, behind[1] * f, behind[2] * f, f
                    if found != empty:
                        t = int(found & mask)
                        x, y = c + 0.5, r + 0.5
                        sx, sy = (x - middle_x) / scale, (middle_y - y) / scale
                        brightness, first = 0.0, 1.0
                        if maps.shape[0] > 0:
                            level = min(max(planes[t, 0] * x + planes[t, 1] * y + planes[t, 2], 0.0), 1.0)
                            depth = 1.0 / (a - level * b) if perspective else a + level * b
                            px = sx * depth if perspective else sx
                            py = sy * depth if perspective else sy
                            for k in range(maps.shape[0]):
                                if k > 0 and weights[t, k] == 0.0:
                                    continue
                                lit = _lit(px, py, distance - depth, rows[k], maps[k])
                                brightness = brightness + weights[t, k] * lit
                                if k == 0:
                                    first = lit
                        shine = 0.0
                        if specular > 0.0:
                            nx, ny, nz = normals[t, 0], normals[t, 1], normals[t, 2]
                            light = _highlight(nx, ny, nz, kx, ky, kz, sx, sy, gloss, perspective)
                            shine = first * (specular * light)
                        p = p * rest + (fixed[t, 0] + base[t, 0] * brightness + shine) * opacity
                        q = q * rest + (fixed[t, 1] + base[t, 1] * brightness + shine) * opacity
                        s = s * rest + (fixed[t, 2] + base[t, 2] * brightness + shine) * opacity
                        o = o * rest + opacity
                    if ahead > 0.0:
                        f = ahead * line[3]
                        g = 1.0 - f
                        p, q, s, o = p * g + line[0] * f, q * g + line[1] * f, s * g + line[2] * f, o * g + f
                    red, green, blue, cover = red + p, green + q, blue + s, cover + o
            out[row, column, 0] = red / count
            out[row, column, 1] = green / count
            out[row, column, 2] = blue / count
            out[row, column, 3] = cover / count


@_compiled
def _encode(colour: np.ndarray, background: np.ndarray, transparent: bool, table: np.ndarray, out: np.ndarray) -> None:
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            cover = colour[row, column, 3]
            under = 1.0 - cover
            over = cover if cover > 0.0 else 1.0
            for channel in range(3):
                light = colour[row, column, channel]
                light = light / over if transparent else light + under * background[channel]
                out[row, column, channel] = table[int(min(max(light, 0.0), 1.0) * 4096.0 + 0.5)]
            out[row, column, 3] = np.uint8(255.0 * cover + 0.5) if transparent else np.uint8(255)


def depth_keys(corners: np.ndarray, planes: np.ndarray, height: int, width: int) -> np.ndarray:
    """See :func:`symmeter.shapes.rasteriser.depth_keys`."""
    keys = np.full((height, width), EMPTY)
    _fill(np.ascontiguousarray(corners), np.ascontiguousarray(planes), keys)
    return keys


def line_cover(
    ends: np.ndarray, levels: np.ndarray, half_widths: np.ndarray, keys: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """See :func:`symmeter.shapes.rasteriser.line_cover`."""
    seen, hidden = np.zeros(keys.shape), np.zeros(keys.shape)
    boxes = np.ascontiguousarray(strips(ends, half_widths + 1.0))
    arguments = (np.ascontiguousarray(ends), np.ascontiguousarray(levels), boxes, np.ascontiguousarray(half_widths))
    _lines(*arguments, keys, seen, hidden)
    return seen, hidden


def shade(keys: np.ndarray, seen: np.ndarray, hidden: np.ndarray, samples: int, light: Light) -> np.ndarray:
    """See :func:`symmeter.shapes.rasteriser.shade`."""
    out = np.zeros((keys.shape[0] // samples, keys.shape[1] // samples, 4))
    given = (light.planes, light.base, light.fixed, light.normals, light.weights, light.maps, light.rows)
    planes, base, fixed, normals, weights, maps, rows = (np.ascontiguousarray(a) for a in given)
    _shade(
        keys,
        seen,
        hidden,
        samples,
        planes,
        base,
        fixed,
        normals,
        weights,
        maps,
        rows,
        light.key,
        float(light.specular),
        int(light.gloss),
        float(light.opacity),
        light.line,
        light.hidden,
        light.eye,
        bool(light.perspective),
        out,
    )
    return out


def encode(colour: np.ndarray, background: np.ndarray, transparent: bool) -> np.ndarray:
    """See :func:`symmeter.shapes.rasteriser.encode`."""
    out = np.empty(colour.shape, np.uint8)
    _encode(np.ascontiguousarray(colour), background, bool(transparent), SRGB_BYTES, out)
    return out
