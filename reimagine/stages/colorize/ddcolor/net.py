"""DDColor (Kang et al. 2023): a pixel decoder, and a decoder of learned colour queries.

The modules have the names of the published checkpoints. The encoder is a ConvNeXt, the pixel decoder a U-Net as
DeOldify's. The colour decoder is a transformer: each query attends to the features of three scales in turn and becomes
a vector, whose product with the pixel decoder's features is one channel. A 1x1 convolution of these channels and of
the input gives ab. Spectral normalization is folded into plain weights on import, as in evaluation mode.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..deoldify.net import MEAN, STD, Up
from .encoder import ConvNeXt

SCALES = 3
"""Feature maps that the queries attend to: at 1/16, 1/8 and 1/4."""
HEADS = 8
"""Heads of every attention layer."""
TEMPERATURE = 10000
"""Base of the wavelengths of the position encoding."""
UNUSED = ("mean", "std", "encoder.arch.norm.weight", "encoder.arch.norm.bias")
"""Tensors of published files that inference does not need: constants, and a norm before a classifier that is gone."""


class Encoder(nn.Module):
    """The encoder under its published name."""

    def __init__(self, widths: Sequence[int], depths: Sequence[int]) -> None:
        super().__init__()
        self.arch = ConvNeXt(widths, depths)


class LastShuffle(nn.Module):
    """Upsampling by four with a pixel shuffle, and a 2x2 mean that removes its checkerboard artifacts."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(width, 16 * width, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = F.pixel_shuffle(F.relu(self.conv(x)), 4)
        return F.avg_pool2d(F.pad(x, (1, 0, 1, 0), mode="replicate"), 2, 1)


class CrossAttention(nn.Module):
    """Queries attend to a feature map; layer normalization comes after the residual connection."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.multihead_attn = nn.MultiheadAttention(width, HEADS, batch_first=True)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, places: Tensor, source: Tensor, source_places: Tensor) -> Tensor:
        mixed = self.multihead_attn(x + places, source + source_places, source, need_weights=False)[0]
        return self.norm(x + mixed)


class SelfAttention(nn.Module):
    """Queries attend to each other."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.self_attn = nn.MultiheadAttention(width, HEADS, batch_first=True)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, places: Tensor) -> Tensor:
        placed = x + places
        return self.norm(x + self.self_attn(placed, placed, x, need_weights=False)[0])


class FeedForward(nn.Module):
    """Two linear layers of each query."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.linear1, self.linear2 = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x + self.linear2(F.relu(self.linear1(x))))


class Embedding(nn.Module):
    """Three linear layers that turn a query into a vector of the pixel decoder's features."""

    def __init__(self, width: int, outputs: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, outputs)])

    def forward(self, x: Tensor) -> Tensor:
        first, second, last = self.layers
        return last(F.relu(second(F.relu(first(x)))))


class ColourDecoder(nn.Module):
    """The transformer over the colour queries.

    Args:
        inputs: channels of the three feature maps.
        queries: learned queries.
        width: channels of a query.
        layers: rounds of cross-attention, self-attention and feed-forward.
        hidden: channels between the linear layers.
    """

    def __init__(self, inputs: Sequence[int], queries: int, width: int, layers: int, hidden: int) -> None:
        super().__init__()
        self.query_feat, self.query_embed = nn.Embedding(queries, width), nn.Embedding(queries, width)
        self.level_embed = nn.Embedding(SCALES, width)
        self.input_proj = nn.ModuleList(nn.Conv2d(channels, width, 1) for channels in inputs)
        self.transformer_cross_attention_layers = nn.ModuleList(CrossAttention(width) for _ in range(layers))
        self.transformer_self_attention_layers = nn.ModuleList(SelfAttention(width) for _ in range(layers))
        self.transformer_ffn_layers = nn.ModuleList(FeedForward(width, hidden) for _ in range(layers))
        self.decoder_norm = nn.LayerNorm(width)
        self.color_embed = Embedding(width, inputs[-1])

    def forward(self, scales: Sequence[Tensor]) -> Tensor:
        """Feature maps, the coarsest first -> (N, Q, C): a vector per query, of the channels of the finest map."""
        count, width = len(scales[0]), self.query_feat.embedding_dim
        sources, places = [], []
        for features, project, level in zip(scales, self.input_proj, self.level_embed.weight, strict=True):
            sources.append(project(features).flatten(2).transpose(1, 2) + level)
            places.append(position_encoding(features.shape[-2], features.shape[-1], width).to(features))
        x = self.query_feat.weight.expand(count, -1, -1)
        query_places = self.query_embed.weight.expand(count, -1, -1)
        for number, (cross, own, feed) in enumerate(
            zip(
                self.transformer_cross_attention_layers,
                self.transformer_self_attention_layers,
                self.transformer_ffn_layers,
                strict=True,
            )
        ):
            scale = number % SCALES
            x = feed(own(cross(x, query_places, sources[scale], places[scale]), query_places))
        return self.color_embed(self.decoder_norm(x))


class Decoder(nn.Module):
    """The pixel decoder and the colour decoder.

    Args:
        widths: channels of the encoder's four feature maps.
        features: channels at 1/16 and 1/8; half of them at 1/4 and at full size.
    """

    def __init__(
        self, widths: Sequence[int], features: int, queries: int, width: int, layers: int, hidden: int
    ) -> None:
        super().__init__()
        outputs = [features, features, features // 2]
        inputs = [widths[3], *outputs[:2]]
        self.layers = nn.Sequential(
            *(
                Up(above, out, skip, out, deep=False, attention=False)
                for above, out, skip in zip(inputs, outputs, widths[2::-1], strict=True)
            )
        )
        self.last_shuf = LastShuffle(features // 2)
        self.color_decoder = ColourDecoder(outputs, queries, width, layers, hidden)


class DDColor(nn.Module):
    """Predicts ab from grey; arguments of the published networks: `published`, from their tensors.

    Args:
        widths: channels of the encoder's stages.
        depths: blocks of the encoder's stages.
        features: channels of the pixel decoder.
        queries, width, layers, hidden: of the colour decoder.
    """

    def __init__(
        self,
        widths: Sequence[int] = (192, 384, 768, 1536),
        depths: Sequence[int] = (3, 3, 27, 3),
        features: int = 512,
        queries: int = 100,
        width: int = 256,
        layers: int = 9,
        hidden: int = 2048,
    ) -> None:
        super().__init__()
        self.encoder = Encoder(widths, depths)
        self.decoder = Decoder(widths, features, queries, width, layers, hidden)
        self.refine_net = nn.Sequential(nn.Sequential(nn.Conv2d(queries + 3, 2, 1)))

    @staticmethod
    def published(state: Mapping[str, Tensor]) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """The arguments of the network of a published state dict, and the tensors that it needs."""
        stages = [re.match(r"encoder\.arch\.stages\.(\d)\.(\d+)\.gamma$", name) for name in state]
        blocks = [int(found[1]) for found in stages if found]
        colour = "decoder.color_decoder."
        queries, width = state[colour + "query_feat.weight"].shape
        arch = {
            "widths": [len(state[f"encoder.arch.stages.{stage}.0.gamma"]) for stage in range(4)],
            "depths": [blocks.count(stage) for stage in range(4)],
            "features": len(state["decoder.layers.0.conv.2.weight"]),
            "queries": queries,
            "width": width,
            "layers": sum(name.endswith("linear1.weight") for name in state),
            "hidden": len(state[colour + "transformer_ffn_layers.0.linear1.weight"]),
        }
        return arch, {name: value for name, value in state.items() if name not in UNUSED}

    def forward(self, x: Tensor) -> Tensor:
        """Grey as RGB (N, 3, H, W), ImageNet-normalized, sides multiples of 16 -> ab (N, 2, H, W) in CIELAB units."""
        *skips, x_coarse = self.encoder.arch(x)
        scales = []
        for level, skip in zip(self.decoder.layers, reversed(skips), strict=True):
            scales.append(level(scales[-1] if scales else x_coarse, skip))
        features, vectors = self.decoder.last_shuf(scales[-1]), self.decoder.color_decoder(scales)
        last = next(self.refine_net[0].children())
        assert isinstance(last, nn.Conv2d)
        # the product with the queries and the convolution are linear: one product of both is 50 times smaller
        weight, queries = last.weight[..., 0, 0], vectors.shape[1]
        ab = torch.einsum("oq,nqc,nchw->nohw", weight[:, :queries], vectors, features)
        return ab + F.conv2d(x, last.weight[:, queries:], last.bias)

    def predict_ab(self, luma: Tensor) -> Tensor:
        """Luma (N, 1, H, W) in 0..1 -> ab (N, 2, H, W) in CIELAB units."""
        mean, std = (luma.new_tensor(v).view(1, 3, 1, 1) for v in (MEAN, STD))
        return self((luma.expand(-1, 3, -1, -1) - mean) / std)


def position_encoding(height: int, width: int, channels: int) -> Tensor:
    """Sines and cosines of the position (Vaswani et al. 2017): (height * width, channels), rows then columns.

    The first half of the channels encodes y, the second half x; positions run from 0 to 2 pi, the edge included.
    """
    half = channels // 2
    wavelengths = TEMPERATURE ** (2 * torch.div(torch.arange(half), 2, rounding_mode="floor") / half)

    def encoded(count: int) -> Tensor:
        angle = (torch.arange(1, count + 1) / (count + 1e-6) * 2 * math.pi)[:, None] / wavelengths
        return torch.where(torch.arange(half) % 2 == 0, angle.sin(), angle.cos())

    y, x = encoded(height)[:, None].expand(-1, width, -1), encoded(width)[None].expand(height, -1, -1)
    return torch.cat([y, x], 2).flatten(0, 1)
