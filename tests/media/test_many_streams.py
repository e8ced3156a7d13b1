"""Sound tracks, subtitles, fonts, covers, chapters, timecodes and metadata: each arrives, or a sentence names it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from helpers import frames_of, packets_of, run_cli
from many_streams import Contents, sound_of, write_many_streams

from reimagine.media import Sound
from reimagine.media.export import Encoding, export
from reimagine.media.export.containers import FILM_SUFFIXES, default_suffix, picture_fits
from reimagine.media.video.reader import open_film, read_film

SOUNDS = [
    ("film.mkv", "pcm_s16le", "stereo"),
    ("film.mkv", "pcm_s24le", "5.1"),
    ("film.mov", "pcm_s16be", "stereo"),
    ("film.avi", "pcm_s16le", "mono"),
    ("film.avi", "libmp3lame", "stereo"),
    ("film.avi", "flac", "5.1"),
    ("film.mkv", "alac", "stereo"),
    ("film.mp4", "aac", "5.1"),
    ("film.ts", "aac", "mono"),
    ("film.ts", "ac3", "5.1"),
    ("film.ts", "mp2", "stereo"),
    ("film.webm", "libopus", "5.1"),
]
"""A film, and the encoder and layout of its sound."""
LOSSLESS = ("pcm_s16le", "pcm_s24le", "pcm_s16be", "flac", "alac")


def written(source: Path, suffix: str, new_sound: bool = False, **part: float) -> tuple[Path, list[str]]:
    """The film in another container, with the remarks; with new sound, its picture is copied where that is possible."""
    film = open_film(source).trim(part.get("start"), part.get("end"))
    out = source.with_name(f"out{suffix}")
    sound = Sound(np.zeros((2, 48000), np.float32), 48000) if new_sound else None
    frames = None if new_sound and picture_fits(film, suffix) else read_film(film)
    return out, export(film, out, frames, sound, Encoding())


def film_with(path: Path, **contents) -> Path:
    """A film of the codec that is usual in its container."""
    codec = {".webm": "libvpx-vp9", ".mxf": "mpeg2video", ".avi": "mpeg4"}.get(path.suffix, "libx264")
    return write_many_streams(path, Contents(**contents), codec)


@pytest.mark.parametrize("suffix", FILM_SUFFIXES)
@pytest.mark.parametrize(("name", "codec", "layout"), SOUNDS)
def test_sound_arrives_in_every_container(tmp_path, name, codec, layout, suffix):
    source = film_with(tmp_path / name, sounds=[(codec, layout)])
    out, remarks = written(source, suffix)
    before, after = sound_of(source, 0), sound_of(out, 0)
    names = []
    for path in (source, out):
        with av.open(str(path)) as container:
            names.append(container.streams.audio[0].codec_context.name)
    same = not any("was encoded as" in remark for remark in remarks)
    assert same == (names[0] == names[1] or names == ["mp2", "mp3float"])  # MP4 has one name for both
    assert len(before) == len(after)
    length = min(before.shape[1], after.shape[1])
    assert abs(before.shape[1] - after.shape[1]) < 3200
    if same or (codec in LOSSLESS and suffix in (".avi", ".mov", ".mxf")):
        steady = slice(4800, length - 4800)
        assert codec not in LOSSLESS or np.allclose(before[:, :length], after[:, :length], atol=1e-6)
        assert abs(np.sqrt(np.square(before[:, steady]).mean() / np.square(after[:, steady]).mean()) - 1) < 0.02
    else:
        loud = [np.sqrt(np.square(samples[0, 4800:-4800]).mean()) for samples in (before, after)]
        assert abs(loud[0] / loud[1] - 1) < 0.1


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
def test_several_tracks_keep_order_languages_titles_and_marks(tmp_path, suffix):
    titles = ("Original", "Commentary", "Music")
    source = film_with(
        tmp_path / "film.mkv",
        sounds=[("aac", "stereo"), ("pcm_s16le", "mono"), ("libmp3lame", "stereo")],
        titles=titles,
        default=1,
    )
    out, remarks = written(source, suffix)
    assert not any("properties" in remark for remark in remarks)
    with av.open(str(out)) as container:
        streams = container.streams.audio
        assert [s.language.replace("fra", "fre") for s in streams] == ["eng", "fre", "ger"]
        assert [s.metadata.get("title") or s.metadata.get("name") for s in streams] == list(titles)
        assert [bool(s.disposition & 1) for s in streams] == [False, True, False]
    tones = [np.abs(np.fft.rfft(sound_of(out, n)[0, 4800:52800])).argmax() for n in range(3)]
    assert [round(tone) for tone in tones] == [440, 880, 1320]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm", ".mxf"])
def test_new_sound_is_the_only_default_track_and_is_named(tmp_path, suffix):
    source = film_with(tmp_path / "film.mkv", sounds=[("aac", "mono"), ("pcm_s16le", "mono")], default=1)
    out, _ = written(source, suffix, new_sound=True)
    with av.open(str(out)) as container:
        new, old = container.streams.audio
        if suffix != ".mxf":  # MXF has neither titles nor default tracks
            assert "New sound" in new.metadata.values()
            assert (bool(new.disposition & 1), bool(old.disposition & 1)) == (True, False)
    assert np.abs(sound_of(out, 0)).max() < 1e-4 < np.abs(sound_of(out, 1)).max()


@pytest.mark.parametrize("suffix", FILM_SUFFIXES)
@pytest.mark.parametrize(
    ("name", "kind"), [("a.mkv", "subrip"), ("a.mkv", "ass"), ("a.webm", "webvtt"), ("a.mp4", "mov_text")]
)
def test_subtitles_arrive_or_are_named(tmp_path, name, kind, suffix):
    out, remarks = written(film_with(tmp_path / name, subtitles=[kind], languages=["ger"]), suffix)
    with av.open(str(out)) as container:
        texts = [(s, b"".join(bytes(p) for p in container.demux(s))) for s in container.streams.subtitles]
    if suffix in (".avi", ".mxf"):
        assert not texts and any("was left out; -o film.mkv keeps it" in remark for remark in remarks)
        return
    assert [b"Bonjour" in text and (b"{" not in text or suffix == ".mkv") for _, text in texts] == [True]
    assert any("layout" in remark for remark in remarks) == (kind == "ass" and suffix != ".mkv")


@pytest.mark.parametrize(("suffix", "kept"), [(".mkv", True), (".mp4", False), (".webm", False), (".avi", False)])
def test_fonts_are_kept_by_matroska_and_named_elsewhere(tmp_path, suffix, kept):
    out, remarks = written(film_with(tmp_path / "film.mkv", font=True), suffix)
    with av.open(str(out)) as container:
        assert [s.name for s in container.streams.attachments] == (["font.ttf"] if kept else [])
    assert kept != any("attachment" in remark for remark in remarks)


@pytest.mark.parametrize(
    ("suffix", "kept"), [(".mkv", True), (".mp4", True), (".m4v", True), (".mov", False), (".avi", False)]
)
def test_the_cover_is_kept_or_named(tmp_path, suffix, kept):
    source = film_with(tmp_path / "film.mp4", cover=True)
    out, remarks = written(source, suffix)
    covers = []
    with av.open(str(out)) as container:
        for stream in container.streams.video:
            if stream.disposition & 1024:
                covers.append(stream.codec_context.name)
        assert len(container.streams.video) == 1 + kept
    assert covers == (["png"] if kept else [])
    assert kept != any("cover" in remark for remark in remarks)
    if kept:
        with av.open(str(out)) as new, av.open(str(source)) as old:
            pictures = [next(c.decode(c.streams.video[1])).to_ndarray(format="rgb24") for c in (new, old)]
        assert np.array_equal(*pictures)


@pytest.mark.parametrize("suffix", FILM_SUFFIXES)
def test_chapters_are_moved_to_the_part_or_named(tmp_path, suffix):
    out, remarks = written(film_with(tmp_path / "film.mkv", chapters=[0, 0.8]), suffix, start=0.4)
    with av.open(str(out)) as container:
        chapters = [(c["metadata"]["title"], float(c["start"] * c["time_base"])) for c in container.chapters()]
    held = suffix not in (".avi", ".mxf")
    assert chapters == ([("Chapter 1", 0), ("Chapter 2", 0.4)] if held else [])
    assert held != any("chapters" in remark for remark in remarks)


@pytest.mark.parametrize("suffix", FILM_SUFFIXES)
@pytest.mark.parametrize("name", ["film.mov", "film.mkv", "film.mxf"])
def test_the_timecode_is_that_of_the_first_frame(tmp_path, name, suffix):
    source = film_with(tmp_path / name, metadata={"timecode": "01:59:59:20"})
    out, remarks = written(source, suffix, start=0.4)
    with av.open(str(out)) as container:
        tags = [container.metadata, *(stream.metadata for stream in container.streams)]
    found = {value for t in tags for name, value in t.items() if name.lower() == "timecode"}
    assert found == {"02:00:00:05"}
    assert not any("timecode" in remark or remark.startswith("data") for remark in remarks)


@pytest.mark.parametrize(("suffix", "lost"), [(".mkv", ""), (".mp4", "project"), (".avi", "project"), (".webm", "")])
def test_metadata_is_kept_or_named(tmp_path, suffix, lost):
    source = film_with(tmp_path / "film.mkv", metadata={"title": "Regen", "PROJECT": "Joris", "comment": "1929"})
    out, remarks = written(source, suffix)
    with av.open(str(out)) as container:
        tags = {name.lower(): value for name, value in container.metadata.items()}
    assert (tags["title"], tags["comment"]) == ("Regen", "1929")
    named = [remark for remark in remarks if remark.startswith("metadata")]
    assert named == ([f"metadata does not fit {suffix} and was left out: {lost}; -o film.mkv keeps it"] if lost else [])
    assert lost or tags["project"] == "Joris"


@pytest.mark.parametrize("name", ["film.mp4", "film.mov", "film.mkv"])
def test_a_film_in_its_own_container_loses_nothing(tmp_path, name):
    contents = {"sounds": [("aac", "5.1"), ("aac", "stereo")], "chapters": [0, 0.8], "titles": ("A", "B")}
    contents |= {"metadata": {"title": "Regen", "timecode": "10:00:00:00"}}
    source = film_with(tmp_path / name, **contents)
    assert default_suffix(open_film(source), None, new_sound=False) == ".mp4"
    out, remarks = written(source, source.suffix)
    assert remarks == []
    assert [packets_of(out, "audio", n) for n in (0, 1)] == [packets_of(source, "audio", n) for n in (0, 1)]


def test_what_was_changed_is_printed_in_quiet_and_json_mode(tmp_path):
    source = film_with(tmp_path / "film.mkv", sounds=[("pcm_s16le", "stereo")], font=True)
    for n, mode in enumerate(("--quiet", "--json")):
        out = tmp_path / f"{n}.mp4"
        code, _, errors = run_cli(
            "colorize", source, "--model", "tint", "--into", tmp_path / f"run{n}", "-o", out, mode
        )
        assert code == 0 and len(frames_of(out)) == 40
        assert "was encoded as aac" in errors and "attachment" in errors
        assert mode == "--quiet" or '"warning"' in errors


def test_the_times_of_new_tracks_follow_the_first_frame(tmp_path):
    source = film_with(tmp_path / "film.ts", sounds=[("ac3", "stereo")])
    out, _ = written(source, ".webm", start=0.4)
    with av.open(str(out)) as container:
        begins = {s.type: next(container.decode(s)).time for s in (container.streams.video[0],)}
    with av.open(str(out)) as container:
        begins["audio"] = next(container.decode(audio=0)).time
    assert abs(begins["audio"] - begins["video"]) < Fraction(4, 100)
