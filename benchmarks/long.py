"""Long films: memory, and the difference of picture and sound at the end: `python benchmarks/long.py`.

A generated film of MINUTES minutes at 24000/1001 frames per second shows a white frame every INTERVAL seconds, and a
click at the same time. Each command runs in a process of its own. *frames* is the length of the finished film, *drift*
the time of its last click minus that of the last white frame, in frames; *peak* is the memory of the process.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from reimagine.media.audio.sound import read_sound
from reimagine.media.video.reader import open_film, read_film

MINUTES = 40
"""Length of the film."""
RATE = Fraction(24000, 1001)
"""Frames per second."""
INTERVAL = 30
"""Seconds from one white frame to the next."""
SIZE = (160, 120)
"""Width and height, pixels."""
SAMPLE_RATE = 48000
"""Samples per second."""
COMMANDS = {
    "colorize --model tint": ("colorize", "--model", "tint"),
    "music --timbre sine --keep-original 1": ("music", "--timbre", "sine", "--keep-original", "1", "--no-duck"),
}
"""Arguments by title."""


def write_film(path: Path) -> None:
    """Write the film: a grey ramp that moves, white frames, and clicks over a quiet tone."""
    frames = int(MINUTES * 60 * RATE)
    white = {round(second * RATE) for second in range(INTERVAL, MINUTES * 60, INTERVAL)}
    with av.open(str(path), "w") as container:
        picture = container.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "crf": "20"})
        picture.width, picture.height, picture.pix_fmt = *SIZE, "yuv420p"
        sound = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        ramp = np.tile(np.arange(SIZE[0], dtype=np.uint8) // 2 + 40, (SIZE[1] * 3 // 2, 1))
        ramp[SIZE[1] :] = 128
        for number in range(frames):
            image = np.full_like(ramp, 235) if number in white else ramp.copy()
            image[: SIZE[1]] = image[: SIZE[1]] if number in white else np.roll(ramp[: SIZE[1]], number // 4, 1)
            image[SIZE[1] :] = 128
            frame = av.VideoFrame.from_ndarray(image, "yuv420p")
            frame.pts, frame.time_base = number, 1 / RATE
            container.mux(picture.encode(frame))
            if number % 240 == 0:
                write_sound(container, sound, number, min(number + 240, frames), white)
        container.mux(picture.encode())
        container.mux(sound.encode())


def write_sound(container: av.container.OutputContainer, stream, first: int, last: int, white: set[int]) -> None:
    """Encode the sound of the frames `first` to `last` (exclusive)."""
    start, stop = (round(number / RATE * SAMPLE_RATE) for number in (first, last))
    samples = 0.05 * np.sin(np.arange(start, stop) * (2 * np.pi * 440 / SAMPLE_RATE)).astype(np.float32)
    for number in white & set(range(first, last)):
        begin = round(number / RATE * SAMPLE_RATE) - start
        samples[begin : begin + 480] = 0.9
    frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, start, Fraction(1, SAMPLE_RATE)
    container.mux(stream.encode(frame))


def last_times(path: Path) -> tuple[int, float, float]:
    """Number of frames; times of the last white frame and of the last click, seconds."""
    film = open_film(path)
    lumas = np.array([frame.grey.mean() for frame in read_film(film)])
    white = int(np.flatnonzero(lumas > np.median(lumas) + 60)[-1])
    level = np.abs(read_sound(path, zero=film.origin).mono())
    loud = np.flatnonzero(level > 0.6 * level[-60 * SAMPLE_RATE :].max())
    clicks = loud[np.flatnonzero(np.diff(loud, prepend=-SAMPLE_RATE) > SAMPLE_RATE)]
    return film.frames, float(film.time(white)), float(clicks[-1]) / SAMPLE_RATE


def main() -> None:
    """Print the table."""
    print(f"| {MINUTES} minutes of {SIZE[0]}x{SIZE[1]} | frames | seconds | drift, frames | peak, MB |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        film = Path(name) / "long.mp4"
        write_film(film)
        frames, white, click = last_times(film)
        print(f"| the film itself | {frames} | | {(click - white) * RATE:+.2f} | |", flush=True)
        for title, words in COMMANDS.items():
            run, begun = Path(name) / words[0], time.monotonic()
            subprocess.run(
                [sys.executable, "-m", "reimagine", words[0], str(film), *words[1:], "--into", str(run), "-q"],
                check=True,
                capture_output=True,
            )
            seconds, report = time.monotonic() - begun, json.loads((run / "report.json").read_text())
            frames, white, click = last_times(run / "film.mp4")
            drift = (click - white) * RATE
            print(f"| {title} | {frames} | {seconds:.0f} | {drift:+.2f} | {report['peak_rss_mb']:.0f} |", flush=True)


if __name__ == "__main__":
    main()
