"""State dicts in the naming of DDColor's published checkpoints, with random values."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F


class BasicSRState(dict):
    """A state dict in the published naming, with random values; on the device "meta" without any."""

    def tensor(self, name: str, *shape: int, scale: float = 0.1, offset: float = 0.0) -> None:
        self[name] = torch.randn(shape) * scale + offset

    def linear(self, name: str, outputs: int, *inputs: int) -> None:
        self.tensor(name + ".weight", outputs, *inputs, scale=1 / max(1, math.prod(inputs)) ** 0.5)
        self.tensor(name + ".bias", outputs)

    def norm(self, name: str, width: int) -> None:
        self.tensor(name + ".weight", width, offset=1.0)
        self.tensor(name + ".bias", width)

    def batch_norm(self, name: str, width: int) -> None:
        self.norm(name, width)
        self.tensor(name + ".running_mean", width)
        self[name + ".running_var"] = torch.rand(width) + 0.5
        self[name + ".num_batches_tracked"] = torch.tensor(7)

    def spectral(self, name: str, *shape: int, bias: bool = False) -> None:
        """A convolution with spectral normalization, whose vectors are near the singular ones, as in training."""
        self.tensor(name + ".weight_orig", *shape, scale=1.0)
        matrix, v = self[name + ".weight_orig"].flatten(1), torch.randn(math.prod(shape[1:]))
        for _ in range(3):
            u = F.normalize(matrix @ v, dim=0)
            v = F.normalize(matrix.T @ u, dim=0)
        self |= {name + ".weight_u": u, name + ".weight_v": v}
        if bias:
            self.tensor(name + ".bias", shape[0])

    def attention(self, name: str, width: int) -> None:
        self.tensor(name + ".in_proj_weight", 3 * width, width, scale=1 / width**0.5)
        self.tensor(name + ".in_proj_bias", 3 * width)
        self.linear(name + ".out_proj", width, width)


def ddcolor(widths, depths, features=512, queries=100, width=256, layers=9, hidden=2048) -> BasicSRState:
    """The state dict of a published network."""
    state = BasicSRState(mean=torch.zeros(1, 3, 1, 1), std=torch.ones(1, 3, 1, 1))
    add_encoder(state, widths, depths)
    inputs, outputs = [widths[3], features, features], [features, features, features // 2]
    for number, (above, out, skip) in enumerate(zip(inputs, outputs, widths[2::-1], strict=True)):
        name = f"decoder.layers.{number}"
        state.spectral(name + ".shuf.conv.0", 4 * out, above, 1, 1)
        state.batch_norm(name + ".shuf.conv.1", 4 * out)
        state.batch_norm(name + ".bn", skip)
        state.spectral(name + ".conv.0", out, out + skip, 3, 3)
        state.batch_norm(name + ".conv.2", out)
    state.spectral("decoder.last_shuf.conv.0", 8 * features, features // 2, 1, 1, bias=True)
    add_colour_decoder(state, outputs, queries, width, layers, hidden)
    state.spectral("refine_net.0.0", 2, queries + 3, 1, 1, bias=True)
    return state


def add_encoder(state: BasicSRState, widths, depths) -> None:
    arch = "encoder.arch."
    state.linear(arch + "downsample_layers.0.0", widths[0], 3, 4, 4)
    state.norm(arch + "downsample_layers.0.1", widths[0])
    for stage, (width, depth) in enumerate(zip(widths, depths, strict=True)):
        if stage:
            state.norm(f"{arch}downsample_layers.{stage}.0", widths[stage - 1])
            state.linear(f"{arch}downsample_layers.{stage}.1", width, widths[stage - 1], 2, 2)
        for block in range(depth):
            name = f"{arch}stages.{stage}.{block}"
            state.tensor(name + ".gamma", width, offset=0.5)
            state.linear(name + ".dwconv", width, 1, 7, 7)
            state.norm(name + ".norm", width)
            state.linear(name + ".pwconv1", 4 * width, width)
            state.linear(name + ".pwconv2", width, 4 * width)
        state.norm(f"{arch}norm{stage}", width)
    state.norm(arch + "norm", widths[3])


def add_colour_decoder(state: BasicSRState, inputs, queries: int, width: int, layers: int, hidden: int) -> None:
    name = "decoder.color_decoder."
    for table, count in (("query_feat", queries), ("query_embed", queries), ("level_embed", 3)):
        state.tensor(f"{name}{table}.weight", count, width, scale=1.0)
    for scale, channels in enumerate(inputs):
        state.linear(f"{name}input_proj.{scale}", width, channels, 1, 1)
    for layer in range(layers):
        for kind, attention in (("cross", "multihead_attn"), ("self", "self_attn")):
            state.attention(f"{name}transformer_{kind}_attention_layers.{layer}.{attention}", width)
            state.norm(f"{name}transformer_{kind}_attention_layers.{layer}.norm", width)
        state.linear(f"{name}transformer_ffn_layers.{layer}.linear1", hidden, width)
        state.linear(f"{name}transformer_ffn_layers.{layer}.linear2", width, hidden)
        state.norm(f"{name}transformer_ffn_layers.{layer}.norm", width)
    state.norm(name + "decoder_norm", width)
    for number, outputs in enumerate((width, width, inputs[-1])):
        state.linear(f"{name}color_embed.layers.{number}", outputs, width)
