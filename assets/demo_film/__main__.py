"""Make the demo film: `python assets/demo_film [--colour FILE]` writes assets/demo.mp4."""
from __future__ import annotations

import argparse
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from ageing import aged
from scenes import HEIGHT, RATE, WIDTH, frames
from tune import RATE as HERTZ
from tune import tune


def write(path: Path, pictures: Iterable[np.ndarray], pixel: str, rate: int, bits: int) -> None:
    """Pictures and the tune as H.264 and AAC in MP4."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as film:
        picture = film.add_stream("libx264", rate=rate, options={"preset": "slow", "tune": "grain"})
        picture.width, picture.height, picture.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        picture.bit_rate = bits
        sound = film.add_stream("aac", rate=HERTZ)
        sound.layout, sound.bit_rate = "mono", 96_000
        count = 0
        for image in pictures:
            film.mux(picture.encode(_planar(image, pixel)))
            count += 1
        film.mux(picture.encode())
        samples = tune(count / rate)
        for start in range(0, len(samples), 1024):
            block = av.AudioFrame.from_ndarray(samples[None, start : start + 1024], "fltp", "mono")
            block.rate, block.pts, block.time_base = HERTZ, start, Fraction(1, HERTZ)
            film.mux(sound.encode(block))
        film.mux(sound.encode())


def _planar(image: np.ndarray, pixel: str) -> av.VideoFrame:
    """Grey is already in broadcast range: its luma goes in as it is, without colour."""
    if pixel == "rgb24":
        return av.VideoFrame.from_ndarray(image, "rgb24").reformat(format="yuv420p")
    planes = np.full((image.shape[0] * 3 // 2, image.shape[1]), 128, np.uint8)
    planes[: image.shape[0]] = image
    return av.VideoFrame.from_ndarray(planes, "yuv420p")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--colour", type=Path, help="write the film in colour, unaged, here as well")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent.parent / "demo.mp4")
    given = parser.parse_args()
    colour = list(frames())
    if given.colour:
        write(given.colour, colour, "rgb24", RATE, 4_000_000)
    write(given.output, aged(colour), "gray", RATE, 2_500_000)


if __name__ == "__main__":
    main()
