"""Rendering of notes with the sampled instruments of a soundfont, by the program fluidsynth."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from reimagine.errors import StageError
from reimagine.media.audio.sound import Sound, read_sound
from reimagine.media.midi.notes import Notes, write_notes

GAIN = 0.5
"""Fluidsynth's gain; louder, and chords would clip."""


def find_fluidsynth() -> str:
    """Path of the program.

    Raises:
        StageError: it is not installed.
    """
    if tool := shutil.which("fluidsynth"):
        return tool
    raise StageError("fluidsynth is not installed (on Debian: apt install fluidsynth)")


def render(notes: Notes, font: Path, program: int, rate: int) -> Sound:
    """The notes played by one program of a soundfont, without reverberation and chorus; (2, n) float32 at `rate` Hz.

    Pitch bends reach fluidsynth in the MIDI file.

    Raises:
        StageError: fluidsynth is not installed, or cannot read the soundfont.
    """
    tool = find_fluidsynth()
    with tempfile.TemporaryDirectory() as folder:
        midi, wave = Path(folder) / "notes.mid", Path(folder) / "sound.wav"
        write_notes(midi, notes, program)
        command = [tool, *_options(wave, rate), str(font), str(midi)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode or not wave.exists() or "Failed to load" in done.stderr:
            raise StageError(f"fluidsynth could not play {font}: {done.stderr.strip()[:200]}")
        return read_sound(wave)


def _options(wave: Path, rate: int) -> list[str]:
    """Fluidsynth's options: no shell and no MIDI input, quiet, a float WAV file, no reverberation, no chorus."""
    output = ["-ni", "-q", "-F", str(wave), "-T", "wav", "-O", "float", "-r", str(rate)]
    only_used_samples = ["-o", "synth.dynamic-sample-loading=1"]
    return [*output, *only_used_samples, "-g", str(GAIN), "-R", "0", "-C", "0"]
