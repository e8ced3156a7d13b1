"""Published checkpoints, written here in their own naming with random values, are read whole."""

from __future__ import annotations

import collections
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from helpers import make_film

import reimagine
from reimagine import zoo
from reimagine.errors import WeightsError
from reimagine.zoo import published

RESNET = {"wide": ((3, 4, 23, 3), True), "deep": ((3, 4, 6, 3), False)}
TENSORS = {"wide": 754, "deep": 378}
BYTES = {"wide": 873_920_916, "deep": 255_070_532}

UP = {  # as the checkpoints list them: shuffle, batch norm of the skip, convolutions
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


class Published(dict):
    """A state dict in fastai v1's naming, filled with small random numbers."""

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
                at = f"layers.0.{group + 4}.{block}"
                shapes = [(width, inputs, 3), (width, width, 3)]
                if bottleneck:
                    shapes = [(width, inputs, 1), (width, width, 3), (outputs, width, 1)]
                for n, (out, into, side) in enumerate(shapes, 1):
                    self.conv(f"{at}.conv{n}", out, into, side, side)
                    self.norm(f"{at}.bn{n}", out)
                if not block and (bottleneck or group):
                    self.conv(f"{at}.downsample.0", outputs, inputs, 1, 1)
                    self.norm(f"{at}.downsample.1", outputs)
                inputs = outputs
        return inputs


def deoldify(kind: str) -> Published:
    state = Published()
    bottom = state.encoder(*RESNET[kind])
    state.norm("layers.1", bottom)
    for name, out, into in (("layers.3.0", 2 * bottom, bottom), ("layers.3.1", bottom, 2 * bottom)):
        state.spectral(name + ".0", out, into, 3, 3)
        state.norm(name + ".2", out)
    for number, (shuffle, skip, convs) in UP[kind].items():
        at = f"layers.{number}"
        state.spectral(at + ".shuf.conv.0", *shuffle, 1, 1)
        state.norm(at + ".shuf.conv.1", shuffle[0])
        state.norm(at + ".bn", skip)
        for name, shape in convs.items():
            state.spectral(f"{at}.{name}.0", *shape, 3, 3)
            state.norm(f"{at}.{name}.2", shape[0])
        if number == 5:
            last, width = list(convs)[-1], convs[list(convs)[-1]][0]
            state[f"{at}.{last}.3.gamma"] = torch.randn(1)
            for name, out in (("query", width // 8), ("key", width // 8), ("value", width)):
                state.spectral(f"{at}.{last}.3.{name}", out, width, 1)
    end = UP[kind][7][2][list(UP[kind][7][2])[-1]][0]
    state |= {
        "layers.8.conv.0.bias": torch.zeros(4 * end),
        "layers.8.conv.0.weight_g": torch.rand(4 * end, 1, 1, 1),
        "layers.8.conv.0.weight_v": torch.randn(4 * end, end, 1, 1),
    }
    for name, out, side in (("10.layers.0.0", end + 3, 3), ("10.layers.1.0", end + 3, 3), ("11.0", 3, 1)):
        state[f"layers.{name}.bias"] = torch.zeros(out)
        state.spectral(f"layers.{name}", out, end + 3, side, side)
    return state


def write(path: Path, state: dict) -> Path:
    """As fastai saved it: the old format, with the optimizer's slice beside the model."""
    whole = {"model": collections.OrderedDict(state), "opt": {"lr": slice(1e-7, 1e-4)}}
    torch.save(whole, path, _use_new_zipfile_serialization=False)
    return path


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("REIMAGINE_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize("kind", ["wide", "deep"])
def test_every_tensor_of_deoldify_has_its_place(kind, tmp_path):
    """All names and shapes; nothing lacking, nothing left over, and the totals of the real files."""
    from reimagine.stages.colorize.deoldify.net import DeOldify

    state = deoldify(kind)
    assert len(state) == TENSORS[kind]
    assert sum(t.numel() * t.element_size() for t in state.values()) == BYTES[kind]
    with torch.device("meta"):
        mine = {k: v.shape for k, v in DeOldify(kind).state_dict().items()}
    assert {k: v.shape for k, v in published.folded(state).items()} == mine


def test_deoldify_artistic_colours_a_film_end_to_end(tmp_path):
    """The 255 MB file, written, checked, read, and used."""
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


def test_norms_are_folded_by_the_stored_vectors():
    """Against PyTorch's own spectral and weight norm in evaluation mode."""
    torch.manual_seed(0)
    spectral = torch.nn.utils.spectral_norm(torch.nn.Conv2d(3, 4, 3))
    weight = torch.nn.utils.weight_norm(torch.nn.Conv2d(3, 4, 3))
    x = torch.randn(1, 3, 8, 8)
    for layer in (spectral, weight):
        layer(x)
        layer.eval()
        plain = torch.nn.Conv2d(3, 4, 3)
        plain.load_state_dict(published.folded(layer.state_dict()))
        assert torch.allclose(plain(x), layer(x), atol=1e-5)


def test_the_blind_consistency_network_is_read_without_its_unused_norms(tmp_path):
    from reimagine.stages.stabilize.convlstm.net import ConsistencyNet

    state = dict(ConsistencyNet(32).state_dict())
    state |= {f"{name}.norm_layer.running_mean": torch.zeros(3) for name in ("conv1a", "deconv1")}
    torch.save({"model": state, "epoch": 100}, tmp_path / "ECCV18_blind_consistency.pth")
    path, tensors = published.add("blind-consistency", tmp_path / "ECCV18_blind_consistency.pth")
    net = zoo.load(str(path), ConsistencyNet, "cpu")
    assert tensors == len(net.state_dict()) and not net.aligned
    film = make_film(tmp_path / "film.mp4", 6)
    steps = [
        reimagine.model("colorize", "tint")(),
        reimagine.model("stabilize", "convlstm")(weights="blind-consistency"),
    ]
    assert reimagine.run(film, steps, tmp_path / "run").report["frames"] == 6


def test_cartoongan_is_read_by_its_own_names(tmp_path):
    """All 94 tensors, 11,129,667 values; from then on its look is there."""
    from reimagine.stages.cartoon.cartoongan.net import CartoonGenerator

    state = CartoonGenerator().state_dict()
    assert len(state) == 94 and sum(t.numel() for t in state.values()) == 11_129_667
    assert state["conv01_1.weight"].shape == (64, 3, 7, 7)
    assert state["deconv01_1.weight"].shape == (256, 128, 3, 3) and state["in12_1.scale"].shape == (128,)
    torch.save(dict(state), tmp_path / "Paprika_net_G_float.pth")
    _, tensors = published.add("cartoongan-paprika", tmp_path / "Paprika_net_G_float.pth")
    assert tensors == 94
    assert reimagine.model("cartoon")(look="paprika").network == "cartoongan-paprika"


def by_the_paper(state: dict, picture: np.ndarray) -> np.ndarray:
    """CartoonGAN's generator written down once more, function by function: (H, W, 3) uint8 RGB -> float,
    with the published code's BGR, reflected edges, biased variance and epsilon."""

    def conv(x, name, stride=1, zeros=0, mirror=0):
        x = F.pad(x, [mirror] * 4, "reflect") if mirror else x
        return F.conv2d(x, state[name + ".weight"], state[name + ".bias"], stride, zeros)

    def norm(x, name):
        mean = x.mean((2, 3), keepdim=True)
        even = (x - mean) / torch.sqrt(((x - mean) ** 2).mean((2, 3), keepdim=True) + 1e-9)
        return even * state[name + ".scale"].view(1, -1, 1, 1) + state[name + ".shift"].view(1, -1, 1, 1)

    x = torch.from_numpy(picture[..., ::-1].copy()).permute(2, 0, 1)[None].float() / 255 * 2 - 1
    x = norm(conv(x, "conv01_1", mirror=3), "in01_1").relu()
    for level in ("02", "03"):
        x = conv(conv(x, f"conv{level}_1", 2, 1), f"conv{level}_2", 1, 1)
        x = norm(x, f"in{level}_1").relu()
    for number in range(4, 12):
        y = norm(conv(x, f"conv{number:02d}_1", mirror=1), f"in{number:02d}_1").relu()
        x = x + norm(conv(y, f"conv{number:02d}_2", mirror=1), f"in{number:02d}_2")
    for level, after in (("01", "12"), ("02", "13")):
        weight, bias = (state[f"deconv{level}_1.{part}"] for part in ("weight", "bias"))
        x = F.conv_transpose2d(x, weight, bias, 2, 1, 1)
        x = norm(conv(x, f"deconv{level}_2", 1, 1), f"in{after}_1").relu()
    x = torch.tanh(conv(x, "deconv03_1", mirror=3))
    return (x[0].permute(1, 2, 0).numpy()[..., ::-1] / 2 + 0.5) * 255


def test_cartoongan_draws_as_its_authors_do(tmp_path):
    """Published weights, rebuilt from their int8 copies: our stage against a direct evaluation, 40 dB."""
    from safetensors.torch import load_file

    from reimagine.media.frames import frame_from_image

    teachers = Path(__file__).parents[3] / "shared" / "data" / "teachers"
    kept = teachers / "cartoongan" / "hayao_int8.safetensors"
    if not kept.exists():
        pytest.skip("needs the published weights, which lie beside the project in ../shared")
    packed = load_file(kept)
    state = {k: v.float() for k, v in packed.items() if not k.endswith(("weight_q", "weight_scale"))}
    for name in (k for k in packed if k.endswith("weight_q")):
        plain = name.removesuffix("_q")
        state[plain] = packed[name].float() * packed[plain + "_scale"].float()
    torch.save(state, tmp_path / "Hayao_net_G_float.pth")
    published.add("cartoongan-hayao", tmp_path / "Hayao_net_G_float.pth")
    y, x = np.mgrid[0:96, 0:128]
    scene = np.dstack([x * 1.5 + 20, 120 + 90 * np.sin(y / 9 + x / 17), 230 - 2 * y]).clip(0, 255)
    frame = frame_from_image(0, scene.astype(np.uint8))
    model = reimagine.model("cartoon")(weights="cartoongan-hayao", steady=0.0)
    drawn = next(iter(model.load("cpu")([frame]))).image
    with torch.inference_mode():
        want = by_the_paper(state, frame.image)
    want = frame_from_image(0, want.round().clip(0, 255).astype(np.uint8)).image  # through 4:2:0, as a film is
    assert 10 * np.log10(255**2 / np.square(drawn.astype(float) - want).mean()) > 40


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"a": torch.zeros(2)}, "1 left over"),
        (None, "not a PyTorch weights file"),
    ],
)
def test_other_files_are_refused_in_one_line(tmp_path, content, words):
    file = tmp_path / "mine.pth"
    torch.save(content, file) if content else file.write_bytes(b"GIF89a" * 9)
    with pytest.raises(WeightsError, match=words) as caught:
        published.add("blind-consistency", file)
    assert "\n" not in str(caught.value)


def test_code_in_a_file_is_never_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "sprung",))

    torch.save({"model": {"a": Trap()}}, tmp_path / "trap.pth")
    with pytest.raises(WeightsError):
        published.add("blind-consistency", tmp_path / "trap.pth")
    assert not (tmp_path / "sprung").exists()


def test_a_download_tries_every_mirror_and_says_what_to_do(tmp_path, monkeypatch):
    from reimagine.stages.stabilize.convlstm.net import ConsistencyNet

    torch.save(ConsistencyNet(32).state_dict(), tmp_path / "there.pth")
    facts = published.card("blind-consistency")
    gone, there = (tmp_path / "gone.pth").as_uri(), (tmp_path / "there.pth").as_uri()
    monkeypatch.setattr(published, "card", lambda name: {**facts, "mirrors": [gone, there]})
    assert published.add("blind-consistency")[0].exists()
    monkeypatch.setattr(published, "card", lambda name: {**facts, "mirrors": [gone]})
    with pytest.raises(WeightsError, match=r"could not be downloaded.*--file"):
        published.add("blind-consistency")


def test_weights_that_are_not_here_say_how_to_add_them():
    with pytest.raises(WeightsError, match=r"models add deoldify-video --file ColorizeVideo_gen\.pth"):
        zoo.find("deoldify-video")
