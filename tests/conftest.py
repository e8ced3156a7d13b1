"""Fixtures: a small film with picture and sound, and tiny networks with random weights."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import make_film


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
    from reimagine.stages.compose.melody.net import PhraseGenerator
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
    made = {
        "colorize unet": (colour, {"bins": 9, "width": 32}),
        "colorize deoldify": (DeOldify("deep", 16).eval(), {"kind": "deep", "divide": 16}),
        "stabilize convlstm": (steady, {"width": 4, "aligned": True}),
        "cartoon cartoongan": (LightGenerator(**look), {"kind": "light", **look}),
        "continue recall": (NextFrameNet((4, 8)), {"widths": (4, 8)}),
        "compose melody": (PhraseGenerator(4, 8), {"latent": 4, "width": 8}),
    }
    timbres = {
        "timbre harmonic": (Decoder, {"names": ["flute", "violin"], "latent": 4, "width": 8}),
        "timbre gansynth": (Generator, {"filters": [8] * 7}),
    }
    made |= {title: (build(**arch), arch) for title, (build, arch) in timbres.items()}
    temporal = TemporalUNet(9, width=32).eval()
    temporal.load_state_dict(colour.state_dict())
    cleaner = RestoreNet((4, 8, 8, 8), (1, 1, 1, 1)).eval()
    torch.nn.init.normal_(cleaner.leave.weight, std=0.02)
    made |= {
        "colorize temporal": (temporal, {"bins": 9, "width": 32}),
        "restore unet-gan": (cleaner, {"widths": (4, 8, 8, 8), "blocks": (1, 1, 1, 1)}),
    }
    folder = tmp_path_factory.mktemp("weights")
    for title, (net, arch) in made.items():
        zoo.save(folder / f"{title}.safetensors", net, arch)
    return {title: folder / f"{title}.safetensors" for title in made}


@pytest.fixture(scope="session")
def tiny_colour(tiny_weights) -> Path:
    return tiny_weights["colorize unet"]
