"""Helpers shared by the tests: synthetic films and images, running the program, reading back what it wrote."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import count
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from reimagine.media.video.clip import Clip
from reimagine.media.video.frames import Frame, Shot, frame_from_image

SAMPLE_RATE = 44100
"""Samples per second of the films' sound."""
AAC_FRAME = 1024
"""Samples per AAC frame."""


def run_cli(*arguments: object) -> tuple[int, str, str]:
    """Run the program in this process: (exit code, standard output, standard error)."""
    from typer.testing import CliRunner

    from reimagine.cli import app

    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def run_program(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own."""
    command = [sys.executable, "-m", "reimagine", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def picture(n: int, w: int, h: int, scene: int) -> np.ndarray:
    """Frame `n` of a moving, textured scene, (h, w, 3) uint8 RGB; scenes of different numbers look different."""
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    tone = 128 + 60 * np.sin((x + 2 * n) / (7 + 5 * scene)) * np.cos(y / (5 + 9 * scene))
    tone = tone * (0.4 + 0.25 * scene) + 40 * scene
    return np.clip(np.dstack([tone, tone * 0.9 + 10, tone * 0.8 + 20]), 0, 255).astype(np.uint8)


def panning_shot(count: int = 30, width: int = 192, height: int = 128) -> list[Frame]:
    """One shot of a camera that pans over a grey texture, one pixel per frame to the right."""
    rng = np.random.default_rng(5)
    surface = rng.uniform(0, 255, (height + 20, width + 2 * count)).astype(np.float32)
    surface = cv2.GaussianBlur(surface, (0, 0), 4)
    surface = np.clip((surface - surface.mean()) * 6 + 120, 20, 230).astype(np.uint8)
    views = [surface[10 : 10 + height, n : n + width] for n in range(count)]
    return [frame_from_image(n, np.dstack([v] * 3)).renumbered(n, Shot(0, count)) for n, v in enumerate(views)]


def mean_psnr(frames: list[Frame], targets: list[Frame], border: int = 8) -> float:
    """Mean PSNR of the frames' lumas in decibels, without a border, where motion brings in new content."""
    inner = slice(border, -border)
    errors = [
        np.square(a.grey[inner, inner].astype(np.float32) - b.grey[inner, inner]).mean()
        for a, b in zip(frames, targets, strict=True)
    ]
    return float(np.mean([10 * np.log10(255**2 / max(float(e), 0.065)) for e in errors]))


def mean_difference(a: np.ndarray, b: np.ndarray) -> float:
    """Mean absolute difference of two images of one size; a simple perceptual distance for tests."""
    return float(np.abs(a.astype(float) - b).mean())


def texture(seed: int, size: int = 240) -> np.ndarray:
    """Smooth random luma, (size, size) uint8."""
    rng = np.random.default_rng(seed)
    tone = cv2.GaussianBlur(rng.random((size, size), np.float32), (0, 0), 3)
    return ((tone - tone.min()) / np.ptp(tone) * 200 + 30).astype(np.uint8)


def make_film(
    path: Path,
    frames: int = 24,
    rate: Fraction = Fraction(24),
    size=(96, 64),
    cuts=(),
    sounds: int = 0,
    pixel: str = "yuv420p",
    times: list[int] | None = None,
    codec: str = "libx264",
    **codec_options,
) -> Path:
    """Write a film of `picture` frames, whose scene changes at `cuts`, with as many audio tracks as `sounds` says.

    `size` is (w, h), `pixel` the pixel format, `times` the milliseconds of each frame for a variable frame rate,
    `codec` FFmpeg's encoder; `codec_options` are attributes of the codec context.
    """
    with av.open(str(path), "w") as container:
        repeatable = {"x264-params": "mbtree=0"} if codec == "libx264" else {}
        stream = container.add_stream(codec, rate=rate, options={"g": "12", **repeatable})
        stream.width, stream.height, stream.pix_fmt = *size, pixel
        tick = Fraction(1, 1000) if times else 1 / rate
        stream.codec_context.time_base = tick
        for name, value in codec_options.items():
            setattr(stream.codec_context, name, value)
        tracks = [container.add_stream("aac", rate=SAMPLE_RATE) for _ in range(sounds)]
        for track in tracks:
            track.layout = "mono"
        seconds = (times[-1] / 1000 if times else frames / rate) + 1 / rate
        for n, track in enumerate(tracks, 1):
            _write_melody(container, track, 440 * n, float(seconds))
        for n in range(frames):
            image = av.VideoFrame.from_ndarray(picture(n, *size, sum(n >= c for c in cuts)), "rgb24")
            image.pts, image.time_base = (times[n] if times else n), tick
            container.mux(stream.encode(image))
        container.mux(stream.encode())
    return path


def _write_melody(container, track, hertz: float, seconds: float) -> None:
    """Notes of half a second: the tone, its fifth and its octave, repeated."""
    length = int(seconds * SAMPLE_RATE) // AAC_FRAME * AAC_FRAME
    time = np.arange(length) / SAMPLE_RATE
    pitch = hertz * np.array([1, 1.5, 2])[(time * 2).astype(int) % 3]
    wave = 0.4 * np.sin(2 * math.pi * np.cumsum(pitch) / SAMPLE_RATE).astype(np.float32)
    for start in range(0, length, AAC_FRAME):
        block = av.AudioFrame.from_ndarray(wave[None, start : start + AAC_FRAME], "fltp", "mono")
        block.rate, block.pts, block.time_base = SAMPLE_RATE, start, Fraction(1, SAMPLE_RATE)
        container.mux(track.encode(block))
    container.mux(track.encode())


def frames_of(path: Path) -> list[np.ndarray]:
    """The planes of every decoded frame, for comparing films frame by frame."""
    with av.open(str(path)) as container:
        return [f.to_ndarray(format="yuv420p") for f in container.decode(video=0)]


def times_of(path: Path) -> list[Fraction]:
    """The time of every frame in seconds since the first."""
    with av.open(str(path)) as container:
        times = sorted(f.pts * f.time_base for f in container.decode(video=0))
    return [t - times[0] for t in times]


def packets_of(path: Path, kind: str, number: int = 0) -> list[bytes]:
    """The bytes of the packets of a stream; `kind` is "video" or "audio"."""
    with av.open(str(path)) as container:
        stream = getattr(container.streams, kind)[number]
        return [bytes(p) for p in container.demux(stream) if p.size]


def clip_of(count: int, shots=None, image=lambda n: picture(n, 96, 64, 0)) -> Clip:
    """A clip of `count` frames at 24 frames per second; `image(n)` is frame n, (h, w, 3) uint8 RGB."""
    frames = [frame_from_image(n, image(n)) for n in range(count)]
    shots = [Shot(*s) for s in shots or [(0, count)]]
    return Clip(lambda a, b: iter(frames[a:b]), count, shots, Fraction(24))


def stylized(model, images: list[np.ndarray]) -> list[np.ndarray]:
    """Images, as frames of one shot, after a picture model."""
    from reimagine.media import Shot
    from reimagine.media.video.frames import frame_from_image

    frames = [frame_from_image(n, image).renumbered(n, Shot(0, len(images))) for n, image in enumerate(images)]
    return [frame.image for frame in model.load("cpu")(iter(frames))]


def shapes_image(side: int = 128) -> np.ndarray:
    """Coloured shapes with sharp edges on a plain ground, (side, side * 5 // 4, 3) uint8."""
    image = np.full((side, side * 5 // 4, 3), (210, 190, 150), np.uint8)
    cv2.rectangle(image, (10, 20), (side // 2, side - 20), (60, 110, 170), -1)
    cv2.circle(image, (side, side // 2), side // 4, (190, 60, 50), -1)
    cv2.line(image, (0, side - 10), (side, 8), (20, 20, 30), 2)
    return image


def random_drawing(rng: np.random.Generator) -> np.ndarray:
    """Outlined discs on yellowed paper, (300, 300, 3) uint8."""
    page = np.full((300, 300, 3), (235, 225, 190), np.uint8)
    for _ in range(14):
        (x, y), r = rng.integers(20, 280, 2), int(rng.integers(15, 60))
        cv2.circle(page, (int(x), int(y)), r, rng.integers(0, 255, 3).tolist(), -1)
        cv2.circle(page, (int(x), int(y)), r, (10, 10, 20), 3)
    return page


def write_photos(folder: Path, count: int = 4, side: int = 280) -> Path:
    """Write smooth random photographs into a folder."""
    rng = np.random.default_rng(0)
    for n in range(count):
        noise = cv2.GaussianBlur(rng.random((side, side, 3), np.float32), (0, 0), 12)
        image = 255 * (noise - noise.min()) / np.ptp(noise)
        cv2.imwrite(str(folder / f"{n}.png"), image.astype(np.uint8))
    return folder


def write_still_film(path: Path, images: list[np.ndarray], frames: int, rate: int) -> Path:
    """Write a film in which every image is shown for `frames` frames."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.height, stream.width, stream.pix_fmt = *images[0].shape[:2], "yuv420p"
        for image in images:
            for _ in range(frames):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        container.mux(stream.encode())
    return path


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Run torch on one thread: for tiny networks more threads are slower, above all on a busy machine."""
    import torch

    count = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(count)


@contextmanager
def interrupt_at(cls: type, method: str, call: int) -> Iterator[None]:
    """Raise KeyboardInterrupt in the given call of a method, counted from 1, and expect it."""
    original, calls = getattr(cls, method), count(1)

    def replacement(self, *args, **options):
        if next(calls) == call:
            raise KeyboardInterrupt
        return original(self, *args, **options)

    setattr(cls, method, replacement)
    try:
        with pytest.raises(KeyboardInterrupt):
            yield
    finally:
        setattr(cls, method, original)
