"""A film that goes on: steps are dreamt one after the other and kept, and made into frames that fit the film.

film ... frame, frame | step ───────── step ───────── step      dreamt, kept as they are dreamt
                      | frame, frame, frame, frame, frame       in the film's time, size and grain
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from reimagine.media.clip import Clip
from reimagine.media.frames import Frame, frame_from_image
from reimagine.media.grain import add_grain, estimate_grain
from reimagine.media.motion.interpolation import FrameExtrapolator, FrameInterpolator
from reimagine.media.writer import read_images, write_frames

PART = 24
"""Steps that are kept at once: what an interruption can cost."""
JOINT = 8
"""Frames over which the film, going on as it went, fades into the dream."""
CARRIED = 720
"""Short side, in pixels, of the pictures that are carried from step to step, at most."""


class NextFramePredictor(Protocol):
    """Who makes one picture after another out of its own."""

    def step(self) -> np.ndarray:
        """The next picture, RGB (H, W, 3) uint8, `carried` large."""
        ...

    def state(self) -> dict[str, np.ndarray]:
        """All that the next steps depend on."""
        ...

    def restore(self, state: dict[str, np.ndarray]) -> None: ...


def carried(width: int, height: int) -> tuple[int, int]:
    """The (w, h) of the pictures that are carried on for a film of this size."""
    scale = min(1.0, CARRIED / min(width, height))
    return round(width * scale), round(height * scale)


def steps(dreamer: NextFramePredictor, kept: Path, count: int) -> Iterator[np.ndarray]:
    """The first `count` steps of a dream, those that are kept in a folder and then new ones, kept too."""
    kept.mkdir(parents=True, exist_ok=True)
    done = _begun(kept)
    for number in range(0, done, PART):
        yield from _pictures(kept, number, min(count, number + PART))
    if done >= count:
        return
    if done:
        with np.load(_state(kept, done)) as state:
            dreamer.restore(dict(state))
    for start in range(done, count, PART):
        frames = (frame_from_image(number, dreamer.step()) for number in range(start, start + PART))
        temporary = kept / ".steps.nut"
        write_frames(temporary, frames, Fraction(1))
        np.savez(_state(kept, start + PART), **dreamer.state())
        temporary.replace(_part(kept, start))  # last: it says that the state is whole
        if start:
            _state(kept, start).unlink(missing_ok=True)
        yield from _pictures(kept, start, min(count, start + PART))


def _begun(kept: Path) -> int:
    """How many steps there are that can be gone on from."""
    done = 0
    while _part(kept, done).exists():
        done += PART
    while done and not _state(kept, done).exists():
        done -= PART
    return done


def _part(kept: Path, start: int) -> Path:
    return kept / f"steps-{start:06d}.nut"


def _state(kept: Path, number: int) -> Path:
    return kept / f"state-{number:06d}.npz"


def _pictures(kept: Path, start: int, stop: int) -> Iterator[np.ndarray]:
    for frame in read_images(_part(kept, start), stop):
        yield frame.image


def outward(pictures: Iterator[np.ndarray], clip: Clip, pace: float, more: int) -> Iterator[Frame]:
    """Frames numbered on from the film's last, as large, as fast and as grainy as the film, of the pictures
    of steps that are `pace` frames apart."""
    *early, last = clip.read(max(0, clip.frames - 2), clip.frames)
    grain = estimate_grain(last.grey)
    size = carried(last.width, last.height)
    end = cv2.resize(last.image, size, interpolation=cv2.INTER_AREA)
    before = cv2.resize(early[-1].image, size, interpolation=cv2.INTER_AREA) if early else end
    onward = FrameExtrapolator(before, end)
    for ahead, image in enumerate(_timed(end, pictures, pace, more), 1):
        if ahead < JOINT:
            image = cv2.addWeighted(onward.at(ahead), 1 - ahead / JOINT, image, ahead / JOINT, 0)
        yield last.renumbered(last.index + ahead).with_image(_like(image, last, grain, ahead))


def _timed(first: np.ndarray, pictures: Iterator[np.ndarray], pace: float, more: int) -> Iterator[np.ndarray]:
    """`more` pictures at the film's rate."""
    made = 0
    for step, (here, there) in enumerate(pairwise(_from(first, pictures))):
        between: Any = None
        while made < more and (made + 1) / pace <= step + 1 + 1e-9:
            time = (made + 1) / pace - step
            if time > 1 - 1e-6:
                yield there
            else:
                between = between or FrameInterpolator(here, there)
                yield between.at(time)
            made += 1
        if made >= more:
            return


def _from(first: np.ndarray, others: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    yield first
    yield from others


def _like(image: np.ndarray, frame: Frame, grain: float, number: int) -> np.ndarray:
    """A picture as large and as grainy as a frame of the film."""
    if image.shape[:2] != (frame.height, frame.width):
        image = cv2.resize(image, (frame.width, frame.height), interpolation=cv2.INTER_CUBIC)
    lacking = grain**2 - estimate_grain(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)) ** 2
    return add_grain(image, float(np.sqrt(lacking)), number) if lacking > 0.1 else image
