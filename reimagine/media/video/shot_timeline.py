"""Shots as a timeline of OpenTimelineIO, the exchange format of editing programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reimagine.errors import MediaError
from reimagine.media.images.names import title
from reimagine.media.video.shot_table import ShotRow

if TYPE_CHECKING:
    from reimagine.media.video.film import Film
    from reimagine.media.video.frames import Shot

NAMESPACE = "reimagine"
"""Key of this program's facts in the metadata of a clip."""
SAME_RATE = 0.005
"""Relative difference of two rates below which frames are counted alike: 24 and 23.976, but not 24 and 25."""


def _library() -> Any:
    """The package `opentimelineio`.

    Raises:
        MediaError: it is not installed.
    """
    try:
        import opentimelineio
    except ImportError as error:
        raise MediaError(
            "OpenTimelineIO is not installed; pip install 'reimagine[otio]', or use a .csv table"
        ) from error
    return opentimelineio


def timeline_text(film: Film, shots: Sequence[Shot]) -> str:
    """A timeline with one clip per shot, as JSON.

    Times are frame numbers in the whole source at the film's rate, which is the mean rate if the film's varies.
    """
    otio = _library()
    rate = float(film.rate)

    def span(start: int, count: int) -> Any:
        return otio.opentime.TimeRange(otio.opentime.RationalTime(start, rate), otio.opentime.RationalTime(count, rate))

    source = Path(film.source)
    track = otio.schema.Track("shots", kind=otio.schema.TrackKind.Video)
    for number, shot in enumerate(shots, 1):
        media = otio.schema.ExternalReference(source.resolve().as_uri(), span(0, film.first + film.frames))
        media.name = source.name
        similar = None if shot.similar_frame is None else film.first + shot.similar_frame
        clip = otio.schema.Clip(f"shot {number}", media, span(film.first + shot.start, shot.stop - shot.start))
        clip.metadata[NAMESPACE] = {"similar_frame": similar}
        track.append(clip)
    timeline = otio.schema.Timeline(title(source))
    timeline.tracks.append(track)
    return timeline.to_json_string()


def read_timeline(path: Path, rate: float | None) -> tuple[list[ShotRow], bool]:
    """One row per clip of the first picture track, and whether the clips have this program's metadata.

    Args:
        rate: frames per second of the film; None if it is not known yet, and each clip's own rate is taken.

    Raises:
        MediaError: OpenTimelineIO is not installed, or the file is no timeline with a picture track.
    """
    otio = _library()
    try:
        timeline = otio.adapters.read_from_file(str(path), adapter_name="otio_json")
    except (otio.exceptions.OTIOError, ValueError, OSError) as error:
        raise MediaError(f"{path}: cannot be read as an OpenTimelineIO file ({error})") from error
    if not isinstance(timeline, otio.schema.Timeline) or not timeline.video_tracks():
        raise MediaError(f"{path}: is no timeline with a picture track; give one with a clip per shot")
    clips = [item for item in timeline.video_tracks()[0] if isinstance(item, otio.schema.Clip)]
    linked = bool(clips) and all("similar_frame" in clip.metadata.get(NAMESPACE, {}) for clip in clips)
    return [_row(path, f"clip {n}", clip, rate) for n, clip in enumerate(clips, 1)], linked


def _row(path: Path, place: str, clip: Any, rate: float | None) -> ShotRow:
    """The frames of a clip, relative to the start of its media, which may have a timecode."""
    otio = _library()

    def frames(time: Any) -> int:
        alike = rate is None or abs(time.rate / rate - 1) < SAME_RATE
        return round(time.value if alike else time.value_rescaled_to(rate))

    try:
        part = clip.trimmed_range()
    except otio.exceptions.OTIOError as error:
        raise MediaError(f"{path}: {place}: has no range ({error}); give it a source range") from error
    media = clip.media_reference.available_range
    start = frames(part.start_time - media.start_time if media else part.start_time)
    similar = clip.metadata.get(NAMESPACE, {}).get("similar_frame")
    return ShotRow(place, start, start + frames(part.duration), similar)
