"""Films read and written: exact times, copied streams, all pixel formats, images, damaged files."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from helpers import frames_of, make_film, packets_of, picture, times_of

import reimagine
from reimagine.errors import MediaError
from reimagine.media.video.film import Film
from reimagine.media.video.reader import open_film, read_film, read_image
from reimagine.media.video.writer import read_frames, write_frames, write_image

TINT = reimagine.model("colorize", "tint")


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(12)])
@pytest.mark.parametrize("kind", ["mp4", "mkv"])
def test_a_constant_frame_rate_is_kept_exactly(tmp_path, rate, kind):
    source = make_film(tmp_path / f"film.{kind}", 30, rate)
    result = reimagine.run(source, [TINT()], tmp_path / "run")
    assert times_of(result.film) == [n / rate for n in range(30)]


def test_a_variable_frame_rate_keeps_the_time_of_every_frame(tmp_path):
    times = [0, 40, 80, 200, 240, 290, 420, 460, 700, 740, 800, 1000]
    source = make_film(tmp_path / "phone.mkv", 12, times=times)
    result = reimagine.run(source, [TINT()], tmp_path / "run")
    assert times_of(result.film) == [Fraction(t, 1000) for t in times]
    assert any("variable" in note for note in result.report["remarks"])


def test_unchanged_sound_is_copied_packet_for_packet(tmp_path):
    source = make_film(tmp_path / "film.mp4", 48, sounds=2)
    result = reimagine.run(source, [TINT()], tmp_path / "run")
    for track in (0, 1):
        assert packets_of(result.film, "audio", track) == packets_of(source, "audio", track)
    assert abs(result.report["audio_minus_video_seconds"]) < 0.1


def test_unchanged_picture_is_copied_packet_for_packet(tmp_path, film):
    steps = [reimagine.model(s)() for s in ("transcribe", "timbre", "mix")]
    result = reimagine.run(film, steps, tmp_path / "run")
    assert packets_of(result.film, "video") == packets_of(film, "video")
    assert packets_of(result.film, "audio") != packets_of(film, "audio")


def test_odd_sides_are_padded(tmp_path):
    source = make_film(tmp_path / "film.mkv", 6, size=(95, 63), pixel="yuv444p", codec="ffv1")
    result = reimagine.run(source, [TINT()], tmp_path / "run")
    with av.open(str(result.film)) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (96, 64)


@pytest.mark.parametrize("size", [(95, 63), (400, 18)])
def test_images_of_any_size_keep_their_size(tmp_path, size):
    width, height = size
    write_image(tmp_path / "image.png", picture(0, width, height, 1))
    result = reimagine.run(tmp_path / "image.png", [TINT()], tmp_path / "run")
    assert read_image(result.film).shape == (height, width, 3)


def test_images_of_less_than_16_pixels_are_refused(tmp_path):
    write_image(tmp_path / "small.png", picture(0, 8, 40, 1))
    with pytest.raises(MediaError, match="is 8x40; give a picture of at least 16 pixels"):
        open_film(tmp_path / "small.png")


def test_intermediate_frames_are_lossless(tmp_path, film):
    opened = open_film(film)
    path = tmp_path / "part.nut"
    write_frames(path, read_film(opened), opened.rate)
    pairs = zip(read_film(opened), read_frames(path, opened), strict=True)
    assert all(np.array_equal(a.luma, b.luma) and a.index == b.index for a, b in pairs)


@pytest.mark.parametrize(("start", "stop"), [(0, 5), (13, 14), (30, 48), (47, 48)])
def test_any_range_of_frames_equals_that_part_of_the_film(film, tmp_path, start, stop):
    opened = open_film(film)
    whole = [f.luma.copy() for f in read_film(opened)]
    path = tmp_path / "part.nut"
    write_frames(path, read_film(opened), opened.rate)
    for source in (read_film(opened, start, stop), read_frames(path, opened, start, stop)):
        part = [(f.index, f.luma.copy()) for f in source]
        assert [n for n, _ in part] == list(range(start, stop))
        assert all(np.array_equal(luma, whole[n]) for n, luma in part)


def test_an_interlaced_film_is_deinterlaced_and_the_report_says_so(tmp_path):
    path = tmp_path / "tv.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg2video", rate=25, options={"flags": "+ilme+ildct"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.bit_rate = 2_000_000
        for n in range(12):
            image = picture(2 * n, 96, 64, 0)
            image[1::2] = picture(2 * n + 12, 96, 64, 0)[1::2]
            frame = av.VideoFrame.from_ndarray(image, "rgb24").reformat(format="yuv420p")
            frame.pts = n
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    opened = open_film(path)
    if not opened.interlaced:
        pytest.skip("this FFmpeg's encoder does not mark fields")
    combed, whole = (
        [f.luma.astype(int) for f in read_film(f)] for f in (Film(**{**opened.__dict__, "interlaced": False}), opened)
    )
    comb = [np.abs(2 * y[1:-1:2] - y[:-2:2] - y[2::2]).mean() for y in (combed[5], whole[5])]
    assert len(whole) == 12 and comb[1] < 0.7 * comb[0]
    assert any("deinterlaced" in note for note in opened.notes)


def test_an_image_is_a_film_of_one_frame(tmp_path):
    import cv2

    source = tmp_path / "image.png"
    cv2.imwrite(str(source), picture(0, 80, 60, 1))
    result = reimagine.run(source, [TINT()], tmp_path / "run")
    image = cv2.imread(str(result.film))
    assert result.film.suffix == ".png" and image.shape == (60, 80, 3)
    assert np.ptp(image.astype(int), 2).mean() > 3


def test_a_part_of_a_film_keeps_sound_and_picture_in_sync(tmp_path):
    source = make_film(tmp_path / "film.mp4", 96, sounds=1)
    result = reimagine.run(source, [TINT()], tmp_path / "run", start=1.0, end=2.5)
    assert result.report["frames"] == 36
    assert abs(result.report["audio_minus_video_seconds"]) < 0.1
    whole = list(read_film(open_film(source)))
    piece = frames_of(result.film)
    assert np.abs(piece[0][:64].astype(int) - whole[24].luma).mean() < 4


def test_chapters_and_title_are_copied(tmp_path, film):
    source = tmp_path / "chapters.mkv"
    with av.open(str(film)) as old, av.open(str(source), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        new.metadata["title"] = "The Lane"
        new.set_chapters(
            [{"id": 1, "start": 0, "end": 1000, "time_base": Fraction(1, 1000), "metadata": {"title": "One"}}]
        )
        for packet in old.demux(old.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)
    result = reimagine.run(source, [TINT()], tmp_path / "run", tmp_path / "out.mkv")
    with av.open(str(result.film)) as container:
        assert container.metadata["title"] == "The Lane"
        assert [c["metadata"]["title"] for c in container.chapters()] == ["One"]


def test_a_truncated_file_is_read_up_to_its_end(tmp_path):
    source = make_film(tmp_path / "film.mkv", 96)
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    result = reimagine.run(source, [TINT()], tmp_path / "run")
    assert 10 < result.report["frames"] < 96


@pytest.mark.parametrize("content", [b"", b"this is not a film" * 100])
def test_files_that_are_no_films_are_refused(tmp_path, content):
    source = tmp_path / "film.mp4"
    source.write_bytes(content)
    with pytest.raises(MediaError, match=r"film\.mp4"):
        open_film(source)
