"""Pitch bends of notes as messages of MIDI's pitch wheel, and back."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import replace
from heapq import merge
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from reimagine.media.midi.clock import MidiClock
    from reimagine.media.midi.notes import Events, Note, Notes

PLAIN_CHANNEL = 0
"""MIDI channel of the notes without bends."""
BEND_CHANNELS = [n for n in range(1, 16) if n != 9]
"""MIDI channels of the notes with bends: all others except that of the drums."""
VOICE_CHANNELS = {
    "": (PLAIN_CHANNEL, BEND_CHANNELS),
    "melody": (0, [3, 4, 5]),
    "middle": (1, [6, 7, 8, 10, 11, 12]),
    "bass": (2, [13, 14, 15]),
}
"""MIDI channels of each voice: of its notes without bends, and of those with bends."""
WHEEL_STEPS = 8192
"""Steps of the pitch wheel in each direction."""
DEFAULT_RANGE = 2.0
"""Semitones that the pitch wheel spans in each direction unless the file says otherwise."""
STEP = 0.01
"""Seconds between two samples of pitch wheel messages that are not evenly spaced; vibrato has about 6 cycles per
second."""

MAX_RANGE = 127
"""Semitones, the largest range that can be set."""
DATA_ENTRY = 6
"""Controller that sets a registered parameter: here the semitones of the wheel's range."""
DATA_ENTRY_FINE = 38
"""Controller that sets the fine part of a registered parameter: here the cents of the wheel's range."""
RPN_FINE = 100
"""Controller that selects a registered parameter, low part; number 0 is the wheel's range."""
RPN_COARSE = 101
"""Controller that selects a registered parameter, high part."""


class PlacedNote(NamedTuple):
    """A note with its first tick and the tick at which it ends."""

    first: int
    last: int
    note: Note


class WheelEvents(NamedTuple):
    """The states of one channel's pitch wheel: `ticks`, in order, and `bends` in semitones from then on."""

    ticks: list[int]
    bends: list[float]


def assign_channels(notes: Notes) -> dict[int, list[PlacedNote]]:
    """The notes of each MIDI channel; see `write_notes`."""
    channels: dict[int, list[PlacedNote]] = {}
    silent_since = dict.fromkeys(BEND_CHANNELS, -1)
    has_voices = all(note.voice for note in notes)
    for note in sorted(notes if has_voices else (replace(n, voice="") for n in notes), key=lambda n: n.start):
        first, last = notes.tick(note.start), notes.tick(note.end)
        placed = PlacedNote(first, max(last, first + 1), note)
        channel, bend_channels = VOICE_CHANNELS[note.voice]
        if note.bends:
            channel = min(bend_channels, key=silent_since.__getitem__)
            silent_since[channel] = max(silent_since[channel], placed.last)
        channels.setdefault(channel, []).append(placed)
    return channels


def bend_messages(notes: Notes, placed: list[PlacedNote], channel: int) -> Events:
    """Pitch wheel messages for the notes of a channel; the wheel returns to 0 when none of them sounds any longer.

    Args:
        notes: all notes, for their tempo.
        placed: the notes of the channel.
        channel: MIDI channel.
    """
    import mido

    largest = max((abs(b) for p in placed for b in p.note.bends), default=0.0)
    span = min(MAX_RANGE, max(DEFAULT_RANGE, math.ceil(largest)))
    events: Events = []
    if span > DEFAULT_RANGE:
        settings = (RPN_COARSE, 0), (RPN_FINE, 0), (DATA_ENTRY, span), (DATA_ENTRY_FINE, 0)
        events += [(0, mido.Message("control_change", channel=channel, control=c, value=v)) for c, v in settings]
    for first, last, note in placed:
        count = len(note.bends)
        for place, bend in enumerate(note.bends):
            wheel = max(-WHEEL_STEPS, min(WHEEL_STEPS - 1, round(bend / span * WHEEL_STEPS)))
            tick = first + (last - first) * place // count
            if note.start < notes.beat < note.end:  # the lead-in has another tempo
                tick = max(first, notes.tick(note.start + (note.end - note.start) * place / count))
            events.append((tick, mido.Message("pitchwheel", pitch=wheel, channel=channel)))
        if count and not any(other.first <= last < other.last for other in placed):
            events.append((last, mido.Message("pitchwheel", pitch=0, channel=channel)))
    return events


def wheel_events(tracks: Iterable[Events]) -> dict[int, WheelEvents]:
    """The states of the pitch wheel of each channel that uses it, from the messages of all tracks."""
    wheels: dict[int, WheelEvents] = {}
    states: dict[int, _Wheel] = {}
    for tick, message in merge(*tracks, key=lambda event: event[0]):
        if message.type not in ("pitchwheel", "control_change"):
            continue
        state = states.setdefault(message.channel, _Wheel())
        if state.changes(message):
            ticks, bends = wheels.setdefault(message.channel, WheelEvents([], []))
            ticks.append(tick)
            bends.append(state.position * state.span / WHEEL_STEPS)
    return wheels


class _Wheel:
    """Position and range of a channel's pitch wheel."""

    def __init__(self) -> None:
        self.position, self.span = 0, DEFAULT_RANGE
        self.parameter: dict[int, int] = {}

    def changes(self, message: Any) -> bool:
        """Apply a message of mido; return whether it changes the bend."""
        if message.type == "pitchwheel":
            self.position = message.pitch
            return True
        if message.control in (RPN_COARSE, RPN_FINE):
            self.parameter[message.control] = message.value
        is_range = self.parameter.get(RPN_COARSE) == 0 and self.parameter.get(RPN_FINE) == 0
        if not is_range or message.control not in (DATA_ENTRY, DATA_ENTRY_FINE):
            return False
        if message.control == DATA_ENTRY:
            self.span = float(message.value)
        else:
            self.span = math.floor(self.span) + message.value / 100
        return self.position != 0


def bends_of(wheel: WheelEvents | None, first: int, last: int, clock: MidiClock) -> tuple[float, ...]:
    """`Note.bends` of a note.

    Args:
        wheel: the states of its channel's pitch wheel, if it is used.
        first: tick at which the note begins.
        last: tick at which it ends.
        clock: times of the ticks.
    """
    if wheel is None:
        return ()
    start, stop = bisect_left(wheel.ticks, first), bisect_left(wheel.ticks, last)
    count = stop - start
    if count > 1 and _are_equal_steps(wheel.ticks[start:stop], first, last, clock):
        return tuple(wheel.bends[start:stop])
    changes = count > 1 or (count and wheel.ticks[start] > first)
    seconds = clock.seconds(last) - clock.seconds(first)
    steps = max(1, min(last - first, math.ceil(seconds / STEP))) if changes else 1
    if clock.is_steady(first, last):
        ticks = [first + (last - first) * k // steps for k in range(steps)]
    else:
        ticks = [math.floor(clock.tick(clock.seconds(first) + seconds * k / steps)) for k in range(steps)]
    places = (bisect_left(wheel.ticks, tick + 1) - 1 for tick in ticks)
    bends = tuple(wheel.bends[place] if place >= 0 else 0.0 for place in places)
    return bends if any(bends) else ()


def _are_equal_steps(ticks: list[int], first: int, last: int, clock: MidiClock) -> bool:
    """Whether ticks divide the duration of a note into equal steps, as `bend_messages` places them."""
    count = len(ticks)
    if clock.is_steady(first, last):
        return ticks == [first + (last - first) * k // count for k in range(count)]
    start, end, tolerance = clock.seconds(first), clock.seconds(last), max(s.tick_seconds for s in clock.sections)
    steps = (start + (end - start) * k / count for k in range(count))
    return all(abs(clock.seconds(tick) - step) <= tolerance for tick, step in zip(ticks, steps, strict=True))
