"""Notes in memory, read from MIDI files and written as MIDI and CSV."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reimagine.errors import MediaError
from reimagine.media.midi.clock import DEFAULT_TEMPO, QUARTERS_PER_BAR, MidiClock
from reimagine.media.midi.events import sounded_notes
from reimagine.media.midi.limits import check_bends, check_events, read_midi_bytes
from reimagine.media.midi.pitch_bends import PlacedNote, assign_channels, bend_messages, bends_of, wheel_events

if TYPE_CHECKING:
    import mido

    Events = list[tuple[int, Any]]
    """Messages of mido, whose attributes have no static types, with their absolute times in ticks."""

TICKS_PER_QUARTER = 960
"""MIDI ticks per quarter note."""
PICKUP_DENOMINATOR = 32
"""The length of a pickup bar is a whole number of 32nd notes, so that its tempo is close to that of the music."""
VOICES = ("melody", "middle", "bass")
"""The voices of music; they are the names of MIDI tracks."""
INDEPENDENT_TRACKS = 2
"""MIDI format whose tracks are pieces of music of their own."""


@dataclass(frozen=True, order=True)
class Note:
    """One note.

    Attributes:
        start: seconds.
        end: seconds.
        pitch: MIDI pitch; 60 is middle C.
        velocity: 1..127.
        bends: pitch bend in semitones at equal steps: of n values, number k holds from the fraction k / n of the note's
            duration to the fraction (k + 1) / n. Empty for a note without bends.
        voice: one of VOICES; "" if it is unknown.
    """

    start: float
    end: float
    pitch: int
    velocity: int = 90
    bends: tuple[float, ...] = ()
    voice: str = ""

    def until(self, end: float) -> Note:
        """The note, ended at `end` if it is longer; its bends keep their times."""
        if end >= self.end:
            return self
        share = (end - self.start) / (self.end - self.start)
        count = len(self.bends)
        steps = max(1, round(count * share)) if count else 0
        bends = tuple(self.bends[min(count - 1, int(k / steps * share * count))] for k in range(steps))
        return replace(self, end=end, bends=bends)


@dataclass(frozen=True)
class Notes:
    """Notes in order of time, with their tempo and what is known of the film that they are for.

    Attributes:
        notes: in order of time.
        tempo: quarter notes per minute.
        beat: time of the first beat, seconds.
        cuts: times at which the shots of the film begin, seconds; empty if unknown.
        length: length of the film, seconds; 0 if unknown.
        end: time at which the music ends, if that is later than the end of the last note; seconds.
    """

    notes: tuple[Note, ...]
    tempo: float = DEFAULT_TEMPO
    beat: float = 0.0
    cuts: tuple[float, ...] = ()
    length: float = 0.0
    end: float = 0.0

    def __iter__(self) -> Iterator[Note]:
        return iter(self.notes)

    def __len__(self) -> int:
        return len(self.notes)

    @property
    def seconds(self) -> float:
        """Time at which the last note ends, or the music."""
        return max((n.end for n in self.notes), default=self.end)

    def of_voice(self, voice: str) -> Notes:
        """The notes of one voice, as a part of the same music."""
        return replace(self, notes=tuple(n for n in self if n.voice == voice), end=self.seconds)

    def shortened(self, seconds: float) -> Notes:
        """The notes, none of them longer than `seconds`."""
        return replace(self, notes=tuple(n.until(n.start + seconds) for n in self.notes), end=self.seconds)

    def repeated(self, period: float) -> Notes:
        """The notes repeated every `period` seconds until `length`, where notes that still sound end."""
        times = range(math.ceil(self.length / period)) if period > 0 else range(1)
        repeats = (replace(n, start=n.start + k * period, end=n.end + k * period) for k in times for n in self.notes)
        return replace(self, notes=tuple(n.until(self.length) for n in repeats if n.start < self.length))

    @property
    def pickup(self) -> tuple[float, int]:
        """The bar before the first beat: seconds, and 32nd notes of which it consists; (0.0, 0) if there is none."""
        seconds = self.beat % (60 * QUARTERS_PER_BAR / self.tempo)
        count = round(seconds * self.tempo / 60 * PICKUP_DENOMINATOR / 4)
        return (seconds, count) if 0 < count < QUARTERS_PER_BAR * PICKUP_DENOMINATOR // 4 else (0.0, 0)

    def tick(self, second: float) -> int:
        """A time in MIDI ticks. The pickup bar (see `write_notes`) ends at a beat."""
        seconds, count = self.pickup
        length = count * 4 * TICKS_PER_QUARTER // PICKUP_DENOMINATOR
        if second < seconds:
            return max(0, round(length * second / seconds))
        return length + round((second - seconds) * self.tempo / 60 * TICKS_PER_QUARTER)


def write_notes(path: Path, notes: Notes, program: int = 0) -> None:
    """Write a standard MIDI file that is complete or, if the write is interrupted, absent.

    Bars begin on beats: if the first beat is not at the start, the first bar is a pickup bar of some 32nd notes, whose
    tempo is as close to that of the music as this allows. If all notes have a voice, each voice has a track. A pitch
    bend applies to a whole MIDI channel. Notes without bends share the first channel of their voice; each note with
    bends gets that of the voice's other channels (all 14 pitched ones of notes without voices) which has been silent
    longest. Only where more of them sound at once do some share a channel: then the later bend applies to all of them.

    Args:
        path: the file.
        notes: the notes.
        program: General MIDI instrument, 0..127.
    """
    import mido

    from reimagine.files import atomic_file

    file = mido.MidiFile(ticks_per_beat=TICKS_PER_QUARTER)
    file.tracks.append(_tempo_track(notes))
    tracks: dict[str, Events] = {}
    for channel, placed in assign_channels(notes).items():
        name = placed[0].note.voice or f"channel {channel + 1}"
        tracks.setdefault(name, []).extend(_note_events(notes, placed, channel, program))
    for name, events in sorted(tracks.items(), key=lambda track: VOICES.index(track[0]) if track[0] in VOICES else 0):
        file.tracks.append(_track([(0, mido.MetaMessage("track_name", name=name)), *events]))
    with atomic_file(path) as temporary:
        file.save(str(temporary))


def _tempo_track(notes: Notes) -> mido.MidiTrack:
    import mido

    seconds, count = notes.pickup
    bars = [(seconds, Fraction(count, PICKUP_DENOMINATOR))] if count else []
    bars.append((60 * QUARTERS_PER_BAR / notes.tempo, Fraction(QUARTERS_PER_BAR, 4)))
    events, tick = list[tuple[int, Any]](), 0
    for seconds, length in bars:
        numerator, denominator = (4, 4) if length == 1 else length.as_integer_ratio()
        events.append((tick, mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator)))
        events.append((tick, mido.MetaMessage("set_tempo", tempo=round(1e6 * seconds / float(4 * length)))))
        tick += int(4 * TICKS_PER_QUARTER * length)
    return _track(events)


def _note_events(notes: Notes, placed: list[PlacedNote], channel: int, program: int) -> Events:
    import mido

    events: Events = [(0, mido.Message("program_change", program=program, channel=channel))]
    events += bend_messages(notes, placed, channel)
    for first, last, note in placed:
        events.append((first, mido.Message("note_on", note=note.pitch, velocity=note.velocity, channel=channel)))
        events.append((last, mido.Message("note_off", note=note.pitch, channel=channel)))
    return events


def _track(events: Events) -> mido.MidiTrack:
    """A MIDI track: times are ticks since the event before; at the same tick, notes begin after all other events."""
    import mido

    track, now = mido.MidiTrack(), 0
    for tick, message in sorted(events, key=lambda e: (e[0], e[1].type == "note_on")):
        track.append(message.copy(time=tick - now))
        now = tick
    return track


def read_notes(path: Path) -> Notes:
    """The pitched notes of a MIDI file, with their pitch bends. Drums and notes of no length are left out.

    Times follow all tempo changes of the file, on any track. A note that is never ended lasts until the next note of
    its channel and pitch, or else until the end of its track.

    Bends that `write_notes` wrote are read back as they were, within the resolution of the pitch wheel (1/4096
    semitone). Other pitch wheel messages are sampled at equal steps of at most `pitch_bends.STEP` seconds.

    Raises:
        MediaError: the file cannot be read, is not a MIDI file, or holds several pieces of music (format 2).
    """
    import mido

    from reimagine.media.files import check_readable

    check_readable(path)
    try:
        file = mido.MidiFile(file=io.BytesIO(read_midi_bytes(path)))
        events = [_absolute(track) for track in file.tracks]
        clock = MidiClock.of_file(file.ticks_per_beat, events)
        check_events(events, clock)
    except MediaError:
        raise
    except Exception as error:  # mido raises errors of many kinds for damaged files
        raise MediaError(f"{path}: not a MIDI file, or damaged ({str(error) or 'it breaks off'})") from error
    if file.type == INDEPENDENT_TRACKS and len(events) > 1:
        raise MediaError(f"{path}: MIDI format 2, {len(events)} independent pieces; save one of them as format 0 or 1")
    notes = Notes(tuple(sorted(_bent_notes(path, events, clock))))
    tempo, beat = clock.tempo_and_beat(notes.seconds, _first_bar_change(events))
    return replace(notes, tempo=tempo, beat=beat)


def _absolute(track: mido.MidiTrack) -> Events:
    """The messages of a track with their times in ticks since its start."""
    now, events = 0, []
    for message in track:
        now += message.time
        events.append((now, message))
    return events


def _first_bar_change(events: list[Events]) -> int:
    """The tick of the second time signature; 0 if there is none."""
    ticks = sorted({tick for track in events for tick, message in track if message.type == "time_signature"})
    return ticks[1] if len(ticks) > 1 and ticks[0] == 0 else 0


def _bent_notes(path: Path, events: list[Events], clock: MidiClock) -> Iterator[Note]:
    """The notes of all tracks, with their pitch bends."""
    wheels = wheel_events(events)
    voices = [_voice(track) for track in events]
    found = [(s, voice) for track, voice in zip(events, voices, strict=True) for s in sounded_notes(track)]
    durations = ((s.channel, clock.seconds(s.last) - clock.seconds(s.first)) for s, _ in found)
    try:
        check_bends(durations, wheels)
    except ValueError as error:
        raise MediaError(f"{path}: not a MIDI file, or damaged ({error})") from error
    for sounded, voice in found:
        start, end = clock.seconds(sounded.first), clock.seconds(sounded.last)
        bends = bends_of(wheels.get(sounded.channel), sounded.first, sounded.last, clock)
        yield Note(start, end, sounded.pitch, sounded.velocity, bends, voice)


def _voice(track: Events) -> str:
    """The voice that a track is named after; "" if it has another name, or none."""
    names = (str(message.name) for _, message in track if message.type == "track_name")
    return next((name for name in names if name in VOICES), "")


def write_notes_csv(path: Path, notes: Notes) -> None:
    """Write notes as CSV: start, end, pitch, velocity, bends in semitones (separated by spaces), and voice."""
    from reimagine.files import write_text_atomically

    rows = [
        f"{n.start:.3f},{n.end:.3f},{n.pitch},{n.velocity},{' '.join(f'{round(b, 4):g}' for b in n.bends)},{n.voice}"
        for n in notes
    ]
    write_text_atomically(path, "\n".join(["start,end,pitch,velocity,bends,voice", *rows]) + "\n")
