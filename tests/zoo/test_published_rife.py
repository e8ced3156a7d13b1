"""RIFE's published file: one in its naming, with random values, is read without the networks that are not used."""

from __future__ import annotations

import torch
from helpers import panning_shot

import reimagine
from reimagine.stages.interpolate.rife.net import RIFE, warp
from reimagine.zoo import published


def test_a_file_in_the_published_naming_is_read_and_interpolates(tmp_path, monkeypatch):
    monkeypatch.setenv("REIMAGINE_HOME", str(tmp_path / "home"))
    torch.manual_seed(0)
    net = RIFE((16, 8, 8, 8))
    state = {f"module.{name}": value for name, value in net.state_dict().items()}
    others = {"module.block_tea.conv0.0.0.weight": torch.zeros(4), "module.unet.down0.conv1.0.weight": torch.zeros(4)}
    torch.save(state | others, tmp_path / "flownet.pkl")
    path, count = published.add("rife", tmp_path / "flownet.pkl", unchecked=True)
    assert count == len(state) and path.name == "rife.safetensors"
    frames = panning_shot(2, 96, 64)
    [between] = reimagine.model("interpolate", "rife")().load("cpu")(*frames, [0.5])
    assert between.image.shape == (64, 96, 3) and between.grey.std() > 5


def test_warping_samples_where_the_flow_points():
    image = torch.arange(40.0).reshape(1, 1, 5, 8)
    flow = torch.tensor([2.0, 1.0]).reshape(1, 2, 1, 1).expand(1, 2, 5, 8)
    assert torch.allclose(warp(image, flow)[0, 0, :4, :6], image[0, 0, 1:, 2:], atol=1e-4)
