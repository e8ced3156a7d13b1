"""Rates that are given, repetition up to output rates, fields as frames."""

from __future__ import annotations

import math
from fractions import Fraction

import av
import numpy as np
import pytest
from containers import write_container
from fields import FIELD_ORDERS, SCENE, check_every_start, interlaced, shown_images, write_fields
from helpers import make_film, run_cli, times_of

import reimagine
from reimagine.errors import MediaError
from reimagine.media.audio.sound import Sound, read_sound, write_sound
from reimagine.media.video.film_file import read_film_file
from reimagine.media.video.frames import frame_from_image
from reimagine.media.video.rates import exact_rate
from reimagine.media.video.reader import open_film, read_film
from reimagine.media.video.reading import Reading
from reimagine.media.video.shots import CutDetector

TINT = reimagine.model("colorize", "tint")
RATES = [(16, 24), (18, 24), (20, 24), (16, 25), (18, 29.97), (23.976, 29.97), (24, 24), (24, 60)]
"""(rate of the film, rate of the finished film), frames per second."""


@pytest.mark.parametrize(("rate", "output_rate"), RATES)
def test_frames_are_repeated_up_to_the_output_rate(tmp_path, rate, output_rate):
    source = write_container(tmp_path / "film.mkv", "ffv1")
    reading = Reading(rate=rate, output_rate=output_rate)
    result = reimagine.run(source, [TINT()], tmp_path / "run", tmp_path / "out.mkv", reading=reading)
    film_rate, shown_rate = exact_rate(rate), exact_rate(output_rate)
    count = math.ceil(40 / film_rate * shown_rate)
    assert times_of(result.film) == pytest.approx([n / shown_rate for n in range(count)], abs=0.001)
    shown = shown_images(read_film(open_film(result.film)))
    assert shown == [int(n / shown_rate * film_rate) for n in range(count)]
    assert set(shown) == set(range(40))
    assert result.report["frames"] == 40


def test_a_film_whose_rate_is_given_lasts_as_long_as_it_did_on_a_projector(tmp_path):
    source = write_container(tmp_path / "film.mkv", options={"g": "8"})
    film = open_film(source, None, Reading(rate=16))
    assert (film.frames, film.rate, film.seconds, film.time(8)) == (40, 16, 2.5, Fraction(1, 2))
    part = film.trim(0.5, 1.5)
    assert (part.first, part.frames, part.seconds) == (8, 16, 1.0)
    check_every_start(part)
    film.save(tmp_path / "film.json")
    assert read_film_file(tmp_path / "film.json", "") == film


def test_a_variable_rate_becomes_constant(tmp_path):
    times = [0, 40, 80, 200, 240, 290, 420, 460, 700, 740, 800, 1000]
    source = make_film(tmp_path / "phone.mkv", 12, times=times)
    film = open_film(source, None, Reading(rate=18))
    assert [film.time(n) for n in range(13)] == [Fraction(n, 18) for n in range(13)]
    assert not any("variable" in note for note in film.notes)
    check_every_start(film)
    with pytest.raises(MediaError, match=r"--output-rate 12 would drop \d+ frames; give a higher one, or give --rate"):
        open_film(source, None, Reading(output_rate=12))


def test_an_unchanged_film_gets_its_rate_too(tmp_path):
    source = write_container(tmp_path / "film.mkv", "ffv1")
    film = reimagine.run(source, [], tmp_path / "run", reading=Reading(rate=16, output_rate=24)).film
    assert times_of(film) == pytest.approx([Fraction(n, 24) for n in range(60)], abs=0.001)
    assert shown_images(read_film(open_film(film))) == [n * 2 // 3 for n in range(60)]


@pytest.mark.parametrize("part", [(None, None), (1.0, 2.0)], ids=["whole", "part"])
def test_sound_follows_the_speed_of_the_picture(tmp_path, part):
    """The picture becomes white, and a tone of 1000 Hz begins, 1 s after the start."""
    time = np.arange(96000) / 48000
    tone = np.where(time >= 1, 0.5 * np.sin(2 * np.pi * 1000 * time), 0)
    white = np.full((64, 96, 3), 255, np.uint8)
    images = [image // 3 for image in SCENE[:25]] + [white] * 15
    path = write_container(tmp_path / "film.mkv", "ffv1", images=images, sound=[(0, tone)], sound_codec="pcm_s16le")
    reading = Reading(*part, rate=16)
    result = reimagine.run(path, [TINT()], tmp_path / "run", tmp_path / "out.mkv", reading=reading)
    film, sound = open_film(result.film), read_sound(result.film)
    first = next(frame.index for frame in read_film(film) if frame.grey.mean() > 240)
    samples = sound.mono()
    begin = int(np.argmax(np.abs(samples) > 0.2))
    assert begin / sound.rate == pytest.approx(float(film.time(first)), abs=0.02)
    assert sound.seconds == pytest.approx(film.seconds, abs=0.05)
    spectrum = np.abs(np.fft.rfft(samples[begin + 2000 : begin + 14000]))
    assert np.argmax(spectrum) * sound.rate / 12000 == pytest.approx(640, abs=5)
    assert sum("the sound is slower and lower, at 64.00% of its speed" in n for n in result.report["remarks"]) == 1


@pytest.mark.parametrize("order", FIELD_ORDERS)
def test_every_field_is_a_frame(tmp_path, order):
    path = write_fields(tmp_path / "tv.mkv", interlaced(SCENE, FIELD_ORDERS[order]), FIELD_ORDERS[order], Fraction(25))
    film = open_film(path, None, Reading(deinterlace="field"))
    assert (film.frames, film.rate, film.seconds) == (40, 50, 0.8)
    assert shown_images(read_film(film)) == list(range(40))
    check_every_start(film)
    part = film.trim(0.1, 0.7)
    assert (part.first, part.frames) == (5, 30)
    assert shown_images(read_film(part)) == list(range(5, 35))
    check_every_start(part)
    result = reimagine.run(path, [], tmp_path / "run", reading=Reading(deinterlace="field"))
    assert times_of(result.film) == pytest.approx([Fraction(n, 50) for n in range(40)], abs=0.001)


def test_fields_of_a_variable_rate_are_halfway_between_pictures(tmp_path):
    source = make_film(tmp_path / "phone.mkv", 4, times=[0, 40, 120, 320])
    film = open_film(source, None, Reading(deinterlace="field"))
    assert [float(film.time(n)) for n in range(7)] == pytest.approx([0, 0.02, 0.04, 0.08, 0.12, 0.22, 0.32])
    check_every_start(film)


@pytest.mark.parametrize(("deinterlace", "combed"), [("auto", False), ("frame", False), ("none", True)])
def test_fields_are_left_as_they_are_only_on_demand(tmp_path, deinterlace, combed):
    pictures = interlaced(SCENE, "tff")
    path = write_fields(tmp_path / "tv.mkv", pictures, "tff", Fraction(25))
    film = open_film(path, None, Reading(deinterlace=deinterlace))
    frames = list(read_film(film))
    stored = [frame_from_image(n, image).grey for n, image in enumerate(pictures)]
    differences = [np.abs(f.grey.astype(int) - s).mean() for f, s in zip(frames, stored, strict=True)]
    assert (max(differences) < 2) == combed
    assert any("deinterlaced" in note for note in film.notes) != combed


def test_shots_of_fields_are_numbered_as_frames(tmp_path):
    images = [*SCENE[:24], *(image // 4 for image in SCENE[24:])]
    detector = CutDetector()
    path = write_fields(tmp_path / "tv.mkv", interlaced(images, "tff"), "tff", Fraction(25))
    film = open_film(path, detector, Reading(deinterlace="field"))
    assert [(shot.start, shot.stop) for shot in detector.shots(film.frames)] == [(0, 24), (24, 40)]


def test_subtitles_and_chapters_follow_the_speed_of_the_picture(tmp_path):
    source, tick = tmp_path / "film.mkv", Fraction(1, 1000)
    picture = make_film(tmp_path / "picture.mp4", 40, Fraction(25), sounds=2)
    with av.open(str(picture)) as old, av.open(str(source), "w") as new:
        copies = {stream.index: new.add_stream_from_template(stream) for stream in old.streams}
        texts = new.add_mux_stream("subrip")
        chapter = {"id": 1, "start": 800, "end": 1600, "time_base": tick, "metadata": {"title": "Two"}}
        new.set_chapters([chapter])
        packets = [p for p in old.demux() if p.dts is not None]
        for packet in packets:
            packet.stream = copies[packet.stream.index]
        line = av.Packet(b"Bonjour")
        line.pts, line.dts, line.duration, line.time_base, line.stream = 800, 800, 400, tick, texts
        new.mux([*packets, line])
    result = reimagine.run(source, [TINT()], tmp_path / "run", tmp_path / "out.mkv", reading=Reading(rate=20))
    with av.open(str(result.film)) as container:
        [text] = [p for p in container.demux(container.streams.subtitles[0]) if p.size]
        assert (text.pts * text.time_base, text.duration * text.time_base) == (1, Fraction(1, 2))
        [chapter] = container.chapters()
        times = [float(chapter[name] * chapter["time_base"]) for name in ("start", "end")]
        assert times == pytest.approx([1, 2], abs=0.03)  # the source starts with the priming of its sound
        assert len(container.streams.audio) == 1
    assert "sound track 2 does not fit the film's changed speed: left out" in result.report["remarks"]


@pytest.mark.parametrize(
    ("value", "rate"),
    [(16, 16), (18.0, 18), (23.976, "24000/1001"), (23.98, "24000/1001"), (29.97, "30000/1001"), (12.5, "25/2")],
)
def test_rates_are_exact(value, rate):
    assert exact_rate(value) == Fraction(rate)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--rate", "0"], "--rate 0 is out of range; give 1 to 120"),
        (["--output-rate", "500"], "--output-rate 500 is out of range; give 1 to 120"),
        (["--rate", "nan"], "--rate nan is out of range; give 1 to 120"),
        (["--rate", "24", "--output-rate", "18"], "--output-rate 18: would drop frames of a film of 24 per second"),
        (["--output-rate", "18"], "has 25 frames per second; --output-rate 18 would drop"),
        (["--deinterlace", "fields"], "'fields'"),
        (["--inverse-telecine", "--deinterlace", "field"], "leave out --deinterlace field"),
    ],
)
def test_options_that_do_not_fit_are_refused_in_one_line(tmp_path, options, sentence):
    source = write_container(tmp_path / "film.mkv", "ffv1")
    code, _, error = run_cli("colorize", source, "--model", "tint", "--into", tmp_path / "run", *options)
    assert code == 1 and sentence in error
    assert error.count("reimagine:") == 1 and sentence in error.strip().splitlines()[-1]


@pytest.mark.parametrize("reading", [Reading(rate=18), Reading(output_rate=24), Reading(inverse_telecine=True)])
def test_sound_alone_has_no_rate(tmp_path, reading):
    write_sound(tmp_path / "sound.wav", Sound(np.zeros((1, 48000), np.float32), 48000))
    with pytest.raises(MediaError, match=r"sound\.wav: has no .*; leave out"):
        open_film(tmp_path / "sound.wav", None, reading)


def test_the_command_line_takes_speeds(tmp_path):
    source = write_container(tmp_path / "film.mkv", "ffv1")
    out = tmp_path / "out.mkv"
    arguments = ["--model", "tint", "--into", tmp_path / "run", "-o", out, "--rate", "16", "--output-rate", "23.976"]
    code, _, error = run_cli("colorize", source, *arguments)
    assert code == 0, error
    assert open_film(out).rate == Fraction(24000, 1001)
