"""Running the steps that write sound or notes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from reimagine.errors import StageError
from reimagine.execution.job import Outcome, StepJob
from reimagine.media.audio.sound import Sound, write_sound
from reimagine.media.midi.limits import MAX_MIDI_BYTES
from reimagine.media.midi.notes import Notes, read_notes, write_notes, write_notes_csv
from reimagine.media.midi.voices import with_voices
from reimagine.runs.step import ARTIFACTS
from reimagine.runs.tracks import FilmTracks
from reimagine.stages.contract import Counts, TranscriptionModel

LONGEST_MUSIC = 12 * 3600
"""Seconds of music that are synthesized at most; longer times in a MIDI file are damage."""
LONGEST_NOTE = 60.0
"""Seconds of a note that are synthesized at most: few instruments sustain longer, and a note is held in memory."""


def transcribe(job: StepJob, folder: Path) -> Outcome:
    """Sound to notes. The notes of a MIDI file are copied."""
    counts = Counts()
    return _write_notes(folder, transcribed_notes(job.run.tracks, job.model, job.device, counts), counts)


def transcribed_notes(
    tracks: FilmTracks, model: TranscriptionModel, device: str, counts: Counts | None = None
) -> Notes:
    """The notes of the latest sound, or of the MIDI file that the film is."""
    if tracks.film.is_score:
        return read_notes(Path(tracks.film.source))
    return model.load(device)(_input_sound(tracks, model.sample_rate), counts)


def compose(job: StepJob, folder: Path) -> Outcome:
    """Notes to notes; the input may be empty."""
    counts = Counts()
    return _write_notes(folder, job.model.load(job.device)(input_notes(job.run.tracks), counts), counts)


def synthesize(job: StepJob, folder: Path) -> Outcome:
    """Notes to sound. Where a continuation made the picture longer, the notes are repeated."""
    counts = Counts()
    notes = notes_to_play(job.run.tracks, job.stage)
    write_sound(folder / ARTIFACTS["sound"], job.model.load(job.device)(notes, counts))
    return Outcome(counts=Counts({name: value for name, value in counts.items() if value}))


def notes_to_play(tracks: FilmTracks, stage: str) -> Notes:
    """The notes for a synthesis, repeated where a continuation made the picture longer.

    Raises:
        StageError: there are none, or they last too long.
    """
    notes = input_notes(tracks)
    if not len(notes):
        raise StageError(f"{stage}: no notes were found in this sound; the film keeps its own sound")
    if notes.seconds > LONGEST_MUSIC:
        hours, limit = notes.seconds / 3600, LONGEST_MUSIC // 3600
        raise StageError(
            f"{stage}: the last note ends after {hours:.1f} hours, and {limit} is the most; divide the notes"
        )
    if tracks.film.frames and notes.length > tracks.film.seconds:
        notes = notes.repeated(tracks.film.seconds)
    return notes.shortened(LONGEST_NOTE)


def mix(job: StepJob, folder: Path) -> Outcome:
    """The film's own sound and the new one to one sound."""
    tracks = job.run.tracks
    new = tracks.new_sound()
    assert new is not None, "checked before the step"
    mixed = job.model.load(job.device)(tracks.original_sound(), new)
    write_sound(folder / ARTIFACTS["sound"], mixed)
    return Outcome()


def input_notes(tracks: FilmTracks) -> Notes:
    """The latest notes with the film's length and cuts, in seconds; no notes if there are none yet."""
    film = tracks.film
    path = tracks.artifact("notes") or (Path(film.source) if film.is_score else None)
    notes = read_notes(path) if path else Notes(())
    if not film.frames:
        return replace(notes, length=film.seconds) if film.sounds else notes
    cuts = tuple(float(film.time(shot.start)) for shot in tracks.current_shots)
    return replace(notes, cuts=cuts, length=tracks.seconds)


def _input_sound(tracks: FilmTracks, rate: int | None) -> Sound:
    """The latest sound; mono at `rate`, if a rate is given."""
    rate_and_channels = (rate, 1) if rate else (None, None)
    return tracks.new_sound(*rate_and_channels) or tracks.original_sound(*rate_and_channels)


def _write_notes(folder: Path, notes: Notes, counts: Counts) -> Outcome:
    notes = with_voices(notes)
    path = folder / ARTIFACTS["notes"]
    write_notes(path, notes)
    if path.stat().st_size > MAX_MIDI_BYTES:  # the next step could not read it
        counts.add("notes without their pitch bends", len(notes))
        write_notes(path, replace(notes, notes=tuple(replace(note, bends=()) for note in notes)))
    write_notes_csv(folder / "notes.csv", notes)
    counts.add("notes", len(notes))
    return Outcome(counts=counts)
