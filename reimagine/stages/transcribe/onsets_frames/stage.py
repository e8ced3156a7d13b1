"""The transcription model `onsets-frames`: several notes at a time, with a network of this project's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from reimagine.options import SHARES, Range
from reimagine.stages.contract import Counts, Transcriber, TranscriptionModel

if TYPE_CHECKING:
    from reimagine.media import Notes, Sound

RATE = 16000
"""Hz. Sample rate of the network's input."""
FRAME_RATE = 50
"""Frames per second of its output."""
MIN_SECONDS = 0.1
"""Shorter sounds have no notes."""
SILENCE = 1e-4
"""Peak amplitude (full scale is 1) below which a sound has no notes."""


@dataclass(frozen=True)
class OnsetsFrames(TranscriptionModel):
    """Transcribe music, several notes at a time; best with a piano (after Onsets and Frames, Hawthorne et al. 2018)."""

    onset: Annotated[float, "Onset probability that starts a note", SHARES] = 0.4
    frame: Annotated[float, "Probability that continues a note", SHARES] = 0.4
    shortest: Annotated[float, "Drop notes shorter than this, in seconds", Range(0, 60)] = 0.03
    music_only: Annotated[bool, "Remove passages of scattered short notes: speech and noise"] = False
    stems: Annotated[bool, "Hear tones only: clicks and percussion are removed, and most of the hiss"] = False
    weights: Annotated[str, "A name in the zoo, or a path to .safetensors"] = "transcribe-onsets"
    sample_rate: ClassVar[int | None] = RATE
    version: ClassVar[int] = 1
    realtime_factor: ClassVar[float] = 10.0

    @property
    def required_weights(self) -> str:
        """The network."""
        return self.weights

    def load(self, device: str) -> Transcriber:
        """Sound in, notes out. An hour of sound takes less than 1 GB of memory, the sound included."""
        from reimagine import zoo
        from reimagine.media import Notes
        from reimagine.media.audio.stems import tonal_sound
        from reimagine.stages.transcribe.note_filter import NoteFilter, filter_notes
        from reimagine.stages.transcribe.onsets_frames.decoding import Thresholds, decode
        from reimagine.stages.transcribe.onsets_frames.inference import predict
        from reimagine.stages.transcribe.onsets_frames.net import OnsetsFramesNet
        from reimagine.stages.transcribe.tempo import estimate_tempo

        net = zoo.load(self.weights, OnsetsFramesNet, device)
        settings = Thresholds(self.onset, self.frame)

        def transcribe(sound: Sound, counts: Counts | None = None, /) -> Notes:
            mono = _prepare(tonal_sound(sound) if self.stems else sound)
            if mono.seconds < MIN_SECONDS or max(float(abs(block).max()) for block in mono.blocks()) < SILENCE:
                return Notes(())
            activations = predict(net, mono, device)
            tempo, beat = estimate_tempo(activations.onsets.sum(1, dtype="float32"), FRAME_RATE)
            notes = [note for note in decode(activations, settings) if note.end - note.start >= self.shortest]
            return Notes(tuple(filter_notes(notes, NoteFilter(music_only=self.music_only))), tempo, beat)

        return transcribe


def _prepare(sound: Sound) -> Sound:
    """The sound in mono at RATE."""
    mono = sound if sound.channels == 1 else sound.mapped(lambda samples, _: samples.mean(0, keepdims=True))
    return mono.at_rate(RATE)
