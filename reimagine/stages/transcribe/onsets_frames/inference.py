"""Runs the transcription network over a sound of any length."""

from __future__ import annotations

import numpy as np
import torch

from reimagine.media import Sound
from reimagine.stages.transcribe.onsets_frames.decoding import Activations
from reimagine.stages.transcribe.onsets_frames.net import HOP, KEYS, WINDOWS, OnsetsFramesNet

BLOCK_FRAMES = 1000
"""Frames (20 s) that the network processes at a time; bounds the memory."""
CONTEXT = OnsetsFramesNet.REACH + -(-max(WINDOWS) // 2 // HOP)
"""Frames before and after a block that its activations depend on, those of the spectrum's window included."""


def predict(net: OnsetsFramesNet, sound: Sound, device: str) -> Activations:
    """The activations of a whole sound, in blocks with the frames around them: the same as those of one block.

    Args:
        net: the network, in evaluation mode on `device`.
        sound: mono at RATE.

    Returns:
        (length // HOP + 1, KEYS) float16 each, 126 MB per hour together.
    """
    total = sound.length // HOP + 1
    result = Activations(*(np.zeros((total, KEYS), np.float16) for _ in Activations._fields))
    for first in range(0, total, BLOCK_FRAMES):
        before, count = min(first, CONTEXT), min(BLOCK_FRAMES, total - first)
        piece = sound.piece((first - before) * HOP, (first + count + CONTEXT) * HOP)[0]
        if not len(piece):
            break  # the last frame is centred on the end of the sound
        with torch.inference_mode():
            predictions = net(torch.from_numpy(piece)[None].to(device))
        for array, logits in zip(result, predictions, strict=True):
            array[first : first + count] = torch.sigmoid(logits[0, before : before + count]).cpu().numpy()
    return result
