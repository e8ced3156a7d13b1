"""Weights published by other projects: what is read, and what is refused."""

from __future__ import annotations

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


@pytest.fixture(autouse=True)
def user_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("REIMAGINE_HOME", str(tmp_path / "home"))


def test_spectral_and_weight_norm_are_folded_as_in_evaluation_mode():
    """Compared with PyTorch's own spectral and weight norm."""
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


def test_blind_consistency_is_read_without_its_unused_norm_layers(tmp_path):
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


def test_cartoongan_is_read_completely_and_adds_its_look(tmp_path):
    """All 94 tensors, 11,129,667 values."""
    from reimagine.stages.cartoon.cartoongan.net import CartoonGenerator

    state = CartoonGenerator().state_dict()
    assert len(state) == 94 and sum(t.numel() for t in state.values()) == 11_129_667
    assert state["conv01_1.weight"].shape == (64, 3, 7, 7)
    assert state["deconv01_1.weight"].shape == (256, 128, 3, 3) and state["in12_1.scale"].shape == (128,)
    torch.save(dict(state), tmp_path / "Paprika_net_G_float.pth")
    _, tensors = published.add("cartoongan-paprika", tmp_path / "Paprika_net_G_float.pth")
    assert tensors == 94
    assert reimagine.model("cartoon")(look="paprika").required_weights == "cartoongan-paprika"


def reference_output(state: dict, picture: np.ndarray) -> np.ndarray:
    """The output of CartoonGAN's generator, in a second implementation: (H, W, 3) uint8 RGB -> float32 in 0..255.

    As in the published code: BGR input, reflection padding, instance norm with biased variance and epsilon 1e-9.
    """

    def conv(x, name, stride=1, zeros=0, reflected=0):
        x = F.pad(x, [reflected] * 4, "reflect") if reflected else x
        return F.conv2d(x, state[name + ".weight"], state[name + ".bias"], stride, zeros)

    def norm(x, name):
        mean = x.mean((2, 3), keepdim=True)
        normalized = (x - mean) / torch.sqrt(((x - mean) ** 2).mean((2, 3), keepdim=True) + 1e-9)
        return normalized * state[name + ".scale"].view(1, -1, 1, 1) + state[name + ".shift"].view(1, -1, 1, 1)

    x = torch.from_numpy(picture[..., ::-1].copy()).permute(2, 0, 1)[None].float() / 255 * 2 - 1
    x = norm(conv(x, "conv01_1", reflected=3), "in01_1").relu()
    for level in ("02", "03"):
        x = conv(conv(x, f"conv{level}_1", 2, 1), f"conv{level}_2", 1, 1)
        x = norm(x, f"in{level}_1").relu()
    for number in range(4, 12):
        y = norm(conv(x, f"conv{number:02d}_1", reflected=1), f"in{number:02d}_1").relu()
        x = x + norm(conv(y, f"conv{number:02d}_2", reflected=1), f"in{number:02d}_2")
    for level, after in (("01", "12"), ("02", "13")):
        weight, bias = (state[f"deconv{level}_1.{part}"] for part in ("weight", "bias"))
        x = F.conv_transpose2d(x, weight, bias, 2, 1, 1)
        x = norm(conv(x, f"deconv{level}_2", 1, 1), f"in{after}_1").relu()
    x = torch.tanh(conv(x, "deconv03_1", reflected=3))
    return (x[0].permute(1, 2, 0).numpy()[..., ::-1] / 2 + 0.5) * 255


def test_cartoongan_gives_the_output_of_the_published_network(tmp_path):
    """Published weights, restored from int8 copies: the stage against the second implementation, 40 dB PSNR."""
    from safetensors.torch import load_file

    from reimagine.media.video.frames import frame_from_image

    teachers = Path(__file__).parents[3] / "shared" / "data" / "teachers"
    quantized = teachers / "cartoongan" / "hayao_int8.safetensors"
    if not quantized.exists():
        pytest.skip("needs the published weights, in ../shared/data beside the project")
    packed = load_file(quantized)
    state = {k: v.float() for k, v in packed.items() if not k.endswith(("weight_q", "weight_scale"))}
    for name in (k for k in packed if k.endswith("weight_q")):
        plain = name.removesuffix("_q")
        state[plain] = packed[name].float() * packed[plain + "_scale"].float()
    torch.save(state, tmp_path / "Hayao_net_G_float.pth")
    published.add("cartoongan-hayao", tmp_path / "Hayao_net_G_float.pth")
    y, x = np.mgrid[0:96, 0:128]
    scene = np.dstack([x * 1.5 + 20, 120 + 90 * np.sin(y / 9 + x / 17), 230 - 2 * y]).clip(0, 255)
    frame = frame_from_image(0, scene.astype(np.uint8))
    model = reimagine.model("cartoon")(weights="cartoongan-hayao", temporal_strength=0.0)
    output = next(iter(model.load("cpu")([frame]))).image
    with torch.inference_mode():
        target = reference_output(state, frame.image)
    target = frame_from_image(0, target.round().clip(0, 255).astype(np.uint8)).image  # 4:2:0, like the output
    assert 10 * np.log10(255**2 / np.square(output.astype(float) - target).mean()) > 40


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"a": torch.zeros(2)}, "1 unexpected"),
        (None, "not a PyTorch weights file"),
    ],
)
def test_other_files_are_refused_with_a_one_line_error(tmp_path, content, message):
    file = tmp_path / "mine.pth"
    torch.save(content, file) if content else file.write_bytes(b"GIF89a" * 9)
    with pytest.raises(WeightsError, match=message) as caught:
        published.add("blind-consistency", file)
    assert "\n" not in str(caught.value)


def test_code_in_a_file_is_never_run(tmp_path):
    class Malicious:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "executed",))

    torch.save({"model": {"a": Malicious()}}, tmp_path / "malicious.pth")
    with pytest.raises(WeightsError):
        published.add("blind-consistency", tmp_path / "malicious.pth")
    assert not (tmp_path / "executed").exists()


def test_a_download_tries_every_mirror_and_its_error_says_what_to_do(tmp_path, monkeypatch):
    from reimagine.stages.stabilize.convlstm.net import ConsistencyNet

    torch.save(ConsistencyNet(32).state_dict(), tmp_path / "present.pth")
    facts = published.card("blind-consistency")
    missing, present = (tmp_path / "missing.pth").as_uri(), (tmp_path / "present.pth").as_uri()
    monkeypatch.setattr(published, "card", lambda name: {**facts, "mirrors": [missing, present]})
    assert published.add("blind-consistency")[0].exists()
    monkeypatch.setattr(published, "card", lambda name: {**facts, "mirrors": [missing]})
    with pytest.raises(WeightsError, match=r"could not be downloaded.*--file"):
        published.add("blind-consistency")


def test_the_error_for_weights_not_installed_says_how_to_add_them():
    with pytest.raises(WeightsError, match=r"models add deoldify-video --file ColorizeVideo_gen\.pth"):
        zoo.find("deoldify-video")
