"""Helpers shared by the tests: small films, running the program, reading back what it wrote."""

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


def run_cli(*words: object) -> tuple[int, str, str]:
    """(exit code, standard output, standard error) of the program, run in this process."""
    from typer.testing import CliRunner

    from reimagine.cli import app

    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def run_program(*words: object) -> subprocess.CompletedProcess[str]:
    """The program, run as a process of its own."""
    command = [sys.executable, "-m", "reimagine", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True)


def picture(n: int, w: int, h: int, scene: int) -> np.ndarray:
    """A moving, textured scene, (h, w, 3) uint8; another `scene` looks quite different."""
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    tone = 128 + 60 * np.sin((x + 2 * n) / (7 + 5 * scene)) * np.cos(y / (5 + 9 * scene))
    tone = tone * (0.4 + 0.25 * scene) + 40 * scene
    return np.clip(np.dstack([tone, tone * 0.9 + 10, tone * 0.8 + 20]), 0, 255).astype(np.uint8)


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
    **stream_options,
) -> Path:
    """A film of `frames` frames; `times` are milliseconds of a variable rate."""
    with av.open(str(path), "w") as box:
        stream = box.add_stream(codec, rate=rate, options={"g": "12"})
        stream.width, stream.height, stream.pix_fmt = *size, pixel
        tick = Fraction(1, 1000) if times else 1 / rate
        stream.codec_context.time_base = tick
        for name, value in stream_options.items():
            setattr(stream.codec_context, name, value)
        tracks = []
        for n in range(sounds):
            track = box.add_stream("aac", rate=44100)
            track.layout = "mono"
            tracks.append((track, 440 * (n + 1)))
        seconds = (times[-1] / 1000 if times else frames / rate) + 1 / rate
        for track, hertz in tracks:
            _sing(box, track, hertz, float(seconds))
        for n in range(frames):
            image = av.VideoFrame.from_ndarray(picture(n, *size, sum(n >= c for c in cuts)), "rgb24")
            image.pts, image.time_base = (times[n] if times else n), tick
            box.mux(stream.encode(image))
        box.mux(stream.encode())
    return path


def _sing(box, track, hertz: float, seconds: float) -> None:
    """Half-second notes: the tone, its fifth, its octave."""
    length = int(seconds * 44100) // 1024 * 1024
    time = np.arange(length) / 44100
    pitch = hertz * np.array([1, 1.5, 2])[(time * 2).astype(int) % 3]
    wave = 0.4 * np.sin(2 * math.pi * np.cumsum(pitch) / 44100).astype(np.float32)
    for start in range(0, length, 1024):
        block = av.AudioFrame.from_ndarray(wave[None, start : start + 1024], "fltp", "mono")
        block.rate, block.pts, block.time_base = 44100, start, Fraction(1, 44100)
        box.mux(track.encode(block))
    box.mux(track.encode())


def frames_of(path: Path) -> list[np.ndarray]:
    """Every decoded frame's planes, for comparing films frame for frame."""
    with av.open(str(path)) as box:
        return [f.to_ndarray(format="yuv420p") for f in box.decode(video=0)]


def times_of(path: Path) -> list[Fraction]:
    """Seconds at which every frame is shown, from the first."""
    with av.open(str(path)) as box:
        times = sorted(f.pts * f.time_base for f in box.decode(video=0))
    return [t - times[0] for t in times]


def packets_of(path: Path, kind: str, number: int = 0) -> list[bytes]:
    """The bytes of a stream's packets."""
    with av.open(str(path)) as box:
        stream = getattr(box.streams, kind)[number]
        return [bytes(p) for p in box.demux(stream) if p.size]


def stylized(model, images: list[np.ndarray]) -> list[np.ndarray]:
    """Images, as frames of one shot, after a picture model."""
    from reimagine.media import Shot
    from reimagine.media.frames import frame_from_image

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
