"""Fixtures: a small film with picture and sound, and weights of small networks with random values."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers import make_film

Networks = dict[str, tuple[Any, dict[str, Any]]]
"""Networks with their architecture arguments, by "stage model"."""


@pytest.fixture(scope="session", autouse=True)
def default_signals() -> Iterator[None]:
    """Let programs that tests start be interrupted: a background job of a shell, or of nohup, ignores these signals."""
    handlers = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}
    inherited = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    yield
    for number, handler in inherited.items():
        signal.signal(number, handler)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A film of two shots and 48 frames, with sound."""
    return make_film(tmp_path / "film.mp4", 48, cuts=(20,), sounds=1)


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory) -> dict[str, Path]:
    """Paths of random weights of narrow networks, by "stage model"."""
    import torch

    from reimagine import zoo
    from reimagine.stages.colorize.unet.net import ColorUNet

    torch.manual_seed(0)
    colour = ColorUNet(9, width=32).eval()
    colour.bins.copy_(torch.cartesian_prod(torch.arange(-40, 41, 40), torch.arange(-40, 41, 40)))
    torch.nn.init.normal_(colour.head.weight, std=1.0)
    networks: Networks = {"colorize unet": (colour, {"bins": 9, "width": 32})}
    networks |= _random_networks()
    networks |= _timbre_networks()
    networks |= _initialized_networks(colour)
    folder = tmp_path_factory.mktemp("weights")
    for title, (net, arch) in networks.items():
        zoo.save(folder / f"{title}.safetensors", net, arch)
    return {title: folder / f"{title}.safetensors" for title in networks}


def _random_networks() -> Networks:
    import torch

    from reimagine.stages.cartoon.cartoongan.net import LightGenerator
    from reimagine.stages.colorize.ddcolor.net import DDColor
    from reimagine.stages.colorize.deoldify.net import DeOldify
    from reimagine.stages.compose.melody.net import PhraseGenerator
    from reimagine.stages.continuation.recall.net import NextFrameNet
    from reimagine.stages.interpolate.rife.net import RIFE
    from reimagine.stages.stabilize.convlstm.net import ConsistencyNet
    from reimagine.stages.transcribe.onsets_frames.net import OnsetsFramesNet
    from reimagine.stages.upscale.edsr.net import EDSR

    stabilizer = ConsistencyNet(4, aligned=True)
    arch = {"widths": (4, 8, 8), "blocks": (1, 1)}
    painter = {"widths": (4, 4, 8, 8), "depths": (1, 1, 1, 1), "features": 8, "queries": 4}
    painter |= {"width": 8, "layers": 3, "hidden": 8}
    queries = DDColor(**painter).eval()
    torch.nn.init.normal_(queries.refine_net[0][0].weight, std=20.0)
    upscaler = EDSR(4, 1)
    torch.nn.init.normal_(upscaler.leave.weight, std=0.02)
    return {
        "interpolate rife": (RIFE((8, 8)), {"widths": (8, 8)}),
        "upscale edsr": (upscaler, {"width": 4, "blocks": 1}),
        "colorize ddcolor": (queries, painter),
        "colorize deoldify": (DeOldify("deep", 16).eval(), {"kind": "deep", "divide": 16}),
        "stabilize convlstm": (stabilizer, {"width": 4, "aligned": True}),
        "cartoon cartoongan": (LightGenerator(**arch), {"kind": "light", **arch}),
        "continue recall": (NextFrameNet((4, 8)), {"widths": (4, 8)}),
        "compose melody": (PhraseGenerator(4, 8), {"latent": 4, "width": 8}),
        "transcribe onsets-frames": (OnsetsFramesNet(4), {"width": 4}),
    }


def _timbre_networks() -> Networks:
    from reimagine.stages.timbre.gansynth.net import Generator
    from reimagine.stages.timbre.harmonic.net import Decoder

    classes = {
        "timbre harmonic": (Decoder, {"names": ["flute", "violin"], "latent": 4, "width": 8}),
        "timbre gansynth": (Generator, {"filters": [8] * 7}),
    }
    return {title: (cls(**arch), arch) for title, (cls, arch) in classes.items()}


def _initialized_networks(colour: Any) -> Networks:
    """Networks some of whose weights are not those of their constructor; `colour` is the network of `colorize unet`."""
    import torch

    from reimagine.stages.colorize.temporal.net import TemporalUNet
    from reimagine.stages.restore.unet_gan.net import RestoreNet

    temporal = TemporalUNet(9, width=32).eval()
    temporal.load_state_dict(colour.state_dict())
    restorer = RestoreNet((4, 8, 8, 8), (1, 1, 1, 1)).eval()
    torch.nn.init.normal_(restorer.leave.weight, std=0.02)
    return {
        "colorize temporal": (temporal, {"bins": 9, "width": 32}),
        "restore unet-gan": (restorer, {"widths": (4, 8, 8, 8), "blocks": (1, 1, 1, 1)}),
    }


@pytest.fixture(scope="session")
def tiny_colour(tiny_weights) -> Path:
    """Path of the random weights of `colorize unet`."""
    return tiny_weights["colorize unet"]
