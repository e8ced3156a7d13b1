"""Many notes at once: Spotify's basic-pitch on its own ONNX network, in windows, any length.

Bittner et al. 2022, "A lightweight instrument-agnostic model for polyphonic note transcription". The
network and the decoding of notes are the package's; windows, segments and cleaning are ours.
"""

from __future__ import annotations

import logging
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from reimagine.errors import StageError

if TYPE_CHECKING:
    import numpy as np

    from reimagine.media import Note, Notes, Sound

RATE, HOP, WINDOW, OVERLAP = 22050, 256, 43844, 30 * 256
"""Samples a second; samples a frame; samples the network sees, and how many of them twice."""
LOWEST, QUIET, LONG = 21, 26, 20_000
"""MIDI pitch of the first column; frames of silence no note crosses; frames after which such a silence is
looked for (4 minutes)."""


@dataclass(frozen=True)
class BasicPitch:
    """Transcribe any music, several notes at once (basic-pitch, Bittner et al. 2022)."""

    thresholds: Annotated[str, "film (for old sound tracks: cleaned), or published (as the package)"] = "film"
    onset: Annotated[float | None, "How sure of a note's beginning, 0 to 1 [default: by thresholds]"] = None
    frame: Annotated[float | None, "How sure that it goes on, 0 to 1 [default: by thresholds]"] = None
    shortest: Annotated[float | None, "Shorter notes are dropped, seconds [default: by thresholds]"] = None
    voices: Annotated[int | None, "Notes at once at most, the loudest [default: by thresholds]"] = None
    bends: Annotated[bool, "Keep how each note's pitch bends"] = False
    rate: ClassVar[int] = RATE
    version: ClassVar[int] = 1

    def load(self, device: str) -> Callable[[Sound], Notes]:
        """Sound in, notes out. An hour takes under 1 GB, the sound included."""
        import onnxruntime

        from reimagine.media import Notes, Sound
        from reimagine.stages.transcribe.note_filter import cleaned, meter, preset

        own = self.onset, self.frame, self.shortest, self.voices
        onset, frame, shortest, cleaning = preset(self.thresholds, *own)
        package = _package()
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(str(package.file), options, ["CPUExecutionProvider"])

        def transcribe(sound: Sound) -> Notes:
            one = sound if sound.channels == 1 else Sound(sound.mono()[None], sound.rate)
            samples = one.at_rate(RATE).samples[0]
            if len(samples) < HOP or max(samples.max(), -samples.min()) < 1e-4:
                return Notes(())
            heard = _activations(session, samples, self.bends)
            tempo, beat = meter(heard[1].sum(1), RATE / HOP)
            notes = list(_decoded(package.code, *heard, onset, frame, round(shortest * RATE / HOP)))
            return Notes(tuple(cleaned(notes, cleaning)), tempo, beat)

        return transcribe


def _package() -> Any:
    """The decoding code and the network's file of basic-pitch, without what it loads for other uses:
    TensorFlow and its like (it looks for them, and warns), resampy and mir_eval (for listening to its
    matrices; they take longer to load than a minute of music to hear)."""
    from importlib.util import find_spec
    from pathlib import Path

    with _without("tensorflow", "coremltools", "tflite_runtime"), _standing_in("resampy", "mir_eval"):
        try:
            from basic_pitch import note_creation
        except ImportError as error:
            raise StageError(
                "transcribe: basic-pitch is not installed; `pip install --no-deps basic-pitch==0.4.0`, or take pyin"
            ) from error
    spec = find_spec("basic_pitch")
    assert spec and spec.submodule_search_locations
    home = Path(next(iter(spec.submodule_search_locations)))
    return types.SimpleNamespace(code=note_creation, file=home / "saved_models" / "icassp_2022" / "nmp.onnx")


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """As if these modules were not installed, and nobody complained."""
    there = {n: sys.modules[n] for n in names if n in sys.modules}
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    sys.modules.update(dict.fromkeys(names))  # type: ignore[arg-type]
    try:
        yield
    finally:
        logging.disable(level)
        for name in names:
            del sys.modules[name]
        sys.modules.update(there)


@contextmanager
def _standing_in(*names: str) -> Iterator[None]:
    """Empty modules for what is imported but not used, if it is not there already."""
    empty = {name: types.ModuleType(name) for name in names if name not in sys.modules}
    sys.modules.update(empty)
    try:
        yield
    finally:
        for name in empty:
            del sys.modules[name]


def _activations(session: Any, samples: np.ndarray, bends: bool, batch: int = 8) -> tuple[np.ndarray, ...]:
    """Of notes (n, 88), of onsets (n, 88) and, if asked for, of contours (n, 264); 0..1, frames of HOP."""
    import numpy as np

    names = [f"StatefulPartitionedCall:{n}" for n in ((1, 2, 0) if bends else (1, 2))]
    frames = int(np.floor(len(samples) * (86 / RATE)))
    whole = [np.zeros((frames, 264 if n.endswith("0") else 88), np.float32) for n in names]
    hop, edge = WINDOW - OVERLAP, OVERLAP // 2
    at = 0
    starts = range(0, len(samples) + edge, hop)
    for first in range(0, len(starts), batch):
        windows = np.zeros((len(starts[first : first + batch]), WINDOW, 1), np.float32)
        for window, start in zip(windows, starts[first : first + batch], strict=True):
            piece = samples[max(0, start - edge) : start - edge + WINDOW]
            before = max(0, edge - start)
            window[before : before + len(piece), 0] = piece
        made = session.run(names, {"serving_default_input_2:0": windows})
        made = [m[:, 15:-15].reshape(-1, m.shape[2]) for m in made]
        for into, part in zip(whole, made, strict=True):
            into[at : at + len(part)] = part[: max(0, frames - at)]
        at += len(made[0])
    return tuple(whole)


def _decoded(code: Any, notes: np.ndarray, onsets: np.ndarray, *rest) -> Iterator[Any]:
    """The package's decoding, piece by piece between silences: its work grows as the length squared."""
    import numpy as np

    *contours, onset, frame, shortest = rest
    times = _times(len(notes))
    scale = _onset_scale(notes, onsets)
    for start, stop in _pieces(notes, frame):
        lead = min(start, 2)
        rise = _rises(notes[start - lead : stop])[lead:]
        if start == 0:
            rise[:2] = 0
        sure = np.maximum(onsets[start:stop], scale * rise)
        here = notes[start:stop]
        found = code.output_to_notes_polyphonic(here, sure, onset, frame, shortest, False, None, None)
        bent = code.get_pitch_bends(contours[0][start:stop], found) if contours else found
        for first, last, pitch, loud, *bend in bent:
            yield _note(times[start + first], times[start + last], pitch, loud, bend[0] if bend else ())


def _times(frames: int) -> np.ndarray:
    """Seconds of each frame, as the package reckons: every window is a little shorter than its frames."""
    import numpy as np

    count = np.arange(frames)
    short = HOP / RATE * (172 - WINDOW / HOP) + 0.0018
    return count * HOP / RATE - short * (count // 172)


def _note(start: float, end: float, pitch: int, loud: float, bend: Sequence[int]) -> Note:
    from reimagine.media import Note

    force = min(127, max(1, round(127 * float(loud))))
    return Note(float(start), float(end), int(pitch), force, tuple(float(b) / 3 for b in bend))


def _rises(notes: np.ndarray) -> np.ndarray:
    """How much each note grew over one and over two frames, the lesser; as the package infers onsets."""
    import numpy as np

    padded = np.concatenate([np.zeros((2, notes.shape[1]), np.float32), notes])
    return np.maximum(np.minimum(padded[2:] - padded[1:-1], padded[2:] - padded[:-2]), 0)


def _onset_scale(notes: np.ndarray, onsets: np.ndarray) -> float:
    """The package brings inferred onsets to the height of the network's own, over the whole file."""
    steepest = 0.0
    for start in range(0, len(notes), LONG):
        lead = min(start, 2)
        rise = _rises(notes[start - lead : start + LONG])[lead:]
        steepest = max(steepest, float(rise[2 if start == 0 else 0 :].max(initial=0)))
    return float(onsets.max()) / steepest if steepest else 0.0


def _pieces(notes: np.ndarray, threshold: float) -> Iterator[tuple[int, int]]:
    """Ranges of frames of about LONG, cut in the middle of silences."""
    import numpy as np

    loud = np.flatnonzero(notes.max(1) >= threshold)
    gaps = np.flatnonzero(np.diff(loud) > QUIET)
    cuts = (loud[gaps] + loud[gaps + 1]) // 2
    start = 0
    for cut in cuts:
        if cut - start >= LONG:
            yield start, int(cut)
            start = int(cut)
    yield start, len(notes)
