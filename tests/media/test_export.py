"""What arrives in the finished film: every packet, every sound track, languages, times, geometry."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pytest
from containers import write_anamorphic, write_container
from helpers import frames_of, make_film, packets_of, run_cli, times_of

import reimagine
from reimagine.errors import MediaError
from reimagine.media.audio.sound import Sound
from reimagine.media.export import export
from reimagine.media.export.containers import default_suffix
from reimagine.media.export.encoding import Encoding
from reimagine.media.export.timestamps import DecodingTimes
from reimagine.media.video.reader import open_film

TINT = reimagine.model("colorize", "tint")
TONE = np.sin(np.arange(76800) * 0.05) * 0.3


def with_new_sound(source: Path, folder: Path) -> Path:
    """The film with new sound and its own picture, in the container that holds the picture."""
    film = open_film(source)
    out = folder / f"out{default_suffix(film, None, new_sound=True)}"
    assert export(film, out, None, Sound(TONE[None].astype(np.float32), 48000), Encoding()) == []
    return out


def codecs_of(path: Path, kind: str = "audio") -> list[str]:
    with av.open(str(path)) as container:
        return [s.codec_context.name for s in container.streams if s.type == kind]


@pytest.mark.parametrize(
    ("name", "codec", "sound", "options", "suffix"),
    [
        ("film.mkv", "libx264", "aac", {"bf": "3"}, ".mp4"),
        ("deep.mkv", "libx265", "aac", {"x265-params": "log-level=none"}, ".mp4"),
        ("film.mp4", "libx264", "aac", {"bf": "3"}, ".mp4"),
        ("film.mov", "libx264", "pcm_s16le", {}, ".mp4"),
        ("film.ts", "libx264", "aac", {}, ".mp4"),
        ("film.avi", "mpeg4", "pcm_s16le", {}, ".mp4"),
        ("film.webm", "libvpx-vp9", "libopus", {}, ".mp4"),
        ("old.webm", "libvpx", "libopus", {}, ".mkv"),
        ("film.flv", "libx264", "aac", {"bf": "2"}, ".mp4"),
        ("film.mpg", "mpeg2video", "mp2", {"bf": "2"}, ".mp4"),
    ],
)
def test_a_copied_picture_keeps_every_packet(tmp_path, name, codec, sound, options, suffix):
    source = write_container(tmp_path / name, codec, options, sound=[(0, TONE)], sound_codec=sound)
    out = with_new_sound(source, tmp_path)
    assert out.suffix == suffix
    assert len(packets_of(out, "video")) == 40
    if source.suffix != ".ts":  # MP4 stores NAL units in another form, with the same pictures
        assert packets_of(out, "video") == packets_of(source, "video")
    pairs = zip(frames_of(out), frames_of(source), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    times = [times_of(path) for path in (out, source)]
    assert all(abs(a - b + times[1][0] - times[0][0]) < 0.002 for a, b in zip(*times, strict=True))


def test_a_picture_without_an_encoder_is_copied(tmp_path):
    made = write_container(tmp_path / "film.mkv", sound=[(0, TONE)])
    source = tmp_path / "film.ogv"
    program = imageio_ffmpeg.get_ffmpeg_exe()  # has an encoder of Theora, unlike the library
    subprocess.run([program, "-i", made, "-c:v", "libtheora", "-an", source], check=True, capture_output=True)
    result = reimagine.run(source, [], tmp_path / "run")
    assert packets_of(result.film, "video") == packets_of(source, "video")


def test_new_sound_is_the_default_track_and_the_others_follow(tmp_path):
    source = make_film(tmp_path / "film.mkv", 24, sounds=2)
    with av.open(str(with_new_sound(source, tmp_path))) as container:
        assert [s.type for s in container.streams] == ["video", "audio", "audio"]
        assert [bool(s.disposition & 1) for s in container.streams.audio] == [True, False]


def test_text_subtitles_are_converted_for_mp4(tmp_path):
    source = tmp_path / "film.mkv"
    with av.open(str(make_film(tmp_path / "picture.mp4", 48))) as old, av.open(str(source), "w") as new:
        picture = new.add_stream_from_template(old.streams.video[0])
        texts = new.add_mux_stream("subrip")
        texts.metadata["language"] = "fre"
        packets = [p for p in old.demux(old.streams.video[0]) if p.dts is not None]
        for packet in packets:
            packet.stream = picture
        line = av.Packet(b"Bonjour")
        line.pts, line.dts, line.duration, line.time_base, line.stream = 500, 500, 400, Fraction(1, 1000), texts
        new.mux([*packets, line])
    result = reimagine.run(source, [TINT()], tmp_path / "run")
    assert result.film.suffix == ".mp4" and codecs_of(result.film, "subtitle") == ["mov_text"]
    with av.open(str(result.film)) as container:
        stream = container.streams.subtitles[0]
        lines = [(bytes(p)[2:], float(p.pts * p.time_base)) for p in container.demux(stream) if p.size > 2]
        assert stream.language == "fre" and lines == [(b"Bonjour", 0.5)]


def test_chapters_of_a_part_are_shifted(tmp_path, film):
    source = tmp_path / "chapters.mkv"
    with av.open(str(film)) as old, av.open(str(source), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        tick, titles = Fraction(1, 1000), ("One", "Two")
        new.set_chapters(
            [
                {"id": n, "start": 1000 * n, "end": 1000 * n + 1000, "time_base": tick, "metadata": {"title": title}}
                for n, title in enumerate(titles)
            ]
        )
        for packet in old.demux(old.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)
    result = reimagine.run(source, [TINT()], tmp_path / "run", start=1.0)
    with av.open(str(result.film)) as container:
        chapters = [(c["metadata"]["title"], float(c["start"] * c["time_base"])) for c in container.chapters()]
    assert chapters == [("Two", 0.0)]


@pytest.mark.parametrize("known", [range(0), range(2, 100), range(100)])
def test_missing_decoding_times_are_computed(known):
    order = [0, 3, 1, 2, *(n + d for n in range(4, 96, 4) for d in (3, 0, 1, 2))]
    times, packets = DecodingTimes(), []
    for place, pts in enumerate(order):
        packet = av.Packet(1)
        packet.pts, packet.dts = pts * 40, (place - 2) * 40 if place in known else None
        packets += times.add(packet)
    packets += times.flush()
    assert [p.pts for p in packets] == [pts * 40 for pts in order]
    assert all(a.dts < b.dts for a, b in pairwise(packets))
    assert all(p.dts <= p.pts for p in packets)


@pytest.mark.parametrize(
    ("name", "codec", "sound", "suffix", "arrives"),
    [
        ("film.mkv", "libx264", "flac", ".mp4", "flac"),
        ("film.avi", "mpeg4", "pcm_s16le", ".mkv", "pcm_s16le"),
        ("film.mov", "libx264", "pcm_s24le", ".mov", "pcm_s24le"),
        ("film.webm", "libvpx-vp9", "libopus", ".mp4", "opus"),
    ],
)
def test_the_default_container_holds_the_sound(tmp_path, name, codec, sound, suffix, arrives):
    source = write_container(tmp_path / name, codec, sound=[(0, TONE)], sound_codec=sound)
    result = reimagine.run(source, [TINT()], tmp_path / "run")
    assert result.film.suffix == suffix
    assert codecs_of(result.film) == [arrives]
    joined = [b"".join(packets_of(path, "audio")) for path in (result.film, source)]
    assert joined[0] == joined[1]


@pytest.mark.parametrize(
    ("suffix", "picture", "sound"),
    [(".mp4", "h264", "aac"), (".webm", "vp9", "opus"), (".avi", "h264", "pcm_s16le"), (".mkv", "h264", "pcm_s16le")],
)
def test_sound_that_the_requested_container_cannot_hold_is_encoded(tmp_path, suffix, picture, sound):
    source = write_container(tmp_path / "film.avi", "mpeg4", sound=[(0, TONE)], sound_codec="pcm_s16le")
    result = reimagine.run(source, [TINT()], tmp_path / "run", tmp_path / f"out{suffix}")
    assert (codecs_of(result.film, "video"), codecs_of(result.film)) == ([picture], [sound])
    encoded = any("was encoded as" in note for note in result.report["remarks"])
    assert encoded == (sound != "pcm_s16le")


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov", ".avi", ".webm"])
def test_the_sample_aspect_ratio_is_kept(tmp_path, suffix):
    source = tmp_path / "film.mp4"
    write_anamorphic(source)
    result = reimagine.run(source, [TINT()], tmp_path / "run", tmp_path / f"out{suffix}")
    with av.open(str(result.film)) as container:
        assert abs(96 * (container.streams.video[0].sample_aspect_ratio - Fraction(16, 15))) < 1
    assert not any("sample aspect ratio" in note for note in result.report["remarks"])


@pytest.mark.parametrize(
    ("preset", "codec", "suffix"),
    [
        ("ffv1", "ffv1", ".mkv"),
        ("prores-hq", "prores", ".mov"),
        ("prores-4444", "prores", ".mov"),
        ("dnxhr", "dnxhd", ".mov"),
    ],
)
def test_archive_presets(tmp_path, preset, codec, suffix):
    source = make_film(tmp_path / "film.mp4", 6, size=(256, 128))
    result = reimagine.run(source, [TINT()], tmp_path / "run", encoding=Encoding(preset_archive=preset))
    assert (result.film.suffix, codecs_of(result.film, "video")) == (suffix, [codec])


@pytest.mark.parametrize(
    ("encoding", "out", "sentence"),
    [
        (Encoding("prores"), "x.mp4", "cannot hold prores"),
        (Encoding("h264"), "x.webm", "cannot hold h264"),
        (Encoding("prores", crf=20), "x.mov", "takes none"),
        (Encoding("vp9", preset="slow"), "x.mkv", "takes none"),
        (Encoding(pix_fmt="rgb565"), "x.mp4", "--pix-fmt"),
    ],
)
def test_encodings_that_do_not_fit_are_refused(encoding, out, sentence):
    with pytest.raises(MediaError, match=sentence):
        encoding.check(Path(out))


def test_a_film_is_not_written_to_a_sound_file(tmp_path, film):
    with pytest.raises(MediaError, match="cannot hold a film"):
        reimagine.run(film, [TINT()], tmp_path / "run", tmp_path / "x.mp3")


def test_quiet_still_prints_what_was_changed(tmp_path):
    source = write_container(tmp_path / "film.avi", "mpeg4", sound=[(0, TONE)], sound_codec="pcm_s16le")
    out = tmp_path / "a: 50%d's.mp4"
    code, _, errors = run_cli(*("colorize", source, "--model", "tint", "--into", tmp_path / "run", "-o", out, "-q"))
    assert code == 0 and out.exists()
    assert errors.count("\n") == 1 and "was encoded as aac" in errors


@pytest.mark.parametrize("name, codec, sound", [("film.wmv", "wmv2", "wmav2")])
def test_sound_whose_last_frames_have_no_time_is_encoded(tmp_path, name, codec, sound):
    source = write_container(tmp_path / name, codec, sound=[(0, TONE)], sound_codec=sound)
    result = reimagine.run(source, [TINT()], tmp_path / "run", tmp_path / "out.mp4")
    assert codecs_of(result.film) == ["aac"]
    assert len(frames_of(result.film)) == 40


@pytest.mark.parametrize("name, codec", [("card.gif", "gif"), ("card.mkv", "libx264")])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_the_last_frame_stands_as_long_in_the_finished_film(tmp_path, name, codec, suffix):
    source = write_container(tmp_path / name, codec, {} if codec == "gif" else {"bf": "0"}, last=1.0)
    result = reimagine.run(source, [TINT()], tmp_path / "run", tmp_path / f"out{suffix}")
    assert open_film(result.film).seconds == pytest.approx(open_film(source).seconds, abs=0.03)
