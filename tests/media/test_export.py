"""What arrives in the finished film: every packet, every sound track, languages, times, geometry."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from containers import write_container
from helpers import packets_of, run_cli

import reimagine
from reimagine.errors import MediaError
from reimagine.media.encoders import Encoding
from reimagine.media.timestamps import DecodingTimes

TINT = reimagine.model("colorize", "tint")
TONE = np.sin(np.arange(76800) * 0.05) * 0.3


def new_music(source: Path, folder: Path, output: Path | None = None) -> reimagine.Result:
    """The film with new sound and its own picture."""
    return reimagine.run(source, [reimagine.model(s)() for s in ("transcribe", "timbre", "mix")], folder, output)


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
        ("old.flv", "flv", "libmp3lame", {}, ".avi"),
        ("film.mpg", "mpeg2video", "mp2", {"bf": "2"}, ".mp4"),
    ],
)
def test_a_copied_picture_keeps_every_packet(tmp_path, name, codec, sound, options, suffix):
    source = write_container(tmp_path / name, codec, options, sound=[(0, TONE)], sound_codec=sound)
    result = new_music(source, tmp_path / "run")
    assert result.film.suffix == suffix
    assert len(packets_of(result.film, "video")) == 40
    assert packets_of(result.film, "video") == packets_of(source, "video")


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
    assert all(a.dts < b.dts for a, b in zip(packets, packets[1:], strict=False))
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
    encoded = any("was encoded as" in note for note in result.report["notes"])
    assert encoded == (sound != "pcm_s16le")


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov", ".avi", ".webm"])
def test_the_sample_aspect_ratio_is_kept(tmp_path, suffix):
    source = tmp_path / "film.mp4"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(16, 15)
        for n in range(6):
            frame = av.VideoFrame.from_ndarray(np.full((64, 96, 3), 20 * n, np.uint8), "rgb24")
            frame.pts = n
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    result = reimagine.run(source, [TINT()], tmp_path / "run", tmp_path / f"out{suffix}")
    with av.open(str(result.film)) as container:
        assert container.streams.video[0].sample_aspect_ratio == Fraction(16, 15)


@pytest.mark.parametrize(
    ("preset", "codec", "suffix"),
    [
        ("ffv1", "ffv1", ".mkv"),
        ("prores-hq", "prores", ".mov"),
        ("prores-4444", "prores", ".mov"),
    ],
)
def test_archive_presets(tmp_path, film, preset, codec, suffix):
    result = reimagine.run(film, [TINT()], tmp_path / "run", encoding=Encoding(preset_archive=preset))
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
    code, _, errors = run_cli(
        *("colorize", source, "--model", "tint", "--into", tmp_path / "run", "-o", out, "-q")
    )
    assert code == 0 and out.exists()
    assert errors.count("\n") == 1 and "was encoded as aac" in errors
