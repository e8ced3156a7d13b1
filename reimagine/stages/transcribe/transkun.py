"""The transcription model `transkun`: a piano, with the published network of the package `transkun`.

Yan and Duan 2024, "Scoring intervals using non-hierarchical transformer for automatic piano transcription". The network
and the decoding are the package's. The sound is transcribed in parts, so that memory does not grow with its length.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from reimagine.options import Range
from reimagine.stages.contract import Counts, Transcriber, TranscriptionModel

if TYPE_CHECKING:
    from reimagine.media import Note, Notes, Sound

RATE = 44100
"""Hz. Sample rate of the network's input."""
PART_SECONDS = 240
"""Seconds that the package transcribes at a time; bounds the memory."""
CONTEXT_SECONDS = 16
"""Seconds around a part that it is given too; the length of the package's segments."""
SILENCE = 1e-4
"""Peak amplitude (full scale is 1) below which a sound has no notes."""
MIN_SECONDS = 0.01
"""Shortest note. The package states shorter ones for the shortest strokes."""
ONSET_SECONDS = 0.02
"""Seconds per frame of the onset strengths that the tempo is estimated from."""


@dataclass(frozen=True)
class Transkun(TranscriptionModel):
    """Transcribe a piano precisely, slowly (Yan and Duan 2024; needs the package transkun)."""

    shortest: Annotated[float, "Drop notes shorter than this, in seconds", Range(0, 60)] = 0.0
    sample_rate: ClassVar[int | None] = RATE
    version: ClassVar[int] = 1
    realtime_factor: ClassVar[float] = 1.0

    def check_installed(self) -> None:
        """Refuse to run without the package transkun."""
        from reimagine.stages.transcribe.transkun_package import check_installed

        check_installed()

    def load(self, device: str) -> Transcriber:
        """Sound in, notes out.

        Raises:
            StageError: the package `transkun` is not installed.
        """
        from reimagine.media import Notes
        from reimagine.stages.transcribe.tempo import estimate_tempo
        from reimagine.stages.transcribe.transkun_package import load_network

        net = load_network(device)

        def transcribe(sound: Sound, counts: Counts | None = None, /) -> Notes:
            mono = sound if sound.channels == 1 else sound.mapped(lambda samples, _: samples.mean(0, keepdims=True))
            mono = mono.at_rate(RATE)
            if not mono.length or max(float(abs(block).max()) for block in mono.blocks()) < SILENCE:
                return Notes(())
            notes = sorted(n for n in _transcribed(net, mono, device) if n.end - n.start >= self.shortest)
            return Notes(tuple(notes), *estimate_tempo(_onset_strength(notes, mono.seconds), 1 / ONSET_SECONDS))

        return transcribe


def _transcribed(net: Any, sound: Sound, device: str) -> Iterator[Note]:
    """The notes of a sound, mono at RATE, part by part, in no particular order."""
    import warnings

    import torch

    from reimagine.media import Note

    size, context = PART_SECONDS * RATE, CONTEXT_SECONDS * RATE
    for first in range(0, sound.length, size):
        before = max(0, first - context)
        samples = torch.from_numpy(sound.piece(before, first + size + context).T).to(device)
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # the package's checkpointing of gradients that are not needed
            found = net.transcribe(samples)
        for note in found:
            start = note.start + before / RATE
            if note.pitch > 0 and first <= start * RATE < first + size:  # the package's pedals have negative pitches
                end = max(note.end + before / RATE, start + MIN_SECONDS)
                yield Note(start, end, int(note.pitch), min(127, max(1, int(note.velocity))))


def _onset_strength(notes: list[Note], seconds: float) -> Any:
    """(frames,) number of onsets per frame of ONSET_SECONDS."""
    import numpy as np

    count = int(seconds / ONSET_SECONDS) + 1
    frames = [min(count - 1, int(note.start / ONSET_SECONDS)) for note in notes]
    return np.bincount(frames, minlength=count).astype(np.float64) if frames else np.zeros(count)
