"""How fast is `reimagine colorize`, and does memory grow? `python benchmarks/speed.py` prints both.

In one run, each as a process of its own, on the demo film (640x480) repeated to LONG frames: this
program; the usual method with the same network (every frame to a JPEG, each coloured by itself,
JPEG again, then encoded; timed on 300 frames, scaled up); a plain transcode, which nothing can beat;
and DeOldify's method (timed on 4 and 12 frames, the rest by the slope between them).
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
from reimagine.media.frames import frame_from_image
from reimagine.stages.colorize.deoldify.net import DeOldify

DEMO = Path(__file__).parent.parent / "assets" / "demo.mp4"
LONG = 900


def encoder(box: av.container.OutputContainer):
    stream = box.add_stream("libx264", rate=24, options={"crf": "18", "preset": "veryfast"})
    stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
    stream.codec_context.thread_count = 0
    return stream


def decoded(path: Path):
    with av.open(str(path)) as box:
        box.streams.video[0].thread_type = "AUTO"
        yield from box.decode(video=0)


def longer(path: Path, frames: int) -> Path:
    """The demo film over and over."""
    pictures = [f.to_ndarray(format="yuv420p") for f in decoded(DEMO)]
    with av.open(str(path), "w") as box:
        stream = encoder(box)
        for n in range(frames):
            frame = av.VideoFrame.from_ndarray(pictures[n % len(pictures)], "yuv420p")
            frame.pts = n
            box.mux(stream.encode(frame))
        box.mux(stream.encode())
    return path


def frame_by_frame(film: Path, folder: Path, work) -> None:
    """Extract, colour one by one, write, encode: what the notebooks do."""
    for n, frame in enumerate(decoded(film)):
        cv2.imwrite(str(folder / f"in{n:05d}.jpg"), frame.to_ndarray(format="bgr24"))
    for path in sorted(folder.glob("in*.jpg")):
        image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        made = next(iter(work([frame_from_image(0, image)]))).image
        cv2.imwrite(str(folder / path.name.replace("in", "out")), cv2.cvtColor(made, cv2.COLOR_RGB2BGR))
    with av.open(str(folder / "film.mp4"), "w") as box:
        stream = encoder(box)
        for path in sorted(folder.glob("out*.jpg")):
            box.mux(stream.encode(av.VideoFrame.from_ndarray(cv2.imread(str(path)), "bgr24")))
        box.mux(stream.encode())


def usual_method(film: Path, folder: Path) -> None:
    frame_by_frame(film, folder, reimagine.model("colorize", "unet")().load("cpu"))


def deoldify_method(film: Path, folder: Path) -> None:
    """Its wide generator (random weights take as long as the published ones) at render factor 21."""
    weights = folder / "weights.safetensors"
    zoo.save(weights, DeOldify("wide"), {"kind": "wide"})
    frame_by_frame(film, folder, reimagine.model("colorize", "deoldify")(weights=str(weights)).load("cpu"))


def transcode(film: Path, folder: Path) -> None:
    with av.open(str(folder / "film.mp4"), "w") as box:
        stream = encoder(box)
        for frame in decoded(film):
            frame.pict_type = 0
            box.mux(stream.encode(frame))
        box.mux(stream.encode())


def timed(words: list[str]) -> float:
    begun = time.monotonic()
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    return time.monotonic() - begun


def colorize(film: Path, into: Path, *more: str) -> list[str]:
    return ["-m", "reimagine.cli", "colorize", str(film), "--into", str(into), "-q", *more]


def method(name: str, film: Path, home: Path) -> float:
    folder = home / f"{name}-{film.stem}"
    folder.mkdir()
    return timed([__file__, name, str(film), str(folder)])


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        films = {n: longer(home / f"{n}.mp4", n) for n in (4, 12, 300, LONG)}
        film = films[LONG]
        rows = {
            "reimagine colorize": timed(colorize(film, home / "ours")),
            "reimagine colorize --every-frame": timed(colorize(film, home / "every", "--every-frame")),
            "usual method, our network": LONG / 300 * method("usual_method", films[300], home),
            "transcode": method("transcode", film, home),
        }
        few, more = (method("deoldify_method", films[n], home) for n in (4, 12))
        rows["DeOldify's method"] = few + (more - few) / 8 * (LONG - 4)
        ours = rows["reimagine colorize"]
        print(f"| {LONG} frames of 640x480, from a cold start | seconds | frames/s | time, ours = 1 |")
        print("|---|---|---|---|")
        for title, seconds in rows.items():
            print(f"| {title} | {seconds:.1f} | {LONG / seconds:.2f} | {seconds / ours:.2f} |")
        print("\n| frames | seconds | peak RSS, MB |\n|---|---|---|")
        for frames in (300, LONG, 3000):
            path = films.get(frames) or longer(home / f"{frames}.mp4", frames)
            seconds = timed(colorize(path, home / f"memory{frames}"))
            told = json.loads((home / f"memory{frames}" / "report.json").read_text())
            print(f"| {frames} | {seconds:.1f} | {told['peak_rss_mb']:.0f} |", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        globals()[sys.argv[1]](*map(Path, sys.argv[2:]))
    else:
        main()
