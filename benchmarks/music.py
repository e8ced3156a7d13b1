"""Are notes heard, and instruments in tune? `python benchmarks/music.py --audio AUDIO ...` prints tables.

AUDIO holds recordings with their true notes beside them (.notes.tsv). The film thresholds were tuned on three
of them (marked with a star). `--basic-pitch` is the package's own command, from an environment of its own,
timed on a 60 s file from a cold start, and whose notes are compared with ours; `--soundfont` is the
FluidR3_GM.sf2 that the instruments were learnt from; `--melodies` are .mid files to play and hear again.
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
from reimagine.media.notes import read_notes
from reimagine.media.sound import Sound, read_sound, write_sound
from reimagine.metrics import melody, timbre
from reimagine.metrics.notes import find_truth, note_scores, read_truth
from reimagine.stages.compose.melody import data
from reimagine.stages.timbre.soundfont import program_of, rendered

TUNED_ON = ("chpn-p14", "chpn-p19", "chpn_op7")
COLUMNS = ("precision", "recall", "f1", "f1_offsets")


def notes_table(folder: Path) -> None:
    print("| recording | transcribed by | notes | " + " | ".join(COLUMNS) + " | times real time |")
    print("|" + "---|" * 8)
    models = {
        "basic-pitch, published": reimagine.model("transcribe", "basic-pitch")(thresholds="published"),
        "basic-pitch, film": reimagine.model("transcribe", "basic-pitch")(),
    }
    recordings = sorted(p for p in folder.iterdir() if p.suffix in (".flac", ".wav") and _true(p))
    held_out: dict[str, list] = {title: [] for title in models}
    for path in recordings:
        star = any(word in path.stem for word in TUNED_ON)
        chosen = models | ({"pyin": reimagine.model("transcribe", "pyin")()} if "sing" in path.stem else {})
        for title, model in chosen.items():
            row = evaluate_transcription(model, [path])["mean"]
            line(path.stem + " *" * star, title, row)
            if not star and title in held_out and "sing" not in path.stem:
                held_out[title].append(row)
    for title, rows in held_out.items():
        line("mean of pianos without *", title, {c: float(np.mean([r[c] for r in rows])) for c in rows[0]})


def _true(path: Path) -> bool:
    try:
        return bool(find_truth(path))
    except reimagine.ReimagineError:
        return False


def line(name: str, title: str, row: dict[str, float]) -> None:
    cells = " | ".join(f"{row[c]:.3f}" for c in COLUMNS)
    print(f"| {name} | {title} | {row['notes']:.0f} | {cells} | {row['times_real_time']:.0f} |", flush=True)


def command_table(recording: Path, command: Path) -> None:
    """The same notes as the package's own command? And how much sooner, from a cold start?"""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        minute = home / "minute.wav"
        sound = read_sound(recording)
        write_sound(minute, Sound(sound.samples[:, : 60 * sound.rate], sound.rate))
        words = (
            "import sys, reimagine; reimagine.run(sys.argv[1], [reimagine.model('transcribe')"
            "(thresholds='published')], sys.argv[2])"
        )
        print("\n| 60 s of music | ours, s | the command, s | ours = 1 |\n|---|---|---|---|")
        for title, fresh in (("the first time after installing", True), ("again", False)):
            folders = [home / f"{who}-{fresh}" for who in ("ours", "theirs")]
            folders[1].mkdir()
            ours = timed([sys.executable, "-c", words, str(minute), str(folders[0])], fresh)
            theirs = timed([str(command), str(folders[1]), str(minute)], fresh)
            print(f"| {title} | {ours:.1f} | {theirs:.1f} | {theirs / ours:.1f} |", flush=True)
        same = note_scores(
            read_notes(next(folders[0].glob("*/notes.mid"))), read_notes(next(folders[1].glob("*.mid"))), 0.01
        )
        print(f"\nNotes the same as the command's, onsets within 10 ms: F1 {same['f1']:.4f}.", flush=True)


def end_to_end(film: Path) -> None:
    """The whole chain from a cold start."""
    with tempfile.TemporaryDirectory() as name:
        words = ["-m", "reimagine.cli", "music", str(film), "--into", str(Path(name) / "run"), "-q"]
        seconds = timed([sys.executable, *words])
    print(f"\n`reimagine music {film.name}`, from a cold start: {seconds:.1f} s.", flush=True)


def timed(words: list[str], fresh: bool = False) -> float:
    """Seconds of a process; a `fresh` one finds no compiled code that an earlier one left."""
    with tempfile.TemporaryDirectory() as empty:
        places = {"NUMBA_CACHE_DIR": empty, "PYTHONPYCACHEPREFIX": empty} if fresh else {}
        begun = time.monotonic()
        subprocess.run(words, check=True, capture_output=True, env={**os.environ, **places})
        return time.monotonic() - begun


def timbre_table(font: Path) -> None:
    cls = reimagine.model("timbre", "harmonic")
    columns = ("in_tune", "silent", "apart_db", "times_real_time")
    print("\n| instrument | in tune | silent notes | apart from the soundfont, dB | times real time |")
    print("|" + "---|" * 5)
    rows = []
    for name in cls().names():
        real = rendered(timbre.scale(), font, program_of(name), 48000)
        row = timbre.timbre_scores(cls(instruments=name, room=0.0).load("cpu"), real)
        rows.append([row[c] for c in columns])
        print(f"| {name} | " + " | ".join(f"{v:.3g}" for v in rows[-1]) + " |", flush=True)
    print("| mean | " + " | ".join(f"{v:.3g}" for v in np.mean(rows, 0)) + " |", flush=True)


def heard_again(melodies: list[Path]) -> None:
    """Play tunes, transcribe what was played: note F1."""
    print("\n| instrument | tunes heard again, F1 |\n|---|---|")
    hear = reimagine.model("transcribe")().load("cpu")
    for name in ("acoustic-grand-piano", "violin", "flute", "clarinet", "vibraphone", "trumpet"):
        play = reimagine.model("timbre")(instruments=name).load("cpu")
        found = [note_scores(hear(play(tune)), tune)["f1"] for tune in map(read_truth, melodies)]
        print(f"| {name} | {np.mean(found):.3f} |", flush=True)


def melodies_table(tar: Path) -> None:
    """Melodies from nothing, and beside them as many of the tunes that were learnt from."""
    tunes = [t[t >= 2].astype(int) for t in data.tunes(tar)]
    print("\n| melody | notes | different | repeats | leaps | in a scale | longest run shared with a tune |")
    print("|" + "---|" * 7)
    for seed in range(1, 9):
        made = reimagine.model("compose")(seed=seed, bars=16).load("cpu")(Notes((), 110.0))
        pitches = np.array([n.pitch for n in made])
        melody_line(f"seed {seed}", pitches, melody.longest_shared(pitches, tunes))
    chosen = np.random.default_rng(0).permutation(len(tunes))[:100]
    means = [melody.facts(tunes[n]) for n in chosen]
    row = {c: float(np.mean([m[c] for m in means])) for c in means[0]}
    print("| 100 of the tunes | " + " | ".join(f"{v:.2f}" for v in row.values()) + " | |", flush=True)


def melody_line(name: str, pitches: np.ndarray, shared: int) -> None:
    cells = " | ".join(f"{v:.2f}" for v in melody.facts(pitches).values())
    print(f"| {name} | {cells} | {shared} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audio", type=Path)
    parser.add_argument("--basic-pitch", type=Path)
    parser.add_argument("--film", type=Path)
    parser.add_argument("--soundfont", type=Path)
    parser.add_argument("--melodies", type=Path, nargs="*", default=[])
    parser.add_argument("--tunes", type=Path, help="The .tar the composer learnt from")
    given = parser.parse_args()
    if given.audio:
        notes_table(given.audio)
    if given.basic_pitch and given.audio:
        command_table(next(given.audio.glob("*op7*.flac")), given.basic_pitch)
    if given.film:
        end_to_end(given.film)
    if given.melodies:
        heard_again(given.melodies)
    if given.tunes:
        melodies_table(given.tunes)
    if given.soundfont:
        timbre_table(given.soundfont)


if __name__ == "__main__":
    main()
