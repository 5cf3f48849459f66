"""A picture with its maps: depth, normals, mask, polygons and parts, as arrays and as PNG files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from symmeter.errors import InputError, UnknownNameError, nearest_name
from symmeter.shapes import rasteriser
from symmeter.shapes.camera import Framing
from symmeter.shapes.in_view import seen_normals, view_of
from symmeter.shapes.scene import Scene

__all__ = ["Picture"]


@dataclass(frozen=True, eq=False, repr=False)
class Picture:
    """A picture, and the maps that belong to it: they hold at the centres of the pixels, without antialiasing.

    Attributes
    ----------
    image : array of shape (h, w, 4)
        sRGB and opacity, uint8.
    cover : array of shape (h, w)
        Share of each pixel that the shape and its lines cover.
    framing : Framing
        How points become pixels.
    scene : Scene
    """

    image: UInt8[np.ndarray, "h w 4"]
    cover: Float[np.ndarray, "h w"]
    framing: Framing
    scene: Scene

    def __repr__(self) -> str:
        return f"Picture({self.scene.name}, {self.framing.width} x {self.framing.height})"

    @cached_property
    def _centres(self) -> tuple[np.ndarray, np.ndarray]:
        """Level and triangle at the centre of each pixel."""
        view = view_of(self.scene, self.framing, 1)
        keys = rasteriser.depth_keys(view.corners, view.planes, self.framing.height, self.framing.width)
        _, found = rasteriser.levels_of(keys)
        rows, columns = np.indices(found.shape) + 0.5
        plane = view.planes[found]
        levels = plane[..., 0] * columns + plane[..., 1] * rows + plane[..., 2]
        return levels, np.where(found < 0, -1, view.kept[found])

    @property
    def mask(self) -> Bool[np.ndarray, "h w"]:
        """Where the shape is."""
        return self._centres[1] >= 0

    @property
    def depth(self) -> Float[np.ndarray, "h w"]:
        """Distance from the eye along the line of sight's axis, in the unit of the coordinates; infinite beside it.

        An orthographic camera measures from a plane two radii in front of the centre.
        """
        levels, found = self._centres
        return np.where(found >= 0, self.framing.depths(np.clip(levels, 0.0, 1.0)), np.inf)

    @property
    def normals(self) -> Float[np.ndarray, "h w 3"]:
        """Unit normals in the camera's axes (right, up, towards the eye); zero beside the shape."""
        found = self._centres[1]
        normals = seen_normals(self.scene, self.framing)[self.scene.polygon]
        return np.where(found[..., None] >= 0, normals[found], 0.0)

    @property
    def polygons(self) -> Int[np.ndarray, "h w"]:
        """Number of the polygon of the visible surface; -1 beside it."""
        found = self._centres[1]
        return np.where(found >= 0, self.scene.polygon[found], -1)

    @property
    def parts(self) -> Int[np.ndarray, "h w"]:
        """Number of the part of a compound; -1 beside it."""
        polygons = self.polygons
        return np.where(polygons >= 0, self.scene.parts[polygons], -1)

    def map(self, name: str) -> UInt8[np.ndarray, "h w c"]:
        """The picture or one of its maps as bytes: ``"image"``, ``"depth"``, ``"normals"``, ``"mask"`` or ``"parts"``.

        Depth runs from white (near) to dark grey (far) over the sphere around the shape, black beside it; normals
        from -1 to 1 become 0 to 255.
        """
        if name == "image":
            return self.image
        if name == "mask":
            return np.where(self.mask, 255, 0).astype(np.uint8)[:, :, None]
        if name == "depth":
            near, far = self.framing.near, self.framing.far
            share = np.clip((np.where(self.mask, self.depth, far) - near) / (far - near), 0.0, 1.0)
            return np.where(self.mask, np.round(255 - 205 * share), 0).astype(np.uint8)[:, :, None]
        if name == "normals":
            return np.round((self.normals + 1.0) * 127.5).astype(np.uint8)
        if name == "parts":
            return np.clip(self.parts + 1, 0, 255).astype(np.uint8)[:, :, None]
        known = ("image", "depth", "normals", "mask", "parts")
        near_name = nearest_name(name, known)
        right = f"did you mean {near_name}?" if near_name else f"use {', '.join(known)}"
        raise UnknownNameError(f"no map is called {name!r}; {right}")

    def png(self, name: str = "image") -> bytes:
        """The picture, or a map of it, as PNG."""
        from symmeter.shapes.png import png_bytes

        data = self.map(name)
        if data.shape[2] == 4 and (data[:, :, 3] == 255).all():
            data = data[:, :, :3]
        return png_bytes(data)

    def save(self, path: str | os.PathLike[str], name: str = "image") -> Path:
        """Write the picture, or a map of it, to a .png file; the file appears whole or not at all."""
        from symmeter.files import write_atomic

        if Path(path).suffix.casefold() != ".png":
            raise InputError(f"pictures are written as .png; {os.fspath(path)} has another ending")
        return write_atomic(path, self.png(name))

    def _repr_png_(self) -> bytes:
        return self.png()
