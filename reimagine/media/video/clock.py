"""Times of a film's frames and of the start of its sound, from timestamps as files have them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from reimagine.media.container import open_container
from reimagine.media.video.film import LONG_FRAME

if TYPE_CHECKING:
    from av import AudioStream, VideoStream

MIN_ORDERED = 0.9
"""Share of frames whose timestamps must be in order; below it they are not the times of display."""
MAX_LAST_DURATION = 3600
"""Seconds that a last frame may stand, if the container states no duration: a longer time is damage."""


def repaired_times(pts: Sequence[int | None]) -> list[int] | None:
    """Timestamps in strictly ascending order, with those that are missing, doubled or out of order interpolated.

    None if fewer than `MIN_ORDERED` of them are in order.
    """
    known = _longest_ascending(pts)
    if len(known) < max(1, MIN_ORDERED * len(pts)):
        return None
    times = [pts[n] or 0 for n in known]
    if len(known) == len(pts):
        return times
    step = (times[-1] - times[0]) / (known[-1] - known[0]) if len(known) > 1 else 1
    known = [-1, *known, len(pts)]
    times = [times[0] - step * (known[1] + 1), *times, times[-1] + step * (len(pts) - known[-2])]
    repaired = [_interpolate(n, known, times) for n in range(len(pts))]
    return repaired if all(a < b for a, b in pairwise(repaired)) else None


def _interpolate(n: int, numbers: list[int], times: list[int]) -> int:
    """The time of frame `n` between two frames whose times are known."""
    after = bisect_left(numbers, n)
    if numbers[after] == n:
        return times[after]
    a, b = numbers[after - 1], numbers[after]
    return round(times[after - 1] + (times[after] - times[after - 1]) * (n - a) / (b - a))


def _longest_ascending(values: Sequence[int | None]) -> list[int]:
    """Indices of the longest strictly ascending subsequence, by patience sorting (Fredman 1975)."""
    ends: list[int] = []
    places: list[int] = []
    previous: list[int] = []
    for n, value in enumerate(values):
        place = len(ends) if value is None or not ends or value > ends[-1] else bisect_left(ends, value)
        previous.append(places[place - 1] if place and places else -1)
        if value is None:
            continue
        if place == len(ends):
            ends.append(value)
            places.append(n)
        elif value < ends[place]:
            ends[place], places[place] = value, n
    found: list[int] = []
    n = places[-1] if places else -1
    while n >= 0:
        found.append(n)
        n = previous[n]
    return found[::-1]


def last_duration(seconds: Fraction, rate: Fraction, exact: bool, available: float | None) -> Fraction:
    """Seconds that the last frame of a film stands; 0 for one period of `rate`.

    Args:
        seconds: the duration of the frame as the file states it; 0 if it states none.
        rate: frames per second.
        exact: whether durations that are near one period count as well, as in a film of variable frame rate.
        available: seconds from the frame to the end of the file, where that is known.
    """
    limit = MAX_LAST_DURATION if available is None else available + 0.5 / float(rate)
    if not 0 < seconds <= limit or seconds == 1 / rate:
        return Fraction(0)
    return seconds if exact or seconds * rate > LONG_FRAME else Fraction(0)


def first_sound_time(path: Path) -> float | None:
    """Time of the first sample of the first audio track on the container's clock, seconds; None if none is decoded."""
    from av.error import FFmpegError

    with open_container(path) as container:
        stream = container.streams.audio[0]
        try:
            frame = next(container.decode(stream), None)
        except FFmpegError:
            return None
        return None if frame is None else frame.time if frame.time is not None else start_time(stream)


def start_time(stream: VideoStream | AudioStream) -> float:
    """Start of a stream on the container's clock as its header states it, seconds; 0 if it does not."""
    return float((stream.start_time or 0) * (stream.time_base or 0))
