"""Sound files for an audio workstation: the voices of a run's new music, the stems of the film's own sound."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from reimagine import recipe
from reimagine.errors import StageError
from reimagine.execution.sound import notes_to_play
from reimagine.media.audio.sound import Sound, read_sound, write_sound
from reimagine.media.audio.stems import separate
from reimagine.media.midi.notes import VOICES
from reimagine.media.midi.voices import with_voices
from reimagine.runs.folder import Run
from reimagine.runs.step import ARTIFACTS, read_options
from reimagine.stages.contract import Kind


def export_stems(run: Run, into: Path) -> list[Path]:
    """Write harmonic.wav, percussive.wav and hiss.wav, whose sum is the film's own sound; return their paths.

    Raises:
        StageError: the film has no sound.
    """
    if not run.film.sounds:
        raise StageError(f"--export-stems: {run.film.source} has no sound track; leave it out")
    into.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, sound in separate(run.tracks.original_sound()).items():
        paths.append(into / f"{name}.wav")
        write_sound(paths[-1], sound)
    return paths


def export_voices(run: Run, into: Path, device: str) -> list[Path]:
    """Write melody.wav, middle.wav and bass.wav of the last synthesis of a run; those that have notes.

    Models scale their sound, so the levels are those whose sum is nearest to the synthesis of all voices (least
    squares): the files together sound as the run's music does before the mix.

    Args:
        run: a run with a synthesis step.
        into: the folder to write to; it is created if it does not exist.
        device: a torch device.

    Returns:
        The paths that were written.
    """
    tracks = run.tracks
    number = max(n for n, step in enumerate(tracks.steps) if step.row.kind is Kind.SYNTHESIS)
    step = tracks.steps[number]
    folder = run.folder / step.folder
    play = recipe.build(step.stage, step.model, read_options(folder)).load(device)
    notes = with_voices(notes_to_play(replace(tracks, steps=tracks.steps[:number]), step.stage))
    whole = read_sound(folder / ARTIFACTS["sound"])
    voices = {name: notes.of_voice(name) for name in VOICES}
    sounds = {name: _samples(play(part), whole) for name, part in voices.items() if len(part)}
    gains, *_ = np.linalg.lstsq(np.stack([s.ravel() for s in sounds.values()], 1), whole.samples.ravel(), rcond=None)
    into.mkdir(parents=True, exist_ok=True)
    written = []
    for (name, samples), gain in zip(sounds.items(), gains, strict=True):
        written.append(into / f"{name}.wav")
        write_sound(written[-1], Sound(samples * np.float32(gain), whole.rate))
    return written


def _samples(sound: Sound, whole: Sound) -> np.ndarray:
    """The samples with the channels, rate and length of another sound: silence is added at the end, or cut off."""
    samples = sound.at_rate(whole.rate).samples[:, : whole.length]
    return np.pad(samples, ((0, 0), (0, whole.length - samples.shape[1])))
