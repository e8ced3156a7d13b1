"""Loads DeOldify's network as a function of NumPy arrays."""

from __future__ import annotations

import cv2
import numpy as np
import torch

from reimagine import zoo
from reimagine.stages.colorize.colorizer import PredictAb
from reimagine.zoo.device import half_precision, to_channels_last

from .net import DeOldify


def load_deoldify(weights: str, device: str) -> PredictAb:
    """Load the network and its weights, a name in the zoo or a path; return it as a function."""
    net: DeOldify = to_channels_last(zoo.load(weights, DeOldify, device), device)

    @torch.inference_mode()
    def predict_ab(greys: np.ndarray) -> np.ndarray:
        """Luma (N, 1, s, s) float32 in 0..1 -> ab (N, s, s, 2) float32."""
        x = torch.from_numpy(greys).to(device)
        with half_precision(x.device.type):
            images = net.predict_rgb(x).float().permute(0, 2, 3, 1).cpu().numpy()
        return np.stack([ab_with_luma(grey, rgb) for grey, rgb in zip(greys[:, 0], images, strict=True)])

    return predict_ab


def ab_with_luma(luma: np.ndarray, rgb: np.ndarray) -> np.ndarray:
    """Return the ab (h, w, 2) of U and V of the network's RGB and Y of the film's luma, as DeOldify combines them.

    Args:
        luma: (h, w) float32 in 0..1.
        rgb: (h, w, 3) float32 in 0..1.
    """
    yuv = cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV)
    yuv[..., 0] = luma
    combined = np.clip(cv2.cvtColor(yuv, cv2.COLOR_YUV2RGB), 0, 1)
    return cv2.cvtColor(combined, cv2.COLOR_RGB2LAB)[..., 1:]
