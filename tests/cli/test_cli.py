"""Command lines, and what they print and write."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from helpers import make_film, run_cli

from reimagine import __version__

DEMO = Path(__file__).parents[2] / "assets" / "demo.mp4"


@pytest.mark.parametrize(
    "words",
    [
        ["colorize", "--model", "tint"],
        ["cartoon"],
        ["music"],
        ["continue", "--seconds", "0.5", "--minutes", "0"],
    ],
)
def test_every_command_writes_a_film(words, film, tmp_path):
    import av

    output = tmp_path / "out.mp4"
    code, out, _ = run_cli(words[0], film, *words[1:], "--into", tmp_path / "run", "-o", output, "-q")
    assert code == 0 and out.strip().splitlines()[-1] == str(output)
    with av.open(str(output)) as box:
        assert sum(1 for _ in box.decode(video=0)) == (60 if words[0] == "continue" else 48)
        assert box.streams.audio


def test_a_recipe_runs_all_stages(film, tmp_path):
    recipe = tmp_path / "all.toml"
    continuation = 'continue"\nminutes = 0.0\nmodel = "recall'
    steps = ('colorize"\nmodel = "tint', "cartoon", continuation, "transcribe", "timbre", "mix")
    recipe.write_text("".join(f'[[step]]\nstage = "{step}"\n' for step in steps))
    code, _, err = run_cli("run", recipe, film, "--into", tmp_path / "run", "--json")
    assert code == 0
    lines = [json.loads(line) for line in err.splitlines()]
    assert {"colorize", "cartoon", "continue", "mix", "export"} <= {line.get("step") for line in lines}


@pytest.mark.parametrize("path", sorted(Path(__file__).parents[2].glob("pipelines/*.toml")))
def test_included_recipes_can_be_read(path):
    from reimagine import recipe

    assert recipe.read(path)


def test_each_picture_of_a_folder_is_processed(tmp_path):
    import cv2
    import numpy as np

    (tmp_path / "stills").mkdir()
    for name, shape in (("a.png", (40, 60)), ("b.jpg", (50, 30))):
        cv2.imwrite(str(tmp_path / "stills" / name), np.full(shape, 120, np.uint8))
    code, out, _ = run_cli("colorize", tmp_path / "stills", "--model", "tint", "--into", tmp_path / "run", "-q")
    assert code == 0
    assert [cv2.imread(line).shape[:2] for line in out.split()] == [(40, 60), (50, 30)]


BAD = [
    (["colorize", "nowhere.mp4"], 1, "no such file"),
    (["colorize", "empty.mp4"], 1, "empty"),
    (["colorize", "text.mp4"], 1, "not a film"),
    (["colorize", "film.mp4", "--model", "tnit"], 1, "did you mean 'tint'"),
    (["colorize", "film.mp4", "--hue", "9", "--size", "128"], 1, "--hue is not an option"),
    (["colorize", "film.mp4", "--weights", "colorize-nogam"], 1, "colorize-nogan"),
    (["colorize", "film.mp4", "--weights", "./none.safetensors"], 1, "no weights"),
    (["colorize", "film.mp4", "--weights", "./text.safetensors"], 1, "not a safetensors file"),
    (["colorize", "film.mp4", "--model", "tint", "--start", "90"], 1, "--start"),
    (["colorize", "film.mp4", "--model", "tint", "--codec", "h265"], 1, "--codec"),
    (["colorize", "film.mp4", "--model", "tint", "-o", "film.xyz"], 1, "film.xyz"),
    (["colorize", "film.mp4", "--model", "tint", "-o", "."], 1, "cannot be written"),
    (["colorize", "film.mp4", "--model", "tint", "--into", "text.mp4/run"], 1, "cannot be written"),
    (["colorize", "film.mp4", "--model", "tint", "--device", "abacus"], 1, "--device"),
    (["colorize", "film.mp4", "--references", "nowhere"], 1, "--export-references"),
    (["run", "none.toml", "film.mp4"], 1, "no such recipe"),
    (["run", "bad.toml", "film.mp4"], 1, "bad.toml:4: step 2: unknown stage 'colourise'"),
    (["music", "silent.mp4"], 1, "no sound track"),
    (["music", "film.mp4", "--instruments", "flite"], 1, "did you mean 'flute'"),
    (["music", "film.mp4", "--thresholds", "flim"], 1, "did you mean 'film'"),
    (["music", "text.mid"], 1, "not a MIDI file"),
    (["compose", "--bars", "0"], 1, "--bars 0"),
    (["models", "add", "gansynth-acoustic", "--file", "text.mid"], 1, "no TensorFlow checkpoint"),
    (["models", "show", "colorise"], 1, "did you mean 'colorize'"),
    (["colorize", "film.mp4", "--sise", "3"], 2, "--sise"),
    (["colour", "film.mp4"], 2, "colour"),
]


@pytest.mark.parametrize(("words", "code", "text"), BAD)
def test_bad_input_gives_one_line_and_an_exit_code(words, code, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_film(tmp_path / "film.mp4", 12, sounds=1)
    make_film(tmp_path / "silent.mp4", 12)
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("words " * 500)
    (tmp_path / "text.mid").write_text("words " * 500)
    (tmp_path / "text.safetensors").write_text("words " * 500)
    (tmp_path / "bad.toml").write_text('[[step]]\nstage = "cartoon"\n[[step]]\nstage = "colourise"\n')
    quiet = ["-q"] if words[0] in ("colorize", "run", "music", "compose") and code == 1 else []
    exit_code, _, err = run_cli(*words, *quiet)
    assert exit_code == code and text in err
    if code == 1:
        assert err.startswith("reimagine: ") and err.count("\n") == 1


def test_damaged_weights_are_refused(tmp_path, film, tiny_colour):
    from reimagine import zoo

    copy = tmp_path / "mine.safetensors"
    copy.write_bytes(tiny_colour.read_bytes())
    zoo.write_card(copy, {"licence": "none"})
    assert run_cli("colorize", film, "--weights", copy, "--into", tmp_path / "a", "-q")[0] == 0
    copy.write_bytes(copy.read_bytes()[:-1] + b"?")
    code, _, err = run_cli("colorize", film, "--weights", copy, "--into", tmp_path / "b", "-q")
    assert code == 1 and "damaged" in err


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs the names of open files")
def test_a_full_disk_gives_one_line(tmp_path, film, monkeypatch):
    flush = os.fsync

    def full(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").readlink().suffix == ".mp4":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    run = tmp_path / "run"
    code, _, err = run_cli("colorize", film, "--model", "tint", "-q", "--into", run, "-o", tmp_path / "full.mp4")
    assert code == 1 and "No space left" in err and err.count("\n") == 1
    assert list(run.glob("01-*/step.json")) and not (tmp_path / "full.mp4").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_refused(tmp_path, film):
    (tmp_path / "locked").mkdir(mode=0o500)
    code, _, err = run_cli("colorize", film, "--model", "tint", "--into", tmp_path / "locked" / "run")
    assert code == 1 and "cannot be written" in err


def test_preview_writes_a_contact_sheet(film, tmp_path):
    import cv2

    code, out, _ = run_cli("preview", "cartoon", film, "--into", tmp_path / "run", "--frames", 3, "-q")
    assert code == 0 and cv2.imread(out.strip()).shape[1] == 3 * 328


def test_evaluate_colour_prints_json(tmp_path, tiny_colour):
    import cv2
    from helpers import picture

    cv2.imwrite(str(tmp_path / "a.png"), picture(0, 80, 60, 1))
    code, out, _ = run_cli("evaluate", "colour", tmp_path, "--model", "tint", "--json")
    rows = json.loads(out)
    assert code == 0 and set(rows) == {"coloured", "left grey"}
    assert rows["coloured"]["chroma"] > rows["left grey"]["chroma"]


def test_the_demo_film_is_coloured(tmp_path):
    code, out, _ = run_cli("colorize", DEMO, "--end", "0.6", "--into", tmp_path / "run", "-q")
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert code == 0 and out.strip().endswith("film.mp4")
    assert report["colourfulness"]["before"] < 2 and report["colourfulness"]["after"] > 8


def test_version_is_printed():
    code, out, _ = run_cli("--version")
    assert code == 0 and out.strip() == f"reimagine {__version__}"


def test_the_film_itself_is_not_overwritten(film, tmp_path):
    own = tmp_path / "own.mp4"
    own.write_bytes(film.read_bytes())
    code, _, err = run_cli("colorize", own, "--model", "tint", "-o", own, "--into", tmp_path / "run", "-q")
    assert code == 1 and "is the film itself" in err and own.read_bytes() == film.read_bytes()
