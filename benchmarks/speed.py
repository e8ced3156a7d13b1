"""Speed and peak memory of `reimagine colorize`: `python benchmarks/speed.py`.

Compared, each in a process of its own, on the demo film (640x480) repeated to FRAMES frames:

- this program;
- the usual method with the same network: all frames are extracted to JPEG, colorized separately, written as JPEG and
  encoded; measured on SHORT frames and scaled up;
- transcoding without any processing, as a lower bound;
- DeOldify's method, measured on 4 and 12 frames and extrapolated by the difference.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
import cv2

import reimagine
from reimagine import zoo
from reimagine.media.video.frames import frame_from_image
from reimagine.stages.colorize.deoldify.net import DeOldify

DEMO = Path(__file__).parent.parent / "assets" / "demo.mp4"
"""The film that is repeated to the required length."""
FRAMES = 900
"""Frames of the test film: 37.5 s."""
SHORT = 300
"""Frames on which the usual method is measured."""
MEMORY_FRAMES = (300, 900, 3000)
"""Lengths in frames for which peak memory is measured; constant memory is expected."""


def add_stream(container: av.container.OutputContainer):
    """Add an H.264 stream of 640x480 at 24 fps."""
    stream = container.add_stream("libx264", rate=24, options={"crf": "18", "preset": "veryfast"})
    stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
    stream.codec_context.thread_count = 0
    return stream


def decode(path: Path):
    """The frames of a film."""
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        yield from container.decode(video=0)


def write_repeated(path: Path, frames: int) -> Path:
    """Write the demo film, repeated to a number of frames."""
    pictures = [f.to_ndarray(format="yuv420p") for f in decode(DEMO)]
    with av.open(str(path), "w") as container:
        stream = add_stream(container)
        for n in range(frames):
            frame = av.VideoFrame.from_ndarray(pictures[n % len(pictures)], "yuv420p")
            frame.pts = n
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def frame_by_frame(film: Path, folder: Path, process) -> None:
    """Extract all frames to JPEG, process each separately, write JPEG, and encode."""
    for n, frame in enumerate(decode(film)):
        cv2.imwrite(str(folder / f"in{n:05d}.jpg"), frame.to_ndarray(format="bgr24"))
    for path in sorted(folder.glob("in*.jpg")):
        image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        result = next(iter(process([frame_from_image(0, image)]))).image
        cv2.imwrite(str(folder / path.name.replace("in", "out")), cv2.cvtColor(result, cv2.COLOR_RGB2BGR))
    with av.open(str(folder / "film.mp4"), "w") as container:
        stream = add_stream(container)
        for path in sorted(folder.glob("out*.jpg")):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(cv2.imread(str(path)), "bgr24")))
        container.mux(stream.encode())


def usual_method(film: Path, folder: Path) -> None:
    """Colorize frame by frame with the default network."""
    frame_by_frame(film, folder, reimagine.model("colorize", "unet")().load("cpu"))


def deoldify_method(film: Path, folder: Path) -> None:
    """Colorize frame by frame with DeOldify's wide generator, render factor 21; random weights are equally fast."""
    weights = folder / "weights.safetensors"
    zoo.save(weights, DeOldify("wide"), {"kind": "wide"})
    frame_by_frame(film, folder, reimagine.model("colorize", "deoldify")(weights=str(weights)).load("cpu"))


def transcode(film: Path, folder: Path) -> None:
    """Decode and encode a film."""
    with av.open(str(folder / "film.mp4"), "w") as container:
        stream = add_stream(container)
        for frame in decode(film):
            frame.pict_type = 0
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def timed(words: list[str]) -> float:
    """Seconds that a Python process takes."""
    begun = time.monotonic()
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    return time.monotonic() - begun


def colorize(film: Path, into: Path, *options: str) -> list[str]:
    """Python's arguments for `reimagine colorize`."""
    return ["-m", "reimagine", "colorize", str(film), "--into", str(into), "-q", *options]


def method(name: str, film: Path, parent: Path) -> float:
    """Seconds that a function of this file takes in a process of its own."""
    folder = parent / f"{name}-{film.stem}"
    folder.mkdir()
    return timed([__file__, name, str(film), str(folder)])


def measure_speed(folder: Path, films: dict[int, Path]) -> None:
    """Print a table of seconds and frames per second."""
    film = films[FRAMES]
    rows = {
        "reimagine colorize": timed(colorize(film, folder / "default")),
        "reimagine colorize --every-frame": timed(colorize(film, folder / "every-frame", "--every-frame")),
        "usual method, same network": FRAMES / SHORT * method("usual_method", films[SHORT], folder),
        "transcode": method("transcode", film, folder),
    }
    few, more = (method("deoldify_method", films[n], folder) for n in (4, 12))
    rows["DeOldify's method"] = few + (more - few) / 8 * (FRAMES - 4)
    own = rows["reimagine colorize"]
    print(f"| {FRAMES} frames of 640x480, including start-up | seconds | frames/s | time relative to reimagine |")
    print("|---|---|---|---|")
    for title, seconds in rows.items():
        print(f"| {title} | {seconds:.1f} | {FRAMES / seconds:.2f} | {seconds / own:.2f} |")


def measure_memory(folder: Path, films: dict[int, Path]) -> None:
    """Print a table of seconds and peak memory for films of several lengths."""
    print("\n| frames | seconds | peak RSS, MB |\n|---|---|---|")
    for frames in MEMORY_FRAMES:
        path = films.get(frames) or write_repeated(folder / f"{frames}.mp4", frames)
        seconds = timed(colorize(path, folder / f"memory{frames}"))
        report = json.loads((folder / f"memory{frames}" / "report.json").read_text())
        print(f"| {frames} | {seconds:.1f} | {report['peak_rss_mb']:.0f} |", flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        films = {n: write_repeated(folder / f"{n}.mp4", n) for n in (4, 12, SHORT, FRAMES)}
        measure_speed(folder, films)
        measure_memory(folder, films)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        globals()[sys.argv[1]](*map(Path, sys.argv[2:]))
    else:
        main()
