"""The two objectives of a look: the generator's losses, with the data that they are computed on.

`DistillationObjective`: the light generator reproduces the outputs of a published generator, or its own outputs without
their faults (see `targets`).

`ArtObjective`: there are only an artist's pictures. CartoonGAN (Chen et al. 2018) first trains the generator to
preserve the content of photographs, then trains it against a discriminator that separates the artist's pictures from
generated ones and from the artist's pictures with smoothed edges. The feature-statistics loss (Gatys et al. 2016;
Huang & Belongie 2017) is added; it brings the look's paper and palette within minutes.

Both add a consistency loss: an image that is shifted and grained a little, as from frame to frame of a film, has to
give the same output.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from reimagine import zoo
from reimagine.training.losses import feature_statistics_loss, flat_region_gradient_loss, spatial_gradients

from . import data
from .net import generator
from .targets import TargetStyle, simplified
from .trainer import CartoonTrainer

CONTENT_SCALE = 0.15
"""Brings the relative L1 distance of features to the scale of the paper's content loss, so that omega can be 10 too."""
TONE_WEIGHT = 2.0
"""Weight of the L1 distance of luma at 1/8 of the size, which keeps dark regions dark."""
FLAT_GRADIENT_WEIGHT = 8.0
"""Weight of the flat-region gradient loss; without it, texture appears in the sky and moves."""
ART_CONSISTENCY_WEIGHT = 4.0
"""Weight of the consistency loss when training on an artist's pictures."""

L1_WEIGHT = 0.5
"""Weight of the L1 distance to the teacher's output. Alone it gives the mean of all likely outputs, which is dull; the
feature, statistics and adversarial losses bring lines and the teacher's palette."""
GRADIENT_WEIGHT = 0.5
"""Weight of the L1 distance of spatial gradients to the teacher's."""
FEATURE_WEIGHT = 1.5
"""Weight of the relative L1 distance of features to the teacher's."""
STATISTICS_WEIGHT = 1.0
"""Weight of the feature-statistics loss against the teacher's outputs."""
CONSISTENCY_WEIGHT = 1.0
"""Weight of the consistency loss in distillation."""
ADVERSARIAL_WEIGHT = 0.1
"""Weight of the adversarial loss in distillation."""

CONTENT_LEVEL = 2
"""Feature level of the content loss: 1/8 of the size."""
STYLE_LEVELS = slice(1, None)
"""Feature levels of the style loss: 1/4 of the size and smaller."""
SAMPLES = 6
"""Photographs on a sheet of samples."""


class Objective(Protocol):
    """Computes the generator's losses for a random batch, and trains the discriminator meanwhile."""

    columns: tuple[str, ...]
    """Columns of the log: the losses, and "discriminator"."""
    samples: list[np.ndarray]
    """Photographs for the sheets of samples."""
    summary: str
    """One line about the training data."""

    @abstractmethod
    def losses(self, adversarial: bool) -> dict[str, Tensor]:
        """Return the weighted losses of one step by column. `adversarial` includes the discriminator."""
        ...


class DistillationObjective(Objective):
    """Reproduce the outputs of a published generator.

    Args:
        trainer: provides networks and device.
        teacher: weights of the published generator, a name or a path.
        photos: RGB (H, W, 3) uint8.
        look: name of the look, for the file names of the teacher's outputs.
        style: what is taken over from the teacher's outputs (see `targets`); None for the outputs as they are.
    """

    columns = ("l1", "gradient", "features", "feature_statistics", "consistency", "discriminator", "adversarial")

    def __init__(
        self,
        trainer: CartoonTrainer,
        teacher: str,
        photos: list[np.ndarray],
        look: str,
        style: TargetStyle | None = None,
    ) -> None:
        self.trainer = trainer
        self.tint_share = data.TINT_SHARE if style else 0.0
        net = zoo.load(teacher, generator, trainer.device).to(memory_format=torch.channels_last)

        @torch.inference_mode()
        def stylize_image(image: np.ndarray) -> np.ndarray:
            with trainer.autocast():
                output = net(trainer.to_tensor([image]))[0].float()
            drawing = ((output.permute(1, 2, 0).cpu().numpy() + 1) * 127.5).clip(0, 255).round().astype(np.uint8)
            return simplified(drawing, image, style) if style else drawing

        self.pairs = data.teacher_pairs(photos, stylize_image, trainer.run / "pairs", look)
        self.samples = [photo for photo, _ in _spread(self.pairs)]
        self.summary = f"{len(self.pairs)} outputs of the teacher"

    def losses(self, adversarial: bool) -> dict[str, Tensor]:
        """Return the weighted losses of one step by column. `adversarial` includes the discriminator."""
        trainer = self.trainer
        photos, target = self.batch()
        output, consistency = trainer.generate(photos)
        with torch.no_grad():
            target_features = trainer.features(target)
        features = trainer.features(output)
        distances = [F.l1_loss(a, b) / b.abs().mean() for a, b in zip(features, target_features, strict=True)]
        gradients = zip(spatial_gradients(output), spatial_gradients(target), strict=True)
        losses = {
            "l1": L1_WEIGHT * F.l1_loss(output, target),
            "gradient": GRADIENT_WEIGHT * torch.stack([F.l1_loss(a, b) for a, b in gradients]).sum(),
            "features": FEATURE_WEIGHT * torch.stack(distances).mean(),
            "feature_statistics": STATISTICS_WEIGHT * feature_statistics_loss(features, target_features),
            "consistency": CONSISTENCY_WEIGHT * consistency,
        }
        if adversarial:
            real, generated = (torch.cat([photos, x], 1) for x in (target, output))
            trainer.train_discriminator(real, generated.detach())
            losses["adversarial"] = ADVERSARIAL_WEIGHT * trainer.adversarial_loss(generated)
        return losses

    def batch(self) -> tuple[Tensor, Tensor]:
        """Return random photographs and the targets; half of them are flipped horizontally, some tinted."""
        rng = self.trainer.rng
        pairs = [self.pairs[i] for i in rng.integers(0, len(self.pairs), self.trainer.options.batch)]
        pairs = [pair[:, :, ::-1] if rng.random() < 0.5 else pair for pair in pairs]
        pairs = [data.tinted(pair, data.random_tint(rng)) if rng.random() < self.tint_share else pair for pair in pairs]
        photos, target = (self.trainer.to_tensor([pair[k] for pair in pairs]) for k in (0, 1))
        return photos, target


class ArtObjective(Objective):
    """Draw photographs like an artist's pictures (CartoonGAN).

    Args:
        trainer: provides networks, options and device.
        photos: RGB (H, W, 3) uint8.
        pages: the artist's pictures, RGB (H, W, 3) uint8.
    """

    columns = ("content", "tone", "flat_gradient", "style", "consistency", "discriminator", "adversarial")

    def __init__(self, trainer: CartoonTrainer, photos: list[np.ndarray], pages: list[np.ndarray]) -> None:
        self.trainer, self.photos = trainer, photos
        self.art = data.art_crops(pages, np.random.default_rng(trainer.options.seed))
        self.samples = [data.random_crop(photo, np.random.default_rng(0), 1.0) for photo in _spread(photos)]
        self.summary = f"{len(photos)} photographs, {len(self.art)} crops of {len(pages)} pictures"

    def losses(self, adversarial: bool) -> dict[str, Tensor]:
        """Return the weighted losses of one step by column. `adversarial` includes the discriminator."""
        trainer, options = self.trainer, self.trainer.options
        photos, art_crops = self.batch()
        output, consistency = trainer.generate(photos)
        art = trainer.to_tensor(art_crops)
        with torch.no_grad():
            photo_features, art_features = trainer.features(photos), trainer.features(art)
        features = trainer.features(output)
        target = photo_features[CONTENT_LEVEL]
        content = CONTENT_SCALE * F.l1_loss(features[CONTENT_LEVEL], target) / target.abs().mean()
        losses = {
            "content": options.content_weight * content,
            "tone": TONE_WEIGHT * F.l1_loss(_tones(output), _tones(photos)),
            "flat_gradient": FLAT_GRADIENT_WEIGHT * flat_region_gradient_loss(output, photos),
            "consistency": ART_CONSISTENCY_WEIGHT * consistency,
        }
        if adversarial:
            statistics = feature_statistics_loss(features[STYLE_LEVELS], art_features[STYLE_LEVELS])
            losses["style"] = options.style_weight * statistics
            smooth = trainer.to_tensor([data.smooth_edges(crop) for crop in art_crops])
            trainer.train_discriminator(art, smooth, output.detach())
            losses["adversarial"] = trainer.adversarial_loss(output)
        else:
            losses["content"] = losses["content"] + F.l1_loss(output, photos)
        return losses

    def batch(self) -> tuple[Tensor, list[np.ndarray]]:
        """Return random crops of photographs as a tensor, and of the artist's pictures as images."""
        rng, count = self.trainer.rng, self.trainer.options.batch
        chosen = rng.integers(0, len(self.photos), count)
        photos = self.trainer.to_tensor([data.random_crop(self.photos[i], rng) for i in chosen])
        return photos, [self.art[i] for i in rng.integers(0, len(self.art), count)]


def _tones(x: Tensor) -> Tensor:
    """Return the mean of the channels at 1/8 of the size: (N, 3, H, W) -> (N, 1, H/8, W/8)."""
    return F.avg_pool2d(x.mean(1, keepdim=True), 8)


def _spread(items: list[np.ndarray]) -> list[np.ndarray]:
    """Return up to `SAMPLES` items, spread evenly."""
    return items[:: max(1, len(items) // SAMPLES)][:SAMPLES]
