"""Notes: what a transcriber hears and an instrument plays. MIDI and CSV on disk."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reimagine.errors import MediaError

if TYPE_CHECKING:
    import mido

TICKS_PER_QUARTER = 960
"""MIDI ticks a quarter note."""
PITCHED_CHANNELS = [n for n in range(16) if n != 9]
"""All but that of the drums."""


@dataclass(frozen=True, order=True)
class Note:
    """One note: seconds, MIDI pitch (60 is middle C), velocity 1..127; how its pitch bends, semitones
    at even steps from its start to its end."""

    start: float
    end: float
    pitch: int
    velocity: int = 90
    bends: tuple[float, ...] = ()


@dataclass(frozen=True)
class Notes:
    """Notes in order of time, and what gives them bars: the tempo (quarter notes a minute) and the
    seconds to the first beat. `cuts` are the moments, in seconds, at which the film's shots begin,
    `length` how long it is; neither is known of notes on their own."""

    notes: tuple[Note, ...]
    tempo: float = 120.0
    beat: float = 0.0
    cuts: tuple[float, ...] = ()
    length: float = 0.0

    def __iter__(self) -> Iterator[Note]:
        return iter(self.notes)

    def __len__(self) -> int:
        return len(self.notes)

    @property
    def seconds(self) -> float:
        return max((n.end for n in self.notes), default=0.0)

    def repeated(self, period: float) -> Notes:
        """Once more from the beginning every `period` seconds, until `length`; what is sounding then ends."""
        times = range(math.ceil(self.length / period)) if period > 0 else range(1)
        again = (
            replace(n, start=n.start + k * period, end=min(n.end + k * period, self.length))
            for k in times
            for n in self.notes
        )
        return replace(self, notes=tuple(n for n in again if n.start < self.length))

    def tick(self, second: float) -> int:
        """A moment as MIDI counts it; the first bar ends at the first beat."""
        if self.beat > 0.05:
            second -= self.beat
            if second < 0:
                return max(0, round(4 * TICKS_PER_QUARTER * (1 + second / self.beat)))
        bar = 4 * TICKS_PER_QUARTER if self.beat > 0.05 else 0
        return bar + round(second * self.tempo / 60 * TICKS_PER_QUARTER)


def write_notes(path: Path, notes: Notes, program: int = 0) -> None:
    """A standard MIDI file, whole or absent; `program` is the General MIDI instrument.

    Before the first beat lies one bar of another tempo, so that bars begin on beats. Notes that bend
    get a channel for each pitch, since a bend holds for a whole channel.
    """
    import mido

    from reimagine.media.files import replace_atomically

    file = mido.MidiFile(ticks_per_beat=TICKS_PER_QUARTER)
    file.tracks.append(_tempo_track(notes))
    voices: dict[int, list[Note]] = {}
    for note in notes:
        voices.setdefault(PITCHED_CHANNELS[1 + note.pitch % 14] if note.bends else 0, []).append(note)
    for channel, own in voices.items():
        file.tracks.append(_track(own, notes, channel, program))
    temporary = path.with_name("." + path.name)
    file.save(str(temporary))
    replace_atomically(temporary, path)


def _tempo_track(notes: Notes) -> mido.MidiTrack:
    import mido

    lead = [(0, mido.bpm2tempo(240 / notes.beat))] if notes.beat > 0.05 else []
    tempi = [*lead, (4 * TICKS_PER_QUARTER if lead else 0, mido.bpm2tempo(notes.tempo))]
    events = [(tick, mido.MetaMessage("set_tempo", tempo=tempo)) for tick, tempo in tempi]
    return _in_order([(0, mido.MetaMessage("time_signature", numerator=4, denominator=4)), *events])


def _track(own: list[Note], notes: Notes, channel: int, program: int) -> mido.MidiTrack:
    import mido

    events: list[tuple[int, Any]] = [(0, mido.Message("program_change", program=program, channel=channel))]
    for n in own:
        first, last = notes.tick(n.start), notes.tick(n.end)
        for place, bend in enumerate(n.bends):
            tick = first + (last - first) * place // len(n.bends)
            turn = max(-8192, min(8191, round(bend * 4096)))
            events.append((tick, mido.Message("pitchwheel", pitch=turn, channel=channel)))
        if n.bends:
            events.append((last, mido.Message("pitchwheel", pitch=0, channel=channel)))
        events.append((first, mido.Message("note_on", note=n.pitch, velocity=n.velocity, channel=channel)))
        events.append((max(last, first + 1), mido.Message("note_off", note=n.pitch, channel=channel)))
    return _in_order(events)


def _in_order(events: list[tuple[int, Any]]) -> mido.MidiTrack:
    """Ticks from the start -> ticks from the event before; at one moment, ends come first."""
    import mido

    track, now = mido.MidiTrack(), 0
    for tick, message in sorted(events, key=lambda e: (e[0], e[1].type == "note_on")):
        track.append(message.copy(time=tick - now))
        now = tick
    return track


def read_notes(path: Path) -> Notes:
    """Every pitched note of a MIDI file; drums are left out, zero-length notes too."""
    import pretty_midi

    from reimagine.media.files import check_readable

    check_readable(path)
    try:
        midi = pretty_midi.PrettyMIDI(str(path))
    except Exception as error:
        raise MediaError(f"{path}: not a MIDI file, or damaged ({error or 'it breaks off'})") from error
    when, tempi = midi.get_tempo_changes()
    beat = float(when[1]) if len(when) == 2 else 0.0
    notes = sorted(
        Note(n.start, n.end, n.pitch, max(1, n.velocity))
        for track in midi.instruments
        if not track.is_drum
        for n in track.notes
        if n.end > n.start
    )
    return Notes(tuple(notes), float(tempi[-1]) if len(tempi) else 120.0, beat)


def write_notes_csv(path: Path, notes: Notes) -> None:
    """The same as CSV: start, end, pitch, velocity."""
    from reimagine.media.files import write_text_atomically

    rows = [f"{n.start:.3f},{n.end:.3f},{n.pitch},{n.velocity}" for n in notes]
    write_text_atomically(path, "\n".join(["start,end,pitch,velocity", *rows]) + "\n")
