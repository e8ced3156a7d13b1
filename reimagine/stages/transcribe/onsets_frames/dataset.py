"""The training set: random music rendered with soundfonts, and excerpts of it with the network's targets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from reimagine.degradation.sound import random_wow, sound_operations
from reimagine.errors import MediaError
from reimagine.files import atomic_file
from reimagine.media import Notes
from reimagine.stages.transcribe.onsets_frames.music import random_music
from reimagine.stages.transcribe.onsets_frames.net import FIRST_PITCH, HOP, KEYS, RATE

PIECE_SECONDS = 40.0
"""Seconds of a rendered piece of music."""
FULL_SCALE = 32767
"""Stored value of a sample of amplitude 1."""
HELD_OUT = 20
"""One piece in this many is for validation."""
SPREAD = 3
"""Frames around an onset or an offset in which its target is above 0 (Kong et al. 2021, section III.B)."""
SOUNDFONTS = (".sf2", ".sf3")
"""Suffixes of soundfonts."""
PIANO = "piano"
"""A soundfont with this in its name holds pianos only."""
PIANO_PROGRAMS = range(4)
"""General MIDI programs of pianos."""
WORN_SHARE = 0.5
"""Share of the excerpts that have the damage of an optical sound track."""
DETUNED_CENTS = 40.0
"""Largest difference from 440 Hz tuning."""
LEVELS_DB = (-30.0, 0.0)
"""Levels of the excerpts."""
ROOM_SECONDS = (0.15, 1.2)
"""Shortest and longest reverberation time."""
EQ_DB = 9.0
"""Largest change of level by the equalizer, from one end of the spectrum to the other."""


class Piece(NamedTuple):
    """Rendered music: samples (n,) int16 at RATE, and (start, release, pitch, velocity) of its notes, (m, 4) float32.

    Notes end where their keys are released, as in the recordings of a player piano, also if a pedal prolongs them.
    """

    samples: np.ndarray
    notes: np.ndarray


class Example(NamedTuple):
    """An excerpt: samples (frames * HOP,) float32, and targets (frames, KEYS) float32 in 0..1."""

    samples: np.ndarray
    onsets: np.ndarray
    offsets: np.ndarray
    frames: np.ndarray
    velocities: np.ndarray


def find_soundfonts(path: Path) -> list[Path]:
    """The soundfont at a path, or those of a folder. Those with "piano" in their name are used for pianos only.

    Raises:
        MediaError: there is none.
    """
    fonts = sorted(p for p in path.glob("*") if p.suffix in SOUNDFONTS) if path.is_dir() else [path]
    if not all(font.is_file() for font in fonts) or all(PIANO in font.name.lower() for font in fonts):
        raise MediaError(f"{path}: no soundfont of all instruments there; give a .sf2 file, or a folder of them")
    return fonts


def collect_pieces(
    fonts: Sequence[Path], count: int, seed: int, folder: Path, message: Callable[[str], object] = print
) -> list[Piece]:
    """Compose and render pieces of music; they are stored in `folder` and reused.

    Args:
        message: told about every hundredth piece that is rendered.
    """
    folder.mkdir(exist_ok=True)
    pieces = []
    for number in range(count):
        path = folder / f"{seed}-{number:05d}.npz"
        if not path.exists():
            piece = render_piece(fonts, np.random.default_rng((seed, number)))
            with atomic_file(path) as temporary:
                np.savez(temporary, samples=piece.samples, notes=piece.notes)
            if number % 100 == 0:
                message(f"rendered {number} of {count} pieces")
        with np.load(path) as stored:
            pieces.append(Piece(stored["samples"], stored["notes"]))
    return pieces


def render_piece(fonts: Sequence[Path], rng: np.random.Generator) -> Piece:
    """Compose and render one piece."""
    from reimagine.media.fluidsynth import render

    length = round(PIECE_SECONDS * RATE)
    mixed, rows = np.zeros(length, np.float32), []
    for part in random_music(rng, PIECE_SECONDS):
        able = [font for font in fonts if part.program in PIANO_PROGRAMS or PIANO not in font.name.lower()]
        font = able[int(rng.integers(len(able)))]
        samples = render(Notes(part.notes), font, part.program, RATE).mono()[:length]
        if not (peak := float(np.abs(samples).max(initial=0))):
            continue
        mixed[: len(samples)] += samples * np.float32(rng.uniform(0.4, 1) / peak)
        released = zip(part.notes, part.releases, strict=True)
        rows += [(n.start, release, n.pitch, n.velocity) for n, release in released]
    mixed *= 0.99 / max(0.99, float(np.abs(mixed).max()))
    return Piece((mixed * FULL_SCALE).astype(np.int16), np.array(rows, np.float32).reshape(-1, 4))


def split(pieces: list[Piece]) -> tuple[list[Piece], list[Piece]]:
    """Pieces for training and for validation."""
    return [p for n, p in enumerate(pieces) if n % HELD_OUT], pieces[::HELD_OUT]


def examples(pieces: Sequence[Piece], frames: int, seed: int) -> Iterator[Example]:
    """Random excerpts of `frames` frames, without end."""
    rng = np.random.default_rng(seed)
    while True:
        piece = pieces[int(rng.integers(len(pieces)))]
        first = int(rng.integers(0, max(1, len(piece.samples) - 2 * frames * HOP)))
        yield excerpt(piece, first, frames, rng, rng.random() < WORN_SHARE)


def excerpt(piece: Piece, first: int, frames: int, rng: np.random.Generator, worn: bool) -> Example:
    """An excerpt from sample `first` on, with random tuning, room, equalizer, damage and level."""
    ratio = 2 ** (rng.uniform(-DETUNED_CENTS, DETUNED_CENTS) / 1200) if rng.random() < 0.5 else 1.0
    length = frames * HOP
    taken = piece.samples[first : first + int(length * ratio) + 2].astype(np.float32) / FULL_SCALE
    taken = np.pad(taken, (0, max(0, int(length * ratio) + 2 - len(taken))))
    samples = np.interp(np.arange(length) * ratio, np.arange(len(taken)), taken) if ratio != 1 else taken[:length]
    samples = _in_room(samples.astype(np.float32), rng)
    level = float(np.sqrt(np.square(samples).mean())) + 1e-4
    operations = sound_operations("optical", rng, RATE, level) if worn else []
    if not worn and rng.random() < 0.2:
        operations = [random_wow(rng, RATE, 0.5)]
    for operation in operations:
        samples = operation(samples[None], 0)[0]
    gain = 10 ** (rng.uniform(*LEVELS_DB) / 20) / max(1e-3, float(np.abs(samples).max()))
    notes = piece.notes.copy()
    notes[:, :2] = (notes[:, :2] - first / RATE) / ratio
    return Example(np.float32(gain) * samples, *targets(notes, frames))


def _in_room(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The samples (n,) in a random room, through a random equalizer."""
    from scipy.fft import irfft, next_fast_len, rfft, rfftfreq

    length = len(samples)
    size = next_fast_len(2 * length, real=True)
    spectrum = np.asarray(rfft(samples, size))
    if rng.random() < 0.7:
        tail = int(rng.uniform(*ROOM_SECONDS) * RATE)
        response = rng.standard_normal(tail, np.float32) * np.exp(-6.9 * np.arange(tail, dtype=np.float32) / tail)
        response *= np.float32(rng.uniform(0, 0.6) / np.sqrt(np.square(response).sum()))
        response[0] = 1
        spectrum = spectrum * np.asarray(rfft(response, size))
    octaves = np.log2(np.maximum(rfftfreq(size, 1 / RATE), 20) / 632)
    slope = rng.uniform(-EQ_DB, EQ_DB) / 10
    curve = slope * octaves + 3 * np.sin(octaves * rng.uniform(0.5, 2) + rng.uniform(0, 6.3)) * rng.random()
    return np.asarray(irfft(spectrum * (10 ** (curve / 20)).astype(np.float32), size), np.float32)[:length]


def targets(notes: np.ndarray, frames: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Targets of onsets, offsets, frames and velocities, (frames, KEYS) float32 each.

    Onsets and offsets are 1 at their time and fall to 0 within SPREAD frames, linearly, so that the network states
    times more exactly than frames (Kong et al. 2021, section III.B).

    Args:
        notes: (m, 4) start and end in seconds from the first frame, pitch, velocity.
    """
    onsets, offsets, sounding, velocities = (np.zeros((frames, KEYS), np.float32) for _ in range(4))
    position = notes[:, :2] * RATE / HOP
    keys = notes[:, 2].astype(int) - FIRST_PITCH
    inside = (position[:, 1] > -SPREAD) & (position[:, 0] < frames + SPREAD) & (keys >= 0) & (keys < KEYS)
    for (start, end), key, velocity in zip(position[inside], keys[inside], notes[inside, 3], strict=True):
        for target, centre in ((onsets, start), (offsets, end)):
            near = np.arange(max(0, int(np.ceil(centre - SPREAD))), min(frames, int(centre + SPREAD) + 1))
            value = 1 - np.abs(near - centre) / SPREAD
            target[near, key] = np.maximum(target[near, key], value)
            if target is onsets:
                velocities[near, key] = velocity / 127
        sounding[max(0, round(start)) : max(0, min(frames, round(end))), key] = 1
    return onsets, offsets, sounding, velocities
