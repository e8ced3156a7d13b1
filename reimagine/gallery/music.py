"""Music one can see: the notes as a piano roll, the sound as a rainbowgram."""
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reimagine.media.files import publish
from reimagine.media.notes import Notes, read_notes
from reimagine.media.sound import Sound, read_sound

if TYPE_CHECKING:
    from reimagine.runs import Run

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


def piano_roll(notes: Notes, path: Path) -> None:
    """Time to the right, pitch upwards, colour is velocity."""
    from matplotlib.collections import PatchCollection
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    figure = Figure(figsize=(12, 4), layout="constrained")
    axes = figure.subplots()
    bars = [Rectangle((n.start, n.pitch - 0.4), n.end - n.start, 0.8) for n in notes]
    drawn = PatchCollection(bars, cmap="viridis")
    drawn.set_array(np.array([n.velocity for n in notes]))
    drawn.set_clim(0, 127)
    axes.add_collection(drawn)
    pitches = [n.pitch for n in notes] or [60]
    axes.set(xlim=(0, max(notes.seconds, 1)), ylim=(min(pitches) - 2, max(pitches) + 2))
    axes.set(xlabel="seconds", ylabel="MIDI pitch")
    axes.set_title(f"{len(notes)} notes, {notes.tempo:.0f} quarter notes a minute")
    axes.set_yticks([p for p in range(24, 109, 12) if min(pitches) - 2 <= p <= max(pitches) + 2])
    axes.grid(alpha=0.3)
    _save(figure, path)


def rainbowgram(sound: Sound, path: Path) -> None:
    """Constant-Q: brightness is level, colour how fast the phase turns (Engel et al. 2017, section 4.2)."""
    import librosa
    from matplotlib.colors import hsv_to_rgb
    from matplotlib.figure import Figure

    start = max(0.0, (sound.seconds - SECONDS) / 2)
    samples = sound.at_rate(RATE).mono()[int(start * RATE) : int((start + SECONDS) * RATE)]
    samples = np.pad(samples, (0, max(0, 5 * RATE // 2 - len(samples))))
    seen = librosa.cqt(samples, sr=RATE, hop_length=HOP, bins_per_octave=PER_OCTAVE,
                       n_bins=PER_OCTAVE * OCTAVES, fmin=float(librosa.midi_to_hz(24)))  # fmt: skip
    level = librosa.amplitude_to_db(np.abs(seen), ref=np.max, top_db=70) / 70 + 1
    turn = np.diff(np.unwrap(np.angle(seen), axis=1), axis=1, prepend=0)
    expected = 2 * np.pi * librosa.cqt_frequencies(len(seen), fmin=librosa.midi_to_hz(24),
                                                   bins_per_octave=PER_OCTAVE) * HOP / RATE  # fmt: skip
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
    publish(temporary, path)
