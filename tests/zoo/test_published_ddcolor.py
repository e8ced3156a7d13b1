"""DDColor's published checkpoints: files in their naming are read completely, and give the published output."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from ddcolor_files import BasicSRState, ddcolor
from helpers import make_film, run_cli

import reimagine
from reimagine import zoo
from reimagine.errors import WeightsError
from reimagine.zoo import published

LARGE = {"widths": (192, 384, 768, 1536), "depths": (3, 3, 27, 3)}
TINY = {"widths": (96, 192, 384, 768), "depths": (3, 3, 9, 3)}
SMALL = {"widths": (8, 12, 16, 24), "depths": (1, 2, 1, 1), "features": 32, "queries": 6, "width": 16, "layers": 4}
SMALL |= {"hidden": 20}
FILE_BYTES = 911_950_059
"""Size of the large published file: its tensors, and about 300 kB of names, offsets and alignment."""


class Reference:
    """A second implementation of the published network, on the tensors of its file."""

    def __init__(self, state: dict) -> None:
        self.state = {k: v.double() for k, v in state.items()}

    def weight(self, name: str) -> torch.Tensor:
        if name + ".weight" in self.state:
            return self.state[name + ".weight"]
        weight, u, v = (self.state[f"{name}.weight_{part}"] for part in ("orig", "u", "v"))
        return weight / torch.dot(u, weight.flatten(1).mv(v))

    def conv(self, x, name: str, **options):
        return F.conv2d(x, self.weight(name), self.state.get(name + ".bias"), **options)

    def linear(self, x, name: str):
        return x @ self.state[name + ".weight"].T + self.state[name + ".bias"]

    def channel_norm(self, x, name: str, eps: float = 1e-6, dim: int = 1):
        normal = (x - x.mean(dim, keepdim=True)) / torch.sqrt(x.var(dim, unbiased=False, keepdim=True) + eps)
        shape = [-1 if axis == dim % x.ndim else 1 for axis in range(x.ndim)]
        return normal * self.state[name + ".weight"].view(shape) + self.state[name + ".bias"].view(shape)

    def batch_norm(self, x, name: str):
        parts = (self.state[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
        return F.batch_norm(x, *parts, eps=1e-5)

    def shuffle(self, x, scale: int):
        x = F.pad(F.pixel_shuffle(x.relu(), scale), (1, 0, 1, 0), mode="replicate")
        return (x[..., 1:, 1:] + x[..., :-1, 1:] + x[..., 1:, :-1] + x[..., :-1, :-1]) / 4

    def attention(self, query, key, value, name: str):
        """Attention of 8 heads on (tokens, width)."""
        matrices, biases = self.state[name + ".in_proj_weight"].chunk(3), self.state[name + ".in_proj_bias"].chunk(3)
        q, k, v = (x @ m.T + b for x, m, b in zip((query, key, value), matrices, biases, strict=True))
        size = q.shape[1] // 8
        heads = []
        for head in range(8):
            part = slice(head * size, head * size + size)
            heads.append(torch.softmax(q[:, part] @ k[:, part].T / size**0.5, 1) @ v[:, part])
        return self.linear(torch.cat(heads, 1), name + ".out_proj")

    def encoder(self, x):
        features, stage = [], 0
        while (arch := "encoder.arch.") + f"norm{stage}.weight" in self.state:
            down = f"{arch}downsample_layers.{stage}"
            if stage:
                x = self.conv(self.channel_norm(x, down + ".0"), down + ".1", stride=2)
            else:
                x = self.channel_norm(self.conv(x, down + ".0", stride=4), down + ".1")
            block = 0
            while (name := f"{arch}stages.{stage}.{block}") + ".gamma" in self.state:
                y = self.conv(x, name + ".dwconv", padding=3, groups=x.shape[1])
                y = self.channel_norm(y, name + ".norm").movedim(1, -1)
                y = self.linear(F.gelu(self.linear(y, name + ".pwconv1")), name + ".pwconv2")
                x, block = x + (y * self.state[name + ".gamma"]).movedim(-1, 1), block + 1
            features.append(self.channel_norm(x, f"{arch}norm{stage}"))
            stage += 1
        return features

    def positions(self, height: int, width: int, channels: int):
        code = torch.zeros(height, width, channels, dtype=torch.float64)
        half = channels // 2
        for k in range(half):
            wave = math.sin if k % 2 == 0 else math.cos
            length = 10000 ** (2 * (k // 2) / half)
            for row in range(height):
                code[row, :, k] = wave((row + 1) / (height + 1e-6) * 2 * math.pi / length)
            for column in range(width):
                code[:, column, half + k] = wave((column + 1) / (width + 1e-6) * 2 * math.pi / length)
        return code.reshape(-1, channels)

    def queries(self, scales):
        name = "decoder.color_decoder."
        x, places = (self.state[f"{name}{table}.weight"] for table in ("query_feat", "query_embed"))
        layer = 0
        while (feed := f"{name}transformer_ffn_layers.{layer}") + ".norm.weight" in self.state:
            scale = layer % 3
            projected = self.conv(scales[scale], f"{name}input_proj.{scale}")[0]
            source = projected.flatten(1).T + self.state[name + "level_embed.weight"][scale]
            keys = source + self.positions(*projected.shape[1:], len(projected))
            cross, own = (f"{name}transformer_{kind}_attention_layers.{layer}" for kind in ("cross", "self"))
            mixed = self.attention(x + places, keys, source, cross + ".multihead_attn")
            x = self.channel_norm(x + mixed, cross + ".norm", 1e-5)
            mixed = self.attention(x + places, x + places, x, own + ".self_attn")
            x = self.channel_norm(x + mixed, own + ".norm", 1e-5)
            mixed = self.linear(self.linear(x, feed + ".linear1").relu(), feed + ".linear2")
            x, layer = self.channel_norm(x + mixed, feed + ".norm", 1e-5), layer + 1
        x = self.channel_norm(x, name + "decoder_norm", 1e-5)
        for number in range(3):
            x = self.linear(x if number == 0 else x.relu(), f"{name}color_embed.layers.{number}")
        return x

    def __call__(self, luma: np.ndarray) -> np.ndarray:
        """Luma (s, s) in 0..1 -> ab (s, s, 2)."""
        x = torch.from_numpy(luma).double().expand(1, 3, -1, -1)
        mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
        x = (x - mean.view(3, 1, 1)) / std.view(3, 1, 1)
        *skips, above = self.encoder(x)
        scales = []
        for number, skip in enumerate(reversed(skips)):
            name = f"decoder.layers.{number}"
            up = self.shuffle(self.batch_norm(self.conv(above, name + ".shuf.conv.0"), name + ".shuf.conv.1"), 2)
            joint = torch.cat([up, self.batch_norm(skip, name + ".bn")], 1).relu()
            above = self.batch_norm(self.conv(joint, name + ".conv.0", padding=1).relu(), name + ".conv.2")
            scales.append(above)
        features = self.shuffle(self.conv(above, "decoder.last_shuf.conv.0"), 4)
        channels = torch.einsum("qc,nchw->nqhw", self.queries(scales), features)
        return self.conv(torch.cat([channels, x], 1), "refine_net.0.0")[0].movedim(0, -1).numpy()


@pytest.mark.parametrize(("sizes", "values"), [(LARGE, 227_881_753), (TINY, 55_019_257)])
def test_all_tensors_of_ddcolor_fit_the_network(sizes, values):
    """Names and shapes are those of the network, which takes its arguments from the tensors."""
    from reimagine.stages.colorize.ddcolor.net import DDColor

    with torch.device("meta"):
        arch, state = DDColor.published(ddcolor(**sizes))
        expected = {k: v.shape for k, v in DDColor(**arch).state_dict().items()}
        assert {k: v.shape for k, v in published.folded(state).items()} == expected
    assert sum(math.prod(shape) for shape in expected.values()) == values


def test_the_large_file_has_the_size_of_the_published_one():
    with torch.device("meta"):
        size = sum(tensor.numel() * tensor.element_size() for tensor in ddcolor(**LARGE).values())
    assert 100_000 < FILE_BYTES - size < 400_000


@pytest.fixture
def small(tmp_path, monkeypatch) -> tuple[Path, BasicSRState]:
    """A small file in the published naming, and its tensors."""
    monkeypatch.setenv("REIMAGINE_HOME", str(tmp_path / "home"))
    torch.manual_seed(1)
    state = ddcolor(**SMALL)
    torch.save({"params": dict(state)}, tmp_path / "ddcolor_modelscope.pth")
    return tmp_path / "ddcolor_modelscope.pth", state


@pytest.mark.parametrize("side", [64, 96])
def test_ddcolor_gives_the_output_of_the_published_network(small, side):
    """The converted weights in the program against the second implementation on the published tensors."""
    from reimagine.stages.colorize.ddcolor.net import DDColor

    file, state = small
    path, _ = published.add("ddcolor", file, unchecked=True)
    luma = np.random.default_rng(0).random((side, side), np.float32)
    with torch.inference_mode():
        output = zoo.load(str(path), DDColor, "cpu").predict_ab(torch.from_numpy(luma)[None, None])[0]
        target = Reference(state)(luma)
    assert output.shape == (2, side, side) and target.std() > 0.05
    error = np.abs(output.movedim(0, -1).numpy() - target)
    assert error.max() < 0.01 * np.abs(target).max()  # the weights are stored as float16


def test_ddcolor_is_added_and_colorizes_a_film(small, tmp_path):
    file, state = small
    state["refine_net.0.0.bias"] = torch.tensor([20.0, 30.0])  # colours that an 8-bit film shows
    torch.save({"params": dict(state)}, file)
    with pytest.raises(WeightsError, match=r"not ddcolor_modelscope.pth .*--unchecked"):
        published.add("ddcolor", file)
    code, output, error = run_cli("models", "add", "ddcolor", "--file", file, "--unchecked")
    assert code == 0 and f"{len(state) - 4} tensors read" in error
    assert zoo.find("ddcolor").path == Path(output.strip()) and "Apache-2.0" in zoo.find("ddcolor").facts["licence"]
    film = make_film(tmp_path / "film.mp4", 6)
    done = reimagine.run(film, [reimagine.model("colorize", "ddcolor")(size=64)], tmp_path / "run")
    assert done.report["frames"] == 6 and done.report["colourfulness"]["after"] > 1


@pytest.mark.parametrize("damage", ["missing", "unexpected", "shape", "empty"])
def test_other_tensors_are_refused_with_a_one_line_error(small, damage):
    file, state = small
    if damage == "missing":
        del state["decoder.color_decoder.decoder_norm.bias"]
    elif damage == "unexpected":
        state["encoder.arch.head_cls.weight"] = torch.zeros(4, 24)
    elif damage == "shape":
        state["refine_net.0.0.bias"] = torch.zeros(3)
    torch.save({"params": {} if damage == "empty" else dict(state)}, file)
    with pytest.raises(WeightsError, match="not weights of DDColor") as caught:
        published.add("ddcolor", file, unchecked=True)
    assert "\n" not in str(caught.value)


def test_the_error_for_weights_not_installed_says_how_to_add_them(tmp_path, monkeypatch):
    monkeypatch.setenv("REIMAGINE_HOME", str(tmp_path))
    with pytest.raises(WeightsError, match=r"models add ddcolor --file ddcolor_modelscope\.pth"):
        zoo.find("ddcolor")
