"""Films and weights made for the tests: small, and with something to see and hear in them."""
from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest


def picture(n: int, w: int, h: int, scene: int) -> np.ndarray:
    """A moving, textured scene, (h, w, 3) uint8; another `scene` looks quite different."""
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    tone = 128 + 60 * np.sin((x + 2 * n) / (7 + 5 * scene)) * np.cos(y / (5 + 9 * scene))
    tone = tone * (0.4 + 0.25 * scene) + 40 * scene
    return np.clip(np.dstack([tone, tone * 0.9 + 10, tone * 0.8 + 20]), 0, 255).astype(np.uint8)


def make_film(path: Path, frames: int = 24, rate: Fraction = Fraction(24), size=(96, 64), cuts=(),
              sounds: int = 0, pixel: str = "yuv420p", times: list[int] | None = None,
              codec: str = "libx264", **stream_options) -> Path:  # fmt: skip
    """A film of `frames` frames; `times` are milliseconds of a variable rate."""
    with av.open(str(path), "w") as box:
        stream = box.add_stream(codec, rate=rate, options={"g": "12"})
        stream.width, stream.height, stream.pix_fmt = *size, pixel
        tick = Fraction(1, 1000) if times else 1 / rate
        stream.codec_context.time_base = tick
        for name, value in stream_options.items():
            setattr(stream.codec_context, name, value)
        tracks = []
        for n in range(sounds):
            track = box.add_stream("aac", rate=44100)
            track.layout = "mono"
            tracks.append((track, 440 * (n + 1)))
        seconds = (times[-1] / 1000 if times else frames / rate) + 1 / rate
        for track, hertz in tracks:
            _sing(box, track, hertz, float(seconds))
        for n in range(frames):
            image = av.VideoFrame.from_ndarray(picture(n, *size, sum(n >= c for c in cuts)), "rgb24")
            image.pts, image.time_base = (times[n] if times else n), tick
            box.mux(stream.encode(image))
        box.mux(stream.encode())
    return path


def _sing(box, track, hertz: float, seconds: float) -> None:
    """Half-second notes: the tone, its fifth, its octave."""
    length = int(seconds * 44100) // 1024 * 1024
    time = np.arange(length) / 44100
    pitch = hertz * np.array([1, 1.5, 2])[(time * 2).astype(int) % 3]
    wave = 0.4 * np.sin(2 * math.pi * np.cumsum(pitch) / 44100).astype(np.float32)
    for start in range(0, length, 1024):
        block = av.AudioFrame.from_ndarray(wave[None, start : start + 1024], "fltp", "mono")
        block.rate, block.pts, block.time_base = 44100, start, Fraction(1, 44100)
        box.mux(track.encode(block))
    box.mux(track.encode())


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Two shots, 48 frames, with a tune."""
    return make_film(tmp_path / "film.mp4", 48, cuts=(20,), sounds=1)


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory) -> dict[str, Path]:
    """Random weights of narrow networks, by "stage model"."""
    import torch

    from reimagine import zoo
    from reimagine.stages.cartoon.cartoongan.net import LightGenerator
    from reimagine.stages.colorize.deoldify.net import DeOldify
    from reimagine.stages.colorize.temporal.net import TemporalUNet
    from reimagine.stages.colorize.unet.net import ColorUNet
    from reimagine.stages.compose.melody.net import Composer
    from reimagine.stages.continuation.recall.net import NextFrameNet
    from reimagine.stages.restore.unet_gan.net import RestoreNet
    from reimagine.stages.stabilize.convlstm.net import ConsistencyNet
    from reimagine.stages.timbre.gansynth.net import Generator
    from reimagine.stages.timbre.harmonic.net import Decoder

    torch.manual_seed(0)
    colour = ColorUNet(9, width=32).eval()
    colour.bins.copy_(torch.cartesian_prod(torch.arange(-40, 41, 40), torch.arange(-40, 41, 40)))
    torch.nn.init.normal_(colour.head.weight, std=1.0)
    steady = ConsistencyNet(4, aligned=True)
    look = {"widths": (4, 8, 8), "blocks": (1, 1)}
    made = {"colorize unet": (colour, {"bins": 9, "width": 32}),
            "colorize deoldify": (DeOldify("deep", 16).eval(), {"kind": "deep", "divide": 16}),
            "stabilize convlstm": (steady, {"width": 4, "aligned": True}),
            "cartoon cartoongan": (LightGenerator(**look), {"kind": "light", **look}),
            "continue recall": (NextFrameNet((4, 8)), {"widths": (4, 8)}),
            "compose melody": (Composer(4, 8), {"latent": 4, "width": 8})}  # fmt: skip
    timbres = {"timbre harmonic": (Decoder, {"names": ["flute", "violin"], "latent": 4, "width": 8}),
               "timbre gansynth": (Generator, {"filters": [8] * 7})}  # fmt: skip
    made |= {title: (build(**arch), arch) for title, (build, arch) in timbres.items()}
    temporal = TemporalUNet(9, width=32).eval()
    temporal.load_state_dict(colour.state_dict())
    cleaner = RestoreNet((4, 8, 8, 8), (1, 1, 1, 1)).eval()
    torch.nn.init.normal_(cleaner.leave.weight, std=0.02)
    made |= {"colorize temporal": (temporal, {"bins": 9, "width": 32}),
             "restore unet-gan": (cleaner, {"widths": (4, 8, 8, 8), "blocks": (1, 1, 1, 1)})}  # fmt: skip
    folder = tmp_path_factory.mktemp("weights")
    for title, (net, arch) in made.items():
        zoo.save(folder / f"{title}.safetensors", net, arch)
    return {title: folder / f"{title}.safetensors" for title in made}


@pytest.fixture(scope="session")
def tiny_colour(tiny_weights) -> Path:
    return tiny_weights["colorize unet"]


def frames_of(path: Path) -> list[np.ndarray]:
    """Every decoded frame's planes, for comparing films frame for frame."""
    with av.open(str(path)) as box:
        return [f.to_ndarray(format="yuv420p") for f in box.decode(video=0)]


def times_of(path: Path) -> list[Fraction]:
    """Seconds at which every frame is shown, from the first."""
    with av.open(str(path)) as box:
        times = sorted(f.pts * f.time_base for f in box.decode(video=0))
    return [t - times[0] for t in times]


def packets_of(path: Path, kind: str, number: int = 0) -> list[bytes]:
    """The bytes of a stream's packets."""
    with av.open(str(path)) as box:
        stream = getattr(box.streams, kind)[number]
        return [bytes(p) for p in box.demux(stream) if p.size]
