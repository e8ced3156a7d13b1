"""Tables of shots: what is written can be edited and read again, and mistakes are found."""

from __future__ import annotations

import sys
from fractions import Fraction

import numpy as np
import opentimelineio as otio
import pytest

from reimagine.errors import MediaError
from reimagine.media.video.film import Film
from reimagine.media.video.frames import Shot
from reimagine.media.video.shot_table import check_table, read_shots, write_shots

FILM = Film("/films/film.mp4", "", 60, Fraction(24000, 1001), 96, 64, 60 * 1.001 / 24)
SHOTS = [Shot(0, 20), Shot(20, 41), Shot(41, 60, 8)]


def shots_of(path, text: str | bytes, film: Film = FILM) -> list[tuple[int, int]]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    check_table(path)
    return [shot[:2] for shot in read_shots(path, film, {})]


def test_a_table_states_frames_and_times_of_the_whole_source(tmp_path):
    table = tmp_path / "shots.csv"
    write_shots(table, FILM, SHOTS)
    assert table.read_text().splitlines()[0::3] == [
        "shot,start_frame,start_timecode,start_seconds,end_frame,end_timecode,end_seconds,length_frames,length_seconds,"
        "similar_frame",
        "3,41,00:00:01.710,1.710,60,00:00:02.502,2.502,19,0.792,8",
    ]
    part = FILM.trim(1.0, None)
    write_shots(table, part, [Shot(0, 17), Shot(17, 36)])
    assert [line.split(",")[1:5] for line in table.read_text().splitlines()[1:]] == [
        ["24", "00:00:01.001", "1.001", "41"],
        ["41", "00:00:01.710", "1.710", "60"],
    ]


@pytest.mark.parametrize("name", ["shots.csv", "shots.otio"])
def test_what_is_written_is_read_again(name, tmp_path):
    write_shots(tmp_path / name, FILM, SHOTS)
    check_table(tmp_path / name)
    assert read_shots(tmp_path / name, FILM, {}) == SHOTS


PYSCENEDETECT = """Timecode List:,00:00:00.834
Scene Number,Start Frame,Start Timecode,End Frame
1,1,00:00:00.000,20
2,21,00:00:00.834,60
"""
TABLES = [
    ("start_frame\n0\n20\n41\n", [0, 20, 41]),
    ("start_frame\n20\n41\n", [0, 20, 41]),  # the frames before are a shot
    ("start_frame,end_frame\n0,10\n20,41\n41,50\n", [0, 20, 41]),  # gaps belong to the shot before
    ("\ufeffshot;start_frame;end_frame\r\n1;0;20\r\n2;20;\r\n;;\r\n", [0, 20]),
    ("sep=;\nshot;start_frame\n1;0\n2;20,0\n", [0, 20]),
    ("shot\tstart_frame\n1\t0\n2\t20.0\n".encode("utf-16"), [0, 20]),
    ('"shot","start_frame","note"\n1,0,"a; b, c"\n2,20,"ä"\n'.encode("latin-1"), [0, 20]),
    (PYSCENEDETECT, [0, 20]),
]


@pytest.mark.parametrize(("text", "starts"), TABLES)
def test_tables_of_spreadsheets_and_other_programs_are_read(text, starts, tmp_path):
    assert shots_of(tmp_path / "shots.csv", text) == list(zip(starts, [*starts[1:], 60], strict=True))


MISTAKES = [
    ("", "no column start_frame"),
    ("start_frame\n", "holds no shots"),
    ("start_frame\n0\n41\n20\n", "line 4: the shot starts at frame 20, not after frame 41"),
    ("start_frame\n0\n20\n\n20\n", "line 5: the shot starts at frame 20, not after frame 20"),
    ("start_frame,end_frame\n0,25\n20,60\n", "line 3: the shot starts at frame 20, but the shot above ends at 25"),
    ("start_frame\n0\n60\n", "line 3: frame 60 is not in the film, which has the frames 0 to 59"),
    ("start_frame\n-1\n", "line 2: frame -1 is not in the film"),
    ("start_frame,end_frame\n0,61\n", "line 2: the shot ends at frame 61, after the film"),
    ("start_frame,end_frame\n0,20\n20,20\n", "line 3: the shot ends at frame 20, but starts at 20"),
    ("start_frame\n0\n00:00:01.000\n", "line 3: start_frame '00:00:01.000' is no frame number"),
    ("start_frame\n0\n1.5\n", "line 3: start_frame '1.5' is no frame number"),
    ("start_frame\n0\ninf\n", "line 3: start_frame 'inf' is no frame number"),
    ("shot,start_frame\n1,0\n2,\n", "line 3: has no start_frame"),
    ("start_frame,similar_frame\n0,\n20,30\n", "line 3: similar_frame 30 must be a frame of an earlier shot"),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_mistakes_are_one_line_with_the_place(text, message, tmp_path):
    with pytest.raises(MediaError) as error:
        shots_of(tmp_path / "shots.csv", text)
    assert message in str(error.value) and str(tmp_path / "shots.csv") in str(error.value)
    assert "\n" not in str(error.value)


def test_mistakes_of_the_file_itself(tmp_path):
    with pytest.raises(MediaError, match="no such table"):
        check_table(tmp_path / "shots.csv")
    with pytest.raises(MediaError, match=r"shots\.edl: a table of shots is \.csv or \.otio"):
        check_table(tmp_path / "shots.edl")
    (tmp_path / "shots.otio").write_text("{")
    with pytest.raises(MediaError, match="cannot be read as an OpenTimelineIO file"):
        check_table(tmp_path / "shots.otio")


def test_shots_are_linked_where_the_table_does_not_say(tmp_path):
    view = np.tile(np.arange(0, 240, 10, dtype=np.uint8), (18, 1))
    thumbnails = {0: view, 24: view.T.repeat(2, 0)[:18, :18].repeat(2, 1)[:, :24], 48: view}
    table = tmp_path / "shots.csv"
    table.write_text("start_frame\n0\n20\n41\n")
    assert read_shots(table, FILM, thumbnails) == [Shot(0, 20), Shot(20, 41), Shot(41, 60, 0)]
    table.write_text("start_frame,similar_frame\n0,\n20,\n41,\n")
    assert read_shots(table, FILM, thumbnails) == [Shot(0, 20), Shot(20, 41), Shot(41, 60)]


def test_a_timeline_names_the_film_its_rate_and_ranges(tmp_path):
    write_shots(tmp_path / "shots.otio", FILM, SHOTS)
    clips = otio.adapters.read_from_file(str(tmp_path / "shots.otio")).find_clips()
    assert [clip.media_reference.target_url for clip in clips] == ["file:///films/film.mp4"] * 3
    assert [clip.media_reference.available_range.duration.value for clip in clips] == [60] * 3
    ranges = [(c.source_range.start_time.value, c.source_range.duration.value) for c in clips]
    assert ranges == [(0, 20), (20, 21), (41, 19)]
    assert all(abs(c.source_range.start_time.rate - 24 / 1.001) < 1e-9 for c in clips)


@pytest.mark.parametrize(("rate", "scale"), [(24.0, 1), (48000 / 1001, 2)])
def test_a_timeline_of_an_editing_program_is_read(rate, scale, tmp_path):
    """Its media begin at a timecode, its rate is rounded or another one, and clips were shortened or removed."""
    time, span = otio.opentime.RationalTime, otio.opentime.TimeRange
    track = otio.schema.Track(kind="Video")
    for start, length in ((0, 15), (20, 21)):
        media = otio.schema.ExternalReference("film.mp4", span(time(86400, rate), time(60 * scale, rate)))
        part = span(time(86400 + start * scale, rate), time(length * scale, rate))
        track.extend([otio.schema.Clip("a", media, part), otio.schema.Gap(duration=time(5, rate))])
    timeline = otio.schema.Timeline()
    timeline.tracks.append(track)
    assert shots_of(tmp_path / "shots.otio", timeline.to_json_string()) == [(0, 20), (20, 60)]


def test_opentimelineio_is_named_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "opentimelineio", None)
    with pytest.raises(MediaError, match=r"pip install 'reimagine\[otio\]'"):
        write_shots(tmp_path / "shots.otio", FILM, SHOTS)
