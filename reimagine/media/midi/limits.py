"""Limits of MIDI files: what lies beyond them is damage, or would take more memory than machines have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reimagine.errors import MediaError
from reimagine.media.midi.events import ends_all_notes

if TYPE_CHECKING:
    from reimagine.media.midi.clock import MidiClock
    from reimagine.media.midi.notes import Events
    from reimagine.media.midi.pitch_bends import WheelEvents

MAX_MIDI_SECONDS = 1_000_000
"""Duration of the music of a MIDI file, at most; what plays it has limits of its own."""
MAX_MIDI_BYTES = 7 << 20
"""Size of a MIDI file, at most: three hours of two voices with pitch bends have 5 MB."""
MAX_NOTES = 300_000
"""Notes of a MIDI file, at most."""
MAX_BENT_SECONDS = 100_000
"""Durations of the notes with pitch bends, at most, in total: a bend is sampled every 0.01 s."""
MAX_SILENCINGS = 20_000
"""Messages of a MIDI file that end all notes of a channel, at most."""
LONG_NUMBER = re.compile(rb"[\x80-\xff]{4097}")
"""Bytes that a MIDI reader takes for a number of thousands of digits."""


def read_midi_bytes(path: Path) -> bytes:
    """The contents of a MIDI file.

    Raises:
        MediaError: the file is too large.
        ValueError: it holds numbers that no MIDI file has.
    """
    if path.stat().st_size > MAX_MIDI_BYTES:
        raise MediaError(
            f"{path}: is larger than {MAX_MIDI_BYTES >> 20} MB, too many notes to be played; divide the file"
        )
    data = path.read_bytes()
    if LONG_NUMBER.search(data):
        raise ValueError("a time of too many digits")
    return data


def check_events(tracks: Sequence[Events], clock: MidiClock) -> None:
    """Refuse the messages of a MIDI file if they are too many, or too late.

    Raises:
        ValueError: there are too many notes or messages.
    """
    last = max((track[-1][0] for track in tracks if track), default=0)
    if last.bit_length() > 63 or not clock.seconds(last) <= MAX_MIDI_SECONDS:
        raise ValueError(f"it ends after more than {MAX_MIDI_SECONDS} s")
    count = sum(message.type == "note_on" and message.velocity > 0 for track in tracks for _, message in track)
    if count > MAX_NOTES:
        raise ValueError(f"it has {count} notes, and the limit is {MAX_NOTES}")
    silencings = sum(ends_all_notes(message) for track in tracks for _, message in track)
    if silencings > MAX_SILENCINGS:
        raise ValueError(f"it ends all notes {silencings} times, and the limit is {MAX_SILENCINGS}")


def check_bends(durations: Iterable[tuple[int, float]], wheels: dict[int, WheelEvents]) -> None:
    """Refuse notes whose pitch bends would have too many samples.

    Args:
        durations: channel and seconds of each note.
        wheels: the pitch wheel of each channel that has one.

    Raises:
        ValueError: they are too long in total.
    """
    bent = sum(seconds for channel, seconds in durations if channel in wheels)
    if bent > MAX_BENT_SECONDS:
        raise ValueError(f"its notes with pitch bends last {bent:.0f} s in total, and the limit is {MAX_BENT_SECONDS}")
