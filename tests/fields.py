"""Films of fields: interlaced and telecined pictures of a scene whose images are known, and checks of what is read."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.filter import Graph
from containers import moving_picture

from reimagine.media.video.film import Film
from reimagine.media.video.frames import Frame
from reimagine.media.video.reader import read_film

FIELD_ORDERS = {"top first": "tff", "bottom first": "bff"}
"""FFmpeg's names of the orders of fields."""
SCENE = [moving_picture(n) for n in range(40)]
"""Images that all differ, (h, w, 3) uint8 RGB, with a bar that moves by 7 pixels from one to the next."""


def interlaced(images: list[np.ndarray], order: str) -> list[np.ndarray]:
    """Pictures of which each holds the lines of two successive images: those of its first and its second field."""
    first = 0 if order == "tff" else 1
    pictures = []
    for one, other in zip(images[::2], images[1::2], strict=True):
        woven = one.copy()
        woven[1 - first :: 2] = other[1 - first :: 2]
        pictures.append(woven)
    return pictures


def telecined(images: list[np.ndarray], order: str) -> list[np.ndarray]:
    """Pictures whose fields show the images for two and three fields in turn."""
    fields = [image for n, image in enumerate(images) for _ in range(2 + n % 2)]
    return interlaced(fields[: len(fields) // 2 * 2], order)


def write_fields(path: Path, pictures: list[np.ndarray], order: str, rate: Fraction) -> Path:
    """Write a lossless film whose pictures are marked as interlaced."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=rate)
        stream.height, stream.width, stream.pix_fmt = *pictures[0].shape[:2], "yuv444p"
        stream.codec_context.time_base = 1 / rate
        graph = Graph()
        source = graph.add_buffer(width=96, height=64, format=av.VideoFormat("yuv444p"), time_base=1 / rate)
        graph.link_nodes(source, graph.add("setfield", order), graph.add("buffersink")).configure()
        for n, image in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(image, "rgb24").reformat(format="yuv444p")
            frame.pts, frame.time_base = n, 1 / rate
            graph.vpush(frame)
            container.mux(stream.encode(graph.vpull()))
        container.mux(stream.encode())
    return path


def shown_images(frames: Iterable[Frame]) -> list[int]:
    """For each frame, the number of the image of `SCENE` that it is nearest to."""
    greys = [image.astype(float).mean(2) for image in SCENE]
    return [int(np.argmin([np.abs(frame.grey - grey).mean() for grey in greys])) for frame in frames]


def check_every_start(film: Film) -> None:
    """Check that the parts from every frame on equal those frames of the whole film."""
    whole = [frame.luma.copy() for frame in read_film(film)]
    assert len(whole) == film.frames
    for start in range(film.frames):
        part = [(frame.index, frame.luma.copy()) for frame in read_film(film, start, start + 3)]
        assert [index for index, _ in part] == list(range(start, min(start + 3, film.frames)))
        assert all(np.array_equal(luma, whole[index]) for index, luma in part)
