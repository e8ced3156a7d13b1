"""Metadata of a film and its tracks: what is copied, and what of it a container did not keep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from reimagine.media.container import open_container
from reimagine.media.export.containers import MP4_SUFFIXES, is_cover
from reimagine.media.export.timecode import shifted_timecode

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream

    from reimagine.media.video.film import Film

TECHNICAL = (
    *("encoder", "major_brand", "minor_version", "compatible_brands", "duration", "timecode", "handler_name"),
    *("vendor_id", "name", "bps", "number_of_", "_statistics_", "operational_pattern_ul", "uid", "generation_uid"),
    *("company_name", "product_", "toolkit_", "application_platform", "modification_date", "material_package_"),
    *("file_package_", "creation_time", "filename", "mimetype"),
)
"""Beginnings of the names of metadata that describe the file, not its content."""
WRITERS = ("Lavf", "Lavc")
"""Beginnings of values that name the program which wrote the file."""
HANDLERS = ("VideoHandler", "SoundHandler", "SubtitleHandler", "DataHandler", "TimeCodeHandler")
"""Names of tracks that FFmpeg writes where there is none; others end in "Handler" or "Media Handler" as well."""
QUICKTIME_LANGUAGES = {"fre": "fra", "cze": "ces", "rum": "ron", "slo": "slk", "swe": "sve"}
"""Codes of languages for which FFmpeg's table of QuickTime languages has another code."""
UNKNOWN_LANGUAGE = "und"
"""Code of a language that is not stated."""
MARKS = ("forced", "hearing_impaired", "visual_impaired", "comment", "original", "dub", "lyrics", "karaoke")
"""Dispositions, in FFmpeg's names, that say what a track is for."""


def content_tags(metadata: Mapping[str, str]) -> dict[str, str]:
    """Metadata that describes the content, without that of the file."""
    return {
        name: value
        for name, value in metadata.items()
        if not name.lower().startswith(TECHNICAL) and not value.startswith(WRITERS)
    }


def film_timecode(source: InputContainer, film: Film) -> str | None:
    """The timecode of the film's first frame; None if the source has none that fits its frame rate."""
    tags = [source.metadata, *(stream.metadata for stream in source.streams)]
    found = next((value for t in tags for name, value in t.items() if name.lower() == "timecode"), None)
    if found is None or not film.frames:
        return None
    rate = Fraction(source.streams.video[film.picture_stream].average_rate or film.rate)
    return shifted_timecode(found, rate, round(film.offset * rate) if film.trimmed else 0)


def track_tags(stream: Stream) -> dict[str, str]:
    """Language, title and other metadata of a track."""
    tags = content_tags(stream.metadata)
    present = {name.lower(): value for name, value in stream.metadata.items()}
    handler = present.get("handler_name", "")
    named = handler if handler and not handler.endswith(HANDLERS) and "\x00" not in handler else ""
    if title := present.get("title") or present.get("name") or named:
        tags["title"] = title
    return tags


def set_track_tags(track: Stream, tags: Mapping[str, str], suffix: str) -> None:
    """Write metadata of a track in the form that a container of this suffix keeps."""
    track.metadata.update(tags)
    if suffix in MP4_SUFFIXES and "title" in tags:
        track.metadata["handler_name"] = tags["title"]
    if suffix == ".mov" and "language" in tags:
        track.metadata["language"] = QUICKTIME_LANGUAGES.get(tags["language"], tags["language"])


def marks(stream: Stream) -> list[str]:
    """What a track is for, in FFmpeg's names of dispositions."""
    return [name for name in MARKS if name in (stream.disposition.name or "").split("|")]


@dataclass
class Expected:
    """What a written file should say of the film and its tracks.

    Attributes:
        aspect: sample aspect ratio.
        tags: metadata of the film.
        tracks: tags and marks of the tracks of each type, in order.
    """

    aspect: Fraction = Fraction(1)
    tags: dict[str, str] = field(default_factory=dict)
    tracks: dict[str, list[tuple[dict[str, str], list[str]]]] = field(default_factory=dict)

    def add_track(self, stream: Stream) -> None:
        """Expect what a track of the source says of itself."""
        if not is_cover(stream):
            self.tracks.setdefault(stream.type, []).append((track_tags(stream), marks(stream)))

    def add_new_sound(self) -> None:
        """Expect a track of which nothing needs to be said."""
        self.tracks.setdefault("audio", []).append(({}, []))

    def missing(self, path: Path, suffix: str) -> Iterator[str]:
        """A sentence for each kind of property that a written file does not have."""
        with open_container(path) as written:
            tags = {name: value for track in written.streams for name, value in track.metadata.items()}
            if lost := _lost_tags(self.tags, {**tags, **written.metadata}):
                yield f"metadata does not fit {suffix} and was left out: {', '.join(lost)}; -o film.mkv keeps it"
            if lost := list(dict.fromkeys(self._lost_of_tracks(written))):
                yield f"properties of tracks do not fit {suffix}: {', '.join(lost)}; -o film.mkv keeps them"
            picture = next(iter(written.streams.video), None)
            aspect = Fraction(picture.sample_aspect_ratio or 1) if picture else self.aspect
            if picture and abs(aspect - self.aspect) * picture.width > 1:
                yield f"the sample aspect ratio {self.aspect} is not kept; -o film.mov keeps it"

    def _lost_of_tracks(self, written: InputContainer) -> Iterator[str]:
        """Languages, titles and marks of tracks that a written file does not have, such as "language fre"."""
        for kind, tracks in self.tracks.items():
            found = [track for track in written.streams if track.type == kind and not is_cover(track)]
            for (tags, names), track in zip(tracks, found, strict=False):
                language, title, present = tags.get("language", UNKNOWN_LANGUAGE), tags.get("title"), track_tags(track)
                same = (language, QUICKTIME_LANGUAGES.get(language))
                if language != UNKNOWN_LANGUAGE and present.get("language") not in same:
                    yield f"language {language}"
                if title and present.get("title") != title:
                    yield f"title {title}"
                yield from (f"mark {name}" for name in names if name not in marks(track))


def _lost_tags(tags: Mapping[str, str], written: Mapping[str, str]) -> list[str]:
    """Names of metadata that a written file does not have."""
    names, values = {name.lower() for name in written}, set(written.values())
    return [name.lower() for name, value in tags.items() if name.lower() not in names and value not in values]
