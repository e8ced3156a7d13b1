"""The transcription model `basic-pitch`: several notes at a time, with Spotify's network (ONNX).

Bittner et al. 2022, "A lightweight instrument-agnostic model for polyphonic note transcription". The network and the
decoding of its output are those of the package `basic-pitch`. Windows are processed in batches and the decoding in
segments, so that memory and time grow linearly with the length of the sound.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

from reimagine.options import SHARES, Range
from reimagine.stages.contract import Counts, Transcriber, TranscriptionModel

if TYPE_CHECKING:
    import numpy as np

    from reimagine.media import Note, Notes, Sound
    from reimagine.stages.transcribe.note_filter import Thresholds

RATE = 22050
"""Hz. Sample rate of the network's input."""
HOP = 256
"""Samples per frame of the network's output (11.6 ms)."""
WINDOW = 43844
"""Samples per window of the network's input (2 s)."""
OVERLAP = 30 * HOP
"""Samples by which windows overlap; half of it is cut off at each edge of a window's output."""
WINDOW_FRAMES = 172
"""Frames per window of the network's output."""
FRAMES_PER_SECOND = 86
"""Frames per second as the package counts them; exact would be 86.13."""
WINDOW_CORRECTION = 0.0018
"""Seconds per window that the package adds to its correction of note times."""
WINDOWS_PER_BATCH = 8
"""Windows per call of the network; bounds the memory."""
NOTE_BINS = 88
"""Columns of note and onset activations: the keys of a piano."""
CONTOUR_BINS = 264
"""Columns of contour activations, three per semitone."""
BINS_PER_SEMITONE = 3
"""Contour bins per semitone; the unit of the package's pitch bends."""
SILENCE = 1e-4
"""Peak amplitude (full scale is 1) below which a sound has no notes."""
SILENT_FRAMES = 26
"""Frames without any activation above the threshold (0.3 s) that no note lasts through: the package ends notes after
11 such frames."""
SEGMENT_FRAMES = 20_000
"""Frames (4 minutes) after which the next silence ends a segment."""
LONGEST_SEGMENT = 2 * SEGMENT_FRAMES
"""Frames after which a segment ends without a silence; the decoder's memory grows with them."""


@dataclass(frozen=True)
class BasicPitch(TranscriptionModel):
    """Transcribe any music, several notes at a time (basic-pitch, Bittner et al. 2022)."""

    thresholds: Annotated[str, "film (for old sound tracks: filtered), or published (as the package)"] = "film"
    onset: Annotated[float | None, "Onset probability that starts a note [default: by thresholds]", SHARES] = None
    frame: Annotated[float | None, "Probability that continues a note [default: by thresholds]", SHARES] = None
    shortest: Annotated[
        float | None, "Drop notes shorter than this, in seconds [default: by thresholds]", Range(0, 60)
    ] = None
    voices: Annotated[
        int | None, "Most notes at a time; the loudest are kept [default: by thresholds]", Range(1, 128)
    ] = None
    bends: Annotated[bool, "Transcribe the pitch bends of each note"] = False
    stems: Annotated[bool, "Transcribe tones only: clicks and percussion are removed, and most of the hiss"] = False
    sample_rate: ClassVar[int | None] = RATE
    version: ClassVar[int] = 1
    realtime_factor: ClassVar[float] = 6.0

    def check(self) -> None:
        """Refuse an unknown preset."""
        self.resolved_thresholds()

    def check_installed(self) -> None:
        """Refuse to run without the package basic-pitch."""
        from reimagine.stages.transcribe.basic_pitch_package import check_installed

        check_installed()

    def resolved_thresholds(self) -> Thresholds:
        """The preset, with the options that are set in place of its values."""
        from reimagine.stages.transcribe.note_filter import thresholds

        return thresholds(self.thresholds, self.onset, self.frame, self.shortest, self.voices)

    def load(self, device: str) -> Transcriber:
        """Sound in, notes out. An hour of sound takes less than 1 GB of memory, the sound included.

        Raises:
            StageError: the package `basic-pitch` is not installed.
        """
        from reimagine.media import Notes
        from reimagine.media.audio.stems import tonal_sound
        from reimagine.stages.transcribe.basic_pitch_package import load_package
        from reimagine.stages.transcribe.note_filter import filter_notes
        from reimagine.stages.transcribe.tempo import estimate_tempo

        settings = self.resolved_thresholds()
        package = load_package()

        def transcribe(sound: Sound, counts: Counts | None = None, /) -> Notes:
            mono = _prepare(tonal_sound(sound) if self.stems else sound)
            if mono.length < HOP or max(float(abs(block).max()) for block in mono.blocks()) < SILENCE:
                return Notes(())
            activations = predict(package.session, mono, self.bends)
            tempo, beat = estimate_tempo(activations.onsets.sum(1), RATE / HOP)
            notes = list(decode(package.decoder, activations, settings))
            return Notes(tuple(filter_notes(notes, settings.filter)), tempo, beat)

        return transcribe


def _prepare(sound: Sound) -> Sound:
    """The sound in mono at RATE."""
    mono = sound if sound.channels == 1 else sound.mapped(lambda samples, _: samples.mean(0, keepdims=True))
    return mono.at_rate(RATE)


class Activations(NamedTuple):
    """The network's output for a whole sound, 0..1, frames of HOP samples.

    Attributes:
        notes: (frames, NOTE_BINS) probability that a note sounds.
        onsets: (frames, NOTE_BINS) probability that it starts.
        contours: (frames, CONTOUR_BINS) probability of a pitch; None if pitch bends are not needed.
    """

    notes: np.ndarray
    onsets: np.ndarray
    contours: np.ndarray | None = None


def predict(session: Any, sound: Sound, bends: bool) -> Activations:
    """Run the network on overlapping windows of a sound, mono at RATE."""
    import numpy as np

    bins = {1: NOTE_BINS, 2: NOTE_BINS, 0: CONTOUR_BINS} if bends else {1: NOTE_BINS, 2: NOTE_BINS}
    names = [f"StatefulPartitionedCall:{number}" for number in bins]
    frames = int(np.floor(sound.length * (FRAMES_PER_SECOND / RATE)))
    results = [np.zeros((frames, count), np.float32) for count in bins.values()]
    edge = OVERLAP // 2
    starts = range(0, sound.length + edge, WINDOW - OVERLAP)
    frame = 0
    for first in range(0, len(starts), WINDOWS_PER_BATCH):
        batch = starts[first : first + WINDOWS_PER_BATCH]
        windows = np.zeros((len(batch), WINDOW, 1), np.float32)
        for window, start in zip(windows, batch, strict=True):
            piece = sound.piece(start - edge, start - edge + WINDOW)[0]
            before = max(0, edge - start)
            window[before : before + len(piece), 0] = piece
        outputs = session.run(names, {"serving_default_input_2:0": windows})
        outputs = [output[:, 15:-15].reshape(-1, output.shape[2]) for output in outputs]
        for result, output in zip(results, outputs, strict=True):
            result[frame : frame + len(output)] = output[: max(0, frames - frame)]
        frame += len(outputs[0])
    return Activations(*results)


def decode(decoder: Any, activations: Activations, settings: Thresholds) -> Iterator[Note]:
    """Notes of the activations, in no particular order, with bends if there are contours.

    The package's decoder runs on one segment after another, because its time grows with the square of the length.

    Args:
        decoder: the module `basic_pitch.note_creation`.
    """
    import numpy as np

    notes, onsets, contours = activations
    shortest = round(settings.shortest * RATE / HOP)
    times = frame_times(len(notes))
    scale = _onset_scale(notes, onsets)
    for start, stop in segments(notes, settings.frame):
        lead = min(start, 2)
        rise = _rises(notes[start - lead : stop])[lead:]
        if start == 0:
            rise[:2] = 0
        combined = np.maximum(onsets[start:stop], scale * rise)
        events = decoder.output_to_notes_polyphonic(
            notes[start:stop], combined, settings.onset, settings.frame, shortest, False, None, None
        )
        if contours is not None:
            events = decoder.get_pitch_bends(contours[start:stop], events)
        for first, last, pitch, amplitude, *bends in events:
            seconds = float(times[start + first]), float(times[start + last])
            yield _note(*seconds, pitch, amplitude, (bends[0] or ()) if bends else ())


def frame_times(frames: int) -> np.ndarray:
    """Seconds of each frame (frames,), as the package counts them: a window is a little shorter than its frames."""
    import numpy as np

    frame = np.arange(frames)
    correction = HOP / RATE * (WINDOW_FRAMES - WINDOW / HOP) + WINDOW_CORRECTION
    return frame * HOP / RATE - correction * (frame // WINDOW_FRAMES)


def _note(start: float, end: float, pitch: int, amplitude: float, bends: Sequence[int]) -> Note:
    """A note of the package's: amplitude 0..1, bends in contour bins."""
    from reimagine.media import Note

    velocity = min(127, max(1, round(127 * float(amplitude))))
    semitones = tuple(float(bend) / BINS_PER_SEMITONE for bend in bends)
    return Note(start, end, int(pitch), velocity, semitones)


def _rises(notes: np.ndarray) -> np.ndarray:
    """Rise of the note activations over one frame and over two, whichever is less, at least 0; (frames, NOTE_BINS).

    The package infers onsets from it.
    """
    import numpy as np

    padded = np.concatenate([np.zeros((2, notes.shape[1]), np.float32), notes])
    return np.maximum(np.minimum(padded[2:] - padded[1:-1], padded[2:] - padded[:-2]), 0)


def _onset_scale(notes: np.ndarray, onsets: np.ndarray) -> float:
    """The factor by which the package scales rises: their maximum becomes that of the onsets, over the whole sound."""
    steepest = 0.0
    for start in range(0, len(notes), SEGMENT_FRAMES):
        lead = min(start, 2)
        rise = _rises(notes[start - lead : start + SEGMENT_FRAMES])[lead:]
        steepest = max(steepest, float(rise[2 if start == 0 else 0 :].max(initial=0)))
    return float(onsets.max()) / steepest if steepest else 0.0


def segments(notes: np.ndarray, threshold: float) -> Iterator[tuple[int, int]]:
    """(first, last + 1) frames of segments of about SEGMENT_FRAMES, divided in the middle of silences.

    Music without a silence is divided where it is quietest, so that no segment is longer than LONGEST_SEGMENT.
    """
    import numpy as np

    active = np.flatnonzero(notes.max(1) >= threshold)
    gaps = np.flatnonzero(np.diff(active) > SILENT_FRAMES)
    silences = [int(cut) for cut in (active[gaps] + active[gaps + 1]) // 2]
    start = 0
    for cut in [*silences, len(notes)]:
        while cut - start > LONGEST_SEGMENT:
            first = start + SEGMENT_FRAMES
            quietest = first + int(notes[first : start + LONGEST_SEGMENT].sum(1).argmin())
            yield start, quietest
            start = quietest
        if cut - start >= SEGMENT_FRAMES or cut == len(notes):
            yield start, cut
            start = cut
