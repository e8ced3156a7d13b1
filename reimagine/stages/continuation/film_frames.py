"""From the images of a rollout to frames of the film: frame rate, size and grain, and a cross-fade from the film.

film frame, frame | step ───────── step ───────── step
                  | frame, frame, frame, frame, frame
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, pairwise

import cv2
import numpy as np

from reimagine.media.images.grain import add_grain, estimate_grain
from reimagine.media.motion import FrameExtrapolator, FrameInterpolator
from reimagine.media.video.clip import Clip
from reimagine.media.video.frames import Frame
from reimagine.stages.continuation.rollout import rollout_size

CROSS_FADE_FRAMES = 8
"""Frames over which the extrapolated film fades into the rollout: a third of a second, so that motion does not jump."""
MIN_GRAIN_VARIANCE = 0.1
"""Missing variance of grain (of 255 squared) below which no grain is added: it would be invisible."""


def to_film_frames(images: Iterator[np.ndarray], clip: Clip, frames_per_step: float, count: int) -> Iterator[Frame]:
    """Yield `count` frames with the film's frame rate, size and grain, numbered on from the clip's last.

    Args:
        images: RGB (H, W, 3) uint8 of `rollout_size`, one per step.
        frames_per_step: film frames from one step to the next.
    """
    *earlier, last = clip.read(max(0, clip.frames - 2), clip.frames)
    grain = estimate_grain(last.grey)
    size = rollout_size(last.width, last.height)
    end = cv2.resize(last.image, size, interpolation=cv2.INTER_AREA)
    before = cv2.resize(earlier[-1].image, size, interpolation=cv2.INTER_AREA) if earlier else end
    extrapolator = FrameExtrapolator(before, end)
    for offset, image in enumerate(retime(end, images, frames_per_step, count), 1):
        if offset < CROSS_FADE_FRAMES:
            share = offset / CROSS_FADE_FRAMES
            image = cv2.addWeighted(extrapolator.at(offset), 1 - share, image, share, 0)
        yield last.renumbered(last.index + offset).with_image(match_frame(image, last, grain, offset))


def retime(first: np.ndarray, images: Iterator[np.ndarray], frames_per_step: float, count: int) -> Iterator[np.ndarray]:
    """Yield `count` images at the film's frame rate, interpolated between `first` and the steps that follow it."""
    number = 1
    for step, (start, end) in enumerate(pairwise(chain([first], images))):
        interpolator: FrameInterpolator | None = None
        while number <= count and number / frames_per_step <= step + 1 + 1e-9:
            time = number / frames_per_step - step
            if time > 1 - 1e-6:
                yield end
            else:
                interpolator = interpolator or FrameInterpolator(start, end)
                yield interpolator.at(time)
            number += 1
        if number > count:
            return


def match_frame(image: np.ndarray, frame: Frame, grain: float, seed: int) -> np.ndarray:
    """An image RGB (h, w, 3) uint8 in the size of a film frame, with grain added up to a standard deviation."""
    if image.shape[:2] != (frame.height, frame.width):
        image = cv2.resize(image, (frame.width, frame.height), interpolation=cv2.INTER_CUBIC)
    missing = grain**2 - estimate_grain(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)) ** 2
    return add_grain(image, float(np.sqrt(missing)), seed) if missing > MIN_GRAIN_VARIANCE else image
