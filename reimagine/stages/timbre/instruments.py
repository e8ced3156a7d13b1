"""Instrument schedules: the latent of the instrument at each second.

An instrument is a latent, a point of that space. Between two scheduled instruments the latent is interpolated.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reimagine.errors import StageError, unknown_name
from reimagine.media.midi.notes import VOICES

Latent = np.ndarray
"""(n,) float: the coordinates of an instrument."""
MIN_ARC_SINE = 1e-4
"""Below this sine of the angle between two latents (equal or opposite ones), slerp is linear: no division by 0."""
STEPS_PER_TRANSITION = 16
"""Interpolation between two instruments moves in this many steps, so that notes close in time share a latent."""
CUT_TOLERANCE = 0.02
"""Seconds. A note that starts this little before a cut belongs to the shot after the cut."""


def slerp(a: Latent, b: Latent, fraction: float) -> Latent:
    """Spherical linear interpolation from `a` (0) to `b` (1); linear if they are parallel (White 2016, section 2.1)."""
    cosine = a @ b / (np.linalg.norm(a) * np.linalg.norm(b) + 1e-12)
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < MIN_ARC_SINE:
        return (1 - fraction) * a + fraction * b
    return (np.sin((1 - fraction) * angle) * a + np.sin(fraction * angle) * b) / np.sin(angle)


@dataclass(frozen=True)
class InstrumentSchedule:
    """Latents at given times; the latent is interpolated between them and constant outside them.

    Attributes:
        times: seconds, ascending.
        latents: the instrument at each of `times`.
        cuts: seconds at which shots begin. If there are any, the instrument is constant within a shot.
    """

    times: tuple[float, ...]
    latents: tuple[Latent, ...]
    cuts: tuple[float, ...] = ()

    def at(self, second: float) -> Latent:
        """The instrument of a note that starts at `second`."""
        if self.cuts:
            shot = bisect_right(self.cuts, second + CUT_TOLERANCE)
            second = self.cuts[shot - 1] if shot else 0.0
        after = bisect_right(self.times, second)
        if after == 0 or after == len(self.times):
            return self.latents[max(0, after - 1)]
        start, end = self.times[after - 1], self.times[after]
        fraction = round((second - start) / (end - start) * STEPS_PER_TRANSITION) / STEPS_PER_TRANSITION
        return slerp(self.latents[after - 1], self.latents[after], fraction)


def instrument_schedule(
    text: str,
    latents: Mapping[str, Latent],
    draw: Callable[[], Latent],
    seconds: float,
    change_every: float = 5.0,
    cuts: Sequence[float] = (),
) -> InstrumentSchedule:
    """The schedule that the option `instruments` describes.

    Args:
        text: "random", or instruments with optional times such as "flute@0,violin@30,organ@100%".
        latents: the instruments by name.
        draw: returns a random latent, for "random".
        seconds: length of the music, the base of percentages.
        change_every: seconds from one random instrument to the next.
        cuts: seconds at which the instrument may change; none: at any time.

    Raises:
        StageError: an unknown instrument (the nearest name is offered), a malformed time, `change_every` not above 0.
    """
    if text.strip() == "random":
        if change_every <= 0:
            raise StageError(f"timbre: --change-every {change_every}; give seconds above 0")
        count = max(2, int(np.ceil(seconds / change_every)) + 1)
        times, drawn = zip(*((n * change_every, draw()) for n in range(count)), strict=True)
        return InstrumentSchedule(times, drawn, tuple(cuts))
    entries = sorted((_parse_entry(entry, latents, seconds) for entry in text.split(",")), key=lambda e: e[0])
    return InstrumentSchedule(tuple(time for time, _ in entries), tuple(z for _, z in entries), tuple(cuts))


def instrument_schedules(
    text: str,
    latents: Mapping[str, Latent],
    draw: Callable[[], Latent],
    seconds: float,
    change_every: float = 5.0,
    cuts: Sequence[float] = (),
) -> dict[str, InstrumentSchedule]:
    """The schedule of each voice that the option `instruments` names, and, as "", that of all other voices.

    In "bass=cello,melody=flute@0,violin@30", entries follow the voice before them; entries before any voice are those
    of the other voices. Without such entries, other voices play as the melody does, or as the first voice named.

    Args: see `instrument_schedule`.

    Raises:
        StageError: as `instrument_schedule`, and for an unknown voice.
    """
    texts: dict[str, list[str]] = {}
    voice = ""
    for entry in text.split(","):
        name, is_named, instrument = entry.rpartition("=")
        voice = name.strip().lower() if is_named else voice
        if is_named and voice not in VOICES:
            raise StageError(unknown_name("voice", name.strip(), VOICES))
        texts.setdefault(voice, []).append(instrument)
    texts.setdefault("", texts.get(VOICES[0]) or next(iter(texts.values())))
    return {
        name: instrument_schedule(",".join(entries), latents, draw, seconds, change_every, cuts)
        for name, entries in texts.items()
    }


def _parse_entry(entry: str, latents: Mapping[str, Latent], seconds: float) -> tuple[float, Latent]:
    """(second, latent) of one entry: a name, "@", seconds or a percentage of the music's length."""
    match = re.fullmatch(r"\s*([^@]+?)\s*(?:@\s*(\d+(?:\.\d+)?)\s*(%|s)?\s*)?", entry)
    if not match:
        raise StageError(
            f"timbre: {entry.strip()!r} is not an instrument with a time; write flute@30 (seconds) or flute@50%"
        )
    time = float(match[2] or 0)
    return time * seconds / 100 if match[3] == "%" else time, latents[find_instrument(match[1], latents)]


def find_instrument(name: str, latents: Mapping[str, Latent]) -> str:
    """The instrument of this name, or the first that has it as a part of its name, such as "organ".

    Raises:
        StageError: there is none; the nearest name is offered.
    """
    name = re.sub(r"[ _]+", "-", name.strip().lower())
    if name in latents:
        return name
    matches = [known for known in latents if name in known.split("-")]
    if not matches:
        raise StageError(unknown_name("instrument", name, latents) + "; `reimagine models show timbre` lists them")
    return matches[0]
