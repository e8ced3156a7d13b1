"""Small films of many containers and codecs, whose streams begin at times of their own."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from helpers import AAC_FRAME, picture

TURNS = {
    "rotated by 0": ((1, 0, 0, 1), lambda y: y),
    "rotated by 90": ((0, 1, -1, 0), lambda y: np.rot90(y, -1)),
    "rotated by 180": ((-1, 0, 0, -1), lambda y: np.rot90(y, 2)),
    "rotated by 270": ((0, -1, 1, 0), np.rot90),
    "mirrored left to right": ((-1, 0, 0, 1), lambda y: y[:, ::-1]),
    "mirrored top to bottom": ((1, 0, 0, -1), lambda y: y[::-1]),
    "transposed": ((0, 1, 1, 0), lambda y: y.T),
    "transposed about the other diagonal": ((0, -1, -1, 0), lambda y: y[::-1, ::-1].T),
}
"""Display matrices (a, b, c, d), and what they do to luma (h, w)."""


def write_container(
    path: Path,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    format: str | None = None,
    images: list[np.ndarray] | None = None,
    start: float = 0.0,
    last: float = 0.04,
    sound: Sequence[tuple[float, np.ndarray]] = (),
    sound_codec: str = "aac",
) -> Path:
    """Write a film of 25 frames per second whose streams begin at times of their own.

    Args:
        format: FFmpeg's name of the container; by default chosen by the suffix.
        images: (h, w, 3) uint8 RGB; by default 40 frames that all differ.
        start: time of the first frame on the container's clock, seconds.
        last: seconds that the last frame stands.
        sound: (time of the first sample in seconds, samples of mono sound at 48 kHz) for each stretch without gaps.
    """
    images = images or [moving_picture(n) for n in range(40)]
    tick = Fraction(1, 1000)
    long = last != 0.04
    with av.open(str(path), "w", format=format) as container:
        stream = _add_picture(container, codec, options or {}, images[0].shape[:2])
        stream.codec_context.time_base = tick if long else Fraction(1, 25)
        track = container.add_stream(sound_codec, rate=48000, layout="mono", bit_rate=64_000) if sound else None
        packets = []
        for n, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, "rgb24").reformat(format=stream.pix_fmt)
            frame.pts, frame.time_base = round(n * 40 + 1000 * start), tick
            frame.duration = round(1000 * last) if n == len(images) - 1 else 40
            packets += stream.encode(frame)
        packets += stream.encode()
        if long:
            packets[-1].duration = round(Fraction(last) / packets[-1].time_base)
        packets += _sound_packets(track, sound) if track else []
        for packet in sorted(packets, key=lambda p: p.dts * p.time_base):
            container.mux(packet)
    return path


def write_anamorphic(path: Path) -> Path:
    """Write a film of 6 frames of 96x64 pixels, each 16:15 as wide as it is high."""
    with av.open(str(path), "w") as container:
        stream = _add_picture(container, "libx264", {}, (64, 96))
        stream.codec_context.sample_aspect_ratio = Fraction(16, 15)
        for n in range(6):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(moving_picture(n), "rgb24")))
        container.mux(stream.encode())
    return path


def _add_picture(container, codec: str, options: dict[str, str], shape: tuple[int, int]):
    stream = container.add_stream(codec, rate=25, options=options)
    stream.height, stream.width = shape
    stream.pix_fmt = "rgb8" if codec == "gif" else "yuv420p"
    stream.bit_rate = 600_000
    return stream


def _sound_packets(track, stretches: Sequence[tuple[float, np.ndarray]]) -> list:
    packets = []
    resampler = av.AudioResampler(format=track.format.name, layout="mono", rate=48000)
    for begin, samples in stretches:
        for n in range(0, len(samples) - AAC_FRAME + 1, AAC_FRAME):
            block = av.AudioFrame.from_ndarray(samples[None, n : n + AAC_FRAME].astype(np.float32), "fltp", "mono")
            block.rate, block.pts, block.time_base = 48000, round(begin * 48000) + n, Fraction(1, 48000)
            for frame in resampler.resample(block):
                packets += track.encode(frame)
    return packets + track.encode()


def moving_picture(n: int, w: int = 96, h: int = 64) -> np.ndarray:
    """Frame `n` of a scene with a bar that moves and brightens, so that no two of 50 frames are alike."""
    image = picture(5 * n, w, h, 0)
    image[:, (n * 7) % (w - 16) :][:, :12] = 5 * n
    return image


def set_display_matrix(path, matrix) -> None:
    """Write a display matrix (a, b, c, d) into the first track header of an MP4 file."""
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 4 + 4 + 20 + 8 + 8
    a, b, c, d = (value << 16 for value in matrix)
    data[place : place + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
