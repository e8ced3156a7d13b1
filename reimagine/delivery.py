"""The finished film of a run: exported, reported on, and found again if it was delivered before."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reimagine import made, stages
from reimagine.errors import RunError
from reimagine.files import copy_atomically, remove_leftovers, write_text_atomically
from reimagine.gallery.report import contact_sheet, report
from reimagine.media.audio.sound import Sound, write_sound
from reimagine.media.export import Encoding, export
from reimagine.media.export.constant_rate import at_output_rate
from reimagine.media.export.containers import FILM_SUFFIXES, default_suffix, picture_fits
from reimagine.media.export.images import first_missing, is_image_sequence, mixed_channels, write_images, written_files
from reimagine.media.images.names import title
from reimagine.media.iteration import prefetch
from reimagine.media.midi.notes import read_notes
from reimagine.media.score import SCORE_SUFFIXES
from reimagine.media.score.engraving import check_score_output, write_score
from reimagine.media.video.film import MIDI_SUFFIXES, Film
from reimagine.media.video.frames import Frame
from reimagine.progress import Progress
from reimagine.runs.folder import Run
from reimagine.runs.image_outputs import claim
from reimagine.runs.keys import hash_of
from reimagine.runs.reports import read_report
from reimagine.runs.tracks import FilmTracks


def check_output(out: Path) -> None:
    """Refuse an output file that cannot be written.

    Raises:
        RunError: it is a folder, or lies in one that cannot be written.
        MediaError: it is a score, and what scores need is not installed.
    """
    if out.is_dir() or not os.access(out.parent if out.parent.exists() else Path("."), os.W_OK):
        raise RunError(f"{out}: cannot be written; give -o a file in a folder that can")
    if out.suffix.lower() in SCORE_SUFFIXES:
        check_score_output(out)
    out.parent.mkdir(parents=True, exist_ok=True)


def check_made(run: Run, out: Path, report_path: Path) -> None:
    """Check that the finished film and what is written beside it replace nothing that reimagine has not made.

    Raises:
        RunError: a file is the user's, or the film itself.
    """
    outputs = [report_path, run.folder / "contact-sheet.png"]
    if not is_image_sequence(run.film, out):  # `image_outputs` records numbered images
        outputs += [out, _ending_path(run, out)]
    for path in outputs:
        made.cover(run.folder, path)
        made.check(path)


def output_suffix(run: Run, encoding: Encoding, planned: Sequence[Any] = ()) -> str:
    """The suffix of the finished film if none is given: notes are MIDI, a still is PNG, sound alone is WAV.

    A film is MP4 if MP4 holds all of its picture, sound and subtitles; otherwise a container that does.

    Args:
        planned: models of steps that are not run yet.
    """
    film = run.film
    written = [step.writes for step in run.steps]
    written += [stages.stage_named(stages.identify(model)[0]).kind.writes for model in planned]
    if written and written[-1] == "notes":
        return ".mid"
    if film.is_still:
        return ".png"
    if film.frames:
        encoder = encoding.encoder(None)
        encoded = (encoder.name, encoder.suffix) if "picture" in written or _picture_changed(run.tracks) else None
        return default_suffix(film, encoded, "sound" in written)
    return ".wav" if film.sounds or "sound" in written else ".mid"


def deliver(
    run: Run, out: Path, report_path: Path, encoding: Encoding, progress: Progress, begun: float
) -> dict[str, Any]:
    """Export the film and write its report, unless this very film was delivered there before; return the report.

    Args:
        begun: `time.monotonic()` at the start of the command, for `seconds.last_command`.
    """
    key = hash_of([step.key for step in run.steps], run.key, asdict(encoding), str(out.resolve()))
    made.cover(run.folder, out)
    if (known := _delivered(run.film, out, report_path, key)) is not None:
        return known
    check_made(run, out, report_path)
    remove_leftovers(out.parent)
    if is_image_sequence(run.film, out):
        claim(run.folder, out, key)
    started = time.monotonic()
    remarks = _export(run.tracks, out, encoding, progress)
    for line in remarks:
        progress.warning(line)
    facts = report(run, out, remarks)
    facts["seconds"]["export"] = round(time.monotonic() - started, 2)
    facts["seconds"]["last_command"] = round(time.monotonic() - begun, 2)
    _draw(run, out)
    facts = {"key": key, "bytes": _bytes(run.film, out), **facts}
    write_text_atomically(report_path, json.dumps(facts, indent=1))
    return facts


def _delivered(film: Film, out: Path, report_path: Path, key: str) -> dict[str, Any] | None:
    """The report of this very film, if it was delivered before and not changed since."""
    if not report_path.exists():
        return None
    try:
        facts = read_report(report_path)
    except RunError:
        return None
    same = facts.get("key") == key and facts.get("bytes") == _bytes(film, out)
    return facts if same and (is_image_sequence(film, out) or made.is_unchanged(out)) else None


def _bytes(film: Film, out: Path) -> int:
    """Size of the finished film, or of all its images; 0 without one."""
    files = written_files(out) if is_image_sequence(film, out) else [out]
    return sum(file.stat().st_size for file in files if file.exists())


def _draw(run: Run, out: Path) -> None:
    """The sheets and plots that belong to the tracks of the film."""
    tracks = run.tracks
    if run.film.frames:
        contact_sheet(run, run.folder / "contact-sheet.png")
    if tracks.picture().frames > tracks.source_frames:
        from reimagine.gallery.continuations import ending_sheet

        ending_sheet(run, _ending_path(run, out))
    if any(step.writes != "picture" for step in run.steps):
        from reimagine.gallery.music import write_music_pictures

        write_music_pictures(run)


def _ending_path(run: Run, out: Path) -> Path:
    numbered = is_image_sequence(run.film, out)  # the sheet must not be one more image of the sequence
    return run.folder / "ending.png" if numbered else out.with_name(f"{out.stem}-ending.png")


def _export(tracks: FilmTracks, out: Path, encoding: Encoding, progress: Progress) -> list[str]:
    """Write the finished film; return remarks on what could not be kept."""
    film = tracks.film
    if out.suffix.lower() in (*MIDI_SUFFIXES, *SCORE_SUFFIXES):
        notes = tracks.artifact("notes") or (Path(film.source) if film.is_score else None)
        if notes is None:
            raise RunError(f"{out}: the run has no notes; run transcribe or compose first")
        _export_notes(notes, out, title(Path(film.source)))
        return []
    sound = tracks.new_sound()
    if not film.frames:
        write_sound(out, sound or tracks.original_sound())
        return []
    return _export_picture(tracks, out, sound, encoding, progress)


def _export_notes(notes: Path, out: Path, title: str) -> None:
    """Write a MIDI file as it is, or as a score."""
    if out.suffix.lower() in MIDI_SUFFIXES:
        copy_atomically(notes, out)
    else:
        write_score(out, read_notes(notes), title)


def _export_picture(
    tracks: FilmTracks, out: Path, sound: Sound | None, encoding: Encoding, progress: Progress
) -> list[str]:
    """Write a film that has a picture; `sound` is the new one, if there is any."""
    film, picture = tracks.film, tracks.picture()
    if (picture.frames > tracks.source_frames or film.speed != 1) and film.sounds and sound is None:
        sound = tracks.original_sound()
    numbered = is_image_sequence(film, out)
    begin = first_missing(film, out, picture.frames) if numbered else 0
    is_copied = not numbered and not _picture_changed(tracks) and picture_fits(film, out.suffix.lower())
    progress.begin("export", 0 if is_copied else picture.frames - begin)

    def frames() -> Iterator[Frame]:
        for frame in prefetch(picture.read(begin), 8):
            yield frame
            progress.advance(1)

    if numbered:
        own = film.sounds and tracks.latest("sound") is None
        sound = tracks.original_sound() if own else sound
        shown, repeated = at_output_rate(film, frames())
        return [*write_images(shown, out, repeated, sound), *(mixed_channels(film) if own else ())]
    if is_copied:
        return export(film, out, None, sound, encoding)
    if not _picture_changed(tracks):
        holding = next((s for s in FILM_SUFFIXES if picture_fits(film, s)), None)
        advice = f"-o film{holding} keeps it as it is" if holding else "no container that is written holds it"
        remark = f"the picture cannot be copied to {out.suffix} and was encoded; {advice}"
        return [remark, *export(film, out, frames(), sound, encoding)]
    shown, repeated = at_output_rate(film, frames())
    return export(shown, out, repeated, sound, encoding)


def _picture_changed(tracks: FilmTracks) -> bool:
    """Whether the picture must be encoded."""
    film = tracks.film
    return bool(tracks.latest("picture")) or film.trimmed or bool(film.stills) or not film.as_stored
