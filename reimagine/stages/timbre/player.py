"""Renders notes with instruments that are latents: schedule, octave folding, panning, room reverberation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from reimagine.media import Note, Notes, Sound
from reimagine.media.audio.samples import store
from reimagine.media.midi.voices import with_voices
from reimagine.stages.contract import Counts
from reimagine.stages.timbre.accumulation import accumulated
from reimagine.stages.timbre.instruments import Latent, instrument_schedules

RATE = 48000
"""Hz. Sample rate of the result."""
NOTES_PER_BATCH = 32
"""Notes per network call; bounds the memory."""
MAX_RELEASE = 3.0
"""Seconds of sound after the end of the last note."""
PAN_WIDTH = 0.35
"""Panning of notes PAN_RANGE from PAN_CENTRE, as a fraction of hard left or hard right."""
PAN_CENTRE = 60
"""MIDI pitch in the centre of the stereo field (middle C)."""
PAN_RANGE = 36
"""Semitones from the middle from which on panning no longer increases (three octaves)."""
REVERB_TIME = 0.9
"""Seconds in which the reverberation drops by 60 dB; that of a large living room."""
PRE_DELAY = 0.012
"""Seconds until the reverberation starts (4 m to the nearest wall)."""
REVERB_GAIN = 3
"""Root of the reverberation's energy at `room` 1, relative to the dry sound."""
SILENCE = 1e-5
"""Amplitude (full scale is 1) below which the end of the result is cut off."""
PEAK = 0.5
"""Peak amplitude of the result; the mix sets the final level."""
MOVED = "notes moved by octaves"
"""Count in the report: notes outside the instruments' range, moved into it by octaves."""


class Instruments(Protocol):
    """A space of instruments, and a synthesizer for its points."""

    @property
    def latents(self) -> Mapping[str, Latent]:
        """The named instruments."""
        ...

    @property
    def pitch_range(self) -> tuple[int, int]:
        """Lowest and highest MIDI pitch."""
        ...

    def random_latent(self, rng: np.random.Generator) -> Latent:
        """A random instrument."""
        ...

    def synthesize(self, notes: Sequence[Note], latents: Sequence[Latent]) -> Iterator[np.ndarray]:
        """The wave of each note, (n,) float32 at RATE, played with the latent at the same index."""
        ...


class InstrumentOptions(Protocol):
    """The options shared by the models whose instruments are latents."""

    @property
    def instruments(self) -> str:
        """The schedule, see `instrument_schedules`."""
        ...

    @property
    def change_every(self) -> float:
        """Seconds from one random instrument to the next."""
        ...

    @property
    def seed(self) -> int:
        """Seed of the random instruments."""
        ...

    @property
    def at_cuts(self) -> bool:
        """Whether instruments change at the film's cuts only."""
        ...

    @property
    def room(self) -> float:
        """Level of the reverberation, 0..1."""
        ...


class Player:
    """Notes in, stereo sound at RATE out, with a peak of PEAK. A `Synthesizer` of the stage contract."""

    def __init__(self, instruments: Instruments, options: InstrumentOptions) -> None:
        self.instruments, self.options = instruments, options

    def __call__(self, notes: Notes, counts: Counts | None = None, /) -> Sound:
        """The sound of the notes. The number of notes moved by octaves is added to `counts`."""
        rng = np.random.default_rng(self.options.seed)
        schedules = instrument_schedules(
            self.options.instruments,
            self.instruments.latents,
            lambda: self.instruments.random_latent(rng),
            notes.seconds,
            self.options.change_every,
            notes.cuts if self.options.at_cuts else (),
        )
        if len(schedules) > 1:
            notes = with_voices(notes)
        ordered = sorted(notes, key=lambda note: note.start)
        folded = [fold_octaves(note, *self.instruments.pitch_range) for note in ordered]
        moved = sum(a.pitch != b.pitch for a, b in zip(ordered, folded, strict=True))
        if counts is not None and moved:
            counts.add(MOVED, moved)
        latents = [schedules.get(note.voice, schedules[""]).at(note.start) for note in folded]
        waves = self.instruments.synthesize(folded, latents)
        placed = ((int(note.start * RATE), panned(note, wave)) for note, wave in zip(folded, waves, strict=True))
        blocks = accumulated(placed, int((notes.seconds + MAX_RELEASE) * RATE), 2)
        return finish(store(reverberated(blocks, self.options.room), RATE, 2))


def batches(notes: Sequence[Note], latents: Sequence[Latent]) -> Iterator[tuple[Sequence[Note], Sequence[Latent]]]:
    """The notes and their latents, NOTES_PER_BATCH at a time."""
    for first in range(0, len(notes), NOTES_PER_BATCH):
        yield notes[first : first + NOTES_PER_BATCH], latents[first : first + NOTES_PER_BATCH]


def fold_octaves(note: Note, lowest: int, highest: int) -> Note:
    """The note, moved by as few octaves as bring it into the range `lowest` to `highest`; its bends stay."""
    pitch = note.pitch + 12 * max(0, -((note.pitch - lowest) // 12))
    pitch -= 12 * max(0, -((highest - pitch) // 12))
    return replace(note, pitch=pitch)


def panned(note: Note, wave: np.ndarray) -> np.ndarray:
    """A note's wave (n,) in stereo (2, n), panned by pitch: low notes left, as for a pianist."""
    angle = (1 + PAN_WIDTH * np.clip((note.pitch - PAN_CENTRE) / PAN_RANGE, -1, 1)) * np.pi / 4
    return np.stack([np.float32(np.cos(angle)) * wave, np.float32(np.sin(angle)) * wave])


def finish(sound: Sound) -> Sound:
    """The sound without the silence at its end, scaled to PEAK."""
    end, peak = 0, 0.0
    for first, _, block in sound.pieces(0):
        level = np.abs(block).max(0)
        audible = np.flatnonzero(level > SILENCE)
        end = first + int(audible[-1]) + 1 if len(audible) else end
        peak = max(peak, float(level.max()))
    gain = np.float32(PEAK / peak) if end else np.float32(1)
    return sound.cut(0, end).mapped(lambda block, _: block * gain)


def reverberated(blocks: Iterable[np.ndarray], room: float) -> Iterator[np.ndarray]:
    """Consecutive blocks (2, n) with reverberation of level `room`, by overlap-add."""
    from scipy.signal import oaconvolve

    if room <= 0:
        yield from blocks
        return
    response = np.float32(room) * _impulse_response()
    tail = np.zeros((2, response.shape[1] - 1), np.float32)
    for block in blocks:
        wet = oaconvolve(block, response, axes=1)
        wet[:, : tail.shape[1]] += tail
        count = block.shape[1]
        tail = wet[:, count:]
        yield block + wet[:, :count]


def _impulse_response() -> np.ndarray:
    """Exponentially decaying, low-pass filtered noise (Moorer 1979), (2, n) float32."""
    time = np.arange(int(REVERB_TIME * RATE)) / RATE
    noise = np.random.default_rng(0).standard_normal((2, len(time)))
    filtered = np.stack([np.convolve(channel, np.hanning(14), "same") for channel in noise])
    decay = np.exp(-6.9 * time / REVERB_TIME)  # 6.9 = ln 1000, 60 dB
    response = np.pad(filtered * decay, ((0, 0), (int(PRE_DELAY * RATE), 0)))
    response /= np.sqrt(np.square(response).sum(1, keepdims=True)) / REVERB_GAIN
    return response.astype(np.float32)
