"""Transcription and timbre benchmarks: `python benchmarks/music.py --audio AUDIO ...` prints Markdown tables.

AUDIO holds recordings with reference notes beside them (.notes.tsv). The film thresholds were tuned on three of them,
marked with a star.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import reimagine
from reimagine.evaluation.music import evaluate_transcription
from reimagine.media import Notes
from reimagine.media.audio.sound import Sound, read_sound, write_sound
from reimagine.media.fluidsynth import render
from reimagine.media.midi.notes import read_notes
from reimagine.metrics import melody, timbre
from reimagine.metrics.notes import find_reference_notes, note_scores, read_reference_notes
from reimagine.stages.compose.melody.dataset import read_melodies
from reimagine.stages.compose.melody.grid import FIRST_PITCH
from reimagine.stages.timbre.soundfont import program_number

TUNED_ON = ("chpn-p14", "chpn-p19", "chpn_op7")
"""Parts of the names of the recordings on which the film thresholds were tuned."""
DAMAGE = "optical"
"""Damage of the recordings in the second table of transcriptions."""
DAMAGE_SEED = 1
"""Its random seed."""
COLUMNS = ("precision", "recall", "f1", "f1_offsets")
"""Scores of the transcription table."""
TIMBRE_COLUMNS = ("in_tune", "silent", "spectral_distance_db", "times_real_time")
"""Scores of the timbre table."""
INSTRUMENTS = ("acoustic-grand-piano", "violin", "flute", "clarinet", "vibraphone", "trumpet")
"""Instruments whose synthesized sound is transcribed."""
SEEDS = range(1, 9)
"""Random seeds of the composed melodies."""
BARS = 16
"""Bars of each composed melody."""
TEMPO = 110.0
"""Quarter notes per minute of each composed melody."""
TRAINING_TUNES = 100
"""Tunes of the training set whose mean statistics are printed for comparison."""
SAME_ONSET = 0.01
"""Seconds within which a note of the package's command is the same as one of this program."""
TRANSCRIBE = (
    "import sys, reimagine; reimagine.run(sys.argv[1], [reimagine.model('transcribe')(thresholds='published')], "
    "sys.argv[2])"
)
"""A Python program that transcribes its first argument into the folder given as its second."""


def print_header(*titles: str) -> None:
    """Print the head of a Markdown table."""
    print("\n| " + " | ".join(titles) + " |\n|" + "---|" * len(titles))


def print_transcriptions(folder: Path, damage: str | None = None) -> None:
    """Scores of each recording by each transcriber, and means over the pianos on which nothing was tuned.

    Args:
        damage: a kind of damage of sound that the recordings get first.
    """
    print_header("recording", "model", "notes", *COLUMNS, "times real time")
    models = {
        "onsets-frames": reimagine.model("transcribe", "onsets-frames")(),
        "basic-pitch, published": reimagine.model("transcribe", "basic-pitch")(thresholds="published"),
        "basic-pitch, film": reimagine.model("transcribe", "basic-pitch")(),
    }
    recordings = sorted(p for p in folder.iterdir() if p.suffix in (".flac", ".wav") and has_reference(p))
    held_out: dict[str, list] = {title: [] for title in models}
    for path in recordings:
        tuned, singing = any(part in path.stem for part in TUNED_ON), "sing" in path.stem
        more = {"pyin": reimagine.model("transcribe", "pyin")()} if singing else {}
        for title, model in (models | more).items():
            scores = evaluate_transcription(model, [path], damage=damage, seed=DAMAGE_SEED)["mean"]
            print_scores(path.stem + " *" * tuned, title, scores)
            if not tuned and not singing:
                held_out[title].append(scores)
    for title, rows in held_out.items():
        if not rows:
            continue
        means = {column: float(np.mean([row[column] for row in rows])) for column in rows[0]}
        print_scores("mean of pianos without *", title, means)


def has_reference(recording: Path) -> bool:
    """Whether there are reference notes beside a recording."""
    try:
        return bool(find_reference_notes(recording))
    except reimagine.ReimagineError:
        return False


def print_scores(name: str, title: str, scores: dict[str, float]) -> None:
    """Print a row of the transcription table."""
    cells = " | ".join(f"{scores[column]:.3f}" for column in COLUMNS)
    print(f"| {name} | {title} | {scores['notes']:.0f} | {cells} | {scores['times_real_time']:.0f} |", flush=True)


def print_command_comparison(recording: Path, command: Path) -> None:
    """Time from a cold start and notes, compared with the package's own command, on one minute of a recording."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        minute = folder / "minute.wav"
        sound = read_sound(recording)
        write_sound(minute, Sound(sound.samples[:, : 60 * sound.rate], sound.rate))
        print_header("60 s of music", "reimagine, s", "basic-pitch command, s", "basic-pitch command / reimagine")
        for title, cold in (("first run after installation", True), ("second run", False)):
            own, other = folder / f"reimagine-{cold}", folder / f"command-{cold}"
            other.mkdir()
            seconds = measure_seconds([sys.executable, "-c", TRANSCRIBE, str(minute), str(own)], cold)
            command_seconds = measure_seconds([str(command), str(other), str(minute)], cold)
            print(f"| {title} | {seconds:.1f} | {command_seconds:.1f} | {command_seconds / seconds:.1f} |", flush=True)
        notes, command_notes = read_notes(next(own.glob("*/notes.mid"))), read_notes(next(other.glob("*.mid")))
        scores = note_scores(notes, command_notes, SAME_ONSET)
        print(f"\nNotes compared with the command's, onsets within 10 ms: F1 {scores['f1']:.4f}.", flush=True)


def print_film_seconds(film: Path) -> None:
    """Time of `reimagine music` from a cold start."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["-m", "reimagine", "music", str(film), "--into", str(Path(folder) / "run"), "-q"]
        seconds = measure_seconds([sys.executable, *arguments])
    print(f"\n`reimagine music {film.name}`, including start-up: {seconds:.1f} s.", flush=True)


def measure_seconds(command: list[str], cold: bool = False) -> float:
    """Seconds that a process takes; a `cold` one has no compiled code of earlier processes."""
    with tempfile.TemporaryDirectory() as empty:
        caches = {"NUMBA_CACHE_DIR": empty, "PYTHONPYCACHEPREFIX": empty} if cold else {}
        started = time.monotonic()
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, **caches})
        return time.monotonic() - started


def print_timbres(font: Path) -> None:
    """Scores of every instrument of the harmonic timbre, compared with the soundfont that it was learned from."""
    cls = reimagine.model("timbre", "harmonic")
    print_header("instrument", "in tune", "silent notes", "spectral distance to the soundfont, dB", "times real time")
    rows = []
    for name in cls().choices()["instruments"]:
        reference = render(timbre.scale(), font, program_number(name), 48000)
        scores = timbre.timbre_scores(cls(instruments=name, room=0.0).load("cpu"), reference)
        rows.append([scores[column] for column in TIMBRE_COLUMNS])
        print(f"| {name} | " + " | ".join(f"{value:.3g}" for value in rows[-1]) + " |", flush=True)
    print("| mean | " + " | ".join(f"{value:.3g}" for value in np.mean(rows, 0)) + " |", flush=True)


def print_retranscriptions(melodies: list[Path]) -> None:
    """Note F1 of transcribing what the harmonic timbre synthesized."""
    print_header("instrument", "F1 of transcribed melodies")
    transcribe = reimagine.model("transcribe")().load("cpu")
    for name in INSTRUMENTS:
        synthesize = reimagine.model("timbre")(instruments=name).load("cpu")
        scores = [note_scores(transcribe(synthesize(tune)), tune)["f1"] for tune in map(read_reference_notes, melodies)]
        print(f"| {name} | {np.mean(scores):.3f} |", flush=True)


def print_melodies(tar: Path) -> None:
    """Statistics of melodies composed from nothing, and of tunes of the training set."""
    tunes = [tune[tune >= FIRST_PITCH].astype(int) for tune in read_melodies(tar)]
    titles = ("notes", "different pitches", "repeats", "leaps", "in scale", "longest run shared with a tune")
    print_header("melody", *titles)
    for seed in SEEDS:
        notes = reimagine.model("compose")(seed=seed, bars=BARS).load("cpu")(Notes((), TEMPO))
        pitches = np.array([n.pitch for n in notes])
        cells = " | ".join(f"{value:.2f}" for value in melody.melody_statistics(pitches).values())
        print(f"| seed {seed} | {cells} | {melody.longest_common_run(pitches, tunes)} |", flush=True)
    chosen = np.random.default_rng(0).permutation(len(tunes))[:TRAINING_TUNES]
    statistics = [melody.melody_statistics(tunes[n]) for n in chosen]
    means = (np.mean([row[name] for row in statistics]) for name in statistics[0])
    cells = " | ".join(f"{value:.2f}" for value in means)
    print(f"| mean of {TRAINING_TUNES} training tunes | {cells} | |", flush=True)


def main() -> None:
    """Print the tables that the arguments select."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audio", type=Path, help="Folder of recordings with reference notes")
    parser.add_argument("--basic-pitch", type=Path, help="The package's command, in an environment of its own")
    parser.add_argument("--film", type=Path, help="A film for `reimagine music`")
    parser.add_argument("--soundfont", type=Path, help="The FluidR3_GM.sf2 that the instruments were learned from")
    parser.add_argument("--melodies", type=Path, nargs="*", default=[], help="MIDI files to synthesize and transcribe")
    parser.add_argument("--tunes", type=Path, help="The .tar that the composer was trained on")
    options = parser.parse_args()
    if options.audio:
        for damage in (None, DAMAGE):
            print_transcriptions(options.audio, damage)
    if options.basic_pitch and options.audio:
        print_command_comparison(next(options.audio.glob("*op7*.flac")), options.basic_pitch)
    if options.film:
        print_film_seconds(options.film)
    if options.melodies:
        print_retranscriptions(options.melodies)
    if options.tunes:
        print_melodies(options.tunes)
    if options.soundfont:
        print_timbres(options.soundfont)


if __name__ == "__main__":
    main()
