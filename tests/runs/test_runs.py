"""Runs: finished steps are found again, and an interruption loses no finished part."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest
from helpers import frames_of, make_film

import reimagine
from reimagine.errors import MediaError, RunError, StageError
from reimagine.execution import parts
from reimagine.runs.folder import Run

TINT = reimagine.model("colorize", "tint")
INK = reimagine.model("cartoon", "ink")


def picture(run) -> list[np.ndarray]:
    """The frames of a run's latest picture step, lossless."""
    return frames_of(run / Run.open(run).tracks.latest("picture").folder / "picture.nut")


def folders(run) -> list[str]:
    return sorted(p.name.rsplit("-", 1)[0] for p in run.iterdir() if p.is_dir())


def test_finished_steps_are_not_run_again(tmp_path, film, monkeypatch):
    first = reimagine.run(film, [TINT(), INK()], tmp_path / "run")
    stamp = first.film.stat().st_mtime_ns
    monkeypatch.setattr(TINT, "load", None)
    monkeypatch.setattr(INK, "load", None)
    again = reimagine.run(film, [TINT(), INK()], tmp_path / "run")
    assert again.report == first.report and again.film.stat().st_mtime_ns == stamp


def test_another_option_makes_another_folder(tmp_path, film):
    for hue in (35.0, 220.0):
        reimagine.run(film, [TINT(hue=hue)], tmp_path / "run")
    assert folders(tmp_path / "run") == ["00-open", "01-colorize.tint", "01-colorize.tint"]


def test_a_run_folder_as_input_continues_from_its_latest_picture(tmp_path, film):
    reimagine.run(film, [TINT(), INK()], tmp_path / "a")
    reimagine.run(film, [TINT()], tmp_path / "b")
    reimagine.run(tmp_path / "b", [INK()])
    pairs = zip(picture(tmp_path / "a"), picture(tmp_path / "b"), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)


def test_continue_lengthens_picture_and_sound(tmp_path, film):
    continuation = reimagine.model("continue")(seconds=1.0, minutes=0.0)
    done = reimagine.run(film, [TINT(), continuation, INK()], tmp_path / "run")
    assert done.report["frames"] == 48 + 24 == len(frames_of(done.film))
    assert abs(done.report["audio_minus_video_seconds"]) < 0.1


def test_another_films_folder_is_refused(tmp_path, film):
    reimagine.run(film, [TINT()], tmp_path / "run")
    other = make_film(tmp_path / "other.mp4", 12)
    with pytest.raises(RunError, match="another film"):
        reimagine.run(other, [TINT()], tmp_path / "run")


def test_parts_give_the_same_frames(tmp_path, film, monkeypatch):
    reimagine.run(film, [TINT()], tmp_path / "whole")
    monkeypatch.setattr(parts, "MAX_FRAMES", 7)
    reimagine.run(film, [TINT()], tmp_path / "cut")
    pairs = zip(picture(tmp_path / "whole"), picture(tmp_path / "cut"), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)


def test_killed_and_run_again_gives_the_same_film(tmp_path):
    source = make_film(tmp_path / "film.mp4", 320, size=(320, 240), cuts=(80, 160, 240))
    whole = reimagine.run(source, [INK()], tmp_path / "whole")
    command = [
        sys.executable,
        "-m",
        "reimagine",
        "cartoon",
        str(source),
        "-q",
        "--model",
        "ink",
        "--into",
        str(tmp_path / "run"),
    ]
    process = subprocess.Popen(command)
    try:
        deadline = time.monotonic() + 120
        while not list((tmp_path / "run").glob("*/parts/[0-9]*.json")):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    finished = {p: p.stat().st_ino for p in (tmp_path / "run").glob("*/parts/[0-9]*.nut")}
    assert finished and not list((tmp_path / "run").glob("*/step.json"))
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("film.mp4")
    pairs = zip(frames_of(whole.film), frames_of(tmp_path / "run" / "film.mp4"), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)


def test_incomplete_parts_are_processed_again(tmp_path, film):
    """A kill may fall between any two files of a part."""
    done = reimagine.run(film, [TINT()], tmp_path / "run")
    expected = picture(tmp_path / "run")
    folder = tmp_path / "run" / Run.open(done.folder).tracks.latest("picture").folder
    (folder / "step.json").unlink()
    (folder / "parts").mkdir()
    (folder / "parts" / "000000-000020.nut").write_bytes(b"incomplete")
    (folder / "parts" / ".000020-000048.nut").write_bytes(b"incomplete")
    (folder / "picture.nut").unlink()
    reimagine.run(film, [TINT()], tmp_path / "run")
    assert all(np.array_equal(a, b) for a, b in zip(expected, picture(tmp_path / "run"), strict=True))


def test_out_of_memory_halves_the_size_of_the_part_and_is_counted(tmp_path, film, tiny_colour, monkeypatch):
    """The film has two parts, one per shot. Each starts at the full size, whatever happened in the other."""
    from reimagine.stages.colorize.unet.net import ColorUNet

    heights, forward = [], ColorUNet.forward

    def limited(self, grey):
        heights.append(grey.shape[-2])
        if grey.shape[-2] > 100:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return forward(self, grey)

    monkeypatch.setattr(ColorUNet, "forward", limited)
    model = reimagine.model("colorize", "unet")(weights=str(tiny_colour))
    done = reimagine.run(film, [model], tmp_path / "run")
    assert done.report["counts"]["out of memory: worked at half the size"] == 2
    assert sum(height > 100 for height in heights) == 2 and done.report["colourfulness"]["after"] > 1


def test_a_reference_still_changes_its_shot_only(tmp_path, film, tiny_colour):
    import cv2

    from reimagine.gallery.references import export_references

    cls = reimagine.model("colorize", "unet")
    plain = reimagine.run(film, [cls(weights=str(tiny_colour))], tmp_path / "run")
    stills = tmp_path / "stills"
    first, second = sorted(export_references(plain.folder, stills))
    assert [p.name for p in (first, second)] == ["ref_000010.png", "ref_000034.png"]
    second.unlink()
    grey = cv2.cvtColor(cv2.imread(str(first)), cv2.COLOR_BGR2GRAY)
    cv2.imwrite(str(first), cv2.merge([grey // 2 + 120, grey // 2, grey // 2]))
    again = reimagine.run(film, [cls(weights=str(tiny_colour), references=stills)], tmp_path / "run")
    assert again.folder == plain.folder
    pictures = sorted((tmp_path / "run").glob("01-*/picture.nut"), key=lambda p: p.stat().st_mtime_ns)
    before, after = (frames_of(p) for p in pictures)
    assert np.mean(after[10][64:80]) - np.mean(before[10][64:80]) > 3
    assert np.array_equal(after[40], before[40])


@pytest.mark.parametrize("damage", ["", "[", '{"frames": 1, "seconds": 0, "counts": {}}', '{"frames": "12"}', None])
def test_a_part_with_a_damaged_sidecar_is_made_again(tmp_path, film, damage, monkeypatch):
    monkeypatch.setattr(parts, "MAX_FRAMES", 12)
    reimagine.run(film, [TINT()], tmp_path / "good")
    monkeypatch.setattr("reimagine.execution.picture.concatenate", interrupt)
    with pytest.raises(KeyboardInterrupt):
        reimagine.run(film, [TINT()], tmp_path / "run")
    monkeypatch.undo()
    monkeypatch.setattr(parts, "MAX_FRAMES", 12)
    sidecar = sorted(tmp_path.glob("run/01-*/parts/*.json"))[1]
    if damage is None:
        sidecar.with_suffix(".nut").unlink()
    else:
        sidecar.write_text(damage)
    reimagine.run(film, [TINT()], tmp_path / "run")
    assert (tmp_path / "run" / "film.mp4").read_bytes() == (tmp_path / "good" / "film.mp4").read_bytes()


def test_a_step_whose_artifact_was_cut_short_is_named(tmp_path, film):
    reimagine.run(film, [TINT()], tmp_path / "run")
    [artifact] = tmp_path.glob("run/01-*/picture.nut")
    artifact.write_bytes(artifact.read_bytes()[: artifact.stat().st_size // 2])
    with pytest.raises(MediaError, match=r"picture\.nut: frame \d+ is missing; delete .*01-colorize\.tint"):
        reimagine.run(tmp_path / "run", [INK()])


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_damaged_run_json_is_rebuilt_from_the_steps(tmp_path, film):
    reimagine.run(film, [TINT(), INK()], tmp_path / "run")
    path = tmp_path / "run" / "run.json"
    before = path.read_text()
    path.write_text("{")
    lines = []
    run = Run.open(tmp_path / "run", progress=SimpleNamespace(message=lines.append))
    assert [step.stage for step in run.steps] == ["colorize", "cartoon"] and "rebuilt from the 2 finished" in lines[0]
    run.save()
    assert path.read_text() == before


def test_a_damaged_run_json_of_a_part_of_a_film_is_reported(tmp_path, film):
    reimagine.run(film, [TINT()], tmp_path / "run", start=0.2)
    (tmp_path / "run" / "run.json").write_text("{")
    with pytest.raises(RunError, match=r"run\.json: .*; run the first command again"):
        reimagine.run(tmp_path / "run", [INK()])


def test_music_needs_sound(tmp_path):
    silent = make_film(tmp_path / "silent.mp4", 12)
    with pytest.raises(StageError, match="no sound track"):
        reimagine.run(silent, [reimagine.model("transcribe")()], tmp_path / "run")


def test_the_report_has_frames_shots_and_seconds(tmp_path, film):
    done = reimagine.run(film, [TINT()], tmp_path / "run")
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["frames"] == 48 and report["shots"] == 2 and report["fps"] == 24
    assert report["colourfulness"]["before"] < report["colourfulness"]["after"]
    assert report["peak_rss_mb"] > 10 and report["seconds"]["colorize"] > 0
    assert (done.folder / "contact-sheet.png").stat().st_size > 1000
    assert Run.open(done.folder).tracks.latest("picture").stage == "colorize"


def test_a_run_without_steps_can_be_extended(tmp_path, film):
    reimagine.run(film, [], tmp_path / "run")
    done = reimagine.run(tmp_path / "run", [TINT()])
    assert [s.stage for s in Run.open(done.folder).steps] == ["colorize"]


def test_the_peak_memory_of_a_run_is_its_own(tmp_path, film):
    """A process that is started by a large one does not report the memory of that one."""
    code = (
        "import subprocess, sys; large = bytearray(b'x') * 900_000_000; "
        "subprocess.run([sys.executable, '-m', 'reimagine', *sys.argv[1:]], check=True)"
    )
    words = ["colorize", film, "--model", "tint", "--into", tmp_path / "run", "-q"]
    subprocess.run([sys.executable, "-c", code, *map(str, words)], check=True, capture_output=True)
    assert 30 < json.loads((tmp_path / "run" / "report.json").read_text())["peak_rss_mb"] < 800


def stages_of(folder) -> list[str]:
    return [f"{step.stage}.{step.model}" for step in Run.open(folder).steps]


def test_a_stage_on_a_run_folder_replaces_its_last_step(tmp_path, film):
    reimagine.run(film, [TINT()], tmp_path / "run")
    reimagine.run(tmp_path / "run", [INK()])
    first = (tmp_path / "run" / "film.mp4").read_bytes()
    reimagine.run(tmp_path / "run", [INK(levels=3)])
    assert stages_of(tmp_path / "run") == ["colorize.tint", "cartoon.ink"]
    reimagine.run(film, [TINT(), INK(levels=3)], tmp_path / "direct")
    assert (tmp_path / "run" / "film.mp4").read_bytes() == (tmp_path / "direct" / "film.mp4").read_bytes() != first
    reimagine.run(tmp_path / "run", [INK()])
    assert (tmp_path / "run" / "film.mp4").read_bytes() == first


def test_a_stage_can_be_added_again(tmp_path, film):
    reimagine.run(film, [INK()], tmp_path / "run")
    reimagine.run(tmp_path / "run", [INK()], again=True)
    assert stages_of(tmp_path / "run") == ["cartoon.ink", "cartoon.ink"]


def test_music_is_replaced_as_a_whole_and_the_picture_stays(tmp_path, film):
    music = [reimagine.model("transcribe", "pyin")(), reimagine.model("timbre", "sine")(), reimagine.model("mix")()]
    reimagine.run(film, [*music, TINT()], tmp_path / "run")
    music[1] = reimagine.model("timbre", "sine")(release=0.4)
    reimagine.run(tmp_path / "run", music)
    assert sorted(stages_of(tmp_path / "run")) == ["colorize.tint", "mix.level", "timbre.sine", "transcribe.pyin"]
