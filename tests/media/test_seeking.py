"""Frame n is frame n: parts of films of many containers, codecs and groups of pictures equal the whole film's."""

from __future__ import annotations

import random

import av
import numpy as np
import pytest
from containers import moving_picture, write_container

from reimagine.errors import MediaError
from reimagine.media.video import seeking
from reimagine.media.video.film import Film
from reimagine.media.video.film_file import read_film_file
from reimagine.media.video.reader import open_film, read_film

OPEN_H264 = {"g": "8", "bf": "2", "x264-params": "open-gop=1:scenecut=0"}
OPEN_HEVC = {"g": "8", "x265-params": "open-gop=1:log-level=none"}
MPEG = {"g": "8", "bf": "2"}
VPX = {"g": "8", "auto-alt-ref": "1", "lag-in-frames": "10"}
FILMS = [
    ("h264.ts", "libx264", OPEN_H264, None),
    ("h264.m2ts", "libx264", OPEN_H264, None),
    ("mpeg2.ts", "mpeg2video", MPEG, None),
    ("hevc.ts", "libx265", OPEN_HEVC, None),
    ("mpeg2.vob", "mpeg2video", MPEG, "vob"),
    ("mpeg1.mpg", "mpeg1video", MPEG, "mpeg"),
    ("h264.avi", "libx264", OPEN_H264, None),
    ("mpeg4.avi", "mpeg4", MPEG, None),
    ("mpeg4-without-b-frames.avi", "mpeg4", {"g": "8"}, None),
    ("h264.flv", "libx264", OPEN_H264, None),
    ("sorenson.flv", "flv", {"g": "8"}, None),
    ("h264.mkv", "libx264", OPEN_H264, None),
    ("hevc.mkv", "libx265", OPEN_HEVC, None),
    ("intra-refresh.mkv", "libx264", {"g": "8", "x264-params": "intra-refresh=1"}, None),
    ("intra.mkv", "ffv1", {}, None),
    ("h264.mp4", "libx264", OPEN_H264, None),
    ("h264.mov", "libx264", OPEN_H264, None),
    ("vp8.webm", "libvpx", VPX, None),
    ("vp9.webm", "libvpx-vp9", VPX, None),
    ("wmv2.wmv", "wmv2", {"g": "8"}, None),
    ("raw.h264", "libx264", OPEN_H264, "h264"),
    ("raw.264", "libx264", OPEN_H264, "h264"),
    ("raw.hevc", "libx265", OPEN_HEVC, "hevc"),
    ("raw.m1v", "mpeg1video", MPEG, "mpeg1video"),
    ("raw.m2v", "mpeg2video", MPEG, "mpeg2video"),
    ("raw.m4v", "mpeg4", MPEG, "m4v"),
]


def check_parts(film: Film, starts: range | list[int]) -> None:
    """Check that parts of up to 8 frames from some starts equal those frames of the whole film."""
    whole = [frame.luma.copy() for frame in read_film(film)]
    assert len(whole) == film.frames
    lengths = random.Random(0)
    for start in starts:
        stop = min(start + lengths.randint(1, 8), film.frames)
        part = [(frame.index, frame.luma.copy()) for frame in read_film(film, start, stop)]
        assert [index for index, _ in part] == list(range(start, stop))
        assert all(np.array_equal(luma, whole[index]) for index, luma in part)


@pytest.mark.parametrize(("name", "codec", "options", "format"), FILMS, ids=[row[0] for row in FILMS])
def test_parts_equal_the_whole_film(tmp_path, name, codec, options, format):
    film = open_film(write_container(tmp_path / name, codec, options, format))
    assert (film.frames, film.rate, film.seconds) == (40, 25, 1.6)
    check_parts(film, [0, 1, 7, 8, 9, 13, 16, 23, 24, 31, 33, 39])


@pytest.mark.parametrize(("name", "codec", "options", "format"), FILMS[:6:2], ids=[row[0] for row in FILMS[:6:2]])
def test_parts_of_a_trimmed_film_equal_the_trimmed_film(tmp_path, name, codec, options, format):
    whole = open_film(write_container(tmp_path / name, codec, options, format))
    film = whole.trim(0.5, 1.4)
    check_parts(film, range(0, film.frames, 3))
    first = next(read_film(film))
    assert np.array_equal(first.luma, next(read_film(whole, 13, 14)).luma)


@pytest.mark.parametrize("times", ["doubled", "reversed", "negative"])
def test_parts_are_exact_with_wrong_timestamps(tmp_path, times):
    path = tmp_path / "film.mkv" if times != "negative" else tmp_path / "film.nut"
    write_container(path, options={"g": "8", "bf": "0"}, start=0 if times != "negative" else -0.4)
    if times in ("doubled", "reversed"):
        _rewrite_times(path, times)
    check_parts(open_film(path), [0, 5, 11, 12, 13, 24, 30, 39])


def _rewrite_times(path, times) -> None:
    with av.open(str(path)) as source:
        packets = [(bytes(p), p.is_keyframe, p.pts) for p in source.demux(video=0) if p.size]
        with av.open(str(path.with_name("other.mkv")), "w") as target:
            stream = target.add_stream_from_template(source.streams.video[0])
            for n, (data, key, pts) in enumerate(packets):
                packet = av.Packet(data)
                if times == "doubled":
                    pts = packets[n - n % 5 // 4][2]
                packet.stream, packet.is_keyframe = stream, key
                packet.pts = pts if times == "doubled" else 40 * (n ^ 1)
                packet.dts, packet.time_base = min(packet.pts, 40 * n), source.streams.video[0].time_base
                target.mux(packet)
    path.with_name("other.mkv").replace(path)


def test_parts_are_exact_where_key_frames_are_alike(tmp_path):
    images = [np.zeros((64, 96, 3), np.uint8)] * 26 + [moving_picture(n) for n in range(14)]
    for name, format in (("black.ts", None), ("black.m2v", "mpeg2video")):
        path = write_container(tmp_path / name, "mpeg2video", MPEG, format, images)
        check_parts(open_film(path), [0, 12, 15, 25, 26, 27, 30, 39])


def test_a_seek_decodes_few_frames(tmp_path, monkeypatch):
    film = open_film(write_container(tmp_path / "film.ts", options=OPEN_H264))
    attempts = []
    original = seeking._pictures_from
    monkeypatch.setattr(seeking, "_pictures_from", lambda *args: attempts.append(args[1:]) or original(*args))
    assert [frame.index for frame in read_film(film, 33, 35)] == [33, 34]
    [(key_frame, seek)] = attempts
    assert key_frame.number > 20 and seek


def test_a_damaged_packet_does_not_end_a_film(tmp_path):
    path = write_container(tmp_path / "film.ts", "mpeg2video", {"g": "4"})
    data = bytearray(path.read_bytes())
    for packet in range(len(data) // 188 // 2, len(data) // 188 // 2 + 3):
        data[packet * 188 + 40 : packet * 188 + 180] = bytes(140)
    path.write_bytes(data)
    film = open_film(path)
    assert film.frames > 30
    check_parts(film, [0, 10, 20, film.frames - 1])


def test_a_film_that_was_cut_short_after_opening_is_an_error(tmp_path):
    path = write_container(tmp_path / "film.ts", options=OPEN_H264)
    film = open_film(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(MediaError, match="cannot be read any more"):
        list(read_film(film))


def test_properties_of_an_older_release_are_read(tmp_path, film):
    import json

    opened = open_film(film)
    opened.save(tmp_path / "film.json")
    facts = json.loads((tmp_path / "film.json").read_text())
    for name in ("packets", "key_frames", "picture_stream", "start_time", "sound_offset", "last_duration", "mirrored"):
        del facts[name]
    (tmp_path / "film.json").write_text(json.dumps(facts))
    old = read_film_file(tmp_path / "film.json", "")
    check_parts(old, [0, 20, 40])
