"""The contents of gallery pages: sound without a picture, names of steps."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers import run_cli

import reimagine
from reimagine.gallery.page import write_gallery
from reimagine.media import Note, Notes, Sound
from reimagine.media.audio.sound import read_sound, write_sound
from reimagine.media.midi.notes import write_notes
from reimagine.progress import NoProgress
from reimagine.runs.folder import Run


@pytest.fixture
def tones(tmp_path):
    """A sound file of four notes in two seconds."""
    time = np.arange(48000 * 2) / 48000
    pitches = 220 * 2 ** (np.floor(time * 2) / 12)
    write_sound(tmp_path / "tones.flac", Sound(0.4 * np.sin(2 * np.pi * pitches * time)[None].astype("f4"), 48000))
    return tmp_path / "tones.flac"


def page_of(tmp_path, *runs) -> str:
    """The HTML of a page of run folders."""
    return write_gallery([Run.open(run) for run in runs], tmp_path / "site", NoProgress()).read_text()


def test_a_sound_has_players_and_no_picture_numbers(tones, tmp_path):
    steps = [reimagine.model(stage)() for stage in ("transcribe", "timbre", "mix")]
    report = reimagine.run(tones, steps, tmp_path / "run").report
    assert report["duration_seconds"] == pytest.approx(2, abs=0.1) and report["note_count"] >= 1
    assert -40 < report["loudness_lufs"] < -5 and 30 < report["tempo"] < 250
    assert not {"frames", "fps", "shots", "colourfulness", "warp_error"} & set(report)
    html = page_of(tmp_path, tmp_path / "run")
    for name in ("before.m4a", "after.m4a"):
        assert f'src="run/{name}"' in html
        assert read_sound(tmp_path / "site" / "run" / name).seconds == pytest.approx(2, abs=0.1)
    assert "<video" not in html and "frames per second" not in html and "loudness in LUFS" in html


def test_a_transcription_alone_plays_the_original_sound(tones, tmp_path):
    reimagine.run(tones, [reimagine.model("transcribe")()], tmp_path / "run")
    html = page_of(tmp_path, tmp_path / "run")
    assert html.count("<audio") == 1 and 'src="run/before.m4a"' in html and "number of notes" in html


def test_steps_of_one_stage_have_different_names(film, tmp_path):
    tint = reimagine.model("colorize", "tint")
    reimagine.run(film, [tint(hue=30.0), tint(hue=200.0)], tmp_path / "run")
    html = page_of(tmp_path, tmp_path / "run")
    assert "<b>coloured</b> tint, hue 30.0" in html and "<b>coloured</b> tint, hue 200.0" in html


def test_reports_of_earlier_versions_are_read(film, tmp_path):
    reimagine.run(film, [reimagine.model("colorize", "tint")()], tmp_path / "run")
    path = tmp_path / "run" / "report.json"
    facts = json.loads(path.read_text())
    facts["notes"] = [*facts.pop("remarks"), "a remark"]
    path.write_text(json.dumps(facts))
    again = reimagine.run(tmp_path / "run", [])
    assert again.report["remarks"][-1] == "a remark" and "notes" not in again.report


def test_a_midi_file_is_played_by_the_timbre_command_and_mixed_again(tones, tmp_path):
    write_notes(tmp_path / "tune.mid", Notes((Note(0, 0.5, 60), Note(0.5, 1, 64))))
    code, _, error = run_cli("timbre", tmp_path / "tune.mid", "--model", "sine", "--into", tmp_path / "a", "-q")
    assert code == 0 and read_sound(tmp_path / "a" / "film.wav").seconds > 1, error
    reimagine.run(tones, [reimagine.model(s)() for s in ("transcribe", "timbre", "mix")], tmp_path / "b")
    code, _, error = run_cli("mix", tmp_path / "b", "--loudness", "-23", "-q")
    report = json.loads((tmp_path / "b" / "report.json").read_text())
    assert code == 0 and report["loudness_lufs"] == pytest.approx(-23, abs=0.5), error
