"""Copied streams: every packet arrives, with the same bytes, and picture and sound stay together."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from containers import TURNS, set_display_matrix, write_container
from helpers import frames_of

from reimagine.media import Sound
from reimagine.media.export import Encoding, export
from reimagine.media.export.containers import picture_fits
from reimagine.media.video.reader import open_film, read_film

B_FRAMES = {"g": "12", "bf": "3"}
CASES = [
    ("film.mkv", "libx264", B_FRAMES, "out.mkv"),
    ("film.mkv", "libx264", B_FRAMES, "out.mp4"),
    ("film.mkv", "mpeg4", {"bf": "2"}, "out.mkv"),
    ("film.mp4", "libx264", B_FRAMES, "out.mp4"),
    ("film.mp4", "libx264", B_FRAMES, "out.mkv"),
    ("film.mov", "libx264", B_FRAMES, "out.mp4"),
    ("film.ts", "libx264", B_FRAMES, "out.mp4"),
    ("film.ts", "mpeg2video", {"bf": "2"}, "out.mkv"),
    ("film.webm", "libvpx", {}, "out.webm"),
    ("film.avi", "mpeg4", {}, "out.mkv"),
]


def packets_by_time(path: Path) -> list[tuple[float, int]]:
    """(time relative to the first frame, size) of the packets of the picture, by time of display."""
    with av.open(str(path)) as container:
        packets = [p for p in container.demux(container.streams.video[0]) if p.size and p.pts is not None]
    times = sorted((float(p.pts * p.time_base), p.size) for p in packets)
    return [(round(time - times[0][0], 2), size) for time, size in times]


@pytest.mark.parametrize(("name", "codec", "options", "out"), CASES)
def test_every_packet_of_a_copied_picture_arrives(name, codec, options, out, tmp_path):
    source = write_container(tmp_path / name, codec, options)
    film = open_film(source)
    sound = Sound(np.zeros((2, 48000), np.float32), 48000)
    export(film, tmp_path / out, None, sound, Encoding())
    before, after = packets_by_time(source), packets_by_time(tmp_path / out)
    assert [time for time, _ in after] == [time for time, _ in before]
    pairs = zip(frames_of(source), frames_of(tmp_path / out), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)


def beep(start: float, seconds: float = 1.5, rate: int = 48000) -> np.ndarray:
    """Silence with a beep of 0.1 s at `start`."""
    time = np.arange(round(seconds * rate)) / rate
    return 0.5 * np.sin(2 * np.pi * 1000 * time) * ((time >= start) & (time < start + 0.1))


def beep_time(path: Path) -> float:
    """Seconds from the first frame to the beep, on the container's clock."""
    with av.open(str(path)) as container:
        first = min(float(f.time) for f in container.decode(video=0))
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            loud = np.flatnonzero(np.abs(frame.to_ndarray()).max(0) > 0.1)
            if len(loud):
                return float(frame.time) + loud[0] / frame.sample_rate - first
    raise AssertionError("no beep")


@pytest.mark.parametrize("name", ["film.ts", "film.mkv", "film.mp4"])
@pytest.mark.parametrize(("picture", "sound"), [(0.0, 0.0), (1.4, 1.4), (0.5, 0.2)])
@pytest.mark.parametrize("copied", [True, False])
def test_sound_that_is_copied_stays_in_sync(name, picture, sound, copied, tmp_path):
    source = write_container(tmp_path / name, start=picture, sound=[(sound, beep(0.8))])
    film = open_film(source)
    frames = None if copied else read_film(film)
    export(film, tmp_path / "out.mp4", frames, None, Encoding())
    assert abs(beep_time(tmp_path / "out.mp4") - beep_time(source)) < 0.03


@pytest.mark.parametrize("options", [{}, {"bf": "2"}, {"bf": "1"}], ids=["no B-frames", "two", "one"])
@pytest.mark.parametrize("copied", [True, False])
def test_sound_of_avi_stays_in_sync_with_pictures_that_wait_in_the_decoder(tmp_path, options, copied):
    source = write_container(tmp_path / "film.avi", "mpeg4", options, sound=[(0, beep(0.8))], sound_codec="pcm_s16le")
    film = open_film(source)
    export(film, tmp_path / "out.mkv", None if copied else read_film(film), None, Encoding())
    assert abs(beep_time(tmp_path / "out.mkv") - 0.8) < 0.005


def test_the_last_frame_stands_as_long_as_in_the_source(tmp_path):
    film = open_film(write_container(tmp_path / "film.mkv", last=3.0))
    export(film, tmp_path / "out.mkv", read_film(film), None, Encoding())
    assert abs(open_film(tmp_path / "out.mkv").seconds - film.seconds) < 0.05


@pytest.mark.parametrize("turn", ["rotated by 90", "rotated by 180", "mirrored left to right"])
@pytest.mark.parametrize(
    ("codec", "suffix"),
    [
        *(("libx264", suffix) for suffix in (".mp4", ".m4v", ".mov", ".mkv", ".avi", ".mxf")),
        *(("libvpx-vp9", ".webm"), ("mpeg4", ".avi")),
    ],
)
def test_a_picture_without_steps_stays_turned(tmp_path, codec, suffix, turn):
    matrix, transform = TURNS[turn]
    source = write_container(tmp_path / "film.mp4", codec)
    stored = next(read_film(open_film(source))).luma.copy()
    set_display_matrix(source, matrix)
    film = open_film(source)
    frames = None if picture_fits(film, suffix) else read_film(film)
    export(film, tmp_path / f"out{suffix}", frames, None, Encoding())
    shown = next(read_film(open_film(tmp_path / f"out{suffix}"))).luma
    assert np.abs(shown.astype(int) - transform(stored)).mean() < 3
