"""Frames of a film in memory, and windows of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import chain, repeat
from typing import TYPE_CHECKING, NamedTuple

from reimagine.media.images.matrices import LIMITED_BLACK, LIMITED_SPAN, MATRICES, rgb_to_yuv, yuv_to_rgb
from reimagine.media.images.pixels import depth_of, dither, from_8_bits, plane, to_8_bits, with_highest_bits

if TYPE_CHECKING:
    import av
    import numpy as np


class Shot(NamedTuple):
    """Frames between two cuts.

    Attributes:
        start: number of the first frame.
        stop: number of the frame after the last.
        similar_frame: number of a frame of an earlier shot that shows the same view, if there is one.
    """

    start: int
    stop: int
    similar_frame: int | None = None


@dataclass(frozen=True)
class Frame:
    """One frame of a film, with its YUV planes as they were decoded.

    Stages see and replace 8 bits: `luma`, `grey` and `image`, and `chroma` at half the size. The picture keeps the bits
    below those of the luma, and the depth and size of its chroma.

    Attributes:
        index: number of the frame in the film, from 0.
        picture: planar YUV 4:2:0, 4:2:2 or 4:4:4 of 8, 10, 12 or 16 bits, of any size; sides may be odd.
        shot: the shot that it belongs to, if known.
        source: the film's own frame of the same number, if this one is the output of a stage.
        matrix: YUV matrix, a key of `MATRICES`.
        full: whether luma spans 0..255 (full range) rather than 16..235 (limited range).
    """

    index: int
    picture: av.VideoFrame
    shot: Shot | None = None
    source: Frame | None = None
    matrix: str = "bt601"
    full: bool = False

    @property
    def height(self) -> int:
        """Pixels."""
        return self.picture.height

    @property
    def width(self) -> int:
        """Pixels."""
        return self.picture.width

    @property
    def pixel_format(self) -> str:
        """FFmpeg's name of the picture's format, without the range that some of its names state."""
        return self.picture.format.name.replace("yuvj", "yuv")

    @property
    def depth(self) -> int:
        """Bits per sample of the picture."""
        return depth_of(self.picture.format.name)

    @cached_property
    def luma(self) -> np.ndarray:
        """(H, W) uint8 in the film's range; a view if the picture has 8 bits, not a copy."""
        return to_8_bits(plane(self.picture, 0), self.depth)

    @cached_property
    def chroma(self) -> tuple[np.ndarray, np.ndarray]:
        """Cb and Cr, (ceil(H/2), ceil(W/2)) uint8 each, views if the picture is so; 128 is colourless."""
        cb, cr = (self._reduced_chroma(plane(self.picture, number)) for number in (1, 2))
        return cb, cr

    def _reduced_chroma(self, samples: np.ndarray) -> np.ndarray:
        import cv2

        size = ((self.width + 1) // 2, (self.height + 1) // 2)
        if samples.shape[::-1] != size:
            samples = cv2.resize(samples, size, interpolation=cv2.INTER_AREA)
        return to_8_bits(samples, self.depth)

    @cached_property
    def grey(self) -> np.ndarray:
        """Luma in full range: (H, W) uint8, black is 0 and white is 255."""
        return self.luma if self.full else _to_full_range(self.luma)

    def resized_grey(self, size: tuple[int, int]) -> np.ndarray:
        """`grey` reduced to (w, h) by area averaging: (h, w) uint8."""
        import cv2

        small = cv2.resize(self.luma, size, interpolation=cv2.INTER_AREA)
        return small if self.full else _to_full_range(small)

    @cached_property
    def image(self) -> np.ndarray:
        """(H, W, 3) uint8 RGB, converted on first access."""
        colorspace = MATRICES[self.matrix].swscale
        return self.picture.to_ndarray(
            format="rgb24",
            src_colorspace=colorspace,
            dst_colorspace=colorspace,
            src_color_range="JPEG" if self.full else "MPEG",
            dst_color_range="JPEG",
        )

    @property
    def image16(self) -> np.ndarray:
        """(H, W, 3) uint16 RGB, 0..65535."""
        import cv2
        import numpy as np

        planes = [plane(self.picture, number) for number in range(3)]
        size = (self.width, self.height)
        planes[1:] = [p if p.shape[::-1] == size else cv2.resize(p, size) for p in planes[1:]]
        return yuv_to_rgb(np.dstack(planes), self.matrix, self.full, self.depth)

    def with_image(self, image: np.ndarray) -> Frame:
        """The frame with the picture replaced by an RGB image (H, W, 3) uint8 of any size.

        A picture of more than 8 bits also takes uint16 in 0..65535; 8 bits are dithered to its depth.
        """
        import av
        import numpy as np

        if self.depth > 8:
            return self._with_image16(image if image.dtype == np.uint16 else _dithered(image))
        rgb = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        colorspace = MATRICES[self.matrix].swscale
        yuv = rgb.reformat(
            format=self.pixel_format,
            src_colorspace=colorspace,
            dst_colorspace=colorspace,
            src_color_range="JPEG",
            dst_color_range="JPEG" if self.full else "MPEG",
        )
        return replace(self, picture=yuv)

    def _with_image16(self, image: np.ndarray) -> Frame:
        """The frame with its picture, of more than 8 bits, replaced by an image (H, W, 3) uint16."""
        import av
        import cv2

        picture = av.VideoFrame(image.shape[1], image.shape[0], self.pixel_format)
        yuv = rgb_to_yuv(image, self.matrix, self.full, self.depth)
        for number, samples in enumerate(cv2.split(yuv)):
            target = plane(picture, number)
            target[:] = cv2.resize(samples, target.shape[::-1], interpolation=cv2.INTER_AREA)
        return replace(self, picture=picture)

    def with_chroma(self, cb: np.ndarray, cr: np.ndarray) -> Frame:
        """The frame with its chroma replaced by two planes like those of `chroma`; the luma is unchanged."""
        return self.with_planes(self.luma, cb, cr)

    def with_grey(self, grey: np.ndarray, coloured: bool = True) -> Frame:
        """The frame with its luma replaced.

        Args:
            grey: (H, W) uint8 in full range, like `grey`.
            coloured: keep the chroma; otherwise the result is colourless.
        """
        import numpy as np

        luma = grey if self.full else (grey * np.float32(LIMITED_SPAN / 255) + (LIMITED_BLACK + 0.5)).astype(np.uint8)
        cb, cr = self.chroma if coloured else (np.uint8(128), np.uint8(128))
        return self.with_planes(luma, cb, cr)

    def with_planes(self, luma: np.ndarray, cb: np.ndarray | np.uint8, cr: np.ndarray | np.uint8) -> Frame:
        """The frame with all planes replaced by planes like `luma` and `chroma`, or by one value for a whole plane.

        Of more than 8 bits, those below the luma's are kept. Chroma that is unchanged keeps its depth and size; other
        chroma is enlarged and dithered to them.
        """
        import av

        picture = av.VideoFrame(self.width, self.height, self.pixel_format)
        plane(picture, 0)[:] = with_highest_bits(plane(self.picture, 0), luma, self.depth)
        for number, new, old in zip((1, 2), (cb, cr), self.chroma, strict=True):
            plane(picture, number)[:] = self._chroma_plane(number, new, old)
        return replace(self, picture=picture)

    def _chroma_plane(self, number: int, new: np.ndarray | np.uint8, old: np.ndarray) -> np.ndarray | int:
        """The plane of the picture for a plane of chroma, or a value, of 8 bits; `old` is that of `chroma`."""
        import numpy as np

        samples, unconverted = plane(self.picture, number), self.depth == 8
        if new.ndim == 0:
            return int(new) << (self.depth - 8)
        if unconverted and old.shape == samples.shape:
            return np.asarray(new)
        if np.array_equal(new, old):
            return samples
        return from_8_bits(np.asarray(new), samples.shape[::-1], self.depth)

    @property
    def planes(self) -> list[np.ndarray]:
        """Y, Cb and Cr at the depth and size that the picture has: (h, w) uint8 or uint16, views."""
        return [plane(self.picture, number) for number in range(3)]

    def with_samples(self, planes: Sequence[np.ndarray]) -> Frame:
        """The frame with all planes replaced by planes like `planes`, of any size that fits the pixel format."""
        import av

        height, width = planes[0].shape
        picture = av.VideoFrame(width, height, self.pixel_format)
        for number, samples in enumerate(planes):
            plane(picture, number)[:] = samples
        return replace(self, picture=picture)

    def renumbered(self, index: int, shot: Shot | None = None) -> Frame:
        """The same picture with another number and, optionally, shot."""
        return replace(self, index=index, shot=shot or self.shot)


def frame_from_image(index: int, image: np.ndarray, format: str | None = None) -> Frame:
    """A frame from an RGB image (H, W, 3) of uint8, or of uint16 in 0..65535, in full range as in an image file.

    Args:
        format: pixel format of the picture; by default yuv420p for 8 bits and yuv444p16le for 16.
    """
    import av
    import numpy as np

    format = format or ("yuv444p16le" if image.dtype == np.uint16 else "yuv420p")
    blank = Frame(index, av.VideoFrame(image.shape[1], image.shape[0], format), full=True)
    return blank.with_image(image)


def frames_from_images(images: Iterable[np.ndarray]) -> Iterator[Frame]:
    """Frames of one shot, numbered from 0, from RGB images (H, W, 3) of uint8, or of uint16 in 0..65535."""
    for index, image in enumerate(images):
        yield frame_from_image(index, image)


def _dithered(image: np.ndarray) -> np.ndarray:
    """An image (H, W, 3) uint8 with 16 bits, (H, W, 3) uint16 in 0..65535, the lower 8 filled by dither."""
    import numpy as np

    height, width = image.shape[:2]
    return (image.astype(np.uint16) << 8) | dither(width, height)[..., None]


def is_consecutive(frame: Frame, previous: Frame) -> bool:
    """Whether a frame directly follows another one in the same shot."""
    return frame.index == previous.index + 1 and frame.shot == previous.shot


def frame_windows(frames: Iterable[Frame], size: int) -> Iterator[tuple[Frame, ...]]:
    """For each frame, `size` (odd) consecutive frames with that frame in the middle.

    Neighbours that belong to another shot, or do not exist, are replaced by the frame itself.
    """
    radius = size // 2
    window: deque[Frame | None] = deque([None] * size, maxlen=size)
    for frame in chain(frames, repeat(None, radius)):
        window.append(frame)
        middle = window[radius]
        if middle is None:
            continue
        places = (middle.index + offset for offset in range(-radius, size - radius))
        yield tuple(
            f if f is not None and f.index == place and f.shot == middle.shot else middle
            for f, place in zip(window, places, strict=True)
        )


def _to_full_range(luma: np.ndarray) -> np.ndarray:
    """Luma in limited range, (h, w) uint8, in full range."""
    import cv2

    return cv2.LUT(luma, _full_range_table())


@cache
def _full_range_table() -> np.ndarray:
    """(256,) uint8: grey of each luma in limited range."""
    import numpy as np

    return np.clip((np.arange(256) - LIMITED_BLACK) * 255 / LIMITED_SPAN + 0.5, 0, 255).astype(np.uint8)
