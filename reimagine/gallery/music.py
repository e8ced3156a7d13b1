"""Music one can see: the notes as a piano roll, the sound as a rainbowgram."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reimagine.media.files import replace_atomically
from reimagine.media.notes import Notes, read_notes
from reimagine.media.sound import Sound, read_sound

if TYPE_CHECKING:
    from reimagine.runs.folder import Run

SECONDS, RATE, HOP, PER_OCTAVE, OCTAVES = 20.0, 16000, 256, 36, 7
"""At most so long a piece is drawn as a rainbowgram; of the constant-Q transform."""


def pictures(run: Run) -> None:
    """Beside every step's notes a piano roll, beside its sound a rainbowgram, if they are not there yet."""
    heard = False
    for step in run.steps:
        home = run.folder / step.folder
        if step.writes == "notes" and not (home / "piano-roll.png").exists():
            piano_roll(read_notes(home / "notes.mid"), home / "piano-roll.png")
        if step.writes == "sound" and not (home / "rainbowgram.png").exists():
            rainbowgram(read_sound(home / "sound.wav", 0.0, None, RATE, 1), home / "rainbowgram.png")
        heard = heard or step.writes == "sound"
    source = run.folder / run.opened / "rainbowgram.png"
    if heard and run.film.sounds and not source.exists():
        rainbowgram(run.own_sound(RATE, 1), source)


def piano_roll(notes: Notes, path: Path, width: int = 1200, height: int = 400) -> None:
    """Time to the right, pitch upwards, colour is velocity; a line at every C and every few seconds."""
    import cv2

    from reimagine.media.writer import write_image

    pitches = [n.pitch for n in notes] or [60]
    low, high = min(pitches) - 2, max(pitches) + 2
    seconds = max(notes.seconds, 1.0)
    left, top, bottom = 60, 40, height - 40
    image = np.full((height, width, 3), 255, np.uint8)

    def x(second: float) -> int:
        return left + round((width - left - 20) * second / seconds)

    def y(pitch: float) -> int:
        return bottom - round((bottom - top) * (pitch - low) / (high - low))

    def words(text: str, place: tuple[int, int]) -> None:
        cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (40, 40, 40), 1, cv2.LINE_AA)

    for pitch in range(24, 109, 12):
        if low <= pitch <= high:
            cv2.line(image, (left, y(pitch)), (width - 20, y(pitch)), (220, 220, 220))
            words(f"{pitch}", (20, y(pitch) + 4))
    step = next(s for s in (1, 2, 5, 10, 30, 60, 300, 600, 3600) if seconds / s <= 16 or s == 3600)
    for second in range(0, int(seconds) + 1, step):
        cv2.line(image, (x(second), top), (x(second), bottom), (220, 220, 220))
        words(f"{second} s", (x(second) - 10, height - 16))
    half = max(1, round(0.4 * (bottom - top) / (high - low)))
    shades = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], cv2.COLORMAP_VIRIDIS)[:, 0, ::-1]
    for n in notes:
        colour = shades[min(255, 2 * n.velocity)].tolist()
        cv2.rectangle(image, (x(n.start), y(n.pitch) - half), (x(n.end), y(n.pitch) + half), colour, -1)
    words(f"{len(notes)} notes, {notes.tempo:.0f} quarter notes a minute", (left, 24))
    write_image(path, image)


def rainbowgram(sound: Sound, path: Path) -> None:
    """Constant-Q: brightness is level, colour how fast the phase turns (Engel et al. 2017, section 4.2)."""
    import librosa
    from matplotlib.colors import hsv_to_rgb
    from matplotlib.figure import Figure

    start = max(0.0, (sound.seconds - SECONDS) / 2)
    samples = sound.at_rate(RATE).mono()[int(start * RATE) : int((start + SECONDS) * RATE)]
    samples = np.pad(samples, (0, max(0, 5 * RATE // 2 - len(samples))))
    seen = librosa.cqt(
        samples,
        sr=RATE,
        hop_length=HOP,
        bins_per_octave=PER_OCTAVE,
        n_bins=PER_OCTAVE * OCTAVES,
        fmin=float(librosa.midi_to_hz(24)),
    )
    level = librosa.amplitude_to_db(np.abs(seen), ref=np.max, top_db=70) / 70 + 1
    turn = np.diff(np.unwrap(np.angle(seen), axis=1), axis=1, prepend=0)
    expected = (
        2
        * np.pi
        * librosa.cqt_frequencies(len(seen), fmin=librosa.midi_to_hz(24), bins_per_octave=PER_OCTAVE)
        * HOP
        / RATE
    )
    hue = np.mod((turn - expected[:, None]) / (2 * np.pi) + 0.5, 1)
    figure = Figure(figsize=(12, 4), layout="constrained")
    axes = figure.subplots()
    image = hsv_to_rgb(np.dstack([hue, np.full_like(hue, 0.75), level]))
    extent = (start, start + len(samples) / RATE, 24, 24 + 12 * OCTAVES)
    axes.imshow(image, origin="lower", aspect="auto", extent=extent)
    axes.set(xlabel="seconds", ylabel="MIDI pitch")
    axes.set_yticks(range(24, 24 + 12 * OCTAVES + 1, 12))
    _save(figure, path)


def _save(figure, path: Path) -> None:
    temporary = path.with_name("." + path.name)
    figure.savefig(temporary, dpi=100, format="png")
    replace_atomically(temporary, path)
