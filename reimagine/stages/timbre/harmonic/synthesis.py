"""Notes of the decoder network, synthesized additively."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from reimagine.media import Note
from reimagine.stages.timbre.additive import PartialEnvelopes, synthesize
from reimagine.stages.timbre.harmonic.net import HIGHEST_PITCH, LOWEST_PITCH, MIN_INHARMONICITY, Decoder
from reimagine.stages.timbre.instruments import Latent
from reimagine.stages.timbre.player import batches

VELOCITY_RANGE = (20, 127)
"""MIDI velocities passed to the network; it was trained on 40 to 120."""
RELEASE_RANGE = (10, 400)
"""dB per second. Limits of the predicted release: no longer than 5 s, no click."""
AUDIBLE_INHARMONICITY = 3e-6
"""Smaller predictions are set to 0: the network's output for instruments without inharmonicity is not exactly 0."""


class DecodedInstruments:
    """The decoder as an `Instruments` of the player."""

    def __init__(self, net: Decoder, device: str) -> None:
        self.net, self.device = net, device
        self.table = net.table.weight.detach().cpu().numpy()
        self.latents = dict(zip(net.names, self.table, strict=True))
        self.pitch_range = LOWEST_PITCH, HIGHEST_PITCH

    def random_latent(self, rng: np.random.Generator) -> Latent:
        """A sample of the normal distribution that has the mean and covariance of the learned latents."""
        mean = self.table.mean(0)
        _, spread, axes = np.linalg.svd(self.table - mean, full_matrices=False)
        return mean + (rng.standard_normal(len(spread)) * spread / np.sqrt(len(self.table))) @ axes

    def synthesize(self, notes: Sequence[Note], latents: Sequence[Latent]) -> Iterator[np.ndarray]:
        """The wave of each note, (n,) float32 at 48 kHz."""
        for batch, points in batches(notes, latents):
            noise = np.random.default_rng(0)
            for note, envelopes in zip(batch, self._envelopes(batch, points), strict=True):
                yield synthesize(envelopes, note, noise)

    @torch.inference_mode()
    def _envelopes(self, notes: Sequence[Note], latents: Sequence[Latent]) -> list[PartialEnvelopes]:
        """The network's prediction for each note."""
        z = torch.from_numpy(np.stack(latents)).float().to(self.device)
        keys = torch.tensor([[note.pitch, note.velocity] for note in notes], device=self.device)
        levels, logs = self.net(z, keys[:, 0], keys[:, 1].clamp(*VELOCITY_RANGE) / 127)
        parameters = (10 ** logs.cpu().double()).numpy()
        return [
            PartialEnvelopes(
                envelope,
                max(0.0, inharmonicity - MIN_INHARMONICITY) * (inharmonicity > AUDIBLE_INHARMONICITY),
                float(np.clip(release_rate, *RELEASE_RANGE)),
            )
            for envelope, (inharmonicity, release_rate) in zip(levels.float().cpu().numpy(), parameters, strict=True)
        ]
