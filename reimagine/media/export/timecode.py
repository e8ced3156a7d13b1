"""SMPTE timecodes (ST 12-1): hours, minutes, seconds and the number of a frame."""

from __future__ import annotations

import re
from fractions import Fraction

TIMECODE = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.])(\d\d)")
"""A timecode; ; or . before the frames stands for drop-frame."""
DROP_FRAME_RATES = (Fraction(30000, 1001), Fraction(60000, 1001))
"""Frame rates of drop-frame timecodes."""
MINUTES = 24 * 60
"""Minutes after which timecodes begin again."""


def shifted_timecode(timecode: str, rate: Fraction, frames: int) -> str | None:
    """The timecode of a later frame.

    Args:
        timecode: of the first frame, such as 01:00:00:00, or 01:00:00;00 with drop-frame.
        rate: frames per second.
        frames: number of the later frame.

    Returns:
        None if `timecode` is none at this rate.
    """
    match = TIMECODE.fullmatch(timecode)
    fps = round(rate)
    if not match or not fps:
        return None
    hours, minutes, seconds, number = (int(match[n]) for n in (1, 2, 3, 5))
    dropped = fps // 15 if match[4] != ":" else 0  # numbers left out at each minute but every tenth
    if minutes > 59 or seconds > 59 or number >= fps or (dropped and rate not in DROP_FRAME_RATES):
        return None
    minutes += 60 * hours
    count = (60 * minutes + seconds) * fps + number - dropped * (minutes - minutes // 10)
    return _timecode(count + frames, fps, dropped, match[4])


def _timecode(count: int, fps: int, dropped: int, separator: str) -> str:
    per_minute, per_ten = 60 * fps - dropped, 600 * fps - 9 * dropped
    tens, rest = divmod(count % (MINUTES // 10 * per_ten), per_ten)
    extra = max(0, rest - dropped) // per_minute if dropped else 0
    count = tens * 600 * fps + rest + dropped * extra
    seconds, number = divmod(count, fps)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{separator}{number:02}"
