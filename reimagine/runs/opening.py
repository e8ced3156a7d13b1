"""Opening a film in a run folder: its facts and its shots are found once and kept."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from reimagine import made
from reimagine.errors import RunError
from reimagine.files import remove_leftovers, write_text_atomically
from reimagine.media.digests import DIGESTS, load_digests, save_digests
from reimagine.media.files import check_readable
from reimagine.media.images.names import is_present, source_files
from reimagine.media.video.film import FINGERPRINT_PREFIX, Film, fingerprint
from reimagine.media.video.film_file import read_film_file
from reimagine.media.video.frames import Shot
from reimagine.media.video.reading import Reading
from reimagine.progress import Progress
from reimagine.records import read_json
from reimagine.runs.keys import hash_of
from reimagine.runs.ownership import guard_run
from reimagine.runs.step import ADVICE

if TYPE_CHECKING:
    import numpy as np

VERSION = 3
"""Part of the key of an opened film. Raise it when the same film gives other facts or other shots."""


def open_source(source: Path, folder: Path, reading: Reading, progress: Progress) -> tuple[str, str]:
    """Find the facts and shots of a film, unless the run folder has them; return (sub-folder name, key).

    Raises:
        RunError: the folder belongs to another film, cannot be written, or has a file that is not replaced.
        MediaError: the film cannot be read.
    """
    check_readable(source)
    reading = reading.of(source)
    reading.check()
    _check_writable(folder)
    guard_run(folder)
    for name in ("run.json", DIGESTS):
        made.check(folder / name)
    remove_leftovers(folder)
    identity = _identity(source, folder)
    _refuse_other_film(folder, source, identity)
    key = opened_key(identity, reading)
    name = f"00-open-{key[:8]}"
    if not _is_opened(folder / name, progress):
        _analyze(source, folder / name, reading, progress)
    _follow_moved_film(folder, source, identity)
    return name, key


def opened_key(identity: str, reading: Reading) -> str:
    """The key of an opened film, from its fingerprint and how it is read."""
    return hash_of("open", VERSION, identity, *reading.identity())


def check_unchanged(film: Film, folder: Path) -> None:
    """Check that the film of a run folder is what it was when it was opened.

    Raises:
        RunError: it does not exist any more, or was changed.
    """
    source = Path(film.source)
    if not is_present(source):
        raise RunError(f"{folder}: its film {source} does not exist any more; if it was moved, give its new path")
    if film.fingerprint.startswith(FINGERPRINT_PREFIX) and _identity(source, folder) != film.fingerprint:
        raise RunError(f"{folder}: its film {source} was changed since; give the film and another --into folder")


def remove_interrupted(folder: Path) -> None:
    """Remove the temporary files of processes that ended while they wrote to a run folder or to its steps."""
    for inner in (folder, *folder.glob("[0-9][0-9]-*"), *folder.glob("[0-9][0-9]-*/parts")):
        remove_leftovers(inner)


def _identity(source: Path, folder: Path) -> str:
    """The fingerprint of a film; it reads the film once, and again only after a change."""
    load_digests(folder / DIGESTS)
    identity = fingerprint(source)
    save_digests(folder / DIGESTS, source_files(source))
    return identity


def read_opened(folder: Path) -> tuple[Film, list[Shot]]:
    """The facts and shots that `open_source` left in a folder.

    Raises:
        RunError: a file is missing or damaged, or the shots do not follow each other from the first frame to the last.
    """
    for name in ("film.json", "shots.json"):
        if made.is_unchanged(folder / name) is False:
            raise RunError(f"{folder / name}: was damaged or edited; {ADVICE}")
    shots = read_json(folder / "shots.json", list[Shot], RunError, ADVICE)
    film = read_film_file(folder / "film.json", ADVICE)
    bounds = [0, *(shot.stop for shot in shots)]
    if [shot.start for shot in shots] != bounds[:-1] or bounds != sorted(set(bounds)) or bounds[-1] != film.frames:
        raise RunError(f"{folder / 'shots.json'}: its shots are not those of the film; {ADVICE}")
    return film, shots


def _is_opened(folder: Path, progress: Progress) -> bool:
    """Whether the facts of a film are in a folder; damaged ones are found again, which is said."""
    if not (folder / "shots.json").exists():
        return False
    try:
        read_opened(folder)
    except RunError as error:
        progress.message(f"{error}: the film is opened again")
        return False
    return True


def _analyze(source: Path, folder: Path, reading: Reading, progress: Progress) -> None:
    """Decode the film once: frame times for `film.json`, shots for `shots.json`."""
    from reimagine.media.video.reader import open_film
    from reimagine.media.video.shot_table import read_shots
    from reimagine.media.video.shots import CutDetector, trim_shots

    progress.begin("open", 0)
    detector = CutDetector(reading.cut_threshold)

    def analyze_frame(number: int, luma: np.ndarray) -> None:
        detector(number, luma)
        progress.advance(1)

    whole = open_film(source.resolve(), analyze_frame, reading)
    film = whole.trim(reading.start, reading.end)
    shots = read_shots(reading.shots, whole, detector.thumbnails) if reading.shots else detector.shots(whole.frames)
    shots = trim_shots(shots, film.first, film.frames)
    folder.mkdir(parents=True, exist_ok=True)
    film.save(folder / "film.json")
    write_text_atomically(folder / "shots.json", json.dumps(shots))


def _refuse_other_film(folder: Path, source: Path, identity: str) -> None:
    for facts in folder.glob("00-open-*/film.json"):
        try:
            other = read_film_file(facts, ADVICE)
        except RunError:
            continue  # it is not of use: the film is opened again
        same_path = Path(other.source) == source.resolve()
        comparable = other.fingerprint.startswith(FINGERPRINT_PREFIX)
        if other.fingerprint == identity or (same_path and not comparable):
            continue
        if same_path:
            raise RunError(f"{source} was changed since {folder} was made of it; give it another --into folder")
        raise RunError(
            f"{folder} is the run folder of another film ({other.source}); give {source.name} another --into folder"
        )


def _follow_moved_film(folder: Path, source: Path, identity: str) -> None:
    """Write the film's new path where another one is recorded."""
    for facts in folder.glob("00-open-*/film.json"):
        try:
            film = read_film_file(facts, ADVICE)
        except RunError:
            continue
        if film.fingerprint == identity and Path(film.source) != source.resolve():
            film.moved(source.resolve()).save(facts)


def _check_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise RunError(f"{folder}: cannot be written ({reason}); give --into another folder") from error
