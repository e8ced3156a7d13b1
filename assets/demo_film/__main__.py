"""Make the demo film: `python assets/demo_film [--colour FILE]` writes assets/demo.mp4."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))  # so that `python -m assets.demo_film` works too

from ageing import age_film
from scenes import HEIGHT, RATE, WIDTH, render_frames
from tune import RATE as SAMPLE_RATE
from tune import render_tune


def write(path: Path, pictures: Iterable[np.ndarray], bits: int) -> None:
    """Write pictures, (H, W, 3) RGB or (H, W) luma, and the tune as MP4; `bits` is the video bit rate."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as film:
        picture = film.add_stream("libx264", rate=RATE, options={"preset": "slow", "tune": "grain"})
        picture.width, picture.height, picture.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        picture.bit_rate = bits
        sound = film.add_stream("aac", rate=SAMPLE_RATE)
        sound.layout, sound.bit_rate = "mono", 96_000
        count = 0
        for image in pictures:
            film.mux(picture.encode(to_video_frame(image)))
            count += 1
        film.mux(picture.encode())
        samples = render_tune(count / RATE)
        for start in range(0, len(samples), 1024):
            block = av.AudioFrame.from_ndarray(samples[None, start : start + 1024], "fltp", "mono")
            block.rate, block.pts, block.time_base = SAMPLE_RATE, start, Fraction(1, SAMPLE_RATE)
            film.mux(sound.encode(block))
        film.mux(sound.encode())


def to_video_frame(image: np.ndarray) -> av.VideoFrame:
    """Return a picture as YUV 4:2:0. Luma (H, W) is copied, because it is in broadcast range already."""
    if image.ndim == 3:
        return av.VideoFrame.from_ndarray(image, "rgb24").reformat(format="yuv420p")
    planes = np.full((image.shape[0] * 3 // 2, image.shape[1]), 128, np.uint8)
    planes[: image.shape[0]] = image
    return av.VideoFrame.from_ndarray(planes, "yuv420p")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--colour", type=Path, help="also write the film in colour and without damage to this file")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent.parent / "demo.mp4")
    options = parser.parse_args()
    colour = list(render_frames())
    if options.colour:
        write(options.colour, colour, 6_000_000)
    write(options.output, age_film(colour), 2_500_000)


if __name__ == "__main__":
    main()
