"""The training set: the analysed notes of a soundfont's instruments, one file per instrument."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from reimagine.errors import MediaError
from reimagine.files import atomic_file
from reimagine.stages.timbre.additive import FLOOR_DB, HARMONICS
from reimagine.stages.timbre.harmonic.analysis import VELOCITIES, analyze_note, render_notes
from reimagine.stages.timbre.harmonic.net import MIN_INHARMONICITY
from reimagine.stages.timbre.soundfont import PROGRAMS, program_name

LEVEL_STEP = 0.4
"""dB per unit of the stored levels: 8 bits cover 102 dB."""
REFERENCE_DB = 20
"""Instruments are normalized so that their partials at medium velocity peak at -REFERENCE_DB."""
REFERENCE_PITCHES = (48, 72)
"""MIDI pitches, the two octaves around middle C, over which the normalization takes the median."""
SILENT_STEPS = 110
"""Notes this far below an instrument's loudest (44 dB, in stored units) are outside the range of its samples."""


@dataclass(frozen=True)
class Examples:
    """Notes of all instruments.

    Attributes:
        levels: (N, HARMONICS + NOISE_BANDS, len(TIMES)) uint8, LEVEL_STEP dB above FLOOR_DB.
        parameters: (N, 2) float32: log10 of inharmonicity + MIN_INHARMONICITY, log10 of the release rate.
        keys: (N, 3) int64: instrument, pitch, velocity.
    """

    levels: Tensor
    parameters: Tensor
    keys: Tensor


def parse_programs(programs: str) -> list[int]:
    """General MIDI programs of a list such as "0-2,5": [0, 1, 2, 5].

    Raises:
        MediaError: the list is malformed, or a program is above 127.
    """
    found: list[int] = []
    for piece in programs.split(","):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", piece.strip())
        if not match or int(match[2] or match[1]) >= PROGRAMS:
            raise MediaError(f"programs {programs!r}: not a list such as 0-7,40,73 (General MIDI has 0 to 127)")
        found += range(int(match[1]), int(match[2] or match[1]) + 1)
    return found


def collect_examples(
    font: Path, programs: Sequence[int], folder: Path, message: Callable[[str], object] = print
) -> Examples:
    """Render and analyse the instruments of a soundfont.

    The result for each instrument is stored in `folder` and reused.

    Args:
        message: receives the name of each instrument that is analysed.
    """
    folder.mkdir(exist_ok=True)
    parts: list[list[np.ndarray]] = []
    for number, program in enumerate(programs):
        path = folder / f"{program:03d}.npz"
        if not path.exists():
            message(program_name(program))
            levels, parameters, keys = _analyze_instrument(font, program)
            with atomic_file(path) as temporary:
                np.savez(temporary, levels=levels, facts=parameters, keys=keys)
        with np.load(path) as stored:
            keys = np.insert(stored["keys"], 0, number, 1)
            parts.append([stored["levels"], stored["facts"], keys])
    return Examples(*(torch.from_numpy(np.concatenate(arrays)) for arrays in zip(*parts, strict=True)))


def _analyze_instrument(font: Path, program: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Levels, parameters and (pitch, velocity) of an instrument's notes, normalized to a common loudness."""
    notes, parameters, keys = [], [], []
    for pitch, velocity, wave in render_notes(font, program):
        envelopes = analyze_note(wave, pitch)
        notes.append(envelopes.levels)
        parameters.append((math.log10(envelopes.inharmonicity + MIN_INHARMONICITY), math.log10(envelopes.release_rate)))
        keys.append((pitch, velocity))
    levels = np.stack(notes)
    low, high = REFERENCE_PITCHES
    reference = np.array([low <= pitch <= high and velocity == VELOCITIES[1] for pitch, velocity in keys])
    power = (10 ** (levels[reference][:, :HARMONICS] / 10)).sum(1).max(1)
    loudness = 10 * np.log10(np.median(power) + 1e-12)
    levels = np.where(levels > FLOOR_DB, levels - REFERENCE_DB - loudness, FLOOR_DB)
    stored = np.clip((levels - FLOOR_DB) / LEVEL_STEP, 0, 255).round().astype(np.uint8)
    return replace_silent_notes(stored, np.array(parameters, np.float32), np.array(keys))


def replace_silent_notes(
    levels: np.ndarray, parameters: np.ndarray, keys: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Replace notes outside the range of an instrument's samples by the nearest note of the same velocity inside it."""
    peaks = levels[:, :HARMONICS].max((1, 2)).astype(int)
    audible = peaks > peaks.max() - SILENT_STEPS
    distance = np.abs(keys[:, None, 0] - keys[None, :, 0]) + 1000 * (keys[:, None, 1] != keys[None, :, 1])
    nearest = np.where(audible, np.arange(len(keys)), (distance + 10**6 * ~audible).argmin(1))
    return levels[nearest], parameters[nearest], keys
