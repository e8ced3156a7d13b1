"""Notes: what a transcriber hears and an instrument plays. MIDI and CSV on disk."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reimagine.errors import MediaError


@dataclass(frozen=True, order=True)
class Note:
    """One note: seconds, MIDI pitch (60 is middle C), velocity 1..127."""

    start: float
    end: float
    pitch: int
    velocity: int = 90


@dataclass(frozen=True)
class Notes:
    """Notes in order of time, and the tempo (quarter notes a minute) that gives them bars."""

    notes: tuple[Note, ...]
    tempo: float = 120.0

    def __iter__(self) -> Iterator[Note]:
        return iter(self.notes)

    def __len__(self) -> int:
        return len(self.notes)

    @property
    def seconds(self) -> float:
        return max((n.end for n in self.notes), default=0.0)


def write_notes(path: Path, notes: Notes, program: int = 0) -> None:
    """A standard MIDI file, whole or absent; `program` is the General MIDI instrument."""
    import pretty_midi

    from reimagine.media.writer import publish

    midi = pretty_midi.PrettyMIDI(initial_tempo=notes.tempo)
    track = pretty_midi.Instrument(program=program)
    track.notes = [pretty_midi.Note(n.velocity, n.pitch, n.start, n.end) for n in notes]
    midi.instruments.append(track)
    temporary = path.with_name("." + path.name)
    midi.write(str(temporary))
    publish(temporary, path)


def read_notes(path: Path) -> Notes:
    """Every pitched note of a MIDI file; drums are left out, zero-length notes too."""
    import pretty_midi

    from reimagine.media.reader import check

    check(path)
    try:
        midi = pretty_midi.PrettyMIDI(str(path))
    except Exception as error:
        raise MediaError(f"{path}: not a MIDI file, or damaged ({error})") from error
    tempi = midi.get_tempo_changes()[1]
    notes = sorted(
        Note(n.start, n.end, n.pitch, max(1, n.velocity))
        for track in midi.instruments if not track.is_drum for n in track.notes if n.end > n.start
    )  # fmt: skip
    return Notes(tuple(notes), float(tempi[0]) if len(tempi) else 120.0)


def write_table(path: Path, notes: Notes) -> None:
    """The same as CSV: start, end, pitch, velocity."""
    from reimagine.media.writer import write_text

    rows = [f"{n.start:.3f},{n.end:.3f},{n.pitch},{n.velocity}" for n in notes]
    write_text(path, "\n".join(["start,end,pitch,velocity", *rows]) + "\n")
