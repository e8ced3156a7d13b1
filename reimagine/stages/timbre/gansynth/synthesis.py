"""Notes of GANSynth's generator: any length, any bends, each pair of pitch and instrument generated once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import soxr
import torch

from reimagine.media import Note
from reimagine.stages.timbre import melgram
from reimagine.stages.timbre.gansynth.net import LOWEST_PITCH, Generator
from reimagine.stages.timbre.instruments import Latent
from reimagine.stages.timbre.pitch_bend import is_bent, resample_at, unbent_time
from reimagine.stages.timbre.player import RATE, batches

WAVES_PER_BATCH = 8
"""Waves generated at a time; bounds the memory."""
ATTACK = 0.01
"""Seconds of fade-in, against clicks."""
RELEASE = 0.3
"""Seconds of fade-out after a note's end."""
LOOP_START = 1.0
"""Seconds. Start of the part that notes longer than the generated wave repeat; the attack is over by then."""
LOOP_END = 2.5
"""Seconds. End of that part, before the generated release begins (NSynth's notes end at 3 s)."""
LOOP_FADE = 0.4
"""Seconds of cross-fade at each repetition."""

Key = tuple[int, bytes]
"""MIDI pitch, and the bytes of a latent."""


class SeededLatents(Mapping[str, Latent]):
    """Instruments by number: each number is the random seed of a latent. Iteration yields the first ten."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __getitem__(self, name: str) -> Latent:
        """The latent (size,) of a decimal number."""
        if not name.isdigit():
            raise KeyError(name)
        return np.random.default_rng(int(name)).standard_normal(self.size)

    def __iter__(self) -> Iterator[str]:
        """The names "0" to "9"."""
        return iter(str(n) for n in range(10))

    def __len__(self) -> int:
        """The number of names that iteration yields."""
        return 10


class GeneratedInstruments:
    """The generator as an `Instruments` of the player."""

    def __init__(self, net: Generator, device: str) -> None:
        self.net, self.device = net, device
        self.latents = SeededLatents(net.latent)
        self.pitch_range = LOWEST_PITCH, LOWEST_PITCH + net.pitches - 1

    def random_latent(self, rng: np.random.Generator) -> Latent:
        """(latent,) float64, normal."""
        return rng.standard_normal(self.net.latent)

    def synthesize(self, notes: Sequence[Note], latents: Sequence[Latent]) -> Iterator[np.ndarray]:
        """The wave of each note, (n,) float32 at 48 kHz. Waves of one batch of notes are reused in the next."""
        waves: dict[Key, np.ndarray] = {}
        for batch, points in batches(notes, latents):
            keys: list[Key] = [(note.pitch, z.tobytes()) for note, z in zip(batch, points, strict=True)]
            waves = {key: waves[key] for key in waves.keys() & set(keys)}
            missing = {key: z for key, z in zip(keys, points, strict=True) if key not in waves}
            waves |= self._generate(missing)
            for note, key in zip(batch, keys, strict=True):
                yield play_wave(waves[key], note, RATE) * np.float32(note.velocity / 127)

    @torch.inference_mode()
    def _generate(self, missing: Mapping[Key, Latent]) -> dict[Key, np.ndarray]:
        """The waves of these pitches and latents, 4 s at 48 kHz with a peak of 1."""
        keys, waves = list(missing), {}
        for first in range(0, len(keys), WAVES_PER_BATCH):
            batch = keys[first : first + WAVES_PER_BATCH]
            z = torch.from_numpy(np.stack([missing[key] for key in batch])).float().to(self.device)
            label = torch.tensor([pitch for pitch, _ in batch], device=self.device) - LOWEST_PITCH
            output = self.net(z, label).float().cpu().numpy()
            for key, wave in zip(batch, melgram.output_to_waves(output), strict=True):
                resampled = soxr.resample(wave, melgram.RATE, RATE)
                waves[key] = resampled / max(float(np.abs(resampled).max()), 1e-6)
        return waves


def play_wave(wave: np.ndarray, note: Note, rate: int) -> np.ndarray:
    """A note's wave from a generated one: as long as the note and its release, with its bends and fades."""
    length = int((note.end - note.start + RELEASE) * rate)
    if is_bent(note):
        positions = unbent_time(note, length, rate) * rate
        wave = resample_at(sustain_loop(wave, int(positions.max(initial=0)) + 2, rate), positions)
    else:
        wave = sustain_loop(wave, length, rate)[:length].copy()
    attack, release = int(ATTACK * rate), min(length, int(RELEASE * rate))
    wave[:attack] *= np.linspace(0, 1, attack, dtype=np.float32)[: len(wave)]
    wave[length - release :] *= np.linspace(1, 0, release, dtype=np.float32)
    return wave


def sustain_loop(wave: np.ndarray, length: int, rate: int) -> np.ndarray:
    """The wave, extended to at least `length` samples by repeating its sustained part with cross-fades."""
    if len(wave) >= length:
        return wave
    first, last, overlap = (int(seconds * rate) for seconds in (LOOP_START, LOOP_END, LOOP_FADE))
    fade = np.linspace(0, 1, overlap, dtype=np.float32)
    loop = wave[first - overlap : last]
    wave = wave[:last]
    while len(wave) < length:
        joint = wave[-overlap:] * (1 - fade) + loop[:overlap] * fade
        wave = np.concatenate([wave[:-overlap], joint, loop[overlap:]])
    return wave
