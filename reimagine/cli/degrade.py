"""`reimagine degrade`: simulate the damage of old films, to test restoration or for the look."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from reimagine.media import Sound
    from reimagine.media.video.film import Film
    from reimagine.progress import Progress

UNCHANGED = "none"
"""The kind of damage of a picture that is kept as it is."""

app = typer.Typer()


@app.command("degrade")
def degrade(
    film: Annotated[Path, typer.Argument(help="A film, a picture or a sound file")],
    kind: Annotated[
        str,
        typer.Option(
            help="Kind of damage: old-print, negative, noise, jpeg, blur, scratches, dust, stains, holes, decay, "
            "faded, flicker or weave; none keeps the picture"
        ),
    ] = "old-print",
    sound: Annotated[
        Optional[str],
        typer.Option(
            help="Kind of damage of the sound: optical (several, as on an optical sound track), band, hiss, hum, "
            "crackle, wow or distortion [default: none for a film, optical for a sound file]"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Random seed of the damage")] = 1,
    output: Annotated[
        Optional[Path],
        typer.Option(
            "-o",
            "--output",
            help="Output file [default: <name of the film>-<kind>.mp4, .png if the input is a picture, or .wav if it "
            "is a sound file]",
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress")] = False,
) -> None:
    """Turn a good film into an old print, a negative or a damaged film, or good sound into that of one.

    The same seed gives the same result.
    """
    from reimagine.cli.terminal import command_progress

    with command_progress(quiet, False) as progress:
        progress.result(degrade_file(film, kind, sound, seed, output, progress))


def degrade_file(path: Path, kind: str, sound: str | None, seed: int, output: Path | None, progress: Progress) -> Path:
    """Degrade a film, a picture or a sound file, and write it; return the output file.

    Args:
        path: the input.
        kind: the damage of the picture; UNCHANGED for none.
        sound: the damage of the sound; None copies a film's sound.

    Raises:
        MediaError: the input has no sound to degrade, nothing is to be degraded, or the output is the input itself.
        RunError: there is a file of the output's name.
    """
    from reimagine.errors import MediaError
    from reimagine.files import check_absent
    from reimagine.media.audio.sound import write_sound
    from reimagine.media.files import check_readable
    from reimagine.media.images.names import title
    from reimagine.media.video.reader import open_film

    check_readable(path)
    source = open_film(path)
    alone = not source.frames
    sound = sound or ("optical" if alone else None)
    if kind == UNCHANGED and not sound:
        raise MediaError(f"{path}: nothing to degrade with --kind none; give --sound as well")
    suffix = ".wav" if alone else ".png" if source.is_still else ".mp4"
    named = sound if alone or kind == UNCHANGED else kind
    out = output or Path(f"{title(path)}-{named}{suffix}")
    if source.is_source_file(out):
        raise MediaError(f"{out}: is the film itself; give -o another name")
    check_absent(out)
    degraded = _degraded_sound(path, source, sound, seed) if sound else None
    if alone and degraded:
        write_sound(out, degraded)
    else:
        _write_film(source, kind, seed, degraded, out, progress)
    return out


def _degraded_sound(path: Path, source: Film, kind: str, seed: int) -> Sound:
    """The first sound track, from the film's first picture on, with damage."""
    from reimagine.degradation.sound import degrade_sound
    from reimagine.errors import MediaError
    from reimagine.media.audio.sound import read_sound

    if not source.sounds:
        raise MediaError(f"{path}: has no sound to degrade; give a file that has some")
    zero = source.start_time if source.frames else None
    return degrade_sound(read_sound(path, zero=zero), kind, seed)


def _write_film(source: Film, kind: str, seed: int, sound: Sound | None, out: Path, progress: Progress) -> None:
    """Write a film with a degraded picture and with the given sound, or with the source's."""
    from reimagine.degradation import degrade as degrade_frames
    from reimagine.media.export import Encoding, export
    from reimagine.media.iteration import report_progress
    from reimagine.media.video.reader import read_film

    encoding = Encoding().for_film(source, out)
    encoding.check(out)
    frames = None
    if kind != UNCHANGED:
        progress.begin("degrade", source.frames)
        degraded = degrade_frames(islice(read_film(source), source.frames), kind, seed)
        frames = report_progress(degraded, progress.advance)
    for line in export(source, out, frames, sound, encoding):
        progress.warning(line)
