"""Pictures of music: notes as a score and as a piano roll, sound as a rainbowgram."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reimagine.media.audio.sound import Sound, read_sound
from reimagine.media.images.names import title
from reimagine.media.midi.notes import Notes, read_notes
from reimagine.media.score.engraving import can_draw, write_score_picture
from reimagine.media.score.musicxml import has_score, is_installed, write_musicxml
from reimagine.media.video.writer import write_figure, write_image

if TYPE_CHECKING:
    from reimagine.runs.folder import Run

SECONDS = 20.0
"""Seconds of sound in a rainbowgram, from the middle; more would be too narrow to read."""
MIN_SECONDS = 2.5
"""Seconds. Shorter sounds are padded with silence: the lowest filter is that long."""
RATE = 16000
"""Hz. Sample rate of the constant-Q transform."""
HOP = 256
"""Samples per column (16 ms)."""
BINS_PER_OCTAVE = 36
"""Rows per octave, three per semitone."""
OCTAVES = 7
"""Octaves shown, up from LOWEST_PITCH."""
LOWEST_PITCH = 24
"""MIDI pitch, C1, of the lowest row."""
DYNAMIC_RANGE = 70
"""dB from black to full brightness."""
SATURATION = 0.75
"""Saturation of the colours, 0..1."""
NOTE_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
"""Names of the pitch classes."""
NATURALS = (0, 2, 4, 5, 7, 9, 11)
"""Semitones above C of the white keys."""
SMALL_RANGE = 18
"""Semitones up to which a piano roll has a line for each white key, not only for each C."""
MARGIN_LEFT = 60
"""Pixels of a piano roll left of the first second, for the pitches."""
MARGIN_RIGHT = 20
"""Pixels right of the last."""
MARGIN_TOP = 40
"""Pixels above the highest pitch, for the title; as many are below the lowest, for the seconds."""
GRID_STEPS = (1, 2, 5, 10, 30, 60, 300, 600, 3600)
"""Seconds between two vertical lines; the first with at most MAX_LINES lines is used."""
MAX_LINES = 16
"""Vertical lines at most."""
GRID_COLOUR = (220, 220, 220)
"""RGB of the grid."""
TEXT_COLOUR = (40, 40, 40)
"""RGB of the text."""


def write_music_pictures(run: Run) -> None:
    """Draw a piano roll beside each step's notes and a rainbowgram beside its sound, unless they exist.

    Notes also become a score, notes.musicxml and score.svg, if the packages that scores need are installed.
    """
    has_new_sound = False
    for step in run.steps:
        folder = run.folder / step.folder
        if step.writes == "notes":
            _write_notes_pictures(folder, title(Path(run.film.source)))
        if step.writes == "sound" and not (folder / "rainbowgram.png").exists():
            rainbowgram(read_sound(folder / "sound.wav", 0.0, None, RATE, 1), folder / "rainbowgram.png")
        has_new_sound = has_new_sound or step.writes == "sound"
    source = run.folder / run.opened / "rainbowgram.png"
    if has_new_sound and run.film.sounds and not source.exists():
        rainbowgram(run.tracks.original_sound(RATE, 1), source)


def _write_notes_pictures(folder: Path, title: str) -> None:
    """Draw the notes of a step's folder, unless that is done already."""
    notes = read_notes(folder / "notes.mid")
    roll, musicxml, picture = (folder / name for name in ("piano-roll.png", "notes.musicxml", "score.svg"))
    if not roll.exists():
        piano_roll(notes, roll)
    if is_installed() and has_score(notes) and not musicxml.exists():
        write_musicxml(musicxml, notes, title)
    if can_draw() and musicxml.exists() and not picture.exists():
        write_score_picture(musicxml, picture)


def piano_roll(notes: Notes, path: Path, width: int = 1200, height: int = 400) -> None:
    """Draw notes: time to the right, pitch upwards, velocity as colour; lines at named pitches and round times."""
    import cv2

    pitches = [n.pitch for n in notes] or [60]
    low, high = min(pitches) - 2, max(pitches) + 2
    seconds = max(notes.seconds, 1.0)
    bottom = height - MARGIN_TOP
    image = np.full((height, width, 3), 255, np.uint8)

    def x(second: float) -> int:
        return MARGIN_LEFT + round((width - MARGIN_LEFT - MARGIN_RIGHT) * second / seconds)

    def y(pitch: float) -> int:
        return bottom - round((bottom - MARGIN_TOP) * (pitch - low) / (high - low))

    classes = NATURALS if high - low <= SMALL_RANGE else (0,)
    for pitch in range(low, high + 1):
        if pitch % 12 in classes:
            cv2.line(image, (MARGIN_LEFT, y(pitch)), (width - MARGIN_RIGHT, y(pitch)), GRID_COLOUR)
            _write_text(image, note_name(pitch), (20, y(pitch) + 4))
    step = next((step for step in GRID_STEPS if seconds / step <= MAX_LINES), GRID_STEPS[-1])
    for second in range(0, int(seconds) + 1, step):
        cv2.line(image, (x(second), MARGIN_TOP), (x(second), bottom), GRID_COLOUR)
        _write_text(image, f"{second} s", (x(second) - 10, height - 16))
    half = max(1, round(0.4 * (bottom - MARGIN_TOP) / (high - low)))
    colours = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], cv2.COLORMAP_VIRIDIS)[:, 0, ::-1]
    for n in notes:
        colour = colours[min(255, 2 * n.velocity)].tolist()
        cv2.rectangle(image, (x(n.start), y(n.pitch) - half), (x(n.end), y(n.pitch) + half), colour, -1)
    title = f"{len(notes)} notes, {notes.tempo:.0f} quarter notes a minute; bright: loud; C4: middle C"
    _write_text(image, title, (MARGIN_LEFT, 24))
    write_image(path, image)


def note_name(pitch: int) -> str:
    """The name of a MIDI pitch in scientific pitch notation: 60 is C4, 61 is C#4."""
    return f"{NOTE_NAMES[pitch % 12]}{pitch // 12 - 1}"


def _write_text(image: np.ndarray, text: str, origin: tuple[int, int]) -> None:
    """Write text into the image; `origin` is the left end of its base line (x, y) in pixels."""
    import cv2

    cv2.putText(image, text, origin, cv2.FONT_HERSHEY_SIMPLEX, 0.45, TEXT_COLOUR, 1, cv2.LINE_AA)


def rainbowgram(sound: Sound, path: Path) -> None:
    """Draw a constant-Q spectrogram: brightness is level, hue the phase advance (Engel et al. 2017, section 4.2).

    Of a long sound, SECONDS from the middle are drawn; the title says which.
    """
    from matplotlib.colors import hsv_to_rgb
    from matplotlib.figure import Figure

    start = max(0.0, (sound.seconds - SECONDS) / 2)
    shown = sound.cut(int(start * sound.rate), int((start + SECONDS) * sound.rate))
    samples = shown.at_rate(RATE).mono()
    samples = np.pad(samples, (0, max(0, int(MIN_SECONDS * RATE) - len(samples))))
    hue, level = _phase_and_level(samples)
    figure = Figure(figsize=(12, 4), layout="constrained")
    axes = figure.subplots()
    image = hsv_to_rgb(np.dstack([hue, np.full_like(hue, SATURATION), level]))
    highest = LOWEST_PITCH + 12 * OCTAVES
    extent = (start, start + len(samples) / RATE, LOWEST_PITCH, highest)
    axes.imshow(image, origin="lower", aspect="auto", extent=extent)
    axes.set(xlabel="time (s)", ylabel="pitch, frequency", title=_shown_part(start, sound.seconds))
    pitches = range(LOWEST_PITCH, highest + 1, 12)
    axes.set_yticks(pitches, [f"{note_name(p)}, {440 * 2 ** ((p - 69) / 12):.0f} Hz" for p in pitches])
    _draw_legend(figure, axes)
    write_figure(path, figure, 100)


def _shown_part(start: float, seconds: float) -> str:
    """The title of a rainbowgram: which seconds of the sound it shows."""
    if seconds <= SECONDS:
        return f"all {seconds:.1f} s"
    return f"{start:.0f} to {start + SECONDS:.0f} s of {seconds:.0f} s"


def _draw_legend(figure: Any, axes: Any) -> None:
    """Colour bars beside a rainbowgram: what brightness and hue mean."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize, hsv_to_rgb

    deviation = RATE / HOP / 2
    hues = hsv_to_rgb([(hue, SATURATION, 1.0) for hue in np.linspace(0, 1, 256)])
    for limits, colours, label in (
        ((-DYNAMIC_RANGE, 0), "gray", "brightness: level (dB)"),
        ((-deviation, deviation), ListedColormap(hues), "colour: frequency minus\nthat of the row (Hz)"),
    ):
        bar = ScalarMappable(Normalize(*limits), colours)
        figure.colorbar(bar, ax=axes, label=label, fraction=0.03, pad=0.02)


def _phase_and_level(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of a constant-Q transform, (bins, frames) 0..1 each: the phase advance beyond that of a bin's own frequency as
    a share of a turn (0.5: none), and the level (0: DYNAMIC_RANGE below the peak)."""
    import librosa

    lowest: Any = librosa.midi_to_hz(LOWEST_PITCH)
    transform = librosa.cqt(
        samples,
        sr=RATE,
        hop_length=HOP,
        bins_per_octave=BINS_PER_OCTAVE,
        n_bins=BINS_PER_OCTAVE * OCTAVES,
        fmin=float(lowest),
    )
    amplitude = np.abs(transform)
    level = librosa.amplitude_to_db(amplitude, ref=np.max, top_db=DYNAMIC_RANGE) / DYNAMIC_RANGE + 1
    advance = np.diff(np.unwrap(np.angle(transform), axis=1), axis=1, prepend=0)
    frequencies = librosa.cqt_frequencies(len(transform), fmin=lowest, bins_per_octave=BINS_PER_OCTAVE)
    expected = 2 * np.pi * frequencies * HOP / RATE
    hue = np.mod((advance - expected[:, None]) / (2 * np.pi) + 0.5, 1)
    return hue, level
