"""What is lost of films as people have them: `python benchmarks/films.py`.

A row per generated film, each of 40 frames. Every frame shows its number, and the sound is a beep at the time of one
frame. Compared in one run:

- changed: this program with one step that changes only chroma (`colorize --model tint --saturation 0`);
- no step: this program without a step, so that picture and sound are copied where the finished film can hold them;
- FFmpeg: `ffmpeg -i FILM -c:v libx264 -crf 18 out.mp4`;
- MoviePy: `VideoFileClip(FILM).write_videofile("out.mp4")`.

A cell names what differs from the source: size, frames, times (largest error of a frame), end, sound (offset to the
picture), lost tags, bits and chroma. Its last entry is the mean absolute difference of the luma of the pictures as they
are shown, in 8-bit levels. The last row counts the films without a difference.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from film_measures import WEIGHTS, Measured, measure
from film_samples import BEEP, FRAMES, SAMPLES, Sample, write

import reimagine
from reimagine.media.video.reading import Reading

TIMEOUT = 120
"""Seconds after which a program is stopped."""
TIME_TOLERANCE = 1.5
"""Milliseconds: containers round times to one millisecond."""
GIF_TOLERANCE = 10.5
"""Milliseconds: GIF rounds times to hundredths of a second."""
END_TOLERANCE = 45
"""Milliseconds: a last frame that stands one period more or less is not named."""
SOUND_TOLERANCE = 3
"""Milliseconds within which codecs smear the beginning of a tone."""
MAX_ERROR = 60
"""Characters of an error in a cell."""


def changed(film: Path, folder: Path) -> Path:
    step = reimagine.model("colorize", "tint")(saturation=0.0)
    return reimagine.run(film, [step], folder / "changed", reading=reading(film), device="cpu").film


def no_step(film: Path, folder: Path) -> Path:
    return reimagine.run(film, [], folder / "no-step", reading=reading(film)).film


def reading(film: Path) -> Reading:
    """Image sequences state no rate; FFmpeg assumes 25 frames per second."""
    return Reading(rate=25) if "%" in film.name else Reading()


def ffmpeg(film: Path, folder: Path) -> Path:
    out = folder / "ffmpeg.mp4"
    call([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", film, "-c:v", "libx264", "-crf", "18", out])
    return out


def moviepy(film: Path, folder: Path) -> Path:
    out = folder / "moviepy.mp4"
    script = "import sys; from moviepy import VideoFileClip; VideoFileClip(sys.argv[1]).write_videofile(sys.argv[2])"
    call([sys.executable, "-c", script, film, out])
    return out


TOOLS: dict[str, Callable[[Path, Path], Path]] = {
    "reimagine, changed": changed,
    "reimagine, no step": no_step,
    "FFmpeg": ffmpeg,
    "MoviePy": moviepy,
}
"""Columns of the table; each makes a film of a film, in a folder."""


def call(words: list[object]) -> None:
    """Run a program; its last line on standard error is the error."""
    done = subprocess.run([str(w) for w in words], capture_output=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL)
    if done.returncode:
        lines = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
        named = [line.split("] ", 1)[1] for line in lines if line.startswith("[") and "] " in line]  # by FFmpeg's part
        raise RuntimeError([*named, *lines[-1:], f"exit code {done.returncode}"][0])


def cell(sample: Sample, source: Measured, tool: Callable[[Path, Path], Path], film: Path, folder: Path) -> str:
    """What a tool loses of a film, or its error."""
    try:
        result = measure(tool(film, folder))
        differences = list(differences_of(sample, source, result))
        return "; ".join([*differences, *luma_difference(source, result)])
    except Exception as error:  # a failure of one tool is a result
        line = " ".join((str(error) or type(error).__name__).split()).replace(str(folder) + "/", "").replace("|", "/")
        return f"error: {line[:MAX_ERROR]}"


def differences_of(sample: Sample, source: Measured, result: Measured) -> Iterator[str]:
    """What is not as in the source, in words."""
    if result.size != source.size:
        yield f"{source.size} becomes {result.size}"
    yield from frame_differences(sample, result)
    if source.sounds and not result.sounds:
        yield "sound lost"
    elif source.sounds:
        yield from sound_difference(result)
    lost = [name for name, value in source.tags.items() if result.tags.get(name) != value]
    if not source.matrix:
        lost = [name for name in lost if name not in ("matrix", "range")]
        lost += ["matrix"] if result.matrix and "matrix" not in result.tags else []
    if lost:
        yield f"lost: {', '.join(lost)}"
    if result.depth != source.depth:
        yield f"{source.depth} becomes {result.depth}"


def frame_differences(sample: Sample, result: Measured) -> Iterator[str]:
    first = {number: time for number, time in reversed(list(zip(result.numbers, result.times, strict=True)))}
    shown = [n for n in range(FRAMES) if n in first]
    if len(shown) < FRAMES:
        yield f"{len(shown)} of {FRAMES} frames"
    unreadable = result.numbers.count(None)
    repeated = len(result.numbers) - unreadable - len(first.keys() - {None})
    for count, what in ((unreadable, "unreadable"), (repeated, "repeated")):
        if count:
            yield f"{count} {what}"
    if not shown:
        return
    origin = first[shown[0]] - sample.time(shown[0])
    error = 1000 * max(abs(first[n] - origin - sample.time(n)) for n in shown)
    if error > (GIF_TOLERANCE if sample.codec == "gif" else TIME_TOLERANCE):
        yield f"times {error:.0f} ms"
    end = 1000 * (result.end - origin - sample.time(FRAMES))
    if abs(end) > END_TOLERANCE:
        yield f"ends {end:+.0f} ms"


def sound_difference(result: Measured) -> Iterator[str]:
    if result.beep is None or BEEP not in result.numbers:
        yield "beep lost"
        return
    offset = 1000 * (result.beep - result.times[result.numbers.index(BEEP)])
    if abs(offset) > SOUND_TOLERANCE:
        yield f"sound {offset:+.0f} ms"


def luma_difference(source: Measured, result: Measured) -> Iterator[str]:
    """The mean absolute difference of the luma of the same frames as they are shown, in words.

    A border of one pixel that was added to a picture of odd size is left out.
    """
    weights = np.array(WEIGHTS[source.matrix or result.matrix or "bt709"], np.float32)
    pairs = [(source.rgb[n], picture) for n, picture in result.rgb.items() if n in source.rgb]
    if pairs and np.abs(np.subtract(pairs[0][0].shape, pairs[0][1].shape)).max() <= 1:
        height, width = np.minimum(pairs[0][0].shape, pairs[0][1].shape)[:2]
        errors = [np.abs((a[:height, :width] - b[:height, :width]) @ weights).mean() for a, b in pairs]
        yield f"luma {np.mean(errors):.2f}"


def main() -> None:
    faultless: Counter[str] = Counter()
    print("| film | " + " | ".join(TOOLS) + " |")
    print("|---|" + "---|" * len(TOOLS))
    for sample in SAMPLES:
        with tempfile.TemporaryDirectory() as name:
            film = write(sample, Path(name))
            source = measure(film)
            cells = {title: cell(sample, source, tool, film, Path(name)) for title, tool in TOOLS.items()}
        faultless.update(title for title, text in cells.items() if text.startswith("luma"))
        print(f"| {sample.title} | " + " | ".join(cells.values()) + " |", flush=True)
    print(f"| films without a difference, of {len(SAMPLES)} | " + " | ".join(str(faultless[t]) for t in TOOLS) + " |")


if __name__ == "__main__":
    main()
