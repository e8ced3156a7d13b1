"""Helpers shared by the tests: small films, running the program, reading back what it wrote."""

from __future__ import annotations

import math
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from reimagine.media import Shot
from reimagine.media.clip import Clip
from reimagine.media.frames import frame_from_image


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


def clip_of(count: int, shots=None, image=lambda n: picture(n, 96, 64, 0)) -> Clip:
    """A clip of `count` frames at 24 frames per second; `image(n)` is frame n, (h, w, 3) uint8 RGB."""
    frames = [frame_from_image(n, image(n)) for n in range(count)]
    shots = [Shot(*s) for s in shots or [(0, count)]]
    return Clip(lambda a, b: iter(frames[a:b]), count, shots, Fraction(24))


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
