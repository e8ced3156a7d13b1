"""Films whose frame rate or speed a step changes: frame numbers, times, cuts, sound, resume, later steps."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from helpers import frames_of, make_film, run_cli, times_of

import reimagine
from reimagine.execution import interpolation
from reimagine.media.video.reading import Reading
from reimagine.runs.folder import Run

Interpolate = reimagine.model("interpolate")
Tint = reimagine.model("colorize", "tint")
Hold = reimagine.model("continue", "hold")


@pytest.fixture
def source(tmp_path):
    """A film of 1 s at 18 frames per second with a cut at frame 9 and one sound track."""
    return make_film(tmp_path / "silent.mp4", 18, Fraction(18), cuts=(9,), sounds=1)


def picture_of(run: Run) -> list[np.ndarray]:
    return [frame.luma for frame in run.tracks.picture().read()]


def audio_packets(path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(container.streams.audio[0]) if packet.size]


def test_a_silent_film_at_24_frames_per_second(source, tmp_path):
    """Every time is exact, the film's own frames are unchanged, no frame mixes two shots, and the sound is copied."""
    done = reimagine.run(source, [Interpolate(to=24)], tmp_path / "run")
    assert list(map(float, times_of(done.film))) == pytest.approx([n / 24 for n in range(24)], abs=1e-4)
    assert done.report["frames"] == 24 and done.report["fps"] == 24
    assert done.report["counts"]["interpolated frames"] == 16
    assert set(done.report["warp_error"]) == {"source"}  # the frames have other times, so they cannot be compared
    run = Run.open(done.folder)
    before, after = [f.luma for f in run.tracks.picture(0).read()], picture_of(run)
    assert all(np.array_equal(before[3 * n], after[4 * n]) for n in range(6))
    assert np.array_equal(after[11], before[8])  # the last frame of the first shot is repeated up to the cut
    assert np.array_equal(after[12], before[9])
    assert [(s.start, s.stop) for s in run.tracks.current_shots] == [(0, 12), (12, 24)]
    assert audio_packets(done.film) == audio_packets(source)


def test_slow_motion_with_and_without_its_sound(source, tmp_path):
    for slow_sound in (False, True):
        into = tmp_path / f"run-{slow_sound}"
        done = reimagine.run(source, [Interpolate(slow_motion=4, slow_sound=slow_sound)], into)
        assert len(frames_of(done.film)) == 72 and done.report["fps"] == 18
        sound = Run.open(done.folder).tracks.original_sound()
        assert sound.seconds == pytest.approx(4, abs=0.01)
        assert (np.abs(sound.mono()[3 * sound.rate :]).max() > 0.05) == slow_sound
        assert abs(done.report["audio_minus_video_seconds"]) < 0.05


def test_divided_into_parts_is_the_same_as_undivided(source, tmp_path, monkeypatch):
    whole = reimagine.run(source, [Interpolate(to=60)], tmp_path / "whole")
    monkeypatch.setattr(interpolation, "MAX_FRAMES", 7)
    divided = reimagine.run(source, [Interpolate(to=60)], tmp_path / "divided")
    pairs = zip(*(picture_of(Run.open(done.folder)) for done in (whole, divided)), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    assert divided.report["counts"] == whole.report["counts"]


def test_an_interrupted_interpolation_goes_on_with_its_next_part(source, tmp_path, monkeypatch):
    calls, work = [], interpolation.InterpolationWork.frames

    def interrupted(self, part, counts):
        calls.append(part.start)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return work(self, part, counts)

    monkeypatch.setattr(interpolation.InterpolationWork, "frames", interrupted)
    with pytest.raises(KeyboardInterrupt):
        reimagine.run(source, [Interpolate(to=24)], tmp_path / "run")
    done = reimagine.run(source, [Interpolate(to=24)], tmp_path / "run")
    assert calls == [0, 12, 12] and done.report["frames"] == 24


def test_later_steps_work_on_the_new_frames(source, tmp_path):
    steps = [Tint(), Interpolate(to=36), Tint(hue=200), Hold(seconds=0.5), Interpolate(to=72)]
    done = reimagine.run(source, steps, tmp_path / "run")
    run = Run.open(done.folder)
    assert done.report["frames"] == len(frames_of(done.film)) == 108
    assert set(done.report["warp_error"]) == {"source", "after"}
    assert run.tracks.source_frames == 72 and [s.start for s in run.tracks.current_shots] == [0, 36, 72]
    assert run.tracks.seconds == 1.5 and run.tracks.source_number(40) == 10 and run.tracks.number_now(10) == 40
    code, out, _ = run_cli("gallery", run.folder, "-o", tmp_path / "site", "-q")
    assert code == 0 and out.strip().endswith("index.html")


def test_a_dry_run_counts_the_new_frames(source, tmp_path):
    code, out, _ = run_cli("interpolate", source, "--to", 60, "--into", tmp_path / "run", "--dry-run", "-q")
    assert code == 0 and out.split()[:2] == ["interpolate", "flow"]
    from reimagine.execution.dry_run import plan_steps

    planned = list(plan_steps(Run.open(source, tmp_path / "run"), [Interpolate(to=60), Tint()]))
    assert [p.frames for p in planned] == [60, 60] and planned[1].film.rate == 60


def test_a_variable_frame_rate_becomes_constant(tmp_path):
    source = make_film(tmp_path / "phone.mkv", 5, times=[0, 40, 80, 160, 200])
    done = reimagine.run(source, [Interpolate(to=50)], tmp_path / "run")
    assert list(map(float, times_of(done.film))) == pytest.approx([n / 50 for n in range(13)], abs=1e-4)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--to", "12"], "--to 12 would lose 6 frames; give a higher rate"),
        (["--to", "0.5"], "--to 0.5: give 1 to 120 frames per second"),
        (["--slow-sound"], "--slow-sound needs --slow-motion"),
        (["--to", "48", "--output-rate", "24"], "leave out --output-rate"),
    ],
)
def test_rates_that_do_not_fit_are_refused(source, tmp_path, options, sentence):
    code, _, error = run_cli("interpolate", source, *options, "--into", tmp_path / "run")
    assert code == 1 and sentence in error and not list((tmp_path / "run").glob("01-*"))


def test_a_picture_has_no_frames_between(tmp_path):
    from helpers import picture

    from reimagine.media.video.writer import write_image

    write_image(tmp_path / "photo.png", picture(0, 96, 64, 1))
    code, _, error = run_cli("interpolate", tmp_path / "photo.png", "--into", tmp_path / "run")
    assert code == 1 and "is a picture" in error


def test_repetition_and_interpolation_are_both_possible(source, tmp_path):
    """Interpolated to 36 frames per second, which are shown twice at 72."""
    reading = Reading(output_rate=72)
    done = reimagine.run(source, [Interpolate(to=36)], tmp_path / "run", reading=reading)
    assert list(map(float, times_of(done.film))) == pytest.approx([n / 72 for n in range(72)], abs=1e-4)
