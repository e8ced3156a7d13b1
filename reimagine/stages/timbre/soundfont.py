"""Sampled instruments of a soundfont, rendered by fluidsynth."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from reimagine.errors import StageError, unknown_name
from reimagine.options import Range
from reimagine.stages.contract import Counts, SynthesisModel, Synthesizer

if TYPE_CHECKING:
    from reimagine.media import Notes, Sound

DEFAULT_SOUNDFONTS = (Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"), Path("/usr/share/soundfonts/FluidR3_GM.sf2"))
"""Where Debian and Fedora install FluidR3."""
PROGRAMS = 128
"""General MIDI programs."""
RATE = 48000
"""Hz. Sample rate of the result."""


@dataclass(frozen=True)
class Soundfont(SynthesisModel):
    """Play the notes with an instrument of a .sf2 file, with fluidsynth. Follows pitch bends."""

    soundfont: Annotated[Path | None, "The .sf2 file [default: FluidR3_GM where Debian installs it]"] = None
    program: Annotated[int, "General MIDI program, 0 is a piano", Range(0, 127)] = 0
    version: ClassVar[int] = 2

    def check_installed(self) -> None:
        """Refuse to run without fluidsynth and a soundfont."""
        from reimagine.media.fluidsynth import find_fluidsynth

        self.font()
        find_fluidsynth()

    def font(self) -> Path:
        """The soundfont.

        Raises:
            StageError: none is given, and none is installed.
        """
        font = self.soundfont or next((path for path in DEFAULT_SOUNDFONTS if path.exists()), None)
        if font is None:
            raise StageError(
                "timbre: no soundfont found; give --soundfont FILE.sf2 (on Debian: apt install fluid-soundfont-gm)"
            )
        return font

    def load(self, device: str) -> Synthesizer:
        """Notes in, 48 kHz stereo sound out."""
        from reimagine.media.fluidsynth import render

        font = self.font()

        def synthesize(notes: Notes, counts: Counts | None = None, /) -> Sound:
            return render(notes, font, self.program, RATE)

        return synthesize


def program_name(program: int) -> str:
    """General MIDI's name of a program, such as "acoustic-grand-piano"."""
    import pretty_midi

    return "-".join(re.findall(r"[a-z0-9]+", pretty_midi.program_to_instrument_name(program).lower()))


def program_number(name: str) -> int:
    """The General MIDI program of this name.

    Raises:
        StageError: there is none; the nearest name is offered.
    """
    names = [program_name(n) for n in range(PROGRAMS)]
    if name not in names:
        raise StageError(unknown_name("General MIDI instrument", name, names))
    return names.index(name)
