"""Scores: beats and metre, quantization, hands, MusicXML, pictures, and what happens without the packages."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from helpers import make_film, run_cli

import reimagine
from reimagine.gallery.page import write_gallery
from reimagine.media import Note, Notes
from reimagine.media.midi.notes import write_notes
from reimagine.media.score import engraving, musicxml
from reimagine.media.score.beats import Beats, find_beats
from reimagine.media.score.engraving import picture_size, write_score
from reimagine.media.score.quantize import Piece, quantize
from reimagine.progress import NoProgress
from reimagine.runs.folder import Run

NO_MUSIC21 = pytest.mark.skipif(not musicxml.is_installed(), reason="music21 is not installed")
NO_VEROVIO = pytest.mark.skipif(not engraving.can_draw(), reason="verovio is not installed")
G_MAJOR = (67, 69, 71, 72, 74, 76, 78, 79)


def piece(beats_of_notes: list[tuple[float, float, int]], tempo: float = 100.0, beat: float = 0.0) -> Notes:
    """Notes given as (first beat, last beat, pitch), in order."""
    period = 60 / tempo
    notes = (Note(beat + a * period, beat + b * period, pitch) for a, b, pitch in beats_of_notes)
    return Notes(tuple(sorted(notes)), tempo, beat)


def waltz(bars: int, beats: int = 3) -> list[tuple[float, float, int]]:
    """A bass note on the first beat of each bar, chords on the others, and a melody."""
    notes: list[tuple[float, float, int]] = []
    for bar in range(bars):
        first = bar * beats
        notes += [
            (first, first + 0.9, 43),
            *((first + n, first + n + 0.8, p) for n in range(1, beats) for p in (59, 62)),
        ]
        notes += [(first + n, first + n + 0.9, G_MAJOR[(bar + n) % 8]) for n in range(beats)]
    return notes


def starts(pieces: tuple[Piece, ...]) -> list[Fraction]:
    """The starts of the notes that are not tied to one before."""
    tied = [False, *(p.tied for p in pieces)]
    return [p.start for p, continued in zip(pieces, tied, strict=False) if p.pitches and not continued]


@pytest.mark.parametrize("per_bar", [3, 4])
@pytest.mark.parametrize("beat", [0.0, 0.37])
def test_bars_begin_with_the_bass(per_bar, beat):
    beats = find_beats(piece(waltz(8, per_bar), 96, beat))
    assert beats.per_bar == per_bar and beats.times[0] == pytest.approx(beat, abs=0.02)
    assert beats.tempo == pytest.approx(96, rel=0.01)


def test_an_upbeat_lies_in_the_bar_before():
    notes = [(a + 1, b + 1, pitch) for a, b, pitch in waltz(8)]
    beats = find_beats(piece([(0, 0.9, 74), *notes]))
    assert beats.position(np.array([0.0]))[0] == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize("drift", [-0.15, 0.15])
def test_beats_follow_a_changing_tempo(drift):
    """The tempo changes by 15 % over the piece, so that a constant grid would be beats away at the end."""
    times = np.cumsum(np.linspace(0.5, 0.5 * (1 + drift), 64))
    notes = Notes(
        tuple(Note(float(t), float(t) + 0.3, 60 + n % 5) for n, t in enumerate(times)), 120.0, float(times[0])
    )
    beats = find_beats(notes)
    position = beats.position(times)
    assert np.abs(position - np.round(position)).max() < 0.1 and np.allclose(np.diff(np.round(position)), 1)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("division", [1, 2, 3, 4])
def test_played_notes_get_their_written_places(seed, division):
    """Onsets deviate by 15 ms, and notes end early, as they are played."""
    rng = np.random.default_rng(seed)
    written = [Fraction(n, division) for n in range(8 * division)]
    played = [(float(t) + rng.normal(0, 0.02), float(t) + 0.6 / division, 72 + n % 3) for n, t in enumerate(written)]
    notes = piece([(max(0.0, a), b, p) for a, b, p in played], 80)
    beats = Beats(np.arange(10) * 0.75, 4)
    hands = quantize(notes, beats)
    assert starts(hands.right) == written and not starts(hands.left)
    assert hands.compound == (division == 3)


@pytest.mark.parametrize("seed", range(6))
def test_the_pieces_of_a_hand_fill_the_bars_without_gaps(seed):
    """Random notes: every piece lies within a bar and tied pieces have the same pitches."""
    rng = np.random.default_rng(seed)
    onsets = np.sort(rng.uniform(0, 20, 80))
    notes = Notes(tuple(Note(t, t + rng.uniform(0.05, 3), int(rng.integers(30, 90))) for t in onsets))
    beats = find_beats(notes)
    hands = quantize(notes, beats)
    ends = []
    for pieces in (hands.right, hands.left):
        assert pieces[0].start == 0 and all(a.start + a.duration == b.start for a, b in pairwise(pieces))
        assert all(
            p.start // beats.per_bar == (p.start + p.duration - Fraction(1, 48)) // beats.per_bar for p in pieces
        )
        assert all(b.pitches == a.pitches for a, b in pairwise(pieces) if a.tied)
        ends.append(pieces[-1].start + pieces[-1].duration)
    assert ends[0] == ends[1] and ends[0] % beats.per_bar == 0


def test_the_bass_is_in_the_left_hand_and_the_melody_in_the_right():
    notes = piece(waltz(8))
    hands = quantize(notes, find_beats(notes))
    assert {p for piece in hands.right for p in piece.pitches} >= set(G_MAJOR[:6])
    assert 43 in {p for piece in hands.left for p in piece.pitches}
    assert not {p for piece in hands.left for p in piece.pitches} & set(G_MAJOR)


@NO_MUSIC21
def test_musicxml_has_key_metre_tempo_and_two_staves(tmp_path):
    from music21 import converter

    write_score(tmp_path / "a.musicxml", piece(waltz(8), 96), "A waltz")
    score = converter.parse(tmp_path / "a.musicxml")
    flat = score.parts[0].flatten()
    assert len(score.parts) == 2 and score.metadata.bestTitle == "A waltz"
    assert flat.getElementsByClass("KeySignature").first().sharps == 1
    assert flat.getElementsByClass("TimeSignature").first().ratioString == "3/4"
    assert flat.getElementsByClass("MetronomeMark").first().number == 96
    assert [len(part.getElementsByClass("Measure")) for part in score.parts] == [8, 8]
    assert "F#5" in {p.nameWithOctave for p in score.parts[0].pitches}
    assert all(m.duration.quarterLength == 3 for part in score.parts for m in part.getElementsByClass("Measure"))


@NO_MUSIC21
@pytest.mark.parametrize(
    "pitches", [(60,), (36,), tuple(range(21, 109)), (0, 127)], ids=["c", "low", "all", "extremes"]
)
def test_any_pitch_is_written_and_read_back(tmp_path, pitches):
    from music21 import converter

    write_score(tmp_path / "a.musicxml", piece([(n, n + 0.9, pitch) for n, pitch in enumerate(pitches)]))
    score = converter.parse(tmp_path / "a.musicxml")
    assert sorted(p.midi for p in score.pitches) == sorted(pitches)


@NO_MUSIC21
@NO_VEROVIO
def test_a_run_has_the_score_and_its_page_shows_it(tmp_path):
    notes = tmp_path / "tune.mid"
    write_notes(notes, piece(waltz(4)))
    reimagine.run(notes, [reimagine.model("transcribe")()], tmp_path / "run", tmp_path / "out.mid")
    folder = next((tmp_path / "run").glob("01-*"))
    assert {"notes.musicxml", "score.svg"} <= {p.name for p in folder.iterdir()}
    page = write_gallery([Run.open(tmp_path / "run")], tmp_path / "site", NoProgress())
    assert '01-score.svg" alt="Score after transcribe"' in page.read_text() and "notes.musicxml" in page.read_text()
    assert picture_size(tmp_path / "site" / "run" / "01-score.svg")[0] > 500


@NO_MUSIC21
@NO_VEROVIO
@pytest.mark.parametrize("suffix", [".musicxml", ".svg"])
def test_a_score_is_the_output_of_a_command(tmp_path, suffix):
    film = make_film(tmp_path / "film.mp4", 72, sounds=1)
    out = tmp_path / f"score{suffix}"
    code, printed, _ = run_cli("transcribe", film, "--into", tmp_path / "run", "-o", out, "-q")
    assert code == 0 and Path(printed.strip()) == out
    assert {".musicxml": "<score-partwise", ".svg": "<svg"}[suffix] in out.read_text()


@NO_MUSIC21
@NO_VEROVIO
def test_a_preview_is_the_picture_of_the_score(tmp_path):
    write_notes(tmp_path / "tune.mid", piece(waltz(4)))
    code, printed, _ = run_cli("preview", "transcribe", tmp_path / "tune.mid", "--into", tmp_path / "run", "-q")
    assert code == 0 and picture_size(Path(printed.strip()))[1] > 100


def test_without_the_packages_only_explicit_scores_are_refused(tmp_path, monkeypatch):
    for module in (musicxml, engraving):
        monkeypatch.setattr(module, "find_spec", lambda name: None)
    notes, run = tmp_path / "tune.mid", tmp_path / "run"
    write_notes(notes, piece(waltz(2)))
    code, _, errors = run_cli("transcribe", notes, "--into", run, "-o", tmp_path / "out.mid", "-q")
    assert code == 0 and not errors and not list(run.rglob("*.musicxml"))
    requests = (("transcribe", notes, "--into", run, "-o", tmp_path / "a.musicxml"), ("preview", "transcribe", notes))
    for request in requests:
        code, _, errors = run_cli(*request, "-q")
        assert code == 1 and "pip install 'reimagine[score]'" in errors and len(errors.splitlines()) == 1


@NO_MUSIC21
def test_music_without_notes_has_no_score(tmp_path):
    write_notes(tmp_path / "empty.mid", Notes(()))
    code, _, errors = run_cli(
        "transcribe", tmp_path / "empty.mid", "--into", tmp_path / "run", "-o", tmp_path / "a.musicxml", "-q"
    )
    assert code == 1 and "there are 0 notes" in errors
