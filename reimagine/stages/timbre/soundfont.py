"""A sampled instrument from a soundfont, played by fluidsynth: the baseline everyone knows."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from reimagine.errors import StageError, unknown_name

if TYPE_CHECKING:
    from reimagine.media import Notes, Sound

USUAL = (Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"), Path("/usr/share/soundfonts/FluidR3_GM.sf2"))


@dataclass(frozen=True)
class Soundfont:
    """Play the notes with an instrument of a .sf2 file, through fluidsynth."""

    soundfont: Annotated[Path | None, "The .sf2 file [default: FluidR3_GM where Debian keeps it]"] = None
    program: Annotated[int, "General MIDI program, 0 (a piano) to 127"] = 0
    version: ClassVar[int] = 1

    def load(self, device: str) -> Callable[[Notes], Sound]:
        """Notes in, 48 kHz stereo sound out."""
        font = self.soundfont or next((p for p in USUAL if p.exists()), None)
        if font is None:
            raise StageError(
                "timbre: no soundfont found; give --soundfont FILE.sf2 (on Debian: apt install fluid-soundfont-gm)"
            )

        def play(notes: Notes) -> Sound:
            return rendered(notes, font, self.program, 48000)

        return play


def rendered(notes: Notes, font: Path, program: int, rate: int) -> Sound:
    """Dry: neither reverb nor chorus. (2, n) float32.

    Raises:
        StageError: fluidsynth is not installed, or does not take the soundfont.
    """
    from reimagine.media.notes import write_notes
    from reimagine.media.sound import read_sound

    tool = shutil.which("fluidsynth")
    if tool is None:
        raise StageError("timbre: fluidsynth is not installed (on Debian: apt install fluidsynth)")
    if not 0 <= program <= 127:
        raise StageError(f"timbre: program {program}; General MIDI has 0 to 127")
    with tempfile.TemporaryDirectory() as folder:
        midi, wave = Path(folder) / "notes.mid", Path(folder) / "sound.wav"
        write_notes(midi, notes, program)
        words = [
            tool,
            "-ni",
            "-q",
            "-F",
            str(wave),
            "-T",
            "wav",
            "-O",
            "float",
            "-r",
            str(rate),
            "-g",
            "0.5",
            "-R",
            "0",
            "-C",
            "0",
            str(font),
            str(midi),
        ]
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode or not wave.exists() or "Failed to load" in done.stderr:
            raise StageError(f"timbre: fluidsynth could not play {font}: {done.stderr.strip()[:200]}")
        return read_sound(wave)


def named(program: int) -> str:
    """General MIDI's name of a program, such as "acoustic-grand-piano"."""
    import pretty_midi

    return "-".join(re.findall(r"[a-z0-9]+", pretty_midi.program_to_instrument_name(program).lower()))


def program_of(name: str) -> int:
    known = [named(n) for n in range(128)]
    if name not in known:
        raise StageError(unknown_name("General MIDI instrument", name, known))
    return known.index(name)
