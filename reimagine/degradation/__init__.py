"""Simulated damage of old films, for training, tests and demonstrations.

Degrader("old-print", seed=1910)(grey) -> DegradedImage: the degraded picture and the mask of hidden pixels
degrade(frames, "negative", seed=7)    -> the degraded frames of a film
"""

from reimagine.degradation.kinds import KINDS, Degrader, degrade
from reimagine.degradation.operations import DegradedImage

__all__ = ["KINDS", "DegradedImage", "Degrader", "degrade"]
