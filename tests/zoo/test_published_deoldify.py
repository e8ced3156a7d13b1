"""DeOldify's published checkpoints: files in their naming, with random values, are read completely."""

from __future__ import annotations

import collections
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import make_film

import reimagine
from reimagine import zoo
from reimagine.errors import WeightsError
from reimagine.zoo import published

RESNET = {"wide": ((3, 4, 23, 3), True), "deep": ((3, 4, 6, 3), False)}
"""Blocks of each group of the encoder, and whether they are bottleneck blocks."""
TENSORS = {"wide": 754, "deep": 378}
"""Tensors in the published files."""
BYTES = {"wide": 873_920_916, "deep": 255_070_532}
"""Bytes of these tensors."""

UP = {  # decoder levels as the checkpoints list them: shuffle convolution, batch norm of the skip, convolutions
    "wide": {
        4: ((2048, 2048), 1024, {"conv": (512, 1536)}),
        5: ((2048, 512), 512, {"conv": (512, 1024)}),
        6: ((2048, 512), 256, {"conv": (512, 768)}),
        7: ((1024, 512), 64, {"conv": (256, 320)}),
    },
    "deep": {
        4: ((1024, 512), 256, {"conv1": (768, 512), "conv2": (768, 768)}),
        5: ((1536, 768), 128, {"conv1": (768, 512), "conv2": (768, 768)}),
        6: ((1536, 768), 64, {"conv1": (672, 448), "conv2": (672, 672)}),
        7: ((1344, 672), 64, {"conv1": (300, 400), "conv2": (300, 300)}),
    },
}


class FastaiState(dict):
    """A state dict in fastai v1's naming, with small random values."""

    def conv(self, name, *shape):
        self[name + ".weight"] = torch.randn(shape) / max(1, np.prod(shape[1:])) ** 0.5

    def norm(self, name, width):
        self |= {
            name + ".weight": torch.rand(width) + 0.5,
            name + ".bias": torch.randn(width) * 0.1,
            name + ".running_mean": torch.randn(width) * 0.1,
            name + ".running_var": torch.rand(width) + 0.5,
            name + ".num_batches_tracked": torch.tensor(7),
        }

    def spectral(self, name, *shape):
        self.conv(name, *shape)
        weight = self.pop(name + ".weight")
        self |= {
            name + ".weight_orig": weight,
            name + ".weight_u": torch.randn(shape[0]),
            name + ".weight_v": torch.randn(int(np.prod(shape[1:]))),
        }

    def encoder(self, depths, bottleneck):
        self.conv("layers.0.0", 64, 3, 7, 7)
        self.norm("layers.0.1", 64)
        inputs = 64
        for group, depth in enumerate(depths):
            width = 64 << group
            outputs = width * (4 if bottleneck else 1)
            for block in range(depth):
                name = f"layers.0.{group + 4}.{block}"
                shapes = [(width, inputs, 3), (width, width, 3)]
                if bottleneck:
                    shapes = [(width, inputs, 1), (width, width, 3), (outputs, width, 1)]
                for n, (out, into, side) in enumerate(shapes, 1):
                    self.conv(f"{name}.conv{n}", out, into, side, side)
                    self.norm(f"{name}.bn{n}", out)
                if not block and (bottleneck or group):
                    self.conv(f"{name}.downsample.0", outputs, inputs, 1, 1)
                    self.norm(f"{name}.downsample.1", outputs)
                inputs = outputs
        return inputs


def deoldify(kind: str) -> FastaiState:
    """The state dict of a published generator."""
    state = FastaiState()
    bottom = state.encoder(*RESNET[kind])
    state.norm("layers.1", bottom)
    for name, out, into in (("layers.3.0", 2 * bottom, bottom), ("layers.3.1", bottom, 2 * bottom)):
        state.spectral(name + ".0", out, into, 3, 3)
        state.norm(name + ".2", out)
    for number, level in UP[kind].items():
        add_level(state, f"layers.{number}", level, attention=number == 5)
    end = list(UP[kind][7][2].values())[-1][0]
    state |= {
        "layers.8.conv.0.bias": torch.zeros(4 * end),
        "layers.8.conv.0.weight_g": torch.rand(4 * end, 1, 1, 1),
        "layers.8.conv.0.weight_v": torch.randn(4 * end, end, 1, 1),
    }
    for name, out, side in (("10.layers.0.0", end + 3, 3), ("10.layers.1.0", end + 3, 3), ("11.0", 3, 1)):
        state[f"layers.{name}.bias"] = torch.zeros(out)
        state.spectral(f"layers.{name}", out, end + 3, side, side)
    return state


def add_level(state: FastaiState, name: str, level, attention: bool) -> None:
    """Add one level of the decoder, with self-attention after its last convolution if requested."""
    shuffle, skip, convs = level
    state.spectral(name + ".shuf.conv.0", *shuffle, 1, 1)
    state.norm(name + ".shuf.conv.1", shuffle[0])
    state.norm(name + ".bn", skip)
    for conv, shape in convs.items():
        state.spectral(f"{name}.{conv}.0", *shape, 3, 3)
        state.norm(f"{name}.{conv}.2", shape[0])
    if attention:
        last, (width, _) = list(convs.items())[-1]
        state[f"{name}.{last}.3.gamma"] = torch.randn(1)
        for projection, out in (("query", width // 8), ("key", width // 8), ("value", width)):
            state.spectral(f"{name}.{last}.3.{projection}", out, width, 1)


def write(path: Path, state: dict) -> Path:
    """Save as fastai did: in PyTorch's old format, with a slice of the optimizer beside the model."""
    whole = {"model": collections.OrderedDict(state), "opt": {"lr": slice(1e-7, 1e-4)}}
    torch.save(whole, path, _use_new_zipfile_serialization=False)
    return path


@pytest.mark.parametrize("kind", ["wide", "deep"])
def test_all_tensors_of_deoldify_fit_the_network(kind):
    """Names and shapes are those of the network, and the totals those of the published files."""
    from reimagine.stages.colorize.deoldify.net import DeOldify

    state = deoldify(kind)
    assert len(state) == TENSORS[kind]
    assert sum(t.numel() * t.element_size() for t in state.values()) == BYTES[kind]
    with torch.device("meta"):
        expected = {k: v.shape for k, v in DeOldify(kind).state_dict().items()}
    assert {k: v.shape for k, v in published.folded(state).items()} == expected


def test_deoldify_artistic_is_added_and_colorizes_a_film(tmp_path, monkeypatch):
    """The file of 255 MB is written, checked, converted and used."""
    monkeypatch.setenv("REIMAGINE_HOME", str(tmp_path / "home"))
    torch.manual_seed(0)
    file = write(tmp_path / "ColorizeArtistic_gen.pth", deoldify("deep"))
    with pytest.raises(WeightsError, match=r"not ColorizeArtistic_gen.pth .*--unchecked"):
        published.add("deoldify-artistic", file)
    path, tensors = published.add("deoldify-artistic", file, unchecked=True)
    file.unlink()
    assert tensors == 378 and zoo.find("deoldify-artistic").path == path
    model = reimagine.model("colorize", "deoldify")(render_factor=5, weights="deoldify-artistic")
    film = make_film(tmp_path / "film.mp4", 6)
    done = reimagine.run(film, [model], tmp_path / "run")
    assert done.report["colourfulness"]["after"] > 1 and done.report["frames"] == 6
