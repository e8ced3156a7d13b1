"""Notes of a MIDI track from its note-on and note-off messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from reimagine.media.midi.notes import Events

DRUM_CHANNEL = 9
"""MIDI channel of the drums, counted from 0."""
ALL_SOUND_OFF = 120
"""Controller that ends all notes of a channel at once."""
ALL_NOTES_OFF = 123
"""Controller that ends all notes of a channel as their note-offs would."""


class SoundedNote(NamedTuple):
    """A note of a track with its first tick and the tick at which it ends."""

    first: int
    last: int
    channel: int
    pitch: int
    velocity: int


class _Sounding:
    """The notes of a channel and pitch that sound at present.

    Attributes:
        started: tick and velocity of each.
        idle_off: tick of the last note-off that ended none; the note-on of a note of no length can follow it.
    """

    def __init__(self, channel: int, pitch: int) -> None:
        self.channel, self.pitch = channel, pitch
        self.started: list[tuple[int, int]] = []
        self.idle_off = -1

    def end(self, tick: int) -> Iterator[SoundedNote]:
        """End the notes that began before a tick."""
        if not self.started:
            self.idle_off = tick
        if not self.started or self.started[0][0] >= tick:  # they are in order
            return
        for first, velocity in self.started:
            if first < tick:
                yield SoundedNote(first, tick, self.channel, self.pitch, velocity)
        self.started = [note for note in self.started if note[0] >= tick]


def sounded_notes(events: Events) -> Iterator[SoundedNote]:
    """The notes of a track, without drums and notes of no length.

    A note-off ends all notes of its channel and pitch that began at an earlier tick. Where a pitch has fewer note-offs
    than note-ons, a note-on does so too. What sounds at the end of the track ends there.
    """
    struck_again = _pitches_without_note_offs(events)
    sounding: dict[tuple[int, int], _Sounding] = {}
    for tick, message in events:
        if ends_all_notes(message):
            for notes in sounding.values():
                if notes.channel == message.channel:
                    yield from notes.end(tick)
        if not _is_note(message):
            continue
        key = message.channel, message.note
        notes = sounding.setdefault(key, _Sounding(*key))
        if not _begins(message) or (notes.started and key in struck_again):
            yield from notes.end(tick)
        if _begins(message):
            notes.started.append((tick, message.velocity))
    for notes in sounding.values():
        notes.started = [note for note in notes.started if note[0] != notes.idle_off]
        yield from notes.end(events[-1][0])


def _pitches_without_note_offs(events: Events) -> set[tuple[int, int]]:
    """Channel and pitch of the notes of which some are never ended."""
    surplus: Counter[tuple[int, int]] = Counter()
    for _, message in events:
        if _is_note(message):
            key = message.channel, message.note
            surplus[key] = max(0, surplus[key] + (1 if _begins(message) else -1))
    return {key for key, count in surplus.items() if count}


def _is_note(message: Any) -> bool:
    """Whether a message begins or ends a pitched note."""
    return message.type in ("note_on", "note_off") and message.channel != DRUM_CHANNEL


def _begins(message: Any) -> bool:
    """Whether a message begins a note; a note-on of velocity 0 is a note-off."""
    return message.type == "note_on" and message.velocity > 0


def ends_all_notes(message: Any) -> bool:
    """Whether a message ends all notes of its channel."""
    return message.type == "control_change" and message.control in (ALL_SOUND_OFF, ALL_NOTES_OFF)
